#include "lib/array.h"
#include "lib/date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int32_t day(const char *text)
{
	int32_t days = INT32_MIN;

	assert_true(date_parse(text, &days));
	return days;
}

/* Every day there is, beside a calendar that is only ever advanced by one. */
static void every_day(void **state)
{
	static const unsigned lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	static const char *const short_names[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
	int32_t days = DATE_MIN, read;

	(void)state;
	for (unsigned year = 1900; year <= 2200; year++) {
		unsigned leap = year == 2000 || (year % 4 == 0 && year % 100 != 0) ? 1 : 0;

		for (unsigned month = 1; month <= 12; month++) {
			unsigned length = lengths[month - 1] + (month == 2 ? leap : 0);

			for (unsigned date = 1; date <= length; date++, days++) {
				size_t week = (size_t)(days - DATE_MIN) % 7;
				char iso[32], out[40];

				snprintf(iso, sizeof(iso), "%04u-%02u-%02u", year, month, date);
				assert_true(date_parse(iso, &read));
				assert_int_equal(read, days);
				date_format(days, out);
				assert_string_equal(out, iso);
				date_format_rfc5322(days, 0, out);
				assert_memory_equal(out, short_names[week], 3);
			}
		}
	}
	assert_int_equal(days, DATE_MAX + 1);
}

static void known_days(void **state)
{
	(void)state;
	assert_int_equal(day("1970-01-01"), 0);
	assert_int_equal(day("1969-12-31"), -1);
	assert_int_equal(day("2000-02-29"), 11016);
	assert_int_equal(day("2026-03-02"), 20514);
	assert_int_equal(day("1900-01-01"), DATE_MIN);
	assert_int_equal(day("2200-12-31"), DATE_MAX);
}

static void not_dates(void **state)
{
	static const char *const texts[] = {
	    "",		  "2026-03-0",	"2026-03-021", " 2026-03-02",	   "2026-03-02 ",
	    "2026/03-02", "2026-03/02", "26-03-02",    "2026-3-2",	   "02/03/2026",
	    "+026-03-02", "2026-0x-02", "2026-1x-02",  "2026-03-1x",	   "2026-1/-02",
	    "2026-1:-02", "20261-3-02", "2026-03-0x",  "202a-03-02",	   "2026-00-10",
	    "2026-13-10", "2026-01-00", "2026-01-32",  "2026-02-29",	   "2024-02-30",
	    "2026-04-31", "2100-02-29", "1900-02-29",  "1899-12-31",	   "2201-01-01",
	    "0000-01-01", "9999-12-31", "2026--1-01",  "2026-03-02T00:00", "２０２６"};
	int32_t days = 42;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (date_parse(texts[i], &days))
			fail_msg("\"%s\" is taken", texts[i]);
		assert_int_equal(days, 42);
	}
}

static void years_later(void **state)
{
	static const struct {
		const char *from;
		int years;
		const char *to;
	} cases[] = {
	    {"2026-03-02", 0, "2026-03-02"},	     {"2026-03-02", 5, "2031-03-02"},
	    {"2024-02-29", 4, "2028-02-29"},	     {"2024-02-29", 5, "2029-02-28"},
	    {"2096-02-29", 4, "2100-02-28"},	     {"2024-02-28", 1, "2025-02-28"},
	    {"2028-02-29", -1, "2027-02-28"},	     {"2013-12-31", 5, "2018-12-31"},
	    {"2199-06-01", 1, "2200-06-01"},	     {"2200-06-01", 1, "2200-12-31"},
	    {"1900-06-01", -1, "1900-01-01"},	     {"1901-06-01", -1, "1900-06-01"},
	    {"2026-03-02", INT32_MAX, "2200-12-31"}, {"2026-03-02", INT32_MIN, "1900-01-01"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(date_add_years(day(cases[i].from), cases[i].years),
				 day(cases[i].to));
}

static void months_later(void **state)
{
	static const struct {
		const char *from;
		unsigned months;
		const char *to;
	} cases[] = {
	    {"2026-03-02", 0, "2026-03-02"},  {"2026-03-02", 2, "2026-05-02"},
	    {"2026-11-30", 3, "2027-02-28"},  {"2027-12-31", 2, "2028-02-29"},
	    {"2026-12-01", 12, "2027-12-01"}, {"2200-11-01", 2, "2200-12-31"},
	    {"2200-10-31", 1, "2200-11-30"},  {"2026-03-02", UINT32_MAX, "2200-12-31"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(date_add_months(day(cases[i].from), cases[i].months),
				 day(cases[i].to));
}

static void words(void **state)
{
	static const struct {
		const char *date, *french, *mail;
	} cases[] = {
	    {"2026-01-31", "31 janvier 2026", "Sat, 31 Jan 2026 00:00:00 +0000"},
	    {"2026-02-01", "1er février 2026", "Sun, 01 Feb 2026 00:00:00 +0000"},
	    {"2026-03-02", "2 mars 2026", "Mon, 02 Mar 2026 00:00:00 +0000"},
	    {"2026-04-01", "1er avril 2026", "Wed, 01 Apr 2026 00:00:00 +0000"},
	    {"2026-05-21", "21 mai 2026", "Thu, 21 May 2026 00:00:00 +0000"},
	    {"2026-06-30", "30 juin 2026", "Tue, 30 Jun 2026 00:00:00 +0000"},
	    {"2026-07-11", "11 juillet 2026", "Sat, 11 Jul 2026 00:00:00 +0000"},
	    {"2026-08-15", "15 août 2026", "Sat, 15 Aug 2026 00:00:00 +0000"},
	    {"2026-09-30", "30 septembre 2026", "Wed, 30 Sep 2026 00:00:00 +0000"},
	    {"2026-10-02", "2 octobre 2026", "Fri, 02 Oct 2026 00:00:00 +0000"},
	    {"2026-11-11", "11 novembre 2026", "Wed, 11 Nov 2026 00:00:00 +0000"},
	    {"2026-12-30", "30 décembre 2026", "Wed, 30 Dec 2026 00:00:00 +0000"},
	};
	char french[32], mail[40];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		date_format_french(day(cases[i].date), french);
		assert_string_equal(french, cases[i].french);
		date_format_rfc5322(day(cases[i].date), 0, mail);
		assert_string_equal(mail, cases[i].mail);
	}
}

static void beyond_the_bounds(void **state)
{
	char out[40];

	(void)state;
	date_format(DATE_MIN - 1, out);
	assert_string_equal(out, "1900-01-01");
	date_format(INT32_MAX, out);
	assert_string_equal(out, "2200-12-31");
	date_format_french(INT32_MIN, out);
	assert_string_equal(out, "1er janvier 1900");
	date_format_rfc5322(INT32_MAX, 86399, out);
	assert_string_equal(out, "Wed, 31 Dec 2200 23:59:59 +0000");
}

static void instants(void **state)
{
	static const struct {
		const char *zone; /* written out, so that no zone files are needed */
		time_t instant;
		const char *date;
	} cases[] = {
	    {"UTC0", 0, "1970-01-01"},
	    {"UTC0", -1, "1969-12-31"},
	    {"UTC0", 1772409599, "2026-03-01"},
	    {"UTC0", 1772409600, "2026-03-02"},
	    {"CET-1CEST,M3.5.0,M10.5.0/3", 1772405999, "2026-03-01"},
	    {"CET-1CEST,M3.5.0,M10.5.0/3", 1772406000, "2026-03-02"},
	    {"CET-1CEST,M3.5.0,M10.5.0/3", 1782856800, "2026-07-01"},
	    {"EST5", 1772409600, "2026-03-01"},
	    {"UTC0", 7289654399, "2200-12-31"},
	    {"UTC0", 7258118400, "2200-01-01"},
	    {"UTC0", 7289654400, "2200-12-31"},
	    {"UTC0", -2195942400, "1900-06-01"},
	    {"UTC0", -2208988800, "1900-01-01"},
	    {"UTC0", -2208988801, "1900-01-01"},
	    {"UTC0", (time_t)INT64_MAX, "2200-12-31"},
	    {"UTC0", (time_t)INT64_MIN, "1900-01-01"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		setenv("TZ", cases[i].zone, 1);
		tzset();
		assert_int_equal(date_from_time(cases[i].instant), day(cases[i].date));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_day),	 cmocka_unit_test(known_days),
	    cmocka_unit_test(not_dates),	 cmocka_unit_test(years_later),
	    cmocka_unit_test(months_later),	 cmocka_unit_test(words),
	    cmocka_unit_test(beyond_the_bounds), cmocka_unit_test(instants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
