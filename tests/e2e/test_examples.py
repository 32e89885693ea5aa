"""The demonstration set: the four nights of examples/ are answered as its attendu.csv say."""

import csv
import io
import unittest

from harness import LABELS, REPO, Case, Root, codes

EXAMPLES = REPO / "examples"
NIGHTS = (1, 2, 3, 4)


def expected(night: int, name: str) -> list[dict]:
    return list(csv.DictReader(io.StringIO((EXAMPLES / f"nuit-{night}/{name}").read_text("utf-8"))))


def date_of(night: int) -> str:
    return (EXAMPLES / f"nuit-{night}/date").read_text().strip()


def fill(root: Root, night: int) -> None:
    base = EXAMPLES / f"nuit-{night}/inbox"
    for path in sorted(base.glob("*/*")):
        root.drop(path.parent.name, path.name, path.read_bytes())


class TestExamples(Case):
    """Each test looks at the root as it was after its night."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        root = cls.shared_root()
        cls.after, cls.left, cls.trees = {}, {}, {}
        for night in NIGHTS:
            fill(root, night)
            root.run(date_of(night))
            cls.left[night] = [p.relative_to(root.path) for p in (root.path / "inbox").rglob("*") if not p.is_dir()]
            cls.trees[night] = root.tree()
            cls.after[night] = root.copy()
            cls.addClassCleanup(cls.after[night].remove)

    def test_drops(self):
        asked = {}  # answers given so far to a name
        for night in NIGHTS:
            for row in expected(night, "attendu.csv"):
                key = row["compte"], row["archive"]
                with self.subTest(night=night, drop="/".join(key)):
                    answers = self.after[night].retours(*key)
                    asked[key] = asked.get(key, 0) + 1
                    self.assertEqual(len(answers), asked[key])
                    found = answers[-1]
                    self.assertEqual(found["etat"], row["etat"], found["anomalies"])
                    self.assertEqual(found["numero"] or "", row["numero"])
                    wanted = row["anomalies"].split("|") if row["anomalies"] else []
                    alerts = {a["code"] for a in found["anomalies"] if a["gravite"] == "alerte"}
                    self.assertLessEqual(set(wanted), set(codes(found)))
                    self.assertLessEqual(set(codes(found)) - set(wanted), alerts if row["etat"] == "KO" else set())
                    self.assertEqual(found["archive"], row["archive"])

    def test_asp_files(self):
        for night in NIGHTS:
            rows = expected(night, "attendu_asp.csv")
            for name in sorted({row["fichier"] for row in rows}):
                with self.subTest(night=night, file=name):
                    wanted = [row for row in rows if row["fichier"] == name]
                    found = self.after[night].asp_answer(name)
                    if name.startswith("decisions"):
                        keys = ("ligne", "numero", "decision", "etat", "code")
                        self.assertEqual([[r[k] for k in keys] for r in found], [[r[k] for k in keys] for r in wanted])
                    else:
                        self.assertEqual([(r["etat"], r["code"]) for r in found],
                                         [(r["etat"], r["code"]) for r in wanted])  # fmt: skip

    def test_inbox_is_emptied(self):
        self.assertEqual(self.left, {night: [] for night in NIGHTS})

    def test_outputs_without_defects(self):
        """Mails as a parser reads them, CSVs against their Table Schemas."""
        for night in NIGHTS:
            with self.subTest(night=night):
                self.check_outputs(self.after[night])

    def test_a_night_again_changes_nothing(self):
        for night in NIGHTS:
            with self.subTest(night=night):
                root = self.copied(self.after[night])
                root.run(date_of(night))
                self.same(root.tree(), self.trees[night])

    def test_statuses(self):
        demandes = self.after[NIGHTS[-1]].demandes()
        self.assertEqual({row["statut"] for row in demandes.values()}, {
            "EN_COURS", "CERTIFICATS_A_VALIDER", "REJETEE", "VALIDEE"})  # fmt: skip
        for row in demandes.values():
            self.assertEqual(row["statut_libelle"], LABELS[row["statut"]])
            shown = self.after[NIGHTS[-1]].show(row["numero"])
            for key in ("numero", "statut", "statut_libelle", "type", "siret", "numero_ans", "date_depot"):
                self.assertEqual(shown[key], row[key], key)
            self.assertIs(shown["anticipe"], row["anticipe"] == "oui")

    def test_whole_history_of_mails(self):
        """Each request that was recorded has its receipt; each refusal went to the access table's contact."""
        root = self.after[NIGHTS[-1]]
        kinds = [mail["X-Segur-Mail"] for mail in root.mails()]
        rows = [row for night in NIGHTS for row in expected(night, "attendu.csv")]
        recorded = {(row["archive"], row["numero"]) for row in rows if row["numero"]}
        receipts = kinds.count("accuse_reception") + kinds.count("accuse_reception_anticipe")
        self.assertEqual(receipts, len(recorded))
        self.assertEqual(kinds.count("depot_refuse"), sum(row["etat"] == "KO" for row in rows))


if __name__ == "__main__":
    unittest.main()
