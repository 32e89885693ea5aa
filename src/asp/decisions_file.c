/* A decisions file, row by row (INTERFACE, 4): each good row is applied, and every row answered. */
#include "asp/decisions_file.h"
#include "asp/asp_file.h"
#include "asp/asp_rows.h"
#include "asp/csv_read.h"
#include "lib/array.h"
#include "lib/mangled.h"
#include "record/decisions.h"

#include <stdlib.h>
#include <string.h>

enum {
	ROW_NUMERO,
	ROW_DECISION,
	ROW_MOTIF,
	ROW_PIECES,
	ROW_GESTIONNAIRE,
	ROW_STATUT,
	ROW_ALERTE,
	ROW_CELLS
};

/* Of a name given twice the last column counts: these are added behind those of demandes.csv, which
 * has a motif of its own. */
static const struct csv_column decision_columns[ROW_CELLS] = {
    [ROW_NUMERO] = {.name = "numero", .last = true},
    [ROW_DECISION] = {.name = "decision", .last = true},
    [ROW_MOTIF] = {.name = "motif", .last = true},
    [ROW_PIECES] = {.name = "pieces", .last = true},
    [ROW_GESTIONNAIRE] = {.name = "gestionnaire", .last = true},
    /* The status that the case manager saw. */
    [ROW_STATUT] = {.name = "statut", .optional = true, .last = true},
    [ROW_ALERTE] = {.name = "alerte", .optional = true, .last = true},
};

/* All rows are read before the first is applied: only the store can fail in the transaction. */
static bool hold_row(void *context, const struct csv_row *row)
{
	struct asp_rows *rows = context;

	rows_begin(rows, row->line);
	rows->items[rows->count - 1].unreadable = row->fault != NULL;
	if (row->fault != NULL)
		rows_add(rows, row->fault);
	for (size_t i = 0; i < ROW_CELLS && row->fault == NULL; i++)
		rows_add(rows, row->cells[i] != NULL ? row->cells[i] : "");
	return true;
}

/* The anomaly that stands for the row's refusal: the first that blocks. */
static const struct anomalie *first_blocking(const struct anomalies *anomalies)
{
	for (size_t i = 0; i < anomalies->count; i++)
		if (anomalies->items[i].gravite == GRAVITE_BLOQUANT)
			return &anomalies->items[i];
	return NULL;
}

/* Refuses a row with a text that was misread before it came here: it would be mailed so. */
static bool refuse_misread(const struct decision *row, struct anomalies *anomalies)
{
	const struct {
		const char *column, *text;
	} texts[] = {{"motif", row->motif}, {"gestionnaire", row->gestionnaire}};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		char *meant = text_before_misreading(texts[i].text);

		if (meant == NULL)
			continue;
		anomalies_cite(anomalies, ANO_DEC_TEXTE_ABIME, texts[i].column, texts[i].text,
			       meant, texts[i].column);
		free(meant);
		return true;
	}
	return false;
}

static void apply_row(struct root *root, const struct asp_file *file, struct decision *row,
		      const char *cells, struct row_answer *row_answer)
{
	const char *cell[ROW_CELLS];
	struct anomalies anomalies = {0};
	struct anomalie applied = {.code = ANO_DEC_APPLIQUEE};
	const struct anomalie *answer = &applied;
	char *resume = NULL;
	bool done;

	for (size_t i = 0; i < ROW_CELLS; i++, cells += strlen(cells) + 1)
		cell[i] = cells;
	row->numero = row_answer->numero = cell[ROW_NUMERO];
	row->decision = row_answer->decision = cell[ROW_DECISION];
	row->motif = cell[ROW_MOTIF];
	row->pieces = cell[ROW_PIECES];
	row->gestionnaire = cell[ROW_GESTIONNAIRE];
	row->statut = cell[ROW_STATUT];
	row->alerte = cell[ROW_ALERTE];
	row->replayed = file->past != NULL;
	store_savepoint(root->store);
	done = (file->past == NULL
		    ? !refuse_misread(row, &anomalies)
		    : !file->past->refused(file->past->context, row_answer->order, &anomalies)) &&
	       decision_apply(root, row, &anomalies, &resume);
	/* A row that the schema refuses costs itself alone, not every night from now on. */
	if (!store_savepoint_end(root->store)) {
		anomalies_cite(&anomalies, ANO_DEC_INCIDENT, "numero", row->numero, NULL, NULL);
		done = false;
	}
	if (done) {
		row_answer->etat = ASP_ROW_APPLIED;
		applied.detail = resume;
	} else {
		answer = first_blocking(&anomalies);
	}
	/* A refusal without a reason is a failed store: the commit will say so. */
	if (answer != NULL)
		row_answer_insert(root, row_answer, answer);
	anomalies_free(&anomalies);
	free(resume);
}

static void refuse_row(struct root *root, const struct row_answer *row_answer,
		       enum anomalie_code code, const char *detail)
{
	struct anomalies fault = {0};

	anomalies_add_at(&fault, code, "", row_answer->ligne, 0, NULL, detail, NULL);
	row_answer_insert(root, row_answer, &fault.items[0]);
	anomalies_free(&fault);
}

/* A decision is final, and its reason is mailed: the half of a row is not applied. In a past that is
 * played again the original's answer stands. */
static bool is_half(const struct asp_file *file, const struct asp_copy *copy,
		    const struct asp_rows *rows, size_t index)
{
	return file->past == NULL && !copy->ended && index + 1 == rows->count;
}

static const struct error *apply_rows(struct root *root, const struct asp_file *file,
				      const char *date, const struct asp_copy *copy,
				      const struct asp_rows *rows)
{
	struct decision row = {.fichier = file->name, .night_id = file->night_id, .date = date};
	int64_t id;

	store_begin(root->store);
	row.fichier_asp = id =
	    asp_file_record(root, file, ASP_DECISIONS, copy->sha256, rows->count, ASP_FILE_TAKEN);
	for (size_t i = 0; i < rows->count; i++) {
		const char *cells = rows_get(rows, i);
		struct row_answer row_answer = {.fichier = id,
						.order = i,
						.ligne = rows->items[i].line,
						.numero = "",
						.decision = "",
						.etat = ASP_ROW_REFUSED};

		if (is_half(file, copy, rows, i))
			refuse_row(root, &row_answer, ANO_DEC_LIGNE_COUPEE, NULL);
		else if (rows->items[i].unreadable)
			refuse_row(root, &row_answer, ANO_DEC_LIGNE_ILLISIBLE, cells);
		else
			apply_row(root, file, &row, cells, &row_answer);
	}
	return store_commit(root->store);
}

const struct error *decisions_take(struct root *root, const struct asp_file *file, const char *date,
				   bool *taken)
{
	struct asp_copy copy;
	struct anomalies faults = {0};
	struct asp_rows rows = {0};
	const struct error *err;

	*taken = false;
	err = asp_file_copy(root, file, root->conf.reference_octets, &copy, &faults);
	if (err == NULL && faults.count == 0)
		err = csv_read(copy.fd, decision_columns, ROW_CELLS, hold_row, &rows, &faults);
	if (err == NULL && faults.count > 0) {
		err = asp_file_refuse(root, file, ASP_DECISIONS, &copy, rows.count, &faults);
	} else if (err == NULL) {
		err = asp_file_keep(root, &copy);
		if (err == NULL)
			err = apply_rows(root, file, date, &copy, &rows);
		*taken = err == NULL;
	}
	asp_file_discard(root, &copy);
	rows_free(&rows);
	anomalies_free(&faults);
	return err;
}
