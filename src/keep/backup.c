#include "keep/backup.h"

#include "lib/array.h"
#include "lib/buf.h"
#include "lib/dir.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "lib/progress.h"
#include "lib/sha256.h"
#include "publish/outputs.h"
#include "record/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK	 (1u << 20) /* bytes of one row: what a file costs in memory */
#define CELL_MAX (16 << 20) /* bytes of a text, a blob or a row: no backup of ours has more */

/* The folders of the files that the database names, and the files without which it is of no use. */
static const char *const copied_folders[] = {"var/archives", "var/references"};
static const char *const singles[] = {"segur.conf", "var/secret"};

/* The open backup. Its statements are few: each is prepared where it is used. */
struct archive_db {
	sqlite3 *db;
	struct backup_report *report;
	bool is_read; /* somebody's file, which may hold anything; else one of ours, on its way */
};

static const struct error *archive_error(const struct archive_db *archive, const char *doing)
{
	int code = sqlite3_errcode(archive->db);
	bool no_room = code == SQLITE_FULL || code == SQLITE_IOERR || code == SQLITE_CANTOPEN;

	return error_set(archive->is_read && !no_room ? ERR_DATA : ERR_CANT_WRITE,
			 "sauvegarde : %s (%s)", doing, sqlite3_errmsg(archive->db));
}

/*
 * Opens a database that may have been made to harm: whatever its schema says, it runs no trigger
 * and no view, calls no function that could do more than compute, and one cell takes no more memory
 * than ours do.
 */
static const struct error *archive_open(struct archive_db *archive, const char *path, int flags)
{
	static const int settings[][2] = {{SQLITE_DBCONFIG_DEFENSIVE, 1},
					  {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
					  {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
					  {SQLITE_DBCONFIG_ENABLE_VIEW, 0}};
	int result = sqlite3_open_v2(path, &archive->db, flags, NULL);
	const struct error *err;

	for (size_t i = 0; i < ARRAY_SIZE(settings) && result == SQLITE_OK; i++)
		result = sqlite3_db_config(archive->db, settings[i][0], settings[i][1], NULL);
	if (result == SQLITE_OK) {
		sqlite3_limit(archive->db, SQLITE_LIMIT_LENGTH, CELL_MAX);
		return NULL;
	}
	err = archive_error(archive, path);
	sqlite3_close(archive->db);
	archive->db = NULL;
	return err;
}

static const struct error *archive_execute(struct archive_db *archive, const char *sql)
{
	return sqlite3_exec(archive->db, sql, NULL, NULL, NULL) == SQLITE_OK
		   ? NULL
		   : archive_error(archive, "exécution impossible");
}

static sqlite3_stmt *archive_prepare(struct archive_db *archive, enum sql_id id)
{
	sqlite3_stmt *stmt = NULL;

	sqlite3_prepare_v2(archive->db, sql_statements[id], -1, &stmt, NULL);
	return stmt;
}

static const struct error *check_integrity(struct archive_db *archive)
{
	sqlite3_stmt *stmt = archive_prepare(archive, SQL_BACKUP_INTEGRITY);
	const struct error *err = NULL;

	if (stmt == NULL || sqlite3_step(stmt) != SQLITE_ROW)
		err = archive_error(archive, "illisible");
	else if (strcmp(column_text(stmt, BACKUP_INTEGRITY_INTEGRITY_CHECK), "ok") != 0)
		err = error_set(ERR_DATA, "sauvegarde endommagée : %s",
				column_text(stmt, BACKUP_INTEGRITY_INTEGRITY_CHECK));
	sqlite3_finalize(stmt);
	return err;
}

/* --- writing --- */

/* SQLite's own copy: one instant of the source, whatever is committed meanwhile. */
static const struct error *copy_database(sqlite3 *from, sqlite3 *to)
{
	sqlite3_backup *copy = sqlite3_backup_init(to, "main", from, "main");
	int result = SQLITE_OK;

	if (copy == NULL)
		return error_set(ERR_CANT_WRITE, "copie de la base de données : %s",
				 sqlite3_errmsg(to));
	while (result == SQLITE_OK || result == SQLITE_BUSY || result == SQLITE_LOCKED) {
		result = sqlite3_backup_step(copy, -1);
		if (result == SQLITE_BUSY || result == SQLITE_LOCKED)
			sqlite3_sleep(50);
	}
	sqlite3_backup_finish(copy);
	return result == SQLITE_DONE ? NULL
				     : error_set(ERR_CANT_WRITE, "copie de la base de données : %s",
						 sqlite3_errmsg(to));
}

static const struct error *insert_file(struct archive_db *archive, const char *path, mode_t mode,
				       int64_t *id)
{
	sqlite3_stmt *stmt = archive_prepare(archive, SQL_BACKUP_FICHIER_INSERT);
	const struct error *err = NULL;

	bind_text(stmt, BACKUP_FICHIER_INSERT_P_CHEMIN, path);
	bind_int(stmt, BACKUP_FICHIER_INSERT_P_MODE, mode & 0777);
	bind_int(stmt, BACKUP_FICHIER_INSERT_P_TAILLE, 0);
	bind_text(stmt, BACKUP_FICHIER_INSERT_P_SHA256, "");
	if (stmt == NULL || sqlite3_step(stmt) != SQLITE_DONE)
		err = archive_error(archive, path);
	sqlite3_finalize(stmt);
	*id = sqlite3_last_insert_rowid(archive->db);
	return err;
}

static const struct error *insert_chunk(struct archive_db *archive, sqlite3_stmt *stmt,
					int64_t file, int64_t rank, const void *bytes, size_t count)
{
	sqlite3_reset(stmt);
	bind_int(stmt, BACKUP_MORCEAU_INSERT_P_FICHIER, file);
	bind_int(stmt, BACKUP_MORCEAU_INSERT_P_RANG, rank);
	sqlite3_bind_blob(stmt, BACKUP_MORCEAU_INSERT_P_OCTETS, bytes, (int)count, SQLITE_STATIC);
	return sqlite3_step(stmt) == SQLITE_DONE ? NULL
						 : archive_error(archive, "écriture impossible");
}

static const struct error *set_file(struct archive_db *archive, int64_t id, uint64_t size,
				    const char *hex)
{
	sqlite3_stmt *stmt = archive_prepare(archive, SQL_BACKUP_FICHIER_SET);
	const struct error *err = NULL;

	bind_int(stmt, BACKUP_FICHIER_SET_P_ID, id);
	bind_int(stmt, BACKUP_FICHIER_SET_P_TAILLE, (int64_t)size);
	bind_text(stmt, BACKUP_FICHIER_SET_P_SHA256, hex);
	if (stmt == NULL || sqlite3_step(stmt) != SQLITE_DONE)
		err = archive_error(archive, "écriture impossible");
	sqlite3_finalize(stmt);
	return err;
}

static const struct error *store_bytes(struct archive_db *archive, int fd, const char *path,
				       int64_t id)
{
	sqlite3_stmt *stmt = archive_prepare(archive, SQL_BACKUP_MORCEAU_INSERT);
	struct sha256 *sum = sha256_new();
	uint8_t *block = mem_alloc(CHUNK), digest[SHA256_SIZE];
	const struct error *err = stmt != NULL ? NULL : archive_error(archive, path);
	off_t size = 0;
	char hex[SHA256_HEX_SIZE];
	ssize_t got = 0;

	sha256_begin(sum);
	for (int64_t rank = 0; err == NULL && (got = file_read_block(fd, block, CHUNK, size)) > 0;
	     rank++) {
		sha256_update(sum, block, (size_t)got);
		size += got;
		err = insert_chunk(archive, stmt, id, rank, block, (size_t)got);
	}
	if (got < 0)
		err = error_errno(ERR_FAULT, "%s", path);
	sha256_end(sum, digest);
	sha256_hex(digest, hex);
	if (err == NULL)
		err = set_file(archive, id, (uint64_t)size, hex);
	archive->report->files++;
	archive->report->bytes += (uint64_t)size;
	sqlite3_finalize(stmt);
	sha256_free(sum);
	free(block);
	return err;
}

static const struct error *store_file(struct archive_db *archive, int root, const char *path)
{
	int fd = file_open(root, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0);
	const struct error *err;
	struct stat info;
	int64_t id = 0;

	/* A purge may have erased the file since it was listed. The copied database still names it;
	 * verify says so after a restore. */
	if (fd < 0)
		return errno == ENOENT ? NULL : error_errno(ERR_FAULT, "%s", path);
	err = fstat(fd, &info) == 0 ? NULL : error_errno(ERR_FAULT, "%s", path);
	if (err == NULL && S_ISREG(info.st_mode))
		err = insert_file(archive, path, info.st_mode, &id);
	if (err == NULL && id != 0)
		err = store_bytes(archive, fd, path, id);
	close(fd);
	return err;
}

static bool is_stock(struct root *root, const char *name)
{
	char sha256[SHA256_HEX_SIZE];

	snprintf(sha256, sizeof(sha256), "%.64s", name);
	return store_get_int(root->store, SQL_FICHIER_IS_STOCK, sha256, 0) != 0;
}

/* A folder of the root that is being stored. */
struct tree_walk {
	struct archive_db *archive;
	struct root *root;
	const char *path;
	bool insee;
};

/* Stores the regular files below the folder, two levels at most. */
static const struct error *store_entry(void *context, int dir, const struct dirent *entry)
{
	struct tree_walk walk = *(const struct tree_walk *)context;
	const struct error *err = NULL;
	char *inner = NULL;
	struct stat info;

	if (entry->d_name[0] == '.')
		return NULL;
	walk.path = inner = mem_printf("%s/%s", walk.path, entry->d_name);
	if (fstatat(dir, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0)
		err = errno == ENOENT ? NULL : error_errno(ERR_FAULT, "%s", inner);
	else if (S_ISDIR(info.st_mode))
		err = dir_each(walk.root->fd, inner, DIR_STRICT, store_entry, &walk);
	else if (walk.insee || !is_stock(walk.root, entry->d_name))
		err = store_file(walk.archive, walk.root->fd, inner);
	progress_show("Sauvegarde", walk.archive->report->files, 0);
	free(inner);
	return err;
}

/* The database first: every file that it names was durable before its commit. */
static const struct error *fill_backup(struct archive_db *archive, struct root *root, bool insee)
{
	const struct error *err = copy_database(store_database(root->store), archive->db);

	/* A rollback journal, unlike a WAL, leaves the backup one file. */
	if (err == NULL)
		err = archive_execute(archive,
				      "PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL;"
				      "BEGIN");
	if (err == NULL)
		err = archive_execute(archive, sql_statements[SQL_BACKUP_OPEN]);
	for (size_t i = 0; i < ARRAY_SIZE(singles) && err == NULL; i++)
		err = store_file(archive, root->fd, singles[i]);
	for (size_t i = 0; i < ARRAY_SIZE(copied_folders) && err == NULL; i++)
		err = dir_each(root->fd, copied_folders[i], DIR_STRICT, store_entry,
			       &(struct tree_walk){archive, root, copied_folders[i], insee});
	if (err == NULL)
		err = archive_execute(archive, "COMMIT");
	progress_clear();
	if (err == NULL && check_integrity(archive) != NULL)
		err = error_set(ERR_CANT_WRITE, "sauvegarde écrite, mais qui ne se relit pas");
	return err;
}

/* --- reading --- */

/* Whether backups of ours hold that path: nothing is written anywhere else. */
static bool is_expected(const char *path)
{
	if (strstr(path, "..") != NULL)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(singles); i++)
		if (strcmp(path, singles[i]) == 0)
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(copied_folders); i++) {
		size_t length = strlen(copied_folders[i]);

		if (strncmp(path, copied_folders[i], length) == 0 && path[length] == '/')
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
		err = copy_database(archive->db, made.db);
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

static const struct error *check_backup(struct archive_db *archive, const char *path)
{
	sqlite3_stmt *stmt = archive_prepare(archive, SQL_BACKUP_PRESENT);
	const struct error *err = NULL;

	if (stmt == NULL || sqlite3_step(stmt) != SQLITE_ROW ||
	    column_int(stmt, BACKUP_PRESENT_COUNT) != 2)
		err = error_set(ERR_DATA, "%s n'est pas une sauvegarde de Segur-enrol", path);
	sqlite3_finalize(stmt);
	if (err == NULL)
		err = check_integrity(archive);
	return err;
}

/* --- the two commands' work --- */

static const struct error *sync_file(const char *path)
{
	int fd = file_open(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	const struct error *err =
	    fd >= 0 && file_sync(fd) == 0 ? NULL : error_errno(ERR_CANT_WRITE, "%s", path);

	file_let_go(fd);
	return err;
}

static const struct error *sync_parent(const char *path)
{
	char *parent = mem_strdup(path), *slash = strrchr(parent, '/');
	const struct error *err;

	if (slash != NULL)
		slash[slash == parent ? 1 : 0] = '\0';
	err = sync_file(slash != NULL ? parent : ".");
	free(parent);
	return err;
}

/* What SQLite may leave beside a database that it could not close well. */
static void remove_beside(const char *path)
{
	static const char *const suffixes[] = {"-journal", "-wal", "-shm"};

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		char *beside = mem_printf("%s%s", path, suffixes[i]);

		unlink(beside);
		free(beside);
	}
}

const struct error *backup_write(struct root *root, const char *path, bool insee,
				 struct backup_report *report)
{
	char *temporary = mem_printf("%s.tmp", path);
	struct archive_db archive = {.report = report};
	const struct error *err = NULL;
	int fd = -1;

	*report = (struct backup_report){0};
	if (access(path, F_OK) == 0)
		err = error_set(ERR_CANT_WRITE, "%s existe déjà : rien n'a été écrit", path);
	if (err == NULL) {
		unlink(temporary);
		remove_beside(temporary);
		fd = file_open(AT_FDCWD, temporary,
			       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0)
			err = error_errno(ERR_CANT_WRITE, "%s", temporary);
		else
			close(fd);
	}
	if (err == NULL)
		err = archive_open(&archive, temporary, SQLITE_OPEN_READWRITE);
	if (err == NULL)
		err = fill_backup(&archive, root, insee);
	sqlite3_close(archive.db);
	if (fd >= 0)
		remove_beside(temporary);
	if (err == NULL)
		err = sync_file(temporary);
	if (err == NULL && renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) != 0)
		err = error_errno(ERR_CANT_WRITE, "%s", path);
	if (err != NULL && fd >= 0)
		unlink(temporary);
	/* A name that a power cut may take away is given back, so that it can be asked for again. */
	if (err == NULL && (err = sync_parent(path)) != NULL)
		unlink(path);
	free(temporary);
	return err;
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

const struct error *backup_restore(const char *path, const char *target,
				   struct backup_report *report)
{
	struct archive_db archive = {.report = report, .is_read = true};
	const struct error *err;
	struct root root;
	int fd = -1;

	*report = (struct backup_report){0};
	err = archive_open(&archive, path, SQLITE_OPEN_READONLY);
	if (err != NULL) /* the user's file is at fault, not the disk */
		err = error_set(ERR_DATA, "%s", err->message);
	if (err == NULL)
		err = check_backup(&archive, path);
	if (err == NULL)
		err = root_prepare(target, &fd);
	if (err == NULL)
		err = sha256_setup();
	if (err == NULL)
		err = restore_files(&archive, fd);
	if (err == NULL)
		err = restore_database(&archive, target);
	sqlite3_close(archive.db);
	/* Opens the root once, so that an older one is migrated now and not in the night. */
	if (err == NULL) {
		err = root_open_new(target, &root);
		if (err == NULL)
			err = journal_seal(&root);
		if (err == NULL)
			err = publish_again(&root);
		if (err == NULL)
			err = count_mails(&root, report);
		root_close(&root);
	}
	if (err == NULL)
		err = root_finish(target, fd);
	file_let_go(fd);
	return err;
}
