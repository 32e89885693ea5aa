/* The end of an erasure: the database file holds nothing of what was deleted, is written anew in a
 * folder of the root's own, and says why when that cannot be. */
#include "core_fixture.h"
#include "lib/array.h"
#include "store/store.h"

#include "faults.h"

#define SECRET "Quezac-Wilhelmine"

/* Where SQLite spills while it works; asked of it at each step. */
static char spilled[80];

static int note_folder(void *unused)
{
	(void)unused;
	if (sqlite3_temp_directory != NULL)
		snprintf(spilled, sizeof(spilled), "%s", sqlite3_temp_directory);
	return 0;
}

static void fill(struct fixture *fixture)
{
	fixture_sql(
	    fixture,
	    "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 500)"
	    "INSERT INTO banques SELECT i, 'BIC', '" SECRET "' || i FROM n");
}

static bool holds(struct fixture *fixture, const char *name)
{
	int fd = openat(fixture->root.fd, name, O_RDONLY);
	struct stat status;
	char *bytes;
	bool found;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &status), 0);
	bytes = mem_alloc((size_t)status.st_size + 1);
	assert_int_equal(read(fd, bytes, (size_t)status.st_size), status.st_size);
	found = memmem(bytes, (size_t)status.st_size, SECRET, strlen(SECRET)) != NULL;
	free(bytes);
	close(fd);
	return found;
}

static void erase(struct fixture *fixture)
{
	struct store *store = fixture->root.store;

	fill(fixture);
	store_erase_begin(store);
	store_begin(store);
	store_run_int(store, SQL_BANQUES_CLEAR, 0);
	assert_null(store_commit(store));
}

static void nothing_is_left(void **state)
{
	struct fixture *fixture = *state;

	sqlite3_progress_handler(store_database(fixture->root.store), 1, note_folder, NULL);
	for (int private = 0; private < 2; private ++) {
		char *wanted = mem_printf("%s%s", fixture->path, private ? "/tmp" : "");

		if (private)
			assert_int_equal(mkdirat(fixture->root.fd, "tmp", 0700), 0);
		erase(fixture);
		spilled[0] = '\0';
		assert_null(store_erase_end(fixture->root.store));
		assert_string_equal(spilled, wanted);
		assert_null(sqlite3_temp_directory);
		assert_false(holds(fixture, "segur.db"));
		assert_false(holds(fixture, "segur.db-wal"));
		free(wanted);
	}
	/* Back to memory for what a night sorts. */
	assert_null(store_error(fixture->root.store));
	fill(fixture);
	assert_int_equal(store_get_int(fixture->root.store, SQL_BANQUES_COUNT, NULL, 0), 500);
}

/* Called for each connection that is opened. */
static int watch(sqlite3 *db, char **message, const void *api)
{
	(void)message, (void)api;
	sqlite3_progress_handler(db, 1, note_folder, NULL);
	return SQLITE_OK;
}

/* A database of any size is brought up to date on the disk; one that is so already needs none. */
static void migrations(void **state)
{
	struct fixture *fixture = *state;
	char *path = mem_printf("%s/ancienne.db", fixture->path);
	struct store *store;

	assert_int_equal(sqlite3_auto_extension((void (*)(void))watch), SQLITE_OK);
	for (int again = 0; again < 2; again++) {
		spilled[0] = '\0';
		assert_null(store_open(path, &store));
		assert_string_equal(spilled, again ? "" : fixture->path);
		assert_null(sqlite3_temp_directory);
		store_close(store);
	}
	/* One that is in memory itself spills nowhere. */
	spilled[0] = '\0';
	assert_null(store_open(":memory:", &store));
	assert_string_equal(spilled, "");
	assert_int_equal(store_get_int(store, SQL_BANQUES_COUNT, NULL, -7), 0);
	store_close(store);
	sqlite3_reset_auto_extension();
	free(path);
}

/* SQLite would go on to /var/tmp without a word. */
static void folder_closed_to_us(void **state)
{
	struct fixture *fixture = *state;
	const struct error *err;

	erase(fixture);
	fault = (struct fault){.call = "access", .number = EROFS, .skip = 1};
	err = store_erase_end(fixture->root.store);
	assert_int_equal(fault.count, 1);
	fault = (struct fault){0};
	assert_non_null(err);
	assert_int_equal(err->code, ERR_CANT_WRITE);
	assert_non_null(strstr(err->message, fixture->path));
	assert_null(sqlite3_temp_directory);
	store_rollback(fixture->root.store);
	assert_null(store_erase_end(fixture->root.store));
	assert_false(holds(fixture, "segur.db"));
}

static ssize_t full_disk(int fd, const void *bytes, size_t count, off_t at)
{
	(void)fd, (void)bytes, (void)count, (void)at;
	errno = ENOSPC;
	return -1;
}

/* What SQLite writes meets a full disk; NULL: it does not any more. */
static void fill_disk(ssize_t (*write_at)(int, const void *, size_t, off_t))
{
	static const char *const names[] = {"write", "pwrite", "pwrite64"};
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		vfs->xSetSystemCall(vfs, names[i], (sqlite3_syscall_ptr)write_at);
}

/* The operator is told how much room is wanted, and that traces are left until then. */
static void no_room(void **state)
{
	struct fixture *fixture = *state;
	const struct error *err;

	erase(fixture);
	fill_disk(full_disk);
	err = store_erase_end(fixture->root.store);
	fill_disk(NULL);
	assert_non_null(err);
	assert_int_equal(err->code, ERR_CANT_WRITE);
	assert_non_null(strstr(err->message, "libérez 1 Mo"));
	assert_null(sqlite3_temp_directory);
	/* As any other failure it stays until it is taken note of. */
	assert_int_equal(store_error(fixture->root.store)->code, ERR_CANT_WRITE);
	store_rollback(fixture->root.store);
	assert_null(store_erase_end(fixture->root.store));
	assert_false(holds(fixture, "segur.db"));
}

/* A reader holds back the end of it; what is erased can be read until the next purge. */
static void read_meanwhile(void **state)
{
	struct fixture *fixture = *state;
	const struct error *err;

	sqlite3_busy_timeout(store_database(fixture->root.store), 0);
	erase(fixture);
	fixture_sql(fixture, "BEGIN; SELECT count(*) FROM banques");
	err = store_erase_end(fixture->root.store);
	assert_non_null(err);
	assert_int_equal(err->code, ERR_BUSY);
	assert_non_null(strstr(err->message, "segur.db-wal"));
	fixture_sql(fixture, "COMMIT");
	assert_null(store_error(fixture->root.store)); /* nothing is wrong with the store */
	assert_null(store_erase_end(fixture->root.store));
	assert_false(holds(fixture, "segur.db-wal"));
}

static int no_truncation(int fd, off_t size)
{
	(void)fd, (void)size;
	errno = EIO;
	return -1;
}

/* The file is written anew, but its log cannot be emptied. */
static void log_that_stays(void **state)
{
	struct fixture *fixture = *state;
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
	const struct error *err;

	erase(fixture);
	vfs->xSetSystemCall(vfs, "ftruncate", (sqlite3_syscall_ptr)no_truncation);
	err = store_erase_end(fixture->root.store);
	vfs->xSetSystemCall(vfs, "ftruncate", NULL);
	assert_non_null(err);
	assert_int_equal(err->code, ERR_FAULT);
	assert_non_null(strstr(err->message, "réécriture impossible"));
	assert_null(sqlite3_temp_directory);
	store_rollback(fixture->root.store);
	assert_null(store_erase_end(fixture->root.store));
	assert_false(holds(fixture, "segur.db"));
	assert_false(holds(fixture, "segur.db-wal"));
}

/* After a failure nothing more is done. */
static void after_a_failure(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = fixture->root.store;
	sqlite3_stmt *before = store_stmt(store, SQL_NUIT_INSERT), *refused;
	const struct error *err;

	bind_text(before, NUIT_INSERT_P_DATE, "2026-03-02");
	bind_text(before, NUIT_INSERT_P_PROGRAMME, "1");
	bind_text(before, NUIT_INSERT_P_REGLES, "1");
	bind_int(before, NUIT_INSERT_P_FORCEE, 0);
	refused = store_stmt(store, SQL_BANQUES_CLEAR);
	fill(fixture);
	fixture_sql(fixture, "BEGIN IMMEDIATE");
	sqlite3_busy_timeout(store_database(store), 0);
	store_run(store, refused);
	fixture_sql(fixture, "ROLLBACK");
	assert_int_equal(store_error(store)->code, ERR_BUSY);
	store_run(store, before); /* prepared and bound before it */
	assert_string_equal(fixture_rows(fixture, "SELECT count(*) FROM nuits"), "0\n");
	fault = (struct fault){.call = "access", .number = EROFS};
	err = store_erase_end(store);
	assert_int_equal(fault.count, 0);
	fault = (struct fault){0};
	assert_non_null(err);
	assert_int_equal(err->code, ERR_BUSY);
	assert_true(holds(fixture, "segur.db-wal"));
	store_rollback(store);
	store_run_int(store, SQL_BANQUES_CLEAR, 0);
	assert_null(store_error(store));
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_STORE(nothing_is_left),     WITH_STORE(migrations),
	    WITH_STORE(folder_closed_to_us), WITH_STORE(no_room),
	    WITH_STORE(read_meanwhile),	     WITH_STORE(after_a_failure),
	    WITH_STORE(log_that_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
