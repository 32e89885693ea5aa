#include "record/deadlines.h"

#include "lib/array.h"
#include "lib/date.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "model/numero.h"
#include "record/signals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rows in one transaction. */
#define DEADLINE_BATCH 256

/* How far a walk over what is due has come. */
struct cursor {
	char limit[DATE_SIZE]; /* the last date that is due */
	char waiting_since[DATE_SIZE];
	int64_t id;
	enum statut statut;   /* of the requests that are looked at */
	enum sql_id reminded; /* the waits that are walked over */
};

/* Deals with one row; false when none is left. */
typedef bool (*step_fn)(struct root *root, const struct record_night *night, struct cursor *cursor);

static const struct error *walk(struct root *root, const struct record_night *night, step_fn step,
				struct cursor cursor)
{
	const struct error *err = NULL;
	bool more = true;

	while (more && err == NULL) {
		store_begin(root->store);
		for (unsigned n = 0; n < DEADLINE_BATCH && more; n++)
			more = step(root, night, &cursor);
		err = store_commit(root->store);
	}
	return err;
}

/* --- reminders --- */

/* Reminds the request that waits longest, after the one before. */
static bool remind(struct root *root, const struct record_night *night, struct cursor *cursor)
{
	sqlite3_stmt *stmt = store_stmt(root->store, cursor->reminded);
	bool suspended;
	struct record_event event = {.night_id = night->id,
				     .date = night->date,
				     .evenement = EVENEMENT_RELANCE,
				     .acteur = "service"};
	struct record_mail mail = {.date = night->date, .type = "relance"};
	char *contact, *name, *pieces, *details, numero[NUMERO_SIZE];

	bind_text(stmt, parameter(stmt, ":until"), cursor->limit);
	bind_text(stmt, parameter(stmt, ":attente_depuis"), cursor->waiting_since);
	bind_int(stmt, parameter(stmt, ":id"), cursor->id);
	if (!store_step(root->store, stmt))
		return false;
	snprintf(cursor->waiting_since, sizeof(cursor->waiting_since), "%s",
		 column_text(stmt, RELANCE_ATTENTE_DEPUIS));
	event.demande = mail.demande = cursor->id = column_int(stmt, RELANCE_ID);
	suspended = column_int(stmt, RELANCE_SUSPENDED) != 0;
	if (suspended && cursor->reminded == SQL_RELANCE_NEXT) {
		sqlite3_reset(stmt);
		store_run_int(root->store, SQL_RELANCE_SUSPENDED, cursor->id);
		return true;
	}
	event.rang = column_int(stmt, RELANCE_RANG);
	event.de = event.vers = statut_from(column_text(stmt, RELANCE_STATUT));
	event.pieces = pieces = mem_strdup(column_text(stmt, RELANCE_PIECES));
	mail.destinataire = contact = mem_strdup(column_text(stmt, RELANCE_CONTACT));
	mail.name = name = mem_strdup(column_text(stmt, RELANCE_CONTACT_NOM));
	mail.numero = numero;
	event.details = details =
	    mem_printf("%lld%s", (long long)column_int(stmt, RELANCE_RELANCES) + 1,
		       suspended ? DEADLINES_SUSPENDED : "");
	demande_numero(event.demande, event.rang, numero);
	sqlite3_reset(stmt);

	mail.evenement = record_event(root, &event);
	record_mail(root, &mail);
	stmt = store_stmt(root->store, SQL_DEMANDE_REMINDED);
	bind_int(stmt, DEMANDE_REMINDED_P_ID, event.demande);
	bind_text(stmt, DEMANDE_REMINDED_P_ATTENTE_DEPUIS, night->date);
	store_run(root->store, stmt);
	free(contact);
	free(name);
	free(pieces);
	free(details);
	return true;
}

static const struct error *walk_reminders(struct root *root, const struct record_night *night,
					  int32_t today)
{
	struct cursor waiting = {.reminded = SQL_RELANCE_NEXT},
		      suspended = {.reminded = SQL_RELANCE_SUSPENDED_NEXT};
	const struct error *err;

	date_format(today - (int32_t)root->conf.relance_jours, waiting.limit);
	date_format(today - (int32_t)root->conf.relance_anticipe_jours, suspended.limit);
	err = walk(root, night, remind, waiting);
	if (err != NULL || !record_night_rules(root, night->id, RULES_OF_2))
		return err;
	return walk(root, night, remind, suspended);
}

/* --- documents that run out --- */

static enum anomalie_code signal_of(enum piece_type type)
{
	switch (type) {
	case PIECE_CERTIFICAT_HDS:
		return ANO_SIG_HDS_ECHEANCE;
	case PIECE_IDENTITE_REPRESENTANT:
	case PIECE_IDENTITE_DEPOSITAIRE:
		return ANO_SIG_IDENTITE_ECHEANCE;
	default:
		return ANO_SIG_MANDAT_ECHEANCE;
	}
}

static const char *path_of(enum piece_type type)
{
	switch (type) {
	case PIECE_IDENTITE_REPRESENTANT:
		return champ_table[CHAMP_REPRESENTANT_IDENTITE_VALIDE_JUSQU_AU].chemin;
	case PIECE_IDENTITE_DEPOSITAIRE:
		return champ_table[CHAMP_DEPOSITAIRE_IDENTITE_VALIDE_JUSQU_AU].chemin;
	default:
		return "pieces";
	}
}

/* Signals a document once for one date, although each sequel lists its request's documents anew. */
static void tell_deadline(struct root *root, const struct record_night *night,
			  struct case_signal *signal, const char *type, enum statut statut)
{
	char *dedup_key = mem_printf("%s %s", type, signal->valeur);

	signal->code = signal_of(piece_type_from(type));
	signal->chemin = path_of(piece_type_from(type));
	signal->detail = type;
	signal->dedup_key = dedup_key;
	if (signal_record(root, night, signal))
		record_event(root, &(struct record_event){.night_id = night->id,
							  .date = night->date,
							  .demande = signal->demande,
							  .rang = signal->rang,
							  .evenement = EVENEMENT_ECHEANCE,
							  .acteur = "service",
							  .de = statut,
							  .vers = statut,
							  .pieces = type,
							  .details = dedup_key});
	free(dedup_key);
}

/* Takes the document that ends first. Nobody needs to know that of a request that is final. */
static bool look_ahead(struct root *root, const struct record_night *night, struct cursor *cursor)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_ECHEANCE_NEXT);
	struct case_signal signal = {0};
	char *type, date[DATE_SIZE];
	enum statut statut;

	bind_text(stmt, ECHEANCE_NEXT_P_UNTIL, cursor->limit);
	if (!store_step(root->store, stmt))
		return false;
	type = mem_strdup(column_text(stmt, ECHEANCE_NEXT_TYPE));
	snprintf(date, sizeof(date), "%s", column_text(stmt, ECHEANCE_NEXT_DATE));
	signal.demande = column_int(stmt, ECHEANCE_NEXT_DEMANDE);
	signal.depot = column_int(stmt, ECHEANCE_NEXT_DEPOT);
	signal.rang = column_int(stmt, ECHEANCE_NEXT_RANG);
	signal.valeur = date;
	statut = statut_from(column_text(stmt, ECHEANCE_NEXT_STATUT));
	sqlite3_reset(stmt);

	if (statut != STATUT_REJETEE && statut != STATUT_VALIDEE)
		tell_deadline(root, night, &signal, type, statut);
	stmt = store_stmt(root->store, SQL_ECHEANCE_DELETE);
	bind_int(stmt, ECHEANCE_DELETE_P_DEMANDE, signal.demande);
	bind_text(stmt, ECHEANCE_DELETE_P_TYPE, type);
	store_run(root->store, stmt);
	free(type);
	return true;
}

/* --- closed establishments --- */

static bool look_at_register(struct root *root, const struct record_night *night,
			     struct cursor *cursor)
{
	return signal_closure(root, night, cursor->statut, &cursor->id);
}

/* Looks once for each new file of INSEE's: requests that wait cost a night nothing. */
static const struct error *look_for_closures(struct root *root, const struct record_night *night)
{
	static const enum statut under_way[] = {STATUT_EN_COURS, STATUT_VALIDATION_PARTIELLE,
						STATUT_ATTENTE_PIECES,
						STATUT_CERTIFICATS_A_VALIDER};
	const struct error *err = NULL;

	if (store_get_int(root->store, SQL_FOLLOW_UP_STOCK_NEW, NULL, 0) == 0)
		return store_error(root->store);
	for (size_t i = 0; i < ARRAY_SIZE(under_way) && err == NULL; i++)
		err = walk(root, night, look_at_register, (struct cursor){.statut = under_way[i]});
	if (err != NULL)
		return err;
	store_begin(root->store);
	store_run(root->store, store_stmt(root->store, SQL_FOLLOW_UP_STOCK_SEEN));
	return store_commit(root->store);
}

/* A file to correct stays in the supplier's folder as long as it is awaited of that account. */
static const struct error *withdraw_modifications(struct root *root,
						  const struct record_night *night)
{
	sqlite3_stmt *stmt;

	store_begin(root->store);
	stmt = store_stmt(root->store, SQL_MODIFICATIONS_WITHDRAW);
	bind_text(stmt, MODIFICATIONS_WITHDRAW_P_DATE, night->date);
	store_run(root->store, stmt);
	return store_commit(root->store);
}

const struct error *deadlines_apply(struct root *root, const struct record_night *night)
{
	struct cursor ending = {0};
	const struct error *err;
	int32_t today = 0;

	date_parse(night->date, &today);
	date_format(today + (int32_t)root->conf.echeance_jours, ending.limit);
	err = withdraw_modifications(root, night);
	if (err == NULL)
		err = walk_reminders(root, night, today);
	if (err == NULL)
		err = walk(root, night, look_ahead, ending);
	return err != NULL ? err : look_for_closures(root, night);
}
