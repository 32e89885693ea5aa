/* Takes away what the record says is due: files, then texts, then traces in the database file. */
#include "asp/asp_file.h"
#include "keep/purge.h"
#include "lib/array.h"
#include "lib/date.h"
#include "lib/dir.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "lib/sha256.h"
#include "lib/tree.h"
#include "publish/outputs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ERASED_BATCH 2048 /* rows of the record in one transaction */
#define NATURE_SIZE  16
#define OBJET_SIZE   48

struct erasure {
	int64_t id, demande, depot;
	char nature[NATURE_SIZE], objet[OBJET_SIZE], sha256[SHA256_HEX_SIZE];
	bool shared;
};

struct erasures {
	struct erasure items[ERASED_BATCH];
	size_t count;
};

static bool is(const char *text, const char *other)
{
	return strcmp(text, other) == 0;
}

static void load_erasures(struct root *root, struct erasures *due)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_PURGE_UNFINISHED);

	for (due->count = 0; due->count < ERASED_BATCH && store_step(root->store, stmt);) {
		struct erasure *one = &due->items[due->count++];

		*one = (struct erasure){.id = column_int(stmt, PURGE_UNFINISHED_ID),
					.demande = column_int(stmt, PURGE_UNFINISHED_DEMANDE),
					.depot = column_int(stmt, PURGE_UNFINISHED_DEPOT)};
		snprintf(one->nature, sizeof(one->nature), "%s",
			 column_text(stmt, PURGE_UNFINISHED_NATURE));
		snprintf(one->objet, sizeof(one->objet), "%s",
			 column_text(stmt, PURGE_UNFINISHED_OBJET));
		snprintf(one->sha256, sizeof(one->sha256), "%s",
			 column_text(stmt, PURGE_UNFINISHED_SHA256));
	}
}

/* --- files --- */

/* Removes a file of the outbox durably, if it is still there. */
static const struct error *remove_output(struct root *root, const char *folder, const char *name)
{
	const struct error *err;
	int dir;

	if (strchr(name, '/') != NULL)
		return NULL;
	if (faccessat(root->fd, folder, F_OK, 0) != 0)
		return errno == ENOENT ? NULL : error_errno(ERR_CANT_WRITE, "%s", folder);
	err = dir_open(root->fd, folder, &dir);
	if (err != NULL)
		return err;
	if (unlinkat(dir, name, 0) == 0) {
		if (file_sync(dir) != 0)
			err = error_errno(ERR_CANT_WRITE, "%s", folder);
	} else if (errno != ENOENT) {
		err = error_errno(ERR_CANT_WRITE, "%s/%s", folder, name);
	}
	close(dir);
	return err;
}

/* Removes what of a request or of a drop still lies there. */
static const struct error *remove_outputs(struct root *root, enum sql_id erased,
					  const struct erasure *one)
{
	sqlite3_stmt *stmt = store_stmt(root->store, erased);
	const struct error *err = NULL;

	if (one->demande != 0)
		bind_int(stmt, parameter(stmt, ":demande"), one->demande);
	else
		bind_int(stmt, parameter(stmt, ":depot"), one->depot);
	while (err == NULL && store_step(root->store, stmt))
		err = remove_output(root, column_text(stmt, OUTPUT_FOLDER),
				    column_text(stmt, OUTPUT_NAME));
	return err;
}

/* A folder whose files tell by their names whether they are to be erased. */
struct erased_folder {
	struct root *root;
	const char *path;
	enum sql_id erased_file;
	bool removed;
};

static const struct error *remove_file(void *context, int dir, const struct dirent *entry)
{
	struct erased_folder *folder = context;
	sqlite3_stmt *stmt = store_stmt(folder->root->store, folder->erased_file);

	bind_text(stmt, ONLY_PARAMETER, entry->d_name);
	if (!store_step(folder->root->store, stmt))
		return store_error(folder->root->store);
	folder->removed = true;
	return unlinkat(dir, entry->d_name, 0) == 0 || errno == ENOENT
		   ? NULL
		   : error_errno(ERR_CANT_WRITE, "%s/%s", folder->path, entry->d_name);
}

/* Removes what nobody has taken yet: mails, until they are relayed. */
static const struct error *remove_from(struct root *root, const char *path, enum sql_id erased_file)
{
	struct erased_folder folder = {root, path, erased_file, false};
	const struct error *err = dir_each(root->fd, path, DIR_MAY_LACK, remove_file, &folder);
	int dir;

	if (err != NULL || !folder.removed)
		return err;
	err = dir_open(root->fd, path, &dir);
	if (err == NULL && file_sync(dir) != 0)
		err = error_errno(ERR_CANT_WRITE, "%s", path);
	file_let_go(dir);
	return err;
}

static const struct error *remove_dated(struct root *root, const char *path, const char *day)
{
	const struct error *err;
	int32_t parsed;
	int dir;

	if (!date_parse(day, &parsed))
		return NULL;
	err = dir_open(root->fd, path, &dir);
	if (err != NULL)
		return err;
	err = tree_remove(dir, day);
	if (err == NULL && file_sync(dir) != 0)
		err = error_errno(ERR_CANT_WRITE, "%s", path);
	close(dir);
	return err;
}

/* Takes out of the outbox what one row of the record names. */
static const struct error *remove_published(struct root *root, const struct erasure *one)
{
	bool dated = is(one->nature, "rapports");
	const struct error *err = NULL;

	for (size_t i = 0; i < output_count && err == NULL; i++) {
		if (dated && outputs[i].days != 0)
			err = remove_dated(root, outputs[i].folders[0], one->objet);
		else if (!dated && outputs[i].erased != NO_STATEMENT)
			err = remove_outputs(root, outputs[i].erased, one);
	}
	return err;
}

/* Erases the kept file, unless other drops need its bytes. The store is asked now, since a night
 * may have passed after the row was written. */
static const struct error *remove_kept(struct root *root, struct vault *room, struct erasure *one)
{
	one->shared = store_get_int(root->store, SQL_PURGE_NEEDED, one->sha256, 0) != 0;
	if (one->shared || store_error(root->store) != NULL)
		return store_error(root->store);
	return vault_erase(room, one->sha256);
}

static const struct error *remove_files(struct root *root, struct vault *room, struct erasures *due)
{
	const struct error *err = NULL;

	for (size_t i = 0; i < due->count && err == NULL; i++) {
		struct erasure *one = &due->items[i];

		if (one->sha256[0] != '\0')
			err = remove_kept(root, room, one);
		else if (!is(one->nature, "identite"))
			err = remove_published(root, one);
	}
	for (size_t i = 0; i < output_count; i++)
		for (const char *const *folder = outputs[i].folders; *folder != NULL; folder++)
			if (err == NULL && outputs[i].erased_file != NO_STATEMENT)
				err = remove_from(root, *folder, outputs[i].erased_file);
	return err != NULL ? err : vault_sync(room);
}

/* --- texts --- */

static const struct statement {
	const char *nature;
	enum sql_id sql;
} statements[] = {
    {"identite", SQL_ERASE_IDENTITE_DOSSIERS},
    {"identite", SQL_ERASE_IDENTITE_PIECES},
    {"identite", SQL_ERASE_IDENTITE_ECHEANCES},
    {"identite", SQL_ERASE_IDENTITE_ANOMALIES},
    {"identite", SQL_ERASE_IDENTITE_SIGNAUX},
    {"dossier", SQL_ERASE_DOSSIERS},
    {"dossier", SQL_ERASE_DEMANDE},
    {"dossier", SQL_ERASE_PIECES},
    {"dossier", SQL_ERASE_ECHEANCES},
    {"dossier", SQL_ERASE_EVENEMENTS},
    {"dossier", SQL_ERASE_SIGNAUX},
    {"dossier", SQL_ERASE_MAILS},
    {"dossier", SQL_ERASE_ANOMALIES},
    {"dossier", SQL_ERASE_DEPOTS},
    {"refus", SQL_ERASE_REFUS_ANOMALIES},
    {"refus", SQL_ERASE_REFUS_CORRECTIONS},
    {"refus", SQL_ERASE_REFUS_MAILS},
    {"refus", SQL_ERASE_REFUS_DEPOTS},
};

static void erase_texts(struct root *root, const struct erasure *one, const char *date)
{
	for (size_t i = 0; i < ARRAY_SIZE(statements); i++) {
		sqlite3_stmt *stmt;

		if (!is(statements[i].nature, one->nature))
			continue;
		stmt = store_stmt(root->store, statements[i].sql);
		bind_int(stmt, parameter(stmt, ":id"),
			 one->demande != 0 ? one->demande : one->depot);
		bind_text(stmt, parameter_if_any(stmt, ":date"), date);
		store_run(root->store, stmt);
	}
}

static const struct error *mark_gone(struct root *root, const struct erasures *due,
				     const char *date)
{
	store_begin(root->store);
	for (size_t i = 0; i < due->count; i++) {
		const struct erasure *one = &due->items[i];
		sqlite3_stmt *stmt;

		if (is(one->objet, "donnees"))
			erase_texts(root, one, date);
		stmt = store_stmt(root->store, SQL_PURGE_REMOVED);
		bind_int(stmt, PURGE_REMOVED_P_ID, one->id);
		bind_int(stmt, PURGE_REMOVED_P_PARTAGE, one->shared);
		store_run(root->store, stmt);
	}
	return store_commit(root->store);
}

const struct error *purge_finish(struct root *root, struct vault *room, const char *date)
{
	struct erasures *due = mem_alloc(sizeof(*due));
	const struct error *err = NULL;

	do {
		load_erasures(root, due);
		err = store_error(root->store);
		if (err == NULL && due->count > 0) {
			err = remove_files(root, room, due);
			if (err == NULL)
				err = mark_gone(root, due, date);
		}
	} while (err == NULL && due->count == ERASED_BATCH);
	free(due);
	if (err != NULL || store_get_int(root->store, SQL_PURGE_INTERRUPTED, NULL, 0) == 0)
		return err;
	/* The ASP's old files still say of people what was just erased. */
	err = asp_file_prune(root);
	if (err == NULL)
		err = vault_sync(room);
	/* Writing the database file anew takes long, and old reports were never in it. */
	if (err == NULL && store_get_int(root->store, SQL_PURGE_IN_DATABASE, NULL, 0) != 0)
		err = store_erase_end(root->store);
	if (err != NULL)
		return err;
	store_begin(root->store);
	store_run(root->store, store_stmt(root->store, SQL_PURGE_DONE));
	return store_commit(root->store);
}
