/*
 * The journal: every event of every request as one append-only chain, which can be checked from
 * outside with nothing but SHA-256 (docs/journal.md).
 *
 * A link is SHA-256, in hexadecimal, of the link before (64 zeros before the first), a line end
 * (LF), and the event's text, which has eleven fields separated by "|":
 *
 *   rank | number | date | event | role of the actor | from | to | piece types | SHA-256 of the
 *   file that it came with | details | mention
 *
 *   1|ENR0001M0|2026-03-02|depot|compte||EN_COURS||9f86…||5d1c…
 *
 * Lists have commas; a field's own "|", ",", "%", and all that is not printable ASCII, are
 * percent-encoded, so that no two events have one text. The file is the drop's archive or the
 * decisions file; none for `segur decide`.
 *
 * The text holds no personal data: nobody's name, no file name, no reason. What an event says of
 * people (acteur in full, motif, fichier) is bound to it by the mention: HMAC-SHA256 under the
 * installation's secret, over the event's id, the fields before and these texts, each with its
 * length; so a link cannot be forged without the secret either. When they are erased
 * (evenements.efface_le is set, acteur keeps its role alone, motif and fichier are empty), the
 * mention can no longer be recomputed, and the chain stays whole. The hashes of drops and of
 * decisions files (depots.sha256, fichiers_asp.sha256) are part of the text: a purge keeps them.
 */
#ifndef SEGUR_RECORD_JOURNAL_H
#define SEGUR_RECORD_JOURNAL_H

#include "lib/buf.h"
#include "lib/sha256.h"
#include "store/root.h"

#define JOURNAL_GENESIS "0000000000000000000000000000000000000000000000000000000000000000"

/* The fields of a text. */
enum journal_field {
	JOURNAL_RANG,
	JOURNAL_NUMERO,
	JOURNAL_DATE,
	JOURNAL_EVENEMENT,
	JOURNAL_ROLE,
	JOURNAL_DE,
	JOURNAL_VERS,
	JOURNAL_PIECES,
	JOURNAL_FICHIER,
	JOURNAL_DETAILS,
	JOURNAL_MENTION,
};

/* Appends the link of that event, in the caller's transaction. */
void journal_append(struct root *root, int64_t evenement);

/* Whether the database holds events and no link: it was written before there was a journal. */
bool journal_unsealed(struct root *root);
/*
 * Gives such events their links, in their order, in a transaction of its own. It says so on
 * standard error, since an emptied journal looks the same. It does nothing when there is a link
 * already: an event that lacks its link later is never sealed, because only this program adds
 * events, each with its link.
 */
const struct error *journal_seal(struct root *root);

/* The text of the event in the current row of a statement that gives events, at that rank, appended
 * to an empty `out`. */
void journal_text(const struct root *root, sqlite3_stmt *event, int64_t rang, struct buf *out);
/* The mention of that event after the `length` bytes of `head`, the fields before it. */
void journal_mention(const struct root *root, sqlite3_stmt *event, const char *head, size_t length,
		     char out[static SHA256_HEX_SIZE]);
/* The link of a text after the link before. */
void journal_link(const char *previous, const char *entry, char out[static SHA256_HEX_SIZE]);

#endif
