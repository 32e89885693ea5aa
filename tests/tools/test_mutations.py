"""What the mutations of tests/crash break stands where they look for it."""
import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests/crash"))
from mutations import MUTATIONS  # noqa: E402


class TestMutations(unittest.TestCase):
    def test_each_finds_its_text_once(self):
        for name, _, _, path, old, _ in MUTATIONS:
            with self.subTest(name):
                self.assertEqual((ROOT / path).read_text("utf-8").count(old), 1)


if __name__ == "__main__":
    unittest.main()
