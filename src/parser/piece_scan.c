/* Scans in the two formats that a PDF alone has: how large they say to be, and whether they end. */
#include "parser/piece_private.h"

#include <string.h>

enum {
	JPX_SIZE_FIELDS =
	    24, /* bytes from the first marker to the end of the sizes that are read */
	JBIG2_REGION_FIELDS =
	    8, /* width and height, which begin a region and a page's information */
	JBIG2_SHORT_REFERENCES = 4, /* more are counted in the long form (ISO/IEC 14492, 7.2.4) */
	JBIG2_PAGE = 48,	    /* its information: a type of segment (7.3) */
};

#define OPEN_LENGTH    0xFFFFFFFFu
#define LONG_FORM_MASK 0x1FFFFFFFu

/* The codestream's SOC and SIZ (ISO/IEC 15444-1, A.4 and A.5), and its EOC. */
static const uint8_t jpx_start[] = {0xFF, 0x4F, 0xFF, 0x51};
static const uint8_t jpx_end[] = {0xFF, 0xD9};

static uint32_t less(uint32_t all, uint32_t margin)
{
	return all > margin ? all - margin : 0;
}

/* The codestream stands alone or in boxes. None of its data holds the two bytes that end it. */
void piece_check_jpx(const uint8_t *bytes, size_t size, const struct piece_limits *limits,
		     struct piece_verdict *verdict)
{
	const uint8_t *start = memmem(bytes, size, jpx_start, sizeof(jpx_start));
	size_t left = start != NULL ? size - (size_t)(start - bytes) : 0;

	if (left < JPX_SIZE_FIELDS) {
		piece_condemn(verdict, PIECE_DAMAGED, "l'image JPEG 2000 est illisible");
		return;
	}
	/* The image is what lies behind its offset in the reference grid. */
	if (!piece_size_allowed(less(piece_u32(start + 8), piece_u32(start + 16)),
				less(piece_u32(start + 12), piece_u32(start + 20)), limits,
				verdict))
		return;
	if (memmem(start, left, jpx_end, sizeof(jpx_end)) == NULL)
		piece_condemn(verdict, PIECE_TRUNCATED, "l'image JPEG 2000 s'interrompt");
}

/* One segment's header (ISO/IEC 14492, 7.2). */
struct segment {
	unsigned type;
	size_t header, data; /* bytes; `data` is OPEN_LENGTH where only its end tells */
};

/* False: the header is cut. */
static bool read_segment(const uint8_t *bytes, size_t size, struct segment *segment)
{
	uint64_t references, header = 6;
	uint32_t number;

	if (size < 9)
		return false;
	number = piece_u32(bytes);
	references = bytes[5] >> 5;
	if (references > JBIG2_SHORT_REFERENCES) {
		references = piece_u32(bytes + 5) & LONG_FORM_MASK;
		header = 9 + (references + 8) / 8;
	}
	header += references * (number <= 256 ? 1 : number <= 65536 ? 2 : 4);
	header += bytes[4] & 0x40 ? 4 : 1;
	if (header + 4 > size)
		return false;
	*segment = (struct segment){bytes[4] & 0x3F, (size_t)header + 4, piece_u32(bytes + header)};
	return true;
}

static bool is_region(unsigned type)
{
	return (type >= 4 && type <= 7) || (type >= 20 && type <= 23) || (type >= 36 && type <= 43);
}

/* A page may leave its height open, for its regions to tell. */
static bool region_allowed(const uint8_t *data, unsigned type, const struct piece_limits *limits,
			   struct piece_verdict *verdict)
{
	uint32_t width = piece_u32(data), height = piece_u32(data + 4);

	if (type == JBIG2_PAGE && height == OPEN_LENGTH)
		height = 1;
	return piece_size_allowed(width, height, limits, verdict);
}

/* A PDF has JBIG2's segments without a file header. The page counts, and what its regions draw on
 * it counts again: together they may have twice the pixels of one image. */
void piece_check_jbig2(const uint8_t *bytes, size_t size, const struct piece_limits *limits,
		       struct piece_verdict *verdict)
{
	uint64_t pixels = 0;

	while (size > 0) {
		struct segment segment;
		const uint8_t *data;

		if (!read_segment(bytes, size, &segment))
			break;
		data = bytes + segment.header;
		size -= segment.header;
		if ((is_region(segment.type) || segment.type == JBIG2_PAGE) &&
		    size >= JBIG2_REGION_FIELDS) {
			if (!region_allowed(data, segment.type, limits, verdict))
				return;
			pixels += (uint64_t)verdict->width * verdict->height;
		}
		if (pixels > 2 * limits->pixels_max) {
			piece_condemn(verdict, PIECE_TOO_MANY_PIXELS, "zones JBIG2 démesurées");
			return;
		}
		if (segment.data == OPEN_LENGTH)
			return;
		if (segment.data > size) {
			piece_condemn(verdict, PIECE_TRUNCATED, "l'image JBIG2 s'interrompt");
			return;
		}
		bytes = data + segment.data;
		size -= segment.data;
	}
}
