"""The named statements of schemas/sql, read: their parameters, and the columns of those that give rows.

A statement begins with `-- name: NAME` and has named parameters, :name. Its columns have names too, an alias or that of
the table's column; an expression may do without when it is the only one. Statements that one piece of code reads begin
with the same columns, those of a shape: `-- shape: output (id, folder, name)`, then `-- columns: output` in each.
`in order` stands in those that are walked from column to column, as they go out. $WORD stands for what a line
`-- define: WORD …` says; $dossier_columns and $dossier_values for the columns of champs.yaml and their parameters.
"""
import re
import sys


LIST_END = re.compile(r"\b(FROM|WHERE|UNION|EXCEPT|INTERSECT|ORDER|LIMIT|GROUP|SELECT)\b|;|\Z")


def variants(name, sql):
    """The statement; and, where it has lines after `-- night:`, NAME_night, which has those lines besides."""
    line = re.compile(r"^-- night: ", re.M)
    yield name, re.sub(r"^-- night: [^\n]*\n", "", sql, flags=re.M)
    if line.search(sql):
        yield f"{name}_night", line.sub("", sql)


def masked(sql):
    """`sql` with comments, the insides of quotes and of parentheses blanked: what is left stands at the top."""
    sql = re.sub(r"--[^\n]*|'[^']*'", lambda m: re.sub(r"[^\n]", " " if m[0][0] == "-" else "'", m[0]), sql)
    depth, out = 0, []
    for char in sql:
        depth -= char == ")"
        out.append(char if depth == 0 or char == "\n" else " ")
        depth += char == "("
    return "".join(out)


def column_name(item):
    """The name of a column of a SELECT: its alias, else that of the table's column; None: an expression without."""
    found = re.fullmatch(r"(?:.*\sAS\s+(\w+)|(?:\w+\.)?(\w*[A-Za-z_]\w*|\"\w+\"))", item.strip(), re.S)
    return (found[1] or found[2].strip('"')).lower() if found else None


class Statement:
    """A named statement: its parameters in the order of SQLite's numbers, and where its lists of columns stand."""

    def __init__(self, name, sql, shapes):
        marker = re.search(r"^-- columns: (?:(\w+)(?:, (in order))?|(in order))\n", sql, re.M)
        self.name, self.sql = name, sql.replace(marker[0], "") if marker else sql
        self.shape, self.taken = marker and marker[1], 0  # how many columns are the shape's
        self.in_order = bool(marker and (marker[2] or marker[3]))
        if self.shape:
            if self.shape not in shapes:
                self.fail(f"no shape {self.shape}")
            self.taken = len(shapes[self.shape])
        if not marker and "-- columns:" in sql:
            self.fail("`-- columns:` is followed by a shape, by `in order`, or by both")
        code = re.sub(r"--[^\n]*|'[^']*'", "", self.sql)
        if re.search(r"\?\d|[@$]\w", code):
            self.fail("parameters have names, as :name")
        self.parameters = list(dict.fromkeys(re.findall(r"(?<!:):(\w+)", code)))
        self.lists = self.find_lists()
        items = self.items(self.lists[0]) if self.lists else []
        self.columns = [column_name(item) for item in items]
        self.check(shapes)

    def fail(self, what):
        sys.exit(f"schemas/sql: {self.name}: {what}")

    def find_lists(self):
        """Where the lists of columns stand: of the SELECT and what is united with it, or of RETURNING."""
        top = masked(self.sql)
        returning = re.search(r"\bRETURNING\b", top)
        if returning:
            return [(returning.end(), len(top.rstrip("; \n")))]
        first = re.search(r"\b(SELECT|INSERT|UPDATE|DELETE|CREATE|DROP|REPLACE|VALUES|PRAGMA)\b", top)
        if not first or first[1] in ("REPLACE", "VALUES", "PRAGMA"):
            self.fail("neither a SELECT nor a statement that writes")
        if first[1] != "SELECT":
            return []
        found = []
        for select in re.finditer(r"\bSELECT(?:\s+DISTINCT)?\b", top):
            end = LIST_END.search(top, select.end())
            if end[0] == "SELECT" or not top[select.end():end.start()].strip():
                self.fail("a SELECT whose list of columns cannot be told")
            found.append((select.end(), end.start()))
        return found

    def items(self, place):
        start, end = place
        bounds = [start, *(start + m.start() + 1 for m in re.finditer(",", masked(self.sql)[start:end])), end + 1]
        return [self.sql[a:b - 1].strip() for a, b in zip(bounds, bounds[1:])]

    def check(self, shapes):
        named = len(self.columns) > 1 and not self.in_order
        if named and None in self.columns:
            self.fail(f"no name for the column {self.items(self.lists[0])[self.columns.index(None)]!r}: say AS")
        if not self.in_order and len(set(self.columns)) != len(self.columns):
            self.fail(f"two columns of one name among {self.columns}")
        if self.shape and self.columns[:self.taken] != shapes[self.shape]:
            self.fail(f"it does not begin with the columns of the shape {self.shape}")
        if not self.in_order and any(len(self.items(one)) != len(self.columns) for one in self.lists):
            self.fail("a part of the UNION has other columns")

    def own_columns(self):
        """(its name in C, its number) of each column that is read by name, but those of the shape."""
        return [(f"{self.name}_{column}".upper(), number) for number, column in enumerate(self.columns)
                if number >= self.taken and column and not self.in_order]

    def turned(self, items):
        """The columns the other way round, within the shape and after it; what goes out in order stays."""
        own = items[self.taken:]
        return items[:self.taken][::-1] + (own if self.in_order else own[::-1])

    def turn(self):
        """Columns and parameters change their numbers, and nothing else does."""
        for start, end in reversed(self.lists):
            if not self.in_order or self.shape:
                self.sql = f"{self.sql[:start]} {', '.join(self.turned(self.items((start, end))))}\n{self.sql[end:]}"
        self.columns = self.turned(self.columns)
        if len(self.parameters) > 1:  # numbered as they first appear, which is here
            self.parameters.reverse()
            first = f"WITH turned AS (SELECT {', '.join(':' + name for name in self.parameters)})"
            self.sql = re.sub(r"\A((?:\s*--[^\n]*\n)*\s*)(WITH\s)?",
                              lambda m: f"{m[1]}{first}{', ' if m[2] else chr(10)}", self.sql)


def load_statements(schemas, dossier_columns=(), turn=False):
    """The named statements of schemas/sql, and the shapes; `turn`: columns and parameters the other way round."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((schemas / "sql").glob("*.sql"))]
    words = {"dossier_columns": ", ".join(dossier_columns),
             "dossier_values": ", ".join(f":{column}" for column in dossier_columns)}
    shapes = {}
    for line, name, rest in re.findall(r"^-- (define|shape): (\w+) (.*(?:\n--  .*)*)", "\n".join(texts), re.M):
        if name in words or name in shapes:
            sys.exit(f"schemas/sql: {name} is given twice")
        if line == "define":
            words[name] = rest.replace("\n--  ", "\n  ")
        else:
            shapes[name] = [column.lower() for column in re.findall(r"\w+", rest)]
    named = re.compile(r"^-- name: (\w+)[^\n]*\n(.*?)(?=^-- (?:name|shape|define): |\Z)", re.S | re.M)
    statements = [Statement(variant, sql, shapes) for text in texts for name, body in named.findall(text)
                  for variant, sql in variants(name, re.sub(r"\$(\w+)", lambda word: words[word[1]], body.strip()))]
    names = [one.name for one in statements]
    if len(set(names)) != len(names):
        sys.exit(f"statements: given twice: {sorted(n for n in names if names.count(n) > 1)}")
    columns = {one.name: one.columns for one in statements}
    for one in statements:
        if columns.get(one.name.removesuffix("_night"), one.columns) != one.columns:
            one.fail("it has other columns than that of all nights")
        if turn:
            one.turn()
    if turn:
        shapes = {name: columns[::-1] for name, columns in shapes.items()}
    return statements, shapes
