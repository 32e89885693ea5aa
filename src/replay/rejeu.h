/*
 * A past night played again. In a new root every night is played, from the first to the last of
 * that date, from what the original kept: the ASP's files, the drops, and the decisions between
 * nights, each as it was received and in its order; the code is the night's own (night.h). Then
 * what both say of that date is compared.
 *
 * INSEE's files are not needed: the rows that a night used are part of its record. What was not
 * read then (a drop that is too big or no file, an incident of ours) is taken as its row says it.
 * Archives are read where they are, and not kept again.
 * What is gone cannot be played: after a purge, or once segur.conf has changed, the past is no
 * longer a function of what is kept.
 */
#ifndef SEGUR_REJEU_H
#define SEGUR_REJEU_H

#include "keep/conservation.h"

#include <stddef.h>

struct rejeu_nuit {
	int64_t id;	 /* in the original */
	int64_t rejouee; /* in the replay; 0: not yet */
	char date[11];	 /* AAAA-MM-JJ */
	char *programme; /* the versions that played it */
	char *regles;
	bool interrompue; /* it did not come to its end */
};

struct rejeu {
	struct root *origine;	       /* opened by root_open_snapshot */
	struct conservation *archives; /* the original's, to be read */
	struct root root;	       /* the new one */
	struct rejeu_nuit *nuits;
	size_t count, capacity;	       /* nights to play; the last is the last of the date */
	const struct rejeu_nuit *nuit; /* that is being played */
	/* INSEE's files in force, by nature: ids in the original and in the replay; 0: none yet. */
	struct {
		int64_t origine, rejouee;
	} stocks[2];
	size_t decisions_refusees; /* of `segur decide`, that could not be applied again */
};

/* Sees that the date's nights can be played and makes the root `cible`, which must not exist or be
 * empty. `cle`: path of the private key of encrypted archives, or NULL. ERR_DATA: no such night, or
 * something it needs is no longer kept; ERR_USAGE: the key is wanted. rejeu_close is due after an
 * error too. */
const struct error *rejeu_open(struct rejeu *rejeu, struct root *origine, const char *cle,
			       const char *date, const char *cible);
const struct error *rejeu_play(struct rejeu *rejeu);
void rejeu_close(struct rejeu *rejeu);

/* --- comparing --- */

#define REJEU_MONTREES 20 /* differences that are shown; all are counted */

/* One kind of thing that was compared. */
struct rejeu_poste {
	const char *nom; /* French */
	size_t compares, differences;
};

struct rejeu_difference {
	const char *poste;
	char *ou;		 /* the output and the line, or the row and the column */
	char *original, *rejoue; /* what stands there; NULL: nothing does */
};

struct rejeu_bilan {
	struct rejeu_poste *postes;
	size_t count, capacity;
	struct rejeu_difference montrees[REJEU_MONTREES];
	size_t montrees_count;
	bool rapports_absents; /* the date's reports are not in the original's outbox any more */
};

/* Compares rows and outputs of the date's nights, and the rows of the nights before. */
const struct error *rejeu_compare(struct rejeu *rejeu, struct rejeu_bilan *bilan);
void rejeu_bilan_free(struct rejeu_bilan *bilan);

#endif
