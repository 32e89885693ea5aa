#include "replay/replay.h"

#include "asp/asp_file.h"
#include "lib/date.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "lib/progress.h"
#include "model/version.h"
#include "publish/outbox.h"
#include "replay/replay_private.h"
#include "rules/rules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONF_MAX (1 << 20) /* bytes of segur.conf */

/* --- which nights --- */

static void add_night(struct replay *replay, sqlite3_stmt *row)
{
	struct replay_night *past_night;

	replay->nights =
	    mem_grow(replay->nights, replay->count, &replay->capacity, sizeof(*past_night));
	past_night = &replay->nights[replay->count++];
	*past_night =
	    (struct replay_night){.id = column_int(row, REPLAY_NUITS_ID),
				  .programme = mem_strdup(column_text(row, REPLAY_NUITS_PROGRAMME)),
				  .regles = mem_strdup(column_text(row, REPLAY_NUITS_REGLES)),
				  .interrupted = column_int(row, REPLAY_NUITS_INTERROMPUE) != 0};
	past_night->other = strcmp(past_night->programme, SEGUR_VERSION) != 0 ||
			    strcmp(past_night->regles, RULES_VERSION) != 0;
	snprintf(past_night->date, sizeof(past_night->date), "%s",
		 column_text(row, REPLAY_NUITS_DATE));
}

static void drop_night(struct replay *replay)
{
	struct replay_night *past_night = &replay->nights[--replay->count];

	free(past_night->programme);
	free(past_night->regles);
}

/* Finds all nights up to the last of that date. */
static const struct error *find_nights(struct replay *replay, const char *date)
{
	struct store *store = replay->original->store;
	sqlite3_stmt *stmt = store_stmt(store, SQL_REPLAY_NUITS);
	char first[DATE_SIZE] = "", last[DATE_SIZE] = "";
	size_t wanted = 0;

	while (store_step(store, stmt)) {
		add_night(replay, stmt);
		if (strcmp(replay->nights[replay->count - 1].date, date) == 0)
			wanted = replay->count;
	}
	if (replay->count > 0) {
		snprintf(first, sizeof(first), "%s", replay->nights[0].date);
		snprintf(last, sizeof(last), "%s", replay->nights[replay->count - 1].date);
	}
	while (replay->count > wanted)
		drop_night(replay);
	if (store_error(store) != NULL || wanted > 0)
		return store_error(store);
	if (first[0] == '\0')
		return error_set(ERR_DATA, "%s : aucune nuit n'a été jouée",
				 replay->original->path);
	return error_set(ERR_DATA,
			 "%s : aucune nuit du %s ; la première est du %s, la dernière du %s",
			 replay->original->path, date, first, last);
}

/* --- what they need --- */

/* A file that cannot be looked at is not missing: its reader will say why. */
static bool is_missing(const struct root *root, const char *path)
{
	return faccessat(root->fd, path, F_OK, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT;
}

static const struct error *say_missing(const struct replay *replay, const char *what, size_t count)
{
	return error_set(ERR_DATA,
			 "la nuit du %s ne peut plus être rejouée : il manque %s%s ; une purge les "
			 "efface en son temps, une sauvegarde plus ancienne les a peut-être",
			 replay->nights[replay->count - 1].date, what,
			 count > 1 ? ", entre autres" : "");
}

static const struct error *check_archives(struct replay *replay)
{
	struct store *store = replay->original->store;
	sqlite3_stmt *stmt = store_stmt(store, SQL_REPLAY_ARCHIVES);
	const struct error *err = NULL;
	size_t missing = 0, closed = 0;
	char *what = NULL;

	bind_int(stmt, REPLAY_ARCHIVES_P_NUIT, replay->nights[replay->count - 1].id);
	while (store_step(store, stmt)) {
		const char *sha256 = column_text(stmt, REPLAY_ARCHIVES_SHA256);

		if (vault_readable(replay->archives, sha256))
			continue;
		closed += vault_form(replay->archives, sha256) == VAULT_ENCRYPTED;
		if (missing++ == 0)
			what = mem_printf("l'archive « %s » (compte %s, nuit du %s)",
					  column_text(stmt, REPLAY_ARCHIVES_ARCHIVE),
					  column_text(stmt, REPLAY_ARCHIVES_COMPTE),
					  column_text(stmt, REPLAY_ARCHIVES_DATE));
	}
	if (closed > 0)
		err = error_set(ERR_USAGE,
				"des archives de cette nuit ou d'avant sont conservées chiffrées : "
				"donnez leur clé privée (--cle CLE.pem)");
	else if (missing > 0)
		err = say_missing(replay, what, missing);
	free(what);
	return err != NULL ? err : store_error(store);
}

static const struct error *check_references(struct replay *replay)
{
	struct store *store = replay->original->store;
	sqlite3_stmt *stmt = store_stmt(store, SQL_REPLAY_REFERENCES);
	const struct error *err;
	char *what = NULL, path[ASP_PATH_SIZE];
	size_t missing = 0;

	bind_int(stmt, REPLAY_REFERENCES_P_NUIT, replay->nights[replay->count - 1].id);
	while (store_step(store, stmt)) {
		asp_file_path(column_text(stmt, REPLAY_REFERENCES_SHA256), path);
		if (is_missing(replay->original, path) && missing++ == 0)
			what = mem_printf("le fichier « %s » de l'ASP (nuit du %s)",
					  column_text(stmt, REPLAY_REFERENCES_NOM),
					  column_text(stmt, REPLAY_REFERENCES_DATE));
	}
	err = missing > 0 ? say_missing(replay, what, missing) : store_error(store);
	free(what);
	return err;
}

/* Names the purge that has erased something of these nights. */
static const struct error *check_purges(struct replay *replay)
{
	struct store *store = replay->original->store;
	sqlite3_stmt *stmt = store_stmt(store, SQL_REPLAY_PURGE);
	const struct error *err = NULL;

	bind_int(stmt, REPLAY_PURGE_P_NUIT, replay->nights[replay->count - 1].id);
	if (store_step(store, stmt)) {
		err = error_set(ERR_DATA,
				"la nuit du %s ne peut plus être rejouée : une purge du %s a "
				"effacé ce qui était gardé d'un dépôt de la nuit du %s ; une "
				"sauvegarde plus ancienne l'a peut-être",
				replay->nights[replay->count - 1].date,
				column_text(stmt, REPLAY_PURGE_DATE),
				column_text(stmt, REPLAY_PURGE_DEPOT_DATE));
		sqlite3_reset(stmt);
	}
	return err != NULL ? err : store_error(store);
}

/* An event that was erased in part cannot be played: who decided and why is part of the past. */
static const struct error *check_events(struct replay *replay)
{
	struct store *store = replay->original->store;
	sqlite3_stmt *stmt = store_stmt(store, SQL_REPLAY_ERASED);
	const struct error *err = NULL;
	char *what;

	bind_text(stmt, REPLAY_ERASED_P_DATE, replay->nights[replay->count - 1].date);
	if (store_step(store, stmt)) {
		what = mem_printf("ce qu'un événement du %s disait des personnes (demande %s)",
				  column_text(stmt, REPLAY_ERASED_DATE),
				  column_text(stmt, REPLAY_ERASED_NUMERO));
		err = say_missing(replay, what, 1);
		free(what);
		sqlite3_reset(stmt);
	}
	return err != NULL ? err : store_error(store);
}

/* --- the new root --- */

static const struct error *copy_file(int from, int to, const char *path, mode_t mode)
{
	int fd = file_open(from, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0);
	char *bytes = mem_alloc(CONF_MAX);
	const struct error *err = NULL;
	ssize_t got = fd >= 0 ? file_read_all(fd, bytes, CONF_MAX) : -1;
	size_t length = got > 0 ? (size_t)got : 0;

	if (got == CONF_MAX)
		errno = EFBIG;
	if (got < 0 || got == CONF_MAX)
		err = error_errno(ERR_FAULT, "%s", path);
	file_let_go(fd);
	if (err == NULL)
		err = file_replace(to, path, bytes, length, mode);
	explicit_bzero(bytes, length);
	free(bytes);
	return err;
}

static const struct error *make_root(struct replay *replay, const char *target)
{
	const struct error *err = root_prepare(target, &replay->target);

	if (err == NULL)
		err = copy_file(replay->original->fd, replay->target, "segur.conf", 0640);
	if (err == NULL)
		err = copy_file(replay->original->fd, replay->target, "var/secret", 0600);
	if (err == NULL)
		err = root_open_new(target, &replay->root);
	if (err != NULL)
		return err;
	/* No limit: drops that had no time are not in the record. No
	 * certificate: nothing is kept. */
	replay->root.conf.duree_max_s = 0;
	free(replay->root.conf.certificat);
	replay->root.conf.certificat = mem_strdup(NO_CERTIFICATE);
	return NULL;
}

const struct error *replay_open(struct replay *replay, struct root *original, const char *key,
				const char *date, const char *target)
{
	const struct error *err;

	*replay = (struct replay){.original = original, .target = -1};
	err = vault_open_reader(original, key, &replay->archives);
	if (err == NULL)
		err = find_nights(replay, date);
	if (err == NULL)
		err = check_purges(replay);
	if (err == NULL)
		err = check_archives(replay);
	if (err == NULL)
		err = check_references(replay);
	if (err == NULL)
		err = check_events(replay);
	if (err == NULL)
		err = make_root(replay, target);
	if (err != NULL)
		replay_close(replay);
	return err;
}

void replay_close(struct replay *replay)
{
	while (replay->count > 0)
		drop_night(replay);
	free(replay->nights);
	names_free(&replay->otherwise);
	replay_report_free(&replay->report);
	vault_close(replay->archives);
	root_close(&replay->root);
	file_let_go(replay->target);
	*replay = (struct replay){.target = -1};
}

/* --- playing --- */

/* Gives the night the original's versions, since answers name them. */
static const struct error *set_version(struct replay *replay, const struct night *night)
{
	struct store *store = replay->root.store;
	sqlite3_stmt *stmt;

	store_begin(store);
	stmt = store_stmt(store, SQL_REPLAY_VERSION);
	bind_int(stmt, REPLAY_VERSION_P_ID, night->id);
	bind_text(stmt, REPLAY_VERSION_P_PROGRAMME, replay->past_night->programme);
	bind_text(stmt, REPLAY_VERSION_P_REGLES, replay->past_night->regles);
	store_run(store, stmt);
	return store_commit(store);
}

static const struct error *play_night(struct replay *replay, struct replay_night *past_night)
{
	struct night_source source;
	struct night_options options = {.date = past_night->date, .source = &source};
	struct night night = {0};
	const struct error *err;

	replay->past_night = past_night;
	replay_source(replay, &source);
	err = night_begin(&replay->root, &options, &night);
	if (err == NULL)
		err = set_version(replay, &night);
	if (err == NULL)
		err = night_play(&night);
	past_night->replayed = night.id;
	night_close(&night);
	return err;
}

/* Earlier nights come first: one that differs explains what follows. */
static const struct error *compare_and_go_on(struct replay *replay,
					     const struct replay_night *past_night)
{
	replay_compare_night(replay, past_night);
	return past_night->other ? replay_words(replay) : NULL;
}

const struct error *replay_play(struct replay *replay)
{
	const struct error *err = NULL;

	for (size_t i = 0; i < replay->count && err == NULL; i++) {
		progress_show("Rejeu des nuits", i, replay->count);
		err = replay_commands(replay, i > 0 ? replay->nights[i - 1].id : 0);
		if (err == NULL)
			err = play_night(replay, &replay->nights[i]);
		if (err == NULL)
			err = compare_and_go_on(replay, &replay->nights[i]);
	}
	progress_clear();
	/* A last night that was interrupted has not published anything yet. */
	return err != NULL ? err : outbox_publish(&replay->root, NULL);
}
