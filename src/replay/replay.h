/*
 * A past night played again. In a new root every night is played, from the first to the last of
 * that date, from what the original kept: the ASP's files, the drops, and the decisions between
 * nights, each as it was received and in its order. The code is the night's own (night.h). Then
 * what both roots say of that date is compared.
 *
 * INSEE's files are not needed: the rows that a night used are part of its record. A drop that was
 * not read then (it is too big, no file, or an incident of ours) is taken as its row says it.
 * Archives are read where they are, and not kept again. What is gone cannot be played: after a
 * purge, or once segur.conf has changed, the past is no longer a function of what is kept.
 */
#ifndef SEGUR_REPLAY_REPLAY_H
#define SEGUR_REPLAY_REPLAY_H

#include "keep/vault.h"
#include "lib/date.h"
#include "lib/dir.h"

#include <stddef.h>

struct replay_night {
	int64_t id;	      /* in the original */
	int64_t replayed;     /* in the replay; 0: not yet */
	char date[DATE_SIZE]; /* AAAA-MM-JJ */
	char *programme;      /* the versions that played it */
	char *regles;
	bool interrupted; /* it did not come to its end */
	bool other;	  /* another version than this one played it: see replay_verdict.c */
};

/* --- what was found --- */

#define REPLAY_SHOWN 20 /* differences that are shown of each sort; all are counted */

enum replay_sort {
	REPLAY_ALTERED,	  /* it is not what it was, or segur.conf has changed */
	REPLAY_OTHERWISE, /* today's rules or words would say it otherwise: no harm is done */
	REPLAY_SORT_COUNT
};

/* One kind of thing that was compared. */
struct replay_item {
	const char *name; /* French */
	size_t compared, differences[REPLAY_SORT_COUNT];
};

struct replay_difference {
	const char *item;
	char *where;		   /* the output and the line, or the row and the column */
	char *original, *replayed; /* what stands there; NULL: nothing does */
};

struct replay_report {
	struct replay_item *items;
	size_t count, capacity;
	struct replay_difference shown[REPLAY_SORT_COUNT][REPLAY_SHOWN];
	size_t shown_count[REPLAY_SORT_COUNT];
	bool reports_missing; /* the date's reports are not in the original's outbox any more */
};

struct replay {
	struct root *original;	/* opened by root_open_snapshot */
	struct vault *archives; /* the original's, to be read */
	struct root root;	/* the new one */
	int target;		/* its folder, locked; -1 when there is none */
	struct replay_night *nights;
	size_t count, capacity; /* nights to play; the last is the last of the date */
	const struct replay_night *past_night; /* the one being played */
	/* INSEE's files in force, by kind: ids in the original and in the replay; 0: none yet. */
	struct {
		int64_t original, replayed;
	} stocks[2];
	size_t decisions_refused; /* decisions of `segur decide` that could not be applied again */
	struct names otherwise;	  /* drops, as rows call them, that today's rules judge otherwise */
	struct replay_report report;
};

/* Checks that the date's nights can be played, and makes the root `target`, which must not exist
 * or be empty. `key`: path of the private key of encrypted archives, or NULL. ERR_DATA: no such
 * night, or something it needs is no longer kept; ERR_USAGE: the key is wanted. */
const struct error *replay_open(struct replay *replay, struct root *original, const char *key,
				const char *date, const char *target);
/* Plays each night, and compares its rows: see replay->report. */
const struct error *replay_play(struct replay *replay);
void replay_close(struct replay *replay);

/* Compares what the date's nights published. */
const struct error *replay_compare(struct replay *replay);

#endif
