/*
 * Backup and restore. A backup is one file: a SQLite database that holds the installation's, as it
 * was at one instant even while a night runs, and the files that the latter names (kept archives,
 * reference files, segur.conf, the secret), each with its SHA-256; a last line seals it whole. It
 * holds identity papers and the secret: it is made 0600, and is to be kept as such.
 */
#ifndef SEGUR_KEEP_BACKUP_H
#define SEGUR_KEEP_BACKUP_H

#include "record/restart.h"
#include "store/root.h"

#include <stddef.h>

#define RESTORE_MISSING_MAX 400 /* nights that are named */

struct backup_report {
	size_t files;
	uint64_t bytes; /* of those files */
	/* After a restoration: mails that the next night sends, though the lost machine may have
	 * sent them after the backup; mails that it was handing over, which count as sent; and
	 * those that were due, but which a later night has sent. */
	size_t mails_due, mails_in_doubt, mails_gone;
	size_t insee_missing; /* INSEE's files that the backup left out */
	struct restart restart;
	char *missing;	       /* what restart.missing points to; freed by backup_report_free */
	char night[DATE_SIZE]; /* the day of the backup's last night; "" when there is none */
};

/* What is known of the nights since the backup; NULL, NULL: nothing is told. */
struct restore_options {
	const char *after;  /* AAAA-MM-JJ: the day of the last that went out */
	const char *outbox; /* the old root, or its outbox */
};

/* Writes the backup to `path`, which must not exist (ERR_CANT_WRITE), checks it, and only then
 * gives it its name. Without `insee`, INSEE's stock files are left out: they are published. */
const struct error *backup_write(struct root *root, const char *path, bool insee,
				 struct backup_report *report);
/* Writes the night's own backup, when segur.conf names a folder, and removes those that are too
 * old once it is good. */
const struct error *backup_night(struct root *root, const char *day, int64_t night);
/*
 * Makes the root `target`, which must not exist or be empty, from a backup; every file is checked
 * against its hash. ERR_DATA: the file is no backup, is damaged, or comes from a newer program. A
 * backup of an older program is migrated. Answers are due again; mails are not. What a later night
 * gave is not given again (restart.h), as far as the options tell of it. A restoration that was
 * stopped anywhere is done again by the same call.
 */
const struct error *backup_restore(const char *path, const char *target,
				   const struct restore_options *options,
				   struct backup_report *report);
void backup_report_free(struct backup_report *report);

#endif
