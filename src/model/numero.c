#include "model/numero.h"

#include "lib/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PREFIX	   "ENR"
#define DIGITS_MIN 4
/* So that the number fits an int64_t and the rank an int32_t. */
#define DIGITS_MAX	18
#define RANK_DIGITS_MAX 9

void demande_numero(int64_t id, int64_t rang, char out[static NUMERO_SIZE])
{
	snprintf(out, NUMERO_SIZE, PREFIX "%04lldM%lld", (long long)id, (long long)rang);
}

bool demande_numero_formed(const char *text)
{
	const char *digits, *rest;
	size_t count, rank;

	if (strncasecmp(text, PREFIX, strlen(PREFIX)) != 0)
		return false;
	digits = text + strlen(PREFIX);
	count = strspn(digits, TEXT_DIGITS);
	rest = digits + count;
	if (count < DIGITS_MIN || count > DIGITS_MAX)
		return false;
	if (*rest == '\0')
		return true;
	rank = strspn(rest + 1, TEXT_DIGITS);
	return (*rest == 'M' || *rest == 'm') && rank > 0 && rank <= RANK_DIGITS_MAX &&
	       rest[1 + rank] == '\0';
}

int64_t demande_numero_parse(const char *text)
{
	char compact[TEXT_COMPACT_SIZE];

	text_compact(text, compact, sizeof(compact)); /* "" when it is none, or too long */
	return demande_numero_formed(compact) ? strtoll(compact + strlen(PREFIX), NULL, 10) : 0;
}

int64_t demande_numero_rank(const char *text)
{
	char compact[TEXT_COMPACT_SIZE];
	const char *rank;

	text_compact(text, compact, sizeof(compact));
	if (!demande_numero_formed(compact))
		return -1;
	rank = strpbrk(compact + strlen(PREFIX), "Mm");
	return rank != NULL ? strtoll(rank + 1, NULL, 10) : -1;
}
