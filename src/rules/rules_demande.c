/*
 * What follows a first deposit (guide p. 35 to 43): the request that a drop names, whether the
 * account may act for it, and whether its status waits for such a drop.
 */
#include "model/numero.h"
#include "rules/rules_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const enum evenement events[DEPOT_TYPE_COUNT] = {
    [DEPOT_PIECES] = EVENEMENT_DEPOT_PIECES,
    [DEPOT_MODIFICATION] = EVENEMENT_DEPOT_MODIFICATION,
    [DEPOT_FINALISATION] = EVENEMENT_FINALISATION,
};

/* The status that refuses, by its label; of a request that waits for the other kind, which. */
static void refuse(struct constat *constat, const struct faits *faits)
{
	const struct demande *demande = &faits->demande;
	enum depot_type type = faits->dossier.type;
	bool waits = demande->statut == STATUT_ATTENTE_PIECES && type != DEPOT_FINALISATION;

	if (waits)
		dossier_anomalie(
		    &faits->dossier, &constat->anomalies, ANO_CYC_AUTRE_ATTENTE, CHAMP_DEMANDE,
		    depot_type_name(type),
		    depot_type_name(type == DEPOT_PIECES ? DEPOT_MODIFICATION : DEPOT_PIECES));
	else
		dossier_anomalie(&faits->dossier, &constat->anomalies, ANO_CYC_STATUT,
				 CHAMP_DEMANDE, depot_type_name(type),
				 statut_libelle(demande->statut));
}

bool rules_demande(struct root *root, struct constat *constat, struct faits *faits)
{
	const char *numero = dossier_get(&faits->dossier, CHAMP_DEMANDE);
	struct demande *demande = &faits->demande;

	if (numero == NULL)
		return false;
	/* One answer for a request that is not there and for somebody else's: numbers can be
	 * guessed. */
	if (!demande_load(root, demande_numero_parse(numero), demande) ||
	    !store_has(root->store, SQL_ACCES_GET, ACCES_GET_P_COMPTE, faits->compte,
		       ACCES_GET_P_SIREN, demande->siren)) {
		demande_free(demande);
		dossier_anomalie(&faits->dossier, &constat->anomalies, ANO_CYC_DEMANDE_INCONNUE,
				 CHAMP_DEMANDE, NULL, NULL);
		return false;
	}
	faits->acces = true;
	faits->enrolement = demande->type;
	faits->evenement = events[faits->dossier.type];
	snprintf(faits->siret, sizeof(faits->siret), "%s", demande->siret);
	snprintf(faits->siren, sizeof(faits->siren), "%s", demande->siren);
	faits->transition = statut_transition(demande->statut, faits->evenement, &demande->faits);
	if (faits->transition == NULL)
		refuse(constat, faits);
	return faits->transition != NULL;
}
