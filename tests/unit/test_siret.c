#include "lib/array.h"
#include "lib/siret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void sirets(void **state)
{
	static const struct {
		const char *text;
		enum siret_verdict verdict;
		const char *siret;
	} cases[] = {
	    {"73282932000074", SIRET_OK, "73282932000074"},
	    {" 732 829 320 00074 ", SIRET_OK, "73282932000074"},
	    {"732\u00A0829\u202F320 00074", SIRET_OK, "73282932000074"},
	    {"73282932000075", SIRET_CHECKSUM, "73282932000075"},
	    {"73282932000047", SIRET_CHECKSUM, "73282932000047"},
	    {"7328293200007", SIRET_FORM, ""},
	    {"732829320000744", SIRET_FORM, ""},
	    {"1111111111111111111111111111111111111111111111111111111111111111111111111",
	     SIRET_FORM, ""},
	    {"", SIRET_FORM, ""},
	    {"  ", SIRET_FORM, ""},
	    {"732.829.320.00074", SIRET_OK, "73282932000074"},
	    {"73282932000074\n", SIRET_OK, "73282932000074"},
	    {"73282932000074.0", SIRET_FORM, ""},
	    {"7328293200007A", SIRET_FORM, ""},
	    {"FR73282932000074", SIRET_FORM, ""},
	    {"７3282932000074", SIRET_FORM, ""},
	    /* La Poste: only Luhn, only the sum, neither. */
	    {"35600000049837", SIRET_OK, "35600000049837"},
	    {"35600000009075", SIRET_OK, "35600000009075"},
	    {"35600000000048", SIRET_OK, "35600000000048"},
	    {"35600000000001", SIRET_OK, "35600000000001"},
	    {"35600000000049", SIRET_CHECKSUM, "35600000000049"},
	    /* Digit sums of 15 and 40 are worth nothing to others. */
	    {"35600000100000", SIRET_CHECKSUM, "35600000100000"},
	    {"73282932000022", SIRET_CHECKSUM, "73282932000022"},
	};
	char siret[SIRET_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(siret_check(cases[i].text, siret), cases[i].verdict);
		assert_string_equal(siret, cases[i].siret);
	}
}

/* One wrong digit anywhere is seen. */
static void wrong_digits(void **state)
{
	char text[] = "73282932000074", siret[SIRET_SIZE];

	(void)state;
	for (size_t i = 0; i < 14; i++) {
		char right = text[i];

		for (char digit = '0'; digit <= '9'; digit++) {
			text[i] = digit;
			assert_int_equal(siret_check(text, siret),
					 digit == right ? SIRET_OK : SIRET_CHECKSUM);
		}
		text[i] = right;
	}
}

static void sirens(void **state)
{
	(void)state;
	assert_true(siren_is_valid("732829320"));
	assert_true(siren_is_valid("73282932000074"));
	assert_true(siren_is_valid("356000000"));
	assert_false(siren_is_valid("732829321"));
	assert_false(siren_is_valid("73282932"));
	assert_false(siren_is_valid("73282932A"));
	assert_false(siren_is_valid(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sirets),
	    cmocka_unit_test(wrong_digits),
	    cmocka_unit_test(sirens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
