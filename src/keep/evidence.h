/* What the outbox of a lost root still shows of its nights. Readers may have fetched any part of
 * it, and suppliers write into their folders: nothing in it is believed beyond what it can be. */
#ifndef SEGUR_KEEP_EVIDENCE_H
#define SEGUR_KEEP_EVIDENCE_H

#include "publish/given.h"

#define EVIDENCE_DAYS_MAX 366 /* days after the backup that are looked at */

struct evidence {
	bool told; /* there is a file of what was given, and nothing else goes beyond it */
	struct given_file file;
	bool any;     /* something shows a night of the first day or later */
	int32_t last; /* the newest such day */
	/* Whether there was a night on that day after the first. */
	bool nights[EVIDENCE_DAYS_MAX + 1];
};

/* Reads the outbox at `path`, or in the root there. `first` is the day of the backup's last night,
 * `known` what it had given. ERR_DATA: there is none. */
const struct error *evidence_read(const char *path, int32_t first, const struct given *known,
				  struct evidence *evidence);

#endif
