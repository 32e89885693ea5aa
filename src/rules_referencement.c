/* Step 1, référencement (guide p. 9 to 11): what the ANS register says about the number. */
#include "lib/mem.h"
#include "lib/text.h"
#include "rules.h"

#include <string.h>

void rules_referencement(struct root *root, struct constat *constat, struct faits *faits)
{
	const struct dossier *dossier = &constat->dossier;
	const char *numero = dossier_get(dossier, CHAMP_REFERENCEMENT_NUMERO_ANS);
	sqlite3_stmt *stmt;
	const char *etat;

	if (numero == NULL)
		return;
	stmt = store_stmt(root->store, SQL_REFERENCEMENT_GET);
	bind_text(stmt, 1, numero);
	if (!store_step(root->store, stmt)) {
		dossier_anomalie(dossier, &constat->anomalies, ANO_ANS_INCONNU,
				 CHAMP_REFERENCEMENT_NUMERO_ANS, NULL, NULL);
		return;
	}
	faits->reference_connue = true;
	faits->logiciel = mem_strdup(column_text(stmt, 0));
	faits->version = mem_strdup(column_text(stmt, 1));
	faits->dsr = mem_strdup(column_text(stmt, 2));
	faits->profil = mem_strdup(column_text(stmt, 3));
	faits->siren_editeur = mem_strdup(column_text(stmt, 4));
	etat = column_text(stmt, 5);
	faits->referencement_valide = strcmp(etat, "valide") == 0;
	faits->sons_dpi = text_equal_folded(faits->dsr, DSR_SONS_DPI);
	if (strcmp(etat, "retire") == 0) {
		dossier_anomalie(dossier, &constat->anomalies, ANO_ANS_RETIRE,
				 CHAMP_REFERENCEMENT_NUMERO_ANS, NULL, NULL);
		faits->reference_connue = false; /* no document is expected of a retired number */
	}
}
