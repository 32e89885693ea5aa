/* E-mail addresses. */
#ifndef SEGUR_LIB_EMAIL_H
#define SEGUR_LIB_EMAIL_H

#include <stdbool.h>

/*
 * Checks an address by the rule of HTML's <input type=email>, with the limits of RFC 5321 (local
 * part 64 bytes, whole 254), at least two labels in the domain and a last one that is not a number.
 * A domain with accents (IDNA 2008) is taken; a local part is ASCII. When true, *normalised is the
 * address with its domain in lower-case ASCII and its local part as given, for the caller to free;
 * when false it is NULL. `normalised` may be NULL.
 */
bool email_check(const char *text, char **normalised);

#endif
