/*
 * Reads a zip's central directory and holds it against the local headers: libarchive believes
 * these, and lists overlapping entries once. Source: APPNOTE.TXT 6.3.10 (PKWARE), sections 4.3 to
 * 4.5. One rule covers leading, hidden, shared and trailing bytes: entries in the order of their
 * offsets, the central directory and its end records must cover the file without gap or overlap.
 */
#ifndef SEGUR_PARSER_ZIPDIR_H
#define SEGUR_PARSER_ZIPDIR_H

#include "parser/unpack.h"

/* One entry as the central directory has it. */
struct zip_slot {
	uint64_t local;	  /* offset of its local header */
	uint64_t central; /* offset of its record in the central directory */
	uint64_t size;	  /* bytes, decompressed */
};

struct zip_directory {
	struct zip_slot *slots; /* in the order of `local` */
	uint32_t count;
	uint64_t end; /* the archive's length in bytes without zeros after its end */
};

struct zip_record {
	char *name; /* raw bytes and a NUL, the caller's to free */
	size_t name_length;
	bool link_or_device; /* by its Unix mode: neither file nor folder */
};

struct zip_fault {
	bool io; /* our fault: the descriptor could not be read; the rest is unset */
	enum unpack_defect defect;
	char *entry; /* raw name or NULL; the caller's to free */
	const char *detail;
};

/* Reads `size` bytes of `fd` with pread. False: *fault says why, *out holds nothing. */
bool zipdir_read(int fd, uint64_t size, const struct unpack_limits *limits,
		 struct zip_directory *out, struct zip_fault *fault);

/* False: the descriptor could not be read. */
bool zipdir_record(int fd, const struct zip_slot *slot, struct zip_record *out);

void zipdir_free(struct zip_directory *directory);

#endif
