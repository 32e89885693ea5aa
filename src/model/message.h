/*
 * What parent and parser say to each other over a socket: frames of fixed-width little-endian
 * fields, writer and reader of each message side by side in message.c. The parent believes nothing:
 * every length, count, enumeration and text is checked again when it is read.
 *
 *   parser -> parent  HELLO      the sandbox stands
 *   parent -> parser  JOB        one archive, with descriptors
 *   parser -> parent  FINDINGS   what was found (JOB_CHECK)
 *                     EXTRACTED  the pieces were written (JOB_EXTRACT)
 *                     INFLATED   what came of a zip of INSEE's (JOB_INFLATE)
 *                     COSTLY     time or memory ran out at that entry; the parser then ends
 */
#ifndef SEGUR_MODEL_MESSAGE_H
#define SEGUR_MODEL_MESSAGE_H

#include "lib/buf.h"
#include "model/dossier.h"

/* Bytes at most: of a frame's payload; of one text in it, dossier.yaml apart (DOSSIER_TEXT_MAX). */
#define MESSAGE_MAX	 (2u << 20)
#define MESSAGE_HEADER	 12
#define MESSAGE_TEXT_MAX 4096
#define JOB_FDS_MAX	 (1 + PIECES_MAX)
#define JOB_COSTLY_MAX	 4

enum message_type {
	MESSAGE_HELLO = 1,
	MESSAGE_JOB,
	MESSAGE_FINDINGS,
	MESSAGE_EXTRACTED,
	MESSAGE_COSTLY,
	MESSAGE_INFLATED,
};

/*
 * What the template is asked for, by one byte: a parser, or a child that tries one thing which the
 * cage must prevent, says what came of it (an int32_t: 0 when it came off, else the errno) and
 * ends. REQUEST_BARE: it tries with what a fork keeps of the sandbox alone, so that the wall behind
 * the filter of calls is tried.
 */
enum request {
	REQUEST_PARSER,
	REQUEST_STAT,
	REQUEST_OPEN,
	REQUEST_SOCKET,
	REQUEST_CONNECT,
	REQUEST_SIGNAL,
	REQUEST_TRACE,
	REQUEST_FORK,
	REQUEST_EXEC,
	REQUEST_COUNT,
	REQUEST_BARE = 64,
};

/* The namespaces that a parser may have of its own: those that the kernel gives it. */
enum cage_namespace {
	CAGE_USER,
	CAGE_MOUNT,
	CAGE_NETWORK,
	CAGE_IPC,
	CAGE_UTS,
	CAGE_CGROUP,
	CAGE_NAMESPACE_COUNT,
};

struct hello {
	uint32_t landlock_abi;
	bool no_new_privs, landlock, seccomp, rlimits;
	/* What may be absent. */
	bool empty_root;
	uint32_t namespaces; /* bit set of enum cage_namespace */
};
#define HELLO_SIZE 13 /* of its payload */

enum job_kind {
	JOB_CHECK,   /* descriptors: our copy of the drop (read) */
	JOB_EXTRACT, /* descriptors: a kept archive (read), one file to write for each ordinal */
	JOB_INFLATE, /* descriptors: a zip with one CSV (read), a pipe to write that CSV to */
	JOB_KIND_COUNT,
};

/* What came of a zip with one CSV. */
enum inflated_state {
	INFLATED_WHOLE, /* its size and its CRC are right, and nothing stands beside it */
	INFLATED_NO_ZIP,
	INFLATED_CUT,
	INFLATED_DAMAGED,
	INFLATED_TRAILING, /* bytes follow the zip's end */
	INFLATED_ENCRYPTED,
	INFLATED_METHOD,
	INFLATED_ENTRIES, /* none, or several */
	INFLATED_NAME,	  /* the only one is no CSV */
	INFLATED_TOO_BIG, /* over `contenu_octets` */
	INFLATED_STOPPED, /* the parser ended before its answer: only the parent says so */
	INFLATED_COUNT,
};

struct inflated {
	enum inflated_state state;
	uint64_t size; /* bytes that were written to the pipe */
};

struct job {
	enum job_kind kind;
	int32_t date_depot; /* days, see lib/date.h */
	uint64_t archive_octets, contenu_octets, piece_octets, pixels;
	uint32_t entrees, dossier_octets, dictionnaire_octets, cpu_s;
	uint32_t formats_archive, formats_piece;
	bool skip_pieces;	/* too many were too costly: none is checked, all are refused */
	uint32_t ordinal_count; /* entries found too costly (check), or wanted (extract) */
	uint32_t ordinals[PIECES_MAX];
};

/* Each appends one whole frame. */
void message_write_hello(struct buf *out, const struct hello *hello);
void message_write_job(struct buf *out, const struct job *job);
void message_write_findings(struct buf *out, const struct findings *findings);
void message_write_extracted(struct buf *out);
void message_write_inflated(struct buf *out, const struct inflated *inflated);
/* For a signal handler: fills a frame on the stack, allocates nothing. */
void message_costly_frame(uint8_t frame[static MESSAGE_HEADER + 4], uint32_t ordinal);

/* Type and payload length of a frame, from its first MESSAGE_HEADER bytes; false: no header. */
bool message_header(const uint8_t *bytes, enum message_type *type, uint32_t *length);

/* Each reads a payload; false when anything in it is out of its bounds. *findings, which the caller
 * frees, holds nothing then. */
bool message_read_hello(const uint8_t *payload, uint32_t length, struct hello *hello);
bool message_read_job(const uint8_t *payload, uint32_t length, struct job *job);
bool message_read_findings(const uint8_t *payload, uint32_t length, struct findings *findings);
bool message_read_inflated(const uint8_t *payload, uint32_t length, struct inflated *inflated);
bool message_read_costly(const uint8_t *payload, uint32_t length, uint32_t *ordinal);

#endif
