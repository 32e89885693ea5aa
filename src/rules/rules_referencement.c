/* Step 1, référencement (guide p. 9 to 11): what the ANS register says about the number. */
#include "lib/mem.h"
#include "lib/text.h"
#include "rules/rules_private.h"

#include <stdlib.h>
#include <string.h>

/* Fills what the register says of the number; returns its state, NULL when it lacks the number. */
static const char *look_up(struct root *root, const char *numero, struct referencing *ans)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_REFERENCEMENT_GET);

	bind_text(stmt, REFERENCEMENT_GET_P_NUMERO_ANS, numero);
	if (!store_step(root->store, stmt))
		return NULL;
	ans->logiciel = mem_strdup(column_text(stmt, REFERENCEMENT_GET_LOGICIEL));
	ans->version = mem_strdup(column_text(stmt, REFERENCEMENT_GET_VERSION));
	ans->dsr = mem_strdup(column_text(stmt, REFERENCEMENT_GET_DSR));
	ans->profil = mem_strdup(column_text(stmt, REFERENCEMENT_GET_PROFIL));
	ans->siren_editeur = mem_strdup(column_text(stmt, REFERENCEMENT_GET_SIREN_EDITEUR));
	return column_text(stmt, REFERENCEMENT_GET_ETAT);
}

/* A number that the register lacks, or has in other capitals: which ones count. */
static void tell_unknown(struct root *root, struct findings *findings,
			 const struct dossier *dossier)
{
	const enum champ key = CHAMP_REFERENCEMENT_NUMERO_ANS;
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_REFERENCEMENT_NEAR);
	const char *near;
	char *advice, *remedy;

	bind_text(stmt, REFERENCEMENT_NEAR_P_NUMERO_ANS, dossier_get(dossier, key));
	if (!store_step(root->store, stmt)) {
		dossier_anomalie(dossier, &findings->anomalies, ANO_ANS_INCONNU, key, NULL,
				 "Vérifiez-le ; s'il est exact, contactez l'assistance");
		return;
	}
	near = column_text(stmt, REFERENCEMENT_NEAR_NUMERO_ANS);
	advice =
	    mem_printf(" Le registre connaît « %s » : majuscules et minuscules comptent.", near);
	remedy = mem_printf("Si c'est le vôtre, écrivez « numero_ans: %s »", near);
	sqlite3_reset(stmt);
	dossier_anomalie(dossier, &findings->anomalies, ANO_ANS_INCONNU, key, advice, remedy);
	free(advice);
	free(remedy);
}

static void of_enrolment(struct root *root, struct findings *findings, const char *etat,
			 struct facts *facts)
{
	const enum champ key = CHAMP_REFERENCEMENT_NUMERO_ANS;

	if (etat == NULL) {
		tell_unknown(root, findings, &facts->dossier);
		return;
	}
	facts->referencing.valid = strcmp(etat, "valide") == 0;
	facts->referencing.known = strcmp(etat, "retire") != 0;
	/* No document is expected of a retired number. */
	if (!facts->referencing.known)
		dossier_anomalie(&facts->dossier, &findings->anomalies, ANO_ANS_RETIRE, key, NULL,
				 NULL);
}

/* Tells what has become of the referencing since the deposit. A retired number can no longer be
 * finalised; other sequels are the case manager's to judge, who may reject the request. */
static void compare_register(struct findings *findings, const char *etat, const struct facts *facts)
{
	const struct dossier *dossier = &facts->dossier;
	const struct demande *demande = &facts->demande;
	bool finalisation = dossier->type == DEPOT_FINALISATION;
	bool retired = etat != NULL && strcmp(etat, "retire") == 0;
	bool valid = etat != NULL && strcmp(etat, "valide") == 0;

	if (etat != NULL && !text_equal_folded(facts->referencing.dsr, demande->dsr))
		dossier_anomalie(dossier, &findings->anomalies, ANO_CYC_DSR_CHANGE, CHAMP_DEMANDE,
				 facts->referencing.dsr, demande->dsr);
	if (retired && finalisation)
		anomalies_add_at(
		    &findings->anomalies, ANO_ANS_RETIRE, champ_table[CHAMP_DEMANDE].chemin,
		    dossier->champs[CHAMP_DEMANDE].ligne, dossier->champs[CHAMP_DEMANDE].colonne,
		    demande->numero_ans, NULL, NULL);
	else if (retired)
		dossier_anomalie(dossier, &findings->anomalies, ANO_CYC_NUMERO_RETIRE,
				 CHAMP_DEMANDE, demande->numero_ans, NULL);
	else if (finalisation && !valid)
		dossier_anomalie(dossier, &findings->anomalies, ANO_CYC_FINALISATION_EN_COURS,
				 CHAMP_DEMANDE, demande->numero_ans, NULL);
}

/* The request was accepted with its number, and its mails have said which documents it needs. So
 * the request's own history counts, whatever the register has become, a renamed DSR included. Only
 * the finalisation asks again how the referencing stands (guide p. 42). */
static void of_request(struct findings *findings, const char *etat, struct facts *facts)
{
	struct referencing *ans = &facts->referencing;
	const struct demande *demande = &facts->demande;

	compare_register(findings, etat, facts);
	ans->known = true;
	ans->valid = facts->dossier.type == DEPOT_FINALISATION || demande->facts.certificats;
	free(ans->dsr);
	ans->dsr = mem_strdup(demande->dsr);
}

void rules_referencement(struct root *root, struct findings *findings, struct facts *facts)
{
	struct referencing *ans = &facts->referencing;
	bool sequel = facts->demande.id != 0;
	const char *numero = sequel ? facts->demande.numero_ans
				    : dossier_get(&facts->dossier, CHAMP_REFERENCEMENT_NUMERO_ANS);
	const char *etat;

	if (numero == NULL)
		return;
	etat = look_up(root, numero, ans);
	if (sequel)
		of_request(findings, etat, facts);
	else
		of_enrolment(root, findings, etat, facts);
	ans->sons_dpi = ans->dsr != NULL && text_equal_folded(ans->dsr, DSR_SONS_DPI);
}
