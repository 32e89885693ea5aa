/* What the system refuses, as a test asks for it. The calls that the program (not its libraries)
 * makes of the C library are these instead: one of them fails, of any name or of those that contain
 * a text; or a descriptor is 0, as in a program that was started without standard input. */
#ifndef SEGUR_FAULTS_H
#define SEGUR_FAULTS_H

#include "lib/array.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct fault {
	const char *call; /* "openat"; NULL: nothing fails */
	const char *name; /* part of the last name given; NULL: any */
	int number;	  /* errno; 0: "openat" succeeds, and gives descriptor 0 */
	unsigned skip;	  /* calls of this kind that succeed first */
	bool once;	  /* those after it succeed */
	bool over;	  /* nothing fails any more, and this is what did */
	unsigned count;	  /* of those that failed */
} fault;

static bool fault_is_due(const char *call, const char *name)
{
	if (fault.call == NULL || fault.over || strcmp(call, fault.call) != 0 ||
	    (fault.name != NULL && (name == NULL || strstr(name, fault.name) == NULL)))
		return false;
	if (fault.skip > 0) {
		fault.skip--;
		return false;
	}
	if (fault.once && fault.count > 0)
		return false;
	fault.count++;
	if (fault.number != 0) /* a call that succeeds leaves the last failure's number */
		errno = fault.number;
	return true;
}

/* How many descriptors are open. */
static inline unsigned fault_descriptors(void)
{
	unsigned count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* Closings of what is not open: nobody ought to close -1, nor a descriptor that may be another's.
 */
static unsigned fault_bad_closings;

/* The bytes that were allocated and not freed; of a sanitizer's allocator, which looks for itself,
 * always the same. */
static inline size_t fault_memory(void)
{
	return mallinfo2().uordblks;
}

/* How often the disk was asked to begin writing. */
static unsigned fault_hints;

/* How often it was waited for, for one file or folder. */
static unsigned fault_syncs;

#define FAULT_REAL(call) ((__typeof__(&call))dlsym(RTLD_NEXT, #call))
/* The libraries' own calls are not these. */
#define FAULT_OURS __attribute__((visibility("hidden")))

FAULT_OURS int openat(int dir, const char *path, int flags, ...)
{
	va_list rest;
	mode_t mode;

	va_start(rest, flags);
	mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
	va_end(rest);
	if (fault_is_due("openat", path)) {
		if (fault.number != 0)
			return -1;
		close(0);
	}
	return FAULT_REAL(openat)(dir, path, flags, mode);
}

FAULT_OURS int fstatat(int dir, const char *restrict path, struct stat *restrict status, int flags)
{
	return fault_is_due("fstatat", path) ? -1 : FAULT_REAL(fstatat)(dir, path, status, flags);
}

FAULT_OURS int fstat(int fd, struct stat *status)
{
	return fault_is_due("fstat", NULL) ? -1 : FAULT_REAL(fstat)(fd, status);
}

FAULT_OURS int faccessat(int dir, const char *path, int mode, int flags)
{
	return fault_is_due("faccessat", path) ? -1 : FAULT_REAL(faccessat)(dir, path, mode, flags);
}

FAULT_OURS int access(const char *path, int mode)
{
	return fault_is_due("access", path) ? -1 : FAULT_REAL(access)(path, mode);
}

/* Of its commands, the one that asks whether a file is open elsewhere. Number 0: it is not, while
 * the number of the last failure says that it is. */
FAULT_OURS int fcntl(int fd, int command, ...)
{
	va_list rest;
	long argument;

	va_start(rest, command);
	argument = va_arg(rest, long);
	va_end(rest);
	if (command == F_SETLEASE && argument == F_RDLCK && fault_is_due("fcntl", NULL)) {
		if (fault.number != 0)
			return -1;
		errno = EAGAIN;
	}
	return FAULT_REAL(fcntl)(fd, command, argument);
}

FAULT_OURS int unlinkat(int dir, const char *path, int flags)
{
	if (!fault_is_due("unlinkat", path))
		return FAULT_REAL(unlinkat)(dir, path, flags);
	if (fault.number == ENOENT) /* somebody else removed it just now */
		FAULT_REAL(unlinkat)(dir, path, flags);
	errno = fault.number;
	return -1;
}

FAULT_OURS int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	return fault_is_due("renameat", to) ? -1 : FAULT_REAL(renameat)(from_dir, from, to_dir, to);
}

FAULT_OURS int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	return fault_is_due("linkat", to) ? -1
					  : FAULT_REAL(linkat)(from_dir, from, to_dir, to, flags);
}

FAULT_OURS int mkdirat(int dir, const char *path, mode_t mode)
{
	if (!fault_is_due("mkdirat", path))
		return FAULT_REAL(mkdirat)(dir, path, mode);
	if (fault.number == EEXIST) /* somebody else made it just now */
		FAULT_REAL(mkdirat)(dir, path, mode);
	errno = fault.number;
	return -1;
}

FAULT_OURS int fchmod(int fd, mode_t mode)
{
	return fault_is_due("fchmod", NULL) ? -1 : FAULT_REAL(fchmod)(fd, mode);
}

FAULT_OURS ssize_t pread(int fd, void *bytes, size_t count, off_t offset)
{
	return fault_is_due("pread", NULL) ? -1 : FAULT_REAL(pread)(fd, bytes, count, offset);
}

FAULT_OURS off_t lseek(int fd, off_t offset, int from)
{
	return fault_is_due("lseek", NULL) ? -1 : FAULT_REAL(lseek)(fd, offset, from);
}

FAULT_OURS ssize_t write(int fd, const void *bytes, size_t count)
{
	return fault_is_due("write", NULL) ? -1 : FAULT_REAL(write)(fd, bytes, count);
}

/* The descriptor is closed all the same, as Linux does. */
FAULT_OURS int close(int fd)
{
	bool due = fault_is_due("close", NULL);
	int result = FAULT_REAL(close)(fd);

	fault_bad_closings += result != 0;
	if (due)
		errno = fault.number;
	return due ? -1 : result;
}

FAULT_OURS int fsync(int fd)
{
	fault_syncs++;
	if (fault_is_due("fsync", NULL))
		return -1;
	/* The disk need not hear of it; what is not open cannot be synced. */
	return FAULT_REAL(fcntl)(fd, F_GETFD) < 0 ? -1 : 0;
}

FAULT_OURS int syncfs(int fd)
{
	(void)fd;
	return fault_is_due("syncfs", NULL) ? -1 : 0;
}

FAULT_OURS int sync_file_range(int fd, off_t from, off_t count, unsigned flags)
{
	(void)fd, (void)from, (void)count, (void)flags;
	fault_hints++;
	return 0;
}

FAULT_OURS struct dirent *readdir(DIR *stream)
{
	return fault_is_due("readdir", NULL) ? NULL : FAULT_REAL(readdir)(stream);
}

FAULT_OURS DIR *fdopendir(int fd)
{
	return fault_is_due("fdopendir", NULL) ? NULL : FAULT_REAL(fdopendir)(fd);
}

/* Those of a sweep; whether a closing that fails matters depends on what was open. */
static const char *const fault_calls[] = {
    "openat", "fstatat", "fstat", "faccessat", "unlinkat", "renameat", "linkat",    "mkdirat",
    "fchmod", "write",	 "fsync", "syncfs",    "access",   "readdir",  "fdopendir",
};

/* What a sweep does: `prepare` and `check` with nothing failing, `play` under one fault, of which
 * `fault` still tells when `check` looks. */
struct fault_scene {
	void (*prepare)(void), (*play)(void), (*check)(void);
};

static inline void fault_play(const struct fault_scene *scene)
{
	unsigned before, after;

	fault.over = true;
	scene->prepare();
	before = fault_descriptors();
	fault_bad_closings = 0;
	fault.over = false;
	scene->play();
	fault.over = true;
	after = fault_descriptors();
	if (fcntl(0, F_GETFD) < 0) {
		after++;
		(void)open("/dev/null", O_RDONLY);
	} else if (fault.number == 0 && fault.count > 0) {
		after++; /* it was closed, and is not again */
	}
	if (after != before)
		fail_msg("%s %u, errno %d: %u descriptors, then %u", fault.call, fault.skip,
			 fault.number, before, after);
	if (fault_bad_closings > 0)
		fail_msg("%s, errno %d: closes what is not open", fault.call, fault.number);
	scene->check();
}

/* Each call of each kind fails in turn, with each number; of openat also, each descriptor in turn
 * is 0. */
static inline void fault_sweep(const struct fault_scene *scene, const int *numbers, size_t count)
{
	for (size_t i = 0; i <= count; i++)
		for (size_t call = 0; call < ARRAY_SIZE(fault_calls); call++) {
			unsigned failed = 1;

			if (i == count && call > 0)
				break;
			for (unsigned at = 0; failed > 0; at++) {
				fault = (struct fault){.call = fault_calls[call],
						       .number = i < count ? numbers[i] : 0,
						       .skip = at,
						       .once = true};
				fault_play(scene);
				failed = fault.count;
			}
		}
	fault = (struct fault){0};
}

#endif
