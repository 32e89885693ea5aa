#include "rules/rules_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The account's right to the SIREN: the captcha's job in the guide (p. 12). */
void rules_acces(struct root *root, struct constat *constat, struct faits *faits)
{
	const struct dossier *dossier = &faits->dossier;
	const char *siret = dossier_get(dossier, CHAMP_DEMANDEUR_SIRET);

	if (store_get_int(root->store, SQL_ACCES_COMPTE, faits->compte, 0) == 0) {
		anomalies_add(&constat->anomalies, ANO_ACC_COMPTE_INCONNU, "archive", NULL,
			      faits->compte, NULL);
		return;
	}
	/* Of what names a request, the request says for whom it is. */
	if (siret == NULL || dossier_get(dossier, CHAMP_DEMANDE) != NULL)
		return;
	snprintf(faits->siret, sizeof(faits->siret), "%s", siret);
	snprintf(faits->siren, sizeof(faits->siren), "%.9s", siret);
	faits->acces = store_has(root->store, SQL_ACCES_GET, ACCES_GET_P_COMPTE, faits->compte,
				 ACCES_GET_P_SIREN, faits->siren);
	if (!faits->acces)
		dossier_anomalie(dossier, &constat->anomalies, ANO_ACC_SIREN, CHAMP_DEMANDEUR_SIRET,
				 faits->compte, faits->siren);
}

/* A first deposit: initial or complémentaire. */
static void judge_enrolment(struct root *root, struct constat *constat, struct faits *faits)
{
	faits->evenement = EVENEMENT_DEPOT;
	faits->enrolement = faits->dossier.type;
	rules_referencement(root, constat, faits);
	faits->transition =
	    statut_transition(STATUT_AUCUN, EVENEMENT_DEPOT,
			      &(struct statut_faits){.anticipe = !faits->referencement_valide,
						     .certificats = faits->referencement_valide});
	rules_demandeur(root, constat, faits);
	rules_titulaire(root, &faits->dossier, faits);
	rules_banque(root, constat, faits);
	/* What other requests exist is told to those who may act for the supplier only. */
	if (faits->acces)
		rules_cycle(root, constat, faits);
	rules_pieces(constat, faits);
}

/* What follows it, on the request that the drop names. */
static void judge_sequel(struct root *root, struct constat *constat, struct faits *faits)
{
	if (!rules_demande(root, constat, faits))
		return;
	rules_referencement(root, constat, faits);
	switch (faits->dossier.type) {
	case DEPOT_PIECES:
		rules_titulaire_garde(faits);
		rules_pieces_demandees(constat, faits);
		break;
	case DEPOT_FINALISATION:
		rules_titulaire_garde(faits);
		rules_finalisation(constat, faits);
		break;
	default:
		if (!rules_modification(root, constat, faits))
			break;
		rules_demandeur(root, constat, faits);
		rules_titulaire(root, &faits->dossier, faits);
		rules_banque(root, constat, faits);
		rules_changements(root, constat, faits);
		rules_pieces(constat, faits);
		rules_pieces_anterieures(constat, faits);
		break;
	}
}

void rules_apply(struct root *root, struct constat *constat, struct faits *faits)
{
	const struct dossier *dossier = &constat->dossier;

	dossier_copy(dossier, &faits->dossier);
	rules_acces(root, constat, faits);
	/* What could not be read is not judged: the parser has said why. */
	if (constat->lisible && dossier->type != DEPOT_INCONNU) {
		if (dossier->type == DEPOT_INITIAL || dossier->type == DEPOT_COMPLEMENTAIRE)
			judge_enrolment(root, constat, faits);
		else
			judge_sequel(root, constat, faits);
	}
	anomalies_sort(&constat->anomalies);
}

void faits_free(struct faits *faits)
{
	char *texts[] = {
	    faits->logiciel,	  faits->version,	faits->dsr,	   faits->profil,
	    faits->siren_editeur, faits->denomination,	faits->numero,	   faits->extension,
	    faits->type_voie,	  faits->nom_voie,	faits->complement, faits->code_postal,
	    faits->commune,	  faits->domiciliation, faits->contact,	   faits->contact_nom};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		free(texts[i]);
	dossier_free(&faits->dossier);
	demande_free(&faits->demande);
	*faits = (struct faits){0};
}
