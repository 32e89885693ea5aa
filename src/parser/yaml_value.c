/* One value of dossier.yaml: what it may hold, and what YAML may have made of what was meant. */
#include "lib/mem.h"
#include "lib/pasted.h"
#include "lib/text.h"
#include "parser/yaml_private.h"
#include "parser/yaml_text.h"
#include "parser/yaml_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum value_class yaml_value_class(enum value_kind kind)
{
	switch (kind) {
	case KIND_TEXTE:
	case KIND_TITULAIRE:
		return VALUE_TEXT;
	case KIND_NUMERO_ANS:
	case KIND_EMAIL:
		return VALUE_EXACT;
	default:
		return VALUE_PASTED;
	}
}

/* Whether what a text begins with is allowed in no value of that class. U+FFFD neither: another
 * program left it for a character that it could not read. */
static bool is_forbidden(const char *text, enum value_class class)
{
	uint32_t hidden;

	if (strncmp(text, YAML_REPLACEMENT, strlen(YAML_REPLACEMENT)) == 0)
		return true;
	if (class == VALUE_PASTED && pasted_decoration(text) > 0)
		return false;
	if (text_hidden(text, &hidden) > 0)
		return true;
	return class == VALUE_EXACT && text_space(text) > 0 &&
	       (*text == '\t' || text_break(text, strnlen(text, 3)) > 0);
}

/* Tells the first character that the value may not hold, with its place; false when there is none. */
static bool tell_forbidden(struct yaml_reader *reader, const char *chemin,
			   const struct valeur *valeur, enum value_class class)
{
	char detail[DETAIL_SIZE];
	unsigned position = 1;
	uint32_t character = 0xFFFD;

	for (const char *at = valeur->text; *at != '\0'; at++) {
		if (((unsigned char)*at & 0xC0) == 0x80)
			continue;
		if (is_forbidden(at, class)) {
			if (text_hidden(at, &character) == 0 && *at == '\t')
				character = '\t';
			snprintf(detail, sizeof(detail), " (U+%04X, %u%s caractère)",
				 (unsigned)character, position, position == 1 ? "er" : "e");
			anomalies_add(reader->anomalies, ANO_YML_CARACTERES, chemin, valeur, detail,
				      NULL);
			return true;
		}
		position++;
	}
	return false;
}

/* What follows a mark on its line; NULL when it was passed. Marks are asked for in their order. */
static const char *text_after(struct yaml_reader *reader, const yaml_mark_t *mark)
{
	const char *at;

	if (mark->line < reader->line_number)
		return NULL;
	for (at = reader->line; reader->line_number < mark->line && *at != '\0';) {
		size_t end = text_break(at, strnlen(at, 3));

		reader->line_number += end > 0 ? 1 : 0;
		at += end > 0 ? end : 1;
	}
	reader->line = at;
	for (size_t i = 0; i < mark->column && *at != '\0'; i++)
		do
			at++;
		while (((unsigned char)*at & 0xC0) == 0x80);
	return at;
}

/* Tells of a comment that reads like the rest of the value: "Bât #2", "#Santé". */
static void tell_comment(struct yaml_reader *reader, const char *chemin,
			 const struct valeur *valeur)
{
	const char *rest = text_after(reader, &reader->event.end_mark);
	size_t blank = rest != NULL ? strspn(rest, " \t") : 0;
	char *comment, *whole;

	if (blank == 0 || rest[blank] != '#' || text_space(rest + blank + 1) > 0 ||
	    strchr("#!", rest[blank + 1]) != NULL)
		return;
	rest += blank;
	comment = mem_strndup(rest, strcspn(rest, "\r\n"));
	yaml_trim(comment);
	whole = mem_printf("\"%s%s%s\"", valeur->text != NULL ? valeur->text : "",
			   valeur->text != NULL ? " " : "", comment);
	anomalies_add(reader->anomalies, ANO_YML_DIESE, chemin, valeur, comment, whole);
	free(comment);
	free(whole);
}

/* Tells of a text that YAML takes for nothing, unless it is written as YAML writes it: a name may be
 * "Null". */
static void tell_null(struct yaml_reader *reader, const char *chemin, const struct valeur *valeur)
{
	char *word = yaml_scalar_text(&reader->event), *whole = mem_printf("\"%s\"", word);

	if (strcmp(word, "Null") == 0 || strcmp(word, "NULL") == 0)
		anomalies_add(reader->anomalies, ANO_YML_NUL, chemin, valeur, word, whole);
	free(word);
	free(whole);
}

bool yaml_read_value(struct yaml_reader *reader, const char *chemin, const yaml_mark_t *key,
		     struct valeur *valeur, enum value_class class)
{
	bool clean, too_long;

	yaml_set_position(&valeur->ligne, &valeur->colonne, key);
	if (!yaml_next_event(reader))
		return false;
	clean = yaml_check_properties(reader, chemin);
	if (reader->event.type == YAML_SCALAR_EVENT) {
		valeur->text = yaml_scalar_value(&reader->event, &too_long);
		if (valeur->text != NULL)
			yaml_set_position(&valeur->ligne, &valeur->colonne,
					  &reader->event.start_mark);
		if (class == VALUE_TEXT &&
		    reader->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
			tell_comment(reader, chemin, valeur);
			tell_null(reader, chemin, valeur);
		}
		if (valeur->text == NULL)
			return clean;
		if (too_long)
			anomalies_add(reader->anomalies, ANO_YML_TROP_LONG, chemin, valeur,
				      DECIMAL(YAML_VALUE_MAX), NULL);
		else if (!tell_forbidden(reader, chemin, valeur, class))
			return clean;
	} else if (reader->event.type != YAML_ALIAS_EVENT) {
		yaml_set_position(&valeur->ligne, &valeur->colonne, &reader->event.start_mark);
		anomalies_add(reader->anomalies, ANO_YML_VALEUR, chemin, valeur, NULL, NULL);
		yaml_skip_node(reader, chemin);
	}
	return false;
}
