"""What a supplier reads of an archive or a piece that is refused: the words, the place, and what to do."""

import io
import struct
import subprocess
import sys
import tempfile
import unittest
import zipfile

from harness import DATE, REPO, Case
from factory import archive, archive_files, supplier
from rules_table import sample, sized_jpeg, zip_with_method

sys.path.insert(0, str(REPO / "tests/tools"))
import make_pieces as made  # noqa: E402 (found through the path set above)

MIB = 1 << 20
RIB = "archive/rib.pdf"
WHOLE = made.pdf(made.document())


# --- what stands in place of the RIB -------------------------------------------------------------------


def office(*names: str) -> bytes:
    """The beginning of an Office or OpenDocument file: a zip with these entries."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name in names:
            zipped.writestr(name, b"<x/>")
    return out.getvalue()


def libre_office(kind: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as zipped:
        zipped.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}")
        zipped.writestr("content.xml", b"<x/>")
    return out.getvalue()


def iphone_photo() -> bytes:
    return struct.pack(">I4s4sI", 24, b"ftyp", b"heic", 0) + b"mif1heic" + bytes(400)


def signed_file(document: bytes) -> bytes:
    """A .p7m, as OpenSSL writes one."""
    key = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "/dev/stdout", "-subj", "/CN=Essai"]
    pem = subprocess.run(key, capture_output=True, check=True).stdout
    with tempfile.NamedTemporaryFile() as signer:
        signer.write(pem)
        signer.flush()
        sign = ["openssl", "cms", "-sign", "-binary", "-nodetach", "-outform", "DER", "-signer", signer.name]
        return subprocess.run(sign, input=document, capture_output=True, check=True).stdout


def encrypted_to_certificate() -> bytes:
    """A PDF that only those who have a certificate can open (ISO 32000-1, 7.6.4)."""
    entries = b"/Encrypt<</Filter/Adobe.PubSec/SubFilter/adbe.pkcs7.s4/V 2/Length 128/Recipients[<00>]>>/ID[<00><00>]"
    return made.pdf(made.document(), trailer=entries)


# A signature's dictionary, which stands as it is in every signed file (ISO 32000-1, 12.8.1).
SIGNED = b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/adbe.pkcs7.detached/ByteRange[0 10 20 30]/Contents<00>>>"


def script(*more: bytes) -> bytes:
    return made.pdf(made.document(b"/OpenAction" + made.SCRIPT, more=more))


def costly(*more: bytes) -> bytes:
    """More damages than libqpdf may mend: each stream's length is wrong."""
    wrong = b"<</Length 9>>stream\nx\nendstream"
    return made.pdf(made.document(more=[*more, *[wrong] * 12_000]))


def without_page_type() -> bytes:
    objects = made.document()
    return made.pdf([*objects[:2], objects[2].replace(b"/Type/Page/", b"/"), *objects[3:]])


def lost_page() -> bytes:
    """The table stands, the page's object does not."""
    at = WHOLE.index(b"3 0 obj")
    end = WHOLE.index(b"endobj", at) + 6
    return WHOLE[:at] + bytes(end - at) + WHOLE[end:]


def wrong_head() -> bytes:
    """A PNG that claims 60 000 pixels, which its checksum belies."""
    return sample("ko/damaged-head.png")


KIND = "Le fichier « rib.pdf » n'est pas un PDF, un JPEG ni un PNG : c'est "
ONLY = " Renommer un fichier ne suffit pas."
TO_PDF = "enregistrez-le en PDF (Fichier › Enregistrer sous › PDF, ou Fichier › Exporter)."
PLAIN = "un formulaire simple, une signature et des liens sont admis."

CONTENTS = [  # what stands in rib.pdf, the code, its message, its remedy
    (office("[Content_Types].xml", "word/document.xml"), "PJ-010", KIND + "un document Word.", "Dans Word, " + TO_PDF + ONLY),
    (office("[Content_Types].xml", "xl/workbook.xml"), "PJ-010", KIND + "un classeur Excel.", "Dans Excel, " + TO_PDF + ONLY),
    (office("[Content_Types].xml", "ppt/presentation.xml"), "PJ-010", KIND + "une présentation PowerPoint.",
     "Dans PowerPoint, " + TO_PDF + ONLY),
    (libre_office("text"), "PJ-010", KIND + "un document LibreOffice.",
     "Dans LibreOffice, Fichier › Exporter vers › Exporter au format PDF." + ONLY),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "PJ-010",
     KIND + "un document d'un ancien Word ou Excel, ou un message Outlook.", "Ouvrez-le, puis " + TO_PDF + ONLY),
    (iphone_photo(), "PJ-010", KIND + "une photo HEIC d'un iPhone.",
     "Exportez-la en JPEG : sur Mac, Aperçu › Fichier › Exporter ; sur iPhone, Réglages › Appareil photo › Formats › Le plus"
     " compatible, puis reprenez la photo." + ONLY),
    (signed_file(WHOLE), "PJ-010", KIND + "un fichier signé .p7m.",
     "Joignez le document qu'il contient : votre logiciel de signature l'en extrait." + ONLY),
    (office("rib.txt"), "PJ-010", KIND + "une archive zip.", "Joignez le document qu'elle contient, en PDF, JPEG ou PNG." + ONLY),
    (b"Rar!\x1a\x07\x01\0" + bytes(50), "PJ-010", KIND + "une archive RAR.",
     "Joignez le document qu'elle contient, en PDF, JPEG ou PNG." + ONLY),
    (b"GIF89a\1\0\1\0\0\0\0;", "PJ-010", KIND + "une image GIF.", "Enregistrez l'image en JPEG ou en PNG." + ONLY),
    (b"II*\0\x08\0\0\0" + bytes(80), "PJ-010", KIND + "une image TIFF.", "Enregistrez l'image en JPEG ou en PNG." + ONLY),
    (b"RIFF\x1a\0\0\0WEBPVP8 " + bytes(40), "PJ-010", KIND + "une image WebP.", "Enregistrez l'image en JPEG ou en PNG." + ONLY),
    (sample("ko/wrong-kind-html.pdf"), "PJ-010", KIND + "une page web.",
     "Téléchargez le document lui-même, ou imprimez la page en PDF." + ONLY),
    (sample("ko/wrong-kind-exe.pdf"), "PJ-010", KIND + "un programme Windows.",
     "Enregistrez le document en PDF, en JPEG ou en PNG." + ONLY),
    ("Relevé d'identité bancaire\n".encode(), "PJ-010", KIND + "du texte.",
     "Enregistrez le document en PDF, en JPEG ou en PNG." + ONLY),
    (b"{\\rtf1\\ansi RIB}", "PJ-010", KIND + "un document RTF.", "Ouvrez-le, puis " + TO_PDF + ONLY),
    (b"From: a@exemple.fr\r\nTo: b@exemple.fr\r\nSubject: RIB\r\n\r\nVoir pi\xc3\xa8ce jointe.\r\n", "PJ-010",
     KIND + "un courriel enregistré.", "Joignez la pièce jointe du courriel, pas le courriel." + ONLY),
    (b"\x9a\2\xfe\0" * 500, "PJ-010", KIND + "un fichier d'un format inconnu.",
     "Enregistrez le document en PDF, en JPEG ou en PNG." + ONLY),
    (b"", "PJ-008", "Le fichier « rib.pdf » est vide.", None),
    (sample("ok/colour.jpg")[:-60], "PJ-011", "Le fichier « rib.pdf » est incomplet : l'image JPEG s'interrompt.", None),
    (sample("ok/rgb.png")[:-40], "PJ-011", "Le fichier « rib.pdf » est incomplet : l'image PNG s'interrompt.", None),
    (WHOLE[:-40], "PJ-011", "Le fichier « rib.pdf » est incomplet : la marque de fin du PDF manque.", None),
    (sample("ko/truncated-scan.pdf"), "PJ-011", "Le fichier « rib.pdf » est incomplet : l'image JPEG s'interrompt (objet 6).", None),
    (sample("ko/damaged-crc.png"), "PJ-012", "Le fichier « rib.pdf » est endommagé : l'image PNG est illisible.", None),
    (sample("ok/colour.jpg")[:2] + b"\xff\xc0\0\2" + sample("ok/colour.jpg")[2:], "PJ-012",
     "Le fichier « rib.pdf » est endommagé : l'image JPEG est illisible.", None),
    (wrong_head(), "PJ-012", "Le fichier « rib.pdf » est endommagé : l'en-tête de l'image PNG est altéré.", None),
    (b"%PDF-1.4\nRien\n%%EOF\n", "PJ-012", "Le fichier « rib.pdf » est endommagé : la structure du PDF est illisible.", None),
    (lost_page(), "PJ-012", "Le fichier « rib.pdf » est endommagé : la structure du PDF est illisible.", None),
    (WHOLE + b"x" * 1020, "PJ-012", "Le fichier « rib.pdf » est endommagé : d'autres octets suivent la fin du PDF.", None),
    (sample("ko/encrypted-aes.pdf"), "PJ-013", "Le fichier « rib.pdf » est chiffré : un mot de passe est demandé à l'ouverture.", None),
    (encrypted_to_certificate(), "PJ-013",
     "Le fichier « rib.pdf » est chiffré : seuls les détenteurs d'un certificat peuvent l'ouvrir.", None),
    (script(), "PJ-015", "Le fichier « rib.pdf » contient un script (objet 1).",
     "Enregistrez le document sans ce contenu, ou imprimez-le en PDF, et joignez le résultat ; " + PLAIN),
    (script(SIGNED), "PJ-015", "Le fichier « rib.pdf » contient un script (objet 1).",
     "Demandez au signataire un document signé sans ce contenu : l'imprimer ôterait sa signature ; " + PLAIN),
    (sample("ko/active-embedded.pdf"), "PJ-015", "Le fichier « rib.pdf » contient un fichier joint (objet 1).", None),
    (sample("ko/active-xfa.pdf"), "PJ-015", "Le fichier « rib.pdf » contient un formulaire XFA (objet 1).", None),
    (sample("ko/active-submit.pdf"), "PJ-015", "Le fichier « rib.pdf » contient l'envoi d'un formulaire (objet 1).", None),
    (sample("ko/active-launch.pdf"), "PJ-015", "Le fichier « rib.pdf » contient le lancement d'un programme (objet 3).", None),
    (sample("ko/pixels-image.pdf"), "PJ-016",
     "L'image « rib.pdf », ou une image de ce PDF, est trop grande : 60 000 × 60 000 pixels (objet 6).", None),
    (sample("ko/no-page-kids.pdf"), "PJ-017", "Le PDF « rib.pdf » n'a aucune page.", None),
    (without_page_type(), "PJ-017", "Le PDF « rib.pdf » n'a aucune page.", None),
    (costly(), "PJ-018", "Le fichier « rib.pdf » est trop complexe pour être vérifié : plus de 10 000 défauts.",
     "Imprimez le document en PDF, ou numérisez-le, et joignez le résultat."),
    (costly(SIGNED), "PJ-018", "Le fichier « rib.pdf » est trop complexe pour être vérifié : plus de 10 000 défauts.",
     "Demandez au signataire un document signé plus simple : l'imprimer ôterait sa signature."),
    (sample("ko/costly-objstm.pdf"), "PJ-018",
     "Le fichier « rib.pdf » est trop complexe pour être vérifié : il demande trop de mémoire ou de temps de calcul.", None),
    (sized_jpeg(4 * MIB + 1), "PJ-009", "Le fichier « rib.pdf » dépasse 4 Mo.", None),
]  # fmt: skip


# --- archives ------------------------------------------------------------------------------------------


def zip_of(files: dict[str, bytes]) -> bytes:
    return archive("zip", files)


def without_dossier(*others):
    """The archive's files without dossier.yaml, with these instead: (name, content of the dossier or bytes)."""

    def change(files):
        dossier = files.pop("dossier.yaml")
        return zip_of({**files, **{name: dossier if data is None else data for name, data in others}})

    return change


def below(folder: str):
    return lambda files: zip_of({f"{folder}/{name}": data for name, data in files.items()})


def twice(files):
    return zip_of({f"{folder}/{name}": data for folder in ("un", "deux") for name, data in files.items()})


def renamed(**names):
    """The piece has another name in the archive than in the list."""
    return lambda files: zip_of({names.get(name.replace(".", "_"), name): data for name, data in files.items()})


def with_file(name: str, data: bytes):
    return lambda files: zip_of({**files, name: data})


def broken(where: str, offset: int, value: bytes, name: bytes = b"rib.pdf"):
    """A zip in which bytes of one entry's local header, central record or data were replaced."""

    def change(files):
        data = bytearray(zip_of(files))
        local, central = data.index(name) - 30, data.rindex(name) - 46
        at = {"local": local, "central": central, "data": local + 30 + len(name)}[where] + offset
        data[at:at + len(value)] = value
        return bytes(data)

    return change


def with_method_number(number: int):
    def change(files):
        data = zip_of(files)
        number_bytes = struct.pack("<H", number)
        for where, offset in (("local", 8), ("central", 10)):
            at = {"local": data.index(b"rib.pdf") - 30, "central": data.rindex(b"rib.pdf") - 46}[where] + offset
            data = data[:at] + number_bytes + data[at + 2:]
        return data

    return change


def extra_field(files):
    """An entry whose local header announces an extra field longer than it is."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as zipped:
        for name, data in files.items():
            info = zipfile.ZipInfo(name)
            info.extra = b"\xfe\xca\2\0ab" if name == "rib.pdf" else b""
            zipped.writestr(info, data)
    data = bytearray(out.getvalue())
    at = data.index(b"rib.pdf\xfe\xca") + 7
    data[at + 2:at + 4] = b"\xff\0"
    return bytes(data)


ALTERED = "L'archive est endommagée : le contenu de ce fichier est altéré."
AGAIN = "Refaites l'archive à partir des fichiers d'origine, puis déposez-la de nouveau."
METHOD = "Un fichier du zip est compressé par une méthode que le service ne lit pas : "
DEFLATE = "Refaites le zip avec la méthode Deflate (7-Zip : « Méthode de compression : Deflate » ; WinZip : « Compatibilité maximale »)."
FORMATS = ("Déposez le même contenu dans un des formats admis : zip, tar, tar.gz, tar.xz, tar.zst. Dans WinRAR ou 7-Zip,"
           " choisissez ZIP comme format d'archive ; renommer le fichier ne suffit pas.")
NO_DOSSIER = "L'archive ne contient pas dossier.yaml"
UNLISTED = "est dans l'archive, mais pas dans la liste des pièces."

ARCHIVES = [  # what is dropped; the anomalies: code, path, message, remedy (None: as it may be)
    *((lambda files, head=head: head + bytes(100),
       [("ARC-002", "archive", f"Quel que soit son nom, ce fichier est une archive {name} : le service n'admet pas ce format.", FORMATS)])
      for head, name in ((b"7z\xbc\xaf\x27\x1c", "7z"), (b"Rar!\x1a\x07\0", "rar"), (b"BZh91AY&SY", "bz2"),
                         (b"\x04\x22\x4d\x18", "lz4"), (b"070701", "cpio"), (b"\xc7\x71", "cpio"), (b"MSCF\0\0\0\0", "cab"),
                         (b"LZIP\1", "lzip"), (b"\x1f\x9d\x90", "Z"), (b"xar!\0\x1c", "xar"), (b"!<arch>\n", "ar"),
                         (b"]\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff", "lzma"), (b"\x89LZO\0\r\n\x1a\n", "lzo"))),
    (lambda files: zip_with_method(files, zipfile.ZIP_BZIP2), [("ARC-022", "archive/dossier.yaml", METHOD + "BZip2.", DEFLATE)]),
    (lambda files: zip_with_method(files, zipfile.ZIP_LZMA), [("ARC-022", "archive/dossier.yaml", METHOD + "LZMA.", DEFLATE)]),
    (with_method_number(9), [("ARC-022", RIB, METHOD + "Deflate64.", DEFLATE)]),
    (with_method_number(98), [("ARC-022", RIB, METHOD + "PPMd.", DEFLATE)]),
    (with_method_number(93), [("ARC-022", RIB, METHOD + "Zstandard.", DEFLATE)]),
    (with_method_number(77), [("ARC-022", RIB, METHOD + "méthode inconnue.", DEFLATE)]),
    (broken("data", 40, bytes(20)), [("ARC-006", RIB, ALTERED, AGAIN)]),  # the deflated data, or their checksum
    (broken("local", 0, b"PK\0\0"), [("ARC-006", RIB, "L'archive est endommagée : l'en-tête de ce fichier manque.", AGAIN)]),
    (extra_field, [("ARC-006", RIB, "L'archive est endommagée : l'en-tête de ce fichier est incohérent.", AGAIN)]),
    (broken("central", 42, b"\xff\xff\xff\x7f"), [("ARC-006", RIB, "L'archive est endommagée : l'en-tête de ce fichier manque.", AGAIN)]),
    (broken("local", 14, b"\1\2\3\4"), [("ARC-016", RIB, None, None)]),
    (broken("local", 18, b"\1\0\0\0"), [("ARC-016", RIB, None, None)]),
    (without_dossier(), [("ARC-017", "archive", NO_DOSSIER + ".", "Placez dossier.yaml à la racine de l'archive, ou dans son unique dossier.")]),
    *((without_dossier((name, None)), [("ARC-017", "archive", NO_DOSSIER + f", mais « {name} ».", remedy)]) for name, remedy in (
        ("dossier.yaml.txt", "Renommez-le en dossier.yaml : l'Explorateur Windows masque la fin « .txt » (Affichage › Extensions de noms de fichiers)."),
        ("dossier.txt", "Renommez-le en dossier.yaml (Explorateur Windows : Affichage › Extensions de noms de fichiers)."),
        ("dossier.yml", "Renommez-le en dossier.yaml."),
        ("dossier.YML", "Renommez-le en dossier.yaml."),
        ("Dossier.yaml", "Renommez-le en dossier.yaml, en minuscules."),
        ("DOSSIER.YAML", "Renommez-le en dossier.yaml, en minuscules."),
        ("depot.zip_a_corriger.yaml", "Renommez-le en dossier.yaml, une fois corrigé."),
        ("dossier (1).yaml", "Renommez-le en dossier.yaml."),
        ("mon_depot.yml", "Renommez-le en dossier.yaml."),
        ("dossier.docx", "Dans Word, Fichier › Enregistrer sous › Texte brut (.txt), codage UTF-8 ; puis renommez ce fichier en dossier.yaml"
         " (Explorateur Windows : Affichage › Extensions de noms de fichiers)."),
    )),
    (lambda files: zip_of({"depot.zip": zip_of(files)}),
     [("ARC-017", "archive", NO_DOSSIER + ", mais l'archive « depot.zip ».", "Déposez cette archive-là, sans la mettre dans une autre.")]),
    (lambda files: zip_of({"depot.tar.gz": archive("tar.gz", files)}),
     [("ARC-017", "archive", NO_DOSSIER + ", mais l'archive « depot.tar.gz ».", "Déposez cette archive-là, sans la mettre dans une autre.")]),
    (without_dossier(("dossier.yaml.txt", None), ("a-photos.zip", b"x")),  # the nearest name counts, not the first
     [("ARC-017", "archive", NO_DOSSIER + ", mais « dossier.yaml.txt ».", None)]),
    (below("mon dossier/depot"),
     [("ARC-017", "archive", NO_DOSSIER + " à sa place, mais « mon dossier/depot/dossier.yaml ».",
       "Placez-le, avec ses pièces, à la racine de l'archive, ou dans un seul dossier.")]),
    (twice, [("ARC-018", "archive", "L'archive contient plusieurs dossier.yaml : « un/dossier.yaml » et « deux/dossier.yaml ».",
              "Faites une archive par demande. Si ce sont vos premières demandes de la vague, déposez la seconde une fois la"
              " première validée.")]),
    (lambda files: zip_of({("pieces/" if name != "dossier.yaml" else "depot/") + name: data for name, data in files.items()}),
     [("ARC-019", "archive/pieces/rib.pdf", "Le fichier « pieces/rib.pdf » n'est pas à côté de dossier.yaml.",
       "Placez toutes les pièces dans le même dossier que dossier.yaml.")]),
    *((renamed(rib_pdf=name), [("PJ-001", "pieces[2].fichier", "Le fichier « rib.pdf » n'est pas dans l'archive.",
                                f"L'archive contient « {name} » : écrivez ce nom-là dans dossier.yaml, ou renommez le fichier.")])
      for name in ("rib.PDF", "RIB.pdf", "Rib.pdf", "rib_.pdf", "r’ib.pdf", "ri\u00a0b.pdf", "rib.pdf.pdf", "rib.jpg", "rib")),
    (lambda files: zip_of({**files, "dossier.yaml": files["dossier.yaml"].replace(  # a file that is listed is no slip
        b"  - {type: rib,", b"  - {type: kbis, fichier: rib.jpg}\n  - {type: rib,")}),
     [("PJ-001", "pieces[2].fichier", "Le fichier « rib.jpg » n'est pas dans l'archive.", "Ajoutez-le à l'archive, ou corrigez son nom."),
      ("PJ-006", "pieces[2].type", None, None)]),
    (renamed(rib_pdf="releve.pdf"), [
        ("PJ-001", "pieces[2].fichier", "Le fichier « rib.pdf » n'est pas dans l'archive.", "Ajoutez-le à l'archive, ou corrigez son nom."),
        ("PJ-002", "archive/releve.pdf", f"Le fichier « releve.pdf » {UNLISTED}", "Ajoutez à la liste des pièces la ligne « - {type: …, fichier: releve.pdf} » avec le type du document, ou retirez le fichier de l'archive.")]),
    (lambda files: zip_of({**{n: d for n, d in files.items() if n != "rib.pdf"}, "rib.docx": office("word/document.xml")}), [
        ("PJ-001", "pieces[2].fichier", None, "L'archive contient « rib.docx » : écrivez ce nom-là dans dossier.yaml, ou renommez le fichier."),
        ("PJ-010", "archive/rib.docx", "Le fichier « rib.docx » n'est pas un PDF, un JPEG ni un PNG : c'est un document Word.", None)]),
    *((with_file(name, data), [("PJ-002", f"archive/{name}", f"Le fichier « {name} » {UNLISTED}",
                                f"Retirez-le : en l'état il serait refusé ({why}). Pour le joindre, corrigez-le d'abord, puis ajoutez-le à"
                                " la liste des pièces avec son type.")])
      for name, data, why in (
          ("annexe.docx", office("word/document.xml"), "c'est un document Word"), ("vide.pdf", b"", "il est vide"),
          ("photo.heic", iphone_photo(), "c'est une photo HEIC d'un iPhone"), ("coupe.pdf", WHOLE[:-40], "il est incomplet"),
          ("casse.png", sample("ko/damaged-crc.png"), "il est endommagé"), ("chiffre.pdf", sample("ko/encrypted-aes.pdf"), "il est chiffré"),
          ("actif.pdf", script(), "il contient un script"), ("geant.png", sample("ko/pixels-bomb.png"), "son image est trop grande"),
          ("blanc.pdf", sample("ko/no-page-kids.pdf"), "il n'a aucune page"), ("complexe.pdf", costly(), "il est trop complexe"),
          ("lourd.jpg", sized_jpeg(4 * MIB + 1), "il dépasse 4 Mo"))),
    (lambda files: zip_of({**files, "n" * 256: b"x"}),
     [("ARC-014", "archive/" + "n" * 256, f"Le nom d'un fichier de l'archive dépasse 255 caractères : « {'n' * 256} ».",
       "Raccourcissez ce nom ; une lettre accentuée y compte double.")]),
    (lambda files: zip_of(files | {"dossier.yaml": files["dossier.yaml"] + b"#" * 300_000}),
     [("YML-003", "archive/dossier.yaml", "dossier.yaml dépasse 256 ko.", None)]),
    (lambda files: b"PK" + bytes(64 * MIB - 1), [("ARC-004", "archive", "L'archive pèse 64,1 Mo, au-delà de la limite de 64 Mo.", None)]),
]  # fmt: skip


class TestWords(Case):
    """Each case is a supplier's drop; all in one night."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.root = cls.shared_root()
        rows = [(lambda files, data=data: zip_of(files | {"rib.pdf": data}), [(code, RIB, message, remedy)])
                for data, code, message, remedy in CONTENTS]  # fmt: skip
        cls.rows = [(supplier(n), change, said) for n, (change, said) in enumerate([*rows, *ARCHIVES], 1)]
        cls.root.references([f for f, *_ in cls.rows])
        for f, change, _ in cls.rows:
            cls.root.drop(f.compte, "depot.zip", change(archive_files(f)))
        cls.root.run(DATE)

    def test_each(self):
        for f, _, said in self.rows:
            retour = self.root.retour(f.compte, "depot.zip")
            found = retour["anomalies"]
            with self.subTest(f.compte, said=said[0]):
                self.assertLessEqual({code for code, *_ in said}, {a["code"] for a in found}, found)
                for code, path, message, remedy in said:
                    one = next((a for a in found if (a["code"], a["chemin"]) == (code, path)), None)
                    self.assertIsNotNone(one, [(a["code"], a["chemin"]) for a in found])
                    self.assertEqual(one["message"], message or one["message"])
                    self.assertEqual(one["remede"], remedy or one["remede"])

    def test_nothing_else(self):
        """What is told once is not told again in other words."""
        for f, _, said in self.rows:
            codes = {a["code"] for a in self.root.retour(f.compte, "depot.zip")["anomalies"]}
            with self.subTest(f.compte, said=said[0]):
                self.assertEqual(codes, {code for code, *_ in said})

    def test_no_foreign_words(self):
        """No library's English, no raw size."""
        for anomaly in self.root.report("anomalies"):
            with self.subTest(anomaly["message"]):
                self.assertNotRegex(anomaly["message"] + anomaly["remede"], r"\boctets\b(?! suivent)|\b(JPEG file|CRC|IDAT|IHDR|error|invalid)\b")


if __name__ == "__main__":
    unittest.main()
