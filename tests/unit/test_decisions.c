#include "lib/array.h"
#include "record/decisions.h"

#include "core_fixture.h"
#include "lib/sha256.h"
#include "request/token.h"

/* Requests: 1 to 6, one a status, of the same supplier; 7 anticipé; 8 of another supplier. */
static const char requests[] =
    "WITH q(id, rang, statut, certificats, siren) AS (VALUES (1, 0, 'EN_COURS', 1, '" SIREN "'),"
    " (2, 0, 'VALIDATION_PARTIELLE', 0, '" SIREN "'), (3, 1, 'ATTENTE_PIECES', 1, '" SIREN "'),"
    " (4, 0, 'CERTIFICATS_A_VALIDER', 1, '" SIREN "'), (5, 0, 'REJETEE', 1, '" SIREN "'),"
    " (6, 0, 'VALIDEE', 1, '" SIREN "'), (7, 2, 'EN_COURS', 0, '" SIREN "'),"
    " (8, 0, 'EN_COURS', 1, '404833048'))"
    "INSERT INTO demandes "
    "(id, rang, statut, type, anticipe, certificats, compte, siret, siren, "
    "numero_ans, logiciel, version, dsr, profil, siren_editeur, denomination, "
    "date_depot, contact, contact_nom, titulaire, modification_demandee) "
    "SELECT id, rang, statut, 'initial', 1 - certificats, certificats, 'c',"
    "  siren || '00074', siren, 'ans' || id, 'l', 'v', 'LGC', 'p', siren, 'd', '2026-01-01',"
    "  'Elise.DURAND@Exemple.fr', 'Élise DURAND', 'depositaire', 0 FROM q;"
    "INSERT INTO nuits (id, date, programme, regles, terminee) VALUES (9, '2026-03-02', '1', 'r', "
    "0);"
    "INSERT INTO pieces_demandees VALUES (3, 'kbis')";

static int setup(void **state)
{
	fixture_setup(state);
	fixture_sql(*state, requests);
	return 0;
}

/* Applies it in a transaction; the anomalies' codes joined by spaces, for the caller to free. */
static char *apply(struct fixture *fixture, struct decision decision, char **resume)
{
	struct anomalies anomalies = {0};
	struct buf codes = {0};
	bool done;

	decision.date = "2026-03-02";
	store_begin(fixture->root.store);
	done = decision_apply(&fixture->root, &decision, &anomalies, resume);
	fixture_commit(fixture);
	for (size_t i = 0; i < anomalies.count; i++)
		buf_printf(&codes, "%s%s", i > 0 ? " " : "",
			   catalogue[anomalies.items[i].code].code);
	assert_int_equal(done, anomalies.count == 0);
	anomalies_free(&anomalies);
	return buf_take(&codes);
}

static void apply_well(struct fixture *fixture, struct decision decision)
{
	char *codes = apply(fixture, decision, NULL);

	assert_string_equal(codes, "");
	free(codes);
}

static void expect_rows(struct fixture *fixture, const char *sql, const char *wanted)
{
	assert_string_equal(fixture_rows(fixture, sql), wanted);
}

#define LONG_10	 "éééééééééé"
#define LONG_100 LONG_10 LONG_10 LONG_10 LONG_10 LONG_10 LONG_10 LONG_10 LONG_10 LONG_10 LONG_10
#define LONG_1000                                                                                  \
	LONG_100 LONG_100 LONG_100 LONG_100 LONG_100 LONG_100 LONG_100 LONG_100 LONG_100 LONG_100

/* numero, decision, motif, pieces, gestionnaire, statut */
static const struct {
	struct decision decision;
	const char *codes;
} refusals[] = {
    {{NULL, "valider", NULL, NULL, "Zoé", NULL, "", 0, NULL, 0, false, NULL}, "DEC-001"},
    {{"", "valider", "", "", "Zoé", "", "", 0, NULL, 0, false, NULL}, "DEC-001"},
    {{"ENR1", "valider", "", "", "Zoé", "", "", 0, NULL, 0, false, NULL}, "DEC-001"},
    {{"ENR0001X", "valider", "", "", "Zoé", "", "", 0, NULL, 0, false, NULL}, "DEC-001"},
    {{"ABC0001", "valider", "", "", "Zoé", "", "", 0, NULL, 0, false, NULL}, "DEC-001"},
    {{"ENR0001M"
      "000000000000000000000000000000000000000000000000000000000000",
      "valider", "", "", "Zoé", "", "", 0, NULL, 0, false, NULL},
     "DEC-001"},
    {{"ENR0000", "valider", "", "", "Zoé", "", "", 0, NULL, 0, false, NULL}, "DEC-001"},
    {{"ENR9999", "valider", "", "", "Zoé", "", "", 0, NULL, 0, false, NULL}, "DEC-002"},
    /* the rank is what the case manager has read */
    {{"ENR0003M0", "rejeter", "m", "", "Zoé", "", "", 0, NULL, 0, false, NULL}, "DEC-014"},
    {{"enr 0007 m1", "valider", "", "", "Zoé", "", "", 0, NULL, 0, false, NULL}, "DEC-014"},
    {{"ENR0007M3", "valider", "", "", "Zoé", "", "", 0, NULL, 0, false, NULL}, "DEC-002"},
    {{"ENR0007M1", "valider", "", "", "Zoé", "VALIDEE", "", 0, NULL, 0, false, NULL},
     "DEC-014 DEC-009"},
    {{"ENR0001", NULL, "", "", "Zoé", "", "", 0, NULL, 0, false, NULL}, "DEC-003"},
    {{"ENR0001", " \t", "", "", "Zoé", "", "", 0, NULL, 0, false, NULL}, "DEC-003"},
    {{"ENR0001", "accepter", "", "", "Zoé", "", "", 0, NULL, 0, false, NULL}, "DEC-003"},
    {{"ENR0001", "depot", "", "", "Zoé", "", "", 0, NULL, 0, false, NULL}, "DEC-003"},
    {{"ENR0001", "finalisation", "", "", "Zoé", "", "", 0, NULL, 0, false, NULL}, "DEC-003"},
    {{"ENR0001", "rejeter", NULL, "", "Zoé", "", "", 0, NULL, 0, false, NULL}, "DEC-004"},
    {{"ENR0001", "rejeter", " \n\u00a0", "", "Zoé", "", "", 0, NULL, 0, false, NULL}, "DEC-004"},
    {{"ENR0001", "demander_modification", "", "", "Zoé", "", "", 0, NULL, 0, false, NULL},
     "DEC-004"},
    {{"ENR0001", "demander_pieces", "m", NULL, "Zoé", "", "", 0, NULL, 0, false, NULL}, "DEC-005"},
    {{"ENR0001", "demander_pieces", "m", " | ,", "Zoé", "", "", 0, NULL, 0, false, NULL},
     "DEC-005"},
    {{"ENR0001", "demander_pieces", "m", "rib|bulletin", "Zoé", "", "", 0, NULL, 0, false, NULL},
     "DEC-006"},
    {{"ENR0001", "valider", "", "", NULL, "", "", 0, NULL, 0, false, NULL}, "DEC-007"},
    {{"ENR0001", "valider", "", "", "\u00a0 ", "", "", 0, NULL, 0, false, NULL}, "DEC-007"},
    {{"ENR0001", "rejeter", LONG_1000 LONG_1000 "é", "", "Zoé", "", "", 0, NULL, 0, false, NULL},
     "DEC-011"},
    {{"ENR0001", "valider", "", "", LONG_100 "é", "", "", 0, NULL, 0, false, NULL}, "DEC-011"},
    {{"ENR0001", "valider", "", "", "Zoé", "Ouverte", "", 0, NULL, 0, false, NULL}, "DEC-012"},
    {{"ENR0001", "valider", "", "", "Zoé", "VALIDEE", "", 0, NULL, 0, false, NULL}, "DEC-009"},
    {{"ENR0005", "valider", "", "", "Zoé", "En cours", "", 0, NULL, 0, false, NULL}, "DEC-009"},
    {{"ENR0002", "valider", "", "", "Zoé", "", "", 0, NULL, 0, false, NULL}, "DEC-008"},
    {{"ENR0003", "valider", "", "", "Zoé", "", "", 0, NULL, 0, false, NULL}, "DEC-008"},
    {{"ENR0005", "valider", "", "", "Zoé", "", "", 0, NULL, 0, false, NULL}, "DEC-008"},
    {{"ENR0006", "valider", "", "", "Zoé", "", "", 0, NULL, 0, false, NULL}, "DEC-008"},
    {{"ENR0005", "rejeter", "m", "", "Zoé", "", "", 0, NULL, 0, false, NULL}, "DEC-008"},
    {{"ENR0006", "rejeter", "m", "", "Zoé", "", "", 0, NULL, 0, false, NULL}, "DEC-008"},
    {{"ENR0005", "demander_pieces", "m", "rib", "Zoé", "", "", 0, NULL, 0, false, NULL}, "DEC-008"},
    {{"ENR0003", "demander_modification", "m", "", "Zoé", "ATTENTE_PIECES", "", 0, NULL, 0, false,
      NULL},
     "DEC-008"},
    {{"ENR0005", "prendre", "", "", "Zoé", "", "", 0, NULL, 0, false, NULL}, "DEC-008"},
    {{"ENR0006", "classer_alerte", "", "", "Zoé", "", "", 0, NULL, 0, false, "D1A1"}, "DEC-008"},
    {{"ENR0001", "prendre", "", "", " ", "", "", 0, NULL, 0, false, NULL}, "DEC-007"},
    {{"ENR0001", "classer_alerte", "", "", "Zoé", "", "", 0, NULL, 0, false, NULL}, "DEC-017"},
    {{"ENR0001", "classer_alerte", "", "", "", "", "", 0, NULL, 0, false, " "}, "DEC-007 DEC-017"},
    {{"ENR0001", "classer_alerte", "", "", "Zoé", "", "", 0, NULL, 0, false, "D1A1"}, "DEC-018"},
    {{"ENR0001", "classer_alerte", "", "", "Zoé", "", "", 0, NULL, 0, false, "élan"}, "DEC-018"},
    /* all that is wrong with a row at once */
    {{"1", "non", "", "", "", "", "", 0, NULL, 0, false, NULL}, "DEC-001 DEC-003 DEC-007"},
    {{"ENR0001", "rejeter", "", "", "", "", "", 0, NULL, 0, false, NULL}, "DEC-007 DEC-004"},
    /* but for what hangs on another thing that is wrong */
    {{"ENR0001", "demander_pieces", "m", "", "", "", "", 0, NULL, 0, false, NULL}, "DEC-007"},
    {{"ENR0001", "demander_pieces", "m", "bulletin", "", "", "", 0, NULL, 0, false, NULL},
     "DEC-006"},
    {{"ENR9999", "valider", "", "", "Zoé", "VALIDEE", "", 0, NULL, 0, false, NULL}, "DEC-002"},
};

#define EVERYTHING                                                                                 \
	"SELECT (SELECT group_concat(statut) FROM demandes), (SELECT count(*) FROM evenements),"   \
	" (SELECT count(*) FROM mails), (SELECT count(*) FROM comptes),"                           \
	" (SELECT count(*) FROM pieces_demandees)"

static void refused(void **state)
{
	struct fixture *fixture = *state;
	char *before = mem_strdup(fixture_rows(fixture, EVERYTHING));

	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		char *resume = NULL, *codes = apply(fixture, refusals[i].decision, &resume);

		if (strcmp(codes, refusals[i].codes) != 0)
			fail_msg("case %zu: « %s » instead of « %s »", i, codes, refusals[i].codes);
		assert_null(resume);
		expect_rows(fixture, EVERYTHING, before);
		free(codes);
	}
	free(before);
}

/* The words that go with a refusal. */
static void refusals_are_explained(void **state)
{
	static const struct {
		struct decision decision;
		const char *message;
	} cases[] = {
	    {{"ENR0006", "VALIDER", "", "", "Zoé", "", "", 0, "2026-03-02", 0, false, NULL},
	     "La décision VALIDER n'est pas possible : la demande est au statut « Validée »."},
	    {{"ENR0005", "valider", "", "", "Zoé", "en_cours", "", 0, "2026-03-02", 0, false, NULL},
	     "La demande n'est plus au statut « En cours » que vous avez vu : elle est au statut « "
	     "Rejetée »."},
	    {{"ENR0001", "demander_pieces", "", "rib,Bulletin", "Zoé", "", "", 0, "2026-03-02", 0,
	      false, NULL},
	     "Le type de pièce « Bulletin » est inconnu."},
	    {{"ENR0007M0", "valider", "", "", "Zoé", "", "", 0, "2026-03-02", 0, false, NULL},
	     "La demande a été corrigée depuis que vous l'avez lue : ENR0007M0 est devenu "
	     "ENR0007M2."},
	    {{"ENR0001", "rejeter", "", "", "Zoé", "", "", 0, "2026-03-02", 0, false, NULL},
	     "Le motif manque : il est envoyé au fournisseur."},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct anomalies anomalies = {0};
		char *message;

		assert_false(decision_apply(&fixture->root, &cases[i].decision, &anomalies, NULL));
		assert_int_equal(anomalies.count, 1);
		message = anomalie_message(&anomalies.items[0]);
		assert_string_equal(message, cases[i].message);
		if (anomalies.items[0].code == ANO_DEC_PIECE_INCONNUE)
			assert_memory_equal(anomalies.items[0].detail,
					    "certificat_referencement, certificat_hds, ", 42);
		free(message);
		anomalies_free(&anomalies);
	}
}

/* The texts at their longest are taken. */
static void longest_texts(void **state)
{
	apply_well(*state, (struct decision){.numero = "ENR0001",
					     .decision = "rejeter",
					     .motif = LONG_1000 LONG_1000,
					     .gestionnaire = LONG_100,
					     .fichier = ""});
	expect_rows(*state, "SELECT length(motif), length(acteur) FROM evenements", "2000|113\n");
}

static void transitions(void **state)
{
	static const struct {
		const char *numero, *decision, *resume, *row, *mails;
	} cases[] = {
	    {" enr0001 m0", "Valider", "ENR0001M0 passe de « En cours » à « Validée »",
	     "1|VALIDEE|0|ENR0001M0|valider|EN_COURS|VALIDEE|M|\n",
	     "validation\nidentifiant\nmot_de_passe\n"},
	    {"ENR0007", "valider",
	     "ENR0007M2 passe de « En cours » à « Validation partielle : En attente de "
	     "certificat(s) »",
	     "7|VALIDATION_PARTIELLE|0|ENR0007M2|valider|EN_COURS|VALIDATION_PARTIELLE|M|\n",
	     "validation_partielle\nidentifiant\nmot_de_passe\n"},
	    {"ENR0004", "valider", "ENR0004M0 passe de « Certificat(s) à valider » à « Validée »",
	     "4|VALIDEE|0|ENR0004M0|valider|CERTIFICATS_A_VALIDER|VALIDEE|M|\n",
	     "validation\nidentifiant\nmot_de_passe\n"},
	    {"ENR0001M0", "rejeter", "ENR0001M0 passe de « En cours » à « Rejetée »",
	     "1|REJETEE|0|ENR0001M0|rejeter|EN_COURS|REJETEE|M|\n", "refus\n"},
	    {"ENR0004", "REJETER", "ENR0004M0 passe de « Certificat(s) à valider » à « Rejetée »",
	     "4|REJETEE|0|ENR0004M0|rejeter|CERTIFICATS_A_VALIDER|REJETEE|M|\n", "refus\n"},
	    {"ENR0002", "rejeter",
	     "ENR0002M0 passe de « Validation partielle : En attente de certificat(s) » à « "
	     "Rejetée »",
	     "2|REJETEE|0|ENR0002M0|rejeter|VALIDATION_PARTIELLE|REJETEE|M|\n", "refus\n"},
	    {"ENR0003", "rejeter",
	     "ENR0003M1 passe de « En attente de pièce(s) jointe(s) complémentaire(s) » à « "
	     "Rejetée »",
	     "3|REJETEE|0|ENR0003M1|rejeter|ATTENTE_PIECES|REJETEE|M|\n", "refus\n"},
	    {"ENR0001", "demander_pieces",
	     "ENR0001M0 passe de « En cours » à « En attente de pièce(s) jointe(s) "
	     "complémentaire(s) »",
	     "1|ATTENTE_PIECES|0|ENR0001M0|demander_pieces|EN_COURS|ATTENTE_PIECES|M|kbis|rib|autre\n",
	     "demande_pieces\n"},
	    {"ENR0004", "demander_pieces",
	     "ENR0004M0 passe de « Certificat(s) à valider » à « En attente de pièce(s) jointe(s) "
	     "complémentaire(s) »",
	     "4|ATTENTE_PIECES|0|ENR0004M0|demander_pieces|CERTIFICATS_A_VALIDER|ATTENTE_PIECES|M|"
	     "kbis|rib|autre\n",
	     "demande_pieces\n"},
	    {"ENR0007", "demander_modification",
	     "ENR0007M2 passe de « En cours » à « En attente de pièce(s) jointe(s) "
	     "complémentaire(s) »",
	     "7|ATTENTE_PIECES|1|ENR0007M2|demander_modification|EN_COURS|ATTENTE_PIECES|M|\n",
	     "demande_modification\n"},
	    {"ENR0004", "demander_modification",
	     "ENR0004M0 passe de « Certificat(s) à valider » à « En attente de pièce(s) jointe(s) "
	     "complémentaire(s) »",
	     "4|ATTENTE_PIECES|1|ENR0004M0|demander_modification|CERTIFICATS_A_VALIDER|"
	     "ATTENTE_PIECES|M|\n",
	     "demande_modification\n"},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *resume = NULL, *codes;

		fixture_sql(fixture, "DELETE FROM mails;" FORGET_EVENTS "DELETE FROM comptes;"
				     "DELETE FROM pieces_demandees; DELETE FROM demandes;"
				     "DELETE FROM nuits");
		fixture_sql(fixture, requests);
		codes = apply(fixture,
			      (struct decision){.numero = cases[i].numero,
						.decision = cases[i].decision,
						.motif = "M",
						.pieces = "RIB|kbis, autre;rib ",
						.gestionnaire = "Zoé",
						.fichier = "decisions.csv",
						.night_id = 9},
			      &resume);
		assert_string_equal(codes, "");
		assert_string_equal(resume, cases[i].resume);
		expect_rows(
		    fixture,
		    "SELECT d.id, d.statut, d.modification_demandee, e.numero, e.evenement, e.de,"
		    " e.vers, e.motif, e.pieces FROM evenements e JOIN demandes d"
		    " ON d.id = e.demande WHERE e.nuit = 9 AND e.fichier = 'decisions.csv'"
		    " AND e.acteur = 'gestionnaire:Zoé' AND e.date = '2026-03-02'",
		    cases[i].row);
		expect_rows(
		    fixture,
		    "SELECT type FROM mails WHERE destinataire = 'Elise.DURAND@Exemple.fr' AND"
		    " destinataire_nom = 'Élise DURAND' AND evenement = (SELECT id FROM"
		    " evenements) AND demande = (SELECT demande FROM evenements) AND numero ="
		    " (SELECT numero FROM evenements) AND date = '2026-03-02' ORDER BY id",
		    cases[i].mails);
		free(resume);
		free(codes);
	}
}

/* Two alerts of a drop, one of them of a kind that blocks nothing else, and a signal; a trial's and a refusal's. */
static const char alerts[] =
    "INSERT INTO depots (id, nuit, date, compte, archive, taille, format, recu_le, type, etat, essai, demande, numero, "
    "source, retour_nom) VALUES (1, 9, '2026-03-02', 'c', 'a.zip', 1, 'zip', 'r', 'initial', 'ANO', 0, 1, 'ENR0001M0', "
    "'s', 'n'), (2, 9, '2026-03-02', 'c', 'b.zip', 1, 'zip', 'r', 'initial', 'ANO', 1, 1, 'ENR0001M0', 's', 'm');"
    "INSERT INTO anomalies (depot, ordre, code, gravite, chemin, message, remede) VALUES (1, 0, 'BNK-011', 'alerte', "
    "'c', 'm', 'r'), (1, 1, 'SIR-009', 'alerte', 'c', 'm', 'r'), (2, 0, 'BNK-011', 'alerte', 'c', 'm', 'r');"
    "INSERT INTO signaux (id, nuit, date, demande, numero, depot, code, chemin, message, cle, remede) VALUES "
    "(5, 9, '2026-03-02', 1, 'ENR0001M0', 1, 'SIG-004', 'c', 'm', 'k', 'r');";

#define STANDING                                                                                   \
	"SELECT id FROM alertes_depots WHERE demande = 1 UNION ALL SELECT id FROM "                \
	"alertes_signaux WHERE demande = 1"

/* An alert stands until it is set aside, or its request is final; nothing else moves. */
static void alerts_set_aside(void **state)
{
	static const char unmoved[] =
	    "SELECT statut, attente_depuis, statut_depuis, (SELECT count(*) FROM mails), "
	    "(SELECT group_concat(type) FROM pieces_demandees WHERE demande = 3) FROM demandes "
	    "WHERE id = 1";
	struct decision row = {.numero = "ENR0001M0",
			       .decision = "classer alerte",
			       .gestionnaire = "Zoé",
			       .alerte = " d1-a1"};
	struct fixture *fixture = *state;
	char *before, *resume = NULL, *codes;

	fixture_sql(fixture, alerts);
	before = mem_strdup(fixture_rows(fixture, unmoved));
	expect_rows(fixture, STANDING, "D1A0\nD1A1\nS5\n");
	codes = apply(fixture, row, &resume);
	assert_string_equal(codes, "");
	assert_string_equal(resume, "l'alerte D1A1 de ENR0001M0 est classée");
	free(codes);
	free(resume);
	expect_rows(fixture, STANDING, "D1A0\nS5\n");
	expect_rows(fixture, unmoved, before);
	expect_rows(fixture, "SELECT evenement, de, vers, details, acteur FROM evenements",
		    "classer_alerte|EN_COURS|EN_COURS|D1A1|gestionnaire:Zoé\n");
	codes = apply(fixture, row, NULL);
	assert_string_equal(codes, "DEC-019");
	free(codes);
	row.alerte = "D2A0"; /* of a trial */
	codes = apply(fixture, row, NULL);
	assert_string_equal(codes, "DEC-018");
	free(codes);
	row.alerte = "s5";
	apply_well(fixture, row);
	expect_rows(fixture, STANDING, "D1A0\n");
	fixture_sql(fixture, "UPDATE demandes SET statut = 'REJETEE' WHERE id = 1");
	expect_rows(fixture, STANDING, "");
	free(before);
}

/* Who takes a request changes neither what it waits for nor since when. */
static void taken_in_charge(void **state)
{
	static const char unmoved[] =
	    "SELECT statut, attente_depuis, statut_depuis, (SELECT count(*) FROM mails), "
	    "(SELECT group_concat(type) FROM pieces_demandees WHERE demande = 3) FROM demandes "
	    "WHERE id = 3";
	struct fixture *fixture = *state;
	char *before, *resume = NULL, *codes;

	before = mem_strdup(fixture_rows(fixture, unmoved));
	codes = apply(
	    fixture,
	    (struct decision){.numero = "ENR0003", .decision = "PRENDRE", .gestionnaire = "Zoé"},
	    &resume);
	assert_string_equal(codes, "");
	assert_string_equal(resume, "ENR0003M1 est instruite par Zoé");
	expect_rows(fixture, unmoved, before);
	expect_rows(fixture, "SELECT evenement, de, vers, details FROM evenements",
		    "prendre|ATTENTE_PIECES|ATTENTE_PIECES|\n");
	free(before);
	free(codes);
	free(resume);
}

/* What was asked for replaces what was asked before. */
static void pieces_asked_for(void **state)
{
	struct fixture *fixture = *state;

	fixture_sql(fixture, "INSERT INTO pieces_demandees VALUES (1, 'preuve_hors_tva')");
	apply_well(fixture, (struct decision){.numero = "ENR0001",
					      .decision = "demander_pieces",
					      .pieces = "rib kbis",
					      .gestionnaire = "Zoé"});
	expect_rows(fixture, "SELECT demande, type FROM pieces_demandees ORDER BY demande, type",
		    "1|kbis\n1|rib\n3|kbis\n");
	fixture_sql(fixture, "UPDATE demandes SET statut = 'EN_COURS' WHERE id = 1");
	apply_well(fixture, (struct decision){.numero = "ENR0001",
					      .decision = "demander_modification",
					      .motif = "M",
					      .gestionnaire = "Zoé"});
	expect_rows(fixture, "SELECT demande, type FROM pieces_demandees", "3|kbis\n");
	expect_rows(fixture, "SELECT nuit, motif, pieces, fichier FROM evenements ORDER BY id",
		    "-||kbis|rib|\n-|M||\n");
	/* Between two nights each is also a command, for who plays the nights again. */
	expect_rows(
	    fixture,
	    "SELECT c.evenement = e.id, c.apres = (SELECT max(id) FROM nuits) FROM evenements e"
	    " LEFT JOIN commandes c ON c.evenement = e.id",
	    "1|1\n1|1\n");
}

/* Another decision's column of documents is not looked at. */
static void pieces_of_another_decision(void **state)
{
	apply_well(*state, (struct decision){.numero = "ENR0001",
					     .decision = "valider",
					     .pieces = "bulletin",
					     .gestionnaire = "Zoé"});
	expect_rows(*state, "SELECT evenement, pieces FROM evenements", "valider|\n");
}

#define ASP(identifiant, email, siren, portail)                                                    \
	"INSERT INTO comptes_asp VALUES ('" identifiant "', '" email "', '" siren "', '" portail   \
	"', 'representant_legal');"
#define OWN(identifiant, email, siren)                                                             \
	"INSERT INTO comptes VALUES ('" identifiant "', '" email "', '" siren                      \
	"', 'depositaire', '2026-01-01', 8, NULL);"

/* Account mails only when an access is new; by the e-mail, known or not. */
static void accounts(void **state)
{
	static const struct {
		const char *sql, *mails,
		    *account; /* identifiant and whether a token's hash is kept */
	} cases[] = {
	    {"SELECT 1",
	     "validation|-\nidentifiant|segur-" SIREN "\nmot_de_passe|segur-" SIREN "\n",
	     "segur-" SIREN "|1\n"},
	    /* known to the ASP by any portal, or to us for another supplier */
	    {ASP("edurand", "elise.durand@exemple.fr", "552100554", "non"),
	     "validation|-\nouverture_acces|edurand\n", "edurand|0\n"},
	    {ASP("edurand", "elise.durand@exemple.fr", SIREN, "non"),
	     "validation|-\nouverture_acces|edurand\n", "edurand|0\n"},
	    {OWN("segur-552100554", "elise.durand@exemple.fr", "552100554"),
	     "validation|-\nouverture_acces|segur-552100554\n", "segur-552100554|0\n"},
	    /* somebody else's access for this supplier is not this person's */
	    {ASP("autre", "autre@exemple.fr", SIREN, "oui"),
	     "validation|-\nidentifiant|segur-" SIREN "\nmot_de_passe|segur-" SIREN "\n",
	     "segur-" SIREN "|1\n"},
	    {ASP("edurand", "elise.durand@exemple.fr", SIREN, "oui"), "validation|-\n", ""},
	    /* an identifiant is given once */
	    {ASP("segur-" SIREN, "x@exemple.fr", "552100554", "non"),
	     "validation|-\nidentifiant|segur-" SIREN "-2\nmot_de_passe|segur-" SIREN "-2\n",
	     "segur-" SIREN "-2|1\n"},
	    {ASP("segur-" SIREN "-2", "x@exemple.fr", "552100554", "non")
		 OWN("segur-" SIREN, "y@exemple.fr", "552100554"),
	     "validation|-\nidentifiant|segur-" SIREN "-3\nmot_de_passe|segur-" SIREN "-3\n",
	     "segur-" SIREN "-3|1\n"},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		fixture_sql(fixture, "DELETE FROM mails;" FORGET_EVENTS "DELETE FROM comptes;"
				     "DELETE FROM comptes_asp; UPDATE demandes SET statut ="
				     " 'EN_COURS' WHERE id = 1");
		fixture_sql(fixture, cases[i].sql);
		apply_well(fixture, (struct decision){.numero = "ENR0001",
						      .decision = "valider",
						      .gestionnaire = "Zoé"});
		expect_rows(fixture, "SELECT type, identifiant FROM mails ORDER BY id",
			    cases[i].mails);
		expect_rows(
		    fixture,
		    "SELECT identifiant, jeton_sha256 IS NOT NULL FROM comptes WHERE email ="
		    " 'elise.durand@exemple.fr' AND siren = '" SIREN "' AND titulaire ="
		    " 'depositaire' AND ouvert_le = '2026-03-02' AND demande = 1",
		    cases[i].account);
	}
}

/* A supplier's second validation opens nothing; one person may hold accesses for two suppliers. */
static void second_validation(void **state)
{
	struct fixture *fixture = *state;
	static const char *const numbers[] = {"ENR0001", "ENR0007", "ENR0008"};

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		apply_well(fixture, (struct decision){.numero = numbers[i],
						      .decision = "valider",
						      .gestionnaire = "Zoé"});
	expect_rows(fixture, "SELECT demande, type, identifiant FROM mails ORDER BY id",
		    "1|validation|-\n1|identifiant|segur-" SIREN "\n1|mot_de_passe|segur-" SIREN
		    "\n7|validation_partielle|-\n8|validation|-\n8|ouverture_acces|segur-" SIREN
		    "\n");
	expect_rows(fixture, "SELECT identifiant, siren, demande FROM comptes ORDER BY demande",
		    "segur-" SIREN "|" SIREN "|1\nsegur-" SIREN "|404833048|8\n");
}

/* The hash alone is kept, of the token that the mail will carry. */
static void token(void **state)
{
	struct fixture *fixture = *state;
	char token[TOKEN_SIZE], hex[SHA256_HEX_SIZE], *wanted, *dump;
	uint8_t digest[SHA256_SIZE];

	apply_well(fixture, (struct decision){
				.numero = "ENR0007", .decision = "valider", .gestionnaire = "Zoé"});
	token_derive(fixture->root.secret, "segur-" SIREN, 7, token);
	sha256_of(token, strlen(token), digest);
	sha256_hex(digest, hex);
	wanted = mem_printf("%s\n", hex);
	expect_rows(fixture, "SELECT jeton_sha256 FROM comptes", wanted);
	dump = mem_printf("SELECT (SELECT group_concat(identifiant || email || jeton_sha256) FROM"
			  " comptes) || (SELECT group_concat(type || identifiant) FROM mails) LIKE"
			  " '%%%s%%'",
			  token);
	expect_rows(fixture, dump, "0\n");
	free(dump);
	free(wanted);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_STORE(refused),
	    WITH_STORE(refusals_are_explained),
	    WITH_STORE(longest_texts),
	    WITH_STORE(transitions),
	    WITH_STORE(alerts_set_aside),
	    WITH_STORE(taken_in_charge),
	    WITH_STORE(pieces_asked_for),
	    WITH_STORE(pieces_of_another_decision),
	    WITH_STORE(accounts),
	    WITH_STORE(second_validation),
	    WITH_STORE(token),
	};

	sha256_setup();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
