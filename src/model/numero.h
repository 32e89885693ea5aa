/* The number of a request: ENR + at least four digits + M + rank (guide p. 24). */
#ifndef SEGUR_MODEL_NUMERO_H
#define SEGUR_MODEL_NUMERO_H

#include <stdbool.h>
#include <stdint.h>

#define NUMERO_SIZE 40 /* of a buffer for any number, with its end */

void demande_numero(int64_t id, int64_t rang, char out[static NUMERO_SIZE]);
/* Reads a number as people paste it (pasted.h), with or without its rank (guide p. 21: ENR0601M0).
 * `out` receives it in upper case; "" when it is none. */
bool demande_numero_read(const char *text, char out[static NUMERO_SIZE]);
/* The request that such a text names; 0 when it is not a number. */
int64_t demande_numero_parse(const char *text);
/* The rank that such a number names; -1 when it names none, or is no number. */
int64_t demande_numero_rank(const char *text);

#endif
