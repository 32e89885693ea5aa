#!/usr/bin/env python3
"""Generates docs/conformite.md: what the ASP's guide asks, where it is done, which tests show it.

usage: conformity.py SCHEMAS SRC TESTS OUT

  SCHEMAS/guide.yaml      the rules of the guide, and what carries each
  SCHEMAS/anomalies.yaml  the catalogue; champs.yaml: which keys may raise a code
  SRC                     the function that raises each code; status.c: the table of statuses
  TESTS                   rows of tables and assertions that name a code, a row of statuses, a mail or a column;
                          scenarios, by their expectations and the rules that they show (`montre`)

tests/tools/test_conformity.py fails on each line of problems(). No line numbers: the page changes when the facts do.
"""

import pathlib
import re
import sys
from collections import defaultdict
from dataclasses import dataclass

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import c_scan  # noqa: E402 (found through the path set above)
from evidence import Evidence, Place, read_tests  # noqa: E402

CARRIERS = ("codes", "transitions", "mails", "rapports", "cles", "symboles")
RULE_KEYS = {"id", "page", "regle", "tests", "scenarios", "sans_objet", *CARRIERS}


# --- src ---------------------------------------------------------------------------------------------


@dataclass
class Source:
    raised: dict  # nom of an anomaly -> places
    invalid: set  # functions that raise what champs.yaml names `invalid`, and `absent`
    absent: set
    functions: set
    transitions: list  # (from, event, to, mail) by the rows of status.c, in order
    mails: set  # types that the table of models knows


def raises(mention):
    """A comparison with a code raises nothing."""
    return mention.kind == "word" and mention.text.startswith("ANO_") and mention.before not in ("==", "!=", "case")


def read_source(texts):
    """`texts`: {path: C text}."""
    source = Source(defaultdict(set), set(), set(), set(), [], set())
    for path, text in sorted(texts.items()):
        for mention in c_scan.mentions(text):
            place = Place(path, mention.owner)
            source.functions.add(place)
            if raises(mention):
                source.raised[mention.text[4:]].add(place)
            elif mention.before == "->" and mention.text in ("invalid", "absent"):
                getattr(source, mention.text).add(place)
            elif mention.owner == "templates" and mention.kind == "string" and len(mention.rows) == 2:
                source.mails.add(mention.text)
        if path.endswith("/status.c"):
            source.transitions = status_table(text)
    source.mails = {text for text in source.mails if re.fullmatch(r"[a-z_]+", text)}
    return source


def status_table(text):
    rows = defaultdict(list)
    for mention in c_scan.mentions(text):
        if mention.owner == "table" and len(mention.rows) >= 2:
            rows[mention.rows[1]].append(mention.text)
    events = dict(re.findall(r'\[(EVENEMENT_\w+)\] = "(\w+)"', text))
    return [(de.removeprefix("STATUT_"), events.get(event, event), vers.removeprefix("STATUT_"), mail)
            for de, event, _, vers, mail in rows.values()]


def places_of_code(entry, champs, source):
    """Functions that raise a code, by name or through the table of keys."""
    places = set(source.raised.get(entry["nom"], ()))
    for champ in champs:
        if champ["invalide"] == entry["nom"]:
            places |= source.invalid
        if champ["absent"] == entry["nom"] and champ.get("requis"):
            places |= source.absent
    return places


# --- the project -------------------------------------------------------------------------------------


@dataclass
class Project:
    catalogue: list
    champs: list
    guide: list
    columns: set  # "demandes.statut", of every report
    source: Source
    evidence: Evidence


def load_yaml(path):
    return yaml.safe_load(path.read_text("utf-8"))


def report_columns(schemas):
    sql = "".join(path.read_text("utf-8") for path in sorted((schemas / "sql").glob("*.sql")))
    known = set(re.findall(r"^-- name: report_(\w+)", sql, re.M))
    tables = [load_yaml(path) for path in sorted((schemas / "tables").glob("*.json"))]
    return {f"{table['title']}.{one['name']}" for table in tables if table["title"] in known for one in table["fields"]}


def load(schemas, src, tests):
    top = src.resolve().parent
    texts = {path.relative_to(src.parent).as_posix(): path.read_text("utf-8") for path in sorted(src.rglob("*.c"))}
    return Project(load_yaml(schemas / "anomalies.yaml"), load_yaml(schemas / "champs.yaml"),
                   load_yaml(schemas / "guide.yaml"), report_columns(schemas), read_source(texts),
                   read_tests(tests.resolve(), top))  # fmt: skip


def transition_name(row):
    return "/".join(row[:3])


def tests_of_code(entry, evidence):
    return evidence.codes.get(entry["code"], set()) | evidence.codes.get("ANO_" + entry["nom"], set())


def tests_of_transition(row, evidence):
    """Rows of tables that name both statuses and the event; the mail too at the beginning, where it alone tells the
    variants apart."""
    wanted = {row[0], row[1], row[2]} if row[0] != "NONE" else {row[1], row[2], row[3]}
    return {place for words, places in evidence.rows.items() if wanted <= words for place in places}


def carried(rule, project):
    """(places, tests) of one rule of the guide. Where it names scenarios, its codes may have been shown by another type
    of submission: their tests are told by the table of codes alone."""
    entries = {entry["code"]: entry for entry in project.catalogue}
    places, tests = set(), set()
    for code in rule.get("codes", ()):
        if code in entries:
            places |= places_of_code(entries[code], project.champs, project.source)
            tests |= set() if rule.get("scenarios") else tests_of_code(entries[code], project.evidence)
    for row in project.source.transitions:
        if transition_name(row) in rule.get("transitions", ()):
            places.add(Place("src/request/status.c", "table"))
            tests |= tests_of_transition(row, project.evidence)
    for mail in rule.get("mails", ()):
        if mail in project.source.mails:
            places.add(Place("src/publish/mail_text.c", "templates"))
        tests |= project.evidence.mails.get(mail, set())
    for column in rule.get("rapports", ()):
        if column in project.columns:
            places.add(Place("schemas/sql/reports.sql", "report_" + column.partition(".")[0]))
        tests |= project.evidence.columns.get(column, set())
    if set(rule.get("cles", ())) & {champ["chemin"] for champ in project.champs}:
        places.add(Place("schemas/champs.yaml"))
    places |= {symbol_place(symbol) for symbol in rule.get("symboles", ())} & project.source.functions
    tests |= {named_test(name) for name in rule.get("tests", ())} & project.evidence.tests
    for name in rule.get("scenarios", ()):
        tests |= project.evidence.rules.get(name, set())
    return places, tests


def symbol_place(symbol):
    path, _, name = symbol.partition(":")
    return Place("src/" + path, name)


def named_test(text):
    path, _, name = text.partition(":")
    return Place("tests/" + path, name)


# --- what is missing ---------------------------------------------------------------------------------


def problems(project):
    """Every code, row of statuses and rule of the guide that is not done, not shown or wrongly named."""
    return [*problems_of_codes(project), *problems_of_transitions(project), *problems_of_guide(project)]


def problems_of_codes(project):
    cited = {(code, rule["page"]) for rule in project.guide for code in rule.get("codes", ())}
    known = {entry["code"] for entry in project.catalogue}
    for entry in project.catalogue:
        code = entry["code"]
        if not places_of_code(entry, project.champs, project.source):
            yield f"{code}: nothing in src raises it (ANO_{entry['nom']})"
        if not tests_of_code(entry, project.evidence):
            yield f"{code}: no test shows it"
        if "page" in entry and (code, entry["page"]) not in cited:
            yield f"{code}: it names page {entry['page']}, but no rule of that page in guide.yaml names it"
    names = known | {"ANO_" + entry["nom"] for entry in project.catalogue} | {"ANO_COUNT"}
    for code in sorted({*project.evidence.codes, *project.evidence.near} - names):
        places = project.evidence.codes.get(code, set()) | project.evidence.near.get(code, set())
        yield f"{code}: {', '.join(sorted({place.path for place in places}))} names it, the catalogue does not"


def problems_of_transitions(project):
    if not project.source.transitions:
        yield "src/request/status.c: no table of statuses"
    for row in project.source.transitions:
        if not tests_of_transition(row, project.evidence):
            yield f"{transition_name(row)} ({row[3]}): no test shows it"


def known_names(project):
    return {
        "codes": {entry["code"] for entry in project.catalogue},
        "transitions": {transition_name(row) for row in project.source.transitions},
        "mails": project.source.mails,
        "rapports": project.columns,
        "cles": {champ["chemin"] for champ in project.champs},
        "symboles": {f"{place.path.removeprefix('src/')}:{place.name}" for place in project.source.functions},
        "tests": {f"{place.path.removeprefix('tests/')}:{place.name}" for place in project.evidence.tests},
    }


def problems_of_guide(project):
    known, before = known_names(project), (0, 0)
    for rule in project.guide:
        name = rule["id"]
        match = re.fullmatch(r"G-(\d{3})-(\d+)", name)
        if not match or int(match[1]) != rule["page"]:
            yield f"{name}: not G-<page>-<rank> of page {rule['page']}"
        elif (order := (int(match[1]), int(match[2]))) <= before:
            yield f"{name}: out of order, or given twice"
        else:
            before = order
        if unknown := sorted(set(rule) - RULE_KEYS):
            yield f"{name}: unknown keys {', '.join(unknown)}"
        for kind, names in known.items():
            for one in rule.get(kind, ()):
                if one not in names:
                    yield f"{name}: {kind}: {one} does not exist"
        for mail in rule.get("mails", ()):
            if not project.evidence.mails.get(mail):
                yield f"{name}: no test shows the mail {mail}"
        for column in rule.get("rapports", ()):
            if not project.evidence.columns.get(column) and not rule.get("tests"):
                yield f"{name}: no test shows the column {column}"
        for scenario in rule.get("scenarios", ()):
            if not project.evidence.rules.get(scenario):
                yield f"{name}: no scenario shows {scenario}"
        yield from problems_of_rule(rule, project)


def problems_of_rule(rule, project):
    name, carriers = rule["id"], [kind for kind in CARRIERS if rule.get(kind)]
    if rule.get("sans_objet"):
        if carriers or rule.get("tests"):
            yield f"{name}: sans_objet, and yet {', '.join([*carriers, 'tests'][:1])}"
        return
    places, tests = carried(rule, project)
    if not places:
        yield f"{name}: nothing in src carries it"
    if not tests:
        yield f"{name}: no test shows it"


# --- the page ----------------------------------------------------------------------------------------

INTRO = """# Conformity with the guide

<!-- Generated by tools/conformity.py from schemas/, src/ and tests/: do not edit. -->

What the ASP's guide asks (« Guide utilisateur fournisseur, le processus d'enrôlement vague 2 », June 2024), where it
is done and which tests show it. `make docs` renews this page; `tests/tools/test_conformity.py` fails when a rule has no
code or no test, or when something named here is gone.

A test counts when a row of its table or an assertion names the code, the row of statuses, the mail or the column; a
comment does not. *near*: dossiers that come near to an anomaly and must not have it.

- [Rules of the guide](#rules-of-the-guide), {rules} of them, {idle} without object in a batch
- [Anomalies](#anomalies), {codes} codes
- [Statuses](#statuses), {rows} transitions
"""


def cell(text):
    return text.replace("|", "\\|").replace("\n", " ")


def table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def link_places(places, near=()):
    """Places by file: a relative link, then the names in it."""
    files = defaultdict(list)
    for place in sorted(places):
        files[place.path].append(place.name)
    for place in sorted(near):
        files[place.path].append(f"*near:* {place.name}")
    shown = []
    for path, names in sorted(files.items()):
        label = path.removeprefix("src/").removeprefix("tests/").removeprefix("unit/").removeprefix("e2e/")
        shown.append(" ".join([f"[{label}](../{path})", ", ".join(name for name in names if name)]).strip())
    return "<br>".join(shown) or "**none**"


def carriers_of(rule):
    out = [f"[{code}](#{code.partition('-')[0].lower()})" for code in rule.get("codes", ())]
    out += [f"[{name}](#statuses)" for name in rule.get("transitions", ())]
    out += [f"mail `{name}`" for name in rule.get("mails", ())]
    out += [f"`{name.replace('.', '.csv: ')}`" for name in rule.get("rapports", ())]
    out += [f"key `{name}`" for name in rule.get("cles", ())]
    return ", ".join(out)


def guide_page(project):
    text, page, rows = "\n## Rules of the guide\n", None, []
    header = ["rule", "the guide asks", "carried by", "implemented in", "tests"]
    for rule in [*project.guide, {"page": None}]:
        if rule["page"] != page:
            if rows:
                text += f"\n### Page {page}\n\n" + table(header, rows)
            page, rows = rule["page"], []
        if page is None:
            break
        if rule.get("sans_objet"):
            rows.append([rule["id"], cell(rule["regle"]), "*sans objet*", cell(rule["sans_objet"]), ""])
        else:
            places, tests = carried(rule, project)
            rows.append([rule["id"], cell(rule["regle"]), carriers_of(rule), link_places(places), link_places(tests)])
    return text


def code_page(project):
    text, family, rows = "\n## Anomalies\n", None, []
    header = ["code", "page", "gravité", "raised in", "tests"]
    for entry in [*project.catalogue, {"code": ""}]:
        if entry["code"].partition("-")[0] != family:
            if rows:
                text += f"\n### {family}\n\n" + table(header, rows)
            family, rows = entry["code"].partition("-")[0], []
        if not family:
            break
        near = project.evidence.near.get(entry["code"], ())
        rows.append([f"[{entry['code']}](anomalies.md#{entry['code'].lower()})", str(entry.get("page", "")), entry["gravite"],
                     link_places(places_of_code(entry, project.champs, project.source)),
                     link_places(tests_of_code(entry, project.evidence), near)])  # fmt: skip
    return text


def status_page(project):
    header = ["from", "event", "to", "mail", "implemented in", "tests"]
    rows = [[de if de != "NONE" else "(none)", event, vers, f"`{mail}`",
             link_places([Place("src/request/status.c", "table")]),
             link_places(tests_of_transition((de, event, vers, mail), project.evidence))]
            for de, event, vers, mail in project.source.transitions]  # fmt: skip
    return "\n## Statuses\n\nThe rows of the table in [status.c](../src/request/status.c), in order.\n\n" + table(header, rows)


def page(project):
    idle = sum(1 for rule in project.guide if rule.get("sans_objet"))
    intro = INTRO.format(rules=len(project.guide), idle=idle, codes=len(project.catalogue),
                         rows=len(project.source.transitions))  # fmt: skip
    return intro + guide_page(project) + code_page(project) + status_page(project)


def main():
    schemas, src, tests, out = map(pathlib.Path, sys.argv[1:5])
    text = page(load(schemas, src, tests))
    if not out.exists() or out.read_text("utf-8") != text:
        out.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
