#!/usr/bin/python3
"""Generates a root's inbox for the benchmark: reference files of the ASP and N valid drops.

    generate.py OUT --n N --kind tiny|real [--seed S] [--jobs J]

Writes OUT/inbox/asp/*.csv and OUT/inbox/<compte>/<archive>, one account and one supplier a drop.
The same arguments give the same bytes, whatever --jobs (zlib and zstd of one version). The pieces
are real: images of noise and PDFs that hold one, so that a checker has to decode what it would
decode in life. Archives are zip, tar.gz and tar.zst in turn, half of them with a top folder.
"""

import argparse
import csv
import gzip
import hashlib
import io
import math
import multiprocessing
import os
import pathlib
import random
import struct
import subprocess
import tarfile
import zipfile
import zlib

from stock import ETABLISSEMENT, UNITE_LEGALE

SIZES = {"tiny": (1_000, 4_000), "real": (50_000, 3_900_000)}  # bytes of a piece, log-uniform
PIECES = ("certificat_referencement", "piece_identite_representant", "rib")
FORMATS = ("zip", "tar.gz", "tar.zst")
SEVEN_BITS = bytes(b & 0x7F for b in range(256))
MTIME = 1_767_225_600  # 2026-01-01, UTC, in every archive

NAMES = "DURAND MARTIN LEFEBVRE MOREAU GARNIER FAURE ROUSSEL CHEVALIER LAMBERT BONNET".split()
FIRST_NAMES = "Élise Paul Chloé Hugo Inès Louis Zoé Rémi Agnès Noël".split()
COMMUNES = (("75002", "PARIS"), ("69003", "LYON"), ("31000", "TOULOUSE"), ("87000", "LIMOGES"))
STREETS = (("RUE", "DES EXEMPLES"), ("AV", "DE LA REPUBLIQUE"), ("CHE", "DU MOULIN"), ("BD", "DES ESSAIS"))


# --- identifiers with their checksums ------------------------------------------------------------

def luhn_digit(digits):
    """The digit that completes `digits` (La Poste's rule is not needed here)."""
    total = 0
    for i, c in enumerate(reversed(digits)):
        d = int(c) * (2 if i % 2 == 0 else 1)
        total += d - 9 if d > 9 else d
    return str(-total % 10)


def iban_fr(bank, branch, account):
    """A French IBAN from 5, 5 and 11 digits, with its RIB key (FD-mod 97) and ISO 13616 check digits."""
    key = 97 - (89 * int(bank) + 15 * int(branch) + 3 * int(account)) % 97
    bban = f"{bank}{branch}{account}{key:02}"
    check = 98 - int(bban + "152700") % 97  # "FR00" as digits
    return f"FR{check:02}{bban}"


# --- pieces --------------------------------------------------------------------------------------

def noise(rng, n):
    """n bytes of seven random bits: a little redundancy, so that inflating them is real work."""
    return rng.randbytes(n).translate(SEVEN_BITS)


def deflate(raw):
    z = zlib.compressobj(1, zlib.DEFLATED, 15, 9, zlib.Z_HUFFMAN_ONLY)
    return z.compress(raw) + z.flush()


def make_png(rng, size):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    width = 24 if size < 10_000 else 900
    height = max(1, int(size * 1.12) // (3 * width + 1))
    data = deflate(b"".join(b"\0" + noise(rng, 3 * width) for _ in range(height)))
    idat = b"".join(chunk(b"IDAT", data[i:i + 65536]) for i in range(0, len(data), 65536))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + idat + chunk(b"IEND", b"")


def make_jpeg(rng, size):
    """Baseline, grey. The only Huffman code is the bit 0, for a coefficient of seven bits: any byte
    below 0x80 is then one coefficient, and 64 of them a block. A restart marker ends each row."""
    def segment(marker, data):
        return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data

    width = 32 if size < 10_000 else 1024
    row = width // 8 * 64
    rows = max(1, (size - 180) // (row + 2))
    table = bytes((1, *[0] * 15, 7))
    head = (b"\xff\xd8" + segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0") + segment(0xDB, b"\0" + b"\1" * 64)
            + segment(0xC0, struct.pack(">BHHBBBB", 8, rows * 8, width, 1, 1, 0x11, 0))
            + segment(0xC4, b"\x00" + table) + segment(0xC4, b"\x10" + table)
            + segment(0xDD, struct.pack(">H", width // 8)))
    scan = segment(0xDA, b"\1\1\0\0\x3f\0") + b"".join(
        noise(rng, row) + (bytes((0xFF, 0xD0 + i % 8)) if i < rows - 1 else b"\xff\xd9")
        for i in range(rows))
    pad = size - len(head) - len(scan) - 4
    return head + (segment(0xFE, b"-" * pad) if pad >= 0 else b"") + scan


def make_pdf(rng, size):
    """One page that shows one image of noise; a classic cross-reference table."""
    width = 16 if size < 10_000 else 800
    height = max(1, int((size - 700) * 1.12) // (3 * width))
    image = deflate(noise(rng, 3 * width * height))
    draw = b"q 500 0 0 700 40 60 cm /I Do Q"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /XObject << /I 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(draw), draw),
        b"<< /Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceRGB"
        b" /BitsPerComponent 8 /Filter /FlateDecode /Length %d >>\nstream\n%b\nendstream"
        % (width, height, len(image), image))
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    xref = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, xref)
    return bytes(out)


MAKERS = (("pdf", make_pdf), ("jpg", make_jpeg), ("png", make_png))


# --- suppliers and reference files ---------------------------------------------------------------

class Supplier:
    """One supplier: everything that its dossier and the reference files must agree on."""

    def __init__(self, index, siren8, numero_ans, rng):
        self.compte = f"editeur-{index:05}"
        self.numero_ans = numero_ans
        self.siren = siren8 + luhn_digit(siren8)
        self.nic = "0001" + luhn_digit(self.siren + "0001")
        self.siret = self.siren + self.nic
        self.nom = f"LOGICIELS EXEMPLE {index}"
        self.code_postal, self.commune = rng.choice(COMMUNES)
        self.type_voie, self.voie = rng.choice(STREETS)
        self.numero = str(rng.randint(1, 200))
        self.last_name, self.prenom = rng.choice(NAMES), rng.choice(FIRST_NAMES)
        self.email = f"direction@editeur-{index:05}.example"
        self.telephone = f"01 99 00 {rng.randint(0, 99):02} {rng.randint(0, 99):02}"
        self.banque = rng.randrange(40)
        self.iban = iban_fr(bank_code(self.banque), f"{rng.randrange(10**5):05}", f"{rng.randrange(10**11):011}")


def bank_code(i):
    return f"{90000 + 17 * i}"


def bank_bic(i):
    return f"EX{chr(65 + i // 26)}{chr(65 + i % 26)}FRPP"


def make_suppliers(n, rng):
    sirens = rng.sample(range(10_000_001, 100_000_000, 2), n)  # odd; those of store_fill.py are even
    numbers = rng.sample(range(16**10), n)
    return [Supplier(i, f"{s:08}", f"{a:010x}", rng) for i, (s, a) in enumerate(zip(sirens, numbers))]


def write_csv(path, delimiter, header, rows):
    with open(path, "w", encoding="utf-8", newline="") as f:
        out = csv.writer(f, delimiter=delimiter, lineterminator="\r\n" if delimiter == ";" else "\n")
        out.writerow(header)
        out.writerows(rows)


def write_references(asp, suppliers, n):
    """The first n suppliers file; the others only make the register and the table of accounts longer."""
    asp.mkdir(parents=True)
    write_csv(asp / "referencements.csv", ";",
              "numero_ans logiciel version dsr profil siren_editeur etat date_etat".split(),
              ((s.numero_ans, f"Logiciel {s.numero_ans[:4]}", "2.1", "LGC", "Médecin", s.siren,
                "valide", "2025-11-03") for s in suppliers))
    write_csv(asp / "comptes.csv", ";", "identifiant email siren portail_segur titulaire".split(),
              ((f"seg{i:06}", s.email, s.siren, "oui", "representant_legal")
               for i, s in enumerate(suppliers[n:])))
    write_csv(asp / "acces.csv", ";", "compte siren contact".split(),
              ((s.compte, s.siren, s.email) for s in suppliers))
    write_csv(asp / "banques.csv", ";", "code_banque bic nom".split(),
              ((bank_code(i), bank_bic(i), f"BANQUE EXEMPLE {i}") for i in range(40)))
    blank = dict.fromkeys(UNITE_LEGALE, "")
    write_csv(asp / "StockUniteLegale_utf8.csv", ",", UNITE_LEGALE, (
        {**blank, "siren": s.siren, "statutDiffusionUniteLegale": "O", "dateCreationUniteLegale": "2012-05-01",
         "etatAdministratifUniteLegale": "A", "denominationUniteLegale": s.nom,
         "categorieJuridiqueUniteLegale": "5710", "nicSiegeUniteLegale": s.nic}.values() for s in suppliers))
    blank = dict.fromkeys(ETABLISSEMENT, "")
    write_csv(asp / "StockEtablissement_utf8.csv", ",", ETABLISSEMENT, (
        {**blank, "siren": s.siren, "nic": s.nic, "siret": s.siret, "statutDiffusionEtablissement": "O",
         "etablissementSiege": "true", "numeroVoieEtablissement": s.numero,
         "typeVoieEtablissement": s.type_voie, "libelleVoieEtablissement": s.voie,
         "codePostalEtablissement": s.code_postal, "libelleCommuneEtablissement": s.commune,
         "etatAdministratifEtablissement": "A"}.values() for s in suppliers))


# --- dossiers and archives -----------------------------------------------------------------------

def make_dossier(s, pieces, with_digest):
    iban = " ".join(s.iban[i:i + 4] for i in range(0, len(s.iban), 4))
    lines = [f"  - {{type: {kind}, fichier: {name}"
             + (f", sha256: {hashlib.sha256(data).hexdigest()}" if with_digest else "") + "}"
             for kind, name, data in pieces]
    return f"""# Demande d'enrôlement initial
format: 1
type: initial
referencement:
  numero_ans: {s.numero_ans}
demandeur:
  siret: {s.siret}
  nom_commercial: {s.nom.title()}
  adresse:
    type_voie: {s.type_voie}
    commune: {s.commune}
  distributeur: non
declarant: representant_legal
representant:
  nom: {s.last_name}
  prenom: {s.prenom}
  email: {s.email}
  confirmation_email: {s.email}
  telephone: {s.telephone}
  identite: {{nature: cni, valide_jusqu_au: 2033-01-31, delivree_le: 2023-01-31}}
banque:
  iban: {iban}
  bic: {bank_bic(s.banque)}XXX
  titulaire: {s.nom}
tva: {{assujetti: oui}}
engagements: {{cgu: oui, article_441_7: oui, authenticite: oui}}
pieces:
{chr(10).join(lines)}
""".encode()


def make_zip(entries):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in entries:
            info = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o100644 << 16
            z.writestr(info, data)
    return out.getvalue()


def make_tar(entries):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as t:
        for name, data in entries:
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.mode = len(data), MTIME, 0o644
            t.addfile(info, io.BytesIO(data))
    return out.getvalue()


def pack(fmt, entries):
    if fmt == "zip":
        return make_zip(entries)
    tar = make_tar(entries)
    if fmt == "tar.gz":
        return gzip.compress(tar, 6, mtime=0)
    return subprocess.run(["zstd", "-q", "-3", "--check", "-c"], input=tar, check=True, stdout=subprocess.PIPE).stdout


def write_drop(task):
    """Writes the drop of supplier `index`; draws from a generator of its own, so that any process may."""
    inbox, s, index, kind, seed = task
    rng = random.Random(f"{seed}/{kind}/{index}")
    low, high = SIZES[kind]
    pieces = []
    for piece in PIECES:
        extension, make = MAKERS[rng.randrange(len(MAKERS))]
        size = int(math.exp(rng.uniform(math.log(low), math.log(high))))
        pieces.append((piece, f"{piece}.{extension}", make(rng, size)))
    folder = "dossier/" if index // len(FORMATS) % 2 else ""
    entries = [(folder + "dossier.yaml", make_dossier(s, pieces, with_digest=index % 2 == 0))]
    entries += [(folder + name, data) for _, name, data in pieces]
    fmt = FORMATS[index % len(FORMATS)]
    (inbox / s.compte).mkdir()
    (inbox / s.compte / f"enrolement-{s.numero_ans}.{fmt}").write_bytes(pack(fmt, entries))
    return sum(len(data) for _, data in entries)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--n", type=int, required=True)
    parser.add_argument("--kind", choices=SIZES, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    args = parser.parse_args()

    suppliers = make_suppliers(3 * args.n, random.Random(f"{args.seed}/{args.kind}"))
    inbox = args.out / "inbox"
    write_references(inbox / "asp", suppliers, args.n)
    tasks = [(inbox, s, i, args.kind, args.seed) for i, s in enumerate(suppliers[:args.n])]
    with multiprocessing.Pool(args.jobs) as pool:
        total = sum(pool.imap_unordered(write_drop, tasks, chunksize=4))
    print(f"{args.n} {args.kind} drops, {total / 1e6:.1f} MB of entries")


if __name__ == "__main__":
    main()
