/*
 * Reads the text of dossier.yaml into struct dossier, by the table of keys (schemas/champs.yaml).
 * Whatever the text holds is a result: anomalies with line and column, never an error, never an
 * exit (but for want of memory, as mem.h does). What the values mean is validate.h's business.
 */
#ifndef SEGUR_PARSER_PARSE_YAML_H
#define SEGUR_PARSER_PARSE_YAML_H

#include "model/dossier.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define YAML_DEPTH_MAX	  8    /* collections inside one another; a dossier needs 3 */
#define YAML_EVENTS_MAX	  2000 /* a full dossier with PIECES_MAX pieces has about 600 */
#define YAML_VALUE_MAX	  512u /* characters; the longest allowed, an e-mail, has 254 */
#define YAML_SECTIONS_MAX 16   /* the table has 10, and `pieces` */

/* The key path of what concerns the text as a whole. */
#define YAML_PATH "archive/dossier.yaml"

struct yaml_section {
	char chemin[PLACE_PATH_SIZE]; /* "demandeur.adresse"; "pieces" is one too */
	uint32_t ligne, colonne;      /* of its key; 0 when only its misspelling was met */
	bool told; /* what is wrong with it was said; nothing in it is called missing */
};

/* What validate needs besides the values, so that each fault is told once and in its place. */
struct yaml_positions {
	struct yaml_section sections[YAML_SECTIONS_MAX];
	size_t section_count;
	bool told[CHAMP_COUNT]; /* an anomaly of this key was added */
	bool told_piece[PIECES_MAX][PIECE_KEY_COUNT];
	bool partial;	       /* reading stopped early: what is missing may stand further on */
	struct source *source; /* gets the layout of the text; NULL when nobody wants it */
};

/* The section of that key path; NULL when the text has none. */
const struct yaml_section *yaml_section(const struct yaml_positions *positions, const char *chemin);

/*
 * Reads UTF-8 with or without BOM. `dossier` and `positions` come zeroed (`source` apart) and are
 * filled as far as the text can be read. False: there is no dossier in the text (empty, not UTF-8,
 * not a mapping); the caller frees `dossier` all the same. Values are in NFC, trimmed, line breaks
 * in them a space; `valid` is false everywhere and the pieces' `code` unknown. `pieces_ligne` is 0
 * also when the list is empty, malformed or cut short, so that nobody holds the archive's files
 * against it. A scalar that is a plain `null` or `~`, or holds nothing, is a missing value.
 */
bool parse_dossier(const char *bytes, size_t size, struct dossier *dossier,
		   struct yaml_positions *positions, struct anomalies *anomalies);

#endif
