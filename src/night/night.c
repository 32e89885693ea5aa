#include "night/night_private.h"

#include "asp/asp_file.h"
#include "asp/decisions_file.h"
#include "asp/reference.h"
#include "keep/vault.h"
#include "lib/clock.h"
#include "lib/date.h"
#include "lib/file.h"
#include "lib/notice.h"
#include "model/version.h"
#include "record/deadlines.h"
#include "record/decisions.h"
#include "record/record.h"
#include "record/restart.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

bool night_keeps(const struct night *night)
{
	return !night->options->dry_run && night->options->source == NULL;
}

void night_received_at(const struct night *night, const struct drop *drop,
		       char text[static INSTANT_SIZE])
{
	time_t seconds = (time_t)(drop->received_ns / 1000000000);
	struct tm utc;

	if (night->options->date != NULL || drop->received_at != NULL) {
		snprintf(text, INSTANT_SIZE, "%s",
			 drop->received_at != NULL ? drop->received_at : night->date);
		return;
	}
	gmtime_r(&seconds, &utc);
	strftime(text, INSTANT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

int32_t night_deposit_day(const struct night *night, const struct drop *drop)
{
	int32_t day = 0;

	if (drop->received_at != NULL && date_parse(drop->received_at, &day))
		return day;
	if (night->options->date != NULL && drop->received_at == NULL)
		date_parse(night->date, &day);
	else
		day = date_from_time((time_t)(drop->received_ns / 1000000000));
	return day;
}

enum inbox_order night_order(const struct night *night)
{
	return night->options->date != NULL ? INBOX_BY_NAME : INBOX_BY_TIME;
}

/* The last resort, far beyond duree_max_s, against a disk that answers no more. The next run
 * mends what an alarm leaves. */
static void set_alarm(uint32_t duree_max_s)
{
	if (duree_max_s > 0)
		alarm(2 * duree_max_s + 3600);
}

static const struct error *write_row(struct root *root, struct night *night)
{
	sqlite3_stmt *stmt;

	/* A dry run is one transaction that is never committed. */
	if (night->options->dry_run)
		store_begin(root->store);
	store_begin(root->store);
	stmt = store_stmt(root->store, SQL_NUIT_INSERT);
	bind_text(stmt, NUIT_INSERT_P_DATE, night->date);
	bind_text(stmt, NUIT_INSERT_P_PROGRAMME, SEGUR_VERSION);
	bind_text(stmt, NUIT_INSERT_P_REGLES, RULES_VERSION);
	bind_int(stmt, NUIT_INSERT_P_FORCEE, night->forced);
	store_run(root->store, stmt);
	night->id = store_last_id(root->store);
	return store_commit(root->store);
}

static const struct error *refuse_order(const struct night *night, const char *last, int32_t jump)
{
	if (jump < 0)
		return error_set(ERR_DATA,
				 "la nuit du %s précède la dernière qui fut jouée, celle du %s : "
				 "vérifiez %s ; si cette nuit est voulue, « segur run --force » la "
				 "joue et le note",
				 night->date, last,
				 night->options->date != NULL ? "--date"
							      : "l'horloge de la machine (date)");
	return error_set(
	    ERR_DATA,
	    "l'horloge de la machine dit %s, %d jours après la dernière nuit, celle "
	    "du %s, et [nuit] saut_jours en admet %u : vérifiez-la (date) ; si elle est "
	    "juste, « segur run --force » joue cette nuit, et une fois suffit",
	    night->date, jump, last, night->root->conf.saut_jours);
}

/* Nights go forward. By a clock that was set back or far ahead, delays would be counted and reports
 * dated by days that never were. */
static const struct error *check_order(struct night *night)
{
	sqlite3_stmt *stmt = store_stmt(night->root->store, SQL_NUIT_LATEST);
	char last[DATE_SIZE];
	int32_t before = 0, day = 0;

	if (!store_step(night->root->store, stmt))
		return store_error(night->root->store);
	snprintf(last, sizeof(last), "%s", column_text(stmt, NUIT_LATEST_DATE));
	sqlite3_reset(stmt);
	date_parse(last, &before);
	date_parse(night->date, &day);
	night->forced = day < before || (night->options->date == NULL &&
					 day - before > (int32_t)night->root->conf.saut_jours);
	return night->forced && !night->options->force ? refuse_order(night, last, day - before)
						       : NULL;
}

const struct error *night_begin(struct root *root, const struct night_options *options,
				struct night *night)
{
	const struct error *err;

	*night =
	    (struct night){.root = root, .options = options, .spool = -1, .started_ms = clock_ms()};
	set_alarm(root->conf.duree_max_s);
	if (options->date != NULL)
		snprintf(night->date, sizeof(night->date), "%s", options->date);
	else
		date_format(date_from_time(time(NULL)), night->date);
	/* The nights of a replay were played. */
	err = options->source == NULL ? restart_check_day(root, night->date) : NULL;
	if (err == NULL)
		err = vault_open(root, night->date, &night->vault);
	if (err == NULL && options->source == NULL)
		err = check_order(night);
	if (err == NULL)
		err = write_row(root, night);
	if (err != NULL) {
		store_rollback(root->store);
		vault_close(night->vault);
		*night = (struct night){0};
	}
	return err;
}

/* --- the ASP's files --- */

static const struct error *take_asp_file(struct night *night, const struct drop *drop,
					 enum asp_kind kind)
{
	const struct error *err;
	char received[INSTANT_SIZE];
	bool taken;
	int fd = drop->regular ? inbox_open(night->root, drop) : -1;
	struct asp_file file = {.name = drop->archive,
				.fd = fd,
				.size = drop->size,
				.received_at = received,
				.source = drop->source,
				.night_id = night->id};

	/* Without tonight's registers nothing is judged, unless the fault is the file's own. */
	if (fd < 0 && drop->regular && (file_wants(errno) || errno == EIO))
		return error_errno(ERR_FAULT, "inbox/asp/%s", drop->archive);
	if (fd < 0) {
		err = error_set(ERR_DATA, "inbox/asp/%s : illisible ou pas un fichier : laissé là",
				drop->archive);
		notice(NOTICE_WARNING, "%s", err->message);
		return NULL;
	}
	/* A file that was taken and could not leave the inbox is not taken again. */
	if (store_get_int(night->root->store, SQL_FICHIER_ANSWERED, drop->source, 0) != 0) {
		close(fd);
		return NULL;
	}
	night_received_at(night, drop, received);
	err = kind == ASP_DECISIONS ? decisions_take(night->root, &file, night->date, &taken)
				    : reference_take(night->root, &file, kind, &taken);
	close(fd);
	return err;
}

/* Whether everybody may write to the ASP's folder. Then nothing in it is believed: the night goes on
 * with the references in force. */
static bool is_open_to_all(const struct root *root)
{
	struct stat status;
	bool open_to_all = fstatat(root->fd, "inbox/asp", &status, AT_SYMLINK_NOFOLLOW) == 0 &&
			   (status.st_mode & S_IWOTH) != 0;

	if (open_to_all)
		notice(NOTICE_WARNING, "inbox/asp : tout le monde peut y écrire, aucun de ses "
				       "fichiers n'est pris cette nuit ; chmod o-w inbox/asp");
	return open_to_all;
}

static const struct error *take_asp_files(struct night *night)
{
	const struct night_source *source = night->options->source;
	const struct error *err;
	struct drops files;

	if (source != NULL)
		return source->take_asp_files(source->context, night);
	if (is_open_to_all(night->root))
		return NULL;
	err = inbox_scan(night->root, INBOX_ASP, night_order(night), &files);
	/* References first: tonight's decisions and drops are judged by tonight's registers. */
	for (int decisions = 0; decisions <= 1 && err == NULL; decisions++)
		for (size_t i = 0; i < files.count && err == NULL; i++) {
			enum asp_kind kind = asp_kind_from(files.items[i].name);

			if ((kind == ASP_DECISIONS) == (decisions == 1))
				err = take_asp_file(night, &files.items[i], kind);
		}
	drops_free(&files);
	return err;
}

static const struct error *apply_delays(struct night *night)
{
	return deadlines_apply(night->root, &(struct record_night){night->id, night->date});
}

/* --- the end --- */

static const struct error *end_night(struct night *night)
{
	store_begin(night->root->store);
	output_files_record(night->root, night->id, &night->reports);
	store_run_int(night->root->store, SQL_NUIT_END, night->id);
	return store_commit(night->root->store);
}

static const struct error *(*const steps[NIGHT_STEP_COUNT])(struct night *) = {
    [NIGHT_RECOVER] = night_recover, [NIGHT_ASP_FILES] = take_asp_files,
    [NIGHT_ANALYSE] = night_analyse, [NIGHT_DECIDE] = night_decide,
    [NIGHT_DELAYS] = apply_delays,   [NIGHT_PUBLISH] = night_publish,
    [NIGHT_END] = end_night,
};

const struct error *night_play(struct night *night)
{
	const struct night_source *source = night->options->source;
	const struct error *err = NULL;

	for (enum night_step step = 0; step < NIGHT_STEP_COUNT && err == NULL; step++)
		if (source == NULL || source->reached(source->context, night, step))
			err = steps[step](night);
	return err;
}

void night_close(struct night *night)
{
	if (night->root == NULL)
		return;
	if (night->options->dry_run) {
		store_rollback(night->root->store);
		/* The dry run's copies of registers are not this root's. */
		asp_file_prune(night->root);
	}
	file_let_go(night->spool);
	for (size_t i = 0; night->analyses != NULL && i < night->drops.count; i++)
		copy_close(&night->analyses[i].copy);
	vault_close(night->vault);
	drops_free(&night->drops);
	output_files_free(&night->reports);
	free(night->analyses);
	free(night->sirets);
	*night = (struct night){0};
}
