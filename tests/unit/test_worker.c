/* The pool against parsers that do what a script says. */
#include "worker_fixture.h"

/* Every answer that a parser may give, and what it may not; the pool goes on after each. */
static void answers(void **state)
{
	static const struct {
		enum job_kind job;
		const char *words;
		enum outcome_kind kind;
		const char *incident, *log;
	} table[] = {
	    {JOB_CHECK, "findings", OUTCOME_FINDINGS, NULL, "check\n"},
	    {JOB_CHECK, "pieces", OUTCOME_FINDINGS, NULL, "check\n"},
	    {JOB_EXTRACT, "extracted", OUTCOME_EXTRACTED, NULL, "extract 5\n"},
	    /* What kills a parser twice is the drop; once may be anything else. */
	    {JOB_CHECK, "exit findings", OUTCOME_FINDINGS, NULL, "check\nstart\ncheck\n"},
	    {JOB_CHECK, "half-exit pieces", OUTCOME_FINDINGS, NULL, "check\nstart\ncheck\n"},
	    {JOB_CHECK, "exit exit", OUTCOME_INCIDENT, STOPPED, "check\nstart\ncheck\nstart\n"},
	    {JOB_EXTRACT, "exit", OUTCOME_INCIDENT, STOPPED, "extract 5\nstart\n"},
	    /* No frame, one that is not its to send, one that says more or less than it should. */
	    {JOB_CHECK, "bytes findings", OUTCOME_FINDINGS, NULL, "check\nstart\ncheck\n"},
	    {JOB_CHECK, "bytes more", OUTCOME_INCIDENT, STOPPED, "check\nstart\ncheck\nstart\n"},
	    {JOB_CHECK, "type-0 type-6", OUTCOME_INCIDENT, STOPPED, "check\nstart\ncheck\nstart\n"},
	    {JOB_CHECK, "hello job", OUTCOME_INCIDENT, STOPPED, "check\nstart\ncheck\nstart\n"},
	    {JOB_CHECK, "empty oversized", OUTCOME_INCIDENT, STOPPED,
	     "check\nstart\ncheck\nstart\n"},
	    {JOB_CHECK, "implausible implausible", OUTCOME_INCIDENT, STOPPED,
	     "check\nstart\ncheck\nstart\n"},
	    {JOB_CHECK, "costly-long extracted-long", OUTCOME_INCIDENT, STOPPED,
	     "check\nstart\ncheck\nstart\n"},
	    /* The other job's answer. */
	    {JOB_CHECK, "extracted extracted", OUTCOME_INCIDENT, STOPPED,
	     "check\nstart\ncheck\nstart\n"},
	    {JOB_EXTRACT, "findings", OUTCOME_INCIDENT, STOPPED, "extract 5\nstart\n"},
	    {JOB_EXTRACT, "job-empty", OUTCOME_INCIDENT, STOPPED, "extract 5\nstart\n"},
	    {JOB_EXTRACT, "extracted-long", OUTCOME_INCIDENT, STOPPED, "extract 5\nstart\n"},
	    /* Read again without what took the time, until too many entries did. */
	    {JOB_CHECK, "costly:7 findings", OUTCOME_FINDINGS, NULL, "check\nstart\ncheck 7\n"},
	    {JOB_CHECK, "costly:0 costly:4294967294 findings", OUTCOME_FINDINGS, NULL,
	     "check\nstart\ncheck 0\nstart\ncheck 0 4294967294\n"},
	    {JOB_CHECK, "costly:4294967295", OUTCOME_INCIDENT, TOO_COSTLY, "check\nstart\n"},
	    {JOB_CHECK, "costly:1 costly:2 costly:3 costly:4 findings", OUTCOME_FINDINGS, NULL,
	     "check\nstart\ncheck 1\nstart\ncheck 1 2\nstart\ncheck 1 2 3\nstart\ncheck 1 2 3 4\n"},
	    {JOB_CHECK, "costly:1 costly:2 costly:3 costly:4 costly:5 findings", OUTCOME_FINDINGS,
	     NULL,
	     "check\nstart\ncheck 1\nstart\ncheck 1 2\nstart\ncheck 1 2 3\nstart\ncheck 1 2 3 4\n"
	     "start\ncheck 1 2 3 4 skip\n"},
	    {JOB_CHECK, "costly:1 costly:2 costly:3 costly:4 costly:5 costly:6", OUTCOME_INCIDENT,
	     TOO_COSTLY,
	     "check\nstart\ncheck 1\nstart\ncheck 1 2\nstart\ncheck 1 2 3\nstart\ncheck 1 2 3 4\n"
	     "start\ncheck 1 2 3 4 skip\nstart\n"},
	    {JOB_EXTRACT, "costly:1", OUTCOME_INCIDENT, TOO_COSTLY, "extract 5\nstart\n"},
	    {JOB_CHECK, "costly:7 exit findings", OUTCOME_FINDINGS, NULL,
	     "check\nstart\ncheck 7\nstart\ncheck 7\n"},
	};
	struct pool *pool = open_pool(1);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct outcome outcome;

		print_message("%s\n", table[i].words);
		write_file("log", O_TRUNC, "");
		assert_null(submit(pool, i, table[i].job, table[i].words));
		assert_true(pool_busy(pool));
		assert_false(pool_idle(pool));
		wait_for(pool, &outcome);
		assert_int_equal(outcome.tag, i);
		assert_outcome(&outcome, table[i].kind, table[i].incident);
		assert_false(pool_busy(pool));
		assert_true(pool_idle(pool));
		assert_log(table[i].log);
	}
	close_pool(pool);
}

/* A parser has its time and no more; what it has begun to say gives it none. */
static void deadline(void **state)
{
	static const char *const silent[] = {"nothing", "half", "largest"};
	int64_t before = clock_ms();
	struct outcome outcome;
	struct pool *pool;

	(void)state;
	pool = open_pool(ARRAY_SIZE(silent) + 1);
	conf.delai_s = 1;
	for (size_t i = 0; i < ARRAY_SIZE(silent); i++)
		give(pool, i, silent[i]);
	conf.delai_s = 60;
	give(pool, 9, "slow");
	wait_for(pool, &outcome);
	assert_int_equal(outcome.tag, 9);
	assert_findings(&outcome);
	for (size_t i = 0; i < ARRAY_SIZE(silent); i++) {
		wait_for(pool, &outcome);
		assert_in_range(clock_ms() - before, 1000, 20000);
		assert_outcome(&outcome, OUTCOME_INCIDENT, LATE);
	}
	give(pool, 0, "findings");
	wait_for(pool, &outcome);
	assert_findings(&outcome);
	close_pool(pool);
}

/* As many documents as a job may want, each with its descriptor. */
static void extraction_of_most(void **state)
{
	struct job job = {.kind = JOB_EXTRACT, .ordinal_count = PIECES_MAX};
	int fds[JOB_FDS_MAX] = {bytes_of("extracted")};
	struct buf log = {0};
	struct outcome outcome;
	struct pool *pool;

	(void)state;
	descriptors--; /* the drop's own */
	pool = open_pool(1);
	buf_puts(&log, "start\nextract");
	for (uint32_t i = 0; i < PIECES_MAX; i++) {
		job.ordinals[i] = 2 * i;
		fds[1 + i] = bytes_of("");
		buf_printf(&log, " %u", 2 * i);
	}
	buf_putc(&log, '\n');
	descriptors++;
	assert_null(pool_submit(pool, 3, &job, fds, ARRAY_SIZE(fds)));
	wait_for(pool, &outcome);
	assert_int_equal(outcome.kind, OUTCOME_EXTRACTED);
	assert_int_equal(outcome.tag, 3);
	assert_log(log.data);
	buf_free(&log);
	close_pool(pool);
}

/* --- how a parser starts --- */

static void assert_no_start(const char *how, const char *message)
{
	struct pool *pool;

	print_message("%s\n", how);
	write_file("start", O_TRUNC, how);
	assert_error(pool_open(&conf, 2, &pool), message);
	assert_null(pool);
	close_pool(pool);
}

static void starts(void **state)
{
	static const char *const wrong[] = {"exit", "bytes", "other-magic", "other-frame",
					    "other-length"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_no_start(wrong[i], "l'analyseur n'a pas démarré");
	assert_no_start("no-new-privs", "bac à sable incomplet");
	assert_no_start("no-landlock", "bac à sable incomplet");
	assert_no_start("no-rlimits", "bac à sable incomplet");
#ifndef SEGUR_SANITIZED
	assert_no_start("no-seccomp", "bac à sable incomplet");
#endif
	/* Neither silence nor a word that breaks off is waited for longer than that. */
	start_delay_ms = 200;
	assert_no_start("silent", "l'analyseur n'a pas démarré");
	assert_no_start("half", "l'analyseur n'a pas démarré");
}

static void no_parser_at_all(void **state)
{
	char *path = in_room(PARSER), *aside = in_room("aside");
	const struct error *err;
	struct pool *pool;

	(void)state;
	assert_int_equal(rename(path, aside), 0);
	err = pool_open(&conf, 1, &pool);
	assert_int_equal(rename(aside, path), 0);
	assert_error(err, "introuvable");
	assert_null(pool);
	close_pool(pool);
	free(path);
	free(aside);
}

/* One that died, spoke, or will never speak before it had anything to do is replaced; its successor
 * has the job. */
static void lost_while_idle(void **state)
{
	static const struct {
		const char *start, *log;
	} cases[] = {
	    {"hello-exit", "start\n"},
	    {"hello-more", "start\n"},
	    {"hello-silenced", "start\nsilenced\n"},
	};
	struct outcome outcome;
	struct pool *pool;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *log = mem_printf("%sstart\ncheck\n", cases[i].log);

		write_file("log", O_TRUNC, "");
		write_file("start", O_TRUNC, cases[i].start);
		pool = open_pool(1);
		if (i == 0)
			await_death();
		await_log(cases[i].log);
		write_file("start", O_TRUNC, "hello");
		give(pool, i, "findings");
		wait_for(pool, &outcome);
		assert_findings(&outcome);
		assert_log(log);
		free(log);
		close_pool(pool);
	}
}

/* --- no parser is left --- */

/* What a pool says once it has no parser, as often as it is asked. */
static void assert_empty(struct pool *pool)
{
	struct outcome outcome;

	for (int i = 0; i < 3; i++) {
		assert_false(pool_idle(pool));
		assert_false(pool_busy(pool));
		assert_error(submit(pool, 0, JOB_EXTRACT, "extracted"), "aucun analyseur");
		assert_error(pool_wait(pool, &outcome), "aucun analyseur");
	}
	close_pool(pool);
}

static void restart_fails_idle(void **state)
{
	struct pool *pool;

	(void)state;
	write_file("start", O_TRUNC, "hello-exit");
	pool = open_pool(1);
	await_death();
	write_file("start", O_TRUNC, "exit");
	assert_error(submit(pool, 0, JOB_EXTRACT, "extracted"), "n'a pas démarré");
	assert_empty(pool);
}

static void restart_fails_after_job(void **state)
{
	static const struct {
		enum job_kind kind;
		const char *words;
	} table[] = {{JOB_EXTRACT, "exit"}, {JOB_CHECK, "exit"}, {JOB_CHECK, "costly:1"}};
	struct outcome outcome;
	struct pool *pool;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		write_file("start", O_TRUNC, "hello");
		pool = open_pool(1);
		write_file("start", O_TRUNC, "exit");
		assert_null(submit(pool, 0, table[i].kind, table[i].words));
		assert_error(pool_wait(pool, &outcome), "n'a pas démarré");
		assert_empty(pool);
	}
}

/* The others go on with one less. */
static void restart_fails_beside_others(void **state)
{
	static const char *const words[] = {"exit", "costly:1"};
	struct outcome outcome;
	struct pool *pool;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		write_file("start", O_TRUNC, "hello");
		pool = open_pool(2);
		write_file("start", O_TRUNC, "exit");
		give(pool, 1, words[i]);
		wait_for(pool, &outcome);
		assert_int_equal(outcome.tag, 1);
		assert_outcome(&outcome, OUTCOME_INCIDENT, MUTE);
		give(pool, 2, "findings");
		assert_false(pool_idle(pool));
		assert_error(submit(pool, 3, JOB_CHECK, "findings"), "aucun analyseur");
		wait_for(pool, &outcome);
		assert_int_equal(outcome.tag, 2);
		assert_findings(&outcome);
		close_pool(pool);
	}
}

/* A parser that is at work is given nothing else. */
static void no_parser_is_free(void **state)
{
	struct pool *pool = open_pool(1);
	struct outcome outcome;

	(void)state;
	give(pool, 1, "slow");
	assert_error(submit(pool, 2, JOB_CHECK, "findings"), "aucun analyseur");
	wait_for(pool, &outcome);
	assert_int_equal(outcome.tag, 1);
	assert_findings(&outcome);
	assert_log("start\ncheck\n");
	close_pool(pool);
}

/* --- the program --- */

int main(int argc, char **argv)
{
	const int status = play_role(argc, argv);
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(answers, setup),
	    cmocka_unit_test_setup(deadline, setup),
	    cmocka_unit_test_setup(extraction_of_most, setup),
	    cmocka_unit_test_setup(starts, setup),
	    cmocka_unit_test_setup(no_parser_at_all, setup),
	    cmocka_unit_test_setup(lost_while_idle, setup),
	    cmocka_unit_test_setup(restart_fails_idle, setup),
	    cmocka_unit_test_setup(restart_fails_after_job, setup),
	    cmocka_unit_test_setup(restart_fails_beside_others, setup),
	    cmocka_unit_test_setup(no_parser_is_free, setup),
	};

	if (status >= 0)
		return status;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
