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

static bool is_separator(char byte)
{
	return strchr(" -_", byte) != NULL;
}

bool choice_is(const char *text, const char *name)
{
	char *given, *wanted;
	bool same;

	if (strcmp(text, name) == 0)
		return true;
	given = text_fold_without(text, is_separator);
	wanted = text_fold_without(name, is_separator);
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
