/* What a purge takes and what it leaves, on each side of every bound. */
#include "lib/array.h"
#include "purge_checks.h"

#include "capture.h"

static void what_is_erased(void **state)
{
	struct fixture *fixture = *state;

	remember(fixture);
	play(fixture, false);
	assert_rows_erased(fixture);
	assert_int_equal(report.dossiers, 3);
	assert_int_equal(report.identites, 2);
	assert_int_equal(report.refus, 4);
	assert_int_equal(report.documents, 7);
	assert_int_equal(report.archives, 6);
	assert_int_equal(report.waiting_for_outputs, 10);
	assert_int_equal(
	    report.rapports + report.waiting_for_key + report.failures + report.resumed, 0);
}

/* Kept archives, answers and corrections that nobody fetched, mails that nobody relayed. */
static void which_files_go(void **state)
{
	static const char *const others[] = {
	    "outbox/mails/new/1.segur",		  "outbox/mails/new/20260101.M000000001.autre",
	    "outbox/mails/new/20260101.Mx.segur", "outbox/mails/new/20260101.N000000001.segur",
	    "outbox/fournisseurs/c1/notes",	  "outbox/mails/new/20260101.M000000200.segur"};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		purge_file(fixture, others[i], "x");
	play(fixture, false);
	assert_files_gone(fixture);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_true(purge_exists(fixture, others[i]));
	/* Again: there is nothing left to do. */
	remember(fixture);
	play(fixture, false);
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		assert_changed(fixture, &tables[i], "");
	assert_int_equal(report.dossiers + report.identites + report.refus + report.resumed, 0);
	assert_int_equal(report.waiting_for_outputs, 10);
}

/* A name of the database that would lead elsewhere removes nothing there. */
static void names_that_lead_out(void **state)
{
	struct fixture *fixture = *state;

	fixture_sql(fixture, "UPDATE depots SET retour_nom = '../c5/r5' WHERE id = 1;"
			     "UPDATE depots SET retour_nom = '' WHERE id = 2");
	play(fixture, false);
	assert_true(purge_exists(fixture, "outbox/fournisseurs/c5/r5"));
	assert_true(purge_exists(fixture, "outbox/fournisseurs/c1/r1"));
	assert_true(purge_exists(fixture, "outbox/fournisseurs/c2/r2"));
	assert_false(purge_exists(fixture, "outbox/fournisseurs/c17/r17"));
	assert_int_equal(report.dossiers, 3);
}

/* What `segur show` says of it. */
static void told_of_a_request(void **state)
{
	struct fixture *fixture = *state;
	sqlite3_stmt *stmt;
	struct buf out = {0};

	play(fixture, false);
	fixture_sql(fixture, "INSERT INTO effacements (date, nature, objet, demande, etat) VALUES"
			     " ('2026-06-02', 'dossier', 'donnees', 17, 'retire'),"
			     " ('2026-06-02', 'dossier', 'archive', 17, 'fait')");
	stmt = store_stmt(fixture->root.store, SQL_DEMANDE_EFFACEMENTS);
	bind_int(stmt, DEMANDE_EFFACEMENTS_P_DEMANDE, 17);
	while (store_step(fixture->root.store, stmt))
		buf_printf(&out, "%s|%s|%s|%s|%s\n", column_text(stmt, DEMANDE_EFFACEMENTS_DATE),
			   column_text(stmt, DEMANDE_EFFACEMENTS_ERASED),
			   column_text(stmt, DEMANDE_EFFACEMENTS_DOCUMENTS),
			   column_text(stmt, DEMANDE_EFFACEMENTS_ARCHIVES),
			   column_text(stmt, DEMANDE_EFFACEMENTS_STATE));
	assert_string_equal(out.data, "2026-05-01|pièces d'identité|1|1|fait\n"
				      "2026-06-01|dossier entier|1|0|fait\n"
				      "2026-06-02|dossier entier|0|1|en cours\n");
	buf_free(&out);
}

/* A folder of answers that is not there has none. */
static void folders_that_are_gone(void **state)
{
	struct fixture *fixture = *state;
	static const char *const names[] = {"outbox/fournisseurs/c1/r1",
					    "outbox/fournisseurs/c1/a_corriger1"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_int_equal(unlinkat(fixture->root.fd, names[i], 0), 0);
	assert_int_equal(unlinkat(fixture->root.fd, "outbox/fournisseurs/c1", AT_REMOVEDIR), 0);
	play(fixture, false);
	assert_false(purge_exists(fixture, "outbox/fournisseurs/c1"));
	assert_int_equal(report.dossiers, 3);
}

/* What was erased of an event before keeps its day. */
static void erased_before(void **state)
{
	struct fixture *fixture = *state;

	fixture_sql(fixture, "UPDATE evenements SET acteur = 'compte', motif = '', fichier = '',"
			     " efface_le = '2026-05-01' WHERE id = 1");
	play(fixture, false);
	assert_string_equal(
	    fixture_rows(fixture, "SELECT efface_le FROM evenements WHERE demande = 1 ORDER BY id"),
	    "2026-05-01\n2026-06-01\n");
}

static void dry_run(void **state)
{
	struct fixture *fixture = *state;

	remember(fixture);
	play(fixture, true);
	assert_int_equal(report.dossiers, 3);
	assert_int_equal(report.identites, 2);
	assert_int_equal(report.refus, 4);
	assert_int_equal(report.documents, 7);
	assert_int_equal(report.archives, 6);
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		assert_changed(fixture, &tables[i], "");
	assert_string_equal(gone(fixture, "outbox/fournisseurs/c#/r#", NULL), "");
	for (unsigned n = 1; n <= 4; n++)
		assert_true(purge_kept(fixture, n));
}

/* Reports of the day that is 90 days before; not the newest, whatever its day; nothing else. */
static void reports(void **state)
{
	static const struct {
		const char *folder;
		bool goes;
	} cases[] = {
	    {"2026-03-03", true},   {"2025-12-31", true},  {"2026-03-04", false},
	    {"2026-01-01", false},  {"2026-02-30", false}, {"2026-1-1", false},
	    {"2026-01-01x", false}, {"notes", false},
	};
	struct fixture *fixture = *state;
	char path[80];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(path, sizeof(path), "outbox/asp/rapports/%s", cases[i].folder);
		purge_folder(fixture, path);
		snprintf(path, sizeof(path), "outbox/asp/rapports/%s/demandes.csv",
			 cases[i].folder);
		purge_file(fixture, path, "x");
	}
	assert_int_equal(symlinkat("2026-01-01", fixture->root.fd, "outbox/asp/rapports/courant"),
			 0);
	play(fixture, true);
	assert_int_equal(report.rapports, 2);
	assert_true(purge_exists(fixture, "outbox/asp/rapports/2026-03-03"));
	play(fixture, false);
	assert_int_equal(report.rapports, 2);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(path, sizeof(path), "outbox/asp/rapports/%s", cases[i].folder);
		assert_int_equal(purge_exists(fixture, path), !cases[i].goes);
	}
	assert_string_equal(fixture_rows(fixture,
					 "SELECT objet, demande, depot, etat FROM effacements "
					 "WHERE nature = 'rapports' ORDER BY objet"),
			    "2025-12-31|-|-|fait\n2026-03-03|-|-|fait\n");
	play(fixture, false);
	assert_int_equal(report.rapports + report.resumed, 0);
	/* Without a newest one all old ones go. */
	assert_int_equal(unlinkat(fixture->root.fd, "outbox/asp/rapports/courant", 0), 0);
	play(fixture, false);
	assert_int_equal(report.rapports, 1);
	assert_false(purge_exists(fixture, "outbox/asp/rapports/2026-01-01"));
}

/* Folders of accounts may have the names that reports have. */
static void accounts_named_like_reports(void **state)
{
	static const char *const folders[] = {"outbox/fournisseurs/courant",
					      "outbox/fournisseurs/2025-12-31"};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		purge_folder(fixture, folders[i]);
	play(fixture, false);
	assert_int_equal(report.rapports, 0);
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		assert_true(purge_exists(fixture, folders[i]));
}

/* More than one batch of each kind: of what is looked at, and of what is taken away. */
static void many(void **state)
{
	struct fixture *fixture = *state;

	fixture_sql(
	    fixture,
	    "WITH RECURSIVE n(i) AS (VALUES (1000) UNION ALL SELECT i + 1 FROM n WHERE i < 2199)"
	    "INSERT INTO depots (id, nuit, date, compte, archive, taille, sha256, format, recu_le,"
	    "  type, etat, essai, source, retour_nom, retour_publie, libere) SELECT i, 1, "
	    "'2026-01-01',"
	    "  'c101', 'x', 1, sha(i), 'zip', '2026-01-01', 'initial', 'KO', 0, 's', 'n' || i, 1, 1"
	    "  FROM n");
	play(fixture, false);
	assert_int_equal(report.refus, 1204);
	assert_string_equal(fixture_rows(fixture,
					 "SELECT count(*), count(DISTINCT depot) FROM effacements"
					 " WHERE depot >= 1000 AND etat = 'fait'"),
			    "2400|1200\n");
	assert_string_equal(
	    fixture_rows(fixture, "SELECT count(*) FROM depots WHERE id >= 1000 AND archive <> ''"),
	    "0\n");
	assert_files_gone(fixture);
}

/* More than a batch of those that wait for their outputs: each is looked at once. */
static void many_that_wait(void **state)
{
	struct fixture *fixture = *state;

	fixture_sql(
	    fixture,
	    "CREATE TEMP TABLE n AS WITH RECURSIVE n(i) AS (VALUES (1000) UNION ALL SELECT i + 1"
	    " FROM n WHERE i < 1599) SELECT i, iif(i % 2, '2026-01-01', '2026-03-01') AS fin FROM "
	    "n;"
	    "INSERT INTO demandes (id, rang, statut, type, anticipe, certificats, compte, siret,"
	    "  siren, numero_ans, logiciel, version, dsr, profil, siren_editeur, denomination,"
	    "  date_depot, contact, contact_nom, titulaire) SELECT i, 0, 'VALIDEE', "
	    "'complementaire',"
	    "  0, 0, 'c1', 's', 's', 'ans' || i, 'l', 'v', 'LGC', 'p', 's', 'd', fin, 'c', 'n',"
	    "  'depositaire' FROM n;"
	    "INSERT INTO depots (id, nuit, date, compte, archive, taille, sha256, format, recu_le,"
	    "  type, etat, essai, demande, source, retour_nom, retour_publie, libere) SELECT i, 1,"
	    "  fin, 'c1', 'x', 1, sha(i), 'zip', fin, 'complementaire', 'OK', 0, i, 's', 'n' || i, "
	    "0,"
	    "  1 FROM n UNION ALL SELECT i + 1000, 1, '2026-01-01', 'c1', 'x', 1, sha(i), 'zip', "
	    "fin,"
	    "  'initial', 'KO', 0, NULL, 's', 'm' || i, 0, 1 FROM n;"
	    "INSERT INTO evenements (nuit, date, demande, numero, evenement, acteur, vers, motif,"
	    "  pieces, fichier) SELECT 1, fin, i, 'n', 'valider', 'service', 'VALIDEE', '', '', ''"
	    "  FROM n;"
	    "INSERT INTO pieces (demande, depot, type, fichier, ordinal, taille, sha256, format)"
	    "  SELECT i, i, 'piece_identite_representant', 'f', 1, 1, sha(i), 'pdf' FROM n;"
	    "DROP TABLE n");
	play(fixture, true);
	assert_int_equal(report.waiting_for_outputs, 10 + 600 + 600);
	assert_int_equal(report.dossiers, 3);
}

/* What is said of each. */
static void lines(void **state)
{
	static const char *const wanted[] = {
	    "  ENR0001M1      dossier entier (VALIDEE, 2026-02-21) : documents : 2, archives : 1\n",
	    "  ENR0004M1      pièces d'identité (REJETEE, 2026-05-02) : documents : 1, archives : "
	    "1\n",
	    "  c101           dépôt sans demande (essai, KO, 2026-04-02) : documents : 0, "
	    "archives : 1\n",
	    "  c105           dépôt sans demande (INCIDENT, 2026-01-01) : documents : 0, archives "
	    ": 0\n",
	    "  ENR0011M2      attend que ses sorties soient publiées\n",
	    "  c106           attend que ses sorties soient publiées\n",
	};
	char *said;

	capture_begin(stdout);
	play(*state, true);
	said = capture_end();
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		if (strstr(said, wanted[i]) == NULL)
			fail_msg("« %s » is not in:\n%s", wanted[i], said);
	free(said);
}

#define WITH_ROOT(test) cmocka_unit_test_setup_teardown(test, purge_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_ROOT(what_is_erased),
	    WITH_ROOT(which_files_go),
	    WITH_ROOT(folders_that_are_gone),
	    WITH_ROOT(names_that_lead_out),
	    WITH_ROOT(told_of_a_request),
	    WITH_ROOT(erased_before),
	    WITH_ROOT(dry_run),
	    WITH_ROOT(reports),
	    WITH_ROOT(accounts_named_like_reports),
	    WITH_ROOT(many),
	    WITH_ROOT(many_that_wait),
	    WITH_ROOT(lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
