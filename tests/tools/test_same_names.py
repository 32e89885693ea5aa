"""Each name of src is defined in one file: the tool that lists the others finds none, and each kind where there is one."""

import pathlib
import sys
import unittest

REPO = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO / "tools"))
import same_names  # noqa: E402 (found through the path set above)

KINDS = {
    "BATCH": "#define BATCH 256 /* rows */\n",
    "on_error": "static void on_error(struct job *job,\n\t\t     int code)\n{\n\treturn;\n}\n",
    "limits": "static const struct {\n\tint low;\n} limits[] = {{1}};\n",
    "names": "const char *const names[COUNT] = {\n    [ONE] = \"one\",\n};\n",
    "stopped": "static volatile sig_atomic_t stopped;\n",
    "struct step": "static const struct step {\n\tint sql;\n};\n",
    "TEXT": "enum { TEXT, LIST = 4 };\n",
}
NO_DEFINITION = """\
/* static int commented = 1; */
struct root;
extern const int total;
const struct error *root_open(const char *path, struct root *root);
int main(void)
{
	int count = 1;
	enum { INNER };
	struct { int a; } inner = {0};
	printf("#define QUOTED %d", count);
}
"""


class TestSameNames(unittest.TestCase):
    def test_there_are_none(self):
        texts = {str(path): path.read_text("utf-8") for path in (REPO / "src").rglob("*.[ch]")}
        self.assertEqual(same_names.find(texts), {})

    def test_each_kind_is_found(self):
        for name, text in KINDS.items():
            with self.subTest(name):
                found = same_names.find({"b.c": text, "a.h": text.replace("LIST", "ELSE"), "c.c": ""})
                self.assertEqual(found, {name: ["a.h", "b.c"]})

    def test_other_words_are_not(self):
        self.assertEqual(same_names.find({"a.c": NO_DEFINITION, "b.c": NO_DEFINITION}), {})

    def test_a_type_and_a_function_may_share_a_name(self):
        self.assertEqual(same_names.find({"a.c": KINDS["struct step"], "b.c": KINDS["on_error"].replace("on_error", "step")}), {})


if __name__ == "__main__":
    unittest.main()
