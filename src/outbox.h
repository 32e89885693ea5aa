/*
 * Publishing. What goes out is a function of committed rows, segur.conf and the schemas alone, so
 * that a killed run repeats harmlessly: temporaries, one sync, renames, one sync, then the rows are
 * marked.
 */
#ifndef SEGUR_OUTBOX_H
#define SEGUR_OUTBOX_H

#include "lib/buf.h"
#include "root.h"

/* Publishes every answer, file to correct, mail and return that is due, in batches. An output that
 * cannot be written stays due and does not keep the others back: it is said on standard error and
 * counted in *failed (may be NULL). The error is what stops everything: the store, a disk that is
 * full or broken. */
const struct error *outbox_publish(struct root *root, size_t *failed);
/* Writes the ten CSV reports of that date with their schemas and datapackage.json into
 * outbox/asp/rapports/<date>, switched whole, then points "courant" to it. With [rapports] etat =
 * nuit its state reports hold what that night changed. */
const struct error *reports_publish(struct root *root, const char *date);

/* Writes the state reports, of all that is stored whatever segur.conf says, into that empty
 * directory, with their schemas and datapackage.json, dated so. Bounded memory. The caller syncs
 * before it says that they are there. */
const struct error *reports_write(struct root *root, int dir, const char *date);

/* Render one output into `out`; the row was selected by the statement's documented columns. */
void answer_render(struct root *root, int64_t depot, struct buf *out); /* _retour.yaml */
void mail_render(struct root *root, int64_t mail,
		 struct buf *out); /* an RFC 5322 message, LF ends */
void retour_asp_render(struct root *root, int64_t fichier, struct buf *out); /* _retour.csv */

/* CSV in the configured dialect; shared by reports and returns. No cell can act as a formula. */
void csv_begin(struct buf *out, enum dialecte dialecte);
void csv_cell(struct buf *out, enum dialecte dialecte, const char *text, bool first);
void csv_end_row(struct buf *out);

/* A request's number: ENR + at least four digits + M + rank. */
void demande_numero(int64_t id, int64_t rang, char out[static 40]);
/* Reads "ENR0601", with or without a rank, spaces and case tolerated; 0 when it is not a number. */
int64_t demande_numero_parse(const char *text);

#endif
