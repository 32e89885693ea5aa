"""Every rule from outside, by the cases of rules_table.py: all rows of a table are dropped in one night, a supplier
each."""

import re
import unittest

from harness import CATALOGUE, DATE, LABELS, Case, codes
from factory import HEADERS, csv_asp, references
from rules_table import AUTRE, CALENDRIER, COMPTES, FAMILIES, WITHOUT_CASE, WITHOUT_NEIGHBOUR, TABLES, Ko, Ok


class TestCatalogue(unittest.TestCase):
    def test_every_code_has_its_rows(self):
        wanted = {code for code in CATALOGUE if code.partition("-")[0] in FAMILIES}
        rows = [row for table in TABLES.values() for row in table]
        reached = {row.code for row in rows if isinstance(row, Ko)}
        neared = {code for row in rows if isinstance(row, Ok) for code in row.near.split()}
        self.assertLessEqual(reached | neared, wanted)
        self.assertEqual(sorted(wanted - reached), sorted(WITHOUT_CASE), "codes without a dossier that has them")
        self.assertEqual(sorted(wanted - neared), sorted(WITHOUT_NEIGHBOUR), "codes without a dossier that comes near")


class Night(Case):
    """One night with a drop for each row of `tables`."""

    tables: tuple = ()
    conf: dict = {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not cls.tables:
            raise unittest.SkipTest("a base class")
        cls.root = cls.shared_root(**cls.conf)
        cls.rows = [row for name in cls.tables for row in TABLES[name]]
        for n, row in enumerate(cls.rows, 1):
            row.build(n)
        suppliers = [row.supplier for row in cls.rows] + [row.earlier for row in cls.rows if row.earlier]
        files = references([*suppliers, AUTRE], {"comptes.csv": COMPTES})
        dsrs = {f.dsr for f in suppliers} - {dsr for dsr, *_ in CALENDRIER} - {"SONS SANS FENETRE"}
        windows = [(dsr, "2025-01-01", "2026-12-31") for dsr in sorted(dsrs)]
        files["calendrier.csv"] = csv_asp(HEADERS["calendrier.csv"], windows + CALENDRIER)
        for name, data in files.items():
            cls.root.asp(name, data)
        for row in cls.rows:
            if row.earlier:
                cls.root.drop(row.compte, "avant.zip", row.earlier_bytes)
            cls.root.drop(row.compte, row.name, row.bytes)
        cls.root.run(DATE)

    def test_refused(self):
        for n, row in enumerate(self.rows):
            if not isinstance(row, Ko):
                continue
            with self.subTest(row.code, n=n, compte=row.compte, chemin=row.chemin, d=str(row.d)[:200]):
                self.check_ko(row)

    def check_ko(self, row):
        retour = self.root.retour(row.compte, row.name)
        anomalies = retour["anomalies"]
        found = sorted({a["code"] for a in anomalies})
        if "*" not in row.along:
            self.assertEqual(found, sorted({row.code, *row.along}), anomalies)
        blocking = [a for a in anomalies if a["gravite"] == "bloquant"]
        self.assertEqual(retour["etat"], "KO" if blocking else "ANO", retour.get("incident"))
        self.assertEqual(retour["numero"] is None, bool(blocking))
        mine = [a for a in anomalies if a["code"] == row.code]
        self.assertEqual(len(mine), row.times, mine)
        self.check_anomaly(row, mine[0])

    def check_anomaly(self, row, anomaly):
        entry = CATALOGUE[row.code]
        self.assertEqual(list(anomaly), "code gravite chemin ligne colonne valeur message remede page_guide".split())
        self.assertEqual(anomaly["gravite"], entry["gravite"])
        self.assertEqual(anomaly["page_guide"], entry.get("page"))
        self.assertEqual(anomaly["chemin"], row.chemin)
        for text in (anomaly["message"], anomaly["remede"]):
            self.assertNotRegex(text, r"\{\w+\}", "a placeholder that nothing filled")
            self.assertTrue(text.strip())
        if row.shows is None:
            self.assertEqual((anomaly["ligne"], anomaly["colonne"]), (None, None))
            return
        try:
            text = row.dossier.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = row.dossier.decode("cp1252", "replace")
        lines = text.split("\n")
        self.assertLessEqual(anomaly["ligne"], len(lines))
        there = lines[anomaly["ligne"] - 1][anomaly["colonne"] - 1 :]
        self.assertTrue(there.startswith(row.shows), f"at {anomaly['ligne']}:{anomaly['colonne']}: {there!r}")
        value = anomaly["valeur"]
        if value is not None:  # perhaps in its normal form
            self.assertIn(value.replace(" ", ""), there.replace(" ", ""))

    def test_taken(self):
        for n, row in enumerate(self.rows):
            if not isinstance(row, Ok):
                continue
            with self.subTest(row.near, n=n, compte=row.compte, f=str(row.f)[:200], d=str(row.d)[:200]):
                retour = self.root.retour(row.compte, row.name)
                self.assertEqual(codes(retour), sorted(row.alertes), retour["anomalies"])
                self.assertEqual(retour["etat"], "ANO" if row.alertes else "OK")
                self.assertRegex(retour["numero"], r"^ENR\d{4,}M0$")
                self.assertEqual((retour["statut"], retour["statut_libelle"]), ("EN_COURS", LABELS["EN_COURS"]))

    def test_reports_agree(self):
        """anomalies.csv, depots.csv and the answers say the same."""
        columns = "archive compte code gravite chemin ligne colonne valeur message remede page_guide".split()
        told, taken = [], []
        for depot in self.root.report("depots"):
            retour = self.root.retour(depot["compte"], depot["archive"])
            taken.append((depot["etat"], depot["numero"] or None, depot["sha256"] or None, depot["taille"]))
            self.assertEqual(taken[-1], (retour["etat"], retour["numero"], retour["sha256"], str(retour["taille"])))
            for a in retour["anomalies"]:
                line = {"archive": depot["archive"], "compte": depot["compte"]} | a
                told.append({c: "" if line[c] is None else str(line[c]) for c in columns})
        rows = self.root.report("anomalies")
        self.assertTrue(not rows or list(rows[0]) == columns)
        self.assertEqual(len(rows), len(told))
        for row, line in zip(rows, told):
            for c in columns:
                shown = re.sub("[\u202a-\u202e]", "\ufffd", line[c])  # what no cell may hold
                self.assertEqual(row[c], "'" + shown if shown[:1] in tuple("=+-@") else shown)


class TestArchive(Night):
    tables = ("KO_ARCHIVE", "KO_TEXT")


class TestLimits(Night):
    tables = ("KO_LIMITS", "OK_LIMITS")
    conf = {"formats_archive": "zip, tar.gz", "formats_piece": "pdf, png", "archive_octets": 65536,
            "contenu_octets": 200_000, "entrees": 8, "dossier_octets": 4096, "pixels": 60_000}  # fmt: skip


class TestDossier(Night):
    tables = ("KO_STEP_1", "KO_STEP_2", "KO_STEPS_3_TO_5")


class TestSmallPieces(Night):
    tables = ("KO_SMALL_PIECES",)
    conf = {"piece_octets": 1024}


class TestPieces(Night):
    tables = ("KO_PIECES",)

    def test_a_file_given_for_two_pieces_is_written_for_each(self):
        row = next(row for row in self.rows if row.code == "PJ-005")
        retour = self.root.retour(row.compte, row.name)
        folder = self.root.path / "documents"
        done = self.root.segur("pieces", retour["numero"], folder, "--root", self.root.path)
        self.assertEqual(done.returncode, 0, done.stderr)
        files = [path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix == ".pdf"]
        self.assertEqual((len(files), len(set(files))), (3, 2))  # the certificate, and the RIB twice


class TestRights(Night):
    tables = ("KO_RIGHTS",)


class TestTaken(Night):
    tables = ("OK",)


del Night  # not a test by itself

if __name__ == "__main__":
    unittest.main()
