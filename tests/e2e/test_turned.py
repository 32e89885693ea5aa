"""No column is read and no parameter bound by a bare number: a program whose statements have their columns and their
parameters the other way round writes the same bytes. It is built here, from the same sources."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

from harness import REPO, SEGUR, Case
from test_examples import EXAMPLES, NIGHTS, date_of


def build(folder: pathlib.Path) -> pathlib.Path:
    """segur, turned, below `folder`, beside the parser of the program under test, which has no statements."""
    made = folder / "release"
    words = [f"BUILD={folder}", "VARIANT=release", "TURNED=turned", "CFLAGS=-O0", "HARDEN=-fPIE", made / "segur"]
    quiet = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(["make", "-j2", *words], cwd=REPO, env=quiet, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (made / "segur-parser").symlink_to(SEGUR.parent / "segur-parser")
    return made / "segur"


def fill(roots, night: int) -> None:
    """The drops of examples/ in each root, all within one second: answers say when a drop was received."""
    files = sorted((EXAMPLES / f"nuit-{night}/inbox").glob("*/*"))
    while True:
        made = [root.drop(path.parent.name, path.name, path.read_bytes()) for path in files for root in roots]
        if len({int(path.stat().st_ctime) for path in made}) == 1:
            return
        time.sleep(1 - time.time() % 1)


class TestTurned(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = pathlib.Path(tempfile.mkdtemp(prefix="segur-turned-"))
        cls.addClassCleanup(shutil.rmtree, folder, True)
        cls.program = build(folder)
        cls.straight = cls.shared_root()
        cls.turned = cls.straight.copy(cls.program)
        cls.addClassCleanup(cls.turned.remove)
        for night in NIGHTS:
            fill((cls.straight, cls.turned), night)
            for root in (cls.straight, cls.turned):
                root.run(date_of(night))

    def rows(self, root) -> str:
        """The whole database, but the inodes and the times of the drops, which only look whether a file is the same."""
        return re.sub(r"'\d+-\d+\.\d{9}'", "'source'", root.dump())

    def both(self, *words) -> None:
        """The same words from both, each in its root."""
        said = []
        for root in (self.turned, self.straight):
            done = root.segur(*words, cwd=root.path)
            self.assertEqual((done.returncode, done.stderr), (0, ""), words)
            said.append(done.stdout)
        self.assertEqual(*said, words)

    def agree(self) -> None:
        self.assertEqual(self.turned.tree(), self.straight.tree())
        self.assertEqual(self.rows(self.turned), self.rows(self.straight))

    def test_examples_and_all_commands(self):
        self.assertGreater(len(self.straight.tree()), 100)
        self.agree()
        for kind in ("table", "csv", "json"):
            self.both("list", "--format", kind)
        self.both("list", "--statut", "EN_COURS", "--apres", "ENR0001")
        self.both("list", "--siret", next(iter(self.straight.demandes().values()))["siret"])
        for number in self.straight.demandes():
            self.both("show", number)
            self.both("show", number, "--format", "json")
            self.both("pieces", number, f"documents-{number}")
        self.both("verify")
        self.both("replay", "--date", date_of(NIGHTS[-1]), "rejouee")
        self.both("backup", "sauvegarde")
        self.both("restore", "sauvegarde", "restauree", "--outbox", ".")
        self.both("reports", "rapports")
        self.both("purge", "--date", "2035-01-01")
        self.agree()
