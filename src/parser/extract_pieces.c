#include "parser/extract_pieces.h"

#include "lib/file.h"
#include "parser/check_private.h"

#include <unistd.h>

struct wanted_entries {
	const struct job *job;
	const int *outputs;
	uint32_t ordinal; /* of the entry being read */
	uint32_t done;
	bool failed;
};

/* One file may have been given as two pieces: it is written to each. */
static bool wants(const struct wanted_entries *extraction, uint32_t i)
{
	return extraction->job->ordinals[i] == extraction->ordinal;
}

static enum unpack_action extract_begin(void *context, const struct unpack_entry *entry)
{
	struct wanted_entries *extraction = context;

	extraction->ordinal = entry->ordinal;
	for (uint32_t i = 0; i < extraction->job->ordinal_count; i++)
		if (wants(extraction, i))
			return UNPACK_READ;
	return UNPACK_SKIP;
}

static void extract_data(void *context, const void *bytes, size_t count)
{
	struct wanted_entries *extraction = context;

	for (uint32_t i = 0; i < extraction->job->ordinal_count; i++)
		if (wants(extraction, i) &&
		    file_write_all(extraction->outputs[i], bytes, count) != 0)
			extraction->failed = true;
}

static void extract_end(void *context)
{
	struct wanted_entries *extraction = context;

	for (uint32_t i = 0; i < extraction->job->ordinal_count; i++)
		extraction->done += wants(extraction, i);
}

static void extract_defect(void *context, enum unpack_defect defect, const char *entry,
			   const char *detail)
{
	/* The archive was accepted once: the hashes judge what comes out. */
	(void)context, (void)defect, (void)entry, (void)detail;
}

bool extract_pieces(const struct job *job, int archive, const int *outputs)
{
	struct wanted_entries extraction = {.job = job, .outputs = outputs};
	const struct unpack_visitor visitor = {&extraction, extract_begin, extract_data,
					       extract_end, extract_defect};
	const struct unpack_limits limits = check_limits(job);
	enum archive_kind kind;
	off_t size = lseek(archive, 0, SEEK_END);

	return size >= 0 &&
	       unpack(archive, (uint64_t)size, &limits, &visitor, &kind) == UNPACK_DONE &&
	       extraction.done == job->ordinal_count && !extraction.failed;
}
