"""dossier.schema.json: what an editor can say of a dossier.yaml while it is typed. The program stays the judge.

A value is held against its nature as the program reads it: what people paste around it is no error, and what the program
refuses for its form is one. Patterns are ECMAScript's. Where one would repeat the signs that may be pasted between any
two characters, a first pattern allows these signs and a second one counts the others.
"""

import json
import re
import unicodedata

SPACE = r"^\s*$"  # a missing value
LAST_CHARACTER = chr(0x10FFFF)
APOSTROPHES = "'‘’ʼˈ"
SIGNS = "'-)0-9A-Za-zÀ-ˈ‘’"  # what counts in an enumeration: apostrophes, parentheses, digits, letters
NATIONAL = 9  # digits of a French number behind its 0
INTERNATIONAL = 7, 15  # digits with the country's code
YES, NO = dict.fromkeys(["oui", "true", "vrai"], "oui"), dict.fromkeys(["non", "false", "faux"], "non")
YEAR, LEAP = r"(?:(?:19|20|21)[0-9]{2}|2200)", r"(?:(?:19|20|21)(?:0[48]|[2468][048]|[13579][26])|2000)"


def code_ranges(text):
    """The (first, last) of each range of "0009-000D 0020"."""
    return [(int(first, 16), int(last or first, 16)) for first, _, last in (word.partition("-") for word in text.split())]


def char_class(ranges):
    """The inside of a class of characters."""
    def one(code):
        return ("\\" if chr(code) in "\\]^-" else "") + chr(code)
    return "".join(one(first) + ("" if first == last else ("-" if last > first + 1 else "") + one(last))
                   for first, last in ranges)  # fmt: skip


def both_cases(word):
    """As the program compares it: ASCII letters alone have two cases."""
    return "".join(f"[{letter.lower()}{letter.upper()}]" if letter.isascii() and letter.isalpha() else letter
                   for letter in word)  # fmt: skip


def hidden(ranges):
    """Of what is pasted, the marks that nobody sees: no free text may hold one, nor a control, U+FFFD or a private sign."""
    marks = [code for first, last in ranges for code in range(first, last + 1)
             if unicodedata.category(chr(code)) in ("Cf", "Cn", "Mn", "Lo")]  # fmt: skip
    found = [(0, 8), (0xE, 0x1F), (0x7F, 0x84), (0x86, 0x9F), (0xE000, 0xF8FF), (0xFFFD, 0xFFFD)]
    for code in marks:
        if found[-1][1] == code - 1:
            found[-1] = found[-1][0], code
        else:
            found.append((code, code))
    return char_class(sorted(found))


class Patterns:
    """The patterns of each nature, from formes.yaml."""

    def __init__(self, forms):
        self.pasted = char_class(code_ranges(forms["decorations"]))
        self.hidden = hidden(code_ranges(forms["decorations"]))
        self.separators = char_class(code_ranges(forms["separateurs"]))
        self.forms = forms

    def words(self, apart):
        """A leading word; what follows one that ends with a letter is one of `apart`, or the end."""
        return "(?:" + "|".join(both_cases(word) + (f"(?=[{apart}]|$)" if word[-1].isascii() and word[-1].isalpha() else "")
                                for word in self.forms["mots"]) + ")"  # fmt: skip

    def sheet(self):
        """The sign that begins a spreadsheet's ="…"."""
        return f"(?:[{self.pasted}]*=(?=[{self.pasted}]))*"

    def lead(self):
        """What may stand before a number or a code, spreadsheets' =" included."""
        return f"{self.sheet()}(?:[{self.pasted}]*{self.words(self.pasted + ':：')}(?:[{self.pasted}]*[:：])*)*"

    def skip_words(self):
        """The same where the first pattern has allowed what is pasted."""
        return rf"^(?:\W*{self.words('^0-9A-Za-z')})*\W*"

    def made_of(self, characters, sign=""):
        return f"^{self.lead()}{sign}[{self.pasted}{characters}]*$"

    @staticmethod
    def digits(count):
        """So many digits; what ends in .0 was a number of a spreadsheet."""
        return rf"{SPACE}|^(?![\s\S]*[0-9]\.0[^0-9.]*$)\D*(?:[0-9]\D*){{{count}}}$"

    def country_code(self, codes):
        """One of those codes, with what is pasted in it; those that differ in the last digit together."""
        heads = {}
        for code in codes:
            heads.setdefault(code[:-1], []).append(code[-1])
        return "(?:" + "|".join(r"\D*".join([*head, f"[{''.join(last)}]"]) for head, last in heads.items()) + r")\D*"

    def phone(self):
        plan = self.forms["telephone"]
        named = {name: str(plan[name]).split() for name in ("francais", "compose_zero", "garde_zero")}
        others = [code for code in plan["indicatifs"].split() if len(code) > 1 and code not in sum(named.values(), [])]
        short = [code for code in plan["indicatifs"].split() if len(code) == 1]
        french = rf"[1-9]\D*(?:[0-9]\D*){{{NATIONAL - 1}}}$"

        ten = r"(?:[0-9]\D*){10}$"

        def by_length(codes, behind):
            return [self.country_code(same) + behind(*(bound - size for bound in INTERNATIONAL))
                    for size in (2, 3) if (same := [code for code in codes if len(code) == size])]  # fmt: skip

        def any_digits(least, most):
            return rf"(?:[0-9]\D*){{{least},{most}}}$"

        def perhaps_zero(least, most):
            return rf"(?:0\D*(?:[0-9]\D*){{{least},{most}}}|[1-9]\D*(?:[0-9]\D*){{{least - 1},{most - 1}}})$"

        plain = [self.country_code(named["francais"]) + rf"(?:0\D*)?{french}", self.country_code(short) + ten,
                 *by_length(named["compose_zero"], perhaps_zero), *by_length(others + named["garde_zero"], any_digits)]
        trunk = r"\(0\)\D*"
        behind_trunk = [self.country_code(named["francais"]) + trunk + french, self.country_code(short) + trunk + ten,
                        *by_length(others + named["compose_zero"], lambda *bounds: trunk + any_digits(*bounds)),
                        *by_length(named["garde_zero"], lambda least, most: trunk + any_digits(least - 1, most - 1))]
        return (rf"{SPACE}|^(?![\s\S]*[0-9]\.0[^0-9.]*$)(?:"
                rf"(?![\s\S]*[0-9][\s\S]*\(0\))[^0-9+]*0\D*{french}"
                rf"|[^0-9+]*(?:\+\D*|0\D*0\D*)(?:(?![\s\S]*\(0\))(?:{'|'.join(plain)})|{'|'.join(behind_trunk)}))")

    def iban(self):
        kinds = {"n": r"[0-9]\W*", "a": r"[A-Za-z]\W*", "c": r"[0-9A-Za-z]\W*"}
        countries = {}
        for row in self.forms["iban"]:
            runs = re.findall(r"(\d+)!?([nac])", "2!n" + row["bban"])  # the two check digits, then the rest
            form = "".join(f"(?:{kinds[kind]}){{{count}}}" for count, kind in runs)
            countries.setdefault(form, []).append(row["pays"])
        word = r"(?:[iI]\W*[bB]\W*[aA]\W*[nN]\W*)?"  # it may touch the code
        forms = "|".join(f"(?:{self.two_letters(names)}){form}" for form, names in countries.items())
        return f"{SPACE}|{self.skip_words()}{word}(?:{forms})$"

    @staticmethod
    def two_letters(countries):
        heads = {}
        for code in countries:
            heads.setdefault(code[0], []).append(code[1])
        seconds = {first: "".join(last) for first, last in heads.items()}
        return "|".join(rf"{both_cases(first)}\W*[{last}{last.lower()}]\W*" for first, last in seconds.items())

    def bic(self):
        sign, countries = r"(?:[0-9A-Za-z]\W*)", self.two_letters(self.forms["pays"].split())
        return f"{SPACE}|{self.skip_words()}{sign}{{4}}(?:{countries}){sign}{{2}}(?:{sign}{{3}})?$"

    def numero(self):
        return (rf"{SPACE}|{self.skip_words()}[eE]\W*[nN]\W*[rR]\W*(?:[0-9]\W*){{4,18}}"
                r"(?:[mM]\W*(?:[0-9]\W*){1,9})?$")  # fmt: skip

    def date(self):
        months = [("0[13578]|1[02]", "0[1-9]|[12][0-9]|3[01]"), ("0[469]|11", "0[1-9]|[12][0-9]|30"),
                  ("02", "0[1-9]|1[0-9]|2[0-8]")]  # fmt: skip
        iso = "|".join(f"(?:{month})-(?:{last})" for month, last in months)
        short = "|".join(f"(?:{last})/(?:{month})" for month, last in months).replace("0[", "0?[").replace("02", "0?2")
        return (f"{SPACE}|^{self.sheet()}[{self.pasted}]*"
                f"(?:{YEAR}-(?:{iso})|{LEAP}-02-29|(?:{short})/{YEAR}|29/0?2/{LEAP})(?![-/])[{self.pasted}]*$")  # fmt: skip

    def email(self):
        local = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
        sign = f"A-Za-z0-9¡-{LAST_CHARACTER}"
        label = f"(?![.。．｡])[{sign}](?:[{sign}-]{{0,61}}(?![.。．｡])[{sign}])?"
        return (rf"{SPACE}|^\s*(?![^@]{{65}})(?!\S*\.[0-9]+\s*$)(?!\S*[{self.hidden}])"
                rf"{local}(?:\.{local})*@{label}(?:[.。．｡]{label})+\s*$")

    def text(self, *bounds):
        """A text that says something: a letter or a digit of any script is in it."""
        return rf"{SPACE}|^(?=[\s\S]*[0-9A-Za-zÀ-{LAST_CHARACTER}]){''.join(bounds)}[^{self.hidden}]*$"

    def sha256(self):
        """The one run of 64 hexadecimal digits that stands apart, or one in groups."""
        run, apart = "[0-9A-Fa-f]{64}", "[^0-9A-Za-z]"
        alone = rf"^(?:[\s\S]*{apart})?{run}(?:{apart}[\s\S]*)?$"
        two = rf"(?:^|{apart}){run}{apart}(?:[\s\S]*{apart})?{run}(?:$|{apart})"
        grouped = rf"{self.skip_words()}(?:[0-9A-Fa-f]\W*){{64}}$"
        return [{"pattern": SPACE}, {"pattern": alone, "not": {"pattern": two}}, with_pasted("chiffres_et_lettres", grouped)]

    @staticmethod
    def choice(names):
        """One of those names: what is no letter of them does not count, accents and case neither."""
        spellings = dict.fromkeys(map(essence, names))
        written = ("".join(f"{letter_class(letter)}[^{SIGNS}]*" for letter in name) for name in spellings)
        return f"^[^{SIGNS}]*(?:{'|'.join(written)})$"

    def choice_signs(self):
        return f"^[{self.separators}{SIGNS}]*$"


def essence(name):
    """What counts of an enumeration's name (model/choice.c)."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    return plain.replace("’", "'").translate({ord(c): None for c in " -_"})


def letter_class(letter):
    """A letter in both cases with the accents of Latin-1 and Latin Extended-A."""
    if letter == "'":
        return f"[{APOSTROPHES}]"
    if not letter.isalpha():
        return f"[{letter}]"
    codes = [code for code in range(0x180) if essence(chr(code)) == letter]
    ranges = []
    for code in codes:
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1] = ranges[-1][0], code
        else:
            ranges.append((code, code))
    return f"[{char_class(ranges)}]"


ANY_SCALAR = ["string", "number", "boolean", "null"]
ONE_LINE = r"(?!\s*\S[\s\S]*[\t\x85\u2028\u2029][\s\S]*\S)"  # no tab nor line end inside
FILE_NAME = r"(?!\s*(?:\.|\.\.|dossier\.yaml)\s*$)" + ONE_LINE
FILE_NAME_MAX = 255


def reference(name):
    return {"$ref": f"#/definitions/{name}"}


def with_pasted(signs, pattern, *types, **more):
    """What that pattern counts, and no sign besides but what is pasted."""
    return {**({"type": [*types]} if types else {}), "allOf": [reference(signs)], "pattern": pattern, **more}


def definitions(patterns, messages):
    """What the natures of champs.yaml refer to. A number's bounds are for YAML that gave it a type: it has lost its zeros."""
    found = {
        "absent": {"type": ["null", "string"], "pattern": SPACE},
        "present": {"type": ["string", "number", "boolean"], "pattern": r"\S"},
        "chiffres": {"pattern": patterns.made_of("0-9")},
        "chiffres_et_lettres": {"pattern": patterns.made_of("0-9A-Za-z")},
        "signes_de_telephone": {"pattern": patterns.made_of("0-9", rf"(?:[{patterns.pasted}]*\+{patterns.lead()})?")},
        "lettres": {"pattern": patterns.choice_signs()},
        "siret": with_pasted("chiffres", patterns.digits(14), "string", "integer", "null",
                             minimum=10**10, maximum=10**14 - 1),
        "code_postal": with_pasted("chiffres", patterns.digits(5), "string", "integer", "null",
                                   minimum=1000, maximum=10**5 - 1),
        "telephone": with_pasted("signes_de_telephone", patterns.phone(), "string", "number", "null"),
        "iban": with_pasted("chiffres_et_lettres", patterns.iban(), "string", "null"),
        "bic": with_pasted("chiffres_et_lettres", patterns.bic(), "string", "null"),
        "demande": with_pasted("chiffres_et_lettres", patterns.numero(), "string", "null"),
        "date": {"type": ["string", "null"], "pattern": patterns.date()},
        "email": {"type": ["string", "null"], "pattern": patterns.email()},
        "texte": {"type": ANY_SCALAR, "pattern": patterns.text()},
        "numero_ans": {"type": ["string", "number", "null"], "pattern": patterns.text(ONE_LINE)},
        "titulaire": {"type": ANY_SCALAR, "pattern": f"^[^{patterns.hidden}]*$"},
        "fichier": {"type": ["string", "number"], "minLength": 1, "maxLength": FILE_NAME_MAX,
                    "pattern": rf"^{FILE_NAME}[^/\\{patterns.hidden}]*$"},
        "sha256": {"type": ["string", "number", "null"], "anyOf": patterns.sha256()},
    }  # fmt: skip
    for name, values, typed in (("booleen", YES | NO, [True, False]), ("engagement", YES, [True])):
        found[name] = choice_of(patterns, sorted(set(values.values())), values)
        found[name]["anyOf"].insert(1, {"enum": typed})
    for name, message in messages.items():
        found[name]["patternErrorMessage"] = message
    return found


def leaf_of(row, patterns):
    if "valeurs" in row:
        leaf = choice_of(patterns, row["valeurs"], [*row["valeurs"], *row.get("alias", {})])
        if all(value.isdigit() for value in row["valeurs"]):
            leaf["anyOf"].insert(1, {"enum": [int(value) for value in row["valeurs"]]})
    else:
        leaf = {"allOf": [reference(row["nature"])]}
    if "max" in row:
        leaf["maxLength"] = row["max"]
    return {"description": row["titre"], **leaf}


def choice_of(patterns, values, names):
    """The values, for an editor to propose, or any writing of the names."""
    written = {"type": "string", "allOf": [reference("lettres")], "pattern": patterns.choice(names)}
    return {"anyOf": [{"enum": list(values)}, reference("absent"), written]}


class Tree:
    """Keys in their sections: {key: row or subtree}."""

    def __init__(self, rows):
        self.keys = {}
        for row in rows:
            node = self.keys
            *sections, key = row["chemin"].split(".")
            for section in sections:
                node = node.setdefault(section, {})
            node[key] = row

    @staticmethod
    def is_section(node):
        return "chemin" not in node


def properties_of(keys, patterns):
    """Sections and values, by their forms alone. A missing section is an empty value."""
    found = {}
    for key, node in keys.items():
        if Tree.is_section(node):
            found[key] = {"type": ["object", "null", "string"], "pattern": SPACE, "additionalProperties": False,
                          "properties": properties_of(node, patterns)}  # fmt: skip
        else:
            found[key] = leaf_of(node, patterns)
    return found


def nothing_in(node):
    """A section of which nothing is given."""
    if not Tree.is_section(node):
        return reference("absent")
    return {"properties": {key: nothing_in(below) for key, below in node.items()}}


def not_called_for(keys, wanted):
    """What a submission may hold besides `wanted`: nothing. Of a section that has no wanted key, nothing at all."""
    found = {}
    for key, node in keys.items():
        if not Tree.is_section(node):
            if not wanted(node):
                found[key] = nothing_in(node)
        elif below := not_called_for(node, wanted):
            found[key] = {"properties": below}
    return found


def must_hold(keys, wanted):
    """The keys that must be there with a value, in the sections that hold them."""
    found = {}
    for key, node in keys.items():
        if not Tree.is_section(node):
            if wanted(node):
                found[key] = reference("present")
        elif below := must_hold(node, wanted):
            found[key] = {"type": "object", **below}
    return {"required": list(found), "properties": found} if found else {}


def at(path, schema):
    """A schema for what stands at that key path."""
    for key in reversed(path.split(".")):
        schema = {"required": [key], "properties": {key: schema}}
    return schema


def says(key, patterns, names):
    """Whether the value of a key at the top is one of those names."""
    return at(key, {"type": "string", "pattern": patterns.choice(names)})


def declared_by(patterns, row, value):
    return says("declarant", patterns, [value, *(name for name, meant in row.get("alias", {}).items() if meant == value)])


def below_depositaire(row):
    return row["chemin"].startswith("depositaire.")


def section_rules(tree, letter="M", initial="I", complementary="C"):
    """A modification gives its sections whole: what an initial must hold of each that both it and the complémentaire
    have, when both must; of the others, all that an initial must hold."""
    rules = []

    def visit(keys, path):
        for key, node in keys.items():
            if Tree.is_section(node):
                chemin = f"{path}.{key}" if path else key
                shared = any_row(node, lambda row: complementary in row["types"])
                held = must_hold(node, lambda row: initial in row.get("requis", "") and letter in row["types"]
                                 and (not shared or complementary in row["requis"]))  # fmt: skip
                if held:
                    rules.append({"if": at(chemin, {"type": "object", "not": nothing_in(node)}), "then": at(chemin, held)})
                visit(node, chemin)

    visit(tree.keys, "")
    return rules


def any_row(node, wanted):
    return any(any_row(below, wanted) if Tree.is_section(below) else wanted(below) for below in node.values())


def type_rules(tree, types, patterns):
    """What each submission must hold and may not."""
    rules, declarant = [], tree.keys["declarant"]
    by_depositaire = declared_by(patterns, declarant, "depositaire")
    for depot in types["depots"]:
        letter = depot["lettre"]
        then = [must_hold(tree.keys, lambda row: letter in row.get("requis", "") and not below_depositaire(row)),
                {"properties": not_called_for(tree.keys, lambda row: letter in row["types"])}]  # fmt: skip
        held_by_depositaire = must_hold(tree.keys, lambda row: below_depositaire(row) and letter in row.get("requis", ""))
        if held_by_depositaire:
            then.append({"if": by_depositaire, "then": held_by_depositaire})
        if letter == "M":
            held = must_hold(tree.keys, lambda row: below_depositaire(row) and {"I", "C"} <= set(row.get("requis", "")))
            then += [{"if": by_depositaire, "then": held}, *section_rules(tree)]
        if not depot.get("sans_pieces"):
            then.append({"required": ["pieces"], "properties": {"pieces": {"type": "array", "minItems": 1}}})
        rules.append({"if": says("type", patterns, [depot["nom"]]), "then": {"allOf": then}})
    by_representative = {"if": declared_by(patterns, declarant, "representant_legal"),
                         "then": {"properties": {"depositaire": nothing_in(tree.keys["depositaire"])}}}
    return [*rules, by_representative]


def piece_of(types, patterns):
    names = [piece["nom"] for piece in types["pieces"]]
    labels = [piece["libelle"] for piece in types["pieces"]]
    dated = [piece[word] for piece in types["pieces"] if piece.get("date_requise") for word in ("nom", "libelle")]
    given = [reference("present")]
    return {"type": "object", "additionalProperties": False, "required": ["type", "fichier"],
            "properties": {
                "type": {"description": "Type de la pièce", **choice_of(patterns, names, names + labels), "allOf": given},
                "fichier": {"description": "Nom du fichier, à côté de dossier.yaml", "allOf": [reference("fichier"), *given]},
                "sha256": {"description": "Empreinte SHA-256, facultative", "allOf": [reference("sha256")]},
                "valide_jusqu_au": {"description": "Date de fin de validité", "allOf": [reference("date")]}},
            "if": says("type", patterns, dated), "then": at("valide_jusqu_au", reference("present"))}  # fmt: skip


def dossier_schema(rows, types, forms):
    """The text of dossier.schema.json."""
    patterns, tree = Patterns(forms), Tree(rows)
    pieces = {"description": "Pièces jointes, un fichier par type", "type": ["array", "null", "string"], "pattern": SPACE,
              "maxItems": types["pieces_max"], "items": piece_of(types, patterns)}  # fmt: skip
    always = ["format", "type"]
    schema = {"$schema": "http://json-schema.org/draft-07/schema#",
              "title": "dossier.yaml, dépôt d'enrôlement Ségur numérique vague 2",
              "type": "object", "additionalProperties": False,
              "properties": {**properties_of(tree.keys, patterns), "pieces": pieces},
              "required": always,
              "allOf": [{"properties": dict.fromkeys(always, reference("present"))}, *type_rules(tree, types, patterns)],
              "definitions": definitions(patterns, forms["natures"])}  # fmt: skip
    return escaped(json.dumps(schema, ensure_ascii=False, indent=2)) + "\n"


def escaped(text):
    """The same JSON with what nobody sees, or takes for a letter of its own, as \\uXXXX."""
    def one(c):
        if c == "\n" or " " <= c <= "~" or (c.isalpha() and ord(c) < 0x180) or c in "’‘ˈ…«»":
            return c
        return "".join(f"\\u{unit:04x}" for unit in utf16(c))
    return "".join(map(one, text))


def utf16(c):
    data = c.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2)]
