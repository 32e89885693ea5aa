"""Random worlds, nights and dossiers for test_property.py, all of them a function of the seed.

A step is aimed rather than random: most answer what a request waits for, so that lives go on; about a third have one
definite fault. What is right is for model.py to say.
"""

import datetime
import functools
import hashlib
import random

from factory import archive, csv_asp, decisions, supplier, iban_fr, pdf, person, references, replace
from factory import HEADERS, in_groups
from factory_suppliers import siren
from model import DECISIONS, SECTIONS, Compte, Decision, Depot, Model, World

FIRST_DAY = datetime.date(2026, 1, 5)
EVERY_PIECE = tuple("""certificat_referencement certificat_hds attestation_non_hds kbis mandat_editeur
    piece_identite_representant piece_identite_depositaire mandat_representant_legal contrat_prestation rib
    preuve_hors_tva autre""".split())
MAY_BE_ASKED = ("kbis", "rib", "autre", "preuve_hors_tva", "contrat_prestation", "certificat_referencement",
               "piece_identite_representant", "attestation_non_hds")  # fmt: skip
ALWAYS_OPEN = [("2025-01-01", "2027-12-31")]


class Chance:
    """One world; `night()` plans a night, judged by `model` as it goes."""

    def __init__(self, seed: int):
        self.rng = random.Random(seed)
        self.serial = 0
        self.day = FIRST_DAY
        self.suppliers()
        self.accounts()
        windows = {"SONS LGC": ALWAYS_OPEN, "SONS DPI": ALWAYS_OPEN}
        if self.rng.random() < 0.3:
            windows["SONS RIS"] = [("2025-01-01", "2026-01-20"), ("2026-02-02", "2026-12-31")]
        self.world = World(
            states={f.numero_ans: f.etat for f in self.lines_of_suppliers},
            dsr={f.numero_ans: f.dsr for f in self.lines_of_suppliers},
            editeurs={f.numero_ans: f.siren_editeur or f.siren for f in self.lines_of_suppliers},
            acces=self.acces, comptes=self.comptes, windows=windows,
        )  # fmt: skip
        self.model = Model(self.world)
        self.dropped: list[Depot] = []
        self.supplier_of = {f.siren: f for f in self.lines_of_suppliers}

    # --- the world ---

    def suppliers(self) -> None:
        """`lines_of_suppliers`: the supplier once for each of its numbers."""
        rng, self.lines_of_suppliers = self.rng, []
        tiers = person("Chloé", "Béranger", "tiers", nature="passeport")
        for n in range(1, rng.randint(3, 8) + 1):
            base = supplier(n, depositaire=tiers if rng.random() < 0.35 else None)
            if base.depositaire and rng.random() < 0.5:
                base = replace(base, depositaire=person("Rémi", "Faucher", base.compte))
            base = replace(base, qualite=rng.choice(("employe", "centre_gestion")))
            distributeur = rng.random() < 0.15
            for k in range(rng.randint(1, 4)):
                self.lines_of_suppliers.append(replace(
                    base,
                    numero_ans=hashlib.sha256(f"{base.compte}/{k}".encode()).hexdigest()[:10],
                    dsr=rng.choice(("SONS LGC", "SONS LGC", "SONS DPI", "SONS DPI", "SONS RIS")),
                    etat=rng.choices(("valide", "en_cours", "retire"), (55, 40, 5))[0],
                    siren_editeur=siren("29999955") if distributeur else "", distributeur=distributeur,
                ))  # fmt: skip

    def accounts(self) -> None:
        rng = self.rng
        self.comptes = [Compte(siren("29999901"), "agnes.tessier@tiers.example", True, "representant_legal")]
        self.acces: dict = {}
        suppliers = {f.siren: f for f in self.lines_of_suppliers}
        for f in suppliers.values():
            self.acces[f.compte] = (f.contact, {f.siren})
            if rng.random() < 0.3:  # since wave 1, by the same person or by another
                email = rng.choice((f.representant.email, f"ancien@{f.compte}.example"))
                self.comptes.append(Compte(f.siren, email, True, "representant_legal"))
            elif rng.random() < 0.3:  # known to another portal
                other = f.siren if rng.random() < 0.5 else siren("29999977")
                self.comptes.append(Compte(other, f.representant.email, False, "representant_legal"))
        first, second = list(suppliers.values())[:2]
        self.acces[first.compte][1].add(second.siren)  # one account, two suppliers
        self.acces["cabinet"] = ("contact@cabinet.example", {second.siren})  # and one supplier, two accounts

    def files(self) -> dict[str, bytes]:
        """The ASP's files of the first night."""
        world = self.world
        files = references(self.lines_of_suppliers)
        rows = [(f"ASP-{n}", c.email, c.siren, yes_or_no(c.portail), c.titulaire) for n, c in enumerate(world.comptes)]
        files["comptes.csv"] = csv_asp(HEADERS["comptes.csv"], rows)
        rows = [(compte, s, contact) for compte, (contact, sirens) in world.acces.items() for s in sorted(sirens)]
        files["acces.csv"] = csv_asp(HEADERS["acces.csv"], rows)
        rows = [(dsr, *window) for dsr, windows in world.windows.items() for window in windows]
        files["calendrier.csv"] = csv_asp(HEADERS["calendrier.csv"], rows)
        return files

    def register(self) -> bytes:
        """The ANS register as it is now."""
        lines = [replace(f, etat=self.world.states[f.numero_ans]) for f in self.lines_of_suppliers]
        return references(lines)["referencements.csv"]

    # --- a night ---

    def night(self, numero: int, steps: int):
        """(day, ASP files, [(decisions file, [(Decision, codes)])], [(Depot, Reponse)])"""
        rng, model = self.rng, self.model
        self.day += datetime.timedelta(days=rng.randint(1, 2))
        model.begin_night(self.day.isoformat())
        files = self.files() if numero == 0 else {}
        waiting = [ans for ans, etat in self.world.states.items() if etat == "en_cours"]
        if numero > 1 and waiting and rng.random() < 0.25:
            self.world.states[rng.choice(waiting)] = "valide"
            files["referencements.csv"] = self.register()
        known = [q for q in model.demandes if q.numero]
        count = rng.randint(steps // 4, steps // 2) if known else 0
        rows = []
        for _ in range(count):
            decision = self.decision(known)
            rows.append((decision, model.decide(decision)))
        cut = rng.randint(0, count)
        batches = [(f"decisions-{name}.csv", part) for name, part in (("a", rows[:cut]), ("b", rows[cut:])) if part]
        files |= {name: self.decisions_file(part) for name, part in batches}
        drops = []
        for n in range(steps - count):
            d = replace(self.drop(known), nom=f"n{numero:03d}-{n:02d}.zip")
            drops.append((d, model.drop_in(d)))
            self.dropped.append(d)
        return self.day.isoformat(), files, batches, drops

    def decisions_file(self, rows) -> bytes:
        columns = [*HEADERS["decisions.csv"], "statut"]
        return decisions([(d.numero, d.decision, d.motif, "|".join(d.pieces), d.gestionnaire, d.status_seen) for d, _ in rows],
                         columns=columns)  # fmt: skip

    def written(self, q) -> str:
        """The number as people write it: today's rank, an older one, none, now and then one that it never had."""
        return q.numero + self.rng.choices(("", f"M{q.rang}", "M0", "M7"), (45, 40, 12, 3))[0]

    def decision(self, known) -> Decision:
        rng = self.rng
        open_ = [q for q in known if q.statut in ("EN_COURS", "CERTIFICATS_A_VALIDER")]
        q = rng.choice(open_ if open_ and rng.random() < 0.85 else known)
        kind = rng.choices(DECISIONS, (45, 14, 22, 19))[0]
        d = Decision(
            self.written(q), q, kind, motif=f"Motif n° {rng.randint(1, 99)}" if kind != "valider" else "",
            pieces=tuple(rng.sample(MAY_BE_ASKED, rng.randint(1, 2))) if kind == "demander_pieces" else (),
        )  # fmt: skip
        if rng.random() < 0.15:
            d = replace(d, status_seen=rng.choice((q.statut, q.statut, "EN_COURS")))
        if rng.random() < 0.12:
            d = replace(d, **rng.choice((
                {"numero": "ENR9999M0", "demande": None}, {"motif": ""}, {"gestionnaire": ""}, {"decision": "accepter"},
                {"pieces": ()}, {"pieces": ("facture",)} if kind == "demander_pieces" else {"motif": ""},
            )))  # fmt: skip
        return d

    # --- drops ---

    def drop(self, known) -> Depot:
        rng = self.rng
        waiting = [q for q in known if q.statut in ("ATTENTE_PIECES", "VALIDATION_PARTIELLE")]
        kind = rng.choices(("suite", "nouveau", "egare", "redit", "vole", "illisible"), (50, 34, 7, 4, 3, 2))[0]
        if kind in ("redit", "vole") and self.dropped:
            old = rng.choice(self.dropped)
            return old if kind == "redit" else replace(old, compte=rng.choice([*self.acces, "inconnu"]))
        if kind == "suite" and waiting:
            q = rng.choice(waiting)
            expected = "modification" if q.modification else "pieces"
            return self.follow_up(q, "finalisation" if q.statut == "VALIDATION_PARTIELLE" else expected)
        if kind == "egare" and known:
            return self.follow_up(rng.choice(known), rng.choice(("pieces", "modification", "finalisation")))
        if kind == "illisible":
            f = rng.choice(self.lines_of_suppliers)
            return Depot("", f.compte, "illisible", octets=f"bonjour {self.next()}\n".encode())
        return self.new()

    def next(self) -> int:
        self.serial += 1
        return self.serial

    def account_of(self, siren_: str) -> str:
        able = [compte for compte, (_, sirens) in self.acces.items() if siren_ in sirens]
        return self.rng.choice(able if self.rng.random() < 0.96 else [*self.acces, "inconnu"])

    def finished(self, d: Depot, f) -> Depot:
        return replace(d, octets=octets(d, f, self.next()))

    def new(self) -> Depot:
        rng, world, model = self.rng, self.world, self.model
        free = [f for f in self.lines_of_suppliers if not model.live(f.numero_ans)]
        f = rng.choice(free if free and rng.random() < 0.75 else self.lines_of_suppliers)
        compte = any(c.portail and c.siren == f.siren for c in world.comptes + model.comptes)
        kind = "complementaire" if compte == (rng.random() < 0.85) else "initial"
        numero = f.numero_ans if rng.random() < 0.9 else rng.choice(self.lines_of_suppliers).numero_ans
        if rng.random() < 0.03:
            numero = "00aa11bb22"
        valide = world.states.get(numero) == "valide"
        depositaire = f.depositaire.email if f.depositaire and (kind == "initial" or rng.random() < 0.8) else None
        if kind == "complementaire" and rng.random() < 0.15:
            depositaire = "agnes.tessier@tiers.example"
        v = {
            "siret": f.siret, "numero_ans": numero, "nom_commercial": f.nom_commercial, "distributeur": f.distributeur,
            "hds": rng.random() < 0.5 if valide and world.dsr[numero] == "SONS DPI" else None,
            "representant": f.representant.email, "depositaire": depositaire, "qualite": f.qualite,
            "iban": f.numero_compte, "assujetti": rng.random() < 0.8, "engage": True,
        }  # fmt: skip
        if rng.random() < 0.1:
            key = rng.choice(("engage", "hds", "distributeur"))
            v[key] = rng.choice((True, False, None)) if key == "hds" else not v[key]
        pieces = self.perhaps_spoiled(self.right_pieces(kind, v))
        essai = rng.random() < 0.06
        return self.finished(Depot("", self.account_of(f.siren), kind, v, pieces, essai=essai), f)

    def right_pieces(self, kind, v) -> set:
        wanted = set(self.model.wanted(kind, v))
        if self.world.states.get(v["numero_ans"]) == "valide":
            wanted.add("certificat_referencement")
            if v["hds"] is not None and self.world.dsr[v["numero_ans"]] == "SONS DPI":
                wanted.add("certificat_hds" if v["hds"] else "attestation_non_hds")
        return wanted

    def perhaps_spoiled(self, pieces: set) -> frozenset:
        rng, chance = self.rng, self.rng.random()
        if chance < 0.09 and pieces:
            pieces = pieces - {rng.choice(sorted(pieces))}
        elif chance < 0.18:
            pieces = pieces | {rng.choice(EVERY_PIECE)}
        return frozenset(pieces)

    def follow_up(self, q, kind: str) -> Depot:
        rng = self.rng
        f = self.supplier_of[q.siren]
        compte, numero = self.account_of(q.siren), self.written(q)
        if rng.random() < 0.03:
            q, numero = None, "ENR9999M0"
        v: dict = {}
        pieces = set(q.demandees if q else ()) or {"rib"}
        if kind == "finalisation":
            pieces = {"certificat_referencement"}
            if q and self.world.dsr[q.valeurs["numero_ans"]] == "SONS DPI":
                v = {"hds": rng.random() < 0.5}
                pieces.add("certificat_hds" if v["hds"] else "attestation_non_hds")
            if rng.random() < 0.08:
                v = {"hds": rng.choice((True, False))} if not v or rng.random() < 0.5 else {}
        if kind == "modification":
            v, pieces = self.correction(q, f)
        pieces = self.perhaps_spoiled(pieces)
        essai = rng.random() < 0.05
        return self.finished(Depot("", compte, kind, v, pieces, q, numero, essai), f)

    def correction(self, q, f) -> tuple[dict, set]:
        """The sections and pieces of a modification, as the request lets them be."""
        rng = self.rng
        old = q.valeurs if q else self.model.demandes[0].valeurs
        demandeur = {key: old[key] for key in ("siret", "distributeur")}
        if q and q.type == "initial":
            demandeur["nom_commercial"] = old["nom_commercial"]
        tva = {"assujetti": old["assujetti"]}
        choices = [
            (tva, set()),
            ({"assujetti": not old["assujetti"]}, set() if not old["assujetti"] else {"preuve_hors_tva"}),
            ({"assujetti": not old["assujetti"]}, set()),
            ({}, set()), ({}, {"preuve_hors_tva"} if not old["assujetti"] else set()),
            ({"engage": rng.random() < 0.8}, set()),
            (demandeur | {"siret": rng.choice(self.lines_of_suppliers).siret}, set()),
            ({"numero_ans": rng.choice(self.lines_of_suppliers).numero_ans, "hds": old["hds"]}, set()),
        ]  # fmt: skip
        if old["hds"] is not None:
            document = "attestation_non_hds" if old["hds"] else "certificat_hds"
            choices += [({"numero_ans": old["numero_ans"], "hds": not old["hds"]}, {document})] * 2
        other = {"iban": rng.choice("123456789") + f.numero_compte[1:]}
        initial = [
            (demandeur | {"nom_commercial": f"{f.nom_commercial} bis {rng.randint(1, 99)}"}, set()),
            (other, {"rib"}), (other, set()), ({}, {"rib"}),
            ({"representant": f"direction-{rng.randint(1, 3)}@{f.compte}.example"}, set()),
        ]  # fmt: skip
        if old["depositaire"]:
            centre = old["qualite"] == "employe"
            act = "contrat_prestation" if centre else "mandat_representant_legal"
            qualite = "centre_gestion" if centre else "employe"
            initial.append(({"depositaire": old["depositaire"], "qualite": qualite}, {act}))
        if q and q.type == "initial":
            choices += initial * 2
        elif rng.random() < 0.1:
            choices = initial
        return rng.choice(choices)


# --- The bytes ---------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=None)
def document(kind: str, compte: str, variant: int) -> bytes:
    """Small, and of one supplier."""
    return pdf(kind, (compte, f"Exemplaire {variant}"))


def yes_or_no(value: bool) -> str:
    return "oui" if value else "non"


def person_lines(p, email: str) -> list[str]:
    return [
        f"  nom: {p.nom.upper()}", f"  prenom: {p.prenom}", f"  email: {email}", f"  confirmation_email: {email}",
        f'  telephone: "{p.telephone}"', f"  identite: {{nature: {p.nature}, valide_jusqu_au: 2031-05-14}}",
    ]  # fmt: skip


def section(name: str, d: Depot, f) -> list[str]:
    v, full = d.valeurs, d.type in ("initial", "modification")
    if name == "referencement":
        lines = [f'  numero_ans: "{v["numero_ans"]}"'] if "numero_ans" in v else []
        return lines + ([f"  hebergement_donnees_sante: {yes_or_no(v['hds'])}"] if v.get("hds") is not None else [])
    if name == "demandeur":
        lines = [f"  siret: {v['siret']}", f"  distributeur: {yes_or_no(v['distributeur'])}"]
        if d.type == "complementaire" or "nom_commercial" not in v:
            return lines
        return lines + [f"  nom_commercial: {v['nom_commercial']}", "  adresse: {type_voie: RUE, commune: PARIS}"]
    if name == "representant":
        return person_lines(f.representant, v["representant"])
    if name == "depositaire":
        if not full:
            return [f"  email: {v['depositaire']}"]
        person = f.depositaire or f.representant
        return [f"  qualite: {v['qualite']}", *person_lines(person, v["depositaire"])]
    if name == "banque":
        iban = iban_fr(f.banque.code, f.guichet, v["iban"])
        return [f"  iban: {in_groups(iban)}", f"  bic: {f.banque.bic}", f"  titulaire: {f.titulaire}"]
    if name == "tva":
        return [f"  assujetti: {yes_or_no(v['assujetti'])}"]
    return [f"  cgu: {yes_or_no(v['engage'])}", "  article_441_7: oui", "  authenticite: oui"]


def given_sections(d: Depot) -> list[str]:
    """In the dossier's order. A finalisation has its HDS answer at the top."""
    if d.type in ("pieces", "finalisation"):
        return []
    names = [name for name, keys in SECTIONS.items() if any(key in d.valeurs for key in keys)]
    if d.type == "complementaire":
        names = [name for name in names if name not in ("representant", "banque")]
    if not d.valeurs.get("depositaire"):
        names = [name for name in names if name != "depositaire"]
    return names


def octets(d: Depot, f, serial: int) -> bytes:
    """The archive; the serial number makes it unlike any other."""
    lines = [f"# {serial}", "format: 1", f"type: {d.type}"]
    if d.numero:
        lines.append(f"demande: {d.numero}")
    if d.type == "finalisation" and d.valeurs.get("hds") is not None:
        lines.append(f"hebergement_donnees_sante: {yes_or_no(d.valeurs['hds'])}")
    if d.type in ("initial", "complementaire"):
        lines.append(f"declarant: {'depositaire' if d.valeurs['depositaire'] else 'representant_legal'}")
    for name in given_sections(d):
        lines += [f"{name}:", *section(name, d, f)]
    if d.pieces:
        lines.append("pieces:")
    files = {}
    for kind in sorted(d.pieces):
        until = ", valide_jusqu_au: 2027-12-31" if kind == "certificat_hds" else ""
        lines.append(f"  - {{type: {kind}, fichier: {kind}.pdf{until}}}")
        files[f"{kind}.pdf"] = document(kind, f.compte, serial % 7)
    if d.essai:
        lines.append("essai: oui")
    return archive("zip", {"dossier.yaml": ("\n".join(lines) + "\n").encode()} | files)


