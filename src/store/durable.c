#include "store/durable.h"

#include "lib/file.h"
#include "lib/mem.h"
#include "store/account.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

const struct error *durable_copies(struct root *root)
{
	int fd = file_open(root->fd, "var/archives", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	const struct error *err =
	    fd >= 0 ? file_sync_fs(fd) : error_errno(ERR_CANT_WRITE, "var/archives");

	file_let_go(fd);
	return err;
}

const struct error *durable_reference(struct root *root, int fd, const char *temporary,
				      const char *path, const char *folder)
{
	const struct error *err = NULL;
	int dir;

	if (file_sync(fd) != 0 || renameat(root->fd, temporary, root->fd, path) != 0)
		return error_errno(ERR_CANT_WRITE, "%s", path);
	dir = file_open(root->fd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (dir < 0 || file_sync(dir) != 0)
		err = error_errno(ERR_CANT_WRITE, "%s", folder);
	file_let_go(dir);
	return err;
}

const struct error *durable_outputs(int dir)
{
	return file_sync_fs(dir);
}

const struct error *durable_names(int dir)
{
	return file_sync_fs(dir);
}

/* The file systems that were synced, and those that refused it. */
struct synced {
	struct device {
		dev_t number;
		int fault; /* an errno; 0: synced */
	} * devices;
	size_t count;
};

/* 0, or -1 with errno: once for all folders of a file system. */
static int sync_device(struct synced *synced, int dir)
{
	struct stat status;
	size_t i = 0;

	if (fstat(dir, &status) != 0)
		return -1;
	while (i < synced->count && synced->devices[i].number != status.st_dev)
		i++;
	if (i == synced->count)
		synced->devices[synced->count++] =
		    (struct device){status.st_dev, file_sync_fs(dir) == NULL ? 0 : errno};
	errno = synced->devices[i].fault;
	return errno == 0 ? 0 : -1;
}

static const struct error *sync_account(struct root *root, const char *compte,
					struct synced *synced, bool *durable)
{
	char *path = mem_printf("inbox/%s", compte);
	int dir = file_open(root->fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	const struct error *err = NULL;

	*durable = dir >= 0 ? sync_device(synced, dir) == 0
			    : errno == ENOENT || errno == ENOTDIR || errno == ELOOP;
	if (!*durable && !account_bears(root, path, NULL))
		err = error_errno(ERR_CANT_WRITE, "%s", path);
	file_let_go(dir);
	free(path);
	return err;
}

const struct error *durable_removals(struct root *root, const char *const *accounts, size_t count,
				     bool *durable)
{
	struct synced synced = {.devices = mem_alloc(count * sizeof(*synced.devices))};
	const struct error *err = NULL;

	for (size_t i = 0; i < count && err == NULL; i++)
		err = sync_account(root, accounts[i], &synced, &durable[i]);
	free(synced.devices);
	return err;
}
