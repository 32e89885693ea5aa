#!/usr/bin/python3
"""A root with N requests stored, as years of nights would have left it: `segur verify` finds that all agrees.

    store_fill.py ROOT N

ROOT is one that `segur init` made and no night has played in. A thousand nights before 2026-03-01 share the requests
out. Of a hundred one is in progress, one awaits documents, one a certificate that the register does not know of, and
has for long been due a reminder; seven are rejected, the others validated. Of finished requests a purge has erased the
documents: nothing of theirs lies in var/archives, all rows are there. Same arguments, same bytes, but for what hangs on
the root's own secret. The triggers stand aside while the rows come; so do the indexes during the first half. The second
half goes into them row by row, which leaves their pages as loose as nights do, and not full to the brim.

Nothing makes it easier for a night than years would: accounts are those of generate.py, so each has a past; SIREN,
numbers of the ANS and IBAN lie scattered among those that will come.
"""

import datetime
import hashlib
import hmac
import math
import pathlib
import sqlite3
import sys

NIGHTS, FIRST = 1000, datetime.date(2023, 6, 1)
ACCOUNTS = 1000
CHUNK = 20_000  # requests whose rows are made together
PIECES = ("kbis", "rib", "piece_identite_representant")

# What becomes of a request: status, event that led there (None: still in progress), its mail.
IN_PROGRESS = ("EN_COURS", None, None)
AWAITED = ("ATTENTE_PIECES", "demander_pieces", "demande_pieces")
PARTIAL = ("VALIDATION_PARTIELLE", "valider", "validation_partielle")
REJECTED = ("REJETEE", "rejeter", "refus")
VALIDATED = ("VALIDEE", "valider", "validation")


def fate(k):
    return {0: IN_PROGRESS, 1: AWAITED, 2: PARTIAL}.get(k % 100, REJECTED if k % 100 < 10 else VALIDATED)


def scattered(k, size):
    """Another number below `size` for each k below it, in no order."""
    step = int(size * 0.618) | 1
    while math.gcd(step, size) > 1:
        step += 2
    return k * step % size


def luhn_digit(digits):
    total = sum(sum(divmod(2 * int(c), 10)) if i % 2 == 0 else int(c) for i, c in enumerate(reversed(digits)))
    return str(-total % 10)


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


class Chain:
    """The journal: links that follow from each other, as journal.c makes them."""

    def __init__(self, secret):
        self.secret, self.rank, self.link = secret, 0, "0" * 64

    def add(self, event, numero, date, name, actor, motif, before, after, pieces, file, digest):
        """The row of the link of that event. Every text is ASCII without a separator."""
        self.rank += 1
        head = f"{self.rank}|{numero}|{date}|{name}|{actor.partition(':')[0]}|{before}|{after}|{pieces}|{digest}|"
        said = "".join(f"|{len(text)}:{text}" for text in (actor, motif, file))
        mention = hmac.digest(self.secret, f"journal|{event}|{len(head)}:{head}{said}".encode(), "sha256").hex()
        text = f"{head}|{mention}"
        self.link = sha256(f"{self.link}\n{text}")
        return self.rank, event, text, self.link


INSERTS = {
    "depots": "id, nuit, date, compte, archive, taille, sha256, format, recu_le, type, etat, essai, demande, numero,"
              " statut, source, retour_nom, retour_publie, libere",
    "demandes": "id, rang, statut, type, anticipe, certificats, compte, siret, siren, numero_ans, logiciel, version, dsr,"
                " profil, siren_editeur, denomination, date_depot, contact, contact_nom, titulaire, attente_depuis,"
                " validee_le",
    "dossiers": "demande, rang, depot, nom_commercial, numero, type_voie, nom_voie, code_postal, commune, distributeur,"
                " declarant, representant_nom, representant_prenom, representant_email, representant_telephone,"
                " representant_identite_nature, representant_identite_valide_jusqu_au,"
                " representant_identite_delivree_le, iban, bic, titulaire, domiciliation, tva_assujetti",
    "pieces": "demande, depot, type, fichier, ordinal, taille, sha256, format",
    "pieces_demandees": "demande, type",
    "evenements": "id, nuit, date, demande, numero, evenement, acteur, de, vers, motif, pieces, fichier, depot, details",
    "journal": "rang, evenement, texte, maillon",
    "mails": "date, type, destinataire, destinataire_nom, demande, numero, evenement, depot, publie",
    "comptes": "identifiant, email, siren, titulaire, ouvert_le, demande",
    "echeances": "demande, type, date, depot",
    "effacements": "date, nature, objet, demande, depot, piece, sha256, etat",
}


class Filler:
    def __init__(self, root, n):
        self.root, self.n = root, n
        self.chain = Chain((root / "var/secret").read_bytes())
        self.nights = min(n, NIGHTS)
        self.event = 0
        self.rows = {}

    def night(self, k):
        """Number and date of the night that the drop came in."""
        number = (k - 1) * self.nights // self.n
        return number + 1, str(FIRST + datetime.timedelta(days=number))

    def tell(self, k, night, date, name, actor, before, after, motif="", pieces="", file="", depot=None, digest=""):
        self.event += 1
        numero = f"ENR{k:04}M0"
        self.rows["evenements"].append((self.event, night, date, k, numero, name, actor, before or None, after, motif,
                                        pieces, file, depot, ""))
        self.rows["journal"].append(self.chain.add(self.event, numero, date, name, actor, motif, before, after, pieces,
                                                   file, digest))
        return self.event

    def kept(self, k, under_way):
        """The hash of its archive, which lies there while the request is under way."""
        data = f"archive {k}\n".encode()
        digest = hashlib.sha256(data).hexdigest()
        if under_way:
            path = self.root / "var/archives" / digest[:2] / digest
            path.parent.mkdir(mode=0o700, exist_ok=True)
            path.write_bytes(data)
            path.chmod(0o600)
        return digest

    def request(self, k):
        status, decision, mail = fate(k)
        under_way = status not in ("REJETEE", "VALIDEE")
        (night, date), rows = self.night(k), self.rows
        compte, archive, numero = f"editeur-{k % ACCOUNTS:05}", f"depot-{k}.zip", f"ENR{k:04}M0"
        digits = str(10_000_000 + 2 * scattered(k, 45_000_000))
        siren = digits + luhn_digit(digits)
        siret, email = siren + "0001" + luhn_digit(siren + "0001"), f"personne.{k}@ancien.example"
        digest, name = self.kept(k, under_way), f"Personne {k}"
        rows["depots"].append((k, night, date, compte, archive, 40_000, digest, "zip", date, "initial", "OK", 0, k, numero,
                               "EN_COURS", f"{k}-0", f"{archive}_retour.yaml", 1, 1))
        partial = decision == "valider" and under_way
        rows["demandes"].append((k, 0, status, "initial", int(partial), int(not partial), compte, siret, siren,
                                 f"{scattered(k, 16**9):09x}z", f"Logiciel {k}", "2.1", "LGC", "Medecin", siren, f"EDITEUR {k}", date, email,
                                 name, "representant_legal", {"ATTENTE_PIECES": "2026-02-28"}.get(status, date)
                                 if under_way and decision else None, date if decision == "valider" else None))
        rows["dossiers"].append((k, 0, k, f"Editeur {k}", str(k % 200), "RUE", "DES ESSAIS", f"{k % 95 + 1:02}000",
                                 "VILLE", "non", "representant_legal", "PERSONNE", f"P{k}", email, "0123456789", "cni",
                                 "2031-01-31", "2021-01-31", f"FR76{scattered(k, 10**10):010}{k:013}", "PSSTFRPPPAR",
                                 f"EDITEUR {k}", "BANQUE", "oui"))
        digests = [sha256(f"{kind} {k}") for kind in PIECES]
        for i, kind in enumerate(PIECES):
            rows["pieces"].append((k, k, kind, f"{kind}.pdf", i + 1, 12_000, digests[i], "pdf"))
        event = self.tell(k, night, date, "depot", f"compte:{compte}", "", "EN_COURS", file=archive, depot=k, digest=digest)
        rows["mails"].append((date, "accuse_reception", email, name, k, numero, event, k, 1))
        if decision:
            event = self.tell(k, night, date, decision, "gestionnaire:Camille", "EN_COURS", status,
                              pieces="kbis" if status == "ATTENTE_PIECES" else "", file="decisions.csv")
            rows["mails"].append((date, mail, email, name, k, numero, event, None, 1))
        if decision == "valider":
            rows["comptes"].append((f"ancien{k}", email, siren, "representant_legal", date, k))
        if status == "ATTENTE_PIECES":
            rows["pieces_demandees"].append((k, "kbis"))
        if under_way:
            rows["echeances"].append((k, PIECES[2], "2031-01-31", k))
        else:
            rows["effacements"].append((date, "dossier", "archive", k, k, None, digest, "fait"))
            for i, kind in enumerate(PIECES):
                rows["effacements"].append((date, "dossier", kind, k, k, 3 * k - 2 + i, digests[i], "fait"))

    def add_nights(self, db):
        db.executemany("INSERT INTO nuits (id, date, programme, regles, terminee) VALUES (?, ?, '1', '1', 1)",
                       ((i + 1, str(FIRST + datetime.timedelta(days=i))) for i in range(self.nights)))

    def fill(self, db, numbers):
        """The requests of that range."""
        for first in range(numbers.start, numbers.stop, CHUNK):
            self.rows = {table: [] for table in INSERTS}
            for k in range(first, min(first + CHUNK, numbers.stop)):
                self.request(k)
            for table, columns in INSERTS.items():
                marks = ", ".join("?" * len(columns.split(",")))
                db.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", self.rows[table])


def count(db):
    """What the migrations' triggers keep, from what is there."""
    db.execute("UPDATE compteurs SET valeur = (SELECT count(*) FROM demandes WHERE statut = nom) WHERE nom <> 'comptes'")
    db.execute("UPDATE compteurs SET valeur = (SELECT count(*) FROM comptes) WHERE nom = 'comptes'")
    db.execute("INSERT INTO reperes SELECT 'effacement', min(d.nuit) FROM effacements x JOIN depots d ON d.id = x.depot"
               " HAVING count(*) > 0")


def main():
    if len(sys.argv) != 3 or not sys.argv[2].isdigit():
        sys.exit(__doc__)
    root, n = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    db = sqlite3.connect(root / "var/segur.db", isolation_level=None)
    if db.execute("SELECT EXISTS (SELECT 1 FROM nuits)").fetchone()[0]:
        sys.exit(f"{root}: a night was played there")
    # A root that is half made is of no use: nothing is synced, nothing could be rolled back.
    db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -2000000;"
                     "PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = OFF; PRAGMA threads = 2")
    aside = db.execute("SELECT type, name, sql FROM sqlite_schema WHERE type IN ('index', 'trigger') AND sql <> ''"
                       " ORDER BY type = 'trigger', rowid").fetchall()
    for kind, name, _ in aside:
        db.execute(f"DROP {kind} {name}")
    filler = Filler(root, n)
    filler.add_nights(db)
    for numbers, kind in ((range(1, n // 2 + 1), "index"), (range(n // 2 + 1, n + 1), "trigger")):
        db.execute("BEGIN")
        filler.fill(db, numbers)
        if kind == "trigger":
            count(db)
        db.execute("COMMIT")
        for back in aside:
            if back[0] == kind:
                db.execute(back[2])
    db.execute("PRAGMA journal_mode = WAL")
    db.close()


if __name__ == "__main__":
    main()
