/* The archives and documents that are taken, and what they are called. */
#ifndef SEGUR_MODEL_FORMATS_H
#define SEGUR_MODEL_FORMATS_H

#include "lib/buf.h"

enum archive_kind {
	ARCHIVE_UNKNOWN,
	ARCHIVE_ZIP,
	ARCHIVE_TAR,
	ARCHIVE_TAR_GZ,
	ARCHIVE_TAR_XZ,
	ARCHIVE_TAR_ZST,
	ARCHIVE_KIND_COUNT,
};
#define ARCHIVE_BIT(kind) (1u << (kind))

enum piece_format {
	PIECE_UNKNOWN,
	PIECE_PDF,
	PIECE_JPEG,
	PIECE_PNG,
	PIECE_FORMAT_COUNT,
};

/* "tar.gz", "pdf": as segur.conf and the database have them; "" for the unknown. */
extern const char *const archive_kind_names[ARCHIVE_KIND_COUNT];
extern const char *const piece_format_names[PIECE_FORMAT_COUNT];
/* "PDF": as people read it. */
extern const char *const piece_format_labels[PIECE_FORMAT_COUNT];

/* Adds the names of a set, "zip, tar": bit n stands for names[n]. The unknown has no name. */
void formats_list(struct buf *out, unsigned set, const char *const *names, unsigned count);

#endif
