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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_tells_of_people_is_erased),
	    cmocka_unit_test(what_has_rows_is_rendered),
	    cmocka_unit_test(given_once),
	    cmocka_unit_test(lies_in_the_outbox),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
