/*
 * The inbox: which files are whole, in which order they came, and how they leave. A drop leaves
 * only after its answer is committed, and only if it is still the very file that was answered.
 */
#ifndef SEGUR_INTAKE_INBOX_H
#define SEGUR_INTAKE_INBOX_H

#include "store/root.h"

#include <stddef.h>
#include <stdint.h>

/* Why a name is not an account's (INTERFACE, 1), to follow "n'est pas admise"; NULL when it is. */
const char *account_name_fault(const char *name);

#define INBOX_SOURCE_SIZE 48
struct drop {
	char *compte; /* the account; "asp" for the ASP's files */
	char *name;   /* file name, raw bytes */
	/* `name` as shown: valid UTF-8, controls percent-encoded; may be `name` itself. */
	char *archive;
	uint64_t size;
	/* When the server received it: the inode's change time, which no client sets. */
	int64_t received_ns;
	char source[INBOX_SOURCE_SIZE]; /* identity of this file: inode and change time */
	bool regular; /* a regular file; anything else is answered and left alone */
	/* What was recorded of a drop that is judged again (night_source); NULL in the inbox. */
	char *received_at;
	char *incident; /* what failed on our side then */
};

struct drops {
	struct drop *items;
	size_t count, capacity;
};

enum inbox_part {
	INBOX_SUPPLIERS, /* the folders of all accounts */
	INBOX_ASP,
};

enum inbox_order {
	INBOX_BY_TIME, /* as received, then by name, then by account */
	INBOX_BY_NAME, /* with --date: all count as received on that date */
};

/* The whole files of that part, in that order. Not taken: dot-named, .part, .partial, .filepart, .tmp, .crdownload, still
 * open for writing, changed within stabilite_s. drops_free also takes what a failure leaves. */
const struct error *inbox_scan(struct root *root, enum inbox_part part, enum inbox_order order,
			       struct drops *drops);
void drops_free(struct drops *drops);

/* Opens a drop for reading; -1 with errno, ESTALE when it is no longer the file that was scanned
 * (it will be a drop of the next night). */
int inbox_open(struct root *root, const struct drop *drop);

/* Removes the file if `source` still names it; a newer file under that name stays. False when its
 * folder does not allow it, which is said (account.h). */
bool inbox_release(struct root *root, const char *compte, const char *archive, const char *source);

/* The raw name that `archive` shows; the caller frees it. */
char *inbox_raw_name(const char *archive);

#endif
