#include "lib/mangled.h"

#include "lib/array.h"
#include "lib/buf.h"
#include "lib/code_page.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The bytes of the character that a text begins with. */
static size_t character_size(const char *text)
{
	size_t size = *text != '\0' ? 1 : 0;

	while (size > 0 && ((unsigned char)text[size] & 0xC0) == 0x80)
		size++;
	return size;
}

/* The byte from 0x80 to 0xBF, which goes on with a character of UTF-8, that Windows-1252 shows as
 * what the text begins with; 0 for none. */
static char following_byte(const char *text)
{
	size_t size = character_size(text);

	for (unsigned byte = 0x80; byte < 0xC0 && size > 1; byte++) {
		char *shown = text_from_cp1252((const char[]){(char)byte, '\0'});
		bool same =
		    shown != NULL && strlen(shown) == size && memcmp(shown, text, size) == 0;

		free(shown);
		if (same)
			return (char)byte;
	}
	return '\0';
}

/* Adds the character that a text begins with two or three signs of; gives the bytes of these. */
static size_t mend(const char *text, struct buf *out)
{
	static const struct {
		const char *shown, *bytes;
	} leads[] = {{"Ã", "\xC3"}, {"Â", "\xC2"}, {"Å", "\xC5"}, {"â€", "\xE2\x80"}};

	for (size_t i = 0; i < ARRAY_SIZE(leads); i++) {
		size_t size = strlen(leads[i].shown);
		char last;

		if (strncmp(text, leads[i].shown, size) != 0)
			continue;
		last = following_byte(text + size);
		if (last == '\0')
			return 0;
		buf_puts(out, leads[i].bytes);
		buf_putc(out, last);
		return size + character_size(text + size);
	}
	return 0;
}

char *text_unmangled(const char *text)
{
	struct buf out = {0};
	bool mended = false;

	while (*text != '\0') {
		size_t size = mend(text, &out);

		mended = mended || size > 0;
		if (size == 0)
			buf_putc(&out, *text);
		text += size > 0 ? size : 1;
	}
	if (mended)
		return buf_take(&out);
	buf_free(&out);
	return NULL;
}

/* Of the two the one that is French throughout: Mac Roman's first, which is what people send. */
static char *from_other_page(const char *text)
{
	char *bytes = text_to_cp1252(text), *meant = NULL;

	if (bytes != NULL && text_code_page(bytes) == PAGE_MAC_OR_DOS)
		meant =
		    text_page_is_mac(bytes) ? text_from_mac_roman(bytes) : text_from_cp850(bytes);
	free(bytes);
	return meant;
}

char *text_before_misreading(const char *text)
{
	char *meant = text_unmangled(text);

	return meant != NULL ? meant : from_other_page(text);
}
