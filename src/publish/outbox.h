/*
 * Publishing. What goes out is a function of committed rows, segur.conf and the schemas alone, so
 * that a killed run repeats harmlessly: temporaries, one sync, renames, one sync, then the rows are
 * marked.
 */
#ifndef SEGUR_PUBLISH_OUTBOX_H
#define SEGUR_PUBLISH_OUTBOX_H

#include "store/root.h"

#include <stddef.h>

/* The outputs that stay due. */
struct unpublished {
	size_t ours;	 /* could not be written */
	size_t accounts; /* the folder of their account refuses them (account.h) */
};

/* Publishes every answer, file to correct and mail that is due, in batches. An output that
 * cannot be written stays due and does not keep the others back: it is said on standard error and
 * counted in *left (may be NULL). The error is what stops everything: the store, a disk that is
 * full or broken. */
const struct error *outbox_publish(struct root *root, struct unpublished *left);

#endif
