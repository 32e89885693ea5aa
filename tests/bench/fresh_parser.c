/*
 * What a fresh parser costs, from the request to its HELLO, by the night's own objects: a fork of the
 * template, and, beside it, a program that is started for it, as the template itself once a night. A
 * fork of this small program, which says one byte, tells what the machine asks for any fork.
 *
 *	fresh_parser FORKS STARTS
 *
 * segur-parser must lie beside this program. Prints medians, with the least and the greatest.
 */
#include "intake/template.h"
#include "lib/clock.h"
#include "model/message.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int compare(const void *left, const void *right)
{
	const double *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

static void print(const char *what, double *times, size_t count)
{
	qsort(times, count, sizeof(*times), compare);
	printf("%s: median %.0f us [%.0f-%.0f] of %zu\n", what, times[count / 2], times[0],
	       times[count - 1], count);
}

static void fork_bare(void)
{
	char word = 0;
	int sockets[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
		err(70, "socketpair");
	pid = fork();
	if (pid == 0) {
		if (write(sockets[1], &word, 1) == 1)
			pause();
		_exit(70);
	}
	close(sockets[1]);
	if (pid < 0 || read(sockets[0], &word, 1) != 1)
		errx(70, "no word");
	close(sockets[0]);
	end_process(pid);
}

static void take_parser(struct template *template)
{
	const struct error *error;
	int socket;
	pid_t pid;

	error = template_fork(template, REQUEST_PARSER, &pid, &socket);
	if (error != NULL)
		errx(70, "%s", error->message);
	if (!wait_readable(socket, clock_ms() + START_DELAY_MS))
		errx(70, "no HELLO");
	close(socket);
	end_process(pid);
}

int main(int argc, char **argv)
{
	size_t forks = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
	size_t starts = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	size_t most = forks > starts ? forks : starts;
	double *times = calloc(most, sizeof(*times));
	struct template *template = NULL;

	if (times == NULL || forks == 0 || starts == 0)
		errx(64, "usage: fresh_parser FORKS STARTS");
	for (size_t i = 0; i < starts; i++) {
		double begin = now_us();

		template_close(template);
		if (template_open(1 << 20, &template) != NULL)
			errx(70, "no template");
		take_parser(template);
		times[i] = now_us() - begin;
	}
	print("a program started", times, starts);
	for (size_t i = 0; i < forks; i++) {
		double begin = now_us();

		take_parser(template);
		times[i] = now_us() - begin;
	}
	print("a parser forked", times, forks);
	template_close(template);
	for (size_t i = 0; i < forks; i++) {
		double begin = now_us();

		fork_bare();
		times[i] = now_us() - begin;
	}
	print("a bare fork", times, forks);
	free(times);
	return 0;
}
