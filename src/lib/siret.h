/* SIREN and SIRET, the numbers of French enterprises and of their establishments (INSEE). */
#ifndef SEGUR_LIB_SIRET_H
#define SEGUR_LIB_SIRET_H

#include <stdbool.h>

/* Sizes of buffers, with the final NUL. */
#define SIREN_SIZE 10
#define SIRET_SIZE 15

enum siret_verdict {
	SIRET_OK,
	SIRET_LENGTH,	  /* only digits, but not 14 */
	SIRET_CHARACTERS, /* something else than digits and spaces */
	SIRET_CHECKSUM,
};

/*
 * Checks a SIRET as people write it: spaces, no-break ones included, are dropped. `siret` receives
 * the 14 digits (also with SIRET_CHECKSUM), "" with SIRET_LENGTH and SIRET_CHARACTERS. The sum is
 * Luhn's over the 14 digits; with La Poste's SIREN 356000000, a digit sum that is a multiple of 5
 * will do as well.
 */
enum siret_verdict siret_check(const char *text, char siret[static SIRET_SIZE]);

/* Whether the text begins with nine digits that satisfy Luhn: a SIREN, or a SIRET's first part. */
bool siren_is_valid(const char *nine_digits);

/* What the registers say in place of what INSEE may not publish. */
#define INSEE_UNPUBLISHED "[ND]"
/* Whether a text of the registers says something: neither empty nor in part unpublished. */
bool insee_is_published(const char *text);

#endif
