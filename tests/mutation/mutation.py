#!/usr/bin/python3
"""Breaks each transition, each rule's condition and each bound in turn, and asks the tests whether they notice.

    mutation.py                      all of them; those noticed before stand while their file is the same
    mutation.py --list               their names
    mutation.py --module store       those of one module; only its tests are built (modules.py)
    mutation.py --only 'rules_*'     some of them
    mutation.py --every 5            a fifth of each module, --seed says which
    mutation.py --jobs 2 --nice      two at a time, behind everything else

Exits 1 when a survivor is not in survivors.yaml, when one that is there is noticed after all, or when less than
95 % are noticed. See README.md.
"""

import argparse
import concurrent.futures
import contextlib
import fnmatch
import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import yaml

REPO = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from modules import MODULES, Module  # noqa: E402 (found through the path set above)
from mutants import Mutant, instrument  # noqa: E402

SURVIVORS = pathlib.Path(__file__).with_name("survivors.yaml")
COPIED = "Makefile cron docs examples schemas src tests tools README.md ARCHITECTURE.md segur.conf".split()
BY_TEST = {"test_scenarios"}  # each of its tests stands alone, and all of them are long
WANTED = 0.95
LEFT = f"m{os.getpid()}-"  # begins the names of what unit tests make in MEMORY, and leave there when they break
FEW_WORLDS = "1-8"  # of the property test
EARLY = "test_property.TestProperty"  # notices more than any other, if not at once
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # nights and databases sync often


class Killer:
    """A test program, an end-to-end test class or one of its tests."""

    def __init__(self, name: str):
        self.name, self.seconds, self.reached = name, 0.0, frozenset()
        self.tries = self.kills = 0

    @property
    def price(self) -> tuple:
        """Programs, EARLY, classes, then single tests; of each the seconds for a mutant that it is likely to notice,
        by what it has noticed so far."""
        kind = 0 if self.is_unit else 1 if self.name == EARLY else 3 if self.name.split(".")[0] in BY_TEST else 2
        return kind, (self.seconds + 0.1) / (0.01 + (self.kills + 0.1) / (self.tries + 1))

    @property
    def is_unit(self) -> bool:
        return "." not in self.name

    def serves(self, module: Module) -> bool:
        if self.is_unit:
            return any(fnmatch.fnmatch(self.name, pattern) for pattern in module.unit.split())
        return self.name.split(".")[0] in module.e2e.split()

    def run(self, tree: pathlib.Path, bins: pathlib.Path, timeout: float) -> bool:
        """Whether it passes."""
        environment = os.environ | {"SEGUR": str(bins / "segur"), "LC_ALL": "C"}
        environment |= {"SEGUR_SEEDS": FEW_WORLDS, "SEGUR_TASKS": "1", "TMPDIR": str(bins / "tmp")}
        environment |= {"SEGUR_MUTANT": str(bins), "CMOCKA_TEST_ABORT": "1"}  # one failure is enough
        if self.is_unit:
            words, folder = [bins / self.name], tree
        else:
            words, folder = [sys.executable, "-m", "unittest", "-q", "-f", self.name], tree / "tests/e2e"
        process = subprocess.Popen(words, cwd=folder, env=environment, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, start_new_session=True)  # fmt: skip
        try:
            return process.wait(timeout) == 0
        except subprocess.TimeoutExpired:
            return False
        finally:  # also what a broken program has left running
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


class Campaign:
    def __init__(self, work: pathlib.Path, modules: list[Module], args):
        self.work, self.modules, self.jobs, self.tries = work, modules, args.jobs, args.tries
        self.e2e = not args.unit
        self.tree = work / "tree"
        self.mutants: list[Mutant] = []
        self.killers: list[Killer] = []
        self.slots = [work / f"bins-{n}" for n in range(self.jobs)]
        self.lock = threading.Lock()

    # --- the program with all its mutants ---

    def copy(self) -> None:
        shutil.rmtree(self.tree, ignore_errors=True)
        self.tree.mkdir(parents=True)
        for name in COPIED:
            source = REPO / name
            if source.is_dir():
                shutil.copytree(source, self.tree / name, ignore=shutil.ignore_patterns("__pycache__"))
            elif source.exists():
                shutil.copy2(source, self.tree / name)
        if MEMORY:
            for path in (self.tree / "tests/unit").iterdir():
                path.write_text(path.read_text("utf-8").replace('"/tmp/segur-', f'"{MEMORY}/{LEFT}'), "utf-8")
        self.mutants = instrument(self.tree, self.modules)

    def build(self) -> None:
        """Without optimization: it is compiled once and run in short bursts."""
        variables = ["VARIANT=mutation", "WARNINGS=-w", "HARDEN=-fPIE", "CFLAGS=-O1"]
        environment = os.environ | {"CPPFLAGS": "-include lib/mutant.h"}
        for goal in (["all"], self.unit_programs()):
            done = subprocess.run(["make", "--no-print-directory", f"-j{self.jobs}", *variables, *goal], cwd=self.tree,
                                  env=environment, capture_output=True, text=True)  # fmt: skip
            if done.returncode != 0:
                sys.exit(f"the program with its mutants does not build:\n{done.stderr[-4000:]}")
        built = self.tree / "build/mutation"
        for slot in self.slots:
            shutil.rmtree(slot, ignore_errors=True)
            slot.mkdir()
            (slot / "tmp").mkdir()
            for path in (built / "segur", built / "segur-parser", *built.glob("tests/unit/test_*")):
                if not path.suffix:
                    os.link(path, slot / path.name)

    def unit_programs(self) -> list[str]:
        patterns = {pattern for module in self.modules for pattern in module.unit.split()}
        sources = {path for pattern in patterns for path in (self.tree / "tests/unit").glob(f"{pattern}.c")}
        return sorted(f"build/mutation/tests/unit/{path.stem}" for path in sources)

    # --- what notices what ---

    def baseline(self) -> None:
        """Each killer once without a mutant: its time, and the mutants whose change it could see."""
        killers = [Killer(pathlib.Path(name).name) for name in self.unit_programs()] + self.classes()

        def one(killer, slot):
            self.choose(slot, 0, notes=True)
            start = time.monotonic()
            passes = killer.run(self.tree, slot, 600)
            killer.seconds = time.monotonic() - start
            notes = (slot / "reached").read_bytes()
            (slot / "reached").unlink()
            killer.reached = frozenset(n for n, note in enumerate(notes) if note)
            return passes

        for killer, passes in zip(killers, self.share(one, killers), strict=True):
            if not passes:
                print(f"{killer.name} fails without a mutant: not used", file=sys.stderr)
            elif killer.reached:
                self.killers.append(killer)

    def share(self, work, items):
        """work(item, slot) for each, `jobs` at a time; the results in order, as they come."""
        free = list(self.slots)

        def one(item):
            with self.lock:
                slot = free.pop()
            try:
                return work(item, slot)
            finally:
                with self.lock:
                    free.append(slot)

        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            yield from pool.map(one, items)

    def classes(self) -> list[Killer]:
        program = (
            "import sys, unittest\nfor name in sys.argv[1:]:\n"
            "    for suite in unittest.defaultTestLoader.loadTestsFromName(name):\n"
            "        for case in suite:\n"
            f"            print(case.id() if name in {BY_TEST} else case.id().rpartition('.')[0])\n"
        )
        there = sorted({name for module in self.modules for name in module.e2e.split() if self.e2e})
        environment = os.environ | {"SEGUR": str(self.slots[0] / "segur")}
        done = subprocess.run([sys.executable, "-c", program, *there], cwd=self.tree / "tests/e2e", env=environment,
                              stdout=subprocess.PIPE, text=True, check=True)  # fmt: skip
        return [Killer(name) for name in dict.fromkeys(done.stdout.split())]

    def choose(self, slot: pathlib.Path, number: int, notes=False) -> None:
        (slot / "mutant").write_text(str(number))
        if notes:
            (slot / "reached").write_bytes(bytes(len(self.mutants) + 1))
            (slot / "reached").chmod(0o666)

    def trial(self, mutant: Mutant, slot: pathlib.Path) -> dict:
        module = next(module for module in self.modules if module.name == mutant.module)
        able = [killer for killer in self.killers if mutant.number in killer.reached and killer.serves(module)]
        self.choose(slot, mutant.number)
        start = time.monotonic()
        result = {"id": mutant.id, "source": mutant.source, "noticed": False, "by": "", "able": len(able)}
        for killer in sorted(able, key=lambda killer: killer.price)[: self.tries]:
            noticed = not killer.run(self.tree, slot, 20 + 8 * killer.seconds)
            with self.lock:
                killer.tries, killer.kills = killer.tries + 1, killer.kills + noticed
            if noticed:
                result |= {"noticed": True, "by": killer.name}
                break
        return result | {"seconds": round(time.monotonic() - start, 2), "line": mutant.line, "text": mutant.text}

    @staticmethod
    def tidy() -> None:
        for path in pathlib.Path(MEMORY).glob(f"{LEFT}*") if MEMORY else ():
            shutil.rmtree(path, ignore_errors=True)

    def run(self, wanted: list[Mutant], results: pathlib.Path) -> None:
        with results.open("a", encoding="utf-8") as out:
            for n, result in enumerate(self.share(self.trial, wanted), 1):
                out.write(json.dumps(result, ensure_ascii=False) + "\n")
                out.flush()
                if sys.stderr.isatty():
                    print(f"\r{n}/{len(wanted)}", end="", file=sys.stderr)


def earlier(results: pathlib.Path, mutants: list[Mutant]) -> dict:
    """What stands of earlier runs: verdicts on mutants whose own file has not changed, the newest of each."""
    sources = {m.id: m.source for m in mutants}
    rows = map(json.loads, results.read_text("utf-8").splitlines())
    return {row["id"]: row for row in rows if sources.get(row["id"]) == row["source"]}


def listed() -> dict:
    """id -> reason"""
    return {row["id"]: row["raison"] for row in yaml.safe_load(SURVIVORS.read_text("utf-8")) or []}


def report(tried: list[Mutant], verdicts: dict, reasons: dict) -> None:
    """Each survivor with its reason, then a line a module."""
    for mutant in tried:
        row = verdicts[mutant.id]
        if not row["noticed"]:
            reason = reasons.get(mutant.id) or f"NOT LISTED ({row['able']} tests see it)"
            print(f"survives  {mutant.id}  line {mutant.line}: {mutant.text}\n          {reason}")
    for name in dict.fromkeys(mutant.module for mutant in tried):
        rows = [verdicts[mutant.id] for mutant in tried if mutant.module == name]
        noticed = sum(row["noticed"] for row in rows)
        print(f"{name:8} {noticed:5} of {len(rows):5} noticed, {noticed / len(rows):.1%}")


def summary(mutants: list[Mutant], results: pathlib.Path, whole: bool) -> int:
    verdicts, reasons = earlier(results, mutants), listed()
    for mutant in mutants:
        if mutant.id in reasons and mutant.id not in verdicts:
            verdicts[mutant.id] = {"id": mutant.id, "noticed": False, "seconds": 0}
    tried = [mutant for mutant in mutants if mutant.id in verdicts]
    report(tried, verdicts, reasons)
    alive = {mutant.id for mutant in tried if not verdicts[mutant.id]["noticed"]}
    noticed = len(tried) - len(alive)
    rate = noticed / len(tried) if tried else 1.0
    seconds = sum(verdicts[mutant.id]["seconds"] for mutant in tried)
    print(f"{noticed} of {len(tried)} noticed, {rate:.1%}; {len(alive)} survive ({seconds:.0f} s of trials)")
    if len(tried) < len(mutants):
        print(f"{len(mutants) - len(tried)} not tried")
    known = {m.id for m in mutants}
    stale = [name for name in reasons if (whole and name not in known) or (name in verdicts and name not in alive)]
    for name in stale:
        print(f"listed as a survivor, but it is none: {name}")
    return int(bool(alive - reasons.keys()) or bool(stale) or (whole and rate < WANTED))


def chosen_of(mutants: list[Mutant], args) -> list[Mutant]:
    """Those that are asked for, and of each module the part that is."""
    wanted = [m for m in mutants if not args.only or any(fnmatch.fnmatch(m.id, glob) for glob in args.only)]
    groups = [[m for m in wanted if m.module == module.name] for module in MODULES]
    return [m for group in groups for m in group[args.seed % args.every :: args.every]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="name the mutants and stop")
    parser.add_argument("--module", action="append", choices=[module.name for module in MODULES])
    parser.add_argument("--only", metavar="GLOB", action="append", help="mutants whose name matches")
    parser.add_argument("--unit", action="store_true", help="ask the unit tests alone")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="one of N, of each module")
    parser.add_argument("--seed", type=int, default=0, help="which of the N")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--tries", type=int, default=60, help="tests asked about one mutant, the likeliest first (60)")
    parser.add_argument("--nice", action="store_true", help="behind everything else")
    parser.add_argument("--again", action="store_true", help="forget earlier verdicts")
    parser.add_argument("--fast", action="store_true", help="pass over earlier and listed survivors")
    parser.add_argument("--results", type=pathlib.Path, default=REPO / "build/mutation.jsonl")
    args = parser.parse_args()
    if args.nice:
        os.nice(19)
    with tempfile.TemporaryDirectory(prefix="segur-mutation-", dir=MEMORY) as work:
        modules = [module for module in MODULES if not args.module or module.name in args.module]
        os.chmod(work, 0o755)  # some tests run the program as a user without privileges
        campaign = Campaign(pathlib.Path(work), modules, args)
        campaign.copy()
        mutants = campaign.mutants
        chosen = chosen_of(mutants, args)
        if args.list:
            print("\n".join(f"{m.id}  line {m.line}: {m.text}" for m in chosen))
            return 0
        args.results.parent.mkdir(parents=True, exist_ok=True)
        if args.again:
            args.results.unlink(missing_ok=True)
        args.results.touch()
        done = {name for name, row in earlier(args.results, mutants).items() if row["noticed"] or args.fast}
        done |= listed().keys() if args.fast else set()
        left = [m for m in chosen if m.id not in done]
        if left:
            campaign.build()
            campaign.baseline()
            campaign.run(left, args.results)
            campaign.tidy()
        return summary(chosen, args.results, len(chosen) == len(mutants) and not args.module)


if __name__ == "__main__":
    sys.exit(main())
