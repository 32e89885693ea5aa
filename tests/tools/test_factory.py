#!/usr/bin/python3
"""Checks the test material by other means than those that made it: run it, or `python3 -m unittest`."""

import csv
import io
import pathlib
import subprocess
import sys
import tempfile
import unittest
import zipfile
import zlib

import yaml

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import factory
import factory_nights
from factory import KINDS, compte_asp, depot, dossier_initial, supplier, person, references, replace
from factory_cycle import complementaire, finalisation, modification, pieces

ROOT = HERE.parents[1]
FILES = factory_nights.fichiers()
SCENES = factory_nights.numbered(factory_nights.scenes())
SUPPLIERS = [*factory_nights.SUPPLIERS, *(supplier(n) for n in range(1, 200))]


def run(*command, data=None):
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def unpack(data: bytes, folder: str) -> str | None:
    """Extracts with unzip or tar; the text of dossier.yaml, or None when the tool complained."""
    path = pathlib.Path(folder, "archive")
    path.write_bytes(data)
    tool = ("unzip", "-q", "-o", path, "-d") if data.startswith(b"PK") else ("tar", "-xf", path, "-C")
    if run(*tool, folder).returncode:
        return None
    return next(pathlib.Path(folder).glob("**/dossier.yaml")).read_text("utf-8-sig")


def luhn_ok(number: str) -> bool:
    double = "0246813579"
    return sum(int(double[int(c)] if i % 2 else c) for i, c in enumerate(reversed(number))) % 10 == 0


class Numbers(unittest.TestCase):
    def test_known(self):
        f = factory_nights.LOGICIELS
        self.assertEqual((f.siret, f.iban), ("73282932000074", "FR1420041010050500013M02606"))

    def test_all(self):
        for f in SUPPLIERS:
            with self.subTest(f.compte):
                self.assertRegex(f.siret, r"^\d{14}$")
                self.assertTrue(luhn_ok(f.siret) and luhn_ok(f.siren))
                self.assertRegex(f.iban, r"^FR\d{12}[0-9A-Z]{11}\d{2}$")
                moved = "".join(str("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".index(c)) for c in f.iban[4:] + f.iban[:4])
                self.assertEqual(int(moved) % 97, 1)
                value = {c: str(i % 9 + 1) for i, c in enumerate("ABCDEFGHIJKLMNOPQR")}
                value |= {c: str(i % 8 + 2) for i, c in enumerate("STUVWXYZ")}
                account = int("".join(value.get(c, c) for c in f.iban[14:25]))
                bank, branch, key = int(f.iban[4:9]), int(f.iban[9:14]), int(f.iban[25:])
                self.assertEqual((89 * bank + 15 * branch + 3 * account + key) % 97, 0)
                self.assertRegex(f.banque.bic, r"^[A-Z]{4}FR[A-Z0-9]{2}([A-Z0-9]{3})?$")

    def test_distinct(self):
        for field in ("compte", "siret", "numero_ans", "iban"):
            self.assertEqual(len({getattr(supplier(n), field) for n in range(1, 2000)}), 1999)


class Pieces(unittest.TestCase):
    def test_formats(self):
        f = factory_nights.ATELIER
        with tempfile.TemporaryDirectory() as folder:
            for code in "certificat_referencement certificat_hds kbis mandat_editeur rib autre".split():
                path = pathlib.Path(folder, f"{code}.pdf")
                path.write_bytes(factory.piece(code, f, path.name))
                self.assertEqual(run("qpdf", "--check", path).returncode, 0, code)
                self.assertTrue(1000 < path.stat().st_size < 4000)
        jpeg = run("djpeg", data=factory.piece("rib", f, "rib.jpg"))
        self.assertEqual((jpeg.returncode, jpeg.stdout[:11], jpeg.stderr), (0, b"P6\n160 100\n", b""))
        png = factory.png("Exemple")
        at = 8
        while at < len(png):
            size = int.from_bytes(png[at : at + 4], "big")
            crc = int.from_bytes(png[at + 8 + size : at + 12 + size], "big")
            self.assertEqual(zlib.crc32(png[at + 4 : at + 8 + size]), crc)
            at += 12 + size
        self.assertEqual(png[-8:-4], b"IEND")


class Dossiers(unittest.TestCase):
    champs = {c["chemin"]: c for c in yaml.safe_load((ROOT / "schemas/champs.yaml").read_text())}
    types = [t["nom"] for t in yaml.safe_load((ROOT / "schemas/types.yaml").read_text())["depots"]]

    def flat(self, value, path=""):
        for key, v in value.items():
            here = f"{path}.{key}" if path else key
            if isinstance(v, dict):
                yield from self.flat(v, here)
            elif here != "pieces":
                yield here, v

    def test_keys(self):
        for f in SUPPLIERS[:40]:
            for f in (f, replace(f, compact=True)):
                d = yaml.load(dossier_initial(f), yaml.BaseLoader)
                keys = dict(self.flat(d))
                self.assertLessEqual(set(keys), {k for k, c in self.champs.items() if "I" in c["types"]})
                required = {k for k, c in self.champs.items() if "I" in c.get("requis", "")}
                if not f.depositaire:
                    required = {k for k in required if not k.startswith("depositaire.")}
                self.assertLessEqual(required, set(keys))
                for key, value in keys.items():
                    allowed = self.champs[key].get("valeurs")
                    allowed = self.types if allowed == "depots" else allowed
                    self.assertTrue(allowed is None or value in allowed, key)
                self.assertEqual(len({p["type"] for p in d["pieces"]}), len(d["pieces"]))

    def test_pieces_follow(self):
        def types(**changes):
            return set(factory.pieces_required(supplier(1, **changes)))

        base = {"certificat_referencement", "piece_identite_representant", "rib"}
        tiers = factory.person("Anne", "Essai", "tiers")
        self.assertEqual(types(), base)
        self.assertEqual(types(etat="en_cours"), base - {"certificat_referencement"})
        self.assertEqual(types(dsr="SONS DPI", hds=True), base | {"certificat_hds"})
        self.assertEqual(types(dsr="SONS DPI", hds=False), base | {"attestation_non_hds"})
        self.assertEqual(types(dsr="SONS DPI", hds=False, etat="en_cours"), base - {"certificat_referencement"})
        self.assertEqual(types(assujetti=False, distributeur=True), base | {"preuve_hors_tva", "mandat_editeur"})
        self.assertEqual(types(denomination_given="Autre nom"), base | {"kbis"})
        self.assertEqual(types(denomination_given="Autre nom", published=False), base)
        self.assertEqual(types(denomination_given="logiciels  de santé N 1"), base)
        both = base | {"piece_identite_depositaire"}
        self.assertEqual(types(depositaire=tiers), both | {"mandat_representant_legal"})
        self.assertEqual(types(depositaire=tiers, qualite="centre_gestion"), both | {"contrat_prestation"})

    def test_changes(self):
        f = supplier(1)
        awkward = ["a: b", "# x", "- x", "x #y", " x", "", "a, {b}", "l'été", "oui", "{x", "a\nb", "x:"]
        for text in awkward:
            for f in (f, replace(f, compact=True)):
                d = yaml.load(dossier_initial(f, demandeur__nom_commercial=text, banque__titulaire=text), yaml.BaseLoader)
                self.assertEqual((d["demandeur"]["nom_commercial"], d["banque"]["titulaire"]), (text, text))
        d = yaml.load(dossier_initial(f, {"engagements.cgu": None, "pieces.rib": None, "pieces.kbis": "k.png",
                                          "essai": True}), yaml.BaseLoader)  # fmt: skip
        self.assertNotIn("cgu", d["engagements"])
        self.assertEqual([p["type"] for p in d["pieces"]][-1], "kbis")
        self.assertEqual((d["pieces"][-1]["fichier"], d["essai"], len(d["pieces"])), ("k.png", "oui", 3))
        files = factory.archive_files(f, {"pieces.rib": None}, fichiers={"intrus.pdf": b"x"}, yaml_text=lambda t: t + "# fin\n")
        self.assertNotIn("rib.pdf", files)
        self.assertEqual(files["intrus.pdf"], b"x")
        self.assertTrue(files["dossier.yaml"].endswith(b"# fin\n"))


class Cycle(unittest.TestCase):
    """The four other types: their keys are those of schemas/champs.yaml, their pieces are real."""

    champs = Dossiers.champs
    tiers = person("Anne", "Essai", "tiers")

    def read(self, made, kind: str) -> dict:
        """dossier.yaml of that submission, once its keys and its archive were checked."""
        d = yaml.load(made.yaml_text(), yaml.BaseLoader)
        keys = dict(Dossiers("test_keys").flat(d))
        self.assertLessEqual(set(keys), {k for k, c in self.champs.items() if kind in c["types"]})
        required = {k for k, c in self.champs.items() if kind in c.get("requis", "")}
        if d.get("declarant") != "depositaire":
            required = {k for k in required if not k.startswith("depositaire.")}
        self.assertLessEqual(required, set(keys))
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(unpack(made.archive("tar.gz", dossier="dépôt/"), folder), made.yaml_text())
            there = {p.name: p.read_bytes() for p in pathlib.Path(folder, "dépôt").iterdir()}
        self.assertEqual(set(there), {"dossier.yaml", *(p["fichier"] for p in d.get("pieces", []))})
        for p in d.get("pieces", []):
            self.assertEqual(there[p["fichier"]], factory.piece(p["type"], made.f, p["fichier"]))
        return d

    def types(self, made, kind: str) -> set[str]:
        return {p["type"] for p in self.read(made, kind).get("pieces", [])}

    def test_complementaire(self):
        def types(mandat=True, **changes):
            return self.types(complementaire(supplier(1, **changes), mandat=mandat), "C")

        base = {"certificat_referencement"}
        self.assertEqual(types(), base)
        self.assertEqual(types(etat="en_cours"), set())
        self.assertEqual(types(dsr="SONS DPI", hds=True), base | {"certificat_hds"})
        self.assertEqual(types(dsr="SONS DPI", hds=False), base | {"attestation_non_hds"})
        self.assertEqual(types(dsr="SONS DPI", hds=False, etat="en_cours"), set())
        self.assertEqual(types(assujetti=False, distributeur=True), base | {"preuve_hors_tva", "mandat_editeur"})
        self.assertEqual(types(denomination_given="Autre nom"), base)
        for qualite in ("employe", "centre_gestion"):
            third = {"depositaire": self.tiers, "qualite": qualite}
            self.assertEqual(types(**third), base | {"mandat_representant_legal"})
            self.assertEqual(types(mandat=False, **third), base)

    def test_complementaire_keys(self):
        d = self.read(complementaire(supplier(1, depositaire=self.tiers), tva__assujetti=False), "C")
        self.assertEqual((d["type"], d["declarant"]), ("complementaire", "depositaire"))
        self.assertEqual(d["depositaire"], {"email": self.tiers.email})
        self.assertEqual(set(d["demandeur"]), {"siret", "distributeur"})
        self.assertEqual(d["tva"], {"assujetti": "non"})
        self.assertNotIn("pieces", self.read(complementaire(supplier(1, etat="en_cours")), "C"))

    def test_pieces(self):
        f = supplier(1)
        d = self.read(pieces("ENR0601M0", f, "kbis", "certificat_hds", "autre", essai=True), "P")
        self.assertEqual((d["type"], d["demande"], d["essai"]), ("pieces", "ENR0601M0", "oui"))
        self.assertEqual([p["type"] for p in d["pieces"]], ["kbis", "certificat_hds", "autre"])
        self.assertEqual([p.get("valide_jusqu_au") for p in d["pieces"]], [None, "2027-09-30", None])
        self.assertEqual(self.types(pieces("ENR0601M0", f, "kbis", changes_by_path={"pieces.kbis": "k.png"}), "P"), {"kbis"})

    def test_modification(self):
        f = supplier(1, depositaire=self.tiers)
        d = self.read(modification("ENR0601M0", f, "rib", "banque", banque__bic="EXEMDEFF"), "M")
        self.assertEqual(set(d), {"format", "type", "demande", "banque", "pieces"})
        self.assertEqual((d["banque"]["iban"].replace(" ", ""), d["banque"]["bic"]), (f.iban, "EXEMDEFF"))
        whole = yaml.load(dossier_initial(f), yaml.BaseLoader)
        d = self.read(modification("ENR0601M0", f, "demandeur", "depositaire", "declarant"), "M")
        self.assertEqual({k: d[k] for k in ("demandeur", "depositaire", "declarant")},
                         {k: whole[k] for k in ("demandeur", "depositaire", "declarant")})  # fmt: skip
        self.assertNotIn("pieces", d)
        d = self.read(modification("ENR0601M0", f, "demandeur", "depositaire", initial=False), "M")
        self.assertEqual((set(d["demandeur"]), set(d["depositaire"])), ({"siret", "distributeur"}, {"email"}))

    def test_finalisation(self):
        def types(**changes):
            return self.types(finalisation("ENR0601M0", supplier(1, **changes)), "F")

        self.assertEqual(types(), {"certificat_referencement"})
        self.assertEqual(types(dsr="SONS DPI", hds=True), {"certificat_referencement", "certificat_hds"})
        self.assertEqual(types(dsr="SONS DPI", hds=False), {"certificat_referencement", "attestation_non_hds"})
        self.assertNotIn("hebergement_donnees_sante", self.read(finalisation("ENR0601M0", supplier(1)), "F"))

    def test_account(self):
        f = supplier(1, depositaire=self.tiers)
        rows = [compte_asp(f), compte_asp(f, "ASP-9", "autre@exemple.fr", portail_segur=False), compte_asp(supplier(2))]
        text = references([f], {"comptes.csv": rows})["comptes.csv"].decode()
        found = list(csv.reader(io.StringIO(text)))[-3:]
        self.assertEqual(found[0], [f"ASP-{f.siren}", self.tiers.email, f.siren, "oui", "depositaire"])
        self.assertEqual(found[1], ["ASP-9", "autre@exemple.fr", f.siren, "non", "depositaire"])
        self.assertEqual(found[2][1:2] + found[2][3:], [supplier(2).representant.email, "oui", "representant_legal"])


class Archives(unittest.TestCase):
    def test_system_tools(self):
        f = factory_nights.AGENDA
        for kind in KINDS:
            with tempfile.TemporaryDirectory() as folder:
                self.assertEqual(unpack(depot(f, kind, dossier="été/"), folder), dossier_initial(f))
                names = {p.name for p in pathlib.Path(folder, "été").iterdir()}
                self.assertEqual(names, set(factory.archive_files(f)))

    def test_cp850(self):
        data = depot(factory_nights.AGENDA, name_form="cp850")
        self.assertIn("Pièce d'identité.png".encode("cp850"), data)
        infos = zipfile.ZipFile(io.BytesIO(data)).infolist()
        self.assertFalse(any(i.flag_bits & 0x800 for i in infos))

    def test_damaged(self):
        good = depot(supplier(3), "tar.gz")
        bad = factory.bit_flipped(good)
        self.assertEqual(sum((a ^ b).bit_count() for a, b in zip(good, bad, strict=True)), 1)
        self.assertNotEqual(run("gzip", "-t", data=bad).returncode, 0)
        self.assertEqual(len(zlib.decompressobj(-15).decompress(bad[10:])), 10240)
        with tempfile.TemporaryDirectory() as folder:
            self.assertIsNone(unpack(factory.truncated(depot(supplier(1))), folder))

    def test_hostile(self):
        for kind in KINDS[1:]:
            listing = run("tar", "-tvPf", "-", *(["--zstd"] if kind == "tar.zst" else {"tar.gz": ["-z"], "tar.xz": ["-J"]}.get(kind, [])),
                          data=factory.hostile({"dossier.yaml": b""}, kind)).stdout.decode()  # fmt: skip
            self.assertIn(" ../../../etc/cron.d/exemple", listing)
            self.assertIn("annexe.pdf -> /etc/passwd", listing)
        self.assertLess(len(factory.bomb()), 20_000)

    def test_all_examples(self):
        """What must be accepted opens with the system's tools and holds what its dossier lists."""
        for s in SCENES:
            with self.subTest(s.chemin), tempfile.TemporaryDirectory() as folder:
                if s.etat == "KO":
                    continue
                text = unpack(s.octets, folder)
                listed = {p["fichier"] for p in yaml.load(text, yaml.BaseLoader).get("pieces", [])}
                if s.f not in (factory_nights.AGENDA, factory_nights.VEGA):  # names in CP850, in NFD
                    found = {p.name for p in pathlib.Path(folder).glob("**/*") if p.is_file()}
                    self.assertEqual(listed, found - {"archive", "dossier.yaml"})


class Asp(unittest.TestCase):
    def test_insee_headers(self):
        unit, et = factory.HEADERS["StockUniteLegale_utf8.csv"], factory.HEADERS["StockEtablissement_utf8.csv"]
        self.assertEqual((len(unit), len(set(unit)), len(et), len(set(et))), (34, 34, 53, 53))
        self.assertEqual([c for c in et if c != c.strip()],
                         ["coordonneeLambertAbscisseEtablissement ", "coordonneeLambertOrdonneeEtablissement "])  # fmt: skip
        for name in ("StockUniteLegale_utf8.csv", "StockEtablissement_utf8.csv"):
            rows = list(csv.DictReader(io.StringIO(FILES[f"nuit-1/inbox/asp/{name}"].decode())))
            self.assertGreater(len(rows), 20)
            self.assertFalse(any(None in r or None in r.values() for r in rows))
            key = "siren" if "Unite" in name else "siret"
            self.assertEqual(len({r[key] for r in rows}), len(rows))

    def test_saved_as(self):
        asp = {n.rpartition("/")[2]: d for n, d in FILES.items() if n.startswith("nuit-1/inbox/asp/")}
        self.assertTrue(asp["referencements.csv"].startswith(b"\xef\xbb\xbfnumero_ans;"))
        self.assertIn(b"\r\n", asp["referencements.csv"])
        self.assertTrue(asp["comptes.csv"].startswith(b"identifiant,email,"))
        for data in (asp["banques.csv"], FILES["nuit-2/inbox/asp/decisions-2026-03-03.csv"]):
            self.assertIn(b";", data.decode("cp1252").encode("cp1252"))
            with self.assertRaises(UnicodeDecodeError):
                data.decode()

    def test_keys_are_single(self):
        for name, columns in (("referencements", ["numero_ans"]), ("acces", ["compte", "siren"]),
                              ("banques", ["code_banque"]), ("comptes", ["identifiant"])):  # fmt: skip
            text = FILES[f"nuit-1/inbox/asp/{name}.csv"].decode("cp1252" if name == "banques" else "utf-8-sig")
            rows = list(csv.DictReader(io.StringIO(text), delimiter="," if name == "comptes" else ";"))
            self.assertEqual(len({tuple(r[c] for c in columns) for r in rows}), len(rows), name)


class Nights(unittest.TestCase):
    def test_numbers(self):
        numbers = []
        for night in (1, 2, 3):
            rows = list(csv.DictReader(io.StringIO(FILES[f"nuit-{night}/attendu.csv"].decode())))
            paths = [f"{r['compte']}/{r['archive']}".encode() for r in rows]
            taken = [(r["archive"].encode(), r["compte"]) for r in rows]
            self.assertEqual(taken, sorted(taken))
            self.assertTrue(all(f"nuit-{night}/inbox/{p.decode()}" in FILES for p in paths))
            numbers += [r["numero"] for r in rows if r["numero"] and r["etat"] != "KO"]
        first = list(dict.fromkeys(numbers))
        self.assertEqual(first, [f"ENR{n:04d}M0" for n in range(1, len(first) + 1)])
        self.assertEqual(len(numbers) - len(first), 1)  # the drop that comes again
        self.assertEqual([s.nom for s in SCENES if s.etat != "KO" and not s.numero], ["essai.zip"])

    def test_codes_exist(self):
        catalogue = {a["code"]: a["gravite"] for a in yaml.safe_load((ROOT / "schemas/anomalies.yaml").read_text())}
        for s in SCENES:
            grave = {catalogue[c] for c in s.codes}
            self.assertEqual(s.etat, "KO" if "bloquant" in grave else "ANO" if grave else "OK", s.chemin)

    def test_variety(self):
        self.assertGreaterEqual(len(SCENES), 18)
        self.assertGreaterEqual(len({s.f.compte for s in SCENES}), 9)
        accepted = {s.nom.partition(".")[2] for s in SCENES if s.etat != "KO"}
        self.assertEqual(accepted, set(KINDS))

    def test_determinism(self):
        with tempfile.TemporaryDirectory() as folder:
            command = (sys.executable, "-B", HERE / "factory.py", "examples", folder)
            self.assertEqual(run("env", "PYTHONHASHSEED=7", "TZ=Asia/Tokyo", "LC_ALL=C", *command).returncode, 0)
            again = {str(p.relative_to(folder)): p.read_bytes() for p in pathlib.Path(folder).glob("**/*") if p.is_file()}
        self.assertEqual(again, FILES)

    def test_committed(self):
        folder = ROOT / "examples"
        there = {str(p.relative_to(folder)): p.read_bytes() for p in folder.glob("**/*") if p.is_file()}
        del there["droit.conf"]  # written by hand: what the demonstration's segur.conf says of the law
        self.assertEqual(sorted(there), sorted(FILES))
        self.assertEqual([n for n in FILES if there[n] != FILES[n]], [])


if __name__ == "__main__":
    unittest.main()
