#include "asp/reference.h"

#include "asp/asp_file.h"
#include "asp/asp_rows.h"
#include "asp/csv_read.h"
#include "asp/insee_check.h"
#include "asp/reference_table.h"
#include "lib/mangled.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "model/slip.h"
#include "record/addresses.h"

#include <stdlib.h>
#include <string.h>

#define FAULTS_MAX 100 /* answered of one file; reading stops there */

/* --- checking --- */

struct checking {
	const struct reference_table *table;
	bool past;	      /* another version took the file: what it let pass, passes */
	struct asp_rows rows; /* normalised */
	struct anomalies faults;
	/* Where the last row stands that was read, and the first of the last rows that have fewer
	 * cells than the header; 0: the last row has all. */
	uint32_t last_line, short_since;
};

/* The first hundred faults are enough to mend a file by, and to see that it is wrong. */
static bool goes_on(const struct checking *check)
{
	return check->faults.count < FAULTS_MAX;
}

static void refuse_cell(struct checking *check, uint32_t line, size_t column, const char *value,
			const char *why)
{
	if (goes_on(check))
		anomalies_add_at(&check->faults, ANO_REF_VALEUR, "", line, 0, value,
				 check->table->columns[column].name, why);
}

/* Checks that cells which another cell requires are filled; a refused cell requires nothing. */
static void check_required(struct checking *check, const struct csv_row *row)
{
	const struct reference_table *table = check->table;
	const char *normal = rows_get(&check->rows, check->rows.count - 1);

	for (size_t by = 0; by < table->count; by++, normal += strlen(normal) + 1)
		for (size_t i = 0; by > 0 && i < table->count && strcmp(normal, "oui") == 0; i++)
			if (table->columns[i].required_by == by && row->cells[i][0] == '\0')
				refuse_cell(check, row->line, i, "", " : elle est vide");
}

/* Refuses a cell that some program misread before it came here: people would read it so. */
static void check_reading(struct checking *check, const struct csv_row *row, size_t column)
{
	char *meant = check->past ? NULL : text_before_misreading(row->cells[column]);
	char *why;

	if (meant == NULL)
		return;
	why = mem_printf(" : un logiciel a mal lu ses accents, il faut sans doute lire « %s »",
			 meant);
	refuse_cell(check, row->line, column, row->cells[column], why);
	free(why);
	free(meant);
}

/* Takes one row: adds each normalised cell to `rows`, and an empty text for a refused one, so
 * that the others keep their places. A row whose key has a refused cell is marked unreadable,
 * and compared with no other. */
static bool take_row(void *context, const struct csv_row *row)
{
	struct checking *check = context;
	const struct reference_table *table = check->table;
	struct buf cell = {0};

	check->last_line = row->line;
	if (!row->cut)
		check->short_since = 0;
	else if (check->short_since == 0)
		check->short_since = row->line;
	if (row->fault != NULL) {
		anomalies_add_at(&check->faults, ANO_REF_ILLISIBLE, "", row->line, 0, NULL,
				 row->fault, NULL);
		return goes_on(check);
	}
	rows_begin(&check->rows, row->line);
	for (size_t i = 0; i < table->count; i++) {
		const char *why;

		buf_clear(&cell);
		why = table->columns[i].check(row->cells[i], &cell);
		if (why != NULL)
			refuse_cell(check, row->line, i, row->cells[i], why);
		else
			check_reading(check, row, i);
		if (why != NULL && table->columns[i].key)
			check->rows.items[check->rows.count - 1].unreadable = true;
		rows_add(&check->rows, why == NULL && cell.data != NULL ? cell.data : "");
	}
	buf_free(&cell);
	check_required(check, row);
	return goes_on(check);
}

enum compared { KEY_CELLS, ALL_CELLS };

/* Compares two rows, or their keys only, as the SQL table does: no INSERT may fail in the night. */
static int compare_cells(const struct reference_table *table, const char *left, const char *right,
			 enum compared which)
{
	int order = 0;

	for (size_t i = 0; i < table->count && order == 0; i++) {
		if (which == ALL_CELLS || table->columns[i].key)
			order = table->nocase ? sqlite3_stricmp(left, right) : strcmp(left, right);
		left += strlen(left) + 1;
		right += strlen(right) + 1;
	}
	return order;
}

struct row_key {
	const char *cells; /* of the whole row */
	struct asp_row *row;
};

static int by_key(const void *left, const void *right, void *context)
{
	const struct row_key *a = left, *b = right;
	const struct checking *check = context;
	int order = compare_cells(check->table, a->cells, b->cells, KEY_CELLS);

	return order != 0 ? order : (a->row > b->row) - (a->row < b->row);
}

static void refuse_double_row(struct checking *check, const struct row_key *first,
			      const struct row_key *again)
{
	struct buf names = {0}, value = {0};
	const char *at = again->cells;

	for (size_t i = 0; i < check->table->count; i++, at += strlen(at) + 1)
		if (check->table->columns[i].key) {
			const char *comma = names.length > 0 ? ", " : "";

			buf_printf(&names, "%s%s", comma, check->table->columns[i].name);
			buf_printf(&value, "%s%s", comma, at);
		}
	anomalies_add_at(&check->faults, ANO_REF_DOUBLON, "", again->row->line, 0, value.data,
			 names.data, DECIMAL(first->row->line));
	buf_free(&names);
	buf_free(&value);
}

/* Rows that say the same in all columns count once; those that contradict each other are faults. */
static void check_doubles(struct checking *check)
{
	const struct reference_table *table = check->table;
	struct asp_rows *rows = &check->rows;
	struct row_key *keys = mem_alloc((rows->count + 1) * sizeof(*keys));
	size_t count = 0, first = 0, kept = 0;

	for (size_t i = 0; i < rows->count; i++)
		if (!rows->items[i].unreadable)
			keys[count++] = (struct row_key){rows_get(rows, i), &rows->items[i]};
	qsort_r(keys, count, sizeof(*keys), by_key, check);
	for (size_t i = 1; i < count && goes_on(check); i++) {
		if (compare_cells(table, keys[first].cells, keys[i].cells, KEY_CELLS) != 0)
			first = i;
		else if (compare_cells(table, keys[first].cells, keys[i].cells, ALL_CELLS) != 0)
			refuse_double_row(check, &keys[first], &keys[i]);
		else
			keys[i].row->line = 0; /* no line: a copy of an earlier row */
	}
	free(keys);
	for (size_t i = 0; i < rows->count; i++)
		if (rows->items[i].line > 0)
			rows->items[kept++] = rows->items[i];
	rows->count = kept;
}

static void check_intervals(struct checking *check)
{
	size_t first = check->table->first_date;

	for (size_t i = 0; first > 0 && i < check->rows.count; i++) {
		const char *cells = rows_get(&check->rows, i);
		const char *closing;

		for (size_t column = 0; column < first; column++)
			cells += strlen(cells) + 1;
		closing = cells + strlen(cells) + 1;
		if (closing[0] != '\0' && strcmp(cells, closing) > 0)
			refuse_cell(check, check->rows.items[i].line, first + 1, closing,
				    " : elle précède l'ouverture");
	}
}

/* What the file in force holds, to compare a new one with. */
struct in_force {
	bool any;
	int64_t lines;
	char sha256[SHA256_HEX_SIZE];
};

static struct in_force find_in_force(struct root *root, enum asp_kind kind)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_FICHIER_NEWEST);
	struct in_force before = {0};

	bind_text(stmt, FICHIER_NEWEST_P_NATURE, asp_kind_name(kind));
	if (store_step(root->store, stmt)) {
		before.any = true;
		before.lines = column_int(stmt, FICHIER_NEWEST_LIGNES);
		snprintf(before.sha256, sizeof(before.sha256), "%s",
			 column_text(stmt, FICHIER_NEWEST_SHA256));
		sqlite3_reset(stmt);
	}
	return before;
}

#define LOSS_MAX 50 /* percent of its rows that a file may lose, INSEE's apart */

/* A file cut short must not empty a register (INTERFACE, 4). */
static void check_loss(int64_t lines, const struct in_force *before,
		       const struct reference_table *table, uint32_t percent,
		       struct anomalies *faults)
{
	bool may_be_empty = table != NULL && table->may_be_empty && before->lines == 0;

	if (lines == 0 && !may_be_empty) {
		anomalies_add(faults, ANO_REF_VIDE, "", NULL, NULL, NULL);
	} else if ((before->lines - lines) * 100 > before->lines * percent) {
		char *now = mem_printf("%lld %s", (long long)lines, asp_lines(lines));
		char *then = mem_printf("%lld auparavant : plus de %u %%", (long long)before->lines,
					percent);

		anomalies_add(faults, ANO_REF_PERTE, "", NULL, now, then);
		free(now);
		free(then);
	}
}

/* --- taking --- */

static void replace_rows(struct root *root, const struct asp_file *file, enum asp_kind kind,
			 const struct checking *check)
{
	if (kind == ASP_COMPTES)
		addresses_keep(root, file->night_id);
	store_run(root->store, store_stmt(root->store, check->table->clear));
	for (size_t i = 0; i < check->rows.count; i++) {
		sqlite3_stmt *stmt = store_stmt(root->store, check->table->insert);
		const char *cell = rows_get(&check->rows, i);

		for (size_t column = 0; column < check->table->count; column++) {
			bind_text(stmt, check->table->columns[column].parameter, cell);
			cell += strlen(cell) + 1;
		}
		store_run(root->store, stmt);
	}
	if (kind == ASP_COMPTES)
		addresses_compare(root, file->night_id);
}

static char *describe_taken(int64_t lines, const struct in_force *before)
{
	if (before->any)
		return mem_printf("%lld %s, contre %lld auparavant", (long long)lines,
				  asp_lines(lines), (long long)before->lines);
	return mem_printf("%lld %s ; c'est le premier, il n'y avait rien à quoi le comparer",
			  (long long)lines, asp_lines(lines));
}

/* `check` is empty for INSEE's files, which are kept but not imported. */
static const struct error *accept_reference(struct root *root, const struct asp_file *file,
					    enum asp_kind kind, const struct asp_copy *copy,
					    int64_t lines, const struct in_force *before,
					    const struct checking *check)
{
	struct row_answer row_answer = {
	    .ligne = 1, .numero = "", .decision = "", .etat = ASP_FILE_TAKEN};
	const struct error *err = asp_file_keep(root, copy);
	struct anomalie taken = {.code = ANO_REF_PRIS};

	if (err != NULL)
		return err;
	taken.detail = describe_taken(lines, before);
	store_begin(root->store);
	if (check->table != NULL)
		replace_rows(root, file, kind, check);
	row_answer.fichier =
	    asp_file_record(root, file, kind, copy->sha256, (uint64_t)lines, ASP_FILE_TAKEN);
	row_answer_insert(root, &row_answer, &taken);
	free(taken.detail);
	return store_commit(root->store);
}

#define EXCEL_BLOCK 16 /* rows */

/* Whether the last row lacks cells. Excel leaves out those that are empty at the ends of a whole
 * block of rows; a block of one row is more likely one that was cut. */
static bool lacks_cells(const struct checking *check)
{
	return check->short_since > 0 &&
	       (check->short_since == check->last_line || check->short_since % EXCEL_BLOCK != 1);
}

/* Whoever writes a file ends its last row too. */
static bool is_cut(const struct asp_copy *copy, struct checking *check)
{
	const char *why = NULL;
	uint32_t line = check->last_line;

	if (!copy->ended) {
		why = "sa dernière ligne n'a pas de fin";
		line = (uint32_t)copy->rows;
	} else if (lacks_cells(check) && goes_on(check)) {
		why = "il manque des cellules à sa dernière ligne (une cellule vide garde son "
		      "séparateur)";
	}
	if (why == NULL)
		return false;
	/* What is wrong with the row that was cut would only mislead. */
	anomalies_free(&check->faults);
	anomalies_add_at(&check->faults, ANO_REF_COUPE, "", line, 0, NULL, why, NULL);
	return true;
}

static const struct error *check_rows(const struct asp_file *file, const struct asp_copy *copy,
				      struct checking *check)
{
	struct csv_column columns[REFERENCE_COLUMNS_MAX];
	struct anomalies faults = {0};
	const struct error *err;

	check->past = file->past != NULL;
	for (size_t i = 0; i < check->table->count; i++)
		columns[i] = (struct csv_column){.name = check->table->columns[i].name};
	err = csv_read(copy->fd, columns, check->table->count, take_row, check, &faults);
	/* A fault of the whole file is told alone, without those of its rows. */
	if (err == NULL && faults.count > 0) {
		anomalies_free(&check->faults);
		check->faults = faults;
		return NULL;
	}
	anomalies_free(&faults);
	if (err != NULL || (file->past == NULL && is_cut(copy, check)))
		return err;
	check_doubles(check);
	check_intervals(check);
	anomalies_sort(&check->faults);
	return NULL;
}

static const struct error *take_reference(struct root *root, const struct asp_file *file,
					  enum asp_kind kind, struct asp_copy *copy,
					  struct checking *check, bool *taken)
{
	bool stock = asp_kind_is_stock(kind);
	uint64_t limit = stock ? root->conf.insee_octets : root->conf.reference_octets;
	const struct error *err = asp_file_copy(root, file, limit, copy, &check->faults);
	const struct in_force before = find_in_force(root, kind);
	int64_t lines = 0;

	if (err == NULL && check->faults.count == 0)
		err = stock ? insee_check(root, copy, kind, before.sha256, &lines, &check->faults)
			    : check_rows(file, copy, check);
	if (err != NULL)
		return err;
	if (!stock)
		lines = (int64_t)check->rows.count;
	if (check->faults.count == 0 && file->past == NULL)
		check_loss(lines, &before, check->table, stock ? root->conf.perte_insee : LOSS_MAX,
			   &check->faults);
	*taken = check->faults.count == 0;
	if (*taken)
		return accept_reference(root, file, kind, copy, lines, &before, check);
	if (stock)
		anomalies_remedy(
		    &check->faults, ANO_REF_ILLISIBLE,
		    "Déposez le fichier tel que l'INSEE le publie, sans l'enregistrer "
		    "depuis un tableur : le zip, sous son nom en .zip, ou le CSV qu'il "
		    "contient.");
	return asp_file_refuse(root, file, kind, copy, (uint64_t)lines, &check->faults);
}

const struct error *reference_take(struct root *root, const struct asp_file *file,
				   enum asp_kind kind, bool *taken)
{
	struct checking check = {.table = reference_table(kind)};
	struct asp_copy copy = {.fd = -1};
	const struct error *err;
	char *advice;

	*taken = false;
	if (kind == ASP_UNKNOWN) {
		advice = slip_advice(asp_kind_near(file->name));
		anomalies_cite(&check.faults, ANO_REF_NOM_INCONNU, "", file->name, advice, NULL);
		free(advice);
		err = asp_file_refuse(root, file, kind, NULL, 0, &check.faults);
	} else {
		err = take_reference(root, file, kind, &copy, &check, taken);
	}
	asp_file_discard(root, &copy);
	rows_free(&check.rows);
	anomalies_free(&check.faults);
	return err;
}
