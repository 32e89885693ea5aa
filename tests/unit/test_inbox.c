#include "inbox_fixture.h"
#include "lib/array.h"

#include "capture.h"

static void whole_names(void **state)
{
	static const struct {
		const char *name;
		bool taken;
	} cases[] = {
	    {"a.zip", true},	     {"partie", true},	       {"a.part.zip", true},
	    {"part", true},	     {"sans extension", true}, {"a.tmpx", true},
	    {"a.part", false},	     {"A.PART", false},	       {"a.zip.filepart", false},
	    {"a.FilePart", false},   {"x.tmp", false},	       {"X.Tmp", false},
	    {".tmp", false},	     {".a.zip", false},	       {"..a", false},
	    {".segur-12", false},    {"a.zip.partial", false}, {"a.CrDownload", false},
	    {"a.partial.zip", true},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char path[80];

		snprintf(path, sizeof(path), "inbox/alpha/%s", cases[i].name);
		drop_file(fixture, path, "x");
		snprintf(path, sizeof(path), "alpha/%s", cases[i].name);
		expect_scan(fixture, INBOX_SUPPLIERS, INBOX_BY_TIME, cases[i].taken ? path : "");
		snprintf(path, sizeof(path), "inbox/alpha/%s", cases[i].name);
		assert_int_equal(unlinkat(fixture->root.fd, path, 0), 0);
	}
}

static void whole_files(void **state)
{
	struct fixture *fixture = *state;
	int fd;

	drop_file(fixture, "inbox/alpha/a.zip", "x");
	fixture->root.conf.stabilite_s = 86400; /* changed a moment ago */
	expect_scan(fixture, INBOX_SUPPLIERS, INBOX_BY_TIME, "");
	fixture->root.conf.stabilite_s = 0;
	expect_scan(fixture, INBOX_SUPPLIERS, INBOX_BY_TIME, "alpha/a.zip");
	fd = openat(fixture->root.fd, "inbox/alpha/a.zip", O_WRONLY | O_CLOEXEC);
	expect_scan(fixture, INBOX_SUPPLIERS, INBOX_BY_TIME, ""); /* still being sent */
	close(fd);
	fd = openat(fixture->root.fd, "inbox/alpha/a.zip", O_RDONLY | O_CLOEXEC);
	expect_scan(fixture, INBOX_SUPPLIERS, INBOX_BY_TIME,
		    "alpha/a.zip"); /* reading does no harm */
	close(fd);
}

static void kinds_of_drops(void **state)
{
	struct fixture *fixture = *state;
	struct drops drops;

	drop_file(fixture, "inbox/alpha/a.zip", "12345");
	assert_int_equal(symlinkat("a.zip", fixture->root.fd, "inbox/alpha/lien"), 0);
	assert_int_equal(mkfifoat(fixture->root.fd, "inbox/alpha/tube", 0600), 0);
	assert_int_equal(mkdirat(fixture->root.fd, "inbox/alpha/dossier", 0700), 0);
	assert_null(inbox_scan(&fixture->root, INBOX_SUPPLIERS, INBOX_BY_NAME, &drops));
	assert_int_equal(drops.count, 4);
	for (size_t i = 0; i < drops.count; i++) {
		const struct drop *drop = &drops.items[i];
		int fd = inbox_open(&fixture->root, drop);

		assert_int_equal(drop->regular, strcmp(drop->name, "a.zip") == 0);
		assert_int_equal(fd >= 0, drop->regular);
		assert_true(strlen(drop->source) > 3 && drop->received_ns > 0);
		if (fd >= 0) {
			assert_int_equal(drop->size, 5);
			close(fd);
		}
		/* What is no file is answered, and left alone. */
		if (!drop->regular)
			assert_true(
			    inbox_release(&fixture->root, "alpha", drop->archive, drop->source));
	}
	drops_free(&drops);
	assert_true(exists(fixture, "inbox/alpha/lien") && exists(fixture, "inbox/alpha/tube") &&
		    exists(fixture, "inbox/alpha/dossier") && exists(fixture, "inbox/alpha/a.zip"));
}

static void orders(void **state)
{
	struct fixture *fixture = *state;

	drop_file(fixture, "inbox/beta/m.zip", "1");
	drop_file(fixture, "inbox/alpha/z.zip", "2");
	drop_file(fixture, "inbox/asp/acces.csv", "3");
	drop_file(fixture, "inbox/alpha/B.zip", "4");
	drop_file(fixture, "inbox/beta/a.zip", "5");
	expect_scan(fixture, INBOX_SUPPLIERS, INBOX_BY_TIME,
		    "beta/m.zip alpha/z.zip alpha/B.zip beta/a.zip");
	expect_scan(fixture, INBOX_SUPPLIERS, INBOX_BY_NAME,
		    "alpha/B.zip beta/a.zip beta/m.zip alpha/z.zip");
	expect_scan(fixture, INBOX_ASP, INBOX_BY_TIME, "asp/acces.csv");
	/* A file that changes is received again. */
	assert_int_equal(fchmodat(fixture->root.fd, "inbox/beta/m.zip", 0640, 0), 0);
	drop_file(fixture, "inbox/beta/n.zip", "6");
	expect_scan(fixture, INBOX_SUPPLIERS, INBOX_BY_TIME,
		    "alpha/z.zip alpha/B.zip beta/a.zip beta/m.zip beta/n.zip");
}

/* Links to one file came at one instant: then by name, then by account. */
static void ties(void **state)
{
	static const char *const names[] = {"inbox/beta/c",  "inbox/beta/a",  "inbox/alpha/c",
					    "inbox/alpha/é", "inbox/alpha/b", "inbox/beta/B"};
	struct fixture *fixture = *state;
	const int fd = fixture->root.fd;

	drop_file(fixture, "source", "x");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_int_equal(linkat(fd, "source", fd, names[i], 0), 0);
	for (int by_name = 0; by_name < 2; by_name++)
		expect_scan(fixture, false, by_name,
			    "beta/B beta/a alpha/b alpha/c beta/c alpha/é");
}

static void accounts(void **state)
{
	static const struct {
		const char *name;
		bool valid;
	} cases[] = {
	    {"ab", true},
	    {"a1-", true},
	    {"zz", true},
	    {"logiciels-exemple-2", true},
	    {"abcdefghijabcdefghijabcdefghij32", true},
	    {"abcdefghijabcdefghijabcdefghij333", false},
	    {"a", false},
	    {"1a", false},
	    {"-a", false},
	    {"Ab", false},
	    {"aB", false},
	    {"a_b", false},
	    {"a b", false},
	    {"a.b", false},
	    {"aé", false},
	    {".cache", false},
	};
	struct fixture *fixture = *state;
	char *said;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char path[64], wanted[64];

		snprintf(path, sizeof(path), "inbox/%s", cases[i].name);
		assert_int_equal(mkdirat(fixture->root.fd, path, 0700), 0);
		snprintf(path, sizeof(path), "inbox/%s/x", cases[i].name);
		drop_file(fixture, path, "x");
		snprintf(wanted, sizeof(wanted), "%s/x", cases[i].name);
		expect_scan(fixture, INBOX_SUPPLIERS, INBOX_BY_NAME, cases[i].valid ? wanted : "");
		assert_int_equal(unlinkat(fixture->root.fd, path, 0), 0);
	}
	/* The ASP's folder is no account, nor is a file, which is said. */
	drop_file(fixture, "inbox/asp/x", "x");
	drop_file(fixture, "inbox/fichier", "x");
	capture_begin(stderr);
	expect_scan(fixture, INBOX_SUPPLIERS, INBOX_BY_NAME, "");
	said = capture_end();
	assert_non_null(strstr(said,
			       "inbox/fichier : un élément du chemin n'est pas un répertoire ; "
			       "aucun autre compte n'attend\n"));
	free(said);
	expect_scan(fixture, INBOX_ASP, INBOX_BY_NAME, "asp/x");
}

/* Something odd beside the accounts must not keep the others from being answered. */
static void odd_neighbours(void **state)
{
	struct fixture *fixture = *state;

	drop_file(fixture, "inbox/alpha/x", "x");
	assert_int_equal(symlinkat("alpha", fixture->root.fd, "inbox/lien"), 0);
	assert_int_equal(mkfifoat(fixture->root.fd, "inbox/tube", 0600), 0);
	expect_scan(fixture, INBOX_SUPPLIERS, INBOX_BY_NAME, "alpha/x");
}

static void missing_inbox(void **state)
{
	struct fixture *fixture = *state;
	struct drops drops;
	const struct error *err;

	assert_int_equal(renameat(fixture->root.fd, "inbox", fixture->root.fd, "ailleurs"), 0);
	for (int part = 0; part < 2; part++) {
		err = inbox_scan(&fixture->root, (enum inbox_part)part, INBOX_BY_TIME, &drops);
		assert_non_null(err);
		assert_int_equal(err->code, ERR_FAULT);
		drops_free(&drops);
	}
}

static void shown_names(void **state)
{
	static const struct {
		const char *raw, *shown;
	} cases[] = {
	    {"simple.zip", "simple.zip"},
	    {"été 2 & (b).zip", "été 2 & (b).zip"},
	    {"100%.zip", "100%.zip"},
	    {"%41.zip", "%2541.zip"},
	    {"a%", "a%"},
	    {"a\nb\tc\x1b[1m\x7f", "a%0Ab%09c%1B[1m%7F"},
	    {"\x01", "%01"},
	    {"caf\xe9.zip", "caf%E9.zip"},
	    {"é\xff", "%C3%A9%FF"}, /* not UTF-8 as a whole */
	    {"\xc3", "%C3"},
	    {"\xc2\x41", "%C2A"},
	    {"\xc2\x80\xc2\x9f\xc2\xa0", "%C2%80%C2%9F\xc2\xa0"}, /* C1 controls, not the space */
	    {"\xc3\x82\xc3\x80", "\xc3\x82\xc3\x80"},		  /* bytes alike, but letters */
	    {"\xe2\x82\x82", "\xe2\x82\x82"},
	    {"😀", "😀"},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *path = mem_printf("inbox/alpha/%s", cases[i].raw), *raw;
		struct drops drops;
		struct drop drop;
		int fd;

		drop_file(fixture, path, "x");
		drop = find(fixture, cases[i].shown, &drops);
		assert_string_equal(drop.name, cases[i].raw);
		/* Nearly all names are shown as they are: one copy serves both. */
		assert_int_equal(drop.archive == drop.name,
				 strcmp(cases[i].raw, cases[i].shown) == 0);
		raw = inbox_raw_name(drop.archive);
		assert_string_equal(raw, cases[i].raw);
		free(raw);
		fd = inbox_open(&fixture->root, &drop);
		assert_true(fd >= 0);
		close(fd);
		assert_true(inbox_release(&fixture->root, "alpha", drop.archive, drop.source));
		assert_false(exists(fixture, path));
		drops_free(&drops);
		free(path);
	}
}

/* Every byte that a name can hold, and digits that only look like an encoding. */
static void names_round_trip(void **state)
{
	static const struct {
		const char *archive, *raw;
	} cases[] = {
	    {"", ""},	      {"%", "%"},      {"%2", "%2"},   {"%zz", "%zz"},
	    {"%2g", "%2g"},   {"%C3%A9", "é"}, {"%c3", "%c3"}, {"%25 41", "% 41"},
	    {"%2541", "%41"}, {"%+1", "%+1"},  {"% 1", "% 1"}, {"%0x", "%0x"},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *raw = inbox_raw_name(cases[i].archive);

		assert_string_equal(raw, cases[i].raw);
		free(raw);
	}
	for (unsigned byte = 1; byte < 256; byte++) {
		char name[] = {'a', (char)byte, '4', '1', '\0'}, path[32], *raw;
		struct drops drops;

		if (byte == '/')
			continue;
		snprintf(path, sizeof(path), "inbox/alpha/%s", name);
		drop_file(fixture, path, "x");
		assert_null(inbox_scan(&fixture->root, INBOX_SUPPLIERS, INBOX_BY_NAME, &drops));
		assert_int_equal(drops.count, 1);
		for (const char *c = drops.items[0].archive; *c != '\0'; c++)
			assert_true((unsigned char)*c >= 0x20 && (unsigned char)*c < 0x7f);
		raw = inbox_raw_name(drops.items[0].archive);
		assert_string_equal(raw, name);
		free(raw);
		drops_free(&drops);
		unlinkat(fixture->root.fd, path, 0);
	}
}

enum replacement {
	NEW_FILE,
	REWRITTEN,
	REMOVED,
	LINK,
	PIPE,
	FOLDER,
	REPLACEMENT_COUNT,
};

static void replace_drop(struct fixture *fixture, enum replacement how)
{
	const int root = fixture->root.fd;
	struct stat before;

	assert_int_equal(fstatat(root, "inbox/alpha/a.zip", &before, 0), 0);
	if (how == REWRITTEN) { /* in place: the same inode */
		int fd = openat(root, "inbox/alpha/a.zip", O_WRONLY | O_CLOEXEC);

		assert_int_equal(write(fd, "y", 1), 1);
		close(fd);
		settle(root, "inbox/alpha/a.zip", &before.st_ctim);
		return;
	}
	/* The old file is kept elsewhere, so that its inode's number is not used again at once. */
	assert_int_equal(renameat(root, "inbox/alpha/a.zip", root, "ancien"), 0);
	if (how == NEW_FILE)
		drop_file(fixture, "inbox/alpha/a.zip", "x");
	else if (how == LINK) /* to the very bytes that were answered */
		assert_int_equal(symlinkat("../../ancien", root, "inbox/alpha/a.zip"), 0);
	else if (how == PIPE)
		assert_int_equal(mkfifoat(root, "inbox/alpha/a.zip", 0600), 0);
	else if (how == FOLDER)
		assert_int_equal(mkdirat(root, "inbox/alpha/a.zip", 0700), 0);
}

/* Between scan and opening, and between answer and release, a supplier may do anything. */
static void replaced_files(void **state)
{
	struct fixture *fixture = *state;

	for (enum replacement how = NEW_FILE; how < REPLACEMENT_COUNT; how++) {
		struct drops drops;
		struct drop drop;
		int fd;

		drop_file(fixture, "inbox/alpha/a.zip", "x");
		drop = find(fixture, "a.zip", &drops);
		fd = inbox_open(&fixture->root, &drop);
		assert_true(fd >= 0);
		close(fd);
		replace_drop(fixture, how);
		assert_int_equal(inbox_open(&fixture->root, &drop), -1);
		assert_true(inbox_release(&fixture->root, "alpha", "a.zip", drop.source));
		assert_int_equal(exists(fixture, "inbox/alpha/a.zip"), how != REMOVED);
		drops_free(&drops);
		unlinkat(fixture->root.fd, "inbox/alpha/a.zip", how == FOLDER ? AT_REMOVEDIR : 0);
		unlinkat(fixture->root.fd, "ancien", 0);
	}
}

static void release_removes_one(void **state)
{
	struct fixture *fixture = *state;
	struct drops drops;
	struct drop drop;

	drop_file(fixture, "inbox/alpha/a.zip", "x");
	drop_file(fixture, "inbox/alpha/b.zip", "x");
	drop_file(fixture, "inbox/beta/a.zip", "x");
	drop = find(fixture, "b.zip", &drops);
	assert_true(inbox_release(&fixture->root, "alpha", "a.zip", drop.source)); /* another's */
	expect_scan(fixture, INBOX_SUPPLIERS, INBOX_BY_NAME, "alpha/a.zip beta/a.zip alpha/b.zip");
	assert_true(inbox_release(&fixture->root, "alpha", "b.zip", drop.source));
	expect_scan(fixture, INBOX_SUPPLIERS, INBOX_BY_NAME, "alpha/a.zip beta/a.zip");
	assert_true(inbox_release(&fixture->root, "alpha", "b.zip", drop.source)); /* again */
	assert_true(inbox_release(&fixture->root, "gamma", "b.zip", drop.source));
	expect_scan(fixture, INBOX_SUPPLIERS, INBOX_BY_NAME, "alpha/a.zip beta/a.zip");
	drops_free(&drops);
}

/* Killed after the renaming: the answered file is gone from sight, and goes at the next release,
 * whatever has come under its name since. */
static void release_killed_half_way(void **state)
{
	struct fixture *fixture = *state;

	for (int newer = 0; newer < 2; newer++) {
		struct drops drops;
		struct drop drop;
		char hidden[80];

		drop_file(fixture, "inbox/alpha/a.zip", "old");
		drop = find(fixture, "a.zip", &drops);
		snprintf(hidden, sizeof(hidden), "inbox/alpha/.segur-%.*s",
			 (int)strcspn(drop.source, "-"), drop.source);
		assert_int_equal(
		    renameat(fixture->root.fd, "inbox/alpha/a.zip", fixture->root.fd, hidden), 0);
		expect_scan(fixture, INBOX_SUPPLIERS, INBOX_BY_NAME, "");
		if (newer)
			drop_file(fixture, "inbox/alpha/a.zip", "new");
		assert_true(inbox_release(&fixture->root, "alpha", "a.zip", drop.source));
		assert_false(exists(fixture, hidden));
		assert_int_equal(exists(fixture, "inbox/alpha/a.zip"), newer);
		drops_free(&drops);
	}
}

/* Killed after another file was caught under the private name: it is not the one that was answered,
 * and has its name back. */
static void another_caught_half_way(void **state)
{
	struct fixture *fixture = *state;
	struct drops drops;
	struct drop drop;
	char hidden[80];

	drop_file(fixture, "inbox/alpha/a.zip", "old");
	drop = find(fixture, "a.zip", &drops);
	snprintf(hidden, sizeof(hidden), "inbox/alpha/.segur-%.*s", (int)strcspn(drop.source, "-"),
		 drop.source);
	drop_file(fixture, hidden, "new");
	assert_int_equal(
	    renameat(fixture->root.fd, "inbox/alpha/a.zip", fixture->root.fd, "ancien"), 0);
	assert_true(inbox_release(&fixture->root, "alpha", "a.zip", drop.source));
	assert_false(exists(fixture, hidden));
	assert_true(exists(fixture, "inbox/alpha/a.zip"));
	assert_int_equal(unlinkat(fixture->root.fd, "ancien", 0), 0);
	drops_free(&drops);
}

/* A file that cannot be removed would be answered every night: that is said. */
static void release_that_fails(void **state)
{
	struct fixture *fixture = *state;
	struct drops drops;
	struct drop drop;
	char hidden[80];

	drop_file(fixture, "inbox/alpha/a.zip", "x");
	drop = find(fixture, "a.zip", &drops);
	snprintf(hidden, sizeof(hidden), "inbox/alpha/.segur-%.*s", (int)strcspn(drop.source, "-"),
		 drop.source);
	assert_int_equal(mkdirat(fixture->root.fd, hidden, 0700),
			 0); /* in the way of the renaming */
	assert_false(inbox_release(&fixture->root, "alpha", "a.zip", drop.source));
	assert_true(exists(fixture, "inbox/alpha/a.zip"));
	drops_free(&drops);
}

#define WITH_INBOX(test) cmocka_unit_test_setup_teardown(test, inbox_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_INBOX(whole_names),
	    WITH_INBOX(whole_files),
	    WITH_INBOX(kinds_of_drops),
	    WITH_INBOX(orders),
	    WITH_INBOX(ties),
	    WITH_INBOX(accounts),
	    WITH_INBOX(odd_neighbours),
	    WITH_INBOX(missing_inbox),
	    WITH_INBOX(shown_names),
	    WITH_INBOX(names_round_trip),
	    WITH_INBOX(replaced_files),
	    WITH_INBOX(release_removes_one),
	    WITH_INBOX(release_killed_half_way),
	    WITH_INBOX(another_caught_half_way),
	    WITH_INBOX(release_that_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
