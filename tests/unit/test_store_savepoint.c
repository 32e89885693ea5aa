/* A step of a transaction under a refused row, a full and a busy database. A refused row costs its
 * step alone; what is no fault of the row costs the transaction, and is never taken for a refusal.
 */
#include "core_fixture.h"
#include "store/store.h"

#define LONG_TEXT (1 << 16) /* more than one page can hold */

/* NULL is what the schema refuses. */
static void insert_night(struct store *store, const char *date)
{
	sqlite3_stmt *stmt = store_stmt(store, SQL_NUIT_INSERT);

	bind_text(stmt, NUIT_INSERT_P_DATE, date);
	bind_text(stmt, NUIT_INSERT_P_PROGRAMME, "1.0");
	bind_text(stmt, NUIT_INSERT_P_REGLES, "regles");
	bind_int(stmt, NUIT_INSERT_P_FORCEE, 0);
	store_run(store, stmt);
}

/* A row that wants new pages. */
static void insert_long_night(struct store *store, const char *date)
{
	sqlite3_stmt *stmt = store_stmt(store, SQL_NUIT_INSERT);
	char *text = mem_alloc(LONG_TEXT + 1);

	memset(text, 'x', LONG_TEXT);
	bind_text(stmt, NUIT_INSERT_P_DATE, date);
	bind_text(stmt, NUIT_INSERT_P_PROGRAMME, text);
	bind_text(stmt, NUIT_INSERT_P_REGLES, "regles");
	bind_int(stmt, NUIT_INSERT_P_FORCEE, 0);
	store_run(store, stmt);
	free(text);
}

static const char *nights(struct fixture *fixture)
{
	return fixture_rows(fixture, "SELECT date FROM nuits ORDER BY id");
}

static void assert_failed(struct store *store, enum error_code code)
{
	const struct error *err = store_error(store);

	assert_non_null(err);
	assert_int_equal(err->code, code);
	assert_memory_equal(err->message, "base de données : ", strlen("base de données : "));
}

static void limit_pages(struct store *store, bool limited)
{
	/* SQLite raises a limit below what there is to what there is. */
	const char *sql = limited ? "PRAGMA max_page_count = 1" : "PRAGMA max_page_count = 1000000";

	assert_int_equal(sqlite3_exec(store_database(store), sql, NULL, NULL, NULL), SQLITE_OK);
}

static bool in_transaction(struct store *store)
{
	return sqlite3_get_autocommit(store_database(store)) == 0;
}

/* Two steps, of which the first is refused, go as if nothing had happened. */
static void assert_works(struct fixture *fixture, const char *date)
{
	struct store *store = fixture->root.store;
	char *before = mem_strdup(nights(fixture)), *wanted;

	assert_null(store_error(store));
	assert_false(in_transaction(store));
	store_begin(store);
	store_savepoint(store);
	insert_night(store, "refused");
	insert_night(store, NULL);
	assert_false(store_savepoint_end(store));
	assert_null(store_error(store));
	store_savepoint(store);
	insert_night(store, date);
	assert_true(store_savepoint_end(store));
	assert_null(store_commit(store));
	assert_false(in_transaction(store));
	wanted = mem_printf("%s%s\n", before, date);
	assert_string_equal(nights(fixture), wanted);
	free(wanted);
	free(before);
}

static void refused_row(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = fixture->root.store;

	store_begin(store);
	insert_night(store, "before");
	store_savepoint(store);
	insert_night(store, "with it");
	insert_night(store, NULL);
	assert_failed(store, ERR_FAULT);
	insert_night(store, "after it"); /* does nothing: the step has failed */
	assert_false(store_savepoint_end(store));
	assert_null(store_error(store));
	assert_true(in_transaction(store));
	insert_night(store, "next");
	assert_string_equal(nights(fixture), ""); /* for others there is nothing yet */
	assert_null(store_commit(store));
	assert_string_equal(nights(fixture), "before\nnext\n");
	assert_works(fixture, "later");
}

/* A row that is refused outside a step fails the transaction: the next step must not undo that. */
static void refused_before_a_step(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = fixture->root.store;

	store_begin(store);
	insert_night(store, "before");
	insert_night(store, NULL);
	assert_non_null(store_commit(store));
	assert_false(in_transaction(store));
	assert_string_equal(nights(fixture), "");
	store_rollback(store);
	store_begin(store);
	store_savepoint(store);
	insert_night(store, "good");
	assert_true(store_savepoint_end(store));
	assert_null(store_commit(store));
	assert_string_equal(nights(fixture), "good\n");
	assert_works(fixture, "later");
}

/* SQLite undoes the whole transaction when there is no room: nothing of it may be kept, not even
 * what came before the step, and nothing may be written after it as if it were still there. */
static void full_database(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = fixture->root.store;
	const struct error *err;

	insert_night(store, "kept");
	limit_pages(store, true);
	store_begin(store);
	insert_night(store, "before");
	store_savepoint(store);
	insert_long_night(store, "too long");
	assert_failed(store, ERR_CANT_WRITE);
	assert_true(store_savepoint_end(store)); /* no row was refused */
	assert_failed(store, ERR_CANT_WRITE);
	store_savepoint(store);
	insert_night(store, "after");
	assert_true(store_savepoint_end(store));
	err = store_commit(store);
	assert_non_null(err);
	assert_int_equal(err->code, ERR_CANT_WRITE);
	assert_non_null(strstr(err->message, "plus de place"));
	assert_false(in_transaction(store));
	assert_string_equal(nights(fixture), "kept\n");
	assert_failed(store, ERR_CANT_WRITE); /* until it is taken note of */
	store_rollback(store);
	/* A short row needs no page, and there may be room again. */
	assert_works(fixture, "short");
	limit_pages(store, false);
	insert_long_night(store, "long");
	assert_null(store_error(store));
	assert_string_equal(nights(fixture), "kept\nshort\nlong\n");
	assert_string_equal(fixture_rows(fixture, "PRAGMA integrity_check"), "ok\n");
}

/* A refused step before it does not make the full database look like a refusal. */
static void full_after_a_refusal(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = fixture->root.store;

	limit_pages(store, true);
	store_begin(store);
	store_savepoint(store);
	insert_night(store, NULL);
	assert_false(store_savepoint_end(store));
	store_savepoint(store);
	insert_long_night(store, "too long");
	insert_night(store, NULL);
	assert_true(store_savepoint_end(store));
	assert_failed(store, ERR_CANT_WRITE);
	assert_non_null(store_commit(store));
	assert_string_equal(nights(fixture), "");
	store_rollback(store);
	assert_works(fixture, "short");
}

/* Another writer: the transaction does not begin, and no step of it is taken. */
static void busy_database(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = fixture->root.store;
	const struct error *err;

	sqlite3_busy_timeout(store_database(store), 0);
	fixture_sql(fixture, "BEGIN IMMEDIATE");
	store_begin(store);
	assert_failed(store, ERR_BUSY);
	store_savepoint(store);
	insert_night(store, "a");
	assert_true(store_savepoint_end(store));
	assert_false(in_transaction(store));
	err = store_commit(store);
	assert_non_null(err);
	assert_int_equal(err->code, ERR_BUSY);
	fixture_sql(fixture, "ROLLBACK");
	assert_string_equal(nights(fixture), "");
	assert_failed(store, ERR_BUSY);
	store_rollback(store);
	assert_works(fixture, "b");
}

/* A step that would write what it read before another wrote: SQLite refuses it at once, whatever
 * the time that it may wait, and only a new reading helps. */
static void busy_in_a_step(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = fixture->root.store;

	store_begin_read(store);
	assert_int_equal(store_get_int(store, SQL_BANQUES_COUNT, NULL, -7), 0);
	fixture_sql(fixture, "INSERT INTO nuits (date, programme, regles) VALUES ('x', '1', 'r')");
	store_savepoint(store);
	insert_night(store, "a");
	assert_failed(store, ERR_BUSY);
	assert_true(store_savepoint_end(store));
	assert_failed(store, ERR_BUSY);
	assert_non_null(store_commit(store));
	assert_false(in_transaction(store));
	assert_string_equal(nights(fixture), "x\n");
	store_rollback(store);
	assert_works(fixture, "b");
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_STORE(refused_row),   WITH_STORE(refused_before_a_step),
	    WITH_STORE(full_database), WITH_STORE(full_after_a_refusal),
	    WITH_STORE(busy_database), WITH_STORE(busy_in_a_step),

	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
