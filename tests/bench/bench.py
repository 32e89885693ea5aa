#!/usr/bin/python3
"""`make bench`: the night against a floor in C and against a pipeline in Python, side by side.

    bench.py [--without-night]

Environment: BENCH_TINY, BENCH_REAL (drops of each set, 0: leave it out), BENCH_RUNS, BENCH_SEED,
BENCH_DIR (where to work: a real disk), BENCH_KEEP=1 (leave the work there), SEGUR, CC. README.md says what
is measured and how. Exits 1 when something did not run or did not accept every drop, else 0: no figure fails.
"""

import argparse
import csv
import os
import pathlib
import platform
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
NIGHT = "2026-03-02"
PYTHON = "/usr/bin/python3"
JOBS = len(os.sched_getaffinity(0))
RUNS = int(os.environ.get("BENCH_RUNS", 7))
SETS = (("tiny", int(os.environ.get("BENCH_TINY", 1000)), "pieces of 1-4 kB"),
        ("real", int(os.environ.get("BENCH_REAL", 80)), "pieces of 50 kB-3.9 MB"))
LIMIT_MIB = 64
SYNCS = "fsync,fdatasync,syncfs,sync,sync_file_range,msync"


class Failed(Exception):
    """Something did not run, or ran and accepted too little."""


def run(*command, **options):
    """Runs to success or raises Failed with what the command said."""
    result = subprocess.run([str(c) for c in command], capture_output=True, text=True, **options)
    if result.returncode != 0:
        raise Failed(f"{' '.join(map(str, command))}: exit {result.returncode}\n{result.stdout}{result.stderr}")
    return result.stdout


# --- contestants ---------------------------------------------------------------------------------

class Contestant:
    """A command on a root of its own. `prepare` makes what the root needs beside the inbox; `check`
    raises Failed unless all n drops were done."""

    def __init__(self, name, command, prepare=lambda root: None, check=None, needs_copy=True):
        self.name, self.command, self.prepare, self.check = name, command, prepare, check
        self.needs_copy = needs_copy


def check_floor(root, n, output):
    if not output.startswith(f"{n} archives, {4 * n} entries"):
        raise Failed(f"floor read {output.strip()}, not {n} archives")


def check_reports(root, n, output):
    """All n accepted: as many requests in the night's report, and none refused."""
    with open(root / "outbox/asp/rapports/courant/demandes.csv", encoding="utf-8-sig", newline="") as f:
        count = sum(1 for _ in csv.reader(f, delimiter=";")) - 1
    if count != n:
        raise Failed(f"{root}: {count} requests for {n} drops\n{output}")


def init_root(segur, root):
    """A root as `segur init` makes it, but with nothing to wait for before a drop is taken."""
    run(segur, "init", root)
    conf = root / "segur.conf"
    text = conf.read_text()
    line = re.compile(r"^[;# \t]*stabilite_s\s*=.*$", re.MULTILINE)
    text = line.sub("stabilite_s = 0", text, 1) if line.search(text) else text + "\n[depot]\nstabilite_s = 0\n"
    conf.write_text(text)


def contestants(tools, segur):
    python = [PYTHON, "-B", HERE / "pipeline.py", "{root}", "--date", NIGHT, "--jobs", str(JOBS)]
    floor = [tools / "floor", "-j", str(JOBS)]
    result = [
        Contestant("floor", [*floor, "{master}/inbox"], check=check_floor, needs_copy=False),
        Contestant("floor --keep", [*floor, "--keep", "{root}/keep", "{master}/inbox"],
                   prepare=lambda root: (root / "keep").mkdir(), check=check_floor, needs_copy=False),
        Contestant("python", python, check=check_reports),
        Contestant("python --group-sync", [*python, "--group-sync"], check=check_reports),
    ]
    if segur:
        result.insert(2, Contestant(
            "night", [segur, "run", "--root", "{root}", "--date", NIGHT, "--quiet"],
            prepare=lambda root: init_root(segur, root), check=check_reports))
    return result


def make_root(contestant, root, master):
    root.mkdir()
    contestant.prepare(root)
    if contestant.needs_copy:
        (root / "inbox").mkdir(exist_ok=True)
        run("cp", "-a", "--reflink=auto", f"{master}/inbox/.", root / "inbox")


def command_line(contestant, root, master):
    return [str(c).format(root=root, master=master) for c in contestant.command]


# --- measuring -----------------------------------------------------------------------------------

def timed_run(tools, contestant, root, master, n):
    """Figures of one run, from measure.c."""
    os.sync()
    figures = root / "figures"
    output = run(tools / "measure", figures, *command_line(contestant, root, master))
    contestant.check(root, n, output)
    return {key: int(value) for key, value in (pair.split("=") for pair in figures.read_text().split())}


def watch_memory(pid, peaks, stop):
    """Reads VmHWM of every descendant of pid until told to stop: {program: peak in KiB}."""
    def descend(pid):
        try:
            for task in os.listdir(f"/proc/{pid}/task"):
                for child in pathlib.Path(f"/proc/{pid}/task/{task}/children").read_text().split():
                    status = dict(line.split(":", 1) for line in
                                  pathlib.Path(f"/proc/{child}/status").read_text().splitlines())
                    if "VmHWM" in status:
                        name = status["Name"].strip()
                        peaks[name] = max(peaks.get(name, 0), int(status["VmHWM"].split()[0]))
                    descend(child)
        except OSError:
            pass  # it ended meanwhile

    while not stop.wait(0.01):
        descend(pid)


def inspected_run(contestant, root, master, n):
    """One run that is not timed: memory of each program, and the number of sync calls under strace."""
    os.sync()
    command, counts, peaks, stop = command_line(contestant, root, master), root / "syncs", {}, threading.Event()
    if shutil.which("strace"):
        command = ["strace", "-f", "-qq", "--seccomp-bpf", "-c", "-U", "name,calls", "-e", f"trace={SYNCS}",
                   "-o", str(counts), *command]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        watcher = threading.Thread(target=watch_memory, args=(process.pid, peaks, stop))
        watcher.start()
        output = process.stdout.read()
        process.wait()
        stop.set()
        watcher.join()
    if process.returncode != 0:
        raise Failed(f"{contestant.name}, inspected: exit {process.returncode}\n{output}")
    contestant.check(root, n, output)
    peaks.pop("strace", None)
    syncs = None
    if counts.exists():
        rows = dict(line.split() for line in counts.read_text().splitlines() if re.match(r"\w+ +\d+$", line))
        syncs = {name: int(calls) for name, calls in rows.items() if name != "total"}
    return {"peaks": peaks, "syncs": syncs}


# --- telling -------------------------------------------------------------------------------------

def spread(values, form="{:.2f}"):
    values = list(values)
    return f"{form} [{form}-{form}]".format(statistics.median(values), min(values), max(values))


def print_table(results, inspected):
    print(f"  {'':20} {'wall s':>22} {'CPU s':>22} {'RSS MiB':>8} {'written MB':>11} {'to disk MB':>11}  syncs")
    for name, runs in results.items():
        syncs = inspected[name]["syncs"]
        print(f"  {name:20} {spread(r['wall_us'] / 1e6 for r in runs):>22}"
              f" {spread((r['user_us'] + r['sys_us']) / 1e6 for r in runs):>22}"
              f" {max(r['rss_kb'] for r in runs) / 1024:8.1f}"
              f" {statistics.median(r['written'] for r in runs) / 1e6:11.1f}"
              f" {statistics.median(r['stored'] for r in runs) / 1e6:11.1f}  "
              + ("?" if syncs is None else ", ".join(f"{calls} {call}" for call, calls in syncs.items()) or "none"))


def print_ratios(results):
    print("  Ratios of wall time, round by round: median [min-max]")
    for above, below in (("night", "floor"), ("night", "floor --keep"), ("python", "night"),
                         ("python --group-sync", "night")):
        pairs = zip(results[above], results[below])
        print(f"  {above + ' / ' + below:32} {spread(a['wall_us'] / b['wall_us'] for a, b in pairs)}")


def print_memory(results, inspected):
    print("  Peak memory of each process, MiB (untimed run; RSS above is the largest process of any timed run)")
    for name, found in inspected.items():
        print(f"  {name:20} " + ", ".join(f"{program} {kib / 1024:.1f}" for program, kib in found["peaks"].items()))
    if "night" in results:
        peak = max(r["rss_kb"] for r in results["night"]) / 1024
        print(f"  night: {peak:.1f} MiB at most, {'under' if peak < LIMIT_MIB else 'OVER'} {LIMIT_MIB} MiB")


def print_machine(work):
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")),
                 platform.machine())
    zst = run(PYTHON, "-c", "import sys; sys.path.insert(0, sys.argv[1]); import pipeline_checks as p; "
              "print('zstandard' if p.zstandard else 'the pipe of zstd -dc')", HERE).strip()
    print(f"{model}, {JOBS} processors, Linux {platform.release()}, "
          f"{run('stat', '-f', '-c', '%T', work).strip()}; {run(PYTHON, '--version').strip()}, tar.zst through {zst}")


# --- the bench -----------------------------------------------------------------------------------

def bench_set(kind, n, text, work, entrants):
    started = time.monotonic()
    master = work / kind
    told = run(PYTHON, "-B", HERE / "generate.py", master, "--n", n, "--kind", kind,
               "--seed", os.environ.get("BENCH_SEED", 1)).strip()
    print(f"\n{kind}: {text}; {told}; {RUNS} rounds", flush=True)
    results = {entrant.name: [] for entrant in entrants}
    inspected = dict.fromkeys(results)
    for number in range(RUNS + 1):
        order = random.Random(number).sample(entrants, len(entrants))  # nobody always runs after the same one
        roots = [work / f"{kind}-{number}-{i}" for i in range(len(order))]
        for entrant, root in zip(order, roots):
            make_root(entrant, root, master)
        for entrant, root in zip(order, roots):
            if number == 0:  # also warms everything up
                inspected[entrant.name] = inspected_run(entrant, root, master, n)
            else:
                results[entrant.name].append(timed_run(work, entrant, root, master, n))
    print_table(results, inspected)
    if "night" in results:
        print_ratios(results)
    print_memory(results, inspected)
    print(f"  ({time.monotonic() - started:.0f} s in all)", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--without-night", action="store_true", help="floor and pipeline alone")
    args = parser.parse_args()
    base = pathlib.Path(os.environ.get("BENCH_DIR", TOP / "build/bench")).resolve()
    segur = None if args.without_night else pathlib.Path(os.environ.get("SEGUR", TOP / "build/release/segur")).resolve()
    base.mkdir(parents=True, exist_ok=True)
    work = pathlib.Path(tempfile.mkdtemp(prefix="run-", dir=base))
    try:
        cc = os.environ.get("CC", "gcc")
        flags = ("-std=gnu17", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-Werror")
        run(cc, *flags, HERE / "floor.c", "-o", work / "floor", "-larchive", "-lcrypto")
        run(cc, *flags, HERE / "measure.c", "-o", work / "measure")
        print_machine(work)
        for kind, n, text in SETS:
            if n > 0:
                bench_set(kind, n, text, work, contestants(work, segur))
    except (Failed, OSError) as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    finally:
        if not os.environ.get("BENCH_KEEP"):
            shutil.rmtree(work)
    return 0


if __name__ == "__main__":
    sys.exit(main())
