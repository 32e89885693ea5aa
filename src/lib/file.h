/* Small file helpers; every one takes a directory descriptor and never follows a final symlink. */
#ifndef SEGUR_LIB_FILE_H
#define SEGUR_LIB_FILE_H

#include "lib/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Whether that errno tells of what this machine wants just now (descriptors, memory): it says
 * nothing of the file, and another time it goes. */
bool file_wants(int number);
/* Makes the directory and its missing parents. */
const struct error *file_make_dirs(int dir, const char *path, mode_t mode);
/* openat(2) and fsync(2), through EINTR; `mode` matters with O_CREAT or O_TMPFILE alone. */
int file_open(int dir, const char *path, int flags, mode_t mode);
int file_sync(int fd);
/* Reads up to `count` bytes, fewer at the end of the file alone; the count, or -1 with errno. */
ssize_t file_read_all(int fd, void *bytes, size_t count);
/* Closes what was written; 0, or -1 with errno. A signal does not make it fail: the descriptor is
 * closed, and what the disk has to say is said to a sync. */
int file_close(int fd);
/* Writes all of it, through EINTR and short writes; 0, or -1 with errno. */
int file_write_all(int fd, const void *bytes, size_t count);
/* Writes a new file durably under that name, through a temporary beside it. */
const struct error *file_replace(int dir, const char *path, const void *bytes, size_t count,
				 mode_t mode);
/* Flushes the file system that the directory is on (syncfs), one call for a whole batch. */
const struct error *file_sync_fs(int dir);

#endif
