/* A backup as a database, opened as a stranger's. */
#include "keep/keep_private.h"
#include "lib/array.h"

#include <string.h>

#define SEALED_SINCE 7		/* every program that makes this version seals its backups */
#define CELL_MAX     (16 << 20) /* bytes of a text, a blob or a row: no backup of ours has more */

const char *const backup_folders[] = {"var/archives", "var/references"};
const char *const backup_singles[] = {"segur.conf", "var/secret"};

const struct error *archive_error(const struct archive_db *archive, const char *doing)
{
	int code = sqlite3_errcode(archive->db);
	bool no_room = code == SQLITE_FULL || code == SQLITE_IOERR || code == SQLITE_CANTOPEN;

	return error_set(archive->is_read && !no_room ? ERR_DATA : ERR_CANT_WRITE,
			 "sauvegarde : %s (%s)", doing, sqlite3_errmsg(archive->db));
}

const struct error *archive_open(struct archive_db *archive, const char *path, int flags)
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

const struct error *archive_execute(struct archive_db *archive, const char *sql)
{
	return sqlite3_exec(archive->db, sql, NULL, NULL, NULL) == SQLITE_OK
		   ? NULL
		   : archive_error(archive, "exécution impossible");
}

sqlite3_stmt *archive_prepare(struct archive_db *archive, enum sql_id id)
{
	sqlite3_stmt *stmt = NULL;

	sqlite3_prepare_v2(archive->db, sql_statements[id], -1, &stmt, NULL);
	return stmt;
}

const struct error *archive_check(struct archive_db *archive)
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

const struct error *archive_copy(sqlite3 *from, sqlite3 *to)
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

/* --- whose schema it is --- */

/* A database in memory with the tables that the migrations up to that version make, and ours. */
static const struct error *make_reference(int64_t version, struct archive_db *reference)
{
	const struct error *err = NULL;

	if (sqlite3_open(":memory:", &reference->db) != SQLITE_OK)
		err = archive_error(reference, "schéma de référence");
	for (int64_t i = 0; i < version && err == NULL; i++)
		err = archive_execute(reference, sql_migrations[i]);
	return err != NULL ? err : archive_execute(reference, sql_statements[SQL_BACKUP_OPEN]);
}

/* Faults the part unless the other database has it, with the same text. */
static const struct error *find_part(struct archive_db *other, sqlite3_stmt *part,
				     const char *fault)
{
	sqlite3_stmt *stmt = archive_prepare(other, SQL_BACKUP_SCHEMA_HAS);
	const struct error *err = NULL;
	int result;

	bind_text(stmt, BACKUP_SCHEMA_HAS_P_TYPE, column_text(part, BACKUP_SCHEMA_TYPE));
	bind_text(stmt, BACKUP_SCHEMA_HAS_P_NAME, column_text(part, BACKUP_SCHEMA_NAME));
	bind_text(stmt, BACKUP_SCHEMA_HAS_P_SQL, column_text(part, BACKUP_SCHEMA_SQL));
	result = stmt != NULL ? sqlite3_step(stmt) : SQLITE_ERROR;
	if (result == SQLITE_DONE)
		err = error_set(ERR_DATA, "sauvegarde : « %s » %s",
				column_text(part, BACKUP_SCHEMA_NAME), fault);
	else if (result != SQLITE_ROW)
		err = archive_error(other, "illisible");
	sqlite3_finalize(stmt);
	return err;
}

/* Holds each part of the schema of one database against the other's. */
static const struct error *compare_parts(struct archive_db *one, struct archive_db *other,
					 const char *fault)
{
	sqlite3_stmt *part = archive_prepare(one, SQL_BACKUP_SCHEMA);
	const struct error *err = NULL;
	int result = SQLITE_ERROR;

	while (err == NULL && part != NULL && (result = sqlite3_step(part)) == SQLITE_ROW)
		err = find_part(other, part, fault);
	if (err == NULL && result != SQLITE_DONE)
		err = archive_error(one, "illisible");
	sqlite3_finalize(part);
	return err;
}

static const struct error *read_version(struct archive_db *archive, int64_t *version)
{
	sqlite3_stmt *stmt = archive_prepare(archive, SQL_BACKUP_VERSION);
	const struct error *err = NULL;

	if (stmt != NULL && sqlite3_step(stmt) == SQLITE_ROW)
		*version = column_int(stmt, BACKUP_VERSION_USER_VERSION);
	else
		err = archive_error(archive, "illisible");
	sqlite3_finalize(stmt);
	return err;
}

const struct error *archive_check_schema(struct archive_db *archive, const char *path, bool sealed)
{
	struct archive_db reference = {0};
	int64_t version = 0;
	const struct error *err = read_version(archive, &version);

	if (err != NULL || version > SQL_MIGRATION_COUNT) /* said when the root is opened */
		return err;
	if (version >= SEALED_SINCE && !sealed)
		return error_set(
		    ERR_DATA,
		    "%s est endommagée : il lui manque son empreinte ; prenez une autre "
		    "sauvegarde",
		    path);
	err = make_reference(version, &reference);
	if (err == NULL)
		err = compare_parts(archive, &reference,
				    "n'est pas du programme : elle a été modifiée");
	if (err == NULL)
		err = compare_parts(&reference, archive, "y manque ou a été changé");
	sqlite3_close(reference.db);
	return err;
}
