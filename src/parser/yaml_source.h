/* dossier.yaml as it goes back to its supplier: its text, and where something may be inserted. */
#ifndef SEGUR_PARSER_YAML_SOURCE_H
#define SEGUR_PARSER_YAML_SOURCE_H

#include "model/dossier.h"

#include <yaml.h>

/* Takes the bytes over as UTF-8: as they stand; those of UTF-16, of UTF-32 and, where they are not
 * UTF-8, of Windows-1252 are decoded. What YAML refuses is replaced, as yaml_without_controls
 * does. Nothing is kept of a text that this makes longer than DOSSIER_TEXT_MAX. */
void source_set_text(struct source *source, const char *bytes, size_t size);

/* Each takes NULL for a source that nobody wants. */

/* Notes the lines that a scalar goes on over; scalars come in their order. */
void source_note_scalar(struct source *source, const yaml_event_t *scalar);
/* Notes a section (`chemin`, "" for the top) that the event begins; `key` is its key's place, NULL
 * at the top. */
void source_note_section(struct source *source, const char *chemin, const yaml_mark_t *key,
			 const yaml_event_t *event);
/* Notes where the top's mapping ended. */
void source_note_end(struct source *source, const yaml_event_t *event);

#endif
