#include "lib/array.h"
#include "lib/email.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#define TEN   "abcdefghij"
#define SIXTY TEN TEN TEN TEN TEN TEN

static void good_addresses(void **state)
{
	static const char *const cases[][2] = {
	    {"elise.durand@exemple.fr", "elise.durand@exemple.fr"},
	    {"Elise.Durand@Exemple.FR", "Elise.Durand@exemple.fr"},
	    {"e+tri@mail.sante.example", "e+tri@mail.sante.example"},
	    {"!#$%&'*/=?^_`{|}~-@exemple.fr", "!#$%&'*/=?^_`{|}~-@exemple.fr"},
	    {"a.b.c@exemple.fr", "a.b.c@exemple.fr"},
	    {"a@b.c", "a@b.c"},
	    {"a@1a.2b", "a@1a.2b"},
	    {"a@exem-ple.fr", "a@exem-ple.fr"},
	    {"a@ab--cd.fr", "a@ab--cd.fr"},
	    {"a@AMNZ09.FR", "a@amnz09.fr"},
	    {"a@éditeur.example", "a@xn--diteur-9ua.example"},
	    {"a@ÉDITEUR.example", "a@xn--diteur-9ua.example"},
	    {"a@straße.example", "a@xn--strae-oqa.example"},
	    {"a@xn--diteur-9ua.example", "a@xn--diteur-9ua.example"},
	    {SIXTY "abcd@exemple.fr", SIXTY "abcd@exemple.fr"},
	    {"a@" SIXTY "abc.fr", "a@" SIXTY "abc.fr"},
	    /* 254 bytes */
	    {"a@" SIXTY "." SIXTY "." SIXTY "." SIXTY ".abcdefgh",
	     "a@" SIXTY "." SIXTY "." SIXTY "." SIXTY ".abcdefgh"},
	};
	char *normalised;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (email_check(cases[i][0], &normalised) != EMAIL_OK)
			fail_msg("\"%s\" is refused", cases[i][0]);
		assert_string_equal(normalised, cases[i][1]);
		free(normalised);
		assert_int_equal(email_check(cases[i][0], NULL), EMAIL_OK);
	}
	assert_int_equal(strlen(cases[ARRAY_SIZE(cases) - 1][0]), 254);
}

static void bad_addresses(void **state)
{
	static const char *const cases[] = {
	    "",
	    "@",
	    "a",
	    "a@",
	    "@exemple.fr",
	    "a@exemple",
	    "a@@exemple.fr",
	    "a@b@exemple.fr",
	    "prenom..nom@exemple.fr",
	    ".nom@exemple.fr",
	    "nom.@exemple.fr",
	    ".@exemple.fr",
	    "a b@exemple.fr",
	    " a@exemple.fr",
	    "a@exemple.fr ",
	    "a@exemple.fr\n",
	    "é@exemple.fr",
	    "\"a\"@exemple.fr",
	    "a,b@exemple.fr",
	    "<a@exemple.fr>",
	    "a(b)@exemple.fr",
	    "a@exemple..fr",
	    "a@.exemple.fr",
	    "a@exemple.fr.",
	    "a@-exemple.fr",
	    "a@exemple-.fr",
	    "a@exemple.-fr",
	    "a@exem_ple.fr",
	    "a@exem ple.fr",
	    "a@[192.0.2.1]",
	    "a@192.0.2.1",
	    "a@exemple.123",
	    "a@exemple.fr:25",
	    "a@exemple.fr,b@exemple.fr",
	    "a@\u200B.fr",
	    "a@exemple\u3002\u3002fr",
	    "a@exem\xFFple.fr",
	    "a@xn--.fr",
	    "a@éditeur",
	    "a@é_é.fr",
	    "a@é..fr",
	    "a@.é.fr",
	    "a@é.fr.",
	    "a@é.\u200B.fr",
	    "a@é-.fr",
	    "a@\u2105.fr",
	    "a@é b.fr",
	    "a@é@b.fr",
	    SIXTY "abcde@exemple.fr",
	    "a@" SIXTY "abcd.fr",
	    "ab@" SIXTY "." SIXTY "." SIXTY "." SIXTY ".abcdefgh",
	    "a@" SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY
		SIXTY SIXTY SIXTY SIXTY ".fr"};
	char marker, *normalised;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		normalised = &marker;
		if (email_check(cases[i], &normalised) == EMAIL_OK)
			fail_msg("\"%s\" is taken as \"%s\"", cases[i], normalised);
		assert_null(normalised);
		assert_int_not_equal(email_check(cases[i], NULL), EMAIL_OK);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(good_addresses),
	    cmocka_unit_test(bad_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
