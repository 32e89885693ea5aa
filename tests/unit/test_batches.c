/* What is done in batches is done to its end in one run: more rows than any batch of the program
 * holds but that of erasures, which the tests of large roots pass. */
#include "core_fixture.h"
#include "keep/purge.h"
#include "lib/array.h"
#include "night/night_private.h"
#include "publish/outbox.h"

#define ROWS 600
#define EACH "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600) "

static int scene_open(void **state)
{
	static const char *const dirs[] = {
	    "inbox",	    "outbox",  "outbox/.tmp", "var",
	    "var/archives", "var/tmp", "outbox/asp",  "outbox/asp/rapports"};
	struct fixture *fixture;

	fixture_setup(state);
	fixture = *state;
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		assert_int_equal(mkdirat(fixture->root.fd, dirs[i], 0700), 0);
	fixture_sql(fixture, "INSERT INTO nuits (id, date, programme, regles, terminee) "
			     "VALUES (1, '2023-06-01', '1', '1', 1)");
	return 0;
}

/* Refused drops whose outputs and files are as that says. */
static void add_drops(struct fixture *fixture, bool published, bool released)
{
	char *sql = mem_printf(
	    EACH "INSERT INTO depots (id, nuit, date, compte, archive, taille, format, recu_le, "
		 "type, etat, essai, source, retour_nom, retour_publie, libere) "
		 "SELECT i, 1, '2023-06-01', 'c', 'a' || i, 1, 'zip', '', '', 'KO', 0, "
		 "'1-' || i || '.0', 'r' || i, %d, %d FROM n",
	    published, released);

	fixture_sql(fixture, sql);
	free(sql);
}

static void assert_none(struct fixture *fixture, const char *rows)
{
	char *sql = mem_printf("SELECT count(*) FROM %s", rows);

	assert_string_equal(fixture_rows(fixture, sql), "0\n");
	free(sql);
}

static void released(void **state)
{
	struct fixture *fixture = *state;
	struct night_options options = {0};
	struct night night = {.root = &fixture->root, .options = &options, .spool = -1};

	add_drops(fixture, true, false);
	fixture_sql(fixture, EACH
		    "INSERT INTO fichiers_asp (id, nuit, nom, nature, recu_le, lignes, etat, "
		    "source, retour_nom, retour_publie) SELECT i, 1, 'f' || i, 'banques', '', 0, "
		    "'refuse', '2-' || i || '.0', 'f' || i, 1 FROM n");
	assert_null(night_recover(&night));
	assert_int_equal(night.unreleased, 0);
	assert_none(fixture, "depots WHERE libere = 0");
	assert_none(fixture, "fichiers_asp WHERE libere = 0");
}

static void published(void **state)
{
	struct fixture *fixture = *state;
	struct unpublished left;

	add_drops(fixture, false, true);
	assert_null(outbox_publish(&fixture->root, &left));
	assert_int_equal(left.ours + left.accounts, 0);
	assert_none(fixture, "depots WHERE retour_publie = 0");
}

/* Finished requests, each with a drop that holds an identity paper. */
static void add_requests(struct fixture *fixture, const char *date)
{
	char *sql = mem_printf(
	    EACH "INSERT INTO evenements (demande, date, nuit, numero, evenement, acteur, vers, "
		 "motif, pieces, fichier) SELECT i, '%s', 1, 'n', 'valider', 'service', 'VALIDEE', "
		 "'', '', '' FROM n",
	    date);

	fixture_sql(fixture, EACH
		    "INSERT INTO demandes (id, statut, type, anticipe, certificats, compte, "
		    "siret, siren, numero_ans, logiciel, version, dsr, profil, "
		    "siren_editeur, denomination, date_depot, contact, contact_nom, titulaire) "
		    "SELECT i, 'VALIDEE', 'initial', 0, 1, 'c', '', '', 'n' || i, '', '', '', "
		    "'', '', '', '', '', '', 'depositaire' FROM n");
	fixture_sql(fixture, sql);
	add_drops(fixture, true, true);
	fixture_sql(fixture, "UPDATE depots SET demande = id");
	fixture_sql(fixture,
		    EACH "INSERT INTO pieces (demande, depot, type, fichier, ordinal, taille, "
			 "sha256, format) SELECT i, i, 'piece_identite_representant', '', 1, 1, "
			 "printf('%064d', i), 'pdf' FROM n");
	free(sql);
}

static void purged(struct fixture *fixture, const char *date, size_t identites, size_t dossiers,
		   size_t refus)
{
	struct purge_options options = {.date = date, .dry_run = true};
	struct purge_report report;
	const struct error *err = purge_run(&fixture->root, &options, &report);

	if (err != NULL)
		fail_msg("%s", err->message);
	assert_int_equal(report.identites, identites);
	assert_int_equal(report.dossiers, dossiers);
	assert_int_equal(report.refus, refus);
}

static void purge_of_requests(void **state)
{
	add_requests(*state, "2023-06-01");
	purged(*state, "2023-06-30", 0, 0, 0);
	purged(*state, "2023-07-01", ROWS, 0, 0);
	purged(*state, "2033-07-01", 0, ROWS, 0);
}

static void purge_of_refused_drops(void **state)
{
	add_drops(*state, true, true);
	purged(*state, "2023-06-30", 0, 0, 0);
	purged(*state, "2023-07-01", 0, 0, ROWS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(released, scene_open, fixture_teardown),
	    cmocka_unit_test_setup_teardown(published, scene_open, fixture_teardown),
	    cmocka_unit_test_setup_teardown(purge_of_requests, scene_open, fixture_teardown),
	    cmocka_unit_test_setup_teardown(purge_of_refused_drops, scene_open, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
