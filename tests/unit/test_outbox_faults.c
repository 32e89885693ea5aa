/* Whatever the system refuses while outputs are published: it is said, what did not go out is due
 * still, the next run gives it, and no mail goes twice. */
#include "lib/array.h"
#include "outbox_fixture.h"

#include "faults.h"
#include "publish/answer.h"
#include "publish/asp_answer.h"
#include "publish/mail.h"
#include "publish/outbox.h"
#include "record/correction.h"

#define SUPPLIER   "outbox/fournisseurs/logiciels-exemple/"
#define MAILS	   "outbox/mails/"
#define CORRECTION SUPPLIER "été \"1\"\xF0\x9F\x98\x80.zip_a_corriger.yaml"

static struct root root;
static const struct error *err;
static size_t failed, refused;

/* One output of each kind, in folders that are neighbours and in others. */
static const struct output {
	const char *path;
	void (*render)(struct root *root, int64_t id, struct buf *out);
	int64_t id;
} outputs[] = {
    {SUPPLIER "dossier.zip_retour.yaml", answer_render, 1},
    {"outbox/fournisseurs/neuf/c.zip_retour.yaml", answer_render, 3},
    {CORRECTION, correction_render, 2},
    {"outbox/fournisseurs/neuf/c.zip_a_corriger.yaml", correction_render, 3},
    {"outbox/asp/retours/decisions.csv_retour.csv", asp_answer_render, 1},
    {MAILS "new/20260302.M000000001.segur", mail_render, 1},
    {MAILS "new/20260302.M000000002.segur", mail_render, 2},
    {MAILS "new/20260302.M000000003.segur", mail_render, 3},
};

static const char *const temporaries[] = {
    "outbox/.tmp/.segur-1.tmp",
    "outbox/.tmp/.segur-2.tmp",
    "outbox/.tmp/.segur-3.tmp",
    MAILS "tmp/.segur-1.tmp",
    MAILS "tmp/.segur-2.tmp",
    MAILS "tmp/.segur-3.tmp",
    MAILS "new/.segur-1.tmp",
    SUPPLIER ".segur-1.tmp",
    SUPPLIER ".segur-2.tmp",
    "outbox/asp/retours/.segur-1.tmp",
    "outbox/fournisseurs/neuf/.segur-3.tmp",
};

static bool exists(const char *path)
{
	return faccessat(root.fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int64_t due(void)
{
	static const char sql[] = "SELECT (SELECT count(*) FROM depots WHERE retour_publie <> 1)"
				  " + (SELECT count(*) FROM corrections WHERE publie <> 1)"
				  " + (SELECT count(*) FROM fichiers_asp WHERE retour_publie <> 1)"
				  " + (SELECT count(*) FROM mails WHERE publie <> 1)";
	sqlite3_stmt *stmt = NULL;
	int64_t value;

	assert_int_equal(sqlite3_prepare_v2(fixture_db(&root), sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	value = sqlite3_column_int64(stmt, ONLY_COLUMN);
	sqlite3_finalize(stmt);
	return value;
}

/* A run was stopped while it handed over mails 2 and 3: 2 has not gone, as its temporary is there;
 * 3 has, and the relay took it. */
static void prepare(void)
{
	fixture_sql(&root, "UPDATE depots SET retour_publie = id NOT IN (1, 3);"
			   "UPDATE corrections SET publie = 0;"
			   "UPDATE fichiers_asp SET retour_publie = id <> 1;"
			   "UPDATE mails SET publie = CASE id WHEN 1 THEN 0 WHEN 2 THEN 2"
			   " WHEN 3 THEN 2 ELSE 1 END");
	for (size_t i = 0; i < ARRAY_SIZE(outputs); i++)
		unlinkat(root.fd, outputs[i].path, 0);
	unlinkat(root.fd, "outbox/fournisseurs/neuf", AT_REMOVEDIR);
	close(openat(root.fd, MAILS "tmp/.segur-2.tmp", O_CREAT | O_WRONLY, 0600));
}

static void play(void)
{
	struct unpublished left = {0};

	err = outbox_publish(&root, &left);
	failed = left.ours + left.accounts;
	refused = left.accounts;
}

/* Whether it could not look for temporaries, or not remove them. */
static bool blind(void)
{
	static const char *const calls[] = {"openat", "fstat", "fchmod", "unlinkat"};

	for (size_t i = 0; i < ARRAY_SIZE(calls) && fault.call != NULL && fault.count > 0; i++)
		if (strcmp(fault.call, calls[i]) == 0)
			return true;
	return false;
}

static void everything_went(void)
{
	assert_int_equal(due(), 0);
	for (size_t i = 0; i < ARRAY_SIZE(outputs); i++) {
		const struct output *output = &outputs[i];
		struct buf wanted = {0};
		char *text;

		if (output->render == mail_render && output->id == 3) {
			assert_false(exists(output->path));
			continue;
		}
		text = fixture_read(&root, output->path);
		output->render(&root, output->id, &wanted);
		assert_string_equal(text, wanted.data);
		buf_free(&wanted);
		free(text);
	}
	for (size_t i = 0; i < ARRAY_SIZE(temporaries) && !blind(); i++)
		if (exists(temporaries[i]))
			fail_msg("%s is left after %s, errno %d, %u", temporaries[i], fault.call,
				 fault.number, fault.count);
}

/* What is said to be published is there; what is not is due, and said. */
static void check(void)
{
	bool said = err != NULL || failed > 0;

	if (fault.count == 0 || fault.number == 0)
		assert_false(said);
	if (!said)
		everything_went();
	else
		assert_true(due() > 0);
	if (err != NULL)
		assert_int_equal(err->code, ERR_CANT_WRITE);
	/* After this nothing else could be written; but for what is only tidied away, and what an
	 * account's own folder refuses. */
	else if (fault.count > 0 && fault.number == EIO && refused == 0)
		assert_string_equal(fault.call, "unlinkat");
	play();
	assert_null(err);
	assert_int_equal(failed, 0);
	everything_went();
}

static void any_call(void **state)
{
	static const int numbers[] = {EIO, EACCES, EMFILE, EXDEV};
	static const struct fault_scene scene = {prepare, play, check};

	(void)state;
	fault_sweep(&scene, numbers, ARRAY_SIZE(numbers));
}

/* Which failures stop the night: those after which nothing else could be written either. */
static void what_stops_everything(void **state)
{
	static const struct {
		const char *call, *name;
		int number;
		bool stops;
	} cases[] = {
	    {"openat", ".segur-1.tmp", EIO, true},
	    {"openat", ".segur-1.tmp", ENOSPC, true},
	    {"openat", ".segur-1.tmp", EACCES, false},
	    {"write", NULL, ENOSPC, true},
	    {"write", NULL, EDQUOT, false},
	    {"openat", "neuf", EIO, true},
	    {"openat", "neuf", EACCES, false},
	    {"mkdirat", "neuf", ENOSPC, true},
	    {"mkdirat", "neuf", EACCES, false},
	    {"fchmod", NULL, EPERM, false},
	    {"openat", "fournisseurs", EROFS, true},
	    {"renameat", "M000000001", EXDEV, false}, /* it is being handed over from there */
	    {"renameat", "_a_corriger.yaml", EACCES, false},
	    {"openat", ".tmp", EROFS, true},
	    {"syncfs", NULL, EIO, true},
	    {"syncfs", NULL, ENOSPC, true},
	    {"renameat", "c.zip_retour.yaml", EACCES, false},
	    {"renameat", "c.zip_retour.yaml", EROFS, false},
	    {"openat", "logiciels-exemple", EIO, false},
	    {"openat", "logiciels-exemple", EROFS, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		prepare();
		fault = (struct fault){.call = cases[i].call,
				       .name = cases[i].name,
				       .number = cases[i].number,
				       .once = cases[i].number ==
					       EXDEV}; /* beside its name it would have gone */
		play();
		fault.over = true;
		if (fault.count == 0 || (err != NULL) != cases[i].stops ||
		    (failed > 0) == cases[i].stops)
			fail_msg("case %zu: %s, %zu failed, %u faults", i,
				 err != NULL ? err->message : "no error", failed, fault.count);
		check();
	}
}

/* Bytes are durable before they have their names, names before they are said to be there. */
static void syncs(void **state)
{
	static const struct output *answer = &outputs[0];

	(void)state;
	fixture_sql(&root, "UPDATE depots SET retour_publie = id <> 1");
	for (unsigned skip = 0; skip < 3; skip++) {
		unlinkat(root.fd, answer->path, 0);
		fault = (struct fault){.call = "syncfs", .number = EIO, .skip = skip};
		play();
		assert_int_equal(err != NULL, skip < 2);
		assert_int_equal(exists(answer->path), skip > 0);
		assert_int_equal(due(), skip < 2);
	}
	/* What has gone in a run that was stopped, too. */
	fixture_sql(&root, "UPDATE mails SET publie = 2 WHERE id = 3");
	fault = (struct fault){.call = "syncfs", .number = EIO};
	play();
	assert_non_null(err);
	assert_int_equal(due(), 1);
	fault = (struct fault){0};
	play();
	assert_null(err);
	assert_int_equal(due(), 0);
}

static unsigned calls_of(const char *call, const char *name)
{
	fault = (struct fault){.call = call, .name = name, .number = EIO, .skip = 1000};
	fixture_sql(&root, "UPDATE depots SET retour_publie = 0");
	play();
	assert_null(err);
	fault.over = true;
	return 1000 - fault.skip;
}

/* However many answers a batch has, it waits for the disk twice; folders are walked to once, and
 * opened once for answers that follow each other. What has its name left nothing to remove. */
static void only_what_is_needed(void **state)
{
	(void)state;
	assert_int_equal(calls_of("syncfs", NULL), 2);
	assert_int_equal(calls_of("openat", "fournisseurs"), 1);
	assert_int_equal(calls_of("openat", "logiciels-exemple"), 2); /* 1 and 2; 4 after 3 */
	assert_int_equal(calls_of("openat", "neuf"), 1);
	assert_int_equal(calls_of("unlinkat", NULL), 0);
	fault = (struct fault){0};
}

/* Others make the same folder, or remove the same leftover, at the same time. */
static void at_the_same_time(void **state)
{
	static const struct {
		const char *call, *name;
		int number;
	} cases[] = {{"mkdirat", "neuf", EEXIST}, {"unlinkat", ".segur-2.tmp", ENOENT}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		prepare();
		fault = (struct fault){.call = cases[i].call,
				       .name = cases[i].name,
				       .number = cases[i].number,
				       .once = true};
		play();
		assert_int_equal(fault.count, 1);
		fault = (struct fault){0};
		assert_null(err);
		assert_int_equal(failed, 0);
		everything_went();
	}
}

static int64_t state_of_mail(int id)
{
	char *sql = mem_printf("SELECT publie FROM mails WHERE id = %d", id);
	sqlite3_stmt *stmt = NULL;
	int64_t value;

	assert_int_equal(sqlite3_prepare_v2(fixture_db(&root), sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	value = sqlite3_column_int64(stmt, ONLY_COLUMN);
	sqlite3_finalize(stmt);
	free(sql);
	return value;
}

/* Where the temporaries cannot be looked at, nothing tells whether a mail has gone: its row stays
 * as it is until somebody can. */
static void blind_resumption(void **state)
{
	(void)state;
	prepare();
	fixture_sql(&root, "UPDATE depots SET retour_publie = 1; UPDATE corrections SET publie = 1;"
			   "UPDATE fichiers_asp SET retour_publie = 1;"
			   "UPDATE mails SET publie = 1 WHERE id <> 2");
	fault = (struct fault){.call = "openat", .name = "tmp", .number = EACCES, .once = true};
	play();
	assert_int_equal(fault.count, 1);
	fault = (struct fault){0};
	assert_null(err);
	assert_int_equal(failed, 1);
	assert_int_equal(state_of_mail(2), 2);
	assert_false(exists(outputs[6].path));
	play();
	assert_null(err);
	assert_int_equal(failed, 0);
	assert_int_equal(state_of_mail(2), 1);
	assert_true(exists(outputs[6].path));
	/* With none there is nothing to look for. */
	assert_int_equal(unlinkat(root.fd, MAILS "tmp", AT_REMOVEDIR), 0);
	play();
	assert_null(err);
	assert_false(exists(MAILS "tmp"));
	assert_int_equal(mkdirat(root.fd, MAILS "tmp", 0750), 0);
}

/* A mail that was not written is not handed over: should the run stop then, it has not gone. */
static void not_handed_over(void **state)
{
	(void)state;
	prepare();
	fixture_sql(&root, "UPDATE mails SET publie = id NOT IN (1, 2)");
	assert_int_equal(mkdirat(root.fd, MAILS "tmp/.segur-1.tmp", 0700), 0);
	fault = (struct fault){.call = "renameat", .name = "M000000002", .number = EIO};
	play();
	fault = (struct fault){0};
	assert_non_null(err);
	assert_int_equal(state_of_mail(1), 0);
	assert_int_equal(state_of_mail(2), 2);
	assert_int_equal(unlinkat(root.fd, MAILS "tmp/.segur-1.tmp", AT_REMOVEDIR), 0);
	play();
	assert_null(err);
	assert_true(exists(outputs[5].path) && exists(outputs[6].path));
	unlinkat(root.fd, outputs[7].path, 0);
}

/* More than a batch that cannot go, of each kind: each is tried once. */
static void batches_that_fail(void **state)
{
	static const char *const folders[] = {"outbox/fournisseurs/plein", "outbox/asp/retours"};

	(void)state;
	fixture_sql(
	    &root,
	    "CREATE TEMP TABLE n AS WITH RECURSIVE n(i) AS (VALUES (1000) UNION ALL SELECT i + 1"
	    " FROM n WHERE i < 1299) SELECT i FROM n;"
	    "INSERT INTO depots (id, nuit, date, compte, archive, taille, format, recu_le, type,"
	    "  etat, essai, source, retour_nom) SELECT i, 2, '2026-03-02', 'plein', 'x', 1, 'zip',"
	    "  '2026-03-02', 'initial', 'KO', 0, 's', 'r' || i FROM n;"
	    "INSERT INTO corrections SELECT i, 'c' || i, 'x', 0, NULL, 0, NULL, NULL, NULL, NULL, NULL FROM n;"
	    "INSERT INTO fichiers_asp SELECT i, 2, 'f', 'banques', NULL, '2026-03-02', 1, 'pris', "
	    "'s',"
	    "  'a' || i, 0, 1, NULL FROM n;"
	    "INSERT INTO mails SELECT i, '2026-03-02', 'identifiant', 'a@exemple.fr', 'A', 1,"
	    "  'ENR0001M0', 4, NULL, 'c', 2, NULL FROM n; DROP TABLE n");
	assert_int_equal(renameat(root.fd, folders[1], root.fd, "outbox/asp/ailleurs"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		assert_int_equal(symlinkat("/tmp", root.fd, folders[i]), 0);
	fault = (struct fault){.call = "openat", .name = "tmp", .number = EACCES};
	play();
	fault = (struct fault){0};
	assert_null(err);
	assert_int_equal(failed, 1200);
	assert_int_equal(due(), 1200);
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		assert_int_equal(unlinkat(root.fd, folders[i], 0), 0);
	assert_int_equal(renameat(root.fd, "outbox/asp/ailleurs", root.fd, folders[1]), 0);
	play();
	assert_null(err);
	assert_int_equal(failed, 0);
	assert_int_equal(due(), 0);
}

/* A broken database is nobody's output: it stops everything, and what it has half told is not
 * written, not even under a temporary name. */
static void broken_store(void **state)
{
	(void)state;
	prepare();
	fixture_sql(&root,
		    "UPDATE depots SET retour_publie = 1; UPDATE corrections SET publie = 1");
	fixture_sql(&root, "ALTER TABLE retours_asp RENAME TO ailleurs");
	fault = (struct fault){.call = "openat", .name = ".segur-", .number = EIO};
	play();
	assert_int_equal(fault.count, 0);
	fault = (struct fault){0};
	assert_non_null(err);
	assert_int_equal(err->code, ERR_FAULT);
	assert_int_equal(failed, 0);
	assert_false(exists("outbox/asp/retours/decisions.csv_retour.csv"));
	store_rollback(root.store);
	fixture_sql(&root, "ALTER TABLE ailleurs RENAME TO retours_asp");
	prepare();
	play();
	assert_null(err);
	everything_went();
}

/* SQLite is stopped once, after so many beginnings of statements, and rows. */
static struct {
	unsigned skip;
	bool done;
} stop;

static int stop_statement(unsigned kind, void *unused, void *stmt, void *text)
{
	(void)kind, (void)unused, (void)text;
	if (stop.skip > 0) {
		stop.skip--;
	} else if (!stop.done) {
		stop.done = true;
		sqlite3_interrupt(sqlite3_db_handle(stmt));
	}
	return 0;
}

static void play_stopped(unsigned skip)
{
	sqlite3 *db = store_database(root.store);

	stop.skip = skip;
	stop.done = false;
	sqlite3_trace_v2(db, SQLITE_TRACE_STMT | SQLITE_TRACE_ROW, stop_statement, NULL);
	play();
	sqlite3_trace_v2(db, 0, NULL, NULL);
	if (err == NULL)
		return;
	assert_non_null(strstr(err->message, "interrupted"));
	assert_int_equal(failed, 0);
	store_rollback(root.store);
}

/* Wherever SQLite stops: what did not go out is due still, and no mail goes twice. */
static void any_statement(void **state)
{
	unsigned skip = 0;

	(void)state;
	do {
		prepare();
		play_stopped(skip++);
		if (err != NULL) {
			assert_true(due() > 0);
			play();
		}
		assert_null(err);
		everything_went();
	} while (stop.done);
}

/* A list that ends too early is no list: nothing of it is begun. */
static void list_cut_short(void **state)
{
	(void)state;
	fixture_sql(&root, "UPDATE depots SET retour_publie = 0");
	fault = (struct fault){.call = "openat", .number = EIO};
	play_stopped(1); /* at its first row */
	assert_int_equal(fault.count, 0);
	fault = (struct fault){0};
	assert_non_null(err);
	play();
	assert_null(err);
	assert_int_equal(due(), 0);
}

static unsigned commits; /* that succeed before one is refused */

static int refuse_commit(void *unused, int action, const char *first, const char *second,
			 const char *third, const char *fourth)
{
	(void)unused, (void)second, (void)third, (void)fourth;
	return action == SQLITE_TRANSACTION && strcmp(first, "COMMIT") == 0 && commits-- == 0
		   ? SQLITE_DENY
		   : SQLITE_OK;
}

/* Nothing has its name before the reading ended well. */
static void refused_commits(void **state)
{
	static const struct output *answer = &outputs[0];
	sqlite3 *db = store_database(root.store);

	(void)state;
	fixture_sql(&root, "UPDATE depots SET retour_publie = id <> 1");
	for (unsigned i = 0; i < 2; i++) { /* after the reading, after the marks */
		unlinkat(root.fd, answer->path, 0);
		commits = i;
		sqlite3_set_authorizer(db, refuse_commit, NULL);
		play();
		sqlite3_set_authorizer(db, NULL, NULL);
		store_rollback(root.store);
		assert_non_null(err);
		assert_int_equal(exists(answer->path), i > 0);
		assert_int_equal(due(), 1);
	}
	play();
	assert_null(err);
	assert_int_equal(due(), 0);
}

static int setup(void **state)
{
	(void)state;
	fixture_open(&root);
	fixture_sql(
	    &root,
	    "PRAGMA synchronous = OFF; UPDATE depots SET compte = 'neuf' WHERE id = 3;"
	    "INSERT INTO corrections VALUES (3, 'c.zip_a_corriger.yaml', 'x', 0, NULL, 0, NULL, NULL, NULL,"
	    " NULL, NULL)");
	assert_null(outbox_publish(&root, NULL));
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
	    cmocka_unit_test(any_call),
	    cmocka_unit_test(what_stops_everything),
	    cmocka_unit_test(syncs),
	    cmocka_unit_test(only_what_is_needed),
	    cmocka_unit_test(at_the_same_time),
	    cmocka_unit_test(blind_resumption),
	    cmocka_unit_test(not_handed_over),
	    cmocka_unit_test(broken_store),
	    cmocka_unit_test(any_statement),
	    cmocka_unit_test(list_cut_short),
	    cmocka_unit_test(refused_commits),
	    cmocka_unit_test(batches_that_fail),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
