/* The answer to a drop, _retour.yaml. */
#ifndef SEGUR_PUBLISH_ANSWER_H
#define SEGUR_PUBLISH_ANSWER_H

#include "lib/buf.h"
#include "store/root.h"

/* Whether a refusal names only what no correction of the drop mends. */
bool answer_is_final(struct store *store, int64_t depot);

/* Renders the answer to one drop from its committed rows. */
void answer_render(struct root *root, int64_t depot, struct buf *out);

#endif
