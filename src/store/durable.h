/*
 * The order of durability: what must be on the disk before what else is said. A night climbs these
 * steps; each call returns only when its step would outlast a power cut.
 *
 *   1. durable_copies    the copies of drops, under their lasting names; then the commit of the
 *                        rows that speak of them (store.c: synchronous = FULL)
 *   2. durable_reference the copy of a file of the ASP; then its commit, in the same way
 *   3. durable_outputs   what was rendered from committed rows, under temporary names
 *   4. durable_names     the same under the names that readers know; then the rows are marked
 *   5. durable_removals  answered files gone from the inbox; then the rows are marked
 *
 * Between 3 and 4 a mail's row says that the mail is being handed over. The relay may take a mail
 * that has its name; only the absence of the temporary tells then that it has gone (outbox.c).
 *
 * A failure leaves the step below, and the next night goes on from there. All but 2 sync a whole
 * file system, once for many files; var, the inbox, an account may each be a mount of its own.
 */
#ifndef SEGUR_STORE_DURABLE_H
#define SEGUR_STORE_DURABLE_H

#include "store/root.h"

#include <stddef.h>

const struct error *durable_copies(struct root *root);
/* Gives the copy `temporary`, open as `fd`, its lasting name `path`. Both stand in `folder`; all
 * three are paths below the root. `fd` stays the caller's. */
const struct error *durable_reference(struct root *root, int fd, const char *temporary,
				      const char *path, const char *folder);
/* `dir` is any folder of the file system that holds the outputs. */
const struct error *durable_outputs(int dir);
const struct error *durable_names(int dir);
/* The removals from the inboxes of these accounts; one that is gone is fine. durable[i] is false
 * where an account's folder does not allow to make sure of them. */
const struct error *durable_removals(struct root *root, const char *const *accounts, size_t count,
				     bool *durable);

#endif
