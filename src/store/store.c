#include "store/store.h"

#include "lib/mem.h"
#include "lib/text.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A backup or an analyst may hold the database; the lock file keeps other runs out. */
#define BUSY_TIMEOUT_MS 5000

#define USUAL_MEMORY "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192"

struct store {
	sqlite3 *db;
	sqlite3_stmt *statements[SQL_COUNT]; /* prepared at first use */
	unsigned depth;			     /* of nested transactions */
	bool failed;
	bool constraint;      /* a row that the schema refuses, not a broken database */
	struct error failure; /* a copy: the static error may be overwritten before it is read */
};

/* What SQLite's result means, as an operator can act upon it; its own words for what none can. The
 * system's word comes first: want of room is called an I/O error there too. */
static const char *result_words(struct store *store)
{
	int number = sqlite3_system_errno(store->db);

	switch (sqlite3_errcode(store->db)) {
	case SQLITE_FULL:
		return error_words(ENOSPC);
	case SQLITE_CANTOPEN:
	case SQLITE_IOERR:
		/* What SQLite could not make it tries to read: that it is not there is no cause. */
		if (number == ENOENT)
			return "un de ses fichiers n'a pu être ni créé ni ouvert : vérifiez la "
			       "place et les droits de var/";
		return error_words(number != 0 ? number : EIO);
	case SQLITE_READONLY:
		return "elle est en lecture seule";
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return "un autre programme la tient";
	case SQLITE_NOMEM:
		return error_words(ENOMEM);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return "elle ne se lit pas comme elle doit ; « segur verify » en dit plus";
	default:
		return sqlite3_errmsg(store->db);
	}
}

static enum error_code result_code(struct store *store)
{
	int number = sqlite3_system_errno(store->db);

	switch (sqlite3_errcode(store->db)) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ERR_BUSY;
	case SQLITE_FULL:
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
		return ERR_CANT_WRITE;
	case SQLITE_IOERR:
		return number == ENOSPC || number == EDQUOT || number == EROFS ? ERR_CANT_WRITE
									       : ERR_FAULT;
	default:
		return ERR_FAULT;
	}
}

/* Records the first failure, with what was being done. */
static void fail(struct store *store, const char *doing)
{
	if (store->failed)
		return;
	store->constraint = sqlite3_errcode(store->db) == SQLITE_CONSTRAINT;
	store->failure =
	    *error_set(result_code(store), "base de données : %s : %s", doing, result_words(store));
	store->failed = true;
}

static void execute(struct store *store, const char *sql)
{
	if (!store->failed && sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail(store, "exécution impossible");
}

/* The number that a pragma gives; -1 when it cannot be read. */
static int64_t pragma(struct store *store, const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	int64_t value = -1;

	if (sqlite3_prepare_v2(store->db, sql, -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		value = sqlite3_column_int64(stmt, ONLY_COLUMN);
	sqlite3_finalize(stmt);
	return value;
}

static int64_t user_version(struct store *store)
{
	int64_t version = pragma(store, "PRAGMA user_version");

	if (version < 0)
		fail(store, "lecture de la version impossible");
	return version;
}

/* The private folder for what does not fit in memory: the root's var/tmp, else the database's
 * own folder; NULL for a database in memory. The caller frees it. */
static char *spill_folder(struct store *store)
{
	const char *path = sqlite3_db_filename(store->db, "main");
	const char *slash = path != NULL ? strrchr(path, '/') : NULL;
	char *folder;

	if (slash == NULL)
		return NULL;
	folder = mem_printf("%.*s/tmp", (int)(slash - path), path);
	if (access(folder, F_OK) != 0)
		folder[strlen(folder) - strlen("/tmp")] = '\0';
	return folder;
}

/* Until spill_end SQLite sorts and copies in files of that folder, so that a database of any
 * size is rewritten in bounded memory. The files lose their names at once, so a kill leaves
 * nothing. A night does not spill: what it sorts is small. */
static char *spill_begin(struct store *store)
{
	char *folder = store->failed ? NULL : spill_folder(store);

	if (folder == NULL)
		return NULL;
	/* SQLite would silently go on in /var/tmp. */
	if (access(folder, W_OK | X_OK) != 0) {
		store->failure = *error_errno(ERR_CANT_WRITE, "base de données : %s", folder);
		store->failed = true;
	}
	sqlite3_temp_directory = folder;
	/* Two files are open then, each with such a cache. */
	execute(store, "PRAGMA temp_store = FILE; PRAGMA cache_size = -4096");
	return folder;
}

/* The connection may go on, after a failure too. */
static void spill_end(struct store *store, char *folder)
{
	sqlite3_exec(store->db, USUAL_MEMORY, NULL, NULL, NULL);
	sqlite3_temp_directory = NULL;
	free(folder);
}

/* Runs each migration in a transaction of its own, together with its number. */
static void migrate(struct store *store)
{
	int64_t version = user_version(store);
	char *spill = NULL;

	if (version > SQL_MIGRATION_COUNT) {
		store->failure = *error_set(ERR_CONFIG,
					    "base de données : version %lld, plus récente que ce "
					    "programme (%d) ; installez la "
					    "version du programme qui l'a écrite",
					    (long long)version, SQL_MIGRATION_COUNT);
		store->failed = true;
		return;
	}
	if (version < SQL_MIGRATION_COUNT)
		spill = spill_begin(store);
	for (int64_t i = version; i < SQL_MIGRATION_COUNT && !store->failed; i++) {
		char numbered[sizeof("PRAGMA user_version = ") + DECIMAL_SIZE];

		snprintf(numbered, sizeof(numbered), "PRAGMA user_version = %lld",
			 (long long)i + 1);
		execute(store, "BEGIN IMMEDIATE");
		/* Another process may have migrated it while this one waited. */
		if (user_version(store) == i) {
			execute(store, sql_migrations[i]);
			execute(store, numbered);
		}
		execute(store, "COMMIT");
	}
	spill_end(store, spill);
}

/* Hands out the open store; closes one that failed and returns its failure. */
static const struct error *give_store(struct store *store, struct store **out)
{
	const struct error *err = store_error(store);

	if (err == NULL)
		*out = store;
	else
		store_close(store);
	return err;
}

/* The program has one thread: it needs neither SQLite's locks around each allocation nor a count of
 * them. A wide row uses up SQLite's usual room for small allocations, so there is more. SQLite
 * takes these settings before the first connection only; later calls change nothing. */
static void settle_library(void)
{
	sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 1200, 200);
}

/* A store with its connection or its failure; for want of memory there may be no connection. */
static struct store *open_connection(const char *path, int flags)
{
	struct store *store = mem_alloc(sizeof(*store));

	flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX;
	if (sqlite3_open_v2(path, &store->db, flags, NULL) != SQLITE_OK)
		fail(store, "ouverture impossible");
	else
		sqlite3_busy_timeout(store->db, BUSY_TIMEOUT_MS);
	return store;
}

const struct error *store_open(const char *path, struct store **out)
{
	struct store *store;

	*out = NULL;
	settle_library();
	/* SQLite would open a read-only file too, and leave a WAL with the same rights. */
	if (access(path, W_OK) != 0 && errno != ENOENT)
		return error_errno(ERR_CANT_WRITE, "base de données : %s", path);
	store = open_connection(path, SQLITE_OPEN_CREATE);
	/* Among a million requests each drop changes a page of its own in a dozen indexes. The log
	 * is long enough for several batches, so that such a page goes to the file once for all of
	 * them, and the cache need not hold it. */
	execute(store,
		"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
		"PRAGMA trusted_schema = OFF; PRAGMA wal_autocheckpoint = 16384;" USUAL_MEMORY);
	if (!store->failed)
		migrate(store);
	return give_store(store, out);
}

const struct error *store_open_snapshot(const char *path, struct store **out)
{
	/* A read-only connection would leave the files of its WAL behind. */
	struct store *store = open_connection(path, 0);

	*out = NULL;
	execute(store, "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF;"
		       "PRAGMA temp_store = MEMORY");
	store_begin_read(store);
	/* The first read, this one, fixes the instant. */
	if (!store->failed && user_version(store) != SQL_MIGRATION_COUNT && !store->failed) {
		store->failure = *error_set(
		    ERR_CONFIG,
		    "base de données : sa version n'est pas celle de ce programme (%d) ; la "
		    "prochaine nuit la mettra à niveau",
		    SQL_MIGRATION_COUNT);
		store->failed = true;
	}
	return give_store(store, out);
}

void store_close(struct store *store)
{
	if (store == NULL)
		return;
	for (int i = 0; i < SQL_COUNT; i++)
		sqlite3_finalize(store->statements[i]);
	sqlite3_close(store->db);
	free(store);
}

sqlite3_stmt *store_stmt(struct store *store, enum sql_id id)
{
	sqlite3_stmt **slot = &store->statements[id];

	if (store->failed)
		return NULL;
	if (*slot == NULL &&
	    sqlite3_prepare_v3(store->db, sql_statements[id], -1, SQLITE_PREPARE_PERSISTENT, slot,
			       NULL) != SQLITE_OK) {
		fail(store, "requête impossible");
		return NULL;
	}
	sqlite3_reset(*slot);
	sqlite3_clear_bindings(*slot);
	return *slot;
}

void bind_text(sqlite3_stmt *stmt, int index, const char *text)
{
	/* A failure that is passed over would write the row without its text. */
	if (stmt != NULL &&
	    sqlite3_bind_text(stmt, index, text, -1, SQLITE_TRANSIENT) == SQLITE_NOMEM)
		mem_exhausted();
}

void bind_int(sqlite3_stmt *stmt, int index, int64_t value)
{
	if (stmt != NULL)
		sqlite3_bind_int64(stmt, index, value);
}

bool store_step(struct store *store, sqlite3_stmt *stmt)
{
	int result;

	if (store->failed || stmt == NULL)
		return false;
	result = sqlite3_step(stmt);
	if (result == SQLITE_ROW)
		return true;
	if (result != SQLITE_DONE)
		fail(store, "écriture ou lecture impossible");
	sqlite3_reset(stmt);
	return false;
}

void store_run(struct store *store, sqlite3_stmt *stmt)
{
	while (store_step(store, stmt))
		continue;
}

const char *column_text(sqlite3_stmt *stmt, int column)
{
	int type = sqlite3_column_type(stmt, column);
	const char *text = (const char *)sqlite3_column_text(stmt, column);

	/* A failure that is passed over would read the text as "". */
	if (text == NULL && type != SQLITE_NULL)
		mem_exhausted();
	return text != NULL ? text : "";
}

int64_t column_int(sqlite3_stmt *stmt, int column)
{
	return sqlite3_column_int64(stmt, column);
}

bool column_null(sqlite3_stmt *stmt, int column)
{
	return sqlite3_column_type(stmt, column) == SQLITE_NULL;
}

sqlite3 *store_database(struct store *store)
{
	return store->db;
}

int64_t store_last_id(struct store *store)
{
	return sqlite3_last_insert_rowid(store->db);
}

int store_changes(struct store *store)
{
	return sqlite3_changes(store->db);
}

int parameter_if_any(sqlite3_stmt *stmt, const char *name)
{
	return sqlite3_bind_parameter_index(stmt, name);
}

int parameter(sqlite3_stmt *stmt, const char *name)
{
	int number = parameter_if_any(stmt, name);

	assert(stmt == NULL || number > 0);
	return number;
}

#define PARAMETER_SIZE 64 /* of a parameter's name, with its colon */
void bind_row(sqlite3_stmt *stmt, sqlite3_stmt *row)
{
	char name[PARAMETER_SIZE];

	for (int i = 0; stmt != NULL && i < sqlite3_column_count(row); i++) {
		snprintf(name, sizeof(name), ":%s", sqlite3_column_name(row, i));
		if (sqlite3_bind_value(stmt, parameter(stmt, name), sqlite3_column_value(row, i)) ==
		    SQLITE_NOMEM)
			mem_exhausted();
	}
}

/* The statement of a shorthand, in which no parameter or column can be taken for another. */
static sqlite3_stmt *only_one(struct store *store, enum sql_id id)
{
	sqlite3_stmt *stmt = store_stmt(store, id);

	assert(sqlite3_bind_parameter_count(stmt) <= 1 && sqlite3_column_count(stmt) <= 1);
	return stmt;
}

void store_run_int(struct store *store, enum sql_id id, int64_t value)
{
	sqlite3_stmt *stmt = only_one(store, id);

	bind_int(stmt, ONLY_PARAMETER, value);
	store_run(store, stmt);
}

int64_t store_get_int(struct store *store, enum sql_id id, const char *text, int64_t none)
{
	sqlite3_stmt *stmt = only_one(store, id);
	int64_t value = none;

	bind_text(stmt, ONLY_PARAMETER, text);
	if (store_step(store, stmt)) {
		value = column_int(stmt, ONLY_COLUMN);
		sqlite3_reset(stmt);
	}
	return value;
}

bool store_has(struct store *store, enum sql_id id, int parameter_1, const char *text_1,
	       int parameter_2, const char *text_2)
{
	sqlite3_stmt *stmt = store_stmt(store, id);
	bool found;

	bind_text(stmt, parameter_1, text_1);
	bind_text(stmt, parameter_2, text_2);
	found = store_step(store, stmt);
	sqlite3_reset(stmt);
	return found;
}

static void reset_statements(struct store *store)
{
	for (int i = 0; i < SQL_COUNT; i++)
		sqlite3_reset(store->statements[i]);
}

void store_begin(struct store *store)
{
	if (store->depth++ == 0)
		execute(store, "BEGIN IMMEDIATE");
}

void store_begin_read(struct store *store)
{
	if (store->depth++ == 0)
		execute(store, "BEGIN");
}

const struct error *store_commit(struct store *store)
{
	if (store->depth > 0 && --store->depth == 0) {
		/* An open read cursor would not stop the commit, but it would pin the WAL. */
		reset_statements(store);
		execute(store, "COMMIT");
		if (store->failed)
			sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	}
	return store_error(store);
}

void store_rollback(struct store *store)
{
	reset_statements(store);
	sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	store->depth = 0;
	store->failed = false;
}

void store_savepoint(struct store *store)
{
	execute(store, "SAVEPOINT etape");
}

bool store_savepoint_end(struct store *store)
{
	bool refused = store->failed && store->constraint;

	if (refused) {
		reset_statements(store);
		store->failed = store->constraint = false;
		execute(store, "ROLLBACK TO etape");
	}
	execute(store, "RELEASE etape");
	return !refused;
}

const struct error *store_error(const struct store *store)
{
	return store->failed ? error_set(store->failure.code, "%s", store->failure.message) : NULL;
}

void store_erase_begin(struct store *store)
{
	execute(store, "PRAGMA secure_delete = ON");
}

/* Says how much room is wanted; SQLite's message on a full disk does not. */
static const struct error *no_room(struct store *store)
{
	long long bytes = pragma(store, "PRAGMA page_count") * pragma(store, "PRAGMA page_size");

	return error_set(ERR_CANT_WRITE,
			 "base de données : pas assez de place pour la récrire ; libérez %lld Mo "
			 "sous var/ (deux fois sa taille) et relancez : les pièces et les textes "
			 "sont effacés, des traces en restent dans var/segur.db jusque-là",
			 2 * bytes / 1000000 + 1);
}

/* Overwriting what is deleted is not enough: a page that was split keeps copies of rows that went
 * to another page, and in SQLite only VACUUM removes these. */
const struct error *store_erase_end(struct store *store)
{
	bool full;
	char *spill;
	int busy = 0;

	reset_statements(store);
	spill = spill_begin(store);
	execute(store, "VACUUM");
	full = sqlite3_errcode(store->db) == SQLITE_FULL;
	spill_end(store, spill);
	if (full)
		return no_room(store);
	if (!store->failed)
		busy = sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL,
						 NULL);
	if (busy == SQLITE_BUSY)
		return error_set(ERR_BUSY,
				 "base de données : elle est en cours de lecture ; ce qui est "
				 "effacé reste lisible dans var/segur.db-wal jusqu'à la prochaine "
				 "purge");
	if (busy != SQLITE_OK)
		fail(store, "réécriture impossible");
	return store_error(store);
}
