/* Why a text is no YAML, and the line to type instead, as far as the line itself tells. */
#ifndef SEGUR_PARSER_YAML_CAUSE_H
#define SEGUR_PARSER_YAML_CAUSE_H

#include "model/reason.h"
#include "parser/yaml_words.h"

#include <stddef.h>

/* `line` counts from 0, as libyaml does: where the fault is. The reason is the caller's
 * to free. It has no text when the line tells no more than libyaml. */
struct reason yaml_cause(const char *text, enum yaml_fault fault, size_t line);

#endif
