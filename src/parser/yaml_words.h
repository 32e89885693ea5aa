/* The words of parse_yaml: libyaml's complaints in French, and the key that was meant. */
#ifndef SEGUR_PARSER_YAML_WORDS_H
#define SEGUR_PARSER_YAML_WORDS_H

#include "model/anomalie.h"

#include <stdbool.h>

struct yaml_problem {
	const char *problem; /* libyaml's text */
	enum anomalie_code code;
	bool at_context; /* the fault is where the construct begins, not where libyaml gave up */
	const char *detail;
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

#endif
