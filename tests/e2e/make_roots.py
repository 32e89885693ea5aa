#!/usr/bin/python3
"""Makes roots and backups as a program leaves them, with a next night and what it says: tests/samples/roots.

usage: make_roots.py [--program SEGUR] [--out DIR]

Those that are committed were made once, by the program of that day, and are not made again: test_old_roots.py holds
every later program against them. `--out` is a new folder, to add the roots of a later program beside the older ones
or to look at what changed. Nights have dates and the installations a fixed secret: the outboxes are the same each
time. Inodes and times of the inbox, the certificate and what is encrypted to it are not.
"""

import argparse
import collections
import contextlib
import io
import json
import lzma
import os
import pathlib
import random
import shutil
import sqlite3
import tarfile
import tempfile

from certificates import certificat
from disturbed import DIES, on_archives
from harness import REPO, SEGUR, Root, parsed, table
from factory import (
    Bank, archive, compte_asp, decisions, depot, pdf, person, references, replace, supplier, truncated, write,
)  # fmt: skip
from factory_cycle import complementaire, finalisation, modification, pieces

ROOTS = REPO / "tests/samples/roots"
NIGHTS = "2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05", "2026-03-20", "2026-03-25"
SEVENTH = "2026-04-08"
PURGED_ON, AFTER_PURGE = "2026-04-20", "2026-04-21"
KINDS = "zip", "tar", "tar.gz", "tar.xz", "tar.zst"
CARON = "Bérénice Caron"
TOO_LONG = 8192  # bytes that the parser of an incident may read
SECRET = bytes(range(32))
RIGHTS = "numero connexion consultation simulateur_json verification_pieces enrolement_complementaire demandes_financement"


# --- Who files ---------------------------------------------------------------------------------------

TIERS = person("Chloé", "Béranger", "tiers", nature="passeport")
NOTARY = person("Anaïs", "Faucher", "conseil")
CHANGES = {
    "validee": {},
    "connue": {},  # its representative has an access elsewhere at the ASP
    "partielle": {"etat": "en_cours", "dsr": "SONS RIS"},
    "finale": {"etat": "en_cours", "dsr": "SONS RIS"},
    "anticipee": {"etat": "en_cours", "dsr": "SONS DPI", "hds": True},
    "rejetee": {},
    "refaite": {},  # rejected, and filed again
    "pieces": {"depositaire": NOTARY, "qualite": "centre_gestion"},
    "attendue": {"assujetti": False},
    "modification": {},
    "attente": {},  # its representative's identity paper runs out
    "depositaire": {"depositaire": TIERS, "dsr": "SONS DPI", "hds": False},
    "banque": {"banque": Bank("99199", "INCOFRPP", "")},  # a bank that the table lacks: an alert
    "incident": {},  # its drop ends the parser
    "essai": {},
    "refuse": {},
    "nouvelle": {},  # not before the seventh night
}


def suppliers() -> dict:
    made = {name: supplier(n, compte=f"{name}-{n}", **more) for n, (name, more) in enumerate(CHANGES.items(), 1)}
    short = replace(made["attente"].representant, valide_jusqu_au="2026-05-10")
    return made | {"attente": replace(made["attente"], representant=short)}


F = suppliers()
AGAIN = replace(F["validee"], numero_ans="c0ffee0001", logiciel="Second logiciel")
VALID = {name: replace(f, etat="valide") for name, f in F.items()}


def light(f) -> dict:
    """Identity papers as small PDF files."""
    who = ["representant"] + (["depositaire"] if f.depositaire else [])
    return {f"pieces.piece_identite_{one}": f"identite-{one}.pdf" for one in who}


def filed(f, kind="zip", fichiers=None, **changes) -> bytes:
    return depot(f, kind, changes_by_path=light(f) | changes, fichiers=fichiers)


def row(numero, decision, motif="", asked="") -> dict:
    return {"numero": numero, "decision": decision, "motif": motif, "pieces": asked, "gestionnaire": CARON}


def registers(valid=(), left_out=(), **changes) -> dict[str, bytes]:
    """The ASP's files: whose referencing is validated since, who is not told of, what else changed."""
    fs = {name: VALID[name] if name in valid else f for name, f in F.items() if name not in left_out}
    fs |= {name: replace(fs[name], **more) for name, more in changes.items()}
    known = compte_asp(F["connue"], "ASP-20001", portail_segur=False)
    return references([*fs.values(), AGAIN], {"comptes.csv": [known]})


# --- Roots -------------------------------------------------------------------------------------------


class Made(Root):
    """A root whose outputs are the same each time that it is made."""

    def __init__(self, program, **conf):
        super().__init__(program, **conf)
        (self.path / "var/secret").write_bytes(SECRET)

    def put(self, files: dict[str, bytes]) -> None:
        write(self.path / "inbox", files)

    def take(self, files: dict[str, bytes]) -> None:
        self.put({f"asp/{name}": data for name, data in files.items()})

    def numero(self, name: str) -> str:
        """Of the newest request of that supplier."""
        newest = "SELECT printf('ENR%04dM%d', id, rang) FROM demandes WHERE siren = ? ORDER BY id DESC"
        return self.sql(newest, F[name].siren)[0][0]

    def filed_by(self, name: str, file: str, data: bytes) -> None:
        self.drop(F[name].compte, file, data)


def six_nights(program) -> Made:
    """A life with all that it may meet: every status, every kind of drop and of mail, registers that change."""
    root = Made(program, archive_octets=200_000)
    for night in (first, second, third, fourth, fifth, sixth):
        night(root)
    return root


def first(root: Made) -> None:
    """All file, in each kind of archive; drops that are no dossier, trials, a file of the ASP that nobody knows."""
    root.take(registers(left_out=["nouvelle"]) | {"inconnu.csv": b"a;b\r\n1;2\r\n"})
    for n, (name, f) in enumerate(F.items()):
        if name not in ("incident", "essai", "refuse", "nouvelle"):
            root.filed_by(name, f"dossier.{KINDS[n % 5]}", filed(f, KINDS[n % 5]))
    root.filed_by("essai", "essai.zip", filed(F["essai"], essai=True))
    root.filed_by("essai", "essai-faux.zip", filed(F["essai"], essai=True, **{"banque.bic": "EXEMDEFF"}))
    faults = {"banque.bic": "X", "representant.nom": None, "engagements.cgu": False}
    root.filed_by("refuse", "faux.zip", filed(F["refuse"], **faults))
    root.filed_by("refuse", "coupe.zip", truncated(filed(F["refuse"])))
    root.filed_by("refuse", "illisible.zip", b"bonjour")
    root.filed_by("refuse", "vide.zip", b"")
    root.filed_by("refuse", "gros.zip", bytes(200_001))
    root.filed_by("refuse", "autrui.zip", filed(F["nouvelle"]))  # no access to that SIREN
    (root.path / "inbox" / F["refuse"].compte / "lien.zip").symlink_to("vide.zip")
    root.drop("inconnue-99", "dossier.zip", filed(F["refuse"]))
    root.run(NIGHTS[0])


def second(root: Made) -> None:
    """Decisions by the command and by files, one of which is refused; a register that was cut short."""
    n = root.numero
    root.decide(n("validee"), "valider", date=NIGHTS[1])
    root.asp("decisions-1.csv", decisions([
        *(row(n(name), "valider") for name in ("connue", "partielle", "finale", "anticipee", "depositaire", "banque")),
        row(n("rejetee"), "rejeter", "Le mandat n’est pas signé"), row(n("refaite"), "rejeter", "Le RIB est illisible"),
        row(n("pieces"), "demander_pieces", "Le Kbis de moins de trois mois", "kbis, autre"),
        row(n("attendue"), "demander_pieces", "Le Kbis", "kbis"),
        row(n("modification"), "demander_modification", "Corrigez la banque"), row("ENR9999M0", "valider"),
    ]))  # fmt: skip
    root.asp("decisions-2.csv", b"numero;rien\r\n")
    root.asp("banques.csv", b"code_banque;bic\r\n")
    root.filed_by("attente", "inattendue.zip", pieces(n("attente"), F["attente"], "kbis").archive())
    root.run(NIGHTS[1])


def third(root: Made) -> None:
    """What was asked is given; certificates after the ANS's decision; a second request, and a first one again."""
    n = root.numero
    root.take(registers(["partielle", "finale"], left_out=["nouvelle"]))
    root.filed_by("pieces", "suite.zip", pieces(n("pieces"), F["pieces"], "kbis", "autre").archive())
    other = replace(F["modification"], guichet="00077")
    root.filed_by("modification", "corrigee.tar", modification(n("modification"), other, "banque", "rib").archive("tar"))
    for name in ("partielle", "finale"):
        root.filed_by(name, "certificats.tar.gz", finalisation(n(name), VALID[name]).archive("tar.gz"))
    root.filed_by("validee", "second.zip", complementaire(AGAIN).archive())
    root.filed_by("refaite", "dossier.tar.gz", filed(F["refaite"], "tar.gz"))
    kind = KINDS[list(F).index("attente") % 5]
    root.filed_by("attente", f"dossier.{kind}", filed(F["attente"], kind))  # the first answer again
    root.filed_by("refuse", "autre.zip", pieces(n("pieces"), F["refuse"], "kbis").archive())  # somebody else's
    root.run(NIGHTS[2])


def fourth(root: Made) -> None:
    """A parser that dies; an establishment that closed, an access that was withdrawn; the same IBAN twice."""
    n = root.numero
    closed = {"modification": {"etablissement": "F"}}
    root.take(registers(["partielle", "finale"], ["nouvelle", "rejetee"], **closed))
    root.asp("decisions-4.csv", decisions([row(n("partielle"), "valider"), row(n("pieces"), "valider")]))
    noise = random.Random(1)
    pages = tuple(noise.randbytes(40).hex() for _ in range(220))
    root.filed_by("incident", "dossier.zip", filed(F["incident"], fichiers={"rib.pdf": pdf("Bruit", pages)}))
    root.filed_by("rejetee", "dossier.zip", filed(F["rejetee"]))  # its access was withdrawn
    same = {"banque.iban": F["attente"].iban, "banque.bic": F["attente"].banque.bic}
    root.filed_by("refuse", "faux.zip", filed(F["refuse"], **same))
    with dying_parser(root):
        root.run(NIGHTS[3])
    answer = root.retour(F["incident"].compte, "dossier.zip")
    assert answer["etat"] == "INCIDENT", answer


def fifth(root: Made) -> None:
    """Time has passed: reminders, a paper that runs out; the drop that waited; a referencing that was withdrawn."""
    root.take(registers(["partielle", "finale"], ["nouvelle"], refaite={"etat": "retire"}))
    root.run(NIGHTS[4])


def sixth(root: Made) -> None:
    n = root.numero
    root.asp("decisions-6.csv", decisions([
        row(n("modification"), "demander_modification", "Corrigez encore"), row(n("incident"), "rejeter", "Sans objet"),
    ]))  # fmt: skip
    root.run(NIGHTS[5])


@contextlib.contextmanager
def dying_parser(root: Root):
    """The parser is ended by each drop of more than TOO_LONG bytes."""
    program = root.program
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy2(program, folder)
        script = pathlib.Path(folder, "segur-parser")
        dies = on_archives(pathlib.Path(folder), DIES, over=TOO_LONG)
        script.write_text(f"#!/bin/sh\nREAL={program.parent}/segur-parser\n{dies}\n")
        script.chmod(0o755)
        root.program = pathlib.Path(folder, program.name)
        yield
    root.program = program


def seventh(root: Made) -> dict[str, bytes]:
    """What a night after the six finds in its inbox."""
    n = root.numero
    files = {f"asp/{name}": data for name, data in registers(["partielle", "finale", "anticipee"]).items()}
    files["asp/decisions-7.csv"] = decisions([
        row(n("attente"), "valider"), row(n("finale"), "valider"), row(n("banque"), "rejeter", "Trop tard"),
        row(n("refuse"), "rejeter", "Ce n’est pas votre IBAN"), row("ENR0099M0", "valider"),
    ])  # fmt: skip
    other = replace(F["modification"], guichet="00078")
    drops = {
        ("anticipee", "certificats.zip"): finalisation(n("anticipee"), VALID["anticipee"]).archive(),
        ("attendue", "kbis.tar"): pieces(n("attendue"), F["attendue"], "kbis").archive("tar"),
        ("modification", "encore.tar.xz"): modification(n("modification"), other, "banque", "rib").archive("tar.xz"),
        ("nouvelle", "dossier.tar.zst"): filed(F["nouvelle"], "tar.zst"),
        ("essai", "essai.zip"): filed(F["essai"], essai=True),
        ("rejetee", "faux.zip"): filed(F["rejetee"], **{"banque.bic": "X"}),
        ("rejetee", "illisible.zip"): b"bonsoir",
    }
    return files | {f"{F[name].compte}/{file}": data for (name, file), data in drops.items()}


def encrypted(program, folder: pathlib.Path) -> Made:
    """Two nights whose archives are encrypted to a certificate in the root; its key goes into the folder."""
    cert, key = certificat("conservation-exemple", "enddate=20991231235959Z")
    root = Made(program, certificat="conservation.pem")
    shutil.copy2(cert, root.path / "conservation.pem")
    shutil.copy2(key, folder / "cle.pem")
    root.take(registers(left_out=["nouvelle"]))
    for name in ("validee", "depositaire", "attendue", "attente"):
        root.filed_by(name, "dossier.tar", filed(F[name], "tar"))
    root.filed_by("refuse", "faux.zip", filed(F["refuse"], **{"banque.bic": "X"}))
    root.run(NIGHTS[0])
    n = root.numero
    root.asp("decisions.csv", decisions([
        row(n("validee"), "valider"), row(n("depositaire"), "rejeter", "Le mandat n’est pas signé"),
        row(n("attendue"), "demander_pieces", "Le Kbis", "kbis"),
    ]))  # fmt: skip
    root.filed_by("essai", "essai.zip", filed(F["essai"], essai=True))
    root.run(NIGHTS[1])
    return root


def after_encrypted(root: Made) -> dict[str, bytes]:
    n = root.numero
    return {
        "asp/decisions.csv": decisions([row(n("attente"), "valider")]),
        f"{F['attendue'].compte}/kbis.zip": pieces(n("attendue"), F["attendue"], "kbis").archive(),
        f"{F['refuse'].compte}/corrigee.zip": filed(F["refuse"]),
        f"{F['essai'].compte}/faux.zip": filed(F["essai"], **{"banque.bic": "X"}),
    }


def before_the_kill(program) -> Made:
    """One night, and all that the next one finds: it will be killed."""
    root = Made(program, analyseurs=1)
    root.take(registers(left_out=["nouvelle"]))
    for name in ("validee", "anticipee", "attendue", "modification"):
        root.filed_by(name, "dossier.zip", filed(F[name]))
    root.run(NIGHTS[0])
    n = root.numero
    root.take(registers())
    root.asp("decisions.csv", decisions([
        row(n("validee"), "valider"), row(n("anticipee"), "valider"), row("ENR0099M0", "valider"),
        row(n("attendue"), "demander_pieces", "Le Kbis", "kbis"),
    ]))  # fmt: skip
    for name in ("nouvelle", "attente", "depositaire"):
        root.filed_by(name, "dossier.tar.gz", filed(F[name], "tar.gz"))
    root.filed_by("essai", "essai.zip", filed(F["essai"], essai=True))
    root.filed_by("refuse", "faux.zip", filed(F["refuse"], **{"banque.bic": "X"}))
    root.filed_by("validee", "second.zip", complementaire(AGAIN).archive())  # its access opens tonight
    return root


def killed(made: Made, call: str, reached) -> Made:
    """That root after a night that was killed at the first such call after which `reached(root)` holds."""
    for when in range(1, 1000):
        root = made.copy()
        root.__class__ = Made
        done = root.kill_at(call, when, "run", "--root", root.path, "--date", NIGHTS[1], "--quiet")
        assert done.returncode != 0, f"{call}: the night ended before"
        if reached(root):
            return root
        root.remove()
    raise AssertionError(call)


def copies_kept(root: Root) -> bool:
    """Its drops are kept, and nothing speaks of them."""
    return aside(root, "SELECT count(*) FROM depots") == 4 and len(root.tree("var/archives")) >= 7


def half_published(root: Root) -> bool:
    """All is recorded; answers are out, and not all of them; so are mails."""
    if aside(root, "SELECT count(*) FROM depots") == 4:
        return False
    due = aside(root, "SELECT count(*) FROM mails WHERE date = '2026-03-03'")
    out = [path for path in root.mail_files() if path.name.startswith("20260303")]
    return len(root.tree("outbox/fournisseurs")) > 8 and 0 < len(out) < due


def aside(root: Root, statement: str):
    """One value from a copy of the database, whose write-ahead log stays as the kill left it."""
    with tempfile.TemporaryDirectory() as folder:
        for path in (root.path / "var").glob("segur.db*"):
            shutil.copy2(path, folder)
        with contextlib.closing(sqlite3.connect(f"{folder}/segur.db")) as database:
            return database.execute(statement).fetchone()[0]


def after_the_kill(root: Made) -> dict[str, bytes]:
    n = root.numero
    return {
        "asp/decisions.csv": decisions([row(n("nouvelle"), "valider"), row(n("attente"), "rejeter", "Doublon")]),
        f"{F['attendue'].compte}/kbis.zip": pieces(n("attendue"), F["attendue"], "kbis").archive(),
        f"{F['refuse'].compte}/corrigee.zip": filed(F["refuse"]),
    }


# --- What is told ------------------------------------------------------------------------------------


def state(root: Root) -> dict:
    """number -> what `list` and `show` say of that request and what will be said for ever."""
    listed = json.loads(root.segur("list", "--format", "json", "--root", root.path).stdout)
    found = {}
    for numero in (item["numero"] for item in listed):
        shown = root.show(numero)
        found[numero] = {key: shown[key] for key in "statut type anticipe siret numero_ans date_depot".split()}
        found[numero] |= {
            "pieces": lines(shown["pieces"], "type sha256"),
            "mails": lines(shown["mails"], "date type destinataire"),
            "historique": lines(shown["historique"], "date evenement vers rang maillon"),
            "effacements": lines(shown["effacements"], "date nature objet"),
        }
    assert [found[item["numero"]]["statut"] for item in listed] == [item["statut"] for item in listed]
    return found


def lines(rows, keys: str) -> list[str]:
    return [" ".join(str(row[key]) for key in keys.split()) for row in rows]


def documents(root: Root, numero: str, *more) -> list[str]:
    """The hashes of what `pieces` writes out."""
    with tempfile.TemporaryDirectory() as folder:
        other = Root.__new__(Root)
        other.path = pathlib.Path(folder)
        done = root.segur("pieces", numero, other.path / "out", "--root", root.path, *more)
        assert done.returncode == 0, done.stderr
        return sorted(other.tree("out").values())


def told(root: Root, old: dict) -> dict:
    """What a night brought, of what `old` was the outbox: answers and mails as their readers take them."""
    found = {"reponses": {}, "retours": {}, "courriels": []}
    for name in sorted(name for name, digest in root.tree().items() if old.get(name) != digest):
        path = root.path / "outbox" / name
        folder = path.relative_to(root.path / "outbox").parts[0]
        if folder == "fournisseurs" and "_retour" in name:
            answer = parsed(path)
            found["reponses"][name] = lines([answer], "etat numero statut") + sorted({a["code"] for a in answer["anomalies"]})
        elif name.startswith("asp/retours/"):
            found["retours"][name] = lines(table(path.read_bytes()), "ligne etat code")
    new = {path.name for path in root.mail_files() if f"mails/new/{path.name}" not in old}
    for path, mail in zip(root.mail_files(), root.mails()):
        if path.name in new:
            to = mail["To"].addresses[0].addr_spec
            found["courriels"].append(f"{mail['X-Segur-Mail']} {to} {mail['X-Segur-Demande']}")
    found["courriels"].sort()
    found["demandes"] = lines(root.report("demandes"), "numero statut action")
    found["droits"] = sorted(lines(root.report("droits"), RIGHTS))
    return found


def versions(root: Root) -> list[str]:
    """Of the program and of the rules that played the newest night."""
    return list(root.sql("SELECT programme, regles FROM nuits ORDER BY id DESC LIMIT 1")[0])


# --- Files -------------------------------------------------------------------------------------------


def packed(path: pathlib.Path, folders: dict[str, pathlib.Path]) -> None:
    """A .tar.xz of folders or files: modes, links and empty folders as they are, owned by whoever unpacks it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as out:
        for name, folder in folders.items():
            out.add(folder, name, filter=nobody)
    path.write_bytes(lzma.compress(buffer.getvalue(), preset=9 | lzma.PRESET_EXTREME))


def nobody(info: tarfile.TarInfo) -> tarfile.TarInfo:
    for key, value in {"uid": 0, "gid": 0, "uname": "", "gname": "", "mtime": int(info.mtime)}.items():
        setattr(info, key, value)
    return info


def unpacked(path: pathlib.Path, folder: pathlib.Path) -> None:
    with lzma.open(path) as file, tarfile.open(fileobj=file) as members:
        members.extraction_filter = lambda member, _: member  # modes as they were
        members.extractall(folder)
    for database in folder.glob("*/var/segur.db"):
        known_again(database.parents[1])


def known_again(root: pathlib.Path) -> None:
    """A file of the inbox that was answered and has not left is known by inode and change time: of a copy, those that
    it has now. A child that ends abruptly writes them, so that the log beside the database stays as a kill left it."""
    child = os.fork()
    if child == 0:
        try:
            answered_files(sqlite3.connect(root / "var/segur.db", isolation_level=None), root / "inbox")
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0


def answered_files(database: sqlite3.Connection, inbox: pathlib.Path) -> None:
    for rows, compte, name in (("depots", "compte", "archive"), ("fichiers_asp", "'asp'", "nom")):
        answered = database.execute(f"SELECT id, {compte}, {name}, libere FROM {rows}").fetchall()
        for key, folder, file, released in answered:
            path = inbox / folder / file
            if path.is_symlink() or (path.exists() and not released):  # a link is answered and stays
                changed, rest = divmod(path.lstat().st_ctime_ns, 10**9)
                source = f"{path.lstat().st_ino}-{changed}.{rest:09d}"
                database.execute(f"UPDATE {rows} SET source = ? WHERE id = ?", (source, key))


class Bench:
    """Plays the next night of each root, and writes it all down."""

    def __init__(self, program: pathlib.Path, out: pathlib.Path, folder: pathlib.Path):
        self.program, self.out, self.folder = program, out, folder

    def fixture(self, name: str, root: Made, nights, date: str, inbox: dict, more=None, key=(), told_before=None) -> None:
        """`more`: what else is packed. `told_before`: of a killed night, what the undisturbed one says."""
        following = self.folder / name
        write(following / "inbox", inbox)
        roots = more or {"root": root.path}
        packed(self.out / f"{name}.tar.xz", roots | {"next": following} | {k: self.folder / k for k in key})
        options = ["--cle", self.folder / key[0]] if key else []
        before = state(root)
        facts = {"versions": versions(root), "nuits": list(nights), "demandes": before}
        facts["documents"] = {numero: documents(root, numero, *options) for numero in before}
        facts |= told_before or {}
        facts["suite"] = self.next_night(root, date, inbox)
        text = json.dumps(facts, ensure_ascii=False, indent=1)
        (self.out / f"{name}.json").write_text(text + "\n", "utf-8")

    @staticmethod
    def next_night(root: Made, date: str, inbox: dict) -> dict:
        played = root.copy()
        known_again(played.path)
        old = played.tree()
        write(played.path / "inbox", inbox)
        played.run(date)
        facts = {"date": date, "statuts": {n: d["statut"] for n, d in state(played).items()}}
        facts |= told(played, old) | {"outbox": {k: v for k, v in played.tree().items() if old.get(k) != v}}
        played.remove()
        return facts

    def backup(self, name: str, root: Made, *options) -> None:
        path = self.folder / f"{name}.db"
        done = root.segur("backup", path, "--root", root.path, *options)
        assert done.returncode == 0, done.stderr

    def make(self) -> None:
        root = six_nights(self.program)
        rich(root)
        self.fixture("six-nights", root, NIGHTS, SEVENTH, seventh(root))
        self.backup("six-nights", root)
        self.backup("six-nights-without-insee", root, "--sans-insee")
        self.purged(root)
        root.remove()
        root = encrypted(self.program, self.folder)
        self.fixture("encrypted", root, NIGHTS[:2], NIGHTS[2], after_encrypted(root), key=["cle.pem"])
        self.backup("encrypted", root)
        root.remove()
        packed(self.out / "backups.tar.xz", {path.name: path for path in sorted(self.folder.glob("*.db"))})
        self.killed()

    def purged(self, root: Made) -> None:
        """Decided in the second night: erased whole; later: identity papers; of earlier nights, refused drops too."""
        root = root.copy()
        root.__class__ = Made
        (root.path / "inbox" / F["refuse"].compte / "lien.zip").unlink()  # its answer is erased: it would be answered again
        root.configure(identite_jours=10, dossier_jours=47, refus_jours=40, rapports_jours=40)
        done = root.segur("purge", "--root", root.path, "--date", PURGED_ON)
        assert done.returncode == 0, done.stderr
        natures = dict(root.sql("SELECT nature, count(*) FROM effacements GROUP BY 1"))
        assert {"identite", "dossier"} <= set(natures), natures
        self.fixture("purged", root, NIGHTS, AFTER_PURGE, seventh(root))
        self.backup("purged", root)
        root.remove()

    def killed(self) -> None:
        before = before_the_kill(self.program)
        whole = before.copy()
        whole.__class__ = Made
        old = whole.tree()
        whole.run(NIGHTS[1])
        undisturbed = told(whole, old) | {"date": NIGHTS[1], "outbox": whole.tree()}
        early = killed(before, "linkat,renameat", copies_kept)
        late = killed(before, "renameat", half_published)
        more = {"before-commit": early.path, "between": late.path}
        self.fixture("killed", whole, NIGHTS[:2], NIGHTS[2], after_the_kill(whole), more, told_before={"tuee": undisturbed})
        for root in (before, whole, early, late):
            root.remove()


def rich(root: Made) -> None:
    """What the six nights must have met."""
    def column(statement):
        return {value for (value,) in root.sql(statement)}

    assert len(column("SELECT DISTINCT statut FROM demandes")) == 6, column("SELECT DISTINCT statut FROM demandes")
    assert column("SELECT DISTINCT type FROM depots WHERE numero IS NOT NULL") >= {
        "initial", "complementaire", "pieces", "modification", "finalisation"}  # fmt: skip
    kinds = collections.Counter(mail["X-Segur-Mail"] for mail in root.mails())
    assert len(kinds) == 12, kinds
    assert column("SELECT DISTINCT code FROM signaux"), "signals"
    assert column("SELECT DISTINCT evenement FROM evenements") >= {"relance", "echeance"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=pathlib.Path, default=SEGUR)
    parser.add_argument("--out", type=pathlib.Path, default=REPO / "build/roots")
    args = parser.parse_args()
    os.umask(0o022)
    args.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        Bench(args.program.resolve(), args.out, pathlib.Path(folder)).make()
    for path in sorted(args.out.iterdir()):
        print(f"{path.stat().st_size:8} {path}")


if __name__ == "__main__":
    main()
