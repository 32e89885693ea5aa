/*
 * The night, step by step; cmd_run.c calls them in this order. A step that fails stops the night
 * with an error: what was committed stands, and the next night takes up the rest.
 */
#ifndef SEGUR_NIGHT_H
#define SEGUR_NIGHT_H

#include "inbox.h"
#include "lib/buf.h"
#include "worker.h"

/* Where a night that is played again has its drops from, instead of the inbox and INSEE's files
 * (rejeu.h). What is kept already is not kept again. */
struct night_source {
	void *context;
	const struct error *(*list)(void *context, struct drops *drops); /* in the night's order */
	const struct error *(*open)(void *context, const struct drop *drop, int *fd);
	/* As register_scan (register_insee.h), into the night's own root. */
	const struct error *(*scan)(void *context, const uint64_t *sirets, size_t count);
};

struct night_options {
	const char *date;		   /* AAAA-MM-JJ for tests and replays; NULL: today */
	bool dry_run;			   /* everything is computed, nothing is written */
	const struct night_source *source; /* NULL: the inbox */
};

struct analysis;
struct conservation;

struct night {
	struct root *root;
	const struct night_options *options;
	int64_t id;
	char date[11];
	struct conservation *conservation;
	struct drops drops;
	struct analysis *analyses; /* one for each drop */
	int spool;		   /* the parsers' findings, until they are judged */
	uint64_t *sirets;	   /* that tonight's drops name */
	size_t siret_count, siret_capacity;
	const char
	    *missing; /* a register without which nothing can be judged; NULL: all are there */
	int64_t started_ms; /* monotonic */
	size_t deferred;    /* drops left to the next night: this one's time was up */
	size_t unreleased;  /* answered files that could not be removed from the inbox */
	size_t unpublished; /* outputs left due: they could not be written */
};

const struct error *night_begin(struct root *root, const struct night_options *options,
				struct night *night);
/* Finishes what a killed run left: due outputs, answered files still in the inbox. */
const struct error *night_recover(struct night *night);
/* The ASP's files: references, then decisions in the order received. */
const struct error *night_take_asp_files(struct night *night);
/* Parses every drop in the sandbox, keeps a copy of each, and looks up the SIRETs that they name.
 */
const struct error *night_analyse(struct night *night);
/* Judges the drops in the order received and records the verdicts, many to a transaction. */
const struct error *night_decide(struct night *night);
/* Reminders to suppliers who are awaited, and documents that run out soon (delais.h). */
const struct error *night_delays(struct night *night);
/* Answers, mails, returns, reports; then the answered files leave the inbox. */
const struct error *night_publish(struct night *night);
const struct error *night_end(struct night *night);
void night_close(struct night *night);

/* The summary that a person reads after a run (summary.c). */
void summary_print(struct night *night);

#endif
