/* Decompression: what comes out is what went in, or there is a failure. */
#include "parser/stream.h"

#include "lib/buf.h"
#include <lzma.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cmocka.h>

#define WINDOW	 (16u << 20)
#define NO_LIMIT UINT64_MAX

static int as_file(const void *bytes, size_t count)
{
	int fd = memfd_create("stream", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, count), (ssize_t)count);
	return fd;
}

/* Text that compresses some, the same at each run. */
static struct buf sample(size_t count)
{
	struct buf text = {0};
	uint32_t state = 12345;

	while (text.length < count) {
		state = state * 1103515245u + 12345u;
		buf_printf(&text, "%x piece ", state >> 16);
	}
	text.length = count;
	return text;
}

static struct buf gzip(const struct buf *text)
{
	struct buf packed = {0};
	z_stream z = {0};
	size_t room;

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY), Z_OK);
	room = deflateBound(&z, text->length);
	packed.data = malloc(room);
	assert_non_null(packed.data);
	packed.capacity = room;
	z.next_in = (unsigned char *)text->data;
	z.avail_in = (uInt)text->length;
	z.next_out = (unsigned char *)packed.data;
	z.avail_out = (uInt)room;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	packed.length = room - z.avail_out;
	deflateEnd(&z);
	return packed;
}

static struct buf xz(const struct buf *text, uint32_t preset)
{
	size_t room = lzma_stream_buffer_bound(text->length);
	struct buf packed = {malloc(room), 0, room};

	assert_non_null(packed.data);
	assert_int_equal(lzma_easy_buffer_encode(preset, LZMA_CHECK_CRC64, NULL,
						 (uint8_t *)text->data, text->length,
						 (uint8_t *)packed.data, &packed.length, room),
			 LZMA_OK);
	return packed;
}

/* As the zstd command writes: the content's checksum, its size unknown. */
static struct buf zstd(const struct buf *text, int window_log)
{
	size_t room = ZSTD_compressBound(text->length) + 64;
	struct buf packed = {malloc(room), 0, room};
	ZSTD_CCtx *context = ZSTD_createCCtx();
	ZSTD_inBuffer in = {text->data, text->length, 0};
	ZSTD_outBuffer out = {packed.data, room, 0};

	assert_non_null(packed.data);
	ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
	ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
	ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
	ZSTD_CCtx_setParameter(context, ZSTD_c_enableLongDistanceMatching, window_log > 24);
	ZSTD_compressStream2(context, &out, &in, ZSTD_e_continue);
	while (ZSTD_compressStream2(context, &out, &in, ZSTD_e_end) != 0)
		assert_true(out.pos < room);
	packed.length = out.pos;
	ZSTD_freeCCtx(context);
	return packed;
}

static struct buf pack(enum stream_kind kind, const struct buf *text)
{
	struct buf copy = {0};

	switch (kind) {
	case STREAM_GZIP:
		return gzip(text);
	case STREAM_XZ:
		return xz(text, 6);
	case STREAM_ZSTD:
		return zstd(text, 20);
	case STREAM_PLAIN:
		break;
	}
	buf_add(&copy, text->data, text->length);
	return copy;
}

/* Reads `packed` to its end into *out; the failure met. */
static enum stream_failure unpacked(const struct buf *packed, enum stream_kind kind, uint64_t max,
				    struct buf *out)
{
	int fd = as_file(packed->data, packed->length);
	struct stream *stream = stream_open(fd, packed->length, kind, max, WINDOW);
	enum stream_failure failure;
	const void *block;
	ssize_t count;

	buf_clear(out);
	while ((count = stream_read(stream, &block)) > 0) {
		assert_true(count <= STREAM_BLOCK);
		assert_int_equal(out->length % STREAM_BLOCK, 0);
		buf_add(out, block, (size_t)count);
	}
	failure = stream_failure(stream);
	assert_int_equal(count, failure == STREAM_FINE ? 0 : -1);
	assert_int_equal(stream_read(stream, &block), count);
	stream_free(stream);
	close(fd);
	return failure;
}

static void assert_same(const struct buf *got, const struct buf *expected)
{
	assert_int_equal(got->length, expected->length);
	assert_memory_equal(got->data, expected->data, got->length);
}

static void gives_back_what_went_in(void **state)
{
	static const size_t sizes[] = {1, 511, 131072, 131073, 700001};
	struct buf out = {0};

	(void)state;
	for (enum stream_kind kind = STREAM_PLAIN; kind <= STREAM_ZSTD; kind++) {
		for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
			struct buf text = sample(sizes[i]), packed = pack(kind, &text);
			assert_int_equal(unpacked(&packed, kind, text.length, &out), STREAM_FINE);
			assert_same(&out, &text);
			assert_int_equal(unpacked(&packed, kind, text.length - 1, &out),
					 STREAM_OUTPUT);
			buf_free(&text);
			buf_free(&packed);
		}
	}
	buf_free(&out);
}

static void several_members_and_padding(void **state)
{
	struct buf text = sample(200000), twice = {0}, out = {0};

	(void)state;
	buf_add(&twice, text.data, text.length);
	buf_add(&twice, text.data, text.length);
	for (enum stream_kind kind = STREAM_GZIP; kind <= STREAM_ZSTD; kind++) {
		struct buf one = pack(kind, &text), packed = {0};
		static const char zeros[70001];
		if (kind == STREAM_ZSTD)
			buf_add(&packed, "\x5e\x2a\x4d\x18\5\0\0\0skip!", 13);
		buf_add(&packed, one.data, one.length);
		if (kind == STREAM_ZSTD)
			buf_add(&packed, "\x50\x2a\x4d\x18\0\0\0\0", 8);
		buf_add(&packed, one.data, one.length);
		assert_int_equal(unpacked(&packed, kind, NO_LIMIT, &out), STREAM_FINE);
		assert_same(&out, &twice);

		buf_add(&packed, zeros, sizeof zeros);
		assert_int_equal(unpacked(&packed, kind, NO_LIMIT, &out), STREAM_FINE);
		assert_same(&out, &twice);
		buf_add(&packed, "x", 1);
		assert_int_equal(unpacked(&packed, kind, NO_LIMIT, &out), STREAM_TRAILING);

		packed.length = one.length;
		buf_add(&one, "x", 1);
		assert_int_equal(unpacked(&one, kind, NO_LIMIT, &out), STREAM_TRAILING);
		buf_free(&one);
		buf_free(&packed);
	}
	buf_free(&text);
	buf_free(&twice);
	buf_free(&out);
}

static void every_truncation_is_seen(void **state)
{
	struct buf text = sample(1000), out = {0};

	(void)state;
	for (enum stream_kind kind = STREAM_GZIP; kind <= STREAM_ZSTD; kind++) {
		struct buf packed = pack(kind, &text);
		for (size_t whole = packed.length, length = 0; length < whole; length++) {
			packed.length = length;
			assert_int_equal(unpacked(&packed, kind, NO_LIMIT, &out), STREAM_TRUNCATED);
		}
		buf_free(&packed);
	}
	buf_free(&text);
	buf_free(&out);
}

static void no_flipped_bit_changes_the_bytes(void **state)
{
	struct buf text = sample(1000), out = {0};

	(void)state;
	for (enum stream_kind kind = STREAM_GZIP; kind <= STREAM_ZSTD; kind++) {
		struct buf packed = pack(kind, &text);
		size_t refused = 0;
		for (size_t bit = 0; bit < packed.length * 8; bit++) {
			packed.data[bit / 8] ^= (char)(1 << bit % 8);
			if (unpacked(&packed, kind, NO_LIMIT, &out) == STREAM_FINE)
				assert_same(&out, &text);
			else
				refused++;
			packed.data[bit / 8] ^= (char)(1 << bit % 8);
		}
		/* Only gzip's time, system and hints, and some hints of zstd, are covered by
		 * nothing. */
		assert_true(refused >= packed.length * 8 - 80);
		buf_free(&packed);
	}
	buf_free(&text);
	buf_free(&out);
}

static void large_windows_are_refused(void **state)
{
	struct buf text = sample(1000), out = {0};
	static const struct {
		uint32_t preset;
		enum stream_failure expected;
	} presets[] = {{0, STREAM_FINE}, {6, STREAM_FINE}, {7, STREAM_FINE}, {9, STREAM_WINDOW}};
	static const struct {
		int window_log;
		enum stream_failure expected;
	} windows[] = {
	    {10, STREAM_FINE}, {24, STREAM_FINE}, {25, STREAM_WINDOW}, {27, STREAM_WINDOW}};

	(void)state;
	for (size_t i = 0; i < sizeof presets / sizeof presets[0]; i++) {
		struct buf packed = xz(&text, presets[i].preset);
		assert_int_equal(unpacked(&packed, STREAM_XZ, NO_LIMIT, &out), presets[i].expected);
		buf_free(&packed);
	}
	for (size_t i = 0; i < sizeof windows / sizeof windows[0]; i++) {
		struct buf packed = zstd(&text, windows[i].window_log);
		assert_int_equal(unpacked(&packed, STREAM_ZSTD, NO_LIMIT, &out),
				 windows[i].expected);
		buf_free(&packed);
	}
	buf_free(&text);
	buf_free(&out);
}

static void other_bytes_are_corrupt(void **state)
{
	struct buf text = sample(1000), out = {0};

	(void)state;
	for (enum stream_kind kind = STREAM_GZIP; kind <= STREAM_ZSTD; kind++)
		assert_int_equal(unpacked(&text, kind, NO_LIMIT, &out), STREAM_CORRUPT);
	buf_free(&text);
	buf_free(&out);
}

static void a_shrunken_file_is_our_fault(void **state)
{
	int fd = as_file("abc", 3);
	struct stream *stream = stream_open(fd, 4, STREAM_PLAIN, NO_LIMIT, WINDOW);
	const void *block;

	(void)state;
	assert_int_equal(stream_read(stream, &block), -1);
	assert_int_equal(stream_failure(stream), STREAM_IO);
	stream_free(stream);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(gives_back_what_went_in),
	    cmocka_unit_test(several_members_and_padding),
	    cmocka_unit_test(every_truncation_is_seen),
	    cmocka_unit_test(no_flipped_bit_changes_the_bytes),
	    cmocka_unit_test(large_windows_are_refused),
	    cmocka_unit_test(other_bytes_are_corrupt),
	    cmocka_unit_test(a_shrunken_file_is_our_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
