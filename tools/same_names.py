#!/usr/bin/env python3
"""Lists the names that two files of src define at file scope: there is to be none, whoever looks for one finds one thing.

usage: same_names.py [DIR]     (src by default); the exit status is 1 when there is one

Names are those of functions, macros, types, enumerators and objects; a declaration defines nothing.
"""
import collections
import pathlib
import re
import sys

from bare_numbers import without_words

ALLOWED = {"main": "segur and segur-parser have one each"}
DEFINITIONS = [re.compile(pattern, re.M) for pattern in (
    r"^#[ \t]*define (\w+)",
    r"^\w[^\n;{}=#]*?\b(\w+)\([^;{}]*\)\n\{",
    r"^(?!extern |(?:struct|union) \w+;)\w[\w *]*[ *](\w+)(?:\[[^\]\n]*\])*(?: =|;)",
    r"^\} (\w+)(?:\[[^\]\n]*\])*(?: =|;)",
)]  # fmt: skip
TAG = re.compile(r"^(?:\w+ )*(?:struct|union|enum) (\w+) \{", re.M)
ENUMERATION = re.compile(r"^(?:\w+ )*enum(?: \w+)? \{([^}]*)\}", re.M)


def defined(text: str) -> set[str]:
    code = without_words(text)
    found = {name for pattern in DEFINITIONS for name in pattern.findall(code)}
    found |= {name for body in ENUMERATION.findall(code) for name in re.findall(r"(?:^|,)\s*(\w+)", body)}
    return found | {f"struct {name}" for name in TAG.findall(code)}


def find(texts: dict[str, str]) -> dict[str, list[str]]:
    """Name -> the files that define it, of those that more than one does."""
    places = collections.defaultdict(list)
    for path, text in sorted(texts.items()):
        for name in defined(text) - set(ALLOWED):
            places[name].append(path)
    return {name: files for name, files in sorted(places.items()) if len(files) > 1}


def main() -> int:
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[1] / "src")
    found = find({path.relative_to(root).as_posix(): path.read_text("utf-8") for path in root.rglob("*.[ch]")})
    for name, files in found.items():
        print(f"{name}: {', '.join(files)}")
    print(f"names defined twice: {len(found)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
