#include "record/correction_text.h"

#include "lib/array.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "lib/text_shown.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLD_WIDTH 100	/* columns; a longer word stays whole */
#define FURTHER	   "  " /* under an anomaly */

/* --- lines --- */

bool correction_is_mark(const char *line, size_t length)
{
	size_t needed = strlen(MARK) - 1; /* an editor may take the blank away */

	return length >= needed && memcmp(line, MARK, needed) == 0;
}

static void begin_line(const struct page *page, size_t indent)
{
	buf_puts(page->out, MARK);
	for (size_t i = 0; i < indent; i++)
		buf_putc(page->out, ' ');
}

static void end_line(const struct page *page)
{
	/* Editors take away a blank at the end of a line: none is written. */
	while (page->out->length > 0 && page->out->data[page->out->length - 1] == ' ')
		page->out->data[--page->out->length] = '\0';
	buf_puts(page->out, page->line_end);
}

/* The text on one line, with only the characters that YAML takes in a comment. */
static char *shown(const char *text)
{
	char *line = text_shown(text);

	for (char *at = line; (at = strstr(at, "\xEF\xBF")) != NULL; at += 2)
		if ((unsigned char)at[2] >= 0xBE) /* U+FFFE, U+FFFF */
			at[2] = (char)0xBD;
	return line;
}

static size_t columns_of(const char *text, size_t bytes)
{
	size_t count = 0;

	for (size_t i = 0; i < bytes; i++)
		count += ((unsigned char)text[i] & 0xC0) != 0x80;
	return count;
}

static bool ends_with(const char *text, size_t bytes, const char *end)
{
	return bytes >= strlen(end) && memcmp(text + bytes - strlen(end), end, strlen(end)) == 0;
}

/* Whether French keeps the space before this word: a closing quote, or a high mark alone. */
static bool clings(const char *word)
{
	return strncmp(word, "»", strlen("»")) == 0 ||
	       (strchr(":;!?", *word) != NULL && (word[1] == ' ' || word[1] == '\0'));
}

/* The bytes that stay on one line: a word and what French ties to it. */
static size_t word_length(const char *text)
{
	size_t bytes = strcspn(text, " ");

	while (text[bytes] == ' ' && text[bytes + 1] != '\0' &&
	       (ends_with(text, bytes, "«") || clings(text + bytes + 1)))
		bytes += 1 + strcspn(text + bytes + 1, " ");
	return bytes;
}

/* `first` and `rest`: what the first line and the others begin with after their "#". */
static void fold(const struct page *page, size_t indent, const char *first, const char *text,
		 const char *rest)
{
	char *line = shown(text);
	size_t used = strlen(first);

	begin_line(page, indent);
	buf_printf(page->out, "#%s", first);
	for (const char *at = line; *at != '\0';) {
		size_t bytes = word_length(at), wide = columns_of(at, bytes);

		if (at > line && strlen(MARK) + indent + 1 + used + 1 + wide > FOLD_WIDTH) {
			end_line(page);
			begin_line(page, indent);
			buf_printf(page->out, "#%s", rest);
			used = strlen(rest);
		}
		buf_putc(page->out, ' ');
		buf_add(page->out, at, bytes);
		used += 1 + wide;
		at += bytes;
		at += strspn(at, " ");
	}
	end_line(page);
	free(line);
}

void correction_comment(const struct page *page, size_t indent, const char *text)
{
	fold(page, indent, "", text, strncmp(text, "- ", 2) == 0 ? "  " : "");
}

void correction_empty(const struct page *page)
{
	begin_line(page, 0);
	end_line(page);
}

void correction_anomaly(const struct page *page, size_t indent, const struct anomalie *anomalie)
{
	bool blocks = anomalie->gravite == GRAVITE_BLOQUANT;
	const char *where = anomalie->chemin;
	char *message = anomalie_message(anomalie), *remede = anomalie_remede(anomalie);
	char *text;

	if (strncmp(where, "archive/", strlen("archive/")) == 0)
		where += strlen("archive/");
	text = mem_printf("%s %s, %s : %s", blocks ? "À CORRIGER" : "Pour information",
			  catalogue[anomalie->code].code, where, message);
	fold(page, indent, "", text, FURTHER);
	free(text);
	if (remede[0] != '\0') {
		text = mem_printf("%s : %s", blocks ? "Remède" : "Suite", remede);
		fold(page, indent, FURTHER, text, FURTHER);
		free(text);
	}
	free(message);
	free(remede);
}

/* --- the head --- */

static const char *const instructions[] = {
    "Ce fichier est votre dossier.yaml : vos valeurs et vos commentaires y sont tels quels, dans "
    "leur ordre. Les lignes qui commencent par « #>> » ont été ajoutées par le service ; ce sont "
    "des commentaires, sans effet sur le dossier.",
    "- Chaque point à reprendre est signalé par « À CORRIGER », juste au-dessus de ce qu'il "
    "concerne, avec son remède.",
    "- Une ligne « #>> » sans second « # » est toute prête : ôtez « #>> » et l'espace qui suit, "
    "puis complétez-la.",
    "- Enregistrez le résultat sous le nom dossier.yaml, en UTF-8, dans une nouvelle archive avec "
    "toutes les pièces, puis déposez-la. Les lignes « #>> » peuvent y rester.",
};
static const char *const without_dossier[] = {
    "Votre dossier.yaml n'a pas pu être lu : ce fichier n'en reprend donc rien. Si le vôtre est "
    "bon, ne corrigez que ce qui est signalé ci-dessous, et déposez de nouveau l'archive avec lui.",
    "- Sinon, le modèle d'un dossier initial suit : ôtez « #>> » et l'espace qui suit au début de "
    "ses lignes, puis complétez-les.",
    "- Enregistrez le résultat sous le nom dossier.yaml, en UTF-8, dans une nouvelle archive avec "
    "toutes les pièces, puis déposez-la.",
};

static bool is_said(const struct findings *findings, enum anomalie_code code)
{
	for (size_t i = 0; i < findings->anomalies.count; i++)
		if (findings->anomalies.items[i].code == code)
			return true;
	return false;
}

static void put_counts(const struct page *page, const struct findings *findings)
{
	size_t blocking = 0, alerts = findings->anomalies.count;
	char *text, *more = NULL;

	for (size_t i = 0; i < findings->anomalies.count; i++)
		blocking += findings->anomalies.items[i].gravite == GRAVITE_BLOQUANT;
	alerts -= blocking;
	if (alerts > 0)
		more =
		    mem_printf(", et %zu point%s pour information", alerts, alerts > 1 ? "s" : "");
	text =
	    mem_printf("DOSSIER À CORRIGER : %zu anomalie%s bloquante%s%s.", blocking,
		       blocking > 1 ? "s" : "", blocking > 1 ? "s" : "", more != NULL ? more : "");
	correction_comment(page, 0, text);
	free(text);
	free(more);
}

void correction_head(const struct page *page, const struct findings *findings)
{
	bool given = findings->source.text != NULL;
	const char *const *lines = given ? instructions : without_dossier;
	size_t count = given ? ARRAY_SIZE(instructions) : ARRAY_SIZE(without_dossier);

	put_counts(page, findings);
	for (size_t i = 0; i < count; i++)
		correction_comment(page, 0, lines[i]);
	if (given && is_said(findings, ANO_YML_ENCODAGE))
		correction_comment(
		    page, 0,
		    "- Votre fichier n'était pas en UTF-8 ; celui-ci l'est : vérifiez "
		    "ses accents, et gardez ce codage.");
	if (given && is_said(findings, ANO_YML_CARACTERES))
		correction_comment(page, 0,
				   "- Un caractère de contrôle, que le YAML n'admet pas, est ici "
				   "remplacé par « \uFFFD ».");
}

/* --- keys --- */

static const char *hint(const struct champ_info *info, char *text, size_t size)
{
	size_t length = 0;

	switch (info->kind) {
	case KIND_BOOLEEN:
		return " (oui ou non)";
	case KIND_ENGAGEMENT:
		return " (oui)";
	case KIND_DATE:
		return " (AAAA-MM-JJ)";
	case KIND_ENUM:
		for (const char *const *value = info->values; *value != NULL && length < size;
		     value++)
			length += (size_t)snprintf(text + length, size - length, "%s%s",
						   length == 0	      ? " ("
						   : value[1] == NULL ? " ou "
								      : ", ",
						   *value);
		if (length + 1 < size)
			snprintf(text + length, size - length, ")");
		return text;
	default:
		return "";
	}
}

/* The kind of a modification's request is not known here: an initial one is assumed. */
static unsigned kind_of(const struct dossier *dossier)
{
	bool known = dossier->type != DEPOT_UNKNOWN && dossier->type != DEPOT_MODIFICATION;

	return TYPE_BIT(known ? dossier->type : DEPOT_INITIAL);
}

static bool asked(const struct champ_info *info, const char *chemin, unsigned kind)
{
	return strcmp(info->chemin, chemin) == 0 ||
	       (champ_below(info->chemin, chemin) != NULL && (info->required & kind) != 0);
}

static void put_key(const struct page *page, size_t indent, const struct champ_info *info,
		    const char *key, const char *valeur)
{
	char text[DETAIL_SIZE] = "";

	begin_line(page, indent);
	if (info->kind == KIND_ENUM && info->values[1] == NULL)
		valeur = info->values[0];
	if (valeur != NULL)
		buf_printf(page->out, "%s: %s", key, valeur);
	else
		buf_printf(page->out, "%s:  # À COMPLÉTER : %s%s", key, info->title,
			   hint(info, text, sizeof(text)));
	end_line(page);
}

/* Whether the first `length` bytes of `tail` are a section that `open` has gone through. */
static bool is_open(const char *open, const char *tail, size_t length)
{
	return strlen(open) >= length && strncmp(open, tail, length) == 0 &&
	       (open[length] == '.' || open[length] == '\0');
}

/* `open`: the section around the key before, below the same base. */
static void put_key_in_sections(const struct page *page, size_t indent,
				const struct champ_info *info, const char *tail,
				char open[static PLACE_PATH_SIZE])
{
	const char *key = tail;

	for (const char *dot; (dot = strchr(key, '.')) != NULL; key = dot + 1) {
		if (!is_open(open, tail, (size_t)(dot - tail))) {
			begin_line(page, indent);
			buf_printf(page->out, "%.*s:", (int)(dot - key), key);
			end_line(page);
		}
		indent += INDENT_KEY;
	}
	snprintf(open, PLACE_PATH_SIZE, "%.*s", key > tail ? (int)(key - tail) - 1 : 0, tail);
	put_key(page, indent, info, key, NULL);
}

void correction_keys(const struct page *page, size_t indent, const struct dossier *dossier,
		     const char *base, const char *chemin)
{
	char open[PLACE_PATH_SIZE] = "";

	for (size_t i = 0; i < CHAMP_COUNT; i++) {
		const struct champ_info *info = &champ_table[i];
		const char *tail = champ_below(info->chemin, base);

		if (tail != NULL && asked(info, chemin, kind_of(dossier)))
			put_key_in_sections(page, indent, info, tail, open);
	}
}

/* "adresse: {type_voie: …, commune: …}" */
static void put_inline(struct buf *out, unsigned kind, const char *base, const char *chemin)
{
	char group[PLACE_PATH_SIZE] = "";
	bool first = true;

	for (size_t i = 0; i < CHAMP_COUNT; i++) {
		const char *tail = champ_below(champ_table[i].chemin, base);
		size_t length;

		if (tail == NULL || !asked(&champ_table[i], chemin, kind))
			continue;
		length = strcspn(tail, ".");
		if (group[0] != '\0' && champ_below(champ_table[i].chemin, group) != NULL)
			continue; /* told with its group */
		buf_printf(out, "%s%.*s: ", first ? "" : ", ", (int)length, tail);
		first = false;
		if (tail[length] == '\0') {
			buf_puts(out, "…");
			continue;
		}
		snprintf(group, sizeof(group), "%.*s", (int)(tail + length - champ_table[i].chemin),
			 champ_table[i].chemin);
		buf_puts(out, "{");
		put_inline(out, kind, group, chemin);
		buf_puts(out, "}");
	}
}

void correction_keys_inline(const struct page *page, size_t indent, const struct dossier *dossier,
			    const char *base, const char *chemin)
{
	struct buf text = {0};

	buf_puts(&text, "À ajouter entre les accolades : ");
	put_inline(&text, kind_of(dossier), base, chemin);
	fold(page, indent, FURTHER, text.data, FURTHER);
	buf_free(&text);
}

/* --- documents --- */

static void put_quoted(struct buf *out, const char *name)
{
	char *line = shown(name);

	buf_putc(out, '"');
	for (const char *at = line; *at != '\0'; at++) {
		if (*at == '"' || *at == '\\')
			buf_putc(out, '\\');
		buf_putc(out, *at);
	}
	buf_putc(out, '"');
	free(line);
}

/* {type: rib, fichier: rib.pdf} */
static void put_item(struct buf *out, enum piece_type type, const char *fichier)
{
	bool known = type < PIECE_TYPE_COUNT;

	buf_printf(out, "{type: %s, fichier: ", known ? piece_type_name(type) : "");
	if (fichier != NULL)
		put_quoted(out, fichier);
	else if (known)
		buf_printf(out, "%s.pdf", piece_type_name(type));
	if (type == PIECE_CERTIFICAT_HDS)
		buf_puts(out, ", valide_jusqu_au: ");
	buf_puts(out, "}");
}

void correction_piece(const struct page *page, size_t indent, enum piece_type type,
		      const char *fichier)
{
	begin_line(page, indent);
	buf_puts(page->out, "- ");
	put_item(page->out, type, fichier);
	if (type == PIECE_CERTIFICAT_HDS)
		buf_puts(page->out, "  # À COMPLÉTER : valide_jusqu_au (AAAA-MM-JJ)");
	else if (type >= PIECE_TYPE_COUNT)
		buf_printf(page->out, "  # À COMPLÉTER : type%s",
			   fichier != NULL ? "" : " et fichier");
	end_line(page);
}

void correction_piece_inline(const struct page *page, size_t indent, enum piece_type type,
			     const char *fichier)
{
	struct buf text = {0};

	buf_puts(&text, "À ajouter entre les crochets : ");
	put_item(&text, type, fichier);
	fold(page, indent, FURTHER, text.data, FURTHER);
	buf_free(&text);
}

void correction_list_key(const struct page *page, size_t indent)
{
	begin_line(page, indent);
	buf_puts(page->out, "pieces:");
	end_line(page);
}

/* The type that a file's name, less its extension, is or comes near. */
static enum piece_type type_of_file(const char *name)
{
	char *stem = mem_strndup(name, strcspn(name, "."));
	const char *near = piece_type_near(stem);
	enum piece_type type = piece_type_from(near != NULL ? near : stem);

	free(stem);
	return type;
}

/* A last name that was cut is left out. */
static void put_files(const struct page *page, size_t indent, const char *files)
{
	for (size_t length; *files != '\0'; files += length) {
		const char *end = strstr(files, FILES_BETWEEN);
		char *name;

		length = end != NULL ? (size_t)(end - files) : strlen(files);
		name = mem_strndup(files, length);
		if (!ends_with(name, length, "…"))
			correction_piece(page, indent, type_of_file(name), name);
		free(name);
		length += end != NULL ? strlen(FILES_BETWEEN) : 0;
	}
}

void correction_pieces(const struct page *page, size_t indent, const struct dossier *dossier,
		       const char *files)
{
	unsigned kind = kind_of(dossier);

	correction_comment(page, indent, "Une ligne par document, selon votre dossier :");
	if (files != NULL) {
		put_files(page, indent, files);
		return;
	}
	if (kind == TYPE_BIT(DEPOT_PIECES)) {
		correction_piece(page, indent, PIECE_TYPE_UNKNOWN, NULL);
		return;
	}
	correction_piece(page, indent, PIECE_CERTIFICAT_REFERENCEMENT, NULL);
	if (kind == TYPE_BIT(DEPOT_INITIAL)) {
		correction_piece(page, indent, PIECE_IDENTITE_REPRESENTANT, NULL);
		correction_piece(page, indent, PIECE_RIB, NULL);
	}
}

/* --- the model --- */

void correction_model(const struct page *page)
{
	const struct dossier dossier = {.type = DEPOT_INITIAL};
	char open[PLACE_PATH_SIZE] = "", top[PLACE_PATH_SIZE] = "";

	for (size_t i = 0; i < CHAMP_COUNT; i++) {
		const struct champ_info *info = &champ_table[i];
		size_t length = strcspn(info->chemin, ".");

		if ((info->required & TYPE_BIT(DEPOT_INITIAL)) == 0)
			continue;
		if (info->chemin[length] == '.' && !is_open(top, info->chemin, length)) {
			snprintf(top, sizeof(top), "%.*s", (int)length, info->chemin);
			correction_empty(page);
			if (strcmp(top, DEPOSITAIRE) == 0)
				correction_comment(
				    page, 0, "Si declarant est depositaire, et alors seulement :");
		}
		if (i == CHAMP_TYPE)
			put_key(page, 0, info, info->chemin, depot_type_name(dossier.type));
		else
			put_key_in_sections(page, 0, info, info->chemin, open);
	}
	correction_empty(page);
	correction_list_key(page, 0);
	correction_pieces(page, INDENT_KEY, &dossier, NULL);
}
