#include "lib/array.h"
#include "lib/date.h"
#include "lib/identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What a paper prints and when it was issued, and the day on which it ends. */
static const struct {
	const char *nature, *issued, *printed, *last;
} cases[] = {
    /* adults' cards of the ten years, their first and last days included */
    {"cni", "2004-01-02", "2014-01-02", "2019-01-02"},
    {"cni", "2013-12-31", "2023-12-31", "2028-12-31"},
    {"cni", "2012-06-15", "2022-06-15", "2027-06-15"},
    /* the day before and the day after */
    {"cni", "2004-01-01", "2014-01-01", "2014-01-01"},
    {"cni", "2014-01-01", "2024-01-01", "2024-01-01"},
    /* printed up to two days off the anniversary, and no more */
    {"cni", "2012-06-15", "2022-06-13", "2027-06-13"},
    {"cni", "2012-06-15", "2022-06-17", "2027-06-17"},
    {"cni", "2012-06-15", "2022-06-12", "2022-06-12"},
    {"cni", "2012-06-15", "2022-06-18", "2022-06-18"},
    /* a minor's card prints five years; one that prints fifteen has them already */
    {"cni", "2012-06-15", "2017-06-15", "2017-06-15"},
    {"cni", "2012-06-15", "2027-06-15", "2027-06-15"},
    /* 29 February */
    {"cni", "2008-02-29", "2018-02-28", "2023-02-28"},
    {"cni", "2012-03-01", "2022-02-28", "2027-02-28"},
    /* other papers end when they say */
    {"passeport", "2012-06-15", "2022-06-15", "2022-06-15"},
    {"titre_sejour", "2012-06-15", "2022-06-15", "2022-06-15"},
    {NULL, "2012-06-15", "2022-06-15", "2022-06-15"},
};

static void last_days(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int32_t issued, printed;
		char last[DATE_SIZE];

		assert_true(date_parse(cases[i].issued, &issued));
		assert_true(date_parse(cases[i].printed, &printed));
		date_format(identity_last_day(cases[i].nature, printed, issued), last);
		assert_string_equal(last, cases[i].last);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(last_days)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
