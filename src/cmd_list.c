#include "cmd.h"
#include "lib/buf.h"
#include "lib/siret.h"
#include "outbox.h"
#include "root.h"
#include "status.h"
#include "table.h"

#include <stdio.h>
#include <string.h>

static const char *const headers[] = {"numero",	      "date_depot", "statut", "siret",
				      "denomination", "profil",	    "type"};
#define COLUMNS (sizeof(headers) / sizeof(*headers))

/* One request's cells, in the order of the headers. */
static void fill_cells(sqlite3_stmt *stmt, bool labels, char numero[static 40],
		       char type[static 48], const char *cells[static COLUMNS])
{
	demande_numero(column_int(stmt, 0), column_int(stmt, 1), numero);
	snprintf(type, 48, "%s%s", column_text(stmt, 7), column_int(stmt, 8) ? " (anticipé)" : "");
	cells[0] = numero;
	cells[1] = column_text(stmt, 2);
	cells[2] =
	    labels ? statut_libelle(statut_from(column_text(stmt, 3))) : column_text(stmt, 3);
	cells[3] = column_text(stmt, 4);
	cells[4] = column_text(stmt, 5);
	cells[5] = column_text(stmt, 6);
	cells[6] = type;
}

static void list_table(struct store *store, sqlite3_stmt *stmt)
{
	struct table table = {.columns = COLUMNS};
	const char *cells[COLUMNS];
	char numero[40], type[48];
	size_t count = 0;

	table_row(&table, (const char *[]){"Numéro", "Dépôt", "Statut", "SIRET", "Dénomination",
					   "Profil", "Type"});
	while (store_step(store, stmt)) {
		fill_cells(stmt, true, numero, type, cells);
		table_row(&table, cells);
		count++;
	}
	if (count > 0)
		table_print(&table, stdout, 50);
	else
		puts("Aucune demande.");
	table_free(&table);
}

static void list_csv(struct store *store, sqlite3_stmt *stmt)
{
	const char *cells[COLUMNS];
	char numero[40], type[48];
	struct buf out = {0};

	csv_begin(&out, DIALECTE_OPENDATA);
	for (size_t i = 0; i < COLUMNS; i++)
		csv_cell(&out, DIALECTE_OPENDATA, headers[i], i == 0);
	csv_end_row(&out);
	while (store_step(store, stmt)) {
		fill_cells(stmt, false, numero, type, cells);
		for (size_t i = 0; i < COLUMNS; i++)
			csv_cell(&out, DIALECTE_OPENDATA, cells[i], i == 0);
		csv_end_row(&out);
		fwrite(out.data, 1, out.length, stdout);
		buf_clear(&out);
	}
	if (out.length > 0)
		fwrite(out.data, 1, out.length, stdout);
	buf_free(&out);
}

static void list_json(struct store *store, sqlite3_stmt *stmt)
{
	fputs("[", stdout);
	for (bool first = true; store_step(store, stmt); first = false)
		printf("%s\n%s", first ? "" : ",", column_text(stmt, 10));
	puts("\n]");
}

int cmd_list(int argc, char **argv)
{
	const char *where = NULL, *statut = NULL, *siret = NULL, *format = "table";
	const struct cmd_option options[] = {
	    {"root", "DIR", "racine", &where},
	    {"statut", "CODE", "celles à ce statut (code ou libellé)", &statut},
	    {"siret", "N", "celles de cet établissement", &siret},
	    {"format", "FORMAT", "table (par défaut), csv ou json", &format},
	    {0},
	};
	const struct cmd_usage usage = {
	    "list [--statut CODE] [--siret N] [--format table|csv|json] [--root DIR]",
	    "Liste les demandes d'enrôlement.", options};
	static void (*const printers[])(struct store *, sqlite3_stmt *) = {list_table, list_csv,
									   list_json};
	static const char *const formats[] = {"table", "csv", "json"};
	const struct error *err;
	struct root root;
	char digits[15];
	size_t printer = 0;
	int code;

	if (cmd_parse(argc, argv, &usage, 0, 0, &code) < 0)
		return code;
	while (printer < 3 && strcmp(format, formats[printer]) != 0)
		printer++;
	if (printer == 3 || (statut != NULL && statut_from(statut) == STATUT_AUCUN) ||
	    (siret != NULL && siret_check(siret, digits) != SIRET_OK)) {
		fprintf(stderr, "segur list : format, statut ou SIRET inconnu\nUsage : segur %s\n",
			usage.line);
		return ERR_USAGE;
	}
	err = root_open(cmd_root(where), false, &root);
	if (err == NULL) {
		sqlite3_stmt *stmt = store_stmt(root.store, SQL_DEMANDES_LIST);

		bind_text(stmt, 1, statut != NULL ? statut_code(statut_from(statut)) : NULL);
		bind_text(stmt, 2, siret != NULL ? digits : NULL);
		printers[printer](root.store, stmt);
		err = store_error(root.store);
	}
	code = err != NULL ? cmd_fail(err) : 0;
	root_close(&root);
	return code;
}
