/*
 * Recording: what a drop's judgement changes, in the caller's transaction: the answer, the request,
 * its first event, the mails that are due. The only writer of depots, demandes, dossiers and
 * pieces: record.c answers, record_demande.c what is accepted.
 */
#ifndef SEGUR_RECORD_H
#define SEGUR_RECORD_H

#include "inbox.h"
#include "rules.h"
#include "status.h"

/* The night that is being recorded. */
struct record_night {
	int64_t id;
	const char *date; /* AAAA-MM-JJ */
};

/* What every answer says of its drop. */
struct record_drop {
	const struct drop *drop;
	const char *recu_le; /* instant in UTC, or the date that --date gave */
};

/* The name of the answer to a file: <file>_retour<extension>, then _retour-2… until one is not
 * taken; of a name that is too long its beginning and a hash. The caller frees it. */
typedef bool answer_taken(void *context, const char *name);
char *answer_file_name(const char *file, const char *extension, answer_taken *taken, void *context);

/* Records the verdict on a constat that rules_apply has judged; returns the depot's id. */
int64_t record_constat(struct root *root, const struct record_night *night,
		       const struct record_drop *drop, const struct constat *constat,
		       const struct faits *faits);
/* The bytes of a recorded submission again: the first answer, given again (true), or not such a
 * one. */
bool record_repeat(struct root *root, const struct record_night *night,
		   const struct record_drop *drop, const struct constat *constat);
/* Our own fault: the drop stays in the inbox and is tried again. */
void record_incident(struct root *root, const struct record_night *night,
		     const struct record_drop *drop, const char *incident);

/* A change of status: the event's row and the mail that the table names; returns the event's id.
 * `nuit` 0: between nights. */
struct record_event {
	int64_t nuit;
	const char *date;
	int64_t demande, rang;
	enum evenement evenement;
	const char *acteur; /* "compte:…", "gestionnaire:…" or "service" */
	enum statut de, vers;
	const char *motif, *pieces, *fichier;
	const char *details; /* what it changed: key paths, separated by | */
	int64_t depot;	     /* the drop that it came with; 0: none */
	int64_t fichier_asp; /* the decisions file that it came from; 0: none */
};
/* Also appends the event's link to the journal. */
int64_t record_event(struct root *root, const struct record_event *event);

/* The status that the table gave, and what the request waits for from then on. */
struct record_statut {
	int64_t demande;
	enum statut vers;
	const char *date;
	bool modification_demandee;
};
void record_statut(struct root *root, const struct record_statut *statut);

struct record_mail {
	const char *date, *type, *destinataire, *nom, *numero, *identifiant;
	int64_t demande, evenement, depot; /* 0: none */
};
void record_mail(struct root *root, const struct record_mail *mail);

#endif
