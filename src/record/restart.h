/*
 * A root that was restored from a backup goes on behind what the nights since that backup gave:
 * request numbers, mails, events and links of the journal are given once, whatever was lost. Each
 * restoration is a row (`reprises`). Where something may have been given since, it is a link of the
 * chain too, with a text of its own kind (docs/journal.md): it says which link it follows, and the
 * next event's rank is the next.
 *
 * Where only the days of the lost nights are known, the gap holds all that they can have given:
 *
 *   - no day records more than DAY_DROPS_MAX drops, whatever the number of its nights
 *     (restart_room), and a request is a drop;
 *   - no day writes DAY_ROWS_MAX events or mails: each is a row of some 300 bytes, so they would be
 *     300 GB, written in one day.
 */
#ifndef SEGUR_RECORD_RESTART_H
#define SEGUR_RECORD_RESTART_H

#include "lib/buf.h"
#include "lib/date.h"
#include "store/root.h"

#include <stdbool.h>
#include <stdint.h>

#define DAY_DROPS_MAX 100000
#define DAY_ROWS_MAX  1000000000ll

/* The highest of each kind that was given. */
struct given {
	int64_t demande, mail, evenement, rang;
};

struct restart {
	char day[DATE_SIZE];   /* of the restoration */
	int64_t night;	       /* the last night of the backup; 0: none */
	const char *backup;    /* its SHA-256 */
	const char *source;    /* "aucune", "date", "outbox": what told of the nights since */
	char last[DATE_SIZE];  /* the day of the last night that went out; "" when nothing told */
	char first[DATE_SIZE]; /* the first day on which a night may be played; "" for any */
	const char *missing;   /* days of nights that are known to be missing, separated by | */
	int64_t lost;	       /* request numbers that are known to be lost */
	struct given behind; /* what the next ones go behind; of rang, the restoration's own link */
	int64_t previous;    /* the rank of the link before; 0: none */
	bool gap;	     /* it is a link of the chain */
};

/* Reads what was given until now, and the newest day of a night ("" for none) and its id. */
void restart_given(struct root *root, struct given *given, char day[static DATE_SIZE],
		   int64_t *night);
/* Records the restoration, in the caller's transaction. */
void restart_record(struct root *root, const struct restart *restart);
/* Records again that of a row of restart_all, for a past that is played again. */
void restart_repeat(struct root *root, sqlite3_stmt *row);
/* The text of its link at that rank, appended to an empty `out`. */
void restart_text(const struct root *root, const struct restart *restart, int64_t rang,
		  struct buf *out);

/* ERR_DATA when a night of that day could give something twice. */
const struct error *restart_check_day(struct root *root, const char *day);
/* How many more drops that day may record. */
size_t restart_room(struct root *root, const char *day);

#endif
