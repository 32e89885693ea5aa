#include "lib/phone.h"

#include "lib/array.h"
#include "lib/text.h"

#include <stddef.h>
#include <string.h>

#define INTERNATIONAL_MIN 7
#define INTERNATIONAL_MAX 15 /* E.164 */
#define NATIONAL	  9  /* of a French number, without its 0 */

struct number {
	char digits[2 + INTERNATIONAL_MAX + 1]; /* "00" and a number; ends in NUL */
	size_t count;
	size_t trunk; /* how many digits stood before "(0)"; 0 when there was none */
	bool plus;
};

/* The bytes of a space, dot or dash; 0 when the text begins with something else. */
static size_t separator(const char *text)
{
	static const char *const signs[] = {".", "-", "\u2010", "\u2011", "\u2012", "\u2013"};

	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		if (strncmp(text, signs[i], strlen(signs[i])) == 0)
			return strlen(signs[i]);
	return text_space(text);
}

static bool read_number(const char *text, struct number *number)
{
	while (*text != '\0') {
		size_t skipped = separator(text);

		if (skipped == 0 && *text >= '0' && *text <= '9') {
			if (number->count == sizeof(number->digits) - 1)
				return false;
			number->digits[number->count++] = *text;
			skipped = 1;
		} else if (*text == '+' && number->count == 0 && !number->plus) {
			number->plus = true;
			skipped = 1;
		} else if (strncmp(text, "(0)", 3) == 0 && number->trunk == 0 &&
			   number->count > 0) {
			number->trunk = number->count;
			skipped = 3;
		}
		if (skipped == 0)
			return false;
		text += skipped;
	}
	return true;
}

/* ITU-T E.164: 1 and 7 are whole country codes, those listed have two digits, all others three. */
static size_t country_code_length(const char *digits)
{
	static const char two[] =
	    "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 "
	    "55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98 ";

	if (digits[0] == '1' || digits[0] == '7')
		return 1;
	for (const char *code = two; *code != '\0'; code += 3)
		if (strncmp(code, digits, 2) == 0)
			return 2;
	return 3;
}

/* Appends " 12 34 567": pairs, and three at the end when the digits are odd in number. */
static void append_pairs(char *out, const char *digits)
{
	size_t left = strlen(digits);

	out += strlen(out);
	while (left > 0) {
		size_t group = left == 3 ? 3 : 2;

		*out++ = ' ';
		memcpy(out, digits, group);
		out += group;
		digits += group;
		left -= group;
	}
	*out = '\0';
}

static bool write_french(const char *national, char out[static PHONE_SIZE])
{
	if (strlen(national) != NATIONAL || national[0] == '0')
		return false;
	out[0] = '0';
	out[1] = national[0];
	out[2] = '\0';
	append_pairs(out, national + 1);
	return true;
}

/* `prefix`: how many digits stand before the country code, 2 for "00". */
static bool write_international(const struct number *number, size_t prefix,
				char out[static PHONE_SIZE])
{
	static const char *const french[] = {"33", "262", "590", "594", "596"};
	const char *digits = number->digits + prefix;
	size_t length = strlen(digits);
	size_t code = country_code_length(digits);

	if (length < INTERNATIONAL_MIN || length > INTERNATIONAL_MAX || digits[0] == '0' ||
	    (number->trunk > 0 && number->trunk != prefix + code))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(french); i++)
		if (strncmp(digits, french[i], strlen(french[i])) == 0)
			return write_french(digits + code + (digits[code] == '0' ? 1 : 0), out);
	/* Ten digits always follow 1 and 7; this also keeps the longest number within `out`. */
	if (code == 1 && length != 11)
		return false;
	memcpy(out, "00", 2);
	memcpy(out + 2, digits, code);
	out[2 + code] = '\0';
	append_pairs(out, digits + code);
	return true;
}

bool phone_check(const char *text, char out[static PHONE_SIZE])
{
	struct number number = {0};

	out[0] = '\0';
	if (!read_number(text, &number))
		return false;
	if (number.plus)
		return write_international(&number, 0, out);
	if (strncmp(number.digits, "00", 2) == 0)
		return write_international(&number, 2, out);
	return number.digits[0] == '0' && number.trunk == 0 && write_french(number.digits + 1, out);
}
