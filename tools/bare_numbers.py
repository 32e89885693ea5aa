#!/usr/bin/env python3
"""Counts the columns that are read, and the parameters that are bound, by a bare number: there is to be none.

usage: bare_numbers.py [DIR…]     (src and tests/unit by default); the exit status is 1 when there is one

A column or a parameter of a statement is named in C: by a constant of sql_gen.h, by a variable that holds one, or by
parameter(), which asks for it by name. A number, a sum, or a counter is bare, but one that goes from 0 up to the
statement's own sqlite3_column_count(). A function that is given such a number is held to the same at its callers.
"""
import pathlib
import re
import sys

# What takes a statement's column or parameter, and as which of its arguments.
TAKERS = {name: {1} for name in """
    bind_text bind_int column_text column_int column_null sqlite3_bind_blob sqlite3_bind_double sqlite3_bind_int
    sqlite3_bind_int64 sqlite3_bind_null sqlite3_bind_text sqlite3_bind_value sqlite3_bind_zeroblob
    sqlite3_bind_parameter_name sqlite3_column_blob sqlite3_column_bytes sqlite3_column_double
    sqlite3_column_int sqlite3_column_int64 sqlite3_column_name sqlite3_column_text sqlite3_column_type
    sqlite3_column_value""".split()}
FUNCTION = re.compile(r"^\w[^\n;{}=#]*?\b(\w+)\(([^;{}]*?)\)\n\{\n.*?^\}", re.S | re.M)
CALL = re.compile(r"\b(\w+)\(")
COUNTED = r"\bfor \(\w+ {0} = (?:0|[A-Z]\w+); [^;]*\b{0} < sqlite3_column_count\("
# Of a statement that has one (store.h).
ONLY = {"ONLY_COLUMN", "ONLY_PARAMETER"}


def without_words(text):
    """The code alone: comments, and what stands in quotes, are blank."""
    return re.sub(r"/\*.*?\*/|//[^\n]*|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)+'",
                  lambda match: re.sub(r"[^\n]", " ", match[0]), text, flags=re.S)


def arguments(text, start):
    """Those of a call whose parenthesis opens before `start`."""
    depth, begin, found = 0, start, []
    for place in range(start, len(text)):
        char = text[place]
        if char in ")]}" and depth == 0:
            return [*found, text[begin:place].strip()]
        depth += (char in "([{") - (char in ")]}")
        if char == "," and depth == 0:
            found.append(text[begin:place].strip())
            begin = place + 1
    return found


def functions(text):
    """(name, the names of its parameters, its text, where that begins)"""
    for match in FUNCTION.finditer(text):
        words = [re.findall(r"\w+", one.split("[")[0]) for one in match[2].split(",")]
        yield match[1], [one[-1] if one else "" for one in words], match[0], match.start()


def numbers(text, takers):
    """(function, names of its parameters, text of the function, where in the file, callee, the number it is given)"""
    for name, parameters, body, start in functions(text):
        for call in CALL.finditer(body, body.index("{\n")):
            given = arguments(body, call.end()) if call[1] in takers else []
            for position in takers.get(call[1], ()):
                if position < len(given):
                    yield name, parameters, body, start + call.start(), given[position]


def is_bare(number, body, own):
    """`own`: the constants that the files define themselves, which are numbers under another name."""
    if re.fullmatch(r"[A-Z]\w*", number):
        return number in own - ONLY
    if re.fullmatch(r"[a-z]\w*", number):
        counts = re.search(rf"\b{number} = \d|\b{number}(?:\+\+| \+=)|\+\+{number}\b", body)
        return bool(counts) and not re.search(COUNTED.format(number), body)
    return not re.fullmatch(r"parameter(?:_if_any)?\(.*\)|\*\w+|\w+(?:\[\w+\]|->\w+|\.\w+)+", number, re.S)


def find(files):
    """(path, line, number) of each that is bare."""
    texts = {path: without_words(path.read_text("utf-8")) for path in files}
    own = {name for text in texts.values() for name in re.findall(r"^#define (\w+)", text, re.M)}
    own |= {name for text in texts.values() for body in re.findall(r"\benum(?: \w+)? \{([^}]*)\}", text)
            for name in re.findall(r"\b[A-Z]\w*", body)}
    takers = {path: {name: set(places) for name, places in TAKERS.items()} for path in texts}
    grown = True
    while grown:
        grown = False
        for path, text in texts.items():
            for name, parameters, body, _, number in numbers(text, takers[path]):
                if number in parameters:
                    for user in [path] if body.startswith("static ") else texts:
                        places = takers[user].setdefault(name, set())
                        grown = grown or parameters.index(number) not in places
                        places.add(parameters.index(number))
    return [(path, text.count("\n", 0, place) + 1, number) for path, text in texts.items()
            for _, parameters, body, place, number in numbers(text, takers[path])
            if number not in parameters and is_bare(number, body, own)]


def main():
    here = pathlib.Path(__file__).resolve().parent.parent
    places = [pathlib.Path(name) for name in sys.argv[1:]] or [here / "src", here / "tests" / "unit"]
    files = [path for place in places for path in sorted(place.rglob("*.[ch]"))]
    found = find(files)
    for path, line, number in found:
        print(f"{path}:{line}: {number}")
    print(f"bare column and parameter numbers: {len(found)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
