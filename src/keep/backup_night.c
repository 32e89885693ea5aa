/* The backup that each night makes of itself, before anything of it goes out. */
#include "keep/keep_private.h"
#include "lib/array.h"
#include "lib/dir.h"
#include "lib/file.h"
#include "lib/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "segur-2026-03-05-nuit-12.sauvegarde", with "-2" before the point when there is one already. */
#define SAVED_PREFIX "segur-"
#define END	     ".sauvegarde"

/* The day in the name of such a file; `end`: how it ends. */
static bool is_ours(const char *name, const char *end, int32_t *day)
{
	size_t length = strlen(name), prefix = strlen(SAVED_PREFIX);
	char date[DATE_SIZE];

	if (strncmp(name, SAVED_PREFIX, prefix) != 0 || length < prefix + DATE_SIZE + strlen(end) ||
	    strcmp(name + length - strlen(end), end) != 0)
		return false;
	snprintf(date, sizeof(date), "%s", name + prefix);
	return date_parse(date, day) &&
	       strncmp(name + prefix + DATE_SIZE - 1, "-nuit-", strlen("-nuit-")) == 0;
}

static const struct error *remove_old(int dir, const char *name)
{
	return unlinkat(dir, name, 0) == 0 || errno == ENOENT
		   ? NULL
		   : error_errno(ERR_CANT_WRITE, "%s", name);
}

/* A night that was killed left identity papers under a temporary name. */
static const struct error *remove_temporary(void *context, int dir, const struct dirent *entry)
{
	static const char *const ends[] = {END ".tmp", END ".tmp-journal", END ".tmp-wal",
					   END ".tmp-shm"};
	const struct error *err = NULL;
	int32_t day;

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(ends) && err == NULL; i++)
		if (is_ours(entry->d_name, ends[i], &day))
			err = remove_old(dir, entry->d_name);
	return err;
}

static const struct error *visit_saved(void *context, int dir, const struct dirent *entry)
{
	const int32_t *first = context;
	int32_t day;

	return is_ours(entry->d_name, END, &day) && day < *first ? remove_old(dir, entry->d_name)
								 : NULL;
}

/* A root that was restored counts its nights from the backup's on: no backup takes the place of
 * another. */
static char *free_path(const char *folder, const char *day, int64_t night)
{
	char *path =
	    mem_printf("%s/" SAVED_PREFIX "%s-nuit-%lld" END, folder, day, (long long)night);

	for (unsigned n = 2; access(path, F_OK) == 0; n++) {
		free(path);
		path = mem_printf("%s/" SAVED_PREFIX "%s-nuit-%lld-%u" END, folder, day,
				  (long long)night, n);
	}
	return path;
}

static const struct error *write_and_tidy(struct root *root, const char *folder, int dir,
					  const char *day, int64_t night)
{
	const struct error *err = dir_each(dir, ".", DIR_STRICT, remove_temporary, NULL);
	struct backup_report report;
	int32_t first = 0;
	char *path;

	if (err != NULL)
		return err;
	path = free_path(folder, day, night);
	err = backup_write(root, path, false, &report);
	free(path);
	if (date_parse(day, &first))
		first -= (int32_t)root->conf.garder_jours;
	return err != NULL ? err : dir_each(dir, ".", DIR_STRICT, visit_saved, &first);
}

const struct error *backup_night(struct root *root, const char *day, int64_t night)
{
	const char *named = root->conf.repertoire;
	const struct error *err;
	char *folder;
	int dir;

	if (strcmp(named, CONF_NONE) == 0)
		return NULL;
	folder = named[0] == '/' ? mem_strdup(named) : mem_printf("%s/%s", root->path, named);
	dir = file_open(AT_FDCWD, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	err = dir >= 0 ? write_and_tidy(root, folder, dir, day, night)
		       : error_errno(ERR_CANT_WRITE, "%s", folder);
	file_let_go(dir);
	free(folder);
	return err;
}
