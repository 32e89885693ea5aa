"""The scenarios of scenarios/*.yaml, read and played on paper: what each night must show, by the status table.

Nothing here runs the program. `charge()` reads the scenarios; `Jeu(scenario).nuits()` gives each night with its
files and what must be read afterwards. test_scenarios.py compares.
"""

import datetime
import functools
import re
from dataclasses import dataclass, field

import yaml

from harness import REPO
from fabrique import (
    ENTETES, Banque, Fournisseur, archive, compte_asp, csv_asp, decisions, fournisseur, personne, piece, references,
    replace, siren, structure,
)  # fmt: skip
from fabrique_cycle import Depot, complementaire, finalisation, modification, modifie, pieces

DOSSIER = REPO / "tests/e2e/scenarios"
PREMIERE = datetime.date(2026, 3, 2)
GESTIONNAIRE = "Bérénice Caron"
STATUTS = "EN_COURS VALIDATION_PARTIELLE ATTENTE_PIECES CERTIFICATS_A_VALIDER REJETEE VALIDEE".split()
DECISIONS = "valider rejeter demander_pieces demander_modification".split()
EVENEMENTS = {"initial": "depot", "complementaire": "depot", "pieces": "depot_pieces",
              "modification": "depot_modification", "finalisation": "finalisation"}  # fmt: skip
SUITES = {"depot_pieces": "pieces", "depot_modification": "modification", "finalisation": "finalisation"}
CONNEXION = "connexion consultation simulateur_json verification_pieces enrolement_complementaire".split()
DROITS = {
    "partiels": dict.fromkeys(CONNEXION, "oui") | {"demandes_financement": "non"},
    "complets": dict.fromkeys(CONNEXION, "oui") | {"demandes_financement": "oui"},
    "fermes": dict.fromkeys(CONNEXION, "non") | {"demandes_financement": "non"},
}


def lu(nom: str):
    """A YAML file of scenarios/; every scalar is the text that stands there."""
    return yaml.load((DOSSIER / nom).read_text("utf-8"), yaml.BaseLoader)


TABLE = lu("statuts.yaml")
REGLES = {r["regle"]: r for r in lu("regles.yaml")}
THEMES = sorted(p.stem for p in DOSSIER.glob("[0-9]*.yaml"))


def charge() -> dict[str, list[dict]]:
    """theme -> its scenarios."""
    return {theme: lu(f"{theme}.yaml") for theme in THEMES}


def liste(value) -> list:
    return value if isinstance(value, list) else [] if value in (None, "") else [value]


def base(numero: str) -> str:
    return numero.partition("M")[0]


def du_courriel(f: Fournisseur, numero: str, root) -> bytes:
    """What the newest mail about that request asks for, filed as the mail says it."""
    for mail in reversed(root.mails(demande=numero)):
        block = re.search(r"^    format: 1\n(    .*\n)*", mail.get_content(), re.MULTILINE)
        if block:
            text = re.sub("^    ", "", block[0], flags=re.MULTILINE)
            listed = yaml.load(text, yaml.BaseLoader).get("pieces", [])
            files = {item["fichier"]: piece(item["type"], f, item["fichier"]) for item in listed}
            return archive("zip", {"dossier.yaml": text.encode()} | files)
    raise AssertionError(f"no mail about {numero} holds a dossier.yaml")


@dataclass
class Demande:
    """A request as it must stand."""

    numero: str
    type: str
    anticipe: bool
    date: str
    contact: str
    siren: str
    statut: str = ""
    action: str = ""
    droits: str = ""  # "", partiels, complets, fermes
    certificats: bool = True
    attend: str = ""  # pieces, modification
    initial: bool = True

    def vrai(self, garde: str) -> bool:
        return {
            "": True,
            "anticipe": self.anticipe,
            "non_anticipe": not self.anticipe,
            "certificats": self.certificats,
            "sans_certificats": not self.certificats,
            "pieces_demandees": self.attend == "pieces",
            "modification_demandee": self.attend == "modification",
        }[garde]


@dataclass
class Reponse:
    """What a drop must be answered."""

    etat: str
    numero: str = ""
    anomalies: list[tuple[str, str]] = field(default_factory=list)  # (code, key path or "")
    essai: bool = False
    redonnee: bool = False

    @classmethod
    def lue(cls, texte: str) -> "Reponse":
        etat, _, reste = texte.partition(" ")
        assert etat in ("OK", "ANO", "KO"), texte
        out = cls(etat)
        for part in filter(None, (p.strip() for p in reste.split(","))):
            mots = part.split()
            while mots and (mots[0] in ("essai", "redonnee") or re.fullmatch(r"ENR\d{4,}M\d+", mots[0])):
                mot = mots.pop(0)
                if mot.startswith("ENR"):
                    out.numero = mot
                else:
                    setattr(out, mot, True)
            if mots:
                assert len(mots) <= 2 and re.fullmatch(r"[A-Z]+-\d{3}", mots[0]), texte
                out.anomalies.append((mots[0], mots[1] if len(mots) > 1 else ""))
        assert (etat == "OK") == (not out.anomalies), texte
        assert bool(out.numero) == (etat != "KO" and not out.essai), texte
        return out

    @property
    def codes(self) -> list[str]:
        return sorted(code for code, _ in self.anomalies)


@dataclass
class Depose:
    """A drop: where, its bytes, its answer."""

    compte: str
    nom: str
    octets: object  # bytes, or what makes them of the root: of a mail that is still to come
    reponse: Reponse
    statut: str = ""
    dit: list[str] = field(default_factory=list)
    evenement: str = ""
    demande: str = ""  # that it speaks of
    avant: str = ""  # the status of that request


@dataclass
class Decidee:
    numero: str
    decision: str
    ligne: dict
    code: str
    avant: str = ""


@dataclass
class Nuit:
    """A night: what comes in, and what must be read afterwards."""

    date: str
    asp: dict[str, bytes] = field(default_factory=dict)
    depots: list[Depose] = field(default_factory=list)
    decisions: list[Decidee] = field(default_factory=list)
    demandes: dict[str, dict] = field(default_factory=dict)  # number -> columns
    evenements: list[tuple] = field(default_factory=list)  # (request without rank, event, from, to)
    mails: list[tuple] = field(default_factory=list)  # (type, to, number or None)
    droits: dict[str, dict] = field(default_factory=dict)
    comptes: list[tuple] = field(default_factory=list)  # (request without rank, e-mail)
    alertes: list[tuple] = field(default_factory=list)  # (request without rank, code)
    table: dict = field(default_factory=dict)
    droits_dits: dict = field(default_factory=dict)
    details: dict = field(default_factory=dict)
    courriels: dict = field(default_factory=dict)
    lignes: list[str] = field(default_factory=list)  # of the status table, that were passed
    refus: list[tuple[str, str]] = field(default_factory=list)  # (status, event) refused


class Jeu:
    """A scenario played by the status table."""

    def __init__(self, scenario: dict):
        self.scenario = scenario
        self.f: dict[str, Fournisseur] = {}
        self.demandes: dict[str, Demande] = {}
        self.comptes: list[tuple[str, str, str]] = []  # opened by the program: (request, e-mail, SIREN)
        self.alertes: dict[str, list] = {}  # date -> alerts
        self.asp: dict[str, bytes] = {}
        self.octets: dict[tuple[str, str], bytes] = {}
        self.calendrier = dict(scenario.get("calendrier") or {})
        for n, (nom, faits) in enumerate((scenario.get("fournisseurs") or {"Atlas": {}}).items(), 1):
            self.f[nom] = self.fournisseur(n, nom, faits or {})

    # --- suppliers and registers ---

    def fournisseur(self, n: int, nom: str, faits: dict) -> Fournisseur:
        faits = dict(faits)
        if "de" in faits:  # another software of the same supplier
            meme, autre = self.f[faits.pop("de")], fournisseur(n, compte=nom.lower())
            f = replace(meme, numero_ans=autre.numero_ans, logiciel=autre.logiciel)
        else:
            f = fournisseur(n, compte=faits.pop("compte", nom.lower()), logiciel=nom)
        return self.avec_faits(f, faits)

    def avec_faits(self, f: Fournisseur, faits: dict) -> Fournisseur:
        mots = {"oui": True, "non": False, "": None}
        values = {}
        for key, value in faits.items():
            if key == "editeur":
                key, value = "siren_editeur", self.f[value].siren if value in self.f else siren("29990001")
            elif key == "siren_de":
                key, value = "siret", self.f[value].siret
            elif key in ("representant", "depositaire"):
                value = self.personne(getattr(f, key), value)
            elif key == "banque":
                value = Banque(value["code"], value["bic"], value["nom"])
            elif isinstance(value, str) and key not in ("compte", "denomination_donnee"):
                value = mots.get(value, value)
            values[key] = value
        return replace(f, **values)

    @staticmethod
    def personne(avant, value):
        """A person by "Prénom Nom", or what changes of one."""
        value = {"qui": value} if isinstance(value, str) else dict(value)
        if not value or value == {"qui": ""}:
            return None
        if "qui" in value:
            prenom, _, nom = value.pop("qui").partition(" ")
            avant = personne(prenom, nom, "tiers", nature="passeport")
        return replace(avant, **value)

    def references(self) -> dict[str, bytes]:
        """The ASP's files as they now are, those that changed."""
        rows = []
        for item in liste(self.scenario.get("comptes")):
            item = {"de": item} if isinstance(item, str) else item
            oui = item.get("portail_segur", "oui") == "oui"
            f = self.f[item["de"]]
            rows.append(compte_asp(f, f"ASP-{len(rows) + 1}", item.get("email", ""), oui))
        fs = list(self.f.values())
        files = references(fs, {"comptes.csv": rows})
        windows = [(dsr, "2025-01-01", "2026-12-31") for dsr in sorted({f.dsr for f in fs} - set(self.calendrier))]
        windows += [(dsr, *window) for dsr, window in self.calendrier.items()]
        files["calendrier.csv"] = csv_asp(ENTETES["calendrier.csv"], windows)
        changed = {name: data for name, data in files.items() if self.asp.get(name) != data}
        self.asp |= files
        return changed

    def compte_segur(self, f: Fournisseur) -> str:
        """The e-mail of the supplier's account on the Ségur portal."""
        ours = [email for _, email, its in self.comptes if its == f.siren]
        theirs = [i for i in liste(self.scenario.get("comptes")) if isinstance(i, str) or i.get("portail_segur") != "non"]
        theirs = [i if isinstance(i, dict) else {"de": i} for i in theirs]
        theirs = [i.get("email") or compte_asp(self.f[i["de"]])[1] for i in theirs if self.f[i["de"]].siren == f.siren]
        return (ours + theirs + [f.representant.email])[0]

    # --- nights ---

    def nuits(self):
        date = PREMIERE - datetime.timedelta(1)
        for n, donnees in enumerate(self.scenario["nuits"], 1):
            date = datetime.date.fromisoformat(donnees["date"]) if "date" in donnees else date + datetime.timedelta(1)
            yield self.nuit(n, str(date), donnees)

    def nuit(self, n: int, date: str, donnees: dict) -> Nuit:
        connues = {"date", "changent", "calendrier", "decisions", "depots", "acces", "relances", "echeances", "signaux",
                   "table", "droits", "details", "courriels", "essayer_tout"}  # fmt: skip
        assert set(donnees) <= connues, set(donnees) - connues
        for nom, faits in (donnees.get("changent") or {}).items():
            self.f[nom] = self.avec_faits(self.f[nom], faits)
        self.calendrier |= donnees.get("calendrier") or {}
        nuit = Nuit(date, self.references())
        for item in donnees.get("decisions") or []:
            self.decide(nuit, item)
        for i, item in enumerate(donnees.get("depots") or [], 1):
            self.depose(nuit, f"{n}-{i}", item)
        if "essayer_tout" in donnees:
            self.essaie_tout(nuit, n, donnees["essayer_tout"])
        if nuit.decisions:
            rows = [d.ligne for d in nuit.decisions]
            nuit.asp["decisions.csv"] = decisions(rows, colonnes=[*ENTETES["decisions.csv"], "statut"])
        self.attendu(nuit, donnees)
        return nuit

    def attendu(self, nuit: Nuit, donnees: dict) -> None:
        """What comes apart from the status table, then the whole of each table."""
        for numero, quoi in (donnees.get("acces") or {}).items():
            q = self.demandes[base(numero)]
            self.comptes.append((base(numero), q.contact, q.siren))
            kinds = {"nouveau": ("identifiant", "mot_de_passe"), "connu": ("ouverture_acces",)}[quoi]
            nuit.mails += [(kind, q.contact, q.numero) for kind in kinds]
        for numero in liste(donnees.get("relances")):
            q = self.demandes[base(numero)]
            nuit.evenements.append((base(numero), "relance", q.statut, q.statut))
            nuit.mails.append(("relance", q.contact, q.numero))
        for numero, codes in (donnees.get("echeances") or {}).items():
            q = self.demandes[base(numero)]
            for code in liste(codes):
                nuit.evenements.append((base(numero), "echeance", q.statut, q.statut))
                nuit.alertes.append((base(numero), code))
        nuit.alertes += [(base(s.split()[0]), s.split()[1]) for s in liste(donnees.get("signaux"))]
        of_date = self.alertes.setdefault(nuit.date, [])
        of_date += nuit.alertes
        nuit.alertes = list(of_date)
        nuit.comptes = [(numero, email) for numero, email, _ in self.comptes]
        for q in self.demandes.values():
            nuit.demandes[q.numero] = {
                "statut": q.statut, "type": q.type, "anticipe": "oui" if q.anticipe else "non",
                "action": q.action, "date_depot": q.date,
            }  # fmt: skip
            if q.droits:
                nuit.droits[q.numero] = DROITS[q.droits]
        nuit.table, nuit.details = donnees.get("table") or {}, donnees.get("details") or {}
        nuit.droits_dits, nuit.courriels = donnees.get("droits") or {}, donnees.get("courriels") or {}

    # --- decisions ---

    def decide(self, nuit: Nuit, item) -> None:
        item = {item: ""} if isinstance(item, str) else dict(item)
        phrase = next(iter(item))
        code = item.pop(phrase) or "DEC-000"
        numero, decision, *types = phrase.split()
        assert set(item) <= {"motif", "statut"}, item
        motif = item.get("motif", "" if decision == "valider" else f"Motif : {decision}.")
        ligne = {"numero": numero, "decision": decision, "motif": motif, "pieces": "|".join(types),
                 "gestionnaire": GESTIONNAIRE, "statut": item.get("statut", "")}  # fmt: skip
        q = self.demandes.get(base(numero))
        nuit.decisions.append(Decidee(numero, decision, ligne, code, q.statut if q else ""))
        if code == "DEC-000":
            self.passe(nuit, q, decision)
            q.attend = {"demander_pieces": "pieces", "demander_modification": "modification"}.get(decision, "")
        elif code == "DEC-008":
            nuit.refus.append((q.statut, decision))

    def passe(self, nuit: Nuit, q: Demande, evenement: str) -> None:
        """The row of the status table that this event takes."""
        rows = [r for r in TABLE if (r["de"], r["evenement"]) == (q.statut, evenement) and q.vrai(r.get("garde", ""))]
        assert len(rows) == 1, f"{q.numero} : {evenement} au statut {q.statut!r}"
        row = rows[0]
        nuit.lignes.append(row["ligne"])
        nuit.evenements.append((base(q.numero), evenement, q.statut, row["vers"]))
        q.statut, q.action = row["vers"], row["action"]
        droits = row.get("droits", q.droits)
        q.droits = q.droits if droits == "fermes" and not q.droits else droits
        nuit.mails.append((row["mail"], q.contact, q.numero))

    # --- drops ---

    def depose(self, nuit: Nuit, rang: str, item: dict) -> None:
        item = dict(item)
        phrase = next(iter(item))
        reponse = Reponse.lue(item.pop(phrase))
        nom, nature, *mots = phrase.split()
        f = self.f[nom]
        compte = self.compte(item.pop("compte", ""), f)
        fichier = item.pop("fichier", f"{rang}-{nature}.zip")
        dit = liste(item.pop("dit", None))
        contact = item.pop("contact", "")
        if nature == "redepose":
            first = tuple(f"{compte}/{mots[0]}".split("/")[-2:])
            d = Depose(compte, fichier, self.octets[first], reponse, dit=dit)
            if not reponse.redonnee:
                nature = mots[1]
        elif nature == "courriel":
            nature, *mots = mots
            d = Depose(compte, fichier, functools.partial(du_courriel, f, mots[0]), reponse, dit=dit)
        else:
            d = Depose(compte, fichier, self.archive(f, nature, mots, item, rang), reponse, dit=dit)
        assert not item, item
        self.octets[compte, fichier] = d.octets
        d.evenement = EVENEMENTS.get(nature, "")
        suite = d.evenement not in ("", "depot")
        d.demande = base(mots[0]) if suite else ""
        q = self.demandes.get(d.demande)
        d.avant = q.statut if q else ""
        nuit.depots.append(d)
        if reponse.etat == "KO":
            self.refuse(nuit, f, d, q)
        elif reponse.redonnee:
            d.statut = ""  # of the first answer: compared with it
        elif not reponse.essai:
            q = self.nouvelle(nuit, f, nature, reponse.numero, contact) if not suite else q
            if suite and contact:
                q.contact = contact  # somebody else declares from now on
            self.prend(nuit, q, d)

    @staticmethod
    def compte(compte: str, f: Fournisseur) -> str:
        return compte.lower() or f.compte

    def refuse(self, nuit: Nuit, f: Fournisseur, d: Depose, q) -> None:
        codes = set(d.reponse.codes)
        named = q and not codes & {"CYC-007", "CYC-008", "CYC-009"}  # else which request is not known, or not told
        numero = q.numero if named else None
        nuit.mails.append(("depot_refuse", f"contact@{d.compte}.example", numero))
        if d.evenement == "depot":
            nuit.refus.append(("", "depot-anticipe" if f.etat == "en_cours" else "depot"))
        elif q and codes & {"CYC-010", "CYC-011"}:
            nuit.refus.append((q.statut, d.evenement))

    def nouvelle(self, nuit: Nuit, f: Fournisseur, nature: str, numero: str, contact: str) -> Demande:
        anticipe = f.etat == "en_cours"
        if not contact:
            contact = f.depositaire.email if f.depositaire else f.representant.email
            if nature == "complementaire" and not f.depositaire:
                contact = self.compte_segur(f)
        q = Demande(numero, nature, anticipe, nuit.date, contact, f.siren, certificats=not anticipe)
        q.initial = nature == "initial"
        assert base(numero) not in self.demandes and numero.endswith("M0"), numero
        self.demandes[base(numero)] = q
        return q

    def prend(self, nuit: Nuit, q: Demande, d: Depose) -> None:
        assert base(q.numero) == base(d.reponse.numero), d.reponse.numero
        q.numero = d.reponse.numero
        self.passe(nuit, q, d.evenement)
        q.attend = ""
        q.certificats = q.certificats or d.evenement == "finalisation"
        d.statut = q.statut
        nuit.alertes += [(base(q.numero), code) for code in d.reponse.codes]

    def archive(self, f: Fournisseur, nature: str, mots: list[str], item: dict, rang: str) -> bytes:
        faits = item.pop("faits", None) or {}
        f = self.avec_faits(f, faits)
        changes = dict(item.pop("avec", None) or {}) | dict.fromkeys(liste(item.pop("sans", None)))
        if item.pop("essai", "non") == "oui":
            changes["essai"] = True
        if nature == "initial":
            d = Depot(f, modifie(structure(f), f, changes))
        elif nature == "complementaire":
            d = complementaire(f, changes, mandat=item.pop("mandat", "oui") == "oui")
        elif nature == "pieces":
            d = pieces(mots[0], f, *mots[1:], changements=changes)
        elif nature == "modification":
            q = self.demandes.get(base(mots[0]))
            d = modification(mots[0], f, *mots[1:], initial=q.initial if q else True, changements=changes)
        else:
            assert nature == "finalisation", nature
            d = finalisation(mots[0], f, changes)
        joint = {}
        for fichier, qui in (item.pop("joindre", None) or {}).items():
            joint[fichier] = piece(fichier.partition(".")[0], self.f[qui], fichier)
        # Two drops never have the same bytes, unless the scenario says so.
        return d.archive(fichiers=joint, texte=lambda t: f"{t}# dépôt {rang}\n")

    def essaie_tout(self, nuit: Nuit, n: int, numero: str) -> None:
        """Every event that the table does not allow here, each refused with a reason."""
        q = self.demandes[base(numero)]
        f = next(f for f in self.f.values() if f.siren == q.siren)
        permis = {r["evenement"] for r in TABLE if r["de"] == q.statut and q.vrai(r.get("garde", ""))}
        for decision in DECISIONS:
            if decision not in permis:
                types = " kbis" if decision == "demander_pieces" else ""
                self.decide(nuit, {f"{numero} {decision}{types}": "DEC-008"})
        nom = next(name for name, its in self.f.items() if its is f)
        phrases = {"depot_pieces": f"{nom} pieces {numero} kbis", "finalisation": f"{nom} finalisation {numero}",
                   "depot_modification": f"{nom} modification {numero} tva"}  # fmt: skip
        for i, (evenement, phrase) in enumerate(phrases.items(), 1):
            if evenement not in permis:
                autre = q.statut == "ATTENTE_PIECES" and evenement != "finalisation"
                code = "CYC-011" if autre else "CYC-010"
                self.depose(nuit, f"{n}-tout-{i}", {phrase: f"KO {code} demande"})
        if q.statut != "REJETEE":
            nature = "complementaire" if q.droits or not q.initial else "initial"
            # One enrolment for one number, whatever its status.
            self.depose(nuit, f"{n}-tout-4", {f"{nom} {nature}": "KO CYC-001 referencement.numero_ans"})
