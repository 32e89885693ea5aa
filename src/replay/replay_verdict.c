/*
 * A night that another version played. Its verdicts stand as they were given, so that a drop that
 * today's rules would take, or refuse, shifts no number; what follows from them is played and
 * compared as in any night. Today's rules judge each drop beside that: where they say otherwise is
 * listed apart, and is no difference.
 */
#include "lib/array.h"
#include "lib/buf.h"
#include "lib/mem.h"
#include "model/numero.h"
#include "replay/replay_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERDICTS "Verdicts"

/* The list has "<night> <account>/<file>" of each such drop, and "<night> <number> ", with which the
 * titles of its request's rows begin. */
static void list_otherwise(struct replay *replay, const char *title, const char *numero)
{
	struct names *list = &replay->otherwise;
	long long id = replay->past_night->id;
	char *keys[] = {mem_printf("%lld %s", id, title),
			numero[0] != '\0' ? mem_printf("%lld %s ", id, numero) : NULL};

	for (size_t i = 0; i < ARRAY_SIZE(keys) && keys[i] != NULL; i++) {
		list->items =
		    mem_grow(list->items, list->count, &list->capacity, sizeof(*list->items));
		list->items[list->count++] = keys[i];
	}
}

bool replay_judged_otherwise(const struct replay *replay, const struct replay_night *past_night,
			     const char *title)
{
	char *wanted = mem_printf("%lld %s ", (long long)past_night->id, title);
	bool found = false;

	for (size_t i = 0; i < replay->otherwise.count && !found; i++) {
		const char *key = replay->otherwise.items[i];
		size_t length = strlen(key);

		found = strncmp(key, wanted, length) == 0 &&
			(key[length - 1] == ' ' || wanted[length + 1] == '\0');
	}
	free(wanted);
	return found;
}

/* "KO : SIR-003, PJ-010". */
static char *summary(const struct anomalies *anomalies)
{
	struct buf text = {0};
	const char *before = " : ";

	buf_puts(&text, anomalies_blocking(anomalies) ? "KO" : anomalies->count > 0 ? "ANO" : "OK");
	for (size_t i = 0; i < anomalies->count; i++, before = ", ")
		buf_printf(&text, "%s%s", before, catalogue[anomalies->items[i].code].code);
	return buf_take(&text);
}

/* Notes where both verdicts part, in their state or in their anomalies. */
static void compare_verdicts(struct replay *replay, const struct drop *drop, const char *numero,
			     const struct anomalies *then, const char *today)
{
	struct replay_report *report = &replay->report;
	char *title = mem_printf("%s/%s", drop->compte, drop->archive);
	char *where = mem_printf("nuit du %s, %s", replay->past_night->date, title);
	char *verdict = summary(then);
	size_t at = replay_item(report, VERDICTS);

	report->items[at].compared++;
	if (strcmp(verdict, today) != 0) {
		replay_differ(report, at, REPLAY_OTHERWISE, where, verdict, today);
		list_otherwise(replay, title, numero);
	}
	free(verdict);
	free(where);
	free(title);
}

static const struct error *unknown_code(const struct replay *replay, const char *code)
{
	return error_set(ERR_DATA,
			 "la nuit du %s ne peut plus être rejouée par cette version : elle ne "
			 "connaît pas la règle %s ; prenez la version d'alors (%s)",
			 replay->past_night->date, code, replay->past_night->programme);
}

static const struct error *read_anomalies(struct replay *replay, int64_t depot,
					  struct anomalies *then)
{
	struct store *store = replay->original->store;
	sqlite3_stmt *stmt = store_stmt(store, SQL_REPLAY_ANOMALIES);
	const struct error *err = NULL;

	bind_int(stmt, REPLAY_ANOMALIES_P_DEPOT, depot);
	while (err == NULL && store_step(store, stmt)) {
		const struct said_anomalie said = {
		    .code = column_text(stmt, REPLAY_ANOMALIES_CODE),
		    .chemin = column_text(stmt, REPLAY_ANOMALIES_CHEMIN),
		    .ligne = (uint32_t)column_int(stmt, REPLAY_ANOMALIES_LIGNE),
		    .colonne = (uint32_t)column_int(stmt, REPLAY_ANOMALIES_COLONNE),
		    .valeur = column_null(stmt, REPLAY_ANOMALIES_VALEUR)
				  ? NULL
				  : column_text(stmt, REPLAY_ANOMALIES_VALEUR),
		    .gravite = column_int(stmt, REPLAY_ANOMALIES_BLOCKS) != 0 ? GRAVITE_BLOQUANT
									      : GRAVITE_ALERTE,
		    .message = column_text(stmt, REPLAY_ANOMALIES_MESSAGE),
		    .remede = column_text(stmt, REPLAY_ANOMALIES_REMEDE),
		};

		if (!anomalies_repeat(then, &said))
			err = unknown_code(replay, said.code);
	}
	sqlite3_reset(stmt);
	return err != NULL ? err : store_error(store);
}

const struct error *replay_verdict(void *context, const struct drop *drop,
				   struct findings *findings, struct facts *facts)
{
	struct replay *replay = context;
	struct store *store = replay->original->store;
	sqlite3_stmt *stmt = store_stmt(store, SQL_REPLAY_VERDICT);
	struct anomalies then = {0};
	const struct error *err;
	char numero[NUMERO_SIZE] = "", *today;
	int64_t depot = 0;
	bool refused = false;

	bind_int(stmt, REPLAY_VERDICT_P_NUIT, replay->past_night->id);
	bind_text(stmt, REPLAY_VERDICT_P_COMPTE, drop->compte);
	bind_text(stmt, REPLAY_VERDICT_P_ARCHIVE, drop->archive);
	bind_text(stmt, REPLAY_VERDICT_P_SOURCE, drop->source);
	if (store_step(store, stmt)) {
		depot = column_int(stmt, REPLAY_VERDICT_ID);
		refused = column_int(stmt, REPLAY_VERDICT_REFUSED) != 0;
		snprintf(numero, sizeof(numero), "%s", column_text(stmt, REPLAY_VERDICT_NUMERO));
		if (refused)
			findings->dossier.type =
			    depot_type_from(column_text(stmt, REPLAY_VERDICT_TYPE));
		sqlite3_reset(stmt);
	}
	err = read_anomalies(replay, depot, &then);
	then.blocking = refused;
	today = facts->establishment.incident != NULL
		    ? mem_printf("indécidable : %s", facts->establishment.incident)
		    : summary(&findings->anomalies);
	/* Of a drop that was not read then, nothing is left that today's rules could judge. */
	if (err == NULL && (drop->name[0] != '\0' || drop->size == 0))
		compare_verdicts(replay, drop, numero, &then, today);
	free(today);
	/* INSEE's rows of a drop that was not read to its end then are not in the record. */
	facts->establishment.incident = NULL;
	if (err == NULL && !refused && !findings->readable)
		err =
		    error_set(ERR_DATA,
			      "la nuit du %s ne peut plus être rejouée par cette version : elle ne "
			      "lit plus « %s » (compte %s), accepté alors ; prenez la version "
			      "d'alors (%s)",
			      replay->past_night->date, drop->archive, drop->compte,
			      replay->past_night->programme);
	anomalies_free(&findings->anomalies);
	findings->anomalies = then;
	return err;
}

bool replay_refused(void *context, uint64_t order, struct anomalies *anomalies)
{
	const struct replay_decisions *decisions = context;
	struct store *store = decisions->replay->original->store;
	sqlite3_stmt *stmt = store_stmt(store, SQL_REPLAY_DECISION);
	bool refused = false;

	bind_int(stmt, REPLAY_DECISION_P_FICHIER, decisions->file);
	bind_int(stmt, REPLAY_DECISION_P_ORDRE, (int64_t)order);
	if (store_step(store, stmt)) {
		const struct said_anomalie said = {
		    .code = column_text(stmt, REPLAY_DECISION_CODE),
		    .chemin = "",
		    .message = column_text(stmt, REPLAY_DECISION_MESSAGE),
		    .remede = column_text(stmt, REPLAY_DECISION_REMEDE),
		};

		refused = column_int(stmt, REPLAY_DECISION_REFUSED) != 0 &&
			  anomalies_repeat(anomalies, &said);
		sqlite3_reset(stmt);
	}
	return refused;
}

const struct error *replay_words(struct replay *replay)
{
	struct store *original = replay->original->store, *store = replay->root.store;
	sqlite3_stmt *said = store_stmt(original, SQL_REPLAY_SIGNAUX);
	sqlite3_stmt *stmt = store_stmt(store, SQL_REPLAY_SIGNAL_WORDS);

	store_begin(store);
	bind_int(said, REPLAY_SIGNAUX_P_NUIT, replay->past_night->id);
	while (store_step(original, said)) {
		bind_int(stmt, REPLAY_SIGNAL_WORDS_P_DEMANDE,
			 column_int(said, REPLAY_SIGNAUX_DEMANDE));
		bind_text(stmt, REPLAY_SIGNAL_WORDS_P_CODE, column_text(said, REPLAY_SIGNAUX_CODE));
		bind_text(stmt, REPLAY_SIGNAL_WORDS_P_CLE, column_text(said, REPLAY_SIGNAUX_CLE));
		bind_text(stmt, REPLAY_SIGNAL_WORDS_P_MESSAGE,
			  column_text(said, REPLAY_SIGNAUX_MESSAGE));
		bind_text(stmt, REPLAY_SIGNAL_WORDS_P_REMEDE,
			  column_text(said, REPLAY_SIGNAUX_REMEDE));
		store_run(store, stmt);
	}
	return store_commit(store);
}
