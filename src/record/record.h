/*
 * Records what a drop's verdict changes, in the caller's transaction: the answer, the
 * request, its event, the mails that are due. record.c writes the answer, record_demande.c
 * what an accepted drop changes.
 */
#ifndef SEGUR_RECORD_RECORD_H
#define SEGUR_RECORD_RECORD_H

#include "intake/inbox.h"
#include "record/record_rows.h"
#include "rules/rules.h"

/* The night that is being recorded. */
struct record_night {
	int64_t id;
	const char *date; /* AAAA-MM-JJ */
};

/* What every answer says of its drop. */
struct record_drop {
	const struct drop *drop;
	const char *received_at; /* instant in UTC, or the date that --date gave */
};

/* The name of the answer to a file: <file>_retour<extension>, then _retour-2… until one is not
 * taken. A name that is too long is cut, and a hash added. The caller frees it. */
typedef bool answer_taken(void *context, const char *name);
char *answer_file_name(const char *file, const char *extension, answer_taken *taken, void *context);

/* Records the verdict on findings that rules_apply has judged; returns the depot's id. */
int64_t record_findings(struct root *root, const struct record_night *night,
			const struct record_drop *drop, const struct findings *findings,
			const struct facts *facts);
/* Gives the first answer again (true) when the bytes are those of a submission recorded before. */
bool record_repeat(struct root *root, const struct record_night *night,
		   const struct record_drop *drop, const struct findings *findings);
/* Records our own fault: the drop stays in the inbox and is tried again. */
void record_incident(struct root *root, const struct record_night *night,
		     const struct record_drop *drop, const char *incident);

#endif
