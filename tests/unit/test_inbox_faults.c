/* What the system refuses while the inbox is looked at, and while what was answered leaves it: one
 * account's fault costs the others nothing, the machine's is said, and no drop is lost. */
#include "inbox_fixture.h"
#include "lib/array.h"

#include "faults.h"

static struct fixture *fixture;
static const struct error *err;
static struct drops drops;

/* C does not allow to sort what is not there. */
FAULT_OURS void qsort(void *items, size_t count, size_t size,
		      int (*compare)(const void *, const void *))
{
	assert_non_null(items);
	FAULT_REAL(qsort)(items, count, size, compare);
}

/* --- looking --- */

static void scan_prepare(void)
{
}

static void scan_play(void)
{
	err = inbox_scan(&fixture->root, INBOX_SUPPLIERS, INBOX_BY_NAME, &drops);
}

static void scan_check(void)
{
	if (err != NULL) {
		assert_true(fault.count > 0 && fault.number != 0);
		assert_int_equal(err->code, fault.number == EACCES ? ERR_CANT_WRITE : ERR_FAULT);
	} else if (fault.count == 0 || fault.number == 0) {
		assert_int_equal(drops.count, 3);
	}
	/* Half of what came is never judged for want of the machine's means. */
	if (fault.count > 0 && (fault.number == EMFILE || fault.number == ENOMEM))
		assert_non_null(err);
	drops_free(&drops);
	expect_scan(fixture, INBOX_SUPPLIERS, INBOX_BY_NAME, "alpha/a.zip beta/b.zip alpha/c.zip");
}

static void looking(void **state)
{
	static const struct fault_scene scene = {scan_prepare, scan_play, scan_check};
	static const int numbers[] = {EMFILE, ENOMEM, EACCES};

	(void)state;
	fault_sweep(&scene, numbers, ARRAY_SIZE(numbers));
}

/* Whose fault it is. */
static void one_account(void **state)
{
	static const struct {
		const char *call, *name;
		int number;
		const char *wanted; /* NULL: the night stops */
	} cases[] = {
	    {"openat", "inbox/alpha", EACCES, "beta/b.zip"},
	    {"openat", "inbox/alpha", EPERM, "beta/b.zip"},
	    {"openat", "inbox/alpha", ENOENT, "beta/b.zip"},
	    {"openat", "inbox/alpha", ENOTDIR, "beta/b.zip"},
	    {"openat", "inbox/alpha", ELOOP, "beta/b.zip"},
	    {"openat", "inbox/alpha", EIO, "beta/b.zip"},
	    {"openat", "inbox/alpha", ESTALE, "beta/b.zip"},
	    {"openat", "inbox/alpha", ENOTCONN, "beta/b.zip"},
	    {"openat", "inbox/alpha", EMFILE, NULL},
	    /* what of an account was found before waits with the rest */
	    {"fstatat", "a.zip", EIO, "beta/b.zip"},
	    {"fstatat", "c.zip", EIO, "beta/b.zip"},
	    {"fstatat", "a.zip", ENOMEM, NULL},
	    /* gone since it was listed: it is not there */
	    {"fstatat", "a.zip", ENOENT, "beta/b.zip alpha/c.zip"},
	    /* closed to us: answered so; not for want of a descriptor */
	    {"openat", "a.zip", EACCES, "alpha/a.zip beta/b.zip alpha/c.zip"},
	    {"openat", "a.zip", EMFILE, NULL},
	    {"openat", "a.zip", ENFILE, NULL},
	    /* open elsewhere; not when that cannot be asked: the quiet time must do */
	    {"fcntl", NULL, EAGAIN, ""},
	    {"fcntl", NULL, EACCES, "alpha/a.zip beta/b.zip alpha/c.zip"},
	    {"fcntl", NULL, 0, "alpha/a.zip beta/b.zip alpha/c.zip"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		fault = (struct fault){
		    .call = cases[i].call, .name = cases[i].name, .number = cases[i].number};
		if (cases[i].wanted != NULL) {
			expect_scan(fixture, INBOX_SUPPLIERS, INBOX_BY_NAME, cases[i].wanted);
		} else {
			scan_play();
			assert_non_null(err);
			for (size_t j = 0; j < drops.count; j++)
				assert_string_not_equal(drops.items[j].name, cases[i].name);
			drops_free(&drops);
		}
		assert_true(fault.count > 0);
	}
	fault = (struct fault){0};
}

/* What is no file is not opened: somebody may wait at its other end. */
static void nothing_but_files(void **state)
{
	(void)state;
	assert_int_equal(mkfifoat(fixture->root.fd, "inbox/alpha/tube", 0600), 0);
	fault = (struct fault){.call = "openat", .name = "tube", .number = EMFILE};
	expect_scan(fixture, INBOX_SUPPLIERS, INBOX_BY_NAME,
		    "alpha/a.zip beta/b.zip alpha/c.zip alpha/tube");
	assert_int_equal(fault.count, 0);
	fault = (struct fault){0};
}

/* Of what was found nothing stays in memory, be its name shown as it is or not; nor is nothing
 * sorted. */
static void found_and_forgotten(void **state)
{
	size_t memory = 0;

	(void)state;
	drop_file(fixture, "inbox/alpha/\x01", "4");
	for (int i = 0; i < 3; i++) {
		memory = fault_memory();
		expect_scan(fixture, INBOX_SUPPLIERS, INBOX_BY_NAME,
			    "alpha/%01 alpha/a.zip beta/b.zip alpha/c.zip");
		expect_scan(fixture, INBOX_ASP, INBOX_BY_NAME, "");
	}
	assert_int_equal(fault_memory(), memory);
}

/* --- leaving --- */

static char source[48];

static void release_prepare(void)
{
	struct drops found;
	struct drop drop;

	unlinkat(fixture->root.fd, "inbox/alpha/d.zip", 0);
	drop_file(fixture, "inbox/alpha/d.zip", "x");
	drop = find(fixture, "d.zip", &found);
	snprintf(source, sizeof(source), "%s", drop.source);
	drops_free(&found);
}

static bool released;

static void release_play(void)
{
	released = inbox_release(&fixture->root, "alpha", "d.zip", source);
}

static void release_check(void)
{
	if (!released) {
		assert_true(fault.count > 0 && fault.number != 0);
		release_play();
	} else {
		assert_true(fault.count == 0 || fault.number == 0);
	}
	assert_true(released);
	expect_scan(fixture, INBOX_SUPPLIERS, INBOX_BY_NAME, "alpha/a.zip beta/b.zip alpha/c.zip");
}

static void leaving(void **state)
{
	static const struct fault_scene scene = {release_prepare, release_play, release_check};
	static const int numbers[] = {EIO, EACCES};

	(void)state;
	fault_sweep(&scene, numbers, ARRAY_SIZE(numbers));
}

/* An account that is gone has nothing left to remove; what a rename finds gone is gone. */
static void gone(void **state)
{
	static const struct {
		const char *call, *name;
		int number;
	} cases[] = {
	    {"openat", "inbox/alpha", ENOENT},
	    {"openat", "inbox/alpha", ENOTDIR},
	    {"openat", "inbox/alpha", ELOOP},
	    {"renameat", ".segur-", ENOENT},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		release_prepare();
		fault = (struct fault){
		    .call = cases[i].call, .name = cases[i].name, .number = cases[i].number};
		release_play();
		assert_true(fault.count > 0);
		assert_true(released);
		fault.over = true;
	}
	unlinkat(fixture->root.fd, "inbox/alpha/d.zip", 0);
	fault = (struct fault){0};
}

/* --- opening --- */

static int opened, number;

static void open_play(void)
{
	opened = inbox_open(&fixture->root, &drops.items[0]);
	number = errno;
	if (opened >= 0)
		close(opened);
}

static void open_prepare(void)
{
	assert_null(inbox_scan(&fixture->root, INBOX_SUPPLIERS, INBOX_BY_NAME, &drops));
}

static void open_check(void)
{
	if (fault.count > 0 && fault.number != 0) {
		assert_int_equal(opened, -1);
		assert_int_equal(number, fault.number);
	} else {
		assert_true(opened >= 0);
	}
	drops_free(&drops);
}

static void opening(void **state)
{
	static const struct fault_scene scene = {open_prepare, open_play, open_check};
	static const int numbers[] = {EIO, EMFILE};

	(void)state;
	fault_sweep(&scene, numbers, ARRAY_SIZE(numbers));
}

static int setup(void **state)
{
	inbox_setup(state);
	fixture = *state;
	drop_file(fixture, "inbox/alpha/c.zip", "1");
	drop_file(fixture, "inbox/beta/b.zip", "2");
	drop_file(fixture, "inbox/alpha/a.zip", "3");
	return 0;
}

#define WITH_INBOX(test) cmocka_unit_test_setup_teardown(test, setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_INBOX(looking),
	    WITH_INBOX(one_account),
	    WITH_INBOX(leaving),
	    WITH_INBOX(gone),
	    WITH_INBOX(opening),
	    WITH_INBOX(nothing_but_files),
	    WITH_INBOX(found_and_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
