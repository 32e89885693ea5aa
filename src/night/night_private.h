/* Shared by the files of the night. */
#ifndef SEGUR_NIGHT_NIGHT_PRIVATE_H
#define SEGUR_NIGHT_NIGHT_PRIVATE_H

#include "keep/copy.h"
#include "night/night.h"

#include <sys/types.h>

enum analysis_state {
	ANALYSIS_SKIPPED, /* answered already, or changed while we looked: not tonight */
	ANALYSIS_COPIED,  /* a parser has it, or will have it */
	/* The findings lie in the spool, as the parser sent them: those of a whole night are too
	 * much for memory, with a dossier.yaml of up to `dossier_octets` each. */
	ANALYSIS_SPOOLED,
	ANALYSIS_REFUSED, /* refused without a parser: empty, too big, or not a file */
	ANALYSIS_INCIDENT,
};

struct analysis {
	enum analysis_state state;
	off_t offset; /* in the spool */
	uint32_t length;
	const char *incident;
	struct copy copy; /* of the drop; open from its taking to the parser's answer */
	bool prepared;	  /* the copy has its temporary name in the vault */
};

/* The steps that have files of their own. */
const struct error *night_recover(struct night *night);
const struct error *night_analyse(struct night *night);
/* Copies and hashes one drop, and gives it its state: ANALYSIS_COPIED when a parser must read it. */
const struct error *night_copy_drop(struct night *night, size_t index);
const struct error *night_decide(struct night *night);
const struct error *night_publish(struct night *night);

/* Whether this night keeps the drops that it reads. */
bool night_keeps(const struct night *night);
/* The order in which this night reads the inbox. */
enum inbox_order night_order(const struct night *night);
#define INSTANT_SIZE 32 /* of a date or an instant as it is stored, with its end */

/* When the drop was received: the date that was given, or the instant in UTC. */
void night_received_at(const struct night *night, const struct drop *drop,
		       char text[static INSTANT_SIZE]);
/* Windows and validity are judged on the day of deposit, not on the night that reads it. */
int32_t night_deposit_day(const struct night *night, const struct drop *drop);

#endif
