#include "parser/yaml_words.h"

#include "lib/array.h"
#include "lib/mem.h"
#include "model/dossier.h"
#include "model/slip.h"

#include <stdlib.h>
#include <string.h>

#define DIRECTIVE "une ligne ne peut pas commencer par « % » : supprimez-la"
#define ESCAPE                                                                                     \
	"entre guillemets doubles, ce qui suit « \\ » n'est pas un code connu : employez des "   \
	"apostrophes"
#define TAB "une tabulation sert de retrait : remplacez-la par des espaces"

static const struct yaml_problem problems[] = {
    {"could not find expected ':'", ANO_YML_SYNTAXE, true,
     "il manque un deux-points suivi d'un espace, ou des guillemets ne sont pas refermés"},
    {"mapping values are not allowed in this context", ANO_YML_SYNTAXE, false,
     "ce deux-points est mal placé : mettez la valeur entre guillemets si elle en contient un, ou "
     "corrigez le retrait"},
    {"found unexpected ':'", ANO_YML_SYNTAXE, false,
     "ce deux-points est mal placé : mettez la valeur entre guillemets"},
    {"did not find expected key", ANO_YML_SYNTAXE, false,
     "une clé est attendue ici : vérifiez le retrait de la ligne et les guillemets de la "
     "précédente"},
    {"did not find expected <document start>", ANO_YML_SYNTAXE, false,
     "cette ligne est hors de la rubrique principale : vérifiez son retrait et celui des "
     "précédentes"},
    {"did not find expected '-' indicator", ANO_YML_SYNTAXE, false,
     "un tiret de liste est attendu ici : vérifiez le retrait"},
    {"block sequence entries are not allowed in this context", ANO_YML_SYNTAXE, false,
     "ce tiret de liste est mal placé : mettez la liste à la ligne, ou la valeur entre guillemets"},
    {"mapping keys are not allowed in this context", ANO_YML_SYNTAXE, false,
     "ce point d'interrogation est mal placé : mettez la valeur entre guillemets"},
    {"did not find expected node content", ANO_YML_SYNTAXE, false, "une valeur est attendue ici"},
    {"did not find expected ',' or ']'", ANO_YML_SYNTAXE, false,
     "il manque une virgule ou le crochet fermant « ] »"},
    {"did not find expected ',' or '}'", ANO_YML_SYNTAXE, false,
     "il manque une virgule ou l'accolade fermante « } »"},
    {"found unexpected end of stream", ANO_YML_SYNTAXE, true,
     "ces guillemets ne sont pas refermés"},
    {"found unexpected document indicator", ANO_YML_SYNTAXE, true,
     "ces guillemets ne sont pas refermés"},
    {"found character that cannot start any token", ANO_YML_SYNTAXE, false,
     "une valeur ne peut pas commencer par ce caractère (tabulation, « @ », « % », « ` ») : "
     "mettez-la entre guillemets, et le retrait en espaces"},
    {"found a tab character where an indentation space is expected", ANO_YML_SYNTAXE, false, TAB},
    {"found a tab character that violates indentation", ANO_YML_SYNTAXE, false, TAB},
    {"found unknown escape character", ANO_YML_SYNTAXE, false, ESCAPE},
    {"did not find expected hexdecimal number", ANO_YML_SYNTAXE, false, ESCAPE},
    {"found invalid Unicode character escape code", ANO_YML_SYNTAXE, false, ESCAPE},
    {"found an indentation indicator equal to 0", ANO_YML_SYNTAXE, false,
     "un retrait de 0 après « | » ou « > » n'est pas admis"},
    {"did not find expected comment or line break", ANO_YML_SYNTAXE, false,
     "rien d'autre ne doit suivre ici sur la ligne"},
    {"found unknown directive name", ANO_YML_SYNTAXE, true, DIRECTIVE},
    {"could not find expected directive name", ANO_YML_SYNTAXE, true, DIRECTIVE},
    {"found unexpected non-alphabetical character", ANO_YML_SYNTAXE, true, DIRECTIVE},
    {"found incompatible YAML document", ANO_YML_SYNTAXE, false, DIRECTIVE},
    {"found duplicate %YAML directive", ANO_YML_SYNTAXE, false, DIRECTIVE},
    {"found duplicate %TAG directive", ANO_YML_SYNTAXE, false, DIRECTIVE},
    {"found extremely long version number", ANO_YML_SYNTAXE, true, DIRECTIVE},
    {"did not find expected version number", ANO_YML_SYNTAXE, true, DIRECTIVE},
    {"did not find expected digit or '.' character", ANO_YML_SYNTAXE, true, DIRECTIVE},
    {"did not find expected alphabetic or numeric character", ANO_YML_ANCRE, true, NULL},
    {"did not find expected '!'", ANO_YML_ETIQUETTE, true, NULL},
    {"did not find expected tag URI", ANO_YML_ETIQUETTE, true, NULL},
    {"did not find the expected '>'", ANO_YML_ETIQUETTE, true, NULL},
    {"did not find URI escaped octet", ANO_YML_ETIQUETTE, true, NULL},
    {"found undefined tag handle", ANO_YML_ETIQUETTE, false, NULL},
    {"did not find expected whitespace or line break", ANO_YML_ETIQUETTE, true, NULL},
};

const struct yaml_problem *yaml_problem_of(const char *problem)
{
	static const struct yaml_problem other = {
	    "", ANO_YML_SYNTAXE, false, "le texte n'a pas la forme attendue à cet endroit"};

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
	if (search.chemin == NULL)
		consider_everywhere(&search);
	slip_end(&search.slip);
	return search.chemin;
}
