#define ZLIB_CONST /* its input is ours to read alone */

#include "lib/array.h"
#include "lib/mem.h"
#include "parser/pdf_private.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
	FILTERS_MAX = 4,	/* of one stream: tools write one, rarely two */
	FILTER_NAME_SIZE = 32,	/* the longest that we know has 16 */
	BLOCK_SIZE = 32 << 10,	/* bytes */
	CONTENT_MAX = 64 << 20, /* bytes of instructions, decoded */
	LOST_MIN = 16,		/* zeros at the end that no compressor writes */
	PIXEL_OCTETS_MAX = 8,	/* four colours of 16 bits */
};

/* A stream under judgement. */
struct drawn {
	qpdf_data pdf;
	qpdf_oh stream, dictionary;
	bool image;
	uint32_t width, height; /* of an image, in pixels */
	const struct piece_limits *limits;
	struct piece_verdict *verdict;
	char filters[FILTERS_MAX][FILTER_NAME_SIZE];
	size_t filter_count;
};

static void condemn_stream(const struct drawn *drawn, enum piece_defect defect, const char *what)
{
	piece_condemn(drawn->verdict, defect, "%s", what);
	drawn->verdict->object = qpdf_oh_get_object_id(drawn->pdf, drawn->stream);
}

static void condemn_unreadable(const struct drawn *drawn)
{
	condemn_stream(drawn, PIECE_DAMAGED,
		       drawn->image ? "une image est illisible"
				    : "le contenu d'une page est illisible");
}

/* --- checks of what the last filter decodes --- */

/* How much a stream may give: of an image, readers leave what is over its pixels. */
static uint64_t inflated_max(const struct drawn *drawn)
{
	if (!drawn->image)
		return CONTENT_MAX;
	return ((uint64_t)drawn->width * PIXEL_OCTETS_MAX + 1) * drawn->height;
}

static void check_instructions(const struct drawn *drawn, const uint8_t *bytes, size_t size)
{
	if (!pdf_draws(bytes, size < BLOCK_SIZE ? size : BLOCK_SIZE))
		condemn_unreadable(drawn);
}

/* Zeros where a disk or a transfer lost the rest. */
static bool ends_in_zeros(const uint8_t *bytes, size_t size)
{
	static const uint8_t zeros[LOST_MIN];

	return size >= LOST_MIN && memcmp(bytes + size - LOST_MIN, zeros, LOST_MIN) == 0;
}

/* Acrobat ends the streams of its forms with a flush, not with an end: only of an image is more
 * wanted. */
static void judge_inflated(const struct drawn *drawn, int rc, uint64_t length, bool lost)
{
	if (rc == Z_DATA_ERROR || rc == Z_NEED_DICT || (rc == Z_BUF_ERROR && lost))
		condemn_unreadable(drawn);
	else if (rc == Z_BUF_ERROR && drawn->image)
		condemn_stream(drawn, PIECE_TRUNCATED, "une image s'interrompt");
	else if (length > CONTENT_MAX && !drawn->image)
		condemn_stream(drawn, PIECE_TOO_COSTLY, "le contenu d'une page est démesuré");
}

/* Block by block, since libqpdf would hold all of it. */
static void check_deflated(const struct drawn *drawn, const uint8_t *bytes, size_t size)
{
	static uint8_t block[BLOCK_SIZE];
	z_stream z = {.next_in = bytes, .avail_in = (uInt)size};
	int rc = inflateInit(&z);
	uint64_t length;

	if (rc != Z_OK)
		mem_exhausted();
	while (rc == Z_OK && z.total_out <= inflated_max(drawn)) {
		bool first = z.total_out == 0;

		z.next_out = block;
		z.avail_out = sizeof(block);
		rc = inflate(&z, Z_NO_FLUSH);
		if (first && !drawn->image)
			check_instructions(drawn, block, sizeof(block) - z.avail_out);
	}
	length = z.total_out;
	inflateEnd(&z);
	judge_inflated(drawn, rc, length, ends_in_zeros(bytes, size));
}

/* By the check that the format has as a piece of its own, or one like it. */
static void check_scan(const struct drawn *drawn, const uint8_t *bytes, size_t size,
		       void (*check)(const uint8_t *, size_t, const struct piece_limits *,
				     struct piece_verdict *))
{
	struct piece_verdict scan = {0};

	check(bytes, size, drawn->limits, &scan);
	if (scan.defect != PIECE_OK)
		condemn_stream(drawn, scan.defect, scan.detail);
}

static void check_jpeg(const struct drawn *drawn, const uint8_t *bytes, size_t size)
{
	check_scan(drawn, bytes, size, piece_check_scanned_jpeg);
}

static void check_jpx(const struct drawn *drawn, const uint8_t *bytes, size_t size)
{
	check_scan(drawn, bytes, size, piece_check_jpx);
}

static void check_jbig2(const struct drawn *drawn, const uint8_t *bytes, size_t size)
{
	check_scan(drawn, bytes, size, piece_check_jbig2);
}

/* The filters of ISO 32000-1, 7.4, and their short names. Where no check stands, libqpdf decodes
 * instructions; an image is bounded by its pixels alone, since libqpdf would hold all of them. */
static const struct filter {
	const char *name, *short_name;
	bool draws; /* also for instructions; the others are for images alone */
	void (*check)(const struct drawn *, const uint8_t *, size_t);
} filters[] = {
    {"/FlateDecode", "/Fl", true, check_deflated},
    {"/DCTDecode", "/DCT", false, check_jpeg},
    {"/JPXDecode", "/JPXDecode", false, check_jpx},
    {"/JBIG2Decode", "/JBIG2Decode", false, check_jbig2},
    {"/CCITTFaxDecode", "/CCF", false, NULL},
    {"/LZWDecode", "/LZW", true, NULL},
    {"/RunLengthDecode", "/RL", true, NULL},
    {"/ASCII85Decode", "/A85", true, NULL},
    {"/ASCIIHexDecode", "/AHx", true, NULL},
    {"/Crypt", "/Crypt", true, NULL},
};

static const struct filter *find_filter(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++)
		if (strcmp(name, filters[i].name) == 0 || strcmp(name, filters[i].short_name) == 0)
			return &filters[i];
	return NULL;
}

/* --- the chain of filters --- */

static bool note_filter(struct drawn *drawn, qpdf_oh name)
{
	const struct filter *filter = NULL;

	if (drawn->filter_count < FILTERS_MAX && qpdf_oh_is_name(drawn->pdf, name)) {
		char *noted = drawn->filters[drawn->filter_count++];

		strncpy(noted, qpdf_oh_get_name(drawn->pdf, name), FILTER_NAME_SIZE - 1);
		filter = find_filter(noted);
	}
	if (filter != NULL && (filter->draws || drawn->image))
		return true;
	condemn_stream(drawn, PIECE_TOO_COSTLY, "un codage est inusité");
	return false;
}

/* False: a filter that no scanner needs there, or too many of them; that is in the verdict. */
static bool read_filters(struct drawn *drawn, qpdf_oh filter)
{
	bool usual = true;
	int count;

	if (qpdf_oh_is_null(drawn->pdf, filter))
		return true;
	if (!qpdf_oh_is_array(drawn->pdf, filter))
		return note_filter(drawn, filter);
	count = qpdf_oh_get_array_n_items(drawn->pdf, filter);
	for (int i = 0; i < count && usual; i++) {
		qpdf_oh name = qpdf_oh_get_array_item(drawn->pdf, filter, i);

		usual = note_filter(drawn, name);
		qpdf_oh_release(drawn->pdf, name);
	}
	return usual;
}

/* Puts the array `all` without its last item under `key`; nothing where it is no such array. */
static void keep_outer(const struct drawn *drawn, const char *key, qpdf_oh all)
{
	qpdf_oh outer = qpdf_oh_new_array(drawn->pdf);
	int count = qpdf_oh_is_array(drawn->pdf, all) ? (int)drawn->filter_count - 1 : 0;

	for (int i = 0; i < count; i++) {
		qpdf_oh item = qpdf_oh_get_array_item(drawn->pdf, all, i);

		qpdf_oh_append_item(drawn->pdf, outer, item);
		qpdf_oh_release(drawn->pdf, item);
	}
	if (count > 0)
		qpdf_oh_replace_key(drawn->pdf, drawn->dictionary, key, outer);
	else
		qpdf_oh_remove_key(drawn->pdf, drawn->dictionary, key);
	qpdf_oh_release(drawn->pdf, outer);
}

/* False: libqpdf cannot undo the filters that stand there. */
static bool get_data(const struct drawn *drawn, enum qpdf_stream_decode_level_e level,
		     uint8_t **bytes, size_t *size)
{
	QPDF_BOOL decoded = QPDF_FALSE;
	QPDF_ERROR_CODE code =
	    qpdf_oh_get_stream_data(drawn->pdf, drawn->stream, level, &decoded, bytes, size);

	qpdf_get_error(drawn->pdf); /* fetched, it is not printed by the clean-up */
	return !(code & (QPDF_ERRORS)) && (decoded || level == qpdf_dl_none);
}

/* What the last filter is given: libqpdf undoes those before it, for which it sees them alone. */
static bool get_payload(const struct drawn *drawn, qpdf_oh filter, uint8_t **bytes, size_t *size)
{
	qpdf_oh parameters;
	bool got;

	if (drawn->filter_count < 2)
		return get_data(drawn, qpdf_dl_none, bytes, size);
	parameters = qpdf_oh_get_key(drawn->pdf, drawn->dictionary, "/DecodeParms");
	keep_outer(drawn, "/Filter", filter);
	keep_outer(drawn, "/DecodeParms", parameters);
	got = get_data(drawn, qpdf_dl_specialized, bytes, size);
	qpdf_oh_replace_key(drawn->pdf, drawn->dictionary, "/Filter", filter);
	qpdf_oh_replace_or_remove_key(drawn->pdf, drawn->dictionary, "/DecodeParms", parameters);
	qpdf_oh_release(drawn->pdf, parameters);
	return got;
}

/*
 * Nothing is left to decode, or libqpdf does: it holds instructions whole, within its memory. No
 * checksum covers them, as one covers what zlib compresses: every word is looked at.
 */
static void check_by_library(const struct drawn *drawn)
{
	uint8_t *bytes = NULL;
	size_t size = 0;

	if (get_data(drawn, qpdf_dl_specialized, &bytes, &size) && pdf_words_are_known(bytes, size))
		check_instructions(drawn, bytes, size);
	else
		condemn_unreadable(drawn);
	free(bytes);
}

static void check_by_filter(const struct drawn *drawn, qpdf_oh filter, const struct filter *last)
{
	uint8_t *bytes = NULL;
	size_t size = 0;

	if (get_payload(drawn, filter, &bytes, &size))
		last->check(drawn, bytes, size);
	else
		condemn_unreadable(drawn);
	free(bytes);
}

static void check_data(struct drawn *drawn)
{
	qpdf_oh filter = qpdf_oh_get_key(drawn->pdf, drawn->dictionary, "/Filter");

	if (read_filters(drawn, filter)) {
		const struct filter *last = NULL;

		if (drawn->filter_count > 0)
			last = find_filter(drawn->filters[drawn->filter_count - 1]);
		if (last != NULL && last->check != NULL)
			check_by_filter(drawn, filter, last);
		else if (!drawn->image)
			check_by_library(drawn);
	}
	qpdf_oh_release(drawn->pdf, filter);
}

/* --- images --- */

/* A side in pixels; what is no number, or negative, is none. */
static uint32_t side(const struct drawn *drawn, const char *key)
{
	qpdf_oh value = qpdf_oh_get_key(drawn->pdf, drawn->dictionary, key);
	long long pixels = 0;

	if (!qpdf_oh_get_value_as_longlong(drawn->pdf, value, &pixels) || pixels < 0)
		pixels = 0;
	qpdf_oh_release(drawn->pdf, value);
	return pixels > UINT32_MAX ? UINT32_MAX : (uint32_t)pixels;
}

static bool image_is_bounded(struct drawn *drawn)
{
	struct piece_verdict image = {0};

	drawn->width = side(drawn, "/Width");
	drawn->height = side(drawn, "/Height");
	if (piece_size_allowed(drawn->width, drawn->height, drawn->limits, &image))
		return true;
	condemn_stream(drawn, image.defect, image.detail);
	return false;
}

void pdf_check_stream(qpdf_data pdf, qpdf_oh stream, bool image, const struct piece_limits *limits,
		      struct piece_verdict *verdict)
{
	struct drawn drawn = {.pdf = pdf,
			      .stream = stream,
			      .dictionary = qpdf_oh_get_dict(pdf, stream),
			      .image = image,
			      .limits = limits,
			      .verdict = verdict};

	if (!image || image_is_bounded(&drawn))
		check_data(&drawn);
	qpdf_oh_release(pdf, drawn.dictionary);
}
