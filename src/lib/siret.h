/* SIREN and SIRET, the numbers of French enterprises and of their establishments (INSEE). */
#ifndef SEGUR_LIB_SIRET_H
#define SEGUR_LIB_SIRET_H

#include <stdbool.h>

/* Sizes of buffers, with the final NUL. */
#define SIREN_SIZE 10
#define SIRET_SIZE 15

enum siret_verdict {
	SIRET_OK,
	SIRET_FORM, /* not 14 digits: number_read says why */
	SIRET_CHECKSUM,
};

/*
 * Checks a SIRET as people paste it (pasted.h). `siret` receives the 14 digits (also with
 * SIRET_CHECKSUM), "" with SIRET_FORM. The sum is Luhn's over the 14 digits; with La Poste's SIREN
 * 356000000, a digit sum that is a multiple of 5 will do as well.
 */
enum siret_verdict siret_check(const char *text, char siret[static SIRET_SIZE]);

/* Whether the text begins with nine digits that satisfy Luhn: a SIREN, or a SIRET's first part. */
bool siren_is_valid(const char *nine_digits);

/* What the registers say in place of what INSEE may not publish. */
#define INSEE_UNPUBLISHED "[ND]"
/* Whether a text of the registers says something: neither empty nor in part unpublished. */
bool insee_is_published(const char *text);

#endif
