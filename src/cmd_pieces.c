/* Writes out a request's documents: the sandboxed parser reads the kept archive, the parent opens
 * the files. */
#include "cmd.h"
#include "lib/mem.h"
#include "lib/sha256.h"
#include "outbox.h"
#include "root.h"
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct wanted {
	char *path, *sha256, *archive;
	uint32_t ordinal;
};

struct documents {
	struct wanted *items;
	size_t count, capacity;
};

static void load_documents(struct root *root, int64_t id, struct documents *documents)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_DEMANDE_PIECES);

	bind_int(stmt, 1, id);
	while (store_step(root->store, stmt)) {
		struct wanted *one;

		documents->items = mem_grow(documents->items, documents->count,
					    &documents->capacity, sizeof(*documents->items));
		one = &documents->items[documents->count++];
		/* Several deposits of one request may give the same type: their order keeps them
		 * apart, and the name says which are no longer in force. */
		one->path = mem_printf("%02zu-%s%s.%s", documents->count, column_text(stmt, 0),
				       strcmp(column_text(stmt, 6), "oui") == 0 ? "" : "-remplacee",
				       column_text(stmt, 2));
		one->sha256 = mem_strdup(column_text(stmt, 4));
		one->ordinal = (uint32_t)column_int(stmt, 7);
		one->archive = mem_strdup(column_text(stmt, 8));
	}
}

static bool same_hash(int fd, const char *expected)
{
	struct sha256 *sha256 = sha256_new();
	uint8_t block[1 << 16], digest[32];
	char hex[65];
	ssize_t got;

	sha256_begin(sha256);
	lseek(fd, 0, SEEK_SET);
	while ((got = read(fd, block, sizeof(block))) > 0)
		sha256_update(sha256, block, (size_t)got);
	sha256_end(sha256, digest);
	sha256_free(sha256);
	sha256_hex(digest, hex);
	return got == 0 && strcmp(hex, expected) == 0;
}

/* Closes the outputs of items from `first` on, and removes what is not what was recorded: nobody
 * must take it for a document of the request. */
static void keep_verified(int dir, const struct documents *documents, size_t first, const int *own,
			  size_t count, const struct error **err)
{
	bool extracted = *err == NULL;

	for (size_t i = 0; i < count; i++) {
		const struct wanted *one = &documents->items[first + i];

		if (!extracted || !same_hash(own[i], one->sha256)) {
			unlinkat(dir, one->path, 0);
			if (*err == NULL)
				*err =
				    error_set(ERR_FAULT, "%s ne porte pas l'empreinte enregistrée",
					      one->path);
		}
		close(own[i]);
	}
}

/* Opens the outputs of items [first, last) and has one parser fill them; their hashes are the
 * record's. */
static const struct error *extract(struct root *root, struct pool *pool, int dir,
				   const struct documents *documents, size_t first, size_t last)
{
	struct job job = {.kind = JOB_EXTRACT};
	char *path = mem_printf("var/archives/%.2s/%s", documents->items[first].archive,
				documents->items[first].archive);
	int given[JOB_FDS_MAX], own[PIECES_MAX];
	const struct error *err = NULL;
	struct outcome outcome = {0};
	size_t count = 0;

	job_limits(&root->conf, &job);
	job.formats_archive = ~0u; /* it was accepted under the limits of its day */
	given[0] = openat(root->fd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (given[0] < 0)
		err = error_errno(ERR_FAULT, "archive conservée %s", path);
	for (size_t i = first; i < last && err == NULL; i++, count++) {
		own[count] = openat(dir, documents->items[i].path,
				    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (own[count] < 0) {
			err = error_errno(ERR_CANT_WRITE, "%s", documents->items[i].path);
			break;
		}
		given[1 + count] = fcntl(own[count], F_DUPFD_CLOEXEC, 3);
		job.ordinals[count] = documents->items[i].ordinal;
	}
	job.ordinal_count = (uint32_t)count;
	if (err == NULL)
		err = pool_submit(pool, 0, &job, given, 1 + count);
	if (err == NULL)
		err = pool_wait(pool, &outcome);
	if (err == NULL && outcome.kind != OUTCOME_EXTRACTED)
		err = error_set(ERR_FAULT, "archive conservée %s : %s", path, outcome.incident);
	keep_verified(dir, documents, first, own, count, &err);
	free(path);
	return err;
}

static const struct error *extract_all(struct root *root, const char *target,
				       const struct documents *documents)
{
	struct pool *pool = NULL;
	const struct error *err = NULL;
	int dir;

	if (mkdir(target, 0700) != 0 && errno != EEXIST)
		return error_errno(ERR_CANT_WRITE, "%s", target);
	dir = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return error_errno(ERR_CANT_WRITE, "%s", target);
	err = pool_open(&root->conf, 1, &pool);
	for (size_t first = 0, last; first < documents->count && err == NULL; first = last) {
		for (last = first + 1;
		     last < documents->count && last - first < PIECES_MAX &&
		     strcmp(documents->items[last].archive, documents->items[first].archive) == 0;
		     last++)
			continue;
		err = extract(root, pool, dir, documents, first, last);
	}
	pool_close(pool);
	close(dir);
	return err;
}

int cmd_pieces(int argc, char **argv)
{
	const char *where = NULL;
	const struct cmd_option options[] = {{"root", "DIR", "racine", &where}, {0}};
	const struct cmd_usage usage = {
	    "pieces NUMERO DIR [--root DIR]",
	    "Extrait les documents d'une demande dans un répertoire, empreintes vérifiées.",
	    options};
	struct documents documents = {0};
	const struct error *err;
	struct root root;
	int64_t id;
	int code, first = cmd_parse(argc, argv, &usage, 2, 2, &code);

	if (first < 0)
		return code;
	id = demande_numero_parse(argv[first]);
	err = root_open(cmd_root(where), false, &root);
	if (err == NULL) {
		load_documents(&root, id, &documents);
		if (documents.count == 0)
			err = error_set(ERR_DATA, "la demande %s n'existe pas, ou n'a pas de pièce",
					argv[first]);
	}
	if (err == NULL)
		err = extract_all(&root, argv[first + 1], &documents);
	code = err != NULL ? cmd_fail(err) : 0;
	for (size_t i = 0; i < documents.count; i++) {
		if (err == NULL)
			printf("%s/%s\n", argv[first + 1], documents.items[i].path);
		free(documents.items[i].path);
		free(documents.items[i].sha256);
		free(documents.items[i].archive);
	}
	free(documents.items);
	root_close(&root);
	return code;
}
