/* Sends every drop through the sandboxed parser, then scans INSEE's files for the SIRETs named. */
#include "asp/insee.h"
#include "asp/reference.h"
#include "keep/vault.h"
#include "lib/array.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "lib/notice.h"
#include "lib/progress.h"
#include "lib/text.h"
#include "night/night_private.h"
#include "record/restart.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct error *open_spool(struct night *night)
{
	night->spool = file_open(night->root->fd, "var/tmp", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	return night->spool >= 0 ? NULL : error_errno(ERR_CANT_WRITE, "var/tmp");
}

/* Gives a copied drop to a free parser, through a descriptor that cannot write. */
static const struct error *submit_drop(struct night *night, struct pool *pool, size_t index)
{
	const struct drop *drop = &night->drops.items[index];
	struct job job = {.kind = JOB_CHECK, .date_depot = night_deposit_day(night, drop)};
	int fd = file_open_again(night->analyses[index].copy.fd);

	if (fd < 0)
		return error_errno(ERR_FAULT, "copie d'un dépôt");
	job_limits(&night->root->conf, &job);
	return pool_submit(pool, index, drop->compte, &job, &fd, 1);
}

static void add_siret(struct night *night, const char *siret)
{
	night->sirets = mem_grow(night->sirets, night->siret_count, &night->siret_capacity,
				 sizeof(*night->sirets));
	night->sirets[night->siret_count++] = strtoull(siret, NULL, 10);
}

/* Spools the findings and notes the SIRET that the drop names. A request's SIRET was asked for when
 * the request came, and is again with each new file of INSEE's (note_live_sirets). */
static const struct error *spool(struct night *night, const struct outcome *outcome)
{
	const char *siret = dossier_get(&outcome->findings.dossier, CHAMP_DEMANDEUR_SIRET);
	struct analysis *analysis = &night->analyses[outcome->tag];

	if (siret != NULL)
		add_siret(night, siret);
	analysis->state = ANALYSIS_SPOOLED;
	analysis->offset = lseek(night->spool, 0, SEEK_END);
	analysis->length = outcome->length;
	if (analysis->offset < 0 ||
	    file_write_all(night->spool, outcome->payload, outcome->length) != 0)
		return error_errno(ERR_CANT_WRITE, "var/tmp");
	return NULL;
}

/* Prepares what the parser has read for keeping, while the other parsers work on. */
static const struct error *prepare_copy(struct night *night, size_t index, bool readable)
{
	struct analysis *analysis = &night->analyses[index];
	const struct error *err = NULL;

	if (readable && night_keeps(night)) {
		err = vault_prepare(night->vault, analysis->copy.fd, index);
		analysis->prepared = err == NULL;
	}
	copy_close(&analysis->copy);
	return err;
}

static const struct error *collect(struct night *night, struct pool *pool)
{
	struct outcome outcome;
	const struct error *err = pool_wait(pool, &outcome);

	if (err != NULL)
		return err;
	err = prepare_copy(night, outcome.tag, outcome.kind == OUTCOME_FINDINGS);
	if (outcome.kind != OUTCOME_FINDINGS) {
		night->analyses[outcome.tag].state = ANALYSIS_INCIDENT;
		night->analyses[outcome.tag].incident = outcome.incident;
	} else if (err == NULL) {
		err = spool(night, &outcome);
	}
	findings_free(&outcome.findings);
	return err;
}

static int compare_numbers(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

/* Adds the SIRETs of all requests under way when INSEE's files are new: an establishment
 * may have closed (deadlines.c). */
static void note_live_sirets(struct night *night)
{
	sqlite3_stmt *stmt;

	if (store_get_int(night->root->store, SQL_FOLLOW_UP_STOCK_NEW, NULL, 0) == 0)
		return;
	stmt = store_stmt(night->root->store, SQL_FOLLOW_UP_SIRETS);
	while (store_step(night->root->store, stmt))
		add_siret(night, column_text(stmt, FOLLOW_UP_SIRETS_SIRET));
}

/* Scans for each SIRET once; register_scan skips those that the file in force was asked for. */
static const struct error *scan_register(struct night *night)
{
	const struct night_source *source = night->options->source;
	size_t kept = 0;

	note_live_sirets(night);
	if (night->siret_count == 0)
		return NULL;
	qsort(night->sirets, night->siret_count, sizeof(*night->sirets), compare_numbers);
	for (size_t i = 0; i < night->siret_count; i++)
		if (i == 0 || night->sirets[i] != night->sirets[kept - 1])
			night->sirets[kept++] = night->sirets[i];
	return source != NULL ? source->scan(source->context, night->sirets, kept)
			      : register_scan(night->root, night->sirets, kept);
}

/* Without these nothing can be judged, and a guess could let a stranger in: every drop waits. */
static void find_missing_register(struct night *night)
{
	static const struct {
		enum asp_kind kind;
		const char *incident;
	} needed[] = {
	    {ASP_REFERENCEMENTS,
	     "le registre des référencements (referencements.csv) n'a pas encore été reçu"},
	    {ASP_ACCES, "la table des accès (acces.csv) n'a pas encore été reçue"},
	    {ASP_UNITES_LEGALES, "le fichier StockUniteLegale de l'INSEE n'a pas encore été reçu"},
	    {ASP_ETABLISSEMENTS,
	     "le fichier StockEtablissement de l'INSEE n'a pas encore été reçu"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(needed) && night->missing == NULL; i++)
		if (store_get_int(night->root->store, SQL_FICHIER_TAKEN,
				  asp_kind_name(needed[i].kind), 0) == 0)
			night->missing = needed[i].incident;
}

/* Whether the night's time is up; a first drop is always taken, so that every night moves on. */
static bool time_is_up(const struct night *night, size_t taken)
{
	int64_t limit = (int64_t)night->root->conf.duree_max_s * 1000;

	return limit > 0 && taken > 0 && clock_ms() - night->started_ms > limit;
}

static void say_deferred(struct night *night, size_t left, const char *reason)
{
	night->deferred += left;
	if (left > 0)
		notice(NOTICE_WARNING, "%s : %zu %s à la nuit suivante", reason, left,
		       text_plural(left, "dépôt remis", "dépôts remis"));
}

/* How many of these drops the day has room for (restart.h); the rest waits, as when the night's
 * time is up. */
static size_t fit_into_day(struct night *night, size_t count)
{
	size_t room =
	    night->options->source == NULL ? restart_room(night->root, night->date) : count;

	if (count <= room)
		return count;
	say_deferred(night, count - room, "nombre maximal de dépôts d'un jour atteint");
	return room;
}

#define AHEAD 2 /* copies that wait for a parser */

/* A drop's turn at the parsers. */
struct turn {
	const char *compte;
	int64_t incidents; /* how often it ended in an incident before */
	size_t rank;	   /* among its account's drops with as many incidents */
	size_t index;	   /* the drop's place in the order received */
};

static int compare_peers(const void *left, const void *right)
{
	const struct turn *a = left, *b = right;
	int order = strcmp(a->compte, b->compte);

	if (order != 0)
		return order;
	if (a->incidents != b->incidents)
		return a->incidents < b->incidents ? -1 : 1;
	return a->index < b->index ? -1 : 1;
}

static int compare_turns(const void *left, const void *right)
{
	const struct turn *a = left, *b = right;

	if (a->incidents != b->incidents)
		return a->incidents < b->incidents ? -1 : 1;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return a->index < b->index ? -1 : 1;
}

/* False when this very file was answered before, other than by an incident. */
static bool look_back(struct store *store, const struct drop *drop, struct turn *turn)
{
	sqlite3_stmt *stmt = store_stmt(store, SQL_DEPOT_HISTORY);
	bool answered = false;

	bind_text(stmt, DEPOT_HISTORY_P_COMPTE, drop->compte);
	bind_text(stmt, DEPOT_HISTORY_P_SOURCE, drop->source);
	if (store_step(store, stmt)) {
		answered = column_int(stmt, DEPOT_HISTORY_ANSWERED) > 0;
		turn->incidents = column_int(stmt, DEPOT_HISTORY_INCIDENTS);
		sqlite3_reset(stmt);
	}
	return !answered;
}

/* A file of an account whose folder was away, or something else, when it should have left. */
static void release_again(struct night *night, const struct drop *drop)
{
	sqlite3_stmt *stmt = store_stmt(night->root->store, SQL_DEPOT_FOUND_AGAIN);

	if (night->options->source != NULL || !drop->regular)
		return;
	bind_text(stmt, DEPOT_FOUND_AGAIN_P_COMPTE, drop->compte);
	bind_text(stmt, DEPOT_FOUND_AGAIN_P_SOURCE, drop->source);
	store_run(night->root->store, stmt);
}

/* The drops that are to be read, in the order of reading, which matters when the night's time is up
 * before all are read. A drop that parsers fell on, night after night, keeps nobody waiting, and an
 * account that sends thousands does not keep the others waiting. The drops that are read are judged
 * in the order received all the same. */
static struct turn *take_turns(struct night *night, size_t *count)
{
	struct turn *turns = mem_alloc(night->drops.count * sizeof(*turns));

	*count = 0;
	store_begin(night->root->store);
	for (size_t i = 0; i < night->drops.count; i++) {
		struct turn turn = {.compte = night->drops.items[i].compte, .index = i};

		if (look_back(night->root->store, &night->drops.items[i], &turn))
			turns[(*count)++] = turn;
		else
			release_again(night, &night->drops.items[i]);
	}
	store_commit(night->root->store);
	qsort(turns, *count, sizeof(*turns), compare_peers);
	for (size_t i = 1; i < *count; i++)
		if (turns[i].incidents == turns[i - 1].incidents &&
		    strcmp(turns[i].compte, turns[i - 1].compte) == 0)
			turns[i].rank = turns[i - 1].rank + 1;
	qsort(turns, *count, sizeof(*turns), compare_turns);
	return turns;
}

/* Drops on their way to the parsers, in the order of their turns. */
struct queue {
	struct turn *turns;
	size_t count, taken;
	size_t copied[AHEAD]; /* those that wait for a parser */
	size_t waiting;
};

static const struct error *take_next(struct night *night, struct queue *queue)
{
	size_t index = queue->turns[queue->taken++].index;
	const struct error *err = night_copy_drop(night, index);

	if (err == NULL && night->analyses[index].state == ANALYSIS_COPIED)
		queue->copied[queue->waiting++] = index;
	progress_show("Analyse des dépôts ", queue->taken, queue->count);
	return err;
}

static const struct error *submit_next(struct night *night, struct pool *pool, struct queue *queue)
{
	size_t index = queue->copied[0];

	queue->waiting--;
	memmove(queue->copied, queue->copied + 1, queue->waiting * sizeof(*queue->copied));
	return submit_drop(night, pool, index);
}

/* Copies are taken ahead of the parsers, which so never wait for the disk. */
static const struct error *work_off(struct night *night, struct pool *pool, struct queue *queue)
{
	const struct error *err = NULL;

	while (err == NULL) {
		if (queue->waiting > 0 && pool_idle(pool))
			err = submit_next(night, pool, queue);
		else if (queue->waiting < AHEAD && queue->taken < queue->count &&
			 !time_is_up(night, queue->taken))
			err = take_next(night, queue);
		else if (pool_busy(pool))
			err = collect(night, pool);
		else
			break;
	}
	progress_clear();
	return err;
}

static const struct error *parse_drops(struct night *night)
{
	const struct error *err = open_spool(night);
	struct pool *pool = NULL;
	struct queue queue = {0};

	queue.turns = take_turns(night, &queue.count);
	queue.count = fit_into_day(night, queue.count);
	night->analyses = mem_alloc(night->drops.count * sizeof(*night->analyses));
	for (size_t i = 0; i < night->drops.count; i++)
		night->analyses[i].copy.fd = -1;
	if (err == NULL)
		err = store_error(night->root->store);
	if (err == NULL && queue.count > 0) {
		err = pool_open(&night->root->conf, night->root->conf.analyseurs, &pool);
		if (err == NULL)
			err = work_off(night, pool, &queue);
	}
	pool_close(pool);
	free(queue.turns);
	if (err == NULL)
		say_deferred(night, queue.count - queue.taken,
			     "durée maximale de la nuit atteinte");
	return err;
}

const struct error *night_analyse(struct night *night)
{
	const struct night_source *source = night->options->source;
	const struct error *err = source != NULL ? source->list(source->context, &night->drops)
						 : inbox_scan(night->root, INBOX_SUPPLIERS,
							      night_order(night), &night->drops);

	find_missing_register(night);
	if (err == NULL && night->drops.count > 0)
		err = parse_drops(night);
	if (err == NULL && night->missing == NULL)
		err = scan_register(night);
	return err;
}
