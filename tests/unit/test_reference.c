#include "asp/asp_file.h"
#include "asp/insee.h"
#include "asp/reference.h"
#include "asp/reference_table.h"
#include "lib/array.h"
#include "lib/sha256.h"
#include "root_fixture.h"

#define RETOURS                                                                                    \
	"SELECT ligne, numero, decision, etat, code, message FROM retours_asp WHERE fichier = "    \
	"(SELECT max(id) FROM fichiers_asp) ORDER BY ordre"
#define FICHIER                                                                                    \
	"SELECT nom, nature, etat, lignes, retour_nom FROM fichiers_asp ORDER BY id DESC LIMIT 1"

static void kinds(void **state)
{
	static const struct {
		const char *name;
		enum asp_kind kind;
	} cases[] = {
	    {"referencements.csv", ASP_REFERENCEMENTS},
	    {"Référencements.CSV", ASP_REFERENCEMENTS},
	    {"re\xCC\x81"
	     "fe\xCC\x81rencements.csv",
	     ASP_REFERENCEMENTS},
	    {"COMPTES.csv", ASP_COMPTES},
	    {"Accès.csv", ASP_ACCES},
	    {"banques.csv", ASP_BANQUES},
	    {"calendrier.csv", ASP_CALENDRIER},
	    {"StockUniteLegale_utf8.csv", ASP_UNITES_LEGALES},
	    {"stockétablissement_utf8.csv", ASP_ETABLISSEMENTS},
	    {"decisions.csv", ASP_DECISIONS},
	    {"Décisions du 2 mars.csv", ASP_DECISIONS},
	    {"decisions-2.csv", ASP_DECISIONS},
	    {"StockEtablissementHistorique_utf8.csv", ASP_UNKNOWN},
	    {"StockUniteLegaleHistorique_utf8.csv", ASP_UNKNOWN},
	    {"referencements.xlsx", ASP_UNKNOWN},
	    {"referencements2.csv", ASP_UNKNOWN},
	    {"StockUniteLegale_utf8.zip", ASP_UNITES_LEGALES},
	    {"STOCKETABLISSEMENT_utf8.ZIP", ASP_ETABLISSEMENTS},
	    {"StockEtablissementHistorique_utf8.zip", ASP_UNKNOWN},
	    {"StockUniteLegale_utf8.zip.csv.gz", ASP_UNKNOWN},
	    {"mes decisions.csv", ASP_UNKNOWN},
	    {"\xE9.csv", ASP_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (asp_kind_from(cases[i].name) != cases[i].kind)
			print_error("name: %s\n", cases[i].name);
		assert_int_equal(asp_kind_from(cases[i].name), cases[i].kind);
	}
	assert_string_equal(asp_kind_name(ASP_UNITES_LEGALES), "unites_legales");
	assert_string_equal(asp_kind_name(ASP_UNKNOWN), "inconnu");
}

/* Which file a name was meant to be. */
static void near_names(void **state)
{
	static const char *const cases[][2] = {
	    {"referencement.csv", "referencements.csv"},
	    {"referencements (1).csv", "referencements.csv"},
	    {"Banques.ods", "banques.csv"},
	    {"comptes.cvs", "comptes.csv"},
	    {"comtpes.csv", "comptes.csv"},
	    {"acces", "acces.csv"},
	    {"decision.csv", "decisions.csv"},
	    {"décisions-2026-03.xlsx", "decisions.csv"},
	    {"decison_mars.csv", "decisions.csv"},
	    {"StockUniteLegal_utf8.csv", "StockUniteLegale_utf8.csv"},
	    {"stock unité légale.csv", "StockUniteLegale_utf8.csv"},
	    {"StockEtablissements.csv.gz", "StockEtablissement_utf8.csv"},
	    {"StockUniteLegaleHistorique_utf8.zip", NULL},
	    {"Stock_Etablissement_Historique.zip", NULL},
	    {"notes.txt", NULL},
	    {"mes decisions.csv", NULL},
	    {"\xE9.csv", NULL},
	    {".csv", NULL},
	    {"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *near = asp_kind_near(cases[i][0]);

		if (strcmp(near != NULL ? near : "", cases[i][1] != NULL ? cases[i][1] : "") != 0)
			fail_msg("%s: %s", cases[i][0], near);
	}
}

/* One cell at a time: how it is normalised, or that it is refused. */
static void cells(void **state)
{
	static const struct {
		enum asp_kind kind;
		const char *column, *text, *normal; /* NULL: refused */
	} cases[] = {
	    {ASP_REFERENCEMENTS, "numero_ans", "27f99871b4", "27f99871b4"},
	    {ASP_REFERENCEMENTS, "numero_ans", "HOP-DPI-Va2", "HOP-DPI-Va2"},
	    {ASP_REFERENCEMENTS, "numero_ans", "", NULL},
	    {ASP_REFERENCEMENTS, "numero_ans", "2,7E+100", NULL},
	    {ASP_REFERENCEMENTS, "numero_ans", "27E+", "27E+"},
	    {ASP_REFERENCEMENTS, "numero_ans", "a\nb", NULL},
	    {ASP_REFERENCEMENTS, "logiciel", "", ""},
	    {ASP_REFERENCEMENTS, "version", "", ""},
	    {ASP_REFERENCEMENTS, "siren_editeur", "732829320", "732829320"},
	    {ASP_REFERENCEMENTS, "siren_editeur", "732 829\u00A0320", "732829320"},
	    {ASP_REFERENCEMENTS, "siren_editeur", "SIREN : 732.829-320", "732829320"},
	    {ASP_REFERENCEMENTS, "siren_editeur", "=\"732829320\"", "732829320"},
	    {ASP_REFERENCEMENTS, "siren_editeur", "732829320,0", NULL},
	    {ASP_REFERENCEMENTS, "siren_editeur", "7,32829E+08", NULL},
	    {ASP_REFERENCEMENTS, "etat", "en-cours", "en_cours"},
	    {ASP_COMPTES, "email", "elise..durand@exemple.fr", NULL},
	    {ASP_ACCES, "contact", ".elise@exemple.fr", NULL},
	    {ASP_CALENDRIER, "ouverture", "01/01/25", NULL},
	    {ASP_REFERENCEMENTS, "siren_editeur", "001234566", "001234566"},
	    {ASP_REFERENCEMENTS, "siren_editeur", "123456", NULL},
	    {ASP_REFERENCEMENTS, "siren_editeur", "7328293200", NULL},
	    {ASP_REFERENCEMENTS, "siren_editeur", "73282932000074", NULL},
	    {ASP_REFERENCEMENTS, "siren_editeur", "73282932A", NULL},
	    {ASP_REFERENCEMENTS, "siren_editeur", "732829321", "732829321"}, /* no Luhn */
	    {ASP_REFERENCEMENTS, "siren_editeur", "", ""},
	    {ASP_REFERENCEMENTS, "dsr", "", NULL},
	    {ASP_REFERENCEMENTS, "etat", "Validé", "valide"},
	    {ASP_REFERENCEMENTS, "etat", "En cours", "en_cours"},
	    {ASP_REFERENCEMENTS, "etat", "EN_COURS", "en_cours"},
	    {ASP_REFERENCEMENTS, "etat", "refusé", NULL},
	    {ASP_REFERENCEMENTS, "date_etat", "2025-11-03", "2025-11-03"},
	    {ASP_REFERENCEMENTS, "date_etat", "03/11/2025", "2025-11-03"},
	    {ASP_REFERENCEMENTS, "date_etat", "31/02/2025", ""},
	    {ASP_REFERENCEMENTS, "date_etat", "11/31/2025", ""},
	    {ASP_REFERENCEMENTS, "date_etat", "3/11/2025", "2025-11-03"},
	    {ASP_REFERENCEMENTS, "date_etat", "", ""},
	    {ASP_REFERENCEMENTS, "date_etat", "novembre", ""},
	    {ASP_COMPTES, "email", "Elise.Durand@Exemple.FR", "elise.durand@exemple.fr"},
	    {ASP_COMPTES, "email", "elise.durand", NULL},
	    {ASP_COMPTES, "email", "", NULL},
	    {ASP_COMPTES, "portail_segur", "OUI", "oui"},
	    {ASP_COMPTES, "portail_segur", "FAUX", "non"},
	    {ASP_COMPTES, "portail_segur", "Vrai", "oui"},
	    {ASP_COMPTES, "portail_segur", "1", NULL},
	    {ASP_COMPTES, "titulaire", "Représentant légal", "representant_legal"},
	    {ASP_COMPTES, "titulaire", "DEPOSITAIRE", "depositaire"},
	    {ASP_COMPTES, "titulaire", "", ""},
	    {ASP_COMPTES, "titulaire", "contact", NULL},
	    {ASP_COMPTES, "siren", "", ""},
	    {ASP_COMPTES, "siren", "732829321", "732829321"},
	    {ASP_COMPTES, "siren", "73282932", NULL},
	    {ASP_ACCES, "siren", "", NULL},
	    {ASP_ACCES, "contact", "", ""},
	    {ASP_ACCES, "contact", "A@exemple.fr", "a@exemple.fr"},
	    {ASP_ACCES, "contact", "personne", NULL},
	    {ASP_ACCES, "compte", "logiciels-exemple", "logiciels-exemple"},
	    {ASP_ACCES, "compte", "a", NULL},
	    {ASP_ACCES, "compte", "asp", NULL},
	    {ASP_ACCES, "compte", "Exemple", NULL},
	    {ASP_ACCES, "compte", "9exemple", NULL},
	    {ASP_ACCES, "compte", "a12345678901234567890123456789012", NULL},
	    {ASP_ACCES, "compte", "a1234567890123456789012345678901",
	     "a1234567890123456789012345678901"},
	    {ASP_BANQUES, "code_banque", "20041", "20041"},
	    {ASP_BANQUES, "code_banque", "4559", NULL},
	    {ASP_BANQUES, "code_banque", "200410", NULL},
	    {ASP_BANQUES, "bic", "psst frpp par", "PSSTFRPPPAR"},
	    {ASP_BANQUES, "bic", "PSSTFRP", NULL},
	    {ASP_CALENDRIER, "ouverture", "", "0001-01-01"},
	    {ASP_CALENDRIER, "ouverture", "1/3/2026", "2026-03-01"},
	    {ASP_CALENDRIER, "ouverture", "01/3/2026", "2026-03-01"},
	    {ASP_CALENDRIER, "ouverture", "1/12/2026", "2026-12-01"},
	    {ASP_CALENDRIER, "ouverture", "30/2/2026", NULL},
	    {ASP_CALENDRIER, "ouverture", "1/3/26", NULL},
	    {ASP_CALENDRIER, "ouverture", "001/3/2026", NULL},
	    {ASP_CALENDRIER, "ouverture", "/3/2026", NULL},
	    {ASP_CALENDRIER, "ouverture", "1//2026", NULL},
	    {ASP_CALENDRIER, "ouverture", "1/3/20260", NULL},
	    {ASP_CALENDRIER, "ouverture", "1/3", NULL},
	    {ASP_CALENDRIER, "ouverture", "9999-12-31", NULL},
	    {ASP_CALENDRIER, "cloture", "", "9999-12-31"},
	    {ASP_CALENDRIER, "cloture", "9999-12-31", "9999-12-31"},
	    {ASP_CALENDRIER, "cloture", "31/12/9999", "9999-12-31"},
	    {ASP_CALENDRIER, "cloture", "2026-02-30", NULL},
	    {ASP_CALENDRIER, "dsr", "SONS DPI", "SONS DPI"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct reference_table *table = reference_table(cases[i].kind);
		struct buf out = {0};
		const char *why;
		size_t column = 0;

		while (strcmp(table->columns[column].name, cases[i].column) != 0)
			column++;
		why = table->columns[column].check(cases[i].text, &out);
		if ((why == NULL) != (cases[i].normal != NULL))
			print_error("%s: %s\n", cases[i].column, cases[i].text);
		assert_true((why == NULL) == (cases[i].normal != NULL));
		if (why == NULL)
			assert_string_equal(out.data != NULL ? out.data : "", cases[i].normal);
		else
			assert_int_equal(strncmp(why, " : ", 3), 0);
		buf_free(&out);
	}
	assert_null(reference_table(ASP_UNITES_LEGALES));
	assert_null(reference_table(ASP_DECISIONS));
}

static bool take(struct root *root, const char *name, const char *text)
{
	struct asp_file file = fixture_file(name, text);
	bool taken = false;

	assert_null(reference_take(root, &file, asp_kind_from(name), &taken));
	close(file.fd);
	return taken;
}

static void assert_kept(const struct root *root, const char *text, bool kept)
{
	uint8_t digest[SHA256_SIZE];
	char sha256[SHA256_HEX_SIZE], path[96], bytes[4096];
	ssize_t length;
	int fd;

	sha256_of(text, strlen(text), digest);
	sha256_hex(digest, sha256);
	asp_file_path(sha256, path);
	fd = openat(root->fd, path, O_RDONLY);
	assert_int_equal(fd >= 0, kept);
	if (!kept)
		return;
	length = read(fd, bytes, sizeof(bytes));
	assert_int_equal(length, (ssize_t)strlen(text));
	assert_memory_equal(bytes, text, strlen(text));
	close(fd);
}

#define HEADER	    "numero_ans;logiciel;version;dsr;profil;siren_editeur;etat;date_etat\r\n"
#define ROW(numero) numero ";Consulta;2.1;SONS LGC;Médecin;732 829 320;Validé;03/11/2025\r\n"

static void a_file_is_taken(void **state)
{
	static const char text[] = "\xEF\xBB\xBF" HEADER ROW("27f99871b4") ROW("27f99871b5");
	struct root root;

	(void)state;
	fixture_open(&root);
	assert_true(take(&root, "Référencements.csv", text));
	assert_query(&root, "SELECT * FROM referencements ORDER BY 1",
		     "27f99871b4|Consulta|2.1|SONS LGC|Médecin|732829320|valide|2025-11-03\n"
		     "27f99871b5|Consulta|2.1|SONS LGC|Médecin|732829320|valide|2025-11-03\n");
	assert_query(&root, FICHIER,
		     "Référencements.csv|referencements|pris|2|Référencements.csv_retour.csv\n");
	assert_query(&root, RETOURS,
		     "1|||pris|REF-000|Fichier pris : 2 lignes ; c'est le premier, il n'y avait "
		     "rien à quoi le comparer.\n");
	assert_kept(&root, text, true);
	fixture_close(&root);
}

/* Columns in any order, another dialect; the new rows replace the old ones whole. */
static void a_file_replaces_another(void **state)
{
	struct root root;

	(void)state;
	fixture_open(&root);
	assert_true(take(&root, "acces.csv",
			 "compte;siren;contact\nexemple;732829320;a@exemple.fr\nexemple;120000013;"
			 "b@exemple.fr\n"));
	assert_true(take(&root, "acces.csv",
			 "contact,inconnue,siren,compte\nC@exemple.fr,x,732829320,autre\n"));
	assert_query(&root, "SELECT * FROM acces", "autre|732829320|c@exemple.fr\n");
	assert_query(&root, RETOURS,
		     "1|||pris|REF-000|Fichier pris : 1 ligne, contre 2 auparavant.\n");
	assert_query(&root, FICHIER, "acces.csv|acces|pris|1|acces.csv_retour-2.csv\n");
	fixture_close(&root);
}

/* Each file is refused with these answers, and what was in force stays. */
static void refusals(void **state)
{
	static const struct {
		const char *name, *text, *retours;
	} cases[] = {
	    {"banques.csv", "code_banque;nom\n20041;X\n",
	     "1|||refuse|REF-001|La colonne bic manque.\n"},
	    {"banques.csv", "code_banque;bic;nom\n4559;PSSTFRPPPAR;X\n20041;PSST;\n",
	     "2|||refuse|REF-003|La valeur « 4559 » de la colonne code_banque n'est pas admise : "
	     "il n'y a que 4 chiffres au lieu de 5 : un tableur a sans doute ôté le zéro de tête. "
	     "Écrivez 04559 ; dans un tableur, mettez d'abord la colonne au format "
	     "Texte.\n3|||refuse|REF-003|La valeur « PSST » de la colonne bic "
	     "n'est pas admise : il y a 4 caractères au lieu de 8 ou 11. Recopiez-le depuis un "
	     "RIB.\n3|||refuse|REF-003|La valeur «  » de la colonne nom n'est pas admise : elle "
	     "est vide.\n"},
	    {"banques.csv",
	     "code_banque;bic;nom\n20041;PSSTFRPPPAR;X\n\n30004;EXEMFRPP;Y\n20 "
	     "041;psstfrpppar;Z\n20041;"
	     "PSSTFRPPPAR;W\n",
	     "5|||refuse|REF-005|La valeur « 20041, PSSTFRPPPAR » de la colonne code_banque, bic "
	     "figure déjà à la ligne 2.\n"
	     "6|||refuse|REF-005|La valeur « 20041, PSSTFRPPPAR » de la colonne code_banque, bic "
	     "figure déjà à la ligne 2.\n"},
	    {"acces.csv",
	     "compte;siren;contact\nexemple;732829320;a@exemple.fr\nexemple;732 829 "
	     "320;b@exemple.fr\n"
	     "exemple;1;c@exemple.fr\nexemple;2;d@exemple.fr\n",
	     "3|||refuse|REF-005|La valeur « exemple, 732829320 » de la colonne compte, siren "
	     "figure déjà à "
	     "la ligne 2.\n"
	     "4|||refuse|REF-003|La valeur « 1 » de la colonne siren n'est pas admise : il n'y a "
	     "qu'un chiffre au lieu de 9. Écrivez les 9 chiffres du SIREN.\n"
	     "5|||refuse|REF-003|La valeur « 2 » de la colonne siren n'est pas admise : il n'y a "
	     "qu'un chiffre au lieu de 9. Écrivez les 9 chiffres du SIREN.\n"},
	    {"comptes.csv",
	     "identifiant;email;siren;portail_segur;titulaire\nA;a@exemple.fr;;oui;\n"
	     "B;b@exemple.fr;;non;\nB;c@exemple.fr;;non;\nC;c@exemple.fr;1;oui;depositaire\n",
	     "2|||refuse|REF-003|La valeur «  » de la colonne siren n'est pas admise : elle est "
	     "vide.\n2|||refuse|REF-003|La valeur «  » de la colonne titulaire n'est pas admise : "
	     "elle est vide.\n4|||refuse|REF-005|La valeur « B,  » de la colonne identifiant, "
	     "siren figure déjà à la ligne 3.\n5|||refuse|REF-003|La valeur « 1 » de la colonne "
	     "siren n'est pas admise : il n'y a qu'un chiffre au lieu de 9. Écrivez les 9 chiffres "
	     "du SIREN.\n"},
	    {"calendrier.csv", "dsr;ouverture;cloture\nSONS RIS;2026-03-01;28/02/2026\n",
	     "2|||refuse|REF-003|La valeur « 2026-02-28 » de la colonne cloture n'est pas admise "
	     ": elle précède l'ouverture.\n"},
	    {"banques.csv", "code_banque;bic;nom\n20041;PSSTFRPPPAR;\"X\"y\n",
	     "2|||refuse|REF-004|Le fichier est illisible : un guillemet y est mal placé.\n"},
	    {"banques.csv",
	     "code_banque;bic;nom\n20041;PSSTFRPPPAR;GŽnŽrale\n20042;PSSTFRPPPAR;Žižek\n",
	     "2|||refuse|REF-003|La valeur « GŽnŽrale » de la colonne nom n'est pas admise : un "
	     "logiciel a mal lu ses accents, il faut sans doute lire « Générale ».\n"},
	    {"banques.csv", "code_banque;bic;nom\n20041;PSSTFRPPPAR;SociÃ©tÃ©\n",
	     "2|||refuse|REF-003|La valeur « SociÃ©tÃ© » de la colonne nom n'est pas admise : un "
	     "logiciel a mal lu ses accents, il faut sans doute lire « Société ».\n"},
	    {"banques.csv", "", "1|||refuse|REF-007|Le fichier ne contient aucune ligne.\n"},
	    {"banques.csv", "code_banque;bic;nom\n",
	     "1|||refuse|REF-007|Le fichier ne contient aucune ligne.\n"},
	    {"banques.csv", "code_banque;bic;nom\n20041;PSSTFRPPPAR;X\n",
	     "1|||refuse|REF-002|Le fichier ne compte que 1 ligne, contre 3 auparavant : plus de "
	     "50 % seraient perdues.\n"},
	    {"banques.ods", "PK",
	     "1|||refuse|REF-006|Le nom du fichier « banques.ods » n'est pas un de ceux que le "
	     "service attend. Vouliez-vous dire « banques.csv » ?\n"},
	    {"StockEtablissement_utf8.csv", "siren,nic,siret\n732829320,00074,73282932000074\n",
	     "1|||refuse|REF-001|La colonne codePostalEtablissement manque.\n"
	     "1|||refuse|REF-001|La colonne etatAdministratifEtablissement manque.\n"
	     "1|||refuse|REF-001|La colonne libelleCommuneEtablissement manque.\n"
	     "1|||refuse|REF-001|La colonne libelleVoieEtablissement manque.\n"
	     "1|||refuse|REF-001|La colonne numeroVoieEtablissement manque.\n"
	     "1|||refuse|REF-001|La colonne typeVoieEtablissement manque.\n"},
	    {"StockUniteLegale.csv",
	     "siren,etatAdministratifUniteLegale,denominationUniteLegale,nomUniteLegale,"
	     "prenom1UniteLegale\n",
	     "1|||refuse|REF-007|Le fichier ne contient aucune ligne.\n"},
	};
	struct root root;

	(void)state;
	fixture_open(&root);
	assert_true(
	    take(&root, "banques.csv",
		 "code_banque;bic;nom\n20041;PSSTFRPPPAR;A\n30004;EXEMFRPP;B\n10096;EXEMFRP2;C\n"));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *found;

		assert_false(take(&root, cases[i].name, cases[i].text));
		found =
		    fixture_query(&root, strstr(cases[i].name, "Stock") != NULL
					     ? "SELECT ligne, numero, decision, etat, code, message"
					       " FROM retours_asp WHERE fichier = (SELECT max(id) "
					       "FROM fichiers_asp) ORDER BY message"
					     : RETOURS);
		if (strcmp(found, cases[i].retours) != 0)
			print_error("case %zu: %s\n", i, cases[i].name);
		assert_string_equal(found, cases[i].retours);
		free(found);
		/* As it was received, for a replay; not INSEE's, nor what has no known name. */
		assert_kept(&root, cases[i].text,
			    strncmp(cases[i].name, "Stock", 5) != 0 &&
				strcmp(cases[i].name, "banques.ods") != 0);
	}
	assert_query(&root, "SELECT code_banque FROM banques", "10096\n20041\n30004\n");
	assert_query(&root, "SELECT count(*) FROM fichiers_asp WHERE etat = 'refuse'", "15\n");
	/* Half of the rows may go, not more. */
	assert_true(take(&root, "banques.csv",
			 "code_banque;bic;nom\n20041;PSSTFRPPPAR;A\n30004;EXEMFRPP;B\n"));
	assert_true(take(&root, "banques.csv", "code_banque;bic;nom\n20041;PSSTFRPPPAR;A\n"));
	fixture_close(&root);
}

#define COMPTES "identifiant;email;siren;portail_segur;titulaire\n"

/* Odd rows that refuse nothing, and what the table then holds; rows that say the same count once.
 */
static void odd_rows_are_taken(void **state)
{
	static const struct {
		const char *name, *text, *select, *rows, *row_count;
	} cases[] = {
	    {"calendrier.csv",
	     "dsr;ouverture;cloture\nSONS DPI;2026-03-01;2026-06-30\n"
	     "sons dpi;1/3/2026;30/06/2026\nSONS RIS;;\nSONS RIS;2026-01-01;\n",
	     "SELECT * FROM calendrier ORDER BY 1, 2",
	     "SONS DPI|2026-03-01|2026-06-30\nSONS RIS|0001-01-01|9999-12-31\n"
	     "SONS RIS|2026-01-01|9999-12-31\n",
	     "3\n"},
	    {"comptes.csv",
	     COMPTES "A;a@exemple.fr;732829320;oui;depositaire\n"
		     "A;a@exemple.fr;120000013;oui;representant_legal\n"
		     "A;a@exemple.fr;;non;\na;a@exemple.fr;;non;\n"
		     "A;A@exemple.fr;732 829 320;VRAI;Dépositaire\nA;a@exemple.fr;;non;\n",
	     "SELECT * FROM comptes_asp ORDER BY 1, 3",
	     "A|a@exemple.fr||non|\nA|a@exemple.fr|120000013|oui|representant_legal\n"
	     "A|a@exemple.fr|732829320|oui|depositaire\na|a@exemple.fr||non|\n",
	     "4\n"},
	    {"acces.csv",
	     "compte;siren;contact\nexemple;732829321;\nexemple;120000013;B@exemple.fr\n"
	     "exemple;732829321;\n",
	     "SELECT * FROM acces ORDER BY 2",
	     "exemple|120000013|b@exemple.fr\nexemple|732829321|\n", "2\n"},
	    {"referencements.csv",
	     HEADER "27f99871b4;;;SONS LGC;;;valide;31/02/2025\n27F99871B4;;;SONS LGC;;;retire;\n"
		    "27f99871b4;;;SONS LGC;;;Validé;\n",
	     "SELECT * FROM referencements ORDER BY 1",
	     "27F99871B4|||SONS LGC|||retire|\n27f99871b4|||SONS LGC|||valide|\n", "2\n"},
	    {"banques.csv",
	     "code_banque;bic;nom\n20041;PSSTFRPP;A\n20 041;psstfrpp;A\n"
	     "18719;BFCORERXXXX;BFC REUNION\n18719;BFCOYTYTXXX;BFC MAYOTTE\n",
	     "SELECT * FROM banques",
	     "18719|BFCORERXXXX|BFC REUNION\n18719|BFCOYTYTXXX|BFC MAYOTTE\n20041|PSSTFRPP|A\n",
	     "3\n"},
	};
	struct root root;

	(void)state;
	fixture_open(&root);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_true(take(&root, cases[i].name, cases[i].text));
		assert_query(&root, cases[i].select, cases[i].rows);
		assert_query(&root, "SELECT lignes FROM fichiers_asp ORDER BY id DESC LIMIT 1",
			     cases[i].row_count);
	}
	fixture_close(&root);
}

/* The published Table Schemas name the columns that are read, in the same order. */
static void schemas_agree(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind <= ASP_CALENDRIER; kind++) {
		const struct reference_table *table = reference_table((enum asp_kind)kind);
		char *path =
		    mem_printf("schemas/tables/entree_%s.json", asp_kind_name((enum asp_kind)kind));
		char *header = fixture_header(path);
		struct buf expected = {0};

		for (size_t i = 0; i < table->count; i++)
			buf_printf(&expected, "%s%s", i > 0 ? "," : "", table->columns[i].name);
		buf_putc(&expected, '\n');
		assert_string_equal(header, expected.data);
		buf_free(&expected);
		free(header);
		free(path);
	}
}

/* What may be empty while nothing stood in it, and what may not: it would refuse everybody. */
static void a_first_file_may_be_empty(void **state)
{
	static const char *const others[][2] = {
	    {"referencements.csv", HEADER},
	    {"acces.csv", "compte;siren;contact\r\n"},
	    {"banques.csv", "code_banque;bic;nom\r\n"},
	};
	struct root root;

	(void)state;
	fixture_open(&root);
	for (int times = 0; times < 2; times++) {
		assert_true(take(&root, "calendrier.csv", "dsr;ouverture;cloture\n"));
		assert_true(take(&root, "comptes.csv", COMPTES));
	}
	assert_query(&root, RETOURS,
		     "1|||pris|REF-000|Fichier pris : 0 ligne, contre 0 auparavant.\n");
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		assert_false(take(&root, others[i][0], others[i][1]));
		assert_query(&root, RETOURS,
			     "1|||refuse|REF-007|Le fichier ne contient aucune ligne.\n");
	}
	fixture_close(&root);
}

/* Sixteen lines of a calendar, the header first. */
#define SIXTEEN                                                                                    \
	"dsr;ouverture;cloture\nA;2026-01-01;\nB;2026-01-01;\nC;2026-01-01;\nD;2026-01-01;\n"      \
	"E;2026-01-01;\nF;2026-01-01;\nG;2026-01-01;\nH;2026-01-01;\nI;2026-01-01;\n"              \
	"J;2026-01-01;\nK;2026-01-01;\nL;2026-01-01;\nM;2026-01-01;\nN;2026-01-01;\nO;2026-01-01;\n"

/* A calendar that was cut in its last row would open a window without end. */
static void cut_files(void **state)
{
	static const struct {
		const char *text;
		unsigned line; /* of the fault; 0: taken */
	} cases[] = {
	    {"dsr;ouverture;cloture\nA;2026-01-01;2026-06-30\n", 0},
	    {"dsr;ouverture;cloture\nA;2026-01-01;2026-06-30\r", 0},
	    {"dsr;ouverture;cloture\nA;2026-01-01;2026-06-30\r\n\r\n;;\r\n", 0},
	    {"dsr;ouverture;cloture\nA;2026-01-01;2026-06-30", 2},
	    {"dsr;ouverture;cloture\nA;2026-01-01;2026-06-3", 2},
	    {"dsr;ouverture;cloture\nA;2026-01-01;2026-06-30\nB;2026-01-01;", 3},
	    {"dsr;ouverture;cloture\nA;2026-01-01;2026-06-30\nB;2026-01-01", 3},
	    {"dsr;ouverture;cloture\nA;2026-01-01;2026-06-30\nB;20", 3},
	    {"dsr;ouverture;cloture\nA;2026-01-01;2026-06-30\nB", 3},
	    {"dsr;ouverture;cloture\nA;2026-01-01;2026-06-30\n\"B", 3},
	    {"dsr;ouverture;cloture", 1},
	    /* An end was put behind the cut. */
	    {"dsr;ouverture;cloture\nA;2026-01-01;2026-06-30\nB;2026-01-01\n", 3},
	    {"dsr;ouverture;cloture\nA;2026-01-01;2026-06-30\nB\n;;\n", 3},
	    {"dsr;ouverture;cloture\nA;2026-01-01\n", 2},
	    /* It was cut twice. */
	    {"dsr;ouverture;cloture\nA;2026-01-01;2026-06-30\nB;2026-01-01\nC;2026-01-01\n", 4},
	    {"dsr;ouverture;cloture\nA;2026-01-01\nB;2026-01-01\nC\n", 4},
	    {"dsr;ouverture;cloture\nB;2026-01-01\nA;2026-01-01;2026-06-30\n", 0},
	    {"dsr;ouverture;cloture\nA;2026-01-01;\n", 0},
	    /* Excel leaves out what is empty at the ends of a block of sixteen rows. */
	    {SIXTEEN "Q;2026-01-01\nR;2026-01-01\n", 0},
	    {SIXTEEN "Q;2026-01-01\n", 17},
	    {SIXTEEN "Q;2026-01-01;\nR;2026-01-01\nS;2026-01-01\n", 19},
	};
	struct root root;

	(void)state;
	fixture_open(&root);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *found;

		if (take(&root, "calendrier.csv", cases[i].text) != (cases[i].line == 0))
			fail_msg("case %zu: %s", i, cases[i].text);
		found = fixture_query(&root, "SELECT code, ligne FROM retours_asp WHERE fichier = "
					     "(SELECT max(id) FROM fichiers_asp)");
		if (cases[i].line > 0) {
			char expected[32];

			snprintf(expected, sizeof(expected), "REF-009|%u\n", cases[i].line);
			assert_string_equal(found, expected);
		}
		free(found);
	}
	fixture_close(&root);
}

/* In a replay a file that another version took is taken: today's bounds for the whole do not hold,
 * what a cell must be does. */
static void taken_by_another_version(void **state)
{
	static const struct {
		const char *text;
		bool taken;
	} cases[] = {
	    {"dsr;ouverture;cloture\nA;;\nB;;\nC;;\n", true},
	    {"dsr;ouverture;cloture\nA;2026-01-01", true},
	    {"dsr;ouverture;cloture", true},
	    {"dsr;ouverture;cloture\nA;hier;\n", false},
	};
	const struct asp_past past = {0};
	struct root root;

	(void)state;
	fixture_open(&root);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct asp_file file = fixture_file("calendrier.csv", cases[i].text);
		bool taken;

		file.past = &past;
		assert_null(reference_take(&root, &file, ASP_CALENDRIER, &taken));
		assert_int_equal(taken, cases[i].taken);
		close(file.fd);
	}
	fixture_close(&root);
}

/* What is to be done depends on what makes the file unreadable, and on whose it is. */
static void unreadable_files(void **state)
{
#define REGISTER "siren,etatAdministratifUniteLegale,denominationUniteLegale,"
	static const char again[] = "Enregistrez-le de nouveau en « CSV UTF-8 » depuis le tableur.",
			  published[] = "Déposez le fichier tel que l'INSEE le publie,";
	static const struct {
		const char *name, *text, *remedy;
	} cases[] = {
	    {"banques.csv", "code_banque;bic;nom\n20041;PSSTFRPPPAR;\"X\"y\n", again},
	    {"banques.csv", "code_banque;bic;nom\n20041;PSSTFRPPPAR;X;Y\n", again},
	    {"banques.csv", "code_banque;bic;nom;bic\n20041;PSSTFRPPPAR;X;Y\n",
	     "Supprimez celle des deux colonnes qui est de trop."},
	    {"StockUniteLegale_utf8.csv", REGISTER "siren,nomUniteLegale,prenom1UniteLegale\n",
	     published},
	    {"StockUniteLegale_utf8.csv", REGISTER "nomUniteLegale,prenom1UniteLegale,\"x\"y\n",
	     published},
	    {"StockUniteLegale_utf8.csv", "\xFF\xFEs", published},
	};
	struct root root;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *found;

		fixture_open(&root);
		assert_false(take(&root, cases[i].name, cases[i].text));
		found = fixture_query(&root, "SELECT code || ' ' || remede FROM retours_asp");
		if (strncmp(found, "REF-004 ", strlen("REF-004 ")) != 0 ||
		    strstr(found, cases[i].remedy) == NULL)
			fail_msg("case %zu: %s", i, found);
		free(found);
		fixture_close(&root);
	}
}

/* Each refusal says what holds instead. */
static void consequences(void **state)
{
	static const char remedies[] = "SELECT remede FROM retours_asp WHERE fichier = (SELECT "
				       "max(id) FROM fichiers_asp) ORDER BY ordre";
	struct root root;

	(void)state;
	fixture_open(&root);
	assert_false(take(&root, "acces.csv", "compte;siren\n"));
	assert_query(
	    &root, remedies,
	    "Écrivez contact dans la ligne d'en-tête, au-dessus de ses valeurs. Aucun fichier n'est encore en vigueur.\n");
	assert_true(take(&root, "acces.csv", "compte;siren;contact\nexemple;732829320;\n"));
	assert_query(&root, remedies, "\n");
	assert_false(take(&root, "acces.csv", "compte;siren;contact\n"));
	assert_query(
	    &root, remedies,
	    "Vérifiez que l'extraction est complète, puis déposez-la de nouveau. L'ancien fichier reste en vigueur.\n");
	assert_false(take(&root, "acces.ods", ""));
	assert_query(&root,
		     "SELECT remede LIKE 'Noms attendus : %.csv.' FROM retours_asp WHERE "
		     "fichier = (SELECT max(id) FROM fichiers_asp)",
		     "1\n");
	fixture_close(&root);
}

static void faults_are_counted(void **state)
{
	struct buf text = {0};
	struct root root;

	(void)state;
	fixture_open(&root);
	buf_puts(&text, "code_banque;bic;nom\n");
	for (unsigned i = 0; i < 300; i++)
		buf_printf(&text, "%05u;X;Y\n", i);
	assert_false(take(&root, "banques.csv", text.data));
	assert_query(&root, "SELECT count(*), min(ligne), max(ligne) FROM retours_asp",
		     "100|2|101\n");
	buf_free(&text);
	fixture_close(&root);
}

static void sizes(void **state)
{
	static const char text[] = "code_banque;bic;nom\n20041;PSSTFRPPPAR;A\n";
	struct root root;
	struct asp_file file;
	bool taken;

	(void)state;
	fixture_open(&root);
	root.conf.reference_octets = sizeof(text) - 2;
	assert_false(take(&root, "banques.csv", text));
	assert_query(&root, RETOURS, "1|||refuse|REF-008|Le fichier dépasse 0,1 ko.\n");
	assert_query(&root, "SELECT sha256 IS NULL FROM fichiers_asp", "1\n");
	root.conf.reference_octets++;
	assert_true(take(&root, "banques.csv", text));
	/* It grew, or shrank, since it was found whole. */
	for (int change = -1; change <= 1; change += 2) {
		file = fixture_file("banques.csv", text);
		file.size -= (uint64_t)change;
		root.conf.reference_octets = 1 << 20;
		assert_null(reference_take(&root, &file, ASP_BANQUES, &taken));
		assert_false(taken);
		assert_query(&root, RETOURS,
			     "1|||refuse|REF-004|Le fichier est illisible : il a changé pendant sa "
			     "lecture.\n");
		assert_query(&root,
			     "SELECT count(*) FROM retours_asp WHERE remede LIKE 'Déposez-le de "
			     "nouveau une fois entier%' AND fichier = (SELECT max(id) FROM "
			     "fichiers_asp)",
			     "1\n");
		close(file.fd);
	}
	fixture_close(&root);
}

/* The same where what was added begins with another block. */
static void growth_after_a_block(void **state)
{
	struct buf text = {0};
	struct asp_file file;
	struct root root;
	bool taken;

	(void)state;
	while (text.length < (1 << 20))
		buf_puts(&text, "code_banque;bic;nom");
	text.data[1 << 20] = '\0';
	fixture_open(&root);
	file = fixture_file("banques.csv", text.data);
	assert_int_equal(pwrite(file.fd, "x", 1, 1 << 20), 1);
	assert_null(reference_take(&root, &file, ASP_BANQUES, &taken));
	assert_query(
	    &root, RETOURS,
	    "1|||refuse|REF-004|Le fichier est illisible : il a changé pendant sa lecture.\n");
	close(file.fd);
	buf_free(&text);
	fixture_close(&root);
}

static void answer_names(void **state)
{
	char name[251];
	struct root root;

	(void)state;
	fixture_open(&root);
	memset(name, 'x', sizeof(name));
	name[250] = '\0';
	for (int i = 0; i < 3; i++)
		assert_false(take(&root, name, ""));
	assert_query(&root,
		     "SELECT length(retour_nom) < 230, substr(retour_nom, 198) FROM fichiers_asp "
		     "ORDER BY id",
		     "1|_retour.csv\n1|_retour-2.csv\n1|_retour-3.csv\n");
	fixture_close(&root);
}

static void reading_fails(void **state)
{
	struct root root;
	struct asp_file file;
	bool taken = true;

	(void)state;
	fixture_open(&root);
	file = fixture_file("banques.csv", "x");
	close(file.fd);
	file.fd = -1;
	assert_non_null(reference_take(&root, &file, ASP_BANQUES, &taken));
	assert_false(taken);
	assert_query(&root, "SELECT count(*) FROM fichiers_asp", "0\n");
	fixture_close(&root);
}

#define UNITES                                                                                     \
	"siren,etatAdministratifUniteLegale,denominationUniteLegale,nomUniteLegale,"               \
	"prenom1UniteLegale\n"

/* Of INSEE's files the newest two are kept, of the others all, refused ones too; leftovers of
 * killed runs go. */
static void pruning(void **state)
{
	static const char *const stocks[] = {UNITES "732829320,A,UN,,\n",
					     UNITES "732829320,A,DEUX,,\n",
					     UNITES "732829320,A,TROIS,,\n"};
	static const char bank[] = "code_banque;bic;nom\n20041;PSSTFRPPPAR;A\n";
	static const char bank2[] = "code_banque;bic;nom\n20041;PSSTFRPPPAR;B\n";
	static const char refused[] = "code_banque;bic\n";
	struct root root;

	(void)state;
	fixture_open(&root);
	assert_true(take(&root, "banques.csv", bank));
	assert_true(take(&root, "banques.csv", bank2));
	assert_false(take(&root, "banques.csv", refused));
	for (size_t i = 0; i < ARRAY_SIZE(stocks); i++)
		assert_true(take(&root, "StockUniteLegale_utf8.csv", stocks[i]));
	close(openat(root.fd, "var/references/en-cours.tmp", O_CREAT | O_WRONLY, 0600));
	assert_null(asp_file_prune(&root));
	assert_kept(&root, bank, true);
	assert_kept(&root, bank2, true);
	assert_kept(&root, refused, true);
	assert_kept(&root, stocks[0], false);
	assert_kept(&root, stocks[1], true);
	assert_kept(&root, stocks[2], true);
	assert_int_equal(faccessat(root.fd, "var/references/en-cours.tmp", F_OK, 0), -1);
	/* The first one again: it is in force, so the second goes next. */
	assert_true(take(&root, "StockUniteLegale_utf8.csv", stocks[0]));
	assert_null(asp_file_prune(&root));
	assert_kept(&root, stocks[0], true);
	assert_kept(&root, stocks[1], false);
	assert_kept(&root, stocks[2], true);
	fixture_close(&root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(kinds),
	    cmocka_unit_test(near_names),
	    cmocka_unit_test(cells),
	    cmocka_unit_test(schemas_agree),
	    cmocka_unit_test(a_file_is_taken),
	    cmocka_unit_test(a_file_replaces_another),
	    cmocka_unit_test(refusals),
	    cmocka_unit_test(odd_rows_are_taken),
	    cmocka_unit_test(a_first_file_may_be_empty),
	    cmocka_unit_test(unreadable_files),
	    cmocka_unit_test(consequences),
	    cmocka_unit_test(taken_by_another_version),
	    cmocka_unit_test(cut_files),
	    cmocka_unit_test(faults_are_counted),
	    cmocka_unit_test(sizes),
	    cmocka_unit_test(growth_after_a_block),
	    cmocka_unit_test(answer_names),
	    cmocka_unit_test(reading_fails),
	    cmocka_unit_test(pruning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
