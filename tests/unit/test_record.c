#include "lib/array.h"
#include "record/record.h"

#include "core_fixture.h"
#include "lib/sha256.h"

#define HEX_AB "abababababababababababababababababababababababababababababababab"

static const struct record_night night = {.id = 1, .date = "2026-03-02"};

static int setup(void **state)
{
	fixture_setup(state);
	fixture_sql(*state, fixture_registers);
	return 0;
}

/* A drop as the inbox describes it; its texts are the caller's. */
struct dropped {
	struct drop drop;
	struct record_drop record;
};

static void describe(struct dropped *dropped, char *compte, char *archive)
{
	*dropped = (struct dropped){.drop = {.compte = compte,
					     .name = archive,
					     .archive = archive,
					     .size = 999,
					     .source = "12-34.000000056",
					     .regular = true}};
	dropped->record.drop = &dropped->drop;
	dropped->record.received_at = "2026-03-01T23:05:00Z";
}

/* Judges and records it; the depot's id. */
static int64_t record(struct fixture *fixture, struct dropped *dropped, struct findings *findings)
{
	struct facts facts;
	int64_t depot;

	judge(fixture, findings, &facts);
	store_begin(fixture->root.store);
	depot = record_findings(&fixture->root, &night, &dropped->record, findings, &facts);
	fixture_commit(fixture);
	facts_free(&facts);
	return depot;
}

static bool repeat(struct fixture *fixture, struct dropped *dropped, struct findings *findings)
{
	bool repeated;

	store_begin(fixture->root.store);
	repeated = record_repeat(&fixture->root, &night, &dropped->record, findings);
	fixture_commit(fixture);
	return repeated;
}

static void expect_rows(struct fixture *fixture, const char *sql, const char *wanted)
{
	assert_string_equal(fixture_rows(fixture, sql), wanted);
}

#define DEPOT                                                                                      \
	"SELECT nuit, date, compte, archive, taille, sha256, format, recu_le, type, etat, essai,"  \
	" demande, numero, statut, incident, reponse_de, source, retour_nom, retour_publie, "      \
	"libere"                                                                                   \
	" FROM depots ORDER BY id"
#define MAILS                                                                                      \
	"SELECT type, destinataire, destinataire_nom, demande, numero, evenement, depot,"          \
	" identifiant, publie, date FROM mails ORDER BY id"

static void accepted(void **state)
{
	struct fixture *fixture = *state;
	char compte[] = COMPTE, archive[] = "dossier.zip";
	struct dropped dropped;
	struct findings findings;

	describe(&dropped, compte, archive);
	make_findings(&findings);
	set_value(&findings, CHAMP_DEMANDEUR_ADRESSE_NUMERO, "7", true);
	assert_int_equal(record(fixture, &dropped, &findings), 1);
	expect_rows(fixture, DEPOT,
		    "1|2026-03-02|" COMPTE "|dossier.zip|4321|" HEX_AB
		    "|zip|2026-03-01T23:05:00Z|initial|OK|0|1|ENR0001M0|EN_COURS|-|-|"
		    "12-34.000000056|dossier.zip_retour.yaml|0|0\n");
	expect_rows(fixture, "SELECT * FROM demandes",
		    "1|0|EN_COURS|initial|0|1|" COMPTE "|" SIRET "|" SIREN "|" NUMERO_ANS
		    "|Cabinet+|2.1|LGC|Profil LGC|" SIREN "|LOGICIELS EXEMPLE|2026-03-02|"
		    "elise.durand@exemple.fr|Élise DURAND|representant_legal|0|-|-|0|2026-03-02\n");
	/* Number, street and code come from the register where they were left out. */
	expect_rows(fixture, "SELECT * FROM dossiers",
		    "1|0|1|-|Logiciels Exemple|-|-|-|7|-|RUE|DES LILAS|-|75002|PARIS|non|"
		    "representant_legal|DURAND|Élise|elise.durand@exemple.fr|+33123456789|cni|"
		    "2030-01-31|-|-|-|-|-|-|-|-|-|FR1420041010050500013M02606|PSSTFRPPPAR|"
		    "LOGICIELS EXEMPLE|BANQUE DES LILAS|oui\n");
	expect_rows(
	    fixture,
	    "SELECT demande, depot, type, fichier, ordinal, taille, substr(sha256, 1, 4),"
	    " length(sha256), format, valide_jusqu_au FROM pieces ORDER BY id",
	    "1|1|certificat_referencement|certificat_referencement.pdf|1|1000|0101|64|pdf|-\n"
	    "1|1|piece_identite_representant|piece_identite_representant.pdf|2|1001|0202|64|"
	    "pdf|-\n"
	    "1|1|rib|rib.pdf|3|1002|0303|64|pdf|-\n");
	expect_rows(fixture, "SELECT * FROM evenements",
		    "1|1|2026-03-02|1|ENR0001M0|depot|compte:" COMPTE
		    "|-|EN_COURS|||dossier.zip|1||-|-\n");
	expect_rows(fixture, MAILS,
		    "accuse_reception|elise.durand@exemple.fr|Élise DURAND|1|ENR0001M0|1|1|-|0|"
		    "2026-03-02\n");
	expect_rows(fixture, "SELECT * FROM anomalies", "");
	findings_free(&findings);
}

/* What changes with the dossier: anticipé, dépositaire, names, documents' formats and dates. */
static void accepted_otherwise(void **state)
{
	struct fixture *fixture = *state;
	char compte[] = COMPTE, archive[] = "d.zip";
	struct dropped dropped;
	struct findings findings;
	struct piece *piece;

	fixture_sql(fixture, "UPDATE referencements SET etat = 'en_cours'");
	describe(&dropped, compte, archive);
	make_findings(&findings);
	remove_piece(&findings, PIECE_CERTIFICAT_REFERENCEMENT);
	set_depositaire(&findings, "employe");
	add_piece(&findings, PIECE_MANDAT_REPRESENTANT_LEGAL);
	piece = &findings.dossier.pieces[1];
	piece->format = 2;
	piece->valide_jusqu_au = (struct valeur){mem_strdup("2031-01-01"), 1, 1, true};
	findings.dossier.pieces[2].format = 3;
	findings.dossier.pieces[2].valide_jusqu_au =
	    (struct valeur){mem_strdup("hier"), 1, 1, false};
	record(fixture, &dropped, &findings);
	expect_rows(fixture,
		    "SELECT anticipe, certificats, contact, contact_nom, titulaire FROM demandes",
		    "1|0|zoe.martin@cabinet.example|Zoé MARTIN|depositaire\n");
	expect_rows(fixture, "SELECT type, destinataire, destinataire_nom FROM mails",
		    "accuse_reception_anticipe|zoe.martin@cabinet.example|Zoé MARTIN\n");
	expect_rows(fixture, "SELECT format, valide_jusqu_au FROM pieces ORDER BY id",
		    "pdf|-\njpeg|2031-01-01\npng|-\npdf|-\n");
	expect_rows(fixture,
		    "SELECT depositaire_qualite, depositaire_nom, depositaire_prenom,"
		    " depositaire_email FROM dossiers",
		    "employe|MARTIN|Zoé|zoe.martin@cabinet.example\n");
	findings_free(&findings);
}

static void company_names(void **state)
{
	static const struct {
		const char *registered, *given, *recorded;
	} cases[] = {
	    {"LOGICIELS EXEMPLE", NULL, "LOGICIELS EXEMPLE"},
	    {"LOGICIELS EXEMPLE", "Logiciels Exemple", "Logiciels Exemple"},
	    {"[ND] [ND]", NULL, "Logiciels Exemple"}, /* the trade name */
	    {"[ND] [ND]", "Élise DURAND", "Élise DURAND"},
	    {"", NULL, "Logiciels Exemple"},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char compte[] = COMPTE, archive[] = "d.zip";
		char *sql =
		    mem_printf("UPDATE unites_legales SET denomination = '%s'; UPDATE demandes"
			       " SET statut = 'REJETEE'",
			       cases[i].registered);
		struct dropped dropped;
		struct findings findings;

		fixture_sql(fixture, sql);
		free(sql);
		describe(&dropped, compte, archive);
		make_findings(&findings);
		set_value(&findings, CHAMP_DEMANDEUR_DENOMINATION_SOCIALE, cases[i].given, true);
		record(fixture, &dropped, &findings);
		sql = mem_printf("%s\n", cases[i].recorded);
		expect_rows(fixture, "SELECT denomination FROM demandes ORDER BY id DESC LIMIT 1",
			    sql);
		free(sql);
		findings_free(&findings);
	}
}

/* State, request and mail of each verdict. */
static void verdicts(void **state)
{
	static const struct {
		enum anomalie_code anomalie; /* ANO_COUNT: none */
		bool essai;
		const char *sql;   /* changes the registers first */
		const char *depot; /* etat, essai, demande, numero, statut, anomalies */
		const char *mail;  /* type and to whom */
	} cases[] = {
	    {ANO_COUNT, false, "SELECT 1", "OK|0|1|ENR0001M0|EN_COURS|0\n",
	     "accuse_reception|elise.durand@exemple.fr\n"},
	    {ANO_BNK_HORS_SEPA, false, "SELECT 1", "ANO|0|1|ENR0001M0|EN_COURS|1\n",
	     "accuse_reception|elise.durand@exemple.fr\n"},
	    {ANO_SIR_CLE, false, "SELECT 1", "KO|0|-|-|-|1\n", "depot_refuse|contact@exemple.fr\n"},
	    {ANO_COUNT, true, "SELECT 1", "OK|1|-|-|-|0\n", ""},
	    {ANO_BNK_HORS_SEPA, true, "SELECT 1", "ANO|1|-|-|-|1\n", ""},
	    {ANO_SIR_CLE, true, "SELECT 1", "KO|1|-|-|-|1\n", "depot_refuse|contact@exemple.fr\n"},
	    /* not for this SIREN: the account's contact */
	    {ANO_COUNT, false, "DELETE FROM acces WHERE siren = '" SIREN "'", "KO|0|-|-|-|1\n",
	     "depot_refuse|filiale@exemple.fr\n"},
	    /* an account that the table does not know: there is nobody to write to */
	    {ANO_COUNT, false, "DELETE FROM acces WHERE compte = '" COMPTE "'", "KO|0|-|-|-|1\n",
	     ""},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char compte[] = COMPTE, archive[] = "d.zip";
		struct dropped dropped;
		struct findings findings;

		fixture_sql(fixture, "DELETE FROM mails;" FORGET_EVENTS "DELETE FROM pieces;"
				     "DELETE FROM dossiers; DELETE FROM demandes;"
				     "DELETE FROM corrections; DELETE FROM depots;"
				     "DELETE FROM anomalies; DELETE FROM sqlite_sequence");
		fixture_sql(fixture, cases[i].sql);
		describe(&dropped, compte, archive);
		make_findings(&findings);
		findings.dossier.essai = cases[i].essai;
		if (cases[i].anomalie != ANO_COUNT)
			anomalies_add_at(&findings.anomalies, cases[i].anomalie, "x", 1, 1, "v",
					 "d", "e");
		record(fixture, &dropped, &findings);
		expect_rows(fixture,
			    "SELECT etat, essai, demande, numero, statut,"
			    " (SELECT count(*) FROM anomalies) FROM depots",
			    cases[i].depot);
		expect_rows(fixture, "SELECT type, destinataire FROM mails", cases[i].mail);
		findings_free(&findings);
	}
}

static void anomalies_are_kept(void **state)
{
	struct fixture *fixture = *state;
	char compte[] = COMPTE, archive[] = "d.zip";
	struct dropped dropped;
	struct findings findings;

	describe(&dropped, compte, archive);
	make_findings(&findings);
	anomalies_add_at(&findings.anomalies, ANO_SIR_CLE, "demandeur.siret", 12, 10, "123", NULL,
			 NULL);
	anomalies_add(&findings.anomalies, ANO_BNK_BANQUE_INCONNUE, "banque.iban", NULL, "20041",
		      NULL);
	anomalies_add_at(&findings.anomalies, ANO_DEC_INCONNUE, "x", 13, 0, NULL, NULL, NULL);
	record(fixture, &dropped, &findings);
	expect_rows(fixture,
		    "SELECT depot, ordre, code, gravite, chemin, ligne, colonne, valeur, page_guide"
		    " FROM anomalies ORDER BY ordre",
		    "1|0|BNK-011|alerte|banque.iban|-|-|-|18\n"
		    "1|1|SIR-003|bloquant|demandeur.siret|12|10|123|12\n"
		    "1|2|DEC-003|bloquant|x|13|-|-|-\n");
	expect_rows(fixture, "SELECT message, remede FROM anomalies WHERE ordre = 0",
		    "Le code banque 20041 n'est pas dans la table des banques.|Aucune action n'est "
		    "attendue : un gestionnaire vérifie.\n");
	findings_free(&findings);
}

/* Size and digest of what was not read whole. */
static void unread(void **state)
{
	static const struct {
		uint64_t size;
		bool regular;
		const char *depot; /* taille, sha256, libere */
	} cases[] = {
	    {0, true, "999|-|0\n"},
	    {67108864, true, "67108864|" HEX_AB "|0\n"},
	    {67108865, true, "999|-|0\n"},
	    {0, false, "999|-|1\n"}, /* no file: answered and left alone */
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char compte[] = COMPTE, archive[] = "d.zip";
		struct dropped dropped;
		struct findings findings;

		fixture_sql(fixture,
			    "DELETE FROM mails; DELETE FROM anomalies; DELETE FROM corrections; "
			    "DELETE FROM depots");
		describe(&dropped, compte, archive);
		dropped.drop.regular = cases[i].regular;
		make_findings(&findings);
		findings.size = cases[i].size;
		anomalies_add(&findings.anomalies, ANO_ARC_VIDE, "archive", NULL, NULL, NULL);
		record(fixture, &dropped, &findings);
		expect_rows(fixture, "SELECT taille, sha256, libere FROM depots", cases[i].depot);
		findings_free(&findings);
	}
}

static void repeats(void **state)
{
	struct fixture *fixture = *state;
	char compte[] = COMPTE, other[] = "voisin", archive[] = "d.zip", again[] = "copie.zip";
	struct dropped first, copy, elsewhere;
	struct findings findings;

	describe(&first, compte, archive);
	describe(&copy, compte, again);
	describe(&elsewhere, other, again);
	make_findings(&findings);
	assert_false(repeat(fixture, &first, &findings));
	findings.dossier.essai = true;
	record(fixture, &first, &findings); /* a trial is checked afresh */
	assert_false(repeat(fixture, &first, &findings));
	findings.dossier.essai = false;
	fixture_sql(fixture,
		    "UPDATE depots SET etat = 'KO', essai = 0"); /* and so is a refused one */
	assert_false(repeat(fixture, &first, &findings));
	record(fixture, &first, &findings);
	fixture_sql(fixture, "UPDATE demandes SET statut = 'VALIDEE', rang = 3");
	assert_false(repeat(fixture, &elsewhere, &findings));
	assert_true(repeat(fixture, &copy, &findings));
	assert_true(repeat(fixture, &copy, &findings));
	/* The first answer, as it was then; nothing else changes. */
	expect_rows(
	    fixture,
	    "SELECT archive, type, etat, essai, demande, numero, statut, reponse_de, taille,"
	    " sha256 = '" HEX_AB "', retour_nom, libere FROM depots WHERE id > 1",
	    "d.zip|initial|OK|0|1|ENR0001M0|EN_COURS|-|4321|1|d.zip_retour-2.yaml|0\n"
	    "copie.zip|initial|OK|0|1|ENR0001M0|EN_COURS|2|4321|1|copie.zip_retour.yaml|0\n"
	    "copie.zip|initial|OK|0|1|ENR0001M0|EN_COURS|2|4321|1|copie.zip_retour-2.yaml|0\n");
	expect_rows(fixture,
		    "SELECT (SELECT count(*) FROM mails), (SELECT count(*) FROM evenements),"
		    " (SELECT count(*) FROM demandes)",
		    "1|1|1\n");
	findings.digest[31] ^= 1;
	assert_false(repeat(fixture, &first, &findings));
	findings_free(&findings);
}

static void incident(struct fixture *fixture, char *compte, char *archive)
{
	struct dropped dropped;

	describe(&dropped, compte, archive);
	store_begin(fixture->root.store);
	record_incident(&fixture->root, &night, &dropped.record, "l'analyseur s'est arrêté");
	fixture_commit(fixture);
}

static void incidents(void **state)
{
	struct fixture *fixture = *state;
	char compte[] = COMPTE, archive[] = "d.zip";

	incident(fixture, compte, archive);
	expect_rows(fixture, DEPOT,
		    "1|2026-03-02|" COMPTE "|d.zip|999|-||2026-03-01T23:05:00Z||INCIDENT|0|-|-|-|"
		    "l'analyseur s'est arrêté|-|12-34.000000056|d.zip_retour.yaml|0|1\n");
	expect_rows(fixture, "SELECT count(*) FROM mails", "0\n");
	/* The file stays in the inbox, and this answer does not count as one. */
	expect_rows(fixture, "SELECT count(*) FROM depots WHERE libere = 0", "0\n");
}

/* `count` times "a", then `middle`, then letters up to `length` bytes. */
static void long_name(char *name, size_t count, const char *middle, size_t length)
{
	memset(name, 'a', length);
	memcpy(name + count, middle, strlen(middle));
	name[length] = '\0';
}

static void answer_names(void **state)
{
	static const struct {
		size_t count;
		const char *middle;
		size_t length;
		size_t kept; /* bytes before the hash; all of it when equal to `length` */
	} cases[] = {
	    {0, "", 1, 1},	  {0, "", 200, 200},	{0, "", 201, 180},    {0, "", 255, 180},
	    {178, "é", 250, 180}, {179, "é", 250, 179}, {179, "€", 250, 179}, {178, "€", 250, 178},
	    {177, "€", 250, 180}, {177, "😀", 250, 177}, {176, "😀", 250, 180}, {180, "é", 250, 180},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char compte[] = COMPTE, other[] = "voisin", name[300], hex[SHA256_HEX_SIZE] = "",
		     *wanted;
		const char *tilde = cases[i].kept < cases[i].length ? "~" : "";
		uint8_t digest[SHA256_SIZE];

		long_name(name, cases[i].count, cases[i].middle, cases[i].length);
		if (*tilde != '\0') {
			sha256_of(name, strlen(name), digest);
			sha256_hex(digest, hex);
			hex[16] = '\0';
		}
		fixture_sql(fixture, "DELETE FROM corrections; DELETE FROM depots");
		for (unsigned n = 0; n < 3; n++)
			incident(fixture, compte, name);
		incident(fixture, other, name);
		wanted =
		    mem_printf("%1$.*2$s%3$s%4$s_retour.yaml\n%1$.*2$s%3$s%4$s_retour-2.yaml\n"
			       "%1$.*2$s%3$s%4$s_retour-3.yaml\n%1$.*2$s%3$s%4$s_retour.yaml\n",
			       name, (int)cases[i].kept, tilde, hex);
		expect_rows(fixture, "SELECT retour_nom FROM depots ORDER BY id", wanted);
		free(wanted);
	}
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_STORE(accepted), WITH_STORE(accepted_otherwise), WITH_STORE(company_names),
	    WITH_STORE(verdicts), WITH_STORE(anomalies_are_kept), WITH_STORE(unread),
	    WITH_STORE(repeats),  WITH_STORE(incidents),	  WITH_STORE(answer_names),
	};

	sha256_setup();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
