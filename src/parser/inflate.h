/* One job of the parser: a zip of INSEE's in, the CSV that it holds out. */
#ifndef SEGUR_PARSER_INFLATE_H
#define SEGUR_PARSER_INFLATE_H

#include "model/message.h"

/* JOB_INFLATE: writes the zip's only file to `output` as it is inflated, at most
 * `job->contenu_octets` bytes. What was written counts for nothing unless INFLATED_WHOLE comes of
 * it. False is our own fault (a descriptor that cannot be read or written). */
bool inflate_stock(const struct job *job, int zip, int output, struct inflated *inflated);

#endif
