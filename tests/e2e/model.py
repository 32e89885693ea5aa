"""The life of requests in memory, as the guide and the contract tell it: an oracle for test_property.py.

It was written from the rules alone and shares nothing with the program: no table, no database, no text. A night is a
call of `begin_night`, then of `decide` for each row and of `drop_in` for each drop; what the program must then have
said and sent is in the answers, and in `demandes`, `comptes`, `mails` and `evenements`.
"""

from dataclasses import dataclass, field, replace

HDS = {"certificat_hds", "attestation_non_hds"}
MANDATES = {"mandat_representant_legal", "contrat_prestation"}
SECTIONS = {  # what a section of a modification replaces whole
    "referencement": ("numero_ans", "hds"),
    "demandeur": ("siret", "nom_commercial", "distributeur"),
    "representant": ("representant",),
    "depositaire": ("depositaire", "qualite"),
    "banque": ("iban",),
    "tva": ("assujetti",),
    "engagements": ("engage",),
}
PROOFS = {  # a value and the pieces that prove it
    "iban": {"rib"},
    "assujetti": {"preuve_hors_tva"},
    "distributeur": {"mandat_editeur"},
    "qualite": {"mandat_representant_legal", "contrat_prestation"},
    "hds": {"certificat_hds", "attestation_non_hds"},
}
MISSING_CODES = set("ANS-005 HDS-004 HDS-005 REP-009 DEP-009 DEP-011 DEP-012 BNK-014 TVA-003 DEM-004 CYC-012".split())
TABLE = {  # status, event -> status; what has guards is in the code below
    ("EN_COURS", "rejeter"): ("REJETEE", "refus"),
    ("EN_COURS", "demander_pieces"): ("ATTENTE_PIECES", "demande_pieces"),
    ("EN_COURS", "demander_modification"): ("ATTENTE_PIECES", "demande_modification"),
    ("CERTIFICATS_A_VALIDER", "valider"): ("VALIDEE", "validation"),
    ("CERTIFICATS_A_VALIDER", "rejeter"): ("REJETEE", "refus"),
    ("VALIDATION_PARTIELLE", "rejeter"): ("REJETEE", "refus"),
    ("ATTENTE_PIECES", "rejeter"): ("REJETEE", "refus"),
    ("CERTIFICATS_A_VALIDER", "demander_pieces"): ("ATTENTE_PIECES", "demande_pieces"),
    ("CERTIFICATS_A_VALIDER", "demander_modification"): ("ATTENTE_PIECES", "demande_modification"),
}
INITIAL_ONLY = {"iban", "representant", "nom_commercial", "qualite"}  # to an initial enrolment
DECISIONS = ("valider", "rejeter", "demander_pieces", "demander_modification")


@dataclass(frozen=True)
class Compte:
    """An access to the ASP's portals; `portail`: to the Ségur portal, for that SIREN."""

    siren: str
    email: str
    portail: bool
    titulaire: str


@dataclass
class World:
    """What the ASP's files say."""

    states: dict  # ANS number -> valide, en_cours, retire
    dsr: dict  # ANS number -> DSR
    editeurs: dict  # ANS number -> SIREN
    acces: dict  # account -> (contact, SIRENs)
    comptes: list  # of Compte
    windows: dict = field(default_factory=dict)  # DSR -> [(first day, last day)]


@dataclass(frozen=True)
class Depot:
    """A drop. `valeurs` holds the keys of SECTIONS and `declarant`, those of the sections that it gives."""

    nom: str
    compte: str
    type: str  # or illisible
    valeurs: dict = field(default_factory=dict)
    pieces: frozenset = frozenset()
    demande: object = None  # the request named, if it exists
    numero: str = ""  # as written
    essai: bool = False
    octets: bytes = b""


@dataclass(frozen=True)
class Decision:
    numero: str
    demande: object
    decision: str
    motif: str = ""
    pieces: tuple = ()
    gestionnaire: str = "B. Caron"
    status_seen: str = ""  # column statut


@dataclass(eq=False)
class Demande:
    type: str
    compte: str
    day: str
    anticipe: bool
    valeurs: dict
    pieces: set
    contacts: set  # one of these; one only, but for a complémentaire of a supplier with several accounts
    statut: str = "EN_COURS"
    rang: int = 0
    numero: str = ""  # "ENR0001", once the program has told it
    demandees: set = field(default_factory=set)
    modification: bool = False
    validee: bool = False  # once, fully or partially

    @property
    def siren(self):
        return self.valeurs["siret"][:9]

    @property
    def action(self):
        if self.statut == "ATTENTE_PIECES":
            return "modifier" if self.modification else "ajouter_pieces"
        return "ajouter_certificat" if self.statut == "VALIDATION_PARTIELLE" else "consulter"


@dataclass
class Answer:
    """What a drop must be answered. Each set of `required` is a reason to refuse: one of its codes must be said, and
    those of `allowed` may."""

    required: list = field(default_factory=list)
    allowed: set = field(default_factory=set)
    alertes: set = field(default_factory=set)
    demande: Demande | None = None
    statut: str = ""
    rang: int = 0
    redonnee: bool = False

    @property
    def etat(self):
        return "KO" if self.required else "ANO" if self.alertes else "OK"


def rank_of(numero: str, q: Demande) -> int:
    """The rank that a number names; today's, when it names none."""
    rank = numero.partition("M")[2]
    return int(rank) if rank else q.rang


class Model:
    def __init__(self, world: World):
        self.world = world
        self.demandes: list[Demande] = []
        self.comptes: list[Compte] = []  # that were opened here
        self.mandats: set = set()  # (SIREN, e-mail of a dépositaire) accepted in wave 2
        self.known_drops: dict = {}  # (account, bytes) -> the answer when they were recorded
        self.begin_night("")

    def begin_night(self, day: str) -> None:
        self.day = day
        self.mails: list = []  # (type, the addresses one of which it goes to, request, its rank)
        self.evenements: list = []  # (request, event, from, to, documents asked for or given)

    # --- decisions ---

    def decide(self, d: Decision) -> set:
        """Applies it; the codes one of which the refusal has, none when it is applied."""
        codes = self.row_faults(d)
        if codes:
            return codes
        if d.demande is None or rank_of(d.numero, d.demande) > d.demande.rang:
            return {"DEC-002"}
        if rank_of(d.numero, d.demande) < d.demande.rang:
            return {"DEC-014"}
        if d.status_seen and d.status_seen != d.demande.statut:
            return {"DEC-009"}
        q = d.demande
        vers, mail = self.transition(q, d.decision)
        if not vers:
            return {"DEC-008"}
        self.moves(q, d.decision, vers, d.pieces if d.decision == "demander_pieces" else ())
        q.demandees = set(d.pieces) if d.decision == "demander_pieces" else set()
        q.modification = d.decision == "demander_modification"
        self.mail(mail, q)
        if d.decision == "valider":
            self.validated(q)
        return set()

    @staticmethod
    def row_faults(d: Decision) -> set:
        codes = set()
        if d.decision not in DECISIONS:
            codes.add("DEC-003")
        if not d.gestionnaire:
            codes.add("DEC-007")
        if d.decision in ("rejeter", "demander_modification") and not d.motif:
            codes.add("DEC-004")
        if d.decision == "demander_pieces" and not d.pieces:
            codes.add("DEC-005")
        if "facture" in d.pieces:
            codes.add("DEC-006")
        return codes

    def transition(self, q: Demande, evenement: str) -> tuple:
        if (q.statut, evenement) == ("EN_COURS", "valider"):
            held = self.certificates_held(q)
            return ("VALIDEE", "validation") if held else ("VALIDATION_PARTIELLE", "validation_partielle")
        return TABLE.get((q.statut, evenement), ("", ""))

    def certificates_held(self, q: Demande) -> bool:
        hds = self.world.dsr[q.valeurs["numero_ans"]] != "SONS DPI" or q.pieces & HDS
        return "certificat_referencement" in q.pieces and bool(hds)

    def validated(self, q: Demande) -> None:
        q.validee = True
        depositaire = q.valeurs.get("depositaire")
        if depositaire and q.pieces & MANDATES:
            self.mandats.add((q.siren, depositaire))
        (email,) = q.contacts
        known = self.world.comptes + self.comptes
        if any(c.portail and (c.siren, c.email) == (q.siren, email) for c in known):
            return
        for kind in ["ouverture_acces"] if any(c.email == email for c in known) else ["identifiant", "mot_de_passe"]:
            self.mail(kind, q)
        titulaire = "depositaire" if depositaire else "representant_legal"
        self.comptes.append(Compte(q.siren, email, True, titulaire))

    def moves(self, q: Demande, evenement: str, vers: str, pieces=()) -> None:
        self.evenements.append((q, evenement, q.statut if evenement != "depot" else "", vers, frozenset(pieces)))
        q.statut = vers

    def mail(self, kind: str, q: Demande) -> None:
        self.mails.append((kind, frozenset(q.contacts), q, q.rang))

    # --- drops ---

    def drop_in(self, d: Depot) -> Answer:
        """Judges and records it."""
        first = self.known_drops.get((d.compte, d.octets))
        if first:
            return replace(first, redonnee=True)
        r = self.judge(d)
        if r.required:
            if d.compte in self.world.acces:
                self.mails.append(("depot_refuse", frozenset({self.world.acces[d.compte][0]}), None, 0))
        elif not d.essai:
            getattr(self, "record_" + d.type)(d, r)
            r.statut, r.rang = r.demande.statut, r.demande.rang
            self.known_drops[d.compte, d.octets] = r
        return r

    def judge(self, d: Depot) -> Answer:
        r = Answer()
        if d.compte not in self.world.acces:
            r.required.append({"ACC-001"})
            r.allowed = {"*"}
        if d.type == "illisible":
            r.required.append({"ARC-001"})
        elif not r.required:
            getattr(self, "judge_" + d.type)(d, r)
            if d.valeurs.get("engage") is False:
                r.required.append({"ENG-002"})
        if not d.pieces and d.type in ("initial", "pieces", "finalisation"):
            # One anomaly says that the list is missing, instead of one for each document.
            r.required = [reason for reason in r.required if not reason & MISSING_CODES] + [{"PJ-023"}]
        return r

    def may_act(self, compte: str, siren: str) -> bool:
        return siren in self.world.acces[compte][1]

    def judge_initial(self, d: Depot, r: Answer) -> None:
        v, siren = d.valeurs, d.valeurs["siret"][:9]
        etat = self.world.states.get(v["numero_ans"])
        if not self.may_act(d.compte, siren):
            r.required.append({"ACC-002"})
        else:
            self.judge_cycle(d, siren, r)
        if etat is None:
            r.required.append({"ANS-003"})
        elif etat == "retire":
            r.required.append({"ANS-004"})
            r.allowed.add("CYC-005")
        elif not self.window_open(v["numero_ans"]) and not (self.may_act(d.compte, siren) and self.live(v["numero_ans"])):
            (r.required.append({"CYC-005"}) if self.may_act(d.compte, siren) else r.allowed.add("CYC-005"))
        self.judge_dossier(d, d.type, v, d.pieces, etat, r)

    judge_complementaire = judge_initial

    def judge_cycle(self, d: Depot, siren: str, r: Answer) -> None:
        own = [q for q in self.demandes if q.siren == siren]
        compte = any(c.portail and c.siren == siren for c in self.world.comptes + self.comptes)
        reasons = set()
        if compte and d.type == "initial":
            reasons.add("CYC-002")
        if not compte and d.type == "complementaire":
            reasons.add("CYC-003")
        if any(q.statut != "REJETEE" for q in own) and not any(q.validee for q in own):
            reasons.add("CYC-004")
        if self.live(d.valeurs["numero_ans"]):
            r.required.append({"CYC-001"})
        elif reasons:
            r.required.append(reasons)
            r.allowed |= reasons

    def live(self, numero_ans: str) -> list:
        return [q for q in self.demandes if q.valeurs["numero_ans"] == numero_ans and q.statut != "REJETEE"]

    def window_open(self, numero_ans: str) -> bool:
        windows = self.world.windows.get(self.world.dsr[numero_ans])
        return windows is None or any(first <= self.day <= last for first, last in windows)

    def judge_dossier(self, d: Depot, kind, v, pieces, etat, r: Answer) -> None:
        """What these values call for: `pieces` is all there are, those that this drop brings among them."""
        siren = v["siret"][:9]
        wanted = self.wanted(kind, v)
        indifferent = set()
        if etat in (None, "retire"):
            indifferent = {"certificat_referencement"} | HDS
        else:
            wanted |= self.wanted_certificates(v, etat, r)
            if v["hds"] is None and etat == "valide" and self.is_dpi(v):
                indifferent = HDS
        for piece in wanted.keys() - pieces:
            r.required.append({wanted[piece]})
        for piece in d.pieces - wanted.keys() - indifferent:
            early = piece == "certificat_referencement"
            r.required.append({"ANS-006" if early else "HDS-006" if piece in HDS else "PJ-006"})
        if "distributeur" in d.valeurs and etat in ("valide", "en_cours"):
            editor = self.world.editeurs[v["numero_ans"]]
            if editor != siren and not v["distributeur"]:
                r.alertes.add("DEM-005")
            if editor == siren and v["distributeur"]:
                r.alertes.add("DEM-008")

    def is_dpi(self, v) -> bool:
        return self.world.dsr.get(v["numero_ans"]) == "SONS DPI"

    def wanted(self, kind, v) -> dict:
        """piece -> the code said when it is missing; certificates apart."""
        wanted = {}
        if v["distributeur"]:
            wanted["mandat_editeur"] = "DEM-004"
        if not v["assujetti"]:
            wanted["preuve_hors_tva"] = "TVA-003"
        if kind == "initial":
            wanted |= {"piece_identite_representant": "REP-009", "rib": "BNK-014"}
            if v["depositaire"]:
                wanted["piece_identite_depositaire"] = "DEP-009"
                employe = v["qualite"] == "employe"
                wanted |= {"mandat_representant_legal": "DEP-011"} if employe else {"contrat_prestation": "DEP-012"}
        elif v["depositaire"] and (v["siret"][:9], v["depositaire"]) not in self.mandats:
            wanted["mandat_representant_legal"] = "DEP-013"
        return wanted

    def wanted_certificates(self, v, etat, r: Answer) -> dict:
        valide, hds = etat == "valide", v["hds"]
        wanted = {"certificat_referencement": "ANS-005"} if valide else {}
        if not valide or not self.is_dpi(v):
            if hds is not None:
                r.required.append({"HDS-003"})
        elif hds is None:
            r.required.append({"HDS-001"})
        else:
            wanted |= {"certificat_hds": "HDS-004"} if hds else {"attestation_non_hds": "HDS-005"}
        return wanted

    # --- drops that name a request ---

    def awaited(self, d: Depot, statut: str, r: Answer) -> bool:
        """Whether the request is there, so that the rest can be judged; pieces only when they are awaited."""
        q = d.demande
        if q is None or not self.may_act(d.compte, q.siren):
            r.required.append({"CYC-009"})
            return False
        if rank_of(d.numero, q) > q.rang:
            r.required.append({"CYC-021"})
        other = statut == "ATTENTE_PIECES" and q.modification != (d.type == "modification")
        if q.statut != statut or other:
            r.required.append({"CYC-010" if q.statut != statut else "CYC-011"})
            return d.type != "pieces"
        return True

    def called_for(self, kind, v) -> set:
        """The documents that a dossier with these values has, all told."""
        hds = set() if v["hds"] is None else {"certificat_hds" if v["hds"] else "attestation_non_hds"}
        return self.wanted(kind, v).keys() | {"certificat_referencement"} | hds

    def judge_pieces(self, d: Depot, r: Answer) -> None:
        if not self.awaited(d, "ATTENTE_PIECES", r):
            return
        if d.demande.demandees - d.pieces:
            r.required.append({"CYC-012"})
        if d.pieces - d.demande.demandees:
            r.required.append({"CYC-019"})

    def judge_finalisation(self, d: Depot, r: Answer) -> None:
        if not self.awaited(d, "VALIDATION_PARTIELLE", r):
            return
        v = d.demande.valeurs | {"hds": None} | d.valeurs  # the answer comes with the finalisation
        etat = self.world.states[v["numero_ans"]]
        if etat == "en_cours":
            r.alertes.add("CYC-018")
        wanted = self.wanted_certificates(v, "valide", r)
        for piece in wanted.keys() - d.pieces:
            r.required.append({wanted[piece]})
        for piece in d.pieces - wanted.keys():
            if piece not in HDS:
                r.required.append({"CYC-020"})
            elif not (self.is_dpi(v) and v["hds"] is None):
                r.required.append({"HDS-006"})

    def judge_modification(self, d: Depot, r: Answer) -> None:
        if not self.awaited(d, "ATTENTE_PIECES", r):
            return
        q, v = d.demande, d.demande.valeurs | d.valeurs
        if not d.valeurs and not d.pieces:
            r.required.append({"CYC-015"})
            return
        if q.type == "complementaire" and d.valeurs.keys() & INITIAL_ONLY:
            r.required.append({"YML-014"})
            r.allowed = {"*"}
            return
        for key, code in (("siret", "CYC-013"), ("numero_ans", "CYC-014")):
            if v[key] != q.valeurs[key]:
                r.required.append({code})
                r.allowed = {"*"}
                return
        # What an anticipé lacks comes by finalisation.
        etat = "valide" if self.certificates_held(q) else "en_cours"
        self.judge_dossier(d, q.type, v, q.pieces | d.pieces, etat, r)
        changed = {key for key in d.valeurs if d.valeurs[key] != q.valeurs.get(key)}
        if not changed and not d.pieces:
            r.alertes.add("CYC-016")
        proofs = set().union(*(PROOFS.get(key, set()) for key in changed)) & self.called_for(q.type, v)
        if proofs & q.pieces - d.pieces:
            r.alertes.add("CYC-017")

    # --- recording ---

    def record_initial(self, d: Depot, r: Answer) -> None:
        anticipe = self.world.states[d.valeurs["numero_ans"]] != "valide"
        contacts = self.contacts(d.type, d.valeurs)
        q = Demande(d.type, d.compte, self.day, anticipe, dict(d.valeurs), set(d.pieces), contacts)
        self.demandes.append(q)
        self.moves(q, "depot", "EN_COURS")
        self.mail("accuse_reception_anticipe" if anticipe else "accuse_reception", q)
        r.demande = q

    record_complementaire = record_initial

    def contacts(self, kind, v) -> set:
        if v["depositaire"]:
            return {v["depositaire"]}
        if kind == "initial":
            return {v["representant"]}
        able = [c for c in self.comptes + self.world.comptes if c.portail and c.siren == v["siret"][:9]]
        # The représentant's account before a dépositaire's, those opened here before the others.
        able.sort(key=lambda c: (c.titulaire != "representant_legal", c not in self.comptes))
        best = able[0] if able else None
        return {c.email for c in able if c.titulaire == best.titulaire and (c in self.comptes) == (best in self.comptes)}

    def record_pieces(self, d: Depot, r: Answer) -> None:
        q = r.demande = d.demande
        q.pieces |= d.pieces
        q.demandees = set()
        self.moves(q, "depot_pieces", "EN_COURS", d.pieces)
        self.mail("accuse_reception", q)

    def record_modification(self, d: Depot, r: Answer) -> None:
        q = r.demande = d.demande
        before, q.valeurs = q.valeurs, q.valeurs | d.valeurs
        for key, proofs in PROOFS.items():
            if q.valeurs.get(key) != before.get(key):
                q.pieces -= proofs - self.called_for(q.type, q.valeurs)
        q.pieces |= d.pieces
        q.modification = False
        q.rang += 1
        if q.type == "initial" or q.valeurs["depositaire"]:
            if q.valeurs["depositaire"] == before["depositaire"] is None:
                self.moves_address(q.siren, before["representant"], q.valeurs["representant"])
            q.contacts = self.contacts(q.type, q.valeurs)
        self.moves(q, "depot_modification", "EN_COURS", d.pieces)
        self.mail("accuse_reception", q)

    def moves_address(self, siren: str, before: str, after: str) -> None:
        """An access is held by one person: at another address it is the same access, and so are his requests."""
        if before == after or not any((c.siren, c.email) == (siren, before) for c in self.comptes):
            return
        self.comptes = [replace(c, email=after) if c.email == before else c for c in self.comptes]
        for q in self.demandes:
            q.contacts = {after if contact == before else contact for contact in q.contacts}

    def record_finalisation(self, d: Depot, r: Answer) -> None:
        q = r.demande = d.demande
        q.valeurs |= d.valeurs
        q.pieces |= d.pieces
        self.moves(q, "finalisation", "CERTIFICATS_A_VALIDER", d.pieces)
        self.mail("accuse_reception", q)
