#include "lib/phone.h"

#include "formes_gen.h"
#include "lib/text.h"

#include <stddef.h>
#include <string.h>

#define INTERNATIONAL_MIN 7
#define INTERNATIONAL_MAX 15 /* E.164 */
#define NATIONAL	  9  /* of a French number, without its 0 */

/* How many digits the one of those codes has that a number begins with; 0 for none. */
static size_t code_length(const char *const *codes, const char *digits)
{
	for (; *codes != NULL; codes++)
		if (strncmp(*codes, digits, strlen(*codes)) == 0)
			return strlen(*codes);
	return 0;
}

size_t phone_country_code(const char *digits)
{
	return code_length(country_codes, digits);
}

/* Where the text goes on after its leading words, and its "+" if it has one. */
static const char *after_plus(const char *text, bool *plus)
{
	text = pasted_start(text);
	*plus = *text == '+';
	return text + (*plus ? 1 : 0);
}

struct number phone_digits(const char *text, bool *plus)
{
	return number_read(after_plus(text, plus), 0);
}

/* How many digits stand before "(0)"; 0 when there is none, or nothing before it. */
static size_t digits_before_trunk(const char *text)
{
	const char *trunk = strstr(text, "(0)");
	size_t count = 0;

	for (; trunk != NULL && text < trunk; text++)
		count += text_is_digit(*text) ? 1 : 0;
	return count;
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

static enum phone_verdict write_french(const char *national, char out[static PHONE_SIZE])
{
	if (strlen(national) != NATIONAL || national[0] == '0')
		return PHONE_LENGTH;
	out[0] = '0';
	out[1] = national[0];
	out[2] = '\0';
	append_pairs(out, national + 1);
	return PHONE_OK;
}

/* `digits` begin with a country code; `trunk`: how many stand before "(0)", 0 for none. */
static enum phone_verdict write_international(const char *digits, size_t trunk,
					      char out[static PHONE_SIZE])
{
	size_t code = phone_country_code(digits), length = strlen(digits);
	const char *national = digits + code;
	bool is_french = code_length(french_codes, digits) > 0;

	if (code == 0)
		return PHONE_COUNTRY;
	if (trunk > 0 && trunk != code)
		return PHONE_FORM;
	if (*national == '0' && code_length(codes_keeping_zero, digits) == 0 &&
	    (trunk > 0 || is_french || code_length(codes_dropping_zero, digits) > 0)) {
		national++;
		length--;
	}
	if (is_french)
		return write_french(national, out);
	/* The codes of one digit are 1 and 7: ten digits always follow them. The longest number that
	 * passes is written in pairs that `out` has room for. */
	if (length < INTERNATIONAL_MIN || length > INTERNATIONAL_MAX || (code == 1 && length != 11))
		return PHONE_LENGTH;
	memcpy(out, "00", 2);
	memcpy(out + 2, digits, code);
	out[2 + code] = '\0';
	append_pairs(out, national);
	return PHONE_OK;
}

enum phone_verdict phone_check(const char *text, char out[static PHONE_SIZE])
{
	bool plus;
	const char *start = after_plus(text, &plus);
	struct number number = phone_digits(text, &plus);
	size_t trunk = digits_before_trunk(start);

	out[0] = '\0';
	if (number.fault != NUMBER_OK)
		return PHONE_FORM;
	if (number.count >= sizeof(number.digits))
		return PHONE_LENGTH;
	if (plus)
		return write_international(number.digits, trunk, out);
	if (strncmp(number.digits, "00", 2) == 0)
		return trunk == 0 || trunk > 2
			   ? write_international(number.digits + 2, trunk > 2 ? trunk - 2 : 0, out)
			   : PHONE_FORM;
	if (number.digits[0] != '0' || trunk > 0 ||
	    write_french(number.digits + 1, out) != PHONE_OK)
		return PHONE_NATIONAL;
	return PHONE_OK;
}
