/*
 * What the code des relations entre le public et l'administration (CRPA) wants a mail to say, out
 * of [droit] of segur.conf. An article is named only where the mail has all that it asks for.
 */
#ifndef SEGUR_PUBLISH_LAW_H
#define SEGUR_PUBLISH_LAW_H

#include "lib/buf.h"
#include "lib/date.h"
#include "store/conf.h"

#include <stdbool.h>
#include <stdint.h>

/* Whether a receipt can be one in the sense of R. 112-11-1, whether a refusal can give the means
 * and delays of appeal, and whether it can give its author (L. 212-1). */
bool law_has_receipt(const struct conf *conf);
bool law_has_appeal(const struct conf *conf);
bool law_has_author(const struct conf *conf);

/* The means of appeal: "par un recours gracieux auprès de…, ou par un recours contentieux devant…";
 * for the caller to free. */
char *law_appeal(const struct conf *conf);

/* The day on which the silence comes to a decision: of a request received on a day, which has been
 * suspended for so many days. */
int32_t law_silence_day(const struct conf *conf, int32_t received, int32_t suspended);

/* Adds the keys that are missing, "silence, auteur": what an operator must fill in. */
void law_missing(const struct conf *conf, struct buf *keys);

#endif
