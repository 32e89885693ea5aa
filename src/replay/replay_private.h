/* Shared by the files of the replay's room. */
#ifndef SEGUR_REPLAY_REPLAY_PRIVATE_H
#define SEGUR_REPLAY_REPLAY_PRIVATE_H

#include "night/night.h"
#include "replay/replay.h"

/* Makes the source of the night that is being played: its drops, the ASP's files, and
 * how far the original came. */
void replay_source(struct replay *replay, struct night_source *source);
/* Applies the decisions made after that night of the original; 0: before the first. */
const struct error *replay_commands(struct replay *replay, int64_t after);

/* --- a night of another version (replay_verdict.c) --- */

/* See struct night_source and struct asp_past: the verdicts that the original gave. */
const struct error *replay_verdict(void *context, const struct drop *drop,
				   struct findings *findings, struct facts *facts);
/* `file`: the original's row of the decisions file. */
struct replay_decisions {
	struct replay *replay;
	int64_t file;
};
bool replay_refused(void *context, uint64_t order, struct anomalies *anomalies);
/* Gives the signals of the night that was played the words that they had: later reports show them. */
const struct error *replay_words(struct replay *replay);
/* Whether today's rules judge that drop otherwise, by its title (replay.sql). */
bool replay_judged_otherwise(const struct replay *replay, const struct replay_night *past_night,
			     const char *title);

/* --- what was found (replay_compare.c, replay_report.c) --- */

/* Compares the rows of a night that was played, before the next one is. */
void replay_compare_night(struct replay *replay, const struct replay_night *past_night);

/* The place of the item of that name, which must last as long as the report. */
size_t replay_item(struct replay_report *report, const char *name);
void replay_differ(struct replay_report *report, size_t at, enum replay_sort sort,
		   const char *where, const char *original, const char *replayed);
void replay_report_free(struct replay_report *report);

#endif
