#include "asp/insee_lines.h"

#include "lib/text.h"

#include <string.h>

#define STOCK_BLOCK (1u << 20)

const struct error *insee_lines_open(struct insee_lines *lines, int descriptor,
				     const struct csv_column *columns, size_t count,
				     unsigned digits, struct anomalies *faults)
{
	const struct error *err;

	*lines = (struct insee_lines){.digits = digits};
	err = csv_source_open(&lines->source, descriptor, STOCK_BLOCK, columns, count, faults);
	if (err == NULL && faults->count == 0)
		lines->delimiter = (char)csv_get_delim(&lines->source.record.parser);
	return err;
}

void insee_lines_close(struct insee_lines *lines)
{
	csv_source_close(&lines->source);
}

/* Where the key column's cell begins, behind its quote if it has one. */
static const char *find_cell(const struct insee_lines *lines, const char *at, const char *end,
			     bool *quoted)
{
	bool within = false;

	for (int column = lines->source.position[0]; column > 0 && at < end; at++) {
		within ^= *at == '"';
		column -= *at == lines->delimiter && !within;
	}
	*quoted = at < end && *at == '"';
	return at + *quoted;
}

static uint64_t key_at(const struct insee_lines *lines, const char *at, const char *end)
{
	uint64_t key = 0;
	unsigned digits = 0;
	bool quoted;

	at = find_cell(lines, at, end, &quoted);
	for (; at < end && text_is_digit(*at) && digits < lines->digits; at++, digits++)
		key = key * 10 + (uint64_t)(*at - '0');
	if (at < end && *at == '"')
		at++;
	if (digits != lines->digits ||
	    (at < end && *at != lines->delimiter && *at != '\r' && *at != '\n'))
		return INSEE_NO_KEY;
	return key;
}

const struct error *insee_lines_next(struct insee_lines *lines, struct insee_line *line)
{
	struct csv_window *window = &lines->source.window;
	const struct error *err;
	const char *end;

	*line = (struct insee_line){.key = INSEE_NO_KEY};
	window->start += lines->size;
	lines->size = 0;
	for (;;) {
		size_t left = window->end - window->start;

		line->text = window->data + window->start;
		end = left > 0 ? memchr(line->text, '\n', left) : NULL;
		if (end != NULL || window->last) {
			line->size = end != NULL ? (size_t)(end + 1 - line->text) : left;
			break;
		}
		if (left > CSV_RECORD_MAX) {
			line->too_long = true;
			window->start = window->end;
		}
		err = csv_window_more(window);
		if (err != NULL)
			return err;
	}
	lines->size = line->size;
	line->too_long = line->too_long || line->size > CSV_RECORD_MAX;
	if (!line->too_long)
		line->key = key_at(lines, line->text, line->text + line->size);
	return NULL;
}

off_t insee_lines_place(const struct insee_lines *lines)
{
	const struct csv_window *window = &lines->source.window;

	return window->offset - (off_t)(window->end - window->start);
}

void insee_lines_seek(struct insee_lines *lines, off_t place)
{
	struct csv_window *window = &lines->source.window;

	window->start = window->end = lines->size = 0;
	window->offset = place;
	window->last = false;
}

const char *insee_lines_cell(const struct insee_lines *lines, const struct insee_line *line,
			     size_t *length)
{
	bool quoted;
	const char *end = line->text + line->size;
	const char *at = find_cell(lines, line->text, end, &quoted);
	const char stops[] = {quoted ? '"' : lines->delimiter, '\r', '\n'};

	*length = 0;
	while (at + *length < end && memchr(stops, at[*length], sizeof(stops)) == NULL)
		(*length)++;
	return at;
}
