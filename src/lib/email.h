/* E-mail addresses. */
#ifndef SEGUR_LIB_EMAIL_H
#define SEGUR_LIB_EMAIL_H

#define EMAIL_LOCAL_MAX 64 /* bytes before the @ */

#include <stdbool.h>

enum email_verdict {
	EMAIL_OK,
	EMAIL_EMPTY,
	EMAIL_AT,	/* no "@", or nothing before it */
	EMAIL_SEVERAL,	/* two addresses, or a second "@" */
	EMAIL_SPACE,	/* a space within */
	EMAIL_DOT,	/* the local part begins or ends with a dot, or doubles one */
	EMAIL_LOCAL,	/* a character that a local part cannot have */
	EMAIL_DOMAIN,	/* not a domain name */
	EMAIL_NO_POINT, /* a domain of one label */
	EMAIL_LONG,	/* over the limits of RFC 5321 */
};

/*
 * Checks an address: a dot-atom (RFC 5322, 3.2.3) before the "@", a domain name of two labels at
 * least behind it whose last is not a number, within the limits of RFC 5321 (local part 64 bytes,
 * whole 254). A domain with accents (IDNA 2008) is taken; a local part is ASCII. With EMAIL_OK
 * *normalised is the address with its domain in lower-case ASCII and its local part as given, for
 * the caller to free; else it is NULL. `normalised` may be NULL.
 */
enum email_verdict email_check(const char *text, char **normalised);

#endif
