/* The replay against the original: rows, outputs, reports. */
#include "lib/dir.h"
#include "lib/mem.h"
#include "lib/progress.h"
#include "lib/text.h"
#include "lib/text_shown.h"
#include "publish/answer.h"
#include "publish/asp_return.h"
#include "publish/mail.h"
#include "replay/rejeu_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHOWN_BYTES 300 /* of a line or a value in a difference */

/* Rows of a night. */
static const struct {
	const char *nom;
	enum sql_id lignes;
} tables[] = {
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

static void correction_read(struct root *root, int64_t depot, struct buf *out)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_REPLAY_CORRECTION);

	bind_int(stmt, REPLAY_CORRECTION_P_DEPOT, depot);
	if (store_step(root->store, stmt)) {
		buf_puts(out, column_text(stmt, REPLAY_CORRECTION_TEXTE));
		sqlite3_reset(stmt);
	}
}

/* Outputs of a night: as the original's rows render them, and as they still lie in its outbox. */
static const struct {
	const char *rendues, *publiees;
	enum sql_id sorties;
	void (*render)(struct root *root, int64_t id, struct buf *out);
} genres[] = {
    {"Réponses rendues", "Réponses dans l'outbox", SQL_REPLAY_OUTPUTS_ANSWERS, answer_render},
    {"Corrections rendues", "Corrections dans l'outbox", SQL_REPLAY_OUTPUTS_CORRECTIONS,
     correction_read},
    {"Courriels rendus", "Courriels dans l'outbox", SQL_REPLAY_OUTPUTS_MAILS, mail_render},
    {"Retours rendus", "Retours dans l'outbox", SQL_REPLAY_OUTPUTS_RETOURS_ASP, asp_return_render},
};

/* --- what was found --------------------------------------------------------------------------- */

static size_t poste(struct rejeu_bilan *bilan, const char *nom)
{
	size_t i = 0;

	while (i < bilan->count && strcmp(bilan->postes[i].nom, nom) != 0)
		i++;
	if (i == bilan->count) {
		bilan->postes =
		    mem_grow(bilan->postes, bilan->count, &bilan->capacity, sizeof(*bilan->postes));
		bilan->postes[bilan->count++] = (struct rejeu_poste){.nom = nom};
	}
	return i;
}

/* One line that a terminal shows as it is. */
static char *shown(const char *text)
{
	char *line = text != NULL ? text_trim(text_shown(text)) : NULL, *cut;

	if (line == NULL || strlen(line) <= SHOWN_BYTES)
		return line;
	text_truncate_utf8(line, SHOWN_BYTES);
	cut = mem_printf("%s…", line);
	free(line);
	return cut;
}

static void differ(struct rejeu_bilan *bilan, size_t at, const char *ou, const char *original,
		   const char *rejoue)
{
	if (bilan->montrees_count < REJEU_MONTREES)
		bilan->montrees[bilan->montrees_count++] =
		    (struct rejeu_difference){.poste = bilan->postes[at].nom,
					      .ou = shown(ou),
					      .original = shown(original),
					      .rejoue = shown(rejoue)};
	bilan->postes[at].differences++;
}

void rejeu_bilan_free(struct rejeu_bilan *bilan)
{
	for (size_t i = 0; i < bilan->montrees_count; i++) {
		free(bilan->montrees[i].ou);
		free(bilan->montrees[i].original);
		free(bilan->montrees[i].rejoue);
	}
	free(bilan->postes);
	*bilan = (struct rejeu_bilan){0};
}

/* --- rows ------------------------------------------------------------------------------------- */

/* The value, or NULL. */
static const char *value(sqlite3_stmt *row, int column)
{
	return column_null(row, column) ? NULL : column_text(row, column);
}

static bool same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* The two rows under one key: the first column that differs. */
static void compare_columns(struct rejeu_bilan *bilan, size_t at, const char *date,
			    sqlite3_stmt *original, sqlite3_stmt *rejoue)
{
	for (int i = REPLAY_ROW_COLUMNS; i < sqlite3_column_count(original); i++) {
		const char *a = value(original, i), *b = value(rejoue, i);
		char *ou;

		if (same(a, b))
			continue;
		ou = mem_printf("nuit du %s, %s, %s", date, column_text(original, REPLAY_ROW_TITLE),
				sqlite3_column_name(original, i));
		differ(bilan, at, ou, a != NULL ? a : "(vide)", b != NULL ? b : "(vide)");
		free(ou);
		return;
	}
}

static void compare_lonely(struct rejeu_bilan *bilan, size_t at, const char *date,
			   sqlite3_stmt *row, bool original)
{
	char *ou = mem_printf("nuit du %s, %s", date, column_text(row, REPLAY_ROW_TITLE));
	const char *what = value(row, REPLAY_ROW_COLUMNS);

	if (what == NULL)
		what = "(vide)";
	differ(bilan, at, ou, original ? what : NULL, original ? NULL : what);
	free(ou);
}

/* Whether the first comes before the second (-1), stands for the same (0), or comes after (1). */
static int compare_keys(sqlite3_stmt *a, sqlite3_stmt *b)
{
	static const int keys[] = {REPLAY_ROW_MAJOR, REPLAY_ROW_MINOR};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (column_int(a, keys[i]) != column_int(b, keys[i]))
			return column_int(a, keys[i]) < column_int(b, keys[i]) ? -1 : 1;
	return 0;
}

static sqlite3_stmt *select_rows(struct store *store, enum sql_id id, int64_t nuit,
				 const char *date)
{
	sqlite3_stmt *stmt = store_stmt(store, id);

	bind_int(stmt, parameter(stmt, ":nuit"), nuit);
	bind_text(stmt, parameter_if_any(stmt, ":date"), date);
	return stmt;
}

/* Both in order: what has one key is compared, what has none beside it is lonely. */
static void compare_rows(struct rejeu *rejeu, struct rejeu_bilan *bilan, size_t at, enum sql_id id,
			 const struct rejeu_nuit *nuit)
{
	struct store *from = rejeu->origine->store, *to = rejeu->root.store;
	sqlite3_stmt *a = select_rows(from, id, nuit->id, nuit->date);
	sqlite3_stmt *b = select_rows(to, id, nuit->rejouee, nuit->date);
	bool more_a = store_step(from, a), more_b = store_step(to, b);

	while (more_a || more_b) {
		int order = !more_a ? 1 : (!more_b ? -1 : compare_keys(a, b));

		bilan->postes[at].compares++;
		if (order == 0)
			compare_columns(bilan, at, nuit->date, a, b);
		else
			compare_lonely(bilan, at, nuit->date, order < 0 ? a : b, order < 0);
		if (order <= 0)
			more_a = store_step(from, a);
		if (order >= 0)
			more_b = store_step(to, b);
	}
}

/* --- outputs ---------------------------------------------------------------------------------- */

/* Line by line; the first that differs is told. */
static void compare_streams(struct rejeu_bilan *bilan, size_t at, const char *path, FILE *original,
			    FILE *rejoue)
{
	char *a = NULL, *b = NULL, *ou;
	size_t size_a = 0, size_b = 0, line = 0;
	ssize_t length_a, length_b;

	bilan->postes[at].compares++;
	do {
		length_a = getline(&a, &size_a, original);
		length_b = getline(&b, &size_b, rejoue);
		line++;
	} while (length_a >= 0 && length_a == length_b && memcmp(a, b, (size_t)length_a) == 0);
	if (length_a >= 0 || length_b >= 0) {
		ou = mem_printf("%s, ligne %zu", path, line);
		differ(bilan, at, ou, length_a >= 0 ? a : NULL, length_b >= 0 ? b : NULL);
		free(ou);
	}
	free(a);
	free(b);
}

/* NULL when there is no such file (errno is then ENOENT), or it cannot be read. */
static FILE *open_file(const struct root *root, const char *path)
{
	int fd = openat(root->fd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	FILE *stream = fd >= 0 ? fdopen(fd, "r") : NULL;

	if (stream == NULL && fd >= 0)
		close(fd);
	return stream;
}

/* A mail that was read lies in cur, under its name and its marks. */
static FILE *open_output(const struct root *root, const char *dir, const char *name)
{
	static const char *const elsewhere[] = {"", ":2,", ":2,S"};
	char *path = mem_printf("%s/%s", dir, name);
	FILE *stream = open_file(root, path);

	for (size_t i = 0;
	     stream == NULL && errno == ENOENT && strcmp(dir, "outbox/mails/new") == 0 &&
	     i < sizeof(elsewhere) / sizeof(*elsewhere);
	     i++) {
		free(path);
		path = mem_printf("outbox/mails/cur/%s%s", name, elsewhere[i]);
		stream = open_file(root, path);
	}
	free(path);
	return stream;
}

static FILE *open_text(const struct buf *text)
{
	return fmemopen(text->data, text->length, "r");
}

/* One output of the original. `text` is what its rows say; the replay's file is what was rebuilt.
 */
static const struct error *compare_output(struct rejeu *rejeu, struct rejeu_bilan *bilan,
					  size_t genre, sqlite3_stmt *row, const struct buf *text)
{
	const char *dir = column_text(row, OUTPUT_DIRECTORY), *name = column_text(row, OUTPUT_NAME);
	char *path = mem_printf("%s/%s", dir, name);
	size_t rendues = poste(bilan, genres[genre].rendues);
	size_t publiees = poste(bilan, genres[genre].publiees);
	FILE *rebuilt = open_output(&rejeu->root, dir, name), *rendered = open_text(text), *left;
	const struct error *err = NULL;

	if (rebuilt == NULL) {
		bilan->postes[rendues].compares++;
		differ(bilan, rendues, path, "présent", NULL);
	} else if (rendered == NULL) {
		err = error_errno(ERR_FAULT, "%s", path);
	} else {
		compare_streams(bilan, rendues, path, rendered, rebuilt);
		left = open_output(rejeu->origine, dir, name);
		if (left == NULL && errno != ENOENT)
			err = error_errno(ERR_FAULT, "%s/%s", rejeu->origine->path, path);
		rewind(rebuilt);
		if (left != NULL) {
			compare_streams(bilan, publiees, path, left, rebuilt);
			fclose(left);
		}
	}
	if (rebuilt != NULL)
		fclose(rebuilt);
	if (rendered != NULL)
		fclose(rendered);
	free(path);
	return err;
}

static const struct error *compare_outputs(struct rejeu *rejeu, struct rejeu_bilan *bilan,
					   size_t genre, const struct rejeu_nuit *nuit)
{
	struct store *store = rejeu->origine->store;
	sqlite3_stmt *stmt = select_rows(store, genres[genre].sorties, nuit->id, nuit->date);
	const struct error *err = NULL;
	struct buf text = {0};

	/* Said even when there is none. */
	poste(bilan, genres[genre].rendues);
	poste(bilan, genres[genre].publiees);
	while (err == NULL && store_step(store, stmt)) {
		buf_clear(&text);
		genres[genre].render(rejeu->origine, column_int(stmt, OUTPUT_ID), &text);
		err = store_error(store);
		if (err == NULL)
			err = compare_output(rejeu, bilan, genre, stmt, &text);
	}
	sqlite3_reset(stmt);
	buf_free(&text);
	return err;
}

/* --- reports ---------------------------------------------------------------------------------- */

static const struct error *compare_report(struct rejeu *rejeu, struct rejeu_bilan *bilan, size_t at,
					  const char *path)
{
	FILE *original = open_file(rejeu->origine, path), *rebuilt;
	const struct error *err = NULL;

	if (original == NULL && errno != ENOENT)
		return error_errno(ERR_FAULT, "%s/%s", rejeu->origine->path, path);
	rebuilt = open_file(&rejeu->root, path);
	if (original != NULL && rebuilt != NULL) {
		compare_streams(bilan, at, path, original, rebuilt);
	} else if (original != NULL || rebuilt != NULL) {
		bilan->postes[at].compares++;
		differ(bilan, at, path, original != NULL ? "présent" : NULL,
		       rebuilt != NULL ? "présent" : NULL);
	}
	if (original != NULL)
		fclose(original);
	if (rebuilt != NULL)
		fclose(rebuilt);
	return err;
}

/* The files of that folder in one of the two roots; of the replay's, those that the original lacks.
 */
static const struct error *compare_folder(struct rejeu *rejeu, struct rejeu_bilan *bilan, size_t at,
					  const char *folder, bool original)
{
	const struct root *root = original ? rejeu->origine : &rejeu->root;
	struct names names;
	const struct error *err = dir_names(root->fd, folder, DIR_STRICT, &names);

	for (size_t i = 0; i < names.count && err == NULL; i++) {
		char *path = mem_printf("%s/%s", folder, names.items[i]);

		if (original || faccessat(rejeu->origine->fd, path, F_OK, 0) != 0)
			err = compare_report(rejeu, bilan, at, path);
		free(path);
	}
	names_free(&names);
	return err;
}

/* Of one date there is one folder, which the last of its nights wrote. */
static const struct error *compare_reports(struct rejeu *rejeu, struct rejeu_bilan *bilan,
					   const char *date)
{
	char *folder = mem_printf("outbox/asp/rapports/%s", date);
	size_t at = poste(bilan, "Rapports dans l'outbox");
	const struct error *err = NULL;

	bilan->rapports_absents = faccessat(rejeu->origine->fd, folder, F_OK, 0) != 0 ||
				  faccessat(rejeu->root.fd, folder, F_OK, 0) != 0;
	if (!bilan->rapports_absents) {
		err = compare_folder(rejeu, bilan, at, folder, true);
		if (err == NULL)
			err = compare_folder(rejeu, bilan, at, folder, false);
	}
	free(folder);
	return err;
}

/* --- all of it -------------------------------------------------------------------------------- */

static void compare_night(struct rejeu *rejeu, struct rejeu_bilan *bilan,
			  const struct rejeu_nuit *nuit, bool before)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		compare_rows(rejeu, bilan,
			     poste(bilan, before ? "Nuits d'avant : lignes" : tables[i].nom),
			     tables[i].lignes, nuit);
}

const struct error *rejeu_compare(struct rejeu *rejeu, struct rejeu_bilan *bilan)
{
	const char *date = rejeu->nuits[rejeu->count - 1].date;
	const struct error *err = NULL;

	*bilan = (struct rejeu_bilan){0};
	/* An earlier night that differs explains what follows. */
	for (size_t i = 0; i < rejeu->count; i++) {
		compare_night(rejeu, bilan, &rejeu->nuits[i],
			      strcmp(rejeu->nuits[i].date, date) != 0);
		progress_show("Comparaison", i, rejeu->count);
	}
	for (size_t i = 0; i < rejeu->count; i++)
		for (size_t genre = 0; genre < sizeof(genres) / sizeof(*genres); genre++)
			if (err == NULL && strcmp(rejeu->nuits[i].date, date) == 0)
				err = compare_outputs(rejeu, bilan, genre, &rejeu->nuits[i]);
	if (err == NULL)
		err = compare_reports(rejeu, bilan, date);
	progress_clear();
	if (err == NULL)
		err = store_error(rejeu->origine->store);
	return err != NULL ? err : store_error(rejeu->root.store);
}
