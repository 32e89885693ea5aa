#include "record/addresses.h"

#include "core_fixture.h"

#define NIGHT_OF_2 1
#define NIGHT	   2

static const char base_rows[] =
    "INSERT INTO nuits (id, date, programme, regles) VALUES"
    " (1, '2026-03-01', '1.1.0', 'vague2-2024-06.2'), (2, '2026-03-02', '', '" RULES_VERSION "');"
    "INSERT INTO demandes (id, rang, statut, type, anticipe, certificats, compte, siret, siren,"
    " numero_ans, logiciel, version, dsr, profil, siren_editeur, denomination, date_depot,"
    " contact, contact_nom, titulaire) VALUES (1, 0, 'EN_COURS', 'initial', 0, 1, 'c', '" SIRET
    "', '" SIREN "', 'n', '', '', '', '', '', '', '2026-03-01', 'a@x.fr', 'N', 'depositaire');";

static int setup(void **state)
{
	fixture_setup(state);
	fixture_sql(*state, base_rows);
	return 0;
}

/* A new comptes.csv, of rows (identifiant, email, siren). */
static void take(struct fixture *fixture, int64_t night, const char *rows)
{
	char *sql = mem_printf("DELETE FROM comptes_asp; INSERT INTO comptes_asp (identifiant, "
			       "email, siren, portail_segur, titulaire) SELECT column1, column2, "
			       "column3, 'oui', 'depositaire' FROM (VALUES %s)",
			       rows);

	addresses_keep(&fixture->root, night);
	fixture_sql(fixture, sql);
	addresses_compare(&fixture->root, night);
	free(sql);
	assert_null(store_error(fixture->root.store));
	assert_string_equal(fixture_rows(fixture, "SELECT * FROM comptes_avant"), "");
	assert_string_equal(fixture_rows(fixture, "SELECT * FROM adresses"), "");
}

static void open_ours(struct fixture *fixture, const char *identifiant, const char *email)
{
	char *sql = mem_printf("INSERT INTO comptes VALUES ('%s', '%s', '" SIREN
			       "', 'depositaire', '2026-03-01', 1, NULL)",
			       identifiant, email);

	fixture_sql(fixture, sql);
	free(sql);
}

static void expect(struct fixture *fixture, const char *former, const char *contact)
{
	char line[64];

	snprintf(line, sizeof(line), "%s\n", contact);
	assert_string_equal(fixture_rows(fixture, "SELECT identifiant, email FROM "
						  "adresses_retirees ORDER BY id"),
			    former);
	assert_string_equal(fixture_rows(fixture, "SELECT contact FROM demandes"), line);
}

/* What a dossier of this supplier means by an address; "" when it means that address itself. */
static void means(struct fixture *fixture, const char *email, const char *wanted)
{
	sqlite3_stmt *stmt = store_stmt(fixture->root.store, SQL_ADDRESS_NOW);

	bind_text(stmt, ADDRESS_NOW_P_SIREN, SIREN);
	bind_text(stmt, ADDRESS_NOW_P_EMAIL, email);
	assert_string_equal(
	    store_step(fixture->root.store, stmt) ? column_text(stmt, ADDRESS_NOW_EMAIL) : "",
	    wanted);
	sqlite3_reset(stmt);
}

/* From a to b to c, and back to a. */
static void chain(void **state)
{
	take(*state, NIGHT, "('X', 'a@x.fr', '" SIREN "')");
	expect(*state, "", "a@x.fr");
	take(*state, NIGHT, "('X', 'b@x.fr', '" SIREN "')");
	expect(*state, "X|a@x.fr\n", "b@x.fr");
	means(*state, "A@X.fr", "b@x.fr");
	take(*state, NIGHT, "('X', 'c@x.fr', '" SIREN "')");
	expect(*state, "X|a@x.fr\nX|b@x.fr\n", "c@x.fr");
	means(*state, "a@x.fr", "c@x.fr");
	means(*state, "b@x.fr", "c@x.fr");
	means(*state, "c@x.fr", "");
	take(*state, NIGHT, "('X', 'a@x.fr', '" SIREN "')");
	expect(*state, "X|b@x.fr\nX|c@x.fr\n", "a@x.fr");
	means(*state, "a@x.fr", "");
	means(*state, "b@x.fr", "a@x.fr");
}

/* An address that somebody has today is his. */
static void given_to_another(void **state)
{
	take(*state, NIGHT, "('X', 'a@x.fr', '" SIREN "')");
	take(*state, NIGHT, "('X', 'b@x.fr', '" SIREN "')");
	take(*state, NIGHT, "('X', 'b@x.fr', '" SIREN "'), ('Y', 'a@x.fr', '552100554')");
	means(*state, "a@x.fr", "");
	take(*state, NIGHT, "('X', 'b@x.fr', '" SIREN "'), ('Y', 'd@x.fr', '552100554')");
	expect(*state, "X|a@x.fr\nY|a@x.fr\n", "b@x.fr");
	means(*state, "a@x.fr", "b@x.fr"); /* of the one that serves this supplier */
}

/* An identifiant that is gone is the same access when it is back, for whatever supplier. */
static void gone_and_back(void **state)
{
	take(*state, NIGHT, "('X', 'a@x.fr', '" SIREN "'), ('Z', 'z@x.fr', '" SIREN "')");
	for (int night = 0; night < 2; night++) {
		take(*state, NIGHT, "('Z', 'z@x.fr', '" SIREN "')");
		expect(*state, "X|a@x.fr\n", "a@x.fr");
		means(*state, "a@x.fr", "a@x.fr");
	}
	take(*state, NIGHT, "('X', 'b@x.fr', '552100554'), ('Z', 'z@x.fr', '" SIREN "')");
	expect(*state, "X|a@x.fr\n", "b@x.fr");
	means(*state, "a@x.fr", "b@x.fr");
	take(*state, NIGHT, "('Z', 'z@x.fr', '" SIREN "')");
	means(*state, "a@x.fr", "b@x.fr");
	take(*state, NIGHT, "('X', 'b@x.fr', '" SIREN "'), ('Z', 'z@x.fr', '" SIREN "')");
	expect(*state, "X|a@x.fr\n", "b@x.fr");
}

/* A supplier that is added or taken away changes no address; nor do two that the file gives. */
static void other_suppliers(void **state)
{
	take(*state, NIGHT, "('X', 'a@x.fr', '" SIREN "')");
	take(*state, NIGHT, "('X', 'a@x.fr', '" SIREN "'), ('X', 'b@x.fr', '552100554')");
	take(*state, NIGHT, "('X', 'a@x.fr', '" SIREN "'), ('X', 'b@x.fr', '552100554')");
	expect(*state, "", "a@x.fr");
	take(*state, NIGHT, "('X', 'a@x.fr', '552100554')");
	expect(*state, "X|b@x.fr\n", "a@x.fr");
}

/* A correction goes before a file that lags behind it. */
static void corrected(void **state)
{
	struct fixture *fixture = *state;

	open_ours(fixture, "X", "a@x.fr");
	take(fixture, NIGHT, "('X', 'a@x.fr', '" SIREN "')");
	addresses_correct(&fixture->root, NIGHT, SIREN, "a@x.fr", "B@x.fr");
	expect(fixture, "X|a@x.fr\n", "b@x.fr");
	means(fixture, "a@x.fr", "b@x.fr");
	take(fixture, NIGHT, "('X', 'a@x.fr', '" SIREN "')");
	expect(fixture, "X|a@x.fr\n", "b@x.fr");
	means(fixture, "a@x.fr", "b@x.fr");
	take(fixture, NIGHT,
	     "('Y', 'y@x.fr', '552100554')"); /* an access of ours outlives the file */
	means(fixture, "a@x.fr", "b@x.fr");
	addresses_correct(&fixture->root, NIGHT, SIREN, "b@x.fr", "a@x.fr");
	expect(fixture, "X|b@x.fr\n", "a@x.fr");
}

/* A night of rules 2 changes what it changed then, and remembers nothing. */
static void older_rules(void **state)
{
	struct fixture *fixture = *state;

	take(fixture, NIGHT_OF_2, "('X', 'a@x.fr', '" SIREN "')");
	take(fixture, NIGHT_OF_2, "('X', 'b@x.fr', '" SIREN "')");
	expect(fixture, "", "b@x.fr");
	take(fixture, NIGHT_OF_2, "('X', 'c@x.fr', '552100554')");
	expect(fixture, "", "b@x.fr");
	open_ours(fixture, "W", "b@x.fr");
	addresses_correct(&fixture->root, NIGHT_OF_2, SIREN, "b@x.fr", "d@x.fr");
	expect(fixture, "", "d@x.fr");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(chain, setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(given_to_another, setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(gone_and_back, setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(other_suppliers, setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(corrected, setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(older_rules, setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
