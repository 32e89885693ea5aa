/*
 * The file to correct that goes with a refusal: the supplier's own dossier.yaml, with each wrong or
 * missing item marked in place by comments, so that it can be mended and dropped again.
 */
#ifndef SEGUR_RECORD_CORRECTION_H
#define SEGUR_RECORD_CORRECTION_H

#include "lib/buf.h"
#include "model/dossier.h"
#include "store/root.h"

/*
 * The text of the file: the dossier as it was dropped, with lines added above what each anomaly of
 * the findings concern. All of them are comments that begin with "#>> ", so that the file reads as
 * the same data; without them it is the dossier again, but for those that an earlier file to
 * correct had left in it, which go. A dossier that could not be had is replaced by the model of
 * one. The caller frees it.
 */
char *correction_text(const struct findings *findings);

/* Records the file to correct of a refused drop, in the caller's transaction; it goes out with the
 * answer whose file name is `retour_nom`. */
void correction_record(struct root *root, int64_t depot, const struct findings *findings,
		       const char *retour_nom);
/* Renders what was recorded (see outbox.h). */
void correction_render(struct root *root, int64_t depot, struct buf *out);

#endif
