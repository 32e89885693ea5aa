"""A root as values: what is compared, what must hold in whatever state a night was stopped, and roots made anew."""

import hashlib
import os
import pathlib
import re
import shutil
import sqlite3
import tempfile

COMPARED = ("inbox", "outbox", "var/archives", "var/references", "var/tmp")
MAILS = "outbox/mails/new/"


def read_tree(base: pathlib.Path) -> dict:
    """relative path -> ("d", mode), ("f", mode, bytes) or ("l", target); parents first."""
    found = {}

    def walk(folder, prefix):
        for entry in sorted(os.scandir(folder), key=lambda e: e.name):
            name = prefix + entry.name
            if entry.is_symlink():
                found[name] = ("l", os.readlink(entry.path))
            elif entry.is_dir(follow_symlinks=False):
                found[name] = ("d", entry.stat().st_mode & 0o7777)
                walk(entry.path, name + "/")
            else:
                with open(entry.path, "rb") as file:
                    found[name] = ("f", entry.stat().st_mode & 0o7777, file.read())

    walk(base, "")
    return found


def write_tree(base: pathlib.Path, tree: dict) -> None:
    os.mkdir(base)
    os.chmod(base, 0o750)
    for name, (kind, *rest) in tree.items():
        path = f"{base}/{name}"
        if kind == "d":
            os.mkdir(path)
            os.chmod(path, rest[0])
        elif kind == "l":
            os.symlink(rest[0], path)
        else:
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            os.write(fd, rest[1])
            os.fchmod(fd, rest[0])
            os.close(fd)


def read_database(base: pathlib.Path) -> dict:
    """table -> rows, as the next night will find them: read from a copy, which SQLite may mend."""
    with tempfile.TemporaryDirectory(dir=base.parent) as folder:
        for name in ("segur.db", "segur.db-wal"):
            if (base / "var" / name).exists():
                shutil.copyfile(base / "var" / name, f"{folder}/{name}")
        database = sqlite3.connect(f"{folder}/segur.db")
        database.row_factory = sqlite3.Row
        tables = {}
        try:
            if database.execute("PRAGMA integrity_check").fetchall()[0][0] != "ok":
                raise AssertionError("the database is damaged")
            for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                tables[name] = [dict(row) for row in database.execute(f'SELECT * FROM "{name}"')]
        finally:
            database.close()
    return tables


def normal(tables: dict) -> dict:
    """What two roots must have in common, table by table. Not compared: how many nights it took (`nuits` by
    date, references to them by the date of that night), and the identity of inbox files, which differs
    between copies."""
    dates = {row["id"]: row["date"] for row in tables.get("nuits", [])}
    found = {}
    for name, rows in tables.items():
        if name == "nuits":
            last = {row["date"]: row for row in sorted(rows, key=lambda row: row["id"])}
            rows = [{k: v for k, v in row.items() if k != "id"} for row in last.values()]
        if name == "sqlite_stat1":
            continue
        found[name] = sorted(
            repr({key: "*" if key == "source" else dates.get(value) if key == "nuit" else value for key, value in row.items()})
            for row in rows
        )  # fmt: skip
    return found


def digest(item) -> str:
    return hashlib.sha256(item[2]).hexdigest() if item[0] == "f" else repr(item)


class State:
    """Everything of a root that is compared."""

    def __init__(self, base: pathlib.Path, relayed: dict | None = None):
        tree = read_tree(base)
        self.tree = {name: item for name, item in tree.items() if name.startswith(COMPARED)}
        self.tables = read_database(base)
        self.relayed = relayed or {}

    def values(self) -> dict:
        """key -> value; equal for equal roots. Mails count as what the relay was given, once each."""
        found = {f"file {name}": digest(item) for name, item in self.tree.items() if not name.startswith(MAILS)}
        found |= {f"table {name}": rows for name, rows in normal(self.tables).items()}
        given = [*self.relayed.items()] + [(n.removeprefix(MAILS), digest(i)) for n, i in self.tree.items() if n.startswith(MAILS)]
        found["mails"] = sorted(given)
        return found


    def essence(self) -> dict:
        """What is equal even when a drop was answered a night later than the others: what became of each, its
        mails by kind, what is left."""
        tables = self.tables
        # A night's delay may well call for a reminder, and is told to the account that waits.
        mails = [r for r in tables["mails"] if r["type"] not in ("relance", "depot_en_attente")]
        return {
            "drops": sorted((r["compte"], r["archive"], r["type"], r["etat"], r["essai"])
                            for r in tables["depots"] if r["etat"] != "INCIDENT"),
            "requests": sorted((r["numero_ans"], r["type"], r["statut"], r["rang"]) for r in tables["demandes"]),
            "mails": sorted((r["type"], r["destinataire"], r["publie"]) for r in mails),
            "sent": len(self.values()["mails"]) - (len(tables["mails"]) - len(mails)),
            "files": sorted(n for n in self.tree if not n.startswith("outbox/") or ".tmp" in n),
        }  # fmt: skip


def differences(found: dict, wanted: dict) -> list[str]:
    lines = []
    for key in sorted(found.keys() | wanted.keys()):
        a, b = found.get(key), wanted.get(key)
        if a == b:
            continue
        if isinstance(a, list) and isinstance(b, list):
            more, less = [x for x in a if x not in b], [x for x in b if x not in a]
            lines.append(f"{key}: too much {more[:3]}, missing {less[:3]}" + ("" if more or less else ", not the same number"))
        else:
            lines.append(f"{key}: {'missing' if a is None else 'too much' if b is None else 'other bytes'}")
    return lines


def relay(base: pathlib.Path, pile: dict) -> list[str]:
    """What the relay of mails does between two nights: it takes each one and sends it. Returns the mails that
    it had sent before."""
    twice = []
    folder = base / "outbox/mails/new"
    for entry in sorted(os.listdir(folder)):
        data = (folder / entry).read_bytes()
        if entry in pile:
            twice.append(entry)
        pile[entry] = hashlib.sha256(data).hexdigest()
        (folder / entry).unlink()
    return twice


# --- what must hold at every instant -----------------------------------------------------------------


def broken_promises(state: State, wanted: State, before: dict) -> list[str]:
    """The rules of durability, read from one state: what the rows say is done is done, and nothing is lost.
    `wanted` is the undisturbed night, `before` the tree of the inbox before it."""
    tables, tree, broken = state.tables, state.tree, []

    def same(name):
        return name in tree and name in wanted.tree and digest(tree[name]) == digest(wanted.tree[name])

    for row in tables["depots"]:
        if row["retour_publie"] and not same(f"outbox/fournisseurs/{row['compte']}/{row['retour_nom']}"):
            broken.append(f"marked as published, and not there whole: {row['retour_nom']}")
        digest_ = row["sha256"]
        kept = f"var/archives/{digest_[:2]}/{digest_}" if digest_ else None
        if kept and (kept not in tree or hashlib.sha256(tree[kept][2]).hexdigest() != digest_):
            broken.append(f"recorded, and its bytes are not kept: {row['compte']}/{row['archive']}")
    for row in tables["fichiers_asp"]:
        if row["retour_publie"] and not same(f"outbox/asp/retours/{row['retour_nom']}"):
            broken.append(f"marked as published, and not there whole: {row['retour_nom']}")
        if row["etat"] == "pris" and not same(f"var/references/{row['sha256']}.csv") and row["nature"] != "decisions":
            if f"var/references/{row['sha256']}.csv" in wanted.tree:
                broken.append(f"taken, and its copy is not kept: {row['nom']}")
    sent = dict(state.relayed)
    for row in tables["mails"]:
        name = f"{row['date'].replace('-', '')}.M{row['id']:09d}.segur"
        if row["publie"] == 1 and MAILS + name in wanted.tree and name not in sent and not same(MAILS + name):
            broken.append(f"marked as sent, and not there whole: {name}")
    answered = {(r["compte"], r["archive"]) for r in tables["depots"] if r["etat"] != "INCIDENT"}
    answered |= {("asp", r["nom"]) for r in tables["fichiers_asp"]}
    for name, item in before.items():
        if item[0] == "f" and name.startswith("inbox/") and name not in tree:
            compte, archive = name.split("/")[1:3]
            if (compte, archive) not in answered:
                broken.append(f"gone from the inbox without an answer: {name}")
    for name, item in tree.items():
        if item[0] == "f" and name.startswith("outbox/") and ".tmp/" not in name and not name.endswith(".tmp") \
                and not same(name) and not (name in before and before[name] == item):  # fmt: skip
            broken.append(f"readers find half a file: {name}")
    return broken + broken_reports(state, wanted)


def broken_reports(state: State, wanted: State) -> list[str]:
    """A reader finds a whole set of reports behind `courant`, that of the night when the night is ended."""
    base, broken = "outbox/asp/rapports/", []
    link = state.tree.get(base + "courant")
    if link is None:
        return ["courant is missing"]
    folder = f"{base}{link[1]}/"
    files = {name.removeprefix(folder): item for name, item in state.tree.items() if name.startswith(folder)}
    package = files.get("datapackage.json", ("f", 0, b""))[2].decode()
    sums = dict(zip(re.findall(r'"path": "([^"]+)"', package), re.findall(r'"sha256:([0-9a-f]+)"', package)))
    if not sums:
        broken.append(f"courant points to {link[1]}, which is not whole")
    for name, sum_ in sums.items():
        if name not in files or hashlib.sha256(files[name][2]).hexdigest() != sum_:
            broken.append(f"courant points to {link[1]}, of which {name} is not whole")
    ended = max(row["terminee"] * row["id"] for row in state.tables["nuits"])
    newest = max(row["date"] for row in state.tables["nuits"] if row["id"] <= ended)
    if newest == max(row["date"] for row in wanted.tables["nuits"]):
        for name, item in wanted.tree.items():
            if name.startswith(base) and (name not in state.tree or digest(state.tree[name]) != digest(item)):
                broken.append(f"the night is ended, and not published whole: {name}")
    return broken
