/*
 * The entries of a folder. Every listing of the program goes through here: a listing that could
 * not be read to its end is an error, never a short list.
 */
#ifndef SEGUR_LIB_DIR_H
#define SEGUR_LIB_DIR_H

#include "lib/error.h"

#include <dirent.h>
#include <stddef.h>

/* What a listing puts up with; a set of bits. */
enum dir_allowed {
	DIR_STRICT = 0,
	DIR_MAY_LACK = 1, /* a folder that is missing has no entries */
	DIR_MAY_LINK = 2, /* the last component of the path may be a symlink */
};

/* Called for each entry. `dir`, the open folder, is dir_each's to close; `entry` lives until the
 * return. An error ends the listing. The visit may remove entries and make others. */
typedef const struct error *dir_visit(void *context, int dir, const struct dirent *entry);

/* Lists the folder `path` below `base`, in the file system's order, without "." and "..".
 * Returns the first error, of opening and reading (ERR_FAULT) or of a visit, with its errno. */
const struct error *dir_each(int base, const char *path, unsigned allowed, dir_visit *visit,
			     void *context);

struct names {
	char **items;
	size_t count, capacity;
};

/* The names that do not begin with a dot, sorted by their bytes, for the caller to free; none on
 * failure. */
const struct error *dir_names(int base, const char *path, unsigned allowed, struct names *names);
void names_free(struct names *names);
/* Counts the entries of the open folder, `except` (NULL: none) left out, from the first one,
 * however far `dir` was read. The callers are about to write there: a folder that cannot be
 * listed is ERR_CANT_WRITE under the name `shown`. */
const struct error *dir_count(int dir, const char *shown, const char *except, size_t *count);

#endif
