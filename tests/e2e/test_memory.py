"""What a parser takes of memory: never more than 64 MiB, whatever is dropped, and ordinary drops need no more."""

import lzma
import random
import shutil
import subprocess
import sys
import unittest

from harness import DATE, REPO, SEGUR, Case, codes
from factory import archive, archive_files, depot, supplier, structure

BENCH = REPO / "tests/bench"
sys.path.append(str(BENCH))
import generate  # noqa: E402 (found through the path set above)
import hostile  # noqa: E402

SANITIZED = b"__asan_init" in SEGUR.read_bytes() if SEGUR.is_file() else False
MIB = 1024  # kB
BOUND = 64 * MIB  # of what a process maps itself
F = supplier(1)


def noise(size: int) -> bytes:
    return generate.make_pdf(random.Random(size), size)


def xz(data: bytes, dictionary: int) -> bytes:
    return lzma.compress(data, filters=[{"id": lzma.FILTER_LZMA2, "preset": 1, "dict_size": dictionary}])


def peaks(case: Case, *words) -> tuple[int, int]:
    """Of a command that succeeds, in kB: of the parent, and of the largest parser (tests/bench/README.md).

    The kernel's own high-water mark, which no sampling can miss. It exists for the whole resident set alone: what a
    process maps itself (heap, stack, libmagic's database) and what it shares with others, some 11 MiB of libraries. So
    it judges more strictly than the bound asks.
    """
    tools = case.folder()
    flags = ["cc", "-std=gnu17", "-D_GNU_SOURCE", "-O2"]
    subprocess.run([*flags, BENCH / "measure.c", "-o", tools / "measure"], check=True)
    subprocess.run([*flags, "-shared", "-fPIC", BENCH / "preload.c", "-o", tools / "preload.so"], check=True)
    measure = [tools / "measure", "-p", tools / "preload.so", tools / "figures"]
    subprocess.run([*measure, SEGUR, *words], check=True, stdout=subprocess.DEVNULL)
    figures = dict(pair.split("=") for pair in (tools / "figures").read_text().split())
    return int(figures["own_kb"]), int(figures["children_kb"])


@unittest.skipIf(SANITIZED, "a sanitizer takes many times what it watches")
class TestMemory(Case):

    def test_hostile_archives(self):
        """One parser, one after the other: what a drop leaves behind counts for the next."""
        made = self.folder() / "hostile"
        subprocess.run([sys.executable, "-B", BENCH / "hostile.py", made], check=True, stdout=subprocess.DEVNULL)
        root = self.root(analyseurs=1)
        shutil.copytree(made / "inbox", root.path / "inbox", dirs_exist_ok=True)
        drops = [p for p in (root.path / "inbox").glob("editeur-*/*")]
        parent, parser = peaks(self, "run", "--root", root.path, "--date", DATE, "--quiet")
        self.assertLessEqual(max(parent, parser), BOUND)
        for path in drops:
            with self.subTest(path.name):
                self.assertNotEqual(root.retour(path.parent.name, path.name)["etat"], "INCIDENT")

    def test_pdf_of_many_objects(self):
        """Wherever libqpdf meets the end of its memory, the document is named, and it is no incident of ours."""
        root = self.root(analyseurs=2)
        suppliers = [supplier(n) for n in range(1, 13)]
        root.references(suppliers)
        for n, f in enumerate(suppliers):
            root.drop(f.compte, "a.zip", depot(f, fichiers={"rib.pdf": hostile.pdf_of_objects(1_000 + 1_400 * n)}))
        root.run()
        for n, f in enumerate(suppliers):
            with self.subTest(objects=1_000 + 1_400 * n):
                answer = root.retour(f.compte, "a.zip")
                self.assertIn((answer["etat"], *codes(answer)), {("OK",), ("KO", "PJ-018")})
        self.assertEqual(root.retour(suppliers[0].compte, "a.zip")["etat"], "OK")
        self.assertEqual(root.retour(suppliers[-1].compte, "a.zip")["etat"], "KO")

    def test_pdfs_of_many_small_objects(self):
        """Read part by part, as many as a piece can hold; four in one archive are no more than four."""
        elements = hostile.pdf_of_elements(50_000)
        suppliers = [supplier(1, assujetti=False), supplier(2)]
        listed = structure(suppliers[0])["pieces"]
        cases = (
            ("quatre.zip", {code: (f"{code}.pdf", elements) for code in listed}),
            ("limite.zip", {"rib": ("rib.pdf", hostile.pdf_of_elements(72_000))}),
        )
        self.assertEqual(len(listed), 4)
        root = self.root(analyseurs=1)
        root.references(suppliers)
        for f, (name, pieces) in zip(suppliers, cases):
            changes = {f"pieces.{code}": file for code, (file, _) in pieces.items()}
            root.drop(f.compte, name, depot(f, changes_by_path=changes, fichiers=dict(pieces.values())))
        _, parser = peaks(self, "run", "--root", root.path, "--date", DATE, "--quiet")
        self.assertLessEqual(parser, BOUND)
        for f, (name, _) in zip(suppliers, cases):
            with self.subTest(name):
                answer = root.retour(f.compte, name)
                self.assertEqual((answer["etat"], codes(answer)), ("OK", []))


class TestDictionaries(Case):
    """The limit is 8 MiB: what `xz -6` and `zstd -19` use."""

    def test_usual_ones(self):
        names = [name for name in archive_files(F) if name.endswith(".pdf")]
        fichiers = {name: noise(3_900_000 - n) for n, name in enumerate(names)}  # more than a dictionary holds
        tar = archive("tar", archive_files(F, fichiers=fichiers))
        drops = {"six.tar.xz": lzma.compress(tar, preset=6)}
        for name, option in (("trois.tar.zst", "-3"), ("dix-neuf.tar.zst", "-19")):
            drops[name] = subprocess.run(["zstd", "-q", option, "-c"], input=tar, check=True, capture_output=True).stdout
        for name, data in drops.items():
            with self.subTest(name):
                root = self.root(analyseurs=1)
                root.references([F])
                root.drop(F.compte, name, data)
                root.run()
                self.assertEqual(root.retour(F.compte, name)["etat"], "OK")

    def test_larger_ones(self):
        tar = archive("tar", archive_files(F, fichiers={"rib.pdf": noise(3_000_000)}))
        root = self.root(analyseurs=1)
        root.references([F])
        root.drop(F.compte, "neuf.tar.xz", xz(tar, 16 << 20))
        root.run()
        answer = root.retour(F.compte, "neuf.tar.xz")
        self.assertEqual((answer["etat"], codes(answer)), ("KO", ["ARC-008"]))
        self.assertIn("à 8 Mo", answer["anomalies"][0]["message"])
        self.assertIn("xz -6", answer["anomalies"][0]["remede"])
