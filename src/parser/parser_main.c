/*
 * segur-parser: the only program that parses untrusted bytes. Started by segur with a socket on
 * descriptor 3, it is the template of all parsers (intake/template.h): it loads what they need,
 * enters what a fork keeps of the sandbox, and forks a parser for each request. It reads nothing
 * else. A parser puts itself in the rest of the sandbox, says so, then serves jobs until its own
 * socket closes.
 *
 * usage: segur-parser OCTETS   (the largest file that it may write; segur passes it)
 */
#include "lib/file.h"
#include "lib/notice.h"
#include "lib/sha256.h"
#include "model/message.h"
#include "parser/attempt.h"
#include "parser/check.h"
#include "parser/extract_pieces.h"
#include "parser/inflate.h"
#include "parser/piece.h"
#include "parser/sandbox.h"

#include <errno.h>
#include <locale.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#define SOCKET 3
/* Bytes: libraries and the locale are mapped, a few tens of MiB are used. */
#define ADDRESS_SPACE (400ull << 20)

/* A block of so many bytes has a mapping of its own, which goes when the block is freed. Set,
 * because glibc otherwise raises the limit to the largest block ever freed, up to 32 MiB. */
#define OWN_MAPPING (512 << 10)
#define KEPT_FREE   (1 << 20) /* bytes that may stay free at the heap's end, for the next piece */

#ifdef SEGUR_SANITIZED
/* The sanitizer's check for leaks reads /proc, which the cage forbids. The unit tests look for them. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}
#endif

/* Says at which entry the drop's processor time, or a piece's memory, was used up, and ends. */
static _Noreturn void end_as_costly(void)
{
	uint8_t frame[MESSAGE_HEADER + 4];

	message_costly_frame(frame, (uint32_t)check_ordinal);
	send(SOCKET, frame, sizeof(frame), MSG_NOSIGNAL);
	_exit(0);
}

static void on_cpu_limit(int number)
{
	(void)number;
	end_as_costly();
}

static void set_cpu_timer(uint32_t seconds)
{
	const struct itimerval timer = {.it_value = {.tv_sec = seconds}};

	setitimer(ITIMER_PROF, &timer, NULL);
}

/* Receives at most `size` bytes, and the descriptors that come with them unless there are some
 * already; 0 when the socket closed. */
static size_t receive(void *bytes, size_t size, int *fds, size_t *fd_count)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(JOB_FDS_MAX * sizeof(int))];
	} control;
	struct iovec piece = {bytes, size};
	struct msghdr message = {.msg_iov = &piece,
				 .msg_iovlen = 1,
				 .msg_control = control.bytes,
				 .msg_controllen = sizeof(control.bytes)};
	ssize_t got;

	do
		got = recvmsg(SOCKET, &message, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got <= 0)
		return 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL; c = CMSG_NXTHDR(&message, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS && *fd_count == 0) {
			*fd_count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
			memcpy(fds, CMSG_DATA(c), *fd_count * sizeof(int));
		}
	return (size_t)got;
}

/* Receives a frame and its descriptors; false when the socket closed or the frame is no job. */
static bool receive_frame(uint8_t *frame, size_t size, int *fds, size_t *fd_count)
{
	size_t length = 0, wanted = MESSAGE_HEADER;
	enum message_type type;
	uint32_t payload;

	*fd_count = 0;
	while (length < wanted) {
		size_t got = receive(frame + length, wanted - length, fds, fd_count);

		if (got == 0)
			return false;
		length += got;
		if (length == MESSAGE_HEADER && wanted == MESSAGE_HEADER) {
			if (!message_header(frame, &type, &payload) || type != MESSAGE_JOB ||
			    payload > size - MESSAGE_HEADER)
				return false;
			wanted += payload;
		}
	}
	return true;
}

static bool serve_check(const struct job *job, const int *fds, size_t fd_count, struct buf *answer)
{
	struct findings findings = {0};
	bool ok = fd_count == 1 && check_archive(job, fds[0], &findings);

	if (ok)
		message_write_findings(answer, &findings);
	findings_free(&findings);
	return ok;
}

static bool serve_extract(const struct job *job, const int *fds, size_t fd_count,
			  struct buf *answer)
{
	bool ok = fd_count == 1 + job->ordinal_count && extract_pieces(job, fds[0], fds + 1);

	if (ok)
		message_write_extracted(answer);
	return ok;
}

static bool serve_inflate(const struct job *job, const int *fds, size_t fd_count,
			  struct buf *answer)
{
	struct inflated inflated;
	bool ok = fd_count == 2 && inflate_stock(job, fds[0], fds[1], &inflated);

	if (ok)
		message_write_inflated(answer, &inflated);
	return ok;
}

/* False when we failed: the parser then ends, and the parent calls the drop an incident. */
static bool serve(const struct job *job, const int *fds, size_t fd_count, struct buf *answer)
{
	static bool (*const servers[JOB_KIND_COUNT])(const struct job *, const int *, size_t,
						     struct buf *) = {
	    [JOB_CHECK] = serve_check,
	    [JOB_EXTRACT] = serve_extract,
	    [JOB_INFLATE] = serve_inflate,
	};
	bool ok;

	set_cpu_timer(job->cpu_s);
	ok = servers[job->kind](job, fds, fd_count, answer);
	set_cpu_timer(0);
	return ok;
}

static const struct error *prepare(const char *file_size, struct sandbox_facts *facts)
{
	const struct sandbox_limits limits = {ADDRESS_SPACE, strtoull(file_size, NULL, 10)};
	const struct sigaction action = {.sa_handler = on_cpu_limit};
	const struct error *err;

	/* cron's locale is C, in which libarchive drops accented names. */
	if (setlocale(LC_ALL, "C.UTF-8") == NULL)
		return error_set(ERR_FAULT, "locale C.UTF-8 absente : installez libc-bin");
	if (sigaction(SIGPROF, &action, NULL) != 0)
		return error_errno(ERR_FAULT, "signal");
	mallopt(M_MMAP_THRESHOLD, OWN_MAPPING);
	mallopt(M_TRIM_THRESHOLD, KEPT_FREE);
	piece_set_last_resort(end_as_costly);
	err = sha256_setup();
	if (err == NULL)
		err = piece_setup();
	if (err == NULL)
		err = sandbox_enter_shared(&limits, facts);
	return err;
}

static int say_failure(const struct error *err)
{
	notice(NOTICE_CRITICAL, "%s", err->message);
	return (int)err->code;
}

/* Serves jobs until the socket closes; the exit code. */
static int parse(struct sandbox_facts *facts)
{
	const struct error *err = sandbox_enter_own(facts);
	struct buf out = {0};
	struct job job;
	uint8_t frame[1024];
	int fds[JOB_FDS_MAX] = {0};
	size_t fd_count;
	enum message_type type;
	uint32_t length;

	if (err != NULL)
		return say_failure(err);
	message_write_hello(&out, &(struct hello){.landlock_abi = facts->landlock_abi,
						  .no_new_privs = facts->no_new_privs,
						  .landlock = facts->landlock,
						  .seccomp = facts->seccomp,
						  .rlimits = facts->rlimits,
						  .empty_root = facts->empty_root,
						  .namespaces = facts->namespaces});
	while (file_write_all(SOCKET, out.data, out.length) == 0 &&
	       receive_frame(frame, sizeof(frame), fds, &fd_count)) {
		bool ok = message_header(frame, &type, &length) &&
			  message_read_job(frame + MESSAGE_HEADER, length, &job);

		buf_clear(&out);
		ok = ok && serve(&job, fds, fd_count, &out);
		for (size_t i = 0; i < fd_count; i++)
			close(fds[i]);
		if (!ok)
			return ERR_FAULT;
	}
	buf_free(&out);
	return 0;
}

/* A child of segur's: it alone may kill it, and learns of its end. The C library's own fork knows
 * no such child; with a single thread, nothing of what that would do besides is missed. */
static pid_t fork_for_segur(void)
{
	return (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, NULL);
}

/* The child takes the new socket in place of the template's, and ends with segur. */
static bool become_parser(int socket)
{
	bool taken = prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && dup2(socket, SOCKET) == SOCKET;

	file_let_go(socket);
	return taken;
}

/* What a child of the template's does; its exit code. */
static int serve_request(uint8_t request, struct sandbox_facts *facts)
{
	int32_t result;

	if (request == REQUEST_PARSER)
		return parse(facts);
	result = attempt(request, facts);
	return send(SOCKET, &result, sizeof(result), MSG_NOSIGNAL) == sizeof(result) ? 0
										     : ERR_FAULT;
}

/* Forks a child for each request until the socket closes; the exit code, a child's too. */
static int serve_requests(struct sandbox_facts *facts)
{
	int fds[JOB_FDS_MAX] = {0};
	size_t fd_count = 0;
	uint8_t request;

	while (receive(&request, 1, fds, &fd_count) == 1 && fd_count == 1) {
		pid_t pid = fork_for_segur();
		int32_t answer = pid < 0 ? -errno : (int32_t)pid;

		if (pid == 0)
			return become_parser(fds[0]) ? serve_request(request, facts) : ERR_FAULT;
		file_let_go(fds[0]);
		fd_count = 0;
		if (send(SOCKET, &answer, sizeof(answer), MSG_NOSIGNAL) != sizeof(answer))
			return ERR_FAULT;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct sandbox_facts facts = {0};
	struct stat info;
	const struct error *err;

	if (argc != 2 || fstat(SOCKET, &info) != 0 || !S_ISSOCK(info.st_mode)) {
		fputs("segur-parser est lancé par segur, jamais à la main.\n", stderr);
		return ERR_USAGE;
	}
	err = prepare(argv[1], &facts);
	return err != NULL ? say_failure(err) : serve_requests(&facts);
}
