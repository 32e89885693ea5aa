#include "parser/attempt.h"

#include "lib/array.h"
#include "model/message.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static pid_t parent; /* segur: what is tried must do it no harm */

static long try_stat(void)
{
	struct stat info;

	return stat("/proc", &info);
}

static long try_open(void)
{
	return open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static long try_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static long try_connect(void)
{
	const struct sockaddr_in discard = {
	    .sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int end = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return connect(end, (const struct sockaddr *)&discard, sizeof(discard));
}

static long try_signal(void)
{
	return kill(parent, 0);
}

static long try_trace(void)
{
	return ptrace(PTRACE_SEIZE, parent, NULL, NULL);
}

/* The child's child has nothing to do. */
static long try_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid;
}

static long try_exec(void)
{
	char *const nothing[] = {NULL};

	return execve("/proc/self/exe", nothing, nothing);
}

static long (*const table[])(void) = {
    [REQUEST_STAT] = try_stat,	     [REQUEST_OPEN] = try_open,	    [REQUEST_SOCKET] = try_socket,
    [REQUEST_CONNECT] = try_connect, [REQUEST_SIGNAL] = try_signal, [REQUEST_TRACE] = try_trace,
    [REQUEST_FORK] = try_fork,	     [REQUEST_EXEC] = try_exec,
};

int32_t attempt(uint8_t request, struct sandbox_facts *facts)
{
	unsigned what = request & ~(unsigned)REQUEST_BARE;

	parent = getppid();
	if (what >= ARRAY_SIZE(table) || table[what] == NULL)
		return EINVAL;
	if ((request & REQUEST_BARE) == 0 && sandbox_enter_own(facts) != NULL)
		return EINVAL;
	return table[what]() < 0 ? errno : 0;
}
