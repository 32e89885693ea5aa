#include "keep/extract.h"

#include "lib/sha256.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* The pool owns what it is given: the archive, and a second descriptor of each output. */
static const struct error *submit_extraction(const struct conf *conf, struct pool *pool, int fd,
					     const struct document *documents, size_t count)
{
	struct job job = {.kind = JOB_EXTRACT, .ordinal_count = (uint32_t)count};
	int given[JOB_FDS_MAX] = {fd};

	job_limits(conf, &job);
	job.formats_archive = ~0u; /* it was accepted under the limits of its day */
	for (size_t i = 0; i < count; i++) {
		job.ordinals[i] = documents[i].ordinal;
		given[1 + i] = fcntl(documents[i].fd, F_DUPFD_CLOEXEC, 3);
	}
	return pool_submit(pool, 0, NULL, &job, given, 1 + count);
}

bool document_is_recorded(const struct document *document)
{
	uint8_t digest[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE];

	if (!sha256_of_file(document->fd, digest))
		return false;
	sha256_hex(digest, hex);
	return strcmp(hex, document->sha256) == 0;
}

const struct error *extraction_run(const struct conf *conf, struct pool *pool, int fd,
				   const char *archive, const struct document *documents,
				   size_t count)
{
	struct outcome outcome = {0};
	const struct error *err = submit_extraction(conf, pool, fd, documents, count);

	if (err == NULL)
		err = pool_wait(pool, &outcome);
	if (err == NULL && outcome.kind != OUTCOME_EXTRACTED)
		err = error_set(ERR_FAULT, "archive conservée %s : %s", archive, outcome.incident);
	return err;
}
