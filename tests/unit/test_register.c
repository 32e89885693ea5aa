#include "asp/insee.h"
#include "lib/array.h"

#include "asp/asp_file.h"
#include "root_fixture.h"

/* Two official names carry a trailing space. */
#define ETABLISSEMENTS                                                                             \
	"siren,nic,siret,complementAdresseEtablissement,numeroVoieEtablissement,"                  \
	"indiceRepetitionEtablissement,typeVoieEtablissement ,libelleVoieEtablissement,"           \
	"codePostalEtablissement,libelleCommuneEtablissement,libelleCommuneEtrangerEtablissement," \
	"etatAdministratifEtablissement \n"
#define UNITES                                                                                     \
	"siren,prenom1UniteLegale,prenomUsuelUniteLegale,etatAdministratifUniteLegale,"            \
	"nomUniteLegale,"                                                                          \
	"nomUsageUniteLegale,denominationUniteLegale\n"

static const char etablissements[] = ETABLISSEMENTS
    "732829320,00017,73282932000017,BAT A,12,BIS,RUE,DES EXEMPLES,75002,PARIS,,A\n"
    "732829320,00025,73282932000025,,,,,,,,BRUXELLES,F\r\n"
    "120000013,00017,12000001300017,,1,,AV,\"DE L'\"\"ESSAI\"\", 2\",87000,LIMOGES,,A\n"
    "291000099,00015,29100009900015,\"ENTREE\n732829320,00033,73282932000033,\n732829320,00033,"
    "73282932000033,\",1,,AV,X,87000,"
    "LIMOGES,,A\n"
    "001234566,00014,00123456600014,,1,,AV,X,01000,BOURG,,A\n"
    "100000009,00017,10000000900017,\"A\"B,1,,AV,X,87000,LIMOGES,,A\n"
    "200000008,00017,20000000800017,,1,,AV,DERNIERE,87000,LIMOGES,,A\n";

static const char unites[] = UNITES "732829320,,,A,,,LOGICIELS EXEMPLE\n"
				    "120000013,NOEMIE,,C,LEFEBVRE-CHATEAU,USAGE,\n"
				    "291000099,MARIE,ANNE,A,DURAND,,\n"
				    "001234566,[ND],[ND],A,[ND],[ND],\n"
				    "100000009,,,A,,,[ND]\n"
				    "200000008,,,A,,,\"SOCIETE \"\"X\"\", ET CIE\"\n";

static void take(struct root *root, const char *name, const char *text)
{
	struct asp_file file = fixture_file(name, text);
	bool taken = false;

	assert_null(reference_take(root, &file, asp_kind_from(name), &taken));
	assert_true(taken);
	close(file.fd);
}

/* What the rules read of a SIRET: the establishment, then its enterprise; "-" for no row. */
static char *look_up(struct root *root, uint64_t siret)
{
	struct buf out = {0};
	char text[16];
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_ETABLISSEMENT_GET);

	snprintf(text, sizeof(text), "%014llu", (unsigned long long)siret);
	bind_text(stmt, ETABLISSEMENT_GET_P_SIRET, text);
	if (store_step(root->store, stmt))
		for (int i = 0; i < sqlite3_column_count(stmt); i++)
			buf_printf(&out, "%s|", column_text(stmt, i));
	else
		buf_puts(&out, "-");
	text[9] = '\0';
	stmt = store_stmt(root->store, SQL_UNITE_LEGALE_GET);
	bind_text(stmt, UNITE_LEGALE_GET_P_SIREN, text);
	if (store_step(root->store, stmt))
		buf_printf(&out, " %s|%s|%s", column_text(stmt, UNITE_LEGALE_GET_ETAT),
			   column_text(stmt, UNITE_LEGALE_GET_DENOMINATION),
			   column_text(stmt, UNITE_LEGALE_GET_ENTREPRENEUR));
	else
		buf_puts(&out, " -");
	sqlite3_reset(stmt);
	return buf_take(&out);
}

static void assert_found(struct root *root, uint64_t siret, const char *expected)
{
	char *found = look_up(root, siret);

	assert_string_equal(found, expected);
	free(found);
}

static const struct {
	uint64_t siret;
	const char *expected;
} cases[] = {
    {123456600014, "A|1||AV|X||01000|BOURG| A|[ND]|[ND] [ND]"},
    {10000000900017, "- A|[ND]|"}, /* not readable: neither there nor absent */
    {12000001300017,
     "A|1||AV|DE L'\"ESSAI\", 2||87000|LIMOGES| C|LEFEBVRE-CHATEAU NOEMIE|USAGE NOEMIE"},
    {20000000800017, "A|1||AV|DERNIERE||87000|LIMOGES| A|SOCIETE \"X\", ET CIE|"},
    {29100009900015, "A|1||AV|X|ENTREE\n732829320,00033,73282932000033,\n732829320,00033,"
		     "73282932000033,|87000|LIMOGES| A|DURAND ANNE|DURAND ANNE"},
    {73282932000017, "A|12|BIS|RUE|DES EXEMPLES|BAT A|75002|PARIS| A|LOGICIELS EXEMPLE|"},
    {73282932000025, "F|||||||BRUXELLES| A|LOGICIELS EXEMPLE|"},
    {73282932000033, "- A|LOGICIELS EXEMPLE|"}, /* only inside a quoted cell */
    {99999999900011, "|||||||| ||"},
};

static void scan(struct root *root)
{
	uint64_t sirets[ARRAY_SIZE(cases)];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		sirets[i] = cases[i].siret;
	assert_null(register_scan(root, sirets, ARRAY_SIZE(cases)));
}

static void rows_are_found(void **state)
{
	struct root root;

	(void)state;
	fixture_open(&root);
	assert_false(register_available(root.store));
	take(&root, "StockEtablissement_utf8.csv", etablissements);
	scan(&root);
	assert_query(&root, "SELECT count(*) FROM etablissements", "0\n");
	assert_false(register_available(root.store));
	take(&root, "StockUniteLegale_utf8.csv", unites);
	assert_true(register_available(root.store));
	assert_query(&root, "SELECT lignes FROM fichiers_asp ORDER BY id", "9\n6\n");
	scan(&root);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_found(&root, cases[i].siret, cases[i].expected);
	assert_query(&root, "SELECT count(*) FROM unites_legales WHERE etat = ''", "1\n");
	fixture_close(&root);
}

/* A file with exactly the columns of the published Table Schema is taken. */
static void schemas_agree(void **state)
{
	static const struct {
		const char *schema, *name, *row;
	} files[] = {
	    {"schemas/tables/entree_stock_etablissement.json", "StockEtablissement.csv",
	     "73282932000017,A,12,BIS,RUE,DES EXEMPLES,BAT A,75002,,BRUXELLES\n"},
	    {"schemas/tables/entree_stock_unite_legale.json", "StockUniteLegale.csv",
	     "732829320,A,,DURAND,CARON,ANNE,MARIE\n"},
	};
	struct root root;

	(void)state;
	fixture_open(&root);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		char *header = fixture_header(files[i].schema);
		char *text = mem_printf("%s%s", header, files[i].row);

		take(&root, files[i].name, text);
		free(text);
		free(header);
	}
	assert_null(register_scan(&root, (const uint64_t[]){73282932000017}, 1));
	assert_found(&root, 73282932000017,
		     "A|12|BIS|RUE|DES EXEMPLES|BAT A|75002|BRUXELLES| A|DURAND ANNE|CARON ANNE");
	fixture_close(&root);
}

/* As other tools save them: all quoted, `;`, other columns first, BOM, CRLF. */
static void other_writings(void **state)
{
	static const char etablissement[] =
	    "\xEF\xBB\xBF\"x;y\";\"siret\";\"etatAdministratifEtablissement\";"
	    "\"numeroVoieEtablissement\";"
	    "\"typeVoieEtablissement\";\"libelleVoieEtablissement\";\"codePostalEtablissement\";"
	    "\"libelleCommuneEtablissement\"\r\n"
	    "\"a;b\"\"c;\";\"73282932000017\";\"A\";\"1\";\"RUE\";\"X\";\"75002\";\"PARIS\"\r\n"
	    "\"73282932000025\";\"7328293200002A\";\"A\";\"1\";\"RUE\";\"X\";\"75002\";"
	    "\"PARIS\"\r\n";
	static const uint64_t sirets[] = {73282932000017, 73282932000025};
	struct root root;

	(void)state;
	fixture_open(&root);
	root.conf.perte_insee = 100; /* one of the two keys has a letter */
	take(&root, "StockEtablissement_utf8.csv", etablissement);
	take(&root, "StockUniteLegale_utf8.csv", unites);
	assert_null(register_scan(&root, sirets, ARRAY_SIZE(sirets)));
	assert_found(&root, sirets[0], "A|1||RUE|X||75002|PARIS| A|LOGICIELS EXEMPLE|");
	assert_found(&root, sirets[1], "|||||||| A|LOGICIELS EXEMPLE|");
	fixture_close(&root);
}

/* What a file was asked once is not asked again; a newer file is. */
static void files_follow_each_other(void **state)
{
	static const uint64_t siret = 73282932000017;
	char *newer = mem_strdup(unites), *path;
	struct root root;

	(void)state;
	fixture_open(&root);
	take(&root, "StockEtablissement_utf8.csv", etablissements);
	take(&root, "StockUniteLegale_utf8.csv", unites);
	assert_null(register_scan(&root, &siret, 1));
	memcpy(strstr(newer, "LOGICIELS"), "PROGRAMME", 9);
	take(&root, "StockUniteLegale_utf8.csv", newer);
	assert_found(&root, siret,
		     "A|12|BIS|RUE|DES EXEMPLES|BAT A|75002|PARIS| A|LOGICIELS EXEMPLE|");
	/* The establishments need not be read again: their file may even be gone. */
	path = fixture_query(
	    &root, "SELECT 'var/references/' || sha256 || '.csv' FROM fichiers_asp WHERE id = 1");
	path[strlen(path) - 1] = '\0';
	assert_int_equal(unlinkat(root.fd, path, 0), 0);
	assert_null(register_scan(&root, &siret, 1));
	assert_found(&root, siret,
		     "A|12|BIS|RUE|DES EXEMPLES|BAT A|75002|PARIS| A|PROGRAMME EXEMPLE|");
	assert_query(&root, "SELECT siren, fichier FROM unites_legales",
		     "732829320|2\n732829320|3\n");
	/* A kept file that is gone is our fault, not an absent enterprise. */
	assert_non_null(register_scan(&root, (const uint64_t[]){73282932000025}, 1));
	assert_query(&root, "SELECT count(*) FROM etablissements", "1\n");
	free(path);
	free(newer);
	fixture_close(&root);
}

/* Every line of a file of some megabytes is found: no border of a block hides one, and no neighbour
 * is taken for another. */
static void every_line_of_a_large_file(void **state)
{
	enum { LINES = 30000, STEP = 7 };
	static uint64_t sirets[2 * (LINES / STEP + 1)];
	struct buf text = {0};
	struct root root;
	size_t count = 0;

	(void)state;
	buf_puts(&text, ETABLISSEMENTS);
	for (unsigned i = 0; i < LINES; i++) {
		uint64_t siret = 10000000000000 + (uint64_t)i * 100003;

		buf_printf(&text, "%09llu,%05llu,%014llu,%s,%u,,RUE,\"VOIE\n%u\",75002,PARIS,,A\n",
			   (unsigned long long)siret / 100000, (unsigned long long)siret % 100000,
			   (unsigned long long)siret, i % 3 == 0 ? "\"X\"\"\"" : "", i, i);
		if (i % STEP == 0) {
			sirets[count++] = siret;
			sirets[count++] = siret + 1;
		}
	}
	assert_true(text.length > 2 << 20);
	fixture_open(&root);
	root.conf.reference_octets = 1;
	take(&root, "StockEtablissement_utf8.csv", text.data);
	take(&root, "StockUniteLegale_utf8.csv", unites);
	assert_null(register_scan(&root, sirets, count));
	assert_query(
	    &root,
	    "SELECT count(*), sum(numero = (CAST(siret AS INTEGER) - 10000000000000) / 100003"
	    " AND nom_voie = 'VOIE' || char(10) || numero) FROM etablissements WHERE etat = 'A'",
	    "4286|4286\n");
	assert_query(&root, "SELECT count(*) FROM etablissements WHERE etat = ''", "4286\n");
	buf_free(&text);
	fixture_close(&root);
}

/* What an older program took is passed over: the night goes on. */
static void an_old_file_with_a_line_without_end(void **state)
{
	struct buf text = {0};
	struct root root;
	char *path;
	int fd;

	(void)state;
	fixture_open(&root);
	take(&root, "StockEtablissement_utf8.csv", etablissements);
	take(&root, "StockUniteLegale_utf8.csv", unites);
	path = fixture_query(
	    &root, "SELECT 'var/references/' || sha256 || '.csv' FROM fichiers_asp WHERE id = 2");
	path[strlen(path) - 1] = '\0';
	buf_puts(&text, UNITES);
	for (unsigned i = 0; i < 3u << 20; i++)
		buf_putc(&text, 'x');
	buf_puts(&text, "\n732829320,,,A,,,LOGICIELS EXEMPLE\n");
	fd = openat(root.fd, path, O_WRONLY | O_TRUNC);
	assert_int_equal(write(fd, text.data, text.length), (ssize_t)text.length);
	close(fd);
	assert_null(register_scan(&root, &cases[5].siret, 1));
	assert_found(&root, cases[5].siret, cases[5].expected);
	buf_free(&text);
	free(path);
	fixture_close(&root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rows_are_found),
	    cmocka_unit_test(schemas_agree),
	    cmocka_unit_test(other_writings),
	    cmocka_unit_test(files_follow_each_other),
	    cmocka_unit_test(every_line_of_a_large_file),
	    cmocka_unit_test(an_old_file_with_a_line_without_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
