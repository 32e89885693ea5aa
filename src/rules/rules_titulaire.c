/*
 * Who holds the account, and so gets the mails: the dépositaire when there is one, else the
 * représentant légal (guide p. 15 and 17). A complémentaire gives no person: they come from the
 * supplier's account (guide p. 31).
 */
#include "lib/mem.h"
#include "rules/rules_private.h"

#include <string.h>

static char *full_name(const struct dossier *dossier, enum champ prenom, enum champ nom)
{
	const char *first = dossier_get(dossier, prenom), *last = dossier_get(dossier, nom);

	return mem_printf("%s %s", first != NULL ? first : "", last != NULL ? last : "");
}

static void from_dossier(const struct dossier *dossier, bool depositaire, struct faits *faits)
{
	const char *email =
	    dossier_get(dossier, depositaire ? CHAMP_DEPOSITAIRE_EMAIL : CHAMP_REPRESENTANT_EMAIL);

	if (email == NULL)
		return;
	faits->contact = mem_strdup(email);
	faits->contact_nom =
	    depositaire ? full_name(dossier, CHAMP_DEPOSITAIRE_PRENOM, CHAMP_DEPOSITAIRE_NOM)
			: full_name(dossier, CHAMP_REPRESENTANT_PRENOM, CHAMP_REPRESENTANT_NOM);
}

/* The dépositaire says who he is by his e-mail; his name is that of an earlier request, if any. */
static void from_email(struct root *root, const char *email, struct faits *faits)
{
	sqlite3_stmt *stmt;

	if (email == NULL)
		return;
	stmt = store_stmt(root->store, SQL_CONTACT_NOM_GET);
	bind_text(stmt, CONTACT_NOM_GET_P_SIREN, faits->siren);
	bind_text(stmt, CONTACT_NOM_GET_P_EMAIL, email);
	faits->contact = mem_strdup(email);
	faits->contact_nom = mem_strdup(
	    store_step(root->store, stmt) ? column_text(stmt, CONTACT_NOM_GET_CONTACT_NOM) : "");
	faits->mandat_accepte = store_has(root->store, SQL_MANDAT_ACCEPTED, MANDAT_ACCEPTED_P_SIREN,
					  faits->siren, MANDAT_ACCEPTED_P_EMAIL, email);
}

static void from_account(struct root *root, struct faits *faits)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_TITULAIRE_OF_SIREN);

	bind_text(stmt, TITULAIRE_OF_SIREN_P_SIREN, faits->siren);
	bind_text(stmt, TITULAIRE_OF_SIREN_P_TITULAIRE, faits->titulaire);
	if (!store_step(root->store, stmt))
		return;
	faits->contact = mem_strdup(column_text(stmt, TITULAIRE_OF_SIREN_EMAIL));
	faits->contact_nom = mem_strdup(column_text(stmt, TITULAIRE_OF_SIREN_NOM));
}

/* The request's own holder, whom what follows does not change. */
void rules_titulaire_garde(struct faits *faits)
{
	const struct demande *demande = &faits->demande;

	faits->titulaire =
	    strcmp(demande->titulaire, "depositaire") == 0 ? "depositaire" : "representant_legal";
	faits->contact = mem_strdup(demande->contact);
	faits->contact_nom = mem_strdup(demande->contact_nom);
}

void rules_titulaire(struct root *root, const struct dossier *dossier, struct faits *faits)
{
	bool depositaire = dossier_is(dossier, CHAMP_DECLARANT, "depositaire");
	const char *before = faits->demande.titulaire;

	/* The account that a complémentaire was filed from: another that the supplier has got since
	 * is not asked. */
	if (faits->enrolement == DEPOT_COMPLEMENTAIRE && !depositaire && before != NULL &&
	    strcmp(before, "representant_legal") == 0) {
		rules_titulaire_garde(faits);
		return;
	}
	faits->titulaire = depositaire ? "depositaire" : "representant_legal";
	if (faits->enrolement == DEPOT_INITIAL)
		from_dossier(dossier, depositaire, faits);
	else if (depositaire)
		from_email(root, dossier_get(dossier, CHAMP_DEPOSITAIRE_EMAIL), faits);
	else
		from_account(root, faits);
}
