"""Restoring an old backup: no number, mail or rank is given again, whatever nights were lost since.

    SEGUR_SEED=17 python3 -m unittest test_restart     one world again
    SEGUR_SEEDS=1-200 python3 -m unittest test_restart  these only (the suite's are 1 to WORLDS)
"""

import datetime
import hashlib
import os
import pathlib
import random
import re
import shutil
import stat

import yaml
from harness import SEGUR, Case, Root, command, table
from factory import decisions, depot, supplier

WORLDS = 20
FIRST_DAY = datetime.date(2026, 3, 2)
N1, N2, N3, N4, N5 = ((FIRST_DAY + datetime.timedelta(days=n)).isoformat() for n in range(5))
FS = [supplier(n) for n in range(1, 5)]


def day(n: int) -> str:
    return (FIRST_DAY + datetime.timedelta(days=n)).isoformat()


def root_at(path: pathlib.Path) -> Root:
    root = Root.__new__(Root)
    root.program, root.path = SEGUR, path
    return root


class Given:
    """All that ever went out of all roots, and to what it was given."""

    def __init__(self):
        self.numbers: dict = {}  # request number -> its first deposit: account, date and archive
        self.mails: dict = {}  # file name -> hash
        self.ids: dict = {}  # Message-ID -> hash
        self.links: dict = {}  # rank -> link
        self.events: dict = {}  # id in evenements.csv -> its row

    def once(self, what: dict, key, value) -> None:
        assert what.setdefault(key, value) == value, f"{key} twice: {what[key]} and {value}"

    def look(self, root: Root) -> None:
        for path in sorted((root.path / "outbox/mails").glob("*/2*.segur*")):
            data = path.read_bytes()
            digest = hashlib.sha256(data).hexdigest()
            self.once(self.mails, path.name.partition(":")[0], digest)
            self.once(self.ids, re.search(rb"^Message-ID: (\S+)", data, re.M)[1], digest)
            if link := re.search(rb"^X-Segur-Journal: (\d+)\s+(\w+)", data, re.M):
                self.once(self.links, int(link[1]), link[2].decode())
        for path in (root.path / "outbox/fournisseurs").rglob("*_retour*.yaml"):
            link = yaml.safe_load(path.read_text("utf-8")).get("journal")
            if link:
                self.once(self.links, int(link["rang"]), link["maillon"])
        for path in (root.path / "outbox/asp/rapports").glob("2*/evenements.csv"):
            for row in table(path.read_bytes()):
                self.once(self.links, int(row["rang"]), row["maillon"])
                self.once(self.events, int(row["id"]), row["texte"])
                if row["evenement"] == "depot":
                    self.once(self.numbers, row["numero"].partition("M")[0], (row["date"], row["texte"].split("|")[8]))


class Restored(Case):
    def agrees(self, root: Root, said="Tout concorde.") -> str:
        done = root.segur("verify", "--root", root.path)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn(said, done.stdout)
        return done.stdout


class TestRestart(Restored):
    def world(self):
        """A night, its backup, two nights more."""
        root = self.root()
        root.references(FS)
        for n, night in enumerate((N1, N2, N3)):
            root.drop(FS[n].compte, "a.zip", depot(FS[n]))
            root.run(night)
            if n == 0:
                path = self.folder() / "s.db"
                self.assertEqual(root.segur("backup", path, "--root", root.path).returncode, 0)
        return root, path

    def restored(self, path, *options, expect=0):
        other = root_at(self.folder() / "racine")
        done = command("restore", path, other.path, *options)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return other, done

    def night(self, root: Root, date: str, f=FS[3]) -> str:
        root.drop(f.compte, "a.zip", depot(f))
        root.run(date)
        return root.retour(f.compte, "a.zip")["numero"]

    def test_without_a_word(self):
        """It restores as ever, and warns, naming the backup's last night."""
        _, path = self.world()
        other, done = self.restored(path)
        self.assertIn(f"dernière nuit de la sauvegarde : {N1}", done.stderr)
        self.assertIn("--outbox DIR", done.stderr)
        self.assertIn("--apres AAAA-MM-JJ", done.stderr)
        self.assertEqual(self.night(other, N4), "ENR0002M0")
        self.assertIn("sans que rien soit dit", self.agrees(other))

    def test_by_date(self):
        root, path = self.world()
        given = Given()
        given.look(root)
        other, done = self.restored(path, "--apres", N3)
        self.assertIn(f"jusqu'au {N3}", done.stdout)
        self.assertIn("redéposer", done.stdout)
        for refused in (N2, N3):
            self.assertIn("ne peut plus être jouée", other.run(refused, 65).stderr)
        self.assertEqual(self.night(other, N4), "ENR300002M0")
        self.agrees(other, f"dernière nuit partie : {N3}")
        given.look(other)
        again, _ = self.restored(path, "--apres", N4)
        self.assertEqual(self.night(again, N5), "ENR400002M0")
        given.look(again)

    def test_by_outbox(self):
        """Right behind, whatever was fetched; the night that was lost may be played again on its day."""
        root, path = self.world()
        given = Given()
        given.look(root)
        for kept in ("all", "fetched"):
            if kept == "fetched":
                for folder in ("mails/new", "fournisseurs", "asp/rapports"):
                    shutil.rmtree(root.path / "outbox" / folder)
            with self.subTest(kept):
                other, done = self.restored(path, "--outbox", root.path)
                self.assertIn(f"Nuits manquantes : {N2}, {N3}.", done.stdout)
                self.assertIn("Prochaine demande : ENR0004M0", done.stdout)
                other.run(N2, 65)
                self.assertEqual(self.night(other, N3), "ENR0004M0")
                self.agrees(other)
                if kept == "all":
                    given.look(other)
        other, done = self.restored(path, "--outbox", root.path / "outbox", "--apres", N4)
        self.assertEqual(self.night(other, N5), "ENR200004M0", "two days beyond what the outbox tells")

    def test_nothing_is_missing(self):
        root = self.root()
        root.references(FS)
        self.night(root, N1, FS[0])
        path = self.folder() / "s.db"
        root.segur("backup", path, "--root", root.path)
        other, done = self.restored(path, "--outbox", root.path)
        self.assertIn("Rien ne manque", done.stdout)
        self.assertEqual(self.night(other, N2), "ENR0002M0")
        self.assertEqual(other.sql("SELECT max(rang) FROM journal"), [(2,)])

    def test_an_outbox_of_before(self):
        """Without the file of what was given, the days are known and no more: by reports, mails, or answers alone."""
        root, path = self.world()
        (root.path / "outbox/.suite").unlink()
        for fetched in ((), ("mails/new",), ("mails/new", "asp/rapports")):
            for folder in fetched:
                shutil.rmtree(root.path / "outbox" / folder, ignore_errors=True)
            with self.subTest(fetched):
                other, done = self.restored(path, "--outbox", root.path)
                self.assertIn(f"dernière nuit partie : {N3}", done.stdout)
                self.assertEqual(self.night(other, N4), "ENR300002M0")
        shutil.rmtree(root.path / "outbox/fournisseurs")
        _, done = self.restored(path, "--outbox", root.path, expect=65)
        self.assertIn("--apres", done.stderr)

    def test_a_hostile_outbox(self):
        """A file of what was given that cannot be is not believed; nor do odd files in it hang or crash anything."""
        root, path = self.world()
        suite = root.path / "outbox/.suite"
        good = suite.read_text()
        # Suppliers write there: no night of theirs is believed beside the file.
        answer = root.outbox(FS[1].compte) / "x_retour.yaml"
        answer.write_text("journal:\n  rang: 9\n  texte: 9|ENR9999M0|2026-12-24|depot\n")
        _, done = self.restored(path, "--outbox", root.path)
        self.assertIn(f"dernière nuit partie : {N3}", done.stdout)
        answer.unlink()
        for bad in (
            good.replace("demande 3", "demande 99999999999"), good.replace("demande 3", "demande 0"),
            good.replace("rang 3", "rang 9223372036854775807"), good.replace("rang 3", "rang 92233720368547758070"),
            good.replace(f"nuit {N3}", "nuit 2062-01-01"), good.replace(f"nuit {N3}", f"nuit {N2}"), good[:-40], "",
            good.replace("demande 3", "demande -3"), "\0" * 9000, "nuits " * 3000, good + "x",
        ):  # fmt: skip
            suite.write_text(bad)
            with self.subTest(bad[:80]):
                _, done = self.restored(path, "--outbox", root.path)
                self.assertIn("Prochaine demande : ENR300002M0", done.stdout)
        suite.unlink()
        os.mkfifo(suite)
        folder = root.path / "outbox/mails/new"
        for name in ("20260304.M", "20260304.M9x", "99999999.M1.segur", "20260304.M99999999999999999999.segur", "é", "x" * 250):
            (folder / name).write_bytes(b"\0" * 10)
        account = root.outbox("fifo")
        account.mkdir()
        os.mkfifo(account / "a_retour.yaml")
        (account / "b_retour.yaml").symlink_to("/etc/passwd")
        (account / "c_retour.yaml").write_bytes(b"\n  texte: " + b"9" * 70000)
        (account / "d_retour.yaml").write_bytes(b"\n  texte: |||||\n")
        (account / "e_retour.yaml").write_bytes(b"\n  texte: 9|x|9999-12-31")
        (root.path / "outbox/fournisseurs/lien").symlink_to("/")
        (root.path / "outbox/fournisseurs/fichier").write_text("x")
        _, done = self.restored(path, "--outbox", root.path)
        self.assertIn("Prochaine demande : ENR300002M0", done.stdout)

    def test_dates_that_cannot_be(self):
        _, path = self.world()
        for date, said in (("2026-03-01", "contient déjà"), ("2062-03-01", "plus d'un an"), ("2026-13-01", "n'est pas une date")):
            _, done = self.restored(path, "--apres", date, expect=64)
            self.assertIn(said, done.stderr)
        self.restored(path, "--outbox", "/nulle/part", expect=65)

    def test_the_chain(self):
        """The link of a restoration is checked with SHA-256 alone, and nobody else can have written it."""
        root, path = self.world()
        other, _ = self.restored(path, "--apres", N3)
        self.night(other, N4)
        ((rang, texte, maillon, before),) = other.sql("SELECT rang, texte, maillon, precedent FROM reprises")
        link = lambda a, b: hashlib.sha256(f"{a}\n{b}".encode()).hexdigest()  # noqa: E731
        ((first,),) = other.sql("SELECT maillon FROM journal WHERE rang = ?", before)
        self.assertEqual(link(first, texte), maillon)
        answer = other.retour(FS[3].compte, "a.zip")["journal"]
        self.assertEqual((int(answer["rang"]), answer["precedent"]), (rang + 1, maillon))
        self.assertEqual(link(maillon, answer["texte"]), answer["maillon"])
        self.agrees(other, maillon)
        done = other.segur("verify", "--root", other.path, "--maillon", f"{rang}:{maillon}")
        self.assertEqual(done.returncode, 0, done.stdout)
        ((trigger,),) = other.sql("SELECT sql FROM sqlite_schema WHERE name = 'reprises_sans_retouche'")
        for change in ("derniere = '2026-03-02'", "demande = 1", "precedent = 0", f"texte = '{texte}0'", "rang = rang - 1"):
            with self.subTest(change):
                copy = self.copied(other)
                copy.alter(f"DROP TRIGGER reprises_sans_retouche; UPDATE reprises SET {change}; {trigger}")
                done = copy.segur("verify", "--root", copy.path)
                self.assertEqual(done.returncode, 65, done.stdout)
                self.assertIn("(reprise)", done.stdout)
        for refused in ("UPDATE reprises SET demande = 0", "DELETE FROM reprises",
                        "INSERT INTO reprises SELECT 1, le, apres, sauvegarde, source, derniere, jouable, manquantes,"
                        " perdues, demande, mail, evenement, precedent, rang, texte, maillon FROM reprises"):  # fmt: skip
            with self.assertRaises(Exception):
                other.alter(refused)

    def test_replay(self):
        """A night after a restoration is played again behind the same gap, with decisions on both sides of it."""
        root = self.root()
        root.references(FS)
        root.drop(FS[0].compte, "a.zip", depot(FS[0]))
        root.drop(FS[1].compte, "a.zip", depot(FS[1]))
        root.run(N1)
        root.decide("ENR0001M0", "valider", date=N1)
        path = self.folder() / "s.db"
        self.assertEqual(root.segur("backup", path, "--root", root.path).returncode, 0)
        other, _ = self.restored(path, "--apres", N2)
        other.decide("ENR0002M0", "rejeter", 0, "--motif", "x", date=N3)
        self.night(other, N3, FS[2])
        other.decide("ENR200003M0", "valider", date=N3)
        self.night(other, N4, FS[3])
        done = other.segur("replay", "--date", N4, self.folder() / "rejeu", "--root", other.path)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_mails_of_the_backup(self):
        """Those that were due in it have gone with a later night; without one they go again, the same."""
        root = self.root(repertoire="../sauvegardes")
        folder = root.path.parent / "sauvegardes"
        folder.mkdir(exist_ok=True)
        self.addCleanup(shutil.rmtree, folder, True)
        root.references(FS)
        self.night(root, N1, FS[0])
        (own,) = folder.iterdir()
        other, done = self.restored(own, "--apres", N2)
        self.assertIn("1 courriel dû dans la sauvegarde : tenu pour parti", done.stdout)
        self.assertIn("INSEE", done.stdout)
        other, done = self.restored(own, "--outbox", root.path)
        self.assertIn("1 courriel dû : la prochaine nuit l'enverra", done.stdout)
        other.configure(repertoire="aucun")
        other.run(N2)
        self.assertEqual([p.read_bytes() for p in other.mail_files()], [p.read_bytes() for p in root.mail_files()])

    def test_half_restored(self):
        """Killed at any call, it is no root; the same command makes it one, as if nothing had been there."""
        root, path = self.world()
        second = self.folder() / "s2.db"
        root.segur("backup", second, "--root", root.path)
        whole, _ = self.restored(path, "--apres", N3)
        calls: dict = {}
        for call in ("mkdirat", "openat", "pwrite64", "write", "fsync,fdatasync,syncfs", "rename,renameat,renameat2", "unlink,unlinkat"):
            target, when, killed = self.folder(), 1, 0
            step = 1 if call in ("rename,renameat,renameat2", "unlink,unlinkat", "fsync,fdatasync,syncfs", "mkdirat") else 53
            while True:
                other = root_at(target / str(when))
                done = root.kill_at(call, when, "restore", path, other.path, "--apres", N3)
                if done.returncode == 0:
                    break
                killed += 1
                mark = other.path / ".racine-inachevee"
                if mark.exists() and not killed % 5:
                    self.assertEqual(other.segur("run", "--root", other.path, "--date", N4).returncode, 78)
                    self.assertEqual(other.segur("init", other.path).returncode, 78)
                    shutil.copytree(other.path, copy := target / "copie", symlinks=True)
                    self.assertEqual(other.segur("restore", second, copy, "--apres", N3).returncode, 0)
                    self.assertEqual(root_at(copy).sql("SELECT count(*) FROM demandes"), [(3,)], "another backup is all there")
                    shutil.rmtree(copy)
                done = other.segur("restore", path, other.path, "--apres", N3)
                if done.returncode == 65 and (other.path / "var/segur.db").exists() and not mark.exists():
                    pass  # killed after the last step
                else:
                    self.assertEqual(done.returncode, 0, (call, when, done.stderr))
                mine, theirs = (re.sub(r"'20\d\d-\d\d-\d\d',1,|\|20\d\d-\d\d-\d\d\|reprise.*", "", r.dump()) for r in (other, whole))
                self.assertEqual(mine, theirs, (call, when))
                self.assertEqual(other.tree("var/archives"), whole.tree("var/archives"))
                shutil.rmtree(other.path)
                when += step
            calls[call] = killed
        self.assertTrue(all(calls.values()), calls)


class TestOwnBackup(Case):
    """[sauvegarde]: each night's own."""

    def world(self, **conf):
        folder = self.folder() / "sauvegardes"
        folder.mkdir()
        root = self.root(repertoire=folder, **conf)
        root.references(FS)
        return root, folder

    def test_kept_and_removed(self):
        root, folder = self.world(garder_jours=2)
        (folder / "autre.sauvegarde").write_text("x")
        for end in ("", "-journal", "-wal", "-shm"):
            (folder / f"segur-2026-03-01-nuit-1.sauvegarde.tmp{end}").write_text("x")
        for n, night in enumerate((N1, N2, N3, N4)):
            root.drop(FS[n].compte, "a.zip", depot(FS[n]))
            root.run(night)
        names = sorted(p.name for p in folder.iterdir())
        self.assertEqual(names, ["autre.sauvegarde", *(f"segur-{d}-nuit-{n}.sauvegarde" for d, n in ((N2, 2), (N3, 3), (N4, 4)))])
        self.assertEqual(stat.S_IMODE((folder / names[-1]).stat().st_mode), 0o600)
        root.run(N4)
        self.assertIn(f"segur-{N4}-nuit-5.sauvegarde", os.listdir(folder))

    def test_before_anything_goes_out(self):
        """Killed at any rename or sync: what is in the outbox is in a backup."""
        root, folder = self.world()
        for f in FS:
            root.drop(f.compte, "a.zip", depot(f))
        for call in ("rename,renameat,renameat2", "fsync,fdatasync,syncfs"):
            for when in range(1, 60, 2):
                copy, own = self.copied(root), self.folder() / "s"
                own.mkdir()
                copy.configure(repertoire=own)
                done = copy.kill_at(call, when, "run", "--root", copy.path, "--quiet", "--date", N1)
                out = list((copy.path / "outbox/mails/new").iterdir()) + list((copy.path / "outbox/fournisseurs").rglob("*.yaml"))
                if out:
                    self.assertTrue([p for p in own.iterdir() if p.suffix == ".sauvegarde"], (call, when))
                copy.run(N1)
                self.assertEqual(len(copy.mail_files()), len(FS), (call, when))
                self.assertFalse([p for p in own.iterdir() if ".tmp" in p.name], (call, when))
                newest = max(own.iterdir(), key=lambda p: p.stat().st_mtime)
                again = command("restore", newest, self.folder() / "r", "--outbox", copy.path)
                self.assertEqual(again.returncode, 0, again.stderr)
                if done.returncode == 0:
                    break
            self.assertGreater(when, 3)

    def test_failures(self):
        """A backup that fails is said and told by the exit code; the answers go out, and no older one is removed."""
        root, folder = self.world(garder_jours=1)
        root.drop(FS[0].compte, "a.zip", depot(FS[0]))
        root.run(N1)
        root.configure(repertoire=folder / "absent")
        root.drop(FS[1].compte, "a.zip", depot(FS[1]))
        done = root.run(N4, 73)
        self.assertIn("n'a pas pu se sauvegarder", done.stderr)
        self.assertEqual(root.retour(FS[1].compte, "a.zip")["etat"], "OK")
        self.assertEqual(len(list(folder.iterdir())), 1)
        root.configure(repertoire=folder, garder_jours=30)
        done = root.run(N5, 78)
        self.assertIn("garder_jours (30) doit être inférieur à identite_jours (30)", done.stderr)
        root.configure(repertoire="aucun")
        root.run(N5)


class TestDayLimit(Case):
    def test_the_rest_waits(self):
        """No day records more drops than the gap of a day holds."""
        root = self.root()
        root.references(FS)
        root.run(N1)
        root.alter("WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 99998)"
                   " INSERT INTO depots (nuit, date, compte, archive, taille, format, recu_le, type, etat, essai, source,"
                   " retour_nom, retour_publie, libere) SELECT 1, '2026-03-03', 'x', 'x', 1, 'zip', '', '', 'KO', 0, '', i,"
                   " 1, 1 FROM n")  # fmt: skip
        for f in FS:
            root.drop(f.compte, "a.zip", depot(f))
        done = root.run(N2, expect=69)
        self.assertIn("nombre maximal de dépôts d'un jour atteint : 2 dépôts remis à la nuit suivante", done.stderr)
        self.assertEqual(root.sql("SELECT count(*) FROM demandes"), [(2,)])
        root.run(N2, expect=69)
        self.assertEqual(root.sql("SELECT count(*) FROM demandes"), [(2,)])
        root.run(N3)
        self.assertEqual(root.sql("SELECT count(*) FROM demandes"), [(4,)])


class World:
    """Nights, backups, cuts and restorations, all a function of the seed."""

    def __init__(self, case: Restored, seed: int):
        self.case, self.rng, self.given = case, random.Random(seed), Given()
        self.day, self.serial = 0, 0
        self.root = case.root(analyseurs=1)
        self.root.references(self.suppliers())
        self.root.run(day(0))
        self.backups: list = []
        self.story: list = []

    def suppliers(self):
        self.fs = [supplier(n) for n in range(1, 41)]
        return self.fs

    def night(self) -> None:
        rng, root = self.rng, self.root
        if rng.random() < 0.8:
            self.day += rng.randint(1, 2)
        self.day = max(self.day, self.first_day())
        for _ in range(rng.randint(0, 3)):
            f = rng.choice(self.fs)
            self.serial += 1
            root.drop(f.compte, f"n{self.serial}.zip", rng.choice((depot(f), b"bonjour")))
        known = [n for (n,) in root.sql("SELECT printf('ENR%04dM0', id) FROM demandes WHERE statut = 'EN_COURS'")]
        if known and rng.random() < 0.6:
            rows = [(n, rng.choice(("valider", "rejeter")), "Motif", "", "B. Caron") for n in rng.sample(known, min(2, len(known)))]
            root.asp(f"decisions-{self.serial}.csv", decisions(rows))
        words = ["run", "--root", root.path, "--quiet", "--date", day(self.day)]
        if rng.random() < 0.25:
            call, when = rng.choice((("renameat", rng.randint(1, 12)), ("syncfs", rng.randint(1, 8)), ("pwrite64", rng.randint(1, 60))))
            root.kill_at(call, when, *words)
            self.story.append(f"night of {day(self.day)}, killed at {call} {when}")
        else:
            done = root.segur(*words)
            assert done.returncode == 0, done.stderr
            self.story.append(f"night of {day(self.day)}")
        if known and rng.random() < 0.3:
            root.segur("decide", rng.choice(known), "valider", "--gestionnaire", "B. Caron", "--date", day(self.day), "--root", root.path)
        self.given.look(root)

    def first_day(self) -> int:
        ((first,),) = self.root.sql("SELECT coalesce(max(jouable), '') FROM reprises")
        return (datetime.date.fromisoformat(first) - FIRST_DAY).days if first else 0

    def back_up(self) -> None:
        path = self.case.folder() / "s.db"
        done = self.root.segur("backup", path, "--root", self.root.path)
        assert done.returncode == 0, done.stderr
        self.backups.append(path)
        self.story.append("backup")

    def fetch(self) -> None:
        """Readers take what they like."""
        outbox = self.root.path / "outbox"
        for path in sorted(outbox.rglob("*")):
            if path.is_file() and not path.is_symlink() and ".tmp" not in str(path) and path.name != ".suite" and self.rng.random() < 0.5:
                if "rapports" not in str(path):
                    path.unlink()
        if self.rng.random() < 0.3:
            shutil.rmtree(outbox / "asp/rapports")

    def lose(self) -> None:
        """The root is lost; any of the backups comes back."""
        self.fetch()
        how = self.rng.choice(("--outbox", "--apres", "both", "old"))
        if how == "--outbox" and not (self.root.path / "outbox/.suite").exists():
            how = "both"
        options = []
        if how == "old":  # an outbox of before there was the file of what was given: its readers may hide the last night
            (self.root.path / "outbox/.suite").unlink(missing_ok=True)
        if how != "--apres":
            options += ["--outbox", self.root.path]
        if how != "--outbox":
            options += ["--apres", day(self.day)]
        path = self.rng.choice(self.backups)
        other = root_at(self.case.folder() / "racine")
        done = command("restore", path, other.path, *options)
        assert done.returncode == 0, done.stderr
        self.story.append(f"restored backup {self.backups.index(path) + 1} with {how}")
        self.root = other
        if how != "--outbox":
            self.day = max(self.day, self.first_day())

    def play(self) -> None:
        for _ in range(self.rng.randint(0, 2)):
            self.night()
        self.back_up()
        for _ in range(3):
            for _ in range(self.rng.randint(0, 3)):
                self.night()
                if self.rng.random() < 0.3:
                    self.back_up()
            self.lose()
        self.night()
        self.night()
        done = self.root.segur("run", "--root", self.root.path, "--quiet", "--date", day(self.day + 1))
        assert done.returncode == 0, done.stderr
        self.given.look(self.root)
        self.case.agrees(self.root)


class TestWorlds(Restored):
    def test_worlds(self):
        first, _, last = os.environ.get("SEGUR_SEEDS", os.environ.get("SEGUR_SEED", f"1-{WORLDS}")).partition("-")
        for seed in range(int(first), int(last or first) + 1):
            with self.subTest(seed=seed):
                world = World(self, seed)
                try:
                    world.play()
                except AssertionError as error:
                    raise AssertionError(f"{error}\n  " + "\n  ".join(world.story)) from error
