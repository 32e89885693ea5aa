/*
 * The file to correct that goes with a refusal: the supplier's own dossier.yaml, with each wrong or
 * missing item marked in place by comments, so that it can be mended and dropped again.
 */
#ifndef SEGUR_CORRECTION_H
#define SEGUR_CORRECTION_H

#include "dossier.h"
#include "root.h"

/* Records the file to correct of a refused drop, in the caller's transaction; it goes out with the
 * answer whose file name is `retour_nom`. */
void correction_record(struct root *root, int64_t depot, const struct constat *constat,
		       const char *retour_nom);

#endif
