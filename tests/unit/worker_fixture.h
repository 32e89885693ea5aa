/*
 * Parsers that do what a script says, for tests of the pool. The test copies itself into a folder
 * of its own and runs there; beside it, under the name of segur-parser, lies the same program, which
 * then is the template that forks the parsers. How the template behaves stands in the file
 * `template`, how a parser starts in the file `start`; how it answers stands in the drop, one word
 * for each time that it is read. A parser writes down what it was given in the file `log`, a
 * template its process id in the file `templates`.
 */
#ifndef SEGUR_WORKER_FIXTURE_H
#define SEGUR_WORKER_FIXTURE_H

#include "intake/pool.h"
#include "lib/array.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define PARSER	      "segur-parser"
#define PARSER_SOCKET 3
#define SIRET	      "73282932000074"
#define STOPPED	      "l'analyseur s'est arrêté sur ce dépôt"
#define LATE	      "l'analyse de ce dépôt ne s'est pas terminée à temps"
#define TOO_COSTLY    "l'analyse de ce dépôt dépasse le temps permis"
#define MUTE	      "l'analyseur ne répond plus"

static char room[4096]; /* the folder of the program */

static inline char *in_room(const char *name)
{
	return mem_printf("%s/%s", room, name);
}

static inline void find_room(void)
{
	ssize_t length = readlink("/proc/self/exe", room, sizeof(room) - 1);

	if (length <= 0)
		abort();
	room[length] = '\0';
	*strrchr(room, '/') = '\0';
	if (strstr(room, "/libexec/") != NULL)
		strcpy(strstr(room, "/libexec/"), "/bin");
}

static inline void read_file(const char *name, char *text, size_t size)
{
	char *path = in_room(name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = file_read_all(fd, text, size - 1);

	text[length > 0 ? length : 0] = '\0';
	close(fd);
	free(path);
}

static inline void write_file(const char *name, int flags, const char *text)
{
	char *path = in_room(name);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);

	if (file_write_all(fd, text, strlen(text)) != 0)
		abort();
	close(fd);
	free(path);
}

/* --- the parser --- */

static inline _Noreturn void hang(void)
{
	for (;;)
		pause();
}

static inline void say(const void *bytes, size_t length)
{
	if (send(PARSER_SOCKET, bytes, length, MSG_NOSIGNAL) < 0)
		_exit(1); /* a test that became a parser has not passed */
}

static inline void say_header(uint32_t magic, uint32_t type, uint32_t length)
{
	const uint32_t words[] = {magic, type, length};

	_Static_assert(sizeof(words) == MESSAGE_HEADER, "a header is three words");
	say(words, sizeof(words));
}

/* Blocked, so that it need not be whole: no archive was recognised. */
static inline void write_findings(struct buf *out, const char *siret)
{
	struct findings findings = {.format_archive = mem_strdup("zip"), .size = 4};

	findings.dossier.type = DEPOT_INITIAL;
	findings.dossier.champs[CHAMP_DEMANDEUR_SIRET] =
	    (struct valeur){.text = mem_strdup(siret), .ligne = 3, .colonne = 5, .valid = true};
	anomalies_add(&findings.anomalies, ANO_ARC_INCONNUE, "archive", NULL, NULL, NULL);
	message_write_findings(out, &findings);
	findings_free(&findings);
}

/* In its header, after it, and in its last byte. */
static inline void say_in_pieces(const struct buf *frame)
{
	const size_t ends[] = {MESSAGE_HEADER - 5, MESSAGE_HEADER, frame->length - 1,
			       frame->length};

	for (size_t i = 0, from = 0; i < ARRAY_SIZE(ends); from = ends[i++]) {
		say(frame->data + from, ends[i] - from);
		usleep(20000);
	}
}

static inline void say_costly(const char *ordinal)
{
	uint8_t frame[MESSAGE_HEADER + 4];

	message_costly_frame(frame, (uint32_t)strtoul(ordinal, NULL, 10));
	say(frame, sizeof(frame));
}

/* Of the parser's own kinds, or of none. */
static inline void say_nonsense(const char *word, uint32_t magic)
{
	struct buf out = {0};

	if (strcmp(word, "implausible") == 0)
		write_findings(&out, "73282932000075");
	else if (strcmp(word, "hello") == 0)
		message_write_hello(&out, &(struct hello){.landlock_abi = 1});
	else if (strcmp(word, "job") == 0)
		message_write_job(&out, &(struct job){.kind = JOB_CHECK});
	if (out.length > 0)
		say(out.data, out.length);
	else if (strcmp(word, "bytes") == 0)
		say("no frame at all", 15);
	else if (strcmp(word, "job-empty") == 0)
		say_header(magic, MESSAGE_JOB, 0);
	else if (strcmp(word, "type-0") == 0)
		say_header(magic, 0, 0);
	else if (strcmp(word, "type-6") == 0)
		say_header(magic, MESSAGE_INFLATED + 1, 0);
	else if (strcmp(word, "empty") == 0)
		say_header(magic, MESSAGE_FINDINGS, 0);
	else if (strcmp(word, "oversized") == 0)
		say_header(magic, MESSAGE_FINDINGS, MESSAGE_MAX + 1);
	else if (strcmp(word, "largest") == 0)
		say_header(magic, MESSAGE_FINDINGS, MESSAGE_MAX);
	else if (strcmp(word, "costly-long") == 0)
		say_header(magic, MESSAGE_COSTLY, 5), say("12345", 5);
	else if (strcmp(word, "extracted-long") == 0)
		say_header(magic, MESSAGE_EXTRACTED, 1), say("1", 1);
	else if (strcmp(word, "half") == 0)
		say(&magic, sizeof(magic));
	free(out.data);
	hang();
}

/* Answers the job, and each that comes after it, which it leaves where they are. */
static inline _Noreturn void answer_blindly(const struct buf *frame)
{
	for (int waiting = 0, before = 0;; before = waiting) {
		say(frame->data, frame->length);
		while (waiting == before && ioctl(PARSER_SOCKET, FIONREAD, &waiting) == 0)
			usleep(100);
	}
}

static inline void act(const char *word)
{
	struct buf frame = {0};
	uint32_t magic;

	write_findings(&frame, SIRET);
	memcpy(&magic, frame.data, sizeof(magic));
	if (strcmp(word, "findings") == 0) {
		say(frame.data, frame.length);
	} else if (strcmp(word, "blind") == 0) {
		answer_blindly(&frame);
	} else if (strcmp(word, "pieces") == 0) {
		say_in_pieces(&frame);
	} else if (strcmp(word, "slow") == 0) {
		usleep(300000);
		say(frame.data, frame.length);
	} else if (strcmp(word, "more") == 0) {
		buf_putc(&frame, 'x');
		say(frame.data, frame.length);
	} else if (strcmp(word, "half-exit") == 0) {
		say(frame.data, frame.length / 2);
		_exit(0);
	} else if (strcmp(word, "extracted") == 0) {
		say_header(magic, MESSAGE_EXTRACTED, 0);
	} else if (strncmp(word, "costly:", 7) == 0) {
		say_costly(word + 7);
		_exit(0);
	} else if (strcmp(word, "exit") == 0) {
		_exit(0);
	} else {
		say_nonsense(word, magic);
	}
	buf_free(&frame);
}

static inline void log_job(const struct job *job, size_t fd_count)
{
	struct buf line = {0};

	buf_puts(&line, job->kind == JOB_CHECK ? "check" : "extract");
	for (uint32_t i = 0; i < job->ordinal_count; i++)
		buf_printf(&line, " %u", job->ordinals[i]);
	if (fd_count != (job->kind == JOB_CHECK ? 1 : 1 + job->ordinal_count))
		buf_printf(&line, " of %zu", fd_count);
	buf_puts(&line, job->skip_pieces ? " skip\n" : "\n");
	write_file("log", O_APPEND, line.data);
	buf_free(&line);
}

/* The first word that has not been acted upon; it is struck out. */
static inline void take_word(int fd, char word[static 32])
{
	char text[256] = "";
	ssize_t length = pread(fd, text, sizeof(text) - 1, 0);
	char *from = text + strspn(text, "-");
	size_t count = strcspn(from, " ");

	if (length <= 0 || *from == '\0')
		_exit(1);
	snprintf(word, 32, "%.*s", (int)count, from);
	memset(text, '-', (size_t)(from - text) + count + (from[count] == ' '));
	if (pwrite(fd, text, (size_t)length, 0) != length)
		_exit(1);
}

static inline bool take_job(char word[static 32])
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(JOB_FDS_MAX * sizeof(int))];
	} control = {0};
	uint8_t frame[1024];
	struct iovec piece = {frame, sizeof(frame)};
	struct msghdr message = {.msg_iov = &piece,
				 .msg_iovlen = 1,
				 .msg_control = control.bytes,
				 .msg_controllen = sizeof(control.bytes)};
	ssize_t got = recvmsg(PARSER_SOCKET, &message, MSG_CMSG_CLOEXEC);
	int fds[JOB_FDS_MAX];
	size_t fd_count;
	struct job job;

	if (got <= MESSAGE_HEADER ||
	    !message_read_job(frame + MESSAGE_HEADER, (uint32_t)got - MESSAGE_HEADER, &job))
		return false;
	fd_count = (CMSG_FIRSTHDR(&message)->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(fds, CMSG_DATA(CMSG_FIRSTHDR(&message)), fd_count * sizeof(int));
	log_job(&job, fd_count);
	take_word(fds[0], word);
	for (size_t i = 0; i < fd_count; i++)
		close(fds[i]);
	return true;
}

/* "hello", "hello-*": as the real one starts; the other words: not so. */
static inline void start(const char *how)
{
	struct hello hello = {1, true, true, true, true, true, 0};
	struct buf out = {0};

	write_file("log", O_APPEND, "start\n");
	if (strcmp(how, "exit") == 0)
		_exit(1);
	hello.no_new_privs = strcmp(how, "no-new-privs") != 0;
	hello.landlock = strcmp(how, "no-landlock") != 0;
	hello.seccomp = strcmp(how, "no-seccomp") != 0;
	hello.rlimits = strcmp(how, "no-rlimits") != 0;
	message_write_hello(&out, &hello);
	if (strcmp(how, "bytes") == 0)
		memset(out.data, 'x', out.length);
	else if (strcmp(how, "other-frame") == 0)
		out.data[4] = MESSAGE_EXTRACTED;
	else if (strcmp(how, "other-magic") == 0)
		out.data[0]++;
	else if (strcmp(how, "other-length") == 0)
		out.data[8]--;
	else if (strcmp(how, "half") == 0)
		out.length /= 2;
	else if (strcmp(how, "hello-more") == 0)
		buf_putc(&out, 'x');
	say(out.data, strcmp(how, "silent") == 0 ? 0 : out.length);
	if (strcmp(how, "hello-exit") == 0)
		_exit(0);
	if (strcmp(how, "hello-silenced") == 0) {
		shutdown(PARSER_SOCKET, SHUT_WR);
		write_file("log", O_APPEND, "silenced\n");
	}
	buf_free(&out);
}

static inline int be_parser(void)
{
	char how[32], word[32];

	read_file("start", how, sizeof(how));
	start(how);
	while (take_job(word))
		act(word);
	return 1;
}

/* --- the template --- */

/* The descriptor that comes with a request; -1 when nobody is there any more. */
static inline int take_request(void)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	char request;
	struct iovec piece = {&request, 1};
	struct msghdr message = {.msg_iov = &piece,
				 .msg_iovlen = 1,
				 .msg_control = control.bytes,
				 .msg_controllen = sizeof(control.bytes)};
	int fd;

	if (recvmsg(PARSER_SOCKET, &message, MSG_CMSG_CLOEXEC) != 1)
		return -1;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

/* "ready": as the real one; the other words: not so. */
static inline int32_t answer_request(const char *how, int socket)
{
	pid_t pid;

	if (strcmp(how, "dies") == 0)
		_exit(0);
	if (strcmp(how, "mute") == 0)
		hang();
	if (strcmp(how, "refuses") == 0)
		return -EAGAIN;
	if (strcmp(how, "stranger") == 0)
		return getppid();
	if (strcmp(how, "nobody") == 0)
		return 0;
	pid = (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, NULL);
	if (pid == 0) {
		dup2(socket, PARSER_SOCKET);
		close(socket);
		_exit(be_parser());
	}
	return pid;
}

static inline int be_template(void)
{
	char how[32], line[16];
	int socket;

	snprintf(line, sizeof(line), "%d\n", getpid());
	write_file("templates", O_APPEND, line);
	read_file("template", how, sizeof(how));
	if (strcmp(how, "exit") == 0)
		return 1;
	while ((socket = take_request()) >= 0) {
		int32_t answer;

		read_file("template", how, sizeof(how));
		answer = answer_request(how, socket);
		say(&answer, strcmp(how, "short") == 0 ? 3 : sizeof(answer));
		close(socket);
	}
	return 0;
}

/* --- the pool --- */

static struct conf conf = {.archive_octets = 1 << 20, .delai_s = 60};

static inline size_t count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t count = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}

static size_t descriptors; /* before the test */

static inline int setup(void **state)
{
	(void)state;
	conf.delai_s = 60;
	write_file("start", O_TRUNC, "hello");
	write_file("template", O_TRUNC, "ready");
	write_file("templates", O_TRUNC, "");
	write_file("log", O_TRUNC, "");
	descriptors = count_descriptors();
	return 0;
}

/* Whatever happened, nothing is left of it. */
static inline void close_pool(struct pool *pool)
{
	pool_close(pool);
	assert_int_equal(count_descriptors(), descriptors);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static inline struct pool *open_pool(unsigned count)
{
	struct pool *pool;
	const struct error *err = pool_open(&conf, count, &pool);

	if (err != NULL)
		fail_msg("%s", err->message);
	assert_true(pool_idle(pool));
	assert_false(pool_busy(pool));
	return pool;
}

static inline int bytes_of(const char *text)
{
	int fd = memfd_create("drop", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, text, strlen(text)), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* A drop of that account that is answered by these words, one for each reading. */
static inline const struct error *submit_of(struct pool *pool, size_t tag, enum job_kind kind,
					    const char *account, const char *words)
{
	struct job job = {.kind = kind, .ordinal_count = kind == JOB_EXTRACT, .ordinals = {5}};
	const int fds[] = {bytes_of(words), kind == JOB_EXTRACT ? bytes_of("") : -1};

	job_limits(&conf, &job);
	return pool_submit(pool, tag, account, &job, fds, kind == JOB_EXTRACT ? 2 : 1);
}

/* Each tag is an account's of its own; what is to be extracted is nobody's. */
static inline const struct error *submit(struct pool *pool, size_t tag, enum job_kind kind,
					 const char *words)
{
	char account[32];

	snprintf(account, sizeof(account), "compte-%zu", tag);
	return submit_of(pool, tag, kind, kind == JOB_CHECK ? account : NULL, words);
}

static inline void give(struct pool *pool, size_t tag, const char *words)
{
	const struct error *err = submit(pool, tag, JOB_CHECK, words);

	if (err != NULL)
		fail_msg("%s: %s", words, err->message);
}

static inline void assert_log(const char *expected)
{
	char log[4096];

	read_file("log", log, sizeof(log));
	assert_string_equal(log, expected);
}

static inline void await_log(const char *expected)
{
	char log[4096] = "";

	for (unsigned i = 0; i < 20000 && strcmp(log, expected) != 0; i++) {
		usleep(1000);
		read_file("log", log, sizeof(log));
	}
	assert_string_equal(log, expected);
}

static inline void assert_error(const struct error *err, const char *message)
{
	assert_non_null(err);
	assert_int_equal(err->code, ERR_FAULT);
	assert_non_null(strstr(err->message, message));
}

static inline void wait_for(struct pool *pool, struct outcome *outcome)
{
	const struct error *err = pool_wait(pool, outcome);

	if (err != NULL)
		fail_msg("%s", err->message);
}

/* Findings that are as the parser wrote them, decoded and in its bytes. */
static inline void assert_findings(struct outcome *outcome)
{
	struct buf frame = {0};

	assert_int_equal(outcome->kind, OUTCOME_FINDINGS);
	assert_string_equal(dossier_get(&outcome->findings.dossier, CHAMP_DEMANDEUR_SIRET), SIRET);
	assert_int_equal(outcome->findings.anomalies.count, 1);
	write_findings(&frame, SIRET);
	assert_int_equal(outcome->length, frame.length - MESSAGE_HEADER);
	assert_memory_equal(outcome->payload, frame.data + MESSAGE_HEADER, outcome->length);
	buf_free(&frame);
	findings_free(&outcome->findings);
}

static inline void assert_outcome(struct outcome *outcome, enum outcome_kind kind,
				  const char *incident)
{
	if (kind == OUTCOME_FINDINGS) {
		assert_findings(outcome);
		return;
	}
	assert_int_equal(outcome->kind, kind);
	if (kind == OUTCOME_INCIDENT)
		assert_string_equal(outcome->incident, incident);
}

/* Until that parser's end can be seen, without taking it from the pool. */
static inline void await_death(void)
{
	siginfo_t info;

	assert_int_equal(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT), 0);
}

/* --- the program --- */

/* Runs this program in a folder of its own, where it also is the template. */
static inline int run_in_room(void)
{
	char path[] = "/tmp/segur-worker-XXXXXX/bin";
	char *outside = strrchr(path, '/');
	int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), copy, status = 1;
	static const char *const names[] = {PARSER,	"start",     "log",
					    "template", "templates", "test_worker"};
	struct stat info;
	char *program;
	off_t from = 0;

	*outside = '\0';
	if (mkdtemp(path) == NULL || fstat(self, &info) != 0)
		abort();
	*outside = '/';
	if (mkdir(path, 0700) != 0)
		abort();
	snprintf(room, sizeof(room), "%s", path);
	program = in_room("test_worker");
	copy = open(program, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
	while (from < info.st_size)
		if (copy_file_range(self, &from, copy, NULL, (size_t)(info.st_size - from), 0) <= 0)
			abort();
	close(copy);
	close(self);
	if (fork() == 0) {
		char *parser = in_room(PARSER);

		if (link(program, parser) == 0)
			execl(program, program, "here", NULL);
		_exit(127);
	}
	wait(&status);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char *name = in_room(names[i]);

		unlink(name);
		free(name);
	}
	rmdir(path);
	*outside = '\0';
	rmdir(path);
	free(program);
	return status != 0;
}

/* What this program is by its arguments; -1: the tests, in their room. Else its exit code. */
static inline int play_role(int argc, char **argv)
{
	if (strcmp(argv[0], PARSER) != 0 && argc == 1)
		return run_in_room();
	find_room();
	return strcmp(argv[0], PARSER) == 0 ? be_template() : -1;
}

#endif
