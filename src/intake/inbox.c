#include "intake/inbox.h"

#include "lib/buf.h"
#include "lib/dir.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "lib/notice.h"
#include "lib/text.h"
#include "store/account.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NANOSECONDS 1000000000ll
#define HIDDEN_SIZE 64 /* of a private name */

const char *account_name_fault(const char *name)
{
	size_t length = strlen(name);

	if (length < 2 || length > 32 || name[0] < 'a' ||
	    strspn(name, TEXT_LOWER TEXT_DIGITS "-") != length)
		return " : 2 à 32 minuscules sans accent, chiffres ou tirets, en commençant par "
		       "une lettre";
	return strcmp(name, "asp") == 0 ? " : ce nom est réservé" : NULL;
}

/* Names that SFTP clients give to what they are still sending. */
static bool is_temporary_name(const char *name)
{
	const char *suffix = strrchr(name, '.');

	return suffix != NULL &&
	       (name[0] == '.' || strcasecmp(suffix, ".part") == 0 ||
		strcasecmp(suffix, ".partial") == 0 || strcasecmp(suffix, ".crdownload") == 0 ||
		strcasecmp(suffix, ".filepart") == 0 || strcasecmp(suffix, ".tmp") == 0);
}

/* 16: it is none. */
static size_t hex_digit(char c)
{
	return strcspn(TEXT_DIGITS "ABCDEF", (char[]){c, '\0'});
}

/* What reads like one of our own escapes: "%41". */
static bool is_escape(const char *text)
{
	return text[0] == '%' && hex_digit(text[1]) < 16 && hex_digit(text[2]) < 16;
}

/* Writes control characters, invalid bytes and a '%' that would read as an escape as %XX: the name
 * is safe to print, and the raw name can be had back. */
static char *shown_drop(const char *name)
{
	bool utf8 = text_is_utf8(name, strlen(name));
	unsigned char before = '\0'; /* the byte before *c */
	struct buf out = {0};

	for (const unsigned char *c = (const unsigned char *)name; *c != '\0'; before = *c++)
		if (*c < 0x20 || *c == 0x7f || is_escape((const char *)c) ||
		    (*c >= 0x80 &&
		     (!utf8 || (*c == 0xc2 && c[1] < 0xa0) || (before == 0xc2 && *c < 0xa0))))
			buf_printf(&out, "%%%02X", *c);
		else
			buf_putc(&out, (char)*c);
	return buf_take(&out);
}

char *inbox_raw_name(const char *archive)
{
	struct buf out = {0};

	for (const char *c = archive; *c != '\0'; c++)
		if (is_escape(c)) {
			buf_putc(&out, (char)(hex_digit(c[1]) * 16 + hex_digit(c[2])));
			c += 2;
		} else {
			buf_putc(&out, *c);
		}
	return buf_take(&out);
}

static void identify(const struct stat *status, char source[static INBOX_SOURCE_SIZE])
{
	snprintf(source, INBOX_SOURCE_SIZE, "%llu-%lld.%09ld", (unsigned long long)status->st_ino,
		 (long long)status->st_ctim.tv_sec, status->st_ctim.tv_nsec);
}

/* Whether somebody holds the file open for writing: the kernel grants no read lease then. Where
 * leases are refused (not our file and no CAP_LEASE, a network file system) the quiet time
 * decides. */
static const struct error *open_for_writing(int dir, const char *name, bool *busy)
{
	int fd = file_open(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);

	*busy = false;
	/* A file that we may not open is taken all the same: its answer says so. */
	if (fd < 0)
		return file_wants(errno) ? error_errno(ERR_FAULT, "inbox : %s", name) : NULL;
	*busy = fcntl(fd, F_SETLEASE, F_RDLCK) != 0 && errno == EAGAIN;
	close(fd); /* and the lease with it */
	return NULL;
}

static const struct error *drop_is_whole(struct root *root, int dir, const char *name,
					 const struct stat *status, bool *whole)
{
	const struct error *err = NULL;
	bool busy = false;
	time_t age;

	*whole = false;
	/* A change time beyond the delay in the future: the clock was set back, do not wait. */
	age = time(NULL) - status->st_ctim.tv_sec;
	if (age < root->conf.stabilite_s && age > -root->conf.stabilite_s)
		return NULL;
	if (S_ISREG(status->st_mode))
		err = open_for_writing(dir, name, &busy);
	*whole = !busy;
	return err;
}

static void add_drop(struct drops *drops, const char *compte, const char *name,
		     const struct stat *status)
{
	struct drop *drop;

	drops->items = mem_grow(drops->items, drops->count, &drops->capacity, sizeof(*drop));
	drop = &drops->items[drops->count++];
	*drop = (struct drop){
	    .compte = mem_strdup(compte),
	    .name = mem_strdup(name),
	    .size = (uint64_t)status->st_size,
	    .received_ns = status->st_ctim.tv_sec * NANOSECONDS + status->st_ctim.tv_nsec,
	    .regular = S_ISREG(status->st_mode),
	};
	/* The two are nearly always the same, and a backlog is long: one copy serves both. */
	drop->archive = shown_drop(name);
	if (strcmp(drop->archive, drop->name) == 0) {
		free(drop->archive);
		drop->archive = drop->name;
	}
	identify(status, drop->source);
}

static void drop_free(struct drop *drop)
{
	free(drop->compte);
	if (drop->archive != drop->name)
		free(drop->archive);
	free(drop->name);
	free(drop->received_at);
	free(drop->incident);
}

/* The account that is scanned, and what its drops are added to. */
struct account_scan {
	struct root *root;
	const char *compte;
	struct drops *drops;
};

static const struct error *scan_entry(void *context, int dir, const struct dirent *entry)
{
	const struct account_scan *scan = context;
	const struct error *err;
	struct stat status;
	bool whole;

	if (is_temporary_name(entry->d_name))
		return NULL;
	if (fstatat(dir, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? NULL : error_errno(ERR_FAULT, "inbox/%s", scan->compte);
	err = drop_is_whole(scan->root, dir, entry->d_name, &status, &whole);
	if (err == NULL && whole)
		add_drop(scan->drops, scan->compte, entry->d_name, &status);
	return err;
}

/* One account that cannot be read to its end waits whole, and costs the others nothing. */
static const struct error *scan_account(struct root *root, const char *compte, struct drops *drops)
{
	struct account_scan scan = {root, compte, drops};
	size_t before = drops->count;
	char path[sizeof("inbox/") + NAME_MAX];
	const struct error *err;

	snprintf(path, sizeof(path), "inbox/%s", compte);
	err = dir_each(root->fd, path, DIR_STRICT, scan_entry, &scan);
	if (err == NULL || !account_bears(root, path, NULL))
		return err;
	while (drops->count > before)
		drop_free(&drops->items[--drops->count]);
	return NULL;
}

static const struct error *scan_supplier(void *context, int dir, const struct dirent *entry)
{
	const struct account_scan *scan = context;

	(void)dir;
	if (account_name_fault(entry->d_name) != NULL)
		return NULL;
	return scan_account(scan->root, entry->d_name, scan->drops);
}

static int compare_names(const struct drop *a, const struct drop *b)
{
	int order = strcmp(a->name, b->name);

	return order != 0 ? order : strcmp(a->compte, b->compte);
}

static int by_name_order(const void *left, const void *right)
{
	return compare_names(left, right);
}

static int by_arrival_order(const void *left, const void *right)
{
	const struct drop *a = left, *b = right;

	if (a->received_ns != b->received_ns)
		return a->received_ns < b->received_ns ? -1 : 1;
	return compare_names(a, b);
}

const struct error *inbox_scan(struct root *root, enum inbox_part part, enum inbox_order order,
			       struct drops *drops)
{
	struct account_scan scan = {.root = root, .drops = drops};
	const struct error *err;

	*drops = (struct drops){0};
	/* SIGIO says that a lease is being broken; it would end the process. */
	signal(SIGIO, SIG_IGN);
	err = part == INBOX_ASP ? scan_account(root, "asp", drops)
				: dir_each(root->fd, "inbox", DIR_MAY_LINK, scan_supplier, &scan);
	if (err != NULL)
		return err;
	if (drops->count > 0)
		qsort(drops->items, drops->count, sizeof(*drops->items),
		      order == INBOX_BY_NAME ? by_name_order : by_arrival_order);
	return NULL;
}

void drops_free(struct drops *drops)
{
	for (size_t i = 0; i < drops->count; i++)
		drop_free(&drops->items[i]);
	free(drops->items);
	*drops = (struct drops){0};
}

int inbox_open(struct root *root, const struct drop *drop)
{
	char *path = mem_printf("inbox/%s/%s", drop->compte, drop->name);
	int fd = file_open(root->fd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
	struct stat status;
	char source[INBOX_SOURCE_SIZE];
	int number = ESTALE;

	free(path);
	if (fd < 0)
		return -1;
	if (fstat(fd, &status) != 0) {
		number = errno;
	} else if (S_ISREG(status.st_mode)) {
		identify(&status, source);
		if (strcmp(source, drop->source) == 0)
			return fd;
	}
	close(fd);
	errno = number;
	return -1;
}

/* Whether that name is still the file that was answered; false with errno 0 when it is not. */
static bool is_source(int dir, const char *name, const char *source, struct stat *status)
{
	char found[INBOX_SOURCE_SIZE];

	if (fstatat(dir, name, status, AT_SYMLINK_NOFOLLOW) != 0) {
		errno = errno == ENOENT ? 0 : errno;
		return false;
	}
	errno = 0;
	identify(status, found);
	return S_ISREG(status->st_mode) && strcmp(found, source) == 0;
}

static void hidden_name(unsigned long long inode, char hidden[static HIDDEN_SIZE])
{
	snprintf(hidden, HIDDEN_SIZE, ".segur-%llu", inode);
}

/* Removes the file under the private name if it is the answered one. Another file slipped in
 * between our look and our renaming: it gets its name back. 0, or -1 with errno. */
static int remove_hidden(int dir, const char *name, unsigned long long inode)
{
	struct stat status;
	char hidden[HIDDEN_SIZE];

	hidden_name(inode, hidden);
	if (fstatat(dir, hidden, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : -1;
	if (status.st_ino == inode)
		return unlinkat(dir, hidden, 0);
	return renameat2(dir, hidden, dir, name, RENAME_NOREPLACE);
}

/* Renames the file to a private name first, so that nobody can slip in another one between the look
 * and the removal. 0, or -1 with errno. */
static int remove_answered(int dir, const char *name, const char *source)
{
	struct stat status;
	char hidden[HIDDEN_SIZE];

	if (is_source(dir, name, source, &status)) {
		hidden_name((unsigned long long)status.st_ino, hidden);
		if (renameat(dir, name, dir, hidden) != 0 && errno != ENOENT)
			return -1;
	} else if (errno != 0) {
		return -1;
	}
	/* A release that was stopped between its two steps left the file under its private name. */
	return remove_hidden(dir, name, strtoull(source, NULL, 10));
}

bool inbox_release(struct root *root, const char *compte, const char *archive, const char *source)
{
	char *path = mem_printf("inbox/%s", compte);
	char *name = inbox_raw_name(archive);
	int dir = file_open(root->fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	bool gone = dir >= 0 ? remove_answered(dir, name, source) == 0
			     : errno == ENOENT || errno == ENOTDIR || errno == ELOOP;

	if (!gone && !account_bears(root, path, dir >= 0 ? archive : NULL))
		notice(NOTICE_WARNING, "%s/%s : %s", path, archive, error_words(errno));
	file_let_go(dir);
	free(name);
	free(path);
	return gone;
}
