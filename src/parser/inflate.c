#include "parser/inflate.h"

#include "lib/array.h"
#include "lib/file.h"
#include "parser/unpack.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

#define STOCK_NAME_MAX 255 /* of an entry's path */

struct inflating {
	int output;
	struct inflated *inflated;
	bool failed;
};

/* A refusal is told of the zip as a whole: its only file is no CSV. */
static enum inflated_state state_of(enum unpack_defect defect)
{
	static const enum inflated_state states[DEFECT_FIRST_OF_ENTRY] = {
	    [DEFECT_UNKNOWN_KIND] = INFLATED_NO_ZIP, [DEFECT_KIND_NOT_ALLOWED] = INFLATED_NO_ZIP,
	    [DEFECT_TRUNCATED] = INFLATED_CUT,	     [DEFECT_CORRUPT] = INFLATED_DAMAGED,
	    [DEFECT_ENCRYPTED] = INFLATED_ENCRYPTED, [DEFECT_METHOD] = INFLATED_METHOD,
	    [DEFECT_WINDOW] = INFLATED_METHOD,	     [DEFECT_BOMB] = INFLATED_TOO_BIG,
	    [DEFECT_TOO_MANY] = INFLATED_ENTRIES,    [DEFECT_TRAILING] = INFLATED_TRAILING,
	    [DEFECT_ZIP_COUNT] = INFLATED_DAMAGED,   [DEFECT_ZIP_NAMES] = INFLATED_DAMAGED,
	    [DEFECT_ZIP_OVERLAP] = INFLATED_DAMAGED, [DEFECT_ZIP_HIDDEN] = INFLATED_DAMAGED,
	};

	return defect < ARRAY_SIZE(states) ? states[defect] : INFLATED_NAME;
}

static bool names_csv(const char *name)
{
	size_t length = strlen(name);

	return length > 4 && strcasecmp(name + length - 4, ".csv") == 0;
}

static enum unpack_action begin_csv(void *context, const struct unpack_entry *entry)
{
	struct inflating *work = context;

	if (names_csv(entry->name))
		return UNPACK_READ;
	work->inflated->state = INFLATED_NAME;
	return UNPACK_STOP;
}

static void write_csv(void *context, const void *bytes, size_t count)
{
	struct inflating *work = context;

	if (!work->failed && file_write_all(work->output, bytes, count) != 0)
		work->failed = true;
	work->inflated->size += count;
}

static void end_csv(void *context)
{
	struct inflating *work = context;

	work->inflated->state = INFLATED_WHOLE;
}

static void note_defect(void *context, enum unpack_defect defect, const char *entry,
			const char *detail)
{
	struct inflating *work = context;

	(void)entry, (void)detail;
	work->inflated->state = state_of(defect);
}

bool inflate_stock(const struct job *job, int zip, int output, struct inflated *inflated)
{
	struct inflating work = {.output = output, .inflated = inflated};
	const struct unpack_visitor visitor = {&work, begin_csv, write_csv, end_csv, note_defect};
	const struct unpack_limits limits = {.total_max = job->contenu_octets,
					     .entries_max = 1,
					     .allowed_kinds = ARCHIVE_BIT(ARCHIVE_ZIP),
					     .name_max = STOCK_NAME_MAX};
	enum archive_kind kind;
	off_t size = lseek(zip, 0, SEEK_END);

	/* A zip without a file makes no call. */
	*inflated = (struct inflated){.state = INFLATED_ENTRIES};
	return size >= 0 && unpack(zip, (uint64_t)size, &limits, &visitor, &kind) != UNPACK_FAULT &&
	       !work.failed;
}
