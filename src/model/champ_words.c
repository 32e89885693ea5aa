#include "model/champ_words.h"

#include "lib/mem.h"
#include "model/dossier.h"

#include <stdlib.h>
#include <string.h>

static const char *known_words(const char *chemin)
{
	for (size_t i = 0; i < CHAMP_COUNT; i++)
		if (strcmp(champ_table[i].chemin, chemin) == 0)
			return champ_table[i].words;
	for (size_t i = 0; section_words[i].chemin != NULL; i++)
		if (strcmp(section_words[i].chemin, chemin) == 0)
			return section_words[i].words;
	return NULL;
}

/* "pieces[2].fichier": people count from 1. */
static char *item_words(const char *chemin)
{
	char *end;
	unsigned long index = strtoul(chemin + strlen("pieces["), &end, 10);
	char *key = *end == ']' ? mem_printf("pieces[]%s", end + 1) : NULL;
	const char *words = key != NULL ? known_words(key) : NULL;
	char *found = words != NULL ? mem_printf("%s n° %lu", words, index + 1) : NULL;

	free(key);
	return found;
}

char *champ_words(const char *chemin)
{
	const char *words = known_words(chemin);
	char *found = NULL;

	if (words == NULL && strncmp(chemin, "pieces[", strlen("pieces[")) == 0)
		found = item_words(chemin);
	if (words == NULL && strncmp(chemin, "archive/", strlen("archive/")) == 0)
		words = chemin + strlen("archive/");
	return found != NULL ? found : mem_strdup(words != NULL ? words : chemin);
}

const char *piece_words(const char *name)
{
	for (unsigned i = 0; i < PIECE_TYPE_COUNT; i++)
		if (choice_is(name, piece_type_table[i].name) ||
		    choice_is(name, piece_type_table[i].label))
			return piece_type_table[i].label;
	return NULL;
}
