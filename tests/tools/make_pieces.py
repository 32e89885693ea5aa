#!/usr/bin/python3
"""Writes tests/samples/pieces/{ok,ko}/, from the root of the repository; same bytes at each run.

A file of ko/ is named after the defect that it has. With --tools, also the files that need a tool of
the field (Debian: qpdf, libjpeg-turbo-progs): JPEGs by cjpeg, the linearized and the encrypted PDFs by
qpdf. Those are committed as they came out: AES-256 encryption draws random salts, and another version
of a tool may write other bytes.
"""

import io
import pathlib
import struct
import subprocess
import sys
import zipfile
import zlib

HERE = pathlib.Path("tests/samples/pieces")


def write(name, data):
    path = HERE / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


# --- PDF -------------------------------------------------------------------------------------------


def stream(data, entries=b""):
    packed = zlib.compress(data, 9)
    return b"<<%s/Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (entries, len(packed), packed)


CATALOG, PAGES = b"<</Type/Catalog/Pages 2 0 R%s>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
TEXT = b"BT /F1 12 Tf 72 720 Td (Logiciels Exemple) Tj ET\n" * 40


def document(catalog=b"", page=b"", more=(), resources=b"/F1 5 0 R"):
    """Objects 1 to 5 of a one-page document, and those of `more` from 6 on."""
    leaf = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<<%s>>>>%s>>"
    return [CATALOG % catalog, PAGES, leaf % (resources, page), stream(TEXT), FONT, *more]


def pdf(objects, version=b"1.4", trailer=b"", shift=0):
    """A classic file; `shift` moves startxref off its place."""
    out = bytearray(b"%%PDF-%s\n%%\xe2\xe3\xcf\xd3\n" % version)
    table = b"0000000000 65535 f \n"
    for number, value in enumerate(objects, 1):
        table += b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, value)
    count = len(objects) + 1
    end = b"xref\n0 %d\n%strailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n"
    return bytes(out) + end % (count, table, count, trailer, len(out) + shift)


def pdf_compressed(objects):
    """PDF 1.7: what is no stream goes into one object stream, the table is a stream too."""
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    holder = len(objects) + 1
    places, index, body = {0: (0, 0, 65535)}, b"", b""
    for number, value in enumerate(objects, 1):
        if value.endswith(b"endstream"):
            places[number] = (1, len(out), 0)
            out += b"%d 0 obj\n%s\nendobj\n" % (number, value)
        else:
            places[number] = (2, holder, index.count(b"\n"))
            index += b"%d %d\n" % (number, len(body))
            body += value + b"\n"
    places[holder] = (1, len(out), 0)
    head = b"/Type/ObjStm/N %d/First %d" % (index.count(b"\n"), len(index))
    out += b"%d 0 obj\n%s\nendobj\n" % (holder, stream(index + body, head))
    places[holder + 1] = (1, len(out), 0)
    table = b"".join(struct.pack(">BIH", *places[number]) for number in sorted(places))
    head = b"/Type/XRef/W[1 4 2]/Size %d/Root 1 0 R" % (holder + 2)
    where = len(out)
    out += b"%d 0 obj\n%s\nendobj\n" % (holder + 1, stream(table, head))
    return bytes(out) + b"startxref\n%d\n%%%%EOF\n" % where


def incremental(base):
    where = len(base)
    added = b"6 0 obj\n<</Title(Suite)>>\nendobj\n"
    table = b"xref\n6 1\n%010d 00000 n \ntrailer\n<</Size 7/Root 1 0 R/Info 6 0 R/Prev %d>>\n"
    previous = int(base.rsplit(b"startxref\n", 1)[1].split()[0])
    return base + added + table % (where, previous) + b"startxref\n%d\n%%%%EOF\n" % (where + len(added))


SCRIPT = b"<</S/JavaScript/JS(app.alert\\(1\\))>>"
ATTACHED = (b"<</Type/Filespec/F(a.txt)/EF<</F 7 0 R>>>>", stream(b"x", b"/Type/EmbeddedFile"))


def pdfs_ok():
    write("ok/v14.pdf", pdf(document()))
    write("ok/v17-objstm.pdf", pdf_compressed(document()))
    # poppler signs with a font that has a width for each character.
    write("ok/font-widths-objstm.pdf", pdf_compressed(document(more=[b"[0[%s]]" % (b"278 " * 65536)])))
    widths = b"[0[%s]]" % (b"278 " * 65536)
    write("ok/font-widths-twice-objstm.pdf", pdf_compressed(document(more=[widths, widths.replace(b"278", b"278.5")])))
    write("ok/destination.pdf", pdf(document(b"/OpenAction[3 0 R/Fit]")))
    write("ok/goto.pdf", pdf(document(b"/OpenAction 6 0 R", more=[b"<</S/GoTo/D[3 0 R/Fit]>>"])))
    write("ok/print.pdf", pdf(document(b"/OpenAction<</S/Named/N/Print>>")))
    write("ok/link.pdf", pdf(document(page=b"/Annots[6 0 R]", more=[
        b"<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI(https://exemple.fr)>>>>"])))
    write("ok/font-names.pdf", pdf(document(resources=b"/F1 5 0 R/AA 5 0 R/JS 5 0 R/EF 5 0 R/XFA 5 0 R")))
    write("ok/attachments-removed.pdf", pdf(document(b"/Names<</EmbeddedFiles<</Names[]>>>>")))
    write("ok/xref-off.pdf", pdf(document(), shift=7))
    write("ok/incremental.pdf", incremental(pdf(document())))
    write("ok/padded.pdf", pdf(document()) + b"\0" * 3000)
    write("ok/dangling.pdf", pdf(document(b"/Outlines 99999999 0 R")))
    whole = pdf(document())
    write("ok/behind-line.pdf", b"\r\n" + whole)
    write("ok/behind-http.pdf", b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n\r\n" + whole)
    write("ok/behind-comment.pdf", b"<!-- " + b"x" * 1009 + b" -->\n" + whole)
    write("ok/padded-objstm.pdf", pdf_compressed(document()) + b" " * 3000)
    write("ok/aa-empty.pdf", pdf(document(page=b"/AA<<>>")))
    write("ok/aa-turning.pdf", pdf(document(page=b"/AA<</O<</S/GoTo/D[3 0 R/Fit]/Next<</S/Named/N/LastPage>>>>"
                                                 b"/C<</S/Named/N/NextPage>>>>")))
    write("ok/box-above.pdf", pdf([CATALOG % b"", b"<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 9 9]>>",
                                   b"<</Type/Page/Parent 2 0 R>>"]))
    write("ok/no-content.pdf", pdf(drawn(b"<</Filter/FlateDecode/Length 0>>stream\n\nendstream")))
    write("ok/comment-alone.pdf", pdf(drawn(b"<</Length 9>>stream\n% DSBlank\nendstream")))
    write("ok/parts.pdf", pdf(drawn(b"[6 0 R 7 0 R]", stream(b"q 1 0 0 1 0 0 cm"), stream(b"Q"))))


def drawn(contents, *more):
    """A one-page document whose object 4 is what the page draws."""
    objects = document(more=more)
    return [*objects[:3], contents, *objects[4:]]


def with_image(data, filters, side=(61, 45), content=b"q 200 0 0 200 0 0 cm /I Do Q"):
    """A page that shows an image: object 6."""
    image = b"<</Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 8/ColorSpace/DeviceRGB" % side
    image += b"/Filter%s/Length %d>>stream\n%s\nendstream" % (filters, len(data), data)
    leaf = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources<</XObject<</I 6 0 R>>>>>>"
    return pdf([CATALOG % b"", PAGES, leaf, stream(content), FONT, image])


def jpx(width, height, end=b"\xff\xd9"):
    """The head of a JPEG 2000 codestream: its size, and its end."""
    size = struct.pack(">HHIIIIIIIIH", 41, 0, width, height, 0, 0, width, height, 0, 0, 1) + b"\7\1\1"
    return b"\xff\x4f\xff\x51" + size + b"\xff\x90\0\x0a" + bytes(40) + end


def jbig2(width, height, regions=1, cut=0):
    """Segments as in a PDF: a page's information and empty generic regions."""
    def segment(number, kind, data):
        return struct.pack(">IBBBI", number, kind, 0, 1, len(data)) + data

    region = struct.pack(">IIIIBB", width, height, 0, 0, 0, 0)
    out = segment(0, 48, struct.pack(">IIIIBH", width, height, 0, 0, 0, 0))
    out += b"".join(segment(1 + i, 38, region) for i in range(regions))
    return out[: len(out) - cut]


def images():
    packed = zlib.compress(bytes(61 * 45 * 3))
    write("ok/image.pdf", with_image(packed, b"/FlateDecode"))
    write("ok/image-lzw.pdf", with_image(b"\x80\x0b\x60\x50", b"/LZWDecode"))
    write("ok/image-jpx.pdf", with_image(jpx(61, 45), b"/JPXDecode"))
    write("ok/image-jbig2.pdf", with_image(jbig2(61, 45), b"/JBIG2Decode"))
    write("ko/truncated-image.pdf", with_image(packed[:-12], b"/FlateDecode"))
    write("ko/truncated-image-jpx.pdf", with_image(jpx(61, 45, b""), b"/JPXDecode"))
    write("ko/truncated-image-jbig2.pdf", with_image(jbig2(61, 45, cut=1), b"/JBIG2Decode"))
    write("ko/damaged-image.pdf", with_image(packed[:9] + bytes([packed[9] ^ 0xFF]) + packed[10:], b"/FlateDecode"))
    write("ko/damaged-image-jpx.pdf", with_image(b"rien", b"/JPXDecode"))
    write("ko/pixels-image.pdf", with_image(packed, b"/FlateDecode", (60000, 60000)))
    write("ko/pixels-image-wide.pdf", with_image(packed, b"/FlateDecode", (2**40, 1)))
    write("ko/pixels-image-jpx.pdf", with_image(jpx(60000, 60000), b"/JPXDecode"))
    write("ko/pixels-image-jbig2.pdf", with_image(jbig2(60000, 60000), b"/JBIG2Decode"))
    write("ko/pixels-image-jbig2-regions.pdf", with_image(jbig2(10000, 5000, 2), b"/JBIG2Decode"))
    write("ko/costly-image-filter.pdf", with_image(packed, b"/Inconnu"))
    write("ko/costly-image-filters.pdf", with_image(packed, b"[/FlateDecode/FlateDecode/FlateDecode/FlateDecode/FlateDecode]"))
    write("ko/costly-content-jbig2.pdf", pdf(drawn(b"<</Filter/JBIG2Decode/Length 1>>stream\nx\nendstream")))
    deflate = zlib.compressobj(9)
    bomb = b"".join(deflate.compress(b"q Q ".ljust(1 << 20)) for _ in range(65)) + deflate.flush()
    write("ko/costly-content.pdf", pdf(drawn(b"<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(bomb), bomb))))


def plain(text):
    """A document whose page draws from instructions that nothing compresses."""
    return pdf(drawn(b"<</Length %d>>stream\n%s\nendstream" % (len(text), text)))


def destroyed():
    """What transfers and disks do to a document: its table may stand, what its page shows does not."""
    text = b"".join(b"BT /F1 12 Tf %d %d Td (%d) Tj ET\n" % (n % 595, n * 7919 % 842, n * n) for n in range(2000))
    whole = pdf(drawn(stream(text)))
    start, end = whole.index(b"stream\n") + 7, whole.index(b"endstream")
    middle, half = (start + end) // 2, len(whole) // 2
    write("ok/long-content.pdf", whole)
    write("ko/damaged-utf8.pdf", whole.decode("latin-1").encode())
    write("ko/damaged-crlf.pdf", whole.replace(b"\n", b"\r\n"))
    write("ko/truncated-zeroed.pdf", whole[:half] + bytes(len(whole) - half))
    write("ko/damaged-zeroed.pdf", whole[:middle] + bytes(end - middle) + whole[end:])
    flipped = bytes(byte ^ 0xFF for byte in whole[middle: middle + 64])
    write("ko/damaged-flipped.pdf", whole[:middle] + flipped + whole[middle + 64:])
    for percent in (50, 90, 99):
        write("ko/truncated-%d.pdf" % percent, whole[: len(whole) * percent // 100])
    garbage = b"<</Length 13>>stream\n\xff\xfe garbage \0\1\nendstream"
    write("ko/damaged-garbage.pdf", pdf(drawn(garbage)))
    tools = (b"q BX 1 2 inconnu autre encore mot EX\n/F1 12 Tf <4 8 4F> Tj (a \\) (b c) d e f g h) Tj % mots d'un outil\n"
             b"/Span <</MCID 0 /Lang (fr)>> BDC [(A) -.5 (B)] TJ true EMC\n"
             b"BI /W 3 /H 8 ID a ) b > \xff zz yy xx EIM EI\n0 0 mm ll Qq Q")
    write("ok/plain-content.pdf", plain(tools))
    write("ko/damaged-plain-content.pdf", plain(tools + b" rr"))
    write("ko/damaged-plain-signs.pdf", plain(b"q (a)) > Tj (b)) <4g> Tj Q"))
    write("ko/damaged-plain-string.pdf", plain(b"q aa bb cc (d Q"))
    write("ko/damaged-plain-flipped.pdf", plain(text[:200] + bytes(n ^ 0x84 for n in text[200:264]) + text[264:]))
    write("ko/damaged-garbage-flate.pdf", pdf(drawn(stream(b"\xff\xfe garbage \0\1"))))
    write("ko/damaged-form.pdf", pdf(document(more=[
        b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Filter/FlateDecode/Length 4>>stream\nrien\nendstream"])))
    write("ko/damaged-tail.pdf", whole + b"x" * 1020)
    write("ok/small-tail.pdf", whole + b"x" * 1018)


def pdfs_active():
    names = b"/Names<</%s<</Names[(a) 6 0 R]>>>>"
    files = {
        "js-opening": document(b"/OpenAction" + SCRIPT),
        "js-names": document(names % b"JavaScript", more=[SCRIPT]),
        "js-escaped-name": document(b"/OpenAction<</S/Java#53cript/J#53(1)>>"),
        "js-indirect-name": document(b"/OpenAction<</S 6 0 R/JS 7 0 R>>", more=[b"/JavaScript", b"(1)"]),
        "js-field": document(b"/AcroForm<</Fields[6 0 R]>>", more=[
            b"<</FT/Tx/T(a)/Kids[<</Parent 6 0 R/A<</Next[" + SCRIPT + b"]>>>>]>>"]),
        "js-deep": document(more=[b"[" * 400 + SCRIPT + b"]" * 400]),
        "launch": document(page=b"/Annots[<</Subtype/Link/Rect[0 0 9 9]/A<</S/Launch/F(a.exe)>>>>]"),
        "submit": document(b"/OpenAction<</S/SubmitForm/F(https://exemple.fr)>>"),
        "import": document(b"/OpenAction<</S/ImportData/F(a.fdf)>>"),
        "uri-opening": document(b"/OpenAction<</S/URI/URI(https://exemple.fr)>>"),
        "page-aa": document(page=b"/AA<</O<</S/Named/N/Print>>>>"),
        "xfa": document(b"/AcroForm<</XFA 6 0 R/Fields[]>>", more=[stream(b"<xdp/>")]),
        "embedded": document(names % b"EmbeddedFiles", more=ATTACHED),
        "embedded-bare": document(b"/AF[6 0 R]", more=[b"<</F(a)/EF<</F 7 0 R>>>>", stream(b"x")]),
        "aa-uri": document(page=b"/AA<</O<</S/URI/URI(https://exemple.fr)>>>>"),
        "aa-next": document(page=b"/AA<</O<</S/GoTo/D[3 0 R/Fit]/Next<</S/URI/URI(https://exemple.fr)>>>>>>"),
        "richmedia": document(page=b"/Annots[<</Subtype/RichMedia/Rect[0 0 9 9]>>]"),
    }
    # The disguised action comes before the catalogue, as an annotation would: objects 1 and 6 swapped.
    swapped = document(b"/OpenAction 1 0 R", more=[b""])
    files["uri-disguised"] = [b"<</Type/Annot/S/URI/URI(https://exemple.fr)>>", *swapped[1:5], swapped[0]]
    for name, objects in files.items():
        data = pdf(objects)
        if name == "uri-disguised":
            data = data.replace(b"/Root 1 0 R", b"/Root 6 0 R")
        write("ko/active-%s.pdf" % name, data)
    write("ko/active-js-objstm.pdf", pdf_compressed(files["js-names"]))
    write("ko/active-js-behind-numbers-objstm.pdf",
          pdf_compressed(document(more=[b"[%s%s]" % (b"278 " * 9000, SCRIPT)])))
    beyond = pdf(document(b"/Extra 6 0 R", more=[SCRIPT])).replace(b"<</Size 7", b"<</Size 3")
    write("ko/active-size-lies.pdf", beyond)
    generation = pdf(document(b"/Extra 6 3 R", more=[SCRIPT]))
    generation = generation.replace(b"6 0 obj", b"6 3 obj")
    head, tail = generation.rsplit(b" 00000 n \ntrailer", 1)
    write("ko/active-generation.pdf", head + b" 00003 n \ntrailer" + tail)


def pdfs_ko():
    whole = pdf(document())
    write("ko/truncated-half.pdf", whole[: len(whole) // 2])
    write("ko/truncated-no-mark.pdf", whole[:-7])
    write("ko/damaged-no-object.pdf", b"%PDF-1.4\nRien\n%%EOF\n")
    write("ko/no-page-kids.pdf", pdf([CATALOG % b"", b"<</Type/Pages/Kids[]/Count 0>>"]))
    write("ko/no-page-leaf.pdf", pdf([CATALOG % b"", b"<</Type/Pages/Count 0>>"]))
    write("ko/no-page-null.pdf", pdf([CATALOG % b"", b"<</Type/Pages/Kids[9 0 R]/Count 1>>"]))
    leaf = b"<</Parent 2 0 R/MediaBox[0 0 9 9]>>"
    write("ko/no-page-type.pdf", pdf([CATALOG % b"", PAGES, leaf]))
    write("ko/no-page-box.pdf", pdf([CATALOG % b"", PAGES, b"<</Type/Page/Parent 2 0 R>>"]))
    cut = pdf_compressed([CATALOG % b"", PAGES, b"<</Type/Page/MediaBox[0 0 9"])
    write("ko/damaged-page-objstm.pdf", cut)
    write("ok/page-and-null.pdf", pdf([CATALOG % b"", b"<</Type/Pages/Kids[3 0 R 9 0 R 4 0 R]/Count 3>>",
                                       b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>", leaf]))
    write("ko/damaged-loop.pdf", pdf([CATALOG % b"", b"<</Type/Pages/Kids[2 0 R]/Count 1>>"]))
    zeros = zlib.compressobj(9)
    bomb = b"".join(zeros.compress(b"0 " * 500000) for _ in range(40)) + zeros.flush()
    again = zlib.compress(bomb, 9)
    holder = b"<</Type/ObjStm/N 1/First 5/Filter[/FlateDecode/FlateDecode]/Length %d>>stream\n%s\nendstream"
    write("ko/costly-objstm.pdf", bomb_file(holder % (len(again), again)))
    write("ko/costly-numbers-objstm.pdf", pdf_compressed(document(more=[b"[0[%s]]" % (b"278 " * 4_000_000)])))
    write("ko/costly-arrays-objstm.pdf", pdf_compressed(document(more=[b"[%s]" % (b"[0]" * 2_000_000)])))
    write("ko/costly-nesting.pdf", pdf(document(more=[b"[" * 20000])))
    write("ko/costly-generations.pdf", pdf(document(b"/A[%s]" % b" ".join(b"9 %d R" % g for g in range(40)))))


def bomb_file(holder):
    """A one-page document whose object 7 is held by the object stream 6."""
    objects = document(b"/Extra 7 0 R", more=[holder])
    out, places = bytearray(b"%PDF-1.7\n"), [(0, 0, 65535)]
    for number, value in enumerate(objects, 1):
        places.append((1, len(out), 0))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, value)
    places += [(2, 6, 0), (1, len(out), 0)]
    table = b"".join(struct.pack(">BIH", *place) for place in places)
    where = len(out)
    out += b"8 0 obj\n%s\nendobj\n" % stream(table, b"/Type/XRef/W[1 4 2]/Size 9/Root 1 0 R")
    return bytes(out) + b"startxref\n%d\n%%%%EOF\n" % where


def pdfs_by_qpdf():
    def qpdf(name, *options):
        target = HERE / name
        command = ["qpdf", *options, str(HERE / "ok/v14.pdf"), str(target)]
        subprocess.run(command, check=True)

    fixed = ["--static-id", "--static-aes-iv"]
    qpdf("ok/linearized.pdf", "--deterministic-id", "--linearize", "--object-streams=generate")
    qpdf("ok/linearized-tables.pdf", "--deterministic-id", "--linearize")
    qpdf("ok/empty-password-rc4.pdf", *fixed, "--allow-weak-crypto", "--encrypt", "", "proprio", "128", "--")
    qpdf("ok/empty-password-aes.pdf", *fixed, "--object-streams=generate", "--encrypt", "", "proprio", "256", "--")
    qpdf("ko/encrypted-rc4.pdf", *fixed, "--allow-weak-crypto", "--encrypt", "lecteur", "proprio", "128", "--")
    qpdf("ko/encrypted-aes.pdf", *fixed, "--encrypt", "lecteur", "proprio", "256", "--")
    source = HERE / "ko/active-js-names.pdf"
    subprocess.run(["qpdf", *fixed, "--object-streams=generate", "--encrypt", "", "proprio", "256", "--",
                    str(source), str(HERE / "ko/active-js-encrypted.pdf")], check=True)


# --- PNG -------------------------------------------------------------------------------------------

CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def rows(width, height, bits):
    """Filtered rows of a picture with some texture."""
    length = (width * bits + 7) // 8
    return b"".join(bytes([y % 5]) + bytes((x * 7 + y * 13) % 251 for x in range(length)) for y in range(height))


def png(width, height, depth, colour, interlaced=False, extra=b"", data=None):
    bits = depth * CHANNELS[colour]
    if data is None:
        data = b""
        for x, y, dx, dy in ADAM7 if interlaced else ((0, 0, 1, 1),):
            if x < width and y < height:
                data += rows((width - x + dx - 1) // dx, (height - y + dy - 1) // dy, bits)
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))
    palette = chunk(b"PLTE", bytes(range(256)) * 3) if colour == 3 else b""
    packed = zlib.compress(data, 9)
    half = len(packed) // 2
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + palette + chunk(b"IDAT", packed[:half])
            + chunk(b"IDAT", packed[half:]) + chunk(b"IEND", b""))


def pngs():
    write("ok/gray1.png", png(37, 23, 1, 0))
    write("ok/gray16.png", png(37, 23, 16, 0))
    write("ok/rgb.png", png(37, 23, 8, 2))
    write("ok/rgba.png", png(37, 23, 8, 6))
    write("ok/palette.png", png(37, 23, 8, 3))
    write("ok/interlaced.png", png(37, 23, 8, 2, True))
    write("ok/interlaced-narrow.png", png(3, 5, 16, 6, True))
    write("ok/text-bomb.png", png(37, 23, 8, 0, extra=chunk(b"zTXt", b"a\0\0" + zlib.compress(b"\0" * 9000000, 9))))
    animation = chunk(b"acTL", struct.pack(">II", 1, 0))
    animation += chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 37, 23, 0, 0, 1, 10, 0, 0))
    write("ok/animated.png", png(37, 23, 8, 2, extra=animation))
    whole = png(37, 23, 8, 2)
    write("ok/small-tail.png", whole + b"\n" * 20)
    write("ko/truncated-half.png", whole[: len(whole) // 2])
    write("ko/truncated-no-end.png", whole[:-12])
    write("ko/damaged-few-rows.png", png(37, 23, 8, 2, data=rows(37, 11, 24)))
    write("ko/damaged-few-passes.png", png(37, 23, 8, 2, True, data=rows(5, 3, 24)))
    write("ko/damaged-crc.png", whole[:-14] + bytes([whole[-14] ^ 1]) + whole[-13:])
    write("ko/damaged-long-tail.png", whole + b"PK" * 1000)
    write("ko/damaged-head.png", whole[:16] + struct.pack(">I", 60000) + whole[20:])
    write("ko/pixels-bomb.png", png(60000, 60000, 1, 0, data=b""))
    write("ko/pixels-wide.png", png(70000, 1, 8, 6, data=b""))


# --- JPEG ------------------------------------------------------------------------------------------


def picture(kind, width, height):
    depth = 3 if kind == b"P6" else 1
    body = bytes((x * x // 97 + y * (3 + x % depth)) % 256 for y in range(height) for x in range(width * depth))
    return b"%s %d %d 255\n" % (kind, width, height) + body


def jpegs_by_cjpeg():
    def cjpeg(source, *options):
        return subprocess.run(["cjpeg", "-quality", "60", *options], input=source, stdout=subprocess.PIPE,
                              check=True).stdout

    colour = picture(b"P6", 61, 45)
    baseline = cjpeg(colour)
    write("ok/gray.jpg", cjpeg(picture(b"P5", 61, 45)))
    write("ok/colour.jpg", baseline)
    write("ok/progressive.jpg", cjpeg(colour, "-progressive"))
    write("ok/arithmetic.jpg", cjpeg(colour, "-arithmetic"))
    write("ok/restart.jpg", cjpeg(colour, "-restart", "1"))
    write("ok/rgb.jpg", cjpeg(colour, "-rgb"))
    tiff = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
    write("ok/exif.jpg", baseline[:2] + b"\xff\xe1" + struct.pack(">H", len(tiff) + 2) + tiff + baseline[2:])
    write("ko/truncated-half.jpg", baseline[: len(baseline) // 2])
    write("ok/scan.pdf", with_image(baseline, b"/DCTDecode"))
    write("ok/scan-chain.pdf", with_image(zlib.compress(baseline), b"[/FlateDecode/DCTDecode]"))
    write("ko/truncated-scan.pdf", with_image(baseline[: len(baseline) // 2], b"/DCTDecode"))
    write("ko/truncated-scan-chain.pdf", with_image(zlib.compress(baseline[: len(baseline) // 2]),
                                                    b"[/FlateDecode/DCTDecode]"))
    write("ko/truncated-no-end.jpg", baseline[:-2])
    write("ko/damaged-long-tail.jpg", baseline + b"PK" * 1000)
    size = baseline.index(b"\xff\xc0") + 5
    write("ko/pixels-bomb.jpg", baseline[:size] + struct.pack(">HH", 60000, 60000) + baseline[size + 4:])


# --- other things ----------------------------------------------------------------------------------


def others():
    write("ko/empty.pdf", b"")
    write("ko/wrong-kind-exe.pdf", b"MZ\x90\0" + b"\0" * 56 + b"\x40\0\0\0PE\0\0\x64\x86" + b"\0" * 200)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("rib.pdf"), pdf(document()))
    write("ko/wrong-kind-zip.pdf", packed.getvalue())
    write("ko/wrong-kind-exe-before.pdf", b"MZ\x90\0" + b"\0" * 56 + b"\x40\0\0\0PE\0\0\x64\x86" + pdf(document()))
    write("ko/wrong-kind-far.pdf", b"<!-- " + b"x" * 1015 + pdf(document()))
    write("ko/wrong-kind-html.pdf", b"<!DOCTYPE html>\n<html><body>RIB</body></html>\n")
    write("ko/wrong-kind-text.jpg", "Relevé d'identité bancaire\n".encode())
    write("ko/wrong-kind-gif.png", b"GIF89a\1\0\1\0\0\0\0;")


if __name__ == "__main__":
    pdfs_ok()
    pdfs_active()
    pdfs_ko()
    images()
    destroyed()
    pngs()
    others()
    if "--tools" in sys.argv[1:]:
        pdfs_by_qpdf()
        jpegs_by_cjpeg()
