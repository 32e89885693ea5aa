#!/usr/bin/env python3
"""Holds the words of every name that we gave against English and the glossary: French is for the domain alone.

usage: words.py [TREE]     prints each unknown word with the names that hold it and their places, then their count

Names are the identifiers of C, Python and shell below src, tests and tools, the statements of schemas/sql and the
names of all these files. A word is good when one of these has it:
  - /usr/share/dict/words (Debian's wamerican), a plural or a participle of one, its opposite in un-; but no false friend;
  - the glossary: the table of ARCHITECTURE.md, section "Words";
  - the domain's own sources: keys and values of champs.yaml, names of anomalies.yaml, tables, columns and their values
    in schemas/sql, headers and values of schemas/tables, keys of segur.conf; one of them or several (demande(s)).
A name of a C header that is not ours passes whole, so do Python's own and imported names.
"""

import ast
import builtins
import collections
import json
import keyword
import pathlib
import re
import sys

DICTIONARY = pathlib.Path("/usr/share/dict/words")
INCLUDE = ["/usr/include", "/usr/include/*-linux-gnu", "/usr/lib/gcc/*/*/include"]
FOLDERS = "src", "tests", "tools"
DATA = "tests/samples", "tests/e2e/scenarios", "tests/e2e/node"  # what suppliers send, under its own names
# English for something else than what they would mean here: a batch, an output, a kind, the vault, a link, a sequel…
FALSE_FRIENDS = frozenset(
    "lot lots sortie sorties genre genres conservation bilan bilans lien liens marque marques suite suites".split()
)
EXCLUDED = frozenset(("tests/bench/yardsticks/floor.c", "tests/bench/yardsticks/peer.py"))  # kept byte for byte

# What a text holds besides names: comments, strings, included files, numbers.
C_TOKEN = re.compile(
    r"""/\*.*?\*/ | //[^\n]* | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' | \#[ \t]*include[^\n]*
      | \.?\d(?:[eEpP][+-]|[\w.])* | (?P<name>[A-Za-z_]\w*)""",
    re.S | re.X,
)
SHELL_NAME = re.compile(r"^[ \t]*(?:export |local |for )?([A-Za-z_]\w*)(?==| in |\(\))", re.M)
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def words(name):
    """setHTTPCode2 and SET_HTTP_CODE: set, http, code."""
    return [word.lower() for word in WORD.findall(name)]


def c_names(text):
    """Identifiers with their lines."""
    for match in C_TOKEN.finditer(text):
        if match["name"] and not match["name"].startswith("__"):
            yield match["name"], text.count("\n", 0, match.start()) + 1


def python_names(text):
    """Names that the text defines or uses, with their lines, in f-strings as well; but not Python's own __init__."""
    return ((name, line) for name, line in every_python_name(text) if not name.startswith("__"))


def every_python_name(text):
    foreign = set(dir(builtins)) | set(keyword.kwlist)
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            foreign.update(alias.name.partition(".")[0] for alias in node.names if not alias.asname)
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name, line
        elif isinstance(node, ast.Name) and node.id not in foreign:
            yield node.id, line
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr, line
        elif isinstance(node, ast.arg):
            yield node.arg, line
        elif isinstance(node, ast.alias) and node.asname:
            yield node.asname, line
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name, line


def matched_names(pattern):
    return lambda text: ((match[1], text.count("\n", 0, match.start(1)) + 1) for match in pattern.finditer(text))


READERS = {
    ".c": c_names, ".h": c_names, ".py": python_names, ".sh": matched_names(SHELL_NAME),
    ".sql": matched_names(re.compile(r"^-- name: (\w+)", re.M)),
}  # fmt: skip


def header_names(folders, names):
    """Identifiers of the headers of that name, and of all that they include."""
    found, seen, todo = set(), set(), list(names)
    while todo:
        name = todo.pop()
        for path in (folder / name for folder in folders):
            if path not in seen and path.is_file():
                seen.add(path)
                text = path.read_text("utf-8", "replace")
                found.update(match["name"] for match in C_TOKEN.finditer(text) if match["name"])
                included = re.findall(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)', text, re.M)
                todo += included + [str((path.parent / name).relative_to(folder)) for folder in folders
                                    if folder in path.parents for name in included]  # fmt: skip
    return found


def foreign_names(texts):
    folders = [path for pattern in INCLUDE for path in sorted(pathlib.Path("/").glob(pattern[1:]))]
    included = {name for text in texts for name in re.findall(r"^#include <([^>]+)>", text, re.M)}
    return header_names(folders, sorted(included))


def domain_words(schemas):
    """Words of the sources that suppliers, case managers and file formats see."""
    names = []
    for path in schemas.parent.glob("src/**/conf.c"):
        names += re.findall(r'^ +"(\w+) = ', path.read_text("utf-8"), re.M)
    for line in (schemas / "champs.yaml").read_text("utf-8").splitlines():
        if line.startswith("- "):
            names += re.findall(r"(?:chemin|nature): ([\w.]+)", line)
            names += re.findall(r"valeurs: \[([^]]*)\]", line)
    names += re.findall(r"\bnom: (\w+)", (schemas / "anomalies.yaml").read_text("utf-8"))
    for path in (schemas / "sql").rglob("*.sql"):
        text = re.sub(r"--[^\n]*", "", path.read_text("utf-8"))
        names += re.findall(r"\bCREATE TABLE (\w+)", text)
        names += re.findall(r"^\s+(\w+) +(?:TEXT|INTEGER|BLOB|REAL|ANY)\b", text, re.M)
        names += re.findall(r"\bADD COLUMN (\w+)", text)
        for values in re.findall(r"\bCHECK \(\w+ IN \(([^)]*)\)", text):
            names += re.findall(r"'(\w+)'", values)
    for path in (schemas / "tables").glob("*.json"):
        names.append(path.stem)
        for field in json.loads(path.read_text("utf-8"))["fields"]:
            names.append(field["name"])
            values = field.get("constraints", {}).get("enum", [])
            names += [value for value in values if re.fullmatch(r"\w+", str(value))]
    found = {word for name in names for word in words(name)}
    return found | {word + "s" for word in found} | {word[:-1] for word in found if word.endswith(("s", "x"))}


def glossary(page):
    """First column of the table in the section "Words" of ARCHITECTURE.md."""
    section = re.search(r"^## Words$(.*?)(?=^## |\Z)", page, re.M | re.S)
    rows = re.findall(r"^\| ([^|]+) \|", section[1] if section else "", re.M)
    return {word for row in rows[1:] for word in re.findall(r"[a-z]+", row.lower())}


def english_words():
    return {word.strip().lower() for word in DICTIONARY.read_text("utf-8").splitlines()} - FALSE_FRIENDS


def is_among(word, known):
    """Lists lack some plurals, participles and their opposites."""
    if len(word) == 1 or word in known:
        return True
    stem = word.removeprefix("un").removesuffix("s").removesuffix("ed").removesuffix("ing")
    return len(stem) > 1 and (stem in known or stem + "e" in known)


def files(tree):
    for path in sorted(path for folder in FOLDERS for path in (tree / folder).rglob("*")):
        place = path.relative_to(tree).as_posix()
        if path.is_file() and "__pycache__" not in place and place not in EXCLUDED and not place.startswith(DATA):
            yield path, place
    for path in sorted((tree / "schemas/sql").glob("*.sql")):
        yield path, path.relative_to(tree).as_posix()


def names_of(tree):
    """Every name that we gave, with its place."""
    texts = {place: path.read_text("utf-8") for path, place in files(tree)}
    foreign = foreign_names(text for place, text in texts.items() if place.endswith((".c", ".h")))
    for place, text in texts.items():
        suffix = pathlib.PurePosixPath(place).suffix
        for part in pathlib.PurePosixPath(place).with_suffix("").parts:
            yield part, place
        for name, line in READERS.get(suffix, lambda text: ())(text):
            if suffix not in (".c", ".h") or name not in foreign:
                yield name, f"{place}:{line}"


def unknown(names, known):
    """Word -> name -> its first place, of the words that nobody knows."""
    known, found = known | english_words(), collections.defaultdict(dict)
    for name, place in names:
        for word in words(name):
            if not is_among(word, known):
                found[word].setdefault(name, place)
    return found


def main(arguments):
    tree = pathlib.Path(arguments[0]) if arguments else pathlib.Path(__file__).resolve().parents[1]
    known = domain_words(tree / "schemas") | glossary((tree / "ARCHITECTURE.md").read_text("utf-8"))
    found = unknown(names_of(tree), known)
    for word, names in sorted(found.items()):
        print(f"{word}: " + ", ".join(f"{name} ({place})" for name, place in names.items()))
    print(f"{len(found)} unknown words")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
