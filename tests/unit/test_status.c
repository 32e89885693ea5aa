#include "lib/array.h"
#include "request/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The codes and labels of DOMAIN, chapter 4, in the order of the enumeration. */
static const struct {
	enum statut statut;
	const char *code, *libelle;
} statuses[] = {
    {STATUT_NONE, "", ""},
    {STATUT_EN_COURS, "EN_COURS", "En cours"},
    {STATUT_VALIDATION_PARTIELLE, "VALIDATION_PARTIELLE",
     "Validation partielle : En attente de certificat(s)"},
    {STATUT_ATTENTE_PIECES, "ATTENTE_PIECES", "En attente de pièce(s) jointe(s) complémentaire(s)"},
    {STATUT_CERTIFICATS_A_VALIDER, "CERTIFICATS_A_VALIDER", "Certificat(s) à valider"},
    {STATUT_REJETEE, "REJETEE", "Rejetée"},
    {STATUT_VALIDEE, "VALIDEE", "Validée"},
};

static const struct {
	enum evenement evenement;
	const char *code;
	bool decision; /* a case manager's */
} events[] = {
    {EVENEMENT_DEPOT, "depot", false},
    {EVENEMENT_VALIDER, "valider", true},
    {EVENEMENT_REJETER, "rejeter", true},
    {EVENEMENT_DEMANDER_PIECES, "demander_pieces", true},
    {EVENEMENT_DEMANDER_MODIFICATION, "demander_modification", true},
    {EVENEMENT_PRENDRE, "prendre", true},
    {EVENEMENT_CLASSER_ALERTE, "classer_alerte", true},
    {EVENEMENT_DEPOT_PIECES, "depot_pieces", false},
    {EVENEMENT_DEPOT_MODIFICATION, "depot_modification", false},
    {EVENEMENT_FINALISATION, "finalisation", false},
    {EVENEMENT_RELANCE, "relance", false},
    {EVENEMENT_ECHEANCE, "echeance", false},
};

/* The table of DOMAIN, chapter 4, by words. A fact is asked for by its letter (capital: true,
 * small: false): C certificates held, P pieces asked for, M modification asked for, A filed
 * anticipé. */
static const struct {
	const char *from, *event, *facts, *to, *mail;
} rows[] = {
    {"", "depot", "a", "EN_COURS", "accuse_reception"},
    {"", "depot", "A", "EN_COURS", "accuse_reception_anticipe"},
    {"EN_COURS", "valider", "C", "VALIDEE", "validation"},
    {"EN_COURS", "valider", "c", "VALIDATION_PARTIELLE", "validation_partielle"},
    {"EN_COURS", "rejeter", "", "REJETEE", "refus"},
    {"CERTIFICATS_A_VALIDER", "rejeter", "", "REJETEE", "refus"},
    {"VALIDATION_PARTIELLE", "rejeter", "", "REJETEE", "refus"},
    {"ATTENTE_PIECES", "rejeter", "", "REJETEE", "refus"},
    {"EN_COURS", "demander_pieces", "", "ATTENTE_PIECES", "demande_pieces"},
    {"CERTIFICATS_A_VALIDER", "demander_pieces", "", "ATTENTE_PIECES", "demande_pieces"},
    {"EN_COURS", "demander_modification", "", "ATTENTE_PIECES", "demande_modification"},
    {"CERTIFICATS_A_VALIDER", "demander_modification", "", "ATTENTE_PIECES",
     "demande_modification"},
    {"ATTENTE_PIECES", "depot_pieces", "P", "EN_COURS", "accuse_reception"},
    {"ATTENTE_PIECES", "depot_modification", "M", "EN_COURS", "accuse_reception"},
    {"VALIDATION_PARTIELLE", "finalisation", "", "CERTIFICATS_A_VALIDER", "accuse_reception"},
    {"CERTIFICATS_A_VALIDER", "valider", "", "VALIDEE", "validation"},
    {"EN_COURS", "prendre", "", "EN_COURS", NULL},
    {"VALIDATION_PARTIELLE", "prendre", "", "VALIDATION_PARTIELLE", NULL},
    {"ATTENTE_PIECES", "prendre", "", "ATTENTE_PIECES", NULL},
    {"CERTIFICATS_A_VALIDER", "prendre", "", "CERTIFICATS_A_VALIDER", NULL},
    {"EN_COURS", "classer_alerte", "", "EN_COURS", NULL},
    {"VALIDATION_PARTIELLE", "classer_alerte", "", "VALIDATION_PARTIELLE", NULL},
    {"ATTENTE_PIECES", "classer_alerte", "", "ATTENTE_PIECES", NULL},
    {"CERTIFICATS_A_VALIDER", "classer_alerte", "", "CERTIFICATS_A_VALIDER", NULL},
};

static bool facts_hold(const char *wanted, const struct statut_facts *facts)
{
	static const char upper_letters[] = "CPMA", lower_letters[] = "cpma";
	const bool holds[] = {facts->certificats, facts->pieces_demandees,
			      facts->modification_demandee, facts->anticipe};

	for (; *wanted != '\0'; wanted++) {
		const char *upper = strchr(upper_letters, *wanted);
		const char *lower = strchr(lower_letters, *wanted);

		if (upper != NULL ? !holds[upper - upper_letters] : holds[lower - lower_letters])
			return false;
	}
	return true;
}

static int expected_row(const char *from, const char *event, const struct statut_facts *facts)
{
	int found = -1;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(rows[i].from, from) == 0 && strcmp(rows[i].event, event) == 0 &&
		    facts_hold(rows[i].facts, facts)) {
			assert_int_equal(found, -1);
			found = (int)i;
		}
	return found;
}

static void check_pair(size_t from, size_t event, const struct statut_facts *facts, bool *used)
{
	int row = expected_row(statuses[from].code, events[event].code, facts);
	const struct transition *found =
	    statut_transition(statuses[from].statut, events[event].evenement, facts);

	if ((found != NULL) != (row >= 0))
		fail_msg("« %s » + %s (C%d P%d M%d A%d): %s", statuses[from].code,
			 events[event].code, facts->certificats, facts->pieces_demandees,
			 facts->modification_demandee, facts->anticipe,
			 found != NULL ? "allowed" : "refused");
	if (found == NULL)
		return;
	used[row] = true;
	assert_string_equal(statuses[found->vers].code, rows[row].to);
	if (rows[row].mail == NULL)
		assert_null(found->mail);
	else
		assert_string_equal(found->mail, rows[row].mail);
}

static void every_pair_under_every_guard(void **state)
{
	bool used[ARRAY_SIZE(rows)] = {false};
	size_t checked = 0;

	(void)state;
	for (size_t from = 0; from < ARRAY_SIZE(statuses); from++)
		for (size_t event = 0; event < ARRAY_SIZE(events); event++)
			for (unsigned bits = 0; bits < 16; bits++, checked++)
				check_pair(
				    from, event,
				    &(struct statut_facts){.certificats = bits & 1,
							   .pieces_demandees = (bits & 2) != 0,
							   .modification_demandee = (bits & 4) != 0,
							   .anticipe = (bits & 8) != 0},
				    used);
	assert_int_equal(checked, 7 * 12 * 16);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_true(used[i]);
}

static void codes_and_labels(void **state)
{
	(void)state;
	assert_int_equal(ARRAY_SIZE(statuses), STATUT_COUNT);
	assert_int_equal(ARRAY_SIZE(events), EVENEMENT_COUNT);
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
		assert_int_equal(statuses[i].statut, i);
		assert_string_equal(statut_code(statuses[i].statut), statuses[i].code);
		assert_string_equal(statut_libelle(statuses[i].statut), statuses[i].libelle);
	}
	for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
		assert_int_equal(events[i].evenement, i);
		assert_string_equal(evenement_code(events[i].evenement), events[i].code);
	}
	assert_string_equal(statut_code(STATUT_COUNT), "");
	assert_string_equal(statut_libelle(STATUT_COUNT), "");
	assert_string_equal(evenement_code(EVENEMENT_COUNT), "");
}

static void statuses_from_text(void **state)
{
	static const struct {
		const char *text;
		enum statut statut;
	} cases[] = {
	    {"en_cours", STATUT_EN_COURS},
	    {"EN COURS", STATUT_EN_COURS},
	    {"  en   cours ", STATUT_EN_COURS},
	    {"Validation_Partielle", STATUT_VALIDATION_PARTIELLE},
	    {"VALIDATION PARTIELLE : EN ATTENTE DE CERTIFICAT(S)", STATUT_VALIDATION_PARTIELLE},
	    {"Validation partielle\u00a0: En attente de certificat(s)",
	     STATUT_VALIDATION_PARTIELLE},
	    {"en attente de piece(s) jointe(s) complementaire(s)", STATUT_ATTENTE_PIECES},
	    {"CERTIFICAT(S) À VALIDER", STATUT_CERTIFICATS_A_VALIDER},
	    {"certificat(s) a valider", STATUT_CERTIFICATS_A_VALIDER},
	    {"rejetee", STATUT_REJETEE},
	    {"REJETÉE", STATUT_REJETEE},
	    {"Valide\u0301e", STATUT_VALIDEE},
	    {"", STATUT_NONE},
	    {" ", STATUT_NONE},
	    {"EN_COUR", STATUT_NONE},
	    {"EN_COURS_", STATUT_EN_COURS},
	    {"EN_COURS.", STATUT_NONE},
	    {"Validé", STATUT_NONE},
	    {"Valid\xe9"
	     "e",
	     STATUT_NONE},
	    {"Validation partielle", STATUT_VALIDATION_PARTIELLE}, /* the code */
	    {"Validation partielle :", STATUT_NONE},
	    {"1", STATUT_NONE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (statut_from(cases[i].text) != cases[i].statut)
			fail_msg("« %s » gives %s", cases[i].text,
				 statut_code(statut_from(cases[i].text)));
	for (size_t i = 1; i < ARRAY_SIZE(statuses); i++) {
		assert_int_equal(statut_from(statuses[i].code), statuses[i].statut);
		assert_int_equal(statut_from(statuses[i].libelle), statuses[i].statut);
	}
}

static void decisions_from_text(void **state)
{
	static const struct {
		const char *text;
		enum evenement event;
	} cases[] = {
	    {"VALIDER", EVENEMENT_VALIDER},
	    {"Rejeter", EVENEMENT_REJETER},
	    {"Demander_Pieces", EVENEMENT_DEMANDER_PIECES},
	    {"DEMANDER_MODIFICATION", EVENEMENT_DEMANDER_MODIFICATION},
	    {"", EVENEMENT_COUNT},
	    {"valide", EVENEMENT_COUNT},
	    {"valider ", EVENEMENT_VALIDER},
	    {"demander_pièces", EVENEMENT_DEMANDER_PIECES},
	    {"Demander-modification", EVENEMENT_DEMANDER_MODIFICATION},
	    {"valider !", EVENEMENT_COUNT},
	    {"demander", EVENEMENT_COUNT},
	    {"demander pieces", EVENEMENT_DEMANDER_PIECES},
	    {"Prendre", EVENEMENT_PRENDRE},
	    {"classer l'alerte", EVENEMENT_COUNT},
	    {"Classer alerte", EVENEMENT_CLASSER_ALERTE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(decision_from(cases[i].text), cases[i].event);
	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		assert_int_equal(decision_from(events[i].code),
				 events[i].decision ? events[i].evenement : EVENEMENT_COUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_pair_under_every_guard),
	    cmocka_unit_test(codes_and_labels),
	    cmocka_unit_test(statuses_from_text),
	    cmocka_unit_test(decisions_from_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
