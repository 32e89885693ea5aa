/* A clock that was set back, or runs ahead: what is received, when, and in which order. A file's
 * time of arrival is the file system's; the machine's clock says only whether it has been quiet for
 * long enough. */
#include "inbox_fixture.h"
#include "lib/array.h"

#define QUIET 60 /* stabilite_s */

/* The program's own time is this one: the clock of the machine, as the test sets it. */
static time_t now;

time_t time(time_t *out)
{
	if (out != NULL)
		*out = now;
	return now;
}

static time_t received(struct fixture *fixture, const char *path)
{
	struct stat status;

	assert_int_equal(fstatat(fixture->root.fd, path, &status, 0), 0);
	return status.st_ctim.tv_sec;
}

/* A file is taken when it has not changed for the quiet time; one that seems to come from the
 * future waits while that may end by itself, and no longer. */
static void quiet_time(void **state)
{
	static const struct {
		long age; /* of the file, by the clock */
		bool taken;
	} cases[] = {
	    {0, false},
	    {1, false},
	    {QUIET - 1, false},
	    {QUIET, true},
	    {QUIET + 1, true},
	    {86400, true},
	    {-1, false},
	    {-QUIET + 1, false},
	    {-QUIET, true},
	    {-86400, true},
	    {-20 * 365L * 86400, true},
	};
	struct fixture *fixture = *state;
	time_t at;

	fixture->root.conf.stabilite_s = QUIET;
	drop_file(fixture, "inbox/alpha/a.zip", "x");
	drop_file(fixture, "inbox/asp/acces.csv", "x");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (int asp = 0; asp < 2; asp++) {
			const char *wanted = asp ? "asp/acces.csv" : "alpha/a.zip";

			at = received(fixture, asp ? "inbox/asp/acces.csv" : "inbox/alpha/a.zip");
			now = at + cases[i].age;
			expect_scan(fixture, asp ? INBOX_ASP : INBOX_SUPPLIERS, INBOX_BY_TIME,
				    cases[i].taken ? wanted : "");
		}
	/* Without a quiet time the clock does not matter. */
	fixture->root.conf.stabilite_s = 0;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		now = received(fixture, "inbox/alpha/a.zip") + cases[i].age;
		expect_scan(fixture, INBOX_SUPPLIERS, INBOX_BY_TIME, "alpha/a.zip");
	}
}

/* Who came first is served first, whatever the clock says since. */
static void order_of_arrival(void **state)
{
	static const long ages[] = {1000, 0, -1000, -1000000};
	struct fixture *fixture = *state;

	drop_file(fixture, "inbox/beta/m.zip", "1");
	drop_file(fixture, "inbox/alpha/z.zip", "2");
	drop_file(fixture, "inbox/beta/a.zip", "3");
	for (size_t i = 0; i < ARRAY_SIZE(ages); i++) {
		now = received(fixture, "inbox/beta/m.zip") + ages[i];
		expect_scan(fixture, INBOX_SUPPLIERS, INBOX_BY_TIME,
			    "beta/m.zip alpha/z.zip beta/a.zip");
	}
}

/* The same file before and after the clock is set back: the same arrival, so the same identity by
 * which an answered file is known; it opens, and is released, whatever the clock says. */
static void the_same_file(void **state)
{
	struct fixture *fixture = *state;
	struct drops before, after;
	struct drop a, b;
	int fd;

	drop_file(fixture, "inbox/alpha/a.zip", "x");
	now = received(fixture, "inbox/alpha/a.zip") + 1000;
	a = find(fixture, "a.zip", &before);
	now -= 1000000;
	b = find(fixture, "a.zip", &after);
	assert_true(a.received_ns == b.received_ns);
	assert_int_equal(b.received_ns / 1000000000, received(fixture, "inbox/alpha/a.zip"));
	assert_string_equal(a.source, b.source);
	fd = inbox_open(&fixture->root, &a);
	assert_true(fd >= 0);
	close(fd);
	assert_true(inbox_release(&fixture->root, "alpha", "a.zip", a.source));
	expect_scan(fixture, INBOX_SUPPLIERS, INBOX_BY_TIME, "");
	drops_free(&before);
	drops_free(&after);
}

#define WITH_INBOX(test) cmocka_unit_test_setup_teardown(test, inbox_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_INBOX(quiet_time),
	    WITH_INBOX(order_of_arrival),
	    WITH_INBOX(the_same_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
