#include "keep/extract.h"

#include "lib/file.h"
#include "lib/mem.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct document *documents_add(struct documents *documents, const char *archive, const char *sha256,
			       uint32_t ordinal)
{
	struct document *added;

	documents->items = mem_grow(documents->items, documents->count, &documents->capacity,
				    sizeof(*documents->items));
	added = &documents->items[documents->count++];
	*added = (struct document){.ordinal = ordinal};
	snprintf(added->archive, sizeof(added->archive), "%s", archive);
	snprintf(added->sha256, sizeof(added->sha256), "%s", sha256);
	return added;
}

void documents_free(struct documents *documents)
{
	for (size_t i = 0; i < documents->count; i++)
		free(documents->items[i].path);
	free(documents->items);
	*documents = (struct documents){0};
}

/* The pool owns what it is given: the archive, and a second descriptor of each output. */
static const struct error *submit(struct extraction *extraction, int fd,
				  const struct document *first, const int *outputs, size_t count)
{
	struct job job = {.kind = JOB_EXTRACT, .ordinal_count = (uint32_t)count};
	int given[JOB_FDS_MAX] = {fd};

	job_limits(&extraction->root->conf, &job);
	job.formats_archive = ~0u; /* it was accepted under the limits of its day */
	for (size_t i = 0; i < count; i++) {
		job.ordinals[i] = first[i].ordinal;
		given[1 + i] = fcntl(outputs[i], F_DUPFD_CLOEXEC, 3);
	}
	return pool_submit(extraction->pool, 0, NULL, &job, given, 1 + count);
}

/* Has the parser read the archive, whose descriptor is closed. */
static const struct error *read_archive(struct extraction *extraction, int fd,
					const struct document *first, const int *outputs,
					size_t count)
{
	struct outcome outcome = {0};
	const struct error *err = submit(extraction, fd, first, outputs, count);

	if (err == NULL)
		err = pool_wait(extraction->pool, &outcome);
	if (err == NULL && outcome.kind != OUTCOME_EXTRACTED)
		err = error_set(ERR_FAULT, "archive conservée %s : %s", first->archive,
				outcome.incident);
	return err;
}

/* A document that is kept by itself is not parsed: its bytes are those that were checked once. */
static const struct error *read_alone(int fd, int to)
{
	char block[1 << 15];
	off_t offset = 0;
	bool written = true;
	ssize_t got = 0;

	for (; written && (got = file_read_block(fd, block, sizeof(block), offset)) > 0;
	     offset += got)
		written = file_write_all(to, block, (size_t)got) == 0;
	file_let_go(fd);
	return written && got == 0 ? NULL : error_errno(ERR_CANT_WRITE, "copie d'un document");
}

/* Gives out what was opened, also after a failure: whoever opened it clears it away. */
static const struct error *give(const struct extraction *extraction, const struct document *first,
				const int *outputs, size_t count, const struct error *err)
{
	bool extracted = err == NULL;

	for (size_t i = 0; i < count; i++) {
		err = extraction->take(extraction->context, &first[i], outputs[i],
				       extracted && sha256_is_of_file(outputs[i], first[i].sha256),
				       err);
		file_let_go(outputs[i]);
	}
	return err;
}

/* Documents [0, wanted) of one archive, or one that is kept alone. */
static const struct error *extract_some(struct extraction *extraction, const struct document *first,
					size_t wanted)
{
	const struct error *err = NULL;
	int outputs[PIECES_MAX] = {-1}, fd = -1;
	size_t count = 0;

	if (!first->alone && extraction->pool == NULL)
		err = pool_open(&extraction->root->conf, 1, &extraction->pool);
	if (err == NULL)
		err = vault_read(extraction->room, first->alone ? first->sha256 : first->archive,
				 &fd);
	for (; count < wanted && err == NULL; count += err == NULL)
		err = extraction->open(extraction->context, &first[count], &outputs[count]);
	if (err != NULL)
		file_let_go(fd);
	else if (first->alone)
		err = read_alone(fd, outputs[0]);
	else
		err = read_archive(extraction, fd, first, outputs, count);
	return give(extraction, first, outputs, count, err);
}

/* How many documents from the first on are read together. */
static size_t count_together(const struct document *first, size_t left)
{
	size_t count = 1;

	while (!first->alone && count < left && count < PIECES_MAX && !first[count].alone &&
	       !first[count].erased && strcmp(first[count].archive, first->archive) == 0)
		count++;
	return count;
}

const struct error *extract_documents(struct extraction *extraction,
				      const struct documents *documents)
{
	const struct error *err = NULL;

	for (size_t i = 0, count; i < documents->count && err == NULL; i += count) {
		const struct document *first = &documents->items[i];

		count = first->erased ? 1 : count_together(first, documents->count - i);
		if (!first->erased)
			err = extract_some(extraction, first, count);
	}
	return err;
}
