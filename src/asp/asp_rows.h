/* Rows of a file of the ASP, held until the transaction, so that no reading can fail inside it. */
#ifndef SEGUR_ASP_ASP_ROWS_H
#define SEGUR_ASP_ASP_ROWS_H

#include "lib/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct asp_rows {
	struct buf text; /* each row's cells, in order, each with a NUL after it */
	struct asp_row {
		size_t offset;
		uint32_t line;
		bool unreadable; /* the row's only text says why */
	} * items;
	size_t count, capacity;
};

void rows_begin(struct asp_rows *rows, uint32_t line); /* cells are then added with rows_add */
void rows_add(struct asp_rows *rows, const char *text);
/* The first cell; the next one stands after its NUL. */
const char *rows_get(const struct asp_rows *rows, size_t index);
void rows_free(struct asp_rows *rows);

#endif
