#include "lib/text_shown.h"

#include "lib/buf.h"
#include "lib/code_page.h"
#include "lib/mem.h"
#include "lib/text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

char *text_valid(const char *text)
{
	char *copy;

	if (text_is_utf8(text, strlen(text)))
		return mem_strdup(text);
	copy = text_from_cp1252(text);
	return copy != NULL ? copy : text_from_cp850(text);
}

static bool is_line_or_control(utf8proc_int32_t character)
{
	return character < 0x20 || (character >= 0x7F && character <= 0x9F) ||
	       character == 0x2028 || character == 0x2029;
}

static bool is_bidi_control(utf8proc_int32_t character)
{
	return (character >= 0x202A && character <= 0x202E) ||
	       (character >= 0x2066 && character <= 0x2069) || character == 0x200E ||
	       character == 0x200F || character == 0x061C;
}

char *text_shown(const char *text)
{
	char *valid = text_valid(text);
	struct buf shown = {0};

	for (const char *at = valid, *end = at + strlen(at); at < end;) {
		size_t plain = text_plain(at, (size_t)(end - at));
		utf8proc_int32_t character;
		utf8proc_ssize_t size;

		buf_add(&shown, at, plain);
		at += plain;
		if (at == end)
			break;
		size = utf8proc_iterate((const utf8proc_uint8_t *)at, -1, &character);
		if (is_line_or_control(character))
			buf_putc(&shown, ' ');
		else if (is_bidi_control(character))
			buf_puts(&shown, "\uFFFD");
		else
			buf_add(&shown, at, (size_t)size);
		at += size;
	}
	free(valid);
	return buf_take(&shown);
}
