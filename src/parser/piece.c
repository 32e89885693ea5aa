#include "lib/array.h"
#include "parser/piece_private.h"

#include <magic.h>
#include <string.h>

enum {
	HEAD = 4096, /* bytes shown to libmagic, which is asked how the piece begins, no more */
	PDF_WINDOW = 1024, /* bytes in which a PDF begins */
};

#define PDF_SIGNATURE "%PDF-"
#define PNG_SIGNATURE "\x89PNG\r\n\x1A\n"

static const struct piece_kind {
	const char *signature, *mime;
	enum piece_format format;
	void (*check)(const uint8_t *, size_t, const struct piece_limits *, struct piece_verdict *);
} piece_kinds[] = {
    {PDF_SIGNATURE, "application/pdf", PIECE_PDF, piece_check_pdf},
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

/* What people call a kind of file that is no piece, by the first of its names that matches. */
static const struct {
	const char *mime, *words;
} other_kinds[] = {
    {"application/zip", "une archive zip"},
    {"application/x-rar", "une archive RAR"},
    {"application/x-7z-compressed", "une archive 7z"},
    {"application/gzip", "un fichier compressé gzip"},
    {"application/vnd.openxmlformats-officedocument.wordprocessingml", "un document Word"},
    {"application/vnd.openxmlformats-officedocument.spreadsheetml", "un classeur Excel"},
    {"application/vnd.openxmlformats-officedocument.presentationml", "une présentation PowerPoint"},
    {"application/vnd.oasis.opendocument", "un document LibreOffice"},
    {"application/msword", "un document Word"},
    {"application/vnd.ms-excel", "un classeur Excel"},
    {"application/CDFV2", "un document Office ancien (Word, Excel) ou un message Outlook"},
    {"application/x-ole-storage", "un document Office ancien (Word, Excel) ou un message Outlook"},
    {"application/x-dosexec", "un programme Windows"},
    {"application/vnd.microsoft.portable-executable", "un programme Windows"},
    {"application/x-executable", "un programme"},
    {"application/postscript", "un document PostScript"},
    {"application/pgp", "un fichier chiffré PGP"},
    {"image/heic", "une photo HEIC d'un iPhone : exportez-la en JPEG"},
    {"image/heif", "une photo HEIC d'un iPhone : exportez-la en JPEG"},
    {"image/avif", "une image AVIF"},
    {"image/webp", "une image WebP"},
    {"image/tiff", "une image TIFF"},
    {"image/gif", "une image GIF"},
    {"image/bmp", "une image BMP"},
    {"image/x-ms-bmp", "une image BMP"},
    {"image/svg+xml", "un dessin SVG"},
    {"image/", "une image d'un autre format"},
    {"text/html", "une page web"},
    {"text/rtf", "un document RTF"},
    {"message/rfc822", "un courriel enregistré"},
    {"text/", "du texte"},
    {"video/", "une vidéo"},
    {"audio/", "un enregistrement sonore"},
};

/* CMS (RFC 5652): a SEQUENCE that begins with the object identifier 1.2.840.113549.1.7.2, signed. */
static bool is_signed_file(const uint8_t *bytes, size_t size)
{
	static const uint8_t signed_data[] = {6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 2};

	return bytes[0] == 0x30 &&
	       memmem(bytes, size < 32 ? size : 32, signed_data, sizeof(signed_data)) != NULL;
}

/* An Office document is a zip whose first entries have these names; libmagic looks at the first
 * alone. */
static const char *zip_words(const uint8_t *bytes, size_t size)
{
	if (memmem(bytes, size, "word/document.xml", 17) != NULL)
		return "un document Word";
	if (memmem(bytes, size, "xl/workbook.xml", 15) != NULL)
		return "un classeur Excel";
	return "une archive zip";
}

static const char *kind_words(const uint8_t *bytes, size_t size, const char *mime)
{
	if (is_signed_file(bytes, size))
		return "un fichier signé .p7m : joignez le document qu'il contient";
	if (mime != NULL && strcmp(mime, "application/zip") == 0)
		return zip_words(bytes, size);
	for (size_t i = 0; mime != NULL && i < ARRAY_SIZE(other_kinds); i++)
		if (strncmp(mime, other_kinds[i].mime, strlen(other_kinds[i].mime)) == 0)
			return other_kinds[i].words;
	return "un contenu inconnu";
}

/* Whether bytes that libmagic has this name for may stand before a PDF: a mail's or a web server's
 * header, a banner, a comment; never an archive or a program. */
static bool may_precede_pdf(const char *mime)
{
	return mime == NULL || strncmp(mime, "text/", 5) == 0 ||
	       strcmp(mime, "message/rfc822") == 0 || strcmp(mime, "application/octet-stream") == 0;
}

static const struct piece_kind *kind_of_format(enum piece_format format)
{
	for (size_t i = 0; i < ARRAY_SIZE(piece_kinds); i++)
		if (piece_kinds[i].format == format)
			return &piece_kinds[i];
	return NULL;
}

/* The kind of a piece; NULL for any other, with libmagic's name for it in *mime. Nearly every piece
 * begins with its kind's signature, and each check is stricter than libmagic, which costs more than
 * some of them. A PDF may begin within the first kilobyte (Adobe PDF Reference 1.7, appendix H,
 * note 13), as readers and libqpdf have it. */
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
	if (may_precede_pdf(*mime) && memmem(bytes, size < PDF_WINDOW ? size : PDF_WINDOW,
					     PDF_SIGNATURE, strlen(PDF_SIGNATURE)) != NULL)
		return kind_of_format(PIECE_PDF);
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
	piece_condemn(verdict, PIECE_WRONG_KIND, "%s", kind_words(bytes, size, mime));
}
