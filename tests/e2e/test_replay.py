"""`segur replay`: a past night rebuilt from what was kept is the same night; whatever was altered is found."""

import contextlib
import datetime
import os
import pathlib
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest

from certificates import certificat
from disturbed import DIES, on_archives
from harness import NIGHT_S, SEGUR, Case, Root
from factory import archive, decisions, depot, supplier, pdf, person, references, replace, siren
from test_listing import failing
from test_vault import MARK, marked

N1, N2, N3, N4 = "2026-03-02", "2026-03-03", "2026-03-04", "2026-05-20"
CARON = "Bérénice Caron"
NAMES = "validee partielle rejetee pieces modification attente fenetre retrait depositaire".split()
TABLES = ("depots", "anomalies", "demandes", "dossiers", "pieces", "evenements", "journal", "mails", "comptes",
          "signaux", "corrections", "retours_asp", "etablissements", "unites_legales")  # fmt: skip


def row(numero, decision, motif="", pieces="", **more):
    return {"numero": numero, "decision": decision, "motif": motif, "pieces": pieces, "gestionnaire": CARON} | more


def package(text: str, pieces: dict[str, bytes], kind="zip") -> bytes:
    listed = ", ".join(f"{{type: {code}, fichier: {code}.pdf}}" for code in pieces)
    text = f"format: 1\n{text}" + (f"pieces: [{listed}]\n" if pieces else "")
    return archive(kind, {"dossier.yaml": text.encode()} | {f"{code}.pdf": data for code, data in pieces.items()})


def sequel(kind: str, numero: str, pieces: dict[str, bytes], sections="", form="zip") -> bytes:
    return package(f"type: {kind}\ndemande: {numero}\n{sections}", pieces, form)


def complementaire(f, numero_ans: str) -> bytes:
    return package(
        f"type: complementaire\nreferencement: {{numero_ans: {numero_ans}}}\n"
        f"demandeur: {{siret: {f.siret}, distributeur: non}}\ndeclarant: representant_legal\n"
        "tva: {assujetti: oui}\nengagements: {cgu: oui, article_441_7: oui, authenticite: oui}\n",
        {"certificat_referencement": pdf("Certificat")},
        "tar.gz",
    )


class History:
    """Six nights with all that a night may meet; `avant` are copies of the root before some of them."""

    def __init__(self, keep):
        tiers = person("Chloé", "Béranger", "tiers", nature="passeport")
        changes = {"partielle": {"etat": "en_cours", "dsr": "SONS RIS"}, "fenetre": {"dsr": "SONS DPI", "hds": False},
                   "depositaire": {"depositaire": tiers, "siren_editeur": siren("29888801")}}  # fmt: skip
        self.f = {n: supplier(i, compte=f"{n}-{i}", **changes.get(n, {})) for i, n in enumerate(NAMES, 1)}
        self.ans = {name: f"ca{i:08d}" for i, name in enumerate(NAMES)}  # of each one's second software
        self.root, self.keep, self.before_it = Root(archive_octets=3_000_000), keep, {}
        keep(self.root)
        self.first()
        self.second()
        self.third()
        self.later()
        self.real()

    def numero(self, name: str) -> str:
        """Of the first request of that supplier."""
        f = self.f[name]
        return self.root.sql("SELECT min(printf('ENR%04dM%d', id, rang)) FROM demandes WHERE siren = ?", f.siren)[0][0]

    def registers(self, closed=(), without=(), **changes):
        """The ASP's files, both softwares of each; DSRs whose window is closed, accounts without access."""
        fs = [replace(f, **changes.get(name, {})) for name, f in self.f.items()]
        files = references([*fs, *(replace(f, numero_ans=self.ans[n], etat="valide") for n, f in zip(self.f, fs))])
        text = files["calendrier.csv"].decode("utf-8-sig")
        for dsr in closed:
            text = re.sub(rf"({dsr}[;,]2025-01-01[;,])2026-12-31", r"\g<1>2026-02-28", text)
        files["calendrier.csv"] = text.encode()
        lines = files["acces.csv"].decode("utf-8-sig").splitlines(keepends=True)
        files["acces.csv"] = "".join(x for x in lines if not any(self.f[n].compte in x for n in without)).encode()
        for name, data in files.items():
            self.root.asp(name, data)

    def before(self, name: str) -> None:
        self.before_it[name] = self.root.copy()
        self.keep(self.before_it[name])

    def first(self):
        self.registers()
        self.root.asp("referencements-bis.csv", b"nom inconnu")
        kinds = ("zip", "tar", "tar.gz", "tar.xz", "tar.zst")
        for i, (name, f) in enumerate(self.f.items()):
            self.root.drop(f.compte, f"dossier.{kinds[i % 5]}", depot(f, kinds[i % 5]))
        f = self.f["attente"]
        self.root.drop(f.compte, "essai.zip", depot(f, changes_by_path={"essai": "oui"}))
        self.root.drop(f.compte, "faux.zip", depot(f, changes_by_path={"banque.bic": "X", "representant.nom": None}))
        self.root.drop(f.compte, "illisible.zip", b"bonjour")
        self.root.drop(f.compte, "vide.zip", b"")
        self.root.drop(f.compte, "gros.zip", bytes(3_000_001))
        self.root.drop(f.compte, "encore.zip", depot(f, kinds[list(self.f).index("attente") % 5]))
        (self.root.path / "inbox" / f.compte / "lien.zip").symlink_to("vide.zip")
        self.root.drop("inconnu-au-bataillon", "dossier.zip", depot(f))
        self.before("N1")
        self.root.run(N1)

    def second(self):
        """Decisions of both kinds; a referencing that becomes valid, a window that closes, an access withdrawn."""
        n = self.numero
        self.root.decide(n("validee"), "valider", date=N1)
        self.root.decide(n("attente"), "demander_pieces", 0, "--pieces", "autre, kbis", "--motif", "Deux", date=N2)
        self.root.asp("decisions-1.csv", decisions([
            row(n("partielle"), "valider"), row(n("rejetee"), "rejeter", "Le mandat n’est pas signé"),
            row(n("pieces"), "demander_pieces", "Le Kbis", "kbis"), row("ENR9999M0", "valider"),
            row(n("modification"), "demander_modification", "Corrigez le RIB"), row(n("fenetre"), "valider"),
            row(n("retrait"), "valider"), row(n("depositaire"), "valider"),
        ]))  # fmt: skip
        self.root.asp("decisions-2.csv", b"numero;rien\r\n")
        self.registers(["SONS LGC"], ["retrait"], partielle={"etat": "valide"})
        self.root.asp("banques.csv", b"code_banque;bic\r\n")
        for name in ("validee", "fenetre", "retrait", "partielle", "attente"):
            f = self.f[name]
            self.root.drop(f.compte, "complementaire.tgz", complementaire(f, self.ans[name]))
        f = self.f["rejetee"]
        self.root.drop(f.compte, "dossier.zip", depot(f, "tar"))  # again, in a closed window
        self.before("N2")
        self.root.run(N2)

    def third(self):
        """Two nights of one date; INSEE says that an establishment has closed."""
        n, m = self.numero, self.f["modification"]
        self.registers([], [], partielle={"etat": "valide"}, modification={"etablissement": "F"})
        banque = f"banque: {{iban: {m.iban}, bic: {m.banque.bic}, titulaire: EDITEUR NOUVEAU}}\n"
        sent = {
            "pieces": ("suite.zip", sequel("pieces", n("pieces"), {"kbis": pdf("Kbis")})),
            "modification": ("corrige.tar", sequel("modification", n("modification"), {"rib": pdf("RIB")}, banque, "tar")),
            "partielle": ("final.zip", sequel("finalisation", n("partielle"), {"certificat_referencement": pdf("C")})),
            "validee": ("tard.zip", sequel("pieces", n("validee"), {"kbis": pdf("K")})),
            "rejetee": ("dossier.zip", depot(self.f["rejetee"], "tar")),
            "retrait": ("complementaire.tgz", complementaire(self.f["retrait"], self.ans["retrait"])),
        }
        for name, (file, data) in sent.items():
            self.root.drop(self.f[name].compte, file, data)
        self.root.drop(self.f["validee"].compte, "vole.zip", sequel("pieces", n("pieces"), {"kbis": pdf("K")}))
        self.before("N3")
        self.root.run(N3)
        self.root.decide(n("modification"), "demander_pieces", 0, "--pieces", "autre", date=N3)
        self.root.drop(self.f["attente"].compte, "suite.zip",
                       sequel("pieces", n("attente"), {"kbis": pdf("Kbis"), "autre": pdf("Statuts")}))  # fmt: skip
        self.root.drop(self.f["pieces"].compte, "suite.zip", sent["pieces"][1])  # the first answer again
        self.root.run(N3)

    def later(self):
        """Time passes: reminders."""
        self.root.asp("decisions-3.csv", decisions([row(self.numero("partielle"), "valider")]))
        self.before("N4")
        self.root.run(N4)
        self.reminders = len(self.root.mails("relance"))

    def real(self):
        """Nights of today: drops in the order received, the day of deposit by the clock."""
        for name in ("modification", "validee"):
            numero = self.numero(name)
            self.root.drop(self.f[name].compte, "z.zip", sequel("pieces", numero, {"autre": pdf("Z")}))
            time.sleep(0.02)
        self.root.drop(self.f["attente"].compte, "a.zip", complementaire(self.f["attente"], "inconnu"))
        late = {"representant.identite.valide_jusqu_au": "2025-01-01"}  # today, but not whenever
        self.root.drop(self.f["fenetre"].compte, "perime.zip", depot(self.f["rejetee"], changes_by_path=late))
        self.root.run(None, 0, "--force")  # the machine's date is far from the other nights
        (self.today,) = self.root.sql("SELECT date FROM nuits ORDER BY id DESC LIMIT 1")[0]


def replay(case, root: Root, date: str, expect=0) -> tuple[str, pathlib.Path]:
    """What it said on both streams, and where."""
    folder = case.folder() / "rejeu"
    done = root.segur("replay", "--date", date, folder, "--root", root.path)
    case.assertEqual(done.returncode, expect, done.stdout + done.stderr)
    return done.stdout + done.stderr, folder


def counts(said: str) -> dict[str, tuple[int, int]]:
    """The table: what was compared -> how many, how many differ."""
    rows = re.findall(r"^(\S.*?) {2,}(\d+) +(\d+)(?: +\d+)?$", said, re.M)
    return {name: (int(compared), int(differ)) for name, compared, differ in rows}


class Replay(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.h = History(lambda root: cls.addClassCleanup(root.remove))
        cls.root = cls.h.root

    def tampered(self, *statements, triggers=True) -> Root:
        root = self.copied(self.root)
        with contextlib.closing(sqlite3.connect(root.path / "var/segur.db")) as database, database:
            if triggers:
                for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                    database.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                cursor = database.execute(statement)
                self.assertEqual(cursor.rowcount, 1, statement)
        return root


class TestSame(Replay):
    def test_the_story_is_rich(self):
        """What the other tests rely on: every type accepted, every verdict, every change of the registers met."""
        taken = dict(self.root.sql("SELECT type, count(*) FROM depots WHERE etat IN ('OK', 'ANO') AND NOT essai GROUP BY 1"))
        self.assertEqual(set(taken), {"initial", "complementaire", "pieces", "modification", "finalisation"})
        self.assertEqual({e for (e,) in self.root.sql("SELECT DISTINCT etat FROM depots")}, {"OK", "ANO", "KO"})
        codes = {c for (c,) in self.root.sql("SELECT DISTINCT code FROM anomalies")}
        self.assertLessEqual({"CYC-005", "CYC-010"}, codes)
        self.assertTrue(codes & {"ACC-001", "ACC-002"}, codes)
        self.assertEqual(self.root.sql("SELECT count(*) FROM depots WHERE reponse_de IS NOT NULL"), [(2,)])
        self.assertEqual(self.root.sql("SELECT count(*) FROM commandes"), [(3,)])
        self.assertEqual(self.root.sql("SELECT count(*) FROM evenements WHERE nuit IS NULL"), [(3,)])
        refused = {n for (n,) in self.root.sql("SELECT nature FROM fichiers_asp WHERE etat = 'refuse'")}
        self.assertEqual(refused, {"inconnu", "decisions", "banques"})
        self.assertGreater(self.h.reminders, 0)
        self.assertTrue(self.root.sql("SELECT 1 FROM signaux WHERE code = 'SIG-004' LIMIT 1"))
        self.assertEqual(self.root.sql("SELECT count(*) FROM nuits"), [(6,)])

    def test_each_night_is_the_same(self):
        tree, dump = self.state(self.root)
        for date, nights in ((N1, 1), (N2, 2), (N3, 4), (N4, 5), (self.h.today, 6)):
            with self.subTest(date):
                said, folder = replay(self, self.root, date)
                self.assertIn("Le rejeu redonne la même nuit.", said)
                self.assertIn(f"{nights} nuits" if nights > 1 else "1 nuit", said)
                found = counts(said)
                self.assertEqual({name: d for name, (_, d) in found.items() if d}, {})
                drops = self.root.sql("SELECT count(*) FROM depots WHERE date = ?", date)[0][0]
                self.assertEqual([found[k][0] for k in ("Dépôts", "Réponses rendues", "Réponses dans l'outbox")], [drops] * 3)
                mails = self.root.sql("SELECT count(*) FROM mails m LEFT JOIN evenements e ON e.id = m.evenement"
                                      " WHERE m.date = ? AND (m.evenement IS NULL OR e.nuit IS NOT NULL)", date)[0][0]  # fmt: skip
                self.assertEqual(found["Courriels dans l'outbox"][0], mails)
                reports = self.root.path / "outbox/asp/rapports" / date
                self.assertEqual(found["Rapports dans l'outbox"][0], len(os.listdir(reports)))
        after = self.state(self.root)
        self.same(after[0], tree, "the original is only read")
        self.assertTrue(after[1] == dump)

    def state(self, root: Root) -> tuple[dict, str]:
        dump = root.dump()
        return {name: what for name, what in root.tree(".").items() if not re.fullmatch(r"var/segur\.db-(shm|wal)", name)}, dump

    def test_the_last_night_is_a_whole_root(self):
        """Rows and outbox of the replay are the original's, to the byte; archives are not kept twice."""
        _, folder = replay(self, self.root, self.h.today)
        other = Root.__new__(Root)
        other.program, other.path = SEGUR, folder
        for table in TABLES:
            mine, theirs = (r.sql(f"SELECT * FROM {table} ORDER BY 1, 2") for r in (self.root, other))
            self.assertEqual([r[:-1] for r in theirs] if table == "depots" else theirs,
                             [r[:-1] for r in mine] if table == "depots" else mine, table)  # fmt: skip
        self.same(other.tree(), self.root.tree())
        self.assertEqual((other.tree("var/archives"), other.tree("var/tmp")), ({}, {}))

    def test_number_of_parsers(self):
        """The night itself, and its replay, with 1, 2 or 8 parsers: nights of all types give the same bytes."""
        for night, date in (("N1", N1), ("N2", N2), ("N3", N3)):
            made = self.h.before_it[night]
            trees, rows = [], []
            for parsers in (1, 2, 8):
                root = self.copied(made)
                root.configure(analyseurs=parsers)
                root.run(date)
                trees.append(root.tree())
                rows.append([[r[:-1] if t == "depots" else r for r in root.sql(f"SELECT * FROM {t} ORDER BY 1, 2")]
                             for t in TABLES if t != "depots"])  # fmt: skip
                with self.subTest(night=night, parsers=parsers):
                    replay(self, root, date)
            for tree in trees[1:]:
                self.same(tree, trees[0], night)
            self.assertEqual(rows[1:], rows[:1] * 2)

    def test_without_insee_and_with_an_empty_outbox(self):
        """INSEE's files are not needed; what suppliers have fetched is compared by its rows."""
        root = self.copied(self.root)
        stocks = root.sql("SELECT DISTINCT sha256 FROM fichiers_asp WHERE nature IN ('unites_legales', 'etablissements')")
        for (sha256,) in stocks:
            (root.path / f"var/references/{sha256}.csv").unlink(missing_ok=True)
        for path in [p for p in (root.path / "outbox").rglob("*") if p.is_file()]:
            path.unlink()
        (root.path / "outbox/asp/rapports" / N3).rmdir()
        said, _ = replay(self, root, N3)
        found = counts(said)
        self.assertEqual((found["Réponses dans l'outbox"][0], found["Courriels dans l'outbox"][0]), (0, 0))
        self.assertGreater(found["Réponses rendues"][0], 0)
        self.assertIn("ne sont plus dans l'outbox", said)

    def test_a_mail_that_was_read(self):
        root = self.copied(self.root)
        (moved, *rest) = [p for p in root.mail_files() if p.name.startswith(N3.replace("-", ""))]
        moved.rename(root.path / "outbox/mails/cur" / f"{moved.name}:2,S")
        before, _ = replay(self, self.root, N3)
        after, _ = replay(self, root, N3)
        self.assertEqual(counts(after), counts(before))

    def test_incidents(self):
        """A night without registers: every drop waits; its names and ids are taken as they were."""
        root = self.root_with_incidents()
        for date in (N1, N2, N3):
            said, _ = replay(self, root, date)
            self.assertEqual({d for _, d in counts(said).values()}, {0})
        self.assertEqual([r["etat"] for r in root.retours(self.h.f["validee"].compte, "a.zip")], ["INCIDENT", "OK"])

    def root_with_incidents(self) -> Root:
        root = self.root_new()
        f, g = self.h.f["validee"], self.h.f["rejetee"]
        root.drop(f.compte, "a.zip", depot(f))
        root.run(N1, 69)
        root.references([f, g])
        root.drop(g.compte, "a.zip", b"bonjour")
        root.run(N2)
        root.decide("ENR0001M0", "valider", date=N3)
        root.drop(f.compte, "b.zip", b"bonsoir")
        root.run(N3)
        return root

    def root_new(self) -> Root:
        root = Root()
        self.addCleanup(root.remove)
        return root

    def test_encrypted_archives(self):
        """With the key; nothing of them lies plain anywhere, and the certificate need not be that of then."""
        cert, key = certificat("rsa")
        root = self.root_new()
        root.configure(certificat=cert)
        f = self.h.f["validee"]
        root.references([f])
        root.drop(f.compte, "a.tar", marked("tar", f))
        root.run(N1)
        root.configure(certificat="/nulle/part.pem")
        done = root.segur("replay", "--date", N1, self.folder() / "sans", "--root", root.path)
        self.assertEqual(done.returncode, 64)
        self.assertIn("--cle", done.stderr)
        folder = self.folder() / "avec"
        done = root.segur("replay", "--date", N1, folder, "--cle", key, "--root", root.path)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for path in (p for base in (folder, root.path) for p in base.rglob("*") if p.is_file()):
            self.assertNotIn(MARK.encode(), path.read_bytes(), path)
        (kept,) = (root.path / "var/archives").rglob("*.cms")
        data = bytearray(kept.read_bytes())
        data[-9] ^= 1
        kept.write_bytes(data)
        done = root.segur("replay", "--date", N1, self.folder() / "altere", "--cle", key, "--root", root.path)
        self.assertNotEqual(done.returncode, 0)
        self.assertTrue(done.stderr)

    def test_killed_nights(self):
        """A night that was killed anywhere, then others: each date replays as it went."""
        made = self.root_new()
        fs = [supplier(n) for n in range(40, 52)]
        made.references(fs)
        made.drop(fs[0].compte, "premier.zip", depot(fs[0]))
        made.run(N1)
        made.asp("decisions.csv", decisions([row("ENR0001M0", "valider")]))
        made.references(fs)
        for f in fs[1:]:
            made.drop(f.compte, "a.zip", depot(f))
        copy = self.copied(made)
        started = time.monotonic()
        copy.run(N2)
        lasted, killed = time.monotonic() - started, 0
        for part in (0.3, 0.5, 0.7, 0.8, 0.9):
            root = self.copied(made)
            words = [str(SEGUR), "run", "--root", str(root.path), "--date", N2, "--quiet"]
            run = subprocess.Popen(words, stderr=subprocess.DEVNULL)
            time.sleep(lasted * part)
            run.send_signal(signal.SIGKILL)
            if run.wait(NIGHT_S) != -signal.SIGKILL:
                continue
            killed += 1
            root.lock(wait=True).close()
            root.run(N3)
            with self.subTest(part):
                nights = root.sql("SELECT date, terminee, interrompue FROM nuits WHERE id > 1 ORDER BY id")
                for date, finished, interrupted in nights:
                    self.assertEqual(finished, 1)
                    said, _ = replay(self, root, date)
                    self.assertEqual("interrompue" in said, bool(interrupted))
                self.assertEqual(nights[-1], (N3, 1, 0))
        self.assertGreaterEqual(killed, 2)

    def test_a_slow_machine(self):
        """What a night had time for is in its record: the replay takes its own time."""
        root = self.root_new()
        fs = [supplier(n) for n in range(60, 63)]
        root.references(fs)
        for f in fs:
            root.drop(f.compte, "a.zip", depot(f))
        root.run(N1)
        root.configure(analyseurs=1, duree_max_s=1)
        root.program = self.programs('sleep 1.2\nexec "$REAL" "$@"')
        said, _ = replay(self, root, N1)
        self.assertEqual(counts(said)["Dépôts"], (3, 0))

    def programs(self, parser: str) -> pathlib.Path:
        """The program beside a parser that is this shell script; the real one is $REAL."""
        folder = self.folder()
        shutil.copy2(SEGUR, folder / "segur")
        script = folder / "segur-parser"
        script.write_text(f"#!/bin/sh\nREAL={SEGUR.parent}/segur-parser\n{parser}\n")
        script.chmod(0o755)
        return folder / "segur"

    def test_a_parser_that_died(self):
        """An incident of that night only, which no replay can bring about: it is taken as it was."""
        root = self.root_new()
        fs = [supplier(n) for n in range(60, 63)]
        root.references(fs)
        noise = random.Random(1)
        big = tuple(noise.randbytes(40).hex() for _ in range(2500))
        for f in fs:
            root.drop(f.compte, "a.zip", depot(f, fichiers={"rib.pdf": pdf("Bruit", big)} if f is fs[1] else None))
        root.program = self.programs(on_archives(self.folder(), DIES, over=100_000))
        root.run(N1, 69)
        self.assertEqual([root.retour(f.compte, "a.zip")["etat"] for f in fs], ["OK", "INCIDENT", "OK"])
        root.program = SEGUR
        root.run(N2)
        self.assertEqual(root.retour(fs[1].compte, "a.zip")["etat"], "OK")
        for date in (N1, N2):
            replay(self, root, date)

    def test_a_night_that_failed_before_its_reminders(self):
        """They were the next night's, and are so in the replay; what it took before it failed is its own."""
        root = self.copied(self.h.before_it["N4"])
        root.drop(self.h.f["validee"].compte, "a.zip", b"bonjour")
        root.program = self.programs("exit 1")
        root.run(N4, 70)
        root.program = SEGUR
        self.assertEqual(root.mails("relance"), [])
        root.run("2026-05-21")
        self.assertNotEqual(root.mails("relance"), [])
        for date, interrupted in ((N4, True), ("2026-05-21", False)):
            said, _ = replay(self, root, date)
            self.assertEqual("interrompue" in said, interrupted)
            self.assertEqual(counts(said)["Fichiers de l'ASP"][0], int(interrupted))

    def test_a_night_that_is_not_over(self):
        """What a running night has recorded so far is one instant of it."""
        root = self.copied(self.h.before_it["N3"])
        root.run(N3)
        with contextlib.closing(sqlite3.connect(root.path / "var/segur.db")) as database, database:
            database.execute("UPDATE nuits SET terminee = 0 WHERE date = ?", (N3,))
        with root.lock():
            said, _ = replay(self, root, N3)
        self.assertIn("inachevée", said)
        self.assertIn("ne sont pas comparés", said)


class TestOtherVersion(Replay):
    """A night of another version keeps its verdicts and its numbers; what this one would say otherwise is told apart."""

    def older(self, root: Root, *dates: str, **limits) -> Root:
        """A copy, in which other versions played these nights, and whose limits are others."""
        root = self.copied(root)
        marks = ", ".join("?" * len(dates))
        with contextlib.closing(sqlite3.connect(root.path / "var/segur.db")) as database, database:
            database.execute(f"UPDATE nuits SET programme = '0.0.1', regles = 'vieilles' WHERE date IN ({marks})", dates)
        conf = root.path / "segur.conf"
        for key, value in limits.items():
            text, changed = re.subn(rf"^{key} = .*", f"{key} = {value}", conf.read_text("utf-8"), flags=re.M)
            self.assertEqual(changed, 1)
            conf.write_text(text, "utf-8")
        return root

    def otherwise(self, said: str) -> list[tuple[str, str, str, str]]:
        """What is told apart: item, where, then, today."""
        return re.findall(r"^- (.*?) : (.*)\n +alors +: (.*)\n +à présent : (.*)$", said, re.M)

    def rows(self, folder: pathlib.Path) -> list[list[tuple]]:
        other = Root.__new__(Root)
        other.program, other.path = SEGUR, folder
        return [other.sql(f"SELECT * FROM {table} ORDER BY 1, 2") for table in
                ("demandes", "dossiers", "pieces", "evenements", "journal", "mails", "comptes")]  # fmt: skip

    def test_words(self):
        """Only the version has changed, which the answers name: the files are not what this version writes."""
        root = self.older(self.root, N1)
        said, folder = replay(self, root, N1)
        self.assertIn("Le rejeu redonne la même nuit.", said)
        self.assertIn("0.0.1, règles vieilles", said)
        told = self.otherwise(said)
        self.assertIn("Réponses dans l'outbox", {item for item, *_ in told})
        self.assertEqual({item for item, *_ in told if "outbox" not in item}, set(), told)
        answer = (folder / "outbox/fournisseurs" / self.h.f["validee"].compte / "dossier.zip_retour.yaml").read_text("utf-8")
        self.assertIn("0.0.1", answer)

    def test_every_night_of_another_version(self):
        """All six nights, with decisions, refused registers and signals, come out the same."""
        dates = [date for (date,) in self.root.sql("SELECT DISTINCT date FROM nuits")]
        said, folder = replay(self, self.older(self.root, *dates), self.h.today)
        self.assertEqual({name: d for name, (_, d) in counts(said).items() if d}, {})
        self.assertEqual(self.rows(folder), self.rows(self.root.path))

    def root_of(self, fs, **limits) -> Root:
        root = Root(**limits)
        self.addCleanup(root.remove)
        for name, data in references(fs).items():
            root.asp(name, data)
        return root

    def test_a_drop_refused_then(self):
        """One in a form that was refused then and would be taken today gets no number, and shifts none, then or later."""
        fs = [supplier(i, compte=f"version-{i}") for i in range(1, 5)]
        archives = [depot(f, "tar" if f is fs[1] else "zip") for f in fs]
        root = self.root_of(fs, formats_archive="zip")
        for f, data in zip(fs[:3], archives):
            root.drop(f.compte, "dossier.tar" if f is fs[1] else "dossier.zip", data)
        root.run(N1)
        root.drop(fs[3].compte, "dossier.zip", archives[3])
        root.run(N2)
        self.assertEqual(root.sql("SELECT etat, numero FROM depots ORDER BY id"),
                         [("KO", None), ("OK", "ENR0001M0"), ("OK", "ENR0002M0"), ("OK", "ENR0003M0")])  # fmt: skip
        old = self.older(root, N1, formats_archive="zip, tar")
        said, folder = replay(self, old, N2)
        found = {where: (then, today) for item, where, then, today in self.otherwise(said) if item == "Verdicts"}
        then, today = found[f"nuit du {N1}, {fs[1].compte}/dossier.tar"]
        self.assertEqual(then, "KO : ARC-002")
        self.assertIn("indécidable : ", today)  # INSEE's file was not read for it
        *rows, mails, _ = self.rows(folder)
        *rows_then, mails_then, _ = self.rows(root.path)
        self.assertEqual(rows, rows_then)
        changed = [new[:-1] == old[:-1] for new, old in zip(mails, mails_then, strict=True) if new != old]
        self.assertEqual(changed, [True])  # its mail's hash: today its dossier is read, and comes back marked
        self.assertIn(f"lignes : nuit du {N1}, {fs[1].compte}/dossier.tar, texte", [where for _, where, *_ in self.otherwise(said)])
        said, _ = replay(self, self.older(root, formats_archive="zip, tar"), N2, 65)  # of this version it is a difference
        self.assertGreater(counts(said)["Nuits d'avant : lignes"][1], 0)

    def test_drops_taken_then(self):
        """Those whose documents have a form that today's version refuses keep their numbers."""
        old = self.older(self.root, N1, formats_piece="png")
        said, folder = replay(self, old, N1)
        told = self.otherwise(said)
        self.assertTrue([w for w in told if w[0] == "Verdicts" and w[2] == "OK" and w[3].startswith("KO : ")], said)
        self.assertEqual(self.rows(folder)[0][0][:1], (1,))

    def test_what_cannot_be_read_today(self):
        """An archive that was taken then and that this version does not read is told, by name."""
        old = self.older(self.root, N1, dossier_octets=1024)
        said, _ = replay(self, old, N1, 65)
        self.assertIn("prenez la version d'alors (0.0.1)", said)

    def test_alterations_are_still_found(self):
        alterations = (
            ("Demandes", "UPDATE demandes SET logiciel = 'Autre' WHERE id = 1"),
            ("Dossiers", "UPDATE dossiers SET iban = 'FR76' WHERE demande = 1 AND rang = 0"),
            ("Courriels", "UPDATE mails SET destinataire = 'x@y.fr' WHERE id = (SELECT min(id) FROM mails)"),
            ("Corrections rendues", "UPDATE depots SET etat = 'OK' WHERE archive = 'faux.zip'"),  # its mail: it waits
        )
        for item, statement in alterations:
            with self.subTest(statement):
                said, _ = replay(self, self.older(self.tampered(statement), N1), N1, 65)
                self.assertGreater(counts(said)[item][1], 0, said)
        with self.subTest("a file"):
            root = self.older(self.root, N1)
            path = root.path / "outbox/fournisseurs" / self.h.f["attente"].compte / "faux.zip_retour.yaml"
            path.write_bytes(path.read_bytes() + b"autre chose\n")
            said, _ = replay(self, root, N1, 65)
            self.assertEqual(counts(said)["Réponses dans l'outbox"][1], 1, said)

    def test_a_rule_that_is_no_more(self):
        root = self.tampered("UPDATE anomalies SET code = 'XXX-999' WHERE ordre = 0 AND depot ="
                             " (SELECT id FROM depots WHERE archive = 'illisible.zip')")  # fmt: skip
        said, _ = replay(self, self.older(root, N1), N1, 65)
        self.assertIn("la règle XXX-999", said)


class TestDifferent(Replay):
    """Each thing that was altered is found, and named with what stood there."""

    def check(self, root, date, item, *words):
        said, _ = replay(self, root, date, 65)
        found = counts(said)
        self.assertGreater(found[item][1], 0, said)
        for word in words:
            self.assertIn(word, said)
        self.assertIn(" différence", said)
        return said, found

    def test_rows(self):
        one = "id = (SELECT min(id) FROM {} WHERE {})"
        alterations = {
            "verdict": (N1, "Dépôts", "UPDATE depots SET etat = 'OK' WHERE archive = 'faux.zip'", "faux.zip, etat"),
            "anomaly": (N1, "Anomalies", "UPDATE anomalies SET message = 'Rien' WHERE ordre = 0 AND depot ="
                        " (SELECT id FROM depots WHERE archive = 'illisible.zip')", "illisible.zip, message"),
            "anomaly taken away": (N1, "Anomalies", "DELETE FROM anomalies WHERE ordre = 0 AND depot ="
                                   " (SELECT id FROM depots WHERE archive = 'illisible.zip')", "original : rien"),
            "anomaly added": (N1, "Anomalies", "INSERT INTO anomalies VALUES ((SELECT id FROM depots WHERE archive ="
                              " 'illisible.zip'), 9, 'ARC-001', 'alerte', 'archive', 0, 0, '', 'm', 'r', 1)", "rejeu    : rien"),
            "date of deposit": (N1, "Dépôts", "UPDATE depots SET date = '2026-03-01' WHERE archive = 'faux.zip'", "date"),
            "event": (N2, "Événements", "UPDATE evenements SET motif = 'Autre' WHERE evenement = 'rejeter'", "motif"),
            "journal": (N2, "Journal", "UPDATE journal SET texte = texte || 'x' WHERE evenement ="
                        " (SELECT id FROM evenements WHERE evenement = 'rejeter')", "texte"),
            "mail": (N1, "Courriels", f"UPDATE mails SET destinataire = 'x@y.fr' WHERE {one.format('mails', '1')}", "x@y.fr"),
            "mail added": (N3, "Courriels", "INSERT INTO mails SELECT 9999, date, type, destinataire, destinataire_nom,"
                           " demande, numero, evenement, depot, identifiant, 1, NULL FROM mails WHERE type = 'accuse_reception'"
                           f" AND date = '{N3}' LIMIT 1", "rejeu    : rien"),
            "request": (N1, "Demandes", "UPDATE demandes SET logiciel = 'Autre' WHERE id = 1", "logiciel"),
            "IBAN": (N1, "Dossiers", "UPDATE dossiers SET iban = 'FR76' WHERE demande = 1 AND rang = 0", "iban"),
            "modified IBAN": (N3, "Dossiers", "UPDATE dossiers SET titulaire = 'MOI' WHERE rang = 1", "titulaire"),
            "document": (N1, "Pièces", f"UPDATE pieces SET sha256 = 'x' WHERE {one.format('pieces', '1')}", "sha256"),
            "return": (N2, "Lignes de retours", "UPDATE retours_asp SET etat = 'appliquee' WHERE numero = 'ENR9999M0'",
                       "decisions-1.csv, etat"),
            "access": (N2, "Accès ouverts", "UPDATE comptes SET titulaire = 'depositaire' WHERE titulaire <> 'depositaire'"
                       " AND identifiant = (SELECT min(m.identifiant) FROM mails m JOIN evenements e ON e.id = m.evenement"
                       " WHERE e.nuit IS NOT NULL AND m.numero NOT IN (SELECT numero FROM mails WHERE destinataire LIKE '%tiers%'))",
                       "titulaire"),
            "signal": (N3, "Signaux", "UPDATE signaux SET message = 'm' WHERE id = (SELECT min(id) FROM signaux WHERE"
                       f" date = '{N3}')", "message"),
            "file": (N2, "Fichiers de l'ASP", "UPDATE fichiers_asp SET lignes = 99 WHERE nom = 'decisions-1.csv'", "lignes"),
        }  # fmt: skip
        for name, (date, item, statement, word) in alterations.items():
            with self.subTest(name):
                self.check(self.tampered(statement), date, item, word)

    def test_an_earlier_night(self):
        """It is told apart, and does not hide behind a later night that is right."""
        root = self.tampered("UPDATE anomalies SET message = 'Rien' WHERE ordre = 0 AND depot ="
                             " (SELECT id FROM depots WHERE archive = 'illisible.zip')")  # fmt: skip
        said, found = self.check(root, N3, "Nuits d'avant : lignes", f"nuit du {N1}")
        self.assertEqual([name for name, (_, d) in found.items() if d], ["Nuits d'avant : lignes"])
        replay(self, self.tampered("UPDATE mails SET destinataire = 'x' WHERE id = (SELECT max(id) FROM mails)"), N3)

    def test_kept_archive(self):
        """One byte of an archive: another hash, and what it brings."""
        for name, date in (("dossier.zip", N1), ("final.zip", N3), ("illisible.zip", N1)):
            with self.subTest(name):
                root = self.copied(self.root)
                (sha256,) = root.sql("SELECT sha256 FROM depots WHERE archive = ? AND date = ?", name, date)[0]
                path = root.path / f"var/archives/{sha256[:2]}/{sha256}"
                data = bytearray(path.read_bytes())
                data[len(data) // 2] ^= 1
                path.write_bytes(data)
                self.check(root, date, "Dépôts", f"{name}, sha256", sha256)

    def test_kept_reference_file(self):
        """The certificate of a window, an access, a decision: as the file says it now, not as it was."""
        for nom, was, now, item in (
            ("acces.csv", b"pieces-4", b"pieces-9", "Dépôts"),
            ("decisions-1.csv", b"rejeter", b"valider", "Événements"),
            ("banques.csv", b"code_banque;bic", b"code_banque;nom", "Fichiers de l'ASP"),
        ):
            with self.subTest(nom):
                root = self.copied(self.root)
                date = N2 if nom != "acces.csv" else N1
                night = "SELECT id FROM nuits WHERE date = ?"
                (sha256,) = root.sql(f"SELECT sha256 FROM fichiers_asp WHERE nom = ? AND nuit = ({night})"
                                     " ORDER BY id DESC", nom, date)[0]  # fmt: skip
                path = root.path / f"var/references/{sha256}.csv"
                data = path.read_bytes()
                self.assertIn(was, data)
                path.write_bytes(data.replace(was, now))
                said, _ = self.check(root, date, item, "sha256", sha256)
                self.assertIn(nom, said)

    def test_outbox(self):
        """The original's files, where they still lie there."""
        f = self.h.f["attente"]
        for path, item in (
            (f"outbox/fournisseurs/{f.compte}/faux.zip_retour.yaml", "Réponses dans l'outbox"),
            ("outbox/asp/retours/referencements.csv_retour.csv", "Retours dans l'outbox"),
            (f"outbox/asp/rapports/{N1}/depots.csv", "Rapports dans l'outbox"),
            (None, "Courriels dans l'outbox"),
        ):
            with self.subTest(path):
                root = self.copied(self.root)
                file = root.path / path if path else root.mail_files()[0]
                lines = file.read_bytes().split(b"\n")
                lines[2] = b"autre chose"
                file.write_bytes(b"\n".join(lines))
                self.check(root, N1, item, f"{file.name}, ligne 3", "original : autre chose")
        with self.subTest("cut short"):
            root = self.copied(self.root)
            file = root.path / f"outbox/asp/rapports/{N1}/anomalies.csv"
            file.write_bytes(b"\n".join(file.read_bytes().split(b"\n")[:-2]) + b"\n")
            self.check(root, N1, "Rapports dans l'outbox", "original : rien")
        for change in (lambda p: (p / "anomalies.csv").unlink(), lambda p: (p / "de-trop.csv").write_text("x")):
            with self.subTest(change):
                root = self.copied(self.root)
                change(root.path / "outbox/asp/rapports" / N1)
                self.check(root, N1, "Rapports dans l'outbox")

    def test_register_rows(self):
        """What INSEE's file said that night is in the database, and nowhere else any more."""
        root = self.copied(self.root)
        with contextlib.closing(sqlite3.connect(root.path / "var/segur.db")) as database, database:
            database.execute("UPDATE etablissements SET etat = 'F' WHERE siret = ?", (self.h.f["validee"].siret,))
        said, _ = self.check(root, N1, "Dépôts")
        self.assertIn(self.h.f["validee"].compte, said)

    def test_secret_and_conf(self):
        root = self.copied(self.root)
        (root.path / "var/secret").write_bytes(bytes(32))
        self.check(root, N2, "Journal")
        root = self.copied(self.root)
        conf = root.path / "segur.conf"
        conf.write_text(re.sub(r"^nom = .*", "nom = Autre service", conf.read_text("utf-8"), flags=re.M), "utf-8")
        said, found = self.check(root, N1, "Réponses dans l'outbox", "Autre service", "segur.conf")
        self.assertEqual(found["Réponses rendues"][1], 0)

    def test_a_decision_that_cannot_be_repeated(self):
        root = self.tampered("UPDATE evenements SET evenement = 'valider' WHERE fichier = '' AND evenement = 'demander_pieces'"
                             " AND id = (SELECT min(id) FROM evenements WHERE evenement = 'demander_pieces' AND fichier = '')",
                             "UPDATE commandes SET apres = 2 WHERE evenement = (SELECT id FROM evenements WHERE fichier = ''"
                             " AND evenement = 'valider' ORDER BY id LIMIT 1)")  # fmt: skip
        said, _ = replay(self, root, N3, 65)
        self.assertIn("Nuits d'avant", said)


class TestCannot(Replay):
    def fails(self, root, code, word, *words):
        done = root.segur("replay", *words, "--root", root.path)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertIn(word, done.stderr)

    def test_usage(self):
        folder = self.folder() / "rejeu"
        self.fails(self.root, 64, "--date", folder)
        self.fails(self.root, 64, "n'est pas une date", "--date", "hier", folder)
        self.fails(self.root, 64, "argument", "--date", N1)
        self.assertFalse(folder.exists())
        said = self.root.segur("replay", "--help").stdout
        for word in ("purge", "segur.conf", "65"):
            self.assertIn(word, said)

    def test_no_such_night(self):
        folder = self.folder() / "rejeu"
        self.fails(self.root, 65, f"la première est du {N1}", "--date", "2026-03-05", folder)
        self.assertFalse(folder.exists())
        new = Root()
        self.addCleanup(new.remove)
        self.fails(new, 65, "aucune nuit n'a été jouée", "--date", N1, folder)
        nowhere = Root.__new__(Root)
        nowhere.program, nowhere.path = SEGUR, self.folder()
        self.fails(nowhere, 78, "n'est pas une racine", "--date", N1, folder)

    def test_a_folder_that_is_full(self):
        folder = self.folder()
        (folder / "lettre.txt").write_text("bonjour")
        self.fails(self.root, 65, "n'est pas vide", "--date", N1, folder)
        self.assertEqual(os.listdir(folder), ["lettre.txt"])
        self.fails(self.root, 65, "n'est pas vide", "--date", N1, self.root.path)
        self.fails(self.root, 73, "", "--date", N1, "/nulle/part/rejeu")

    def test_an_archive_that_the_disk_refuses(self):
        """At whichever of its readings: no difference of that night is made of it."""
        root = self.copied(self.root)
        sha256, archive = self.root.sql("SELECT sha256, archive FROM depots WHERE date = ? ORDER BY id", N1)[0]
        for when in range(1, 100):
            done = failing(root, f"var/archives/{sha256[:2]}/{sha256}", "replay", "--date", N1, self.folder() / "rejeu",
                           "--root", root.path, call="read", when=when)  # fmt: skip
            if done.returncode == 0:
                break
            with self.subTest(reading=when):
                self.assertEqual(done.returncode, 70, done.stdout)
                self.assertIn(sha256 if sha256 in done.stderr else archive, done.stderr)
        self.assertGreater(when, 2)

    def test_what_a_purge_erased(self):
        """Said before anything is made; the nights before it can still be replayed."""
        sha256, archive = self.root.sql("SELECT sha256, archive FROM depots WHERE date = ? ORDER BY id", N2)[0]
        with self.subTest("an archive"):
            root = self.copied(self.root)
            (root.path / f"var/archives/{sha256[:2]}/{sha256}").unlink()
            folder = self.folder() / "rejeu"
            self.fails(root, 65, f"l'archive « {archive} »", "--date", N3, folder)
            self.assertFalse(folder.exists())
            replay(self, root, N1)
        with self.subTest("by segur purge"):
            root = self.copied(self.root)
            done = root.segur("purge", "--date", "2046-01-01", "--root", root.path)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.fails(root, 65, "une purge du 2046-01-01", "--date", N1, self.folder() / "rejeu")
            in_force = {s for (s,) in root.sql("SELECT sha256 FROM fichiers_asp f WHERE etat = 'pris' AND nature <> 'decisions'"
                       " AND (SELECT count(*) FROM fichiers_asp n WHERE n.nature = f.nature AND n.etat = 'pris' AND n.id > f.id)"
                       " < iif(nature IN ('unites_legales', 'etablissements'), 2, 1)")}  # fmt: skip
            kept = {p.stem for p in (root.path / "var/references").iterdir()}
            self.assertEqual(kept, in_force, "files of the ASP served the replay alone")
        with self.subTest("a decisions file"):
            root = self.copied(self.root)
            (sha256,) = root.sql("SELECT sha256 FROM fichiers_asp WHERE nom = 'decisions-1.csv'")[0]
            (root.path / f"var/references/{sha256}.csv").unlink()
            self.fails(root, 65, "decisions-1.csv", "--date", N2, self.folder() / "rejeu")
        with self.subTest("what an event said of people"):
            root = self.copied(self.root)
            with contextlib.closing(sqlite3.connect(root.path / "var/segur.db")) as database, database:
                database.execute("UPDATE evenements SET efface_le = '2026-04-01', acteur = 'gestionnaire', motif = '',"
                                 " fichier = '' WHERE evenement = 'rejeter'")  # fmt: skip
            self.fails(root, 65, "disait des personnes", "--date", N2, self.folder() / "rejeu")
            replay(self, root, N1)

    def test_an_older_database_is_not_migrated(self):
        root = self.copied(self.root)
        with contextlib.closing(sqlite3.connect(root.path / "var/segur.db")) as database, database:
            database.execute("PRAGMA user_version = 1")
        tree = root.tree(".")
        self.fails(root, 78, "version", "--date", N1, self.folder() / "rejeu")
        self.assertEqual(root.tree("."), tree)

    def test_kept_files(self):
        """Decisions files and refused ones are kept as registers are; a name that nobody knows is not read."""
        rows = self.root.sql("SELECT nom, nature, etat, sha256 FROM fichiers_asp")
        kept = {p.name for p in (self.root.path / "var/references").iterdir()}
        newest = set()
        for nom, nature, etat, sha256 in reversed(rows):
            stock = nature in ("unites_legales", "etablissements")
            wanted = sha256 is not None and (not stock or len([n for n in newest if n[0] == nature]) < 2)
            if stock:
                newest.add((nature, sha256))
            if not stock:
                self.assertEqual(f"{sha256}.csv" in kept, wanted, (nom, etat))


if __name__ == "__main__":
    unittest.main()
