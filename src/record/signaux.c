#include "record/signaux.h"

#include "lib/date.h"
#include "lib/identite.h"
#include "lib/mem.h"
#include "model/numero.h"
#include "request/demande.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool signal_record(struct root *root, const struct record_night *night, const struct signal *signal)
{
	const struct catalogue_entry *entry = &catalogue[signal->code];
	struct anomalies words = {0};
	sqlite3_stmt *stmt;
	char *message, numero[40];

	anomalies_add_at(&words, signal->code, signal->chemin, 0, 0, signal->valeur, signal->detail,
			 signal->detail2);
	message = anomalie_message(&words.items[0]);
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
	bind_text(stmt, SIGNAL_INSERT_P_CLE, signal->cle);
	store_run(root->store, stmt);
	free(message);
	anomalies_free(&words);
	return store_changes(root->store) > 0;
}

static bool known(struct root *root, int64_t demande, enum anomalie_code code, const char *cle)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_SIGNAL_KNOWN);
	bool found;

	bind_int(stmt, SIGNAL_KNOWN_P_DEMANDE, demande);
	bind_text(stmt, SIGNAL_KNOWN_P_CODE, catalogue[code].code);
	bind_text(stmt, SIGNAL_KNOWN_P_CLE, cle);
	found = store_step(root->store, stmt);
	sqlite3_reset(stmt);
	return found;
}

/* The request that is looked at, as follow_up_demande has it. */
struct suivi {
	int64_t demande, rang, depot;
	char siren[10];
	char iban[40]; /* "" when it has none of its own */
	struct papier {
		const char *type;
		char fin[11];  /* its last day in fact; "" when none is known */
		int64_t depot; /* that gave this day first */
	} papiers[2];
};

/* --- one IBAN, one file ----------------------------------------------------------------------- */

/* "ENR0601": a request whatever its rank. */
static void base_number(int64_t demande, char text[static 40])
{
	demande_numero(demande, 0, text);
	text[strcspn(text, "M")] = '\0';
}

/* Told on the request that came last, once for two requests: the other may be recorded again. An
 * alert has more readers than the bank report, so that it shows the ends of the IBAN alone. */
static void signal_iban(struct root *root, const struct record_night *night,
			const struct suivi *suivi)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_SIGNAL_IBANS);
	size_t length = strlen(suivi->iban);
	char shown[16], own[40];

	if (length < 8)
		return;
	snprintf(shown, sizeof(shown), "%.4s…%s", suivi->iban, suivi->iban + length - 4);
	base_number(suivi->demande, own);
	bind_text(stmt, SIGNAL_IBANS_P_IBAN, suivi->iban);
	bind_text(stmt, SIGNAL_IBANS_P_SIREN, suivi->siren);
	while (store_step(root->store, stmt)) {
		int64_t other = column_int(stmt, SIGNAL_IBANS_ID);
		char cle[40], numero[40];

		if (known(root, other, ANO_SIG_IBAN_PARTAGE, own))
			continue;
		base_number(other, cle);
		demande_numero(other, column_int(stmt, SIGNAL_IBANS_RANG), numero);
		signal_record(root, night,
			      &(struct signal){.demande = suivi->demande,
					       .rang = suivi->rang,
					       .depot = suivi->depot,
					       .code = ANO_SIG_IBAN_PARTAGE,
					       .chemin = champ_table[CHAMP_BANQUE_IBAN].chemin,
					       .valeur = shown,
					       .detail = numero,
					       .detail2 = column_text(stmt, SIGNAL_IBANS_SIREN),
					       .cle = cle});
	}
}

/* One document of the drop: its cursor is `piece`, with the columns of follow_up_fichiers. */
static void signal_fichier(struct root *root, const struct record_night *night,
			   const struct suivi *suivi, sqlite3_stmt *piece)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_SIGNAL_FICHIERS);
	char *chemin = mem_printf("archive/%s", column_text(piece, FOLLOW_UP_FICHIERS_FICHIER));

	bind_text(stmt, SIGNAL_FICHIERS_P_SHA256, column_text(piece, FOLLOW_UP_FICHIERS_SHA256));
	bind_int(stmt, SIGNAL_FICHIERS_P_DEPOT, suivi->depot);
	bind_int(stmt, SIGNAL_FICHIERS_P_DEMANDE, suivi->demande);
	bind_text(stmt, SIGNAL_FICHIERS_P_TYPE, column_text(piece, FOLLOW_UP_FICHIERS_TYPE));
	bind_text(stmt, SIGNAL_FICHIERS_P_SIREN, suivi->siren);
	while (store_step(root->store, stmt)) {
		int64_t other = column_int(stmt, SIGNAL_FICHIERS_DEMANDE);
		char base[40], numero[40], *cle;

		base_number(other, base);
		demande_numero(other, column_int(stmt, SIGNAL_FICHIERS_RANG), numero);
		cle = mem_printf("%s %s", column_text(piece, FOLLOW_UP_FICHIERS_SHA256), base);
		signal_record(
		    root, night,
		    &(struct signal){.demande = suivi->demande,
				     .rang = suivi->rang,
				     .depot = suivi->depot,
				     .code = ANO_SIG_FICHIER_PARTAGE,
				     .chemin = chemin,
				     .valeur = column_text(piece, FOLLOW_UP_FICHIERS_TYPE),
				     .detail = numero,
				     .detail2 = column_text(stmt, SIGNAL_FICHIERS_TYPE),
				     .cle = cle});
		free(cle);
	}
	free(chemin);
}

static void signal_fichiers(struct root *root, const struct record_night *night,
			    const struct suivi *suivi)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_FOLLOW_UP_FICHIERS);

	bind_int(stmt, FOLLOW_UP_FICHIERS_P_DEMANDE, suivi->demande);
	bind_int(stmt, FOLLOW_UP_FICHIERS_P_DEPOT, suivi->depot);
	while (store_step(root->store, stmt))
		signal_fichier(root, night, suivi, stmt);
}

/* --- documents that run out ------------------------------------------------------------------- */

static void add_echeance(struct root *root, const struct suivi *suivi, const char *type,
			 const char *date, int64_t depot)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_ECHEANCE_INSERT);

	bind_int(stmt, ECHEANCE_INSERT_P_DEMANDE, suivi->demande);
	bind_text(stmt, ECHEANCE_INSERT_P_TYPE, type);
	bind_text(stmt, ECHEANCE_INSERT_P_DATE, date);
	bind_int(stmt, ECHEANCE_INSERT_P_DEPOT, depot);
	store_run(root->store, stmt);
}

/* Whether the end of a document of that type is watched, when that drop gave it. Of an identity
 * paper the dossier tells the end; a paper that came later tells its own, if it does: without a
 * date it may be a better copy of the same. */
static bool watched(const struct suivi *suivi, const char *type, int64_t depot)
{
	switch (piece_type_from(type)) {
	case PIECE_CERTIFICAT_HDS:
	case PIECE_MANDAT_REPRESENTANT_LEGAL:
	case PIECE_CONTRAT_PRESTATION:
	case PIECE_MANDAT_EDITEUR:
		return true;
	case PIECE_IDENTITE_REPRESENTANT:
		return depot > suivi->papiers[0].depot;
	case PIECE_IDENTITE_DEPOSITAIRE:
		return depot > suivi->papiers[1].depot;
	default:
		return false;
	}
}

static void fill_echeances(struct root *root, const struct suivi *suivi)
{
	sqlite3_stmt *stmt;

	store_run_int(root->store, SQL_ECHEANCES_CLEAR, suivi->demande);
	for (size_t i = 0; i < 2; i++)
		if (suivi->papiers[i].fin[0] != '\0')
			add_echeance(root, suivi, suivi->papiers[i].type, suivi->papiers[i].fin,
				     suivi->papiers[i].depot);
	stmt = store_stmt(root->store, SQL_FOLLOW_UP_PIECES);
	bind_int(stmt, FOLLOW_UP_PIECES_P_DEMANDE, suivi->demande);
	while (store_step(root->store, stmt))
		if (watched(suivi, column_text(stmt, FOLLOW_UP_PIECES_TYPE),
			    column_int(stmt, FOLLOW_UP_PIECES_DEPOT)))
			add_echeance(root, suivi, column_text(stmt, FOLLOW_UP_PIECES_TYPE),
				     column_text(stmt, FOLLOW_UP_PIECES_VALIDE_JUSQU_AU),
				     column_int(stmt, FOLLOW_UP_PIECES_DEPOT));
}

/* From four columns of follow_up_demande. */
static void read_papier(sqlite3_stmt *stmt, int nature, int until, int since, int depot,
			struct papier *papier)
{
	int32_t printed, issued;

	if (!date_parse(column_text(stmt, until), &printed))
		return;
	if (date_parse(column_text(stmt, since), &issued))
		printed = identite_last_day(column_text(stmt, nature), printed, issued);
	date_format(printed, papier->fin);
	papier->depot = column_int(stmt, depot);
}

static bool load_suivi(struct root *root, int64_t demande, int64_t depot, struct suivi *suivi)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_FOLLOW_UP_DEMANDE);

	*suivi = (struct suivi){
	    .demande = demande,
	    .depot = depot,
	    .papiers = {{.type = piece_type_name(PIECE_IDENTITE_REPRESENTANT)},
			{.type = piece_type_name(PIECE_IDENTITE_DEPOSITAIRE)}},
	};
	bind_int(stmt, FOLLOW_UP_DEMANDE_P_ID, demande);
	if (!store_step(root->store, stmt))
		return false;
	suivi->rang = column_int(stmt, FOLLOW_UP_DEMANDE_RANG);
	snprintf(suivi->siren, sizeof(suivi->siren), "%s",
		 column_text(stmt, FOLLOW_UP_DEMANDE_SIREN));
	snprintf(suivi->iban, sizeof(suivi->iban), "%s", column_text(stmt, FOLLOW_UP_DEMANDE_IBAN));
	read_papier(stmt, FOLLOW_UP_DEMANDE_REPRESENTANT_IDENTITE_NATURE,
		    FOLLOW_UP_DEMANDE_REPRESENTANT_IDENTITE_VALIDE_JUSQU_AU,
		    FOLLOW_UP_DEMANDE_REPRESENTANT_IDENTITE_DELIVREE_LE,
		    FOLLOW_UP_DEMANDE_REPRESENTANT_IDENTITE_DEPOT, &suivi->papiers[0]);
	/* A modification may have left the dépositaire behind. */
	if (column_int(stmt, FOLLOW_UP_DEMANDE_PAR_DEPOSITAIRE) != 0)
		read_papier(stmt, FOLLOW_UP_DEMANDE_DEPOSITAIRE_IDENTITE_NATURE,
			    FOLLOW_UP_DEMANDE_DEPOSITAIRE_IDENTITE_VALIDE_JUSQU_AU,
			    FOLLOW_UP_DEMANDE_DEPOSITAIRE_IDENTITE_DELIVREE_LE,
			    FOLLOW_UP_DEMANDE_DEPOSITAIRE_IDENTITE_DEPOT, &suivi->papiers[1]);
	sqlite3_reset(stmt);
	return true;
}

void signaux_demande(struct root *root, const struct record_night *night, int64_t demande,
		     int64_t depot)
{
	struct suivi suivi;

	if (!load_suivi(root, demande, depot, &suivi))
		return;
	signal_iban(root, night, &suivi);
	signal_fichiers(root, night, &suivi);
	fill_echeances(root, &suivi);
}

/* --- others ----------------------------------------------------------------------------------- */

void signal_numero_dispute(struct root *root, const struct record_night *night, int64_t demande,
			   int64_t depot, const char *compte)
{
	struct demande live;

	if (demande_load(root, demande, &live))
		signal_record(
		    root, night,
		    &(struct signal){.demande = demande,
				     .rang = live.rang,
				     .depot = depot,
				     .code = ANO_SIG_NUMERO_DISPUTE,
				     .chemin = champ_table[CHAMP_REFERENCEMENT_NUMERO_ANS].chemin,
				     .valeur = live.numero_ans,
				     .detail = compte,
				     .cle = compte});
	demande_free(&live);
}

bool signal_fermeture(struct root *root, const struct record_night *night, enum statut statut,
		      int64_t *apres)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_CLOSURE_NEXT);
	struct signal signal = {.code = ANO_SIG_ETABLISSEMENT_FERME,
				.chemin = champ_table[CHAMP_DEMANDEUR_SIRET].chemin};
	char siret[15];

	bind_text(stmt, CLOSURE_NEXT_P_STATUT, statut_code(statut));
	bind_int(stmt, CLOSURE_NEXT_P_AFTER, *apres);
	if (!store_step(root->store, stmt))
		return false;
	snprintf(siret, sizeof(siret), "%s", column_text(stmt, CLOSURE_NEXT_SIRET));
	*apres = signal.demande = column_int(stmt, CLOSURE_NEXT_ID);
	signal.rang = column_int(stmt, CLOSURE_NEXT_RANG);
	signal.depot = column_int(stmt, CLOSURE_NEXT_DEPOT);
	signal.valeur = signal.cle = siret;
	sqlite3_reset(stmt);
	signal_record(root, night, &signal);
	return true;
}
