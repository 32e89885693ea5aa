/*
 * The floor of the benchmark: the least that any night must do. Reads each archive of an inbox with
 * libarchive and hashes each entry with SHA-256; checks nothing, decides nothing, writes nothing.
 *
 *	floor [-j PROCESSES] [--keep DIR] INBOX
 *
 * --keep also makes a durable copy of each archive in DIR, in groups: temporaries, one syncfs,
 *renames, one syncfs. Prints the number of archives, entries and bytes hashed. Every archive must
 *read to its end: the first that does not ends the program with 1.
 */
#include <archive.h>
#include <archive_entry.h>
#include <err.h>
#include <fcntl.h>
#include <getopt.h>
#include <glob.h>
#include <locale.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	BLOCK_SIZE = 64 * 1024, /* what libarchive reads at once */
	GROUP_SIZE = 256,	/* kept copies that share their two syncs */
	MAX_PROCESSES = 64,
};

struct totals {
	uint64_t archives, entries, bytes;
};

/* One process's share of the work and its tools. */
struct floor {
	EVP_MD *sha256;
	EVP_MD_CTX *digest;
	int keep_fd;		  /* directory of the kept copies, -1: none */
	size_t group[GROUP_SIZE]; /* indices of the copies that are still temporaries */
	size_t group_count;
	struct totals *totals;
};

static void hash_entry(struct floor *f, struct archive *a, const char *path)
{
	const void *block;
	size_t size;
	la_int64_t offset;
	unsigned char sum[EVP_MAX_MD_SIZE];
	int rc;

	if (!EVP_DigestInit_ex2(f->digest, f->sha256, NULL))
		errx(1, "EVP_DigestInit_ex2");
	while ((rc = archive_read_data_block(a, &block, &size, &offset)) == ARCHIVE_OK) {
		if (!EVP_DigestUpdate(f->digest, block, size))
			errx(1, "EVP_DigestUpdate");
		f->totals->bytes += size;
	}
	if (rc != ARCHIVE_EOF)
		errx(1, "%s: %s", path, archive_error_string(a));
	if (!EVP_DigestFinal_ex(f->digest, sum, NULL))
		errx(1, "EVP_DigestFinal_ex");
	f->totals->entries++;
}

static void read_archive(struct floor *f, int fd, const char *path)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	int rc;

	if (a == NULL || archive_read_support_format_zip(a) != ARCHIVE_OK ||
	    archive_read_support_format_tar(a) != ARCHIVE_OK ||
	    archive_read_support_filter_gzip(a) != ARCHIVE_OK ||
	    archive_read_support_filter_xz(a) != ARCHIVE_OK ||
	    archive_read_support_filter_zstd(a) != ARCHIVE_OK)
		errx(1, "libarchive lacks a format");
	if (archive_read_open_fd(a, fd, BLOCK_SIZE) != ARCHIVE_OK)
		errx(1, "%s: %s", path, archive_error_string(a));
	while ((rc = archive_read_next_header(a, &entry)) == ARCHIVE_OK)
		hash_entry(f, a, path);
	if (rc != ARCHIVE_EOF)
		errx(1, "%s: %s", path, archive_error_string(a));
	archive_read_free(a);
	f->totals->archives++;
}

/* Makes the group's copies durable under their final names: contents first, then names. */
static void close_group(struct floor *f)
{
	if (f->group_count == 0)
		return;
	if (syncfs(f->keep_fd) != 0)
		err(1, "syncfs");
	for (size_t i = 0; i < f->group_count; i++) {
		char temporary[32], final[32];

		snprintf(temporary, sizeof(temporary), "%zu.tmp", f->group[i]);
		snprintf(final, sizeof(final), "%zu", f->group[i]);
		if (renameat(f->keep_fd, temporary, f->keep_fd, final) != 0)
			err(1, "rename %s", temporary);
	}
	if (syncfs(f->keep_fd) != 0)
		err(1, "syncfs");
	f->group_count = 0;
}

static void keep_copy(struct floor *f, int fd, size_t index)
{
	char name[32];
	struct stat st;
	off_t from = 0;
	int out;

	snprintf(name, sizeof(name), "%zu.tmp", index);
	out = openat(f->keep_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (out < 0 || fstat(fd, &st) != 0)
		err(1, "%s", name);
	while (from < st.st_size)
		if (copy_file_range(fd, &from, out, NULL, (size_t)(st.st_size - from), 0) <= 0)
			err(1, "copy_file_range %s", name);
	if (close(out) != 0)
		err(1, "%s", name);
	f->group[f->group_count++] = index;
	if (f->group_count == GROUP_SIZE)
		close_group(f);
}

/* Works on the paths `first`, `first + step`…; each process has totals of its own. */
static void work(const glob_t *paths, size_t first, size_t step, int keep_fd, struct totals *totals)
{
	struct floor f = {.keep_fd = keep_fd, .totals = totals};

	f.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	f.digest = EVP_MD_CTX_new();
	if (f.sha256 == NULL || f.digest == NULL)
		errx(1, "no SHA-256");
	for (size_t i = first; i < paths->gl_pathc; i += step) {
		const char *path = paths->gl_pathv[i];
		int fd = open(path, O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			err(1, "%s", path);
		if (keep_fd >= 0)
			keep_copy(&f, fd, i);
		read_archive(&f, fd, path);
		close(fd);
	}
	close_group(&f);
	EVP_MD_CTX_free(f.digest);
	EVP_MD_free(f.sha256);
}

/* The drops: every file of every account, in order of name; the ASP's own files are left out. */
static void list_drops(const char *inbox, glob_t *paths)
{
	char pattern[4096];
	size_t count = 0;

	if (snprintf(pattern, sizeof(pattern), "%s/*/*", inbox) >= (int)sizeof(pattern))
		errx(64, "path too long");
	if (glob(pattern, 0, NULL, paths) != 0)
		errx(1, "no archive in %s", inbox);
	snprintf(pattern, sizeof(pattern), "%s/asp/", inbox);
	for (size_t i = 0; i < paths->gl_pathc; i++)
		if (strncmp(paths->gl_pathv[i], pattern, strlen(pattern)) == 0)
			free(paths->gl_pathv[i]);
		else
			paths->gl_pathv[count++] = paths->gl_pathv[i];
	paths->gl_pathc = count;
}

static int run(const char *inbox, size_t processes, int keep_fd)
{
	struct totals *totals, sum = {0};
	glob_t paths;
	int status, failed = 0;

	totals = mmap(NULL, processes * sizeof(*totals), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (totals == MAP_FAILED)
		err(1, "mmap");
	list_drops(inbox, &paths);
	for (size_t i = 0; i < processes; i++) {
		pid_t pid = fork();

		if (pid < 0)
			err(1, "fork");
		if (pid == 0) {
			work(&paths, i, processes, keep_fd, &totals[i]);
			_exit(0);
		}
	}
	while (wait(&status) > 0)
		failed |= status != 0;
	for (size_t i = 0; i < processes; i++) {
		sum.archives += totals[i].archives;
		sum.entries += totals[i].entries;
		sum.bytes += totals[i].bytes;
	}
	printf("%ju archives, %ju entries, %ju bytes\n", (uintmax_t)sum.archives,
	       (uintmax_t)sum.entries, (uintmax_t)sum.bytes);
	globfree(&paths);
	return failed;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"keep", required_argument, NULL, 'k'},
						{NULL, 0, NULL, 0}};
	size_t processes = 1;
	int option, keep_fd = -1;

	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		errx(1, "no locale C.UTF-8");
	while ((option = getopt_long(argc, argv, "j:", options, NULL)) != -1) {
		if (option == 'j') {
			processes = strtoul(optarg, NULL, 10);
		} else if (option == 'k') {
			keep_fd = open(optarg, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			if (keep_fd < 0)
				err(1, "%s", optarg);
		} else {
			return 64;
		}
	}
	if (optind != argc - 1 || processes == 0 || processes > MAX_PROCESSES)
		errx(64, "usage: floor [-j PROCESSES] [--keep DIR] INBOX");
	return run(argv[optind], processes, keep_fd);
}
