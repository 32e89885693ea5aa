/*
 * Who holds the account, and so gets the mails: the dépositaire when there is one, else the
 * représentant légal (guide p. 15 and 17). A complémentaire gives no person: they come from the
 * supplier's account (guide p. 31).
 */
#include "lib/mem.h"
#include "lib/text.h"
#include "rules/rules_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static char *full_name(const struct dossier *dossier, enum champ prenom, enum champ nom)
{
	const char *first = dossier_get(dossier, prenom), *last = dossier_get(dossier, nom);

	return mem_printf("%s %s", first != NULL ? first : "", last != NULL ? last : "");
}

/* The address that the access has today whose address this was once; else the address itself. The
 * caller frees it. */
static char *address_now(struct root *root, const char *siren, const char *email)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_ADDRESS_NOW);

	bind_text(stmt, ADDRESS_NOW_P_SIREN, siren);
	bind_text(stmt, ADDRESS_NOW_P_EMAIL, email);
	return mem_strdup(store_step(root->store, stmt) ? column_text(stmt, ADDRESS_NOW_EMAIL)
							: email);
}

static void from_dossier(struct root *root, const struct dossier *dossier, bool depositaire,
			 struct facts *facts)
{
	const char *email =
	    dossier_get(dossier, depositaire ? CHAMP_DEPOSITAIRE_EMAIL : CHAMP_REPRESENTANT_EMAIL);

	if (email == NULL)
		return;
	facts->holder.contact = address_now(root, facts->siren, email);
	facts->holder.contact_nom =
	    depositaire ? full_name(dossier, CHAMP_DEPOSITAIRE_PRENOM, CHAMP_DEPOSITAIRE_NOM)
			: full_name(dossier, CHAMP_REPRESENTANT_PRENOM, CHAMP_REPRESENTANT_NOM);
}

static bool mandat_accepted(struct root *root, const char *siren, const char *email)
{
	return store_has(root->store, SQL_MANDAT_ACCEPTED, MANDAT_ACCEPTED_P_SIREN, siren,
			 MANDAT_ACCEPTED_P_EMAIL, email);
}

/* A complémentaire names its dépositaire by his e-mail; an earlier request may give his name. */
static void from_email(struct root *root, const char *email, struct facts *facts)
{
	struct holder *holder = &facts->holder;
	sqlite3_stmt *stmt;

	if (email == NULL)
		return;
	holder->contact = address_now(root, facts->siren, email);
	stmt = store_stmt(root->store, SQL_CONTACT_NOM_GET);
	bind_text(stmt, CONTACT_NOM_GET_P_SIREN, facts->siren);
	bind_text(stmt, CONTACT_NOM_GET_P_EMAIL, holder->contact);
	holder->contact_nom = mem_strdup(
	    store_step(root->store, stmt) ? column_text(stmt, CONTACT_NOM_GET_CONTACT_NOM) : "");
	holder->mandat_accepted = mandat_accepted(root, facts->siren, email) ||
				  mandat_accepted(root, facts->siren, holder->contact);
}

static void from_account(struct root *root, struct facts *facts)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_TITULAIRE_OF_SIREN);

	bind_text(stmt, TITULAIRE_OF_SIREN_P_SIREN, facts->siren);
	bind_text(stmt, TITULAIRE_OF_SIREN_P_TITULAIRE, facts->holder.titulaire);
	if (!store_step(root->store, stmt))
		return;
	facts->holder.contact = mem_strdup(column_text(stmt, TITULAIRE_OF_SIREN_EMAIL));
	facts->holder.contact_nom = mem_strdup(column_text(stmt, TITULAIRE_OF_SIREN_NOM));
}

/* Keeps the request's own holder. */
void rules_titulaire_kept(struct facts *facts)
{
	const struct demande *demande = &facts->demande;

	facts->holder.titulaire =
	    strcmp(demande->titulaire, "depositaire") == 0 ? "depositaire" : "representant_legal";
	facts->holder.contact = mem_strdup(demande->contact);
	facts->holder.contact_nom = mem_strdup(demande->contact_nom);
}

void rules_titulaire(struct root *root, const struct dossier *dossier, struct facts *facts)
{
	bool depositaire = dossier_is(dossier, CHAMP_DECLARANT, "depositaire");
	const char *before = facts->demande.titulaire;

	/* A complémentaire keeps the account that it was filed from, not the supplier's newest. */
	if (facts->enrolement == DEPOT_COMPLEMENTAIRE && !depositaire && before != NULL &&
	    strcmp(before, "representant_legal") == 0) {
		rules_titulaire_kept(facts);
		return;
	}
	facts->holder.titulaire = depositaire ? "depositaire" : "representant_legal";
	if (facts->enrolement == DEPOT_INITIAL)
		from_dossier(root, dossier, depositaire, facts);
	else if (depositaire)
		from_email(root, dossier_get(dossier, CHAMP_DEPOSITAIRE_EMAIL), facts);
	else
		from_account(root, facts);
}

/* --- the same person, or another one --- */

#define SLIP_LETTERS 2 /* letters of a name that a correction may mend: DOMAIN, 4 */

static unsigned letters_apart(const char *a, const char *b)
{
	char *left = text_fold(a != NULL ? a : ""), *right = text_fold(b != NULL ? b : "");
	unsigned letters = left != NULL && right != NULL ? text_distance(left, right, SLIP_LETTERS)
							 : SLIP_LETTERS + 1;

	free(left);
	free(right);
	return letters;
}

static bool equal_addresses(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcasecmp(a, b) == 0;
}

/* The keys of a person. */
struct keys {
	enum champ nom, prenom, email;
};

static const struct keys *holder_keys(bool depositaire)
{
	static const struct keys keys[] = {
	    {CHAMP_REPRESENTANT_NOM, CHAMP_REPRESENTANT_PRENOM, CHAMP_REPRESENTANT_EMAIL},
	    {CHAMP_DEPOSITAIRE_NOM, CHAMP_DEPOSITAIRE_PRENOM, CHAMP_DEPOSITAIRE_EMAIL},
	};

	return &keys[depositaire ? 1 : 0];
}

/* A person is known by his name, which a slip may have spoilt if the address is the same. In a
 * complémentaire, which has no names, by the address, be it one that his access has or had. */
static bool same_person(const struct dossier *before, const struct facts *facts,
			const struct keys *keys)
{
	const struct dossier *now = &facts->dossier;
	const char *old_email = dossier_get(before, keys->email),
		   *email = dossier_get(now, keys->email);
	unsigned letters =
	    letters_apart(dossier_get(before, keys->nom), dossier_get(now, keys->nom)) +
	    letters_apart(dossier_get(before, keys->prenom), dossier_get(now, keys->prenom));
	bool read = facts->enrolement == DEPOT_INITIAL ? dossier_get(now, keys->nom) != NULL &&
							     dossier_get(now, keys->prenom) != NULL
						       : email != NULL;
	bool known = equal_addresses(old_email, email) ||
		     equal_addresses(facts->demande.contact, facts->holder.contact);

	/* What could not be read names nobody else: its own anomaly comes first. */
	if (!read)
		return true;
	return facts->enrolement == DEPOT_INITIAL
		   ? letters == 0 || (letters <= SLIP_LETTERS && known)
		   : known;
}

void rules_titulaire_changes(const struct dossier *before, struct facts *facts)
{
	bool was = dossier_is(before, CHAMP_DECLARANT, "depositaire");
	bool is = dossier_is(&facts->dossier, CHAMP_DECLARANT, "depositaire");
	const struct keys *keys = holder_keys(is);
	bool persons = is || facts->enrolement == DEPOT_INITIAL;
	const char *address = NULL;

	facts->same_holder = was == is && (!persons || same_person(before, facts, keys));
	facts->other_depositaire = was && is && !facts->same_holder;
	if (!facts->same_holder || !persons)
		return;
	/* An address that the dossier repeats may be an old one; a new one that an initial gives is
	 * the person's own word, even when his access had it before. */
	if (!facts->changed[keys->email])
		address = facts->demande.contact;
	else if (facts->enrolement == DEPOT_INITIAL)
		address = dossier_get(&facts->dossier, keys->email);
	if (address == NULL)
		return;
	free(facts->holder.contact);
	facts->holder.contact = mem_strdup(address);
}
