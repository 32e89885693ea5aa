/* Near misses of words, and the words of keys. */
#include "lib/array.h"
#include "model/champ_words.h"
#include "model/choice.h"
#include "model/slip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

static const struct choice types[] = {{"initial", "initial"},
				      {"pieces", "pieces"},
				      {"centre de gestion", "centre_gestion"},
				      {NULL, NULL}};

static void choices(void **state)
{
	static const struct {
		const char *text, *near;
	} cases[] = {
	    {"initiale", "initial"},
	    {"Inital", "initial"},
	    {"piece", "pieces"},
	    {"pièce s", "pieces"},
	    {"centre-de-gestions", "centre_gestion"},
	    {"autre", NULL},
	    {"", NULL},
	    {"initialement", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *near = choice_near(types, cases[i].text);

		if (cases[i].near == NULL)
			assert_null(near);
		else
			assert_string_equal(near, cases[i].near);
	}
}

static void nearest(void **state)
{
	struct slip_search search;
	char *advice;

	(void)state;
	slip_begin(&search, "ribe");
	assert_false(slip_consider(&search, "kbis", 2));
	assert_true(slip_consider(&search, "rib", 2));
	assert_false(slip_consider(&search, "ribs", 2)); /* as near, but later */
	assert_true(slip_consider(&search, "ribe", 0));
	assert_string_equal(slip_end(&search), "ribe");
	slip_begin(&search, "en court");
	assert_true(slip_consider(&search, "EN_COURS", 2));
	assert_string_equal(slip_end(&search), "EN_COURS");
	slip_begin(&search, "autre chose");
	assert_false(slip_consider(&search, "rib", 2));
	assert_null(slip_end(&search));
	advice = slip_advice("rib");
	assert_string_equal(advice, " Vouliez-vous dire « rib » ?");
	free(advice);
	advice = slip_advice(NULL);
	assert_string_equal(advice, "");
	free(advice);
}

static void words(void **state)
{
	static const struct {
		const char *chemin, *words;
	} cases[] = {
	    {"demandeur.adresse.commune", "Commune"},
	    {"demandeur.adresse", "Adresse du demandeur"},
	    {"pieces[2].fichier", "Nom du fichier de la pièce n° 3"},
	    {"pieces[0]", "Pièce n° 1"},
	    {"pieces[0].couleur", "pieces[0].couleur"},
	    {"pieces[", "pieces["},
	    {"archive/dossier.yaml", "dossier.yaml"},
	    {"couleur", "couleur"},
	    {"", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *found = champ_words(cases[i].chemin);

		assert_string_equal(found, cases[i].words);
		free(found);
	}
	assert_string_equal(piece_words("RIB"), "relevé d'identité bancaire (RIB)");
	assert_string_equal(piece_words("extrait kbis"), "extrait Kbis");
	assert_null(piece_words("facture"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(choices),
	    cmocka_unit_test(nearest),
	    cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
