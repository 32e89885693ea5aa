#!/usr/bin/env python3
"""Reads an outbox as its users would, and lists whatever they could not rely on.

usage: check_outputs.py OUTBOX

Mails: parsed by Python's email package without a defect, no field beyond the known ones. Reports and the ASP's answers:
strict CSV, each cell against its Table Schema, each file against datapackage.json. Answers: YAML with the
contract's keys in their order; with each refusal its file to correct. Prints what was read; exits 1 when there is a problem.
"""
import csv
import datetime
import email.header
import email.parser
import email.policy
import hashlib
import json
import pathlib
import re
import sys

import yaml

TABLES = pathlib.Path(__file__).resolve().parents[2] / "schemas" / "tables"
REPORTS = ["demandes", "evenements", "depots", "anomalies", "pieces", "comptes", "droits",
           "coordonnees_bancaires", "alertes", "statistiques"]
FIELDS = ["From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type",
          "Content-Transfer-Encoding", "Content-Language", "Auto-Submitted", "X-Segur-Mail"]
ANSWER = ["archive", "taille", "sha256", "recu_le", "service", "programme", "regles", "etat", "essai", "numero",
          "statut", "statut_libelle", "anomalies"]
ANOMALY = ["code", "gravite", "chemin", "ligne", "colonne", "valeur", "message", "remede", "page_guide"]
FORMULA = re.compile(r"[\s\u200b\ufeff]*[=+\-@\u2212\uff0b\uff0d\uff1d\uff20]")
problems = []


def expect(condition, where, what):
    if not condition:
        problems.append(f"{where}: {what}")
    return condition


def decode_header(value):
    """RFC 2047 by the older of the two decoders that Python has."""
    parts = email.header.decode_header(value.replace("\n", ""))
    return "".join(p if isinstance(p, str) else p.decode(c or "ascii") for p, c in parts)


def check_mail(path, ids):
    raw = path.read_bytes()
    expect(raw.isascii() and b"\r" not in raw and b"\0" not in raw, path, "not ASCII with LF ends")
    expect(max(map(len, raw.split(b"\n"))) <= 76, path, "a line over 76")
    expect(":" not in path.name and path.stat().st_mode & 0o777 == 0o640, path, "name or mode")
    mail = email.parser.BytesParser(policy=email.policy.default).parsebytes(raw)
    old = email.parser.BytesParser(policy=email.policy.compat32).parsebytes(raw)
    expect(not mail.defects, path, f"defects {mail.defects}")
    known = FIELDS + (["X-Segur-Demande"] if "X-Segur-Demande" in mail else [])
    if "X-Segur-Demande" in mail and mail["X-Segur-Mail"] != "depot_refuse":  # a refusal is no event of the request
        known = known + ["X-Segur-Journal"]
    expect(re.fullmatch(r"[1-9][0-9]* [0-9a-f]{64}", mail.get("X-Segur-Journal", "1 " + "0" * 64)), path, "journal")
    expect(sorted(mail.keys()) == sorted(known), path, f"fields {mail.keys()}")
    for name, value in mail.items():
        expect(not value.defects, path, f"{name}: {value.defects}")
        expect("\n" not in value and "=?" not in value, path, f"{name}: {value!r}")
    for name in ("Subject", "X-Segur-Mail", "X-Segur-Demande"):
        if name in mail:
            expect(decode_header(old[name]) == str(mail[name]), path, f"{name}: two readings")
    for name in ("From", "To"):
        addresses = mail[name].addresses
        if expect(len(addresses) == 1, path, f"{name}: {addresses}"):
            expect(re.fullmatch(r"[!-~]+@[a-z0-9.-]+", addresses[0].addr_spec), path, addresses[0].addr_spec)
    expect(mail["Date"].datetime is not None, path, "Date")
    expect(mail["Message-ID"] not in ids, path, "Message-ID given twice")
    ids.add(mail["Message-ID"])
    text = mail.get_content()
    expect(text.startswith("Madame, Monsieur,\n") and "Cordialement." in text, path, "body")
    expect("\ufffd" not in text, path, "body not UTF-8")


def read_csv(path, delimiter, bom):
    raw = path.read_bytes()
    text = raw.decode("utf-8-sig" if bom else "utf-8")
    expect(raw.startswith(b"\xef\xbb\xbf") == bom, path, "BOM")
    expect(text.endswith("\r\n") and text.count("\n") == text.count("\r\n") == text.count("\r"), path, "CRLF")
    expect(len(text.splitlines()) == text.count("\r\n"), path, "a line break inside a cell")
    return list(csv.reader(text.split("\r\n")[:-1], delimiter=delimiter, strict=True))


def check_type(field, cell):
    kind = field["type"]
    if kind == "integer":
        return re.fullmatch(r"-?(0|[1-9][0-9]*)", cell) is not None
    if kind == "boolean":
        return cell in field["trueValues"] + field["falseValues"]
    if kind == "date":
        try:
            return datetime.date.fromisoformat(cell).isoformat() == cell
        except ValueError:
            return False
    return kind == "string"


def check_cell(field, cell, where):
    limits = field.get("constraints", {})
    expect(not FORMULA.match(cell), where, f"could act as a formula: {cell!r}")
    if cell == "":
        expect(not limits.get("required"), where, "required")
        return
    if not expect(check_type(field, cell), where, f"{cell!r} is no {field['type']}"):
        return
    expect("enum" not in limits or cell in limits["enum"], where, f"{cell!r} is not in the enumeration")
    expect("pattern" not in limits or re.search(limits["pattern"], cell), where, f"{cell!r}: pattern")
    expect("minimum" not in limits or int(cell) >= limits["minimum"], where, f"{cell!r}: minimum")


def check_table(path, rows, schema):
    fields = schema["fields"]
    names = [field["name"] for field in fields]
    if not expect(rows and rows[0] == names, path, f"header {rows[:1]}"):
        return
    for number, row in enumerate(rows[1:], 2):
        if expect(len(row) == len(names), path, f"line {number}: {len(row)} cells"):
            for field, cell in zip(fields, row):
                check_cell(field, cell, f"{path}, line {number}, {field['name']}")
    keys = [[name] for name, field in zip(names, fields) if field.get("constraints", {}).get("unique")]
    for key in keys + [schema.get("primaryKey", [])]:
        seen = [tuple(row[names.index(name)] for name in key) for row in rows[1:]]
        expect(not key or len(set(seen)) == len(seen), path, f"{key} is not unique")


def check_reports(folder):
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    resources = {resource["name"]: resource for resource in package["resources"]}
    expect(list(resources) == REPORTS, folder, f"resources {list(resources)}")
    expected = {"datapackage.json"} | {r + e for r in REPORTS for e in (".csv", ".schema.json")}
    found = {path.name for path in folder.iterdir() if path.suffix in (".csv", ".json") or path.name[0] == "."}
    expect(found == expected, folder, f"files {sorted(found ^ expected)}")
    total = 0
    for name, resource in resources.items():
        path = folder / resource["path"]
        raw = path.read_bytes()
        expect(resource["bytes"] == len(raw), path, "bytes")
        expect(resource["hash"] == "sha256:" + hashlib.sha256(raw).hexdigest(), path, "hash")
        schema = json.loads((folder / resource["schema"]).read_text(encoding="utf-8"))
        expect(schema == json.loads((TABLES / f"{name}.json").read_text(encoding="utf-8")), path, "schema")
        delimiter = resource["dialect"]["delimiter"]
        rows = read_csv(path, delimiter, delimiter == ";")
        expect(resource["rows"] == len(rows) - 1, path, "rows")
        check_table(path, rows, schema)
        total += len(rows) - 1
    return total


def check_asp_answer(path):
    bom = path.read_bytes().startswith(b"\xef\xbb\xbf")
    kind = "retour_decisions" if path.name.lower().startswith("decisions") else "retour_reference"
    schema = json.loads((TABLES / f"{kind}.json").read_text(encoding="utf-8"))
    check_table(path, read_csv(path, ";" if bom else ",", bom), schema)


def check_answer(path):
    answer = yaml.safe_load(path.read_text(encoding="utf-8"))
    expect(path.stat().st_mode & 0o777 == 0o640, path, "mode")
    expect(list(answer)[:len(ANSWER)] == ANSWER, path, f"keys {list(answer)}")
    expect(list(answer)[len(ANSWER):] == (["incident"] if answer["etat"] == "INCIDENT" else []) + ["accuse", "journal"],
           path, f"keys {list(answer)}")
    expect(list(answer["service"]) == ["nom", "adresse", "telephone", "courriel", "assistance"], path, "service")
    expect(isinstance(answer["taille"], int) and answer["essai"] in ("oui", "non"), path, "types")
    expect(isinstance(answer["archive"], str) and isinstance(answer["recu_le"], str), path, "types")
    link = answer["journal"]
    if expect((link is None) == (answer["numero"] is None), path, "numero and journal disagree") and link:
        text = f"{link['precedent']}\n{link['texte']}".encode()
        expect(link["maillon"] == hashlib.sha256(text).hexdigest(), path, "journal: not the text's hash")
        expect(link["texte"].split("|")[:2] == [str(link["rang"]), answer["numero"]], path, "journal: another event")
    blocking = [a for a in answer["anomalies"] if a["gravite"] == "bloquant"]
    expect((answer["etat"] == "KO") == bool(blocking), path, "etat and anomalies disagree")
    expect((answer["numero"] is None) == (answer["statut"] is None), path, "numero and statut disagree")
    head, _, rest = path.name.rpartition("_retour")
    expect(path.with_name(f"{head}_a_corriger{rest}").exists() == (answer["etat"] == "KO"), path,
           "a refusal and its file to correct go together")
    for anomaly in answer["anomalies"]:
        expect(list(anomaly) == ANOMALY, path, f"keys {list(anomaly)}")
        for key, value in anomaly.items():
            wanted = int if key in ("ligne", "colonne", "page_guide") else str
            expect(value is None or isinstance(value, wanted), path, f"{key}: {value!r}")


def check_correction(path):
    """The file to correct: beside the refusal that it goes with, whose blocking anomalies it all tells."""
    head, dash, rest = path.name.rpartition("_a_corriger")
    answer = path.with_name(f"{head}_retour{rest}")
    if not expect(dash and answer.exists(), path, "no answer of that name"):
        return
    answer = yaml.safe_load(answer.read_text(encoding="utf-8"))
    text = path.read_bytes().decode("utf-8").removeprefix("\ufeff")
    marks = "".join(line for line in text.splitlines(keepends=True) if line.startswith("#>>"))
    expect(answer["etat"] == "KO", path, f"goes with {answer['etat']}")
    expect(path.stat().st_mode & 0o777 == 0o640, path, "mode")
    expect(text.startswith("#>> # DOSSIER À CORRIGER : "), path, "head")
    expect(not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text), path, "controls")
    for anomaly in answer["anomalies"]:
        kind = "À CORRIGER" if anomaly["gravite"] == "bloquant" else "Pour information"
        expect(f"# {kind} {anomaly['code']}," in marks, path, f"{anomaly['code']} is not told")


def check_modification(path):
    given = yaml.load(path.read_text("utf-8"), yaml.BaseLoader)
    expect((given["format"], given["type"]) == ("1", "modification"), path, "no modification")
    expect(path.name.startswith(given["demande"] + "_"), path, "another request")
    expect(not any(value == "" for value in given.values()), path, "an empty section")


def main():
    outbox = pathlib.Path(sys.argv[1])
    ids, read = set(), {"mails": 0, "answers": 0, "corrections": 0, "modifications": 0, "asp_answers": 0, "reports": 0, "rows": 0}
    for path in sorted((outbox / "mails" / "new").iterdir()):
        check_mail(path, ids)
        read["mails"] += 1
    for path in sorted((outbox / "fournisseurs").glob("*/*.yaml")):
        if re.search(r"_a_corriger(-[0-9]+)?\.yaml$", path.name):
            check_correction(path)
            read["corrections"] += 1
        elif re.fullmatch(r"ENR[0-9]{4,}M[0-9]+_modification\.yaml", path.name):
            check_modification(path)
            read["modifications"] += 1
        elif expect(re.search(r"_retour(-[0-9]+)?\.yaml$", path.name), path, "name"):
            check_answer(path)
            read["answers"] += 1
    for path in sorted((outbox / "asp" / "retours").glob("*_retour*.csv")):
        check_asp_answer(path)
        read["asp_answers"] += 1
    reports = outbox / "asp" / "rapports"
    dates = sorted(path.name for path in reports.iterdir() if not path.is_symlink())
    for date in dates:
        read["rows"] += check_reports(reports / date)
        read["reports"] += 1
    if dates:
        expect((reports / "courant").readlink() == pathlib.Path(dates[-1]), reports, "courant")
    for path in outbox.rglob("*"):
        expect(path == outbox / ".tmp" or not path.name.endswith(".tmp"), path, "a temporary was left")
    print(", ".join(f"{count} {name}" for name, count in read.items()))
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main())
