#include "keep/vault.h"

#include "keep/cms.h"
#include "lib/date.h"
#include "lib/dir.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "lib/notice.h"
#include "lib/sha256.h"
#include "lib/text.h"
#include "store/durable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER	     "var/archives"
#define TEMPORARIES  "var/tmp"
#define PATH_SIZE    128
#define WARNING_DAYS 30
#define VAULT_BATCH  256 /* files encrypted between two syncs */
#define HINT_BYTES   (256 * 1024)

struct vault {
	struct root *root;
	struct recipient *recipient; /* NULL: kept plain */
	struct private_key *key;
	/* The hashes of prepared files that are encrypted, by number. */
	char (*digests)[SHA256_HEX_SIZE];
	size_t count;
	bool folders[256]; /* the folders of FOLDER that are there */
};

static void kept_path(const char *sha256, enum vault_form form, char path[static PATH_SIZE])
{
	snprintf(path, PATH_SIZE, FOLDER "/%.2s/%.64s%s", sha256, sha256,
		 form == VAULT_ENCRYPTED ? ".cms" : "");
}

static void temporary_path(size_t n, char path[static PATH_SIZE])
{
	snprintf(path, PATH_SIZE, TEMPORARIES "/depot-%zu", n);
}

static void warn_soon(const struct conf *conf, int32_t end, int32_t day)
{
	char text[DATE_SIZE];

	if (end - day > WARNING_DAYS)
		return;
	date_format(end, text);
	notice(NOTICE_WARNING,
	       "le certificat de conservation %s expire le %s : remplacez-le avant, et "
	       "gardez la clé de l'ancien",
	       conf->certificat, text);
}

const struct error *vault_open(struct root *root, const char *date, struct vault **out)
{
	struct recipient *recipient = NULL;
	const struct error *err;
	int32_t day = 0;

	*out = NULL;
	if (strcmp(root->conf.certificat, NO_CERTIFICATE) != 0) {
		date_parse(date, &day);
		err = recipient_open(root->fd, root->conf.certificat, day, &recipient);
		if (err != NULL)
			return err;
		warn_soon(&root->conf, recipient_last_day(recipient), day);
	}
	*out = mem_alloc(sizeof(**out));
	**out = (struct vault){.root = root, .recipient = recipient};
	return NULL;
}

const struct error *vault_open_reader(struct root *root, const char *key, struct vault **out)
{
	struct private_key *opened = NULL;
	const struct error *err = key != NULL ? key_open(key, &opened) : NULL;

	*out = NULL;
	if (err != NULL)
		return err;
	*out = mem_alloc(sizeof(**out));
	**out = (struct vault){.root = root, .key = opened};
	return NULL;
}

const struct error *vault_set_key(struct vault *room, const char *key)
{
	return key != NULL ? key_open(key, &room->key) : NULL;
}

void vault_close(struct vault *room)
{
	if (room == NULL)
		return;
	recipient_free(room->recipient);
	key_free(room->key);
	free(room->digests);
	free(room);
}

/* --- keeping --- */

const struct error *vault_scratch(struct vault *room, int *fd)
{
	*fd = file_open(room->root->fd, TEMPORARIES, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	return *fd >= 0 ? NULL : error_errno(ERR_CANT_WRITE, TEMPORARIES);
}

static void remember(struct vault *room, size_t n, const uint8_t digest[static SHA256_SIZE])
{
	if (n >= room->count) {
		room->count = 2 * (n + 1); /* for as many again */
		room->digests = mem_realloc(room->digests, room->count * sizeof(*room->digests));
	}
	sha256_hex(digest, room->digests[n]);
}

/* Lets the disk begin, so that the batch's sync waits for less. It is a hint, so no error matters.
 * Small files are left to the sync: writing them together costs less. */
static void begin_writing(int fd)
{
	struct stat info;

	if (fstat(fd, &info) == 0 && info.st_size >= HINT_BYTES)
		sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

static const struct error *encrypt_under(struct vault *room, int fd, const char *path, size_t n)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int to = file_open(room->root->fd, path, flags, 0600);
	const struct error *err;
	uint8_t digest[SHA256_SIZE];

	if (to < 0 && errno == EEXIST && unlinkat(room->root->fd, path, 0) == 0)
		to = file_open(room->root->fd, path, flags, 0600);
	if (to < 0)
		return error_errno(ERR_CANT_WRITE, "%s", path);
	err = cms_encrypt(room->recipient, fd, to, digest);
	remember(room, n, digest);
	begin_writing(to);
	if (file_close(to) != 0 && err == NULL)
		err = error_errno(ERR_CANT_WRITE, "%s", path);
	return err;
}

static int link_under(struct vault *room, int fd, const char *path)
{
	char self[sizeof("/proc/self/fd/") + DECIMAL_SIZE];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, self, room->root->fd, path, AT_SYMLINK_FOLLOW);
}

/* A file that has the temporary name already was left by a killed run. */
const struct error *vault_prepare(struct vault *room, int fd, size_t n)
{
	char path[PATH_SIZE];

	temporary_path(n, path);
	if (room->recipient != NULL)
		return encrypt_under(room, fd, path, n);
	if (link_under(room, fd, path) != 0 &&
	    (errno != EEXIST || unlinkat(room->root->fd, path, 0) != 0 ||
	     link_under(room, fd, path) != 0))
		return error_errno(ERR_CANT_WRITE, "%s", path);
	begin_writing(fd);
	return NULL;
}

/* The recorded hash of an encrypted file; false when it has no row. */
static bool recorded(const struct vault *room, const char *sha256,
		     char digest[static SHA256_HEX_SIZE])
{
	sqlite3_stmt *stmt = store_stmt(room->root->store, SQL_CHIFFRE_GET);

	bind_text(stmt, CHIFFRE_GET_P_SHA256, sha256);
	if (!store_step(room->root->store, stmt))
		return false;
	snprintf(digest, SHA256_HEX_SIZE, "%s", column_text(stmt, CHIFFRE_GET_EMPREINTE));
	sqlite3_reset(stmt);
	return true;
}

static void record(struct vault *room, size_t n, const char *sha256)
{
	sqlite3_stmt *stmt = store_stmt(room->root->store, SQL_CHIFFRE_SET);

	bind_text(stmt, CHIFFRE_SET_P_SHA256, sha256);
	bind_text(stmt, CHIFFRE_SET_P_EMPREINTE, room->digests[n]);
	store_run(room->root->store, stmt);
}

/* Why a file of the vault does not open. One that the disk refused to look at was taken for plain
 * (vault_form): that it is not there under this name does not say that it is missing. */
static const struct error *not_opened(const char *path)
{
	return errno == ENOENT
		   ? error_set(ERR_FAULT, "archive conservée %s : le disque ne la montre pas", path)
		   : error_errno(ERR_FAULT, "archive conservée %s", path);
}

/* Reads the file's bytes: a power cut may have left nothing but its name. */
static const struct error *is_whole(const struct vault *room, const char *sha256, bool *whole)
{
	char path[PATH_SIZE];
	int fd;

	kept_path(sha256, VAULT_PLAIN, path);
	fd = file_open(room->root->fd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0);
	if (fd < 0)
		return not_opened(path);
	*whole = sha256_is_of_file(fd, sha256);
	close(fd);
	return NULL;
}

/* Whether these bytes are kept already, in either form: what is kept is never written over. An
 * encrypted file without its row, or a plain one with other bytes, is what a stopped run left; no
 * row needs it, and it does not count. A failure leaves false. */
static const struct error *is_kept(const struct vault *room, const char *sha256, bool *kept)
{
	char digest[SHA256_HEX_SIZE];

	*kept = false;
	switch (vault_form(room, sha256)) {
	case VAULT_PLAIN:
		return is_whole(room, sha256, kept);
	case VAULT_ENCRYPTED:
		*kept = recorded(room, sha256, digest);
		return store_error(room->root->store);
	case VAULT_ABSENT:
		break;
	}
	return NULL;
}

static const struct error *make_folder(struct vault *room, const char *sha256)
{
	const char prefix[] = {sha256[0], sha256[1], '\0'};
	bool *there = &room->folders[strtoul(prefix, NULL, 16)];
	char path[PATH_SIZE];

	if (*there)
		return NULL;
	snprintf(path, sizeof(path), FOLDER "/%s", prefix);
	if (mkdirat(room->root->fd, path, 0700) != 0 && errno != EEXIST)
		return error_errno(ERR_CANT_WRITE, "%s", path);
	*there = true;
	return NULL;
}

const struct error *vault_keep(struct vault *room, size_t n, const char *sha256)
{
	bool encrypted = room->recipient != NULL;
	char from[PATH_SIZE], to[PATH_SIZE];
	int root = room->root->fd;
	bool kept;
	const struct error *err = is_kept(room, sha256, &kept);

	if (kept) {
		vault_discard(room, n);
		return NULL;
	}
	if (err == NULL)
		err = make_folder(room, sha256);
	if (err != NULL)
		return err;
	temporary_path(n, from);
	kept_path(sha256, encrypted ? VAULT_ENCRYPTED : VAULT_PLAIN, to);
	if (renameat(root, from, root, to) != 0)
		return error_errno(ERR_CANT_WRITE, "%s", to);
	if (encrypted)
		record(room, n, sha256);
	return NULL;
}

void vault_discard(struct vault *room, size_t n)
{
	char path[PATH_SIZE];

	temporary_path(n, path);
	unlinkat(room->root->fd, path, 0);
}

const struct error *vault_sync(struct vault *room)
{
	return durable_copies(room->root);
}

/* --- reading --- */

enum vault_form vault_form(const struct vault *room, const char *sha256)
{
	char path[PATH_SIZE];

	/* A file that cannot be looked at is not absent: its reader will say why. */
	kept_path(sha256, VAULT_PLAIN, path);
	if (faccessat(room->root->fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT)
		return VAULT_PLAIN;
	kept_path(sha256, VAULT_ENCRYPTED, path);
	if (faccessat(room->root->fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT)
		return VAULT_ENCRYPTED;
	return VAULT_ABSENT;
}

bool vault_readable(const struct vault *room, const char *sha256)
{
	enum vault_form form = vault_form(room, sha256);

	return form == VAULT_PLAIN || (form == VAULT_ENCRYPTED && room->key != NULL);
}

enum vault_state vault_check(const struct vault *room, const char *sha256)
{
	bool encrypted = vault_form(room, sha256) == VAULT_ENCRYPTED;
	char path[PATH_SIZE], wanted[SHA256_HEX_SIZE], hex[SHA256_HEX_SIZE];
	bool read;
	int fd;

	snprintf(wanted, sizeof(wanted), "%.64s", sha256);
	kept_path(sha256, encrypted ? VAULT_ENCRYPTED : VAULT_PLAIN, path);
	fd = file_open(room->root->fd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0);
	if (fd < 0)
		return VAULT_MISSING;
	read = sha256_hex_of_file(fd, hex);
	file_let_go(fd);
	if (!read)
		return VAULT_MISSING;
	return (!encrypted || recorded(room, sha256, wanted)) && strcmp(hex, wanted) == 0
		   ? VAULT_SOUND
		   : VAULT_ALTERED;
}

/* What was decrypted is given out as what was kept plain is: nobody can write to it. */
static const struct error *only_to_read(const struct error *err, const char *path, int *fd)
{
	int writable = *fd;

	*fd = err == NULL ? file_open_again(writable) : -1;
	if (err == NULL && *fd < 0)
		err = error_errno(ERR_FAULT, "archive conservée %s", path);
	file_let_go(writable);
	return err;
}

static const struct error *decrypt(struct vault *room, const char *sha256, int *fd)
{
	char path[PATH_SIZE];
	const struct error *err;
	int from;

	kept_path(sha256, VAULT_ENCRYPTED, path);
	if (room->key == NULL)
		return error_set(ERR_USAGE,
				 "archive conservée %s : elle est chiffrée ; donnez la clé privée "
				 "du certificat avec --cle",
				 path);
	from = file_open(room->root->fd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0);
	if (from < 0)
		return not_opened(path);
	err = vault_scratch(room, fd);
	if (err == NULL)
		err = cms_decrypt(room->key, from, *fd);
	if (err == NULL && !sha256_is_of_file(*fd, sha256))
		err = error_set(ERR_FAULT,
				"archive conservée %s : elle ne porte plus son empreinte", path);
	close(from);
	return only_to_read(err, path, fd);
}

const struct error *vault_read(struct vault *room, const char *sha256, int *fd)
{
	char path[PATH_SIZE];

	*fd = -1;
	kept_path(sha256, VAULT_PLAIN, path);
	if (vault_form(room, sha256) == VAULT_ENCRYPTED)
		return decrypt(room, sha256, fd);
	*fd = file_open(room->root->fd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0);
	return *fd >= 0 ? NULL : not_opened(path);
}

/* --- what was kept plain --- */

/* One walk through FOLDER. */
struct conversion {
	struct vault *room;
	bool dry_run;
	size_t *found;				   /* counts the plain files */
	char sha256[VAULT_BATCH][SHA256_HEX_SIZE]; /* plain files to encrypt */
	size_t count;
};

/* The encrypted files become durable, then the rows that name them; then the plain files go. */
static const struct error *convert_batch(struct conversion *batch)
{
	struct vault *room = batch->room;
	struct store *store = room->root->store;
	char from[PATH_SIZE], to[PATH_SIZE];
	const struct error *err = NULL;

	store_begin(store);
	for (size_t i = 0; i < batch->count && err == NULL; i++) {
		int fd;

		kept_path(batch->sha256[i], VAULT_PLAIN, from);
		fd = file_open(room->root->fd, from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0);
		if (!sha256_is_of_file(fd, batch->sha256[i]))
			err = error_set(ERR_FAULT,
					"%s : ce fichier ne porte plus son empreinte, et n'est pas "
					"chiffré ; voyez « segur verify »",
					from);
		else
			err = vault_prepare(room, fd, 0);
		file_let_go(fd);
		temporary_path(0, from);
		kept_path(batch->sha256[i], VAULT_ENCRYPTED, to);
		if (err == NULL && renameat(room->root->fd, from, room->root->fd, to) != 0)
			err = error_errno(ERR_CANT_WRITE, "%s", to);
		if (err == NULL)
			record(room, 0, batch->sha256[i]);
	}
	if (err == NULL)
		err = vault_sync(room);
	if (err != NULL) {
		store_rollback(store);
		return err;
	}
	err = store_commit(store);
	for (size_t i = 0; i < batch->count && err == NULL; i++) {
		kept_path(batch->sha256[i], VAULT_PLAIN, from);
		if (unlinkat(room->root->fd, from, 0) != 0)
			err = error_errno(ERR_CANT_WRITE, "%s", from);
	}
	batch->count = 0;
	return err;
}

static const struct error *convert_entry(void *context, int dir, const struct dirent *entry)
{
	struct conversion *batch = context;
	uint8_t digest[SHA256_SIZE];

	(void)dir;
	if (!sha256_from_hex(entry->d_name, digest))
		return NULL;
	++*batch->found;
	if (batch->dry_run)
		return NULL;
	sha256_hex(digest, batch->sha256[batch->count++]);
	return batch->count < VAULT_BATCH ? NULL : convert_batch(batch);
}

static const struct error *convert_folder(void *context, int dir, const struct dirent *entry)
{
	struct conversion *batch = context;
	char path[PATH_SIZE];

	(void)dir;
	if (batch->room->recipient == NULL || strlen(entry->d_name) != 2)
		return NULL;
	snprintf(path, sizeof(path), FOLDER "/%.2s", entry->d_name);
	return dir_each(batch->room->root->fd, path, DIR_STRICT, convert_entry, batch);
}

const struct error *vault_convert(struct vault *room, bool dry_run, size_t *count)
{
	struct conversion *batch = mem_alloc(sizeof(*batch));
	const struct error *err;

	*count = 0;
	*batch = (struct conversion){.room = room, .dry_run = dry_run, .found = count};
	err = dir_each(room->root->fd, FOLDER, DIR_STRICT, convert_folder, batch);
	if (err == NULL && batch->count > 0)
		err = convert_batch(batch);
	vault_discard(room, 0);
	free(batch);
	return err == NULL && *count > 0 && !dry_run ? vault_sync(room) : err;
}

/* --- erasing --- */

const struct error *vault_erase(struct vault *room, const char *sha256)
{
	sqlite3_stmt *stmt;
	char path[PATH_SIZE];

	for (int encrypted = 0; encrypted <= 1; encrypted++) {
		kept_path(sha256, encrypted == 1 ? VAULT_ENCRYPTED : VAULT_PLAIN, path);
		if (unlinkat(room->root->fd, path, 0) != 0 && errno != ENOENT)
			return error_errno(ERR_CANT_WRITE, "%s", path);
	}
	stmt = store_stmt(room->root->store, SQL_CHIFFRE_DELETE);
	bind_text(stmt, CHIFFRE_DELETE_P_SHA256, sha256);
	store_run(room->root->store, stmt);
	return store_error(room->root->store);
}
