"""The scenarios of scenarios/*.yaml, read and played on paper: what each night must show, by the status table.

Nothing here runs the program. `charge()` reads the scenarios; `ScenarioPlay(scenario).nights()` gives each night with
its files and what must be read afterwards. test_scenarios.py compares.
"""

import datetime
import functools
import re
from dataclasses import dataclass, field

import yaml

from harness import REPO
from factory import (
    HEADERS, Bank, Supplier, archive, compte_asp, csv_asp, decisions, supplier, person, piece, references,
    replace, siren, structure,
)  # fmt: skip
from factory_cycle import Depot, complementaire, finalisation, modification, modified, pieces

DOSSIER = REPO / "tests/e2e/scenarios"
FIRST_DAY = datetime.date(2026, 3, 2)
GESTIONNAIRE = "Bérénice Caron"
STATUTS = "EN_COURS VALIDATION_PARTIELLE ATTENTE_PIECES CERTIFICATS_A_VALIDER REJETEE VALIDEE".split()
DECISIONS = "valider rejeter demander_pieces demander_modification".split()
EVENEMENTS = {"initial": "depot", "complementaire": "depot", "pieces": "depot_pieces",
              "modification": "depot_modification", "finalisation": "finalisation"}  # fmt: skip
SEQUELS = {"depot_pieces": "pieces", "depot_modification": "modification", "finalisation": "finalisation"}
SEQUEL_WORDS = {"depot_pieces": "envoi de pièces", "depot_modification": "modification", "finalisation": "finalisation"}
CONNECTION = "connexion consultation simulateur_json verification_pieces enrolement_complementaire".split()
DROITS = {
    "partiels": dict.fromkeys(CONNECTION, "oui") | {"demandes_financement": "non"},
    "complets": dict.fromkeys(CONNECTION, "oui") | {"demandes_financement": "oui"},
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


def listed_of(value) -> list:
    return value if isinstance(value, list) else [] if value in (None, "") else [value]


def base(numero: str) -> str:
    return numero.partition("M")[0]


def from_mail(f: Supplier, numero: str, root) -> bytes:
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
    droits: str = ""  # "", partiels, complets
    certificats: bool = True
    awaits: str = ""  # pieces, modification
    initial: bool = True

    def holds(self, guard: str) -> bool:
        return {
            "": True,
            "anticipe": self.anticipe,
            "non_anticipe": not self.anticipe,
            "certificats": self.certificats,
            "sans_certificats": not self.certificats,
            "pieces_demandees": self.awaits == "pieces",
            "modification_demandee": self.awaits == "modification",
        }[guard]


@dataclass
class Answer:
    """What a drop must be answered."""

    etat: str
    numero: str = ""
    anomalies: list[tuple[str, str]] = field(default_factory=list)  # (code, key path or "")
    essai: bool = False
    redonnee: bool = False

    @classmethod
    def parsed(cls, yaml_text: str) -> "Answer":
        etat, _, rest = yaml_text.partition(" ")
        assert etat in ("OK", "ANO", "KO"), yaml_text
        out = cls(etat)
        for part in filter(None, (p.strip() for p in rest.split(","))):
            words = part.split()
            while words and (words[0] in ("essai", "redonnee") or re.fullmatch(r"ENR\d{4,}M\d+", words[0])):
                word = words.pop(0)
                if word.startswith("ENR"):
                    out.numero = word
                else:
                    setattr(out, word, True)
            if words:
                assert len(words) <= 2 and re.fullmatch(r"[A-Z]+-\d{3}", words[0]), yaml_text
                out.anomalies.append((words[0], words[1] if len(words) > 1 else ""))
        assert (etat == "OK") == (not out.anomalies), yaml_text
        assert bool(out.numero) == (etat != "KO" and not out.essai), yaml_text
        return out

    @property
    def codes(self) -> list[str]:
        return sorted(code for code, _ in self.anomalies)


@dataclass
class Dropped:
    """A drop: where, its bytes, its answer."""

    compte: str
    nom: str
    octets: object  # bytes, or what makes them of the root: of a mail that is still to come
    answer: Answer
    statut: str = ""
    says: list[str] = field(default_factory=list)
    evenement: str = ""
    demande: str = ""  # that it speaks of
    status_before: str = ""  # the status of that request


@dataclass
class Decided:
    numero: str
    decision: str
    ligne: dict
    code: str
    status_before: str = ""


@dataclass
class Night:
    """A night: what comes in, and what must be read afterwards."""

    date: str
    asp: dict[str, bytes] = field(default_factory=dict)
    depots: list[Dropped] = field(default_factory=list)
    decisions: list[Decided] = field(default_factory=list)
    demandes: dict[str, dict] = field(default_factory=dict)  # number -> columns
    evenements: list[tuple] = field(default_factory=list)  # (request without rank, event, from, to)
    mails: list[tuple] = field(default_factory=list)  # (type, to, number or None)
    droits: dict[str, dict] = field(default_factory=dict)
    comptes: list[tuple] = field(default_factory=list)  # (request without rank, e-mail)
    alertes: list[tuple] = field(default_factory=list)  # (request without rank, code)
    table: dict = field(default_factory=dict)
    rights_told: dict = field(default_factory=dict)
    details: dict = field(default_factory=dict)
    courriels: dict = field(default_factory=dict)
    rows: list[str] = field(default_factory=list)  # of the status table, that were passed
    refus: list[tuple[str, str]] = field(default_factory=list)  # (status, event) refused


class ScenarioPlay:
    """A scenario played by the status table."""

    def __init__(self, scenario: dict):
        self.scenario = scenario
        self.f: dict[str, Supplier] = {}
        self.demandes: dict[str, Demande] = {}
        self.comptes: list[tuple[str, str, str]] = []  # opened by the program: (request, e-mail, SIREN)
        self.alertes: dict[str, list] = {}  # date -> alerts
        self.asp: dict[str, bytes] = {}
        self.octets: dict[tuple[str, str], bytes] = {}
        self.adresses: dict[str, str] = {}  # account of the ASP -> the e-mail that comptes.csv gives it since
        self.calendrier = dict(scenario.get("calendrier") or {})
        for n, (nom, facts) in enumerate((scenario.get("fournisseurs") or {"Atlas": {}}).items(), 1):
            self.f[nom] = self.supplier(n, nom, facts or {})

    # --- suppliers and registers ---

    def supplier(self, n: int, nom: str, facts: dict) -> Supplier:
        facts = dict(facts)
        if "de" in facts:  # another software of the same supplier
            same, other = self.f[facts.pop("de")], supplier(n, compte=nom.lower())
            f = replace(same, numero_ans=other.numero_ans, logiciel=other.logiciel)
        else:
            f = supplier(n, compte=facts.pop("compte", nom.lower()), logiciel=nom)
        return self.with_facts(f, facts)

    def with_facts(self, f: Supplier, facts: dict) -> Supplier:
        words = {"oui": True, "non": False, "": None}
        values = {}
        for key, value in facts.items():
            if key == "editeur":
                key, value = "siren_editeur", self.f[value].siren if value in self.f else siren("29990001")
            elif key == "siren_de":
                key, value = "siret", self.f[value].siret
            elif key in ("representant", "depositaire"):
                value = self.person(getattr(f, key), value)
            elif key == "banque":
                value = Bank(value["code"], value["bic"], value["nom"])
            elif isinstance(value, str) and key not in ("compte", "denomination_given"):
                value = words.get(value, value)
            values[key] = value
        return replace(f, **values)

    @staticmethod
    def person(status_before, value):
        """A person by "Prénom Nom", or what changes of one."""
        value = {"qui": value} if isinstance(value, str) else dict(value)
        if not value or value == {"qui": ""}:
            return None
        if "qui" in value:
            prenom, _, nom = value.pop("qui").partition(" ")
            status_before = person(prenom, nom, "tiers", nature="passeport")
        return replace(status_before, **value)

    def references(self) -> dict[str, bytes]:
        """The ASP's files as they now are, those that changed."""
        rows = []
        for item in listed_of(self.scenario.get("comptes")):
            item = {"de": item} if isinstance(item, str) else item
            yes = item.get("portail_segur", "oui") == "oui"
            f = self.f[item["de"]]
            name = f"ASP-{len(rows) + 1}"
            rows.append(compte_asp(f, name, self.adresses.get(name, item.get("email", "")), yes))
        fs = list(self.f.values())
        files = references(fs, {"comptes.csv": rows})
        windows = [(dsr, "2025-01-01", "2026-12-31") for dsr in sorted({f.dsr for f in fs} - set(self.calendrier))]
        windows += [(dsr, *window) for dsr, window in self.calendrier.items()]
        files["calendrier.csv"] = csv_asp(HEADERS["calendrier.csv"], windows)
        changed = {name: data for name, data in files.items() if self.asp.get(name) != data}
        self.asp |= files
        return changed

    def moves(self, before: str, after: str) -> None:
        """An access keeps its identifiant; it and its holder's requests get the new address."""
        for q in self.demandes.values():
            q.contact = after if q.contact.lower() == before.lower() else q.contact
        self.comptes = [(n, after.lower() if email.lower() == before.lower() else email, its) for n, email, its in self.comptes]

    def changes_addresses(self, changes: dict) -> None:
        items = [{"de": i} if isinstance(i, str) else i for i in listed_of(self.scenario.get("comptes"))]
        for name, after in changes.items():
            item = items[int(name.partition("-")[2]) - 1]
            before = self.adresses.get(name) or item.get("email") or compte_asp(self.f[item["de"]])[1]
            self.adresses[name] = after
            self.moves(before, after)

    def compte_segur(self, f: Supplier) -> str:
        """The e-mail of the supplier's account on the Ségur portal."""
        ours = [email for _, email, its in self.comptes if its == f.siren]
        theirs = [dict(i) if isinstance(i, dict) else {"de": i} for i in listed_of(self.scenario.get("comptes"))]
        for n, item in enumerate(theirs, 1):
            item["email"] = self.adresses.get(f"ASP-{n}", item.get("email"))
        theirs = [i for i in theirs if i.get("portail_segur") != "non"]
        theirs = [i.get("email") or compte_asp(self.f[i["de"]])[1] for i in theirs if self.f[i["de"]].siren == f.siren]
        return (ours + theirs + [f.representant.email])[0]

    # --- nights ---

    def nights(self):
        date = FIRST_DAY - datetime.timedelta(1)
        for n, given in enumerate(self.scenario["nuits"], 1):
            date = datetime.date.fromisoformat(given["date"]) if "date" in given else date + datetime.timedelta(1)
            yield self.night(n, str(date), given)

    def night(self, n: int, date: str, given: dict) -> Night:
        known_keys = {"date", "changent", "calendrier", "decisions", "depots", "acces", "relances", "echeances", "signaux", "adresses",
                   "table", "droits", "details", "courriels", "essayer_tout"}  # fmt: skip
        assert set(given) <= known_keys, set(given) - known_keys
        for nom, facts in (given.get("changent") or {}).items():
            self.f[nom] = self.with_facts(self.f[nom], facts)
        self.calendrier |= given.get("calendrier") or {}
        self.changes_addresses(given.get("adresses") or {})
        night = Night(date, self.references())
        for item in given.get("decisions") or []:
            self.decide(night, item)
        for i, item in enumerate(given.get("depots") or [], 1):
            self.drop_in(night, f"{n}-{i}", item)
        if "essayer_tout" in given:
            self.try_everything(night, n, given["essayer_tout"])
        if night.decisions:
            rows = [d.ligne for d in night.decisions]
            night.asp["decisions.csv"] = decisions(rows, columns=[*HEADERS["decisions.csv"], "statut"])
        self.expected(night, given)
        return night

    def expected(self, night: Night, given: dict) -> None:
        """What comes apart from the status table, then the whole of each table."""
        for numero, what in (given.get("acces") or {}).items():
            q = self.demandes[base(numero)]
            self.comptes.append((base(numero), q.contact, q.siren))
            kinds = {"nouveau": ("identifiant", "mot_de_passe"), "connu": ("ouverture_acces",)}[what]
            night.mails += [(kind, q.contact, q.numero) for kind in kinds]
        for numero in listed_of(given.get("relances")):
            q = self.demandes[base(numero)]
            night.evenements.append((base(numero), "relance", q.statut, q.statut))
            night.mails.append(("relance", q.contact, q.numero))
        for numero, codes in (given.get("echeances") or {}).items():
            q = self.demandes[base(numero)]
            for code in listed_of(codes):
                night.evenements.append((base(numero), "echeance", q.statut, q.statut))
                night.alertes.append((base(numero), code))
        night.alertes += [(base(s.split()[0]), s.split()[1]) for s in listed_of(given.get("signaux"))]
        of_date = self.alertes.setdefault(night.date, [])
        of_date += night.alertes
        night.alertes = list(of_date)
        night.comptes = [(numero, email) for numero, email, _ in self.comptes]
        for q in self.demandes.values():
            night.demandes[q.numero] = {
                "statut": q.statut, "type": q.type, "anticipe": "oui" if q.anticipe else "non",
                "action": q.action, "date_depot": q.date,
            }  # fmt: skip
            if q.droits:
                night.droits[q.numero] = DROITS[q.droits]
        night.table, night.details = given.get("table") or {}, given.get("details") or {}
        night.rights_told, night.courriels = given.get("droits") or {}, given.get("courriels") or {}

    # --- decisions ---

    def decide(self, night: Night, item) -> None:
        item = {item: ""} if isinstance(item, str) else dict(item)
        phrase = next(iter(item))
        code = item.pop(phrase) or "DEC-000"
        numero, decision, *types = phrase.split()
        assert set(item) <= {"motif", "statut"}, item
        motif = item.get("motif", "" if decision == "valider" else f"Motif : {decision}.")
        ligne = {"numero": numero, "decision": decision, "motif": motif, "pieces": "|".join(types),
                 "gestionnaire": GESTIONNAIRE, "statut": item.get("statut", "")}  # fmt: skip
        q = self.demandes.get(base(numero))
        night.decisions.append(Decided(numero, decision, ligne, code, q.statut if q else ""))
        if code == "DEC-000":
            self.takes_row(night, q, decision)
            q.awaits = {"demander_pieces": "pieces", "demander_modification": "modification"}.get(decision, "")
        elif code == "DEC-008":
            night.refus.append((q.statut, decision))

    def takes_row(self, night: Night, q: Demande, evenement: str) -> None:
        """The row of the status table that this event takes."""
        rows = [r for r in TABLE if (r["de"], r["evenement"]) == (q.statut, evenement) and q.holds(r.get("garde", ""))]
        assert len(rows) == 1, f"{q.numero} : {evenement} au statut {q.statut!r}"
        row = rows[0]
        night.rows.append(row["ligne"])
        night.evenements.append((base(q.numero), evenement, q.statut, row["vers"]))
        q.statut, q.action = row["vers"], row["action"]
        q.droits = row.get("droits", q.droits)
        night.mails.append((row["mail"], q.contact, q.numero))

    # --- drops ---

    def drop_in(self, night: Night, rang: str, item: dict) -> None:
        item = dict(item)
        phrase = next(iter(item))
        answer = Answer.parsed(item.pop(phrase))
        nom, nature, *words = phrase.split()
        f = self.f[nom]
        compte = self.compte(item.pop("compte", ""), f)
        fichier = item.pop("fichier", f"{rang}-{nature}.zip")
        says = listed_of(item.pop("dit", None))
        contact = item.pop("contact", "")
        follows = item.pop("suit", "non") == "oui"
        if nature == "redepose":
            first = tuple(f"{compte}/{words[0]}".split("/")[-2:])
            d = Dropped(compte, fichier, self.octets[first], answer, says=says)
            if not answer.redonnee:
                nature = words[1]
        elif nature == "courriel":
            nature, *words = words
            d = Dropped(compte, fichier, functools.partial(from_mail, f, words[0]), answer, says=says)
        else:
            d = Dropped(compte, fichier, self.archive(f, nature, words, item, rang), answer, says=says)
        assert not item, item
        self.octets[compte, fichier] = d.octets
        d.evenement = EVENEMENTS.get(nature, "")
        sequel = d.evenement not in ("", "depot")
        d.demande = base(words[0]) if sequel else ""
        q = self.demandes.get(d.demande)
        d.status_before = q.statut if q else ""
        night.depots.append(d)
        if answer.etat == "KO":
            self.refuse(night, f, d, q)
        elif answer.redonnee:
            d.statut = ""  # of the first answer: compared with it
        elif not answer.essai:
            q = self.new_request(night, f, nature, answer.numero, contact) if not sequel else q
            if sequel and contact and follows:
                self.moves(q.contact, contact)  # the same person, at another address
            if sequel and contact:
                q.contact = contact  # somebody else declares from now on
            self.takes(night, q, d)

    @staticmethod
    def compte(compte: str, f: Supplier) -> str:
        return compte.lower() or f.compte

    def refuse(self, night: Night, f: Supplier, d: Dropped, q) -> None:
        codes = set(d.answer.codes)
        named = q and not codes & {"CYC-007", "CYC-008", "CYC-009"}  # else which request is not known, or not told
        numero = q.numero if named else None
        night.mails.append(("depot_refuse", f"contact@{d.compte}.example", numero))
        if d.evenement == "depot":
            night.refus.append(("", "depot-anticipe" if f.etat == "en_cours" else "depot"))
        elif q and codes & {"CYC-010", "CYC-011"}:
            night.refus.append((q.statut, d.evenement))

    def new_request(self, night: Night, f: Supplier, nature: str, numero: str, contact: str) -> Demande:
        anticipe = f.etat == "en_cours"
        if not contact:
            contact = f.depositaire.email if f.depositaire else f.representant.email
            if nature == "complementaire" and not f.depositaire:
                contact = self.compte_segur(f)
        q = Demande(numero, nature, anticipe, night.date, contact, f.siren, certificats=not anticipe)
        q.initial = nature == "initial"
        assert base(numero) not in self.demandes and numero.endswith("M0"), numero
        self.demandes[base(numero)] = q
        return q

    def takes(self, night: Night, q: Demande, d: Dropped) -> None:
        assert base(q.numero) == base(d.answer.numero), d.answer.numero
        q.numero = d.answer.numero
        self.takes_row(night, q, d.evenement)
        q.awaits = ""
        q.certificats = q.certificats or d.evenement == "finalisation"
        d.statut = q.statut
        night.alertes += [(base(q.numero), code) for code in d.answer.codes]

    def archive(self, f: Supplier, nature: str, words: list[str], item: dict, rang: str) -> bytes:
        facts = item.pop("faits", None) or {}
        f = self.with_facts(f, facts)
        changes = dict(item.pop("avec", None) or {}) | dict.fromkeys(listed_of(item.pop("sans", None)))
        if item.pop("essai", "non") == "oui":
            changes["essai"] = True
        if nature == "initial":
            d = Depot(f, modified(structure(f), f, changes))
        elif nature == "complementaire":
            d = complementaire(f, changes, mandat=item.pop("mandat", "oui") == "oui")
        elif nature == "pieces":
            d = pieces(words[0], f, *words[1:], changes_by_path=changes)
        elif nature == "modification":
            q = self.demandes.get(base(words[0]))
            d = modification(words[0], f, *words[1:], initial=q.initial if q else True, changes_by_path=changes)
        else:
            assert nature == "finalisation", nature
            d = finalisation(words[0], f, changes)
        joined = {}
        for fichier, who in (item.pop("joindre", None) or {}).items():
            joined[fichier] = piece(fichier.partition(".")[0], self.f[who], fichier)
        # Two drops never have the same bytes, unless the scenario says so.
        return d.archive(fichiers=joined, yaml_text=lambda t: f"{t}# dépôt {rang}\n")

    def try_everything(self, night: Night, n: int, numero: str) -> None:
        """Every event that the table does not allow here, each refused with a reason."""
        q = self.demandes[base(numero)]
        f = next(f for f in self.f.values() if f.siren == q.siren)
        allowed = {r["evenement"] for r in TABLE if r["de"] == q.statut and q.holds(r.get("garde", ""))}
        for decision in DECISIONS:
            if decision not in allowed:
                types = " kbis" if decision == "demander_pieces" else ""
                self.decide(night, {f"{numero} {decision}{types}": "DEC-008"})
        nom = next(name for name, its in self.f.items() if its is f)
        phrases = {"depot_pieces": f"{nom} pieces {numero} kbis", "finalisation": f"{nom} finalisation {numero}",
                   "depot_modification": f"{nom} modification {numero} tva"}  # fmt: skip
        for i, (evenement, phrase) in enumerate(phrases.items(), 1):
            if evenement not in allowed:
                other = q.statut == "ATTENTE_PIECES" and evenement != "finalisation"
                code = "CYC-011" if other else "CYC-010"
                self.drop_in(night, f"{n}-tout-{i}", {phrase: f"KO {code} demande"})
        if q.statut != "REJETEE":
            nature = "complementaire" if q.droits or not q.initial else "initial"
            # One enrolment for one number, whatever its status.
            self.drop_in(night, f"{n}-tout-4", {f"{nom} {nature}": "KO CYC-001 referencement.numero_ans"})
