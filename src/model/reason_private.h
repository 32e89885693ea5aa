/* Shared by the files of reason. */
#ifndef SEGUR_MODEL_REASON_PRIVATE_H
#define SEGUR_MODEL_REASON_PRIVATE_H

#include "lib/pasted.h"
#include "model/reason.h"

#include <stdbool.h>
#include <stddef.h>

/* reason.c: a reason of two literals. */
struct reason reason_say(const char *why, const char *remedy);

/* A number of so many digits; `right` tells the sound ones as far as the number itself can. */
struct number_form {
	size_t wanted;
	bool (*right)(const char *digits);
	const char *again; /* where people find it: the remedy when nothing exact can be told */
};

/* reason_number.c: why a text is not such a number; of one that was read, why it is too long. */
struct reason reason_number(const struct number_form *form, const char *text);
struct reason reason_long_number(const struct number_form *form, const struct number *number);
/* The sign at `at` is no digit. */
struct reason reason_foreign_sign(const char *at, const char *again);
/* The character that stands at `at`, or its number when it cannot be shown; the caller frees it. */
char *reason_shown_character(const char *at);

#endif
