#!/usr/bin/env python3
"""Lists the circles of src: files of one room, or rooms, that need each other. There is to be none but those named below.

usage: circles.py [DIR]     (src by default); the exit status is 1 when there is another, or when one named is gone

A file needs another when it uses a name that the other defines for others, or when a header includes its header; a
room needs another when one of its files does. tests/tools/test_rooms.py holds what a file may include at all.
"""
import collections
import pathlib
import re
import sys

from bare_numbers import without_words

# One module each, too long for one file: the first calls its steps, and they call back what all of them share, which
# its private header has. Cut in two, the shared part would be a module that nobody else needs.
ALLOWED = {
    "night/night night/night_analyse night/night_decide": "the steps of a night ask for its dates and its order",
    "parser/unpack parser/unpack_tar parser/unpack_zip": "a walk for each format hands its entries to unpack.c",
    "verify/verify verify/verify_files verify/verify_journal verify/verify_outbox": "checks tell faults by verify.c",
}
DEFINED = [re.compile(pattern, re.M) for pattern in (
    r"^(?!static |extern )\w[^\n;{}=#]*?\b(\w+)\([^;{}]*\)\n\{",
    r"^(?!static |extern )\w[\w *]*[ *](\w+)(?:\[[^\]\n]*\])* =",
)]  # fmt: skip
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+"([^"]+)\.h"', re.M)


def needs(texts: dict[str, str]) -> dict[str, set[str]]:
    """File -> files, both without their suffix, of those that it needs."""
    code = {path.removesuffix(".c"): without_words(text) for path, text in texts.items() if path.endswith(".c")}
    owner = {name: file for file, text in code.items() for pattern in DEFINED for name in pattern.findall(text)}
    owner.pop("main", None)  # each program has its own
    found = collections.defaultdict(set)
    for file, text in code.items():
        found[file] |= {owner[name] for name in set(re.findall(r"\w+", text)) & set(owner)}
    for path, text in texts.items():
        if path.endswith(".h"):
            found[path] |= {f"{name}.h" for name in INCLUDE.findall(text)} & set(texts)
    return {file: others - {file} for file, others in found.items()}


def between_rooms(files: dict[str, set[str]]) -> dict[str, set[str]]:
    found = collections.defaultdict(set)
    for file, others in files.items():
        room = file.split("/")[0]
        found[room] |= {other.split("/")[0] for other in others} - {room}
    return found


def circles(graph: dict[str, set[str]]) -> list[str]:
    """The members of each circle, however long it is: those that reach each other."""
    def reached(start):
        seen, todo = set(), [start]
        while todo:
            new = graph.get(todo.pop(), set()) - seen
            seen |= new
            todo += new
        return seen

    reach = {member: reached(member) for member in graph}
    return sorted({" ".join(sorted(other for other in reach[member] if member in reach.get(other, ())))
                   for member in graph if member in reach[member]})  # fmt: skip


def find(texts: dict[str, str]) -> list[str]:
    files = needs(texts)
    return circles(files) + circles(between_rooms(files))


def main() -> int:
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[1] / "src")
    found = find({path.relative_to(root).as_posix(): path.read_text("utf-8") for path in root.rglob("*.[ch]")})
    wrong = [f"a circle: {members}" for members in found if members not in ALLOWED]
    wrong += [f"no circle any more: {members}" for members in ALLOWED if members not in found]
    print("\n".join([*wrong, f"circles: {len(found)}, allowed: {len(ALLOWED)}"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
