"""The sets of the benchmark. Each measures some rows of the table, and tells what they are made of."""

import os
import pathlib
import random
import shutil
import sqlite3
import statistics

import disk
import stock
from goals import grouped, spread
from measuring import (HERE, MIB, NIGHTS, PYTHON, NotMeasured, Failed, a_floor, a_full_floor, a_night, a_peer, a_python,
                       check_answers, copy_drops, counted, cpu, init_root, play, ratios, run, tell_results, wall)

STRONGEST = ("--group-sync", "--plain-mails")
TMPFS = pathlib.Path("/dev/shm")


def setting(name, short, full=None):
    """A size: from the environment, else that of `make bench` or of `make bench-full`."""
    return lambda bench: int(os.environ.get(name, full if bench.full and full is not None else short))


TINY = setting("BENCH_TINY", 1000)
REAL = setting("BENCH_REAL", 40, 80)
RUNS = setting("BENCH_RUNS", 7)
BIG_RUNS = setting("BENCH_BIG_RUNS", 3, 7)
BACKLOG = setting("BENCH_BACKLOG", 5000)
BACKLOG_BIG = setting("BENCH_BACKLOG_BIG", 0, 20_000)
STORED = setting("BENCH_STORED", 0, 1_000_000)
STORED_FEW = setting("BENCH_STORED_FEW", 1000)
ROWS = setting("BENCH_ROWS", 1_000_000)
ROWS_BIG = setting("BENCH_ROWS_BIG", 0, 5_000_000)
IMPORT_RUNS = setting("BENCH_IMPORT_RUNS", 3, 7)


def wanted(size):
    """A size; 0 leaves the set out."""
    if size == 0:
        raise NotMeasured("make bench-full does")
    return size


# --- whole nights ----------------------------------------------------------------------------------

def undecoded(bench, processes, strongest):
    """The durable pipelines without decoding: what it costs them."""
    if not bench.full or not bench.decodes:
        return []
    return [a_python(bench, "python, pieces not decoded", processes, "--light-pieces"),
            a_python(bench, "strongest python, pieces not decoded", strongest, *STRONGEST, "--light-pieces")]


def tiny(bench):
    """The cost of a dossier: processes, messages, transactions, syncs, answers."""
    master, told = bench.generate("tiny", wanted(TINY(bench)), "tiny")
    bench.say(f"tiny: pieces of 1-4 kB; {told}; {counted(RUNS(bench), 'round', 'rounds')}, one before")
    entrants = [a_floor(bench, master, 2), a_night(bench, 2), a_night(bench, 1), a_night(bench, 2, syncs=False),
                a_python(bench, "python", 1), a_python(bench, "strongest python", 8, *STRONGEST),
                a_python(bench, "python, no sync", 2, "--no-sync")]
    entrants += [a_full_floor(bench, master), a_peer(bench, master), *undecoded(bench, 1, 8)]
    results = play(bench, "tiny", master, TINY(bench), entrants, RUNS(bench))
    floor, night, one, unsynced, python, strongest, no_sync, full, peer = list(results.values())[:9]
    bench.table.put("tiny_floor", ratios(night, floor), tiny=TINY(bench))
    bench.table.put("tiny_full_floor", ratios(night, full), tiny=TINY(bench))
    bench.table.put("tiny_peer", ratios(peer, night), tiny=TINY(bench))
    bench.table.put("tiny_python", ratios(python, one), tiny=TINY(bench))
    bench.table.put("tiny_strongest", ratios(strongest, night), tiny=TINY(bench))
    bench.table.put("tiny_unsynced", ratios(no_sync, night), tiny=TINY(bench))
    bench.table.put("syncs", ratios(night, unsynced), tiny=TINY(bench))
    tell_results(bench, results)


def real(bench):
    """The cost of a byte: unpacking, hashing, checking, keeping."""
    master, told = bench.generate("real", wanted(REAL(bench)), "real")
    bench.say(f"real: pieces of 50 kB-3.9 MB; {told}; {counted(RUNS(bench), 'round', 'rounds')}, one before")
    entrants = [a_floor(bench, master, 2), a_floor(bench, master, 1), a_night(bench, 2), a_night(bench, 1),
                a_python(bench, "python", 4), a_full_floor(bench, master), a_peer(bench, master)]
    if bench.full:
        entrants += [a_python(bench, "strongest python", 4, *STRONGEST), *undecoded(bench, 4, 4)]
    results = play(bench, "real", master, REAL(bench), entrants, RUNS(bench))
    floor, floor_one, night, one, python, full, peer = list(results.values())[:7]
    bench.table.put("real_floor", ratios(night, floor), real=REAL(bench))
    bench.table.put("real_cpu", ratios(one, floor_one, cpu), real=REAL(bench))
    bench.table.put("real_full_floor", ratios(night, full), real=REAL(bench))
    bench.table.put("real_peer", ratios(peer, night), real=REAL(bench))
    bench.table.put("real_python", ratios(python, night), real=REAL(bench))
    bench.table.put("real_python_cpu", ratios(python, night, cpu), real=REAL(bench))
    tell_results(bench, results)


def tmpfs(bench):
    """Two parsers against one where no disk is the limit."""
    if disk.filesystem(TMPFS) != "tmpfs":
        raise NotMeasured(f"{TMPFS} is no tmpfs")
    if len(os.sched_getaffinity(0)) < 2:
        raise NotMeasured("one processor")
    master, told = bench.generate("tmpfs", wanted(REAL(bench)), "real")
    bench.say(f"tmpfs: the same, in memory; {told}; {counted(RUNS(bench), 'round', 'rounds')}, one before")
    place = TMPFS / f"segur-bench-{os.getpid()}"
    place.mkdir()
    try:
        entrants = [a_night(bench, 2), a_night(bench, 1), a_floor(bench, master, 2), a_floor(bench, master, 1)]
        results = play(bench, "tmpfs", master, REAL(bench), entrants, RUNS(bench), place=place)
    finally:
        shutil.rmtree(place)
    two, one, floor_two, floor_one = results.values()
    # What the machine itself gives by its second processor, which may be half of one core.
    bench.table.put("parsers", ratios(one, two), f" (the floor: {spread(ratios(floor_one, floor_two))})",
                    real=REAL(bench))
    tell_results(bench, results)


def backlog(bench):
    """Many drops at once; then a night that finds nothing new."""
    n, big, rounds = wanted(BACKLOG(bench)), BACKLOG_BIG(bench), BIG_RUNS(bench)
    masters = {size: bench.generate(f"backlog-{size}", size, "tiny")[0] for size in (n, big) if size > 0}
    bench.need_room(rounds * 3 * sum(map(disk.used_bytes, masters.values())))
    bench.say(f"backlog: tiny pieces; {' and '.join(map(grouped, masters))} drops;"
              f" {counted(rounds, 'round', 'rounds')}, none before")
    results = {f"night of {grouped(size)}": [] for size in masters} | {f"second night after {grouped(n)}": []}
    for number in range(rounds):
        for size in sorted(masters, reverse=number % 2 == 1):
            root = bench.work / f"backlog-{number}-{size}"
            init_root(bench, root)
            copy_drops(masters[size], root)
            figures, output = bench.night(root)
            check_answers(root, size, output)
            results[f"night of {grouped(size)}"].append(figures)
            if size == n:
                results[f"second night after {grouped(n)}"].append(bench.night(root, NIGHTS[1])[0])
                check_answers(root, size)
    night, second = results[f"night of {grouped(n)}"], results[f"second night after {grouped(n)}"]
    bench.table.put("second", ratios(second, night), n=n)
    if big > 0:
        bench.table.put("linear", ratios(results[f"night of {grouped(big)}"], night), n=n, big=big)
    tell_results(bench, results)


# --- a large store ---------------------------------------------------------------------------------

def filled_root(bench, fill, master, stored):
    """A root that holds `stored` requests, and has taken the drops' references in a night since."""
    root = bench.work / f"stored-{stored}"
    init_root(bench, root, settings={"etat": "nuit"})
    run(PYTHON, "-B", fill, root, stored)
    run("cp", "-a", f"{master}/inbox/asp/.", root / "inbox/asp")
    bench.night(root, NIGHTS[0])
    return root


def large_store(bench):
    """The same nights with many and with few requests stored."""
    fill, n, rounds = HERE / "store_fill.py", 1000, BIG_RUNS(bench)
    stored, few = wanted(STORED(bench)), STORED_FEW(bench)
    if not fill.exists():
        raise NotMeasured("no store_fill.py")
    master, _ = bench.generate("stored", n, "tiny")
    bench.need_room(rounds * 3 * disk.used_bytes(master))
    filled = {size: filled_root(bench, fill, master, size) for size in (few, stored)}
    bench.need_room(rounds * sum(map(disk.used_bytes, filled.values())))
    bench.say(f"stored: nights with {grouped(few)} and {grouped(stored)} requests stored;"
              f" {counted(rounds, 'round', 'rounds')}, none before")
    results = {f"{what}, {grouped(size)} stored": [] for what in ("empty night", f"night of {n}") for size in filled}
    for number in range(rounds):
        for size in sorted(filled, reverse=number % 2 == 1):
            root = bench.work / f"stored-{size}-{number}"
            run("cp", "-a", "--reflink=auto", filled[size], root)
            results[f"empty night, {grouped(size)} stored"].append(bench.night(root, NIGHTS[1])[0])
            for account in (master / "inbox").glob("editeur-*"):
                shutil.copytree(account, root / "inbox" / account.name, dirs_exist_ok=True)
            figures, output = bench.night(root, NIGHTS[2])
            check_answers(root, n, output)
            results[f"night of {n}, {grouped(size)} stored"].append(figures)
    empty_few, empty_many, night_few, night_many = results.values()
    bench.table.put("empty", ratios(empty_many, empty_few), stored=stored, few=few)
    bench.table.put("stored", ratios(night_many, night_few), drops=n, stored=stored, few=few)
    tell_results(bench, results)


# --- INSEE's registers -------------------------------------------------------------------------------

FILES = {"etablissements": "StockEtablissement_utf8.csv", "unites": "StockUniteLegale_utf8.csv"}
FRANCE = {"etablissements": 40, "unites": 25}  # millions of rows, about
ASKED, UNKNOWN, OTHER_ROWS = 5000, 50, 10_000


def asked_sirets(rows, number):
    """What the step is asked for in round `number`: SIRETs all over the file, others each time, and some
    that are not in it, so that it is read to its end."""
    known = min(ASKED, rows // 20) - UNKNOWN
    step = rows // known
    return ([stock.siret(i * step + number) for i in range(known)]
            + [stock.siret(stock.MAX_ROWS - 1 - number * UNKNOWN - i) for i in range(UNKNOWN)])


class Register:
    """One of INSEE's files, of that many rows, in a root that has taken it; and what is measured on it."""

    def __init__(self, bench, kind, rows):
        self.bench, self.kind, self.rows = bench, kind, rows
        self.file, self.root = bench.work / f"{kind}-{rows}.csv", bench.work / f"register-{kind}-{rows}"
        stock.write(self.file, kind, rows)
        init_root(bench, self.root)
        for other, name in FILES.items():
            stock.write(self.root / "inbox/asp" / name, other, rows if other == kind else OTHER_ROWS)
        self.taken = bench.night(self.root)[0]  # hashes, counts and keeps the files
        self.steps, self.parsed, self.imported = [], [], []

    def step(self, number):
        """Seconds of the register step alone, as it says itself."""
        os.sync()
        sirets = asked_sirets(self.rows, number)
        output = run(self.bench.step, self.root, input="\n".join(sirets))
        told = dict(pair.split("=") for pair in output.split())
        self.steps.append(int(told["wall_us"]) / 1e6)
        self._check(number)

    def _check(self, number):
        """Each round's SIRETs have been found but for the unknown ones."""
        table, expected = (("etablissements", len(asked_sirets(self.rows, 0)) - UNKNOWN)
                           if self.kind == "etablissements" else ("unites_legales", 0))
        database = sqlite3.connect(f"file:{self.root}/var/segur.db?mode=ro", uri=True)
        found = database.execute(f"SELECT count(*) FROM {table} WHERE etat <> ''").fetchone()[0]
        database.close()
        if found < expected * (number + 1):
            raise Failed(f"{self.root}: {found} {table} found in round {number}")

    def parse(self):
        figures, output = self.bench.measure([self.bench.work / "csv_rows", self.file], self.root / "figures")
        if not output.startswith(f"{self.rows + 1} rows"):
            raise Failed(f"{self.file}: {output}")
        self.parsed.append(wall(figures))

    def load(self, number):
        """sqlite3 .import: the plain alternative, every row into a table without an index."""
        database = self.root / f"import-{number}.db"
        figures, _ = self.bench.measure(["sqlite3", "-csv", database, f".import {self.file} {self.kind}"],
                                        self.root / "figures")
        self.imported.append(wall(figures))


def tell_millions(bench, what, registers, figure):
    """Seconds a million rows of each file, and what all of France would take."""
    medians = {kind: [(r.rows / 1e6, statistics.median(figure(r))) for r in group if figure(r)]
               for kind, group in registers.items()}
    slopes = {kind: ((points[-1][1] - points[0][1]) / (points[-1][0] - points[0][0]) if len(points) > 1
                     else points[0][1] / points[0][0]) for kind, points in medians.items() if points}
    whole = (f"{sum(FRANCE[kind] * slope for kind, slope in slopes.items()):9.0f} s"
             if len(slopes) == len(FRANCE) else "        -")
    bench.say(f"  {what:36}" + "".join(f"{slopes[kind]:16.3f}" if kind in slopes else f"{'-':>16}" for kind in FRANCE)
              + f"  {whole}")


def registers(bench):
    """INSEE's files: scanned for what is asked, against parsed or imported whole."""
    rows, big, rounds = wanted(ROWS(bench)), ROWS_BIG(bench), RUNS(bench)
    if not bench.step.exists():
        raise NotMeasured(f"no {bench.step.name}: make builds it")
    if not shutil.which("sqlite3"):
        raise NotMeasured("no sqlite3")
    bench.need_room(rows * 250 * (3 + IMPORT_RUNS(bench)) + big * 250 * 2 * 3)
    sizes = [size for size in (rows, big) if size > 0]
    kinds = list(FILES) if bench.full else ["etablissements"]
    bench.say(f"registers: {' and '.join(map(grouped, sizes))} rows; {counted(rounds, 'round', 'rounds')}, one before;"
              f" .import {IMPORT_RUNS(bench)}")
    groups = {kind: [Register(bench, kind, size) for size in sizes] for kind in kinds}
    for number in range(rounds + 1):
        for register in random.Random(number).sample([r for g in groups.values() for r in g], len(kinds) * len(sizes)):
            register.step(number)
            register.parse()
            if register.rows == rows and 0 < number <= IMPORT_RUNS(bench):
                register.load(number)
            if number == 0:
                register.steps.clear()
                register.parsed.clear()
    first = groups["etablissements"][0]
    bench.table.put("register", [a / b for a, b in zip(first.imported, first.steps)], rows=rows,
                    asked=len(asked_sirets(rows, 0)))
    for r in (register for group in groups.values() for register in group):
        bench.say(f"  {r.kind}, {grouped(r.rows)} rows, {r.file.stat().st_size / 1e6:.0f} MB: taken in a night of"
                  f" {wall(r.taken):.2f} s; step {spread(r.steps)} s; libcsv {spread(r.parsed)} s"
                  + (f"; .import {spread(r.imported)} s" if r.imported else ""))
    bench.say(f"  {'seconds a million rows' + (' (slope)' if big else ''):36}{'establishments':>16}{'enterprises':>16}"
              f"  {FRANCE['etablissements']} M and {FRANCE['unites']} M, from memory")
    tell_millions(bench, "the register step", groups, lambda r: r.steps)
    tell_millions(bench, "libcsv over every row", groups, lambda r: r.parsed)
    tell_millions(bench, "sqlite3 .import", groups, lambda r: r.imported)


# --- memory ------------------------------------------------------------------------------------------

def hostile(bench):
    """Archives made to cost memory; their nights count for the bound, and nothing else."""
    master = bench.work / "hostile"
    told = run(PYTHON, "-B", HERE / "hostile.py", master).strip()
    bench.say(f"hostile: {told}, a night with all of them")
    for parsers in (1, 2) if bench.full else (1,):
        root = bench.work / f"hostile-{parsers}"
        init_root(bench, root, parsers)
        copy_drops(master, root)
        figures, output = bench.night(root)
        answers = len(list(root.glob("outbox/fournisseurs/*/*_retour.yaml")))
        if answers != int(told.split()[0]):
            raise Failed(f"{root}: {answers} answers\n{output}")
        bench.say(f"  {counted(parsers, 'parser', 'parsers')}: {wall(figures):.1f} s, parent"
                  f" {figures['own_kb'] / MIB:.1f} MiB, largest parser {figures['children_kb'] / MIB:.1f} MiB")


def tell_memory(bench):
    """The bound, over every night of every set."""
    if not bench.peaks:
        return
    parent, parser = (max(peaks) / MIB for peaks in zip(*bench.peaks))
    bench.say(f"memory: {len(bench.peaks)} nights; parent {parent:.1f} MiB, largest parser {parser:.1f} MiB at most")
    bench.table.put("memory", [max(parent, parser)], f" (parent {parent:.1f}; {len(bench.peaks)} nights)")


# Each with the rows that it measures.
SETS = (
    (tiny, ("tiny_floor", "tiny_full_floor", "tiny_peer", "tiny_python", "tiny_strongest", "tiny_unsynced", "syncs")),
    (real, ("real_floor", "real_full_floor", "real_peer", "real_cpu", "real_python", "real_python_cpu")),
    (tmpfs, ("parsers",)),
    (backlog, ("second",)),
    (large_store, ("empty", "stored")),
    (registers, ("register",)),
    (hostile, ()),
)
