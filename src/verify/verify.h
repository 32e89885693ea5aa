/*
 * `segur verify`: a table of checks over one reading of the database. Each looks at
 * everything of its kind, row by row, and tells its faults one by one. A check is a function
 * and a row in verify.c.
 */
#ifndef SEGUR_VERIFY_VERIFY_H
#define SEGUR_VERIFY_VERIFY_H

#include "lib/sha256.h"
#include "store/root.h"

#include <stddef.h>

#define VERIFY_SHOWN 20 /* faults or remarks of one check that are kept in words; all are counted */

/* A link that someone outside holds, from an answer, a mail or a report. */
struct held_link {
	int64_t rang;
	char maillon[SHA256_HEX_SIZE]; /* lower case */
};

/* What one check found. */
struct verify_result {
	size_t examined;     /* rows, files */
	size_t unverifiable; /* of these, published before their hash was recorded */
	size_t faults, remarks;
	struct {
		char *what, *remedy; /* French */
	} shown[VERIFY_SHOWN];
	char *remarked[VERIFY_SHOWN]; /* what to know, and no fault */
};

struct verify {
	struct root *root;
	const struct held_link *held_links;
	size_t held_count;
	struct verify_result *result; /* of the check that runs */
	const char *name;	      /* its name, for the progress bar */
};

struct verify_check {
	const char *name; /* French */
	void (*function)(struct verify *verify);
};
extern const struct verify_check checks[];
extern const size_t check_count;

/* Runs all checks; `results` is an array of check_count. What can be told is a fault, even a
 * database that cannot be read further; an error is ours. */
const struct error *verify_all(struct verify *verify, struct verify_result *results);
void verify_result_free(struct verify_result *result);

#endif
