"""What `make` builds again and where it writes. A compiler that only makes files stands for the real one."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

REPO = pathlib.Path(__file__).resolve().parents[2]
DOCUMENTS = "docs/anomalies.md", "docs/conformite.md", "schemas/dossier.schema.json"
# One of each kind of room, and those that the Makefile names.
SOURCES = "lib/buf.c model/status.c parser/check.c night/night.c anomalie.c dossier.c message.c".split()

# Writes what -o names and, for an object, that it needs its source and each generated header.
COMPILER = """#!/bin/sh
for word; do
    case $previous:$word in
    -o:*) out=$word ;;
    *:-I*/gen) generated=${word#-I} ;;
    -c:* | *:*.c) source=$word ;;
    esac
    previous=$word
done
echo "$*" >"$out"
[ -z "$source" ] || echo "$out: $source" $generated/*.h >"${out%.o}.d"
"""


class TestMake(unittest.TestCase):
    def setUp(self):
        work = tempfile.TemporaryDirectory(prefix="segur-make-")
        self.addCleanup(work.cleanup)
        self.base = pathlib.Path(work.name)
        self.tree = self.base / "tree"
        self.compiler = self.base / "cc"
        self.tree.mkdir()
        self.compiler.write_text(COMPILER, "utf-8")
        self.compiler.chmod(0o755)
        self.copy("Makefile", "cron", "schemas", "tools")
        for name in SOURCES:
            path = self.tree / "src" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()

    def copy(self, *names):
        for name in names:
            if (REPO / name).is_file():
                shutil.copy2(REPO / name, self.tree / name)
            else:
                shutil.copytree(REPO / name, self.tree / name, dirs_exist_ok=True)

    def start(self, *words):
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.Popen(["make", "-j2", f"CC={self.compiler}", *words], cwd=self.tree, env=environment,
                                text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip

    def make(self, *words, code=0):
        """What it says."""
        process = self.start(*words)
        said, _ = process.communicate()
        self.assertEqual(process.returncode, code, said)
        return said

    def compiled(self, *words):
        return self.make(*words).count("  CC ")

    def files(self):
        """What is not below build/: path -> time and size."""
        stats = {path: path.stat() for path in self.tree.rglob("*") if path.is_file()}
        return {path.relative_to(self.tree).as_posix(): (one.st_mtime_ns, one.st_size)
                for path, one in stats.items() if "build" not in path.relative_to(self.tree).parts}  # fmt: skip

    def linked(self, program):
        """The objects and libraries that a program is made of."""
        words = (self.tree / "build/release" / program).read_text("utf-8").split()
        return {word.removeprefix("build/release/") for word in words if word.endswith(".o") or word.startswith("-l")}

    def test_rooms(self):
        """Who may link what."""
        self.make("all")
        parent, parser = self.linked("segur"), self.linked("segur-parser")
        self.assertLessEqual({"src/lib/buf.o", "src/model/status.o", "gen/champs_gen.o"}, parent & parser)
        self.assertLessEqual({"src/night/night.o", "gen/sql_gen.o", "-lsqlite3"}, parent - parser)
        self.assertLessEqual({"src/parser/check.o", "-larchive", "-lseccomp"}, parser - parent)

    def test_nothing_is_left_to_do(self):
        before = self.files()
        self.assertGreater(self.compiled("all"), 0)
        self.make("-q", "all")
        self.assertIn("Nothing to be done", self.make("-n", "all"))
        self.assertEqual(self.files(), before)

    def test_nothing_is_left_to_do_after_a_change(self):
        """Of a schema: also where most of what is generated from it stays the same."""
        self.make("all")
        path = self.tree / "schemas/anomalies.yaml"
        path.write_text(path.read_text("utf-8") + "# more\n", "utf-8")
        self.make("-q", "all", code=1)
        self.make("all")
        self.make("-q", "all")

    def test_sources_that_cannot_be_written(self):
        before, out = self.files(), self.base / "out"
        self.make(f"BUILD={out}", "all")
        self.assertTrue((out / "release/segur").exists())
        self.assertFalse((self.tree / "build").exists())
        self.assertEqual(self.files(), before)
        self.make(f"BUILD={out}", "-q", "all")

    def test_flags(self):
        """Others than those of the last build: everything is built again, once."""
        everything = self.compiled("all")
        for words in (["CFLAGS=-O0"], ["CPPFLAGS=-DX='1'"], ["LDFLAGS=-s"], [f"CC={self.compiler} -m64"], []):
            with self.subTest(words):
                self.make("-q", *words, "all", code=1)
                self.assertEqual(self.compiled(*words, "all"), everything)
                self.make("-q", *words, "all")
        self.assertEqual(self.compiled("VARIANT=asan", "all"), everything)
        self.make("-q", "all")
        self.assertIn("-fsanitize", self.make("VARIANT=asan", "CFLAGS=-O0", "-n", "all"))

    def test_the_compiler(self):
        """gcc, where make itself would say cc."""
        environment = {name: value for name, value in os.environ.items() if name not in ("CC", "MAKEFLAGS")}
        said = subprocess.check_output(["make", "-n", "all"], cwd=self.tree, env=environment, text=True)
        self.assertIn("\ngcc -std=", said)

    def test_variants_at_once(self):
        """They share no file that is written."""
        both = [self.start(f"VARIANT={variant}", "all") for variant in ("release", "asan")]
        for process in both:
            said, _ = process.communicate()
            self.assertEqual(process.returncode, 0, said)
        self.assertEqual({path.name for path in (self.tree / "build").iterdir()}, {"release", "asan"})
        for variant in ("release", "asan"):
            self.make("-q", f"VARIANT={variant}", "all")
            for path in (self.tree / "build" / variant).rglob("*.o"):
                self.assertNotIn("release" if variant == "asan" else "asan/", path.read_text("utf-8"))

    def test_documents(self):
        """Those of the repository are what is generated; one that is not is named, and `make docs` renews it."""
        self.copy("docs", "src", "tests")
        self.make("all")
        # The catalogue's examples are played by a program that works: what it would give is there already.
        played = self.tree / "build/release/gen/docs/anomalies.md"
        played.parent.mkdir()
        shutil.copyfile(REPO / "docs/anomalies.md", played)
        self.make("docs-check")
        for name in DOCUMENTS:
            path = self.tree / name
            good = path.read_bytes()
            path.write_bytes(good + b"\n")
            said = self.make("docs-check", code=2)
            self.assertIn(f"{name} is stale: run `make docs`", said)
            self.assertEqual(said.count("is stale"), 1)
            before = self.files()
            self.make("docs")
            self.assertEqual(path.read_bytes(), good)
            changed = {one for one, facts in self.files().items() if before.get(one) != facts}
            self.assertEqual(changed, {name})
        self.make("docs-check")


if __name__ == "__main__":
    unittest.main()
