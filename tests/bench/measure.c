/*
 * Runs a command and writes what it cost to a file, as one line of `name=value` pairs.
 *
 *	measure FILE COMMAND [ARGUMENT…]
 *
 *	wall_us, user_us, sys_us   times; the last two with every descendant that was waited for
 *	rss_kb                     ru_maxrss of wait4: the largest resident set of any one process
 *of the tree written                    bytes that the tree's write calls took (wchar of
 * /proc/self/io) stored                     bytes that it dirtied towards the disk (write_bytes);
 *-1: not counted here
 *
 * It is a program of its own because a process inherits, until exec, the resident set of whoever
 *forked it: started from Python, everything would seem to need Python's memory. Exits as the
 *command did.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static long long tv_us(struct timeval t)
{
	return t.tv_sec * 1000000LL + t.tv_usec;
}

/* A counter of this process and its reaped descendants; -1 when the kernel keeps none. */
static long long io_counter(const char *key)
{
	FILE *f = fopen("/proc/self/io", "re");
	char line[128];
	long long value = -1;

	if (f == NULL)
		return -1;
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, key, strlen(key)) == 0)
			value = strtoll(line + strlen(key), NULL, 10);
	fclose(f);
	return value;
}

int main(int argc, char **argv)
{
	struct rusage usage;
	long long start, wall;
	int status;
	pid_t pid;
	FILE *out;

	if (argc < 3)
		errx(64, "usage: measure FILE COMMAND [ARGUMENT...]");
	out = fopen(argv[1], "we");
	if (out == NULL)
		err(73, "%s", argv[1]);
	start = now_us();
	pid = fork();
	if (pid < 0)
		err(71, "fork");
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		err(127, "%s", argv[2]);
	}
	while (wait4(pid, &status, 0, &usage) < 0)
		if (errno != EINTR)
			err(71, "wait4");
	wall = now_us() - start;
	fprintf(out, "wall_us=%lld user_us=%lld sys_us=%lld rss_kb=%ld written=%lld stored=%lld\n",
		wall, tv_us(usage.ru_utime), tv_us(usage.ru_stime), usage.ru_maxrss,
		io_counter("wchar: "), io_counter("write_bytes: "));
	if (fclose(out) != 0)
		err(73, "%s", argv[1]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
