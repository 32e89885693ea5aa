"""A drop on each side of the limits of docs/limites.md, as `segur init` sets them. The size of an archive is in
test_intake.py, that of a JPEG's scans and of a PDF's objects in test_piece.c."""

import lzma
import sys
import tarfile
import unittest
import zlib

from harness import DATE, REPO, Case, codes
from factory import archive, archive_files, depot, dossier_initial, supplier, tar
from rules_table import sized_jpeg

sys.path.insert(0, str(REPO / "tests/bench"))
import hostile  # noqa: E402 (found through the path set above)
import make_pieces as made  # noqa: E402

MIB = 1 << 20


def with_text(n, text):
    f = supplier(n)
    return f, depot(f, yaml_text=text(dossier_initial(f)))


def with_files(n, files, kind="zip"):
    f = supplier(n)
    return f, archive(kind, {**archive_files(f), **files(archive_files(f))})


def content(total):
    """Zeros that bring what the archive holds to so many bytes."""
    return lambda n: with_files(n, lambda own: {"zeros.pdf": bytes(total - sum(map(len, own.values())))})


def entries(count):
    return lambda n: with_files(n, lambda own: {f"annexe-{i}.pdf": b"x" for i in range(count - len(own))})


def dictionary(size):
    def made(n):
        f = supplier(n)
        filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": size}]
        entries = [(tarfile.TarInfo(name), data) for name, data in archive_files(f).items()]
        return f, lzma.compress(tar(entries), lzma.FORMAT_XZ, filters=filters)

    return made


def name(length):
    return lambda n: with_files(n, lambda own: {"n" * length: b"x"}, "tar")


def dossier_size(size):
    def padded(text):
        missing = size - len(text.encode())
        lines = ("#" + " " * 98 + "\n") * (missing // 100) + "#" * (missing % 100)
        return text + lines

    return lambda n: with_text(n, padded)


def depth(levels):
    """The dossier itself is the first."""
    return lambda n: with_text(n, lambda text: text + f"profond: {'[' * (levels - 1)}{']' * (levels - 1)}\n")


def listed(count):
    def more(text):
        own = text.count("fichier:")
        return text.rstrip("\n") + "".join(f"\n  - {{type: autre, fichier: autre-{i}.pdf}}" for i in range(count - own)) + "\n"

    return lambda n: with_text(n, lambda text: moved_last(text, more))


def moved_last(text, more):
    """`pieces`, with more in it, at the end of the dossier."""
    lines = text.splitlines(keepends=True)
    start = next(i for i, line in enumerate(lines) if line.startswith("pieces:"))
    end = next((i for i in range(start + 1, len(lines)) if not lines[i].startswith((" ", "-"))), len(lines))
    return "".join(lines[:start] + lines[end:]) + more("".join(lines[start:end]))


def rib(data):
    return lambda n: with_files(n, lambda own: {"rib.pdf": data})


def value(length):
    def made(n):
        f = supplier(n)
        return f, depot(f, demandeur__nom_commercial="N" * length)

    return made


def pages(count):
    """A PDF of so many empty pages."""
    kids = b" ".join(b"%d 0 R" % (3 + i) for i in range(count))
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[%b]/Count %d>>" % (kids, count)]
    objects += [b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"] * count
    out, offsets = bytearray(b"%PDF-1.5\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return bytes(out) + b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1, table, len(objects) + 1, len(out))  # fmt: skip


def drawn(size):
    """A page whose content is so large."""
    deflate = zlib.compressobj(9)
    content = deflate.compress(b"q Q ".ljust(size)) + deflate.flush()
    return made.pdf(made.drawn(b"<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(content), content)))


def filters(count):
    """An image that was compressed so many times."""
    data = bytes(61 * 45 * 3)
    for _ in range(count):
        data = zlib.compress(data)
    return made.with_image(data, b"[%s]" % (b"/FlateDecode" * count))


def shown(*side):
    """A PDF with an image that says to be so large, and is."""
    return made.with_image(made.jbig2(*side), b"/JBIG2Decode", side)


def generations(count):
    references = b" ".join(b"9 %d R" % n for n in range(count))
    return made.pdf(made.document(b"/A[%s]" % references))


def following(count):
    """A page that is opened by a chain of so many actions."""
    chain = b"<</S/GoTo/D[3 0 R/Fit]>>"
    for _ in range(count - 1):
        chain = b"<</S/GoTo/D[3 0 R/Fit]/Next%s>>" % chain
    return made.pdf(made.document(page=b"/AA<</O%s>>" % chain))


def behind(count):
    """A PDF behind so many bytes of a comment: the window counts its own five."""
    return b"<!-- ".ljust(count, b"x") + made.pdf(made.document())


def before(count):
    """A PDF before so many bytes."""
    return made.pdf(made.document()) + b"x" * count


def png(width, height):
    return hostile.png(width, height, 1, 0, 1)


def tail(length):
    return png(8, 8) + b"\x01" * length


LIMITS = [  # the code that says it; a drop at the limit, one past it
    ("ARC-009", content(96 * MIB), content(96 * MIB + 1)),
    ("ARC-010", entries(100), entries(101)),
    ("ARC-008", dictionary(8 * MIB), dictionary(12 * MIB)),
    ("ARC-014", name(255), name(256)),
    ("YML-003", dossier_size(MIB // 4), dossier_size(MIB // 4 + 1)),
    ("YML-013", depth(8), depth(9)),
    ("PJ-024", listed(40), listed(41)),
    ("YML-016", value(150), value(151)),
    ("PJ-009", rib(sized_jpeg(4 * MIB)), rib(sized_jpeg(4 * MIB + 1))),
    ("PJ-016", rib(png(10_000, 10_000)), rib(png(10_000, 10_001))),
    ("PJ-016", rib(png(65_535, 1)), rib(png(65_536, 1))),
    ("PJ-018", rib(pages(2_000)), rib(pages(2_001))),
    ("PJ-012", rib(tail(1_024)), rib(tail(1_025))),
    ("PJ-027", rib(sized_jpeg(9_999) + b"x" * 1_024), rib(sized_jpeg(9_999) + b"x" * 1_025)),
    ("PJ-016", rib(shown(10_000, 10_000)), rib(shown(10_000, 10_001))),
    ("PJ-016", rib(shown(65_535, 1)), rib(shown(65_536, 1))),
    ("PJ-018", rib(drawn(64 * MIB)), rib(drawn(64 * MIB + 1))),
    ("PJ-018", rib(filters(4)), rib(filters(5))),
    ("PJ-018", rib(generations(16)), rib(generations(17))),
    ("PJ-015", rib(following(16)), rib(following(17))),
    ("PJ-010", rib(behind(1_019)), rib(behind(1_020))),
    ("PJ-012", rib(before(1_018)), rib(before(1_019))),
]


class TestLimits(Case):
    def test_both_sides(self):
        root = self.root()
        drops = [made(n) for n, made in enumerate((side for _, *sides in LIMITS for side in sides), 1)]
        root.references([f for f, _ in drops])
        for f, data in drops:
            root.drop(f.compte, "a", data)
        root.run(DATE)
        said = [codes(root.retour(f.compte, "a")) for f, _ in drops]
        for (code, *_), at, past in zip(LIMITS, said[::2], said[1::2]):
            with self.subTest(code, at=at[:9], past=past[:9]):
                self.assertNotIn(code, at)
                self.assertIn(code, past)


if __name__ == "__main__":
    unittest.main()
