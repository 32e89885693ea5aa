/* A purge that the system stops somewhere: it says so, and the next one ends it. What it does not
 * need to do, it does not. */
#include "lib/array.h"
#include "purge_checks.h"

#include "vault_fixture.h"

#include "faults.h"

static struct fixture *fixture;

static const struct error *play_once(bool dry_run)
{
	const struct purge_options options = {.date = DAY, .dry_run = dry_run};

	return purge_run(&fixture->root, &options, &report);
}

static int setup(void **state)
{
	purge_setup(state);
	fixture = *state;
	return 0;
}

/* Each failure on the way. What is left is in the record, which the next purge goes by. */
static const struct failure {
	const char *call, *name;
	int number;
	unsigned skip;
} failures[] = {
    {"syncfs", NULL, EIO, 0}, /* before the record says that identity papers go */
    {"syncfs", NULL, EIO, 1},
    {"syncfs", NULL, EIO, 2},
    {"unlinkat", "var/archives", EIO, 0},
    {"unlinkat", "var/archives", EIO, 2},
    {"unlinkat", "r17", EIO, 0},
    {"unlinkat", "a_corriger101", EACCES, 0},
    {"openat", "c17", EIO, 0},
    {"faccessat", "fournisseurs/c17", EIO, 0},
    {"unlinkat", "M000000001", EIO, 0},
    {"unlinkat", "M000000002", EIO, 0},
    {"fsync", NULL, EIO, 0},
    {"fsync", NULL, EIO, 12}, /* after the answers and corrections: mails */
    {"openat", "references", EIO, 0},
    {"openat", "rapports", EIO, 0},
    {"openat", "mails", EIO, 0},
    {"openat", "new", EIO, 0},
    {"openat", "new", EIO, 1}, /* to sync what was removed */
};

/* Twice: the second time it is stopped while it ends what the first left. */
static void stopped(const struct failure *failure)
{
	remember(fixture);
	for (int again = 0; again < 2; again++) {
		unsigned descriptors = fault_descriptors();
		const struct error *err;

		fault = (struct fault){.call = failure->call,
				       .name = failure->name,
				       .number = failure->number,
				       .skip = again && fault.count > 0 ? 0 : failure->skip,
				       .once = true};
		fault_bad_closings = 0;
		err = play_once(false);
		fault.over = true;
		if (err == NULL && again && fault.count == 0)
			break; /* that call is not needed any more */
		if (err == NULL || fault.count == 0)
			fail_msg("%s %s %u: no error", failure->call, failure->name, failure->skip);
		if (strstr(err->message, error_words(failure->number)) == NULL)
			fail_msg("%s %s: %s", failure->call, failure->name, err->message);
		assert_int_equal(fault_descriptors(), descriptors);
		assert_int_equal(fault_bad_closings, 0);
		store_rollback(fixture->root.store);
	}
	play(fixture, false);
	assert_rows_erased(fixture);
	assert_files_gone(fixture);
	fault = (struct fault){0};
}

static void each_failure(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(failures); i++) {
		void *other;

		setup(&other);
		stopped(&failures[i]);
		fixture_teardown(&other);
	}
}

/* Descriptors may be 0. */
static void from_descriptor_0(void **state)
{
	static const char *const names[] = {"new", "cur", "c17", "rapports"};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(names); i++) {
		void *other;

		setup(&other);
		remember(fixture);
		fault = (struct fault){
		    .call = "openat", .name = names[i / 2], .skip = i % 2, .once = true};
		fault_bad_closings = 0;
		play(fixture, false);
		if (fault.count > 0) {
			assert_true(fcntl(0, F_GETFD) < 0);
			assert_int_equal(open("/dev/null", O_RDONLY), 0);
		}
		assert_int_equal(fault_bad_closings, 0);
		fault = (struct fault){0};
		assert_rows_erased(fixture);
		assert_files_gone(fixture);
		fixture_teardown(&other);
	}
}

/* What somebody else removes at the same time is gone. */
static void removed_meanwhile(void **state)
{
	static const char *const names[] = {"r17", "M000000001"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		void *other;

		setup(&other);
		remember(fixture);
		fault = (struct fault){.call = "unlinkat", .name = names[i], .number = ENOENT};
		play(fixture, false);
		assert_true(fault.count > 0);
		fault = (struct fault){0};
		assert_rows_erased(fixture);
		assert_files_gone(fixture);
		fixture_teardown(&other);
	}
}

/* --- what it need not do --- */

static unsigned rewritings; /* of the database file */
static unsigned erasings;   /* of what it said of a request */

static int note_statement(unsigned kind, void *unused, void *stmt, void *text)
{
	(void)kind, (void)unused, (void)stmt;
	rewritings += strcmp(text, "VACUUM") == 0;
	erasings += strstr(text, "UPDATE demandes SET denomination = ''") != NULL;
	return 0;
}

/* How many times it waits for the disk. */
static unsigned syncs_of(bool dry_run)
{
	fault = (struct fault){.call = "syncfs", .number = EIO, .skip = 100};
	rewritings = erasings = 0;
	assert_null(play_once(dry_run));
	fault.over = true;
	return 100 - fault.skip;
}

static void only_what_is_needed(void **state)
{
	(void)state;
	assert_int_equal(sqlite3_trace_v2(store_database(fixture->root.store), SQLITE_TRACE_STMT,
					  note_statement, NULL),
			 SQLITE_OK);
	assert_int_equal(syncs_of(true), 0);
	assert_int_equal(rewritings, 0);
	assert_int_equal(syncs_of(false), 3);
	assert_int_equal(rewritings, 1);
	assert_int_equal(erasings, 3);	      /* once of each, however much of it goes */
	assert_int_equal(syncs_of(false), 1); /* of those that wait alone */
	assert_int_equal(rewritings, 0);
	/* Reports were never in the database. */
	purge_folder(fixture, "outbox/asp/rapports/2026-01-01");
	assert_int_equal(syncs_of(false), 3);
	assert_int_equal(report.rapports, 1);
	assert_int_equal(rewritings, 0);
	/* Nor of none that waits. */
	fixture_sql(fixture, "UPDATE depots SET retour_publie = 1, libere = 1;"
			     "UPDATE mails SET publie = 1");
	assert_true(syncs_of(false) > 0);
	assert_int_equal(syncs_of(false), 0);
	purge_folder(fixture, "outbox/asp/rapports/2026-01-02");
	fault = (struct fault){.call = "fsync", .number = EIO, .skip = 1};
	play(fixture, false); /* once for their folder, and not for mails of which none goes */
	assert_int_equal(fault.skip, 0);
	assert_int_equal(fault.count, 0);
	fault = (struct fault){0};
}

/* Reports whose removal is not sure are due still. */
static void reports_that_stay(void **state)
{
	static const struct failure cases[] = {
	    {"fsync", NULL, EIO, 0},
	    {"unlinkat", "2026-01-01", EIO, 0},
	    {"openat", "rapports", EIO, 1}, /* looked through, then gone into */
	};
	const struct error *err;

	(void)state;
	play(fixture, false);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		purge_folder(fixture, "outbox/asp/rapports/2026-01-01");
		fault = (struct fault){.call = cases[i].call,
				       .name = cases[i].name,
				       .number = cases[i].number,
				       .skip = cases[i].skip};
		fault_syncs = 0;
		err = play_once(false);
		assert_int_equal(fault.count, 1);
		assert_non_null(err);
		assert_non_null(strstr(err->message, error_words(EIO)));
		assert_int_equal(fault_syncs, strcmp(cases[i].call, "fsync") == 0);
		fault = (struct fault){0};
		play(fixture, false);
		assert_true(report.resumed > 0);
		assert_false(purge_exists(fixture, "outbox/asp/rapports/2026-01-01"));
	}
}

/* --- what SQLite stops --- */

static const char *stopped_at; /* part of a statement's text */
static bool at_a_row;	       /* once it has given one; else before it begins */

static int stop_statement(unsigned kind, void *unused, void *stmt, void *text)
{
	const char *sql = kind == SQLITE_TRACE_ROW ? sqlite3_sql(stmt) : text;

	(void)unused;
	if ((kind == SQLITE_TRACE_ROW) == at_a_row && strstr(sql, stopped_at) != NULL)
		sqlite3_interrupt(sqlite3_db_handle(stmt));
	return 0;
}

static void assert_stopped(const char *text, bool at_row)
{
	sqlite3 *db = store_database(fixture->root.store);
	const struct error *err;

	stopped_at = text;
	at_a_row = at_row;
	sqlite3_trace_v2(db, SQLITE_TRACE_STMT | SQLITE_TRACE_ROW, stop_statement, NULL);
	err = play_once(false);
	sqlite3_trace_v2(db, 0, NULL, NULL);
	assert_non_null(err);
	assert_non_null(strstr(err->message, "interrupted"));
	store_rollback(fixture->root.store);
}

/* A list of what is due that ends too early is no list: nothing of it is done, or told. */
static void lists_cut_short(void **state)
{
	static const char *const lists[] = {
	    "q.statut IN ('REJETEE', 'VALIDEE') AND fin <= :until\n", "AND fin > :whole_until"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		assert_stopped(lists[i], true);
		assert_int_equal(i == 0 ? report.dossiers : report.identites, 0);
		assert_true(purge_kept(fixture, 1) && purge_kept(fixture, 3));
	}
	play(fixture, false);
	purge_folder(fixture, "outbox/asp/rapports/2026-01-01");
	purge_folder(fixture, "outbox/asp/rapports/2026-01-02");
	assert_stopped("WHERE etat = 'du'", true);
	assert_true(purge_exists(fixture, "outbox/asp/rapports/2026-01-01"));
	play(fixture, false);
	assert_false(purge_exists(fixture, "outbox/asp/rapports/2026-01-01"));
}

/* While it is not known whether others need the bytes, they stay. */
static void needed_or_not(void **state)
{
	static const unsigned due[] = {1, 2, 3, 4, 101, 2017};

	(void)state;
	remember(fixture);
	assert_stopped("OR EXISTS (SELECT 1 FROM pieces_conservees", false);
	for (size_t i = 0; i < ARRAY_SIZE(due); i++)
		assert_true(purge_kept(fixture, due[i]));
	play(fixture, false);
	assert_rows_erased(fixture);
	assert_files_gone(fixture);
}

/* An archive that lies there is the first of the record. */
static void archive_needed_or_not(void **state)
{
	(void)state;
	fixture_sql(fixture, "INSERT INTO effacements (date, nature, objet, demande, depot, sha256)"
			     " SELECT '" DAY "', 'dossier', 'archive', demande, id, sha256"
			     " FROM depots WHERE id = 1");
	assert_stopped("OR EXISTS (SELECT 1 FROM pieces_conservees", false);
	assert_true(purge_kept(fixture, 1));
	play(fixture, false);
	assert_false(purge_kept(fixture, 1));
}

/* What could not be written as due is not counted. */
static void counts_of_what_is_written(void **state)
{
	(void)state;
	fixture_sql(fixture,
		    "CREATE TRIGGER refus BEFORE INSERT ON effacements WHEN NEW.demande = 2"
		    " BEGIN SELECT raise(ABORT, 'refus'); END");
	assert_non_null(play_once(false));
	assert_int_equal(report.documents, 2);
	assert_int_equal(report.archives, 1);
	store_rollback(fixture->root.store);
	fixture_sql(fixture, "DROP TRIGGER refus");
	play(fixture, false);
	assert_files_gone(fixture);
}

/* Nor is what the statement before has written counted again. */
static void counts_of_what_cannot_be_asked(void **state)
{
	(void)state;
	fixture_sql(fixture, "DROP VIEW depots_conserves");
	assert_non_null(play_once(false));
	assert_int_equal(report.documents, 2);
	assert_int_equal(report.archives, 0);
}

/* Without its certificate nothing is erased: what is kept could not be encrypted. */
static void without_its_certificate(void **state)
{
	const struct error *err;

	(void)state;
	remember(fixture);
	name_certificate(fixture, "absent.pem");
	err = play_once(false);
	assert_non_null(err);
	assert_int_equal(err->code, ERR_CONFIG);
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		assert_changed(fixture, &tables[i], "");
	assert_true(purge_kept(fixture, 1));
}

/* What was kept plain is encrypted, once what is due has gone. */
static void encrypts_what_stays(void **state)
{
	static const struct case_data ec = {"EC", 0, -1, 1000, NULL, true};
	size_t files = purge_requests + purge_last_drop - purge_first_drop + 3;

	(void)state;
	make_certificate(fixture, &ec);
	name_certificate(fixture, "certificat.pem");
	assert_null(play_once(true));
	assert_int_equal(report.encrypted, files);
	assert_string_equal(fixture_rows(fixture, "SELECT count(*) FROM chiffres"), "0\n");
	assert_null(play_once(false));
	assert_int_equal(report.encrypted, files - 6);
	assert_string_equal(fixture_rows(fixture, "SELECT count(*) FROM chiffres"), "26\n");
	assert_false(purge_kept(fixture, 5)); /* under that name */
}

/* A row of the record that no purge writes does not lead out of the reports. */
static void strange_record(void **state)
{
	(void)state;
	fixture_sql(fixture, "INSERT INTO effacements (date, nature, objet) VALUES"
			     " ('2026-05-01', 'rapports', '../retours')");
	purge_folder(fixture, "outbox/asp/retours");
	purge_file(fixture, "outbox/asp/retours/x", "x");
	play(fixture, false);
	assert_true(purge_exists(fixture, "outbox/asp/retours/x"));
	assert_int_equal(report.resumed, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_failure),
	    cmocka_unit_test(from_descriptor_0),
	    cmocka_unit_test(removed_meanwhile),
	    cmocka_unit_test_setup_teardown(only_what_is_needed, setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(reports_that_stay, setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(without_its_certificate, setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(encrypts_what_stays, setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(strange_record, setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(lists_cut_short, setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(needed_or_not, setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(archive_needed_or_not, setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(counts_of_what_is_written, setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(counts_of_what_cannot_be_asked, setup,
					    fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
