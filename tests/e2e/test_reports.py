"""State reports of a night alone ([rapports] etat = nuit), and all of them when asked for (`segur reports`)."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import unittest

from harness import Case, SEGUR
from factory import decisions, depot, supplier

NIGHT_1, NIGHT_2, NIGHT_3, NIGHT_4 = "2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05"
STATE_REPORTS = ("demandes", "pieces", "comptes", "droits", "coordonnees_bancaires", "alertes")
NAMES = ("un", "deux", "trois", "quatre")


class TestRapports(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.f = {name: supplier(n, compte=f"{name}-{n}") for n, name in enumerate(NAMES, 1)}
        cls.first = cls.shared_root()
        cls.first.references(cls.f.values())
        for f in cls.f.values():
            cls.first.drop(f.compte, "dossier.zip", depot(f))
        cls.first.run(NIGHT_1)
        cls.numeros = {name: cls.first.retour(f.compte, "dossier.zip")["numero"] for name, f in cls.f.items()}

    def decided(self, **conf):
        """A second night that validates the first request alone, and a third in which nothing happens."""
        root = self.copied(self.first)
        root.configure(**conf)
        root.asp("decisions.csv", decisions([{"numero": self.numeros["un"], "decision": "valider", "motif": "",
                                              "pieces": "", "gestionnaire": "Bérénice Caron"}]))  # fmt: skip
        root.run(NIGHT_2)
        return root

    def package(self, folder):
        found = json.loads((folder / "datapackage.json").read_text("utf-8"))
        for resource in found["resources"]:
            data = (folder / resource["path"]).read_bytes()
            self.assertEqual(resource["bytes"], len(data))
            self.assertEqual(resource["hash"], "sha256:" + hashlib.sha256(data).hexdigest())
            self.assertEqual(resource["rows"] if "rows" in resource else None,
                             data.count(b"\r\n") - 1 if "rows" in resource else None)  # fmt: skip
        return {resource["name"]: resource for resource in found["resources"]}

    def test_a_night_alone(self):
        root = self.decided(etat="nuit")
        folder = root.path / "outbox/asp/rapports/courant"
        for name in ("demandes", "droits", "coordonnees_bancaires", "comptes"):
            with self.subTest(name):
                numeros = [r["numero"] for r in root.report(name)]
                self.assertEqual(numeros, [self.numeros["un"]])
        self.assertEqual({r["numero"] for r in root.report("pieces")}, {self.numeros["un"]})
        scopes = {name: resource.get("portee") for name, resource in self.package(folder).items()}
        self.assertEqual(scopes, {name: "nuit" if name in STATE_REPORTS else None for name in scopes})
        self.assertEqual(len(scopes), 10)
        totals = {r["indicateur"]: r["valeur"] for r in root.report("statistiques")}
        self.assertEqual((totals["demandes"], totals["demandes_validee"]), ("4", "1"))
        root.run(NIGHT_3)
        for name in STATE_REPORTS:
            self.assertEqual(root.report(name), [], name)
        self.assertEqual(root.segur("verify", "--root", root.path).returncode, 0)
        replayed = root.segur("replay", "--date", NIGHT_2, self.folder() / "rejeu", "--root", root.path)
        self.assertEqual(replayed.returncode, 0, replayed.stdout + replayed.stderr)

    def test_all_of_it(self):
        """What the command writes is what a night writes that tells all, byte for byte."""
        for etat in ("complet", "nuit"):
            with self.subTest(etat):
                root = self.decided(etat=etat)
                whole = self.decided().path / "outbox/asp/rapports/courant"
                where = self.folder() / "tout"
                done = root.segur("reports", where, "--root", root.path)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                for name in STATE_REPORTS:
                    self.assertEqual((where / f"{name}.csv").read_bytes(), (whole / f"{name}.csv").read_bytes(), name)
                self.assertEqual(sorted(self.package(where)), sorted(STATE_REPORTS))
                self.assertIn(NIGHT_2, (where / "datapackage.json").read_text("utf-8"))

    def test_other_name(self):
        root = self.decided()
        folders = [self.folder() / name for name in ("reports", "rapports")]
        for where in folders:
            self.assertEqual(root.segur(where.name, where, "--root", root.path).returncode, 0)
        for path in folders[0].iterdir():
            self.assertEqual(path.read_bytes(), (folders[1] / path.name).read_bytes(), path.name)

    def failed_night(self, date, **conf):
        """Decides the first request and takes a new drop, a third supplier's pieces, and ends before its reports."""
        root = self.copied(self.first)
        root.configure(**conf)
        root.run(NIGHT_2)  # where nothing happens
        f = supplier(5, compte="cinq-5")
        root.references([*self.f.values(), f])
        root.drop(f.compte, "dossier.zip", depot(f))
        root.asp("decisions.csv", decisions([{"numero": self.numeros["un"], "decision": "valider", "motif": "",
                                              "pieces": "", "gestionnaire": "Bérénice Caron"}]))  # fmt: skip
        folder = root.path / "outbox/asp/rapports"
        folder.rename(root.path / "rapports")
        folder.write_text("ce n'est pas un répertoire")
        root.run(date, 73)
        folder.unlink()
        (root.path / "rapports").rename(folder)
        return root

    def test_a_date_again(self):
        """What a failed night had recorded stands in the next date's reports, however often that date is played."""
        for etat in ("complet", "nuit"):
            with self.subTest(etat):
                root = self.failed_night(NIGHT_3, etat=etat)
                told = []
                for date in (NIGHT_4, NIGHT_4, NIGHT_4):
                    root.run(date)
                    folder = root.path / "outbox/asp/rapports/courant"
                    told.append({p.name: p.read_bytes() for p in folder.resolve().iterdir()})
                self.assertEqual(told[1], told[0])
                self.assertEqual(told[2], told[0])
                self.assertEqual([r["evenement"] for r in root.report("evenements")], ["valider", "depot"])
                self.assertEqual(len(root.report("depots")), 1)
                self.assertEqual(len(root.report("comptes")), 1)
                totals = {r["indicateur"]: r["valeur"] for r in root.report("statistiques")}
                self.assertEqual((totals["evenements"], totals["depots"], totals["mails"]), ("2", "1", "4"))
                if etat == "nuit":
                    self.assertEqual({r["numero"] for r in root.report("demandes")}, {self.numeros["un"], "ENR0005M0"})
                self.assertEqual(self.package(folder)["droits"].get("portee"), "complet" if etat == "nuit" else None)
                root.run("2026-03-06")
                for name in ("evenements", "depots", "anomalies"):
                    self.assertEqual(root.report(name), [], name)
                self.assertEqual(root.segur("verify", "--root", root.path).returncode, 0)

    def test_a_command_is_told_once(self):
        root = self.copied(self.first)
        root.decide(self.numeros["un"], "valider", date=NIGHT_1)
        told = {}
        for date in (NIGHT_2, NIGHT_3, NIGHT_4):
            root.run(date)
            totals = {r["indicateur"]: r["valeur"] for r in root.report("statistiques")}
            told[date] = (len(root.report("evenements")), totals["evenements"], totals["mails"])
        self.assertEqual(told, {NIGHT_2: (1, "1", "3"), NIGHT_3: (0, "0", "0"), NIGHT_4: (0, "0", "0")})
        root.decide(self.numeros["deux"], "valider", date=NIGHT_4)
        root.run(NIGHT_4)  # what came between two runs of a date is in the second one's
        self.assertEqual([r["numero"] for r in root.report("evenements")], [self.numeros["deux"]])

    def test_what_leaves_a_report(self):
        """A rejected request's bank details, and what a purge erases: the night alone says that they are no more."""
        root = self.copied(self.first)
        root.configure(etat="nuit", dossier_jours=10, identite_jours=5)
        root.decide(self.numeros["un"], "rejeter", 0, "--motif", "Illisible.", date=NIGHT_1)
        root.run(NIGHT_2)
        self.assertEqual([r["numero"] for r in root.report("demandes")], [self.numeros["un"]])
        self.assertEqual(root.report("coordonnees_bancaires"), [])
        package = self.package(root.path / "outbox/asp/rapports/courant")
        self.assertIn("n'a pas de ligne ici n'en a plus", package["coordonnees_bancaires"]["description"])
        purged = root.segur("purge", "--root", root.path, "--date", "2026-04-02")
        self.assertEqual(purged.returncode, 0, purged.stderr)
        root.run("2026-04-02")
        (row,) = root.report("demandes")
        self.assertEqual((row["numero"], row["contact"], row["representant_nom"]), (self.numeros["un"], "", ""))
        root.run("2026-04-04")  # of the purge's own day it may be told again, not later
        root.run("2026-04-05")
        self.assertEqual(root.report("demandes"), [])

    def test_nothing_is_written_over(self):
        root = self.decided()
        where = self.folder() / "plein"
        where.mkdir()
        (where / "demandes.csv").write_text("à moi")
        done = root.segur("reports", where, "--root", root.path)
        self.assertEqual(done.returncode, 65)
        self.assertIn("n'est pas vide", done.stderr)
        self.assertEqual([(p.name, p.read_text()) for p in where.iterdir()], [("demandes.csv", "à moi")])
        (where / "demandes.csv").unlink()
        self.assertEqual(root.segur("reports", where, "--root", root.path).returncode, 0)

    def visible(self, folder):
        return {p.name: p.read_bytes() for p in folder.iterdir() if p.name[0] != "."} if folder.exists() else {}

    def asked(self):
        """A root, and what the command writes of it."""
        root, where = self.decided(), self.folder() / "voulu"
        self.assertEqual(root.segur("reports", where, "--root", root.path).returncode, 0)
        return root, self.visible(where)

    @unittest.skipUnless(shutil.which("strace"), "no strace")
    def test_killed_anywhere(self):
        """No report is ever there in part; the next attempt works, unless all was done."""
        root, wanted = self.asked()
        runs = told = 0
        for call in "mkdir mkdirat openat write syncfs renameat unlinkat close".split():
            for when in range(1, 200):
                with self.subTest(call=call, when=when):
                    where = self.folder() / "tout"
                    if root.kill_at(call, when, "reports", where, "--root", root.path).returncode == 0:
                        break
                    runs += 1
                    found = self.visible(where)
                    self.assertEqual(found, {name: wanted[name] for name in found})
                    self.assertTrue("datapackage.json" not in found or found == wanted)
                    whole = found == wanted and not (where / ".rapports.tmp").exists()
                    done = root.segur("reports", where, "--root", root.path)
                    if whole:  # nothing but the end of the program was to come
                        told += 1
                        self.assertEqual((done.returncode, "n'est pas vide" in done.stderr), (65, True))
                        continue
                    self.assertEqual((done.returncode, done.stderr), (0, ""))
                    self.assertEqual(self.visible(where), wanted)
                    self.assertFalse((where / ".rapports.tmp").exists())
            else:
                self.fail(f"{call}: more than {when} of them")
        self.assertGreater(runs, 40)
        self.assertIn(told, range(1, runs // 2))

    def injected(self, root, where, call, error, when, path=None):
        """A call that fails at that time; with `path`, of those on it alone."""
        words = ["strace", "-qq", "-o", "/dev/null", *(["-P", path] if path else []),
                 "-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={when}"]  # fmt: skip
        environment = os.environ | {"ASAN_OPTIONS": "detect_leaks=0"}
        return subprocess.run([*words, SEGUR, "rapports", where, "--root", root.path], capture_output=True, text=True, env=environment)

    @unittest.skipUnless(shutil.which("strace"), "no strace")
    def test_disk_that_fails(self):
        """Said, nothing of it stays, and the next attempt works."""
        root, wanted = self.asked()
        runs = 0
        for call, error in (("write", "ENOSPC"), ("renameat", "EIO"), ("syncfs", "EIO"), ("mkdirat", "ENOSPC")):
            for when in range(1, 60):
                with self.subTest(call=call, when=when):
                    where = self.folder() / "tout"
                    done = self.injected(root, where, call, error, when)
                    if done.returncode == 0:
                        break
                    runs += 1
                    self.assertEqual(done.returncode, 73, done.stderr)
                    self.assertEqual(list(where.iterdir()), [])
                    self.assertEqual(root.segur("reports", where, "--root", root.path).returncode, 0)
                    self.assertEqual(self.visible(where), wanted)
        self.assertGreater(runs, 20)

    @unittest.skipUnless(shutil.which("strace"), "no strace")
    def test_folder_that_cannot_be_read(self):
        """It is not said to hold anything."""
        root, where = self.decided(), self.folder()
        for call, error, when in (("getdents64", "EIO", 1), ("openat", "EMFILE", 2)):
            with self.subTest(call):
                done = self.injected(root, where, call, error, when, where)
                self.assertEqual(done.returncode, 73, done.stderr)
                self.assertIn(str(where), done.stderr)
                self.assertNotIn("n'est pas vide", done.stderr)

    def test_two_at_once(self):
        root, where = self.decided(), self.folder()
        folder = os.open(where, os.O_RDONLY)
        fcntl.flock(folder, fcntl.LOCK_EX)
        done = root.segur("reports", where, "--root", root.path)
        os.close(folder)
        self.assertEqual((done.returncode, list(where.iterdir())), (75, []))
        self.assertIn("une autre exécution y écrit", done.stderr)
        self.assertEqual(root.segur("reports", where, "--root", root.path).returncode, 0)

    def test_while_a_night_runs(self):
        root = self.decided()
        with root.lock():
            self.assertEqual(root.segur("rapports", self.folder() / "r", "--root", root.path).returncode, 0)

    def test_usage(self):
        root = self.first
        for words in ((), ("a", "b")):
            self.assertEqual(root.segur("rapports", *words, "--root", root.path).returncode, 64)
        done = subprocess.run([SEGUR, "rapports", "--help"], capture_output=True, text=True)
        self.assertIn("données personnelles", done.stdout)
