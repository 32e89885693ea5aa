#include "publish/csv_write.h"

#include "lib/mem.h"
#include "lib/text.h"
#include "lib/text_shown.h"
#include "request/status.h"

#include <csv.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

static const char separators[] = {[DIALECT_EXCEL] = ';', [DIALECT_OPENDATA] = ','};
_Static_assert(sizeof(separators) == DIALECT_COUNT, "one a dialect");

/* What spreadsheets take for the start of a formula, with its full-width and small forms, which
 * some of them read alike. */
static bool starts_formula(utf8proc_int32_t character)
{
	switch (character) {
	case '=':
	case '+':
	case '-':
	case '@':
	case 0x2212: /* minus sign */
	case 0xFE62:
	case 0xFE63:
	case 0xFE66:
	case 0xFE6B:
	case 0xFF0B:
	case 0xFF0D:
	case 0xFF1D:
	case 0xFF20:
		return true;
	default:
		return false;
	}
}

/* Whether a cell could act as a formula. Its first visible character decides: importers trim. */
static bool is_formula(const char *text)
{
	while (*text != '\0') {
		utf8proc_int32_t character;
		utf8proc_ssize_t size =
		    utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &character);
		utf8proc_category_t category;

		if (size < 0)
			return false;
		category = utf8proc_category(character);
		if (category < UTF8PROC_CATEGORY_ZS) /* not a space, control or format character */
			return starts_formula(character);
		text += size;
	}
	return false;
}

/* Whether a cell goes out as it stands: letters, digits, what codes and dates are made of. */
static bool is_plain_cell(const char *text)
{
	static const char plain[] = TEXT_ALPHANUMERIC "_.:-@";

	return *text != '-' && *text != '@' && text[strspn(text, plain)] == '\0';
}

static bool needs_quotes(const char *text)
{
	size_t length = strlen(text);

	return text[strcspn(text, ";,\"")] != '\0' || text[0] == ' ' ||
	       (length > 0 && text[length - 1] == ' ');
}

void csv_begin(struct buf *out, enum dialect dialect)
{
	if (dialect == DIALECT_EXCEL)
		buf_puts(out, "\xEF\xBB\xBF");
}

void csv_cell(struct buf *out, enum dialect dialect, int index, const char *text)
{
	char *shown;
	struct buf cell = {0};

	if (index > 0)
		buf_putc(out, separators[dialect]);
	if (is_plain_cell(text)) {
		buf_puts(out, text);
		return;
	}
	shown = text_shown(text);
	if (*text == '\t' || *text == '\r' || is_formula(shown))
		buf_putc(&cell, '\'');
	buf_puts(&cell, shown);
	if (needs_quotes(cell.data)) {
		size_t size = 2 * cell.length + 2; /* each may be a quote, and two go around */
		char *quoted = mem_alloc(size);

		buf_add(out, quoted, csv_write2(quoted, size, cell.data, cell.length, '"'));
		free(quoted);
	} else {
		buf_add(out, cell.data, cell.length);
	}
	free(shown);
	buf_free(&cell);
}

void csv_end_row(struct buf *out)
{
	buf_puts(out, "\r\n");
}

/* SQLite makes the title at each call, or has no memory for it. */
static const char *column_title(sqlite3_stmt *stmt, int column)
{
	const char *title = sqlite3_column_name(stmt, column);

	if (title == NULL)
		mem_exhausted();
	return title;
}

void csv_header(struct buf *out, enum dialect dialect, sqlite3_stmt *stmt)
{
	csv_begin(out, dialect);
	for (int i = 0; i < sqlite3_column_count(stmt); i++)
		csv_cell(out, dialect, i, column_title(stmt, i));
	csv_end_row(out);
}

/* The label of a code in the database's spelling; statut_from, which takes people's, is slow. */
static const char *libelle(const char *code)
{
	for (unsigned i = STATUT_NONE; i < STATUT_COUNT; i++)
		if (strcmp(code, statut_code((enum statut)i)) == 0)
			return statut_libelle((enum statut)i);
	return "";
}

void csv_row_of(struct buf *out, enum dialect dialect, sqlite3_stmt *stmt)
{
	for (int i = 0; i < sqlite3_column_count(stmt); i++) {
		const char *text = column_text(stmt, i);

		/* Labels have one source, the status table. */
		if (strstr(column_title(stmt, i), "_libelle") != NULL)
			text = libelle(text);
		csv_cell(out, dialect, i, text);
	}
	csv_end_row(out);
}
