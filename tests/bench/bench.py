#!/usr/bin/python3
"""`make bench`, `make bench-full`: the night against a floor in C, against Python, and against its goals.

    bench.py [--full] [SET ...]

Sets: tiny, real, tmpfs, backlog, large_store, registers, hostile; all, when none is named. README.md says
what is measured and how, and which settings the environment takes. Exits 1 when something did not run or
did not accept every drop, else 0: no figure fails.
"""

import argparse
import os
import pathlib
import platform
import subprocess
import sys
import time

from disk import Workplace
from measuring import PYTHON, Bench, Failed, NotMeasured, run
from sets import SETS, tell_memory

TOP = pathlib.Path(__file__).resolve().parent.parent.parent


def has(modules):
    """Whether the Python that is measured has them."""
    return subprocess.run([PYTHON, "-c", f"import {modules}"], capture_output=True).returncode == 0


def machine(place, decodes):
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")),
                 platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    zstd = "python3-zstandard" if has("zstandard") else "zstd -dc"
    pieces = "Pillow and pikepdf" if decodes else "NO PIECE DECODED (python3-pil or python3-pikepdf is missing)"
    return (f"{model}, {len(os.sched_getaffinity(0))} processors, {memory:.0f} GiB, Linux {platform.release()},"
            f" {place.note}; {run(PYTHON, '--version').strip()} with {zstd}, {pieces};"
            f" load {os.getloadavg()[0]:.1f}")


def play_set(bench, play, rows):
    """False when it failed; the others go on."""
    started = time.monotonic()
    try:
        play(bench)
    except NotMeasured as reason:
        bench.table.miss(rows, str(reason))
        bench.say(f"{play.__name__}: not measured: {reason}")
    except (Failed, OSError) as failure:
        bench.table.miss(rows, "failed")
        print(f"bench: {play.__name__}: {failure}", file=sys.stderr)
        return False
    bench.say(f"  ({time.monotonic() - started:.0f} s)\n")
    return True


def main():
    names = [play.__name__ for play, _ in SETS]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help="every set, and the table into build/bench-table.md")
    parser.add_argument("sets", nargs="*", metavar="SET", help=", ".join(names))
    args = parser.parse_args()
    if unknown := set(args.sets) - set(names):
        parser.error(f"no such set: {', '.join(sorted(unknown))}")
    segur = pathlib.Path(os.environ.get("SEGUR", TOP / "build/release/segur")).resolve()
    base = pathlib.Path(os.environ.get("BENCH_DIR", TOP / "build/bench")).resolve()
    place = Workplace(base, keep=bool(os.environ.get("BENCH_KEEP")))
    started, good, measured = time.monotonic(), True, 0
    try:
        bench = Bench(place.path, segur, segur.parent / "tests/bench/register_step", args.full)
        bench.build()
        bench.decodes = has("PIL.Image, pikepdf")
        bench.machine = machine(place, bench.decodes)
        print(bench.machine + "\n", flush=True)
        for play, rows in SETS:
            if not args.sets or play.__name__ in args.sets:
                good &= play_set(bench, play, rows)
            else:
                bench.table.miss(rows, "left out")
        tell_memory(bench)
        measured = time.monotonic() - started
    except Failed as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    finally:
        place.close()
    removed = time.monotonic() - started - measured
    minutes, seconds = divmod(round(measured), 60)
    table = "\n".join(bench.table.lines())
    time_told = f"In all {minutes} min {seconds} s, and {removed:.0f} s to remove what it made."
    print(f"\n{table}\n\n{time_told}")
    if args.full:
        details = "\n".join(bench.told).strip()
        (TOP / "build/bench-table.md").write_text(
            f"# The benchmark\n\n{bench.machine}\n\n{table}\n\n{time_told}\n\n```\n{details}\n```\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
