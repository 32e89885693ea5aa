/*
 * Runs a command and writes what it cost to a file, as one line of `name=value` pairs.
 *
 *	measure [-p LIBRARY] [-n] FILE COMMAND [ARGUMENT…]
 *
 *	wall_us, user_us, sys_us   times; the last two with every descendant that was waited for
 *	rss_kb                     ru_maxrss of wait4: the largest resident set of any one process
 *	written                    bytes that write calls took (wchar of /proc/self/io)
 *	stored                     bytes that were dirtied towards the disk (write_bytes)
 *	own_kb, children_kb        ru_maxrss of the command's own process, and of its largest child
 *	fsync, fdatasync, …        calls of the whole tree
 *
 * A counter that the kernel does not keep is -1. The last two lines need -p, the path of
 * preload.so, and are 0 without; -n turns the calls off. It is a program of its own because a
 * process inherits, until exec, the resident set of whoever forked it: started from Python,
 * everything would seem to need Python's memory. Exits as the command did.
 */
#include "counters.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *const call_names[CALL_COUNT] = {
    [CALL_FSYNC] = "fsync",   [CALL_FDATASYNC] = "fdatasync",
    [CALL_SYNCFS] = "syncfs", [CALL_SYNC_FILE_RANGE] = "sync_file_range",
    [CALL_MSYNC] = "msync",   [CALL_SYNC] = "sync",
};

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

/* A page without a file, which the command and its children open through this process. */
static struct counters *share_counters(void)
{
	int fd = memfd_create("counters", MFD_CLOEXEC);
	char path[64];
	void *page;

	if (fd < 0 || ftruncate(fd, sizeof(struct counters)) != 0)
		err(71, "memfd_create");
	page = mmap(NULL, sizeof(struct counters), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		err(71, "mmap");
	snprintf(path, sizeof(path), "/proc/%ld/fd/%d", (long)getpid(), fd);
	if (setenv(COUNTERS_VARIABLE, path, 1) != 0)
		err(71, "setenv");
	return page;
}

static _Noreturn void become(char **command, const char *library, struct counters *counters)
{
	counters->command = getpid();
	if (library != NULL && setenv("LD_PRELOAD", library, 1) != 0)
		err(71, "setenv");
	execvp(command[0], command);
	err(127, "%s", command[0]);
}

static void tell(FILE *out, long long wall, const struct rusage *usage,
		 const struct counters *counters)
{
	fprintf(out, "wall_us=%lld user_us=%lld sys_us=%lld rss_kb=%ld written=%lld stored=%lld",
		wall, tv_us(usage->ru_utime), tv_us(usage->ru_stime), usage->ru_maxrss,
		io_counter("wchar: "), io_counter("write_bytes: "));
	fprintf(out, " own_kb=%ld children_kb=%ld", counters->own_kb, counters->children_kb);
	for (int i = 0; i < CALL_COUNT; i++)
		fprintf(out, " %s=%llu", call_names[i], counters->calls[i]);
	fputc('\n', out);
}

int main(int argc, char **argv)
{
	struct counters *counters = share_counters();
	const char *library = NULL;
	struct rusage usage;
	long long start;
	int status, option;
	pid_t pid;
	FILE *out;

	while ((option = getopt(argc, argv, "+p:n")) != -1) {
		if (option == 'p')
			library = optarg;
		else if (option == 'n')
			counters->off = 1;
		else
			return 64;
	}
	if (argc - optind < 2)
		errx(64, "usage: measure [-p LIBRARY] [-n] FILE COMMAND [ARGUMENT...]");
	out = fopen(argv[optind], "we");
	if (out == NULL)
		err(73, "%s", argv[optind]);
	start = now_us();
	pid = fork();
	if (pid < 0)
		err(71, "fork");
	if (pid == 0)
		become(argv + optind + 1, library, counters);
	while (wait4(pid, &status, 0, &usage) < 0)
		if (errno != EINTR)
			err(71, "wait4");
	tell(out, now_us() - start, &usage, counters);
	if (fclose(out) != 0)
		err(73, "%s", argv[optind]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
