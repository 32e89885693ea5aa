"""No two files of src, and no two rooms, need each other: the tool that looks for circles, on small trees and on this."""

import pathlib
import subprocess
import sys
import unittest

REPO = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO / "tools"))
import circles  # noqa: E402 (found through the path set above)


def defining(name: str, *used: str) -> str:
    return f"int {name}(void)\n{{\n" + "".join(f"\tother_{one}(1); {one}(2);\n" for one in used) + "}\n"


class TestCircles(unittest.TestCase):
    def test_none_but_those_allowed(self):
        done = subprocess.run([sys.executable, REPO / "tools/circles.py"], capture_output=True, text=True)
        self.assertEqual(done.stdout, f"circles: {len(circles.ALLOWED)}, allowed: {len(circles.ALLOWED)}\n")
        self.assertEqual(done.returncode, 0)

    def test_another_is_told(self):
        done = subprocess.run([sys.executable, REPO / "tools/circles.py", "/var/empty"], capture_output=True, text=True)
        self.assertIn(f"no circle any more: {next(iter(circles.ALLOWED))}\n", done.stdout)
        self.assertEqual(done.returncode, 1)

    def test_of_files(self):
        for texts, wanted in (
            ({"lib/a.c": defining("a", "b"), "lib/b.c": defining("b", "a")}, ["lib/a lib/b"]),
            ({"lib/a.c": defining("a", "b"), "lib/b.c": defining("b", "c"), "lib/c.c": defining("c", "a"),
              "lib/d.c": defining("d", "a")}, ["lib/a lib/b lib/c"]),
            ({"lib/a.c": "const int table[] = {1};\n" + defining("a", "b"), "lib/b.c": defining("b", "table")},
             ["lib/a lib/b"]),
            ({"lib/a.c": defining("a", "b"), "lib/b.c": "/* a() */\n" + defining("b") + "static " + defining("own", "b"),
              "lib/c.c": "static " + defining("own")}, []),
            ({"lib/a.h": '#include "lib/b.h"\n', "lib/b.h": ' # include "lib/a.h"\n'}, ["lib/a.h lib/b.h"]),
        ):  # fmt: skip
            with self.subTest(wanted):
                self.assertEqual(circles.find(texts), wanted)

    def test_of_rooms(self):
        self.assertEqual(circles.find({"lib/a.c": defining("a", "b"), "model/b.c": defining("b"),
                                       "model/c.c": defining("c", "d"), "lib/d.c": defining("d")}),
                         ["lib model"])  # fmt: skip


if __name__ == "__main__":
    unittest.main()
