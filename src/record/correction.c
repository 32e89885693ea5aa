#include "record/correction.h"

#include "lib/mem.h"
#include "lib/text.h"
#include "record/correction_text.h"

#include <stdlib.h>
#include <string.h>

#define RETRAIT_MAX 40 /* columns; deeper lines are marked there */
#define RETOUR	    "_retour"
#define BOM	    "\uFEFF"

/* What is proposed with an anomaly. */
enum ajout {
	AJOUT_RIEN,
	AJOUT_CLES, /* lines to take the mark off */
	AJOUT_PIECE,
	AJOUT_PIECES, /* the list */
};

/* What is told above one line, in that order: its own faults right above it. */
enum rang {
	RANG_SOUS_CLE, /* goes under the key before */
	RANG_AJOUT,
	RANG_LISTE, /* the items of a new list, together */
	RANG_EN_PLACE,
};

/* Where one anomaly is told. */
struct marque {
	const struct anomalie *anomalie;
	uint32_t ligne; /* before which; 0: in the head; past the last one: at the end */
	enum rang rang;
	enum ajout ajout;
	bool en_ligne;	  /* in words: there are braces or brackets around */
	bool rubrique;	  /* under a key of its own */
	bool remplace;	  /* in the place of what stands there */
	bool premiere;	  /* the line must begin with what is at `retrait` */
	const char *base; /* the section that gets the keys */
	size_t retrait;	  /* columns before what is proposed */
	size_t ordre;
};

struct plan {
	const struct constat *constat;
	struct marque marques[ANOMALIES_MAX];
	size_t count;
};

/* --- where each anomaly is told -------------------------------------------------------------- */

static const struct repere *find(const struct source *source, const char *chemin)
{
	for (size_t i = 0; i < source->repere_count; i++)
		if (strcmp(source->reperes[i].chemin, chemin) == 0)
			return &source->reperes[i];
	return NULL;
}

/* The section that a key path is in, of those that the text has; NULL when it has no top. */
static const struct repere *around(const struct source *source, const char *chemin)
{
	char path[REPERE_CHEMIN_MAX] = "";
	const struct repere *found = NULL;

	if (strlen(chemin) < sizeof(path))
		memcpy(path, chemin, strlen(chemin) + 1);
	while (found == NULL && path[0] != '\0') {
		char *dot = strrchr(path, '.');

		*(dot != NULL ? dot : path) = '\0';
		found = find(source, path);
	}
	return found;
}

/* Whether its keys, or items, stand on lines of their own. */
static bool is_block(const struct repere *repere)
{
	return repere->style == REPERE_BLOC && repere->premiere > repere->ligne;
}

static bool is_top_key(const char *chemin)
{
	for (size_t i = 0; i < CHAMP_COUNT; i++)
		if (strcmp(champ_table[i].chemin, chemin) == 0)
			return strchr(chemin, '.') == NULL;
	return false;
}

/* Before the first key or item of a section. */
static void put_first(struct marque *marque, const struct repere *repere)
{
	marque->ligne = repere->premiere;
	marque->retrait = repere->premiere_colonne - 1;
	marque->premiere = true;
}

/* Under a key that has nothing after it. */
static void put_under(struct marque *marque, const struct repere *repere)
{
	marque->rang = RANG_SOUS_CLE;
	marque->ligne = repere->ligne + 1;
	marque->retrait = repere->colonne - 1 + RETRAIT_CLE;
}

/* Above a key whose value is of no use. */
static void put_instead(const struct source *source, struct marque *marque,
			const struct repere *repere)
{
	const struct repere *outer = around(source, repere->chemin);

	marque->ligne = repere->ligne;
	marque->retrait = repere->colonne - 1;
	marque->remplace = true;
	marque->en_ligne = outer == NULL || !is_block(outer);
	marque->base = outer != NULL ? outer->chemin : "";
}

/* Whether the last line has no end. */
static bool is_unfinished(const char *text, size_t length)
{
	for (size_t back = 1; back <= 3 && back <= length; back++)
		if (text_break(text + length - back, back) == back)
			return false;
	return length > 0;
}

/* At the end of the document: sections, which have no order. After a last line that has no end
 * something could become a part of its value. */
static void put_last(const struct source *source, struct marque *marque, const struct repere *top)
{
	const struct protection *last = source->protection_count > 0
					    ? &source->protections[source->protection_count - 1]
					    : NULL;

	put_first(marque, top);
	if (top->fin == 0 ||
	    (last != NULL && top->fin == last->derniere + 1 && source->texte != NULL &&
	     is_unfinished(source->texte, strlen(source->texte))))
		return;
	marque->ligne = top->fin;
	marque->premiere = false;
}

static void place_in(const struct source *source, struct marque *marque,
		     const struct repere *repere, const char *chemin)
{
	marque->base = repere->chemin;
	if (is_block(repere)) {
		if (repere->chemin[0] == '\0' && !is_top_key(chemin))
			put_last(source, marque, repere);
		else
			put_first(marque, repere);
	} else if (repere->style == REPERE_VIDE && repere->ligne > 0) {
		put_under(marque, repere);
	} else {
		marque->en_ligne = true;
		marque->ligne = repere->ligne > 0 ? repere->ligne : repere->premiere;
	}
}

/* A key that is not there, or a section without any of its keys. */
static void place_keys(const struct source *source, struct marque *marque)
{
	const char *chemin = marque->anomalie->chemin;
	const struct repere *own = find(source, chemin), *outer = around(source, chemin);
	bool wrong = marque->anomalie->code == ANO_YML_SECTION;

	marque->rang = RANG_AJOUT;
	marque->ajout = AJOUT_CLES;
	if (own != NULL && (wrong || own->style == REPERE_AUTRE ||
			    (own->style == REPERE_VIDE && (outer == NULL || !is_block(outer)))))
		put_instead(source, marque, own);
	else if (own != NULL)
		place_in(source, marque, own, chemin);
	else if (outer != NULL)
		place_in(source, marque, outer, chemin);
	else
		*marque = (struct marque){.anomalie = marque->anomalie, .rang = RANG_EN_PLACE};
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
	return name != NULL ? piece_type_from(name) : PIECE_TYPE_INCONNU;
}

/* A document that the list lacks, or that calls for a list. */
static void place_piece(const struct source *source, struct marque *marque)
{
	const struct repere *list = find(source, "pieces"), *top = find(source, "");
	bool lines = top != NULL && is_block(top);

	if (list == NULL && !lines)
		return;
	marque->rang = RANG_AJOUT;
	marque->ajout = AJOUT_PIECE;
	if (list == NULL) {
		put_last(source, marque, top);
		marque->rang = RANG_LISTE;
		marque->rubrique = true;
	} else if (is_block(list)) {
		put_first(marque, list);
	} else if (list->style == REPERE_VIDE && lines) {
		put_under(marque, list);
	} else {
		marque->ligne = list->ligne;
		marque->en_ligne = true;
	}
}

/* A list that is not there, or that is not one. */
static void place_list(const struct source *source, struct marque *marque)
{
	const struct repere *list = find(source, "pieces"), *top = find(source, "");

	marque->rang = RANG_AJOUT;
	if (list != NULL && list->style == REPERE_VIDE && top != NULL && is_block(top)) {
		marque->ajout = AJOUT_PIECES;
		put_under(marque, list);
	} else if (list != NULL) {
		marque->ajout = AJOUT_PIECES;
		marque->rubrique = true;
		put_instead(source, marque, list);
		marque->en_ligne = false;
	} else if (top != NULL && is_block(top)) {
		marque->ajout = AJOUT_PIECES;
		marque->rang = RANG_LISTE;
		marque->rubrique = true;
		put_last(source, marque, top);
	}
}

/* The first line of the item that must go. */
static void place_item(const struct dossier *dossier, struct marque *marque)
{
	size_t index;

	if (strncmp(marque->anomalie->chemin, "pieces[", strlen("pieces[")) != 0)
		return;
	index = strtoul(marque->anomalie->chemin + strlen("pieces["), NULL, 10);
	if (index < dossier->piece_count && dossier->pieces[index].ligne > 0)
		marque->ligne = dossier->pieces[index].ligne;
}

/* Out of the values that go on over several lines, to above the first of these. */
static uint32_t unprotected(const struct source *source, uint32_t ligne)
{
	for (size_t i = source->protection_count; i-- > 0;)
		if (source->protections[i].premiere <= ligne &&
		    ligne <= source->protections[i].derniere)
			ligne = source->protections[i].premiere - 1;
	return ligne;
}

static struct marque place(const struct constat *constat, const struct anomalie *anomalie)
{
	const struct source *source = &constat->source;
	size_t champ = champ_of(anomalie);
	struct marque marque = {
	    .anomalie = anomalie, .ligne = anomalie->ligne, .rang = RANG_EN_PLACE, .base = ""};

	if (missing_piece(anomalie) != PIECE_TYPE_INCONNU || anomalie->code == ANO_PJ_NON_LISTEE)
		place_piece(source, &marque);
	else if (anomalie->code == ANO_PJ_LISTE_ABSENTE || anomalie->code == ANO_YML_LISTE)
		place_list(source, &marque);
	else if (is_missing_key(&constat->dossier, anomalie))
		place_keys(source, &marque);
	else if (catalogue[anomalie->code].retirer)
		place_item(&constat->dossier, &marque);
	else if (champ < CHAMP_COUNT && anomalie->code == champ_table[champ].absent)
		marque.ligne = constat->dossier.champs[champ].ligne; /* nothing after the key */
	marque.ligne = source->texte != NULL ? unprotected(source, marque.ligne) : 0;
	if (marque.retrait > RETRAIT_MAX)
		marque.ajout = AJOUT_RIEN;
	return marque;
}

static int compare(const void *left, const void *right)
{
	const struct marque *a = left, *b = right;

	if (a->ligne != b->ligne)
		return a->ligne < b->ligne ? -1 : 1;
	if (a->rang != b->rang)
		return a->rang < b->rang ? -1 : 1;
	return (a->ordre > b->ordre) - (a->ordre < b->ordre);
}

static void make_plan(struct plan *plan, const struct constat *constat)
{
	plan->constat = constat;
	for (size_t i = 0; i < constat->anomalies.count && plan->count < ANOMALIES_MAX; i++) {
		plan->marques[plan->count] = place(constat, &constat->anomalies.items[i]);
		plan->marques[plan->count].ordre = plan->count;
		plan->count++;
	}
	qsort(plan->marques, plan->count, sizeof(*plan->marques), compare);
}

/* --- the annotated text ---------------------------------------------------------------------- */

/* The key of a list that is not there, once; returns where its items stand. */
static size_t put_list_key(const struct page *page, const struct plan *plan,
			   const struct marque *marque)
{
	bool first = true;

	for (size_t i = 0; i < plan->count; i++)
		if (plan->marques[i].ajout == AJOUT_PIECE && plan->marques[i].rubrique &&
		    plan->marques[i].ordre < marque->ordre)
			first = false;
	if (first)
		correction_list_key(page, marque->retrait);
	return marque->retrait + RETRAIT_CLE;
}

static void propose(const struct page *page, const struct plan *plan, const struct marque *marque)
{
	const struct anomalie *anomalie = marque->anomalie;
	const struct dossier *dossier = &plan->constat->dossier;
	size_t retrait = marque->retrait;
	bool unlisted = anomalie->code == ANO_PJ_NON_LISTEE;
	enum piece_type type = missing_piece(anomalie);

	if (marque->ajout != AJOUT_RIEN && marque->remplace)
		correction_comment(page, retrait, "À mettre à la place de ce qui suit :");
	switch (marque->ajout) {
	case AJOUT_RIEN:
		break;
	case AJOUT_CLES:
		(marque->en_ligne ? correction_keys_inline : correction_keys)(
		    page, retrait, dossier, marque->base, anomalie->chemin);
		break;
	case AJOUT_PIECE:
		if (marque->rubrique)
			retrait = put_list_key(page, plan, marque);
		(marque->en_ligne ? correction_piece_inline : correction_piece)(
		    page, retrait, type, unlisted ? anomalie->detail : NULL);
		break;
	case AJOUT_PIECES:
		correction_pieces(page, retrait, dossier, marque->rubrique);
		break;
	}
}

/* `line`: the one that it stands above; NULL at the end. */
static void put_mark(const struct page *page, const struct plan *plan, const struct marque *marque,
		     const char *line)
{
	size_t spaces = line != NULL ? strspn(line, " ") : 0;
	struct marque shown = *marque;

	/* An explicit key ("? "), say: nothing can be put before it. */
	if (marque->premiere && spaces != marque->retrait)
		shown.ajout = AJOUT_RIEN;
	if (marque->rang == RANG_EN_PLACE || marque->en_ligne || shown.ajout == AJOUT_RIEN)
		shown.retrait = spaces < RETRAIT_MAX ? spaces : RETRAIT_MAX;
	correction_anomaly(page, shown.retrait, shown.anomalie);
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
	correction_head(page, plan->constat);
	if (plan->count > 0 && plan->marques[0].ligne == 0)
		correction_empty(page);
	for (; *next < plan->count && plan->marques[*next].ligne == 0; ++*next)
		put_mark(page, plan, &plan->marques[*next], NULL);
	correction_empty(page);
}

/* The lines of the text, each below what is told of it; those that we had added are left out. */
static void put_lines(const struct page *page, const struct plan *plan, const char *text,
		      size_t next)
{
	const struct source *source = &plan->constat->source;
	size_t left = strlen(text), protection = 0;

	for (uint32_t ligne = 1; left > 0; ligne++) {
		size_t length = line_length(text, left);
		bool inside;

		while (protection < source->protection_count &&
		       source->protections[protection].derniere < ligne)
			protection++;
		inside = protection < source->protection_count &&
			 source->protections[protection].premiere <= ligne;
		for (; next < plan->count && plan->marques[next].ligne <= ligne; next++)
			put_mark(page, plan, &plan->marques[next], text);
		if (inside || !correction_is_mark(text, length))
			buf_add(page->out, text, length);
		text += length;
		left -= length;
	}
	if (next < plan->count && is_unfinished(page->out->data, page->out->length))
		buf_puts(page->out, page->fin_de_ligne);
	for (; next < plan->count; next++)
		put_mark(page, plan, &plan->marques[next], NULL);
}

static bool is_empty_dossier(const struct constat *constat)
{
	for (size_t i = 0; i < constat->anomalies.count; i++)
		if (constat->anomalies.items[i].code == ANO_YML_VIDE)
			return true;
	return constat->source.texte == NULL;
}

char *correction_text(const struct constat *constat)
{
	const char *text = constat->source.texte != NULL ? constat->source.texte : "";
	struct plan *plan = mem_alloc(sizeof(*plan));
	struct buf out = {0};
	struct page page = {&out, line_end(text)};
	size_t next = 0;

	make_plan(plan, constat);
	if (strncmp(text, BOM, strlen(BOM)) == 0) {
		buf_puts(&out, BOM);
		text += strlen(BOM);
	}
	put_head(&page, plan, &next);
	put_lines(&page, plan, text, next);
	if (is_empty_dossier(constat)) {
		if (is_unfinished(out.data, out.length))
			buf_puts(&out, page.fin_de_ligne);
		correction_model(&page);
	}
	free(plan);
	return buf_take(&out);
}

/* --- recording and publishing ---------------------------------------------------------------- */

/* X_retour.yaml -> X_a_corriger.yaml: one name for one answer. */
static char *file_name(const char *retour_nom)
{
	const char *found = NULL;

	for (const char *at = retour_nom; (at = strstr(at, RETOUR)) != NULL; at++)
		found = at;
	if (found == NULL)
		return mem_printf("%s_a_corriger.yaml", retour_nom);
	return mem_printf("%.*s_a_corriger%s", (int)(found - retour_nom), retour_nom,
			  found + strlen(RETOUR));
}

void correction_record(struct root *root, int64_t depot, const struct constat *constat,
		       const char *retour_nom)
{
	char *name = file_name(retour_nom), *text = correction_text(constat);
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_CORRECTION_INSERT);

	bind_int(stmt, CORRECTION_INSERT_P_DEPOT, depot);
	bind_text(stmt, CORRECTION_INSERT_P_NOM, name);
	bind_text(stmt, CORRECTION_INSERT_P_TEXTE, text);
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
