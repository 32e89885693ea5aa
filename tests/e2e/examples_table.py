"""For each code of the catalogue what makes it: the examples of docs/anomalies.md, played by anomalies_doc.py.

An example of a drop is a sound dossier with one thing changed. `sent` says in French what dossier.yaml does not show.
It is dropped in the first night, or in the second as what follows a request of the first: `sequel` makes it of the
request's number, after `decision`.
"""

import io
import tarfile
import zipfile
from dataclasses import dataclass

from factory import BANKS, Bank, Raw, archive, bit_flipped, bomb, iban, pdf, replace, siren, siret, truncated
from factory_cycle import finalisation, modification, pieces
from rules_table import (
    CENTRE, DPI, DPI_HDS, EMPLOYE, HOSTING, LIMIT, WRONG_RIB_KEY, Row, big_dictionary, link, listed, other_central_name,
    plus, rib, sample, sized_jpeg, swap, with_entries, zip_with_flag, zip_with_method,
)  # fmt: skip

OTHER_EDITOR = siren("29990001")
# What no input can cause, or no example shows, and why: in French, as docs/anomalies.md says it.
WITHOUT_EXAMPLE = {
    "ARC-020": "Se produit quand ce qui est déposé n'est pas un fichier : un dossier, un lien ou un tube nommé.",
    "DEC-013": "Se produit quand le service lui-même échoue au milieu d'une décision ; aucun fichier ne la cause.",
}


@dataclass
class Example(Row):
    code: str = ""
    sent: str = ""  # French, a sentence: what dossier.yaml does not show
    along: tuple = ()  # other codes that come along
    limits: bool = False  # in a root whose limits are lowered
    decision: tuple = ()  # on the request of the first night: (decision, pieces), before the sequel
    sequel: object = None  # of the supplier and the request's number: a Depot, or the bytes' text
    register: dict | None = None  # the supplier's facts in the registers of the second night
    rival: object = None  # of the supplier: d and fichiers of another one's dossier, in the second night
    alert: str = ""  # the code stands in alertes.csv of that night, "1" or "2", and in no answer


def ex(code, sent="", **rest) -> Example:
    return Example(code=code, sent=sent, **rest)


def demande_pieces(changes=""):
    """A drop of pieces as its text alone."""
    return lambda f, numero: f"format: 1\ntype: pieces\n{changes}pieces:\n  - {{type: rib, fichier: rib.pdf}}\n"


ARCHIVE = [
    ex("ARC-001", "Un fichier PDF déposé seul, sans archive.", octets=lambda files: pdf("Dossier")),
    ex("ARC-002", "Une archive 7-Zip.", octets=lambda files: b"7z\xbc\xaf\x27\x1c" + bytes(100)),
    ex("ARC-003", "Un fichier de zéro octet.", octets=lambda files: b""),
    ex("ARC-004", "Une archive plus grosse que la limite (abaissée pour l'exemple).", limits=True,
       octets=lambda files: archive("zip", files) + bytes(65_536)),
    ex("ARC-005", "Un zip dont le transfert s'est interrompu.", octets=lambda files: truncated(archive("zip", files))),
    ex("ARC-006", "Un tar.gz dont un octet a changé en chemin.", kind="tar.gz",
       octets=lambda files: bit_flipped(archive("tar.gz", files))),
    ex("ARC-007", "Un zip protégé par un mot de passe.", octets=lambda files: zip_with_flag(archive("zip", files), 1)),
    ex("ARC-008", "Un tar.xz compressé avec un dictionnaire de 64 Mo.", kind="tar.xz", octets=big_dictionary),
    ex("ARC-009", "Un tar.gz qui contient un fichier énorme (limite abaissée pour l'exemple).", limits=True, kind="tar.gz",
       octets=lambda files: bomb("tar.gz", 250_000, files)),
    ex("ARC-010", "Une archive de plus de fichiers que la limite (abaissée pour l'exemple).", limits=True,
       fichiers={f"annexe-{n}.pdf": pdf("Annexe") for n in range(9)}),
    ex("ARC-011", "Un zip auquel un outil a ajouté des octets.", octets=lambda files: archive("zip", files) + b"suite"),
    ex("ARC-012", "Un tar où annexe.pdf est un lien vers un autre fichier.", kind="tar",
       octets=with_entries(link("annexe.pdf", "/etc/passwd"))),
    ex("ARC-013", "Un tar dont un fichier se nomme ../rib.pdf.", kind="tar",
       octets=with_entries(tarfile.TarInfo("../rib.pdf"))),
    ex("ARC-014", "Un tar dont un fichier a un nom de 300 lettres.", kind="tar",
       octets=with_entries(tarfile.TarInfo("n" * 300))),
    ex("ARC-015", "Un tar qui contient deux fichiers rib.pdf.", kind="tar",
       octets=with_entries(tarfile.TarInfo("rib.pdf"))),
    ex("ARC-016", "Un zip dont le sommaire nomme rob.pdf ce qui est écrit sous le nom rib.pdf.",
       octets=lambda files: other_central_name(archive("zip", files))),
    ex("ARC-017", "Une archive où l'Explorateur Windows cache que le dossier se nomme dossier.yaml.txt.",
       octets=lambda files: archive("zip", {
           "dossier.yaml.txt" if name == "dossier.yaml" else name: data for name, data in files.items()})),
    ex("ARC-018", "Une archive qui contient dossier.yaml et autre/dossier.yaml.",
       fichiers={"autre/dossier.yaml": b"format: 1\n"}),
    ex("ARC-019", "Une archive où un document est rangé dans un sous-dossier.",
       fichiers={"sous/annexe.pdf": pdf("Annexe")}),
    ex("ARC-021", "Un zip de Windows où Pièce.pdf, qui n'est pas dans la liste, est nommé en CP850.",
       fichiers={"Pièce.pdf": pdf("Annexe")}, name_form="cp850"),
    ex("ARC-022", "Un zip compressé par BZip2.", octets=lambda files: zip_with_method(files, zipfile.ZIP_BZIP2)),
]  # fmt: skip

TEXT = [
    ex("YML-001", d={"demandeur.nom_commercial": Raw("Santé: la suite")}),
    ex("YML-001", yaml_text=swap("siret: ", "siret: '")),
    ex("YML-001", yaml_text=lambda text: text.replace(", fichier:", "; fichier:")),
    ex("YML-002", "Un dossier.yaml que le Bloc-notes a enregistré en « ANSI ».",
       yaml_text=lambda text: text.encode("cp1252")),
    ex("YML-003", "Un dossier.yaml de plusieurs milliers de lignes (limite abaissée pour l'exemple).", limits=True,
       yaml_text=plus("# encore\n" * 500)),
    ex("YML-004", "Un dossier.yaml qui ne contient que des commentaires.", yaml_text="# rien\n"),
    ex("YML-005", yaml_text=plus("---\nformat: 1\n")),
    ex("YML-006", d={"demandeur.nom_commercial": Raw("&Co Santé")}),
    ex("YML-007", d={"demandeur.nom_commercial": Raw("!Santé plus")}),
    ex("YML-008", d={"demandeur.nom_commercial": Raw("Santé\n  nom_commercial: Santé plus")}),
    ex("YML-009", yaml_text=swap("nom_commercial", "nom_comercial")),
    ex("YML-009", yaml_text=swap("nom_commercial", "raison_sociale"), along=("DEM-001",)),
    ex("YML-010", d={"engagements": "Lu et approuvé"}),
    ex("YML-010", yaml_text=listed("- {name}")),
    ex("YML-011", d={"demandeur.nom_commercial": {"court": "Santé"}}),
    ex("YML-012", yaml_text=listed("{type}: {name}")),
    ex("YML-013", along=("YML-011",), d={"demandeur.nom_commercial": Raw("[" * 12 + "]" * 12)}),
    ex("YML-014", d={"demande": "ENR0001M0"}),
    ex("YML-015", "Un nom copié d'une page web, avec une espace invisible de largeur nulle.",
       d={"demandeur.nom_commercial": "Logi\u200bciels"}),
    ex("YML-016", d={"demandeur.nom_commercial": "Santé et " * 17}),
    ex("YML-017", d={"format": "2"}),
    ex("YML-017", d={"format": None}),
    ex("YML-018", d={"type": "initiale"}),
    ex("YML-018", d={"type": None}),
    ex("YML-019", d={"essai": "peut-être"}),
    ex("YML-020", d={"representant.nom": "LefÃ¨vre"}),
    ex("YML-021", d={"demandeur.nom_commercial": Raw("Santé #2")}),
    ex("YML-022", d={"demandeur.adresse.complement": Raw("NULL")}),
    ex("YML-023", d={"demandeur.adresse.type_voie": "12 rue des Lilas"}),
    ex("YML-023", d={"demandeur.adresse.commune": "69003 LYON"}),
    ex("YML-023", d={"representant.nom": "Mme GAUTIER"}),
    ex("YML-023", d={"banque.titulaire": "voir RIB"}),
    ex("YML-023", d={"representant.email": "elise@gmail.con", "representant.confirmation_email": "elise@gmail.con"}),
]  # fmt: skip

STEPS = [
    ex("ANS-001", d={"referencement.numero_ans": Raw("")}),
    ex("ANS-002", d={"referencement.numero_ans": "//"}),
    ex("ANS-003", f={"numero_ans": "27f99871b4"}, d={"referencement.numero_ans": "27F99871B4"}),
    ex("ANS-004", f={"etat": "retire", "numero_ans": "0123456789"}),
    ex("ANS-005", d={"pieces.certificat_referencement": None}),
    ex("ANS-006", f={"etat": "en_cours"}, d={"pieces.certificat_referencement": "certificat.pdf"}),
    ex("HDS-001", "Le numéro ANS est celui d'un SONS DPI.", f=DPI, d={HOSTING: None}),
    ex("HDS-002", f=DPI, d={HOSTING: "peut-être"}),
    ex("HDS-003", d={HOSTING: True}),
    ex("HDS-003", d={HOSTING: "non concerné"}),
    ex("HDS-004", f=DPI_HDS, d={"pieces.certificat_hds": None}),
    ex("HDS-005", f=DPI, d={"pieces.attestation_non_hds": None}),
    ex("HDS-006", d={"pieces.attestation_non_hds": "non-hds.pdf"}),
    ex("HDS-007", f=DPI_HDS, yaml_text=swap(", valide_jusqu_au: 2027-09-30", "")),
    ex("HDS-008", f=DPI_HDS, d={"pieces.certificat_hds": {"valide_jusqu_au": "2026-03-01"}}),
    ex("SIR-001", d={"demandeur.siret": Raw("")}),
    ex("SIR-002", d={"demandeur.siret": "732829320"}),
    ex("SIR-002", d={"demandeur.siret": "7,32829E+13"}),
    ex("SIR-003", d={"demandeur.siret": "73282932000075"}),
    ex("SIR-004", f={"siret": siret(siren("29800001"))}, d={"demandeur.siret": siret(siren("29800001"), 77)}),
    ex("SIR-005", f={"etablissement": "F"}),
    ex("DEM-001", d={"demandeur.adresse.commune": None}),
    ex("DEM-002", d={"demandeur.nom_commercial": "//"}),
    ex("DEM-003", f={"denomination_given": "SANTE GROUPE"}, d={"pieces.kbis": None}),
    ex("DEM-004", f={"distributeur": True, "siren_editeur": OTHER_EDITOR}, d={"pieces.mandat_editeur": None}),
    ex("DEM-005", f={"siren_editeur": OTHER_EDITOR}),
    ex("DEM-006", d={"demandeur.distributeur": "parfois"}),
    ex("DEM-007", d={"demandeur.adresse.code_postal": "7500"}),
    ex("DEM-008", f={"distributeur": True}),
    ex("DEM-009", f={"published": False}, d={"demandeur.adresse.nom_voie": None}),
    ex("REP-001", d={"representant.nom": None}),
    ex("REP-002", d={"representant.nom": "//"}),
    ex("REP-003", d={"representant.email": "elise.durand", "representant.confirmation_email": "elise.durand"}),
    ex("REP-003", d={"representant.email": "Élise <elise@exemple.fr>", "representant.confirmation_email": "Élise <elise@exemple.fr>"}),
    ex("REP-004", d={"representant.email": "elise@exemple.fr", "representant.confirmation_email": "elsie@exemple.fr"}),
    ex("REP-005", d={"representant.telephone": "01 23 45 67"}),
    ex("REP-006", d={"representant.identite.nature": "passport"}),
    ex("REP-007", d={"representant.identite.valide_jusqu_au": "2030-02-30"}),
    ex("REP-007", d={"representant.identite.valide_jusqu_au": "31 janvier 2030"}),
    ex("REP-008", d={"representant.identite.valide_jusqu_au": "2026-03-01"}),
    ex("REP-009", d={"pieces.piece_identite_representant": None}),
    ex("REP-010", d={"declarant": "gérant"}),
    ex("REP-010", d={"declarant": None}),
    ex("DEP-001", f=EMPLOYE, d={"depositaire.nom": None}),
    ex("DEP-002", f=EMPLOYE, d={"depositaire.prenom": "//"}),
    ex("DEP-003", f=EMPLOYE, d={"depositaire.email": "chloe@", "depositaire.confirmation_email": "chloe@"}),
    ex("DEP-004", f=EMPLOYE, d={"depositaire.confirmation_email": "autre@exemple.fr"}),
    ex("DEP-005", f=EMPLOYE, d={"depositaire.telephone": "123456789"}),
    ex("DEP-006", f=EMPLOYE, d={"depositaire.identite.nature": "permis"}),
    ex("DEP-007", f=EMPLOYE, d={"depositaire.identite.valide_jusqu_au": "31.01.2030"}),
    ex("DEP-008", f=EMPLOYE, d={"depositaire.identite.valide_jusqu_au": "2024-02-29"}),
    ex("DEP-009", f=EMPLOYE, d={"pieces.piece_identite_depositaire": None}),
    ex("DEP-010", f=EMPLOYE, d={"depositaire.qualite": "comptable"}),
    ex("DEP-011", f=EMPLOYE, d={"pieces.mandat_representant_legal": None}),
    ex("DEP-012", f=CENTRE, d={"pieces.contrat_prestation": None}),
    ex("DEP-013", "Un enrôlement complémentaire déposé par un tiers.", nature="complementaire", mandat=False,
       f=EMPLOYE | {"siret": siret(siren("29800005"))}),
    ex("BNK-001", d={"banque.titulaire": None}),
    ex("BNK-002", d={"banque.iban": "FR14_2004"}),
    ex("BNK-003", d={"banque.iban": "20041 01005 0500013M026 06"}),
    ex("BNK-004", d={"banque.iban": "FR14 2004 1010 0505 0001 3M02 60"}),
    ex("BNK-005", d={"banque.iban": "FR15 2004 1010 0505 0001 3M02 606"}),
    ex("BNK-006", d={"banque.iban": WRONG_RIB_KEY}),
    ex("BNK-007", d={"banque.bic": "EXEM"}),
    ex("BNK-008", d={"banque.bic": "EXEMDEFF"}),
    ex("BNK-009", f={"banque": Bank("99104", "EXEMNCNN", "BANQUE DU LAGON")}),
    ex("BNK-010", f={"banque": BANKS[1]}, d={"banque.bic": "MUEXFR22"}),
    ex("BNK-011", f={"banque": Bank("99199", "INCOFRPP", "")}),
    ex("BNK-012", d={"banque.titulaire": "DURAND & FILS"}),
    ex("BNK-013", d={"banque.iban": iban("0006100519786457841326", "TR"), "banque.bic": "EXEMTRIS"}),
    ex("BNK-014", d={"pieces.rib": None}),
    ex("BNK-015", d={"banque.iban": "PSSTFRPPPAR", "banque.bic": "FR14 2004 1010 0505 0001 3M02 606"}),
    ex("TVA-001", d={"tva.assujetti": Raw("")}),
    ex("TVA-002", d={"tva.assujetti": "1"}),
    ex("TVA-003", f={"assujetti": False}, d={"pieces.preuve_hors_tva": None}),
    ex("ENG-001", d={"engagements.cgu": None}),
    ex("ENG-002", d={"engagements.article_441_7": "yes"}),
]  # fmt: skip


def is_rib(code, sent, name, **rest):
    """The RIB is that refused sample."""
    return ex(code, sent, fichiers=rib(name), **rest)


PIECES = [
    ex("PJ-001", "L'archive contient RIB.PDF, et non rib.pdf.", fichiers={"rib.pdf": None, "RIB.PDF": pdf("Relevé")}),
    ex("PJ-001", "L'archive ne contient pas de RIB.", fichiers={"rib.pdf": None}),
    ex("PJ-002", "L'archive contient aussi annexe.pdf, que la liste ne nomme pas.", fichiers={"annexe.pdf": pdf("Annexe")}),
    ex("PJ-002", "L'archive contient aussi le fichier caché que Word laisse à côté de mandat.docx.",
       fichiers={"~$mandat.docx": b"\x05Marie" + bytes(156)}),
    ex("PJ-003", d={"pieces.rib": {"type": "ribb"}}),
    ex("PJ-003", d={"pieces.piece_identite_representant": {"type": "cni"}}),
    ex("PJ-004", yaml_text=plus("  - {type: rib, fichier: rib-2.pdf}\n"), fichiers={"rib-2.pdf": pdf("Relevé")}),
    ex("PJ-005", f={"assujetti": False, "fichiers": {"preuve_hors_tva": "rib.pdf"}}),
    ex("PJ-006", d={"pieces.kbis": "kbis.pdf"}),
    ex("PJ-007", d={"pieces.rib": "documents/rib.pdf"}, fichiers={"documents/rib.pdf": None}),
    ex("PJ-007", yaml_text=swap(", fichier: rib.pdf", ""), along=("PJ-002",)),
    ex("PJ-008", "rib.pdf est un fichier de zéro octet.", fichiers={"rib.pdf": b""}),
    ex("PJ-009", "La photographie de la carte d'identité pèse plus de 4 Mo.",
       fichiers={"piece_identite_representant.jpg": sized_jpeg(LIMIT + 1)}),
    is_rib("PJ-010", "rib.pdf est une page web enregistrée sous ce nom.", "wrong-kind-html.pdf"),
    is_rib("PJ-011", "rib.pdf s'arrête à sa moitié.", "truncated-half.pdf"),
    is_rib("PJ-012", "rib.pdf est passé par un éditeur de texte, qui a changé son contenu.", "damaged-utf8.pdf"),
    is_rib("PJ-013", "rib.pdf est protégé par un mot de passe.", "encrypted-aes.pdf"),
    ex("PJ-014", "rib.pdf est protégé contre la modification, et s'ouvre sans mot de passe.",
       fichiers={"rib.pdf": sample("ok/empty-password-aes.pdf")}),
    is_rib("PJ-015", "rib.pdf contient un script.", "active-js-opening.pdf"),
    is_rib("PJ-016", "rib.pdf contient une image démesurée.", "pixels-image.pdf"),
    is_rib("PJ-017", "rib.pdf est un PDF sans page.", "no-page-kids.pdf"),
    is_rib("PJ-018", "rib.pdf contient des millions d'objets.", "costly-objstm.pdf"),
    ex("PJ-019", d={"pieces.rib": {"sha256": "0" * 64}}, fichiers={"rib.pdf": sample("ok/v14.pdf")}),
    ex("PJ-020", d={"pieces.rib": {"sha256": "abc"}}),
    ex("PJ-021", d={"pieces.rib": {"valide_jusqu_au": "2027-13-31"}}),
    ex("PJ-022", d={"pieces.rib": {"valide_jusqu_au": "2026-03-01"}}),
    ex("PJ-023", d={"pieces": Raw("")}),
    ex("PJ-024", "La liste compte plus de quarante documents.", along=("*",),
       yaml_text=plus("  - {type: kbis, fichier: kbis.pdf}\n" * 40)),
    ex("PJ-025", "Le service n'admet que les PDF et les PNG (réglage de l'exemple).", limits=True),
    ex("PJ-026", "rib.pdf a été altéré par un transfert en mode texte.", fichiers={"rib.pdf": sample("ok/xref-off.pdf")}),
    ex("PJ-027", "rib.pdf est une photographie suivie d'octets étrangers.",
       fichiers={"rib.pdf": sample("ok/colour.jpg") + b"x" * 1025}),
    ex("PJ-028", f=EMPLOYE, yaml_text=swap("type: mandat_representant_legal", "type: mandat_editeur")),
]  # fmt: skip

ACCOUNT_2, ACCOUNT_4 = siret(siren("29800002")), siret(siren("29800004"))
LIFE = [
    ex("ACC-001", "Le dépôt est fait par un compte que l'ASP n'a pas habilité.", compte="inconnu-1"),
    ex("ACC-002", "Le SIRET est celui d'une autre entreprise.", f={}, d={"demandeur.siret": "73282932000074"},
       along=("DEM-005", "SIR-004")),
    ex("CYC-001", f={"numero_ans": "7777777777"}, before_it={"nom_commercial": "Le premier"}),
    ex("CYC-002", f={"siret": ACCOUNT_2}),
    ex("CYC-003", nature="complementaire"),
    ex("CYC-004", f={"siret": ACCOUNT_4}, nature="complementaire", before_it={"numero_ans": "8888888889"}),
    ex("CYC-005", f={"dsr": "SONS DRIMbox", "numero_ans": "9999999990"}),
    ex("CYC-007", sequel=demande_pieces()),
    ex("CYC-008", sequel=demande_pieces("demande: 601\n")),
    ex("CYC-008", sequel=demande_pieces("demande: ENROOO1MO\n")),
    ex("CYC-009", sequel=demande_pieces("demande: ENR4242M0\n")),
    ex("CYC-010", "Personne n'a demandé de pièces pour cette demande.", sequel=lambda f, numero: pieces(numero, f, "rib")),
    ex("CYC-011", "Le gestionnaire a demandé une correction.", decision=("demander_modification", ""),
       sequel=lambda f, numero: pieces(numero, f, "rib")),
    ex("CYC-012", "Le gestionnaire a demandé le RIB et l'extrait Kbis.", decision=("demander_pieces", "rib|kbis"),
       sequel=lambda f, numero: pieces(numero, f, "rib")),
    ex("CYC-013", "Le gestionnaire a demandé une correction.", decision=("demander_modification", ""),
       sequel=lambda f, numero: modification(numero, f, "demandeur", changes_by_path={"demandeur.siret": "73282932000074"})),
    ex("CYC-014", "Le gestionnaire a demandé une correction.", decision=("demander_modification", ""),
       sequel=lambda f, numero: modification(numero, f, "referencement", changes_by_path={"referencement.numero_ans": "c0ffee0002"})),
    ex("CYC-015", "Le gestionnaire a demandé une correction.", decision=("demander_modification", ""),
       sequel=lambda f, numero: modification(numero, f)),
    ex("CYC-016", "Le gestionnaire a demandé une correction.", decision=("demander_modification", ""),
       sequel=lambda f, numero: modification(numero, f, "demandeur")),
    ex("CYC-017", "Le gestionnaire a demandé une correction ; l'IBAN change, le RIB reste celui du premier dépôt.",
       decision=("demander_modification", ""),
       sequel=lambda f, numero: modification(numero, replace(f, numero_compte="0000000042B"), "banque")),
    ex("CYC-018", "Le registre de l'ANS dit encore ce référencement en cours.", f={"etat": "en_cours"},
       decision=("valider", ""), sequel=lambda f, numero: finalisation(numero, f)),
    ex("CYC-019", "Le gestionnaire a demandé le RIB.", decision=("demander_pieces", "rib"),
       sequel=lambda f, numero: pieces(numero, f, "rib", "kbis")),
    ex("CYC-020", f={"etat": "en_cours"}, decision=("valider", ""), register={"etat": "valide"},
       sequel=lambda f, numero: finalisation(numero, f, {"pieces.rib": "rib.pdf"})),
    ex("CYC-021", decision=("demander_pieces", "rib"),
       sequel=lambda f, numero: pieces(numero.replace("M0", "M7"), f, "rib")),
    ex("CYC-022", "Le registre de l'ANS a changé le DSR de ce numéro depuis le premier dépôt.",
       decision=("demander_pieces", "rib"), register={"dsr": "SONS RIS"},
       sequel=lambda f, numero: pieces(numero, f, "rib")),
    ex("CYC-023", "Le registre de l'ANS a retiré ce numéro depuis le premier dépôt.",
       decision=("demander_pieces", "rib"), register={"etat": "retire"},
       sequel=lambda f, numero: pieces(numero, f, "rib")),
]  # fmt: skip

COMMON = pdf("RIB commun")
SOON = "2026-04-20"  # less than sixty days after the first night
SIGNALS = [  # told to case managers alone: `rival` files in the second night, of that supplier's facts
    ex("SIG-001", "Un autre fournisseur dépose une demande pour le même numéro de référencement.", alert="2",
       rival=lambda f: {"d": {"referencement.numero_ans": f.numero_ans}}),
    ex("SIG-002", "Un autre fournisseur donne le même IBAN.", alert="2",
       rival=lambda f: {"d": {"banque.iban": f.iban, "banque.bic": f.banque.bic}}),
    ex("SIG-003", "Un autre fournisseur joint le même fichier.", alert="2", fichiers={"rib.pdf": COMMON},
       rival=lambda f: {"fichiers": {"rib.pdf": COMMON}}),
    ex("SIG-004", "L'INSEE dit l'établissement fermé après le dépôt.", alert="2", register={"etablissement": "F"}),
    ex("SIG-005", "La pièce d'identité arrive à son terme dans les soixante jours.", alert="1",
       d={"representant.identite.valide_jusqu_au": SOON}),
    ex("SIG-006", "Le certificat HDS arrive à son terme dans les soixante jours.", alert="1", f=DPI_HDS,
       d={"pieces.certificat_hds": {"valide_jusqu_au": SOON}}),
    ex("SIG-007", "Le mandat arrive à son terme dans les soixante jours.", alert="1", f=EMPLOYE,
       d={"pieces.mandat_representant_legal": {"valide_jusqu_au": SOON}}),
]  # fmt: skip
DROPS = [*ARCHIVE, *TEXT, *STEPS, *PIECES, *LIFE, *SIGNALS]

# Rows of one decisions file of the third night: code -> the row, of a request of its own (`numero` None). The request of
# DEC-014 was corrected in the second night.
DECISIONS = [
    ("DEC-000", {"decision": "valider"}),
    ("DEC-001", {"numero": "601", "decision": "valider"}),
    ("DEC-002", {"numero": "ENR4242M0", "decision": "valider"}),
    ("DEC-003", {"decision": "validé"}),
    ("DEC-004", {"decision": "rejeter"}),
    ("DEC-005", {"decision": "demander_pieces"}),
    ("DEC-006", {"decision": "demander_pieces", "pieces": "certificat_hsd"}),
    ("DEC-007", {"decision": "valider", "gestionnaire": ""}),
    ("DEC-008", {"decision": "demander_pieces", "pieces": "kbis"}),
    ("DEC-009", {"decision": "valider", "statut": "Validée"}),
    ("DEC-010", {"decision": "rejeter", "motif": "Certificat trop r\x8ecent"}),
    ("DEC-011", {"decision": "valider", "gestionnaire": "Bérénice Caron " * 7}),
    ("DEC-012", {"decision": "valider", "statut": "En court"}),
    ("DEC-014", {"decision": "valider"}),
    ("DEC-017", {"decision": "classer_alerte"}),
    ("DEC-018", {"decision": "classer_alerte", "alerte": "D99A0"}),
    ("DEC-019", {"decision": "classer_alerte"}),
]
AFTER_A_REQUEST = {"DEC-008": ("demander_pieces", "rib"), "DEC-014": ("demander_modification", "")}

DECISION_HEAD = b"numero;decision;motif;pieces;gestionnaire\r\n"

# Files of the ASP: code, name, bytes or a function of the file in force, what it shows.
ASP_FILES = [
    ("REF-000", "calendrier.csv", lambda old: old, "Le calendrier, déposé de nouveau sans changement."),
    ("REF-001", "comptes.csv", lambda old: old.replace(b"identifiant", b"identifiants", 1),
     "La ligne d'en-tête dit « identifiants »."),
    ("REF-002", "referencements.csv", lambda old: b"".join(old.splitlines(True)[:3]),
     "L'extraction ne compte plus que deux numéros."),
    ("REF-003", "acces.csv", lambda old: old.replace(b"@", b" arobase ", 1), "Une adresse a perdu son « @ »."),
    ("REF-004", "COMPTES.csv", lambda old: old.decode().encode("utf-16"), "Excel a enregistré « Texte Unicode »."),
    ("REF-005", "banques.csv", lambda old: old + b";".join(old.splitlines()[1].split(b";")[:2]) + b";AUTRE NOM\r\n",
     "Une banque figure deux fois, sous deux noms."),
    ("REF-006", "referencement.csv", lambda old: b"numero_ans\n", "Le nom du fichier a perdu son « s »."),
    ("REF-007", "BANQUES.csv", lambda old: old.splitlines(True)[0], "Il ne reste que la ligne d'en-tête."),
    ("REF-009", "ACCES.csv", lambda old: old[:-5], "Le transfert s'est arrêté dans la dernière ligne."),
    ("REF-010", "StockEtablissement_excel.csv", lambda old: spreadsheet(old), "Un tableur a lu et réenregistré le fichier."),
    ("DEC-015", "decisions_coupe.csv", lambda old: DECISION_HEAD + b"ENR0001M0;rejeter;Le certificat",
     "Le fichier s'arrête au milieu de sa dernière ligne."),
    ("DEC-016", "decisions_accents.csv",
     lambda old: DECISION_HEAD + "ENR0001M0;rejeter;Certificat trop rÃ©cent;;Bérénice Caron\r\n".encode(),
     "Un logiciel a lu le fichier dans un autre codage, puis l'a enregistré en UTF-8."),
    ("REF-011", "StockUniteLegale_coupe.zip", lambda old: zipped(old)[:-200], "Le téléchargement s'est arrêté avant la fin."),
]
ASP_LIMITS = [("REF-008", "comptes.csv", lambda old: old + b"x" * 65_536, "Le fichier dépasse la limite (abaissée pour l'exemple).")]


def zipped(stock: bytes) -> bytes:
    """INSEE's file in the zip that INSEE publishes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr(zipfile.ZipInfo("StockUniteLegale_utf8.csv", (2026, 3, 1, 0, 0, 0)), stock, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def spreadsheet(stock: bytes) -> bytes:
    """INSEE's file as a spreadsheet saves it that took the SIRETs for numbers."""
    head, *lines = stock.decode().splitlines(True)
    at = head.split(",").index("siret")
    cells = [line.split(",") for line in lines]
    for row in cells:
        row[at] = f"{float(row[at]):.5E}"
    return "".join([head, *(",".join(row) for row in cells)]).encode()
