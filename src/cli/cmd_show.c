#include "cli/cmd.h"
#include "cli/table.h"
#include "lib/array.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "lib/text_shown.h"
#include "model/numero.h"
#include "request/demande.h"
#include "store/root.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH	 100 /* columns of the screen */
#define LABEL	 22  /* columns of a label */
#define IN_LABEL 25  /* where its value begins */

/* How many bytes of the text fit: up to a space, where there is one. */
static size_t fitting(const char *text, size_t room)
{
	char *part = mem_strdup(text);
	size_t length, space;

	while (text_width(part) > room)
		text_truncate_utf8(part, strlen(part) - 1);
	length = space = strlen(part);
	while (text[length] != '\0' && space > 0 && text[space] != ' ')
		space--;
	free(part);
	return text[length] != '\0' && space > 0 ? space : length;
}

/* Prints a text that begins at that column, on as many lines as it needs. */
static void wrapped(const char *text, size_t column)
{
	char *shown = text_shown(text), *rest = shown;

	while (text_width(rest) > WIDTH - column) {
		size_t length = fitting(rest, WIDTH - column);

		printf("%.*s\n%*s", (int)length, rest, (int)column, "");
		rest += length + (rest[length] == ' ');
	}
	puts(rest);
	free(shown);
}

static void line(const char *label, const char *text)
{
	if (text[0] == '\0')
		return;
	printf("  %s%*s ", label, LABEL - (int)text_width(label), "");
	wrapped(text, IN_LABEL);
}

/* What the supplier filed (guide, p. 47), but for its documents; a complémentaire lacks some. */
static const struct section {
	const char *title; /* NULL: it goes on with the one before */
	struct {
		const char *label;
		int column;
	} fields[16];
} sections[] = {
    {NULL, {{"Données de santé", DOSSIER_GET_HEBERGEMENT_DONNEES_SANTE}}},
    {"b. Demandeur",
     {{"Nom commercial", DOSSIER_GET_NOM_COMMERCIAL},
      {"Dénomination sociale", DOSSIER_GET_DENOMINATION_SOCIALE},
      {"Destinataire", DOSSIER_GET_DESTINATAIRE},
      {"Bâtiment", DOSSIER_GET_BATIMENT},
      {"Numéro", DOSSIER_GET_NUMERO},
      {"Extension", DOSSIER_GET_EXTENSION},
      {"Type de voie", DOSSIER_GET_TYPE_VOIE},
      {"Voie", DOSSIER_GET_NOM_VOIE},
      {"Complément", DOSSIER_GET_COMPLEMENT},
      {"Code postal", DOSSIER_GET_CODE_POSTAL},
      {"Commune", DOSSIER_GET_COMMUNE},
      {"Distributeur", DOSSIER_GET_DISTRIBUTEUR}}},
    {"c. Représentant légal",
     {{"Nom", DOSSIER_GET_REPRESENTANT_NOM},
      {"Prénom", DOSSIER_GET_REPRESENTANT_PRENOM},
      {"Adresse électronique", DOSSIER_GET_REPRESENTANT_EMAIL},
      {"Téléphone", DOSSIER_GET_REPRESENTANT_TELEPHONE},
      {"Pièce d'identité", DOSSIER_GET_REPRESENTANT_IDENTITE_NATURE},
      {"Délivrée le", DOSSIER_GET_REPRESENTANT_IDENTITE_DELIVREE_LE},
      {"Valide jusqu'au", DOSSIER_GET_REPRESENTANT_IDENTITE_VALIDE_JUSQU_AU}}},
    {"d. Dépositaire",
     {{"Qualité", DOSSIER_GET_DEPOSITAIRE_QUALITE},
      {"Nom", DOSSIER_GET_DEPOSITAIRE_NOM},
      {"Prénom", DOSSIER_GET_DEPOSITAIRE_PRENOM},
      {"Adresse électronique", DOSSIER_GET_DEPOSITAIRE_EMAIL},
      {"Téléphone", DOSSIER_GET_DEPOSITAIRE_TELEPHONE},
      {"Pièce d'identité", DOSSIER_GET_DEPOSITAIRE_IDENTITE_NATURE},
      {"Délivrée le", DOSSIER_GET_DEPOSITAIRE_IDENTITE_DELIVREE_LE},
      {"Valide jusqu'au", DOSSIER_GET_DEPOSITAIRE_IDENTITE_VALIDE_JUSQU_AU}}},
    {"e. Coordonnées bancaires",
     {{"IBAN", DOSSIER_GET_IBAN}, {"BIC", DOSSIER_GET_BIC}, {"Titulaire", DOSSIER_GET_TITULAIRE}}},
    {"f. TVA", {{"Assujetti", DOSSIER_GET_TVA_ASSUJETTI}}},
};

static void show_section(sqlite3_stmt *dossier, const struct section *section)
{
	bool titled = section->title == NULL;

	for (size_t i = 0; section->fields[i].label != NULL; i++) {
		const char *text = column_text(dossier, section->fields[i].column);

		if (text[0] != '\0' && !titled)
			printf("\n%s\n", section->title);
		titled = titled || text[0] != '\0';
		line(section->fields[i].label, text);
	}
}

static void show_dossier(struct root *root, int64_t id, int64_t rang)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_DOSSIER_GET);

	bind_int(stmt, DOSSIER_GET_P_DEMANDE, id);
	bind_int(stmt, DOSSIER_GET_P_RANG, rang);
	if (!store_step(root->store, stmt))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		show_section(stmt, &sections[i]);
	sqlite3_reset(stmt);
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
	line("Compte de dépôt", column_text(stmt, DEMANDE_GET_COMPTE));
	line("Titulaire du compte", column_text(stmt, DEMANDE_GET_CONTACT_NOM));
	line("Adresse", column_text(stmt, DEMANDE_GET_CONTACT));
	printf("\na. Référencement\n");
	line("Numéro ANS", column_text(stmt, DEMANDE_GET_NUMERO_ANS));
	line("Logiciel", column_text(stmt, DEMANDE_GET_LOGICIEL));
	line("Version", column_text(stmt, DEMANDE_GET_VERSION));
	line("DSR", column_text(stmt, DEMANDE_GET_DSR));
	line("Profil", column_text(stmt, DEMANDE_GET_PROFIL));
	show_dossier(root, id, column_int(stmt, DEMANDE_GET_RANG));
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
    {SQL_DEMANDE_MAILS,
     "Courriels",
     {{"Date", DEMANDE_MAILS_DATE},
      {"Type", DEMANDE_MAILS_TYPE},
      {"Destinataire", DEMANDE_MAILS_DESTINATAIRE}}},
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

static void show_pieces(struct root *root, int64_t id)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_DEMANDE_PIECES);
	const char *title = "\ng. Pièces\n";

	bind_int(stmt, DEMANDE_PIECES_P_DEMANDE, id);
	for (; store_step(root->store, stmt); title = "") {
		char *text = mem_printf(
		    "%s, %s, %s octets%s%s%s", column_text(stmt, DEMANDE_PIECES_FICHIER),
		    column_text(stmt, DEMANDE_PIECES_FORMAT),
		    column_text(stmt, DEMANDE_PIECES_TAILLE),
		    column_null(stmt, DEMANDE_PIECES_VALIDE_JUSQU_AU) ? "" : ", jusqu'au ",
		    column_text(stmt, DEMANDE_PIECES_VALIDE_JUSQU_AU),
		    strcmp(column_text(stmt, DEMANDE_PIECES_EN_VIGUEUR), "oui") == 0
			? ""
			: ", remplacée");

		printf("%s  %s\n    ", title, column_text(stmt, DEMANDE_PIECES_TYPE));
		wrapped(text, strlen("    "));
		printf("    %s\n", column_text(stmt, DEMANDE_PIECES_SHA256));
		free(text);
	}
}

static void show_alerts(struct root *root, int64_t id)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_DEMANDE_ALERTES);
	const char *title = "\nAlertes\n";

	bind_int(stmt, DEMANDE_ALERTES_P_DEMANDE, id);
	for (; store_step(root->store, stmt); title = "") {
		printf("%s  %s  %s depuis le %s\n    ", title,
		       column_text(stmt, DEMANDE_ALERTES_ID),
		       column_text(stmt, DEMANDE_ALERTES_CODE),
		       column_text(stmt, DEMANDE_ALERTES_DATE));
		wrapped(column_text(stmt, DEMANDE_ALERTES_MESSAGE), strlen("    "));
		if (column_text(stmt, DEMANDE_ALERTES_REMEDE)[0] != '\0') {
			fputs("    ", stdout);
			wrapped(column_text(stmt, DEMANDE_ALERTES_REMEDE), strlen("    "));
		}
	}
}

/* What an event says besides its date and its name. */
static const struct {
	const char *label;
	int column;
} event_lines[] = {
    {"Par", DEMANDE_EVENEMENTS_ACTEUR},	     {"De", DEMANDE_EVENEMENTS_DE},
    {"À", DEMANDE_EVENEMENTS_VERS},	     {"Motif", DEMANDE_EVENEMENTS_MOTIF},
    {"Pièces", DEMANDE_EVENEMENTS_PIECES},   {"Fichier", DEMANDE_EVENEMENTS_FICHIER},
    {"Détails", DEMANDE_EVENEMENTS_DETAILS}, {"Journal", DEMANDE_EVENEMENTS_JOURNAL},
};

static void show_history(struct root *root, int64_t id)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_DEMANDE_EVENEMENTS);
	const char *title = "\nHistorique\n";

	bind_int(stmt, DEMANDE_EVENEMENTS_P_DEMANDE, id);
	for (; store_step(root->store, stmt); title = "") {
		printf("%s  %s  %s\n", title, column_text(stmt, DEMANDE_EVENEMENTS_DATE),
		       column_text(stmt, DEMANDE_EVENEMENTS_EVENEMENT));
		for (size_t i = 0; i < ARRAY_SIZE(event_lines); i++)
			line(event_lines[i].label, column_text(stmt, event_lines[i].column));
	}
}

static void show_text(struct root *root, int64_t id)
{
	show_head(root, id);
	show_pieces(root, id);
	show_alerts(root, id);
	show_history(root, id);
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
