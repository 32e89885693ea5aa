/* Shared by the piece checkers only. */
#ifndef SEGUR_PARSER_PIECE_PRIVATE_H
#define SEGUR_PARSER_PIECE_PRIVATE_H

#include "parser/piece.h"

enum {
	PIECE_SIDE_MAX =
	    65535, /* pixels: JPEG's own bound; keeps one row of any PNG under 512 KiB */
	PIECE_TAIL_MAX = 1024, /* stray bytes tolerated after the end of an image */
};

/* Sets the defect and its detail; the first one given stays. */
void piece_condemn(struct piece_verdict *verdict, enum piece_defect defect, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Records the size of an image; false, with the defect set, when it is over the limits. */
bool piece_size_allowed(uint32_t width, uint32_t height, const struct piece_limits *limits,
			struct piece_verdict *verdict);

/* One per format. The verdict comes in blank but for its format; no defect set means PIECE_OK. */
void piece_check_pdf(const uint8_t *bytes, size_t size, const struct piece_limits *limits,
		     struct piece_verdict *verdict);
unsigned piece_pdf_openings(void); /* documents opened or read afresh since the process began */
void piece_check_jpeg(const uint8_t *bytes, size_t size, const struct piece_limits *limits,
		      struct piece_verdict *verdict);
void piece_check_png(const uint8_t *bytes, size_t size, const struct piece_limits *limits,
		     struct piece_verdict *verdict);

/*
 * The budget of libqpdf (piece_budget.c). That library has no bound of its own on memory or on
 * recursion: one kilobyte can make it inflate gigabytes, and a chain of indirect /Length entries or
 * of page tree nodes runs it out of stack. It does turn std::bad_alloc into an ordinary error, so
 * operator new is ours and throws it when the heap or the stack that we grant is used up.
 */
const struct error *piece_budget_setup(void);
void piece_budget_open(size_t heap); /* bytes that C++ may allocate from now on */
/* Only between these two may an allocation be refused: put nothing between them but calls into
 * libqpdf that catch exceptions. */
void piece_budget_arm(void);
void piece_budget_disarm(void);
size_t piece_budget_used(void); /* of these bytes */
/* Bytes asked for since it was opened, freed since or not: libqpdf's work, in a unit that, unlike
 * time, is the same on each machine. It takes one to three nanoseconds for each. */
size_t piece_budget_asked(void);
bool piece_budget_spent(void); /* refused at least once since it was opened */

#endif
