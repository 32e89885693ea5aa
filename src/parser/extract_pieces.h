/* The other job of the parser: pieces out of an archive that is kept. */
#ifndef SEGUR_PARSER_EXTRACT_PIECES_H
#define SEGUR_PARSER_EXTRACT_PIECES_H

#include "model/message.h"

/* JOB_EXTRACT: writes entry ordinals[i] of the kept archive to outputs[i]; true when all are
 * whole. */
bool extract_pieces(const struct job *job, int archive, const int *outputs);

#endif
