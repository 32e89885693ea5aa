/*
 * The night, a table of steps that `segur run` and `segur replay` share. A step that fails stops
 * the night with an error: what was committed stands, and the next night takes up the rest.
 */
#ifndef SEGUR_NIGHT_NIGHT_H
#define SEGUR_NIGHT_NIGHT_H

#include "intake/inbox.h"
#include "intake/pool.h"
#include "lib/buf.h"
#include "lib/date.h"
#include "publish/outbox.h"
#include "publish/output_files.h"
#include "rules/rules.h"

/* Why a drop could not be read: the first is its supplier's to mend, and no fault of ours. */
#define INCIDENT_CLOSED "le service n'a pas le droit de lire ce fichier"
#define INCIDENT_DISK	"le disque refuse de lire ce fichier"

struct night;

/* The steps of a night, in their order. */
enum night_step {
	/* Finishes what a killed run left: due outputs, answered files still there. */
	NIGHT_RECOVER,
	NIGHT_ASP_FILES, /* references, then decisions in the order received */
	NIGHT_ANALYSE,	 /* parses every drop in the sandbox, keeps a copy, looks up the SIRETs */
	NIGHT_DECIDE,	 /* judges the drops in the order received, records the verdicts */
	NIGHT_DELAYS,	 /* reminders to those who are awaited, documents that run out soon */
	/* The night's own backup; answers, mails, reports; answered files leave the inbox. */
	NIGHT_PUBLISH,
	NIGHT_END,
	NIGHT_STEP_COUNT,
};

/* Where a night that is played again gets its drops, instead of from the inbox and INSEE's files
 * (replay.h). Kept files are not kept again. */
struct night_source {
	void *context;
	/* Whether the original night came to that step. */
	bool (*reached)(void *context, const struct night *night, enum night_step step);
	const struct error *(*take_asp_files)(void *context, struct night *night);
	const struct error *(*list)(void *context, struct drops *drops); /* in the night's order */
	const struct error *(*open)(void *context, const struct drop *drop, int *fd);
	/* Puts the verdict that was given then in place of today's rules'; NULL: today's stands. */
	const struct error *(*judged)(void *context, const struct drop *drop,
				      struct findings *findings, struct facts *facts);
	/* Like register_scan (insee.h), into the night's own root. */
	const struct error *(*scan)(void *context, const uint64_t *sirets, size_t count);
};

struct night_options {
	const char *date;		   /* AAAA-MM-JJ for tests and replays; NULL: today */
	bool dry_run;			   /* everything is computed, nothing is written */
	bool force;			   /* also out of order: see night_begin */
	const struct night_source *source; /* NULL: the inbox */
};

struct analysis;
struct vault;

struct night {
	struct root *root;
	const struct night_options *options;
	int64_t id;
	char date[DATE_SIZE];
	bool forced; /* it is out of order, and was asked for */
	struct vault *vault;
	struct drops drops;
	struct analysis *analyses; /* one for each drop */
	int spool;		   /* the parsers' findings, until they are judged */
	uint64_t *sirets;	   /* those that tonight's drops name */
	size_t siret_count, siret_capacity;
	/* A register that is missing, without which nothing can be judged; NULL: all are there. */
	const char *missing;
	int64_t started_ms; /* monotonic */
	size_t deferred;    /* drops left to the next night, when this one's time was up */
	size_t unreleased;  /* answered files that could not be removed from the inbox */
	struct unpublished unpublished;
	bool unsaved; /* its own backup failed */
	struct output_files
	    reports; /* as they were published, until the night's end records them */
};

/* Gives the night its row and its number; night_close ends it, whatever came of it. A night older
 * than the last one is refused (ERR_DATA), and so is, where no date is given, one that the clock puts
 * far behind it: unless it is forced, which its row tells. */
const struct error *night_begin(struct root *root, const struct night_options *options,
				struct night *night);
/* Plays the night's steps; when it is played again, only those that the original came to. */
const struct error *night_play(struct night *night);
void night_close(struct night *night);

/* Says on standard error what an operator must hear of, a line a fact (run_notices.c). Returns the
 * exit code: ERR_CANT_WRITE when something could not be written, ERR_WAITS when drops wait for
 * something of ours, else 0. */
int run_notices(struct night *night);
/* The summary that a person reads after a run (run_summary.c). */
void summary_print(struct night *night);

#endif
