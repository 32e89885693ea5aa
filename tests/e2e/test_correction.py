"""The file to correct, as a loop: a dossier that has an anomaly, its file to correct, the correction, accepted."""

import itertools
import re
import unittest
from dataclasses import dataclass, field

from corrected import Corrector, blocks, data, without_marks, words
from factory import (
    HEADERS, archive, archive_files, csv_asp, decisions, depot, dossier_initial, supplier, pdf, person, references,
    replace, siren, siret,
)  # fmt: skip
from harness import CATALOGUE, DATE, Case, typed
from rules_table import AUTRE, CALENDRIER, COMPTES, FAMILIES, TABLES, Ko

BLOCKING = {code for code, entry in CATALOGUE.items()
            if entry["gravite"] == "bloquant" and code.partition("-")[0] in FAMILIES}  # fmt: skip
# What no change of the file can mend, and why.
WITHOUT_LOOP = {
    "ACC-001": "the account's rights are opened by the assistance",
    "ANS-004": "a retired referencing cannot be enrolled",
    "CYC-001": "the number has its enrolment",
    "CYC-004": "asks to wait",
    "CYC-005": "asks to wait",
    "CYC-021": "no request had that rank: the supplier alone knows which he means",
}
# Looped by cases of their own: TestOther, TestSequels.
ELSEWHERE = {"ARC-020", "SIR-005", "CYC-002", "CYC-003", "CYC-007", "CYC-008", "CYC-009", "CYC-010", "DEP-013"}


def decoded(dossier: bytes) -> str:
    """The dropped text as UTF-8, as the file to correct holds it."""
    if dossier[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return dossier.decode("utf-16")
    try:
        return dossier.decode("utf-8")
    except UnicodeDecodeError:
        return dossier.decode("cp1252")


def cited(text: str) -> str:
    """Without the numbers of the lines that messages cite: marks above a line move it."""
    return re.sub(r"\bligne \d+", "ligne …", text)


class Loop(Case):
    """One night with a drop for each blocking row of `tables`, and one with what they became."""

    tables: tuple = ()
    conf: dict = {}
    facts: dict = {}  # of every supplier
    corrections: dict = {}  # facts that the valid dossier has besides
    rewrite = None  # of every dossier, dropped and valid
    keep_marks = True
    templates = True  # what is missing is always proposed as a line

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not cls.tables:
            raise unittest.SkipTest("a base class")
        cls.root = cls.shared_root(**cls.conf)
        cls.rows = [replace(row, f=row.f | cls.facts) for name in cls.tables for row in TABLES[name]
                    if isinstance(row, Ko) and row.code in BLOCKING - WITHOUT_LOOP.keys() - ELSEWHERE]  # fmt: skip
        for n, row in enumerate(cls.rows, 1):
            row.build(n)
            cls.prepare(row)
        suppliers = [row.supplier for row in cls.rows]
        files = references([*suppliers, AUTRE], {"comptes.csv": COMPTES})
        windows = [(dsr, "2025-01-01", "2026-12-31") for dsr in sorted({f.dsr for f in suppliers})]
        files["calendrier.csv"] = csv_asp(HEADERS["calendrier.csv"], windows + CALENDRIER)
        for name, content in files.items():
            cls.root.asp(name, content)
        for row in cls.rows:
            cls.root.drop(row.compte, row.name, row.bytes)
        cls.root.run(DATE)
        cls.marked = {id(row): cls.root.outbox(row.compte) / f"{row.name}_a_corriger.yaml" for row in cls.rows}

    @classmethod
    def prepare(cls, row):
        if row.octets is None and cls.rewrite:
            yaml_text = row.yaml_text
            row.yaml_text = lambda text: cls.rewrite(yaml_text(text) if callable(yaml_text) else text if yaml_text is None else yaml_text)
            files = archive_files(row.supplier, row.d, yaml_text=row.yaml_text, fichiers=row.fichiers)
            row.yaml_text, row.dossier = yaml_text, files["dossier.yaml"]
            row.bytes = archive(row.kind, files, row.name_form)
        row.valid = archive_files(replace(row.supplier, **cls.corrections), yaml_text=cls.rewrite)

    def text(self, row) -> str:
        return self.marked[id(row)].read_bytes().decode("utf-8")

    def about(self, row):
        return self.subTest(row.code, compte=row.compte, d=str(row.d)[:200])

    def given_back(self, row) -> bool:
        """Whether the archive could be read as far as its dossier."""
        return without_marks(self.text(row)).strip("\ufeff\r\n") != "" or row.dossier.strip() == b""

    def test_it_is_the_dossier_that_was_dropped(self):
        for row in self.rows:
            with self.about(row):
                text = self.text(row)
                if not self.given_back(row):
                    self.assertTrue(row.code.startswith("ARC-") or row.code == "YML-003", row.code)
                    continue
                dropped = decoded(row.dossier)
                own = without_marks(text.removeprefix("\ufeff"))
                self.assertEqual(own.rstrip("\n"), dropped.removeprefix("\ufeff").rstrip("\n"))
                self.assertEqual(data(text), data(dropped))

    def test_each_anomaly_stands_in_its_place(self):
        for row in self.rows:
            with self.about(row):
                given = self.given_back(row)
                marked = blocks(self.text(row).removeprefix("\ufeff"))
                for anomaly in self.root.retour(row.compte, row.name)["anomalies"]:
                    said = words(f"{anomaly['code']}, {anomaly['chemin'].removeprefix('archive/')} : {anomaly['message']}")
                    said = said.replace("\u202e", "\ufffd")
                    places = [n for n, (marks, _) in enumerate(marked) if said in words(marks)]
                    self.assertEqual(len(places), 1, (anomaly, self.text(row)[:3000]))
                    marks = words(marked[places[0]][0])
                    self.assertIn(words(anomaly["remede"]), marks)
                    if anomaly["gravite"] == "bloquant":
                        self.assertIn(words("À CORRIGER ") + said, marks)
                    self.check_place(anomaly, places[0], marked, given)

    def check_place(self, anomaly, place, marked, given):
        line = anomaly["ligne"]
        if line is None or not given:
            return
        last = sum(1 for _, below in marked if below is not None)
        allowed = {line - 1}  # above the line itself, or below a section's key, before its first
        if anomaly["valeur"] is None:
            after = line
            while after < last and (marked[after][1].strip() == "" or marked[after][1].lstrip().startswith("#")):
                after += 1
            allowed |= {after, line}
        self.assertIn(place, allowed, (anomaly, marked))

    def corrected(self, row) -> bytes:
        dropped = decoded(row.dossier) if self.given_back(row) else ""
        valid = row.valid["dossier.yaml"].decode("utf-8")
        corrector = Corrector(self.text(row).removeprefix("\ufeff"), dropped.removeprefix("\ufeff"),
                              valid.removeprefix("\ufeff"))  # fmt: skip
        text, extra = corrector.apply()
        if self.templates:
            self.assertEqual(extra, [], f"no line is proposed for these\n{self.text(row)}")
        return (text if self.keep_marks else without_marks(text)).encode("utf-8")

    def test_mended_it_is_accepted(self):
        root = self.copied(self.root)
        for row in self.rows:
            with self.about(row):
                files = row.valid | {"dossier.yaml": self.corrected(row)}
                root.drop(row.supplier.compte, "corrige.zip", archive("zip", files))
        root.run(DATE)
        for row in self.rows:
            with self.about(row):
                retour = root.retour(row.supplier.compte, "corrige.zip")
                self.assertIn(retour["etat"], ("OK", "ANO"), (retour["anomalies"], self.corrected(row).decode()))
        self.check_outputs(root)

    def test_marks_do_not_pile_up(self):
        """The file dropped as it is: the same anomalies, and the same file but for what they cite."""
        root = self.copied(self.root)
        rows = [row for row in self.rows if self.given_back(row) and row.octets is None and row.code != "YML-002"]
        for row in rows:
            files = archive_files(row.supplier, row.d, fichiers=row.fichiers)
            files["dossier.yaml"] = self.text(row).encode("utf-8")
            root.drop(row.supplier.compte, "encore.zip", archive("zip", files, row.name_form))
        root.run(DATE)
        for row in rows:
            with self.about(row):
                found = (root.outbox(row.supplier.compte) / "encore.zip_a_corriger.yaml").read_bytes().decode("utf-8")
                self.assertEqual(cited(found), cited(self.text(row)))


class TestArchive(Loop):
    tables = ("KO_ARCHIVE",)


class TestText(Loop):
    tables = ("KO_TEXT",)


class TestLimits(Loop):
    tables = ("KO_LIMITS",)
    conf = {"formats_archive": "zip, tar.gz", "formats_piece": "pdf, png", "archive_octets": 65536,
            "contenu_octets": 200_000, "entrees": 8, "dossier_octets": 4096, "pixels": 60_000}  # fmt: skip
    corrections = {"fichiers": {"piece_identite_representant": "identite.png"}}
    keep_marks = False


class TestDossier(Loop):
    tables = ("KO_STEP_1", "KO_STEP_2", "KO_STEPS_3_TO_5")


class TestDossierOfNotepad(Loop):
    """CR LF and a BOM."""

    tables = TestDossier.tables
    rewrite = staticmethod(lambda text: ("\ufeff" + text.replace("\n", "\r\n")).encode("utf-8"))


class TestDossierCompact(Loop):
    """Short sections on one line: what is missing can be said in words only."""

    tables = TestDossier.tables
    facts = {"compact": True}
    templates = False


class TestPieces(Loop):
    tables = ("KO_PIECES",)


class TestRights(Loop):
    tables = ("KO_RIGHTS",)


del Loop  # not a test by itself


class TestOther(Case):
    """What has no row, or asks for facts of its own."""

    def mended(self, root, f, code, valid):
        """Drops what the file to correct of depot.zip becomes."""
        retour = root.retour(f.compte, "depot.zip")
        self.assertEqual([a["code"] for a in retour["anomalies"]], [code])
        marked = (root.outbox(f.compte) / "depot.zip_a_corriger.yaml").read_bytes().decode("utf-8")
        dropped = without_marks(marked)
        text, extra = Corrector(marked, dropped, valid["dossier.yaml"].decode("utf-8")).apply()
        self.assertEqual(extra, [])
        self.assertIn(words(retour["anomalies"][0]["remede"]), words(marked))
        root.drop(f.compte, "corrige.zip", archive("zip", valid | {"dossier.yaml": text.encode("utf-8")}))
        root.run(DATE)
        self.assertEqual(root.retour(f.compte, "corrige.zip")["etat"], "OK")
        self.check_outputs(root)

    def test_another_establishment(self):
        closed = siret(siren("29800007"), 4)
        f = supplier(1, siret=siret(siren("29800007")), other_etablissements=((closed, "F"),))
        root = self.root()
        root.references([f])
        root.drop(f.compte, "depot.zip", depot(f, demandeur__siret=closed))
        root.run(DATE)
        self.mended(root, f, "SIR-005", archive_files(f))

    def test_a_link_in_place_of_an_archive(self):
        f = supplier(1)
        root = self.root()
        root.references([f])
        root.drop(f.compte, "autre.zip", b"x")
        path = root.path / "inbox" / f.compte / "depot.zip"
        path.symlink_to("autre.zip")
        root.run(DATE)
        path.unlink()
        self.mended(root, f, "ARC-020", archive_files(f))

    def test_a_trial_gets_its_file_and_a_taken_dossier_none(self):
        f = supplier(1)
        root = self.root()
        root.references([f])
        root.drop(f.compte, "essai.zip", depot(f, essai=True, banque__bic="EXEM"))
        root.drop(f.compte, "bon.zip", depot(f))
        root.run(DATE)
        found = sorted(path.name for path in root.outbox(f.compte).glob("*a_corriger*"))
        self.assertEqual(found, ["essai.zip_a_corriger.yaml"])
        self.assertIn("« essai.zip_a_corriger.yaml »", root.retour(f.compte, "essai.zip")["accuse"])
        [mail] = root.mails("depot_refuse")
        self.assertIn("« essai.zip_a_corriger.yaml »", typed(mail))

    def test_each_answer_has_its_own(self):
        f = supplier(1)
        root = self.root()
        root.references([f])
        for bic in ("EXEM", "EXE"):
            root.drop(f.compte, "depot.zip", depot(f, banque__bic=bic))
            root.run(DATE)
        for name, bic in (("depot.zip_a_corriger.yaml", "EXEM"), ("depot.zip_a_corriger-2.yaml", "EXE")):
            self.assertIn(f"bic: {bic}\n", (root.outbox(f.compte) / name).read_text("utf-8"))


AGENT = person("Chloé", "Béranger", "tiers", nature="passeport")
BANQUE = "banque:\n  iban: FR14 2004 1010 0505 0001 3M02 606\n  bic: PSSTFRPPPAR\n  titulaire: LOGICIELS EXEMPLE\n"


def sequel(kind: str, *lines: str, **pieces: str) -> str:
    items = "".join(f"  - {{type: {code}, fichier: {code}.pdf}}\n" for code in pieces)
    return f"format: 1\ntype: {kind}\n{''.join(lines)}" + (f"pieces:\n{items}" if items else "")


def complementaire(f, *codes: str) -> str:
    declarant = "declarant: representant_legal\n"
    if f.depositaire:
        declarant = f"declarant: depositaire\ndepositaire:\n  email: {f.depositaire.email}\n"
    return sequel("complementaire", f"referencement:\n  numero_ans: {f.numero_ans}\ndemandeur:\n  siret: {f.siret}\n"
                 f"  distributeur: non\n{declarant}tva:\n  assujetti: oui\nengagements:\n  cgu: oui\n"
                 "  article_441_7: oui\n  authenticite: oui\n", **dict.fromkeys(codes, ""))  # fmt: skip


@dataclass
class Sequel:
    """A drop after an initial one that was decided on: `ko` and `valid` are functions of the request's number."""

    codes: str
    decision: tuple | None  # decision and pieces; None: there is no initial
    ko: object
    valid: object
    facts: dict = field(default_factory=dict)
    free: bool = False  # it asks for keys that nobody can name: other sections, another kind


RIB_ASKED, KBIS_ASKED = ("demander_pieces", "rib"), ("demander_pieces", "rib|kbis")
MODIFIER, VALIDER = ("demander_modification", ""), ("valider", "")
ANTICIPE = {"etat": "en_cours"}
ASP_SIREN, ASP_AGENT = siren("29800011"), siren("29800012")


def demande(numero: str) -> str:
    return f"demande: {numero}\n"


def pieces(numero, **codes):
    return sequel("pieces", demande(numero), **codes)


SEQUELS = [
    Sequel("CYC-007", RIB_ASKED, lambda f, n: sequel("pieces", rib=""), lambda f, n: pieces(n, rib="")),
    Sequel("CYC-008", RIB_ASKED, lambda f, n: pieces("0601", rib=""), lambda f, n: pieces(n, rib="")),
    Sequel("CYC-009", RIB_ASKED, lambda f, n: pieces("ENR9999", rib=""), lambda f, n: pieces(n, rib="")),
    Sequel("CYC-010", VALIDER, lambda f, n: pieces(n, certificat_referencement=""),
          lambda f, n: sequel("finalisation", demande(n), certificat_referencement=""), ANTICIPE),
    Sequel("CYC-011", MODIFIER, lambda f, n: pieces(n, rib=""),
          lambda f, n: sequel("modification", demande(n), BANQUE, rib=""), free=True),
    Sequel("CYC-012", KBIS_ASKED, lambda f, n: pieces(n, rib=""), lambda f, n: pieces(n, rib="", kbis="")),
    Sequel("CYC-013", MODIFIER,
          lambda f, n: sequel("modification", demande(n), section(f, "demandeur").replace(f.siret, AUTRE.siret)),
          lambda f, n: sequel("modification", demande(n), section(f, "demandeur"))),
    Sequel("CYC-014", MODIFIER, lambda f, n: sequel("modification", demande(n), "referencement:\n  numero_ans: abc\n"),
          lambda f, n: sequel("modification", demande(n), f"referencement:\n  numero_ans: {f.numero_ans}\n")),
    Sequel("CYC-015", MODIFIER, lambda f, n: sequel("modification", demande(n)),
          lambda f, n: sequel("modification", demande(n), BANQUE, rib=""), free=True),
    Sequel("CYC-019", RIB_ASKED, lambda f, n: pieces(n, rib="", kbis=""), lambda f, n: pieces(n, rib="")),
    Sequel("ANS-005 CYC-018 CYC-020", VALIDER, lambda f, n: sequel("finalisation", demande(n), rib=""),
          lambda f, n: sequel("finalisation", demande(n), certificat_referencement=""), ANTICIPE),
    Sequel("DEP-009 DEP-011", MODIFIER,
          lambda f, n: sequel("modification", demande(n), "declarant: depositaire\n", section(tiers(f), "depositaire")),
          lambda f, n: sequel("modification", demande(n), "declarant: depositaire\n", section(tiers(f), "depositaire"),
                             piece_identite_depositaire="", mandat_representant_legal="")),
    Sequel("CYC-002", None, lambda f, n: dossier_initial(f), lambda f, n: complementaire(f, "certificat_referencement"),
          {"siret": siret(ASP_SIREN)}, free=True),
    Sequel("CYC-003", None, lambda f, n: complementaire(f, "certificat_referencement"), lambda f, n: dossier_initial(f),
          free=True),
    Sequel("DEP-013", None, lambda f, n: complementaire(f, "certificat_referencement"),
          lambda f, n: complementaire(f, "certificat_referencement", "mandat_representant_legal"),
          {"siret": siret(ASP_AGENT), "depositaire": AGENT}),
]  # fmt: skip


def tiers(f):
    return replace(f, depositaire=AGENT)


def section(f, name: str) -> str:
    """A section of the initial dossier, as it stands there."""
    text = dossier_initial(f)
    start = text.index(f"\n{name}:") + 1
    lines = text[start:].splitlines(keepends=True)
    return lines[0] + "".join(itertools.takewhile(lambda line: line.startswith(" "), lines[1:]))


class TestSequels(Case):
    """Pieces, modifications, finalisations, complémentaires: an initial, a decision, the wrong drop, the mended one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.root = cls.shared_root()
        cls.f = [supplier(n, **case.facts) for n, case in enumerate(SEQUELS, 1)]
        comptes = [(f"ASP-{s}", f"{s}@exemple.fr", s, "oui", "representant_legal") for s in (ASP_SIREN, ASP_AGENT)]
        cls.root.references([*cls.f, AUTRE], {"comptes.csv": comptes})
        for f, case in zip(cls.f, SEQUELS):
            if case.decision:
                cls.root.drop(f.compte, "initial.zip", depot(f))
        cls.root.run("2026-03-02")
        numeros = [case.decision and cls.root.retour(f.compte, "initial.zip")["numero"] for f, case in zip(cls.f, SEQUELS)]
        cls.root.asp("decisions.csv", decisions([
            {"numero": n, "decision": case.decision[0], "motif": "Motif.", "pieces": case.decision[1],
             "gestionnaire": "Caron"} for n, case in zip(numeros, SEQUELS) if n]))  # fmt: skip
        cls.numeros = numeros
        for f, n, case in zip(cls.f, numeros, SEQUELS):
            cls.root.drop(f.compte, "depot.zip", cls.packed(f, case.ko(f, n)))
        cls.root.run("2026-03-03")

    @staticmethod
    def packed(f, text: str) -> bytes:
        listed = re.findall(r"fichier: \"?([\w.-]+)", without_marks(text))
        files = {name: pdf("Document de " + f.compte + name) for name in listed if name.endswith(".pdf")}
        files |= {name: content for name, content in archive_files(f).items() if name in listed}
        return archive("zip", files | {"dossier.yaml": text.encode("utf-8")})

    def test_loop(self):
        root = self.copied(self.root)
        texts = []
        for f, n, case in zip(self.f, self.numeros, SEQUELS):
            with self.subTest(case.codes):
                retour = root.retour(f.compte, "depot.zip")
                self.assertEqual(sorted({a["code"] for a in retour["anomalies"]}), case.codes.split(), retour["anomalies"])
                marked = (root.outbox(f.compte) / "depot.zip_a_corriger.yaml").read_bytes().decode("utf-8")
                self.assertEqual(without_marks(marked), case.ko(f, n))
                for anomaly in retour["anomalies"]:
                    self.assertIn(words(anomaly["remede"]), words(marked))
                text, extra = Corrector(marked, case.ko(f, n), case.valid(f, n)).apply()
                self.assertEqual(extra if not case.free else [], [], marked)
                root.drop(f.compte, "corrige.zip", self.packed(f, text))
                texts.append(text)
        root.run("2026-03-04")
        for f, text, case in zip(self.f, texts, SEQUELS):
            with self.subTest(case.codes):
                retour = root.retour(f.compte, "corrige.zip")
                self.assertIn(retour["etat"], ("OK", "ANO"), (retour["anomalies"], text))
        self.check_outputs(root)


class TestCoverage(Case):
    def test_every_code_that_a_supplier_can_mend_is_looped(self):
        rows = {row.code for table in TABLES.values() for row in table if isinstance(row, Ko)}
        looped = rows | ELSEWHERE | {code for case in SEQUELS for code in case.codes.split()}
        self.assertEqual(sorted(BLOCKING - looped - WITHOUT_LOOP.keys()), [])


if __name__ == "__main__":
    unittest.main()
