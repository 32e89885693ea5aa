/*
 * A stock file of INSEE line by line, each with the number in its key column. Quotes are not
 * followed from line to line, since one stray quote would then hide the rest of the file.
 */
#ifndef SEGUR_ASP_INSEE_LINES_H
#define SEGUR_ASP_INSEE_LINES_H

#include "asp/csv_read.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define INSEE_NO_KEY UINT64_MAX

struct insee_lines {
	struct csv_source source; /* its window begins with the current line */
	char delimiter;
	unsigned digits; /* of a key */
	size_t size;	 /* bytes of the current line, its end included */
};

struct insee_line {
	const char *text; /* `size` bytes, valid until the window moves */
	size_t size;	  /* 0: the file has ended */
	uint64_t key;	  /* INSEE_NO_KEY: there is no number of the right length */
	bool too_long;	  /* over CSV_RECORD_MAX: only its end stands in `text` */
};

/* Opens the file behind its header; the key stands in the first of the columns. What is wrong goes
 * to `faults`, as csv_source_open says; it is open then, to be closed. */
const struct error *insee_lines_open(struct insee_lines *lines, int descriptor,
				     const struct csv_column *columns, size_t count,
				     unsigned digits, struct anomalies *faults);
void insee_lines_close(struct insee_lines *lines);

const struct error *insee_lines_next(struct insee_lines *lines, struct insee_line *line);
/* Where the current line stands in the file; and goes on at such a place. */
off_t insee_lines_place(const struct insee_lines *lines);
void insee_lines_seek(struct insee_lines *lines, off_t place);
/* The key column's cell of a line as it stands; "" when the line has none. */
const char *insee_lines_cell(const struct insee_lines *lines, const struct insee_line *line,
			     size_t *length);

#endif
