"""One tolerance for dossier.yaml and the ASP's files: each way of pasting a number, a code or a date, in every column and
every key that holds one, is read as the same value; and what a spreadsheet spoils is refused in both."""

import csv
import io
import re
import unittest

from harness import DATE, Case, codes
from factory import FORMS, HEADERS, Form, csv_asp, decisions, depot, references, supplier

# What stands before a value, between its groups, and behind it.
WAYS = [
    ("", " ", ""), ("", "\u00a0", "\u00a0"), ("", "\u202f", ""), ("", "\u2009", "\u2003"), ("", "\u3000", ""), ("", "\t", ""),
    ("", "-", ""), ("", "\u2011", ""), ("", "\u2013", ""), ("", "\u2212", ""), ("", ".", ""), ("", "/", ""), ("(", ")(", ")"),
    ("\u202d", "", "\u202c"), ("\u200e", "\u200b", "\u200f"), ("\ufeff", "\u2060", ""), ("", "\u00ad", ""),
    ("'", "", ""), ('="', "", '"'), ("\u00ab\u00a0", "", "\u00a0\u00bb"), ("\u201c", " ", "\u201d"), ("\u2018", "", "\u2019"), ("n\u00b0 ", " ", ""),
]  # fmt: skip
# A SIREN and a SIRET as a spreadsheet spoils them.
SPOILT = [
    ("55410344", "5541034400018", "zéro de tête"), ("055410344.0", "05541034400018.0", "décimales"),
    ("55410344,0", "5541034400018,0", "décimales"), ("5,54E+07", "5,54E+12", "arrondi"), ("0554103440", "055410344000180", "zéro final"),
]  # fmt: skip
# Of each file the columns that hold a number, a code or a date.
COLUMNS = {"referencements.csv": ["siren_editeur"], "comptes.csv": ["siren"], "acces.csv": ["siren"],
           "banques.csv": ["code_banque", "bic"]}  # fmt: skip
DATED = {"referencements.csv": ["date_etat"], "calendrier.csv": ["ouverture", "cloture"]}


def pasted(value, way):
    """The value in groups of three signs; a last 0 stands with others, as .0 would be a spreadsheet's."""
    before, between, behind = way
    groups = [value[at : at + 3] for at in range(0, len(value), 3)]
    if len(groups[-1]) == 1:
        groups[-2:] = [groups[-2] + groups[-1]]
    return before + between.join(groups) + behind


def around(value, way):
    """A date keeps its own signs: what is pasted stands around it, if it is no part of one. No word leads to a date."""
    before, _, behind = way
    return re.sub("[a-z°].*", "", before) + value + behind


def rows_of(name, data):
    form = FORMS[name]
    return list(csv.DictReader(io.StringIO(data.decode(form.encoding), newline=""), delimiter=form.separator))


def changed(files, change):
    """The ASP's files with `change(name, column, value, row number)` in each cell of COLUMNS and DATED."""
    found = dict(files)
    for name in {*COLUMNS, *DATED}:
        rows = rows_of(name, files[name])
        for n, row in enumerate(rows):
            for column in COLUMNS.get(name, []) + DATED.get(name, []):
                row[column] = change(name, column, row[column], n)
        found[name] = csv_asp(HEADERS[name], rows, Form())
    return found


class TestPasted(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.root = cls.shared_root()
        cls.suppliers = [supplier(n) for n in range(1, len(WAYS) + 1)]

        def change(name, column, value, n):
            way = WAYS[n % len(WAYS)]
            return around(value, way) if column in DATED.get(name, []) else pasted(value, way)

        for name, data in changed(references(cls.suppliers), change).items():
            cls.root.asp(name, data)
        for f, way in zip(cls.suppliers, WAYS):
            a = f.adresse
            cls.root.drop(f.compte, "d.zip", depot(f, changes_by_path={
                "demandeur.siret": pasted(f.siret, way), "demandeur.adresse.code_postal": pasted(a.code_postal, way),
                "representant.telephone": pasted("0123456789", way), "banque.iban": pasted(f.iban, way),
                "banque.bic": pasted(f.banque.bic, way),
                "representant.identite.valide_jusqu_au": around("14/05/2031", way)}))  # fmt: skip
        cls.root.run(DATE)

    def test_the_files(self):
        for name in {*COLUMNS, *DATED}:
            with self.subTest(name):
                self.assertEqual([row["etat"] for row in self.root.asp_answer(name)], ["pris"])

    def test_the_dossiers(self):
        for f, way in zip(self.suppliers, WAYS):
            with self.subTest(way=way):
                found = self.root.retour(f.compte, "d.zip")
                self.assertEqual((found["etat"], codes(found)), ("OK", []), found["anomalies"])
                self.assertEqual(self.root.show(found["numero"])["siret"], f.siret)
                kept = self.root.sql("SELECT bic, code_postal, representant_telephone, representant_identite_valide_jusqu_au"
                                     " FROM dossiers WHERE iban = ?", f.iban)  # fmt: skip
                wanted = f.banque.bic, f.adresse.code_postal, "01 23 45 67 89", "2031-05-14"
                self.assertEqual(set(kept), {wanted})

    def test_decisions(self):
        root = self.copied(self.root)
        numbers = [root.retour(f.compte, "d.zip")["numero"] for f in self.suppliers]
        rows = [(pasted(numero, way), "valider", "", "", "B. Caron") for numero, way in zip(numbers, WAYS)]
        root.asp("decisions.csv", decisions(rows, Form()))
        root.run("2026-03-03")
        self.assertEqual([row["etat"] for row in root.asp_answer("decisions.csv")], ["appliquee"] * len(WAYS))


class TestSpoilt(Case):
    """What a spreadsheet makes of a number: a zero in front lost, decimals, an exponent, decimals without their point."""

    def test_both_ways(self):
        f = supplier(1, siret="05541034400018")
        root, files = self.root(), references([f])
        for name, data in files.items():
            root.asp(name, data)
        root.run(DATE)
        access = rows_of("acces.csv", files["acces.csv"])
        for day, (siren, siret, what) in enumerate(SPOILT, 3):
            with self.subTest(what=what):
                root.asp("acces.csv", csv_asp(HEADERS["acces.csv"], [row | {"siren": siren} for row in access], Form()))
                root.drop(f.compte, "d.zip", depot(f, changes_by_path={"demandeur.siret": siret}))
                root.run(f"2026-03-{day:02}")
                self.assertIn(what, " ".join(row["message"] for row in root.asp_answer("acces.csv")))
                anomalies = root.retour(f.compte, "d.zip")["anomalies"]
                self.assertIn(what, " ".join(a["message"] for a in anomalies if a["code"] == "SIR-002"))


if __name__ == "__main__":
    unittest.main()
