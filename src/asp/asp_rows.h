/* Rows of a file of the ASP, held until the transaction, so that no reading can fail inside it. */
#ifndef SEGUR_ASP_ROWS_H
#define SEGUR_ASP_ROWS_H

#include "lib/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lignes {
	struct buf text; /* each row's cells, in order, each with a NUL after it */
	struct ligne {
		size_t offset;
		uint32_t numero;
		bool illisible; /* its only text says why */
	} * items;
	size_t count, capacity;
};

void lignes_begin(struct lignes *lignes,
		  uint32_t numero); /* cells are then added with lignes_add */
void lignes_add(struct lignes *lignes, const char *text);
/* The first cell; the next one stands after its NUL. */
const char *lignes_get(const struct lignes *lignes, size_t index);
void lignes_free(struct lignes *lignes);

#endif
