/*
 * A pull stream of decompressed bytes over a descriptor: what stands between a .tar.gz, .tar.xz or
 * .tar.zst and the tar reader. It is ours and not libarchive's because libarchive lets a damaged
 * gzip pass. Every checksum and length that the format holds is verified before the end is
 * announced. Memory is fixed: 64 KiB in, 128 KiB out, and the window of the format.
 */
#ifndef SEGUR_PARSER_STREAM_H
#define SEGUR_PARSER_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define STREAM_BLOCK 131072 /* bytes; every block but the last has this length */

enum stream_kind {
	STREAM_PLAIN,
	STREAM_GZIP, /* RFC 1952 */
	STREAM_XZ,   /* The .xz File Format 1.1 */
	STREAM_ZSTD, /* RFC 8878, skippable frames included */
};

enum stream_failure {
	STREAM_FINE,
	STREAM_TRUNCATED, /* the file ends before the format does */
	STREAM_CORRUPT,	  /* wrong CRC, length or structure */
	STREAM_WINDOW,	  /* larger than allowed: recompress with xz -6, or zstd without --long */
	STREAM_OUTPUT,	  /* more than output_max bytes come out */
	STREAM_TRAILING,  /* bytes other than zero after the end */
	STREAM_IO,	  /* our fault: the file could not be read, or no memory */
};

struct stream;

/*
 * Reads bytes 0 to `size` of `fd` with pread: the descriptor stays the caller's, its position is
 * left alone. Several members (frames) in a row are one stream; zeros after the last one are
 * padding. Only one layer is taken off. `window_max` in bytes bounds the dictionary of xz and the
 * window of zstd. Never NULL.
 */
struct stream *stream_open(int fd, uint64_t size, enum stream_kind kind, uint64_t output_max,
			   size_t window_max);

/*
 * The next block: its length and, in *block, its bytes, which are valid until the next call; 0 at
 * the end, once all that the format verifies was verified; -1 on failure, and on every call after.
 */
ssize_t stream_read(struct stream *stream, const void **block);

/* STREAM_FINE until a stream_read() has failed. */
enum stream_failure stream_failure(const struct stream *stream);

void stream_free(struct stream *stream);

/* Reads exactly `count` bytes at `offset`; false when the file has fewer or cannot be read. */
bool stream_read_at(int fd, void *bytes, size_t count, uint64_t offset);

#endif
