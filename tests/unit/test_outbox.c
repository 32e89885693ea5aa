#include "lib/array.h"
#include "outbox_fixture.h"
#include "publish/answer.h"
#include "publish/asp_answer.h"
#include "publish/mail.h"
#include "publish/outbox.h"
#include "record/correction.h"

#include "capture.h"

#include <errno.h>

#define SUPPLIER "outbox/fournisseurs/logiciels-exemple/"
#define MAILS	 "outbox/mails/"

/* The program's own renameat is this one: a rename to `wanted` gets `number`, as from a file system
 * that cannot be had in a test; from a temporary beside it when `beside_too`. */
static struct {
	const char *wanted;
	int number;
	bool beside_too;
} refused;

/* A folder that fstat tells to be on a file system of its own, and where it was asked to sync. */
static struct {
	ino_t folder;
	unsigned syncs, syncs_elsewhere;
} apart;

static unsigned renames;

int fstat(int fd, struct stat *info)
{
	int result = fstatat(fd, "", info, AT_EMPTY_PATH);

	if (result == 0 && info->st_ino == apart.folder)
		info->st_dev++;
	return result;
}

int syncfs(int fd)
{
	struct stat info;

	if (fstat(fd, &info) == 0 && info.st_ino == apart.folder)
		apart.syncs++;
	else
		apart.syncs_elsewhere++;
	return 0;
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	struct stat a, b;

	if (fstat(from_dir, &a) == 0 && fstat(to_dir, &b) == 0) {
		if (a.st_dev != b.st_dev) {
			errno = EXDEV;
			return -1;
		}
		if (refused.wanted != NULL && strcmp(to, refused.wanted) == 0 &&
		    (a.st_ino != b.st_ino || refused.beside_too)) {
			errno = refused.number;
			return -1;
		}
	}
	renames++;
	return renameat2(from_dir, from, to_dir, to, 0);
}

static void publish_but(size_t wanted)
{
	struct unpublished left = {SIZE_MAX, SIZE_MAX};
	const struct error *err = outbox_publish(&root, &left);

	if (err != NULL)
		fail_msg("%s", err->message);
	assert_int_equal(left.ours + left.accounts, wanted);
}

static void publish(void)
{
	publish_but(0);
}

static int64_t count(const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	int64_t value;

	assert_int_equal(sqlite3_prepare_v2(fixture_db(&root), sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	value = sqlite3_column_int64(stmt, ONLY_COLUMN);
	sqlite3_finalize(stmt);
	return value;
}

static int64_t due(void)
{
	return count("SELECT (SELECT count(*) FROM depots WHERE retour_publie = 0)"
		     " + (SELECT count(*) FROM corrections WHERE publie = 0)"
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

static void assert_missing(const char *path)
{
	if (faccessat(root.fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		fail_msg("%s est là", path);
}

/* How many rows say that these very bytes were published. */
static int64_t recorded(const struct buf *bytes)
{
	char hex[SHA256_HEX_SIZE], *sql;
	int64_t rows;

	sha256_hex_of(bytes->data, bytes->length, hex);
	sql = mem_printf("SELECT (SELECT count(*) FROM depots WHERE retour_sha256 = '%s')"
			 " + (SELECT count(*) FROM corrections WHERE sha256 = '%s')"
			 " + (SELECT count(*) FROM fichiers_asp WHERE retour_sha256 = '%s')"
			 " + (SELECT count(*) FROM mails WHERE sha256 = '%s')",
			 hex, hex, hex, hex);
	rows = count(sql);
	free(sql);
	return rows;
}

static void assert_rendered(const char *path, void (*render)(struct root *, int64_t, struct buf *),
			    int64_t id)
{
	char *text = fixture_read(&root, path);
	struct buf wanted = {0};

	render(&root, id, &wanted);
	assert_string_equal(text, wanted.data);
	assert_true(recorded(&wanted) > 0);
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
	assert_rendered(SUPPLIER "dossier.zip_retour.yaml", answer_render, 1);
	assert_rendered(SUPPLIER "été \"1\"\xF0\x9F\x98\x80.zip_retour.yaml", answer_render, 2);
	assert_rendered(SUPPLIER "été \"1\"\xF0\x9F\x98\x80.zip_a_corriger.yaml", correction_render,
			2);
	assert_rendered(SUPPLIER "copie.zip_retour.yaml", answer_render, 1);
	assert_rendered("outbox/fournisseurs/autre/c.zip_retour.yaml", answer_render, 3);
	assert_rendered("outbox/asp/retours/decisions.csv_retour.csv", asp_answer_render, 1);
	assert_rendered("outbox/asp/retours/banques.csv_retour.csv", asp_answer_render, 2);
	assert_rendered(MAILS "new/20260302.M000000001.segur", mail_render, 1);
	assert_rendered(MAILS "new/20260302.M000000018.segur", mail_render, 18);
}

/* What is awaited no more leaves its folder; what stands in its way stays due. */
static void taken_back(void **state)
{
	static const char path[] = SUPPLIER "ENR0007M1_modification.yaml";
	static const char where[] = "SELECT publie FROM modifications";

	(void)state;
	fixture_sql(&root, "INSERT INTO modifications (evenement, nom) VALUES"
			   " (9, 'ENR0007M1_modification.yaml')");
	publish();
	assert_int_equal(mode(path), S_IFREG | 0640);
	assert_int_equal(count(where), 1);
	fixture_sql(&root, "UPDATE modifications SET retiree_le = '2026-03-03'");
	assert_int_equal(unlinkat(root.fd, path, 0), 0);
	assert_int_equal(mkdirat(root.fd, path, 0700), 0);
	assert_null(outbox_publish(&root, NULL));
	assert_int_equal(count(where), 1);
	assert_int_equal(unlinkat(root.fd, path, AT_REMOVEDIR), 0);
	assert_int_equal(close(openat(root.fd, path, O_CREAT | O_WRONLY, 0600)), 0);
	publish();
	assert_missing(path);
	assert_int_equal(count(where), 2);
	fixture_sql(&root, "UPDATE modifications SET publie = 1");
	publish();
	assert_int_equal(count(where), 2);
	fixture_sql(&root, "DELETE FROM modifications");
}

/* A run killed between the renames and the marks: the next one makes the same files again, in place
 * of its own leftovers and of links that somebody put there. */
static void killed_run_repeats(void **state)
{
	(void)state;
	fixture_sql(&root, "UPDATE depots SET retour_publie = 0; UPDATE mails SET publie = 0");
	assert_int_equal(
	    close(openat(root.fd, "outbox/.tmp/.segur-1.tmp", O_CREAT | O_WRONLY, 0600)), 0);
	assert_int_equal(symlinkat("/etc/passwd", root.fd, MAILS "tmp/.segur-1.tmp"), 0);
	assert_int_equal(unlinkat(root.fd, SUPPLIER "dossier.zip_retour.yaml", 0), 0);
	assert_int_equal(
	    symlinkat("../autre/c.zip_retour.yaml", root.fd, SUPPLIER "dossier.zip_retour.yaml"),
	    0);
	publish();
	assert_int_equal(due(), 0);
	assert_rendered(SUPPLIER "dossier.zip_retour.yaml", answer_render, 1);
	assert_rendered("outbox/fournisseurs/autre/c.zip_retour.yaml", answer_render, 3);
	assert_rendered(MAILS "new/20260302.M000000001.segur", mail_render, 1);
	assert_missing("outbox/.tmp/.segur-1.tmp");
	assert_missing(MAILS "tmp/.segur-1.tmp");
}

/* Killed while mails were handed over: the relay may have taken those that had their names, and
 * gets none of them again; those whose temporary is left have not gone. */
static void handed_over_once(void **state)
{
	static const char *const beside[] = {MAILS "tmp/.segur-2.tmp", MAILS "new/.segur-2.tmp"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(beside); i++) {
		fixture_sql(&root, "UPDATE mails SET publie = 2 WHERE id IN (1, 2)");
		for (int id = 1; id <= 2; id++) {
			char *name = mem_printf(MAILS "new/20260302.M%09d.segur", id);

			assert_int_equal(unlinkat(root.fd, name, 0), 0);
			free(name);
		}
		assert_int_equal(close(openat(root.fd, beside[i], O_CREAT | O_WRONLY, 0600)), 0);
		publish();
		assert_int_equal(count("SELECT count(*) FROM mails WHERE publie <> 1"), 0);
		assert_missing(MAILS "new/20260302.M000000001.segur");
		assert_rendered(MAILS "new/20260302.M000000002.segur", mail_render, 2);
		/* as it was for the next case */
		unlinkat(root.fd, beside[i], 0);
		fixture_sql(&root, "UPDATE mails SET publie = 0 WHERE id = 1");
		publish();
	}
}

/* A mail that cannot have its name is due again, and its temporary is not left. */
static void handing_over_fails(void **state)
{
	(void)state;
	fixture_sql(&root, "UPDATE mails SET publie = 0 WHERE id = 2");
	refused.wanted = "20260302.M000000002.segur";
	refused.number = EACCES;
	refused.beside_too = true;
	publish_but(1);
	assert_int_equal(count("SELECT publie FROM mails WHERE id = 2"), 0);
	assert_missing(MAILS "tmp/.segur-2.tmp");
	refused.number = EIO; /* stops everything: the next run finds it by its temporary */
	assert_non_null(outbox_publish(&root, NULL));
	assert_int_equal(count("SELECT publie FROM mails WHERE id = 2"), 2);
	refused.wanted = NULL;
	publish();
	assert_int_equal(count("SELECT publie FROM mails WHERE id = 2"), 1);
	assert_rendered(MAILS "new/20260302.M000000002.segur", mail_render, 2);
	assert_missing(MAILS "tmp/.segur-2.tmp");
}

/* An account's folder that is a link is not entered; the others' answers go out. */
static void link_not_followed(void **state)
{
	(void)state;
	fixture_sql(&root, "UPDATE depots SET retour_publie = 0, compte = 'lien' WHERE id = 3;"
			   "UPDATE depots SET retour_publie = 0 WHERE id IN (2, 4)");
	assert_int_equal(unlinkat(root.fd, SUPPLIER "copie.zip_retour.yaml", 0), 0);
	assert_int_equal(symlinkat("../asp/retours", root.fd, "outbox/fournisseurs/lien"), 0);
	publish_but(1);
	assert_int_equal(due(), 1);
	assert_rendered(SUPPLIER "copie.zip_retour.yaml", answer_render, 4);
	assert_missing("outbox/asp/retours/c.zip_retour.yaml");
	assert_int_equal(unlinkat(root.fd, "outbox/fournisseurs/lien", 0), 0);
	publish();
	assert_int_equal(due(), 0);
}

/* What stands in the way of one output of each kind keeps back that one alone. */
static void only_those_in_the_way(void **state)
{
	static const char *const in_the_way[] = {
	    SUPPLIER "dossier.zip_retour.yaml", /* its name is a folder's */
	    "outbox/.tmp/.segur-3.tmp",		/* so is its temporary's */
	    "outbox/asp/retours/banques.csv_retour.csv",
	    MAILS "new/20260302.M000000002.segur",
	};

	(void)state;
	fixture_sql(&root, "UPDATE depots SET retour_publie = 0; UPDATE mails SET publie = 0;"
			   "UPDATE fichiers_asp SET retour_publie = 0, retour_nom = 'r' || id");
	fixture_sql(&root, "UPDATE fichiers_asp SET retour_nom = 'banques.csv_retour.csv' "
			   "WHERE id = 2");
	for (size_t i = 0; i < ARRAY_SIZE(in_the_way); i++) {
		unlinkat(root.fd, in_the_way[i], 0);
		assert_int_equal(mkdirat(root.fd, in_the_way[i], 0700), 0);
	}
	for (int night = 0; night < 2; night++) {
		publish_but(ARRAY_SIZE(in_the_way));
		assert_int_equal(due(), ARRAY_SIZE(in_the_way));
		assert_int_equal(count("SELECT retour_publie FROM depots WHERE id = 1"), 0);
		assert_int_equal(count("SELECT retour_publie FROM depots WHERE id = 3"), 0);
		assert_int_equal(count("SELECT publie FROM mails WHERE id = 2"), 0);
		assert_missing("outbox/.tmp/.segur-1.tmp");
	}
	for (size_t i = 0; i < ARRAY_SIZE(in_the_way); i++)
		assert_int_equal(unlinkat(root.fd, in_the_way[i], AT_REMOVEDIR), 0);
	publish();
	assert_int_equal(due(), 0);
	assert_rendered(SUPPLIER "dossier.zip_retour.yaml", answer_render, 1);
	assert_rendered(MAILS "new/20260302.M000000002.segur", mail_render, 2);
}

/* A failure of one supplier's folder, and of the disk that all share. */
static void refusals(void **state)
{
	static const struct {
		int number;
		bool refused, stops;
	} cases[] = {
	    {EACCES, true, false},  {EXDEV, true, false},  {EIO, true, false},
	    {EROFS, true, false},   {ESTALE, true, false}, {ENOTCONN, true, false},
	    {EDQUOT, false, false}, {ENOSPC, false, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct unpublished left = {SIZE_MAX, SIZE_MAX};
		const struct error *err;

		fixture_sql(&root, "UPDATE depots SET retour_publie = 0;"
				   "UPDATE mails SET publie = id <> 1");
		refused.wanted = "c.zip_retour.yaml";
		refused.number = cases[i].number;
		refused.beside_too = true;
		err = outbox_publish(&root, &left);
		assert_int_equal(err != NULL, cases[i].stops);
		assert_int_equal(left.accounts, cases[i].refused);
		assert_int_equal(left.ours, !cases[i].stops && !cases[i].refused);
		if (err != NULL)
			assert_int_equal(err->code, ERR_CANT_WRITE);
		assert_int_equal(count("SELECT publie FROM mails WHERE id = 1"), !cases[i].stops);
		assert_missing("outbox/.tmp/.segur-3.tmp");
		assert_missing("outbox/fournisseurs/lien/.segur-3.tmp");
		refused.wanted = NULL;
		publish();
		assert_int_equal(due(), 0);
	}
}

/* A supplier's folder that a rename does not reach, though it looks as if it were on the same
 * file system: the temporary is then beside the file. The others go out once. */
static void out_of_reach(void **state)
{
	(void)state;
	fixture_sql(&root, "UPDATE depots SET retour_publie = 0");
	assert_int_equal(unlinkat(root.fd, "outbox/fournisseurs/lien/c.zip_retour.yaml", 0), 0);
	refused.wanted = "c.zip_retour.yaml";
	refused.number = EXDEV;
	refused.beside_too = false;
	renames = 0;
	publish();
	assert_int_equal(renames, count("SELECT count(*) FROM depots"));
	assert_int_equal(due(), 0);
	assert_rendered("outbox/fournisseurs/lien/c.zip_retour.yaml", answer_render, 3);
	assert_missing("outbox/.tmp/.segur-3.tmp");
	assert_missing("outbox/fournisseurs/lien/.segur-3.tmp");
	/* Its folder is opened once and closed, as descriptor 0 too. */
	fixture_sql(&root, "UPDATE depots SET retour_publie = 0 WHERE id = 3");
	close(STDIN_FILENO);
	publish();
	refused.wanted = NULL;
	assert_int_equal(open("/dev/null", O_RDONLY), STDIN_FILENO);
	assert_int_equal(due(), 0);
}

/* A folder on a file system of its own: the temporaries are beside the files from the start, as a
 * mail that is being handed over cannot be written anew. Each of the file systems is synced. */
static void another_file_system(void **state)
{
	static const struct {
		const char *folder, *due;
		unsigned syncs_elsewhere;
	} cases[] = {{SUPPLIER, "UPDATE depots SET retour_publie = 0", 2},
		     {MAILS "new", "UPDATE mails SET publie = 0 WHERE id IN (1, 2)", 0}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct stat info;

		assert_int_equal(fstatat(root.fd, cases[i].folder, &info, 0), 0);
		memset(&apart, 0, sizeof(apart));
		apart.folder = info.st_ino;
		fixture_sql(&root, cases[i].due);
		publish();
		assert_int_equal(due(), 0);
		assert_int_equal(apart.syncs, 2);
		assert_int_equal(apart.syncs_elsewhere, cases[i].syncs_elsewhere);
	}
	apart.folder = 0;
	assert_rendered(SUPPLIER "dossier.zip_retour.yaml", answer_render, 1);
	assert_rendered(MAILS "new/20260302.M000000002.segur", mail_render, 2);
	assert_missing(SUPPLIER ".segur-1.tmp");
	assert_missing(MAILS "new/.segur-2.tmp");
}

/* Suppliers cannot look at temporaries; when there is no place for them, they are beside. */
static void place_of_temporaries(void **state)
{
	(void)state;
	assert_int_equal(mode("outbox/.tmp"), S_IFDIR | 0700);
	assert_int_equal(unlinkat(root.fd, "outbox/.tmp", AT_REMOVEDIR), 0);
	publish(); /* nothing is due: nothing is made */
	assert_missing("outbox/.tmp");
	assert_int_equal(symlinkat("/tmp", root.fd, "outbox/.tmp"), 0);
	fixture_sql(&root, "UPDATE depots SET retour_publie = 0");
	publish();
	assert_int_equal(due(), 0);
	assert_rendered(SUPPLIER "dossier.zip_retour.yaml", answer_render, 1);
	assert_missing(SUPPLIER ".segur-1.tmp");
	assert_int_equal(unlinkat(root.fd, "outbox/.tmp", 0), 0);
}

/* A name that would lead elsewhere is told, and keeps back its own output alone. */
static void name_stays_inside(void **state)
{
	static const char *const names[] = {"../x", "a/b", "", ".x", ".."};

	(void)state;
	assert_int_equal(mkdirat(root.fd, "outbox/asp/retours/a", 0700), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char *sql = mem_printf(
		    "UPDATE fichiers_asp SET retour_publie = 0, retour_nom = '%s' WHERE id = 1;"
		    "UPDATE fichiers_asp SET retour_publie = 0 WHERE id = 2",
		    names[i]);
		char *said;

		fixture_sql(&root, sql);
		free(sql);
		capture_begin(stderr);
		publish_but(1);
		said = capture_end();
		assert_non_null(strstr(said, "nom de sortie inattendu"));
		free(said);
		assert_int_equal(due(), 1);
		assert_int_equal(count("SELECT retour_publie FROM fichiers_asp WHERE id = 2"), 1);
	}
	assert_int_equal(unlinkat(root.fd, "outbox/asp/retours/a", AT_REMOVEDIR), 0);
	/* the longest name that there can be */
	fixture_sql(&root,
		    "UPDATE fichiers_asp SET retour_nom = printf('%.255c', 'x') WHERE id = 1");
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
	    " 'ENR0001M0', 4, NULL, 'a', 0, NULL FROM n");
	/* a whole batch that cannot be written: the cursor goes past it */
	assert_int_equal(renameat2(root.fd, MAILS "new", root.fd, MAILS "ailleurs", 0), 0);
	assert_int_equal(symlinkat("ailleurs", root.fd, MAILS "new"), 0);
	publish_but(600);
	assert_int_equal(due(), 600);
	assert_int_equal(unlinkat(root.fd, MAILS "new", 0), 0);
	assert_int_equal(renameat2(root.fd, MAILS "ailleurs", root.fd, MAILS "new", 0), 0);
	publish();
	assert_int_equal(due(), 0);
	assert_rendered(MAILS "new/20260302.M000001000.segur", mail_render, 1000);
	assert_rendered(MAILS "new/20260302.M000001599.segur", mail_render, 1599);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(everything_due),
	    cmocka_unit_test(taken_back),
	    cmocka_unit_test(killed_run_repeats),
	    cmocka_unit_test(handed_over_once),
	    cmocka_unit_test(handing_over_fails),
	    cmocka_unit_test(link_not_followed),
	    cmocka_unit_test(only_those_in_the_way),
	    cmocka_unit_test(refusals),
	    cmocka_unit_test(out_of_reach),
	    cmocka_unit_test(another_file_system),
	    cmocka_unit_test(place_of_temporaries),
	    cmocka_unit_test(name_stays_inside),
	    cmocka_unit_test(many),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
