#include "files_gen.h"
#include "lib/array.h"
#include "outbox_fixture.h"
#include "publish/asp_answer.h"
#include "publish/report.h"

#define RAPPORTS "outbox/asp/rapports/"

static const char *const names[] = {"demandes", "evenements",  "depots", "anomalies",
				    "pieces",	"comptes",     "droits", "coordonnees_bancaires",
				    "alertes",	"statistiques"};

/* What is to be recorded of each file is what it has. */
static void check_files(const struct output_files *files)
{
	assert_int_equal(files->count, 2 * ARRAY_SIZE(names) + 1);
	for (size_t i = 0; i < files->count; i++) {
		char *path = mem_printf("%s/%s", files->folder, files->items[i].name);
		char *text = fixture_read(&root, path), hex[SHA256_HEX_SIZE];

		sha256_hex_of(text, strlen(text), hex);
		assert_string_equal(files->items[i].sha256, hex);
		assert_int_equal(files->items[i].size, strlen(text));
		free(path);
		free(text);
	}
}

static void publish(const char *date)
{
	struct output_files files = {0};
	const struct error *err = reports_publish(&root, date, &files);

	if (err != NULL)
		fail_msg("%s", err->message);
	check_files(&files);
	output_files_free(&files);
}

/* The field names of a Table Schema, separated, as SQLite reads the JSON. */
static char *schema_header(const char *name, char separator)
{
	char *path = mem_printf("schemas/tables/%s.json", name), *header;
	const struct embedded_file *file = embedded_files;
	sqlite3_stmt *stmt = NULL;

	while (file->path != NULL && strcmp(file->path, path) != 0)
		file++;
	assert_non_null(file->path);
	assert_int_equal(
	    sqlite3_prepare_v2(fixture_db(&root),
			       "SELECT group_concat(json_extract(value, '$.name'), :separator)"
			       " FROM json_each(:text, '$.fields')",
			       -1, &stmt, NULL),
	    SQLITE_OK);
	bind_text(stmt, parameter(stmt, ":text"), file->text);
	sqlite3_bind_text(stmt, parameter(stmt, ":separator"), &separator, 1, SQLITE_STATIC);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	header = mem_printf("%s\r\n", (const char *)sqlite3_column_text(stmt, ONLY_COLUMN));
	sqlite3_finalize(stmt);
	free(path);
	return header;
}

static void headers_are_the_schemas(void **state)
{
	static const char bom[] = "\xEF\xBB\xBF";
	struct buf retour = {0};

	(void)state;
	publish("2026-03-02");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char *path = mem_printf(RAPPORTS "2026-03-02/%s.csv", names[i]);
		char *text = fixture_read(&root, path), *header = schema_header(names[i], ';');

		assert_int_equal(strncmp(text, bom, strlen(bom)), 0);
		assert_int_equal(strncmp(text + strlen(bom), header, strlen(header)), 0);
		free(header);
		free(text);
		free(path);
	}
	for (int i = 0; i < 2; i++) {
		char *header = schema_header(i == 0 ? "retour_decisions" : "retour_reference", ';');

		buf_clear(&retour);
		asp_answer_render(&root, i + 1, &retour);
		assert_int_equal(strncmp(retour.data + strlen(bom), header, strlen(header)), 0);
		free(header);
	}
	buf_free(&retour);
}

/* What follows the header, without the BOM. */
static void check_rows(const char *name, const char *wanted)
{
	char *path = mem_printf(RAPPORTS "2026-03-02/%s.csv", name);
	char *text = fixture_read(&root, path), *rows = strstr(text, "\r\n");

	assert_non_null(rows);
	assert_string_equal(rows + 2, wanted);
	free(text);
	free(path);
}

/* What follows the header begins so. */
static void check_begin(const char *name, const char *wanted)
{
	char *path = mem_printf(RAPPORTS "2026-03-02/%s.csv", name);
	char *text = fixture_read(&root, path), *found = strstr(text, "\r\n");

	assert_non_null(found);
	found[2 + strlen(wanted)] = '\0';
	assert_string_equal(found + 2, wanted);
	free(text);
	free(path);
}

/* Each series has its 24 months, whatever happened in them; each age of what waits has its row. */
static void check_series(void)
{
	static const char *const series[] = {"deposees", "validees",	 "validees_partiellement",
					     "rejetees", "delai_median", "delai_90"};
	static const char *const stock[] = {"gestionnaire_0_7", "gestionnaire_91_plus",
					    "fournisseur_8_30", "fournisseur_31_90"};
	char *text = fixture_read(&root, RAPPORTS "2026-03-02/statistiques.csv");

	for (size_t i = 0; i < ARRAY_SIZE(series); i++) {
		size_t count = 0;

		for (int month = 0; month < 24; month++) {
			int number = 2024 * 12 + 3 + month;
			char *end = mem_printf(";;%04d-%02d\r\n", number / 12, number % 12 + 1);
			char *start = mem_printf("\r\n%s;", series[i]);

			for (const char *at = text; (at = strstr(at, start)) != NULL; at++) {
				const char *cell = at + strlen(start);

				cell += strspn(cell, "0123456789");
				count += strncmp(cell, end, strlen(end)) == 0;
			}
			free(start);
			free(end);
		}
		assert_int_equal(count, 24);
	}
	for (size_t i = 0; i < ARRAY_SIZE(stock); i++) {
		char *start = mem_printf("\r\nstock_%s;", stock[i]);

		assert_non_null(strstr(text, start));
		free(start);
	}
	free(text);
}

static void rows(void **state)
{
	char *text;

	(void)state;
	publish("2026-03-02");
	check_rows("droits", "ENR0001M0;elise.durand;oui;oui;oui;oui;oui;non;ENR0001\r\n"
			     "ENR0003M2;c;oui;oui;oui;oui;oui;oui;ENR0003\r\n"
			     "ENR0005M0;c;oui;oui;oui;oui;oui;non;ENR0005\r\n"
			     "ENR0006M0;ancien;oui;oui;oui;oui;oui;non;ENR0006\r\n"
			     "ENR12345M0;c;oui;oui;oui;oui;oui;non;ENR12345\r\n");
	check_rows("coordonnees_bancaires",
		   "ENR0001M0;73282932000074;' +SOMME  x;FR1420041010050500013M02606;PSSTFRPPPAR;"
		   "LOGICIELS EXEMPLE;BANQUE;VALIDATION_PARTIELLE;ENR0001\r\n");
	check_rows("alertes",
		   "ENR0002M0;2026-03-02;e.tar.xz;logiciels-exemple;BNK-011;banque.iban;20;3;oui;"
		   "Banque inconnue.;18;D5A1;2026-03-02;Rien.;ENR0002\r\n");
	check_rows(
	    "anomalies",
	    "\"été "
	    "\"\"1\"\"\xF0\x9F\x98\x80.zip\";logiciels-exemple;SIR-003;bloquant;demandeur.siret;12;"
	    "10;"
	    "2024-01-01;Le SIRET est faux.;Vérifiez-le.;12\r\n"
	    "\"été "
	    "\"\"1\"\"\xF0\x9F\x98\x80.zip\";logiciels-exemple;PJ-001;bloquant;archive/rib.pdf;;;"
	    "'=cmd|' /C calc'!A0;Pièce vide.;Joignez-la.;\r\n"
	    "\"été "
	    "\"\"1\"\"\xF0\x9F\x98\x80.zip\";logiciels-exemple;BNK-011;alerte;banque.iban;20;;;"
	    "Banque inconnue.;Rien.;18\r\n"
	    "e.tar.xz;logiciels-exemple;BNK-011;alerte;banque.iban;20;3;oui;Banque "
	    "inconnue.;Rien.;18\r\n");
	check_begin("statistiques", "depots;5;;\r\n"
				    "depots_ok;2;;\r\n"
				    "depots_ano;1;;\r\n"
				    "depots_ko;1;;\r\n"
				    "depots_incident;1;;\r\n"
				    "depots_essais;1;;\r\n"
				    "evenements;12;;\r\n"
				    "evenements_classer_alerte;0;;\r\n"
				    "evenements_demander_modification;1;;\r\n"
				    "evenements_demander_pieces;1;;\r\n"
				    "evenements_depot;1;;\r\n"
				    "evenements_depot_modification;1;;\r\n"
				    "evenements_depot_pieces;1;;\r\n"
				    "evenements_echeance;0;;\r\n"
				    "evenements_finalisation;1;;\r\n"
				    "evenements_prendre;0;;\r\n"
				    "evenements_rejeter;2;;\r\n"
				    "evenements_relance;0;;\r\n"
				    "evenements_valider;4;;\r\n"
				    "mails;17;;\r\n"
				    "demandes;8;;\r\n"
				    "demandes_en_cours;1;;\r\n"
				    "demandes_validation_partielle;1;;\r\n"
				    "demandes_attente_pieces;2;;\r\n"
				    "demandes_certificats_a_valider;1;;\r\n"
				    "demandes_rejetee;2;;\r\n"
				    "demandes_validee;1;;\r\n"
				    "comptes;2;;\r\n"
				    "alertes;1;;\r\n");
	check_series();
	/* one row of each action; the decision taken between two nights, and not that of the night
	 * before */
	text = fixture_read(&root, RAPPORTS "2026-03-02/demandes.csv");
	assert_non_null(strstr(
	    text, "\r\nENR0001M0;2026-03-01;VALIDATION_PARTIELLE;Validation partielle : En "
		  "attente de certificat(s);73282932000074;\"Éditeur; \"\"centre\"\"\";"
		  "initial;oui;ajouter_certificat;' +SOMME  x;ans1;'=cmd|' /C calc'!A0;2.0;"));
	assert_non_null(strstr(text, ";'@nom;"));
	assert_non_null(strstr(text, ";01 23 45 67 89;"));
	assert_non_null(strstr(text, ";complementaire;non;consulter;"));
	assert_non_null(strstr(text, ";complementaire;oui;ajouter_pieces;"));
	assert_non_null(strstr(text, ";initial;non;modifier;"));
	assert_non_null(strstr(text, ";kbis|rib;"));
	free(text);
	text = fixture_read(&root, RAPPORTS "2026-03-02/evenements.csv");
	assert_non_null(strstr(text, "\r\n3;2026-03-01;ENR0006M0;valider;"));
	assert_null(strstr(text, "\r\n2;2026-03-01;"));
	assert_non_null(strstr(text, "\r\n14;2026-03-02;ENR0002M0;depot;"));
	free(text);
}

static size_t count_rows(const char *name)
{
	char *path = mem_printf(RAPPORTS "2026-03-02/%s.csv", name);
	char *text = fixture_read(&root, path);
	size_t count = 0;

	for (const char *at = text; (at = strstr(at, "\r\n")) != NULL; at += 2)
		count++;
	free(text);
	free(path);
	return count - 1;
}

static void of_the_night(void)
{
	root.conf.etat = REPORTS_NIGHT;
	publish("2026-03-02");
	root.conf.etat = REPORTS_WHOLE;
}

/* The state reports hold the requests of evenements.csv, and say so; the others are as ever. */
static void of_the_night_alone(void **state)
{
	char *before, *after, *package;

	(void)state;
	fixture_sql(&root,
		    "INSERT INTO demandes (id, rang, statut, type, anticipe, "
		    "certificats, compte, siret, siren, numero_ans, logiciel, version, dsr, "
		    "profil, siren_editeur, denomination, date_depot, contact, contact_nom, "
		    "titulaire) SELECT 8, rang, 'VALIDEE', type, 0, 0, compte, siret, '111', "
		    "'ans8', '', '', dsr, '', '', 'Ancienne', '2026-01-01', 'h@h.fr', '', "
		    "titulaire FROM demandes WHERE id = 1;"
		    "INSERT INTO comptes VALUES ('vieux', 'h@h.fr', '111', 'depositaire', "
		    "'2026-01-01', 8, NULL);"
		    "INSERT INTO pieces SELECT 8, 8, depot, type, fichier, ordinal, taille, "
		    "sha256, format, NULL, 0 FROM pieces WHERE id = 1;"
		    "INSERT INTO dossiers (demande, rang, depot, iban) VALUES (8, 0, 1, 'I');"
		    "INSERT INTO evenements (id, nuit, date, demande, numero, evenement, "
		    "acteur, de, vers, motif, pieces, fichier) VALUES (0, 1, '2026-03-01', 8, "
		    "'ENR0008M0', 'valider', 'x', NULL, 'VALIDEE', '', '', '')");
	publish("2026-03-02");
	before = fixture_read(&root, RAPPORTS "courant/statistiques.csv");
	package = fixture_read(&root, RAPPORTS "courant/datapackage.json");
	assert_null(strstr(package, "portee"));
	free(package);
	assert_int_equal(count_rows("demandes"), 9);
	assert_int_equal(count_rows("droits"), 6);
	of_the_night();
	assert_int_equal(count_rows("demandes"), 8);
	assert_int_equal(count_rows("pieces"), 1);
	assert_int_equal(count_rows("comptes"), 2);
	assert_int_equal(count_rows("droits"), 5);
	assert_int_equal(count_rows("coordonnees_bancaires"), 1);
	after = fixture_read(&root, RAPPORTS "courant/statistiques.csv");
	assert_string_equal(before, after);
	package = fixture_read(&root, RAPPORTS "courant/datapackage.json");
	assert_non_null(strstr(package, "\"portee\": \"nuit\""));
	assert_null(strstr(package, "\"portee\": \"complet\""));
	free(package);
	/* Accounts of the ASP's may have changed any right. */
	fixture_sql(&root,
		    "UPDATE fichiers_asp SET nature = 'comptes', etat = 'pris' WHERE id = 2");
	of_the_night();
	assert_int_equal(count_rows("droits"), 6);
	assert_int_equal(count_rows("demandes"), 8);
	package = fixture_read(&root, RAPPORTS "courant/datapackage.json");
	assert_non_null(strstr(package, "\"portee\": \"complet\""));
	free(package);
	free(after);
	free(before);
}

static void asp_answers(void **state)
{
	struct buf out = {0};

	(void)state;
	asp_answer_render(&root, 1, &out);
	assert_string_equal(
	    out.data,
	    "\xEF\xBB\xBFligne;numero;decision;etat;code;message;remede\r\n"
	    "2;ENR0001;valider;appliquee;;ENR0001M0 passe de « En cours » à « Validée »;\r\n"
	    "3;'=cmd|' /C calc'!A0;\"a;\"\"b\"\"\";refusee;DEC-002;"
	    "La demande n'existe pas.;Vérifiez.\r\n");
	buf_free(&out);
}

static void opendata(void **state)
{
	char *text, *header = schema_header("droits", ',');

	(void)state;
	root.conf.dialecte = DIALECT_OPENDATA;
	publish("2026-03-02");
	root.conf.dialecte = DIALECT_EXCEL;
	text = fixture_read(&root, RAPPORTS "courant/droits.csv");
	assert_int_equal(strncmp(text, header, strlen(header)), 0);
	free(text);
	free(header);
	text = fixture_read(&root, RAPPORTS "courant/datapackage.json");
	assert_non_null(strstr(text, "{\"delimiter\": \",\", "));
	free(text);
}

static void check_link(const char *wanted)
{
	char target[64] = "";

	assert_true(readlinkat(root.fd, RAPPORTS "courant", target, sizeof(target) - 1) > 0);
	assert_string_equal(target, wanted);
}

static void assert_missing(const char *path)
{
	if (faccessat(root.fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		fail_msg("%s est resté", path);
}

/* The folder is exchanged whole; what killed runs left goes; the same night gives the same bytes.
 */
static void switched_whole(void **state)
{
	char *first, *again;
	struct stat info;

	(void)state;
	publish("2026-03-01");
	check_link("2026-03-01");
	publish("2026-03-02");
	check_link("2026-03-02");
	first = fixture_read(&root, RAPPORTS "2026-03-02/datapackage.json");
	assert_int_equal(mkdirat(root.fd, RAPPORTS ".2026-02-01.tmp", 0700), 0);
	assert_int_equal(
	    close(openat(root.fd, RAPPORTS ".2026-02-01.tmp/x", O_CREAT | O_WRONLY, 0600)), 0);
	assert_int_equal(mkdirat(root.fd, RAPPORTS ".2026-03-02.tmp", 0700), 0);
	assert_int_equal(
	    close(openat(root.fd, RAPPORTS ".2026-03-02.tmp/y", O_CREAT | O_WRONLY, 0600)), 0);
	assert_int_equal(symlinkat("..", root.fd, RAPPORTS ".courant.tmp"), 0);
	assert_int_equal(
	    close(openat(root.fd, RAPPORTS "2026-03-02/vieux.csv", O_CREAT | O_WRONLY, 0600)), 0);
	publish("2026-03-02");
	again = fixture_read(&root, RAPPORTS "2026-03-02/datapackage.json");
	assert_string_equal(first, again);
	assert_missing(RAPPORTS ".2026-02-01.tmp");
	assert_missing(RAPPORTS ".2026-03-02.tmp");
	assert_missing(RAPPORTS ".courant.tmp");
	assert_missing(RAPPORTS "2026-03-02/vieux.csv");
	assert_missing(RAPPORTS "2026-03-02/y");
	assert_int_equal(fstatat(root.fd, RAPPORTS "2026-03-02", &info, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(info.st_mode & 07777, 0750);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char *path = mem_printf(RAPPORTS "2026-03-02/%s.csv", names[i]);
		char *schema = mem_printf(RAPPORTS "2026-03-02/%s.schema.json", names[i]);

		assert_int_equal(fstatat(root.fd, path, &info, AT_SYMLINK_NOFOLLOW), 0);
		assert_int_equal(info.st_mode & 07777, 0640);
		assert_int_equal(fstatat(root.fd, schema, &info, AT_SYMLINK_NOFOLLOW), 0);
		free(path);
		free(schema);
	}
	free(first);
	free(again);
}

static char *read_report(const char *date, const char *name)
{
	char *path = mem_printf(RAPPORTS "%s/%s.csv", date, name);
	char *text = fixture_read(&root, path);

	free(path);
	return text;
}

static void check_contains(const char *date, const char *name, const char *text, bool wanted)
{
	char *all = read_report(date, name);

	if ((strstr(all, text) != NULL) != wanted)
		fail_msg("%s de %s : « %s » %s", name, date, text, wanted ? "manque" : "est là");
	free(all);
}

/* Each row is told by the first night that ends after it. */
static void told_once_and_never_lost(void **state)
{
	static const char last[] = "\r\n100;2026-02-01;", killed[] = "\r\n101;2026-03-03;",
			  again[] = "\r\n102;2026-03-04;", ahead[] = "\r\n103;2026-03-04;";

	(void)state;
	/* Night 2 has ended; then a decision dated back, a night of 3 March that was killed, the
	 * night of 4 March. */
	fixture_sql(
	    &root,
	    "UPDATE nuits SET terminee = 1;"
	    "INSERT INTO nuits (id, date, programme, regles, terminee) VALUES (3, '2026-03-03', "
	    "'1', 'r', 0), (4, '2026-03-04', '1', 'r', "
	    "0);"
	    "INSERT INTO evenements "
	    "(id, nuit, date, demande, numero, evenement, acteur, de, vers, motif, pieces, "
	    "fichier) "
	    "SELECT 100, NULL, '2026-02-01', demande, numero, evenement,"
	    " acteur, de, vers, '', '', '' FROM evenements WHERE id = 4;"
	    "INSERT INTO commandes VALUES (100, 2);"
	    "INSERT INTO evenements "
	    "(id, nuit, date, demande, numero, evenement, acteur, de, vers, motif, pieces, "
	    "fichier) "
	    "SELECT 101, 3, '2026-03-03', demande, numero, evenement,"
	    " acteur, de, vers, '', '', '' FROM evenements WHERE id = 4;"
	    "INSERT INTO evenements "
	    "(id, nuit, date, demande, numero, evenement, acteur, de, vers, motif, pieces, "
	    "fichier) "
	    "SELECT 102, 4, '2026-03-04', demande, numero, evenement,"
	    " acteur, de, vers, '', '', '' FROM evenements WHERE id = 4;"
	    "INSERT INTO mails SELECT 100 + id, '2026-02-01', type, destinataire, '', demande,"
	    " numero, 99 + id, NULL, NULL, 0, NULL FROM mails WHERE id IN (1, 2, 3);"
	    "INSERT INTO depots SELECT 50, 3, '2026-03-03', compte, 'tue.zip', taille, NULL, "
	    "format,"
	    " recu_le, type, etat, 0, 2, numero, statut, incident, NULL, source, 'tue', 1, 1, NULL"
	    " FROM depots WHERE id = 5;"
	    "INSERT INTO anomalies SELECT 50, ordre, code, gravite, chemin, ligne, colonne, valeur,"
	    " message, remede, page_guide FROM anomalies WHERE depot = 5;"
	    "INSERT INTO signaux VALUES (2, 3, '2026-03-03', 2, 'ENR0002M0', 50, 'SIG-002', 'c', "
	    "'v', 'De la nuit tuée.', 18, 'k', 'R.'), (1, 4, '2026-03-04', 1, 'ENR0001M0', 1, 'SIG-004', "
	    "'c', NULL, '" FORMULA "', NULL, 'k', ''), (3, 2, '2026-03-02', 1, 'ENR0001M0', 1, "
	    "'SIG-001', 'c', 'v', 'Dit.', 2, 'k', '');"
	    "INSERT INTO mails SELECT 110, '2026-03-03', type, destinataire, '', NULL, numero, "
	    "NULL,"
	    " 50, NULL, 0, NULL FROM mails WHERE id = 2");
	publish("2026-03-04");
	check_contains("2026-03-04", "evenements", last, true);
	check_contains("2026-03-04", "evenements", killed, true);
	check_contains("2026-03-04", "evenements", again, true);
	check_contains("2026-03-04", "evenements", "\r\n14;", false);
	check_contains("2026-03-04", "depots", "\r\ntue.zip;", true);
	check_contains("2026-03-04", "depots", "\r\ne.tar.xz;", false);
	check_contains("2026-03-04", "anomalies", "\r\ntue.zip;", true);
	check_contains("2026-03-04", "alertes", ";tue.zip;", true);
	/* what drops show, then the signals, each of them as long as its request is under way */
	check_contains("2026-03-04", "alertes", ";18;D50A1;2026-03-03;", true);
	check_contains(
	    "2026-03-04", "alertes",
	    "\r\nENR0001M0;2026-03-02;dossier.zip;logiciels-exemple;SIG-001;c;;;v;Dit.;2;"
	    "S3;2026-03-02;;ENR0001\r\n"
	    "ENR0001M0;2026-03-04;dossier.zip;logiciels-exemple;SIG-004;c;;;;"
	    "'=cmd|' /C calc'!A0;;S1;2026-03-04;;ENR0001\r\n"
	    "ENR0002M0;2026-03-03;tue.zip;logiciels-exemple;SIG-002;c;;;v;De la nuit "
	    "tuée.;18;S2;2026-03-03;R.;ENR0002\r\n",
	    true);
	check_contains("2026-03-04", "statistiques", "\r\nalertes;3;;\r\n", true);
	check_contains("2026-03-04", "statistiques", "\r\nevenements;3;;\r\n", true);
	check_contains("2026-03-04", "statistiques", "\r\nmails;4;;\r\n", true);
	check_contains("2026-03-04", "statistiques", "depots;1;;\r\n", true);

	/* The same date played again: what both runs did, and what the first told of before. */
	store_run_int(root.store, SQL_NUIT_END, 4);
	fixture_sql(&root,
		    "INSERT INTO nuits (id, date, programme, regles, terminee) VALUES (5, "
		    "'2026-03-04', '1', 'r', 0);"
		    "INSERT INTO evenements "
		    "(id, nuit, date, demande, numero, evenement, acteur, de, vers, motif, pieces, "
		    "fichier) "
		    "SELECT 103, 5, '2026-03-04', demande, numero, evenement,"
		    " acteur, de, vers, '', '', '' FROM evenements WHERE id = 4");
	publish("2026-03-04");
	check_contains("2026-03-04", "evenements", again, true);
	check_contains("2026-03-04", "evenements", ahead, true);
	check_contains("2026-03-04", "evenements", killed, true);
	check_contains("2026-03-04", "evenements", last, true);
	check_contains("2026-03-04", "depots", "\r\ntue.zip;", true);
	check_contains("2026-03-04", "alertes", ";tue.zip;", true);
	check_contains("2026-03-04", "statistiques", "\r\nevenements;4;;\r\n", true);

	/* Nothing of it comes again once that night has ended. */
	store_run_int(root.store, SQL_NUIT_END, 5);
	fixture_sql(&root, "INSERT INTO nuits (id, date, programme, regles, terminee) VALUES (6, "
			   "'2026-03-05', '1', 'r', 0)");
	publish("2026-03-05");
	check_contains("2026-03-05", "evenements", "\r\n1", false);
	check_contains("2026-03-05", "depots", "\r\ntue.zip;", false);
	check_contains("2026-03-05", "alertes", ";SIG-002;", true);
	check_contains("2026-03-05", "statistiques", "\r\nmails;0;;\r\n", true);
}

static void failures(void **state)
{
	struct output_files files = {0};
	const struct error *err;

	(void)state;
	err = reports_publish(&root, "../2026", &files);
	assert_non_null(err);
	/* "courant" cannot be pointed anywhere: reported, and nothing half-made stays */
	assert_int_equal(unlinkat(root.fd, RAPPORTS "courant", 0), 0);
	assert_int_equal(mkdirat(root.fd, RAPPORTS "courant", 0700), 0);
	err = reports_publish(&root, "2026-03-02", &files);
	assert_non_null(err);
	assert_int_equal(err->code, ERR_CANT_WRITE);
	assert_null(files.folder);
	output_files_free(&files);
	assert_missing(RAPPORTS ".2026-03-02.tmp");
	assert_int_equal(unlinkat(root.fd, RAPPORTS "courant", AT_REMOVEDIR), 0);
	publish("2026-03-02");
	check_link("2026-03-02");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(headers_are_the_schemas),
	    cmocka_unit_test(rows),
	    cmocka_unit_test(asp_answers),
	    cmocka_unit_test(opendata),
	    cmocka_unit_test(switched_whole),
	    cmocka_unit_test(failures),
	    cmocka_unit_test(of_the_night_alone),
	    cmocka_unit_test(told_once_and_never_lost),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
