/* As faults.h, of what a program asks that has others work for it: processes, sockets, time. Where
 * a number is 0, what was asked for is done, and the answer is one less. */
#ifndef SEGUR_FAULTS_PROCESS_H
#define SEGUR_FAULTS_PROCESS_H

#include "faults.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>

/* Sendings to what is no socket. */
static unsigned fault_bad_sendings;

/* What poll is asked, and what its caller believes of the time. */
static struct fault_time {
	int64_t now;	  /* of clock_ms; what poll waits for in vain goes by */
	bool silent;	  /* poll does not wait: nobody says anything */
	bool patient;	  /* poll waits until somebody does, whatever it is asked */
	unsigned polls;	  /* how often */
	int timeout;	  /* the last one's */
	unsigned waiting; /* descriptors that it looked at */
} fault_time;

#define FAULT_PATIENCE_MS 10000 /* of the machine's time, then it is in vain */

FAULT_OURS int64_t clock_ms(void)
{
	return fault_time.now;
}

FAULT_OURS int poll(struct pollfd *waits, nfds_t count, int timeout)
{
	const volatile struct pollfd *asked = waits; /* glibc says that poll reads nothing there */
	int ready = 0;

	fault_time.polls++;
	fault_time.timeout = timeout;
	fault_time.waiting = 0;
	for (nfds_t i = 0; i < count; i++) {
		fault_time.waiting += asked[i].fd >= 0;
		waits[i].revents = 0;
	}
	if (fault_is_due("poll", NULL))
		return -1;
	if (!fault_time.silent)
		ready = FAULT_REAL(poll)(waits, count,
					 timeout < FAULT_PATIENCE_MS && !fault_time.patient
					     ? timeout
					     : FAULT_PATIENCE_MS);
	if (ready == 0)
		fault_time.now += timeout > 0 ? timeout : 1;
	return ready;
}

FAULT_OURS ssize_t recv(int fd, void *bytes, size_t count, int flags)
{
	bool due = fault_is_due("recv", NULL);

	if (due && fault.number != 0)
		return -1;
	return FAULT_REAL(recv)(fd, bytes, count, flags) - due;
}

FAULT_OURS ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	bool due = fault_is_due("sendmsg", NULL);

	fault_bad_sendings += fd < 0;
	if (due && fault.number != 0)
		return -1;
	return FAULT_REAL(sendmsg)(fd, message, flags) - due;
}

FAULT_OURS int socketpair(int domain, int type, int protocol, int sockets[2])
{
	return fault_is_due("socketpair", NULL)
		   ? -1
		   : FAULT_REAL(socketpair)(domain, type, protocol, sockets);
}

FAULT_OURS pid_t fork(void)
{
	return fault_is_due("fork", NULL) ? -1 : FAULT_REAL(fork)();
}

FAULT_OURS int prctl(int option, ...)
{
	va_list rest;
	unsigned long argument;

	va_start(rest, option);
	argument = va_arg(rest, unsigned long);
	va_end(rest);
	return fault_is_due("prctl", NULL) ? -1 : FAULT_REAL(prctl)(option, argument);
}

FAULT_OURS int open(const char *path, int flags, ...)
{
	va_list rest;
	mode_t mode;

	va_start(rest, flags);
	mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
	va_end(rest);
	return fault_is_due("open", path) ? -1 : FAULT_REAL(open)(path, flags, mode);
}

FAULT_OURS int dup2(int from, int to)
{
	bool due = fault_is_due("dup2", NULL);

	return due && fault.number != 0 ? -1 : FAULT_REAL(dup2)(from, to) - due;
}

FAULT_OURS int close_range(unsigned first, unsigned last, int flags)
{
	return fault_is_due("close_range", NULL) ? -1 : FAULT_REAL(close_range)(first, last, flags);
}

FAULT_OURS int chdir(const char *path)
{
	return fault_is_due("chdir", path) ? -1 : FAULT_REAL(chdir)(path);
}

/* Number 0: an empty name. */
FAULT_OURS ssize_t readlink(const char *restrict path, char *restrict name, size_t size)
{
	if (fault_is_due("readlink", path))
		return fault.number != 0 ? -1 : 0;
	return FAULT_REAL(readlink)(path, name, size);
}

#endif
