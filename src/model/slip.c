#include "model/slip.h"

#include "lib/mem.h"
#include "lib/text.h"

#include <stdlib.h>
#include <string.h>

#define WORD_MAX   128 /* bytes of a word worth comparing */
#define SHORT_WORD 5   /* a word of fewer bytes may differ by one letter only */

/* What matters of a word when names are compared; NULL when it cannot be a slip of any. */
static char *plain_word(const char *word)
{
	char *plain = strlen(word) <= WORD_MAX ? text_fold(word) : NULL;

	for (char *c = plain; c != NULL && *c != '\0'; c++)
		if (*c == '-' || *c == ' ')
			*c = '_';
	return plain;
}

static unsigned distance(const char *plain, const char *known)
{
	unsigned limit = strlen(known) < SHORT_WORD ? 1 : 2, letters = SLIP_NONE;
	char *plain_known = plain_word(known);

	if (plain != NULL && plain_known != NULL)
		letters = text_distance(plain, plain_known, limit);
	free(plain_known);
	return letters <= limit ? letters : SLIP_NONE;
}

unsigned slip_between(const char *word, const char *known)
{
	char *plain = plain_word(word);
	unsigned letters = distance(plain, known);

	free(plain);
	return letters;
}

void slip_begin(struct slip_search *search, const char *word)
{
	*search = (struct slip_search){.plain = plain_word(word), .best = SLIP_NONE};
}

bool slip_consider(struct slip_search *search, const char *known, unsigned limit)
{
	unsigned letters = distance(search->plain, known);

	if (letters > limit || letters >= search->best)
		return false;
	search->best = letters;
	search->found = known;
	return true;
}

const char *slip_end(struct slip_search *search)
{
	free(search->plain);
	search->plain = NULL;
	return search->found;
}

char *slip_advice(const char *meant)
{
	return meant != NULL ? mem_printf(" Vouliez-vous dire « %s » ?", meant) : mem_strdup("");
}
