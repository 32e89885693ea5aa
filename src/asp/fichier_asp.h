/*
 * What all files of inbox/asp share, references and decisions alike: a private copy that is checked
 * and kept (nobody can change it between the two), the row of fichiers_asp and the answers of
 * retours_asp.
 */
#ifndef SEGUR_FICHIER_ASP_H
#define SEGUR_FICHIER_ASP_H

#include "model/anomalie.h"
#include "store/root.h"

enum fichier_nature {
	FICHIER_REFERENCEMENTS,
	FICHIER_COMPTES,
	FICHIER_ACCES,
	FICHIER_BANQUES,
	FICHIER_CALENDRIER,
	FICHIER_UNITES_LEGALES, /* StockUniteLegale*.csv */
	FICHIER_ETABLISSEMENTS, /* StockEtablissement*.csv */
	FICHIER_DECISIONS,	/* decisions*.csv */
	FICHIER_INCONNU,
};

/* By the file's name, case tolerated. */
enum fichier_nature fichier_nature_from(const char *name);
const char *
fichier_nature_name(enum fichier_nature nature); /* "referencements"… as in fichiers_asp.nature */

/* A file that the ASP dropped, opened and found whole. */
struct fichier_asp {
	const char *nom; /* as dropped */
	int fd;		 /* position 0, readable */
	uint64_t taille;
	const char *recu_le; /* see inbox.h */
	const char *source;  /* identity, see inbox.h */
	int64_t nuit;
};
/* INSEE's: published, of several gigabytes, and scanned instead of imported. */
bool fichier_is_stock(enum fichier_nature nature);

struct fichier_copie {
	int fd;		 /* -1 when there is none */
	char sha256[65]; /* "" when the file was not read */
	uint64_t lignes; /* physical lines, a last one without an end included */
	bool entiere;	 /* it holds the file's bytes, all of them */
};

/* Copies the file to a temporary below var/references in one read that also hashes it and counts
 * its lines. A file over `limit` bytes is not read: REF_TROP_GROS; one that changes meanwhile:
 * REF_ILLISIBLE. */
const struct error *fichier_copy(struct root *root, const struct fichier_asp *file, uint64_t limit,
				 struct fichier_copie *copy, struct anomalies *faults);
/* Makes the copy durable as var/references/<sha256>.csv; before the commit that speaks of it. */
const struct error *fichier_keep(struct root *root, const struct fichier_copie *copy);
/* Closes the copy, and removes it unless it was kept. */
void fichier_discard(struct root *root, struct fichier_copie *copy);
/* The name of a kept file below the root. */
void fichier_path(const char *sha256, char path[static 96]);

/* Removes the copies below var/references that nothing needs: INSEE's files but the newest two, and
 * what a killed run or a dry run left. All others stay, so that a past night can be played again
 * (rejeu.h), until a purge has erased something of it; then only what is in force. Only outside a
 * transaction. */
const struct error *fichier_prune(struct root *root);

/* What became of a file, and of a row of decisions: "pris" in fichiers_asp.etat, "appliquee" in
 * retours_asp.etat. */
enum asp_outcome {
	ASP_FILE_TAKEN,
	ASP_FILE_REFUSED,
	ASP_ROW_APPLIED,
	ASP_ROW_REFUSED,
	ASP_OUTCOME_COUNT,
};
const char *asp_outcome_name(enum asp_outcome outcome);
/* In French, for people; another word as it stands. */
const char *asp_outcome_label(const char *name);

/* Records the file; `lignes` are its data rows. Returns its id. In the caller's transaction, as the
 * next. */
int64_t fichier_record(struct root *root, const struct fichier_asp *file,
		       enum fichier_nature nature, const char *sha256, uint64_t lignes, bool pris);

/* The answer to one row; `etat` is appliquee, refusee, pris or refuse. */
struct retour {
	int64_t fichier;
	size_t ordre;
	uint32_t ligne;
	const char *numero, *decision;
	enum asp_outcome etat;
};
void retour_insert(struct root *root, const struct retour *retour, const struct anomalie *anomalie);
/* Records a file that is refused whole, and each of the reasons; keeps its copy, unless it is
 * INSEE's. `copy` NULL: it was not read. */
const struct error *fichier_refuse(struct root *root, const struct fichier_asp *file,
				   enum fichier_nature nature, const struct fichier_copie *copy,
				   uint64_t lignes, const struct anomalies *faults);
#endif
