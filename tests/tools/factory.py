#!/usr/bin/python3
"""Makes test material: suppliers, pieces, dossiers, archives and the ASP's files.

As a command:
    factory.py examples DIR     the demonstration set: three nights of drops (see factory_nights.py)
    factory.py sample OUT       a small inbox: reference files and N drops (see sample --help)

As a library, a few lines make a drop with one thing changed:
    f = supplier(1, dsr="SONS DPI", hds=False)     # what is true: the pieces follow
    depot(f)                                          # a valid zip, as bytes
    depot(f, "tar.zst", banque__bic="EXEMDEFF")       # what is written: one key
    depot(f, changes_by_path={"pieces.rib": None})        # without a piece, neither listed nor there
    depot(f, fichiers={"intrus.pdf": pdf("Intrus")})  # a file that the dossier does not list
    depot(f, yaml_text=lambda t: t.replace("cgu: oui", "cgu: peut-être"))
    references([f])                                   # {"referencements.csv": bytes, ...}
    references([f], {"comptes.csv": [compte_asp(f)]}) # ... with an account since wave 1

factory_cycle.py makes what follows an initial enrolment: complementaire(f), pieces(numero, f, "kbis")…
Bytes depend on the arguments alone (and on the versions of zlib, liblzma and zstd): times are fixed,
owners are 0. Every number is valid: SIRET (Luhn), IBAN (ISO 13616 and the French RIB key), BIC.
factory_formats.py makes the files' bytes (PDF, PNG, JPEG, archives), factory_suppliers.py the suppliers.
"""

import argparse
import csv
import io
import json
import pathlib
import re
import sys
from dataclasses import dataclass, replace

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from factory_formats import (
    KINDS, archive, bit_flipped, bomb, compressed, hostile, jpeg, pdf, png, tar, truncated,
)  # fmt: skip
from factory_suppliers import (
    BANKS, TYPES_VOIE, Address, Bank, Supplier, Person, supplier, in_groups, iban, iban_fr,
    person, without_accents, siren, siret,
)  # fmt: skip

__all__ = """KINDS archive bit_flipped bomb compressed hostile jpeg pdf png tar truncated replace Address
    BANKS Bank Raw HEADERS EXCEL Form Supplier Person compte_asp archive_files csv_asp decisions depot
    dossier_initial etablissement supplier iban iban_fr person piece pieces_required references siren
    siret unite_legale write""".split()


# --- Pieces ------------------------------------------------------------------------------------------


def piece(code: str, f: Supplier, fichier: str) -> bytes:
    """The piece of that type, real, in the format that the file's extension says."""
    enterprise = f"{f.denomination_given or f.denomination}, SIRET {f.siret}"
    who = f.depositaire if code == "piece_identite_depositaire" else f.representant
    who = who or f.representant
    nom = f"{who.prenom} {who.nom.upper()}"
    tiers = f.depositaire or f.representant
    agent = f"{tiers.prenom} {tiers.nom.upper()}"
    logiciel = f"Logiciel : {f.logiciel} {f.version} ({f.dsr}, profil {f.profil})"
    validity = f"Valide jusqu'au {who.valide_jusqu_au}"
    identite = ("Pièce d'identité", (nom, f"Nature : {who.nature}", validity))
    pages = {
        "certificat_referencement": ("Certificat de référencement", (
            enterprise, logiciel, f"Numéro unique de référencement : {f.numero_ans}")),
        "certificat_hds": ("Certificat d'hébergement de données de santé", (
            enterprise, "Valide jusqu'au 30 septembre 2027")),
        "attestation_non_hds": ("Attestation sur l'honneur de non-hébergement", (
            enterprise, f"Je soussigné(e) {nom} atteste qu'aucune donnée de santé n'est hébergée",
            "sous la responsabilité de l'entreprise.")),
        "kbis": ("Extrait Kbis", (enterprise, f"Représentant légal : {nom}", "Extrait du 9 février 2026")),
        "mandat_editeur": ("Mandat de l'éditeur", (
            f"L'éditeur (SIREN {f.siren_editeur or f.siren}) donne mandat à", enterprise, logiciel)),
        "piece_identite_representant": identite,
        "piece_identite_depositaire": identite,
        "mandat_representant_legal": ("Mandat de délégation de signature", (
            enterprise, f"{nom}, représentant légal,", f"donne délégation de signature à {agent}.")),
        "contrat_prestation": ("Contrat de prestation", (
            f"Entre {enterprise}", f"et le centre de gestion que représente {agent},",
            "qui reçoit délégation de signature pour le Ségur numérique.")),
        "rib": ("Relevé d'identité bancaire", (
            f"Titulaire : {f.titulaire}", f"IBAN : {in_groups(f.iban)}", f"BIC : {f.banque.bic}",
            f"Domiciliation : {f.banque.nom or 'non communiquée'}")),
        "preuve_hors_tva": ("Attestation de régime hors TVA", (
            enterprise, "Franchise en base, article 293 B du code général des impôts")),
    }  # fmt: skip
    title, rows = pages.get(code, ("Autre pièce", (enterprise,)))
    extension = fichier.lower().rpartition(".")[2]
    if extension in ("jpg", "jpeg", "png"):
        return (png if extension == "png" else jpeg)(f"Exemple : {title} de {nom}")
    return pdf(title, rows)


def pieces_required(f: Supplier) -> dict[str, dict]:
    """What this supplier's initial dossier must hold: type -> its item of the list."""
    valide = f.etat == "valide"
    hds = f.hds if valide and f.dsr == "SONS DPI" else None
    wanted = {
        "certificat_referencement": valide,
        "certificat_hds": hds is True,
        "attestation_non_hds": hds is False,
        "kbis": f.published and bool(f.denomination_given)
        and normalise(f.denomination_given) != normalise(f.denomination_registered),
        "mandat_editeur": f.distributeur,
        "piece_identite_representant": True,
        "piece_identite_depositaire": f.depositaire is not None,
        "mandat_representant_legal": f.depositaire is not None and f.qualite == "employe",
        "contrat_prestation": f.depositaire is not None and f.qualite == "centre_gestion",
        "rib": True,
        "preuve_hors_tva": not f.assujetti,
    }  # fmt: skip
    items = {code: piece_item(f, code) for code, needed in wanted.items() if needed}
    if "certificat_hds" in items:
        items["certificat_hds"]["valide_jusqu_au"] = "2027-09-30"
    return items


def piece_item(f: Supplier, code: str) -> dict:
    images = {"piece_identite_representant": "jpg", "piece_identite_depositaire": "png"}
    return {"type": code, "fichier": f.fichiers.get(code, f"{code}.{images.get(code, 'pdf')}")}


def normalise(text: str) -> str:
    return " ".join(without_accents(text).upper().split())


# --- dossier.yaml ------------------------------------------------------------------------------------

SECTIONS = {
    "referencement": "1. Référencement ANS",
    "demandeur": "2. Demandeur, tel qu'au répertoire des entreprises",
    "banque": "3. Coordonnées bancaires, copiées depuis le RIB",
    "tva": "4. TVA",
    "engagements": "5. Engagements : lus et acceptés",
    "pieces": "Pièces jointes : un fichier par type, à côté de celui-ci",
}


class Raw(str):
    """Text that goes into dossier.yaml as it stands, without quotes being added."""


def structure(f: Supplier) -> dict:
    """The initial dossier of this supplier as nested dicts; `pieces` is a dict by type."""
    def person_lines(p):
        identite = {"nature": p.nature, "valide_jusqu_au": p.valide_jusqu_au}
        if p.delivree_le:
            identite["delivree_le"] = p.delivree_le
        return {
            "nom": p.nom.upper(), "prenom": p.prenom, "email": p.email, "confirmation_email": p.email,
            "telephone": p.telephone, "identite": identite,
        }  # fmt: skip

    a = f.adresse
    d = {"format": "1", "type": "initial", "referencement": {"numero_ans": f.numero_ans}}
    if f.hds is not None and f.etat == "valide":
        d["referencement"]["hebergement_donnees_sante"] = f.hds
    d["demandeur"] = {"siret": f.siret, "nom_commercial": f.nom_commercial}
    if f.denomination_given:
        d["demandeur"]["denomination_sociale"] = f.denomination_given
    voie, commune = TYPES_VOIE.get(a.type_voie, a.type_voie), re.sub(r" \d.*", "", a.commune)
    adresse = {"type_voie": voie, "commune": commune}
    if not f.published:  # the register hides the address
        adresse = {"numero": a.numero, "type_voie": voie, "nom_voie": a.nom_voie,
                   "code_postal": a.code_postal, "commune": commune}  # fmt: skip
    d["demandeur"] |= {"adresse": adresse, "distributeur": f.distributeur}
    d["declarant"] = "depositaire" if f.depositaire else "representant_legal"
    d["representant"] = person_lines(f.representant)
    if f.depositaire:
        d["depositaire"] = {"qualite": f.qualite} | person_lines(f.depositaire)
    d["banque"] = {"iban": in_groups(f.iban), "bic": f.banque.bic, "titulaire": f.titulaire}
    d["tva"] = {"assujetti": f.assujetti}
    d["engagements"] = {"cgu": True, "article_441_7": True, "authenticite": True}
    d["pieces"] = pieces_required(f)
    return d


def modified(d: dict, f: Supplier, changes_by_path: dict) -> dict:
    """Applies changes: key path -> value, None removes; `pieces.<type>`: file name, item or None."""
    for chemin, valeur in changes_by_path.items():
        *parents, last = chemin.split(".")
        here = d
        for key in parents:
            here = here.setdefault(key, {})
        if valeur is None:
            here.pop(last, None)
            continue
        if parents == ["pieces"]:
            valeur = valeur if isinstance(valeur, dict) else {"fichier": valeur}
            valeur = (here.get(last) or piece_item(f, last)) | valeur
        here[last] = valeur
    return d


def scalar(value, flow: bool = False) -> str:
    """A YAML scalar; plain as long as it reads as the same text."""
    unsafe = r"^[-?:] |^[\[\]{},#&*!|>'\"%@`]|: |:$| #|[\x00-\x1f]"
    if isinstance(value, bool):
        return "oui" if value else "non"
    text = str(value)
    if isinstance(value, Raw):
        return text
    odd = not text or text != text.strip() or re.search(unsafe, text)
    if odd or (flow and re.search(r"[\[\]{},]", text)):
        return json.dumps(text, ensure_ascii=False)
    return text


def flow_map(value: dict) -> str:
    return "{" + ", ".join(f"{k}: {scalar(v, True)}" for k, v in value.items()) + "}"


def rendered(d: dict, f: Supplier) -> str:
    """The YAML text, as a person would keep it: sections, comments, notes of the supplier."""
    lines = [f"# Enrôlement Ségur vague 2 : {f.logiciel} {f.version}", f"# {f.nom_commercial}"]

    def put(indent, key, value, path):
        note = f.notes.get(path, "")
        note = f"  # {note}" if note else ""
        block = isinstance(value, dict) and key != "identite"
        if block and f.compact:  # on one line when it holds no section
            block = any(isinstance(v, dict) for v in value.values())
        if block:
            lines.append(f"{indent}{key}:{note}")
            for k, v in value.items():
                put(indent + "  ", k, v, f"{path}.{k}")
        else:
            text = flow_map(value) if isinstance(value, dict) else scalar(value)
            lines.append(f"{indent}{key}: {text}{note}")

    for key, value in d.items():
        if key in SECTIONS and not f.compact:
            lines += ["", f"# {SECTIONS[key]}"]
        if key == "pieces" and isinstance(value, dict):
            lines.append("pieces:")
            for code, item in value.items():
                note = f.notes.get(f"pieces.{code}", "")
                lines.append(f"  - {flow_map(item)}" + (f"  # {note}" if note else ""))
        else:
            put("", key, value, key)
    return "\n".join(lines) + "\n"


def dossier_initial(f: Supplier, changes_by_path: dict | None = None, /, **by_keyword) -> str:
    """The text of dossier.yaml. Changes by key path, in a dict ("banque.iban") or as keywords
    (banque__iban); None removes; see modified()."""
    return rendered(modified(structure(f), f, paths(changes_by_path, by_keyword)), f)


def paths(changes_by_path: dict | None, by_keyword: dict) -> dict:
    return (changes_by_path or {}) | {k.replace("__", "."): v for k, v in by_keyword.items()}


def archive_files(
    f: Supplier, changes_by_path: dict | None = None, /, *, fichiers=None, yaml_text=None, **by_keyword
) -> dict[str, bytes]:
    """The files of an archive: dossier.yaml and each piece that it lists. `yaml_text` replaces the
    text, or is a function of it; `fichiers` adds files, replaces them, or removes them (None)."""
    return joined(modified(structure(f), f, paths(changes_by_path, by_keyword)), f, fichiers, yaml_text)


def joined(d: dict, f: Supplier, fichiers=None, yaml_text=None) -> dict[str, bytes]:
    """dossier.yaml of that structure and its pieces; `fichiers` and `yaml_text` as for archive_files()."""
    text = rendered(d, f)
    text = yaml_text(text) if callable(yaml_text) else text if yaml_text is None else yaml_text
    out = {"dossier.yaml": text if isinstance(text, bytes) else text.encode()}
    listed = d.get("pieces")
    for code, item in (listed if isinstance(listed, dict) else {}).items():
        out[item["fichier"]] = piece(code, f, item["fichier"])
    out |= fichiers or {}
    return {name: data for name, data in out.items() if data is not None}


def depot(
    f: Supplier, kind: str = "zip", *, changes_by_path=None, dossier="", name_form="", **options
) -> bytes:
    """One drop: an archive of archive_files(); `dossier` is a top folder, `name_form` as for archive()."""
    files = archive_files(f, changes_by_path, **options)
    return archive(kind, {dossier + name: data for name, data in files.items()}, name_form)


# --- The ASP's files ---------------------------------------------------------------------------------

# INSEE's descriptions of its files (2024), in order; the two Lambert names do end with a space.
UNITE_LEGALE = """siren statutDiffusion unitePurgee dateCreation sigle sexe prenom1 prenom2 prenom3 prenom4
    prenomUsuel pseudonyme identifiantAssociation trancheEffectifs anneeEffectifs dateDernierTraitement
    nombrePeriodes categorieEntreprise anneeCategorieEntreprise dateDebut etatAdministratif nom nomUsage
    denomination denominationUsuelle1 denominationUsuelle2 denominationUsuelle3 categorieJuridique
    activitePrincipale nomenclatureActivitePrincipale nicSiege economieSocialeSolidaire societeMission
    caractereEmployeur""".split()
ETABLISSEMENT = """siren nic siret statutDiffusion dateCreation trancheEffectifs anneeEffectifs
    activitePrincipaleRegistreMetiers dateDernierTraitement etablissementSiege nombrePeriodes
    complementAdresse numeroVoie indiceRepetition dernierNumeroVoie indiceRepetitionDernierNumeroVoie
    typeVoie libelleVoie codePostal libelleCommune libelleCommuneEtranger distributionSpeciale codeCommune
    codeCedex libelleCedex codePaysEtranger libellePaysEtranger identifiantAdresse
    coordonneeLambertAbscisse coordonneeLambertOrdonnee complementAdresse2 numeroVoie2 indiceRepetition2
    typeVoie2 libelleVoie2 codePostal2 libelleCommune2 libelleCommuneEtranger2 distributionSpeciale2
    codeCommune2 codeCedex2 libelleCedex2 codePaysEtranger2 libellePaysEtranger2 dateDebut
    etatAdministratif enseigne1 enseigne2 enseigne3 denominationUsuelle activitePrincipale
    nomenclatureActivitePrincipale caractereEmployeur""".split()
WITHOUT_SUFFIX = {"siren", "nic", "siret", "dateDebut", "etablissementSiege", "categorieEntreprise",
                "anneeCategorieEntreprise"}  # fmt: skip


def insee_header(short: list[str], suffix: str) -> list[str]:
    """INSEE's names: most carry the kind of unit as a suffix."""
    names = []
    for name in short:
        space = " " if name.startswith("coordonneeLambert") else ""
        names.append(name if name in WITHOUT_SUFFIX else name + suffix + space)
    return names


HEADERS = {
    "StockUniteLegale_utf8.csv": insee_header(UNITE_LEGALE, "UniteLegale"),
    "StockEtablissement_utf8.csv": insee_header(ETABLISSEMENT, "Etablissement"),
    "referencements.csv": "numero_ans logiciel version dsr profil siren_editeur etat date_etat".split(),
    "comptes.csv": "identifiant email siren portail_segur titulaire".split(),
    "acces.csv": "compte siren contact".split(),
    "banques.csv": "code_banque bic nom".split(),
    "calendrier.csv": "dsr ouverture cloture".split(),
    "decisions.csv": "numero decision motif pieces gestionnaire".split(),
}


@dataclass(frozen=True)
class Form:
    """How a spreadsheet saved a CSV; encodage "utf-8-sig" is UTF-8 with BOM."""

    separator: str = ";"
    encoding: str = "utf-8-sig"
    fin: str = "\r\n"


EXCEL = Form(";", "cp1252")  # "CSV (séparateur : point-virgule)"
INSEE = Form(",", "utf-8", "\n")
FORMS = {
    "referencements.csv": Form(),  # "CSV UTF-8" of Excel
    "comptes.csv": INSEE,
    "acces.csv": Form(";", "utf-8"),
    "banques.csv": EXCEL,
    "calendrier.csv": Form(","),
    "StockUniteLegale_utf8.csv": INSEE,
    "StockEtablissement_utf8.csv": INSEE,
}


def csv_asp(columns: list[str], rows: list, form: Form = Form()) -> bytes:
    """A CSV; a row is a dict by column, or a sequence in their order."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=form.separator, lineterminator=form.fin)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([row.get(c.strip(), "") for c in columns] if isinstance(row, dict) else row)
    return out.getvalue().encode(form.encoding)


def unite_legale(f: Supplier) -> dict:
    nd = "" if f.published else "[ND]"
    nom, prenom = f.sole_trader or ("", "")
    row = {
        "statutDiffusion": "O" if f.published else "P", "dateCreation": "2014-03-03",
        "trancheEffectifs": "03", "anneeEffectifs": "2023", "nombrePeriodes": "2",
        "dateDernierTraitement": "2024-12-02T08:21:03.000", "dateDebut": "2019-01-01",
        "categorieEntreprise": "PME", "anneeCategorieEntreprise": "2023", "etatAdministratif": "A",
        "nom": nom and (nd or nom), "prenom1": prenom and (nd or prenom),
        "prenomUsuel": prenom and (nd or prenom), "sexe": prenom and (nd or "F"),
        "denomination": "" if nom else nd or f.denomination,
        "categorieJuridique": "1000" if nom else "5710", "activitePrincipale": "58.29C",
        "nomenclatureActivitePrincipale": "NAFRev2", "nicSiege": f.siret[9:], "caractereEmployeur": "O",
    }  # fmt: skip
    return {"siren": f.siren} | suffixed(row, "UniteLegale")


def suffixed(row: dict, suffix: str) -> dict:
    return {k if k in WITHOUT_SUFFIX else k + suffix: v for k, v in row.items()}


def etablissement(f: Supplier, siret_: str, etat: str) -> dict:
    nd, a = "" if f.published else "[ND]", f.adresse
    row = {
        "statutDiffusion": "O" if f.published else "P", "dateCreation": "2014-03-03",
        "trancheEffectifs": "03", "anneeEffectifs": "2023",
        "dateDernierTraitement": "2024-12-02T08:21:03.000",
        "etablissementSiege": "true" if siret_ == f.siret else "false", "nombrePeriodes": "2",
        "complementAdresse": nd or a.complement, "numeroVoie": nd or a.numero,
        "typeVoie": nd or a.type_voie, "libelleVoie": nd or a.nom_voie, "codePostal": nd or a.code_postal,
        "libelleCommune": a.commune, "codeCommune": a.code_commune, "dateDebut": "2019-01-01", "etatAdministratif": etat,
        "activitePrincipale": "58.29C", "nomenclatureActivitePrincipale": "NAFRev2",
        "caractereEmployeur": "O",
    }  # fmt: skip
    return {"siren": f.siren, "nic": siret_[9:], "siret": siret_} | suffixed(row, "Etablissement")


def references(
    suppliers, additions: dict[str, list] | None = None, formes: dict[str, Form] | None = None
) -> dict[str, bytes]:
    """The seven reference files that make these suppliers' dossiers valid: name -> bytes. `additions`
    gives more rows by file, `formes` another way to save it. Suppliers may share a SIREN or an account."""
    fs = list(suppliers)
    rows = {
        "referencements.csv": [
            (f.numero_ans, f.logiciel, f.version, f.dsr, f.profil, f.siren_editeur or f.siren,
             f.etat, f.date_etat)
            for f in fs
        ],
        "comptes.csv": [
            ("ASP-10001", "agnes.tessier@tiers.example", siren("29999901"), "oui", "representant_legal")
        ],
        "acces.csv": [(f.compte, f.siren, f.contact) for f in fs],
        "banques.csv": [(b.code, b.bic, b.nom) for b in (*BANKS, *(f.banque for f in fs)) if b.nom],
        "calendrier.csv": [(dsr, "2025-01-01", "2026-12-31") for dsr in sorted({f.dsr for f in fs})],
        "StockUniteLegale_utf8.csv": [unite_legale(f) for f in fs],
        "StockEtablissement_utf8.csv": [
            etablissement(f, number, etat)
            for f in fs
            for number, etat in ((f.siret, f.etablissement), *f.other_etablissements)
        ],
    }  # fmt: skip
    out = {}
    for name, lines in rows.items():
        lines = lines + (additions or {}).get(name, [])
        unique = {tuple(x.items()) if isinstance(x, dict) else tuple(x): x for x in lines}
        form = (formes or {}).get(name, FORMS[name])
        out[name] = csv_asp(HEADERS[name], list(unique.values()), form)
    return out


def compte_asp(
    f: Supplier, identifiant: str = "", email: str = "", portail_segur: bool = True
) -> tuple[str, ...]:
    """A row of comptes.csv: this supplier's account since wave 1, or (not of this portal) that of its
    depositary or representative elsewhere at the ASP."""
    holder = f.depositaire or f.representant
    return (
        identifiant or f"ASP-{f.siren}", email or holder.email, f.siren, "oui" if portail_segur else "non",
        "depositaire" if f.depositaire else "representant_legal",
    )  # fmt: skip


def decisions(rows: list, form: Form = EXCEL, columns: list[str] | None = None) -> bytes:
    """A decisions file; rows as for csv_asp()."""
    return csv_asp(columns or HEADERS["decisions.csv"], rows, form)


# --- The command -------------------------------------------------------------------------------------


def write(folder: pathlib.Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def sample(args) -> None:
    """An inbox of N suppliers with one drop each, every --set applied to all of them."""
    options = {"dsr": args.dsr, "etat": args.etat, "hds": {"oui": True, "non": False}.get(args.hds)}
    fs = [supplier(n, **options) for n in range(1, args.n + 1)]
    changes = dict(item.split("=", 1) for item in args.set) | {key: None for key in args.unset}
    files = {f"asp/{name}": data for name, data in references(fs).items()}
    for n, f in enumerate(fs):
        kind = args.kind or KINDS[n % len(KINDS)]
        files[f"{f.compte}/enrolement.{kind}"] = depot(f, kind, changes_by_path=changes)
    write(args.out / "inbox", files)


def examples(args) -> None:
    import factory_nights  # it imports this module

    files = factory_nights.fichiers()
    for path in args.out.glob("nuit-*/**/*"):
        if path.is_file() and str(path.relative_to(args.out)) not in files:
            path.unlink()  # left by an earlier version of the set
    write(args.out, files)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("examples", help="the demonstration set")
    command.set_defaults(run=examples)
    command.add_argument("out", type=pathlib.Path)
    command = commands.add_parser("sample", help="a small inbox below OUT/inbox")
    command.set_defaults(run=sample)
    command.add_argument("out", type=pathlib.Path)
    command.add_argument("--n", type=int, default=1, help="suppliers, one drop each (1)")
    command.add_argument("--kind", choices=KINDS, help="of archive (each in turn)")
    command.add_argument("--dsr", default="SONS LGC")
    command.add_argument("--etat", default="valide", choices=("valide", "en_cours", "retire"))
    command.add_argument("--hds", choices=("oui", "non"), help="with --dsr 'SONS DPI'")
    many = {"action": "append", "default": []}
    command.add_argument("--set", metavar="PATH=VALUE", help="banque.bic=EXEMDEFF", **many)
    command.add_argument("--unset", metavar="PATH", help="engagements.cgu, pieces.rib", **many)
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
