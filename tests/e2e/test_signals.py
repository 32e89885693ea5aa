"""What several requests show together, and what registers say later: alertes.csv, for case managers alone."""

import unittest

from harness import DATE, Case, codes
from factory import depot, supplier, pdf, references, replace

NIGHT_2, NIGHT_3 = "2026-03-03", "2026-03-04"


class TestSignals(Case):
    """Two suppliers, the second of which files once the first has."""

    def setUp(self):
        self.a, self.b = supplier(1), supplier(2)

    def filed(self, *suppliers, **options):
        root = self.root()
        root.references(suppliers or (self.a, self.b))
        root.drop(self.a.compte, "a.zip", depot(self.a, **options))
        root.run()
        return root

    def told(self, root):
        return [(r["numero"], r["code"]) for r in root.alerts_tonight()]

    def then(self, root, night=NIGHT_2, f=None, name="b.zip", **options):
        """The rows of alertes.csv after a drop of the second; the supplier reads nothing of them."""
        f = f or self.b
        root.drop(f.compte, name, depot(f, **options))
        root.run(night)
        retour = root.retour(f.compte, name)
        self.assertFalse(any(a["code"].startswith("SIG") for a in retour["anomalies"]))
        self.check_outputs(root)
        return retour, root.alerts_tonight()

    def test_nothing_to_tell(self):
        root = self.filed()
        retour, rows = self.then(root)
        self.assertEqual((retour["etat"], rows), ("OK", []))

    def test_shared_iban(self):
        root = self.filed()
        shared = {"banque.iban": self.a.iban, "banque.bic": self.a.banque.bic}
        retour, rows = self.then(root, changes_by_path=shared)
        self.assertEqual(retour["etat"], "OK")
        (row,) = rows
        self.assertEqual((row["numero"], row["code"], row["archive"], row["compte"], row["chemin"]),
                         ("ENR0002M0", "SIG-002", "b.zip", self.b.compte, "banque.iban"))  # fmt: skip
        self.assertEqual(row["valeur"], f"{self.a.iban[:4]}…{self.a.iban[-4:]}")
        self.assertIn("ENR0001M0", row["message"])
        self.assertIn(self.a.siren, row["message"])
        path = root.path / "outbox/asp/rapports/courant"
        for name in ("alertes.csv", "evenements.csv"):
            self.assertNotIn(self.a.iban[4:-4], (path / name).read_text("utf-8"))
        self.assertEqual({r["indicateur"]: r["valeur"] for r in root.report("statistiques")}["alertes"], "1")
        root.run(NIGHT_3)
        self.assertEqual(root.alerts_tonight(), [])

    def test_same_night_again(self):
        """The report of one date holds what its nights told."""
        root = self.filed()
        _, rows = self.then(root, changes_by_path={"banque.iban": self.a.iban, "banque.bic": self.a.banque.bic})
        root.run(NIGHT_2)
        self.assertEqual(root.alerts_tonight(), rows)

    def test_rejected_iban_is_free(self):
        root = self.filed()
        root.decide("ENR0001", "rejeter", 0, "--motif", "Non.")
        _, rows = self.then(root, changes_by_path={"banque.iban": self.a.iban, "banque.bic": self.a.banque.bic})
        self.assertEqual(rows, [])

    def test_shared_file(self):
        rib = pdf("RIB commun")
        root = self.filed(fichiers={"rib.pdf": rib})
        _, rows = self.then(root, fichiers={"rib.pdf": rib})
        (row,) = rows
        self.assertEqual((row["numero"], row["code"], row["chemin"], row["valeur"]),
                         ("ENR0002M0", "SIG-003", "archive/rib.pdf", "rib"))  # fmt: skip
        self.assertIn("ENR0001M0", row["message"])

    def test_filed_again_after_a_rejection(self):
        root = self.filed()
        root.decide("ENR0001", "rejeter", 0, "--motif", "Non.")
        retour, rows = self.then(root, f=self.a, name="encore.zip", yaml_text=lambda t: t + "# encore\n")
        self.assertEqual((retour["numero"], rows), ("ENR0002M0", []))

    def test_disputed_number(self):
        """Another supplier names a number that is enrolled: refused as ever; the case manager hears of it."""
        root = self.filed()
        retour, rows = self.then(root, referencement__numero_ans=self.a.numero_ans)
        self.assertEqual((retour["etat"], "CYC-001" in codes(retour)), ("KO", True))
        (row,) = [r for r in rows if r["code"] == "SIG-001"]
        self.assertEqual((row["numero"], row["valeur"], row["archive"], row["compte"]),
                         ("ENR0001M0", self.a.numero_ans, "b.zip", self.b.compte))  # fmt: skip
        _, rows = self.then(root, NIGHT_3, name="encore.zip", referencement__numero_ans=self.a.numero_ans)
        self.assertEqual([r for r in rows if r["code"] == "SIG-001"], [])

    def closes(self, root, f, name="StockEtablissement_utf8.csv"):
        root.asp(name, references([replace(f, etablissement="F"), self.b])[name])

    def test_closed_establishment(self):
        """A night without a drop: the new register is asked about every request under way, and told once."""
        root = self.filed()
        self.closes(root, self.a)
        root.run(NIGHT_2)
        (row,) = root.alerts_tonight()
        self.assertEqual((row["numero"], row["date"], row["code"], row["valeur"], row["archive"], row["chemin"]),
                         ("ENR0001M0", NIGHT_2, "SIG-004", self.a.siret, "a.zip", "demandeur.siret"))  # fmt: skip
        self.check_outputs(root)
        root.run(NIGHT_3)
        self.assertEqual(root.alerts_tonight(), [])
        self.closes(root, self.a)
        root.run("2026-03-05")
        self.assertEqual(root.alerts_tonight(), [])

    def test_ceased_legal_unit(self):
        root = self.filed()
        name = "StockUniteLegale_utf8.csv"
        text = references([self.a, self.b])[name].decode()
        lines = [line.replace(",A,", ",C,") if line.startswith(self.a.siren) else line for line in text.splitlines()]
        root.asp(name, "\n".join(lines).encode() + b"\n")
        root.run(NIGHT_2)
        self.assertEqual(self.told(root), [("ENR0001M0", "SIG-004")])

    def test_final_request_may_close(self):
        for decision in ("valider", "rejeter"):
            with self.subTest(decision):
                root = self.filed()
                root.decide("ENR0001", decision, 0, "--motif", "Motif.")
                self.closes(root, self.a)
                root.run(NIGHT_2)
                self.assertEqual(root.alerts_tonight(), [])

    def test_every_status_under_way(self):
        root = self.filed()
        root.decide("ENR0001", "demander_pieces", 0, "--pieces", "kbis")
        self.closes(root, self.a)
        root.run(NIGHT_2)
        self.assertEqual(self.told(root), [("ENR0001M0", "SIG-004")])

    def test_with_tonights_drops(self):
        """One scan for all: a drop's own SIRET, and that of a request under way."""
        root = self.filed()
        self.closes(root, self.a)
        retour, rows = self.then(root)
        self.assertEqual(retour["etat"], "OK")
        self.assertEqual([(r["numero"], r["code"]) for r in rows], [("ENR0001M0", "SIG-004")])

    def test_alerts_of_drops_come_first(self):
        """Alerts that a supplier reads too stand in the same report, in the order of the drops."""
        root = self.filed()
        other = {"banque.iban": self.a.iban, "banque.bic": self.a.banque.bic, "demandeur.distributeur": False}
        f = replace(self.b, siren_editeur="732829320")
        root.references((self.a, f))
        retour, rows = self.then(root, f=f, changes_by_path=other)
        self.assertEqual(retour["etat"], "ANO")
        self.assertEqual([r["code"] for r in rows], ["DEM-005", "SIG-002"])


class TestManyAtOnce(Case):
    def test_order_of_drops(self):
        """In one night too, the later request is told of the earlier; the same bytes on a copy."""
        fs = [supplier(n) for n in range(1, 6)]
        root = self.root()
        root.references(fs)
        shared = {"banque.iban": fs[0].iban, "banque.bic": fs[0].banque.bic}
        for n, f in enumerate(fs):
            root.drop(f.compte, f"{n}.zip", depot(f, changes_by_path=shared))
        copy = self.copied(root)
        copy.configure(analyseurs=4)
        for one in (root, copy):
            one.run(DATE)
        rows = root.alerts_tonight()
        self.assertEqual([(r["numero"], r["message"].partition("demande ")[2][:9]) for r in rows],
                         [(f"ENR{new:04}M0", f"ENR{old:04}M0") for new in range(2, 6) for old in range(1, new)])  # fmt: skip
        self.assertEqual(root.tree("outbox/asp"), copy.tree("outbox/asp"))


if __name__ == "__main__":
    unittest.main()
