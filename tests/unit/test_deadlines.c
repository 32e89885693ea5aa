#include "lib/array.h"
#include "record/deadlines.h"

#include "core_fixture.h"

/* Requests of the table: id, statut, waiting_since, numero_ans; the rest does not matter. */
#define REQUEST_ROWS(values)                                                                       \
	"WITH q(id, statut, depuis, ans) AS (VALUES " values ")"                                   \
	" INSERT INTO demandes (id, rang, statut, type, anticipe, certificats, compte, siret,"     \
	" siren, numero_ans, logiciel, version, dsr, profil, siren_editeur, denomination,"         \
	" date_depot, contact, contact_nom, titulaire, attente_depuis)"                            \
	" SELECT id, 1, statut, 'initial', 0, 0, 'c', '" SIRET "', '" SIREN "', ans, 'L',"         \
	" '1', 'LGC', 'P', '', 'D', '2026-01-01', 'contact' || id || '@exemple.fr',"               \
	" 'Nom ' || id, 'representant_legal', depuis FROM q;"

static const char base_rows[] =
    "INSERT INTO nuits (id, date, programme, regles) VALUES (1, '2026-03-01', '1', '" RULES_VERSION
    "');"
    "INSERT INTO depots (id, nuit, date, compte, archive, taille, format, recu_le, type, etat,"
    "  essai, source, retour_nom) VALUES (1, 1, '2026-03-01', 'c', 'a.zip', 1, 'zip', '', '', 'OK',"
    "  0, 's', 'r'), (2, 1, '2026-03-01', 'c', 'b.zip', 1, 'zip', '', '', 'OK', 0, 's', 'r2');"
    "INSERT INTO referencements VALUES ('valide', '', '', '', '', '', 'valide', ''),"
    "  ('en_cours', '', '', '', '', '', 'en_cours', ''),"
    "  ('retire', '', '', '', '', '', 'retire', '');";

static int setup(void **state)
{
	fixture_setup(state);
	fixture_sql(*state, base_rows);
	return 0;
}

static const struct error *night(struct fixture *fixture, const char *date)
{
	return deadlines_apply(&fixture->root, &(struct record_night){1, date});
}

static void play(struct fixture *fixture, const char *date)
{
	const struct error *err = night(fixture, date);

	if (err != NULL)
		fail_msg("%s", err->message);
}

static void expect(struct fixture *fixture, const char *sql, const char *wanted)
{
	assert_string_equal(fixture_rows(fixture, sql), wanted);
}

/* Who is reminded in the night of 2026-03-20, with fifteen days between two reminders. */
static const struct {
	const char *statut, *since, *ans;
	bool reminded;
} waits[] = {
    {"ATTENTE_PIECES", "'2026-03-05'", "valide", true},
    {"ATTENTE_PIECES", "'2026-03-06'", "valide", false},
    {"ATTENTE_PIECES", "'2025-01-01'", "en_cours", true}, /* whatever the register says */
    {"ATTENTE_PIECES", "'2026-04-01'", "valide", false},  /* an earlier date played again */
    {"VALIDATION_PARTIELLE", "'2026-03-05'", "valide", true},
    {"VALIDATION_PARTIELLE", "'2026-03-06'", "valide", false},
    /* there is no certificate yet: every ninety days */
    {"VALIDATION_PARTIELLE", "'2025-12-20'", "en_cours", true},
    {"VALIDATION_PARTIELLE", "'2025-12-21'", "en_cours", false},
    {"VALIDATION_PARTIELLE", "'2025-12-20'", "absent", true},
    {"VALIDATION_PARTIELLE", "'2025-01-01'", "retire", false}, /* there will be none */
    {"EN_COURS", "NULL", "valide", false},
    {"CERTIFICATS_A_VALIDER", "NULL", "valide", false},
    {"REJETEE", "NULL", "valide", false},
    {"VALIDEE", "NULL", "valide", false},
};

static void who_is_reminded(void **state)
{
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(waits); i++) {
		char *sql = mem_printf(FORGET_EVENTS
				       "DELETE FROM demandes;"
				       "DELETE FROM mails; " REQUEST_ROWS("(7, '%s', %s, '%s')"),
				       waits[i].statut, waits[i].since, waits[i].ans);

		fixture_sql(fixture, sql);
		free(sql);
		for (int twice = 0; twice < 2; twice++) {
			play(fixture, "2026-03-20");
			expect(fixture,
			       "SELECT (SELECT count(*) FROM evenements), (SELECT count(*) FROM"
			       " mails), (SELECT attente_depuis = '2026-03-20' FROM demandes)",
			       waits[i].reminded		     ? "1|1|1\n"
			       : strcmp(waits[i].since, "NULL") == 0 ? "0|0|-\n"
								     : "0|0|0\n");
		}
	}
}

/* What a reminder leaves: its event and its mail; the status stays. */
static void what_a_reminder_writes(void **state)
{
	struct fixture *fixture = *state;

	fixture_sql(fixture,
		    REQUEST_ROWS("(7, 'ATTENTE_PIECES', '2026-03-01', 'a')") //
		    "INSERT INTO pieces_demandees VALUES (7, 'rib'), (7, 'kbis'), (8, 'autre')");
	play(fixture, "2026-03-20");
	expect(
	    fixture,
	    "SELECT nuit, date, demande, numero, evenement, acteur, de, vers, motif, pieces,"
	    " fichier, depot, details FROM evenements",
	    "1|2026-03-20|7|ENR0007M1|relance|service|ATTENTE_PIECES|ATTENTE_PIECES||kbis|rib||-|1\n");
	expect(fixture,
	       "SELECT date, type, destinataire, destinataire_nom, demande, numero, depot,"
	       " identifiant, publie, evenement = (SELECT id FROM evenements) FROM mails",
	       "2026-03-20|relance|contact7@exemple.fr|Nom 7|7|ENR0007M1|-|-|0|1\n");
	expect(fixture, "SELECT statut, attente_depuis FROM demandes",
	       "ATTENTE_PIECES|2026-03-20\n");
}

#define NUMBERS "SELECT date, details FROM evenements WHERE evenement = 'relance' ORDER BY id"

/* One a period, one after a pause of several; counted since what was asked last. */
static void periods(void **state)
{
	static const char *const nights[] = {
	    "2026-03-15", "2026-03-16", "2026-03-16", "2026-03-17",
	    "2026-03-30", "2026-03-31", "2026-09-01", "2026-09-02",
	};
	struct fixture *fixture = *state;

	fixture_sql(fixture, REQUEST_ROWS("(7, 'ATTENTE_PIECES', '2026-03-01', 'a')"));
	for (size_t i = 0; i < ARRAY_SIZE(nights); i++) {
		play(fixture, nights[i]);
		if (i == 1) /* a document that runs out meanwhile begins nothing anew */
			fixture_sql(
			    fixture,
			    "INSERT INTO evenements (date, demande, numero, evenement, acteur,"
			    " vers, motif, pieces, fichier) VALUES ('2026-03-16', 7,"
			    " 'ENR0007M1', 'echeance', 's', 'ATTENTE_PIECES', '', '', '')");
	}
	expect(fixture, NUMBERS, "2026-03-16|1\n2026-03-31|2\n2026-09-01|3\n");
	fixture_sql(
	    fixture,
	    "INSERT INTO evenements (date, demande, numero, evenement, acteur, vers, motif,"
	    "  pieces, fichier) VALUES ('2026-09-02', 7, 'ENR0007M1', 'demander_pieces', 'g',"
	    "  'ATTENTE_PIECES', '', '', ''), ('2026-09-02', 7, 'ENR0007M1', 'echeance', 's',"
	    "  'ATTENTE_PIECES', '', '', '');"
	    "UPDATE demandes SET attente_depuis = '2026-09-02'");
	play(fixture, "2026-09-17");
	fixture->root.conf.relance_jours = 30;
	play(fixture, "2026-10-16");
	play(fixture, "2026-10-17");
	expect(fixture, NUMBERS,
	       "2026-03-16|1\n2026-03-31|2\n2026-09-01|3\n2026-09-17|1\n2026-10-17|2\n");
}

/* The whole register anew, as a file of the ASP's brings it. */
#define REGISTER(etat)                                                                             \
	"CREATE TEMP TABLE avant AS SELECT * FROM referencements; DELETE FROM referencements;"     \
	"UPDATE avant SET etat = '" etat "' WHERE numero_ans = 'en_cours';"                        \
	"INSERT INTO referencements SELECT * FROM avant; DROP TABLE avant"

/* The register that validates the referencing opens the way: one at once, then one a period. */
static void register_validates(void **state)
{
	struct fixture *fixture = *state;

	fixture_sql(fixture, REQUEST_ROWS("(7, 'VALIDATION_PARTIELLE', '2026-01-10', 'en_cours')"));
	play(fixture, "2026-03-20");
	expect(fixture, NUMBERS, "");
	/* Set aside: a register that says so of another only changes nothing. */
	expect(fixture, "SELECT referencement_attendu FROM demandes", "1\n");
	fixture_sql(fixture, REGISTER("retire"));
	play(fixture, "2026-03-20");
	expect(fixture, "SELECT referencement_attendu FROM demandes", "1\n");
	fixture_sql(fixture, REGISTER("valide"));
	expect(fixture, "SELECT referencement_attendu FROM demandes", "0\n");
	play(fixture, "2026-03-21");
	play(fixture, "2026-03-22");
	play(fixture, "2026-04-05");
	expect(fixture, NUMBERS, "2026-03-21|1\n2026-04-05|2\n");
}

/* As long as the register does not, the longer period: until a number is retired. */
static void register_stays(void **state)
{
	static const char *const nights[] = {"2026-04-09", "2026-04-10", "2026-04-11", "2026-07-08",
					     "2026-07-09"};
	struct fixture *fixture = *state;

	fixture_sql(fixture, REQUEST_ROWS("(7, 'VALIDATION_PARTIELLE', '2026-01-10', 'en_cours')"));
	for (size_t i = 0; i < ARRAY_SIZE(nights); i++)
		play(fixture, nights[i]);
	expect(fixture, NUMBERS, "2026-04-10|1 en_cours\n2026-07-09|2 en_cours\n");
	fixture_sql(fixture, REGISTER("retire"));
	play(fixture, "2026-12-31");
	expect(fixture, "SELECT count(*) FROM mails", "2\n");
	fixture_sql(fixture, REGISTER("valide"));
	play(fixture, "2027-01-01");
	expect(fixture, NUMBERS, "2026-04-10|1 en_cours\n2026-07-09|2 en_cours\n2027-01-01|3\n");
}

/* A past night that other rules played sends none that these send. */
static void night_of_other_rules(void **state)
{
	struct fixture *fixture = *state;

	fixture_sql(fixture, REQUEST_ROWS("(7, 'VALIDATION_PARTIELLE', '2025-01-01', 'en_cours')"));
	fixture_sql(fixture, "UPDATE nuits SET regles = 'vague2-2024-06'");
	play(fixture, "2026-03-20");
	expect(fixture, NUMBERS, "");
	fixture_sql(fixture, "UPDATE nuits SET regles = 'vague2-2024-06.2'");
	play(fixture, "2026-03-20");
	expect(fixture, NUMBERS, "2026-03-20|1 en_cours\n");
}

/* What could not be committed is done by the next run, and nothing twice; many at once too. */
static void killed_and_run_again(void **state)
{
	struct fixture *fixture = *state;

	fixture_sql(
	    fixture,
	    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)"
	    " INSERT INTO demandes (id, statut, type, anticipe, certificats, compte, siret,"
	    " siren, numero_ans, logiciel, version, dsr, profil, siren_editeur,"
	    " denomination, date_depot, contact, contact_nom, titulaire, attente_depuis)"
	    " SELECT i, 'ATTENTE_PIECES', 'initial', 0, 0, 'c', 's', 's', i, '', '', '', '',"
	    " '', '', '', 'c', 'n', 'depositaire', iif(i % 2, '2026-02-01', '2026-01-01')"
	    " FROM n;"
	    "CREATE TRIGGER panne BEFORE INSERT ON mails WHEN NEW.demande = 301"
	    " BEGIN SELECT raise(ABORT, 'panne'); END");
	assert_non_null(night(fixture, "2026-03-20"));
	store_rollback(fixture->root.store);
	/* the first whole batch stands, each reminder with its mail and its date */
	expect(fixture,
	       "SELECT count(*), (SELECT count(*) FROM mails), (SELECT count(*) FROM demandes WHERE"
	       " attente_depuis = '2026-03-20') FROM evenements",
	       "256|256|256\n");
	fixture_sql(fixture, "DROP TRIGGER panne");
	play(fixture, "2026-03-20");
	expect(fixture,
	       "SELECT count(*), count(DISTINCT demande), (SELECT count(DISTINCT demande) FROM"
	       " mails), (SELECT count(*) FROM mails) FROM evenements",
	       "600|600|600|600\n");
}

/* What a document that ends gives in the night of 2026-03-20, sixty days ahead. */
static const struct {
	const char *statut, *type, *date;
	const char *signal; /* code, path and message; NULL: nothing */
	bool stays;	    /* the row, for a later night */
} documents[] = {
    {"EN_COURS", "certificat_hds", "2026-05-19",
     "SIG-006|pieces|2026-05-19|Le certificat HDS arrive à son terme le 2026-05-19.|11\n", false},
    {"EN_COURS", "certificat_hds", "2026-05-20", NULL, true},
    {"ATTENTE_PIECES", "certificat_hds", "2026-01-31",
     "SIG-006|pieces|2026-01-31|Le certificat HDS arrive à son terme le 2026-01-31.|11\n", false},
    {"VALIDATION_PARTIELLE", "piece_identite_representant", "2026-03-20",
     "SIG-005|representant.identite.valide_jusqu_au|2026-03-20|Le document « "
     "pièce d'identité du représentant légal » arrive à son terme le 2026-03-20.|15\n",
     false},
    {"CERTIFICATS_A_VALIDER", "piece_identite_depositaire", "2026-03-21",
     "SIG-005|depositaire.identite.valide_jusqu_au|2026-03-21|Le document « "
     "pièce d'identité du dépositaire » arrive à son terme le 2026-03-21.|15\n",
     false},
    {"EN_COURS", "mandat_representant_legal", "2026-03-21",
     "SIG-007|pieces|2026-03-21|Le document « mandat de délégation de signature du représentant légal » arrive à son terme le "
     "2026-03-21.|17\n",
     false},
    {"EN_COURS", "contrat_prestation", "2026-03-21",
     "SIG-007|pieces|2026-03-21|Le document « contrat de prestation spécifiant la délégation de signature » arrive à son terme le 2026-03-21.|17\n",
     false},
    {"EN_COURS", "mandat_editeur", "2026-03-21",
     "SIG-007|pieces|2026-03-21|Le document « mandat de l'éditeur » arrive à son terme le 2026-03-21.|17\n",
     false},
    {"REJETEE", "certificat_hds", "2026-03-21", NULL, false},
    {"VALIDEE", "certificat_hds", "2026-03-21", NULL, false},
    {"VALIDEE", "certificat_hds", "2027-03-21", NULL, true}, /* swept when its time comes */
};

static void documents_that_end(void **state)
{
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(documents); i++) {
		char *sql = mem_printf(
		    FORGET_EVENTS "DELETE FROM demandes; DELETE FROM signaux;"
				  "DELETE FROM echeances;" REQUEST_ROWS("(7, '%s', NULL, 'a')") //
		    "INSERT INTO echeances VALUES (7, '%s', '%s', 2)",
		    documents[i].statut, documents[i].type, documents[i].date);
		const char *signal = documents[i].signal != NULL ? documents[i].signal : "";

		fixture_sql(fixture, sql);
		free(sql);
		for (int twice = 0; twice < 2; twice++) {
			play(fixture, "2026-03-20");
			expect(fixture,
			       "SELECT code, chemin, valeur, message, page_guide FROM signaux",
			       signal);
			expect(fixture, "SELECT count(*) FROM echeances",
			       documents[i].stays ? "1\n" : "0\n");
		}
		sql = mem_printf("ENR0007M1|echeance|service|%s|%s|%s|%s %s|1\n",
				 documents[i].statut, documents[i].statut, documents[i].type,
				 documents[i].type, documents[i].date);
		expect(fixture,
		       "SELECT numero, evenement, acteur, de, vers, pieces, details, nuit"
		       " FROM evenements",
		       documents[i].signal != NULL ? sql : "");
		free(sql);
		expect(fixture, "SELECT demande, numero, depot, nuit, date FROM signaux",
		       documents[i].signal != NULL ? "7|ENR0007M1|2|1|2026-03-20\n" : "");
	}
	expect(fixture, "SELECT count(*) FROM mails", "0\n"); /* suppliers are not told */
}

/* Told once for a date, and again for the document that comes with another. */
static void each_document_once(void **state)
{
	static const char *const nights[][2] = {
	    {"certificat_hds', '2026-04-01", "2026-03-20"},
	    {"certificat_hds', '2026-04-01", "2026-03-21"}, /* the list was filled anew */
	    {"certificat_hds', '2026-04-30", "2026-03-22"},
	    {"mandat_editeur', '2026-04-01", "2026-03-23"},
	};
	struct fixture *fixture = *state;

	fixture_sql(fixture, REQUEST_ROWS("(7, 'EN_COURS', NULL, 'a')"));
	for (size_t i = 0; i < ARRAY_SIZE(nights); i++) {
		char *sql = mem_printf("INSERT INTO echeances VALUES (7, '%s', 1)", nights[i][0]);

		fixture_sql(fixture, sql);
		free(sql);
		play(fixture, nights[i][1]);
	}
	expect(fixture,
	       "SELECT e.date, e.details, s.valeur FROM evenements e JOIN signaux s ON s.date ="
	       " e.date ORDER BY e.id",
	       "2026-03-20|certificat_hds 2026-04-01|2026-04-01\n"
	       "2026-03-22|certificat_hds 2026-04-30|2026-04-30\n"
	       "2026-03-23|mandat_editeur 2026-04-01|2026-04-01\n");
	expect(fixture,
	       "SELECT (SELECT count(*) FROM signaux), (SELECT count(*) FROM evenements),"
	       " (SELECT count(*) FROM echeances)",
	       "3|3|0\n");
	/* looking no day ahead: on the last day itself */
	fixture->root.conf.echeance_jours = 0;
	fixture_sql(fixture, "INSERT INTO echeances VALUES (7, 'certificat_hds', '2026-06-02', 1)");
	play(fixture, "2026-06-01");
	expect(fixture, "SELECT count(*) FROM signaux", "3\n");
	play(fixture, "2026-06-02");
	expect(fixture, "SELECT count(*) FROM signaux", "4\n");
}

/* Each walk over what is due goes by its own index, whatever the table holds. */
static void plans(void **state)
{
	static const struct {
		enum sql_id id;
		const char *step;
	} cases[] = {
	    {SQL_RELANCE_NEXT, "SEARCH q USING INDEX demandes_attente"},
	    {SQL_RELANCE_SUSPENDED_NEXT, "SEARCH q USING INDEX demandes_suspendues_attente"},
	    {SQL_ECHEANCE_NEXT, "SEARCH h USING INDEX echeances_date"},
	    {SQL_CLOSURE_NEXT, "SEARCH q USING INDEX demandes_statut (statut=? AND id>?)"},
	    {SQL_FOLLOW_UP_SIRETS, "SEARCH demandes USING INDEX demandes_statut"},
	    {SQL_SIGNAL_IBANS, "SEARCH dossiers USING COVERING INDEX dossiers_iban"},
	    {SQL_SIGNAL_FICHIERS, "SEARCH pieces USING INDEX pieces_sha256"},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *plan = fixture_plan(fixture, cases[i].id);

		if (strstr(plan, cases[i].step) == NULL)
			fail_msg("« %s » is not in:\n%s", cases[i].step, plan);
		/* what is due comes in the order of its index: the first row costs no sort */
		if (cases[i].id == SQL_RELANCE_NEXT || cases[i].id == SQL_RELANCE_SUSPENDED_NEXT ||
		    cases[i].id == SQL_CLOSURE_NEXT)
			assert_null(strstr(plan, "TEMP B-TREE"));
	}
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_STORE(who_is_reminded),
	    WITH_STORE(what_a_reminder_writes),
	    WITH_STORE(periods),
	    WITH_STORE(register_validates),
	    WITH_STORE(register_stays),
	    WITH_STORE(night_of_other_rules),
	    WITH_STORE(killed_and_run_again),
	    WITH_STORE(documents_that_end),
	    WITH_STORE(each_document_once),
	    WITH_STORE(plans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
