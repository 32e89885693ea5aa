#include "lib/array.h"
#include "lib/dir.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* --- the C library's calls, made to fail --- */

static int readings_left = -1; /* before readdir fails; -1: it does not */
static bool streams_refused;

struct dirent *readdir(DIR *stream)
{
	struct dirent *(*real)(DIR *) = (struct dirent * (*)(DIR *)) dlsym(RTLD_NEXT, "readdir");

	if (readings_left == 0) {
		errno = EIO;
		return NULL;
	}
	if (readings_left > 0)
		readings_left--;
	return real(stream);
}

DIR *fdopendir(int fd)
{
	DIR *(*real)(int) = (DIR * (*)(int)) dlsym(RTLD_NEXT, "fdopendir");

	if (streams_refused) {
		errno = ENOMEM;
		return NULL;
	}
	return real(fd);
}

/* --- */

/* A folder "d" that holds "a", "b", ".c"; beside it a link to it. */
struct fixture {
	char path[32];
	int fd;
};

static const char *const held[] = {"d/b", "d/a", "d/.c"};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	strcpy(fixture->path, "/tmp/segur-test-XXXXXX");
	assert_non_null(mkdtemp(fixture->path));
	fixture->fd = open(fixture->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(mkdirat(fixture->fd, "d", 0700), 0);
	assert_int_equal(symlinkat("d", fixture->fd, "link"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(held); i++)
		assert_int_equal(close(openat(fixture->fd, held[i], O_CREAT | O_WRONLY, 0600)), 0);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(held); i++)
		unlinkat(fixture->fd, held[i], 0);
	unlinkat(fixture->fd, "link", 0);
	unlinkat(fixture->fd, "d", AT_REMOVEDIR);
	close(fixture->fd);
	rmdir(fixture->path);
	free(fixture);
	return 0;
}

/* The number that the next descriptor gets: the same before and after when none was left open. */
static int lowest_free(void)
{
	int fd = dup(STDIN_FILENO);

	assert_true(fd >= 0);
	close(fd);
	return fd;
}

struct seen {
	size_t count;
	size_t fail_at; /* 0: never */
};

static const struct error *see(void *context, int dir, const struct dirent *entry)
{
	struct seen *seen = context;

	assert_int_equal(faccessat(dir, entry->d_name, F_OK, AT_SYMLINK_NOFOLLOW), 0);
	assert_string_not_equal(entry->d_name, ".");
	assert_string_not_equal(entry->d_name, "..");
	if (++seen->count != seen->fail_at)
		return NULL;
	errno = EDOM;
	return error_set(ERR_DATA, "assez");
}

static void each_entry_once(void **state)
{
	const struct fixture *fixture = *state;
	struct seen seen = {0};
	int before = lowest_free();

	errno = EDOM; /* of something earlier */
	assert_null(dir_each(fixture->fd, "d", DIR_STRICT, see, &seen));
	assert_int_equal(seen.count, ARRAY_SIZE(held));
	assert_int_equal(lowest_free(), before);
}

static void a_visit_that_fails(void **state)
{
	const struct fixture *fixture = *state;
	struct seen seen = {.fail_at = 2};
	int before = lowest_free();
	const struct error *err = dir_each(fixture->fd, "d", DIR_STRICT, see, &seen);

	assert_int_equal(errno, EDOM);
	assert_non_null(err);
	assert_int_equal(err->code, ERR_DATA);
	assert_int_equal(seen.count, 2);
	assert_int_equal(lowest_free(), before);
}

static void what_cannot_be_opened(void **state)
{
	static const struct {
		const char *path;
		unsigned allowed;
		int number; /* 0: no error */
		size_t count;
	} rows[] = {
	    {"none", DIR_STRICT, ENOENT, 0},
	    {"none", DIR_MAY_LINK, ENOENT, 0},
	    {"none", DIR_MAY_LACK, 0, 0},
	    {"d/a", DIR_MAY_LACK, ENOTDIR, 0},
	    {"link", DIR_MAY_LACK, ENOTDIR, 0},
	    {"link", DIR_MAY_LINK, 0, 3},
	    {"d", DIR_MAY_LACK | DIR_MAY_LINK, 0, 3},
	};
	const struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct seen seen = {0};
		int before = lowest_free();
		const struct error *err =
		    dir_each(fixture->fd, rows[i].path, rows[i].allowed, see, &seen);

		if (rows[i].number != 0) {
			assert_int_equal(errno, rows[i].number);
			assert_non_null(err);
			assert_int_equal(err->code, ERR_FAULT);
			assert_non_null(strstr(err->message, rows[i].path));
		} else {
			assert_null(err);
		}
		assert_int_equal(seen.count, rows[i].count);
		assert_int_equal(lowest_free(), before);
	}
}

/* Every entry that came before is visited, and then the listing fails as a whole. */
static void a_listing_that_breaks_off(void **state)
{
	const struct fixture *fixture = *state;
	int before = lowest_free();
	int dir = openat(fixture->fd, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (readings_left = 0; readings_left <= 5; readings_left++) {
		int budget = readings_left;
		struct seen seen = {0};
		struct names names;
		size_t count;
		const struct error *err = dir_each(fixture->fd, "d", DIR_MAY_LACK, see, &seen);

		assert_int_equal(errno, EIO);
		assert_non_null(err);
		assert_int_equal(err->code, ERR_FAULT);
		assert_true(seen.count <= (size_t)budget);
		assert_true(seen.count + 2 >= (size_t)budget);
		readings_left = budget;
		assert_non_null(dir_names(fixture->fd, "d", DIR_STRICT, &names));
		assert_int_equal(names.count, 0);
		readings_left = budget;
		assert_non_null(dir_count(dir, "d", NULL, &count));
		readings_left = budget;
	}
	readings_left = -1;
	close(dir);
	assert_int_equal(lowest_free(), before);
}

static void no_memory_to_list(void **state)
{
	const struct fixture *fixture = *state;
	struct seen seen = {0};
	int before = lowest_free();

	streams_refused = true;
	assert_non_null(dir_each(fixture->fd, "d", DIR_MAY_LACK, see, &seen));
	streams_refused = false;
	assert_int_equal(errno, ENOMEM);
	assert_int_equal(seen.count, 0);
	assert_int_equal(lowest_free(), before);
}

static void names_in_order(void **state)
{
	const struct fixture *fixture = *state;
	struct names names;

	assert_null(dir_names(fixture->fd, "d", DIR_STRICT, &names));
	assert_int_equal(names.count, 2);
	assert_string_equal(names.items[0], "a");
	assert_string_equal(names.items[1], "b");
	names_free(&names);
	assert_null(names.items);
	assert_null(dir_names(fixture->fd, "none", DIR_MAY_LACK, &names));
	assert_int_equal(names.count, 0);
	assert_non_null(dir_names(fixture->fd, "none", DIR_STRICT, &names));
	assert_int_equal(names.count, 0);
	assert_null(names.items);
}

static void counts(void **state)
{
	const struct fixture *fixture = *state;
	int dir = openat(fixture->fd, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct error *err;
	size_t count;

	for (int twice = 0; twice < 2; twice++) {
		assert_null(dir_count(dir, "ici", NULL, &count));
		assert_int_equal(count, ARRAY_SIZE(held));
		assert_null(dir_count(dir, "ici", ".c", &count));
		assert_int_equal(count, ARRAY_SIZE(held) - 1);
	}
	close(dir);
	err = dir_count(dir, "ici", NULL, &count);
	assert_non_null(err);
	assert_int_equal(err->code, ERR_CANT_WRITE);
	assert_non_null(strstr(err->message, "ici : "));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(each_entry_once),
	    TEST(a_visit_that_fails),
	    TEST(what_cannot_be_opened),
	    TEST(a_listing_that_breaks_off),
	    TEST(no_memory_to_list),
	    TEST(names_in_order),
	    TEST(counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
