/* One job of the parser: an archive in, findings out. */
#ifndef SEGUR_PARSER_CHECK_H
#define SEGUR_PARSER_CHECK_H

#include "model/message.h"

#include <signal.h>

/* The entry being checked, -1 between entries: a parser that ends as too costly tells it. */
extern volatile sig_atomic_t check_ordinal;

/* JOB_CHECK: everything wrong with the archive is in `findings`, which comes zeroed and is the
 * caller's to free. False is our own fault (a descriptor that cannot be read). */
bool check_archive(const struct job *job, int archive, struct findings *findings);

#endif
