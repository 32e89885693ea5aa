#include "lib/array.h"
#include "parser/piece_private.h"

#include <magic.h>
#include <string.h>

enum {
	HEAD = 4096, /* bytes shown to libmagic, which is asked how the piece begins, no more */
	PDF_WINDOW = 1024,  /* bytes in which a PDF begins */
	SEQUENCE_HEAD = 32, /* bytes in which what a CMS sequence holds is named */
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

#define SAVE_AS_PDF                                                                                \
	"enregistrez-le en PDF (Fichier › Enregistrer sous › PDF, ou Fichier › Exporter)."

static const char document_inside[] = "Joignez le document qu'elle contient, en PDF, JPEG ou PNG.";
static const char as_image[] = "Enregistrez l'image en JPEG ou en PNG.";
static const char as_piece[] = "Enregistrez le document en PDF, en JPEG ou en PNG.";
static const char by_word[] = "Dans Word, " SAVE_AS_PDF;
static const char by_excel[] = "Dans Excel, " SAVE_AS_PDF;
static const char by_powerpoint[] = "Dans PowerPoint, " SAVE_AS_PDF;
static const char opened[] = "Ouvrez-le, puis " SAVE_AS_PDF;
static const char from_iphone[] =
    "Exportez-la en JPEG : sur Mac, Aperçu › Fichier › Exporter ; sur iPhone, Réglages › "
    "Appareil photo › Formats › Le plus compatible, puis reprenez la photo.";

/* What people call a file that is no piece, and how they make one of it. */
struct other_kind {
	const char *mark; /* its libmagic name, or what only this kind holds */
	const char *words, *advice;
};

/* By libmagic's name: the first that it begins with. */
static const struct other_kind other_kinds[] = {
    {"application/x-rar", "une archive RAR", document_inside},
    {"application/x-7z-compressed", "une archive 7z", document_inside},
    {"application/gzip", "un fichier compressé gzip", as_piece},
    {"application/vnd.openxmlformats-officedocument.wordprocessingml", "un document Word", by_word},
    {"application/vnd.openxmlformats-officedocument.spreadsheetml", "un classeur Excel", by_excel},
    {"application/vnd.openxmlformats-officedocument.presentationml", "une présentation PowerPoint",
     by_powerpoint},
    {"application/vnd.oasis.opendocument", "un document LibreOffice",
     "Dans LibreOffice, Fichier › Exporter vers › Exporter au format PDF."},
    {"application/x-dosexec", "un programme Windows", as_piece},
    {"application/vnd.microsoft.portable-executable", "un programme Windows", as_piece},
    {"application/x-executable", "un programme", as_piece},
    {"application/postscript", "un document PostScript", opened},
    {"application/pgp", "un fichier chiffré PGP", "Déchiffrez-le, puis joignez le document."},
    {"image/heic", "une photo HEIC d'un iPhone", from_iphone},
    {"image/heif", "une photo HEIC d'un iPhone", from_iphone},
    {"image/avif", "une image AVIF", as_image},
    {"image/webp", "une image WebP", as_image},
    {"image/tiff", "une image TIFF", as_image},
    {"image/gif", "une image GIF", as_image},
    {"image/bmp", "une image BMP", as_image},
    {"image/x-ms-bmp", "une image BMP", as_image},
    {"image/svg+xml", "un dessin SVG", as_image},
    {"image/", "une image d'un autre format", as_image},
    {"text/html", "une page web", "Téléchargez le document lui-même, ou imprimez la page en PDF."},
    {"text/rtf", "un document RTF", opened},
    {"message/rfc822", "un courriel enregistré",
     "Joignez la pièce jointe du courriel, pas le courriel."},
    {"text/", "du texte", as_piece},
    {"video/", "une vidéo", as_piece},
    {"audio/", "un enregistrement sonore", as_piece},
};

/* A zip by an entry that it has: libmagic looks at the first alone. */
static const struct other_kind zip_kinds[] = {
    {"word/document.xml", "un document Word", by_word},
    {"xl/workbook.xml", "un classeur Excel", by_excel},
    {"ppt/presentation.xml", "une présentation PowerPoint", by_powerpoint},
    {"Index/Document.iwa", "un document Pages, Numbers ou Keynote",
     "Ouvrez-le, puis Fichier › Exporter vers › PDF."},
    {"PK", "une archive zip", document_inside},
};

/* libmagic is not asked to look into them. */
static const struct other_kind old_office = {
    "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
    "un document d'un ancien Word ou Excel, ou un message Outlook", opened};
static const struct other_kind signed_file = {
    "\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02", "un fichier signé .p7m",
    "Joignez le document qu'il contient : votre logiciel de signature l'en extrait."};
static const struct other_kind unknown_kind = {NULL, "un fichier d'un format inconnu", as_piece};

static bool holds(const uint8_t *bytes, size_t size, const char *mark)
{
	return memmem(bytes, size, mark, strlen(mark)) != NULL;
}

/* CMS (RFC 5652): a SEQUENCE that begins with the object identifier 1.2.840.113549.1.7.2, signed. */
static bool is_signed_file(const uint8_t *bytes, size_t size)
{
	return bytes[0] == 0x30 &&
	       holds(bytes, size < SEQUENCE_HEAD ? size : SEQUENCE_HEAD, signed_file.mark);
}

static const struct other_kind *zip_kind(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(zip_kinds); i++)
		if (holds(bytes, size, zip_kinds[i].mark))
			return &zip_kinds[i];
	return &unknown_kind;
}

static const struct other_kind *find_other_kind(const uint8_t *bytes, size_t size, const char *mime)
{
	if (is_signed_file(bytes, size))
		return &signed_file;
	if (holds(bytes, size < strlen(old_office.mark) ? size : strlen(old_office.mark),
		  old_office.mark))
		return &old_office;
	if (mime != NULL && strcmp(mime, "application/zip") == 0)
		return zip_kind(bytes, size);
	for (size_t i = 0; mime != NULL && i < ARRAY_SIZE(other_kinds); i++)
		if (strncmp(mime, other_kinds[i].mark, strlen(other_kinds[i].mark)) == 0)
			return &other_kinds[i];
	return &unknown_kind;
}

/* Whether bytes that libmagic has this name for may stand before a PDF: a mail's or a web server's
 * header, a banner, a comment; never an archive, a program or a signature's envelope. */
static bool may_precede_pdf(const uint8_t *bytes, size_t size, const char *mime)
{
	if (is_signed_file(bytes, size))
		return false;
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
	if (may_precede_pdf(bytes, size, *mime) &&
	    memmem(bytes, size < PDF_WINDOW ? size : PDF_WINDOW, PDF_SIGNATURE,
		   strlen(PDF_SIGNATURE)) != NULL)
		return kind_of_format(PIECE_PDF);
	return NULL;
}

void piece_check(const uint8_t *bytes, size_t size, const struct piece_limits *limits,
		 struct piece_verdict *verdict)
{
	const struct piece_kind *kind;
	const struct other_kind *other;
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
	other = find_other_kind(bytes, size, mime);
	piece_condemn(verdict, PIECE_WRONG_KIND, "%s", other->words);
	verdict->advice = other->advice;
}

/* The dictionary of a signature stands as it is in the file, since the key counts its bytes
 * (ISO 32000-1, 12.8.1). */
bool piece_is_signed(const uint8_t *bytes, size_t size)
{
	return holds(bytes, size, "/ByteRange");
}
