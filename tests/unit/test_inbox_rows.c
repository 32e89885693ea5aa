/* By which rows an answered file is known, and leaves the inbox. */
#include "core_fixture.h"
#include "lib/array.h"

/* The rows that a statement gives, columns joined by "|"; the caller frees it. */
static char *rows_of(struct fixture *fixture, sqlite3_stmt *stmt)
{
	struct buf out = {0};

	while (store_step(fixture->root.store, stmt)) {
		for (int i = 0; i < sqlite3_column_count(stmt); i++)
			buf_printf(&out, "%s%s", i > 0 ? "|" : "", column_text(stmt, i));
		buf_putc(&out, '\n');
	}
	assert_null(store_error(fixture->root.store));
	return out.data != NULL ? buf_take(&out) : mem_strdup("");
}

static void expect_rows(struct fixture *fixture, sqlite3_stmt *stmt, const char *wanted)
{
	char *found = rows_of(fixture, stmt);

	assert_string_equal(found, wanted);
	free(found);
}

/* What is in the inbox still, after that id. */
static void expect_to_release(struct fixture *fixture, enum sql_id id, int64_t after,
			      const char *wanted)
{
	sqlite3_stmt *stmt = store_stmt(fixture->root.store, id);

	bind_int(stmt, parameter(stmt, ":after"), after);
	bind_int(stmt, parameter(stmt, ":limit"), 256);
	expect_rows(fixture, stmt, wanted);
}

static bool taken(struct fixture *fixture, const char *source)
{
	return store_get_int(fixture->root.store, SQL_FICHIER_ANSWERED, source, 0) != 0;
}

static const char rows[] =
    "INSERT INTO nuits (date, programme, regles) VALUES ('2026-03-02', '1', 'r');"
    "WITH d(id, compte, source, etat, libere) AS (VALUES"
    "  (1, 'alpha', '11-500.000000001', 'OK', 0), (2, 'alpha', '12-500.000000002', 'KO', 1),"
    "  (3, 'beta', '11-500.000000001', 'INCIDENT', 0), (4, 'beta', '13-500.000000003', 'OK', 0))"
    "INSERT INTO depots (id, nuit, date, compte, archive, taille, format, recu_le, type, etat,"
    "  essai, source, retour_nom, retour_publie, libere) SELECT id, 1, '2026-03-02', compte,"
    "  'a' || id, 1, 'zip', '2026-03-02', 'initial', etat, 0, source, 'r' || id, 1, libere FROM d;"
    "INSERT INTO fichiers_asp VALUES (1, 1, 'a.csv', 'acces', NULL, '2026-03-02', 1, 'pris',"
    "  '21-1.0', 'r1', 1, 0, NULL), (2, 1, 'b.csv', 'banques', NULL, '2026-03-02', 1, 'pris', '22-1.0',"
    "  'r2', 1, 1, NULL), (3, 1, 'c.csv', 'banques', NULL, '2026-03-02', 1, 'refuse', '23-1.0', 'r3', 1,"
    "  0, NULL);";

static int setup(void **state)
{
	fixture_setup(state);
	fixture_sql(*state, rows);
	return 0;
}

/* The very file: its inode and time, its account; an incident alone is no answer. */
static void answered(void **state)
{
	static const struct {
		const char *compte, *source, *wanted;
	} cases[] = {
	    {"alpha", "11-500.000000001", "1\n"}, {"alpha", "12-500.000000002", "2\n"},
	    {"alpha", "11-500.000000002", ""},	  {"alpha", "12-500.000000001", ""},
	    {"beta", "11-500.000000001", ""},	  {"beta", "13-500.000000003", "4\n"},
	    {"alpha", "13-500.000000003", ""},	  {"gamma", "11-500.000000001", ""},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		sqlite3_stmt *stmt = store_stmt(fixture->root.store, SQL_DEPOT_ANSWERED);

		bind_text(stmt, DEPOT_ANSWERED_P_COMPTE, cases[i].compte);
		bind_text(stmt, DEPOT_ANSWERED_P_SOURCE, cases[i].source);
		expect_rows(fixture, stmt, cases[i].wanted);
	}
	assert_true(taken(fixture, "21-1.0"));
	assert_true(taken(fixture, "23-1.0")); /* refused, not to be read again */
	assert_false(taken(fixture, "24-1.0"));
}

/* What has an answer and is in the inbox still, from an id on; what has left it is not looked for
 * again. */
static void released(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = fixture->root.store;

	expect_to_release(fixture, SQL_DEPOTS_TO_RELEASE, 0,
			  "1|alpha|a1|11-500.000000001\n3|beta|a3|11-500.000000001\n"
			  "4|beta|a4|13-500.000000003\n");
	expect_to_release(fixture, SQL_DEPOTS_TO_RELEASE, 3, "4|beta|a4|13-500.000000003\n");
	expect_to_release(fixture, SQL_FICHIERS_TO_RELEASE, 0,
			  "1|asp|a.csv|21-1.0\n3|asp|c.csv|23-1.0\n");
	expect_to_release(fixture, SQL_FICHIERS_TO_RELEASE, 1, "3|asp|c.csv|23-1.0\n");
	store_run_int(store, SQL_DEPOT_RELEASED, 3);
	store_run_int(store, SQL_FICHIER_RELEASED, 1);
	assert_null(store_error(store));
	expect_to_release(fixture, SQL_DEPOTS_TO_RELEASE, 0,
			  "1|alpha|a1|11-500.000000001\n4|beta|a4|13-500.000000003\n");
	expect_to_release(fixture, SQL_FICHIERS_TO_RELEASE, 0, "3|asp|c.csv|23-1.0\n");
}

#define WITH_ROWS(test) cmocka_unit_test_setup_teardown(test, setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {WITH_ROWS(answered), WITH_ROWS(released)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
