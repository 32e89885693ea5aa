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

/* Whether it is UTF-16 or UTF-32. Without a BOM a NUL tells, as a dossier begins with ASCII. */
bool yaml_is_wide(const char *bytes, size_t size);

/* The first byte that is not UTF-8: `size` when all are, 0 for UTF-16 and UTF-32. */
size_t yaml_not_utf8(const char *bytes, size_t size);

/*
 * The text, for the caller to free, with each character that YAML refuses (controls, U+FFFE,
 * U+FFFF) replaced. libyaml decodes ahead and would stop before it has read one key; with the
 * character replaced, the value that holds it can be named. *length is the text's; *first is the
 * byte of the first replaced one, `size` when there is none.
 */
char *yaml_without_controls(const char *bytes, size_t size, size_t *first, size_t *length);

/* Makes ordinary spaces, in place, of those that word processors put beside a known key and its
 * colon at the beginning of a line: libyaml takes a no-break space for a letter. One character stays
 * one, so that lines and columns are those of the text. */
void yaml_plain_spaces(char *text, size_t *length);

/* Cuts off outer white space of any kind in place. */
void yaml_trim(char *text);

/* The text of a scalar event, for the caller to free; a NUL, made by an escape, is replaced. */
char *yaml_scalar_text(const yaml_event_t *event);

/*
 * The value that a scalar event stands for, for the caller to free: line breaks folded, NFC,
 * trimmed; NULL when it is missing (nothing, or YAML's null: `~`, `null`, `Null`, `NULL` unquoted). A value over 4 * YAML_VALUE_MAX bytes is cut and *too_long set,
 * since normalising a run of combining marks takes the square of its length.
 */
char *yaml_scalar_value(const yaml_event_t *event, bool *too_long);

#endif
