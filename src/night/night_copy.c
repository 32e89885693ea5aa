/* Takes a drop's copy, ahead of the parser that will read it. */
#include "lib/file.h"
#include "night/night_private.h"

#include <errno.h>
#include <unistd.h>

/* What the copy of a drop, or its opening, failed with. A file that is gone or was replaced is a
 * drop of the next night. One that is closed to us is an incident: its supplier must hear. Our own
 * want of something is no fault of this drop, nor is a disk that refuses what a night kept of it. */
static const struct error *give_up(const struct night *night, struct analysis *analysis,
				   const struct drop *drop, int number)
{
	errno = number;
	if (night->options->source != NULL)
		return error_errno(ERR_FAULT, "archive conservée de %s/%s", drop->compte,
				   drop->archive);
	if (file_wants(number))
		return error_errno(ERR_FAULT, "inbox/%s/%s", drop->compte, drop->archive);
	if (number != ENOENT && number != ENOTDIR && number != ELOOP && number != ESTALE) {
		analysis->state = ANALYSIS_INCIDENT;
		analysis->incident =
		    number == EACCES || number == EPERM ? INCIDENT_CLOSED : INCIDENT_DISK;
	}
	return NULL;
}

static const struct error *open_received(const struct night *night, const struct drop *drop,
					 int *fd)
{
	const struct night_source *source = night->options->source;

	if (source != NULL)
		return source->open(source->context, drop, fd);
	*fd = inbox_open(night->root, drop);
	return NULL;
}

const struct error *night_copy_drop(struct night *night, size_t index)
{
	const struct drop *drop = &night->drops.items[index];
	struct analysis *analysis = &night->analyses[index];
	uint64_t limit = night->root->conf.archive_octets;
	const struct error *err;
	int fd = -1, number;

	analysis->state = ANALYSIS_SKIPPED;
	if (drop->incident != NULL) {
		analysis->state = ANALYSIS_INCIDENT;
		analysis->incident = drop->incident;
		return NULL;
	}
	if (!drop->regular || drop->size > limit) {
		analysis->state = ANALYSIS_REFUSED;
		return NULL;
	}
	err = open_received(night, drop, &fd);
	if (err == NULL && fd >= 0)
		err = copy_take(night->vault, fd, limit, &analysis->copy);
	number = errno;
	file_let_go(fd);
	if (err != NULL)
		return err;
	if (analysis->copy.fd < 0)
		return give_up(night, analysis, drop, number);
	analysis->state = ANALYSIS_COPIED;
	/* Neither needs a parser, and neither is kept. */
	if (analysis->copy.size == 0 || analysis->copy.size > limit) {
		analysis->state = ANALYSIS_REFUSED;
		copy_close(&analysis->copy);
	}
	return NULL;
}
