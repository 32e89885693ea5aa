"""Time passes: reminders to suppliers who are awaited, documents that run out; with --date alone."""

import datetime
import unittest

from harness import Case, typed
from factory import archive, decisions, depot, supplier, pdf, person, references, replace

NIGHT_1, NIGHT_2 = "2026-03-02", "2026-03-03"
CARON = "Bérénice Caron"
MOTIF = "Le Kbis est illisible : page 2."


def day(text: str, days: int) -> str:
    return str(datetime.date.fromisoformat(text) + datetime.timedelta(days))


def sequel(kind: str, numero: str, pieces: dict[str, bytes], more: str = "") -> bytes:
    """A deposit that follows a first one: type -> bytes of the document, or (bytes, end)."""
    text = f"format: 1\ntype: {kind}\ndemande: {numero}\n{more}pieces:\n"
    files = {}
    for code, data in pieces.items():
        data, end = data if isinstance(data, tuple) else (data, "")
        end = f", valide_jusqu_au: {end}" if end else ""
        text += f"  - {{type: {code}, fichier: {code}.pdf{end}}}\n"
        files[f"{code}.pdf"] = data
    return archive("zip", {"dossier.yaml": text.encode()} | files)


class Waiting(Case):
    """Night 1: all file. Night 2 (2026-03-03): documents asked, a correction asked, a partial validation."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        tiers = person("Chloé", "Béranger", "tiers")
        names = {
            "pieces": {}, "correction": {"depositaire": tiers}, "partielle": {"etat": "en_cours"},
            "dpi": {"etat": "en_cours", "dsr": "SONS DPI"}, "attente": {},
        }  # fmt: skip
        cls.f = {name: supplier(n, compte=f"{name}-{n}", **more) for n, (name, more) in enumerate(names.items(), 1)}
        cls.first = cls.shared_root()
        cls.first.references(cls.f.values())
        for f in cls.f.values():
            cls.first.drop(f.compte, "dossier.zip", depot(f))
        cls.first.run(NIGHT_1)
        cls.numeros = n = {name: cls.first.retour(f.compte, "dossier.zip")["numero"] for name, f in cls.f.items()}
        cls.first.asp("decisions.csv", decisions([
            (n["pieces"], "demander_pieces", MOTIF, "kbis|rib", CARON),
            (n["correction"], "demander_modification", "Le téléphone est faux.", "", CARON),
            (n["partielle"], "valider", "", "", CARON), (n["dpi"], "valider", "", "", CARON),
        ]))  # fmt: skip
        cls.first.run(NIGHT_2)

    def waiting(self):
        return self.copied(self.first)

    def reminded(self, root, name=None):
        """The nights of the reminders, by the events; each has its mail."""
        where, values = (" AND demande = ?", [int(self.numeros[name][3:7])]) if name else ("", [])
        rows = root.sql("SELECT e.date, m.date, m.type, m.publie, count(*) FROM evenements e"
                        " LEFT JOIN mails m ON m.evenement = e.id WHERE e.evenement = 'relance'"
                        f"{where.replace('demande', 'e.demande')} GROUP BY e.id ORDER BY e.id", *values)  # fmt: skip
        for row in rows:
            self.assertEqual(row[1:], (row[0], "relance", 1, 1))
        return [row[0] for row in rows]

    def validates(self, root, *names):
        """The ANS's register of that night says that these are validated."""
        fs = [replace(f, etat="valide") if name in names else f for name, f in self.f.items()]
        root.asp("referencements.csv", references(fs)["referencements.csv"])


class TestReminders(Waiting):
    def test_one_a_period(self):
        """Nights every five days: one reminder every fifteen, whatever the nights do beside."""
        root = self.waiting()
        for days in range(5, 50, 5):
            root.run(day(NIGHT_2, days))
        wanted = [day(NIGHT_2, days) for days in (15, 30, 45)]
        for name in ("pieces", "correction"):
            self.assertEqual(self.reminded(root, name), wanted)
        for name in ("partielle", "dpi", "attente"):
            self.assertEqual(self.reminded(root, name), [])
        shown = root.show(self.numeros["pieces"])
        self.assertEqual(shown["statut"], "ATTENTE_PIECES")
        self.assertEqual([(e["evenement"], e["acteur"], e["de"], e["vers"], e["details"], e["pieces"], e["motif"])
                          for e in shown["historique"][2:]],
                         [("relance", "service", "ATTENTE_PIECES", "ATTENTE_PIECES", n, "kbis|rib", "") for n in "123"])  # fmt: skip
        self.assertEqual([m["type"] for m in shown["mails"][2:]], ["relance"] * 3)
        self.check_outputs(root)
        verified = root.segur("verify", "--root", root.path)
        self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)

    def test_mails(self):
        root = self.waiting()
        root.run(day(NIGHT_2, 15))
        (mail,) = root.mails("relance", self.numeros["pieces"])
        (asked,) = root.mails("demande_pieces", self.numeros["pieces"])
        self.assertEqual(mail["To"].addresses[0].addr_spec, self.f["pieces"].representant.email)
        self.assertIn("Rappel", mail["Subject"])
        for part in ("3 mars 2026", MOTIF, "(code : kbis)", "(code : rib)", self.f["pieces"].logiciel):
            self.assertIn(part, typed(mail))
        model = mail.get_content()[mail.get_content().index("    format: 1"):].partition("\n\n")[0]
        self.assertIn(model, asked.get_content())  # the same dossier.yaml
        (mail,) = root.mails("relance", self.numeros["correction"])
        self.assertEqual(mail["To"].addresses[0].addr_spec, "chloe.beranger@tiers.example")
        for part in ("3 mars 2026", "Le téléphone est faux.", f"« {self.numeros['correction']}_modification.yaml »"):
            self.assertIn(part, typed(mail))
        self.assertFalse(any(m.defects for m in root.mails()))

    def test_reports(self):
        """The reminder is in the history of the night; what the case manager wrote stays in the table."""
        root = self.waiting()
        before = root.demandes()
        night = day(NIGHT_2, 15)
        root.run(night)
        self.assertEqual(root.demandes(), before)
        row = before[self.numeros["pieces"].partition("M")[0]]
        self.assertEqual((row["motif"], row["date_dernier_evenement"]), (MOTIF, NIGHT_2))
        self.assertEqual([(r["date"], r["numero"], r["evenement"], r["acteur"]) for r in root.report("evenements")],
                         [(night, self.numeros[name], "relance", "service") for name in ("correction", "pieces")])  # fmt: skip
        found = {r["indicateur"]: r["valeur"] for r in root.report("statistiques")}
        self.assertEqual((found["evenements_relance"], found["mails"]), ("2", "2"))

    def test_same_night_twice(self):
        root, night = self.waiting(), day(NIGHT_2, 15)
        again = self.copied(root)
        for one in (root, again):
            one.run(night)
        self.assertEqual(root.tree("outbox/mails"), again.tree("outbox/mails"))
        mails = root.tree("outbox/mails")
        root.run(night)
        root.run(day(night, 1))
        self.assertEqual(root.tree("outbox/mails"), mails)
        self.assertEqual(self.reminded(root), [night, night])

    def test_dry_run_reminds_nobody(self):
        root = self.waiting()
        before = root.dump()
        root.run(day(NIGHT_2, 15), 0, "--dry-run")
        self.assertEqual(root.dump(), before)

    def test_after_a_pause(self):
        """No night for half a year: one reminder, then one a period from there."""
        root, night = self.waiting(), "2026-09-15"
        for days in (0, 1, 14, 15):
            root.run(day(night, days))
        self.assertEqual(self.reminded(root, "pieces"), [night, day(night, 15)])

    def test_configured_period(self):
        root = self.waiting()
        root.configure(relance_jours=3)
        for days in range(1, 8):
            root.run(day(NIGHT_2, days))
        self.assertEqual(self.reminded(root, "pieces"), [day(NIGHT_2, 3), day(NIGHT_2, 6)])

    def test_answered(self):
        """The documents that come end the wait; what is asked next begins another."""
        root, f, numero = self.waiting(), self.f["pieces"], self.numeros["pieces"]
        root.run(day(NIGHT_2, 15))
        root.drop(f.compte, "pieces.zip", sequel("pieces", numero, {"kbis": pdf("Kbis"), "rib": pdf("RIB")}))
        root.run(day(NIGHT_2, 29))
        self.assertEqual(root.retour(f.compte, "pieces.zip")["etat"], "OK")
        root.run(day(NIGHT_2, 40))
        self.assertEqual(self.reminded(root, "pieces"), [day(NIGHT_2, 15)])
        asked = day(NIGHT_2, 41)
        root.decide(numero, "demander_pieces", 0, "--pieces", "autre", "--motif", "Encore.", date=asked)
        for days in (14, 15):
            root.run(day(asked, days))
        self.assertEqual(self.reminded(root, "pieces"), [day(NIGHT_2, 15), day(asked, 15)])
        self.assertEqual(root.show(numero)["historique"][-1]["details"], "1")
        self.assertIn("Encore.", typed(root.mails("relance", numero)[-1]))

    def test_certificates(self):
        """An anticipé can act only once the register says that it is validated."""
        root = self.waiting()
        for days in (15, 30, 45):
            root.run(day(NIGHT_2, days))
        self.assertEqual(root.mails("relance", self.numeros["partielle"]), [])
        night = day(NIGHT_2, 50)
        self.validates(root, "partielle")
        for days in (0, 10, 15):
            root.run(day(night, days))
        self.assertEqual(self.reminded(root, "partielle"), [night, day(night, 15)])
        self.assertEqual(self.reminded(root, "dpi"), [])
        self.validates(root, "partielle", "dpi")
        root.run(day(night, 20))
        self.assertEqual(self.reminded(root, "dpi"), [day(night, 20)])
        mail = typed(root.mails("relance", self.numeros["partielle"])[0])
        self.assertIn("reste à finaliser", root.mails("relance")[-1]["Subject"])
        for part in ("type: finalisation", "Le 3 mars 2026, votre demande a été validée partiellement"):
            self.assertIn(part, mail)
        self.assertNotIn("certificat_hds", mail)
        (mail,) = root.mails("relance", self.numeros["dpi"])
        self.assertIn("hebergement_donnees_sante: oui", typed(mail))
        self.check_outputs(root)

    def test_set_aside_and_verified(self):
        """Which reminders wait for a register is what verify expects, all their life long, upgraded meanwhile or not."""
        for old in (False, True):
            root = self.waiting().older(3) if old else self.waiting()
            f, numero = self.f["partielle"], self.numeros["partielle"]
            drops = {35: sequel("finalisation", numero, {"certificat_referencement": pdf("Certificat")})}
            registers = {20: (), 25: ("partielle",), 40: ("partielle", "dpi"), 45: ()}
            aside = {}
            for days in (1, 15, 20, 25, 30, 35, 40, 45, 60):
                with self.subTest(old=old, days=days):
                    if days in registers:
                        self.validates(root, *registers[days])
                    if days in drops:
                        root.drop(f.compte, "f.zip", drops[days])
                    root.run(day(NIGHT_2, days))
                    rows = root.sql("SELECT numero_ans FROM demandes WHERE referencement_attendu = 1 ORDER BY id")
                    aside[days] = [name for name in self.f if (self.f[name].numero_ans,) in rows]
                    verified = root.segur("verify", "--root", root.path)
                    self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)
            both, one = ["partielle", "dpi"], ["dpi"]
            self.assertEqual(aside, {1: [], 15: both, 20: both, 25: one, 30: one, 35: one, 40: [], 45: [], 60: one})
            self.assertEqual(root.show(numero)["statut"], "CERTIFICATS_A_VALIDER")
            root.decide(numero, "valider", date=day(NIGHT_2, 61))
            self.assertEqual(root.segur("verify", "--root", root.path).returncode, 0)

    def test_finalised(self):
        root, f, numero = self.waiting(), self.f["partielle"], self.numeros["partielle"]
        self.validates(root, "partielle")
        root.drop(f.compte, "f.zip", sequel("finalisation", numero, {"certificat_referencement": pdf("Certificat")}))
        for days in (15, 30):
            root.run(day(NIGHT_2, days))
        self.assertEqual(root.show(numero)["statut"], "CERTIFICATS_A_VALIDER")
        self.assertEqual(self.reminded(root, "partielle"), [])


class TestDocuments(Case):
    """An identity card until 2026-04-20, one until 2026-07-01, an HDS certificate until 2026-06-30."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.f = {name: supplier(n, compte=f"{name}-{n}", dsr="SONS DPI" if name == "hds" else "SONS LGC",
                                   hds=True if name == "hds" else None)
                 for n, name in enumerate(("bientot", "plus-tard", "hds", "prolongee"), 1)}  # fmt: skip
        ends = {
            "bientot": {"representant__identite__valide_jusqu_au": "2026-04-20"},
            "plus-tard": {"representant__identite__valide_jusqu_au": "2026-07-01"},
            "hds": {"changes_by_path": {"pieces.certificat_hds": {"fichier": "hds.pdf", "valide_jusqu_au": "2026-06-30"}}},
            # printed until 2023, in fact until 2028
            "prolongee": {"changes_by_path": {"representant.identite.valide_jusqu_au": "2023-05-01",
                                          "representant.identite.delivree_le": "2013-05-01"}},
        }  # fmt: skip
        cls.first = cls.shared_root()
        cls.first.references(cls.f.values())
        for name, f in cls.f.items():
            cls.first.drop(f.compte, "dossier.zip", depot(f, **ends[name]))
        cls.first.run(NIGHT_1)
        cls.numeros = {name: cls.first.retour(f.compte, "dossier.zip")["numero"] for name, f in cls.f.items()}

    def told(self, root):
        return [(r["numero"], r["code"], r["valeur"]) for r in root.alerts_tonight()]

    def test_very_night_of_the_deposit(self):
        (row,) = self.first.alerts_tonight()
        self.same(row, {
            "numero": self.numeros["bientot"], "date": NIGHT_1, "archive": "dossier.zip", "compte": "bientot-1",
            "code": "SIG-005", "chemin": "representant.identite.valide_jusqu_au", "ligne": "", "colonne": "",
            "valeur": "2026-04-20", "page_guide": "15",
            "message": "Le document « pièce d'identité du représentant légal » arrive à son terme le 2026-04-20.",
            "id": "S1", "depuis": NIGHT_1, "demande": self.numeros["bientot"].partition("M")[0],
            "remede": "Décidez avant cette date, ou demandez une pièce plus récente.",
        })  # fmt: skip
        last = self.first.show(self.numeros["bientot"])["historique"][-1]
        self.assertEqual((last["evenement"], last["acteur"], last["de"], last["vers"], last["details"]),
                         ("echeance", "service", "EN_COURS", "EN_COURS", "piece_identite_representant 2026-04-20"))  # fmt: skip
        retour = self.first.retour("bientot-1", "dossier.zip")
        self.assertEqual((retour["etat"], retour["anomalies"]), ("OK", []))  # the supplier is not told
        self.assertEqual([m["type"] for m in self.first.show(self.numeros["bientot"])["mails"]], ["accuse_reception"])
        self.check_outputs(self.first)

    def test_each_in_its_time_and_once(self):
        root, found = self.copied(self.first), {}
        for night in ("2026-04-30", "2026-05-01", "2026-05-01", "2026-05-02", "2026-05-03", "2027-01-01", "2028-03-02"):
            root.run(night)
            found.setdefault(night, self.told(root))
        hds, later = self.numeros["hds"], self.numeros["plus-tard"]
        self.assertEqual(found, {
            "2026-04-30": [], "2026-05-01": [(hds, "SIG-006", "2026-06-30")],
            "2026-05-02": [(later, "SIG-005", "2026-07-01")], "2026-05-03": [], "2027-01-01": [],
            "2028-03-02": [(self.numeros["prolongee"], "SIG-005", "2028-05-01")],
        })  # fmt: skip
        for name in self.numeros:
            events = [e["evenement"] for e in root.show(self.numeros[name])["historique"]]
            self.assertEqual(events, ["depot", "echeance"], name)
        self.assertEqual({row["date_dernier_evenement"] for row in root.demandes().values()}, {NIGHT_1})

    def test_final_requests_are_left_alone(self):
        root = self.copied(self.first)
        root.decide(self.numeros["hds"], "valider")
        root.decide(self.numeros["plus-tard"], "rejeter", 0, "--motif", "Non.")
        root.run("2026-06-01")
        self.assertEqual(self.told(root), [])
        self.assertEqual(root.sql("SELECT count(*) FROM echeances WHERE date < '2027-01-01'"), [(0,)])

    def test_another_document(self):
        """A new certificate with another end is told in its turn; the same one is not told again."""
        root, f, numero = self.copied(self.first), self.f["hds"], self.numeros["hds"]
        root.run("2026-05-01")
        root.decide(numero, "demander_pieces", 0, "--pieces", "certificat_hds,rib", date="2026-05-01")
        root.drop(f.compte, "p.zip", sequel("pieces", numero, {
            "certificat_hds": (pdf("HDS nouveau"), "2026-07-15"), "rib": pdf("RIB")}))  # fmt: skip
        root.run("2026-05-05")
        self.assertEqual(root.retour(f.compte, "p.zip")["etat"], "OK")
        self.assertEqual(self.told(root), [(self.numeros["plus-tard"], "SIG-005", "2026-07-01")])
        root.run("2026-05-16")
        self.assertEqual(self.told(root), [(numero, "SIG-006", "2026-07-15")])
        (row,) = root.alerts_tonight()
        self.assertEqual(row["archive"], "p.zip")

    def test_configured_look_ahead(self):
        root = self.copied(self.first)
        root.configure(echeance_jours=10)
        root.run("2026-06-19")
        self.assertEqual(self.told(root), [])
        root.run("2026-06-21")
        self.assertEqual(self.told(root), [(self.numeros["hds"], "SIG-006", "2026-06-30"),
                                           (self.numeros["plus-tard"], "SIG-005", "2026-07-01")])  # fmt: skip


if __name__ == "__main__":
    unittest.main()
