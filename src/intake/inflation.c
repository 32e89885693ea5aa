#include "intake/inflation.h"

#include "intake/job.h"
#include "intake/template.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* Processor time: some forty seconds for the largest file of 2026 (9 GB). */
#define INFLATE_CPU_S 1800
#define INFLATE_S     3600 /* in all, however slowly bytes come */
#define PIPE_SIZE     (1 << 20)

struct inflation {
	const struct conf *conf;
	struct template *template;
	struct worker worker;
	int pipe;
	int64_t end_ms; /* when nothing more is read */
};

/* Until when the next sign of the parser is awaited. */
static int64_t next_deadline_ms(const struct inflation *inflation)
{
	int64_t next = clock_ms() + (int64_t)inflation->conf->delai_s * 1000;

	return next < inflation->end_ms ? next : inflation->end_ms;
}

static const struct error *start_caged(struct inflation *inflation)
{
	struct worker *worker = &inflation->worker;
	/* It writes no file. */
	const struct error *err = template_open(0, &inflation->template);

	if (err == NULL)
		err = template_fork(inflation->template, REQUEST_PARSER, &worker->pid,
				    &worker->socket);
	worker->deadline_ms = clock_ms() + START_DELAY_MS;
	return err != NULL ? err : job_await_hello(worker);
}

/* Hands over the zip and the pipe's other end, which is then the parser's alone: the pipe ends when
 * the parser does. */
static const struct error *give_zip(struct inflation *inflation, int zip, uint64_t size_max)
{
	struct worker *worker = &inflation->worker;
	const struct job job = {
	    .kind = JOB_INFLATE, .contenu_octets = size_max, .cpu_s = INFLATE_CPU_S};
	int ends[2], fds[2] = {fcntl(zip, F_DUPFD_CLOEXEC, 0)};
	bool given;

	if (fds[0] < 0)
		return error_errno(ERR_FAULT, "fcntl");
	if (pipe2(ends, O_CLOEXEC) != 0) {
		const struct error *err = error_errno(ERR_FAULT, "pipe");

		close(fds[0]);
		return err;
	}
	inflation->pipe = ends[0];
	fds[1] = ends[1];
	fcntl(ends[0], F_SETPIPE_SZ, PIPE_SIZE); /* a smaller one costs time only */
	job_take(worker, 0, &job, fds, 2);
	given = job_give(worker, 0);
	job_close(worker);
	return given ? NULL : error_set(ERR_FAULT, NO_START);
}

const struct error *inflation_open(const struct conf *conf, int zip, uint64_t size_max,
				   struct inflation **out)
{
	struct inflation *inflation = mem_alloc(sizeof(*inflation));
	const struct error *err;

	inflation->conf = conf;
	inflation->end_ms = clock_ms() + (int64_t)INFLATE_S * 1000;
	inflation->worker.socket = inflation->pipe = -1;
	err = start_caged(inflation);
	if (err == NULL)
		err = give_zip(inflation, zip, size_max);
	if (err != NULL) {
		inflation_close(inflation);
		inflation = NULL;
	}
	*out = inflation;
	return err;
}

ssize_t inflation_read(struct inflation *inflation, void *bytes, size_t count)
{
	ssize_t got;

	do
		got = wait_readable(inflation->pipe, next_deadline_ms(inflation))
			  ? read(inflation->pipe, bytes, count)
			  : 0;
	while (got < 0 && errno == EINTR);
	return got;
}

enum inflated_state inflation_end(struct inflation *inflation, uint64_t size)
{
	struct worker *worker = &inflation->worker;
	struct outcome outcome = {0};
	enum progress progress = WAITING;

	worker->deadline_ms = next_deadline_ms(inflation);
	while (progress == WAITING && wait_readable(worker->socket, worker->deadline_ms))
		progress = job_receive(worker, &outcome);
	return progress == FINISHED && outcome.inflated.size == size ? outcome.inflated.state
								     : INFLATED_STOPPED;
}

void inflation_close(struct inflation *inflation)
{
	if (inflation == NULL)
		return;
	end_process(inflation->worker.pid);
	file_let_go(inflation->worker.socket);
	file_let_go(inflation->pipe);
	job_close(&inflation->worker);
	buf_free(&inflation->worker.frame);
	template_close(inflation->template);
	free(inflation);
}
