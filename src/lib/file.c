#include "lib/file.h"

#include "lib/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool file_wants(int number)
{
	return number == EMFILE || number == ENFILE || number == ENOMEM;
}

const struct error *file_make_dirs(int dir, const char *path, mode_t mode)
{
	char *copy = mem_strdup(path);
	const struct error *err = NULL;

	for (char *slash = copy; slash != NULL && err == NULL;) {
		slash = strchr(slash + 1, '/');
		if (slash != NULL)
			*slash = '\0';
		if (mkdirat(dir, copy, mode) != 0 && errno != EEXIST)
			err = error_errno(ERR_CANT_WRITE, "%s", copy);
		if (slash != NULL)
			*slash = '/';
	}
	free(copy);
	return err;
}

int file_open(int dir, const char *path, int flags, mode_t mode)
{
	int fd;

	do
		fd = openat(dir, path, flags, mode);
	while (fd < 0 && errno == EINTR);
	return fd;
}

const struct error *file_look(int dir, const char *path, bool *there)
{
	*there = faccessat(dir, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	return *there || errno == ENOENT ? NULL : error_errno(ERR_FAULT, "%s", path);
}

ssize_t file_read_block(int fd, void *bytes, size_t count, off_t offset)
{
	ssize_t got;

	do
		got = pread(fd, bytes, count, offset);
	while (got < 0 && errno == EINTR);
	return got;
}

ssize_t file_read_all(int fd, void *bytes, size_t count)
{
	size_t length = 0;
	ssize_t got = 1;

	while (length < count && got != 0) {
		got = read(fd, (char *)bytes + length, count - length);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got < 0)
			return -1;
		else
			length += (size_t)got;
	}
	return (ssize_t)length;
}

int file_open_again(int fd)
{
	char self[40];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	return file_open(AT_FDCWD, self, O_RDONLY | O_CLOEXEC, 0);
}

int file_sync(int fd)
{
	int result;

	do
		result = fsync(fd);
	while (result != 0 && errno == EINTR);
	return result;
}

void file_let_go(int fd)
{
	int number = errno;

	if (fd >= 0)
		close(fd);
	errno = number;
}

int file_close(int fd)
{
	return close(fd) != 0 && errno != EINTR ? -1 : 0;
}

int file_write_all(int fd, const void *bytes, size_t count)
{
	const char *cursor = bytes;

	while (count > 0) {
		ssize_t written = write(fd, cursor, count);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0) {
			if (written == 0)
				errno = EIO;
			return -1;
		}
		cursor += written;
		count -= (size_t)written;
	}
	return 0;
}

const struct error *file_replace(int dir, const char *path, const void *bytes, size_t count,
				 mode_t mode)
{
	char *temporary = mem_printf("%s.tmp", path);
	const struct error *err = NULL;
	int fd;

	unlinkat(dir, temporary, 0);
	fd = file_open(dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0 || file_write_all(fd, bytes, count) != 0 || file_sync(fd) != 0)
		err = error_errno(ERR_CANT_WRITE, "%s", path);
	file_let_go(fd);
	if (err == NULL && renameat(dir, temporary, dir, path) != 0)
		err = error_errno(ERR_CANT_WRITE, "%s", path);
	if (err == NULL)
		err = file_sync_fs(dir);
	free(temporary);
	return err;
}

const struct error *file_sync_fs(int dir)
{
	int result;

	do
		result = syncfs(dir);
	while (result != 0 && errno == EINTR);
	return result == 0 ? NULL : error_errno(ERR_CANT_WRITE, "écriture sur le disque");
}
