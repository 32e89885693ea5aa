/* Step 2, demandeur (guide p. 12 and 13): what INSEE's register says about the establishment. */
#include "lib/array.h"
#include "lib/mem.h"
#include "lib/siret.h"
#include "rules/rules_private.h"

#include <string.h>

/* Each is false when there is no row: INSEE's record could not be read. An enterprise that INSEE's
 * files lack has a row without a state. */
static bool look_up_establishment(struct root *root, const char *siret, struct establishment *place,
				  char *etat)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_ETABLISSEMENT_GET);

	bind_text(stmt, ETABLISSEMENT_GET_P_SIRET, siret);
	if (!store_step(root->store, stmt))
		return false;
	*etat = column_text(stmt, ETABLISSEMENT_GET_ETAT)[0];
	place->numero = mem_strdup(column_text(stmt, ETABLISSEMENT_GET_NUMERO));
	place->extension = mem_strdup(column_text(stmt, ETABLISSEMENT_GET_EXTENSION));
	place->type_voie = mem_strdup(column_text(stmt, ETABLISSEMENT_GET_TYPE_VOIE));
	place->nom_voie = mem_strdup(column_text(stmt, ETABLISSEMENT_GET_NOM_VOIE));
	place->complement = mem_strdup(column_text(stmt, ETABLISSEMENT_GET_COMPLEMENT));
	place->code_postal = mem_strdup(column_text(stmt, ETABLISSEMENT_GET_CODE_POSTAL));
	place->commune = mem_strdup(column_text(stmt, ETABLISSEMENT_GET_COMMUNE));
	return true;
}

static bool look_up_enterprise(struct root *root, const char *siret, struct establishment *place,
			       char *etat)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_UNITE_LEGALE_GET);
	char siren[SIREN_SIZE] = "";

	memcpy(siren, siret, sizeof(siren) - 1);
	bind_text(stmt, UNITE_LEGALE_GET_P_SIREN, siren);
	if (!store_step(root->store, stmt))
		return false;
	*etat = column_text(stmt, UNITE_LEGALE_GET_ETAT)[0];
	place->denomination = mem_strdup(column_text(stmt, UNITE_LEGALE_GET_DENOMINATION));
	place->entrepreneur = mem_strdup(column_text(stmt, UNITE_LEGALE_GET_ENTREPRENEUR));
	return true;
}

/* The register completes the address of an initial enrolment (INTERFACE, 2). */
static void complete_address(struct dossier *dossier, const struct establishment *place,
			     struct anomalies *anomalies)
{
	const struct {
		enum champ champ;
		const char *text;
	} known[] = {{CHAMP_DEMANDEUR_ADRESSE_NUMERO, place->numero},
		     {CHAMP_DEMANDEUR_ADRESSE_NOM_VOIE, place->nom_voie},
		     {CHAMP_DEMANDEUR_ADRESSE_CODE_POSTAL, place->code_postal}};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		struct valeur *valeur = &dossier->champs[known[i].champ];

		if (valeur->text != NULL)
			continue;
		if (!insee_is_published(known[i].text)) {
			/* A number may be missing from an address, not its way nor its code. */
			if (known[i].text[0] != '\0' &&
			    known[i].champ != CHAMP_DEMANDEUR_ADRESSE_NUMERO)
				dossier_anomalie(dossier, anomalies, ANO_DEM_ADRESSE_MASQUEE,
						 known[i].champ, NULL, NULL);
			continue;
		}
		*valeur = (struct valeur){.text = mem_strdup(known[i].text), .valid = true};
	}
}

void rules_demandeur(struct root *root, struct findings *findings, struct facts *facts)
{
	struct establishment *place = &facts->establishment;
	char etat_etablissement = '\0', etat_unite = '\0';
	enum anomalie_code code;

	if (facts->siret[0] == '\0')
		return;
	if (!look_up_establishment(root, facts->siret, place, &etat_etablissement) ||
	    !look_up_enterprise(root, facts->siret, place, &etat_unite)) {
		place->incident = "une ligne du répertoire des entreprises est illisible";
		return;
	}
	place->known = etat_etablissement != '\0' && etat_unite != '\0';
	if (facts->enrolement == DEPOT_INITIAL)
		complete_address(&facts->dossier, place, &findings->anomalies);
	/* An establishment that closes later is a signal to case managers (signals.c). */
	if (facts->demande.id != 0 ||
	    (place->known && etat_etablissement == 'A' && etat_unite == 'A'))
		return;
	code = place->known ? ANO_SIR_FERME : ANO_SIR_INCONNU;
	dossier_anomalie(&facts->dossier, &findings->anomalies, code, CHAMP_DEMANDEUR_SIRET, NULL,
			 NULL);
}
