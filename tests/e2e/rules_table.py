"""The cases of test_rules.py: for each code of the catalogue a dossier that has it, and one that comes near.

A row of a KO table is a valid dossier with one thing changed: the answer must hold that code, at that key path
and at that very text of dossier.yaml, and nothing else than `along`. A row of OK names the codes that it comes near to.
"""

import io
import hashlib
import lzma
import re
import struct
import tarfile
import zipfile
from dataclasses import dataclass, field

from harness import DATE, REPO
from factory import (
    BANKS, KINDS, Bank, Raw, archive, bit_flipped, bomb, compressed, archive_files, supplier, iban, jpeg, pdf,
    person, replace, siren, siret, tar, truncated,
)  # fmt: skip
from factory_cycle import complementaire

AGENT = person("Chloé", "Béranger", "tiers", nature="passeport")
EMPLOYE = {"depositaire": AGENT, "qualite": "employe"}
CENTRE = {"depositaire": AGENT, "qualite": "centre_gestion"}
DPI, DPI_HDS = {"dsr": "SONS DPI", "hds": False}, {"dsr": "SONS DPI", "hds": True}
HOSTING = "referencement.hebergement_donnees_sante"
RIB = "archive/rib.pdf"
LIMIT = 4_194_304  # guide p. 15: 4 Mo


# --- Material ----------------------------------------------------------------------------------------


def sample(name: str) -> bytes:
    return (REPO / "tests/samples/pieces" / name).read_bytes()


def rib(name: str) -> dict:
    """That sample in place of the RIB."""
    return {"rib.pdf": sample(f"ko/{name}")}


def sized_jpeg(size: int) -> bytes:
    """A sound JPEG of so many bytes, by comment segments."""
    base = jpeg("")
    missing, comments = size - len(base), b""
    while missing > 0:
        length = min(missing, 60_000 if missing > 70_000 else missing)
        comments += b"\xff\xfe" + struct.pack(">H", length - 2) + b" " * (length - 4)
        missing -= length
    return base[:20] + comments + base[20:]


def with_entries(*infos, kind="tar"):
    """A tar of the dossier's files, then of these entries."""

    def made(files):
        entries = [(tarfile.TarInfo(name), data) for name, data in files.items()]
        return compressed(kind, tar([*entries, *((info, b"") for info in infos)]))

    return made


def link(name: str, target: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = tarfile.SYMTYPE, target
    return info


def zip_with_flag(data: bytes, flag: int) -> bytes:
    """Sets a bit of the flags of every entry, in both its headers."""
    out = bytearray(data)
    for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = -1
        while (at := data.find(signature, at + 1)) >= 0:
            out[at + offset] |= flag
    return bytes(out)


def zip_with_method(files: dict[str, bytes], method: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as zipped:
        for name, data in files.items():
            zipped.writestr(name, data)
    return out.getvalue()


def other_central_name(data: bytes) -> bytes:
    head, tail = data.rsplit(b"rib.pdf", 1)
    return head + b"rob.pdf" + tail


def big_dictionary(files: dict) -> bytes:
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 64 << 20}]
    return lzma.compress(archive("tar", files), filters=filters)


def plus(line: str):
    return lambda text: text + line


def swap(old: str, new: str):
    def changed(text):
        assert old in text, old
        return text.replace(old, new, 1)

    return changed


def listed(item: str):
    """The list of pieces in another form, `{type}` and `{name}` of each."""

    def changed(text):
        head, _, tail = text.partition("pieces:\n")
        pieces = re.findall(r"\{type: (\w+), fichier: ([^,}]+)", tail)
        return head + "pieces:\n" + "".join("  " + item.format(type=kind, name=name) + "\n" for kind, name in pieces)

    return changed


def notepad(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode("utf-8-sig")


def type_pieces(demande: str):
    return f"format: 1\ntype: pieces\n{demande}pieces:\n  - {{type: rib, fichier: rib.pdf}}\n"


IDENTITE_PNG = {"fichiers": {"piece_identite_representant": "identite.png"}}
RIB_ALONE = {"certificat_referencement.pdf": None, "piece_identite_representant.jpg": None}


@dataclass
class Row:
    """A drop: the supplier's facts `f`, the keys `d`, the files. `octets` makes the archive of the files."""

    f: dict = field(default_factory=dict)
    d: dict = field(default_factory=dict)
    yaml_text: object = None
    fichiers: dict | None = None
    kind: str = "zip"
    octets: object = None
    compte: str = ""  # where it is dropped, if not in its own account
    before_it: dict | None = None  # facts of an earlier drop of the same supplier, in the same night
    name_form: str = ""
    nature: str = "initial"  # or complementaire
    mandat: bool = True  # of a complementaire's depositary

    def build(self, n: int):
        self.supplier = supplier(n, **self.f)
        files = self.files(self.supplier, self.d, yaml_text=self.yaml_text, fichiers=self.fichiers)
        self.compte = self.compte or self.supplier.compte
        self.dossier = files.get("dossier.yaml", b"")
        self.bytes = self.octets(files) if self.octets else archive(self.kind, files, self.name_form)
        self.name = f"depot.{self.kind}"
        self.earlier = self.before_it is not None and replace(self.supplier, **self.before_it)
        self.earlier_bytes = archive("zip", self.files(self.earlier, {})) if self.earlier else b""

    def files(self, f, d: dict, **options) -> dict[str, bytes]:
        if self.nature == "initial":
            return archive_files(f, d, **options)
        return complementaire(f, d, mandat=self.mandat).archive_files(**options)


@dataclass
class Ko(Row):
    code: str = ""
    chemin: str = ""
    shows: str | None = None  # what stands at ligne and colonne; None: no position
    along: tuple = ()  # other codes that come along; "*": any
    times: int = 1  # how often the code is said


def ko(code, chemin, shows=None, **rest) -> Ko:
    return Ko(code=code, chemin=chemin, shows=shows, **rest)


@dataclass
class Ok(Row):
    near: str = ""  # the codes that it comes near to
    alertes: tuple = ()


def ok(near, **rest) -> Ok:
    return Ok(near=near, **rest)


# --- The tables --------------------------------------------------------------------------------------

KO_ARCHIVE = [
    ko("ARC-001", "archive", octets=lambda files: pdf("Dossier")),
    ko("ARC-001", "archive", octets=lambda files: b"bonjour\n"),
    ko("ARC-002", "archive", octets=lambda files: b"7z\xbc\xaf\x27\x1c" + bytes(100)),
    ko("ARC-003", "archive", octets=lambda files: b""),
    *(ko("ARC-005", "archive", kind=kind, octets=lambda files, kind=kind: truncated(archive(kind, files)))
      for kind in KINDS),
    ko("ARC-006", "archive", kind="tar.gz", octets=lambda files: bit_flipped(archive("tar.gz", files))),
    ko("ARC-007", "archive/dossier.yaml", octets=lambda files: zip_with_flag(archive("zip", files), 1)),
    ko("ARC-008", "archive", kind="tar.xz", octets=big_dictionary),
    ko("ARC-011", "archive", octets=lambda files: archive("zip", files) + b"suite"),
    ko("ARC-011", "archive", kind="tar", octets=lambda files: archive("tar", files) + b"x" * 512),
    ko("ARC-012", "archive/annexe.pdf", kind="tar", octets=with_entries(link("annexe.pdf", "/etc/passwd"))),
    ko("ARC-013", "archive/../rib.pdf", kind="tar", octets=with_entries(tarfile.TarInfo("../rib.pdf"))),
    ko("ARC-013", "archive//etc/passwd", kind="tar", octets=with_entries(tarfile.TarInfo("/etc/passwd"))),
    ko("ARC-013", "archive/a\\b.pdf", kind="tar", octets=with_entries(tarfile.TarInfo("a\\b.pdf"))),
    ko("ARC-014", "archive/" + "n" * 300, kind="tar", octets=with_entries(tarfile.TarInfo("n" * 300))),
    ko("ARC-015", "archive/rib.pdf", kind="tar", octets=with_entries(tarfile.TarInfo("rib.pdf"))),
    ko("ARC-016", "archive/rob.pdf", octets=lambda files: other_central_name(archive("zip", files))),
    ko("ARC-017", "archive", octets=lambda files: archive("zip", {n: d for n, d in files.items() if n != "dossier.yaml"})),
    ko("ARC-018", "archive", fichiers={"autre/dossier.yaml": b"format: 1\n"}),
    ko("ARC-019", "archive/sous/annexe.pdf", fichiers={"sous/annexe.pdf": pdf("Annexe")}),
    ko("ARC-017", "archive", octets=lambda files: archive("zip", {
        "dossier.yaml.txt" if n == "dossier.yaml" else n: d for n, d in files.items()})),
    ko("ARC-017", "archive", octets=lambda files: archive("zip", {
        "dosier.yaml" if n == "dossier.yaml" else n: d for n, d in files.items()})),
    ko("ARC-022", "archive/dossier.yaml", octets=lambda files: zip_with_method(files, zipfile.ZIP_BZIP2)),
    ko("ARC-021", "archive/Pièce.pdf", fichiers={"Pièce.pdf": pdf("Annexe")}, name_form="cp850"),
]  # fmt: skip

KO_LIMITS = [  # with the lowered limits of TestLimits
    ko("ARC-002", "archive", kind="tar.zst"),
    ko("ARC-004", "archive", octets=lambda files: archive("zip", files) + bytes(65_536)),
    ko("ARC-009", "archive", kind="tar.gz", octets=lambda files: bomb("tar.gz", 250_000, files)),
    ko("ARC-010", "archive", fichiers={f"annexe-{n}.pdf": pdf("Annexe") for n in range(9)}),
    ko("YML-003", "archive/dossier.yaml", yaml_text=plus("# encore\n" * 500)),
    ko("PJ-016", RIB, "rib.pdf", fichiers=rib("pixels-wide.png"), f=IDENTITE_PNG),
    ko("PJ-025", "archive/piece_identite_representant.jpg", "piece_identite_representant.jpg"),
]  # fmt: skip
KO_SMALL_PIECES = [  # with pieces smaller than dossier.yaml: its text, cut there, must not be judged
    ko("YML-003", "archive/dossier.yaml"),
]  # fmt: skip
OK_LIMITS = [
    ok("ARC-002 ARC-004 ARC-009 ARC-010 YML-003 PJ-016 PJ-025",
       f=IDENTITE_PNG),
]  # fmt: skip

KO_TEXT = [
    ko("YML-001", "archive/dossier.yaml", ": la suite", d={"demandeur.nom_commercial": Raw("Santé: la suite")}),
    ko("YML-001", "archive/dossier.yaml", '"Santé', d={"demandeur.nom_commercial": Raw('"Santé')}),
    ko("YML-002", "archive/dossier.yaml", "ôlement", yaml_text=lambda text: text.encode("cp1252")),
    ko("YML-002", "archive/dossier.yaml", yaml_text=lambda text: text.encode("utf-16"), shows=""),
    ko("YML-004", "archive/dossier.yaml", "", yaml_text=""),
    ko("YML-004", "archive/dossier.yaml", "", yaml_text="# rien\n"),
    ko("YML-005", "archive/dossier.yaml", "---", yaml_text=plus("---\nformat: 1\n")),
    ko("YML-006", "demandeur.nom_commercial", "&nom", d={"demandeur.nom_commercial": Raw("&nom Santé")}),
    ko("YML-006", "demandeur.nom_commercial", "*nom", d={"demandeur.nom_commercial": Raw("*nom")}),
    ko("YML-007", "demandeur.nom_commercial", "!!str", d={"demandeur.nom_commercial": Raw("!!str Santé")}),
    ko("YML-008", "demandeur.nom_commercial", "nom_commercial: Deux",
       d={"demandeur.nom_commercial": Raw("Un\n  nom_commercial: Deux")}),
    ko("YML-009", "demandeur.nom_comercial", "nom_comercial", yaml_text=swap("nom_commercial", "nom_comercial")),
    ko("YML-009", "couleur", "couleur", yaml_text=plus("couleur: bleu\n")),
    ko("YML-010", "tva", "oui", d={"tva": True}),
    ko("YML-010", "pieces[0]", "certificat_referencement.pdf", yaml_text=listed("- {name}")),
    ko("YML-001", "archive/dossier.yaml", ": certificat_referencement.pdf", yaml_text=lambda text: text.replace(", fichier:", "; fichier:")),
    ko("YML-001", "archive/dossier.yaml", "'2", yaml_text=swap("siret: ", "siret: '")),
    ko("YML-011", "demandeur.nom_commercial", "court:", d={"demandeur.nom_commercial": {"court": "Santé"}}),
    ko("YML-012", "pieces", "rib.pdf", d={"pieces": "rib.pdf"}),
    ko("YML-012", "pieces", "certificat_referencement: ", yaml_text=listed("{type}: {name}")),
    ko("YML-013", "archive/dossier.yaml", "[", along=("YML-011",),
       d={"demandeur.nom_commercial": Raw("[" * 12 + "]" * 12)}),
    ko("YML-014", "demande", "ENR0001M0", d={"demande": "ENR0001M0"}),
    ko("YML-014", "depositaire", "depositaire:", yaml_text=swap("banque:", "depositaire:\n  nom: TIERS\nbanque:")),
    # Valid, and most likely a slip: a case manager looks.
    ko("YML-023", "demandeur.adresse.type_voie", "12 rue des Lilas", d={"demandeur.adresse.type_voie": "12 rue des Lilas"}),
    ko("YML-023", "demandeur.adresse.type_voie", "RUE DES LILAS", d={"demandeur.adresse.type_voie": "RUE DES LILAS"}),
    ko("YML-023", "demandeur.adresse.commune", "69003 LYON", d={"demandeur.adresse.commune": "69003 LYON"}),
    ko("YML-023", "representant.nom", "Mme GAUTIER", d={"representant.nom": "Mme GAUTIER"}),
    ko("YML-023", "banque.titulaire", "voir RIB", d={"banque.titulaire": "voir RIB"}),
    ko("YML-023", "demandeur.nom_commercial", "à compléter", d={"demandeur.nom_commercial": "à compléter"}),
    ko("YML-023", "representant.email", "elise@gmail.con",
       d={"representant.email": "elise@gmail.con", "representant.confirmation_email": "elise@gmail.con"}),
    ko("YML-015", "demandeur.nom_commercial", "Logi\u200bciels", d={"demandeur.nom_commercial": "Logi\u200bciels"}),
    ko("YML-015", "demandeur.nom_commercial", "Logi\u202eciels", d={"demandeur.nom_commercial": "Logi\u202eciels"}),
    ko("YML-016", "demandeur.nom_commercial", "é" * 151, d={"demandeur.nom_commercial": "é" * 151}),
    ko("YML-017", "format", "2", d={"format": "2"}),
    ko("YML-017", "format", None, d={"format": None}),
    ko("YML-018", "type", "initiale", d={"type": "initiale"}),
    ko("YML-018", "type", None, d={"type": None}),
    ko("YML-019", "essai", "peut-être", d={"essai": "peut-être"}),
    ko("YML-020", "representant.nom", "LefÃ¨vre", d={"representant.nom": "LefÃ¨vre"}),
    ko("YML-021", "demandeur.nom_commercial", "Santé", d={"demandeur.nom_commercial": Raw("Santé #2")}),
    ko("YML-022", "demandeur.adresse.batiment", "batiment", d={"demandeur.adresse.batiment": Raw("NULL")}),
]  # fmt: skip

KO_STEP_1 = [
    ko("ANS-001", "referencement", "referencement:", d={"referencement.numero_ans": None}),
    ko("ANS-001", "referencement.numero_ans", "numero_ans:", d={"referencement.numero_ans": Raw("")}),
    ko("ANS-002", "referencement.numero_ans", "//", d={"referencement.numero_ans": "//"}),
    ko("ANS-003", "referencement.numero_ans", "00aa11bb22", d={"referencement.numero_ans": "00aa11bb22"}),
    ko("ANS-003", "referencement.numero_ans", "27F99871B4", f={"numero_ans": "27f99871b4"},
       d={"referencement.numero_ans": "27F99871B4"}),
    ko("ANS-004", "referencement.numero_ans", "0123456789", f={"etat": "retire", "numero_ans": "0123456789"}),
    ko("ANS-005", "pieces", "pieces:", d={"pieces.certificat_referencement": None}),
    ko("ANS-006", "pieces[2].type", "certificat_referencement", f={"etat": "en_cours"},
       d={"pieces.certificat_referencement": "certificat.pdf"}),
    ko("HDS-001", HOSTING, None, f=DPI, d={HOSTING: None}),
    ko("HDS-001", HOSTING, "hebergement_donnees_sante:", f=DPI, d={HOSTING: Raw("")}),
    ko("HDS-002", HOSTING, "peut-être", f=DPI, d={HOSTING: "peut-être"}),
    ko("HDS-003", HOSTING, "non concerné", d={HOSTING: "non concerné"}),
    ko("HDS-003", HOSTING, "oui", d={HOSTING: True}),
    ko("HDS-003", HOSTING, "non", f=DPI | {"etat": "en_cours"}, d={HOSTING: False}),
    ko("HDS-004", "pieces", "pieces:", f=DPI_HDS, d={"pieces.certificat_hds": None}),
    ko("HDS-005", "pieces", "pieces:", f=DPI, d={"pieces.attestation_non_hds": None}),
    ko("HDS-006", "pieces[3].type", "attestation_non_hds", d={"pieces.attestation_non_hds": "non-hds.pdf"}),
    ko("HDS-006", "pieces[4].type", "attestation_non_hds", f=DPI_HDS,
       d={"pieces.attestation_non_hds": "non-hds.pdf"}),
    ko("HDS-006", "pieces[4].type", "certificat_hds", f=DPI,
       d={"pieces.certificat_hds": {"fichier": "hds.pdf", "valide_jusqu_au": "2027-09-30"}}),
    ko("HDS-007", "pieces[1].valide_jusqu_au", "{type: certificat_hds", f=DPI_HDS,
       yaml_text=swap(", valide_jusqu_au: 2027-09-30", "")),
    ko("HDS-008", "pieces[1].valide_jusqu_au", "2026-03-01", f=DPI_HDS,
       d={"pieces.certificat_hds": {"valide_jusqu_au": "2026-03-01"}}),
]  # fmt: skip

KO_STEP_2 = [
    ko("SIR-001", "demandeur.siret", "demandeur:", d={"demandeur.siret": None}),
    ko("SIR-001", "demandeur.siret", "siret:", d={"demandeur.siret": "~"}),
    ko("SIR-002", "demandeur.siret", "7328293200007", d={"demandeur.siret": "7328293200007"}),
    ko("SIR-002", "demandeur.siret", "7.328293200007e13", d={"demandeur.siret": "7.328293200007e13"}),
    ko("SIR-003", "demandeur.siret", "73282932000075", d={"demandeur.siret": "73282932000075"}),
    ko("SIR-004", "demandeur.siret", "2", f={"siret": siret(siren("29800001"))},
       d={"demandeur.siret": siret(siren("29800001"), 77)}),
    ko("SIR-005", "demandeur.siret", "2", f={"etablissement": "F"}),
    ko("DEM-001", "demandeur.nom_commercial", "demandeur:", d={"demandeur.nom_commercial": None}),
    ko("DEM-001", "demandeur.adresse.commune", "commune:", d={"demandeur.adresse.commune": Raw("")}),
    ko("DEM-001", "demandeur.adresse.type_voie", "adresse:", d={"demandeur.adresse.type_voie": None}),
    ko("DEM-001", "demandeur.adresse", "demandeur:", d={"demandeur.adresse": None}),
    ko("DEM-001", "demandeur.distributeur", "demandeur:", d={"demandeur.distributeur": None}),
    ko("DEM-002", "demandeur.nom_commercial", "//", d={"demandeur.nom_commercial": "//"}),
    ko("DEM-003", "pieces", "pieces:", f={"denomination_given": "SANTE GROUPE"}, d={"pieces.kbis": None}),
    ko("DEM-004", "pieces", "pieces:", f={"distributeur": True, "siren_editeur": siren("29990001")},
       d={"pieces.mandat_editeur": None}),
    ko("DEM-005", "demandeur.distributeur", "non", f={"siren_editeur": siren("29990001")}),
    ko("DEM-008", "demandeur.distributeur", "oui", f={"distributeur": True}),
    ko("DEM-006", "demandeur.distributeur", "parfois", d={"demandeur.distributeur": "parfois"}),
    ko("DEM-007", "demandeur.adresse.code_postal", "7500", d={"demandeur.adresse.code_postal": "7500"}),
    ko("DEM-009", "demandeur.adresse.nom_voie", f={"published": False}, d={"demandeur.adresse.nom_voie": None}),
    ko("REP-001", "representant.nom", "representant:", d={"representant.nom": None}),
    ko("REP-001", "representant.prenom", "prenom:", d={"representant.prenom": "~"}),
    ko("REP-001", "representant", None, d={"representant": None}),
    ko("REP-002", "representant.nom", "//", d={"representant.nom": "//"}),
    ko("REP-003", "representant.email", "elise.durand",
       d={"representant.email": "elise.durand", "representant.confirmation_email": "elise.durand"}),
    ko("REP-004", "representant.confirmation_email", "elsie@exemple.fr",
       d={"representant.email": "elise@exemple.fr", "representant.confirmation_email": "elsie@exemple.fr"}),
    ko("REP-005", "representant.telephone", "01 23 45 67", d={"representant.telephone": "01 23 45 67"}),
    ko("REP-006", "representant.identite.nature", "permis", d={"representant.identite.nature": "permis"}),
    ko("REP-007", "representant.identite.valide_jusqu_au", "2030-02-30",
       d={"representant.identite.valide_jusqu_au": "2030-02-30"}),
    ko("REP-007", "representant.identite.delivree_le", "2026-03-03",
       d={"representant.identite.delivree_le": "2026-03-03"}),
    ko("REP-008", "representant.identite.valide_jusqu_au", "2026-03-01",
       d={"representant.identite.valide_jusqu_au": "2026-03-01"}),
    ko("REP-008", "representant.identite.valide_jusqu_au", "2021-03-01",
       d={"representant.identite": {"nature": "cni", "valide_jusqu_au": "2021-03-01", "delivree_le": "2011-03-02"}}),
    ko("REP-009", "pieces", "pieces:", d={"pieces.piece_identite_representant": None}),
    ko("REP-010", "declarant", "gérant", d={"declarant": "gérant"}),
    ko("REP-010", "declarant", None, d={"declarant": None}),
    ko("DEP-001", "depositaire.nom", "depositaire:", f=EMPLOYE, d={"depositaire.nom": None}),
    ko("DEP-001", "depositaire", None, f=EMPLOYE, d={"depositaire": None}),
    ko("DEP-002", "depositaire.prenom", "//", f=EMPLOYE, d={"depositaire.prenom": "//"}),
    ko("DEP-003", "depositaire.email", "chloe@", f=EMPLOYE,
       d={"depositaire.email": "chloe@", "depositaire.confirmation_email": "chloe@"}),
    ko("DEP-004", "depositaire.confirmation_email", "autre@exemple.fr", f=EMPLOYE,
       d={"depositaire.confirmation_email": "autre@exemple.fr"}),
    ko("DEP-005", "depositaire.telephone", "12", f=EMPLOYE, d={"depositaire.telephone": "12"}),
    ko("DEP-006", "depositaire.identite.nature", "permis", f=EMPLOYE, d={"depositaire.identite.nature": "permis"}),
    ko("DEP-007", "depositaire.identite.valide_jusqu_au", "31.01.2030", f=EMPLOYE,
       d={"depositaire.identite.valide_jusqu_au": "31.01.2030"}),
    ko("DEP-008", "depositaire.identite.valide_jusqu_au", "2024-02-29", f=EMPLOYE,
       d={"depositaire.identite.valide_jusqu_au": "2024-02-29"}),
    ko("DEP-009", "pieces", "pieces:", f=EMPLOYE, d={"pieces.piece_identite_depositaire": None}),
    ko("DEP-010", "depositaire.qualite", "ami", f=EMPLOYE, d={"depositaire.qualite": "ami"}),
    ko("DEP-011", "pieces", "pieces:", f=EMPLOYE, d={"pieces.mandat_representant_legal": None}),
    ko("DEP-012", "pieces", "pieces:", f=CENTRE, d={"pieces.contrat_prestation": None}),
]  # fmt: skip

WRONG_RIB_KEY = iban("99101" + "00010" + "0123456789A" + "97")
KO_STEPS_3_TO_5 = [
    ko("BNK-001", "banque.titulaire", "banque:", d={"banque.titulaire": None}),
    ko("BNK-001", "banque", None, d={"banque": None}),
    ko("BNK-002", "banque.iban", "FR14_2004", d={"banque.iban": "FR14_2004"}),
    ko("BNK-003", "banque.iban", "US14 2004", d={"banque.iban": "US14 2004 1010 0505 0001 3M02 606"}),
    ko("BNK-004", "banque.iban", "FR14 2004", d={"banque.iban": "FR14 2004 1010 0505 0001 3M02 60"}),
    ko("BNK-005", "banque.iban", "FR15 2004", d={"banque.iban": "FR15 2004 1010 0505 0001 3M02 606"}),
    ko("BNK-006", "banque.iban", WRONG_RIB_KEY, d={"banque.iban": WRONG_RIB_KEY}),
    ko("BNK-007", "banque.bic", "EXEM", d={"banque.bic": "EXEM"}),
    ko("BNK-008", "banque.bic", "EXEMDEFF", d={"banque.bic": "EXEMDEFF"}),
    ko("BNK-009", "banque.bic", "EXEMNCNN", f={"banque": Bank("99104", "EXEMNCNN", "BANQUE DU LAGON")}),
    ko("BNK-010", "banque.bic", "MUEXFR22", f={"banque": BANKS[1]}, d={"banque.bic": "MUEXFR22"}),
    ko("BNK-011", "banque.iban", "FR", f={"banque": Bank("99199", "INCOFRPP", "")}),
    ko("BNK-012", "banque.titulaire", "SANTE * FILS", d={"banque.titulaire": "SANTE * FILS"}),
    ko("BNK-012", "banque.titulaire", "DURAND & FILS", d={"banque.titulaire": "DURAND & FILS"}),
    ko("BNK-015", "banque.iban", "PSSTFRPPPAR",
       d={"banque.iban": "PSSTFRPPPAR", "banque.bic": "FR14 2004 1010 0505 0001 3M02 606"}),
    ko("BNK-013", "banque.iban", "TR", d={"banque.iban": iban("0006100519786457841326", "TR"), "banque.bic": "EXEMTRIS"}),
    ko("BNK-014", "pieces", "pieces:", d={"pieces.rib": None}),
    ko("TVA-001", "tva", "tva:", d={"tva.assujetti": None}),
    ko("TVA-001", "tva.assujetti", "assujetti:", d={"tva.assujetti": Raw("")}),
    ko("TVA-001", "tva", None, d={"tva": None}),
    ko("TVA-002", "tva.assujetti", "1", d={"tva.assujetti": "1"}),
    ko("TVA-003", "pieces", "pieces:", f={"assujetti": False}, d={"pieces.preuve_hors_tva": None}),
    ko("ENG-001", "engagements.cgu", "engagements:", d={"engagements.cgu": None}),
    ko("ENG-001", "engagements", None, d={"engagements": None}),
    ko("ENG-002", "engagements.article_441_7", "non", d={"engagements.article_441_7": False}),
]  # fmt: skip

KO_PIECES = [
    ko("PJ-001", "pieces[2].fichier", "rib.pdf", fichiers={"rib.pdf": None}),
    ko("PJ-002", "archive/intrus.pdf", fichiers={"intrus.pdf": pdf("Intrus")}),
    ko("PJ-002", "archive/~$mandat.docx", fichiers={"~$mandat.docx": b"\x05Marie" + bytes(156)}),
    ko("PJ-002", "archive/annexe-00.pdf", fichiers={f"annexe-{n:02}.pdf": pdf("Annexe") for n in range(80)}, times=80),
    ko("PJ-002", "archive/annexe-00.pdf", fichiers={f"annexe-{n:02}.pdf": pdf("Annexe") for n in range(80)}, times=80,
       kind="tar.gz"),
    # As many entries as an archive may have, and more anomalies than are kept: sorted in the sandbox.
    ko("PJ-002", "archive/annexe-00.pdf", fichiers={f"annexe-{n:02}.pdf": pdf("Annexe") for n in range(96)}, times=96),
    ko("YML-009", "cle-000", "cle-000", yaml_text=plus("".join(f"cle-{n:03}: x\n" for n in range(250))), times=200,
       fichiers={f"annexe-{n:02}.pdf": pdf("Annexe") for n in range(96)}),
    # One cause is told once: what is listed under a wrong type is not called missing besides.
    ko("PJ-003", "pieces[2].type", "ribb", d={"pieces.rib": {"type": "ribb"}}),
    ko("PJ-003", "pieces[1].type", "cni", d={"pieces.piece_identite_representant": {"type": "cni"}}),
    ko("PJ-003", "pieces[2].type", "facture", d={"pieces.rib": {"type": "facture"}}, along=("BNK-014",)),
    ko("PJ-028", "pieces[3].type", "mandat_editeur", f=EMPLOYE, yaml_text=swap("type: mandat_representant_legal", "type: mandat_editeur")),
    ko("PJ-028", "pieces[3].type", "mandat_representant_legal", f=CENTRE,
       yaml_text=swap("type: contrat_prestation", "type: mandat_representant_legal")),
    ko("PJ-028", "pieces[1].type", "piece_identite_depositaire",
       yaml_text=swap("type: piece_identite_representant", "type: piece_identite_depositaire")),
    ko("PJ-004", "pieces[3].type", "rib", yaml_text=plus("  - {type: rib, fichier: rib-2.pdf}\n"),
       fichiers={"rib-2.pdf": pdf("Relevé")}),
    ko("PJ-005", "pieces[3].fichier", "rib.pdf", f={"assujetti": False, "fichiers": {"preuve_hors_tva": "rib.pdf"}}),
    ko("PJ-006", "pieces[3].type", "kbis", d={"pieces.kbis": "kbis.pdf"}),
    ko("PJ-006", "pieces[3].type", "mandat_editeur", d={"pieces.mandat_editeur": "mandat.pdf"}),
    ko("PJ-006", "pieces[3].type", "preuve_hors_tva", d={"pieces.preuve_hors_tva": "tva.pdf"}),
    ko("PJ-006", "pieces[3].type", "contrat_prestation", d={"pieces.contrat_prestation": "contrat.pdf"}),
    ko("PJ-006", "pieces[5].type", "contrat_prestation", f=EMPLOYE, d={"pieces.contrat_prestation": "contrat.pdf"}),
    ko("PJ-006", "pieces[3].type", "autre", d={"pieces.autre": "autre.pdf"}),
    ko("PJ-007", "pieces[2].fichier", "sous/rib.pdf", d={"pieces.rib": "sous/rib.pdf"},
       fichiers={"sous/rib.pdf": None}),
    ko("PJ-008", RIB, "rib.pdf", fichiers={"rib.pdf": b""}),
    ko("PJ-009", "archive/piece_identite_representant.jpg", "piece_identite_representant.jpg",
       fichiers={"piece_identite_representant.jpg": sized_jpeg(LIMIT + 1)}),
    *(ko(code, RIB, "rib.pdf", fichiers=rib(name)) for code, name in (
        ("PJ-010", "wrong-kind-exe.pdf"), ("PJ-010", "wrong-kind-html.pdf"), ("PJ-010", "wrong-kind-gif.png"),
        ("PJ-010", "wrong-kind-zip.pdf"), ("PJ-011", "truncated-half.pdf"), ("PJ-011", "truncated-half.jpg"),
        ("PJ-011", "truncated-no-end.png"), ("PJ-012", "damaged-no-object.pdf"), ("PJ-012", "damaged-crc.png"),
        ("PJ-012", "damaged-long-tail.jpg"), ("PJ-013", "encrypted-aes.pdf"), ("PJ-015", "active-js-opening.pdf"),
        ("PJ-015", "active-launch.pdf"), ("PJ-015", "active-embedded.pdf"), ("PJ-015", "active-js-encrypted.pdf"),
        ("PJ-016", "pixels-bomb.png"), ("PJ-017", "no-page-kids.pdf"), ("PJ-018", "costly-objstm.pdf"),
        ("PJ-018", "costly-nesting.pdf"))),
    ko("PJ-014", RIB, "rib.pdf", fichiers={"rib.pdf": sample("ok/empty-password-aes.pdf")}),
    ko("PJ-001", "pieces[2].fichier", "rib.pdf", fichiers={"rib.pdf": None, "RIB.PDF": pdf("Relevé")}),
    ko("PJ-001", "pieces[2].fichier", "rib.pdf", fichiers={"rib.pdf": None, "ribs.pdf": pdf("Relevé")}),
    ko("PJ-001", "pieces[2].fichier", "rib.pdf", fichiers={"rib.pdf": None, "rib.pdf.pdf": pdf("Relevé")}),
    ko("PJ-012", RIB, "rib.pdf", fichiers=rib("damaged-utf8.pdf")),
    ko("PJ-011", RIB, "rib.pdf", fichiers=rib("truncated-scan.pdf")),
    ko("PJ-016", RIB, "rib.pdf", fichiers=rib("pixels-image.pdf")),
    ko("PJ-018", RIB, "rib.pdf", fichiers=rib("costly-image-filter.pdf")),
    ko("PJ-026", RIB, "rib.pdf", fichiers={"rib.pdf": sample("ok/xref-off.pdf")}),
    ko("PJ-027", RIB, "rib.pdf", fichiers={"rib.pdf": sample("ok/colour.jpg") + b"x" * 1025}),
    ko("PJ-019", "pieces[2].sha256", "0" * 64, d={"pieces.rib": {"sha256": "0" * 64}}),
    ko("PJ-020", "pieces[2].sha256", "abc", d={"pieces.rib": {"sha256": "abc"}}),
    ko("PJ-021", "pieces[2].valide_jusqu_au", "2027-13-01", d={"pieces.rib": {"valide_jusqu_au": "2027-13-01"}}),
    ko("PJ-022", "pieces[2].valide_jusqu_au", "2026-03-01", d={"pieces.rib": {"valide_jusqu_au": "2026-03-01"}}),
    ko("PJ-023", "pieces", None, d={"pieces": None}),
    ko("PJ-023", "pieces", "pieces:", d={"pieces": Raw("[]")}),
    ko("PJ-024", "pieces", "{type: kbis", yaml_text=plus("  - {type: kbis, fichier: kbis.pdf}\n" * 40), along=("*",)),
]  # fmt: skip

AUTRE = supplier(9000, compte="fournisseur-9000")
KO_RIGHTS = [
    ko("ACC-001", "archive", compte="inconnu-1"),
    ko("ACC-002", "demandeur.siret", AUTRE.siret, d={"demandeur.siret": AUTRE.siret}, along=("DEM-005",)),
    ko("CYC-001", "referencement.numero_ans", "7777777777", f={"numero_ans": "7777777777"},
       before_it={"nom_commercial": "Le premier"}),
    ko("CYC-002", "type", "initial", f={"siret": siret(siren("29800002"))}),
    ko("CYC-004", "demandeur.siret", "2", before_it={"numero_ans": "8888888888"}),
    ko("CYC-005", "referencement.numero_ans", "9999999990", f={"dsr": "SONS DRIMbox", "numero_ans": "9999999990"}),
    ko("CYC-005", "referencement.numero_ans", "9999999991", f={"dsr": "SONS PASSE", "numero_ans": "9999999991"}),
    ko("CYC-003", "type", "complementaire", nature="complementaire"),
    ko("CYC-003", "type", "complementaire", nature="complementaire", f={"siret": siret(siren("29800003"))}),
    ko("CYC-004", "demandeur.siret", "2", nature="complementaire", f={"siret": siret(siren("29800004"))},
       before_it={"numero_ans": "8888888889"}),
    ko("CYC-007", "demande", None, yaml_text=type_pieces(""), fichiers=RIB_ALONE),
    ko("CYC-008", "demande", "0601", yaml_text=type_pieces("demande: 0601\n"), fichiers=RIB_ALONE),
    ko("CYC-009", "demande", "ENR4242M0", yaml_text=type_pieces("demande: ENR4242M0\n"), fichiers=RIB_ALONE),
    ko("CYC-009", "demande", "ENR0001M0", yaml_text=type_pieces("demande: ENR0001M0\n"), fichiers=RIB_ALONE),
    # The fourth of the night's earlier drops.
    ko("CYC-010", "demande", "ENR0004", yaml_text=type_pieces("demande: ENR0004\n"), fichiers=RIB_ALONE, before_it={}),
    ko("DEP-013", "pieces", "pieces:", nature="complementaire", mandat=False,
       f=EMPLOYE | {"siret": siret(siren("29800005"))}),
]  # fmt: skip
# Windows of the calendar, bounds included: of the night that follows, of the night before, of this one alone.
CALENDRIER = [
    ("SONS DRIMbox", "2026-03-03", "2026-06-30"),
    ("SONS PASSE", "2025-01-01", "2026-03-01"),
    ("SONS RIS", DATE, "2026-06-30"),
    ("SONS SGL", "2025-01-01", DATE),
    ("SONS DPI", "2025-01-01", "2025-12-31"),
    ("SONS DPI", DATE, DATE),
]
COMPTES = [
    ("ASP-1", "un@exemple.fr", siren("29800002"), "oui", "representant_legal"),
    ("ASP-2", "deux@exemple.fr", siren("29800003"), "non", "representant_legal"),
    *((f"ASP-{n}", f"compte-{n}@exemple.fr", siren(f"2980000{n}"), "oui", "representant_legal") for n in (4, 5, 6, 7)),
]

OK = [
    ok("ARC-022", octets=lambda files: zip_with_method(files, zipfile.ZIP_STORED)),
    ok("PJ-011 PJ-012 PJ-016 PJ-018 PJ-026", fichiers={"rib.pdf": sample("ok/long-content.pdf")}),
    ok("PJ-027", fichiers={"rib.pdf": sample("ok/colour.jpg") + b"x" * 1024}),
    *(ok("ARC-001 ARC-003 ARC-005 ARC-006 ARC-007 ARC-011 ARC-016 ARC-017", kind=kind) for kind in KINDS),
    ok("ARC-008", kind="tar.xz", octets=lambda files: lzma.compress(archive("tar", files), preset=6)),
    ok("ARC-011", kind="tar", octets=lambda files: archive("tar", files) + bytes(5120)),
    ok("ARC-012 ARC-018 ARC-019", octets=lambda files: archive(
        "zip", {"Dossier Ségur/": b""} | {f"Dossier Ségur/{name}": data for name, data in files.items()})),
    ok("ARC-013 ARC-015 PJ-002", octets=lambda files: archive("tar", {
        "./": b"", **{f"./{name}": data for name, data in files.items()}, "._rib.pdf": b"x", "__MACOSX/._rib.pdf": b"x",
        ".DS_Store": b"x", "Thumbs.db": b"x", "desktop.ini": b"x", "thumbs.DB": b"x", "Desktop.ini": b"x"}), kind="tar"),
    ok("ARC-014", f={"fichiers": {"rib": "r" * 200 + ".pdf"}}, kind="tar"),
    ok("ARC-021 PJ-001", f={"fichiers": {"rib": "RIB société générée.pdf"}}, name_form="cp850"),
    ok("YML-001 YML-002 YML-004 YML-005", yaml_text=notepad),
    ok("YML-005", yaml_text=lambda text: "---\n" + text + "...\n"),
    ok("YML-006 YML-007 YML-015", d={"demandeur.nom_commercial": "& Santé ! *"}),
    ok("YML-008 YML-009 YML-010 YML-011 YML-012 YML-013 YML-023", f={"compact": True}),
    ok("YML-014", d={"demandeur.adresse.complement": "Bâtiment B", "demandeur.adresse.batiment": "B"}),
    ok("YML-014 HDS-003", d={HOSTING: Raw("~"), "demande": Raw("null")}),
    ok("YML-014", yaml_text=swap("banque:", "demande: ~\nhebergement_donnees_sante: ~\ndepositaire:\nbanque:")),
    ok("YML-016", d={"demandeur.nom_commercial": "é" * 150}),
    ok("YML-017 YML-018 YML-019", d={"format": Raw('"1"'), "type": "Initial", "essai": "Non"}),
    ok("ANS-001 ANS-002 ANS-003 ANS-004 ANS-005", d={"referencement.numero_ans": Raw("   c0ffee0001  ")},
       f={"numero_ans": "c0ffee0001"}),
    ok("ANS-006 HDS-001 HDS-003 HDS-006", f=DPI | {"etat": "en_cours"}),
    ok("HDS-001 HDS-002 HDS-005 HDS-006", f=DPI, d={HOSTING: "FALSE"}),
    ok("HDS-003 HDS-004 HDS-007 HDS-008", f=DPI_HDS, d={"pieces.certificat_hds": {"valide_jusqu_au": DATE}}),
    ok("SIR-001 SIR-002 SIR-003 SIR-004", f={"siret": "73282932000074"}, d={"demandeur.siret": "732 829 320 00074"}),
    ok("SIR-003", f={"siret": "35600000049837"}),
    ok("SIR-005", f={"other_etablissements": ((siret(siren("29100001"), 4), "F"),)}),
    ok("DEM-001 DEM-002 DEM-006 DEM-007", d={"demandeur.adresse.code_postal": "01000", "demandeur.distributeur": "FALSE",
                                            "demandeur.adresse.numero": "12", "demandeur.nom_commercial": "2"}),
    ok("YML-016", d={"demandeur.adresse.numero": "12 bis - 14 ter"}),
    ok("DEM-003", f={"denomination": "SOCIETE GENERALE DE SANTE", "denomination_given": "Société  générale de santé"}),
    ok("DEM-003", f={"denomination_given": "SANTE GROUPE"}),
    ok("DEM-003", f={"sole_trader": ("TANGUY", "MAELLE")}, d={"demandeur.denomination_sociale": "Maëlle Tanguy EI"}),
    ok("DEM-003", f={"published": False, "sole_trader": ("TANGUY", "MAELLE"),
                     "denomination_given": "Maëlle Tanguy"}),
    ok("DEM-004 DEM-005 DEM-008", f={"distributeur": True, "siren_editeur": siren("29990001")}),
    ok("REP-001 REP-002 REP-003 REP-004 REP-005 REP-006", d={
        "representant.nom": "O", "representant.email": "Elise@Exemple.fr", "representant.telephone": "+32 475 12 34 56",
        "representant.confirmation_email": "elise@EXEMPLE.FR", "representant.identite.nature": "TITRE_SEJOUR"}),
    ok("REP-007 REP-008 REP-009 REP-010", d={"representant.identite.valide_jusqu_au": DATE}),
    ok("REP-008", d={"representant.identite": {"nature": "cni", "valide_jusqu_au": "2021-09-11",
                                              "delivree_le": "2011-09-12"}}),
    ok("DEP-001 DEP-002 DEP-003 DEP-004 DEP-005 DEP-006 DEP-007 DEP-008 DEP-009 DEP-010 DEP-011", f=EMPLOYE,
       d={"depositaire.identite.valide_jusqu_au": DATE}),
    ok("DEP-010 DEP-012", f=CENTRE),
    ok("BNK-001 BNK-002 BNK-003 BNK-004 BNK-005 BNK-006 BNK-014 BNK-015", f={"banque": BANKS[0]},
       d={"banque.iban": "fr14 2004 1010 0505 0001 3m02 606", "banque.bic": "psstfrppPAR"}),
    ok("BNK-010", f={"banque": BANKS[3]}, d={"banque.bic": "MUEXFR22"}),
    ok("BNK-008 BNK-009", f={"banque": Bank("99105", "EXEMGPGP", "BANQUE DES ILES")}),
    ok("BNK-007 BNK-008 BNK-011 BNK-013", d={"banque.iban": "DE89 3704 0044 0532 0130 00", "banque.bic": "EXEMDEFF"}),
    ok("YML-020 YML-021 YML-022", d={"representant.nom": "DÂME-SÃO", "demandeur.nom_commercial": Raw("Santé # deux"),
                                     "demandeur.adresse.batiment": Raw('"NULL"'), "demandeur.adresse.extension": Raw("null")}),
    ok("DEM-009", f={"published": False}),
    ok("BNK-012", d={"banque.titulaire": "Société d'Élan - Nord (S.A.)"}),
    ok("TVA-001 TVA-002 TVA-003", f={"assujetti": False}),
    ok("ENG-001 ENG-002", d={"engagements.cgu": "TRUE", "engagements.authenticite": "Oui"}),
    ok("PJ-001", f={"fichiers": {"rib": "Relevé d'identité.pdf"}}),
    ok("PJ-003 PJ-004 PJ-005 PJ-006 PJ-007 PJ-008 PJ-028", d={"pieces.rib": {"type": "RIB"}}),
    ok("PJ-009", fichiers={"piece_identite_representant.jpg": sized_jpeg(LIMIT)}),
    *(ok("PJ-010 PJ-011 PJ-012 PJ-013 PJ-014 PJ-015 PJ-016 PJ-017 PJ-018", fichiers={"rib.pdf": sample(f"ok/{name}")})
      for name in ("linearized.pdf", "v17-objstm.pdf", "link.pdf", "progressive.jpg", "interlaced.png")),
    ok("PJ-019 PJ-020", fichiers={"rib.pdf": sample("ok/v14.pdf")},  # in capitals, as some tools print it
       d={"pieces.rib": {"sha256": hashlib.sha256(sample("ok/v14.pdf")).hexdigest().upper()}}),
    ok("PJ-022", d={"pieces.piece_identite_representant": {"valide_jusqu_au": "2020-01-01"}}),
    ok("PJ-021 PJ-022 PJ-023 PJ-024", d={"pieces.rib": {"valide_jusqu_au": DATE}}),
    ok("ACC-001 ACC-002 CYC-002", f={"siret": siret(siren("29800003"))}),
    ok("CYC-001 CYC-004"),
    ok("CYC-003", nature="complementaire", f={"siret": siret(siren("29800006"))}),
    ok("DEP-013", nature="complementaire", f=EMPLOYE | {"siret": siret(siren("29800007"))}),
    *(ok("CYC-005", f={"dsr": dsr}) for dsr in ("SONS RIS", "SONS SGL", "SONS SANS FENETRE")),
    ok("CYC-005", f=DPI),
]  # fmt: skip


# Codes that no row has, each with the reason: what follows an enrolment takes more than one night.
LATER = {
    **dict.fromkeys(("CYC-011", "CYC-021"), "scenarios/55-statuts.yaml"),
    **dict.fromkeys(("CYC-022", "CYC-023"), "scenarios/90-signaux.yaml"),
    **dict.fromkeys(("CYC-012", "CYC-019"), "scenarios/40-pieces.yaml"),
    **dict.fromkeys((f"CYC-{n:03}" for n in range(13, 18)), "scenarios/45-modification.yaml"),
    **dict.fromkeys(("CYC-018", "CYC-020"), "scenarios/50-finalisation.yaml"),
}
WITHOUT_CASE = {"ARC-020": "a link, a folder or a FIFO in the inbox: test_intake.py"} | LATER
WITHOUT_NEIGHBOUR = WITHOUT_CASE | dict.fromkeys((f"CYC-{n:03}" for n in range(7, 11)), "scenarios/40-pieces.yaml")
FAMILIES = "ARC YML ANS HDS SIR DEM REP DEP BNK TVA ENG PJ ACC CYC".split()
TABLES = {name: rows for name, rows in globals().items() if name.startswith(("KO_", "OK")) and isinstance(rows, list)}
