#include "lib/iban.h"

#include "lib/array.h"
#include "lib/pasted.h"
#include "lib/text.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define BBAN_AT	      4 /* after the country and the two check digits */
#define TITULAIRE_MAX 70

/*
 * SWIFT's registry of IBAN formats, in its own notation: "4!n" is exactly four characters of the
 * kind n (digit), a (upper-case letter) or c (either). `sepa` is the EPC's list of 2025, with
 * Serbia.
 */
static const struct country {
	char code[sizeof("FR")];
	bool sepa;
	const char *bban;
} countries[] = {
    {"AD", true, "4!n4!n12!c"},
    {"AE", false, "3!n16!n"},
    {"AL", true, "8!n16!c"},
    {"AT", true, "5!n11!n"},
    {"AZ", false, "4!a20!c"},
    {"BA", false, "3!n3!n8!n2!n"},
    {"BE", true, "3!n7!n2!n"},
    {"BG", true, "4!a4!n2!n8!c"},
    {"BH", false, "4!a14!c"},
    {"BI", false, "5!n5!n11!n2!n"},
    {"BR", false, "8!n5!n10!n1!a1!c"},
    {"BY", false, "4!c4!n16!c"},
    {"CH", true, "5!n12!c"},
    {"CR", false, "4!n14!n"},
    {"CY", true, "3!n5!n16!c"},
    {"CZ", true, "4!n6!n10!n"},
    {"DE", true, "8!n10!n"},
    {"DJ", false, "5!n5!n11!n2!n"},
    {"DK", true, "4!n9!n1!n"},
    {"DO", false, "4!c20!n"},
    {"EE", true, "2!n14!n"},
    {"EG", false, "4!n4!n17!n"},
    {"ES", true, "4!n4!n1!n1!n10!n"},
    {"FI", true, "3!n11!n"},
    {"FK", false, "2!a12!n"},
    {"FO", false, "4!n9!n1!n"},
    {"FR", true, "5!n5!n11!c2!n"},
    {"GB", true, "4!a6!n8!n"},
    {"GE", false, "2!a16!n"},
    {"GI", true, "4!a15!c"},
    {"GL", false, "4!n9!n1!n"},
    {"GR", true, "3!n4!n16!c"},
    {"GT", false, "4!c20!c"},
    {"HN", false, "4!a20!n"},
    {"HR", true, "7!n10!n"},
    {"HU", true, "3!n4!n1!n15!n1!n"},
    {"IE", true, "4!a6!n8!n"},
    {"IL", false, "3!n3!n13!n"},
    {"IQ", false, "4!a3!n12!n"},
    {"IS", true, "4!n2!n6!n10!n"},
    {"IT", true, "1!a5!n5!n12!c"},
    {"JO", false, "4!a4!n18!c"},
    {"KW", false, "4!a22!c"},
    {"KZ", false, "3!n13!c"},
    {"LB", false, "4!n20!c"},
    {"LC", false, "4!a24!c"},
    {"LI", true, "5!n12!c"},
    {"LT", true, "5!n11!n"},
    {"LU", true, "3!n13!c"},
    {"LV", true, "4!a13!c"},
    {"LY", false, "3!n3!n15!n"},
    {"MC", true, "5!n5!n11!c2!n"},
    {"MD", true, "2!c18!c"},
    {"ME", true, "3!n13!n2!n"},
    {"MK", true, "3!n10!c2!n"},
    {"MN", false, "4!n12!n"},
    {"MR", false, "5!n5!n11!n2!n"},
    {"MT", true, "4!a5!n18!c"},
    {"MU", false, "4!a2!n2!n12!n3!n3!a"},
    {"NI", false, "4!a20!n"},
    {"NL", true, "4!a10!n"},
    {"NO", true, "4!n6!n1!n"},
    {"OM", false, "3!n16!c"},
    {"PK", false, "4!a16!c"},
    {"PL", true, "8!n16!n"},
    {"PS", false, "4!a21!c"},
    {"PT", true, "4!n4!n11!n2!n"},
    {"QA", false, "4!a21!c"},
    {"RO", true, "4!a16!c"},
    {"RS", true, "3!n13!n2!n"},
    {"RU", false, "9!n5!n15!c"},
    {"SA", false, "2!n18!c"},
    {"SC", false, "4!a2!n2!n16!n3!a"},
    {"SD", false, "2!n12!n"},
    {"SE", true, "3!n16!n1!n"},
    {"SI", true, "5!n8!n2!n"},
    {"SK", true, "4!n6!n10!n"},
    {"SM", true, "1!a5!n5!n12!c"},
    {"SO", false, "4!n3!n12!n"},
    {"ST", false, "4!n4!n11!n2!n"},
    {"SV", false, "4!a20!n"},
    {"TL", false, "3!n14!n2!n"},
    {"TN", false, "2!n3!n13!n2!n"},
    {"TR", false, "5!n1!n16!c"},
    {"UA", false, "6!n19!c"},
    {"VA", true, "3!n15!n"},
    {"VG", false, "4!a16!n"},
    {"XK", false, "4!n10!n2!n"},
    {"YE", false, "4!a4!n18!c"},
};

/* ISO 3166-1 alpha-2, and XK, which ISO leaves to its users and SWIFT gives to Kosovo. */
static const char iso_countries[] =
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN "
    "BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ "
    "DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL "
    "GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM "
    "JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME "
    "MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP "
    "NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD "
    "SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO "
    "TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW ";

static const struct country *find_country(const char *code)
{
	for (size_t i = 0; i < ARRAY_SIZE(countries); i++)
		if (strncmp(countries[i].code, code, 2) == 0)
			return &countries[i];
	return NULL;
}

/* For texts without decoration only (pasted_code): whatever is no digit there is a capital. */
static bool is_digit(char byte)
{
	return byte <= '9';
}

/* Reads one element of a BBAN's structure and moves past it; false at the end. */
static bool next_element(const char **structure, size_t *count, char *kind)
{
	char *end;

	if (**structure == '\0')
		return false;
	*count = strtoul(*structure, &end, 10);
	*kind = end[1];
	*structure = end + 2;
	return true;
}

static size_t bban_length(const char *structure)
{
	size_t count, length = 0;
	char kind;

	while (next_element(&structure, &count, &kind))
		length += count;
	return length;
}

static bool fits_structure(const char *bban, const char *structure)
{
	size_t count;
	char kind;

	while (next_element(&structure, &count, &kind))
		for (; count > 0; count--, bban++)
			if (kind != 'c' && is_digit(*bban) != (kind == 'n'))
				return false;
	return true;
}

/* ISO 7064: letters count as 10 to 35, and the first four characters move to the end. */
static unsigned mod97(const char *iban)
{
	size_t length = strlen(iban);
	unsigned rest = 0;

	for (size_t i = 0; i < length; i++) {
		char byte = iban[(i + BBAN_AT) % length];

		if (is_digit(byte))
			rest = (rest * 10 + (unsigned)(byte - '0')) % 97;
		else
			rest = (rest * 100 + (unsigned)(byte - 'A') + 10) % 97;
	}
	return rest;
}

static bool mod97_is_right(const char *iban)
{
	/* 00, 01 and 99 leave the same rest as 97, 98 and 02, but are never given. */
	if (strncmp(iban + 2, "00", 2) == 0 || strncmp(iban + 2, "01", 2) == 0 ||
	    strncmp(iban + 2, "99", 2) == 0)
		return false;
	return mod97(iban) == 1;
}

/* Part of a RIB, mod 97. Letters count A, J = 1; B, K, S = 2; ... I, R, Z = 9. */
static unsigned rib_part(const char *part, size_t count)
{
	unsigned rest = 0;

	for (size_t i = 0; i < count; i++) {
		unsigned digit;

		if (is_digit(part[i]))
			digit = (unsigned)(part[i] - '0');
		else if (part[i] < 'S')
			digit = (unsigned)(part[i] - 'A') % 9 + 1;
		else
			digit = (unsigned)(part[i] - 'S') + 2;
		rest = (rest * 10 + digit) % 97;
	}
	return rest;
}

static bool rib_key_is_right(const char *bban)
{
	unsigned bank = rib_part(bban, 5), branch = rib_part(bban + 5, 5);
	unsigned account = rib_part(bban + 10, 11);
	unsigned key = (unsigned)(bban[21] - '0') * 10 + (unsigned)(bban[22] - '0');

	return key == 97 - (89 * bank + 15 * branch + 3 * account) % 97;
}

enum iban_verdict iban_check(const char *text, char iban[static IBAN_SIZE])
{
	char code[PASTED_SIZE];
	size_t length = pasted_code(text, code, sizeof(code));
	const char *start = code;
	const struct country *country;

	iban[0] = '\0';
	if (length == PASTED_FOREIGN)
		return IBAN_CHARACTERS;
	/* The word may touch the code: no country is called IB. */
	if (strncmp(code, "IBAN", 4) == 0) {
		start += 4;
		length -= 4;
	}
	if (length >= IBAN_SIZE || (length > 0 && *start == '\0'))
		return IBAN_LENGTH;
	memcpy(iban, start, length + 1);
	country = find_country(iban);
	if (length < 2 || country == NULL)
		return IBAN_COUNTRY;
	if (length != BBAN_AT + bban_length(country->bban))
		return IBAN_LENGTH;
	if (!is_digit(iban[2]) || !is_digit(iban[3]) ||
	    !fits_structure(iban + BBAN_AT, country->bban))
		return IBAN_STRUCTURE;
	if (!mod97_is_right(iban))
		return IBAN_CHECKSUM;
	if ((strcmp(country->code, "FR") == 0 || strcmp(country->code, "MC") == 0) &&
	    !rib_key_is_right(iban + BBAN_AT))
		return IBAN_RIB_KEY;
	return IBAN_OK;
}

size_t iban_length(const char *code)
{
	const struct country *country = strlen(code) >= 2 ? find_country(code) : NULL;

	return country != NULL ? BBAN_AT + bban_length(country->bban) : 0;
}

bool iban_from_rib(const char *text, char iban[static IBAN_SIZE])
{
	const char *structure = find_country("FR")->bban;
	unsigned check;

	iban[0] = '\0';
	if (pasted_code(text, iban + BBAN_AT, IBAN_SIZE - BBAN_AT) != bban_length(structure) ||
	    !fits_structure(iban + BBAN_AT, structure) || !rib_key_is_right(iban + BBAN_AT)) {
		iban[0] = '\0';
		return false;
	}
	memcpy(iban, "FR00", BBAN_AT);
	check = 98 - mod97(iban);
	iban[2] = (char)('0' + check / 10);
	iban[3] = (char)('0' + check % 10);
	return true;
}

bool iban_in_sepa(const char *iban)
{
	const struct country *country = find_country(iban);

	return country != NULL && country->sepa;
}

/* Whether a list of countries, each followed by a space, holds this one. */
static bool in_list(const char *list, const char *code)
{
	for (; *list != '\0'; list += 3)
		if (strncmp(list, code, 2) == 0)
			return true;
	return false;
}

static bool bic_is_right(const char *bic, size_t length)
{
	return (length == 8 || length == 11) && in_list(iso_countries, bic + 4);
}

bool bic_check(const char *text, char bic[static BIC_SIZE])
{
	if (bic_is_right(bic, pasted_code(text, bic, BIC_SIZE)))
		return true;
	/* "BIC IGALX": what reads like the word are the first letters of some banks of Africa. */
	if (bic_is_right(bic, pasted_code_whole(text, bic, BIC_SIZE)))
		return true;
	bic[0] = '\0';
	return false;
}

enum bic_country bic_country_check(const char *iban, const char *bic)
{
	static const struct family {
		char country[sizeof("FR")];
		const char *also, *alert;
	} families[] = {
	    /* First the overseas parts that have the euro and FR in their IBANs; then those with
	     * the Pacific franc, and Monaco, where many banks are branches of French ones. */
	    {"FR", "GF GP MQ YT RE BL MF PM ", "NC PF TF WF MC "},
	    {"MC", "", "FR "},
	    {"GB", "GG JE IM ", ""},
	    {"FI", "AX ", ""},
	};

	if (strncmp(iban, bic + 4, 2) == 0)
		return BIC_COUNTRY_OK;
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		if (strncmp(families[i].country, iban, 2) != 0)
			continue;
		if (in_list(families[i].also, bic + 4))
			return BIC_COUNTRY_OK;
		if (in_list(families[i].alert, bic + 4))
			return BIC_COUNTRY_ALERT;
	}
	return BIC_COUNTRY_ERROR;
}

bool titulaire_check(const char *text)
{
	char *folded = text_fold(text);
	size_t length = folded == NULL ? 0 : strlen(folded);
	bool right = length > 0 && length <= TITULAIRE_MAX &&
		     strspn(folded, TEXT_LOWER TEXT_DIGITS " /-?:().,'+") == length;

	free(folded);
	return right;
}
