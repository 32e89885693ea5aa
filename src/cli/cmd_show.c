#include "cli/cmd.h"
#include "cli/table.h"
#include "lib/array.h"
#include "lib/text.h"
#include "lib/text_shown.h"
#include "model/numero.h"
#include "request/demande.h"
#include "store/root.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void line(const char *label, const char *text)
{
	char *shown = text_shown(text);

	if (shown[0] != '\0')
		printf("  %s%*s %s\n", label, 22 - (int)text_width(label), "", shown);
	free(shown);
}

static void show_head(struct root *root, int64_t id)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_DEMANDE_GET);
	char numero[NUMERO_SIZE], type[TYPE_SHOWN_SIZE];

	bind_int(stmt, DEMANDE_GET_P_ID, id);
	if (!store_step(root->store, stmt))
		return;
	demande_numero(id, column_int(stmt, DEMANDE_GET_RANG), numero);
	snprintf(type, sizeof(type), "%s%s", column_text(stmt, DEMANDE_GET_TYPE),
		 column_int(stmt, DEMANDE_GET_ANTICIPE) ? " (anticipé)" : "");
	printf("Demande %s\n%s\n\nRécapitulatif\n", numero,
	       statut_libelle(statut_from(column_text(stmt, DEMANDE_GET_STATUT))));
	line("Dénomination", column_text(stmt, DEMANDE_GET_DENOMINATION));
	line("SIRET", column_text(stmt, DEMANDE_GET_SIRET));
	line("Type d'enrôlement", type);
	line("Date de dépôt", column_text(stmt, DEMANDE_GET_DATE_DEPOT));
	line("Numéro ANS", column_text(stmt, DEMANDE_GET_NUMERO_ANS));
	line("Logiciel", column_text(stmt, DEMANDE_GET_LOGICIEL));
	line("Version", column_text(stmt, DEMANDE_GET_VERSION));
	line("DSR", column_text(stmt, DEMANDE_GET_DSR));
	line("Profil", column_text(stmt, DEMANDE_GET_PROFIL));
	line("Compte de dépôt", column_text(stmt, DEMANDE_GET_COMPTE));
	line("Titulaire du compte", column_text(stmt, DEMANDE_GET_CONTACT_NOM));
	line("Adresse", column_text(stmt, DEMANDE_GET_CONTACT));
}

/* Tables below the summary: some columns of each statement, under their headers. */
static const struct shown {
	enum sql_id sql;
	const char *title;
	struct {
		const char *header;
		int column;
	} columns[TABLE_COLUMNS_MAX];
} shown_tables[] = {
    {SQL_DEMANDE_PIECES,
     "Pièces",
     {{"Type", DEMANDE_PIECES_TYPE},
      {"Fichier", DEMANDE_PIECES_FICHIER},
      {"Format", DEMANDE_PIECES_FORMAT},
      {"Octets", DEMANDE_PIECES_TAILLE},
      {"SHA-256", DEMANDE_PIECES_SHA256},
      {"Valide jusqu'au", DEMANDE_PIECES_VALIDE_JUSQU_AU},
      {"En vigueur", DEMANDE_PIECES_EN_VIGUEUR}}},
    {SQL_DEMANDE_MAILS,
     "Courriels",
     {{"Date", DEMANDE_MAILS_DATE},
      {"Type", DEMANDE_MAILS_TYPE},
      {"Destinataire", DEMANDE_MAILS_DESTINATAIRE}}},
    {SQL_DEMANDE_EVENEMENTS,
     "Historique",
     {{"Date", DEMANDE_EVENEMENTS_DATE},
      {"Événement", DEMANDE_EVENEMENTS_EVENEMENT},
      {"Par", DEMANDE_EVENEMENTS_ACTEUR},
      {"De", DEMANDE_EVENEMENTS_DE},
      {"À", DEMANDE_EVENEMENTS_VERS},
      {"Motif", DEMANDE_EVENEMENTS_MOTIF},
      {"Pièces", DEMANDE_EVENEMENTS_PIECES},
      {"Fichier", DEMANDE_EVENEMENTS_FICHIER},
      {"Détails", DEMANDE_EVENEMENTS_DETAILS},
      {"Journal", DEMANDE_EVENEMENTS_JOURNAL}}},
    {SQL_DEMANDE_EFFACEMENTS,
     "Effacements",
     {{"Date", DEMANDE_EFFACEMENTS_DATE},
      {"Effacé", DEMANDE_EFFACEMENTS_ERASED},
      {"Documents", DEMANDE_EFFACEMENTS_DOCUMENTS},
      {"Archives", DEMANDE_EFFACEMENTS_ARCHIVES},
      {"État", DEMANDE_EFFACEMENTS_STATE}}},
};

/* Prints the rows of one statement as a table; nothing when there are none. */
static void show_table(struct root *root, int64_t id, const struct shown *shown)
{
	struct table table = {0};
	sqlite3_stmt *stmt = store_stmt(root->store, shown->sql);
	const char *cells[TABLE_COLUMNS_MAX];

	bind_int(stmt, parameter(stmt, ":demande"), id);
	for (; shown->columns[table.columns].header != NULL; table.columns++)
		cells[table.columns] = shown->columns[table.columns].header;
	table_row(&table, cells);
	while (store_step(root->store, stmt)) {
		for (size_t i = 0; i < table.columns; i++)
			cells[i] = column_text(stmt, shown->columns[i].column);
		table_row(&table, cells);
	}
	if (table.count > table.columns) {
		printf("\n%s\n\n", shown->title);
		table_print(&table, stdout, 60);
	}
	table_free(&table);
}

static void show_text(struct root *root, int64_t id)
{
	show_head(root, id);
	for (size_t i = 0; i < ARRAY_SIZE(shown_tables); i++)
		show_table(root, id, &shown_tables[i]);
}

static void show_json(struct root *root, int64_t id, const char *libelle)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_DEMANDE_JSON);

	bind_int(stmt, DEMANDE_JSON_P_ID, id);
	bind_text(stmt, DEMANDE_JSON_P_STATUT_LIBELLE, libelle);
	if (store_step(root->store, stmt))
		puts(column_text(stmt, DEMANDE_JSON_JSON));
}

static const struct error *show(struct root *root, const char *numero, bool json)
{
	struct demande demande;
	enum named named = demande_named(root, numero, &demande);
	bool found = named == NAMED_NOW || named == NAMED_BEFORE;
	const struct error *err;

	if (found && json)
		show_json(root, demande.id, statut_libelle(demande.statut));
	else if (found)
		show_text(root, demande.id);
	demande_free(&demande);
	err = store_error(root->store);
	return err != NULL || found ? err
				    : error_set(ERR_DATA, "la demande %s n'existe pas", numero);
}

int cmd_show(int argc, char **argv)
{
	const char *where = NULL, *format = "text";
	const struct cmd_option options[] = {
	    {"root", "DIR", "racine", &where},
	    {"format", "FORMAT", "text (par défaut) ou json", &format},
	    {0},
	};
	const struct cmd_usage usage = {"show NUMERO [--format text|json] [--root DIR]",
					"Montre une demande et son histoire.", options};
	const struct error *err;
	struct root root;
	int code, first = cmd_parse(argc, argv, &usage, 1, 1, &code);

	if (first < 0)
		return code;
	if (demande_numero_parse(argv[first]) == 0 ||
	    (strcmp(format, "text") != 0 && strcmp(format, "json") != 0)) {
		fprintf(stderr,
			"segur show : numéro ou format inconnu (numéro : ENR0601M0)\nUsage : "
			"segur %s\n",
			usage.line);
		return ERR_USAGE;
	}
	err = root_open(cmd_root(where), &root);
	if (err == NULL) {
		err = show(&root, argv[first], strcmp(format, "json") == 0);
	}
	code = err != NULL ? cmd_fail(err) : 0;
	root_close(&root);
	return code;
}
