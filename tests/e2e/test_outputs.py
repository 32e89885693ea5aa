"""What was published is known by its hash: `segur verify` holds the outbox against it, and renders nothing."""

import contextlib
import hashlib
import pathlib
import re
import shutil
import sqlite3
import unittest

from harness import Case, Root
from factory import decisions, depot, supplier
from test_old_roots import Old

NIGHT, NEXT = "2026-03-02", "2026-03-03"
F = supplier(1)
TAKEN_OUT = "n'est plus ce qui a été publié"
UNKNOWN = "la base ne connaît pas ce fichier"
BIG = 9 << 20


def digest(path: pathlib.Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Outputs(Case):
    """A night with an output of each kind."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first = root = cls.shared_root()
        root.references([F])
        root.drop(F.compte, "dossier.zip", depot(F))
        root.drop(F.compte, "faux_a_corriger.zip", b"bonjour")
        root.asp("decisions.csv", decisions([{"numero": "ENR9999M0", "decision": "valider", "gestionnaire": "Zoé"}]))
        root.run(NIGHT)

    def verified(self, root: Root, expect=0) -> str:
        done = root.segur("verify", "--root", root.path)
        self.assertEqual((done.returncode, done.stderr), (expect, ""), done.stdout)
        return done.stdout

    def kinds(self, root: Root) -> dict:
        """One file of each kind."""
        outbox = root.path / "outbox"
        return {
            "answer": root.outbox(F.compte) / "dossier.zip_retour.yaml",
            "file to correct": root.outbox(F.compte) / "faux_a_corriger.zip_a_corriger.yaml",
            "return": outbox / "asp/retours/decisions.csv_retour.csv",
            "mail": next((outbox / "mails/new").iterdir()),
            "report": outbox / f"asp/rapports/{NIGHT}/demandes.csv",
            "schema of a report": outbox / f"asp/rapports/{NIGHT}/droits.schema.json",
            "datapackage.json": outbox / f"asp/rapports/{NIGHT}/datapackage.json",
        }


class TestVerify(Outputs):
    def test_all_is_examined(self):
        files = [path for path in (self.first.path / "outbox").rglob("*") if path.is_file() and ".tmp" not in path.parts]
        files = [path for path in files if "courant" not in path.parts and path.name != ".suite"]  # what was given
        self.assertRegex(self.verified(self.first), rf"Sorties dans l'outbox +{len(files)}  ok\n")

    def test_one_byte(self):
        root = self.copied(self.first)
        for kind, path in self.kinds(root).items():
            with self.subTest(kind):
                data = path.read_bytes()
                path.write_bytes(data[:-2] + bytes([data[-2] ^ 1]) + data[-1:])
                said = self.verified(root, 65)
                self.assertIn(f"{path.relative_to(root.path)} {TAKEN_OUT}", said)
                self.assertIn("1 défaut en tout", said)
                path.write_bytes(data[:-1])
                self.verified(root, 65)
                path.write_bytes(data)
                self.verified(root)

    def test_reports_of_an_earlier_night(self):
        """A night of a later date leaves them what they were."""
        root = self.copied(self.first)
        root.run("2026-03-09")
        self.assertNotIn("non vérifiable", self.verified(root))
        report = root.path / f"outbox/asp/rapports/{NIGHT}/demandes.csv"
        report.write_bytes(b"")
        self.assertIn(f"{report.relative_to(root.path)} {TAKEN_OUT}", self.verified(root, 65))

    def test_what_is_no_file(self):
        root = self.copied(self.first)
        for kind, path in self.kinds(root).items():
            with self.subTest(kind):
                aside = path.rename(root.path / "ailleurs")
                path.symlink_to(aside)
                self.assertIn(f"{path.name} {TAKEN_OUT}", self.verified(root, 65))
                path.unlink()
                self.verified(root)  # fetched
                aside.rename(path)

    def test_mails_on_their_way(self):
        """A mail reader moves them and marks their names; a relay takes them."""
        root = self.copied(self.first)
        mails = sorted((root.path / "outbox/mails/new").iterdir())
        self.assertGreater(len(mails), 1)
        read = mails[0].rename(root.path / f"outbox/mails/cur/{mails[0].name}:2,RS")
        mails[1].unlink()
        self.verified(root)
        read.write_bytes(read.read_bytes().replace(b"\n\n", b"\n\nAutre chose.\n", 1))
        self.assertIn(f"mails/cur/{read.name} {TAKEN_OUT}", self.verified(root, 65))

    def test_another_s_mail(self):
        """One mail in the place of another: each is ours, and neither is where it was."""
        root = self.copied(self.first)
        one, other = sorted((root.path / "outbox/mails/new").iterdir())[:2]
        shutil.copy(one, other)
        self.assertIn(f"{other.name} {TAKEN_OUT}", self.verified(root, 65))

    def test_files_that_nobody_knows(self):
        root = self.copied(self.first)
        for kind, path in self.kinds(root).items():
            with self.subTest(kind):
                path.rename(path.with_name("renommé.x"))
                said = self.verified(root)
                self.assertIn(f"renommé.x : {UNKNOWN}", said)
                self.assertIn("Tout concorde", said)
                path.with_name("renommé.x").rename(path)
        hidden, inner = root.outbox(F.compte) / ".fait", root.outbox(F.compte) / "lu"
        hidden.touch()
        inner.mkdir()
        self.assertNotIn(UNKNOWN, self.verified(root))

    def test_a_name_used_again(self):
        root = self.copied(self.first)
        root.drop(F.compte, "faux_a_corriger.zip", b"rebonjour")
        root.run(NEXT)
        again = root.outbox(F.compte) / "faux_a_corriger.zip_a_corriger-2.yaml"
        self.assertNotIn(UNKNOWN, self.verified(root))
        again.write_bytes(again.read_bytes() + b"#\n")
        self.assertIn(f"{again.name} {TAKEN_OUT}", self.verified(root, 65))

    def test_many_are_counted(self):
        root = self.copied(self.first)
        for number in range(30):
            (root.outbox(F.compte) / f"{number}.txt").touch()
        said = self.verified(root)
        self.assertEqual(said.count(UNKNOWN), 20)
        self.assertIn("- … et 10 autres", said)

    def test_a_large_return(self):
        root = self.copied(self.first)
        row = {"numero": "ENR9999M0", "decision": "valider" + 200 * "r", "motif": "", "pieces": "", "gestionnaire": "Zoé"}
        root.asp("decisions-nombreuses.csv", decisions([row] * 30_000))
        root.run(NEXT)
        path = root.path / "outbox/asp/retours/decisions-nombreuses.csv_retour.csv"
        self.assertGreater(path.stat().st_size, BIG)
        self.verified(root)
        with path.open("r+b") as file:
            file.seek(BIG)
            file.write(b"\0")
        self.assertIn(f"{path.name} {TAKEN_OUT}", self.verified(root, 65))

    def test_other_words(self):
        """Whatever the program or segur.conf would say today, what was said stands."""
        root = self.copied(self.first)
        root.configure(telephone="01 99 00 00 00", nom="Autre service", dialecte="opendata")
        with contextlib.closing(sqlite3.connect(root.path / "var/segur.db")) as database, database:
            database.execute("UPDATE anomalies SET message = 'Autrement dit'")
            database.execute("UPDATE retours_asp SET message = 'Autrement dit'")
            database.execute("UPDATE corrections SET texte = 'autre'")
            database.execute("UPDATE mails SET destinataire_nom = 'Autre'")
        self.assertIn("Tout concorde", self.verified(root))

    def test_two_nights_of_a_date(self):
        """The second writes the reports anew. While it has not come to its end, nothing can be said of them."""
        root = self.copied(self.first)
        before = digest(root.path / f"outbox/asp/rapports/{NIGHT}/depots.csv")
        root.drop(F.compte, "encore.zip", b"bonjour")
        root.run(NIGHT)
        report = root.path / f"outbox/asp/rapports/{NIGHT}/depots.csv"
        self.assertNotEqual(digest(report), before)
        self.assertNotIn("non vérifiable", self.verified(root))
        with contextlib.closing(sqlite3.connect(root.path / "var/segur.db")) as database, database:
            database.execute(f"INSERT INTO nuits (date, programme, regles) VALUES ('{NIGHT}', '1', '1')")
        report.write_bytes(b"")
        self.assertRegex(self.verified(root), r"ok, 21 non vérifiables\n")


class TestRecorded(Outputs):
    def test_rows(self):
        for table, column in (("depots", "retour_sha256"), ("corrections", "sha256"),
                              ("fichiers_asp", "retour_sha256"), ("mails", "sha256")):  # fmt: skip
            (counts,) = self.first.sql(f"SELECT count(*), count({column}) FROM {table}")
            self.assertEqual(len(set(counts)), 1, table)
        reports = self.first.path / f"outbox/asp/rapports/{NIGHT}"
        rows = {name: (sha256, size) for name, sha256, size in self.first.sql("SELECT nom, sha256, taille FROM sorties")}
        self.assertEqual(rows, {path.name: (digest(path), path.stat().st_size) for path in reports.iterdir()})

    def test_show_tells_which_mail_was_sent(self):
        (numero,) = self.first.demandes()
        (path,) = (p for p in (self.first.path / "outbox/mails/new").iterdir() if numero.encode() in p.read_bytes())
        self.assertEqual([mail["sha256"] for mail in self.first.show(numero)["mails"]], [digest(path)])

    def test_restored(self):
        """What is published again is hashed again, whatever the backup said of it; mails keep what was sent."""
        copy = self.folder() / "copie.db"
        self.assertEqual(self.first.segur("backup", copy, "--root", self.first.path).returncode, 0)
        root = Root.__new__(Root)
        root.program, root.path = self.first.program, self.folder() / "racine"
        self.assertEqual(self.first.segur("restore", copy, root.path).returncode, 0)
        self.assertEqual(root.sql("SELECT count(retour_sha256) FROM depots"), [(0,)])
        self.assertEqual(root.sql("SELECT sha256 FROM mails"), self.first.sql("SELECT sha256 FROM mails"))
        self.verified(root)
        root.configure(telephone="01 99 00 00 00")
        root.run(NEXT)
        answer = root.outbox(F.compte) / "dossier.zip_retour.yaml"
        self.assertNotEqual(digest(answer), digest(self.kinds(self.first)["answer"]))
        self.assertIn((digest(answer),), root.sql("SELECT retour_sha256 FROM depots"))
        self.assertNotIn("non vérifiable", self.verified(root))


class TestOlder(Old):
    def test_before_there_were_hashes(self):
        """They cannot be told, which is no fault; what the next night publishes can."""
        root, _ = self.opened("six-nights")
        old = root.tree()
        found = re.search(r"Sorties dans l'outbox +(\d+)  ok, (\d+) non vérifiables", self.ends(root, "verify"))
        self.assertEqual(*found.groups())
        self.next_night("six-nights", root, root.path.parent / "next")
        self.assertIn(f"ok, {found[1]} non vérifiables", self.ends(root, "verify"))
        new = next(p for p in (root.path / "outbox/fournisseurs").rglob("*.yaml")
                   if str(p.relative_to(root.path / "outbox")) not in old)  # fmt: skip
        new.write_bytes(new.read_bytes() + b"#\n")
        self.assertIn(f"{new.name} {TAKEN_OUT}", self.ends(root, "verify", expect=65))
        (numero, *_) = root.demandes()
        self.assertEqual({mail["sha256"] for mail in root.show(numero)["mails"] if mail["date"] < "2026-04"}, {None})



if __name__ == "__main__":
    unittest.main()
