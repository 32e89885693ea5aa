"""What an operator does wrong, or finds in the morning, and what is said."""

import os
import shutil
import subprocess
import unittest

from harness import DATE, LAW, SEGUR, Case, typed
from factory import depot, supplier

MISSING = 78


class TestLostDatabase(Case):
    """A database is never made anew where there was one: numbers would begin again."""

    def test_after_a_night(self):
        root = self.root()
        root.references([supplier(1)])
        root.drop(supplier(1).compte, "a.zip", depot(supplier(1)))
        root.run()
        before = sorted(p for p in (root.path / "outbox").rglob("*"))
        for name in ("segur.db", "segur.db-wal", "segur.db-shm"):
            (root.path / "var" / name).unlink(missing_ok=True)
        for left in (None, b""):
            if left is not None:
                (root.path / "var/segur.db").write_bytes(left)
            for words in (("run", "--root", root.path), ("list", "--root", root.path), ("init", root.path),
                          ("verify", "--root", root.path), ("backup", root.path / "s.db", "--root", root.path)):  # fmt: skip
                if left is not None and words[0] == "init":
                    continue
                with self.subTest(left=left, command=words[0]):
                    done = root.segur(*words)
                    self.assertEqual(done.returncode, MISSING, done.stderr)
                    self.assertIn("var/segur.db", done.stderr)
                    self.assertIn("segur restore", done.stderr)
                    self.assertIn("« segur init »", done.stderr)
        self.assertEqual(sorted(p for p in (root.path / "outbox").rglob("*")), before)

    def test_before_a_night(self):
        root = self.root()
        (root.path / "var/segur.db").unlink()
        done = root.segur("run", "--root", root.path)
        self.assertEqual(done.returncode, MISSING, done.stderr)
        self.assertIn(f"« segur init {root.path} » la fait", done.stderr)
        done = root.segur("init", root.path)
        self.assertEqual(done.returncode, 0, done.stderr)
        root.run()

    def test_lost_secret(self):
        """What lacks is said: it is a root, and no init mends it."""
        root = self.root()
        root.run()
        (root.path / "var/secret").unlink()
        done = root.segur("run", "--root", root.path)
        self.assertEqual(done.returncode, MISSING, done.stderr)
        self.assertIn("var/secret manque", done.stderr)
        self.assertNotIn("segur init", done.stderr)


@unittest.skipUnless(os.geteuid() == 0, "gives a folder to somebody else")
class TestOwner(Case):
    def test_of_another(self):
        root = self.root()
        os.chown(root.path / "var", 65534, 65534)
        for words in (("run", "--date", DATE), ("list",), ("verify",), ("decide", "ENR0001M0", "valider", "--gestionnaire", "C")):
            with self.subTest(words[0]):
                done = root.segur(*words, "--root", root.path)
                self.assertEqual(done.returncode, MISSING, done.stderr)
                self.assertIn("appartient à nobody", done.stderr)
        self.assertFalse((root.path / "var/segur.db-wal").exists())

    def test_of_nobody_known(self):
        root = self.root()
        os.chown(root.path / "var", 54321, 54321)
        done = root.segur("run", "--root", root.path)
        self.assertEqual(done.returncode, MISSING, done.stderr)
        self.assertIn("l'utilisateur 54321", done.stderr)


class TestOrder(Case):
    """Nights go forward: a clock that was set back or far ahead is not believed."""

    def refused(self, root, *words, **options) -> str:
        before = root.sql("SELECT id, date FROM nuits")
        done = root.segur("run", "--root", root.path, "--quiet", *words, **options)
        self.assertEqual(done.returncode, 65, done.stderr)
        self.assertIn("segur run --force", done.stderr)
        self.assertEqual(root.sql("SELECT id, date FROM nuits"), before)
        return done.stderr

    def test_older_than_the_last(self):
        root = self.root()
        root.run("2026-03-02")
        root.run("2026-03-02")
        said = self.refused(root, "--date", "2026-03-01")
        self.assertIn("la nuit du 2026-03-01 précède la dernière qui fut jouée, celle du 2026-03-02", said)
        self.refused(root, "--date", "2026-03-01", "--dry-run")
        root.run("2026-03-01", 0, "--force")
        self.assertEqual(root.sql("SELECT date, forcee FROM nuits ORDER BY id"),
                         [("2026-03-02", 0), ("2026-03-02", 0), ("2026-03-01", 1)])  # fmt: skip
        root.run("2026-03-01")  # one forced night is enough
        self.assertEqual(root.segur("verify", "--root", root.path).returncode, 0)

    def test_any_later_date(self):
        root = self.root()
        root.run("2026-03-02")
        root.run("2031-03-02")  # was given: it is no clock's


class TestBadNews(Case):
    """What is wrong is said on standard error, with --quiet too: cron mails it."""

    def test_no_registers(self):
        root = self.root()
        for n in (1, 2):
            root.drop(supplier(n).compte, "a.zip", depot(supplier(n)))
        said = root.run(DATE, 69).stderr.splitlines()
        self.assertEqual(said, [
            "segur : le registre des référencements (referencements.csv) n'a pas encore été reçu : rien n'est jugé tant"
            " qu'il manque dans inbox/asp",
            "segur : comptes.csv n'a jamais été reçu : aucun compte de la vague 1 n'est connu ; demandez-le à l'ASP",
            f"segur : 2 dépôts attendent la prochaine nuit ({supplier(1).compte}/a.zip, entre autres) : le registre des"
            " référencements (referencements.csv) n'a pas encore été reçu"])  # fmt: skip

    def test_refused_file(self):
        root = self.root()
        root.references([supplier(1)])
        root.run(DATE)
        root.asp("acces.csv", b"compte;siren\r\na;1\r\n")
        said = root.run("2026-03-03").stderr.splitlines()
        self.assertEqual(len(said), 1, said)
        self.assertIn("inbox/asp/acces.csv est refusé, ligne 1 : REF-001 La colonne contact manque.", said[0])
        self.assertTrue(said[0].endswith("outbox/asp/retours/acces.csv_retour-2.csv"), said[0])

    def test_a_good_night_is_silent(self):
        root = self.root()
        root.references([supplier(1)])
        root.drop(supplier(1).compte, "a.zip", depot(supplier(1)))
        root.drop(supplier(1).compte, "ko.zip", b"bonjour")
        self.assertEqual(root.run(DATE).stderr, "")


class TestOpenInbox(Case):
    """Where everybody may write, nobody knows who did: nothing is taken."""

    def test_of_the_asp(self):
        root = self.root()
        root.references([supplier(1)])
        root.run(DATE)
        root.asp("banques.csv", b"code_banque;bic;nom\r\n")
        root.drop(supplier(1).compte, "a.zip", depot(supplier(1)))
        (root.path / "inbox/asp").chmod(0o777)
        said = root.run("2026-03-03").stderr.splitlines()
        self.assertEqual(len(said), 1, said)
        self.assertIn("chmod o-w", said[0])
        self.assertEqual(root.inbox("asp"), ["banques.csv"])
        self.assertEqual(root.retour(supplier(1).compte, "a.zip")["etat"], "OK")
        (root.path / "inbox/asp").chmod(0o770)
        root.run("2026-03-04")
        self.assertEqual(root.inbox("asp"), [])


class TestLaw(Case):
    """What a service has not said of the law is claimed by no mail, and the operator is told."""

    def receipt(self, root) -> str:
        root.references([supplier(1)])
        root.drop(supplier(1).compte, "a.zip", depot(supplier(1)))
        done = root.run()
        self.stderr = [line for line in done.stderr.splitlines() if "[droit]" in line]
        (mail,) = root.mails("accuse_reception")
        return typed(mail)

    def test_as_init_leaves_it(self):
        text = self.receipt(self.root(**dict.fromkeys(LAW, "aucun")))
        self.assertNotIn("112-11", text)
        self.assertNotIn("réputée", text)
        (line,) = self.stderr
        self.assertIn("il manque silence, recours_contentieux, auteur, auteur_qualite", line)

    def test_said(self):
        text = self.receipt(self.root())
        self.assertIn("R. 112-11-1", text)
        self.assertIn("par un recours contentieux devant le tribunal administratif", text)
        self.assertEqual(self.stderr, [])

    def test_half_said(self):
        """No claim without what it stands on."""
        text = self.receipt(self.root(recours_contentieux="aucun"))
        self.assertNotIn("112-11", text)
        self.assertEqual(len(self.stderr), 1)


class TestNotice(Case):
    """A level is for systemd's journal, which says by $JOURNAL_STREAM which stream it reads."""

    def fails(self, stream, named) -> str:
        root = self.root()
        shutil.rmtree(root.path / "var")
        subprocess.run([SEGUR, "run", "--root", root.path], stderr=stream, env={"PATH": "/usr/bin:/bin"} | named, check=False)
        stream.seek(0)
        return stream.read()

    def test_level(self):
        path = self.folder() / "stderr"
        with open(path, "w+", encoding="utf-8") as stream:
            info = os.fstat(stream.fileno())
            of_this = f"{info.st_dev}:{info.st_ino}"
            for named, begins in (({}, "segur : "), ({"JOURNAL_STREAM": of_this}, "<3>segur : "),
                                  ({"JOURNAL_STREAM": f"{info.st_dev}:{info.st_ino + 1}"}, "segur : "),
                                  ({"JOURNAL_STREAM": of_this + "x"}, "segur : ")):  # fmt: skip
                with self.subTest(named):
                    stream.seek(0)
                    stream.truncate()
                    self.assertTrue(self.fails(stream, named).startswith(begins))


if __name__ == "__main__":
    unittest.main()
