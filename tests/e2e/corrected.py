"""What a supplier does with a file to correct: reads its marks, mends it into the dossier that is wanted.

A file to correct is the dropped text with lines added, all of them beginning with MARQUE. Those that go on with a
comment explain; the others are dossier.yaml once the mark is taken away.
"""

import difflib
import json
import re

import yaml

from harness import YamlText

MARK = "#>> "
KEY = re.compile(r"( *)(- )?([\w]+):")


def is_mark(line: str) -> bool:
    return line.startswith("#>>")


def is_template(line: str) -> bool:
    return is_mark(line) and line[4:].strip() != "" and not line[4:].lstrip().startswith("#")


def without_marks(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if not is_mark(line))


def data(text: str):
    """As YAML; None when it is not."""
    try:
        return yaml.load(text, YamlText)
    except yaml.YAMLError:
        return None


def words(text: str) -> str:
    """What marks say, however they are folded."""
    return re.sub(r"[\s#>]+", "", text)


def blocks(marked: str) -> list[tuple[str, str | None]]:
    """(marks, the line below them), in order; None below the last ones."""
    found, marks = [], ""
    for line in marked.splitlines(keepends=True):
        if is_mark(line):
            marks += line
        else:
            found.append((marks, line))
            marks = ""
    return [*found, (marks, None)]


class Paths:
    """The key path of each line of a block-style dossier."""

    def __init__(self):
        self.stack = []

    def of(self, line: str) -> str | None:
        found = KEY.match(line)
        if not found or found[2]:
            return None
        indent = len(found[1])
        self.stack = [(i, key) for i, key in self.stack if i < indent] + [(indent, found[3])]
        return ".".join(key for _, key in self.stack)


def lookup(wanted: dict, path: str):
    for key in path.split("."):
        if not isinstance(wanted, dict) or key not in wanted:
            return None
        wanted = wanted[key]
    return wanted


def flow(value: dict) -> str:
    return "{" + ", ".join(f"{k}: {json.dumps(str(v), ensure_ascii=False)}" for k, v in value.items()) + "}"


class Corrector:
    """Mends `marked`, made of `dropped`, into what `valid` holds."""

    def __init__(self, marked: str, dropped: str, valid: str):
        self.valid = valid
        self.wanted = yaml.load(valid, YamlText)
        self.lines = dropped.splitlines(keepends=True)
        self.blocks = blocks(marked)
        below = [line for _, line in self.blocks if line is not None]
        assert "".join(below).rstrip("\r\n") == dropped.rstrip("\r\n"), "the dossier's own lines have changed"
        self.filled = set()  # key paths that templates gave, sections too
        self.types = set()  # of the documents that templates gave
        self.given = set(re.findall(r"type: (\w+)", without_marks(marked)))

    def template(self, line: str, paths: Paths) -> str:
        """The line filled in; as it stands when nothing is wanted there."""
        bare, end = line[len(MARK) :].rstrip("\r\n"), re.search(r"\r?\n?$", line)[0]
        if bare.lstrip().startswith("- "):
            return self.item(bare, line, end)
        path = Paths.of(paths, bare)
        value = lookup(self.wanted, path)
        if value is None:
            return line
        self.filled.add(path)
        key = bare.partition(":")[0]
        if isinstance(value, (dict, list)):
            return f"{key}:{end}"
        return f"{key}: {json.dumps(str(value), ensure_ascii=False)}{end}"

    def item(self, bare: str, line: str, end: str) -> str:
        kind = re.search(r"type: (\w*)", bare)[1]
        items = [piece for piece in self.wanted.get("pieces", []) if piece["type"] == kind]
        if not items or kind in self.given | self.types:
            return line
        self.types.add(kind)
        return bare.partition("-")[0] + "- " + flow(items[0]) + end

    def apply(self) -> tuple[str, list[str]]:
        """The mended text, and the lines that had to be added without a template for them."""
        paths, marks = Paths(), []
        for above, line in self.blocks:
            out = [self.template(m, paths) if is_template(m) else m for m in above.splitlines(keepends=True)]
            marks.append("".join(out))
            if line is not None:
                paths.of(line)
        return self.edit(marks)

    def covered(self, line: str, path: str | None) -> bool:
        if line.strip() == "" or line.lstrip().startswith("#"):
            return True  # a comment of the valid dossier's own
        if kind := re.match(r" *- \{type: (\w+)", line):
            return kind[1] in self.types
        return path is not None and any(f == path or f.startswith(path + ".") for f in self.filled)

    def edit(self, marks: list[str]) -> tuple[str, list[str]]:
        valid, paths = self.valid.splitlines(keepends=True), Paths()
        places = [paths.of(line) for line in valid]
        out, extra, at = "", [], 0
        for kind, i1, i2, j1, j2 in difflib.SequenceMatcher(None, self.lines, valid, autojunk=False).get_opcodes():
            new = [valid[j] for j in range(j1, j2) if not self.covered(valid[j], places[j])]
            if kind == "equal":
                out += "".join(marks[i] + self.lines[i] for i in range(i1, i2))
            elif kind == "insert":
                extra += new
                out += "".join(new)
            else:
                out += "".join(marks[i1:i2]) + "".join(new)
            at = i2
        return out + "".join(marks[at:]), extra
