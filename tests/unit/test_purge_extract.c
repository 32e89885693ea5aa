/* Documents that stay when the archive of an identity paper goes: each is kept alone first. The
 * parser that reads the archive is the test's own, in place of the pool's. */
#include "lib/array.h"
#include "purge_fixture.h"

#include "keep/extract.h"
#include "vault_fixture.h"

#include "faults.h"
#include "lib/sha256.h"

/* --- what reads archives --- */

static struct {
	unsigned pools, readings; /* opened; done */
	size_t documents;
	bool refused;	 /* to start */
	bool unreadable; /* the archive */
	unsigned wrong;	 /* entry that holds something else; 0: none */
} parser;

/* Entry n of each archive is the text of that number. */
static void document_hash(unsigned ordinal, char hex[static SHA256_HEX_SIZE])
{
	purge_hash(3000 + ordinal, hex);
}

const struct error *pool_open(const struct conf *conf, unsigned count, struct pool **out)
{
	(void)conf;
	assert_int_equal(count, 1);
	parser.pools++;
	*out = NULL;
	if (parser.refused)
		return error_set(ERR_CONFIG, "analyseur introuvable");
	*out = (struct pool *)&parser;
	return NULL;
}

void pool_close(struct pool *pool)
{
	assert_true(pool == NULL || pool == (struct pool *)&parser);
}

void job_limits(const struct conf *conf, struct job *job)
{
	(void)conf;
	(void)job;
}

const struct error *pool_submit(struct pool *pool, size_t tag, const char *account,
				const struct job *job, const int *fds, size_t fd_count)
{
	(void)tag;
	assert_null(account);
	assert_ptr_equal(pool, &parser);
	assert_int_equal(job->kind, JOB_EXTRACT);
	assert_int_equal(fd_count, 1 + job->ordinal_count);
	parser.readings++;
	parser.documents += job->ordinal_count;
	for (size_t i = 0; i < job->ordinal_count && !parser.unreadable; i++) {
		char text[32];

		snprintf(text, sizeof(text), "kept by %u",
			 job->ordinals[i] == parser.wrong ? 1 : 3000 + job->ordinals[i]);
		assert_int_equal(write(fds[1 + i], text, strlen(text)), (ssize_t)strlen(text));
	}
	for (size_t i = 0; i < fd_count; i++)
		assert_int_equal(close(fds[i]), 0);
	return NULL;
}

const struct error *pool_wait(struct pool *pool, struct outcome *outcome)
{
	assert_ptr_equal(pool, &parser);
	outcome->kind = parser.unreadable ? OUTCOME_INCIDENT : OUTCOME_EXTRACTED;
	outcome->incident = "illisible";
	return NULL;
}

/* --- the purge --- */

static struct fixture *fixture;
static struct purge_report report;

/* The archives of 3 and 4 hold documents besides: of 3 the entries 2 and 3, of 4 the entry 4. */
static int setup(void **state)
{
	purge_setup(state);
	fixture = *state;
	memset(&parser, 0, sizeof(parser));
	fixture_sql(
	    fixture,
	    "INSERT INTO pieces VALUES (302, 3, 3, 'rib', 'rib', 2, 1, sha(3002), 'pdf', NULL, "
	    "0), (303, 3, 3, 'kbis', 'kbis', 3, 1, sha(3003), 'pdf', NULL, 0),"
	    " (304, 4, 4, 'rib', 'rib', 4, 1, sha(3004), 'pdf', NULL, 0)");
	return 0;
}

static const struct error *play(bool dry_run)
{
	const struct purge_options options = {.date = DAY, .dry_run = dry_run};

	return purge_run(&fixture->root, &options, &report);
}

static bool kept_alone(unsigned ordinal)
{
	return purge_kept(fixture, 3000 + ordinal);
}

static const char *places(void)
{
	return fixture_rows(fixture,
			    "SELECT id, lieu FROM pieces_conservees WHERE demande IN (3, 4)"
			    " ORDER BY id");
}

#define ALL_ALONE "3|effacee\n4|effacee\n130|archive\n302|seule\n303|seule\n304|seule\n"

static void each_alone(void **state)
{
	char hex[SHA256_HEX_SIZE], path[128], text[32] = "";
	int fd;

	(void)state;
	assert_null(play(true));
	assert_int_equal(report.identites, 2);
	assert_int_equal(parser.pools + parser.readings, 0);
	assert_false(kept_alone(2));
	assert_null(play(false));
	assert_int_equal(report.identites, 2);
	assert_int_equal(report.failures, 0);
	/* One parser for all; each archive is read once. */
	assert_int_equal(parser.pools, 1);
	assert_int_equal(parser.readings, 2);
	assert_int_equal(parser.documents, 3);
	assert_string_equal(places(), ALL_ALONE);
	assert_true(kept_alone(2) && kept_alone(3) && kept_alone(4));
	assert_false(purge_kept(fixture, 3));
	assert_false(purge_kept(fixture, 4));
	document_hash(3, hex);
	purge_kept_path(3003, path);
	fd = openat(fixture->root.fd, path, O_RDONLY);
	assert_int_equal(read(fd, text, sizeof(text)), (ssize_t)strlen("kept by 3003"));
	assert_string_equal(text, "kept by 3003");
	close(fd);
	assert_false(purge_exists(fixture, "var/tmp/depot-0"));
	assert_null(play(false));
	assert_int_equal(report.identites, 0);
	assert_int_equal(parser.readings, 2);
}

/* An archive that does not give its documents costs its request alone, which waits for a mended
 * one: nothing of it is erased. */
static void archive_that_fails(void **state)
{
	(void)state;
	for (int how = 0; how < 3; how++) {
		void *other;
		char path[128];

		setup(&other);
		purge_kept_path(3, path);
		if (how == 0) {
			parser.wrong = 3;
		} else if (how == 1) {
			assert_int_equal(unlinkat(fixture->root.fd, path, 0), 0);
		} else {
			parser.unreadable = true;
		}
		assert_null(play(false));
		assert_int_equal(report.failures, how == 2 ? 2 : 1);
		assert_int_equal(report.identites, how == 2 ? 0 : 1);
		assert_int_equal(purge_kept(fixture, 4), how == 2);
		assert_int_equal(purge_kept(fixture, 3), how != 1);
		assert_string_equal(
		    fixture_rows(fixture, "SELECT count(*) FROM effacements WHERE demande = 3"),
		    "0\n");
		/* Mended, it goes. */
		parser.wrong = 0;
		parser.unreadable = false;
		if (how == 1)
			purge_keep(fixture, 3);
		assert_null(play(false));
		assert_int_equal(report.failures, 0);
		assert_string_equal(places(), ALL_ALONE);
		fixture_teardown(&other);
	}
}

/* Without a parser nothing is read, and nothing of those archives goes. */
static void no_parser(void **state)
{
	const struct error *err;

	(void)state;
	parser.refused = true;
	err = play(false);
	assert_non_null(err);
	assert_int_equal(err->code, ERR_CONFIG);
	assert_int_equal(parser.readings, 0);
	assert_true(purge_kept(fixture, 3) && purge_kept(fixture, 4));
	store_rollback(fixture->root.store);
	parser.refused = false;
	assert_null(play(false));
	assert_string_equal(places(), ALL_ALONE);
}

/* A full disk is no archive's fault: it stops everything, before anything of it is written down. */
static void disk_that_fails(void **state)
{
	static const struct {
		const char *call, *name;
		unsigned skip;
	} cases[] = {
	    {"openat", "var/tmp", 0},	     {"openat", "var/tmp", 1},
	    {"openat", "var/tmp", 2},	     {"linkat", "var/tmp", 0},
	    {"linkat", "var/tmp", 1},	     {"renameat", "var/archives", 0},
	    {"renameat", "var/archives", 2}, {"syncfs", NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned descriptors;
		void *other;
		const struct error *err;

		setup(&other);
		/* Nothing else is due. */
		fixture_sql(fixture, "UPDATE mails SET publie = 0 WHERE demande IN (1, 2, 17) OR "
				     "demande IS NULL");
		descriptors = fault_descriptors();
		fault_bad_closings = 0;
		fault = (struct fault){.call = cases[i].call,
				       .name = cases[i].name,
				       .number = ENOSPC,
				       .skip = cases[i].skip,
				       .once = true};
		err = play(false);
		fault.over = true;
		assert_int_equal(fault.count, 1);
		assert_non_null(err);
		assert_int_equal(err->code, ERR_CANT_WRITE);
		assert_non_null(strstr(err->message, error_words(ENOSPC)));
		assert_int_equal(fault_descriptors(), descriptors);
		assert_int_equal(fault_bad_closings, 0);
		assert_true(purge_kept(fixture, 3) && purge_kept(fixture, 4));
		assert_string_equal(fixture_rows(fixture, "SELECT count(*) FROM effacements WHERE "
							  "date = '" DAY "'"),
				    "0\n");
		store_rollback(fixture->root.store);
		assert_null(play(false));
		assert_string_equal(places(), ALL_ALONE);
		fault = (struct fault){0};
		fixture_teardown(&other);
	}
}

/* An archive that is encrypted, and another that is not: without the key the request waits. */
static void waits_for_the_key(void **state)
{
	static const struct case_data ec = {"EC", 0, -1, 1000, NULL, true};
	char *key = mem_printf("%s/cle.pem", fixture->path), path[128];
	const struct purge_options with_key = {.date = DAY, .key = key};
	size_t count;
	struct vault *vault;

	(void)state;
	fixture_sql(fixture, "INSERT INTO pieces VALUES (305, 3, 30, 'piece_identite_depositaire', "
			     "'p', 1, 1, sha(3005), 'pdf', NULL, 0);"
			     /* As the test's parser finds it in the second archive. */
			     "UPDATE pieces SET sha256 = sha(3001) WHERE id = 130");
	make_certificate(fixture, &ec);
	name_certificate(fixture, "certificat.pem");
	assert_null(vault_open(&fixture->root, DATE, &vault));
	assert_null(vault_convert(vault, false, &count));
	vault_close(vault);
	/* The second archive of 3 lies plain beside its encrypted one, which is then not asked. */
	purge_kept_path(30, path);
	purge_keep(fixture, 30);
	name_certificate(fixture, "aucun");
	assert_null(play(false));
	assert_int_equal(report.waiting_for_key, 2);
	assert_int_equal(report.identites, 0);
	assert_int_equal(parser.readings, 0);
	assert_null(purge_run(&fixture->root, &with_key, &report));
	assert_int_equal(report.waiting_for_key, 0);
	assert_int_equal(report.identites, 2);
	assert_string_equal(places(), "3|effacee\n4|effacee\n130|seule\n302|seule\n303|seule\n"
				      "304|seule\n305|effacee\n");
	free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(each_alone, setup, fixture_teardown),
	    cmocka_unit_test(archive_that_fails),
	    cmocka_unit_test_setup_teardown(no_parser, setup, fixture_teardown),
	    cmocka_unit_test(disk_that_fails),
	    cmocka_unit_test_setup_teardown(waits_for_the_key, setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
