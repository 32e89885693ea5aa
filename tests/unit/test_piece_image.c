/* JPEG and PNG: what is damaged, what follows the image, what is too large to decode. */
#include "piece_fixture.h"

#include <jpeglib.h>

/* Each bit of a PNG is under a CRC, but for the lengths, names and CRCs themselves. */
static void test_png_bit_flips(void **state)
{
	struct bytes piece = load("ok/interlaced.png");

	(void)state;
	for (size_t bit = 0; bit < piece.size * 8; bit++) {
		piece.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_not_equal(check(piece.data, piece.size, &usual).defect, PIECE_OK);
		piece.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	free(piece.data);
}

/* What phones write after the image, and what nobody honest does. */
static void test_jpeg_tails(void **state)
{
	static const struct {
		const char *head; /* of the tail, 8 bytes */
		size_t length;
		const char *end; /* of the tail, 4 bytes */
		enum piece_defect defect;
		bool told; /* as an alert */
	} cases[] = {
	    {"\xFF\xD8\xFF\xE0\0\x10JF", 200000, "\xFF\xD9\0\0", PIECE_OK, false},
	    {"\0\0\0\x18"
	     "ftyp",
	     200000, "mdat", PIECE_OK, false},
	    {"\0\0\x01\x0A\x0E\0\0\0", 5000, "SEFT", PIECE_OK, false},
	    {"\0\0\0\0\0\0\0\0", 200000, "\0\0\0\0", PIECE_OK, false},
	    {"\0\0\0\0\0\xFF\xD8\xFF", 5000, "\xFF\xD9\0\0", PIECE_OK, false},
	    {"\xFF\xFF\xFF\xFF\xFF\xFF\xD8\xFF", 5000, "\xFF\xD9\0\0", PIECE_OK, true},
	    {"whatever", 1024, "\1\1\1\1", PIECE_OK, false},
	    {"whatever", 1025, "\1\1\1\1", PIECE_OK, true},
	    {"PK\3\4\0\0\0\0", 100, "PK\5\6", PIECE_DAMAGED, false},
	    {"PK\3\4\0\0\0\0", 5000, "SEFT", PIECE_DAMAGED, false},
	    {"MZ\x90\0ftyp", 5000, "\0\0\0\0", PIECE_DAMAGED, false},
	    {"\r\n<script", 12, "ipt>", PIECE_DAMAGED, false},
	    {"PK\3\4\0\0\0\0", 1025, "PK\5\6", PIECE_DAMAGED, true},
	    {"\xFF\xFF\0\0PK\3\4", 5000, "PK\5\6", PIECE_DAMAGED, true},
	    {"MZ\x90\0\3\0\0\0", 5000, "\0\0\0\0", PIECE_DAMAGED, true},
	    {"%PDF-1.4", 5000, "%EOF", PIECE_DAMAGED, true},
	    {"Rar!\x1A\7\1\0", 5000, "\0\0\0\0", PIECE_DAMAGED, true},
	    {"7z\xBC\xAF\x27\x1C\0\4", 5000, "\0\0\0\0", PIECE_DAMAGED, true},
	    {"<script>", 5000, "ipt>", PIECE_DAMAGED, true},
	};
	struct bytes piece = load("ok/colour.jpg");
	struct piece_verdict verdict;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t *tail = piece.data + piece.size;

		memset(tail, 0, cases[i].length);
		memcpy(tail, cases[i].head, 8);
		memcpy(tail + cases[i].length - 4, cases[i].end, 4);
		verdict = check(piece.data, piece.size + cases[i].length, &usual);
		assert_int_equal(verdict.defect, cases[i].defect);
		assert_int_equal(verdict.tail, cases[i].told);
	}
	free(piece.data);
}

static void test_png_tails(void **state)
{
	static const struct {
		const char *head; /* of the tail, 4 bytes */
		size_t length;
		enum piece_defect defect;
	} cases[] = {
	    {"\0\0\0\0", 1024, PIECE_OK},  {"\0\0\0\0", 1025, PIECE_DAMAGED},
	    {"what", 1024, PIECE_OK},	   {"PK\3\4", 4, PIECE_DAMAGED},
	    {"\n<sc", 100, PIECE_DAMAGED}, {"MZ\x90\0", 1000, PIECE_DAMAGED},
	};
	struct bytes piece = load("ok/rgb.png");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		memset(piece.data + piece.size, 0, cases[i].length);
		memcpy(piece.data + piece.size, cases[i].head, 4);
		assert_int_equal(check(piece.data, piece.size + cases[i].length, &usual).defect,
				 cases[i].defect);
	}
	free(piece.data);
}

/* Bytes that a decoder passes over: of no consequence before the image's data, of lost data behind. */
static void test_jpeg_skipped_bytes(void **state)
{
	static const struct {
		const char *bytes; /* 4 */
		bool behind;	   /* else before the first table */
		enum piece_defect defect;
	} cases[] = {
	    {"abcd", false, PIECE_OK},
	    {"\0\0\0\0", true, PIECE_OK},
	    {"abcd", true, PIECE_DAMAGED},
	    {"\0\0\0d", true, PIECE_DAMAGED},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bytes piece = load("ok/colour.jpg");
		uint8_t *end = piece.data + piece.size;
		uint8_t *at =
		    cases[i].behind ? end - 2 : memmem(piece.data, piece.size, "\xFF\xDB", 2);

		assert_memory_equal(end - 2, "\xFF\xD9", 2);
		memmove(at + 4, at, (size_t)(end - at));
		memcpy(at, cases[i].bytes, 4);
		if (check(piece.data, piece.size + 4, &usual).defect != cases[i].defect)
			fail_msg("case %zu", i);
		free(piece.data);
	}
}

/* A picture of one colour. */
static struct bytes make_jpeg(J_COLOR_SPACE colours, JDIMENSION side, boolean progressive)
{
	struct jpeg_compress_struct jpeg;
	struct jpeg_error_mgr errors;
	struct bytes piece = {0};
	unsigned long size = 0;
	JSAMPROW row = calloc(side, 4);

	jpeg.err = jpeg_std_error(&errors);
	jpeg_create_compress(&jpeg);
	jpeg_mem_dest(&jpeg, &piece.data, &size);
	jpeg.image_width = jpeg.image_height = side;
	jpeg.in_color_space = colours;
	jpeg.input_components = colours == JCS_CMYK ? 4 : 1;
	jpeg_set_defaults(&jpeg);
	if (progressive)
		jpeg_simple_progression(&jpeg);
	jpeg_start_compress(&jpeg, TRUE);
	while (jpeg.next_scanline < side)
		jpeg_write_scanlines(&jpeg, &row, 1);
	jpeg_finish_compress(&jpeg);
	jpeg_destroy_compress(&jpeg);
	free(row);
	piece.size = size;
	return piece;
}

static void test_jpeg_cmyk(void **state)
{
	struct bytes piece = make_jpeg(JCS_CMYK, 64, FALSE);

	(void)state;
	assert_int_equal(check(piece.data, piece.size, &usual).defect, PIECE_OK);
	assert_int_equal(check(piece.data, piece.size - 20, &usual).defect, PIECE_TRUNCATED);
	free(piece.data);
}

/* 3 500 pixels square make 24 MB of coefficients. */
static void test_jpeg_progressive_is_decoded(void **state)
{
	struct bytes piece = make_jpeg(JCS_GRAYSCALE, 3500, TRUE);

	(void)state;
	assert_int_equal(check(piece.data, piece.size, &usual).defect, PIECE_OK);
	memcpy(piece.data + piece.size / 2, "\xFF\xD3", 2); /* a restart that nothing announced */
	assert_int_equal(check(piece.data, piece.size, &usual).defect, PIECE_DAMAGED);
	free(piece.data);
}

/* 7 800 pixels square have too many: only the markers are walked, so that a small
 * image can stand for such a one. */
static void test_jpeg_large_progressive(void **state)
{
	struct bytes piece = make_jpeg(JCS_GRAYSCALE, 3500, TRUE);
	uint8_t *frame = memmem(piece.data, piece.size, "\xFF\xC2", 2);

	struct piece_limits wide = usual;

	(void)state;
	wide.pixels_max = 100000000;
	assert_non_null(frame);
	memcpy(frame + 5, "\x1E\x78\x1E\x78", 4); /* height and width */
	assert_int_equal(check(piece.data, piece.size, &wide).defect, PIECE_OK);
	for (size_t size = piece.size - 1; size > 200; size -= 1 + size / 50)
		assert_int_equal(check(piece.data, size, &wide).defect, PIECE_TRUNCATED);
	piece.data = realloc(piece.data, piece.size + 3000);
	memset(piece.data + piece.size, 'x', 3000);
	assert_true(check(piece.data, piece.size + 3000, &wide).tail);
	memcpy(piece.data + piece.size, "MZ", 2);
	assert_int_equal(check(piece.data, piece.size + 3000, &wide).defect, PIECE_DAMAGED);
	free(piece.data);
}

/* Last, after all that was hostile. */
static void test_memory(void **state)
{
	(void)state;
	assert_small(RUSAGE_SELF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_png_bit_flips),
	    cmocka_unit_test(test_jpeg_tails),
	    cmocka_unit_test(test_png_tails),
	    cmocka_unit_test(test_jpeg_skipped_bytes),
	    cmocka_unit_test(test_jpeg_cmyk),
	    cmocka_unit_test(test_jpeg_progressive_is_decoded),
	    cmocka_unit_test(test_jpeg_large_progressive),
	    cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
