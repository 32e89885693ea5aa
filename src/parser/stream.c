#include "parser/stream.h"

#include "lib/file.h"
#include "lib/mem.h"

#include <lzma.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#define INPUT_BLOCK   65536
#define GZIP_FORMAT   (16 + MAX_WBITS) /* inflateInit2: a gzip header, the largest window */
#define XZ_OWN_MEMORY (2u << 20)       /* what liblzma takes beside the dictionary, with a margin */

/* Where a decoder stands after a step; a failure is in stream->failure. */
enum stream_step {
	STEP_ON,     /* took input or gave output: call again */
	STEP_END,    /* a member ended and was verified */
	STEP_FAILED, /* stream->failure says why */
};

struct stream {
	int fd;
	enum stream_kind kind;
	enum stream_failure failure;
	uint64_t position, size; /* of the file */
	uint64_t produced, output_max;
	size_t window_max;
	bool between_members, ended;

	const uint8_t *next; /* input not yet taken, inside `in` */
	size_t available;
	size_t filled; /* bytes of `out` */

	z_stream gzip;
	lzma_stream xz;
	ZSTD_DStream *zstd;
	uint8_t in[INPUT_BLOCK]; /* this and what follows are not cleared */
	uint8_t out[STREAM_BLOCK];
};

static enum stream_step fail_stream(struct stream *stream, enum stream_failure failure)
{
	stream->failure = failure;
	return STEP_FAILED;
}

bool stream_read_at(int fd, void *bytes, size_t count, uint64_t offset)
{
	uint8_t *next = bytes;

	while (count > 0) {
		ssize_t got = file_read_block(fd, next, count, (off_t)offset);

		if (got <= 0)
			return false;
		next += got;
		offset += (uint64_t)got;
		count -= (size_t)got;
	}
	return true;
}

/* As many bytes of the file as there is room for, fewer at its end. */
static bool pull(struct stream *stream, uint8_t *bytes, size_t room, size_t *count)
{
	uint64_t left = stream->size - stream->position;

	*count = left < room ? (size_t)left : room;
	if (!stream_read_at(stream->fd, bytes, *count, stream->position)) {
		stream->failure = STREAM_IO;
		return false;
	}
	stream->position += *count;
	return true;
}

static enum stream_step gzip_step(struct stream *stream)
{
	z_stream *gzip = &stream->gzip;
	int rc;

	gzip->next_in = stream->in + (stream->next - stream->in);
	gzip->avail_in = (uInt)stream->available;
	gzip->next_out = stream->out + stream->filled;
	gzip->avail_out = (uInt)(STREAM_BLOCK - stream->filled);
	rc = inflate(gzip, Z_NO_FLUSH);
	stream->next = gzip->next_in;
	stream->available = gzip->avail_in;
	stream->filled = STREAM_BLOCK - gzip->avail_out;

	switch (rc) {
	case Z_OK:
		return STEP_ON;
	case Z_STREAM_END:
		return STEP_END;
	case Z_BUF_ERROR: /* no progress with room at hand: the input has ended */
		return fail_stream(stream, STREAM_TRUNCATED);
	case Z_MEM_ERROR:
		return fail_stream(stream, STREAM_IO);
	default:
		return fail_stream(stream, STREAM_CORRUPT);
	}
}

static enum stream_step xz_step(struct stream *stream)
{
	lzma_stream *xz = &stream->xz;
	lzma_ret rc;

	xz->next_in = stream->next;
	xz->avail_in = stream->available;
	xz->next_out = stream->out + stream->filled;
	xz->avail_out = STREAM_BLOCK - stream->filled;
	rc = lzma_code(xz, LZMA_RUN);
	stream->next = xz->next_in;
	stream->available = xz->avail_in;
	stream->filled = STREAM_BLOCK - xz->avail_out;

	switch (rc) {
	case LZMA_OK:
		return STEP_ON;
	case LZMA_STREAM_END:
		return STEP_END;
	case LZMA_BUF_ERROR:
		return fail_stream(stream, STREAM_TRUNCATED);
	case LZMA_MEMLIMIT_ERROR:
		return fail_stream(stream, STREAM_WINDOW);
	case LZMA_MEM_ERROR:
		return fail_stream(stream, STREAM_IO);
	default: /* LZMA_UNSUPPORTED_CHECK too: what cannot be verified is not taken */
		return fail_stream(stream, STREAM_CORRUPT);
	}
}

static enum stream_step zstd_step(struct stream *stream)
{
	ZSTD_inBuffer in = {stream->next, stream->available, 0};
	ZSTD_outBuffer out = {stream->out, STREAM_BLOCK, stream->filled};
	size_t rc = ZSTD_decompressStream(stream->zstd, &out, &in);
	bool progress = in.pos > 0 || out.pos > stream->filled;

	stream->next += in.pos;
	stream->available -= in.pos;
	stream->filled = out.pos;
	if (!ZSTD_isError(rc)) {
		if (rc == 0)
			return STEP_END;
		return progress ? STEP_ON : fail_stream(stream, STREAM_TRUNCATED);
	}
	switch (ZSTD_getErrorCode(rc)) {
	case ZSTD_error_frameParameter_windowTooLarge:
		return fail_stream(stream, STREAM_WINDOW);
	case ZSTD_error_memory_allocation:
		return fail_stream(stream, STREAM_IO);
	default:
		return fail_stream(stream, STREAM_CORRUPT);
	}
}

static bool refill(struct stream *stream)
{
	stream->next = stream->in;
	return pull(stream, stream->in, sizeof(stream->in), &stream->available);
}

static bool start_member(struct stream *stream)
{
	switch (stream->kind) {
	case STREAM_GZIP:
		return inflateReset(&stream->gzip) == Z_OK;
	case STREAM_XZ:
		return lzma_stream_decoder(&stream->xz, stream->window_max + XZ_OWN_MEMORY,
					   LZMA_TELL_UNSUPPORTED_CHECK) == LZMA_OK;
	case STREAM_ZSTD:
		return !ZSTD_isError(ZSTD_DCtx_reset(stream->zstd, ZSTD_reset_session_only));
	case STREAM_PLAIN:
		break;
	}
	return true;
}

static bool begins_member(enum stream_kind kind, uint8_t byte)
{
	switch (kind) {
	case STREAM_GZIP:
		return byte == 0x1f;
	case STREAM_XZ:
		return byte == 0xfd;
	case STREAM_ZSTD: /* a frame, or a skippable one: 0x184D2A5? */
		return byte == 0x28 || (byte & 0xf0) == 0x50;
	case STREAM_PLAIN:
		break;
	}
	return false;
}

/* After a verified member: another one, or zeros, or nothing. */
static void after_member(struct stream *stream)
{
	stream->between_members = false;
	if (stream->available == 0 && !refill(stream))
		return;
	if (stream->available > 0 && begins_member(stream->kind, *stream->next)) {
		if (!start_member(stream))
			fail_stream(stream, STREAM_IO);
		return;
	}
	while (stream->available > 0) {
		for (size_t i = 0; i < stream->available; i++) {
			if (stream->next[i] != 0) {
				fail_stream(stream, STREAM_TRAILING);
				return;
			}
		}
		if (!refill(stream))
			return;
	}
	stream->ended = true;
}

static void decode_step(struct stream *stream)
{
	if (stream->available > 0 || refill(stream))
		stream->between_members =
		    STEP_END == (stream->kind == STREAM_GZIP ? gzip_step(stream)
				 : stream->kind == STREAM_XZ ? xz_step(stream)
							     : zstd_step(stream));
}

static void copy_step(struct stream *stream)
{
	if (pull(stream, stream->out, STREAM_BLOCK, &stream->filled))
		stream->ended = stream->filled < STREAM_BLOCK;
}

ssize_t stream_read(struct stream *stream, const void **block)
{
	stream->filled = 0;
	while (stream->failure == STREAM_FINE && !stream->ended && stream->filled < STREAM_BLOCK) {
		if (stream->kind == STREAM_PLAIN)
			copy_step(stream);
		else if (stream->between_members)
			after_member(stream);
		else
			decode_step(stream);
	}
	stream->produced += stream->filled;
	if (stream->failure == STREAM_FINE && stream->produced > stream->output_max)
		fail_stream(stream, STREAM_OUTPUT);
	if (stream->failure != STREAM_FINE)
		return -1;
	*block = stream->out;
	return (ssize_t)stream->filled;
}

static int floor_log2(size_t value)
{
	int bits = 0;

	while (value >>= 1)
		bits++;
	return bits;
}

static bool start_decoder(struct stream *stream)
{
	switch (stream->kind) {
	case STREAM_GZIP:
		return inflateInit2(&stream->gzip, GZIP_FORMAT) == Z_OK;
	case STREAM_ZSTD:
		stream->zstd = ZSTD_createDStream();
		return stream->zstd != NULL &&
		       !ZSTD_isError(ZSTD_DCtx_setParameter(stream->zstd, ZSTD_d_windowLogMax,
							    floor_log2(stream->window_max)));
	case STREAM_XZ:
	case STREAM_PLAIN:
		break;
	}
	return start_member(stream);
}

struct stream *stream_open(int fd, uint64_t size, enum stream_kind kind, uint64_t output_max,
			   size_t window_max)
{
	struct stream *stream = mem_block(sizeof(*stream));

	memset(stream, 0, offsetof(struct stream, in)); /* not the blocks, which are large */
	stream->fd = fd;
	stream->size = size;
	stream->kind = kind;
	stream->output_max = output_max;
	stream->window_max = window_max;
	if (!start_decoder(stream))
		fail_stream(stream, STREAM_IO);
	return stream;
}

enum stream_failure stream_failure(const struct stream *stream)
{
	return stream->failure;
}

void stream_free(struct stream *stream)
{
	if (stream == NULL)
		return;
	inflateEnd(&stream->gzip); /* harmless on a state that was never made, like lzma_end */
	lzma_end(&stream->xz);
	ZSTD_freeDStream(stream->zstd);
	free(stream);
}
