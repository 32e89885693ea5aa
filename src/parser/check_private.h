/* Shared by the files of check: an archive being checked, and the files that were found in it. */
#ifndef SEGUR_PARSER_CHECK_PRIVATE_H
#define SEGUR_PARSER_CHECK_PRIVATE_H

#include "lib/sha256.h"
#include "model/message.h"
#include "parser/parse_yaml.h"
#include "parser/piece.h"
#include "parser/unpack.h"

/* One regular file of the archive. */
struct entry {
	char *name;  /* raw bytes, below the dossier's own folder once that is known */
	char *shown; /* the same as valid UTF-8 in NFC */
	bool name_is_utf8;
	bool listed;
	bool misplaced; /* not beside dossier.yaml */
	uint32_t ordinal;
	uint64_t size;
	uint8_t digest[SHA256_SIZE];
	struct piece_verdict verdict;
	bool too_costly, too_big;
	bool is_signed; /* of what is refused: printing it would destroy its signature */
};

struct check {
	const struct job *job;
	struct findings *findings;
	struct sha256 *sha256;
	struct entry *entries;
	size_t count, capacity;
	char *dossier; /* text of dossier.yaml */
	size_t dossier_size;
	size_t dossier_entry; /* its index; SIZE_MAX until found */
	size_t other_dossier; /* of a second one, which is never the first entry; 0: none */
	bool refused;	      /* an anomaly of the archive as a whole was told */
};

/* check_defects.c: what the unpacker is bound to. */
struct unpack_limits check_limits(const struct job *job);
/* A visitor's on_defect (unpack.h); the context is the check. */
void check_on_defect(void *context, enum unpack_defect defect, const char *entry,
		     const char *detail);
/* Adds an anomaly of the entry so named; `place` in dossier.yaml, or NULL. */
void check_tell_entry(struct check *check, enum anomalie_code code, const char *name,
		      const struct valeur *place, const char *detail, const char *detail2);

/* check_names.c: whether a name is the dossier's, at the root of the archive or in a top folder. */
bool check_is_dossier(const char *name);
/* The name to show, for the caller to free: UTF-8, else the bytes as CP850, which decodes them all. */
char *check_shown_name(const struct entry *entry);
/* Takes the dossier's own folder off all names. What is not beside dossier.yaml is told, and names that
 * look alike. */
void check_strip_folders(struct check *check);
/* The file of that name, as the dossier lists it; NULL for none. A misplaced one stands in another
 * folder. */
struct entry *check_find_entry(struct check *check, const char *listed);
struct entry *check_find_misplaced(struct check *check, const char *listed);

/* check_content.c: tells what is wrong with a file that stands for a listed piece, or what a person
 * should look at. `name`: as the file is called in the archive. */
void check_tell_content(struct check *check, const struct entry *entry, const struct piece *piece,
			const char *name);
/* Why a file would be refused as a piece; empty: it would not. */
void check_refusal_reason(const struct check *check, const struct entry *entry,
			  char reason[static DETAIL_SIZE]);

/* check_pieces.c: fills in the dossier's pieces, and tells all that list and archive do not share. */
void check_match_pieces(struct check *check, const struct yaml_positions *positions);

/* check_near.c: the file of the archive whose name is the listed one but for a slip; NULL for none.
 * It is told there, and not that nobody listed it. */
struct entry *check_find_slip(struct check *check, const char *listed);
/* That no dossier.yaml is there, and which file was probably meant as one. */
void check_tell_missing_dossier(struct check *check);

#endif
