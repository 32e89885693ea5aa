#include "signaux.h"

#include "demande.h"
#include "lib/date.h"
#include "lib/identite.h"
#include "lib/mem.h"
#include "numero.h"

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
	bind_int(stmt, 1, night->id);
	bind_text(stmt, 2, night->date);
	bind_int(stmt, 3, signal->demande);
	bind_text(stmt, 4, numero);
	bind_int(stmt, 5, signal->depot);
	bind_text(stmt, 6, entry->code);
	bind_text(stmt, 7, words.items[0].chemin);
	bind_text(stmt, 8, words.items[0].valeur);
	bind_text(stmt, 9, message);
	bind_int(stmt, 10, entry->page);
	bind_text(stmt, 11, signal->cle);
	store_run(root->store, stmt);
	free(message);
	anomalies_free(&words);
	return store_changes(root->store) > 0;
}

static bool known(struct root *root, int64_t demande, enum anomalie_code code, const char *cle)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_SIGNAL_KNOWN);
	bool found;

	bind_int(stmt, 1, demande);
	bind_text(stmt, 2, catalogue[code].code);
	bind_text(stmt, 3, cle);
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
	bind_text(stmt, 1, suivi->iban);
	bind_text(stmt, 2, suivi->siren);
	while (store_step(root->store, stmt)) {
		int64_t other = column_int(stmt, 0);
		char cle[40], numero[40];

		if (known(root, other, ANO_SIG_IBAN_PARTAGE, own))
			continue;
		base_number(other, cle);
		demande_numero(other, column_int(stmt, 1), numero);
		signal_record(root, night,
			      &(struct signal){.demande = suivi->demande,
					       .rang = suivi->rang,
					       .depot = suivi->depot,
					       .code = ANO_SIG_IBAN_PARTAGE,
					       .chemin = champ_table[CHAMP_BANQUE_IBAN].chemin,
					       .valeur = shown,
					       .detail = numero,
					       .detail2 = column_text(stmt, 2),
					       .cle = cle});
	}
}

/* One document of the drop: its cursor is `piece`, with the columns of follow_up_fichiers. */
static void signal_fichier(struct root *root, const struct record_night *night,
			   const struct suivi *suivi, sqlite3_stmt *piece)
{
	enum { TYPE, FICHIER, SHA256 };
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_SIGNAL_FICHIERS);
	char *chemin = mem_printf("archive/%s", column_text(piece, FICHIER));

	bind_text(stmt, 1, column_text(piece, SHA256));
	bind_int(stmt, 2, suivi->depot);
	bind_int(stmt, 3, suivi->demande);
	bind_text(stmt, 4, column_text(piece, TYPE));
	bind_text(stmt, 5, suivi->siren);
	while (store_step(root->store, stmt)) {
		int64_t other = column_int(stmt, 0);
		char base[40], numero[40], *cle;

		base_number(other, base);
		demande_numero(other, column_int(stmt, 1), numero);
		cle = mem_printf("%s %s", column_text(piece, SHA256), base);
		signal_record(root, night,
			      &(struct signal){.demande = suivi->demande,
					       .rang = suivi->rang,
					       .depot = suivi->depot,
					       .code = ANO_SIG_FICHIER_PARTAGE,
					       .chemin = chemin,
					       .valeur = column_text(piece, TYPE),
					       .detail = numero,
					       .detail2 = column_text(stmt, 2),
					       .cle = cle});
		free(cle);
	}
	free(chemin);
}

static void signal_fichiers(struct root *root, const struct record_night *night,
			    const struct suivi *suivi)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_FOLLOW_UP_FICHIERS);

	bind_int(stmt, 1, suivi->demande);
	bind_int(stmt, 2, suivi->depot);
	while (store_step(root->store, stmt))
		signal_fichier(root, night, suivi, stmt);
}

/* --- documents that run out ------------------------------------------------------------------- */

static void add_echeance(struct root *root, const struct suivi *suivi, const char *type,
			 const char *date, int64_t depot)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_ECHEANCE_INSERT);

	bind_int(stmt, 1, suivi->demande);
	bind_text(stmt, 2, type);
	bind_text(stmt, 3, date);
	bind_int(stmt, 4, depot);
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
	enum { TYPE, VALIDE_JUSQU_AU, DEPOT };
	sqlite3_stmt *stmt;

	store_run_int(root->store, SQL_ECHEANCES_CLEAR, suivi->demande);
	for (size_t i = 0; i < 2; i++)
		if (suivi->papiers[i].fin[0] != '\0')
			add_echeance(root, suivi, suivi->papiers[i].type, suivi->papiers[i].fin,
				     suivi->papiers[i].depot);
	stmt = store_stmt(root->store, SQL_FOLLOW_UP_PIECES);
	bind_int(stmt, 1, suivi->demande);
	while (store_step(root->store, stmt))
		if (watched(suivi, column_text(stmt, TYPE), column_int(stmt, DEPOT)))
			add_echeance(root, suivi, column_text(stmt, TYPE),
				     column_text(stmt, VALIDE_JUSQU_AU), column_int(stmt, DEPOT));
}

/* From four columns of follow_up_demande: nature, printed end, day of issue, drop. */
static void read_papier(sqlite3_stmt *stmt, int column, struct papier *papier)
{
	int32_t printed, issued;

	if (!date_parse(column_text(stmt, column + 1), &printed))
		return;
	if (date_parse(column_text(stmt, column + 2), &issued))
		printed = identite_last_day(column_text(stmt, column), printed, issued);
	date_format(printed, papier->fin);
	papier->depot = column_int(stmt, column + 3);
}

static bool load_suivi(struct root *root, int64_t demande, int64_t depot, struct suivi *suivi)
{
	enum { RANG, SIREN, IBAN, REPRESENTANT, DEPOSITAIRE = 7, TIERS = 11 };
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_FOLLOW_UP_DEMANDE);

	*suivi = (struct suivi){
	    .demande = demande,
	    .depot = depot,
	    .papiers = {{.type = piece_type_name(PIECE_IDENTITE_REPRESENTANT)},
			{.type = piece_type_name(PIECE_IDENTITE_DEPOSITAIRE)}},
	};
	bind_int(stmt, 1, demande);
	if (!store_step(root->store, stmt))
		return false;
	suivi->rang = column_int(stmt, RANG);
	snprintf(suivi->siren, sizeof(suivi->siren), "%s", column_text(stmt, SIREN));
	snprintf(suivi->iban, sizeof(suivi->iban), "%s", column_text(stmt, IBAN));
	read_papier(stmt, REPRESENTANT, &suivi->papiers[0]);
	/* A modification may have left the dépositaire behind. */
	if (column_int(stmt, TIERS) != 0)
		read_papier(stmt, DEPOSITAIRE, &suivi->papiers[1]);
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
	enum { ID, RANG, SIRET, DEPOT };
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_CLOSURE_NEXT);
	struct signal signal = {.code = ANO_SIG_ETABLISSEMENT_FERME,
				.chemin = champ_table[CHAMP_DEMANDEUR_SIRET].chemin};
	char siret[15];

	bind_text(stmt, 1, statut_code(statut));
	bind_int(stmt, 2, *apres);
	if (!store_step(root->store, stmt))
		return false;
	snprintf(siret, sizeof(siret), "%s", column_text(stmt, SIRET));
	*apres = signal.demande = column_int(stmt, ID);
	signal.rang = column_int(stmt, RANG);
	signal.depot = column_int(stmt, DEPOT);
	signal.valeur = signal.cle = siret;
	sqlite3_reset(stmt);
	signal_record(root, night, &signal);
	return true;
}
