/* YAML as it goes out, through libyaml's emitter: one document in block style, lines unfolded. */
#ifndef SEGUR_PUBLISH_YAML_OUT_H
#define SEGUR_PUBLISH_YAML_OUT_H

#include "lib/buf.h"

#include <yaml.h>

/* Begins a document, which is written to the end of `out`; yaml_out_end frees the emitter. */
void yaml_out_begin(yaml_emitter_t *emitter, struct buf *out);
void yaml_out_end(yaml_emitter_t *emitter);

/* Emits an event that was `made` (libyaml: 0 for want of memory). */
void yaml_out_emit(yaml_emitter_t *emitter, yaml_event_t *event, int made);
void yaml_out_open(yaml_emitter_t *emitter); /* a mapping */
void yaml_out_close(yaml_emitter_t *emitter);

/* Texts are made valid UTF-8. */
void yaml_out_scalar(yaml_emitter_t *emitter, const char *text, yaml_scalar_style_t style);
void yaml_out_key(yaml_emitter_t *emitter, const char *name);
/* Texts are always quoted: YAML 1.1 reads a bare oui, date or SIRET as something else. */
void yaml_out_text(yaml_emitter_t *emitter, const char *name, const char *value);
/* Only our own words, numbers, oui, non and null go unquoted. */
void yaml_out_plain(yaml_emitter_t *emitter, const char *name, const char *value);

#endif
