/*
 * Signals for case managers (alertes.csv) show what one dossier cannot show alone (codes SIG
 * of the catalogue). They never block, and each is told once. Suppliers do not get them,
 * since some name other suppliers.
 */
#ifndef SEGUR_RECORD_SIGNALS_H
#define SEGUR_RECORD_SIGNALS_H

#include "record/record.h"

struct case_signal {
	int64_t demande, rang; /* the request that it is told on */
	int64_t depot;	       /* the drop that it concerns */
	enum anomalie_code code;
	const char *chemin, *valeur, *detail, *detail2; /* as of an anomaly */
	const char *dedup_key; /* what makes it the same signal of that request and code */
};
/* Records the signal in the caller's transaction; false when it was told before. */
bool signal_record(struct root *root, const struct record_night *night,
		   const struct case_signal *signal);

/* Called after a submission changed that request's dossier or pieces, in the same
 * transaction. Signals one IBAN under several SIRENs, and one file under several dossiers or
 * as two pieces of this one. Lists anew the documents of the request that may run out (table
 * echeances), for deadlines_apply to tell. */
void signals_of_request(struct root *root, const struct record_night *night, int64_t demande,
			int64_t depot);

/* Signals that another account wanted to enrol the referencing number of this live request:
 * `depot` is its refused drop. */
void signal_numero_dispute(struct root *root, const struct record_night *night, int64_t demande,
			   int64_t depot, const char *compte);

/* Signals the next request of that status, after *after, whose establishment or legal unit INSEE's
 * newest file says closed; false when there is none. *after begins at 0. */
bool signal_closure(struct root *root, const struct record_night *night, enum statut statut,
		    int64_t *after);

#endif
