/* Text in UTF-8. "Invalid" means ill-formed UTF-8: overlong, surrogate, beyond U+10FFFF or cut. */
#ifndef SEGUR_LIB_TEXT_H
#define SEGUR_LIB_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DECIMAL_SIZE 24 /* of any integer in decimal, with its end */
/* The number in decimal, for as long as the block around it: DECIMAL(12) is "12". */
#define DECIMAL(number) text_decimal(number, (char[DECIMAL_SIZE]){0})
char *text_decimal(uint64_t number, char out[static DECIMAL_SIZE]); /* gives back `out` */

#define SHOWN_SIZE 32 /* of a number as people read it, with its end */
/* The same in groups of three: GROUPED(60000) is "60 000". */
#define GROUPED(number) text_grouped(number, (char[SHOWN_SIZE]){0})
char *text_grouped(uint64_t number, char out[static SHOWN_SIZE]);
/* The same of bytes, in kilo or megabytes of 1024, rounded up to a tenth: WEIGHT(4 << 20) is "4 Mo", WEIGHT(1100) "1,1 ko". */
#define WEIGHT(bytes) text_weight(bytes, (char[SHOWN_SIZE]){0})
char *text_weight(uint64_t bytes, char out[static SHOWN_SIZE]);

/* Of ASCII, for strspn() and strchr(). */
#define TEXT_DIGITS	  "0123456789"
#define TEXT_LOWER	  "abcdefghijklmnopqrstuvwxyz"
#define TEXT_UPPER	  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define TEXT_ALPHANUMERIC TEXT_UPPER TEXT_LOWER TEXT_DIGITS

static inline bool text_is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

/* Whether `length` bytes are well-formed UTF-8; a NUL among them is an ordinary character. */
bool text_is_utf8(const char *bytes, size_t length);
/* How many bytes of printable ASCII, space included, come first: they need no care. */
size_t text_plain(const char *bytes, size_t left);

/* The text in Unicode's form NFC, for the caller to free; NULL when invalid. */
char *text_nfc(const char *text);

/*
 * The text reduced to what matters when people compare names: lower case, no accents, ligatures
 * apart (œ is oe), compatibility forms as plain ones, any run of spaces as one and none outside,
 * apostrophes and hyphens as in ASCII, characters that show nothing (Unicode's default-ignorable
 * ones) dropped. For the caller to free; NULL when invalid.
 */
char *text_fold(const char *text);

/* text_fold without the bytes that do not count. */
char *text_fold_without(const char *text, bool (*drops)(char byte));

/* Whether two texts fold to the same; invalid ones are equal to nothing. */
bool text_equal_folded(const char *a, const char *b);

/* The characters (code points) of a text; an invalid one counts its bytes. */
size_t text_length(const char *text);

/* The columns that a terminal gives to a text; an invalid one counts its bytes. */
size_t text_width(const char *text);

/*
 * Whether a text is invalid or holds what can hide or deceive: a control (line feed and tab too), a
 * line separator, a bidi control, a character that shows nothing, private or unassigned code
 * points.
 */
bool text_has_forbidden(const char *text);

/*
 * How many bytes must be inserted, deleted, replaced or swapped with their neighbour to make `b` of
 * `a` (optimal string alignment). Any distance over `limit` is returned as limit + 1, and so is
 * that of texts over 63 bytes: this is for near-miss keys.
 */
unsigned text_distance(const char *a, const char *b, unsigned limit);

/* The bytes of the space that a text begins with, of any kind that Unicode has, tabs and line ends
 * too; else 0. */
size_t text_space(const char *text);
/* The bytes of the character that a text begins with, if it shows nothing or may deceive (see
 * text_has_forbidden) and is no space; *character receives it. Else 0. */
size_t text_hidden(const char *text, uint32_t *character);
/* Makes one ordinary space of any run of spaces, and none of the outer ones; returns the text. */
char *text_fold_spaces(char *text);

/* The bytes of the white space, of any kind and line ends too, that a text begins with; else 0. */
size_t text_white(const char *text);

/* The bytes of the line end that `left` bytes begin with, as YAML knows them: CR LF, CR, LF, NEL,
 * LS or PS; else 0. */
size_t text_break(const char *bytes, size_t left);

/* The bytes of the character that `left` bytes of UTF-8 begin with, if YAML refuses it: a control
 * other than a tab or a line end, U+FFFE or U+FFFF; else 0. */
size_t text_unprintable(const char *bytes, size_t left);
/* How many of `left` bytes come before the first such character. */
size_t text_printable(const char *bytes, size_t left);

/* Cuts off outer ASCII white space; returns the text, moved to the front of its array. */
char *text_trim(char *text);

/* Shortens a text to at most `max_bytes` bytes without cutting a character in two. */
void text_truncate_utf8(char *text, size_t max_bytes);

/* Of two phrases the one that goes with this count: in French, 0 and 1 are singular. */
const char *text_plural(uint64_t count, const char *one, const char *many);

#endif
