"""What is broken on purpose, module by module: the one place that knows files, statements and tests by their names.

Sources and tests are named without their folder: they are looked for wherever they lie.
"""

import pathlib
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Module:
    name: str
    sources: str  # patterns of files below src/
    statements: tuple = ()  # (file of schemas/sql, pattern of statements' names)
    unit: str = ""  # patterns of test programs
    e2e: str = ""  # test modules
    bounds: bool = True  # whether its numeric #defines are rules, not sizes of batches and buffers

    def files(self, tree: pathlib.Path) -> list[pathlib.Path]:
        found = []
        for pattern in self.sources.split():
            paths = sorted((tree / "src").rglob(pattern))
            if not paths:
                raise SystemExit(f"modules.py: {self.name}: no file is called {pattern}")
            found += paths
        return found

    def breaks(self, file: str, statement: str) -> bool:
        return any(file == name and re.fullmatch(pattern, statement) for name, pattern in self.statements)


# Statements that carry no rule: what is written out and how it is kept.
PLUMBING = (
    r"output_|summary_|insee_|fichier|nuit|depot_(?:answered|retour_taken)|.*_release|.*_list$|.*_json$|"
    r"report_(?!demandes|droits|coord)"
)
RULE = rf"(?!{PLUMBING})\w+"

MODULES = (
    Module(
        "rules",
        """status.c rules*.c record*.c decisions*.c demande.c numero.c deadlines.c
        signals*.c validate*.c""",
        tuple((f"{name}.sql", RULE) for name in ("core", "references", "reports", "follow_up")),
        "test_*",
        """test_rules test_life test_scenarios test_deadlines test_signals test_references test_correction
        test_property""",
    ),
    Module("store", "store.c", (), "test_store*", "test_failures", bounds=False),
    Module("pool", "template.c pool.c job.c handover.c copy.c", (), "test_worker* test_copy", "test_failures test_boundary", bounds=False),
    Module(
        "inbox",
        "inbox.c",
        (("core.sql", r"depots?_(?:answered|to_release|released)|fichiers?_(?:answered|to_release|released)"),),
        "test_inbox*",
        "test_intake test_references",
    ),
    Module(
        "outbox",
        "outbox.c outputs.c tree.c",
        (("reports.sql", r"output_\w+_(?:due|published|in_handover|handed_over|taken_back)"),),
        "test_outbox* test_outputs test_tree",
        "test_failures",
        bounds=False,
    ),
    Module(
        "vault",
        "vault.c",
        (("vault.sql", r"\w+"),),
        "test_vault*",
        "test_vault test_purge",
        bounds=False,
    ),
    Module(
        "purge",
        "purge.c purge_erase.c",
        (("purge.sql", r"\w+"),),
        "test_purge*",
        "test_purge",
        bounds=False,
    ),
    Module("journal", "journal.c", (("journal.sql", r"journal_\w+"),), "test_journal*", "test_journal"),
)
