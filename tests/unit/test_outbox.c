#include "outbox_fixture.h"

#define FOURNISSEUR "outbox/fournisseurs/logiciels-exemple/"
#define MAILS	    "outbox/mails/"

static struct root root;

static void publish(void)
{
	const struct error *err = outbox_publish(&root);

	if (err != NULL)
		fail_msg("%s", err->message);
}

static int64_t count(const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	int64_t value;

	assert_int_equal(sqlite3_prepare_v2(fixture_db(&root), sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	value = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return value;
}

static int64_t due(void)
{
	return count("SELECT (SELECT count(*) FROM depots WHERE retour_publie = 0)"
		     " + (SELECT count(*) FROM fichiers_asp WHERE retour_publie = 0)"
		     " + (SELECT count(*) FROM mails WHERE publie = 0)");
}

static mode_t mode(const char *path)
{
	struct stat info;

	if (fstatat(root.fd, path, &info, AT_SYMLINK_NOFOLLOW) != 0)
		fail_msg("%s manque", path);
	return info.st_mode;
}

static void assert_rendered(const char *path, void (*render)(struct root *, int64_t, struct buf *),
			    int64_t id)
{
	char *text = fixture_read(&root, path);
	struct buf wanted = {0};

	render(&root, id, &wanted);
	assert_string_equal(text, wanted.data);
	assert_int_equal(mode(path), S_IFREG | 0640);
	buf_free(&wanted);
	free(text);
}

static void everything_due(void **state)
{
	(void)state;
	umask(077); /* as cron may have it */
	publish();
	assert_int_equal(due(), 0);
	assert_int_equal(mode("outbox/fournisseurs/autre"), S_IFDIR | 0750);
	assert_rendered(FOURNISSEUR "dossier.zip_retour.yaml", answer_render, 1);
	assert_rendered(FOURNISSEUR "été \"1\"\xF0\x9F\x98\x80.zip_retour.yaml", answer_render, 2);
	assert_rendered(FOURNISSEUR "copie.zip_retour.yaml", answer_render, 1);
	assert_rendered("outbox/fournisseurs/autre/c.zip_retour.yaml", answer_render, 3);
	assert_rendered("outbox/asp/retours/decisions.csv_retour.csv", retour_asp_render, 1);
	assert_rendered("outbox/asp/retours/banques.csv_retour.csv", retour_asp_render, 2);
	assert_rendered(MAILS "new/20260302.M000000001.segur", mail_render, 1);
	assert_rendered(MAILS "new/20260302.M000000018.segur", mail_render, 18);
}

/* A run killed between the renames and the marks: the next one makes the same files again, in place
 * of its own leftovers and of links that somebody put there. */
static void killed_run_repeats(void **state)
{
	(void)state;
	fixture_sql(&root, "UPDATE depots SET retour_publie = 0; UPDATE mails SET publie = 0");
	assert_int_equal(
	    close(openat(root.fd, FOURNISSEUR ".segur-1.tmp", O_CREAT | O_WRONLY, 0600)), 0);
	assert_int_equal(symlinkat("/etc/passwd", root.fd, MAILS "tmp/.segur-1.tmp"), 0);
	assert_int_equal(unlinkat(root.fd, FOURNISSEUR "dossier.zip_retour.yaml", 0), 0);
	assert_int_equal(
	    symlinkat("../autre/c.zip_retour.yaml", root.fd, FOURNISSEUR "dossier.zip_retour.yaml"),
	    0);
	publish();
	assert_int_equal(due(), 0);
	assert_rendered(FOURNISSEUR "dossier.zip_retour.yaml", answer_render, 1);
	assert_rendered("outbox/fournisseurs/autre/c.zip_retour.yaml", answer_render, 3);
	assert_rendered(MAILS "new/20260302.M000000001.segur", mail_render, 1);
	assert_int_not_equal(
	    faccessat(root.fd, FOURNISSEUR ".segur-1.tmp", F_OK, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_not_equal(
	    faccessat(root.fd, MAILS "tmp/.segur-1.tmp", F_OK, AT_SYMLINK_NOFOLLOW), 0);
}

/* An account's directory that is a link is not entered; nothing of the batch is marked or left
 * behind. */
static void link_not_followed(void **state)
{
	const struct error *err;

	(void)state;
	fixture_sql(&root, "UPDATE depots SET retour_publie = 0, compte = 'lien' WHERE id = 3;"
			   "UPDATE depots SET retour_publie = 0 WHERE id = 2");
	assert_int_equal(symlinkat("../asp/retours", root.fd, "outbox/fournisseurs/lien"), 0);
	err = outbox_publish(&root);
	assert_non_null(err);
	assert_int_equal(err->code, ERR_CANT_WRITE);
	assert_int_equal(due(), 2);
	assert_int_not_equal(faccessat(root.fd, "outbox/asp/retours/c.zip_retour.yaml", F_OK, 0),
			     0);
	assert_int_not_equal(faccessat(root.fd, FOURNISSEUR ".segur-2.tmp", F_OK, 0), 0);
	assert_int_equal(unlinkat(root.fd, "outbox/fournisseurs/lien", 0), 0);
	publish();
	assert_int_equal(due(), 0);
}

static void name_stays_inside(void **state)
{
	static const char *const names[] = {"../x", "a/b", "", ".x", ".."};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		char *sql = mem_printf(
		    "UPDATE fichiers_asp SET retour_publie = 0, retour_nom = '%s' WHERE id = 2",
		    names[i]);

		fixture_sql(&root, sql);
		free(sql);
		assert_non_null(outbox_publish(&root));
		assert_int_equal(due(), 1);
	}
	/* the longest name that there can be */
	fixture_sql(&root,
		    "UPDATE fichiers_asp SET retour_nom = printf('%.255c', 'x') WHERE id = 2");
	publish();
	assert_int_equal(due(), 0);
}

/* More than two batches, with rows of a batch that are marked while the next are selected. */
static void many(void **state)
{
	(void)state;
	fixture_sql(
	    &root,
	    "WITH RECURSIVE n(i) AS (VALUES (1000) UNION ALL SELECT i + 1 FROM n WHERE i < 1599)"
	    "INSERT INTO mails SELECT i, '2026-03-02', 'identifiant', 'a@exemple.fr', 'A', 1,"
	    " 'ENR0001M0', 4, NULL, 'a', 0 FROM n");
	publish();
	assert_int_equal(due(), 0);
	assert_rendered(MAILS "new/20260302.M000001000.segur", mail_render, 1000);
	assert_rendered(MAILS "new/20260302.M000001599.segur", mail_render, 1599);
}

static int setup(void **state)
{
	(void)state;
	fixture_open(&root);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fixture_close(&root);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(everything_due),
	    cmocka_unit_test(killed_run_repeats),
	    cmocka_unit_test(link_not_followed),
	    cmocka_unit_test(name_stays_inside),
	    cmocka_unit_test(many),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
