#include "store/durable.h"

#include "lib/file.h"
#include "lib/mem.h"

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

static bool seen(dev_t *devices, size_t *count, dev_t device)
{
	for (size_t i = 0; i < *count; i++)
		if (devices[i] == device)
			return true;
	devices[(*count)++] = device;
	return false;
}

const struct error *durable_removals(struct root *root, const char *const *accounts, size_t count)
{
	dev_t *devices = mem_alloc(count * sizeof(*devices));
	const struct error *err = NULL;
	size_t known = 0;

	for (size_t i = 0; i < count && err == NULL; i++) {
		char *path = mem_printf("inbox/%s", accounts[i]);
		int dir =
		    file_open(root->fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
		struct stat status;

		if (dir >= 0 ? fstat(dir, &status) != 0
			     : errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
			err = error_errno(ERR_CANT_WRITE, "%s", path);
		else if (dir >= 0 && !seen(devices, &known, status.st_dev))
			err = file_sync_fs(dir);
		file_let_go(dir);
		free(path);
	}
	free(devices);
	return err;
}
