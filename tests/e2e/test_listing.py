"""A folder that cannot be listed to its end is never taken for one that ends there: each command says so and ends
with a code, claims nothing of what it did not see, and the same command mends it once the disk reads again.

strace makes the kernel's own call fail, for one path: `when` 2 is after a first block of entries."""

import os
import re
import shutil
import subprocess

from certificates import certificat
from harness import DATE, NIGHT_S, Case, Root
from factory import depot, supplier
from test_vault import MARK, holding, kept, marked
from test_purge import F, Purge, nom, purge

NEXT = "2026-03-03"
UN, TWO = supplier(1), supplier(2)
ALL_DUE = "2026-07-01"  # whole dossiers and old reports, of the root that test_purge fills


def failing(root: Root, path, *words, call="getdents64", error="EIO", when="1+", log="/dev/null"):
    """Runs that command while every such call on the path, below the root or absolute, fails from `when` on."""
    inject = f"inject={call}:error={error}:when={when}"
    paths = ["-P", str(path), "-P", str(root.path / path)]
    strace = ["strace", "-qq", "-o", str(log), *paths, "-e", f"trace={call},openat,close", "-e", inject]
    environment = {"PATH": "/usr/bin:/bin", "ASAN_OPTIONS": "detect_leaks=0"}
    done = subprocess.run([*strace, str(root.program), *map(str, words)], capture_output=True, text=True,
                          encoding="utf-8", cwd=root.path, env=environment, timeout=NIGHT_S)  # fmt: skip
    done.stderr = re.sub(r"^strace: .*\n", "", done.stderr, flags=re.M)  # it names the paths too
    return done


class Listing(Case):
    def refused(self, done, path, code=70):
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertIn(str(path), done.stderr)


class TestBackup(Listing):
    def test_nothing_is_left_out(self):
        root = self.root()
        root.references([UN, TWO])
        for f in (UN, TWO):
            root.drop(f.compte, "a.zip", depot(f))
        root.run()
        bucket = kept(root)[0].parent.relative_to(root.path)
        cases = [(path, "getdents64", when) for path in ("var/archives", bucket, "var/references") for when in ("1+", "2+")]
        cases += [(bucket, "newfstatat", "2+")]  # what an entry is; the first call is of the folder itself
        for path, call, when in cases:
            with self.subTest(path=path, call=call, when=when):
                out = self.folder() / "sauvegarde.db"
                done = failing(root, path, "backup", out, "--root", root.path, call=call, when=when)
                self.refused(done, path)
                self.assertNotIn("vérifiées", done.stdout)
                self.assertFalse(out.exists())
        done = root.segur("backup", self.folder() / "sauvegarde.db", "--root", root.path)
        self.assertIn("empreintes vérifiées", done.stdout)


class TestPurge(Purge, Listing):
    def fails(self, root: Root, path, **how):
        done = failing(root, path, "purge", "--root", root.path, "--date", ALL_DUE, **how)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertIn(str(path), done.stderr)
        self.assertNotIn("Rapports datés", done.stdout)

    def wanted(self) -> dict:
        root = self.filled()
        purge(root, ALL_DUE)
        return root.tree("outbox")

    def test_mails(self):
        """What still lies there is not recorded as erased; the next purge erases it."""
        for folder in ("new", "cur"):
            for when in ("1+", "2+"):
                with self.subTest(folder=folder, when=when):
                    root, path = self.filled(), f"outbox/mails/{folder}"
                    for mail in root.mail_files() if folder == "cur" else ():
                        mail.rename(root.path / path / f"{mail.name}:2,S")
                    self.assertTrue(holding(root, F["rejetee"].representant.email, path))
                    self.fails(root, path, when=when)
                    self.assertEqual(root.sql("SELECT count(*) FROM effacements WHERE etat <> 'du'"), [(0,)])
                    purge(root, ALL_DUE)
                    self.assertEqual(holding(root, F["rejetee"].representant.email, path), [])
                    self.assertEqual(root.sql("SELECT count(*) FROM effacements WHERE etat <> 'fait'"), [(0,)])

    def test_answers(self):
        root, wanted = self.filled(), self.wanted()
        path = f"outbox/fournisseurs/{F['refuse'].compte}"
        self.fails(root, path, call="faccessat,faccessat2")
        self.assertEqual(root.sql("SELECT count(*) FROM effacements WHERE etat <> 'du'"), [(0,)])
        purge(root, ALL_DUE)
        self.same(root.tree("outbox"), wanted)

    def test_reference_files(self):
        """The ASP's old files tell of people too."""
        for how in ({"when": "1+"}, {"when": "2+"}, {"call": "unlinkat"}):
            with self.subTest(**how):
                root = self.filled()
                (root.path / "var/references" / f"{'0' * 64}.csv").write_text(nom(F["validee"]))
                self.fails(root, "var/references", **how)
                self.assertNotEqual(root.sql("SELECT count(*) FROM effacements WHERE etat <> 'fait'"), [(0,)])
                purge(root, ALL_DUE)
                self.assertEqual(holding(root, nom(F["validee"]), "var/references"), [])

    def test_reports(self):
        wanted, path = self.wanted(), "outbox/asp/rapports"
        self.assertEqual([name for name in wanted if "/rapports/2026-03-02" in name], [])
        for when in ("1+", "2+"):
            with self.subTest(when=when):
                root = self.filled()
                self.fails(root, path, when=when)
                purge(root, ALL_DUE)
                self.same(root.tree("outbox"), wanted)
        root = self.filled()
        done = failing(root, f"{path}/2026-03-02", "purge", "--root", root.path, "--date", ALL_DUE)
        self.refused(done, "2026-03-02 : le disque ne répond pas", 73)
        purge(root, ALL_DUE)
        self.same(root.tree("outbox"), wanted)


class TestIdentityPapers(Listing):
    def test_left_plain(self):
        """With a certificate, what stays plain is said."""
        first = self.root()
        first.references([UN])
        first.drop(UN.compte, "a.tar", marked(f=UN))
        first.run()
        (plain,) = kept(first)
        first.configure(certificat=certificat("rsa")[0])
        for path in ("var/archives", plain.parent.relative_to(first.path)):
            for dry in ([], ["--dry-run"]):
                with self.subTest(path=path, dry=dry):
                    root = self.copied(first)
                    done = failing(root, path, "purge", "--root", root.path, "--date", NEXT, *dry)
                    self.refused(done, path)
                    purge(root, NEXT)
                    self.assertEqual(holding(root, MARK), [])

    def test_copies_of_a_killed_run(self):
        root = self.root(certificat=certificat("rsa")[0])
        root.run()
        for when in ("1+", "2+"):
            with self.subTest(when=when):
                (root.path / "var/tmp/depot-7").write_text(MARK)
                done = failing(root, "var/tmp", "run", "--root", root.path, "--date", NEXT, "--quiet", when=when)
                self.refused(done, "var/tmp")
                root.run(NEXT)
                self.assertEqual(holding(root, MARK), [])


class TestNight(Listing):
    def test_accounts(self):
        """An inbox, or a folder of the ASP, that ends in the middle stops the night: drops are judged by what the ASP
        filed. A supplier's folder that ends, or is closed, costs nobody else."""
        first = self.root()
        first.references([UN, TWO])
        for f in (UN, TWO):
            first.drop(f.compte, "a.zip", depot(f))
        words = "--date", DATE, "--quiet"
        for path in ("inbox", "inbox/asp"):
            for when in ("1+", "2+"):
                with self.subTest(path=path, when=when):
                    root = self.copied(first)
                    self.refused(failing(root, path, "run", "--root", root.path, *words, when=when), path)
                    self.assertFalse(root.outbox(TWO.compte).exists())
                    root.run()
                    self.assertEqual({root.retour(f.compte, "a.zip")["etat"] for f in (UN, TWO)}, {"OK"})
        path = f"inbox/{UN.compte}"
        for error, when in (("EIO", "1+"), ("EIO", "2+"), ("EACCES", "1+")):
            with self.subTest(path, error=error, when=when):
                root = self.copied(first)
                done = failing(root, path, "run", "--root", root.path, *words, error=error, when=when)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertRegex(done.stderr, f"^segur : {path} : .* ; aucun autre compte n'attend\n$")
                self.assertEqual(root.retour(TWO.compte, "a.zip")["etat"], "OK")
                self.assertFalse(root.outbox(UN.compte).exists())
                root.run()
                self.assertEqual(root.retour(UN.compte, "a.zip")["etat"], "OK")

    def test_the_folder_of_the_asp(self):
        """None of its files is taken from a folder that is closed; the night judges by what is in force."""
        root = self.root()
        root.references([UN, TWO])
        root.run()
        root.drop(UN.compte, "a.zip", depot(UN))
        root.asp("acces.csv", b"identifiant;siren;role;email\r\n")
        words = "--date", DATE, "--quiet"
        done = failing(root, "inbox/asp", "run", "--root", root.path, *words, error="EACCES")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, "^segur : inbox/asp : .* aucun de ses fichiers n'est pris cette nuit, "
                                      "les références en vigueur servent\n$")
        self.assertEqual(root.retour(UN.compte, "a.zip")["etat"], "OK")
        self.assertTrue((root.path / "inbox/asp/acces.csv").exists())

    def test_linked_inbox(self):
        root = self.root()
        root.references([UN])
        root.drop(UN.compte, "a.zip", depot(UN))
        elsewhere = self.folder() / "inbox"
        shutil.move(root.path / "inbox", elsewhere)
        (root.path / "inbox").symlink_to(elsewhere)
        root.run()
        self.assertEqual(root.retour(UN.compte, "a.zip")["etat"], "OK")

    def test_what_a_night_tidies(self):
        """Its answers are out already; that something may be left over is said."""
        first = self.root()
        first.references([UN])
        first.drop(UN.compte, "a.zip", depot(UN))
        for path in ("var/references", "outbox/asp/rapports"):
            for when in ("1+", "2+"):
                with self.subTest(path=path, when=when):
                    root = self.copied(first)
                    done = failing(root, path, "run", "--root", root.path, "--date", DATE, "--quiet", when=when)
                    self.refused(done, path)
                    self.assertEqual(root.retour(UN.compte, "a.zip")["etat"], "OK")
                    root.run()

    def test_verify(self):
        root = self.root()
        root.run()
        (root.path / "inbox" / UN.compte).mkdir()
        for path, code, said in (("inbox", 65, "inbox ne se lit pas (inbox : "),
                                 (f"inbox/{UN.compte}", 0, f"inbox/{UN.compte} : le disque ne répond pas")):
            for when in ("1+", "2+"):
                with self.subTest(path=path, when=when):
                    done = failing(root, path, "verify", "--root", root.path, when=when)
                    self.assertEqual(done.returncode, code, done.stdout + done.stderr)
                    self.assertIn(said, done.stdout + done.stderr)
        for path in ("outbox/asp/retours", "outbox/mails/cur", "outbox/asp/rapports", f"outbox/asp/rapports/{DATE}"):
            for when in ("1+", "2+"):
                with self.subTest(path=path, when=when):
                    done = failing(root, path, "verify", "--root", root.path, when=when)
                    self.assertEqual(done.returncode, 65, done.stdout + done.stderr)
                    self.assertIn(f"{path} ne se lit pas (", done.stdout)


class TestReplay(Listing):
    def test_reports_that_cannot_be_listed(self):
        """Two folders of reports of which one was not read are not equal."""
        root = self.root()
        root.references([UN])
        root.drop(UN.compte, "a.zip", depot(UN))
        root.run()
        for original in (True, False):
            for when in ("1+", "2+"):
                with self.subTest(original=original, when=when):
                    target = self.folder() / "rejeu"
                    path = (root.path if original else target) / f"outbox/asp/rapports/{DATE}"
                    words = "replay", "--date", DATE, target, "--root", root.path
                    self.refused(failing(root, path, *words, when=when), f"outbox/asp/rapports/{DATE}")


class TestDescriptors(Listing):
    def test_closed_whatever_happens(self):
        """A folder that opens and then cannot be listed, for want of memory, is closed again."""
        root = self.root(certificat=certificat("rsa")[0])
        root.references([UN])
        root.drop(UN.compte, "a.zip", depot(UN))
        root.run()
        commands = {
            "backup": ["backup", self.folder() / "sauvegarde.db"], "purge": ["purge", "--date", NEXT],
            "run": ["run", "--date", NEXT, "--quiet"],
        }  # fmt: skip
        cases = [("backup", "var/archives"), ("purge", "var/archives"), ("purge", kept(root)[0].parent),
                 ("purge", "outbox/asp/rapports"), ("run", "var/tmp"), ("run", "inbox"), ("run", f"inbox/{UN.compte}")]  # fmt: skip
        for name, path in cases:
            with self.subTest(name, path=path):
                log = self.folder() / "calls"
                relative = os.path.relpath(root.path / path, root.path)
                done = failing(root, relative, *commands[name], "--root", root.path, call="fcntl", error="ENOMEM", log=log)
                self.assertNotEqual(done.returncode, 0, done.stdout)
                calls = log.read_text()
                self.assertIn("ENOMEM", calls)
                opened = re.findall(r"^openat\(.*O_DIRECTORY.* = (\d+)$", calls, re.M)
                closed = re.findall(r"^close\((\d+)\)", calls, re.M)
                self.assertEqual(sorted(opened), sorted(closed), calls)
