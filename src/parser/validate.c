#include "parser/validate.h"

#include "lib/iban.h"
#include "lib/mangled.h"
#include "lib/text.h"
#include "parser/validate_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TYPES_ALL  (TYPE_BIT(DEPOT_TYPE_COUNT) - 1)
#define CHEMIN_MAX sizeof(((struct yaml_section *)NULL)->chemin)

/* The section that a key, or a section, stands in; "" at the top. */
static void parent_of(const char *chemin, char section[static CHEMIN_MAX])
{
	const char *dot = strrchr(chemin, '.');

	snprintf(section, CHEMIN_MAX, "%.*s", dot != NULL ? (int)(dot - chemin) : 0, chemin);
}

static bool is_type(const struct validation *validation, enum depot_type type)
{
	return validation->dossier->type == type;
}

/* Whether the value, in its normal form, is that text. */
static bool dossier_says(const struct validation *validation, enum champ champ, const char *text)
{
	return validation->normal[champ] != NULL && strcmp(validation->normal[champ], text) == 0;
}

/* Whether something stands in that section, or was said of it; a null value is a missing one. */
static bool holds_something(const struct validation *validation, const char *section)
{
	const struct yaml_positions *positions = validation->positions;

	for (size_t i = 0; i < CHAMP_COUNT; i++)
		if (champ_below(champ_table[i].chemin, section) != NULL &&
		    (validation->dossier->champs[i].text != NULL || positions->told[i]))
			return true;
	for (size_t i = 0; i < positions->section_count; i++)
		if (positions->sections[i].told &&
		    (strcmp(positions->sections[i].chemin, section) == 0 ||
		     champ_below(positions->sections[i].chemin, section) != NULL))
			return true;
	return false;
}

/* Whether one of those types of submission may hold a key of that section. */
static bool section_allowed(const char *section, unsigned types)
{
	for (size_t i = 0; i < CHAMP_COUNT; i++)
		if ((champ_table[i].types & types) != 0 &&
		    champ_below(champ_table[i].chemin, section) != NULL)
			return true;
	return false;
}

/* --- values --- */

/* A text that some program has spoilt passes: a case manager sees to it. */
static void tell_mangled(const struct validation *validation, enum champ champ)
{
	char *mended =
	    validation->normal[champ] != NULL ? text_unmangled(validation->normal[champ]) : NULL;

	if (mended != NULL)
		dossier_anomalie(validation->dossier, validation->anomalies, ANO_YML_ACCENTS, champ,
				 mended, NULL);
	free(mended);
}

static void check_value(struct validation *validation, enum champ champ)
{
	const struct champ_info *info = &champ_table[champ];
	const struct valeur *valeur = &validation->dossier->champs[champ];
	struct refusal refusal;

	if (valeur->text == NULL || validation->positions->told[champ] ||
	    validation->off_subject[champ])
		return;
	validation->normal[champ] = value_normal(info, valeur->text, &refusal);
	/* Banks may refuse such a name, the guide does not: a case manager sees to it. */
	if (validation->normal[champ] != NULL && info->kind == KIND_TITULAIRE &&
	    !titulaire_check(valeur->text))
		dossier_anomalie(validation->dossier, validation->anomalies, info->invalid, champ,
				 NULL, NULL);
	if (info->kind == KIND_TEXTE || info->kind == KIND_TITULAIRE)
		tell_mangled(validation, champ);
	if (validation->normal[champ] == NULL)
		dossier_anomalie(validation->dossier, validation->anomalies, refusal.code, champ,
				 refusal.reason.why, refusal.reason.remedy);
	reason_free(&refusal.reason);
}

/* --- what this submission does not hold --- */

static void tell_off_subject(const struct validation *validation, const char *chemin,
			     const struct valeur *place, const char *detail)
{
	anomalies_add(validation->anomalies, ANO_YML_HORS_SUJET, chemin, place, detail, NULL);
}

/* Tells keys of another type of submission, once for the outermost section that has no others. */
static void find_off_subject(struct validation *validation)
{
	const struct dossier *dossier = validation->dossier;
	unsigned type = TYPE_BIT(dossier->type);
	char section[CHEMIN_MAX], detail[DETAIL_SIZE];

	snprintf(detail, sizeof(detail), " : ce dépôt est %s", depot_type_label(dossier->type));
	for (size_t i = 0; i < validation->positions->section_count; i++) {
		const struct yaml_section *found = &validation->positions->sections[i];

		parent_of(found->chemin, section);
		if (found->ligne != 0 && strcmp(found->chemin, "pieces") != 0 &&
		    !section_allowed(found->chemin, type) && section_allowed(section, type) &&
		    holds_something(validation, found->chemin))
			tell_off_subject(
			    validation, found->chemin,
			    &(struct valeur){.ligne = found->ligne, .colonne = found->colonne},
			    detail);
	}
	for (size_t i = 0; i < CHAMP_COUNT; i++) {
		validation->off_subject[i] = (champ_table[i].types & type) == 0;
		parent_of(champ_table[i].chemin, section);
		if (validation->off_subject[i] && dossier->champs[i].text != NULL &&
		    section_allowed(section, type))
			tell_off_subject(validation, champ_table[i].chemin, &dossier->champs[i],
					 detail);
	}
}

/* When the type is unknown, only the keys that all types must or may hold are judged. */
static void keep_common(struct validation *validation)
{
	for (size_t i = 0; i < CHAMP_COUNT; i++)
		validation->off_subject[i] = champ_table[i].types != TYPES_ALL;
}

/* A représentant légal who files has no dépositaire (guide p. 14). */
static void refuse_depositaire(struct validation *validation)
{
	const struct yaml_section *found = yaml_section(validation->positions, DEPOSITAIRE);

	if (found == NULL || found->ligne == 0 || !holds_something(validation, DEPOSITAIRE) ||
	    !dossier_says(validation, CHAMP_DECLARANT, "representant_legal"))
		return;
	tell_off_subject(validation, DEPOSITAIRE,
			 &(struct valeur){.ligne = found->ligne, .colonne = found->colonne},
			 " : le déclarant est le représentant légal");
	for (size_t i = 0; i < CHAMP_COUNT; i++)
		if (champ_below(champ_table[i].chemin, DEPOSITAIRE) != NULL)
			validation->off_subject[i] = true;
}

/* --- what is missing --- */

/*
 * A modification gives the corrected sections whole. Whether the request was an initial or a
 * complémentaire is not known here: a section that both have must hold what both require.
 */
static bool required_in_modification(const struct validation *validation,
				     const struct champ_info *info)
{
	bool both = (info->required & TYPE_BIT(DEPOT_COMPLEMENTAIRE)) != 0;
	char section[CHEMIN_MAX], outer[CHEMIN_MAX];

	if ((info->required & TYPE_BIT(DEPOT_INITIAL)) == 0)
		return false;
	if (both && champ_below(info->chemin, DEPOSITAIRE) != NULL &&
	    dossier_says(validation, CHAMP_DECLARANT, DEPOSITAIRE))
		return true;
	for (parent_of(info->chemin, section); section[0] != '\0';) {
		if (holds_something(validation, section) &&
		    (both || !section_allowed(section, TYPE_BIT(DEPOT_COMPLEMENTAIRE))))
			return true;
		parent_of(section, outer);
		memcpy(section, outer, sizeof(section));
	}
	return false;
}

static bool required(const struct validation *validation, enum champ champ)
{
	const struct champ_info *info = &champ_table[champ];

	if (validation->off_subject[champ])
		return false;
	if (is_type(validation, DEPOT_UNKNOWN))
		return info->required == TYPES_ALL;
	if ((info->required & TYPE_BIT(validation->dossier->type)) != 0)
		return champ_below(info->chemin, DEPOSITAIRE) == NULL ||
		       dossier_says(validation, CHAMP_DECLARANT, DEPOSITAIRE);
	return is_type(validation, DEPOT_MODIFICATION) &&
	       required_in_modification(validation, info);
}

/* Whether something was read, or said, of any key below that section. */
static bool section_used(const struct validation *validation, const char *section)
{
	for (size_t i = 0; i < CHAMP_COUNT; i++)
		if (champ_below(champ_table[i].chemin, section) != NULL &&
		    (validation->dossier->champs[i].ligne != 0 || validation->positions->told[i]))
			return true;
	return false;
}

/* The outermost section around a missing key of which nothing is there; "" when there is none.
 * False when a section around the key was told as wrong. */
static bool absent_section(const struct validation *validation, enum champ champ,
			   char absent[static CHEMIN_MAX])
{
	char section[CHEMIN_MAX], outer[CHEMIN_MAX];

	absent[0] = '\0';
	for (parent_of(champ_table[champ].chemin, section); section[0] != '\0';) {
		const struct yaml_section *found = yaml_section(validation->positions, section);

		if (found != NULL && found->told)
			return false;
		if (!section_used(validation, section))
			memcpy(absent, section, sizeof(section));
		parent_of(section, outer);
		memcpy(section, outer, sizeof(section));
	}
	return true;
}

/* The position of the nearest key in the text at or around a key path. */
static struct valeur nearest(const struct validation *validation, const char *chemin)
{
	char section[CHEMIN_MAX], outer[CHEMIN_MAX];

	for (snprintf(section, sizeof(section), "%s", chemin); section[0] != '\0';) {
		const struct yaml_section *found = yaml_section(validation->positions, section);

		if (found != NULL && found->ligne != 0)
			return (struct valeur){.ligne = found->ligne, .colonne = found->colonne};
		parent_of(section, outer);
		memcpy(section, outer, sizeof(section));
	}
	return (struct valeur){0};
}

static bool is_last_required(const struct validation *validation, enum champ champ,
			     const char *section)
{
	for (size_t i = champ + 1; i < CHAMP_COUNT; i++)
		if (champ_below(champ_table[i].chemin, section) != NULL &&
		    required(validation, (enum champ)i))
			return false;
	return true;
}

static void check_missing(const struct validation *validation, enum champ champ)
{
	const struct champ_info *info = &champ_table[champ];
	struct valeur place = validation->dossier->champs[champ];
	char section[CHEMIN_MAX];

	if (place.text != NULL || validation->positions->told[champ] ||
	    !required(validation, champ) || !absent_section(validation, champ, section))
		return;
	if (section[0] != '\0') {
		/* Told once, in the words of the last key: the first may have its own. */
		if (is_last_required(validation, champ, section)) {
			place = nearest(validation, section);
			anomalies_add(validation->anomalies, info->absent, section, &place, NULL,
				      NULL);
		}
		return;
	}
	if (place.ligne == 0)
		place = nearest(validation, info->chemin);
	anomalies_add(validation->anomalies, info->absent, info->chemin, &place, NULL, NULL);
}

static void take_normal_forms(struct validation *validation)
{
	for (size_t i = 0; i < CHAMP_COUNT; i++) {
		struct valeur *valeur = &validation->dossier->champs[i];

		if (validation->normal[i] == NULL)
			continue;
		free(valeur->text);
		valeur->text = validation->normal[i];
		valeur->valid = true;
	}
}

void validate_dossier(struct dossier *dossier, const struct yaml_positions *positions,
		      int32_t date_depot, struct anomalies *anomalies)
{
	struct validation validation = {.dossier = dossier,
					.positions = positions,
					.date_depot = date_depot,
					.anomalies = anomalies};

	if (dossier->type == DEPOT_UNKNOWN)
		keep_common(&validation);
	else
		find_off_subject(&validation);
	/* First, since it decides whether the dépositaire's data is called for. */
	check_value(&validation, CHAMP_DECLARANT);
	refuse_depositaire(&validation);
	check_swapped_bank(&validation);
	for (size_t i = 0; i < CHAMP_COUNT; i++)
		if (i != CHAMP_DECLARANT)
			check_value(&validation, (enum champ)i);
	for (size_t i = 0; i < CHAMP_COUNT && !positions->partial; i++)
		check_missing(&validation, (enum champ)i);
	check_persons(&validation);
	check_bank(&validation);
	check_doubts(&validation);
	take_normal_forms(&validation);
	check_pieces(&validation);
}
