/*
 * The order of durability: what must have reached the disk before what else is said. A night is a
 * ladder of these steps; each call returns only when its rung bears, power cut or not.
 *
 *   1. durable_copies    the copies of drops, under their lasting names; then the commit of the
 * rows that speak of them (store.c: synchronous = FULL)
 *   2. durable_reference the copy of a file of the ASP; then its commit, in the same way
 *   3. durable_outputs   what was rendered from committed rows, under temporary names
 *   4. durable_names     the same under the names that readers know; then the rows are marked
 *   5. durable_removals  answered files gone from the inbox; then the rows are marked
 *
 * Between 3 and 4, a mail's row says that it is being handed over: once it has its name the relay
 * may take it, and only the absence of its temporary tells that it has gone (outbox.c).
 *
 * A failure between two rungs leaves the one below: the next night goes on from there. Each syncs a
 * file system once for many files; var, the inbox, an account may each be a mount of its own.
 */
#ifndef SEGUR_STORE_DURABLE_H
#define SEGUR_STORE_DURABLE_H

#include "store/root.h"

#include <stddef.h>

const struct error *durable_copies(struct root *root);
/* Gives the copy `temporary`, open as fd, its lasting name in the same directory `folder`; all
 * three are paths below the root. */
const struct error *durable_reference(struct root *root, int fd, const char *temporary,
				      const char *path, const char *folder);
/* `dir` is any directory of the file system that holds them. */
const struct error *durable_outputs(int dir);
const struct error *durable_names(int dir);
/* The removals from the inboxes of these accounts; an account that is gone is fine. */
const struct error *durable_removals(struct root *root, const char *const *accounts, size_t count);

#endif
