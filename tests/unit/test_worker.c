/* The pool against parsers that do what a script says. */
#include "worker_fixture.h"

#include <poll.h>
#include <time.h>

static int haste = 1; /* how many times faster time goes by */

int64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return haste * ((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

int poll(struct pollfd *waits, nfds_t count, int timeout)
{
	return (int)syscall(SYS_poll, waits, count, timeout / haste);
}

static int begin(void **state)
{
	haste = 1;
	return setup(state);
}

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
	    {JOB_CHECK, "exit exit", OUTCOME_INCIDENT, STOPPED, "check\nstart\ncheck\n"},
	    {JOB_EXTRACT, "exit", OUTCOME_INCIDENT, STOPPED, "extract 5\n"},
	    /* No frame, one that is not its to send, one that says more or less than it should. */
	    {JOB_CHECK, "bytes findings", OUTCOME_FINDINGS, NULL, "check\nstart\ncheck\n"},
	    {JOB_CHECK, "bytes more", OUTCOME_INCIDENT, STOPPED, "check\nstart\ncheck\n"},
	    {JOB_CHECK, "type-0 type-6", OUTCOME_INCIDENT, STOPPED, "check\nstart\ncheck\n"},
	    {JOB_CHECK, "hello job", OUTCOME_INCIDENT, STOPPED, "check\nstart\ncheck\n"},
	    {JOB_CHECK, "empty oversized", OUTCOME_INCIDENT, STOPPED, "check\nstart\ncheck\n"},
	    {JOB_CHECK, "implausible implausible", OUTCOME_INCIDENT, STOPPED,
	     "check\nstart\ncheck\n"},
	    {JOB_CHECK, "costly-long extracted-long", OUTCOME_INCIDENT, STOPPED,
	     "check\nstart\ncheck\n"},
	    /* The other job's answer. */
	    {JOB_CHECK, "extracted extracted", OUTCOME_INCIDENT, STOPPED, "check\nstart\ncheck\n"},
	    {JOB_EXTRACT, "findings", OUTCOME_INCIDENT, STOPPED, "extract 5\n"},
	    {JOB_EXTRACT, "job-empty", OUTCOME_INCIDENT, STOPPED, "extract 5\n"},
	    {JOB_EXTRACT, "extracted-long", OUTCOME_INCIDENT, STOPPED, "extract 5\n"},
	    /* Read again without what took the time, until too many entries did. */
	    {JOB_CHECK, "costly:7 findings", OUTCOME_FINDINGS, NULL, "check\nstart\ncheck 7\n"},
	    {JOB_CHECK, "costly:0 costly:4294967294 findings", OUTCOME_FINDINGS, NULL,
	     "check\nstart\ncheck 0\nstart\ncheck 0 4294967294\n"},
	    {JOB_CHECK, "costly:4294967295", OUTCOME_INCIDENT, TOO_COSTLY, "check\n"},
	    {JOB_CHECK, "costly:1 costly:2 costly:3 costly:4 findings", OUTCOME_FINDINGS, NULL,
	     "check\nstart\ncheck 1\nstart\ncheck 1 2\nstart\ncheck 1 2 3\nstart\ncheck 1 2 3 4\n"},
	    {JOB_CHECK, "costly:1 costly:2 costly:3 costly:4 costly:5 findings", OUTCOME_FINDINGS,
	     NULL,
	     "check\nstart\ncheck 1\nstart\ncheck 1 2\nstart\ncheck 1 2 3\nstart\ncheck 1 2 3 4\n"
	     "start\ncheck 1 2 3 4 skip\n"},
	    {JOB_CHECK, "costly:1 costly:2 costly:3 costly:4 costly:5 costly:6", OUTCOME_INCIDENT,
	     TOO_COSTLY,
	     "check\nstart\ncheck 1\nstart\ncheck 1 2\nstart\ncheck 1 2 3\nstart\ncheck 1 2 3 4\n"
	     "start\ncheck 1 2 3 4 skip\n"},
	    {JOB_EXTRACT, "costly:1", OUTCOME_INCIDENT, TOO_COSTLY, "extract 5\n"},
	    {JOB_CHECK, "costly:7 exit findings", OUTCOME_FINDINGS, NULL,
	     "check\nstart\ncheck 7\nstart\ncheck 7\n"},
	};
	struct pool *pool = open_pool(1);
	struct outcome before;

	(void)state;
	give(pool, ARRAY_SIZE(table), "findings");
	wait_for(pool, &before);
	assert_findings(&before);
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		char *log = mem_printf("start\n%s", table[i].log);
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
		assert_log(log);
		free(log);
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
	assert_null(pool_submit(pool, 3, NULL, &job, fds, ARRAY_SIZE(fds)));
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
	assert_no_start("no-new-privs", "bac à sable");
	assert_no_start("no-landlock", "bac à sable");
	assert_no_start("no-rlimits", "bac à sable");
#ifndef SEGUR_SANITIZED
	assert_no_start("no-seccomp", "bac à sable");
#endif
	/* Neither silence nor a word that breaks off is waited for longer than that. */
	haste = 100;
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

/* --- whose parser it is --- */

/* Gives it and has its findings. */
static void read_drop(struct pool *pool, const char *account, const char *words)
{
	struct outcome outcome;

	assert_null(submit_of(pool, 1, JOB_CHECK, account, words));
	wait_for(pool, &outcome);
	assert_findings(&outcome);
}

/* A run of drops of one account has one parser; nobody else's is read by it. */
static void one_account(void **state)
{
	struct pool *pool = open_pool(1);
	struct outcome outcome;

	(void)state;
	read_drop(pool, "a", "findings");
	read_drop(pool, "a", "findings");
	read_drop(pool, "b", "findings");
	read_drop(pool, "a", "findings");
	read_drop(pool, "a", "findings");
	assert_log("start\ncheck\ncheck\nstart\ncheck\nstart\ncheck\ncheck\n");
	/* What was extracted is nobody's: its parser is gone at once. */
	write_file("log", O_TRUNC, "");
	for (int i = 0; i < 2; i++) {
		assert_null(submit(pool, 1, JOB_EXTRACT, "extracted"));
		wait_for(pool, &outcome);
		assert_int_equal(outcome.kind, OUTCOME_EXTRACTED);
		assert_int_equal(waitpid(-1, NULL, WNOHANG), 0); /* the template is there still */
	}
	read_drop(pool, "a", "findings");
	assert_log("start\nextract 5\nstart\nextract 5\nstart\ncheck\n");
	close_pool(pool);
}

/* A parser that answers and takes no job: once its socket holds no more, another gets the job. */
static void jobs_that_are_not_taken(void **state)
{
	struct pool *pool = open_pool(1);

	(void)state;
	for (size_t i = 0; i < 400; i++)
		read_drop(pool, "a", "blind");
	assert_log("start\ncheck\nstart\ncheck\n");
	close_pool(pool);
}

/* Two accounts at the same time keep their parsers; the one that nobody has used is taken first. */
static void two_accounts(void **state)
{
	static const char *const accounts[] = {"a", "b"};
	struct pool *pool = open_pool(3);
	struct outcome outcome;

	(void)state;
	write_file("log", O_TRUNC, "");
	for (size_t i = 0; i < 6; i++) {
		assert_null(submit_of(pool, i, JOB_CHECK, accounts[i % 2], "findings"));
		if (i % 2 == 0)
			continue;
		for (int n = 0; n < 2; n++) {
			wait_for(pool, &outcome);
			assert_findings(&outcome);
		}
	}
	assert_log("check\ncheck\ncheck\ncheck\ncheck\ncheck\n");
	close_pool(pool);
}

/* After what was not as it should be each drop of that account has a parser of its own. */
static void suspects(void **state)
{
	static const struct {
		const char *words;
		enum outcome_kind kind;
	} table[] = {
	    {"costly:1 findings", OUTCOME_FINDINGS}, {"exit findings", OUTCOME_FINDINGS},
	    {"bytes findings", OUTCOME_FINDINGS},    {"exit exit", OUTCOME_INCIDENT},
	    {"costly:4294967295", OUTCOME_INCIDENT}, {"implausible more", OUTCOME_INCIDENT},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct pool *pool = open_pool(1);
		struct outcome outcome;

		print_message("%s\n", table[i].words);
		assert_null(submit_of(pool, 1, JOB_CHECK, "a", table[i].words));
		wait_for(pool, &outcome);
		assert_int_equal(outcome.kind, table[i].kind);
		findings_free(&outcome.findings);
		write_file("log", O_TRUNC, "");
		read_drop(pool, "a", "findings");
		read_drop(pool, "a", "findings");
		read_drop(pool, "b", "findings");
		read_drop(pool, "b", "findings");
		assert_log("start\ncheck\nstart\ncheck\nstart\ncheck\ncheck\n");
		close_pool(pool);
	}
}

/* --- the template --- */

static size_t count_templates(pid_t *last)
{
	char text[256], *line = text;
	size_t count = 0;

	read_file("templates", text, sizeof(text));
	while (*line != '\0') {
		*last = (pid_t)strtol(line, &line, 10);
		line++;
		count++;
	}
	return count;
}

/* One that died is started again, and nobody notices; its parsers work on. */
static void template_dies(void **state)
{
	struct pool *pool = open_pool(2);
	struct outcome outcome;
	pid_t pid;

	(void)state;
	give(pool, 1, "slow");
	assert_int_equal(count_templates(&pid), 1);
	assert_int_equal(kill(pid, SIGKILL), 0);
	await_death();
	for (size_t tag = 2; tag < 5; tag++) {
		give(pool, tag, "findings");
		wait_for(pool, &outcome);
		assert_findings(&outcome);
	}
	for (; pool_busy(pool);) {
		wait_for(pool, &outcome);
		assert_findings(&outcome);
	}
	assert_int_equal(count_templates(&pid), 2);
	close_pool(pool);
}

/* One that never gives a parser, whatever is said instead. */
static void template_fails(void **state)
{
	static const struct {
		const char *how, *message;
		size_t starts;
	} table[] = {
	    {"exit", "n'a pas démarré", 2},  {"dies", "n'a pas démarré", 2},
	    {"short", "n'a pas démarré", 2}, {"nobody", "n'a pas démarré", 2},
	    {"refuses", "fork", 1},	     {"stranger", "n'a pas démarré", 2},
	    {"mute", "n'a pas démarré", 2},
	};
	struct pool *pool;
	pid_t pid;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		print_message("%s\n", table[i].how);
		haste = strcmp(table[i].how, "mute") == 0 ? 100 : 1;
		write_file("template", O_TRUNC, table[i].how);
		write_file("templates", O_TRUNC, "");
		assert_error(pool_open(&conf, 1, &pool), table[i].message);
		assert_null(pool);
		assert_int_equal(count_templates(&pid), table[i].starts);
		if (strcmp(table[i].how, "short") != 0) /* that one did fork */
			close_pool(pool);
		while (waitpid(-1, NULL, 0) > 0)
			continue;
	}
}

/* A parser that never says that its sandbox stands: its own job waits for it, and no other. */
static void silent_start(void **state)
{
	struct pool *pool = open_pool(2);
	struct outcome outcome;

	(void)state;
	give(pool, 1, "findings");
	wait_for(pool, &outcome);
	assert_findings(&outcome);
	write_file("start", O_TRUNC, "silent");
	assert_null(submit_of(pool, 9, JOB_CHECK, "compte-9", "findings")); /* by the fresh one */
	wait_for(pool, &outcome);
	assert_findings(&outcome);
	give(pool, 2, "findings");
	assert_true(pool_idle(pool));
	for (int i = 0; i < 3; i++) {
		assert_null(submit_of(pool, 3, JOB_CHECK, "compte-9", "findings"));
		wait_for(pool, &outcome);
		assert_int_equal(outcome.tag, 3);
		assert_findings(&outcome);
	}
	haste = 100;
	wait_for(pool, &outcome);
	assert_int_equal(outcome.tag, 2);
	assert_outcome(&outcome, OUTCOME_INCIDENT, MUTE);
	write_file("start", O_TRUNC, "hello");
	haste = 1;
	read_drop(pool, "compte-2", "findings");
	close_pool(pool);
}

/* --- no parser is left --- */

/* Fails as long as none can be started, and goes on once one can. */
static void assert_comes_back(struct pool *pool)
{
	struct outcome outcome;

	assert_false(pool_busy(pool));
	assert_error(pool_wait(pool, &outcome), "aucun analyseur");
	for (int i = 0; i < 2; i++) {
		assert_null(submit(pool, 0, JOB_EXTRACT, "extracted"));
		assert_error(pool_wait(pool, &outcome), "n'a pas démarré");
		assert_false(pool_busy(pool));
	}
	write_file("start", O_TRUNC, "hello");
	give(pool, 7, "findings");
	wait_for(pool, &outcome);
	assert_findings(&outcome);
	close_pool(pool);
}

static void restart_fails_idle(void **state)
{
	struct outcome outcome;
	struct pool *pool;

	(void)state;
	write_file("start", O_TRUNC, "hello-exit");
	pool = open_pool(1);
	await_death();
	write_file("start", O_TRUNC, "exit");
	assert_null(submit(pool, 0, JOB_EXTRACT, "extracted"));
	assert_error(pool_wait(pool, &outcome), "n'a pas démarré");
	assert_comes_back(pool);
}

static void restart_fails_after_job(void **state)
{
	static const struct {
		enum job_kind kind;
		const char *words;
	} table[] = {{JOB_CHECK, "exit"}, {JOB_CHECK, "costly:1"}};
	struct outcome outcome;
	struct pool *pool;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		write_file("start", O_TRUNC, "hello");
		pool = open_pool(1);
		write_file("start", O_TRUNC, "exit");
		assert_null(submit(pool, 0, table[i].kind, table[i].words));
		assert_error(pool_wait(pool, &outcome), "n'a pas démarré");
		assert_comes_back(pool);
	}
}

/* The others go on. */
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
	    cmocka_unit_test_setup(answers, begin),
	    cmocka_unit_test_setup(deadline, begin),
	    cmocka_unit_test_setup(extraction_of_most, begin),
	    cmocka_unit_test_setup(starts, begin),
	    cmocka_unit_test_setup(no_parser_at_all, begin),
	    cmocka_unit_test_setup(lost_while_idle, begin),
	    cmocka_unit_test_setup(one_account, begin),
	    cmocka_unit_test_setup(jobs_that_are_not_taken, begin),
	    cmocka_unit_test_setup(two_accounts, begin),
	    cmocka_unit_test_setup(suspects, begin),
	    cmocka_unit_test_setup(template_dies, begin),
	    cmocka_unit_test_setup(template_fails, begin),
	    cmocka_unit_test_setup(silent_start, begin),
	    cmocka_unit_test_setup(restart_fails_idle, begin),
	    cmocka_unit_test_setup(restart_fails_after_job, begin),
	    cmocka_unit_test_setup(restart_fails_beside_others, begin),
	    cmocka_unit_test_setup(no_parser_is_free, begin),
	};

	if (status >= 0)
		return status;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
