/* Step 1, référencement (guide p. 9 to 11): what the ANS register says about the number. */
#include "lib/mem.h"
#include "lib/text.h"
#include "rules/rules_private.h"

#include <stdlib.h>
#include <string.h>

/* Fills what the register says of the number; its state, or NULL when it is not there. */
static const char *look_up(struct root *root, const char *numero, struct faits *faits)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_REFERENCEMENT_GET);

	bind_text(stmt, REFERENCEMENT_GET_P_NUMERO_ANS, numero);
	if (!store_step(root->store, stmt))
		return NULL;
	faits->logiciel = mem_strdup(column_text(stmt, REFERENCEMENT_GET_LOGICIEL));
	faits->version = mem_strdup(column_text(stmt, REFERENCEMENT_GET_VERSION));
	faits->dsr = mem_strdup(column_text(stmt, REFERENCEMENT_GET_DSR));
	faits->profil = mem_strdup(column_text(stmt, REFERENCEMENT_GET_PROFIL));
	faits->siren_editeur = mem_strdup(column_text(stmt, REFERENCEMENT_GET_SIREN_EDITEUR));
	return column_text(stmt, REFERENCEMENT_GET_ETAT);
}

static void of_enrolment(struct constat *constat, const char *etat, struct faits *faits)
{
	const enum champ key = CHAMP_REFERENCEMENT_NUMERO_ANS;

	if (etat == NULL) {
		dossier_anomalie(&faits->dossier, &constat->anomalies, ANO_ANS_INCONNU, key, NULL,
				 NULL);
		return;
	}
	faits->referencement_valide = strcmp(etat, "valide") == 0;
	faits->reference_connue = strcmp(etat, "retire") != 0;
	/* no document is expected of a retired number */
	if (!faits->reference_connue)
		dossier_anomalie(&faits->dossier, &constat->anomalies, ANO_ANS_RETIRE, key, NULL,
				 NULL);
}

/* The request was accepted with its number: which documents it holds is the request's own history,
 * whatever the register has become, a renamed DSR included: its mails have said which. Only the
 * finalisation asks again how the referencing stands (guide p. 42). */
static void of_request(struct constat *constat, const char *etat, struct faits *faits)
{
	const struct demande *demande = &faits->demande;
	bool finalisation = faits->dossier.type == DEPOT_FINALISATION;

	faits->reference_connue = true;
	faits->referencement_valide = finalisation || demande->faits.certificats;
	free(faits->dsr);
	faits->dsr = mem_strdup(demande->dsr);
	if (!finalisation || (etat != NULL && strcmp(etat, "valide") == 0))
		return;
	if (etat != NULL && strcmp(etat, "retire") == 0)
		anomalies_add_at(
		    &constat->anomalies, ANO_ANS_RETIRE, champ_table[CHAMP_DEMANDE].chemin,
		    faits->dossier.champs[CHAMP_DEMANDE].ligne,
		    faits->dossier.champs[CHAMP_DEMANDE].colonne, demande->numero_ans, NULL, NULL);
	else
		dossier_anomalie(&faits->dossier, &constat->anomalies,
				 ANO_CYC_FINALISATION_EN_COURS, CHAMP_DEMANDE, demande->numero_ans,
				 NULL);
}

void rules_referencement(struct root *root, struct constat *constat, struct faits *faits)
{
	bool sequel = faits->demande.id != 0;
	const char *numero = sequel ? faits->demande.numero_ans
				    : dossier_get(&faits->dossier, CHAMP_REFERENCEMENT_NUMERO_ANS);
	const char *etat;

	if (numero == NULL)
		return;
	etat = look_up(root, numero, faits);
	if (sequel)
		of_request(constat, etat, faits);
	else
		of_enrolment(constat, etat, faits);
	faits->sons_dpi = faits->dsr != NULL && text_equal_folded(faits->dsr, DSR_SONS_DPI);
}
