"""Disturbs a night at every call in turn, lets the next night mend it, and compares with an undisturbed one.

    tests/crash/crash.py [--full] [--kind K…] [--jobs N]

See README.md. $SEGUR names the program under test; segur-parser lies beside it.
"""

import argparse
import collections
import errno
import hashlib
import itertools
import json
import multiprocessing
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import scene
from harness import SEGUR
from state import State, broken_promises, differences, read_tree, relay, write_tree

HERE = pathlib.Path(__file__).resolve().parent
NIGHT_S = 60
MEMORY_FAULTS = 4000  # in a full sweep
LEAK = 23  # exit code of a leak under ASan, so that it is none of the program's own
SANITIZED = SEGUR.parent.name == "asan"
ASAN_OPTIONS = f"verify_asan_link_order=0:exitcode={LEAK}:detect_leaks=1"

# What each call may fail with. "own": not on SQLite's files, whose code is not ours to mend.
ERRORS = {
    "open": "ENOSPC EMFILE EIO ENOMEM own:EINTR", "write": "ENOSPC EIO EINTR", "pwrite": "ENOSPC EIO EINTR",
    "ftruncate": "EIO EINTR ENOSPC", "rename": "ENOSPC EIO ENOMEM", "unlink": "EIO ENOMEM ENOSPC",
    "mkdir": "ENOSPC EIO ENOMEM", "link": "ENOSPC EIO ENOMEM", "symlink": "ENOSPC EIO ENOMEM", "fsync": "EIO ENOSPC own:EINTR",
    "fdatasync": "EIO ENOSPC own:EINTR", "syncfs": "EIO ENOSPC own:EINTR", "fchmod": "EIO ENOSPC", "fallocate": "ENOSPC EIO",
    "sendmsg": "ENOMEM EINTR EPIPE", "send": "ENOMEM EPIPE", "socketpair": "EMFILE ENOMEM", "fork": "EAGAIN ENOMEM",
    "read": "EIO EINTR", "pread": "EIO EINTR", "stat": "EIO ENOMEM", "fdopendir": "ENOMEM EMFILE", "readdir": "EIO ENOMEM",
    "lseek": "EIO", "access": "EIO ENOMEM", "readlink": "EIO ENOMEM", "fcntl": "EIO", "setlk": "EIO ENOLCK",
    "flock": "EIO EINTR ENOLCK", "poll": "EINTR ENOMEM", "waitpid": "EINTR", "recv": "EINTR ENOMEM ECONNRESET",
    "recvmsg": "EINTR ENOMEM", "close": "EIO EINTR",
    "malloc": "ENOMEM", "calloc": "ENOMEM", "realloc": "ENOMEM",
}  # fmt: skip
READ_ONLY_OPEN = "EMFILE EIO ENOMEM own:EINTR"
SHORT = {"write", "pwrite", "read", "pread", "recv"}
UNNOTICED = {"EINTR", "short"}  # the night goes on as if nothing had happened

Fault = collections.namedtuple("Fault", "who set at name where deed")


class Lab:
    """Copies of the programs that can be disturbed, and room for roots, in memory."""

    def __init__(self, base: pathlib.Path, tools: pathlib.Path):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lab-", dir=base))
        self.fault = tools / "fault.so"
        self.programs = self.folder / "bin"
        self.programs.mkdir()
        shutil.copy2(SEGUR, self.programs / "segur")
        shutil.copy2(SEGUR.parent / "segur-parser", self.programs / "segur-parser.real")
        shutil.copy2(tools / "wrapper", self.programs / "segur-parser")

    def parser(self, values: dict | None, once=True) -> None:
        """The environment of parsers to come."""
        for name in ("parser.env", "parser.once", "parser.used"):
            (self.programs / name).unlink(missing_ok=True)
        if values:
            lines = {"ASAN_OPTIONS": ASAN_OPTIONS, "LD_PRELOAD": str(self.fault), "FAULT_PARSER": "1"} | values
            text = "".join(f"{key}={value}\n" for key, value in lines.items())
            (self.programs / ("parser.once" if once else "parser.env")).write_text(text)

    def night(self, root: pathlib.Path, values: dict | None = None) -> subprocess.CompletedProcess:
        environment = {"PATH": "/usr/bin:/bin"}
        if values:
            environment |= {"LD_PRELOAD": str(self.fault)} | values
        if SANITIZED:
            environment["ASAN_OPTIONS"] = ASAN_OPTIONS
        words = [self.programs / "segur", "run", "--root", root, "--date", scene.DATE, "--quiet"]
        return subprocess.run(words, capture_output=True, env=environment, timeout=NIGHT_S)


# --- which faults there are --------------------------------------------------------------------------


def calls(lab: Lab, tree: dict, who: str, set_: str, own=False) -> list[tuple]:
    """Every counted call of an undisturbed night: (number, name, where)."""
    root, log = lab.folder / "root", lab.folder / "log"
    values = {"FAULT_SET": set_, "FAULT_LOG": str(log)} | ({"FAULT_OWN": "1"} if own else {})
    write_tree(root, tree)
    lab.parser(values if who == "parser" else None)
    done = lab.night(root, values if who == "parent" else None)
    lab.parser(None)
    assert done.returncode == 0, done.stderr.decode()
    found = []
    for line in log.read_text("utf-8", "replace").splitlines():
        number, _, name, where = line.split("\t", 3)
        found.append((int(number), name, where.removeprefix(str(root))))
    log.unlink()
    shutil.rmtree(root)
    return found


def deeds(set_: str, name: str, where: str) -> list[str]:
    """Everything that may happen to this call."""
    found = ["before", "after"] if set_ == "w" else []
    errors = READ_ONLY_OPEN if set_ == "r" and name == "open" else ERRORS[name]
    for error in errors.split():
        own, _, code = error.rpartition(":")
        if not own or ("segur.db" not in where and not where.startswith("/usr/")):
            found.append(code)
    return found + (["short"] if name in SHORT else [])


def every_fault(lab: Lab, tree: dict) -> list[Fault]:
    found = []
    sets = [("parent", "w", False), ("parent", "r", False), ("parser", "w", False), ("parser", "r", False)]
    if not SANITIZED:
        sets += [("parent", "m", False), ("parser", "m", True)]
    for who, set_, own in sets:
        for number, name, where in calls(lab, tree, who, set_, own):
            found += [Fault(who, set_, number, name, where, deed) for deed in deeds(set_, name, where)]
    # A killed program frees nothing: what ASan can tell is told of failures.
    return [fault for fault in found if not SANITIZED or fault.deed not in ("before", "after")]


def sample(faults: list[Fault], wanted: int) -> list[Fault]:
    """A spread over programs, calls, places and deeds, always the same: each kind in turn gives one of its
    faults, the middle one first, until there are enough."""
    kinds = collections.defaultdict(list)
    for fault in faults:
        place = fault.where if fault.set == "m" else re.sub(r"[0-9a-f]{8,}|\d+", "#", fault.where)
        kinds[fault.who, fault.set, fault.name, fault.deed, *place.split("/")[:3]].append(fault)
    queues = []
    for kind in sorted(kinds, key=lambda kind: hashlib.sha256(repr(kind).encode()).digest()):
        members = kinds[kind]
        middle = len(members) // 2
        order = sorted(range(len(members)), key=lambda i: (i * 7919 + middle) % len(members))
        queues.append([members[i] for i in order])
    picked = [fault for turn in itertools.zip_longest(*queues) for fault in turn if fault is not None]
    return sorted(picked[:wanted])


def held_back(fault: Fault, tree: dict) -> bool:
    """A drop, or a whole account, that the disk refuses to read waits alone for the next night, by design, and
    the numbers of requests may come in another order. A drop that is looked at is told by its name alone."""
    where = fault.where.lstrip("/")
    inside = re.match("inbox/(?!asp$)", where) or any(name.startswith("inbox/") and name.endswith(f"/{where}") for name in tree)
    return fault.who == "parent" and fault.deed == "EIO" and fault.name in ("open", "stat", "read", "readdir") and bool(inside)


# --- one disturbed night -----------------------------------------------------------------------------


class Sweep:
    def __init__(self, lab: Lab, tree: dict, wanted: State):
        self.lab, self.tree, self.wanted = lab, tree, wanted
        self.values = wanted.values()

    def disturb(self, root: pathlib.Path, fault: Fault) -> subprocess.CompletedProcess:
        number = getattr(errno, fault.deed, None)
        values = {"FAULT_SET": fault.set, "FAULT_AT": str(fault.at), "FAULT_DO": str(number or fault.deed),
                  "FAULT_LOG": str(self.lab.folder / "log")}  # fmt: skip
        if fault.who == "parser" and fault.set == "m":
            values["FAULT_OWN"] = "1"
        self.lab.parser(values if fault.who == "parser" else None)
        done = self.lab.night(root, values if fault.who == "parent" else None)
        self.lab.parser(None)
        return done

    def judge_exit(self, fault: Fault, done) -> list[str]:
        killed = fault.deed in ("before", "after")
        code, said = done.returncode, done.stderr.decode("utf-8", "replace")
        if code == LEAK or "AddressSanitizer" in said:
            return [f"leak or bad access: {said[-1500:]}"]
        if killed and fault.who == "parent":
            return [] if code == -9 else [f"exit code {code} of a killed night"]
        if code == -11 and fault.where.startswith("libcrypto"):
            return []  # OpenSSL's own start, before anything is done, does not survive it
        allowed = (0,) if fault.deed in UNNOTICED else (0, 70) if killed else (0, 70, 73, 75, 78)
        if code == 69 and held_back(fault, self.tree):
            return [] if "attend la prochaine nuit" in said else [f"exit code 69, and what waits is not said: {said[-300:]}"]
        if code not in allowed:
            return [f"exit code {code}: {said[-300:]}"]
        return [] if code == 0 or said.strip() else [f"exit code {code} without a word"]

    def play(self, fault: Fault) -> list[str]:
        """The differences that this fault leaves."""
        root, log, pile = self.lab.folder / "root", self.lab.folder / "log", {}
        write_tree(root, self.tree)
        try:
            done = self.disturb(root, fault)
            if not log.exists():
                return ["the fault was never reached"]
            found = self.judge_exit(fault, done)
            late = held_back(fault, self.tree)
            if not late:
                found += broken_promises(State(root), self.wanted, self.tree)
            found += [f"sent twice: {name}" for name in relay(root, pile)]
            done = self.lab.night(root)
            if done.returncode != 0:
                found.append(f"the next night ends with {done.returncode}: {done.stderr.decode()[-300:]}")
            found += [f"sent twice: {name}" for name in relay(root, pile)]
            if late:
                return found + differences(State(root, pile).essence(), self.wanted.essence())
            return found + differences(State(root, pile).values(), self.values)
        finally:
            shutil.rmtree(root, ignore_errors=True)
            log.unlink(missing_ok=True)


def undisturbed(lab: Lab, tree: dict) -> State:
    root, pile = lab.folder / "root", {}
    write_tree(root, tree)
    relay(root, pile)
    done = lab.night(root)
    assert done.returncode == 0, done.stderr.decode()
    wanted = State(root)
    wanted.relayed = pile
    shutil.rmtree(root)
    return wanted


def prepare(base: pathlib.Path, tools: pathlib.Path) -> tuple:
    """The root on the eve of the disturbed night, its mails sent; and the undisturbed night."""
    made = scene.make(SEGUR)
    pile = {}
    relay(made.path, pile)
    tree = read_tree(made.path)
    made.remove()
    lab = Lab(base, tools)
    return lab, tree, undisturbed(lab, tree)


def build_tools(folder: pathlib.Path) -> pathlib.Path:
    options = ["-DWITHOUT_MEMORY"] if SANITIZED else []
    options += ["-O1", "-g", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE", "-U_FORTIFY_SOURCE"]
    for out, source, more in (("fault.so", "fault.c", ["-shared", "-fPIC"]), ("wrapper", "wrapper.c", [])):
        subprocess.run(["gcc", *options, *more, "-o", folder / out, HERE / source], check=True)
    return folder


# --- the sweep ---------------------------------------------------------------------------------------

_worker = None


def start_worker(base, tools, tree, wanted):
    global _worker
    _worker = Sweep(Lab(base, tools), tree, wanted)


def work(fault):
    try:
        return fault, _worker.play(fault)
    except Exception as error:  # told as a difference, with what was being tried
        shutil.rmtree(_worker.lab.folder / "root", ignore_errors=True)
        return fault, [f"{type(error).__name__}: {error}"]


def told(fault: Fault) -> str:
    return f"{fault.who} {fault.set}{fault.at} {fault.name} {fault.where} {fault.deed}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help="every call; else a sample")
    parser.add_argument("--every", action="store_true", help="every call, and every piece of memory: many hours")
    parser.add_argument("--sample", type=int, default=540)
    parser.add_argument("--only", help="faults whose description holds this text")
    parser.add_argument("--set", choices="wrm", help="calls that write, read or take memory alone")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--stop", action="store_true", help="at the first difference")
    parser.add_argument("--json", type=pathlib.Path, help="differences, for reading by programs")
    args = parser.parse_args()
    base = pathlib.Path(tempfile.mkdtemp(prefix="segur-crash-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
    try:
        return sweep(args, base)
    finally:
        shutil.rmtree(base, ignore_errors=True)


def chosen_of(faults: list[Fault], args) -> list[Fault]:
    """In full: every call, and of the many that take memory each place of the code that does, several times."""
    if not args.full:
        return sample(faults, args.sample)
    memory = [fault for fault in faults if fault.set == "m"]
    return [fault for fault in faults if fault.set != "m"] + sample(memory, MEMORY_FAULTS)


def sweep(args, base: pathlib.Path) -> int:
    started = time.monotonic()
    tools = build_tools(base)
    lab, tree, wanted = prepare(base, tools)
    faults = every_fault(lab, tree)
    places = len({fault[:3] for fault in faults})
    if args.set:
        faults = [fault for fault in faults if fault.set == args.set]
    if args.only:
        faults = [fault for fault in faults if args.only in told(fault)]
    chosen = faults if args.every or args.only else chosen_of(faults, args)
    bad = {}
    with multiprocessing.Pool(args.jobs, start_worker, (base, tools, tree, wanted)) as pool:
        for n, (fault, found) in enumerate(pool.imap_unordered(work, chosen, 4), 1):
            if found:
                bad[fault] = found
                print(f"{told(fault)}\n    " + "\n    ".join(found[:8]), flush=True)
                if args.stop:
                    break
            if n % 2000 == 0:
                print(f"  {n} of {len(chosen)} faults, {len(bad)} with differences", flush=True)
    kinds = collections.Counter(fault.deed if fault.deed not in ("before", "after") else "kill" for fault in chosen)
    print(f"crash sweep: {places} calls swept, {len(faults)} possible faults, {len(chosen)} injected "
          f"({', '.join(f'{k} {n}' for k, n in kinds.most_common())}), {2 * len(chosen)} nights, "
          f"{len(bad)} with differences, {time.monotonic() - started:.0f} s")  # fmt: skip
    if args.json:
        args.json.write_text(json.dumps([[told(f), d] for f, d in bad.items()], indent=1))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
