#include "outbox.h"

#include "correction.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "outbox_fs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOT 256 /* outputs between two syncs; each holds one descriptor */

/* The kinds of outputs. `dues` selects id, directory, file name. Temporaries are made where
 * suppliers cannot write; those of a Maildir in its own tmp. Answers go out before the mails that
 * name them. */
static const struct genre {
	enum sql_id dues, publiee;
	void (*render)(struct root *root, int64_t id, struct buf *out);
	const struct error *(*open)(int base, const char *path, int *out);
	const char *temporaires;
} genres[] = {
    {SQL_SORTIE_RETOURS_DUS, SQL_SORTIE_RETOUR_PUBLIE, answer_render, dir_open_private,
     "outbox/.tmp"},
    {SQL_SORTIE_CORRECTIONS_DUES, SQL_SORTIE_CORRECTION_PUBLIEE, correction_render,
     dir_open_private, "outbox/.tmp"},
    {SQL_SORTIE_RETOURS_ASP_DUS, SQL_SORTIE_RETOUR_ASP_PUBLIE, retour_asp_render, dir_open_private,
     "outbox/.tmp"},
    {SQL_SORTIE_MAILS_DUS, SQL_SORTIE_MAIL_PUBLIE, mail_render, dir_open, "outbox/mails/tmp"},
};

enum etat {
	ETAT_DUE,
	ETAT_ECRITE, /* under its temporary name */
	ETAT_RENOMMEE,
	ETAT_ECHOUEE, /* left due */
};

struct sortie {
	int64_t id;
	enum etat etat;
	char *dossier, *nom;
	char *temporaire; /* its name; NULL once renamed, or not written */
	bool a_cote;	  /* the temporary is beside the file: it may be another file system */
	int dir;	  /* of the destination */
	dev_t appareil;
};

struct lot {
	const struct genre *genre;
	struct sortie sorties[LOT];
	size_t count;
	int temporaires; /* -1: beside each file */
};

/* After these no other output could be written either. */
static bool stops_everything(int number)
{
	return number == ENOSPC || number == EIO || number == EROFS;
}

static int temporary_dir(const struct lot *lot, const struct sortie *sortie)
{
	return sortie->a_cote ? sortie->dir : lot->temporaires;
}

static const struct error *open_temporaries(struct root *root, struct lot *lot)
{
	const struct error *err =
	    lot->genre->open(root->fd, lot->genre->temporaires, &lot->temporaires);

	if (err == NULL || stops_everything(errno))
		return err;
	fprintf(stderr, "<4>segur : %s\n", err->message);
	return NULL;
}

static void lot_select(struct root *root, struct lot *lot, int64_t after)
{
	sqlite3_stmt *stmt = store_stmt(root->store, lot->genre->dues);

	bind_int(stmt, 1, LOT);
	bind_int(stmt, 2, after);
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

static const struct error *sortie_open(struct root *root, struct sortie *sortie)
{
	const struct error *err;
	struct stat info;

	errno = EINVAL;
	if (!is_file_name(sortie->nom))
		return error_set(ERR_FAULT, "nom de sortie inattendu : « %s »", sortie->nom);
	err = dir_open(root->fd, sortie->dossier, &sortie->dir);
	if (err != NULL)
		return err;
	if (fstat(sortie->dir, &info) != 0)
		return error_errno(ERR_CANT_WRITE, "%s", sortie->dossier);
	sortie->appareil = info.st_dev;
	return NULL;
}

static const struct error *sortie_write(struct root *root, const struct lot *lot,
					struct sortie *sortie, struct buf *text)
{
	const struct error *err = sortie->dir < 0 ? sortie_open(root, sortie) : NULL;
	int number;

	if (err != NULL)
		return err;
	buf_clear(text);
	lot->genre->render(root, sortie->id, text);
	err = store_error(root->store);
	if (err != NULL)
		return err;
	/* By id, not by name: the name may have all the bytes that a file system allows. */
	sortie->temporaire = mem_printf(".segur-%lld.tmp", (long long)sortie->id);
	err = file_write_new(temporary_dir(lot, sortie), sortie->temporaire, text->data,
			     text->length);
	if (err == NULL)
		return NULL;
	number = errno;
	err = error_set(err->code, "%s/%s : %s", sortie->dossier, sortie->nom, err->message);
	errno = number;
	return err;
}

/* NULL when the failure is this output's own: then it is said, and the output stays due. */
static const struct error *sortie_fail(struct root *root, struct sortie *sortie,
				       const struct error *err)
{
	if (stops_everything(errno) || store_error(root->store) != NULL)
		return err;
	sortie->etat = ETAT_ECHOUEE;
	fprintf(stderr, "<4>segur : %s\n", err->message);
	return NULL;
}

static const struct error *lot_write(struct root *root, struct lot *lot)
{
	struct buf text = {0};
	const struct error *err = NULL;

	for (size_t i = 0; i < lot->count && err == NULL; i++) {
		struct sortie *sortie = &lot->sorties[i];

		if (sortie->etat != ETAT_DUE)
			continue;
		sortie->a_cote = sortie->a_cote || lot->temporaires < 0;
		err = sortie_write(root, lot, sortie, &text);
		if (err == NULL)
			sortie->etat = ETAT_ECRITE;
		else
			err = sortie_fail(root, sortie, err);
	}
	buf_free(&text);
	return err;
}

/* One syncfs a file system: suppliers' directories may be mounts of their own. */
static const struct error *lot_sync(const struct lot *lot, enum etat etat)
{
	for (size_t i = 0; i < lot->count; i++) {
		size_t same = 0;
		const struct error *err;

		if (lot->sorties[i].etat != etat)
			continue;
		while (lot->sorties[same].etat != etat ||
		       lot->sorties[same].appareil != lot->sorties[i].appareil)
			same++;
		if (same < i)
			continue;
		err = file_sync_fs(lot->sorties[i].dir);
		if (err != NULL)
			return err;
	}
	return NULL;
}

/* *again: some lie on another file system than their temporary, and are due to be written anew
 * beside their name. */
static const struct error *lot_rename(struct root *root, struct lot *lot, bool *again)
{
	const struct error *err = NULL;

	for (size_t i = 0; i < lot->count && err == NULL; i++) {
		struct sortie *sortie = &lot->sorties[i];
		int from = temporary_dir(lot, sortie);

		if (sortie->etat != ETAT_ECRITE)
			continue;
		if (renameat(from, sortie->temporaire, sortie->dir, sortie->nom) == 0) {
			sortie->etat = ETAT_RENOMMEE;
		} else if (errno == EXDEV && !sortie->a_cote) {
			unlinkat(from, sortie->temporaire, 0);
			sortie->etat = ETAT_DUE;
			*again = sortie->a_cote = true;
		} else {
			err = error_errno(ERR_CANT_WRITE, "%s/%s", sortie->dossier, sortie->nom);
			err = sortie_fail(root, sortie, err);
			continue; /* its temporary is removed with the batch */
		}
		free(sortie->temporaire);
		sortie->temporaire = NULL;
	}
	return err;
}

static const struct error *lot_mark(struct root *root, const struct lot *lot)
{
	store_begin(root->store);
	for (size_t i = 0; i < lot->count; i++)
		if (lot->sorties[i].etat == ETAT_RENOMMEE)
			store_run_int(root->store, lot->genre->publiee, lot->sorties[i].id);
	return store_commit(root->store);
}

static const struct error *lot_publish(struct root *root, struct lot *lot)
{
	const struct error *err = store_error(root->store);
	bool again = true;

	if (err == NULL && lot->count > 0)
		err = open_temporaries(root, lot);
	while (err == NULL && again) {
		again = false;
		err = lot_write(root, lot);
		if (err == NULL)
			err = lot_sync(lot, ETAT_ECRITE);
		if (err == NULL)
			err = lot_rename(root, lot, &again);
	}
	if (err == NULL)
		err = lot_sync(lot, ETAT_RENOMMEE);
	if (err == NULL)
		err = lot_mark(root, lot);
	return err;
}

static size_t lot_failures(const struct lot *lot)
{
	size_t count = 0;

	for (size_t i = 0; i < lot->count; i++)
		count += lot->sorties[i].etat == ETAT_ECHOUEE;
	return count;
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

const struct error *outbox_publish(struct root *root, size_t *failed)
{
	const struct error *err = NULL;
	size_t left = 0;
	int64_t after = 0;

	for (size_t i = 0; i < sizeof(genres) / sizeof(*genres) && err == NULL;) {
		struct lot *lot = mem_alloc(sizeof(*lot));

		lot->genre = &genres[i];
		lot->temporaires = -1;
		lot_select(root, lot, after);
		err = lot_publish(root, lot);
		left += lot_failures(lot);
		if (lot->count < LOT) {
			i++;
			after = 0;
		} else {
			after = lot->sorties[LOT - 1].id;
		}
		lot_free(lot);
	}
	if (failed != NULL)
		*failed = left;
	return err;
}
