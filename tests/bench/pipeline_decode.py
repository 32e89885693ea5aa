"""The pieces of the Python pipeline, decoded.

Pillow decodes each JPEG and PNG to its end; pikepdf opens each PDF with libqpdf and walks all its objects
for active content. That is what the night's parser does: it unpacks no stream of a PDF either, but those
that hold objects or references.
"""

import io
import re
import warnings

import pikepdf
from PIL import Image

from pipeline_pieces import MAX_PIXELS, Refused, jpeg_segments

MAX_SIDE = 65_535
MAX_OBJECTS = 200_000
MAX_PAGES = 2000
TAIL = 1024  # where readers look for the end of a PDF; stray bytes allowed after an image
BLANKS = b"\0\t\n\f\r "
PNG_END = b"\0\0\0\0IEND\xaeB`\x82"
FAULTS = (OSError, SyntaxError, RuntimeError, Image.DecompressionBombError, Image.DecompressionBombWarning,
          pikepdf.PdfError, pikepdf.PasswordError)

Image.preinit()
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)


# --- images --------------------------------------------------------------------------------------

def open_image(stream, kind):
    """Reads its header alone; over the limit of pixels, Pillow raises."""
    image = Image.open(stream, formats=(kind,))
    if max(image.size) > MAX_SIDE:
        raise Refused("image démesurée")
    return image


def decode_png(data):
    stream = io.BytesIO(data)
    open_image(stream, "PNG").verify()  # the CRCs, which load() does not look at; it stops within IEND
    end = stream.tell() + 4
    if data[end - 12:end] != PNG_END or len(data) - end > TAIL:
        raise Refused("PNG sans fin, ou suivi d'autre chose")
    stream.seek(0)
    open_image(stream, "PNG").load()


def decode_jpeg(data):
    """At an eighth of the size, in grey: all is read, little else is computed."""
    image = open_image(io.BytesIO(data), "JPEG")
    image.draft("L", (max(1, image.width // 8), max(1, image.height // 8)))
    image.load()
    # Pillow does not tell where the image ended, which is nearly always near the end of the file.
    if data.rfind(b"\xff\xd9", -TAIL - 2) < 0:
        *_, (_, end) = jpeg_segments(data)
        if not is_usual_tail(data[end:]):
            raise Refused("JPEG suivi d'autre chose")


def is_usual_tail(tail):
    """What phones and cameras put after the image: zeros, further images, a film, Samsung's trailer."""
    tail = tail.lstrip(b"\0")
    return len(tail) <= TAIL or tail.startswith(b"\xff\xd8\xff") or b"ftyp" in tail[:8] or tail.endswith(b"SEFT")


# --- PDF -----------------------------------------------------------------------------------------

def is_dictionary(value):
    return isinstance(value, pikepdf.Dictionary)


def is_filled_tree(value):
    """Editors leave an empty tree behind when the last attachment is removed."""
    if not is_dictionary(value):
        return False
    names = value.get("/Names")
    return "/Kids" in value or (isinstance(names, pikepdf.Array) and len(names) > 0)


def is_risky_opening(value):
    """Going to a page, or a viewer's own command, is how many documents open."""
    return (is_dictionary(value) and "/S" in value
            and not (isinstance(value["/S"], pikepdf.Name) and str(value["/S"]) in ("/GoTo", "/Named")))


ACTIVE_KEYS = {  # also met as names of fonts or images: the value's shape tells
    "/JS": lambda value: isinstance(value, (pikepdf.String, pikepdf.Stream)),
    "/JavaScript": is_dictionary,
    "/AA": lambda value: is_dictionary(value) and "/Type" not in value,
    "/XFA": lambda value: isinstance(value, (pikepdf.Array, pikepdf.Stream)),
    "/EF": lambda value: is_dictionary(value) and ("/F" in value or "/UF" in value),
    "/EmbeddedFiles": is_filled_tree,
    "/OpenAction": is_risky_opening,
}
ACTIVE_NAMES = {  # values that make a document do something by itself or carry a file
    "/S": {"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/RichMediaExecute", "/Rendition", "/Movie",
           "/Sound", "/GoToE"},
    "/Subtype": {"/RichMedia", "/FileAttachment", "/Screen", "/Movie", "/Sound", "/3D"},
    "/Type": {"/EmbeddedFile"},
}


def is_active(key, value):
    if key in ACTIVE_KEYS:
        return isinstance(value, bool) or ACTIVE_KEYS[key](value)
    return key in ACTIVE_NAMES and isinstance(value, pikepdf.Name) and str(value) in ACTIVE_NAMES[key]


# Every object is written out by libqpdf, which spells names in one way: one that has none of these names needs
# no walk in Python, which costs several times as much.
SUSPECT = re.compile(b"(?:%b)(?![0-9A-Za-z])" % b"|".join(
    name.encode() for name in (*ACTIVE_KEYS, *(name for names in ACTIVE_NAMES.values() for name in names))))


def written_out(value):
    if isinstance(value, pikepdf.Stream):
        return value.stream_dict.unparse()
    return value.unparse(resolved=True) if isinstance(value, pikepdf.Object) else b""


def look_for_active_content(pdf):
    pending = [pdf.trailer, *pdf.objects]
    if not any(SUSPECT.search(written_out(value)) for value in pending):
        return
    while pending:
        value = pending.pop()
        if isinstance(value, (pikepdf.Dictionary, pikepdf.Stream)):
            inner = []
            for key, item in value.items():
                if is_active(key, item):
                    raise Refused(f"PDF actif ({key})")
                inner.append(item)
        elif isinstance(value, pikepdf.Array):
            inner = value
        else:
            continue
        # What is referred to has its own turn.
        pending += [item for item in inner
                    if isinstance(item, (pikepdf.Dictionary, pikepdf.Array)) and not item.is_indirect]


def is_page(value):
    """For libqpdf any leaf of the tree is one."""
    return is_dictionary(value) and any(key in value for key in ("/Parent", "/MediaBox", "/Contents"))


def decode_pdf(data):
    """True when it opens with an empty password."""
    if b"%%EOF" not in data[-TAIL:] and b"%%EOF" not in data.rstrip(BLANKS)[-TAIL:]:
        raise Refused("PDF sans fin")
    linearized = re.search(rb"/Linearized.*?>>", data[:TAIL], re.DOTALL)
    if linearized and any(int(said) > len(data) for said in re.findall(rb"/L[\s\0]*(\d+)", linearized[0])):
        raise Refused("PDF plus court qu'il ne le dit")
    with pikepdf.open(io.BytesIO(data), inherit_page_attributes=False) as pdf:
        size, pages = pdf.trailer.get("/Size"), pdf.pages
        if (isinstance(size, int) and size > MAX_OBJECTS + 1) or len(pages) > MAX_PAGES:
            raise Refused("PDF trop lourd")
        if not any(is_page(page.obj) for page in pages):
            raise Refused("PDF sans page")
        look_for_active_content(pdf)
        if any("deeply nested" in str(warning) for warning in pdf.get_warnings()):
            raise Refused("PDF trop imbriqué")
        return pdf.is_encrypted


CHECKS = {"application/pdf": decode_pdf, "image/png": decode_png, "image/jpeg": decode_jpeg}
