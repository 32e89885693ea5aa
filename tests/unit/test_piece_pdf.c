/* PDFs that were spoilt on their way, and those that are to cost more than they may. */
#include "piece_fixture.h"

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

/* Last, after all that was hostile. */
static void test_memory(void **state)
{
	(void)state;
	assert_small(RUSAGE_SELF);
	assert_small(RUSAGE_CHILDREN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_destroyed),
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
	    cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
