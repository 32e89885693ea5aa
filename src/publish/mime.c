#include "publish/mime.h"

#include "lib/text.h"
#include "lib/text_shown.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define LINE_WIDTH 76

static const char word_start[] = "=?utf-8?Q?", word_end[] = "?=";

static void hexadecimal(struct buf *out, char byte)
{
	buf_printf(out, "=%02X", (unsigned)(unsigned char)byte);
}

/* The safe set of RFC 2047, 5(3): it may stand in a phrase too. */
static bool is_literal(char byte)
{
	return byte != '\0' && strchr(TEXT_ALPHANUMERIC "!*+-/", byte) != NULL;
}

/* Appends encoded words; `column` is where the line stands. A character is never cut in two. */
static void encoded_words(struct buf *out, const char *text, size_t column)
{
	buf_puts(out, word_start);
	column += strlen(word_start);
	while (*text != '\0') {
		utf8proc_int32_t character;
		utf8proc_ssize_t size =
		    utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &character);
		size_t width = *text == ' ' || is_literal(*text) ? 1 : 3 * (size_t)size;

		if (column + width + strlen(word_end) > LINE_WIDTH) {
			buf_printf(out, "%s\n %s", word_end, word_start);
			column = 1 + strlen(word_start);
		}
		if (*text == ' ')
			buf_putc(out, '_');
		else if (width == 1)
			buf_putc(out, *text);
		else
			for (utf8proc_ssize_t i = 0; i < size; i++)
				hexadecimal(out, text[i]);
		column += width;
		text += size;
	}
	buf_puts(out, word_end);
}

/* Whether a reader takes the text as it stands: these bytes alone, single spaces inside. */
static bool is_plain_value(const char *text, const char *allowed)
{
	size_t length = strlen(text);

	return length > 0 && text[strspn(text, allowed)] == '\0' && text[0] != ' ' &&
	       text[length - 1] != ' ' && strstr(text, "  ") == NULL && strstr(text, "=?") == NULL;
}

static void put_value(struct buf *out, const char *field, const char *text, const char *allowed)
{
	char *shown = text_shown(text);
	size_t column = strlen(field) + strlen(": ");

	buf_printf(out, "%s: ", field);
	if (is_plain_value(shown, allowed) && column + strlen(shown) <= LINE_WIDTH)
		buf_puts(out, shown);
	else if (*shown != '\0')
		encoded_words(out, shown, column);
	free(shown);
}

void mime_header(struct buf *out, const char *field, const char *text)
{
	put_value(out, field, text, TEXT_ALPHANUMERIC " !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~");
	buf_putc(out, '\n');
}

void mime_address(struct buf *out, const char *field, const char *name, const char *address)
{
	if (*name == '\0') {
		buf_printf(out, "%s: %s\n", field, address);
		return;
	}
	put_value(out, field, name, TEXT_ALPHANUMERIC " !#$%&'*+-/=?^_`{|}~");
	buf_printf(out, "\n <%s>\n", address);
}

void mime_quoted_printable(struct buf *out, const char *text)
{
	size_t column = 0;

	for (; *text != '\0'; text++) {
		bool last = text[1] == '\n' || text[1] == '\0';
		bool literal = (*text > ' ' && *text <= '~' && *text != '=') ||
			       ((*text == ' ' || *text == '\t') && !last);

		if (*text == '\n') {
			buf_putc(out, '\n');
			column = 0;
			continue;
		}
		/* A line's last place is kept for the "=" of a soft break. */
		if (column + (literal ? 1 : 3) > LINE_WIDTH - 1) {
			buf_puts(out, "=\n");
			column = 0;
		}
		if (literal)
			buf_putc(out, *text);
		else
			hexadecimal(out, *text);
		column += literal ? 1 : 3;
	}
}
