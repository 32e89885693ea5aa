#include "cli/cmd.h"
#include "cli/table.h"
#include "lib/array.h"
#include "lib/buf.h"
#include "lib/siret.h"
#include "model/choice.h"
#include "model/numero.h"
#include "publish/csv_write.h"
#include "request/status.h"
#include "store/root.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	NUMERO,
	DATE_DEPOT,
	STATUT,
	SIRET,
	DENOMINATION,
	PROFIL,
	TYPE,
	DSR,
	STATUT_DEPUIS,
	ATTEND,
	GESTIONNAIRE,
	ALERTES,
	COLUMN_COUNT
};

/* The name of each column in CSV, and on the terminal. */
static const struct {
	const char *name, *title;
} headers[COLUMN_COUNT] = {
    [NUMERO] = {"numero", "Numéro"},
    [DATE_DEPOT] = {"date_depot", "Dépôt"},
    [STATUT] = {"statut", "Statut"},
    [SIRET] = {"siret", "SIRET"},
    [DENOMINATION] = {"denomination", "Dénomination"},
    [PROFIL] = {"profil", "Profil"},
    [TYPE] = {"type", "Type"},
    [DSR] = {"dsr", "DSR"},
    [STATUT_DEPUIS] = {"statut_depuis", "Depuis"},
    [ATTEND] = {"attend", "Attend"},
    [GESTIONNAIRE] = {"gestionnaire", "Gestionnaire"},
    [ALERTES] = {"alertes", "Alertes"},
};

/* What a table shows: of all requests, and of those that wait for somebody. */
#define TABLE_COLUMNS 7
static const int of_all[TABLE_COLUMNS] = {NUMERO,	DATE_DEPOT, STATUT, SIRET,
					  DENOMINATION, PROFIL,	    TYPE};
static const int of_work[TABLE_COLUMNS] = {NUMERO,	 STATUT_DEPUIS, STATUT,	     DSR,
					   GESTIONNAIRE, ALERTES,	DENOMINATION};

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
	cells[DSR] = column_text(stmt, DEMANDE_LIST_DSR);
	cells[STATUT_DEPUIS] = column_text(stmt, DEMANDE_LIST_STATUT_DEPUIS);
	cells[ATTEND] = column_text(stmt, DEMANDE_LIST_ATTEND);
	cells[GESTIONNAIRE] = column_text(stmt, DEMANDE_LIST_GESTIONNAIRE);
	cells[ALERTES] = column_text(stmt, DEMANDE_LIST_ALERTES);
}

/* The requests that are listed: a cursor of their ids, then what is said of each. */
struct listing {
	struct store *store;
	sqlite3_stmt *ids;
	int64_t limit;	  /* rows; -1: no end */
	int64_t next;	  /* the last one listed, while there are more; else 0 */
	const int *shown; /* the columns of a table */
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

/* Adds those of the cells that the table shows. */
static void add_shown(struct table *table, const int *shown, const char *const *cells)
{
	const char *texts[TABLE_COLUMNS];

	for (size_t i = 0; i < TABLE_COLUMNS; i++)
		texts[i] = cells[shown[i]];
	table_row(table, texts);
}

static void list_table(struct listing *listing)
{
	struct table table = {.columns = TABLE_COLUMNS};
	const char *cells[COLUMN_COUNT];
	char numero[NUMERO_SIZE], type[TYPE_SHOWN_SIZE];
	sqlite3_stmt *stmt;
	int64_t count = 0, last = 0;

	for (int i = 0; i < COLUMN_COUNT; i++)
		cells[i] = headers[i].title;
	add_shown(&table, listing->shown, cells);
	while (count != listing->limit && (stmt = next_row(listing)) != NULL) {
		fill_cells(stmt,
			   statut_libelle(statut_from(column_text(stmt, DEMANDE_LIST_STATUT))),
			   numero, type, cells);
		add_shown(&table, listing->shown, cells);
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
		csv_cell(&out, DIALECT_OPENDATA, i, headers[i].name);
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

/* Which requests are asked for; what is NULL lets all pass. */
struct list_filter {
	const char *statut, *siret, *attente, *dsr, *alerte, *gestionnaire;
	int64_t after;
};

/* By age, of what waits for somebody. */
static bool is_work(const struct list_filter *filter)
{
	return filter->attente != NULL || filter->dsr != NULL || filter->alerte != NULL ||
	       filter->gestionnaire != NULL;
}

/* Whom a request waits for at each status. */
static const char *const waits_for[STATUT_COUNT] = {
    [STATUT_EN_COURS] = "gestionnaire",	     [STATUT_VALIDATION_PARTIELLE] = "fournisseur",
    [STATUT_ATTENTE_PIECES] = "fournisseur", [STATUT_CERTIFICATS_A_VALIDER] = "gestionnaire",
    [STATUT_REJETEE] = "personne",	     [STATUT_VALIDEE] = "personne",
};

/* The statuses that pass, as a JSON list; the caller frees it. */
static char *statuses_of(const struct list_filter *filter)
{
	struct buf out = {0};

	for (unsigned i = STATUT_NONE + 1; i < STATUT_COUNT; i++)
		if ((filter->attente == NULL || choice_is(filter->attente, waits_for[i])) &&
		    (filter->statut == NULL || statut_from(filter->statut) == i))
			buf_printf(&out, "%s\"%s\"", out.length > 0 ? ", " : "[",
				   statut_code((enum statut)i));
	buf_puts(&out, out.length > 0 ? "]" : "[]");
	return buf_take(&out);
}

static bool is_attente(const char *text)
{
	bool found = false;

	for (unsigned i = STATUT_NONE + 1; i < STATUT_COUNT; i++)
		found = found || choice_is(text, waits_for[i]);
	return found;
}

static sqlite3_stmt *choose_work(struct store *store, const struct list_filter *filter)
{
	sqlite3_stmt *stmt = store_stmt(store, SQL_DEMANDES_WORK_LIST);
	char *statuses = statuses_of(filter);

	bind_text(stmt, DEMANDES_WORK_LIST_P_STATUTS, statuses);
	bind_text(stmt, DEMANDES_WORK_LIST_P_SIRET, filter->siret);
	bind_text(stmt, DEMANDES_WORK_LIST_P_DSR, filter->dsr);
	bind_text(stmt, DEMANDES_WORK_LIST_P_ALERTE, filter->alerte);
	bind_text(stmt, DEMANDES_WORK_LIST_P_GESTIONNAIRE, filter->gestionnaire);
	bind_int(stmt, DEMANDES_WORK_LIST_P_AFTER, filter->after);
	free(statuses);
	return stmt;
}

/* Each filter has the statement that its index serves. */
static sqlite3_stmt *choose(struct store *store, const struct list_filter *filter)
{
	sqlite3_stmt *stmt;

	if (is_work(filter))
		return choose_work(store, filter);
	stmt = store_stmt(store, filter->siret != NULL	  ? SQL_DEMANDES_SIRET_LIST
				 : filter->statut != NULL ? SQL_DEMANDES_STATUT_LIST
							  : SQL_DEMANDES_LIST);
	bind_int(stmt, parameter(stmt, ":after"), filter->after);
	if (filter->siret != NULL)
		bind_text(stmt, parameter(stmt, ":siret"), filter->siret);
	if (filter->statut != NULL)
		bind_text(stmt, parameter(stmt, ":statut"),
			  statut_code(statut_from(filter->statut)));
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
	const char *where = NULL, *format = "table", *limit = NULL, *after = NULL;
	struct list_filter filter = {0};
	const struct cmd_option options[] = {
	    {"root", "DIR", "racine", &where},
	    {"statut", "CODE", "celles à ce statut (code ou libellé)", &filter.statut},
	    {"siret", "N", "celles de cet établissement", &filter.siret},
	    {"attente", "QUI", "celles qui attendent gestionnaire, fournisseur ou personne",
	     &filter.attente},
	    {"dsr", "X", "celles de ce DSR", &filter.dsr},
	    {"alerte", "CODE", "celles qui ont une alerte en cours de ce code", &filter.alerte},
	    {"gestionnaire", "NOM", "celles dont ce gestionnaire est chargé", &filter.gestionnaire},
	    {"format", "FORMAT", "table (par défaut), csv ou json", &format},
	    {"limite", "N", "au plus N (par défaut : 1000 en table, sinon toutes ; 0 : toutes)",
	     &limit},
	    {"apres", "NUMERO", "celles qui suivent cette demande", &after},
	    {0},
	};
	const struct cmd_usage usage = {
	    "list [--statut CODE] [--siret N] [--attente gestionnaire|fournisseur|personne] "
	    "[--dsr X] [--alerte CODE] [--gestionnaire NOM] [--format table|csv|json] "
	    "[--limite N] [--apres NUMERO] [--root DIR]",
	    "Liste les demandes d'enrôlement, dans l'ordre de leurs numéros ; avec --attente, "
	    "--dsr, --alerte ou --gestionnaire, celle qui attend depuis le plus longtemps d'abord.",
	    options};
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
	    (filter.attente != NULL && !is_attente(filter.attente)) ||
	    (filter.statut != NULL && statut_from(filter.statut) == STATUT_NONE) ||
	    (filter.siret != NULL && siret_check(filter.siret, digits) != SIRET_OK)) {
		fprintf(
		    stderr,
		    "segur list : format, statut, SIRET, attente, limite ou numéro inconnu\nUsage : segur "
		    "%s\n",
		    usage.line);
		return ERR_USAGE;
	}
	err = root_open(cmd_root(where), &root);
	if (err == NULL) {
		listing.store = root.store;
		listing.shown = is_work(&filter) ? of_work : of_all;
		filter.siret = filter.siret != NULL ? digits : NULL;
		filter.after = after != NULL ? demande_numero_parse(after) : 0;
		listing.ids = choose(root.store, &filter);
		formats[chosen].print(&listing);
		err = store_error(root.store);
	}
	if (err == NULL && listing.next != 0)
		printf("\nIl y en a d'autres : --apres ENR%04lld\n", (long long)listing.next);
	code = err != NULL ? cmd_fail(err) : 0;
	root_close(&root);
	return code;
}
