"""docs/limites.md against its sources: each value is the one that the program has, and no key of [limites] is left out."""

import pathlib
import re
import unittest

import yaml

REPO = pathlib.Path(__file__).resolve().parents[2]
PAGE = (REPO / "docs/limites.md").read_text("utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines()
        if line.startswith("| ") and not line.startswith("| limite |")]  # fmt: skip
OF_THE_ASP = {"reference_octets"}


def defaults() -> dict[str, int]:
    """The keys of [limites] that `segur init` writes."""
    section = (REPO / "src/store/conf.c").read_text("utf-8").partition('"[limites]')[2].partition('"[registres]')[0]
    return {key: int(value) for key, value in re.findall(r'"(\w+) = (\d+)', section)}


def constant(path: str, name: str) -> int:
    """The value of a macro, an enumerator or a key."""
    text = (REPO / path).read_text("utf-8")
    found = re.search(rf"#define\s+{name}\s+([^/\n]+)|\b{name}(?: =|:) ([^,/\n]+)", text)
    value = (found[1] or found[2]).strip().strip("()").replace("u", "")
    return eval(value, {"__builtins__": {}})  # "28 << 20"


class TestLimits(unittest.TestCase):
    def test_values(self):
        self.assertGreater(len(ROWS), 15)
        for what, value, source, _ in ROWS:
            with self.subTest(what):
                said = int(re.match(r"\d{1,3}(?: \d{3})*|\d+", value)[0].replace(" ", ""))
                path, name = re.fullmatch(r"`([^`]+)` `([^`]+)`", source).groups()
                self.assertEqual(said, defaults()[name] if path == "segur.conf" else constant(path, name))

    def test_sizes_in_words(self):
        for size, words, unit in re.findall(r"([\d ]+) octets \((\d+) ([KM])io\)", PAGE):
            self.assertEqual(int(size.replace(" ", "")), int(words) << {"K": 10, "M": 20}[unit])

    def test_every_key(self):
        self.assertEqual(set(defaults()) - OF_THE_ASP, set(re.findall(r"`segur.conf` `(\w+)`", PAGE)))
        delay = re.search(r"(\d+) secondes \(`segur.conf` `delai_s`\)", PAGE)
        self.assertEqual(int(delay[1]), defaults()["delai_s"])

    def test_codes(self):
        known = {entry["code"] for entry in yaml.safe_load((REPO / "schemas/anomalies.yaml").read_text("utf-8"))}
        for what, *_, code in ROWS:
            self.assertIn(code, known | {""}, what)


if __name__ == "__main__":
    unittest.main()
