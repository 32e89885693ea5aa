/* Texts through the parser, their anomalies, and what goes back to the supplier. */
#ifndef SEGUR_CORRECTION_FIXTURE_H
#define SEGUR_CORRECTION_FIXTURE_H

#include "record/correction.h"

#include "lib/mem.h"
#include "lib/text.h"
#include "parser/validate.h"
#include "parser/yaml_source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define DATE 20514 /* 2026-03-02 */

/* What the parser says of a text; `rules` adds what only the parent can find missing. */
static inline void judge(struct findings *findings, const char *bytes, size_t size, bool rules)
{
	struct yaml_positions positions = {.source = &findings->source};
	struct valeur list = {0};

	*findings = (struct findings){.format_archive = mem_strdup("zip")};
	source_set_text(&findings->source, bytes, size);
	findings->readable =
	    parse_dossier(bytes, size, &findings->dossier, &positions, &findings->anomalies);
	if (findings->readable)
		validate_dossier(&findings->dossier, &positions, DATE, &findings->anomalies);
	list.ligne = findings->dossier.pieces_ligne;
	list.colonne = findings->dossier.pieces_colonne;
	if (rules && list.ligne > 0 && dossier_piece(&findings->dossier, PIECE_RIB) == NULL)
		anomalies_add(&findings->anomalies, ANO_BNK_RIB_ABSENT, "pieces", &list, NULL,
			      NULL);
	anomalies_sort(&findings->anomalies);
}

static inline char *annotated(const char *bytes, size_t size)
{
	struct findings findings;
	char *text;

	judge(&findings, bytes, size, true);
	text = correction_text(&findings);
	findings_free(&findings);
	return text;
}

static inline size_t line_of(const char *text)
{
	size_t length = 0, end = 0;

	while (text[length] != '\0' &&
	       (end = text_break(text + length,
				 strlen(text + length) < 3 ? strlen(text + length) : 3)) == 0)
		length++;
	return length + end;
}

/* What follows the head, which ends with the first empty mark. */
static inline const char *body(const char *text)
{
	const char *end = strstr(text, "#>>\n");

	return end != NULL ? end + 4 : text;
}

/* Each code and its place in few characters, instead of the catalogue's words. */
static inline char *outline(const char *text)
{
	struct buf out = {0};

	for (; *text != '\0'; text += line_of(text)) {
		const char *code = text + 4 + strspn(text + 4, " ");
		size_t length = line_of(text);

		if (strncmp(text, "#>>", 3) != 0 || length < 6 || *code != '#') {
			buf_add(&out, text, length);
		} else if (strncmp(code, "# À CORRIGER ", strlen("# À CORRIGER ")) == 0) {
			code += strlen("# À CORRIGER ");
			buf_add(&out, text, 4 + strspn(text + 4, " "));
			buf_printf(&out, "! %.*s\n", (int)strcspn(code, ","), code);
		} else if (strncmp(code, "#   À ajouter", strlen("#   À ajouter")) == 0 ||
			   strncmp(code, "# À mettre", strlen("# À mettre")) == 0) {
			buf_add(&out, text, length);
		}
	}
	return buf_take(&out);
}

#endif
