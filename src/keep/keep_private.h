/* Shared by the files of the keep room that handle backups. */
#ifndef SEGUR_KEEP_KEEP_PRIVATE_H
#define SEGUR_KEEP_KEEP_PRIVATE_H

#include "keep/backup.h"
#include "lib/sha256.h"

/* The folders of the files that the database names, and the files without which it is of no use. */
#define BACKUP_FOLDERS 2
#define BACKUP_SINGLES 2
extern const char *const backup_folders[BACKUP_FOLDERS];
extern const char *const backup_singles[BACKUP_SINGLES];

/* The open backup. Its statements are few: each is prepared where it is used. */
struct archive_db {
	sqlite3 *db;
	struct backup_report *report;
	bool is_read; /* somebody's file, which may hold anything; else one of ours, on its way */
};

const struct error *archive_error(const struct archive_db *archive, const char *doing);
/*
 * Opens a database that may have been made to harm: whatever its schema says, it runs no trigger
 * and no view, calls no function that could do more than compute, and one cell takes no more memory
 * than ours do.
 */
const struct error *archive_open(struct archive_db *archive, const char *path, int flags);
const struct error *archive_execute(struct archive_db *archive, const char *sql);
sqlite3_stmt *archive_prepare(struct archive_db *archive, enum sql_id id);
const struct error *archive_check(struct archive_db *archive);
/* SQLite's own copy: one instant of the source, whatever is committed meanwhile. */
const struct error *archive_copy(sqlite3 *from, sqlite3 *to);
/* ERR_DATA when the backup's schema is not what the migrations of its version make, its own two
 * tables apart: a trigger, a view or a table of somebody else. Or when it has lost its seal. */
const struct error *archive_check_schema(struct archive_db *archive, const char *path, bool sealed);

/* The seal: a line after the database, with the SHA-256 of all bytes before it. */
const struct error *seal_write(const char *path);
/* Reads a backup to its end: the SHA-256 of its bytes, and whether it has its seal. ERR_DATA: it
 * is no regular file, cannot be read, or is not what was sealed. */
const struct error *seal_check(const char *path, char hex[static SHA256_HEX_SIZE], bool *sealed);

/* Records the restoration in the root, and sets what it goes on behind. */
const struct error *resume_after(struct root *root, const char *backup,
				 const struct restore_options *options,
				 struct backup_report *report);

#endif
