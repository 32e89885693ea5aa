#include "lib/array.h"
#include "parser/piece_private.h"

#include <magic.h>
#include <string.h>

enum { HEAD = 4096 }; /* bytes shown to libmagic, which is asked how the piece begins, no more */

#define PNG_SIGNATURE "\x89PNG\r\n\x1A\n"

static const struct piece_kind {
	const char *signature, *mime;
	enum piece_format format;
	void (*check)(const uint8_t *, size_t, const struct piece_limits *, struct piece_verdict *);
} piece_kinds[] = {
    {"%PDF-", "application/pdf", PIECE_PDF, piece_check_pdf},
    {"\xFF\xD8\xFF", "image/jpeg", PIECE_JPEG, piece_check_jpeg},
    {PNG_SIGNATURE, "image/png", PIECE_PNG, piece_check_png},
    {PNG_SIGNATURE, "image/apng", PIECE_PNG, piece_check_png},
};

#define MAGIC_FILE "/usr/share/misc/magic.mgc" /* Debian's libmagic1 and libmagic-mgc */

static magic_t magic;

/* Whole, with one blank page: libqpdf and what it links do their first-use work on it. */
static const char blank_pdf[] = "%PDF-1.4\n"
				"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
				"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
				"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\n"
				"trailer<</Root 1 0 R/Size 4>>\nstartxref\n0\n%%EOF\n";

static const struct error *load_magic(void)
{
	const struct error *err;

	magic = magic_open(MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_TAR |
			   MAGIC_NO_CHECK_ELF | MAGIC_NO_CHECK_CDF);
	if (magic == NULL)
		return error_errno(ERR_FAULT, "libmagic");
	if (magic_load(magic, MAGIC_FILE) != 0) {
		err = error_set(ERR_FAULT, "libmagic : %s", magic_error(magic));
		magic_close(magic);
		magic = NULL;
		return err;
	}
	return NULL;
}

const struct error *piece_setup(void)
{
	const struct piece_limits limits = {
	    .pixels_max = 1, .pdf_objects_max = 4, .pdf_pages_max = 1};
	struct piece_verdict verdict;
	const struct error *err;

	if (magic != NULL)
		return NULL;
	err = load_magic();
	if (err != NULL)
		return err;
	piece_check((const uint8_t *)blank_pdf, sizeof(blank_pdf) - 1, &limits, &verdict);
	if (verdict.defect != PIECE_OK)
		return error_set(ERR_FAULT, "libqpdf refuse le PDF d'essai : %s", verdict.detail);
	return NULL;
}

/* The kind of a piece; NULL for any other, with libmagic's name for it in *mime. Nearly every piece
 * begins with its kind's signature, and each check is stricter than libmagic, which costs more than
 * some of them. libmagic names the rest, and knows a kind that begins a little later. */
static const struct piece_kind *find_kind(const uint8_t *bytes, size_t size, const char **mime)
{
	for (size_t i = 0; i < ARRAY_SIZE(piece_kinds); i++) {
		size_t length = strlen(piece_kinds[i].signature);

		if (size >= length && memcmp(bytes, piece_kinds[i].signature, length) == 0)
			return &piece_kinds[i];
	}
	*mime = magic_buffer(magic, bytes, size < HEAD ? size : HEAD);
	for (size_t i = 0; *mime && i < ARRAY_SIZE(piece_kinds); i++)
		if (strcmp(*mime, piece_kinds[i].mime) == 0)
			return &piece_kinds[i];
	return NULL;
}

void piece_check(const uint8_t *bytes, size_t size, const struct piece_limits *limits,
		 struct piece_verdict *verdict)
{
	const struct piece_kind *kind;
	const char *mime = NULL;

	memset(verdict, 0, sizeof(*verdict));
	if (size == 0) {
		piece_condemn(verdict, PIECE_EMPTY, "%s", "");
		return;
	}
	kind = find_kind(bytes, size, &mime);
	if (kind != NULL) {
		verdict->format = kind->format;
		kind->check(bytes, size, limits, verdict);
		return;
	}
	piece_condemn(verdict, PIECE_WRONG_KIND, "contenu de type %.80s",
		      mime ? mime : "application/octet-stream");
}
