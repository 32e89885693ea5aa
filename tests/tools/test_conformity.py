"""Traceability: every code, row of statuses and rule of the guide is done and shown; and the tool that says so sees
what is missing."""

import copy
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

REPO = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO / "tools"))
import c_scan  # noqa: E402 (found through the path set above)
import conformity  # noqa: E402
import evidence  # noqa: E402

PAGE = REPO / "docs/conformite.md"
PLACES = REPO / "schemas", REPO / "src", REPO / "tests"


class TestConformity(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.project = conformity.load(*PLACES)

    def test_everything_is_done_and_shown(self):
        found = list(conformity.problems(self.project))
        self.assertEqual(found, [], "\n" + "\n".join(found))

    def test_the_page_is_up_to_date(self):
        self.assertTrue(conformity.page(self.project) == PAGE.read_text("utf-8"),
                        f"{PAGE.relative_to(REPO)} is stale: run `make docs`, then commit it")  # fmt: skip

    def test_links_lead_somewhere(self):
        text = PAGE.read_text("utf-8")
        targets = set(re.findall(r"\]\(([^)#]+)", text))
        self.assertGreater(len(targets), 30)
        self.assertEqual([name for name in sorted(targets) if not (PAGE.parent / name).exists()], [])
        anchors = set(re.findall(r"\]\(#([^)]+)\)", text))
        titles = re.findall(r"^#+ (.*)$", text, re.M)
        headings = {title.lower().replace(" ", "-") for title in titles}
        self.assertLessEqual(anchors, headings)

    def test_every_family_is_looked_at(self):
        families = {entry["code"].partition("-")[0] for entry in self.project.catalogue}
        self.assertLessEqual({"ARC", "YML", "ANS", "PJ", "ACC", "CYC", "SIG", "DEC", "REF"}, families)
        self.assertEqual(len(self.project.source.transitions), 24)

    def test_every_page_of_rules_is_covered(self):
        silent = {1, 3, 5, 7, 23, 26, 34, 37, 44}  # the cover, the titles of chapters
        self.assertEqual({rule["page"] for rule in self.project.guide}, set(range(2, 48)) - silent)

    def test_same_bytes_and_only_when_they_change(self):
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / "page.md"
            for seed in ("1", "2"):
                subprocess.run([sys.executable, REPO / "tools/conformity.py", *PLACES, out], check=True,
                               env={"PATH": "/usr/bin:/bin", "PYTHONHASHSEED": seed})  # fmt: skip
                if seed == "1":
                    first = out.read_bytes()
                    os.utime(out, (1, 1))
            self.assertEqual(out.read_bytes(), first)
            self.assertEqual(out.stat().st_mtime, 1)


# --- A small project without a fault, to be spoilt ----------------------------------------------------

SOURCE = {
    "src/rules/rules.c": """
#define NOT_HERE ANO_B_DEUX
static const enum anomalie_code codes[] = {ANO_C_TROIS};
/* ANO_D_QUATRE is raised elsewhere. */
static void judge(struct findings *findings)
{
	add(findings, ANO_A_UN, "ANO_B_DEUX");
	if (findings->code == ANO_B_DEUX) // ANO_B_DEUX
		judge(findings);
}
int two(int x)
{
	return raise(x, info->invalid);
}
""",
    "src/publish/mail_text.c": 'static const struct template {\n\tconst char *type;\n} templates[] = {{"refus", 0, "Refus"}};\n',
    "src/request/status.c": """
static const char *const evenements[] = {[EVENEMENT_REJETER] = "rejeter"};
static const struct {
	int de;
} table[] = {
    {STATUT_EN_COURS, EVENEMENT_REJETER, GUARD_NONE, {STATUT_REJETEE, "refus"}},
};
""",
}
UNIT = """
static const struct {
	const char *from;
} rows[] = {{"EN_COURS", "rejeter", "", "REJETEE"}};
static void everything(void **state)
{
	static const struct sample samples[] = {{"x", "A-NON, AAA-003@pieces"}};
	(void)state; /* AAA-009 */
	assert_string_equal(found(rows, samples), "AAA-001");
	assert_int_equal(code(1), ANO_B_DEUX);
	printf("AAA-010");
}
#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
int main(void)
{
	const struct CMUnitTest tests[] = {WITH(everything)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
"""
PYTHON = '''
"""AAA-009 in a docstring."""
class TestIt(Case):
    def test_it(self):
        """AAA-009 again."""  # AAA-009
        self.assertNotIn("AAA-009", self.found)
        if self.code == "AAA-009":
            return
        self.assertEqual(self.root.mails("refus"), [])
        (row,) = self.root.report("demandes")
        self.assertEqual(row["statut"], "REJETEE")
'''
CHAMPS = [{"chemin": "type", "absent": "D_QUATRE", "invalide": "B_DEUX", "types": "I"}]


def entry(code, nom, **more):
    return {"code": code, "nom": nom, "gravite": "bloquant"} | more


def small(source=SOURCE, unit=UNIT, python=PYTHON, unit_name="tests/unit/test_x.c", scenarios=None):
    catalogue = [entry("AAA-001", "A_UN", page=9), entry("AAA-002", "B_DEUX"), entry("AAA-003", "C_TROIS")]
    guide = [
        {"id": "G-009-1", "page": 9, "regle": "Un", "codes": ["AAA-001"], "cles": ["type"],
         "symboles": ["rules/rules.c:judge"], "tests": ["unit/test_x.c:everything", "e2e/test_y.py:TestIt.test_it"]},
        {"id": "G-009-2", "page": 9, "regle": "Deux", "transitions": ["EN_COURS/rejeter/REJETEE"],
         "mails": ["refus"], "rapports": ["demandes.statut"]},
        {"id": "G-010-1", "page": 10, "regle": "Trois", "sans_objet": "écran"},
    ]  # fmt: skip
    shown = evidence.Evidence()
    evidence.read_c_test(unit_name, unit, shown)
    evidence.read_python_test("tests/e2e/test_y.py", python, shown)
    evidence.read_scenarios(scenarios or {}, shown)
    return conformity.Project(catalogue, CHAMPS, guide, {"demandes.statut"}, conformity.read_source(source), shown)


class TestComplaints(unittest.TestCase):
    def check(self, project, *wanted):
        found = list(conformity.problems(project))
        self.assertEqual(len(found), len(wanted), found)
        for line, words in zip(found, wanted):
            self.assertIn(words, line)

    def test_nothing_to_say(self):
        self.check(small())

    def test_catalogue(self):
        project = small()
        project.catalogue.append(entry("AAA-004", "D_QUATRE", page=12))  # only as the `absent` of an optional key
        self.check(project, "AAA-004: nothing in src raises it", "AAA-004: no test", "AAA-004: it names page 12")
        del project.catalogue[-1], project.catalogue[1]
        self.check(project, "ANO_B_DEUX: tests/unit/test_x.c names it, the catalogue does not")
        project.champs[0] = CHAMPS[0] | {"requis": "I"}
        project.catalogue.insert(1, entry("AAA-002", "D_QUATRE"))
        project.source.absent.add(evidence.Place("src/v.c", "check_missing"))
        self.check(project, "AAA-002: no test shows it", "ANO_B_DEUX")

    def test_source(self):
        def without(old, new="0"):
            return SOURCE | {"src/rules/rules.c": SOURCE["src/rules/rules.c"].replace(old, new)}

        self.check(small(without("ANO_A_UN", "ANO_B_DEUX")), "AAA-001: nothing in src raises it")
        self.check(small(without("info->invalid")), "AAA-002: nothing in src raises it")  # compared, said, no more
        self.check(small(without("= {ANO_C_TROIS}", "= {0}; /* ANO_C_TROIS */")), "AAA-003: nothing in src")
        self.check(small(without("judge(", "judged(")), "G-009-1: symboles: rules/rules.c:judge does not exist")
        self.check(small(SOURCE | {"src/publish/mail_text.c": ""}), "G-009-2: mails: refus does not exist")

    def test_tests_in_c(self):
        shown = 'assert_string_equal(found(rows, samples), "AAA-001");'
        for text in ('printf("AAA-001");', "/* AAA-001 */", "return AAA_001;", 'if (found() == "AAA-001") {}'):
            with self.subTest(text):
                self.check(small(unit=UNIT.replace(shown, text)), "AAA-001: no test shows it")
        self.check(small(unit=UNIT.replace("AAA-003@", "AAA-03@")), "AAA-003: no test shows it")
        self.check(small(unit=UNIT.replace("AAA-003@", "AAA-077@")), "AAA-003: no test", "AAA-077: tests/unit/test_x.c")
        self.check(small(unit=UNIT.replace("int_equal(code(1), ANO_B_DEUX)", "true(code(1) == ANO_B_DEUX)")), "AAA-002")
        self.check(small(unit=UNIT.replace("{WITH(everything)}", "{0}")), "tests: unit/test_x.c:everything")
        found = list(conformity.problems(small(unit_name="tests/unit/test_mail.c")))  # its codes are material
        self.assertEqual(sum(line.endswith("no test shows it") for line in found), 3, found)

    def test_tests_in_python(self):
        self.check(small(python=PYTHON.replace('assertNotIn("AAA-009"', 'assertIn("AAA-009"')), "AAA-009")
        self.check(small(python=PYTHON.replace('self.root.mails("refus")', "1")), "no test shows the mail refus")
        self.check(small(python=PYTHON.replace('"statut"', "0")), "no test shows the column demandes.statut")
        self.check(small(python=PYTHON.replace("test_it", "check_it")), "TestIt.test_it does not exist",
                   "no test shows the mail", "no test shows the column")  # fmt: skip
        rows = PYTHON + "\n    def test_rows(self):\n        for a, b in ((1, 'AAA-009'),):\n            f(a)\n"
        self.check(small(python=rows), "AAA-009")
        unused = PYTHON + "\nROWS = [('AAA-009', 1)]\n"
        self.check(small(python=unused))
        self.check(small(python=unused + "for row in ROWS:\n    pass\n"), "AAA-009")

    def test_rules_table(self):
        text = ('KO_X = [ko("AAA-001", "x"), *(ko(code, f(name)) for code, name in (("AAA-002", "a"),))]  # AAA-009\n'
                'OK = [ok("AAA-003 AAA-004", f={"AAA-005": 1})]\n')  # fmt: skip
        shown = evidence.Evidence()
        evidence.read_rules_table("t.py", text, shown)
        place = evidence.Place("t.py", "KO_X")
        self.assertEqual(dict(shown.codes), {"AAA-001": {place}, "AAA-002": {place}})
        self.assertEqual(sorted(shown.near), ["AAA-003", "AAA-004"])
        project = small()
        project.evidence.near["AAA-003"] = project.evidence.codes.pop("AAA-003")
        self.check(project, "AAA-003: no test shows it")  # coming near to it is not showing it

    def test_transitions(self):
        for old, new in (("REJETEE", "VALIDEE"), ("EN_COURS", "VALIDEE"), ("rejeter", "valider")):
            with self.subTest(old):
                self.check(small(unit=UNIT.replace(f'"{old}"', f'"{new}"')),
                           "EN_COURS/rejeter/REJETEE (refus): no test shows it")  # fmt: skip
        row = "{STATUT_EN_COURS, EVENEMENT_REJETER, GUARD_NONE, {STATUT_REJETEE, \"refus\"}},"
        other = row.replace("STATUT_EN_COURS", "STATUT_VALIDEE")
        self.check(small(SOURCE | {"src/request/status.c": SOURCE["src/request/status.c"].replace(row, row + other)}),
                   "VALIDEE/rejeter/REJETEE (refus): no test shows it")  # fmt: skip
        self.check(small(SOURCE | {"src/request/status.c": ""}), "no table of statuses",
                   "transitions: EN_COURS/rejeter/REJETEE does not exist")  # fmt: skip

    def test_guide(self):
        cases = [
            (0, {"codes": ["AAA-099"]}, "AAA-001: it names page 9", "codes: AAA-099 does not exist"),
            (0, {"codes": []}, "AAA-001: it names page 9"),
            (0, {"cles": ["typ"]}, "cles: typ does not exist"),
            (0, {"tests": ["unit/test_x.c:gone"]}, "tests: unit/test_x.c:gone does not exist"),
            (0, {"code": []}, "unknown keys code"),
            (0, {"page": 8}, "AAA-001: it names page 9", "not G-<page>-<rank> of page 8"),
            (0, {"id": "G-009-3"}, "G-009-2: out of order"),
            (0, {"scenarios": ["absente"]}, "no scenario shows absente"),
            (0, {"scenarios": ["absente"], "tests": []}, "no scenario shows absente", "no test shows it"),
            (1, {"id": "G-009-1"}, "out of order, or given twice"),
            (1, {"mails": ["adieu"]}, "mails: adieu does not exist", "no test shows the mail adieu"),
            (1, {"rapports": ["demandes.couleur"]}, "demandes.couleur does not exist", "the column demandes.couleur"),
            (2, {"sans_objet": ""}, "nothing in src carries it", "no test shows it"),
            (2, {"codes": ["AAA-001"]}, "sans_objet, and yet codes"),
            (2, {"tests": ["unit/test_x.c:everything"]}, "sans_objet, and yet tests"),
        ]
        for index, change, *wanted in cases:
            with self.subTest(str(change)):
                project = small()
                project.guide[index].update(change)
                self.check(project, *wanted)

    def test_scenarios(self):
        scenarios = {
            "s/regles.yaml": [{"regle": "une-regle", "codes": ["AAA-008"]}],
            "s/statuts.yaml": [{"ligne": "rejet", "de": "EN_COURS", "evenement": "rejeter", "vers": "REJETEE",
                                "mail": "refus"}],
            "s/une.yaml": [{"nom": "une", "titre": "AAA-009", "montre": {"non": "une-regle"},
                            "nuits": [{"depots": [{"Atlas initial": "KO AAA-003 pieces[0].type"}]}]}],
        }  # fmt: skip
        unit = UNIT.replace("AAA-003@", "@").replace('"REJETEE"', '""')
        self.check(small(unit=unit), "AAA-003: no test shows it", "EN_COURS/rejeter/REJETEE")

        def with_rule(**change):
            changed = copy.deepcopy(scenarios)
            changed["s/une.yaml"][0].update(change)
            project = small(unit=unit, scenarios=changed)
            project.guide[1]["scenarios"] = ["une-regle"]
            return project

        self.check(with_rule())
        self.check(with_rule(montre={"oui": ["autre"]}), "no scenario shows une-regle")
        self.check(with_rule(nuits=[{"depots": ["Atlas initial"], "courriels": "AAA-003"}]), "AAA-003: no test")
        for night in ({"decisions": [{"ENR0001M0 valider": "AAA-003"}]}, {"signaux": ["ENR0001M0 AAA-003"]},
                      {"echeances": {"ENR0001M0": ["AAA-003"]}}):  # fmt: skip
            self.check(with_rule(nuits=[night]))
        del scenarios["s/statuts.yaml"]
        self.check(with_rule(), "EN_COURS/rejeter/REJETEE")


class TestReadingC(unittest.TestCase):
    def found(self, text, word="X"):
        return [(m.owner, bool(m.rows), m.calls) for m in c_scan.mentions(text) if m.text == word]

    def test_where_a_word_stands(self):
        cases = [
            ("int f(void)\n{\n\treturn X;\n}\n", [("f", False, ())]),
            ("int f(void) { g(h(X)); }", [("f", False, ("g", "h"))]),
            ("int f(void) { if (a) { X; } for (;;) { X; } }", [("f", False, ())] * 2),
            ("int f(void) { struct s x = {X, {X}}; }", [("f", True, ())] * 2),
            ("int f(void) { g((struct s){.x = X}); }", [("f", True, ("g",))]),
            ("int f(void) { g(&(struct s){X}); h(X); }", [("f", True, ("g",)), ("f", False, ("h",))]),
            ("static const struct {\n\tint x;\n} t[] = {\n    [A] = {X},\n};\nint f(void)\n{\n\tX;\n}\n",
             [("t", True, ()), ("f", False, ())]),
            ("enum e { X, Y };\nstatic int t = X;\nint f(int x) { return x; }", []),
            ("int f(void);\nint g(void) { return '\"' + X; }", [("g", False, ())]),
            ("int f(void) { /* X */ // X\n\treturn 0; }\n#define Y X\n#define Z \\\n  X\n", []),
            ('int f(void) { return "\\"X" "a//b" + X; }', [("f", False, ())]),
            ("__attribute__((noreturn)) static void f(int a[static 4])\n{\n\tX;\n}\n", [("f", False, ())]),
        ]  # fmt: skip
        for text, wanted in cases:
            with self.subTest(text):
                self.assertEqual(self.found(text), wanted)

    def test_strings_and_what_comes_before(self):
        text = 'int f(void) { return p->X == Y && !strcmp("a|X\\n", z); }'
        self.assertEqual([(m.text, m.before) for m in c_scan.mentions(text) if m.text in ("X", "Y")],
                         [("X", "->"), ("Y", "==")])  # fmt: skip
        self.assertEqual([m.text for m in c_scan.mentions(text) if m.kind == "string"], ["a|X\\n"])


if __name__ == "__main__":
    unittest.main()
