#!/usr/bin/python3
"""`make bench-against BASE=…/build/release/segur`: the nights of this tree against those of another one.

    against.py BASE

Each set plays three contestants side by side: the base, the base again, this tree. A ratio is taken round by round;
the row of the base against itself says how far the machine can be trusted. A median of this tree that lies outside
that row's spread is marked. BASE is built as `make` builds it; its parser and its register step lie beside it.
The settings are those of `make bench` (README.md).
"""

import argparse
import os
import pathlib
import random
import statistics
import sys

import disk
import stock
from bench import TOP, machine
from goals import spread
from measuring import (NIGHTS, Bench, Contestant, Failed, check_answers, copy_drops, cpu, init_root, play, ratios,
                       run, wall)
from sets import BACKLOG, FILES, OTHER_ROWS, REAL, ROWS, RUNS, TINY, asked_sirets

BASE, AGAIN, THIS = "base", "base again", "this tree"


def a_night_of(bench, name, program, parsers):
    def perform(root):
        return bench.measure([program, "run", "--root", root, "--date", NIGHTS[0], "--quiet"], root / "figures")

    return Contestant(name, lambda root: init_root(bench, root, parsers, program=program), perform)


class Comparison:
    """The sets, and the table that they fill."""

    def __init__(self, bench, base):
        self.bench, self.programs = bench, {BASE: base, AGAIN: base, THIS: bench.segur}
        self.rows, self.outside = [], 0

    def shuffled(self, number):
        """The contestants of a round, in an order of its own."""
        return random.Random(number).sample(list(self.programs.items()), len(self.programs))

    def tell(self, what, results, figure):
        itself = ratios(results[AGAIN], results[BASE], figure)
        new = ratios(results[THIS], results[BASE], figure)
        inside = min(itself) <= statistics.median(new) <= max(itself)
        better = statistics.median(new) < min(itself)
        self.outside += not inside and not better
        self.rows.append((what, spread(itself), spread(new), "inside" if inside else "BETTER" if better else "WORSE"))
        print("  " + "; ".join(self.rows[-1]), flush=True)

    def nights(self, name, kind, n, parsers):
        master = self.bench.work / f"{name}-drops"
        if not master.exists():
            master, _ = self.bench.generate(name, n, kind)
        entrants = [a_night_of(self.bench, who, program, parsers) for who, program in self.programs.items()]
        results = play(self.bench, f"{name}-{parsers}", master, n, entrants, RUNS(self.bench))
        what = f"{n} {name} drops, {parsers} parser{'s' if parsers > 1 else ''}"
        self.tell(f"{what}, wall", results, wall)
        self.tell(f"{what}, CPU", results, cpu)

    def backlog(self, n, rounds):
        """Many drops, and the night after them, which finds nothing new."""
        master, _ = self.bench.generate("backlog", n, "tiny")
        first, second = ({who: [] for who in self.programs} for _ in range(2))
        for number in range(rounds):
            for who, program in self.shuffled(number):
                root = self.bench.work / f"backlog-{number}-{who.replace(' ', '-')}"
                init_root(self.bench, root, program=program)
                copy_drops(master, root)
                for date, results in ((NIGHTS[0], first), (NIGHTS[1], second)):
                    command = [program, "run", "--root", root, "--date", date, "--quiet"]
                    results[who].append(self.bench.measure(command, root / f"figures-{date}")[0])
                check_answers(root, n)
        self.tell(f"backlog of {n} drops, wall", first, wall)
        self.tell("second night with nothing new, wall", second, wall)

    def registers(self, rows):
        """INSEE's establishments: taken by a night, then asked."""
        steps, taken = ({who: [] for who in self.programs} for _ in range(2))
        for number in range(RUNS(self.bench)):
            for who, program in self.shuffled(number):
                root = self.bench.work / f"register-{number}-{who.replace(' ', '-')}"
                init_root(self.bench, root, program=program)
                for kind, name in FILES.items():
                    stock.write(root / "inbox/asp" / name, kind, rows if kind == "etablissements" else OTHER_ROWS)
                command = [program, "run", "--root", root, "--date", NIGHTS[0], "--quiet"]
                taken[who].append(self.bench.measure(command, root / "figures")[0])
                sirets = "\n".join(asked_sirets(rows, number))
                told = run(program.parent / "tests/bench/register_step", root, input=sirets)
                steps[who].append(int(dict(pair.split("=") for pair in told.split())["wall_us"]) / 1e6)
        self.tell(f"{rows} establishments taken, wall", taken, wall)
        self.tell(f"register step over {rows} establishments, wall", steps, lambda seconds: seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("base", type=pathlib.Path, help="the other tree's program")
    base = parser.parse_args().base.resolve()
    if not base.exists():
        parser.error(f"no such program: {base}")
    segur = pathlib.Path(os.environ.get("SEGUR", TOP / "build/release/segur")).resolve()
    work = pathlib.Path(os.environ.get("BENCH_DIR", TOP / "build/bench")).resolve()
    place = disk.Workplace(work, keep=bool(os.environ.get("BENCH_KEEP")))
    try:
        bench = Bench(place.path, segur, None, False)
        bench.build()
        print(machine(place, True) + "\n", flush=True)
        comparison = Comparison(bench, base)
        for parsers in (2, 1):
            comparison.nights("tiny", "tiny", TINY(bench), parsers)
            comparison.nights("real", "real", REAL(bench), parsers)
        comparison.backlog(BACKLOG(bench), 3)
        comparison.registers(ROWS(bench))
    except Failed as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    finally:
        place.close()
    rows = [("what", "base again / base", "this tree / base", "this tree's median"), *comparison.rows]
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    rows.insert(1, tuple("-" * width for width in widths))
    print("\n" + "\n".join("| " + " | ".join(c.ljust(w) for c, w in zip(row, widths)) + " |" for row in rows))
    print(f"\n{comparison.outside} of {len(comparison.rows)} medians above the spread of the base against itself")
    return 0


if __name__ == "__main__":
    sys.exit(main())
