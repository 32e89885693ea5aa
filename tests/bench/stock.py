#!/usr/bin/python3
"""INSEE's stock files, with the columns that INSEE publishes and as many rows as one likes.

    stock.py etablissements|unites FILE --rows N

Row i is a function of i alone, so the first rows of a longer file are those of a shorter one, and
`siret(i)` names a SIRET without reading any file. SIRENs ascend, as INSEE's do. A row has about 210 bytes
(establishments) or 140 (enterprises), near those of life: most cells are empty, some are quoted. A million
rows take a few seconds.
"""

import argparse
import itertools

UNITE_LEGALE = """siren statutDiffusionUniteLegale unitePurgeeUniteLegale dateCreationUniteLegale
sigleUniteLegale sexeUniteLegale prenom1UniteLegale prenom2UniteLegale prenom3UniteLegale
prenom4UniteLegale prenomUsuelUniteLegale pseudonymeUniteLegale identifiantAssociationUniteLegale
trancheEffectifsUniteLegale anneeEffectifsUniteLegale dateDernierTraitementUniteLegale
nombrePeriodesUniteLegale categorieEntreprise anneeCategorieEntreprise dateDebut
etatAdministratifUniteLegale nomUniteLegale nomUsageUniteLegale denominationUniteLegale
denominationUsuelle1UniteLegale denominationUsuelle2UniteLegale denominationUsuelle3UniteLegale
categorieJuridiqueUniteLegale activitePrincipaleUniteLegale
nomenclatureActivitePrincipaleUniteLegale nicSiegeUniteLegale economieSocialeSolidaireUniteLegale
societeMissionUniteLegale caractereEmployeurUniteLegale""".split()
ETABLISSEMENT = """siren nic siret statutDiffusionEtablissement dateCreationEtablissement
trancheEffectifsEtablissement anneeEffectifsEtablissement
activitePrincipaleRegistreMetiersEtablissement dateDernierTraitementEtablissement
etablissementSiege nombrePeriodesEtablissement complementAdresseEtablissement
numeroVoieEtablissement indiceRepetitionEtablissement dernierNumeroVoieEtablissement
indiceRepetitionDernierNumeroVoieEtablissement typeVoieEtablissement libelleVoieEtablissement
codePostalEtablissement libelleCommuneEtablissement libelleCommuneEtrangerEtablissement
distributionSpecialeEtablissement codeCommuneEtablissement codeCedexEtablissement
libelleCedexEtablissement codePaysEtrangerEtablissement libellePaysEtrangerEtablissement
identifiantAdresseEtablissement coordonneeLambertAbscisseEtablissement
coordonneeLambertOrdonneeEtablissement complementAdresse2Etablissement numeroVoie2Etablissement
indiceRepetition2Etablissement typeVoie2Etablissement libelleVoie2Etablissement
codePostal2Etablissement libelleCommune2Etablissement libelleCommuneEtranger2Etablissement
distributionSpeciale2Etablissement codeCommune2Etablissement codeCedex2Etablissement
libelleCedex2Etablissement codePaysEtranger2Etablissement libellePaysEtranger2Etablissement
dateDebut etatAdministratifEtablissement enseigne1Etablissement enseigne2Etablissement
enseigne3Etablissement denominationUsuelleEtablissement activitePrincipaleEtablissement
nomenclatureActivitePrincipaleEtablissement caractereEmployeurEtablissement""".split()

FIRST = 10_000_017  # the first eight digits of row 0's SIREN
MAX_ROWS = 89_000_000
BLOCK = 10_000  # rows written at once

COMMUNES = (("75002", "PARIS 2", "75102"), ("69003", "LYON 3EME", "69383"), ("31000", "TOULOUSE", "31555"),
            ("87000", "LIMOGES", "87085"), ("29200", "BREST", "29019"), ("59000", "LILLE", "59350"),
            ("97410", "SAINT-PIERRE", "97416"))
STREETS = (("RUE", "DES EXEMPLES"), ("AV", "DE LA REPUBLIQUE"), ("CHE", "DU MOULIN"), ("BD", "DES ESSAIS"),
         ("PL", "DE L EGLISE"))
ACTIVITIES = "62.01Z 86.21Z 47.11F 68.20B 56.10A 96.02A 01.11Z 43.21A 85.59A".split()
STAFF = (",", ",", "00,2024", "01,2024", ",", "11,2024", ",")
NAMES = "DURAND MARTIN LEFEBVRE MOREAU GARNIER FAURE ROUSSEL CHEVALIER LAMBERT BONNET DUPONT".split()
FIRST_NAMES = "PAUL,ELISE CHLOE,MARIE HUGO,JEAN INES,ANNE LOUIS,YVES ZOE,LUCIE REMI,ALAIN".split()


# --- numbers -------------------------------------------------------------------------------------

def _luhn_sums(doubled):
    """Of each number of four digits: the sum of its Luhn terms, the digits at even places from the left
    doubled, or those at odd places."""
    sums = []
    for number in range(10_000):
        digits = (int(c) * (2 if (i % 2 == 0) == doubled else 1) for i, c in enumerate(f"{number:04}"))
        sums.append(sum(d - 9 if d > 9 else d for d in digits))
    return sums


FROM_FIRST, FROM_SECOND = _luhn_sums(True), _luhn_sums(False)


def siren(i):
    eight = FIRST + i
    return eight * 10 + -(FROM_SECOND[eight // 10_000] + FROM_SECOND[eight % 10_000]) % 10


def nic(siren_number):
    """0001 and the digit that completes the SIRET."""
    high, low = siren_number // 10_000, siren_number % 10_000
    # Thirteen digits: the last eight are 4 of the SIREN and 0001; the first is doubled, and so on.
    total = FROM_SECOND[high % 10_000] + _odd(high // 10_000) + FROM_SECOND[low] + FROM_SECOND[1]
    return 10 + -total % 10


def _odd(digit):
    """The term of the SIREN's first digit, which stands at a place that is doubled."""
    return digit * 2 - 9 if digit > 4 else digit * 2


def siret(i):
    number = siren(i)
    return f"{number}{nic(number):05}"


# --- rows ----------------------------------------------------------------------------------------

def mixed(i):
    """A number that looks like chance, of i alone (Knuth's multiplicative hash, its high half)."""
    return (i * 2_654_435_761 & 0xFFFFFFFF) >> 8


def cell(text):
    return '"' + text.replace('"', '""') + '"' if "," in text or '"' in text else text


def name(i, chance):
    if chance % 31 == 0:
        return cell(f'SOCIETE "LE MOULIN {i}", ET FILS')
    return f"EXEMPLE {NAMES[chance % 11]} {i}"


def etablissement(i):
    number, chance = siren(i), mixed(i)
    code, commune, insee = COMMUNES[chance % 7]
    kind, street = STREETS[chance % 5]
    if chance % 37 == 0:
        street = cell(f"{street}, BAT A")
    sign = name(i, chance) if chance % 6 == 0 else ""
    internal = nic(number)
    return (f"{number},{internal:05},{number}{internal:05},O,20{chance % 25:02}-{chance % 12 + 1:02}-01,"
            f"{STAFF[chance % 7]},,2025-{chance % 12 + 1:02}-14T09:21:33,true,{chance % 5 + 1},"
            f"{'RESIDENCE DES ESSAIS' if chance % 9 == 0 else ''},{chance % 200 + 1},"
            f"{'BIS' if chance % 41 == 0 else ''},,,{kind},{street},{code},{commune},,,{insee},,,,,"
            f"{insee}{chance % 10000:04}_B,{600000 + chance % 90000}.{chance % 97:02},"
            f"{6200000 + chance % 90000}.{chance % 89:02},,,,,,,,,,,,,,,20{chance % 25:02}-02-01,"
            f"{'F' if chance % 3 == 0 else 'A'},{sign},,,,{ACTIVITIES[chance % 9]},NAFRev2,"
            f"{'O' if chance % 4 == 0 else 'N'}\n")


def unite(i):
    number, chance = siren(i), mixed(i)
    if chance % 2:  # a sole trader
        first, second = FIRST_NAMES[chance % 7].split(",")
        person = f"{'F' if chance % 3 else 'M'},{first},{second},,,{first},,"
        names = f"{NAMES[chance % 11]},,,,,,1000"
    else:
        person = ",,,,,,,"
        names = f",,{name(i, chance)},,,,5710"
    return (f"{number},O,,20{chance % 25:02}-{chance % 12 + 1:02}-01,,{person},{STAFF[chance % 7]},"
            f"2025-{chance % 12 + 1:02}-14T09:21:33,{chance % 5 + 1},{'PME,2023' if chance % 3 else ','},"
            f"20{chance % 25:02}-02-01,{'C' if chance % 3 == 0 else 'A'},{names},{ACTIVITIES[chance % 9]},"
            f"NAFRev2,{nic(number):05},N,,{'O' if chance % 4 == 0 else 'N'}\n")


KINDS = {"etablissements": (ETABLISSEMENT, etablissement), "unites": (UNITE_LEGALE, unite)}


def write(path, kind, rows):
    """Writes the header and rows 0 to rows - 1."""
    header, row = KINDS[kind]
    numbers = iter(range(rows))
    with open(path, "w", encoding="utf-8", newline="") as f:
        f.write(",".join(header) + "\n")
        while block := "".join(map(row, itertools.islice(numbers, BLOCK))):
            f.write(block)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("file")
    parser.add_argument("--rows", type=int, required=True)
    args = parser.parse_args()
    if not 0 <= args.rows <= MAX_ROWS:
        parser.error(f"--rows: 0 to {MAX_ROWS}")
    write(args.file, args.kind, args.rows)


if __name__ == "__main__":
    main()
