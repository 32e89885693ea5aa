/* What piece_pdf.c has apart: what acts in a PDF, and what its pages show. */
#ifndef SEGUR_PARSER_PDF_PRIVATE_H
#define SEGUR_PARSER_PDF_PRIVATE_H

#include "parser/piece_private.h"

#include <qpdf/qpdf-c.h>

bool pdf_has_key(qpdf_data pdf, qpdf_oh dictionary, const char *key);
bool pdf_key_is(qpdf_data pdf, qpdf_oh dictionary, const char *key, const char *name);

/*
 * What acts by itself or carries a file in this entry of a dictionary: French words for people, "un
 * script"; NULL for nothing. What is nested in the value is not looked into, an action that follows
 * an event excepted.
 */
const char *pdf_active_entry(qpdf_data pdf, const char *key, qpdf_oh value);

/*
 * Judges a stream that pages draw: `image` as a picture, else as drawing instructions. It must
 * decode; a scan in it passes the check of its own format, and an image keeps the bound of pixels.
 */
void pdf_check_stream(qpdf_data pdf, qpdf_oh stream, bool image, const struct piece_limits *limits,
		      struct piece_verdict *verdict);

bool pdf_is_blank(uint8_t byte); /* white space (ISO 32000-1, 7.2.2) */

/*
 * Whether instructions, from their beginning, are some: one operator is enough, and so is plain
 * text, since signing tools leave comments alone.
 */
bool pdf_draws(const uint8_t *bytes, size_t size);

/*
 * Whether what stands outside of strings and inline images are operators and their operands, but
 * for a few words: viewers pass over what they do not know, and the page lacks it.
 */
bool pdf_words_are_known(const uint8_t *bytes, size_t size);

/*
 * Takes long rows of plain numbers out of a document's object streams, before any object of these
 * is read: numbers cannot act, and a font's widths alone would take most of what libqpdf may hold.
 * What stands around them keeps its place. In objects that are no part of such a stream they stay.
 */
void pdf_thin_numbers(qpdf_data pdf, const uint8_t *bytes, size_t size);

#endif
