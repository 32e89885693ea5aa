"""No account stops the night for others: what fails in one account's folders is said, and costs that account alone.

The table has a row for each step that touches such a folder and each way in which it fails: real permissions as a real
user, links, files, mounts; what no test can make of a disk is made of a system call.
"""

import os
import shutil
import subprocess
import unittest
from dataclasses import dataclass, field

from harness import DATE, NIGHT_S, NOBODY, REPO, Case
from factory import depot, supplier

NEXT = "2026-03-03"
LATER = "2026-03-04"
INBOX = "inbox/COMPTE"
OUTBOX = "outbox/fournisseurs/COMPTE"

# --- what happens to a folder; each returns how it is undone ---


def mode(bits):
    def make(path):
        kept = path.stat().st_mode & 0o777
        path.chmod(bits)
        return lambda: path.chmod(kept)

    return make


def hidden(path):
    return path.with_name("." + path.name)


def aside(path):
    kept = hidden(path)
    if path.exists():
        path.rename(kept)

    def undo():
        path.unlink()
        if kept.exists():
            kept.rename(path)

    return undo


def a_file(path):
    undo = aside(path)
    path.write_bytes(b"")
    return undo


def a_link(path):
    undo = aside(path)
    path.symlink_to(hidden(path).name)
    return undo


def a_loop(path):
    undo = aside(path)
    path.symlink_to(path.name)
    return undo


def mounted(*words):
    def make(path):
        for command in words:
            done = subprocess.run([*command.replace("PATH", str(path)).split()], capture_output=True, text=True)
            if done.returncode:
                raise unittest.SkipTest(f"no mount of our own: {done.stderr.strip()}")
        os.chown(path, NOBODY, NOBODY) if "tmpfs" in words[0] else None
        return lambda: subprocess.run(["umount", "-l", path], check=True)

    return make


READ_ONLY = mounted("mount --bind PATH PATH", "mount -o remount,ro,bind PATH")
AWAY = mounted("mount -t tmpfs -o size=64k tmpfs PATH")  # what was mounted there is hidden


def own_disk(path):
    """What lay there lies on a disk of its own, until this is unmounted."""
    kept = {file.name: file.read_bytes() for file in path.iterdir()}
    undo = AWAY(path)
    for name, data in kept.items():
        (path / name).write_bytes(data)
        os.chown(path / name, NOBODY, NOBODY)
    return undo


def full(path):
    undo = AWAY(path)
    with open(path / "filler", "wb") as file:
        try:
            file.write(bytes(1 << 20))
        except OSError:
            pass
    return undo


@dataclass
class Row:
    place: str
    make: object = None
    said: str = ""  # in the line that names the folder; "": nothing is
    inject: tuple = ()  # of strace: system calls that touch the folder, and their error
    code: int = 0
    ready: bool = False  # a night has passed that made the folder of answers
    stuck: bool = False  # a night has passed that could not remove the answered drop
    due: bool = False  # a night has passed that could not publish the answer
    answers: list = field(default_factory=lambda: ["OK"])  # in the end, by verdict


CLOSED = "accès refusé"
NO_FOLDER = "n'est pas un répertoire"
BROKEN = {"EIO": "le disque ne répond pas", "ESTALE": "le partage de fichiers n'est plus là", "ENOTCONN": "le partage de fichiers n'est plus là"}

ROWS = {
    "list, closed": Row(INBOX, mode(0o000), CLOSED),
    "list, without the right to list": Row(INBOX, mode(0o300), CLOSED),
    "list, without the right to enter": Row(INBOX, mode(0o600), CLOSED),
    "list, a file": Row(INBOX, a_file, NO_FOLDER),
    "list, a link": Row(INBOX, a_link, NO_FOLDER),
    "list, a link to itself": Row(INBOX, a_loop, NO_FOLDER),
    "list, mount away": Row(INBOX, AWAY),
    **{f"list, {e}": Row(INBOX, None, s, (f"openat:error={e}",)) for e, s in BROKEN.items()},
    **{f"read the list, {e}": Row(INBOX, None, s, (f"getdents64:error={e}",)) for e, s in BROKEN.items()},
    "read the list to its end, EIO": Row(INBOX, None, BROKEN["EIO"], ("getdents64:error=EIO:when=2+",)),
    **{f"look at a drop, {e}": Row(INBOX, None, s, (f"newfstatat:error={e}",)) for e, s in BROKEN.items()},
    "open a drop, closed": Row(f"{INBOX}/a.zip", mode(0o000), "le service n'a pas le droit", answers=["INCIDENT", "OK"]),
    "open a drop, ENOTDIR": Row(f"{INBOX}/a.zip", None, "", ("openat:error=ENOTDIR",)),
    "open a drop, ELOOP": Row(f"{INBOX}/a.zip", None, "", ("openat:error=ELOOP",)),
    "open a drop, ESTALE": Row(f"{INBOX}/a.zip", None, "", ("openat:error=ESTALE",)),
    "open a drop, EIO": Row(f"{INBOX}/a.zip", None, "le disque refuse", ("openat:error=EIO",), 69, answers=["INCIDENT", "OK"]),
    "copy, EIO": Row(f"{INBOX}/a.zip", None, "le disque refuse", ("read:error=EIO",), 69, answers=["INCIDENT", "OK"]),
    "copy, ESTALE": Row(f"{INBOX}/a.zip", None, "", ("read:error=ESTALE",)),
    "release, without the right to remove": Row(INBOX, mode(0o500), CLOSED),
    "release, read only": Row(INBOX, READ_ONLY, "lecture seule"),
    **{f"release, {e}": Row(INBOX, None, s, (f"renameat:error={e}",)) for e, s in BROKEN.items()},
    **{f"release, the removal, {e}": Row(INBOX, None, s, (f"unlinkat:error={e}",)) for e, s in BROKEN.items()},
    "release, closed since": Row(INBOX, None, CLOSED, ("openat:error=EACCES:when=2+",)),
    "release, closed before the sync": Row(INBOX, None, CLOSED, ("openat:error=EACCES:when=3+",)),
    **{f"release, the sync of its own disk, {e}": Row(INBOX, own_disk, s, (f"syncfs:error={e}",), answers=["OK", "OK"])
       for e, s in BROKEN.items()},
    "recover, the answered drop behind a closed folder": Row(INBOX, mode(0o000), CLOSED, stuck=True),
    "recover, the answered drop that cannot go": Row(INBOX, mode(0o500), CLOSED, stuck=True),
    "recover, the answered drop, read only": Row(INBOX, READ_ONLY, "lecture seule", stuck=True),
    "recover, the answered drop, a file": Row(INBOX, a_file, NO_FOLDER, stuck=True),
    "recover, the answered drop, a link": Row(INBOX, a_link, NO_FOLDER, stuck=True),
    "recover, the answered drop, mount away": Row(INBOX, AWAY, stuck=True),
    **{f"recover, the answered drop, {e}": Row(INBOX, None, s, (f"openat:error={e}",), stuck=True) for e, s in BROKEN.items()},
    "answer, closed": Row(OUTBOX, mode(0o000), CLOSED, ready=True),
    "answer, without the right to write": Row(OUTBOX, mode(0o500), CLOSED, ready=True),
    "answer, a file": Row(OUTBOX, a_file, NO_FOLDER, ready=True),
    "answer, a link": Row(OUTBOX, a_link, NO_FOLDER, ready=True),
    "answer, a link to itself": Row(OUTBOX, a_loop, NO_FOLDER, ready=True),
    "answer, read only": Row(OUTBOX, READ_ONLY, "lecture seule", ready=True),
    "answer, no room on its own disk": Row(OUTBOX, full, "plus de place", ready=True),
    "first answer, a file": Row(OUTBOX, a_file, NO_FOLDER),
    "first answer, a link": Row(OUTBOX, a_loop, NO_FOLDER),
    **{f"answer, the folder, {e}": Row(OUTBOX, None, s, (f"openat:error={e}",), ready=True) for e, s in BROKEN.items()},
    **{f"answer, its status, {e}": Row(OUTBOX, None, s, (f"newfstatat:error={e}",), ready=True) for e, s in BROKEN.items()},
    **{f"answer, the sync of its own disk, {e}": Row(OUTBOX, own_disk, s, (f"syncfs:error={e}",), ready=True)
       for e, s in BROKEN.items()},
    **{f"answer, its name, {e}": Row(OUTBOX, None, s, (f"renameat:error={e}",), ready=True) for e, s in BROKEN.items()},
    "answer, its name, EROFS": Row(OUTBOX, None, "lecture seule", ("renameat:error=EROFS",), ready=True),
    "answer that is due, closed": Row(OUTBOX, mode(0o000), CLOSED, ready=True, due=True),
    "answer that is due, read only": Row(OUTBOX, READ_ONLY, "lecture seule", ready=True, due=True),
    **{f"answer that is due, {e}": Row(OUTBOX, None, s, (f"openat:error={e}",), ready=True, due=True) for e, s in BROKEN.items()},
}  # fmt: skip


class World:
    """A root with an account for each row and one whom nothing concerns, whose nights an unprivileged user plays."""

    def __init__(self, case, rows):
        self.case, self.rows = case, rows
        self.root = case.root(analyseurs=1)
        self.honest, *others = (supplier(n) for n in range(1, len(rows) + 2))
        self.of = dict(zip(rows, others))
        self.root.references([self.honest, *others])
        self.options = case.unprivileged(self.root)
        self.night("2026-03-01")
        for name, row in rows.items():
            if row.ready:
                self.path(name, OUTBOX).mkdir()
        self.drop(name for name, row in rows.items() if row.stuck or row.due)
        closed = [(self.path(name, INBOX if row.stuck else OUTBOX), 0o500 if row.stuck else 0)
                  for name, row in rows.items() if row.stuck or row.due]  # fmt: skip
        for path, bits in closed:
            path.chmod(bits)
        self.night(DATE)
        for path, _ in closed:
            path.chmod(0o700)
        self.drop(name for name, row in rows.items() if not (row.stuck or row.due))
        self.root.drop(self.honest.compte, "a.zip", depot(self.honest))
        self.own()

    def drop(self, names):
        for name in names:
            self.root.drop(self.of[name].compte, "a.zip", depot(self.of[name]))
        self.own()

    def own(self):
        for path in (self.root.path, *self.root.path.glob("*box/**/*")):
            if path.lstat().st_uid != NOBODY:  # an answered file is known by its change time too
                os.chown(path, NOBODY, NOBODY, follow_symlinks=False)

    def path(self, name, place):
        return self.root.path / place.replace("COMPTE", self.of[name].compte)

    def night(self, date, expect=0, inject=()):
        words = [self.root.program, "run", "--root", self.root.path, "--date", date, "--quiet"]
        if inject:
            paths = {word for name, row in self.rows.items() for word in self.spellings(name, row.place)}
            calls = ",".join({call.partition(":")[0] for call in inject})
            words = ["strace", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", *(word for path in paths for word in ("-P", path)),
                     "-e", f"trace={calls}", *(word for call in inject for word in ("-e", f"inject={call}")), *words]  # fmt: skip
        done = subprocess.run(words, capture_output=True, text=True, timeout=NIGHT_S, env={"PATH": "/usr/bin:/bin"}, **self.options)
        self.case.assertEqual(done.returncode, expect, done.stderr)
        return done.stderr.splitlines()

    def spellings(self, name, place):
        """The paths by which a step may name that folder."""
        whole, compte = self.path(name, place), self.of[name].compte
        return str(whole), place.replace("COMPTE", compte), *([compte] if place == OUTBOX else [])


class TestTable(Case):
    def test_document(self):
        """What the table makes the night say stands in the operator's document."""
        text = (REPO / "docs/exploitation.md").read_text("utf-8")
        for name, row in ROWS.items():
            self.assertIn(row.said, text, name)

    def play(self, rows):
        world = World(self, rows)
        root, undo = world.root, []
        (inject,), codes = {row.inject for row in rows.values()}, {row.code for row in rows.values()}
        try:
            for name, row in rows.items():
                undo.append(row.make(world.path(name, row.place)) if row.make else lambda: None)
            said = world.night(NEXT, max(codes), inject)
        finally:
            for one in undo:
                one()
        self.assertEqual((root.retour(world.honest.compte, "a.zip")["etat"], root.inbox(world.honest.compte)), ("OK", []))
        self.assertEqual((root.path / "outbox/asp/rapports/courant").readlink().name, NEXT)
        self.assertEqual(root.sql("SELECT count(*) FROM nuits WHERE terminee = 0"), [(0,)])
        for name, row in rows.items():
            with self.subTest(name):
                self.told(row, [line for line in said if world.of[name].compte in line])
        self.assertEqual(world.night(LATER), [])
        for name, row in rows.items():
            compte = world.of[name].compte
            with self.subTest(name, then="mended"):
                self.assertEqual(root.inbox(compte), [])
                self.assertEqual([answer["etat"] for answer in root.retours(compte, "a.zip")], row.answers)
        self.assertEqual(len(root.mails("accuse_reception")), len(rows) + 1)
        self.assertEqual(root.segur("verify", "--root", root.path, **world.options).returncode, 0)

    def told(self, row, said):
        """One line names the account and what happened."""
        self.assertEqual(len(said), row.said != "", said)
        for line in said:
            self.assertIn(row.said, line)

    def setUp(self):
        if os.geteuid() != 0 or shutil.which("strace") is None:
            self.skipTest("wants to be root, and strace")

    def test_folders(self):
        self.play({name: row for name, row in ROWS.items() if row.inject == ()})

    def test_system_calls(self):
        for inject in sorted({row.inject for row in ROWS.values() if row.inject != ()}):
            with self.subTest(inject):
                self.play({name: row for name, row in ROWS.items() if row.inject == inject})


if __name__ == "__main__":
    unittest.main()
