/* Shared by the files that read dossier.yaml: the reader, its events, its values. */
#ifndef SEGUR_PARSER_YAML_PRIVATE_H
#define SEGUR_PARSER_YAML_PRIVATE_H

#include "parser/parse_yaml.h"

#include <yaml.h>

struct yaml_reader {
	yaml_parser_t parser;
	yaml_event_t event; /* the last one read */
	struct dossier *dossier;
	struct yaml_positions *positions;
	struct anomalies *anomalies;
	unsigned events, depth;
	const char *text;
	bool *last_told;  /* of the value that was read last: the text may break off in it */
	const char *line; /* of the text, number `line_number` from 0; those before it are done */
	size_t line_number;
	bool stopped; /* said why; nothing more can be read */
	bool list_unusable;
	bool item_told; /* that an item of the list has not its form */
};

/* yaml_events.c: the key path "" is the text as a whole. */
void yaml_set_position(uint32_t *ligne, uint32_t *colonne, const yaml_mark_t *mark);
void yaml_tell(struct yaml_reader *reader, enum anomalie_code code, const char *chemin,
	       const yaml_mark_t *mark, const char *detail, const char *detail2);
/* Reads the next event; false when there is none, and ever after. */
bool yaml_next_event(struct yaml_reader *reader);
/* Refuses anchors, aliases and tags; false when the event has one. */
bool yaml_check_properties(struct yaml_reader *reader, const char *chemin);
/* Reads on to the end of the node that the last event began, or that the next one begins. */
void yaml_skip_node(struct yaml_reader *reader, const char *chemin);
void yaml_skip_next_node(struct yaml_reader *reader, const char *chemin);

/* yaml_value.c */
/* What a value may hold besides what people see. */
enum value_class {
	VALUE_PASTED, /* decoration (pasted.h): it is dropped, or folded away */
	VALUE_TEXT,   /* spaces of any kind: they are folded */
	VALUE_EXACT,  /* neither */
};

enum value_class yaml_value_class(enum value_kind kind);
/* Reads the value of a key that takes a scalar; false when an anomaly that blocks was added for it. */
bool yaml_read_value(struct yaml_reader *reader, const char *chemin, const yaml_mark_t *key,
		     struct valeur *valeur, enum value_class class);

#endif
