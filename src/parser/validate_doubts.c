/* Values that have a valid form and are most likely a slip: they pass, and a case manager looks. */
#include "lib/array.h"
#include "lib/mem.h"
#include "lib/pasted.h"
#include "lib/text.h"
#include "parser/validate_private.h"

#include <stdlib.h>
#include <string.h>

static void doubt(const struct validation *validation, enum champ champ, const char *why)
{
	dossier_anomalie(validation->dossier, validation->anomalies, ANO_YML_DOUTE, champ, why,
			 NULL);
}

static bool is_one_of(const char *const *words, size_t count, const char *text, size_t length)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(words[i]) == length && strncmp(words[i], text, length) == 0)
			return true;
	return false;
}

/* --- the address --- */

/* « RUE DES LILAS », « 12 RUE »: what has keys of its own. */
static const char *doubt_way(const char *folded)
{
	/* Those that other words follow in no kind of way. */
	static const char *const kinds[] = {"rue",   "avenue", "av",	"boulevard", "bd",
					    "place", "pl",     "allee", "impasse",   "imp",
					    "quai",  "square", "sq"};
	size_t first = strcspn(folded, " ");

	if (strpbrk(folded, TEXT_DIGITS) != NULL)
		return "un numéro y figure, qui a sa clé, numero ; ici, seul le type de la voie est "
		       "attendu, comme RUE";
	if (folded[first] != '\0' && is_one_of(kinds, ARRAY_SIZE(kinds), folded, first))
		return "le nom de la voie y figure, qui a sa clé, nom_voie ; ici, seul son type est "
		       "attendu, comme RUE";
	return NULL;
}

static const char *doubt_town(const char *folded)
{
	for (const char *at = folded; (at = strpbrk(at, TEXT_DIGITS)) != NULL;) {
		size_t digits = strspn(at, TEXT_DIGITS);

		if (digits == CODE_POSTAL_DIGITS)
			return "un code postal y figure, qui a sa clé, code_postal";
		at += digits;
	}
	return NULL;
}

/* --- persons --- */

static const char *doubt_name(const char *folded)
{
	static const char *const titles[] = {"m.",   "mr",	 "mr.",	   "mme",   "mme.",
					     "mlle", "monsieur", "madame", "mlle.", "mademoiselle"};
	size_t first = strcspn(folded, " ");

	return folded[first] != '\0' && is_one_of(titles, ARRAY_SIZE(titles), folded, first)
		   ? "une civilité y figure ; seul le nom, ou le prénom, est attendu"
		   : NULL;
}

/* A domain that is one letter away from one that everybody has. */
static const char *doubt_domain(const char *folded)
{
	static const char *const known[] = {
	    "gmail.com",  "hotmail.com", "hotmail.fr", "outlook.com", "outlook.fr", "orange.fr",
	    "wanadoo.fr", "yahoo.com",	 "yahoo.fr",   "laposte.net", "icloud.com"};
	const char *at = strrchr(folded, '@');

	for (size_t i = 0; at != NULL && i < ARRAY_SIZE(known); i++)
		if (text_distance(at + 1, known[i], 1) == 1 &&
		    !is_one_of(known, ARRAY_SIZE(known), at + 1, strlen(at + 1)))
			return known[i];
	return NULL;
}

static void check_domain(const struct validation *validation, enum champ champ, const char *folded)
{
	const char *meant = doubt_domain(folded);
	char *why = meant != NULL
			? mem_printf("son domaine ressemble à %s, sans l'être ; s'il est faux, les "
				     "courriels s'y perdent",
				     meant)
			: NULL;

	if (why != NULL)
		doubt(validation, champ, why);
	free(why);
}

/* --- all texts --- */

static const char *doubt_placeholder(const char *folded)
{
	static const char *const promises[] = {
	    "a completer", "a renseigner", "a definir",	  "a preciser", "voir rib",
	    "voir kbis",   "idem",	   "neant",	  "xxx",	"non renseigne",
	    "sans objet",  "n/a",	   "meme adresse"};

	return is_one_of(promises, ARRAY_SIZE(promises), folded, strlen(folded))
		   ? "ce n'est pas la réponse elle-même"
		   : NULL;
}

static const char *doubt_text(enum champ champ, const char *folded)
{
	switch (champ) {
	case CHAMP_DEMANDEUR_ADRESSE_TYPE_VOIE:
		return doubt_way(folded);
	case CHAMP_DEMANDEUR_ADRESSE_COMMUNE:
		return doubt_town(folded);
	case CHAMP_REPRESENTANT_NOM:
	case CHAMP_REPRESENTANT_PRENOM:
	case CHAMP_DEPOSITAIRE_NOM:
	case CHAMP_DEPOSITAIRE_PRENOM:
		return doubt_name(folded);
	default:
		return NULL;
	}
}

static void check_doubt(const struct validation *validation, enum champ champ)
{
	const struct champ_info *info = &champ_table[champ];
	char *folded = text_fold(validation->normal[champ]);
	const char *why = NULL;

	if (folded != NULL && info->kind == KIND_EMAIL)
		check_domain(validation, champ, folded);
	if (folded != NULL && (info->kind == KIND_TEXTE || info->kind == KIND_TITULAIRE)) {
		why = doubt_placeholder(folded);
		if (why == NULL)
			why = doubt_text(champ, folded);
	}
	if (why != NULL)
		doubt(validation, champ, why);
	free(folded);
}

void check_doubts(const struct validation *validation)
{
	for (size_t i = 0; i < CHAMP_COUNT; i++)
		if (validation->normal[i] != NULL)
			check_doubt(validation, (enum champ)i);
}
