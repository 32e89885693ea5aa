"""The rooms of src stand in one strict order: a file includes its own room's headers and those of lower rooms."""
import pathlib
import re
import unittest

SRC = pathlib.Path(__file__).parents[2] / "src"
ORDER = "lib model store intake request rules record asp publish keep night verify replay cli".split()
# The parser stands beside store: it includes lib and model, and nobody includes it.
BELOW = {room: set(ORDER[:number + 1]) for number, room in enumerate(ORDER)} | {"parser": {"lib", "model", "parser"}}


def wrong(room: str, text: str) -> list[str]:
    """Includes of a file of `room` that go up, or name no room; what is generated needs none."""
    return [name for name in re.findall(r'^\s*#\s*include\s+"([^"]+)"', text, re.M)
            if not name.endswith("_gen.h") and name.split("/")[0] not in BELOW[room]]


class TestRooms(unittest.TestCase):
    def test_no_include_goes_up(self):
        self.assertEqual({path.parent.name for path in SRC.rglob("*.[ch]")}, set(BELOW))
        found = {f"{path.relative_to(SRC)}: {name}" for path in SRC.rglob("*.[ch]")
                 for name in wrong(path.parent.name, path.read_text("utf-8"))}
        self.assertEqual(found, set())

    def test_one_that_does_is_seen(self):
        self.assertEqual(wrong("store", '#include "store/store.h"\n#include "lib/mem.h"\n#include "sql_gen.h"\n'), [])
        for text in ('#include "cli/cmd.h"\n', ' # include "parser/check.h"\n', '#include "mem.h"\n'):
            self.assertEqual(len(wrong("store", text)), 1, text)
        self.assertEqual(wrong("parser", '#include "store/store.h"\n'), ["store/store.h"])


if __name__ == "__main__":
    unittest.main()
