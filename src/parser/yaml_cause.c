#include "parser/yaml_cause.h"

#include "lib/array.h"
#include "lib/buf.h"
#include "lib/mem.h"
#include "lib/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_MAX 160 /* bytes of a line that is shown again; a longer one is only described */

/* A line that reads "  - key: value", in parts of a copy. */
struct parts {
	char *line;  /* without its end; the parts point into it */
	char *key;   /* NULL when the line has no colon; with the dash before it, if any */
	char *value; /* trimmed, without a comment; "" for none */
};

/* --- lines --- */

static size_t line_size(const char *line)
{
	size_t size = 0;

	while (line[size] != '\0' && text_break(line + size, strnlen(line + size, 3)) == 0)
		size++;
	return size;
}

/* The next line; NULL after the last one. */
static const char *next_line(const char *line)
{
	line += line_size(line);
	line += text_break(line, strnlen(line, 3));
	return *line != '\0' ? line : NULL;
}

/* The line of that number, from 0; NULL when the text has fewer. */
static const char *find_line(const char *text, size_t number)
{
	const char *line = text;

	while (line != NULL && number-- > 0)
		line = next_line(line);
	return line;
}

static size_t indent_of(const char *line)
{
	return strspn(line, " ");
}

/* Whether nothing but blanks or a comment stands there. */
static bool is_idle(const char *line)
{
	size_t blank = strspn(line, " \t");

	return blank >= line_size(line) || line[blank] == '#';
}

static void cut_end(char *text)
{
	size_t size = strlen(text);

	while (size > 0 && strchr(" \t", text[size - 1]) != NULL)
		text[--size] = '\0';
}

/* The parts of a line, to be freed by its `line`. The key ends at the first colon. */
static struct parts split(const char *line)
{
	struct parts parts = {.line = mem_strndup(line, line_size(line))};
	char *start = parts.line + strspn(parts.line, " \t"), *colon = strchr(start, ':');
	char *comment;

	if (colon == NULL || colon == start || line_size(line) > SHOWN_MAX)
		return parts;
	*colon = '\0';
	parts.key = start;
	parts.value = colon + 1 + strspn(colon + 1, " \t");
	/* Between braces a line is more than a key and a value; an IBAN is not written out in mails. */
	if (strpbrk(parts.key, "{[") != NULL || *parts.value == '{' || *parts.value == '[' ||
	    strcmp(parts.key, "iban") == 0) {
		parts.key = NULL;
		return parts;
	}
	comment = strstr(parts.value, " #");
	if (comment != NULL)
		*comment = '\0';
	cut_end(parts.value);
	return parts;
}

/* `key: "value"`, as it is to be typed. */
static char *quoted_line(const char *key, const char *value)
{
	struct buf out = {0};

	buf_printf(&out, "Écrivez « %s: \"", key);
	for (; *value != '\0'; value++) {
		if (strchr("\"\\", *value) != NULL)
			buf_putc(&out, '\\');
		buf_putc(&out, *value);
	}
	buf_puts(&out, "\" »");
	return buf_take(&out);
}

static bool wants_quotes(const char *value)
{
	return *value == '\0' || strchr("&*!|>%@`[]{},#?-\"'", *value) != NULL ||
	       strstr(value, ": ") != NULL || value[strlen(value) - 1] == ':';
}

static char *plain_or_quoted(const char *key, const char *value)
{
	return wants_quotes(value) ? quoted_line(key, value)
				   : mem_printf("Écrivez « %s: %s »", key, value);
}

/* "à la ligne 12", "aux lignes 12 à 17": from 0. */
static char *where(size_t first, size_t last)
{
	return first == last ? mem_printf("à la ligne %zu", first + 1)
			     : mem_printf("de la ligne %zu à la ligne %zu", first + 1, last + 1);
}

/* --- causes --- */

static const char *bullet_of(const char *line)
{
	static const char *const bullets[] = {"•", "▪", "◦", "‣", "●", "–", "—"};
	const char *start = line + strspn(line, " ");

	for (size_t i = 0; i < ARRAY_SIZE(bullets); i++)
		if (strncmp(start, bullets[i], strlen(bullets[i])) == 0)
			return bullets[i];
	return NULL;
}

static struct reason bullet(const char *sign)
{
	return (struct reason){
	    mem_printf("« %s » n'est pas un tiret de liste", sign),
	    mem_printf("Remplacez « %s » par un tiret (-) suivi d'une espace, à chaque ligne de la "
		       "liste",
		       sign)};
}

static bool is_indented_by_tab(const char *line)
{
	size_t blank = strspn(line, " \t");

	return memchr(line, '\t', blank) != NULL && !is_idle(line);
}

/* Names all such lines at once. */
static struct reason tabs(const char *text)
{
	size_t first = 0, last = 0, number = 0, count = 0;
	struct reason reason;
	char *lines;

	for (const char *line = text; line != NULL; line = next_line(line), number++) {
		if (!is_indented_by_tab(line))
			continue;
		first = count == 0 ? number : first;
		last = number;
		count++;
	}
	lines = where(first, last);
	reason = (struct reason){
	    mem_printf("une tabulation sert de retrait (%zu ligne%s)", count, count > 1 ? "s" : ""),
	    mem_printf("Remplacez chaque tabulation du retrait par deux espaces, %s", lines)};
	free(lines);
	return reason;
}

/* A value that begins with a sign that YAML keeps for itself. */
static struct reason kept_sign(const struct parts *parts)
{
	if (parts->key == NULL || strchr("@`%", *parts->value) == NULL || *parts->value == '\0')
		return (struct reason){0};
	return (struct reason){mem_printf("une valeur ne peut pas commencer par « %c » sans "
					  "guillemets",
					  *parts->value),
			       quoted_line(parts->key, parts->value)};
}

/* The line above that is neither empty nor a comment; NULL for none. */
static const char *line_above(const char *text, const char *line)
{
	const char *above = NULL;

	for (const char *at = text; at != NULL && at < line; at = next_line(at))
		if (!is_idle(at))
			above = at;
	return above;
}

/* Of the indents further up the one that is nearest; of two equals the later line's. */
static size_t nearest_indent(const char *text, const char *line)
{
	size_t own = indent_of(line), best = own, distance = SIZE_MAX;

	for (const char *at = text; at != NULL && at < line; at = next_line(at)) {
		size_t indent = indent_of(at), apart = indent > own ? indent - own : own - indent;

		if (!is_idle(at) && apart <= distance) {
			best = indent;
			distance = apart;
		}
	}
	return best;
}

static struct reason indent(const char *text, const char *line)
{
	size_t own = indent_of(line), wanted = nearest_indent(text, line);

	if (wanted == own)
		return (struct reason){0};
	return (struct reason){
	    mem_printf("le retrait de cette ligne, de %zu espace%s, n'est celui d'aucune autre",
		       own, own > 1 ? "s" : ""),
	    wanted > 0 ? mem_printf("Commencez-la par %zu espace%s, comme ses voisines", wanted,
				    wanted > 1 ? "s" : "")
		       : mem_strdup("Ôtez les espaces qui la commencent, comme à ses voisines")};
}

/* A line that is moved in below a key that has a value already. */
static bool is_moved_in(const char *text, const char *line)
{
	const char *above = line_above(text, line);
	struct parts parts = above != NULL ? split(above) : (struct parts){0};
	bool moved = parts.key != NULL && parts.value[0] != '\0' &&
		     strchr("{[|>", parts.value[0]) == NULL && indent_of(line) > indent_of(above);

	free(parts.line);
	return moved;
}

static struct reason extra_colon(const char *text, const char *line, const struct parts *parts)
{
	if (parts->key != NULL && wants_quotes(parts->value) &&
	    (strstr(parts->value, ": ") != NULL ||
	     (*parts->value != '\0' && parts->value[strlen(parts->value) - 1] == ':')))
		return (struct reason){mem_strdup("la valeur contient un deux-points"),
				       quoted_line(parts->key, parts->value)};
	return is_moved_in(text, line) ? indent(text, line) : (struct reason){0};
}

/* "bic:CREXFR2L" */
static struct reason no_space(const struct parts *parts)
{
	if (parts->key == NULL || *parts->value == '\0' || parts->value[-1] != '\0')
		return (struct reason){0};
	return (struct reason){mem_strdup("il manque une espace après le deux-points"),
			       plain_or_quoted(parts->key, parts->value)};
}

/* A quote, or an apostrophe that a spreadsheet puts before a text. */
static struct reason open_quote(const struct parts *parts)
{
	bool apostrophe = parts->key != NULL && *parts->value == '\'';

	if (parts->key == NULL || (!apostrophe && *parts->value != '"') || parts->value[1] == '\0')
		return (struct reason){0};
	return (struct reason){
	    mem_strdup(apostrophe ? "une apostrophe ouvre la valeur, et n'est pas refermée"
				  : "des guillemets ouvrent la valeur, et ne sont pas refermés"),
	    plain_or_quoted(parts->key, parts->value + 1)};
}

static bool has_semicolon(const char *line)
{
	size_t size = line_size(line);

	return memchr(line, '{', size) != NULL && memchr(line, ';', size) != NULL && !is_idle(line);
}

/* Where semicolons stand for commas, on all lines at once. */
static struct reason semicolons(const char *text, const char *line)
{
	const char *start = line + strspn(line, " \t");
	char *mended = mem_strndup(start, line_size(start));
	size_t first = 0, last = 0, number = 0, count = 0;
	struct reason reason = {mem_strdup("un point-virgule y sépare les clés"), NULL};
	char *lines;

	for (const char *at = text; at != NULL; at = next_line(at), number++) {
		if (!has_semicolon(at))
			continue;
		first = count == 0 ? number : first;
		last = number;
		count++;
	}
	for (char *at = mended; (at = strchr(at, ';')) != NULL;)
		*at = ',';
	lines = where(first, last);
	reason.remedy =
	    strlen(mended) <= SHOWN_MAX
		? mem_printf("Mettez une virgule à sa place, %s : « %s »", lines, mended)
		: mem_printf("Mettez une virgule à sa place, %s", lines);
	free(lines);
	free(mended);
	return reason;
}

static struct reason cause_of(const char *text, enum yaml_fault fault, const char *line,
			      const struct parts *parts)
{
	switch (fault) {
	case FAULT_START:
		return is_indented_by_tab(line) ? tabs(text) : kept_sign(parts);
	case FAULT_INDENT:
		return is_indented_by_tab(line) ? tabs(text) : indent(text, line);
	case FAULT_COLON:
		return extra_colon(text, line, parts);
	case FAULT_NO_COLON:
		return no_space(parts);
	case FAULT_QUOTE:
		return open_quote(parts);
	case FAULT_FLOW:
		return has_semicolon(line) ? semicolons(text, line) : (struct reason){0};
	case FAULT_OTHER:
		break;
	}
	return (struct reason){0};
}

struct reason yaml_cause(const char *text, enum yaml_fault fault, size_t line)
{
	const char *found = find_line(text, line);
	struct reason reason;
	struct parts parts;

	if (found == NULL || is_idle(found))
		return (struct reason){0};
	if (bullet_of(found) != NULL)
		return bullet(bullet_of(found));
	parts = split(found);
	reason = cause_of(text, fault, found, &parts);
	free(parts.line);
	return reason;
}
