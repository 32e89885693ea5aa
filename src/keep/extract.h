/* Documents out of kept archives: the sandboxed parser writes each to its own descriptor, the
 * parent opens the files and holds what was written against the record. */
#ifndef SEGUR_KEEP_EXTRACT_H
#define SEGUR_KEEP_EXTRACT_H

#include "intake/pool.h"
#include "keep/vault.h"
#include "lib/sha256.h"

struct document {
	char *path;		       /* where its name is of use, else NULL */
	char sha256[SHA256_HEX_SIZE];  /* as recorded */
	char archive[SHA256_HEX_SIZE]; /* that holds it */
	uint32_t ordinal;	       /* entry of the archive */
	bool alone;		       /* kept by itself: its archive was erased */
	bool erased;		       /* a purge took it away */
};

struct documents {
	struct document *items;
	size_t count, capacity;
};

/* Who gets the documents. Both functions get `context`. */
struct extraction {
	struct root *root;
	struct vault *room;
	struct pool *pool; /* opened for the first archive; the caller closes it */
	/* Opens where the document goes: to read and write, empty. */
	const struct error *(*open)(void *context, const struct document *document, int *fd);
	/* Takes what was opened, which is closed then. `recorded`: its bytes are those of the
	 * record; err: what went wrong so far, to be given back if there is something. */
	const struct error *(*take)(void *context, const struct document *document, int fd,
				    bool recorded, const struct error *err);
	void *context;
};

/* A new document at the end of the list, blank but for these. */
struct document *documents_add(struct documents *documents, const char *archive, const char *sha256,
			       uint32_t ordinal);
void documents_free(struct documents *documents);
/* Extracts all but what is erased, each archive once for what follows each other in the list. The
 * parser that wrote them, a new one for each archive, has ended when they are taken: nobody changes
 * them any more. */
const struct error *extract_documents(struct extraction *extraction,
				      const struct documents *documents);

#endif
