/*
 * Sequels (guide p. 35 to 43): the request that a drop names, whether the account may act for it,
 * and whether its status waits for such a drop.
 */
#include "model/numero.h"
#include "rules/rules_private.h"

#include <stdio.h>
#include <string.h>

static const enum evenement event_of_type[DEPOT_TYPE_COUNT] = {
    [DEPOT_PIECES] = EVENEMENT_DEPOT_PIECES,
    [DEPOT_MODIFICATION] = EVENEMENT_DEPOT_MODIFICATION,
    [DEPOT_FINALISATION] = EVENEMENT_FINALISATION,
};

/* Names the status that refuses, or the kind of drop that the request waits for. */
static void refuse_status(struct findings *findings, const struct facts *facts)
{
	const struct demande *demande = &facts->demande;
	enum depot_type type = facts->dossier.type;
	bool waits = demande->statut == STATUT_ATTENTE_PIECES && type != DEPOT_FINALISATION;

	if (waits)
		dossier_anomalie(
		    &facts->dossier, &findings->anomalies, ANO_CYC_AUTRE_ATTENTE, CHAMP_DEMANDE,
		    depot_type_label(type),
		    depot_type_label(type == DEPOT_PIECES ? DEPOT_MODIFICATION : DEPOT_PIECES));
	else
		dossier_anomalie(&facts->dossier, &findings->anomalies, ANO_CYC_STATUT,
				 CHAMP_DEMANDE, depot_type_label(type),
				 statut_libelle(demande->statut));
}

static void refuse_rank(struct findings *findings, const struct facts *facts)
{
	char numero[NUMERO_SIZE];

	demande_numero(facts->demande.id, facts->demande.rang, numero);
	dossier_anomalie(&facts->dossier, &findings->anomalies, ANO_CYC_RANG_INCONNU, CHAMP_DEMANDE,
			 numero, NULL);
}

bool rules_demande(struct root *root, struct findings *findings, struct facts *facts)
{
	const char *numero = dossier_get(&facts->dossier, CHAMP_DEMANDE);
	struct demande *demande = &facts->demande;
	enum named named;

	if (numero == NULL)
		return false;
	named = demande_named(root, numero, demande);
	/* A missing request and somebody else's get one answer, since numbers can be guessed. */
	if (named == NAMED_NOTHING ||
	    !store_has(root->store, SQL_ACCES_GET, ACCES_GET_P_COMPTE, facts->compte,
		       ACCES_GET_P_SIREN, demande->siren)) {
		demande_free(demande);
		dossier_anomalie(&facts->dossier, &findings->anomalies, ANO_CYC_DEMANDE_INCONNUE,
				 CHAMP_DEMANDE, NULL, NULL);
		return false;
	}
	if (named == NAMED_NEVER)
		refuse_rank(findings, facts);
	facts->acces = true;
	facts->enrolement = demande->type;
	facts->evenement = event_of_type[facts->dossier.type];
	snprintf(facts->siret, sizeof(facts->siret), "%s", demande->siret);
	snprintf(facts->siren, sizeof(facts->siren), "%s", demande->siren);
	facts->transition = statut_transition(demande->statut, facts->evenement, &demande->facts);
	if (facts->transition == NULL)
		refuse_status(findings, facts);
	return true;
}
