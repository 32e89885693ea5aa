/*
 * The file to correct that goes with a refusal: the supplier's own dossier.yaml, with each wrong or
 * missing item marked in place by comments, so that it can be mended and dropped again.
 */
#ifndef SEGUR_RECORD_CORRECTION_H
#define SEGUR_RECORD_CORRECTION_H

#include "lib/buf.h"
#include "rules/rules.h"

/*
 * The text of the file: the dossier as it was dropped, with lines added above what each anomaly of
 * the findings concerns. Each added line is a comment that begins with "#>> ", so that the file
 * reads as the same data. Without these lines the file is the dossier again, less those that an
 * earlier file to correct had left in it. A dossier that could not be read is replaced by a model
 * of one. The caller frees the text.
 */
char *correction_text(const struct findings *findings);

/* Records the file to correct of a refused drop, in the caller's transaction, and what the refusal
 * says of the company and its software; the file goes out with the answer whose file name is
 * `retour_nom`. */
void correction_record(struct root *root, int64_t depot, const struct findings *findings,
		       const struct facts *facts, const char *retour_nom);
/* Renders what was recorded (see outbox.h). */
void correction_render(struct root *root, int64_t depot, struct buf *out);

#endif
