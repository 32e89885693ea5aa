"""From the inbox to the outbox: which files are taken, in which order, and under which names they are answered."""

import hashlib
import os
import stat
import time
import unittest

from harness import DATE, Case, codes, parsed, answers_of
from factory import depot, supplier, references, replace

NEXT = "2026-03-03"
LATER = "2026-03-04"
F = supplier(1)
OTHERS = [supplier(n) for n in range(2, 13)]


class TestCompleteness(Case):
    def test_what_is_still_being_sent_waits(self):
        root = self.root()
        root.references([F])
        data = depot(F)
        waiting = ["a.zip.part", "b.FILEPART", "c.tmp", ".d.zip", "e.zip"]
        for name in [*waiting, "f.zip"]:
            root.drop(F.compte, name, data)
        with open(root.path / "inbox" / F.compte / "e.zip", "ab"):
            root.run()
        self.assertEqual(root.inbox(F.compte), sorted(waiting))
        self.assertEqual([p.name for p in root.outbox(F.compte).iterdir()], ["f.zip_retour.yaml"])
        folder = root.path / "inbox" / F.compte
        (folder / "a.zip.part").rename(folder / "a.zip")
        root.run(NEXT)
        self.assertEqual(root.inbox(F.compte), sorted(waiting[1:4]))
        for name in ("a.zip", "e.zip"):
            self.assertEqual(root.retour(F.compte, name)["numero"], "ENR0001M0")

    def test_an_asp_file_still_open_waits(self):
        root = self.root()
        root.references([F])
        with open(root.path / "inbox/asp/acces.csv", "ab"):
            root.run()
        self.assertEqual(root.inbox("asp"), ["acces.csv"])
        root.run(NEXT)
        self.assertEqual(root.asp_answer("acces.csv")[0]["code"], "REF-000")

    def test_quiet_time(self):
        root = self.root()
        root.references([F])
        root.run()
        root.drop(F.compte, "a.zip", depot(F))
        root.configure(stabilite_s=86400)
        root.run(NEXT)
        self.assertEqual(root.inbox(F.compte), ["a.zip"])
        self.assertFalse(root.outbox(F.compte).exists())
        root.configure(stabilite_s=0)
        root.run(NEXT)
        self.assertEqual((root.inbox(F.compte), root.retour(F.compte, "a.zip")["etat"]), ([], "OK"))

    def test_only_accounts_are_looked_at(self):
        root = self.root()
        root.references([F])
        (root.path / "inbox/a.zip").write_bytes(depot(F))
        for compte in ("Majuscule", "1er", "x", ".cache", "é-compte", "a" * 33):
            root.drop(compte, "a.zip", depot(F))
        root.run()
        self.assertEqual(list((root.path / "outbox/fournisseurs").iterdir()), [])


class TestWhatIsNoFile(Case):
    def test_answered_once_and_left_alone(self):
        root = self.root()
        root.references([F])
        folder = root.drop(F.compte, "a.zip", depot(F)).parent
        secret = self.folder() / "secret.zip"
        secret.write_bytes(depot(F))
        (folder / "lien.zip").symlink_to(secret)
        (folder / "mort.zip").symlink_to("/nulle-part")
        (folder / "repertoire.zip").mkdir()
        (folder / "repertoire.zip/dossier.yaml").write_bytes(b"format: 1\n")
        os.mkfifo(folder / "tube.zip")
        odd = ["lien.zip", "mort.zip", "repertoire.zip", "tube.zip"]
        root.run()
        for name in odd:
            answer = root.retour(F.compte, name)
            self.assertEqual((answer["etat"], codes(answer), answer["sha256"]), ("KO", ["ARC-020"], None))
        tree, mails = root.tree("outbox/fournisseurs"), len(root.mails())
        self.assertEqual(len(root.mails("depot_refuse")), len(odd))
        root.run(NEXT)
        self.assertEqual(root.inbox(F.compte), odd)
        self.assertEqual((root.tree("outbox/fournisseurs"), len(root.mails())), (tree, mails))
        self.assertTrue(secret.exists())
        self.assertTrue(stat.S_ISFIFO((folder / "tube.zip").lstat().st_mode))

    def test_a_file_in_place_of_a_link_is_taken(self):
        root = self.root()
        root.references([F])
        folder = root.drop(F.compte, "autre.part", b"").parent
        (folder / "a.zip").symlink_to("/etc/passwd")
        root.run()
        (folder / "a.zip").unlink()
        root.drop(F.compte, "a.zip", depot(F))
        root.run(NEXT)
        self.assertEqual([r["etat"] for r in root.retours(F.compte, "a.zip")], ["KO", "OK"])


class TestNames(Case):
    SHOWN = {
        b"Dossier \xc3\xa9t\xc3\xa9 2026.zip": "Dossier été 2026.zip",
        "Dossier été (NFD).zip".replace("é", "e\u0301").encode(): "Dossier été (NFD).zip".replace("é", "e\u0301"),
        b"deux\nlignes.zip": "deux%0Alignes.zip",
        b"sonnette\x07\x7f.zip": "sonnette%07%7F.zip",
        b"c1\xc2\x85.zip": "c1%C2%85.zip",
        b"latin\xe9.zip": "latin%E9.zip",
        b"100%.zip": "100%.zip",
        b"%0A.zip": "%250A.zip",
        b"=cmd|calc.zip": "=cmd|calc.zip",
        b"-rf.zip": "-rf.zip",
        b"a;b,c\"d'e.zip": "a;b,c\"d'e.zip",
        b"sans extension": "sans extension",
        b" bord .zip ": " bord .zip ",
        b"x_retour.yaml": "x_retour.yaml",
        b"<b>&amp;.zip": "<b>&amp;.zip",
    }

    def test_odd_names(self):
        root = self.root()
        root.references([F])
        folder = root.drop(F.compte, "a.part", b"").parent
        for n, name in enumerate(self.SHOWN):
            with open(os.path.join(os.fsencode(folder), name), "wb") as file:
                file.write(b"x%d" % n)  # refused, so that each is judged
        root.run()
        self.assertEqual(root.inbox(F.compte), ["a.part"])
        for shown in self.SHOWN.values():
            with self.subTest(shown):
                self.assertEqual(root.retour(F.compte, shown)["archive"], shown)
        rows = sorted(row["archive"] for row in root.report("depots"))
        safe = ["'" + shown if shown[0] in "=-" else shown for shown in self.SHOWN.values()]
        self.assertEqual(rows, sorted(safe), "no cell can act as a formula")
        self.assertEqual(len(root.mails("depot_refuse")), len(self.SHOWN))
        self.check_outputs(root)

    def test_long_names(self):
        root = self.root()
        root.references([F])
        names = ["n" * 251 + ".zip", "n" * 250 + "x.zip", "é" * 125 + ".zip", "a" + "é" * 125 + ".zip", "m" * 200, "m" * 201]
        for n, name in enumerate(names):
            root.drop(F.compte, name, b"%d" % n)
        root.run()
        self.assertEqual(root.inbox(F.compte), [])
        answers = {parsed(path)["archive"]: path.name for path in root.outbox(F.compte).glob("*_retour*")}
        self.assertEqual(set(answers), set(names))
        for name, answer in answers.items():
            self.assertLessEqual(len(os.fsencode(answer)), 255)
            answer.encode()  # no character is cut in two
            if len(name.encode()) <= 200:
                self.assertEqual(answer, f"{name}_retour.yaml")
            else:
                digest = hashlib.sha256(name.encode()).hexdigest()
                self.assertEqual(answer.partition("~")[2][:8], digest[:8])
        self.check_outputs(root)

    def test_a_name_again(self):
        root = self.root()
        root.references([F, *OTHERS])
        for night, data in ((DATE, b"un"), (NEXT, b"deux"), (LATER, depot(F))):
            root.drop(F.compte, "a.zip", data)
            root.run(night)
        self.assertEqual([p.name for p in answers_of(root.outbox(F.compte), "a.zip")],
                         ["a.zip_retour.yaml", "a.zip_retour-2.yaml", "a.zip_retour-3.yaml"])  # fmt: skip
        self.assertEqual([r["etat"] for r in root.retours(F.compte, "a.zip")], ["KO", "KO", "OK"])
        self.assertEqual([r["recu_le"] for r in root.retours(F.compte, "a.zip")], [DATE, NEXT, LATER])


class TestBytesAgain(Case):
    def test_recorded_bytes(self):
        """The first answer, without a second mail, whatever has happened to the request; nothing changes."""
        root = self.root()
        root.references([F])
        root.drop(F.compte, "a.zip", depot(F))
        root.run()
        first, before = root.retour(F.compte, "a.zip"), root.show("ENR0001M0")
        root.drop(F.compte, "copie.zip", depot(F))
        root.run(NEXT)
        self.assertEqual(root.retour(F.compte, "copie.zip"), first)
        root.decide("ENR0001M0", "rejeter", 0, "--motif", "Non", date=NEXT)
        mails = len(root.mails())
        root.drop(F.compte, "a.zip", depot(F))
        root.run(LATER)
        self.assertEqual(root.retours(F.compte, "a.zip"), [first, first])
        self.assertEqual((len(root.mails()), len(root.report("demandes"))), (mails, 1))
        after = root.show("ENR0001M0")
        self.assertEqual((after["historique"][:1], after["pieces"]), (before["historique"], before["pieces"]))
        (row,) = root.report("depots")
        self.assertEqual((row["reponse_redonnee"], row["numero"]), ("oui", "ENR0001M0"))

    def test_both_in_one_night(self):
        root = self.root()
        root.references([F])
        for name in ("a.zip", "b.zip"):
            root.drop(F.compte, name, depot(F))
        root.run()
        self.assertEqual(root.retour(F.compte, "b.zip"), root.retour(F.compte, "a.zip"))
        self.assertEqual((len(root.mails()), len(root.report("demandes"))), (1, 1))

    def test_of_another_account(self):
        """Another account's drop is its own: it learns nothing of the first."""
        root = self.root()
        root.references([F, OTHERS[0]])
        for compte in (F.compte, OTHERS[0].compte):
            root.drop(compte, "a.zip", depot(F))
        root.run()
        answer = root.retour(OTHERS[0].compte, "a.zip")
        self.assertEqual((answer["etat"], answer["numero"]), ("KO", None))
        self.assertIn("ACC-002", codes(answer))
        self.assertNotIn("CYC-001", codes(answer))

    def test_refused_bytes_are_checked_afresh(self):
        root = self.root()
        other = replace(F, compte="tiers-1", siret=OTHERS[0].siret)
        root.references([other, *OTHERS])
        for night in (DATE, NEXT):
            root.drop(F.compte, "a.zip", depot(F))
            root.run(night)
            self.assertEqual(root.retour(F.compte, "a.zip")["etat"], "KO")
        self.assertEqual(len(root.mails("depot_refuse")), 0, "nobody is known for this account")
        root.references([F, *OTHERS])
        root.drop(F.compte, "a.zip", depot(F))
        root.run(LATER)
        self.assertEqual([r["etat"] for r in root.retours(F.compte, "a.zip")], ["KO", "KO", "OK"])


class TestTrials(Case):
    def test_answered_and_never_recorded(self):
        root = self.root()
        root.references([F])
        root.drop(F.compte, "bon.zip", depot(F, essai=True))
        root.drop(F.compte, "mauvais.zip", depot(F, essai=True, banque__bic="EXEMDEFF"))
        root.run()
        for name, etat in (("bon.zip", "OK"), ("mauvais.zip", "KO")):
            answer = root.retour(F.compte, name)
            self.assertEqual([answer[k] for k in ("etat", "essai", "numero", "statut")], [etat, "oui", None, None])
        self.assertEqual((root.report("demandes"), root.report("alertes")), ([], []))
        self.assertEqual([mail["X-Segur-Mail"] for mail in root.mails()], ["depot_refuse"], "a refusal is told")
        root.drop(F.compte, "bon.zip", depot(F, essai=True))
        root.drop(F.compte, "vrai.zip", depot(F))
        root.run(NEXT)
        self.assertEqual([r["numero"] for r in root.retours(F.compte, "bon.zip")], [None, None])
        self.assertEqual(root.retour(F.compte, "vrai.zip")["numero"], "ENR0001M0")


class TestSizes(Case):
    def test_empty_and_too_big(self):
        root = self.root(archive_octets=65536)
        root.references([F])
        root.drop(F.compte, "vide.zip", b"")
        root.drop(F.compte, "juste.zip", depot(F) + bytes(65536 - len(depot(F))))
        root.drop(F.compte, "trop.zip", depot(F) + bytes(65537 - len(depot(F))))
        sparse = root.drop(F.compte, "creux.zip", b"")
        os.truncate(sparse, 1 << 33)
        root.run()
        answers = {name: root.retour(F.compte, f"{name}.zip") for name in ("vide", "juste", "trop", "creux")}
        self.assertEqual({name: codes(a) for name, a in answers.items()},
                         {"vide": ["ARC-003"], "juste": [], "trop": ["ARC-004"], "creux": ["ARC-004"]})  # fmt: skip
        self.assertEqual({name: a["taille"] for name, a in answers.items()},
                         {"vide": 0, "juste": 65536, "trop": 65537, "creux": 1 << 33})  # fmt: skip
        self.assertEqual(answers["juste"]["sha256"], hashlib.sha256(depot(F) + bytes(65536 - len(depot(F)))).hexdigest())
        self.assertEqual(root.inbox(F.compte), [])

    def test_hundreds_of_drops(self):
        """More than one transaction, and more than one batch of outputs, hold."""
        root = self.root()
        root.references([F])
        for n in range(530):
            root.drop(F.compte, f"{n:03}.zip", b"%d" % n)
        root.drop(F.compte, "zz.zip", depot(F))
        root.run()
        self.assertEqual(root.inbox(F.compte), [])
        self.assertEqual(len(list(root.outbox(F.compte).glob("*_retour.yaml"))), 531)
        self.assertEqual(len(list(root.outbox(F.compte).glob("*_a_corriger.yaml"))), 530)
        self.assertEqual(len(root.mails("depot_refuse")), 530)
        self.assertEqual(len(root.report("depots")), 531)
        self.assertEqual(root.retour(F.compte, "zz.zip")["numero"], "ENR0001M0")


class TestRealDates(Case):
    """Without --date: the order of arrival, and the server's clock."""

    def test_order_and_clock(self):
        long_valid = {"representant": replace(F.representant, nature="passeport", valide_jusqu_au="2098-01-01")}
        first, second = (supplier(n, dsr="SONS SANS FENETRE", **long_valid) for n in (60, 61))
        root = self.root()
        for name, data in references([first, second]).items():
            if name != "calendrier.csv":
                root.asp(name, data)
        root.run(None)
        before = time.gmtime(time.time() - 1)
        path = root.drop(first.compte, "z.zip", depot(first))
        os.utime(path, (981_173_106, 981_173_106))  # 2001, as a client can set it
        time.sleep(0.05)
        root.drop(second.compte, "a.zip", depot(second))
        root.run(None)
        answers = root.retour(first.compte, "z.zip"), root.retour(second.compte, "a.zip")
        self.assertEqual([a["numero"] for a in answers], ["ENR0001M0", "ENR0002M0"],
                         [a["anomalies"] for a in answers])  # fmt: skip
        for answer in answers:
            self.assertRegex(answer["recu_le"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
            self.assertGreaterEqual(answer["recu_le"], time.strftime("%Y-%m-%dT%H:%M:%SZ", before))

if __name__ == "__main__":
    unittest.main()
