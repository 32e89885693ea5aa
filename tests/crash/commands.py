"""Disturbs each command at every system call in turn, runs it again, and compares with an undisturbed one.

    tests/crash/commands.py [--full | --every] [--scene NAME…] [--jobs N]

See README.md. $SEGUR names the program under test; segur-parser lies beside it.
"""

import argparse
import collections
import errno
import hashlib
import itertools
import multiprocessing
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import command_scenes
from harness import SEGUR
from state import State, differences, digest, normal, read_database, read_tree, write_tree

HERE = pathlib.Path(__file__).resolve().parent
COMMAND_S = 60
SAMPLE = 350
MEMORY_PLACES = 400  # of each scene, in a full sweep

# What each call may fail with. "own": not on SQLite's files, nor below /usr, whose code is not ours to mend.
ERRORS = {
    "openat": "EIO EMFILE ENOMEM own:EINTR", "read": "EIO own:EINTR", "pread64": "EIO own:EINTR", "getdents64": "EIO ENOMEM",
    "write": "ENOSPC EIO own:EINTR", "pwrite64": "ENOSPC EIO own:EINTR", "writev": "ENOSPC EIO", "ftruncate": "EIO ENOSPC own:EINTR",
    "rename": "ENOSPC EIO ENOMEM", "unlink": "EIO ENOMEM ENOSPC", "rmdir": "EIO ENOMEM", "mkdir": "ENOSPC EIO ENOMEM",
    "link": "ENOSPC EIO ENOMEM", "symlink": "ENOSPC EIO ENOMEM", "fsync": "EIO ENOSPC own:EINTR",
    "fdatasync": "EIO ENOSPC own:EINTR", "syncfs": "EIO ENOSPC own:EINTR", "chmod": "EIO ENOSPC", "fallocate": "ENOSPC EIO own:EINTR",
    "close": "EIO own:EINTR", "stat": "EIO ENOMEM", "fstat": "EIO ENOMEM", "access": "EIO ENOMEM", "readlink": "EIO ENOMEM",
    "statfs": "EIO", "lseek": "EIO", "flock": "EIO EINTR ENOLCK", "fcntl": "EIO ENOLCK EMFILE", "getcwd": "ENOMEM",
    "mmap": "ENOMEM", "brk": "ENOMEM", "mremap": "ENOMEM", "mprotect": "ENOMEM", "getrandom": "ENOSYS",
    "socketpair": "EMFILE ENOMEM", "sendmsg": "ENOMEM EINTR EPIPE", "sendto": "ENOMEM EPIPE",
    "recvmsg": "ENOMEM EINTR ECONNRESET", "recvfrom": "ENOMEM EINTR ECONNRESET", "poll": "EINTR ENOMEM",
    "pipe2": "EMFILE ENFILE", "wait4": "EINTR", "clone": "EAGAIN ENOMEM", "memfd_create": "EMFILE ENOMEM", "copy_file_range": "EIO ENOSPC",
    "timer_create": "EAGAIN", "utimensat": "EIO", "fchown": "EPERM EIO",
}  # fmt: skip
SAME = {"renameat": "rename", "renameat2": "rename", "unlinkat": "unlink", "mkdirat": "mkdir", "linkat": "link",
        "symlinkat": "symlink", "fchmod": "chmod", "fchmodat": "chmod", "newfstatat": "stat", "lstat": "stat", "open": "openat",
        "faccessat": "access", "faccessat2": "access", "readlinkat": "readlink", "fstatfs": "statfs", "ppoll": "poll",
        "fork": "clone", "vfork": "clone", "clone3": "clone"}  # fmt: skip
# Calls that do not fail for want of anything, or whose failure is the sandbox's own affair (tests of the cage).
NEVER = """execve exit exit_group arch_prctl set_tid_address set_robust_list rseq prlimit64 munmap madvise rt_sigaction
    rt_sigprocmask rt_sigreturn sigaltstack getpid gettid getppid getuid geteuid getgid getegid umask futex sched_getaffinity
    sched_yield sysinfo uname kill tgkill prctl seccomp landlock_create_ruleset landlock_restrict_self landlock_add_rule
    ioctl fadvise64 clock_gettime clock_nanosleep timer_settime timer_delete setpriority setitimer dup dup2 dup3 close_range
    alarm setsockopt restart_syscall getrusage waitid capget capset unshare mount umount2 pivot_root chdir chroot setgroups setuid setgid setresuid
    setresgid setsid personality sethostname clock_getres gettimeofday time times""".split()
# How often one waits, whether a parser ends or is ended: the scheduler knows.
UNSTEADY = {"futex", "exit_group", "restart_syscall"}
NEXT_WAIT = "recvmsg"  # to which a parser may come, or not, before it is ended
SHORT = {"read", "pread64", "write", "pwrite64"}
UNNOTICED = {"EINTR", "short"}  # the command does all as if nothing had happened
ALLOWED = {70, 73, 75, 78}
# What is true of none of the scenes: who says so at a fault lies.
LIES = re.compile("n'existe pas|n'est pas une racine|n'est pas vide|endommag|autre exécution|manque(?! ou ne se lit pas)|a effacé|n'est plus cel|l'a modifié|existe déjà|n'est pas une sauvegarde|n'est pas du programme|y manque ou a été")
ENDED = re.compile("mémoire insuffisante|échec d'un calcul SHA-256")  # the program's last word
DONE = re.compile("est déjà une racine|n'est pas vide|existe déjà|DEC-008")  # what a rerun says when all had been done
WHOLE, HALF = "a whole backup", "half a backup"
UNFINISHED = ".init-inacheve", ".racine-inachevee"  # of a root that is being made
LOADER = "error while loading shared libraries"
FIRST_WORD = "LC_CTYPE"  # what main opens before all else

Fault = collections.namedtuple("Fault", "scene who set at name where deed")


def names_of_calls() -> dict[int, str]:
    text = pathlib.Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h").read_text()
    return {int(number): name for name, number in re.findall(r"#define __NR_(\w+) (\d+)", text)}


CALLS = names_of_calls()


class Box:
    """A folder in memory in which one command is run."""

    def __init__(self, base: pathlib.Path, tools: pathlib.Path, scene: command_scenes.Scene):
        self.base = pathlib.Path(tempfile.mkdtemp(dir=base))  # of one depth: SQLite looks at each part of a path
        self.tools, self.scene, self.folder = tools, scene, self.base / "box"

    def fill(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        write_tree(self.folder, self.scene.files)

    def run(self, *before, environment=None) -> tuple[int, bytes, str]:
        """Exit code, what was printed, what was said on standard error."""
        words = [*before, SEGUR, *self.scene.words]
        with open(self.base / "stdout", "wb") as out:
            done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE, cwd=self.folder,
                                  env={"PATH": "/usr/bin:/bin"} | (environment or {}), timeout=COMMAND_S)  # fmt: skip
        return done.returncode, (self.base / "stdout").read_bytes(), done.stderr.decode("utf-8", "replace")

    def play(self, words: tuple) -> None:
        done = subprocess.run([SEGUR, *words], capture_output=True, cwd=self.folder, env={"PATH": "/usr/bin:/bin"}, timeout=COMMAND_S)
        assert done.returncode == 0, done.stderr.decode()

    def inject(self, who=None, at=0, deed="") -> tuple[int, bytes, str, list[list[str]]]:
        """The same under inject, and the lines of its log but the last."""
        log = self.base / "log"
        plan = ["-w", str(who), "-n", str(at), "-d", deed] if at else []
        code, out, said = self.run(self.tools / "inject", *plan, log)
        assert code == 0, f"inject ends with {code}: {said}"
        *lines, end = [line.split("\t") for line in log.read_text("utf-8", "replace").splitlines()]
        return int(end[1]), out, said, lines

    def is_random(self, name: str) -> bool:
        return name in self.scene.masked or name.endswith(".cms")

    def values(self) -> dict:
        """key -> value; equal for equal folders."""
        found, tree = {}, read_tree(self.folder)
        for name, item in tree.items():
            base, _, last = name.rpartition("/")
            if last.startswith("segur.db") and base.endswith("var"):
                if last == "segur.db":
                    root = self.folder / base.removesuffix("var")
                    found |= {f"{base}: {table}": rows for table, rows in normal(unnumbered(read_database(root))).items()}
                elif last not in ("segur.db-wal", "segur.db-shm"):
                    found[name] = "left over"
            elif name.endswith(".sauvegarde"):  # of a night; that which runs again makes another
                day = name.partition("-nuit-")[0]
                found[day] = WHOLE if is_sealed(item[2]) and found.get(day, WHOLE) == WHOLE else HALF
            elif name == self.scene.out and name.endswith(".db"):
                found |= {f"{name}: {table}": rows for table, rows in normal(read_rows(self.folder / name)).items()}
            else:
                found[name] = (item[0], item[1] if item[0] != "l" else "", "*" if self.is_random(name) else digest(item))
        return found


def is_sealed(data: bytes) -> bool:
    """Whether a backup's last line is the hash of all before it."""
    return data[-65:] == hashlib.sha256(data[:-90]).hexdigest().encode() + b"\n"


def unnumbered(tables: dict) -> dict:
    """A purge that was stopped and resumed erases the same in another order; an encryption is another each time."""
    without = {"effacements": "id", "chiffres": "empreinte"}
    return tables | {name: [{key: value for key, value in row.items() if key != column} for row in tables[name]]
                     for name, column in without.items() if name in tables}  # fmt: skip


def read_rows(path: pathlib.Path) -> dict:
    """A database that is not below var/."""
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(f"{folder}/var")
        shutil.copyfile(path, f"{folder}/var/segur.db")
        os.mkdir(f"{folder}/copy")
        return read_database(pathlib.Path(folder))


# --- which faults there are --------------------------------------------------------------------------


def counted(box: Box) -> list[tuple]:
    """Every call of an undisturbed run: (who, number, name, nature, where)."""
    box.fill()
    code, printed, said, lines = box.inject()
    assert code == 0, f"{box.scene.words}: exit code {code}: {said}{printed.decode()}"
    return calls_of(lines)


def calls_of(lines: list[list[str]]) -> list[tuple]:
    return [(int(who), int(n), CALLS[int(call)], nature, where) for who, n, call, nature, where in lines if who != "open"]


def first_words(calls: list[tuple]) -> dict[int, int]:
    """Of each process the number of its program's first call: before it the loader is at work."""
    return {who: number for who, number, *_, where in reversed(calls) if where.endswith(FIRST_WORD)}


def traced(box: Box) -> collections.Counter:
    """The same, counted by strace: name -> calls of all processes."""
    box.fill()
    trace = box.base / "trace"
    code, _, said = box.run("setarch", "-R", "strace", "-f", "-qq", "-o", trace, "-e", "signal=none")
    assert code == 0, said
    return collections.Counter(re.findall(r"^\d+ +(\w+)\(", trace.read_text("utf-8", "replace"), re.M))


def deeds(name: str, nature: str, where: str) -> list[str]:
    """Everything that may happen to this call."""
    name = SAME.get(name, name)
    own = not re.search(r"\.db|\.sauvegarde|/usr/|/lib/|/etc/|^[12]:", where)  # the parent handles no signal: stdio needs no second try
    found = ["before", "after"] if nature == "w" else []
    errors = ERRORS.get(name, "") + (" ENOSPC +ENOSPC" if name == "openat" and nature == "w" else "")
    for error in errors.split():
        alone, _, code = error.rpartition(":")
        if own or not alone:
            found.append(code)
    if name == "fcntl":  # locks, duplicates; flags do not fail
        found = {"6": ["EIO", "ENOLCK"], "7": ["EIO", "ENOLCK"], "0": ["EMFILE"], "1030": ["EMFILE"]}.get(where.split()[-1], [])
    if nature == "m" and name != "mprotect":
        found.append("+ENOMEM")
    if name in ("write", "pwrite64", "mkdir", "fallocate"):
        found.append("+ENOSPC")
    # A pipe takes as much as we write there, less than PIPE_BUF, whole or not at all (POSIX, write).
    whole = where.partition(":")[2].startswith(("/usr/", "/lib/", "/etc/", "pipe:"))
    return found + (["short"] if name in SHORT and not whole else [])


def places_of_memory(box: Box) -> list[tuple]:
    """Every call for memory: (number, name, place in the code)."""
    box.fill()
    log = box.base / "fault.log"
    log.unlink(missing_ok=True)
    box.run(environment={"LD_PRELOAD": str(box.tools / "fault.so"), "FAULT_SET": "m", "FAULT_LOG": str(log)})
    lines = [line.split("\t") for line in log.read_text("utf-8", "replace").splitlines()]
    log.unlink()
    return [(int(number), name, where) for number, _, name, where in lines]


def every_fault(name: str, box: Box, calls: list[tuple]) -> list[Fault]:
    found = []
    for who, number, call, nature, where in calls:
        if (who, number) != (0, 1):  # the execve of the program itself
            found += [Fault(name, who, nature, number, call, where, deed) for deed in deeds(call, nature, where)]
    for number, call, place in places_of_memory(box):
        found.append(Fault(name, 0, "M", number, call, place, "ENOMEM"))
    return found


def by_kind(faults: list[Fault]) -> list[list[Fault]]:
    """The faults of each kind, the middle ones first: alike in scene, call, deed and place, but for numbers and hashes."""
    kinds = collections.defaultdict(list)
    for fault in faults:
        place = fault.where if fault.set == "M" else re.sub(r"[0-9a-f]{8,}|\d+", "#", fault.where)
        kinds[fault.scene, fault.who > 0, fault.name, fault.deed, place].append(fault)
    queues = []
    for kind in sorted(kinds, key=lambda kind: hashlib.sha256(repr(kind).encode()).digest()):
        members = kinds[kind]
        middle = len(members) // 2
        queues.append([members[i] for i in sorted(range(len(members)), key=lambda i: (i * 7919 + middle) % len(members))])
    return queues


def sample(faults: list[Fault], wanted: int) -> list[Fault]:
    """A spread over calls, places and deeds, always the same: see crash.py."""
    picked = [fault for turn in itertools.zip_longest(*by_kind(faults)) for fault in turn if fault is not None]
    return picked[:wanted]


# --- one disturbed command ---------------------------------------------------------------------------


def held_back(fault: Fault) -> bool:
    """A drop that the disk refuses to read: it alone waits for the next night, by design (crash.py)."""
    looked = SAME.get(fault.name, fault.name) in ("openat", "stat", "fstat", "read", "getdents64")
    return fault.who == 0 and fault.deed == "EIO" and looked and "inbox/" in fault.where


def last_waits(calls: list[tuple]) -> set[tuple]:
    """(who, number) of each parser's last wait: it may be ended before it comes to it."""
    return set({who: (who, number) for who, number, name, *_ in calls if who and name == NEXT_WAIT}.values())


class Judge:
    """What an undisturbed run of a scene makes, and what a disturbed one is held against."""

    def __init__(self, box: Box):
        self.box = box
        box.fill()
        self.before = box.values()
        code, self.printed, said, lines = box.inject()
        assert code == 0 and not said, f"exit code {code}: {said}"
        self.open = sum(line[0] == "open" for line in lines)
        calls = calls_of(lines)
        self.begun, self.last_waits = first_words(calls)[0], last_waits(calls)
        self.done = self.wanted = box.values()
        self.essence = State(box.folder / "root").essence() if box.scene.night else None
        if box.scene.then:
            box.play(box.scene.then)
            self.wanted = box.values()

    def disturb(self, fault: Fault) -> tuple:
        box = self.box
        box.fill()
        if fault.set != "M":
            number = getattr(errno, fault.deed.lstrip("+"), None)
            deed = fault.deed if number is None else f"+{number}" if fault.deed[0] == "+" else str(number)
            return box.inject(fault.who, fault.at, deed)
        log = box.base / "fault.log"
        log.unlink(missing_ok=True)
        code, printed, said = box.run(environment={
            "LD_PRELOAD": str(box.tools / "fault.so"), "FAULT_SET": "m", "FAULT_AT": str(fault.at),
            "FAULT_DO": str(errno.ENOMEM), "FAULT_LOG": str(log)})  # fmt: skip
        return code, printed, said, [[""]] * log.exists()

    def exit(self, fault: Fault, code: int, said: str) -> list[str]:
        """`said`: on standard error; by verify, which tells of what it cannot read as of any fault, on the other too."""
        killed = fault.deed in ("before", "after")
        if killed and fault.who == 0:
            return [] if code == -9 else [f"exit code {code} of a killed command"]
        if code == 127 and LOADER in said:
            return []  # the loader's word, before the program
        if fault.set != "M" and fault.who == 0 and fault.at < self.begun and (code == 127 or code < 0):
            return []  # the loader's end, before the program
        if code < 0 and fault.name in ("malloc", "calloc", "realloc") and fault.where.startswith(("libcrypto", "libc.")):
            return []  # OpenSSL's own start does not survive it
        found = []
        waits = fault.scene.startswith("run") and held_back(fault) and "attend la prochaine nuit" in said
        unread = fault.scene.startswith("restore") and "backup.db" in fault.where  # to who restores, a damaged backup
        streamed = fault.scene == "replay" and fault.name == "read" and "outbox/" in fault.where  # by stdio: see `own`
        if code != 0 and code not in ALLOWED | ({65} if unread or fault.scene == "verify" else {69} if waits else set()) or fault.deed in UNNOTICED and code != 0 and not (streamed and fault.deed == "EINTR"):
            found.append(f"exit code {code}: {said[-300:]}")
        if code != 0 and not said.strip() and not fault.where.startswith("2:"):
            found.append(f"exit code {code} without a word")
        if LIES.search(said) and not unread:
            found.append(f"it says what is not so: {said[-300:]}")
        return found

    def halves(self, found: dict) -> list[str]:
        """Names of the output that stand for something else than the whole."""
        out = self.box.scene.out
        if HALF in found.values():
            return ["half a backup under its name"]
        if not out or out.endswith(".db") and f"{out}: nuits" not in found:
            return []
        return [f"half of it under its name: {name}" for name, value in found.items()
                if self.is_promised(found) and name.startswith(out + "/") and "/." not in name and ".tmp" not in name
                and self.wanted.get(name) not in (None, value)]  # fmt: skip

    def is_promised(self, found: dict) -> bool:
        """A root that says that it is not made to its end promises nothing: no command opens it."""
        return not any(f"{self.box.scene.out}/{name}" in found for name in UNFINISHED)

    def play(self, fault: Fault) -> list[str]:
        """The differences that this fault leaves."""
        box, night = self.box, self.box.scene.night
        code, printed, said, lines = self.disturb(fault)
        reached = [line for line in lines if line[0] != "open"]
        if not reached:
            return [] if (fault.who, fault.at) in self.last_waits else ["the fault was never reached"]
        if fault.set != "M" and CALLS[int(reached[0][2])] != fault.name:
            return [f"the fault fell upon {CALLS[int(reached[0][2])]}"]
        found = self.exit(fault, code, said + printed.decode("utf-8", "replace") * (fault.scene == "verify" and code == 65))
        values = box.values()
        left = sum(line[0] == "open" for line in lines) - self.open
        if code >= 0 and code != 127 and left > 0 and not ENDED.search(said):  # what ends at once closes nothing
            found.append(f"descriptors left open: {[line[1] for line in lines if line[0] == 'open']}")
        if code == 0 and not night:
            if printed != self.printed and not fault.where.startswith("1:") or len(printed) < len(self.printed):
                found.append(f"exit code 0, and printed otherwise: {printed[-200:]}")
            return found + [f"exit code 0, and {line}" for line in differences(values, self.done)]
        found += self.halves(values)
        code, printed, said = box.run()
        if code != 0 and not (DONE.search(said) and (self.done == values or box.scene.then)):
            found.append(f"the rerun ends with {code}: {said[-300:]}")
        if code == 0 and self.done == self.before and printed != self.printed:
            found.append(f"the rerun printed otherwise: {printed[-200:]}")
        if box.scene.then:
            box.play(box.scene.then)
        if night and held_back(fault):
            return found + differences(State(box.folder / "root").essence(), self.essence)
        return found + [f"after the rerun, {line}" for line in differences(box.values(), self.wanted)]


# --- the sweep ---------------------------------------------------------------------------------------


def build_tools(folder: pathlib.Path) -> pathlib.Path:
    options = ["-O1", "-g", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE", "-U_FORTIFY_SOURCE"]
    for out, source, more in (("inject", "inject.c", []), ("fault.so", "fault.c", ["-shared", "-fPIC"])):
        subprocess.run(["gcc", *options, *more, "-o", folder / out, HERE / source], check=True)
    return folder


_judges, _where = {}, None


def start_worker(base, tools, scenes):
    global _where
    _where = (base, tools, scenes)


def work(fault):
    base, tools, scenes = _where
    try:
        if fault.scene not in _judges:
            _judges[fault.scene] = Judge(Box(base, tools, scenes[fault.scene]))
        return fault, _judges[fault.scene].play(fault)
    except Exception as error:  # told as a difference, with what was being tried
        return fault, [f"{type(error).__name__}: {error}"]


def told(fault: Fault) -> str:
    return f"{fault.scene}: {fault.who} {fault.set}{fault.at} {fault.name} {fault.where} {fault.deed}"


def count_all(base, tools, scenes, args) -> tuple[list, list, list]:
    """All faults; lines of figures; and what does not agree: commands without a scene, counts that are not strace's."""
    faults, lines, bad = [], [], []
    bad += [f"no scene for the command {name}" for name in sorted(command_scenes.commands() - {n.split()[0] for n in scenes})]
    for name, scene in scenes.items():
        if args.scene and name not in args.scene:
            continue
        box = Box(base, tools, scene)
        calls, by_strace = counted(box), traced(box)
        by_us = collections.Counter(call[2] for call in calls)
        unknown = by_us.keys() - ERRORS.keys() - SAME.keys() - set(NEVER)
        bad += [f"{name}: {call}: the sweep knows no fault of it" for call in sorted(unknown)]
        allowed = {NEXT_WAIT: len({call[0] for call in calls} - {0})}
        other = {call for call in by_us | by_strace if abs(by_us[call] - by_strace[call]) > allowed.get(call, 0)} - UNSTEADY
        bad += [f"{name}: {call}: {by_us[call]} calls counted, {by_strace[call]} by strace" for call in sorted(other)]
        here = every_fault(name, box, calls)
        if args.program_only:
            begun = first_words(calls)
            here = [fault for fault in here if fault.set == "M" or fault.at > begun.get(fault.who, 0)]
        lines.append([name, len(calls), by_strace.total(), len({fault[:4] for fault in here if fault.set != "M"}), len(here)])
        faults += here
    return faults, lines, bad


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help="every kind of fault: each call at each place; else a sample")
    parser.add_argument("--every", action="store_true", help="every call, each time that it is made: many hours")
    parser.add_argument("--sample", type=int)
    parser.add_argument("--scene", action="append", default=[], help="this scene alone; may be given again")
    parser.add_argument("--only", help="faults whose description matches")
    parser.add_argument("--no-memory", action="store_true", help="no failing malloc")
    parser.add_argument("--program-only", action="store_true", help="nothing before the program itself has begun")
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    base = pathlib.Path(tempfile.mkdtemp(prefix="segur-commands-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
    try:
        return sweep(args, base)
    finally:
        shutil.rmtree(base, ignore_errors=True)


def chosen_of(faults: list[Fault], args) -> list[Fault]:
    if args.only:
        return [fault for fault in faults if re.search(args.only, told(fault))]
    if args.sample is not None or not (args.full or args.every):
        return sample(faults, SAMPLE if args.sample is None else args.sample)
    chosen = [fault for fault in faults if fault.set != "M"]
    if not args.every:
        chosen = [kind[0] for kind in by_kind(chosen)]
    for _, group in itertools.groupby((fault for fault in faults if fault.set == "M"), lambda fault: fault.scene):
        chosen += sample(list(group), MEMORY_PLACES)
    return chosen


def sweep(args, base: pathlib.Path) -> int:
    started = time.monotonic()
    tools = build_tools(base)
    scenes = command_scenes.scenes()
    faults, lines, bad = count_all(base, tools, scenes, args)
    for line in bad:
        print(line)
    if args.no_memory:
        faults = [fault for fault in faults if fault.set != "M"]
    chosen = chosen_of(faults, args)
    done, different = collections.Counter(), collections.Counter()
    with multiprocessing.Pool(args.jobs, start_worker, (base, tools, scenes)) as pool:
        for fault, found in pool.imap_unordered(work, chosen, 4):
            done[fault.scene] += 1
            different[fault.scene] += bool(found)
            if found:
                print(f"{told(fault)}\n    " + "\n    ".join(found[:6]), flush=True)
    print(f"{'scene':16} {'calls':>7} {'strace':>7} {'can fail':>8} {'faults':>7} {'injected':>8} {'differences':>11}")
    for name, calls, by_strace, able, possible in lines:
        print(f"{name:16} {calls:7} {by_strace:7} {able:8} {possible:7} {done[name]:8} {different[name]:11}")
    print(f"sweep of the commands: {len(lines)} scenes, {sum(line[1] for line in lines)} calls, {len(chosen)} faults injected, "
          f"{different.total()} with differences, {time.monotonic() - started:.0f} s")  # fmt: skip
    return 1 if bad or different.total() else 0


if __name__ == "__main__":
    sys.exit(main())
