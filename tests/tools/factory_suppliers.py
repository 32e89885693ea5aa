"""Invented suppliers with valid numbers: SIRET, IBAN, RIB key. See factory.py."""

import hashlib
import re
import unicodedata
import zlib
from dataclasses import dataclass, field


# --- Numbers -----------------------------------------------------------------------------------------


def luhn(digits: str) -> int:
    """The digit that makes `digits` + it pass Luhn's check."""
    total = 0
    for i, c in enumerate(reversed(digits)):
        n = int(c) * (2 if i % 2 == 0 else 1)
        total += n - 9 if n > 9 else n
    return -total % 10


def siren(eight: str) -> str:
    """A SIREN from its first eight digits."""
    return eight + str(luhn(eight))


def siret(siren_: str, rang: int = 1) -> str:
    """The SIRET of a SIREN's establishment number `rang`."""
    body = f"{siren_}{rang:04d}"
    return body + str(luhn(body))


def rib_key(banque: str, guichet: str, compte: str) -> str:
    """The French RIB key; letters count A,J=1 B,K,S=2 ... I,R,Z=9."""
    digits = compte.translate(str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "12345678912345678923456789"))
    return f"{97 - (89 * int(banque) + 15 * int(guichet) + 3 * int(digits)) % 97:02d}"


def iban(bban: str, country: str = "FR") -> str:
    """An IBAN with its two check digits (ISO 13616), without spaces."""
    digits = "".join(str(int(c, 36)) for c in bban + country + "00")
    return f"{country}{98 - int(digits) % 97:02d}{bban}"


def iban_fr(banque: str, guichet: str, compte: str) -> str:
    return iban(banque + guichet + compte + rib_key(banque, guichet, compte))


def in_groups(iban_: str) -> str:
    """As printed on a RIB: groups of four."""
    return " ".join(iban_[i : i + 4] for i in range(0, len(iban_), 4))


def without_accents(text: str) -> str:
    text = text.replace("œ", "oe").replace("Œ", "OE")
    return unicodedata.normalize("NFD", text).encode("ascii", "ignore").decode()


# --- Who takes part ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Person:
    prenom: str
    nom: str
    email: str
    telephone: str
    nature: str = "cni"  # cni, passeport, titre_sejour
    valide_jusqu_au: str = "2031-05-14"
    delivree_le: str = ""


@dataclass(frozen=True)
class Bank:
    """`bic` and `nom` as in the ASP's bank table; a bank without `nom` is not in the table."""

    code: str
    bic: str
    nom: str


BANKS = (
    Bank("20041", "PSSTFRPPPAR", "LA BANQUE POSTALE"),  # of the contract's example
    Bank("99101", "EXEMFRPPXXX", "BANQUE EXEMPLE"),
    Bank("99102", "CREXFR2L", "CRÉDIT EXEMPLAIRE DU CŒUR DE FRANCE"),
    Bank("99103", "MUEXFR22REN", "MUTUELLE DES EXEMPLES – RÉGION OUEST"),
)


@dataclass(frozen=True)
class Address:
    numero: str
    type_voie: str  # INSEE's code: RUE, AV, BD...
    nom_voie: str
    code_postal: str
    commune: str
    code_commune: str  # INSEE's
    complement: str = ""


TYPES_VOIE = {"ALL": "ALLÉE", "AV": "AVENUE", "BD": "BOULEVARD", "CHE": "CHEMIN", "PL": "PLACE"}


@dataclass(frozen=True)
class Supplier:
    """A supplier as it is: what the registers know of it and what it files. The pieces follow."""

    compte: str
    siret: str
    denomination: str
    nom_commercial: str
    adresse: Address
    numero_ans: str
    logiciel: str
    representant: Person
    version: str = "4.2.0"
    dsr: str = "SONS LGC"
    profil: str = "Général"
    etat: str = "valide"  # of the referencing: valide, en_cours (anticipé), retire
    date_etat: str = "2025-11-18"
    siren_editeur: str = ""  # "": itself
    hds: bool | None = None  # SONS DPI, once validated
    sole_trader: tuple[str, str] | None = None  # nom, prénom of a sole trader in the register
    published: bool = True  # False: the register says [ND]
    denomination_given: str = ""  # the dossier's, when it names one
    etablissement: str = "A"  # A open, F closed
    other_etablissements: tuple[tuple[str, str], ...] = ()  # (SIRET, A or F)
    distributeur: bool = False
    depositaire: Person | None = None
    qualite: str = "employe"
    banque: Bank = BANKS[1]
    guichet: str = "00010"
    numero_compte: str = "0123456789A"
    assujetti: bool = True
    fichiers: dict[str, str] = field(default_factory=dict)  # piece type -> file name
    notes: dict[str, str] = field(default_factory=dict)  # key path -> comment in dossier.yaml
    compact: bool = False  # short sections on one line

    @property
    def siren(self) -> str:
        return self.siret[:9]

    @property
    def iban(self) -> str:
        return iban_fr(self.banque.code, self.guichet, self.numero_compte)

    @property
    def contact(self) -> str:
        """Of the access table; mails of refused drops go there."""
        return f"contact@{self.compte}.example"

    @property
    def denomination_registered(self) -> str:
        return " ".join(self.sole_trader) if self.sole_trader else self.denomination

    @property
    def titulaire(self) -> str:
        text = without_accents(self.denomination_given or self.denomination).upper()
        return re.sub(r"[^A-Z0-9 /?:().,'+-]", " ", text)


FIRST_NAMES = "Élise Maël Chloé Rémi Inès Loïc Zoé Hervé Agnès Noël".split()
NAMES = "Durand Lefèvre Marchais Béranger Coëtlogon Faucher Gautier Prévost Roussel Tessier".split()
ADDRESSES = (
    Address("12", "RUE", "DES EXEMPLES", "75002", "PARIS 2", "75102"),
    Address("8", "AV", "DE LA REPUBLIQUE", "69003", "LYON 3EME", "69383"),
    Address("145", "BD", "DU PROTOTYPE", "31000", "TOULOUSE", "31555"),
    Address("3", "CHE", "DE LA MAQUETTE", "87000", "LIMOGES", "87085", "BATIMENT B"),
    Address("21", "PL", "DES ESSAIS", "44000", "NANTES", "44109"),
)


def telephone(n: int) -> str:
    """One of the numbers that Arcep keeps for fiction: 01 99 00 00 00 to 01 99 00 99 99."""
    return f"01 99 00 {n // 100 % 100:02d} {n % 100:02d}"


def person(prenom: str, nom: str, domaine: str, **changes) -> Person:
    local = without_accents(f"{prenom}.{nom}".lower().replace(" ", "-").replace("'", ""))
    number = zlib.crc32(local.encode()) % 10_000
    values = {"email": f"{local}@{domaine}.example", "telephone": telephone(number)} | changes
    return Person(prenom, nom, **values)


def supplier(n: int = 1, **changes) -> Supplier:
    """The generic supplier number `n` (from 1); `changes` are fields of Fournisseur. The SIRENs begin
    with 29: companies are not given such numbers."""
    compte = changes.get("compte", f"fournisseur-{n:03d}")
    values = {
        "compte": compte,
        "siret": siret(siren(f"29{n * 7919 % 1_000_000:06d}"), 1 + n % 3),
        "denomination": f"LOGICIELS DE SANTE N {n}",
        "nom_commercial": f"Logiciels de santé n° {n}",
        "adresse": ADDRESSES[n % len(ADDRESSES)],
        "numero_ans": hashlib.sha256(f"{compte}/{n}".encode()).hexdigest()[:10],
        "logiciel": f"Logiciel {n}",
        "representant": person(FIRST_NAMES[n % 10], NAMES[n // 10 % 10], compte),
        "banque": BANKS[1 + n % 3],
        "guichet": f"{n * 13 % 100_000:05d}",
        "numero_compte": f"{n * 104_729 % 10_000_000_000:010d}{'ABCDEFGHIJ'[n % 10]}",
    }
    return Supplier(**(values | changes))
