/* What unpack.c shares with the readers of its two formats; see unpack.h for the contract. */
#ifndef SEGUR_PARSER_UNPACK_PRIVATE_H
#define SEGUR_PARSER_UNPACK_PRIVATE_H

#include "parser/stream.h"
#include "parser/unpack.h"
#include <archive.h>

struct unpacking {
	int fd;
	uint64_t size;
	const struct unpack_limits *limits;
	const struct unpack_visitor *visitor;
	enum unpack_result result;
	uint32_t entries;
	uint64_t *seen; /* open-addressed set of the names' hashes; 0 is a free place */
	size_t seen_mask;
};

/* An entry as both formats tell it. */
struct item {
	const char *name;
	size_t name_length; /* may count NULs, in a zip */
	uint64_t size;
	bool regular, folder; /* neither: link, device, sparse file... */
};

enum taken {
	TAKEN,
	TAKEN_BADLY,  /* its data is not of its declared size */
	TAKEN_FAILED, /* libarchive could not read it */
	TAKEN_ENOUGH, /* the walk is over, work->result is set */
};

/* Counts, judges and announces an entry, then reads it to its end, wanted or not. */
enum taken unpack_take(struct unpacking *work, struct archive *archive, const struct item *item);

/* Both set work->result; refuse also tells the visitor. `name` may be NULL. */
void unpack_fault(struct unpacking *work);
void unpack_refuse(struct unpacking *work, enum unpack_defect defect, const char *name,
		   const char *detail);

/* Whether a block of 512 bytes is the header of a tar entry. */
bool tar_is_header(const uint8_t *block, size_t length);

void unpack_tar(struct unpacking *work, enum stream_kind compression);
void unpack_zip(struct unpacking *work);

#endif
