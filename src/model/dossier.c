#include "model/dossier.h"

#include "lib/buf.h"
#include "lib/date.h"
#include "lib/email.h"
#include "lib/iban.h"
#include "lib/mem.h"
#include "lib/siret.h"
#include "lib/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *champ_below(const char *chemin, const char *section)
{
	size_t length = strlen(section);

	if (length == 0)
		return chemin;
	return strncmp(chemin, section, length) == 0 && chemin[length] == '.' ? chemin + length + 1
									      : NULL;
}

const char *dossier_get(const struct dossier *dossier, enum champ champ)
{
	const struct valeur *valeur = &dossier->champs[champ];

	return valeur->valide ? valeur->texte : NULL;
}

bool dossier_is(const struct dossier *dossier, enum champ champ, const char *texte)
{
	const char *found = dossier_get(dossier, champ);

	return found != NULL && strcmp(found, texte) == 0;
}

const struct piece *dossier_piece(const struct dossier *dossier, enum piece_type type)
{
	for (size_t i = 0; i < dossier->piece_count; i++)
		if (dossier->pieces[i].code == type)
			return &dossier->pieces[i];
	return NULL;
}

void dossier_anomalie(const struct dossier *dossier, struct anomalies *list,
		      enum anomalie_code code, enum champ champ, const char *detail,
		      const char *detail2)
{
	anomalies_add(list, code, champ_table[champ].chemin, &dossier->champs[champ], detail,
		      detail2);
}

static void own_text(struct valeur *valeur)
{
	if (valeur->texte != NULL)
		valeur->texte = mem_strdup(valeur->texte);
}

void dossier_copy(const struct dossier *dossier, struct dossier *copy)
{
	*copy = *dossier;
	copy->pieces = NULL;
	copy->piece_capacity = 0;
	for (size_t i = 0; i < CHAMP_COUNT; i++)
		own_text(&copy->champs[i]);
	for (size_t i = 0; i < dossier->piece_count; i++) {
		copy->pieces =
		    mem_grow(copy->pieces, i, &copy->piece_capacity, sizeof(*copy->pieces));
		copy->pieces[i] = dossier->pieces[i];
		own_text(&copy->pieces[i].type);
		own_text(&copy->pieces[i].fichier);
		own_text(&copy->pieces[i].sha256);
		own_text(&copy->pieces[i].valide_jusqu_au);
	}
}

void dossier_free(struct dossier *dossier)
{
	for (size_t i = 0; i < CHAMP_COUNT; i++)
		free(dossier->champs[i].texte);
	for (size_t i = 0; i < dossier->piece_count; i++) {
		free(dossier->pieces[i].type.texte);
		free(dossier->pieces[i].fichier.texte);
		free(dossier->pieces[i].sha256.texte);
		free(dossier->pieces[i].valide_jusqu_au.texte);
	}
	free(dossier->pieces);
	*dossier = (struct dossier){.type = DEPOT_INCONNU};
}

/* What the parent's rules build upon is checked by the same functions that the parser used: a
 * parser that lies costs its own drop an incident. */
static bool plausible(const struct champ_info *info, const char *text)
{
	char normal[40];
	int32_t day;

	switch (info->nature) {
	case NATURE_ENUM:
		for (const char *const *value = info->valeurs; *value != NULL; value++)
			if (strcmp(*value, text) == 0)
				return true;
		return false;
	case NATURE_BOOLEEN:
	case NATURE_ENGAGEMENT:
		return strcmp(text, "oui") == 0 || strcmp(text, "non") == 0;
	case NATURE_DATE:
		return date_parse(text, &day);
	case NATURE_SIRET:
		return siret_check(text, normal) == SIRET_OK && strcmp(normal, text) == 0;
	case NATURE_IBAN:
		return iban_check(text, normal) == IBAN_OK && strcmp(normal, text) == 0;
	case NATURE_BIC:
		return bic_check(text, normal) && strcmp(normal, text) == 0;
	case NATURE_EMAIL:
		return email_check(text, NULL);
	default:
		return text[0] != '\0' && text_length(text) <= info->max;
	}
}

bool dossier_plausible(const struct dossier *dossier)
{
	int32_t day;

	for (size_t i = 0; i < CHAMP_COUNT; i++)
		if (dossier->champs[i].valide &&
		    !plausible(&champ_table[i], dossier->champs[i].texte))
			return false;
	/* Deadlines are reckoned from it (signaux.c). */
	for (size_t i = 0; i < dossier->piece_count; i++)
		if (dossier->pieces[i].valide_jusqu_au.valide &&
		    !date_parse(dossier->pieces[i].valide_jusqu_au.texte, &day))
			return false;
	return true;
}

bool depot_type_may_lack_pieces(enum depot_type type)
{
	return type < DEPOT_TYPE_COUNT && depot_type_table[type].may_lack_pieces;
}

const char *depot_type_name(enum depot_type type)
{
	return type < DEPOT_TYPE_COUNT ? depot_type_table[type].name : "";
}

const char *piece_type_name(enum piece_type type)
{
	return type < PIECE_TYPE_COUNT ? piece_type_table[type].name : NULL;
}

const char *piece_type_label(enum piece_type type)
{
	return type < PIECE_TYPE_COUNT ? piece_type_table[type].label : "pièce";
}

enum piece_type piece_type_from(const char *name)
{
	for (unsigned i = 0; i < PIECE_TYPE_COUNT; i++)
		if (strcasecmp(name, piece_type_table[i].name) == 0)
			return (enum piece_type)i;
	return PIECE_TYPE_INCONNU;
}

char *piece_types_parse(const char *text, bool types[static PIECE_TYPE_COUNT])
{
	static const char separators[] = "|, ;\t";

	for (size_t length; *(text += strspn(text, separators)) != '\0'; text += length) {
		char *name = mem_strndup(text, length = strcspn(text, separators));
		enum piece_type type = piece_type_from(name);

		if (type == PIECE_TYPE_INCONNU)
			return name;
		types[type] = true;
		free(name);
	}
	return NULL;
}

char *piece_types_list(const bool types[static PIECE_TYPE_COUNT], const char *separator)
{
	struct buf out = {0};

	for (unsigned i = 0; i < PIECE_TYPE_COUNT; i++)
		if (types[i])
			buf_printf(&out, "%s%s", out.length > 0 ? separator : "",
				   piece_type_name((enum piece_type)i));
	return buf_take(&out);
}

/* A required key of that type; those of the dépositaire only when there is one. */
static bool is_required(const struct dossier *dossier, const struct champ_info *info)
{
	if ((info->requis & TYPE_BIT(dossier->type)) == 0)
		return false;
	return strncmp(info->chemin, "depositaire.", strlen("depositaire.")) != 0 ||
	       dossier_is(dossier, CHAMP_DECLARANT, "depositaire");
}

/* Written and not found right: an anomaly that blocks says so. */
static bool is_wrong(const struct valeur *valeur)
{
	return valeur->texte != NULL && !valeur->valide;
}

bool constat_acceptable(const struct constat *constat)
{
	const struct dossier *dossier = &constat->dossier;

	if (!dossier_plausible(dossier))
		return false;
	if (anomalies_blocking(&constat->anomalies))
		return true;
	if (!constat->lisible || dossier->type == DEPOT_INCONNU)
		return false;
	for (size_t i = 0; i < CHAMP_COUNT; i++) {
		bool allowed = (champ_table[i].types & TYPE_BIT(dossier->type)) != 0;

		if (is_wrong(&dossier->champs[i]) ||
		    (dossier->champs[i].valide ? !allowed : is_required(dossier, &champ_table[i])))
			return false;
	}
	for (size_t i = 0; i < dossier->piece_count; i++) {
		const struct piece *piece = &dossier->pieces[i];

		if (piece->code == PIECE_TYPE_INCONNU || !piece->presente ||
		    piece->format == PIECE_UNKNOWN || !piece->fichier.valide ||
		    is_wrong(&piece->valide_jusqu_au))
			return false;
	}
	return dossier->piece_count > 0 || depot_type_may_lack_pieces(dossier->type);
}

void source_free(struct source *source)
{
	free(source->texte);
	free(source->reperes);
	free(source->protections);
	*source = (struct source){0};
}

void constat_free(struct constat *constat)
{
	free(constat->format_archive);
	dossier_free(&constat->dossier);
	anomalies_free(&constat->anomalies);
	source_free(&constat->source);
	*constat = (struct constat){0};
}
