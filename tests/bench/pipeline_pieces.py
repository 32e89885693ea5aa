"""What a piece really is, for the Python pipeline: looked at with the standard library alone, or decoded.

The light look: the markers of a JPEG to the end of its scan, the CRCs and the inflated size of a PNG, a
PDF's header, end, cross-reference table and names of active content. What decodes is in pipeline_decode.
"""

import re
import struct
import zlib

MAX_PIECE = 4_194_304
MAX_PIXELS = 100_000_000


class Refused(Exception):
    pass


def jpeg_segments(data):
    """(marker, where what follows it begins) of each segment up to the end of the image."""
    marker, at = re.compile(rb"\xff([^\x00\x01\xd0-\xd8\xff])"), 2
    while m := marker.search(data, at):
        at = m.end()
        yield m[1][0], at
        if m[1] == b"\xd9":
            return
        at += struct.unpack_from(">H", data, at)[0]
    raise Refused("JPEG tronqué")


def look_at_jpeg(data):
    for marker, at in jpeg_segments(data):
        if marker in (0xC0, 0xC1, 0xC2):
            height, width = struct.unpack_from(">HH", data, at + 3)
            if not 0 < width * height <= MAX_PIXELS:
                raise Refused("JPEG démesuré")


def look_at_png(data):
    at, idat, head = 8, [], None
    while True:
        if at + 12 > len(data):
            raise Refused("PNG tronqué")
        length, kind = struct.unpack_from(">I4s", data, at)
        if at + 12 + length > len(data):
            raise Refused("PNG tronqué")
        body = memoryview(data)[at + 8:at + 8 + length]
        if zlib.crc32(body, zlib.crc32(kind)) != struct.unpack_from(">I", data, at + 8 + length)[0]:
            raise Refused("PNG altéré")
        if kind == b"IHDR":
            head = struct.unpack(">IIBBBBB", body)
        elif kind == b"IDAT":
            idat.append(body)
        elif kind == b"IEND":
            break
        at += 12 + length
    if head is None or head[0] * head[1] > MAX_PIXELS:
        raise Refused("PNG sans en-tête ou démesuré")
    width, height, depth, colour, _, _, interlaced = head
    row = 1 + (width * depth * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}.get(colour, 1) + 7) // 8
    inflate, seen = zlib.decompressobj(), 0
    for body in idat:
        seen += len(inflate.decompress(body))
    if not inflate.eof or (not interlaced and seen != row * height):
        raise Refused("PNG dont l'image est incomplète")


def look_at_pdf(data):
    tail = data[-1024:]
    if not data.startswith(b"%PDF-") or b"%%EOF" not in tail:
        raise Refused("PDF sans en-tête ou sans fin")
    m = re.search(rb"startxref\s+(\d+)\s+%%EOF", tail)
    if not m or int(m[1]) >= len(data):
        raise Refused("PDF sans table des références")
    at = int(m[1])
    table = re.compile(rb"xref\s+").match(data, at)
    if table:
        at = table.end()
        while section := re.compile(rb"(\d+) (\d+)\s*").match(data, at):
            first, count = int(section[1]), int(section[2])
            lines = data[section.end():section.end() + 20 * count]
            for i in range(len(lines) // 20):
                offset, state = int(lines[20 * i:20 * i + 10]), lines[20 * i + 17:20 * i + 18]
                if state == b"n" and not data.startswith(b"%d " % (first + i), offset):
                    raise Refused("PDF dont la table des références est fausse")
            at = section.end() + 20 * count
        if b"/Root" not in data[at:at + 4096]:
            raise Refused("PDF sans racine")
    elif b"/XRef" not in data[at:at + 4096]:
        raise Refused("PDF sans table des références")
    for key in (b"/JavaScript", b"/OpenAction", b"/Launch", b"/EmbeddedFile", b"/Encrypt"):
        if key in data:
            raise Refused(f"PDF actif ou chiffré ({key.decode()})")


# --- any piece -----------------------------------------------------------------------------------

KINDS = {b"%PDF-": "application/pdf", b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
checks = {"application/pdf": look_at_pdf, "image/png": look_at_png, "image/jpeg": look_at_jpeg}
faults = (struct.error, zlib.error, ValueError, IndexError)


def decode_from_here_on():
    """Where Pillow and pikepdf are there. To be called before the pool forks, so that they are loaded once."""
    global checks, faults
    try:
        import pipeline_decode
    except ImportError:
        return
    checks, faults = pipeline_decode.CHECKS, faults + pipeline_decode.FAULTS


def check_piece(data):
    """(MIME type, whether it is a PDF that restricts its use) of a sound piece; Refused otherwise."""
    if not data or len(data) > MAX_PIECE:
        raise Refused("pièce vide ou de plus de 4 Mo")
    for magic, mime in KINDS.items():
        if data.startswith(magic):
            try:
                return mime, bool(checks[mime](data))
            except faults as fault:
                raise Refused(f"pièce illisible : {fault}") from fault
    raise Refused("ni PDF, ni JPEG, ni PNG")
