/* Tests that enter the sandbox in a child and try one thing: the children, what they hold, and how
 * they ended. */
#ifndef SEGUR_ATTEMPT_FIXTURE_H
#define SEGUR_ATTEMPT_FIXTURE_H

#include "lib/array.h"
#include "sandbox_fixture.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define KILLED 256 /* ended by SIGSYS */

static int socket_end, file;

struct attempt {
	const char *name;
	int (*attempt)(void);
	int expected;
};

static inline int outcome(int rc)
{
	return rc < 0 ? DENIED : DONE;
}

/* Runs `attempt` inside, in a child. */
static inline int inside(int (*attempt)(void))
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		struct sandbox_facts facts;
		const struct error *error = enter(&facts);
		if (error != NULL)
			fprintf(stderr, "%s\n", error->message);
		_exit(error != NULL ? NO_SANDBOX : attempt());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		return KILLED;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static inline void try_each(const struct attempt *attempts, size_t count)
{
#ifdef SEGUR_SANITIZED
	skip();
#endif
	for (size_t i = 0; i < count; i++) {
		int got = inside(attempts[i].attempt);
		if (got != attempts[i].expected)
			fail_msg("%s: %d, not %d", attempts[i].name, got, attempts[i].expected);
	}
}

/* One file, one socket, at whose end waits a message with a descriptor. */
static inline int open_descriptors(void **state)
{
	int ends[2];
	char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec part = {"x", 1};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof control};
	struct cmsghdr *rights = CMSG_FIRSTHDR(&message);

	(void)state;
	file = memfd_create("file", MFD_CLOEXEC);
	if (write(file, "1234", 4) != 4 || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		return -1;
	socket_end = ends[0];
	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(sizeof file);
	memcpy(CMSG_DATA(rights), &file, sizeof file);
	lseek(file, 0, SEEK_SET);
	return sendmsg(ends[1], &message, 0) == 1 ? 0 : -1;
}

#endif
