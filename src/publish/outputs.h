/*
 * The outputs: what the program writes for others, a row a kind. Publishing, verifying, the replay,
 * restoring and the purge walk this one table; to add an output is to add a row and its statements. Every
 * file of an output is readable by its folder's group alone (0640, lib/tree.h).
 */
#ifndef SEGUR_PUBLISH_OUTPUTS_H
#define SEGUR_PUBLISH_OUTPUTS_H

#include "lib/buf.h"
#include "lib/sha256.h"
#include "store/root.h"

#include <stdbool.h>
#include <stddef.h>

#define NO_STATEMENT SQL_COUNT

/* How outputs are handed over to a relay, which must not get one twice: the rows that are under
 * way, the statement that begins a row's handover, and the one that takes it back. */
struct handover {
	enum sql_id under_way, begin, take_back;
};

enum output_layout {
	LAYOUT_FLAT,
	LAYOUT_BY_FOLDER, /* in folders below: one an account, or a date */
	LAYOUT_MAILS,	  /* new, then cur, where mail readers have added marks to the names */
};

/* What a replay holds a rebuilt output against. */
enum output_comparison {
	COMPARE_ROWS,	/* what the original's rows render, and the file where it is left */
	COMPARE_FOLDER, /* the files of the date's folder */
};

struct output_kind {
	const char *as_rendered,
	    *as_published;	/* what a replay calls it; NULL: it is not rendered */
	const char *folders[3]; /* where it lies, below the root; NULL ends them */
	enum output_layout layout;
	/* Statements of the shape `output`: what is due, in batches; what a night made; what of a
	 * request or a drop is to be erased. NO_STATEMENT: it has no rows, or none that are erased. */
	enum sql_id due, of_night, erased;
	enum sql_id known;     /* of the shape `known`: what is recorded of a file in its folder */
	enum sql_id published; /* marks a row, with the hash of what was published */
	/* What was published and is to be there no more, of the shape `output`, in batches; marks a row
	 * whose file is gone. NO_STATEMENT: what was published stays. */
	enum sql_id withdrawn, removed;
	enum sql_id due_again;	 /* after a restoration; NO_STATEMENT: it has gone */
	enum sql_id erased_file; /* whether a file of that name is to be erased; NO_STATEMENT */
	/* Offset in struct conf of how many days its dated folders are kept; 0: as long as the request
	 * or the drop that it tells of. */
	size_t days;
	bool personal; /* it tells of people: what erases it must be named above */
	bool accounts; /* its folders are accounts': what fails in one is no other's (account.h) */
	/* What it says is a function of committed rows, segur.conf and the schemas. */
	void (*render)(struct root *root, int64_t id, struct buf *out);
	const char *temporaries; /* a folder that its readers cannot write to */
	const struct error *(*open)(int base, const char *path, int *out); /* opens that folder */
	const struct handover *handover; /* NULL: an output that goes out twice harms nobody */
	enum output_comparison compare;
};

extern const struct output_kind outputs[]; /* in the order in which they are published */
extern const size_t output_count;

/* Whether the rows know a file of that folder and name; then whether it was published, and the hash
 * of what was ("" before hashes were recorded). */
bool output_recorded(struct store *store, const struct output_kind *kind, const char *folder,
		     const char *name, bool *published, char sha256[static SHA256_HEX_SIZE]);

#endif
