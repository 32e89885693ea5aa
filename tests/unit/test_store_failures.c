/* What the store says when it cannot be opened, asked or read, and what it holds on to. */
#include "core_fixture.h"
#include "lib/array.h"
#include "store/store.h"

#include "faults.h"

#include <signal.h>
#include <sys/wait.h>

/* SQLite's own complaints: of misuse, and of statements that fail; of misuse alone. */
static unsigned complaints, misuses;

static void complain(void *unused, int code, const char *text)
{
	(void)unused, (void)text;
	complaints++;
	misuses += code == SQLITE_MISUSE;
}

/* A caller need not look whether it has a statement; an end that went well is left alone. */
static void no_misuse(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = fixture->root.store;

	complaints = 0;
	bind_text(NULL, ONLY_PARAMETER, "x");
	bind_int(NULL, ONLY_PARAMETER, 1);
	assert_false(store_step(store, NULL));
	assert_null(store_error(store));
	store_begin(store);
	store_run_int(store, SQL_BANQUES_CLEAR, 0);
	assert_null(store_commit(store));
	assert_int_equal(complaints, 0);
	fixture_sql(fixture, "BEGIN IMMEDIATE");
	sqlite3_busy_timeout(store_database(store), 0);
	store_run_int(store, SQL_BANQUES_CLEAR, 0);
	assert_non_null(store_error(store));
	fixture_sql(fixture, "ROLLBACK");
	complaints = 0;
	store_run_int(store, SQL_BANQUES_CLEAR, 0); /* after a failure there is none */
	assert_int_equal(complaints, 0);
}

static void opening(void **state)
{
	struct fixture *fixture = *state;
	char *path = mem_printf("%s/autre.db", fixture->path);
	struct store *store;
	const struct error *err;

	/* SQLite would open what is closed to us, to read it, and leave a WAL of ours beside it. */
	fault = (struct fault){.call = "access", .number = EACCES};
	err = store_open(path, &store);
	assert_non_null(err);
	assert_int_equal(err->code, ERR_CANT_WRITE);
	assert_null(store);
	assert_int_not_equal(faccessat(fixture->root.fd, "autre.db", F_OK, 0), 0);
	fault = (struct fault){0};
	assert_null(store_open(path, &store)); /* what is not there is made */
	store_close(store);
	free(path);
}

/* Which step it was; a connection that was never had is not asked further. */
static void where_there_is_none(void **state)
{
	struct fixture *fixture = *state;
	char *path = mem_printf("%s/absent/segur.db", fixture->path);
	struct store *store;
	const struct error *err;
	unsigned expected;

	misuses = 0;
	assert_null(store_open(":memory:", &store));
	store_close(store);
	expected = misuses; /* SQLite wants its settings before its first use */
	misuses = 0;
	for (int snapshot = 0; snapshot < 2; snapshot++) {
		err = snapshot ? store_open_snapshot(path, &store) : store_open(path, &store);
		assert_non_null(err);
		assert_int_equal(err->code, ERR_CANT_WRITE);
		assert_non_null(strstr(err->message, "ouverture impossible"));
		assert_null(store);
	}
	assert_int_equal(misuses, expected);
	free(path);
}

/* Files, statements: nothing stays behind, however often a statement was used. */
static void closing(void **state)
{
	struct fixture *fixture = *state;
	char *path = mem_printf("%s/autre.db", fixture->path);
	unsigned before = fault_descriptors();
	struct store *store;

	assert_null(store_open(path, &store));
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(store_get_int(store, SQL_BANQUES_COUNT, NULL, -7), 0);
	assert_true(fault_descriptors() > before);
	store_close(store);
	assert_int_equal(fault_descriptors(), before);
	free(path);
}

/* No database at all is not one of another version. */
static void snapshot_of_a_text(void **state)
{
	struct fixture *fixture = *state;
	char *path = mem_printf("%s/texte.db", fixture->path), text[4096];
	struct store *store;
	const struct error *err;
	FILE *file = fopen(path, "w");

	memset(text, 'x', sizeof(text));
	assert_int_equal(fwrite(text, sizeof(text), 1, file), 1);
	fclose(file);
	err = store_open_snapshot(path, &store);
	assert_non_null(err);
	assert_int_equal(err->code, ERR_FAULT);
	assert_null(store);
	free(path);
}

static bool has_access(struct store *store, const char *compte, const char *siren)
{
	return store_has(store, SQL_ACCES_GET, ACCES_GET_P_COMPTE, compte, ACCES_GET_P_SIREN,
			 siren);
}

static void statement_that_does_not_fit(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = fixture->root.store;

	fixture_sql(fixture, "DROP TABLE banques");
	assert_false(has_access(store, "", "")); /* sees that the schema changed */
	assert_null(store_stmt(store, SQL_BANQUES_COUNT));
	assert_int_equal(store_error(store)->code, ERR_FAULT);
	assert_non_null(strstr(store_error(store)->message, "requête impossible"));
	/* The first failure is the one that is told. */
	assert_null(store_stmt(store, SQL_SUMMARY_STATUTS));
	assert_non_null(strstr(store_error(store)->message, "banques"));
}

static void asking(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = fixture->root.store;

	fixture_sql(fixture, fixture_registers);
	assert_true(has_access(store, COMPTE, SIREN));
	assert_false(has_access(store, "voisin", SIREN));
	assert_false(has_access(store, COMPTE, "552100554"));
	assert_true(has_access(store, "voisin", "404833048"));
	assert_null(store_error(store));
}

/* Parameters by their names; without a statement there are none. */
static void named_parameters(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = fixture->root.store;
	sqlite3_stmt *stmt = store_stmt(store, SQL_NUIT_INSERT), *row;

	assert_int_equal(parameter(stmt, ":date"), NUIT_INSERT_P_DATE);
	assert_int_equal(parameter(stmt, ":regles"), NUIT_INSERT_P_REGLES);
	assert_int_equal(parameter_if_any(stmt, ":regles"), NUIT_INSERT_P_REGLES);
	assert_int_equal(parameter_if_any(stmt, ":absent"), 0);
	assert_int_equal(parameter(NULL, ":date"), 0);
	assert_int_equal(sqlite3_prepare_v2(store_database(store),
					    "SELECT 'r' AS regles, '2026-03-01' AS date, '1' AS "
					    "programme, 0 AS forcee",
					    -1, &row, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(row), SQLITE_ROW);
	bind_row(stmt, row);
	store_run(store, stmt);
	bind_row(NULL, row);
	sqlite3_finalize(row);
	assert_string_equal(fixture_rows(fixture, "SELECT date, programme, regles FROM nuits"),
			    "2026-03-01|1|r\n");
}

static void run_two_parameters(struct store *store)
{
	store_run_int(store, SQL_ACCES_GET, 1);
}

static void get_of_two_columns(struct store *store)
{
	store_get_int(store, SQL_JOURNAL_LAST, NULL, 0);
}

static void get_one_of_several(struct store *store)
{
	store_get_int(store, SQL_NUIT_INSERT, "x", 0);
}

static void name_no_parameter(struct store *store)
{
	parameter(store_stmt(store, SQL_NUIT_INSERT), ":absent");
}

/* A statement that was changed must not be bound or read at the wrong place: it ends the program.
 */
static void wrong_statements(void **state)
{
	static void (*const uses[])(struct store *) = {run_two_parameters, get_of_two_columns,
						       get_one_of_several, name_no_parameter};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(uses); i++) {
		pid_t child = fork();
		int status = 0;

		if (child == 0) {
			signal(SIGABRT, SIG_DFL);
			dup2(open("/dev/null", O_WRONLY), 2);
			uses[i](fixture->root.store);
			_exit(0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	}
}

/* One reading within another is the same one, at one instant. */
static void nested_readings(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = fixture->root.store;

	store_begin_read(store);
	assert_int_equal(store_get_int(store, SQL_BANQUES_COUNT, NULL, -7), 0);
	store_begin_read(store);
	fixture_sql(fixture, "INSERT INTO banques VALUES ('20041', 'PSSTFRPPPAR', 'X')");
	assert_int_equal(store_get_int(store, SQL_BANQUES_COUNT, NULL, -7), 0);
	assert_null(store_commit(store));
	assert_int_equal(store_get_int(store, SQL_BANQUES_COUNT, NULL, -7), 0);
	assert_null(store_commit(store));
	assert_int_equal(store_get_int(store, SQL_BANQUES_COUNT, NULL, -7), 1);
}

/* A row that was read and not the last one: after the end of the transaction nothing of it keeps
 * the log from being emptied. */
static void half_read(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = fixture->root.store;

	fixture_sql(fixture, fixture_registers);
	for (int rolled_back = 0; rolled_back < 2; rolled_back++) {
		sqlite3_stmt *stmt;

		store_begin(store);
		stmt = store_stmt(store, SQL_ACCES_GET);
		bind_text(stmt, ACCES_GET_P_COMPTE, COMPTE);
		bind_text(stmt, ACCES_GET_P_SIREN, SIREN);
		assert_true(store_step(store, stmt));
		if (rolled_back)
			store_rollback(store);
		else
			assert_null(store_commit(store));
		assert_string_equal(fixture_rows(fixture, "PRAGMA wal_checkpoint(TRUNCATE)"),
				    "0|0|0\n");
	}
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_STORE(no_misuse),
	    WITH_STORE(opening),
	    WITH_STORE(where_there_is_none),
	    WITH_STORE(closing),
	    WITH_STORE(snapshot_of_a_text),
	    WITH_STORE(statement_that_does_not_fit),
	    WITH_STORE(asking),
	    WITH_STORE(named_parameters),
	    WITH_STORE(wrong_statements),
	    WITH_STORE(nested_readings),
	    WITH_STORE(half_read),
	};

	sqlite3_config(SQLITE_CONFIG_LOG, complain, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
