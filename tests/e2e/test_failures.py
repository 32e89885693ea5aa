"""When something on our side fails: nothing is lost, nothing is done twice, the next night mends it; and nothing
depends on chance."""

import hashlib
import os
import pathlib
import random
import re
import shutil
import signal
import stat
import struct
import subprocess
import time
import unittest
import zlib

from disturbed import DIES, DIES_ONCE, HANGS, on_archives
from harness import DATE, NIGHT_S, SEGUR, Case, Root
from factory import decisions, depot, supplier, pdf, references, replace

NEXT = "2026-03-03"
LATER = "2026-03-04"
F = supplier(1)
OTHERS = [supplier(n) for n in range(2, 13)]


def costly_png(width=65535, height=1500) -> bytes:
    """Sound, under 1 MB and under the limit of pixels; its 786 MB of rows take longer than a second to read."""
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = bytes(10 * (1 + 8 * width))
    deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
    block = deflate.compress(rows) + deflate.flush(zlib.Z_FULL_FLUSH)  # repeats byte for byte
    adler = 1
    for _ in range(height // 10):
        adler = zlib.adler32(rows, adler)
    end = zlib.compressobj(6, zlib.DEFLATED, -15).flush() + struct.pack(">I", adler)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 6, 0, 0, 0))
            + chunk(b"IDAT", b"\x78\x9c" + block * (height // 10) + end) + chunk(b"IEND", b""))  # fmt: skip


def named_row(numero):
    return [{"numero": numero, "decision": "valider", "gestionnaire": "Bérénice Caron"}]


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

    def test_processor_time_used_up(self):
        """The parser says at which file its time ran out; the drop is read again without it, and answered."""
        root = self.root()
        root.references([F, *OTHERS])
        root.configure(piece_cpu_s=1)
        slow = ("certificat_referencement.pdf", "piece_identite_representant.jpg", "rib.pdf")
        root.drop(F.compte, "lent.zip", depot(F, fichiers=dict.fromkeys(slow, costly_png())))
        root.drop(OTHERS[0].compte, "autre.zip", depot(OTHERS[0]))
        root.run()
        answer = root.retour(F.compte, "lent.zip")
        self.assertEqual((answer["etat"], {a["code"] for a in answer["anomalies"]}), ("KO", {"PJ-018"}))
        self.assertLessEqual({a["chemin"] for a in answer["anomalies"]}, {f"archive/{name}" for name in slow})
        self.assertEqual(root.retour(OTHERS[0].compte, "autre.zip")["etat"], "OK")
        self.assertEqual(root.inbox(F.compte), [])

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
        root.references([F, *OTHERS])
        big = depot(F, fichiers={"rib.pdf": noise_pdf(200_000)}, essai=False)
        root.drop(F.compte, "gros.zip", big)
        for f in OTHERS:
            root.drop(f.compte, "a.zip", depot(f))
        root.program = self.programs(on_archives(self.folder(), DIES, over=100_000))
        root.run(expect=69)
        answer = root.retour(F.compte, "gros.zip")
        self.assertEqual((answer["etat"], answer["anomalies"], answer["numero"]), ("INCIDENT", [], None))
        self.assertTrue(answer["incident"])
        self.assertEqual({root.retour(f.compte, "a.zip")["etat"] for f in OTHERS}, {"OK"})
        self.assertEqual(root.inbox(F.compte), ["gros.zip"])
        self.assertEqual(root.mails("depot_refuse"), [])
        root.program = SEGUR
        root.run(NEXT)
        self.assertEqual([r["etat"] for r in root.retours(F.compte, "gros.zip")], ["INCIDENT", "OK"])
        self.assertEqual(root.inbox(F.compte), [])

    def test_a_parser_that_hangs(self):
        """Killed at the end of its time; its drop is an incident that same night, kept, and tried again after the
        others: it keeps nobody waiting, even in a night that ends before all are read."""
        root = self.root(analyseurs=1, delai_s=2)
        root.references([F, *OTHERS])
        big = depot(F, fichiers={"rib.pdf": noise_pdf(200_000)})
        root.drop(F.compte, "0.zip", big)
        root.drop(F.compte, "1.zip", depot(replace(F, numero_ans="c0ffee0002")))
        root.drop(OTHERS[0].compte, "2.zip", depot(OTHERS[0]))
        hangs = on_archives(self.folder(), HANGS, over=100_000)
        root.program = self.programs(hangs)
        root.run(expect=69)
        answer = root.retour(F.compte, "0.zip")
        self.assertEqual((answer["etat"], answer["anomalies"]), ("INCIDENT", []))
        self.assertIn("à temps", answer["incident"])
        self.assertEqual(root.retour(OTHERS[0].compte, "2.zip")["etat"], "OK")
        self.assertEqual((root.inbox(F.compte), root.inbox(OTHERS[0].compte)), (["0.zip"], []))
        root.drop(F.compte, "3.zip", depot(replace(F, numero_ans="c0ffee0003"), essai=True))
        root.drop(OTHERS[1].compte, "4.zip", depot(OTHERS[1]))
        root.configure(duree_max_s=1)
        root.program = self.programs(f"sleep 1.2\n{hangs}")
        self.assertIn("2 dépôts remis", root.run(NEXT, 69).stderr)
        self.assertEqual(root.inbox(F.compte), ["0.zip"])
        self.assertEqual(len(root.retours(F.compte, "3.zip")), 1)
        self.assertEqual(len(root.retours(F.compte, "0.zip")), 1)
        root.configure(duree_max_s=0)
        root.program = SEGUR
        root.run("2026-03-04")
        self.assertEqual([r["etat"] for r in root.retours(F.compte, "0.zip")], ["INCIDENT", "OK"])
        self.assertEqual(root.retour(OTHERS[1].compte, "4.zip")["etat"], "OK")

    def test_turns(self):
        """Each account's first drop is read before any second one: nobody waits for an account that sends many."""
        root = self.root(analyseurs=1)
        root.references([F, *OTHERS])
        for n in range(4):
            root.drop(F.compte, f"{n}.zip", depot(F, essai=True))
        root.drop(OTHERS[0].compte, "y.zip", depot(OTHERS[0]))
        root.drop(OTHERS[0].compte, "z.zip", depot(OTHERS[0], essai=True))
        root.drop(OTHERS[1].compte, "x.zip", depot(OTHERS[1]))
        calls = self.folder() / "calls"
        words = ["strace", "-qq", "-o", calls, "-e", "trace=openat,openat2", SEGUR, "run", "--root", root.path, "--date", DATE,
                 "--quiet"]  # fmt: skip
        subprocess.run(words, check=True, timeout=NIGHT_S)
        read = re.findall(r'"inbox/[^"/]+/(.)\.zip"', calls.read_text())
        self.assertEqual("".join(read), "0xy1z23")
        self.assertEqual([row["archive"][0] for row in root.report("depots")], list("0123xyz"))

    def test_a_night_that_lasts_too_long(self):
        """It ends in good order: what was read is answered, the rest waits for the next night, which takes it."""
        root = self.root(analyseurs=1, duree_max_s=1, delai_s=3600)
        root.references([F, *OTHERS])
        for n, f in enumerate((F, *OTHERS)):
            root.drop(f.compte, f"{n}.zip", depot(f))
        root.program = self.programs('sleep 1.2\nexec "$REAL" "$@"')  # however fast the machine is
        done = root.run(expect=69)
        self.assertIn("durée maximale", done.stderr)
        self.assertEqual(root.retour(F.compte, "0.zip")["etat"], "OK")
        left = [f for f in OTHERS if root.inbox(f.compte)]
        self.assertEqual(left, list(OTHERS))
        self.assertEqual(len(root.report("depots")), 1)
        root.program = SEGUR
        root.configure(duree_max_s=0)
        root.run(NEXT)
        for n, f in enumerate(OTHERS, 1):
            self.assertEqual(root.retour(f.compte, f"{n}.zip")["etat"], "OK")

    def test_missing_references(self):
        files = references([F])
        for missing in ("referencements.csv", "acces.csv", "StockUniteLegale_utf8.csv", "StockEtablissement_utf8.csv"):
            with self.subTest(missing):
                root = self.root()
                for name, data in files.items():
                    if name != missing:
                        root.asp(name, data)
                root.drop(F.compte, "a.zip", depot(F))
                root.run(expect=69)
                answer = root.retour(F.compte, "a.zip")
                self.assertEqual((answer["etat"], answer["anomalies"]), ("INCIDENT", []))
                self.assertEqual(root.inbox(F.compte), ["a.zip"])
                told = [] if missing == "acces.csv" else ["depot_en_attente"]  # without it nobody's address is known
                self.assertEqual([m["X-Segur-Mail"] for m in root.mails()], told)
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

    def test_two_runs(self):
        """The second ends at once; the lock goes with the first, whatever its parsers do."""
        root = self.root()
        root.references([F])
        root.run()
        root.drop(F.compte, "a.zip", depot(F))
        folder = self.folder()
        program = self.programs(f"echo >{folder}/started; exec sleep 100")
        words = [str(program), "run", "--root", str(root.path), "--date", DATE, "--quiet"]
        first = subprocess.Popen(words, stderr=subprocess.DEVNULL)
        self.addCleanup(first.kill)
        while not (folder / "started").exists():
            self.assertIsNone(first.poll())
            time.sleep(0.01)
        started = time.monotonic()
        root.run(DATE, 75)
        self.assertLess(time.monotonic() - started, 2)
        first.send_signal(signal.SIGKILL)
        first.wait()
        root.run()
        self.assertEqual(root.retour(F.compte, "a.zip")["etat"], "OK")

    def test_half_a_kept_copy(self):
        """The name of a kept copy that a power cut left without its bytes; no row speaks of it."""
        root = self.root()
        root.references([F])
        data = depot(F)
        root.drop(F.compte, "a.zip", data)
        digest = hashlib.sha256(data).hexdigest()
        kept = root.path / "var/archives" / digest[:2] / digest
        kept.parent.mkdir()
        kept.write_bytes(b"")
        root.run()
        self.assertEqual(kept.read_bytes(), data)
        inode = kept.stat().st_ino
        root.drop(F.compte, "b.zip", data)  # now a row speaks of it: it is not touched
        root.run()
        self.assertEqual((kept.stat().st_ino, root.tree("var/tmp")), (inode, {}))

    def test_a_parser_that_dies_once(self):
        """Of something else than the drop: another reads it, and nobody hears of it."""
        root = self.root()
        root.references([F, OTHERS[0]])
        root.drop(F.compte, "a.zip", depot(F))
        root.drop(OTHERS[0].compte, "a.zip", depot(OTHERS[0]))
        root.program = self.programs(on_archives(self.folder(), DIES_ONCE))
        root.run()
        self.assertEqual([r["etat"] for r in root.retours(OTHERS[0].compte, "a.zip")], ["OK"])
        self.assertEqual([r["etat"] for r in root.retours(F.compte, "a.zip")], ["OK"])

    def test_dry_run_writes_nothing(self):
        root = self.root()
        root.references([F, *OTHERS])
        root.drop(F.compte, "a.zip", depot(F))
        root.run()
        root.references([F, *OTHERS, supplier(20)])
        root.asp("decisions.csv", decisions(named_row("ENR0001M0")))
        for f in OTHERS:
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
        self.made = self.root()
        self.made.references([F, *OTHERS])
        self.made.run()
        self.made.drop(F.compte, "a.zip", depot(F))
        self.made.drop(OTHERS[0].compte, "b.zip", b"bonjour")
        self.wanted = undisturbed(self.made)
        self.user = self.unprivileged(self.made)

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
        self.assertEqual((self.made.inbox(F.compte), self.made.inbox(OTHERS[0].compte)), ([], []))

    def test_database(self):
        self.check("var/segur.db", 0o400)

    def test_database_folder(self):
        self.check("var")

    def test_temporary_folder(self):
        self.check("var/tmp")

    def test_archives(self):
        self.check("var/archives")

    def test_answers(self):
        self.check("outbox/fournisseurs", untouched=False)

    def test_mails(self):
        self.check("outbox/mails/new", untouched=False)

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
        made.references([F, *OTHERS])
        made.run()
        for f in (F, *OTHERS):
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
    def test_killed_on_the_way(self):
        """kill -9 in the middle of anything, then a second run: the same outbox as that of a night that nothing disturbed."""
        made = self.root()
        made.references([F, *OTHERS])
        made.drop(F.compte, "premier.zip", depot(F))
        made.run("2026-03-01")
        made.references([F, *OTHERS])
        made.asp("decisions.csv", decisions(named_row("ENR0001M0")))
        made.drop(F.compte, "rien.zip", b"bonjour")
        for f in OTHERS:
            made.drop(f.compte, "a.zip", depot(f))
        copy, killed = self.copied(made), 0
        copy.run()
        wanted = copy.tree()
        for call in ("openat", "recvmsg", "poll", "pwrite64"):
            for when in (3, 10, 30, 60, 120):
                root = self.copied(made)
                if root.kill_at(call, when, "run", "--root", root.path, "--date", DATE, "--quiet").returncode == 0:
                    break
                killed += 1
                root.lock(wait=True).close()  # a child that was just forked may hold it for an instant
                root.run()
                self.same(root.tree(), wanted, f"{call} {when}")
                self.assertEqual(root.tree("inbox"), {})
                self.assertEqual(root.tree("var/tmp"), {})
                root.remove()
        self.assertGreaterEqual(killed, 8)


class TestDeterminism(Case):
    def test_number_of_parsers(self):
        """The same bytes, whatever the number of parsers."""
        made = self.root()
        made.references([F, *OTHERS])
        for n, f in enumerate((F, *OTHERS)):
            kind = ("zip", "tar", "tar.gz", "tar.xz", "tar.zst")[n % 5]
            made.drop(f.compte, f"a.{kind}", depot(f, kind, changes_by_path={"banque.bic": "X"} if n % 3 == 0 else None))
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
        roots = self.root(), self.root()
        shutil.copy2(roots[0].path / "var/secret", roots[1].path / "var/secret")
        for order, root in zip((1, -1), roots):
            for name, data in list(references([F, *OTHERS]).items())[::order]:
                root.asp(name, data)
            for f in (F, *OTHERS)[::order]:
                root.drop(f.compte, "a.zip", depot(f))
            root.run()
        self.same(roots[0].tree(), roots[1].tree())


if __name__ == "__main__":
    unittest.main()
