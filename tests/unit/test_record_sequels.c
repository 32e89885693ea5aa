/* What is written of a submission that follows, of a complémentaire, and of a number in dispute. */
#include "lib/array.h"
#include "record/record.h"
#include "sequel_fixture.h"

/* Judges and records the row's submission, as the drop "d.zip". */
static void record(struct fixture *fixture, enum depot_type type, const struct row *row, bool essai)
{
	static const struct record_night night = {.id = 1, .date = "2026-03-02"};
	char compte[] = COMPTE, archive[] = "d.zip";
	struct drop drop = {.compte = compte,
			    .name = archive,
			    .archive = archive,
			    .size = 9,
			    .source = "1-2.3",
			    .regular = true};
	const struct record_drop dropped = {&drop, "2026-03-01T23:05:00Z"};
	struct findings findings;
	struct facts facts;

	fixture_sql(fixture, "DELETE FROM anomalies; DELETE FROM corrections; DELETE FROM mails;"
			     "DELETE FROM signaux");
	reset(fixture, row);
	make_submission(&findings, type, row);
	findings.dossier.essai = essai;
	judge(fixture, &findings, &facts);
	store_begin(fixture->root.store);
	record_findings(&fixture->root, &night, &dropped, &findings, &facts);
	fixture_commit(fixture);
	facts_free(&facts);
	findings_free(&findings);
}

static void expect_rows(struct fixture *fixture, const char *sql, const char *wanted)
{
	assert_string_equal(fixture_rows(fixture, sql), wanted);
}

#define EVENT	    "SELECT evenement, de, vers, pieces, details FROM evenements"
#define DEMANDE_601 "SELECT rang, statut, certificats FROM demandes WHERE id = 601"

/* A document stands for the earlier one of its type, "autre" for none. */
static void documents_asked_for(void **state)
{
	record(*state, DEPOT_PIECES,
	       &(struct row){.sql = ASKED("(601, 'rib'), (601, 'autre')") HELD("autre"),
			     .pieces = BIT(RIB) | BIT(AUTRE)},
	       false);
	expect_rows(*state, EVENT, "depot_pieces|ATTENTE_PIECES|EN_COURS|rib|autre|\n");
	expect_rows(*state, DEMANDE_601, "0|EN_COURS|1\n");
	expect_rows(*state,
		    "SELECT type, depot = 1, remplacee FROM pieces WHERE demande = 601 ORDER BY id",
		    "certificat_referencement|1|0\npiece_identite_representant|1|0\nrib|1|1\n"
		    "autre|1|0\nrib|0|0\nautre|0|0\n");
}

/* Certificates that come as documents asked for are held from then on: of a SONS DPI, both. */
static void certificates_asked_for(void **state)
{
	static const struct {
		const char *sql;
		unsigned pieces;
		const char *demande;
	} cases[] = {
	    {PARTIAL ASKED("(601, 'certificat_referencement')"), BIT(CERTIFICAT_REFERENCEMENT),
	     "0|EN_COURS|1\n"},
	    {PARTIAL DPI ASKED("(601, 'certificat_referencement')"), BIT(CERTIFICAT_REFERENCEMENT),
	     "0|EN_COURS|0\n"},
	    {PARTIAL DPI HELD("certificat_hds") ASKED("(601, 'certificat_referencement')"),
	     BIT(CERTIFICAT_REFERENCEMENT), "0|EN_COURS|1\n"},
	    {PARTIAL DPI HELD("attestation_non_hds") ASKED("(601, 'certificat_referencement')"),
	     BIT(CERTIFICAT_REFERENCEMENT), "0|EN_COURS|1\n"},
	    {PARTIAL DPI ASKED("(601, 'certificat_hds')"), BIT(CERTIFICAT_HDS), "0|EN_COURS|0\n"},
	    {PARTIAL ASKED("(601, 'kbis')"), BIT(KBIS), "0|EN_COURS|0\n"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		record(*state, DEPOT_PIECES,
		       &(struct row){.sql = cases[i].sql, .pieces = cases[i].pieces}, false);
		expect_rows(*state, DEMANDE_601, cases[i].demande);
	}
}

static void correction(void **state)
{
	record(*state, DEPOT_MODIFICATION,
	       &(struct row){.sql = CORRECTION HELD("kbis"),
			     .keys = {DEMANDEUR, {CHAMP_DEMANDEUR_DISTRIBUTEUR, "non"}, TVA_NON},
			     .pieces = BIT(PREUVE_HORS_TVA)},
	       false);
	expect_rows(*state, EVENT,
		    "depot_modification|ATTENTE_PIECES|EN_COURS|preuve_hors_tva|"
		    "demandeur.nom_commercial|tva.assujetti\n");
	expect_rows(*state, DEMANDE_601, "1|EN_COURS|1\n");
	expect_rows(*state, "SELECT sum(remplacee) FROM pieces", "0\n");
	expect_rows(*state,
		    "SELECT rang, nom_commercial, tva_assujetti FROM dossiers ORDER BY rang",
		    "0|Logiciels Exemple|oui\n1|Autre nom|non\n");
	expect_rows(*state, "SELECT numero FROM mails", "ENR0601M1\n");
}

static void certificate(void **state)
{
	record(*state, DEPOT_FINALISATION,
	       &(struct row){.sql = PARTIAL DPI,
			     .keys = {{CHAMP_HEBERGEMENT_DONNEES_SANTE, "non"}},
			     .pieces = BIT(CERTIFICAT_REFERENCEMENT) | BIT(ATTESTATION_NON_HDS)},
	       false);
	expect_rows(*state, EVENT,
		    "finalisation|VALIDATION_PARTIELLE|CERTIFICATS_A_VALIDER|"
		    "certificat_referencement|attestation_non_hds|\n");
	expect_rows(*state, DEMANDE_601, "0|CERTIFICATS_A_VALIDER|1\n");
	expect_rows(*state, "SELECT rang, hebergement_donnees_sante FROM dossiers", "0|non\n");
}

/* The answer belongs to the dossier in force; what an earlier rank said stays as it was said. */
static void certificate_of_a_corrected_request(void **state)
{
	record(
	    *state, DEPOT_FINALISATION,
	    &(struct row){.sql = PARTIAL DPI
			  "INSERT INTO dossiers (demande, rang, depot, nom_commercial, declarant)"
			  " SELECT demande, 1, depot, nom_commercial, declarant FROM dossiers;"
			  "UPDATE demandes SET rang = 1;",
			  .keys = {{CHAMP_HEBERGEMENT_DONNEES_SANTE, "non"}},
			  .pieces = BIT(CERTIFICAT_REFERENCEMENT) | BIT(ATTESTATION_NON_HDS)},
	    false);
	expect_rows(*state, "SELECT rang, hebergement_donnees_sante FROM dossiers ORDER BY rang",
		    "0|-\n1|non\n");
}

/* Of unpublished data only the number is left: a complémentaire has no trade name. */
static void unpublished(void **state)
{
	record(*state, DEPOT_COMPLEMENTAIRE,
	       &(struct row){.sql = VALID ACCOUNT "UPDATE unites_legales SET denomination = '[ND]'",
			     .keys = {KEYS},
			     .pieces = BIT(CERTIFICAT_REFERENCEMENT)},
	       false);
	expect_rows(*state, "SELECT denomination, type FROM demandes WHERE id > 601",
		    SIRET "|complementaire\n");
}

/* Two accounts claim one number: told of the request that holds it; a trial tells nothing. */
static void dispute(void **state)
{
#define TAKEN                                                                                      \
	.keys = {KEYS, {CHAMP_REFERENCEMENT_NUMERO_ANS, NUMERO_ANS}},                              \
	.pieces = BIT(CERTIFICAT_REFERENCEMENT)
	static const struct {
		struct row row; /* want: the signals */
		bool essai;
	} cases[] = {
	    {{"601|SIG-001|" COMPTE "\n", VALID ACCOUNT "UPDATE demandes SET compte = 'autre'",
	      TAKEN},
	     false},
	    {{"", VALID ACCOUNT "UPDATE demandes SET compte = 'autre'", TAKEN}, true},
	    {{"", VALID ACCOUNT, TAKEN}, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		record(*state, DEPOT_COMPLEMENTAIRE, &cases[i].row, cases[i].essai);
		expect_rows(*state, "SELECT demande, code, cle FROM signaux", cases[i].row.want);
		expect_rows(*state, "SELECT etat FROM depots WHERE id > 1", "KO\n");
	}
}

/* The access table may name nobody. */
static void nobody_to_write_to(void **state)
{
	record(*state, DEPOT_PIECES,
	       &(struct row){.sql = "UPDATE acces SET contact = ''", .pieces = BIT(KBIS)}, false);
	expect_rows(*state, "SELECT count(*) FROM mails", "0\n");
	record(*state, DEPOT_PIECES, &(struct row){.pieces = BIT(KBIS)}, false);
	expect_rows(*state, "SELECT type, destinataire FROM mails",
		    "depot_refuse|contact@exemple.fr\n");
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_STORE(documents_asked_for),
	    WITH_STORE(certificates_asked_for),
	    WITH_STORE(correction),
	    WITH_STORE(certificate),
	    WITH_STORE(certificate_of_a_corrected_request),
	    WITH_STORE(unpublished),
	    WITH_STORE(dispute),
	    WITH_STORE(nobody_to_write_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
