#include "cmd.h"
#include "lib/date.h"
#include "lib/file.h"
#include "outbox.h"
#include "outbox_fs.h"
#include "root.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The state is that after the newest night, and bears its date; before the first one, today's. */
static void date_of(struct root *root, char date[static 11])
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_NUIT_DERNIERE);

	if (store_step(root->store, stmt))
		snprintf(date, 11, "%s", column_text(stmt, 0));
	else
		date_format(date_from_time(time(NULL)), date);
	sqlite3_reset(stmt);
}

static bool is_empty(int fd)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
	size_t count = 0;

	while (dir != NULL && readdir(dir) != NULL)
		count++;
	if (dir != NULL)
		closedir(dir);
	return count == 2; /* itself and its parent */
}

/* Makes the directory, or takes an empty one: nothing of anybody's is written over. */
static const struct error *open_target(const char *path, int *fd)
{
	*fd = -1;
	if (mkdir(path, 0750) != 0 && errno != EEXIST)
		return error_errno(ERR_CANT_WRITE, "%s", path);
	*fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0)
		return error_errno(ERR_CANT_WRITE, "%s", path);
	if (!is_empty(*fd))
		return error_set(ERR_DATA, "%s n'est pas vide : rien n'a été touché", path);
	return NULL;
}

static const struct error *write_all(struct root *root, const char *path)
{
	const struct error *err;
	char date[11];
	int dir;

	err = open_target(path, &dir);
	if (err == NULL) {
		date_of(root, date);
		err = reports_write(root, dir, date);
	}
	if (err == NULL)
		err = file_sync_fs(dir);
	if (dir >= 0)
		close(dir);
	return err;
}

int cmd_rapports(int argc, char **argv)
{
	const char *where = NULL;
	const struct cmd_option options[] = {
	    {"root", "DIR", "racine (par défaut : $SEGUR_ROOT, ou le répertoire courant)", &where},
	    {0},
	};
	const struct cmd_usage usage = {
	    "rapports DIR [--root DIR]",
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
		err = write_all(&root, argv[first]);
	code = err != NULL ? cmd_fail(err) : 0;
	root_close(&root);
	return code;
}
