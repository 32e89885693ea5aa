#include "lib/array.h"
#include "rules/rules_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The account's right to the SIREN: the captcha's job in the guide (p. 12). */
void rules_access(struct root *root, struct findings *findings, struct facts *facts)
{
	const struct dossier *dossier = &facts->dossier;
	const char *siret = dossier_get(dossier, CHAMP_DEMANDEUR_SIRET);

	if (store_get_int(root->store, SQL_ACCES_COMPTE, facts->compte, 0) == 0) {
		anomalies_add(&findings->anomalies, ANO_ACC_COMPTE_INCONNU, "archive", NULL,
			      facts->compte, NULL);
		return;
	}
	/* A drop that names a request acts for that request's SIREN (rules_demande). */
	if (siret == NULL || dossier_get(dossier, CHAMP_DEMANDE) != NULL)
		return;
	snprintf(facts->siret, sizeof(facts->siret), "%s", siret);
	snprintf(facts->siren, sizeof(facts->siren), "%.9s", siret);
	facts->acces = store_has(root->store, SQL_ACCES_GET, ACCES_GET_P_COMPTE, facts->compte,
				 ACCES_GET_P_SIREN, facts->siren);
	if (!facts->acces)
		dossier_anomalie(dossier, &findings->anomalies, ANO_ACC_SIREN,
				 CHAMP_DEMANDEUR_SIRET, facts->compte, facts->siren);
}

/* A first deposit: initial or complémentaire. */
static void judge_enrolment(struct root *root, struct findings *findings, struct facts *facts)
{
	facts->evenement = EVENEMENT_DEPOT;
	facts->enrolement = facts->dossier.type;
	rules_referencement(root, findings, facts);
	facts->transition =
	    statut_transition(STATUT_NONE, EVENEMENT_DEPOT,
			      &(struct statut_facts){.anticipe = !facts->referencing.valid,
						     .certificats = facts->referencing.valid});
	rules_demandeur(root, findings, facts);
	rules_titulaire(root, &facts->dossier, facts);
	rules_banque(root, findings, facts);
	/* Only an account that may act for the supplier learns which other requests exist. */
	if (facts->acces)
		rules_cycle(root, findings, facts);
	rules_pieces(findings, facts);
}

/* A sequel: a submission on the request that the drop names. */
static void judge_sequel(struct root *root, struct findings *findings, struct facts *facts)
{
	if (!rules_demande(root, findings, facts))
		return;
	rules_referencement(root, findings, facts);
	switch (facts->dossier.type) {
	case DEPOT_PIECES:
		rules_titulaire_kept(facts);
		/* Where no documents are awaited, none can be named as missing or as one too many. */
		if (facts->transition != NULL)
			rules_asked_pieces(findings, facts);
		break;
	case DEPOT_FINALISATION:
		rules_titulaire_kept(facts);
		rules_finalisation(findings, facts);
		break;
	default:
		if (!rules_modification(root, findings, facts))
			break;
		rules_demandeur(root, findings, facts);
		rules_titulaire(root, &facts->dossier, facts);
		rules_banque(root, findings, facts);
		rules_changes(root, findings, facts);
		rules_pieces(findings, facts);
		rules_earlier_pieces(findings, facts);
		break;
	}
}

void rules_apply(struct root *root, struct findings *findings, struct facts *facts)
{
	const struct dossier *dossier = &findings->dossier;

	dossier_copy(dossier, &facts->dossier);
	rules_access(root, findings, facts);
	/* A dossier that could not be read is not judged: the parser has said why. */
	if (findings->readable && dossier->type != DEPOT_UNKNOWN) {
		if (dossier->type == DEPOT_INITIAL || dossier->type == DEPOT_COMPLEMENTAIRE)
			judge_enrolment(root, findings, facts);
		else
			judge_sequel(root, findings, facts);
	}
	anomalies_sort(&findings->anomalies);
}

void facts_free(struct facts *facts)
{
	char *texts[] = {facts->referencing.logiciel,	   facts->referencing.version,
			 facts->referencing.dsr,	   facts->referencing.profil,
			 facts->referencing.siren_editeur, facts->establishment.denomination,
			 facts->establishment.numero,	   facts->establishment.extension,
			 facts->establishment.type_voie,   facts->establishment.nom_voie,
			 facts->establishment.complement,  facts->establishment.code_postal,
			 facts->establishment.commune,	   facts->holder.contact,
			 facts->holder.contact_nom,	   facts->bank.domiciliation,
			 facts->establishment.entrepreneur};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		free(texts[i]);
	dossier_free(&facts->dossier);
	demande_free(&facts->demande);
	*facts = (struct facts){0};
}
