/* One parser of the pool, and the job that it has. */
#ifndef SEGUR_INTAKE_JOB_H
#define SEGUR_INTAKE_JOB_H

#include "intake/pool.h"

#include <sys/types.h>

struct worker {
	pid_t pid; /* 0: there is no process */
	int socket;
	bool awake;    /* its sandbox stands: it has said HELLO */
	char *account; /* whose drops it has seen; NULL: none yet */
	bool busy;
	size_t tag;
	struct job job;
	int fds[JOB_FDS_MAX];
	size_t fd_count;
	bool again;	     /* this job has cost a parser already */
	uint32_t costly;     /* the entry that used up time or memory */
	int64_t deadline_ms; /* for its HELLO, then for its answer */
	struct buf frame;    /* what has come of either so far */
};

/* What a parser's socket tells. */
enum progress {
	WAITING,
	AWAKE,
	FINISHED, /* the outcome is there */
	BROKEN,	  /* it is dead, or what it says is nonsense */
	COSTLY_ENTRY,
};

/* Takes the job, a copy, and its descriptors. */
void job_take(struct worker *worker, size_t tag, const struct job *job, const int *fds,
	      size_t fd_count);
/* Closes the job's descriptors; the worker has none any more. */
void job_close(struct worker *worker);
/* Gives the job to the parser, which has so many milliseconds; false when it is dead, has spoken
 * without being asked, or does not take it whole. */
bool job_give(struct worker *worker, int64_t delay_ms);
/* Waits until the new parser has said HELLO; an error when it does not in time. */
const struct error *job_await_hello(struct worker *worker);
/* Reads what there is, of a HELLO or of an answer, and judges it once it is whole. */
enum progress job_receive(struct worker *worker, struct outcome *outcome);
/* Prepares the job again without checking the costly entry; false when that cannot help. */
bool job_spare_costly(struct worker *worker);
/* Whether a parser that died may have died of something else than its drop (the machine's want of
 * memory, an operator). A new one reads the drop once more before it is said to be the cause. */
bool job_worth_another(struct worker *worker);

#endif
