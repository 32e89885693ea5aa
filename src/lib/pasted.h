/*
 * Numbers and codes as people paste them: the one tolerance (INTERFACE, 2) for SIRET, SIREN, IBAN,
 * BIC, code postal, code banque, telephone, SHA-256 and a request's number. Unicode's spaces,
 * invisible and direction marks, hyphens, dashes, points, slashes, parentheses and quotes are
 * decoration; so is a leading word ("IBAN", "n°", "tel:"…) with its colon, and the ="…" by which
 * spreadsheets keep a text. What a spreadsheet makes of a number is none: it may hide digits.
 */
#ifndef SEGUR_LIB_PASTED_H
#define SEGUR_LIB_PASTED_H

#include <stdbool.h>
#include <stddef.h>

#define CODE_POSTAL_DIGITS 5
#define CODE_BANQUE_DIGITS 5
#define PASTED_SIZE	   40 /* of a buffer for any code but a hash, with its end */

/* The bytes of the decoration that a text begins with; 0 when it begins with something else. */
size_t pasted_decoration(const char *text);
/* Where what was written begins, after decoration and the sign that begins ="…". */
const char *pasted_text(const char *text);
/* Where the number or the code begins, after its leading words besides. */
const char *pasted_start(const char *text);

#define PASTED_FOREIGN ((size_t)-1)

/*
 * Copies a code without its decoration, ASCII letters in upper case. Returns how many characters it
 * has; PASTED_FOREIGN when there is anything else than ASCII letters, digits and decoration. `out`,
 * of `size` bytes, is "" then and when it is too small.
 */
size_t pasted_code(const char *text, char *out, size_t size);
/* The same, a leading word taken for a part of the code. */
size_t pasted_code_whole(const char *text, char *out, size_t size);

enum number_fault {
	NUMBER_OK,
	NUMBER_EMPTY,	 /* no digit at all */
	NUMBER_FOREIGN,	 /* something that is neither a digit nor decoration, at `foreign` */
	NUMBER_DECIMAL,	 /* ends in ".0" or ",0": 1000.0 is not 10000 */
	NUMBER_EXPONENT, /* "7,3E+13": digits are lost */
	NUMBER_SHORT,
	NUMBER_LONG,
};

struct number {
	enum number_fault fault;
	/* Without decoration. With NUMBER_DECIMAL what stands before the mark, with
	 * NUMBER_EXPONENT and NUMBER_FOREIGN none; the first ones of a longer number. */
	char digits[PASTED_SIZE];
	size_t count;	     /* of all digits, also of those that `digits` has no room for */
	const char *foreign; /* with NUMBER_FOREIGN: in the text */
};

/* Reads a number of `wanted` digits; 0: of any length. */
struct number number_read(const char *text, size_t wanted);

/*
 * Reads a hash of `digits` hexadecimal digits, alone or in what a tool says of a file: the one run
 * of so many that stands apart ("<hash>  rib.pdf", "SHA256 (rib.pdf) = <hash>"). `out` receives
 * them as they stand; "" when false.
 */
bool pasted_hash(const char *text, size_t digits, char *out);

#endif
