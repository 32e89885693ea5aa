/*
 * segur-parser: the only program that parses untrusted bytes. Started by segur with a socket on
 * descriptor 3; it puts itself in the sandbox, says so, then serves jobs until the socket closes.
 *
 * usage: segur-parser OCTETS   (the largest file that it may write; segur passes it)
 */
#include "lib/file.h"
#include "lib/sha256.h"
#include "model/message.h"
#include "parser/check.h"
#include "parser/piece.h"
#include "parser/sandbox.h"

#include <errno.h>
#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define SOCKET 3
/* Bytes: libraries and the locale are mapped, a few tens of MiB are used. */
#define ADDRESS_SPACE (400ull << 20)

/* A block of so many bytes has a mapping of its own, which goes when the block is freed. Set,
 * because glibc otherwise raises the limit to the largest block ever freed, up to 32 MiB. */
#define OWN_MAPPING (512 << 10)
#define KEPT_FREE   (1 << 20) /* bytes that may stay free at the heap's end, for the next piece */

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

/* Receives a frame and its descriptors; 0 when the socket closed or the frame is no job. */
static int receive_frame(uint8_t *frame, size_t size, int *fds, size_t *fd_count)
{
	size_t length = 0, wanted = MESSAGE_HEADER;
	enum message_type type;
	uint32_t payload;

	*fd_count = 0;
	while (length < wanted) {
		union {
			struct cmsghdr align;
			char bytes[CMSG_SPACE(JOB_FDS_MAX * sizeof(int))];
		} control;
		struct iovec piece = {frame + length, wanted - length};
		struct msghdr message = {.msg_iov = &piece,
					 .msg_iovlen = 1,
					 .msg_control = control.bytes,
					 .msg_controllen = sizeof(control.bytes)};
		ssize_t got = recvmsg(SOCKET, &message, MSG_CMSG_CLOEXEC);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return 0;
		for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL;
		     c = CMSG_NXTHDR(&message, c))
			if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
			    *fd_count == 0) {
				*fd_count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
				memcpy(fds, CMSG_DATA(c), *fd_count * sizeof(int));
			}
		length += (size_t)got;
		if (length == MESSAGE_HEADER && wanted == MESSAGE_HEADER) {
			if (!message_header(frame, &type, &payload) || type != MESSAGE_JOB ||
			    payload > size - MESSAGE_HEADER)
				return 0;
			wanted += payload;
		}
	}
	return 1;
}

/* False when we failed: the parser then ends, and the parent calls the drop an incident. */
static bool serve(const struct job *job, const int *fds, size_t fd_count, struct buf *answer)
{
	struct findings findings = {0};
	bool ok;

	set_cpu_timer(job->cpu_s);
	if (job->kind == JOB_EXTRACT) {
		ok = fd_count == 1 + job->ordinal_count && extract_pieces(job, fds[0], fds + 1);
		if (ok)
			message_write_extracted(answer);
	} else {
		ok = fd_count == 2 && check_archive(job, fds[0], fds[1], &findings);
		if (ok)
			message_write_findings(answer, &findings);
		findings_free(&findings);
	}
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
		err = sandbox_enter(&limits, facts);
	return err;
}

int main(int argc, char **argv)
{
	struct sandbox_facts facts = {0};
	struct buf out = {0};
	struct job job;
	uint8_t frame[1024];
	int fds[JOB_FDS_MAX] = {0};
	size_t fd_count;
	enum message_type type;
	uint32_t length;
	const struct error *err;

	if (argc != 2 || send(SOCKET, "", 0, MSG_NOSIGNAL) != 0) {
		fputs("segur-parser est lancé par segur, jamais à la main.\n", stderr);
		return ERR_USAGE;
	}
	err = prepare(argv[1], &facts);
	if (err != NULL) {
		fprintf(stderr, "<2>segur-parser : %s\n", err->message);
		return (int)err->code;
	}
	message_write_hello(&out, &(struct hello){.landlock_abi = facts.landlock_abi,
						  .no_new_privs = facts.no_new_privs,
						  .landlock = facts.landlock,
						  .seccomp = facts.seccomp,
						  .rlimits = facts.rlimits});
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
