#include "model/numero.h"

#include "lib/pasted.h"
#include "lib/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX	   "ENR"
#define DIGITS_MIN 4
/* So that the number fits an int64_t and the rank an int32_t. */
#define DIGITS_MAX	18
#define RANK_DIGITS_MAX 9

void demande_numero(int64_t id, int64_t rang, char out[static NUMERO_SIZE])
{
	snprintf(out, NUMERO_SIZE, PREFIX "%04lldM%lld", (long long)id, (long long)rang);
}

bool demande_numero_read(const char *text, char out[static NUMERO_SIZE])
{
	const char *digits = out + strlen(PREFIX), *rest;
	size_t count, rank;

	pasted_code(text, out, NUMERO_SIZE); /* "" when it is none, or too long */
	if (strncmp(out, PREFIX, strlen(PREFIX)) == 0) {
		count = strspn(digits, TEXT_DIGITS);
		rest = digits + count;
		rank = *rest != '\0' ? strspn(rest + 1, TEXT_DIGITS) : 0;
		if (count >= DIGITS_MIN && count <= DIGITS_MAX &&
		    (*rest == '\0' || (*rest == 'M' && rank > 0 && rank <= RANK_DIGITS_MAX &&
				       rest[1 + rank] == '\0')))
			return true;
	}
	out[0] = '\0';
	return false;
}

int64_t demande_numero_parse(const char *text)
{
	char numero[NUMERO_SIZE];

	return demande_numero_read(text, numero) ? strtoll(numero + strlen(PREFIX), NULL, 10) : 0;
}

int64_t demande_numero_rank(const char *text)
{
	char numero[NUMERO_SIZE];
	const char *rank = demande_numero_read(text, numero) ? strchr(numero, 'M') : NULL;

	return rank != NULL ? strtoll(rank + 1, NULL, 10) : -1;
}
