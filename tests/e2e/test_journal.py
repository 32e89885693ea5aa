"""The journal of events, checked from outside with hashlib alone; `segur verify`, and the damage that it must name."""

import contextlib
import hashlib
import random
import re
import signal
import sqlite3
import subprocess

from harness import REPO, Case, Root, table
from factory import archive, decisions, depot, supplier, pdf, person

GENESIS = "0" * 64
NIGHTS_AFTER = "2026-04-01"
CARON = "Bérénice Caron"
MOTIF = "Le RIB de M. Delaunay, rue des Lilas, est illisible"
NAMES = "validee pieces modification rejetee commande".split()
CHAMPS = "rang numero date evenement role de vers pieces fichier details mention".split()


def link(precedent: str, yaml_text: str) -> str:
    return hashlib.sha256(f"{precedent}\n{yaml_text}".encode()).hexdigest()


def champs(yaml_text: str) -> dict:
    cells = yaml_text.split("|")
    assert len(cells) == len(CHAMPS), yaml_text
    return dict(zip(CHAMPS, cells))


def row(numero, decision, motif="", pieces=""):
    return {"numero": numero, "decision": decision, "motif": motif, "pieces": pieces, "gestionnaire": CARON}


def sequel(kind: str, numero: str, pieces: dict, sections="") -> bytes:
    """A later deposit of that request."""
    listed = ", ".join(f"{{type: {code}, fichier: {code}.pdf}}" for code in pieces)
    text = f"format: 1\ntype: {kind}\ndemande: {numero}\n{sections}" + (f"pieces: [{listed}]\n" if pieces else "")
    return archive("zip", {"dossier.yaml": text.encode()} | {f"{code}.pdf": data for code, data in pieces.items()})


class History(Case):
    """Three nights and one decision between them; the class keeps what suppliers dropped, by archive name."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        tiers = {"commande": {"depositaire": person("Chloé", "Béranger", "tiers", nature="passeport")}}
        cls.f = {name: supplier(n, compte=f"{name}-{n}", **tiers.get(name, {})) for n, name in enumerate(NAMES, 1)}
        cls.root = root = cls.shared_root()
        root.references(cls.f.values())
        cls.octets = {}
        for name, f in cls.f.items():
            cls.drop(f, f"dossier-{name}.zip", depot(f))
        cls.drop(cls.f["validee"], "essai.zip", depot(cls.f["validee"], changes_by_path={"essai": "oui"}))
        cls.drop(cls.f["validee"], "illisible.zip", b"bonjour")
        root.run("2026-03-02")
        cls.numeros = {name: root.retour(f.compte, f"dossier-{name}.zip")["numero"] for name, f in cls.f.items()}
        n = cls.numeros
        cls.fichier = decisions([
            row(n["validee"], "valider"), row(n["pieces"], "demander_pieces", "Le Kbis", "kbis, autre"),
            row(n["modification"], "demander_modification", "Corrigez le RIB"), row(n["rejetee"], "rejeter", MOTIF),
        ])  # fmt: skip
        root.asp("decisions-de-Berenice.csv", cls.fichier)
        root.run("2026-03-03")
        cls.two_nights = root.copy()
        cls.addClassCleanup(cls.two_nights.remove)
        root.decide(n["commande"], "rejeter", 0, "--motif", MOTIF, date="2026-03-03")
        cls.drop(cls.f["pieces"], "suite.zip", sequel("pieces", n["pieces"], {"kbis": pdf("Kbis"), "autre": pdf("Statuts")}))
        m = cls.f["modification"]
        banque = f"banque: {{iban: {m.iban}, bic: {m.banque.bic}, titulaire: EDITEUR NOUVEAU}}\n"
        cls.drop(m, "corrige.zip", sequel("modification", n["modification"], {"rib": pdf("RIB")}, banque))
        cls.drop(cls.f["validee"], "encore.zip", cls.octets["dossier-validee.zip"])
        root.run("2026-03-04")

    @classmethod
    def drop(cls, f, name, data):
        cls.octets[name] = data
        cls.root.drop(f.compte, name, data)

    def journal(self, root: Root | None = None) -> list[tuple]:
        return (root or self.root).sql("SELECT rang, evenement, texte, maillon FROM journal ORDER BY rang")

    def verify(self, root: Root, expect=0, *maillons) -> str:
        words = [word for maillon in maillons for word in ("--maillon", maillon)]
        done = root.segur("verify", "--root", root.path, *words)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        self.assertEqual(done.stderr, "")
        return done.stdout


class TestChain(History):
    def test_events(self):
        """One link an event, in order, from the genesis on."""
        events = self.root.sql("SELECT id, evenement, date FROM evenements ORDER BY id")
        self.assertEqual(len(events), 12)
        before = GENESIS
        for (rang, evenement, yaml_text, maillon), (event, name, date) in zip(self.journal(), events, strict=True):
            found = champs(yaml_text)
            self.assertEqual((rang, evenement, found["rang"]), (event, event, str(event)))
            self.assertEqual((found["evenement"], found["date"]), (name, date))
            self.assertEqual(maillon, link(before, yaml_text))
            self.assertRegex(found["mention"], "^[0-9a-f]{64}$")
            before = maillon

    def test_texts(self):
        """What a link says, of each kind of event."""
        n, hashes = self.numeros, {name: hashlib.sha256(data).hexdigest() for name, data in self.octets.items()}
        fichier = hashlib.sha256(self.fichier).hexdigest()
        wanted = {
            (n["validee"], "depot"): ["2026-03-02", "compte", "", "EN_COURS", "", hashes["dossier-validee.zip"], ""],
            (n["validee"], "valider"): ["2026-03-03", "gestionnaire", "EN_COURS", "VALIDEE", "", fichier, ""],
            (n["pieces"], "demander_pieces"):
                ["2026-03-03", "gestionnaire", "EN_COURS", "ATTENTE_PIECES", "kbis,autre", fichier, ""],
            (n["commande"], "rejeter"): ["2026-03-03", "gestionnaire", "EN_COURS", "REJETEE", "", "", ""],
            (n["pieces"], "depot_pieces"):
                ["2026-03-04", "compte", "ATTENTE_PIECES", "EN_COURS", "kbis,autre", hashes["suite.zip"], ""],
            (n["modification"].replace("M0", "M1"), "depot_modification"):
                ["2026-03-04", "compte", "ATTENTE_PIECES", "EN_COURS", "rib", hashes["corrige.zip"], "banque.titulaire"],
        }  # fmt: skip
        texts = [champs(yaml_text) for _, _, yaml_text, _ in self.journal()]
        found = {(t["numero"], t["evenement"]): t for t in texts}
        for key, cells in wanted.items():
            with self.subTest(key):
                t = found[key]
                self.assertEqual([t[c] for c in "date role de vers pieces fichier details".split()], cells)

    def test_answers(self):
        """Each answer proves its own link; a trial, a refusal have none, bytes given again the first one."""
        links = {rang: (yaml_text, maillon) for rang, _, yaml_text, maillon in self.journal()}
        proved = 0
        for name, f in [(f"dossier-{n}.zip", f) for n, f in self.f.items()] + [
                ("suite.zip", self.f["pieces"]), ("corrige.zip", self.f["modification"])]:  # fmt: skip
            answer = self.root.retour(f.compte, name)
            mine = answer["journal"]
            self.assertEqual(list(mine), ["rang", "precedent", "texte", "maillon"])
            self.assertEqual(link(mine["precedent"], mine["texte"]), mine["maillon"])
            self.assertEqual(links[mine["rang"]], (mine["texte"], mine["maillon"]))
            self.assertEqual(mine["precedent"], links[mine["rang"] - 1][1] if mine["rang"] > 1 else GENESIS)
            said = champs(mine["texte"])
            self.assertEqual((said["numero"], said["fichier"]),
                             (answer["numero"], hashlib.sha256(self.octets[name]).hexdigest()))  # fmt: skip
            proved += 1
        self.assertEqual(proved, 7)
        compte = self.f["validee"].compte
        for name in ("essai.zip", "illisible.zip"):
            self.assertIsNone(self.root.retour(compte, name)["journal"])
        self.assertEqual(self.root.retour(compte, "encore.zip")["journal"],
                         self.root.retour(compte, "dossier-validee.zip")["journal"])  # fmt: skip

    def test_reports(self):
        """The reports of all nights together are the chain, to be checked without the database."""
        rows = []
        for folder in sorted((self.root.path / "outbox/asp/rapports").glob("2026-*")):
            rows += table((folder / "evenements.csv").read_bytes())
        self.assertEqual(list(rows[0])[-5:], ["details", "rang", "maillon", "texte", "demande"])
        self.assertEqual(list(rows[0])[:3], ["id", "date", "numero"])
        before = GENESIS
        for rang, event in enumerate(sorted(rows, key=lambda r: int(r["rang"])), 1):
            said = champs(event["texte"])
            self.assertEqual((event["rang"], said["rang"]), (str(rang), str(rang)))
            self.assertEqual(event["maillon"], link(before, event["texte"]))
            for name in "numero date evenement de vers".split():
                self.assertEqual(said[name], event[name])
            for name in ("pieces", "details"):
                self.assertEqual(said[name], event[name].replace("|", ","))
            before = event["maillon"]
        self.assertEqual(len(rows), len(self.journal()))
        self.check_outputs(self.root)

    def test_mails(self):
        links = {(str(rang), maillon): champs(yaml_text) for rang, _, yaml_text, maillon in self.journal()}
        seen = set()
        for mail in self.root.mails():
            if mail["X-Segur-Mail"] == "depot_refuse":
                self.assertNotIn("X-Segur-Journal", mail)
                continue
            said = links[tuple(mail["X-Segur-Journal"].split())]
            self.assertEqual(said["numero"], mail["X-Segur-Demande"])
            seen.add(said["rang"])
        self.assertEqual(len(seen), len(links), "every event has a mail here")

    def test_show(self):
        links = {rang: maillon for rang, _, _, maillon in self.journal()}
        shown = self.root.show(self.numeros["modification"])["historique"]
        self.assertEqual([e["evenement"] for e in shown], ["depot", "demander_modification", "depot_modification"])
        for event in shown:
            self.assertEqual(event["maillon"], links[event["rang"]])
        text = self.root.segur("show", self.numeros["modification"], "--root", self.root.path).stdout
        for event in shown:
            self.assertIn(f"{event['rang']} : {event['maillon'][:12]}…", text)

    def test_no_personal_data(self):
        people = [p for f in self.f.values() for p in (f.representant, f.depositaire) if p]
        private = [w for p in people for w in (p.nom, p.prenom, p.email, p.telephone)]
        private += [f.compte for f in self.f.values()] + [f.iban for f in self.f.values()]
        private += [*self.octets, "decisions-de", "Berenice", "nouveau", *CARON.split(), *MOTIF.split()[3:7]]
        for _, _, yaml_text, _ in self.journal():
            self.assertRegex(yaml_text, r"^[!-~]+$")
            for word in private:
                self.assertNotIn(word.casefold(), yaml_text.casefold())

    def test_recipe(self):
        """The recipe of docs/journal.md, as it stands there."""
        mine = self.root.retour(self.f["pieces"].compte, "suite.zip")["journal"]
        recipe = re.search(r"```sh\n(.*?)```", (REPO / "docs/journal.md").read_text("utf-8"), re.S).group(1)
        done = subprocess.run(["sh", "-c", recipe], capture_output=True, text=True,
                              env={"PATH": "/usr/bin:/bin", "precedent": mine["precedent"], "texte": mine["texte"]})  # fmt: skip
        self.assertEqual(done.stdout.split(), [mine["maillon"], "-"])

    def test_copy_and_dry_run(self):
        """The same night elsewhere gives the same links; a night that is not kept leaves none."""
        nights = []
        for _ in range(2):
            root = self.copied(self.two_nights)
            root.drop(self.f["pieces"].compte, "suite.zip", self.octets["suite.zip"])
            before = self.journal(root)
            root.run("2026-03-04", 0, "--dry-run")
            self.assertEqual(self.journal(root), before)
            root.run("2026-03-04")
            self.assertEqual(len(self.journal(root)), len(before) + 1)
            nights.append((self.journal(root), root.retour(self.f["pieces"].compte, "suite.zip")["journal"]))
        self.assertEqual(*nights)

    def test_killed_nights(self):
        """Whenever a night is killed, the next one writes the chain that it would have written."""
        made = self.copied(self.two_nights)
        for n in range(11, 23):
            f = supplier(n)
            made.references([*self.f.values(), *map(supplier, range(11, 23))])
            made.drop(f.compte, "a.zip", depot(f))
        made.asp("decisions-a.csv", decisions([row(self.numeros["commande"], "rejeter", MOTIF)]))
        made.asp("decisions-b.csv", decisions([row(self.numeros["rejetee"], "valider")]))
        whole = self.copied(made)
        whole.run("2026-03-04")
        points = {"pwrite64": (1, 40, 90), "fdatasync": (1, 3), "renameat": (1, 30), "syncfs": (1, 3), "unlinkat": (1, 6)}
        for call, when in ((call, when) for call, counts in points.items() for when in counts):
            with self.subTest(call=call, when=when):
                root = self.copied(made)
                done = root.kill_at(call, when, "run", "--root", root.path, "--date", "2026-03-04", "--quiet")
                self.assertEqual(done.returncode, -signal.SIGKILL, done.stderr)
                self.still_whole(root)
                root.run("2026-03-04")
                self.assertEqual(self.journal(root), self.journal(whole))
                self.assertIn("Tout concorde", self.verify(root))
                root.remove()

    def still_whole(self, root: Root):
        """A killed night may leave answered drops in the inbox, which the next one removes, and nothing else."""
        done = root.segur("verify", "--root", root.path)
        defects = [line for line in done.stdout.splitlines() if line.startswith("- ")]
        for line in defects:
            self.assertRegex(line, r"^- inbox/[^ ]+ est déjà répondu et enregistré, mais encore là$")
        self.assertEqual(done.returncode, 65 if defects else 0, done.stdout + done.stderr)
        self.assertEqual(done.stderr, "")


class TestVersion1(History):
    def version_1(self) -> Root:
        """The two nights as a program of before the journal left them."""
        return self.copied(self.two_nights).older(1)

    def test_links_of_before(self):
        """The events of before get the links that they would have had, whoever opens the database first."""
        wanted = self.journal(self.two_nights)
        self.assertEqual(len(wanted), 9)
        with self.subTest("verify"):
            root = self.version_1()
            done = root.segur("verify", "--root", root.path)
            self.assertEqual(done.returncode, 0)
            self.assertIn("le journal était vide : 9 événements ont reçu", done.stderr)
            self.assertEqual(self.journal(root), wanted)
            self.assertIn("Tout concorde", self.verify(root))
        with self.subTest("decide"):
            root = self.version_1()
            root.decide(self.numeros["commande"], "valider", date="2026-03-04")
            self.assertEqual(self.journal(root)[:9], wanted)
            self.assertEqual(len(self.journal(root)), 10)
        with self.subTest("list, then a night"):
            root = self.version_1()
            self.assertEqual(root.segur("list", "--root", root.path).returncode, 0)
            self.assertEqual(self.journal(root), [])
            held = root.lock()
            self.assertEqual(root.segur("verify", "--root", root.path).returncode, 75, "somebody else writes")
            held.close()
            root.run("2026-03-04")
            self.assertEqual(self.journal(root), wanted)
            self.assertIn("Tout concorde", self.verify(root))

    def test_events_added_later_are_not_sealed(self):
        root = self.copied(self.two_nights)
        with contextlib.closing(sqlite3.connect(root.path / "var/segur.db")) as db, db:
            db.execute("INSERT INTO evenements SELECT 99, nuit, date, demande, numero, evenement, acteur, de, vers,"
                       " motif, pieces, fichier, depot, details, fichier_asp, NULL FROM evenements WHERE id = 9")  # fmt: skip
        root.run("2026-03-04")
        self.assertEqual(self.journal(root), self.journal(self.two_nights))
        self.assertIn("événement 99", self.verify(root, 65))


ERASED = """UPDATE evenements SET efface_le = '2026-04-01', motif = '', fichier = '',
    acteur = substr(acteur, 1, instr(acteur || ':', ':') - 1)"""


class TestErasure(History):
    def test_erased_data_leave_the_chain_whole(self):
        root = self.copied(self.root)
        before = self.journal(root)
        with contextlib.closing(sqlite3.connect(root.path / "var/segur.db")) as db, db:
            db.execute(ERASED + " WHERE id <> 3")
        self.assertIn("Tout concorde", self.verify(root, 0, *(f"{rang}:{maillon}" for rang, _, _, maillon in before)))
        self.assertEqual(self.journal(root), before)
        left = root.sql("SELECT DISTINCT acteur, motif, fichier FROM evenements WHERE id <> 3 ORDER BY 1")
        self.assertEqual(left, [("compte", "", ""), ("gestionnaire", "", "")])

    def test_the_schema_forbids_the_rest(self):
        root = self.copied(self.root)
        forbidden = [
            "UPDATE journal SET texte = texte", "DELETE FROM journal WHERE rang = 12",
            "INSERT OR REPLACE INTO journal SELECT * FROM journal WHERE rang = 3",
            "INSERT INTO journal SELECT 14, 99, texte, maillon FROM journal WHERE rang = 3",
            "DELETE FROM evenements WHERE id = 12", "INSERT OR REPLACE INTO evenements SELECT * FROM evenements",
            "UPDATE evenements SET motif = ''", "UPDATE evenements SET efface_le = '2026-04-01'",
            "UPDATE evenements SET efface_le = '2026-04-01', motif = '', fichier = '', acteur = 'gestionnaire:Zoé'",
            ERASED + ", vers = 'VALIDEE'", ERASED + ", depot = NULL", ERASED + ", de = 'VALIDEE'",
        ]  # fmt: skip
        with contextlib.closing(sqlite3.connect(root.path / "var/segur.db")) as db:
            for statement in forbidden:
                with self.subTest(statement), self.assertRaisesRegex(sqlite3.IntegrityError, "ne se|ne s'écrit"):
                    db.execute(statement)
        self.assertIn("Tout concorde", self.verify(root))


# name: statements on a database without its triggers, then what verify must say (all of them).
# Events: 1-5 depot, 6 valider, 7 demander_pieces, 8 demander_modification, 9 rejeter (decisions file), 10 rejeter
# (command), then depot_modification and depot_pieces.
FIN = "(SELECT max(rang) FROM journal)"
DAMAGES = {
    "status of an event": ("UPDATE evenements SET vers = 'VALIDEE' WHERE id = 9",
        ["événement 9 .rejeter.*il a changé depuis : statut d'arrivée .au journal « REJETEE », dans la base « VALIDEE »"]),
    "status that an event starts from": ("UPDATE evenements SET de = 'CERTIFICATS_A_VALIDER' WHERE id = 9",
        ["il a changé depuis : statut de départ", "part du statut « Certificat.s. à valider », l'histoire en était à « En cours »"]),
    "status of a request": ("UPDATE demandes SET statut = 'VALIDEE' WHERE id = {rejetee}",
        ["{rejetee_numero} : la demande est au statut « Validée », son histoire l'a menée à « Rejetée »"]),
    "rank of a request": ("UPDATE demandes SET rang = 3 WHERE id = {modification}", ["M3 : le dernier événement"]),
    "request without an event": ("INSERT INTO demandes SELECT 99, rang, 'REJETEE', type, anticipe, certificats, compte,"
        " siret, siren, numero_ans, logiciel, version, dsr, profil, siren_editeur, denomination, date_depot, contact,"
        " contact_nom, titulaire, modification_demandee, NULL, NULL, 0, statut_depuis FROM demandes WHERE id = {rejetee}",
        ["ENR0099M0 : la demande n'a aucun événement"]),
    "event removed": ("DELETE FROM evenements WHERE id = 6", ["maillon 6 .*son événement .6. a été retiré"]),
    "event and link removed": ("DELETE FROM evenements WHERE id = 6; DELETE FROM journal WHERE rang = 6",
        ["il manque au journal le maillon 6", "son histoire l'a menée à « En cours »"]),
    "several links removed": ("DELETE FROM journal WHERE rang BETWEEN 3 AND 5",
        ["il manque au journal les maillons 3 à 5", "événement 4 .depot.*il n'a pas de maillon"]),
    "first link removed": ("DELETE FROM journal WHERE rang = 1", ["il manque au journal le maillon 1"]),
    "last link removed": (f"DELETE FROM journal WHERE rang = {FIN}", ["événement 12 .*il n'a pas de maillon"]),
    "ranks shifted": ("UPDATE journal SET rang = -rang WHERE rang >= 7; UPDATE journal SET rang = 1 - rang WHERE rang < 0",
        ["il manque au journal le maillon 7", "il a changé depuis : rang"]),
    "events of two links swapped": ("UPDATE journal SET evenement = -evenement WHERE rang IN (4, 5);"
        "UPDATE journal SET evenement = iif(rang = 4, 5, 4) WHERE rang IN (4, 5)",
        ["maillon 5 .*il ne suit pas l'ordre des événements", "il a changé depuis : numéro de la demande"]),
    "two links swapped": ("UPDATE journal SET rang = -rang WHERE rang IN (6, 7);"
        "UPDATE journal SET rang = iif(rang = -6, 7, 6) WHERE rang < 0", ["maillon 6 .*il ne découle pas"]),
    "two events swapped": ("UPDATE evenements SET id = -id WHERE id IN (7, 8);"
        "UPDATE evenements SET id = iif(id = -7, 8, 7) WHERE id < 0", ["événement 7 .*il a changé depuis : événement"]),
    "link changed": (f"UPDATE journal SET maillon = '{'a' * 64}' WHERE rang = 5", ["maillon 5 .*il ne découle pas",
        "maillon 6 .*il ne découle pas"]),
    "last link changed": (f"UPDATE journal SET maillon = '{'a' * 64}' WHERE rang = {FIN}", ["maillon 12 .*il ne découle"]),
    "text changed": ("UPDATE journal SET texte = replace(texte, 'REJETEE', 'VALIDEE') WHERE rang = 9",
        ["maillon 9 .*il ne découle pas", "il a changé depuis : statut d'arrivée", "l'acteur, le motif ou le nom du fichier"]),
    "text that is none": ("UPDATE journal SET texte = 'x' WHERE rang = 9", ["maillon 9 .*il ne découle pas"]),
    "text with more": ("UPDATE journal SET texte = texte || '|x' WHERE rang = 9", ["maillon 9 .*il ne découle pas"]),
    "reason": ("UPDATE evenements SET motif = 'Autre' WHERE id = 9",
        ["événement 9 .rejeter. du 2026-03-03 : l'acteur, le motif ou le nom du fichier a été changé"]),
    "name of the actor": ("UPDATE evenements SET acteur = 'gestionnaire:Zoé' WHERE id = 9", ["événement 9 .*l'acteur"]),
    "role of the actor": ("UPDATE evenements SET acteur = 'compte:x' WHERE id = 9", ["événement 9 .*il a changé depuis : rôle de l'acteur"]),
    "file name": ("UPDATE evenements SET fichier = 'x.csv' WHERE id = 9", ["événement 9 .*le nom du fichier"]),
    "date": ("UPDATE evenements SET date = '2026-03-01' WHERE id = 9", ["il a changé depuis : date.*« 2026-03-03 », .* « 2026-03-01 »"]),
    "kind of event": ("UPDATE evenements SET evenement = 'valider' WHERE id = 9", ["il a changé depuis : événement"]),
    "number": ("UPDATE evenements SET numero = 'ENR0077M0' WHERE id = 9", ["il a changé depuis : numéro de la demande",
        "rattaché à une autre demande"]),
    "request of an event": ("UPDATE evenements SET demande = {validee} WHERE id = 9", ["rattaché à une autre demande"]),
    "piece types": ("UPDATE evenements SET pieces = 'rib' WHERE id = 7", ["il a changé depuis : pièces.*« kbis,autre », .* « rib »"]),
    "details": ("UPDATE evenements SET details = 'x' WHERE id = 9", ["il a changé depuis : détails"]),
    "hash of a drop": (f"UPDATE depots SET sha256 = '{'b' * 64}' WHERE id = 1", ["il a changé depuis : empreinte du fichier d'origine",
        "l'archive conservée de son dépôt .* manque"]),
    "drop of an event": ("UPDATE evenements SET depot = NULL WHERE id = 2", ["événement 2 .*empreinte du fichier"]),
    "hash of a decisions file": (f"UPDATE fichiers_asp SET sha256 = '{'c' * 64}' WHERE nature = 'decisions'",
        ["événement 7 .*il a changé depuis : empreinte du fichier d'origine", "événement 9 "]),
    "event added": ("INSERT INTO evenements SELECT 99, nuit, date, demande, numero, 'relance', 'service', vers, vers,"
        " '', '', '', NULL, '', NULL, NULL FROM evenements WHERE id = 9",
        ["événement 99 .relance.*il n'a pas de maillon ; il a été ajouté hors du programme"]),
    "second beginning": ("UPDATE evenements SET evenement = 'depot' WHERE id = 9", ["son histoire commence une seconde fois"]),
    "no beginning": ("UPDATE evenements SET evenement = 'valider' WHERE id = 4", ["ne commence pas par un dépôt"]),
    "link of the same event twice": ("CREATE TABLE j2 AS SELECT * FROM journal; DROP TABLE journal; CREATE TABLE journal"
        " (rang INTEGER PRIMARY KEY, evenement INTEGER NOT NULL, texte TEXT NOT NULL, maillon TEXT NOT NULL);"
        f"INSERT INTO journal SELECT * FROM j2; INSERT INTO journal SELECT {FIN} + 1, evenement, texte, maillon FROM j2"
        f" WHERE rang = {FIN}; DROP TABLE j2", ["événement 12 .*il a plusieurs maillons", "maillon 13 .*il ne suit pas"]),
    "erased by half": ("UPDATE evenements SET efface_le = '2026-04-01', motif = 'Autre' WHERE id = 9",
        ["effacé le 2026-04-01, il porte pourtant"]),
    "counter of requests": ("UPDATE compteurs SET valeur = valeur + 1 WHERE nom = 'VALIDEE'",
        ["compteur « VALIDEE » : il dit 2, la base en tient 1"]),
    "all counters removed": ("DELETE FROM compteurs", ["compteur « EN_COURS » : il manque, la base en tient 2",
        "compteur « VALIDATION_PARTIELLE » : il manque, la base en tient 0", "compteur « comptes » : il manque",
        "7 défauts en tout"]),
    "one counter removed": ("DELETE FROM compteurs WHERE nom = 'REJETEE'",
        ["compteur « REJETEE » : il manque, la base en tient 2", "1 défaut en tout"]),
    "counter added": ("INSERT INTO compteurs VALUES ('ANNULEE', 0)",
        ["compteur « ANNULEE » : il a été ajouté", "1 défaut en tout"]),
    "closures looked for in a file that is not there": ("INSERT OR REPLACE INTO reperes VALUES ('stock', 4321)",
        ["repère « stock » : il dit le fichier 4321 de l'INSEE, le dernier pris est le [1-9]", "1 défaut en tout"]),
    "reminders set aside in another status": ("UPDATE demandes SET referencement_attendu = 1 WHERE id = {pieces}",
        ["{pieces_numero} : ses relances attendent .* au statut « En cours »", "1 défaut en tout"]),
    "reminders set aside though the register says so": ("UPDATE demandes SET statut = 'VALIDATION_PARTIELLE',"
        " referencement_attendu = 1 WHERE id = {pieces}", ["{pieces_numero} : .* qui dit déjà son référencement validé"]),
    "reminders set aside by another mark": ("UPDATE demandes SET statut = 'VALIDATION_PARTIELLE',"
        " referencement_attendu = 2, numero_ans = 'x' WHERE id = {pieces}", ["{pieces_numero} : .* n'écrit pas .2."]),
    "drop that is not there": ("UPDATE evenements SET depot = 4321 WHERE id = 1", ["table evenements, ligne 1 : elle renvoie"]),
}  # fmt: skip


class TestVerify(History):
    def damaged(self, statements: str, root: Root | None = None) -> Root:
        """A copy on which these ran, by someone who puts the protections back."""
        root = root or self.copied(self.root)
        with contextlib.closing(sqlite3.connect(root.path / "var/segur.db", isolation_level=None)) as db:
            triggers = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
            for name, _ in triggers:
                db.execute(f"DROP TRIGGER {name}")
            names = {k: int(v[3:].partition("M")[0]) for k, v in self.numeros.items()}
            db.executescript(statements.format(**names))
            for _, sql in triggers:
                db.execute(sql)
        return root

    def test_nothing_wrong(self):
        said = self.verify(self.root)
        for line in ("Chaîne du journal +12 +ok", "Événements et maillons +12 +ok", "Statuts des demandes +5 +ok",
                     "Archives conservées +7 +ok", "Protections de l'histoire +22 +ok", "Tout concorde"):  # fmt: skip
            self.assertRegex(said, line)

    def test_damage(self):
        for name, (statements, sentences) in DAMAGES.items():
            with self.subTest(name):
                root = self.damaged(statements)
                said = self.verify(root, 65)
                for sentence in sentences:
                    numbers = {f"{k}_numero": v for k, v in self.numeros.items()}
                    self.assertRegex(said, sentence.format(**numbers))
                self.assertIn("Que faire : ", said)
                self.assertRegex(said, "Protections de l'histoire +22 +ok")
                root.remove()

    def test_what_lies_in_outbox_and_inbox(self):
        """Fetched is no fault, and other words of segur.conf are none; a changed verdict, file to correct or return
        is, and a drop that is answered and still there."""
        root = self.copied(self.root)
        for path in sorted((root.path / "outbox").rglob("*_retour.yaml"))[:2]:
            path.unlink()
        root.configure(telephone="01 99 00 00 00")
        self.assertIn("Tout concorde", self.verify(root))
        answer = next((root.path / "outbox/fournisseurs").rglob("*_retour.yaml"))
        returned = next((root.path / "outbox/asp/retours").glob("decisions*"))
        for path, old, new in ((answer, b'etat: "', b'etat: "X'), (returned, b"applique", b"applik")):
            with self.subTest(path.name):
                data = path.read_bytes()
                self.assertIn(old, data)
                path.write_bytes(data.replace(old, new, 1))
                said = self.verify(root, 65)
                self.assertIn(f"{path.name} n'est plus ce qui a été publié", said)
                path.write_bytes(data)
        f = supplier(77)
        root.references([f])
        root.drop(f.compte, "reste.zip", b"bonjour")
        folder = root.path / "inbox" / f.compte
        root.run(NIGHTS_AFTER)
        marked = next((root.outbox(f.compte)).glob("*_a_corriger.yaml"))
        text = marked.read_bytes()
        marked.write_bytes(text + b"# encore\n")
        self.assertIn("a_corriger.yaml n'est plus", self.verify(root, 65))
        marked.write_bytes(text)
        self.verify(root)
        left = folder / "reste.zip"
        left.write_bytes(b"bonjour")
        with contextlib.closing(sqlite3.connect(root.path / "var/segur.db")) as database, database:
            status = left.stat()
            source = f"{status.st_ino}-{status.st_ctime_ns // 10**9}.{status.st_ctime_ns % 10**9:09d}"
            database.execute("UPDATE depots SET source = ? WHERE archive = 'reste.zip'", (source,))
        self.assertIn("déjà répondu", self.verify(root, 65))

    def test_a_chain_written_anew(self):
        """Someone without the secret changes a date everywhere and computes all links again: the mentions tell, and
        so does any link held outside; with the data erased, the latter alone."""
        for erased in (False, True):
            with self.subTest(erased=erased):
                root = self.damaged((ERASED + ";" if erased else "") +
                                    "UPDATE evenements SET date = '2026-03-01' WHERE id = 1;"
                                    "UPDATE journal SET texte = replace(texte, '2026-03-02', '2026-03-01') WHERE rang = 1")  # fmt: skip
                before, again = GENESIS, []
                for rang, _, yaml_text, _ in self.journal(root):
                    before = link(before, yaml_text)
                    again.append(f"UPDATE journal SET maillon = '{before}' WHERE rang = {rang}")
                self.damaged(";".join(again), root)
                said = self.verify(root, 0 if erased else 65)
                if not erased:
                    self.assertRegex(said, "événement 1 .*ou son maillon a été récrit")
                    self.assertRegex(said, "1 défaut en tout")
                mine = self.root.retour(self.f["rejetee"].compte, "dossier-rejetee.zip")["journal"]
                said = self.verify(root, 65, f"{mine['rang']}:{mine['maillon']}")
                self.assertIn(f"le maillon {mine['rang']} du journal n'est pas celui qui est donné", said)

    def test_an_emptied_journal_is_told(self):
        """Whoever empties the journal has the program write it anew: that it did so is said, once."""
        root = self.damaged("UPDATE evenements SET date = '2026-03-01' WHERE id = 1; DELETE FROM journal")
        done = root.segur("verify", "--root", root.path)
        self.assertRegex(done.stderr, "le journal était vide : 12 événements ont reçu .* il a été vidé")
        self.verify(root)
        self.assertIn("n'est pas celui qui est donné", self.verify(root, 65, "1:" + self.journal()[0][3]))

    def test_links_held_outside(self):
        held = [f"{rang}:{maillon}" for rang, _, _, maillon in self.journal()]
        self.assertRegex(self.verify(self.root, 0, *held), "Maillons donnés +12 +ok")
        self.verify(self.root, 0, held[2].upper())
        by_mail = self.root.mails()[0]["X-Segur-Journal"]
        self.verify(self.root, 0, by_mail)
        several = self.root.segur("verify", "--root", self.root.path, "--maillon", *held[:3])
        self.assertRegex(several.stdout, "Maillons donnés +3 +ok")
        # the newest event, its link and its effect taken away: nothing inside can tell
        last = self.root.sql("SELECT demande, de, depot FROM evenements WHERE id = 12")[0]
        cut = self.damaged("DELETE FROM mails WHERE evenement = 12; DELETE FROM journal WHERE rang = 12;"
                           f"DELETE FROM evenements WHERE id = 12; UPDATE demandes SET statut = '{last[1]}', rang = 0"
                           f" WHERE id = {last[0]}; UPDATE compteurs SET valeur ="
                           " (SELECT count(*) FROM demandes WHERE statut = nom) WHERE nom <> 'comptes'")  # fmt: skip
        self.verify(cut)
        self.assertIn("le journal n'a pas de maillon 12", self.verify(cut, 65, held[10], held[11]))
        for wrong in ("12", "0:" + "a" * 64, "-1:" + "a" * 64, "12:abc", "x:" + "a" * 64, "12:" + "g" * 64, "",
                      "99999999999999999999:" + "a" * 64, "12:" + "a" * 65):  # fmt: skip
            done = self.root.segur("verify", "--root", self.root.path, "--maillon", wrong)
            self.assertEqual((done.returncode, done.stdout), (64, ""), wrong)
            self.assertIn("RANG:SHA256", done.stderr)

    def test_protections(self):
        names = [name for (name,) in self.root.sql("SELECT name FROM sqlite_schema WHERE type = 'trigger'")]
        self.assertEqual(len(names), 17)
        for name in names:
            for again in ("", f"CREATE TRIGGER {name} BEFORE DELETE ON journal BEGIN SELECT 1; END"):
                root = self.copied(self.root)
                with contextlib.closing(sqlite3.connect(root.path / "var/segur.db")) as db, db:
                    db.execute(f"DROP TRIGGER {name}")
                    if again:
                        db.execute(again)
                self.assertIn(f"la protection « {name} » a été {'changée' if again else 'retirée'}", self.verify(root, 65))
                root.remove()

    def test_what_acts_by_itself(self):
        for kind, sql in (
            ("trigger", "CREATE TRIGGER espion AFTER INSERT ON dossiers BEGIN UPDATE dossiers SET iban = ''; END"),
            ("view", "CREATE VIEW espion AS SELECT * FROM dossiers"),
        ):
            with self.subTest(kind):
                said = self.verify(self.damaged(sql), 65)
                self.assertIn("« espion » a été ajouté", said)
                self.assertIn("1 défaut en tout", said)

    def test_ranks_below_one(self):
        low = self.damaged(f"PRAGMA foreign_keys = OFF; INSERT INTO journal VALUES ({-(2**63)}, 99, 'x', 'y')")
        said = self.verify(low, 65)
        self.assertIn("le journal a un maillon de rang -9223372036854775808", said)

    def test_archives(self):
        kept = sorted(p for p in (self.root.path / "var/archives").rglob("*") if p.is_file())
        numero = self.numeros["pieces"]
        sha256 = hashlib.sha256(self.octets["suite.zip"]).hexdigest()
        for name, change, words in (
            ("gone", lambda p: p.unlink(), "manque ou ne se lit pas"),
            ("one byte", lambda p: p.write_bytes(p.read_bytes()[:-1] + b"?"), "n'est plus celle qui a été reçue"),
            ("cut", lambda p: p.write_bytes(p.read_bytes()[:-1]), "n'est plus celle qui a été reçue"),
            ("a link", lambda p: (p.unlink(), p.symlink_to(kept[0])), "manque ou ne se lit pas"),
        ):
            with self.subTest(name):
                root = self.copied(self.root)
                path = root.path / "var/archives" / sha256[:2] / sha256
                path.parent.chmod(0o700)
                path.chmod(0o600)
                change(path)
                said = self.verify(root, 65)
                self.assertRegex(said, f"{numero} : l'archive conservée de son dépôt « suite.zip » .*{words}.*{sha256}")
                self.assertIn("1 défaut en tout", said)

    def test_file_damaged(self):
        """Noise over pages of the database: told, with an exit code of its own, and nothing crashes."""
        found = 0
        for seed in range(8):
            root = self.copied(self.root)
            with contextlib.closing(sqlite3.connect(root.path / "var/segur.db")) as db:
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                size = db.execute("PRAGMA page_size").fetchone()[0]
            path, chance = root.path / "var/segur.db", random.Random(seed)
            data = bytearray(path.read_bytes())
            page = chance.randrange(2, len(data) // size)
            data[page * size : page * size + size] = chance.randbytes(size)
            path.write_bytes(data)
            done = root.segur("verify", "--root", root.path)
            self.assertIn(done.returncode, (65, 70), (seed, done.stdout, done.stderr))
            if done.returncode == 65:
                self.assertRegex(done.stdout, "var/segur.db est abîmée|la lecture s'est arrêtée")
                found += 1
        self.assertGreaterEqual(found, 6)

    def test_many_faults_are_counted(self):
        root = self.copied(self.root)
        values = ", ".join(f"({n}, {n}, 'x', 'y')" for n in range(13, 113))
        root = self.damaged(f"PRAGMA foreign_keys = OFF; INSERT INTO journal VALUES {values}", root)
        said = self.verify(root, 65)
        self.assertRegex(said, "Chaîne du journal +112 +200 défauts")
        self.assertIn("- … et 180 autres", said)

    def test_other_ends(self):
        self.assertEqual(self.root.segur("verify", "--root", self.folder()).returncode, 78)
        help_ = self.root.segur("verify", "--help")
        self.assertEqual(help_.returncode, 0)
        self.assertIn("65", help_.stdout)
        self.assertIn("--maillon RANG:SHA256", help_.stdout)
        newer = self.damaged("PRAGMA user_version = 99")
        self.assertEqual(newer.segur("verify", "--root", newer.path).returncode, 78)
        with self.subTest("a night may run meanwhile"):
            root = self.copied(self.root)
            held = root.lock()
            with contextlib.closing(sqlite3.connect(root.path / "var/segur.db", isolation_level=None)) as db:
                db.execute("BEGIN IMMEDIATE")
                self.verify(root)
            held.close()
