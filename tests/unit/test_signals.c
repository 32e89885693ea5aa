#include "lib/array.h"
#include "record/signals.h"

#include "core_fixture.h"

#define NIGHT_1 "2026-03-01"
#define NIGHT_2 "2026-03-02"
#define IBAN	"FR1420041010050500013M02606"
#define OTHER	"FR7630001007941234567890185"

/* A request and its drop of the same number; its SIRET is its SIREN and five digits. */
static void add_request(struct fixture *fixture, int id, const char *statut, const char *siren,
			const char *iban)
{
	char *sql = mem_printf(
	    "INSERT INTO demandes (id, rang, statut, type, anticipe, certificats, compte, siret,"
	    " siren, numero_ans, logiciel, version, dsr, profil, siren_editeur, denomination,"
	    " date_depot, contact, contact_nom, titulaire) VALUES (%d, 0, '%s', 'initial', 0, 1, "
	    "'c',"
	    " '%s00074', '%s', 'ans%d', '', '', '', '', '', '', '', '', '', 'depositaire');"
	    "INSERT INTO depots (id, nuit, date, compte, archive, taille, format, recu_le, type, "
	    "etat,"
	    " essai, source, retour_nom) VALUES (%d, 1, '', 'c', 'a', 1, '', '', '', 'OK', 0, 's',"
	    " 'r%d');"
	    "INSERT INTO evenements (date, demande, numero, evenement, acteur, vers, motif, pieces,"
	    " fichier, depot) VALUES ('', %d, '', 'depot', 'c', '', '', '', '', %d);"
	    "INSERT INTO dossiers (demande, rang, depot, declarant, iban) VALUES (%d, 0, %d,"
	    " 'representant_legal', %s%s%s)",
	    id, statut, siren, siren, id, id, id, id, id, id, id, iban != NULL ? "'" : "",
	    iban != NULL ? iban : "NULL", iban != NULL ? "'" : "");

	fixture_sql(fixture, sql);
	free(sql);
}

static void add_document(struct fixture *fixture, int demande, int depot, const char *type,
			 const char *sha256, const char *until)
{
	char *sql = mem_printf(
	    "INSERT OR IGNORE INTO depots (id, nuit, date, compte, archive, taille, format, "
	    "recu_le,"
	    " type, etat, essai, source, retour_nom) VALUES (%d, 1, '', 'c', 'a', 1, '', '', '', "
	    "'OK',"
	    " 0, 's', 'r%d');"
	    "UPDATE pieces SET remplacee = 1 WHERE demande = %d AND type = '%s';"
	    "INSERT INTO pieces (demande, depot, type, fichier, ordinal, taille, sha256, format,"
	    " valide_jusqu_au) VALUES (%d, %d, '%s', '%s.pdf', 1, 1, '%s', 'pdf', nullif('%s', "
	    "''))",
	    depot, depot, demande, type, demande, depot, type, type, sha256, until);

	fixture_sql(fixture, sql);
	free(sql);
}

static int setup(void **state)
{
	fixture_setup(state);
	fixture_sql(*state, "INSERT INTO nuits (id, date, programme, regles) VALUES"
			    " (1, '" NIGHT_1 "', '1', 'r'), (2, '" NIGHT_2 "', '1', 'r')");
	return 0;
}

static void record(struct fixture *fixture, int64_t demande, int64_t depot)
{
	store_begin(fixture->root.store);
	signals_of_request(&fixture->root, &(struct record_night){2, NIGHT_2}, demande, depot);
	fixture_commit(fixture);
}

static void expect(struct fixture *fixture, const char *sql, const char *wanted)
{
	assert_string_equal(fixture_rows(fixture, sql), wanted);
}

#define TOLD                                                                                       \
	"SELECT numero, depot, code, chemin, valeur, message, page_guide FROM signaux"             \
	" WHERE nuit = 2 AND date = '" NIGHT_2 "' ORDER BY id"
#define PAIRS "SELECT demande, code, cle FROM signaux ORDER BY id"

/* One IBAN under several SIRENs: told on the request that came last, once for two requests. */
static void shared_iban(void **state)
{
	struct fixture *fixture = *state;

	add_request(fixture, 1, "EN_COURS", "111111111", IBAN);
	record(fixture, 1, 1);
	add_request(fixture, 2, "REJETEE", "222222222", IBAN);
	add_request(fixture, 3, "EN_COURS", "111111111", IBAN); /* its own */
	record(fixture, 3, 3);
	add_request(fixture, 4, "EN_COURS", "444444444", OTHER);
	record(fixture, 4, 4);
	add_request(fixture, 5, "EN_COURS", "555555555", NULL); /* a complémentaire */
	record(fixture, 5, 5);
	expect(fixture, TOLD, "");

	fixture_sql(fixture, "UPDATE demandes SET rang = 2 WHERE id = 3;"
			     "UPDATE dossiers SET rang = 2 WHERE demande = 3");
	add_request(fixture, 6, "EN_COURS", "666666666", IBAN);
	record(fixture, 6, 6);
	record(fixture, 6, 6);
	expect(fixture, TOLD,
	       "ENR0006M0|6|SIG-002|banque.iban|FR14…2606|L'IBAN FR14…2606 est aussi celui de la "
	       "demande ENR0003M2, d'un autre SIREN (111111111).|18\n");
	record(fixture, 3, 3); /* the other is recorded again */
	expect(fixture, PAIRS, "6|SIG-002|ENR0003\n");
	record(fixture, 1, 1); /* an older one of the same supplier was not told of */
	expect(fixture, PAIRS, "6|SIG-002|ENR0003\n1|SIG-002|ENR0006\n");
	add_request(fixture, 7, "VALIDEE", "777777777", IBAN);
	record(fixture, 7, 7);
	expect(fixture, "SELECT cle FROM signaux WHERE demande = 7 ORDER BY id",
	       "ENR0006\nENR0003\n");
	/* a dossier that was corrected since no longer counts */
	fixture_sql(fixture,
		    "DELETE FROM signaux; UPDATE demandes SET rang = 1 WHERE id = 6;"
		    "INSERT INTO dossiers (demande, rang, depot, iban) VALUES (6, 1, 6, '" OTHER
		    "')");
	add_request(fixture, 8, "EN_COURS", "888888888", OTHER);
	record(fixture, 8, 8);
	add_request(fixture, 9, "EN_COURS", "999999999", IBAN);
	record(fixture, 9, 9);
	expect(fixture, PAIRS,
	       "8|SIG-002|ENR0006\n8|SIG-002|ENR0004\n9|SIG-002|ENR0007\n9|SIG-002|ENR0003\n");
	/* no IBAN stands whole in a signal */
	expect(
	    fixture,
	    "SELECT count(*) FROM signaux WHERE valeur || message || cle LIKE '%' || substr('" OTHER
	    "', 5, 6) || '%'",
	    "0\n");
}

/* However many share it, ten are named. */
static void widely_shared(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 1; i <= 12; i++) {
		char *siren = mem_printf("%09d", i);

		add_request(fixture, i, "EN_COURS", siren, IBAN);
		add_document(fixture, i, i, "rib", "aa", "");
		free(siren);
	}
	record(fixture, 12, 12);
	expect(fixture, "SELECT code, count(*), min(cle), max(cle) FROM signaux GROUP BY code",
	       "SIG-002|10|ENR0002|ENR0011\nSIG-003|10|aa ENR0002|aa ENR0011\n");
}

/* One file under several requests, or as two documents of one. */
static void shared_file(void **state)
{
	struct fixture *fixture = *state;

	add_request(fixture, 1, "EN_COURS", "111111111", NULL);
	add_document(fixture, 1, 1, "rib", "aa", "");
	add_document(fixture, 1, 1, "kbis", "aa", ""); /* in one drop: PJ-005 has said it */
	add_document(fixture, 1, 1, "mandat_editeur", "bb", "");
	add_document(fixture, 1, 1, "autre", "0123456789abcdef0", ""); /* as another begins */
	record(fixture, 1, 1);
	expect(fixture, TOLD, "");
	add_request(fixture, 2, "REJETEE", "222222222", NULL);
	add_document(fixture, 2, 2, "rib", "cc", "");
	add_request(fixture, 3, "EN_COURS", "222222222", NULL);
	add_document(fixture, 3, 3, "rib", "cc", ""); /* again after a rejection */
	record(fixture, 3, 3);
	expect(fixture, TOLD, "");

	/* of another supplier, rejected or not; of the same supplier's live request */
	add_request(fixture, 4, "EN_COURS", "111111111", NULL);
	add_document(fixture, 4, 4, "preuve_hors_tva", "cc", "");
	add_document(fixture, 4, 4, "mandat_editeur", "bb", "");
	add_document(fixture, 4, 4, "autre", "0123456789abcdef1", "");
	record(fixture, 4, 4);
	record(fixture, 4, 4);
	expect(
	    fixture, TOLD,
	    "ENR0004M0|4|SIG-003|archive/preuve_hors_tva.pdf|preuve_hors_tva|Le fichier du "
	    "document « preuve de régime hors TVA » est aussi celui du document « relevé d'identité bancaire (RIB) » de la demande ENR0003M0.|36\n"
	    "ENR0004M0|4|SIG-003|archive/preuve_hors_tva.pdf|preuve_hors_tva|Le fichier du "
	    "document « preuve de régime hors TVA » est aussi celui du document « relevé d'identité bancaire (RIB) » de la demande ENR0002M0.|36\n"
	    "ENR0004M0|4|SIG-003|archive/mandat_editeur.pdf|mandat_editeur|Le fichier du document « "
	    "mandat de l'éditeur » est aussi celui du document « mandat de l'éditeur » de la demande "
	    "ENR0001M0.|36\n");

	/* a later drop of the same request: the same type again is no news, another type is */
	fixture_sql(fixture, "DELETE FROM signaux");
	add_document(fixture, 1, 11, "mandat_editeur", "dd", "");
	record(fixture, 1, 11);
	add_document(fixture, 1, 12, "mandat_editeur", "dd", "");
	record(fixture, 1, 12);
	expect(fixture, PAIRS, "");
	add_document(fixture, 1, 13, "autre", "dd", "");
	record(fixture, 1, 13);
	expect(
	    fixture, TOLD,
	    "ENR0001M0|13|SIG-003|archive/autre.pdf|autre|Le fichier du document « autre document » est aussi "
	    "celui du document « mandat de l'éditeur » de la demande ENR0001M0.|36\n");
	/* only the documents of the drop are looked at */
	fixture_sql(fixture, "DELETE FROM signaux");
	add_document(fixture, 3, 14, "kbis", "ee", "");
	record(fixture, 3, 14);
	expect(fixture, PAIRS, "");
}

/* Identity papers of the dossier: nature, end and issue of the représentant's, then of the
 * dépositaire's; what the request watches then. */
static void identity_papers(void **state)
{
	static const struct {
		const char *declarant, *set, *wanted;
	} cases[] = {
	    {"representant_legal", "representant_identite_valide_jusqu_au = '2030-01-31'",
	     "piece_identite_representant|2030-01-31|1\n"},
	    /* an adult's card of the ten years */
	    {"representant_legal",
	     "representant_identite_nature = 'cni',"
	     " representant_identite_valide_jusqu_au = '2022-06-15',"
	     " representant_identite_delivree_le = '2012-06-15'",
	     "piece_identite_representant|2027-06-15|1\n"},
	    {"representant_legal",
	     "representant_identite_nature = 'passeport',"
	     " representant_identite_valide_jusqu_au = '2022-06-15',"
	     " representant_identite_delivree_le = '2012-06-15'",
	     "piece_identite_representant|2022-06-15|1\n"},
	    {"depositaire",
	     "representant_identite_valide_jusqu_au = '2030-01-31',"
	     " depositaire_identite_nature = 'cni',"
	     " depositaire_identite_valide_jusqu_au = '2023-01-01',"
	     " depositaire_identite_delivree_le = '2013-01-01'",
	     "piece_identite_depositaire|2028-01-01|1\npiece_identite_representant|2030-01-31|1\n"},
	    /* a dépositaire who no longer is one */
	    {"representant_legal",
	     "representant_identite_valide_jusqu_au = '2030-01-31',"
	     " depositaire_identite_valide_jusqu_au = '2031-01-31'",
	     "piece_identite_representant|2030-01-31|1\n"},
	    {"representant_legal", "representant_nom = 'X'", ""},
	};
	struct fixture *fixture = *state;

	add_request(fixture, 1, "EN_COURS", "111111111", NULL);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *sql = mem_printf(
		    "DELETE FROM dossiers;"
		    "INSERT INTO dossiers (demande, rang, depot, declarant) VALUES (1, 0,"
		    " 1, '%s'); UPDATE dossiers SET %s",
		    cases[i].declarant, cases[i].set);

		fixture_sql(fixture, sql);
		free(sql);
		record(fixture, 1, 1);
		expect(fixture, "SELECT type, date, depot FROM echeances ORDER BY type",
		       cases[i].wanted);
	}
}

/* Documents of the drops, in their order; what the request watches at the end. */
static void documents(void **state)
{
	struct fixture *fixture = *state;
	static const char watched[] = "SELECT type, date, depot FROM echeances ORDER BY type";

	add_request(fixture, 1, "EN_COURS", "111111111", NULL);
	fixture_sql(fixture, "UPDATE dossiers SET representant_identite_valide_jusqu_au ="
			     " '2026-05-01'");
	add_document(fixture, 1, 1, "piece_identite_representant", "a", "2026-05-02");
	add_document(fixture, 1, 1, "certificat_hds", "b", "2027-09-30");
	add_document(fixture, 1, 1, "mandat_representant_legal", "c", "2027-01-01");
	add_document(fixture, 1, 1, "contrat_prestation", "d", "");
	add_document(fixture, 1, 1, "mandat_editeur", "e", "2027-03-01");
	add_document(fixture, 1, 1, "rib", "f", "2027-04-01"); /* nobody asks */
	add_document(fixture, 1, 1, "autre", "g", "2027-04-01");
	record(fixture, 1, 1);
	/* in one drop the dossier says when the paper ends */
	expect(
	    fixture, watched,
	    "certificat_hds|2027-09-30|1\nmandat_editeur|2027-03-01|1\n"
	    "mandat_representant_legal|2027-01-01|1\npiece_identite_representant|2026-05-01|1\n");

	/* later ones take the place; a copy of the paper without a date leaves it */
	add_document(fixture, 1, 2, "certificat_hds", "h", "2029-09-30");
	add_document(fixture, 1, 2, "mandat_editeur", "i", "");
	add_document(fixture, 1, 2, "piece_identite_representant", "j", "");
	record(fixture, 1, 2);
	expect(fixture, watched,
	       "certificat_hds|2029-09-30|2\nmandat_representant_legal|2027-01-01|1\n"
	       "piece_identite_representant|2026-05-01|1\n");
	add_document(fixture, 1, 3, "piece_identite_representant", "k", "2035-01-01");
	record(fixture, 1, 3);
	expect(fixture, watched,
	       "certificat_hds|2029-09-30|2\nmandat_representant_legal|2027-01-01|1\n"
	       "piece_identite_representant|2035-01-01|3\n");

	/* a correction of something else repeats the old date, and does not bring it back */
	fixture_sql(
	    fixture,
	    "INSERT INTO depots SELECT 4, nuit, date, compte, archive, taille, sha256, format,"
	    " recu_le, type, etat, essai, demande, numero, statut, incident, reponse_de,"
	    " source, 'r4', 0, 0, NULL FROM depots WHERE id = 3;"
	    "UPDATE demandes SET rang = 1;"
	    "INSERT INTO dossiers (demande, rang, depot, declarant,"
	    " representant_identite_valide_jusqu_au) VALUES (1, 1, 4, 'representant_legal',"
	    " '2026-05-01')");
	record(fixture, 1, 4);
	expect(fixture, "SELECT date, depot FROM echeances WHERE type LIKE 'piece_identite%'",
	       "2035-01-01|3\n");
	/* one of the paper does */
	fixture_sql(fixture, "UPDATE dossiers SET representant_identite_valide_jusqu_au ="
			     " '2036-01-01' WHERE rang = 1");
	record(fixture, 1, 4);
	expect(fixture, "SELECT date, depot FROM echeances WHERE type LIKE 'piece_identite%'",
	       "2036-01-01|4\n");
}

/* The dépositaire's paper is watched as the représentant's is. */
static void paper_of_a_depositaire(void **state)
{
	struct fixture *fixture = *state;
	static const char watched[] = "SELECT date, depot FROM echeances WHERE type ="
				      " 'piece_identite_depositaire'";

	add_request(fixture, 1, "EN_COURS", "111111111", NULL);
	fixture_sql(fixture, "UPDATE dossiers SET declarant = 'depositaire',"
			     " depositaire_identite_valide_jusqu_au = '2026-05-01'");
	add_document(fixture, 1, 1, "piece_identite_depositaire", "a", "2026-05-02");
	record(fixture, 1, 1);
	expect(fixture, watched, "2026-05-01|1\n");
	add_document(fixture, 1, 2, "piece_identite_depositaire", "b", "2035-01-01");
	record(fixture, 1, 2);
	expect(fixture, watched, "2035-01-01|2\n");
}

/* Another account wanted the number: told on the request that has it, once an account. */
static void disputed_number(void **state)
{
	static const char *const accounts[] = {"voisin", "autre", "voisin"};
	struct fixture *fixture = *state;

	add_request(fixture, 1, "EN_COURS", "111111111", NULL);
	add_request(fixture, 2, "REJETEE", "222222222", NULL); /* for its drop */
	fixture_sql(fixture, "UPDATE demandes SET rang = 3 WHERE id = 1");
	store_begin(fixture->root.store);
	for (size_t i = 0; i < ARRAY_SIZE(accounts); i++)
		signal_numero_dispute(&fixture->root, &(struct record_night){2, NIGHT_2}, 1, 2,
				      accounts[i]);
	signal_numero_dispute(&fixture->root, &(struct record_night){2, NIGHT_2}, 99, 2, "x");
	fixture_commit(fixture);
	expect(
	    fixture, TOLD,
	    "ENR0001M3|2|SIG-001|referencement.numero_ans|ans1|Le compte de dépôt voisin a voulu "
	    "enrôler le numéro de référencement ans1, que cette demande porte déjà.|2\n"
	    "ENR0001M3|2|SIG-001|referencement.numero_ans|ans1|Le compte de dépôt autre a voulu "
	    "enrôler le numéro de référencement ans1, que cette demande porte déjà.|2\n");
}

/* What the registers say of the establishment and of the legal unit, file by file. */
static void closed_establishments(void **state)
{
	static const struct {
		const char *statut, *rows;
		bool told;
	} cases[] = {
	    {"EN_COURS", "('e', 1, 'A'), ('u', 2, 'A')", false},
	    {"EN_COURS", "('e', 1, 'F'), ('u', 2, 'A')", true},
	    {"ATTENTE_PIECES", "('e', 1, 'A'), ('u', 2, 'C')", true},
	    {"VALIDATION_PARTIELLE", "('e', 1, 'A'), ('e', 3, 'F')", true},
	    {"CERTIFICATS_A_VALIDER", "('e', 1, 'F'), ('e', 3, 'A')", false}, /* open again */
	    {"CERTIFICATS_A_VALIDER", "('u', 2, 'A'), ('u', 4, 'C')", true},
	    {"EN_COURS", "('e', 1, ''), ('u', 2, '')", false}, /* the files lack it */
	    {"EN_COURS", "('x', 1, 'F')", false},
	};
	struct fixture *fixture = *state;
	const struct record_night night = {2, NIGHT_2};

	fixture_sql(fixture,
		    "INSERT INTO fichiers_asp SELECT value, 1, 'f', 'f', NULL, '', 1, 'pris', 's',"
		    " 'f' || value, 1, 1, NULL FROM json_each('[1, 2, 3, 4]')");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *sql = mem_printf(
		    FORGET_EVENTS
		    "DELETE FROM signaux; DELETE FROM etablissements; DELETE FROM unites_legales;"
		    "DELETE FROM dossiers; DELETE FROM demandes;"
		    "DELETE FROM depots;"
		    "CREATE TEMP TABLE r (nature, fichier, etat);"
		    "INSERT INTO r VALUES %s;"
		    "INSERT INTO etablissements SELECT iif(nature = 'e', '11111111100074', "
		    "'autre'),"
		    " fichier, etat, '', '', '', '', '', '', '' FROM r WHERE nature <> 'u';"
		    "INSERT INTO unites_legales (siren, fichier, etat, denomination) SELECT '111111111', fichier, etat, '' FROM r"
		    " WHERE nature = 'u';"
		    "DROP TABLE r",
		    cases[i].rows);
		int64_t after = 0;
		unsigned told = 0;

		fixture_sql(fixture, sql);
		free(sql);
		add_request(fixture, 1, cases[i].statut, "111111111", NULL);
		add_request(fixture, 2, "REJETEE", "222222222", NULL); /* for its drop */
		fixture_sql(fixture, "INSERT INTO evenements (date, demande, numero, evenement,"
				     " acteur, vers, motif, pieces, fichier, depot) VALUES"
				     " ('', 1, '', 'depot_pieces', 'c', '', '', '', '', 2),"
				     " ('', 1, '', 'relance', 'service', '', '', '', '', NULL)");
		for (int twice = 0; twice < 2; twice++, after = 0) {
			store_begin(fixture->root.store);
			while (signal_closure(&fixture->root, &night, statut_from(cases[i].statut),
					      &after))
				told++;
			fixture_commit(fixture);
		}
		if (told != (cases[i].told ? 1 : 0))
			fail_msg("case %zu: told %u times", i, told);
		if (cases[i].told)
			expect(fixture, TOLD,
			       "ENR0001M0|2|SIG-004|demandeur.siret|11111111100074|L'établissement "
			       "11111111100074 est désormais fermé au répertoire des "
			       "entreprises.|12\n");
	}
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_STORE(shared_iban),	 WITH_STORE(widely_shared),
	    WITH_STORE(shared_file),	 WITH_STORE(identity_papers),
	    WITH_STORE(documents),	 WITH_STORE(paper_of_a_depositaire),
	    WITH_STORE(disputed_number), WITH_STORE(closed_establishments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
