/* Makes a root from a backup. */
#include "asp/asp_file.h"
#include "keep/keep_private.h"
#include "lib/array.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "lib/progress.h"
#include "publish/outputs.h"
#include "record/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whether backups of ours hold that path: nothing is written anywhere else. */
static bool is_expected(const char *path)
{
	if (strstr(path, "..") != NULL)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(backup_singles); i++)
		if (strcmp(path, backup_singles[i]) == 0)
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(backup_folders); i++) {
		size_t length = strlen(backup_folders[i]);

		if (strncmp(path, backup_folders[i], length) == 0 && path[length] == '/')
			return true;
	}
	return false;
}

static const struct error *write_chunks(struct archive_db *archive, int64_t id, int fd,
					const char *path, char hex[static SHA256_HEX_SIZE],
					uint64_t *size)
{
	sqlite3_stmt *stmt = archive_prepare(archive, SQL_BACKUP_MORCEAUX_LIST);
	struct sha256 *sum = sha256_new();
	const struct error *err = NULL;
	uint8_t digest[SHA256_SIZE];
	int result = SQLITE_ROW;

	sha256_begin(sum);
	bind_int(stmt, BACKUP_MORCEAUX_LIST_P_FICHIER, id);
	while (err == NULL && stmt != NULL && (result = sqlite3_step(stmt)) == SQLITE_ROW) {
		const void *bytes = sqlite3_column_blob(stmt, BACKUP_MORCEAUX_LIST_OCTETS);
		size_t count = (size_t)sqlite3_column_bytes(stmt, BACKUP_MORCEAUX_LIST_OCTETS);

		sha256_update(sum, bytes, count);
		*size += count;
		if (file_write_all(fd, bytes, count) != 0)
			err = error_errno(ERR_CANT_WRITE, "%s", path);
	}
	if (err == NULL && result != SQLITE_DONE)
		err = archive_error(archive, path);
	sha256_end(sum, digest);
	sha256_hex(digest, hex);
	sha256_free(sum);
	sqlite3_finalize(stmt);
	return err;
}

static const struct error *restore_file(struct archive_db *archive, int root, sqlite3_stmt *row)
{
	const char *path = column_text(row, BACKUP_FICHIERS_LIST_CHEMIN);
	mode_t mode = (mode_t)column_int(row, BACKUP_FICHIERS_LIST_MODE) & 0777;
	char *parent = mem_strdup(path), *slash = strrchr(parent, '/');
	const struct error *err = NULL;
	uint64_t size = 0;
	char hex[SHA256_HEX_SIZE] = "";
	int fd = -1;

	if (!is_expected(path))
		err = error_set(ERR_DATA, "sauvegarde : chemin inattendu « %s »", path);
	if (err == NULL && slash != NULL) {
		*slash = '\0';
		err = file_make_dirs(root, parent, 0700);
	}
	if (err == NULL) {
		unlinkat(root, path, 0);
		fd = file_open(root, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			       mode);
		err = fd >= 0 ? write_chunks(archive, column_int(row, BACKUP_FICHIERS_LIST_ID), fd,
					     path, hex, &size)
			      : error_errno(ERR_CANT_WRITE, "%s", path);
	}
	if (err == NULL && (strcmp(hex, column_text(row, BACKUP_FICHIERS_LIST_SHA256)) != 0 ||
			    size != (uint64_t)column_int(row, BACKUP_FICHIERS_LIST_TAILLE)))
		err = error_set(ERR_DATA, "sauvegarde : %s ne porte pas son empreinte", path);
	if (err == NULL && fchmod(fd, mode) != 0)
		err = error_errno(ERR_CANT_WRITE, "%s", path);
	if (fd >= 0 && file_close(fd) != 0 && err == NULL)
		err = error_errno(ERR_CANT_WRITE, "%s", path);
	archive->report->files++;
	archive->report->bytes += size;
	free(parent);
	return err;
}

static const struct error *restore_files(struct archive_db *archive, int root)
{
	sqlite3_stmt *stmt = archive_prepare(archive, SQL_BACKUP_FICHIERS_LIST);
	const struct error *err = NULL;
	int result = stmt != NULL ? SQLITE_ROW : SQLITE_ERROR;

	while (err == NULL && stmt != NULL && (result = sqlite3_step(stmt)) == SQLITE_ROW) {
		err = restore_file(archive, root, stmt);
		progress_show("Restauration", archive->report->files, 0);
	}
	progress_clear();
	if (err == NULL && result != SQLITE_DONE)
		err = archive_error(archive, "illisible");
	sqlite3_finalize(stmt);
	return err;
}

/* The database last: a root that has it was made whole (root.c). It has a private name until
 * its extra tables are gone. */
static const struct error *restore_database(struct archive_db *archive, const char *target)
{
	char *temporary = mem_printf("%s/var/segur.db.tmp", target);
	char *path = mem_printf("%s/var/segur.db", target);
	char *private = mem_printf("%s/var", target);
	struct archive_db made = {.report = archive->report};
	const struct error *err;

	unlink(temporary);
	err = archive_open(&made, temporary, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
	if (err == NULL)
		err = archive_copy(archive->db, made.db);
	if (err == NULL)
		err = archive_execute(&made, "PRAGMA journal_mode = DELETE");
	if (err == NULL)
		err = archive_execute(&made, sql_statements[SQL_BACKUP_CLOSE]);
	/* VACUUM's working copy has no name, but would lie in everybody's /var/tmp. */
	sqlite3_temp_directory = private;
	if (err == NULL)
		err = archive_execute(&made, "VACUUM");
	sqlite3_close(made.db);
	sqlite3_temp_directory = NULL;
	if (err == NULL && chmod(temporary, 0600) != 0)
		err = error_errno(ERR_CANT_WRITE, "%s", temporary);
	if (err == NULL && rename(temporary, path) != 0)
		err = error_errno(ERR_CANT_WRITE, "%s", path);
	if (err != NULL)
		unlink(temporary);
	free(private);
	free(temporary);
	free(path);
	return err;
}

static const struct error *check_backup(struct archive_db *archive, const char *path, bool sealed)
{
	sqlite3_stmt *stmt = archive_prepare(archive, SQL_BACKUP_PRESENT);
	const struct error *err = NULL;

	if (stmt == NULL || sqlite3_step(stmt) != SQLITE_ROW ||
	    column_int(stmt, BACKUP_PRESENT_COUNT) != 2)
		err = error_set(ERR_DATA, "%s n'est pas une sauvegarde de Segur-enrol", path);
	sqlite3_finalize(stmt);
	if (err == NULL)
		err = archive_check(archive);
	return err != NULL ? err : archive_check_schema(archive, path, sealed);
}

static const struct error *publish_again(struct root *root)
{
	store_begin(root->store);
	for (size_t i = 0; i < output_count; i++)
		if (outputs[i].due_again != NO_STATEMENT)
			store_run(root->store, store_stmt(root->store, outputs[i].due_again));
	return store_commit(root->store);
}

static const struct error *count_mails(struct root *root, struct backup_report *report)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_RESTORE_MAILS);

	if (store_step(root->store, stmt)) {
		report->mails_due = (size_t)column_int(stmt, RESTORE_MAILS_DUE);
		report->mails_in_doubt = (size_t)column_int(stmt, RESTORE_MAILS_IN_HANDOVER);
		sqlite3_reset(stmt);
	}
	return store_error(root->store);
}

/* INSEE's files in force that the backup left out. */
static const struct error *count_insee(struct root *root, struct backup_report *report)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_RESTART_INSEE);
	const struct error *err = NULL;

	while (err == NULL && store_step(root->store, stmt)) {
		bool there = false;
		char path[96];

		asp_file_path(column_text(stmt, RESTART_INSEE_SHA256), path);
		err = file_look(root->fd, path, &there);
		report->insee_missing += !there;
	}
	sqlite3_reset(stmt);
	return err != NULL ? err : store_error(root->store);
}

/* Opens the root once, so that an older one is migrated now and not in the night. */
static const struct error *settle(const char *target, const char *backup,
				  const struct restore_options *options,
				  struct backup_report *report)
{
	struct root root;
	const struct error *err = root_open_new(target, &root);

	if (err == NULL)
		err = journal_seal(&root);
	if (err == NULL)
		err = publish_again(&root);
	if (err == NULL)
		err = resume_after(&root, backup, options, report);
	if (err == NULL)
		err = count_mails(&root, report);
	if (err == NULL)
		err = count_insee(&root, report);
	root_close(&root);
	return err;
}

static const struct error *open_backup(struct archive_db *archive, const char *path,
				       char hex[static SHA256_HEX_SIZE])
{
	bool sealed = false;
	const struct error *err = sha256_setup();

	if (err == NULL)
		err = seal_check(path, hex, &sealed);
	if (err != NULL)
		return err;
	err = archive_open(archive, path, SQLITE_OPEN_READONLY);
	if (err != NULL) /* the user's file is at fault, not the disk */
		return error_set(ERR_DATA, "%s", err->message);
	return check_backup(archive, path, sealed);
}

const struct error *backup_restore(const char *path, const char *target,
				   const struct restore_options *options,
				   struct backup_report *report)
{
	struct archive_db archive = {.report = report, .is_read = true};
	char hex[SHA256_HEX_SIZE];
	const struct error *err;
	int fd = -1;

	*report = (struct backup_report){0};
	err = open_backup(&archive, path, hex);
	if (err == NULL)
		err = root_prepare(target, &fd);
	if (err == NULL)
		err = restore_files(&archive, fd);
	if (err == NULL)
		err = restore_database(&archive, target);
	sqlite3_close(archive.db);
	if (err == NULL)
		err = settle(target, hex, options, report);
	if (err == NULL)
		err = root_finish(fd);
	file_let_go(fd);
	return err;
}
