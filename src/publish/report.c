#include "publish/report.h"

#include "files_gen.h"
#include "lib/array.h"
#include "lib/date.h"
#include "lib/dir.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "lib/sha256.h"
#include "lib/tree.h"
#include "publish/csv_write.h"
#include "store/durable.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUFFER (64 * 1024) /* bytes gathered before a write: what a report costs in memory */

/* What part of the database a folder of reports tells. */
struct edition {
	const char *date;
	int64_t since_night; /* it tells what happened after this night; 0: all */
	/* JSON list of the requests that the night changed; NULL: all of them. */
	const char *touched;
	bool accounts; /* the ASP's accounts changed: any row of droits may have, too */
	bool whole;    /* only the state reports */
	struct output_files *files; /* what was written; NULL: nobody asks */
};

/* The reports, each with its Table Schema schemas/tables/<nom>.json. */
static const struct report {
	const char *name, *title;
	enum sql_id rows;
	enum sql_id of_some; /* a state report's rows of some requests; 0: it is no state report */
	enum sql_id more, more_of_some; /* further rows, likewise; 0: there are none */
} reports[] = {
    {"demandes", "Demandes d'enrôlement", SQL_REPORT_DEMANDES, SQL_REPORT_DEMANDES_NIGHT, 0, 0},
    {"evenements", "Événements de la date", SQL_REPORT_EVENEMENTS, 0, 0, 0},
    {"depots", "Dépôts de la date", SQL_REPORT_DEPOTS, 0, 0, 0},
    {"anomalies", "Anomalies des dépôts de la date", SQL_REPORT_ANOMALIES, 0, 0, 0},
    {"pieces", "Pièces justificatives", SQL_REPORT_PIECES, SQL_REPORT_PIECES_NIGHT, 0, 0},
    {"comptes", "Comptes ouverts", SQL_REPORT_COMPTES, SQL_REPORT_COMPTES_NIGHT, 0, 0},
    {"droits", "Droits ouverts par les demandes", SQL_REPORT_DROITS, SQL_REPORT_DROITS_NIGHT, 0, 0},
    {"coordonnees_bancaires", "Coordonnées bancaires", SQL_REPORT_COORDONNEES_BANCAIRES,
     SQL_REPORT_COORDONNEES_BANCAIRES_NIGHT, 0, 0},
    {"alertes", "Alertes en cours", SQL_REPORT_ALERTES, SQL_REPORT_ALERTES_NIGHT,
     SQL_REPORT_SIGNAUX, SQL_REPORT_SIGNAUX_NIGHT},
    {"statistiques", "Statistiques", SQL_REPORT_STATISTIQUES, 0, 0, 0},
};
#define REPORT_COUNT ARRAY_SIZE(reports)

/* Whether it tells a state, of all requests or of some, and not what happened. */
static bool is_state(const struct report *report)
{
	return report->of_some != 0;
}

bool reports_have(const char *name)
{
	size_t length = strcspn(name, ".");

	if (strcmp(name, "datapackage.json") == 0)
		return true;
	if (strcmp(name + length, ".csv") != 0 && strcmp(name + length, ".schema.json") != 0)
		return false;
	for (size_t i = 0; i < REPORT_COUNT; i++)
		if (is_state(&reports[i]) && strlen(reports[i].name) == length &&
		    strncmp(reports[i].name, name, length) == 0)
			return true;
	return false;
}

/* One CSV on its way to the disk. */
struct csv_stream {
	int fd;
	struct buf buffer;
	struct sha256 *sum;
	uint64_t bytes, rows;
};

static const struct error *stream_flush(struct csv_stream *stream, const char *name)
{
	if (stream->buffer.length == 0)
		return NULL;
	sha256_update(stream->sum, stream->buffer.data, stream->buffer.length);
	stream->bytes += stream->buffer.length;
	if (file_write_all(stream->fd, stream->buffer.data, stream->buffer.length) != 0)
		return error_errno(ERR_CANT_WRITE, "%s", name);
	buf_clear(&stream->buffer);
	return NULL;
}

/* Whether the report holds what the night changed, and not all that is stored. */
static bool is_partial(const struct report *report, const struct edition *edition)
{
	return is_state(report) && edition->touched != NULL &&
	       !(edition->accounts && report->rows == SQL_REPORT_DROITS);
}

static const struct error *stream_rows(struct root *root, const struct report *report,
				       enum sql_id rows, const struct edition *edition,
				       struct csv_stream *stream)
{
	sqlite3_stmt *stmt = store_stmt(root->store, rows);
	const struct error *err = NULL;

	if (stmt == NULL)
		return store_error(root->store);
	if (!is_state(report))
		bind_int(stmt, parameter(stmt, ":since"), edition->since_night);
	if (rows == SQL_REPORT_STATISTIQUES)
		bind_text(stmt, REPORT_STATISTIQUES_P_DATE, edition->date);
	if (is_partial(report, edition))
		bind_text(stmt, parameter(stmt, ":touched"), edition->touched);
	if (stream->bytes == 0 && stream->buffer.length == 0)
		csv_header(&stream->buffer, root->conf.dialecte, stmt);
	while (err == NULL && store_step(root->store, stmt)) {
		csv_row_of(&stream->buffer, root->conf.dialecte, stmt);
		stream->rows++;
		if (stream->buffer.length >= BUFFER)
			err = stream_flush(stream, report->name);
	}
	sqlite3_reset(stmt);
	if (err == NULL)
		err = stream_flush(stream, report->name);
	return err != NULL ? err : store_error(root->store);
}

static const struct error *stream_report(struct root *root, const struct report *report,
					 const struct edition *edition, struct csv_stream *stream)
{
	bool partial = is_partial(report, edition);
	enum sql_id first = partial ? report->of_some : report->rows;
	enum sql_id more = partial ? report->more_of_some : report->more;
	const struct error *err = stream_rows(root, report, first, edition, stream);

	return err == NULL && more != 0 ? stream_rows(root, report, more, edition, stream) : err;
}

/* When some reports are partial, says of each state report whether it is. */
static void describe_scope(struct buf *out, const struct report *report,
			   const struct edition *edition)
{
	if (edition->touched == NULL || !is_state(report))
		return;
	buf_printf(out, "      \"portee\": \"%s\",\n      \"description\": \"%s\",\n",
		   is_partial(report, edition) ? "nuit" : "complet",
		   is_partial(report, edition)
		       ? "Les lignes des seules demandes que la nuit a changées : elles remplacent "
			 "celles des nuits d'avant ; une demande de demandes.csv qui n'a pas de "
			 "ligne ici n'en a plus."
		       : "L'état entier.");
}

/* One resource of datapackage.json (Frictionless Data Package 1.0). Our texts need no escapes. */
static void describe(struct buf *out, const struct report *report, const struct edition *edition,
		     const struct csv_stream *stream, enum dialect dialect, const char *hex)
{
	buf_printf(out,
		   "    {\n"
		   "      \"profile\": \"tabular-data-resource\",\n"
		   "      \"name\": \"%s\",\n"
		   "      \"title\": \"%s\",\n",
		   report->name, report->title);
	describe_scope(out, report, edition);
	buf_printf(out,
		   "      \"path\": \"%s.csv\",\n"
		   "      \"format\": \"csv\",\n"
		   "      \"mediatype\": \"text/csv\",\n"
		   "      \"encoding\": \"utf-8\",\n"
		   "      \"dialect\": {\"delimiter\": \"%s\", \"lineTerminator\": \"\\r\\n\", "
		   "\"quoteChar\": \"\\\"\", \"doubleQuote\": true, \"header\": true},\n"
		   "      \"schema\": \"%s.schema.json\",\n"
		   "      \"rows\": %llu,\n"
		   "      \"bytes\": %llu,\n"
		   "      \"hash\": \"sha256:%s\"\n"
		   "    }",
		   report->name, dialect == DIALECT_EXCEL ? ";" : ",", report->name,
		   (unsigned long long)stream->rows, (unsigned long long)stream->bytes, hex);
}

static const struct error *write_file(int dir, const char *name, const char *text, size_t length,
				      const struct edition *edition)
{
	char hex[SHA256_HEX_SIZE];

	sha256_hex_of(text, length, hex);
	output_files_add(edition->files, name, hex, length);
	return file_write_new(dir, name, text, length);
}

static const struct error *write_schema(int dir, const char *report, const struct edition *edition)
{
	char *path = mem_printf("schemas/tables/%s.json", report),
	     *name = mem_printf("%s.schema.json", report);
	const struct embedded_file *file = embedded_files;
	const struct error *err;

	while (file->path != NULL && strcmp(file->path, path) != 0)
		file++;
	err = file->path != NULL ? write_file(dir, name, file->text, strlen(file->text), edition)
				 : error_set(ERR_FAULT, "%s manque au programme", path);
	free(path);
	free(name);
	return err;
}

static const struct error *write_report(struct root *root, int dir, const struct report *report,
					const struct edition *edition, struct buf *package)
{
	char *name = mem_printf("%s.csv", report->name), hex[SHA256_HEX_SIZE];
	struct csv_stream stream = {.fd = -1, .sum = sha256_new()};
	const struct error *err = file_create(dir, name, &stream.fd);
	uint8_t sum[SHA256_SIZE];

	sha256_begin(stream.sum);
	if (err == NULL)
		err = stream_report(root, report, edition, &stream);
	sha256_end(stream.sum, sum);
	sha256_hex(sum, hex);
	if (stream.fd >= 0 && file_close(stream.fd) != 0 && err == NULL)
		err = error_errno(ERR_CANT_WRITE, "%s", name);
	output_files_add(edition->files, name, hex, stream.bytes);
	if (err == NULL)
		err = write_schema(dir, report->name, edition);
	describe(package, report, edition, &stream, root->conf.dialecte, hex);
	sha256_free(stream.sum);
	buf_free(&stream.buffer);
	free(name);
	return err;
}

static const struct error *write_reports(struct root *root, int dir, const struct edition *edition)
{
	const struct error *err = NULL;
	struct buf package = {0};
	const char *separator = "";

	buf_printf(&package,
		   "{\n"
		   "  \"profile\": \"tabular-data-package\",\n"
		   "  \"name\": \"segur-rapports-%s\",\n"
		   "  \"title\": \"Rapports d'enrôlement Ségur numérique vague 2 du %s\",\n"
		   "  \"version\": \"2.0.0\",\n"
		   "  \"created\": \"%sT00:00:00Z\",\n"
		   "  \"resources\": [\n",
		   edition->date, edition->date, edition->date);
	for (size_t i = 0; i < REPORT_COUNT && err == NULL; i++) {
		if (edition->whole && !is_state(&reports[i]))
			continue;
		buf_puts(&package, separator);
		err = write_report(root, dir, &reports[i], edition, &package);
		separator = ",\n";
	}
	buf_puts(&package, "\n  ]\n}\n");
	if (err == NULL)
		err = write_file(dir, "datapackage.json", package.data, package.length, edition);
	buf_free(&package);
	return err;
}

/* The requests that the night changed; the caller frees the list. */
static char *touched(struct root *root, int64_t since_night)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_REPORT_TOUCHED);
	char *list = NULL;

	bind_int(stmt, REPORT_TOUCHED_P_SINCE, since_night);
	if (store_step(root->store, stmt))
		list = mem_strdup(column_text(stmt, REPORT_TOUCHED_DEMANDES));
	sqlite3_reset(stmt);
	return list;
}

static bool accounts_changed(struct root *root, int64_t since_night)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_REPORT_COMPTES_CHANGED);
	bool changed;

	bind_int(stmt, REPORT_COMPTES_CHANGED_P_SINCE, since_night);
	changed = store_step(root->store, stmt);
	sqlite3_reset(stmt);
	return changed;
}

/* --- the series of months --- */

#define SERIES_MONTHS 24

/* Months since the year 0, of "AAAA-MM…". */
static int64_t month_number(const char *date)
{
	return strtol(date, NULL, 10) * 12 + strtol(date + strlen("AAAA-"), NULL, 10) - 1;
}

static void compute_month(struct root *root, int64_t month)
{
	char *text =
	    mem_printf("%04lld-%02lld", (long long)(month / 12), (long long)(month % 12 + 1));
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_STATISTICS_CLEAR);

	bind_text(stmt, STATISTICS_CLEAR_P_MOIS, text);
	store_run(root->store, stmt);
	stmt = store_stmt(root->store, SQL_STATISTICS_COMPUTE);
	bind_text(stmt, STATISTICS_COMPUTE_P_MOIS, text);
	store_run(root->store, stmt);
	free(text);
}

/* Computes the figures of this month, and once for all those of the months that ended since. */
static const struct error *compute_months(struct root *root, const char *date)
{
	int64_t now = month_number(date), done, from;

	store_begin(root->store);
	done = store_get_int(root->store, SQL_STATISTICS_DONE, NULL, 0);
	from = done + 1 < now - SERIES_MONTHS + 1 ? now - SERIES_MONTHS + 1 : done + 1;
	for (int64_t month = from < now ? from : now; month <= now; month++)
		compute_month(root, month);
	if (now - 1 > done)
		store_run_int(root->store, SQL_STATISTICS_SET_DONE, now - 1);
	return store_commit(root->store);
}

/* All reports see the same state: they are read in one transaction. */
static const struct error *write_folder(struct root *root, int dir, const char *date,
					struct output_files *files)
{
	struct edition edition = {.date = date, .files = files};
	const struct error *err, *end;
	char *list = NULL;

	err = compute_months(root, date);
	if (err != NULL)
		return err;
	store_begin(root->store);
	edition.since_night = store_get_int(root->store, SQL_REPORT_BOUND, date, 0);
	if (root->conf.etat == REPORTS_NIGHT) {
		edition.touched = list = touched(root, edition.since_night);
		edition.accounts = accounts_changed(root, edition.since_night);
	}
	err = store_error(root->store);
	if (err == NULL)
		err = write_reports(root, dir, &edition);
	end = store_commit(root->store); /* nothing was written: it ends the reading */
	free(list);
	return err != NULL ? err : end;
}

const struct error *reports_write(struct root *root, int dir, const char *date)
{
	return write_reports(root, dir, &(struct edition){.date = date, .whole = true});
}

/* Removes what a killed run left: dot-named, ending in .tmp. */
static const struct error *remove_leftover(void *context, int dir, const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	(void)context;
	return entry->d_name[0] == '.' && length > 4 &&
		       strcmp(entry->d_name + length - 4, ".tmp") == 0
		   ? tree_remove(dir, entry->d_name)
		   : NULL;
}

/* Puts the finished folder in its place; a reader sees the old one or the new one, whole. */
static const struct error *switch_folder(int dir, const char *temporary, const char *date)
{
	const struct error *err;

	if (renameat2(dir, temporary, dir, date, RENAME_NOREPLACE) != 0 &&
	    (errno != EEXIST || renameat2(dir, temporary, dir, date, RENAME_EXCHANGE) != 0))
		return error_errno(ERR_CANT_WRITE, "outbox/asp/rapports/%s", date);
	/* The name is durable before "courant" leads to it. */
	err = durable_names(dir);
	if (err != NULL)
		return err;
	unlinkat(dir, ".courant.tmp", 0);
	if (symlinkat(date, dir, ".courant.tmp") != 0 ||
	    renameat(dir, ".courant.tmp", dir, "courant") != 0)
		return error_errno(ERR_CANT_WRITE, "outbox/asp/rapports/courant");
	return durable_names(dir);
}

const struct error *reports_publish(struct root *root, const char *date, struct output_files *files)
{
	char *temporary = mem_printf(".%s.tmp", date);
	int dir = -1, folder = -1;
	const struct error *err;
	int32_t days;

	err = date_parse(date, &days)
		  ? dir_open(root->fd, "outbox/asp/rapports", &dir)
		  : error_set(ERR_FAULT, "date de rapport inattendue : « %s »", date);
	if (err == NULL)
		err = dir_each(root->fd, "outbox/asp/rapports", DIR_STRICT, remove_leftover, NULL);
	if (err == NULL)
		err = dir_open(dir, temporary, &folder);
	if (err == NULL)
		err = write_folder(root, folder, date, files);
	if (err == NULL)
		err = durable_outputs(folder);
	if (err == NULL)
		err = switch_folder(dir, temporary, date);
	if (err == NULL) /* after an exchange, the folder that was there before */
		err = tree_remove(dir, temporary);
	else if (dir >= 0) /* the room may be needed before the next night */
		err = tree_give_up(dir, temporary, *err);
	if (err == NULL)
		files->folder = mem_printf("outbox/asp/rapports/%s", date);
	file_let_go(folder);
	file_let_go(dir);
	free(temporary);
	return err;
}
