"""The end of what is kept: `segur purge` erases identity papers first, whole dossiers later, refused drops, dated
reports; what must stay stays, and nothing of the rest is found anywhere."""

import contextlib
import hashlib
import re
import sqlite3
import subprocess
import unittest

from certificates import certificat
from harness import Case, Root
from factory import archive, archive_files, decisions, depot, supplier, in_groups, pdf, person, replace
from factory_cycle import modification
from test_vault import holding, kept

NIGHTS = "2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05"
MOTIF = "Le mandat de Wilhelmine Quezac-Motif n'est pas signé"
IDENTITE = "piece_identite_representant"
AGENT_IDENTITE = "piece_identite_depositaire"
NAMES = "validee rejetee encours pieces refuse".split()


def nom(f):
    """A name that nothing else has."""
    return f"Quezac{f.numero_ans}"


def paper(f, who="REPRESENTANT"):
    """What its identity paper says, in the clear inside a tar."""
    return f"PAPIER {who} {f.numero_ans}"


def suppliers():
    made = {}
    for n, name in enumerate(NAMES, 1):
        f = supplier(n, compte=f"{name}-{n}", dsr="SONS LGC")
        who = person("Wilhelmine", nom(f), f"courriel-{f.numero_ans}", valide_jusqu_au=f"203{n}-11-23",
                       delivree_le="2021-07-09")  # fmt: skip
        f = replace(f, representant=who, nom_commercial=f"Commerce {f.numero_ans}")
        if name == "validee":
            tiers = person("Théodule", "Tiers" + f.numero_ans, "tiers-" + f.numero_ans, nature="passeport")
            f = replace(f, depositaire=tiers, qualite="employe")
        made[name] = f
    return made


F = suppliers()
PERSONAL = [text for f in F.values() if f is not F["encours"] for text in (
    nom(f).upper(), nom(f), in_groups(f.iban), f.nom_commercial, paper(f),
    f"{f.compte}-secret.tar", "cni-" + nom(f))]  # fmt: skip
PERSONAL += [F[name].iban for name in ("validee", "rejetee", "pieces")]
PERSONAL += [F[name].representant.email for name in ("validee", "rejetee", "refuse")]
PERSONAL += ["Quezac-Motif", "Caron-Gestion", paper(F["validee"], "DEPOSITAIRE")]
ACCES = [F["validee"].depositaire.email, F["pieces"].representant.email]  # of accesses that were opened, and are


def files(f, **options):
    made = {f"cni-{nom(f)}.pdf": pdf(paper(f))}
    changes = {f"pieces.{IDENTITE}": f"cni-{nom(f)}.pdf"}
    if f.depositaire:
        changes[f"pieces.{AGENT_IDENTITE}"] = "passeport.pdf"
        made["passeport.pdf"] = pdf(paper(f, "DEPOSITAIRE"))
    return archive_files(f, changes | options.pop("changes_by_path", {}), fichiers=made, **options)


def drop(root, f, name="secret.tar", **options):
    data = archive("tar", files(f, **options))
    root.drop(f.compte, f"{f.compte}-{name}", data)
    return data


def row(numero, decision, motif="", pieces=""):
    return {"numero": numero, "decision": decision, "motif": motif, "pieces": pieces,
            "gestionnaire": "Théophraste Caron-Gestion"}  # fmt: skip


def filled(root: Root) -> dict[str, str]:
    """Four nights: a request of each kind, a refused drop, a trial; the numbers by name."""
    root.references(F.values())
    for f in F.values():
        drop(root, f, changes_by_path={"banque.bic": "X"} if f is F["refuse"] else {})
    drop(root, F["refuse"], "essai.tar", changes_by_path={"essai": "oui"})
    root.run(NIGHTS[0])
    numeros = {n: root.retour(f.compte, f"{f.compte}-secret.tar")["numero"] for n, f in F.items()}
    root.asp("decisions.csv", decisions([
        row(numeros["validee"], "valider"), row(numeros["rejetee"], "rejeter", MOTIF),
        row(numeros["pieces"], "demander_pieces", MOTIF, "kbis")]))  # fmt: skip
    root.run(NIGHTS[1])
    f = F["pieces"]
    text = f"format: 1\ntype: pieces\ndemande: {numeros['pieces']}\npieces:\n  - {{type: kbis, fichier: kbis.pdf}}\n"
    root.drop(f.compte, "kbis.tar", archive("tar", {"dossier.yaml": text.encode(), "kbis.pdf": pdf("Kbis demandé")}))
    root.run(NIGHTS[2])
    assert root.retour(f.compte, "kbis.tar")["etat"] in ("OK", "ANO"), root.retour(f.compte, "kbis.tar")
    root.asp("decisions.csv", decisions([row(numeros["pieces"], "valider")]))
    root.run(NIGHTS[3])
    return numeros


def purge(root: Root, date: str, *more, expect=0):
    done = root.segur("purge", "--root", root.path, "--date", date, *more)
    assert done.returncode == expect, f"segur purge: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def state(root: Root) -> dict:
    folders = ("inbox", "outbox", "var/archives", "var/references", "var/tmp")
    found = {f"{folder}/{name}": digest for folder in folders for name, digest in root.tree(folder).items()}
    return found | {"database": root.dump()}


class Purge(Case):
    conf = {"identite_jours": 30, "dossier_jours": 100, "refus_jours": 60, "rapports_jours": 90}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first = cls.shared_root(**cls.conf)
        cls.numeros = filled(cls.first)

    def filled(self) -> Root:
        return self.copied(self.first)

    def pieces(self, root: Root, name: str, *more, expect=0):
        out = self.folder() / "out"
        done = root.segur("pieces", self.numeros[name], out, "--root", root.path, *more)
        self.assertEqual(done.returncode, expect, done.stderr)
        return {p.name: p.read_bytes() for p in out.iterdir()}, done.stderr

    def verified(self, root: Root):
        done = root.segur("verify", "--root", root.path)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def column(self, root, sql, *values):
        return [row[0] for row in root.sql(sql, *values)]


class TestIdentityPapers(Purge):
    def test_not_a_day_too_early(self):
        root = self.filled()
        before = state(root)
        done = purge(root, "2026-04-01")
        self.assertEqual(state(root), before)
        self.assertIn("pièces d'identité : 0", done.stdout)

    def test_first_day(self):
        """What was decided on 3 March goes on 2 April; the request validated on the 5th waits three days more."""
        root = self.filled()
        done = purge(root, "2026-04-02")
        self.assertIn("Demandes, pièces d'identité : 2\n", done.stdout)
        self.assertIn("Documents effacés : 3\nArchives effacées : 2\n", done.stdout)
        for name in ("validee", "rejetee"):
            self.assertEqual(holding(root, paper(F[name]), "var"), [], name)
        self.assertEqual(holding(root, paper(F["validee"], "DEPOSITAIRE"), "var"), [])
        for name in ("encours", "pieces", "refuse"):
            self.assertTrue(holding(root, paper(F[name]), "var"), name)
        purge(root, "2026-04-04")
        self.assertEqual(holding(root, paper(F["pieces"]), "var"), [])
        self.verified(root)

    def test_other_documents_stay(self):
        root = self.filled()
        before, _ = self.pieces(root, "validee")
        purge(root, "2026-04-02")
        after, said = self.pieces(root, "validee")
        wanted = {name: data for name, data in before.items() if "identite" not in name}
        self.assertEqual(after, wanted)
        self.assertEqual(len(before) - len(after), 2)
        self.assertEqual(said.count("effacé par une purge"), 2)
        hashes = {hashlib.sha256(data).hexdigest() for data in wanted.values()}
        names = {p.name for p in kept(root)}
        self.assertEqual(hashes - names, set())

    def test_archives_without_identity_stay_whole(self):
        """The drop of a Kbis alone holds nobody's identity."""
        root = self.filled()
        sha256 = self.column(root, "SELECT sha256 FROM depots WHERE archive = 'kbis.tar'")[0]
        purge(root, "2026-04-04")
        self.assertTrue((root.path / f"var/archives/{sha256[:2]}/{sha256}").exists())
        files, _ = self.pieces(root, "pieces")
        self.assertTrue(any(b"Kbis demand" in data for data in files.values()))

    def test_data_of_identity(self):
        root = self.filled()
        purge(root, "2026-04-02")
        columns = ", ".join(f"{who}_identite_{what}" for who in ("representant", "depositaire")
                            for what in ("nature", "valide_jusqu_au", "delivree_le"))  # fmt: skip
        number = int(self.numeros["validee"][3:7])
        self.assertEqual(root.sql(f"SELECT {columns} FROM dossiers WHERE demande = ?", number), [(None,) * 6])
        self.assertEqual(root.sql("SELECT representant_nom IS NULL FROM dossiers WHERE demande = ?", number), [(0,)])
        rows = root.sql("SELECT fichier, valide_jusqu_au FROM pieces WHERE demande = ? AND type LIKE ?", number, "%identite%")
        self.assertEqual(rows, [("", None)] * 2)
        with open(root.path / "var/segur.db", "rb") as file:
            self.assertNotIn(b"2031-11-23", file.read())
        self.assertFalse((root.path / "var/segur.db-wal").exists() and (root.path / "var/segur.db-wal").stat().st_size)

    def test_a_modification_that_describes_an_identity(self):
        """Its archive holds no paper, but a dossier that says when one runs out: it goes too, for each rank."""
        root = self.root(**self.conf)
        f = F["rejetee"]
        root.references([f])
        drop(root, f)
        root.run(NIGHTS[0])
        root.asp("decisions.csv", decisions([row("ENR0001M0", "demander_modification", "Téléphone")]))
        root.run(NIGHTS[1])
        changed = replace(f, representant=replace(f.representant, valide_jusqu_au="2039-08-17"))
        root.drop(f.compte, "suite.tar", modification("ENR0001M0", changed, "representant", "rib").archive("tar"))
        root.run(NIGHTS[2])
        self.assertEqual(root.retour(f.compte, "suite.tar")["numero"], "ENR0001M1", root.retour(f.compte, "suite.tar"))
        root.asp("decisions.csv", decisions([row("ENR0001M1", "valider")]))
        root.run(NIGHTS[3])
        self.assertEqual(len(holding(root, "2039-08-17", "var/archives")), 1)
        self.assertEqual(len(kept(root)), 2)
        purge(root, "2026-04-04")
        for text in ("2039-08-17", f.representant.valide_jusqu_au, paper(f)):
            self.assertEqual(holding(root, text, "var"), [], text)
        self.assertEqual(root.sql("SELECT count(*), count(representant_identite_nature) FROM dossiers"), [(2, 0)])
        out = self.folder() / "out"
        self.assertEqual(root.segur("pieces", "ENR0001M1", out, "--root", root.path).returncode, 0)
        self.assertIn("rib", " ".join(p.name for p in out.iterdir()))
        self.verified(root)

    def test_what_was_free_before(self):
        """Pages of the database file that earlier nights gave up hold old texts: they go with the rest."""
        root = self.filled()
        with contextlib.closing(sqlite3.connect(root.path / "var/segur.db", isolation_level=None)) as database:
            database.execute("PRAGMA secure_delete = OFF")
            database.execute("CREATE TABLE vieille (texte TEXT) STRICT")
            database.execute("INSERT INTO vieille VALUES (?)", ("ANCIEN-TEXTE " * 5000,))
            database.execute("DROP TABLE vieille")
        self.assertTrue(holding(root, "ANCIEN-TEXTE", "var"))
        purge(root, "2026-04-02")
        self.assertEqual(holding(root, "ANCIEN-TEXTE", "var"), [])

    def test_record(self):
        root = self.filled()
        purge(root, "2026-04-02")
        shown = root.show(self.numeros["validee"])["effacements"]
        self.assertEqual([(e["nature"], e["objet"], e["etat"], e["partage"]) for e in shown], [
            ("identite", IDENTITE, "fait", False), ("identite", AGENT_IDENTITE, "fait", False),
            ("identite", "archive", "fait", False), ("identite", "donnees", "fait", False)])  # fmt: skip
        self.assertTrue(all(len(e["sha256"]) == 64 for e in shown[:3]))
        text = root.segur("show", self.numeros["validee"], "--root", root.path).stdout
        self.assertRegex(text, r"2026-04-02 +pièces d'identité +2 +1 +fait")
        for statement in ("UPDATE effacements SET date = 'x'", "DELETE FROM effacements", "UPDATE effacements SET etat = 'du'"):
            with self.subTest(statement), self.assertRaises(sqlite3.IntegrityError):
                with contextlib.closing(sqlite3.connect(root.path / "var/segur.db")) as database:
                    database.execute(statement)

    def test_again(self):
        root = self.filled()
        purge(root, "2026-04-02")
        before = state(root)
        done = purge(root, "2026-04-02")
        self.assertIn("pièces d'identité : 0", done.stdout)
        self.assertEqual(state(root), before)

    def test_the_night_after(self):
        root = self.filled()
        purge(root, "2026-04-02")
        root.run("2026-04-03")
        self.check_outputs(root)
        demandes = {d["numero"]: d for d in root.report("demandes")}
        self.assertEqual(demandes[self.numeros["validee"]]["statut"], "VALIDEE")

    def test_an_archive_that_is_not_there(self):
        """That request fails and says so; the others are done."""
        root = self.filled()
        sha256 = self.column(root, "SELECT sha256 FROM depots WHERE numero = ?", self.numeros["rejetee"])[0]
        (root.path / f"var/archives/{sha256[:2]}/{sha256}").unlink()
        done = purge(root, "2026-04-02", expect=70)
        self.assertIn(self.numeros["rejetee"], done.stderr)
        self.assertIn("Demandes, pièces d'identité : 1\n", done.stdout)
        self.assertEqual(holding(root, paper(F["validee"]), "var"), [])


class TestDossier(Purge):
    def test_nothing_is_found(self):
        """Whole dossiers go on the hundredth day; of refused drops, outputs and reports nothing is left either."""
        root = self.filled()
        for text in PERSONAL:
            self.assertTrue(holding(root, text), text)
        purge(root, "2026-06-13")
        root.run("2026-06-13")  # its reports take the place of the newest, which named them still
        purge(root, "2026-09-15")
        for text in PERSONAL:
            with self.subTest(text):
                self.assertEqual(holding(root, text), [])
        for text in ACCES:
            self.assertEqual(root.sql("SELECT count(*) FROM comptes WHERE email = ?", text), [(1,)])
            self.assertEqual(holding(root, text), ["outbox/asp/rapports/2026-06-13/comptes.csv", "var/segur.db"])
        for text in (nom(F["encours"]).upper(), paper(F["encours"])):
            self.assertTrue(holding(root, text), text)
        self.verified(root)

    def test_steps_in_order(self):
        root = self.filled()
        purge(root, "2026-04-04")
        done = purge(root, "2026-06-11")
        self.assertIn("dossier entier : 2\n", done.stdout)
        self.assertIn("pièces d'identité : 0\n", done.stdout)
        self.assertIn("dossier entier : 1\n", purge(root, "2026-06-13").stdout)
        files, said = self.pieces(root, "validee")
        self.assertEqual(files, {})
        self.verified(root)

    def test_at_once_is_the_same(self):
        """A purge that was never run before needs no extraction, and leaves the same."""
        late, steps = self.filled(), self.filled()
        purge(steps, "2026-04-04")
        purge(steps, "2026-06-13")
        purge(late, "2026-06-13")
        tables = ("demandes", "dossiers", "pieces", "depots", "mails", "evenements", "anomalies", "comptes")
        for table in tables:
            self.assertEqual(*(r.sql(f"SELECT * FROM {table} ORDER BY 1, 2") for r in (late, steps)), table)
        self.assertEqual(kept(late) and [p.name for p in kept(late)], [p.name for p in kept(steps)])

    def test_what_stays(self):
        root = self.filled()
        keep = {
            "demandes": "id, rang, statut, type, siret, siren, numero_ans, date_depot, validee_le",
            "pieces": "id, demande, depot, type, sha256, taille, format",
            "depots": "id, nuit, date, compte, taille, sha256, type, etat, demande, numero, statut",
            "evenements": "id, date, demande, numero, evenement, de, vers, pieces, depot, details",
            "mails": "id, date, type, demande, numero",
            "anomalies": "depot, ordre, code, gravite",
            "journal": "rang, evenement, texte, maillon",
        }
        before = {t: root.sql(f"SELECT {c} FROM {t} ORDER BY 1, 2") for t, c in keep.items()}
        counts = {r["indicateur"]: r["valeur"] for r in root.report("statistiques") if r["indicateur"].startswith("demandes")}
        purge(root, "2026-06-13")
        self.assertEqual({t: root.sql(f"SELECT {c} FROM {t} ORDER BY 1, 2") for t, c in keep.items()}, before)
        root.run("2026-06-14")
        self.check_outputs(root)
        after = {r["indicateur"]: r["valeur"] for r in root.report("statistiques")}
        self.assertEqual({name: after[name] for name in counts}, counts)
        by = {d["numero"]: d for d in root.report("demandes")}
        row = by[self.numeros["validee"]]
        self.assertEqual((row["statut"], row["siret"], row["contact"], row["representant_nom"]),
                         ("VALIDEE", F["validee"].siret, "", ""))  # fmt: skip
        self.assertIn(self.numeros["encours"], {r["numero"] for r in root.report("coordonnees_bancaires")})
        self.assertNotIn(self.numeros["validee"], {r["numero"] for r in root.report("coordonnees_bancaires")})
        for command in ("show", "list"):
            words = [self.numeros["validee"]] if command == "show" else []
            self.assertEqual(root.segur(command, *words, "--root", root.path).returncode, 0)
        actors = self.column(root, "SELECT DISTINCT acteur FROM evenements WHERE efface_le IS NOT NULL ORDER BY 1")
        self.assertEqual(actors, ["compte", "gestionnaire"])
        self.verified(root)

    def test_numbers_are_still_taken(self):
        """A validated number cannot be enrolled again, a rejected one can; the same bytes get the first answer."""
        root = self.filled()
        purge(root, "2026-06-13")
        drop(root, F["rejetee"], "encore.tar")
        f = F["validee"]
        root.drop(f.compte, "memes.tar", archive("tar", files(f)))
        root.drop(f.compte, "autres.zip", depot(f))
        root.run("2026-06-14")
        self.assertEqual(root.retour(F["rejetee"].compte, f"{F['rejetee'].compte}-encore.tar")["numero"], self.numeros["rejetee"])
        self.assertEqual(root.retour(f.compte, "memes.tar")["numero"], self.numeros["validee"])
        self.assertIn("CYC-001", {a["code"] for a in root.retour(f.compte, "autres.zip")["anomalies"]})
        self.check_outputs(root)
        purge(root, "2026-09-15")  # the names of what was dropped again go too
        self.assertEqual(root.sql("SELECT count(*) FROM depots WHERE archive IN ('memes.tar', 'autres.zip')"), [(0,)])

    def test_outputs_that_are_due(self):
        """Outputs are made of the request: it waits for them."""
        root = self.filled()
        database = sqlite3.connect(root.path / "var/segur.db")
        database.execute("UPDATE mails SET publie = 0 WHERE numero = ?", (self.numeros["rejetee"],))
        database.commit()
        database.close()
        done = purge(root, "2026-06-13")
        self.assertIn("En attente de leurs sorties : 1", done.stdout)
        self.assertTrue(holding(root, paper(F["rejetee"]), "var"))
        root.run("2026-06-14")
        purge(root, "2026-06-14")
        self.assertEqual(holding(root, paper(F["rejetee"]), "var"), [])

    def test_restored(self):
        """What was erased is not published again from a backup."""
        root = self.filled()
        purge(root, "2026-06-13")
        backup, target = self.folder() / "b.db", self.folder() / "root"
        self.assertEqual(root.segur("backup", backup, "--root", root.path).returncode, 0)
        self.assertEqual(root.segur("restore", backup, target).returncode, 0)
        root.path = target
        root.run("2026-06-14")
        self.assertEqual([p.name for p in target.rglob("*") if "effacee-" in p.name], [])
        self.verified(root)


class TestRefused(Purge):
    def test_refused_drops_and_trials(self):
        root = self.filled()
        f = F["refuse"]
        purge(root, "2026-04-30")
        self.assertTrue(holding(root, paper(f), "var"))
        done = purge(root, "2026-05-01")
        self.assertIn("Dépôts sans demande : 2\n", done.stdout)
        self.assertIn("essai, OK", done.stdout)
        for text in (paper(f), nom(f).upper(), in_groups(f.iban), f"{f.compte}-secret.tar"):
            self.assertEqual(holding(root, text, "var"), [], text)
            self.assertEqual(holding(root, text, "outbox/fournisseurs"), [], text)
            self.assertEqual(holding(root, text, "outbox/mails"), [], text)
        self.assertEqual(root.sql("SELECT count(*) FROM anomalies a JOIN depots d ON d.id = a.depot WHERE d.compte = ?"
                                  " AND a.code LIKE 'BNK%'", f.compte)[0][0] > 0, True)  # fmt: skip

    def test_shared_with_a_refused_drop(self):
        """The same bytes from a stranger, refused: they stay as long as either needs them."""
        root = self.root(**self.conf)
        f, stranger = F["validee"], F["rejetee"]
        root.references(F.values())
        data = drop(root, f)
        root.drop(stranger.compte, "vole.tar", data)
        root.run(NIGHTS[0])
        numero = root.retour(f.compte, f"{f.compte}-secret.tar")["numero"]
        self.assertEqual(root.retour(stranger.compte, "vole.tar")["etat"], "KO")
        root.asp("decisions.csv", decisions([row(numero, "valider")]))
        root.run(NIGHTS[1])
        purge(root, "2026-04-02")
        self.assertEqual([e["partage"] for e in root.show(numero)["effacements"] if e["objet"] == "archive"], [True])
        self.assertTrue(holding(root, paper(f), "var"))
        purge(root, "2026-05-01")
        self.assertEqual(holding(root, paper(f), "var"), [])

    def test_shared_with_a_live_request(self):
        """Refused first, accepted later: the archive is the request's, and stays."""
        root = self.root(**self.conf)
        f = F["validee"]
        root.references(F.values(), formes=None)
        data = drop(root, f)
        stranger = F["rejetee"]
        root.drop(stranger.compte, "vole.tar", data)
        root.run(NIGHTS[0])
        numero = root.retour(f.compte, f"{f.compte}-secret.tar")["numero"]
        purge(root, "2026-05-01")
        self.assertTrue(holding(root, paper(f), "var"))
        self.assertEqual(root.sql("SELECT nature, objet, partage FROM effacements ORDER BY id"),
                         [("refus", "archive", 1), ("refus", "donnees", 0)])  # fmt: skip
        self.assertEqual(root.segur("pieces", numero, self.folder() / "o", "--root", root.path).returncode, 0)


    def test_a_document_of_two_requests(self):
        """Kept alone once, for both; it goes with the last."""
        root = self.root(**self.conf)
        first, second = F["validee"], F["rejetee"]
        root.references(F.values())
        shared = pdf("COMMUN AUX DEUX")
        for f in (first, second):
            made = files(f)
            made[next(name for name in made if "certificat" in name)] = shared
            root.drop(f.compte, "a.tar", archive("tar", made))
        root.run(NIGHTS[0])
        numeros = [root.retour(f.compte, "a.tar")["numero"] for f in (first, second)]
        for night, numero in zip(NIGHTS[1:], numeros):
            root.asp("decisions.csv", decisions([row(numero, "valider")]))
            root.run(night)
        purge(root, "2026-04-03")
        path = "var/archives/{0:.2}/{0}".format(hashlib.sha256(shared).hexdigest())
        self.assertEqual(holding(root, "COMMUN AUX DEUX", "var"), [path])
        purge(root, "2026-06-11")
        self.assertEqual([e["partage"] for e in root.show(numeros[0])["effacements"]
                          if e["objet"] == "certificat_referencement"], [True])  # fmt: skip
        self.assertEqual(holding(root, "COMMUN AUX DEUX", "var"), [path])
        out = self.folder() / "out"
        self.assertEqual(root.segur("pieces", numeros[1], out, "--root", root.path).returncode, 0)
        self.assertIn(shared, [p.read_bytes() for p in out.iterdir()])
        purge(root, "2026-06-12")
        self.assertEqual(holding(root, "COMMUN AUX DEUX", "var"), [])


class TestRapports(Purge):
    def test_dated_reports(self):
        root = self.filled()
        folder = root.path / "outbox/asp/rapports"
        done = purge(root, "2026-06-01")
        self.assertIn("Rapports datés : 2\n", done.stdout)
        self.assertEqual(sorted(p.name for p in folder.iterdir()), [*NIGHTS[2:], "courant"])
        purge(root, "2027-06-01")
        self.assertEqual(sorted(p.name for p in folder.iterdir()), [NIGHTS[3], "courant"])

    def test_reports_alone_cost_no_rewriting(self):
        """What was never in the database is erased without writing it anew, which takes as long as it is large."""
        root = self.filled()
        purge(root, "2026-06-13")
        root.drop(F["refuse"].compte, "rien.zip", b"bonjour")
        root.run("2026-06-14")
        with contextlib.closing(sqlite3.connect(root.path / "var/segur.db", isolation_level=None)) as database:
            database.executescript("CREATE TABLE t AS SELECT zeroblob(100000) AS b; DROP TABLE t")
        free = root.sql("PRAGMA freelist_count")
        self.assertNotEqual(free, [(0,)])
        self.assertIn("Rapports datés : 1\n", purge(root, "2026-06-14").stdout)
        self.assertEqual(root.sql("PRAGMA freelist_count"), free)
        self.assertEqual(root.sql("SELECT count(*) FROM effacements WHERE etat <> 'fait'"), [(0,)])
        purge(root, "2026-09-15")
        self.assertEqual(root.sql("PRAGMA freelist_count"), [(0,)])


class TestDryRun(Purge):
    def test_says_the_same_and_changes_nothing(self):
        for date in ("2026-04-02", "2026-04-04", "2026-06-13"):
            with self.subTest(date):
                root = self.filled()
                before = state(root)
                said = purge(root, date, "--dry-run").stdout
                self.assertEqual(state(root), before)
                done = purge(root, date).stdout
                self.assertEqual(said.replace(" (à blanc)", ""), re.sub("effacée?s", "à effacer", done))


class TestEncrypted(Purge):
    @classmethod
    def setUpClass(cls):
        Case.setUpClass()
        cls.cert, cls.key = certificat("rsa")
        cls.first = cls.shared_root(certificat=cls.cert, **cls.conf)
        cls.numeros = filled(cls.first)

    def test_waits_for_the_key(self):
        root = self.filled()
        before = state(root)
        done = purge(root, "2026-04-02")
        self.assertIn("En attente de la clé (--cle) : 2", done.stdout)
        self.assertEqual(state(root), before)
        other = certificat("autre")[1]
        self.assertIn("la clé n'est pas la bonne", purge(root, "2026-04-02", "--cle", other, expect=65).stderr)
        self.assertEqual(state(root), before)

    def test_with_the_key(self):
        root = self.filled()
        before, _ = self.pieces(root, "validee", "--cle", self.key)
        archives = set(kept(root))
        done = purge(root, "2026-04-02", "--cle", self.key)
        self.assertIn("Documents effacés : 3\nArchives effacées : 2\n", done.stdout)
        self.assertEqual(len(archives - set(kept(root))), 2)
        self.assertEqual({p.suffix for p in kept(root)}, {".cms"})
        after, _ = self.pieces(root, "validee", "--cle", self.key)
        self.assertEqual(after, {n: d for n, d in before.items() if "identite" not in n})
        for f in F.values():
            self.assertEqual(holding(root, paper(f)), [])
        self.assertEqual(holding(root, "%PDF-"), [])
        self.verified(root)

    def test_whole_dossiers_need_no_key(self):
        root = self.filled()
        purge(root, "2026-06-13")
        live = root.sql("SELECT sha256 FROM depots_conserves")
        self.assertEqual([p.name for p in kept(root)], [f"{sha256}.cms" for (sha256,) in live])
        self.assertEqual(root.sql("SELECT count(*) FROM chiffres"), [(1,)])
        self.verified(root)


class TestInterrupted(Purge):
    def finished(self, root: Root) -> dict:
        return {name: value for name, value in state(root).items()}

    def test_killed_on_the_way(self):
        """kill -9 in the middle of anything, then the next purge: as if nothing had happened."""
        date, killed = "2026-06-13", 0
        root = self.filled()
        purge(root, date)
        wanted = self.finished(root)
        for call in ("openat", "pread64", "pwrite64", "fcntl"):
            for when in (5, 15, 30, 60, 120, 240):
                root = self.filled()
                if root.kill_at(call, when, "purge", "--root", root.path, "--date", date).returncode == 0:
                    break
                killed += 1
                purge(root, date)
                self.same(self.finished(root), wanted, f"{call} {when}")
        self.assertGreaterEqual(killed, 10)

    def test_every_write(self):
        """Killed at each call that changes a file or a name, in turn."""
        if subprocess.run(["strace", "-V"], capture_output=True).returncode:
            self.skipTest("no strace")
        cases = {"2026-04-04": "unlinkat linkat renameat2 syncfs".split(), "2026-06-13": ["unlinkat", "fsync", "fdatasync"]}
        runs = 0
        for date, calls in cases.items():
            root = self.filled()
            purge(root, date)
            wanted = self.finished(root)
            for call in calls:
                for when in range(1, 60):
                    root = self.filled()
                    if root.kill_at(call, when, "purge", "--root", root.path, "--date", date).returncode == 0:
                        break
                    runs += 1
                    purge(root, date)
                    self.same(self.finished(root), wanted, f"{date} {call} {when}")
                    root.remove()
        self.assertGreater(runs, 20)

    def test_encrypting(self):
        """Killed while it encrypts what was kept plain: no file is lost, the next purge ends it."""
        if subprocess.run(["strace", "-V"], capture_output=True).returncode:
            self.skipTest("no strace")
        made = self.filled()
        made.configure(certificat=certificat("rsa")[0])
        names = sorted(p.name for p in kept(made))
        runs = 0
        for call in "openat renameat unlinkat syncfs pwrite64".split():
            for when in range(1, 60, 3 if call == "openat" else 1):
                root = self.copied(made)
                if root.kill_at(call, when, "purge", "--root", root.path, "--date", "2026-03-06").returncode == 0:
                    break
                runs += 1
                self.assertEqual(sorted({p.name.removesuffix(".cms") for p in kept(root)}), names)
                self.verified(root)
                purge(root, "2026-03-06")
                self.assertEqual(sorted(p.name for p in kept(root)), [f"{name}.cms" for name in names])
                self.assertEqual(root.tree("var/tmp"), {})
                self.verified(root)
                root.remove()
        self.assertGreater(runs, 20)

    def test_somebody_reads(self):
        """An open reader keeps the log: said, and the next purge empties it."""
        root = self.filled()
        reader = sqlite3.connect(f"file:{root.path}/var/segur.db?mode=ro", uri=True, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM depots").fetchall()
        done = purge(root, "2026-04-02", expect=75)
        self.assertIn("en cours de lecture", done.stderr)
        self.assertTrue(all(e["etat"] == "retire" for e in root.show(self.numeros["validee"])["effacements"]))
        reader.close()
        done = purge(root, "2026-04-02")
        self.assertIn("purge interrompue achevés : 7", done.stdout)
        self.assertTrue(all(e["etat"] == "fait" for e in root.show(self.numeros["validee"])["effacements"]))

    def test_locked_and_wrong(self):
        root = self.filled()
        lock = root.lock()
        purge(root, "2026-04-02", expect=75)
        lock.close()
        purge(root, "2026-02-30", expect=64)
        purge(root, "2026-04-02", "--cle", "/nulle/part", expect=65)


if __name__ == "__main__":
    unittest.main()
