"""The submissions that follow an initial enrolment: complémentaire, pieces, modification, finalisation.

    complementaire(f)                                       # the pieces follow from what is true of f
    complementaire(f, mandat=False, tva__assujetti=False)   # its depositary's mandate was accepted; one key
    pieces("ENR0001M0", f, "kbis", "autre")                 # real documents of these types
    modification("ENR0001M0", f, "banque", "rib")           # sections whole, and pieces: told by their names
    modification("ENR0001M0", f, "demandeur", changes_by_path={"demandeur.nom_commercial": "Santé"})
    finalisation("ENR0001M0", f)                            # certificate; with SONS DPI the HDS document too

Each gives a Depot: `.yaml_text()` is its dossier.yaml, `.archive_files()` its files, `.archive("tar.zst")` its bytes.
Changes are key paths as for dossier_initial() in factory.py.
"""

from dataclasses import dataclass

from factory import Supplier, archive, joined, modified, paths, piece_item, pieces_required, rendered, structure

CERTIFICATS = ("certificat_referencement", "certificat_hds", "attestation_non_hds")
HDS_LAST_DAY = "2027-09-30"


@dataclass(frozen=True)
class Depot:
    """A submission before it is packed: `d` is its dossier.yaml as nested dicts, pieces by type."""

    f: Supplier
    d: dict

    def yaml_text(self) -> str:
        return rendered(self.d, self.f)

    def archive_files(self, *, fichiers=None, yaml_text=None) -> dict[str, bytes]:
        """dossier.yaml and each piece that it lists; `fichiers` and `yaml_text` as for factory.archive_files()."""
        return joined(self.d, self.f, fichiers, yaml_text)

    def archive(self, kind: str = "zip", *, dossier="", name_form="", **options) -> bytes:
        files = self.archive_files(**options)
        return archive(kind, {dossier + name: data for name, data in files.items()}, name_form)


def items(f: Supplier, types) -> dict[str, dict]:
    """Entries of `pieces` for these types; an HDS certificate has its date."""
    return {
        code: piece_item(f, code) | ({"valide_jusqu_au": HDS_LAST_DAY} if code == "certificat_hds" else {})
        for code in types
    }


def made(f: Supplier, d: dict, changes_by_path, by_keyword) -> Depot:
    d = modified(d, f, paths(changes_by_path, by_keyword))
    if d.get("pieces") == {}:
        del d["pieces"]
    return Depot(f, d)


def complementaire(
    f: Supplier, changes_by_path: dict | None = None, /, *, mandat: bool = True, **by_keyword
) -> Depot:
    """An enrolment of a supplier that has an account. `mandat`: its depositary, if there is one, joins
    the mandate, which is asked once a wave."""
    initial = structure(f)
    d = {"format": "1", "type": "complementaire", "referencement": initial["referencement"]}
    d["demandeur"] = {"siret": f.siret, "distributeur": f.distributeur}
    d["declarant"] = initial["declarant"]
    if f.depositaire:
        d["depositaire"] = {"email": f.depositaire.email}
    d |= {section: initial[section] for section in ("tva", "engagements")}
    wanted = set(CERTIFICATS) | {"mandat_editeur", "preuve_hors_tva"}
    types = [code for code in pieces_required(f) if code in wanted]
    if f.depositaire and mandat:
        types.append("mandat_representant_legal")
    d["pieces"] = items(f, types)
    return made(f, d, changes_by_path, by_keyword)


def pieces(
    numero: str, f: Supplier, *types: str, changes_by_path: dict | None = None, **by_keyword
) -> Depot:
    """The pieces asked for."""
    d = {"format": "1", "type": "pieces", "demande": numero, "pieces": items(f, types)}
    return made(f, d, changes_by_path, by_keyword)


def modification(
    numero: str, f: Supplier, *parts: str, initial: bool = True, changes_by_path: dict | None = None, **by_keyword
) -> Depot:
    """Corrected sections, each whole as `f` now is, and pieces: `parts` names both, by section and type.
    `initial`: the kind of the request that is corrected."""
    base = structure(f) if initial else complementaire(f).d
    sections = [part for part in base if part in parts]
    d = {"format": "1", "type": "modification", "demande": numero}
    d |= {section: base[section] for section in sections}
    d["pieces"] = items(f, (part for part in parts if part not in sections))
    return made(f, d, changes_by_path, by_keyword)


def finalisation(
    numero: str, f: Supplier, changes_by_path: dict | None = None, /, **by_keyword
) -> Depot:
    """What an enrolment filed early still lacks, once the register says that the referencing is validated."""
    d = {"format": "1", "type": "finalisation", "demande": numero}
    types = ["certificat_referencement"]
    if f.dsr == "SONS DPI":
        d["hebergement_donnees_sante"] = bool(f.hds)
        types.append("certificat_hds" if f.hds else "attestation_non_hds")
    d["pieces"] = items(f, types)
    return made(f, d, changes_by_path, by_keyword)
