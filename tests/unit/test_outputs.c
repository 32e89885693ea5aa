/* The table of outputs: what a row says must agree with what it says elsewhere. */
#include "publish/outputs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool has(enum sql_id statement)
{
	return statement != NO_STATEMENT;
}

static void what_tells_of_people_is_erased(void **state)
{
	(void)state;
	for (size_t i = 0; i < output_count; i++)
		assert_int_equal(outputs[i].personal, has(outputs[i].erased) ||
							  has(outputs[i].erased_file) ||
							  outputs[i].days != 0);
}

static void what_has_rows_is_rendered(void **state)
{
	(void)state;
	for (size_t i = 0; i < output_count; i++) {
		const struct output_kind *kind = &outputs[i];
		bool rows = kind->render != NULL;

		assert_int_equal(has(kind->due), rows);
		assert_int_equal(has(kind->published), rows);
		assert_int_equal(has(kind->of_night), rows);
		assert_true(has(kind->known));
		assert_int_equal(kind->open != NULL && kind->temporaries != NULL, rows);
		assert_int_equal(kind->compare == COMPARE_ROWS, rows);
		assert_int_equal(kind->as_rendered != NULL, rows);
		assert_non_null(kind->as_published);
	}
}

/* A file that is withdrawn has a row that says so, and is not handed over. */
static void what_is_withdrawn_is_marked(void **state)
{
	size_t found = 0;

	(void)state;
	for (size_t i = 0; i < output_count; i++) {
		const struct output_kind *kind = &outputs[i];

		assert_int_equal(has(kind->withdrawn), has(kind->removed));
		assert_false(has(kind->withdrawn) && (kind->handover != NULL || !has(kind->known)));
		found += has(kind->withdrawn);
	}
	assert_int_equal(found, 1);
}

/* What a relay may have taken is not published again by a restoration. */
static void given_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < output_count; i++)
		assert_false(outputs[i].handover != NULL && has(outputs[i].due_again));
}

static void lies_in_the_outbox(void **state)
{
	(void)state;
	for (size_t i = 0; i < output_count; i++) {
		const char *const *folder = outputs[i].folders;

		assert_non_null(*folder);
		for (; *folder != NULL; folder++)
			assert_int_equal(strncmp(*folder, "outbox/", strlen("outbox/")), 0);
	}
}

/* Only a night of its own date can have written a report anew. */
static void report_of_an_earlier_night(void **state)
{
	struct store *store;
	char sha256[SHA256_HEX_SIZE];
	bool published;

	(void)state;
	assert_null(store_open(":memory:", &store));
	assert_int_equal(
	    sqlite3_exec(store_database(store),
			 "INSERT INTO nuits (id, date, programme, regles) VALUES"
			 " (1, '2026-03-02', '1', 'r'), (2, '2026-03-03', '1', 'r');"
			 "INSERT INTO sorties (dossier, nom, nuit, sha256, taille) VALUES"
			 " ('2026-03-02', 'depots.csv', 1, 'abc', 3)",
			 NULL, NULL, NULL),
	    SQLITE_OK);
	for (size_t i = 0; i < output_count; i++)
		if (outputs[i].days != 0) {
			assert_true(output_recorded(store, &outputs[i], "2026-03-02", "depots.csv",
						    &published, sha256));
			assert_true(published);
			assert_string_equal(sha256, "abc");
		}
	store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_tells_of_people_is_erased),
	    cmocka_unit_test(what_has_rows_is_rendered),
	    cmocka_unit_test(what_is_withdrawn_is_marked),
	    cmocka_unit_test(given_once),
	    cmocka_unit_test(lies_in_the_outbox),
	    cmocka_unit_test(report_of_an_earlier_night),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
