/* What people read of a text that is no YAML: the cause, and the line to type. */
#include "lib/array.h"
#include "parser/parse_yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#define TOP "format: 1\ntype: initial\n"

struct told {
	struct dossier dossier;
	struct yaml_positions positions;
	struct anomalies anomalies;
};

static void parse(struct told *told, const char *text)
{
	*told = (struct told){0};
	parse_dossier(text, strlen(text), &told->dossier, &told->positions, &told->anomalies);
	anomalies_sort(&told->anomalies);
}

static void done(struct told *told)
{
	dossier_free(&told->dossier);
	anomalies_free(&told->anomalies);
}

static void causes(void **state)
{
	static const struct {
		const char *text, *why, *remedy;
	} cases[] = {
	    {TOP "demandeur:\n\tsiret: 1\n\tnom_commercial: A\n", "une tabulation sert de retrait",
	     "Remplacez chaque tabulation du retrait par deux espaces, de la ligne 4 à la ligne 5."},
	    {TOP "demandeur:\n  nom_commercial: Médisoft : logiciels # nous\n",
	     "la valeur contient un deux-points",
	     "Écrivez « nom_commercial: \"Médisoft : logiciels\" »."},
	    {TOP "demandeur:\n  nom_commercial: A \"B\": C\n", "la valeur contient un deux-points",
	     "Écrivez « nom_commercial: \"A \\\"B\\\": C\" »."},
	    {TOP "demandeur:\n  siret: '29023757700017\n  distributeur: non\n",
	     "une apostrophe ouvre la valeur, et n'est pas refermée",
	     "Écrivez « siret: 29023757700017 »."},
	    {TOP "demandeur:\n  nom_commercial: \"A: B\n", "des guillemets ouvrent la valeur",
	     "Écrivez « nom_commercial: \"A: B\" »."},
	    {TOP "demandeur:\n  adresse:\n    type_voie: RUE\n   commune: PARIS\n",
	     "le retrait de cette ligne, de 3 espaces, n'est celui d'aucune autre",
	     "Commencez-la par 4 espaces, comme ses voisines."},
	    {TOP "demandeur:\n  siret: 1\n   distributeur: non\n",
	     "le retrait de cette ligne, de 3 espaces, n'est celui d'aucune autre",
	     "Commencez-la par 2 espaces, comme ses voisines."},
	    {TOP "banque:\n  iban: X\n  bic:CREXFR2L\n  titulaire: A\n",
	     "il manque une espace après le deux-points", "Écrivez « bic: CREXFR2L »."},
	    {TOP "demandeur:\n  nom_commercial: @Santé\n", "« @ »",
	     "Écrivez « nom_commercial: \"@Santé\" »."},
	    {TOP "pieces:\n  - {type: rib; fichier: rib.pdf}\n  - {type: kbis; fichier: k.pdf}\n",
	     "un point-virgule y sépare les clés",
	     "Mettez une virgule à sa place, de la ligne 4 à la ligne 5 : « - {type: rib, fichier: "
	     "rib.pdf} »."},
	    {TOP "pieces:\n  • {type: rib, fichier: rib.pdf}\n",
	     "« • » n'est pas un tiret de liste", "Remplacez « • » par un tiret (-)"},
	    /* what the line does not tell */
	    {TOP "tva: {assujetti: oui\n", "accolade fermante", "Corrigez à cet endroit"},
	    {TOP "tva: {assujetti: oui: non}\n", "accolade fermante", "Corrigez à cet endroit"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct told told;
		char *message, *remedy;

		parse(&told, cases[i].text);
		if (told.anomalies.count != 1 || told.anomalies.items[0].code != ANO_YML_SYNTAXE)
			fail_msg("%zu anomalies, not one, of:\n%s", told.anomalies.count,
				 cases[i].text);
		message = anomalie_message(&told.anomalies.items[0]);
		remedy = anomalie_remede(&told.anomalies.items[0]);
		if (strstr(message, cases[i].why) == NULL ||
		    strstr(remedy, cases[i].remedy) == NULL)
			fail_msg("[%s] [%s] of:\n%s", message, remedy, cases[i].text);
		free(message);
		free(remedy);
		done(&told);
	}
}

/* The form that is shown is the section's own, and that of the list is told once. */
static void forms(void **state)
{
	static const struct {
		const char *text, *remedy;
	} cases[] = {
	    {TOP "engagements: Lu et approuvé\n",
	     "« engagements: », et mettez dessous, en retrait de deux espaces, une ligne par clé : "
	     "« cgu: oui », « article_441_7: oui », « authenticite: oui »."},
	    {TOP "demandeur: A\n", "« siret: … », « nom_commercial: … », « adresse: », « "
				   "distributeur: … »."},
	    {TOP "demandeur:\n  adresse: 12 rue des Lilas\n",
	     "« adresse: », et mettez dessous, en retrait de deux espaces, une ligne par clé : « "
	     "type_voie: … », « commune: … »."},
	    {TOP "pieces:\n  - rib.pdf\n  - kbis.pdf\n  - [x]\n",
	     "comme « - {type: rib, fichier: rib.pdf} »."},
	    {"bonjour\n", "Écrivez une clé par ligne"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct told told;
		char *remedy;

		parse(&told, cases[i].text);
		assert_int_equal(told.anomalies.count, 1);
		assert_int_equal(told.anomalies.items[0].code, ANO_YML_SECTION);
		remedy = anomalie_remede(&told.anomalies.items[0]);
		if (strstr(remedy, cases[i].remedy) == NULL)
			fail_msg("[%s] of:\n%s", remedy, cases[i].text);
		free(remedy);
		done(&told);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(causes),
	    cmocka_unit_test(forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
