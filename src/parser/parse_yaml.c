#include "parser/parse_yaml.h"

#include "lib/error.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "model/choice.h"
#include "model/slip.h"
#include "parser/yaml_private.h"
#include "parser/yaml_source.h"
#include "parser/yaml_text.h"
#include "parser/yaml_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A mapping whose keys are known: a section of the dossier, or one of its pieces. */
struct place {
	const char *chemin;  /* "", "demandeur", "pieces[0]" */
	struct piece *piece; /* NULL in a section */
	bool *told;	     /* of the piece, by enum piece_key */
};

const struct yaml_section *yaml_section(const struct yaml_positions *positions, const char *chemin)
{
	for (size_t i = 0; i < positions->section_count; i++)
		if (strcmp(positions->sections[i].chemin, chemin) == 0)
			return &positions->sections[i];
	return NULL;
}

/* The same, made when it is new. */
static struct yaml_section *section_of(struct yaml_reader *reader, const char *chemin)
{
	struct yaml_positions *positions = reader->positions;
	const struct yaml_section *known = yaml_section(positions, chemin);
	struct yaml_section *section;

	if (known != NULL)
		return &positions->sections[known - positions->sections];
	/* Never reached, as the table of keys has fewer: nothing is overwritten. */
	if (positions->section_count == YAML_SECTIONS_MAX)
		positions->section_count--;
	section = &positions->sections[positions->section_count++];
	*section = (struct yaml_section){0};
	snprintf(section->chemin, sizeof(section->chemin), "%s", chemin);
	return section;
}

static char *join(const char *section, const char *key)
{
	return section[0] != '\0' ? mem_printf("%s.%s", section, key) : mem_strdup(key);
}

/* --- collections --- */

static void read_mapping(struct yaml_reader *reader, const struct place *place);

/* Whether the last event begins the collection wanted. A missing value is an empty one: false, with
 * nothing told. For anything else `code` is added, *told set, and the node skipped. */
static bool node_begins(struct yaml_reader *reader, yaml_event_type_t wanted,
			enum anomalie_code code, const char *chemin, bool *told)
{
	struct valeur found = {0};
	bool too_long;

	*told = !yaml_check_properties(reader, chemin);
	if (reader->event.type == wanted)
		return true;
	if (reader->event.type == YAML_SCALAR_EVENT) {
		found.text = yaml_scalar_value(&reader->event, &too_long);
		if (found.text == NULL)
			return false;
	}
	if (reader->event.type != YAML_ALIAS_EVENT) {
		char *form = code == ANO_YML_SECTION ? yaml_form(chemin) : NULL;

		yaml_set_position(&found.ligne, &found.colonne, &reader->event.start_mark);
		anomalies_add(reader->anomalies, code, chemin, &found, form, NULL);
		free(form);
	}
	free(found.text);
	yaml_skip_node(reader, chemin);
	*told = true;
	return false;
}

/* Reads the event that begins the value of a section's key (NULL: the document); notes its
 * place. */
static bool next_section(struct yaml_reader *reader, const char *chemin, const yaml_mark_t *key)
{
	if (!yaml_next_event(reader))
		return false;
	source_note_section(reader->positions->source, chemin, key, &reader->event);
	return true;
}

/* The form of the list is one thing to say, however many items lack it. */
static void tell_item_once(struct yaml_reader *reader)
{
	struct anomalies *anomalies = reader->anomalies;

	if (anomalies->count == 0 || anomalies->items[anomalies->count - 1].code != ANO_YML_SECTION)
		return;
	if (reader->item_told)
		anomalies_drop(anomalies, anomalies->count - 1);
	reader->item_told = true;
}

static void read_piece(struct yaml_reader *reader)
{
	struct dossier *dossier = reader->dossier;
	size_t index = dossier->piece_count;
	bool *told = reader->positions->told_piece[index];
	struct piece *piece;
	char chemin[PLACE_PATH_SIZE];
	bool told_all = false;

	dossier->pieces =
	    mem_grow(dossier->pieces, index, &dossier->piece_capacity, sizeof(*piece));
	piece = &dossier->pieces[dossier->piece_count++];
	*piece = (struct piece){.code = PIECE_TYPE_UNKNOWN};
	yaml_set_position(&piece->ligne, &piece->colonne, &reader->event.start_mark);
	snprintf(chemin, sizeof(chemin), "pieces[%zu]", index);
	if (node_begins(reader, YAML_MAPPING_START_EVENT, ANO_YML_SECTION, chemin, &told_all)) {
		read_mapping(reader, &(struct place){chemin, piece, told});
	} else if (told_all) {
		memset(told, true, PIECE_KEY_COUNT * sizeof(*told));
		reader->list_unusable = true;
		tell_item_once(reader);
	}
}

static void read_pieces(struct yaml_reader *reader, const yaml_mark_t *key)
{
	struct yaml_section *section = section_of(reader, "pieces");
	size_t count = 0;

	yaml_set_position(&section->ligne, &section->colonne, key);
	if (!next_section(reader, "pieces", key) ||
	    !node_begins(reader, YAML_SEQUENCE_START_EVENT, ANO_YML_LISTE, "pieces",
			 &section->told))
		return;
	for (; yaml_next_event(reader) && reader->event.type != YAML_SEQUENCE_END_EVENT; count++) {
		if (count < PIECES_MAX) {
			read_piece(reader);
			continue;
		}
		if (count == PIECES_MAX) {
			yaml_tell(reader, ANO_PJ_TROP, "pieces", &reader->event.start_mark,
				  DECIMAL(PIECES_MAX), NULL);
			reader->list_unusable = true;
		}
		yaml_check_properties(reader, "pieces");
		yaml_skip_node(reader, "pieces");
	}
}

static void read_section(struct yaml_reader *reader, const char *chemin, const yaml_mark_t *key)
{
	struct yaml_section *section = section_of(reader, chemin);

	yaml_set_position(&section->ligne, &section->colonne, key);
	section->told = false;
	if (next_section(reader, chemin, key) &&
	    node_begins(reader, YAML_MAPPING_START_EVENT, ANO_YML_SECTION, chemin, &section->told))
		read_mapping(reader, &(struct place){.chemin = chemin});
}

/* --- keys --- */

static void note_told(struct yaml_reader *reader, bool *told, bool good)
{
	*told = !good;
	reader->last_told = told;
}

static void refuse_double_key(struct yaml_reader *reader, const char *chemin, const char *key,
			      const yaml_mark_t *mark)
{
	yaml_tell(reader, ANO_YML_CLE_DOUBLE, chemin, mark, key, NULL);
	yaml_skip_next_node(reader, chemin);
}

/* The key that an unknown one was meant to be is not called missing besides. */
static void excuse(struct yaml_reader *reader, const struct place *place, const char *meant)
{
	for (size_t i = 0; place->piece != NULL && i < PIECE_KEY_COUNT; i++)
		if (strcmp(piece_keys[i], meant) == 0 &&
		    piece_valeur(place->piece, (enum piece_key)i)->ligne == 0)
			place->told[i] = true;
	if (place->piece != NULL)
		return;
	for (size_t i = 0; i < CHAMP_COUNT; i++) {
		if (strcmp(champ_table[i].chemin, meant) == 0) {
			if (reader->dossier->champs[i].ligne == 0)
				reader->positions->told[i] = true;
			return;
		}
	}
	if (section_of(reader, meant)->ligne == 0)
		section_of(reader, meant)->told = true;
}

static void refuse_unknown(struct yaml_reader *reader, const struct place *place, const char *key,
			   const char *chemin, const yaml_mark_t *mark)
{
	char *meant = yaml_meant(place->piece != NULL ? "pieces[]" : place->chemin, key);
	char *advice = NULL;
	const char *colon = strchr(key, ':');

	if (meant != NULL) {
		const char *here = champ_below(meant, place->chemin);

		advice = slip_advice(here != NULL ? here : meant);
		if (here != NULL || place->piece != NULL)
			excuse(reader, place, meant);
	}
	if (advice == NULL && colon != NULL && text_space(colon + 1) > 1)
		advice = mem_strdup(" Le deux-points y est suivi d'une espace insécable : "
				    "remplacez-la par une espace ordinaire.");
	yaml_tell(reader, ANO_YML_CLE_INCONNUE, chemin, mark, key, advice);
	free(meant);
	free(advice);
	yaml_skip_next_node(reader, chemin);
}

static void read_section_entry(struct yaml_reader *reader, const struct place *place,
			       const char *key, const char *chemin, const yaml_mark_t *mark)
{
	const struct yaml_section *known;
	size_t i, length = strlen(key);

	for (i = 0; i < CHAMP_COUNT; i++) {
		const char *tail = champ_below(champ_table[i].chemin, place->chemin);

		if (tail != NULL && strcspn(tail, ".") == length && memcmp(tail, key, length) == 0)
			break;
	}
	known = yaml_section(reader->positions, chemin);
	if (i < CHAMP_COUNT && strcmp(champ_table[i].chemin, chemin) == 0) {
		struct valeur *valeur = &reader->dossier->champs[i];

		if (valeur->ligne != 0)
			refuse_double_key(reader, chemin, key, mark);
		else
			note_told(reader, &reader->positions->told[i],
				  yaml_read_value(reader, chemin, mark, valeur,
						  yaml_value_class(champ_table[i].kind)));
	} else if (i == CHAMP_COUNT && strcmp(chemin, "pieces") != 0) {
		refuse_unknown(reader, place, key, chemin, mark);
	} else if (known != NULL && known->ligne != 0) {
		refuse_double_key(reader, chemin, key, mark);
	} else if (i == CHAMP_COUNT) {
		read_pieces(reader, mark);
	} else {
		read_section(reader, chemin, mark);
	}
}

static void read_piece_entry(struct yaml_reader *reader, const struct place *place, const char *key,
			     const char *chemin, const yaml_mark_t *mark)
{
	for (size_t i = 0; i < PIECE_KEY_COUNT; i++) {
		struct valeur *valeur = piece_valeur(place->piece, (enum piece_key)i);

		if (strcmp(piece_keys[i], key) != 0)
			continue;
		if (valeur->ligne != 0)
			refuse_double_key(reader, chemin, key, mark);
		else
			note_told(
			    reader, &place->told[i],
			    yaml_read_value(reader, chemin, mark, valeur,
					    i == PIECE_KEY_FICHIER ? VALUE_EXACT : VALUE_PASTED));
		return;
	}
	refuse_unknown(reader, place, key, chemin, mark);
}

/* A key that is a section or a list itself. */
static void refuse_key(struct yaml_reader *reader, const char *chemin, const yaml_mark_t *mark)
{
	char *form = yaml_form(chemin);

	yaml_tell(reader, ANO_YML_SECTION, chemin, mark, form, NULL);
	free(form);
}

/* Reads the pairs of a mapping that the last event began. */
static void read_mapping(struct yaml_reader *reader, const struct place *place)
{
	while (yaml_next_event(reader) && reader->event.type != YAML_MAPPING_END_EVENT) {
		yaml_mark_t mark = reader->event.start_mark;
		char *key, *chemin;

		yaml_check_properties(reader, place->chemin);
		if (reader->event.type != YAML_SCALAR_EVENT) {
			if (reader->event.type != YAML_ALIAS_EVENT)
				refuse_key(reader, place->chemin, &mark);
			yaml_skip_node(reader, place->chemin);
			yaml_skip_next_node(reader, place->chemin);
			continue;
		}
		key = yaml_scalar_text(&reader->event);
		yaml_trim(key);
		chemin = join(place->chemin, key);
		if (place->piece != NULL)
			read_piece_entry(reader, place, key, chemin, &mark);
		else
			read_section_entry(reader, place, key, chemin, &mark);
		free(key);
		free(chemin);
	}
}

/* --- the whole text --- */

/* Reads from the stream's start to its end; false when the text holds no dossier. */
static bool read_stream(struct yaml_reader *reader)
{
	const yaml_mark_t start = {0};
	bool told, mapping;

	/* The stream's start, then the document's, then its root. */
	yaml_next_event(reader);
	if (!yaml_next_event(reader))
		return false;
	if (reader->event.type == YAML_STREAM_END_EVENT) {
		yaml_tell(reader, ANO_YML_VIDE, "", &start, NULL, NULL);
		return false;
	}
	if (!next_section(reader, "", NULL))
		return false;
	mapping = node_begins(reader, YAML_MAPPING_START_EVENT, ANO_YML_SECTION, YAML_PATH, &told);
	if (mapping)
		read_mapping(reader, &(struct place){.chemin = ""});
	else if (!told)
		yaml_tell(reader, ANO_YML_VIDE, "", &start, NULL, NULL);
	if (mapping && !reader->stopped)
		source_note_end(reader->positions->source, &reader->event);
	/* The document's end, then the stream's. */
	yaml_next_event(reader);
	if (yaml_next_event(reader) && reader->event.type == YAML_DOCUMENT_START_EVENT)
		yaml_tell(reader, ANO_YML_SECOND_DOCUMENT, "", &reader->event.start_mark, NULL,
			  NULL);
	return mapping;
}

/* Takes from the values which kind of submission it is, and whether a trial. */
static void set_kind(struct dossier *dossier)
{
	const char *type = dossier->champs[CHAMP_TYPE].text;
	const char *essai = dossier->champs[CHAMP_ESSAI].text;

	if (type != NULL)
		dossier->type = depot_type_from(type);
	essai = essai != NULL ? choice_read(choice_boolean, essai) : NULL;
	dossier->essai = essai != NULL && strcmp(essai, "oui") == 0;
}

/* An anomaly at a byte of the text. */
static void add_at_byte(struct yaml_reader *reader, enum anomalie_code code, const char *bytes,
			size_t offset)
{
	uint32_t ligne, colonne;

	yaml_position(bytes, offset, &ligne, &colonne);
	anomalies_add_at(reader->anomalies, code, YAML_PATH, ligne, colonne, NULL, NULL, NULL);
}

static bool parse_text(struct yaml_reader *reader, const char *bytes, size_t size)
{
	size_t first, length, before = reader->anomalies->count;
	char *text = yaml_without_controls(bytes, size, &first, &length);
	bool found;

	if (!yaml_parser_initialize(&reader->parser))
		_Exit(ERR_FAULT);
	yaml_plain_spaces(text, &length);
	reader->text = reader->line = text;
	yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader->parser, (const unsigned char *)text, length);
	found = read_stream(reader);
	yaml_event_delete(&reader->event);
	yaml_parser_delete(&reader->parser);
	free(text);
	/* A comment holds the character, so that no value tells it. */
	if (first < size && reader->anomalies->count == before)
		add_at_byte(reader, ANO_YML_CARACTERES, bytes, first);
	return found;
}

/* Notes the layout of a text whose bytes were refused, in the form that is given back. */
static void parse_layout(struct source *source)
{
	struct dossier dossier = {0};
	struct yaml_positions positions = {.source = source};
	struct anomalies anomalies = {0};

	parse_dossier(source->text, strlen(source->text), &dossier, &positions, &anomalies);
	dossier_free(&dossier);
	anomalies_free(&anomalies);
}

bool parse_dossier(const char *bytes, size_t size, struct dossier *dossier,
		   struct yaml_positions *positions, struct anomalies *anomalies)
{
	struct yaml_reader reader = {
	    .dossier = dossier, .positions = positions, .anomalies = anomalies};
	const struct yaml_section *pieces;
	size_t good;
	bool found;

	dossier->type = DEPOT_UNKNOWN;
	if (size >= 3 && memcmp(bytes, "\uFEFF", 3) == 0) {
		bytes += 3;
		size -= 3;
	}
	good = yaml_not_utf8(bytes, size);
	if (good < size) {
		add_at_byte(&reader, ANO_YML_ENCODAGE, bytes, good);
		if (positions->source != NULL && positions->source->text != NULL)
			parse_layout(positions->source);
		return false;
	}
	found = parse_text(&reader, bytes, size);
	positions->partial = reader.stopped;
	set_kind(dossier);
	pieces = yaml_section(positions, "pieces");
	if (pieces != NULL && dossier->piece_count > 0 && !reader.stopped &&
	    !reader.list_unusable) {
		dossier->pieces_ligne = pieces->ligne;
		dossier->pieces_colonne = pieces->colonne;
	}
	return found;
}
