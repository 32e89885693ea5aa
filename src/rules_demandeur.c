/* Step 2, demandeur (guide p. 12 and 13): what INSEE's register says about the establishment. */
#include "lib/mem.h"
#include "rules.h"

#include <stdio.h>
#include <string.h>

void rules_demandeur(struct root *root, struct constat *constat, struct faits *faits)
{
	const struct dossier *dossier = &constat->dossier;
	const char *siret = dossier_get(dossier, CHAMP_DEMANDEUR_SIRET);
	char etat_etablissement[2] = "", etat_unite[2] = "", siren[10];
	sqlite3_stmt *stmt;
	enum anomalie_code code;

	if (siret == NULL)
		return;
	stmt = store_stmt(root->store, SQL_ETABLISSEMENT_GET);
	bind_text(stmt, 1, siret);
	if (store_step(root->store, stmt)) {
		memcpy(etat_etablissement, column_text(stmt, 0), 1);
		faits->numero = mem_strdup(column_text(stmt, 1));
		faits->extension = mem_strdup(column_text(stmt, 2));
		faits->type_voie = mem_strdup(column_text(stmt, 3));
		faits->nom_voie = mem_strdup(column_text(stmt, 4));
		faits->complement = mem_strdup(column_text(stmt, 5));
		faits->code_postal = mem_strdup(column_text(stmt, 6));
		faits->commune = mem_strdup(column_text(stmt, 7));
	}
	stmt = store_stmt(root->store, SQL_UNITE_LEGALE_GET);
	snprintf(siren, sizeof(siren), "%.9s", siret);
	bind_text(stmt, 1, siren);
	if (store_step(root->store, stmt)) {
		memcpy(etat_unite, column_text(stmt, 0), 1);
		faits->denomination = mem_strdup(column_text(stmt, 1));
	}
	/* An enterprise that INSEE's files lack has a row that says so. */
	if (faits->numero == NULL || faits->denomination == NULL) {
		faits->incident = "une ligne du répertoire des entreprises est illisible";
		return;
	}
	faits->etablissement_connu = etat_etablissement[0] != '\0' && etat_unite[0] != '\0';
	if (faits->etablissement_connu && etat_etablissement[0] == 'A' && etat_unite[0] == 'A')
		return;
	code = faits->etablissement_connu ? ANO_SIR_FERME : ANO_SIR_INCONNU;
	dossier_anomalie(dossier, &constat->anomalies, code, CHAMP_DEMANDEUR_SIRET, NULL, NULL);
}
