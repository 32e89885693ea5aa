/* Compares the replay with the original: rows, outputs, reports. */
#include "lib/array.h"
#include "lib/dir.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "lib/progress.h"
#include "lib/text.h"
#include "lib/text_shown.h"
#include "publish/outputs.h"
#include "replay/replay_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SHOWN_BYTES 300 /* of a line or a value in a difference */

/* Rows of a night. */
static const struct {
	const char *name;
	enum sql_id rows;
} compared[] = {
    {"Fichiers de l'ASP", SQL_REPLAY_ROWS_FICHIERS},
    {"Lignes de retours", SQL_REPLAY_ROWS_RETOURS_ASP},
    {"Dépôts", SQL_REPLAY_ROWS_DEPOTS},
    {"Anomalies", SQL_REPLAY_ROWS_ANOMALIES},
    {"Dossiers à corriger", SQL_REPLAY_ROWS_CORRECTIONS},
    {"Demandes", SQL_REPLAY_ROWS_DEMANDES},
    {"Dossiers", SQL_REPLAY_ROWS_DOSSIERS},
    {"Pièces", SQL_REPLAY_ROWS_PIECES},
    {"Événements", SQL_REPLAY_ROWS_EVENEMENTS},
    {"Journal", SQL_REPLAY_ROWS_JOURNAL},
    {"Signaux", SQL_REPLAY_ROWS_SIGNAUX},
    {"Accès ouverts", SQL_REPLAY_ROWS_COMPTES},
    {"Courriels", SQL_REPLAY_ROWS_MAILS},
};

/* --- what was found --- */

static size_t item(struct replay_report *report, const char *name)
{
	size_t i = 0;

	while (i < report->count && strcmp(report->items[i].name, name) != 0)
		i++;
	if (i == report->count) {
		report->items = mem_grow(report->items, report->count, &report->capacity,
					 sizeof(*report->items));
		report->items[report->count++] = (struct replay_item){.name = name};
	}
	return i;
}

/* One line that a terminal shows as it is. */
static char *shown_line(const char *text)
{
	char *line = text != NULL ? text_trim(text_shown(text)) : NULL, *cut;

	if (line == NULL || strlen(line) <= SHOWN_BYTES)
		return line;
	text_truncate_utf8(line, SHOWN_BYTES);
	cut = mem_printf("%s…", line);
	free(line);
	return cut;
}

static void differ(struct replay_report *report, size_t at, const char *where, const char *original,
		   const char *replayed)
{
	if (report->shown_count < REPLAY_SHOWN)
		report->shown[report->shown_count++] =
		    (struct replay_difference){.item = report->items[at].name,
					       .where = shown_line(where),
					       .original = shown_line(original),
					       .replayed = shown_line(replayed)};
	report->items[at].differences++;
}

void replay_report_free(struct replay_report *report)
{
	for (size_t i = 0; i < report->shown_count; i++) {
		free(report->shown[i].where);
		free(report->shown[i].original);
		free(report->shown[i].replayed);
	}
	free(report->items);
	*report = (struct replay_report){0};
}

/* --- rows --- */

/* A column's text, NULL for a null. */
static const char *cell_text(sqlite3_stmt *row, int column)
{
	return column_null(row, column) ? NULL : column_text(row, column);
}

static bool same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Compares two rows of one key; tells the first column that differs. */
static void compare_columns(struct replay_report *report, size_t at, const char *date,
			    sqlite3_stmt *original, sqlite3_stmt *replayed)
{
	for (int i = REPLAY_ROW_COLUMNS; i < sqlite3_column_count(original); i++) {
		const char *a = cell_text(original, i), *b = cell_text(replayed, i);
		char *where;

		if (same(a, b))
			continue;
		where =
		    mem_printf("nuit du %s, %s, %s", date, column_text(original, REPLAY_ROW_TITLE),
			       sqlite3_column_name(original, i));
		differ(report, at, where, a != NULL ? a : "(vide)", b != NULL ? b : "(vide)");
		free(where);
		return;
	}
}

static void compare_lonely(struct replay_report *report, size_t at, const char *date,
			   sqlite3_stmt *row, bool original)
{
	char *where = mem_printf("nuit du %s, %s", date, column_text(row, REPLAY_ROW_TITLE));
	const char *what = cell_text(row, REPLAY_ROW_COLUMNS);

	if (what == NULL)
		what = "(vide)";
	differ(report, at, where, original ? what : NULL, original ? NULL : what);
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
static void compare_rows(struct replay *replay, struct replay_report *report, size_t at,
			 enum sql_id id, const struct replay_night *past_night)
{
	struct store *from = replay->original->store, *to = replay->root.store;
	sqlite3_stmt *a = select_rows(from, id, past_night->id, past_night->date);
	sqlite3_stmt *b = select_rows(to, id, past_night->replayed, past_night->date);
	bool more_a = store_step(from, a), more_b = store_step(to, b);

	while (more_a || more_b) {
		int order = !more_a ? 1 : (!more_b ? -1 : compare_keys(a, b));

		report->items[at].compared++;
		if (order == 0)
			compare_columns(report, at, past_night->date, a, b);
		else
			compare_lonely(report, at, past_night->date, order < 0 ? a : b, order < 0);
		if (order <= 0)
			more_a = store_step(from, a);
		if (order >= 0)
			more_b = store_step(to, b);
	}
}

/* --- outputs --- */

/* Compares line by line; tells the first that differs. */
static void compare_streams(struct replay_report *report, size_t at, const char *path,
			    FILE *original, FILE *replayed)
{
	char *a = NULL, *b = NULL, *where;
	size_t size_a = 0, size_b = 0, line = 0;
	ssize_t length_a, length_b;

	report->items[at].compared++;
	do {
		length_a = getline(&a, &size_a, original);
		length_b = getline(&b, &size_b, replayed);
		line++;
	} while (length_a >= 0 && length_a == length_b && memcmp(a, b, (size_t)length_a) == 0);
	if (length_a >= 0 || length_b >= 0) {
		where = mem_printf("%s, ligne %zu", path, line);
		differ(report, at, where, length_a >= 0 ? a : NULL, length_b >= 0 ? b : NULL);
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

/* Compares one output of the original, which its rows give as `text`, with the rebuilt one. */
static const struct error *compare_output(struct replay *replay, struct replay_report *report,
					  const struct output_kind *kind, sqlite3_stmt *row,
					  const struct buf *text)
{
	const char *dir = column_text(row, OUTPUT_FOLDER), *name = column_text(row, OUTPUT_NAME);
	char *path = mem_printf("%s/%s", dir, name);
	size_t rendered_item = item(report, kind->as_rendered);
	size_t published_item = item(report, kind->as_published);
	FILE *rebuilt = open_output(&replay->root, kind, dir, name), *rendered, *left;
	const struct error *err = NULL;

	if (rebuilt == NULL && errno != ENOENT)
		err = error_errno(ERR_FAULT, "%s/%s", replay->root.path, path);
	rendered = open_text(text);
	if (err == NULL && rebuilt == NULL) {
		report->items[rendered_item].compared++;
		differ(report, rendered_item, path, "présent", NULL);
	} else if (err == NULL && rendered == NULL) {
		err = error_errno(ERR_FAULT, "%s", path);
	} else if (err == NULL) {
		compare_streams(report, rendered_item, path, rendered, rebuilt);
		err = check_read(path, rendered, rebuilt);
		left = err == NULL ? open_output(replay->original, kind, dir, name) : NULL;
		if (err == NULL && left == NULL && errno != ENOENT)
			err = error_errno(ERR_FAULT, "%s/%s", replay->original->path, path);
		if (err == NULL && fseek(rebuilt, 0, SEEK_SET) != 0)
			err = error_errno(ERR_FAULT, "%s/%s", replay->root.path, path);
		if (left != NULL && err == NULL) {
			compare_streams(report, published_item, path, left, rebuilt);
			err = check_read(path, left, rebuilt);
		}
		if (left != NULL)
			fclose(left);
	}
	if (rebuilt != NULL)
		fclose(rebuilt);
	if (rendered != NULL)
		fclose(rendered);
	free(path);
	return err;
}

static const struct error *compare_outputs(struct replay *replay, struct replay_report *report,
					   const struct output_kind *kind,
					   const struct replay_night *past_night)
{
	struct store *store = replay->original->store;
	sqlite3_stmt *stmt = select_rows(store, kind->of_night, past_night->id, past_night->date);
	const struct error *err = NULL;
	struct buf text = {0};

	/* Both items are shown even when there is no output. */
	item(report, kind->as_rendered);
	item(report, kind->as_published);
	while (err == NULL && store_step(store, stmt)) {
		buf_clear(&text);
		kind->render(replay->original, column_int(stmt, OUTPUT_ID), &text);
		err = store_error(store);
		if (err == NULL)
			err = compare_output(replay, report, kind, stmt, &text);
	}
	sqlite3_reset(stmt);
	buf_free(&text);
	return err;
}

/* --- reports --- */

static const struct error *compare_report(struct replay *replay, struct replay_report *report,
					  size_t at, const char *path)
{
	FILE *original = open_file(replay->original, path), *rebuilt;
	const struct error *err = NULL;

	if (original == NULL && errno != ENOENT)
		return error_errno(ERR_FAULT, "%s/%s", replay->original->path, path);
	rebuilt = open_file(&replay->root, path);
	if (rebuilt == NULL && errno != ENOENT) {
		err = error_errno(ERR_FAULT, "%s/%s", replay->root.path, path);
	} else if (original != NULL && rebuilt != NULL) {
		compare_streams(report, at, path, original, rebuilt);
		err = check_read(path, original, rebuilt);
	} else if (original != NULL || rebuilt != NULL) {
		report->items[at].compared++;
		differ(report, at, path, original != NULL ? "présent" : NULL,
		       rebuilt != NULL ? "présent" : NULL);
	}
	if (original != NULL)
		fclose(original);
	if (rebuilt != NULL)
		fclose(rebuilt);
	return err;
}

/* Compares a folder's files in one root; in the replay's, those that the original lacks. */
static const struct error *compare_folder(struct replay *replay, struct replay_report *report,
					  size_t at, const char *folder, const struct root *root)
{
	struct names names;
	const struct error *err = dir_names(root->fd, folder, DIR_STRICT, &names);

	for (size_t i = 0; i < names.count && err == NULL; i++) {
		char *path = mem_printf("%s/%s", folder, names.items[i]);
		bool seen = false;

		if (root != replay->original)
			err = file_look(replay->original->fd, path, &seen);
		if (err == NULL && !seen)
			err = compare_report(replay, report, at, path);
		free(path);
	}
	names_free(&names);
	return err;
}

/* A date has one folder of reports, which the last of its nights wrote. */
static const struct error *compare_reports(struct replay *replay, struct replay_report *report,
					   const struct output_kind *kind, const char *date)
{
	char *folder = mem_printf("%s/%s", kind->folders[0], date);
	size_t at = item(report, kind->as_published);
	bool left = false, right = false;
	const struct error *err = file_look(replay->original->fd, folder, &left);

	if (err == NULL)
		err = file_look(replay->root.fd, folder, &right);
	report->reports_missing = !left || !right;
	if (err == NULL && !report->reports_missing) {
		err = compare_folder(replay, report, at, folder, replay->original);
		if (err == NULL)
			err = compare_folder(replay, report, at, folder, &replay->root);
	}
	free(folder);
	return err;
}

/* --- all of it --- */

static void compare_night(struct replay *replay, struct replay_report *report,
			  const struct replay_night *past_night, bool before)
{
	for (size_t i = 0; i < ARRAY_SIZE(compared); i++)
		compare_rows(replay, report,
			     item(report, before ? "Nuits d'avant : lignes" : compared[i].name),
			     compared[i].rows, past_night);
}

/* Compares what the nights of the date published; the folder of a date last. */
static const struct error *compare_published(struct replay *replay, struct replay_report *report,
					     const char *date)
{
	const struct error *err = NULL;

	for (size_t i = 0; i < replay->count; i++)
		for (size_t kind = 0; kind < output_count; kind++)
			if (err == NULL && outputs[kind].compare == COMPARE_ROWS &&
			    strcmp(replay->nights[i].date, date) == 0)
				err = compare_outputs(replay, report, &outputs[kind],
						      &replay->nights[i]);
	for (size_t kind = 0; kind < output_count; kind++)
		if (err == NULL && outputs[kind].compare == COMPARE_FOLDER)
			err = compare_reports(replay, report, &outputs[kind], date);
	return err;
}

const struct error *replay_compare(struct replay *replay, struct replay_report *report)
{
	const char *date = replay->nights[replay->count - 1].date;
	const struct error *err;

	*report = (struct replay_report){0};
	/* Earlier nights come first: one that differs explains what follows. */
	for (size_t i = 0; i < replay->count; i++) {
		compare_night(replay, report, &replay->nights[i],
			      strcmp(replay->nights[i].date, date) != 0);
		progress_show("Comparaison", i, replay->count);
	}
	err = compare_published(replay, report, date);
	progress_clear();
	if (err == NULL)
		err = store_error(replay->original->store);
	return err != NULL ? err : store_error(replay->root.store);
}
