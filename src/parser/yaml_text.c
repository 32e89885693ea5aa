#include "parser/yaml_text.h"

#include "lib/buf.h"
#include "lib/text.h"
#include "model/dossier.h"
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

/* The bytes of a space that is no line end. */
static size_t blank_at(const char *text)
{
	return text_break(text, strnlen(text, 3)) > 0 ? 0 : text_space(text);
}

static const char *skip_blanks(const char *text)
{
	for (size_t size; (size = blank_at(text)) > 0;)
		text += size;
	return text;
}

/* Whether a key path, or the list of pieces, has that word. */
static bool is_known_key(const char *word, size_t length)
{
	for (size_t i = 0; i < CHAMP_COUNT; i++)
		for (const char *part = champ_table[i].chemin; part != NULL;) {
			if (strcspn(part, ".") == length && memcmp(part, word, length) == 0)
				return true;
			part = strchr(part, '.');
			part = part != NULL ? part + 1 : NULL;
		}
	for (size_t i = 0; i < PIECE_KEY_COUNT; i++)
		if (strlen(piece_keys[i]) == length && memcmp(piece_keys[i], word, length) == 0)
			return true;
	return length == strlen("pieces") && memcmp(word, "pieces", length) == 0;
}

/* Where the value begins on a line that begins with a known key; else the line itself. */
static const char *head_end(const char *line)
{
	const char *key = skip_blanks(line), *colon;
	size_t length;

	if (*key == '-' && blank_at(key + 1) > 0)
		key = skip_blanks(key + 1);
	length = strspn(key, TEXT_LOWER TEXT_DIGITS "_");
	colon = skip_blanks(key + length);
	return length > 0 && *colon == ':' && is_known_key(key, length) ? skip_blanks(colon + 1)
									: line;
}

void yaml_plain_spaces(char *text, size_t *length)
{
	const char *at = text, *end = text + *length;
	char *to = text;

	while (at < end) {
		const char *head = head_end(at);
		size_t line_end = 0;

		while (at < head) {
			size_t blank = (unsigned char)*at < 0x80 ? 0 : blank_at(at);

			*to++ = blank > 0 ? ' ' : *at;
			at += blank > 0 ? blank : 1;
		}
		while (at < end && (line_end = text_break(at, (size_t)(end - at))) == 0)
			*to++ = *at++;
		memmove(to, at, line_end);
		to += line_end;
		at += line_end;
	}
	*to = '\0';
	*length = (size_t)(to - text);
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

	if (plain && (strcmp(text, "~") == 0 || strcmp(text, "null") == 0 ||
		      strcmp(text, "Null") == 0 || strcmp(text, "NULL") == 0))
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
