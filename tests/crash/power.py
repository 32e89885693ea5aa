"""Pulls the plug: records what a night writes, builds the disks that a power cut could leave at every point of it,
lets the next night go on from there, and compares with an undisturbed one.

    tests/crash/power.py [--full] [--states N] [--jobs N]

The model of the file system, and what is compared, are in README.md.
"""

import argparse
import collections
import copy
import multiprocessing
import os
import pathlib
import random
import shutil
import struct
import sys
import tempfile
import time

import crash
from state import State, broken_promises, differences, relay, write_tree

HEAD = struct.Struct("<c7xQQII")
Op = collections.namedtuple("Op", "kind ino offset first second")
POLICIES = ("nothing", "names", "data") + tuple(f"some-{seed}" for seed in range(4))


def read_record(path: pathlib.Path) -> list[Op]:
    data, at, found = path.read_bytes(), 0, []
    while at < len(data):
        kind, ino, offset, first, second = HEAD.unpack_from(data, at)
        at += HEAD.size
        found.append(Op(kind.decode(), ino, offset, data[at : at + first], data[at + first : at + first + second]))
        at += first + second
    return found


class Disk:
    """Inodes that are durable, and what was done since to each: what a power cut may or may not have kept.

    files: ino -> (mode, bytes); folders: ino -> (mode, {name: ino}); links: ino -> target
    data: unsynced writes by file; names: unsynced changes of folders, in order
    """

    def __init__(self, root: pathlib.Path):
        self.files, self.folders, self.links = {}, {}, {}
        self.data = collections.defaultdict(list)
        self.names = []
        self.base = str(root)
        self.root = self.scan(root)
        self.live = copy.deepcopy({ino: names for ino, (_, names) in self.folders.items()})  # as the night sees it

    def scan(self, folder: pathlib.Path) -> int:
        status, names = folder.stat(), {}
        for entry in os.scandir(folder):
            found = entry.stat(follow_symlinks=False)
            if entry.is_symlink():
                self.links[found.st_ino] = os.readlink(entry.path)
            elif entry.is_dir():
                self.scan(pathlib.Path(entry.path))
            else:
                self.files[found.st_ino] = (found.st_mode & 0o7777, pathlib.Path(entry.path).read_bytes())
            names[entry.name] = found.st_ino
        self.folders[status.st_ino] = (status.st_mode & 0o7777, names)
        return status.st_ino

    def place(self, path: bytes) -> tuple[int, str] | None:
        """Folder and name of a path, as the night sees it; None outside the root."""
        text = os.path.normpath(path.decode())
        if not text.startswith(self.base + "/"):
            return None
        *parents, name = text[len(self.base) + 1 :].split("/")
        ino = self.root
        for part in parents:
            ino = self.live[ino][part]
        return ino, name

    # --- the night goes on ---

    def change(self, *entries) -> None:
        """One change of names: (folder, name, ino or None), all or nothing. `was` tells what a removal removes."""
        done = [(folder, name, ino, self.live[folder].get(name)) for folder, name, ino in entries]
        for folder, name, ino in entries:
            if ino is None:
                self.live[folder].pop(name, None)
            else:
                self.live[folder][name] = ino
        self.names.append(done)

    def play(self, op: Op) -> None:
        getattr(self, "op_" + op.kind)(op)

    def op_c(self, op):
        place = self.place(op.first)
        if place:
            self.files[op.ino] = (op.offset, b"")
            self.change((*place, op.ino))

    def op_d(self, op):
        place = self.place(op.first)
        self.folders[op.ino] = (op.offset, {})
        self.live[op.ino] = {}
        self.change((*place, op.ino))

    def op_p(self, op):
        self.files[op.ino] = (op.offset, b"")

    def op_h(self, op):
        self.change((*self.place(op.first), op.ino))

    def op_l(self, op):
        self.links[op.ino] = op.second.decode()
        self.change((*self.place(op.first), op.ino))

    def op_r(self, op):
        old, new = self.place(op.first), self.place(op.second)
        self.change((*old, None), (*new, self.live[old[0]][old[1]]))

    def op_x(self, op):
        old, new = self.place(op.first), self.place(op.second)
        a, b = self.live[old[0]][old[1]], self.live[new[0]][new[1]]
        self.change((*old, b), (*new, a))

    def op_u(self, op):
        self.change((*self.place(op.first), None))

    op_k = op_u

    def op_m(self, op):
        for known in (self.files, self.folders):
            if op.ino in known:
                known[op.ino] = (op.offset, known[op.ino][1])

    def op_w(self, op):
        if op.ino in self.files:
            self.data[op.ino].append((op.offset, op.first))

    def op_t(self, op):
        if op.ino in self.files:
            self.data[op.ino].append((op.offset, None))

    def op_f(self, op):
        """fsync: the bytes of a file, or the names of a folder; never the name of the file itself."""
        if op.ino in self.files:
            self.settle_data(op.ino, self.data.pop(op.ino, []))
        elif op.ino in self.folders:
            rest = []
            for change in self.names:
                if any(folder == op.ino for folder, *_ in change):
                    self.settle_names(change)
                else:
                    rest.append(change)
            self.names = rest

    def op_s(self, op):
        for ino in list(self.data):
            self.settle_data(ino, self.data.pop(ino))
        for change in self.names:
            self.settle_names(change)
        self.names = []

    def settle_data(self, ino, writes) -> None:
        mode, data = self.files[ino]
        self.files[ino] = (mode, applied(data, writes))

    def settle_names(self, change) -> None:
        apply_names({ino: names for ino, (_, names) in self.folders.items()}, change)

    # --- the plug is pulled ---

    def after_cut(self, policy: str, seed: int) -> dict:
        """The tree that the machine finds when it starts again, as write_tree() takes it; and the inode of each
        file, as it was."""
        chance = random.Random(f"{policy}/{seed}")
        keep_names = {"nothing": lambda: False, "names": lambda: True, "data": lambda: False}.get(
            policy, lambda: chance.random() < 0.5)  # fmt: skip
        keep_data = {"nothing": lambda: False, "names": lambda: False, "data": lambda: True}.get(
            policy, lambda: chance.random() < 0.5)  # fmt: skip
        folders = {ino: dict(names) for ino, (_, names) in self.folders.items()}
        for change in self.names:
            if keep_names():
                apply_names(folders, change)
        tree, inodes = {}, {}

        def walk(ino, prefix, depth=0):
            for name, child in sorted(folders[ino].items()):
                path = prefix + name
                if child in self.links:
                    tree[path] = ("l", self.links[child])
                    inodes[path] = child
                elif child in folders:
                    if depth < 20:
                        tree[path] = ("d", self.folders[child][0])
                        walk(child, path + "/", depth + 1)
                else:
                    mode, data = self.files[child]
                    writes = [w for w in self.data.get(child, []) if keep_data()]
                    tree[path] = ("f", mode, applied(data, torn(writes, chance) if policy.startswith("some") else writes))
                    inodes[path] = child

        walk(self.root, "")
        # The index of the WAL is shared memory: SQLite trusts none that a dead process left.
        tree.pop("var/segur.db-shm", None)
        return tree, inodes


def torn(writes: list, chance: random.Random) -> list:
    """Now and then a write reaches the disk in part: whole sectors of 512 bytes."""
    return [(at, data[: len(data) // 1024 * 512]) if data and len(data) > 1024 and chance.random() < 0.2 else (at, data)
            for at, data in writes]  # fmt: skip


def applied(data: bytes, writes: list) -> bytes:
    if not writes:
        return data  # the same object: its hash is known
    out = bytearray(data)
    for offset, piece in writes:
        if piece is None:
            del out[offset:]
            out += bytes(offset - len(out))
        else:
            out += bytes(max(0, offset - len(out)))
            out[offset : offset + len(piece)] = piece
    return bytes(out)


def apply_names(folders: dict, change: list) -> None:
    """A removal takes away only what it took away then: another name that came there is another's."""
    for folder, name, ino, was in change:
        if ino is not None:
            folders[folder][name] = ino
        elif folders[folder].get(name) == was:
            folders[folder].pop(name, None)


# --- states and their nights -------------------------------------------------------------------------


def record_night(lab: crash.Lab, tree: dict) -> tuple:
    """What a night writes: the disk before it, its operations, and the identity of the inbox's files."""
    root, log = lab.folder / "root", lab.folder / "record"
    write_tree(root, tree)
    disk = Disk(root)
    identities = {entry.stat(follow_symlinks=False).st_ino: entry.stat(follow_symlinks=False).st_ctime_ns
                  for folder in (root / "inbox").iterdir() for entry in os.scandir(folder)}  # fmt: skip
    values = {"FAULT_RECORD": str(log)}
    lab.parser(values, once=False)
    done = lab.night(root, values)
    lab.parser(None)
    assert done.returncode == 0, done.stderr.decode()
    ops = read_record(log)
    shutil.rmtree(root)
    log.unlink()
    return disk, ops, identities


def every_state(disk: Disk, ops: list[Op], policies) -> list[tuple]:
    """(point, policy, tree, inodes): what a cut before each operation, and after the last, may leave; equal states
    once."""
    seen, found = set(), []
    for point in range(len(ops) + 1):
        for policy in policies:
            tree, inodes = disk.after_cut(policy, point)
            mark = hash((tuple(sorted(tree.items())), tuple(sorted(inodes.items()))))
            if mark not in seen:
                seen.add(mark)
                found.append((point, policy, tree, inodes))
        if point < len(ops):
            disk.play(ops[point])
    return found


class Cut:
    def __init__(self, lab, tree, wanted, identities):
        self.lab, self.tree, self.wanted, self.identities = lab, tree, wanted, identities
        self.values = wanted.values()

    def looks(self, root: pathlib.Path, inodes: dict) -> pathlib.Path:
        """The files of the inbox are those that the night before the cut saw: same inode, same change time."""
        lines = []
        for path, ino in inodes.items():
            if path.startswith("inbox/") and ino in self.identities:
                changed = self.identities[ino]
                real = os.lstat(root / path).st_ino
                lines.append(f"{real} {ino} {changed // 10**9} {changed % 10**9}\n")
        path = self.lab.folder / "looks"
        path.write_text("".join(lines))
        return path

    def play(self, tree: dict, inodes: dict) -> list[str]:
        root, pile = self.lab.folder / "root", {}
        write_tree(root, tree)
        try:
            found = broken_promises(State(root), self.wanted, self.tree)
            looks = self.looks(root, inodes)
            found += [f"sent twice: {name}" for name in relay(root, pile)]
            done = self.lab.night(root, {"FAULT_STAT": str(looks)})
            if done.returncode != 0:
                found.append(f"the next night ends with {done.returncode}: {done.stderr.decode()[-300:]}")
            found += [f"sent twice: {name}" for name in relay(root, pile)]
            return found + differences(State(root, pile).values(), self.values)
        finally:
            shutil.rmtree(root, ignore_errors=True)


_worker = None


def start_worker(base, tools, *rest):
    global _worker
    _worker = Cut(crash.Lab(base, tools), *rest)


def work(state):
    point, policy, tree, inodes = state
    try:
        return point, policy, _worker.play(tree, inodes)
    except Exception as error:  # told as a difference, with what was being tried
        shutil.rmtree(_worker.lab.folder / "root", ignore_errors=True)
        return point, policy, [f"{type(error).__name__}: {error}"]


def told(op: Op, base: str) -> str:
    names = " ".join(part.decode("utf-8", "replace").replace(base + "/", "") for part in (op.first, op.second) if op.kind not in "wtfs")
    return f"{op.kind} {op.ino if op.kind in 'wtf' else ''} {names}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help="every state; else a sample")
    parser.add_argument("--states", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--stop", action="store_true", help="at the first difference")
    args = parser.parse_args()
    base = pathlib.Path(tempfile.mkdtemp(prefix="segur-power-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
    try:
        return sweep(args, base)
    finally:
        shutil.rmtree(base, ignore_errors=True)


def sample(states: list, ops: list[Op], count: int) -> list:
    """What is left right after each sync when no bytes are that none has saved, with the names or without: two syncs
    in the wrong order show nowhere else. Then the others, spread evenly over the night."""
    first = [state for state in states if state[0] and ops[state[0] - 1].kind in "fs" and state[1] in POLICIES[:2]]
    others = [state for state in states if state not in first]
    left = max(count - len(first), 0)
    return first + [others[i * len(others) // left] for i in range(left)]


def sweep(args, base: pathlib.Path) -> int:
    started = time.monotonic()
    tools = crash.build_tools(base)
    lab, tree, wanted = crash.prepare(base, tools)
    disk, ops, identities = record_night(lab, tree)
    policies = POLICIES if args.full else POLICIES[:5]
    states = every_state(disk, ops, policies)
    chosen = states
    if not args.full and len(states) > args.states:
        chosen = sample(states, ops, args.states)
    bad = 0
    with multiprocessing.Pool(args.jobs, start_worker, (base, tools, tree, wanted, identities)) as pool:
        for point, policy, found in pool.imap_unordered(work, chosen, 4):
            if found:
                bad += 1
                after = told(ops[point - 1], disk.base) if point else "the beginning"
                print(f"cut at {point} ({policy}), after {after}\n    " + "\n    ".join(found[:8]), flush=True)
                if args.stop:
                    break
    syncs = sum(op.kind in "fs" for op in ops)
    print(f"power cut: {len(ops)} operations recorded, {syncs} of them syncs, {len(states)} states possible under "
          f"{len(policies)} policies, {len(chosen)} played, {bad} with differences, {time.monotonic() - started:.0f} s")  # fmt: skip
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
