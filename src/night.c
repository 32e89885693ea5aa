#include "night.h"

#include "conservation.h"
#include "decisions.h"
#include "delais.h"
#include "durable.h"
#include "fichier_asp.h"
#include "lib/date.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "lib/sha256.h"
#include "outbox.h"
#include "progress.h"
#include "record.h"
#include "reference.h"
#include "version.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* One transaction and one sync for so many dossiers or bytes: syncing each alone costs seven times
 * more. */
#define BATCH_DOSSIERS 256
#define BATCH_BYTES    (256ull << 20)

enum analysis_state {
	ANALYSIS_SKIPPED, /* answered already, or changed while we looked: not tonight */
	ANALYSIS_SPOOLED, /* the constat lies in the spool */
	ANALYSIS_REFUSED, /* refused without reading it: too big, or not a file */
	ANALYSIS_INCIDENT,
};

struct analysis {
	enum analysis_state state;
	off_t offset; /* in the spool */
	uint32_t length;
	const char *incident;
	int copy; /* of the drop, while a parser reads it; -1 before and after */
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The last resort, far beyond duree_max_s: a disk that answers no more. A run that ends so is
 * mended by the next. */
static void set_alarm(uint32_t duree_max_s)
{
	if (duree_max_s > 0)
		alarm(2 * duree_max_s + 3600);
}

const struct error *night_begin(struct root *root, const struct night_options *options,
				struct night *night)
{
	const struct error *err;
	sqlite3_stmt *stmt;

	*night =
	    (struct night){.root = root, .options = options, .spool = -1, .started_ms = now_ms()};
	set_alarm(root->conf.duree_max_s);
	if (options->date != NULL)
		snprintf(night->date, sizeof(night->date), "%s", options->date);
	else
		date_format(date_from_time(time(NULL)), night->date);
	err = conservation_open(root, night->date, &night->conservation);
	if (err != NULL)
		return err;
	/* A dry run is one transaction that is never committed. */
	if (options->dry_run)
		store_begin(root->store);
	store_begin(root->store);
	stmt = store_stmt(root->store, SQL_NUIT_INSERT);
	bind_text(stmt, 1, night->date);
	bind_text(stmt, 2, SEGUR_VERSION);
	bind_text(stmt, 3, REGLES_VERSION);
	store_run(root->store, stmt);
	night->id = store_last_id(root->store);
	return store_commit(root->store);
}

/* --- the ASP's files -------------------------------------------------------------------------- */

/* When it was received: the date that was given, or the instant in UTC. */
static void received_at(const struct night *night, const struct drop *drop, char text[static 32])
{
	time_t seconds = (time_t)(drop->recu_ns / 1000000000);
	struct tm utc;

	if (night->options->date != NULL || drop->recu_le != NULL) {
		snprintf(text, 32, "%s", drop->recu_le != NULL ? drop->recu_le : night->date);
		return;
	}
	gmtime_r(&seconds, &utc);
	strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

static const struct error *take_asp_file(struct night *night, const struct drop *drop,
					 enum fichier_nature nature)
{
	const struct error *err;
	char received[32];
	bool taken;
	int fd = drop->ordinaire ? inbox_open(night->root, drop) : -1;
	struct fichier_asp file = {.nom = drop->archive,
				   .fd = fd,
				   .taille = drop->taille,
				   .recu_le = received,
				   .source = drop->source,
				   .nuit = night->id};

	/* Without tonight's registers nothing is judged, unless the file itself is at fault. */
	if (fd < 0 && drop->ordinaire && (file_wants(errno) || errno == EIO))
		return error_errno(ERR_FAULT, "inbox/asp/%s", drop->archive);
	if (fd < 0) {
		err = error_set(ERR_DATA, "inbox/asp/%s : illisible ou pas un fichier : laissé là",
				drop->archive);
		fprintf(stderr, "<4>segur : %s\n", err->message);
		return NULL;
	}
	/* A file that was taken and could not leave the inbox is not taken again. */
	if (store_get_int(night->root->store, SQL_FICHIER_ANSWERED, drop->source, 0) != 0) {
		close(fd);
		return NULL;
	}
	received_at(night, drop, received);
	err = nature == FICHIER_DECISIONS ? decisions_take(night->root, &file, night->date, &taken)
					  : reference_take(night->root, &file, nature, &taken);
	close(fd);
	return err;
}

const struct error *night_take_asp_files(struct night *night)
{
	const struct error *err;
	struct drops files;

	err = inbox_scan(night->root, true, night->options->date != NULL, &files);
	/* References first: tonight's decisions and drops are judged by tonight's registers. */
	for (int decisions = 0; decisions <= 1 && err == NULL; decisions++)
		for (size_t i = 0; i < files.count && err == NULL; i++) {
			enum fichier_nature nature = fichier_nature_from(files.items[i].nom);

			if ((nature == FICHIER_DECISIONS) == (decisions == 1))
				err = take_asp_file(night, &files.items[i], nature);
		}
	drops_free(&files);
	return err;
}

/* --- analysis: every drop through the parser -------------------------------------------------- */

/* Whether this night keeps the drops that it reads. */
static bool keeps(const struct night *night)
{
	return !night->options->dry_run && night->options->source == NULL;
}

static const struct error *open_spool(struct night *night)
{
	night->spool = file_open(night->root->fd, "var/tmp", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	return night->spool >= 0 ? NULL : error_errno(ERR_CANT_WRITE, "var/tmp");
}

static bool answered_before(struct night *night, const struct drop *drop)
{
	sqlite3_stmt *stmt = store_stmt(night->root->store, SQL_DEPOT_ANSWERED);

	bind_text(stmt, 1, drop->compte);
	bind_text(stmt, 2, drop->source);
	return store_step(night->root->store, stmt);
}

/* Windows and validity are judged on the day of deposit, not on the night that reads it. */
static int32_t deposit_day(const struct night *night, const struct drop *drop)
{
	int32_t day = 0;

	if (drop->recu_le != NULL && date_parse(drop->recu_le, &day))
		return day;
	if (night->options->date != NULL && drop->recu_le == NULL)
		date_parse(night->date, &day);
	else
		day = date_from_time((time_t)(drop->recu_ns / 1000000000));
	return day;
}

static const struct error *submit(struct night *night, struct pool *pool, size_t index)
{
	const struct drop *drop = &night->drops.items[index];
	struct analysis *analysis = &night->analyses[index];
	struct job job = {.kind = JOB_CHECK, .date_depot = deposit_day(night, drop)};
	const struct night_source *source = night->options->source;
	const struct error *err;
	int fds[2];

	analysis->state = ANALYSIS_SKIPPED;
	if (answered_before(night, drop))
		return NULL;
	if (drop->incident != NULL) {
		analysis->state = ANALYSIS_INCIDENT;
		analysis->incident = drop->incident;
		return NULL;
	}
	if (!drop->ordinaire || drop->taille > night->root->conf.archive_octets) {
		analysis->state = ANALYSIS_REFUSED;
		return NULL;
	}
	err = source != NULL ? source->open(source->context, drop, &fds[0]) : NULL;
	if (err != NULL)
		return err;
	if (source == NULL)
		fds[0] = inbox_open(night->root, drop);
	if (fds[0] < 0) {
		/* Gone or replaced: a drop of the next night. Closed to us: its supplier must hear.
		 * Our own want of something: it is no fault of this drop. */
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
	err = conservation_scratch(night->conservation, &fds[1]);
	if (err == NULL && (analysis->copy = fcntl(fds[1], F_DUPFD_CLOEXEC, 3)) < 0)
		err = error_errno(ERR_FAULT, "copie d'un dépôt");
	if (err != NULL) {
		close(fds[0]);
		if (fds[1] >= 0)
			close(fds[1]);
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

/* The SIRET that a drop names, and that of the request that it names. */
static void note_siret(struct night *night, const uint8_t *payload, uint32_t length)
{
	struct constat constat;
	const char *siret, *numero;
	sqlite3_stmt *stmt;

	if (!message_read_constat(payload, length, &constat))
		return;
	siret = dossier_get(&constat.dossier, CHAMP_DEMANDEUR_SIRET);
	numero = dossier_get(&constat.dossier, CHAMP_DEMANDE);
	if (siret != NULL)
		add_siret(night, siret);
	if (numero != NULL) {
		stmt = store_stmt(night->root->store, SQL_DEMANDE_SIRET);
		bind_int(stmt, 1, demande_numero_parse(numero));
		if (store_step(night->root->store, stmt)) {
			add_siret(night, column_text(stmt, 0));
			sqlite3_reset(stmt); /* no transaction's end does it here */
		}
	}
	constat_free(&constat);
}

/* What the parser has read is prepared for keeping while the others work on. */
static const struct error *prepare_copy(struct night *night, size_t index, bool readable)
{
	struct analysis *analysis = &night->analyses[index];
	const struct error *err = NULL;
	struct stat info;

	/* Of a drop that is empty or too big no row would speak. */
	if (readable && keeps(night) && fstat(analysis->copy, &info) == 0 && info.st_size > 0 &&
	    (uint64_t)info.st_size <= night->root->conf.archive_octets)
		err = conservation_prepare(night->conservation, analysis->copy, index);
	close(analysis->copy);
	analysis->copy = -1;
	return err;
}

static const struct error *collect(struct night *night, struct pool *pool)
{
	struct outcome outcome;
	const struct error *err = pool_wait(pool, &outcome);
	struct analysis *analysis;

	if (err != NULL)
		return err;
	analysis = &night->analyses[outcome.tag];
	err = prepare_copy(night, outcome.tag, outcome.kind == OUTCOME_CONSTAT);
	if (err != NULL)
		return err;
	if (outcome.kind != OUTCOME_CONSTAT) {
		analysis->state = ANALYSIS_INCIDENT;
		analysis->incident = outcome.incident;
		return NULL;
	}
	analysis->state = ANALYSIS_SPOOLED;
	analysis->offset = lseek(night->spool, 0, SEEK_END);
	analysis->length = outcome.length;
	if (analysis->offset < 0 ||
	    file_write_all(night->spool, outcome.payload, outcome.length) != 0)
		return error_errno(ERR_CANT_WRITE, "var/tmp");
	note_siret(night, outcome.payload, outcome.length);
	return NULL;
}

static int compare_numbers(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

/* Those of every request under way, when INSEE's files are new: one may say that an establishment
 * has closed (delais.c). */
static void note_live_sirets(struct night *night)
{
	sqlite3_stmt *stmt;

	if (store_get_int(night->root->store, SQL_SUIVI_STOCK_NOUVEAU, NULL, 0) == 0)
		return;
	stmt = store_stmt(night->root->store, SQL_SUIVI_SIRETS);
	while (store_step(night->root->store, stmt))
		add_siret(night, column_text(stmt, 0));
}

/* What the file in force was asked before is not looked for again. */
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

/* Without these nothing can be judged, and a guess could let a stranger in: every drop then waits.
 */
static void find_missing_register(struct night *night)
{
	static const struct {
		enum fichier_nature nature;
		const char *incident;
	} needed[] = {
	    {FICHIER_REFERENCEMENTS,
	     "le registre des référencements (referencements.csv) n'a pas encore été reçu"},
	    {FICHIER_ACCES, "la table des accès (acces.csv) n'a pas encore été reçue"},
	    {FICHIER_UNITES_LEGALES,
	     "le fichier StockUniteLegale de l'INSEE n'a pas encore été reçu"},
	    {FICHIER_ETABLISSEMENTS,
	     "le fichier StockEtablissement de l'INSEE n'a pas encore été reçu"},
	};

	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed) && night->missing == NULL; i++)
		if (store_get_int(night->root->store, SQL_FICHIER_NEWEST,
				  fichier_nature_name(needed[i].nature), 0) == 0)
			night->missing = needed[i].incident;
}

/* Whether the night has lasted long enough; a first drop is always taken, so that every night moves
 * on. */
static bool time_is_up(const struct night *night, size_t taken)
{
	int64_t limit = (int64_t)night->root->conf.duree_max_s * 1000;

	return limit > 0 && taken > 0 && now_ms() - night->started_ms > limit;
}

static void say_deferred(struct night *night, size_t taken)
{
	night->deferred = night->drops.count - taken;
	if (night->deferred > 0)
		fprintf(stderr,
			"<4>segur : durée maximale de la nuit atteinte : %zu dépôt(s) remis à la "
			"nuit suivante\n",
			night->deferred);
}

static const struct error *parse_drops(struct night *night)
{
	const struct error *err = open_spool(night);
	struct pool *pool = NULL;
	size_t next = 0;

	night->analyses = mem_alloc(night->drops.count * sizeof(*night->analyses));
	for (size_t i = 0; i < night->drops.count; i++)
		night->analyses[i].copy = -1;
	if (err == NULL)
		err = pool_open(&night->root->conf, night->root->conf.analyseurs, &pool);
	while (err == NULL) {
		if (next < night->drops.count && !time_is_up(night, next) && pool_idle(pool))
			err = submit(night, pool, next++);
		else if (pool_busy(pool))
			err = collect(night, pool);
		else
			break;
		progress_show("Analyse des dépôts ", next, night->drops.count);
	}
	progress_clear();
	pool_close(pool);
	if (err == NULL)
		say_deferred(night, next);
	return err;
}

const struct error *night_analyse(struct night *night)
{
	const struct night_source *source = night->options->source;
	const struct error *err =
	    source != NULL
		? source->list(source->context, &night->drops)
		: inbox_scan(night->root, false, night->options->date != NULL, &night->drops);

	find_missing_register(night);
	if (err == NULL && night->drops.count > 0)
		err = parse_drops(night);
	if (err == NULL && night->missing == NULL)
		err = scan_register(night);
	return err;
}

/* --- decision --------------------------------------------------------------------------------- */

static bool read_spool(struct night *night, const struct analysis *analysis,
		       struct constat *constat)
{
	uint8_t *payload = mem_alloc(analysis->length);
	size_t length = 0;
	bool ok;

	while (length < analysis->length) {
		ssize_t got = pread(night->spool, payload + length, analysis->length - length,
				    analysis->offset + (off_t)length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		length += (size_t)got;
	}
	ok = length == analysis->length && message_read_constat(payload, analysis->length, constat);
	free(payload);
	return ok;
}

/* What can be said without reading: not a file, or far too big. */
static void refuse_unread(const struct night *night, const struct drop *drop,
			  struct constat *constat)
{
	char size[24], limit[24];

	*constat =
	    (struct constat){.format_archive = mem_strdup(""), .dossier.type = DEPOT_INCONNU};
	snprintf(size, sizeof(size), "%llu", (unsigned long long)drop->taille);
	snprintf(limit, sizeof(limit), "%llu",
		 (unsigned long long)night->root->conf.archive_octets);
	if (drop->ordinaire)
		anomalies_add(&constat->anomalies, ANO_ARC_TROP_GROSSE, "archive", NULL, size,
			      limit);
	else
		anomalies_add(&constat->anomalies, ANO_ARC_DEPOT_PAS_FICHIER, "archive", NULL,
			      "lien, répertoire ou fichier spécial", NULL);
}

/* The copy takes its lasting name, its own hash; durable with the batch, before the commit. Of a
 * drop that is empty or too big no row would speak. */
static const struct error *keep_archive(struct night *night, size_t index,
					const struct constat *constat)
{
	char hex[65];

	if (!keeps(night) || constat->taille == 0 ||
	    constat->taille > night->root->conf.archive_octets)
		return NULL;
	sha256_hex(constat->empreinte, hex);
	return conservation_keep(night->conservation, index, hex);
}

/* The verdict on what was read, or the incident that keeps it from being judged. */
static const struct error *judge(struct night *night, size_t index, struct constat *constat,
				 const struct record_night *where,
				 const struct record_drop *received)
{
	struct faits faits = {.compte = received->drop->compte,
			      .date_depot = deposit_day(night, received->drop)};
	const struct error *err = NULL;

	store_savepoint(night->root->store);
	if (!record_repeat(night->root, where, received, constat)) {
		rules_apply(night->root, constat, &faits);
		if (faits.incident != NULL) {
			record_incident(night->root, where, received, faits.incident);
		} else {
			if (night->analyses[index].state == ANALYSIS_SPOOLED)
				err = keep_archive(night, index, constat);
			if (err == NULL)
				record_constat(night->root, where, received, constat, &faits);
		}
	}
	/* What the schema refuses costs this drop an incident, not the night. */
	if (!store_savepoint_end(night->root->store))
		record_incident(night->root, where, received,
				"l'enregistrement de ce dépôt a échoué");
	faits_free(&faits);
	return err;
}

static const struct error *decide_one(struct night *night, size_t index)
{
	const struct drop *drop = &night->drops.items[index];
	const struct analysis *analysis = &night->analyses[index];
	const struct record_night where = {night->id, night->date};
	const struct error *err = NULL;
	const char *incident = night->missing != NULL ? night->missing : analysis->incident;
	struct constat constat = {0};
	char received[32];
	const struct record_drop what = {drop, received};

	if (analysis->state == ANALYSIS_SKIPPED)
		return NULL;
	received_at(night, drop, received);
	if (analysis->state == ANALYSIS_REFUSED)
		refuse_unread(night, drop, &constat);
	else if (analysis->state == ANALYSIS_SPOOLED && !read_spool(night, analysis, &constat))
		return error_set(ERR_FAULT, "constat illisible : %s", drop->archive);
	if (incident != NULL)
		record_incident(night->root, &where, &what, incident);
	else
		err = judge(night, index, &constat, &where, &what);
	/* What was not kept: bytes that are kept already, an incident, a dry run. */
	conservation_discard(night->conservation, index);
	constat_free(&constat);
	return err;
}

/* Copies durable first, then the commit that speaks of them. */
static const struct error *commit_batch(struct night *night)
{
	const struct error *err = keeps(night) ? durable_copies(night->root) : NULL;

	if (err != NULL) {
		store_rollback(night->root->store);
		return err;
	}
	return store_commit(night->root->store);
}

const struct error *night_decide(struct night *night)
{
	const struct error *err = NULL;
	size_t i = 0;

	while (i < night->drops.count && err == NULL) {
		uint64_t bytes = 0;

		store_begin(night->root->store);
		for (size_t n = 0; n < BATCH_DOSSIERS && bytes < BATCH_BYTES &&
				   i < night->drops.count && err == NULL;
		     n++, i++) {
			err = decide_one(night, i);
			bytes += night->drops.items[i].taille;
		}
		if (err != NULL) {
			/* error_set's text is static: keep it over the rollback. */
			store_rollback(night->root->store);
			return err;
		}
		err = commit_batch(night);
		progress_show("Instruction des dépôts", i, night->drops.count);
	}
	progress_clear();
	return err;
}

const struct error *night_delays(struct night *night)
{
	return delais_appliquer(night->root, &(struct record_night){night->id, night->date});
}

/* --- the end ---------------------------------------------------------------------------------- */

const struct error *night_end(struct night *night)
{
	store_begin(night->root->store);
	store_run_int(night->root->store, SQL_NUIT_END, night->id);
	return store_commit(night->root->store);
}

void night_close(struct night *night)
{
	if (night->options->dry_run) {
		store_rollback(night->root->store);
		/* The register files that it looked into are not this root's. */
		fichier_prune(night->root);
	}
	if (night->spool >= 0)
		close(night->spool);
	for (size_t i = 0; night->analyses != NULL && i < night->drops.count; i++)
		if (night->analyses[i].copy >= 0)
			close(night->analyses[i].copy);
	conservation_close(night->conservation);
	drops_free(&night->drops);
	free(night->analyses);
	free(night->sirets);
}
