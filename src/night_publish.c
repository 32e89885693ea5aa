/* The night's two ends: what a killed run left is finished first, what this one recorded goes out
 * last. */
#include "fichier_asp.h"
#include "inbox.h"
#include "lib/mem.h"
#include "night.h"
#include "outbox.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BATCH 256 /* files released in one transaction */

/* A file that cannot be removed does not stop the night: its row stays, and it is tried again. */
static void release_one(struct night *night, enum sql_id mark, int64_t id, const char *compte,
			const char *archive, const char *source)
{
	const struct error *err = inbox_release(night->root, compte, archive, source);

	if (err == NULL) {
		store_run_int(night->root->store, mark, id);
	} else {
		night->unreleased++;
		fprintf(stderr, "<4>segur : %s\n", err->message);
	}
}

static void release_depots(struct night *night)
{
	struct {
		int64_t id;
		char *compte, *archive, *source;
	} rows[BATCH];
	int64_t after = 0;
	size_t count;

	do {
		sqlite3_stmt *stmt = store_stmt(night->root->store, SQL_DEPOTS_TO_RELEASE);

		bind_int(stmt, 1, after);
		for (count = 0; store_step(night->root->store, stmt) && count < BATCH; count++) {
			rows[count].id = after = column_int(stmt, 0);
			rows[count].compte = mem_strdup(column_text(stmt, 1));
			rows[count].archive = mem_strdup(column_text(stmt, 2));
			rows[count].source = mem_strdup(column_text(stmt, 3));
		}
		store_begin(night->root->store);
		for (size_t i = 0; i < count; i++) {
			release_one(night, SQL_DEPOT_RELEASED, rows[i].id, rows[i].compte,
				    rows[i].archive, rows[i].source);
			free(rows[i].compte);
			free(rows[i].archive);
			free(rows[i].source);
		}
		store_commit(night->root->store);
	} while (count == BATCH);
}

/* The ASP's files are few: each is read anew, so that marking does not disturb the reading. */
static void release_fichiers(struct night *night)
{
	struct store *store = night->root->store;
	struct {
		int64_t id;
		char *nom, *source;
	} *rows = NULL;
	size_t count = 0, capacity = 0;
	sqlite3_stmt *stmt = store_stmt(store, SQL_FICHIERS_TO_RELEASE);

	while (store_step(store, stmt)) {
		rows = mem_grow(rows, count, &capacity, sizeof(*rows));
		rows[count].id = column_int(stmt, 0);
		rows[count].nom = mem_strdup(column_text(stmt, 1));
		rows[count++].source = mem_strdup(column_text(stmt, 2));
	}
	store_begin(store);
	for (size_t i = 0; i < count; i++) {
		release_one(night, SQL_FICHIER_RELEASED, rows[i].id, "asp", rows[i].nom,
			    rows[i].source);
		free(rows[i].nom);
		free(rows[i].source);
	}
	store_commit(store);
	free(rows);
}

static const struct error *release(struct night *night)
{
	night->unreleased = 0;
	release_depots(night);
	release_fichiers(night);
	return store_error(night->root->store);
}

/* Copies of drops that a killed run did not come to judge: identity papers that nothing speaks of.
 */
static void empty_temporaries(struct night *night)
{
	int fd = openat(night->root->fd, "var/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (strncmp(entry->d_name, "depot-", strlen("depot-")) == 0 &&
		    unlinkat(fd, entry->d_name, 0) != 0)
			unlinkat(fd, entry->d_name, AT_REMOVEDIR);
	if (dir != NULL)
		closedir(dir);
}

const struct error *night_recover(struct night *night)
{
	const struct error *err;

	if (night->options->dry_run)
		return NULL;
	empty_temporaries(night);
	err = outbox_publish(night->root, &night->unpublished);
	return err != NULL ? err : release(night);
}

const struct error *night_publish(struct night *night)
{
	const struct error *err;

	if (night->options->dry_run)
		return NULL;
	empty_temporaries(night);
	night->unpublished = 0;
	err = outbox_publish(night->root, &night->unpublished);
	if (err == NULL)
		err = reports_publish(night->root, night->date);
	if (err == NULL)
		err = release(night);
	return err != NULL ? err : fichier_prune(night->root);
}
