#include "cli/cmd.h"
#include "cli/table.h"
#include "lib/array.h"
#include "lib/buf.h"
#include "lib/siret.h"
#include "model/numero.h"
#include "publish/csv_write.h"
#include "request/status.h"
#include "store/root.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMERO, DATE_DEPOT, STATUT, SIRET, DENOMINATION, PROFIL, TYPE, COLUMN_COUNT };

static const char *const headers[COLUMN_COUNT] = {
    [NUMERO] = "numero", [DATE_DEPOT] = "date_depot",	  [STATUT] = "statut",
    [SIRET] = "siret",	 [DENOMINATION] = "denomination", [PROFIL] = "profil",
    [TYPE] = "type"};

/* One request's cells. */
static void fill_cells(sqlite3_stmt *stmt, const char *statut, char numero[static NUMERO_SIZE],
		       char type[static TYPE_SHOWN_SIZE], const char *cells[static COLUMN_COUNT])
{
	demande_numero(column_int(stmt, DEMANDE_LIST_ID), column_int(stmt, DEMANDE_LIST_RANG),
		       numero);
	snprintf(type, TYPE_SHOWN_SIZE, "%s%s", column_text(stmt, DEMANDE_LIST_TYPE),
		 column_int(stmt, DEMANDE_LIST_ANTICIPE) ? " (anticipé)" : "");
	cells[NUMERO] = numero;
	cells[DATE_DEPOT] = column_text(stmt, DEMANDE_LIST_DATE_DEPOT);
	cells[STATUT] = statut;
	cells[SIRET] = column_text(stmt, DEMANDE_LIST_SIRET);
	cells[DENOMINATION] = column_text(stmt, DEMANDE_LIST_DENOMINATION);
	cells[PROFIL] = column_text(stmt, DEMANDE_LIST_PROFIL);
	cells[TYPE] = type;
}

/* The requests that are listed: a cursor of their ids, then what is said of each. */
struct listing {
	struct store *store;
	sqlite3_stmt *ids;
	int64_t limit; /* rows; -1: no end */
	int64_t next;  /* the last one listed, while there are more; else 0 */
};

#define PAGE 1000 /* rows of a table, whose widths are known only once all its cells are */

/* The next request's row; NULL at the end. */
static sqlite3_stmt *next_row(struct listing *listing)
{
	sqlite3_stmt *stmt;

	if (!store_step(listing->store, listing->ids))
		return NULL;
	stmt = store_stmt(listing->store, SQL_DEMANDE_LIST);
	bind_int(stmt, DEMANDE_LIST_P_ID, column_int(listing->ids, LISTED_ID));
	return store_step(listing->store, stmt) ? stmt : NULL;
}

static void list_table(struct listing *listing)
{
	struct table table = {.columns = COLUMN_COUNT};
	const char *cells[COLUMN_COUNT];
	char numero[NUMERO_SIZE], type[TYPE_SHOWN_SIZE];
	sqlite3_stmt *stmt;
	int64_t count = 0, last = 0;

	table_row(&table, (const char *[]){"Numéro", "Dépôt", "Statut", "SIRET", "Dénomination",
					   "Profil", "Type"});
	while (count != listing->limit && (stmt = next_row(listing)) != NULL) {
		fill_cells(stmt,
			   statut_libelle(statut_from(column_text(stmt, DEMANDE_LIST_STATUT))),
			   numero, type, cells);
		table_row(&table, cells);
		last = column_int(stmt, DEMANDE_LIST_ID);
		count++;
	}
	if (count > 0 && count == listing->limit && next_row(listing) != NULL)
		listing->next = last;
	if (count > 0)
		table_print(&table, stdout, 50);
	else
		puts("Aucune demande.");
	table_free(&table);
}

static void list_csv(struct listing *listing)
{
	const char *cells[COLUMN_COUNT];
	char numero[NUMERO_SIZE], type[TYPE_SHOWN_SIZE];
	struct buf out = {0};
	sqlite3_stmt *stmt;

	csv_begin(&out, DIALECT_OPENDATA);
	for (int i = 0; i < COLUMN_COUNT; i++)
		csv_cell(&out, DIALECT_OPENDATA, i, headers[i]);
	csv_end_row(&out);
	for (int64_t n = 0; n != listing->limit && (stmt = next_row(listing)) != NULL; n++) {
		fill_cells(stmt, column_text(stmt, DEMANDE_LIST_STATUT), numero, type, cells);
		for (int i = 0; i < COLUMN_COUNT; i++)
			csv_cell(&out, DIALECT_OPENDATA, i, cells[i]);
		csv_end_row(&out);
		fwrite(out.data, 1, out.length, stdout);
		buf_clear(&out);
	}
	if (out.length > 0)
		fwrite(out.data, 1, out.length, stdout);
	buf_free(&out);
}

static void list_json(struct listing *listing)
{
	sqlite3_stmt *stmt;

	fputs("[", stdout);
	for (int64_t n = 0; n != listing->limit && (stmt = next_row(listing)) != NULL; n++)
		printf("%s\n%s", n == 0 ? "" : ",", column_text(stmt, DEMANDE_LIST_JSON));
	puts("\n]");
}

/* Each filter has the statement that its index serves. */
static sqlite3_stmt *choose(struct store *store, const char *statut, const char *siret,
			    int64_t after)
{
	sqlite3_stmt *stmt = store_stmt(store, siret != NULL	? SQL_DEMANDES_SIRET_LIST
					       : statut != NULL ? SQL_DEMANDES_STATUT_LIST
								: SQL_DEMANDES_LIST);

	bind_int(stmt, parameter(stmt, ":after"), after);
	if (siret != NULL)
		bind_text(stmt, parameter(stmt, ":siret"), siret);
	if (statut != NULL)
		bind_text(stmt, parameter(stmt, ":statut"), statut_code(statut_from(statut)));
	return stmt;
}

/* Reads the number of rows: 0 is no limit, which is -1 in `out`. False when it is no number. */
static bool read_limit(const char *text, int64_t *out)
{
	char *end;

	if (text == NULL)
		return true;
	*out = strtol(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || *out < 0)
		return false;
	if (*out == 0)
		*out = -1;
	return true;
}

int cmd_list(int argc, char **argv)
{
	const char *where = NULL, *statut = NULL, *siret = NULL, *format = "table";
	const char *limit = NULL, *after = NULL;
	const struct cmd_option options[] = {
	    {"root", "DIR", "racine", &where},
	    {"statut", "CODE", "celles à ce statut (code ou libellé)", &statut},
	    {"siret", "N", "celles de cet établissement", &siret},
	    {"format", "FORMAT", "table (par défaut), csv ou json", &format},
	    {"limite", "N", "au plus N (par défaut : 1000 en table, sinon toutes ; 0 : toutes)",
	     &limit},
	    {"apres", "NUMERO", "celles qui suivent cette demande", &after},
	    {0},
	};
	const struct cmd_usage usage = {
	    "list [--statut CODE] [--siret N] [--format table|csv|json] [--limite N] "
	    "[--apres NUMERO] [--root DIR]",
	    "Liste les demandes d'enrôlement, dans l'ordre de leurs numéros.", options};
	static const struct {
		const char *name;
		void (*print)(struct listing *listing);
	} formats[] = {{"table", list_table}, {"csv", list_csv}, {"json", list_json}};
	const struct error *err;
	struct root root;
	struct listing listing = {.limit = -1};
	char digits[SIRET_SIZE];
	size_t chosen = 0;
	int code;

	if (cmd_parse(argc, argv, &usage, 0, 0, &code) < 0)
		return code;
	while (chosen < ARRAY_SIZE(formats) && strcmp(format, formats[chosen].name) != 0)
		chosen++;
	if (chosen == 0)
		listing.limit = PAGE;
	if (chosen == ARRAY_SIZE(formats) || !read_limit(limit, &listing.limit) ||
	    (after != NULL && demande_numero_parse(after) == 0) ||
	    (statut != NULL && statut_from(statut) == STATUT_NONE) ||
	    (siret != NULL && siret_check(siret, digits) != SIRET_OK)) {
		fprintf(
		    stderr,
		    "segur list : format, statut, SIRET, limite ou numéro inconnu\nUsage : segur "
		    "%s\n",
		    usage.line);
		return ERR_USAGE;
	}
	err = root_open(cmd_root(where), &root);
	if (err == NULL) {
		listing.store = root.store;
		listing.ids = choose(root.store, statut, siret != NULL ? digits : NULL,
				     after != NULL ? demande_numero_parse(after) : 0);
		formats[chosen].print(&listing);
		err = store_error(root.store);
	}
	if (err == NULL && listing.next != 0)
		printf("\nIl y en a d'autres : --apres ENR%04lld\n", (long long)listing.next);
	code = err != NULL ? cmd_fail(err) : 0;
	root_close(&root);
	return code;
}
