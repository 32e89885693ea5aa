/*
 * Does the cage of the parsers stand? One is started as for a night; then what each wall must
 * prevent is tried, and what the kernel says of that process is read.
 */
#ifndef SEGUR_INTAKE_CAGE_H
#define SEGUR_INTAKE_CAGE_H

#include "lib/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cage_wall {
	const char *key, *name; /* for programs; in French */
	bool mandatory;		/* without it no parser starts */
	bool holds;
	char seen[160];	  /* in French: by what that was seen */
	char remedy[200]; /* in French: what to do about one that is absent */
};

extern const size_t cage_wall_count;

/* Examines each wall; `walls` is an array of cage_wall_count. `file_size`: the largest file that a
 * parser may write. An error: no parser starts, and it says why. */
const struct error *cage_examine(uint64_t file_size, struct cage_wall *walls);

#endif
