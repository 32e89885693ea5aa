"""The demonstration set: four nights of drops by invented suppliers (`factory.py examples DIR`).

A scene is told once, here: the drop, what it shows and how it must be answered. From that come the
archives, the decisions (with the right request numbers), attendu.csv, attendu_asp.csv and README.md.
"""

import unicodedata
from dataclasses import dataclass

from factory import (
    BANKS, HEADERS, EXCEL, INSEE, Address, Bank, Form, Supplier, archive,
    bit_flipped, bomb, archive_files, csv_asp, decisions, depot, etablissement, supplier, hostile, pdf,
    person, piece, references, replace, siren, siret, truncated, unite_legale,
)  # fmt: skip
from factory_cycle import complementaire, finalisation, modification, pieces

DATES = {1: "2026-03-02", 2: "2026-03-03", 3: "2026-03-04", 4: "2026-03-05"}


# --- Who takes part ----------------------------------------------------------------------------------


def company(n: int, compte: str, denomination: str, nom: str, who: tuple, **others) -> Supplier:
    """The nth invented supplier, by its trade name, and its legal representative."""
    others.setdefault("representant", person(*who, compte))
    return supplier(n, compte=compte, denomination=denomination, nom_commercial=nom, **others)


LOGICIELS = company(
    1, "logiciels-exemple", "LOGICIELS EXEMPLE", "Logiciels Exemple", ("Élise", "Durand"),
    siret="73282932000074", logiciel="Consulta", numero_ans="27f99871b4",
    adresse=Address("12", "RUE", "DES EXEMPLES", "75002", "PARIS 2", "75102"),
    banque=BANKS[0], guichet="01005", numero_compte="0500013M026",
    notes={"demandeur.siret": "siège", "banque.iban": "compte courant, RIB du 12/02"},
)  # fmt: skip
LOGICIELS_RIS = replace(LOGICIELS, logiciel="Consulta Imagerie", dsr="SONS RIS", numero_ans="5c21e0d97a")
MEDISOFT = company(
    2, "medisoft", "MEDISOFT DEMONSTRATION", "Médisoft", ("Gaëtan", "Lhéritier"),
    dsr="SONS DPI", hds=False, logiciel="Médidoc Hôpital", profil="Hôpital",
    depositaire=person("Chloé", "Béranger", "medisoft", nature="passeport"), qualite="employe",
    notes={"referencement.hebergement_donnees_sante": "installé chez les clients uniquement",
           "depositaire": "Chloé suit le dossier Ségur (mandat signé le 3/02)"},
)  # fmt: skip
ATELIER = company(
    3, "atelier-dpi", "ATELIER DU DOSSIER PATIENT", "L'Atelier du dossier patient", ("Maëlys", "Coëtlogon"),
    representant=person("Maëlys", "Coëtlogon", "atelier-dpi",
                          valide_jusqu_au="2021-09-11", delivree_le="2011-09-12"),
    dsr="SONS DPI", hds=True, logiciel="Atelier DPI", version="2026.1", profil="Hôpital",
    depositaire=person("Anaïs", "Faucher", "comptes-et-conseils", nature="cni"), qualite="centre_gestion",
    notes={"representant.identite": "CNI prolongée de cinq ans par la loi",
           "depositaire": "cabinet comptable, contrat de prestation joint"},
)  # fmt: skip
RADIOLOGIE = company(
    4, "radiologie-atlas", "RADIOLOGIE ATLAS", "Atlas Imagerie", ("Yann", "Le Goff"),
    dsr="SONS RIS", etat="en_cours", date_etat="2026-01-19", logiciel="Atlas RIS", compact=True,
)  # fmt: skip
LABO = company(
    5, "labo-horizon", "LABORATOIRE LOGICIEL HORIZON", "Horizon Labo", ("Noël", "Prévost"),
    dsr="SONS SGL", logiciel="Horizon SGL", banque=BANKS[2],
)  # fmt: skip
PHARMA = company(
    6, "pharma-plume", "PHARMA PLUME", "Plume Officine", ("Inès", "Garçon"),
    dsr="SONS LGO", logiciel="Plume LGO", siren_editeur=siren("29990001"),
    notes={"demandeur.distributeur": "éditeur racheté en janvier, fusion en cours"},
)  # fmt: skip
IMAGERIE = company(
    7, "imagerie-boreale", "IMAGERIE BOREALE", "Imagerie Boréale", ("Loïc", "Trévisan"),
    dsr="SONS RIS", logiciel="Boréale RIS",
    representant=person("Loïc", "Trévisan", "imagerie-boreale",
                          nature="passeport", valide_jusqu_au="2033-06-30"),
)  # fmt: skip
SANTE_LIBRE = company(
    8, "sante-libre", "LEFEBVRE-CHATEAU NOEMIE", "Santé libre", ("Noémie", "Lefèbvre-Château"),
    sole_trader=("LEFEBVRE-CHATEAU", "NOEMIE"), logiciel="Cabinet libre", assujetti=False,
    fichiers={"preuve_hors_tva": "franchise en base.pdf"},
    notes={"tva.assujetti": "franchise en base, article 293 B du CGI"},
)  # fmt: skip
DOMISOINS = company(
    9, "domisoins", "DOMISOINS SERVICES", "Domisoins", ("Aurélie", "Gagné"),
    logiciel="Tournée", denomination_given="DOMISOINS GROUPE",
    siret=siret(siren("29100009"), 2), other_etablissements=((siret(siren("29100009"), 1), "F"),),
    notes={"demandeur.denomination_sociale": "nouveau nom depuis l'assemblée du 30/01, Kbis joint"},
)  # fmt: skip
ECUME = company(
    10, "groupe-ecume", "ECUME DISTRIBUTION", "Écume", ("Rémi", "Marchais"),
    dsr="SONS PFI", logiciel="Écume PFI", distributeur=True, siren_editeur=siren("29990002"),
)  # fmt: skip
AGENDA = company(
    11, "agenda-nord", "AGENDA NORD SANTE", "Agenda Nord", ("Hervé", "Quéméneur"),
    logiciel="Agenda Nord", denomination_given="Agenda Nord Santé",
    fichiers={"certificat_referencement": "Certificat référencé.pdf", "rib": "RIB société générée.pdf",
              "piece_identite_representant": "Pièce d'identité.png"},
)  # fmt: skip
MISTRAL = company(
    12, "pfi-mistral", "PLATEFORME MISTRAL", "Mistral", ("Agnès", "Roüault"),
    dsr="SONS PFI", logiciel="Mistral PFI", banque=Bank("99199", "INCOFRPP", ""),
)  # fmt: skip
VEGA = company(
    13, "vega-sante", "VEGA SANTE", "Véga Santé", ("Zoé", "Martinière"),
    logiciel="Véga Cabinet", compact=True,
    fichiers={"piece_identite_representant": "pièce d'identité Zoé.jpg"},
)  # fmt: skip
PIXEL = company(
    14, "pixel-soin", "[ND]", "Pixel Soin", ("Maëlle", "Tanguy"),
    sole_trader=("TANGUY", "MAELLE"), published=False, denomination_given="Maëlle Tanguy",
    logiciel="Pixel Dentaire", profil="Dentaire",
)  # fmt: skip
CLINIDOC = company(
    15, "clinidoc", "CLINIDOC", "Clinidoc", ("Théo", "Maréchal-Ferrand"),
    logiciel="Clinidoc 2", notes={"type": "première demande en vague 2"},
)  # fmt: skip
PASSERELLE = company(
    16, "image-passerelle", "IMAGE PASSERELLE", "Passerelle", ("Bérénice", "Saint-Ély"),
    dsr="SONS DRIMbox", logiciel="Passerelle DRIM",
)  # fmt: skip
BRUME = company(
    17, "brume-logiciels", "BRUME LOGICIELS", "Brume", ("Élodie", "Vœux"), logiciel="Brume Santé",
)  # fmt: skip
SUPPLIERS = (
    LOGICIELS, LOGICIELS_RIS, MEDISOFT, ATELIER, RADIOLOGIE, LABO, PHARMA, IMAGERIE, SANTE_LIBRE, DOMISOINS,
    ECUME, AGENDA, MISTRAL, VEGA, PIXEL, CLINIDOC, PASSERELLE, BRUME,
)  # fmt: skip
NEIGHBOURS = [supplier(n) for n in range(101, 109)]  # of the enterprise register, no suppliers


# --- The scenes --------------------------------------------------------------------------------------


@dataclass
class Scene:
    """One drop. `codes`: anomalies that the answer must hold. `repeats`: the archive, recorded before,
    whose bytes these are. `sequel`: the account's own request that it follows, by its archive; `octets`
    is then a function of its number. `numero` is computed: drops are taken in the order of their names."""

    night: int
    f: Supplier
    nom: str  # of the archive
    octets: object  # bytes
    etat: str
    shows: str
    codes: tuple[str, ...] = ()
    essai: bool = False
    repeats: str = ""
    sequel: str = ""
    rang: int = 0  # of a modification that is accepted
    numero: str = ""

    @property
    def chemin(self) -> str:
        return f"{self.f.compte}/{self.nom}"


def apple_double(files: dict[str, bytes]) -> dict[str, bytes]:
    """What the macOS Finder adds to a zip of the folder "Dossier Ségur", names decomposed (NFD)."""
    folder = unicodedata.normalize("NFD", "Dossier Ségur/")
    double = b"\0\5\x16\7\0\2\0\0Mac OS X        \0\1\0\0\0\2\0\0\0\x26\0\0\0\0"
    out = {folder: b""}
    for name, data in files.items():
        name = unicodedata.normalize("NFD", name)
        out |= {folder + name: data, f"__MACOSX/{folder}._{name}": double}
    return out | {folder + ".DS_Store": b"\0\0\0\1Bud1\0\0"}


def windows(text: str) -> bytes:
    """As Notepad saves: BOM, CRLF."""
    return text.replace("\n", "\r\n").encode("utf-8-sig")


def scenes() -> list[Scene]:
    closed = replace(DOMISOINS, siret=DOMISOINS.other_etablissements[0][0], denomination_given="")
    ecume = depot(ECUME, "tar.zst")
    consulta = depot(LOGICIELS, "zip")
    passerelle = depot(PASSERELLE, "tar.xz")
    faults = {
        "banque.iban": IMAGERIE.iban[:2] + f"{int(IMAGERIE.iban[2:4]) % 97 + 1:02d}" + IMAGERIE.iban[4:],
        "representant.identite.valide_jusqu_au": "2024-06-30",
        "engagements.authenticite": None,
    }
    pixel = replace(PIXEL, fichiers={"piece_identite_representant": "identite.pdf"})
    pixel_wrong = {
        "certificat_referencement.pdf": pdf("Certificat", ("Actif",), "app.alert('exemple')"),
        "identite.pdf": archive("zip", {"word/document.xml": b"<exemple/>"}),
        "rib.pdf": None,
        "RIB-2026.pdf": piece("rib", PIXEL, "rib.pdf"),
    }
    brume = "tva: {assujetti: non}\n"
    batiment = {"demandeur.adresse.complement": "Bâtiment C"}
    atlas = replace(RADIOLOGIE, etat="valide")
    return [
        Scene(1, LOGICIELS, "consulta.zip", consulta, "OK",
              "complete request, filed by the legal representative"),
        Scene(1, LOGICIELS_RIS, "imagerie.zip", depot(LOGICIELS_RIS), "KO",
              "a second ANS number while the supplier's first request is pending", ("CYC-004",)),
        Scene(1, MEDISOFT, "medidoc.tar.gz", 
              depot(MEDISOFT, "tar.gz", dossier="medidoc/", yaml_text=windows), "OK",
              "SONS DPI that hosts no health data (attestation); filed by an employee (mandate); "
              "dossier.yaml saved by Notepad, in a top folder"),
        Scene(1, ATELIER, "enrolement-dpi.tar.xz", depot(ATELIER, "tar.xz"), "OK",
              "SONS DPI that hosts health data (HDS certificate); filed by an accountant (contract); "
              "an identity card that the law prolongs by five years"),
        Scene(1, RADIOLOGIE, "atlas-ris.tar.zst", depot(RADIOLOGIE, "tar.zst"), "OK",
              "anticipé: the ANS register says en_cours, no certificate is attached"),
        Scene(1, LABO, "horizon.tar", depot(LABO, "tar", banque__bic="EXEMFRPPXXX"), "ANO",
              "the BIC is not the bank table's for this bank code: recorded, with an alert", ("BNK-010",)),
        Scene(1, PHARMA, "plume.zip", depot(PHARMA), "ANO",
              "distributeur: non, but the register names another editor: recorded, with an alert",
              ("DEM-005",)),
        Scene(1, IMAGERIE, "boreale.zip", depot(IMAGERIE, changes_by_path=faults), "KO",
              "wrong IBAN key, expired passport and missing engagement, all told at once",
              ("BNK-005", "ENG-001", "REP-008")),
        Scene(1, SANTE_LIBRE, "cabinet-libre.tar.gz",
              depot(SANTE_LIBRE, "tar.gz", referencement__numero_ans="00aa11bb22"), "KO",
              "an ANS number that the register does not know", ("ANS-003",)),
        Scene(1, DOMISOINS, "tournee.zip", depot(closed), "KO", "the establishment is closed", ("SIR-005",)),
        Scene(1, ECUME, "ecume.tar.zst", ecume, "KO",
              "the account is not entitled to this SIREN", ("ACC-002",)),
        Scene(1, AGENDA, "agenda.zip", truncated(depot(AGENDA, name_form="cp850")), "KO",
              "a zip cut in transfer", ("ARC-005",)),
        Scene(1, MISTRAL, "mistral.tar", hostile(archive_files(MISTRAL)), "KO",
              "hostile: a name that climbs out with ../ and a symbolic link", ("ARC-012", "ARC-013")),
        Scene(1, VEGA, "vega.zip", pdf("Dossier d'enrôlement", ("Véga Santé",)), "KO",
              "a PDF renamed .zip", ("ARC-001",)),
        Scene(1, PIXEL, "pixel.zip", depot(pixel, fichiers=pixel_wrong), "KO",
              "pieces: a PDF with JavaScript, a Word file renamed .pdf, a RIB under another name than listed",
              ("PJ-001", "PJ-002", "PJ-010", "PJ-015")),
        Scene(2, AGENDA, "agenda.zip", depot(AGENDA, name_form="cp850"), "OK",
              "mended; accented file names in CP850, as Windows stores them; a denomination that differs "
              "from the register's by case and accents alone"),
        Scene(2, IMAGERIE, "boreale.zip", depot(IMAGERIE), "OK", "mended"),
        Scene(2, SANTE_LIBRE, "cabinet-libre.tar.gz", depot(SANTE_LIBRE, "tar.gz"), "OK",
              "mended; a sole trader without VAT, with the proof"),
        Scene(2, DOMISOINS, "tournee.zip", depot(DOMISOINS), "OK",
              "mended: the open establishment; a changed denomination, with the Kbis"),
        Scene(2, ECUME, "ecume.tar.zst", ecume, "OK",
              "the same bytes as the refused drop, taken afresh: tonight's acces.csv gives the right; "
              "a distributor with the editor's mandate"),
        Scene(2, MISTRAL, "mistral.tar.xz", depot(MISTRAL, "tar.xz"), "ANO",
              "mended; the bank table lacks the bank code: recorded, with an alert", ("BNK-011",)),
        Scene(2, VEGA, "vega.zip", archive("zip", apple_double(archive_files(VEGA)), name_form="utf-8"), "OK",
              "a zip of the macOS Finder: __MACOSX, ._ and .DS_Store litter, decomposed accents"),
        Scene(2, CLINIDOC, "clinidoc.tar", depot(CLINIDOC, "tar"), "KO",
              "initial, but the supplier has an account since wave 1", ("CYC-002",)),
        Scene(2, PASSERELLE, "passerelle.tar.xz", passerelle, "KO",
              "the window of its DSR opens tomorrow", ("CYC-005",)),
        Scene(2, LOGICIELS_RIS, "imagerie.zip", depot(LOGICIELS_RIS), "KO",
              "initial, but tonight's validation has opened the account: a complémentaire is due",
              ("CYC-002",)),
        Scene(3, MEDISOFT, "medidoc-2.tar.gz", depot(MEDISOFT, "tar.gz", dossier="medidoc/"), "OK",
              "the rejected ANS number again: a new request"),
        Scene(3, PIXEL, "essai.zip", depot(PIXEL, essai=True), "OK",
              "a trial (essai: oui): checked and answered, never recorded; a sole trader whose data the "
              "register does not publish", essai=True),
        Scene(3, LOGICIELS, "consulta.zip", consulta, "OK",
              "the bytes of a recorded drop again: the first answer, nothing changes", repeats="consulta.zip"),
        Scene(3, PASSERELLE, "passerelle.tar.xz", passerelle, "OK",
              "the window opens today, bounds included"),
        Scene(3, LABO, "horizon-bis.tar", depot(LABO, "tar"), "KO",
              "a number that has a request which is not rejected", ("CYC-001",)),
        Scene(3, CLINIDOC, "clinidoc.tar.gz", bit_flipped(depot(CLINIDOC, "tar.gz")), "KO",
              "one flipped bit, which only gzip's checksum tells", ("ARC-006",)),
        Scene(3, SANTE_LIBRE, "annexes.tar.zst", bomb(files=archive_files(SANTE_LIBRE)), "KO",
              "a decompression bomb: a few kilobytes hold 160 MiB", ("ARC-009",)),
        Scene(3, LOGICIELS_RIS, "imagerie-2.zip", complementaire(LOGICIELS_RIS).archive(), "OK",
              "the complémentaire: a shorter dossier, the rest comes from the account"),
        Scene(3, LABO, "horizon-pieces.zip", lambda n: pieces(n, LABO, "kbis").archive(), "KO",
              "one of the two documents asked for is missing", ("CYC-012",), sequel="horizon.tar"),
        Scene(4, LABO, "horizon-pieces.zip", lambda n: pieces(n, LABO, "kbis", "autre").archive(), "OK",
              "exactly the documents asked for: back to « En cours »", sequel="horizon.tar"),
        Scene(4, ATELIER, "correction.zip",
              lambda n: modification(n, ATELIER, "demandeur", changes_by_path=batiment).archive(), "OK",
              "the correction asked for, a whole section: the rank rises", sequel="enrolement-dpi.tar.xz", rang=1),
        Scene(4, RADIOLOGIE, "atlas-certificat.zip", lambda n: finalisation(n, atlas).archive(), "OK",
              "the finalisation: the certificate, and nothing else", sequel="atlas-ris.tar.zst"),
        Scene(4, CLINIDOC, "clinidoc-3.zip", complementaire(CLINIDOC, declarant="depositaire",
              depositaire__email="cabinet@comptes-et-conseils.example").archive(), "KO",
              "filed by a dépositaire whose mandate was not yet given in this wave", ("DEP-013",)),
        Scene(4, CLINIDOC, "clinidoc-4.tar.xz", complementaire(CLINIDOC).archive("tar.xz"), "OK",
              "a complémentaire on the account that it has since wave 1"),
        Scene(4, PHARMA, "plume-pieces.zip", lambda n: pieces(n, PHARMA, "kbis").archive(), "KO",
              "documents that nobody asked for: the request is validated", ("CYC-010",), sequel="plume.zip"),
        Scene(4, VEGA, "medidoc-3.zip", pieces("ENR0003M0", VEGA, "kbis").archive(), "KO",
              "somebody else's request: not told apart from one that does not exist", ("CYC-009",)),
        Scene(3, BRUME, "brume.zip",
              depot(BRUME, yaml_text=lambda t: t.replace("nom_commercial", "nom_comercial") + brume),
              "KO", "dossier.yaml with a misspelt key and a key given twice", ("YML-008", "YML-009")),
    ]  # fmt: skip


def numbered(every_scene: list[Scene]) -> list[Scene]:
    """Sorts the drops as they are taken, gives the recorded ones their request numbers, and makes the bytes
    that need them."""
    every_scene.sort(key=lambda s: (s.night, s.nom.encode(), s.f.compte))
    recorded = [s for s in every_scene if s.etat != "KO" and not s.essai and not s.repeats and not s.sequel]
    for n, scene in enumerate(recorded, 1):
        scene.numero = f"ENR{n:04d}M0"
    numeros = {(s.f.compte, s.nom): s.numero for s in reversed(recorded)}
    for scene in every_scene:
        if scene.repeats:
            scene.numero = numeros[scene.f.compte, scene.repeats]
        if scene.sequel:
            numero = numeros[scene.f.compte, scene.sequel]
            scene.octets = scene.octets(numero)
            scene.numero = "" if scene.etat == "KO" else f"{numero[:-1]}{scene.rang}"
    return every_scene


# --- The ASP's files ---------------------------------------------------------------------------------

CARON, MARECHAL = "Bérénice Caron", "Théo Maréchal"


def decisions_night_2(number_of) -> list[tuple[tuple, str, str]]:
    """(row, état and code of its answer); `number_of` gives the number of an account's first request."""
    return [
        ((number_of("logiciels-exemple"), "valider", "", "", CARON), "appliquee", "DEC-000"),
        ((number_of("radiologie-atlas"), "valider", "", "", CARON), "appliquee", "DEC-000"),
        ((number_of("medisoft"), "rejeter", "Le mandat n’est pas signé par le représentant légal ; la date manque – "
          "merci de le refaire (modèle « mandat » du site).", "", MARECHAL), "appliquee", "DEC-000"),
        ((number_of("labo-horizon"), "demander_pieces", "Le Kbis de moins de trois mois, et l’accord du siège : "
          "le cœur du dossier n’est pas clair.", "kbis|autre", MARECHAL), "appliquee", "DEC-000"),
        (("ENR0042M0", "valider", "", "", MARECHAL), "refusee", "DEC-002"),
    ]  # fmt: skip


COLUMNS_NIGHT_3 = "numero statut decision motif pieces gestionnaire".split()


def decisions_night_3(number_of) -> list[tuple[tuple, str, str]]:
    return [
        ((number_of("atelier-dpi"), "En cours", "demander_modification",
          "Corrigez le complément d'adresse : le bâtiment a changé.", "", CARON), "appliquee", "DEC-000"),
        ((number_of("pharma-plume"), "EN_COURS", "valider", "", "", CARON), "appliquee", "DEC-000"),
        ((number_of("labo-horizon"), "EN_COURS", "valider", "", "", CARON), "refusee", "DEC-009"),
        ((number_of("logiciels-exemple"), "", "valider", "", "", MARECHAL), "refusee", "DEC-008"),
        ((number_of("domisoins"), "EN_COURS", "accepter", "", "", MARECHAL), "refusee", "DEC-003"),
        ((number_of("vega-sante"), "EN_COURS", "rejeter", "", "", MARECHAL), "refusee", "DEC-004"),
        ((number_of("groupe-ecume"), "EN_COURS", "valider", "", "", ""), "refusee", "DEC-007"),
    ]  # fmt: skip


def decisions_night_4(number_of) -> list[tuple[tuple, str, str]]:
    return [
        ((number_of("groupe-ecume"), "EN_COURS", "valider", "", "", CARON), "appliquee", "DEC-000"),
        ((number_of("vega-sante"), "En cours", "rejeter", "Le RIB est celui d'une autre société.", "", MARECHAL),
         "appliquee", "DEC-000"),
    ]  # fmt: skip


WITHDRAWN = [
    ("8d0c44e1f2", "Ancien Cabinet", "1.0", "SONS LGC", "Général", NEIGHBOURS[0].siren, "retire", "2025-06-30"),
    ("e91b7a3c05", "Oméga Biologie", "3.1", "SONS SGL", "Général", NEIGHBOURS[1].siren, "en_cours", "2026-02-02"),
]


def references_night_1() -> dict[str, bytes]:
    files = references(
        SUPPLIERS,
        {
            "referencements.csv": WITHDRAWN,
            "comptes.csv": [
                ("ASP-10207", CLINIDOC.representant.email, CLINIDOC.siren, "oui", "representant_legal"),
                ("ASP-10388", MEDISOFT.depositaire.email, MEDISOFT.siren, "non", "depositaire"),
                ("ASP-10412", PHARMA.representant.email, PHARMA.siren, "non", "representant_legal"),
            ],
            "StockUniteLegale_utf8.csv": [unite_legale(f) for f in NEIGHBOURS],
            "StockEtablissement_utf8.csv": [
                etablissement(f, f.siret, "F" if n % 3 == 0 else "A") for n, f in enumerate(NEIGHBOURS)
            ],
        },
    )
    others = sorted({f.dsr for f in SUPPLIERS} - {PASSERELLE.dsr})
    rows = [(dsr, "2025-01-01", "2026-12-31") for dsr in others]
    rows.append((PASSERELLE.dsr, DATES[3], "2026-06-30"))
    files["calendrier.csv"] = csv_asp(HEADERS["calendrier.csv"], rows, Form(","))
    files["acces.csv"] = acces(ecume=False)
    return files


def acces(ecume: bool) -> bytes:
    """The access table; without `ecume` that account has another SIREN's right than its own."""
    rows = {(f.compte, f.siren, f.contact) for f in SUPPLIERS if ecume or f is not ECUME}
    rows.add((ECUME.compte, ECUME.siren_editeur, ECUME.contact))
    return csv_asp(HEADERS["acces.csv"], sorted(rows), Form(";", "utf-8"))


def asp_files(every_scene: list[Scene]) -> dict[int, tuple[dict[str, bytes], list[tuple]]]:
    """By night: the ASP's files, and the rows of attendu_asp.csv."""
    firsts = {}
    for scene in every_scene:
        if scene.numero:
            firsts.setdefault(scene.f.compte, scene.numero)
    nights = {1: (references_night_1(), []), 2: ({"acces.csv": acces(ecume=True)}, []), 3: ({}, []), 4: ({}, [])}
    losing = [f for f in SUPPLIERS if f.dsr == "SONS DPI"]
    nights[3][0]["referencements.csv"] = references(losing)["referencements.csv"]
    validated = [replace(f, etat="valide") if f is RADIOLOGIE else f for f in SUPPLIERS]
    nights[4][0]["referencements.csv"] = references(validated, {"referencements.csv": WITHDRAWN})["referencements.csv"]
    for night, (files, expected) in nights.items():
        for name in sorted(files):
            answer = ("refuse", "REF-002") if night == 3 else ("pris", "REF-000")
            expected.append((name, "", "", "", *answer))
    for night, rows, form, columns in (
        (2, decisions_night_2(firsts.get), EXCEL, HEADERS["decisions.csv"]),
        (3, decisions_night_3(firsts.get), INSEE, COLUMNS_NIGHT_3),
        (4, decisions_night_4(firsts.get), EXCEL, COLUMNS_NIGHT_3),
    ):
        name = f"decisions-{DATES[night]}.csv"
        nights[night][0][name] = decisions([row for row, _, _ in rows], form, columns)
        at = columns.index("decision")
        for n, (row, etat, code) in enumerate(rows, 2):
            nights[night][1].append((name, n, row[0], row[at], etat, code))
    return nights


# --- What is written ---------------------------------------------------------------------------------

ASP_README = {
    1: "`referencements.csv` `;`, UTF-8 with BOM, CRLF (Excel's \"CSV UTF-8\"); `comptes.csv` `,`, UTF-8; `acces.csv` "
       "`;`, UTF-8, CRLF; `banques.csv` `;`, Windows-1252, CRLF; `calendrier.csv` `,`, BOM; INSEE's two files with "
       "the header that INSEE publishes.",
    2: "`acces.csv` anew, with the right that groupe-ecume lacked; `decisions-2026-03-03.csv` as Excel saves it "
       "(`;`, Windows-1252, CRLF): two validations (one of them partial), a rejection, pieces asked for, and a row "
       "whose request does not exist.",
    3: "`referencements.csv` that loses over half of its rows: refused, the old one stays; "
       "`decisions-2026-03-04.csv` (`,`, UTF-8, LF, with the column `statut`): a correction asked for, a "
       "validation, and five rows that are returned, one for each reason.",
    4: "`referencements.csv` whole, in which radiologie-atlas's referencing is validated now; "
       "`decisions-2026-03-05.csv`: a validation and a rejection.",
}  # fmt: skip


def readme(every_scene: list[Scene]) -> str:
    lines = [
        "# Four nights of drops",
        "",
        "Invented suppliers, people and banks; valid numbers. Made by "
        "`tests/tools/factory.py examples examples/`: do not edit, run it again.",
        "",
        "`nuit-N/date` is the date of the night, `nuit-N/inbox/` what lies in the inbox when it runs. Played "
        "with `--date`, drops are taken in the order of their names, then of their accounts: the request numbers "
        "follow from it. `attendu.csv` says how each drop must be answered (its `anomalies` must be among those told), `attendu_asp.csv` each row of the "
        "ASP's files.",
    ]
    for night, date in DATES.items():
        lines += ["", f"## Night {night} ({date})", "", f"The ASP: {ASP_README[night]}", ""]
        lines += ["| drop | answer | number | shows |", "|---|---|---|---|"]
        for s in every_scene:
            if s.night == night:
                answer = " ".join((s.etat, *s.codes))
                lines.append(f"| `{s.chemin}` | {answer} | {s.numero or '–'} | {s.shows} |")
    return "\n".join(lines) + "\n"


def fichiers() -> dict[str, bytes]:
    """Every file of the set: path -> bytes."""
    every_scene = numbered(scenes())
    out = {"README.md": readme(every_scene).encode(), ".gitattributes": b"* -text\n"}
    for night, (files, expected) in asp_files(every_scene).items():
        base = f"nuit-{night}"
        out[f"{base}/date"] = f"{DATES[night]}\n".encode()
        out |= {f"{base}/inbox/asp/{name}": data for name, data in files.items()}
        drops = [s for s in every_scene if s.night == night]
        out |= {f"{base}/inbox/{s.chemin}": s.octets for s in drops}
        out[f"{base}/attendu.csv"] = csv_asp(
            ["compte", "archive", "etat", "numero", "anomalies"],
            [(s.f.compte, s.nom, s.etat, s.numero, "|".join(s.codes)) for s in drops], INSEE)  # fmt: skip
        out[f"{base}/attendu_asp.csv"] = csv_asp(
            ["fichier", "ligne", "numero", "decision", "etat", "code"], expected, INSEE)
    return out
