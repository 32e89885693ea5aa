#include "model/choice.h"

#include "lib/text.h"
#include "model/slip.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

const struct choice choice_boolean[] = {
    {"oui", "oui"},   {"true", "oui"}, {"vrai", "oui"}, {"non", "non"},
    {"false", "non"}, {"faux", "non"}, {NULL, NULL},
};

/* What counts of a name, for the caller to free; NULL when it is no text. */
static char *essence(const char *text)
{
	char *folded = text_fold(text), *to = folded;

	for (const char *at = folded; at != NULL && *at != '\0'; at++)
		if (strchr(" -_", *at) == NULL)
			*to++ = *at;
	if (to != NULL)
		*to = '\0';
	return folded;
}

bool choice_is(const char *text, const char *name)
{
	char *given, *wanted;
	bool same;

	if (strcmp(text, name) == 0)
		return true;
	given = essence(text);
	wanted = essence(name);
	same = given != NULL && wanted != NULL && given[0] != '\0' && strcmp(given, wanted) == 0;
	free(given);
	free(wanted);
	return same;
}

const char *choice_read(const struct choice *choices, const char *text)
{
	for (; choices->name != NULL; choices++)
		if (choice_is(text, choices->name))
			return choices->value;
	return NULL;
}

const char *choice_near(const struct choice *choices, const char *text)
{
	struct slip_search search;
	const char *near = NULL;

	slip_begin(&search, text);
	for (; choices->name != NULL; choices++)
		if (slip_consider(&search, choices->name, SLIP_NONE - 1))
			near = choices->value;
	slip_end(&search);
	return near;
}
