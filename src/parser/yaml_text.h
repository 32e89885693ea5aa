/* The bytes of dossier.yaml before libyaml sees them, and the texts that come of it. */
#ifndef SEGUR_PARSER_YAML_TEXT_H
#define SEGUR_PARSER_YAML_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <yaml.h>

/* Stands for a character that cannot be shown, here and in other programs. */
#define YAML_REPLACEMENT "\uFFFD"

/* Where a byte stands, from 1; columns are characters. */
void yaml_position(const char *bytes, size_t offset, uint32_t *ligne, uint32_t *colonne);

/* Whether it is UTF-16 or UTF-32, with a BOM or, since a dossier begins with ASCII, without. */
bool yaml_is_wide(const char *bytes, size_t size);

/* The first byte that is not UTF-8; `size` when all are. It is 0 for what is
 * wide. */
size_t yaml_not_utf8(const char *bytes, size_t size);

/*
 * The text, for the caller to free, with each character that YAML refuses (controls, U+FFFE,
 * U+FFFF) replaced: libyaml, which decodes ahead, would stop before it has read one key, while so
 * the value that holds it can be named. *length is the text's; *first the byte of the first one,
 * `size` when there is none.
 */
char *yaml_without_controls(const char *bytes, size_t size, size_t *first, size_t *length);

/* Cuts off outer white space in place, no-break spaces included. */
void yaml_trim(char *text);

/* The text of a scalar event, for the caller to free; a NUL, which an escape can make, is replaced.
 */
char *yaml_scalar_text(const yaml_event_t *event);

/*
 * The value that a scalar event stands for, for the caller to free: line breaks folded, NFC,
 * trimmed; NULL when it is missing. One over YAML_VALUE_MAX is cut, *too_long: normalising takes
 * the square of a run of combining marks.
 */
char *yaml_scalar_value(const yaml_event_t *event, bool *too_long);

#endif
