/* dossier.yaml as it goes back to its supplier: its text, and where something may be inserted. */
#ifndef SEGUR_PARSER_YAML_SOURCE_H
#define SEGUR_PARSER_YAML_SOURCE_H

#include "model/dossier.h"

#include <yaml.h>

/* Keeps the text as UTF-8. UTF-16 and UTF-32 are decoded; other bytes that are not UTF-8 are read
 * as Windows-1252. What YAML refuses is replaced, as yaml_without_controls does. Nothing is kept of
 * a text that this makes longer than DOSSIER_TEXT_MAX. */
void source_set_text(struct source *source, const char *bytes, size_t size);

/* The functions below take NULL for a source that nobody wants. */

/* Notes the further lines of a scalar; scalars come in the order of the text. */
void source_note_scalar(struct source *source, const yaml_event_t *scalar);
/* Notes a section (`chemin`, "" for the top) that the event begins; `key` is its key's place, NULL
 * at the top. */
void source_note_section(struct source *source, const char *chemin, const yaml_mark_t *key,
			 const yaml_event_t *event);
/* Notes where the top's mapping ended. */
void source_note_end(struct source *source, const yaml_event_t *event);

#endif
