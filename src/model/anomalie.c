#include "model/anomalie.h"

#include "lib/array.h"
#include "lib/buf.h"
#include "lib/code_page.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "model/champ_words.h"

#include <stdlib.h>
#include <string.h>

/* A copy that is safe to show: valid UTF-8 (or its bytes as Windows-1252, which decodes nearly
 * all), no control character, at most ANOMALIE_TEXT bytes. */
static char *citation(const char *text)
{
	char *copy;

	if (text == NULL)
		return NULL;
	copy = text_is_utf8(text, strlen(text)) ? mem_strdup(text) : text_from_cp1252(text);
	if (copy == NULL)
		copy = mem_strdup("?");
	if (strlen(copy) > ANOMALIE_TEXT) {
		char *whole = copy;

		text_truncate_utf8(whole, ANOMALIE_TEXT - strlen("…"));
		copy = mem_printf("%s…", whole);
		free(whole);
	}
	for (unsigned char *c = (unsigned char *)copy; *c != '\0'; c++)
		if (*c < 0x20 || *c == 0x7f)
			*c = ' ';
		else if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0) /* C1, as UTF-8 */
			c[0] = c[1] = ' ';
	return copy;
}

static void anomalie_free(struct anomalie *anomalie)
{
	free(anomalie->chemin);
	free(anomalie->valeur);
	free(anomalie->detail);
	free(anomalie->detail2);
	free(anomalie->message);
	free(anomalie->remede);
}

static bool blocks(enum anomalie_code code)
{
	return catalogue[code].gravite == GRAVITE_BLOQUANT;
}

/* Room for one more; a full list has some only for a blocking one, in the place of an alert. */
static struct anomalie *make_room(struct anomalies *list, enum anomalie_code code)
{
	if (list->count < ANOMALIES_MAX) {
		list->items =
		    mem_grow(list->items, list->count, &list->capacity, sizeof(*list->items));
		return &list->items[list->count++];
	}
	for (size_t i = list->count; blocks(code) && i-- > 0;)
		if (list->items[i].gravite != GRAVITE_BLOQUANT) {
			anomalie_free(&list->items[i]);
			return &list->items[i];
		}
	return NULL;
}

void anomalies_add_at(struct anomalies *list, enum anomalie_code code, const char *chemin,
		      uint32_t ligne, uint32_t colonne, const char *valeur, const char *detail,
		      const char *detail2)
{
	struct anomalie *anomalie = make_room(list, code);

	list->blocking = list->blocking || blocks(code);
	if (anomalie != NULL)
		*anomalie = (struct anomalie){
		    .code = code,
		    .ligne = ligne,
		    .colonne = colonne,
		    .chemin = citation(chemin),
		    .valeur = citation(valeur),
		    .detail = citation(detail),
		    .detail2 = citation(detail2),
		    .gravite = catalogue[code].gravite,
		};
}

enum anomalie_code anomalie_from(const char *code)
{
	unsigned found = 0;

	while (found < ANO_COUNT && strcmp(catalogue[found].code, code) != 0)
		found++;
	return (enum anomalie_code)found;
}

bool anomalies_repeat(struct anomalies *list, const struct said_anomalie *said)
{
	enum anomalie_code found = anomalie_from(said->code);
	struct anomalie *anomalie;

	if (found == ANO_COUNT || list->count == ANOMALIES_MAX)
		return false;
	anomalies_add_at(list, found, said->chemin, said->ligne, said->colonne, said->valeur, NULL,
			 NULL);
	anomalie = &list->items[list->count - 1];
	anomalie->gravite = said->gravite;
	anomalie->message = mem_strdup(said->message);
	anomalie->remede = mem_strdup(said->remede);
	return true;
}

void anomalies_cite(struct anomalies *list, enum anomalie_code code, const char *chemin,
		    const char *valeur, const char *detail, const char *detail2)
{
	anomalies_add_at(list, code, chemin, 0, 0, valeur, detail, detail2);
}

void anomalies_add(struct anomalies *list, enum anomalie_code code, const char *chemin,
		   const struct valeur *place, const char *detail, const char *detail2)
{
	if (place == NULL)
		anomalies_cite(list, code, chemin, NULL, detail, detail2);
	else
		anomalies_add_at(list, code, chemin, place->ligne, place->colonne, place->text,
				 detail, detail2);
}

void anomalies_remedy(struct anomalies *list, enum anomalie_code code, const char *remede)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].code == code) {
			free(list->items[i].remede);
			list->items[i].remede = mem_strdup(remede);
		}
}

void anomalies_drop(struct anomalies *list, size_t index)
{
	anomalie_free(&list->items[index]);
	list->count--;
	for (size_t i = index; i < list->count; i++)
		list->items[i] = list->items[i + 1];
}

static int compare_anomalies(const void *left, const void *right)
{
	const struct anomalie *a = left, *b = right;

	if (a->ligne != b->ligne)
		return a->ligne < b->ligne ? -1 : 1;
	if (a->colonne != b->colonne)
		return a->colonne < b->colonne ? -1 : 1;
	if (a->code != b->code)
		return a->code < b->code ? -1 : 1;
	if (strcmp(a->chemin, b->chemin) != 0)
		return strcmp(a->chemin, b->chemin);
	return strcmp(a->detail != NULL ? a->detail : "", b->detail != NULL ? b->detail : "");
}

void anomalies_sort(struct anomalies *list)
{
	if (list->count > 1)
		qsort(list->items, list->count, sizeof(*list->items), compare_anomalies);
}

bool anomalies_blocking(const struct anomalies *list)
{
	return list->blocking;
}

void anomalies_free(struct anomalies *list)
{
	for (size_t i = 0; i < list->count; i++)
		anomalie_free(&list->items[i]);
	free(list->items);
	*list = (struct anomalies){0};
}

/* The words of the type of document that a text names; the text when it names none. */
static const char *document_words(const char *text)
{
	const char *words = text != NULL ? piece_words(text) : NULL;

	return words != NULL ? words : text;
}

/* A list of types of documents as people read it, each with the code to write: "« extrait Kbis »
 * (kbis), « autre document » (autre)". What is no type stays. The caller frees it. */
static char *documents_words(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz_";
	struct buf out = {0};

	while (text != NULL && *text != '\0') {
		size_t length = strspn(text, letters);
		char *word = mem_strndup(text, length > 0 ? length : strcspn(text, letters));
		const char *words = piece_words(word);

		if (words != NULL)
			buf_printf(&out, "« %s » (%s)", words, word);
		else
			buf_puts(&out, word);
		text += strlen(word);
		free(word);
	}
	return buf_take(&out);
}

/* "siret" of "demandeur.siret". */
static const char *last_key(const char *chemin)
{
	const char *dot = strrchr(chemin, '.');

	return dot != NULL ? dot + 1 : chemin;
}

/* Fills the placeholders that anomalies.yaml explains; {{ and }} give one brace each. */
static char *fill_sentence(const char *template, const struct anomalie *anomalie)
{
	const char *chemin = anomalie->chemin != NULL ? anomalie->chemin : "";
	char *champ = champ_words(chemin);
	char *listed = documents_words(anomalie->detail),
	     *listed2 = documents_words(anomalie->detail2);
	const struct {
		const char *name, *text;
	} places[] = {
	    {"{valeur}", anomalie->valeur},
	    {"{champ}", champ},
	    {"{cle}", last_key(chemin)},
	    {"{piece}", document_words(anomalie->valeur)},
	    {"{piece1}", document_words(anomalie->detail)},
	    {"{piece2}", document_words(anomalie->detail2)},
	    {"{pieces1}", listed},
	    {"{pieces2}", listed2},
	    {"{detail}", anomalie->detail},
	    {"{detail2}", anomalie->detail2},
	};
	struct buf out = {0};

	while (*template != '\0') {
		size_t step = 0;

		for (size_t i = 0; i < ARRAY_SIZE(places) && step == 0; i++) {
			size_t length = strlen(places[i].name);

			if (strncmp(template, places[i].name, length) == 0) {
				buf_puts(&out, places[i].text != NULL ? places[i].text : "");
				step = length;
			}
		}
		if (step == 0) {
			buf_putc(&out, *template);
			step = (*template == '{' || *template == '}') && template[1] == *template
				   ? 2
				   : 1;
		}
		template += step;
	}
	free(champ);
	free(listed);
	free(listed2);
	return buf_take(&out);
}

/* The catalogue's sentence, or where no value stands the one for that. */
static char *fill(const struct anomalie *anomalie, const char *sentence, const char *absent)
{
	bool empty = anomalie->valeur == NULL || anomalie->valeur[0] == '\0';

	return fill_sentence(empty && absent != NULL ? absent : sentence, anomalie);
}

char *anomalie_message(const struct anomalie *anomalie)
{
	const struct catalogue_entry *entry = &catalogue[anomalie->code];

	return anomalie->message != NULL ? mem_strdup(anomalie->message)
					 : fill(anomalie, entry->message, entry->absent_message);
}

char *anomalie_remede(const struct anomalie *anomalie)
{
	const struct catalogue_entry *entry = &catalogue[anomalie->code];

	return anomalie->remede != NULL ? mem_strdup(anomalie->remede)
					: fill(anomalie, entry->remede, entry->absent_remede);
}
