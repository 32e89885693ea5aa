#include "lib/iban_shown.h"

#include "lib/buf.h"
#include "lib/iban.h"
#include "lib/text.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_HEAD 4  /* signs that stay: country and check digits */
#define SHOWN_TAIL 3  /* and the last ones */
#define LEAST	   15 /* signs of the shortest IBAN (Norway) */
#define PARTS_MAX  4  /* bytes of what may part two groups: a space of any kind, a dash */

static bool is_sign(char byte)
{
	return isalnum((unsigned char)byte) && (unsigned char)byte < 0x80;
}

static bool is_parting(char byte)
{
	return (unsigned char)byte >= 0x80 || (byte != '\0' && strchr(" -./", byte) != NULL);
}

/* The first byte behind what parts two groups; NULL when no group follows. */
static const char *next_group(const char *at)
{
	size_t length = 0;

	while (length < PARTS_MAX && is_parting(at[length]))
		length++;
	return length > 0 && is_sign(at[length]) ? at + length : NULL;
}

static size_t group_length(const char *group)
{
	size_t length = 0;

	while (is_sign(group[length]))
		length++;
	return length;
}

static bool has_digit(const char *group, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text_is_digit(group[i]))
			return true;
	return false;
}

/* Where groups end that have `wanted` signs together; with 0, the groups up to one without a digit.
 * NULL when there is no such end. */
static const char *groups_end(const char *start, size_t wanted)
{
	const char *group = start, *end = NULL;
	size_t signs = 0;

	while (group != NULL) {
		size_t length = group_length(group);

		if (wanted == 0 && !has_digit(group, length))
			break;
		signs += length;
		end = group + length;
		if (wanted != 0 && signs >= wanted)
			return signs == wanted ? end : NULL;
		group = next_group(end);
	}
	return wanted == 0 && signs >= LEAST ? end : NULL;
}

/* Where an IBAN that begins here ends; NULL when none does. */
static const char *iban_end(const char *start, const char *text)
{
	char code[3];
	const char *end = NULL;
	size_t length;

	if ((text > start && (is_sign(text[-1]) || (unsigned char)text[-1] >= 0xC3)) ||
	    group_length(text) < SHOWN_HEAD || !isalpha((unsigned char)text[0]) ||
	    !isalpha((unsigned char)text[1]) || !isdigit((unsigned char)text[2]) ||
	    !isdigit((unsigned char)text[3]))
		return NULL;
	code[0] = (char)toupper((unsigned char)text[0]);
	code[1] = (char)toupper((unsigned char)text[1]);
	code[2] = '\0';
	length = iban_length(code);
	if (length != 0)
		end = groups_end(text, length);
	return end != NULL ? end : groups_end(text, 0);
}

/* The last signs without what parts them. */
static void put_masked(struct buf *out, const char *start, const char *end)
{
	const char *tail = end;

	for (size_t signs = 0; signs < SHOWN_TAIL && tail > start; signs += is_sign(*tail))
		tail--;
	buf_add(out, start, SHOWN_HEAD);
	buf_puts(out, "…");
	for (; tail < end; tail++)
		if (is_sign(*tail))
			buf_putc(out, *tail);
}

char *iban_masked(const char *text)
{
	const char *start = text;
	struct buf out = {0};

	while (*text != '\0') {
		const char *end = iban_end(start, text);

		if (end != NULL) {
			put_masked(&out, text, end);
			text = end;
		} else {
			buf_putc(&out, *text++);
		}
	}
	return buf_take(&out);
}

char *iban_masked_value(const char *text, const char *value)
{
	char *masked = iban_masked(text);
	size_t length = strlen(value);
	const char *rest = masked, *found;
	struct buf out = {0};

	while (length > SHOWN_HEAD + SHOWN_TAIL && (found = strstr(rest, value)) != NULL) {
		buf_add(&out, rest, (size_t)(found - rest));
		put_masked(&out, found, found + length);
		rest = found + length;
	}
	buf_puts(&out, rest);
	free(masked);
	return buf_take(&out);
}
