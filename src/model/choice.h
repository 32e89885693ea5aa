/*
 * Enumerations and decisions as people write them (INTERFACE, 2): case, accents, spaces, hyphens
 * and underscores do not count. One function for all of them, in dossier.yaml, the ASP's files and
 * on the command line.
 */
#ifndef SEGUR_MODEL_CHOICE_H
#define SEGUR_MODEL_CHOICE_H

#include <stdbool.h>

/* Whether a text is that name. */
bool choice_is(const char *text, const char *name);

/* A name, and what it stands for. A list ends with a NULL name. */
struct choice {
	const char *name, *value;
};

/* The value that a text names; NULL when it names none. */
const char *choice_read(const struct choice *choices, const char *text);

/* The value that a text which names none was meant to name: by a near miss (slip.h) of a name. NULL
 * when none is near. */
const char *choice_near(const struct choice *choices, const char *text);

/* "oui" or "non"; Excel in French writes VRAI and FAUX. */
extern const struct choice choice_boolean[];

#endif
