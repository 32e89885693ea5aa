#include "asp/asp_rows.h"

#include "lib/mem.h"

#include <stdlib.h>
#include <string.h>

void rows_begin(struct asp_rows *rows, uint32_t line)
{
	rows->items = mem_grow(rows->items, rows->count, &rows->capacity, sizeof(*rows->items));
	rows->items[rows->count++] = (struct asp_row){.offset = rows->text.length, .line = line};
}

void rows_add(struct asp_rows *rows, const char *text)
{
	buf_add(&rows->text, text, strlen(text) + 1);
}

const char *rows_get(const struct asp_rows *rows, size_t index)
{
	return rows->text.data + rows->items[index].offset;
}

void rows_free(struct asp_rows *rows)
{
	buf_free(&rows->text);
	free(rows->items);
	*rows = (struct asp_rows){0};
}
