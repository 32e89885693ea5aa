"""From the inbox to the outbox: which files are taken, under which names they are answered, what happens when
something on our side fails, and that nothing depends on chance."""

import hashlib
import json
import os
import pathlib
import random
import shutil
import signal
import stat
import subprocess
import time
import unittest

from harness import DATE, NIGHT_S, SEGUR, Case, Root, codes, parsed, retours_of
from fabrique import contenu, decisions, depot, fournisseur, pdf, references, replace

NEXT = "2026-03-03"
LATER = "2026-03-04"
NOBODY = 65534
F = fournisseur(1)
AUTRES = [fournisseur(n) for n in range(2, 13)]


def named_row(numero):
    return [{"numero": numero, "decision": "valider", "gestionnaire": "Bérénice Caron"}]


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
        self.assertEqual(root.retour_asp("acces.csv")[0]["code"], "REF-000")

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
        b"100%.zip": "100%25.zip",
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
        rows = {row["archive"] for row in root.report("depots")}
        self.assertEqual(rows, {"'" + s if s[0] in "=-" else s for s in self.SHOWN.values()} if "'=cmd|calc.zip" in rows
                         else rows)  # fmt: skip
        self.assertFalse([r for r in rows if r[:1] in "=+-@"], "no cell can act as a formula")
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
        answers = {parsed(path)["archive"]: path.name for path in root.outbox(F.compte).iterdir()}
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
        root.references([F, *AUTRES])
        for night, data in ((DATE, b"un"), (NEXT, b"deux"), (LATER, depot(F))):
            root.drop(F.compte, "a.zip", data)
            root.run(night)
        self.assertEqual([p.name for p in retours_of(root.outbox(F.compte), "a.zip")],
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
        root.references([F, AUTRES[0]])
        for compte in (F.compte, AUTRES[0].compte):
            root.drop(compte, "a.zip", depot(F))
        root.run()
        answer = root.retour(AUTRES[0].compte, "a.zip")
        self.assertEqual((answer["etat"], answer["numero"]), ("KO", None))
        self.assertIn("ACC-002", codes(answer))
        self.assertNotIn("CYC-001", codes(answer))

    def test_refused_bytes_are_checked_afresh(self):
        root = self.root()
        other = replace(F, compte="tiers-1", siret=AUTRES[0].siret)
        root.references([other, *AUTRES])
        for night in (DATE, NEXT):
            root.drop(F.compte, "a.zip", depot(F))
            root.run(night)
            self.assertEqual(root.retour(F.compte, "a.zip")["etat"], "KO")
        self.assertEqual(len(root.mails("depot_refuse")), 0, "nobody is known for this account")
        root.references([F, *AUTRES])
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
        self.assertEqual((root.report("demandes"), root.mails(), root.report("alertes")), ([], [], []))
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
        self.assertEqual(len(list(root.outbox(F.compte).iterdir())), 531)
        self.assertEqual(len(root.mails("depot_refuse")), 530)
        self.assertEqual(len(root.report("depots")), 531)
        self.assertEqual(root.retour(F.compte, "zz.zip")["numero"], "ENR0001M0")


class TestRealDates(Case):
    """Without --date: the order of arrival, and the server's clock."""

    def test_order_and_clock(self):
        long_valid = {"representant": replace(F.representant, nature="passeport", valide_jusqu_au="2098-01-01")}
        first, second = (fournisseur(n, dsr="SONS SANS FENETRE", **long_valid) for n in (60, 61))
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


# --- When something on our side fails ----------------------------------------------------------------


def state(root: Root) -> dict:
    """Everything that a night may write."""
    folders = ("inbox", "outbox", "var/archives", "var/references", "var/tmp")
    found = {f"{folder}/{name}": digest for folder in folders for name, digest in root.tree(folder).items()}
    return found | {"database": hashlib.sha256(root.dump().encode()).hexdigest()}


def undisturbed(root: Root) -> dict:
    """The outbox of the same night on a copy."""
    copy = root.copy()
    copy.run()
    tree = copy.tree()
    copy.remove()
    return tree


class TestIncidents(Case):
    def programs(self, parser: str) -> pathlib.Path:
        """A copy of the two programs, the second replaced by a shell script; the real one is $REAL."""
        folder = self.folder()
        folder.chmod(0o755)
        shutil.copy2(SEGUR, folder / "segur")
        shutil.copy2(SEGUR.parent / "segur-parser", folder / "real-parser")
        script = folder / "segur-parser"
        script.write_text(f"#!/bin/sh\nREAL={folder}/real-parser\n{parser}\n")
        script.chmod(0o755)
        return folder / "segur"

    def test_no_parser_no_reading(self):
        """Fails closed: exit 70, the drops untouched, no answer; the next night mends it."""
        root = self.root()
        root.references([F])
        root.run()
        root.drop(F.compte, "a.zip", depot(F))
        before = root.tree("inbox"), root.tree("outbox/fournisseurs"), root.sql("SELECT count(*) FROM depots")
        for name, parser in (("false", "exit 1"), ("mute", "sleep 0.2"), ("liar", "echo bonjour bonjour >&3")):
            with self.subTest(name):
                root.program = self.programs(parser)
                done = root.run(NEXT, 70)
                self.assertIn("bac à sable", done.stderr)
                after = root.tree("inbox"), root.tree("outbox/fournisseurs"), root.sql("SELECT count(*) FROM depots")
                self.assertEqual(after, before)
        with self.subTest("none"):
            (root.program.parent / "segur-parser").unlink()
            root.run(NEXT, 70)
            self.assertEqual(root.tree("inbox"), before[0])
        root.program = SEGUR
        root.run(NEXT)
        self.assertEqual(root.retour(F.compte, "a.zip")["etat"], "OK")

    def test_a_parser_that_dies_on_one_drop(self):
        """That drop alone is an incident, kept and tried again; the others are judged."""
        root = self.root(analyseurs=2)
        root.references([F, *AUTRES])
        big = depot(F, fichiers={"rib.pdf": noise_pdf(200_000)}, essai=False)
        root.drop(F.compte, "gros.zip", big)
        for f in AUTRES:
            root.drop(f.compte, "a.zip", depot(f))
        root.program = self.programs('ulimit -f 200\nexec "$REAL" "$@"')  # the copy of more than 100 Ko kills it
        root.run()
        answer = root.retour(F.compte, "gros.zip")
        self.assertEqual((answer["etat"], answer["anomalies"], answer["numero"]), ("INCIDENT", [], None))
        self.assertTrue(answer["incident"])
        self.assertEqual({root.retour(f.compte, "a.zip")["etat"] for f in AUTRES}, {"OK"})
        self.assertEqual(root.inbox(F.compte), ["gros.zip"])
        self.assertEqual(root.mails("depot_refuse"), [])
        root.program = SEGUR
        root.run(NEXT)
        self.assertEqual([r["etat"] for r in root.retours(F.compte, "gros.zip")], ["INCIDENT", "OK"])
        self.assertEqual(root.inbox(F.compte), [])

    def test_missing_references(self):
        files = references([F])
        for missing in ("referencements.csv", "acces.csv", "StockUniteLegale_utf8.csv", "StockEtablissement_utf8.csv"):
            with self.subTest(missing):
                root = self.root()
                for name, data in files.items():
                    if name != missing:
                        root.asp(name, data)
                root.drop(F.compte, "a.zip", depot(F))
                root.run()
                answer = root.retour(F.compte, "a.zip")
                self.assertEqual((answer["etat"], answer["anomalies"]), ("INCIDENT", []))
                self.assertEqual((root.inbox(F.compte), root.mails()), (["a.zip"], []))
                root.asp(missing, files[missing])
                root.run(NEXT)
                self.assertEqual(root.retour(F.compte, "a.zip")["etat"], "OK")
        with self.subTest("the others may be missing"):
            root = self.root()
            for name, data in files.items():
                if name not in ("comptes.csv", "banques.csv", "calendrier.csv"):
                    root.asp(name, data)
            root.drop(F.compte, "a.zip", depot(F))
            root.run()
            self.assertEqual(root.retour(F.compte, "a.zip")["etat"], "OK")

    def test_locked(self):
        root = self.root()
        root.drop(F.compte, "a.zip", depot(F))
        before = state(root)
        with root.lock():
            done = root.run(DATE, 75)
            self.assertIn("autre exécution", done.stderr)
        self.same(state(root), before)

    def test_dry_run_writes_nothing(self):
        root = self.root()
        root.references([F, *AUTRES])
        root.drop(F.compte, "a.zip", depot(F))
        root.run()
        root.references([F, *AUTRES, fournisseur(20)])
        root.asp("decisions.csv", decisions(named_row("ENR0001M0")))
        for f in AUTRES:
            root.drop(f.compte, "b.zip", depot(f))
        root.drop(F.compte, "c.zip", b"bonjour")

        before = state(root)
        root.run(NEXT, 0, "--dry-run")
        self.same(state(root), before)
        wanted = undisturbed(root)
        root.run()
        self.same(root.tree(), wanted)

    def test_dry_run_on_a_new_root(self):
        root = self.root()
        root.references([F])
        root.drop(F.compte, "a.zip", depot(F))
        before = state(root)
        root.run(DATE, 0, "--dry-run")
        self.same(state(root), before)


def noise_pdf(size: int) -> bytes:
    """A sound PDF that does not compress."""
    noise = random.Random(1).randbytes(size // 2).hex()
    return pdf("Bruit", tuple(noise[at : at + 80] for at in range(0, size, 80)))


class TestCannotWrite(Case):
    """As a user without privileges, whom permissions stop. Exit 73 or 70; the night after mends everything."""

    def setUp(self):
        self.user = {}
        self.made = self.root()
        self.made.references([F, *AUTRES])
        self.made.run()
        self.made.drop(F.compte, "a.zip", depot(F))
        self.made.drop(AUTRES[0].compte, "b.zip", b"bonjour")
        self.wanted = undisturbed(self.made)
        if os.geteuid() == 0:
            folder = self.folder()
            folder.chmod(0o755)
            for name in ("segur", "segur-parser"):
                shutil.copy2(SEGUR.parent / name, folder / name)
            self.made.program = folder / "segur"
            self.user = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
            for path in [self.made.path, *self.made.path.rglob("*")]:
                os.chown(path, NOBODY, NOBODY, follow_symlinks=False)

    def night(self, expect=0):
        return self.made.run(DATE, expect, **self.user)

    def check(self, closed, mode=0o500, expect=73, untouched=True):
        path, inbox = self.made.path / closed, self.made.tree("inbox")
        kept = stat.S_IMODE(path.stat().st_mode)
        path.chmod(mode)
        done = self.night(expect)
        self.assertTrue(done.stderr.strip())
        if untouched:
            self.assertEqual(self.made.tree("inbox"), inbox)
        path.chmod(kept)
        self.night()
        self.same(self.made.tree(), self.wanted)
        self.assertEqual((self.made.inbox(F.compte), self.made.inbox(AUTRES[0].compte)), ([], []))

    def test_database(self):
        self.check("var/segur.db", 0o400)

    def test_database_folder(self):
        self.check("var")

    def test_temporary_folder(self):
        self.check("var/tmp")

    def test_archives(self):
        self.check("var/archives")

    def test_answers(self):
        self.check("outbox/fournisseurs")

    def test_mails(self):
        self.check("outbox/mails/new")

    def test_reports(self):
        self.check("outbox/asp/rapports")

    def test_inbox_that_cannot_be_emptied(self):
        """Said, and not a failure; the drop is not answered twice, and leaves when it can."""
        self.check(f"inbox/{F.compte}", expect=0, untouched=False)


class TestDiskFull(Case):
    def test_small_disks(self):
        mount = self.folder()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", mount], capture_output=True, text=True)
        if done.returncode:
            self.skipTest(f"no file system of our own: {done.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "-l", mount])
        made = self.root()
        made.references([F, *AUTRES])
        made.run()
        for f in (F, *AUTRES):
            made.drop(f.compte, "a.zip", depot(f))
        made.asp("decisions.csv", decisions(named_row("ENR0001M0")))
        wanted = undisturbed(made)
        root = Root.__new__(Root)
        root.program, root.path = SEGUR, mount / "root"
        refused = 0
        for left in (0, 40_000, 120_000, 300_000, 700_000):
            with self.subTest(left=left):
                shutil.copytree(made.path, root.path, symlinks=True)
                filler = mount / "filler"
                free = shutil.disk_usage(mount).free
                filler.write_bytes(bytes(max(free - left, 0) // 4096 * 4096))
                inbox = root.tree("inbox")
                done = root.segur("run", "--root", root.path, "--date", DATE, "--quiet")
                self.assertIn(done.returncode, (0, 70, 73), done.stderr)
                if done.returncode:
                    refused += 1
                    self.assertEqual({n: d for n, d in root.tree("inbox").items() if not n.startswith("asp/")},
                                     {n: d for n, d in inbox.items() if not n.startswith("asp/")})  # fmt: skip
                filler.unlink()
                root.run()
                self.same(root.tree(), wanted)
                self.assertEqual(root.inbox(F.compte), [])
            shutil.rmtree(root.path, ignore_errors=True)
        self.assertGreaterEqual(refused, 2)


class TestKilled(Case):
    def test_killed_at_any_time(self):
        """kill -9, then a second run: the same outbox as that of a night that nothing disturbed."""
        made = self.root()
        made.references([F, *AUTRES])
        made.drop(F.compte, "premier.zip", depot(F))
        made.run("2026-03-01")
        made.references([F, *AUTRES])
        made.asp("decisions.csv", decisions(named_row("ENR0001M0")))
        made.drop(F.compte, "rien.zip", b"bonjour")
        for f in AUTRES:
            made.drop(f.compte, "a.zip", depot(f))
        copy = self.copied(made)
        started = time.monotonic()
        copy.run()
        lasted, wanted = time.monotonic() - started, copy.tree()
        killed = 0
        for seed in range(10):
            with self.subTest(seed=seed):
                root = self.copied(made)
                words = [str(SEGUR), "run", "--root", str(root.path), "--date", DATE, "--quiet"]
                run = subprocess.Popen(words, stderr=subprocess.DEVNULL)
                time.sleep(lasted * random.Random(seed).random())
                run.send_signal(signal.SIGKILL)
                killed += run.wait(NIGHT_S) == -signal.SIGKILL
                root.lock(wait=True).close()  # a child that was just forked may hold it for an instant
                root.run()
                self.same(root.tree(), wanted)
                self.assertEqual(root.tree("inbox"), {})
                self.assertEqual(root.tree("var/tmp"), {})
                root.remove()
        self.assertGreaterEqual(killed, 5)


class TestDeterminism(Case):
    def test_number_of_parsers(self):
        """The same bytes, whatever the number of parsers."""
        made = self.root()
        made.references([F, *AUTRES])
        for n, f in enumerate((F, *AUTRES)):
            kind = ("zip", "tar", "tar.gz", "tar.xz", "tar.zst")[n % 5]
            made.drop(f.compte, f"a.{kind}", depot(f, kind, changements={"banque.bic": "X"} if n % 3 == 0 else None))
            made.drop(f.compte, "b.zip", depot(replace(f, numero_ans=f"{n:010}")))
        trees, dumps = [], []
        for parsers in (1, 2, 8):
            root = self.copied(made)
            root.configure(analyseurs=parsers)
            root.run()
            trees.append(root.tree())
            dumps.append([root.sql(f"SELECT * FROM {t} ORDER BY 1, 2") for t in ("demandes", "dossiers", "pieces", "mails")])
        for tree in trees[1:]:
            self.same(tree, trees[0])
        self.assertEqual(dumps[1:], dumps[:1] * 2)

    def test_order_of_writing(self):
        """With --date, drops are taken by name: what the file system makes of them does not matter."""
        trees = []
        for order in (1, -1):
            root = self.root()
            shutil.copy2(self.secret, root.path / "var/secret") if trees else None
            self.secret = root.path / "var/secret"
            for name, data in list(references([F, *AUTRES]).items())[::order]:
                root.asp(name, data)
            for f in (F, *AUTRES)[::order]:
                root.drop(f.compte, "a.zip", depot(f))
            root.run()
            trees.append(root.tree())
        self.same(*trees)


if __name__ == "__main__":
    unittest.main()
