/* The lines that are added to a file to correct. Private to correction.c. */
#ifndef SEGUR_RECORD_CORRECTION_TEXT_H
#define SEGUR_RECORD_CORRECTION_TEXT_H

#include "lib/buf.h"
#include "model/dossier.h"

/* What each added line begins with. An explanation goes on with a comment's "#"; any other line is
 * dossier.yaml once the mark is taken away. */
#define MARK	   "#>> "
#define INDENT_KEY 2 /* columns that a section's keys are moved in by */

struct page {
	struct buf *out;
	const char *line_end; /* the supplier's own */
};

/* Whether that line of a dossier was added by us. */
bool correction_is_mark(const char *line, size_t length);

/* Explanations, folded at about 100 columns; whatever the text holds, it stays a comment. */
void correction_comment(const struct page *page, size_t indent, const char *text);
void correction_empty(const struct page *page);
/* What is wrong, and its remedy. */
void correction_anomaly(const struct page *page, size_t indent, const struct anomalie *anomalie);

/* What the top of the file says: what it is, what to do with it. */
void correction_head(const struct page *page, const struct findings *findings);

/*
 * Proposes keys to fill in, below the section `base`: `chemin` itself, or what a submission of that
 * kind must hold in it. A key that nobody fills in is a missing value. The keys are lines of their
 * own, or, inline, words of a comment for a section in braces.
 */
void correction_keys(const struct page *page, size_t indent, const struct dossier *dossier,
		     const char *base, const char *chemin);
void correction_keys_inline(const struct page *page, size_t indent, const struct dossier *dossier,
			    const char *base, const char *chemin);

/* Proposes an item of the list: a document of that type, or one whose type is to be named;
 * `fichier` NULL: the file is named after its type. */
void correction_piece(const struct page *page, size_t indent, enum piece_type type,
		      const char *fichier);
void correction_piece_inline(const struct page *page, size_t indent, enum piece_type type,
			     const char *fichier);
void correction_list_key(const struct page *page, size_t indent);
/* Proposes an item for each of the archive's files, whose names stand in `files` with FILES_BETWEEN
 * them; without any (NULL) those that such a submission commonly holds. */
void correction_pieces(const struct page *page, size_t indent, const struct dossier *dossier,
		       const char *files);

/* An initial dossier to be filled in. */
void correction_model(const struct page *page);

#endif
