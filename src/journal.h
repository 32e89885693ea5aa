/*
 * The journal: every event of every request as one append-only chain. A link is the SHA-256, in
 * hexadecimal, of the link before (64 zeros for the first), a line end, and the event's text, which
 * holds no personal data: what an event says of people is bound to it by an HMAC under the
 * installation's secret, so that it may be erased and the chain stays whole.
 */
#ifndef SEGUR_JOURNAL_H
#define SEGUR_JOURNAL_H

#include "root.h"

/* Appends the link of that event, in the caller's transaction. */
void journal_append(struct root *root, int64_t evenement);

#endif
