/*
 * CSV files as Excel and LibreOffice save them in France (INTERFACE, 4): `;`, `,` or tab, each cell
 * in UTF-8 or Windows-1252, with or without BOM, any line ends, columns by name in any order. Read
 * as a stream.
 */
#ifndef SEGUR_ASP_CSV_READ_H
#define SEGUR_ASP_CSV_READ_H

#include "asp/csv_record.h"
#include "lib/error.h"
#include "model/anomalie.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CSV_ASKED_MAX 16u /* columns that a reader may ask for */

struct csv_column {
	const char *name; /* compared trimmed, without case or accents */
	bool optional;
	bool last; /* of several with this name the last counts; else they are a fault */
};

/* A file whose header has been read; the rows follow in its window. */
struct csv_source {
	struct csv_window window;
	struct csv_record record;
	size_t width; /* cells of the header */
	const struct csv_column *columns;
	size_t count;		      /* columns asked for */
	int position[CSV_ASKED_MAX];  /* where each stands; -1: optional and missing */
	uint32_t line;		      /* the line that the window begins with, from 1 */
	char *decoded[CSV_ASKED_MAX]; /* cells of the current record that were not UTF-8 */
	char *fault;		      /* see csv_source_fault */
};

/* Opens the file, finds its dialect and its columns. What is wrong goes to `faults`: REF_ILLISIBLE,
 * REF_VIDE (no header), one REF_COLONNE for each missing column; it is open then, to be closed.
 * `descriptor` and `columns` stay as they are until then. */
const struct error *csv_source_open(struct csv_source *source, int descriptor, size_t block,
				    const struct csv_column *columns, size_t count,
				    struct anomalies *faults);
/* A cell of the current record by the column asked for: UTF-8, without outer spaces of
 * any kind; "" when the row is short, NULL when the column is missing. */
const char *csv_source_cell(struct csv_source *source, size_t column);
/* Why a cell that was asked for since the last call is misread: neither in UTF-8 nor in Windows-1252
 * (code_page.h). NULL: all are well read. For the caller to free. */
char *csv_source_fault(struct csv_source *source);
void csv_source_close(struct csv_source *source);

struct csv_row {
	uint32_t line; /* the physical line on which it begins; the header is usually 1 */
	/* In the order asked for; NULL for a missing column. They are valid during the call. */
	const char *const *cells;
	const char *fault; /* NULL, or why the row cannot be read; then there are no cells */
	bool cut;	   /* it has fewer cells than the header */
};

/* False ends the reading. */
typedef bool (*csv_row_fn)(void *context, const struct csv_row *row);

/* Reads the whole file. Rows without any text are skipped; a row may have fewer cells than the
 * header, but not more (unless the rest is empty). `faults` as above; no row is given then. The
 * error is ours: reading failed. */
const struct error *csv_read(int descriptor, const struct csv_column *columns, size_t count,
			     csv_row_fn row, void *context, struct anomalies *faults);

#endif
