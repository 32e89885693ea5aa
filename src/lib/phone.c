#include "lib/phone.h"

#include "lib/array.h"
#include "lib/text.h"

#include <stddef.h>
#include <string.h>

#define INTERNATIONAL_MIN 7
#define INTERNATIONAL_MAX 15 /* E.164 */
#define NATIONAL	  9  /* of a French number, without its 0 */

/* The codes that ITU-T has assigned (list of E.164, complement to recommendation E.164); none
 * begins another. 379 is the Vatican's, which uses 39. */
static const char *const country_codes[] = {
    "1",   "20",  "211", "212", "213", "216", "218", "220", "221", "222", "223", "224", "225",
    "226", "227", "228", "229", "230", "231", "232", "233", "234", "235", "236", "237", "238",
    "239", "240", "241", "242", "243", "244", "245", "246", "247", "248", "249", "250", "251",
    "252", "253", "254", "255", "256", "257", "258", "260", "261", "262", "263", "264", "265",
    "266", "267", "268", "269", "27",  "290", "291", "297", "298", "299", "30",	 "31",	"32",
    "33",  "34",  "350", "351", "352", "353", "354", "355", "356", "357", "358", "359", "36",
    "370", "371", "372", "373", "374", "375", "376", "377", "378", "379", "380", "381", "382",
    "383", "385", "386", "387", "389", "39",  "40",  "41",  "420", "421", "423", "43",	"44",
    "45",  "46",  "47",	 "48",	"49",  "500", "501", "502", "503", "504", "505", "506", "507",
    "508", "509", "51",	 "52",	"53",  "54",  "55",  "56",  "57",  "58",  "590", "591", "592",
    "593", "594", "595", "596", "597", "598", "599", "60",  "61",  "62",  "63",	 "64",	"65",
    "66",  "670", "672", "673", "674", "675", "676", "677", "678", "679", "680", "681", "682",
    "683", "685", "686", "687", "688", "689", "690", "691", "692", "7",	  "800", "808", "81",
    "82",  "84",  "850", "852", "853", "855", "856", "86",  "870", "878", "880", "881", "882",
    "883", "886", "888", "90",	"91",  "92",  "93",  "94",  "95",  "960", "961", "962", "963",
    "964", "965", "966", "967", "968", "970", "971", "972", "973", "974", "975", "976", "977",
    "979", "98",  "992", "993", "994", "995", "996", "998",
};

static bool is_one_of(const char *const *codes, size_t count, const char *digits)
{
	for (size_t i = 0; i < count; i++)
		if (strncmp(codes[i], digits, strlen(codes[i])) == 0)
			return true;
	return false;
}

size_t phone_country_code(const char *digits)
{
	for (size_t i = 0; i < ARRAY_SIZE(country_codes); i++)
		if (strncmp(country_codes[i], digits, strlen(country_codes[i])) == 0)
			return strlen(country_codes[i]);
	return 0;
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
		count += *text >= '0' && *text <= '9' ? 1 : 0;
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
	static const char *const french[] = {"33", "262", "590", "594", "596"};
	/* Neighbours that dial 0 before a number, and whose numbers never begin with it. */
	static const char *const dial_zero[] = {"31", "32", "353", "41", "43", "44", "49"};
	static const char *const keep_zero[] = {"39", "378", "379"};
	size_t code = phone_country_code(digits), length = strlen(digits);
	const char *national = digits + code;
	bool is_french = is_one_of(french, ARRAY_SIZE(french), digits);

	if (code == 0)
		return PHONE_COUNTRY;
	if (trunk > 0 && trunk != code)
		return PHONE_FORM;
	if (*national == '0' && !is_one_of(keep_zero, ARRAY_SIZE(keep_zero), digits) &&
	    (trunk > 0 || is_french || is_one_of(dial_zero, ARRAY_SIZE(dial_zero), digits))) {
		national++;
		length--;
	}
	if (is_french)
		return write_french(national, out);
	/* Ten digits always follow 1 and 7; this also keeps the longest number within `out`. */
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
