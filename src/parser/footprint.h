/*
 * What a parser holds of memory, so that no archive and no succession of archives makes it hold
 * more than 32 MiB (resident: what it allocates, and what it has touched of the libraries' files).
 */
#ifndef SEGUR_PARSER_FOOTPRINT_H
#define SEGUR_PARSER_FOOTPRINT_H

#include "lib/error.h"

#include <stddef.h>

/* How malloc gives memory back. Once, before anything large is allocated. */
const struct error *footprint_setup(void);

/* Gives back a read-only mapping of a file in the same way. */
void footprint_drop(const void *address, size_t length);

/* Gives back what is free in malloc's heap, holes included: after what took much. */
void footprint_trim(void);

/*
 * The same, and what was touched of the program's and the libraries' files: after a start, and a
 * PDF that took much. What is needed again comes back from the page cache; nothing is opened.
 */
void footprint_give_back(void);

#endif
