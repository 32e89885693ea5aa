/* Telephone numbers. */
#ifndef SEGUR_LIB_PHONE_H
#define SEGUR_LIB_PHONE_H

#include <stdbool.h>

#define PHONE_SIZE 24 /* of a buffer for any number, with its end */

/*
 * Checks a number as people write it: digits with spaces (no-break ones included), dots, dashes,
 * one leading "+", and a "(0)" after the country code. `out` is "" when false.
 * French ones (0X..., +33, and +262, +590, +594, +596 for the overseas departments) become
 * "01 23 45 67 89"; foreign ones ("+" or "00", 7 to 15 digits, E.164) "0032 47 51 23 456": 00 and
 * the country code, then pairs, the last group of three when they are odd. No result begins with
 * "+", which a spreadsheet would compute.
 */
bool phone_check(const char *text, char out[static PHONE_SIZE]);

#endif
