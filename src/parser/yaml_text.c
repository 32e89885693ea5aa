#include "parser/yaml_text.h"

#include "lib/buf.h"
#include "lib/text.h"
#include "parser/parse_yaml.h"

#include <stdlib.h>
#include <string.h>

void yaml_position(const char *bytes, size_t offset, uint32_t *ligne, uint32_t *colonne)
{
	*ligne = *colonne = 1;
	for (size_t i = 0; i < offset;) {
		size_t end = text_break(bytes + i, offset - i);

		if (end > 0) {
			++*ligne;
			*colonne = 1;
		} else if (((unsigned char)bytes[i] & 0xC0) != 0x80) {
			++*colonne;
		}
		i += end > 0 ? end : 1;
	}
}

bool yaml_is_wide(const char *bytes, size_t size)
{
	return size >= 2 &&
	       (memcmp(bytes, "\xFF\xFE", 2) == 0 || memcmp(bytes, "\xFE\xFF", 2) == 0 ||
		bytes[0] == '\0' || bytes[1] == '\0');
}

size_t yaml_not_utf8(const char *bytes, size_t size)
{
	size_t good = 0;

	if (yaml_is_wide(bytes, size))
		return 0;
	if (text_is_utf8(bytes, size))
		return size;
	/* Line by line, then character by character in the line that is wrong. */
	for (size_t end = 0; end < size; good = end) {
		const char *feed = memchr(bytes + good, '\n', size - good);

		end = feed != NULL ? (size_t)(feed - bytes) + 1 : size;
		if (!text_is_utf8(bytes + good, end - good))
			break;
	}
	for (size_t step = 1; step <= 4 && good + step <= size;) {
		if (text_is_utf8(bytes + good, step)) {
			good += step;
			step = 1;
		} else {
			step++;
		}
	}
	return good;
}

char *yaml_without_controls(const char *bytes, size_t size, size_t *first, size_t *length)
{
	struct buf text = {0};

	*first = size;
	for (size_t i = 0; i < size;) {
		size_t printable = text_printable(bytes + i, size - i);

		buf_add(&text, bytes + i, printable);
		i += printable;
		if (i == size)
			break;
		if (*first == size)
			*first = i;
		buf_puts(&text, YAML_REPLACEMENT);
		i += text_unprintable(bytes + i, size - i);
	}
	*length = text.length;
	return buf_take(&text);
}

/* Where the last of the characters in the first `length` bytes begins. */
static size_t last_character(const char *text, size_t length)
{
	do
		length--;
	while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80);
	return length;
}

void yaml_trim(char *text)
{
	size_t start = 0, end, space;

	text_trim(text);
	while ((space = text_space(text + start)) > 0)
		start += space;
	end = strlen(text);
	while (end > start && text_space(text + last_character(text, end)) > 0)
		end = last_character(text, end);
	memmove(text, text + start, end - start);
	text[end - start] = '\0';
}

char *yaml_scalar_text(const yaml_event_t *event)
{
	const char *at = (const char *)event->data.scalar.value;
	size_t left = event->data.scalar.length;
	struct buf text = {0};

	while (left > 0) {
		size_t run = strnlen(at, left);

		buf_add(&text, at, run);
		if (run < left) {
			buf_puts(&text, YAML_REPLACEMENT);
			run++;
		}
		at += run;
		left -= run;
	}
	return buf_take(&text);
}

char *yaml_scalar_value(const yaml_event_t *event, bool *too_long)
{
	bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	char *text = yaml_scalar_text(event), *value;

	if (plain && (strcmp(text, "~") == 0 || strcmp(text, "null") == 0))
		text[0] = '\0';
	for (char *c = text; *c != '\0'; c++)
		if (*c == '\n' || *c == '\r')
			*c = ' ';
	yaml_trim(text);
	*too_long = strlen(text) > YAML_VALUE_MAX * 4;
	text_truncate_utf8(text, YAML_VALUE_MAX * 4);
	value = text_nfc(text);
	free(text);
	if (value != NULL && value[0] != '\0')
		return value;
	free(value);
	return NULL;
}
