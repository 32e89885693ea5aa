/* Shared by the files of the recording room. */
#ifndef SEGUR_RECORD_RECORD_PRIVATE_H
#define SEGUR_RECORD_RECORD_PRIVATE_H

#include "lib/buf.h"
#include "lib/sha256.h"
#include "record/record.h"

/* What an accepted submission changes in its request; `facts` as rules_apply filled it. */
void record_demande(struct root *root, const struct record_night *night,
		    const struct record_drop *received, int64_t depot, const struct facts *facts);
enum journal_shape { JOURNAL_TEXT, JOURNAL_LIST };

/* Adds a field to a link's text, after its "|"; the "|" of a list become commas. */
void journal_field(struct buf *out, const char *text, enum journal_shape shape);
/* The end of the chain, asked of the database each time: a savepoint may have undone links. Returns
 * its rank, 0 when there is none. */
int64_t journal_last(struct root *root, char maillon[static SHA256_HEX_SIZE]);

#endif
