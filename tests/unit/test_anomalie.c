#include "lib/array.h"
#include "model/anomalie.h"

#include "lib/mem.h"
#include "lib/text.h"
#include "model/dossier.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void catalogue_is_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < ANO_COUNT; i++) {
		const struct catalogue_entry *entry = &catalogue[i];
		size_t letters = strspn(entry->code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
		bool done =
		    strcmp(entry->code + letters, "-000") == 0; /* says that all went well */

		if (letters < 2 || entry->code[letters] != '-' ||
		    strspn(entry->code + letters + 1, "0123456789") != 3 ||
		    strlen(entry->code) != letters + 4)
			fail_msg("code « %s »", entry->code);
		if (entry->message[0] == '\0' || text_has_forbidden(entry->message) ||
		    text_has_forbidden(entry->remede) || (entry->remede[0] == '\0') != done)
			fail_msg("%s: words", entry->code);
		if ((strncmp(entry->code, "SIG", 3) == 0 || strncmp(entry->code, "DEC", 3) == 0 ||
		     strncmp(entry->code, "REF", 3) == 0) == (i < ANO_DROP_COUNT))
			fail_msg("%s: its place in the catalogue", entry->code);
		if (entry->page < 0 || entry->page > 60)
			fail_msg("%s: page %d", entry->code, entry->page);
		assert_true(entry->gravite == GRAVITE_BLOQUANT || entry->gravite == GRAVITE_ALERTE);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(entry->code, catalogue[j].code);
	}
}

/* Only these do not refuse a submission: those that the rules call alerts, and what the guide does
 * not forbid but a case manager gains to see. */
static void alerts_are_few(void **state)
{
	static const enum anomalie_code alerts[] = {
	    ANO_DEM_DISTRIBUTEUR_DOUTEUX, ANO_BNK_BIC_TERRITOIRE, ANO_BNK_BIC_TABLE,
	    ANO_BNK_BANQUE_INCONNUE, ANO_BNK_HORS_SEPA, ANO_BNK_TITULAIRE, ANO_PJ_PERIMEE,
	    ANO_PJ_FICHIER_DOUBLE, ANO_PJ_VERROUILLEE, ANO_PJ_RECONSTRUITE, ANO_PJ_OCTETS_EN_PLUS,
	    ANO_DEM_DISTRIBUTEUR_EDITEUR, ANO_CYC_MODIFICATION_SANS_EFFET, ANO_CYC_PIECE_ANTERIEURE,
	    ANO_CYC_FINALISATION_EN_COURS, ANO_CYC_DSR_CHANGE, ANO_CYC_NUMERO_RETIRE,
	    ANO_YML_ACCENTS, ANO_YML_DOUTE, ANO_YML_DIESE, ANO_YML_NUL, ANO_DEM_ADRESSE_MASQUEE,
	    /* told to case managers alone */
	    ANO_SIG_NUMERO_DISPUTE, ANO_SIG_IBAN_PARTAGE, ANO_SIG_FICHIER_PARTAGE,
	    ANO_SIG_ETABLISSEMENT_FERME, ANO_SIG_IDENTITE_ECHEANCE, ANO_SIG_HDS_ECHEANCE,
	    ANO_SIG_MANDAT_ECHEANCE, ANO_DEC_APPLIQUEE, ANO_REF_PRIS};
	size_t found = 0;

	(void)state;
	for (size_t i = 0; i < ANO_COUNT; i++)
		found += catalogue[i].gravite == GRAVITE_ALERTE;
	assert_int_equal(found, ARRAY_SIZE(alerts));
	for (size_t i = 0; i < ARRAY_SIZE(alerts); i++)
		assert_int_equal(catalogue[alerts[i]].gravite, GRAVITE_ALERTE);
}

/* What the template says with its placeholders filled, told in another way than the program does:
 * each "{name}" is cut out by its braces. */
static char *filled(const char *template)
{
	static const char *const places[][2] = {
	    {"pieces1", "<D1>"}, {"pieces2", "<D2>"}, {"valeur", "<V>"},   {"champ", "<C>"},
	    {"cle", "<C>"},	 {"detail", "<D1>"},  {"detail2", "<D2>"}, {"piece", "<V>"},
	    {"piece1", "<D1>"},	 {"piece2", "<D2>"}};
	char *text = mem_strdup("");

	while (*template != '\0') {
		const char *open = strpbrk(template, "{}"), *with = "";
		size_t plain = open != NULL ? (size_t)(open - template) : strlen(template);
		size_t name = open != NULL && open[1] != *open ? strcspn(open, "}") - 1 : 0;
		char *longer;

		for (size_t i = 0; i < ARRAY_SIZE(places) && name > 0; i++)
			if (strlen(places[i][0]) == name &&
			    strncmp(open + 1, places[i][0], name) == 0)
				with = places[i][1];
		if (open != NULL && name == 0)
			with = *open == '{' ? "{" : "}";
		longer = mem_printf("%s%.*s%s", text, (int)plain, template, with);
		free(text);
		text = longer;
		template += plain + (open != NULL ? name + 2 : 0);
	}
	return text;
}

/* A list of types is told in words, each with the code to write. */
static void lists_of_documents(void **state)
{
	struct anomalie anomalie = {.code = ANO_CYC_PIECE_DEMANDEE_ABSENTE,
				    .chemin = (char[]){"pieces"},
				    .detail = (char[]){"kbis"},
				    .detail2 = (char[]){"kbis, autre"}};
	char *remede = anomalie_remede(&anomalie);

	(void)state;
	assert_string_equal(remede, "Joignez toutes les pièces demandées dans un même dépôt : "
				    "« extrait Kbis » (kbis), « autre document » (autre).");
	free(remede);
}

static void every_message_is_filled(void **state)
{
	char valeur[] = "<V>", chemin[] = "<C>", detail[] = "<D1>", detail2[] = "<D2>";

	(void)state;
	for (unsigned i = 0; i < ANO_COUNT; i++) {
		const struct anomalie anomalie = {.code = (enum anomalie_code)i,
						  .ligne = 1,
						  .colonne = 2,
						  .chemin = chemin,
						  .valeur = valeur,
						  .detail = detail,
						  .detail2 = detail2};
		char *message = anomalie_message(&anomalie), *remede = anomalie_remede(&anomalie);
		char *message_wanted = filled(catalogue[i].message);
		char *remede_wanted = filled(catalogue[i].remede);

		assert_string_equal(message, message_wanted);
		assert_string_equal(remede, remede_wanted);
		free(message);
		free(remede);
		free(message_wanted);
		free(remede_wanted);
	}
}

/* What another version said stays as it was said, with its severity; an unknown code is told. */
static void repeating(void **state)
{
	const struct said_anomalie said = {.code = catalogue[ANO_TVA_ABSENT].code,
					   .chemin = "tva",
					   .message = "Alors",
					   .remede = "Autrefois",
					   .ligne = 3,
					   .gravite = GRAVITE_ALERTE};
	const struct said_anomalie unknown = {.code = "XXX-999", .chemin = "tva"};
	struct anomalies list = {0};
	char *message, *remede;

	(void)state;
	assert_false(anomalies_repeat(&list, &unknown));
	assert_int_equal(list.count, 0);
	assert_true(anomalies_repeat(&list, &said));
	assert_int_equal(list.items[0].code, ANO_TVA_ABSENT);
	assert_int_equal(list.items[0].gravite, GRAVITE_ALERTE);
	assert_int_equal(list.items[0].ligne, 3);
	message = anomalie_message(&list.items[0]);
	remede = anomalie_remede(&list.items[0]);
	assert_string_equal(message, "Alors");
	assert_string_equal(remede, "Autrefois");
	free(message);
	free(remede);
	while (list.count < ANOMALIES_MAX)
		assert_true(anomalies_repeat(&list, &said));
	assert_false(anomalies_repeat(&list, &said));
	anomalies_free(&list);
}

static void filling(void **state)
{
	char chemin[] = "tva", valeur[] = "{detail}{{", detail[] = "{valeur}";
	const struct anomalie list = {.code = ANO_YML_LISTE, .chemin = chemin};
	const struct anomalie nested = {
	    .code = ANO_CYC_DEJA_ENROLE, .chemin = chemin, .valeur = valeur, .detail = detail};
	const struct anomalie empty = {.code = ANO_CYC_DEJA_ENROLE, .chemin = chemin};
	char *text;

	(void)state;
	text = anomalie_remede(&list);
	assert_string_equal(text, "Écrivez « pieces: », et dessous une ligne par document, comme "
				  "« - {type: rib, fichier: rib.pdf} ».");
	free(text);
	/* What a supplier writes is never a template. */
	text = anomalie_message(&nested);
	assert_string_equal(text, "Le numéro de référencement « {detail}{{ » a déjà une demande "
				  "d'enrôlement : {valeur}.");
	free(text);
	text = anomalie_message(&empty);
	assert_string_equal(text,
			    "Le numéro de référencement «  » a déjà une demande d'enrôlement : .");
	free(text);
}

static void sorting(void **state)
{
	static const struct {
		uint32_t ligne, colonne;
		enum anomalie_code code;
		const char *chemin;
	} sorted[] = {
	    {0, 0, ANO_ARC_VIDE, "z"},	       {0, 0, ANO_PJ_VIDE, "archive/a"},
	    {0, 0, ANO_PJ_VIDE, "archive/ab"}, {0, 0, ANO_PJ_VIDE, "archive/b"},
	    {0, 3, ANO_ARC_VIDE, "a"},	       {1, 0, ANO_ARC_VIDE, "a"},
	    {2, 1, ANO_SIR_CLE, "b"},	       {2, 1, ANO_BNK_ABSENT, "a"},
	    {2, 10, ANO_ARC_VIDE, "a"},	       {9, 5, ANO_ARC_VIDE, "a"},
	    {10, 1, ANO_ARC_VIDE, "a"},	       {UINT32_MAX, 0, ANO_ARC_VIDE, "a"},
	};
	const size_t count = ARRAY_SIZE(sorted);

	(void)state;
	/* From several first orders: 5, 7 and 11 have no factor in common with 12. */
	for (size_t step = 5; step <= 11; step += step == 5 ? 2 : 4) {
		struct anomalies list = {0};

		for (size_t i = 0, at = 3; i < count; i++, at = (at + step) % count)
			anomalies_add_at(&list, sorted[at].code, sorted[at].chemin,
					 sorted[at].ligne, sorted[at].colonne, NULL, NULL, NULL);
		anomalies_sort(&list);
		for (size_t i = 0; i < count; i++) {
			assert_int_equal(list.items[i].ligne, sorted[i].ligne);
			assert_int_equal(list.items[i].colonne, sorted[i].colonne);
			assert_int_equal(list.items[i].code, sorted[i].code);
			assert_string_equal(list.items[i].chemin, sorted[i].chemin);
		}
		anomalies_free(&list);
	}
}

/* A list full of alerts has room for what blocks: no verdict depends on the room. */
static void full_of_alerts(void **state)
{
	struct anomalies list = {0};

	(void)state;
	for (unsigned i = 0; i < ANOMALIES_MAX + 10; i++)
		anomalies_add(&list, ANO_BNK_BANQUE_INCONNUE, "banque.iban", NULL, "20041", NULL);
	assert_false(anomalies_blocking(&list));
	anomalies_add(&list, ANO_ACC_SIREN, "demandeur.siret", NULL, "a", "b");
	assert_true(anomalies_blocking(&list));
	assert_int_equal(list.count, ANOMALIES_MAX);
	assert_string_equal(list.items[ANOMALIES_MAX - 1].chemin, "demandeur.siret");
	anomalies_free(&list);
}

static void adding(void **state)
{
	char text[] = "7328";
	const struct valeur place = {.text = text, .ligne = 12, .colonne = 10, .valid = false};
	const struct valeur missing = {.text = NULL, .ligne = 3, .colonne = 1, .valid = false};
	struct anomalies list = {0};

	(void)state;
	anomalies_sort(&list);
	assert_false(anomalies_blocking(&list));
	anomalies_add(&list, ANO_BNK_BANQUE_INCONNUE, "banque.iban", &place, "20041", NULL);
	assert_false(anomalies_blocking(&list));
	assert_string_equal(list.items[0].valeur, "7328");
	assert_int_equal(list.items[0].ligne, 12);
	assert_int_equal(list.items[0].colonne, 10);
	assert_string_equal(list.items[0].detail, "20041");
	assert_null(list.items[0].detail2);
	anomalies_add(&list, ANO_SIR_ABSENT, "demandeur.siret", &missing, NULL, "x");
	assert_true(anomalies_blocking(&list));
	assert_null(list.items[1].valeur);
	assert_int_equal(list.items[1].ligne, 3);
	assert_string_equal(list.items[1].detail2, "x");
	anomalies_add(&list, ANO_ARC_VIDE, "archive", NULL, NULL, NULL);
	assert_int_equal(list.items[2].ligne, 0);
	assert_null(list.items[2].valeur);
	for (unsigned i = 0; i < 2 * ANOMALIES_MAX; i++)
		anomalies_add(&list, ANO_ARC_VIDE, "archive", NULL, NULL, NULL);
	assert_int_equal(list.count, ANOMALIES_MAX);
	/* the first ones are kept, but an alert gives way to what blocks */
	assert_string_equal(list.items[0].chemin, "archive");
	assert_string_equal(list.items[1].chemin, "demandeur.siret");
	anomalies_free(&list);
	assert_int_equal(list.count, 0);
	assert_null(list.items);
	anomalies_free(&list);
}

/* What stands in a file, and what is cited of it. */
static void citations(void **state)
{
	static const struct {
		const char *text, *cited;
	} cases[] = {
	    {"", ""},
	    {"Élise 😀", "Élise 😀"},
	    {"a\tb\nc\rd\x1b[31m\x7f", "a b c d [31m "},
	    {"\x01\x1f", "  "},
	    {"caf\xe9", "café"},	     /* Windows-1252 */
	    {"\x80 \x93x\x94", "€ “x”"},     /* the same */
	    {"caf\xe9 \xc3\xa9", "café Ã©"}, /* not UTF-8 as a whole */
	    {"\x81", "?"},		     /* no text at all */
	    {"\xed\xa0\x80\n", "í\u00a0€ "}, /* a surrogate is not UTF-8 */
	};
	struct anomalies list = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct anomalie *made;

		anomalies_cite(&list, ANO_ARC_VIDE, cases[i].text, cases[i].text, cases[i].text,
			       cases[i].text);
		made = &list.items[i];
		assert_string_equal(made->chemin, cases[i].cited);
		assert_string_equal(made->valeur, cases[i].cited);
		assert_string_equal(made->detail, cases[i].cited);
		assert_string_equal(made->detail2, cases[i].cited);
	}
	anomalies_free(&list);
}

/* A text of `count` bytes "a", then `tail`. */
static char *long_text(size_t count, const char *tail)
{
	char *text = mem_alloc(count + strlen(tail) + 1);

	memset(text, 'a', count);
	memcpy(text + count, tail, strlen(tail));
	return text;
}

static void cuts(void **state)
{
	static const struct {
		size_t letters; /* "a" */
		const char *tail;
		size_t kept; /* of the letters, before `end` */
		const char *end;
	} cases[] = {
	    {ANOMALIE_TEXT, "", ANOMALIE_TEXT, ""},
	    {ANOMALIE_TEXT - 2, "é", ANOMALIE_TEXT - 2, "é"},
	    {ANOMALIE_TEXT, "a", ANOMALIE_TEXT - 3, "…"},
	    {ANOMALIE_TEXT - 4, "éaaaa", ANOMALIE_TEXT - 4, "…"},
	    {ANOMALIE_TEXT - 5, "éaaaa", ANOMALIE_TEXT - 5, "é…"},
	    {ANOMALIE_TEXT - 6, "😀aaaa", ANOMALIE_TEXT - 6, "…"},
	    {ANOMALIE_TEXT - 7, "😀aaaa", ANOMALIE_TEXT - 7, "😀…"},
	    {5 * ANOMALIE_TEXT, "", ANOMALIE_TEXT - 3, "…"},
	    {ANOMALIE_TEXT - 1, "\xe9", ANOMALIE_TEXT - 3, "…"}, /* two bytes once decoded */
	};
	struct anomalies list = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *text = long_text(cases[i].letters, cases[i].tail);
		char *cited = long_text(cases[i].kept, cases[i].end);

		anomalies_cite(&list, ANO_ARC_VIDE, "x", text, NULL, NULL);
		assert_string_equal(list.items[i].valeur, cited);
		assert_true(strlen(cited) <= ANOMALIE_TEXT);
		free(text);
		free(cited);
	}
	anomalies_free(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(catalogue_is_whole),
	    cmocka_unit_test(alerts_are_few),
	    cmocka_unit_test(every_message_is_filled),
	    cmocka_unit_test(lists_of_documents),
	    cmocka_unit_test(filling),
	    cmocka_unit_test(repeating),
	    cmocka_unit_test(sorting),
	    cmocka_unit_test(adding),
	    cmocka_unit_test(full_of_alerts),
	    cmocka_unit_test(citations),
	    cmocka_unit_test(cuts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
