/* Documents out of a kept archive: the sandboxed parser writes each to its own descriptor. */
#ifndef SEGUR_KEEP_EXTRACT_H
#define SEGUR_KEEP_EXTRACT_H

#include "intake/pool.h"

#define EXTRACTION_MAX PIECES_MAX /* documents in one go */

struct document {
	uint32_t ordinal;   /* entry of the archive */
	const char *sha256; /* as recorded */
	int fd;		    /* where it goes: open to read and write, empty; stays the caller's */
};

/* Extracts up to EXTRACTION_MAX documents of one archive, whose descriptor is closed. `archive`:
 * its hash, for messages. The parser that wrote them, a new one for each archive, has ended by then:
 * the caller holds what was written against the record, and nobody changes it any more. */
const struct error *extraction_run(const struct conf *conf, struct pool *pool, int fd,
				   const char *archive, const struct document *documents,
				   size_t count);
/* Whether the bytes that were written are those that were recorded. */
bool document_is_recorded(const struct document *document);

#endif
