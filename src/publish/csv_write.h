/* CSV in the configured dialect, shared by reports and the ASP's answers. No cell can act as a formula. */
#ifndef SEGUR_PUBLISH_CSV_WRITE_H
#define SEGUR_PUBLISH_CSV_WRITE_H

#include "lib/buf.h"
#include "store/conf.h"
#include "store/store.h"

void csv_begin(struct buf *out, enum dialect dialect);
void csv_cell(struct buf *out, enum dialect dialect, int index, const char *text); /* of its row */
void csv_end_row(struct buf *out);

/* csv_header writes the names of the statement's columns, csv_begin included; csv_row_of writes the
 * current row. Columns named …_libelle hold a status's code and show its label. */
void csv_header(struct buf *out, enum dialect dialect, sqlite3_stmt *stmt);
void csv_row_of(struct buf *out, enum dialect dialect, sqlite3_stmt *stmt);

#endif
