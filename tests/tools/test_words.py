"""French is for the domain alone: the tool that splits names into words, on small trees and on this one."""

import pathlib
import subprocess
import sys
import tempfile
import textwrap
import unittest

REPO = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO / "tools"))
import words  # noqa: E402 (found through the path set above)

PAGE = "# A\n\n## Words\n\nFrench.\n\n| word | meaning |\n|---|---|\n| fd, src, zut | descriptor; source; a cry |\n\n## B\n\n| chou | no |\n"
SMALL = {
    "ARCHITECTURE.md": PAGE,
    "schemas/champs.yaml": "- {chemin: demandeur.nom_commercial, nature: enum, valeurs: [employe, autre], titre: Foin}\n",
    "schemas/anomalies.yaml": "- code: A-1\n  nom: SIR_FERME\n",
    "schemas/tables/droits.json": '{"fields": [{"name": "anticipe", "constraints": {"enum": ["REJETEE", "Pas ici"]}}]}',
    "schemas/sql/migrations/0001_un.sql": "CREATE TABLE depots ( -- avec foin\n    recu_le TEXT CHECK (etat IN ('pris',\n"
                                          "    'retire'))\n) STRICT;\nALTER TABLE depots ADD COLUMN jeton TEXT;\n",
}  # fmt: skip


def found(files):
    """Word -> {name: its first place} of a small tree."""
    with tempfile.TemporaryDirectory() as folder:
        tree = pathlib.Path(folder)
        for name, text in (SMALL | files).items():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_text(textwrap.dedent(text), "utf-8")
        known = words.domain_words(tree / "schemas") | words.glossary((tree / "ARCHITECTURE.md").read_text("utf-8"))
        return dict(words.unknown(words.names_of(tree), known))


class TestWords(unittest.TestCase):
    def test_splitting(self):
        for name, wanted in (("set_fd", "set fd"), ("setHTTPCode2", "set http code"), ("SQL_DROP_GET", "sql drop get"),
                             ("_FooBar", "foo bar"), ("sha256_end", "sha end"), ("__", "")):  # fmt: skip
            with self.subTest(name):
                self.assertEqual(words.words(name), wanted.split())

    def test_c(self):
        text = """\
            #include <stdio.h>
            #include "choucroute.h"
            #define FROMAGE 'f' /* jambon */
            // saucisson
            static int navetTout(int fd)
            {
            \tprintf("cornichon %d", fd);
            \treturn 0x1F + 10ul + puts("poireau");
            }
        """
        self.assertEqual(found({"src/a.c": text}),
                         {"fromage": {"FROMAGE": "src/a.c:3"}, "navet": {"navetTout": "src/a.c:5"}})  # fmt: skip

    def test_false_friends(self):
        self.assertEqual(set(found({"src/a.c": "int lot_select(sortie, parking_lots, suite);\n"})),
                         {"lot", "sortie", "lots", "suite"})  # fmt: skip

    def test_names_of_headers_are_not_ours(self):
        self.assertEqual(found({"src/a.c": "#include <stdlib.h>\nint x = strtoull(y);\n"}), {})
        self.assertEqual(set(found({"src/a.c": "int x = strtoull(y);\n"})), {"strtoull"})

    def test_python(self):
        text = """\
            import pathlib as chaussette
            import saucisson
            from jambon import fromage

            class Poireau:  # carotte
                def __init__(self, navet, *, lue=None):
                    self.radis = saucisson.laitue(navet, "endive", betterave=1)

            try:
                print(f"{{tomate}} {[panais for panais in fromage]:>{aubergine}} {1!r}")
            except ValueError as fenouil:
                pass
        """
        self.assertEqual(set(found({"tests/a.py": text})),
                         {"chaussette", "poireau", "navet", "lue", "radis", "panais", "aubergine", "fenouil"})  # fmt: skip

    def test_shell_and_sql(self):
        names = {"tools/a.sh": "poireau=1 # navet=2\nradis() {\n\techo navet\n}\nfor panais in a; do :; done\n",
                 "schemas/sql/a.sql": "-- name: depots_ouvrir\n-- what navet does\nSELECT navet FROM depots;\n"}  # fmt: skip
        self.assertEqual(set(found(names)), {"poireau", "radis", "panais", "ouvrir"})

    def test_files_and_folders(self):
        self.assertEqual(found({"src/potager/poireau.c": ""}),
                         {"potager": {"potager": "src/potager/poireau.c"}, "poireau": {"poireau": "src/potager/poireau.c"}})

    def test_who_knows_a_word(self):
        good = "demandeur demandeurs commercial employe ferme anticipe rejetee depots depot recu retire jeton zut fd names unread"
        self.assertEqual(found({"src/a.c": " ".join(f"int {word};" for word in good.split())}), {})
        self.assertEqual(set(found({"src/a.c": "int foin, chou, pas;"})), {"foin", "chou", "pas"} - words.english_words())

    def test_this_tree(self):
        done = subprocess.run([sys.executable, REPO / "tools/words.py"], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (0, "0 unknown words\n"))


if __name__ == "__main__":
    unittest.main()
