"""The ASP's reference files: as spreadsheets save them, refused whole or taken whole."""

import contextlib
import csv
import gzip
import io
import os
import pathlib
import signal
import struct
import subprocess
import time
import unittest
import zipfile
from unittest import mock

from harness import CATALOGUE, NIGHT_S, SEGUR, Case, codes
from factory import (
    HEADERS, EXCEL, INSEE, Form, csv_asp, depot, etablissement, supplier, references, replace, siren, siret,
)  # fmt: skip

NIGHTS = [f"2026-03-{day:02}" for day in range(2, 30)]
FORMS = {
    "excel": EXCEL,
    "excel-utf8": Form(),
    "libreoffice": INSEE,
    "bom-comma": Form(",", "utf-8-sig", "\r\n"),
    "cp1252-comma": Form(",", "cp1252", "\n"),
    "semicolon-utf8": Form(";", "utf-8", "\n"),
}
REMEDIES = {
    "REF-001": "dans la ligne d'en-tête, au-dessus de ses valeurs.",
    "REF-002": "Vérifiez que l'extraction est complète, puis déposez-la de nouveau.",
    "REF-003": "Corrigez la valeur dans la source du fichier",
    "REF-004": "Enregistrez-le de nouveau en « CSV UTF-8 »",
    "REF-005": "Supprimez celle des deux lignes qui est fausse.",
    "REF-006": "Noms attendus : referencements.csv, comptes.csv",
    "REF-007": "Vérifiez que l'extraction est complète, puis déposez-la de nouveau.",
    "REF-008": "demandez à l'exploitant de relever cette limite.",
    "REF-009": "Déposez-le de nouveau, entier",
    "REF-010": "Déposez le fichier tel que l'INSEE le publie. S'il passe par un outil",
    "REF-011": "Téléchargez-le de nouveau et déposez-le tel que l'INSEE le publie",
}
AS_PUBLISHED = "Déposez le fichier tel que l'INSEE le publie, sans l'enregistrer depuis un tableur"
TABLES = "referencements comptes_asp acces banques calendrier".split()
FS = [supplier(n, dsr=dsr) for n, dsr in enumerate(("SONS LGC", "SONS RIS", "SONS SGL", "SONS LGO"), 1)]
ADDITIONS = {
    "comptes.csv": [(f"ASP-{n}", f"p{n}@exemple.fr", siren(f"2999{n:04}"), "non", "depositaire") for n in range(4)],
    "banques.csv": [("99150", "EXEMFRPP", 'BANQUE "DU PORT", FILS ; ASSOCIÉS')],
}


def content(root) -> dict:
    return {table: root.sql(f"SELECT * FROM {table} ORDER BY 1, 2, 3") for table in TABLES}


def rewritten(data: bytes, form=INSEE, rows=lambda rows: rows, columns=lambda columns: columns, quoting=csv.QUOTE_MINIMAL):
    """A file of references() with its rows or its columns changed."""
    lines = list(csv.reader(io.StringIO(data.decode("utf-8"), newline="")))
    names = columns(lines[0])
    at = [lines[0].index(name) if name in lines[0] else None for name in names]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=form.separator, lineterminator=form.fin, quoting=quoting)
    writer.writerow(names)
    writer.writerows([line[i] if i is not None else "" for i in at] for line in rows(lines[1:]))
    return out.getvalue().encode(form.encoding)


class TestDialects(Case):
    def test_every_file_in_every_form(self):
        root = self.root()
        wanted = None
        for date, (name, form) in zip(NIGHTS, FORMS.items()):
            with self.subTest(name):
                files = references(FS, ADDITIONS, {file: form for file in HEADERS})
                for file, data in files.items():
                    root.asp(file, data)
                root.run(date)
                for file in files:
                    self.assertEqual([(r["etat"], r["code"], r["ligne"]) for r in root.asp_answer(file)],
                                     [("pris", "REF-000", "1")], file)  # fmt: skip
                wanted = wanted or content(root)
                self.assertEqual(content(root), wanted)
                self.assertEqual(root.inbox("asp"), [])
        names = [row[2] for row in wanted["banques"]]
        self.assertIn("MUTUELLE DES EXEMPLES – RÉGION OUEST", names)
        self.assertIn('BANQUE "DU PORT", FILS ; ASSOCIÉS', names)

    def test_columns_by_name(self):
        root = self.root()
        root.references(FS)
        header = ["Etat ", "remarque", "NUMERO_ANS", "siren_editeur", " dsr", "Profil", "version", "logiciel", "date_etat"]
        rows = [("en cours", "ajoutée", "00000ffff1", FS[0].siren, "SONS LGC", "", "1", "Logiciel d'été", "18/11/2025")]
        root.asp("referencements.csv", csv_asp(header, rows, EXCEL))
        root.run()
        self.assertEqual(root.sql("SELECT * FROM referencements"), [
            ("00000ffff1", "Logiciel d'été", "1", "SONS LGC", "", FS[0].siren, "en_cours", "2025-11-18")])  # fmt: skip

    def test_names_in_any_case(self):
        root = self.root()
        for name, data in references(FS).items():
            root.asp(name.replace("_utf8", "_utf8 (1)").upper(), data)
        root.drop(FS[0].compte, "dossier.zip", depot(FS[0]))
        root.run()
        self.assertEqual(root.retour(FS[0].compte, "dossier.zip")["etat"], "OK")


class TestRefused(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first = cls.shared_root(reference_octets=65536)
        cls.first.references(FS, ADDITIONS)
        cls.first.run(NIGHTS[0])

    def refused(self, files: dict, root=None, date=NIGHTS[1]) -> dict:
        """The answers to these files in the next night; the old ones must be kept."""
        root = root or self.copied(self.first)
        before = content(root), root.sql("SELECT nature, max(id) FROM fichiers_asp WHERE etat = 'pris' GROUP BY 1")
        for name, data in files.items():
            root.asp(name, data)
        root.run(date)
        self.assertEqual(root.inbox("asp"), [])
        after = content(root), root.sql("SELECT nature, max(id) FROM fichiers_asp WHERE etat = 'pris' GROUP BY 1")
        self.assertEqual(after, before)
        return {name: root.asp_answer(name) for name in files}

    def test_reasons(self):
        header = {name: ";".join(columns) for name, columns in HEADERS.items()}
        numero = f"0123456789;L;1;SONS LGC;;{FS[0].siren};valide;2025-01-01\r\n"
        ans = header["referencements.csv"] + "\r\n"
        banques = header["banques.csv"] + "\r\n"
        acces = header["acces.csv"] + "\r\n"
        calendrier = header["calendrier.csv"] + "\r\n"
        comptes = header["comptes.csv"] + "\r\n"
        cases = [
            ("referencements.csv", "numero_ans;logiciel\r\n", *[("REF-001", "1")] * 6),
            ("StockUniteLegale_2.csv", "siren,nom\n", *[("REF-001", "1")] * 4),
            ("referencements.csv", ans + numero + numero.replace("valide", "retire") + numero.replace(";1;", ";2;") * 2,
             *[("REF-005", str(n)) for n in (3, 4, 5)]),
            ("referencements.csv", ans + numero.replace("valide", "bientot") + "\r\n" + numero.replace("0123456789", "2,7E+100"),
             ("REF-003", "2"), ("REF-003", "4")),
            ("referencements.csv", ans + numero.replace(FS[0].siren, FS[0].siren[:-1]), ("REF-003", "2")),
            ("banques.csv", banques + "9101;EXEMFRPP;BANQUE\r\n" * 3, *[("REF-003", str(n)) for n in (2, 3, 4)]),
            ("acces.csv", acces + f"Majuscule;{FS[0].siren};a@exemple.fr\r\nasp;{FS[0].siren};a@exemple.fr\r\n",
             ("REF-003", "2"), ("REF-003", "3")),
            ("acces.csv", acces + f"compte-1;{FS[0].siren};pas-une-adresse\r\n", ("REF-003", "2")),
            ("calendrier.csv", calendrier + "SONS LGC;2026-06-30;2026-01-01\r\nSONS RIS;2026-02-30;2026-03-01\r\n",
             ("REF-003", "2"), ("REF-003", "3")),
            ("calendrier.csv", calendrier + "SONS LGC;2026-01-01;2026-06-30\r\nSONS RIS;2026-01-01", ("REF-009", "3")),
            ("calendrier.csv", calendrier + "SONS LGC;2026-01-01;2026-06-30\r\nSONS RIS;2026-01-01\r\n", ("REF-009", "3")),
            ("banques.csv", banques + "99101;EXEMFRPP;BANQUE D'ƒTƒ\r\n", ("REF-004", "2")),
            ("comptes.csv", comptes + f"A;a@exemple.fr;{FS[0].siren};peut-être;depositaire\r\n", ("REF-003", "2")),
            ("comptes.csv", comptes + "A;a@exemple.fr;1;oui;depositaire;de;trop\r\n", ("REF-004", "2")),
            ("comptes.csv", comptes + 'A;"a@exemple.fr;1;oui;depositaire\r\n', ("REF-004", "2")),
            ("comptes.csv", comptes + "A;a@exemple.fr;;oui;\r\nB;b@exemple.fr;;non;\r\nB;c@exemple.fr;;non;\r\n",
             ("REF-003", "2"), ("REF-003", "2"), ("REF-005", "4")),
            ("comptes.csv", comptes, ("REF-007", "")),
            ("comptes.csv", "", ("REF-007", "")),
            ("banques.csv", banques + "99101;EXEMFRPP;BANQUE\r\n", ("REF-002", "")),
            ("referencements.csv", ans + numero, ("REF-002", "")),
            ("banques.csv", banques + "99101;EXEMFRPP;BANQUE\r\n" * 4000, ("REF-008", "")),
            ("notes.txt", "bonjour", ("REF-006", "")),
            ("referencements (1).csv", ans + numero, ("REF-006", "")),
        ]  # fmt: skip
        root, nights = self.copied(self.first), []
        for case in cases:  # each night takes one of each name
            night = next((night for night in nights if case[0] not in night), None)
            if night is None:
                nights.append(night := {})
            night[case[0]] = case[1:]
        for date, night in zip(NIGHTS[1:], nights):
            answers = self.refused({name: text.encode("cp1252") for name, (text, *_) in night.items()}, root, date)
            for name, (_, *wanted) in night.items():
                with self.subTest(name=name, wanted=wanted):
                    self.check_refusal(answers[name], wanted)
        reached = {code for _, _, *wanted in cases for code, _ in wanted} | {"REF-000", "REF-010", "REF-011"}
        self.assertEqual({code for code in CATALOGUE if code.startswith("REF-")} - reached, set())

    def check_refusal(self, found, wanted):
        self.assertEqual([r["etat"] for r in found], ["refuse"] * len(wanted))
        self.assertEqual([r["code"] for r in found], [code for code, _ in wanted], found)
        lines = [r["ligne"] for r in found]
        self.assertEqual([x for x, (_, y) in zip(lines, wanted) if y], [y for _, y in wanted if y])
        for r in found:
            self.assertTrue(r["message"])
            self.assertIn(REMEDIES[r["code"]], r["remede"])
            self.assertNotRegex(r["message"] + r["remede"], r"\{\w+\}")

    def test_not_text(self):
        for data in ("numero_ans;logiciel\r\n".encode("utf-16"), bytes(range(256)), b"\x81\x8d;\xff\r\n"):
            with self.subTest(data[:8]):
                (answer,) = self.refused({"comptes.csv": data})["comptes.csv"]
                self.assertEqual(answer["code"], "REF-004")
                self.assertIn(REMEDIES["REF-004"], answer["remede"])

    def test_half_of_the_rows_may_go(self):
        root = self.copied(self.first)
        root.references(FS[:2])
        root.run(NIGHTS[1])
        self.assertEqual([r["code"] for r in root.asp_answer("referencements.csv")], ["REF-000"])
        root.references(FS[:1])
        root.run(NIGHTS[2])
        self.assertEqual([r["code"] for r in root.asp_answer("referencements.csv")], ["REF-000"])

    def test_insee_rows_may_not_go(self):
        """Two in a hundred, unless segur.conf says more; a sorted file keeps its end."""
        name = "StockEtablissement_utf8.csv"
        for kept, code in ((FS[1:], "REF-002"), (FS[:3], "REF-009")):
            with self.subTest(code):
                (answer,) = self.refused({name: references(kept)[name]})[name]
                self.assertEqual(answer["code"], code)
                self.assertIn("L'ancien fichier reste en vigueur.", answer["remede"])
        root = self.copied(self.first)
        root.configure(perte_insee=100)  # the operator's word that the last ones have left
        root.asp(name, references(FS[:3])[name])
        root.run(NIGHTS[1])
        self.assertEqual(root.asp_answer(name)[0]["code"], "REF-000")
        root = self.root(perte_insee=25)
        root.references(FS)
        root.run(NIGHTS[0])
        root.asp(name, references(FS[1:])[name])
        root.run(NIGHTS[1])
        (answer,) = root.asp_answer(name)
        self.assertEqual(answer["code"], "REF-000")
        self.assertIn("3 lignes, contre 4 auparavant", answer["message"])

    def test_insee_keys_and_lines(self):
        """What pandas, Excel and a broken download make of the register costs no night."""
        name = "StockEtablissement_utf8.csv"
        whole = references(FS)[name]
        for data, code, line in (
            (rewritten(whole, rows=lambda rows: [[x + ".0" if len(x) == 14 else x for x in r] for r in rows]), "REF-010", "2"),
            (rewritten(whole, rows=lambda rows: [["2,9E+13" if len(x) == 14 else x for x in r] for r in rows]), "REF-010", "2"),
            (whole[: len(whole) * 7 // 10], "REF-009", None),
            (whole[:-40], "REF-009", "5"),
            (whole.rstrip(b"\n"), "REF-009", "5"),
            (whole[:-40] + b"\n", "REF-009", "5"),
            (whole + b"x" * (1 << 20) + b"\n", "REF-004", "6"),
        ):  # fmt: skip
            with self.subTest(code=code, size=len(data)):
                (answer,) = self.refused({name: data})[name]
                self.assertEqual(answer["code"], code)
                self.assertEqual(answer["ligne"], line or answer["ligne"])
                self.assertIn(AS_PUBLISHED if code == "REF-004" else REMEDIES[code], answer["remede"])

    def test_a_first_file_is_compared_with_nothing(self):
        """It says so; one of a header alone would refuse everybody."""
        root = self.root()
        files = references(FS)
        for name in ("referencements.csv", "acces.csv", "banques.csv"):
            root.asp(name, files[name].splitlines(True)[0])
        for name in ("StockUniteLegale_utf8.csv", "StockEtablissement_utf8.csv", "comptes.csv", "calendrier.csv"):
            root.asp(name, files[name])
        root.run(NIGHTS[0])
        for name in files:
            (answer,) = root.asp_answer(name)
            if name in ("referencements.csv", "acces.csv", "banques.csv"):
                self.assertEqual(answer["code"], "REF-007", name)
                self.assertIn("Aucun fichier n'est encore en vigueur.", answer["remede"])
            else:
                self.assertIn("rien à quoi le comparer", answer["message"])

    def test_a_refused_file_does_not_stop_the_night(self):
        root = self.copied(self.first)
        root.asp("referencements.csv", b"rien\r\n")
        root.drop(FS[0].compte, "dossier.zip", depot(FS[0]))
        root.run(NIGHTS[1])
        self.assertEqual(root.retour(FS[0].compte, "dossier.zip")["etat"], "OK")


def zipped(data: bytes, *more: bytes, name="StockEtablissement_utf8.csv", method=zipfile.ZIP_DEFLATED, zip64=False) -> bytes:
    """A zip with one entry, or with more. `zip64`: as one of an entry over 4 GiB is made."""
    out = io.BytesIO()
    with contextlib.ExitStack() as stack:
        if zip64:
            stack.enter_context(mock.patch.object(zipfile, "ZIP64_LIMIT", 1))
            stack.enter_context(mock.patch.object(zipfile, "ZIP_FILECOUNT_LIMIT", 0))
        archive = stack.enter_context(zipfile.ZipFile(out, "w", method))
        for i, text in enumerate((data, *more)):
            info = zipfile.ZipInfo(f"{i or ''}{name}", (2026, 3, 1, 0, 0, 0))
            info.compress_type = method
            with archive.open(info, "w", force_zip64=zip64) as entry:
                entry.write(text)
    return out.getvalue()


def encrypted(data: bytes) -> bytes:
    """The same zip with both headers' flag of encryption set."""
    local, central = data.index(b"PK\3\4"), data.index(b"PK\1\2")
    out = bytearray(data)
    out[local + 6] |= 1
    out[central + 8] |= 1
    return bytes(out)


def changed(data: bytes, at: int, by: bytes) -> bytes:
    return data[:at] + by + data[at + len(by):]


class TestZip(Case):
    """INSEE's files in the zip that INSEE publishes."""

    ZIP, CSV = "StockEtablissement_utf8.zip", "StockEtablissement_utf8.csv"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.files = references(FS)
        cls.first = cls.shared_root()
        cls.first.references(FS)
        cls.first.run(NIGHTS[0])

    def in_force(self, root):
        return root.sql("SELECT nature, max(id), sha256, lignes FROM fichiers_asp WHERE etat = 'pris' GROUP BY 1")

    def refused(self, *cases: bytes, code="REF-011", **conf) -> list[dict]:
        """The answers to these zips, of one night; the old file must stay in force, and nothing of them on the disk."""
        root = self.copied(self.first)
        root.configure(**conf)
        before, kept = self.in_force(root), sorted(os.listdir(root.path / "var/references"))
        names = [f"StockEtablissement_{n}.zip" for n in range(len(cases))]
        for name, data in zip(names, cases):
            root.asp(name, data)
        root.run(NIGHTS[1])
        answers = [answer for name in names for answer in root.asp_answer(name)]
        self.assertEqual([(r["etat"], r["code"]) for r in answers], [("refuse", code)] * len(cases), answers)
        self.assertEqual(self.in_force(root), before)
        self.assertEqual(sorted(os.listdir(root.path / "var/references")), kept)
        self.assertEqual(root.inbox("asp"), [])
        for r in answers:
            self.assertIn("L'ancien fichier reste en vigueur.", r["remede"])
            self.assertIn("Téléchargez-le de nouveau" if code == "REF-011" else "", r["remede"])
        return answers

    def test_the_same_register_as_the_csv(self):
        """Deflated or stored, in zip64 or not: the same rows, the same answers to a drop, the same words."""
        forms = {
            "csv": None,
            "deflated": {},
            "stored": {"method": zipfile.ZIP_STORED},
            "zip64": {"zip64": True},
        }
        fresh, wanted = self.root(), None
        for form, options in forms.items():
            with self.subTest(form):
                root = self.copied(fresh)
                for name, data in self.files.items():
                    stock = name.startswith("Stock") and options is not None
                    root.asp(name.replace(".csv", ".zip") if stock else name,
                             zipped(data, name=name, **options) if stock else data)
                root.drop(FS[0].compte, "dossier.tar", depot(FS[0], "tar"))
                root.run(NIGHTS[0])
                answers = [root.asp_answer(name.replace(".csv", ".zip") if options is not None and name.startswith("Stock") else name)
                           for name in self.files]
                found = (answers, root.retour(FS[0].compte, "dossier.tar"), root.report("demandes"),
                         root.sql("SELECT nature, sha256, lignes, etat FROM fichiers_asp ORDER BY nature"),
                         root.sql("SELECT * FROM etablissements"), root.sql("SELECT * FROM unites_legales"))
                wanted = wanted or found
                self.assertEqual(found, wanted)
                root.segur("verify")

    def test_names(self):
        """Any case, as browsers number a second download; another register's zip is not known."""
        root = self.copied(self.first)
        root.asp("STOCKETABLISSEMENT_UTF8 (1).ZIP", zipped(self.files[self.CSV], name="X.CSV"))
        root.asp("referencements.zip", zipped(self.files["referencements.csv"]))
        root.run(NIGHTS[1])
        self.assertEqual(root.asp_answer("STOCKETABLISSEMENT_UTF8 (1).ZIP")[0]["code"], "REF-000")
        self.assertEqual(root.asp_answer("referencements.zip")[0]["code"], "REF-006")

    def test_cut(self):
        data = zipped(self.files[self.CSV])
        sizes = (0, 1, 3, 4, 29, 60, len(data) // 2, data.index(b"PK\1\2"), len(data) - 23, len(data) - 22, len(data) - 1)
        for size, answer in zip(sizes, self.refused(*(data[:size] for size in sizes))):
            self.assertIn("coupé" if size > 3 else "pas un zip", answer["message"], size)
            self.assertIn(REMEDIES["REF-011"], answer["remede"])

    def test_damaged(self):
        """A bit in the data, in a size, in the CRC; the CRC that both headers agree on is wrong."""
        data = zipped(self.files[self.CSV], method=zipfile.ZIP_STORED)
        central, crc = data.index(b"PK\1\2"), struct.pack("<I", 0x12345678)
        for answer in self.refused(
            changed(data, data.index(b"LYON"), b"l"),
            changed(changed(data, 14, crc), central + 16, crc),
            changed(data, central + 16, crc),
            changed(data, central + 24, struct.pack("<I", 5)),
            changed(zipped(self.files[self.CSV]), 200, b"\xff" * 20),
        ):
            self.assertIn("endommagé", answer["message"])

    def test_other_than_one_csv(self):
        text = self.files[self.CSV]
        whole, none = zipped(text), b"PK\5\6" + bytes(18)
        cases = (
            (zipped(text, text), "seul fichier"),
            (zipped(text, b"", name="x.csv"), "seul fichier"),
            (none, "seul fichier"),
            (zipped(text, name="StockEtablissement_utf8.parquet"), "n'est pas un .csv"),
            (zipped(text, name="../x.csv"), "n'est pas un .csv"),
            (encrypted(whole), "chiffré"),
            (zipped(text, method=zipfile.ZIP_LZMA), "Deflate"),
            (whole + b"x", "suivent sa fin"),
            (b"x" + whole, "pas un zip"),
            (text, "pas un zip"),
            (gzip.compress(text), "pas un zip"),
        )
        for (_, word), answer in zip(cases, self.refused(*(data for data, _ in cases))):
            self.assertIn(word, answer["message"])

    def test_the_csv_in_it_is_judged_as_any(self):
        text = self.files[self.CSV]
        cases = {"REF-007": b"", "REF-009": text[:-40], "REF-004": b"x" * (1 << 21), "REF-002": references(FS[1:])[self.CSV]}
        root = self.copied(self.first)
        for code, data in cases.items():
            root.asp(f"StockEtablissement_{code}.zip", zipped(data))
            root.asp(f"StockEtablissement_{code}.csv", data)
        root.run(NIGHTS[1])
        for code in cases:
            with self.subTest(code):
                answers = root.asp_answer(f"StockEtablissement_{code}.zip")
                self.assertEqual([r["code"] for r in answers], [code])
                self.assertEqual(answers, root.asp_answer(f"StockEtablissement_{code}.csv"))

    def test_bombs(self):
        """One that says how large it is, one that lies; neither is inflated to its end."""
        text = b"0" * 79 + b"\n"
        honest = zipped(text * 50_000)
        (answer,) = self.refused(honest, code="REF-008", insee_octets=1_000_000)
        self.assertIn("976,6 ko", answer["message"])
        lying, size = bytearray(honest), struct.pack("<I", 500_000)
        for at in (22, honest.index(b"PK\1\2") + 24):
            lying[at : at + 4] = size
        (answer,) = self.refused(bytes(lying), insee_octets=1_000_000)
        self.assertIn("endommagé", answer["message"])

    def big(self) -> bytes:
        """A register that takes a while to inflate."""
        header, *rows = self.files[self.CSV].splitlines(True)
        return zipped(header + b"".join(rows) * 100_000)

    @contextlib.contextmanager
    def inflating(self, root):
        """A night in the middle of a zip, and the parser that inflates it."""
        copy = root.path / "var/references/en-cours.tmp"
        night = subprocess.Popen([SEGUR, "run", "--root", root.path, "--date", NIGHTS[1], "--quiet"], stderr=subprocess.PIPE)
        try:
            while not (copy.exists() and copy.stat().st_size > 0):
                self.assertIsNone(night.poll())
                time.sleep(0.001)
            night.send_signal(signal.SIGSTOP)  # the parser waits then, with the pipe full
            yield night, max(self.children(night.pid))[1]
            night.send_signal(signal.SIGCONT)
            self.assertIn(night.wait(NIGHT_S), (0, -signal.SIGKILL))
        finally:
            night.kill()
            night.communicate()

    def children(self, parent):
        """The template, then its parser: when each was started, and its number."""
        for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                fields = path.read_text().rsplit(")", 1)[1].split()
                if int(fields[1]) == parent:
                    yield int(fields[19]), int(path.parent.name)

    def test_a_parser_that_dies(self):
        """The night goes on, the zip is refused; dropped again, it is judged."""
        root = self.copied(self.first)
        before = self.in_force(root)
        root.asp(self.ZIP, self.big())
        with self.inflating(root) as (night, parser):
            os.kill(parser, signal.SIGKILL)
        (answer,) = root.asp_answer(self.ZIP)
        self.assertEqual((answer["etat"], answer["code"]), ("refuse", "REF-011"))
        self.assertIn("arrêtée", answer["message"])
        self.assertGreater(int(answer["ligne"]), 1)
        self.assertEqual(self.in_force(root), before)

    def test_a_night_that_dies(self):
        """The old register stays; the same night takes the zip afterwards."""
        root = self.copied(self.first)
        before = self.in_force(root)
        root.asp(self.ZIP, self.big())
        with self.inflating(root) as (night, _):
            night.kill()
        self.assertEqual(self.in_force(root), before)
        root.asp(self.ZIP, zipped(self.files[self.CSV]))
        root.run(NIGHTS[1])
        self.assertEqual(root.asp_answer(self.ZIP)[0]["code"], "REF-000")
        self.assertFalse((root.path / "var/references/en-cours.tmp").exists())


class TestTaken(Case):
    """What is odd in the ASP's registers but usable does not keep the drops waiting."""

    def test_first_install_with_odd_rows(self):
        f = FS[0]
        foreign = ("00000ffff1", "", "", "SONS RIS", "", "", "valide", "hier")
        additions = {
            "referencements.csv": [foreign, foreign],
            "calendrier.csv": [
                (f.dsr, "1/1/2026", ""), (f.dsr.lower(), "01/01/2026", "31/12/9999"), ("SONS RIS", "", "2025-12-31"),
            ],
            "comptes.csv": [
                ("ASP-1", "p@exemple.fr", "123456789", "non", ""), ("ASP-1", "p@exemple.fr", "", "non", ""),
                ("ASP-1", "p@exemple.fr", FS[1].siren, "oui", "depositaire"),
            ],
            "acces.csv": [(f.compte, "123456789", "")],
        }  # fmt: skip
        root = self.root()
        root.references(FS, additions)
        for g in FS[:3]:
            root.drop(g.compte, "dossier.zip", depot(g))
        root.run()
        for name in references(FS):
            self.assertEqual([r["code"] for r in root.asp_answer(name)], ["REF-000"], name)
        self.assertIn((f.dsr, "2026-01-01", "9999-12-31"), content(root)["calendrier"])
        self.assertIn(("SONS RIS", "0001-01-01", "2025-12-31"), content(root)["calendrier"])
        self.assertEqual([row[2] for row in content(root)["comptes_asp"] if row[0] == "ASP-1"],
                         ["", "123456789", FS[1].siren])  # fmt: skip
        self.assertEqual(root.retour(f.compte, "dossier.zip")["etat"], "OK")
        self.assertIn("CYC-", "".join(codes(root.retour(FS[1].compte, "dossier.zip"))))
        self.assertEqual(root.retour(FS[2].compte, "dossier.zip")["etat"], "OK")


    def test_a_bank_with_several_bics(self):
        f, code = FS[0], FS[0].banque.code
        root = self.root()
        root.references(FS, {"banques.csv": [(code, "BFCORERXXXX", "BFC REUNION"), (code, "BFCOYTYTXXX", "BFC MAYOTTE")]})
        root.drop(f.compte, "dossier.zip", depot(f))
        root.drop(FS[1].compte, "dossier.zip", depot(replace(FS[1], banque=f.banque), banque__bic="EXEMFRP9"))
        root.run()
        self.assertEqual([r["code"] for r in root.asp_answer("banques.csv")], ["REF-000"])
        self.assertEqual(codes(root.retour(f.compte, "dossier.zip")), [])
        retour = root.retour(FS[1].compte, "dossier.zip")
        (alert,) = [a for a in retour["anomalies"] if a["code"] == "BNK-010"]
        for bic in ("BFCORERXXXX", "BFCOYTYTXXX", f.banque.bic):
            self.assertIn(bic, alert["message"])
        self.assertEqual(retour["etat"], "ANO")


class TestRegister(Case):
    """INSEE's stock files, judged by what a request then says."""

    def filed(self, f, change=lambda name, data: data, expect=0, **more):
        """A drop of that supplier, with the register's files changed; its root."""
        root = self.root()
        for name, data in references([*FS, f], **more).items():
            root.asp(name, change(name, data) if name.startswith("Stock") else data)
        root.drop(f.compte, "dossier.zip", depot(f))
        root.run(expect=expect)
        return root

    def check_address(self, root, f):
        self.assertEqual(codes(root.retour(f.compte, "dossier.zip")), [])
        (demande,) = root.report("demandes")
        a = f.adresse
        self.assertEqual([demande[c] for c in ("numero_voie", "nom_voie", "code_postal", "denomination")],
                         [a.numero, a.nom_voie, a.code_postal, f.denomination])  # fmt: skip

    def test_as_published_and_as_saved_again(self):
        """Two official names end with a space; a spreadsheet quotes, moves columns, changes the ends of lines."""
        f = supplier(40, denomination='LOGICIELS, "SOINS" ET FILS')
        self.assertIn(b"coordonneeLambertAbscisseEtablissement ,", references([f])["StockEtablissement_utf8.csv"])
        for name, change in {
            "published": lambda name, data: data,
            "quoted": lambda name, data: rewritten(data, quoting=csv.QUOTE_ALL),
            "columns": lambda name, data: rewritten(data, columns=lambda names: names[::-1]),
            "rows": lambda name, data: rewritten(data, rows=lambda rows: rows[::-1]),
            "crlf-bom": lambda name, data: rewritten(data, Form(",", "utf-8-sig", "\r\n")),
            "semicolon": lambda name, data: rewritten(data, Form(";", "utf-8", "\n")),
            "blank-end": lambda name, data: data + b"\n\n",
        }.items():
            with self.subTest(name):
                self.check_address(self.filed(f, change), f)

    def test_many_rows(self):
        """The row is the last of thousands; others begin or end like its number."""
        f = supplier(40)
        rows = [etablissement(supplier(41), siret(siren(f"28{n:06}")), "A") for n in range(3000)]

        def last(name, data):
            return rewritten(data, rows=lambda rows: sorted(rows, key=lambda r: f.siren in r[0]))

        root = self.filed(f, last, additions={"StockEtablissement_utf8.csv": rows})
        self.check_address(root, f)

    def test_newest_file_counts(self):
        f = supplier(40)
        root = self.filed(f)
        closed = replace(f, etablissement="F")
        root.decide("ENR0001M0", "rejeter", 0, "--motif", "Non")
        root.references([*FS, closed])
        root.drop(f.compte, "dossier.zip", depot(f, "tar"))
        root.run(NIGHTS[1])
        self.assertEqual(codes(root.retour(f.compte, "dossier.zip")), ["SIR-005"])

    def test_ceased_company(self):
        f = supplier(40)

        def ceased(name, data):
            row = f.siren.encode()
            lines = [b",".join(b"C" if x == b"A" else x for x in line.split(b",")) if line.startswith(row) else line
                     for line in data.split(b"\n")]  # fmt: skip
            return b"\n".join(lines) if "UniteLegale" in name else data

        self.assertEqual(codes(self.filed(f, ceased).retour(f.compte, "dossier.zip")), ["SIR-005"])

    def test_sole_traders(self):
        named = supplier(42, sole_trader=("LEFEBVRE", "NOEMIE"), denomination="LEFEBVRE NOEMIE")
        hidden = supplier(43, sole_trader=("TANGUY", "MAELLE"), published=False, denomination_given="Maëlle Tanguy")
        for f, wanted in ((named, "LEFEBVRE NOEMIE"), (hidden, "Maëlle Tanguy")):
            with self.subTest(wanted):
                root = self.filed(f)
                self.assertEqual(codes(root.retour(f.compte, "dossier.zip")), [])
                self.assertEqual(root.report("demandes")[0]["denomination"], wanted)

    def test_an_unreadable_row_is_not_an_absent_one(self):
        """The supplier does not pay for INSEE's fault: the drop waits, and is not refused."""
        f = supplier(40)

        def stray_quote(name, data):
            return data.replace(f.adresse.nom_voie.encode(), b'DU "PONT') if "Etablissement" in name else data

        retour = self.filed(f, stray_quote, expect=69).retour(f.compte, "dossier.zip")
        self.assertEqual((retour["etat"], retour["anomalies"]), ("INCIDENT", []))


if __name__ == "__main__":
    unittest.main()
