/* What is due, and the rows that say so; purge_effacer.c takes it away. */
#include "keep/purge.h"

#include "keep/extraction.h"
#include "lib/date.h"
#include "lib/dir.h"
#include "lib/mem.h"
#include "model/numero.h"
#include "request/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOT	 256 /* requests or drops in one transaction */
#define RAPPORTS "outbox/asp/rapports"

struct purge {
	struct root *root;
	const struct purge_options *options;
	struct purge_bilan *bilan;
	struct conservation *room;
	struct pool *pool; /* opened for the first archive that is to be read */
	int32_t day;
};

/* A request or a drop that is due. */
struct du {
	int64_t id, rang;
	char statut[24], fin[11], compte[40];
	bool essai, attend;
	bool ecarte; /* not tonight */
};

struct dus {
	struct du items[LOT];
	size_t count;
};

static void limit_of(const struct purge *purge, uint32_t days, char text[static 11])
{
	date_format(purge->day - (int32_t)days, text);
}

/* --- identity papers: the other documents of their archives are kept alone
 * ------------------------------------------------------------------------------------------ */

struct extrait {
	char archive[65], sha256[65];
	uint32_t ordinal;
};

struct extraits {
	struct extrait *items;
	size_t count, capacity;
};

static void load_extraits(struct root *root, int64_t demande, struct extraits *extraits)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_PURGE_TO_EXTRACT);

	bind_int(stmt, PURGE_TO_EXTRACT_P_DEMANDE, demande);
	while (store_step(root->store, stmt)) {
		struct extrait *one;

		extraits->items = mem_grow(extraits->items, extraits->count, &extraits->capacity,
					   sizeof(*extraits->items));
		one = &extraits->items[extraits->count++];
		snprintf(one->archive, sizeof(one->archive), "%s",
			 column_text(stmt, PURGE_TO_EXTRACT_ARCHIVE));
		snprintf(one->sha256, sizeof(one->sha256), "%s",
			 column_text(stmt, PURGE_TO_EXTRACT_SHA256));
		one->ordinal = (uint32_t)column_int(stmt, PURGE_TO_EXTRACT_ORDINAL);
	}
}

static const struct error *keep_alone(struct purge *purge, const struct document *document)
{
	const struct error *err;

	if (!document_is_recorded(document))
		return error_set(ERR_FAULT,
				 "un document extrait ne porte pas l'empreinte enregistrée : %s",
				 document->sha256);
	err = conservation_prepare(purge->room, document->fd, 0);
	if (err == NULL)
		err = conservation_keep(purge->room, 0, document->sha256);
	conservation_discard(purge->room, 0);
	return err;
}

/* Documents of one archive, each into a file without a name, then kept. */
static const struct error *extract(struct purge *purge, const struct extrait *first, size_t count)
{
	struct document documents[EXTRACTION_MAX];
	const struct error *err = NULL;
	size_t opened = 0;
	int fd = -1;

	if (purge->pool == NULL)
		err = pool_open(&purge->root->conf, 1, &purge->pool);
	if (err == NULL)
		err = conservation_read(purge->room, first->archive, &fd);
	for (; opened < count && err == NULL; opened += err == NULL) {
		documents[opened] = (struct document){.ordinal = first[opened].ordinal,
						      .sha256 = first[opened].sha256};
		err = conservation_scratch(purge->room, &documents[opened].fd);
	}
	if (err == NULL)
		err = extraction_run(&purge->root->conf, purge->pool, fd, first->archive, documents,
				     count);
	else if (fd >= 0)
		close(fd);
	for (size_t i = 0; i < opened; i++) {
		if (err == NULL)
			err = keep_alone(purge, &documents[i]);
		close(documents[i].fd);
	}
	return err;
}

static const struct error *extract_all(struct purge *purge, const struct extraits *extraits)
{
	const struct error *err = NULL;
	size_t count;

	for (size_t i = 0; i < extraits->count && err == NULL; i += count) {
		count = 1;
		while (i + count < extraits->count && count < EXTRACTION_MAX &&
		       strcmp(extraits->items[i].archive, extraits->items[i + count].archive) == 0)
			count++;
		err = extract(purge, &extraits->items[i], count);
	}
	return err;
}

/* False when the request has to wait, for the key or for a mended archive. Disks that are full and
 * keys that do not fit stop everything. */
static bool ready_identite(struct purge *purge, struct du *du, const char *numero,
			   const struct error **err)
{
	struct extraits extraits = {0};
	bool readable = true, ready = false;

	load_extraits(purge->root, du->id, &extraits);
	for (size_t i = 0; i < extraits.count; i++)
		readable =
		    readable && (conservation_forme(purge->room, extraits.items[i].archive) ==
				     CONSERVATION_ABSENTE ||
				 conservation_lisible(purge->room, extraits.items[i].archive));
	if (!readable) {
		purge->bilan->attente_cle++;
		printf("  %-14s archives chiffrées : donnez la clé avec --cle\n", numero);
	} else {
		*err = purge->options->dry_run ? NULL : extract_all(purge, &extraits);
		ready = *err == NULL;
		if (*err != NULL && (*err)->code == ERR_FAULT) {
			purge->bilan->echecs++;
			fprintf(stderr, "<3>segur : %s : %s\n", numero, (*err)->message);
			*err = NULL;
		}
	}
	free(extraits.items);
	return ready;
}

/* --- what is due
 * ------------------------------------------------------------------------------------- */

static void load_dus(struct purge *purge, enum sql_id sql, const char *limit, const char *other,
		     int64_t after, struct dus *dus)
{
	sqlite3_stmt *stmt = store_stmt(purge->root->store, sql);

	bind_text(stmt, parameter(stmt, ":until"), limit);
	bind_int(stmt, parameter(stmt, ":after"), after);
	bind_int(stmt, parameter(stmt, ":limit"), LOT);
	bind_text(stmt, parameter_if_any(stmt, ":whole_until"), other);
	for (dus->count = 0; dus->count < LOT && store_step(purge->root->store, stmt);) {
		struct du *du = &dus->items[dus->count++];

		*du = (struct du){.id = column_int(stmt, DUE_ID),
				  .rang = column_int(stmt, DUE_RANG),
				  .essai = column_int(stmt, DUE_ESSAI) != 0,
				  .attend = column_int(stmt, DUE_WAITING) != 0};
		snprintf(du->fin, sizeof(du->fin), "%s", column_text(stmt, DUE_FIN));
		snprintf(du->compte, sizeof(du->compte), "%s", column_text(stmt, DUE_COMPTE));
		snprintf(du->statut, sizeof(du->statut), "%s", column_text(stmt, DUE_STATUT));
	}
}

/* One row of the record, or several; how many. */
static size_t write_due(struct purge *purge, enum sql_id sql, int64_t id)
{
	sqlite3_stmt *stmt = store_stmt(purge->root->store, sql);

	bind_text(stmt, parameter(stmt, ":date"), purge->options->date);
	bind_int(stmt, parameter(stmt, ":id"), id);
	store_run(purge->root->store, stmt);
	return store_error(purge->root->store) == NULL ? (size_t)store_changes(purge->root->store)
						       : 0;
}

/* What a purge erases, in the order in which they are looked at: what a whole dossier holds need
 * not be looked at alone. */
static const struct etape {
	enum sql_id dus, pieces, archives, donnees;
	const char *libelle;
	size_t bilan; /* offset of its count */
} etapes[] = {
    {SQL_PURGE_DOSSIERS_DUE, SQL_PURGE_DOSSIER_PIECES, SQL_PURGE_DOSSIER_ARCHIVES,
     SQL_PURGE_DOSSIER_DATA, "dossier entier", offsetof(struct purge_bilan, dossiers)},
    {SQL_PURGE_IDENTITES_DUE, SQL_PURGE_IDENTITE_PIECES, SQL_PURGE_IDENTITE_ARCHIVES,
     SQL_PURGE_IDENTITE_DATA, "pièces d'identité", offsetof(struct purge_bilan, identites)},
    {SQL_PURGE_REFUS_DUE, SQL_COUNT, SQL_PURGE_REFUS_ARCHIVES, SQL_PURGE_REFUS_DATA,
     "dépôt sans demande", offsetof(struct purge_bilan, refus)},
};

static void name_of(const struct etape *etape, const struct du *du, char text[static 64])
{
	if (etape->dus == SQL_PURGE_REFUS_DUE)
		snprintf(text, 64, "%s", du->compte);
	else
		demande_numero(du->id, du->rang, text);
}

static void write_one(struct purge *purge, const struct etape *etape, const struct du *du)
{
	char name[64];
	size_t archives, documents = 0;

	/* Documents first: once the archive's row is there, they are no more in it. */
	if (etape->pieces != SQL_COUNT)
		documents = write_due(purge, etape->pieces, du->id);
	archives = write_due(purge, etape->archives, du->id);
	write_due(purge, etape->donnees, du->id);
	purge->bilan->documents += documents;
	purge->bilan->archives += archives;
	++*(size_t *)((char *)purge->bilan + etape->bilan);
	name_of(etape, du, name);
	printf("  %-14s %s (%s%s, %s) : documents : %zu, archives : %zu\n", name, etape->libelle,
	       du->essai ? "essai, " : "", du->statut, du->fin, documents, archives);
}

static const struct error *treat_lot(struct purge *purge, const struct etape *etape,
				     struct dus *dus)
{
	const struct error *err = NULL;
	bool identite = etape->dus == SQL_PURGE_IDENTITES_DUE;
	char name[64];

	for (size_t i = 0; i < dus->count && err == NULL; i++) {
		struct du *du = &dus->items[i];

		name_of(etape, du, name);
		if (du->attend) {
			purge->bilan->attente_sorties++;
			printf("  %-14s attend que ses sorties soient publiées\n", name);
		}
		du->ecarte = du->attend || (identite && !ready_identite(purge, du, name, &err));
	}
	if (err == NULL && identite && !purge->options->dry_run)
		err = conservation_sync(purge->room);
	if (err != NULL)
		return err;
	store_begin(purge->root->store);
	for (size_t i = 0; i < dus->count; i++)
		if (!dus->items[i].ecarte)
			write_one(purge, etape, &dus->items[i]);
	return store_commit(purge->root->store);
}

static const struct error *treat(struct purge *purge, const struct etape *etape, const char *limit,
				 const char *other)
{
	struct dus *dus = mem_alloc(sizeof(*dus));
	const struct error *err = NULL;
	int64_t after = 0;

	do {
		load_dus(purge, etape->dus, limit, other, after, dus);
		err = store_error(purge->root->store);
		if (err == NULL && dus->count > 0) {
			after = dus->items[dus->count - 1].id;
			err = treat_lot(purge, etape, dus);
		}
	} while (err == NULL && dus->count == LOT);
	free(dus);
	return err;
}

/* Folders named by a day, but the one that `courant` points to. */
static const struct error *treat_reports(struct purge *purge)
{
	char current[16] = "";
	struct names names;
	const struct error *err = dir_names(purge->root->fd, RAPPORTS, DIR_MAY_LACK, &names);

	if (err != NULL)
		return err;
	if (readlinkat(purge->root->fd, RAPPORTS "/courant", current, sizeof(current) - 1) < 0)
		current[0] = '\0';
	store_begin(purge->root->store);
	for (size_t i = 0; i < names.count; i++) {
		const char *name = names.items[i];
		sqlite3_stmt *stmt;
		int32_t day;

		if (!date_parse(name, &day) || strcmp(name, current) == 0 ||
		    day > purge->day - (int32_t)purge->root->conf.rapports_jours)
			continue;
		stmt = store_stmt(purge->root->store, SQL_PURGE_REPORTS);
		bind_text(stmt, PURGE_REPORTS_P_DATE, purge->options->date);
		bind_text(stmt, PURGE_REPORTS_P_OBJET, name);
		store_run(purge->root->store, stmt);
		purge->bilan->rapports++;
		printf("  rapports du %s\n", name);
	}
	names_free(&names);
	return store_commit(purge->root->store);
}

static const struct error *treat_all(struct purge *purge)
{
	const struct conf *conf = &purge->root->conf;
	const uint32_t days[] = {conf->dossier_jours, conf->identite_jours, conf->refus_jours};
	const struct error *err = NULL;
	char whole[11], limit[11];

	limit_of(purge, conf->dossier_jours, whole);
	for (size_t i = 0; i < sizeof(etapes) / sizeof(*etapes) && err == NULL; i++) {
		limit_of(purge, days[i], limit);
		err = treat(purge, &etapes[i], limit,
			    etapes[i].dus == SQL_PURGE_IDENTITES_DUE ? whole : NULL);
	}
	return err != NULL ? err : treat_reports(purge);
}

static const struct error *play(struct purge *purge)
{
	struct store *store = purge->root->store;
	const struct error *err;

	purge->bilan->reprises = (size_t)store_get_int(store, SQL_PURGE_INTERRUPTED, NULL, 0);
	if (purge->options->dry_run) {
		/* One transaction that is never committed. */
		store_begin(store);
		err = treat_all(purge);
		store_rollback(store);
		return err != NULL
			   ? err
			   : conservation_convert(purge->room, true, &purge->bilan->chiffrees);
	}
	store_erase_begin(store);
	err = purge_finir(purge->root, purge->room, purge->options->date);
	if (err == NULL)
		err = treat_all(purge);
	if (err == NULL)
		err = purge_finir(purge->root, purge->room, purge->options->date);
	/* Last: what is erased need not be encrypted. */
	return err != NULL ? err
			   : conservation_convert(purge->room, false, &purge->bilan->chiffrees);
}

const struct error *purge_run(struct root *root, const struct purge_options *options,
			      struct purge_bilan *bilan)
{
	struct purge purge = {.root = root, .options = options, .bilan = bilan};
	const struct error *err;

	*bilan = (struct purge_bilan){0};
	date_parse(options->date, &purge.day);
	err = conservation_open(root, options->date, &purge.room);
	if (err == NULL)
		err = conservation_set_key(purge.room, options->cle);
	if (err == NULL)
		err = play(&purge);
	pool_close(purge.pool);
	conservation_close(purge.room);
	return err;
}
