/* What a parser that was taken over does and says instead of its answer, or besides. */
#include "attacker.h"

#include "lib/clock.h"
#include "lib/file.h"
#include "model/message.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

/* --- words to the parent --- */

void say(const void *bytes, size_t count)
{
	if (file_write_all(SOCKET, bytes, count) != 0)
		_exit(0);
}

/* Until we are killed, at no cost. Nothing more is taken of the socket than one byte at a time. */
_Noreturn void wait_for_end(void)
{
	char byte;
	struct iovec piece = {&byte, 1};
	struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};

	while (recvmsg(SOCKET, &message, MSG_CMSG_CLOEXEC) > 0)
		continue;
	_exit(0);
}

/* No call that sleeps is left to a parser. */
static void spin(int64_t milliseconds)
{
	int64_t end = clock_ms() + milliseconds;

	while (clock_ms() < end)
		continue;
}

static void stop_timer(void)
{
	const struct itimerval never = {0};

	setitimer(ITIMER_PROF, &never, NULL);
}

/* Appends the answer that the archive deserves. */
void put_honest(const struct job *job, int archive, struct buf *frame)
{
	struct findings findings = {0};

	if (!__real_check_archive(job, archive, &findings))
		_exit(1);
	message_write_findings(frame, &findings);
	findings_free(&findings);
}

/* --- frames --- */

void exit_within_frame(const struct job *job, int archive)
{
	struct buf frame = {0};

	put_honest(job, archive, &frame);
	say(frame.data, frame.length / 2);
	_exit(0);
}

void stop_within_frame(const struct job *job, int archive)
{
	struct buf frame = {0};

	put_honest(job, archive, &frame);
	say(frame.data, frame.length / 2);
	wait_for_end();
}

void lengthen_frame(const struct job *job, int archive)
{
	struct buf frame = {0};

	put_honest(job, archive, &frame);
	buf_putc(&frame, 'x');
	say(frame.data, frame.length);
	wait_for_end();
}

/* Byte by byte, so that it is whole long after its time. */
void trickle(const struct job *job, int archive)
{
	struct buf frame = {0};

	stop_timer();
	put_honest(job, archive, &frame);
	for (size_t i = 0; i < frame.length; i++) {
		say(frame.data + i, 1);
		spin(20);
	}
	wait_for_end();
}

void flood_with_frames(const struct job *job, int archive)
{
	struct buf frame = {0};

	stop_timer();
	put_honest(job, archive, &frame);
	for (;;)
		say(frame.data, frame.length);
}

void flood_with_bytes(const struct job *job, int archive)
{
	static const char bytes[1 << 16];

	(void)job, (void)archive;
	stop_timer();
	for (;;)
		say(bytes, sizeof(bytes));
}

/* The answer is right; then the socket is filled while the parent does not look. */
void fill_socket(const struct job *job, int archive)
{
	struct buf frame = {0};

	put_honest(job, archive, &frame);
	say(frame.data, frame.length);
	spin(5);
	flood_with_bytes(job, archive);
}

/* Says another word when nothing was asked. */
void answer_twice(const struct job *job, int archive)
{
	struct buf frame = {0};

	put_honest(job, archive, &frame);
	say(frame.data, frame.length);
	spin(20);
	say(frame.data, frame.length);
	wait_for_end();
}

/* Answers and never takes the next job: what the parent sends piles up in the socket. */
void answer_blindly(const struct job *job, int archive)
{
	struct buf frame = {0};

	stop_timer();
	put_honest(job, archive, &frame);
	for (;;) {
		say(frame.data, frame.length);
		spin(20);
	}
}

static void blame_entry(uint32_t ordinal)
{
	uint8_t frame[MESSAGE_HEADER + 4];

	message_costly_frame(frame, ordinal);
	say(frame, sizeof(frame));
	_exit(0);
}

void blame_first_entry(const struct job *job, int archive)
{
	(void)job, (void)archive;
	blame_entry(0);
}

void blame_no_entry(const struct job *job, int archive)
{
	(void)job, (void)archive;
	blame_entry(UINT32_MAX - 1);
}

void close_socket(const struct job *job, int archive)
{
	(void)job, (void)archive;
	close(SOCKET);
	for (;;)
		spin(1000);
}

/* --- life --- */

void be_silent(const struct job *job, int archive)
{
	(void)job, (void)archive;
	wait_for_end();
}

void be_busy(const struct job *job, int archive)
{
	(void)job, (void)archive;
	for (;;)
		__asm__ volatile("");
}

void be_busy_for_ever(const struct job *job, int archive)
{
	stop_timer();
	be_busy(job, archive);
}

void exit_early(const struct job *job, int archive)
{
	(void)job, (void)archive;
	_exit(0);
}

void take_all_memory(const struct job *job, int archive)
{
	(void)job, (void)archive;
	for (char *block; (block = malloc(1 << 16)) != NULL;)
		*block = 1;
}

/* --- what it holds --- */

/* The next job; its descriptor comes with it. */
static int take_job(void)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	uint8_t bytes[1024];
	struct iovec piece = {bytes, sizeof(bytes)};
	struct msghdr message = {.msg_iov = &piece,
				 .msg_iovlen = 1,
				 .msg_control = control.bytes,
				 .msg_controllen = sizeof(control.bytes)};
	int fd;

	if (recvmsg(SOCKET, &message, MSG_CMSG_CLOEXEC) <= 0)
		_exit(0);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

/* Keeps the drop's descriptor: the next drop is answered with what this one holds. */
void keep_descriptor(const struct job *job, int archive)
{
	struct buf frame = {0};

	put_honest(job, archive, &frame);
	say(frame.data, frame.length);
	take_job();
	buf_clear(&frame);
	put_honest(job, archive, &frame);
	say(frame.data, frame.length);
	wait_for_end();
}

void write_to_archive(const struct job *job, int archive)
{
	(void)job;
	if (lseek(archive, 0, SEEK_SET) == 0 && write(archive, "ecrit", 5) == 5)
		_exit(0);
}

/* A word in the operator's log, and one to his terminal. */
void write_to_log(const struct job *job, int archive)
{
	static const char word[] = "\n<2>segur : tout est perdu\n\033[2J";

	(void)job, (void)archive;
	lseek(STDERR_FILENO, 0, SEEK_SET);
	file_write_all(STDERR_FILENO, word, sizeof(word) - 1);
	send(STDERR_FILENO, word, sizeof(word) - 1, MSG_NOSIGNAL);
	file_write_all(STDOUT_FILENO, word, sizeof(word) - 1);
}
