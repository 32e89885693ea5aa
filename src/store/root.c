#include "store/root_private.h"

#include "files_gen.h"
#include "lib/array.h"
#include "lib/dir.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "lib/sha256.h"
#include "lib/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* One stands in a root until it is made whole. An init may lie among somebody's files, which no
 * other command removes; the rest was made in an empty folder, and no init goes on with it. */
#define BEGUN	   ".init-inacheve"
#define UNFINISHED ".racine-inachevee"

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

static const struct error *write_missing(int fd, const char *path, const char *text, mode_t mode)
{
	bool there = false;
	const struct error *err = file_look(fd, path, &there);

	return err != NULL || there ? err : file_replace(fd, path, text, strlen(text), mode);
}

static const struct error *write_schemas(int fd)
{
	const struct error *err = NULL;

	/* A source tree used as a root has its schemas already, and newer ones. */
	for (const struct embedded_file *file = embedded_files; file->path != NULL && err == NULL;
	     file++)
		err = write_missing(fd, file->path, file->text, 0644);
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
	return err != NULL ? err : write_missing(fd, "segur.conf", conf_template, 0640);
}

static const struct error *make_root_folder(const char *path, int *fd)
{
	*fd = -1;
	if (mkdir(path, 0750) != 0 && errno != EEXIST)
		return error_errno(ERR_CANT_WRITE, "%s", path);
	*fd = file_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	return *fd >= 0 ? NULL : error_errno(ERR_CANT_WRITE, "%s", path);
}

static const struct error *make_mark(int fd, const char *name)
{
	int mark = file_open(fd, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	file_let_go(mark);
	return mark >= 0 && file_sync(fd) == 0 ? NULL : error_errno(ERR_CANT_WRITE, "%s", name);
}

static const struct error *remove_mark(int fd, const char *name)
{
	const struct error *err = file_sync_fs(fd);

	if (err == NULL && unlinkat(fd, name, 0) != 0)
		err = error_errno(ERR_CANT_WRITE, "%s", name);
	/* Should a power cut bring the mark back, the command is asked for again: no harm. */
	if (err == NULL)
		(void)file_sync(fd);
	return err;
}

const struct error *root_finish(int fd)
{
	return remove_mark(fd, UNFINISHED);
}

static const struct error *check_mark(int fd, const char *name, const char *path)
{
	bool marked = false;
	const struct error *err = file_look(fd, name, &marked);

	if (err == NULL && marked)
		err = error_set(ERR_CONFIG,
				"%s : la commande qui faisait cette racine a été interrompue ; "
				"relancez-la",
				path);
	return err;
}

const struct error *root_init(const char *path)
{
	bool made = false, begun = false;
	struct root root;
	int fd;
	const struct error *err = make_root_folder(path, &fd);

	if (err == NULL)
		err = check_mark(fd, UNFINISHED, path);
	if (err == NULL)
		err = file_look(fd, "var/segur.db", &made);
	if (err == NULL)
		err = file_look(fd, BEGUN, &begun);
	if (err == NULL && made && !begun)
		err = error_set(ERR_DATA, "%s est déjà une racine : rien n'a été touché", path);
	if (err == NULL && !made)
		err = root_check_played(fd, path);
	if (err == NULL)
		err = make_mark(fd, BEGUN);
	if (err == NULL)
		err = make_tree(fd);
	if (err == NULL)
		err = write_files(fd);
	if (err == NULL) {
		err = root_open_new(path, &root);
		root_close(&root);
	}
	if (err == NULL)
		err = remove_mark(fd, BEGUN);
	file_let_go(fd);
	return err;
}

static const struct error *clear_entry(void *context, int dir, const struct dirent *entry)
{
	(void)context;
	return strcmp(entry->d_name, UNFINISHED) == 0 ? NULL : tree_remove(dir, entry->d_name);
}

/* Nobody's files are written over, but what an interrupted command left goes. */
static const struct error *clear_target(int fd, const char *path)
{
	bool unfinished = false;
	size_t names;
	const struct error *err = dir_count(fd, path, UNFINISHED, &names);

	if (err == NULL)
		err = file_look(fd, UNFINISHED, &unfinished);
	if (err != NULL)
		return err;
	if (names > 0 && !unfinished)
		return error_set(ERR_DATA, "%s n'est pas vide : rien n'a été touché", path);
	return unfinished ? dir_each(fd, ".", DIR_STRICT, clear_entry, NULL)
			  : make_mark(fd, UNFINISHED);
}

const struct error *root_prepare(const char *path, int *fd)
{
	const struct error *err = make_root_folder(path, fd);

	/* Not every file system has such locks; where there is one, its holder still writes. */
	if (err == NULL && flock(*fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
		err = error_set(ERR_BUSY, "%s : une autre exécution y écrit", path);
	if (err == NULL)
		err = clear_target(*fd, path);
	if (err == NULL)
		err = make_tree(*fd);
	if (err == NULL)
		err = write_schemas(*fd);
	if (err != NULL) {
		file_let_go(*fd);
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
		file_let_go(fd);
	}
	if (fd >= 0 && length < 0)
		return error_errno(ERR_FAULT, "%s : var/secret", root->path);
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
static const struct error *open_unfinished(const char *path, struct root *root)
{
	const struct error *err;

	*root = (struct root){.path = mem_strdup(path), .fd = -1, .lock = -1};
	root->fd = file_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (root->fd < 0 || !root_has_var(root->fd))
		return root_not_opened(path);
	err = root_check_owner(root->fd, path);
	if (err == NULL)
		err = conf_load(root->fd, &root->conf);
	if (err != NULL)
		return err;
	setenv("TZ", root->conf.fuseau, 1);
	tzset();
	err = read_secret(root);
	return err != NULL ? err : sha256_setup();
}

/* Opens the same of a root that was made to its end. */
static const struct error *open_files(const char *path, struct root *root)
{
	const struct error *err = open_unfinished(path, root);

	if (err == NULL)
		err = check_mark(root->fd, BEGUN, path);
	if (err == NULL)
		err = check_mark(root->fd, UNFINISHED, path);
	return err != NULL ? err : root_check_database(root->fd, path);
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

const struct error *root_open_new(const char *path, struct root *root)
{
	const struct error *err = open_unfinished(path, root);

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
	names_free(&root->said);
	file_let_go(root->lock);
	file_let_go(root->fd);
	free(root->path);
	explicit_bzero(root->secret, sizeof(root->secret));
	*root = (struct root){.fd = -1, .lock = -1};
}
