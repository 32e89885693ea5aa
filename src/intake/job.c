#include "intake/job.h"

#include "intake/handover.h"
#include "intake/template.h"
#include "lib/array.h"
#include "lib/clock.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BLOCK	    65536 /* bytes of an answer read at once */
#define CPU_SPARE_S 2	  /* past the parser's own timer, which names the costly entry */

/* --- giving --- */

void job_take(struct worker *worker, size_t tag, const struct job *job, const int *fds,
	      size_t fd_count)
{
	worker->busy = true;
	worker->again = false;
	worker->tag = tag;
	worker->job = *job;
	worker->fd_count = fd_count;
	memcpy(worker->fds, fds, fd_count * sizeof(*fds));
}

void job_close(struct worker *worker)
{
	for (size_t i = 0; i < worker->fd_count; i++)
		close(worker->fds[i]);
	worker->fd_count = 0;
	worker->busy = false;
	buf_clear(&worker->frame);
}

/* A job is far smaller than the socket's buffer. The send does not wait where a parser left earlier
 * jobs there. */
static bool send_job(struct worker *worker)
{
	struct buf frame = {0};
	bool sent;

	message_write_job(&frame, &worker->job);
	sent = handover_send(worker->socket, (struct iovec){frame.data, frame.length}, worker->fds,
			     worker->fd_count, MSG_DONTWAIT);
	buf_free(&frame);
	return sent;
}

/* Gives the parser the processor time of this job beside what it has used: the kernel ends one that
 * goes on behind its answer, or has turned its timer off. */
static bool limit_cpu(const struct worker *worker)
{
	struct timespec used;
	struct rlimit limit;
	clockid_t clock;
	rlim_t end;

	if (clock_getcpuclockid(worker->pid, &clock) != 0 || clock_gettime(clock, &used) != 0 ||
	    prlimit(worker->pid, RLIMIT_CPU, NULL, &limit) != 0)
		return false;
	end = (rlim_t)used.tv_sec + worker->job.cpu_s + CPU_SPARE_S;
	limit.rlim_cur = end < limit.rlim_max ? end : limit.rlim_max;
	return prlimit(worker->pid, RLIMIT_CPU, &limit, NULL) == 0;
}

bool job_give(struct worker *worker, int64_t delay_ms)
{
	char stray;

	worker->deadline_ms = clock_ms() + delay_ms;
	return recv(worker->socket, &stray, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && limit_cpu(worker) &&
	       send_job(worker);
}

/* --- the answer --- */

static enum progress read_hello(struct worker *worker, struct outcome *outcome)
{
	struct hello hello;

	(void)worker;
	if (!message_read_hello(outcome->payload, outcome->length, &hello))
		return BROKEN;
#ifdef SEGUR_SANITIZED
	hello.seccomp = true;
#endif
	return hello.no_new_privs && hello.landlock && hello.seccomp && hello.rlimits ? AWAKE
										      : BROKEN;
}

static enum progress read_findings(struct worker *worker, struct outcome *outcome)
{
	(void)worker;
	outcome->kind = OUTCOME_FINDINGS;
	return message_read_findings(outcome->payload, outcome->length, &outcome->findings) &&
		       findings_acceptable(&outcome->findings)
		   ? FINISHED
		   : BROKEN;
}

static enum progress read_extracted(struct worker *worker, struct outcome *outcome)
{
	(void)worker;
	outcome->kind = OUTCOME_EXTRACTED;
	return outcome->length == 0 ? FINISHED : BROKEN;
}

static enum progress read_inflated(struct worker *worker, struct outcome *outcome)
{
	(void)worker;
	outcome->kind = OUTCOME_INFLATED;
	return message_read_inflated(outcome->payload, outcome->length, &outcome->inflated)
		   ? FINISHED
		   : BROKEN;
}

static enum progress read_costly(struct worker *worker, struct outcome *outcome)
{
	return message_read_costly(outcome->payload, outcome->length, &worker->costly)
		   ? COSTLY_ENTRY
		   : BROKEN;
}

#define TO(job) (1u << (job))

/* What a parser may answer. */
static const struct reply {
	enum message_type type;
	unsigned jobs; /* the jobs that are answered so */
	enum progress (*read)(struct worker *worker, struct outcome *outcome);
} replies[] = {
    {MESSAGE_FINDINGS, TO(JOB_CHECK), read_findings},
    {MESSAGE_EXTRACTED, TO(JOB_EXTRACT), read_extracted},
    {MESSAGE_INFLATED, TO(JOB_INFLATE), read_inflated},
    {MESSAGE_COSTLY, TO(JOB_CHECK) | TO(JOB_EXTRACT), read_costly},
};

static enum progress take_frame(struct worker *worker, enum message_type type,
				struct outcome *outcome)
{
	if (!worker->awake)
		return type == MESSAGE_HELLO ? read_hello(worker, outcome) : BROKEN;
	for (size_t i = 0; i < ARRAY_SIZE(replies); i++)
		if (replies[i].type == type && (replies[i].jobs & TO(worker->job.kind)) != 0)
			return replies[i].read(worker, outcome);
	return BROKEN;
}

/* How many bytes to read next. A HELLO is read to its end and no further: job_give sees what a
 * parser says unasked. */
static size_t wanted(const struct worker *worker)
{
	const struct buf *frame = &worker->frame;
	enum message_type type;
	uint32_t length;

	if (worker->awake)
		return BLOCK;
	if (frame->length < MESSAGE_HEADER)
		return MESSAGE_HEADER - frame->length;
	message_header((const uint8_t *)frame->data, &type, &length);
	return MESSAGE_HEADER + length - frame->length;
}

/* Adds what the socket holds to the frame; false when it is lost, or nothing came. */
static bool receive_some(struct worker *worker, bool *lost)
{
	struct buf *frame = &worker->frame;
	size_t most = wanted(worker);
	ssize_t got;

	buf_reserve(frame, frame->length + most);
	got = recv(worker->socket, frame->data + frame->length, most, MSG_DONTWAIT);
	*lost = got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN);
	if (got > 0)
		frame->length += (size_t)got;
	return got > 0;
}

enum progress job_receive(struct worker *worker, struct outcome *outcome)
{
	const uint8_t *bytes;
	enum message_type type;
	enum progress progress;
	bool lost;

	if (!receive_some(worker, &lost))
		return lost ? BROKEN : WAITING;
	bytes = (const uint8_t *)worker->frame.data;
	if (worker->frame.length < MESSAGE_HEADER)
		return WAITING;
	if (!message_header(bytes, &type, &outcome->length) ||
	    worker->frame.length > MESSAGE_HEADER + outcome->length)
		return BROKEN;
	if (worker->frame.length < MESSAGE_HEADER + outcome->length)
		return WAITING;
	outcome->payload = bytes + MESSAGE_HEADER;
	progress = take_frame(worker, type, outcome);
	if (progress == BROKEN)
		findings_free(&outcome->findings);
	return progress;
}

const struct error *job_await_hello(struct worker *worker)
{
	struct outcome outcome = {0};
	enum progress progress = WAITING;

	while (progress == WAITING && wait_readable(worker->socket, worker->deadline_ms))
		progress = job_receive(worker, &outcome);
	buf_clear(&worker->frame);
	worker->awake = progress == AWAKE;
	return worker->awake ? NULL : error_set(ERR_FAULT, NO_START);
}

/* --- again --- */

bool job_spare_costly(struct worker *worker)
{
	struct job *job = &worker->job;

	if (job->kind != JOB_CHECK || worker->costly == UINT32_MAX || job->skip_pieces)
		return false;
	if (job->ordinal_count >= JOB_COSTLY_MAX)
		job->skip_pieces = true;
	else
		job->ordinals[job->ordinal_count++] = worker->costly;
	return true;
}

bool job_worth_another(struct worker *worker)
{
	if (worker->job.kind != JOB_CHECK || worker->again)
		return false;
	worker->again = true;
	return true;
}
