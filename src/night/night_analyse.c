/* Sends every drop through the sandboxed parser, then scans INSEE's files for the SIRETs named. */
#include "asp/insee.h"
#include "asp/reference.h"
#include "keep/vault.h"
#include "lib/array.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "lib/progress.h"
#include "night/night_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct error *open_spool(struct night *night)
{
	night->spool = file_open(night->root->fd, "var/tmp", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	return night->spool >= 0 ? NULL : error_errno(ERR_CANT_WRITE, "var/tmp");
}

static const struct error *submit_drop(struct night *night, struct pool *pool, size_t index)
{
	const struct drop *drop = &night->drops.items[index];
	struct analysis *analysis = &night->analyses[index];
	struct job job = {.kind = JOB_CHECK, .date_depot = night_deposit_day(night, drop)};
	const struct night_source *source = night->options->source;
	const struct error *err;
	int fds[2];

	analysis->state = ANALYSIS_SKIPPED;
	if (drop->incident != NULL) {
		analysis->state = ANALYSIS_INCIDENT;
		analysis->incident = drop->incident;
		return NULL;
	}
	if (!drop->regular || drop->size > night->root->conf.archive_octets) {
		analysis->state = ANALYSIS_REFUSED;
		return NULL;
	}
	err = source != NULL ? source->open(source->context, drop, &fds[0]) : NULL;
	if (err != NULL)
		return err;
	if (source == NULL)
		fds[0] = inbox_open(night->root, drop);
	if (fds[0] < 0) {
		/* A file that is gone or was replaced is a drop of the next night. One that is
		 * closed to us is an incident: its supplier must hear. Our own want of something is
		 * no fault of this drop. */
		if (file_wants(errno))
			return error_errno(ERR_FAULT, "inbox/%s/%s", drop->compte, drop->archive);
		if (errno != ENOENT && errno != ESTALE && errno != ELOOP) {
			analysis->state = ANALYSIS_INCIDENT;
			analysis->incident =
			    "le service n'a pas le droit de lire ce fichier, ou le "
			    "disque le refuse";
		}
		return NULL;
	}
	err = vault_scratch(night->vault, &fds[1]);
	if (err == NULL && (analysis->copy = fcntl(fds[1], F_DUPFD_CLOEXEC, 3)) < 0)
		err = error_errno(ERR_FAULT, "copie d'un dépôt");
	if (err != NULL) {
		close(fds[0]);
		file_let_go(fds[1]);
		return err;
	}
	job_limits(&night->root->conf, &job);
	return pool_submit(pool, index, &job, fds, 2);
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
	struct stat info;

	/* A drop that is empty or too big has no row that names its copy. */
	if (readable && night_keeps(night) && fstat(analysis->copy, &info) == 0 &&
	    info.st_size > 0 && (uint64_t)info.st_size <= night->root->conf.archive_octets) {
		err = vault_prepare(night->vault, analysis->copy, index);
		analysis->prepared = err == NULL;
	}
	close(analysis->copy);
	analysis->copy = -1;
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

static void say_deferred(struct night *night, size_t left)
{
	night->deferred = left;
	if (left > 0)
		fprintf(stderr,
			"<4>segur : durée maximale de la nuit atteinte : %zu dépôt(s) remis à la "
			"nuit suivante\n",
			left);
}

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

/* The drops that are to be read, in the order of reading, which matters when the night's time is up
 * before all are read. A drop that parsers fell on, night after night, keeps nobody waiting, and an
 * account that sends thousands does not keep the others waiting. The drops that are read are judged
 * in the order received all the same. */
static struct turn *take_turns(struct night *night, size_t *count)
{
	struct turn *turns = mem_alloc(night->drops.count * sizeof(*turns));

	*count = 0;
	store_begin_read(night->root->store);
	for (size_t i = 0; i < night->drops.count; i++) {
		struct turn turn = {.compte = night->drops.items[i].compte, .index = i};

		if (look_back(night->root->store, &night->drops.items[i], &turn))
			turns[(*count)++] = turn;
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

static const struct error *parse_drops(struct night *night)
{
	const struct error *err = open_spool(night);
	struct pool *pool = NULL;
	size_t next = 0, count;
	struct turn *turns = take_turns(night, &count);

	night->analyses = mem_alloc(night->drops.count * sizeof(*night->analyses));
	for (size_t i = 0; i < night->drops.count; i++)
		night->analyses[i].copy = -1;
	if (err == NULL)
		err = store_error(night->root->store);
	if (err == NULL && count > 0)
		err = pool_open(&night->root->conf, night->root->conf.analyseurs, &pool);
	while (err == NULL && count > 0) {
		if (next < count && !time_is_up(night, next) && pool_idle(pool))
			err = submit_drop(night, pool, turns[next++].index);
		else if (pool_busy(pool))
			err = collect(night, pool);
		else
			break;
		progress_show("Analyse des dépôts ", next, count);
	}
	progress_clear();
	pool_close(pool);
	free(turns);
	if (err == NULL)
		say_deferred(night, count - next);
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
