#include "asp/csv_record.h"

#include "lib/file.h"
#include "lib/mem.h"

#include <stdlib.h>
#include <string.h>

void csv_window_open(struct csv_window *window, int fd, size_t block)
{
	*window = (struct csv_window){.fd = fd, .block = block};
}

const struct error *csv_window_more(struct csv_window *window)
{
	size_t kept = window->end - window->start;
	ssize_t got;

	if (window->start > 0)
		memmove(window->data, window->data + window->start, kept);
	window->start = 0;
	window->end = kept;
	if (window->capacity - kept < window->block) {
		/* Twice what is kept: a long record is not moved again for every block of it. */
		window->capacity = 2 * kept + window->block;
		window->data = mem_realloc(window->data, window->capacity);
	}
	got = file_read_block(window->fd, window->data + kept, window->block, window->offset);
	if (got < 0)
		return error_errno(ERR_FAULT, "lecture d'un fichier CSV");
	window->offset += got;
	window->end += (size_t)got;
	window->last = got == 0;
	return NULL;
}

void csv_window_close(struct csv_window *window)
{
	free(window->data);
	*window = (struct csv_window){.fd = -1};
}

/* Without CSV_STRICT libcsv takes `"a"x;c` for one cell. */
static void start_parser(struct csv_record *record, char delimiter)
{
	csv_init(&record->parser, CSV_STRICT | CSV_STRICT_FINI);
	csv_set_delim(&record->parser, (unsigned char)delimiter);
}

/* The parser may stand anywhere in an aborted record: only a new one is clean. */
static void restart_parser(struct csv_record *record)
{
	char delimiter = (char)csv_get_delim(&record->parser);

	csv_free(&record->parser);
	start_parser(record, delimiter);
}

void csv_record_open(struct csv_record *record, char delimiter)
{
	memset(record, 0, sizeof(*record));
	start_parser(record, delimiter);
}

void csv_record_close(struct csv_record *record)
{
	csv_free(&record->parser);
	buf_free(&record->text);
}

char *csv_record_cell(const struct csv_record *record, size_t index)
{
	return record->text.data + record->starts[index];
}

static void on_cell(void *bytes, size_t length, void *context)
{
	struct csv_record *record = context;

	if (record->count == CSV_CELLS_MAX)
		record->fault = "elle compte plus de 256 cellules";
	else if (length > CSV_CELL_MAX)
		record->fault = "une cellule dépasse 65 536 octets";
	else if (length > 0 && memchr(bytes, '\0', length) != NULL)
		record->fault = "une cellule contient un octet nul";
	if (record->fault != NULL)
		return;
	record->starts[record->count++] = record->text.length;
	buf_add(&record->text, bytes, length);
	buf_putc(&record->text, '\0');
}

static void on_row_end(int terminator, void *context)
{
	struct csv_record *record = context;

	(void)terminator;
	record->ended = true;
}

size_t csv_line_length(const char *bytes, size_t length)
{
	size_t i = 0;

	while (i < length && bytes[i] != '\n' && bytes[i] != '\r')
		i++;
	i += i + 1 < length && bytes[i] == '\r' && bytes[i + 1] == '\n';
	return i < length ? i + 1 : length;
}

/* 0 while the line may go on after these bytes: a CR at their end may be half of a CRLF. */
static size_t whole_line_length(const char *bytes, size_t length, bool last)
{
	size_t size = csv_line_length(bytes, length);

	return last || size < length || (size > 0 && bytes[size - 1] == '\n') ? size : 0;
}

bool csv_is_blank(const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (memchr(" \t\r\n", bytes[i], 4) == NULL)
			return false;
	return true;
}

/* libcsv gets one line at a time, because it says neither where a record begins nor on which line.
 * False: it could not read the record, or the window ends first. */
static bool parse_lines(struct csv_record *record, const char *bytes, size_t length, bool last)
{
	while (!record->ended && record->used < length) {
		const char *at = bytes + record->used;
		size_t size = whole_line_length(at, length - record->used, last);

		if (size == 0)
			return false;
		record->used += size;
		record->lines++;
		if (csv_parse(&record->parser, at, size, on_cell, on_row_end, record) != size) {
			record->fault = "un guillemet y est mal placé";
			return false;
		}
	}
	if (!record->ended && last && csv_fini(&record->parser, on_cell, on_row_end, record) != 0)
		record->fault = "un guillemet ouvert n'y est jamais refermé";
	return record->ended;
}

enum csv_outcome csv_record_parse(struct csv_record *record, const char *bytes, size_t length,
				  bool last)
{
	size_t begin = 0, first = 0;

	buf_clear(&record->text);
	record->count = 0;
	record->ended = false;
	record->fault = NULL;
	record->blank = 0;
	while (begin < length &&
	       (first = whole_line_length(bytes + begin, length - begin, last)) > 0 &&
	       csv_is_blank(bytes + begin, first)) {
		begin += first;
		record->blank++;
	}
	record->used = begin;
	record->lines = record->blank;
	if (begin == length)
		return last ? CSV_OUTCOME_END : CSV_OUTCOME_PARTIAL;
	if (first > CSV_RECORD_MAX || (first == 0 && length - begin > CSV_RECORD_MAX))
		return CSV_OUTCOME_LOST;
	if (parse_lines(record, bytes, length, last))
		return record->fault == NULL ? CSV_OUTCOME_RECORD : CSV_OUTCOME_FAULTY;
	restart_parser(record);
	if (record->fault == NULL && length - begin > CSV_RECORD_MAX)
		record->fault = "un guillemet ouvert n'y est pas refermé";
	record->used = record->fault == NULL ? begin : begin + first;
	record->lines = record->blank + (record->fault == NULL ? 0 : 1);
	return record->fault == NULL ? CSV_OUTCOME_PARTIAL : CSV_OUTCOME_FAULTY;
}
