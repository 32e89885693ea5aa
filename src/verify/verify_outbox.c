/*
 * Holds what lies in the outbox and in the inbox against the rows. A file that was fetched or
 * relayed is gone, and that is no fault; one that still lies there must have the bytes that were
 * published, by their hash. What nobody recorded is told and is no fault: readers of a folder may
 * be allowed to rename what they find there, and a night may publish meanwhile.
 */
#include "intake/inbox.h"
#include "lib/dir.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "publish/outputs.h"
#include "verify/verify_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A folder of the outbox. */
struct shelf {
	struct verify *verify;
	const struct output_kind *kind; /* the first of those that lie there */
	const char *path;
};

/* What the rows say of a file; the first of the outputs of that folder that knows it. */
static bool is_known(const struct shelf *shelf, const char *name, bool *published,
		     char sha256[static SHA256_HEX_SIZE])
{
	for (size_t i = 0; i < output_count; i++)
		if (strcmp(outputs[i].folders[0], shelf->kind->folders[0]) == 0 &&
		    output_recorded(shelf->verify->root->store, &outputs[i], shelf->path, name,
				    published, sha256))
			return true;
	return false;
}

enum bytes { BYTES_SAME, BYTES_OTHER, BYTES_UNREADABLE };

/* Holds the open file against its hash; `fd` -1: it is no file. */
static enum bytes compare_bytes(int fd, const char *sha256)
{
	char hex[SHA256_HEX_SIZE];
	struct stat info;

	if (fd < 0)
		return BYTES_OTHER;
	if (fstat(fd, &info) != 0)
		return BYTES_UNREADABLE;
	if (!S_ISREG(info.st_mode))
		return BYTES_OTHER;
	if (!sha256_hex_of_file(fd, hex))
		return BYTES_UNREADABLE;
	return strcmp(hex, sha256) == 0 ? BYTES_SAME : BYTES_OTHER;
}

/* With the reason in errno. */
static void say_unreadable(const struct shelf *shelf, const char *name)
{
	verify_fault(shelf->verify, "rendez-le lisible et relancez", "%s/%s ne se lit pas : %s",
		     shelf->path, name, error_words(errno));
}

static void check_published(const struct shelf *shelf, int fd, const char *name, const char *sha256)
{
	switch (compare_bytes(fd, sha256)) {
	case BYTES_SAME:
		break;
	case BYTES_OTHER:
		verify_fault(shelf->verify,
			     "quelqu'un l'a modifié : retirez-le, prévenez son destinataire, et "
			     "redonnez-le depuis « segur replay »",
			     "%s/%s n'est plus ce qui a été publié", shelf->path, name);
		break;
	case BYTES_UNREADABLE:
		say_unreadable(shelf, name);
		break;
	}
}

static void check_output(const struct shelf *shelf, int fd, const char *name)
{
	struct verify *verify = shelf->verify;
	bool marked = shelf->kind->layout == LAYOUT_MAILS, published = false;
	char *bare = mem_strndup(name, marked ? strcspn(name, ":") : strlen(name));
	char sha256[SHA256_HEX_SIZE] = "";

	if (!is_known(shelf, bare, &published, sha256))
		verify_remark(verify, "%s/%s : la base ne connaît pas ce fichier", shelf->path,
			      name);
	else if (sha256[0] == '\0')
		verify->result->unverifiable += published;
	else
		check_published(shelf, fd, name, sha256);
	verify_examined(verify, 0);
	free(bare);
}

/* Dot-named files are temporaries; a folder within is none of this output's. */
static const struct error *visit_file(void *context, int dir, const struct dirent *entry)
{
	const struct shelf *shelf = context;
	struct stat info;
	int fd;

	if (entry->d_name[0] == '.')
		return NULL;
	fd = file_open(dir, entry->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
	if (fd < 0 && (errno == ENOENT || file_wants(errno)))
		return errno == ENOENT ? NULL : error_errno(ERR_FAULT, "%s", shelf->path);
	/* A link, a socket, a device: no file. */
	if (fd < 0 && errno != ELOOP && errno != ENXIO) {
		say_unreadable(shelf, entry->d_name);
		return NULL;
	}
	if (fd < 0 || fstat(fd, &info) != 0 || !S_ISDIR(info.st_mode))
		check_output(shelf, fd, entry->d_name);
	file_let_go(fd);
	return store_error(shelf->verify->root->store);
}

/* One closed folder does not keep the others back. */
static const struct error *check_shelf(struct shelf shelf)
{
	struct verify *verify = shelf.verify;
	const struct error *err =
	    dir_each(verify->root->fd, shelf.path, DIR_MAY_LACK, visit_file, &shelf);

	if (err == NULL || store_error(verify->root->store) != NULL)
		return err;
	verify_fault(verify, "rétablissez ce répertoire et ses droits", "%s ne se lit pas (%s)",
		     shelf.path, err->message);
	return NULL;
}

static const struct error *visit_folder(void *context, int dir, const struct dirent *entry)
{
	struct shelf shelf = *(const struct shelf *)context;
	const struct error *err;
	struct stat info;
	char *path;

	if (entry->d_name[0] == '.')
		return NULL;
	if (fstatat(dir, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? NULL
				       : error_errno(ERR_FAULT, "%s/%s", shelf.path, entry->d_name);
	if (!S_ISDIR(info.st_mode))
		return NULL;
	shelf.path = path = mem_printf("%s/%s", shelf.path, entry->d_name);
	err = check_shelf(shelf);
	free(path);
	return err;
}

static bool shares_folder(const struct output_kind *kind)
{
	for (const struct output_kind *other = outputs; other < kind; other++)
		if (strcmp(other->folders[0], kind->folders[0]) == 0)
			return true;
	return false;
}

static void check_kind(struct verify *verify, const struct output_kind *kind)
{
	for (const char *const *folder = kind->folders; *folder != NULL; folder++) {
		struct shelf shelf = {verify, kind, *folder};
		const struct error *err = NULL;

		if (kind->layout != LAYOUT_BY_FOLDER)
			check_shelf(shelf);
		else
			err =
			    dir_each(verify->root->fd, *folder, DIR_MAY_LACK, visit_folder, &shelf);
		if (err != NULL && store_error(verify->root->store) == NULL)
			verify_fault(verify, "rétablissez ce répertoire et ses droits",
				     "%s ne se lit pas (%s)", *folder, err->message);
	}
}

void verify_outbox(struct verify *verify)
{
	for (size_t i = 0; i < output_count; i++)
		if (!shares_folder(&outputs[i]))
			check_kind(verify, &outputs[i]);
}

void verify_inbox(struct verify *verify)
{
	struct store *store = verify->root->store;
	struct drops drops;
	const struct error *err = inbox_scan(verify->root, INBOX_SUPPLIERS, INBOX_BY_NAME, &drops);

	if (err != NULL)
		verify_fault(verify, "rétablissez ce répertoire et ses droits",
			     "inbox ne se lit pas (%s)", err->message);
	for (size_t i = 0; i < drops.count; i++) {
		const struct drop *drop = &drops.items[i];

		/* A link or a folder is answered and left alone. */
		if (drop->regular && store_has(store, SQL_DEPOT_ANSWERED, DEPOT_ANSWERED_P_COMPTE,
					       drop->compte, DEPOT_ANSWERED_P_SOURCE, drop->source))
			verify_fault(verify,
				     "la prochaine nuit l'en retire ; s'il y reste, les droits du "
				     "répertoire l'empêchent",
				     "inbox/%s/%s est déjà répondu et enregistré, mais encore là",
				     drop->compte, drop->archive);
		verify_examined(verify, drops.count);
	}
	drops_free(&drops);
}
