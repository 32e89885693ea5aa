"""Contestants, rounds and figures: what the sets of the benchmark are made with."""

import collections
import dataclasses
import os
import pathlib
import random
import re
import shutil
import statistics
import subprocess

import disk
import goals

HERE = pathlib.Path(__file__).resolve().parent
YARDSTICKS = HERE / "yardsticks"
NIGHTS = ("2026-03-02", "2026-03-03", "2026-03-04")
PYTHON = "/usr/bin/python3"
MIB = 1024  # KiB
SYNC_CALLS = ("fsync", "fdatasync", "syncfs", "sync_file_range", "msync", "sync")
# A run leaves the drop's copy, answers, mails and a database beside the drop; the sum of both at most.
ROOM_PER_DROP_BYTE = 3


class Failed(Exception):
    """Something did not run, or ran and accepted too little."""


class NotMeasured(Exception):
    """Something is not there that a set needs; no fault."""


def run(*command, **options):
    """Runs to success or raises Failed with what the command said."""
    result = subprocess.run([str(c) for c in command], capture_output=True, text=True, **options)
    if result.returncode != 0:
        raise Failed(f"{' '.join(map(str, command))}: exit {result.returncode}\n{result.stdout}{result.stderr}")
    return result.stdout


class Bench:
    """What all sets share: where they work, what they run, what they found."""

    def __init__(self, work, segur, step, full):
        self.work, self.segur, self.step, self.full = work, segur, step, full
        self.table, self.told, self.peaks = goals.Table(), [], []
        self.machine, self.decodes = "", False  # decodes: Python has what it takes to decode pieces

    def say(self, text=""):
        print(text, flush=True)
        self.told.append(text)

    def build(self):
        """The programs that are not the night's own, into the work folder."""
        cc = os.environ.get("CC", "gcc")
        flags = ("-std=gnu17", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-Werror")
        for name, libraries in (("floor", ("-larchive", "-lcrypto")), ("measure", ()), ("csv_rows", ("-lcsv",))):
            run(cc, *flags, HERE / f"{name}.c", "-o", self.work / name, *libraries)
        run(cc, "-O2", YARDSTICKS / "floor.c", "-o", self.work / "full-floor",
            "-larchive", "-lcrypto", "-lyaml", "-lsqlite3")
        run(cc, *flags, "-shared", "-fPIC", HERE / "preload.c", "-o", self.work / "preload.so")

    def generate(self, name, n, kind):
        """The drops and reference files that contestants get copies of: (folder, what was made)."""
        master = self.work / f"{name}-drops"
        told = run(PYTHON, "-B", HERE / "generate.py", master, "--n", n, "--kind", kind,
                   "--seed", os.environ.get("BENCH_SEED", 1)).strip()
        return master, told

    def measure(self, command, figures, syncs=True):
        """Runs a command after what others wrote has reached the disk: (figures of measure.c, its output)."""
        os.sync()
        output = run(self.work / "measure", "-p", self.work / "preload.so", *(() if syncs else ("-n",)),
                     figures, *command)
        result = {key: int(value) for key, value in (pair.split("=") for pair in figures.read_text().split())}
        return result, output

    def night(self, root, date=NIGHTS[0], syncs=True):
        """A measured night; its memory counts for the bound."""
        result, output = self.measure([self.segur, "run", "--root", root, "--date", date, "--quiet"],
                                      root / f"figures-{date}", syncs)
        self.peaks.append((result["own_kb"], result["children_kb"]))
        return result, output

    def need_room(self, size, place=None):
        free = disk.free_bytes(place or self.work)
        if free < size:
            raise NotMeasured(f"needs {size / 1e9:.0f} GB, {free / 1e9:.0f} GB free")


# --- roots ---------------------------------------------------------------------------------------

def init_root(bench, root, parsers=2, settings=None, program=None):
    """A root as `segur init` makes it, with nothing to wait for before a drop is taken. A program that shall play
    in it makes it: another one may not know its settings."""
    run(program or bench.segur, "init", root)
    conf = root / "segur.conf"
    text = conf.read_text()
    for key, value in {"stabilite_s": 0, "analyseurs": parsers, **(settings or {})}.items():
        text, count = re.subn(rf"^{key} *=.*$", f"{key} = {value}", text, flags=re.MULTILINE)
        if count != 1:
            raise NotMeasured(f"this segur.conf has no key {key}")
    conf.write_text(text)


def copy_drops(master, root):
    (root / "inbox").mkdir(exist_ok=True)
    run("cp", "-a", "--reflink=auto", f"{master}/inbox/.", root / "inbox")


def check_answers(root, n, output=""):
    """All n drops answered with OK."""
    states = collections.Counter()
    for path in root.glob("outbox/fournisseurs/editeur-*/*_retour.yaml"):
        states[re.search(r'^etat: "?(\w+)', path.read_text(), re.MULTILINE)[1]] += 1
    if states != {"OK": n}:
        raise Failed(f"{root}: {dict(states)} for {n} drops\n{output}")


def check_floor(root, n, output):
    if not output.startswith(f"{n} archives, {4 * n} entries"):
        raise Failed(f"floor read {output.strip()}, not {n} archives")


# --- contestants ---------------------------------------------------------------------------------

@dataclasses.dataclass
class Contestant:
    """Something that does a night's work on a root of its own."""
    name: str
    prepare: object  # makes the root, whose parent exists
    perform: object  # root -> (figures, output)
    check: object = check_answers
    takes_drops: bool = True  # needs a copy of them, since it takes them away


def a_floor(bench, master, processes):
    def perform(root):
        return bench.measure([bench.work / "floor", "-j", processes, "--keep", root / "keep", master / "inbox"],
                             root / "figures")

    return Contestant(f"floor, {counted(processes, 'process', 'processes')}",
                      lambda root: (root / "keep").mkdir(parents=True), perform, check_floor, takes_drops=False)


def flat_inbox(master, root):
    """The same drops in one folder, which the yardsticks read and leave as it is."""
    (root / "inbox").mkdir(parents=True)
    for drop in master.glob("inbox/editeur-*/*"):
        os.link(drop, root / "inbox" / f"{drop.parent.name}_{drop.name}")


def check_full_floor(root, n, output):
    if not output.startswith(f"archives {n} files {4 * n} "):
        raise Failed(f"the full floor kept {output.strip()}, not {n} archives")


def check_peer(root, n, output):
    if output.strip() != f"dossiers {n} rejected 0":
        raise Failed(f"peer.py: {output.strip()} of {n} drops")


def a_full_floor(bench, master):
    """All that a night must leave behind, and no check."""
    def perform(root):
        return bench.measure([bench.work / "full-floor", "-j2", "--full", "--sync", "batch", "--batch", 256,
                              root / "inbox", root / "kept"], root / "figures")

    return Contestant("full floor, 2 processes", lambda root: flat_inbox(master, root), perform, check_full_floor,
                      takes_drops=False)


def a_peer(bench, master):
    """What a user would write instead."""
    def perform(root):
        return bench.measure([PYTHON, "-B", YARDSTICKS / "peer.py", "--fsync", "-j2", root / "inbox", root / "kept"],
                             root / "figures")

    return Contestant("peer.py, 2 processes", lambda root: flat_inbox(master, root), perform, check_peer,
                      takes_drops=False)


def a_night(bench, parsers, syncs=True):
    return Contestant(f"night, {counted(parsers, 'parser', 'parsers')}" + ("" if syncs else ", no sync"),
                      lambda root: init_root(bench, root, parsers), lambda root: bench.night(root, syncs=syncs))


def a_python(bench, name, processes, *options):
    def perform(root):
        return bench.measure([PYTHON, "-B", HERE / "pipeline.py", root, "--date", NIGHTS[0], "--jobs", processes,
                              *options], root / "figures")

    return Contestant(f"{name}, {counted(processes, 'process', 'processes')}", lambda root: root.mkdir(), perform)


def counted(n, one, many):
    return f"{n} {one if n == 1 else many}"


def play(bench, name, master, n, entrants, rounds, warm=True, place=None):
    """Rounds that run every contestant once, in an order drawn anew for each: {name: figures of each round}.
    A first one is not counted. Elsewhere than in the work folder, a root is removed after its run."""
    bench.need_room(disk.used_bytes(master) * ROOM_PER_DROP_BYTE * (1 if place else rounds + warm) * len(entrants),
                    place)
    results = {entrant.name: [] for entrant in entrants}
    for number in range(0 if warm else 1, rounds + 1):
        order = random.Random(number).sample(entrants, len(entrants))  # nobody always runs after the same one
        roots = [(place or bench.work) / f"{name}-{number}-{i}" for i in range(len(order))]
        for entrant, root in zip(order, roots):
            entrant.prepare(root)
            if entrant.takes_drops:
                copy_drops(master, root)
        for entrant, root in zip(order, roots):
            figures, output = entrant.perform(root)
            entrant.check(root, n, output)
            if number > 0:
                results[entrant.name].append(figures)
            if place:
                shutil.rmtree(root)
    return results


# --- figures -------------------------------------------------------------------------------------

def wall(figures):
    return figures["wall_us"] / 1e6


def cpu(figures):
    return (figures["user_us"] + figures["sys_us"]) / 1e6


def ratios(above, below, figure=wall):
    """Round by round, between runs that lie seconds apart."""
    return [figure(a) / figure(b) for a, b in zip(above, below)]


def syncs_of(figures):
    return ", ".join(f"{figures[call]} {call}" for call in SYNC_CALLS if figures[call]) or "none"


def tell_results(bench, results):
    width = max(28, *map(len, results))
    bench.say(f"  {'':{width}} {'wall s':>20} {'CPU s':>20} {'RSS MiB':>8} {'written MB':>11} {'to disk MB':>11}"
              "  syncs")
    for name, runs in results.items():
        bench.say(f"  {name:{width}} {goals.spread(map(wall, runs)):>20} {goals.spread(map(cpu, runs)):>20}"
                  f" {max(r['rss_kb'] for r in runs) / MIB:8.1f}"
                  f" {statistics.median(r['written'] for r in runs) / 1e6:11.1f}"
                  f" {statistics.median(r['stored'] for r in runs) / 1e6:11.1f}  {syncs_of(runs[-1])}")
