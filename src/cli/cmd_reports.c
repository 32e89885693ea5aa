/*
 * The state reports, whole, for whoever asks. They are written and synced in a folder below the
 * one that is asked for, as no other place is certain to be writable and on its file system;
 * then they get their names.
 */
#include "cli/cmd.h"
#include "lib/date.h"
#include "lib/dir.h"
#include "lib/file.h"
#include "lib/tree.h"
#include "publish/report.h"
#include "store/root.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define WORK	".rapports.tmp"
#define PACKAGE "datapackage.json"

/* The state bears the date of the newest night; before the first one, today's. */
static void edition_date(struct root *root, char date[static DATE_SIZE])
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_NUIT_LATEST);

	if (store_step(root->store, stmt))
		snprintf(date, DATE_SIZE, "%s", column_text(stmt, NUIT_LATEST_DATE));
	else
		date_format(date_from_time(time(NULL)), date);
	sqlite3_reset(stmt);
}

static const struct error *not_empty(const char *path)
{
	return error_set(ERR_DATA, "%s n'est pas vide : rien n'a été touché", path);
}

static const struct error *remove_report(void *context, int dir, const struct dirent *entry)
{
	(void)context;
	return reports_have(entry->d_name) ? tree_remove(dir, entry->d_name) : NULL;
}

/* Nobody's files are written over, but an interrupted run's own go: the folder was empty when it
 * began, and its work is removed last. */
static const struct error *clear_reports(int dir, const char *path)
{
	const struct error *err = NULL;
	size_t names;

	if (faccessat(dir, WORK, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		err = dir_each(dir, ".", DIR_STRICT, remove_report, NULL);
	else if (errno != ENOENT)
		err = error_errno(ERR_CANT_WRITE, "%s/" WORK, path);
	if (err == NULL)
		err = dir_count(dir, path, WORK, &names);
	if (err != NULL)
		return err;
	return names == 0 ? tree_remove(dir, WORK) : not_empty(path);
}

/* Makes the folder, or takes an empty one. */
static const struct error *open_target(const char *path, int *dir)
{
	*dir = -1;
	if (mkdir(path, 0750) != 0 && errno != EEXIST)
		return error_errno(ERR_CANT_WRITE, "%s", path);
	*dir = file_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (*dir < 0)
		return error_errno(ERR_CANT_WRITE, "%s", path);
	/* Not every file system has such locks; where there is one, its holder still writes. */
	if (flock(*dir, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
		return error_set(ERR_BUSY, "%s : une autre exécution y écrit", path);
	return clear_reports(*dir, path);
}

/* Lists what was written; what describes the rest comes last. */
static const struct error *list(int dir, struct names *names)
{
	const struct error *err = dir_names(dir, WORK, DIR_STRICT, names);

	for (size_t i = 0; i + 1 < names->count; i++)
		if (strcmp(names->items[i], PACKAGE) == 0) {
			char *last = names->items[names->count - 1];

			names->items[names->count - 1] = names->items[i];
			names->items[i] = last;
		}
	return err;
}

/* Whoever finds a report in `dir` finds it whole, and all of them beside datapackage.json. */
static const struct error *give_names(int work, int dir, const char *path)
{
	struct names names;
	const struct error *err = list(dir, &names);
	size_t given = 0, others = 0;

	if (err == NULL)
		err = dir_count(dir, path, WORK, &others);
	if (err == NULL && others != 0)
		err = not_empty(path);
	for (; err == NULL && given < names.count; given += err == NULL)
		if (renameat(work, names.items[given], dir, names.items[given]) != 0)
			err = error_errno(ERR_CANT_WRITE, "%s/%s", path, names.items[given]);
	if (err == NULL)
		err = file_sync_fs(dir);
	while (err != NULL && given > 0)
		unlinkat(dir, names.items[--given], 0);
	names_free(&names);
	return err;
}

static const struct error *write_work(struct root *root, int dir, const char *path)
{
	const struct error *err = NULL;
	char date[DATE_SIZE];
	int work = -1;

	if (mkdirat(dir, WORK, 0700) == 0)
		work = file_open(dir, WORK, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	if (work < 0)
		return error_errno(ERR_CANT_WRITE, "%s/" WORK, path);
	edition_date(root, date);
	err = reports_write(root, work, date);
	if (err == NULL)
		err = file_sync_fs(work);
	if (err == NULL)
		err = give_names(work, dir, path);
	close(work);
	return err;
}

static const struct error *fill_target(struct root *root, const char *path)
{
	const struct error *err;
	int dir;

	err = open_target(path, &dir);
	if (err == NULL) {
		err = write_work(root, dir, path);
		if (err == NULL)
			err = tree_remove(dir, WORK);
		else /* the reports tell of people: nothing of them stays where nobody looks */
			err = tree_give_up(dir, WORK, *err);
	}
	file_let_go(dir);
	return err;
}

int cmd_reports(int argc, char **argv)
{
	const char *where = NULL;
	const struct cmd_option options[] = {
	    {"root", "DIR", "racine (par défaut : $SEGUR_ROOT, ou le répertoire courant)", &where},
	    {0},
	};
	const struct cmd_usage usage = {
	    "reports DIR [--root DIR]",
	    "Écrit dans DIR, qui n'existe pas ou est vide, les rapports d'état entiers (demandes, "
	    "pieces,\ncomptes, droits, coordonnees_bancaires), tels qu'en un même instant et même "
	    "pendant une nuit.\nIls contiennent des données personnelles.",
	    options};
	const struct error *err;
	struct root root;
	int code, first = cmd_parse(argc, argv, &usage, 1, 1, &code);

	if (first < 0)
		return code;
	err = root_open_snapshot(cmd_root(where), &root);
	if (err == NULL)
		err = fill_target(&root, argv[first]);
	code = err != NULL ? cmd_fail(err) : 0;
	root_close(&root);
	return code;
}
