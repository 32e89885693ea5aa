/* The pool when the system refuses what it asks for, and at the millisecond at which a parser's time
 * is up. A drop is never lost by it: it has its findings from another parser, or its incident. */
#include "worker_fixture.h"

#include "faults_process.h"

#define NOT_STARTED "l'analyseur n'a pas démarré"

/* How many processors the machine says it has. */
static long processors = 1;

long sysconf(int name)
{
	return name == _SC_NPROCESSORS_ONLN ? processors : FAULT_REAL(sysconf)(name);
}

static int begin(void **state)
{
	fault = (struct fault){0};
	fault_bad_closings = fault_bad_sendings = 0;
	fault_time = (struct fault_time){.now = 1000000};
	processors = 1;
	return setup(state);
}

static void end(struct pool *pool)
{
	fault = (struct fault){0};
	close_pool(pool);
	assert_int_equal(fault_bad_closings, 0);
	assert_int_equal(fault_bad_sendings, 0);
}

/* --- starting --- */

/* What a parser is started with, in turn; without any of it there is no pool. */
static void refused_starts(void **state)
{
	static const struct {
		struct fault fault;
		const char *message;
	} cases[] = {
	    {{.call = "readlink", .number = ENOENT}, "/proc/self/exe"},
	    {{.call = "readlink", .number = 0}, "/proc/self/exe"},
	    {{.call = "socketpair", .number = EMFILE}, "socketpair"},
	    {{.call = "socketpair", .number = EMFILE, .skip = 1}, "socketpair"},
	    {{.call = "socketpair", .number = EMFILE, .skip = 2}, "socketpair"},
	    {{.call = "fork", .number = EAGAIN}, "fork"},
	    /* In the new process, which then must not become a template. */
	    {{.call = "prctl", .number = EPERM}, NOT_STARTED},
	    {{.call = "open", .name = "/dev/null", .number = ENFILE}, NOT_STARTED},
	    {{.call = "dup2", .number = EIO, .once = true}, NOT_STARTED},
	    {{.call = "dup2", .number = EIO, .once = true, .skip = 1}, NOT_STARTED},
	    {{.call = "dup2", .number = EIO, .once = true, .skip = 2}, NOT_STARTED},
	    {{.call = "dup2", .number = 0, .once = true, .skip = 2}, NOT_STARTED},
	    {{.call = "close_range", .number = EINVAL}, NOT_STARTED},
	    {{.call = "chdir", .number = EACCES}, NOT_STARTED},
	    /* What it is asked, what it answers: not heard, or not whole. */
	    {{.call = "sendmsg", .number = ENOMEM}, NOT_STARTED},
	    {{.call = "sendmsg", .number = 0}, NOT_STARTED},
	    {{.call = "recv", .number = EAGAIN}, NOT_STARTED},
	    {{.call = "recv", .number = 0}, NOT_STARTED},
	    /* A parser's HELLO. */
	    {{.call = "recv", .number = ECONNRESET, .skip = 2}, NOT_STARTED},
	    {{.call = "recv", .number = 0, .skip = 2, .once = true}, NOT_STARTED},
	    {{.call = "recv", .number = 0, .skip = 3, .once = true}, NOT_STARTED},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct error *err;
		struct pool *pool;

		print_message("%s %u\n", cases[i].fault.call, cases[i].fault.skip);
		fault = cases[i].fault;
		err = pool_open(&conf, 2, &pool);
		fault.over = true;
		assert_error(err, cases[i].message);
		assert_null(pool);
		/* A parser whose process id was lost ends by itself. */
		while (waitpid(-1, NULL, 0) > 0)
			continue;
		end(pool);
	}
}

/* A signal is no reason not to start. */
static void interrupted_start(void **state)
{
	static const struct fault faults[] = {
	    {.call = "sendmsg", .number = EINTR, .once = true},
	    {.call = "poll", .number = EINTR, .once = true},
	    {.call = "recv", .number = EINTR, .once = true},
	    {.call = "poll", .number = EINTR, .once = true, .skip = 1},
	    {.call = "recv", .number = EINTR, .once = true, .skip = 1},
	    {.call = "recv", .number = EINTR, .once = true, .skip = 2},
	};
	struct pool *pool;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		write_file("log", O_TRUNC, "");
		fault = faults[i];
		pool = open_pool(1);
		assert_int_equal(fault.count, 1);
		assert_log("start\n");
		end(pool);
	}
}

/* Standard input was closed: descriptor 0 is a parser's socket as any other. */
static void socket_zero(void **state)
{
	struct outcome outcome;
	struct pool *pool;

	(void)state;
	if (fcntl(PARSER_SOCKET, F_GETFD) < 0) /* this one is not to be its other end */
		assert_int_equal(dup2(2, PARSER_SOCKET), PARSER_SOCKET);
	close(0);
	descriptors = count_descriptors();
	pool = open_pool(1);
	assert_int_equal(fcntl(0, F_GETFD), FD_CLOEXEC);
	give(pool, 4, "findings");
	wait_for(pool, &outcome);
	assert_findings(&outcome);
	end(pool);
	assert_int_equal(open("/dev/null", O_RDONLY), 0);
}

/* As many parsers as processors, and one where that is not known. */
static void parsers_by_processors(void **state)
{
	static const struct {
		long processors;
		const char *log;
	} cases[] = {{3, "start\nstart\nstart\n"}, {1, "start\n"}, {0, "start\n"}, {-1, "start\n"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pool *pool;

		write_file("log", O_TRUNC, "");
		processors = cases[i].processors;
		pool = open_pool(0);
		assert_log(cases[i].log);
		end(pool);
	}
}

/* Where a package puts it. */
static void parser_of_a_package(void **state)
{
	char *beside = in_room(PARSER), *outside = in_room("../libexec");
	char *folder = mem_printf("%s/segur-enrol", outside);
	char *path = mem_printf("%s/" PARSER, folder);
	const struct error *err;
	struct pool *pool;

	(void)state;
	assert_int_equal(mkdir(outside, 0700), 0);
	assert_int_equal(mkdir(folder, 0700), 0);
	assert_int_equal(rename(beside, path), 0);
	err = pool_open(&conf, 1, &pool);
	assert_int_equal(rename(path, beside), 0);
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(rmdir(outside), 0);
	if (err != NULL)
		fail_msg("%s", err->message);
	assert_log("start\n");
	end(pool);
	free(path);
	free(folder);
	free(outside);
	free(beside);
}

/* --- giving --- */

/* What is not taken whole goes to another parser; without one it is nobody's. */
static void refused_jobs(void **state)
{
	static const struct {
		struct fault fault;
		const char *log;
	} cases[] = {
	    {{.call = "sendmsg", .number = EINTR, .once = true}, "start\ncheck\n"},
	    {{.call = "sendmsg", .number = EPIPE, .once = true}, "start\nstart\ncheck\n"},
	    {{.call = "sendmsg", .number = EPIPE}, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct outcome outcome;
		struct pool *pool;

		write_file("log", O_TRUNC, "");
		pool = open_pool(1);
		fault = cases[i].fault;
		if (cases[i].log == NULL) {
			assert_error(submit(pool, 1, JOB_CHECK, "findings"), NOT_STARTED);
			fault.over = true;
			assert_false(pool_busy(pool));
			write_file("log", O_TRUNC, "");
		}
		give(pool, 2, "findings");
		wait_for(pool, &outcome);
		assert_int_equal(outcome.tag, 2);
		assert_findings(&outcome);
		assert_log(cases[i].log != NULL ? cases[i].log : "start\ncheck\n");
		end(pool);
	}
}

/* Said to be sent in part: the parser may have it, and must not answer it. */
static void half_given(void **state)
{
	struct outcome outcome;
	struct pool *pool;

	(void)state;
	pool = open_pool(1);
	fault = (struct fault){.call = "sendmsg", .number = 0, .once = true};
	give(pool, 2, "slow findings findings");
	wait_for(pool, &outcome);
	assert_findings(&outcome);
	assert_int_equal(fault.count, 1);
	assert_false(pool_busy(pool));
	end(pool);
}

/* The reason is the one for which there is no parser. */
static void no_other_parser(void **state)
{
	static const struct {
		const char *call, *message;
	} cases[] = {{"socketpair", "socketpair"}, {"sendmsg", NOT_STARTED}};
	struct outcome outcome;
	struct pool *pool;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		pool = open_pool(1);
		give(pool, 1, "exit");
		fault = (struct fault){.call = cases[i].call, .number = EAGAIN};
		assert_error(pool_wait(pool, &outcome), cases[i].message);
		assert_false(pool_busy(pool));
		end(pool);
		write_file("start", O_TRUNC, "hello-exit");
		pool = open_pool(1);
		await_death();
		write_file("start", O_TRUNC, "hello");
		fault = (struct fault){.call = cases[i].call, .number = EAGAIN};
		assert_error(submit(pool, 1, JOB_CHECK, "findings"), cases[i].message);
		assert_false(pool_busy(pool));
		end(pool);
	}
}

/* The template has died, and there is no other. */
static void no_other_template(void **state)
{
	static const char *const calls[] = {"fork", "socketpair"};
	struct outcome outcome;
	struct pool *pool;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		char text[32];

		write_file("templates", O_TRUNC, "");
		pool = open_pool(1);
		give(pool, 1, "findings");
		wait_for(pool, &outcome);
		assert_findings(&outcome);
		read_file("templates", text, sizeof(text));
		kill((pid_t)strtol(text, NULL, 10), SIGKILL);
		await_death();
		/* Of two pairs of sockets the parser's is made first. */
		fault = (struct fault){.call = calls[i], .number = EAGAIN, .skip = (unsigned)i};
		assert_error(submit(pool, 2, JOB_CHECK, "findings"), calls[i]);
		fault.over = true;
		assert_false(pool_busy(pool));
		give(pool, 3, "findings");
		wait_for(pool, &outcome);
		assert_findings(&outcome);
		end(pool);
	}
}

/* While others are at work the pool has not failed. */
static void last_but_one(void **state)
{
	struct outcome outcome;
	struct pool *pool;

	(void)state;
	pool = open_pool(2);
	write_file("start", O_TRUNC, "exit");
	give(pool, 1, "exit");
	give(pool, 2, "silent");
	wait_for(pool, &outcome);
	assert_int_equal(outcome.tag, 1);
	assert_outcome(&outcome, OUTCOME_INCIDENT, MUTE);
	fault_time.silent = true;
	wait_for(pool, &outcome);
	assert_int_equal(outcome.tag, 2);
	assert_outcome(&outcome, OUTCOME_INCIDENT, LATE);
	end(pool);
}

/* --- giving again --- */

/* A new parser that does not take the job is not asked for its answer; the next one is. */
static void not_taken_again(void **state)
{
	struct pool *pool = open_pool(1);
	struct outcome outcome;

	(void)state;
	give(pool, 3, "costly:7 findings");
	fault = (struct fault){.call = "sendmsg", .number = EPIPE, .once = true, .skip = 1};
	wait_for(pool, &outcome);
	assert_int_equal(fault.count, 1);
	assert_int_equal(outcome.tag, 3);
	assert_findings(&outcome);
	assert_log("start\ncheck\nstart\nstart\ncheck 7\n");
	give(pool, 4, "findings");
	wait_for(pool, &outcome);
	assert_findings(&outcome);
	end(pool);
}

/* --- waiting --- */

/* A signal, or a word that is not there yet, changes nothing; a socket that is lost costs the
 * parser. */
static void disturbed_waits(void **state)
{
	static const struct {
		struct fault fault;
		const char *log;
	} cases[] = {
	    {{.call = "poll", .number = EINTR, .once = true}, "check\n"},
	    {{.call = "recv", .number = EINTR, .once = true}, "check\n"},
	    {{.call = "recv", .number = EAGAIN, .once = true}, "check\n"},
	    {{.call = "recv", .number = ECONNRESET, .once = true}, "check\nstart\ncheck\n"},
	};
	struct pool *pool = open_pool(1);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct outcome outcome;

		print_message("%s %d\n", cases[i].fault.call, cases[i].fault.number);
		write_file("log", O_TRUNC, "");
		assert_null(submit_of(pool, i, JOB_CHECK, "a", "findings findings"));
		fault = cases[i].fault;
		wait_for(pool, &outcome);
		assert_int_equal(fault.count, 1);
		fault.over = true;
		assert_findings(&outcome);
		assert_log(cases[i].log);
	}
	end(pool);
}

static void poll_fails(void **state)
{
	struct pool *pool = open_pool(1);
	struct outcome outcome;

	(void)state;
	give(pool, 1, "findings");
	fault = (struct fault){.call = "poll", .number = ENOMEM, .once = true};
	assert_error(pool_wait(pool, &outcome), "poll");
	assert_true(pool_busy(pool)); /* the job is not lost */
	wait_for(pool, &outcome);
	assert_int_equal(outcome.tag, 1);
	assert_findings(&outcome);
	end(pool);
}

/* Of several parsers those are heard that have a job: one without is not asked for anything,
 * however much it says. */
static void only_who_speaks(void **state)
{
	struct outcome outcome;
	struct pool *pool;

	(void)state;
	write_file("start", O_TRUNC, "hello-more");
	pool = open_pool(3);
	write_file("start", O_TRUNC, "hello");
	give(pool, 1, "silent");
	give(pool, 2, "findings");
	wait_for(pool, &outcome);
	assert_int_equal(outcome.tag, 2);
	assert_findings(&outcome);
	assert_int_equal(fault_time.waiting, 2);
	end(pool);
}

/* A parser is at its end when its time is up, not before; the pool sleeps until the first of them.
 */
static void to_the_millisecond(void **state)
{
	static const struct {
		uint32_t delai_s;
		int timeout; /* once the one before is over */
	} jobs[] = {{5, 5000}, {9, 4000}, {3600, 3591000}};
	int64_t start = fault_time.now;
	struct outcome outcome;
	struct pool *pool;

	(void)state;
	pool = open_pool(ARRAY_SIZE(jobs) + 1);
	for (size_t i = 0; i < ARRAY_SIZE(jobs); i++) {
		conf.delai_s = jobs[i].delai_s;
		give(pool, i, "silent");
	}
	fault_time.silent = true;
	for (size_t i = 0; i < ARRAY_SIZE(jobs); i++) {
		fault_time.polls = 0;
		wait_for(pool, &outcome);
		assert_int_equal(outcome.tag, i);
		assert_outcome(&outcome, OUTCOME_INCIDENT, LATE);
		assert_int_equal(fault_time.polls, 1);
		assert_int_equal(fault_time.timeout, jobs[i].timeout);
		assert_int_equal(fault_time.now, start + (int64_t)jobs[i].delai_s * 1000);
	}
	end(pool);
}

/* What has come while the caller did something else counts, also after its time. */
static void answer_after_its_time(void **state)
{
	struct outcome outcome;
	struct pool *pool;

	(void)state;
	pool = open_pool(2);
	give(pool, 1, "findings");
	give(pool, 2, "silent");
	fault_time.patient = true;
	fault_time.now += (int64_t)conf.delai_s * 1000 + 1;
	wait_for(pool, &outcome);
	assert_int_equal(outcome.tag, 1);
	assert_findings(&outcome);
	assert_int_equal(fault_time.timeout, 0);
	fault_time.patient = false;
	wait_for(pool, &outcome);
	assert_int_equal(outcome.tag, 2);
	assert_outcome(&outcome, OUTCOME_INCIDENT, LATE);
	assert_int_equal(fault_time.timeout, 0);
	end(pool);
}

/* --- the program --- */

int main(int argc, char **argv)
{
	const int status = play_role(argc, argv);
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(refused_starts, begin),
	    cmocka_unit_test_setup(interrupted_start, begin),
	    cmocka_unit_test_setup(socket_zero, begin),
	    cmocka_unit_test_setup(parsers_by_processors, begin),
	    cmocka_unit_test_setup(parser_of_a_package, begin),
	    cmocka_unit_test_setup(refused_jobs, begin),
	    cmocka_unit_test_setup(half_given, begin),
	    cmocka_unit_test_setup(no_other_parser, begin),
	    cmocka_unit_test_setup(no_other_template, begin),
	    cmocka_unit_test_setup(last_but_one, begin),
	    cmocka_unit_test_setup(not_taken_again, begin),
	    cmocka_unit_test_setup(disturbed_waits, begin),
	    cmocka_unit_test_setup(poll_fails, begin),
	    cmocka_unit_test_setup(only_who_speaks, begin),
	    cmocka_unit_test_setup(to_the_millisecond, begin),
	    cmocka_unit_test_setup(answer_after_its_time, begin),
	};

	if (status >= 0)
		return status;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
