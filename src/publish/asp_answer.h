/* The answer to a file of the ASP, _retour.csv. */
#ifndef SEGUR_PUBLISH_ASP_ANSWER_H
#define SEGUR_PUBLISH_ASP_ANSWER_H

#include "lib/buf.h"
#include "store/root.h"

/* Renders the answer to one file of the ASP from its committed rows. */
void asp_answer_render(struct root *root, int64_t fichier, struct buf *out);

#endif
