#include "model/dossier.h"

#include "lib/buf.h"
#include "lib/date.h"
#include "lib/email.h"
#include "lib/iban.h"
#include "lib/mem.h"
#include "lib/siret.h"
#include "lib/text.h"
#include "model/slip.h"

#include <stdlib.h>
#include <string.h>

const char *champ_below(const char *chemin, const char *section)
{
	size_t length = strlen(section);

	if (length == 0)
		return chemin;
	return strncmp(chemin, section, length) == 0 && chemin[length] == '.' ? chemin + length + 1
									      : NULL;
}

const char *const piece_keys[PIECE_KEY_COUNT] = {[PIECE_KEY_TYPE] = "type",
						 [PIECE_KEY_FICHIER] = "fichier",
						 [PIECE_KEY_SHA256] = "sha256",
						 [PIECE_KEY_VALIDE_JUSQU_AU] = "valide_jusqu_au"};

struct valeur *piece_valeur(struct piece *piece, enum piece_key key)
{
	struct valeur *const values[PIECE_KEY_COUNT] = {&piece->type, &piece->fichier,
							&piece->sha256, &piece->valide_jusqu_au};

	return values[key];
}

const char *dossier_get(const struct dossier *dossier, enum champ champ)
{
	const struct valeur *valeur = &dossier->champs[champ];

	return valeur->valid ? valeur->text : NULL;
}

bool dossier_is(const struct dossier *dossier, enum champ champ, const char *text)
{
	const char *found = dossier_get(dossier, champ);

	return found != NULL && strcmp(found, text) == 0;
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
	if (valeur->text != NULL)
		valeur->text = mem_strdup(valeur->text);
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
		free(dossier->champs[i].text);
	for (size_t i = 0; i < dossier->piece_count; i++) {
		free(dossier->pieces[i].type.text);
		free(dossier->pieces[i].fichier.text);
		free(dossier->pieces[i].sha256.text);
		free(dossier->pieces[i].valide_jusqu_au.text);
	}
	free(dossier->pieces);
	*dossier = (struct dossier){.type = DEPOT_UNKNOWN};
}

/* The functions that the parser used check again what the parent's rules build upon: a parser that
 * lies costs its own drop an incident. */
static bool plausible(const struct champ_info *info, const char *text)
{
	char normal[IBAN_SIZE];
	int32_t day;

	switch (info->kind) {
	case KIND_ENUM:
		for (const char *const *value = info->values; *value != NULL; value++)
			if (strcmp(*value, text) == 0)
				return true;
		return false;
	case KIND_BOOLEEN:
	case KIND_ENGAGEMENT:
		return strcmp(text, "oui") == 0 || strcmp(text, "non") == 0;
	case KIND_DATE:
		return date_parse(text, &day);
	case KIND_SIRET:
		return siret_check(text, normal) == SIRET_OK && strcmp(normal, text) == 0;
	case KIND_IBAN:
		return iban_check(text, normal) == IBAN_OK && strcmp(normal, text) == 0;
	case KIND_BIC:
		return bic_check(text, normal) && strcmp(normal, text) == 0;
	case KIND_EMAIL:
		return email_check(text, NULL) == EMAIL_OK;
	default:
		return text[0] != '\0' && text_length(text) <= info->max;
	}
}

bool dossier_plausible(const struct dossier *dossier)
{
	int32_t day;

	for (size_t i = 0; i < CHAMP_COUNT; i++)
		if (dossier->champs[i].valid &&
		    !plausible(&champ_table[i], dossier->champs[i].text))
			return false;
	/* Deadlines are reckoned from this date (signals.c). */
	for (size_t i = 0; i < dossier->piece_count; i++)
		if (dossier->pieces[i].valide_jusqu_au.valid &&
		    !date_parse(dossier->pieces[i].valide_jusqu_au.text, &day))
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

const char *depot_type_label(enum depot_type type)
{
	return type < DEPOT_TYPE_COUNT ? depot_type_table[type].label : "";
}

enum depot_type depot_type_from(const char *name)
{
	for (unsigned i = 0; i < DEPOT_TYPE_COUNT; i++)
		if (choice_is(name, depot_type_table[i].name))
			return (enum depot_type)i;
	return DEPOT_UNKNOWN;
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
	/* As the database has them, without folding. */
	for (unsigned i = 0; i < PIECE_TYPE_COUNT; i++)
		if (strcmp(name, piece_type_table[i].name) == 0)
			return (enum piece_type)i;
	for (unsigned i = 0; i < PIECE_TYPE_COUNT; i++)
		if (choice_is(name, piece_type_table[i].name) ||
		    choice_is(name, piece_type_table[i].label))
			return (enum piece_type)i;
	return PIECE_TYPE_UNKNOWN;
}

/* The nearest type that no item of `dossier` has; of all of them when it is NULL. */
static const char *nearest_type(const struct dossier *dossier, const char *name)
{
	struct slip_search search;
	const char *near = NULL;

	slip_begin(&search, name);
	for (unsigned i = 0; i < PIECE_TYPE_COUNT; i++)
		if ((dossier == NULL || dossier_piece(dossier, (enum piece_type)i) == NULL) &&
		    slip_consider(&search, piece_type_table[i].name, SLIP_NONE - 1))
			near = piece_type_table[i].name;
	for (const struct choice *usual = piece_type_usual; usual->name != NULL; usual++)
		if ((dossier == NULL ||
		     dossier_piece(dossier, piece_type_from(usual->value)) == NULL) &&
		    slip_consider(&search, usual->name, SLIP_NONE - 1))
			near = usual->value;
	slip_end(&search);
	return near;
}

const char *piece_type_near(const char *name)
{
	return nearest_type(NULL, name);
}

const char *piece_type_meant(const struct dossier *dossier, const struct piece *piece)
{
	return piece->code == PIECE_TYPE_UNKNOWN && piece->type.text != NULL
		   ? nearest_type(dossier, piece->type.text)
		   : NULL;
}

#define PIECE_TYPE_MAX 64 /* bytes; no type has as many */

static size_t type_word_length(const char *text)
{
	size_t length = 0;

	while (text[length] != '\0' && strchr("|,;", text[length]) == NULL &&
	       text_white(text + length) == 0)
		length++;
	return length;
}

/* The type that the first words of a text name, as many as can be; `*length` is theirs. Of what
 * names none it is the first word's. */
static enum piece_type leading_type(const char *text, size_t *length)
{
	enum piece_type found = PIECE_TYPE_UNKNOWN;
	char name[PIECE_TYPE_MAX + 1] = "";
	size_t at = 0, used = 0;

	*length = type_word_length(text);
	for (size_t word = *length; word > 0 && used + word < PIECE_TYPE_MAX;) {
		enum piece_type type;

		memcpy(name + used, text + at, word);
		used += word;
		at += word;
		name[used] = '\0';
		type = piece_type_from(name);
		if (type != PIECE_TYPE_UNKNOWN) {
			found = type;
			*length = at;
		}
		name[used++] = '_';
		for (size_t space; (space = text_white(text + at)) > 0;)
			at += space;
		word = type_word_length(text + at);
	}
	return found;
}

char *piece_types_parse(const char *text, bool types[static PIECE_TYPE_COUNT])
{
	for (size_t length; *text != '\0'; text += length) {
		enum piece_type type;

		length = *text == '|' || *text == ',' || *text == ';' ? 1 : text_white(text);
		if (length > 0)
			continue;
		type = leading_type(text, &length);
		if (type == PIECE_TYPE_UNKNOWN)
			return mem_strndup(text, length);
		types[type] = true;
	}
	return NULL;
}

bool piece_types_any(const bool types[static PIECE_TYPE_COUNT])
{
	bool any = false;

	for (size_t i = 0; i < PIECE_TYPE_COUNT; i++)
		any = any || types[i];
	return any;
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

/* Whether the dossier must hold that key; those of the dépositaire only when there is one. */
static bool is_required(const struct dossier *dossier, const struct champ_info *info)
{
	if ((info->required & TYPE_BIT(dossier->type)) == 0)
		return false;
	return strncmp(info->chemin, "depositaire.", strlen("depositaire.")) != 0 ||
	       dossier_is(dossier, CHAMP_DECLARANT, DEPOSITAIRE);
}

/* A value that is there and not valid: a blocking anomaly must say so. */
static bool is_wrong(const struct valeur *valeur)
{
	return valeur->text != NULL && !valeur->valid;
}

bool findings_acceptable(const struct findings *findings)
{
	const struct dossier *dossier = &findings->dossier;

	if (!dossier_plausible(dossier))
		return false;
	if (anomalies_blocking(&findings->anomalies))
		return true;
	if (!findings->readable || dossier->type == DEPOT_UNKNOWN)
		return false;
	for (size_t i = 0; i < CHAMP_COUNT; i++) {
		bool allowed = (champ_table[i].types & TYPE_BIT(dossier->type)) != 0;

		if (is_wrong(&dossier->champs[i]) ||
		    (dossier->champs[i].valid ? !allowed : is_required(dossier, &champ_table[i])))
			return false;
	}
	for (size_t i = 0; i < dossier->piece_count; i++) {
		const struct piece *piece = &dossier->pieces[i];

		if (piece->code == PIECE_TYPE_UNKNOWN || !piece->present ||
		    piece->format == PIECE_UNKNOWN || !piece->fichier.valid || piece->size == 0 ||
		    piece->size > INT64_MAX || is_wrong(&piece->valide_jusqu_au))
			return false;
	}
	return dossier->piece_count > 0 || depot_type_may_lack_pieces(dossier->type);
}

void source_free(struct source *source)
{
	free(source->text);
	free(source->places);
	free(source->protections);
	*source = (struct source){0};
}

void findings_free(struct findings *findings)
{
	free(findings->format_archive);
	dossier_free(&findings->dossier);
	anomalies_free(&findings->anomalies);
	source_free(&findings->source);
	*findings = (struct findings){0};
}
