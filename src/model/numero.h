/* The number of a request: ENR + at least four digits + M + rank (guide p. 24). */
#ifndef SEGUR_MODEL_NUMERO_H
#define SEGUR_MODEL_NUMERO_H

#include <stdbool.h>
#include <stdint.h>

#define NUMERO_SIZE 40 /* of a buffer for any number, with its end */

void demande_numero(int64_t id, int64_t rang, char out[static NUMERO_SIZE]);
/* Reads "ENR0601", with or without a rank, spaces and case tolerated; 0 when it is not a number. */
int64_t demande_numero_parse(const char *text);
/* The rank that such a number names; -1 when it names none, or is no number. */
int64_t demande_numero_rank(const char *text);
/* Whether a text has that form, with or without a rank, case tolerated (guide p. 21: ENR0601M0). */
bool demande_numero_formed(const char *text);

#endif
