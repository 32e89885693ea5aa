#include "store/root_private.h"

#include "lib/array.h"
#include "lib/dir.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

const struct error *root_not_opened(const char *path)
{
	if (errno != ENOENT && errno != ENOTDIR)
		return error_errno(errno == EACCES ? ERR_CONFIG : ERR_FAULT, "%s", path);
	return error_set(ERR_CONFIG,
			 "%s n'est pas une racine Segur-enrol ; créez-la avec « segur init %s »",
			 path, path);
}

bool root_has_var(int fd)
{
	return faccessat(fd, "var/secret", F_OK, 0) == 0 ||
	       (errno == ENOENT && faccessat(fd, "var/segur.db", F_OK, 0) == 0);
}

const struct error *root_check_owner(int fd, const char *path)
{
	const struct passwd *owner;
	struct stat info;

	if (fstatat(fd, "var", &info, 0) != 0)
		return error_errno(ERR_FAULT, "%s : var", path);
	if (info.st_uid == geteuid())
		return NULL;
	owner = getpwuid(info.st_uid);
	return owner != NULL
		   ? error_set(ERR_CONFIG,
			       "%s appartient à %s : lancez la commande sous ce compte, par "
			       "exemple « runuser -u %s -- segur … » (rien n'a été touché)",
			       path, owner->pw_name, owner->pw_name)
		   : error_set(ERR_CONFIG,
			       "%s appartient à l'utilisateur %u, et non à celui qui lance la "
			       "commande : rien n'a été touché",
			       path, (unsigned)info.st_uid);
}

static const struct error *count_names(void *context, int dir, const struct dirent *entry)
{
	struct names names = {0};
	const struct error *err = NULL;

	if (entry->d_type == DT_DIR)
		err = dir_names(dir, entry->d_name, DIR_STRICT, &names);
	*(size_t *)context += names.count;
	names_free(&names);
	return err;
}

/* Whether a night was played here: archives are kept, or answers, mails or reports were given. */
static const struct error *look_for_nights(int fd, bool *played)
{
	static const char *const folders_of_nights[] = {"var/archives", "outbox/fournisseurs",
							"outbox/mails", "outbox/asp"};
	const struct error *err = NULL;
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(folders_of_nights) && err == NULL; i++)
		err = dir_each(fd, folders_of_nights[i], DIR_MAY_LACK, count_names, &count);
	*played = count > 0;
	return err;
}

/* A database is never made anew where there was one: numbers would begin again, and old answers be
 * written over. The error says which way out there is. */
const struct error *root_check_played(int fd, const char *path)
{
	bool played = false;
	const struct error *err = look_for_nights(fd, &played);

	if (err == NULL && played)
		err = error_set(
		    ERR_CONFIG,
		    "%s : sa base de données, var/segur.db, manque, alors que des nuits y ont été "
		    "jouées. Remettez-la d'une sauvegarde : « segur restore SAUVEGARDE DIR » (avec "
		    "--outbox %s), dans un autre répertoire. « segur init » ne la refera pas : les "
		    "numéros recommenceraient",
		    path, path);
	return err;
}

/* SQLite would make the database that is missing, or go on in an empty file. */
const struct error *root_check_database(int fd, const char *path)
{
	struct stat info = {0};
	bool there = fstatat(fd, "var/segur.db", &info, AT_SYMLINK_NOFOLLOW) == 0;
	const struct error *err;

	if (there && info.st_size > 0)
		return NULL;
	if (!there && errno != ENOENT)
		return error_errno(ERR_FAULT, "%s : var/segur.db", path);
	err = root_check_played(fd, path);
	return err != NULL ? err
			   : error_set(ERR_CONFIG,
				       "%s : sa base de données, var/segur.db, manque, et aucune "
				       "nuit n'y a été jouée : « segur init %s » la fait ; si des "
				       "nuits l'ont été, « segur restore SAUVEGARDE DIR »",
				       path, path);
}
