"""What a mail says of a drop or of a demand, and the file that goes with a demand for a modification."""

import re
import stat
import unittest

import yaml
from harness import Case, typed
from factory import archive, decisions, depot, person, references, supplier
from factory_cycle import pieces
from test_life import row

NIGHT_1, NIGHT_2, NIGHT_3, NIGHT_4 = "2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05"
FILE = "ENR0001M0_modification.yaml"
MOTIF = "Le téléphone est faux :\nrappelez-nous."


class TestModification(Case):
    """A demand comes with the dossier as it is."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.f = supplier(1, depositaire=person("Chloé", "Béranger", "tiers", nature="passeport"))
        cls.first = root = cls.shared_root()
        root.references([cls.f])
        root.drop(cls.f.compte, "dossier.zip", depot(cls.f))
        root.run(NIGHT_1)
        root.asp("decisions.csv", decisions([row("ENR0001M0", "demander_modification", MOTIF)]))
        root.run(NIGHT_2)

    def file(self, root):
        return root.outbox(self.f.compte) / FILE

    def test_named_in_the_mail(self):
        (mail,) = self.first.mails("demande_modification")
        self.assertIn(f"« {FILE} », dans votre espace de retrait", typed(mail))
        self.assertNotIn("type: modification", typed(mail))

    def test_values_are_whole(self):
        raw = self.file(self.first).read_text("utf-8")
        given = yaml.load(raw, yaml.BaseLoader)
        self.assertEqual((given["format"], given["type"], given["demande"]), ("1", "modification", "ENR0001M0"))
        self.assertEqual(given["banque"]["iban"], self.f.iban.replace(" ", ""))
        self.assertEqual(given["representant"]["email"], given["representant"]["confirmation_email"])
        self.assertEqual(given["depositaire"]["nom"], "BÉRANGER" if given["depositaire"]["nom"].isupper() else "Béranger")
        self.assertEqual(given["depositaire"]["identite"]["nature"], "passeport")
        self.assertEqual(given["demandeur"]["siret"], self.f.siret)
        self.assertNotIn("engagements", given)
        self.assertIn("#     demandeur.adresse.complement : Complément d'adresse\n", raw)
        self.assertNotIn("#     demandeur.nom_commercial", raw)
        self.assertIn("# Correction demandée le 3 mars 2026 pour la demande ENR0001M0 :\n#   Le téléphone est faux :\n"
                      "#   rappelez-nous.\n# À déposer au plus tard le ", raw)  # fmt: skip

    def test_readable_by_its_folder_alone(self):
        self.assertEqual(stat.S_IMODE(self.file(self.first).stat().st_mode), 0o640)

    def test_one_line_is_corrected(self):
        root = self.copied(self.first)
        raw = self.file(root).read_text("utf-8")
        corrected = re.sub(r'(?m)^(  telephone: ).*', r'\1"01 98 76 54 32"', raw, count=1)
        self.assertNotEqual(raw, corrected)
        root.drop(self.f.compte, "correction.zip", archive("zip", {"dossier.yaml": corrected.encode()}))
        root.run(NIGHT_3)
        answer = root.retour(self.f.compte, "correction.zip")
        self.assertEqual((answer["etat"], answer["numero"], answer["anomalies"]), ("OK", "ENR0001M1", []))
        details = [e["details"] for e in root.show("ENR0001")["historique"] if e["evenement"] == "depot_modification"]
        self.assertEqual(details, ["representant.telephone"])
        self.assertFalse(self.file(root).exists(), "nobody awaits it any more")
        self.verified(root)

    def test_as_it_stands_it_changes_nothing(self):
        root = self.copied(self.first)
        root.drop(self.f.compte, "correction.zip", archive("zip", {"dossier.yaml": self.file(root).read_bytes()}))
        root.run(NIGHT_3)
        answer = root.retour(self.f.compte, "correction.zip")
        self.assertEqual((answer["etat"], [a["code"] for a in answer["anomalies"]]), ("ANO", ["CYC-016"]))

    def verified(self, root):
        done = root.segur("verify", "--root", root.path)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        self.assertNotIn("ne connaît pas", done.stdout)

    def test_gone_with_the_access(self):
        root = self.copied(self.first)
        self.verified(root)
        other = supplier(2)
        root.references([other])
        root.run(NIGHT_3)
        self.assertFalse(self.file(root).exists())
        self.verified(root)
        root.references([self.f])
        root.run(NIGHT_4)
        self.assertFalse(self.file(root).exists(), "what was withdrawn stays so")

    def test_reminded_of(self):
        root = self.copied(self.first)
        root.run("2026-04-20")
        (mail,) = root.mails("relance")
        self.assertIn(f"« {FILE} », dans votre espace de retrait", typed(mail))
        self.assertTrue(self.file(root).exists())

    def test_not_named_once_withdrawn(self):
        root = self.copied(self.first)
        root.references([supplier(2)])
        root.run("2026-04-20")
        (mail,) = root.mails("relance")
        self.assertNotIn(FILE, typed(mail))
        self.assertIn("type: modification", typed(mail))

    def test_replayed(self):
        root = self.copied(self.first)
        done = root.segur("replay", "--root", root.path, "--date", NIGHT_2, self.folder() / "rejeu")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"Modifications rendues +1 ")
        self.assertRegex(done.stdout, r"Modifications dans l'outbox +1 ")

    def test_restored(self):
        root, folder = self.copied(self.first), self.folder()
        self.assertEqual(root.segur("backup", folder / "s.db", "--root", root.path).returncode, 0)
        done = root.segur("restore", folder / "s.db", folder / "racine")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        root.segur("run", "--root", folder / "racine", "--date", NIGHT_3, "--quiet")
        again = folder / "racine/outbox/fournisseurs" / self.f.compte / FILE
        self.assertEqual(again.read_bytes(), self.file(root).read_bytes())


class TestOneDocument(Case):
    """One document is spoken of as one, from the demand to the receipt."""

    def test_singular(self):
        f = supplier(1)
        root = self.root()
        root.references([f])
        root.drop(f.compte, "dossier.zip", depot(f))
        root.run(NIGHT_1)
        root.asp("decisions.csv", decisions([row("ENR0001M0", "demander_pieces", "Illisible.", "rib")]))
        root.run(NIGHT_2)
        root.run("2026-04-20")
        root.drop(f.compte, "rib.zip", pieces("ENR0001M0", f, "rib").archive())
        root.run("2026-04-21")
        subjects = [mail["Subject"].replace("\u2019", "'").replace("\u00a0", " ") for mail in root.mails()[1:]]
        self.assertEqual(subjects, [
            "Pièce justificative à fournir pour votre demande d'enrôlement ENR0001M0",
            "Rappel : pièce justificative à fournir pour votre demande d'enrôlement ENR0001M0",
            "Accusé de réception de votre pièce pour la demande d'enrôlement ENR0001M0"])  # fmt: skip
        said = typed(root.mails()[-1])
        self.assertIn("réception de la pièce justificative déposée le 21 avril 2026", said)
        self.assertIn("(RIB) (code : rib). Entreprise", said)


class TestWaiting(Case):
    """Drops that wait for us are acknowledged in their first night, in one mail an account."""

    def setUp(self):
        self.f = supplier(1)
        self.one = self.root()
        self.files = references([self.f])
        late = self.files.pop("referencements.csv")
        for name, data in self.files.items():
            self.one.asp(name, data)
        self.one.drop(self.f.compte, "a.zip", depot(self.f))
        self.one.drop(self.f.compte, "b.zip", b"bonjour")
        self.waits(NIGHT_1)
        self.late = late

    def waits(self, night):
        done = self.one.segur("run", "--root", self.one.path, "--date", night, "--quiet")
        self.assertIn(done.returncode, (0, 69), done.stderr)
        self.assertEqual({row["etat"] for row in self.one.report("depots")}, {"INCIDENT"})

    def test_one_mail(self):
        (mail,) = self.one.mails()
        self.assertGreaterEqual(mail["Date"].datetime.date().isoformat(), NIGHT_1)
        self.assertEqual(mail["X-Segur-Mail"], "depot_en_attente")
        self.assertEqual(mail["To"], self.one.sql("SELECT contact FROM acces LIMIT 1")[0][0])
        self.assertEqual(mail["Subject"].replace("\u2019", "'").replace("\u00a0", " "),
                         "Accusé d'enregistrement : deux dépôts en attente de contrôle")  # fmt: skip
        said = typed(mail)
        self.assertIn("Nous avons bien reçu les dépôts suivants : - « a.zip », reçu le 2 mars 2026", said)
        self.assertIn("- « b.zip », reçu le 2 mars 2026", said)
        self.assertIn("vaut accusé d'enregistrement", said)
        for claim in ("112-11", "réputée", "accusé de réception"):
            self.assertNotIn(claim, said)

    def test_new_ones_alone_then_the_verdict(self):
        self.one.drop(self.f.compte, "c.zip", depot(self.f, "tar.gz"))
        self.waits(NIGHT_2)
        _, second = self.one.mails("depot_en_attente")
        self.assertIn("Nous avons bien reçu le dépôt suivant : - « c.zip »", typed(second))
        self.assertNotIn("a.zip", typed(second))
        self.waits(NIGHT_3)
        self.assertEqual(len(self.one.mails("depot_en_attente")), 2)
        self.one.asp("referencements.csv", self.late)
        self.one.run(NIGHT_4)
        self.assertEqual(len(self.one.mails("depot_en_attente")), 2)
        self.assertEqual(len(self.one.mails("accuse_reception")), 1)

    def test_replayed(self):
        done = self.one.segur("replay", "--root", self.one.path, "--date", NIGHT_1, self.folder() / "rejeu")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class TestRefused(Case):
    """A refusal says whom it concerns, as far as the dossier could be read."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.f = supplier(1)
        cls.one = root = cls.shared_root()
        root.references([cls.f])
        root.drop(cls.f.compte, "a-banque.zip", depot(cls.f, banque__bic="EXEMDEFF"))
        root.drop(cls.f.compte, "b-vide.zip", b"bonjour")
        root.drop(cls.f.compte, "c-siret.zip", depot(cls.f, demandeur__siret="12345678901234"))
        root.drop(cls.f.compte, "d-inconnu.zip", depot(cls.f, referencement__numero_ans="inconnu"))
        root.run(NIGHT_1)
        cls.said = {mail["Subject"].split(" : ")[-1].split(",")[0]: typed(mail) for mail in root.mails("depot_refuse")}

    def says(self, name, words):
        (found,) = (said for said in self.said.values() if name in said)
        self.assertIn(words, found)

    def test_company_and_software(self):
        f = self.f
        self.says("a-banque.zip", f"Aucune demande d'enrôlement n'a été créée pour l'entreprise {f.denomination} (SIRET "
                  f"{f.siret}) et la solution {f.logiciel} (version {f.version}) référencée {f.numero_ans}.")  # fmt: skip

    def test_nothing_was_read(self):
        self.says("b-vide.zip", "Aucune demande d'enrôlement n'a été créée. 1.")
        self.says("b-vide.zip", "Votre dossier.yaml n'a pas pu être lu")

    def test_in_part(self):
        self.says("c-siret.zip", f"n'a été créée pour la solution {self.f.logiciel} (version")
        self.says("d-inconnu.zip", f"(SIRET {self.f.siret}) et la solution référencée inconnu.")

    def test_where_dropping_again_is_no_use(self):
        root = self.copied(self.one)
        root.drop(self.f.compte, "bon.zip", depot(self.f))
        root.run(NIGHT_2)
        root.drop(self.f.compte, "encore.tar.gz", depot(self.f, "tar.gz"))
        root.run(NIGHT_3)
        (said,) = (typed(mail) for mail in root.mails("depot_refuse") if "encore" in mail["Subject"])
        self.assertIn("(CYC-001)", said)
        for words in ("déposer de nouveau", "_a_corriger"):
            self.assertNotIn(words, said)
        self.assertIn("la déposer de nouveau ne servirait pas", root.retour(self.f.compte, "encore.tar.gz")["accuse"])

    def test_erased(self):
        root = self.copied(self.one)
        root.configure(**{"refus_jours": 1})
        done = root.segur("purge", "--root", root.path, "--date", "2030-01-01")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(root.sql("SELECT count(*) FROM corrections WHERE siret IS NOT NULL OR denomination IS NOT NULL"), [(0,)])


if __name__ == "__main__":
    unittest.main()
