/* Finds what is due, and writes the rows that say so; purge_erase.c takes it away. */
#include "keep/purge.h"

#include "keep/extract.h"
#include "lib/array.h"
#include "lib/date.h"
#include "lib/dir.h"
#include "lib/mem.h"
#include "lib/notice.h"
#include "model/numero.h"
#include "publish/outputs.h"
#include "request/status.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PURGED_BATCH 256 /* requests or drops in one transaction */

struct purge {
	struct root *root;
	const struct purge_options *options;
	struct purge_report *report;
	struct vault *room;
	struct extraction extraction;
	int32_t day;
};

/* A request or a drop that is due. */
struct due {
	int64_t id, rang;
	char statut[STATUT_SIZE], closed_on[DATE_SIZE], compte[NUMERO_SIZE];
	bool essai, waits;
	bool set_aside; /* not tonight */
};

struct due_list {
	struct due items[PURGED_BATCH];
	size_t count;
};

/* A duration of segur.conf, by its offset. */
static uint32_t days_of(const struct conf *conf, size_t offset)
{
	return *(const uint32_t *)((const char *)conf + offset);
}

static void limit_of(const struct purge *purge, uint32_t days, char text[static DATE_SIZE])
{
	date_format(purge->day - (int32_t)days, text);
}

/* --- identity papers: the other documents of their archives are kept alone --- */

static void load_to_extract(struct root *root, int64_t demande, struct documents *documents)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_PURGE_TO_EXTRACT);

	bind_int(stmt, PURGE_TO_EXTRACT_P_DEMANDE, demande);
	while (store_step(root->store, stmt))
		documents_add(documents, column_text(stmt, PURGE_TO_EXTRACT_ARCHIVE),
			      column_text(stmt, PURGE_TO_EXTRACT_SHA256),
			      (uint32_t)column_int(stmt, PURGE_TO_EXTRACT_ORDINAL));
}

/* A document goes into a file without a name first. */
static const struct error *open_scratch(void *room, const struct document *document, int *fd)
{
	(void)document;
	return vault_scratch(room, fd);
}

static const struct error *keep_alone(void *room, const struct document *document, int fd,
				      bool recorded, const struct error *err)
{
	if (err != NULL)
		return err;
	if (!recorded)
		return error_set(ERR_FAULT,
				 "un document extrait ne porte pas l'empreinte enregistrée : %s",
				 document->sha256);
	err = vault_prepare(room, fd, 0);
	if (err == NULL)
		err = vault_keep(room, 0, document->sha256);
	vault_discard(room, 0);
	return err;
}

/* False when the request has to wait, for the key or for a mended archive. A full disk or a key
 * that does not fit stops everything. */
static bool ready_identity(struct purge *purge, struct due *due, const char *numero,
			   const struct error **err)
{
	struct documents to_extract = {0};
	bool readable = true, ready = false;

	load_to_extract(purge->root, due->id, &to_extract);
	for (size_t i = 0; i < to_extract.count; i++)
		readable = readable &&
			   (vault_form(purge->room, to_extract.items[i].archive) == VAULT_ABSENT ||
			    vault_readable(purge->room, to_extract.items[i].archive));
	if (!readable) {
		purge->report->waiting_for_key++;
		printf("  %-14s archives chiffrées : donnez la clé avec --cle\n", numero);
	} else {
		*err = purge->options->dry_run ? NULL
					       : extract_documents(&purge->extraction, &to_extract);
		ready = *err == NULL;
		if (*err != NULL && (*err)->code == ERR_FAULT) {
			purge->report->failures++;
			notice(NOTICE_ERROR, "%s : %s", numero, (*err)->message);
			*err = NULL;
		}
	}
	documents_free(&to_extract);
	return ready;
}

/* --- what is due --- */

static void load_due(struct purge *purge, enum sql_id sql, const char *limit, const char *other,
		     int64_t after, struct due_list *due_list)
{
	sqlite3_stmt *stmt = store_stmt(purge->root->store, sql);

	bind_text(stmt, parameter(stmt, ":until"), limit);
	bind_int(stmt, parameter(stmt, ":after"), after);
	bind_int(stmt, parameter(stmt, ":limit"), PURGED_BATCH);
	bind_text(stmt, parameter_if_any(stmt, ":whole_until"), other);
	for (due_list->count = 0;
	     due_list->count < PURGED_BATCH && store_step(purge->root->store, stmt);) {
		struct due *due = &due_list->items[due_list->count++];

		*due = (struct due){.id = column_int(stmt, DUE_ID),
				    .rang = column_int(stmt, DUE_RANG),
				    .essai = column_int(stmt, DUE_ESSAI) != 0,
				    .waits = column_int(stmt, DUE_WAITING) != 0};
		snprintf(due->closed_on, sizeof(due->closed_on), "%s", column_text(stmt, DUE_FIN));
		snprintf(due->compte, sizeof(due->compte), "%s", column_text(stmt, DUE_COMPTE));
		snprintf(due->statut, sizeof(due->statut), "%s", column_text(stmt, DUE_STATUT));
	}
}

/* Writes one row of the record, or several; returns how many. */
static size_t write_due(struct purge *purge, enum sql_id sql, int64_t id)
{
	sqlite3_stmt *stmt = store_stmt(purge->root->store, sql);

	bind_text(stmt, parameter(stmt, ":date"), purge->options->date);
	bind_int(stmt, parameter(stmt, ":id"), id);
	store_run(purge->root->store, stmt);
	return store_error(purge->root->store) == NULL ? (size_t)store_changes(purge->root->store)
						       : 0;
}

/* What a purge erases, in the order in which it looks: the papers of a dossier that goes whole need
 * not be looked at alone. */
static const struct step {
	enum sql_id due_list, pieces, archives, data;
	const char *label;
	size_t days;   /* offset in struct conf of how long it is kept */
	size_t report; /* offset of its count */
} steps[] = {
    {SQL_PURGE_DOSSIERS_DUE, SQL_PURGE_DOSSIER_PIECES, SQL_PURGE_DOSSIER_ARCHIVES,
     SQL_PURGE_DOSSIER_DATA, "dossier entier", offsetof(struct conf, dossier_jours),
     offsetof(struct purge_report, dossiers)},
    {SQL_PURGE_IDENTITES_DUE, SQL_PURGE_IDENTITE_PIECES, SQL_PURGE_IDENTITE_ARCHIVES,
     SQL_PURGE_IDENTITE_DATA, "pièces d'identité", offsetof(struct conf, identite_jours),
     offsetof(struct purge_report, identites)},
    {SQL_PURGE_REFUS_DUE, SQL_COUNT, SQL_PURGE_REFUS_ARCHIVES, SQL_PURGE_REFUS_DATA,
     "dépôt sans demande", offsetof(struct conf, refus_jours),
     offsetof(struct purge_report, refus)},
};

static void name_of(const struct step *step, const struct due *due, char text[static NUMERO_SIZE])
{
	if (step->due_list == SQL_PURGE_REFUS_DUE)
		snprintf(text, NUMERO_SIZE, "%s", due->compte);
	else
		demande_numero(due->id, due->rang, text);
}

static void write_one(struct purge *purge, const struct step *step, const struct due *due)
{
	char name[NUMERO_SIZE];
	size_t archives, documents = 0;

	/* Documents first: once the archive's row is there, they count as kept alone. */
	if (step->pieces != SQL_COUNT)
		documents = write_due(purge, step->pieces, due->id);
	archives = write_due(purge, step->archives, due->id);
	write_due(purge, step->data, due->id);
	purge->report->documents += documents;
	purge->report->archives += archives;
	++*(size_t *)((char *)purge->report + step->report);
	name_of(step, due, name);
	printf("  %-14s %s (%s%s, %s) : documents : %zu, archives : %zu\n", name, step->label,
	       due->essai ? "essai, " : "", due->statut, due->closed_on, documents, archives);
}

static const struct error *treat_batch(struct purge *purge, const struct step *step,
				       struct due_list *due_list)
{
	const struct error *err = NULL;
	bool identity = step->due_list == SQL_PURGE_IDENTITES_DUE;
	char name[NUMERO_SIZE];

	for (size_t i = 0; i < due_list->count && err == NULL; i++) {
		struct due *due = &due_list->items[i];

		name_of(step, due, name);
		if (due->waits) {
			purge->report->waiting_for_outputs++;
			printf("  %-14s attend que ses sorties soient publiées\n", name);
		}
		due->set_aside =
		    due->waits || (identity && !ready_identity(purge, due, name, &err));
	}
	if (err == NULL && identity && !purge->options->dry_run)
		err = vault_sync(purge->room);
	if (err != NULL)
		return err;
	store_begin(purge->root->store);
	for (size_t i = 0; i < due_list->count; i++)
		if (!due_list->items[i].set_aside)
			write_one(purge, step, &due_list->items[i]);
	return store_commit(purge->root->store);
}

static const struct error *treat(struct purge *purge, const struct step *step, const char *limit,
				 const char *other)
{
	struct due_list *due_list = mem_alloc(sizeof(*due_list));
	const struct error *err = NULL;
	int64_t after = 0;

	do {
		load_due(purge, step->due_list, limit, other, after, due_list);
		err = store_error(purge->root->store);
		if (err == NULL && due_list->count > 0) {
			after = due_list->items[due_list->count - 1].id;
			err = treat_batch(purge, step, due_list);
		}
	} while (err == NULL && due_list->count == PURGED_BATCH);
	free(due_list);
	return err;
}

/* Folders named by a day are due, but for the one that `courant` points to. */
static const struct error *treat_dated(struct purge *purge, const char *folder, uint32_t days)
{
	char current[DATE_SIZE + 1] = "", *link = mem_printf("%s/courant", folder);
	struct names names;
	const struct error *err = dir_names(purge->root->fd, folder, DIR_MAY_LACK, &names);

	/* A look that failed must not cost readers the reports in force. */
	if (err == NULL && readlinkat(purge->root->fd, link, current, sizeof(current) - 1) < 0 &&
	    errno != ENOENT)
		err = error_errno(ERR_FAULT, "%s", link);
	free(link);
	if (err != NULL) {
		names_free(&names);
		return err;
	}
	store_begin(purge->root->store);
	for (size_t i = 0; i < names.count; i++) {
		const char *name = names.items[i];
		sqlite3_stmt *stmt;
		int32_t day;

		if (!date_parse(name, &day) || strcmp(name, current) == 0 ||
		    day > purge->day - (int32_t)days)
			continue;
		stmt = store_stmt(purge->root->store, SQL_PURGE_REPORTS);
		bind_text(stmt, PURGE_REPORTS_P_DATE, purge->options->date);
		bind_text(stmt, PURGE_REPORTS_P_OBJET, name);
		store_run(purge->root->store, stmt);
		purge->report->rapports++;
		printf("  rapports du %s\n", name);
	}
	names_free(&names);
	return store_commit(purge->root->store);
}

static const struct error *treat_all(struct purge *purge)
{
	const struct conf *conf = &purge->root->conf;
	const struct error *err = NULL;
	char whole[DATE_SIZE], limit[DATE_SIZE];

	limit_of(purge, conf->dossier_jours, whole);
	for (size_t i = 0; i < ARRAY_SIZE(steps) && err == NULL; i++) {
		limit_of(purge, days_of(conf, steps[i].days), limit);
		err = treat(purge, &steps[i], limit, whole);
	}
	for (size_t i = 0; i < output_count && err == NULL; i++)
		if (outputs[i].days != 0)
			err = treat_dated(purge, outputs[i].folders[0],
					  days_of(conf, outputs[i].days));
	return err;
}

static const struct error *play(struct purge *purge)
{
	struct store *store = purge->root->store;
	const struct error *err;

	purge->report->resumed = (size_t)store_get_int(store, SQL_PURGE_INTERRUPTED, NULL, 0);
	if (purge->options->dry_run) {
		/* One transaction that is never committed. */
		store_begin(store);
		err = treat_all(purge);
		store_rollback(store);
	} else {
		store_erase_begin(store);
		err = purge_finish(purge->root, purge->room, purge->options->date);
		if (err == NULL)
			err = treat_all(purge);
		if (err == NULL)
			err = purge_finish(purge->root, purge->room, purge->options->date);
	}
	/* Encryption comes last: what is erased need not be encrypted. */
	return err != NULL
		   ? err
		   : vault_convert(purge->room, purge->options->dry_run, &purge->report->encrypted);
}

const struct error *purge_run(struct root *root, const struct purge_options *options,
			      struct purge_report *report)
{
	struct purge purge = {.root = root, .options = options, .report = report};
	const struct error *err;

	*report = (struct purge_report){0};
	date_parse(options->date, &purge.day);
	err = vault_open(root, options->date, &purge.room);
	if (err == NULL)
		err = vault_set_key(purge.room, options->key);
	purge.extraction = (struct extraction){.root = root,
					       .room = purge.room,
					       .open = open_scratch,
					       .take = keep_alone,
					       .context = purge.room};
	if (err == NULL)
		err = play(&purge);
	pool_close(purge.extraction.pool);
	vault_close(purge.room);
	return err;
}
