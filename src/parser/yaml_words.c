#include "parser/yaml_words.h"

#include "lib/array.h"
#include "lib/buf.h"
#include "lib/mem.h"
#include "model/dossier.h"
#include "model/slip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIRECTIVE "une ligne ne peut pas commencer par « % » : supprimez-la"
#define ESCAPE                                                                                     \
	"entre guillemets doubles, ce qui suit « \\ » n'est pas un code connu : employez des "   \
	"apostrophes"
#define TAB "une tabulation sert de retrait : remplacez-la par des espaces"

static const struct yaml_problem problems[] = {
    {"could not find expected ':'", ANO_YML_SYNTAXE, true,
     "il manque un deux-points suivi d'un espace, ou des guillemets ne sont pas refermés",
     FAULT_NO_COLON},
    {"mapping values are not allowed in this context", ANO_YML_SYNTAXE, false,
     "ce deux-points est mal placé : mettez la valeur entre guillemets si elle en contient un, ou "
     "corrigez le retrait",
     FAULT_COLON},
    {"found unexpected ':'", ANO_YML_SYNTAXE, false,
     "ce deux-points est mal placé : mettez la valeur entre guillemets", FAULT_COLON},
    {"did not find expected key", ANO_YML_SYNTAXE, false,
     "une clé est attendue ici : vérifiez le retrait de la ligne et les guillemets de la "
     "précédente",
     FAULT_INDENT},
    {"did not find expected <document start>", ANO_YML_SYNTAXE, false,
     "cette ligne est hors de la rubrique principale : vérifiez son retrait et celui des "
     "précédentes",
     FAULT_INDENT},
    {"did not find expected '-' indicator", ANO_YML_SYNTAXE, false,
     "un tiret de liste est attendu ici : vérifiez le retrait", FAULT_INDENT},
    {"block sequence entries are not allowed in this context", ANO_YML_SYNTAXE, false,
     "ce tiret de liste est mal placé : mettez la liste à la ligne, ou la valeur entre guillemets",
     FAULT_OTHER},
    {"mapping keys are not allowed in this context", ANO_YML_SYNTAXE, false,
     "ce point d'interrogation est mal placé : mettez la valeur entre guillemets", FAULT_OTHER},
    {"did not find expected node content", ANO_YML_SYNTAXE, false, "une valeur est attendue ici",
     FAULT_OTHER},
    {"did not find expected ',' or ']'", ANO_YML_SYNTAXE, false,
     "il manque une virgule ou le crochet fermant « ] »", FAULT_OTHER},
    {"did not find expected ',' or '}'", ANO_YML_SYNTAXE, false,
     "il manque une virgule ou l'accolade fermante « } »", FAULT_FLOW},
    {"found unexpected end of stream", ANO_YML_SYNTAXE, true, "ces guillemets ne sont pas refermés",
     FAULT_QUOTE},
    {"found unexpected document indicator", ANO_YML_SYNTAXE, true,
     "ces guillemets ne sont pas refermés", FAULT_QUOTE},
    {"found character that cannot start any token", ANO_YML_SYNTAXE, false,
     "une valeur ne peut pas commencer par ce caractère (tabulation, « @ », « % », « ` ») : "
     "mettez-la entre guillemets, et le retrait en espaces",
     FAULT_START},
    {"found a tab character where an indentation space is expected", ANO_YML_SYNTAXE, false, TAB,
     FAULT_START},
    {"found a tab character that violates indentation", ANO_YML_SYNTAXE, false, TAB, FAULT_START},
    {"found unknown escape character", ANO_YML_SYNTAXE, false, ESCAPE, FAULT_OTHER},
    {"did not find expected hexdecimal number", ANO_YML_SYNTAXE, false, ESCAPE, FAULT_OTHER},
    {"found invalid Unicode character escape code", ANO_YML_SYNTAXE, false, ESCAPE, FAULT_OTHER},
    {"found an indentation indicator equal to 0", ANO_YML_SYNTAXE, false,
     "un retrait de 0 après « | » ou « > » n'est pas admis", FAULT_OTHER},
    {"did not find expected comment or line break", ANO_YML_SYNTAXE, false,
     "rien d'autre ne doit suivre ici sur la ligne", FAULT_OTHER},
    {"found unknown directive name", ANO_YML_SYNTAXE, true, DIRECTIVE, FAULT_OTHER},
    {"could not find expected directive name", ANO_YML_SYNTAXE, true, DIRECTIVE, FAULT_OTHER},
    {"found unexpected non-alphabetical character", ANO_YML_SYNTAXE, true, DIRECTIVE, FAULT_OTHER},
    {"found incompatible YAML document", ANO_YML_SYNTAXE, false, DIRECTIVE, FAULT_OTHER},
    {"found duplicate %YAML directive", ANO_YML_SYNTAXE, false, DIRECTIVE, FAULT_OTHER},
    {"found duplicate %TAG directive", ANO_YML_SYNTAXE, false, DIRECTIVE, FAULT_OTHER},
    {"found extremely long version number", ANO_YML_SYNTAXE, true, DIRECTIVE, FAULT_OTHER},
    {"did not find expected version number", ANO_YML_SYNTAXE, true, DIRECTIVE, FAULT_OTHER},
    {"did not find expected digit or '.' character", ANO_YML_SYNTAXE, true, DIRECTIVE, FAULT_OTHER},
    {"did not find expected alphabetic or numeric character", ANO_YML_ANCRE, true, NULL,
     FAULT_OTHER},
    {"did not find expected '!'", ANO_YML_ETIQUETTE, true, NULL, FAULT_OTHER},
    {"did not find expected tag URI", ANO_YML_ETIQUETTE, true, NULL, FAULT_OTHER},
    {"did not find the expected '>'", ANO_YML_ETIQUETTE, true, NULL, FAULT_OTHER},
    {"did not find URI escaped octet", ANO_YML_ETIQUETTE, true, NULL, FAULT_OTHER},
    {"found undefined tag handle", ANO_YML_ETIQUETTE, false, NULL, FAULT_OTHER},
    {"did not find expected whitespace or line break", ANO_YML_ETIQUETTE, true, NULL, FAULT_OTHER},
};

const struct yaml_problem *yaml_problem_of(const char *problem)
{
	static const struct yaml_problem other = {
	    "", ANO_YML_SYNTAXE, false, "le texte n'a pas la forme attendue à cet endroit",
	    FAULT_OTHER};

	for (size_t i = 0; problem != NULL && i < ARRAY_SIZE(problems); i++)
		if (strcmp(problem, problems[i].problem) == 0)
			return &problems[i];
	return &other;
}

struct search {
	struct slip_search slip;
	char *chemin;
};

/* Looks at the first word of `tail`, the end of a key path; the earlier of two equals stays. */
static void consider(struct search *search, const char *chemin, const char *tail, unsigned limit)
{
	char *word = mem_strndup(tail, strcspn(tail, "."));

	if (slip_consider(&search->slip, word, limit)) {
		free(search->chemin);
		search->chemin = mem_strndup(chemin, (size_t)(tail - chemin) + strlen(word));
	}
	free(word);
}

static void consider_everywhere(struct search *search)
{
	for (size_t i = 0; i < CHAMP_COUNT; i++) {
		const char *chemin = champ_table[i].chemin, *tail = chemin;

		while (tail != NULL) {
			consider(search, chemin, tail, 0);
			tail = strchr(tail, '.');
			tail = tail != NULL ? tail + 1 : NULL;
		}
	}
}

/* Looks at what people also call the keys of that section. */
static void consider_usual(struct search *search, const char *section)
{
	for (size_t i = 0; i < CHAMP_COUNT; i++) {
		const struct champ_info *info = &champ_table[i];
		const char *tail = champ_below(info->chemin, section);

		if (tail == NULL || strchr(tail, '.') != NULL || info->usual == NULL)
			continue;
		for (const char *const *usual = info->usual; *usual != NULL; usual++)
			if (slip_consider(&search->slip, *usual, 0)) {
				free(search->chemin);
				search->chemin = mem_strdup(info->chemin);
			}
	}
}

char *yaml_meant(const char *section, const char *key)
{
	struct search search = {0};
	bool in_piece = strcmp(section, "pieces[]") == 0;

	slip_begin(&search.slip, key);
	for (size_t i = 0; in_piece && i < PIECE_KEY_COUNT; i++)
		consider(&search, piece_keys[i], piece_keys[i], 2);
	for (size_t i = 0; !in_piece && i < CHAMP_COUNT; i++) {
		const char *tail = champ_below(champ_table[i].chemin, section);

		if (tail != NULL)
			consider(&search, champ_table[i].chemin, tail, 2);
	}
	if (section[0] == '\0')
		consider(&search, "pieces", "pieces", 2);
	if (search.chemin == NULL && !in_piece)
		consider_usual(&search, section);
	if (search.chemin == NULL)
		consider_everywhere(&search);
	slip_end(&search.slip);
	return search.chemin;
}

/* "« cgu: oui », « article_441_7: oui »": the keys of a section that an initial dossier must hold,
 * of the others all. */
static void put_keys(struct buf *out, const char *section, unsigned kinds)
{
	char group[PLACE_PATH_SIZE] = "";

	for (size_t i = 0; i < CHAMP_COUNT; i++) {
		const struct champ_info *info = &champ_table[i];
		const char *tail = champ_below(info->chemin, section);
		size_t length = tail != NULL ? strcspn(tail, ".") : 0;

		if (tail == NULL || (info->required & kinds) != kinds ||
		    (strlen(group) == length && strncmp(group, tail, length) == 0))
			continue;
		snprintf(group, sizeof(group), "%.*s", (int)length, tail);
		buf_printf(out, "%s« %s:%s »", out->length > 0 ? ", " : "", group,
			   tail[length] == '.'		   ? ""
			   : info->kind == KIND_ENGAGEMENT ? " oui"
							   : " …");
	}
}

char *yaml_form(const char *chemin)
{
	struct buf keys = {0};
	char *form;

	if (strncmp(chemin, "pieces[", strlen("pieces[")) == 0)
		return mem_strdup("Donnez chaque pièce sur une ligne, avec son type et son nom de "
				  "fichier, comme « - {type: rib, fichier: rib.pdf} »");
	if (chemin[0] != '\0')
		put_keys(&keys, chemin, TYPE_BIT(DEPOT_INITIAL));
	if (chemin[0] != '\0' && keys.length == 0)
		put_keys(&keys, chemin, 0);
	if (keys.length == 0)
		return mem_strdup("Écrivez une clé par ligne, puis un deux-points, une espace et "
				  "la valeur, comme « format: 1 »");
	form =
	    mem_printf("N'écrivez rien après « %s: », et mettez dessous, en retrait de deux "
		       "espaces, une ligne par clé : %s",
		       strrchr(chemin, '.') != NULL ? strrchr(chemin, '.') + 1 : chemin, keys.data);
	buf_free(&keys);
	return form;
}
