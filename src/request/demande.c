#include "request/demande.h"

#include "lib/mem.h"
#include "model/numero.h"

#include <stdlib.h>
#include <string.h>

static void load_types(struct root *root, enum sql_id sql, int64_t id,
		       bool types[static PIECE_TYPE_COUNT])
{
	sqlite3_stmt *stmt = store_stmt(root->store, sql);

	bind_int(stmt, parameter(stmt, ":demande"), id);
	while (store_step(root->store, stmt)) {
		enum piece_type type = piece_type_from(column_text(stmt, PIECE_TYPE));

		if (type != PIECE_TYPE_UNKNOWN)
			types[type] = true;
	}
}

bool demande_load(struct root *root, int64_t id, struct demande *demande)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_DEMANDE_GET);

	*demande = (struct demande){0};
	bind_int(stmt, DEMANDE_GET_P_ID, id);
	if (!store_step(root->store, stmt))
		return false;
	demande->id = id;
	demande->rang = column_int(stmt, DEMANDE_GET_RANG);
	demande->statut = statut_from(column_text(stmt, DEMANDE_GET_STATUT));
	demande->type = strcmp(column_text(stmt, DEMANDE_GET_TYPE), "initial") == 0
			    ? DEPOT_INITIAL
			    : DEPOT_COMPLEMENTAIRE;
	demande->facts.anticipe = column_int(stmt, DEMANDE_GET_ANTICIPE) != 0;
	demande->facts.certificats = column_int(stmt, DEMANDE_GET_CERTIFICATS) != 0;
	demande->siret = mem_strdup(column_text(stmt, DEMANDE_GET_SIRET));
	demande->siren = mem_strdup(column_text(stmt, DEMANDE_GET_SIREN));
	demande->numero_ans = mem_strdup(column_text(stmt, DEMANDE_GET_NUMERO_ANS));
	demande->contact = mem_strdup(column_text(stmt, DEMANDE_GET_CONTACT));
	demande->contact_nom = mem_strdup(column_text(stmt, DEMANDE_GET_CONTACT_NOM));
	demande->titulaire = mem_strdup(column_text(stmt, DEMANDE_GET_TITULAIRE));
	demande->facts.modification_demandee =
	    column_int(stmt, DEMANDE_GET_MODIFICATION_DEMANDEE) != 0;
	demande->dsr = mem_strdup(column_text(stmt, DEMANDE_GET_DSR));
	demande->compte = mem_strdup(column_text(stmt, DEMANDE_GET_COMPTE));
	sqlite3_reset(stmt);
	load_types(root, SQL_DEMANDE_PIECES_DEMANDEES, id, demande->asked);
	load_types(root, SQL_DEMANDE_PIECES_HELD, id, demande->held);
	demande->facts.pieces_demandees = piece_types_any(demande->asked);
	return true;
}

void demande_free(struct demande *demande)
{
	free(demande->siret);
	free(demande->siren);
	free(demande->numero_ans);
	free(demande->dsr);
	free(demande->compte);
	free(demande->contact);
	free(demande->contact_nom);
	free(demande->titulaire);
	*demande = (struct demande){0};
}

enum named demande_named(struct root *root, const char *numero, struct demande *demande)
{
	int64_t rank = demande_numero_rank(numero);

	if (!demande_load(root, demande_numero_parse(numero), demande))
		return NAMED_NOTHING;
	if (rank < 0 || rank == demande->rang)
		return NAMED_NOW;
	return rank < demande->rang ? NAMED_BEFORE : NAMED_NEVER;
}

static void fill_champ(struct dossier *dossier, enum champ champ, const char *text)
{
	struct valeur *valeur = &dossier->champs[champ];

	if (text[0] == '\0' || valeur->text != NULL)
		return;
	valeur->text = mem_strdup(text);
	valeur->valid = true;
}

void demande_load_dossier(struct root *root, const struct demande *demande,
			  const bool wanted[static CHAMP_COUNT], struct dossier *dossier)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_DOSSIER_GET);

	if (wanted[CHAMP_DEMANDEUR_SIRET])
		fill_champ(dossier, CHAMP_DEMANDEUR_SIRET, demande->siret);
	if (wanted[CHAMP_REFERENCEMENT_NUMERO_ANS])
		fill_champ(dossier, CHAMP_REFERENCEMENT_NUMERO_ANS, demande->numero_ans);
	bind_int(stmt, DOSSIER_GET_P_DEMANDE, demande->id);
	bind_int(stmt, DOSSIER_GET_P_RANG, demande->rang);
	if (!store_step(root->store, stmt))
		return;
	for (size_t i = 0; i < DOSSIER_COLUMNS; i++)
		if (wanted[dossier_columns[i].champ])
			fill_champ(dossier, dossier_columns[i].champ,
				   column_text(stmt, dossier_columns[i].column));
	sqlite3_reset(stmt);
}
