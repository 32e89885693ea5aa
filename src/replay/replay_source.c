/* Gives what the original kept to a night that is played again. */
#include "asp/asp_file.h"
#include "asp/decisions_file.h"
#include "asp/reference.h"
#include "lib/array.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "lib/notice.h"
#include "lib/text.h"
#include "record/decisions.h"
#include "record/record.h"
#include "record/restart.h"
#include "replay/replay_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* --- drops --- */

/* The instant of a stored text (night_received_at); 0 for a date alone, which counts by itself. */
static int64_t instant(const char *text)
{
	struct tm utc = {0};
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &utc);

	return end != NULL && *end == '\0' ? (int64_t)timegm(&utc) * 1000000000 : 0;
}

static void add_past_drop(struct drops *drops, sqlite3_stmt *row)
{
	struct drop *drop;

	drops->items = mem_grow(drops->items, drops->count, &drops->capacity, sizeof(*drop));
	drop = &drops->items[drops->count++];
	*drop = (struct drop){
	    .compte = mem_strdup(column_text(row, REPLAY_DEPOTS_COMPTE)),
	    .name = mem_strdup(column_text(row, REPLAY_DEPOTS_SHA256)), /* what it is opened by */
	    .archive = mem_strdup(column_text(row, REPLAY_DEPOTS_ARCHIVE)),
	    .size = (uint64_t)column_int(row, REPLAY_DEPOTS_TAILLE),
	    .received_ns = instant(column_text(row, REPLAY_DEPOTS_RECU_LE)),
	    .regular = column_int(row, REPLAY_DEPOTS_NOT_A_FILE) == 0,
	    .received_at = mem_strdup(column_text(row, REPLAY_DEPOTS_RECU_LE)),
	    .incident = column_null(row, REPLAY_DEPOTS_INCIDENT)
			    ? NULL
			    : mem_strdup(column_text(row, REPLAY_DEPOTS_INCIDENT)),
	};
	snprintf(drop->source, sizeof(drop->source), "%s", column_text(row, REPLAY_DEPOTS_SOURCE));
}

static const struct error *list_drops(void *context, struct drops *drops)
{
	struct replay *replay = context;
	struct store *store = replay->original->store;
	sqlite3_stmt *stmt = store_stmt(store, SQL_REPLAY_DEPOTS);

	bind_int(stmt, REPLAY_DEPOTS_P_NUIT, replay->past_night->id);
	bind_text(stmt, REPLAY_DEPOTS_P_CODE, catalogue[ANO_ARC_DEPOT_PAS_FICHIER].code);
	while (store_step(store, stmt))
		add_past_drop(drops, stmt);
	return store_error(store);
}

/* An empty drop has no hash in its row, and was not kept. */
static const struct error *open_drop(void *context, const struct drop *drop, int *fd)
{
	const struct replay *replay = context;

	if (drop->name[0] != '\0')
		return vault_read(replay->archives, drop->name, fd);
	*fd = memfd_create("vide", MFD_CLOEXEC);
	return *fd >= 0 ? NULL : error_errno(ERR_FAULT, "dépôt vide");
}

/* --- INSEE's registers --- */

static const struct past_stock {
	enum asp_kind kind;
	uint64_t divisor; /* of a SIRET, to get the key */
	int digits;
	enum sql_id known, get, insert;
} past_stocks[] = {
    {ASP_UNITES_LEGALES, 100000, 9, SQL_UNITE_LEGALE_KNOWN, SQL_REPLAY_UNITE_LEGALE,
     SQL_UNITE_LEGALE_INSERT},
    {ASP_ETABLISSEMENTS, 1, 14, SQL_ETABLISSEMENT_KNOWN, SQL_REPLAY_ETABLISSEMENT,
     SQL_ETABLISSEMENT_INSERT},
};

static sqlite3_stmt *bind_key(struct store *store, enum sql_id id, const char *key, int64_t file)
{
	sqlite3_stmt *stmt = store_stmt(store, id);

	bind_text(stmt, parameter(stmt, ":key"), key);
	bind_int(stmt, parameter(stmt, ":fichier"), file);
	return stmt;
}

/* Copies the row of the original's file; there is none when INSEE's record could not be read. */
static void copy_row(struct replay *replay, size_t stock, uint64_t siret)
{
	const struct past_stock *kind = &past_stocks[stock];
	struct store *from = replay->original->store, *to = replay->root.store;
	sqlite3_stmt *row, *insert;
	char key[DECIMAL_SIZE];

	snprintf(key, sizeof(key), "%0*llu", kind->digits,
		 (unsigned long long)(siret / kind->divisor));
	if (store_step(to, bind_key(to, kind->known, key, replay->stocks[stock].replayed)))
		return;
	row = bind_key(from, kind->get, key, replay->stocks[stock].original);
	if (!store_step(from, row))
		return;
	insert = bind_key(to, kind->insert, key, replay->stocks[stock].replayed);
	bind_row(insert, row);
	store_run(to, insert);
	sqlite3_reset(row);
}

static const struct error *scan_rows(void *context, const uint64_t *sirets, size_t count)
{
	struct replay *replay = context;

	if (replay->stocks[0].original == 0 || replay->stocks[1].original == 0)
		return NULL;
	store_begin(replay->root.store);
	for (size_t stock = 0; stock < ARRAY_SIZE(past_stocks); stock++)
		for (size_t i = 0; i < count; i++)
			copy_row(replay, stock, sirets[i]);
	return store_commit(replay->root.store);
}

/* --- the ASP's files --- */

/* Repeats a file that is not read again: its row, and the answers as they were given. */
static const struct error *repeat_file(struct replay *replay, const struct asp_file *file,
				       enum asp_kind kind, sqlite3_stmt *row)
{
	struct store *from = replay->original->store, *to = replay->root.store;
	bool taken =
	    strcmp(column_text(row, REPLAY_FICHIERS_ETAT), asp_outcome_name(ASP_FILE_TAKEN)) == 0;
	sqlite3_stmt *answers = store_stmt(from, SQL_OUTPUT_RETOUR_ASP), *insert;
	int64_t id, order = 0;

	store_begin(to);
	id = asp_file_record(&replay->root, file, kind, column_text(row, REPLAY_FICHIERS_SHA256),
			     (uint64_t)column_int(row, REPLAY_FICHIERS_LIGNES),
			     taken ? ASP_FILE_TAKEN : ASP_FILE_REFUSED);
	bind_int(answers, OUTPUT_RETOUR_ASP_P_FICHIER, column_int(row, REPLAY_FICHIERS_ID));
	while (store_step(from, answers)) {
		insert = store_stmt(to, SQL_RETOUR_INSERT);
		bind_int(insert, RETOUR_INSERT_P_FICHIER, id);
		bind_int(insert, RETOUR_INSERT_P_ORDRE, order++);
		bind_row(insert, answers);
		store_run(to, insert);
	}
	for (size_t i = 0; taken && i < ARRAY_SIZE(past_stocks); i++)
		if (past_stocks[i].kind == kind) {
			replay->stocks[i].original = column_int(row, REPLAY_FICHIERS_ID);
			replay->stocks[i].replayed = id;
		}
	return store_commit(to);
}

static const struct error *take_file(struct replay *replay, struct night *night, sqlite3_stmt *row)
{
	enum asp_kind kind = asp_kind_from(column_text(row, REPLAY_FICHIERS_NOM));
	struct asp_file file = {.name = column_text(row, REPLAY_FICHIERS_NOM),
				.fd = -1,
				.received_at = column_text(row, REPLAY_FICHIERS_RECU_LE),
				.source = column_text(row, REPLAY_FICHIERS_SOURCE),
				.night_id = night->id};
	struct replay_decisions decisions = {replay, column_int(row, REPLAY_FICHIERS_ID)};
	const struct asp_past past = {&decisions, replay_refused};
	bool was_taken =
	    strcmp(column_text(row, REPLAY_FICHIERS_ETAT), asp_outcome_name(ASP_FILE_TAKEN)) == 0;
	const struct error *err;
	struct stat info;
	char path[ASP_PATH_SIZE];
	bool taken;

	asp_file_path(column_text(row, REPLAY_FICHIERS_SHA256), path);
	if (column_text(row, REPLAY_FICHIERS_SHA256)[0] != '\0' && !asp_kind_is_stock(kind)) {
		file.fd =
		    file_open(replay->original->fd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0);
		if (file.fd >= 0 ? fstat(file.fd, &info) != 0 : errno != ENOENT) {
			err = error_errno(ERR_FAULT, "%s", path);
			file_let_go(file.fd);
			return err;
		}
	}
	if (file.fd >= 0)
		file.size = (uint64_t)info.st_size;
	/* The file is INSEE's, or was refused unkept: too big, or changed while it was read; or another
	 * version refused it, which today's might take. */
	if ((file.fd < 0 && kind != ASP_UNKNOWN) || (replay->past_night->other && !was_taken)) {
		err = repeat_file(replay, &file, kind, row);
		file_let_go(file.fd);
		return err;
	}
	file.past = replay->past_night->other ? &past : NULL;
	err = kind == ASP_DECISIONS ? decisions_take(&replay->root, &file, night->date, &taken)
				    : reference_take(&replay->root, &file, kind, &taken);
	file_let_go(file.fd);
	return err;
}

/* Takes the ASP's files that the original's night took or refused, in their order. */
static const struct error *retake_asp_files(void *context, struct night *night)
{
	struct replay *replay = context;
	struct store *store = replay->original->store;
	sqlite3_stmt *stmt = store_stmt(store, SQL_REPLAY_FICHIERS);
	const struct error *err = NULL;

	bind_int(stmt, REPLAY_FICHIERS_P_NUIT, replay->past_night->id);
	while (err == NULL && store_step(store, stmt))
		err = take_file(replay, night, stmt);
	sqlite3_reset(stmt);
	return err != NULL ? err : store_error(store);
}

/* --- the source --- */

static int64_t traces(struct store *store, int64_t night_id, const char *date)
{
	sqlite3_stmt *stmt = store_stmt(store, SQL_REPLAY_TRACES);
	int64_t count = 0;

	bind_int(stmt, REPLAY_TRACES_P_NUIT, night_id);
	bind_text(stmt, REPLAY_TRACES_P_DATE, date);
	if (store_step(store, stmt)) {
		count = column_int(stmt, REPLAY_TRACES_TRACES);
		sqlite3_reset(stmt);
	}
	return count;
}

/* Whether the original's night came to the delays. An interrupted night shows that only by its
 * events and signals: it has more than its verdicts alone gave in the replay. */
static bool came_to_delays(const struct replay *replay, const struct night *night)
{
	const struct replay_night *night_id = replay->past_night;

	return !night_id->interrupted ||
	       traces(replay->original->store, night_id->id, night_id->date) >
		   traces(replay->root.store, night->id, night_id->date);
}

/* An interrupted night published nothing and had no end. */
static bool came_to(void *context, const struct night *night, enum night_step step)
{
	const struct replay *replay = context;

	if (step == NIGHT_DELAYS)
		return came_to_delays(replay, night);
	return step < NIGHT_PUBLISH || !replay->past_night->interrupted;
}

void replay_source(struct replay *replay, struct night_source *source)
{
	*source = (struct night_source){.context = replay,
					.reached = came_to,
					.take_asp_files = retake_asp_files,
					.list = list_drops,
					.open = open_drop,
					.judged = replay->past_night->other ? replay_verdict : NULL,
					.scan = scan_rows};
}

/* --- decisions between nights --- */

static void apply_command(struct replay *replay, sqlite3_stmt *row)
{
	const char *name = strchr(column_text(row, REPLAY_COMMANDES_ACTEUR), ':');
	struct decision decision = {.numero = column_text(row, REPLAY_COMMANDES_NUMERO),
				    .decision = column_text(row, REPLAY_COMMANDES_EVENEMENT),
				    .motif = column_text(row, REPLAY_COMMANDES_MOTIF),
				    .pieces = column_text(row, REPLAY_COMMANDES_PIECES),
				    .alerte = column_text(row, REPLAY_COMMANDES_DETAILS),
				    .gestionnaire = name != NULL ? name + 1 : "",
				    .fichier = "",
				    .date = column_text(row, REPLAY_COMMANDES_DATE)};
	struct anomalies anomalies = {0};

	if (!decision_apply(&replay->root, &decision, &anomalies, NULL)) {
		replay->decisions_refused++;
		notice(NOTICE_WARNING, "la décision « %s » du %s sur %s ne peut pas être rejouée",
		       decision.decision, decision.date, decision.numero);
	}
	anomalies_free(&anomalies);
}

/* Takes over the restorations of the original after that night, up to an event: what came later is
 * numbered behind them. */
static const struct error *repeat_restarts(struct replay *replay, int64_t after, int64_t event)
{
	struct store *store = replay->original->store, *own = replay->root.store;
	const struct error *err = NULL;
	bool more = true;

	while (err == NULL && more) {
		sqlite3_stmt *row = store_stmt(store, SQL_RESTART_ALL);

		bind_int(row, RESTART_ALL_P_NUIT, after);
		bind_int(row, RESTART_ALL_P_BEFORE, event);
		bind_int(row, RESTART_ALL_P_AFTER,
			 store_get_int(own, SQL_RESTART_NEXT_ID, NULL, 1) - 1);
		store_begin(own);
		more = store_step(store, row);
		if (more)
			restart_repeat(&replay->root, row);
		sqlite3_reset(row);
		err = store_commit(own);
	}
	return err != NULL ? err : store_error(store);
}

const struct error *replay_commands(struct replay *replay, int64_t after)
{
	struct store *store = replay->original->store;
	sqlite3_stmt *stmt = store_stmt(store, SQL_REPLAY_COMMANDES);
	const struct error *err = NULL;

	bind_int(stmt, REPLAY_COMMANDES_P_APRES, after);
	while (err == NULL && store_step(store, stmt)) {
		err =
		    repeat_restarts(replay, after, column_int(stmt, REPLAY_COMMANDES_EVENEMENT_ID));
		if (err != NULL)
			break;
		store_begin(replay->root.store);
		apply_command(replay, stmt);
		err = store_commit(replay->root.store);
	}
	sqlite3_reset(stmt);
	if (err == NULL)
		err = repeat_restarts(replay, after, INT64_MAX);
	return err != NULL ? err : store_error(store);
}
