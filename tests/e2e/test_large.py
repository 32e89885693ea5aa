"""A database that is larger than the memory a purge or an upgrade may take: bounded, on a full disk too, and a kill
leaves nothing."""

import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest

from harness import NIGHT_S, REPO, SEGUR, Case, Root
from test_vault import holding
from test_memory import MIB, SANITIZED, peaks

MIGRATIONS = sorted((REPO / "schemas/sql/migrations").glob("*.sql"))
PIECES, REFUSED = 400_000, 3000
DATE = "2026-03-02"  # of a purge
SECRET = "secret-de-quezac-{:05}.zip"

# One request in progress with all the documents; refused drops that are due, each named.
ROWS = f"""
INSERT INTO nuits (id, date, programme, regles, terminee) VALUES (1, '2023-06-01', '1', '1', 1);
INSERT INTO depots (id, nuit, date, compte, archive, taille, sha256, format, recu_le, type, etat, essai, demande, source,
    retour_nom, retour_publie, libere)
VALUES (1, 1, '2023-06-01', 'c', 'a', 1, 's', 'zip', '', 'initial', 'OK', 0, 1, 's', 'r', 1, 1);
INSERT INTO demandes (id, statut, type, anticipe, certificats, compte, siret, siren, numero_ans, logiciel, version, dsr,
    profil, siren_editeur, denomination, date_depot, contact, contact_nom, titulaire)
VALUES (1, 'EN_COURS', 'initial', 0, 1, 'c', '', '', 'n', '', '', '', '', '', '', '', '', '', 'depositaire');
INSERT INTO pieces (demande, depot, type, fichier, ordinal, taille, sha256, format)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {PIECES})
SELECT 1, 1, 'kbis', '', i, 1, lower(hex(randomblob(32))), 'pdf' FROM n;
"""
DROP = """
INSERT INTO depots (id, nuit, date, compte, archive, taille, format, recu_le, type, etat, essai, source, retour_nom,
    retour_publie, libere) VALUES (?1, 1, '2023-06-01', 'c', ?2, 1, 'zip', '', '', 'KO', 0, 's' || ?1, 'r' || ?1, 1, 1)
"""


class Large(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.old = cls.shared_root()
        path = cls.old.path / "var/segur.db"
        path.unlink()
        database = sqlite3.connect(path, isolation_level=None)
        database.executescript("PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF; PRAGMA secure_delete = ON")
        for migration in MIGRATIONS[:-1]:
            database.executescript(migration.read_text("utf-8"))
        indexes = database.execute("SELECT name, sql FROM sqlite_schema WHERE name IN ('pieces_sha256', 'pieces_demande')")
        indexes = indexes.fetchall()
        for name, _ in indexes:
            database.execute(f"DROP INDEX {name}")
        database.executescript(ROWS)
        for _, sql in indexes:  # sorted at once: the rows take no order
            database.execute(sql)
        # Rows that grow once they lie there: pages are split, and copies of the others stay behind.
        chance = random.Random(1)
        for n in range(2, REFUSED + 2):
            database.execute(DROP, (n, SECRET.format(n)))
            if n % 3 == 0:
                database.execute("UPDATE depots SET incident = ? WHERE id = ?", ("i" * chance.randint(30, 120),
                                                                               chance.randint(max(n - 400, 2), n)))  # fmt: skip
        database.execute(f"PRAGMA user_version = {len(MIGRATIONS) - 1}")
        database.close()
        cls.new = cls.old.copy()
        cls.addClassCleanup(cls.new.remove)
        assert cls.new.segur("list", "--root", cls.new.path).returncode == 0

    def erased(self, root: Root) -> None:
        """Nothing of it is left, nor of the work."""
        data = b"".join((root.path / "var" / name).read_bytes() for name in os.listdir(root.path / "var")
                        if name.startswith("segur.db"))  # fmt: skip
        self.assertEqual(re.findall(rb"secret-de-quezac-\d+", data), [])
        self.assertEqual(root.sql("SELECT count(*) FROM effacements WHERE etat <> 'fait'"), [(0,)])
        self.assertEqual(root.sql("SELECT count(*) FROM pieces"), [(PIECES,)])
        self.assertEqual(root.tree("var/tmp"), {})


class TestBounded(Large):
    @unittest.skipIf(SANITIZED, "a sanitizer takes many times what it watches")
    def test_upgrade(self):
        root = self.copied(self.old)
        parent, _ = peaks(self, "list", "--root", root.path)
        self.assertEqual(root.sql("PRAGMA user_version"), [(len(MIGRATIONS),)])
        self.assertLessEqual(parent, 32 * MIB)

    @unittest.skipIf(SANITIZED, "a sanitizer takes many times what it watches")
    def test_purge(self):
        root = self.copied(self.new)
        self.assertGreater((root.path / "var/segur.db").stat().st_size, 32 << 20)
        parent, _ = peaks(self, "purge", "--root", root.path, "--date", DATE)
        self.assertLessEqual(parent, 32 * MIB)
        self.erased(root)


class TestStopped(Large):
    def purge(self, root: Root, expect=0):
        done = root.segur("purge", "--root", root.path, "--date", DATE)
        self.assertEqual(done.returncode, expect, done.stderr)
        return done

    def test_killed_while_it_rewrites(self):
        """The copy has no name from its first byte on; the next purge ends it."""
        root = self.copied(self.new)
        words = [SEGUR, "purge", "--root", root.path, "--date", DATE]
        run = subprocess.Popen(words, stdout=subprocess.DEVNULL)
        seen, folder = False, str(root.path.resolve() / "var/tmp")
        until = time.monotonic() + NIGHT_S
        while not seen and run.poll() is None and time.monotonic() < until:
            for link in os.scandir(f"/proc/{run.pid}/fd"):
                try:
                    seen = seen or os.stat(link.path).st_size > 0 and os.readlink(link.path).startswith(folder)
                except OSError:
                    continue  # closed meanwhile
        run.send_signal(signal.SIGKILL)
        self.assertEqual((seen, run.wait(NIGHT_S)), (True, -signal.SIGKILL))
        root.lock(wait=True).close()
        self.assertEqual(root.tree("var/tmp"), {})
        self.assertLessEqual(set(os.listdir(root.path / "var")), {"archives", "references", "tmp", "secret", "verrou",
                                                                  "segur.db", "segur.db-wal", "segur.db-shm"})  # fmt: skip
        self.assertIn(f"purge interrompue achevés : {REFUSED}\n", self.purge(root).stdout)
        self.erased(root)

    def test_no_room(self):
        """Says how much it wants; what lies there is whole, and the next purge ends it."""
        mount = self.folder()
        size = (self.new.path / "var/segur.db").stat().st_size
        options = f"size={size + (16 << 20)}"
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", mount], capture_output=True, text=True)
        if done.returncode:
            self.skipTest(f"no file system of our own: {done.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "-l", mount])
        root = Root.__new__(Root)
        root.program, root.path = SEGUR, mount / "root"
        shutil.copytree(self.new.path, root.path, symlinks=True)
        said = self.purge(root, 73).stderr
        self.assertRegex(said, r"pas assez de place pour la récrire ; libérez \d+ Mo sous var/")
        self.assertEqual(root.tree("var/tmp"), {})
        self.assertGreater(shutil.disk_usage(mount).free, 8 << 20)
        self.assertEqual(root.sql("PRAGMA integrity_check"), [("ok",)])
        self.assertEqual(root.sql("SELECT DISTINCT etat FROM effacements"), [("retire",)])
        subprocess.run(["mount", "-o", f"remount,size={4 * size}", mount], check=True)
        self.assertIn(f"purge interrompue achevés : {REFUSED}\n", self.purge(root).stdout)
        self.erased(root)

    def test_restored_in_private(self):
        """What SQLite works with lies in the new root, and not where everybody's files do."""
        folder = self.folder()
        done = self.new.segur("backup", folder / "tout.db", "--root", self.new.path)
        self.assertEqual(done.returncode, 0, done.stderr)
        words = ["strace", "-qq", "-e", "trace=openat", "-o", folder / "calls", SEGUR, "restore", folder / "tout.db", folder / "r"]
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL, env=os.environ | {"ASAN_OPTIONS": "detect_leaks=0"})
        opened = re.findall(r'"([^"]*)/etilqs_', (folder / "calls").read_text())
        self.assertEqual(set(opened), {str(folder / "r/var")})

    def test_no_folder_for_it(self):
        """Beside the database then, which is as private; SQLite itself would turn to one that is everybody's."""
        root = self.copied(self.new)
        shutil.rmtree(root.path / "var/tmp")
        self.purge(root)
        self.assertEqual(holding(root, "secret-de-quezac-", "var"), [])


if __name__ == "__main__":
    unittest.main()
