/* The one tolerance for numbers and codes: what is dropped, and what never is. */
#include "formes_gen.h"
#include "lib/array.h"
#include "lib/buf.h"
#include "lib/iban.h"
#include "lib/mem.h"
#include "lib/pasted.h"
#include "lib/phone.h"
#include "lib/siret.h"
#include "lib/text.h"
#include "model/numero.h"
#include "model/reason.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define FORM_SIZE 40

static bool siret_form(const char *text, char out[static FORM_SIZE])
{
	return siret_check(text, out) == SIRET_OK;
}

static bool iban_form(const char *text, char out[static FORM_SIZE])
{
	return iban_check(text, out) == IBAN_OK;
}

static bool phone_form(const char *text, char out[static FORM_SIZE])
{
	return phone_check(text, out) == PHONE_OK;
}

static bool number_form(const char *text, size_t wanted, char out[static FORM_SIZE])
{
	struct number number = number_read(text, wanted);

	memcpy(out, number.digits, sizeof(number.digits));
	return number.fault == NUMBER_OK;
}

static bool siren_form(const char *text, char out[static FORM_SIZE])
{
	return number_form(text, 9, out) && siren_is_valid(out);
}

static bool code_postal_form(const char *text, char out[static FORM_SIZE])
{
	return number_form(text, 5, out);
}

/* Each kind with valid values of it; `spreadsheet`: a number, which spreadsheets spoil. */
static const struct kind {
	const char *name;
	bool (*read)(const char *text, char out[static FORM_SIZE]);
	struct reason (*reason)(const char *text);
	bool spreadsheet, checked; /* checked: a check digit sees each single slip */
	const char *values[4];
} kinds[] = {
    {"SIRET",
     siret_form,
     reason_siret,
     true,
     true,
     {"73282932000074", "05541034400018", "35600000049837"}},
    {"SIREN", siren_form, reason_siren, true, true, {"732829320", "055410344"}},
    {"code postal", code_postal_form, reason_code_postal, true, false, {"75001", "01000"}},
    {"telephone",
     phone_form,
     reason_phone,
     true,
     false,
     {"0123456789", "+33123456789", "0032475123456", "+15145550123"}},
    {"IBAN",
     iban_form,
     reason_iban,
     false,
     true,
     {"FR1420041010050500013M02606", "DE89370400440532013000"}},
    {"BIC", bic_check, reason_bic, false, false, {"PSSTFRPPPAR", "DEUTDEFF500"}},
    {"demande", demande_numero_read, NULL, false, false, {"ENR0601M0", "ENR123456"}},
};

/* What people paste between the characters of a code, and around it. */
static const char *const decorations[] = {
    " ",      " \t ",	"\n",	  "\u00A0", "\xC2\x85", "\u1680", "\u2000", "\u2001", "\u2002",
    "\u2003", "\u2004", "\u2005", "\u2006", "\u2007",	"\u2008", "\u2009", "\u200A", "\u202F",
    "\u205F", "\u3000", "\u2028", "\u200B", "\u200D",	"\u200E", "\u200F", "\u202A", "\u202C",
    "\u202D", "\u2060", "\u2066", "\u2069", "\uFEFF",	"\u00AD", "\u034F", "\uFE0F", "-",
    "\u2010", "\u2011", "\u2012", "\u2013", "\u2014",	"\u2212", ".",	    "\u00B7", "\uFF0E",
    "/",      "\u2044", "(",	  ")",	    "'",	"\"",	  "\u2018", "\u2019", "\u201C",
    "\u201D", "\u201E", "\u00AB", "\u00BB", "`",	"\u00B4", "\u2032",
};
static const char *const prefixes[] = {
    "",	       "'",    "=\"",	      "IBAN ",	      "iban:",	    "SIRET : ",
    "SIREN ",  "n° ",  "N° SIRET : ", "BIC :",	      "BIC/SWIFT ", "NIC : ",
    "tél. : ", "TÉL ", "tel:",	      "Téléphone : ", "№ ",
};

static uint32_t state_of_chance;

static size_t chance(size_t count)
{
	state_of_chance = state_of_chance * 1664525u + 1013904223u;
	return (state_of_chance >> 8) % count;
}

/* The value decorated in one way of very many. A final ".0" is no decoration, and "(0)" behind a
 * country code has a meaning of its own: neither stands alone between two signs here. */
static char *decorate(const char *value)
{
	struct buf out = {0};

	buf_puts(&out, prefixes[chance(ARRAY_SIZE(prefixes))]);
	for (; *value != '\0'; value++) {
		bool last = value[1] == '\0';

		for (size_t n = *value == '+' || last ? 0 : chance(3); n > 0; n--)
			buf_puts(&out, decorations[chance(ARRAY_SIZE(decorations))]);
		if (*value == '0')
			buf_puts(&out, " ");
		buf_putc(&out, *value);
		if (*value == '0')
			buf_puts(&out, " ");
	}
	for (size_t n = chance(3); n > 0; n--)
		buf_puts(&out, decorations[chance(ARRAY_SIZE(decorations))]);
	return buf_take(&out);
}

static void any_decoration(void **state)
{
	(void)state;
	state_of_chance = 1;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		for (size_t v = 0; v < ARRAY_SIZE(kinds[i].values); v++) {
			char canonical[FORM_SIZE], found[FORM_SIZE];

			if (kinds[i].values[v] == NULL)
				break;
			assert_true(kinds[i].read(kinds[i].values[v], canonical));
			for (unsigned round = 0; round < 2000; round++) {
				char *text = decorate(kinds[i].values[v]);

				if (!kinds[i].read(text, found) || strcmp(found, canonical) != 0)
					fail_msg("%s: [%s] gives [%s]", kinds[i].name, text, found);
				free(text);
			}
		}
}

/* Each decoration alone, between any two characters. */
static void each_decoration(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		for (size_t d = 0; d < ARRAY_SIZE(decorations); d++) {
			const char *value = kinds[i].values[0];
			char canonical[FORM_SIZE], found[FORM_SIZE];

			assert_true(kinds[i].read(value, canonical));
			for (size_t at = 0; at <= strlen(value); at++) {
				char *text = mem_printf("%.*s%s%s", (int)at, value, decorations[d],
							value + at);
				/* 1000.0 is not 10000. */
				bool decimal = strcmp(decorations[d], ".") == 0 &&
					       strcmp(value + at, "0") == 0 && kinds[i].spreadsheet;

				if (kinds[i].read(text, found) == decimal ||
				    (!decimal && strcmp(found, canonical) != 0))
					fail_msg("%s: [%s]", kinds[i].name, text);
				free(text);
			}
		}
}

static const char *encoded(uint32_t character)
{
	static char text[5];

	text[utf8proc_encode_char((utf8proc_int32_t)character, (utf8proc_uint8_t *)text)] = '\0';
	return text;
}

/* Every sign of the table inside a number and a code. */
static void whole_table(void **state)
{
	(void)state;
	for (size_t r = 0; r < DECORATION_COUNT; r++)
		for (uint32_t c = decoration_ranges[r].first; c <= decoration_ranges[r].last; c++)
			for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
				const char *value = kinds[i].values[0], *sign = encoded(c);
				char canonical[FORM_SIZE], found[FORM_SIZE];
				char *text =
				    mem_printf("%s%.4s%s%s%s", sign, value, sign, value + 4, sign);

				assert_true(kinds[i].read(value, canonical));
				if (!kinds[i].read(text, found) || strcmp(found, canonical) != 0)
					fail_msg("%s: U+%04X", kinds[i].name, (unsigned)c);
				free(text);
			}
}

static bool in_table(uint32_t character)
{
	for (size_t r = 0; r < DECORATION_COUNT; r++)
		if (character >= decoration_ranges[r].first &&
		    character <= decoration_ranges[r].last)
			return true;
	return false;
}

/* The table has each space, dash, quote and invisible sign that Unicode has; but for fillers that
 * nobody sees no letter and no digit. */
static void unicode_table(void **state)
{
	(void)state;
	for (uint32_t c = 0xA0; c <= 0x10FFFF; c++) {
		const utf8proc_property_t *property = utf8proc_get_property((utf8proc_int32_t)c);
		utf8proc_propval_t category = property->category;
		bool blank = category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
			     category == UTF8PROC_CATEGORY_ZP,
		     letter = category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LT;
		bool wanted = blank || category == UTF8PROC_CATEGORY_CF ||
			      category == UTF8PROC_CATEGORY_PD ||
			      category == UTF8PROC_CATEGORY_PI ||
			      category == UTF8PROC_CATEGORY_PF || property->ignorable;

		letter =
		    letter || category == UTF8PROC_CATEGORY_ND || category == UTF8PROC_CATEGORY_LO;
		if (wanted ? !in_table(c) : letter && in_table(c))
			fail_msg("U+%04X", (unsigned)c);
	}
}

static void assert_another(const struct kind *kind, const char *text, const char *canonical)
{
	char found[FORM_SIZE];

	if (kind->read(text, found) && (kind->checked || strcmp(found, canonical) == 0))
		fail_msg("%s: [%s] is taken", kind->name, text);
}

/* Each significant sign in turn replaced by each other one of its kind. */
static void replace_signs(const struct kind *kind, const char *value)
{
	static const char signs[] = TEXT_DIGITS TEXT_UPPER;
	char canonical[FORM_SIZE], text[FORM_SIZE];

	assert_true(kind->read(value, canonical));
	for (size_t at = 0; at < strlen(value); at++)
		for (size_t sign = 0; value[at] != '+' && sign < strlen(signs); sign++) {
			snprintf(text, sizeof(text), "%s", value);
			text[at] = signs[sign];
			if (value[at] != signs[sign])
				assert_another(kind, text, canonical);
		}
}

/* A sign replaced is never the same value, and with a check digit no value; nor is one with a sign
 * that nobody pastes. La Poste's numbers have a weaker check. */
static void slips(void **state)
{
	char text[2 * FORM_SIZE], found[FORM_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		for (size_t v = 0; v < ARRAY_SIZE(kinds[i].values) && kinds[i].values[v] != NULL;
		     v++) {
			const char *value = kinds[i].values[v];

			if (strncmp(value, "356000000", 9) == 0)
				continue;
			replace_signs(&kinds[i], value);
			for (const char *strange = "*#@&?;!_%~+"; *strange != '\0'; strange++) {
				snprintf(text, sizeof(text), "%.4s%c%s", value, *strange,
					 value + 4);
				if (kinds[i].read(text, found))
					fail_msg("%s: [%s] is taken", kinds[i].name, text);
			}
		}
}

static void assert_told(const struct kind *kind, const char *text, const char *what)
{
	char found[FORM_SIZE];
	struct reason reason;

	if (kind->read(text, found))
		fail_msg("%s: [%s] is taken as [%s]", kind->name, text, found);
	reason = kind->reason(text);
	if (strstr(reason.why, what) == NULL)
		fail_msg("%s: [%s]: %s", kind->name, text, reason.why);
	assert_true(strlen(reason.remedy) > 10);
	reason_free(&reason);
}

/* A spreadsheet reads "+33…" and "0033…" as numbers, too. */
static void without_plus(const struct kind *kind, const char *value)
{
	const char *digits = value + strspn(value, "+0");
	char text[2 * FORM_SIZE];

	assert_told(kind, digits, "il manque « + »");
	snprintf(text, sizeof(text), "%s.0", digits);
	assert_told(kind, text, "décimales");
	snprintf(text, sizeof(text), "%.1s,%.4sE+%zu", digits, digits + 1, strlen(digits) - 1);
	assert_told(kind, text, "arrondi");
}

/* What a spreadsheet makes of a number is refused, and named as what it is. */
static void spreadsheets(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		for (size_t v = 0; kinds[i].spreadsheet && v < ARRAY_SIZE(kinds[i].values); v++) {
			const char *value = kinds[i].values[v];
			char text[2 * FORM_SIZE];

			if (value == NULL)
				continue;
			if (value[0] == '+' || strncmp(value, "00", 2) == 0) {
				without_plus(&kinds[i], value);
				continue;
			}
			snprintf(text, sizeof(text), "%s.0", value);
			assert_told(&kinds[i], text, "décimales");
			snprintf(text, sizeof(text), " %s,0 ", value);
			assert_told(&kinds[i], text, "décimales");
			snprintf(text, sizeof(text), "%.1s,%.5sE+%zu", value, value + 1,
				 strlen(value) - 1);
			assert_told(&kinds[i], text, "arrondi");
			snprintf(text, sizeof(text), "%.1s.%se%zu", value, value + 1,
				 strlen(value) - 1);
			assert_told(&kinds[i], text, "arrondi");
			/* The point of ".0" was lost. */
			snprintf(text, sizeof(text), "%s0", value);
			assert_told(&kinds[i], text, "zéro final");
			if (value[0] == '0') {
				assert_told(&kinds[i], value + 1, "zéro de tête");
				snprintf(text, sizeof(text), "%s.0", value + 1);
				assert_told(&kinds[i], text, "décimales");
			}
		}
}

static void codes(void **state)
{
	static const struct {
		const char *text;
		size_t count;
		const char *out;
	} cases[] = {
	    {"", 0, ""},
	    {"  ", 0, ""},
	    {" a1 \u00A0zZ\u202F9 ", 5, "A1ZZ9"},
	    {"1234567", 7, "1234567"},
	    {"09AZaz", 6, "09AZAZ"},
	    {"12345678", 8, ""},
	    {"123456789", 9, ""},
	    {"123-4", 4, "1234"},
	    {"é", PASTED_FOREIGN, ""},
	    {"a\tb", 2, "AB"},
	    {"@", PASTED_FOREIGN, ""},
	    {"[", PASTED_FOREIGN, ""},
	    {"{", PASTED_FOREIGN, ""},
	    {":", PASTED_FOREIGN, ""},
	    {"a:b", PASTED_FOREIGN, ""},
	    {"=a", PASTED_FOREIGN, ""},
	    {"\x1B", PASTED_FOREIGN, ""},
	    {"\xFF", PASTED_FOREIGN, ""},
	    {"７", PASTED_FOREIGN, ""},
	    /* A word is a word only where it stands apart. */
	    {"bicx", 4, "BICX"},
	    {"bic x", 1, "X"},
	    {"nic7", 4, "NIC7"},
	    {"n°7", 1, "7"},
	    {"NO 7", 3, "NO7"},
	};
	char out[8];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(pasted_code(cases[i].text, out, sizeof(out)), cases[i].count);
		assert_string_equal(out, cases[i].out);
	}
}

#define HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void hashes(void **state)
{
	static const struct {
		const char *text, *out;
	} cases[] = {
	    {HASH, HASH},
	    {HASH "  rib.pdf", HASH},
	    {HASH " *rib.pdf", HASH},
	    {"SHA256 (rib.pdf) = " HASH, HASH},
	    {"sha256:" HASH, HASH},
	    {"e3b0c442 98fc1c14 9afbf4c8 996fb924 27ae41e4 649b934c a495991b 7852b855",
	     "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"},
	    {HASH "0", ""},
	    {HASH " " HASH, ""},
	    {"", ""},
	    {"e3b0c44298fc1c14", ""},
	    {"g3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", ""},
	};
	char out[65];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(pasted_hash(cases[i].text, 64, out), cases[i].out[0] != '\0');
		assert_string_equal(out, cases[i].out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(any_decoration), cmocka_unit_test(each_decoration),
	    cmocka_unit_test(whole_table),    cmocka_unit_test(unicode_table),
	    cmocka_unit_test(slips),	      cmocka_unit_test(spreadsheets),
	    cmocka_unit_test(codes),	      cmocka_unit_test(hashes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
