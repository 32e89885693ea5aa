/* A root, the tree of folders of INTERFACE, 1, opened once. Paths are relative to it. */
#ifndef SEGUR_STORE_ROOT_H
#define SEGUR_STORE_ROOT_H

#include "lib/dir.h"
#include "store/conf.h"
#include "store/store.h"

struct root {
	char *path;
	int fd;	  /* of the root folder */
	int lock; /* of var/verrou; -1 when not held */
	struct conf conf;
	struct store *store;
	struct names said;  /* faults of accounts' folders that were told (account.h) */
	uint8_t secret[32]; /* of this installation: one-time tokens derive from it */
};

/* Makes the tree, segur.conf, the secret and the database; an existing root is left (ERR_DATA), as
 * is one that root_prepare began (ERR_CONFIG). */
const struct error *root_init(const char *path);
/* Makes the folders and schemas of a root to be restored. `path` must be missing, empty
 * (ERR_DATA), or what an interrupted call left, which goes; what a root_init left stays. No command
 * but root_open_new opens the root before root_finish. The caller holds *fd, the folder and its
 * lock, until then and closes it; it is -1 after a failure. */
const struct error *root_prepare(const char *path, int *fd);
const struct error *root_open_new(const char *path, struct root *root);
/* Syncs the root and says that it is whole. */
const struct error *root_finish(int fd);
/* Opens a root and reads its segur.conf; sets TZ. root_close also takes what a failure leaves. */
const struct error *root_open(const char *path, struct root *root);
/* The same with the lock held (ERR_BUSY when another run holds it). */
const struct error *root_open_alone(const char *path, struct root *root);
/* Opens a root to be read, without the lock and as it is at this instant (store_open_snapshot). */
const struct error *root_open_snapshot(const char *path, struct root *root);
void root_close(struct root *root);

#endif
