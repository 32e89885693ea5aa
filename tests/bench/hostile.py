#!/usr/bin/python3
"""A root's inbox of archives made to cost memory: what the bound on a process is measured with.

    hostile.py OUT [--seed S]

Writes OUT/inbox as generate.py does, but in each archive something is as big as a limit of segur.conf's
defaults lets it be, or bigger. Whatever the night thinks of them, it must answer each, and keep small.
"""

import argparse
import gzip
import lzma
import pathlib
import random
import struct
import subprocess
import zlib

import generate

MIB = 1 << 20
PIECE = 4 * MIB - 1024  # just under the limit of a piece
CONTENT = 90 * MIB  # just under the limit of all that an archive holds
WINDOW = 8 * MIB  # the limit of a dictionary


# --- pieces --------------------------------------------------------------------------------------

def png(width, height, depth, colour, channels, interlaced=False):
    """All zeros: thousands of times bigger once inflated."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    def row(columns):
        return (columns * channels * depth + 7) // 8 + 1

    if interlaced:  # Adam7: first column, first row, steps
        passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
        size = sum(row(-(-(width - x) // dx)) * -(-(height - y) // dy) for x, y, dx, dy in passes)
    else:
        size = row(width) * height
    deflate, block = zlib.compressobj(4), bytes(MIB)
    data = b"".join(deflate.compress(block[:min(MIB, size - at)]) for at in range(0, size, MIB)) + deflate.flush()
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def jpeg(width, height, progressive):
    """Grey, each block empty: the only Huffman code is the bit 0, "nothing here"."""
    def segment(marker, data):
        return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data

    blocks = -(-width // 8) * -(-height // 8)
    table = bytes((1, *[0] * 15, 0))
    out = (b"\xff\xd8" + segment(0xDB, b"\0" + b"\1" * 64)
           + segment(0xC2 if progressive else 0xC0, struct.pack(">BHHBBBB", 8, height, width, 1, 1, 0x11, 0))
           + segment(0xC4, b"\x00" + table) + segment(0xC4, b"\x10" + table))
    # Progressive: the DC of all blocks in one scan, then the AC in another, which is when libjpeg needs all.
    for first, last, bits in (((0, 0, 1), (1, 63, 1)) if progressive else ((0, 63, 2),)):
        out += segment(0xDA, bytes((1, 1, 0, first, last, 0))) + bytes(blocks * bits // 8)
        if rest := blocks * bits % 8:
            out += bytes((0xFF >> rest,))
    return out + b"\xff\xd9"


def stream(data, entries=b""):
    return b"<<%b/Filter/FlateDecode/Length %d>>\nstream\n%b\nendstream" % (entries, len(data), data)


def pdf_body(objects):
    """The file so far and the offset of each object: a catalog, one empty page, then `objects` from 4 on."""
    objects = (b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
               b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources 5 0 R>>",
               stream(zlib.compress(b"")), *objects)
    out, offsets = bytearray(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    return out, offsets


def with_table(out, offsets):
    """The whole file: a plain cross-reference table of these, and the trailer."""
    xref = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(offsets) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(offsets) + 1, xref)
    return bytes(out)


def pdf_of_objects(count):
    """One dictionary that names all the others, so that a walk meets them."""
    names = b"".join(b"/N%d %d 0 R" % (n, n) for n in range(6, 6 + count))
    small = b"<</A[0 1 2 3 4 5 6 7]/B(texte)/C/Nom>>"
    return with_table(*pdf_body([b"<</XObject<<%b>>>>" % names, *[small] * count]))


def pdf_of_elements(count):
    """As many objects in all, small ones as of a tagged document: the table alone fills much of libqpdf's memory."""
    return with_table(*pdf_body([b"<</S/P/P 4 0 R>>"] * (count - 4)))


def pdf_of_one_place(count):
    """A table whose entries all lead to object 5: libqpdf mends it and throws the large table away, before the end."""
    out, offsets = pdf_body([b"<<>>"])
    return with_table(out, offsets + offsets[-1:] * count)


def pdf_of_pages(count):
    """Pages of few bytes, which libqpdf holds all at once, in object streams; as heavy as a piece may be."""
    first = 6
    kids = b" ".join(b"%d 0 R" % n for n in range(first, first + count))
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>"
    out, offsets = bytearray(b"%PDF-1.5\n"), []
    for number, body in enumerate((b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[%b]/Count %d>>" % (kids, count),
                                   b"null", stream(zlib.compress(b"")), b"null", *[page] * count), 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    out += b"%" + b"x" * (PIECE - len(out) - 24 * len(offsets) - 200) + b"\n"
    return with_table(out, offsets)


def padded_jpeg(image):
    """As heavy as a piece may be, by a comment."""
    rest, out = PIECE - len(image), image[:2]
    while rest > 4:
        size = min(rest - 2, 65_535)
        out += b"\xff\xfe" + struct.pack(">H", size) + bytes(size - 2)
        rest -= size + 2
    return out + image[2:]


def pdf_of_stream(size):
    """One object in an object stream that inflates to `size` bytes; a cross-reference stream."""
    deflate = zlib.compressobj(9)
    data = b"".join(deflate.compress((b"7 0 <</A 1>>" if i == 0 else b"").ljust(MIB)) for i in range(size // MIB))
    packed = stream(data + deflate.flush(), b"/Type/ObjStm/N 1/First 4")
    out, offsets = pdf_body([b"<</XObject<</X 7 0 R>>>>", packed])
    rows = [bytes(6), *(struct.pack(">BIB", 1, at, 0) for at in offsets), struct.pack(">BIB", 2, 6, 0),
            struct.pack(">BIB", 1, len(out), 0)]
    table = stream(zlib.compress(b"".join(rows)), b"/Type/XRef/W[1 4 1]/Size %d/Root 1 0 R" % len(rows))
    return bytes(out) + b"8 0 obj\n%b\nendobj\nstartxref\n%d\n%%%%EOF\n" % (table, len(out))


# --- archives ------------------------------------------------------------------------------------

def xz(data):
    """With a dictionary as large as the limit, which this content fills."""
    return lzma.compress(data, check=lzma.CHECK_CRC64,
                         filters=[{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": WINDOW}])


def zst(data):
    return subprocess.run(["zstd", "-q", "-3", "--long=23", "--check", "-c"], input=data, check=True,
                          stdout=subprocess.PIPE).stdout


def archives(rng):
    """(name, pack, the piece that is hostile, other entries); pack takes the entries, dossier.yaml first."""
    noise = generate.make_png(rng, PIECE)
    objects = pdf_of_objects(25_000)
    many = [(f"dossier/{n:03}-{'x' * 200}.pdf", b"%PDF-") for n in range(96)]
    copies = [(f"copie-{n}.png", noise) for n in range(6)]
    tar = generate.make_tar
    yield "png-pixels.zip", generate.make_zip, ("png", png(10_000, 10_000, 8, 2, 3)), ()
    yield "png-rangs.zip", generate.make_zip, ("png", png(65_000, 300, 16, 6, 4)), ()
    yield "png-entrelace.zip", generate.make_zip, ("png", png(9_000, 9_000, 8, 2, 3, True)), ()
    yield "jpeg-pixels.zip", generate.make_zip, ("jpg", jpeg(65_000, 1_500, False)), ()
    yield "jpeg-progressif.zip", generate.make_zip, ("jpg", jpeg(7_500, 7_500, True)), ()
    yield "jpeg-progressif-grand.zip", generate.make_zip, ("jpg", jpeg(9_900, 9_900, True)), ()
    yield "pdf-objets.zip", generate.make_zip, ("pdf", objects), ()
    elements = pdf_of_elements(50_000)
    yield "pdf-elements.zip", generate.make_zip, ("pdf", elements), [(f"copie-{n}.pdf", elements) for n in range(4)]
    yield "pdf-elements.tar.xz", lambda e: xz(tar([*copies, *e])), ("pdf", pdf_of_elements(65_000)), ()
    yield "pdf-flux.zip", generate.make_zip, ("pdf", pdf_of_stream(64 * MIB)), ()
    yield "dictionnaire.tar.xz", lambda e: xz(tar([*copies, *e])), ("pdf", objects), ()
    yield "fenetre.tar.zst", lambda e: zst(tar([*copies, *e])), ("pdf", objects), ()
    yield "fenetre-jpeg.tar.zst", lambda e: zst(tar([*copies, *e])), ("jpg", padded_jpeg(jpeg(7_500, 7_500, True))), ()
    followed = jpeg(3_800, 3_800, True)  # 29 MB of coefficients, about the most that is followed
    yield "fenetre-jpeg-suivi.tar.zst", lambda e: zst(tar([*copies, *e])), ("jpg", padded_jpeg(followed)), ()
    table = [("table.pdf", pdf_of_one_place(190_000))]
    yield "fenetre-table.tar.zst", lambda e: zst(tar([*copies, *table, *e])), ("jpg", padded_jpeg(followed)), ()
    first = [("rien.pdf", bytes(PIECE)), ("photo.jpg", padded_jpeg(followed)), ("pages.pdf", pdf_of_pages(1_999))]
    yield "tour-a-tour.tar.zst", lambda e: zst(tar([*copies, *first, *e])), ("pdf", objects), ()
    yield "tour-a-tour.tar.xz", lambda e: xz(tar([*copies, *first, *e])), ("pdf", objects), ()
    for pages in (1_000, 1_250, 1_500, 1_999):
        heavy = pdf_of_pages(pages)
        yield f"pages-{pages}.tar.xz", lambda e, h=heavy: xz(tar([*copies, *e])), ("pdf", heavy), ()
    zeros = [(f"zeros-{n}.pdf", bytes(PIECE)) for n in range(CONTENT // PIECE)]
    yield "contenu.tar.gz", lambda e: gzip.compress(tar([*e, *zeros]), 1, mtime=0), ("png", noise), ()
    yield "entrees.zip", generate.make_zip, ("png", noise), many
    stored = [(f"piece-{n}.png", noise) for n in range(15)]
    yield "soixante-mo.tar", tar, ("png", noise), stored
    keys = "".join(f"cle_inconnue_{n}: {n}\n" for n in range(10_000)).encode()[:240_000]
    yield "cles.zip", lambda e: generate.make_zip([(e[0][0], e[0][1] + keys), *e[1:]]), ("png", noise), ()
    deep = b"autre: " + b"[" * 120_000
    yield "profondeur.zip", lambda e: generate.make_zip([(e[0][0], e[0][1] + deep), *e[1:]]), ("png", noise), ()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()

    rng = random.Random(f"{args.seed}/hostile")
    made = list(archives(rng))
    suppliers = generate.make_suppliers(3 * len(made), rng)
    inbox = args.out / "inbox"
    generate.write_references(inbox / "asp", suppliers, len(made))
    for supplier, (name, pack, (extension, piece), others) in zip(suppliers, made):
        pieces = [(kind, f"{kind}.png", generate.make_png(rng, 2_000)) for kind in generate.PIECES[:-1]]
        pieces.append((generate.PIECES[-1], f"{generate.PIECES[-1]}.{extension}", piece))
        dossier = generate.make_dossier(supplier, pieces, with_digest=False)
        entries = [("dossier.yaml", dossier), *((file, data) for _, file, data in pieces), *others]
        (inbox / supplier.compte).mkdir()
        (inbox / supplier.compte / name).write_bytes(pack(entries))
    print(f"{len(made)} hostile drops")


if __name__ == "__main__":
    main()
