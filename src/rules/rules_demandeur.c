/* Step 2, demandeur (guide p. 12 and 13): what INSEE's register says about the establishment. */
#include "lib/mem.h"
#include "lib/siret.h"
#include "rules/rules_private.h"

#include <string.h>

/* Each false when INSEE's files were not asked yet: a row says so of an enterprise that they lack.
 */
static bool look_up_establishment(struct root *root, struct faits *faits, char *etat)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_ETABLISSEMENT_GET);

	bind_text(stmt, ETABLISSEMENT_GET_P_SIRET, faits->siret);
	if (!store_step(root->store, stmt))
		return false;
	*etat = column_text(stmt, ETABLISSEMENT_GET_ETAT)[0];
	faits->numero = mem_strdup(column_text(stmt, ETABLISSEMENT_GET_NUMERO));
	faits->extension = mem_strdup(column_text(stmt, ETABLISSEMENT_GET_EXTENSION));
	faits->type_voie = mem_strdup(column_text(stmt, ETABLISSEMENT_GET_TYPE_VOIE));
	faits->nom_voie = mem_strdup(column_text(stmt, ETABLISSEMENT_GET_NOM_VOIE));
	faits->complement = mem_strdup(column_text(stmt, ETABLISSEMENT_GET_COMPLEMENT));
	faits->code_postal = mem_strdup(column_text(stmt, ETABLISSEMENT_GET_CODE_POSTAL));
	faits->commune = mem_strdup(column_text(stmt, ETABLISSEMENT_GET_COMMUNE));
	return true;
}

static bool look_up_enterprise(struct root *root, struct faits *faits, char *etat)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_UNITE_LEGALE_GET);
	char siren[10] = "";

	memcpy(siren, faits->siret, sizeof(siren) - 1);
	bind_text(stmt, UNITE_LEGALE_GET_P_SIREN, siren);
	if (!store_step(root->store, stmt))
		return false;
	*etat = column_text(stmt, UNITE_LEGALE_GET_ETAT)[0];
	faits->denomination = mem_strdup(column_text(stmt, UNITE_LEGALE_GET_DENOMINATION));
	return true;
}

/* What an initial enrolment left out of the address is the register's (INTERFACE, 2). */
static void complete_address(struct dossier *dossier, const struct faits *faits)
{
	const struct {
		enum champ champ;
		const char *texte;
	} known[] = {{CHAMP_DEMANDEUR_ADRESSE_NUMERO, faits->numero},
		     {CHAMP_DEMANDEUR_ADRESSE_NOM_VOIE, faits->nom_voie},
		     {CHAMP_DEMANDEUR_ADRESSE_CODE_POSTAL, faits->code_postal}};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		struct valeur *valeur = &dossier->champs[known[i].champ];

		if (valeur->texte != NULL || !insee_is_published(known[i].texte))
			continue;
		*valeur = (struct valeur){.texte = mem_strdup(known[i].texte), .valide = true};
	}
}

void rules_demandeur(struct root *root, struct constat *constat, struct faits *faits)
{
	char etat_etablissement = '\0', etat_unite = '\0';
	enum anomalie_code code;

	if (faits->siret[0] == '\0')
		return;
	if (!look_up_establishment(root, faits, &etat_etablissement) ||
	    !look_up_enterprise(root, faits, &etat_unite)) {
		faits->incident = "une ligne du répertoire des entreprises est illisible";
		return;
	}
	faits->etablissement_connu = etat_etablissement != '\0' && etat_unite != '\0';
	if (faits->enrolement == DEPOT_INITIAL)
		complete_address(&faits->dossier, faits);
	/* An establishment that closes later is a signal to case managers (signaux.c). */
	if (faits->demande.id != 0 ||
	    (faits->etablissement_connu && etat_etablissement == 'A' && etat_unite == 'A'))
		return;
	code = faits->etablissement_connu ? ANO_SIR_FERME : ANO_SIR_INCONNU;
	dossier_anomalie(&faits->dossier, &constat->anomalies, code, CHAMP_DEMANDEUR_SIRET, NULL,
			 NULL);
}
