/* The words of parse_yaml: libyaml's complaints in French, and the key that was meant. */
#ifndef SEGUR_PARSER_YAML_WORDS_H
#define SEGUR_PARSER_YAML_WORDS_H

#include "model/anomalie.h"

#include <stdbool.h>

/* What libyaml's complaint may come from (yaml_cause.h). */
enum yaml_fault {
	FAULT_OTHER,
	FAULT_START, /* a value or a line begins with a sign that YAML keeps for itself */
	FAULT_INDENT,
	FAULT_COLON,	/* one too many */
	FAULT_NO_COLON, /* or no space after it */
	FAULT_QUOTE,	/* not closed */
	FAULT_FLOW,	/* between braces; the value before it may be cut */
};

struct yaml_problem {
	const char *problem; /* libyaml's text */
	enum anomalie_code code;
	bool at_context; /* the fault is where the construct begins, not where libyaml gave up */
	const char *detail;
	enum yaml_fault fault;
};

/* Never NULL: a problem that the table lacks, or NULL, gets a general sentence. */
const struct yaml_problem *yaml_problem_of(const char *problem);

/*
 * The known key that an unknown one was meant to be, as its whole key path: a near miss (case,
 * accents, dashes, one or two letters) among the keys of the same section, else the same word in
 * another one. `section` is "" at the top, "pieces[]" in a piece. NULL when none is near; the
 * caller frees it.
 */
char *yaml_meant(const char *section, const char *key);

/* How the section at that key path, an item of the list or (YAML_PATH) the whole is to be written: a
 * sentence without its final point, for the caller to free. */
char *yaml_form(const char *chemin);

#endif
