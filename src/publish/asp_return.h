/* The answer to a file of the ASP, _retour.csv. */
#ifndef SEGUR_PUBLISH_ASP_RETURN_H
#define SEGUR_PUBLISH_ASP_RETURN_H

#include "lib/buf.h"
#include "store/root.h"

/* Renders the return of one ASP file from its committed rows. */
void asp_return_render(struct root *root, int64_t fichier, struct buf *out);

#endif
