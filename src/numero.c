#include "lib/text.h"
#include "outbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHIFFRES_MIN 4
#define CHIFFRES_MAX 18 /* what surely fits an int64_t */

void demande_numero(int64_t id, int64_t rang, char out[static 40])
{
	snprintf(out, 40, "ENR%04lldM%lld", (long long)id, (long long)rang);
}

int64_t demande_numero_parse(const char *text)
{
	char compact[64];
	const char *digits = compact + strlen("ENR"), *rest;
	size_t count;

	text_compact(text, compact, sizeof(compact)); /* "" when it is none, or too long */
	if (strncmp(compact, "ENR", strlen("ENR")) != 0)
		return 0;
	count = strspn(digits, "0123456789");
	rest = digits + count;
	if (count < CHIFFRES_MIN || count > CHIFFRES_MAX)
		return 0;
	if (*rest == 'M') {
		size_t rank = strspn(rest + 1, "0123456789");

		rest = rank > 0 ? rest + 1 + rank : rest;
	}
	return *rest == '\0' ? strtoll(digits, NULL, 10) : 0;
}
