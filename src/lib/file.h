/* Small file helpers; every one takes a directory descriptor and never follows a final symlink. */
#ifndef SEGUR_FILE_H
#define SEGUR_FILE_H

#include "lib/error.h"

#include <stddef.h>
#include <sys/types.h>

/* Makes the directory and its missing parents. */
const struct error *file_make_dirs(int dir, const char *path, mode_t mode);
/* Writes all of it, through EINTR and short writes; 0, or -1 with errno. */
int file_write_all(int fd, const void *bytes, size_t count);
/* Writes a new file durably under that name, through a temporary beside it. */
const struct error *file_replace(int dir, const char *path, const void *bytes, size_t count,
				 mode_t mode);
/* Flushes the file system that the directory is on (syncfs), one call for a whole batch. */
const struct error *file_sync_fs(int dir);

#endif
