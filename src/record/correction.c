#include "record/correction.h"

#include "lib/mem.h"
#include "lib/text.h"
#include "record/correction_text.h"

#include <stdlib.h>
#include <string.h>

#define INDENT_MAX    40 /* columns; deeper lines are marked there */
#define ANSWER_SUFFIX "_retour"
#define BOM	      "\uFEFF"

/* What is proposed with an anomaly. */
enum proposal {
	PROPOSAL_NONE,
	PROPOSAL_KEYS, /* lines to take the mark off */
	PROPOSAL_PIECE,
	PROPOSAL_PIECES, /* the list */
};

/* What stands above one line, in this order: the line's own faults come last. */
enum rank {
	RANK_BELOW_KEY, /* goes under the key before */
	RANK_ADDED,
	RANK_LIST, /* the items of a new list, together */
	RANK_IN_PLACE,
};

/* Where one anomaly is told. */
struct mark {
	const struct anomalie *anomalie;
	uint32_t ligne; /* the line below it; 0: in the head; past the last one: at the end */
	enum rank rank;
	enum proposal proposal;
	bool is_inline;	  /* in words: braces or brackets stand around */
	bool own_key;	  /* under a key of its own */
	bool replaces;	  /* in the place of what stands there */
	bool first_line;  /* the line's text must begin at `indent` */
	const char *base; /* the section that gets the keys */
	size_t indent;	  /* columns before what is proposed */
	size_t order;
};

struct plan {
	const struct findings *findings;
	struct mark marks[ANOMALIES_MAX];
	size_t count;
};

/* --- where each anomaly is told --- */

static const struct section_place *find(const struct source *source, const char *chemin)
{
	for (size_t i = 0; i < source->place_count; i++)
		if (strcmp(source->places[i].chemin, chemin) == 0)
			return &source->places[i];
	return NULL;
}

/* The innermost section of the text around a key path; NULL when the text has no top. */
static const struct section_place *around(const struct source *source, const char *chemin)
{
	char path[PLACE_PATH_SIZE] = "";
	const struct section_place *found = NULL;

	if (strlen(chemin) < sizeof(path))
		memcpy(path, chemin, strlen(chemin) + 1);
	while (found == NULL && path[0] != '\0') {
		char *dot = strrchr(path, '.');

		*(dot != NULL ? dot : path) = '\0';
		found = find(source, path);
	}
	return found;
}

/* Whether the section's keys or items stand on lines of their own. */
static bool is_block(const struct section_place *place)
{
	return place->style == PLACE_BLOCK && place->first_line > place->ligne;
}

static bool is_top_key(const char *chemin)
{
	for (size_t i = 0; i < CHAMP_COUNT; i++)
		if (strcmp(champ_table[i].chemin, chemin) == 0)
			return strchr(chemin, '.') == NULL;
	return false;
}

/* Before the first key or item of a section. */
static void put_first(struct mark *mark, const struct section_place *place)
{
	mark->ligne = place->first_line;
	mark->indent = place->first_column - 1;
	mark->first_line = true;
}

/* Under a key that has nothing after it. */
static void put_under(struct mark *mark, const struct section_place *place)
{
	mark->rank = RANK_BELOW_KEY;
	mark->ligne = place->ligne + 1;
	mark->indent = place->colonne - 1 + INDENT_KEY;
}

/* Above a key whose value is of no use. */
static void put_instead(const struct source *source, struct mark *mark,
			const struct section_place *place)
{
	const struct section_place *outer = around(source, place->chemin);

	mark->ligne = place->ligne;
	mark->indent = place->colonne - 1;
	mark->replaces = true;
	mark->is_inline = outer == NULL || !is_block(outer);
	mark->base = outer != NULL ? outer->chemin : "";
}

/* Whether the last line has no end. */
static bool is_unfinished(const char *text, size_t length)
{
	for (size_t back = 1; back <= 3 && back <= length; back++)
		if (text_break(text + length - back, back) == back)
			return false;
	return length > 0;
}

/* At the end of the document, since sections have no order. When the last value's last line has no
 * end, an added line could become a part of that value: then before the first key. */
static void put_last(const struct source *source, struct mark *mark,
		     const struct section_place *top)
{
	const struct continued_lines *last =
	    source->protection_count > 0 ? &source->protections[source->protection_count - 1]
					 : NULL;

	put_first(mark, top);
	if (top->end_line == 0 ||
	    (last != NULL && top->end_line == last->last_line + 1 && source->text != NULL &&
	     is_unfinished(source->text, strlen(source->text))))
		return;
	mark->ligne = top->end_line;
	mark->first_line = false;
}

static void place_in(const struct source *source, struct mark *mark,
		     const struct section_place *place, const char *chemin)
{
	mark->base = place->chemin;
	if (is_block(place)) {
		if (place->chemin[0] == '\0' && !is_top_key(chemin))
			put_last(source, mark, place);
		else
			put_first(mark, place);
	} else if (place->style == PLACE_EMPTY && place->ligne > 0) {
		put_under(mark, place);
	} else {
		mark->is_inline = true;
		mark->ligne = place->ligne > 0 ? place->ligne : place->first_line;
	}
}

/* A key that is not there, or a section without any of its keys. */
static void place_keys(const struct source *source, struct mark *mark)
{
	const char *chemin = mark->anomalie->chemin;
	const struct section_place *own = find(source, chemin), *outer = around(source, chemin);
	bool wrong = mark->anomalie->code == ANO_YML_SECTION;

	mark->rank = RANK_ADDED;
	mark->proposal = PROPOSAL_KEYS;
	if (own != NULL && (wrong || own->style == PLACE_OTHER ||
			    (own->style == PLACE_EMPTY && (outer == NULL || !is_block(outer)))))
		put_instead(source, mark, own);
	else if (own != NULL)
		place_in(source, mark, own, chemin);
	else if (outer != NULL)
		place_in(source, mark, outer, chemin);
	else
		*mark = (struct mark){.anomalie = mark->anomalie, .rank = RANK_IN_PLACE};
}

/* The key of that anomaly's path; CHAMP_COUNT for none. */
static size_t champ_of(const struct anomalie *anomalie)
{
	size_t i = 0;

	while (i < CHAMP_COUNT && strcmp(champ_table[i].chemin, anomalie->chemin) != 0)
		i++;
	return i;
}

static bool is_missing_key(const struct dossier *dossier, const struct anomalie *anomalie)
{
	size_t champ = champ_of(anomalie);

	if (champ < CHAMP_COUNT)
		return dossier->champs[champ].ligne == 0 &&
		       anomalie->code == champ_table[champ].absent;
	for (size_t i = 0; i < CHAMP_COUNT && anomalie->chemin[0] != '\0'; i++)
		if (champ_below(champ_table[i].chemin, anomalie->chemin) != NULL &&
		    (anomalie->code == champ_table[i].absent || anomalie->code == ANO_YML_SECTION))
			return true;
	return false;
}

static enum piece_type missing_piece(const struct anomalie *anomalie)
{
	const char *name = catalogue[anomalie->code].piece;

	if (anomalie->code == ANO_CYC_PIECE_DEMANDEE_ABSENTE)
		name = anomalie->detail;
	return name != NULL ? piece_type_from(name) : PIECE_TYPE_UNKNOWN;
}

/* A document that the list lacks, or whose list is missing. */
static void place_piece(const struct source *source, struct mark *mark)
{
	const struct section_place *list = find(source, "pieces"), *top = find(source, "");
	bool lines = top != NULL && is_block(top);

	if (list == NULL && !lines)
		return;
	mark->rank = RANK_ADDED;
	mark->proposal = PROPOSAL_PIECE;
	if (list == NULL) {
		put_last(source, mark, top);
		mark->rank = RANK_LIST;
		mark->own_key = true;
	} else if (is_block(list)) {
		put_first(mark, list);
	} else if (list->style == PLACE_EMPTY && lines) {
		put_under(mark, list);
	} else {
		mark->ligne = list->ligne;
		mark->is_inline = true;
	}
}

/* A list that is missing, or a value that is no list. */
static void place_list(const struct source *source, struct mark *mark)
{
	const struct section_place *list = find(source, "pieces"), *top = find(source, "");

	mark->rank = RANK_ADDED;
	if (list != NULL && list->style == PLACE_EMPTY && top != NULL && is_block(top)) {
		mark->proposal = PROPOSAL_PIECES;
		put_under(mark, list);
	} else if (list != NULL && is_block(list)) { /* its key may stay */
		mark->proposal = PROPOSAL_PIECES;
		mark->replaces = true;
		put_first(mark, list);
	} else if (list != NULL) {
		mark->proposal = PROPOSAL_PIECES;
		mark->own_key = true;
		put_instead(source, mark, list);
		mark->is_inline = false;
	} else if (top != NULL && is_block(top)) {
		mark->proposal = PROPOSAL_PIECES;
		mark->rank = RANK_LIST;
		mark->own_key = true;
		put_last(source, mark, top);
	}
}

/* The first line of the item that must go. */
static void place_item(const struct dossier *dossier, struct mark *mark)
{
	size_t index;

	if (strncmp(mark->anomalie->chemin, "pieces[", strlen("pieces[")) != 0)
		return;
	index = strtoul(mark->anomalie->chemin + strlen("pieces["), NULL, 10);
	if (index < dossier->piece_count && dossier->pieces[index].ligne > 0)
		mark->ligne = dossier->pieces[index].ligne;
}

/* Moves a line inside a value that goes on over several lines to above that value. */
static uint32_t unprotected(const struct source *source, uint32_t ligne)
{
	for (size_t i = source->protection_count; i-- > 0;)
		if (source->protections[i].first_line <= ligne &&
		    ligne <= source->protections[i].last_line)
			ligne = source->protections[i].first_line - 1;
	return ligne;
}

/* An unlisted file that would be taken: the others must go, and no line is made ready for them. */
static bool may_be_listed(const struct anomalie *anomalie)
{
	return anomalie->code == ANO_PJ_NON_LISTEE && anomalie->valeur != NULL;
}

/* Items that have not the form of a piece: told of the first, mended as a whole list. */
static bool is_bad_item(const struct anomalie *anomalie)
{
	return anomalie->code == ANO_YML_SECTION &&
	       strncmp(anomalie->chemin, "pieces[", strlen("pieces[")) == 0;
}

static struct mark place_mark(const struct findings *findings, const struct anomalie *anomalie)
{
	const struct source *source = &findings->source;
	size_t champ = champ_of(anomalie);
	struct mark mark = {
	    .anomalie = anomalie, .ligne = anomalie->ligne, .rank = RANK_IN_PLACE, .base = ""};

	if (missing_piece(anomalie) != PIECE_TYPE_UNKNOWN || may_be_listed(anomalie))
		place_piece(source, &mark);
	else if (anomalie->code == ANO_PJ_LISTE_ABSENTE || anomalie->code == ANO_YML_LISTE ||
		 is_bad_item(anomalie))
		place_list(source, &mark);
	else if (is_missing_key(&findings->dossier, anomalie))
		place_keys(source, &mark);
	else if (catalogue[anomalie->code].to_remove)
		place_item(&findings->dossier, &mark);
	else if (champ < CHAMP_COUNT && anomalie->code == champ_table[champ].absent)
		mark.ligne = findings->dossier.champs[champ].ligne; /* nothing after the key */
	mark.ligne = source->text != NULL ? unprotected(source, mark.ligne) : 0;
	if (mark.indent > INDENT_MAX)
		mark.proposal = PROPOSAL_NONE;
	return mark;
}

static int compare_marks(const void *left, const void *right)
{
	const struct mark *a = left, *b = right;

	if (a->ligne != b->ligne)
		return a->ligne < b->ligne ? -1 : 1;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

static void make_plan(struct plan *plan, const struct findings *findings)
{
	plan->findings = findings;
	for (size_t i = 0; i < findings->anomalies.count && plan->count < ANOMALIES_MAX; i++) {
		plan->marks[plan->count] = place_mark(findings, &findings->anomalies.items[i]);
		plan->marks[plan->count].order = plan->count;
		plan->count++;
	}
	qsort(plan->marks, plan->count, sizeof(*plan->marks), compare_marks);
}

/* --- the annotated text --- */

/* Puts the key of a missing list, once; returns the indent of its items. */
static size_t put_list_key(const struct page *page, const struct plan *plan,
			   const struct mark *mark)
{
	bool first = true;

	for (size_t i = 0; i < plan->count; i++)
		if (plan->marks[i].proposal == PROPOSAL_PIECE && plan->marks[i].own_key &&
		    plan->marks[i].order < mark->order)
			first = false;
	if (first)
		correction_list_key(page, mark->indent);
	return mark->indent + INDENT_KEY;
}

static void propose(const struct page *page, const struct plan *plan, const struct mark *mark)
{
	const struct anomalie *anomalie = mark->anomalie;
	const struct dossier *dossier = &plan->findings->dossier;
	size_t indent = mark->indent;
	bool unlisted = anomalie->code == ANO_PJ_NON_LISTEE;
	enum piece_type type = missing_piece(anomalie);

	if (mark->proposal != PROPOSAL_NONE && mark->replaces)
		correction_comment(page, indent, "À mettre à la place de ce qui suit :");
	switch (mark->proposal) {
	case PROPOSAL_NONE:
		break;
	case PROPOSAL_KEYS:
		(mark->is_inline ? correction_keys_inline : correction_keys)(
		    page, indent, dossier, mark->base, anomalie->chemin);
		break;
	case PROPOSAL_PIECE:
		if (mark->own_key)
			indent = put_list_key(page, plan, mark);
		(mark->is_inline ? correction_piece_inline : correction_piece)(
		    page, indent, type, unlisted ? anomalie->detail : NULL);
		break;
	case PROPOSAL_PIECES:
		if (mark->own_key) {
			correction_list_key(page, indent);
			indent += INDENT_KEY;
		}
		correction_pieces(page, indent, dossier, anomalie->detail2);
		break;
	}
}

/* `line`: the line that the mark stands above; NULL at the end. */
static void put_mark(const struct page *page, const struct plan *plan, const struct mark *mark,
		     const char *line)
{
	size_t spaces = line != NULL ? strspn(line, " ") : 0;
	struct mark shown = *mark;

	/* Nothing can be put before an explicit key ("? "), say. */
	if (mark->first_line && spaces != mark->indent)
		shown.proposal = PROPOSAL_NONE;
	if (mark->rank == RANK_IN_PLACE || mark->is_inline || shown.proposal == PROPOSAL_NONE)
		shown.indent = spaces < INDENT_MAX ? spaces : INDENT_MAX;
	correction_anomaly(page, shown.indent, shown.anomalie);
	propose(page, plan, &shown);
}

/* The line end that the text itself has. */
static const char *line_end(const char *text)
{
	const char *end = strpbrk(text, "\r\n");

	if (end == NULL || *end == '\n')
		return "\n";
	return end[1] == '\n' ? "\r\n" : "\r";
}

static size_t line_length(const char *line, size_t left)
{
	size_t length = 0, end = 0;

	while (length < left && (end = text_break(line + length, left - length)) == 0)
		length++;
	return length + end;
}

static void put_head(const struct page *page, const struct plan *plan, size_t *next)
{
	correction_head(page, plan->findings);
	if (plan->count > 0 && plan->marks[0].ligne == 0)
		correction_empty(page);
	for (; *next < plan->count && plan->marks[*next].ligne == 0; ++*next)
		put_mark(page, plan, &plan->marks[*next], NULL);
	correction_empty(page);
}

/* Puts the lines of the text, each below its marks; those that we had added earlier go. */
static void put_lines(const struct page *page, const struct plan *plan, const char *text,
		      size_t next)
{
	const struct source *source = &plan->findings->source;
	size_t left = strlen(text), protection = 0;

	for (uint32_t ligne = 1; left > 0; ligne++) {
		size_t length = line_length(text, left);
		bool inside;

		while (protection < source->protection_count &&
		       source->protections[protection].last_line < ligne)
			protection++;
		inside = protection < source->protection_count &&
			 source->protections[protection].first_line <= ligne;
		for (; next < plan->count && plan->marks[next].ligne <= ligne; next++)
			put_mark(page, plan, &plan->marks[next], text);
		if (inside || !correction_is_mark(text, length))
			buf_add(page->out, text, length);
		text += length;
		left -= length;
	}
	if (next < plan->count && is_unfinished(page->out->data, page->out->length))
		buf_puts(page->out, page->line_end);
	for (; next < plan->count; next++)
		put_mark(page, plan, &plan->marks[next], NULL);
}

static bool is_empty_dossier(const struct findings *findings)
{
	for (size_t i = 0; i < findings->anomalies.count; i++)
		if (findings->anomalies.items[i].code == ANO_YML_VIDE)
			return true;
	return findings->source.text == NULL;
}

char *correction_text(const struct findings *findings)
{
	const char *text = findings->source.text != NULL ? findings->source.text : "";
	struct plan *plan = mem_alloc(sizeof(*plan));
	struct buf out = {0};
	struct page page = {&out, line_end(text)};
	size_t next = 0;

	make_plan(plan, findings);
	if (strncmp(text, BOM, strlen(BOM)) == 0) {
		buf_puts(&out, BOM);
		text += strlen(BOM);
	}
	put_head(&page, plan, &next);
	put_lines(&page, plan, text, next);
	if (is_empty_dossier(findings)) {
		if (is_unfinished(out.data, out.length))
			buf_puts(&out, page.line_end);
		correction_model(&page);
	}
	free(plan);
	return buf_take(&out);
}

/* --- recording and publishing --- */

/* X_retour.yaml -> X_a_corriger.yaml: one name for one answer. */
static char *file_name(const char *retour_nom)
{
	const char *found = NULL;

	for (const char *at = retour_nom; (at = strstr(at, ANSWER_SUFFIX)) != NULL; at++)
		found = at;
	if (found == NULL)
		return mem_printf("%s_a_corriger.yaml", retour_nom);
	return mem_printf("%.*s_a_corriger%s", (int)(found - retour_nom), retour_nom,
			  found + strlen(ANSWER_SUFFIX));
}

/* NULL for what a register does not tell. */
static const char *told_or_null(const char *text)
{
	return text != NULL && text[0] != '\0' && strcmp(text, INSEE_UNPUBLISHED) != 0 ? text
										       : NULL;
}

void correction_record(struct root *root, int64_t depot, const struct findings *findings,
		       const struct facts *facts, const char *retour_nom)
{
	char *name = file_name(retour_nom), *text = correction_text(findings);
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_CORRECTION_INSERT);

	bind_int(stmt, CORRECTION_INSERT_P_DEPOT, depot);
	bind_text(stmt, CORRECTION_INSERT_P_NOM, name);
	bind_text(stmt, CORRECTION_INSERT_P_TEXTE, text);
	bind_int(stmt, CORRECTION_INSERT_P_MODELE, findings->source.text == NULL);
	bind_text(stmt, CORRECTION_INSERT_P_SIRET, told_or_null(facts->siret));
	bind_text(stmt, CORRECTION_INSERT_P_DENOMINATION,
		  facts->acces ? told_or_null(facts->establishment.denomination) : NULL);
	bind_text(stmt, CORRECTION_INSERT_P_NUMERO_ANS,
		  dossier_get(&findings->dossier, CHAMP_REFERENCEMENT_NUMERO_ANS));
	bind_text(stmt, CORRECTION_INSERT_P_LOGICIEL, facts->referencing.logiciel);
	bind_text(stmt, CORRECTION_INSERT_P_VERSION, facts->referencing.version);
	store_run(root->store, stmt);
	free(name);
	free(text);
}

void correction_render(struct root *root, int64_t depot, struct buf *out)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_OUTPUT_CORRECTION);

	bind_int(stmt, OUTPUT_CORRECTION_P_DEPOT, depot);
	if (!store_step(root->store, stmt))
		return;
	buf_puts(out, column_text(stmt, OUTPUT_CORRECTION_TEXTE));
	sqlite3_reset(stmt);
}
