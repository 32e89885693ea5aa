/*
 * Walks an archive once and hands its regular files to a visitor. It opens nothing, writes nothing
 * and keeps no file: peak memory is under 24 MiB whatever the archive holds. What is given to the
 * visitor is provisional until unpack() has returned UNPACK_DONE: checksums stand at the end of an
 * entry (zip) or of the whole stream (tar.gz and its like).
 */
#ifndef SEGUR_PARSER_UNPACK_H
#define SEGUR_PARSER_UNPACK_H

#include "model/formats.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More entries than this are never taken, whatever the limits say. */
#define UNPACK_ENTRIES_CEILING 65536u

struct unpack_limits {
	uint64_t total_max;	/* bytes that come out, skipped ones too; of a tar, headers too */
	uint32_t entries_max;	/* of any kind: folders and litter count */
	size_t window_max;	/* bytes, see stream_open() */
	uint32_t allowed_kinds; /* set of ARCHIVE_BIT() */
	size_t name_max;	/* bytes of an entry's whole path */
};

struct unpack_entry {
	/* As stored, NUL-terminated: not normalised ("./a" and "a" differ), not converted (a zip
	 * made on Windows has CP850 bytes). Relative, without "..", backslash or ASCII control. */
	const char *name;
	bool name_is_utf8; /* the bytes are well-formed UTF-8; plain ASCII is */
	uint32_t ordinal;  /* from 0, counting every entry, in the order of the data */
	uint64_t declared_size;
};

enum unpack_defect {
	/* Defects of the archive: told once, unpack() then returns UNPACK_REFUSED. */
	DEFECT_UNKNOWN_KIND, /* no archive that we take, or a compressed file without a tar in it */
	DEFECT_KIND_NOT_ALLOWED, /* recognised, not in allowed_kinds */
	DEFECT_TRUNCATED,	 /* ends too early; a tar needs its two blocks of zeros */
	DEFECT_CORRUPT,	  /* wrong checksum, length or structure; a zip over several volumes */
	DEFECT_ENCRYPTED, /* zip */
	DEFECT_METHOD,	  /* zip: neither stored nor deflated */
	DEFECT_WINDOW,	 /* xz -7 to -9, zstd --long or --ultra: recompress with smaller settings */
	DEFECT_BOMB,	 /* more than total_max bytes */
	DEFECT_TOO_MANY, /* more than entries_max entries, or absurdly long headers */
	DEFECT_TRAILING, /* bytes other than zero after the end */
	DEFECT_ZIP_COUNT, /* the central directory lists more or fewer entries than it announces */
	DEFECT_ZIP_NAMES, /* an entry's own header contradicts the central directory */
	DEFECT_ZIP_OVERLAP, /* two entries share bytes */
	DEFECT_ZIP_HIDDEN,  /* bytes that belong to no listed entry, before or between them */
	/* Defects of one entry: it is drained, the others follow. */
	DEFECT_NOT_REGULAR, /* symbolic or hard link, device, fifo, sparse file */
	DEFECT_ABSOLUTE,    /* a path from the root, or with a drive letter */
	DEFECT_DOTDOT,
	DEFECT_BACKSLASH,
	DEFECT_CONTROL, /* ASCII control character in the name, NUL included (shown as '?') */
	DEFECT_NAME_TOO_LONG,
	DEFECT_NAME_EMPTY,
	DEFECT_DUPLICATE, /* byte for byte; NFC and case are the caller's */
};
#define DEFECT_FIRST_OF_ENTRY DEFECT_NOT_REGULAR

enum unpack_action {
	UNPACK_READ,
	UNPACK_SKIP, /* drained, verified and counted all the same */
	UNPACK_STOP,
};

enum unpack_result {
	UNPACK_DONE,	/* read to its end and verified; single entries may have had defects */
	UNPACK_REFUSED, /* a defect of the archive was told */
	UNPACK_STOPPED, /* the visitor said so */
	UNPACK_FAULT,	/* our fault: the descriptor could not be read, or no memory */
};

/*
 * All four functions are needed. An entry's calls are begin, data (none for an empty file), end;
 * `end` comes only when the entry is whole, and neither data nor end when begin did not say
 * UNPACK_READ. Folders and desktop litter make no call.
 */
struct unpack_visitor {
	void *context;
	enum unpack_action (*begin)(void *context, const struct unpack_entry *entry);
	void (*data)(void *context, const void *bytes, size_t count);
	void (*end)(void *context);
	/* `entry`: the raw name, cut to 1 KiB, or NULL; `detail`: a short French text, or NULL. */
	void (*defect)(void *context, enum unpack_defect defect, const char *entry,
		       const char *detail);
};

/*
 * Reads bytes 0 to `size` of `fd` with pread: a seekable copy that nobody else can write. The kind
 * comes from the content alone and is told in *kind as soon as it is known, also when the archive
 * is refused. The caller has set the locale to C.UTF-8: in another one libarchive drops names.
 */
enum unpack_result unpack(int fd, uint64_t size, const struct unpack_limits *limits,
			  const struct unpack_visitor *visitor, enum archive_kind *kind);

#endif
