/*
 * The pool of parser processes. Each is a fork of one template (template.h), and must say that its
 * sandbox stands before it is given anything (no sandbox, no parsing). A parser serves a run of
 * drops of one account, and never sees another account's; once anything about an account's drops
 * was suspicious, each of its drops has a parser of its own. A parser that dies, hangs or talks
 * nonsense costs its own drop an incident, nothing more.
 */
#ifndef SEGUR_INTAKE_POOL_H
#define SEGUR_INTAKE_POOL_H

#include "lib/error.h"
#include "model/message.h"
#include "store/conf.h"

#include <stdbool.h>
#include <stddef.h>

struct pool;

enum outcome_kind {
	OUTCOME_FINDINGS,
	OUTCOME_EXTRACTED,
	OUTCOME_INFLATED, /* only inflation.h asks for it */
	OUTCOME_INCIDENT, /* the parser died, hung, or said nonsense */
};

struct outcome {
	enum outcome_kind kind;
	size_t tag;		  /* as submitted */
	struct findings findings; /* of OUTCOME_FINDINGS: acceptable; the caller frees them */
	struct inflated inflated; /* of OUTCOME_INFLATED */
	const uint8_t *payload;	  /* their frame's payload; until the next pool call */
	uint32_t length;
	const char *incident; /* of OUTCOME_INCIDENT, in French; a constant */
};

/* Starts the template and `count` parsers (0: as many as processors), and waits until each one's
 * sandbox stands; *out is NULL after a failure. `conf` must outlive the pool. */
const struct error *pool_open(const struct conf *conf, unsigned count, struct pool **out);
void pool_close(struct pool *pool);

/* Fills the limits of a job from segur.conf. */
void job_limits(const struct conf *conf, struct job *job);

bool pool_idle(const struct pool *pool); /* a job can be given */
bool pool_busy(const struct pool *pool); /* a job is under way */
/* Gives a job, which is copied, to a parser (pool_idle); an error when none is free, or when none
 * can be started. `account`: whose drop it is; NULL: nobody's, and its parser has ended when its
 * outcome is told, so that nothing that it wrote can change any more. `fds` are those that enum
 * job_kind names, at most JOB_FDS_MAX; one that is to be read must not be open for writing. The
 * pool owns them from here on, after a failure too, and closes them. */
const struct error *pool_submit(struct pool *pool, size_t tag, const char *account,
				const struct job *job, const int *fds, size_t fd_count);
/* Waits for one job to end; an error when none is under way, or when its parser did not start and
 * there is no other. An entry that used up the processor time or the memory is a result too: a new
 * parser gets the job and does not check that entry. */
const struct error *pool_wait(struct pool *pool, struct outcome *outcome);

#endif
