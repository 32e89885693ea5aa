/*
 * Preloaded into what the benchmark measures. Counts the calls that wait for the disk, in every
 * process of the tree, and turns them into nothing when `measure -n` says so; notes, when the
 * command ends, the peak memory of its own process apart from its children's, which wait4 mixes.
 *
 * segur starts its parsers with a cleared environment, so they never see this library; their
 * sandbox forbids them these calls anyway.
 */
#include "counters.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct counters unshared; /* where the page cannot be had, what is counted is lost */
static struct counters *counters = &unshared;

__attribute__((constructor)) static void attach(void)
{
	const char *path = getenv(COUNTERS_VARIABLE);
	int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *page;

	if (fd < 0)
		return;
	page = mmap(NULL, sizeof(*counters), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page != MAP_FAILED)
		counters = page;
	close(fd);
}

__attribute__((destructor)) static void note_memory(void)
{
	struct rusage usage;

	if (getpid() != counters->command)
		return;
	if (getrusage(RUSAGE_SELF, &usage) == 0)
		counters->own_kb = usage.ru_maxrss;
	if (getrusage(RUSAGE_CHILDREN, &usage) == 0)
		counters->children_kb = usage.ru_maxrss;
}

/* Counts it; true: it is to do nothing. */
static int skip(enum sync_call call)
{
	atomic_fetch_add(&counters->calls[call], 1);
	return counters->off;
}

int fsync(int fd)
{
	return skip(CALL_FSYNC) ? 0 : (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	return skip(CALL_FDATASYNC) ? 0 : (int)syscall(SYS_fdatasync, fd);
}

int syncfs(int fd)
{
	return skip(CALL_SYNCFS) ? 0 : (int)syscall(SYS_syncfs, fd);
}

int sync_file_range(int fd, off64_t from, off64_t length, unsigned int flags)
{
	return skip(CALL_SYNC_FILE_RANGE)
		   ? 0
		   : (int)syscall(SYS_sync_file_range, fd, from, length, flags);
}

int msync(void *address, size_t length, int flags)
{
	return skip(CALL_MSYNC) ? 0 : (int)syscall(SYS_msync, address, length, flags);
}

void sync(void)
{
	if (!skip(CALL_SYNC))
		syscall(SYS_sync);
}
