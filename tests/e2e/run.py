#!/usr/bin/python3
"""Runs the end-to-end tests, each module a process, two at a time; prints a line a module, and the failures whole.

usage: run.py [MODULE…]     all test_*.py of this folder when none is named; MODULE:1/2 runs a half (SEGUR_PART)
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
# The longest first, so that no core waits for them at the end; those that can be split are.
FIRST = ["test_property", "test_restart", "test_purge", "test_memory", "test_scenarios:1/2", "test_scenarios:2/2",
         "test_replay", "test_correction", "test_failures", "test_rules"]


def run(name: str) -> tuple[str, int, float, str]:
    module, _, part = name.partition(":")
    environment = dict(os.environ, **({"SEGUR_PART": part} if part else {}))
    start = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "unittest", module], cwd=HERE, env=environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)  # fmt: skip
    return name, done.returncode, time.monotonic() - start, done.stdout


def main() -> int:
    names = sys.argv[1:]
    if not names:
        found = sorted(path.stem for path in HERE.glob("test_*.py"))
        names = [name for name in FIRST if name.partition(":")[0] in found]
        names += [name for name in found if name not in {n.partition(":")[0] for n in names}]
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for job in concurrent.futures.as_completed([pool.submit(run, name) for name in names]):
            name, code, seconds, text = job.result()
            ran = int((re.findall(r"^Ran (\d+) test", text, re.M) or [0])[-1])
            bad = sum(map(int, re.findall(r"(?:failures|errors)=(\d+)", text))) or int(code != 0)
            passed, failed = passed + max(ran - bad, 0), failed + bad
            print(f"  {'ok  ' if code == 0 else 'FAIL'}  {name:24} {ran:4} tests  {seconds:6.1f} s", flush=True)
            if code != 0:
                print(text, flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
