"""What case managers work by: whom a request waits for and since when, who has it, the alerts that stand."""

import unittest

from harness import Case
from factory import depot, decisions, replace, supplier

NIGHT_1, NIGHT_2, NIGHT_3 = "2026-03-02", "2026-03-03", "2026-03-04"
COLUMNS = "numero decision motif pieces gestionnaire alerte".split()
CARON = "Bérénice Caron"


def row(numero, decision, alerte="", **more) -> dict:
    return {"numero": numero, "decision": decision, "motif": "", "pieces": "", "gestionnaire": CARON, "alerte": alerte} | more


class Work(Case):
    """Three requests in EN_COURS: of the first an alert of its drop, of the second a signal, of the third nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        a, b, c = (supplier(n) for n in (1, 2, 3))
        cls.a, cls.b, cls.c = replace(a, siren_editeur="732829320"), b, c
        cls.first = cls.shared_root()
        cls.first.references((cls.a, cls.b, cls.c))
        cls.first.drop(cls.a.compte, "a.zip", depot(cls.a, changes_by_path={"demandeur.distributeur": False}))
        cls.first.drop(cls.b.compte, "b.zip", depot(cls.b))
        cls.first.run(NIGHT_1)
        shared = {"banque.iban": cls.b.iban, "banque.bic": cls.b.banque.bic}
        cls.first.drop(cls.c.compte, "c.zip", depot(cls.c, changes_by_path=shared))
        cls.first.run(NIGHT_2)

    def decided(self, rows, night=NIGHT_3, root=None, **conf):
        root = root or self.copied(self.first)
        if conf:
            root.configure(**conf)
        root.asp("decisions.csv", decisions(rows, columns=COLUMNS))
        root.run(night)
        return root

    def work(self, root, *columns):
        return {q: tuple(r[c] for c in columns) for q, r in root.demandes().items()}


class TestDemandes(Work):
    def test_columns(self):
        (*_, since, attend, who, alerts, demande) = list(self.first.report("demandes")[0])
        self.assertEqual((since, attend, who, alerts, demande),
                         ("statut_depuis", "attend", "gestionnaire", "alertes", "demande"))  # fmt: skip
        for name in "evenements depots pieces comptes droits coordonnees_bancaires alertes".split():
            for r in self.first.report(name):
                self.assertEqual(r["demande"], r["numero"].partition("M")[0], name)

    def test_whom_it_waits_for(self):
        root = self.decided([row("ENR0001", "demander_pieces", pieces="kbis"), row("ENR0002", "rejeter", motif="Non.")])
        self.assertEqual(self.work(root, "attend", "statut_depuis"), {
            "ENR0001": ("fournisseur", NIGHT_3), "ENR0002": ("personne", NIGHT_3), "ENR0003": ("gestionnaire", NIGHT_2),
        })  # fmt: skip

    def test_who_has_it(self):
        """Who took it stands before who decided last; neither date nor reason nor action moves."""
        before = self.work(self.first, "statut", "statut_depuis", "motif", "action", "attend")
        root = self.decided([row("ENR0001", "prendre", gestionnaire="Zoé Lemoine"), row("ENR0003", "prendre")])
        self.assertEqual(self.work(root, "gestionnaire"), {"ENR0001": ("Zoé Lemoine",), "ENR0002": ("",), "ENR0003": (CARON,)})
        self.assertEqual(self.work(root, "statut", "statut_depuis", "motif", "action", "attend"), before)
        self.assertEqual([(r["evenement"], r["de"], r["vers"]) for r in root.report("evenements")],
                         [("prendre", "EN_COURS", "EN_COURS")] * 2)  # fmt: skip
        self.assertEqual([r["message"] for r in root.asp_answer("decisions.csv")],
                         ["Décision appliquée : ENR0001M0 est instruite par Zoé Lemoine.",
                          f"Décision appliquée : ENR0003M0 est instruite par {CARON}."])  # fmt: skip
        mails = len(root.mail_files())
        root = self.decided([row("ENR0001", "demander_pieces", pieces="kbis")], "2026-03-05", root)
        self.assertEqual(len(root.mail_files()), mails + 1)
        self.assertEqual(self.work(root, "gestionnaire")["ENR0001"], ("Zoé Lemoine",))
        self.check_outputs(root)
        self.assertEqual(root.segur("verify", "--root", root.path).returncode, 0)
        replayed = root.segur("replay", "--date", "2026-03-05", self.folder() / "rejeu", "--root", root.path)
        self.assertEqual(replayed.returncode, 0, replayed.stdout + replayed.stderr)

    def test_identity_papers(self):
        found = {r["type"]: (r["nature"], r["valide_jusqu_au"]) for r in self.first.report("pieces") if r["demande"] == "ENR0001"}
        self.assertEqual(found["rib"], ("", ""))
        self.assertIn(found["piece_identite_representant"][0], ("cni", "passeport", "titre_sejour"))
        self.assertRegex(found["piece_identite_representant"][1], r"^20[0-9]{2}-")


class TestList(Work):
    def listed(self, root, *words, code=0):
        done = root.segur("list", "--format", "csv", "--root", root.path, *words)
        self.assertEqual(done.returncode, code, done.stderr)
        return [line.split(",")[0] for line in done.stdout.splitlines()[1:]]

    def test_filters(self):
        """The one that waits longest comes first; each filter alone, and several together."""
        root = self.copied(self.first)
        root.decide("ENR0001", "demander_pieces", 0, "--pieces", "kbis", date=NIGHT_3)
        root.decide("ENR0002", "prendre", gestionnaire="Zoé Lemoine", date=NIGHT_3)
        dsr = root.demandes()["ENR0001"]["dsr"]
        cases = [
            (["--attente", "gestionnaire"], ["ENR0002M0", "ENR0003M0"]),
            (["--attente", "Fournisseur"], ["ENR0001M0"]), (["--attente", "personne"], []),
            (["--dsr", dsr], ["ENR0002M0", "ENR0003M0", "ENR0001M0"]), (["--dsr", "Rien"], []),
            (["--alerte", "SIG-002"], ["ENR0003M0"]), (["--alerte", "DEM-005"], ["ENR0001M0"]),
            (["--gestionnaire", "Zoé Lemoine"], ["ENR0002M0"]),
            (["--gestionnaire", "Bérénice Caron", "--attente", "fournisseur"], ["ENR0001M0"]),
            (["--dsr", dsr, "--apres", "ENR0002"], ["ENR0003M0", "ENR0001M0"]),
            (["--dsr", dsr, "--limite", "1"], ["ENR0002M0"]),
            (["--attente", "gestionnaire", "--statut", "EN_COURS", "--siret", self.c.siret], ["ENR0003M0"]),
        ]  # fmt: skip
        for words, wanted in cases:
            with self.subTest(words):
                self.assertEqual(self.listed(root, *words), wanted)
        self.assertEqual(self.listed(root, "--attente", "moi", code=64), [])

    def test_table(self):
        root = self.first
        done = root.segur("list", "--attente", "gestionnaire", "--root", root.path)
        head = done.stdout.splitlines()[0].split()
        self.assertEqual(head, ["Numéro", "Depuis", "Statut", "DSR", "Gestionnaire", "Alertes", "Dénomination"])


class TestShow(Work):
    def test_sections(self):
        """The guide's sections, then alerts and history, in no more than a hundred columns."""
        root = self.copied(self.first)
        root.decide("ENR0001", "demander_modification", 0, "--motif", "Corrigez la dénomination sociale. " * 20, date=NIGHT_3)
        text = root.segur("show", "ENR0001", "--root", root.path).stdout
        lines = text.splitlines()
        heads = [line for line in lines if line and line[0] != " "]
        self.assertEqual(heads[2:12], [
            "Récapitulatif", "a. Référencement", "b. Demandeur", "c. Représentant légal", "e. Coordonnées bancaires", "f. TVA",
            "g. Pièces", "Alertes", "Historique", "Courriels",
        ])  # fmt: skip
        self.assertLessEqual(max(map(len, lines)), 100)
        f = self.a.representant
        for words in (f.nom.upper(), f.email, self.a.iban, "D1A0  DEM-005 depuis le 2026-03-02", "un gestionnaire vérifie"):
            self.assertIn(words, text)
        self.assertIn(" ".join(["Corrigez la dénomination sociale."] * 20), " ".join(text.split()))


class TestAlertes(Work):
    def told(self, root):
        return [(r["demande"], r["code"], r["id"], r["depuis"]) for r in root.report("alertes")]

    STANDING = [("ENR0001", "DEM-005", "D1A0", NIGHT_1), ("ENR0003", "SIG-002", "S1", NIGHT_2)]

    def test_as_long_as_the_request(self):
        self.assertEqual(self.told(self.first), self.STANDING)
        self.assertEqual(self.work(self.first, "alertes"), {"ENR0001": ("DEM-005",), "ENR0002": ("",), "ENR0003": ("SIG-002",)})
        for r in self.first.report("alertes"):
            self.assertTrue(r["remede"], r)
        root = self.decided([row("ENR0001", "rejeter", motif="Non."), row("ENR0003", "demander_pieces", pieces="kbis")])
        self.assertEqual(self.told(root), self.STANDING[1:])
        self.assertEqual(root.report("anomalies"), [])

    def test_set_aside(self):
        root = self.decided([
            row("ENR0001", "classer_alerte", "S1"), row("ENR0003", "Classer une alerte", "S1"),
            row("ENR0003", "classer alerte", " s1"), row("ENR0003", "classer_alerte", "S1"), row("ENR0003", "classer_alerte"),
        ])  # fmt: skip
        self.assertEqual([r["code"] for r in root.asp_answer("decisions.csv")],
                         ["DEC-018", "DEC-003", "DEC-000", "DEC-019", "DEC-017"])  # fmt: skip
        self.assertEqual(self.told(root), self.STANDING[:1])
        self.assertEqual(self.work(root, "alertes", "statut")["ENR0003"], ("", "EN_COURS"))
        root.decide("ENR0001", "classer_alerte", 0, "--alerte", "d1a0", date=NIGHT_3)
        root.decide("ENR0001", "classer_alerte", 65, "--alerte", "D1A0", date=NIGHT_3)
        root.decide("ENR0001", "prendre", date=NIGHT_3)
        root.run("2026-03-05")
        self.assertEqual((self.told(root), root.report("evenements")[0]["details"]), ([], "D1A0"))
        self.check_outputs(root)
        self.assertEqual(root.segur("verify", "--root", root.path).returncode, 0)
        replayed = root.segur("replay", "--date", "2026-03-05", self.folder() / "rejeu", "--root", root.path)
        self.assertEqual(replayed.returncode, 0, replayed.stdout + replayed.stderr)

    def test_of_a_night_alone(self):
        """A state report: of the requests that the night changed, and nothing of the others."""
        root = self.decided([row("ENR0003", "prendre")], etat="nuit")
        self.assertEqual(self.told(root), self.STANDING[1:])
        root = self.decided([row("ENR0003", "classer_alerte", "S1")], "2026-03-05", root)
        self.assertEqual((self.told(root), [r["alertes"] for r in root.report("demandes")]), ([], [""]))

    def test_final_requests(self):
        root = self.decided([row("ENR0001", "rejeter", motif="Non."), row("ENR0001", "prendre"),
                             row("ENR0001", "classer_alerte", "D1A0")])  # fmt: skip
        self.assertEqual([r["code"] for r in root.asp_answer("decisions.csv")], ["DEC-000", "DEC-008", "DEC-008"])


if __name__ == "__main__":
    unittest.main()
