#!/usr/bin/python3
"""The same night in idiomatic Python: what the benchmark compares `segur run` with.

    pipeline.py ROOT --date AAAA-MM-JJ [--jobs N] [--group-sync | --no-sync] [--plain-mails] [--light-pieces]

Takes the drops of ROOT/inbox, checks them, records them in SQLite, keeps the archives and publishes
answers, mails and reports. Standard library, PyYAML's C parser, Pillow and pikepdf; initial dossiers only.
A drop goes through `examine` (in a pool of processes), then, in the parent, `keep`, `record` and `publish`.

Nothing is marked done before it is durable: the kept copy before the row, the row before the drop is
removed and before the answer goes out, the answer before its row says so. By default each file and each
folder is synced by itself and each dossier is a transaction; --group-sync does both for 256 dossiers
at once (syncfs); --no-sync leaves everything to the kernel and is no fair rival, only a measure.
--plain-mails formats mails and answers as text instead of building them with email and yaml, and collects no garbage.
--light-pieces decodes no piece; so it is, too, where Pillow or pikepdf is missing.
"""

import argparse
import csv
import ctypes
import datetime
import email.charset
import email.header
import email.message
import email.policy
import email.utils
import gc
import hashlib
import io
import itertools
import json
import multiprocessing
import os
import pathlib
import quopri
import sqlite3
import tarfile
import zipfile
import zlib

import yaml

from pipeline_checks import Dossier, check_fields, check_pieces, fold, read_entries, squeeze
from pipeline_pieces import Refused, decode_from_here_on

MAX_DOSSIER = 256 * 1024
GROUP_SIZE = 256
PARTIAL = (".part", ".filepart", ".tmp")


# --- durability ----------------------------------------------------------------------------------

class Sync:
    """Where to wait for the disk. `stage` ends a step of a group, `file` and `folder` one item."""

    def __init__(self, mode):
        self.mode = mode  # each, group, none
        self.libc = ctypes.CDLL(None, use_errno=True)

    def __reduce__(self):
        return Sync, (self.mode,)

    def file(self, f):
        if self.mode == "each":
            f.flush()
            os.fsync(f.fileno())

    def folder(self, path):
        if self.mode == "each":
            self._on_folder(path, os.fsync)

    def stage(self, path):
        if self.mode == "group":
            self._on_folder(path, self._syncfs)

    def _syncfs(self, fd):
        if self.libc.syncfs(fd) != 0:
            raise OSError(ctypes.get_errno(), "syncfs")

    @staticmethod
    def _on_folder(path, function):
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            function(fd)
        finally:
            os.close(fd)


def write_files(sync, files):
    """Writes (folder, temporary, final, bytes) of one file system: temporaries, sync, renames, sync.
    `temporary` and `final` are names in the folder, or below it."""
    for folder, temporary, _, data in files:
        with open(f"{folder}/{temporary}", "wb", buffering=0) as f:
            f.write(data)
            sync.file(f)
    sync.stage(files[0][0])
    for folder, temporary, final, _ in files:
        os.rename(f"{folder}/{temporary}", f"{folder}/{final}")
        sync.folder(os.path.dirname(f"{folder}/{final}"))
    sync.stage(files[0][0])


# --- one drop, in a worker process ----------------------------------------------------------------

def examine(task):
    """Copies the drop aside and checks the copy, so that what is checked is what is kept."""
    compte, path, copy, night, sync = task
    with open(path, "rb", buffering=0) as source, open(copy, "wb", buffering=0) as kept:
        digest, size = hashlib.sha256(), 0
        while block := source.read(1 << 18):
            digest.update(block)
            size += kept.write(block)
        sync.file(kept)
    d, pieces = Dossier(), []
    try:
        entries = read_entries(copy)
        text = entries.get("dossier.yaml")
        if text is None or len(text) > MAX_DOSSIER:
            raise Refused("dossier.yaml manque ou est démesuré")
        d.load(text)
        if d.values:
            check_fields(d, night)
        pieces = check_pieces(d, entries, night)
    except (Refused, zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError) as fault:
        d.blocks("ARC-LIRE", "", f"archive illisible : {fault}")
    return {"compte": compte, "path": path, "copy": copy, "sha256": digest.hexdigest(), "taille": size, "dossier": d,
            "pieces": pieces}


# --- database ------------------------------------------------------------------------------------

SCHEMA = """
CREATE TABLE referencements (numero_ans TEXT PRIMARY KEY, logiciel, version, dsr, profil, siren_editeur, etat,
    date_etat) WITHOUT ROWID;
CREATE TABLE comptes (identifiant TEXT PRIMARY KEY, email, siren, portail_segur, titulaire) WITHOUT ROWID;
CREATE INDEX comptes_siren ON comptes (siren);
CREATE TABLE acces (compte TEXT, siren TEXT, contact, PRIMARY KEY (compte, siren)) WITHOUT ROWID;
CREATE TABLE banques (code_banque TEXT PRIMARY KEY, bic, nom) WITHOUT ROWID;
CREATE TABLE unites (siren TEXT PRIMARY KEY, etat, denomination, nom, prenom, categorie) WITHOUT ROWID;
CREATE TABLE etablissements (siret TEXT PRIMARY KEY, etat, numero, type_voie, voie, code_postal, commune)
    WITHOUT ROWID;
CREATE TABLE demandes (id INTEGER PRIMARY KEY, date_depot, statut, siret, numero_ans, type, anticipe, email);
CREATE INDEX demandes_siret ON demandes (siret);
CREATE UNIQUE INDEX demandes_ans ON demandes (numero_ans) WHERE statut <> 'REJETEE';
CREATE TABLE depots (id INTEGER PRIMARY KEY, compte, archive, taille, sha256, etat, demande,
    publie INTEGER NOT NULL DEFAULT 0);
CREATE INDEX depots_sha256 ON depots (sha256);
CREATE TABLE pieces (demande, type, fichier, taille, sha256, mime);
CREATE TABLE anomalies (depot, code, gravite, chemin, ligne, colonne, valeur, message);
CREATE TABLE evenements (demande, date, evenement, vers);
CREATE TABLE coordonnees (demande, iban, bic, titulaire, domiciliation);
"""
REFERENCES = (  # file, table, columns of the file in the table's order
    ("referencements.csv", "referencements", "numero_ans logiciel version dsr profil siren_editeur etat date_etat"),
    ("comptes.csv", "comptes", "identifiant email siren portail_segur titulaire"),
    ("acces.csv", "acces", "compte siren contact"),
    ("banques.csv", "banques", "code_banque bic nom"),
    ("StockUniteLegale_utf8.csv", "unites", "siren etatAdministratifUniteLegale denominationUniteLegale "
     "nomUniteLegale prenom1UniteLegale categorieJuridiqueUniteLegale"),
    ("StockEtablissement_utf8.csv", "etablissements", "siret etatAdministratifEtablissement "
     "numeroVoieEtablissement typeVoieEtablissement libelleVoieEtablissement codePostalEtablissement "
     "libelleCommuneEtablissement"),
)


def open_text(path):
    """UTF-8 with or without BOM, else Windows-1252."""
    try:
        with open(path, encoding="utf-8-sig") as f:
            for _ in iter(lambda: f.read(1 << 20), ""):
                pass
        return open(path, encoding="utf-8-sig", newline="")
    except UnicodeDecodeError:
        return open(path, encoding="cp1252", newline="")


def load_references(db, root, sync):
    """Replaces each reference table whole; the files leave the inbox once that is durable."""
    retours, taken = [], []
    db.execute("BEGIN IMMEDIATE")
    for name, table, columns in REFERENCES:
        path = root / "inbox/asp" / name
        if not path.exists():
            continue
        with open_text(path) as f:
            first = f.readline()
            delimiter = ";" if first.count(";") > first.count(",") else ","
            header = [h.strip() for h in next(csv.reader([first], delimiter=delimiter))]
            wanted = [header.index(column) for column in columns.split()]
            db.execute(f"DELETE FROM {table}")
            rows = ([row[i].strip() for i in wanted] for row in csv.reader(f, delimiter=delimiter) if row)
            count = db.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * len(wanted))})", rows).rowcount
        retours.append((root / "outbox/asp/retours", f".{name}.tmp", f"{name}_retour.csv",
                        f"ligne;etat;message\r\n1;appliquee;{count} lignes\r\n".encode()))
        taken.append(path)
    db.execute("COMMIT")
    for path in taken:
        path.unlink()
    if retours:
        write_files(sync, retours)


def expected_pieces(d, legal_name, register):
    expected = {"rib", "piece_identite_representant"}
    if register["etat"] == "valide":
        expected.add("certificat_referencement")
        if register["dsr"] == "SONS DPI":
            hosts = d.boolean("referencement.hebergement_donnees_sante")
            expected.add("certificat_hds" if hosts else "attestation_non_hds")
    given = d.values.get("demandeur.denomination_sociale")
    if given and legal_name != "[ND]" and fold(given) != fold(legal_name):
        expected.add("kbis")
    if d.boolean("demandeur.distributeur", required=False):
        expected.add("mandat_editeur")
    if d.values.get("declarant") == "depositaire":
        centre = d.values.get("depositaire.qualite") == "centre_gestion"
        expected |= {"piece_identite_depositaire", "contrat_prestation" if centre else "mandat_representant_legal"}
    if d.boolean("tva.assujetti", required=False) is False:
        expected.add("preuve_hors_tva")
    return expected


def check_against_database(db, drop, siret):
    """The rules that need the register, the accounts and the other requests."""
    d, siren = drop["dossier"], siret[:9]
    one = lambda sql, *args: db.execute(sql, args).fetchone()
    if not one("SELECT 1 FROM acces WHERE compte = ? AND siren = ?", drop["compte"], siren):
        d.blocks("ACC-SIREN", "demandeur.siret", "ce compte de dépôt n'est pas habilité pour cette entreprise")
    numero_ans = d.values.get("referencement.numero_ans")
    register = one("SELECT * FROM referencements WHERE numero_ans = ?", numero_ans)
    if register is None or register["etat"] == "retire":
        d.blocks("CYC-ANS", "referencement.numero_ans", "numéro inconnu ou retiré : contacter l'assistance")
    if one("SELECT 1 FROM demandes WHERE numero_ans = ? AND statut <> 'REJETEE'", numero_ans):
        d.blocks("CYC-DEJA", "referencement.numero_ans", "ce numéro a déjà une demande d'enrôlement")
    if one("SELECT 1 FROM comptes WHERE siren = ? AND portail_segur = 'oui'", siren):
        d.blocks("CYC-COMPTE", "type", "un compte existe : déposer un enrôlement complémentaire")
    if one("SELECT 1 FROM demandes WHERE siret BETWEEN ? || '00000' AND ? || '99999' AND statut NOT IN "
           "('REJETEE', 'VALIDEE', 'VALIDATION_PARTIELLE')", siren, siren):
        d.blocks("CYC-ATTENTE", "type", "le premier enrôlement doit d'abord être validé")
    place = one("SELECT * FROM etablissements WHERE siret = ?", siret)
    unit = one("SELECT * FROM unites WHERE siren = ?", siren)
    if place is None or unit is None or "F" in (place["etat"], unit["etat"]):
        d.blocks("SIR-REG", "demandeur.siret", "établissement inconnu ou fermé")
    if register is None or unit is None:
        return register
    if register["siren_editeur"] != siren and not d.boolean("demandeur.distributeur", required=False):
        d.alerts("DEM-EDIT", "demandeur.distributeur", "le SIREN n'est pas celui de l'éditeur")
    legal_name = unit["denomination"] or f"{unit['nom']} {unit['prenom']}"
    given, expected = {piece[0] for piece in drop["pieces"]}, expected_pieces(d, legal_name, register)
    for kind in sorted(expected - given):
        d.blocks("PJ-MANQ", "pieces", f"pièce manquante : {kind}")
    for kind in sorted(given - expected):
        d.blocks("PJ-NONATT", "pieces", f"pièce non attendue : {kind}")
    return register


def check_bank_table(db, d):
    iban = squeeze(d.values["banque.iban"]).upper()
    row = db.execute("SELECT bic, nom FROM banques WHERE code_banque = ?", (iban[4:9],)).fetchone()
    if iban.startswith("FR") and row is None:
        d.alerts("BNK-INC", "banque.iban", "code banque absent de la table")
    elif row and row["bic"][:8] != squeeze(d.values["banque.bic"]).upper()[:8]:
        d.alerts("BNK-TABLE", "banque.bic", "la table des banques donne un autre BIC")
    return row["nom"] if row else None


def record(db, drop, night):
    """Decides and writes the rows of one drop; the caller holds the transaction. Returns what to publish."""
    d = drop["dossier"]
    due = {key: drop[key] for key in ("compte", "path", "sha256", "taille")}
    due |= {"new": True, "etat": "KO", "numero": None, "anomalies": d.anomalies,
            "email": d.values.get("representant.email"), "numero_ans": d.values.get("referencement.numero_ans")}
    known = db.execute("SELECT id, etat, demande FROM depots WHERE sha256 = ? AND demande IS NOT NULL",
                       (drop["sha256"],)).fetchone()
    if known:
        rows = db.execute("SELECT code, gravite, chemin, ligne, colonne, valeur, message FROM anomalies "
                          "WHERE depot = ?", (known["id"],))
        return due | {"new": False, "etat": known["etat"], "numero": known["demande"],
                      "anomalies": [dict(row) for row in rows]}
    siret, register, bank = squeeze(d.values.get("demandeur.siret") or ""), None, None
    if not d.blocked():
        register = check_against_database(db, drop, siret)
        bank = check_bank_table(db, d)
    if not d.blocked():
        demande = db.execute(
            "INSERT INTO demandes (date_depot, statut, siret, numero_ans, type, anticipe, email) VALUES "
            "(?, 'EN_COURS', ?, ?, 'initial', ?, ?)",
            (night.isoformat(), siret, due["numero_ans"], register["etat"] != "valide", due["email"])).lastrowid
        due |= {"etat": "ANO" if d.anomalies else "OK", "numero": f"ENR{demande:04}M0"}
        db.executemany("INSERT INTO pieces VALUES (?, ?, ?, ?, ?, ?)", [(demande, *p) for p in drop["pieces"]])
        db.execute("INSERT INTO evenements VALUES (?, ?, 'depot', 'EN_COURS')", (demande, night.isoformat()))
        db.execute("INSERT INTO coordonnees VALUES (?, ?, ?, ?, ?)",
                   (demande, squeeze(d.values["banque.iban"]), squeeze(d.values["banque.bic"]),
                    d.values["banque.titulaire"], bank))
    due["depot"] = db.execute(
        "INSERT INTO depots (compte, archive, taille, sha256, etat, demande) VALUES (?, ?, ?, ?, ?, ?)",
        (drop["compte"], drop["path"].name, drop["taille"], drop["sha256"], due["etat"], due["numero"])).lastrowid
    db.executemany("INSERT INTO anomalies VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                   [(due["depot"], *a.values()) for a in d.anomalies])
    return due


# --- answers, mails, reports -----------------------------------------------------------------------

SERVICE = {"nom": "Agence de services et de paiement", "courriel": "assistance@asp.example",
           "telephone": "01 99 00 00 00"}
UTF8 = email.charset.Charset("utf-8")
UTF8.header_encoding = UTF8.body_encoding = email.charset.QP
CRLF = email.policy.compat32.clone(linesep="\r\n")


def make_answer(drop, night):
    return yaml.dump({
        "archive": drop["path"].name, "taille": drop["taille"], "sha256": drop["sha256"],
        "recu_le": night.isoformat(), "service": SERVICE, "programme": "pipeline.py", "regles": "1",
        "etat": drop["etat"], "essai": "non", "numero": drop["numero"],
        "statut": "EN_COURS" if drop["numero"] else None, "statut_libelle": "En cours" if drop["numero"] else None,
        "anomalies": drop["anomalies"],
    }, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False).encode()


def mail_body(drop):
    if drop["etat"] != "KO":
        said = (f"Nous accusons réception de votre demande d'enrôlement {drop['numero']} pour la solution "
                f"référencée numéro ANS {drop['numero_ans']}.\n")
    else:
        said = ("Votre dépôt ne peut pas être enregistré :\n"
                + "".join(f"- {a['chemin']} : {a['message']}\n" for a in drop["anomalies"]))
    return f"Madame, Monsieur,\n\n{said}\nCordialement.\n\n{SERVICE['nom']}\n"


def midnight(night):
    return email.utils.format_datetime(datetime.datetime.combine(night, datetime.time(), datetime.timezone.utc))


def make_mail(drop, night):
    """Message with the compat32 policy: three times as fast as EmailMessage."""
    accepted = drop["etat"] != "KO"
    message = email.message.Message()
    message["From"] = email.utils.formataddr(("Enrôlement Ségur", SERVICE["courriel"]), UTF8)
    message["To"] = drop["email"] or SERVICE["courriel"]
    message["Subject"] = email.header.Header(
        f"Accusé de réception {drop['numero']}" if accepted else "Dépôt refusé", UTF8)
    message["Date"] = midnight(night)
    message["Message-ID"] = f"<{drop['sha256'][:32]}@asp.example>"
    message["X-Segur-Mail"] = "accuse_reception" if accepted else "depot_refuse"
    if accepted:
        message["X-Segur-Demande"] = drop["numero"]
    message.set_payload(mail_body(drop), UTF8)
    return message.as_bytes(policy=CRLF)


# --plain-mails: what a profiler leads to, since email and yaml cost more than anything else in publishing.

PLAIN_FROM = email.utils.formataddr(("Enrôlement Ségur", SERVICE["courriel"]), UTF8)
PLAIN_SERVICE = json.dumps(SERVICE, ensure_ascii=False)


def plain_answer(drop, night):
    """The same answer; JSON's values are YAML's."""
    state = "statut: EN_COURS\nstatut_libelle: En cours" if drop["numero"] else "statut: null\nstatut_libelle: null"
    return f"""archive: {json.dumps(drop["path"].name, ensure_ascii=False)}
taille: {drop["taille"]}
sha256: "{drop["sha256"]}"
recu_le: "{night.isoformat()}"
service: {PLAIN_SERVICE}
programme: pipeline.py
regles: "1"
etat: {drop["etat"]}
essai: "non"
numero: {drop["numero"] or "null"}
{state}
anomalies: {json.dumps(drop["anomalies"], ensure_ascii=False)}
""".encode()


def plain_mail(drop, night):
    accepted = drop["etat"] != "KO"
    subject = f"Accus=C3=A9_de_r=C3=A9ception_{drop['numero']}" if accepted else "D=C3=A9p=C3=B4t_refus=C3=A9"
    headers = f"""From: {PLAIN_FROM}
To: {drop["email"] or SERVICE["courriel"]}
Subject: =?utf-8?q?{subject}?=
Date: {midnight(night)}
Message-ID: <{drop["sha256"][:32]}@asp.example>
X-Segur-Mail: {"accuse_reception" if accepted else "depot_refuse"}
{f"X-Segur-Demande: {drop['numero']}" + chr(10) if accepted else ""}MIME-Version: 1.0
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: quoted-printable

"""
    return (headers.encode() + quopri.encodestring(mail_body(drop).encode())).replace(b"\n", b"\r\n")


def publish(task):
    """Writes the answers and mails of some recorded drops; in a worker process."""
    root, drops, night, sync, plain = task
    answer, mail = (plain_answer, plain_mail) if plain else (make_answer, make_mail)
    answers, mails = [], []
    for drop in drops:
        folder, archive = f"{root}/outbox/fournisseurs/{drop['compte']}", drop["path"].name
        if not os.path.isdir(folder):
            os.mkdir(folder)
            sync.folder(os.path.dirname(folder))
        answers.append((folder, f".{archive}_retour.tmp", f"{archive}_retour.yaml", answer(drop, night)))
        if drop["new"]:
            name = drop["sha256"]
            mails.append((f"{root}/outbox/mails", f"tmp/{name}", f"new/{name}", mail(drop, night)))
    write_files(sync, answers + mails)


REPORTS = {  # name: query
    "demandes": "SELECT printf('ENR%04dM0', id) AS numero, date_depot, statut, 'En cours' AS statut_libelle, siret, "
                "profil, type, iif(anticipe, 'oui', 'non') AS anticipe, 'consulter' AS action "
                "FROM demandes JOIN referencements USING (numero_ans) ORDER BY id",
    "evenements": "SELECT * FROM evenements ORDER BY demande",
    "depots": "SELECT compte, archive, taille, sha256, etat, demande FROM depots ORDER BY id",
    "anomalies": "SELECT archive, compte, code, gravite, chemin, ligne, colonne, valeur, message "
                 "FROM anomalies JOIN depots ON depots.id = depot ORDER BY depot",
    "pieces": "SELECT * FROM pieces ORDER BY demande",
    "comptes": "SELECT * FROM comptes ORDER BY identifiant",
    "droits": "SELECT printf('ENR%04dM0', id) AS numero, email AS identifiant, 'non' AS connexion, "
              "'non' AS consultation, 'non' AS simulateur_json, 'non' AS verification_pieces, "
              "'non' AS enrolement_complementaire, 'non' AS demandes_financement FROM demandes ORDER BY id",
    "coordonnees_bancaires": "SELECT * FROM coordonnees ORDER BY demande",
    "alertes": "SELECT * FROM anomalies WHERE gravite = 'alerte' ORDER BY depot",
    "statistiques": "SELECT statut, count(*) AS nombre FROM demandes GROUP BY statut",
}


def write_reports(db, root, night, sync):
    """All reports in a folder of the night, then "courant" switched to it."""
    reports = root / "outbox/asp/rapports"
    folder, resources, files = reports / night.isoformat(), [], []
    folder.mkdir(exist_ok=True)
    for name, query in REPORTS.items():
        cursor, out = db.execute(query), io.StringIO(newline="")
        writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
        writer.writerow([column[0] for column in cursor.description])
        count = 0
        for row in cursor:
            writer.writerow([f"'{cell}" if isinstance(cell, str) and cell[:1] in "=+-@" and cell else cell
                             for cell in row])
            count += 1
        data = out.getvalue().encode("utf-8-sig")
        files.append((folder, f".{name}.tmp", f"{name}.csv", data))
        resources.append({"name": name, "path": f"{name}.csv", "rows": count,
                          "sha256": hashlib.sha256(data).hexdigest()})
    package = json.dumps({"name": "rapports", "resources": resources}, indent=1).encode()
    files.append((folder, ".datapackage.tmp", "datapackage.json", package))
    write_files(sync, files)
    link = reports / ".courant.tmp"
    link.symlink_to(folder.name)
    link.rename(reports / "courant")
    sync.folder(reports)
    sync.stage(reports)


# --- the night -----------------------------------------------------------------------------------

def scan_inbox(root):
    """The drops in the order received, then by name: (account, path)."""
    drops = []
    for account in os.scandir(root / "inbox"):
        if account.name != "asp" and account.is_dir(follow_symlinks=False):
            for entry in os.scandir(account.path):
                whole = not entry.name.startswith(".") and not entry.name.endswith(PARTIAL)
                if whole and entry.is_file(follow_symlinks=False):
                    drops.append((entry.stat().st_mtime_ns, account.name, pathlib.Path(entry.path)))
    return [(compte, path) for _, compte, path in sorted(drops)]


def keep(root, drops, sync):
    """Gives the checked copies their lasting names; durable on return."""
    sync.stage(root / "var")
    for drop in drops:
        folder = f"{root}/var/archives/{drop['sha256'][:2]}"
        if not os.path.isdir(folder):
            os.mkdir(folder)
            sync.folder(os.path.dirname(folder))
        os.rename(drop["copy"], f"{folder}/{drop['sha256']}")
        sync.folder(folder)
    sync.stage(root / "var")


def open_database(root, sync):
    path = root / "var/segur.db"
    new = not path.exists()
    db = sqlite3.connect(path, isolation_level=None)
    db.row_factory = sqlite3.Row
    db.execute("PRAGMA journal_mode = WAL")
    if new:
        db.executescript(f"BEGIN; {SCHEMA} COMMIT;")
    db.execute(f"PRAGMA synchronous = {'OFF' if sync.mode == 'none' else 'FULL'}")
    return db


def in_groups(iterable, size):
    iterator = iter(iterable)
    while group := list(itertools.islice(iterator, size)):
        yield group


def run_night(root, night, jobs, sync, plain):
    for folder in ("var/archives", "var/copies", "outbox/mails/tmp", "outbox/mails/new", "outbox/mails/cur",
                   "outbox/fournisseurs", "outbox/asp/rapports", "outbox/asp/retours"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    tasks = [(compte, path, f"{root}/var/copies/{i}", night, sync)
             for i, (compte, path) in enumerate(scan_inbox(root))]
    published, recorded, counts = [], [], {}
    with multiprocessing.Pool(jobs) as pool:
        examined = pool.imap(examine, tasks, chunksize=4)  # they start while the references are read
        db = open_database(root, sync)
        load_references(db, root, sync)
        for group in in_groups(examined, GROUP_SIZE if sync.mode == "group" else 1):
            keep(root, group, sync)
            db.execute("BEGIN IMMEDIATE")
            due = [record(db, drop, night) for drop in group]
            db.execute("COMMIT")
            for drop in due:
                drop["path"].unlink()
                counts[drop["etat"]] = counts.get(drop["etat"], 0) + 1
            recorded += [(drop["depot"],) for drop in due if drop["new"]]
            published.append(pool.apply_async(publish, ((root, due, night, sync, plain),)))
        for result in published:
            result.get()
    db.execute("BEGIN IMMEDIATE")
    db.executemany("UPDATE depots SET publie = 1 WHERE id = ?", recorded)
    db.execute("COMMIT")
    write_reports(db, root, night, sync)
    db.close()
    return counts


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("--date", type=datetime.date.fromisoformat, required=True)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--group-sync", dest="sync", action="store_const", const="group", default="each")
    how.add_argument("--no-sync", dest="sync", action="store_const", const="none")
    parser.add_argument("--plain-mails", action="store_true")
    parser.add_argument("--light-pieces", action="store_true")
    args = parser.parse_args()
    if not args.light_pieces:
        decode_from_here_on()
    if args.plain_mails:  # what a profiler leads to next: one night makes no garbage that matters
        gc.disable()
    counts = run_night(args.root, args.date, args.jobs, Sync(args.sync), args.plain_mails)
    print(*(f"{etat}={n}" for etat, n in sorted(counts.items())))


if __name__ == "__main__":
    main()
