/*
 * Near misses: which of the known words an unknown one was meant to be. One measure and one sentence
 * for keys, enumerations, types of documents, decisions, columns and names of files.
 */
#ifndef SEGUR_MODEL_SLIP_H
#define SEGUR_MODEL_SLIP_H

#include <stdbool.h>

#define SLIP_NONE 3 /* letters apart, or more: no slip */

/* How far a word is from a known one, once case, accents, spaces and dashes no longer count: 0 to 2,
 * or SLIP_NONE. Short words may differ by one letter only. */
unsigned slip_between(const char *word, const char *known);

/* The nearest of the words that were considered; of two equals the earlier. */
struct slip_search {
	char *plain; /* what was given, as it is compared */
	unsigned best;
	const char *found; /* the caller's own text; NULL for none */
};

void slip_begin(struct slip_search *search, const char *word);
/* Considers a word that is at most `limit` letters away; true when it is the nearest so far. */
bool slip_consider(struct slip_search *search, const char *known, unsigned limit);
/* Gives back what slip_begin took, and returns the word found. */
const char *slip_end(struct slip_search *search);

/* " Vouliez-vous dire « rib » ?", as a message ends with it; "" for NULL. The caller frees it. */
char *slip_advice(const char *meant);

#endif
