/* decisions_take alone: what a decision does is test_decisions' business, so decision_apply is a
 * stub here. The module is compiled once more under other names. */
#define decision_apply stub_apply
#define decisions_take tested_take
#include "asp/decisions_file.c"
#include "lib/array.h"

#include "root_fixture.h"

#define RETOURS                                                                                    \
	"SELECT ligne, numero, decision, etat, code, message FROM retours_asp WHERE fichier = "    \
	"(SELECT max(id) FROM fichiers_asp) ORDER BY ordre"

static struct buf seen; /* what the stub was given */

/* Applies what is valider, refuses the rest. */
bool decision_apply(struct root *root, const struct decision *row, struct anomalies *anomalies,
		    char **resume)
{
	assert_non_null(root);
	buf_printf(&seen, "%s|%s|%s|%s|%s|%s|%s|%lld|%s\n", row->numero, row->decision, row->motif,
		   row->pieces, row->gestionnaire, row->statut, row->fichier,
		   (long long)row->night_id, row->date);
	if (strcmp(row->decision, "valider") == 0) {
		*resume = mem_printf("%s est validée", row->numero);
		return true;
	}
	anomalies_add(anomalies, ANO_REF_PRIS, "", NULL, NULL, NULL); /* an alert */
	anomalies_cite(anomalies, ANO_DEC_INCONNUE, "decision", row->decision, NULL, NULL);
	anomalies_add(anomalies, ANO_DEC_GESTIONNAIRE_ABSENT, "gestionnaire", NULL, NULL, NULL);
	return false;
}

static bool take(struct root *root, const char *text)
{
	struct asp_file file = fixture_file("Décisions.csv", text);
	bool taken = false;

	buf_clear(&seen);
	assert_null(decisions_take(root, &file, "2026-03-02", &taken));
	close(file.fd);
	return taken;
}

static void every_row_is_answered(void **state)
{
	struct root root;

	(void)state;
	fixture_open(&root);
	assert_true(take(
	    &root, "Num\xE9ro;d\xE9"
		   "cision;gestionnaire;motif;pi\xE8"
		   "ces\r\n"
		   " ENR0001M0 ;valider;Camille;;\r\n"
		   "\r\n"
		   ";;;;\r\n"
		   "ENR0002M0;rejeter;Camille;\"Le RIB est ill\xE9gible \x96\r\nrefaites-le\";\r\n"
		   "ENR0003M0;valider;Camille;\"x\"y;\r\n"
		   "ENR0004M0;valider;Camille;a;b;trop\r\n"
		   "ENR0005M0;valider;Camille;;kbis|rib\r\n"));
	assert_string_equal(seen.data,
			    "ENR0001M0|valider|||Camille||Décisions.csv|1|2026-03-02\n"
			    "ENR0002M0|rejeter|Le RIB est illégible "
			    "–\r\nrefaites-le||Camille||Décisions.csv|1|2026-03-02\n"
			    "ENR0005M0|valider||kbis|rib|Camille||Décisions.csv|1|2026-03-02\n");
	assert_query(
	    &root, RETOURS,
	    "2|ENR0001M0|valider|appliquee|DEC-000|Décision appliquée : ENR0001M0 est validée.\n"
	    "5|ENR0002M0|rejeter|refusee|DEC-003|La décision « rejeter » est inconnue.\n"
	    "7|||refusee|DEC-010|La ligne est illisible : un guillemet y est mal placé.\n"
	    "8|||refusee|DEC-010|La ligne est illisible : elle a plus de cellules que l'en-tête.\n"
	    "9|ENR0005M0|valider|appliquee|DEC-000|Décision appliquée : ENR0005M0 est validée.\n");
	assert_query(&root,
		     "SELECT nature, lignes, etat, length(sha256), retour_nom FROM fichiers_asp",
		     "decisions|5|pris|64|Décisions.csv_retour.csv\n");
	fixture_close(&root);
}

/* A decision is final, and its reason is mailed: what may be the half of a row is not applied. */
static void last_row_that_was_cut(void **state)
{
	static const char *const ends[] = {"", "\n", "\r\n", "\r"};
	static const char head[] = "numero;decision;gestionnaire;pieces;motif\r\n"
				   "ENR0001M0;valider;Camille;;\r\n";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		char *text = mem_printf("%sENR0002M0;valider;Camille;;Le certif%s", head, ends[i]);
		struct root root;

		fixture_open(&root);
		assert_true(take(&root, text));
		assert_query(&root, "SELECT ligne, etat, code FROM retours_asp ORDER BY ordre",
			     i == 0 ? "2|appliquee|DEC-000\n3|refusee|DEC-015\n"
				    : "2|appliquee|DEC-000\n3|appliquee|DEC-000\n");
		fixture_close(&root);
		free(text);
	}
}

/* Garble that is UTF-8 by now would be mailed too. */
static void misread_texts(void **state)
{
	static const struct {
		const char *motif, *name, *code, *meant;
	} cases[] = {
	    {"Certificat trop récent, daté", "Bérénice Žižek", "DEC-000", NULL},
	    {"Le « RIB » est illisible – refaites-le… cœur à 12 €", "C", "DEC-000", NULL},
	    {"Certificat trop rÃ©cent", "C", "DEC-016", "Certificat trop récent"},
	    {"Certificat trop rŽcent, datŽ", "C", "DEC-016", "Certificat trop récent, daté"},
	    {"Certificat illisib‚e r‚cent", "C", "DEC-016", "Certificat illisibée récent"},
	    {"Vu", "BÃ©rÃ©nice Caron", "DEC-016", "Bérénice Caron"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *text = mem_printf("numero;decision;gestionnaire;pieces;motif\n"
					"ENR0001M0;valider;%s;;%s\n",
					cases[i].name, cases[i].motif);
		char *wanted =
		    cases[i].meant == NULL
			? mem_printf("appliquee|%s|\n", cases[i].code)
			: mem_printf(
			      "refusee|%s|S'il faut lire « %s », écrivez-le ainsi, enregistrez "
			      "en « CSV UTF-8 », puis déposez la ligne de nouveau.\n",
			      cases[i].code, cases[i].meant);
		struct root root;

		fixture_open(&root);
		assert_true(take(&root, text));
		assert_query(&root, "SELECT etat, code, remede FROM retours_asp", wanted);
		fixture_close(&root);
		free(wanted);
		free(text);
	}
}

static void the_status_that_was_seen(void **state)
{
	struct root root;

	(void)state;
	fixture_open(&root);
	assert_true(take(
	    &root,
	    "statut,numero,decision,motif,pieces,gestionnaire\nEn cours,ENR0001,valider,,,C\n"));
	assert_string_equal(seen.data, "ENR0001|valider|||C|En cours|Décisions.csv|1|2026-03-02\n");
	/* The same bytes are another file. */
	assert_true(take(
	    &root,
	    "statut,numero,decision,motif,pieces,gestionnaire\nEn cours,ENR0001,valider,,,C\n"));
	assert_query(&root, "SELECT retour_nom FROM fichiers_asp ORDER BY id",
		     "Décisions.csv_retour.csv\nDécisions.csv_retour-2.csv\n");
	assert_query(&root, "SELECT count(*) FROM retours_asp", "2\n");
	fixture_close(&root);
}

/* A row whose text would go out garbled is refused alone; a row in UTF-8 stands beside one in
 * Windows-1252. */
static void encodings(void **state)
{
	struct root root;

	(void)state;
	fixture_open(&root);
	assert_true(take(&root,
			 "numero;decision;motif;pieces;gestionnaire\r\n"
			 "ENR0001M0;valider;joignez-en un r\x8E"
			 "cent;;C\r\n"
			 "ENR0002M0;valider;\xC3\x89l\xC3\xA9ment;;B\xC3\xA9r\xC3\xA9nice\r\n"
			 "ENR0003M0;valider;\xC9l\xE9ment;;B\xE9r\xE9nice\r\n"
			 "ENR0004M0;valider;;;Andr\x82\r\n"));
	assert_string_equal(seen.data,
			    "ENR0002M0|valider|Élément||Bérénice||Décisions.csv|1|2026-03-02\n"
			    "ENR0003M0|valider|Élément||Bérénice||Décisions.csv|1|2026-03-02\n");
	assert_query(
	    &root,
	    "SELECT ligne, etat, code, substr(message, 1, 65) FROM retours_asp"
	    " WHERE etat = 'refusee' ORDER BY ordre",
	    "2|refusee|DEC-010|La ligne est illisible : la colonne motif est en Mac Roman ou en \n"
	    "5|refusee|DEC-010|La ligne est illisible : la colonne gestionnaire est en Mac Roman\n");
	fixture_close(&root);
}

/* demandes.csv has a motif and a status; the columns of the decision stand behind its own. */
static void behind_the_columns_of_a_report(void **state)
{
	struct root root;

	(void)state;
	fixture_open(&root);
	assert_true(take(
	    &root, "\xEF\xBB\xBFnumero;statut;motif;demande;decision;motif;pieces;gestionnaire\r\n"
		   "ENR0001M0;EN_COURS;ancien;ENR0001;valider;;;C\r\n"
		   "ENR0002M0;EN_COURS;;ENR0002;rejeter;nouveau;;C\r\n"));
	assert_string_equal(seen.data,
			    "ENR0001M0|valider|||C|EN_COURS|Décisions.csv|1|2026-03-02\n"
			    "ENR0002M0|rejeter|nouveau||C|EN_COURS|Décisions.csv|1|2026-03-02\n");
	fixture_close(&root);
}

static void the_schema_agrees(void **state)
{
	char *header = fixture_header("schemas/tables/entree_decisions.json");
	struct buf expected = {0};

	(void)state;
	for (size_t i = 0; i < ROW_CELLS; i++)
		buf_printf(&expected, "%s%s", i > 0 ? "," : "", decision_columns[i].name);
	buf_putc(&expected, '\n');
	assert_string_equal(header, expected.data);
	buf_free(&expected);
	free(header);
}

static void files_that_are_refused(void **state)
{
	static const struct {
		const char *text, *retours;
	} cases[] = {
	    {"numero;motif\nENR0001;x\n", "1|||refusee|REF-001|La colonne decision "
					  "manque.\n1|||refusee|REF-001|La colonne pieces manque.\n"
					  "1|||refusee|REF-001|La colonne gestionnaire manque.\n"},
	    {"", "1|||refusee|REF-007|Le fichier ne contient aucune ligne.\n"},
	    {"\xFF\xFEn",
	     "1|||refusee|REF-004|Le fichier est illisible : il est en UTF-16 (« Texte "
	     "Unicode » d'Excel) ; "
	     "choisissez « CSV UTF-8 ».\n"},
	};
	struct root root;

	(void)state;
	fixture_open(&root);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_false(take(&root, cases[i].text));
		assert_int_equal(seen.length, 0);
		assert_query(&root, RETOURS, cases[i].retours);
	}
	root.conf.reference_octets = 10;
	assert_false(
	    take(&root, "numero;decision;motif;pieces;gestionnaire\nENR0001;valider;;;C\n"));
	assert_query(&root, RETOURS, "1|||refusee|REF-008|Le fichier dépasse 0,1 ko.\n");
	assert_query(&root, "SELECT count(*) FROM fichiers_asp WHERE etat = 'refuse'", "4\n");
	fixture_close(&root);
}

/* A line that is too long ends the reading: nothing of the file is applied. */
static void whole_or_not_at_all_to_read(void **state)
{
	struct buf text = {0};
	struct root root;

	(void)state;
	fixture_open(&root);
	root.conf.reference_octets = 8 << 20;
	buf_puts(
	    &text,
	    "numero;decision;motif;pieces;gestionnaire\nENR0001;valider;;;C\nENR0002;valider;");
	for (unsigned i = 0; i < 2u << 20; i++)
		buf_putc(&text, 'x');
	assert_false(take(&root, text.data));
	assert_int_equal(seen.length, 0);
	assert_query(
	    &root, RETOURS,
	    "3|||refusee|REF-004|Le fichier est illisible : ligne 3, elle dépasse un mébioctet.\n");
	buf_free(&text);
	fixture_close(&root);
}

static int free_seen(void **state)
{
	(void)state;
	buf_free(&seen);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_row_is_answered),
	    cmocka_unit_test(last_row_that_was_cut),
	    cmocka_unit_test(misread_texts),
	    cmocka_unit_test(the_status_that_was_seen),
	    cmocka_unit_test(encodings),
	    cmocka_unit_test(behind_the_columns_of_a_report),
	    cmocka_unit_test(the_schema_agrees),
	    cmocka_unit_test(files_that_are_refused),
	    cmocka_unit_test(whole_or_not_at_all_to_read),
	};

	return cmocka_run_group_tests(tests, NULL, free_seen);
}
