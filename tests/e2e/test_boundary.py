"""Who may read what: the libraries and symbols of the two programs prove the boundary. And the command line."""

import contextlib
import hashlib
import json
import os
import re
import socket
import sqlite3
import struct
import subprocess
import unittest

from disturbed import on_archives
from harness import DATE, NIGHT_S, REPO, SEGUR, Case, command
from factory import depot, pdf, supplier

PARSER = SEGUR.parent / "segur-parser"
SANITIZED = b"__asan_init" in SEGUR.read_bytes() if SEGUR.is_file() else False
COMMANDS = "init run list show decide pieces purge".split()


def needed(program) -> set[str]:
    """The libraries on its own link line, without versions."""
    done = subprocess.run(["readelf", "-dW", program], capture_output=True, text=True, check=True)
    return {name.partition(".so")[0] for name in re.findall(r"\(NEEDED\).*\[(.*)\]", done.stdout)}


def loaded(program) -> set[str]:
    """Those and theirs."""
    done = subprocess.run(["ldd", program], capture_output=True, text=True, check=True)
    return {line.split()[0].partition(".so")[0] for line in done.stdout.splitlines()}


def symbols(program, *options) -> set[str]:
    done = subprocess.run(["nm", "-P", *options, program], capture_output=True, text=True, check=True)
    return {line.split()[0].partition("@")[0] for line in done.stdout.splitlines() if line.strip()}


class TestBoundary(Case):
    def test_the_parser_has_no_database(self):
        self.assertNotIn("libsqlite3", loaded(PARSER))
        self.assertEqual([s for s in symbols(PARSER) if s.startswith("sqlite3")], [])

    def test_the_parent_parses_nothing(self):
        forbidden = ("archive_read", "archive_entry", "yaml_parser", "yaml_document_load", "qpdf_", "png_", "jpeg_",
                     "magic_", "inflate", "lzma_", "ZSTD_")  # fmt: skip
        imported = symbols(SEGUR, "-D", "--undefined-only")
        self.assertEqual(sorted(s for s in imported if s.startswith(forbidden)), [])
        self.assertIn("yaml_emitter_emit", imported, "nm shows nothing")
        libraries = {"libarchive", "libqpdf", "libpng16", "libjpeg", "libmagic", "libz", "liblzma", "libzstd"}
        self.assertEqual(needed(SEGUR) & libraries, set())
        self.assertEqual(needed(SEGUR) & {"libsqlite3", "libyaml-0"}, {"libsqlite3", "libyaml-0"})

    def test_the_parser_asks_for_a_sandbox(self):
        if not SANITIZED:
            self.assertIn("libseccomp", needed(PARSER))

    def test_hardening(self):
        if SANITIZED:
            self.skipTest("a sanitizer's build")
        for program in (SEGUR, PARSER):
            headers = subprocess.run(["readelf", "-dlhW", program], capture_output=True, text=True, check=True).stdout
            self.assertRegex(headers, r"Type:\s+DYN", "position independent")
            self.assertIn("BIND_NOW", headers)
            self.assertIn("GNU_RELRO", headers)
            self.assertRegex(headers, r"GNU_STACK\s.*RW\s+0x", "no executable stack")
            self.assertNotRegex(headers, r"\((RPATH|RUNPATH)\)")

    def test_the_parser_by_hand(self):
        """It refuses, whatever its arguments, and reads nothing."""
        for words in ([], ["1000"], ["1000", "2000"], ["--help"], [REPO / "README.md"]):
            with self.subTest(words):
                done = subprocess.run([PARSER, *map(str, words)], capture_output=True, text=True, stdin=subprocess.DEVNULL)
                self.assertEqual((done.returncode, done.stdout), (64, ""))
                self.assertIn("segur", done.stderr)

    @contextlib.contextmanager
    def template(self):
        """The template, and our end of its socket."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours, theirs:
            script = f'exec 3<&{theirs.fileno()}; exec "$0" 1000000'
            run = subprocess.Popen(["/bin/sh", "-c", script, PARSER], pass_fds=[theirs.fileno()],
                                   stderr=subprocess.DEVNULL)  # fmt: skip
            theirs.close()
            ours.settimeout(20)
            yield run, ours
            ours.close()
            self.assertGreaterEqual(run.wait(20), 0, "it was killed")

    def test_the_template_with_a_strange_peer(self):
        """Words that are no request: it ends, without a word."""
        for sent in (b"", b"x", b"bonjour, voici une archive", b"\xff" * 4096):
            with self.subTest(sent[:8]), self.template() as (_, ours):
                if sent:
                    ours.sendall(sent)
                ours.shutdown(socket.SHUT_WR)
                self.assertEqual(quiet(ours), b"")

    def test_the_parser_with_a_strange_peer(self):
        """Words that are not the parent's: it ends, without a word but its first. It is our child, not the template's."""
        with self.template() as (run, ours):
            for sent in (b"", b"bonjour, voici une archive", bytes(64), b"\xff" * 4096):
                with self.subTest(sent[:8]):
                    peer, theirs = socket.socketpair()
                    with peer, theirs:
                        socket.send_fds(ours, [b"\0"], [theirs.fileno()])
                        (child,) = struct.unpack("=i", ours.recv(4))
                        self.assertNotEqual(child, run.pid)
                        theirs.close()
                        peer.settimeout(20)
                        self.assertTrue(peer.recv(4096))
                        peer.sendall(sent)
                        peer.shutdown(socket.SHUT_WR)
                        self.assertEqual(b"".join(iter(lambda: quiet(peer), b"")), b"")
                    self.assertTrue(os.WIFEXITED(os.waitpid(child, 0)[1]), "it was killed")


# A parser that was taken over: it would write to what it is given to read.
WRITES = 'if (write(fd, "x", 1) == 1) _exit(1);'


@unittest.skipIf(SANITIZED, "its own library must come first")
class TestParsers(Case):
    def night(self, root, *words):
        """One that strace watches: what each process asked for."""
        calls = self.folder() / "calls"
        trace = ["strace", "-f", "-qq", "-o", calls, *words, root.program, "run", "--root", root.path, "--date", DATE,
                 "--quiet"]  # fmt: skip
        subprocess.run(trace, check=True, timeout=NIGHT_S)
        return calls.read_text()

    def test_it_cannot_write(self):
        """The copy that is kept lies under a descriptor that cannot write, and its hash is the parent's."""
        folder, f = self.folder(), supplier(1)
        for name in ("segur", "segur-parser"):
            (folder / name).write_bytes((SEGUR.parent / name).read_bytes())
            (folder / name).chmod(0o755)
        (folder / "segur-parser").rename(folder / "real")
        (folder / "segur-parser").write_text(f"#!/bin/sh\nREAL={folder}/real\n{on_archives(folder, WRITES)}\n")
        (folder / "segur-parser").chmod(0o755)
        root = self.root()
        root.references([f])
        data = depot(f)
        root.drop(f.compte, "a.zip", data)
        root.program = folder / "segur"
        root.run()
        answer, digest = root.retour(f.compte, "a.zip"), hashlib.sha256(data).hexdigest()
        self.assertEqual((answer["etat"], answer["sha256"], answer["taille"]), ("OK", digest, len(data)))
        self.assertEqual((root.path / "var/archives" / digest[:2] / digest).read_bytes(), data)

    def test_no_two_accounts(self):
        """Each parser sees one account's drops; a run of them has one parser."""
        fs = [supplier(n) for n in range(1, 4)]
        root = self.root(analyseurs=2)
        root.references(fs)
        sizes = {}
        for n, f in enumerate(fs):
            for drop in range(3):
                data = depot(f, fichiers={"rib.pdf": pdf("Bruit", ("x" * 80,) * (100 * n))}, essai=True, kind="tar")
                root.drop(f.compte, f"{drop}.tar", data)
                sizes[len(data)] = f.compte
        self.assertEqual(len(sizes), 3)
        readers = self.readers(root, sizes)
        self.assertEqual(sum(len(drops) for drops in readers.values()), 9)
        for drops in readers.values():
            self.assertEqual(len(set(drops)), 1, readers)

    def test_a_run_of_one_account(self):
        f = supplier(1)
        root = self.root(analyseurs=1)
        root.references([f])
        data = depot(f, essai=True, kind="tar")
        for drop in range(5):
            root.drop(f.compte, f"{drop}.tar", data)
        self.assertEqual([len(drops) for drops in self.readers(root, {len(data): f.compte}).values()], [5])

    def readers(self, root, sizes):
        """The accounts whose drops each parser read, by its process id: a drop's size tells whose it is."""
        found = {}
        for reader, size in re.findall(r"^(\d+) +lseek\(\d+, 0, SEEK_END\) += (\d+)$", self.night(root, "-e", "lseek"), re.M):
            if int(size) in sizes:
                found.setdefault(reader, []).append(sizes[int(size)])
        return found


# Inside a user's own namespace: no further one is given. What follows runs there.
NO_NAMESPACES = ["unshare", "-U", "-r", "sh", "-c",
                 'for k in user mnt net ipc uts cgroup; do echo 0 >/proc/sys/user/max_${k}_namespaces || exit 99; done; '
                 'exec "$@"', "sh"]  # fmt: skip
MANDATORY = {"privileges", "capacites", "landlock", "appels", "limites"}
OPTIONAL = {"utilisateur", "fichiers", "racine", "reseau", "ipc", "nom", "groupes"}


@unittest.skipIf(SANITIZED, "a sanitizer's build has no whole cage")
class TestCage(Case):
    """verify --cage: what holds, by attempts."""

    def examine(self, *before, code=0):
        """The walls, by their names; before: a command that runs the program."""
        done = subprocess.run([*before, SEGUR, "verify", "--cage", "--format", "json", "--root", self.where],
                              capture_output=True, text=True)  # fmt: skip
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.said = done.stderr
        return {wall["mur"]: wall for wall in json.loads(done.stdout)["murs"]} if done.stdout else None

    def setUp(self):
        super().setUp()
        self.where = self.root().path

    def fault(self, call, how):
        """A command under which that call does something else, in each process."""
        return ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:{how}"]

    def held(self, walls, mandatory):
        return {name for name, wall in walls.items() if wall["tient"] and wall["obligatoire"] == mandatory}

    def test_it_holds(self):
        walls = self.examine()
        self.assertEqual({n for n, wall in walls.items() if wall["obligatoire"]}, MANDATORY)
        self.assertEqual(set(walls), MANDATORY | OPTIONAL)
        self.assertEqual(self.held(walls, True), MANDATORY)
        for wall in walls.values():
            self.assertEqual(bool(wall["eprouve"]), wall["tient"])
            self.assertEqual(bool(wall["remede"]), not wall["tient"])
        self.assertTrue(walls["reseau"]["eprouve"].startswith(walls["ipc"]["eprouve"] + " ; "))
        self.assertIn("127.0.0.1 est hors d'atteinte", walls["reseau"]["eprouve"])

    def test_words(self):
        done = command("verify", "--cage", "--root", self.where)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for words in ("Landlock", "filtre d'appels", "racine vide", "6 fois sur 6 tué", "La cage des analyseurs tient."):
            self.assertIn(words, done.stdout)
        for words in (["--cage", "--format", "xml"], ["--format", "json"]):
            self.assertEqual(command("verify", "--root", self.where, *words).returncode, 64)

    def test_without_namespaces(self):
        """The kernel gives none: the rest holds, a night reads its drops, and what is absent is told with its setting."""
        if subprocess.run([*NO_NAMESPACES, "true"], stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("this kernel gives no namespace to try in")
        walls = self.examine(*NO_NAMESPACES)
        self.assertEqual((self.held(walls, True), self.held(walls, False)), (MANDATORY, set()))
        self.assertIn("user.max_user_namespaces", walls["utilisateur"]["remede"])
        self.assertIn("user.max_net_namespaces", walls["reseau"]["remede"])
        f = supplier(1)
        root = self.root()
        root.references([f])
        root.drop(f.compte, "a.zip", depot(f))
        done = subprocess.run([*NO_NAMESPACES, SEGUR, "run", "--root", root.path, "--date", DATE, "--quiet"],
                              capture_output=True, text=True)  # fmt: skip
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(root.retour(f.compte, "a.zip")["etat"], "OK")

    def test_namespaces_refused(self):
        """As by AppArmor or in a container."""
        walls = self.examine(*self.fault("unshare", "error=EPERM"))
        self.assertEqual((self.held(walls, True), self.held(walls, False)), (MANDATORY, set()))
        walls = self.examine(*self.fault("chroot", "error=EPERM"))
        self.assertEqual(walls["racine"]["tient"], False)
        self.assertNotIn("racine", self.held(walls, False))

    def test_network_that_answers(self):
        """The space is another one, yet the machine is reached from it: that has a remedy of its own."""
        walls = self.examine(*self.fault("connect", "retval=0"))
        self.assertEqual(self.held(walls, False), OPTIONAL - {"reseau"})
        self.assertIn("127.0.0.1", walls["reseau"]["remede"])

    def test_a_wall_that_was_not_built(self):
        """The parser believes that it stands; the attempt shows that it does not."""
        for call, wall in (("landlock_restrict_self", "landlock"), ("capset", "capacites")):
            with self.subTest(call):
                walls = self.examine(*self.fault(call, "retval=0"), code=70)
                self.assertEqual(walls[wall]["tient"], False)
                self.assertTrue(walls[wall]["remede"])

    def test_no_sandbox(self):
        for call in ("landlock_restrict_self", "seccomp", "capset"):
            with self.subTest(call):
                self.assertIsNone(self.examine(*self.fault(call, "error=EINVAL"), code=70))
                self.assertIn("bac à sable", self.said)


def quiet(connection) -> bytes:
    try:
        return connection.recv(4096)
    except ConnectionResetError:
        return b""


class TestCommandLine(Case):
    def test_help(self):
        for words in (["--help"], ["help"], *([name, "--help"] for name in COMMANDS)):
            with self.subTest(words):
                done = command(*words)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertRegex(done.stdout, r"segur (init|run|list|show|decide|pieces|purge)|Commandes")
                if len(words) == 2:
                    self.assertIn("--help", done.stdout)
        listed = command("--help").stdout
        for name in COMMANDS:
            self.assertIn(f"  {name}", listed)
        self.assertRegex(command("--version").stdout, r"^segur \d+\.\d+")

    def test_usage(self):
        for words in ([], ["danser"], ["init"], ["init", "a", "b"], ["run", "trop"], ["run", "--date", "hier"],
                      ["run", "--date", "2026-02-29"], ["run", "--couleur"], ["run", "--date"], ["show"],
                      ["show", "ENR1"], ["show", "ENR0001M0", "--format", "xml"], ["pieces", "ENR0001M0"]):  # fmt: skip
            with self.subTest(words):
                done = command(*words)
                self.assertEqual((done.returncode, done.stdout), (64, ""))
                self.assertTrue(done.stderr.strip())

    def test_init(self):
        root = self.root()
        made = {str(p.relative_to(root.path)) for p in root.path.rglob("*")}
        self.assertLessEqual({
            "inbox/asp", "outbox/fournisseurs", "outbox/mails/new", "outbox/mails/tmp", "outbox/mails/cur",
            "outbox/asp/rapports", "outbox/asp/retours", "outbox/asp/consultation", "schemas/dossier.schema.json",
            "cron", "var/segur.db", "segur.conf"}, made)  # fmt: skip
        self.assertEqual((root.path / "var").stat().st_mode & 0o777, 0o700)
        self.assertEqual((root.path / "var/secret").stat().st_mode & 0o777, 0o600)
        before = root.tree(".")
        done = command("init", root.path)
        self.assertEqual(done.returncode, 65)
        self.same(root.tree("."), before)
        other = self.root()
        self.assertNotEqual((root.path / "var/secret").read_bytes(), (other.path / "var/secret").read_bytes())
        self.assertEqual(command("init", root.path / "sans/parent").returncode, 73)

    def test_not_a_root(self):
        empty = self.folder()
        for words in (["run"], ["list"], ["show", "ENR0001M0"], ["decide", "ENR0001M0", "valider", "--gestionnaire", "x"]):
            with self.subTest(words):
                done = command(*words, "--root", empty)
                self.assertEqual(done.returncode, 78)
                self.assertIn("segur init", done.stderr)
        self.assertEqual(list(empty.iterdir()), [])

    def test_root_from_the_environment_or_here(self):
        root = self.root()
        root.run()
        self.assertEqual(command("list", env={"SEGUR_ROOT": str(root.path)}).stdout, command("list", cwd=root.path).stdout)
        self.assertEqual(command("list", cwd=root.path).returncode, 0)

    def test_configuration(self):
        """A line that is wrong is named; nothing is done."""
        root = self.root()
        path = root.path / "segur.conf"
        good = path.read_text("utf-8")
        for bad in ("couleur = bleu", "[inconnue]\na = 1", "stabilite_s = -1", "piece_octets = 4Mo", "dialecte = dbase",
                    "formats_archive = rar", "analyseurs = 1000", "archive_octets = 99999999999999999999"):  # fmt: skip
            with self.subTest(bad):
                section = {"stabilite_s": "depot", "formats_archive": "depot", "analyseurs": "nuit", "dialecte": "rapports"}
                head = "" if bad.startswith("[") else f"[{section.get(bad.split()[0], 'limites')}]\n"
                path.write_text(f"{good}\n{head}{bad}\n", "utf-8")
                done = root.run(DATE, 78)
                self.assertIn(f"ligne {path.read_text('utf-8').rstrip().count(chr(10)) + 1}", done.stderr)
        path.write_text("; tout par défaut\n", "utf-8")
        root.run()
        path.unlink()
        root.run(DATE, 78)

    def test_newer_database(self):
        root = self.root()
        database = sqlite3.connect(root.path / "var/segur.db")
        database.execute("PRAGMA user_version = 999")
        database.close()
        root.drop("fournisseur-001", "a.zip", depot(supplier(1)))
        done = root.run(DATE, 78)
        self.assertIn("999", done.stderr)
        self.assertEqual(root.inbox("fournisseur-001"), ["a.zip"])

    def test_summary_and_quiet(self):
        """What a run prints: a summary, or nothing; never personal data nor a progress bar in a log."""
        f = supplier(1)
        root = self.root()
        root.references([f])
        root.drop(f.compte, "a.zip", depot(f))
        root.drop(f.compte, "b.zip", b"bonjour")
        done = root.segur("run", "--root", root.path, "--date", DATE)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("b.zip", done.stdout)
        self.assertIn("ARC-001", done.stdout)
        for personal in (f.representant.nom, f.representant.email, f.iban, "\x1b", "\r"):
            self.assertNotIn(personal, done.stdout)
        done = root.run("2026-03-03")
        self.assertEqual((done.stdout, done.stderr), ("", ""))

    def test_opendata_dialect(self):
        root = self.root(dialecte="opendata")
        f = supplier(1)
        root.references([f])
        root.drop(f.compte, "a.zip", depot(f))
        root.run()
        data = (root.path / "outbox/asp/rapports/courant/demandes.csv").read_bytes()
        self.assertTrue(data.startswith(b"numero,date_depot,statut,statut_libelle,siret,profil,type,anticipe,action,"))
        self.assertEqual(root.report("demandes")[0]["siret"], f.siret)
        self.check_outputs(root)


if __name__ == "__main__":
    unittest.main()
