#include "store/root.h"

#include "files_gen.h"
#include "lib/array.h"
#include "lib/dir.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "lib/sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Folders of a root; those below var are closed to everyone else. */
static const struct {
	const char *path;
	mode_t mode;
} folders[] = {
    {"inbox/asp", 0770},
    {"outbox/fournisseurs", 0750},
    {"outbox/mails/tmp", 0750},
    {"outbox/mails/new", 0750},
    {"outbox/mails/cur", 0750},
    {"outbox/asp/rapports", 0750},
    {"outbox/asp/retours", 0750},
    {"outbox/asp/consultation", 0750},
    {"schemas/tables", 0755},
    {"cron", 0755},
    {"var/archives", 0700},
    {"var/references", 0700},
    {"var/tmp", 0700},
};

static const struct error *make_tree(int fd)
{
	const struct error *err = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(folders) && err == NULL; i++)
		err = file_make_dirs(fd, folders[i].path, folders[i].mode);
	/* A var that was there before may have another mode: it must be private too. */
	if (err == NULL && fchmodat(fd, "var", 0700, 0) != 0)
		err = error_errno(ERR_CANT_WRITE, "var");
	return err;
}

static const struct error *write_schemas(int fd)
{
	const struct error *err = NULL;

	/* A source tree used as a root has its schemas already, and newer ones. */
	for (const struct embedded_file *file = embedded_files; file->path != NULL && err == NULL;
	     file++)
		if (faccessat(fd, file->path, F_OK, 0) != 0)
			err = file_replace(fd, file->path, file->text, strlen(file->text), 0644);
	return err;
}

static const struct error *write_files(int fd)
{
	uint8_t secret[32];
	const struct error *err = write_schemas(fd);

	if (err != NULL)
		return err;
	if (getrandom(secret, sizeof(secret), 0) != (ssize_t)sizeof(secret))
		return error_errno(ERR_FAULT, "secret de l'installation");
	err = file_replace(fd, "var/secret", secret, sizeof(secret), 0600);
	if (err == NULL && faccessat(fd, "segur.conf", F_OK, 0) != 0)
		err = file_replace(fd, "segur.conf", conf_template, strlen(conf_template), 0640);
	return err;
}

const struct error *root_init(const char *path)
{
	struct root root;
	const struct error *err = NULL;
	int fd;

	if (mkdir(path, 0750) != 0 && errno != EEXIST)
		return error_errno(ERR_CANT_WRITE, "%s", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(ERR_CANT_WRITE, "%s", path);
	/* The database is made last: a root that has one was made whole. */
	if (faccessat(fd, "var/segur.db", F_OK, 0) == 0)
		err = error_set(ERR_DATA, "%s est déjà une racine : rien n'a été touché", path);
	if (err == NULL)
		err = make_tree(fd);
	if (err == NULL)
		err = write_files(fd);
	close(fd);
	if (err == NULL) {
		err = root_open_alone(path, &root);
		root_close(&root);
	}
	return err;
}

const struct error *root_prepare(const char *path, int *fd)
{
	const struct error *err;
	size_t names;

	*fd = -1;
	if (mkdir(path, 0750) != 0 && errno != EEXIST)
		return error_errno(ERR_CANT_WRITE, "%s", path);
	*fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0)
		return error_errno(ERR_CANT_WRITE, "%s", path);
	err = dir_count(*fd, path, NULL, &names);
	if (err == NULL && names > 0)
		err = error_set(ERR_DATA, "%s n'est pas vide : rien n'a été touché", path);
	if (err == NULL)
		err = make_tree(*fd);
	if (err == NULL)
		err = write_schemas(*fd);
	if (err != NULL) {
		close(*fd);
		*fd = -1;
	}
	return err;
}

static const struct error *read_secret(struct root *root)
{
	int fd = file_open(root->fd, "var/secret", O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0);
	ssize_t length = -1;

	if (fd < 0 && errno != ENOENT)
		return error_errno(ERR_CONFIG, "%s : var/secret", root->path);
	if (fd >= 0) {
		length = file_read_all(fd, root->secret, sizeof(root->secret));
		close(fd);
	}
	if (length != (ssize_t)sizeof(root->secret))
		return error_set(
		    ERR_CONFIG,
		    "%s : var/secret manque ou est incomplet ; restaurez-le de la sauvegarde",
		    root->path);
	return NULL;
}

static const struct error *take_lock(struct root *root)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	root->lock =
	    file_open(root->fd, "var/verrou", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (root->lock < 0)
		return error_errno(ERR_CANT_WRITE, "var/verrou");
	/* The kernel drops the lock with the process, and the parsers that it forked never hold it:
	 * a dead run's lock never blocks. */
	if (fcntl(root->lock, F_SETLK, &whole) == 0)
		return NULL;
	if (errno != EACCES && errno != EAGAIN)
		return error_errno(ERR_CANT_WRITE, "var/verrou");
	return error_set(ERR_BUSY, "%s : une autre exécution est en cours", root->path);
}

/* Opens everything but the lock and the database. */
static const struct error *open_files(const char *path, struct root *root)
{
	const struct error *err;

	*root = (struct root){.path = mem_strdup(path), .fd = -1, .lock = -1};
	root->fd = file_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (root->fd < 0 || faccessat(root->fd, "var/secret", F_OK, 0) != 0)
		return error_set(
		    ERR_CONFIG,
		    "%s n'est pas une racine Segur-enrol ; créez-la avec « segur init %s »", path,
		    path);
	err = conf_load(root->fd, &root->conf);
	if (err != NULL)
		return err;
	setenv("TZ", root->conf.fuseau, 1);
	tzset();
	err = read_secret(root);
	return err != NULL ? err : sha256_setup();
}

/* SQLite follows no link (SQLITE_OPEN_NOFOLLOW), yet the root itself may be reached by one. */
static char *database_path(const char *path)
{
	char *real = realpath(path, NULL);
	char *database = mem_printf("%s/var/segur.db", real != NULL ? real : path);

	free(real);
	return database;
}

/* The last step, unless one before it failed. */
static const struct error *open_store(struct root *root, const struct error *err,
				      const struct error *(*open)(const char *, struct store **))
{
	char *database = database_path(root->path);

	if (err == NULL)
		err = open(database, &root->store);
	free(database);
	if (err != NULL)
		root_close(root);
	return err;
}

const struct error *root_open(const char *path, struct root *root)
{
	return open_store(root, open_files(path, root), store_open);
}

const struct error *root_open_alone(const char *path, struct root *root)
{
	const struct error *err = open_files(path, root);

	if (err == NULL)
		err = take_lock(root);
	return open_store(root, err, store_open);
}

const struct error *root_open_snapshot(const char *path, struct root *root)
{
	return open_store(root, open_files(path, root), store_open_snapshot);
}

void root_close(struct root *root)
{
	if (root->path == NULL)
		return;
	store_close(root->store);
	conf_free(&root->conf);
	file_let_go(root->lock);
	file_let_go(root->fd);
	free(root->path);
	explicit_bzero(root->secret, sizeof(root->secret));
	*root = (struct root){.fd = -1, .lock = -1};
}
