/*
 * The ASP's small reference files as data: for each its columns, how a cell is checked and
 * normalised, and the statements that replace its table (DOMAIN, 2 and 3; INTERFACE, 4).
 */
#ifndef SEGUR_ASP_REFERENCE_TABLE_H
#define SEGUR_ASP_REFERENCE_TABLE_H

#include "asp/asp_file.h"
#include "lib/buf.h"

#define REFERENCE_COLUMNS_MAX 8

/* Adds the normalised cell to `out` and returns NULL; else says why it is refused, as the end of
 * the sentence of REF_VALEUR (" : …"), in a literal or in `out`. */
typedef const char *(*cell_check)(const char *text, struct buf *out);

struct reference_column {
	const char *name;
	cell_check check;
	int parameter;	    /* of the INSERT */
	bool key;	    /* the columns with this make the key */
	size_t required_by; /* this cell may not be empty when that column says "oui"; 0: none */
};

struct reference_table {
	struct reference_column columns[REFERENCE_COLUMNS_MAX]; /* in the order of the file */
	size_t count;						/* columns */
	size_t first_date; /* this column and the next are an interval; 0: there is none */
	bool nocase;	   /* the SQL key is COLLATE NOCASE */
	bool may_be_empty; /* as long as nothing stood in it */
	enum sql_id clear, insert;
};

/* NULL for the kinds that are not imported. */
const struct reference_table *reference_table(enum asp_kind kind);

#endif
