#include "lib/iban.h"

#include "formes_gen.h"
#include "lib/array.h"
#include "lib/pasted.h"
#include "lib/text.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define BBAN_AT	      4 /* after the country and the two check digits */
#define TITULAIRE_MAX 70

static const struct iban_country *find_country(const char *code)
{
	for (size_t i = 0; i < IBAN_COUNTRY_COUNT; i++)
		if (strncmp(iban_countries[i].code, code, 2) == 0)
			return &iban_countries[i];
	return NULL;
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
			if (kind != 'c' && text_is_digit(*bban) != (kind == 'n'))
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

		if (text_is_digit(byte))
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

		if (text_is_digit(part[i]))
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
	const struct iban_country *country;

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
	if (!text_is_digit(iban[2]) || !text_is_digit(iban[3]) ||
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
	const struct iban_country *country = strlen(code) >= 2 ? find_country(code) : NULL;

	return country != NULL ? BBAN_AT + bban_length(country->bban) : 0;
}

bool iban_from_rib(const char *text, char iban[static IBAN_SIZE])
{
	const struct iban_country *france = find_country("FR");
	const char *structure = france != NULL ? france->bban : "";
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
	const struct iban_country *country = find_country(iban);

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
