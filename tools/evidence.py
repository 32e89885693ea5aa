"""What the tests of the project show: read from their text and trees, nothing is run.

A mention counts when it is a row of a table or an assertion. One in a comment, a docstring, a comparison or a negative
assertion shows nothing.
"""

import ast
import os
import pathlib
import re
import sys
from collections import defaultdict
from dataclasses import dataclass, field

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import c_scan  # noqa: E402 (found through the path set above)

CODE = re.compile(r"\b[A-Z]{2,3}-[0-9]{3}\b")
# Words of a catalogue entry, not its rule: in these tests any other code would do as well.
MATERIAL = {
    "test_anomalie.c": "words and order of anomalies",
    "test_answer.c": "the form of answers",
    "test_dossier.c": "the list of anomalies as a container",
    "test_mail.c": "how mails list anomalies",
    "test_message.c": "the wire",
    "test_message_mutation.c": "the wire",
    "test_outbox.c": "what is due",
    "test_record.c": "what is stored of a verdict",
    "test_report.c": "the form of reports",
    "test_store.c": "the database",
}
ASSERTS = re.compile(r"assert_|expect|check|contains")


@dataclass(frozen=True, order=True)
class Place:
    """Where something is done or shown: a file from the top of the repository, and a name in it."""

    path: str
    name: str = ""


@dataclass
class Evidence:
    """What the tests show. `near`: dossiers that come near to a code and must not have it."""

    codes: dict = field(default_factory=lambda: defaultdict(set))
    near: dict = field(default_factory=lambda: defaultdict(set))
    rows: dict = field(default_factory=lambda: defaultdict(set))  # frozenset of words -> places
    mails: dict = field(default_factory=lambda: defaultdict(set))
    columns: dict = field(default_factory=lambda: defaultdict(set))  # "demandes.statut" -> places
    tests: set = field(default_factory=set)  # every test by name, for those that guide.yaml names
    rules: dict = field(default_factory=lambda: defaultdict(set))  # a rule of scenarios/regles.yaml -> scenarios


# --- tests in C --------------------------------------------------------------------------------------


def read_c_test(path, text, evidence):
    """A mention counts in a row of a table, or in a call that asserts."""
    rows = defaultdict(list)
    runners = set(re.findall(r"^#define (\w+)\(\w+\)[\s\\]*cmocka_unit_test", text, re.M))
    for mention in c_scan.mentions(text):
        place = Place(path, mention.owner)
        if any(name in runners or name.startswith("cmocka_unit_test") for name in mention.calls):
            evidence.tests.add(Place(path, mention.text))
        if not mention.rows and not any(ASSERTS.match(name) for name in mention.calls):
            continue
        rows[mention.rows, mention.owner].append(mention)
        if os.path.basename(path) in MATERIAL:
            continue
        if mention.kind == "word" and mention.text.startswith("ANO_") and mention.before not in ("==", "!="):
            evidence.codes[mention.text].add(place)
        for code in CODE.findall(mention.text) if mention.kind == "string" else ():
            evidence.codes[code].add(place)
    for (braces, owner), row in rows.items():
        words = {word for mention in row for word in words_of(mention)}
        if braces:
            evidence.rows[frozenset(words)].add(Place(path, owner))
        for mention in row:
            if mention.kind == "string" and re.fullmatch(r"[a-z_]+", mention.text) and path.endswith("/test_mail.c"):
                evidence.mails[mention.text].add(Place(path, owner))


def words_of(mention):
    if mention.kind == "word":
        return [re.sub(r"^(STATUT|EVENEMENT)_", "", mention.text)]
    return re.findall(r"\w+", mention.text.replace("\\n", " "))


# --- tests in Python ---------------------------------------------------------------------------------


def call_name(node):
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def constants(node, counted=False):
    """Texts below a node, but docstrings: each with whether it stands in a row or a positive assertion."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            yield node.value, counted
        return
    if isinstance(node, ast.Call):
        name = call_name(node)
        counted = (counted or name.startswith(("assert", "check"))) and not name.startswith("assertNot")
    elif isinstance(node, (ast.Tuple, ast.List, ast.Set, ast.Dict)):
        counted = True
    for child in ast.iter_child_nodes(node):
        yield from constants(child, counted)


def calls(node, name):
    return [call for call in ast.walk(node) if isinstance(call, ast.Call) and call_name(call) == name]


def rows_of(node):
    """The innermost tuples, lists and dictionaries that hold texts."""
    for group in ast.walk(node):
        if isinstance(group, (ast.Tuple, ast.List, ast.Dict)):
            texts = [text for text, _ in constants(group)]
            if texts:
                yield frozenset(word for text in texts for word in re.findall(r"\w+", text))


def read_python_test(path, text, evidence):
    tree = ast.parse(text)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    used |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            read_python_part(Place(path, ast.unparse(node.targets[0])), node, evidence, used)
        elif isinstance(node, ast.ClassDef):
            for part in node.body:
                if isinstance(part, ast.FunctionDef) and part.name.startswith("test"):
                    place = Place(path, f"{node.name}.{part.name}")
                    evidence.tests.add(place)
                    read_python_part(place, part, evidence, used)
                elif isinstance(part, ast.Assign):
                    read_python_part(Place(path, node.name), part, evidence, used)


def read_python_part(place, node, evidence, used):
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) not in used:
        return
    texts = list(constants(node))
    for text, counted in texts:
        if counted and re.fullmatch(CODE.pattern + r"(?: +" + CODE.pattern + ")*", text):
            for code in text.split():
                evidence.codes[code].add(place)
    if isinstance(node, ast.Assign):
        return
    for words in rows_of(node):
        evidence.rows[words].add(place)
    if calls(node, "mails") or any("X-Segur-Mail" in text for text, _ in texts):
        in_calls = {text for call in calls(node, "mails") for text, _ in constants(call)}
        for text, counted in texts:
            if counted or text in in_calls:
                evidence.mails[text].add(place)
    for call in calls(node, "report"):
        name = next((text for text, _ in constants(call)), None)
        for text, _ in texts:
            for word in text.split() if name else ():
                evidence.columns[f"{name}.{word}"].add(place)


def read_rules_table(path, text, evidence):
    """Rows of rules_table.py: ko("ANS-001", …) has the code, ok("ANS-001 ANS-002", …) comes near to it."""
    for node in ast.parse(text).body:
        if not isinstance(node, ast.Assign):
            continue
        place = Place(path, ast.unparse(node.targets[0]))
        for name, found in (("ko", evidence.codes), ("ok", evidence.near)):
            for call in calls(node, name):
                if call.args and isinstance(call.args[0], ast.Constant):
                    for code in call.args[0].value.split():
                        found[code].add(place)
        for loop in ast.walk(node):  # ko(code, …) for code, name in (("PJ-010", "a.pdf"), …)
            if isinstance(loop, ast.GeneratorExp) and any(not isinstance(call.args[0], ast.Constant)
                                                          for call in calls(loop.elt, "ko") if call.args):  # fmt: skip
                for text, _ in constants(loop.generators[0].iter):
                    if CODE.fullmatch(text):
                        evidence.codes[text].add(place)


# --- scenarios ---------------------------------------------------------------------------------------

EXPECTATIONS = ("depots", "decisions", "signaux", "echeances")  # of a night: what is answered, what is signalled


def leaves(node):
    """Every text of a YAML document, keys too."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from leaves(key)
            yield from leaves(value)
    elif isinstance(node, list):
        for value in node:
            yield from leaves(value)
    elif isinstance(node, str):
        yield node


def read_scenarios(scenarios, evidence):
    """`scenarios`: {path: document}, as scenarios/LISEZ-MOI.md says. A row of statuts.yaml counts: test_scenarios.py
    fails when no scenario takes it."""
    for path, document in sorted(scenarios.items()):
        for one in document:
            place = Place(path, one.get("nom", one.get("ligne", "")))
            if "ligne" in one:
                evidence.rows[frozenset((one["de"], one["evenement"], one["vers"], one["mail"]))].add(place)
            for night in one.get("nuits", ()):
                for text in leaves([night.get(key) for key in EXPECTATIONS]):
                    for code in CODE.findall(text):
                        evidence.codes[code].add(place)
            for rule in leaves(list(one.get("montre", {}).values())):
                evidence.rules[rule].add(place)


# --- all of them -------------------------------------------------------------------------------------


def read_tests(tests, top):
    evidence = Evidence()

    def name(path):
        return path.relative_to(top).as_posix()

    for path in sorted((tests / "unit").glob("test_*.c")):
        read_c_test(name(path), path.read_text("utf-8"), evidence)
    for path in sorted((tests / "e2e").glob("test_*.py")):
        read_python_test(name(path), path.read_text("utf-8"), evidence)
    read_rules_table(name(tests / "e2e/rules_table.py"), (tests / "e2e/rules_table.py").read_text("utf-8"), evidence)
    if Place(name(tests / "unit/test_validate.c"), "bad_samples") in evidence.tests:
        for path in sorted((tests / "samples/ko").glob("*/*.yaml")):
            evidence.codes[path.parent.name].add(Place(name(path.parent) + "/"))
    scenarios = (tests / "e2e/scenarios").glob("*.yaml")
    read_scenarios({name(path): yaml.safe_load(path.read_text("utf-8")) for path in scenarios}, evidence)
    return evidence
