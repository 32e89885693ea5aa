#include "lib/array.h"
#include "parser/piece_private.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <jpeglib.h>

#define SAMPLES "tests/samples/pieces/"

enum { PIECE_MAX = 4 << 20 };

static const struct piece_limits usual = {
    .pixels_max = 50000000, .pdf_objects_max = 50000, .pdf_pages_max = 500};

struct bytes {
	uint8_t *data;
	size_t size;
};

static struct bytes load(const char *name)
{
	struct bytes piece = {.data = malloc(PIECE_MAX)};
	char path[200];
	FILE *file;

	snprintf(path, sizeof(path), SAMPLES "%s", name);
	file = fopen(path, "rb");
	if (!file)
		fail_msg("%s", path);
	piece.size = fread(piece.data, 1, PIECE_MAX, file);
	fclose(file);
	return piece;
}

/* On a copy of the exact size, so that a sanitizer sees a read past the end. */
static struct piece_verdict check(const void *data, size_t size, const struct piece_limits *limits)
{
	uint8_t *copy = malloc(size ? size : 1);
	struct piece_verdict verdict;

	memcpy(copy, data, size);
	piece_check(copy, size, limits, &verdict);
	free(copy);
	return verdict;
}

/* The same in a child: a PDF that takes too much memory ends the process that checks it. */
static struct piece_verdict check_apart(const void *data, size_t size,
					const struct piece_limits *limits)
{
	struct piece_verdict *shared =
	    mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct piece_verdict verdict;
	pid_t child = fork();
	int status;

	if (child == 0) {
		*shared = (struct piece_verdict){.defect = PIECE_TOO_COSTLY, .detail = "fin"};
		*shared = check(data, size, limits);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	verdict = *shared;
	munmap(shared, sizeof(*shared));
	return verdict;
}

static void end_child(void)
{
	_exit(0);
}

static struct piece_verdict check_sample(const char *name)
{
	struct bytes piece = load(name);
	struct piece_verdict verdict = check_apart(piece.data, piece.size, &usual);

	free(piece.data);
	return verdict;
}

static int is_file(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void test_ok(void **state)
{
	struct dirent **names;
	int count = scandir(SAMPLES "ok", &names, is_file, alphasort);

	(void)state;
	assert_true(count >= 30);
	for (int i = 0; i < count; i++) {
		char name[300];
		struct piece_verdict verdict;
		const char *extension = strrchr(names[i]->d_name, '.');
		enum piece_format format = strcmp(extension, ".pdf") == 0   ? PIECE_PDF
					   : strcmp(extension, ".png") == 0 ? PIECE_PNG
									    : PIECE_JPEG;

		snprintf(name, sizeof(name), "ok/%s", names[i]->d_name);
		verdict = check_sample(name);
		if (verdict.defect != PIECE_OK || verdict.format != format || verdict.detail[0])
			fail_msg("%s: defect %u, %s", name, verdict.defect, verdict.detail);
		assert_int_equal(verdict.pages, format == PIECE_PDF);
		assert_int_equal(verdict.width > 0 && verdict.height > 0, format != PIECE_PDF);
		assert_int_equal(verdict.opens_with_empty_password,
				 strstr(name, "empty-password") != NULL);
		assert_int_equal(verdict.rebuilt, strcmp(name, "ok/xref-off.pdf") == 0);
		assert_false(verdict.tail);
		free(names[i]);
	}
	free(names);
}

static void test_ko(void **state)
{
	static const char *const prefixes[] = {
	    [PIECE_EMPTY] = "empty",
	    [PIECE_WRONG_KIND] = "wrong-kind-",
	    [PIECE_TRUNCATED] = "truncated-",
	    [PIECE_DAMAGED] = "damaged-",
	    [PIECE_ENCRYPTED] = "encrypted-",
	    [PIECE_ACTIVE] = "active-",
	    [PIECE_TOO_MANY_PIXELS] = "pixels-",
	    [PIECE_NO_PAGE] = "no-page-",
	    [PIECE_TOO_COSTLY] = "costly-",
	};
	struct dirent **names;
	int count = scandir(SAMPLES "ko", &names, is_file, alphasort);

	(void)state;
	assert_true(count >= 45);
	for (int i = 0; i < count; i++) {
		char name[300];
		struct piece_verdict verdict;
		const char *prefix;

		snprintf(name, sizeof(name), "ko/%s", names[i]->d_name);
		verdict = check_sample(name);
		prefix = prefixes[verdict.defect];
		if (!prefix || strncmp(names[i]->d_name, prefix, strlen(prefix)) != 0)
			fail_msg("%s: defect %u, %s", name, verdict.defect, verdict.detail);
		assert_int_equal(verdict.detail[0] == '\0', verdict.defect == PIECE_EMPTY);
		free(names[i]);
	}
	free(names);
}

static void test_details(void **state)
{
	static const struct {
		const char *name;
		const char *detail;
		int object;
	} cases[] = {
	    {"ko/active-launch.pdf", "le lancement d'un programme", 3},
	    {"ko/active-js-objstm.pdf", "un script", 1},
	    {"ko/active-js-deep.pdf", "un script", 6},
	    {"ko/active-size-lies.pdf", "un script", 6},
	    {"ko/active-generation.pdf", "un script", 6},
	    {"ko/active-embedded.pdf", "un fichier joint", 1},
	    {"ko/active-embedded-bare.pdf", "un fichier joint", 6},
	    {"ko/active-xfa.pdf", "un formulaire XFA", 1},
	    {"ko/active-submit.pdf", "l'envoi d'un formulaire", 1},
	    {"ko/wrong-kind-zip.pdf", "une archive zip", 0},
	    {"ko/wrong-kind-exe.pdf", "un programme Windows", 0},
	    {"ko/encrypted-aes.pdf", "un mot de passe est demandé à l'ouverture", 0},
	    {"ko/pixels-bomb.png", "60 000 × 60 000 pixels", 0},
	    {"ko/pixels-image.pdf", "60 000 × 60 000 pixels", 6},
	    {"ko/damaged-long-tail.jpg", "un autre fichier suit la fin de l'image", 0},
	    {"ko/damaged-crc.png", "l'image PNG est illisible", 0},
	    {"ko/damaged-long-tail.png", "un autre fichier suit la fin de l'image", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct piece_verdict verdict = check_sample(cases[i].name);

		assert_string_equal(verdict.detail, cases[i].detail);
		assert_int_equal(verdict.object, cases[i].object);
	}
}

/* Cut anywhere, down to nothing: never accepted. `spare` bytes at the end are blanks. */
static void test_cut(void **state)
{
	static const struct {
		const char *name;
		size_t spare;
	} cases[] = {
	    {"ok/v14.pdf", 1},
	    {"ok/v17-objstm.pdf", 1},
	    {"ok/linearized.pdf", 1},
	    {"ok/linearized-tables.pdf", 1},
	    {"ok/empty-password-aes.pdf", 1},
	    {"ok/rgb.png", 0},
	    {"ok/gray16.png", 0},
	    {"ok/palette.png", 0},
	    {"ok/interlaced.png", 0},
	    {"ok/gray.jpg", 0},
	    {"ok/colour.jpg", 0},
	    {"ok/progressive.jpg", 0},
	    {"ok/arithmetic.jpg", 0},
	    {"ok/restart.jpg", 0},
	    {"ok/exif.jpg", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bytes piece = load(cases[i].name);

		for (size_t size = 0; size < piece.size - cases[i].spare; size++) {
			struct piece_verdict verdict = check(piece.data, size, &usual);

			if (verdict.defect == PIECE_OK)
				fail_msg("%s cut at %zu", cases[i].name, size);
			if (size > 40 && size < piece.size - 12 && verdict.format != PIECE_JPEG)
				assert_int_equal(verdict.defect, PIECE_TRUNCATED);
		}
		free(piece.data);
	}
}

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

/* --- what transfers and disks do to a sound PDF --- */

enum { FLIPPED = 64 }; /* bytes of a page's content that change */

static struct bytes room_for(const struct bytes *whole)
{
	return (struct bytes){malloc(whole->size * 2), 0};
}

static struct bytes copied(const struct bytes *whole)
{
	struct bytes copy = room_for(whole);

	memcpy(copy.data, whole->data, whole->size);
	copy.size = whole->size;
	return copy;
}

/* Each byte taken for a character of Latin-1, and written as UTF-8. */
static struct bytes as_utf8(const struct bytes *whole)
{
	struct bytes out = room_for(whole);

	for (size_t i = 0; i < whole->size; i++) {
		uint8_t byte = whole->data[i];

		if (byte >= 0x80)
			out.data[out.size++] = (uint8_t)(0xC0 | byte >> 6);
		out.data[out.size++] = byte >= 0x80 ? (uint8_t)(0x80 | (byte & 0x3F)) : byte;
	}
	return out;
}

static struct bytes with_crlf(const struct bytes *whole)
{
	struct bytes out = room_for(whole);

	for (size_t i = 0; i < whole->size; i++) {
		if (whole->data[i] == '\n')
			out.data[out.size++] = '\r';
		out.data[out.size++] = whole->data[i];
	}
	return out;
}

static struct bytes half_zeroed(const struct bytes *whole)
{
	struct bytes out = copied(whole);

	memset(out.data + out.size / 2, 0, out.size - out.size / 2);
	return out;
}

static struct bytes cut_at(const struct bytes *whole, size_t percent)
{
	struct bytes out = copied(whole);

	out.size = out.size * percent / 100;
	return out;
}

static struct bytes cut_at_50(const struct bytes *whole)
{
	return cut_at(whole, 50);
}

static struct bytes cut_at_90(const struct bytes *whole)
{
	return cut_at(whole, 90);
}

static struct bytes cut_at_99(const struct bytes *whole)
{
	return cut_at(whole, 99);
}

/* In the middle of the longest stream: what the page shows, in these samples. */
static struct bytes flipped(const struct bytes *whole)
{
	static const char start[] = "stream\n", end[] = "endstream";
	struct bytes out = copied(whole);
	uint8_t *from = out.data, *limit = out.data + out.size, *at = out.data;
	size_t length = 0, skipped;

	while ((at = memmem(at, (size_t)(limit - at), start, strlen(start))) != NULL) {
		uint8_t *stop = memmem(at, (size_t)(limit - at), end, strlen(end));

		at += strlen(start);
		if (at[-(ptrdiff_t)strlen(start) - 1] == 'd')
			continue; /* "endstream" */
		assert_non_null(stop);
		if ((size_t)(stop - at) > length) {
			length = (size_t)(stop - at);
			from = at;
		}
	}
	assert_true(length > 0);
	skipped = length > FLIPPED ? (length - FLIPPED) / 2 : 0;
	for (size_t i = 0; i < FLIPPED && i + skipped < length; i++)
		from[skipped + i] ^= 0xFF;
	return out;
}

/* Whether nobody is told that something is wrong with it. */
static bool passes_unseen(const struct bytes *piece)
{
	struct piece_verdict verdict = check_apart(piece->data, piece->size, &usual);

	return verdict.defect == PIECE_OK && !verdict.rebuilt;
}

/* Never taken without a word. */
static void test_destroyed(void **state)
{
	static struct bytes (*const recipes[])(const struct bytes *) = {
	    as_utf8, with_crlf, half_zeroed, cut_at_50, cut_at_90, cut_at_99, flipped};
	static const char *const names[] = {"ok/v14.pdf",
					    "ok/v17-objstm.pdf",
					    "ok/linearized.pdf",
					    "ok/linearized-tables.pdf",
					    "ok/long-content.pdf",
					    "ok/scan.pdf",
					    "ok/scan-chain.pdf",
					    "ok/image.pdf",
					    "ok/parts.pdf",
					    "ok/incremental.pdf",
					    "ok/link.pdf",
					    "ok/empty-password-aes.pdf",
					    "ok/empty-password-rc4.pdf"};
	unsigned unseen = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct bytes whole = load(names[i]);

		assert_true(passes_unseen(&whole));
		for (size_t j = 0; j < ARRAY_SIZE(recipes); j++) {
			struct bytes piece = recipes[j](&whole);

			if (passes_unseen(&piece)) {
				print_error("%s, recipe %zu\n", names[i], j);
				unseen++;
			}
			free(piece.data);
		}
		free(whole.data);
	}
	assert_int_equal(unseen, 0);
}

static void test_limits(void **state)
{
	static const struct {
		const char *name;
		struct piece_limits limits;
		enum piece_defect defect;
	} cases[] = {
	    {"ok/rgb.png", {37 * 23, 0, 0}, PIECE_OK},
	    {"ok/rgb.png", {37 * 23 - 1, 0, 0}, PIECE_TOO_MANY_PIXELS},
	    {"ok/colour.jpg", {61 * 45, 0, 0}, PIECE_OK},
	    {"ok/colour.jpg", {61 * 45 - 1, 0, 0}, PIECE_TOO_MANY_PIXELS},
	    {"ok/v14.pdf", {0, 5, 1}, PIECE_OK},
	    {"ok/v14.pdf", {0, 4, 1}, PIECE_TOO_COSTLY},
	    {"ok/v14.pdf", {0, 5, 0}, PIECE_TOO_COSTLY},
	    {"ko/active-size-lies.pdf", {0, 5, 1}, PIECE_TOO_COSTLY},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bytes piece = load(cases[i].name);

		assert_int_equal(check(piece.data, piece.size, &cases[i].limits).defect,
				 cases[i].defect);
		free(piece.data);
	}
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

/* A PDF under construction: objects are numbered in order from 1. */
struct draft {
	struct bytes file;
	size_t places[80001];
	int count;
};

static void put(struct draft *draft, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct draft *draft, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	draft->file.size += (size_t)vsnprintf((char *)draft->file.data + draft->file.size,
					      PIECE_MAX - draft->file.size, format, arguments);
	va_end(arguments);
	assert_true(draft->file.size < PIECE_MAX);
}

static void put_object(struct draft *draft, const char *format, int argument)
{
	char text[200];

	draft->places[++draft->count] = draft->file.size;
	snprintf(text, sizeof(text), "%d 0 obj\n%s\nendobj\n", draft->count, format);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	put(draft, text, argument);
#pragma GCC diagnostic pop
}

static struct draft *begin_pdf(void)
{
	struct draft *draft = calloc(1, sizeof(*draft));

	draft->file.data = malloc(PIECE_MAX);
	put(draft, "%%PDF-1.4\n");
	put_object(draft, "<</Type/Catalog/Pages 2 0 R/Extra 4 0 R>>", 0);
	return draft;
}

static struct piece_verdict finish_pdf_within(struct draft *draft, uint32_t objects_max)
{
	struct piece_limits limits = usual;
	size_t table = draft->file.size;
	struct piece_verdict verdict;

	put(draft, "xref\n0 %d\n0000000000 65535 f \n", draft->count + 1);
	for (int i = 1; i <= draft->count; i++)
		put(draft, "%010zu 00000 n \n", draft->places[i]);
	put(draft, "trailer<</Size %d/Root 1 0 R>>\nstartxref\n%zu\n%%%%EOF\n", draft->count + 1,
	    table);
	limits.pdf_objects_max = objects_max;
	verdict = check_apart(draft->file.data, draft->file.size, &limits);
	free(draft->file.data);
	free(draft);
	return verdict;
}

static struct piece_verdict finish_pdf(struct draft *draft)
{
	return finish_pdf_within(draft, usual.pdf_objects_max);
}

static void put_page(struct draft *draft)
{
	put_object(draft, "<</Type/Pages/Kids[3 0 R]/Count 1>>", 0);
	put_object(draft, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>", 0);
}

/* Each stream's length is in the next object, a stream too: the library recurses once an object. */
static void test_pdf_chain_of_lengths(void **state)
{
	struct draft *draft = begin_pdf();

	(void)state;
	put_page(draft);
	while (draft->count < 40000)
		put_object(draft, "<</Length %d 0 R>>stream\n\nendstream", draft->count + 2);
	put_object(draft, "1", 0);
	assert_int_equal(finish_pdf(draft).defect, PIECE_TOO_COSTLY);
}

static void test_pdf_deep_page_tree(void **state)
{
	struct draft *draft = begin_pdf();

	(void)state;
	while (draft->count < 40000)
		put_object(draft, "<</Type/Pages/Count 1/Kids[%d 0 R]>>", draft->count + 2);
	put_object(draft, "<</Type/Page/MediaBox[0 0 9 9]>>", 0);
	assert_int_equal(finish_pdf(draft).defect, PIECE_TOO_COSTLY);
}

/* 2^30 pages in thirty objects: libqpdf takes a node met twice for a loop. */
static void test_pdf_doubling_page_tree(void **state)
{
	struct draft *draft = begin_pdf();

	(void)state;
	while (draft->count < 31)
		put_object(draft, "<</Type/Pages/Kids[%1$d 0 R %1$d 0 R]/Count 2>>",
			   draft->count + 2);
	put_object(draft, "<</Type/Page/MediaBox[0 0 9 9]>>", 0);
	assert_int_equal(finish_pdf(draft).defect, PIECE_DAMAGED);
}

static void test_pdf_wide_array(void **state)
{
	struct draft *draft = begin_pdf();

	(void)state;
	put_page(draft);
	put_object(draft, "[", 0);
	draft->file.size -= strlen("endobj\n");
	for (int i = 0; i < 1000000; i++)
		put(draft, "[]");
	put(draft, "]\nendobj\n");
	assert_int_equal(finish_pdf(draft).defect, PIECE_TOO_COSTLY);
}

/* A long tagged document is an honest one. */
static void test_pdf_many_structure_elements(void **state)
{
	struct draft *draft = begin_pdf();

	(void)state;
	put_page(draft);
	while (draft->count < 30000)
		put_object(draft,
			   "<</Type/StructElem/S/P/P %d 0 R/K[0 1 2]/Pg 3 0 R/A<</O/Layout>>>>",
			   draft->count);
	assert_int_equal(finish_pdf(draft).defect, PIECE_OK);
}

/* An object of `count` integers. */
static void put_integers(struct draft *draft, int count)
{
	put_object(draft, "[", 0);
	draft->file.size -= strlen("endobj\n");
	for (int i = 0; i < count; i++)
		put(draft, "0 ");
	put(draft, "]\nendobj\n");
}

/* Of few bytes each: libqpdf would hold more than it is granted, were all held at once. */
static void test_pdf_many_objects(void **state)
{
	(void)state;
	for (int objects = 10000; objects <= 80000; objects += 35000) {
		struct draft *draft = begin_pdf();

		put_page(draft);
		while (draft->count < objects)
			put_object(draft, "<</S/P>>", 0);
		assert_int_equal(finish_pdf_within(draft, 200000).defect, PIECE_OK);
	}
}

/* Numbers cannot be active: the widths of a font that has all characters, as poppler signs with. */
static void test_pdf_many_numbers(void **state)
{
	static const struct {
		int numbers;
		enum piece_defect defect;
	} cases[] = {{65536, PIECE_OK}, {1900000, PIECE_TOO_COSTLY}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct draft *draft = begin_pdf();

		put_page(draft);
		put_integers(draft, cases[i].numbers);
		assert_int_equal(finish_pdf(draft).defect, cases[i].defect);
	}
}

/* The same after as many other objects as are held together. */
static void test_pdf_many_numbers_at_last(void **state)
{
	struct draft *draft = begin_pdf();

	(void)state;
	put_page(draft);
	while (draft->count < 30000)
		put_object(draft, "<</S/P/K[0 1 2 3 4 5 6 7]>>", 0);
	for (int i = 0; i < 4; i++)
		put_integers(draft, 65536);
	assert_int_equal(finish_pdf(draft).defect, PIECE_OK);
}

/* Each element leads to the root, which is large. */
static void test_pdf_big_parent(void **state)
{
	struct draft *draft = begin_pdf();

	(void)state;
	put_page(draft);
	put_integers(draft, 14000);
	while (draft->count < 10000)
		put_object(draft, "<</S/P/P 4 0 R>>", 0);
	assert_int_equal(finish_pdf(draft).defect, PIECE_OK);
}

/* To mend each, libqpdf looks through its whole table. */
static void test_pdf_wrong_lengths(void **state)
{
	static const struct {
		int objects;
		enum piece_defect defect;
	} cases[] = {{3000, PIECE_OK}, {20000, PIECE_TOO_COSTLY}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct draft *draft = begin_pdf();

		put_page(draft);
		while (draft->count < cases[i].objects)
			put_object(draft, "<</Length 9>>stream\nx\nendstream", 0);
		assert_int_equal(finish_pdf(draft).defect, cases[i].defect);
	}
}

#ifndef SEGUR_SANITIZED
/* Last, after all that was hostile: the process stayed small, and so did its children. */
static void test_memory(void **state)
{
	static const int whose[] = {RUSAGE_SELF, RUSAGE_CHILDREN};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(whose); i++) {
		struct rusage usage;

		getrusage(whose[i], &usage);
		assert_in_range(usage.ru_maxrss, 1, 64 << 10);
	}
}
#endif

static int set_up(void **state)
{
	(void)state;
	piece_set_last_resort(end_child);
	return piece_setup() != NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ok),
	    cmocka_unit_test(test_ko),
	    cmocka_unit_test(test_details),
	    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_png_bit_flips),
	    cmocka_unit_test(test_destroyed),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_jpeg_tails),
	    cmocka_unit_test(test_png_tails),
	    cmocka_unit_test(test_jpeg_skipped_bytes),
	    cmocka_unit_test(test_jpeg_cmyk),
	    cmocka_unit_test(test_jpeg_progressive_is_decoded),
	    cmocka_unit_test(test_jpeg_large_progressive),
	    cmocka_unit_test(test_pdf_chain_of_lengths),
	    cmocka_unit_test(test_pdf_deep_page_tree),
	    cmocka_unit_test(test_pdf_doubling_page_tree),
	    cmocka_unit_test(test_pdf_wide_array),
	    cmocka_unit_test(test_pdf_many_structure_elements),
	    cmocka_unit_test(test_pdf_many_objects),
	    cmocka_unit_test(test_pdf_many_numbers),
	    cmocka_unit_test(test_pdf_many_numbers_at_last),
	    cmocka_unit_test(test_pdf_big_parent),
	    cmocka_unit_test(test_pdf_wrong_lengths),
#ifndef SEGUR_SANITIZED
	    cmocka_unit_test(test_memory),
#endif
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
