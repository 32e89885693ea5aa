#include "demande.h"

#include "lib/mem.h"

#include <stdlib.h>
#include <string.h>

static void load_types(struct root *root, enum sql_id sql, int64_t id,
		       bool types[static PIECE_TYPE_COUNT])
{
	sqlite3_stmt *stmt = store_stmt(root->store, sql);

	bind_int(stmt, 1, id);
	while (store_step(root->store, stmt)) {
		enum piece_type type = piece_type_from(column_text(stmt, 0));

		if (type != PIECE_TYPE_INCONNU)
			types[type] = true;
	}
}

bool demande_load(struct root *root, int64_t id, struct demande *demande)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_DEMANDE_GET);
	bool asked = false;

	*demande = (struct demande){0};
	bind_int(stmt, 1, id);
	if (!store_step(root->store, stmt))
		return false;
	demande->id = id;
	demande->rang = column_int(stmt, 1);
	demande->statut = statut_from(column_text(stmt, 2));
	demande->type =
	    strcmp(column_text(stmt, 3), "initial") == 0 ? DEPOT_INITIAL : DEPOT_COMPLEMENTAIRE;
	demande->faits.anticipe = column_int(stmt, 4) != 0;
	demande->faits.certificats = column_int(stmt, 5) != 0;
	demande->siret = mem_strdup(column_text(stmt, 6));
	demande->siren = mem_strdup(column_text(stmt, 7));
	demande->numero_ans = mem_strdup(column_text(stmt, 8));
	demande->contact = mem_strdup(column_text(stmt, 9));
	demande->contact_nom = mem_strdup(column_text(stmt, 10));
	demande->titulaire = mem_strdup(column_text(stmt, 11));
	demande->faits.modification_demandee = column_int(stmt, 12) != 0;
	demande->dsr = mem_strdup(column_text(stmt, 14));
	demande->compte = mem_strdup(column_text(stmt, 16));
	sqlite3_reset(stmt);
	load_types(root, SQL_DEMANDE_PIECES_DEMANDEES, id, demande->demandees);
	load_types(root, SQL_DEMANDE_PIECES_HELD, id, demande->tenues);
	for (unsigned i = 0; i < PIECE_TYPE_COUNT; i++)
		asked = asked || demande->demandees[i];
	demande->faits.pieces_demandees = asked;
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

static void fill(struct dossier *dossier, enum champ champ, const char *text)
{
	struct valeur *valeur = &dossier->champs[champ];

	if (text[0] == '\0' || valeur->texte != NULL)
		return;
	valeur->texte = mem_strdup(text);
	valeur->valide = true;
}

void demande_load_dossier(struct root *root, const struct demande *demande,
			  const bool wanted[static CHAMP_COUNT], struct dossier *dossier)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_DOSSIER_GET);

	if (wanted[CHAMP_DEMANDEUR_SIRET])
		fill(dossier, CHAMP_DEMANDEUR_SIRET, demande->siret);
	if (wanted[CHAMP_REFERENCEMENT_NUMERO_ANS])
		fill(dossier, CHAMP_REFERENCEMENT_NUMERO_ANS, demande->numero_ans);
	bind_int(stmt, 1, demande->id);
	bind_int(stmt, 2, demande->rang);
	if (!store_step(root->store, stmt))
		return;
	for (int i = 0; i < DOSSIER_COLUMNS; i++)
		if (wanted[dossier_columns[i]])
			fill(dossier, dossier_columns[i], column_text(stmt, i));
	sqlite3_reset(stmt);
}
