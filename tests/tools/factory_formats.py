"""Files made by hand for the tests: PDF, PNG, JPEG and the archives, sound or hostile.

It knows nothing of suppliers (see factory.py). The bytes depend on the arguments alone, and on the
versions of zlib, liblzma and zstd: times are fixed, owners are 0.
"""

import base64
import datetime
import gzip
import hashlib
import io
import itertools
import lzma
import struct
import subprocess
import tarfile
import zipfile
import zlib

KINDS = ("zip", "tar", "tar.gz", "tar.xz", "tar.zst")
DATE = datetime.datetime(2026, 2, 20, 9, 30, tzinfo=datetime.timezone.utc)  # of every file
MTIME = int(DATE.timestamp())


# --- Pieces ------------------------------------------------------------------------------------------

GLYPHS = {  # 5 x 7 pixels, a row a number
    "E": (31, 16, 16, 30, 16, 16, 31),
    "X": (17, 17, 10, 4, 10, 17, 17),
    "M": (17, 27, 21, 21, 17, 17, 17),
    "P": (30, 17, 17, 30, 16, 16, 16),
    "L": (16, 16, 16, 16, 16, 16, 31),
}
PALETTE = ((226, 235, 244), (38, 62, 112), (148, 160, 176), (70, 74, 82), (186, 44, 52))
WIDTH, HEIGHT = 160, 100


def card() -> list[bytearray]:
    """A picture like an identity card: rows of palette indexes, "EXEMPLE" across it."""
    rows = [bytearray(WIDTH) for _ in range(HEIGHT)]

    def box(x0, y0, x1, y1, colour):
        for y in range(y0, y1):
            rows[y][x0:x1] = bytes([colour]) * (x1 - x0)

    for x0, y0, x1, y1, colour in (
        (0, 0, 160, 12, 1), (0, 96, 160, 100, 1), (10, 22, 46, 68, 2), (22, 30, 34, 44, 3),
        (16, 50, 40, 68, 3), (58, 24, 140, 28, 3), (58, 36, 122, 40, 3), (58, 48, 132, 52, 3),
        (58, 60, 108, 64, 3),
    ):  # fmt: skip
        box(x0, y0, x1, y1, colour)
    for i, letter in enumerate("EXEMPLE"):
        for y, bits in enumerate(GLYPHS[letter]):
            for x in range(5):
                if bits >> (4 - x) & 1:
                    box(20 + i * 18 + x * 3, 72 + y * 3, 23 + i * 18 + x * 3, 75 + y * 3, 4)
    return rows


def png(label: str) -> bytes:
    """The card as a PNG; `label` is its description."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    pixels = zlib.compress(b"".join(b"\0" + row for row in card()), 9)
    return b"".join((
        b"\x89PNG\r\n\x1a\n",
        chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 3, 0, 0, 0)),
        chunk(b"PLTE", bytes(itertools.chain(*PALETTE))),
        chunk(b"iTXt", b"Description\0\0\0fr\0\0" + label.encode()),
        chunk(b"IDAT", pixels),
        chunk(b"IEND", b""),
    ))  # fmt: skip


# The same card through `cjpeg -quality 10 -optimize -baseline`.
JPEG = base64.b64decode("""
/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAFA3PEY8MlBGQUZaVVBfeMiCeG5uePWvuZHI////////////////////////////
////////////////////////2wBDAVVaWnhpeOuCguv/////////////////////////////////////////////////////
////////////////////wAARCABkAKADASIAAhEBAxEB/8QAGQABAQEBAQEAAAAAAAAAAAAAAAMEAgEF/8QAMBAAAgEDAgQF
AgYDAQAAAAAAAAECAxEUYqESITJREzFBYfBxgQQiM1JTkTRC0eH/xAAWAQEBAQAAAAAAAAAAAAAAAAAAAQL/xAAZEQEBAQEB
AQAAAAAAAAAAAAAAEQEhEjH/2gAMAwEAAhEDEQA/AIA04uvYYuvY1UZgacXXsMXXsKMwNOLr2GLr2FGYGnF17DF17CjMDTi6
9hi69hRmBpxdewxdewozA04uvYYuvYUZgacXXsMXXsKMwNOLr2GLr2FGYGnF17DF17CjScuSTs2dEZ9bIKcce4449yDaSuzz
xI9wNHHHuFJN2TIJpq6O4daAsARqUOOblxWv7BVgZ8XXsMXXsBoBnxdewxdewGgGfF17DF17AaAZ8XXsMXXsBoBnxdexSlS8
O/O9/YCgAAEZ9bLEZ9bCJ1OhkS8lxRsceFq2CuqfQikOtHEVwxsdw60EWI1K/BNx4b29ywCs+Vo3GVo3NAAz5WjcZWjc0ADP
laNxlaNzQAM+Vo3LU5ccFK1rnQAAAAAABGfWyxGfWwjP4ku48SXc5AV14ku5oh1oymqHWgLEalDjm5cVr+xYjUr8E3Hhvb3A
5xdewxdewytG4ytG4DF17DF17DK0bjK0bgMXXsMXXsMrRuUpVfEvytb3Ani69hi69jQAJ0qXh353v7FAAAAAHEoXd7nYAz4u
vYYuvY9rq8qafq/+HuPDvIizHOLr2KxhZ3ucypWpSjC7v3PYSXBa/OK5+wSKAjBXrOa6WuTOKNKM4ttvz9AsaQSVCKaab5HD
cl+IlwJN29fsCVoBnqzcoPhs4erFRXVFP1/8FPLQCOPDvI5c3P8ADybt5+n2BGgHNP8ATj9EdBAGajSjOLbb8/QoqEU003yC
7mYqACoAACFdXlTSdrvz/o98Kf8ALL59z2rCU3FxaTXc84a/74/PsRq8VbSV27Ik05NtRslz5f7/AD7+Z64TlScZNNs7irRS
fognx5TknFKyi/29iNGEpRbU3Hn5IqoNVpT5WaOI06sFaMopfPYLilODje83K/c4j/kz+n/D1RrXV5q3r8seqDVaU+VmgOJQ
8OhJXvzueVFdUUna/r/RWpFzg4rzZy6bfh81+XzBmvPCn/LL59z2skqMrJL6FTipFzg4rzYS9e0/04/RHRFQrJJKcbL52OoK
on+eSa9gbiVGEpRbU3Hn5ItTg43vNyv3Jxp1YK0ZRS+ex0o1rq81b1+WC71UAFZfNABpkAAAAAAAAAAAAAAAAAAAAAAAB//Z
""")


def jpeg(label: str) -> bytes:
    """The card as a baseline JPEG; `label` is its comment."""
    comment = label.encode()
    return JPEG[:20] + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + JPEG[20:]


def pdf(title: str, rows: tuple[str, ...] = (), javascript: str = "") -> bytes:
    """A PDF of one page that says what it is; with `javascript`, one that runs it when opened."""

    def string(text):
        special = {40: r"\(", 41: r"\)", 92: r"\\"}
        return "".join(
            special.get(b) or (chr(b) if 32 <= b < 127 else f"\\{b:03o}")
            for b in text.encode("cp1252")
        )

    page = ["0.9 g BT /F2 96 Tf 0.707 0.707 -0.707 0.707 150 210 Tm (EXEMPLE) Tj ET 0 g"]
    page.append(f"BT /F2 18 Tf 60 760 Td ({string(title)}) Tj ET")
    page.append("0.15 0.24 0.44 RG 60 748 m 535 748 l S BT /F1 11 Tf 60 722 Td 17 TL")
    page += [f"({string(ligne)}) '" for ligne in rows]
    page.append("ET BT /F1 9 Tf 60 60 Td (Document d'exemple, sans valeur : personnes et entreprises")
    page[-1] += f" {string('inventées')}.) Tj ET"
    content = "\n".join(page)
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica{} /Encoding /WinAnsiEncoding >>"
    action = f" /OpenAction << /S /JavaScript /JS ({string(javascript)}) >>" if javascript else ""
    objects = (
        f"<< /Type /Catalog /Pages 2 0 R /Lang (fr-FR){action} >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R\n"
        "   /Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> >>",
        f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
        font.format(""),
        font.format("-Bold"),
        f"<< /Title ({string(title + ' (exemple)')}) /CreationDate (D:{DATE:%Y%m%d%H%M%S}Z) >>",
    )
    out, offsets = "%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n"
    identity = hashlib.sha256(out.encode()).hexdigest()[:32]
    xref = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    size, start = len(objects) + 1, len(out)
    out += f"xref\n0 {size}\n0000000000 65535 f \n{xref}trailer\n<< /Size {size} /Root 1 0 R /Info 7 0 R"
    out += f" /ID [<{identity}> <{identity}>] >>\nstartxref\n{start}\n%%EOF\n"
    return out.encode("ascii")


# --- Archives ----------------------------------------------------------------------------------------


class RawName(zipfile.ZipInfo):
    """An entry whose name is stored in `encoding` and without the flag that says UTF-8."""

    def _encodeFilenameFlags(self):
        return self.filename.encode(self.encoding), self.flag_bits


def archive(kind: str, files: dict[str, bytes], name_form: str = "") -> bytes:
    """An archive of these files; a name with a final "/" is a folder. Of a zip, `name_form` may be "cp850"
    (as Windows stores accents) or "utf-8" (without its flag, as macOS does)."""
    if kind == "zip":
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as z:
            for name, data in files.items():
                info = (RawName if name_form else zipfile.ZipInfo)(name, DATE.timetuple()[:6])
                if name_form:
                    info.encoding = name_form
                info.create_system = 0 if name_form == "cp850" else 3
                folder = name.endswith("/")
                info.external_attr = (0o40755 << 16 | 16) if folder else 0o100644 << 16
                z.writestr(info, data, zipfile.ZIP_STORED if folder else zipfile.ZIP_DEFLATED, 9)
        return out.getvalue()
    infos = []
    for name, data in files.items():
        info = tarfile.TarInfo(name.rstrip("/"))
        info.type = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
        info.mode = 0o755 if name.endswith("/") else 0o644
        infos.append((info, data))
    return compressed(kind, tar(infos))


def tar(entries: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    """A tar of these entries, whatever they are: links and names that lead outside too."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as t:
        for info, data in entries:
            info.size, info.mtime = len(data), MTIME
            t.addfile(info, io.BytesIO(data))
    return out.getvalue()


def compressed(kind: str, data: bytes) -> bytes:
    if kind == "tar":
        return data
    if kind == "tar.gz":
        out = io.BytesIO()
        with gzip.GzipFile("", "wb", 9, out, MTIME) as z:
            z.write(data)
        return out.getvalue()
    if kind == "tar.xz":
        return lzma.compress(data, check=lzma.CHECK_CRC64, preset=6)
    if kind == "tar.zst":
        command = ["zstd", "-q", "-c", "--check", "-T1", "-9"]
        return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout
    raise ValueError(f"{kind} is not one of {', '.join(KINDS)}")


def hostile(files: dict[str, bytes], kind: str = "tar") -> bytes:
    """These files, then one whose name climbs out of the archive and a link to a file of the server."""
    entries = [(tarfile.TarInfo(name), data) for name, data in files.items()]
    entries.append((tarfile.TarInfo("../../../etc/cron.d/exemple"), b"# exemple d'archive hostile\n"))
    link = tarfile.TarInfo("annexe.pdf")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return compressed(kind, tar([*entries, (link, b"")]))


def bomb(kind="tar.zst", octets=160 << 20, files: dict[str, bytes] | None = None) -> bytes:
    """A small archive that holds `octets` zeros beside the other files."""
    return archive(kind, (files or {}) | {"annexe.pdf": bytes(octets)})


def truncated(data: bytes, part: float = 0.6) -> bytes:
    """Its beginning, as after a transfer that was cut."""
    return data[: int(len(data) * part)]


def bit_flipped(tar_gz: bytes) -> bytes:
    """A .tar.gz with one bit flipped that still inflates to a tar with the same names: only the CRC-32
    of the gzip trailer tells (RFC 1952)."""
    names = tarfile.open(fileobj=io.BytesIO(tar_gz)).getnames()
    for offset in range(len(tar_gz) // 2, len(tar_gz) - 8):
        data = bytearray(tar_gz)
        data[offset] ^= 1
        try:
            raw = zlib.decompressobj(-15)
            plain = raw.decompress(bytes(data[10:]))
            same = tarfile.open(fileobj=io.BytesIO(plain)).getnames() == names
        except (zlib.error, tarfile.TarError):
            continue
        whole = raw.eof and len(raw.unused_data) == 8
        if same and whole and struct.unpack("<I", data[-4:])[0] == len(plain):
            return bytes(data)
    raise ValueError("no such bit in this archive")
