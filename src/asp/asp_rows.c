#include "asp/asp_rows.h"

#include "lib/mem.h"

#include <stdlib.h>
#include <string.h>

void lignes_begin(struct lignes *lignes, uint32_t numero)
{
	lignes->items =
	    mem_grow(lignes->items, lignes->count, &lignes->capacity, sizeof(*lignes->items));
	lignes->items[lignes->count++] =
	    (struct ligne){.offset = lignes->text.length, .numero = numero};
}

void lignes_add(struct lignes *lignes, const char *text)
{
	buf_add(&lignes->text, text, strlen(text) + 1);
}

const char *lignes_get(const struct lignes *lignes, size_t index)
{
	return lignes->text.data + lignes->items[index].offset;
}

void lignes_free(struct lignes *lignes)
{
	buf_free(&lignes->text);
	free(lignes->items);
	*lignes = (struct lignes){0};
}
