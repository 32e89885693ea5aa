#include "intake/worker.h"

#include "lib/array.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "lib/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define START_DELAY_S 20 /* for a parser's HELLO */
#define NO_PARSER     "aucun analyseur disponible : ils sont occupés, ou n'ont pas pu être relancés"

struct worker {
	pid_t pid;
	int socket; /* -1: there is none, it could not be started again; the others go on */
	bool busy;
	size_t tag;
	struct job job;
	int fds[JOB_FDS_MAX];
	size_t fd_count;
	bool again;	 /* this job has cost a parser already */
	uint32_t costly; /* the entry that used up time or memory */
	int64_t deadline_ms;
	struct buf frame; /* what has come of the answer so far */
};

struct pool {
	const struct conf *conf;
	char *program;
	struct worker *workers;
	size_t count;
	struct buf delivered; /* the frame whose payload the caller is reading */
};

/* segur-parser lies beside segur, or in the folder that the package chose. */
static const struct error *find_parser(char **program)
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (length <= 0)
		return error_errno(ERR_FAULT, "/proc/self/exe");
	self[length] = '\0';
	slash = strrchr(self, '/');
	*slash = '\0';
	*program = mem_printf("%s/segur-parser", self);
	if (access(*program, X_OK) == 0)
		return NULL;
	free(*program);
	*program = mem_printf("%s/../libexec/segur-enrol/segur-parser", self);
	if (access(*program, X_OK) == 0)
		return NULL;
	return error_set(ERR_FAULT,
			 "segur-parser est introuvable à côté de segur : réinstallez le programme");
}

static _Noreturn void become_parser(const char *program, int socket, uint64_t file_size)
{
	char *arguments[] = {"segur-parser", DECIMAL(file_size), NULL};
	char *environment[] = {"LC_ALL=C.UTF-8", "PATH=/usr/bin:/bin", NULL};
	int nothing = open("/dev/null", O_RDWR);

	/* The parser keeps only our standard error, to say why it does not start. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && dup2(nothing, 0) == 0 &&
	    dup2(nothing, 1) == 1 && dup2(socket, 3) == 3 && close_range(4, ~0u, 0) == 0 &&
	    chdir("/") == 0) {
		signal(SIGPIPE, SIG_DFL);
		signal(SIGIO, SIG_DFL);
		execve(program, arguments, environment);
	}
	_exit(ERR_FAULT);
}

static const struct error *read_hello(struct worker *worker)
{
	static const struct timeval delay = {.tv_sec = START_DELAY_S};
	uint8_t frame[MESSAGE_HEADER + 8];
	enum message_type type;
	uint32_t length;
	struct hello hello;
	ssize_t got;

	setsockopt(worker->socket, SOL_SOCKET, SO_RCVTIMEO, &delay, sizeof(delay));
	do
		got = recv(worker->socket, frame, sizeof(frame), MSG_WAITALL);
	while (got < 0 && errno == EINTR);
	if (got != (ssize_t)sizeof(frame) || !message_header(frame, &type, &length) ||
	    type != MESSAGE_HELLO || !message_read_hello(frame + MESSAGE_HEADER, length, &hello))
		return error_set(ERR_FAULT,
				 "l'analyseur n'a pas démarré : sans bac à sable, rien n'est lu");
#ifdef SEGUR_SANITIZED
	hello.seccomp = true;
#endif
	if (!hello.no_new_privs || !hello.landlock || !hello.seccomp || !hello.rlimits)
		return error_set(ERR_FAULT, "bac à sable incomplet : rien n'est lu");
	return NULL;
}

static const struct error *start_worker(struct pool *pool, struct worker *worker)
{
	int sockets[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
		return error_errno(ERR_FAULT, "socketpair");
	worker->pid = fork();
	if (worker->pid == 0)
		become_parser(pool->program, sockets[1], pool->conf->archive_octets + (1u << 20));
	close(sockets[1]);
	worker->socket = sockets[0];
	if (worker->pid < 0)
		return error_errno(ERR_FAULT, "fork");
	return NULL;
}

static void close_all(const int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		close(fds[i]);
}

static void close_job(struct worker *worker)
{
	close_all(worker->fds, worker->fd_count);
	worker->fd_count = 0;
	worker->busy = false;
	buf_clear(&worker->frame);
}

/* Kills a parser, busy or not: it holds no state, and one that was taken over would not leave. */
static void stop_worker(struct worker *worker)
{
	file_let_go(worker->socket);
	worker->socket = -1;
	if (worker->pid > 0) {
		kill(worker->pid, SIGKILL);
		while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	worker->pid = 0;
}

static const struct error *restart_worker(struct pool *pool, struct worker *worker)
{
	const struct error *err;

	stop_worker(worker);
	err = start_worker(pool, worker);
	if (err == NULL)
		err = read_hello(worker);
	if (err != NULL)
		stop_worker(worker);
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
	err = find_parser(&pool->program);
	/* All start at once; then each one's HELLO is awaited. */
	for (size_t i = 0; i < pool->count && err == NULL; i++)
		err = start_worker(pool, &pool->workers[i]);
	for (size_t i = 0; i < pool->count && err == NULL; i++)
		err = read_hello(&pool->workers[i]);
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
		close_job(worker);
		buf_free(&worker->frame);
	}
	buf_free(&pool->delivered);
	free(pool->workers);
	free(pool->program);
	free(pool);
}

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

/* NULL when each one is at work or lost. */
static struct worker *free_worker(const struct pool *pool)
{
	for (size_t i = 0; i < pool->count; i++)
		if (!pool->workers[i].busy && pool->workers[i].socket >= 0)
			return &pool->workers[i];
	return NULL;
}

bool pool_idle(const struct pool *pool)
{
	return free_worker(pool) != NULL;
}

bool pool_busy(const struct pool *pool)
{
	for (size_t i = 0; i < pool->count; i++)
		if (pool->workers[i].busy)
			return true;
	return false;
}

/* One send carries the frame and its descriptors: a job is far smaller than the socket's buffer. */
static bool send_job(struct worker *worker)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(JOB_FDS_MAX * sizeof(int))];
	} control = {0};
	struct buf frame = {0};
	struct iovec piece;
	struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control.bytes};
	struct cmsghdr *header;
	ssize_t sent;

	message_write_job(&frame, &worker->job);
	piece = (struct iovec){frame.data, frame.length};
	message.msg_controllen = CMSG_SPACE(worker->fd_count * sizeof(int));
	header = CMSG_FIRSTHDR(&message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(worker->fd_count * sizeof(int));
	memcpy(CMSG_DATA(header), worker->fds, worker->fd_count * sizeof(int));
	do
		sent = sendmsg(worker->socket, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	buf_free(&frame);
	return sent == (ssize_t)piece.iov_len;
}

static bool give_job(struct pool *pool, struct worker *worker)
{
	worker->deadline_ms = clock_ms() + (int64_t)pool->conf->delai_s * 1000;
	return send_job(worker);
}

const struct error *pool_submit(struct pool *pool, size_t tag, const struct job *job,
				const int *fds, size_t fd_count)
{
	struct worker *worker = free_worker(pool);
	const struct error *err = NULL;
	char stray;

	if (worker == NULL) {
		close_all(fds, fd_count);
		return error_set(ERR_FAULT, NO_PARSER);
	}
	worker->busy = true;
	worker->again = false;
	worker->tag = tag;
	worker->job = *job;
	worker->fd_count = fd_count;
	memcpy(worker->fds, fds, fd_count * sizeof(*fds));
	/* A parser that died or spoke while idle is not this drop's fault: another gets the job. */
	if (recv(worker->socket, &stray, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 ||
	    !give_job(pool, worker)) {
		err = restart_worker(pool, worker);
		if (err == NULL && !give_job(pool, worker))
			err = error_errno(ERR_FAULT, "l'analyseur ne prend pas de travail");
	}
	if (err != NULL)
		close_job(worker);
	return err;
}

/* Puts both files back as they were before the parser touched them. */
static bool rewind_job(const struct worker *worker)
{
	return lseek(worker->fds[0], 0, SEEK_SET) == 0 && ftruncate(worker->fds[1], 0) == 0 &&
	       lseek(worker->fds[1], 0, SEEK_SET) == 0;
}

/* Prepares the job again without checking the costly entry; false when that cannot help. */
static bool spare_costly(struct worker *worker)
{
	struct job *job = &worker->job;

	if (job->kind != JOB_CHECK || worker->costly == UINT32_MAX || job->skip_pieces)
		return false;
	if (job->ordinal_count >= JOB_COSTLY_MAX)
		job->skip_pieces = true;
	else
		job->ordinals[job->ordinal_count++] = worker->costly;
	return rewind_job(worker);
}

/* A parser may die of something else than its drop (the machine's want of memory, an operator). A
 * new one reads the drop once more before the drop is said to be the cause. */
static bool worth_another(struct worker *worker)
{
	if (worker->job.kind != JOB_CHECK || worker->again)
		return false;
	worker->again = true;
	return rewind_job(worker);
}

enum progress {
	WAITING,
	FINISHED,
	BROKEN,
	COSTLY_ENTRY,
};

static bool read_findings(struct worker *worker, struct outcome *outcome)
{
	(void)worker;
	outcome->kind = OUTCOME_FINDINGS;
	return message_read_findings(outcome->payload, outcome->length, &outcome->findings) &&
	       findings_acceptable(&outcome->findings);
}

static bool read_extracted(struct worker *worker, struct outcome *outcome)
{
	(void)worker;
	outcome->kind = OUTCOME_EXTRACTED;
	return outcome->length == 0;
}

static bool read_costly(struct worker *worker, struct outcome *outcome)
{
	return message_read_costly(outcome->payload, outcome->length, &worker->costly);
}

#define TO(job) (1u << (job))

/* What a parser may answer. */
static const struct reply {
	enum message_type type;
	unsigned jobs; /* the jobs that are answered so */
	bool (*read)(struct worker *worker, struct outcome *outcome); /* false: nonsense */
	enum progress then;
} replies[] = {
    {MESSAGE_FINDINGS, TO(JOB_CHECK), read_findings, FINISHED},
    {MESSAGE_EXTRACTED, TO(JOB_EXTRACT), read_extracted, FINISHED},
    {MESSAGE_COSTLY, TO(JOB_CHECK) | TO(JOB_EXTRACT), read_costly, COSTLY_ENTRY},
};

/* Takes what the socket holds; a whole frame is judged at once. */
static enum progress receive(struct worker *worker, struct outcome *outcome)
{
	uint8_t block[1 << 16];
	ssize_t got = recv(worker->socket, block, sizeof(block), MSG_DONTWAIT);
	const uint8_t *bytes;
	enum message_type type;

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return WAITING;
	if (got <= 0)
		return BROKEN;
	buf_add(&worker->frame, block, (size_t)got);
	bytes = (const uint8_t *)worker->frame.data;
	if (worker->frame.length < MESSAGE_HEADER)
		return WAITING;
	if (!message_header(bytes, &type, &outcome->length) ||
	    worker->frame.length > MESSAGE_HEADER + outcome->length)
		return BROKEN;
	if (worker->frame.length < MESSAGE_HEADER + outcome->length)
		return WAITING;
	outcome->payload = bytes + MESSAGE_HEADER;
	for (size_t i = 0; i < ARRAY_SIZE(replies); i++)
		if (replies[i].type == type && (replies[i].jobs & TO(worker->job.kind)) != 0 &&
		    replies[i].read(worker, outcome))
			return replies[i].then;
	findings_free(&outcome->findings);
	return BROKEN;
}

/* The caller gets the frame; the memory of the frame that he had before goes to the worker. */
static void deliver(struct pool *pool, struct worker *worker, struct outcome *outcome)
{
	struct buf before = pool->delivered;

	outcome->tag = worker->tag;
	pool->delivered = worker->frame;
	worker->frame = before;
	close_job(worker);
}

static const struct error *deliver_incident(struct pool *pool, struct worker *worker,
					    struct outcome *outcome, const char *incident)
{
	const struct error *err;

	*outcome = (struct outcome){.kind = OUTCOME_INCIDENT, .incident = incident};
	deliver(pool, worker, outcome);
	err = restart_worker(pool, worker);
	return pool_idle(pool) || pool_busy(pool) ? NULL : err;
}

/* Gives the same job to a new parser. */
static const struct error *give_again(struct pool *pool, struct worker *worker,
				      struct outcome *outcome, bool *ended)
{
	buf_clear(&worker->frame);
	if (restart_worker(pool, worker) == NULL && give_job(pool, worker))
		return NULL;
	*ended = true;
	return deliver_incident(pool, worker, outcome, "l'analyseur ne répond plus");
}

/* One worker's news, if any; *ended tells that `outcome` is set. */
static const struct error *attend(struct pool *pool, struct worker *worker, bool readable,
				  struct outcome *outcome, bool *ended)
{
	*ended = true;
	switch (readable ? receive(worker, outcome) : WAITING) {
	case FINISHED:
		deliver(pool, worker, outcome);
		return NULL;
	case BROKEN:
		if (!worth_another(worker))
			return deliver_incident(pool, worker, outcome,
						"l'analyseur s'est arrêté sur ce dépôt");
		*ended = false;
		return give_again(pool, worker, outcome, ended);
	case COSTLY_ENTRY:
		if (!spare_costly(worker))
			return deliver_incident(pool, worker, outcome,
						"l'analyse de ce dépôt dépasse le temps permis");
		*ended = false;
		return give_again(pool, worker, outcome, ended);
	case WAITING:
		if (clock_ms() >= worker->deadline_ms)
			return deliver_incident(
			    pool, worker, outcome,
			    "l'analyse de ce dépôt ne s'est pas terminée à temps");
		break;
	}
	*ended = false;
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
