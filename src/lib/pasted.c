#include "lib/pasted.h"

#include "formes_gen.h"
#include "lib/text.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <utf8proc.h>

static bool is_decoration(uint32_t character)
{
	for (size_t i = 0; i < DECORATION_COUNT; i++)
		if (character <= decoration_ranges[i].last)
			return character >= decoration_ranges[i].first;
	return false;
}

static bool is_latin(char byte)
{
	return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

size_t pasted_decoration(const char *text)
{
	utf8proc_int32_t character;
	utf8proc_ssize_t size;

	if (text_is_digit(*text) || is_latin(*text) || *text == '\0')
		return 0;
	size = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &character);
	return size > 0 && is_decoration((uint32_t)character) ? (size_t)size : 0;
}

static const char *skip_decoration(const char *text)
{
	for (size_t size; (size = pasted_decoration(text)) > 0;)
		text += size;
	return text;
}

/* The bytes of a colon, the full-width one too; else 0. */
static size_t colon(const char *text)
{
	return *text == ':' ? 1 : strncmp(text, "\uFF1A", strlen("\uFF1A")) == 0 ? 3 : 0;
}

static bool stands_apart(const char *rest)
{
	return *rest == '\0' || colon(rest) > 0 || pasted_decoration(rest) > 0;
}

/* The bytes of a leading word; 0 when the text begins with none. */
static size_t leading_word(const char *text)
{
	for (size_t i = 0; leading_words[i] != NULL; i++) {
		size_t size = strlen(leading_words[i]);

		if (strncasecmp(text, leading_words[i], size) != 0)
			continue;
		if (!is_latin(leading_words[i][size - 1]) || stands_apart(text + size))
			return size;
	}
	return 0;
}

const char *pasted_text(const char *text)
{
	text = skip_decoration(text);
	while (*text == '=' && pasted_decoration(text + 1) > 0)
		text = skip_decoration(text + 1);
	return text;
}

const char *pasted_start(const char *text)
{
	text = pasted_text(text);
	for (size_t word; (word = leading_word(text)) > 0;) {
		text = skip_decoration(text + word);
		for (size_t sign; (sign = colon(text)) > 0;)
			text = skip_decoration(text + sign);
	}
	return text;
}

size_t pasted_code_whole(const char *text, char *out, size_t size)
{
	size_t count = 0;

	while (*text != '\0') {
		size_t decoration = pasted_decoration(text);
		char byte = *text;

		text += decoration > 0 ? decoration : 1;
		if (decoration > 0)
			continue;
		if (byte >= 'a' && byte <= 'z')
			byte = (char)(byte - 'a' + 'A');
		if (!is_latin(byte) && !text_is_digit(byte)) {
			out[0] = '\0';
			return PASTED_FOREIGN;
		}
		if (count + 1 < size)
			out[count] = byte;
		count++;
	}
	out[count < size ? count : 0] = '\0';
	return count;
}

size_t pasted_code(const char *text, char *out, size_t size)
{
	return pasted_code_whole(pasted_start(text), out, size);
}

/* "7,3E+13": a number in the form that spreadsheets give to long ones. */
static bool has_exponent(const char *text)
{
	size_t digits = strspn(text, TEXT_DIGITS);

	text += digits;
	if (*text == ',' || *text == '.') {
		text++;
		text += strspn(text, TEXT_DIGITS);
	}
	if (digits == 0 || (*text != 'E' && *text != 'e'))
		return false;
	text++;
	text += *text == '+' || *text == '-' ? 1 : 0;
	digits = strspn(text, TEXT_DIGITS);
	return digits > 0 && *skip_decoration(text + digits) == '\0';
}

/* The bytes before a final ".0" or ",0"; SIZE_MAX when there is none. A comma is never decoration:
 * any digits after it are decimals. */
static size_t before_decimals(const char *text)
{
	const char *mark = strrchr(text, ','), *end;

	if (mark == NULL)
		mark = strrchr(text, '.');
	if (mark == NULL || mark == text || !text_is_digit(mark[-1]))
		return SIZE_MAX;
	end = mark + 1 + strspn(mark + 1, TEXT_DIGITS);
	if (end == mark + 1 || *skip_decoration(end) != '\0' ||
	    (*mark == '.' && (mark[1] != '0' || end != mark + 2)))
		return SIZE_MAX;
	return (size_t)(mark - text);
}

static void collect_digits(struct number *number, const char *text, const char *end)
{
	while (text < end) {
		size_t decoration = pasted_decoration(text);

		if (decoration == 0 && !text_is_digit(*text)) {
			*number = (struct number){.fault = NUMBER_FOREIGN, .foreign = text};
			return;
		}
		if (decoration == 0 && number->count + 1 < sizeof(number->digits))
			number->digits[number->count] = *text;
		number->count += decoration == 0 ? 1 : 0;
		text += decoration == 0 ? 1 : decoration;
	}
}

struct number number_read(const char *text, size_t wanted)
{
	struct number number = {0};
	const char *start = pasted_start(text);
	size_t decimals = before_decimals(start);

	if (has_exponent(start)) {
		number.fault = NUMBER_EXPONENT;
		return number;
	}
	collect_digits(&number, start, start + (decimals != SIZE_MAX ? decimals : strlen(start)));
	if (number.fault != NUMBER_OK)
		return number;
	if (decimals != SIZE_MAX)
		number.fault = NUMBER_DECIMAL;
	else if (number.count == 0)
		number.fault = NUMBER_EMPTY;
	else if (wanted > 0 && number.count != wanted)
		number.fault = number.count < wanted ? NUMBER_SHORT : NUMBER_LONG;
	return number;
}

#define HEXADECIMAL TEXT_DIGITS "abcdefABCDEF"

/* The first run of ASCII letters and digits at or after `text` that is so many hexadecimal digits;
 * NULL for none. */
static const char *find_hash(const char *text, size_t digits)
{
	for (size_t run; *text != '\0'; text += run) {
		run = strspn(text, TEXT_ALPHANUMERIC);
		if (run == digits && strspn(text, HEXADECIMAL) >= digits)
			return text;
		run += run == 0 ? 1 : 0;
	}
	return NULL;
}

bool pasted_hash(const char *text, size_t digits, char *out)
{
	const char *found = find_hash(text, digits);

	if (found != NULL && find_hash(found + digits, digits) == NULL) {
		memcpy(out, found, digits);
		out[digits] = '\0';
		return true;
	}
	/* In groups, as some tools print it. */
	if (found == NULL && pasted_code(text, out, digits + 1) == digits &&
	    strspn(out, HEXADECIMAL) == digits)
		return true;
	out[0] = '\0';
	return false;
}
