"""An editor and the program agree: every dossier of the samples, and every value of a table, is judged by both: by
dossier.schema.json through `ajv`, each scalar as the text that stands there, and by a night.

$NODE_PATH, else build/node/node_modules (`make deps-e2e`), holds ajv. Without it the tests are skipped, and fail where
$CI is set, as continuous integration sets it."""

import json
import os
import re
import shutil
import subprocess
import unittest

import yaml

from harness import REPO, SEGUR

JUDGE = SEGUR.parent / "tests/e2e/judge"  # made with the unit tests
SCHEMA = REPO / "schemas/dossier.schema.json"
FORMS = yaml.safe_load((REPO / "schemas/formes.yaml").read_text("utf-8"))
SAMPLES = REPO / "tests/samples"
MODULES = os.environ.get("NODE_PATH", str(REPO / "build/node/node_modules"))
NULLS = {"", "~", "null", "Null", "NULL"}
# What a schema cannot say.
CANNOT = {
    "SIR-003": "a check digit",
    "BNK-005": "a check digit",
    "BNK-006": "a check digit",
    "BNK-008": "two values that must go together",
    "REP-004": "two values that must be the same",
    "DEP-004": "two values that must be the same",
    "REP-008": "a date held against the day of the deposit",
    "DEP-008": "a date held against the day of the deposit",
    "HDS-008": "a date held against the day of the deposit",
    "PJ-004": "one type for two pieces",
}
# Said by whatever reads YAML, before a schema: syntax, encoding, an empty text, a second document, anchors, tags, double
# keys, depth.
READING = set("YML-001 YML-002 YML-004 YML-005 YML-006 YML-007 YML-008 YML-013".split())


class Text(yaml.SafeLoader):
    """Scalars as text, but for a missing value."""

    yaml_implicit_resolvers = {}

    def construct_scalar(self, node):
        text = super().construct_scalar(node)
        return None if node.style is None and text in NULLS else text


Text.add_constructor("tag:yaml.org,2002:str", lambda loader, node: loader.construct_scalar(node))


def quoted(text):
    """A YAML scalar that is that text, whatever it holds."""
    signs = (c if " " <= c <= "~" and c not in '"\\' else f"\\U{ord(c):08x}" for c in text)
    return '"' + "".join(signs) + '"'


def written(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {written(below)}" for key, below in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return "null" if value is None else quoted(value)


def changed(dossier, path, value):
    """A copy with another value at that path; without it for `...`."""
    copy = json.loads(json.dumps(dossier))
    *sections, key = path.split(".")
    place = copy
    for section in sections:
        place = place[int(section)] if isinstance(place, list) else place.setdefault(section, {})
    key = int(key) if isinstance(place, list) else key
    if value is ...:
        del place[key]
    else:
        place[key] = value
    return copy


# Values by key of the whole dossier below, as they would be typed or pasted; half of them are refused.
SIRET = "732 829 320 00074"
IBAN = "FR14 2004 1010 0505 0001 3M02 606"
HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
LONG = "abcdefghij" * 6
PHONES = """01 23 45 67 89|0123456789|01.23.45.67.89|01/23/45/67/89|(01) 23-45-67-89|(0)123456789|01\u00a023\u202f45\u201167\u201389
    |Tél. : 01 23 45 67 89|tel:+33-1-23-45-67-89|TÉLÉPHONE 0123456789|="0123456789"|'0123456789|(+33) 1 23 45 67 89|+33 (0)7 00 00 00 00
    |+33.690629042|0033 1 23 45 67 89|+1 (514) 555-0123|+32 02 123 45 67|+32 (0)2 123 45 67|0032 2 123 45 67|+262 (0)692 12 34 56
    |+262 262 12 34 56|00590 590 12 34 56|+352 26 12 34|+290 1234|+687 12 34 56|+689 40 12 34 56|+508 41 12 34|+681 72 12 34
    |+377 93 12 34 56|+39 06 1234 5678|+39 (0)6 1234 5678|+7 495 123 45 67|+49 1234567890123|+1 (0) 202 555 0123|+98 21 1234 5678
    |01 23 45 67 8|01 23 45 67 890|123456789|02 123 45 67|12 34 56|40 12 34 56|0123456789.0|0123456789,0|1,23E+08|01 23 45 67 8a|+|0|00
    |+999 123 456 789|+210 123 456 789|++33123456789|0+33123456789|+33+123456789|01 (0) 23 45 67 89|+33 1 (0)23 45 67 89|+33 12 34 56 78
    |+33 1 23 45 67 890|+33 00 12 34 56 78|+262 12 34 56|+0 123 456 789|000 123 456 789|+00 33 1 23 45 67 89|+32 12 34|+1 202 555 012
    |+1 202 555 01234|+7 12345678901234|+49 12345678901234|+123456789012345678|01 23 45 67 89 poste 12|0１23456789|00 12 34 56 78"""
VALUES = {
    "demandeur.siret": f"""{SIRET}|73282932000074|732.829.320.00074|732\u202f829\u202f320\u202f00074|\u202d73282932000074\u202c
        |SIRET : {SIRET}|n° 73282932000074|N°73282932000074|siret:73282932000074|(732829320)/00074|="73282932000074"|'73282932000074
        |«\u00a073282932000074\u00a0»|73282932000074.|732829320 00074 .|732829320|7328293200007|732829320000740|73282932000074.0
        |73282932000074,0|7,3282932E+13|7.3282932e13|7328293200007O|７3282932000074|73282932000074 a|SIRETTE 73282932000074
        |+73282932000074|732,829,320,00074|-|n°|.0|73282932000074\u200b|73282932000074\ufffd|73282932000074\ue000""",
    "demandeur.adresse.code_postal": "75001|75 001|75\u00a0001|01000|750 01|97400|2A004|7500|750011|1000|1000.0|75001.0|75001,0|7.5E4|F-75001|75001-",
    "representant.telephone": PHONES,
    "representant.email": f"""elise.durand@exemple.fr|Elise@Exemple.FR|e+tri@mail.sante.example|!#$%&'*/=?^_`{{}}~-@exemple.fr|a@b.c|a@1a.2b
        |a@ab--cd.fr|a@éditeur.example|a@straße.example|a@xn--diteur-9ua.example|{LONG}abcd@exemple.fr|{LONG}abcde@exemple.fr
        |a@{LONG}abc.fr|a@{LONG}abcd.fr|a@{LONG}.{LONG}.{LONG}.{LONG}.abcdefghijklmnopq|prenom..nom@exemple.fr|.nom@exemple.fr|nom.@exemple.fr
        |@exemple.fr|a|a@|a@exemple|a@@exemple.fr|a@b@exemple.fr|a b@exemple.fr|é@exemple.fr|a,b@exemple.fr|<a@exemple.fr>|a@exemple..fr
        |a@.exemple.fr|a@exemple.fr.|a@-exemple.fr|a@exemple-.fr|a@exem_ple.fr|a@192.0.2.1|a@exemple.123|a@[192.0.2.1]|a@exemple.fr:25
        |a@exem\u200bple.fr|a@\u2105.fr|mailto:a@exemple.fr|a@exemple.fr;b@exemple.fr""",
    "representant.nom": "DURAND|D’Ormesson|Nguyễn|李|42|Null|NULL|\u00a0DURAND |-|...|!|DU\u200bRAND|DU\u00adRAND|DURAND\ufffd|DU\tRAND|"
                        + "|".join("é" * n for n in (80, 81)),
    "demandeur.nom_commercial": "|".join("x" * n for n in (1, 150, 151)) + "|?|« Santé »|#Santé|É|" + "e\u0301" * 80,
    "representant.identite.nature": """cni|CNI|Passeport|titre_sejour|titre de séjour|Titre-de-séjour|TITRE DE SÉJOUR|titredesejour|carte d'identité
        |Carte d’identité|carte nationale d'identité|carte de séjour|carte identité|cni.|c n i|c_n_i|permis|carte d identite|carte|cni2|é|c.n.i|cni\u200b
        |passepórt|p\u00e0sseport|e\u0301|titre de se\u0301jour""",
    "declarant": """depositaire|dépositaire|DÉPOSITAIRE|Dépositaire|de\u0301positaire|tiers déclarant|Tiers-déclarant|déposit aire|dépositaire légal
        |tiers|dépositaires|depositair|moi|ｄéｐｏsｉｔａｉｒｅ""",
    "depositaire.qualite": "employe|employé|Employé|salarié|centre_gestion|centre de gestion|Centre-gestion|expert-comptable|Expert comptable|expert|employée|-",
    "demandeur.distributeur": "oui|non|OUI|Non|true|false|True|FALSE|vrai|Faux|o u i|óui|yes|no|1|0|ouais|o|x|oui.|oui !",
    "engagements.cgu": "oui|Oui|true|VRAI|non|false|faux|yes|1|x",
    "essai": "oui|non|NON|yes|vraiment",
    "format": "1| 1 |-1|2|1.0|un|01",
    "type": "initial|Initial|INITIAL|îñitial|init-ial|initiale|complementaires|autre|initial\u00a0",
    "representant.identite.valide_jusqu_au": """2031-05-14|14/05/2031|14/5/2031|1/12/2031|01/1/2031|\u200e14/05/2031\u200f|="14/05/2031"|'2031-05-14|2031-05-14.
        |29/02/2032|2032-02-29|2200-12-31|28/2/2200|2200-02-29|2031-02-29|2031-02-30|31/04/2031|2031-13-01|2031-00-01|2031-01-00|00/01/2031|0/1/2031|2201-01-01|29/02/2100
        |2031/05/14|2031-5-14|14-05-2031|14.05.2031|14/05/31|2031-05-14T00|001/05/2031|14//2031|5/2031|2031-05-14 1|14/05/20311|2031-05-14-|14 mai 2031
        |20310514|48000|jamais|05/14/2031|IBAN : 14/05/2031|n° 2031-05-14|le 14/05/2031|= 14/05/2031|=14/05/2031""",
    "banque.iban": f"""{IBAN}|FR1420041010050500013M02606|fr1420041010050500013m02606|FR14-2004-1010-0505-0001-3M02-606|IBAN {IBAN}|IBAN: {IBAN}|IBANFR1420041010050500013M02606
        |iban\u00a0:\u00a0{IBAN}|«{IBAN}»|DE89 3704 0044 0532 0130 00|NO93 8601 1117 947|MT84 MALT 0110 0001 2345 MTLC AST0 01S|2004 1010 0505 0001 3M02 606
        |FR14 2004 1010 0505 0001 3M02 60|FR14 2004 1010 0505 0001 3M02 6066|FRI4 2004 1010 0505 0001 3M02 606|FR14 2004 1O10 0505 0001 3M02 606|US14 2004 1010 0505 0001 3M02 606
        |XX00|FR|F|DE89 3704 0044 0532 0130 0|DE89 3704 0044 0532 0130 0A|FR14 2004 1010 0505 0001 3É02 606|FR14*2004101005050001M302606|IBAN|BIC {IBAN}""",
    "banque.bic": """PSSTFRPPPAR|psstfrpppar|PSST FR PP PAR|BIC PSSTFRPP|BIC : PSSTFRPPPAR|BIC/SWIFT PSSTFRPPPAR|SWIFT:PSSTFRPP|PSSTGPPP|PSSTMFPPXXX|PSSTFRP|PSSTFRPPP|PSSTFRPPPA
        |PSSTFRPPPARX|PSSTZZPPPAR|PSST1RPP|PSSTÉRPP|P5STFRPP|1234FR56|BIC|bic""",
    "banque.titulaire": "LOGICIELS EXEMPLE|É|!|" + "|".join("x" * n for n in (70, 71)) + "|A\u200bB",
    "referencement.numero_ans": "27f99871b4|5012345e12|01000|27f9 9871|-|" + "|".join("7" * n for n in (64, 65)) + "|27f\u200b99871b4|27f\t99871b4|27f 99\t871b4| 27f99871b4 |é",
    "referencement.hebergement_donnees_sante": "oui|non|peut-être|Vrai",
    "pieces.0.type": """rib|RIB|piece_identite_representant|pièce identité représentant|Pièce d'identité du représentant légal|kbis|Extrait Kbis|K-bis
        |relevé d'identité bancaire (RIB)|certificat_hds|certificat hds|Certificat d’hébergement de données de santé (HDS)|ribs|autre|photo|relevé d'identité bancaire""",
    "pieces.0.fichier": """identite.pdf|pièce d’identité.pdf|12|dossier.yaml|.|..|a/b.pdf|a\\b.pdf|dossier.yaml.pdf|a\u200bb.pdf|a\tb.pdf|a\u00a0b.pdf|/|"""
                        + "|".join("n" * n for n in (255, 256)),
    "pieces.0.sha256": f"""{HASH}|{HASH.upper()}|{HASH}  rib.pdf|SHA256 (rib.pdf) = {HASH}|sha256:{HASH}|{HASH[:32]} {HASH[32:]}|{HASH[:-1]}|{HASH}0|g{HASH[1:]}|{HASH} {HASH}
        |{HASH[:32]}é{HASH[32:]}|x|{HASH[:8]}-{HASH[8:]}|{HASH},{HASH}""",
    "pieces.0.valide_jusqu_au": "2031-05-14|14/05/2031|2031|jamais",
}  # fmt: skip
# Rows of which the two say not the same, though the code is one that a schema can say.
BEYOND = {
    "ko/REP-007/apres_la_fin.yaml": "two dates held against each other",
    "ko/REP-007/futur.yaml": "a date held against the day of the deposit",
    "representant.email = a@\u2105.fr": "whether IDNA has such a letter",
    "declarant = ｄéｐｏsｉｔａｉｒｅ": "letters of other widths and alphabets that fold to Latin ones",
    "demandeur.nom_commercial = " + "e\u0301" * 80: "the length of a text whose accents stand apart",
}


def whole():
    """A dossier with every key that an initial may have."""
    text = (SAMPLES / "ok/initial_depositaire.yaml").read_text("utf-8")
    dossier = yaml.load(text, Text)
    return changed(dossier, "demandeur.adresse.code_postal", "75001")


def numbered():
    """What names a request."""
    return yaml.load((SAMPLES / "ok/pieces.yaml").read_text("utf-8"), Text)


# Key, value without quotes, whether it is wrong when quoted.
BLIND = [
    ("demandeur.adresse.code_postal", "01000", False),
    ("demandeur.adresse.code_postal", "1000", True),
    ("demandeur.adresse.code_postal", "75001.0", True),
    ("demandeur.siret", "7328293200007", True),
    ("representant.telephone", "0123456789", False),
    ("representant.telephone", "123456789", True),
    ("representant.telephone", "+33.690629042", False),
    ("referencement.numero_ans", "5012345e12", False),
    ("demandeur.adresse.numero", "12", False),
    ("demandeur.distributeur", "true", False),
]
# Dossiers that a reader of YAML refuses before a schema: no-break spaces and tabs beside a key, which the program takes,
# and a key that is a list.
UNREAD = {"ok/colle.yaml", "ok/tabulation.yaml", "ko/YML-010/cle_composee.yaml"}


def values(text):
    return [re.sub(r"^\n *|\n *$", "", value) for value in re.split(r"\|", text)]


NUMEROS = "ENR0601M0|enr0601m0|n° ENR0601M0|ENR 0601 M0|ENR-0601-M0|ENR0601|ENR0601M|ENR061|EN0601M0|ENR0601N0|ENR0601M0X|0601|ENR1234567890123456789|ENR0601M1234567890|ENR0601M0.0|ENRO601M0"
PRESENCE = None, "", " ", ..., {}, [], {"a": "b"}, ["a"]


def characters(name):
    ranges = [word.partition("-") for word in FORMS[name].split()]
    return [chr(code) for first, _, last in ranges for code in range(int(first, 16), int(last or first, 16) + 1)]


def table():
    """(name, dossier) of every row."""
    base = whole()
    for path, text in VALUES.items():
        for value in values(text):
            same = changed(base, path, value)
            if path == "representant.email":
                same = changed(same, "representant.confirmation_email", value)
            yield f"{path} = {value}", same
    # Each sign that is dropped from a number, and each that an enumeration does not count.
    for sign in characters("decorations"):
        yield f"demandeur.siret with U+{ord(sign):04X}", changed(base, "demandeur.siret", f"732{sign}829320{sign}00074")
    for sign in characters("separateurs"):
        yield f"declarant with U+{ord(sign):04X}", changed(base, "declarant", f"d\u00e9po{sign}sitaire")
    for value in values(NUMEROS):
        yield f"demande = {value}", changed(numbered(), "demande", value)


def bases():
    """The sound samples that a key is taken from, one of each kind of submission."""
    names = "initial initial_depositaire complementaire complementaire_depositaire pieces modification finalisation modification_demandeur_complementaire"
    return {name: yaml.load((SAMPLES / f"ok/{name}.yaml").read_text("utf-8"), Text) for name in names.split()}


def paths_in(place, path=""):
    for key, below in place.items() if isinstance(place, dict) else enumerate(place):
        here = f"{path}.{key}" if path else str(key)
        yield here
        if isinstance(below, (dict, list)):
            yield from paths_in(below, here)


def presence():
    """Every key and section of each kind of submission: left out, empty, null, of another shape; then keys of the others."""
    known = bases()
    every = {}
    for dossier in known.values():
        for path in paths_in(dossier):
            if not path.startswith("pieces."):
                place = dossier
                for key in path.split("."):
                    place = place[key]
                every.setdefault(path, place)
    for name, dossier in known.items():
        own = list(paths_in(dossier))
        for path in own:
            for value in PRESENCE:
                yield f"{name}: {path} = {value!r}", changed(dossier, path, value)
        for path, value in every.items():
            if path not in own:
                yield f"{name}: with {path}", changed(dossier, path, value)
                yield f"{name}: with {path} null", changed(dossier, path, None)
        for path in ["", *(path for path in own if "." not in path and isinstance(dossier[path], dict))]:
            yield f"{name}: inconnue in {path}", changed(dossier, f"{path}.inconnue".lstrip("."), "x")
    yield "41 pieces", changed(known["initial"], "pieces", [{"type": "autre", "fichier": f"{n}.pdf"} for n in range(41)])


def samples():
    for path in sorted(SAMPLES.glob("o[k]/*.yaml")) + sorted(SAMPLES.glob("ko/*/*.yaml")):
        yield path.relative_to(SAMPLES).as_posix(), path.read_bytes()


def read(data):
    """What ajv is given; None when it is no text or no YAML."""
    try:
        return yaml.load(data.decode("utf-8-sig"), Text)
    except (UnicodeDecodeError, yaml.YAMLError, AttributeError, TypeError):
        return None


class TestPage(unittest.TestCase):
    def test_what_a_schema_cannot_say(self):
        page = (REPO / "docs/editeur.md").read_text("utf-8")
        self.assertLessEqual(set(CANNOT), set(re.findall(r"[A-Z]{2,3}-\d{3}", page)))


class TestSchema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not shutil.which("node") or not os.path.isdir(f"{MODULES}/ajv"):
            if "CI" in os.environ:  # a judge that is missing there has agreed with nothing
                raise AssertionError("no ajv: `make deps-e2e` installs it")
            raise unittest.SkipTest("no ajv: `make node`, or $NODE_PATH")
        rows = [(name, written(dossier).encode(), dossier) for name, dossier in [*table(), *presence()]]
        rows += [(name, data, read(data)) for name, data in samples()]
        cls.names = [name for name, _, _ in rows]
        cls.refused = cls.parser([data for _, data, _ in rows])
        cls.flagged = cls.editor([dossier for _, _, dossier in rows])

    @staticmethod
    def parser(texts):
        """The (code, key path) of what the parser refuses in each."""
        done = subprocess.run([JUDGE], input=b"".join(b"%d\n%s" % (len(text), text) for text in texts), capture_output=True)
        assert done.returncode == 0, done.stderr
        lines = done.stdout.decode().split("\n")
        return [[tuple(one.split(" ", 1)) for one in line.split("\t") if one] for line in lines]

    @staticmethod
    def editor(dossiers, *how):
        """What the schema has against each; None of what is no YAML."""
        words = ["node", REPO / "tests/e2e/node/judge_dossiers.js", SCHEMA, *how]
        done = subprocess.run(words, text=True, capture_output=True, env=os.environ | {"NODE_PATH": MODULES},
                              input="".join(json.dumps(one) + "\n" for one in dossiers))  # fmt: skip
        assert done.returncode == 0, done.stderr
        return [None if one is None else json.loads(line) for one, line in zip(dossiers, done.stdout.splitlines())]

    def test_the_same_word(self):
        compared = 0
        for name, refused, flagged in zip(self.names, self.refused, self.flagged):
            codes = {code for code, _ in refused}
            if flagged is None or codes & READING:
                self.assertTrue(codes & READING or name in UNREAD, name)
                continue
            compared += 1
            with self.subTest(name, program=refused, schema=flagged):
                (self.assertNotEqual if name in BEYOND else self.assertEqual)(bool(codes - set(CANNOT)), bool(flagged))
        self.assertGreater(compared, 2000)

    def test_each_exception_is_met(self):
        codes = {code for refused in self.refused for code, _ in refused}
        self.assertEqual(set(CANNOT) - codes, set())
        self.assertEqual(set(BEYOND) - set(self.names), set())

    def test_typed(self):
        """An editor gives plain scalars a type: what the program takes is no error then either, and what was quoted is
        judged as the program judges it; a number has lost its zeros and its letters, and is let pass."""
        sound = {name: data.decode("utf-8-sig") for name, data in samples() if name.startswith("ok/") and name not in UNREAD}
        flagged = dict(zip(sound, self.editor(sound.values(), "typed")))
        self.assertEqual({name: errors for name, errors in flagged.items() if errors}, {})
        base = whole()
        for path, plain, text_wrong in BLIND:
            with self.subTest(path, value=plain):
                texts = [written(changed(base, path, "@")).replace('"@"', value) for value in (plain, quoted(plain))]
                typed, as_text = self.editor(texts, "typed")
                self.assertEqual((typed, bool(as_text)), ([], text_wrong))


if __name__ == "__main__":
    unittest.main()
