"""The checks of the Python pipeline: identifiers, archives and the fields of a dossier.

As deep as the standard library and PyYAML's C parser go; what a piece is, pipeline_pieces says.
"""

import datetime
import difflib
import hashlib
import pathlib
import re
import subprocess
import tarfile
import unicodedata
import zipfile

import yaml

from pipeline_pieces import MAX_PIECE, Refused, check_piece

try:
    import zstandard
except ImportError:
    zstandard = None  # tar.zst is then read through the command's pipe

TYPES = pathlib.Path(__file__).resolve().parent.parent.parent / "schemas" / "types.yaml"
MAX_ENTRIES = 64
LITTER = re.compile(r"(^|/)(__MACOSX/|\._|\.DS_Store$|Thumbs\.db$|desktop\.ini$)")


# --- identifiers ---------------------------------------------------------------------------------

IBAN_LENGTHS = {"AD": 24, "AT": 20, "BE": 16, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24,
                "FI": 18, "FR": 27, "GB": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IS": 26, "IT": 27, "LI": 21,
                "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24,
                "SE": 24, "SI": 19, "SK": 24, "SM": 27, "VA": 22}
FRENCH_BICS = "FR GF GP MQ YT RE BL MF PM NC PF TF WF MC".split()
RIB_LETTERS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "12345678912345678923456789")
BIC = re.compile(r"[A-Z]{4}([A-Z]{2})[A-Z0-9]{2}([A-Z0-9]{3})?")
EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@((?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W_](?:[\w-]{0,61}[^\W_])?)")
PHONE = re.compile(r"(?:0|\+33)[1-9]\d{8}|\+\d{6,15}")
HOLDER = re.compile(r"[A-Za-z0-9 /?:().,'+-]{1,70}")


def squeeze(text):
    return "".join(text.split())


def fold(text):
    """For comparison without case, accents or repeated spaces."""
    bare = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return " ".join(bare.casefold().split())


def siret_is_valid(siret):
    if not re.fullmatch(r"[0-9]{14}", siret):
        return False
    digits = [int(c) for c in siret]
    if siret.startswith("356000000") and sum(digits) % 5 == 0:
        return True
    return sum(d if i % 2 else d * 2 - 9 * (d > 4) for i, d in enumerate(digits)) % 10 == 0


def iban_fault(iban):
    if len(iban) != IBAN_LENGTHS.get(iban[:2], -1) or not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]+", iban):
        return "forme ou longueur"
    if int("".join(str(int(c, 36)) for c in iban[4:] + iban[:4])) % 97 != 1:
        return "clé de contrôle"
    if iban[:2] in ("FR", "MC"):
        bank, branch, account, key = iban[4:9], iban[9:14], iban[14:25].translate(RIB_LETTERS), iban[25:]
        if not (bank + branch + key).isdigit():
            return "forme du RIB"
        if 97 - (89 * int(bank) + 15 * int(branch) + 3 * int(account)) % 97 != int(key):
            return "clé RIB"
    return None


def email_is_valid(address):
    m = EMAIL.fullmatch(address)
    try:
        return bool(m) and len(address) <= 254 and len(m[1].encode("idna")) <= 253
    except UnicodeError:
        return False


# --- archives ------------------------------------------------------------------------------------

def zip_entries(path):
    with zipfile.ZipFile(path) as z:
        for info in z.infolist():
            if not info.is_dir():
                if info.file_size > MAX_PIECE:
                    raise Refused(f"{info.filename} dépasse 4 Mo")
                yield info.filename, z.read(info)


def tar_entries(stream, mode):
    with tarfile.open(fileobj=stream, mode=mode) as t:
        for info in t:
            if info.isdir():
                continue
            if not info.isreg() or info.size > MAX_PIECE:
                raise Refused(f"{info.name} n'est pas un fichier ou dépasse 4 Mo")
            yield info.name, t.extractfile(info).read()
        while t.fileobj.read(1 << 16):  # gzip checks its CRC at the very end
            pass


def zst_entries(path):
    with open(path, "rb") as f:
        if zstandard:
            with zstandard.ZstdDecompressor().stream_reader(f) as stream:
                yield from tar_entries(stream, "r|")
            return
        with subprocess.Popen(["zstd", "-dcq"], stdin=f, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL) as zstd:
            yield from tar_entries(zstd.stdout, "r|")
        if zstd.returncode != 0:
            raise Refused("archive zstd altérée")


def read_entries(path):
    with open(path, "rb") as f:
        head = f.read(4)
        if head == b"PK\x03\x04":
            entries = zip_entries(path)
        elif head == b"\x28\xb5\x2f\xfd":
            entries = zst_entries(path)
        else:
            f.seek(0)
            entries = tar_entries(f, "r:gz" if head.startswith(b"\x1f\x8b") else "r:*")
        result = {}
        for name, data in entries:
            name = unicodedata.normalize("NFC", name).removeprefix("./")
            if LITTER.search(name):
                continue
            if name in result or len(result) == MAX_ENTRIES:
                raise Refused(f"entrée en double ou de trop : {name}")
            result[name] = data
    tops = {name.partition("/")[0] for name in result}
    if "dossier.yaml" not in result and len(tops) == 1:
        result = {name.partition("/")[2]: data for name, data in result.items()}
    return result


# --- the dossier ---------------------------------------------------------------------------------

PERSON = dict.fromkeys("nom prenom email confirmation_email telephone".split())
IDENTITE = dict.fromkeys("nature valide_jusqu_au delivree_le".split())
KEYS = {  # what may stand where; None is a scalar
    "format": None, "type": None, "declarant": None, "essai": None,
    "referencement": {"numero_ans": None, "hebergement_donnees_sante": None},
    "demandeur": {**dict.fromkeys("siret nom_commercial denomination_sociale distributeur".split()),
                  "adresse": dict.fromkeys("type_voie commune numero nom_voie code_postal destinataire batiment "
                                           "extension complement".split())},
    "representant": {**PERSON, "identite": IDENTITE},
    "depositaire": {**PERSON, "identite": IDENTITE, "qualite": None},
    "banque": dict.fromkeys("iban bic titulaire".split()),
    "tva": {"assujetti": None},
    "engagements": dict.fromkeys("cgu article_441_7 authenticite".split()),
    "pieces": [dict.fromkeys("type fichier sha256 valide_jusqu_au".split())],
}
PIECE_TYPES = [piece["nom"] for piece in yaml.safe_load(TYPES.read_text())["pieces"]]
TAGS = {yaml.MappingNode: "tag:yaml.org,2002:map", yaml.SequenceNode: "tag:yaml.org,2002:seq",
        yaml.ScalarNode: "tag:yaml.org,2002:str"}
NODES = {dict: yaml.MappingNode, list: yaml.SequenceNode}
BOOLEANS = {"oui": True, "true": True, "non": False, "false": False}


class Loader(yaml.CBaseLoader):
    """Scalars stay the text that stands there: no tag is looked for, so none of PyYAML's Python runs."""

    def descend_resolver(self, current_node, current_index):
        pass

    def ascend_resolver(self):
        pass

    def resolve(self, kind, value, implicit):
        return TAGS[kind]


class Dossier:
    """The values by key path, with their places, and the anomalies found so far."""

    def __init__(self):
        self.values, self.places, self.anomalies = {}, {}, []

    def blocks(self, code, path, message, gravite="bloquant"):
        line, column = self.places.get(path, (None, None))
        self.anomalies.append({"code": code, "gravite": gravite, "chemin": path, "ligne": line, "colonne": column,
                               "valeur": self.values.get(path), "message": message})

    def alerts(self, code, path, message):
        self.blocks(code, path, message, "alerte")

    def blocked(self):
        return any(anomaly["gravite"] == "bloquant" for anomaly in self.anomalies)

    def required(self, path):
        if value := self.values.get(path):
            return value
        self.blocks("CHA-OBL", path, "cette information est obligatoire")
        return None

    def boolean(self, path, required=True):
        value = self.required(path) if required else self.values.get(path)
        if value is None:
            return None
        if value.lower() not in BOOLEANS:
            self.blocks("CHA-BOO", path, "répondre par oui ou par non")
        return BOOLEANS.get(value.lower())

    def date(self, path):
        try:
            text = self.values.get(path) or ""
            return datetime.date.fromisoformat(text) if len(text) == 10 else None
        except ValueError:
            return None

    def load(self, text):
        try:
            root = yaml.compose(text.decode("utf-8-sig"), Loader=Loader)
        except (yaml.YAMLError, UnicodeDecodeError) as fault:
            self.blocks("YML-LIRE", "", f"dossier.yaml est illisible : {fault}")
            return
        self._seen = set()
        self._walk(root, KEYS, "")

    def _walk(self, node, shape, path):
        mark = node.start_mark if node else None
        self.places[path] = (mark.line + 1, mark.column + 1) if mark else (None, None)
        if id(node) in self._seen:
            return self.blocks("YML-ALIAS", path, "les alias ne sont pas admis")
        self._seen.add(id(node))
        kind = NODES.get(type(shape), yaml.ScalarNode)
        if not isinstance(node, kind) or node.tag != TAGS[kind]:
            return self.blocks("YML-FORME", path, "ce n'est pas la forme attendue ici")
        if kind is yaml.ScalarNode:
            text = node.value.strip()
            self.values[path] = None if text in ("", "~", "null") else text
        elif kind is yaml.SequenceNode:
            self.values[path] = len(node.value)
            for i, item in enumerate(node.value):
                self._walk(item, shape[0], f"{path}[{i}]")
        else:
            self._walk_mapping(node, shape, path)

    def _walk_mapping(self, node, shape, path):
        given = set()
        for key, value in node.value:
            below = f"{path}.{key.value}" if path else str(key.value)
            if key.value in given:
                self.blocks("YML-DOUBLE", below, "cette clé est donnée deux fois")
            elif key.value not in shape:
                near = difflib.get_close_matches(str(key.value), shape, 1)
                self.blocks("YML-CLE", below, "clé inconnue" + (f" ; vouliez-vous dire {near[0]} ?" if near else ""))
            else:
                self._walk(value, shape[key.value], below)
            given.add(key.value)


def check_person(d, who, night):
    for key in ("nom", "prenom"):
        d.required(f"{who}.{key}")
    address = d.required(f"{who}.email")
    if address and not email_is_valid(address):
        d.blocks("REP-EMAIL", f"{who}.email", "cette adresse n'est pas valide")
    confirmation = d.required(f"{who}.confirmation_email")
    if address and confirmation and address.lower() != confirmation.lower():
        d.blocks("REP-CONF", f"{who}.confirmation_email", "les deux adresses diffèrent")
    phone = d.required(f"{who}.telephone")
    if phone and not PHONE.fullmatch(re.sub(r"[\s.()-]", "", phone)):
        d.blocks("REP-TEL", f"{who}.telephone", "ce numéro n'est pas valide")
    nature = d.required(f"{who}.identite.nature")
    if nature and nature.lower() not in ("cni", "passeport", "titre_sejour"):
        d.blocks("REP-NAT", f"{who}.identite.nature", "attendu : cni, passeport ou titre_sejour")
    if d.required(f"{who}.identite.valide_jusqu_au"):
        end, issued = d.date(f"{who}.identite.valide_jusqu_au"), d.date(f"{who}.identite.delivree_le")
        if end and nature == "cni" and issued and datetime.date(2004, 1, 2) <= issued <= datetime.date(2013, 12, 31):
            end = end.replace(year=end.year + 5, day=min(end.day, 28))
        if not end or end < night:
            d.blocks("REP-EXP", f"{who}.identite.valide_jusqu_au", "date invalide ou pièce d'identité expirée")


def check_bank(d):
    iban, bic = d.required("banque.iban"), d.required("banque.bic")
    holder = d.required("banque.titulaire")
    if iban and (fault := iban_fault(squeeze(iban).upper())):
        d.blocks("BNK-IBAN", "banque.iban", f"IBAN faux : {fault}")
    if bic:
        m = BIC.fullmatch(squeeze(bic).upper())
        if not m:
            d.blocks("BNK-BIC", "banque.bic", "un BIC a 8 ou 11 caractères")
        elif iban and m[1] != iban[:2].upper() and not (iban[:2].upper() == "FR" and m[1] in FRENCH_BICS):
            d.blocks("BNK-PAYS", "banque.bic", "le pays du BIC n'est pas celui de l'IBAN")
    if holder and not HOLDER.fullmatch(unicodedata.normalize("NFD", holder).encode("ascii", "ignore").decode()):
        d.blocks("BNK-TIT", "banque.titulaire", "caractère non admis dans un virement")


def check_fields(d, night):
    """Every rule that needs no database."""
    if d.required("format") not in ("1", None):
        d.blocks("CHA-FMT", "format", "le seul format est 1")
    if d.required("type") not in ("initial", None):
        d.blocks("CHA-TYPE", "type", "type de dossier inconnu")
    d.required("referencement.numero_ans")
    siret = d.required("demandeur.siret")
    if siret and not siret_is_valid(squeeze(siret)):
        d.blocks("SIR-CLE", "demandeur.siret", "ce SIRET est faux")
    for path in ("demandeur.nom_commercial", "demandeur.adresse.type_voie", "demandeur.adresse.commune"):
        d.required(path)
    d.boolean("demandeur.distributeur")
    declarant = d.required("declarant")
    if declarant not in (None, "representant_legal", "depositaire"):
        d.blocks("CHA-DEC", "declarant", "attendu : representant_legal ou depositaire")
    check_person(d, "representant", night)
    if declarant == "depositaire":
        check_person(d, "depositaire", night)
        if d.required("depositaire.qualite") not in (None, "centre_gestion", "employe"):
            d.blocks("DEP-QUA", "depositaire.qualite", "attendu : centre_gestion ou employe")
    check_bank(d)
    d.boolean("tva.assujetti")
    for path in ("engagements.cgu", "engagements.article_441_7", "engagements.authenticite"):
        if d.boolean(path) is False:
            d.blocks("ENG-OUI", path, "cet engagement est nécessaire")


def check_pieces(d, entries, night):
    """The pieces as listed against the pieces as found; returns (type, file, size, sha256, mime) of each."""
    pieces, listed, types = [], {"dossier.yaml"}, set()
    for i in range(d.values.get("pieces") or 0):
        path = f"pieces[{i}]"
        kind, name = d.required(f"{path}.type"), d.required(f"{path}.fichier")
        if kind and (kind not in PIECE_TYPES or kind in types):
            d.blocks("PJ-TYPE", f"{path}.type", "type inconnu ou donné deux fois")
        types.add(kind)
        if not name:
            continue
        name = unicodedata.normalize("NFC", name)
        listed.add(name)
        data = entries.get(name)
        if data is None:
            d.blocks("PJ-ABS", f"{path}.fichier", "ce fichier n'est pas dans l'archive")
            continue
        digest = hashlib.sha256(data).hexdigest()
        if (expected := d.values.get(f"{path}.sha256")) and expected.lower() != digest:
            d.blocks("PJ-SHA", f"{path}.sha256", "l'empreinte diffère")
        if d.values.get(f"{path}.valide_jusqu_au") and (d.date(f"{path}.valide_jusqu_au") or night) < night:
            d.blocks("PJ-EXP", f"{path}.valide_jusqu_au", "ce document a expiré")
        try:
            mime, locked = check_piece(data)
            pieces.append((kind, name, len(data), digest, mime))
            if locked:
                d.alerts("PJ-VERR", f"{path}.fichier", "ce PDF restreint ce qui peut en être fait")
        except Refused as fault:
            d.blocks("PJ-CONT", f"{path}.fichier", str(fault))
    for name in entries.keys() - listed:
        d.blocks("PJ-TROP", f"archive/{name}", "ce fichier n'est pas dans la liste des pièces")
    return pieces
