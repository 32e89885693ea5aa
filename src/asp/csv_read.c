#include "asp/csv_read.h"

#include "lib/code_page.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "model/slip.h"

#include <stdlib.h>
#include <string.h>

#define CSV_BLOCK 65536u
#define TOO_LONG  "elle dépasse un mébioctet"

static void unreadable(struct anomalies *faults, uint32_t line, const char *why)
{
	anomalies_add_at(faults, ANO_REF_ILLISIBLE, "", line, 0, NULL, why, NULL);
}

/* --- encoding --- */

/* UTF-16 is what Excel calls "Texte Unicode". */
static const char *binary_fault(const char *bytes, size_t length)
{
	if (length >= 2 && (memcmp(bytes, "\xFF\xFE", 2) == 0 || memcmp(bytes, "\xFE\xFF", 2) == 0))
		return "il est en UTF-16 (« Texte Unicode » d'Excel) ; choisissez « CSV UTF-8 »";
	if (memchr(bytes, '\0', length) != NULL)
		return "il contient des octets nuls : ce n'est pas un fichier CSV";
	return NULL;
}

/* The text in UTF-8, for the caller to free. A cell that is not UTF-8 is read as Windows-1252;
 * unless it reads best so, `*why` ends a sentence about it. */
static char *decode_cell(const char *cell, const char **why)
{
	static const char *const reasons[] = {
	    [PAGE_MAC_OR_DOS] = "est en Mac Roman ou en CP850 ; dans Excel, enregistrez en « CSV "
				"UTF-8 », non en « CSV (Macintosh) » ni en « CSV (MS-DOS) »",
	    [PAGE_MIXED] = "mêle deux codages dans une même case ; retapez-la, puis enregistrez "
			   "en « CSV UTF-8 »",
	    [PAGE_UNKNOWN] = "n'est ni en UTF-8 ni en Windows-1252 ; enregistrez en « CSV UTF-8 »",
	};
	enum code_page page;
	char *text;

	if (text_is_utf8(cell, strlen(cell)))
		return mem_strdup(cell);
	page = text_code_page(cell);
	if (page != PAGE_1252)
		*why = reasons[page];
	text = text_from_cp1252(cell);
	return text != NULL ? text : mem_strdup("?");
}

/* --- header --- */

/* The one of `;`, `,` and tab that stands most often outside quotes in the header. */
static char most_frequent(const char *bytes, size_t length)
{
	static const char candidates[] = {';', ',', '\t'};
	size_t counts[3] = {0}, best = 0;
	bool quoted = false;

	for (size_t i = 0; i < length; i++) {
		quoted ^= bytes[i] == '"';
		for (size_t k = 0; k < sizeof(candidates) && !quoted; k++)
			counts[k] += bytes[i] == candidates[k];
	}
	for (size_t k = 1; k < sizeof(candidates); k++)
		if (counts[k] > counts[best])
			best = k;
	return candidates[best];
}

/* Skips the BOM, blank lines and Excel's "sep=;" line; says which delimiter the file has. */
static char find_delimiter(struct csv_source *source)
{
	struct csv_window *window = &source->window;

	if (window->end >= 3 && memcmp(window->data, "\xEF\xBB\xBF", 3) == 0)
		window->start = 3;
	for (;; source->line++) {
		const char *at = window->data + window->start;
		size_t size = csv_line_length(at, window->end - window->start);

		if (size > 5 && memcmp(at, "sep=", 4) == 0 && memchr(";,\t|", at[4], 4) != NULL &&
		    csv_is_blank(at + 5, size - 5)) {
			source->line++;
			window->start += size;
			return at[4];
		}
		if (size == 0 || !csv_is_blank(at, size))
			return most_frequent(at, size);
		window->start += size;
	}
}

/* Tells of a column that is missing, and which of the header's names may be it. */
static void refuse_missing(const struct csv_source *source, const char *name, uint32_t line,
			   struct anomalies *faults)
{
	char *nearest = NULL, *advice = NULL;
	unsigned best = SLIP_NONE;

	for (size_t i = 0; i < source->record.count; i++) {
		const char *why = NULL;
		char *cell = decode_cell(csv_record_cell(&source->record, i), &why);
		unsigned letters = slip_between(cell, name);

		if (letters < best) {
			best = letters;
			free(nearest);
			nearest = mem_strdup(cell);
		}
		free(cell);
	}
	if (nearest != NULL)
		advice = mem_printf(" La ligne d'en-tête porte « %s ».", nearest);
	anomalies_add_at(faults, ANO_REF_COLONNE, "", line, 0, NULL, name, advice);
	free(advice);
	free(nearest);
}

static void match_column(struct csv_source *source, size_t index, struct anomalies *faults)
{
	const struct csv_column *column = &source->columns[index];
	char *wanted = text_fold(column->name);
	uint32_t line = source->line + source->record.blank;

	source->position[index] = -1;
	for (size_t i = 0; i < source->record.count; i++) {
		const char *why = NULL;
		char *cell = decode_cell(csv_record_cell(&source->record, i), &why);
		char *name = text_fold(cell);

		if (strcmp(name, wanted) == 0 && source->position[index] >= 0 && !column->last) {
			char *text = mem_printf("la colonne %s y figure deux fois", column->name);

			unreadable(faults, line, text);
			anomalies_remedy(faults, ANO_REF_ILLISIBLE,
					 "Supprimez celle des deux colonnes qui est de trop.");
			free(text);
		} else if (strcmp(name, wanted) == 0) {
			source->position[index] = (int)i;
		}
		free(cell);
		free(name);
	}
	if (source->position[index] < 0 && !column->optional)
		refuse_missing(source, column->name, line, faults);
	free(wanted);
}

static void match_columns(struct csv_source *source, struct anomalies *faults)
{
	for (size_t i = 0; i < source->count; i++)
		match_column(source, i, faults);
}

/* A header that is misread names its columns otherwise: they would be missing. */
static void check_header(const struct csv_source *source, struct anomalies *faults)
{
	const char *why = NULL;

	for (size_t i = 0; i < source->record.count && why == NULL; i++)
		free(decode_cell(csv_record_cell(&source->record, i), &why));
	if (why != NULL) {
		char *text = mem_printf("l'en-tête %s", why);

		unreadable(faults, source->line + source->record.blank, text);
		free(text);
	}
}

static void row_fault(const struct csv_source *source, const char *why, struct anomalies *faults)
{
	uint32_t line = source->line + source->record.blank;
	char *text = mem_printf("ligne %u, %s", line, why);

	unreadable(faults, line, text);
	free(text);
}

/* Parses the next record, reading on as long as it is not whole; the window begins with it or with
 * blank lines. */
static const struct error *next_record(struct csv_source *source, enum csv_outcome *outcome)
{
	struct csv_window *window = &source->window;
	const struct error *err = NULL;

	for (;;) {
		*outcome = csv_record_parse(&source->record, window->data + window->start,
					    window->end - window->start, window->last);
		if (*outcome != CSV_OUTCOME_PARTIAL)
			return NULL;
		window->start += source->record.used;
		source->line += source->record.lines;
		err = csv_window_more(window);
		if (err != NULL)
			return err;
	}
}

const struct error *csv_source_open(struct csv_source *source, int descriptor, size_t block,
				    const struct csv_column *columns, size_t count,
				    struct anomalies *faults)
{
	const struct error *err;
	enum csv_outcome outcome;
	const char *why;

	*source = (struct csv_source){.columns = columns, .count = count, .line = 1};
	csv_window_open(&source->window, descriptor, block);
	err = csv_window_more(&source->window);
	if (err == NULL && (why = binary_fault(source->window.data, source->window.end)) != NULL)
		unreadable(faults, 0, why);
	if (err == NULL && faults->count == 0) {
		csv_record_open(&source->record, find_delimiter(source));
		err = next_record(source, &outcome);
	}
	if (err != NULL)
		csv_source_close(source);
	if (err != NULL || faults->count > 0)
		return err;
	if (outcome == CSV_OUTCOME_END) {
		anomalies_add(faults, ANO_REF_VIDE, "", NULL, NULL, NULL);
	} else if (outcome != CSV_OUTCOME_RECORD) {
		row_fault(source, outcome == CSV_OUTCOME_LOST ? TOO_LONG : source->record.fault,
			  faults);
	} else {
		source->width = source->record.count;
		check_header(source, faults);
		if (faults->count == 0)
			match_columns(source, faults);
		source->window.start += source->record.used;
		source->line += source->record.lines;
	}
	return NULL;
}

void csv_source_close(struct csv_source *source)
{
	for (size_t i = 0; i < source->count; i++)
		free(source->decoded[i]);
	free(source->fault);
	csv_window_close(&source->window);
	csv_record_close(&source->record);
	*source = (struct csv_source){0};
}

/* --- rows --- */

static const char *trim_cell(char *text)
{
	size_t length = strlen(text), size;

	for (size_t back = 1; back <= 3 && back <= length; back++)
		if (text_white(text + length - back) == back) {
			length -= back;
			text[length] = '\0';
			back = 0;
		}
	while ((size = text_white(text)) > 0)
		text += size;
	return text;
}

const char *csv_source_cell(struct csv_source *source, size_t column)
{
	int position = source->position[column];
	const char *why = NULL;
	char *cell;

	if (position < 0)
		return NULL;
	if ((size_t)position >= source->record.count)
		return "";
	cell = csv_record_cell(&source->record, (size_t)position);
	if (text_is_utf8(cell, strlen(cell)))
		return trim_cell(cell);
	free(source->decoded[column]);
	source->decoded[column] = decode_cell(cell, &why);
	if (why != NULL && source->fault == NULL)
		source->fault = mem_printf("la colonne %s %s", source->columns[column].name, why);
	return trim_cell(source->decoded[column]);
}

char *csv_source_fault(struct csv_source *source)
{
	char *fault = source->fault;

	source->fault = NULL;
	return fault;
}

/* Excel keeps emptied rows as `;;;`. */
static bool row_is_empty(const struct csv_record *record, size_t from)
{
	for (size_t i = from; i < record->count; i++) {
		const char *cell = csv_record_cell(record, i);

		if (!csv_is_blank(cell, strlen(cell)))
			return false;
	}
	return true;
}

static bool give_row(struct csv_source *source, enum csv_outcome outcome, csv_row_fn row,
		     void *context)
{
	const char *cells[CSV_ASKED_MAX];
	struct csv_row given = {.line = source->line + source->record.blank,
				.cells = cells,
				.cut = outcome == CSV_OUTCOME_RECORD &&
				       source->record.count < source->width};
	char *misread;
	bool more;

	if (outcome == CSV_OUTCOME_RECORD && row_is_empty(&source->record, 0))
		return true;
	if (outcome == CSV_OUTCOME_FAULTY)
		given.fault = source->record.fault;
	else if (!row_is_empty(&source->record, source->width))
		given.fault = "elle a plus de cellules que l'en-tête";
	for (size_t i = 0; i < source->count && given.fault == NULL; i++)
		cells[i] = csv_source_cell(source, i);
	misread = csv_source_fault(source);
	if (misread != NULL)
		given.fault = misread;
	more = row(context, &given);
	free(misread);
	return more;
}

const struct error *csv_read(int descriptor, const struct csv_column *columns, size_t count,
			     csv_row_fn row, void *context, struct anomalies *faults)
{
	struct csv_source source;
	const struct error *err;
	enum csv_outcome outcome;
	bool more;

	err = csv_source_open(&source, descriptor, CSV_BLOCK, columns, count, faults);
	more = faults->count == 0;
	while (err == NULL && more) {
		err = next_record(&source, &outcome);
		if (err != NULL || outcome == CSV_OUTCOME_END)
			break;
		if (outcome == CSV_OUTCOME_LOST) {
			row_fault(&source, TOO_LONG, faults);
			break;
		}
		more = give_row(&source, outcome, row, context);
		source.window.start += source.record.used;
		source.line += source.record.lines;
	}
	csv_source_close(&source);
	return err;
}
