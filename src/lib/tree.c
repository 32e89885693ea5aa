#include "lib/tree.h"

#include "lib/dir.h"
#include "lib/file.h"
#include "lib/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MODE_DIR     0750
#define MODE_PRIVATE 0700
#define MODE_FILE    0640
#define OPEN_DIR     (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* Opens one component, made when it is missing; -1 with errno. */
static int component_open(int dir, const char *name)
{
	int fd = file_open(dir, name, OPEN_DIR, 0);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (mkdirat(dir, name, MODE_DIR) != 0 && errno != EEXIST)
		return -1;
	fd = file_open(dir, name, OPEN_DIR, 0);
	/* cron's umask may be narrower than what the relay of mails and the SFTP group need */
	if (fd >= 0 && fchmod(fd, MODE_DIR) != 0) {
		file_let_go(fd);
		return -1;
	}
	return fd;
}

const struct error *dir_open(int base, const char *path, int *out)
{
	const struct error *err = NULL;
	int fd = -1;

	for (const char *at = path; *at != '\0' && err == NULL;) {
		size_t length = strcspn(at, "/");
		char *name = mem_strndup(at, length);
		int next = component_open(fd < 0 ? base : fd, name);

		if (next < 0)
			err = error_errno(ERR_CANT_WRITE, "%s", path);
		file_let_go(fd);
		fd = next;
		free(name);
		at += length + strspn(at + length, "/");
	}
	*out = fd;
	return err;
}

const struct error *dir_open_private(int base, const char *path, int *out)
{
	const struct error *err = dir_open(base, path, out);

	if (err == NULL && fchmod(*out, MODE_PRIVATE) != 0) {
		err = error_errno(ERR_CANT_WRITE, "%s", path);
		file_let_go(*out);
		*out = -1;
	}
	return err;
}

const struct error *file_create(int dir, const char *name, int *out)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	/* Without a umask the file has the mode asked for; an fchmod would cost the disk more. */
	mode_t mask = umask(0);

	*out = file_open(dir, name, flags, MODE_FILE);
	if (*out < 0 && errno == EEXIST && (unlinkat(dir, name, 0) == 0 || errno == ENOENT))
		*out = file_open(dir, name, flags, MODE_FILE);
	umask(mask); /* leaves errno */
	return *out >= 0 ? NULL : error_errno(ERR_CANT_WRITE, "%s", name);
}

const struct error *file_write_new(int dir, const char *name, const void *bytes, size_t count)
{
	int fd;
	const struct error *err = file_create(dir, name, &fd);

	if (err != NULL)
		return err;
	if (file_write_all(fd, bytes, count) != 0) {
		err = error_errno(ERR_CANT_WRITE, "%s", name);
		file_let_go(fd);
	} else if (file_close(fd) != 0) {
		err = error_errno(ERR_CANT_WRITE, "%s", name);
	}
	return err;
}

static const struct error *remove_entry(void *context, int dir, const struct dirent *entry)
{
	(void)context;
	return tree_remove(dir, entry->d_name);
}

const struct error *tree_remove(int dir, const char *name)
{
	int reason;

	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return NULL;
	reason = errno;
	if ((reason == EISDIR || reason == EPERM) &&
	    dir_each(dir, name, DIR_STRICT, remove_entry, NULL) == NULL &&
	    unlinkat(dir, name, AT_REMOVEDIR) == 0)
		return NULL;
	/* EPERM also is said of a file that may not go: then it is the reason, not what followed. */
	errno = reason == EISDIR ? errno : reason;
	return error_errno(ERR_CANT_WRITE, "%s", name);
}

const struct error *tree_give_up(int dir, const char *name, struct error first)
{
	(void)tree_remove(dir, name);
	return error_set(first.code, "%s", first.message);
}
