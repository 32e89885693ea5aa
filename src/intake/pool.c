#include "intake/pool.h"

#include "intake/job.h"
#include "intake/template.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/mem.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NO_PARSER "aucun analyseur n'est libre, ou aucun n'est au travail"
#define SUSPECTS  65536 /* bits; two accounts that share one cost the other a few starts */

struct pool {
	const struct conf *conf;
	struct template *template;
	struct worker *workers;
	size_t count;
	uint8_t suspects[SUSPECTS / 8]; /* accounts, by their hash */
	struct buf delivered;		/* the frame whose payload the caller is reading */
};

/* --- suspects --- */

static uint32_t place_of(const char *account)
{
	uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */

	for (; *account != '\0'; account++)
		hash = (hash ^ (uint8_t)*account) * 0x100000001b3u;
	return (uint32_t)(hash ^ hash >> 32) % SUSPECTS;
}

/* Something about that account's drops was not as it should be. */
static void suspect(struct pool *pool, const struct worker *worker)
{
	uint32_t place = worker->account != NULL ? place_of(worker->account) : 0;

	if (worker->account != NULL)
		pool->suspects[place / 8] |= (uint8_t)(1u << place % 8);
}

static bool is_suspect(const struct pool *pool, const char *account)
{
	uint32_t place = place_of(account);

	return (pool->suspects[place / 8] & 1u << place % 8) != 0;
}

/* --- one parser --- */

/* Kills a parser, busy or not: it holds no state, and one that was taken over would not leave. */
static void stop_worker(struct worker *worker)
{
	end_process(worker->pid);
	worker->pid = 0;
	file_let_go(worker->socket);
	worker->socket = -1;
	worker->awake = false;
	free(worker->account);
	worker->account = NULL;
}

/* The kernel takes the old parser down while the template forks the new one. */
static const struct error *start_worker(struct pool *pool, struct worker *worker)
{
	pid_t before = worker->pid;
	const struct error *err;

	if (before > 0)
		kill(before, SIGKILL);
	worker->pid = 0;
	stop_worker(worker);
	buf_clear(&worker->frame);
	err = template_fork(pool->template, REQUEST_PARSER, &worker->pid, &worker->socket);
	worker->deadline_ms = clock_ms() + START_DELAY_MS;
	end_process(before);
	return err;
}

const struct error *pool_open(const struct conf *conf, unsigned count, struct pool **out)
{
	struct pool *pool = mem_alloc(sizeof(*pool));
	const struct error *err;
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	pool->conf = conf;
	pool->count = count > 0 ? count : (processors > 0 ? (size_t)processors : 1);
	pool->workers = mem_alloc(pool->count * sizeof(*pool->workers));
	for (size_t i = 0; i < pool->count; i++)
		pool->workers[i].socket = -1;
	signal(SIGPIPE, SIG_IGN);
	err = template_open(conf->archive_octets + (1u << 20), &pool->template);
	/* All start at once; then each one's HELLO is awaited. */
	for (size_t i = 0; i < pool->count && err == NULL; i++)
		err = start_worker(pool, &pool->workers[i]);
	for (size_t i = 0; i < pool->count && err == NULL; i++)
		err = job_await_hello(&pool->workers[i]);
	if (err != NULL) {
		pool_close(pool);
		pool = NULL;
	}
	*out = pool;
	return err;
}

void pool_close(struct pool *pool)
{
	if (pool == NULL)
		return;
	for (size_t i = 0; i < pool->count; i++) {
		struct worker *worker = &pool->workers[i];

		stop_worker(worker);
		job_close(worker);
		buf_free(&worker->frame);
	}
	template_close(pool->template);
	buf_free(&pool->delivered);
	free(pool->workers);
	free(pool);
}

/* --- giving a job --- */

void job_limits(const struct conf *conf, struct job *job)
{
	job->archive_octets = conf->archive_octets;
	job->contenu_octets = conf->contenu_octets;
	job->piece_octets = conf->piece_octets;
	job->pixels = conf->pixels;
	job->entrees = conf->entrees;
	job->dossier_octets = conf->dossier_octets;
	job->dictionnaire_octets = conf->dictionnaire_octets;
	job->cpu_s = conf->piece_cpu_s;
	job->formats_archive = conf->formats_archive;
	job->formats_piece = conf->formats_piece;
}

/* Whether this parser may read a drop of that account as it is: it has read nobody's yet, or only
 * drops of that very account, and nothing was the matter with any. */
static bool may_serve(const struct pool *pool, const struct worker *worker, const char *account)
{
	if (!worker->awake || worker->account == NULL)
		return worker->awake;
	return account != NULL && strcmp(worker->account, account) == 0 &&
	       !is_suspect(pool, account);
}

/* A parser that is not at work, one that needs no successor first; NULL when there is none. */
static struct worker *free_worker(const struct pool *pool, const char *account)
{
	struct worker *found = NULL;

	for (size_t i = 0; i < pool->count; i++) {
		struct worker *worker = &pool->workers[i];

		if (!worker->busy && (found == NULL || (may_serve(pool, worker, account) &&
							(worker->account != NULL ||
							 !may_serve(pool, found, account)))))
			found = worker;
	}
	return found;
}

bool pool_idle(const struct pool *pool)
{
	return free_worker(pool, NULL) != NULL;
}

bool pool_busy(const struct pool *pool)
{
	for (size_t i = 0; i < pool->count; i++)
		if (pool->workers[i].busy)
			return true;
	return false;
}

static bool give_job(const struct pool *pool, struct worker *worker)
{
	return job_give(worker, (int64_t)pool->conf->delai_s * 1000);
}

/* A new parser for the worker's job, which it gets after its HELLO. */
static const struct error *renew_worker(struct pool *pool, struct worker *worker)
{
	char *account = worker->account;
	const struct error *err;

	worker->account = NULL;
	err = start_worker(pool, worker);
	worker->account = account;
	return err;
}

const struct error *pool_submit(struct pool *pool, size_t tag, const char *account,
				const struct job *job, const int *fds, size_t fd_count)
{
	struct worker *worker = free_worker(pool, account);
	const struct error *err = NULL;
	bool fit;

	if (worker == NULL) {
		for (size_t i = 0; i < fd_count; i++)
			close(fds[i]);
		return error_set(ERR_FAULT, NO_PARSER);
	}
	fit = may_serve(pool, worker, account);
	free(worker->account);
	worker->account = account != NULL ? mem_strdup(account) : NULL;
	job_take(worker, tag, job, fds, fd_count);
	/* A parser that died or spoke while idle is not this drop's fault: another gets the job. */
	if (!fit || !give_job(pool, worker))
		err = renew_worker(pool, worker);
	if (err != NULL)
		job_close(worker);
	return err;
}

/* --- its outcome --- */

/* The caller gets the frame; the memory of the frame that he had before goes to the worker. */
static void deliver(struct pool *pool, struct worker *worker, struct outcome *outcome)
{
	struct buf before = pool->delivered;

	outcome->tag = worker->tag;
	pool->delivered = worker->frame;
	worker->frame = before;
	job_close(worker);
	if (worker->account == NULL)
		stop_worker(worker);
}

static void deliver_incident(struct pool *pool, struct worker *worker, struct outcome *outcome,
			     const char *incident)
{
	*outcome = (struct outcome){.kind = OUTCOME_INCIDENT, .incident = incident};
	suspect(pool, worker);
	deliver(pool, worker, outcome);
	stop_worker(worker);
}

/* Its parser did not start: an incident while others are there, else the end of the pool. */
static const struct error *fail_to_start(struct pool *pool, struct worker *worker,
					 struct outcome *outcome, const struct error *err)
{
	deliver_incident(pool, worker, outcome, "l'analyseur ne répond plus");
	for (size_t i = 0; i < pool->count; i++)
		if (pool->workers[i].awake || pool->workers[i].busy)
			return NULL;
	return err;
}

/* Gives the same job to a new parser. */
static const struct error *give_again(struct pool *pool, struct worker *worker,
				      struct outcome *outcome, bool *ended)
{
	const struct error *err = renew_worker(pool, worker);

	suspect(pool, worker);
	*ended = err != NULL;
	return err != NULL ? fail_to_start(pool, worker, outcome, err) : NULL;
}

/* A parser that does not say HELLO in time did not start: only its own job waited for it. */
static const struct error *await_start(struct pool *pool, struct worker *worker,
				       enum progress progress, struct outcome *outcome, bool *ended)
{
	if (progress == WAITING && clock_ms() < worker->deadline_ms)
		return NULL;
	*ended = true;
	return fail_to_start(pool, worker, outcome, error_set(ERR_FAULT, NO_START));
}

/* It has said HELLO and gets its job. */
static enum progress wake(struct pool *pool, struct worker *worker)
{
	worker->awake = true;
	buf_clear(&worker->frame);
	return give_job(pool, worker) ? WAITING : BROKEN;
}

/* One worker's news, if any; *ended tells that `outcome` is set. */
static const struct error *attend(struct pool *pool, struct worker *worker, bool readable,
				  struct outcome *outcome, bool *ended)
{
	enum progress progress = readable ? job_receive(worker, outcome) : WAITING;
	const char *incident = NULL;

	if (progress == AWAKE)
		progress = wake(pool, worker);
	else if (!worker->awake)
		return await_start(pool, worker, progress, outcome, ended);
	switch (progress) {
	case AWAKE:
	case BROKEN:
		if (job_worth_another(worker))
			return give_again(pool, worker, outcome, ended);
		incident = "l'analyseur s'est arrêté sur ce dépôt";
		break;
	case COSTLY_ENTRY:
		if (job_spare_costly(worker))
			return give_again(pool, worker, outcome, ended);
		incident = "l'analyse de ce dépôt dépasse le temps permis";
		break;
	case WAITING:
		if (clock_ms() < worker->deadline_ms)
			return NULL;
		incident = "l'analyse de ce dépôt ne s'est pas terminée à temps";
		break;
	case FINISHED:
		deliver(pool, worker, outcome);
		break;
	}
	if (incident != NULL)
		deliver_incident(pool, worker, outcome, incident);
	*ended = true;
	return NULL;
}

static int64_t nearest_deadline(const struct pool *pool)
{
	int64_t nearest = INT64_MAX;

	for (size_t i = 0; i < pool->count; i++)
		if (pool->workers[i].busy && pool->workers[i].deadline_ms < nearest)
			nearest = pool->workers[i].deadline_ms;
	return nearest;
}

const struct error *pool_wait(struct pool *pool, struct outcome *outcome)
{
	struct pollfd *waits = mem_alloc(pool->count * sizeof(*waits));
	const struct error *err = pool_busy(pool) ? NULL : error_set(ERR_FAULT, NO_PARSER);
	bool ended = false;

	while (!ended && err == NULL) {
		int64_t left = nearest_deadline(pool) - clock_ms();

		for (size_t i = 0; i < pool->count; i++)
			waits[i] = (struct pollfd){
			    .fd = pool->workers[i].busy ? pool->workers[i].socket : -1,
			    .events = POLLIN};
		/* An hour at most: segur.conf bounds the delay. */
		if (poll(waits, pool->count, left > 0 ? (int)left : 0) < 0 && errno != EINTR)
			err = error_errno(ERR_FAULT, "poll");
		*outcome = (struct outcome){0};
		for (size_t i = 0; i < pool->count && !ended && err == NULL; i++)
			if (pool->workers[i].busy)
				err = attend(pool, &pool->workers[i], waits[i].revents != 0,
					     outcome, &ended);
	}
	free(waits);
	return err;
}
