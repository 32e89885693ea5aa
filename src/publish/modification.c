#include "publish/modification.h"
#include "lib/date.h"
#include "lib/mem.h"
#include "lib/text_shown.h"
#include "publish/dates_shown.h"
#include "publish/yaml_out.h"
#include "request/demande.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char how_to[] =
    "#\n"
    "# Les rubriques de votre demande sont reprises ci-dessous telles qu'elles sont enregistrées.\n"
    "# - Corrigez ce qui doit l'être. Une rubrique que vous ne corrigez pas peut rester, ou être\n"
    "#   ôtée tout entière.\n"
    "# - Le SIRET, le numéro de référencement ANS et le type de la demande ne peuvent pas être\n"
    "#   modifiés.\n"
    "# - Si la correction appelle une pièce, ajoutez-la à la fin de ce fichier, par exemple :\n"
    "#     pieces:\n"
    "#       - {type: rib, fichier: rib.pdf}\n"
    "# - Enregistrez ce fichier sous le nom dossier.yaml, en UTF-8, mettez-le dans une archive avec\n"
    "#   ces pièces, et déposez-la.\n";

/* The case manager's words, each line a comment. */
static void put_reason(struct buf *out, const char *reason)
{
	while (*reason != '\0') {
		size_t length = strcspn(reason, "\r\n");
		char *line = mem_strndup(reason, length), *shown = text_shown(line);

		if (length > 0)
			buf_printf(out, "#   %s\n", shown);
		free(shown);
		free(line);
		reason += length;
		reason += strspn(reason, "\r\n");
	}
}

static void put_demand(const struct root *root, sqlite3_stmt *demand, struct buf *out)
{
	char asked[DATE_FRENCH_SIZE], until[DATE_FRENCH_SIZE] = "";
	int32_t day;

	date_french(column_text(demand, OUTPUT_MODIFICATION_DATE), asked);
	if (date_parse(column_text(demand, OUTPUT_MODIFICATION_DATE), &day))
		date_format_french(day + (int32_t)root->conf.reponse_jours, until);
	buf_printf(out, "# Correction demandée le %s pour la demande %s :\n", asked,
		   column_text(demand, OUTPUT_MODIFICATION_NUMERO));
	put_reason(out, column_text(demand, OUTPUT_MODIFICATION_MOTIF));
	buf_printf(out, "# À déposer au plus tard le %s.\n%s", until, how_to);
}

static bool has_section(const struct dossier *dossier, const char *chemin)
{
	size_t length = strcspn(chemin, ".");

	for (size_t i = 0; i < CHAMP_COUNT; i++)
		if (dossier->champs[i].text != NULL &&
		    strncmp(champ_table[i].chemin, chemin, length) == 0 &&
		    champ_table[i].chemin[length] == '.')
			return true;
	return false;
}

/* The keys that the sections given below may have besides, since a correction may add one. */
static void put_absent(struct buf *out, const struct demande *demande,
		       const struct dossier *dossier)
{
	unsigned kinds = TYPE_BIT(DEPOT_MODIFICATION) | TYPE_BIT(demande->type);
	bool first = true;

	for (size_t i = 0; i < CHAMP_COUNT; i++) {
		const struct champ_info *info = &champ_table[i];

		if (dossier->champs[i].text != NULL || (info->types & kinds) != kinds ||
		    i == CHAMP_REFERENCEMENT_HEBERGEMENT_DONNEES_SANTE ||
		    !has_section(dossier, info->chemin))
			continue;
		if (first)
			buf_puts(out, "# - Ces clés, sans valeur aujourd'hui, peuvent y être "
				      "ajoutées dans leur rubrique :\n");
		first = false;
		buf_printf(out, "#     %s : %s\n", info->chemin, info->title);
	}
}

static void put_given(yaml_emitter_t *emitter, enum champ champ, const char *key, const char *value)
{
	enum value_kind kind = champ_table[champ].kind;

	(kind == KIND_BOOLEEN || kind == KIND_ENUM ? yaml_out_plain : yaml_out_text)(emitter, key,
										     value);
}

/* The keys below `base` that have a value; a section at the first of its own. */
static void put_sections(yaml_emitter_t *emitter, const struct dossier *dossier, const char *base)
{
	char section[PLACE_PATH_SIZE] = "";

	for (size_t i = 0; i < CHAMP_COUNT; i++) {
		const char *chemin = champ_table[i].chemin, *key = champ_below(chemin, base);
		size_t length;
		char *name;

		if (key == NULL || dossier->champs[i].text == NULL ||
		    (section[0] != '\0' && champ_below(chemin, section) != NULL))
			continue;
		length = strcspn(key, ".");
		if (key[length] == '\0') {
			put_given(emitter, (enum champ)i, key, dossier->champs[i].text);
			continue;
		}
		snprintf(section, sizeof(section), "%.*s", (int)((size_t)(key - chemin) + length),
			 chemin);
		name = mem_strndup(key, length);
		yaml_out_key(emitter, name);
		yaml_out_open(emitter);
		put_sections(emitter, dossier, section);
		yaml_out_close(emitter);
		free(name);
	}
}

/* An address was confirmed when it was given; its confirmation is not kept. */
static void confirm(struct dossier *dossier, enum champ email, enum champ confirmation)
{
	if (dossier->champs[email].text != NULL && dossier->champs[confirmation].text == NULL)
		dossier->champs[confirmation].text = mem_strdup(dossier->champs[email].text);
}

/* What a modification of that kind of request may hold. */
static void load_sections(struct root *root, const struct demande *demande, struct dossier *dossier)
{
	unsigned kinds = TYPE_BIT(DEPOT_MODIFICATION) | TYPE_BIT(demande->type);
	bool wanted[CHAMP_COUNT];

	for (size_t i = 0; i < CHAMP_COUNT; i++)
		wanted[i] = (champ_table[i].types & kinds) == kinds;
	demande_load_dossier(root, demande, wanted, dossier);
	if (demande->type == DEPOT_COMPLEMENTAIRE)
		return;
	confirm(dossier, CHAMP_REPRESENTANT_EMAIL, CHAMP_REPRESENTANT_CONFIRMATION_EMAIL);
	confirm(dossier, CHAMP_DEPOSITAIRE_EMAIL, CHAMP_DEPOSITAIRE_CONFIRMATION_EMAIL);
}

static void put_document(const char *numero, const struct dossier *dossier, struct buf *out)
{
	yaml_emitter_t emitter;

	yaml_out_begin(&emitter, out);
	yaml_out_open(&emitter);
	yaml_out_plain(&emitter, "format", "1");
	yaml_out_plain(&emitter, "type", depot_type_name(DEPOT_MODIFICATION));
	yaml_out_plain(&emitter, "demande", numero);
	put_sections(&emitter, dossier, "");
	yaml_out_close(&emitter);
	yaml_out_end(&emitter);
}

void modification_render(struct root *root, int64_t event, struct buf *out)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_OUTPUT_MODIFICATION);
	struct demande demande = {0};
	struct dossier dossier = {0};
	const char *numero, *rank;

	bind_int(stmt, OUTPUT_MODIFICATION_P_EVENEMENT, event);
	if (!store_step(root->store, stmt))
		return;
	numero = column_text(stmt, OUTPUT_MODIFICATION_NUMERO);
	rank = strrchr(numero, 'M');
	demande_load(root, column_int(stmt, OUTPUT_MODIFICATION_DEMANDE), &demande);
	if (rank != NULL)
		demande.rang = strtoll(rank + 1, NULL, 10);
	load_sections(root, &demande, &dossier);
	put_demand(root, stmt, out);
	put_absent(out, &demande, &dossier);
	put_document(numero, &dossier, out);
	dossier_free(&dossier);
	demande_free(&demande);
	sqlite3_reset(stmt);
}
