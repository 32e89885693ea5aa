/*
 * Is this piece a whole, harmless PDF, JPEG or PNG? (guide p. 16: PDF, JPEG or PNG, real content.)
 * A hostile file is a verdict, never an error and never an exit.
 */
#ifndef SEGUR_PARSER_PIECE_H
#define SEGUR_PARSER_PIECE_H

#include "lib/error.h"
#include "model/formats.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum piece_defect {
	PIECE_OK,
	PIECE_EMPTY,	       /* no byte at all */
	PIECE_WRONG_KIND,      /* begins like something else than a PDF, a JPEG or a PNG */
	PIECE_TRUNCATED,       /* the end is missing */
	PIECE_DAMAGED,	       /* cannot be read, or carries much after its end */
	PIECE_ENCRYPTED,       /* a PDF that asks for a password */
	PIECE_ACTIVE,	       /* a PDF with script, launch, form submission, attachment, XFA... */
	PIECE_TOO_MANY_PIXELS, /* width * height over pixels_max */
	PIECE_NO_PAGE,	       /* a PDF without a page */
	PIECE_TOO_COSTLY,      /* over a bound of objects, pages, depth, damages, memory or work */
};

struct piece_limits {
	uint64_t pixels_max;	  /* width * height */
	uint32_t pdf_objects_max; /* object numbers of the cross-reference table, values walked */
	uint32_t pdf_pages_max;
};

#define PIECE_DETAIL_SIZE 120
struct piece_verdict {
	enum piece_format format; /* what it begins like, also when it has a defect */
	enum piece_defect defect;
	/* Alerts, no defects. */
	bool opens_with_empty_password;
	bool
	    rebuilt; /* the PDF's cross-reference table was wrong, and made anew from its objects */
	bool tail;   /* bytes of no known maker's after the end of the JPEG */
	uint32_t pages;			/* PDF, else 0 */
	uint32_t width, height;		/* pixels, PNG and JPEG, else 0 */
	char detail[PIECE_DETAIL_SIZE]; /* French, short: "un script"; may be empty */
	int object;	    /* of a PDF, the one that has the defect; 0: none, or the trailer */
	const char *advice; /* French, of a wrong kind: how to make a piece of it */
};

/*
 * Loads libmagic's database and warms up what the libraries open or ask of the kernel on first use.
 * Once per process, before the sandbox closes.
 */
const struct error *piece_setup(void);

/*
 * Sets what is called when a PDF takes more memory or stack than libqpdf is granted. `last_resort`
 * says so and must not return. Without it the process aborts.
 */
void piece_set_last_resort(void (*last_resort)(void));

/*
 * Judges one piece, whole in memory (the caller caps it: 4 MiB). Opens no file, starts no process,
 * keeps nothing. It does not return from a PDF that takes too much memory (see above). The caller
 * bounds the CPU time: a small PDF can cost seconds.
 */
void piece_check(const uint8_t *bytes, size_t size, const struct piece_limits *limits,
		 struct piece_verdict *verdict);

/* Whether these are the bytes of a signed PDF: what is printed or saved anew loses its signature. */
bool piece_is_signed(const uint8_t *bytes, size_t size);

#endif
