/*
 * The floor of the benchmark: the least that any night must do. Reads each archive of an inbox
 * once: the same blocks go to SHA-256, to a kept copy and to libarchive, and each entry to SHA-256.
 * Checks nothing, decides nothing, tells nobody.
 *
 *	floor [-j PROCESSES] [--keep DIR] INBOX
 *
 * --keep makes the copies in DIR, durable at the end, as few syncs as that can have: temporaries,
 * one syncfs a batch of 256 copies or 256 MB, renames, and one syncfs at the end (a batch's also
 * makes the names of the batch before durable). Prints the number of archives, entries and bytes
 * hashed. Every archive must read to its end: the first that does not ends the program with 1.
 */
#include <archive.h>
#include <archive_entry.h>
#include <err.h>
#include <fcntl.h>
#include <getopt.h>
#include <glob.h>
#include <locale.h>
#include <openssl/evp.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	BLOCK_SIZE = 256 * 1024,
	BATCH_COPIES = 256,
	BATCH_BYTES = 256 * 1000 * 1000,
	MAX_PROCESSES = 64,
};

/* Between the processes: whoever is free takes the next archive. */
struct shared {
	atomic_size_t next;
	atomic_ullong archives, entries, bytes;
};

/* One process's tools. */
struct floor {
	struct shared *shared;
	EVP_MD *sha256;
	EVP_MD_CTX *digest;	    /* of an entry */
	EVP_MD_CTX *archive_digest; /* of the archive */
	int keep_fd;		    /* folder of the kept copies, -1: none */
	size_t batch[BATCH_COPIES]; /* indices of the copies that are still temporaries */
	size_t batch_count;
	uint64_t batch_bytes;
	/* The archive that is being read. */
	const char *path;
	int fd, copy; /* the copy is -1 without --keep */
	unsigned char block[BLOCK_SIZE];
};

static void digest_start(struct floor *f, EVP_MD_CTX *digest)
{
	if (!EVP_DigestInit_ex2(digest, f->sha256, NULL))
		errx(1, "EVP_DigestInit_ex2");
}

static void digest_add(EVP_MD_CTX *digest, const void *bytes, size_t size)
{
	if (!EVP_DigestUpdate(digest, bytes, size))
		errx(1, "EVP_DigestUpdate");
}

static void digest_end(EVP_MD_CTX *digest)
{
	unsigned char sum[EVP_MAX_MD_SIZE];

	if (!EVP_DigestFinal_ex(digest, sum, NULL))
		errx(1, "EVP_DigestFinal_ex");
}

/* The next block of the archive, hashed and copied on its way; 0 at the end. For libarchive. */
static la_ssize_t next_block(struct archive *a, void *context, const void **block)
{
	struct floor *f = context;
	ssize_t got = read(f->fd, f->block, BLOCK_SIZE);

	(void)a;
	if (got < 0)
		err(1, "%s", f->path);
	digest_add(f->archive_digest, f->block, (size_t)got);
	if (f->copy >= 0 && write(f->copy, f->block, (size_t)got) != got)
		err(1, "copy of %s", f->path);
	f->batch_bytes += (uint64_t)got;
	*block = f->block;
	return got;
}

static void hash_entry(struct floor *f, struct archive *a)
{
	const void *block;
	size_t size;
	la_int64_t offset;
	int rc;

	digest_start(f, f->digest);
	while ((rc = archive_read_data_block(a, &block, &size, &offset)) == ARCHIVE_OK) {
		digest_add(f->digest, block, size);
		f->shared->bytes += size;
	}
	if (rc != ARCHIVE_EOF)
		errx(1, "%s: %s", f->path, archive_error_string(a));
	digest_end(f->digest);
	f->shared->entries++;
}

static void read_archive(struct floor *f)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	const void *block;
	int rc;

	if (a == NULL || archive_read_support_format_zip(a) != ARCHIVE_OK ||
	    archive_read_support_format_tar(a) != ARCHIVE_OK ||
	    archive_read_support_filter_gzip(a) != ARCHIVE_OK ||
	    archive_read_support_filter_xz(a) != ARCHIVE_OK ||
	    archive_read_support_filter_zstd(a) != ARCHIVE_OK)
		errx(1, "libarchive lacks a format");
	digest_start(f, f->archive_digest);
	if (archive_read_open(a, f, NULL, next_block, NULL) != ARCHIVE_OK)
		errx(1, "%s: %s", f->path, archive_error_string(a));
	while ((rc = archive_read_next_header(a, &entry)) == ARCHIVE_OK)
		hash_entry(f, a);
	if (rc != ARCHIVE_EOF)
		errx(1, "%s: %s", f->path, archive_error_string(a));
	archive_read_free(a);
	/* What libarchive had no need of: a zip's directory, a tar's padding. */
	while (next_block(NULL, f, &block) > 0)
		continue;
	digest_end(f->archive_digest);
	f->shared->archives++;
}

static void sync_copies(const struct floor *f)
{
	if (f->keep_fd >= 0 && syncfs(f->keep_fd) != 0)
		err(1, "syncfs");
}

/* Contents first, then names. */
static void close_batch(struct floor *f)
{
	sync_copies(f);
	for (size_t i = 0; i < f->batch_count; i++) {
		char temporary[32], final[32];

		snprintf(temporary, sizeof(temporary), "%zu.tmp", f->batch[i]);
		snprintf(final, sizeof(final), "%zu", f->batch[i]);
		if (renameat(f->keep_fd, temporary, f->keep_fd, final) != 0)
			err(1, "rename %s", temporary);
	}
	f->batch_count = 0;
	f->batch_bytes = 0;
}

static void open_copy(struct floor *f, size_t index)
{
	char name[32];

	snprintf(name, sizeof(name), "%zu.tmp", index);
	f->copy = openat(f->keep_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (f->copy < 0)
		err(1, "%s", name);
	f->batch[f->batch_count++] = index;
}

static void take(struct floor *f, const char *path, size_t index)
{
	f->path = path;
	f->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (f->fd < 0)
		err(1, "%s", path);
	if (f->keep_fd >= 0)
		open_copy(f, index);
	read_archive(f);
	close(f->fd);
	if (f->copy >= 0 && close(f->copy) != 0)
		err(1, "copy of %s", path);
	if (f->batch_count == BATCH_COPIES || f->batch_bytes >= BATCH_BYTES)
		close_batch(f);
}

static void work(const glob_t *paths, int keep_fd, struct shared *shared)
{
	static struct floor f;
	size_t i;

	f = (struct floor){.shared = shared, .keep_fd = keep_fd, .copy = -1};
	f.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	f.digest = EVP_MD_CTX_new();
	f.archive_digest = EVP_MD_CTX_new();
	if (f.sha256 == NULL || f.digest == NULL || f.archive_digest == NULL)
		errx(1, "no SHA-256");
	while ((i = atomic_fetch_add(&shared->next, 1)) < paths->gl_pathc)
		take(&f, paths->gl_pathv[i], i);
	if (f.batch_count > 0)
		close_batch(&f);
	sync_copies(&f);
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
	struct shared *shared;
	glob_t paths;
	int status, failed = 0;

	shared =
	    mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		err(1, "mmap");
	list_drops(inbox, &paths);
	for (size_t i = 0; i < processes; i++) {
		pid_t pid = fork();

		if (pid < 0)
			err(1, "fork");
		if (pid == 0) {
			work(&paths, keep_fd, shared);
			_exit(0);
		}
	}
	while (wait(&status) > 0)
		failed |= status != 0;
	printf("%llu archives, %llu entries, %llu bytes\n", shared->archives, shared->entries,
	       shared->bytes);
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
