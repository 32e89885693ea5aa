"""State reports of a night alone ([rapports] etat = nuit), and all of them when asked for (`segur rapports`)."""

import hashlib
import json
import subprocess

from harness import Case, SEGUR
from fabrique import decisions, depot, fournisseur

NIGHT_1, NIGHT_2, NIGHT_3 = "2026-03-02", "2026-03-03", "2026-03-04"
ETATS = ("demandes", "pieces", "comptes", "droits", "coordonnees_bancaires")
NOMS = ("un", "deux", "trois", "quatre")


class TestRapports(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.f = {name: fournisseur(n, compte=f"{name}-{n}") for n, name in enumerate(NOMS, 1)}
        cls.first = cls.shared_root()
        cls.first.references(cls.f.values())
        for f in cls.f.values():
            cls.first.drop(f.compte, "dossier.zip", depot(f))
        cls.first.run(NIGHT_1)
        cls.numeros = {name: cls.first.retour(f.compte, "dossier.zip")["numero"] for name, f in cls.f.items()}

    def decided(self, **conf):
        """A second night that validates the first request alone, and a third in which nothing happens."""
        root = self.copied(self.first)
        root.configure(**conf)
        root.asp("decisions.csv", decisions([{"numero": self.numeros["un"], "decision": "valider", "motif": "",
                                              "pieces": "", "gestionnaire": "Bérénice Caron"}]))  # fmt: skip
        root.run(NIGHT_2)
        return root

    def package(self, folder):
        found = json.loads((folder / "datapackage.json").read_text("utf-8"))
        for resource in found["resources"]:
            data = (folder / resource["path"]).read_bytes()
            self.assertEqual(resource["bytes"], len(data))
            self.assertEqual(resource["hash"], "sha256:" + hashlib.sha256(data).hexdigest())
            self.assertEqual(resource["rows"] if "rows" in resource else None,
                             data.count(b"\r\n") - 1 if "rows" in resource else None)  # fmt: skip
        return {resource["name"]: resource for resource in found["resources"]}

    def test_a_night_alone(self):
        root = self.decided(etat="nuit")
        folder = root.path / "outbox/asp/rapports/courant"
        for name in ("demandes", "droits", "coordonnees_bancaires", "comptes"):
            with self.subTest(name):
                numeros = [r["numero"] for r in root.report(name)]
                self.assertEqual(numeros, [self.numeros["un"]])
        self.assertEqual({r["numero"] for r in root.report("pieces")}, {self.numeros["un"]})
        scopes = {name: resource.get("portee") for name, resource in self.package(folder).items()}
        self.assertEqual(scopes, {name: "nuit" if name in ETATS else None for name in scopes})
        self.assertEqual(len(scopes), 10)
        totals = {r["indicateur"]: r["valeur"] for r in root.report("statistiques")}
        self.assertEqual((totals["demandes"], totals["demandes_validee"]), ("4", "1"))
        root.run(NIGHT_3)
        for name in ETATS:
            self.assertEqual(root.report(name), [], name)
        self.assertEqual(root.segur("verify", "--root", root.path).returncode, 0)
        replayed = root.segur("replay", "--date", NIGHT_2, self.folder() / "rejeu", "--root", root.path)
        self.assertEqual(replayed.returncode, 0, replayed.stdout + replayed.stderr)

    def test_all_of_it(self):
        """What the command writes is what a night writes that tells all, byte for byte."""
        for etat in ("complet", "nuit"):
            with self.subTest(etat):
                root = self.decided(etat=etat)
                whole = self.decided().path / "outbox/asp/rapports/courant"
                where = self.folder() / "tout"
                done = root.segur("rapports", where, "--root", root.path)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                for name in ETATS:
                    self.assertEqual((where / f"{name}.csv").read_bytes(), (whole / f"{name}.csv").read_bytes(), name)
                self.assertEqual(sorted(self.package(where)), sorted(ETATS))
                self.assertIn(NIGHT_2, (where / "datapackage.json").read_text("utf-8"))

    def test_nothing_is_written_over(self):
        root = self.decided()
        where = self.folder() / "plein"
        where.mkdir()
        (where / "demandes.csv").write_text("à moi")
        done = root.segur("rapports", where, "--root", root.path)
        self.assertEqual(done.returncode, 65)
        self.assertIn("n'est pas vide", done.stderr)
        self.assertEqual([(p.name, p.read_text()) for p in where.iterdir()], [("demandes.csv", "à moi")])
        (where / "demandes.csv").unlink()
        self.assertEqual(root.segur("rapports", where, "--root", root.path).returncode, 0)

    def test_while_a_night_runs(self):
        root = self.decided()
        with root.lock():
            self.assertEqual(root.segur("rapports", self.folder() / "r", "--root", root.path).returncode, 0)

    def test_usage(self):
        root = self.first
        for words in ((), ("a", "b")):
            self.assertEqual(root.segur("rapports", *words, "--root", root.path).returncode, 64)
        done = subprocess.run([SEGUR, "rapports", "--help"], capture_output=True, text=True)
        self.assertIn("données personnelles", done.stdout)
