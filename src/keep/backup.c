#include "keep/backup.h"

#include "keep/keep_private.h"
#include "lib/array.h"
#include "lib/dir.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "lib/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK (1u << 20) /* bytes of one row: what a file costs in memory */

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
	const struct error *err = archive_copy(store_database(root->store), archive->db);

	/* A rollback journal, unlike a WAL, leaves the backup one file. */
	if (err == NULL)
		err = archive_execute(archive,
				      "PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL;"
				      "BEGIN");
	if (err == NULL)
		err = archive_execute(archive, sql_statements[SQL_BACKUP_OPEN]);
	for (size_t i = 0; i < ARRAY_SIZE(backup_singles) && err == NULL; i++)
		err = store_file(archive, root->fd, backup_singles[i]);
	for (size_t i = 0; i < ARRAY_SIZE(backup_folders) && err == NULL; i++)
		err = dir_each(root->fd, backup_folders[i], DIR_STRICT, store_entry,
			       &(struct tree_walk){archive, root, backup_folders[i], insee});
	if (err == NULL)
		err = archive_execute(archive, "COMMIT");
	progress_clear();
	if (err == NULL && archive_check(archive) != NULL)
		err = error_set(ERR_CANT_WRITE, "sauvegarde écrite, mais qui ne se relit pas");
	return err;
}

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
		err = seal_write(temporary);
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
