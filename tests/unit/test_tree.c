/* Folders and files of the outbox: made as their readers need them, removed whole, links not
 * followed, no descriptor left. */
#include "core_fixture.h"
#include "lib/array.h"
#include "lib/tree.h"

#include "faults.h"

static struct fixture *fixture;
static int root;

static bool exists(const char *path)
{
	return faccessat(root, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static unsigned mode_of(const char *path)
{
	struct stat status;

	assert_int_equal(fstatat(root, path, &status, AT_SYMLINK_NOFOLLOW), 0);
	return status.st_mode & 07777;
}

static void touch(const char *path)
{
	int fd = openat(root, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
}

static int setup(void **state)
{
	fixture_setup(state);
	fixture = *state;
	root = fixture->root.fd;
	return 0;
}

/* With the modes that they need, whatever cron's umask; those that are there keep theirs. */
static void folders(void **state)
{
	mode_t mask = umask(077);
	int dir;

	(void)state;
	assert_null(dir_open(root, "a/b//c/", &dir));
	assert_int_equal(faccessat(dir, "../../b/c", F_OK, 0), 0);
	close(dir);
	assert_int_equal(mode_of("a"), 0750);
	assert_int_equal(mode_of("a/b/c"), 0750);
	assert_int_equal(fchmodat(root, "a", 0700, 0), 0);
	assert_null(dir_open_private(root, "a/b", &dir));
	close(dir);
	assert_int_equal(mode_of("a"), 0700);
	assert_int_equal(mode_of("a/b"), 0700);
	assert_int_equal(mode_of("a/b/c"), 0750);
	umask(mask);
	assert_int_equal(symlinkat("a", root, "lien"), 0);
	assert_non_null(dir_open(root, "lien/d", &dir));
	assert_int_equal(dir, -1);
	assert_false(exists("a/d"));
	touch("fichier");
	assert_non_null(dir_open(root, "fichier/d", &dir));
}

static const struct error *err;
static int number; /* errno after it */

static void folders_prepare(void)
{
	unlinkat(root, "x/y", AT_REMOVEDIR);
	unlinkat(root, "x", AT_REMOVEDIR);
}

static void folders_play(void)
{
	int dir;

	mode_t mask = umask(077);

	err = dir_open_private(root, "x/y", &dir);
	number = errno;
	umask(mask);
	if (dir >= 0)
		close(dir);
	if (err != NULL)
		assert_int_equal(dir, -1);
}

static void folders_check(void)
{
	int dir;

	assert_int_equal(err != NULL, fault.count > 0 && fault.number != 0);
	if (err != NULL) {
		assert_int_equal(err->code, ERR_CANT_WRITE);
		assert_int_equal(number, fault.number);
	} else {
		assert_int_equal(mode_of("x"), 0750);
	}
	assert_null(dir_open_private(root, "x/y", &dir));
	close(dir);
	assert_int_equal(mode_of("x/y"), 0700);
}

static void failing_folders(void **state)
{
	static const struct fault_scene scene = {folders_prepare, folders_play, folders_check};
	static const int numbers[] = {EIO};

	(void)state;
	fault_sweep(&scene, numbers, ARRAY_SIZE(numbers));
}

/* A file of that name, a link too, is replaced; a folder is not. */
static void files(void **state)
{
	char bytes[8] = "";
	int fd;

	(void)state;
	assert_null(file_write_new(root, "f", "un", 2));
	assert_null(file_write_new(root, "f", "deux", 4));
	assert_int_equal(mode_of("f"), 0640);
	touch("ailleurs");
	assert_int_equal(symlinkat("ailleurs", root, "g"), 0);
	assert_null(file_write_new(root, "g", "x", 1));
	fd = openat(root, "f", O_RDONLY);
	assert_int_equal(read(fd, bytes, sizeof(bytes)), 4);
	assert_string_equal(bytes, "deux");
	close(fd);
	fd = openat(root, "ailleurs", O_RDONLY);
	assert_int_equal(read(fd, bytes, sizeof(bytes)), 0);
	close(fd);
	assert_int_equal(mkdirat(root, "d", 0700), 0);
	assert_non_null(file_write_new(root, "d", "x", 1));
	/* Removed by somebody else as we remove it. */
	fault = (struct fault){.call = "unlinkat", .number = ENOENT, .once = true};
	assert_null(file_write_new(root, "f", "x", 1));
	assert_int_equal(fault.count, 1);
	fault = (struct fault){0};
}

static void files_prepare(void)
{
	touch("h");
}

static void files_remove(void)
{
	unlinkat(root, "h", 0);
}

static void files_play(void)
{
	errno = EEXIST; /* of some earlier call */
	err = file_write_new(root, "h", "octets", 6);
	number = errno;
}

static void files_check(void)
{
	assert_int_equal(err != NULL, fault.count > 0 && fault.number != 0);
	if (err != NULL) {
		assert_int_equal(err->code, ERR_CANT_WRITE);
		assert_int_equal(number, fault.number);
	}
	assert_null(file_write_new(root, "h", "octets", 6));
}

static void failing_files(void **state)
{
	static const struct fault_scene scene = {files_prepare, files_play, files_check};
	static const struct fault_scene new_file = {files_remove, files_play, files_check};
	static const int numbers[] = {EIO, ENOSPC};

	(void)state;
	fault_sweep(&scene, numbers, ARRAY_SIZE(numbers));
	fault_sweep(&new_file, numbers, ARRAY_SIZE(numbers));
	/* Some file systems say only at the end that there is no room. */
	fault = (struct fault){.call = "close", .number = EDQUOT};
	files_play();
	fault.over = true;
	files_check();
	assert_int_equal(fault.count, 1);
	fault = (struct fault){0};
}

/* What is there, or is not; a folder with its files, not one that holds folders. */
static void removals(void **state)
{
	(void)state;
	assert_null(tree_remove(root, "absent"));
	touch("f");
	assert_null(tree_remove(root, "f"));
	assert_false(exists("f"));
	assert_int_equal(mkdirat(root, "d", 0700), 0);
	touch("d/.cache");
	touch("d/a");
	assert_null(tree_remove(root, "d"));
	assert_false(exists("d"));
	assert_int_equal(mkdirat(root, "d", 0700), 0);
	assert_null(tree_remove(root, "d"));
	/* Other systems than Linux say so that it is a folder. */
	assert_int_equal(mkdirat(root, "d", 0700), 0);
	fault = (struct fault){.call = "unlinkat", .number = EPERM, .once = true};
	assert_null(tree_remove(root, "d"));
	assert_int_equal(fault.count, 1);
	fault = (struct fault){0};
	assert_int_equal(mkdirat(root, "autre", 0700), 0);
	touch("autre/a");
	assert_int_equal(symlinkat("autre", root, "d"), 0);
	assert_null(tree_remove(root, "d")); /* the link alone */
	assert_true(exists("autre/a"));
	assert_int_equal(mkdirat(root, "autre/dedans", 0700), 0);
	touch("autre/dedans/b");
	assert_int_equal(symlinkat("/etc", root, "autre/dedans/lien"), 0);
	assert_null(tree_remove(root, "autre")); /* with all that it holds, and no link followed */
	assert_false(exists("autre"));
}

static void removal_prepare(void)
{
	mkdirat(root, "d", 0700);
	touch("d/a");
	touch("d/b");
}

static void removal_play(void)
{
	err = tree_remove(root, "d");
}

static void removal_check(void)
{
	if (err != NULL) {
		assert_int_equal(err->code, ERR_CANT_WRITE);
		assert_non_null(strstr(err->message, error_words(fault.number)));
		assert_true(exists("d"));
	} else {
		assert_false(exists("d"));
		assert_true(fault.count == 0 || fault.number != EIO);
	}
	assert_null(tree_remove(root, "d"));
	assert_false(exists("d"));
}

static void failing_removals(void **state)
{
	static const struct fault_scene scene = {removal_prepare, removal_play, removal_check};
	static const int numbers[] = {EIO, EPERM};

	(void)state;
	fault_sweep(&scene, numbers, ARRAY_SIZE(numbers));
}

/* What was half made goes, and the first failure is the one that is said. */
static void giving_up(void **state)
{
	(void)state;
	removal_prepare();
	err = tree_give_up(root, "d", *error_set(ERR_DATA, "la première"));
	assert_int_equal(err->code, ERR_DATA);
	assert_string_equal(err->message, "la première");
	assert_false(exists("d"));
}

#define WITH_ROOT(test) cmocka_unit_test_setup_teardown(test, setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_ROOT(folders),	      WITH_ROOT(failing_folders), WITH_ROOT(files),
	    WITH_ROOT(failing_files), WITH_ROOT(removals),	  WITH_ROOT(failing_removals),
	    WITH_ROOT(giving_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
