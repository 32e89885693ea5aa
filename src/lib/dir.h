/*
 * The entries of a directory. Every listing of the program goes through here: one that could not be
 * read to its end is an error, never a short list.
 */
#ifndef SEGUR_LIB_DIR_H
#define SEGUR_LIB_DIR_H

#include "lib/error.h"

#include <dirent.h>
#include <stddef.h>

/* What a listing puts up with; a set of bits. */
enum dir_allowed {
	DIR_STRICT = 0,
	DIR_MAY_LACK = 1, /* a directory that is missing has no entries */
	DIR_MAY_LINK = 2, /* the last component of the path may be a symlink */
};

/* Called for each entry. `dir` is the open directory, which stays the helper's; the entry lives
 * until the return. An error ends the listing. An entry may be removed, and others made. */
typedef const struct error *dir_visit(void *context, int dir, const struct dirent *entry);

/* Lists the directory `path` below `base`, in the file system's order, without "." and "..".
 * Returns the first error, of opening and reading (ERR_FAULT) or of a visit; errno is then that of
 * the failure. */
const struct error *dir_each(int base, const char *path, unsigned allowed, dir_visit *visit,
			     void *context);

struct names {
	char **items;
	size_t count, capacity;
};

/* The names that do not begin with a dot, sorted by their bytes; none on failure. The caller frees
 * them. */
const struct error *dir_names(int base, const char *path, unsigned allowed, struct names *names);
void names_free(struct names *names);
/* How many entries the open directory has besides `except` (NULL: none), from the first one,
 * whatever `dir` itself was read to. It is asked before writing there: one that cannot be listed,
 * named `shown`, is ERR_CANT_WRITE. */
const struct error *dir_count(int dir, const char *shown, const char *except, size_t *count);

#endif
