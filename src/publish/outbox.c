#include "publish/outbox.h"

#include "lib/file.h"
#include "lib/mem.h"
#include "lib/outbox_fs.h"
#include "publish/answer.h"
#include "publish/asp_return.h"
#include "publish/mail.h"
#include "record/correction.h"
#include "store/durable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOT 256 /* outputs between two syncs; each holds one descriptor */

/* Of what is sent on once it has its name, and must not have it twice: the rows that are being
 * handed over, the statement that begins a row's handing over, and the one that takes it back. */
static const struct remise {
	enum sql_id en_cours, debut, reprise;
} mails = {SQL_OUTPUT_MAILS_IN_HANDOVER, SQL_OUTPUT_MAIL_HANDED_OVER, SQL_OUTPUT_MAIL_TAKEN_BACK};

/* The kinds of outputs. `dues` selects id, directory, file name. Temporaries are made where
 * suppliers cannot write; those of a Maildir in its own tmp. Answers go out before the mails that
 * name them. */
static const struct genre {
	enum sql_id dues, publiee;
	void (*render)(struct root *root, int64_t id, struct buf *out);
	const struct error *(*open)(int base, const char *path, int *out);
	const char *temporaires;
	const struct remise *remise; /* NULL: given again under its name it harms nobody */
} genres[] = {
    {SQL_OUTPUT_RETOURS_DUE, SQL_OUTPUT_RETOUR_PUBLISHED, answer_render, dir_open_private,
     "outbox/.tmp", NULL},
    {SQL_OUTPUT_CORRECTIONS_DUE, SQL_OUTPUT_CORRECTION_PUBLISHED, correction_render,
     dir_open_private, "outbox/.tmp", NULL},
    {SQL_OUTPUT_RETOURS_ASP_DUE, SQL_OUTPUT_RETOUR_ASP_PUBLISHED, asp_return_render,
     dir_open_private, "outbox/.tmp", NULL},
    {SQL_OUTPUT_MAILS_DUE, SQL_OUTPUT_MAIL_PUBLISHED, mail_render, dir_open, "outbox/mails/tmp",
     &mails},
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
	bool remise; /* its row says that it is being handed over: its temporary is its proof */
	int dir;     /* of the destination; shared by outputs that follow each other into it */
	dev_t appareil;
};

struct lot {
	const struct genre *genre;
	struct sortie sorties[LOT];
	size_t count;
	int temporaires; /* -1: beside each file */
	dev_t appareil;	 /* of the temporaries */
	/* The directory that holds the destinations, or is the one of all: walked to once. */
	char *parent;
	int parent_fd;
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
	struct stat info;

	if (err == NULL && fstat(lot->temporaires, &info) != 0)
		return error_errno(ERR_CANT_WRITE, "%s", lot->genre->temporaires);
	if (err == NULL)
		lot->appareil = info.st_dev;
	if (err == NULL || stops_everything(errno))
		return err;
	fprintf(stderr, "<4>segur : %s\n", err->message);
	return NULL;
}

static void lot_select(struct root *root, struct lot *lot, enum sql_id rows, int64_t after)
{
	sqlite3_stmt *stmt = store_stmt(root->store, rows);

	bind_int(stmt, parameter(stmt, ":limit"), LOT);
	bind_int(stmt, parameter(stmt, ":after"), after);
	while (lot->count < LOT && store_step(root->store, stmt)) {
		lot->sorties[lot->count++] = (struct sortie){
		    .id = column_int(stmt, OUTPUT_ID),
		    .dossier = mem_strdup(column_text(stmt, OUTPUT_DIRECTORY)),
		    .nom = mem_strdup(column_text(stmt, OUTPUT_NAME)),
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

/* Outputs come in runs for one directory, or for neighbours. */
static const struct error *open_below(struct root *root, struct lot *lot, const char *path,
				      int *dir)
{
	const char *slash = strrchr(path, '/');
	size_t length = slash != NULL ? (size_t)(slash - path) : 0;
	const struct error *err = NULL;

	if (slash == NULL)
		return dir_open(root->fd, path, dir);
	if (lot->parent == NULL || strlen(lot->parent) != length ||
	    memcmp(lot->parent, path, length) != 0) {
		if (lot->parent_fd >= 0)
			close(lot->parent_fd);
		free(lot->parent);
		lot->parent = mem_strndup(path, length);
		err = dir_open(root->fd, lot->parent, &lot->parent_fd);
	}
	if (err == NULL)
		return dir_open(lot->parent_fd, slash + 1, dir);
	free(lot->parent);
	lot->parent = NULL;
	return err;
}

static const struct error *sortie_open(struct root *root, struct lot *lot, struct sortie *sortie)
{
	const struct sortie *before = sortie > lot->sorties ? sortie - 1 : NULL;
	const struct error *err;
	struct stat info;

	errno = EINVAL;
	if (!is_file_name(sortie->nom))
		return error_set(ERR_FAULT, "nom de sortie inattendu : « %s »", sortie->nom);
	if (before != NULL && before->dir >= 0 && strcmp(before->dossier, sortie->dossier) == 0) {
		sortie->dir = before->dir;
		sortie->appareil = before->appareil;
		return NULL;
	}
	err = open_below(root, lot, sortie->dossier, &sortie->dir);
	if (err != NULL)
		return err;
	if (fstat(sortie->dir, &info) != 0)
		return error_errno(ERR_CANT_WRITE, "%s", sortie->dossier);
	sortie->appareil = info.st_dev;
	return NULL;
}

/* By id, not by name: the name may have all the bytes that a file system allows. */
static char *temporary_name(const struct sortie *sortie)
{
	return mem_printf(".segur-%lld.tmp", (long long)sortie->id);
}

static const struct error *sortie_write(struct root *root, struct lot *lot, struct sortie *sortie,
					struct buf *text)
{
	const struct error *err = sortie->dir < 0 ? sortie_open(root, lot, sortie) : NULL;
	int number;

	if (err != NULL)
		return err;
	sortie->a_cote =
	    sortie->a_cote || lot->temporaires < 0 || lot->appareil != sortie->appareil;
	buf_clear(text);
	lot->genre->render(root, sortie->id, text);
	err = store_error(root->store);
	if (err != NULL)
		return err;
	sortie->temporaire = temporary_name(sortie);
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
	const struct error *err = NULL, *end;

	/* One reading for all: each of its own would take SQLite's locks anew. */
	store_begin_read(root->store);
	for (size_t i = 0; i < lot->count && err == NULL; i++) {
		struct sortie *sortie = &lot->sorties[i];

		if (sortie->etat != ETAT_DUE)
			continue;
		err = sortie_write(root, lot, sortie, &text);
		if (err == NULL)
			sortie->etat = ETAT_ECRITE;
		else
			err = sortie_fail(root, sortie, err);
	}
	buf_free(&text);
	end = store_commit(root->store);
	return err != NULL ? err : end;
}

/* One syncfs a file system: suppliers' directories may be mounts of their own. */
static const struct error *lot_sync(const struct lot *lot, enum etat etat,
				    const struct error *(*sync)(int dir))
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
		err = sync(lot->sorties[i].dir);
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
		} else if (errno == EXDEV && !sortie->a_cote && !sortie->remise) {
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

/* From this commit on the temporary alone says that it has not gone. Should the commit fail, it may
 * still have happened: the temporaries stay. */
static const struct error *lot_hand_over(struct root *root, struct lot *lot)
{
	if (lot->genre->remise == NULL)
		return NULL;
	store_begin(root->store);
	for (size_t i = 0; i < lot->count; i++)
		if (lot->sorties[i].etat == ETAT_ECRITE) {
			lot->sorties[i].remise = true;
			store_run_int(root->store, lot->genre->remise->debut, lot->sorties[i].id);
		}
	return store_commit(root->store);
}

/* What has its name is done; what was being handed over and has it not is due again. */
static const struct error *lot_mark(struct root *root, struct lot *lot)
{
	const struct error *err;

	store_begin(root->store);
	for (size_t i = 0; i < lot->count; i++) {
		const struct sortie *sortie = &lot->sorties[i];

		if (sortie->etat == ETAT_RENOMMEE)
			store_run_int(root->store, lot->genre->publiee, sortie->id);
		else if (sortie->remise)
			store_run_int(root->store, lot->genre->remise->reprise, sortie->id);
	}
	err = store_commit(root->store);
	for (size_t i = 0; i < lot->count && err == NULL; i++)
		lot->sorties[i].remise = false;
	return err;
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
			err = lot_sync(lot, ETAT_ECRITE, durable_outputs);
		if (err == NULL)
			err = lot_hand_over(root, lot);
		if (err == NULL)
			err = lot_rename(root, lot, &again);
	}
	if (err == NULL)
		err = lot_sync(lot, ETAT_RENOMMEE, durable_names);
	if (err == NULL)
		err = lot_mark(root, lot);
	return err;
}

/* *found: the temporary is in that directory; -1: there is none. */
static const struct error *look_for(int dir, const char *name, bool *found)
{
	if (dir < 0)
		return NULL;
	if (faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		*found = true;
	else if (errno != ENOENT)
		return error_errno(ERR_CANT_WRITE, "%s", name);
	return NULL;
}

/* A run was stopped while it handed these over: whose temporary is left is due, the others have
 * gone, and the relay may have taken them since. */
static const struct error *lot_resume(struct root *root, struct lot *lot)
{
	const struct error *err = store_error(root->store);

	if (err == NULL && lot->count > 0)
		err = open_temporaries(root, lot);
	for (size_t i = 0; i < lot->count && err == NULL; i++) {
		struct sortie *sortie = &lot->sorties[i];
		char *name = temporary_name(sortie);
		bool found = false;

		err = sortie_open(root, lot, sortie);
		if (err == NULL)
			err = look_for(lot->temporaires, name, &found);
		if (err == NULL)
			err = look_for(sortie->dir, name, &found);
		free(name);
		sortie->etat = found ? ETAT_DUE : ETAT_RENOMMEE;
		sortie->remise = true;
	}
	if (err == NULL)
		err = lot_sync(lot, ETAT_RENOMMEE, durable_names);
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

		if (sortie->temporaire != NULL && !sortie->remise)
			unlinkat(temporary_dir(lot, sortie), sortie->temporaire, 0);
		if (sortie->dir >= 0 && (i == 0 || sortie->dir != lot->sorties[i - 1].dir))
			close(sortie->dir);
		free(sortie->temporaire);
		free(sortie->dossier);
		free(sortie->nom);
	}
	if (lot->temporaires >= 0)
		close(lot->temporaires);
	if (lot->parent_fd >= 0)
		close(lot->parent_fd);
	free(lot->parent);
	free(lot);
}

/* Everything that `rows` selects of a kind, in batches. */
static const struct error *genre_all(struct root *root, const struct genre *genre, enum sql_id rows,
				     const struct error *(*each)(struct root *, struct lot *),
				     size_t *left)
{
	const struct error *err;
	int64_t after = 0;
	bool more;

	do {
		struct lot *lot = mem_alloc(sizeof(*lot));

		lot->genre = genre;
		lot->temporaires = lot->parent_fd = -1;
		lot_select(root, lot, rows, after);
		err = each(root, lot);
		*left += lot_failures(lot);
		more = lot->count == LOT;
		if (more)
			after = lot->sorties[LOT - 1].id;
		lot_free(lot);
	} while (err == NULL && more);
	return err;
}

const struct error *outbox_publish(struct root *root, size_t *failed)
{
	const struct error *err = NULL;
	size_t left = 0;

	for (size_t i = 0; i < sizeof(genres) / sizeof(*genres) && err == NULL; i++) {
		const struct genre *genre = &genres[i];

		if (genre->remise != NULL)
			err = genre_all(root, genre, genre->remise->en_cours, lot_resume, &left);
		if (err == NULL)
			err = genre_all(root, genre, genre->dues, lot_publish, &left);
	}
	if (failed != NULL)
		*failed = left;
	return err;
}
