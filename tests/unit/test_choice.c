/* Enumerations, decisions and dates as people write them; texts that a program has spoilt. */
#include "lib/array.h"
#include "lib/date.h"
#include "lib/mangled.h"
#include "model/choice.h"
#include "model/dossier.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static const struct choice *const boolean = choice_boolean;

static void choices(void **state)
{
	static const struct {
		const struct choice *const *choices;
		const char *text, *value;
	} cases[] = {
	    {&champ_table[CHAMP_TYPE].choices, "Complémentaire", "complementaire"},
	    {&champ_table[CHAMP_TYPE].choices, "complémentaires", NULL},
	    {&champ_table[CHAMP_DECLARANT].choices, "DÉPOSITAIRE", "depositaire"},
	    {&champ_table[CHAMP_DECLARANT].choices, "Repre\u0301sentant-légal",
	     "representant_legal"},
	    {&champ_table[CHAMP_DECLARANT].choices, "représentant\u00A0légal",
	     "representant_legal"},
	    {&champ_table[CHAMP_DECLARANT].choices, "representantlegal", "representant_legal"},
	    {&champ_table[CHAMP_DECLARANT].choices, "représentant", NULL},
	    {&champ_table[CHAMP_DEPOSITAIRE_QUALITE].choices, "employé", "employe"},
	    {&champ_table[CHAMP_DEPOSITAIRE_QUALITE].choices, "Centre de gestion",
	     "centre_gestion"},
	    {&champ_table[CHAMP_REPRESENTANT_IDENTITE_NATURE].choices, "titre de séjour",
	     "titre_sejour"},
	    {&champ_table[CHAMP_REPRESENTANT_IDENTITE_NATURE].choices, "Carte d’identité", "cni"},
	    {&champ_table[CHAMP_DEPOSITAIRE_IDENTITE_NATURE].choices, "CARTE NATIONALE D'IDENTITÉ",
	     "cni"},
	    {&champ_table[CHAMP_DEPOSITAIRE_IDENTITE_NATURE].choices, "permis", NULL},
	    {&boolean, "OUI", "oui"},
	    {&boolean, "True", "oui"},
	    {&boolean, "vrai", "oui"},
	    {&boolean, "Non", "non"},
	    {&boolean, "FALSE", "non"},
	    {&boolean, "FAUX", "non"},
	    {&boolean, "yes", NULL},
	    {&boolean, "1", NULL},
	    {&boolean, "", NULL},
	    {&boolean, "-", NULL},
	    {&boolean, "\xFF", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *value = choice_read(*cases[i].choices, cases[i].text);

		if (cases[i].value == NULL ? value != NULL
					   : value == NULL || strcmp(value, cases[i].value) != 0)
			fail_msg("[%s] is [%s]", cases[i].text, value != NULL ? value : "none");
	}
}

static void dates(void **state)
{
	static const char *const good[][2] = {
	    {"2030-01-31", "2030-01-31"},	 {"31/01/2030", "2030-01-31"},
	    {"31/1/2030", "2030-01-31"},	 {"1/12/2030", "2030-12-01"},
	    {" 2030-01-31\u00A0", "2030-01-31"}, {"\u200E31/01/2030\u200F", "2030-01-31"},
	    {"=\"31/01/2030\"", "2030-01-31"},	 {"'2030-01-31", "2030-01-31"},
	    {"29/02/2024", "2024-02-29"},	 {"31/12/2200", "2200-12-31"},
	    {"01/01/1900", "1900-01-01"},
	};
	static const char *const bad[] = {
	    "",
	    "2030/01/31",
	    "2030-1-31",
	    "31-01-2030",
	    "31.01.2030",
	    "31/01/30",
	    "29/02/2023",
	    "31/13/2030",
	    "0/1/2030",
	    "01/01/1899",
	    "01/01/2201",
	    "2030-01-31T00",
	    "001/01/2030",
	    "31//2030",
	    "1/1",
	    "2030-01-31 1",
	    "31/01/20301",
	    "IBAN : 14/05/2031",
	    "n° 14/05/2031",
	    "tél: 2031-05-14",
	    "le 14/05/2031",
	};
	char day[DATE_SIZE];
	int32_t days = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		if (!date_read(good[i][0], &days))
			fail_msg("[%s] is refused", good[i][0]);
		date_format(days, day);
		assert_string_equal(day, good[i][1]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (date_read(bad[i], &days))
			fail_msg("[%s] is taken", bad[i]);
}

static void mangled(void **state)
{
	static const char *const cases[][2] = {
	    {"LefÃ¨vre", "Lefèvre"},
	    {"AndrÃ©", "André"},
	    {"Ã‰lise", "Élise"},
	    {"Lâ€™Oréal", "L’Oréal"},
	    {"Âµ-santé", "µ-santé"},
	    {"Å“uvre", "œuvre"},
	    {"Lefèvre", NULL},
	    {"SÃO PAULO", NULL},
	    {"Ã", NULL},
	    {"Âge", NULL},
	    {"", NULL},
	    {"Ångström", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *mended = text_unmangled(cases[i][0]);

		if (cases[i][1] == NULL)
			assert_null(mended);
		else
			assert_string_equal(mended, cases[i][1]);
		free(mended);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(choices),
	    cmocka_unit_test(dates),
	    cmocka_unit_test(mangled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
