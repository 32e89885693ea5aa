"""docs/rapports.md: every column in words, and its recipes, run as they stand there on a night's reports."""

import contextlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import unittest

from harness import Case, REPO
from factory import depot, replace, supplier

DOC = (REPO / "docs/rapports.md").read_text("utf-8")
REPORTS = "demandes evenements depots anomalies pieces comptes droits coordonnees_bancaires alertes statistiques".split()
# What a spreadsheet takes for numbers.
NUMERO_ANS, CODE_POSTAL = "5012345e12", "01000"


def recipe(title: str) -> str:
    return re.search(rf"\*\*{title}\*\*\n\n```\w+\n(.*?)```", DOC, re.S)[1]


class TestRecipes(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        f = replace(supplier(1), numero_ans=NUMERO_ANS, siren_editeur="732829320")
        cls.night = cls.shared_root()
        cls.night.references([f])
        changes = {"demandeur.distributeur": False, "demandeur.adresse.code_postal": CODE_POSTAL}
        cls.night.drop(f.compte, "a.zip", depot(f, changes_by_path=changes))
        cls.night.run()

    def reports(self):
        return contextlib.chdir(self.night.path / "outbox/asp/rapports")

    def check(self, rows):
        self.assertEqual([(r["demande"], r["code"], r["numero_ans"], r["code_postal"]) for r in rows],
                         [("ENR0001", "DEM-005", NUMERO_ANS, CODE_POSTAL)])  # fmt: skip

    def test_python(self):
        names = {}
        with self.reports():
            exec(recipe("Python seul"), names)
            for name in REPORTS:
                self.assertEqual(names["lire"](name), self.night.report(name), name)
        self.check(names["travail"])

    @unittest.skipUnless(importlib.util.find_spec("pandas"), "no pandas")
    def test_pandas(self):
        names = {}
        with self.reports():
            exec(recipe("pandas"), names)
            for name in REPORTS:
                self.assertEqual(names["lire"](name).to_dict("records"), self.night.report(name), name)
        self.check(names["travail"].to_dict("records"))

    @unittest.skipUnless(shutil.which("sqlite3"), "no sqlite3")
    def test_sqlite3(self):
        with self.reports():
            done = subprocess.run(["sqlite3", ":memory:"], input=recipe("sqlite3"), capture_output=True, text=True, env=os.environ)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout.split(), [f"ENR0001;DEM-005;{NUMERO_ANS};{CODE_POSTAL}"])

    def test_every_column_in_words(self):
        for name in REPORTS:
            fields = json.loads((REPO / f"schemas/tables/{name}.json").read_text("utf-8"))["fields"]
            section = DOC.partition(f"\n### {name}.csv\n")[2].partition("\n### ")[0]
            told = [(n, words.replace("\\|", "|")) for n, words in re.findall(r"^\| `(\w+)` \| (.*) \|$", section, re.M)]
            self.assertEqual(told, [(f["name"], f["description"]) for f in fields], name)


if __name__ == "__main__":
    unittest.main()
