/* Whether a stock file of INSEE can be believed (INTERFACE, 4), before it replaces its predecessor. */
#ifndef SEGUR_ASP_INSEE_CHECK_H
#define SEGUR_ASP_INSEE_CHECK_H

#include "asp/asp_file.h"
#include "model/anomalie.h"

/* Reads the whole copy; what is wrong with its header, its keys, its lines or its end goes to
 * `faults`. `*rows` are those that can be found by their key. `in_force` is the SHA-256 of the file
 * that it would replace; "" when there is none. */
const struct error *insee_check(struct root *root, const struct asp_copy *copy, enum asp_kind kind,
				const char *in_force, int64_t *rows, struct anomalies *faults);

#endif
