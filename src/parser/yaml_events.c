/* dossier.yaml event by event: what libyaml finds wrong, the bounds, and what no node may bear. */
#include "lib/error.h"
#include "parser/yaml_cause.h"
#include "parser/yaml_private.h"
#include "parser/yaml_source.h"
#include "parser/yaml_words.h"

#include <stdlib.h>

void yaml_set_position(uint32_t *ligne, uint32_t *colonne, const yaml_mark_t *mark)
{
	*ligne = (uint32_t)mark->line + 1;
	*colonne = (uint32_t)mark->column + 1;
}

void yaml_tell(struct yaml_reader *reader, enum anomalie_code code, const char *chemin,
	       const yaml_mark_t *mark, const char *detail, const char *detail2)
{
	uint32_t ligne, colonne;

	yaml_set_position(&ligne, &colonne, mark);
	anomalies_add_at(reader->anomalies, code, chemin[0] != '\0' ? chemin : YAML_PATH, ligne,
			 colonne, NULL, detail, detail2);
}

/* What was said of the form of the very line where the text breaks off follows from that. */
static void drop_told_at(struct anomalies *anomalies, const yaml_mark_t *mark)
{
	for (size_t i = anomalies->count; i-- > 0;) {
		enum anomalie_code code = anomalies->items[i].code;

		if (anomalies->items[i].ligne == mark->line + 1 &&
		    (code == ANO_YML_SECTION || code == ANO_YML_LISTE || code == ANO_YML_VALEUR))
			anomalies_drop(anomalies, i);
	}
}

static void tell_problem(struct yaml_reader *reader, const struct yaml_problem *problem,
			 const yaml_mark_t *mark)
{
	struct reason cause = yaml_cause(reader->text, problem->fault, mark->line);

	yaml_tell(reader, problem->code, "", mark, cause.why != NULL ? cause.why : problem->detail,
		  cause.remedy != NULL
		      ? cause.remedy
		      : "Corrigez à cet endroit : retrait par des espaces, un espace après chaque "
			"deux-points, guillemets fermés");
	reason_free(&cause);
}

static void stop_at_problem(struct yaml_reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	const struct yaml_problem *problem = yaml_problem_of(parser->problem);
	const yaml_mark_t *mark =
	    problem->at_context ? &parser->context_mark : &parser->problem_mark;

	/* Want of memory says nothing of the dossier: the drop becomes an incident. */
	if (parser->error == YAML_MEMORY_ERROR)
		_Exit(ERR_FAULT);
	drop_told_at(reader->anomalies, mark);
	if (problem->fault == FAULT_FLOW && reader->last_told != NULL)
		*reader->last_told = true;
	tell_problem(reader, problem, mark);
	reader->stopped = true;
}

static void stop_at_limit(struct yaml_reader *reader, const char *why, const char *remedy)
{
	yaml_tell(reader, ANO_YML_PROFONDEUR, "", &reader->event.start_mark, why, remedy);
	reader->stopped = true;
}

bool yaml_next_event(struct yaml_reader *reader)
{
	yaml_event_delete(&reader->event);
	if (reader->stopped)
		return false;
	if (!yaml_parser_parse(&reader->parser, &reader->event)) {
		stop_at_problem(reader);
		return false;
	}
	switch (reader->event.type) {
	case YAML_SCALAR_EVENT:
		source_note_scalar(reader->positions->source, &reader->event);
		break;
	case YAML_MAPPING_START_EVENT:
	case YAML_SEQUENCE_START_EVENT:
		reader->depth++;
		break;
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		reader->depth--;
		break;
	default:
		break;
	}
	if (reader->depth > YAML_DEPTH_MAX)
		stop_at_limit(reader, "imbrique trop de rubriques ou de listes",
			      "Supprimez les crochets, les accolades ou les retraits en trop");
	else if (++reader->events > YAML_EVENTS_MAX)
		stop_at_limit(reader, "compte trop de lignes",
			      "Ne gardez que les clés attendues et les pièces demandées");
	return !reader->stopped;
}

bool yaml_check_properties(struct yaml_reader *reader, const char *chemin)
{
	const yaml_event_t *event = &reader->event;
	const yaml_char_t *anchor = NULL, *tag = NULL;

	switch (event->type) {
	case YAML_ALIAS_EVENT:
		anchor = event->data.alias.anchor;
		break;
	case YAML_SCALAR_EVENT:
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
		break;
	default:
		break;
	}
	if (anchor != NULL)
		yaml_tell(reader, ANO_YML_ANCRE, chemin, &event->start_mark, NULL, NULL);
	if (tag != NULL)
		yaml_tell(reader, ANO_YML_ETIQUETTE, chemin, &event->start_mark, NULL, NULL);
	return anchor == NULL && tag == NULL;
}

void yaml_skip_node(struct yaml_reader *reader, const char *chemin)
{
	bool collection = reader->event.type == YAML_MAPPING_START_EVENT ||
			  reader->event.type == YAML_SEQUENCE_START_EVENT;
	unsigned outside = reader->depth - 1;

	while (collection && reader->depth > outside && yaml_next_event(reader))
		yaml_check_properties(reader, chemin);
}

void yaml_skip_next_node(struct yaml_reader *reader, const char *chemin)
{
	if (yaml_next_event(reader)) {
		yaml_check_properties(reader, chemin);
		yaml_skip_node(reader, chemin);
	}
}
