/* Bytes with descriptors, over a Unix socket: a request for a parser, and a parser's job. */
#ifndef SEGUR_INTAKE_HANDOVER_H
#define SEGUR_INTAKE_HANDOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

/* Sends both in one message, at least one descriptor and at most JOB_FDS_MAX. `flags`: those of
 * send(2), beside MSG_NOSIGNAL. False when the other end is gone, or does not take all bytes. The
 * descriptors stay the caller's. */
bool handover_send(int socket, struct iovec bytes, const int *fds, size_t fd_count, int flags);

#endif
