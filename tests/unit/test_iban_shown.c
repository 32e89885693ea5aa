#include "lib/array.h"
#include "lib/iban_shown.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* A text and what is shown of it; NULL: all. */
static const struct {
	const char *text, *shown;
} cases[] = {
    {"", NULL},
    {"FR1420041010050500013M02606", "FR14…606"},
    {"Votre IBAN FR14 2004 1010 0505 0001 3M02 606 est faux.", "Votre IBAN FR14…606 est faux."},
    {"« fr14 2004-1010.0505 0001\xC2\xA0"
     "3M02 606 » ; IBAN",
     "« fr14…606 » ; IBAN"},
    {"GB29 NWBK 6016 1331 9268 19 puis 12", "GB29…819 puis 12"},
    /* its length is known: what follows is not of it */
    {"FR14 2004 1010 0505 0001 3M02 606 2026", "FR14…606 2026"},
    /* too short, too long, of no country */
    {"FR14 2004 1010 0505 0001 3M02 6 ici", "FR14…026 ici"},
    {"FR1420041010050500013M026067, là", "FR14…067, là"},
    {"XX1420041010050500013M02606", "XX14…606"},
    {"un FR7612345678901234567890123 et un DE89370400440532013000.", "un FR76…123 et un DE89…000."},
    /* none */
    {"ENR0601M0 et 27f99871b4, TVA FR40303265045", NULL},
    {"73282932000074 ; 05 55 12 00 00", NULL},
    {"ab12 ans et plus, ab12cd34.pdf", NULL},
    {"XFR1420041010050500013M02606", NULL},
};

static void each_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *shown = iban_masked(cases[i].text);

		assert_string_equal(shown, cases[i].shown != NULL ? cases[i].shown : cases[i].text);
		free(shown);
	}
}

/* A RIB given as an IBAN. */
static void value_of_the_key(void **state)
{
	char *shown = iban_masked_value("« 20041010050500013M02606 » n'est pas un IBAN : "
					"FR1420041010050500013M02606",
					"20041010050500013M02606");

	(void)state;
	assert_string_equal(shown, "« 2004…606 » n'est pas un IBAN : FR14…606");
	free(shown);
	shown = iban_masked_value("oui, oui", "oui");
	assert_string_equal(shown, "oui, oui");
	free(shown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_text),
	    cmocka_unit_test(value_of_the_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
