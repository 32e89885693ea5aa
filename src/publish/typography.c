#include "publish/typography.h"

#include "lib/array.h"
#include "lib/date.h"
#include "lib/text.h"

#include <stdbool.h>
#include <string.h>

#define NARROW	   "\xE2\x80\xAF" /* no-break too */
#define APOSTROPHE "\xE2\x80\x99"
#define OPENING	   "«"
#define CLOSING	   "»"
#define NUMBER	   "n°"
#define WHITE	   " \n\t\r"

/* What a number is not parted from, beside the months. */
static const char *const units[] = {"octets", "Mo", "ko", "h"};

/* What is not parted from the number that follows it. */
static const char *const announcements[] = {"page", "L.", "R.", "SIREN", "SIRET"};

/* What makes a word a name for machines; a point or a colon does so within it alone. */
#define NAME_SIGNS  "@_={}[]\\/"
#define INNER_SIGNS ".:;,?&"

static bool begins(const char *text, const char *part)
{
	return strncmp(text, part, strlen(part)) == 0;
}

/* Of a character beyond ASCII each byte counts. */
static bool is_of_word(char byte)
{
	return (unsigned char)byte >= 0x80 ||
	       (byte != '\0' && strchr(TEXT_LOWER TEXT_UPPER, byte) != NULL);
}

static bool is_name(const char *word, size_t length)
{
	if (word[0] == '\'') /* quoted as commands are */
		return true;
	for (size_t i = 0; i < length; i++) {
		bool inside = i > 0 && i + 1 < length;

		if (strchr(NAME_SIGNS, word[i]) != NULL)
			return true;
		if (inside && strchr(INNER_SIGNS, word[i]) != NULL &&
		    strchr(TEXT_ALPHANUMERIC, word[i + 1]) != NULL)
			return true;
	}
	return false;
}

/* Where the quotation that begins here ends: at its »; NULL when it is not closed. */
static const char *find_closing(const char *text)
{
	unsigned depth = 0;

	for (; *text != '\0'; text++) {
		if (begins(text, OPENING))
			depth++;
		else if (begins(text, CLOSING) && --depth == 0)
			return text;
	}
	return NULL;
}

/* Copies a quotation, but for its outer spaces; gives back what follows it. */
static const char *put_quotation(struct buf *out, const char *text)
{
	const char *closing = find_closing(text), *from = text + strlen(OPENING), *end;

	buf_puts(out, OPENING);
	if (*from == ' ') {
		buf_puts(out, NO_BREAK);
		from++;
	}
	if (closing == NULL)
		return from;
	end = closing > from && closing[-1] == ' ' ? closing - 1 : closing;
	buf_add(out, from, (size_t)(end - from));
	buf_puts(out, end < closing ? NO_BREAK CLOSING : CLOSING);
	return closing + strlen(CLOSING);
}

/* The length of the number in groups of three that begins at `text`, "1 000"; 0 when none does. */
static size_t grouped(const char *start, const char *text)
{
	size_t length = strspn(text, TEXT_DIGITS), groups = 0;
	bool goes_on = text - start > 1 && text[-1] == ' ' && text_is_digit(text[-2]);

	if (length == 0 || length > 3 || *text == '0' || goes_on)
		return 0;
	while (text[length] == ' ' && text_is_digit(text[length + 1])) {
		if (strspn(text + length + 1, TEXT_DIGITS) != 3)
			return 0;
		length += 4;
		groups++;
	}
	return groups > 0 ? length : 0;
}

static void put_grouped(struct buf *out, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (text[i] == ' ')
			buf_puts(out, NARROW);
		else
			buf_putc(out, text[i]);
	}
}

/* Whether the text begins with one of the words, whole. */
static bool begins_with_one(const char *text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(words[i]);

		if (begins(text, words[i]) && !is_of_word(text[length]) &&
		    !text_is_digit(text[length]))
			return true;
	}
	return false;
}

static bool is_counted(const char *text)
{
	return begins_with_one(text, french_months, MONTHS) ||
	       begins_with_one(text, units, ARRAY_SIZE(units));
}

/* Whether the text before `at` ends so. */
static bool ends(const char *start, const char *at, const char *part)
{
	size_t length = strlen(part);

	return (size_t)(at - start) >= length && memcmp(at - length, part, length) == 0;
}

static bool follows_number(const char *start, const char *at)
{
	return (at > start && text_is_digit(at[-1])) || ends(start, at, "1er");
}

/* "page 21", "L. 112-11" */
static bool is_announced(const char *start, const char *at)
{
	for (size_t i = 0; i < ARRAY_SIZE(announcements) && text_is_digit(at[1]); i++) {
		size_t length = strlen(announcements[i]);

		if (ends(start, at, announcements[i]) &&
		    ((size_t)(at - start) == length || !is_of_word(*(at - length - 1))))
			return true;
	}
	return false;
}

/* "3 h 05" */
static bool is_in_hour(const char *start, const char *at)
{
	return ends(start, at, " h") && at - start > 2 && text_is_digit(at[-3]) &&
	       text_is_digit(at[1]);
}

/* What the space at `at` becomes. */
static const char *space_for(const char *start, const char *at)
{
	const char *next = at + 1;
	bool alone = next[0] != '\0' && (next[1] == '\0' || strchr(WHITE ").", next[1]) != NULL);

	if (alone && strchr(";!?", *next) != NULL)
		return NARROW;
	if ((alone && *next == ':') || begins(next, CLOSING) || ends(start, at, NUMBER) ||
	    is_announced(start, at) || (follows_number(start, at) && is_counted(next)) ||
	    is_in_hour(start, at))
		return NO_BREAK;
	return " ";
}

/* Copies a word up to a white space or a quotation; gives back what follows it. */
static const char *put_word(struct buf *out, const char *word)
{
	size_t length = 1;
	bool name;

	while (word[length] != '\0' && strchr(WHITE, word[length]) == NULL &&
	       !begins(word + length, OPENING))
		length++;
	name = is_name(word, length);
	for (size_t i = 0; i < length; i++) {
		bool elided = word[i] == '\'' && i > 0 && is_of_word(word[i - 1]) &&
			      (word[i + 1] == '\0' || is_of_word(word[i + 1]));

		if (elided && !name)
			buf_puts(out, APOSTROPHE);
		else
			buf_putc(out, word[i]);
	}
	return word + length;
}

void typography_set(struct buf *out, const char *text)
{
	const char *at = text;

	while (*at != '\0') {
		size_t number = grouped(text, at);

		if (begins(at, OPENING)) {
			at = put_quotation(out, at);
		} else if (*at == ' ') {
			buf_puts(out, space_for(text, at));
			at++;
		} else if (strchr(WHITE, *at) != NULL) {
			buf_putc(out, *at++);
		} else if (number > 0) {
			put_grouped(out, at, number);
			at += number;
		} else {
			at = put_word(out, at);
		}
	}
}

char *typography_of(const char *text)
{
	struct buf out = {0};

	typography_set(&out, text);
	return buf_take(&out);
}
