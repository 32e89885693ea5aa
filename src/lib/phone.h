/* Telephone numbers (ITU-T E.164). */
#ifndef SEGUR_LIB_PHONE_H
#define SEGUR_LIB_PHONE_H

#include "lib/pasted.h"

#include <stdbool.h>

#define PHONE_SIZE 24 /* of a buffer for any number, with its end */

enum phone_verdict {
	PHONE_OK,
	PHONE_FORM,	/* not a number: number_read says why */
	PHONE_COUNTRY,	/* a country code that nobody has */
	PHONE_LENGTH,	/* with a country code, but too short or too long */
	PHONE_NATIONAL, /* without a country code, and not a French number */
};

/*
 * Checks a number as people paste it (pasted.h), with one leading "+", and a "(0)" after the
 * country code. `out` is "" unless PHONE_OK.
 * French ones (0X..., +33, and +262, +590, +594, +596 for the overseas departments) become
 * "01 23 45 67 89"; foreign ones ("+" or "00", 7 to 15 digits) "0032 47 51 23 456": 00 and the
 * country code, then pairs, the last group of three when they are odd. No result begins with "+",
 * which a spreadsheet would compute. Behind the code of a country that dials 0 before its own
 * numbers, that 0 is left out; Italy's belongs to the number.
 */
enum phone_verdict phone_check(const char *text, char out[static PHONE_SIZE]);

/* Reads what phone_check reads: the digits, those of a country code first when *plus. */
struct number phone_digits(const char *text, bool *plus);

/* The length of the country code that digits begin with; 0 when nobody has it. */
size_t phone_country_code(const char *digits);

#endif
