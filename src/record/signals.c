#include "record/signals.h"

#include "lib/date.h"
#include "lib/iban.h"
#include "lib/identity.h"
#include "lib/mem.h"
#include "lib/siret.h"
#include "model/numero.h"
#include "request/demande.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool signal_record(struct root *root, const struct record_night *night,
		   const struct case_signal *signal)
{
	const struct catalogue_entry *entry = &catalogue[signal->code];
	struct anomalies words = {0};
	sqlite3_stmt *stmt;
	char *message, *remede, numero[NUMERO_SIZE];

	anomalies_cite(&words, signal->code, signal->chemin, signal->valeur, signal->detail,
		       signal->detail2);
	message = anomalie_message(&words.items[0]);
	remede = anomalie_remede(&words.items[0]);
	demande_numero(signal->demande, signal->rang, numero);
	stmt = store_stmt(root->store, SQL_SIGNAL_INSERT);
	bind_int(stmt, SIGNAL_INSERT_P_NUIT, night->id);
	bind_text(stmt, SIGNAL_INSERT_P_DATE, night->date);
	bind_int(stmt, SIGNAL_INSERT_P_DEMANDE, signal->demande);
	bind_text(stmt, SIGNAL_INSERT_P_NUMERO, numero);
	bind_int(stmt, SIGNAL_INSERT_P_DEPOT, signal->depot);
	bind_text(stmt, SIGNAL_INSERT_P_CODE, entry->code);
	bind_text(stmt, SIGNAL_INSERT_P_CHEMIN, words.items[0].chemin);
	bind_text(stmt, SIGNAL_INSERT_P_VALEUR, words.items[0].valeur);
	bind_text(stmt, SIGNAL_INSERT_P_MESSAGE, message);
	bind_int(stmt, SIGNAL_INSERT_P_PAGE_GUIDE, entry->page);
	bind_text(stmt, SIGNAL_INSERT_P_CLE, signal->dedup_key);
	bind_text(stmt, SIGNAL_INSERT_P_REMEDE, remede);
	store_run(root->store, stmt);
	free(remede);
	free(message);
	anomalies_free(&words);
	return store_changes(root->store) > 0;
}

static bool known(struct root *root, int64_t demande, enum anomalie_code code,
		  const char *dedup_key)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_SIGNAL_KNOWN);
	bool found;

	bind_int(stmt, SIGNAL_KNOWN_P_DEMANDE, demande);
	bind_text(stmt, SIGNAL_KNOWN_P_CODE, catalogue[code].code);
	bind_text(stmt, SIGNAL_KNOWN_P_CLE, dedup_key);
	found = store_step(root->store, stmt);
	sqlite3_reset(stmt);
	return found;
}

/* The request that is looked at, as follow_up_demande has it. */
struct watched {
	int64_t demande, rang, depot;
	char siren[SIREN_SIZE];
	char iban[IBAN_SIZE]; /* "" when it has none of its own */
	struct paper {
		const char *type;
		char last_day[DATE_SIZE]; /* the day it really ends; "" when unknown */
		int64_t depot;		  /* the drop that gave this day first */
	} papers[2];
};

/* --- one IBAN, one file --- */

/* "ENR0601": a request whatever its rank. */
static void base_number(int64_t demande, char text[static NUMERO_SIZE])
{
	demande_numero(demande, 0, text);
	text[strcspn(text, "M")] = '\0';
}

/* Signals the request that came last, once for two requests: the other may be recorded again. An
 * alert has more readers than the bank report, so it shows only the ends of the IBAN. */
static void signal_iban(struct root *root, const struct record_night *night,
			const struct watched *watched)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_SIGNAL_IBANS);
	size_t length = strlen(watched->iban);
	char shown[IBAN_SIZE], own[NUMERO_SIZE];

	if (length < 8)
		return;
	snprintf(shown, sizeof(shown), "%.4s…%s", watched->iban, watched->iban + length - 4);
	base_number(watched->demande, own);
	bind_text(stmt, SIGNAL_IBANS_P_IBAN, watched->iban);
	bind_text(stmt, SIGNAL_IBANS_P_SIREN, watched->siren);
	while (store_step(root->store, stmt)) {
		int64_t other = column_int(stmt, SIGNAL_IBANS_ID);
		char dedup_key[NUMERO_SIZE], numero[NUMERO_SIZE];

		if (known(root, other, ANO_SIG_IBAN_PARTAGE, own))
			continue;
		base_number(other, dedup_key);
		demande_numero(other, column_int(stmt, SIGNAL_IBANS_RANG), numero);
		signal_record(
		    root, night,
		    &(struct case_signal){.demande = watched->demande,
					  .rang = watched->rang,
					  .depot = watched->depot,
					  .code = ANO_SIG_IBAN_PARTAGE,
					  .chemin = champ_table[CHAMP_BANQUE_IBAN].chemin,
					  .valeur = shown,
					  .detail = numero,
					  .detail2 = column_text(stmt, SIGNAL_IBANS_SIREN),
					  .dedup_key = dedup_key});
	}
}

/* Signals one document of the drop: the current row of `piece` (follow_up_fichiers). */
static void signal_file(struct root *root, const struct record_night *night,
			const struct watched *watched, sqlite3_stmt *piece)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_SIGNAL_FICHIERS);
	char *chemin = mem_printf("archive/%s", column_text(piece, FOLLOW_UP_FICHIERS_FICHIER));

	bind_text(stmt, SIGNAL_FICHIERS_P_SHA256, column_text(piece, FOLLOW_UP_FICHIERS_SHA256));
	bind_int(stmt, SIGNAL_FICHIERS_P_DEPOT, watched->depot);
	bind_int(stmt, SIGNAL_FICHIERS_P_DEMANDE, watched->demande);
	bind_text(stmt, SIGNAL_FICHIERS_P_TYPE, column_text(piece, FOLLOW_UP_FICHIERS_TYPE));
	bind_text(stmt, SIGNAL_FICHIERS_P_SIREN, watched->siren);
	while (store_step(root->store, stmt)) {
		int64_t other = column_int(stmt, SIGNAL_FICHIERS_DEMANDE);
		char base[NUMERO_SIZE], numero[NUMERO_SIZE], *dedup_key;

		base_number(other, base);
		demande_numero(other, column_int(stmt, SIGNAL_FICHIERS_RANG), numero);
		dedup_key =
		    mem_printf("%s %s", column_text(piece, FOLLOW_UP_FICHIERS_SHA256), base);
		signal_record(
		    root, night,
		    &(struct case_signal){.demande = watched->demande,
					  .rang = watched->rang,
					  .depot = watched->depot,
					  .code = ANO_SIG_FICHIER_PARTAGE,
					  .chemin = chemin,
					  .valeur = column_text(piece, FOLLOW_UP_FICHIERS_TYPE),
					  .detail = numero,
					  .detail2 = column_text(stmt, SIGNAL_FICHIERS_TYPE),
					  .dedup_key = dedup_key});
		free(dedup_key);
	}
	free(chemin);
}

static void signal_files(struct root *root, const struct record_night *night,
			 const struct watched *watched)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_FOLLOW_UP_FICHIERS);

	bind_int(stmt, FOLLOW_UP_FICHIERS_P_DEMANDE, watched->demande);
	bind_int(stmt, FOLLOW_UP_FICHIERS_P_DEPOT, watched->depot);
	while (store_step(root->store, stmt))
		signal_file(root, night, watched, stmt);
}

/* --- documents that run out --- */

static void add_deadline(struct root *root, const struct watched *watched, const char *type,
			 const char *date, int64_t depot)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_ECHEANCE_INSERT);

	bind_int(stmt, ECHEANCE_INSERT_P_DEMANDE, watched->demande);
	bind_text(stmt, ECHEANCE_INSERT_P_TYPE, type);
	bind_text(stmt, ECHEANCE_INSERT_P_DATE, date);
	bind_int(stmt, ECHEANCE_INSERT_P_DEPOT, depot);
	store_run(root->store, stmt);
}

/* Whether the end of a document of that type, given by that drop, is watched. The dossier says when
 * an identity paper ends; a paper that came after the dossier may say its own date. Without a date
 * it may be a better copy of the same paper. */
static bool is_watched(const struct watched *watched, const char *type, int64_t depot)
{
	switch (piece_type_from(type)) {
	case PIECE_CERTIFICAT_HDS:
	case PIECE_MANDAT_REPRESENTANT_LEGAL:
	case PIECE_CONTRAT_PRESTATION:
	case PIECE_MANDAT_EDITEUR:
		return true;
	case PIECE_IDENTITE_REPRESENTANT:
		return depot > watched->papers[0].depot;
	case PIECE_IDENTITE_DEPOSITAIRE:
		return depot > watched->papers[1].depot;
	default:
		return false;
	}
}

static void fill_deadlines(struct root *root, const struct watched *watched)
{
	sqlite3_stmt *stmt;

	store_run_int(root->store, SQL_ECHEANCES_CLEAR, watched->demande);
	for (size_t i = 0; i < 2; i++)
		if (watched->papers[i].last_day[0] != '\0')
			add_deadline(root, watched, watched->papers[i].type,
				     watched->papers[i].last_day, watched->papers[i].depot);
	stmt = store_stmt(root->store, SQL_FOLLOW_UP_PIECES);
	bind_int(stmt, FOLLOW_UP_PIECES_P_DEMANDE, watched->demande);
	while (store_step(root->store, stmt))
		if (is_watched(watched, column_text(stmt, FOLLOW_UP_PIECES_TYPE),
			       column_int(stmt, FOLLOW_UP_PIECES_DEPOT)))
			add_deadline(root, watched, column_text(stmt, FOLLOW_UP_PIECES_TYPE),
				     column_text(stmt, FOLLOW_UP_PIECES_VALIDE_JUSQU_AU),
				     column_int(stmt, FOLLOW_UP_PIECES_DEPOT));
}

/* Reads a paper from four columns of follow_up_demande. */
static void read_paper(sqlite3_stmt *stmt, int nature, int until, int since, int depot,
		       struct paper *paper)
{
	int32_t printed, issued;

	if (!date_parse(column_text(stmt, until), &printed))
		return;
	if (date_parse(column_text(stmt, since), &issued))
		printed = identity_last_day(column_text(stmt, nature), printed, issued);
	date_format(printed, paper->last_day);
	paper->depot = column_int(stmt, depot);
}

static bool load_watched(struct root *root, int64_t demande, int64_t depot, struct watched *watched)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_FOLLOW_UP_DEMANDE);

	*watched = (struct watched){
	    .demande = demande,
	    .depot = depot,
	    .papers = {{.type = piece_type_name(PIECE_IDENTITE_REPRESENTANT)},
		       {.type = piece_type_name(PIECE_IDENTITE_DEPOSITAIRE)}},
	};
	bind_int(stmt, FOLLOW_UP_DEMANDE_P_ID, demande);
	if (!store_step(root->store, stmt))
		return false;
	watched->rang = column_int(stmt, FOLLOW_UP_DEMANDE_RANG);
	snprintf(watched->siren, sizeof(watched->siren), "%s",
		 column_text(stmt, FOLLOW_UP_DEMANDE_SIREN));
	snprintf(watched->iban, sizeof(watched->iban), "%s",
		 column_text(stmt, FOLLOW_UP_DEMANDE_IBAN));
	read_paper(stmt, FOLLOW_UP_DEMANDE_REPRESENTANT_IDENTITE_NATURE,
		   FOLLOW_UP_DEMANDE_REPRESENTANT_IDENTITE_VALIDE_JUSQU_AU,
		   FOLLOW_UP_DEMANDE_REPRESENTANT_IDENTITE_DELIVREE_LE,
		   FOLLOW_UP_DEMANDE_REPRESENTANT_IDENTITE_DEPOT, &watched->papers[0]);
	/* A modification may have left the dépositaire behind. */
	if (column_int(stmt, FOLLOW_UP_DEMANDE_PAR_DEPOSITAIRE) != 0)
		read_paper(stmt, FOLLOW_UP_DEMANDE_DEPOSITAIRE_IDENTITE_NATURE,
			   FOLLOW_UP_DEMANDE_DEPOSITAIRE_IDENTITE_VALIDE_JUSQU_AU,
			   FOLLOW_UP_DEMANDE_DEPOSITAIRE_IDENTITE_DELIVREE_LE,
			   FOLLOW_UP_DEMANDE_DEPOSITAIRE_IDENTITE_DEPOT, &watched->papers[1]);
	sqlite3_reset(stmt);
	return true;
}

void signals_of_request(struct root *root, const struct record_night *night, int64_t demande,
			int64_t depot)
{
	struct watched watched;

	if (!load_watched(root, demande, depot, &watched))
		return;
	signal_iban(root, night, &watched);
	signal_files(root, night, &watched);
	fill_deadlines(root, &watched);
}

/* --- others --- */

void signal_numero_dispute(struct root *root, const struct record_night *night, int64_t demande,
			   int64_t depot, const char *compte)
{
	struct demande live;

	if (demande_load(root, demande, &live))
		signal_record(root, night,
			      &(struct case_signal){
				  .demande = demande,
				  .rang = live.rang,
				  .depot = depot,
				  .code = ANO_SIG_NUMERO_DISPUTE,
				  .chemin = champ_table[CHAMP_REFERENCEMENT_NUMERO_ANS].chemin,
				  .valeur = live.numero_ans,
				  .detail = compte,
				  .dedup_key = compte});
	demande_free(&live);
}

bool signal_closure(struct root *root, const struct record_night *night, enum statut statut,
		    int64_t *after)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_CLOSURE_NEXT);
	struct case_signal signal = {.code = ANO_SIG_ETABLISSEMENT_FERME,
				     .chemin = champ_table[CHAMP_DEMANDEUR_SIRET].chemin};
	char siret[SIRET_SIZE];

	bind_text(stmt, CLOSURE_NEXT_P_STATUT, statut_code(statut));
	bind_int(stmt, CLOSURE_NEXT_P_AFTER, *after);
	if (!store_step(root->store, stmt))
		return false;
	snprintf(siret, sizeof(siret), "%s", column_text(stmt, CLOSURE_NEXT_SIRET));
	*after = signal.demande = column_int(stmt, CLOSURE_NEXT_ID);
	signal.rang = column_int(stmt, CLOSURE_NEXT_RANG);
	signal.depot = column_int(stmt, CLOSURE_NEXT_DEPOT);
	signal.valeur = signal.dedup_key = siret;
	sqlite3_reset(stmt);
	signal_record(root, night, &signal);
	return true;
}
