#include "intake/template.h"

#include "intake/handover.h"
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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct template
{
	char *program;
	uint64_t file_size;
	pid_t pid; /* 0: there is none */
	int socket;
};

bool wait_readable(int fd, int64_t deadline_ms)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	int64_t left;
	int ready;

	do {
		left = deadline_ms - clock_ms();
		ready = poll(&wait, 1, left > 0 ? (int)left : 0);
	} while (left > 0 && (ready == 0 || (ready < 0 && errno == EINTR)));
	return ready > 0;
}

void end_process(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
}

/* segur-parser lies beside segur, or in the folder that the package chose. NULL with *err. */
static char *find_parser(const struct error **err)
{
	static const char *const places[] = {"segur-parser", "../libexec/segur-enrol/segur-parser"};
	char self[PATH_MAX], *program;
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	*err = NULL;
	if (length <= 0) {
		*err = error_errno(ERR_FAULT, "/proc/self/exe");
		return NULL;
	}
	self[length] = '\0';
	*strrchr(self, '/') = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		program = mem_printf("%s/%s", self, places[i]);
		if (access(program, X_OK) == 0)
			return program;
		free(program);
	}
	*err = error_set(ERR_FAULT, "segur-parser est introuvable à côté de segur : réinstallez le "
				    "programme");
	return NULL;
}

static _Noreturn void become_template(const char *program, int socket, uint64_t file_size)
{
	char *arguments[] = {"segur-parser", DECIMAL(file_size), NULL};
	/* A parser is new for each account and meets each of its pages for the first time: what the
	 * loader binds once need not be bound again, and a piece's memory comes in few large pages. */
	char *environment[] = {"LC_ALL=C.UTF-8", "PATH=/usr/bin:/bin", "LD_BIND_NOW=1",
			       "GLIBC_TUNABLES=glibc.malloc.hugetlb=1", NULL};
	int nothing = open("/dev/null", O_RDWR);

	/* Our standard error is kept until the cage stands, to say why it does not. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && dup2(nothing, 0) == 0 &&
	    dup2(nothing, 1) == 1 && dup2(socket, 3) == 3 && close_range(4, ~0u, 0) == 0 &&
	    chdir("/") == 0) {
		signal(SIGPIPE, SIG_DFL);
		signal(SIGIO, SIG_DFL);
		execve(program, arguments, environment);
	}
	_exit(ERR_FAULT);
}

static void stop(struct template *template)
{
	end_process(template->pid);
	template->pid = 0;
	file_let_go(template->socket);
	template->socket = -1;
}

static const struct error *start(struct template *template)
{
	int sockets[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0)
		return error_errno(ERR_FAULT, "socketpair");
	template->pid = fork();
	if (template->pid == 0)
		become_template(template->program, sockets[1], template->file_size);
	template->socket = sockets[0];
	if (template->pid < 0) {
		const struct error *err = error_errno(ERR_FAULT, "fork");

		stop(template);
		close(sockets[1]);
		return err;
	}
	close(sockets[1]);
	return NULL;
}

const struct error *template_open(uint64_t file_size, struct template **out)
{
	struct template *template = mem_alloc(sizeof(*template));
	const struct error *err;

	*template = (struct template){.file_size = file_size, .socket = -1};
	template->program = find_parser(&err);
	if (template->program != NULL)
		err = start(template);
	if (err != NULL) {
		template_close(template);
		template = NULL;
	}
	*out = template;
	return err;
}

void template_close(struct template *template)
{
	if (template == NULL)
		return;
	stop(template);
	free(template->program);
	free(template);
}

/* Whether that is a child of ours: only such a one is ever killed. */
static bool is_our_child(pid_t pid)
{
	siginfo_t info;

	return pid > 0 && waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* False when the template gives no answer that makes sense. */
static bool receive_answer(const struct template *template, int32_t *answer)
{
	int64_t deadline_ms = clock_ms() + START_DELAY_MS;
	ssize_t got;

	do
		got = wait_readable(template->socket, deadline_ms)
			  ? recv(template->socket, answer, sizeof(*answer), MSG_TRUNC)
			  : 0;
	while (got < 0 && errno == EINTR);
	return got == (ssize_t)sizeof(*answer) && (*answer < 0 || is_our_child(*answer));
}

static bool ask(const struct template *template, uint8_t request, int end, int32_t *answer)
{
	return template->socket >= 0 &&
	       handover_send(template->socket, (struct iovec){&request, sizeof(request)}, &end, 1,
			     0) &&
	       receive_answer(template, answer);
}

const struct error *template_fork(struct template *template, uint8_t request, pid_t *pid,
				  int *socket)
{
	const struct error *err = NULL;
	int sockets[2];
	int32_t answer = 0;
	bool answered;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
		return error_errno(ERR_FAULT, "socketpair");
	answered = ask(template, request, sockets[1], &answer);
	if (!answered) {
		stop(template);
		err = start(template);
		answered = err == NULL && ask(template, request, sockets[1], &answer);
	}
	close(sockets[1]);
	if (answer > 0 && answered) {
		*pid = answer;
		*socket = sockets[0];
		return NULL;
	}
	close(sockets[0]);
	if (err == NULL && !answered)
		err = error_set(ERR_FAULT, NO_START);
	errno = -answer;
	return err != NULL ? err : error_errno(ERR_FAULT, "fork");
}
