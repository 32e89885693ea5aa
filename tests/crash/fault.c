/*
 * Preloaded into segur and segur-parser: counts the calls that this program and its libraries make
 * of the C library, and disturbs one of them; or records what was written, so that a power cut can
 * be played afterwards (power.py). Driven by the environment:
 *
 *   FAULT_SET    which calls are counted: w (they change files or send), r (they read, look or
 *                wait), m (they take memory)
 *   FAULT_AT     the number of the call to disturb, from 1
 *   FAULT_DO     before, after: the process is killed there; short: half is done; else the number
 *                of the errno that the call fails with
 *   FAULT_OWN    only memory that the program itself asks for, not its libraries
 *   FAULT_LOG    file that gets a line for each counted call; or, when disturbing, one for the call
 *                that was disturbed
 *   FAULT_RECORD file that gets what was written (see `struct record`)
 *   FAULT_STAT   file of lines "ino ino seconds nanoseconds": files that are to look like others
 *
 * Built with WITHOUT_MEMORY it leaves malloc alone, which then is ASan's.
 *
 * A kill is kill(2) on itself: where the parser's filter forbids that call, the filter kills.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXPORT	  __attribute__((visibility("default")))
#define STATS_MAX 256

enum deed { NOTHING, BEFORE, AFTER, SHORT, ERRNO };

static struct {
	const char *set;
	long at;
	enum deed deed;
	int number;
	bool own;
} plan;
static long own_count, *count = &own_count; /* of all that a template forks, where it is one */
static pid_t self;
static bool forks;
static int log_fd = -1, record_fd = -1;
static uintptr_t image_begin, image_end;
static bool ready;
static struct {
	ino_t real, shown;
	struct timespec changed;
} stats[STATS_MAX];
static size_t stat_count;

/* --- what must not come through ourselves
 * --------------------------------------------------------------------------------------- */

static void raw_write(int fd, const void *bytes, size_t length)
{
	const char *at = bytes;
	int saved = errno;

	while (length > 0) {
		long done = syscall(SYS_write, fd, at, length);

		if (done <= 0)
			break;
		at += done;
		length -= (size_t)done;
	}
	errno = saved;
}

static _Noreturn void die(void)
{
	syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
	for (;;)
		continue;
}

#define REAL(type, name, ...)                                                                      \
	static type (*real)(__VA_ARGS__);                                                          \
	if (real == NULL)                                                                          \
	real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

static int find_image(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size, (void)data;
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_LOAD) {
			uintptr_t begin = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
			uintptr_t end = begin + info->dlpi_phdr[i].p_memsz;

			if (image_begin == 0 || begin < image_begin)
				image_begin = begin;
			if (end > image_end)
				image_end = end;
		}
	return 1; /* the first is the program itself */
}

static void read_stats(const char *path)
{
	FILE *file = fopen(path, "r");
	unsigned long real, shown;
	long seconds, nanoseconds;

	while (file != NULL && stat_count < STATS_MAX &&
	       fscanf(file, "%lu %lu %ld %ld", &real, &shown, &seconds, &nanoseconds) == 4) {
		stats[stat_count].real = real;
		stats[stat_count].shown = shown;
		stats[stat_count++].changed = (struct timespec){seconds, nanoseconds};
	}
	if (file != NULL)
		fclose(file);
}

__attribute__((constructor)) static void begin(void)
{
	const char *deed = getenv("FAULT_DO"), *log = getenv("FAULT_LOG");
	const char *record = getenv("FAULT_RECORD"), *at = getenv("FAULT_AT");
	const char *looks = getenv("FAULT_STAT");

	plan.set = getenv("FAULT_SET");
	plan.at = at != NULL ? atol(at) : 0;
	plan.own = getenv("FAULT_OWN") != NULL;
	if (deed != NULL) {
		plan.number = atoi(deed);
		plan.deed = strcmp(deed, "before") == 0	 ? BEFORE
			    : strcmp(deed, "after") == 0 ? AFTER
			    : strcmp(deed, "short") == 0 ? SHORT
							 : ERRNO;
	}
	self = (pid_t)syscall(SYS_getpid);
	forks = getenv("FAULT_PARSER") != NULL;
	if (forks)
		count = mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	dl_iterate_phdr(find_image, NULL);
	if (looks != NULL)
		read_stats(looks);
	if (log != NULL)
		log_fd = (int)syscall(SYS_openat, AT_FDCWD, log,
				      O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (record != NULL)
		record_fd = (int)syscall(SYS_openat, AT_FDCWD, record,
					 O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	ready = true;
}

/* --- counting and disturbing
 * ------------------------------------------------------------------------------------------ */

static void note(const char *name, char set, int fd, const char *path)
{
	char line[512], link[64];
	ssize_t length = -1;
	int size, saved = errno;

	if (log_fd < 0)
		return;
	size = snprintf(line, 200, "%ld\t%c\t%s\t", *count, set, name);
	if (path != NULL) {
		size += snprintf(line + size, 250, "%s", path);
		size = size > 450 ? 450 : size;
	} else if (fd >= 0) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		/* The parser's filter forbids it: there the number alone is told. */
		if (!forks)
			length = syscall(SYS_readlink, link, line + size, 240);
		size += length > 0 ? (int)length : snprintf(line + size, 20, "%d", fd);
	}
	for (int i = 0; i < size; i++)
		if (line[i] == '\n')
			line[i] = '?';
	line[size++] = '\n';
	raw_write(log_fd, line, (size_t)size);
	errno = saved;
}

/* What is to be done at this call; a forked child is not of the night, but a template's is. */
static enum deed turn(char set, const char *name, int fd, const char *path)
{
	if (!ready || plan.set == NULL || strchr(plan.set, set) == NULL ||
	    (!forks && syscall(SYS_getpid) != self))
		return NOTHING;
	long number = __sync_add_and_fetch(count, 1);
	if (plan.at == 0)
		note(name, set, fd, path);
	if (number != plan.at)
		return NOTHING;
	note(name, set, fd, path);
	if (plan.deed == BEFORE)
		die();
	if (plan.deed == ERRNO)
		errno = plan.number;
	return plan.deed;
}

#define FAIL_OR_DO(set, name, fd, path, result, call)                                              \
	do {                                                                                       \
		enum deed deed = turn(set, name, fd, path);                                        \
		if (deed == ERRNO)                                                                 \
			return result;                                                             \
		__typeof__(call) value = (call);                                                   \
		if (deed == AFTER)                                                                 \
			die();                                                                     \
		return value;                                                                      \
	} while (0)

/* --- recording
 * ---------------------------------------------------------------------------------------- */

/* Little endian, packed; then `first` bytes, then `second` bytes. Paths are absolute. */
struct record {
	char kind; /* c creat, d mkdir (both: mode as offset), m chmod, p a file without a name, h
		      link, l symlink, r rename, x exchange, u unlink, k rmdir, w write, t truncate,
		      f fsync, s syncfs */
	char nothing[7];
	uint64_t ino, offset;
	uint32_t first, second;
};

static void record(char kind, uint64_t ino, uint64_t offset, const void *first, size_t length,
		   const void *second, size_t more)
{
	struct record head = {.kind = kind,
			      .ino = ino,
			      .offset = offset,
			      .first = (uint32_t)length,
			      .second = (uint32_t)more};
	char *frame;

	if (record_fd < 0)
		return;
	/* In one piece: two processes write to the file. */
	frame = mmap(NULL, sizeof(head) + length + more + 1, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memcpy(frame, &head, sizeof(head));
	memcpy(frame + sizeof(head), first, length);
	if (more > 0)
		memcpy(frame + sizeof(head) + length, second, more);
	raw_write(record_fd, frame, sizeof(head) + length + more);
	munmap(frame, sizeof(head) + length + more + 1);
}

static void absolute(int dir, const char *path, char out[static 4096])
{
	char link[64];
	ssize_t length = 0;

	if (path[0] != '/') {
		snprintf(link, sizeof(link),
			 dir == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", dir);
		length = syscall(SYS_readlink, link, out, 2000);
		length = length > 0 ? length : 0;
		out[length++] = '/';
	}
	snprintf(out + length, 4096 - (size_t)length, "%s", path);
}

static uint64_t inode(int fd)
{
	struct stat status;

	return syscall(SYS_newfstatat, fd, "", &status, AT_EMPTY_PATH) == 0 ? status.st_ino : 0;
}

static uint64_t inode_at(int dir, const char *path)
{
	struct stat status;

	return syscall(SYS_newfstatat, dir, path, &status, AT_SYMLINK_NOFOLLOW) == 0 ? status.st_ino
										     : 0;
}

static void record_path(char kind, uint64_t ino, int dir, const char *path)
{
	char whole[4096];
	int saved = errno;

	if (record_fd < 0)
		return;
	absolute(dir, path, whole);
	record(kind, ino, 0, whole, strlen(whole), NULL, 0);
	errno = saved;
}

static void record_data(int fd, uint64_t offset, const void *bytes, ssize_t done)
{
	int saved = errno;
	uint64_t ino;

	if (record_fd >= 0 && done > 0 && (ino = inode(fd)) != 0)
		record('w', ino, offset, bytes, (size_t)done, NULL, 0);
	errno = saved;
}

/* --- files
 * -------------------------------------------------------------------------------------------- */

static void record_made(char kind, int dir, const char *path)
{
	struct stat status = {0};
	char whole[4096];
	int saved = errno;

	if (record_fd < 0)
		return;
	absolute(dir, path, whole);
	syscall(SYS_newfstatat, dir, path, &status, AT_SYMLINK_NOFOLLOW);
	record(kind, status.st_ino, status.st_mode & 07777, whole, strlen(whole), NULL, 0);
	errno = saved;
}

static int open_any(int dir, const char *path, int flags, mode_t mode)
{
	bool makes = (flags & (O_CREAT | O_TRUNC)) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
	bool named = (flags & O_CREAT) != 0;
	enum deed deed = turn(makes ? 'w' : 'r', "open", -1, path);
	bool there;
	int fd;

	if (deed == ERRNO)
		return -1;
	there = named && record_fd >= 0 && inode_at(dir, path) != 0;
	fd = (int)syscall(SYS_openat, dir, path, flags, mode);
	if (fd >= 0 && named && !there && record_fd >= 0)
		record_made('c', dir, path);
	else if (fd >= 0 && (flags & O_TMPFILE) == O_TMPFILE && record_fd >= 0)
		record('p', inode(fd), mode, "", 0, NULL, 0);
	else if (fd >= 0 && (flags & O_TRUNC) != 0 && record_fd >= 0)
		record('t', inode(fd), 0, "", 0, NULL, 0);
	if (deed == AFTER)
		die();
	return fd;
}

#define OPEN(name, dir, parameters)                                                                \
	EXPORT int name parameters                                                                 \
	{                                                                                          \
		mode_t mode = 0;                                                                   \
		va_list more;                                                                      \
		va_start(more, flags);                                                             \
		if ((flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE)                    \
			mode = va_arg(more, mode_t);                                               \
		va_end(more);                                                                      \
		return open_any(dir, path, flags, mode);                                           \
	}
OPEN(open, AT_FDCWD, (const char *path, int flags, ...))
OPEN(open64, AT_FDCWD, (const char *path, int flags, ...))
OPEN(openat, dir, (int dir, const char *path, int flags, ...))
OPEN(openat64, dir, (int dir, const char *path, int flags, ...))

static ssize_t write_any(int fd, const void *bytes, size_t length, off_t offset, bool placed)
{
	enum deed deed = turn('w', placed ? "pwrite" : "write", fd, NULL);
	ssize_t done;
	off_t at = offset;

	if (deed == ERRNO)
		return -1;
	if (deed == SHORT && length > 1)
		length /= 2;
	done = placed ? syscall(SYS_pwrite64, fd, bytes, length, offset)
		      : syscall(SYS_write, fd, bytes, length);
	if (record_fd >= 0 && !placed && (at = syscall(SYS_lseek, fd, 0, SEEK_CUR)) >= 0)
		at -= done;
	if (at >= 0)
		record_data(fd, (uint64_t)at, bytes, done);
	if (deed == AFTER)
		die();
	return done;
}

EXPORT ssize_t write(int fd, const void *bytes, size_t length)
{
	return write_any(fd, bytes, length, 0, false);
}

EXPORT ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
	return write_any(fd, bytes, length, offset, true);
}

EXPORT ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset)
{
	return write_any(fd, bytes, length, offset, true);
}

static int truncate_any(int fd, off_t length)
{
	enum deed deed = turn('w', "ftruncate", fd, NULL);
	int done;

	if (deed == ERRNO)
		return -1;
	done = (int)syscall(SYS_ftruncate, fd, length);
	if (done == 0 && record_fd >= 0)
		record('t', inode(fd), (uint64_t)length, "", 0, NULL, 0);
	if (deed == AFTER)
		die();
	return done;
}

EXPORT int ftruncate(int fd, off_t length)
{
	return truncate_any(fd, length);
}

EXPORT int ftruncate64(int fd, off_t length)
{
	return truncate_any(fd, length);
}

static int rename_any(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	enum deed deed = turn('w', "rename", -1, from);
	char old[4096], new[4096];
	int done;

	if (deed == ERRNO)
		return -1;
	done = (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
	if (done == 0 && record_fd >= 0) {
		absolute(from_dir, from, old);
		absolute(to_dir, to, new);
		record((flags & RENAME_EXCHANGE) != 0 ? 'x' : 'r', 0, 0, old, strlen(old), new,
		       strlen(new));
	}
	if (deed == AFTER)
		die();
	return done;
}

EXPORT int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	return rename_any(from_dir, from, to_dir, to, flags);
}

EXPORT int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	return rename_any(from_dir, from, to_dir, to, 0);
}

EXPORT int rename(const char *from, const char *to)
{
	return rename_any(AT_FDCWD, from, AT_FDCWD, to, 0);
}

static int unlink_any(int dir, const char *path, int flags)
{
	enum deed deed = turn('w', "unlink", -1, path);
	int done;

	if (deed == ERRNO)
		return -1;
	done = (int)syscall(SYS_unlinkat, dir, path, flags);
	if (done == 0)
		record_path((flags & AT_REMOVEDIR) != 0 ? 'k' : 'u', 0, dir, path);
	if (deed == AFTER)
		die();
	return done;
}

EXPORT int unlinkat(int dir, const char *path, int flags)
{
	return unlink_any(dir, path, flags);
}

EXPORT int unlink(const char *path)
{
	return unlink_any(AT_FDCWD, path, 0);
}

EXPORT int rmdir(const char *path)
{
	return unlink_any(AT_FDCWD, path, AT_REMOVEDIR);
}

static int mkdir_any(int dir, const char *path, mode_t mode)
{
	enum deed deed = turn('w', "mkdir", -1, path);
	int done;

	if (deed == ERRNO)
		return -1;
	done = (int)syscall(SYS_mkdirat, dir, path, mode);
	if (done == 0)
		record_made('d', dir, path);
	if (deed == AFTER)
		die();
	return done;
}

EXPORT int mkdirat(int dir, const char *path, mode_t mode)
{
	return mkdir_any(dir, path, mode);
}

EXPORT int mkdir(const char *path, mode_t mode)
{
	return mkdir_any(AT_FDCWD, path, mode);
}

EXPORT int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	enum deed deed = turn('w', "link", -1, to);
	int done;

	if (deed == ERRNO)
		return -1;
	done = (int)syscall(SYS_linkat, from_dir, from, to_dir, to, flags);
	if (done == 0)
		record_made('h', to_dir, to);
	if (deed == AFTER)
		die();
	return done;
}

EXPORT int symlinkat(const char *target, int dir, const char *path)
{
	enum deed deed = turn('w', "symlink", -1, path);
	char whole[4096];
	int done;

	if (deed == ERRNO)
		return -1;
	done = (int)syscall(SYS_symlinkat, target, dir, path);
	if (done == 0 && record_fd >= 0) {
		absolute(dir, path, whole);
		record('l', inode_at(dir, path), 0, whole, strlen(whole), target, strlen(target));
	}
	if (deed == AFTER)
		die();
	return done;
}

static int sync_any(const char *name, int call, char kind, int fd)
{
	enum deed deed = turn('w', name, fd, NULL);
	int done;

	if (deed == ERRNO)
		return -1;
	done = (int)syscall(call, fd);
	if (done == 0 && record_fd >= 0)
		record(kind, inode(fd), 0, "", 0, NULL, 0);
	if (deed == AFTER)
		die();
	return done;
}

EXPORT int fsync(int fd)
{
	return sync_any("fsync", SYS_fsync, 'f', fd);
}

EXPORT int fdatasync(int fd)
{
	return sync_any("fdatasync", SYS_fdatasync, 'f', fd);
}

EXPORT int syncfs(int fd)
{
	return sync_any("syncfs", SYS_syncfs, 's', fd);
}

EXPORT int fchmod(int fd, mode_t mode)
{
	enum deed deed = turn('w', "fchmod", fd, NULL);
	int done;

	if (deed == ERRNO)
		return -1;
	done = (int)syscall(SYS_fchmod, fd, mode);
	if (done == 0 && record_fd >= 0)
		record('m', inode(fd), mode, "", 0, NULL, 0);
	if (deed == AFTER)
		die();
	return done;
}

EXPORT int fallocate(int fd, int mode, off_t offset, off_t length)
{
	FAIL_OR_DO('w', "fallocate", fd, NULL, -1,
		   (int)syscall(SYS_fallocate, fd, mode, offset, length));
}

EXPORT int fallocate64(int fd, int mode, off_t offset, off_t length)
{
	FAIL_OR_DO('w', "fallocate", fd, NULL, -1,
		   (int)syscall(SYS_fallocate, fd, mode, offset, length));
}

/* It closes all the same, as Linux does. */
EXPORT int close(int fd)
{
	enum deed deed = turn('r', "close", fd, NULL);
	int number = errno, done = (int)syscall(SYS_close, fd);

	if (deed == ERRNO) {
		errno = number;
		return -1;
	}
	if (deed == AFTER)
		die();
	return done;
}

/* --- reading, looking, waiting
 * ------------------------------------------------------------------------------------------ */

EXPORT ssize_t read(int fd, void *bytes, size_t length)
{
	enum deed deed = turn('r', "read", fd, NULL);

	if (deed == ERRNO)
		return -1;
	if (deed == SHORT && length > 1)
		length /= 2;
	return syscall(SYS_read, fd, bytes, length);
}

static ssize_t pread_any(int fd, void *bytes, size_t length, off_t offset)
{
	enum deed deed = turn('r', "pread", fd, NULL);

	if (deed == ERRNO)
		return -1;
	if (deed == SHORT && length > 1)
		length /= 2;
	return syscall(SYS_pread64, fd, bytes, length, offset);
}

EXPORT ssize_t pread(int fd, void *bytes, size_t length, off_t offset)
{
	return pread_any(fd, bytes, length, offset);
}

EXPORT ssize_t pread64(int fd, void *bytes, size_t length, off_t offset)
{
	return pread_any(fd, bytes, length, offset);
}

static int stat_any(int dir, const char *path, struct stat *status, int flags, int fd)
{
	enum deed deed = turn('r', "stat", fd, fd < 0 ? path : NULL);
	int done;

	if (deed == ERRNO)
		return -1;
	done = (int)syscall(SYS_newfstatat, dir, path, status, flags);
	for (size_t i = 0; done == 0 && i < stat_count; i++)
		if (stats[i].real == status->st_ino) {
			status->st_ino = stats[i].shown;
			status->st_ctim = stats[i].changed;
			break;
		}
	return done;
}

EXPORT int fstatat(int dir, const char *path, struct stat *status, int flags)
{
	return stat_any(dir, path, status, flags, -1);
}

EXPORT int fstatat64(int dir, const char *path, struct stat64 *status, int flags)
{
	return stat_any(dir, path, (struct stat *)status, flags, -1);
}

EXPORT int fstat(int fd, struct stat *status)
{
	return stat_any(fd, "", status, AT_EMPTY_PATH, fd);
}

EXPORT int fstat64(int fd, struct stat64 *status)
{
	return stat_any(fd, "", (struct stat *)status, AT_EMPTY_PATH, fd);
}

EXPORT int stat(const char *path, struct stat *status)
{
	return stat_any(AT_FDCWD, path, status, 0, -1);
}

EXPORT int stat64(const char *path, struct stat64 *status)
{
	return stat_any(AT_FDCWD, path, (struct stat *)status, 0, -1);
}

EXPORT int lstat(const char *path, struct stat *status)
{
	return stat_any(AT_FDCWD, path, status, AT_SYMLINK_NOFOLLOW, -1);
}

EXPORT int lstat64(const char *path, struct stat64 *status)
{
	return stat_any(AT_FDCWD, path, (struct stat *)status, AT_SYMLINK_NOFOLLOW, -1);
}

EXPORT DIR *fdopendir(int fd)
{
	REAL(DIR *, "fdopendir", int);
	FAIL_OR_DO('r', "fdopendir", fd, NULL, NULL, real(fd));
}

EXPORT struct dirent *readdir(DIR *dir)
{
	REAL(struct dirent *, "readdir", DIR *);
	FAIL_OR_DO('r', "readdir", dirfd(dir), NULL, NULL, real(dir));
}

EXPORT off_t lseek(int fd, off_t offset, int whence)
{
	FAIL_OR_DO('r', "lseek", fd, NULL, -1, syscall(SYS_lseek, fd, offset, whence));
}

EXPORT int access(const char *path, int mode)
{
	FAIL_OR_DO('r', "access", -1, path, -1, (int)syscall(SYS_access, path, mode));
}

EXPORT ssize_t readlink(const char *path, char *text, size_t size)
{
	FAIL_OR_DO('r', "readlink", -1, path, -1, syscall(SYS_readlink, path, text, size));
}

EXPORT int fcntl(int fd, int command, ...)
{
	va_list more;
	long argument;

	va_start(more, command);
	argument = va_arg(more, long);
	va_end(more);
	FAIL_OR_DO('r', command == F_SETLK ? "setlk" : "fcntl", fd, NULL, -1,
		   (int)syscall(SYS_fcntl, fd, command, argument));
}

EXPORT int fcntl64(int fd, int command, ...)
{
	va_list more;
	long argument;

	va_start(more, command);
	argument = va_arg(more, long);
	va_end(more);
	FAIL_OR_DO('r', command == F_SETLK ? "setlk" : "fcntl", fd, NULL, -1,
		   (int)syscall(SYS_fcntl, fd, command, argument));
}

EXPORT int flock(int fd, int operation)
{
	FAIL_OR_DO('r', "flock", fd, NULL, -1, (int)syscall(SYS_flock, fd, operation));
}

EXPORT int poll(struct pollfd *fds, nfds_t nfds, int timeout)
{
	FAIL_OR_DO('r', "poll", -1, NULL, -1, (int)syscall(SYS_poll, fds, nfds, timeout));
}

EXPORT pid_t waitpid(pid_t pid, int *status, int options)
{
	FAIL_OR_DO('r', "waitpid", -1, NULL, -1,
		   (pid_t)syscall(SYS_wait4, pid, status, options, NULL));
}

/* --- talking with the parser
 * ------------------------------------------------------------------------------------------ */

EXPORT ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	FAIL_OR_DO('w', "sendmsg", fd, NULL, -1, syscall(SYS_sendmsg, fd, message, flags));
}

EXPORT ssize_t send(int fd, const void *bytes, size_t length, int flags)
{
	FAIL_OR_DO('w', "send", fd, NULL, -1,
		   syscall(SYS_sendto, fd, bytes, length, flags, NULL, 0));
}

EXPORT ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	FAIL_OR_DO('r', "recvmsg", fd, NULL, -1, syscall(SYS_recvmsg, fd, message, flags));
}

EXPORT ssize_t recv(int fd, void *bytes, size_t length, int flags)
{
	enum deed deed = turn('r', "recv", fd, NULL);

	if (deed == ERRNO)
		return -1;
	if (deed == SHORT && length > 1 && (flags & MSG_WAITALL) == 0)
		length /= 2;
	return syscall(SYS_recvfrom, fd, bytes, length, flags, NULL, NULL);
}

EXPORT int socketpair(int domain, int type, int protocol, int pair[2])
{
	FAIL_OR_DO('w', "socketpair", -1, NULL, -1,
		   (int)syscall(SYS_socketpair, domain, type, protocol, pair));
}

EXPORT pid_t fork(void)
{
	REAL(pid_t, "fork", void);
	enum deed deed = turn('w', "fork", -1, NULL);
	pid_t pid;

	if (deed == ERRNO)
		return -1;
	pid = real();
	if (deed == AFTER && pid != 0)
		die();
	return pid;
}

#ifndef WITHOUT_MEMORY
/* --- memory
 * ------------------------------------------------------------------------------------------- */

/* dlsym itself asks for memory: the few bytes before its answer come from here. */
static char early[8192];
static size_t early_used;

static void *take_early(size_t size)
{
	void *memory = early + early_used;

	early_used += (size + 15) & ~(size_t)15;
	return early_used <= sizeof(early) ? memory : NULL;
}

static bool no_memory(const char *name, void *caller)
{
	uintptr_t at = (uintptr_t)caller;
	bool inside = at >= image_begin && at < image_end;
	char site[96] = "";
	Dl_info found;

	if (!ready || plan.set == NULL || strchr(plan.set, 'm') == NULL || (plan.own && !inside))
		return false;
	if ((plan.at == 0 || *count + 1 == plan.at) && dladdr(caller, &found) != 0) {
		const char *slash = strrchr(found.dli_fname, '/');

		/* Short: the parser may write no larger file than its limit. */
		snprintf(site, sizeof(site), "%s+%lx",
			 inside		 ? "own"
			 : slash != NULL ? slash + 1
					 : found.dli_fname,
			 (unsigned long)(at - (uintptr_t)found.dli_fbase));
	}
	return turn('m', name, -1, site) == ERRNO;
}

EXPORT void *malloc(size_t size)
{
	static void *(*real)(size_t);
	static bool asking;

	if (real == NULL) {
		if (asking)
			return take_early(size);
		asking = true;
		real = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
	}
	return no_memory("malloc", __builtin_return_address(0)) ? NULL : real(size);
}

EXPORT void *calloc(size_t members, size_t size)
{
	static void *(*real)(size_t, size_t);
	static bool asking;

	if (real == NULL) {
		if (asking)
			return take_early(members * size);
		asking = true;
		real = (void *(*)(size_t, size_t))dlsym(RTLD_NEXT, "calloc");
	}
	return no_memory("calloc", __builtin_return_address(0)) ? NULL : real(members, size);
}

EXPORT void *realloc(void *old, size_t size)
{
	static void *(*real)(void *, size_t);

	if (real == NULL)
		real = (void *(*)(void *, size_t))dlsym(RTLD_NEXT, "realloc");
	return no_memory("realloc", __builtin_return_address(0)) ? NULL : real(old, size);
}

EXPORT void free(void *memory)
{
	static void (*real)(void *);

	if ((char *)memory >= early && (char *)memory < early + sizeof(early))
		return;
	if (real == NULL)
		real = (void (*)(void *))dlsym(RTLD_NEXT, "free");
	real(memory);
}
#endif
