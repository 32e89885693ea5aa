#include "inbox.h"

#include "lib/buf.h"
#include "lib/mem.h"
#include "lib/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NANOSECONDS 1000000000ll

static bool is_account_name(const char *name)
{
	size_t length = strlen(name);

	if (length < 2 || length > 32 || name[0] < 'a' || name[0] > 'z' || strcmp(name, "asp") == 0)
		return false;
	return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

static bool ends_with(const char *name, const char *suffix)
{
	size_t length = strlen(name), tail = strlen(suffix);

	return length >= tail && strcasecmp(name + length - tail, suffix) == 0;
}

/* Names that SFTP clients give to what they are still sending. */
static bool is_temporary_name(const char *name)
{
	return name[0] == '.' || ends_with(name, ".part") || ends_with(name, ".filepart") ||
	       ends_with(name, ".tmp");
}

static int hex_digit(char c)
{
	const char *digits = "0123456789ABCDEF", *found = c != '\0' ? strchr(digits, c) : NULL;

	return found != NULL ? (int)(found - digits) : -1;
}

/* What reads like one of our own escapes: "%41". */
static bool is_escape(const char *text)
{
	return text[0] == '%' && hex_digit(text[1]) >= 0 && hex_digit(text[2]) >= 0;
}

/* Control characters, invalid bytes, and a '%' that would read as an escape, as %XX, so that the
 * answer's name is safe to print and the raw name can be had back. */
static char *shown_name(const char *name)
{
	bool utf8 = text_is_utf8(name, strlen(name));
	struct buf out = {0};

	for (const unsigned char *c = (const unsigned char *)name; *c != '\0'; c++)
		if (*c < 0x20 || *c == 0x7f || is_escape((const char *)c) ||
		    (*c >= 0x80 && !utf8) || (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0) ||
		    (*c >= 0x80 && *c < 0xa0 && c > (const unsigned char *)name && c[-1] == 0xc2))
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

static void identify(const struct stat *status, char source[static 48])
{
	snprintf(source, 48, "%llu-%lld.%09ld", (unsigned long long)status->st_ino,
		 (long long)status->st_ctim.tv_sec, status->st_ctim.tv_nsec);
}

/* A read lease can only be had on a file that nobody holds open for writing. Where leases are
 * refused (not our file and no CAP_LEASE, or a network file system) the quiet time alone must do.
 */
static bool open_for_writing(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	bool busy;

	if (fd < 0)
		return false;
	busy = fcntl(fd, F_SETLEASE, F_RDLCK) != 0 && errno == EAGAIN;
	if (!busy)
		fcntl(fd, F_SETLEASE, F_UNLCK);
	close(fd);
	return busy;
}

static bool is_whole(struct root *root, int dir, const char *name, const struct stat *status)
{
	time_t age;

	if (is_temporary_name(name))
		return false;
	/* A time in the future beyond the delay: the clock was set back; waiting would not end. */
	age = time(NULL) - status->st_ctim.tv_sec;
	if (age < root->conf.stabilite_s && age > -root->conf.stabilite_s)
		return false;
	return !S_ISREG(status->st_mode) || !open_for_writing(dir, name);
}

static void add_drop(struct drops *drops, const char *compte, const char *name,
		     const struct stat *status)
{
	struct drop *drop;

	drops->items = mem_grow(drops->items, drops->count, &drops->capacity, sizeof(*drop));
	drop = &drops->items[drops->count++];
	*drop = (struct drop){
	    .compte = mem_strdup(compte),
	    .nom = mem_strdup(name),
	    .archive = shown_name(name),
	    .taille = (uint64_t)status->st_size,
	    .recu_ns = status->st_ctim.tv_sec * NANOSECONDS + status->st_ctim.tv_nsec,
	    .ordinaire = S_ISREG(status->st_mode),
	};
	identify(status, drop->source);
}

/* False when it could not be read; errno is set. */
static bool scan_account(struct root *root, const char *compte, struct drops *drops)
{
	char *path = mem_printf("inbox/%s", compte);
	int fd = openat(root->fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	struct stat status;

	if (dir == NULL && fd >= 0)
		close(fd);
	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
		    is_whole(root, fd, entry->d_name, &status))
			add_drop(drops, compte, entry->d_name, &status);
	if (dir != NULL)
		closedir(dir);
	free(path);
	return dir != NULL;
}

/* One account that cannot be read costs the others nothing; the operator is told. */
static void scan_supplier(struct root *root, const char *compte, struct drops *drops)
{
	if (!scan_account(root, compte, drops))
		fprintf(stderr, "<4>segur : %s\n",
			error_errno(ERR_FAULT, "inbox/%s", compte)->message);
}

static int compare_names(const struct drop *a, const struct drop *b)
{
	int order = strcmp(a->nom, b->nom);

	return order != 0 ? order : strcmp(a->compte, b->compte);
}

static int by_name_order(const void *left, const void *right)
{
	return compare_names(left, right);
}

static int by_arrival_order(const void *left, const void *right)
{
	const struct drop *a = left, *b = right;

	if (a->recu_ns != b->recu_ns)
		return a->recu_ns < b->recu_ns ? -1 : 1;
	return compare_names(a, b);
}

const struct error *inbox_scan(struct root *root, bool asp, bool by_name, struct drops *drops)
{
	struct dirent *entry;
	DIR *dir;
	int fd;

	*drops = (struct drops){0};
	/* A lease that is broken while we look would end the process. */
	signal(SIGIO, SIG_IGN);
	if (asp) {
		if (!scan_account(root, "asp", drops))
			return error_errno(ERR_FAULT, "inbox/asp");
	} else {
		fd = openat(root->fd, "inbox", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		dir = fd >= 0 ? fdopendir(fd) : NULL;
		if (dir == NULL)
			return error_errno(ERR_FAULT, "inbox");
		while ((entry = readdir(dir)) != NULL)
			if (is_account_name(entry->d_name) && entry->d_type != DT_REG)
				scan_supplier(root, entry->d_name, drops);
		closedir(dir);
	}
	if (drops->count > 1)
		qsort(drops->items, drops->count, sizeof(*drops->items),
		      by_name ? by_name_order : by_arrival_order);
	return NULL;
}

void drops_free(struct drops *drops)
{
	for (size_t i = 0; i < drops->count; i++) {
		free(drops->items[i].compte);
		free(drops->items[i].nom);
		free(drops->items[i].archive);
		free(drops->items[i].recu_le);
		free(drops->items[i].incident);
	}
	free(drops->items);
	*drops = (struct drops){0};
}

int inbox_open(struct root *root, const struct drop *drop)
{
	char *path = mem_printf("inbox/%s/%s", drop->compte, drop->nom);
	int fd = openat(root->fd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat status;
	char source[48];

	free(path);
	if (fd < 0)
		return -1;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
		identify(&status, source);
		if (strcmp(source, drop->source) == 0)
			return fd;
	}
	close(fd);
	errno = ESTALE;
	return -1;
}

static bool is_source(int dir, const char *name, const char *source, struct stat *status)
{
	char found[48];

	if (fstatat(dir, name, status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status->st_mode))
		return false;
	identify(status, found);
	return strcmp(found, source) == 0;
}

/* A release that was killed between its two steps left the answered file under its private name. */
static void remove_hidden(int dir, const char *source)
{
	char hidden[64];

	snprintf(hidden, sizeof(hidden), ".segur-%llu", strtoull(source, NULL, 10));
	unlinkat(dir, hidden, 0);
}

/* Under a private name first, so that between the look and the removal nobody can slip in another
 * file. */
static void remove_if_same(int dir, const char *name, const struct stat *known)
{
	struct stat status;
	char hidden[64];

	snprintf(hidden, sizeof(hidden), ".segur-%llu", (unsigned long long)known->st_ino);
	if (renameat(dir, name, dir, hidden) != 0)
		return;
	if (fstatat(dir, hidden, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	    status.st_ino == known->st_ino)
		unlinkat(dir, hidden, 0);
	else
		renameat2(dir, hidden, dir, name, RENAME_NOREPLACE);
}

const struct error *inbox_release(struct root *root, const char *compte, const char *archive,
				  const char *source)
{
	char *path = mem_printf("inbox/%s", compte);
	char *name = inbox_raw_name(archive);
	int dir = openat(root->fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	const struct error *err = NULL;
	struct stat status;

	if (dir < 0 && errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
		err = error_errno(ERR_CANT_WRITE, "inbox/%s", compte);
	if (dir >= 0 && is_source(dir, name, source, &status)) {
		remove_if_same(dir, name, &status);
		if (is_source(dir, name, source, &status))
			err = error_set(
			    ERR_CANT_WRITE,
			    "inbox/%s : les droits ne permettent pas d'en retirer un fichier",
			    compte);
	} else if (dir >= 0) {
		remove_hidden(dir, source);
	}
	if (dir >= 0)
		close(dir);
	free(name);
	free(path);
	return err;
}
