#include "asp/insee_check.h"

#include "asp/insee.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "lib/text.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TAIL	  (1u << 20) /* of the file in force: its last key stands there */
#define ANY_LOSS  100	     /* percent: the operator says that rows may go, the last ones too */
#define CITED_MAX 40	     /* bytes cited of a key that cannot be read */

/* What the lines of a file show. */
struct survey {
	uint64_t lines, keys; /* blank ones apart; those that have a key */
	uint64_t spoilt;      /* whose key a tool has turned into another number */
	uint64_t last_key;    /* INSEE_NO_KEY: there is none */
	bool sorted;
	off_t last_record; /* where the last line with a key stands */
	/* The first line without a key, and one over the bound; 0: there is none. */
	uint32_t unread_line, long_line;
	char unread[CITED_MAX + 1];
};

/* A number that a spreadsheet or pandas has written otherwise: "29110866000031.0", "2,9E+13", or
 * one without its leading zeros. */
static bool is_spoilt(const char *cell, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (memchr(TEXT_DIGITS " .,Ee+", cell[i], strlen(TEXT_DIGITS " .,Ee+")) == NULL)
			return false;
	return length > 0 && text_is_digit(cell[0]);
}

static void note_unread(struct survey *survey, const struct insee_lines *lines,
			const struct insee_line *line, uint32_t number)
{
	size_t length;
	const char *cell = insee_lines_cell(lines, line, &length);
	bool spoilt = is_spoilt(cell, length);

	/* A spoilt key says more than the first line of those that have none. */
	if (survey->unread_line == 0 || (spoilt && survey->spoilt == 0)) {
		survey->unread_line = number;
		snprintf(survey->unread, sizeof(survey->unread), "%.*s",
			 (int)(length < CITED_MAX ? length : CITED_MAX), cell);
	}
	survey->spoilt += spoilt;
}

static void note_key(struct survey *survey, const struct insee_lines *lines, uint64_t key)
{
	survey->sorted = survey->sorted && (survey->keys == 0 || survey->last_key <= key);
	survey->last_key = key;
	survey->last_record = insee_lines_place(lines);
	survey->keys++;
}

/* Reads every line; a line over the bound ends the reading. */
static const struct error *survey_lines(struct insee_lines *lines, struct survey *survey)
{
	uint32_t number = lines->source.line;
	const struct error *err;
	struct insee_line line;

	*survey = (struct survey){
	    .last_key = INSEE_NO_KEY, .sorted = true, .last_record = insee_lines_place(lines)};
	for (;; number++) {
		err = insee_lines_next(lines, &line);
		if (err != NULL || (line.size == 0 && !line.too_long))
			return err;
		if (line.too_long) {
			survey->long_line = number;
			return NULL;
		}
		if (csv_is_blank(line.text, line.size))
			continue;
		survey->lines++;
		if (line.key == INSEE_NO_KEY)
			note_unread(survey, lines, &line, number);
		else
			note_key(survey, lines, line.key);
	}
}

/* Whether the last record has as many cells as the header. A record that a quote makes unreadable
 * is not one that was cut: it costs its own enterprise alone. */
static const struct error *check_last_record(struct insee_lines *lines, off_t place, bool *whole)
{
	struct csv_source *source = &lines->source;
	struct csv_window *window = &source->window;
	const struct error *err = NULL;
	enum csv_outcome outcome = CSV_OUTCOME_PARTIAL;

	*whole = true;
	insee_lines_seek(lines, place);
	while (err == NULL && outcome != CSV_OUTCOME_END && outcome != CSV_OUTCOME_LOST) {
		outcome = csv_record_parse(&source->record, window->data + window->start,
					   window->end - window->start, window->last);
		if (outcome == CSV_OUTCOME_RECORD)
			*whole = source->record.count >= source->width;
		window->start += source->record.used;
		if (outcome == CSV_OUTCOME_PARTIAL)
			err = csv_window_more(window);
	}
	return err;
}

/* The last key of the file in force; INSEE_NO_KEY when it is not kept any more. */
static const struct error *find_last_key(struct root *root, enum asp_kind kind, const char *sha256,
					 uint64_t *key)
{
	struct insee_lines lines;
	struct anomalies faults = {0};
	struct survey survey;
	const struct error *err;
	char path[ASP_PATH_SIZE];
	struct insee_line line;
	struct stat info;
	int fd;

	*key = INSEE_NO_KEY;
	asp_file_path(sha256, path);
	fd = file_open(root->fd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0);
	if (fd < 0 || fstat(fd, &info) != 0) {
		file_let_go(fd);
		return NULL;
	}
	err = register_open(&lines, fd, kind, &faults);
	if (err == NULL && faults.count == 0) {
		if (info.st_size > insee_lines_place(&lines) + TAIL) {
			insee_lines_seek(&lines, info.st_size - TAIL);
			err = insee_lines_next(&lines, &line); /* the rest of a line */
		}
		if (err == NULL)
			err = survey_lines(&lines, &survey);
		if (err == NULL)
			*key = survey.last_key;
	}
	insee_lines_close(&lines);
	anomalies_free(&faults);
	close(fd);
	return err;
}

static void refuse_keys(enum asp_kind kind, const struct survey *survey, struct anomalies *faults)
{
	uint64_t unread = survey->lines - survey->keys;
	char *count = mem_printf("%llu %s sur %llu", (unsigned long long)unread,
				 asp_lines((int64_t)unread), (unsigned long long)survey->lines);

	anomalies_add_at(faults, ANO_REF_CLES, "", survey->unread_line, 0, survey->unread,
			 register_key_name(kind), count);
	free(count);
}

static void refuse_cut(const struct asp_copy *copy, const char *why, struct anomalies *faults)
{
	anomalies_add_at(faults, ANO_REF_COUPE, "", (uint32_t)copy->rows, 0, NULL, why, NULL);
}

static const struct error *check_last_key(struct root *root, const struct asp_copy *copy,
					  enum asp_kind kind, const char *in_force,
					  struct insee_lines *lines, const struct survey *survey,
					  struct anomalies *faults)
{
	const struct error *err;
	uint64_t before = INSEE_NO_KEY;
	bool whole = true;

	err = check_last_record(lines, survey->last_record, &whole);
	if (err == NULL && in_force[0] != '\0' && survey->sorted && survey->keys > 0 &&
	    root->conf.perte_insee < ANY_LOSS)
		err = find_last_key(root, kind, in_force, &before);
	if (!whole) {
		refuse_cut(copy, "il manque des cellules à sa dernière ligne", faults);
	} else if (before != INSEE_NO_KEY && survey->last_key < before) {
		char *why = mem_printf(
		    "trié, il s'arrête à %0*llu, avant %0*llu, le dernier %s du "
		    "fichier en vigueur ; s'il a vraiment disparu du répertoire, l'exploitant met "
		    "perte_insee = 100 dans segur.conf le temps d'une nuit",
		    (int)lines->digits, (unsigned long long)survey->last_key, (int)lines->digits,
		    (unsigned long long)before, register_key_name(kind));

		refuse_cut(copy, why, faults);
		free(why);
	}
	return err;
}

/* Says what is wrong with the lines, the first fault alone: a file that is cut, or that a tool
 * wrote, has others for that reason. */
static const struct error *judge_lines(struct root *root, const struct asp_copy *copy,
				       enum asp_kind kind, const char *in_force,
				       struct insee_lines *lines, const struct survey *survey,
				       struct anomalies *faults)
{
	if (survey->long_line > 0)
		anomalies_add_at(faults, ANO_REF_ILLISIBLE, "", survey->long_line, 0, NULL,
				 "une ligne dépasse un mébioctet", NULL);
	else if (!copy->ended)
		refuse_cut(copy, "sa dernière ligne n'a pas de fin", faults);
	/* INSEE publishes no such key: one tells that a tool wrote the column, and its firm, or the
	 * few whose numbers begin with zeros, would be told that they do not exist. */
	else if ((survey->lines - survey->keys) * 2 > survey->lines || survey->spoilt > 0)
		refuse_keys(kind, survey, faults);
	else if (survey->lines > 0)
		return check_last_key(root, copy, kind, in_force, lines, survey, faults);
	return NULL;
}

const struct error *insee_check(struct root *root, const struct asp_copy *copy, enum asp_kind kind,
				const char *in_force, int64_t *rows, struct anomalies *faults)
{
	struct insee_lines lines;
	struct survey survey = {0};
	const struct error *err;

	posix_fadvise(copy->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	err = register_open(&lines, copy->fd, kind, faults);
	if (err == NULL && faults->count == 0)
		err = survey_lines(&lines, &survey);
	*rows = (int64_t)survey.keys;
	if (err == NULL && faults->count == 0)
		err = judge_lines(root, copy, kind, in_force, &lines, &survey, faults);
	insee_lines_close(&lines);
	return err;
}
