"""Reads enough of a C text to say in which function or table a word stands, and how.

No parser: comments and preprocessor lines are left out, brackets are counted. That is enough for the house's own
style (clang-format), and every use of it is tested by tests/tools/test_conformity.py.
"""

import re
from dataclasses import dataclass

TOKEN = re.compile(
    r"""(?P<skip>/\*.*?\*/|//[^\n]*|^[ \t]*\#(?:[^\n\\]|\\.)*)
      |(?P<string>"(?:[^"\\\n]|\\.)*")
      |(?P<char>'(?:[^'\\\n]|\\.)*')
      |(?P<word>[A-Za-z_]\w*)
      |(?P<punct>->|==|!=|[^\s\w])""",
    re.S | re.M | re.X,
)
CONTROL = {"if", "for", "while", "switch"}
NO_NAME = {"__attribute__", "_Static_assert", "static_assert"}


@dataclass(frozen=True)
class Mention:
    """A word or a string literal, as it stands in the code."""

    owner: str  # the function or file-scope table that holds it
    kind: str  # "word" or "string"
    text: str  # the word, or what stands between the quotes
    before: str  # the token before it
    rows: tuple  # numbers of the braces of initialisers around it, outermost first
    calls: tuple  # names of the calls around it, outermost first


def tokens(text):
    for match in TOKEN.finditer(text):
        kind = match.lastgroup
        if kind == "string":
            yield kind, match.group()[1:-1]
        elif kind in ("word", "punct"):
            yield kind, match.group()


def opened_by(frames, token, before, closed):
    """What a bracket opens: a call by its name, an initialiser, a block, or another group."""
    kind, text = before
    if token == "(":
        if kind == "word" and text not in CONTROL and text not in ("return", "sizeof"):
            return "call", text
        return ("control" if text in CONTROL else "group"), ""
    if token == "[":
        return "group", ""
    inside = frames[-1][0] if frames else ""
    if text in ("=", ",", "return") or (text in ("{", "(") and inside in ("row", "call", "group")):
        return "row", ""
    if text == ")" and closed == "group":  # a compound literal
        return "row", ""
    return "block", ""


class Header:
    """What has been read of a declaration at file scope: it tells the owner of the next brace."""

    def __init__(self):
        self.clear()

    def clear(self):
        self.call = self.table = self.last = ""

    def take(self, kind, text):
        if text == "(" and not self.call and not self.table and self.last not in NO_NAME:
            self.call = self.last
        elif text in ("[", "=") and not self.table:
            self.table = self.last
        elif kind == "word":
            self.last = text


def mentions(text):
    """Every word and string literal of function bodies and file-scope initialisers, in order."""
    frames, header, owner = [], Header(), ""
    before, closed, braces = ("punct", ";"), "", 0
    for kind, token in tokens(text):
        if kind == "punct" and token in "([{":
            if not frames:
                header.take(kind, token)
                if token == "{":
                    owner = header.table or header.call
            what, name = opened_by(frames, token, before, closed)
            braces += 1
            frames.append((what, name, braces))
        elif kind == "punct" and token in ")]}":
            closed = frames.pop()[0] if frames else ""
            if not frames and token == "}":
                owner = ""
                if closed == "block" and header.call and not header.table:
                    header.clear()  # the end of a function
        elif not frames:
            header.take(kind, token)
            if token == ";":
                header.clear()
        elif owner and kind != "punct":
            rows = tuple(number for what, _, number in frames if what == "row")
            calls = tuple(name for what, name, _ in frames if what == "call")
            yield Mention(owner, kind, token, before[1], rows, calls)
        before = (kind, token)


def functions(text):
    """Names of the functions and file-scope tables of a C text that hold anything."""
    return {mention.owner for mention in mentions(text)}
