/*
 * Folders and files that the program makes: every folder is reached without following a
 * symlink, every file is new. After a failure errno is that of the failure.
 */
#ifndef SEGUR_LIB_TREE_H
#define SEGUR_LIB_TREE_H

#include "lib/error.h"

#include <stddef.h>

/* Opens the folder `path` below `base`, component by component, making those that are missing
 * (0750); a symlink on the way is an error. The caller closes *out, which is -1 on failure. */
const struct error *dir_open(int base, const char *path, int *out);
/* The same, for temporaries: nobody else may enter it (0700). */
const struct error *dir_open_private(int base, const char *path, int *out);
/* Makes a new empty file, 0640 whatever the umask, in place of a temporary that a killed run left.
 * The caller closes *out, which is -1 on failure. */
const struct error *file_create(int dir, const char *name, int *out);
/* Makes a new file that holds these bytes; not synced. */
const struct error *file_write_new(int dir, const char *name, const void *bytes, size_t count);
/* Removes a file, a symlink, or a folder with all that it holds; a missing one is fine. */
const struct error *tree_remove(int dir, const char *name);
/* Removes what was half made, as well as can be, and returns the error that ended its making. */
const struct error *tree_give_up(int dir, const char *name, struct error first);

#endif
