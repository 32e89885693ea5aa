/* One job of the parser: an archive in, findings out. */
#ifndef SEGUR_PARSER_CHECK_H
#define SEGUR_PARSER_CHECK_H

#include "model/message.h"

#include <signal.h>

/* The entry that is being checked, for the handler that tells which one used up the processor time;
 * UINT32_MAX between entries. */
extern volatile sig_atomic_t check_ordinal;

/* JOB_CHECK: copies `drop` to `kept` while hashing it, then reads the copy alone: what is checked
 * is what is kept. Everything wrong with the archive is in the findings; false is our own fault (a
 * descriptor that cannot be read or written). */
bool check_archive(const struct job *job, int drop, int kept, struct findings *findings);

/* JOB_EXTRACT: writes entry ordinals[i] of the kept archive to outputs[i]. */
bool extract_pieces(const struct job *job, int archive, const int *outputs);

#endif
