#include "verify/verify_private.h"

#include "lib/array.h"
#include "lib/mem.h"
#include "lib/progress.h"
#include "lib/text_shown.h"
#include "model/numero.h"
#include "request/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RESTORE                                                                                    \
	"restaurez var/ depuis la dernière sauvegarde saine, et cherchez ce qui a abîmé le disque"

#define OUTSIDE                                                                                    \
	"la base a été modifiée hors du programme : restaurez-la de la dernière sauvegarde saine"

#define SENTENCE_SIZE 1024
/* The database may hold anything, and a cut may leave half a character. */
static char *sentence(const char *format, va_list arguments)
{
	char line[SENTENCE_SIZE];

	vsnprintf(line, sizeof(line), format, arguments);
	return text_shown(line);
}

void verify_fault(struct verify *verify, const char *remedy, const char *format, ...)
{
	struct verify_result *result = verify->result;
	va_list arguments;

	if (result->faults++ >= VERIFY_SHOWN)
		return;
	va_start(arguments, format);
	result->shown[result->faults - 1].what = sentence(format, arguments);
	va_end(arguments);
	result->shown[result->faults - 1].remedy = mem_strdup(remedy);
}

void verify_remark(struct verify *verify, const char *format, ...)
{
	struct verify_result *result = verify->result;
	va_list arguments;

	if (result->remarks++ >= VERIFY_SHOWN)
		return;
	va_start(arguments, format);
	result->remarked[result->remarks - 1] = sentence(format, arguments);
	va_end(arguments);
}

void verify_examined(struct verify *verify, size_t total)
{
	progress_show(verify->name, ++verify->result->examined, total);
}

void verify_result_free(struct verify_result *result)
{
	for (size_t i = 0; i < VERIFY_SHOWN; i++) {
		free(result->shown[i].what);
		free(result->shown[i].remedy);
		free(result->remarked[i]);
	}
}

static void database(struct verify *verify)
{
	sqlite3_stmt *stmt = store_stmt(verify->root->store, SQL_VERIFY_INTEGRITY);

	verify->result->examined++;
	while (store_step(verify->root->store, stmt))
		if (strcmp(column_text(stmt, VERIFY_INTEGRITY_INTEGRITY_CHECK), "ok") != 0)
			verify_fault(verify, RESTORE, "var/segur.db est abîmée (%s)",
				     column_text(stmt, VERIFY_INTEGRITY_INTEGRITY_CHECK));
}

static void foreign_keys(struct verify *verify)
{
	sqlite3_stmt *stmt = store_stmt(verify->root->store, SQL_VERIFY_FOREIGN_KEYS);

	verify->result->examined++;
	while (store_step(verify->root->store, stmt))
		verify_fault(verify, OUTSIDE,
			     "table %s, ligne %lld : elle renvoie à une ligne de « %s » qui "
			     "n'existe pas",
			     column_text(stmt, VERIFY_FOREIGN_KEYS_TABLE),
			     (long long)column_int(stmt, VERIFY_FOREIGN_KEYS_ROWID),
			     column_text(stmt, VERIFY_FOREIGN_KEYS_PARENT));
}

#define CHANGED_ROWS                                                                               \
	"quelqu'un a pu modifier l'histoire : comparez le journal aux réponses et aux rapports "  \
	"déjà publiés (--maillon), puis restaurez la dernière sauvegarde saine"

/* Triggers and views that were added act by themselves: they may change what is written or read. */
static void additions(struct verify *verify, struct store *reference)
{
	sqlite3_stmt *found = store_stmt(verify->root->store, SQL_VERIFY_TRIGGERS);

	while (store_step(verify->root->store, found)) {
		sqlite3_stmt *wanted = store_stmt(reference, SQL_VERIFY_TRIGGER);

		bind_text(wanted, VERIFY_TRIGGER_P_NAME, column_text(found, VERIFY_TRIGGERS_NAME));
		if (!store_step(reference, wanted))
			verify_fault(verify, CHANGED_ROWS,
				     "« %s » a été ajouté : ce déclencheur ou cette vue n'est pas "
				     "du programme",
				     column_text(found, VERIFY_TRIGGERS_NAME));
	}
}

/* What was not looked at must not pass for sound. */
static void say_unchecked(struct verify *verify, const struct error *err)
{
	verify_fault(verify, "relancez", "le contrôle n'a pas pu être fait : %s", err->message);
}

/* The triggers that protect the history must be those of the migrations. */
static void protections(struct verify *verify)
{
	struct store *reference = NULL;
	const struct error *err = store_open(":memory:", &reference);
	sqlite3_stmt *wanted;

	if (err != NULL) {
		say_unchecked(verify, err);
		return;
	}
	wanted = store_stmt(reference, SQL_VERIFY_TRIGGERS);
	while (store_step(reference, wanted)) {
		sqlite3_stmt *found = store_stmt(verify->root->store, SQL_VERIFY_TRIGGER);

		bind_text(found, VERIFY_TRIGGER_P_NAME, column_text(wanted, VERIFY_TRIGGERS_NAME));
		verify->result->examined++;
		if (!store_step(verify->root->store, found))
			verify_fault(verify, CHANGED_ROWS, "la protection « %s » a été retirée",
				     column_text(wanted, VERIFY_TRIGGERS_NAME));
		else if (strcmp(column_text(found, VERIFY_TRIGGER_SQL),
				column_text(wanted, VERIFY_TRIGGERS_SQL)) != 0)
			verify_fault(verify, CHANGED_ROWS, "la protection « %s » a été changée",
				     column_text(wanted, VERIFY_TRIGGERS_NAME));
	}
	additions(verify, reference);
	if (store_error(reference) != NULL)
		say_unchecked(verify, store_error(reference));
	store_close(reference);
}

static void check_counter(struct verify *verify, sqlite3_stmt *counter)
{
	const char *name = column_text(counter, VERIFY_COMPTEURS_NOM);
	long long held = column_int(counter, VERIFY_COMPTEURS_VALEUR),
		  compte = column_int(counter, VERIFY_COMPTEURS_COMPTE);

	if (column_null(counter, VERIFY_COMPTEURS_VALEUR))
		verify_fault(verify, OUTSIDE, "compteur « %s » : il manque, la base en tient %lld",
			     name, compte);
	else if (column_null(counter, VERIFY_COMPTEURS_COMPTE))
		verify_fault(verify, OUTSIDE,
			     "compteur « %s » : il a été ajouté, le programme n'en a pas de ce nom",
			     name);
	else if (held != compte)
		verify_fault(verify, OUTSIDE,
			     "compteur « %s » : il dit %lld, la base en tient %lld", name, held,
			     compte);
}

/* Counts what the night no longer counts itself. */
static void counters(struct verify *verify)
{
	sqlite3_stmt *stmt = store_stmt(verify->root->store, SQL_VERIFY_COMPTEURS);

	for (; store_step(verify->root->store, stmt); verify->result->examined++)
		check_counter(verify, stmt);
}

/* Nights look on from their mark: one beyond INSEE's newest file would stop them. */
static void check_stock(struct verify *verify)
{
	sqlite3_stmt *stmt = store_stmt(verify->root->store, SQL_VERIFY_STOCK);

	for (; store_step(verify->root->store, stmt); verify->result->examined++)
		if (column_int(stmt, VERIFY_STOCK_VALEUR) > column_int(stmt, VERIFY_STOCK_NEWEST))
			verify_fault(
			    verify, OUTSIDE,
			    "repère « stock » : il dit le fichier %lld de l'INSEE, le dernier pris "
			    "est le %lld ; les établissements fermés ne seraient plus signalés",
			    (long long)column_int(stmt, VERIFY_STOCK_VALEUR),
			    (long long)column_int(stmt, VERIFY_STOCK_NEWEST));
}

/* A change of status, or a register that says validated, takes the mark away. Where the mark stays,
 * no reminder ever leaves again. */
static void check_suspended(struct verify *verify)
{
	sqlite3_stmt *stmt = store_stmt(verify->root->store, SQL_VERIFY_SUSPENDED);
	char numero[NUMERO_SIZE];

	for (; store_step(verify->root->store, stmt); verify->result->examined++) {
		enum statut statut = statut_from(column_text(stmt, VERIFY_SUSPENDED_STATUT));

		demande_numero(column_int(stmt, VERIFY_SUSPENDED_ID),
			       column_int(stmt, VERIFY_SUSPENDED_RANG), numero);
		if (statut != STATUT_VALIDATION_PARTIELLE)
			verify_fault(verify, OUTSIDE,
				     "%s : ses relances attendent le registre de l'ANS, alors "
				     "qu'elle est au statut « %s »",
				     numero, statut_libelle(statut));
		else if (column_int(stmt, VERIFY_SUSPENDED_VALIDE) != 0)
			verify_fault(verify, OUTSIDE,
				     "%s : ses relances attendent le registre de l'ANS, qui dit "
				     "déjà son référencement validé ; elles ne partiraient plus",
				     numero);
		else if (column_int(stmt, VERIFY_SUSPENDED_REFERENCEMENT_ATTENDU) != 1)
			verify_fault(
			    verify, OUTSIDE,
			    "%s : ses relances sont suspendues par une marque que le "
			    "programme n'écrit pas (%lld) ; elles ne partiraient plus",
			    numero,
			    (long long)column_int(stmt, VERIFY_SUSPENDED_REFERENCEMENT_ATTENDU));
	}
}

/* Checks what spares a night from looking at everything: no night would see its faults. */
static void shortcuts(struct verify *verify)
{
	counters(verify);
	check_stock(verify);
	check_suspended(verify);
}

const struct verify_check checks[] = {
    {"Base de données", database},
    {"Renvois entre tables", foreign_keys},
    {"Protections de l'histoire", protections},
    {"Compteurs et repères", shortcuts},
    {"Chaîne du journal", verify_chain},
    {"Événements et maillons", verify_events},
    {"Statuts des demandes", verify_statuses},
    {"Maillons donnés", verify_links},
    {"Archives conservées", verify_archives},
    {"Sorties dans l'outbox", verify_outbox},
    {"Dépôts dans l'inbox", verify_inbox},
};
const size_t check_count = ARRAY_SIZE(checks);

const struct error *verify_all(struct verify *verify, struct verify_result *results)
{
	struct store *store = verify->root->store;
	const struct error *err = NULL;

	store_begin_read(store);
	for (size_t i = 0; i < check_count && err == NULL; i++) {
		verify->result = &results[i];
		verify->name = checks[i].name;
		checks[i].function(verify);
		progress_clear();
		err = store_error(store);
		/* A page that cannot be read is a fault; others may still be read. */
		if (err != NULL && err->code == ERR_FAULT) {
			verify_fault(verify, RESTORE, "la lecture s'est arrêtée : %s",
				     err->message);
			store_rollback(store);
			store_begin_read(store);
			err = NULL;
		}
	}
	if (err == NULL)
		return store_commit(store);
	return err;
}
