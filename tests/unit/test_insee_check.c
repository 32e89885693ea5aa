/* Whether a stock file of INSEE is believed. */
#include "asp/reference.h"
#include "lib/array.h"
#include "root_fixture.h"

#define UNITES                                                                                     \
	"siren,prenom1UniteLegale,prenomUsuelUniteLegale,etatAdministratifUniteLegale,"            \
	"nomUniteLegale,"                                                                          \
	"nomUsageUniteLegale,denominationUniteLegale\n"

/* The code of the answer to a file, and the line that it names; "" when it was taken. */
static char *refusal(struct root *root, const char *name, const char *text)
{
	struct asp_file file = fixture_file(name, text);
	bool taken = false;
	char *found;

	assert_null(reference_take(root, &file, asp_kind_from(name), &taken));
	close(file.fd);
	found = fixture_query(root, "SELECT code || '|' || ligne FROM retours_asp WHERE fichier = "
				    "(SELECT max(id) FROM fichiers_asp) AND etat = 'refuse'");
	assert_int_equal(taken, found[0] == '\0');
	return found;
}

static void assert_refused(struct root *root, const char *text, const char *expected)
{
	char *found = refusal(root, "StockUniteLegale_utf8.csv", text);

	if (strcmp(found, expected) != 0)
		fail_msg("\"%s\", not \"%s\": %.300s", found, expected, text);
	free(found);
}

/* Rows of the same form: `lines` of them, keys from `first` on, `step` apart. */
static char *unites_from(uint64_t first, int64_t step, unsigned lines)
{
	struct buf text = {0};

	buf_puts(&text, UNITES);
	for (unsigned i = 0; i < lines; i++)
		buf_printf(&text, "%09llu,,,A,,,X%u\n",
			   (unsigned long long)(first + (uint64_t)((int64_t)i * step)), i);
	return buf_take(&text);
}

static void keys_that_a_tool_spoilt(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
	    {UNITES "732829320.0,,,A,,,X\n120000013.0,,,A,,,X\n", "REF-010|2\n"},
	    {UNITES "7.3E+08,,,A,,,X\n\"1,2E+08\",,,A,,,X\n", "REF-010|2\n"},
	    {UNITES "732829320,,,A,,,X\n1234566,,,A,,,X\n", "REF-010|3\n"},
	    {UNITES "732 829 320,,,A,,,X\n", "REF-010|2\n"},
	    {UNITES "x,,,A,,,X\ny,,,A,,,X\n732829320,,,A,,,X\n", "REF-010|2\n"},
	    {UNITES "x,,,A,,,X\n\n732829320,,,A,,,X\n", ""},
	    {UNITES ",,,A,,,X\n732829320,,,A,,,X\n", ""},
	};
	struct root root;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		fixture_open(&root);
		assert_refused(&root, cases[i].text, cases[i].expected);
		fixture_close(&root);
	}
}

/* One spoilt key is too many. */
static void few_spoilt_keys(void **state)
{
	static const char *const messages[] = {
	    "",
	    "La colonne siren est illisible à 1 ligne sur 100, par exemple « 00000000 ».\n",
	    "La colonne siren est illisible à 2 lignes sur 100, par exemple « 00000000 ».\n",
	};

	for (unsigned spoilt = 0; spoilt <= 2; spoilt++) {
		struct buf text = {0};
		struct root root;

		(void)state;
		fixture_open(&root);
		buf_puts(&text, UNITES);
		for (unsigned i = 0; i < 100; i++)
			buf_printf(&text, i < spoilt ? "%08u,,,A,,,X\n" : "%09u,,,A,,,X\n", i);
		assert_refused(&root, text.data, spoilt == 0 ? "" : "REF-010|2\n");
		assert_query(&root, "SELECT message FROM retours_asp WHERE etat = 'refuse'",
			     messages[spoilt]);
		buf_free(&text);
		fixture_close(&root);
	}
}

static void stocks_that_were_cut(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
	    {UNITES "732829320,,,A,,,X\n", ""},
	    {UNITES "732829320,,,A,,,X", "REF-009|2\n"},
	    {UNITES "120000013,,,A,,,X\n732829320,,,A,", "REF-009|3\n"},
	    {UNITES "120000013,,,A,,,X\n7328", "REF-009|3\n"},
	    {UNITES "120000013,,,A,,,X\n732829320,,,A,,,\"X", "REF-009|3\n"},
	    {UNITES "120000013,,,A,,,X\n732829320,,,A,,\n", "REF-009|3\n"},
	    {UNITES "120000013,,,A,,,X\n120000014,,,A,,,X\n73\n", "REF-010|4\n"},
	    {UNITES "120000013,,,A,,,X\n,\n", "REF-009|3\n"},
	    {UNITES "120000013,,,A,,,X\n120000021,,,A\n732829320,,,A\n", "REF-009|4\n"},
	    {UNITES "120000013,,,A\n732829320,,,A\n", "REF-009|3\n"},
	    {UNITES "120000013,,,A,,\n732829320,,,A,,,X\n", ""},
	    {UNITES "120000013,,,A,,,X\n732829320,,,A,,,\"X\nY\"\n\n", ""},
	    {UNITES "120000013,,,A,,,X\n732829320,,,A,,,Y \"X\"\n", ""},
	};
	struct root root;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		fixture_open(&root);
		assert_refused(&root, cases[i].text, cases[i].expected);
		fixture_close(&root);
	}
}

/* 2 % of the rows may go, by default; of a sorted file the last key may not move back. */
static void a_stock_against_its_predecessor(void **state)
{
	static const struct {
		uint64_t first;
		int64_t step;
		unsigned lines;
		const char *expected;
	} cases[] = {
	    {300000000, 1, 97, "REF-002|1\n"},
	    {300000000, 1, 98, ""}, /* 2 % of 100; each taken file is 100 rows again */
	    {199999999, 1, 100, "REF-009|101\n"},
	    {200000000, 1, 100, ""}, /* the very last key again */
	    {200000001, 1, 100, ""},
	    {200000001, -1, 100, ""}, /* not sorted: its end says nothing */
	    {100000000, 0, 100, "REF-009|101\n"},
	};
	struct root root;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *before = unites_from(200000000, 1, 100), *text;

		fixture_open(&root);
		assert_refused(&root, before, "");
		text = unites_from(cases[i].first, cases[i].step, cases[i].lines);
		assert_refused(&root, text, cases[i].expected);
		free(text);
		free(before);
		fixture_close(&root);
	}
}

/* An operator's word lets the last ones go too. */
static void any_loss_is_allowed(void **state)
{
	char *before = unites_from(200000000, 1, 100), *text = unites_from(200000000, 1, 3);
	struct root root;

	(void)state;
	fixture_open(&root);
	assert_refused(&root, before, "");
	root.conf.perte_insee = 99;
	assert_refused(&root, text, "REF-009|4\n");
	root.conf.perte_insee = 100;
	assert_refused(&root, text, "");
	free(before);
	free(text);
	fixture_close(&root);
}

/* The last key stands far behind the header; the kept file may be gone. */
static void a_long_predecessor(void **state)
{
	char *before = unites_from(200000000, 1, 80000), *text = unites_from(199999999, 1, 80000);
	struct root root;

	(void)state;
	assert_true(strlen(before) > 1 << 20);
	fixture_open(&root);
	assert_refused(&root, before, "");
	assert_refused(&root, text, "REF-009|80001\n");
	for (int kept = 1; kept >= 0; kept--) {
		char *path = fixture_query(
		    &root, "SELECT 'var/references/' || sha256 || '.csv' FROM fichiers_asp "
			   "WHERE id = 1");

		path[strlen(path) - 1] = '\0';
		assert_int_equal(unlinkat(root.fd, path, 0), kept ? 0 : -1);
		free(path);
	}
	assert_refused(&root, text, "");
	free(before);
	free(text);
	fixture_close(&root);
}

/* A line over a mebibyte refuses the file; one that stands in a file taken before is passed over. */
static void a_line_without_end(void **state)
{
	static const char row[] = "732829320,,,A,,,LOGICIELS EXEMPLE\n";
	struct root root;

	(void)state;
	for (unsigned over = 0; over < 2; over++) {
		struct buf text = {0};

		fixture_open(&root);
		buf_puts(&text, UNITES);
		buf_puts(&text, "120000013,,,A,,,");
		while (text.length < strlen(UNITES) + (1u << 20) - 1 + over)
			buf_putc(&text, 'x');
		buf_puts(&text, "\n");
		buf_puts(&text, row);
		assert_refused(&root, text.data, over ? "REF-004|2\n" : "");
		buf_free(&text);
		fixture_close(&root);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keys_that_a_tool_spoilt),
	    cmocka_unit_test(few_spoilt_keys),
	    cmocka_unit_test(stocks_that_were_cut),
	    cmocka_unit_test(a_stock_against_its_predecessor),
	    cmocka_unit_test(any_loss_is_allowed),
	    cmocka_unit_test(a_long_predecessor),
	    cmocka_unit_test(a_line_without_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
