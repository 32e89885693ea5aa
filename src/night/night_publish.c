/* The night's two ends: it finishes what a killed run left, and publishes what it recorded. */
#include "asp/asp_file.h"
#include "intake/inbox.h"
#include "keep/backup.h"
#include "lib/dir.h"
#include "lib/mem.h"
#include "lib/notice.h"
#include "lib/tree.h"
#include "night/night_private.h"
#include "publish/given.h"
#include "publish/outbox.h"
#include "publish/report.h"
#include "store/durable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RELEASED_BATCH 256 /* files released in one transaction */

/* An answered file that is to leave the inbox. */
struct answered {
	int64_t id;
	char *archive, *source;
	bool gone;
};

struct leaving {
	struct answered files[RELEASED_BATCH];
	char *accounts[RELEASED_BATCH];
	bool durable[RELEASED_BATCH];
	size_t count;
};

static void leaving_add(struct leaving *leaving, sqlite3_stmt *row)
{
	struct answered *file = &leaving->files[leaving->count];

	*file = (struct answered){.id = column_int(row, RELEASE_ID),
				  .archive = mem_strdup(column_text(row, RELEASE_ARCHIVE)),
				  .source = mem_strdup(column_text(row, RELEASE_SOURCE))};
	leaving->accounts[leaving->count++] = mem_strdup(column_text(row, RELEASE_COMPTE));
}

static void leaving_clear(struct leaving *leaving)
{
	for (size_t i = 0; i < leaving->count; i++) {
		free(leaving->files[i].archive);
		free(leaving->files[i].source);
		free(leaving->accounts[i]);
	}
	leaving->count = 0;
}

/* A file that cannot be removed does not stop the night: its row stays, and it is tried again. What
 * a night that is played again has answered lies in no inbox. */
static void remove_each(struct night *night, struct leaving *leaving)
{
	bool replayed = night->options->source != NULL;

	for (size_t i = 0; i < leaving->count; i++) {
		struct answered *file = &leaving->files[i];

		file->gone = replayed || inbox_release(night->root, leaving->accounts[i],
						       file->archive, file->source);
	}
}

/* The rows say that the files are gone only once these cannot come back. */
static const struct error *release_batch(struct night *night, struct leaving *leaving,
					 enum sql_id mark)
{
	const struct error *err;

	remove_each(night, leaving);
	err = durable_removals(night->root, (const char *const *)leaving->accounts, leaving->count,
			       leaving->durable);
	if (err != NULL)
		return err;
	store_begin(night->root->store);
	for (size_t i = 0; i < leaving->count; i++)
		if (leaving->files[i].gone && leaving->durable[i])
			store_run_int(night->root->store, mark, leaving->files[i].id);
		else
			night->unreleased++;
	return store_commit(night->root->store);
}

/* `due` selects id, account, file name and identity of up to :limit files after the id :after. */
static const struct error *release_all(struct night *night, enum sql_id due, enum sql_id mark)
{
	struct leaving *leaving = mem_alloc(sizeof(*leaving));
	const struct error *err;
	int64_t after = 0;
	size_t count;

	do {
		sqlite3_stmt *stmt = store_stmt(night->root->store, due);

		bind_int(stmt, parameter(stmt, ":after"), after);
		bind_int(stmt, parameter(stmt, ":limit"), RELEASED_BATCH);
		while (leaving->count < RELEASED_BATCH && store_step(night->root->store, stmt)) {
			after = column_int(stmt, RELEASE_ID);
			leaving_add(leaving, stmt);
		}
		count = leaving->count;
		err = store_error(night->root->store);
		if (err == NULL && count > 0)
			err = release_batch(night, leaving, mark);
		leaving_clear(leaving);
	} while (err == NULL && count == RELEASED_BATCH);
	free(leaving);
	return err;
}

static const struct error *release(struct night *night)
{
	const struct error *err;

	night->unreleased = 0;
	err = release_all(night, SQL_DEPOTS_TO_RELEASE, SQL_DEPOT_RELEASED);
	return err != NULL ? err
			   : release_all(night, SQL_FICHIERS_TO_RELEASE, SQL_FICHIER_RELEASED);
}

static const struct error *remove_copy(void *context, int dir, const struct dirent *entry)
{
	(void)context;
	return strncmp(entry->d_name, "depot-", strlen("depot-")) == 0
		   ? tree_remove(dir, entry->d_name)
		   : NULL;
}

/* Removes copies of drops that a killed run did not judge: identity papers that no row names. */
static const struct error *empty_temporaries(struct night *night)
{
	return dir_each(night->root->fd, "var/tmp", DIR_STRICT, remove_copy, NULL);
}

static const struct error *publish_due(struct night *night)
{
	const struct error *err = given_write(night->root);

	return err != NULL ? err : outbox_publish(night->root, &night->unpublished);
}

/* Nothing goes out before the night's own backup holds it. A backup that fails is said, and the
 * night goes on: a full disk of backups must not keep suppliers waiting, and the file of what was
 * given (given.h) serves a restoration from an older one. */
static void save(struct night *night)
{
	const struct error *err = night->options->source == NULL
				      ? backup_night(night->root, night->date, night->id)
				      : NULL;

	if (err == NULL)
		return;
	night->unsaved = true;
	notice(NOTICE_ERROR,
	       "la nuit n'a pas pu se sauvegarder, ses réponses partent sans cela : "
	       "%s",
	       err->message);
}

/* Publishes what is due from before: of a night that was stopped, which no backup may hold yet. */
static const struct error *publish_old(struct night *night)
{
	struct store *store = night->root->store;
	sqlite3_stmt *stmt = store_stmt(store, SQL_RESTART_DUE);
	bool stopped;

	bind_int(stmt, RESTART_DUE_P_NUIT, night->id);
	if (!store_step(store, stmt))
		return store_error(store);
	stopped = column_int(stmt, RESTART_DUE_STOPPED) != 0;
	sqlite3_reset(stmt);
	if (stopped)
		save(night);
	return publish_due(night);
}

const struct error *night_recover(struct night *night)
{
	const struct error *err;

	if (night->options->dry_run)
		return NULL;
	err = empty_temporaries(night);
	if (err == NULL)
		err = publish_old(night);
	return err != NULL ? err : release(night);
}

const struct error *night_publish(struct night *night)
{
	const struct error *err;

	if (night->options->dry_run)
		return NULL;
	night->unpublished = (struct unpublished){0};
	err = empty_temporaries(night);
	if (err == NULL)
		save(night);
	if (err == NULL)
		err = publish_due(night);
	if (err == NULL)
		err = reports_publish(night->root, night->date, &night->reports);
	if (err == NULL)
		err = release(night);
	return err != NULL ? err : asp_file_prune(night->root);
}
