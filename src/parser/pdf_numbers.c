/* Long rows of numbers in a PDF's object streams, which libqpdf would hold at 350 bytes a number. */
#include "parser/pdf_private.h"

#include <stdlib.h>
#include <string.h>

enum {
	HEAD_MAX = 1024,   /* bytes from an object's number to its type: tools write some 100 */
	ROW_MIN = 1024,	   /* numbers; shorter rows are left */
	ROW_KEPT = 2,	   /* numbers at its end: "5 0 R" is a reference */
	THINNED_MIN = 4096 /* numbers; for fewer a stream is not replaced */
};

#define OBJECT_STREAM "/ObjStm"
#define OBJECT	      " obj"

static bool is_in(uint8_t byte, const char *set)
{
	return byte != '\0' && strchr(set, byte) != NULL;
}

bool pdf_is_blank(uint8_t byte)
{
	return byte == '\0' || is_in(byte, "\t\n\f\r ");
}

/* Where the number that begins at `at` ends; `at` itself when no number stands there by itself. */
static size_t number_end(const uint8_t *bytes, size_t size, size_t at)
{
	size_t end = at;

	while (end < size && is_in(bytes[end], "+-.0123456789"))
		end++;
	return end < size && (pdf_is_blank(bytes[end]) || bytes[end] == ']') ? end : at;
}

/* Makes blanks of the numbers that follow a bracket directly, but for the last ones, when they are
 * many. Returns how many numbers it found. */
static size_t thin_row(uint8_t *bytes, size_t size, size_t start)
{
	size_t places[ROW_KEPT] = {0}, count = 0, at = start;

	for (;;) {
		size_t end;

		while (at < size && pdf_is_blank(bytes[at]))
			at++;
		end = number_end(bytes, size, at);
		if (end == at)
			break;
		places[count++ % ROW_KEPT] = at;
		at = end;
	}
	if (count < ROW_MIN)
		return 0;
	memset(bytes + start, ' ', places[count % ROW_KEPT] - start);
	return count - ROW_KEPT;
}

static size_t thin(uint8_t *bytes, size_t size, size_t first)
{
	size_t thinned = 0;

	for (size_t at = first; at < size; at++)
		if (bytes[at] == '[')
			thinned += thin_row(bytes, size, at + 1);
	return thinned;
}

static void thin_stream(qpdf_data pdf, qpdf_oh stream, qpdf_oh dictionary)
{
	qpdf_oh first = qpdf_oh_get_key(pdf, dictionary, "/First");
	qpdf_oh none = qpdf_oh_new_null(pdf);
	QPDF_BOOL decoded = QPDF_FALSE;
	long long offset = 0;
	uint8_t *bytes = NULL;
	size_t size = 0;

	if (qpdf_oh_get_value_as_longlong(pdf, first, &offset) && offset >= 0 &&
	    !(qpdf_oh_get_stream_data(pdf, stream, qpdf_dl_specialized, &decoded, &bytes, &size) &
	      (QPDF_ERRORS)) &&
	    decoded && thin(bytes, size, (size_t)offset) >= THINNED_MIN)
		qpdf_oh_replace_stream_data(pdf, stream, bytes, size, none, none);
	qpdf_get_error(pdf); /* fetched, it is not printed by the clean-up */
	free(bytes);
	qpdf_oh_release(pdf, none);
	qpdf_oh_release(pdf, first);
}

/* The number that stands before *end, which moves to its beginning; 0 for none. */
static int number_before(const uint8_t *bytes, const uint8_t **end)
{
	const uint8_t *at = *end;
	long number = 0, unit = 1;

	while (at > bytes && pdf_is_blank(at[-1]))
		at--;
	for (; at > bytes && at[-1] >= '0' && at[-1] <= '9' && unit <= 100000000; unit *= 10)
		number += (*--at - '0') * unit;
	*end = at;
	return (int)number;
}

static void thin_object(qpdf_data pdf, int number, int generation)
{
	qpdf_oh stream = qpdf_get_object_by_id(pdf, number, generation);

	if (qpdf_oh_is_stream(pdf, stream)) {
		qpdf_oh dictionary = qpdf_oh_get_dict(pdf, stream);

		if (pdf_key_is(pdf, dictionary, "/Type", OBJECT_STREAM))
			thin_stream(pdf, stream, dictionary);
		qpdf_oh_release(pdf, dictionary);
	}
	qpdf_oh_release(pdf, stream);
}

/* The numbers of an object whose type stands elsewhere, or is written otherwise, stay: they cost
 * memory, and nothing else. */
void pdf_thin_numbers(qpdf_data pdf, const uint8_t *bytes, size_t size)
{
	const uint8_t *at = bytes, *end = bytes + size;
	int last = 0;

	while ((at = memmem(at, (size_t)(end - at), OBJECT_STREAM, strlen(OBJECT_STREAM))) !=
	       NULL) {
		const uint8_t *begin = at, *limit = at - bytes > HEAD_MAX ? at - HEAD_MAX : bytes;
		int number, generation;

		while (begin > limit && memcmp(begin, OBJECT, strlen(OBJECT)) != 0)
			begin--;
		generation = number_before(bytes, &begin);
		number = number_before(bytes, &begin);
		if (number != 0 && number != last)
			thin_object(pdf, number, generation);
		last = number;
		at += strlen(OBJECT_STREAM);
	}
}
