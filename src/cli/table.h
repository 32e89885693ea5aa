/* Text tables for the terminal, aligned by what each character takes in columns. */
#ifndef SEGUR_CLI_TABLE_H
#define SEGUR_CLI_TABLE_H

#include <stddef.h>
#include <stdio.h>

#define TABLE_COLUMNS_MAX 12

struct table {
	size_t columns;
	char **cells; /* row by row; the first row is the header */
	size_t count, capacity;
};

/* Adds a row of `columns` texts (copied). */
void table_row(struct table *table, const char *const *texts);
/* Prints the table with a rule under the header and two spaces between columns, then frees it. A
 * column of numbers alone is aligned to the right; a cell wider than `widest` is cut with "…". */
void table_print(struct table *table, FILE *out, size_t widest);
void table_free(struct table *table);

#endif
