#include "lib/array.h"
#include "lib/error.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A supplier chooses the name of an archive, and an error may cite it. */
static void on_one_line(void **state)
{
	static const struct {
		const char *name, *shown;
	} cases[] = {
	    {"été.zip", "été.zip"},
	    {"a\x1b[2J.zip", "a [2J.zip"},
	    {"a\n<0>segur : b\r\tc\r\nd", "a <0>segur : b  c  d"},
	    {"a\x7f\xC2\x9B"
	     "b",
	     "a   b"},
	    {"a\xC2\x85\xC2\xA0", "a  \xC2\xA0"},
	    {"\xC2", "\xC2"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct error *err = error_set(ERR_DATA, "%s", cases[i].name);

		assert_string_equal(err->message, cases[i].shown);
		assert_int_equal(err->code, ERR_DATA);
	}
	errno = ENOENT;
	assert_string_equal(error_errno(ERR_FAULT, "a\nb")->message, "a b : n'existe pas");
}

static void cut(void **state)
{
	char name[2000];

	(void)state;
	memset(name, '\x1b', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(strlen(error_set(ERR_DATA, "%s", name)->message),
			 sizeof(((struct error *)NULL)->message) - 1);
	assert_null(strchr(error_set(ERR_DATA, "%s", name)->message, '\x1b'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(on_one_line), cmocka_unit_test(cut)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
