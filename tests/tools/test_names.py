"""Columns and parameters have names: the program that counts bare numbers finds none here, and each kind where there is
one; and the generator refuses statements that it cannot name."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

REPO = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO / "tools"))
import bare_numbers  # noqa: E402 (found through the path set above)
import statements  # noqa: E402

NAMED = """
static void by_name(sqlite3_stmt *stmt, int column, struct shown *shown)
{
	bind_int(stmt, DEPOT_GET_P_ID, 1);
	bind_text(stmt, parameter(stmt, ":date"), "2026");
	print(column_text(stmt, DEPOT_GET_ARCHIVE));
	print(column_text(stmt, column));
	print(column_text(stmt, shown->columns[2].column));
	for (int i = 0; i < sqlite3_column_count(stmt); i++)
		print(column_text(stmt, i)); /* column_text(stmt, 3) */
}
"""
BARE = [
    "bind_int(stmt, 1, id);",
    "bind_text(\n\t    stmt, 2, text);",
    "print(column_text(stmt, 0));",
    "sqlite3_bind_int64(stmt, DEPOT_GET_P_ID + 1, id);",
    "for (int i = 0; i < 4; i++)\n\t\tprint(column_text(stmt, i));",
    "for (int i = 0; i < 4; i++)\n\t\tbind_text(stmt, i + 1, texts[i]);",
    "int first = 3;\n\n\tprint(column_text(stmt, first));",
    "print(column_text(stmt, (int[]){1, 2}[i]));",
    "print(column_text(stmt, OWN));",
    "wrapper(stmt, 3);",
]
FILE = """#define OWN 4

static void wrapper(sqlite3_stmt *stmt, int column)
{
	print(column_text(stmt, column));
}

static void user(sqlite3_stmt *stmt)
{
	LINE
}
"""


class TestBareNumbers(unittest.TestCase):
    def found(self, text: str) -> list[str]:
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "sample.c"
            path.write_text(text, "utf-8")
            return [number for _, _, number in bare_numbers.find([path])]

    def test_there_are_none(self):
        done = subprocess.run([sys.executable, REPO / "tools/bare_numbers.py"], capture_output=True, text=True)
        self.assertEqual(done.stdout, "bare column and parameter numbers: 0\n")
        self.assertEqual(done.returncode, 0)

    def test_named(self):
        self.assertEqual(self.found(NAMED), [])

    def test_each_kind_is_found(self):
        for line in BARE:
            with self.subTest(line=line):
                self.assertEqual(len(self.found(FILE.replace("LINE", line))), 1)


SOUND = {
    "depot_get": "SELECT d.id, archive AS nom, count(*) AS count FROM depots d WHERE d.id = :id AND x = ':no';",
    "depot_count": "SELECT count(*) FROM depots;",
    "both": "WITH a(x) AS (SELECT 1, 2) SELECT x, (SELECT y FROM b) AS y FROM a UNION ALL SELECT 3, 4;",
    "depot_new": "INSERT INTO depots (a, b) VALUES (:a, :b) RETURNING id, b AS kept;",
    "dossier_new": "INSERT INTO dossiers (id, $dossier_columns) VALUES (:id, $dossier_values);",
}
UNSOUND = {
    "no name": "SELECT id, count(*) FROM depots;",
    "two columns": "SELECT a.id, b.id FROM a JOIN b;",
    "other columns": "SELECT id, nom FROM a UNION ALL SELECT id FROM b;",
    "cannot be told": "SELECT id, nom, SELECT FROM a;",
    "neither": "VALUES (1, 2);",
    "have names": "SELECT id FROM a WHERE id = ?1;",
    "no shape": "-- columns: nothing\nSELECT id FROM a;",
    "begin with": "-- columns: row\nSELECT nom, id FROM a;",
    "followed by": "-- columns: row in order\nSELECT id, nom FROM a;",
}


class TestStatements(unittest.TestCase):
    def load(self, named: dict, turn=False):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "sql").mkdir()
            text = "-- shape: row (id, nom)\n\n" + "\n\n".join(f"-- name: {n}: why\n{sql}" for n, sql in named.items())
            (pathlib.Path(folder) / "sql/sample.sql").write_text(text, "utf-8")
            return statements.load_statements(pathlib.Path(folder), ["nom", "iban"], turn)[0]

    def test_columns_and_parameters(self):
        found = {one.name: (one.columns, one.parameters) for one in self.load(SOUND)}
        self.assertEqual(found, {
            "depot_get": (["id", "nom", "count"], ["id"]), "depot_count": ([None], []),
            "both": (["x", "y"], []), "depot_new": (["id", "kept"], ["a", "b"]),
            "dossier_new": ([], ["id", "nom", "iban"])})  # fmt: skip

    def test_what_has_no_name_is_refused(self):
        for words, sql in UNSOUND.items():
            with self.subTest(sql=sql), self.assertRaisesRegex(SystemExit, f"schemas/sql: sample: .*{words}"):
                self.load({"sample": sql})

    def test_turned(self):
        one, both, walked = self.load({
            "one": "-- columns: row\nSELECT id, nom, a AS b, c FROM t WHERE x = :x AND y = :y",
            "both": "SELECT a, f(b, c) AS d FROM t UNION ALL SELECT 1, 2",
            "walked": "-- columns: in order\nSELECT a, b FROM t WHERE x = :x"}, turn=True)  # fmt: skip
        self.assertEqual((one.columns, one.parameters), (["nom", "id", "c", "b"], ["y", "x"]))
        self.assertEqual(one.sql.split(), "WITH turned AS (SELECT :y, :x) SELECT nom, id, c, a AS b"
                                          " FROM t WHERE x = :x AND y = :y".split())  # fmt: skip
        self.assertEqual(both.sql.split(), "SELECT f(b, c) AS d, a FROM t UNION ALL SELECT 2, 1".split())
        self.assertEqual(walked.sql, "SELECT a, b FROM t WHERE x = :x")


if __name__ == "__main__":
    unittest.main()
