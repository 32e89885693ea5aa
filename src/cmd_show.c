#include "cmd.h"
#include "lib/text.h"
#include "numero.h"
#include "root.h"
#include "status.h"
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void line(const char *label, const char *text)
{
	if (text[0] != '\0')
		printf("  %s%*s %s\n", label, 22 - (int)text_width(label), "", text);
}

static void show_head(struct root *root, int64_t id)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_DEMANDE_GET);
	char numero[40], type[48];

	bind_int(stmt, 1, id);
	if (!store_step(root->store, stmt))
		return;
	demande_numero(id, column_int(stmt, 1), numero);
	snprintf(type, sizeof(type), "%s%s", column_text(stmt, 3),
		 column_int(stmt, 4) ? " (anticipé)" : "");
	printf("Demande %s\n%s\n\nRécapitulatif\n", numero,
	       statut_libelle(statut_from(column_text(stmt, 2))));
	line("Dénomination", column_text(stmt, 15));
	line("SIRET", column_text(stmt, 6));
	line("Type d'enrôlement", type);
	line("Date de dépôt", column_text(stmt, 13));
	line("Numéro ANS", column_text(stmt, 8));
	line("Logiciel", column_text(stmt, 17));
	line("Version", column_text(stmt, 18));
	line("DSR", column_text(stmt, 14));
	line("Profil", column_text(stmt, 19));
	line("Compte de dépôt", column_text(stmt, 16));
	line("Titulaire du compte", column_text(stmt, 10));
	line("Adresse", column_text(stmt, 9));
}

/* Prints the rows of one statement as a table; nothing when there are none. */
static void show_table(struct root *root, int64_t id, enum sql_id sql, const char *title,
		       size_t columns, const char *const *header)
{
	struct table table = {.columns = columns};
	sqlite3_stmt *stmt = store_stmt(root->store, sql);
	const char *cells[TABLE_COLUMNS_MAX];

	bind_int(stmt, 1, id);
	table_row(&table, header);
	while (store_step(root->store, stmt)) {
		for (size_t i = 0; i < columns; i++)
			cells[i] = column_text(stmt, (int)i);
		table_row(&table, cells);
	}
	if (table.count > columns) {
		printf("\n%s\n\n", title);
		table_print(&table, stdout, 60);
	}
	table_free(&table);
}

static void show_text(struct root *root, int64_t id)
{
	show_head(root, id);
	show_table(root, id, SQL_DEMANDE_PIECES, "Pièces", 7,
		   (const char *[]){"Type", "Fichier", "Format", "Octets", "SHA-256",
				    "Valide jusqu'au", "En vigueur"});
	show_table(root, id, SQL_DEMANDE_MAILS, "Courriels", 3,
		   (const char *[]){"Date", "Type", "Destinataire"});
	show_table(root, id, SQL_DEMANDE_EVENEMENTS, "Historique", 10,
		   (const char *[]){"Date", "Événement", "Par", "De", "À", "Motif", "Pièces",
				    "Fichier", "Détails", "Journal"});
	show_table(root, id, SQL_DEMANDE_EFFACEMENTS, "Effacements", 5,
		   (const char *[]){"Date", "Effacé", "Documents", "Archives", "État"});
}

static void show_json(struct root *root, int64_t id, const char *libelle)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_DEMANDE_JSON);

	bind_int(stmt, 1, id);
	bind_text(stmt, 2, libelle);
	if (store_step(root->store, stmt))
		puts(column_text(stmt, 0));
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
	sqlite3_stmt *stmt;
	int64_t id;
	int code, first = cmd_parse(argc, argv, &usage, 1, 1, &code);

	if (first < 0)
		return code;
	id = demande_numero_parse(argv[first]);
	if (id == 0 || (strcmp(format, "text") != 0 && strcmp(format, "json") != 0)) {
		fprintf(stderr,
			"segur show : numéro ou format inconnu (numéro : ENR0601M0)\nUsage : segur "
			"%s\n",
			usage.line);
		return ERR_USAGE;
	}
	err = root_open(cmd_root(where), &root);
	if (err == NULL) {
		stmt = store_stmt(root.store, SQL_DEMANDE_GET);
		bind_int(stmt, 1, id);
		if (!store_step(root.store, stmt))
			err = error_set(ERR_DATA, "la demande %s n'existe pas", argv[first]);
		else if (strcmp(format, "json") == 0)
			show_json(&root, id, statut_libelle(statut_from(column_text(stmt, 2))));
		else
			show_text(&root, id);
	}
	code = err != NULL ? cmd_fail(err) : 0;
	root_close(&root);
	return code;
}
