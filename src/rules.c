#include "rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The account's right to the SIREN: the captcha's job in the guide (p. 12). */
void rules_acces(struct root *root, struct constat *constat, struct faits *faits)
{
	const struct dossier *dossier = &constat->dossier;
	const char *siret = dossier_get(dossier, CHAMP_DEMANDEUR_SIRET);
	sqlite3_stmt *stmt;

	if (store_get_int(root->store, SQL_ACCES_COMPTE, faits->compte, 0) == 0) {
		anomalies_add(&constat->anomalies, ANO_ACC_COMPTE_INCONNU, "archive", NULL,
			      faits->compte, NULL);
		return;
	}
	if (siret == NULL)
		return;
	snprintf(faits->siren, sizeof(faits->siren), "%.9s", siret);
	stmt = store_stmt(root->store, SQL_ACCES_GET);
	bind_text(stmt, 1, faits->compte);
	bind_text(stmt, 2, faits->siren);
	faits->acces = store_step(root->store, stmt);
	if (!faits->acces)
		dossier_anomalie(dossier, &constat->anomalies, ANO_ACC_SIREN, CHAMP_DEMANDEUR_SIRET,
				 faits->compte, faits->siren);
}

void rules_apply(struct root *root, struct constat *constat, struct faits *faits)
{
	struct dossier *dossier = &constat->dossier;

	rules_acces(root, constat, faits);
	/* What could not be read is not judged: the parser has said why. */
	if (!constat->lisible || dossier->type == DEPOT_INCONNU) {
		anomalies_sort(&constat->anomalies);
		return;
	}
	if (dossier->type == DEPOT_INITIAL) {
		rules_referencement(root, constat, faits);
		rules_demandeur(root, constat, faits);
		rules_banque(root, constat, faits);
		/* What other requests exist is told to those who may act for the supplier only. */
		if (faits->acces)
			rules_cycle(root, constat, faits);
		rules_pieces(constat, faits);
	}
	anomalies_sort(&constat->anomalies);
}

void faits_free(struct faits *faits)
{
	char *texts[] = {faits->logiciel, faits->version,	faits->dsr,
			 faits->profil,	  faits->siren_editeur, faits->denomination,
			 faits->numero,	  faits->extension,	faits->type_voie,
			 faits->nom_voie, faits->complement,	faits->code_postal,
			 faits->commune,  faits->domiciliation};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		free(texts[i]);
	*faits = (struct faits){0};
}
