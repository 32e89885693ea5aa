#include "intake/handover.h"

#include "model/message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

bool handover_send(int socket, struct iovec bytes, const int *fds, size_t fd_count, int flags)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(JOB_FDS_MAX * sizeof(int))];
	} control = {0};
	struct msghdr message = {.msg_iov = &bytes,
				 .msg_iovlen = 1,
				 .msg_control = control.bytes,
				 .msg_controllen = CMSG_SPACE(fd_count * sizeof(int))};
	struct cmsghdr *header = &control.align;
	ssize_t sent;

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
	memcpy(CMSG_DATA(header), fds, fd_count * sizeof(int));
	do
		sent = sendmsg(socket, &message, flags | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent == (ssize_t)bytes.iov_len;
}
