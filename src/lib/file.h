/* Small file helpers. Paths are relative to a folder descriptor; calls go on after EINTR. */
#ifndef SEGUR_LIB_FILE_H
#define SEGUR_LIB_FILE_H

#include "lib/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Whether that errno says that the machine is short of descriptors or memory: the file is not at
 * fault, and a later try may succeed. */
bool file_wants(int number);
/* Makes the folder and its missing parents. */
const struct error *file_make_dirs(int dir, const char *path, mode_t mode);
/* openat(2) and fsync(2). `mode` matters only with O_CREAT or O_TMPFILE. */
int file_open(int dir, const char *path, int flags, mode_t mode);
/* Opens an open file once more, from its beginning, for somebody who may only read it; -1 with
 * errno. */
int file_open_again(int fd);

/* Whether the file is there, or a link of that name; an error when that cannot be told. */
const struct error *file_look(int dir, const char *path, bool *there);
int file_sync(int fd);
/* Reads a block at that place, as pread(2): up to `count` bytes, 0 at the end of the file; -1 with
 * errno. Wherever the descriptor stands, it stays there. */
ssize_t file_read_block(int fd, void *bytes, size_t count, off_t offset);
/* Reads `count` bytes, fewer only at the end of the file; their number, or -1 with errno. */
ssize_t file_read_all(int fd, void *bytes, size_t count);
/* Closes what was only read, or what is given up; nothing when it is -1. errno stays. */
void file_let_go(int fd);
/* Closes what was written; 0, or -1 with errno. EINTR is no failure: the descriptor is closed then,
 * and a sync reports what the disk could not take. */
int file_close(int fd);
/* Writes all of it, over short writes too; 0, or -1 with errno. */
int file_write_all(int fd, const void *bytes, size_t count);
/* Writes a new file durably under that name, through a temporary beside it. */
const struct error *file_replace(int dir, const char *path, const void *bytes, size_t count,
				 mode_t mode);
/* Flushes the file system that the folder is on (syncfs), one call for a whole batch. */
const struct error *file_sync_fs(int dir);

#endif
