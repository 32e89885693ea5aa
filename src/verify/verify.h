/*
 * `segur verify`: a table of checks over one reading of the database, each of which looks at
 * everything of its kind, row by row, and tells its faults one by one. A check is a function and a
 * row in verify.c.
 */
#ifndef SEGUR_VERIFY_H
#define SEGUR_VERIFY_H

#include "store/root.h"

#include <stddef.h>

#define VERIFY_SHOWN 20 /* faults of one check that are kept in words; the others are counted */

/* A link that someone outside holds: an answer, a mail, a report gave it. */
struct lien {
	int64_t rang;
	char maillon[65]; /* lower case */
};

/* What one check found. */
struct bilan {
	size_t examined; /* rows, files */
	size_t faults;
	struct {
		char *what, *remedy; /* French */
	} shown[VERIFY_SHOWN];
};

struct verify {
	struct root *root;
	const struct lien *liens;
	size_t lien_count;
	struct bilan *bilan; /* of the check that runs */
	const char *name;    /* its name, for the progress bar */
};

struct controle {
	const char *name; /* French */
	void (*function)(struct verify *verify);
};
extern const struct controle controles[];
extern const size_t controle_count;

/* Runs all checks; `bilans` is an array of controle_count. What can be told as a fault is one, a
 * database that cannot be read further included; an error is ours. */
const struct error *verify_all(struct verify *verify, struct bilan *bilans);
void bilan_free(struct bilan *bilan);

#endif
