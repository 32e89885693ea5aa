#include "lib/text.h"

#include "lib/array.h"
#include "lib/buf.h"
#include "lib/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define DISTANCE_MAX 63

/* Latin letters that Unicode does not decompose; payment systems and people write them in ASCII. */
static const struct letter {
	const char *from, *to;
} letters[] = {{"æ", "ae"}, {"œ", "oe"}, {"ø", "o"}, {"đ", "d"},  {"ð", "d"},
	       {"ł", "l"},  {"ħ", "h"},	 {"ŧ", "t"}, {"þ", "th"}, {"ı", "i"}};

static bool is_plain(char byte)
{
	return byte >= ' ' && byte <= '~';
}

size_t text_plain(const char *bytes, size_t left)
{
	size_t count = 0;

	while (count < left && is_plain(bytes[count]))
		count++;
	return count;
}

/* How many ASCII bytes come first: in most texts, all. */
static size_t count_ascii(const char *bytes, size_t left)
{
	size_t count = 0;
	uint64_t eight;

	for (; left - count >= sizeof(eight); count += sizeof(eight)) {
		memcpy(&eight, bytes + count, sizeof(eight));
		if (eight & 0x8080808080808080u)
			break;
	}
	while (count < left && (unsigned char)bytes[count] < 0x80)
		count++;
	return count;
}

bool text_is_utf8(const char *bytes, size_t length)
{
	for (size_t at = count_ascii(bytes, length); at < length;) {
		utf8proc_int32_t character;
		utf8proc_ssize_t size =
		    utf8proc_iterate((const utf8proc_uint8_t *)bytes + at,
				     (utf8proc_ssize_t)(length - at), &character);

		if (size <= 0)
			return false;
		at += (size_t)size;
		at += count_ascii(bytes + at, length - at);
	}
	return true;
}

/* utf8proc's mapping, in memory from mem.h; NULL when the text is invalid. */
static char *map(const char *text, utf8proc_option_t options)
{
	const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)text;
	utf8proc_ssize_t length = (utf8proc_ssize_t)strlen(text);
	utf8proc_ssize_t count;
	utf8proc_int32_t *characters;

	count = utf8proc_decompose(bytes, length, NULL, 0, options);
	if (count < 0)
		return NULL;
	/* Encoding works in place, and adds a NUL. */
	characters = mem_alloc((size_t)count * sizeof(*characters) + 1);
	utf8proc_decompose(bytes, length, characters, count, options);
	utf8proc_reencode(characters, count, options);
	return (char *)characters;
}

char *text_nfc(const char *text)
{
	size_t length = strlen(text);

	if (count_ascii(text, length) == length)
		return mem_strndup(text, length);
	return map(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
}

/* The size of the letter that a text begins with, its ASCII writing in *to; 0 for any other. */
static size_t fold_letter(const char *text, const char **to)
{
	for (size_t i = 0; !is_plain(*text) && i < ARRAY_SIZE(letters); i++) {
		size_t size = strlen(letters[i].from);

		if (strncmp(text, letters[i].from, size) == 0) {
			*to = letters[i].to;
			return size;
		}
	}
	return 0;
}

static bool is_white(char byte)
{
	return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* ASCII needs no more than lower case. */
static char *lower_ascii(const char *text, size_t length)
{
	char *lower = mem_strndup(text, length);

	for (size_t i = 0; i < length; i++)
		if (lower[i] >= 'A' && lower[i] <= 'Z')
			lower[i] = (char)(lower[i] - 'A' + 'a');
	return lower;
}

char *text_fold(const char *text)
{
	size_t length = strlen(text);
	/* LUMP: all spaces, hyphens and apostrophes become the ASCII ones. */
	char *mapped = count_ascii(text, length) == length
			   ? lower_ascii(text, length)
			   : map(text, UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT |
					   UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK |
					   UTF8PROC_IGNORE | UTF8PROC_LUMP);
	struct buf folded = {0};
	const char *to;

	if (mapped == NULL)
		return NULL;
	for (const char *at = text_trim(mapped); *at != '\0';) {
		size_t size = fold_letter(at, &to);

		if (size > 0) {
			buf_puts(&folded, to);
			at += size;
		} else if (is_white(*at)) {
			while (is_white(*at))
				at++;
			buf_putc(&folded, ' ');
		} else {
			buf_putc(&folded, *at++);
		}
	}
	free(mapped);
	return buf_take(&folded);
}

char *text_fold_without(const char *text, bool (*drops)(char byte))
{
	char *folded = text_fold(text), *to = folded;

	if (folded == NULL)
		return NULL;
	for (const char *at = folded; *at != '\0'; at++)
		if (!drops(*at))
			*to++ = *at;
	*to = '\0';
	return folded;
}

bool text_equal_folded(const char *a, const char *b)
{
	char *folded_a = text_fold(a);
	char *folded_b = text_fold(b);
	bool equal = folded_a != NULL && folded_b != NULL && strcmp(folded_a, folded_b) == 0;

	free(folded_a);
	free(folded_b);
	return equal;
}

/* Adds up `measure` of each character; an invalid text counts its bytes. */
static size_t add_up(const char *text, size_t (*measure)(utf8proc_int32_t))
{
	const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)text;
	utf8proc_int32_t character;
	size_t sum = 0;

	while (*at != '\0') {
		utf8proc_ssize_t size = 1;

		character = *at;
		if (character >= 0x80)
			size = utf8proc_iterate(at, -1, &character);
		if (size < 0)
			return strlen(text);
		sum += measure(character);
		at += size;
	}
	return sum;
}

static size_t measure_one(utf8proc_int32_t character)
{
	(void)character;
	return 1;
}

static size_t measure_width(utf8proc_int32_t character)
{
	return (size_t)utf8proc_charwidth(character);
}

static size_t measure_forbidden(utf8proc_int32_t character)
{
	const utf8proc_property_t *property;

	if (character >= ' ' && character <= '~')
		return 0;
	property = utf8proc_get_property(character);
	switch (property->category) {
	case UTF8PROC_CATEGORY_CN:
	case UTF8PROC_CATEGORY_CC:
	case UTF8PROC_CATEGORY_CF:
	case UTF8PROC_CATEGORY_CO:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
		return 1;
	default:
		return property->ignorable ? 1 : 0;
	}
}

size_t text_length(const char *text)
{
	return add_up(text, measure_one);
}

size_t text_width(const char *text)
{
	return add_up(text, measure_width);
}

bool text_has_forbidden(const char *text)
{
	return add_up(text, measure_forbidden) > 0;
}

static unsigned smaller(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

unsigned text_distance(const char *a, const char *b, unsigned limit)
{
	/* Three rows of the table of distances between beginnings: this one and the two before. */
	unsigned rows[3][DISTANCE_MAX + 1];
	size_t length_a = strlen(a), length_b = strlen(b);

	if (length_a > DISTANCE_MAX || length_b > DISTANCE_MAX)
		return limit + 1;
	for (size_t j = 0; j <= length_b; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= length_a; i++) {
		const unsigned *swapped = rows[(i + 1) % 3], *above = rows[(i - 1) % 3];
		unsigned *row = rows[i % 3];
		unsigned least = row[0] = (unsigned)i;

		for (size_t j = 1; j <= length_b; j++) {
			row[j] = smaller(smaller(row[j - 1], above[j]) + 1,
					 above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = smaller(row[j], swapped[j - 2] + 1);
			least = smaller(least, row[j]);
		}
		if (least > limit) /* no later row can have less */
			return limit + 1;
	}
	return smaller(rows[length_a % 3][length_b], limit + 1);
}

size_t text_break(const char *bytes, size_t left)
{
	if (left == 0)
		return 0;
	switch ((unsigned char)bytes[0]) {
	case '\r':
		return left > 1 && bytes[1] == '\n' ? 2 : 1;
	case '\n':
		return 1;
	case 0xC2:
		return left > 1 && (unsigned char)bytes[1] == 0x85 ? 2 : 0;
	case 0xE2:
		return left > 2 &&
			       (memcmp(bytes, "\u2028", 3) == 0 || memcmp(bytes, "\u2029", 3) == 0)
			   ? 3
			   : 0;
	default:
		return 0;
	}
}

size_t text_unprintable(const char *bytes, size_t left)
{
	unsigned char first = left > 0 ? (unsigned char)bytes[0] : ' ';
	unsigned char second = left > 1 ? (unsigned char)bytes[1] : 0;

	if ((first < 0x20 && first != '\t' && first != '\n' && first != '\r') || first == 0x7F)
		return 1;
	if (left > 1 && first == 0xC2 && second < 0xA0 && second != 0x85)
		return 2; /* C1, but for NEL */
	if (left > 2 && (memcmp(bytes, "\uFFFE", 3) == 0 || memcmp(bytes, "\uFFFF", 3) == 0))
		return 3;
	return 0;
}

size_t text_printable(const char *bytes, size_t left)
{
	size_t count = 0;

	while (count < left &&
	       (is_plain(bytes[count]) || text_unprintable(bytes + count, left - count) == 0))
		count++;
	return count;
}

static bool is_space(utf8proc_int32_t character)
{
	utf8proc_category_t category;

	if (character < 0x85)
		return character == ' ' || (character >= '\t' && character <= '\r');
	category = utf8proc_category(character);
	return character == 0x85 || category == UTF8PROC_CATEGORY_ZS ||
	       category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP;
}

/* The character that a text begins with, and its bytes; 0 at the end or where it is invalid. */
static size_t first_character(const char *text, utf8proc_int32_t *character)
{
	utf8proc_ssize_t size;

	*character = (unsigned char)*text;
	if (*character < 0x80)
		return *text != '\0' ? 1 : 0;
	size = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, character);
	return size > 0 ? (size_t)size : 0;
}

size_t text_space(const char *text)
{
	utf8proc_int32_t character;
	size_t size = first_character(text, &character);

	return size > 0 && is_space(character) ? size : 0;
}

size_t text_hidden(const char *text, uint32_t *character)
{
	utf8proc_int32_t first;
	size_t size = first_character(text, &first);

	if (size == 0 || is_space(first) || measure_forbidden(first) == 0)
		return 0;
	*character = (uint32_t)first;
	return size;
}

char *text_fold_spaces(char *text)
{
	char *to = text;

	for (const char *at = text; *at != '\0';) {
		size_t space = text_space(at);

		if (space > 0 && to > text && to[-1] != ' ')
			*to++ = ' ';
		if (space == 0)
			*to++ = *at;
		at += space > 0 ? space : 1;
	}
	if (to > text && to[-1] == ' ')
		to--;
	*to = '\0';
	return text;
}

size_t text_white(const char *text)
{
	static const unsigned white =
	    1u << UTF8PROC_CATEGORY_ZS | 1u << UTF8PROC_CATEGORY_ZL | 1u << UTF8PROC_CATEGORY_ZP;
	utf8proc_int32_t character;
	utf8proc_ssize_t size;

	if ((unsigned char)*text < 0x80)
		return is_white(*text);
	size = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &character);
	if (size <= 0 || ((1u << utf8proc_category(character) & white) == 0 && character != 0x85))
		return 0;
	return (size_t)size;
}

char *text_decimal(uint64_t number, char out[static DECIMAL_SIZE])
{
	snprintf(out, DECIMAL_SIZE, "%llu", (unsigned long long)number);
	return out;
}

char *text_grouped(uint64_t number, char out[static SHOWN_SIZE])
{
	char *to = out;

	for (const char *digits = DECIMAL(number); *digits != '\0'; digits++) {
		*to++ = *digits;
		if (digits[1] != '\0' && strlen(digits + 1) % 3 == 0)
			*to++ = ' ';
	}
	*to = '\0';
	return out;
}

char *text_weight(uint64_t bytes, char out[static SHOWN_SIZE])
{
	bool large = bytes > (1 << 20) - 1024 / 10;
	uint64_t unit = large ? 1 << 20 : 1 << 10;
	uint64_t tenths = bytes / unit * 10 + (bytes % unit * 10 + unit - 1) / unit;
	char fraction[DECIMAL_SIZE + 1] = "";

	if (tenths % 10 > 0)
		snprintf(fraction, sizeof(fraction), ",%s", DECIMAL(tenths % 10));
	snprintf(out, SHOWN_SIZE, "%s%s %s", DECIMAL(tenths / 10), fraction, large ? "Mo" : "ko");
	return out;
}

char *text_trim(char *text)
{
	size_t start = 0, end = strlen(text);

	while (end > 0 && is_white(text[end - 1]))
		end--;
	while (start < end && is_white(text[start]))
		start++;
	memmove(text, text + start, end - start);
	text[end - start] = '\0';
	return text;
}

void text_truncate_utf8(char *text, size_t max_bytes)
{
	if (strlen(text) <= max_bytes)
		return;
	while (max_bytes > 0 && ((unsigned char)text[max_bytes] & 0xC0) == 0x80)
		max_bytes--;
	text[max_bytes] = '\0';
}

const char *text_plural(uint64_t count, const char *one, const char *many)
{
	return count > 1 ? many : one;
}
