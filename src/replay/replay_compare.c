/* Compares the replay with the original: rows, outputs, reports. */
#include "lib/array.h"
#include "lib/dir.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "lib/sha256.h"
#include "publish/outputs.h"
#include "replay/replay_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ALL_COLUMNS "*"

/* Rows of a night. `words`: columns, or all, in which another version may say otherwise what it
 * judges alike. */
static const struct {
	const char *name;
	enum sql_id rows;
	const char *words;
} compared_rows[] = {
    {"Fichiers de l'ASP", SQL_REPLAY_ROWS_FICHIERS, NULL},
    {"Lignes de retours", SQL_REPLAY_ROWS_RETOURS_ASP, "message remede"},
    {"Dépôts", SQL_REPLAY_ROWS_DEPOTS, NULL},
    {"Anomalies", SQL_REPLAY_ROWS_ANOMALIES, "page_guide"},
    {"Dossiers à corriger", SQL_REPLAY_ROWS_CORRECTIONS, ALL_COLUMNS},
    {"Demandes", SQL_REPLAY_ROWS_DEMANDES, NULL},
    {"Dossiers", SQL_REPLAY_ROWS_DOSSIERS, NULL},
    {"Pièces", SQL_REPLAY_ROWS_PIECES, NULL},
    {"Événements", SQL_REPLAY_ROWS_EVENEMENTS, NULL},
    {"Journal", SQL_REPLAY_ROWS_JOURNAL, NULL},
    {"Signaux", SQL_REPLAY_ROWS_SIGNAUX, ALL_COLUMNS},
    {"Accès ouverts", SQL_REPLAY_ROWS_COMPTES, NULL},
    {"Courriels", SQL_REPLAY_ROWS_MAILS, NULL},
};

/* --- rows --- */

/* A column's text, NULL for a null. */
static const char *cell_text(sqlite3_stmt *row, int column)
{
	return column_null(row, column) ? NULL : column_text(row, column);
}

static bool same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* One item of one night. */
struct comparison {
	struct replay *replay;
	size_t at; /* the item's place */
	const struct replay_night *past_night;
	const char *words; /* see compared_rows */
};

static void differ(const struct comparison *comparison, enum replay_sort sort, const char *where,
		   const char *original, const char *replayed)
{
	replay_differ(&comparison->replay->report, comparison->at, sort, where, original, replayed);
}

/* Of which sort a difference in that column is (NULL: in all of them). */
static enum replay_sort sort_of(const struct comparison *comparison, const char *title,
				const char *column)
{
	const char *words = comparison->words != NULL ? comparison->words : "";

	if (!comparison->past_night->other)
		return REPLAY_ALTERED;
	if (strcmp(words, ALL_COLUMNS) == 0 || (column != NULL && strstr(words, column) != NULL) ||
	    replay_judged_otherwise(comparison->replay, comparison->past_night, title))
		return REPLAY_OTHERWISE;
	return REPLAY_ALTERED;
}

/* Compares two rows of one key; tells one column that differs, an altered one if there is any. */
static void compare_columns(const struct comparison *comparison, sqlite3_stmt *original,
			    sqlite3_stmt *replayed)
{
	const char *title = column_text(original, REPLAY_ROW_TITLE);
	const char *found = NULL, *then = NULL, *now = NULL;
	enum replay_sort sort = REPLAY_OTHERWISE;
	char *where;

	for (int i = REPLAY_ROW_COLUMNS; i < sqlite3_column_count(original); i++) {
		const char *column = sqlite3_column_name(original, i);
		const char *a = cell_text(original, i), *b = cell_text(replayed, i);

		if (same_text(a, b) ||
		    (found != NULL && sort_of(comparison, title, column) == sort))
			continue;
		found = column;
		then = a != NULL ? a : "(vide)";
		now = b != NULL ? b : "(vide)";
		sort = sort_of(comparison, title, column);
		if (sort == REPLAY_ALTERED)
			break;
	}
	if (found == NULL)
		return;
	where = mem_printf("nuit du %s, %s, %s", comparison->past_night->date, title, found);
	differ(comparison, sort, where, then, now);
	free(where);
}

static void compare_lonely(const struct comparison *comparison, sqlite3_stmt *row, bool original)
{
	const char *title = column_text(row, REPLAY_ROW_TITLE);
	char *where = mem_printf("nuit du %s, %s", comparison->past_night->date, title);
	const char *what = cell_text(row, REPLAY_ROW_COLUMNS);

	if (what == NULL)
		what = "(vide)";
	differ(comparison, sort_of(comparison, title, NULL), where, original ? what : NULL,
	       original ? NULL : what);
	free(where);
}

/* Like strcmp: the order of the two rows' keys. */
static int compare_keys(sqlite3_stmt *a, sqlite3_stmt *b)
{
	static const int keys[] = {REPLAY_ROW_MAJOR, REPLAY_ROW_MINOR};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (column_int(a, keys[i]) != column_int(b, keys[i]))
			return column_int(a, keys[i]) < column_int(b, keys[i]) ? -1 : 1;
	return 0;
}

static sqlite3_stmt *select_rows(struct store *store, enum sql_id id, int64_t past_night,
				 const char *date)
{
	sqlite3_stmt *stmt = store_stmt(store, id);

	bind_int(stmt, parameter(stmt, ":nuit"), past_night);
	bind_text(stmt, parameter_if_any(stmt, ":date"), date);
	return stmt;
}

/* Walks both in order: rows of one key are compared, a row without its like is told as lonely. */
static void compare_rows(const struct comparison *comparison, enum sql_id id)
{
	const struct replay_night *past_night = comparison->past_night;
	struct store *from = comparison->replay->original->store;
	struct store *to = comparison->replay->root.store;
	sqlite3_stmt *a = select_rows(from, id, past_night->id, past_night->date);
	sqlite3_stmt *b = select_rows(to, id, past_night->replayed, past_night->date);
	bool more_a = store_step(from, a), more_b = store_step(to, b);

	while (more_a || more_b) {
		int order = !more_a ? 1 : (!more_b ? -1 : compare_keys(a, b));

		comparison->replay->report.items[comparison->at].compared++;
		if (order == 0)
			compare_columns(comparison, a, b);
		else
			compare_lonely(comparison, order < 0 ? a : b, order < 0);
		if (order <= 0)
			more_a = store_step(from, a);
		if (order >= 0)
			more_b = store_step(to, b);
	}
}

/* --- outputs --- */

/* Compares line by line; tells the first that differs. */
static void compare_streams(const struct comparison *comparison, enum replay_sort sort,
			    const char *path, FILE *original, FILE *replayed)
{
	char *a = NULL, *b = NULL, *where;
	size_t size_a = 0, size_b = 0, line = 0;
	ssize_t length_a, length_b;

	comparison->replay->report.items[comparison->at].compared++;
	do {
		length_a = getline(&a, &size_a, original);
		length_b = getline(&b, &size_b, replayed);
		line++;
	} while (length_a >= 0 && length_a == length_b && memcmp(a, b, (size_t)length_a) == 0);
	if (length_a >= 0 || length_b >= 0) {
		where = mem_printf("%s, ligne %zu", path, line);
		differ(comparison, sort, where, length_a >= 0 ? a : NULL, length_b >= 0 ? b : NULL);
		free(where);
	}
	free(a);
	free(b);
}

/* NULL when there is no such file (errno is then ENOENT), or it cannot be read. */
static FILE *open_file(const struct root *root, const char *path)
{
	int fd = file_open(root->fd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
	FILE *stream = fd >= 0 ? fdopen(fd, "r") : NULL;

	if (stream == NULL)
		file_let_go(fd);
	return stream;
}

/* Opens an output; a mail that was read lies in cur, and its name may have got marks. */
static FILE *open_output(const struct root *root, const struct output_kind *kind, const char *dir,
			 const char *name)
{
	static const char *const elsewhere[] = {"", ":2,", ":2,S"};
	char *path = mem_printf("%s/%s", dir, name);
	FILE *stream = open_file(root, path);

	for (size_t i = 0; stream == NULL && errno == ENOENT && kind->layout == LAYOUT_MAILS &&
			   i < ARRAY_SIZE(elsewhere);
	     i++) {
		free(path);
		path = mem_printf("%s/%s%s", kind->folders[1], name, elsewhere[i]);
		stream = open_file(root, path);
	}
	free(path);
	return stream;
}

static FILE *open_text(const struct buf *text)
{
	return fmemopen(text->data, text->length, "r");
}

/* A file that could be read in part alone differs from nothing. */
static const struct error *check_read(const char *path, FILE *left, FILE *right)
{
	return ferror(left) || ferror(right) ? error_set(ERR_FAULT, "%s ne se lit pas", path)
					     : NULL;
}

/* Of which sort differences in a published file are: another version's words are no fault in one
 * that has the bytes that were published, as far as their hash was recorded. */
static enum replay_sort sort_of_file(const struct comparison *comparison,
				     const struct output_kind *kind, const char *folder,
				     const char *name, FILE *original)
{
	char sha256[SHA256_HEX_SIZE] = "", hex[SHA256_HEX_SIZE];
	bool published;

	if (!comparison->past_night->other)
		return REPLAY_ALTERED;
	if (!output_recorded(comparison->replay->original->store, kind, folder, name, &published,
			     sha256) ||
	    sha256[0] == '\0' || !sha256_hex_of_file(fileno(original), hex))
		return REPLAY_OTHERWISE;
	return strcmp(hex, sha256) == 0 ? REPLAY_OTHERWISE : REPLAY_ALTERED;
}

/* One output of a night: as the original's rows give it, as it was published, and rebuilt. */
struct compared_output {
	const struct output_kind *kind;
	const char *folder, *name;
	char *path;
	FILE *rendered, *published, *rebuilt; /* NULL: not there */
};

static const struct error *open_compared(struct replay *replay, const struct buf *text,
					 struct compared_output *output)
{
	const struct error *err = NULL;

	output->path = mem_printf("%s/%s", output->folder, output->name);
	output->rebuilt = open_output(&replay->root, output->kind, output->folder, output->name);
	if (output->rebuilt == NULL && errno != ENOENT)
		return error_errno(ERR_FAULT, "%s/%s", replay->root.path, output->path);
	output->published =
	    open_output(replay->original, output->kind, output->folder, output->name);
	if (output->published == NULL && errno != ENOENT)
		return error_errno(ERR_FAULT, "%s/%s", replay->original->path, output->path);
	output->rendered = open_text(text);
	if (output->rendered == NULL)
		err = error_errno(ERR_FAULT, "%s", output->path);
	return err;
}

static void close_compared(struct compared_output *output)
{
	FILE *streams[] = {output->rendered, output->published, output->rebuilt};

	for (size_t i = 0; i < ARRAY_SIZE(streams); i++)
		if (streams[i] != NULL)
			fclose(streams[i]);
	free(output->path);
}

static const struct error *compare_rebuilt(struct replay *replay,
					   const struct replay_night *past_night,
					   const struct compared_output *output)
{
	const struct output_kind *kind = output->kind;
	const struct comparison rendered = {replay, replay_item(&replay->report, kind->as_rendered),
					    past_night, NULL};
	const struct comparison published = {
	    replay, replay_item(&replay->report, kind->as_published), past_night, NULL};
	enum replay_sort sort = past_night->other ? REPLAY_OTHERWISE : REPLAY_ALTERED;
	const struct error *err;

	compare_streams(&rendered, sort, output->path, output->rendered, output->rebuilt);
	err = check_read(output->path, output->rendered, output->rebuilt);
	if (err != NULL || output->published == NULL)
		return err;
	if (fseek(output->rebuilt, 0, SEEK_SET) != 0)
		return error_errno(ERR_FAULT, "%s/%s", replay->root.path, output->path);
	sort = sort_of_file(&published, kind, output->folder, output->name, output->published);
	compare_streams(&published, sort, output->path, output->published, output->rebuilt);
	return check_read(output->path, output->published, output->rebuilt);
}

/* Compares one output of the original, which its rows give as `text`, with the rebuilt one. */
static const struct error *compare_output(struct replay *replay,
					  const struct replay_night *past_night,
					  const struct output_kind *kind, sqlite3_stmt *row,
					  const struct buf *text)
{
	struct compared_output output = {.kind = kind,
					 .folder = column_text(row, OUTPUT_FOLDER),
					 .name = column_text(row, OUTPUT_NAME)};
	const struct comparison rendered = {replay, replay_item(&replay->report, kind->as_rendered),
					    past_night, NULL};
	const struct error *err = open_compared(replay, text, &output);

	if (err == NULL && output.rebuilt == NULL) {
		replay->report.items[rendered.at].compared++;
		differ(&rendered, REPLAY_ALTERED, output.path, "présent", NULL);
	} else if (err == NULL) {
		err = compare_rebuilt(replay, past_night, &output);
	}
	close_compared(&output);
	return err;
}

static const struct error *compare_outputs(struct replay *replay, const struct output_kind *kind,
					   const struct replay_night *past_night)
{
	struct store *store = replay->original->store;
	sqlite3_stmt *stmt = select_rows(store, kind->of_night, past_night->id, past_night->date);
	const struct error *err = NULL;
	struct buf text = {0};

	/* Both items are shown even when there is no output. */
	replay_item(&replay->report, kind->as_rendered);
	replay_item(&replay->report, kind->as_published);
	while (err == NULL && store_step(store, stmt)) {
		buf_clear(&text);
		kind->render(replay->original, column_int(stmt, OUTPUT_ID), &text);
		err = store_error(store);
		if (err == NULL)
			err = compare_output(replay, past_night, kind, stmt, &text);
	}
	sqlite3_reset(stmt);
	buf_free(&text);
	return err;
}

/* --- reports --- */

/* A date's folder of reports, which the last of its nights wrote. */
struct folder {
	struct comparison comparison;
	const struct output_kind *kind;
	const char *path;
};

static const struct error *compare_report(const struct folder *folder, const char *name)
{
	const struct comparison *comparison = &folder->comparison;
	const struct root *from = comparison->replay->original, *to = &comparison->replay->root;
	char *path = mem_printf("%s/%s", folder->path, name);
	FILE *original = open_file(from, path), *rebuilt = NULL;
	const struct error *err = NULL;

	if (original == NULL && errno != ENOENT)
		err = error_errno(ERR_FAULT, "%s/%s", from->path, path);
	if (err == NULL && (rebuilt = open_file(to, path)) == NULL && errno != ENOENT)
		err = error_errno(ERR_FAULT, "%s/%s", to->path, path);
	if (err == NULL && original != NULL && rebuilt != NULL) {
		compare_streams(
		    comparison,
		    sort_of_file(comparison, folder->kind, folder->path, name, original), path,
		    original, rebuilt);
		err = check_read(path, original, rebuilt);
	} else if (err == NULL && (original != NULL || rebuilt != NULL)) {
		comparison->replay->report.items[comparison->at].compared++;
		differ(comparison,
		       original == NULL && comparison->past_night->other ? REPLAY_OTHERWISE
									 : REPLAY_ALTERED,
		       path, original != NULL ? "présent" : NULL,
		       rebuilt != NULL ? "présent" : NULL);
	}
	if (original != NULL)
		fclose(original);
	if (rebuilt != NULL)
		fclose(rebuilt);
	free(path);
	return err;
}

/* Compares a folder's files in one root; in the replay's, those that the original lacks. */
static const struct error *compare_folder(const struct folder *folder, const struct root *root)
{
	const struct root *original = folder->comparison.replay->original;
	struct names names;
	const struct error *err = dir_names(root->fd, folder->path, DIR_STRICT, &names);

	for (size_t i = 0; i < names.count && err == NULL; i++) {
		char *path = mem_printf("%s/%s", folder->path, names.items[i]);
		bool compared = false;

		if (root != original)
			err = file_look(original->fd, path, &compared);
		if (err == NULL && !compared)
			err = compare_report(folder, names.items[i]);
		free(path);
	}
	names_free(&names);
	return err;
}

static const struct error *compare_reports(struct replay *replay, const struct output_kind *kind,
					   const struct replay_night *last)
{
	char *path = mem_printf("%s/%s", kind->folders[0], last->date);
	const struct folder folder = {
	    {replay, replay_item(&replay->report, kind->as_published), last, NULL}, kind, path};
	bool left = false, right = false;
	const struct error *err = file_look(replay->original->fd, path, &left);

	if (err == NULL)
		err = file_look(replay->root.fd, path, &right);
	replay->report.reports_missing = !left || !right;
	if (err == NULL && !replay->report.reports_missing) {
		err = compare_folder(&folder, replay->original);
		if (err == NULL)
			err = compare_folder(&folder, &replay->root);
	}
	free(path);
	return err;
}

/* --- all of it --- */

void replay_compare_night(struct replay *replay, const struct replay_night *past_night)
{
	const char *date = replay->nights[replay->count - 1].date;
	bool before = strcmp(past_night->date, date) != 0;

	for (size_t i = 0; i < ARRAY_SIZE(compared_rows); i++) {
		const char *name = before ? "Nuits d'avant : lignes" : compared_rows[i].name;
		const struct comparison comparison = {replay, replay_item(&replay->report, name),
						      past_night, compared_rows[i].words};

		compare_rows(&comparison, compared_rows[i].rows);
	}
}

/* The folder of a date comes last. */
const struct error *replay_compare(struct replay *replay)
{
	const char *date = replay->nights[replay->count - 1].date;
	const struct error *err = NULL;

	for (size_t i = 0; i < replay->count; i++)
		for (size_t kind = 0; kind < output_count; kind++)
			if (err == NULL && outputs[kind].compare == COMPARE_ROWS &&
			    strcmp(replay->nights[i].date, date) == 0)
				err = compare_outputs(replay, &outputs[kind], &replay->nights[i]);
	for (size_t kind = 0; kind < output_count; kind++)
		if (err == NULL && outputs[kind].compare == COMPARE_FOLDER)
			err = compare_reports(replay, &outputs[kind],
					      &replay->nights[replay->count - 1]);
	if (err == NULL)
		err = store_error(replay->original->store);
	return err != NULL ? err : store_error(replay->root.store);
}
