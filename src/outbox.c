#include "outbox.h"

#include "lib/file.h"
#include "lib/mem.h"
#include "outbox_fs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOT 256 /* outputs between two syncs; each holds one descriptor */

/* The kinds of outputs. `dues` selects id, directory, file name. Temporaries live beside their
 * file, but in a Maildir, where tmp is on the same file system. Answers go out before the mails
 * that name them. */
static const struct genre {
	enum sql_id dues, publiee;
	void (*render)(struct root *root, int64_t id, struct buf *out);
	const char *temporaires;
} genres[] = {
    {SQL_SORTIE_RETOURS_DUS, SQL_SORTIE_RETOUR_PUBLIE, answer_render, NULL},
    {SQL_SORTIE_RETOURS_ASP_DUS, SQL_SORTIE_RETOUR_ASP_PUBLIE, retour_asp_render, NULL},
    {SQL_SORTIE_MAILS_DUS, SQL_SORTIE_MAIL_PUBLIE, mail_render, "outbox/mails/tmp"},
};

struct sortie {
	int64_t id;
	char *dossier, *nom;
	char *temporaire; /* its name; NULL once renamed, or not written */
	int dir;	  /* of the destination */
	dev_t appareil;
};

struct lot {
	const struct genre *genre;
	struct sortie sorties[LOT];
	size_t count;
	int temporaires; /* -1: beside each file */
};

static int temporary_dir(const struct lot *lot, const struct sortie *sortie)
{
	return lot->temporaires >= 0 ? lot->temporaires : sortie->dir;
}

static void lot_select(struct root *root, struct lot *lot)
{
	sqlite3_stmt *stmt = store_stmt(root->store, lot->genre->dues);

	bind_int(stmt, 1, LOT);
	while (lot->count < LOT && store_step(root->store, stmt)) {
		lot->sorties[lot->count++] = (struct sortie){
		    .id = column_int(stmt, 0),
		    .dossier = mem_strdup(column_text(stmt, 1)),
		    .nom = mem_strdup(column_text(stmt, 2)),
		    .dir = -1,
		};
	}
	sqlite3_reset(stmt);
}

/* A name that stays in its directory, whatever the database holds. */
static bool is_file_name(const char *name)
{
	return *name != '\0' && *name != '.' && strchr(name, '/') == NULL;
}

static const struct error *sortie_write(struct root *root, const struct lot *lot,
					struct sortie *sortie, struct buf *text)
{
	const struct error *err;
	struct stat info;

	if (!is_file_name(sortie->nom))
		return error_set(ERR_FAULT, "nom de sortie inattendu : « %s »", sortie->nom);
	err = dir_open(root->fd, sortie->dossier, &sortie->dir);
	if (err != NULL)
		return err;
	if (fstat(sortie->dir, &info) != 0)
		return error_errno(ERR_CANT_WRITE, "%s", sortie->dossier);
	sortie->appareil = info.st_dev;
	buf_clear(text);
	lot->genre->render(root, sortie->id, text);
	err = store_error(root->store);
	if (err != NULL)
		return err;
	/* By id, not by name: the name may have all the bytes that a file system allows. */
	sortie->temporaire = mem_printf(".segur-%lld.tmp", (long long)sortie->id);
	return file_write_new(temporary_dir(lot, sortie), sortie->temporaire, text->data,
			      text->length);
}

/* One syncfs a file system: suppliers' directories may be mounts of their own. */
static const struct error *lot_sync(const struct lot *lot)
{
	for (size_t i = 0; i < lot->count; i++) {
		size_t same = 0;
		const struct error *err;

		while (lot->sorties[same].appareil != lot->sorties[i].appareil)
			same++;
		if (same < i)
			continue;
		err = file_sync_fs(lot->sorties[i].dir);
		if (err != NULL)
			return err;
	}
	return NULL;
}

static const struct error *lot_rename(struct lot *lot)
{
	for (size_t i = 0; i < lot->count; i++) {
		struct sortie *sortie = &lot->sorties[i];

		if (renameat(temporary_dir(lot, sortie), sortie->temporaire, sortie->dir,
			     sortie->nom) != 0)
			return error_errno(ERR_CANT_WRITE, "%s/%s", sortie->dossier, sortie->nom);
		free(sortie->temporaire);
		sortie->temporaire = NULL;
	}
	return NULL;
}

static const struct error *lot_mark(struct root *root, const struct lot *lot)
{
	store_begin(root->store);
	for (size_t i = 0; i < lot->count; i++)
		store_run_int(root->store, lot->genre->publiee, lot->sorties[i].id);
	return store_commit(root->store);
}

static const struct error *lot_publish(struct root *root, struct lot *lot)
{
	struct buf text = {0};
	const struct error *err = store_error(root->store);

	if (err == NULL && lot->genre->temporaires != NULL)
		err = dir_open(root->fd, lot->genre->temporaires, &lot->temporaires);
	for (size_t i = 0; i < lot->count && err == NULL; i++)
		err = sortie_write(root, lot, &lot->sorties[i], &text);
	if (err == NULL)
		err = lot_sync(lot);
	if (err == NULL)
		err = lot_rename(lot);
	if (err == NULL)
		err = lot_sync(lot);
	if (err == NULL)
		err = lot_mark(root, lot);
	buf_free(&text);
	return err;
}

static void lot_free(struct lot *lot)
{
	for (size_t i = 0; i < lot->count; i++) {
		struct sortie *sortie = &lot->sorties[i];

		if (sortie->temporaire != NULL)
			unlinkat(temporary_dir(lot, sortie), sortie->temporaire, 0);
		if (sortie->dir >= 0)
			close(sortie->dir);
		free(sortie->temporaire);
		free(sortie->dossier);
		free(sortie->nom);
	}
	if (lot->temporaires >= 0)
		close(lot->temporaires);
	free(lot);
}

const struct error *outbox_publish(struct root *root)
{
	const struct error *err = NULL;

	for (size_t i = 0; i < sizeof(genres) / sizeof(*genres) && err == NULL;) {
		struct lot *lot = mem_alloc(sizeof(*lot));

		lot->genre = &genres[i];
		lot->temporaires = -1;
		lot_select(root, lot);
		err = lot_publish(root, lot);
		if (lot->count < LOT)
			i++;
		lot_free(lot);
	}
	return err;
}
