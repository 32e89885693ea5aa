/* The store under what SQLite itself refuses: a statement that it does not allow, memory that it
 * does not get, another program that is quicker. */
#include "core_fixture.h"
#include "lib/array.h"
#include "store/store.h"

#include "faults.h"

#include <sys/wait.h>

#define LONG_TEXT 100000 /* bytes: more than SQLite keeps in reserve */

/* --- memory --- */

static sqlite3_mem_methods usual;
static bool wanting;	 /* SQLite gets no memory, */
static unsigned allowed; /* but for one time less than that; 0: never */
static unsigned misuses; /* of which SQLite complained */

static bool is_wanting(void)
{
	return wanting && (allowed == 0 || --allowed == 0);
}

static void *allocate(int bytes)
{
	return is_wanting() ? NULL : usual.xMalloc(bytes);
}

static void *reallocate(void *old, int bytes)
{
	return is_wanting() ? NULL : usual.xRealloc(old, bytes);
}

static void complain(void *unused, int code, const char *text)
{
	(void)unused, (void)text;
	misuses += code == SQLITE_MISUSE;
}

/* Taken before SQLite's first use. */
static void settle_memory(void)
{
	sqlite3_mem_methods methods;

	sqlite3_config(SQLITE_CONFIG_GETMALLOC, &usual);
	methods = usual;
	methods.xMalloc = allocate;
	methods.xRealloc = reallocate;
	sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
	sqlite3_config(SQLITE_CONFIG_LOG, complain, NULL);
}

static void bind_long(struct store *store, sqlite3_stmt *row)
{
	sqlite3_stmt *stmt = store_stmt(store, SQL_NUIT_INSERT);
	const char *text = column_text(row, ONLY_COLUMN);

	wanting = true;
	bind_text(stmt, NUIT_INSERT_P_DATE, text);
}

static void bind_long_row(struct store *store, sqlite3_stmt *row)
{
	sqlite3_stmt *stmt = store_stmt(store, SQL_NUIT_INSERT);

	wanting = true;
	bind_row(stmt, row);
}

static void read_long(struct store *store, sqlite3_stmt *row)
{
	(void)store;
	wanting = true;
	column_text(row, ONLY_COLUMN);
}

/* What cannot be bound or read would be written or taken as nothing: the program ends. */
static void ends_without_memory(void **state)
{
	static const struct {
		void (*use)(struct store *store, sqlite3_stmt *row);
		const char *sql;
	} cases[] = {
	    {bind_long, "SELECT printf('%.*c', ?, 'x')"},
	    {bind_long_row, "SELECT printf('%.*c', ?, 'x') AS date"},
	    {read_long, "SELECT zeroblob(?)"},
	};
	struct fixture *fixture = *state;
	struct store *store = fixture->root.store;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		sqlite3_stmt *row;
		pid_t child;
		int status = 0;

		assert_int_equal(
		    sqlite3_prepare_v2(store_database(store), cases[i].sql, -1, &row, NULL),
		    SQLITE_OK);
		sqlite3_bind_int(row, ONLY_PARAMETER, LONG_TEXT);
		assert_int_equal(sqlite3_step(row), SQLITE_ROW);
		child = fork();
		if (child == 0) {
			dup2(open("/dev/null", O_WRONLY), 2);
			cases[i].use(store, row);
			_exit(0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), ERR_FAULT);
		sqlite3_finalize(row);
	}
}

/* The store is open and whole, or there is none; true: it asked for less memory than this. */
static bool open_with(const char *path, bool snapshot, unsigned allocations, unsigned *failures)
{
	const struct error *err;
	struct store *store;

	allowed = allocations;
	wanting = true;
	err = snapshot ? store_open_snapshot(path, &store) : store_open(path, &store);
	wanting = false;
	*failures += err != NULL;
	if (err != NULL) {
		assert_null(store);
		assert_memory_equal(err->message,
				    "base de données : ", strlen("base de données : "));
	} else {
		assert_int_equal(store_get_int(store, SQL_BANQUES_COUNT, NULL, -7), 0);
		store_close(store);
	}
	assert_null(sqlite3_temp_directory);
	return allowed > 0;
}

/* Memory ends sooner or later in an opening. */
static void opening_without_memory(void **state)
{
	struct fixture *fixture = *state;
	char *path = mem_printf("%s/neuve.db", fixture->path);
	unsigned before = fault_descriptors();
	struct store *store;

	assert_null(store_open(path, &store));
	store_close(store);
	for (int snapshot = 0; snapshot < 2; snapshot++) {
		unsigned failures = 0;

		for (unsigned at = 1; !open_with(path, snapshot, at, &failures); at += 1 + at / 16)
			assert_int_equal(fault_descriptors(), before);
		assert_int_equal(fault_descriptors(), before);
		assert_true(failures > 10);
	}
	free(path);
}

/* --- statements that SQLite does not allow --- */

static bool begins_no_more; /* no transaction begins, and from then on no version is read */
static bool no_version;	    /* cannot be read */
static const char *migrated_meanwhile; /* by another program, before the next transaction begins */

static int allow(void *unused, int action, const char *what, const char *value,
		 const char *database, const char *trigger)
{
	(void)unused, (void)value, (void)database, (void)trigger;
	if (action == SQLITE_TRANSACTION && strcmp(what, "BEGIN") == 0) {
		const char *path = migrated_meanwhile;
		struct store *other;

		migrated_meanwhile = NULL;
		if (path != NULL) {
			assert_null(store_open(path, &other));
			store_close(other);
		}
		no_version |= begins_no_more;
		return begins_no_more ? SQLITE_DENY : SQLITE_OK;
	}
	if (action == SQLITE_PRAGMA && strcmp(what, "user_version") == 0 && no_version)
		return SQLITE_DENY;
	return SQLITE_OK;
}

/* Called for each connection that is opened. */
static int watch(sqlite3 *db, char **message, const void *api)
{
	(void)message, (void)api;
	sqlite3_set_authorizer(db, allow, NULL);
	return SQLITE_OK;
}

static int setup(void **state)
{
	fixture_setup(state);
	begins_no_more = no_version = false;
	return sqlite3_auto_extension((void (*)(void))watch);
}

static int teardown(void **state)
{
	sqlite3_reset_auto_extension();
	return fixture_teardown(state);
}

static void assert_not_open(const struct error *err, const struct store *store, const char *message)
{
	assert_non_null(err);
	assert_int_equal(err->code, ERR_FAULT);
	assert_non_null(strstr(err->message, message));
	assert_null(store);
	assert_null(sqlite3_temp_directory);
}

/* SQLite's complaints of an opening that goes well: it wants its settings before its first use. */
static unsigned misuses_of_an_opening(const char *path)
{
	struct store *store;

	misuses = 0;
	assert_null(store_open(path, &store));
	store_close(store);
	return misuses;
}

/* What is told is what failed first, not what failed because of it. */
static void first_failure_is_told(void **state)
{
	struct fixture *fixture = *state;
	char *path = mem_printf("%s/neuve.db", fixture->path);
	unsigned before = fault_descriptors();
	struct store *store;
	const struct error *err;

	begins_no_more = true;
	err = store_open(path, &store);
	assert_true(no_version);
	assert_not_open(err, store, "exécution impossible : not authorized");
	assert_int_equal(fault_descriptors(), before);
	begins_no_more = no_version = false;
	assert_null(store_open(path, &store));
	store_close(store);
	free(path);
}

static void version_that_cannot_be_read(void **state)
{
	struct fixture *fixture = *state;
	char *path = mem_printf("%s/neuve.db", fixture->path);
	unsigned before = fault_descriptors();
	struct store *store;
	const struct error *err;
	unsigned expected = misuses_of_an_opening(path);

	no_version = true;
	misuses = 0;
	err = store_open(path, &store);
	assert_not_open(err, store, "lecture de la version impossible");
	assert_int_equal(misuses, expected);
	err = store_open_snapshot(path, &store);
	assert_not_open(err, store, "lecture de la version impossible");
	assert_int_equal(misuses, expected); /* a statement that is not there is not asked */
	assert_int_equal(fault_descriptors(), before);
	free(path);
}

/* Another program that brings the database up to date while this one waits to do so. */
static void migrated_by_another(void **state)
{
	struct fixture *fixture = *state;
	char *path = mem_printf("%s/neuve.db", fixture->path);
	struct store *store;

	migrated_meanwhile = path;
	assert_null(store_open(path, &store));
	assert_null(migrated_meanwhile);
	assert_int_equal(store_get_int(store, SQL_BANQUES_COUNT, NULL, -7), 0);
	store_close(store);
	assert_null(store_open_snapshot(path, &store)); /* of this version */
	store_close(store);
	free(path);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_STORE(ends_without_memory),   WITH_STORE(opening_without_memory),
	    WITH_STORE(first_failure_is_told), WITH_STORE(version_that_cannot_be_read),
	    WITH_STORE(migrated_by_another),
	};

	settle_memory();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
