/*
 * CSV (RFC 4180) one record at a time, out of a window that slides over a file: memory stays
 * bounded however large the file is. What the cells mean is csv_read's business.
 */
#ifndef SEGUR_ASP_CSV_RECORD_H
#define SEGUR_ASP_CSV_RECORD_H

#include "lib/buf.h"
#include "lib/error.h"

#include <csv.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CSV_CELL_MAX   65536u	  /* bytes of one cell */
#define CSV_CELLS_MAX  256u	  /* of one record */
#define CSV_RECORD_MAX (1u << 20) /* bytes of one record, its quoted lines included */

/* The bytes data[start] to data[end - 1] of a file; read with pread, so the descriptor's own
 * position does not matter. */
struct csv_window {
	int fd;
	off_t offset; /* where the next read begins */
	size_t block; /* bytes asked for at a time */
	char *data;
	size_t start, end, capacity;
	bool last; /* the file holds nothing after the window */
};

void csv_window_open(struct csv_window *window, int fd, size_t block);
/* Reads on; what stands before `start` is given up, so pointers into the window move. */
const struct error *csv_window_more(struct csv_window *window);
void csv_window_close(struct csv_window *window);

enum csv_outcome {
	CSV_OUTCOME_RECORD,  /* the cells stand in the record */
	CSV_OUTCOME_FAULTY,  /* `fault` says why in French; only its first line was consumed */
	CSV_OUTCOME_PARTIAL, /* the record goes on after the window: read more and ask again */
	CSV_OUTCOME_LOST,    /* a line over CSV_RECORD_MAX: there is no going on */
	CSV_OUTCOME_END,     /* nothing but blank lines was left */
};

struct csv_record {
	struct csv_parser parser;
	struct buf text; /* the cells, each with a NUL after it */
	size_t starts[CSV_CELLS_MAX];
	size_t count;
	bool ended;
	const char *fault;
	/* What the last call consumed. A line ends with LF, CRLF or CR, also inside quotes. */
	size_t used;
	uint32_t lines, blank; /* `blank`: lines before the record's first */
};

/* The length of the line that the text begins with, its end included. */
size_t csv_line_length(const char *bytes, size_t length);
bool csv_is_blank(const char *bytes, size_t length); /* only spaces, tabs and line ends */

void csv_record_open(struct csv_record *record, char delimiter);
/* Parses the record that the bytes begin with; `last`: the file ends with them. A record that
 * libcsv cannot read is given up with its first line alone, so that a quote left open never
 * swallows the records after it. A PARTIAL consumes blank lines only. */
enum csv_outcome csv_record_parse(struct csv_record *record, const char *bytes, size_t length,
				  bool last);
char *csv_record_cell(const struct csv_record *record, size_t index);
void csv_record_close(struct csv_record *record);

#endif
