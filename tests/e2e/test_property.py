"""Random nights against model.py: same statuses, no request lost, no number reused, each mail once.

    SEGUR_SEED=17 python3 -m unittest test_property     one world again, with its story
    SEGUR_SEEDS=1-20 python3 -m unittest test_property  these only (the suite's are 1 to WORLDS)

$SEGUR_TASKS worlds are played at a time (2).

A world is a few suppliers with their numbers and accounts, its seed the whole of it. A step is one drop, or one row
of a decisions file.
"""

import concurrent.futures
import email.parser
import email.utils
import hashlib
import os
import re
import unittest
from collections import Counter

from harness import Case, Root
from random_nights import Chance

WORLDS, NIGHTS, STEPS = 32, 27, 12  # 10 368 steps
HEADERS = email.parser.BytesHeaderParser()
PLAIN = ("siret", "nom_commercial", "representant", "iban", "qualite", "engage")  # as ever: not in a story
RIGHTS = "connexion consultation simulateur_json verification_pieces enrolement_complementaire".split()


class Disagreement(Exception):
    """The program and the model say different things."""

    def __init__(self, what: str, siren=""):
        super().__init__(what)
        self.siren = siren


def same(what: str, found, wanted, siren="") -> None:
    if found != wanted:
        raise Disagreement(f"{what}: {found!r}, not {wanted!r}", siren)


def lined(counter: Counter) -> str:
    return "".join(f"\n      {count} × {item}" for item, count in sorted(counter.items(), key=str))


class Play:
    """One world, played by the program and by the model at once."""

    def __init__(self, seed: int, nights: int, steps: int):
        self.chance_world = Chance(seed)
        self.model = self.chance_world.model
        self.seed, self.nights, self.steps = seed, nights, steps
        self.root = Root(analyseurs=1, relance_jours=3650, echeance_jours=0)
        self.mail_hashes: dict = {}  # file -> sha256
        self.message_ids: set = set()
        self.rows: dict = {}  # number -> what never changes of it
        self.story: list = []  # (night, SIREN, text)
        self.played: Counter = Counter()

    def play(self) -> Counter:
        """The kinds of steps played. Desaccord: with the story of what it concerns."""
        try:
            for night in range(self.nights):
                try:
                    self.night(night)
                except Disagreement as problem:
                    raise Disagreement(self.told(night, problem)) from None
            self.mails_unchanged()
            return self.played
        finally:
            self.root.remove()

    def told(self, night: int, problem: Disagreement) -> str:
        """What befell that supplier; of a problem of nobody, the night."""
        lines = [text for n, siren, text in self.story if (siren == problem.siren if problem.siren else n == night)]
        again = f"SEGUR_SEED={self.seed} python3 -m unittest test_property"
        told = "".join(f"\n      {line}" for line in lines[-40:])
        return f"night {night}: {problem}\n   again: {again}\n   story:{told}"

    # --- a night ---

    def night(self, night: int) -> None:
        root = self.root
        day, files, batches, drops = self.chance_world.night(night, self.steps)
        for name, data in files.items():
            root.asp(name, data)
        for d, _ in drops:
            root.drop(d.compte, d.nom, d.octets)
        self.tell(night, day, batches, drops)
        done = root.segur("run", "--root", root.path, "--quiet", "--date", day)
        if done.returncode != 0:
            raise Disagreement(f"segur run: {done.returncode}\n{done.stderr}")
        self.check_decisions(batches, night)
        self.check_drops(drops)
        self.check_requests()
        self.check_events()
        self.check_mails(day)
        self.check_accounts()

    def tell(self, night: int, day: str, batches, drops) -> None:
        for name, rows in batches:
            for d, codes in rows:
                text = f"{day} {name}: {d.numero} {d.decision} {'|'.join(d.pieces)} -> {codes or 'appliquee'}"
                self.story.append((night, d.demande.siren if d.demande else "", text))
                self.played[f"{d.decision} {'refusee' if codes else 'appliquee'}"] += 1
        for d, r in drops:
            q = r.demande or d.demande
            siren = q.siren if q else d.valeurs.get("siret", "")[:9]
            plain = PLAIN if d.type in ("initial", "complementaire") else ()
            values = {key: value for key, value in d.valeurs.items() if key not in plain}
            flags = " essai" * d.essai + " redonnee" * r.redonnee
            text = f"{day} {d.compte}/{d.nom}: {d.type} {d.numero} {values} {sorted(d.pieces)}{flags}"
            text += f" -> {r.etat} {r.required or ''} {r.alertes or ''}"
            self.story.append((night, siren, text))
            self.played[f"{d.type} {'redonnee' if r.redonnee else r.etat}"] += 1

    def check_decisions(self, batches, night: int) -> None:
        for name, rows in batches:
            found = self.root.asp_answer(name)
            same(f"rows of {name}", len(found), len(rows))
            for cell, (d, codes) in zip(found, rows, strict=True):
                wanted = "refusee" if codes else "appliquee"
                siren = d.demande.siren if d.demande else ""
                same(f"{name} line {cell['ligne']} ({d.numero} {d.decision})", cell["etat"], wanted, siren)
                if codes and cell["code"] not in codes:
                    raise Disagreement(f"{name} line {cell['ligne']}: {cell['code']}, not {codes}", siren)

    def check_drops(self, drops) -> None:
        answers = {row["archive"]: row for row in self.root.report("depots")}
        same("drops answered", sorted(answers), sorted(d.nom for d, _ in drops))
        codes: dict = {name: {"bloquant": set(), "alerte": set()} for name in answers}
        for row in self.root.report("anomalies"):
            codes[row["archive"]][row["gravite"]].add(row["code"])
        for d, r in drops:
            q = r.demande or d.demande
            siren = q.siren if q else d.valeurs.get("siret", "")[:9]
            self.check_drop(d, r, answers[d.nom], codes[d.nom], siren)

    def check_drop(self, d, r, row: dict, codes: dict, siren: str) -> None:
        who = f"{d.compte}/{d.nom} ({d.type})"
        blocking = codes["bloquant"]
        same(f"{who} {sorted(blocking | codes['alerte'])} etat", row["etat"], r.etat, siren)
        same(f"{who} redonnee", row["reponse_redonnee"], "oui" if r.redonnee else "non", siren)
        if not r.redonnee:
            for reason in r.required:
                if not reason & blocking:
                    raise Disagreement(f"{who}: none of {sorted(reason)} in {sorted(blocking)}", siren)
            odd = blocking - set().union(*r.required) - r.allowed
            if odd and "*" not in r.allowed:
                raise Disagreement(f"{who}: {sorted(odd)} said besides {r.required}", siren)
            if not blocking:
                same(f"{who} alerts", codes["alerte"], r.alertes, siren)
        answer = (self.root.outbox(d.compte) / f"{d.nom}_retour.yaml").read_text("utf-8")
        same(f"{who} answer", re.findall(r"^etat: \W?(\w+)", answer, re.M), [r.etat], siren)
        if r.demande is None:
            same(f"{who} number", (row["numero"], row["statut"]), ("", ""), siren)
            return
        base, _, rank = row["numero"].partition("M")
        if not r.demande.numero:
            if not re.fullmatch(r"ENR\d{4,}", base) or any(q.numero == base for q in self.model.demandes):
                raise Disagreement(f"{who}: number {base} is not new", siren)
            r.demande.numero = base
        same(f"{who} number", (base, rank, row["statut"]), (r.demande.numero, str(r.rang), r.statut), siren)

    def check_requests(self) -> None:
        found = self.root.demandes()
        same("numbers", sorted(found), sorted(q.numero for q in self.model.demandes))
        for q in self.model.demandes:
            row = found[q.numero]
            fixed = tuple(row[key] for key in ("date_depot", "siret", "numero_ans", "type", "anticipe", "compte"))
            wanted = (q.day, q.valeurs["siret"], q.valeurs["numero_ans"], q.type, yes(q.anticipe), q.compte)
            same(f"{q.numero} is", fixed, wanted, q.siren)
            state = tuple(row[key] for key in ("numero", "statut", "action", "certificats", "pieces_demandees"))
            asked = "|".join(sorted(q.demandees))
            wanted = (f"{q.numero}M{q.rang}", q.statut, q.action, yes(self.model.certificates_held(q)), asked)
            same(f"{q.numero} stands", state, wanted, q.siren)
            if row["contact"] not in q.contacts:
                raise Disagreement(f"{q.numero}: contact {row['contact']}, not of {q.contacts}", q.siren)
            q.contacts = {row["contact"]}

    def check_events(self) -> None:
        found = [(row["numero"].partition("M")[0], row["evenement"], row["de"], row["vers"],
                  frozenset(row["pieces"].split("|")) - {""}) for row in self.root.report("evenements")]  # fmt: skip
        wanted = [(q.numero, *event) for q, *event in self.model.evenements]
        missing, extra = Counter(wanted) - Counter(found), Counter(found) - Counter(wanted)
        if missing or extra:
            raise Disagreement(f"events\n   missing:{lined(missing)}\n   extra:{lined(extra)}")
        same("order of events", found, wanted)

    def check_mails(self, day: str) -> None:
        found: Counter = Counter()
        for path in self.root.mail_files():
            if path.name in self.mail_hashes:
                continue
            data = path.read_bytes()
            self.mail_hashes[path.name] = hashlib.sha256(data).hexdigest()
            head = HEADERS.parsebytes(data)
            kind = head["X-Segur-Mail"]
            if head["Message-ID"] in self.message_ids or not path.name.startswith(day.replace("-", "")):
                raise Disagreement(f"mail {path.name} ({kind}): sent again")
            self.message_ids.add(head["Message-ID"])
            numero = "" if kind == "depot_refuse" else head["X-Segur-Demande"]
            found[kind, email.utils.parseaddr(head["To"])[1], numero] += 1
        wanted: Counter = Counter()
        for kind, to, q, rank in self.model.mails:
            addresses = to & q.contacts if q and len(to) > 1 else to
            wanted[kind, min(addresses), f"{q.numero}M{rank}" if q else ""] += 1
        missing, extra = wanted - found, found - wanted
        if missing or extra:
            raise Disagreement(f"mails\n   missing:{lined(missing)}\n   extra:{lined(extra)}")

    def mails_unchanged(self) -> None:
        now = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in self.root.mail_files()}
        same("mail files", now, self.mail_hashes)

    def check_accounts(self) -> None:
        rows = self.root.report("comptes")
        same("accounts", Counter((row["siren"], row["email"]) for row in rows),
             Counter((c.siren, c.email) for c in self.model.comptes))  # fmt: skip
        rights = {row["numero"].partition("M")[0]: row for row in self.root.report("droits")}
        opened = [q for q in self.model.demandes if q.validee]
        same("rights", sorted(rights), sorted(q.numero for q in opened))
        for q in opened:
            row = rights[q.numero]
            wanted = ["oui"] * len(RIGHTS) + [yes(q.statut == "VALIDEE")]
            same(f"rights of {q.numero}", [row[key] for key in (*RIGHTS, "demandes_financement")], wanted, q.siren)
            same(f"{q.numero} has an account", bool(row["identifiant"]), True, q.siren)


def yes(value: bool) -> str:
    return "oui" if value else "non"


def play(seed: int) -> tuple[int, str, Counter]:
    """(seed, what is wrong, the steps)"""
    try:
        return seed, "", Play(seed, NIGHTS, STEPS).play()
    except Disagreement as problem:
        return seed, str(problem), Counter()


def seeds() -> range:
    if "SEGUR_SEED" in os.environ:
        first = int(os.environ["SEGUR_SEED"])
        return range(first, first + 1)
    first, _, last = os.environ.get("SEGUR_SEEDS", f"1-{WORLDS}").partition("-")
    return range(int(first), int(last or first) + 1)


class TestProperty(Case):
    def test_random_nights(self):
        wanted, total = seeds(), Counter()
        tasks = int(os.environ.get("SEGUR_TASKS", min(2, os.cpu_count() or 1)))
        with concurrent.futures.ProcessPoolExecutor(tasks) as pool:
            for seed, problem, played in pool.map(play, wanted):
                if problem:
                    pool.shutdown(wait=False, cancel_futures=True)
                    self.fail(f"world {seed}, {problem}")
                total += played
        if len(wanted) >= WORLDS:
            self.assertGreaterEqual(sum(total.values()), 10_000)
            self.covered(total)

    def covered(self, total: Counter) -> None:
        """Chance has tried every event, allowed and refused."""
        kinds = ("initial", "complementaire", "pieces", "modification", "finalisation")
        wanted = {f"{kind} {etat}" for kind in kinds for etat in ("OK", "KO", "redonnee")}
        wanted |= {"modification ANO", "finalisation ANO", "initial ANO", "illisible KO"}
        decisions = ("valider", "rejeter", "demander_pieces", "demander_modification")
        wanted |= {f"{decision} {etat}" for decision in decisions for etat in ("appliquee", "refusee")}
        self.assertEqual(sorted(kind for kind in wanted if total[kind] < 3), [], total)


if __name__ == "__main__":
    unittest.main()
