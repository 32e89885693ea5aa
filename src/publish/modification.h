/* The file that goes with a demand for a modification: the request's sections, ready to be corrected. */
#ifndef SEGUR_PUBLISH_MODIFICATION_H
#define SEGUR_PUBLISH_MODIFICATION_H

#include "lib/buf.h"
#include "store/root.h"

/* Renders the dossier.yaml of a modification (guide p. 45): what the request may correct, with the
 * values of the rank that the demand was made at. `event` is the demand. */
void modification_render(struct root *root, int64_t event, struct buf *out);

#endif
