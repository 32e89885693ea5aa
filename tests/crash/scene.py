"""The night that is disturbed: about twenty mixed drops on a root that has three nights behind it."""

import os
import pathlib
import sys

REPO = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPO / "tests/e2e"), str(REPO / "tests/tools")]

from harness import Root  # noqa: E402 (found through the path set above)
from factory import archive, archive_files, decisions, depot, supplier, piece, references, replace, truncated  # noqa: E402

NIGHTS = ("2026-03-02", "2026-03-03", "2026-03-04")
DATE = "2026-03-20"  # of the disturbed night: late enough for reminders
CARON = "Bérénice Caron"
TOO_BIG = 400_000  # bytes of an archive: [limites] of this root

NAMES = "valide pieces modification partielle attente rejet repete".split()
F = {name: supplier(n, compte=f"{name}-{n}", **({"etat": "en_cours"} if name == "partielle" else {}))
     for n, name in enumerate(NAMES, 1)}  # fmt: skip
NEW = [supplier(n) for n in range(11, 21)]
AGAIN = replace(F["valide"], numero_ans="c0ffee0001", logiciel="Second logiciel")


def row(numero, decision, motif="", pieces="") -> dict:
    return {"numero": numero, "decision": decision, "motif": motif, "pieces": pieces, "gestionnaire": CARON}


def sequel(f, kind, numero, types, body="", form="zip") -> bytes:
    """A drop that follows a request."""
    files = {code: f"{code}.pdf" for code in types}
    lines = ["format: 1", f"type: {kind}", f"demande: {numero}", *body.splitlines()]
    lines += ["pieces:" if files else "pieces: []"]
    lines += [f"  - {{type: {code}, fichier: {name}}}" for code, name in files.items()]
    content = {"dossier.yaml": "\n".join(lines).encode() + b"\n"}
    return archive(form, content | {name: piece(code, f, name) for code, name in files.items()})


def complementary(f) -> bytes:
    text = f"""format: 1
type: complementaire
referencement: {{numero_ans: {f.numero_ans}}}
demandeur: {{siret: "{f.siret}", distributeur: non}}
declarant: representant_legal
tva: {{assujetti: oui}}
engagements: {{cgu: oui, article_441_7: oui, authenticite: oui}}
pieces:
  - {{type: certificat_referencement, fichier: certificat.pdf}}
"""
    return archive("tar.gz", {"dossier.yaml": text.encode(),
                              "certificat.pdf": piece("certificat_referencement", f, "certificat.pdf")})  # fmt: skip


def light(f) -> dict:
    """Pieces as small PDF files: a night is played thousands of times."""
    return {f"pieces.{code}": f"{code}.pdf" for code in ("piece_identite_representant", "rib", "certificat_referencement")
            if code != "certificat_referencement" or f.etat == "valide"}  # fmt: skip


def filed(f, kind="zip", **changes) -> bytes:
    return depot(f, kind, changes_by_path=light(f) | changes)


def before(root: Root) -> None:
    """Three nights: requests in every state that tonight's drops follow upon."""
    everyone = [*F.values(), *NEW[:8]]
    root.references(everyone)
    for name in NAMES:
        root.drop(F[name].compte, "dossier.zip", filed(F[name]))
    root.run(NIGHTS[0])
    number = {name: root.retour(F[name].compte, "dossier.zip")["numero"] for name in NAMES}
    assert all(number.values()), number
    root.asp("decisions.csv", decisions([
        row(number["valide"], "valider"), row(number["partielle"], "valider"),
        row(number["pieces"], "demander_pieces", "Le Kbis de moins de trois mois", "kbis"),
        row(number["modification"], "demander_modification", "Corrigez la banque"),
    ]))  # fmt: skip
    root.run(NIGHTS[1])
    root.drop(NEW[0].compte, "refuse.zip", filed(NEW[0], **{"banque.bic": "X"}))
    root.run(NIGHTS[2])


def tonight(root: Root) -> None:
    """What lies in the inbox when the disturbed night begins."""
    number = {name: root.retour(F[name].compte, "dossier.zip")["numero"] for name in NAMES}
    partial = replace(F["partielle"], etat="valide")
    files = references([*(partial if f is F["partielle"] else f for f in F.values()), AGAIN, *NEW])
    for name in ("referencements.csv", "acces.csv", "StockUniteLegale_utf8.csv", "StockEtablissement_utf8.csv"):
        root.asp(name, files[name])
    root.asp("banques.csv", files["banques.csv"].splitlines(True)[0])  # cut short: refused
    root.asp("inconnu.csv", b"a;b\r\n1;2\r\n")
    root.asp("decisions-20.csv", decisions([
        row(number["attente"], "valider"), row(number["rejet"], "rejeter", "Le mandat n’est pas signé"),
        row(number["valide"], "rejeter", "Trop tard"), row("ENR9999M0", "valider"),
    ]))  # fmt: skip

    root.drop(F["valide"].compte, "second.tar.gz", complementary(AGAIN))
    root.drop(F["pieces"].compte, "pieces.zip", sequel(F["pieces"], "pieces", number["pieces"], ["kbis"]))
    other = supplier(40)
    bank = f"banque: {{iban: {other.iban}, bic: {other.banque.bic}, titulaire: LOGICIELS DE SANTE}}"
    root.drop(F["modification"].compte, "correction.tar", sequel(
        F["modification"], "modification", number["modification"], ["rib"], bank, "tar"))  # fmt: skip
    root.drop(F["partielle"].compte, "certificat.zip", sequel(
        partial, "finalisation", number["partielle"], ["certificat_referencement"]))  # fmt: skip
    root.drop(F["repete"].compte, "encore.zip", filed(F["repete"]))
    root.drop(F["attente"].compte, "inattendu.zip", sequel(F["attente"], "pieces", number["attente"], ["kbis"]))

    for f, kind in zip(NEW[1:6], ("zip", "tar", "tar.gz", "tar.xz", "tar.zst")):
        root.drop(f.compte, f"enrolement.{kind}", filed(f, kind))
    root.drop(NEW[0].compte, "corrige.zip", filed(NEW[0]))
    root.drop(NEW[6].compte, "bic faux.zip", filed(NEW[6], **{"banque.bic": "EXEMDEFF"}))
    root.drop(NEW[7].compte, "essai.zip", filed(NEW[7], essai=True))
    root.drop(NEW[8].compte, "coupe.zip", truncated(filed(NEW[8])))
    root.drop(NEW[8].compte, "trop-gros.zip", bytes(TOO_BIG + 1))
    root.drop(NEW[8].compte, "bonjour.zip", b"bonjour")
    root.drop(NEW[9].compte, "bonjour.zip", b"bonjour")  # the same bytes from another account: kept once
    root.drop(NEW[9].compte, "vide.zip", b"")
    (root.path / "inbox" / NEW[9].compte / "lien.zip").symlink_to("/etc/hostname")


def make(program: pathlib.Path) -> Root:
    root = Root(program, analyseurs=1, archive_octets=TOO_BIG)
    before(root)
    tonight(root)
    assert len(os.listdir(root.path / "var/tmp")) == 0
    return root
