/*
 * The end of what is kept (RGPD): identity papers of finished requests first, then their whole
 * dossiers; drops that made no request; dated reports. Numbers, statuses, dates, SIRETs, hashes and
 * the journal stay. The record (table effacements) is also what tells what is kept still:
 *
 *   documents to keep are durable alone ─► rows say what is due (commit) ─► files go (sync)
 *   ─► texts go, rows say so (commit) ─► the database file is written anew ─► rows say so
 *
 * A purge that is killed anywhere is finished by the next one.
 */
#ifndef SEGUR_KEEP_PURGE_H
#define SEGUR_KEEP_PURGE_H

#include "keep/vault.h"

#include <stdbool.h>
#include <stddef.h>

struct purge_options {
	const char *date; /* AAAA-MM-JJ: durations end on that day */
	const char *key;  /* private key of encrypted archives; NULL: none */
	bool dry_run;	  /* says the same, changes nothing */
};

struct purge_report {
	size_t identites, dossiers, refus, rapports; /* erased */
	size_t documents, archives;
	size_t encrypted;	    /* files that were kept plain, before there was a certificate */
	size_t waiting_for_key;	    /* requests whose identity papers need the key */
	size_t waiting_for_outputs; /* requests and drops that have outputs due */
	size_t failures;	    /* requests whose kept archive does not give its documents */
	size_t resumed;		    /* rows that a killed purge had left */
};

/* Says on standard output what it erases, line by line. An error stops it; the next purge finishes
 * what was written as due. */
const struct error *purge_run(struct root *root, const struct purge_options *options,
			      struct purge_report *report);

/* For purge.c: takes away all that is written as due, in files, texts and the database file. */
const struct error *purge_finish(struct root *root, struct vault *room, const char *date);

#endif
