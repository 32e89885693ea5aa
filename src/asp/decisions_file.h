/* A decisions file of the ASP (INTERFACE, 4). */
#ifndef SEGUR_ASP_DECISIONS_FILE_H
#define SEGUR_ASP_DECISIONS_FILE_H

#include "asp/asp_file.h"

/* Applies a file row by row; each row is answered in retours_asp. */
const struct error *decisions_take(struct root *root, const struct asp_file *file, const char *date,
				   bool *taken);

#endif
