#include "lib/array.h"
#include "record/journal.h"

#include "core_fixture.h"

#include "capture.h"
#include "lib/sha256.h"
#include "record/record.h"

#define HEX_AB "abababababababababababababababababababababababababababababababab"
#define HEX_CD "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"

static const char rows[] =
    "INSERT INTO nuits (date, programme, regles) VALUES ('2026-03-02', '1', 'r');"
    "WITH q(id) AS (VALUES (1), (2)) INSERT INTO demandes (id, statut, type, anticipe, certificats,"
    "  compte, siret, siren, numero_ans, logiciel, version, dsr, profil, siren_editeur,"
    "  denomination, date_depot, contact, contact_nom, titulaire)"
    "  SELECT id, 'EN_COURS', 'initial', 0, 1, 'c', 's', 's', 'ans' || id, 'l', 'v', 'LGC', 'p',"
    "  's', 'd', '2026-03-02', 'e@exemple.fr', 'É', 'depositaire' FROM q;"
    "INSERT INTO depots (id, nuit, date, compte, archive, taille, sha256, format, recu_le, type,"
    "  etat, essai, source, retour_nom) VALUES (1, 1, '2026-03-02', 'c', 'Élise Durand.zip', 1,"
    "  '" HEX_AB "', 'zip', '2026-03-02', 'initial', 'OK', 0, 's', 'r1'),"
    "  (2, 1, '2026-03-02', 'c', 'b.zip', 1, NULL, 'zip', '2026-03-02', 'initial', 'OK', 0, 's',"
    "  'r2');"
    "INSERT INTO fichiers_asp VALUES (1, 1, 'd.csv', 'decisions', '" HEX_CD
    "', '2026-03-02', 1, 'pris', 's', 'd', 1, 1, NULL);";

static int setup(void **state)
{
	fixture_setup(state);
	fixture_sql(*state, rows);
	return 0;
}

#define DEPOSIT                                                                                    \
	{                                                                                          \
		.night_id = 1, .date = "2026-03-02", .demande = 1, .evenement = EVENEMENT_DEPOT,   \
		.acteur = "compte:logiciels-exemple", .vers = STATUT_EN_COURS, .depot = 1,         \
		.fichier = "Élise Durand.zip"                                                     \
	}
static const struct record_event deposit = DEPOSIT;

static int64_t record(struct fixture *fixture, const struct record_event *event)
{
	int64_t id;

	store_begin(fixture->root.store);
	id = record_event(&fixture->root, event);
	fixture_commit(fixture);
	return id;
}

/* The text of a link without its mention. */
static const char *head(struct fixture *fixture, int64_t rang)
{
	char *sql = mem_printf("SELECT substr(texte, 1, length(texte) - 64), length(texte) - "
			       "length(rtrim(texte, '0123456789abcdef'))"
			       " FROM journal WHERE rang = %lld",
			       (long long)rang);
	const char *found = fixture_rows(fixture, sql);

	free(sql);
	return found;
}

/* Each kind of event, and the text that stands for it. */
static void texts(void **state)
{
	struct fixture *fixture = *state;
	static const struct {
		struct record_event event;
		const char *text;
	} cases[] = {
	    {DEPOSIT, "1|ENR0001M0|2026-03-02|depot|compte||EN_COURS||" HEX_AB "||"},
	    {{.date = "2026-03-03",
	      .demande = 1,
	      .evenement = EVENEMENT_DEMANDER_PIECES,
	      .acteur = "gestionnaire:Zoé: Martin",
	      .de = STATUT_EN_COURS,
	      .vers = STATUT_ATTENTE_PIECES,
	      .motif = "Votre Kbis, monsieur Durand",
	      .pieces = "kbis|autre",
	      .fichier = "d.csv",
	      .fichier_asp = 1},
	     "2|ENR0001M0|2026-03-03|demander_pieces|gestionnaire|EN_COURS|ATTENTE_PIECES|kbis,"
	     "autre|" HEX_CD "||"},
	    {{.date = "2026-03-03",
	      .demande = 1,
	      .rang = 12,
	      .evenement = EVENEMENT_DEPOT_MODIFICATION,
	      .acteur = "compte:c",
	      .de = STATUT_ATTENTE_PIECES,
	      .vers = STATUT_EN_COURS,
	      .details = "banque.iban|demandeur.adresse.commune",
	      .depot = 2},
	     "3|ENR0001M12|2026-03-03|depot_modification|compte|ATTENTE_PIECES|EN_COURS|||"
	     "banque.iban,demandeur.adresse.commune|"},
	    {{.date = "2026-03-04",
	      .demande = 2,
	      .evenement = EVENEMENT_RELANCE,
	      .acteur = "service",
	      .de = STATUT_EN_COURS,
	      .vers = STATUT_EN_COURS,
	      .motif = "30"},
	     "4|ENR0002M0|2026-03-04|relance|service|EN_COURS|EN_COURS||||"},
	    /* A name where there should be a role, and what would make another text of it. */
	    {{.date = "2026-03-04",
	      .demande = 2,
	      .evenement = EVENEMENT_VALIDER,
	      .acteur = "Zoé Martin",
	      .de = STATUT_EN_COURS,
	      .vers = STATUT_VALIDEE,
	      .details = "a%|b,c d\né~\x7f"},
	     "5|ENR0002M0|2026-03-04|valider|inconnu|EN_COURS|VALIDEE|||a%25,b%2Cc%20d%0A%C3%A9~%"
	     "7F|"},
	    {{.date = "2026-03-04|x",
	      .demande = 2,
	      .evenement = EVENEMENT_VALIDER,
	      .acteur = "gestionnaires:x",
	      .vers = STATUT_VALIDEE},
	     "6|ENR0002M0|2026-03-04%7Cx|valider|inconnu||VALIDEE||||"},
	    /* The beginning of a role, and a word as long as one. */
	    {{.date = "2026-03-05",
	      .demande = 2,
	      .evenement = EVENEMENT_RELANCE,
	      .acteur = "serv",
	      .vers = STATUT_EN_COURS},
	     "7|ENR0002M0|2026-03-05|relance|inconnu||EN_COURS||||"},
	    {{.date = "2026-03-05",
	      .demande = 2,
	      .evenement = EVENEMENT_RELANCE,
	      .acteur = "Caroles:x",
	      .vers = STATUT_EN_COURS},
	     "8|ENR0002M0|2026-03-05|relance|inconnu||EN_COURS||||"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *wanted = mem_printf("%s|64\n", cases[i].text);

		record(fixture, &cases[i].event);
		assert_string_equal(head(fixture, (int64_t)i + 1), wanted);
		free(wanted);
	}
}

/* The mention, spelled out: what it covers, under the installation's secret. */
static void mention(void **state)
{
	struct fixture *fixture = *state;
	uint8_t mac[SHA256_SIZE], secret[32];
	char hex[SHA256_HEX_SIZE], *wanted,
	    text[] = "1|ENR0001M0|2026-03-02|depot|compte||EN_COURS||" HEX_AB "|";
	char *whole =
	    mem_printf("journal|1|%zu:%s|24:compte:logiciels-exemple|0:|17:Élise Durand.zip",
		       strlen(text), text);

	memset(secret, 7, sizeof(secret));
	hmac_sha256(secret, sizeof(secret), whole, strlen(whole), mac);
	sha256_hex(mac, hex);
	record(fixture, &deposit);
	wanted = mem_printf("%s\n", hex);
	assert_string_equal(fixture_rows(fixture, "SELECT substr(texte, -64) FROM journal"),
			    wanted);
	free(wanted);
	free(whole);
}

/* The same bytes as `printf '%s\n%s' … | sha256sum`. */
static void link_of_a_text(void **state)
{
	char maillon[SHA256_HEX_SIZE];

	(void)state;
	journal_link(JOURNAL_GENESIS, "1|x", maillon);
	assert_string_equal(maillon,
			    "82f98df1ab337d7b5bfd86a1e140d76e9eeb8c67d73b7882926a84c5c3f8d1f4");
	journal_link(maillon, "2|y", maillon);
	assert_string_equal(maillon,
			    "c2f57ac45660f712f8f64ea246aeb2ca0b8bc300a85f9114f318966c031bc3c2");
}

static void chain(void **state)
{
	struct fixture *fixture = *state;
	const char *before = JOURNAL_GENESIS;
	char wanted[SHA256_HEX_SIZE];

	for (int i = 0; i < 3; i++)
		record(fixture, &deposit);
	for (int64_t rang = 1; rang <= 3; rang++) {
		char *sql =
		    mem_printf("SELECT texte FROM journal WHERE rang = %lld", (long long)rang);
		char *text = mem_strdup(fixture_rows(fixture, sql)), *found;

		text[strlen(text) - 1] = '\0';
		journal_link(before, text, wanted);
		before = wanted;
		free(sql);
		sql = mem_printf("SELECT evenement || maillon FROM journal WHERE rang = %lld",
				 (long long)rang);
		found = mem_printf("%lld%s\n", (long long)rang, wanted);
		assert_string_equal(fixture_rows(fixture, sql), found);
		free(found);
		free(sql);
		free(text);
	}
}

/* A drop that the schema refuses takes its event and its link with it. */
static void undone_step(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = fixture->root.store;
	struct record_event bad = deposit;

	bad.date = NULL; /* NOT NULL */
	store_begin(store);
	record_event(&fixture->root, &deposit);
	store_savepoint(store);
	record_event(&fixture->root, &deposit);
	record_event(&fixture->root, &bad);
	assert_false(store_savepoint_end(store));
	record_event(&fixture->root, &deposit);
	fixture_commit(fixture);
	assert_string_equal(fixture_rows(fixture, "SELECT rang, evenement FROM journal ORDER BY 1"),
			    "1|1\n2|2\n");
	store_begin(store);
	journal_append(&fixture->root, 77);
	fixture_commit(fixture);
	assert_string_equal(fixture_rows(fixture, "SELECT count(*) FROM journal"), "2\n");
}

/* Events of before there was a journal get the links that they would have had; later ones none. */
static void sealing(void **state)
{
	struct fixture *fixture = *state;
	char *wanted, *said;

	assert_false(journal_unsealed(&fixture->root));
	assert_null(journal_seal(&fixture->root));
	record(fixture, &deposit);
	record(fixture, &deposit);
	wanted = mem_strdup(fixture_rows(fixture, "SELECT * FROM journal"));
	assert_false(journal_unsealed(&fixture->root));
	fixture_sql(fixture, "DROP TRIGGER journal_sans_retrait; DELETE FROM journal");
	assert_true(journal_unsealed(&fixture->root));
	capture_begin(stderr);
	assert_null(journal_seal(&fixture->root));
	said = capture_end();
	assert_non_null(strstr(said, "2 événements ont reçu"));
	free(said);
	assert_string_equal(fixture_rows(fixture, "SELECT * FROM journal"), wanted);
	fixture_sql(fixture, "DELETE FROM journal WHERE rang = 2");
	assert_false(journal_unsealed(&fixture->root));
	capture_begin(stderr);
	assert_null(journal_seal(&fixture->root));
	said = capture_end();
	assert_string_equal(said, "");
	free(said);
	assert_string_equal(fixture_rows(fixture, "SELECT count(*) FROM journal"), "1\n");
	free(wanted);
}

/* Nothing is said to be sealed when it could not be. */
static void sealing_a_busy_database(void **state)
{
	struct fixture *fixture = *state;
	const struct error *err;
	char *said;

	record(fixture, &deposit);
	fixture_sql(fixture, "DROP TRIGGER journal_sans_retrait; DELETE FROM journal");
	sqlite3_busy_timeout(store_database(fixture->root.store), 0);
	fixture_sql(fixture, "BEGIN IMMEDIATE");
	capture_begin(stderr);
	err = journal_seal(&fixture->root);
	said = capture_end();
	assert_non_null(err);
	assert_int_equal(err->code, ERR_BUSY);
	assert_string_equal(said, "");
	free(said);
	fixture_sql(fixture, "ROLLBACK");
}

#define WITH_ROWS(test) cmocka_unit_test_setup_teardown(test, setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_ROWS(texts),
	    WITH_ROWS(mention),
	    WITH_ROWS(link_of_a_text),
	    WITH_ROWS(chain),
	    WITH_ROWS(undone_step),
	    WITH_ROWS(sealing),
	    WITH_ROWS(sealing_a_busy_database),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
