/* The case managers' decisions (INTERFACE, 4): from a file, or from `segur decide`. */
#ifndef SEGUR_RECORD_DECISIONS_H
#define SEGUR_RECORD_DECISIONS_H

#include "model/anomalie.h"
#include "store/root.h"

/* One decision as written; texts may be NULL or empty. */
struct decision {
	const char *numero, *decision, *motif, *pieces, *gestionnaire, *statut;
	const char *fichier; /* name of the decisions file; "" for the command */
	int64_t night_id;    /* 0 between nights */
	const char *date;    /* AAAA-MM-JJ */
	int64_t fichier_asp; /* the row of the decisions file; 0 for the command */
	bool replayed;	     /* a night of other rules applied it: the rank was no reason then */
	const char *alerte;  /* the alert that classer_alerte sets aside, as alertes.csv names it */
};

/* Applies one decision by the status table: event, new status, mails due, all in the caller's
 * transaction. A decision with faults changes nothing, and `anomalies` says why (DEC_…). `resume`,
 * when not NULL, gets what was done in French (the caller frees it): "ENR0001M0 passe de « En cours
 * » à « Validée »". */
bool decision_apply(struct root *root, const struct decision *decision, struct anomalies *anomalies,
		    char **resume);

#endif
