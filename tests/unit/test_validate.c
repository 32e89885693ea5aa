#include "lib/array.h"
#include "parser/validate.h"

#include "lib/buf.h"
#include "lib/date.h"
#include "lib/mem.h"
#include "parser/parse_yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLES "tests/samples/"
#define DEPOSIT "2026-03-02"

struct outcome {
	struct dossier dossier;
	struct yaml_positions positions;
	struct anomalies anomalies;
	bool found;
};

static void run(struct outcome *outcome, const char *bytes, size_t size, const char *day)
{
	int32_t date;

	assert_true(date_parse(day, &date));
	memset(outcome, 0, sizeof(*outcome));
	outcome->found =
	    parse_dossier(bytes, size, &outcome->dossier, &outcome->positions, &outcome->anomalies);
	if (outcome->found)
		validate_dossier(&outcome->dossier, &outcome->positions, date, &outcome->anomalies);
	anomalies_sort(&outcome->anomalies);
}

static void done(struct outcome *outcome)
{
	dossier_free(&outcome->dossier);
	anomalies_free(&outcome->anomalies);
}

static struct buf read_file(const char *path)
{
	struct buf content = {0};
	char block[4096];
	FILE *file = fopen(path, "rb");
	size_t got;

	if (file == NULL) {
		fail_msg("%s cannot be opened", path);
		return content;
	}
	while ((got = fread(block, 1, sizeof(block), file)) > 0)
		buf_add(&content, block, got);
	fclose(file);
	return content;
}

/* --- sample files --- */

/*
 * A sample ends with one line for each anomaly expected, in reading order:
 *     #! SIR-003 6:10 demandeur.siret | 73282932000075
 * code, line:column, key path and, where it matters, the value cited.
 */
static bool is_expected(const struct anomalie *anomalie, const char *line)
{
	char *head = mem_printf("%s %u:%u %s", catalogue[anomalie->code].code, anomalie->ligne,
				anomalie->colonne, anomalie->chemin);
	char *whole = mem_printf("%s | %s", head, anomalie->valeur != NULL ? anomalie->valeur : "");
	bool same = strcmp(line, head) == 0 || strcmp(line, whole) == 0;

	free(head);
	free(whole);
	return same;
}

static void report(const char *path, const struct anomalies *anomalies)
{
	print_error("%s gives:\n", path);
	for (size_t i = 0; i < anomalies->count; i++) {
		const struct anomalie *anomalie = &anomalies->items[i];

		print_error("  %s %u:%u %s | %s\n", catalogue[anomalie->code].code, anomalie->ligne,
			    anomalie->colonne, anomalie->chemin,
			    anomalie->valeur != NULL ? anomalie->valeur : "");
	}
	fail();
}

static bool rule_blocks(const char *rule)
{
	for (size_t i = 0; rule != NULL && i < ANO_COUNT; i++)
		if (strcmp(catalogue[i].code, rule) == 0)
			return catalogue[i].gravite == GRAVITE_BLOQUANT;
	return false;
}

/* `rule` must be among the anomalies of a sample of ko/, none of those of ok/ (NULL) may block. */
static void check_sample(const char *path, const char *rule)
{
	struct outcome outcome;
	struct buf content = read_file(path);
	const char *line = content.data;
	size_t expected = 0;
	bool cited = rule == NULL;

	run(&outcome, content.data, content.length, DEPOSIT);
	while ((line = strstr(line, "\n#! ")) != NULL) {
		char *row = mem_strndup(line + 4, strcspn(line + 4, "\r\n"));

		if (expected >= outcome.anomalies.count ||
		    !is_expected(&outcome.anomalies.items[expected], row)) {
			print_error("\"%s\" is expected\n", row);
			report(path, &outcome.anomalies);
		}
		cited = cited || strncmp(row, rule, strlen(rule)) == 0;
		expected++;
		line++;
		free(row);
	}
	if (expected != outcome.anomalies.count)
		report(path, &outcome.anomalies);
	if (!cited)
		fail_msg("%s does not break its rule", path);
	if (anomalies_blocking(&outcome.anomalies) != rule_blocks(rule))
		report(path, &outcome.anomalies);
	done(&outcome);
	buf_free(&content);
}

static size_t check_folder(const char *folder, const char *rule)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	size_t count = 0;

	if (dir == NULL) {
		fail_msg("%s cannot be opened", folder);
		return 0;
	}
	while ((entry = readdir(dir)) != NULL) {
		const char *dot = strrchr(entry->d_name, '.');
		char *path;

		if (dot == NULL || strcmp(dot, ".yaml") != 0)
			continue;
		path = mem_printf("%s/%s", folder, entry->d_name);
		check_sample(path, rule);
		free(path);
		count++;
	}
	closedir(dir);
	return count;
}

static void good_samples(void **state)
{
	(void)state;
	assert_true(check_folder(SAMPLES "ok", NULL) >= 20);
}

static void bad_samples(void **state)
{
	static const char *const rules[] = {
	    "YML-001", "YML-002", "YML-004", "YML-005", "YML-006", "YML-007", "YML-008", "YML-009",
	    "YML-010", "YML-011", "YML-012", "YML-013", "YML-014", "YML-015", "YML-016", "YML-017",
	    "YML-018", "YML-019", "YML-020", "YML-021", "YML-022", "ANS-001", "ANS-002", "HDS-002",
	    "HDS-007", "HDS-008", "SIR-001", "SIR-002", "SIR-003", "DEM-001", "DEM-002", "DEM-006",
	    "DEM-007", "REP-001", "REP-002", "REP-003", "REP-004", "REP-005", "REP-006", "REP-007",
	    "REP-008", "REP-010", "DEP-001", "DEP-002", "DEP-003", "DEP-004", "DEP-005", "DEP-006",
	    "DEP-007", "DEP-008", "DEP-010", "BNK-001", "BNK-002", "BNK-003", "BNK-004", "BNK-005",
	    "BNK-006", "BNK-007", "BNK-008", "BNK-012", "TVA-001", "TVA-002", "ENG-001", "ENG-002",
	    "PJ-003",  "PJ-004",  "PJ-005",  "PJ-007",	"PJ-020",  "PJ-021",  "PJ-022",	 "PJ-023",
	    "PJ-024",  "CYC-007", "CYC-008",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		char *folder = mem_printf(SAMPLES "ko/%s", rules[i]);

		if (check_folder(folder, rules[i]) == 0)
			fail_msg("%s holds no sample", folder);
		free(folder);
	}
}

/* --- values --- */

static void normal_forms(void **state)
{
	static const struct {
		const char *sample;
		enum champ champ;
		const char *text;
	} cases[] = {
	    {"initial", CHAMP_TYPE, "initial"},
	    {"initial", CHAMP_BANQUE_IBAN, "FR1420041010050500013M02606"},
	    {"initial", CHAMP_REPRESENTANT_TELEPHONE, "01 23 45 67 89"},
	    {"initial", CHAMP_REPRESENTANT_PRENOM, "Élise"},
	    {"initial", CHAMP_ESSAI, NULL},
	    {"date_francaise", CHAMP_REPRESENTANT_IDENTITE_VALIDE_JUSQU_AU, "2030-01-31"},
	    {"date_francaise", CHAMP_REPRESENTANT_IDENTITE_DELIVREE_LE, "2020-01-31"},
	    {"colle", CHAMP_DEMANDEUR_SIRET, "73282932000074"},
	    {"colle", CHAMP_DEMANDEUR_ADRESSE_CODE_POSTAL, "75001"},
	    {"colle", CHAMP_DECLARANT, "representant_legal"},
	    {"colle", CHAMP_REPRESENTANT_NOM, "DURAND DUPONT"},
	    {"colle", CHAMP_REPRESENTANT_TELEPHONE, "01 23 45 67 89"},
	    {"colle", CHAMP_REPRESENTANT_IDENTITE_NATURE, "cni"},
	    {"colle", CHAMP_BANQUE_IBAN, "FR1420041010050500013M02606"},
	    {"colle", CHAMP_BANQUE_BIC, "PSSTFRPPPAR"},
	    {"colle", CHAMP_TVA_ASSUJETTI, "oui"},
	    {"majuscules", CHAMP_TYPE, "initial"},
	    {"majuscules", CHAMP_DECLARANT, "representant_legal"},
	    {"majuscules", CHAMP_DEMANDEUR_DISTRIBUTEUR, "non"},
	    {"majuscules", CHAMP_REPRESENTANT_IDENTITE_NATURE, "cni"},
	    {"majuscules", CHAMP_BANQUE_BIC, "PSSTFRPPPAR"},
	    {"majuscules", CHAMP_BANQUE_IBAN, "FR1420041010050500013M02606"},
	    {"majuscules", CHAMP_ENGAGEMENTS_AUTHENTICITE, "oui"},
	    {"majuscules", CHAMP_TVA_ASSUJETTI, "oui"},
	    {"essai", CHAMP_ESSAI, "oui"},
	    {"apostrophes", CHAMP_FORMAT, "1"},
	    {"apostrophes", CHAMP_DEMANDEUR_SIRET, "73282932000074"},
	    {"apostrophes", CHAMP_DEMANDEUR_NOM_COMMERCIAL, "Logiciels Exemple"},
	    {"apostrophes", CHAMP_REPRESENTANT_NOM, "D'ALEMBERT"},
	    {"apostrophes", CHAMP_REPRESENTANT_PRENOM, "Élise"},
	    {"apostrophes", CHAMP_DEMANDEUR_ADRESSE_COMMUNE, "SAINT-DENIS EN VAL"},
	    {"flux", CHAMP_DEMANDE, "ENR0601M0"},
	    {"modification", CHAMP_DEMANDE, "ENR0601"},
	    {"complementaire", CHAMP_DEMANDEUR_SIRET, "73282932000074"},
	    {"initial_depositaire", CHAMP_DEPOSITAIRE_TELEPHONE, "0032 21 23 45 67"},
	    {"email_accentue", CHAMP_REPRESENTANT_EMAIL, "elise@xn--diteur-9ua.example"},
	    {"cles_facultatives", CHAMP_DEMANDEUR_ADRESSE_CODE_POSTAL, "01000"},
	    {"cles_facultatives", CHAMP_DEMANDEUR_ADRESSE_BATIMENT, NULL},
	    {"cles_facultatives", CHAMP_DEMANDEUR_ADRESSE_EXTENSION, NULL},
	    {"cles_facultatives", CHAMP_DEMANDEUR_ADRESSE_COMPLEMENT, NULL},
	    {"cles_facultatives", CHAMP_DEMANDEUR_DENOMINATION_SOCIALE, NULL},
	    /* The printed date stays, whatever the card's real validity. */
	    {"carte_prolongee_fin", CHAMP_REPRESENTANT_IDENTITE_VALIDE_JUSQU_AU, "2023-12-30"},
	};
	struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *path = mem_printf(SAMPLES "ok/%s.yaml", cases[i].sample);
		struct buf content = read_file(path);
		const char *found;

		run(&outcome, content.data, content.length, DEPOSIT);
		found = dossier_get(&outcome.dossier, cases[i].champ);
		if (cases[i].text == NULL)
			assert_null(found);
		else if (found == NULL || strcmp(found, cases[i].text) != 0)
			fail_msg("%s: %s is \"%s\"", path, champ_table[cases[i].champ].chemin,
				 found != NULL ? found : "missing");
		done(&outcome);
		buf_free(&content);
		free(path);
	}
}

/* A value that fails stays as written, and is not valid. */
static void raw_forms(void **state)
{
	static const char text[] =
	    "format: 1\ntype: initial\n"
	    "demandeur: {siret: 732 829 320 00075}\n"
	    "banque: {iban: fr14 2004 1010 0505 0001 3m02 606, bic: deutdeff}\n"
	    "representant: {telephone: 01 02}\n"
	    "pieces: [{type: Ribb, sha256: ABC, fichier: a/b}]\n";
	struct outcome outcome;
	const struct valeur *values;

	(void)state;
	run(&outcome, text, sizeof(text) - 1, DEPOSIT);
	values = outcome.dossier.champs;
	assert_string_equal(values[CHAMP_DEMANDEUR_SIRET].text, "732 829 320 00075");
	assert_false(values[CHAMP_DEMANDEUR_SIRET].valid);
	assert_string_equal(values[CHAMP_BANQUE_IBAN].text, "FR1420041010050500013M02606");
	assert_true(values[CHAMP_BANQUE_IBAN].valid);
	assert_string_equal(values[CHAMP_BANQUE_BIC].text, "deutdeff");
	assert_false(values[CHAMP_BANQUE_BIC].valid);
	assert_string_equal(values[CHAMP_REPRESENTANT_TELEPHONE].text, "01 02");
	assert_int_equal(outcome.dossier.piece_count, 1);
	assert_int_equal(outcome.dossier.pieces[0].code, PIECE_TYPE_UNKNOWN);
	assert_string_equal(outcome.dossier.pieces[0].sha256.text, "ABC");
	assert_false(outcome.dossier.pieces[0].type.valid);
	assert_false(outcome.dossier.pieces[0].fichier.valid);
	assert_false(outcome.dossier.pieces[0].sha256.valid);
	done(&outcome);
}

static void piece_forms(void **state)
{
	struct buf content = read_file(SAMPLES "ok/flux.yaml");
	struct outcome outcome;
	const struct piece *piece;

	(void)state;
	run(&outcome, content.data, content.length, DEPOSIT);
	assert_int_equal(outcome.dossier.type, DEPOT_PIECES);
	assert_int_equal(outcome.dossier.piece_count, 1);
	piece = &outcome.dossier.pieces[0];
	assert_int_equal(piece->code, PIECE_AUTRE);
	assert_string_equal(piece->type.text, "autre");
	assert_string_equal(piece->fichier.text, "note d'été.pdf");
	assert_string_equal(piece->sha256.text,
			    "abababababababababababababababababababababababababababababababab");
	assert_string_equal(piece->valide_jusqu_au.text, "2026-03-02");
	assert_true(piece->type.valid && piece->fichier.valid && piece->sha256.valid &&
		    piece->valide_jusqu_au.valid);
	assert_int_equal(outcome.dossier.pieces_ligne, 1);
	done(&outcome);
	buf_free(&content);
}

/* What only a case manager is told of is a value like another. */
static void alerts_keep_values(void **state)
{
	static const char text[] = "format: 1\ntype: initial\n"
				   "banque: {titulaire: '  DURAND & FILS '}\n"
				   "pieces: [{type: rib, fichier: a.pdf, valide_jusqu_au: "
				   "2020-01-01}, {type: kbis, fichier: a.pdf}]\n";
	struct outcome outcome;
	const struct piece *pieces;

	(void)state;
	run(&outcome, text, sizeof(text) - 1, DEPOSIT);
	assert_string_equal(dossier_get(&outcome.dossier, CHAMP_BANQUE_TITULAIRE), "DURAND & FILS");
	assert_int_equal(outcome.dossier.piece_count, 2);
	pieces = outcome.dossier.pieces;
	assert_true(pieces[0].valide_jusqu_au.valid);
	assert_true(pieces[0].fichier.valid && pieces[1].fichier.valid);
	assert_string_equal(pieces[1].fichier.text, "a.pdf");
	done(&outcome);
}

/* Whether "CODE@path " is among what is said of that text. */
static bool said(const char *text, const char *what)
{
	struct outcome outcome;
	struct buf found = {0};
	bool is_there;

	run(&outcome, text, strlen(text), DEPOSIT);
	buf_puts(&found, " ");
	for (size_t i = 0; i < outcome.anomalies.count; i++)
		buf_printf(&found, "%s@%s ", catalogue[outcome.anomalies.items[i].code].code,
			   outcome.anomalies.items[i].chemin);
	is_there = strstr(found.data, what) != NULL;
	buf_free(&found);
	done(&outcome);
	return is_there;
}

#define INITIAL	     "format: 1\ntype: initial\n"
#define MODIFICATION "format: 1\ntype: modification\ndemande: ENR0601\n"

/* The longest texts and numbers that are taken, and the shortest that are not: `count` times "9".
 */
static void longest_values(void **state)
{
	static const struct {
		const char *before, *after, *what;
		int longest;
	} cases[] = {
	    {INITIAL "demandeur: {nom_commercial: ", "}\n", " YML-016@demandeur.nom_commercial ",
	     150},
	    {INITIAL "referencement: {numero_ans: ", "}\n", " YML-016@referencement.numero_ans ",
	     64},
	    {INITIAL "banque: {titulaire: ", "}\n", " YML-016@banque.titulaire ", 70},
	    {INITIAL "representant: {email: a@exemple.fr", "}\n", " YML-016@representant.email ",
	     254 - 12},
	    {"format: 1\ntype: pieces\ndemande: ENR0601M", "\n", " CYC-008@demande ", 9},
	    {"format: 1\ntype: pieces\ndemande: ENR", "\n", " CYC-008@demande ", 18},
	    {INITIAL "pieces: [{type: rib, fichier: ", "}]\n", " PJ-007@pieces[0].fichier ", 255},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (int more = 0; more < 2; more++) {
			struct buf text = {0};

			buf_puts(&text, cases[i].before);
			for (int n = 0; n < cases[i].longest + more; n++)
				buf_putc(&text, '9');
			buf_puts(&text, cases[i].after);
			if (said(text.data, cases[i].what) != (more == 1))
				fail_msg("%s %d", cases[i].what, cases[i].longest + more);
			buf_free(&text);
		}
}

#define D50 "12345678901234567890123456789012345678901234567890"

/* What comes near to another thing that is said, or hangs on it. */
static void neighbours(void **state)
{
	static const struct {
		const char *text, *what;
		bool said;
	} cases[] = {
	    {"format: 1\ntype: pieces\ndemande: XYZ0601\n", " CYC-008@demande ", true},
	    {"format: 1\ntype: pieces\ndemande: enr0601m0\n", " CYC-008@demande ", false},
	    {"format: 1\ntype: pieces\ndemande: ENR060\n", " CYC-008@demande ", true},
	    {INITIAL "demandeur: {adresse: {code_postal: 7500A}}\n",
	     " DEM-007@demandeur.adresse.code_postal ", true},
	    {INITIAL "demandeur: {adresse: {code_postal: '75002'}}\n",
	     " DEM-007@demandeur.adresse.code_postal ", false},
	    {INITIAL "tva: {assujetti: true}\n", " TVA-002@tva.assujetti ", false},
	    /* a confirmation is held against an address that could be read */
	    {INITIAL "representant: {email: \"a\\u200b@exemple.fr\","
		     " confirmation_email: a@exemple.fr}\n",
	     " REP-004@representant.confirmation_email ", false},
	    {INITIAL "representant: {email: b@exemple.fr, confirmation_email: a@exemple.fr}\n",
	     " REP-004@representant.confirmation_email ", true},
	    /* the keys that a section lacks are named also when its only key is wrong */
	    {INITIAL "banque: {iban: {a: b}}\n", " BNK-001@banque.bic ", true},
	    {INITIAL "banque: {ibam: X}\n", " BNK-001@banque.bic ", true},
	    /* what has a form of its own has that form's length too */
	    {INITIAL "demandeur: {siret: '" D50 D50 D50 D50 D50 "'}\n", " SIR-002@demandeur.siret ",
	     true},
	    /* only a dépositaire's own keys leave with him */
	    {INITIAL
	     "declarant: representant_legal\ndepositaire: {nom: X}\nbanque: {titulaire: X}\n",
	     " BNK-001@banque.bic ", true},
	    {INITIAL "declarant: representant_legal\ndepositaire: {nom: X}\n",
	     " YML-014@depositaire ", true},
	    /* a modification's sections are whole: of what both kinds have, what both require */
	    {MODIFICATION "engagements: {cgu: oui}\n", " ENG-001@engagements.authenticite ", true},
	    {MODIFICATION "tva: {assujetti: oui}\n", " ENG-001@engagements.authenticite ", false},
	    {MODIFICATION "declarant: depositaire\ndepositaire: {email: a@exemple.fr}\n",
	     " DEP-001@depositaire.nom ", false},
	    {MODIFICATION "depositaire: {nom: X}\n", " DEP-001@depositaire.email ", true},
	    {MODIFICATION "banque: {titulaire: X}\n", " BNK-001@banque.bic ", true},
	    {MODIFICATION "demandeur: {adresse: RUE}\n", " DEM-001@demandeur ", true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (said(cases[i].text, cases[i].what) != cases[i].said)
			fail_msg("case %zu: %s", i, cases[i].what);
}

/* Nothing can be held against the archive's files when the list cannot be relied on. */
static void unusable_lists(void **state)
{
	static const struct {
		const char *text;
		uint32_t ligne;
	} cases[] = {
	    {"format: 1\npieces: [{type: rib, fichier: a.pdf}]\n", 2},
	    {"format: 1\npieces: [{}]\n", 2},
	    {"format: 1\npieces: []\n", 0},
	    {"format: 1\npieces:\n", 0},
	    {"format: 1\npieces: a.pdf\n", 0},
	    {"format: 1\npieces: [{type: rib, fichier: a.pdf}, b.pdf]\n", 0},
	    {"format: 1\npieces: [{type: rib, fichier: a.pdf}]\ntva: [\n", 0},
	    {"format: 1\n", 0},
	};
	struct outcome outcome;
	struct buf content = read_file(SAMPLES "ko/PJ-024/quarante_et_une.yaml");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		run(&outcome, cases[i].text, strlen(cases[i].text), DEPOSIT);
		assert_int_equal(outcome.dossier.pieces_ligne, cases[i].ligne);
		done(&outcome);
	}
	run(&outcome, content.data, content.length, DEPOSIT);
	assert_int_equal(outcome.dossier.piece_count, PIECES_MAX);
	assert_int_equal(outcome.dossier.pieces_ligne, 0);
	done(&outcome);
	buf_free(&content);
}

/* --- dates --- */

static void days_of_deposit(void **state)
{
	static const struct {
		const char *identite, *day;
		bool expired;
	} cases[] = {
	    {"nature: passeport, valide_jusqu_au: 2026-05-10", "2026-05-10", false},
	    {"nature: passeport, valide_jusqu_au: 2026-05-10", "2026-05-11", true},
	    {"nature: titre_sejour, valide_jusqu_au: 2022-05-10, delivree_le: 2012-05-10",
	     "2022-05-11", true},
	    {"nature: cni, valide_jusqu_au: 2022-05-10, delivree_le: 2012-05-10", "2027-05-10",
	     false},
	    {"nature: cni, valide_jusqu_au: 2022-05-10, delivree_le: 2012-05-10", "2027-05-11",
	     true},
	    /* Without the date of issue nothing is known of an extension. */
	    {"nature: cni, valide_jusqu_au: 2022-05-10", "2026-05-10", true},
	    /* First and last days of issue; two days of slack, not three. */
	    {"nature: cni, valide_jusqu_au: 2014-01-01, delivree_le: 2004-01-02", "2019-01-01",
	     false},
	    {"nature: cni, valide_jusqu_au: 2014-01-01, delivree_le: 2004-01-01", "2014-01-02",
	     true},
	    {"nature: cni, valide_jusqu_au: 2023-12-31, delivree_le: 2013-12-31", "2028-12-31",
	     false},
	    {"nature: cni, valide_jusqu_au: 2024-01-01, delivree_le: 2014-01-01", "2024-01-02",
	     true},
	    {"nature: cni, valide_jusqu_au: 2022-05-08, delivree_le: 2012-05-10", "2027-05-08",
	     false},
	    {"nature: cni, valide_jusqu_au: 2022-05-07, delivree_le: 2012-05-10", "2022-05-08",
	     true},
	    /* 29 February: the tenth anniversary is the 28th. */
	    {"nature: cni, valide_jusqu_au: 2022-02-28, delivree_le: 2012-02-29", "2027-02-28",
	     false},
	};
	struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *text =
		    mem_printf("format: 1\ntype: initial\nrepresentant: {identite: {%s}}\n",
			       cases[i].identite);
		bool expired = false;

		run(&outcome, text, strlen(text), cases[i].day);
		for (size_t j = 0; j < outcome.anomalies.count; j++)
			expired =
			    expired || outcome.anomalies.items[j].code == ANO_REP_IDENTITE_PERIMEE;
		if (expired != cases[i].expired)
			fail_msg("%s on %s", cases[i].identite, cases[i].day);
		done(&outcome);
		free(text);
	}
}

/* --- words --- */

/* The sentence of the first anomaly of a sample. */
static void messages(void **state)
{
	static const struct {
		const char *sample, *message;
	} cases[] = {
	    {"PJ-003/inconnu",
	     "Le type de pièce « ribe » est inconnu. Vouliez-vous dire « rib » ?"},
	    {"PJ-003/absent", "Le type de cette pièce manque."},
	    {"PJ-022/perimee",
	     "Le document « relevé d'identité bancaire (RIB) » n'est plus valide depuis le "
	     "2026-03-01."},
	    {"PJ-024/quarante_et_une", "Le type de cette pièce manque."},
	    {"YML-014/section",
	     "« Coordonnées bancaires » n'a pas sa place dans ce dossier : ce dépôt "
	     "est un enrôlement complémentaire."},
	    {"YML-014/depositaire", "« Dépositaire » n'a pas sa place dans ce dossier : le "
				    "déclarant est le représentant légal."},
	    {"YML-016/titulaire", "« Titulaire du compte » dépasse 70 caractères."},
	    {"YML-016/demesure", "« SIRET du fournisseur » dépasse 512 caractères."},
	    {"HDS-008/perime", "Le certificat HDS n'est plus valide depuis le 2026-03-01."},
	    {"DEM-001/adresse",
	     "« Adresse du demandeur » manque : ce renseignement est obligatoire."},
	    {"PJ-005/double", "Le fichier « identite.pdf » est donné pour deux pièces."},
	    {"SIR-002/siren", "Le SIRET « 732829320 » n'est pas lisible : c'est un SIREN, de 9 "
			      "chiffres."},
	    {"SIR-002/decimale", "Le SIRET « 73282932000074.0 » n'est pas lisible : un tableur en "
				 "a fait un nombre à décimales."},
	    {"BNK-003/rib", "« 20041 01005 0500013M026 06 » n'est pas un IBAN : c'est un RIB, de "
			    "23 caractères, et non un IBAN."},
	    {"REP-003/points", "L'adresse électronique « elise..durand@exemple.fr » n'est pas "
			       "valable : avant « @ », un point est au début, à la fin, ou "
			       "doublé."},
	    {"REP-007/futur", "La date « 2026-03-03 » n'est pas admise : elle est postérieure au "
			      "dépôt."},
	    {"YML-015/largeur_nulle",
	     "« Nom commercial » contient un caractère qui n'est pas admis (U+200B, 10e "
	     "caractère)."},
	    {"YML-021/numero", "« Nom commercial » est suivi de « #2 », qui n'a pas été "
			       "lu : # commence un commentaire."},
	    {"BNK-012/signe", "Le titulaire « EXEMPLE & FILS » contient des caractères que les "
			      "banques n'admettent pas."},
	};
	struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *path = mem_printf(SAMPLES "ko/%s.yaml", cases[i].sample);
		struct buf content = read_file(path);
		char *message;

		run(&outcome, content.data, content.length, DEPOSIT);
		message = anomalie_message(&outcome.anomalies.items[0]);
		assert_string_equal(message, cases[i].message);
		free(message);
		done(&outcome);
		buf_free(&content);
		free(path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(good_samples),	  cmocka_unit_test(bad_samples),
	    cmocka_unit_test(normal_forms),	  cmocka_unit_test(raw_forms),
	    cmocka_unit_test(piece_forms),	  cmocka_unit_test(longest_values),
	    cmocka_unit_test(neighbours),	  cmocka_unit_test(unusable_lists),
	    cmocka_unit_test(days_of_deposit),	  cmocka_unit_test(messages),
	    cmocka_unit_test(alerts_keep_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
