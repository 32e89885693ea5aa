/* Shared by the piece checkers only. */
#ifndef SEGUR_PARSER_PIECE_PRIVATE_H
#define SEGUR_PARSER_PIECE_PRIVATE_H

#include "parser/piece.h"

enum {
	/* Pixels: JPEG's own bound; it keeps one row of any PNG under 512 KiB. */
	PIECE_SIDE_MAX = 65535,
	PIECE_TAIL_MAX = 1024,	     /* stray bytes tolerated after the end of an image */
	PIECE_MEMORY_MAX = 28 << 20, /* bytes that a library may hold of one piece's content */
};

/* Sets the defect and its detail; the first one given stays. */
void piece_condemn(struct piece_verdict *verdict, enum piece_defect defect, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Four bytes, the highest first, as images have numbers. */
uint32_t piece_u32(const uint8_t *bytes);

/* Records the size of an image; false, with the defect set, when it is over the limits. */
bool piece_size_allowed(uint32_t width, uint32_t height, const struct piece_limits *limits,
			struct piece_verdict *verdict);

/* Whether what follows an image's end, after any padding, is an archive, a program or a document,
 * however short: somebody hides it there. */
bool piece_hides_file(const uint8_t *tail, size_t length);

/* One checker for each format. The verdict comes in blank but for its format; no defect set means
 * PIECE_OK. */
void piece_check_pdf(const uint8_t *bytes, size_t size, const struct piece_limits *limits,
		     struct piece_verdict *verdict);
void piece_check_jpeg(const uint8_t *bytes, size_t size, const struct piece_limits *limits,
		      struct piece_verdict *verdict);
void piece_check_png(const uint8_t *bytes, size_t size, const struct piece_limits *limits,
		     struct piece_verdict *verdict);

/*
 * Scans inside a PDF, whose memory libjpeg shares with libqpdf; what follows their end is not read.
 * Of JPEG 2000 and JBIG2, which no piece is by itself, the sizes are bounded and the end looked
 * for; nothing is decoded.
 */
void piece_check_scanned_jpeg(const uint8_t *bytes, size_t size, const struct piece_limits *limits,
			      struct piece_verdict *verdict);
void piece_check_jpx(const uint8_t *bytes, size_t size, const struct piece_limits *limits,
		     struct piece_verdict *verdict);
void piece_check_jbig2(const uint8_t *bytes, size_t size, const struct piece_limits *limits,
		       struct piece_verdict *verdict);

/*
 * What libqpdf may take (piece_budget.c). That library has no bound of its own on memory or on
 * recursion: one kilobyte can make it inflate gigabytes, and a chain of indirect /Length entries or
 * of page tree nodes runs it out of stack. Operator new is ours, so that the process ends by
 * piece_set_last_resort's function when the heap or the stack that we grant is used up. It throws
 * no exception: libqpdf would take some for a damage, read the object as null, and go on.
 */
void piece_budget_open(size_t heap); /* bytes that C++ may allocate from now on */
size_t piece_budget_used(void);	     /* of these bytes */

#endif
