/*
 * What all files of inbox/asp share, references and decisions alike: a private copy that is checked
 * and kept (nobody can change it between the two), the row of fichiers_asp and the answers of
 * retours_asp.
 */
#ifndef SEGUR_ASP_ASP_FILE_H
#define SEGUR_ASP_ASP_FILE_H

#include "lib/sha256.h"
#include "model/anomalie.h"
#include "store/root.h"

enum asp_kind {
	ASP_REFERENCEMENTS,
	ASP_COMPTES,
	ASP_ACCES,
	ASP_BANQUES,
	ASP_CALENDRIER,
	ASP_UNITES_LEGALES, /* StockUniteLegale*.csv, or .zip */
	ASP_ETABLISSEMENTS, /* StockEtablissement*.csv, or .zip */
	ASP_DECISIONS,	    /* decisions*.csv */
	ASP_UNKNOWN,
};

/* By the file's name, case tolerated. */
enum asp_kind asp_kind_from(const char *name);
/* The usual name of the file that a name was meant to be (slip.h); NULL for none. */
const char *asp_kind_near(const char *name);
const char *asp_kind_name(enum asp_kind kind); /* "referencements"… as in fichiers_asp.nature */

/* "ligne" or "lignes". */
const char *asp_lines(int64_t count);

/* Another version took the file, in a replay: as a whole it is not judged again. */
struct asp_past {
	void *context;
	/* Whether it refused the row of that order (from 0) of a decisions file; then gives its
	 * reason. */
	bool (*refused)(void *context, uint64_t order, struct anomalies *anomalies);
};

/* A file that the ASP dropped, opened and found whole. */
struct asp_file {
	const char *name; /* as dropped */
	int fd;		  /* position 0, readable */
	uint64_t size;
	const char *received_at; /* see inbox.h */
	const char *source;	 /* identity, see inbox.h */
	int64_t night_id;
	const struct asp_past *past; /* NULL: this version judges it */
};
/* Whether the file is INSEE's: of several gigabytes, and scanned instead of imported. */
bool asp_kind_is_stock(enum asp_kind kind);

struct asp_copy {
	int fd;			      /* -1 when there is none */
	char sha256[SHA256_HEX_SIZE]; /* "" when the file was not read */
	uint64_t rows;		      /* physical lines, with a last one that has no end */
	bool whole;		      /* it holds all bytes of the file, or of the CSV in it */
	bool ended;		      /* its last line has an end, or it is empty */
};

/* Copies the file to a temporary below var/references in one read that also hashes it and counts
 * its lines. A file over `limit` bytes is not read (REF_TROP_GROS); one that changes meanwhile is
 * refused (REF_ILLISIBLE). A zip's copy is the CSV in it, so that whoever reads it later, twice or
 * from its middle, need not inflate it again; `limit` is the CSV's (REF_TROP_GROS, REF_ZIP).
 * Discard the copy in any case. */
const struct error *asp_file_copy(struct root *root, const struct asp_file *file, uint64_t limit,
				  struct asp_copy *copy, struct anomalies *faults);
/* Makes the copy durable as var/references/<sha256>.csv, before the commit that names the file. */
const struct error *asp_file_keep(struct root *root, const struct asp_copy *copy);
/* Closes the copy, and removes it unless it was kept. */
void asp_file_discard(struct root *root, struct asp_copy *copy);
#define ASP_PATH_SIZE 96
/* The name of a kept file below the root. */
void asp_file_path(const char *sha256, char path[static ASP_PATH_SIZE]);

/* Removes the copies below var/references that nothing needs: INSEE's files but the newest two, and
 * what a killed run or a dry run left. All others stay, so that a past night can be played again
 * (replay.h). Once a purge has erased something of a night's drops, only the files in force stay of
 * that night and later ones. Call it outside a transaction. */
const struct error *asp_file_prune(struct root *root);

/* What became of a file ("pris" in fichiers_asp.etat) and of a row of decisions
 * ("appliquee" in retours_asp.etat). */
enum asp_outcome {
	ASP_FILE_TAKEN,
	ASP_FILE_REFUSED,
	ASP_ROW_APPLIED,
	ASP_ROW_REFUSED,
	ASP_OUTCOME_COUNT,
};
const char *asp_outcome_name(enum asp_outcome outcome);
/* In French, for people; another word as it stands. */
const char *asp_outcome_label(const char *name, uint64_t count);

/* Records the file, which has `rows` data rows, in the caller's transaction; returns its id. */
int64_t asp_file_record(struct root *root, const struct asp_file *file, enum asp_kind kind,
			const char *sha256, uint64_t rows, enum asp_outcome outcome);

/* The answer to one row, or to the whole file; it is inserted in the caller's transaction. */
struct row_answer {
	int64_t fichier;
	size_t order;
	uint32_t ligne;
	const char *numero, *decision;
	enum asp_outcome etat;
	const char *consequence; /* a sentence behind the remedy; NULL: none */
};
void row_answer_insert(struct root *root, const struct row_answer *row_answer,
		       const struct anomalie *anomalie);
/* Records a file that is refused whole, and each of the reasons, in its own transaction; each
 * remedy says what holds instead. Keeps the copy, unless it is INSEE's. `copy` NULL: the file was
 * not read. */
const struct error *asp_file_refuse(struct root *root, const struct asp_file *file,
				    enum asp_kind kind, const struct asp_copy *copy, uint64_t rows,
				    const struct anomalies *faults);
#endif
