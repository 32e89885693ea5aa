"""`segur backup` and `segur restore`: one consistent file, checked; what comes back is what was there."""

import contextlib
import hashlib
import itertools
import os
import random
import shutil
import sqlite3
import stat
import threading
import unittest

from harness import REPO, SEGUR, Case, Root
from factory import depot, supplier, replace

N1, N2, N3 = "2026-03-02", "2026-03-03", "2026-03-04"
FS = [supplier(n) for n in range(1, 4)]


SEAL = b"\nsegur-sauvegarde sha256 "
SEALED_SINCE = 7  # version of the schema


def unsealed(data: bytes) -> bytes:
    """The database of a backup, without the line after it."""
    return data[: data.rindex(SEAL)] if SEAL in data[-120:] else data


def sealed(data: bytes) -> bytes:
    return data + SEAL + hashlib.sha256(data).hexdigest().encode() + b"\n"


def changed(path, copy, statement: str) -> None:
    """A copy of that backup, changed by somebody who knows how to seal it again."""
    copy.write_bytes(unsealed(path.read_bytes()))
    with contextlib.closing(sqlite3.connect(copy)) as database:
        database.executescript(statement)
    copy.write_bytes(sealed(copy.read_bytes()))


class TestBackup(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first = cls.shared_root()
        cls.first.references(FS)
        for f in FS:
            cls.first.drop(f.compte, "a.zip", depot(f))
        cls.first.drop(FS[0].compte, "ko.zip", b"bonjour")
        cls.first.run(N1)

    def backup(self, root, *more, expect=0):
        path = self.folder() / "sauvegarde.db"
        done = root.segur("backup", path, "--root", root.path, *more)
        self.assertEqual(done.returncode, expect, done.stderr)
        return path, done

    def restored(self, path, expect=0) -> Root:
        other = Root.__new__(Root)
        other.program, other.path = SEGUR, self.folder() / "racine"
        done = other.segur("restore", path, other.path)
        self.assertEqual(done.returncode, expect, done.stderr)
        other.said = done.stderr
        return other

    def test_all_comes_back(self):
        root = self.copied(self.first)
        path, done = self.backup(root)
        self.assertIn("empreintes vérifiées", done.stdout)
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.assertEqual(os.listdir(path.parent), [path.name], "one file")
        other = self.restored(path)
        for part in ("var/archives", "var/references"):
            self.assertEqual(other.tree(part), root.tree(part))
        for name in ("segur.conf", "var/secret"):
            self.assertEqual((other.path / name).read_bytes(), (root.path / name).read_bytes())
        self.assertEqual(stat.S_IMODE((other.path / "var/secret").stat().st_mode), 0o600)
        tables = [t for (t,) in root.sql("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            mine, theirs = root.sql(f"SELECT * FROM {table}"), other.sql(f"SELECT * FROM {table}")
            if table in ("depots", "fichiers_asp", "corrections"):  # due again
                mine, theirs = len(mine), len(theirs)
            if table == "reprises":
                theirs = theirs[:-1]
            self.assertEqual(mine, theirs, table)

    def test_the_next_night_goes_on(self):
        """In the restored root as in the one that was never lost: same answers, mails and reports."""
        root = self.copied(self.first)
        path, _ = self.backup(root)
        other = self.restored(path)
        for r in (root, other):
            f = FS[0]
            r.decide(r.sql("SELECT printf('ENR%04dM0', id) FROM demandes WHERE siren = ?", f.siren)[0][0], "valider",
                     date=N2)  # fmt: skip
            r.drop(FS[1].compte, "encore.zip", depot(replace(FS[1], numero_ans="abcdef0001")))
            r.run(N2)
        self.assertEqual(other.tree("outbox/fournisseurs"), root.tree("outbox/fournisseurs"), "answers are given again")
        self.assertEqual(other.report("demandes"), root.report("demandes"))
        old = {p.name for p in self.first.mail_files()}
        self.assertEqual({p.name for p in other.mail_files()}, {p.name for p in root.mail_files()} - old,
                         "a mail goes out once")  # fmt: skip

    def test_mails_in_doubt(self):
        """What a backup cannot know is said: whether a mail that was due, or half handed over, has gone since."""
        root = self.copied(self.first)
        database = sqlite3.connect(root.path / "var/segur.db")
        database.execute("UPDATE mails SET publie = 0 WHERE id = (SELECT min(id) FROM mails)")
        database.execute("UPDATE mails SET publie = 2 WHERE id = (SELECT max(id) FROM mails)")
        database.commit()
        database.close()
        path, _ = self.backup(root)
        done = root.segur("restore", path, self.folder() / "racine")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("1 courriel dû : la prochaine nuit l'enverra", done.stdout)
        self.assertIn("1 courriel en cours de remise", done.stdout)
        path, _ = self.backup(self.copied(self.first))
        done = root.segur("restore", path, self.folder() / "racine")
        self.assertNotIn("courriel", done.stdout)

    def test_documents_can_be_read(self):
        other = self.restored(self.backup(self.first)[0])
        folder = self.folder() / "documents"
        done = other.segur("pieces", "ENR0001M0", folder, "--root", other.path)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(list(folder.iterdir()))

    def test_without_insee(self):
        path, _ = self.backup(self.first, "--sans-insee")
        whole, _ = self.backup(self.first)
        count = "SELECT count(*) FROM sauvegarde_fichiers"
        found = [sqlite3.connect(p).execute(count).fetchone()[0] for p in (path, whole)]
        self.assertEqual(found[1] - found[0], 2)

    def test_while_nights_run(self):
        """Every backup made during nights is one instant: it restores, and every request has its archive."""
        root = self.copied(self.first)
        stop, made, faults = threading.Event(), [], []
        folder = self.folder()

        def back_up():
            while not stop.is_set() and len(made) < 30:
                path = folder / f"{len(made)}.db"
                done = root.segur("backup", path, "--root", root.path)
                if done.returncode:
                    faults.append(done.stderr)
                made.append(path)

        thread = threading.Thread(target=back_up)
        thread.start()
        try:
            for night in (N2, N3):
                for n, f in enumerate(FS):
                    for kind in ("tar", "tar.gz"):
                        root.drop(f.compte, f"{night}-{kind}", depot(f, kind))
                root.run(night)
        finally:
            stop.set()
            thread.join()
        self.assertEqual(faults, [])
        self.assertTrue(made)
        for path in made:
            other = self.restored(path)
            kept = {p.name for p in (other.path / "var/archives").rglob("*") if p.is_file()}
            spoken = {s for (s,) in other.sql("SELECT sha256 FROM depots WHERE sha256 IS NOT NULL")}
            self.assertLessEqual(spoken, kept)
            self.assertEqual(other.sql("PRAGMA integrity_check"), [("ok",)])

    def test_refusals(self):
        path, _ = self.backup(self.first)
        again = self.first.segur("backup", path, "--root", self.first.path)
        self.assertEqual(again.returncode, 73)
        self.assertIn("existe déjà", again.stderr)
        self.assertEqual(self.first.segur("backup", "/nulle/part/s.db", "--root", self.first.path).returncode, 73)
        other = self.restored(path)
        full = other.segur("restore", path, other.path)
        self.assertEqual(full.returncode, 65)
        self.assertIn("n'est pas vide", full.stderr)
        text = self.folder() / "lettre.txt"
        text.write_text("bonjour")
        self.assertIn("lettre.txt", self.restored(text, 65).said)
        self.assertIn("n'est pas une sauvegarde", self.restored(self.first.path / "var/segur.db", 65).said)
        self.assertEqual(self.restored(self.folder() / "absente.db", 65).said != "", True)

    def test_damage_is_found(self):
        path, _ = self.backup(self.first)

        def damaged(statement):
            copy = self.folder() / "s.db"
            changed(path, copy, statement)
            return copy

        for statement in (
            "UPDATE sauvegarde_morceaux SET octets = zeroblob(length(octets)) WHERE fichier = 3",
            "DELETE FROM sauvegarde_morceaux WHERE fichier = 3",
            "UPDATE sauvegarde_fichiers SET sha256 = '0' WHERE id = 4",
        ):
            with self.subTest(statement):
                self.assertIn("empreinte", self.restored(damaged(statement), 65).said)
        for chemin in ("../evasion", "/etc/evasion", "var/archives/../../evasion", "inbox/asp/x"):
            with self.subTest(chemin):
                copy = damaged(f"UPDATE sauvegarde_fichiers SET chemin = '{chemin}' WHERE id = 3")
                self.assertIn("chemin inattendu", self.restored(copy, 65).said)
        with self.subTest("a path that writes on the terminal"):
            copy = damaged("UPDATE sauvegarde_fichiers SET chemin = 'x' || char(27) || '[2J' || char(10) WHERE id = 3")
            said = self.restored(copy, 65).said
            self.assertIn("x [2J", said)
            self.assertNotIn("\x1b", said)
        with self.subTest("a view in the place of a table"):
            copy = damaged("ALTER TABLE sauvegarde_fichiers RENAME TO f;"
                           "CREATE VIEW sauvegarde_fichiers AS WITH RECURSIVE n(id) AS"
                           " (SELECT 1 UNION ALL SELECT id + 1 FROM n) SELECT id, 'segur.conf' AS chemin,"
                           " 384 AS mode, 0 AS taille, '' AS sha256 FROM n")  # fmt: skip
            self.assertIn("n'est pas du programme", self.restored(copy, 65).said)
        with self.subTest("a cell that memory would not hold"):
            copy = damaged("INSERT INTO sauvegarde_morceaux VALUES (3, 99, zeroblob(20000000))")
            self.assertIn("too big", self.restored(copy, 65).said)
        for newer in ("PRAGMA user_version = 99",):
            self.assertEqual(self.restored(damaged(newer), 78).said != "", True)
        data = bytearray(unsealed(path.read_bytes()))
        with self.subTest("truncated"):
            copy = self.folder() / "t.db"
            copy.write_bytes(data[: len(data) // 2])
            self.restored(copy, 65)
        with self.subTest("bytes"):
            at = data.find(b"accuse_reception")
            page = at // 4096 * 4096
            data[page : page + 64] = b"\xa5" * 64
            copy = self.folder() / "b.db"
            copy.write_bytes(sealed(bytes(data)))
            self.restored(copy, 65)

    def test_one_bit_anywhere(self):
        """Of every part of the file: the header, pages, what pages do not use, the seal."""
        path, _ = self.backup(self.first)
        data, rng = path.read_bytes(), random.Random(1)
        places = [18, 60, 96, len(data) - 1, len(data) - 40, len(data) - 70, len(data) - 85]
        for at in places + rng.sample(range(len(data)), 60):
            copy = self.folder() / "bit.db"
            copy.write_bytes(data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :])
            with self.subTest(at):
                self.restored(copy, 65)
        with self.subTest("without its seal"):
            copy.write_bytes(unsealed(data))
            self.assertIn("il lui manque son empreinte", self.restored(copy, 65).said)

    def test_somebody_elses_schema(self):
        """Whoever can seal a backup adds nothing that acts by itself."""
        path, _ = self.backup(self.first)
        for statement in (
            "CREATE TRIGGER t AFTER INSERT ON mails BEGIN UPDATE comptes SET email = 'x@y.example'; END",
            "CREATE VIEW v AS SELECT 1",
            "CREATE TABLE t (a)",
            "CREATE INDEX i ON mails(type)",
        ):
            with self.subTest(statement):
                changed(path, copy := self.folder() / "s.db", statement)
                self.assertIn("n'est pas du programme", self.restored(copy, 65).said)
        for statement in ("DROP TRIGGER journal_sans_retrait", "DROP INDEX mails_dus", "DROP TABLE banques"):
            with self.subTest(statement):
                changed(path, copy := self.folder() / "s.db", statement)
                self.assertIn("y manque", self.restored(copy, 65).said)

    def test_no_regular_file(self):
        folder = self.folder()
        os.mkfifo(folder / "fifo")
        for name in ("fifo", "."):
            self.assertIn("n'est pas un fichier", self.restored(folder / name, 65).said)

    def test_half_made(self):
        """Killed at any sync: neither init nor restore goes on with what the other did not finish; its own half it does."""
        path, _ = self.backup(self.first)
        root, half = self.copied(self.first), self.folder() / "racine"
        for words, other, code in (("init", half), ("restore", path, half), 65), (("restore", path, half), ("init", half), 78):
            for when in itertools.count(1):
                half.mkdir()
                if words[0] == "init":
                    (half / "notes.txt").write_text("x")
                if root.kill_at("syncfs", when, *words).returncode == 0:
                    break
                with self.subTest(words[0], when=when):
                    before = sorted(half.rglob("*"))
                    self.assertEqual(root.segur(*other).returncode, code)
                    self.assertEqual(root.segur("run", "--root", half, "--date", N2).returncode, 78)
                    self.assertEqual(sorted(half.rglob("*")), before)
                    self.assertEqual(root.segur(*words).returncode, 0)
                    self.assertEqual(root.segur("list", "--root", half).returncode, 0)
                shutil.rmtree(half)
            self.assertGreater(when, 1)
            shutil.rmtree(half)

    def test_older_schema_versions(self):
        """A backup of each older schema version is restored and migrated, with its rows."""
        migrations = sorted((REPO / "schemas/sql/migrations").glob("*.sql"))
        path, _ = self.backup(self.first)
        for version in range(1, len(migrations)):
            with self.subTest(version):
                old = self.folder() / f"v{version}.db"
                database = sqlite3.connect(old)
                for migration in migrations[:version]:
                    database.executescript(migration.read_text("utf-8"))
                database.execute(f"PRAGMA user_version = {version}")
                plain = self.folder() / "s.db"
                plain.write_bytes(unsealed(path.read_bytes()))
                database.execute("ATTACH ? AS s", (str(plain),))
                tables = [t for (t,) in database.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")]
                # The rows as they are: not those of the migrations, nor what a trigger would add.
                triggers = database.execute("SELECT name, sql FROM main.sqlite_master WHERE type = 'trigger'").fetchall()
                for name, _ in triggers:
                    database.execute(f"DROP TRIGGER main.{name}")
                for table in [t for t in tables if not t.startswith("sqlite_")]:
                    database.execute(f"DELETE FROM main.{table}")
                    columns = ", ".join(c[1] for c in database.execute(f"PRAGMA main.table_info({table})"))
                    database.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM s.{table}")
                for _, sql in triggers:
                    database.execute(sql)
                for table in ("sauvegarde_fichiers", "sauvegarde_morceaux"):
                    (sql,) = database.execute("SELECT sql FROM s.sqlite_master WHERE name = ?", (table,)).fetchone()
                    database.execute(sql)
                    database.execute(f"INSERT INTO main.{table} SELECT * FROM s.{table}")
                database.commit()
                database.close()
                if version >= SEALED_SINCE:
                    old.write_bytes(sealed(old.read_bytes()))
                other = self.restored(old)
                self.assertEqual(other.sql("PRAGMA user_version"), [(len(migrations),)])
                self.assertEqual(other.sql("SELECT count(*) FROM demandes"), [(len(FS),)])
                other.decide("ENR0001M0", "valider", date=N2)
                other.run(N2)
                self.assertEqual(other.show("ENR0001M0")["statut"], "VALIDEE")


if __name__ == "__main__":
    unittest.main()
