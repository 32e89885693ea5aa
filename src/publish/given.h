/*
 * outbox/.suite: what was given so far, written before it goes out. It outlives the database, and
 * readers who fetch an answer or relay a mail leave it there: so `segur restore --outbox` can go on
 * right behind, whatever was fetched. It is a text of one line each:
 *
 *   nuit 2026-03-05                     the newest day of a night
 *   demande 12                          the highest of each that was given
 *   courriel 340
 *   evenement 57
 *   rang 57
 *   nuits 2026-03-04 2026-03-05         the days of the newest nights, oldest first
 */
#ifndef SEGUR_PUBLISH_GIVEN_H
#define SEGUR_PUBLISH_GIVEN_H

#include "record/restart.h"

#define GIVEN_NIGHTS_MAX 400 /* days that the file names: more than a year of nights */

struct given_file {
	struct given given;
	int32_t last; /* the newest day */
	int32_t nights[GIVEN_NIGHTS_MAX];
	size_t night_count;
};

/* Writes the file durably, unless it says all that already. Due before outbox_publish: without it
 * nothing may go out, as an old one would let a restoration give things twice. */
const struct error *given_write(struct root *root);
/* Reads the file of an outbox, its folder. `good` is false when it is not there or not of that
 * form, whatever stands in its place. */
const struct error *given_read(int outbox, struct given_file *file, bool *good);

#endif
