#include "lib/array.h"
#include "parser/parse_yaml.h"

#include "lib/buf.h"
#include "model/slip.h"
#include "parser/yaml_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define SIZE_MAX_OF_TEXT (256 * 1024) /* what the caller lets through */
#define CPU_SECONDS	 60	      /* of this whole program, under sanitizers too */

struct outcome {
	struct dossier dossier;
	struct yaml_positions positions;
	struct anomalies anomalies;
	bool found;
};

static void parse(struct outcome *outcome, const char *bytes, size_t size)
{
	memset(outcome, 0, sizeof(*outcome));
	outcome->found =
	    parse_dossier(bytes, size, &outcome->dossier, &outcome->positions, &outcome->anomalies);
	anomalies_sort(&outcome->anomalies);
}

static void done(struct outcome *outcome)
{
	dossier_free(&outcome->dossier);
	anomalies_free(&outcome->anomalies);
}

static void check_place(const struct anomalies *anomalies, size_t index, enum anomalie_code code,
			uint32_t ligne, uint32_t colonne, const char *chemin, const char *text)
{
	const struct anomalie *anomalie = &anomalies->items[index];

	if (index >= anomalies->count)
		fail_msg("nothing is said of:\n%s", text);
	if (anomalie->code != code || anomalie->ligne != ligne || anomalie->colonne != colonne ||
	    strcmp(anomalie->chemin, chemin) != 0)
		fail_msg("%s %u:%u %s is said of:\n%s", catalogue[anomalie->code].code,
			 anomalie->ligne, anomalie->colonne, anomalie->chemin, text);
}

/* --- values --- */

/* Each text gives `demande`: what is read of it, and where. */
static void values(void **state)
{
	static const struct {
		const char *text, *decoded;
		uint32_t ligne, colonne;
	} cases[] = {
	    {"demande: ENR0601", "ENR0601", 1, 10},
	    {"demande:   ENR0601  # note\n", "ENR0601", 1, 12},
	    {"\n\ndemande: 00042\n", "00042", 3, 10},
	    {"demande: 0x1F", "0x1F", 1, 10},
	    {"demande: 1_000", "1_000", 1, 10},
	    {"demande: yes", "yes", 1, 10},
	    {"demande: 'NULL'", "NULL", 1, 10},
	    {"demande: nUll", "nUll", 1, 10},
	    {"demande: 'null'", "null", 1, 10},
	    {"demande: \"~\"", "~", 1, 10},
	    {"demande: 'l''un'", "l'un", 1, 10},
	    {"demande: \" x \"", "x", 1, 10},
	    {"demande: \"\u00A0x\u202F\"", "x", 1, 10},
	    {"demande: a\n  b\n", "a b", 1, 10},
	    {"demande: |\n  a\n  b\n", "a b", 1, 10},
	    {"demande: |-\n  a\n\n  b", "a  b", 1, 10},
	    {"demande: >\n  a\n  b\n", "a b", 1, 10},
	    {"demande: \"a\\nb\"", "a b", 1, 10},
	    {"demande: \"\\u00e9\"", "é", 1, 10},
	    {"demande: e\u0301", "é", 1, 10},
	    {"demande: x\xC2\x85", "x", 1, 10}, /* NEL, a line break */
	    {"\"demande\": x", "x", 1, 12},
	    {"? demande\n: x\n", "x", 2, 3},
	    {"{demande: x}", "x", 1, 11},
	    {"{\"demande\":x}", "x", 1, 12},
	    {"# é\ndemande: x", "x", 2, 10},
	    {"{essai: éé, demande: x}", "x", 1, 22},
	    {"\xEF\xBB\xBF"
	     "demande: x",
	     "x", 1, 10},
	    {"essai: non\r\ndemande: x\r\n", "x", 2, 10},
	    {"--- \ndemande: x\n...\n", "x", 2, 10},
	    /* Missing: the key's position. */
	    {"essai: oui\ndemande:", NULL, 2, 1},
	    {"essai: oui\ndemande: null\n", NULL, 2, 1},
	    {"demande: Null", NULL, 1, 1},
	    {"demande: NULL", NULL, 1, 1},
	    {"demande\u00A0: x", "x", 1, 11},
	    {"\u00A0demande\u202F:\u00A0\u2009x", "x", 1, 13},
	    {"demande:\u00A0x", "x", 1, 10},
	    {"{essai: oui, demande: ~}", NULL, 1, 14},
	    {"demande: ''", NULL, 1, 1},
	    {"demande: \"  \"", NULL, 1, 1},
	    {"demande: |\n\n", NULL, 1, 1},
	    {"demande: # note", NULL, 1, 1},
	};
	struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct valeur *valeur;

		parse(&outcome, cases[i].text, strlen(cases[i].text));
		valeur = &outcome.dossier.champs[CHAMP_DEMANDE];
		assert_true(outcome.found);
		assert_int_equal(outcome.anomalies.count, 0);
		if (cases[i].decoded == NULL)
			assert_null(valeur->text);
		else
			assert_string_equal(valeur->text, cases[i].decoded);
		if (valeur->ligne != cases[i].ligne || valeur->colonne != cases[i].colonne)
			fail_msg("%u:%u in:\n%s", valeur->ligne, valeur->colonne, cases[i].text);
		assert_false(valeur->valid);
		done(&outcome);
	}
}

static void kinds(void **state)
{
	static const struct {
		const char *text;
		enum depot_type type;
		bool essai;
	} cases[] = {
	    {"type: initial", DEPOT_INITIAL, false},
	    {"type: Complementaire\nessai: OUI", DEPOT_COMPLEMENTAIRE, true},
	    {"type: pieces\nessai: true", DEPOT_PIECES, true},
	    {"type: modification\nessai: non", DEPOT_MODIFICATION, false},
	    {"type: finalisation\nessai: peut-être", DEPOT_FINALISATION, false},
	    {"type: initiale", DEPOT_UNKNOWN, false},
	    {"type: ''", DEPOT_UNKNOWN, false},
	    {"format: 1", DEPOT_UNKNOWN, false},
	    {"type: initial\nessai: [", DEPOT_INITIAL, false},
	    {"", DEPOT_UNKNOWN, false},
	};
	struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		parse(&outcome, cases[i].text, strlen(cases[i].text));
		assert_int_equal(outcome.dossier.type, cases[i].type);
		assert_int_equal(outcome.dossier.essai, cases[i].essai);
		done(&outcome);
	}
}

static void lists(void **state)
{
	static const char text[] = "pieces:\n"
				   "- type: rib\n"
				   "  fichier: rib.pdf\n"
				   "- {fichier: k.pdf, sha256: aa, valide_jusqu_au: 2026-01-01}\n"
				   "-\n";
	struct outcome outcome;
	const struct piece *pieces;

	(void)state;
	parse(&outcome, text, sizeof(text) - 1);
	assert_int_equal(outcome.anomalies.count, 0);
	assert_int_equal(outcome.dossier.piece_count, 3);
	assert_int_equal(outcome.dossier.pieces_ligne, 1);
	assert_int_equal(outcome.dossier.pieces_colonne, 1);
	pieces = outcome.dossier.pieces;
	assert_string_equal(pieces[0].type.text, "rib");
	assert_string_equal(pieces[0].fichier.text, "rib.pdf");
	assert_int_equal(pieces[0].ligne, 2);
	assert_int_equal(pieces[0].colonne, 3);
	assert_int_equal(pieces[0].code, PIECE_TYPE_UNKNOWN);
	assert_null(pieces[1].type.text);
	assert_int_equal(pieces[1].type.ligne, 0);
	assert_string_equal(pieces[1].sha256.text, "aa");
	assert_string_equal(pieces[1].valide_jusqu_au.text, "2026-01-01");
	assert_null(pieces[2].fichier.text);
	done(&outcome);
}

static void sections(void **state)
{
	static const char text[] = "demandeur:\n  adresse: {commune: X}\ntva:\nbanque: non\n";
	struct outcome outcome;
	const struct yaml_section *section;

	(void)state;
	parse(&outcome, text, sizeof(text) - 1);
	section = yaml_section(&outcome.positions, "demandeur.adresse");
	assert_non_null(section);
	assert_int_equal(section->ligne, 2);
	assert_int_equal(section->colonne, 3);
	assert_false(section->told);
	assert_non_null(section = yaml_section(&outcome.positions, "tva"));
	assert_int_equal(section->ligne, 3);
	assert_false(section->told);
	assert_non_null(section = yaml_section(&outcome.positions, "banque"));
	assert_true(section->told);
	assert_null(yaml_section(&outcome.positions, "engagements"));
	assert_string_equal(champ_below("demandeur.siret", "demandeur"), "siret");
	assert_string_equal(champ_below("demandeur.siret", ""), "demandeur.siret");
	assert_null(champ_below("demandeurs.siret", "demandeur"));
	assert_null(champ_below("demandeur", "demandeur"));
	done(&outcome);
}

/* --- keys --- */

static void near_misses(void **state)
{
	static const struct {
		const char *section, *key, *meant;
	} cases[] = {
	    {"demandeur", "distributer", "demandeur.distributeur"},
	    {"demandeur", "Distributeur", "demandeur.distributeur"},
	    {"demandeur", "dénomination-sociale", "demandeur.denomination_sociale"},
	    {"demandeur", "nom commercial", "demandeur.nom_commercial"},
	    {"demandeur", "sirte", "demandeur.siret"},
	    {"demandeur", "siren", "demandeur.siret"},
	    {"demandeur", "adress", "demandeur.adresse"},
	    {"", "Tva", "tva"},
	    {"", "tvaa", "tva"},
	    {"", "piece", "pieces"},
	    {"", "Référencement", "referencement"},
	    {"", "réprésentants", "representant"},
	    {"representant.identite", "valide jusqu'au", "representant.identite.valide_jusqu_au"},
	    {"pieces[]", "fichiers", "fichier"},
	    {"pieces[]", "sha-256", "sha256"},
	    /* Elsewhere only the word itself. */
	    {"", "siret", "demandeur.siret"},
	    {"demandeur", "cgu", "engagements.cgu"},
	    {"banque", "commune", "demandeur.adresse.commune"},
	    {"", "identite", "representant.identite"},
	    {"", "sirte", NULL},
	    /* Too far, too short, not words. */
	    {"", "tv", "tva"},
	    {"", "t", NULL},
	    {"", "xyz", NULL},
	    {"", "", NULL},
	    {"", "<<", NULL},
	    {"pieces[]", "x", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *meant = yaml_meant(cases[i].section, cases[i].key);

		if (cases[i].meant == NULL && meant != NULL)
			fail_msg("\"%s\" gives \"%s\"", cases[i].key, meant);
		if (cases[i].meant != NULL && (meant == NULL || strcmp(meant, cases[i].meant) != 0))
			fail_msg("\"%s\" gives \"%s\"", cases[i].key, meant != NULL ? meant : "");
		free(meant);
	}
}

static void slips(void **state)
{
	static const struct {
		const char *word, *known;
		unsigned slip;
	} cases[] = {
	    {"rib", "rib", 0},
	    {"RIB", "rib", 0},
	    {"ribe", "rib", 1},
	    {"ribes", "rib", 3},
	    {"Préuve-hors tva", "preuve_hors_tva", 0},
	    {"contrat_prestations", "contrat_prestation", 1},
	    {"contrats_prestations", "contrat_prestation", 2},
	    {"contrats_prestations.", "contrat_prestation", 3},
	    {"", "rib", 3},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(slip_between(cases[i].word, cases[i].known), cases[i].slip);
}

static void advice(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
	    {"demandeur: {distributer: non}",
	     "La clé « distributer » est inconnue ici. Vouliez-vous dire « distributeur » ?"},
	    {"bic: X", "La clé « bic » est inconnue ici. Vouliez-vous dire « banque.bic » ?"},
	    {"pieces: [{typ: rib}]",
	     "La clé « typ » est inconnue ici. Vouliez-vous dire « type » ?"},
	    {"remarque: X", "La clé « remarque » est inconnue ici."},
	    {"demande: ENR\ndemande: x", "La clé « demande » est donnée deux fois."},
	};
	struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *message;

		parse(&outcome, cases[i].text, strlen(cases[i].text));
		assert_int_equal(outcome.anomalies.count, 1);
		message = anomalie_message(&outcome.anomalies.items[0]);
		assert_string_equal(message, cases[i].message);
		free(message);
		done(&outcome);
	}
}

/* A key is what it is, to its last byte. */
static void hidden_keys(void **state)
{
	static const char *const cases[] = {
	    "\"demande\\0\": x",
	    "\"demande\\u200b\": x",
	    "demande.x: x",
	    "\"\": x",
	    "~: x",
	    "DEMANDE: x",
	    "pieces[0]: x",
	    "\"demandeur.siret\": x",
	};
	struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		parse(&outcome, cases[i], strlen(cases[i]));
		assert_int_equal(outcome.anomalies.count, 1);
		check_place(&outcome.anomalies, 0, ANO_YML_CLE_INCONNUE, 1, 1,
			    outcome.anomalies.items[0].chemin, cases[i]);
		assert_null(outcome.dossier.champs[CHAMP_DEMANDE].text);
		assert_null(outcome.dossier.champs[CHAMP_DEMANDEUR_SIRET].text);
		done(&outcome);
	}
}

/* --- text --- */

#define TEXT(literal) literal, sizeof(literal) - 1

static void encodings(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		uint32_t ligne, colonne;
	} cases[] = {
	    {TEXT("\xFF\xFE"
		  "f\0o\0"),
	     1, 1},
	    {TEXT("\xFE\xFF\0f\0o"), 1, 1},
	    {TEXT("\xFF\xFE\0\0f\0\0\0"), 1, 1},
	    {TEXT("\0\0\xFE\xFF"), 1, 1},
	    {TEXT("f\0o\0r\0"), 1, 1},
	    {TEXT("\0f\0o\0r"), 1, 1},
	    {TEXT("format: 1\nprenom: \xC9lise\n"), 2, 9},
	    {TEXT("format: 1\nprenom: \xC3\x89lise \xE9\n"), 2, 15},
	    {TEXT("a: \xC0\x80"), 1, 4},
	    {TEXT("a: \xED\xA0\x80"), 1, 4},
	    {TEXT("a: \xF4\x90\x80\x80"), 1, 4},
	    {TEXT("a: b\xC3"), 1, 5},
	    {TEXT("\xEF\xBB\xBF\xFF"), 1, 1},
	    {TEXT("\x80"), 1, 1},
	};
	struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		parse(&outcome, cases[i].bytes, cases[i].size);
		assert_false(outcome.found);
		assert_int_equal(outcome.anomalies.count, 1);
		check_place(&outcome.anomalies, 0, ANO_YML_ENCODAGE, cases[i].ligne,
			    cases[i].colonne, YAML_PATH, cases[i].bytes);
		done(&outcome);
	}
}

static void controls(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		uint32_t ligne, colonne;
		const char *chemin;
	} cases[] = {
	    {TEXT("demande: EN\0R\n"), 1, 10, "demande"},
	    {TEXT("essai: oui\ndemande: \x1B[31mENR\n"), 2, 10, "demande"},
	    {TEXT("demande: a\x7F"), 1, 10, "demande"},
	    {TEXT("demande: a\xC2\x80"), 1, 10, "demande"},
	    {TEXT("demande: a\xEF\xBF\xBF"), 1, 10, "demande"},
	    {TEXT("demande: a\xEF\xBF\xBDz"), 1, 10, "demande"},
	    {TEXT("demande: \"a\\0z\""), 1, 10, "demande"},
	    {TEXT("demande: \"a\\x1bz\""), 1, 10, "demande"},
	    {TEXT("pieces:\n- {fichier: \"a\tz\"}"), 2, 13, "pieces[0].fichier"},
	    {TEXT("pieces:\n- {fichier: \"a\\L z\"}"), 2, 13, "pieces[0].fichier"},
	    {TEXT("pieces:\n- {fichier: a\u202Ez}"), 2, 13, "pieces[0].fichier"},
	    {TEXT("demandeur: {nom_commercial: a\u200Bz}"), 1, 29, "demandeur.nom_commercial"},
	    {TEXT("representant: {email: a\uFEFFz}"), 1, 23, "representant.email"},
	    {TEXT("referencement: {numero_ans: a\u202Ez}"), 1, 29, "referencement.numero_ans"},
	    {TEXT("demande: a\uE000z"), 1, 10, "demande"},
	    {TEXT("pieces:\n- {fichier: a\bb}"), 2, 13, "pieces[0].fichier"},
	    {TEXT("demande: a\n# \0\n"), 2, 3, YAML_PATH},
	    {TEXT("demande: a # \xC3\xA9\x01\n"), 1, 15, YAML_PATH},
	};
	struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		parse(&outcome, cases[i].bytes, cases[i].size);
		assert_true(outcome.found);
		assert_int_equal(outcome.anomalies.count, 1);
		check_place(&outcome.anomalies, 0, ANO_YML_CARACTERES, cases[i].ligne,
			    cases[i].colonne, cases[i].chemin, cases[i].bytes);
		done(&outcome);
	}
}

/* One text for each complaint of libyaml that a dossier can draw. */
static void syntax(void **state)
{
	static const struct {
		const char *text;
		enum anomalie_code code;
		uint32_t ligne, colonne;
		const char *words; /* part of the sentence */
	} cases[] = {
	    {"type: \"abc\ndemande: 1\n", ANO_YML_SYNTAXE, 1, 7,
	     "des guillemets ouvrent la valeur, et ne sont pas refermés"},
	    {"type: 'abc\n--- d\n", ANO_YML_SYNTAXE, 1, 7,
	     "une apostrophe ouvre la valeur, et n'est pas refermée"},
	    {"type: a: b\n", ANO_YML_SYNTAXE, 1, 8, "la valeur contient un deux-points"},
	    {"type: a\n demande: 1\n", ANO_YML_SYNTAXE, 2, 9,
	     "le retrait de cette ligne, de 1 espace,"},
	    {"{type: a?b:, x}\n", ANO_YML_SYNTAXE, 1, 11, "deux-points est mal placé"},
	    {"type: a\ndemande\nessai: oui\n", ANO_YML_SYNTAXE, 2, 1, "il manque un deux-points"},
	    {"type: 'a' b\n", ANO_YML_SYNTAXE, 1, 11, "une clé est attendue"},
	    {"type: \"l\"un\"\n", ANO_YML_SYNTAXE, 1, 10, "une clé est attendue"},
	    {"type: a\n- b\n", ANO_YML_SYNTAXE, 2, 1, "une clé est attendue"},
	    {"  type: a\ndemande: 1\n", ANO_YML_SYNTAXE, 2, 1,
	     "le retrait de cette ligne, de 0 espace,"},
	    {"pieces:\n  - {}\n  b: c\n", ANO_YML_SYNTAXE, 3, 3, "un tiret de liste est attendu"},
	    {"pieces: - a\n", ANO_YML_SYNTAXE, 1, 9, "tiret de liste est mal placé"},
	    {"type: ? a\n", ANO_YML_SYNTAXE, 1, 7, "point d'interrogation"},
	    {"type: , a\n", ANO_YML_SYNTAXE, 1, 7, "une valeur est attendue"},
	    {"pieces: [{}\ntype: 1\n", ANO_YML_SYNTAXE, 2, 1, "crochet fermant"},
	    {"tva: {assujetti: oui\ntype: 1\n", ANO_YML_SYNTAXE, 2, 5, "accolade fermante"},
	    {"tva: {assujetti: oui", ANO_YML_SYNTAXE, 2, 1, "accolade fermante"},
	    {"type: @a\n", ANO_YML_SYNTAXE, 1, 7,
	     "ne peut pas commencer par « @ » sans guillemets"},
	    {"type: `a`\n", ANO_YML_SYNTAXE, 1, 7,
	     "ne peut pas commencer par « ` » sans guillemets"},
	    {"type: %a\n", ANO_YML_SYNTAXE, 1, 7,
	     "ne peut pas commencer par « % » sans guillemets"},
	    {"tva:\n\tassujetti: oui\n", ANO_YML_SYNTAXE, 2, 1,
	     "une tabulation sert de retrait (1 ligne)"},
	    {"type: |\n \n\ta\n", ANO_YML_SYNTAXE, 3, 1, "tabulation"},
	    {"type: |0\n a\n", ANO_YML_SYNTAXE, 1, 8, "retrait de 0"},
	    {"type: | abc\n", ANO_YML_SYNTAXE, 1, 9, "rien d'autre ne doit suivre"},
	    {"type: \"C:\\qb\"\n", ANO_YML_SYNTAXE, 1, 10, "n'est pas un code connu"},
	    {"type: \"a\\xZZ\"\n", ANO_YML_SYNTAXE, 1, 11, "n'est pas un code connu"},
	    {"type: \"a\\ud800\"\n", ANO_YML_SYNTAXE, 1, 11, "n'est pas un code connu"},
	    {"%FOO bar\n---\ntype: a\n", ANO_YML_SYNTAXE, 1, 1, "« % »"},
	    {"%YAML 3.0\n---\ntype: a\n", ANO_YML_SYNTAXE, 1, 1, "« % »"},
	    {"%YAML 1.1\n%YAML 1.1\n---\n", ANO_YML_SYNTAXE, 2, 1, "« % »"},
	    {"%YAML x\n---\n", ANO_YML_SYNTAXE, 1, 1, "« % »"},
	    {"}\n", ANO_YML_SYNTAXE, 1, 1, "une valeur est attendue"},
	    {"type: *\n", ANO_YML_ANCRE, 1, 7, "renvoi"},
	    {"type: &\n", ANO_YML_ANCRE, 1, 7, "renvoi"},
	    {"type: !<abc\n", ANO_YML_ETIQUETTE, 1, 7, "étiquette"},
	    {"type: !a!b c\n", ANO_YML_ETIQUETTE, 1, 7, "étiquette"},
	    {"type: !a%zz c\n", ANO_YML_ETIQUETTE, 1, 7, "étiquette"},
	};
	struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t last;
		char *message;

		parse(&outcome, cases[i].text, strlen(cases[i].text));
		assert_true(outcome.anomalies.count > 0);
		last = outcome.anomalies.count - 1;
		check_place(&outcome.anomalies, last, cases[i].code, cases[i].ligne,
			    cases[i].colonne, YAML_PATH, cases[i].text);
		message = anomalie_message(&outcome.anomalies.items[last]);
		if (strstr(message, cases[i].words) == NULL)
			fail_msg("%s is said of:\n%s", message, cases[i].text);
		free(message);
		assert_true(outcome.positions.partial);
		done(&outcome);
	}
	assert_non_null(yaml_problem_of(NULL)->detail);
	assert_non_null(yaml_problem_of("what libyaml never says")->detail);
}

/* --- hostile texts --- */

/* `head`, then `unit` as often as a dossier's size lets through; the verdict comes within the
 * program's processor time. */
static void hostile(void **state)
{
	static const struct {
		const char *head, *unit;
		size_t times; /* 0: as many as fit */
		enum anomalie_code code;
	} cases[] = {
	    {"", "[", 20000, ANO_YML_PROFONDEUR},
	    {"", "[", 0, ANO_YML_PROFONDEUR},
	    {"", "[\n", 0, ANO_YML_PROFONDEUR},
	    {"", "{a: ", 0, ANO_YML_PROFONDEUR},
	    {"", "{", 0, ANO_YML_PROFONDEUR},
	    {"", "- ", 0, ANO_YML_PROFONDEUR},
	    {"", "? ", 0, ANO_YML_PROFONDEUR},
	    {"x: ", "[", 0, ANO_YML_PROFONDEUR},
	    {"x: [", "1,", 0, ANO_YML_PROFONDEUR},
	    {"x: [", "[],", 0, ANO_YML_PROFONDEUR},
	    {"tva: {assujetti: &a x}\nb: [", "*a,", 0, ANO_YML_ANCRE},
	    {"", "k: 1\n", 0, ANO_YML_CLE_INCONNUE},
	    {"{", "k,", 0, ANO_YML_CLE_INCONNUE},
	    {"", "demande: 1\n", 0, ANO_YML_CLE_DOUBLE},
	    {"pieces:\n", "- {}\n", 0, ANO_PJ_TROP},
	    {"", "---\n", 0, ANO_YML_SECOND_DOCUMENT},
	    {"demande: ", "x", 0, ANO_YML_TROP_LONG},
	    {"demande: ", "a\n ", 0, ANO_YML_TROP_LONG},
	    {"demande: |\n", "  a\n", 0, ANO_YML_TROP_LONG},
	    {"demande: a", "\u0344\u0315", 0, ANO_YML_TROP_LONG},
	    {"", "\u0344\u0315", 0, ANO_YML_SECTION},
	    {"? ", "y", 0, ANO_YML_CLE_INCONNUE},
	    {"? \"", "\u0344\u0315\\\n", 0, ANO_YML_SYNTAXE},
	    {"x: &", "a", 0, ANO_YML_ANCRE},
	    {"x: !", "a", 0, ANO_YML_ETIQUETTE},
	    {"demande: \"", "\\0", 0, ANO_YML_SYNTAXE},
	    {"", "\n", 0, ANO_YML_VIDE},
	    {"", "#", 0, ANO_YML_VIDE},
	    {"", "\r", 0, ANO_YML_VIDE},
	    {"", "\"", 0, ANO_YML_SYNTAXE},
	    {"", "%", 0, ANO_YML_SYNTAXE},
	};
	struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf text = {0};
		bool told = false;

		buf_puts(&text, cases[i].head);
		for (size_t n = 0; (cases[i].times == 0 || n < cases[i].times) &&
				   text.length + strlen(cases[i].unit) <= SIZE_MAX_OF_TEXT;
		     n++)
			buf_puts(&text, cases[i].unit);
		parse(&outcome, text.data, text.length);
		for (size_t j = 0; j < outcome.anomalies.count; j++)
			told = told || outcome.anomalies.items[j].code == cases[i].code;
		if (!told)
			fail_msg("\"%s\" is not refused for its reason", cases[i].unit);
		assert_true(outcome.dossier.piece_count <= PIECES_MAX);
		done(&outcome);
		buf_free(&text);
	}
}

/* No-break spaces on both sides, as many as fit: a missing value, found in linear time. */
static void wide_blanks(void **state)
{
	struct outcome outcome;
	struct buf text = {0};

	(void)state;
	buf_puts(&text, "demande: \"");
	while (text.length < SIZE_MAX_OF_TEXT - 4)
		buf_puts(&text, "\u00A0");
	buf_puts(&text, "\"");
	parse(&outcome, text.data, text.length);
	assert_int_equal(outcome.anomalies.count, 0);
	assert_null(outcome.dossier.champs[CHAMP_DEMANDE].text);
	done(&outcome);
	buf_free(&text);
}

/* Eight collections inside one another are read, nine are not. */
static void depth(void **state)
{
	static const char eight[] = "x: [[[[[[[1]]]]]]]\ndemande: a\n";
	static const char nine[] = "x: [[[[[[[[1]]]]]]]]\ndemande: a\n";
	struct outcome outcome;

	(void)state;
	parse(&outcome, eight, sizeof(eight) - 1);
	assert_int_equal(outcome.anomalies.count, 1);
	assert_string_equal(outcome.dossier.champs[CHAMP_DEMANDE].text, "a");
	assert_false(outcome.positions.partial);
	done(&outcome);
	parse(&outcome, nine, sizeof(nine) - 1);
	assert_int_equal(outcome.anomalies.count, 2);
	check_place(&outcome.anomalies, 1, ANO_YML_PROFONDEUR, 1, 11, YAML_PATH, nine);
	assert_true(outcome.positions.partial);
	done(&outcome);
}

/* No byte after the end is read, and every beginning of a dossier has an answer. */
static void every_prefix(void **state)
{
	static const char text[] =
	    "\xEF\xBB\xBF"
	    "format: 1\r\ntype: initial # é\r\ndemandeur:\r\n"
	    "  adresse: {commune: 'L''Haÿ', batiment: \"\\u00e9\\\n   b\"}\r\n"
	    "pieces:\r\n- {type: rib, fichier: >-\r\n   a}\r\n";
	struct outcome outcome;

	(void)state;
	for (size_t size = 0; size < sizeof(text); size++) {
		char *exact = malloc(size > 0 ? size : 1);

		assert_non_null(exact);
		memcpy(exact, text, size);
		parse(&outcome, exact, size);
		if (!outcome.found)
			assert_true(anomalies_blocking(&outcome.anomalies));
		done(&outcome);
		free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values),	    cmocka_unit_test(kinds),
	    cmocka_unit_test(lists),	    cmocka_unit_test(sections),
	    cmocka_unit_test(near_misses),  cmocka_unit_test(slips),
	    cmocka_unit_test(advice),	    cmocka_unit_test(hidden_keys),
	    cmocka_unit_test(encodings),    cmocka_unit_test(controls),
	    cmocka_unit_test(syntax),	    cmocka_unit_test(hostile),
	    cmocka_unit_test(wide_blanks),  cmocka_unit_test(depth),
	    cmocka_unit_test(every_prefix),
	};
	const struct rlimit processor = {CPU_SECONDS, CPU_SECONDS};

	if (setrlimit(RLIMIT_CPU, &processor) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
