"""The life cycle by scenarios (scenarios/*.yaml, scenario.py), each through the real command in a root of its own.

    SEGUR_PART=1/2 python3 -m unittest test_scenarios        # one of two halves, to run beside the other
    python3 -m unittest test_scenarios.TestScenarios.test_20_complementaire__complementaire_vague_1
"""

import contextlib
import hashlib
import os
import re
import sqlite3
import unittest

from harness import CATALOGUE, LABELS, Case, typed
from scenario import DECISIONS, REGLES, STATUTS, SEQUELS, SEQUEL_WORDS, TABLE, ScenarioPlay, base, charge, listed_of

SCENARIOS = {(theme, s["nom"]): s for theme, scenarios in charge().items() for s in scenarios}
# What a night that takes nothing must leave as it was.
ETAT = "demandes dossiers pieces pieces_demandees evenements comptes journal".split()
PART, PARTS = (int(n) for n in os.environ.get("SEGUR_PART", "1/1").split("/"))


class TestCoverage(unittest.TestCase):
    """Every row of the status table and every rule, both ways; said by the data alone."""

    @classmethod
    def setUpClass(cls):
        cls.nights = {}
        for name, scenario in SCENARIOS.items():
            try:
                cls.nights[name] = list(ScenarioPlay(scenario).nights())
            except (AssertionError, KeyError, TypeError, ValueError) as error:
                raise AssertionError(f"{'/'.join(name)} does not hold together") from error

    def test_scenarios_are_whole(self):
        keys = {"nom", "titre", "montre", "fournisseurs", "comptes", "calendrier", "conf", "nuits"}
        names = [name for _, name in SCENARIOS]
        self.assertEqual(len(names), sum(len(s) for s in charge().values()), "a name twice in a file")
        self.assertEqual(len(names), len(set(names)))
        self.assertGreaterEqual(len(names), 60)
        for name, s in SCENARIOS.items():
            with self.subTest("/".join(name)):
                self.assertLessEqual(set(s), keys)
                self.assertTrue(s["titre"] and s["nuits"] and s["montre"])
                self.assertRegex(s["nom"], r"^[a-z0-9]+(-[a-z0-9]+)*$")
                self.assertLessEqual(set(s["montre"]), {"oui", "non"})
                self.assertLessEqual({r for way in s["montre"].values() for r in listed_of(way)}, set(REGLES))
                for night in self.nights[name]:
                    for code in {c for d in night.depots for c in d.answer.codes} | {c for _, c in night.alertes}:
                        self.assertIn(code, CATALOGUE)
                    for d in night.depots:
                        grave = any(CATALOGUE[c]["gravite"] == "bloquant" for c in d.answer.codes)
                        wanted = "KO" if grave else "ANO" if d.answer.codes else "OK"
                        self.assertEqual(d.answer.etat, wanted, d.nom)

    def test_every_row_both_ways(self):
        nights = [night for nights in self.nights.values() for night in nights]
        passed = {ligne for night in nights for ligne in night.rows}
        refused = {pair for night in nights for pair in night.refus}
        self.assertEqual({row["ligne"] for row in TABLE} - passed, set(), "rows that no scenario takes")
        for row in TABLE:
            with self.subTest(row["ligne"]):
                if row["evenement"] == "depot":
                    self.assertIn(("", row["ligne"]), refused)
                else:
                    self.assertTrue({event for _, event in refused if event == row["evenement"]}, "never refused")

    def test_every_other_pair_is_refused(self):
        nights = [night for nights in self.nights.values() for night in nights]
        refused = {pair for night in nights for pair in night.refus}
        allowed = {(row["de"], row["evenement"]) for row in TABLE if row.get("garde") not in
                   ("pieces_demandees", "modification_demandee")}  # fmt: skip
        events = [*DECISIONS, *SEQUELS]
        wanted = {(s, e) for s in STATUTS for e in events} - allowed
        self.assertEqual(wanted - refused, set(), "pairs of status and event that no scenario tries")

    def test_every_rule_both_ways(self):
        shown = {"oui": {}, "non": {}}
        for name, s in SCENARIOS.items():
            for way, rules in s["montre"].items():
                for rule in listed_of(rules):
                    shown[way].setdefault(rule, []).append(name)
        for way in shown:
            self.assertEqual(set(REGLES) - set(shown[way]), set(), f"rules that no scenario shows: {way}")
        for rule, names in shown["non"].items():
            codes = set(REGLES[rule].get("codes", []))
            for name in names:
                with self.subTest(rule, scenario="/".join(name)):
                    found = {c for n in self.nights[name] for d in n.depots for c in d.answer.codes}
                    found |= {d.code for n in self.nights[name] for d in n.decisions}
                    self.assertTrue(not codes or codes & found, f"none of {sorted(codes)} in {sorted(found)}")


class TestScenarios(Case):
    """A test each; see scenarios/LISEZ-MOI.md for what is compared."""

    def play(self, scenario: dict) -> None:
        root = self.root(analyseurs=1, **(scenario.get("conf") or {}))
        self.seen_mails, self.seen_events, self.first = set(), set(), {}
        events, mails, night = {}, {}, None
        for n, night in enumerate(ScenarioPlay(scenario).nights(), 1):
            with self.place(f"nuit {n} ({night.date})"):
                self.night(root, night)
            for numero, *event in night.evenements:
                events.setdefault(numero, []).append((night.date, *event))
            for kind, to, numero in night.mails:
                if numero:
                    mails.setdefault(base(numero), []).append((night.date, kind, to))
        with self.place("segur show"):
            self.check_shown(root, night, events, mails)
        self.check_tokens(root)
        verified = root.segur("verify", "--root", root.path)
        self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)
        replayed = root.segur("replay", "--date", night.date, self.folder() / "rejeu", "--root", root.path)
        self.assertEqual(replayed.returncode, 0, replayed.stdout + replayed.stderr)

    @contextlib.contextmanager
    def place(self, words: str):
        """Says where a scenario failed; what follows would only repeat it."""
        try:
            yield
        except AssertionError as error:
            raise AssertionError(f"{words} : {error}") from None

    def night(self, root, night) -> None:
        before = self.etat(root)
        for name, data in night.asp.items():
            root.asp(name, data)
        for d in night.depots:
            root.drop(d.compte, d.nom, d.octets if isinstance(d.octets, bytes) else d.octets(root))
        root.run(night.date)
        for d in night.depots:
            with self.place(f"{d.compte}/{d.nom}"):
                self.check_answer(root, d)
        self.check_decisions(root, night)
        self.check_tables(root, night)
        self.check_events(root, night)
        self.check_mails(root, night)
        if not night.evenements:
            self.assertEqual(self.etat(root), before, "nothing was taken")

    @staticmethod
    def etat(root) -> dict:
        """What is kept of requests. Bytes of the archives and answers are apart, and so is which reminders wait for a
        register: it says what a night need not look at, not what a request is."""
        database = sqlite3.connect(f"file:{root.path}/var/segur.db?mode=ro", uri=True)
        try:
            rows = {table: database.execute(f"SELECT * FROM {table} ORDER BY 1, 2") for table in ETAT}
            names = {table: [column for column, *_ in found.description] for table, found in rows.items()}
            return {table: [tuple(value for name, value in zip(names[table], row) if name != "referencement_attendu")
                            for row in found] for table, found in rows.items()}  # fmt: skip
        except sqlite3.OperationalError:
            return dict.fromkeys(ETAT, [])  # before the first night
        finally:
            database.close()

    def check_answer(self, root, d) -> None:
        retour, wanted = root.retour(d.compte, d.nom), d.answer
        found = sorted((a["code"], a["chemin"]) for a in retour["anomalies"])
        self.assertEqual(retour["etat"], wanted.etat, found or retour.get("incident"))
        paths = dict.fromkeys(wanted.anomalies)
        told = [(code, path if (code, path) in paths else "") for code, path in found]
        self.assertEqual(sorted(told), sorted(wanted.anomalies), found)
        self.assertEqual(retour["numero"] or "", wanted.numero)
        self.assertEqual(retour["essai"], "oui" if wanted.essai else "non")
        if wanted.redonnee:
            self.assertEqual(retour, self.first[d.octets], "the first answer again")
        elif wanted.numero:
            self.assertEqual((retour["statut"], retour["statut_libelle"]), (d.statut, LABELS[d.statut]))
            self.first[d.octets] = retour
        said = " ".join(f"{a['message']} {a['remede']}" for a in retour["anomalies"])
        for words in d.says:
            self.assertIn(words, said)
        for a in retour["anomalies"]:
            if a["code"] in ("CYC-010", "CYC-011"):  # names both
                self.assertIn(SEQUEL_WORDS[d.evenement], a["message"])
            if a["code"] == "CYC-010":
                self.assertIn(LABELS[d.status_before], a["message"])

    def check_decisions(self, root, night) -> None:
        if not night.decisions:
            return
        rows = root.asp_answer("decisions.csv")
        self.assertEqual([(r["numero"], r["decision"], r["code"]) for r in rows],
                         [(d.numero, d.decision, d.code) for d in night.decisions])  # fmt: skip
        for d, row in zip(night.decisions, rows):
            self.assertEqual(row["etat"], "appliquee" if d.code == "DEC-000" else "refusee")
            if d.code == "DEC-008":  # names both
                self.assertIn(d.decision, row["message"])
                self.assertIn(LABELS[d.status_before], row["message"])

    def check_tables(self, root, night) -> None:
        rows = {row["numero"]: row for row in root.report("demandes")}
        found = {n: {c: row[c] for c in night.demandes.get(n, {"statut"})} for n, row in rows.items()}
        self.assertEqual(found, night.demandes)
        for row in rows.values():
            self.assertEqual(row["statut_libelle"], LABELS[row["statut"]])
        rights = {row["numero"]: row for row in root.report("droits")}
        found = {n: {c: row[c] for c in night.droits.get(n, {"connexion"})} for n, row in rights.items()}
        self.assertEqual(found, night.droits)
        for told, table in ((night.table, rows), (night.rights_told, rights)):
            for numero, columns in told.items():
                self.assertIn(numero, table)
                self.assertEqual({c: table[numero][c] for c in columns}, columns, numero)
        accounts = [(base(row["numero"]), row["email"]) for row in root.report("comptes")]
        self.assertEqual(sorted(accounts), sorted(night.comptes))
        alerts = [(base(row["numero"]), row["code"]) for row in root.alerts_tonight()]
        self.assertEqual(sorted(alerts), sorted(night.alertes))

    def check_events(self, root, night) -> None:
        rows = [row for row in root.report("evenements") if row["id"] not in self.seen_events]
        self.seen_events |= {row["id"] for row in rows}
        found = [(base(row["numero"]), row["evenement"], row["de"], row["vers"]) for row in rows]
        order = "decisions, then drops, then what time brings"
        self.assertEqual(found, night.evenements, order)
        self.assertEqual({row["date"] for row in rows} - {night.date}, set())
        for numero, details in night.details.items():
            mine = [row["details"] for row in rows if base(row["numero"]) == base(numero)]
            self.assertIn(details, mine)

    def check_mails(self, root, night) -> None:
        files = [path for path in root.mail_files() if path.name not in self.seen_mails]
        self.seen_mails |= {path.name for path in files}
        names = {path.name for path in files}
        mails = [mail for path, mail in zip(root.mail_files(), root.mails()) if path.name in names]
        found = []
        for mail in mails:
            found.append((mail["X-Segur-Mail"], mail["To"].addresses[0].addr_spec, mail["X-Segur-Demande"]))
        self.assertEqual(sorted(found, key=str), sorted(night.mails, key=str))
        for kind, words in night.courriels.items():
            bodies = [typed(m) for m in mails if m["X-Segur-Mail"] == kind]
            for text in listed_of(words):
                self.assertTrue(any(text in body for body in bodies), f"{kind}: {text!r} in none of {bodies}")

    def check_shown(self, root, night, events: dict, mails: dict) -> None:
        """The history of each request, whole."""
        for numero, columns in night.demandes.items():
            shown = root.show(numero)
            self.assertEqual((shown["numero"], shown["statut"], shown["type"]),
                             (numero, columns["statut"], columns["type"]))  # fmt: skip
            self.assertEqual("oui" if shown["anticipe"] else "non", columns["anticipe"])
            found = [(e["date"], e["evenement"], e["de"] or "", e["vers"]) for e in shown["historique"]]
            self.assertEqual(found, events[base(numero)])
            found = [(m["date"], m["type"], m["destinataire"]) for m in shown["mails"]]
            self.assertEqual(sorted(found), sorted(mails[base(numero)]))

    def check_tokens(self, root) -> None:
        """The token is in its mail alone; what is kept is its hash."""
        kept = [row["jeton_sha256"] for row in root.report("comptes") if row["jeton_sha256"]]
        sent, database = [], root.dump()
        for mail in root.mails("mot_de_passe"):
            tokens = re.findall(r"^ *([\w-]{24}) *$", mail.get_content(), re.MULTILINE)
            self.assertEqual(len(tokens), 1, mail.get_content())
            sent.append(hashlib.sha256(tokens[0].encode()).hexdigest())
            self.assertNotIn(tokens[0], database)
        self.assertEqual(sorted(sent), sorted(kept))


def add_tests() -> None:
    for n, ((theme, name), scenario) in enumerate(SCENARIOS.items()):
        if n % PARTS != PART - 1:
            continue

        def test(self, scenario=scenario):
            self.play(scenario)

        test.__doc__ = scenario["titre"]
        setattr(TestScenarios, f"test_{theme}__{name}".replace("-", "_"), test)


add_tests()

if __name__ == "__main__":
    unittest.main()
