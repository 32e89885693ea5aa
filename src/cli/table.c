#include "cli/table.h"

#include "lib/mem.h"
#include "lib/text.h"
#include "lib/text_shown.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void table_row(struct table *table, const char *const *texts)
{
	for (size_t i = 0; i < table->columns; i++) {
		table->cells =
		    mem_grow(table->cells, table->count, &table->capacity, sizeof(char *));
		table->cells[table->count++] = text_shown(texts[i] != NULL ? texts[i] : "");
	}
}

static char *cut(char *cell, size_t widest)
{
	char *shortened;

	if (text_width(cell) <= widest)
		return cell;
	while (text_width(cell) >= widest)
		text_truncate_utf8(cell, strlen(cell) - 1);
	shortened = mem_printf("%s…", cell);
	free(cell);
	return shortened;
}

static bool is_number(const char *text)
{
	return text[0] == '\0' || strspn(text, TEXT_DIGITS " ") == strlen(text);
}

static void print_cell(FILE *out, const char *text, size_t width, bool right, bool last)
{
	size_t own = text_width(text), pad = width > own ? width - own : 0;

	fprintf(out, "%*s%s%*s", right ? (int)pad : 0, "", text, right || last ? 0 : (int)pad, "");
	fputs(last ? "\n" : "  ", out);
}

void table_print(struct table *table, FILE *out, size_t widest)
{
	size_t widths[TABLE_COLUMNS_MAX] = {0}, rows = table->count / table->columns;
	bool right[TABLE_COLUMNS_MAX];

	memset(right, true, sizeof(right));
	for (size_t i = 0; i < table->count; i++) {
		size_t column = i % table->columns, width;

		table->cells[i] = cut(table->cells[i], widest);
		width = text_width(table->cells[i]);
		if (width > widths[column])
			widths[column] = width;
		if (i >= table->columns && !is_number(table->cells[i]))
			right[column] = false;
	}
	for (size_t row = 0; row < rows; row++) {
		for (size_t i = 0; i < table->columns; i++)
			print_cell(out, table->cells[row * table->columns + i], widths[i], right[i],
				   i + 1 == table->columns);
		for (size_t i = 0; row == 0 && i < table->columns; i++) {
			for (size_t n = 0; n < widths[i]; n++)
				fputs("─", out);
			fputs(i + 1 == table->columns ? "\n" : "  ", out);
		}
	}
	table_free(table);
}

void table_free(struct table *table)
{
	for (size_t i = 0; i < table->count; i++)
		free(table->cells[i]);
	free(table->cells);
	*table = (struct table){.columns = table->columns};
}
