"""Finds what can be broken in the rules, and writes sources in which each break waits to be chosen.

All mutants are in one program: a condition `c` becomes `mutant_cond(17, 18, c)`, which is true when mutant 17 is
chosen, false when 18 is, and `c` otherwise; while it runs unchosen, it notes the mutants that would have changed
something. So the program is built once, and a mutant is tried only by the tests that can notice it. See README.md.
"""

import hashlib
import re
from dataclasses import dataclass

from modules import Module

BOUNDS = re.compile(r"^#define[ \t]+(\w+_(?:MAX|MIN|YEARS|DAYS|JOURS))[ \t]+(\d+)\b", re.M)


@dataclass(frozen=True)
class Mutant:
    id: str  # file:function:ordinal:operator
    module: str
    number: int
    line: int
    text: str  # what it touches
    source: str  # hash of its file


class Catalogue:
    """Hands out numbers; 0 is none."""

    def __init__(self):
        self.mutants: list[Mutant] = []
        self.counts: dict = {}
        self.module = ""  # of the file at hand
        self.source = ""  # its hash

    def site(self, file: str, function: str, kind: str) -> int:
        key = (file, function, kind)
        self.counts[key] = self.counts.get(key, 0) + 1
        return self.counts[key]

    def add(self, file, function, ordinal, operator, line, text) -> int:
        name = f"{file}:{function}:{ordinal}:{operator}"
        number = len(self.mutants) + 1
        self.mutants.append(Mutant(name, self.module, number, line, " ".join(text.split())[:120], self.source))
        return number


# --- C -----------------------------------------------------------------------------------------------


def masked(text: str) -> str:
    """The same length without what comments, strings and directives say."""

    def blank(match):
        return re.sub(r"[^\n]", " " if match[0][0] in "/#" else "_", match[0])

    pattern = r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|^#(?:[^\n\\]|\\\n|\\.)*"
    return re.sub(pattern, blank, text, flags=re.S | re.M)


def functions(code: str):
    """(name, returns bool, start, end) of each body."""
    for opening in re.finditer(r"^\{$", code, re.M):
        end = code.index("\n}", opening.end())
        head = re.split(r"[;}]", code[: opening.start()])[-1]
        name = re.search(r"(\w+)\(", head)
        if name:
            yield name[1], bool(re.search(r"\bbool\s+\w+\(", head)), opening.end(), end


OPEN, CLOSE = "([{", ")]}"


def forward(code: str, at: int, stops) -> int:
    """The first place from `at` where one of `stops` stands at the same depth, or where the depth ends."""
    depth = 0
    while at < len(code):
        if code[at] in CLOSE:
            if depth == 0:
                return at
            depth -= 1
        elif depth == 0 and any(code.startswith(stop, at) for stop in stops):
            return at
        if code[at] in OPEN:
            depth += 1
        at += 1
    raise ValueError("unbalanced")


def is_assignment(code: str, at: int) -> bool:
    return code[at] == "=" and code[at + 1] != "=" and code[at - 1] not in "=!<>"


def backward(code: str, at: int, stops) -> int:
    """Likewise before `at`: where the operand begins."""
    depth = 0
    while at > 0:
        at -= 1
        if code[at] in OPEN:
            if depth == 0:
                return at + 1
            depth -= 1
        elif code[at] in CLOSE:
            depth += 1
        elif depth == 0:
            if is_assignment(code, at):
                return at + 1
            for stop in stops:
                if code.startswith(stop, at):
                    return at + len(stop)
            if code.startswith("return", at) and not code[at - 1].isalnum():
                return at + len("return")
    raise ValueError("unbalanced")


def trimmed(code: str, start: int, end: int) -> tuple[int, int]:
    while start < end and code[start].isspace():
        start += 1
    while end > start and code[end - 1].isspace():
        end -= 1
    return start, end


class Instrumented:
    """One C file: its wraps as (start, end, before, after); those inside come out inside."""

    def __init__(self, path: str, text: str, catalogue: Catalogue, bounds: bool):
        self.path, self.text, self.catalogue = path, text, catalogue
        self.code = masked(text)
        self.wraps: list = []
        self.seen: set = set()
        for name, returns_bool, start, end in functions(self.code):
            self.function(name, returns_bool, start, end)
        if bounds:
            self.bounds()

    def add(self, function, kind, operator, start, end, ordinal) -> int:
        line = self.text.count("\n", 0, start) + 1
        return self.catalogue.add(self.path, function, f"{kind}{ordinal}", operator, line, self.text[start:end])

    def condition(self, function, kind, start, end) -> None:
        """Both ways."""
        start, end = trimmed(self.code, start, end)
        if (start, end) in self.seen or start == end:
            return
        self.seen.add((start, end))
        ordinal = self.catalogue.site(self.path, function, kind)
        when_true, when_false = (self.add(function, kind, op, start, end, ordinal) for op in ("true", "false"))
        self.wraps.append((start, end, f"mutant_cond({when_true}, {when_false}, (", "))"))

    def operand(self, function, operator, start, end) -> None:
        """Dropped: true beside &&, false beside ||."""
        start, end = trimmed(self.code, start, end)
        if (start, end, operator) in self.seen:
            return
        self.seen.add((start, end, operator))
        ordinal = self.catalogue.site(self.path, function, "operand")
        number = self.add(function, "operand", "drop", start, end, ordinal)
        self.wraps.append((start, end, f"mutant_force({number}, {int(operator == '&&')}, (", "))"))

    def function(self, name, returns_bool, start, end) -> None:
        body = self.code[:end]
        heads = re.finditer(r"\b(?:for|while) \(", body)
        loops = [(m.end() - 1, forward(body, m.end(), ())) for m in heads if m.start() > start]
        places = []  # of conditions, for the comparisons inside

        def in_loop(at):
            return any(first <= at <= last for first, last in loops)

        for match in re.finditer(r"\bif \(", body):
            if match.start() > start:
                span = match.end(), forward(body, match.end(), ())
                places.append(span)
                self.condition(name, "if", *span)
        for match in re.finditer(r"\?", body):
            if match.start() > start:
                span = backward(body, match.start(), (",", ";", "?", ":", "{", "}")), match.start()
                places.append(span)
                self.condition(name, "choice", *span)
        for match in re.finditer(r"\breturn\b([^;]*);", body):
            if match.start() > start and returns_bool and match[1].strip() not in ("true", "false"):
                places.append(match.span(1))
                self.condition(name, "return", *match.span(1))
        for match in re.finditer(r"&&|\|\|", body):
            at = match.start()
            if at < start or in_loop(at):
                continue
            stops = (",", ";", "?", ":", "{", "}", "||") + (("&&",) if match[0] == "&&" else ())
            left = backward(body, at, stops)
            right = forward(body, match.end(), (",", ";", "?", ":", "||") + (("&&",) if match[0] == "&&" else ()))
            places.append((left, right))
            self.operand(name, match[0], left, at)
            self.operand(name, match[0], match.end(), right)
        for match in re.finditer(r"(?<![-<>])(<=|>=|<|>)(?![<>])", body):
            at = match.start()
            if at > start and not in_loop(at) and any(first <= at < last for first, last in places):
                self.comparison(name, match)

    def comparison(self, function, match) -> None:
        """One off: `a < b` and `a <= b` take each other's place, by one more on the side that says so."""
        ordinal = self.catalogue.site(self.path, function, "compare")
        right = forward(self.code, match.end(), (",", ";", "?", ":", "&&", "||"))
        left = backward(self.code, match.start(), (",", ";", "?", ":", "&&", "||", "{", "}"))
        number = self.add(function, "compare", "off-by-one", *trimmed(self.code, left, right), ordinal)
        on_left = match[0] in ("<=", ">")
        at = trimmed(self.code, left, match.start())[1] if on_left else trimmed(self.code, match.end(), right)[1]
        self.wraps.append((at, at, "", f" + mutant_on({number})"))

    def bounds(self) -> None:
        for match in BOUNDS.finditer(self.text):
            start, end = match.span(2)
            more, less = (self.add(match[1], "bound", op, *match.span(), 1) for op in ("more", "less"))
            self.wraps.append((start, end, "(", f" + mutant_on({more}) - mutant_on({less}))"))

    def written(self) -> str:
        before: dict = {}
        after: dict = {}
        for start, end, pre, post in sorted(self.wraps, key=lambda w: (w[0], -w[1])):
            before.setdefault(start, []).append(pre)
            after.setdefault(end, []).insert(0, post)  # the innermost first
        out = []
        for at in range(len(self.text) + 1):
            out += after.get(at, []) + before.get(at, []) + [self.text[at : at + 1]]
        return "".join(out)


# --- The table of statuses -----------------------------------------------------------------------------


OTHER_GUARD = {
    "GUARD_NONE": "GUARD_ANTICIPE",
    "GUARD_ANTICIPE": "GUARD_NOT_ANTICIPE",
    "GUARD_NOT_ANTICIPE": "GUARD_ANTICIPE",
    "GUARD_CERTIFICATS": "GUARD_NOT_CERTIFICATS",
    "GUARD_NOT_CERTIFICATS": "GUARD_CERTIFICATS",
    "GUARD_PIECES": "GUARD_MODIFICATION",
    "GUARD_MODIFICATION": "GUARD_PIECES",
}


def status_table(path: str, text: str, catalogue: Catalogue) -> str:
    """The table made writable, and a function that breaks the row chosen before main()."""
    start = text.index("} table[] = {")
    head = text.rindex("static const struct", 0, start)
    rows = re.findall(r"\{(STATUT_\w+),\s*(EVENEMENT_\w+),\s*(\w+),\s*\{(STATUT_\w+),\s*\"(\w+)\"\}\}",
                      text[start : text.index("};", start + 13)])  # fmt: skip
    cases, numbers = [], []  # of C's switch; (row, mutant)

    def case(row, operator, change):
        line = text.count("\n", 0, start) + 1
        number = catalogue.add(path, "table", f"row{row + 1}", operator, line, ", ".join(rows[row]))
        cases.append(f"\tcase {number}: {change} break;")
        numbers.append((row, number))

    for n, (_, _, guard, target, mail) in enumerate(rows):
        other = "STATUT_REJETEE" if target != "STATUT_REJETEE" else "STATUT_VALIDEE"
        nearby = "STATUT_EN_COURS" if target != "STATUT_EN_COURS" else "STATUT_ATTENTE_PIECES"
        case(n, "remove", f"table[{n}].de = STATUT_COUNT;")
        case(n, "target-final", f"table[{n}].transition.vers = {other};")
        case(n, "target-open", f"table[{n}].transition.vers = {nearby};")
        case(n, "guard", f"table[{n}].guard = {OTHER_GUARD[guard]};")
        if guard != "GUARD_NONE":
            case(n, "guard-none", f"table[{n}].guard = GUARD_NONE;")
        case(n, "mail", f"table[{n}].transition.mail = \"{'refus' if mail != 'refus' else 'validation'}\";")
    text = text[:head] + text[head:].replace("static const struct", "static struct", 1)
    body = "\n".join(cases)
    entry = re.search(r"^const struct transition \*statut_transition\(enum statut de, enum evenement[^{]*\{", text, re.M)
    see = "\n".join(
        f"\tif (table[{row}].de == de && table[{row}].evenement == evenement) mutant_see({number});"
        for row, number in numbers
    )
    text = text[: entry.end()] + "\n" + see + "\n" + text[entry.end() :]
    return text + (
        "\n__attribute__((constructor(1001))) static void mutant_row(void)\n{\n"
        f"\tswitch (mutant_active) {{\n{body}\n\tdefault: break;\n\t}}\n}}\n"
    )


# --- SQL -----------------------------------------------------------------------------------------------


def statements(text: str):
    """(name, its text, its line) as tools/generate.py takes them."""
    for match in re.finditer(r"^-- name: (\w+)[^\n]*\n(.*?)(?=^-- name: |\Z)", text, re.S | re.M):
        yield match[1], match[2].strip(), text.count("\n", 0, match.start()) + 1


TERM_END = ("AND ", "ORDER BY", "GROUP BY", "LIMIT", "UNION", "WHERE ", "THEN", ";", "\nLEFT JOIN", "\nJOIN")


def terms(code: str):
    """The conditions: terms of WHERE and AND, first words of iif()."""
    for match in re.finditer(r"\b(?:WHERE|AND)\s", code):
        if re.search(r"BETWEEN\s+\S+\s+$", code[: match.start()]):
            continue
        yield trimmed(code, match.end(), forward(code + ")", match.end(), TERM_END))
    for match in re.finditer(r"\biif\(", code):
        yield trimmed(code, match.end(), forward(code, match.end(), (",",)))


def sql_mutants(path: str, text: str, catalogue: Catalogue, module: Module):
    """(number, statement, its broken text)"""
    for name, sql, line in statements(text):
        if not module.breaks(path, name):
            continue
        code = re.sub(r"--[^\n]*|'[^'\n]*'", lambda m: re.sub(r"[^\n]", "_" if m[0][0] == "'" else " ", m[0]), sql)
        for ordinal, (start, end) in enumerate(terms(code), 1):
            for operator, tail in (("true", "OR 1"), ("false", "AND 0")):
                number = catalogue.add(path, name, f"where{ordinal}", operator, line, sql[start:end])
                yield number, name, f"{sql[:start]}(({sql[start:end]}) {tail}){sql[end:]}"


def c_string(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", '\\n"\n\t "') + '"'


# --- All -----------------------------------------------------------------------------------------------

RUNTIME_H = r"""/* The mutant chosen, and those that would have changed something. */
#pragma once
#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stddef.h>
extern int mutant_active;
extern unsigned char *mutant_reached;
extern const char *mutant_sql(int statement, const char *text);
static inline void mutant_see(int number) { if (mutant_reached != NULL) mutant_reached[number] = 1; }
static inline int mutant_on(int number) { mutant_see(number); return mutant_active == number; }
static inline bool mutant_cond(int vrai, int faux, bool value)
{
	mutant_see(value ? faux : vrai);
	return mutant_active == vrai ? true : mutant_active == faux ? false : value;
}
static inline bool mutant_force(int number, bool to, bool value)
{
	if (value != to) mutant_see(number);
	return mutant_active == number ? to : value;
}
#endif
"""

RUNTIME_C = r"""/* `mutant` beside the program names the one chosen; `reached`, when it is there, takes notes. Both are
 * looked at before main, so that the sandbox of the parser need not know. A program that runs from elsewhere is told
 * their folder by SEGUR_MUTANT. */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int mutant_active;
unsigned char *mutant_reached;

__attribute__((constructor(1000))) static void mutant_choose(void)
{
	char path[PATH_MAX], text[16] = "";
	const char *folder = getenv("SEGUR_MUTANT");
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 16);
	int fd;

	if (length <= 0)
		return;
	path[length] = '\0';
	*strrchr(path, '/') = '\0';
	if (folder != NULL)
		snprintf(path, sizeof(path) - 16, "%s", folder);
	length = (ssize_t)strlen(path);
	strcpy(path + length, "/mutant");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		if (read(fd, text, sizeof(text) - 1) > 0)
			mutant_active = atoi(text);
		close(fd);
	}
	strcpy(path + length, "/reached");
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd >= 0) {
		void *map = mmap(NULL, MUTANT_COUNT, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

		mutant_reached = map != MAP_FAILED ? map : NULL;
		close(fd);
	}
}
"""


def short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def instrument(tree, modules) -> list[Mutant]:
    """Rewrites these modules in the copy of the repository at `tree`; the mutants in their order."""
    catalogue = Catalogue()
    rows = []
    for module in modules:
        catalogue.module = module.name
        for path in module.files(tree):
            text = path.read_text("utf-8")
            catalogue.source = short_hash(text)
            written = Instrumented(path.name, text, catalogue, module.bounds).written()
            if path.name == "status.c":
                written = status_table(path.name, written, catalogue)
            path.write_text(written, "utf-8")
        for file in dict.fromkeys(file for file, _ in module.statements):
            text = (tree / "schemas/sql" / file).read_text("utf-8")
            catalogue.source = short_hash(text)
            for number, statement, sql in sql_mutants(file, text, catalogue, module):
                rows.append(f"\t{{{number}, SQL_{statement.upper()}, {c_string(sql)}}},")
    write_runtime(tree, len(catalogue.mutants) + 1, rows)
    return catalogue.mutants


def write_runtime(tree, count: int, rows: list[str]) -> None:
    """What chooses a mutant, and the broken statements; the store takes its statements from there."""
    (tree / "src/lib/mutant.h").write_text(RUNTIME_H)
    (tree / "src/lib/mutant.c").write_text(f"#define MUTANT_COUNT {count}\n" + RUNTIME_C)
    table = "\n".join(rows or ["\t{0, -1, 0},"])
    [store] = (tree / "src").rglob("store.c")
    (store.parent / "mutant_sql.c").write_text(
        '#include "sql_gen.h"\n\nstatic const struct {\n\tint number, statement;\n\tconst char *text;\n} table[] = {\n'
        + table
        + "\n};\n\nconst char *mutant_sql(int statement, const char *text)\n{\n"
        "\tfor (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)\n\t\tif (table[i].statement == statement) {\n"
        "\t\t\tmutant_see(table[i].number);\n\t\t\tif (table[i].number == mutant_active)\n"
        "\t\t\t\ttext = table[i].text;\n"
        "\t\t}\n\treturn text;\n}\n"
    )
    text = store.read_text("utf-8")
    assert text.count("sql_statements[id]") == 1
    store.write_text(text.replace("sql_statements[id]", "mutant_sql((int)id, sql_statements[id])"), "utf-8")
