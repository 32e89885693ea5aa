/*
 * Signals for case managers (alertes.csv): what one dossier cannot show alone. They never block,
 * and suppliers are not told: some speak of other suppliers. Each is told once; codes SIG of the
 * catalogue.
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
/* In the caller's transaction; false when it was told before. */
bool signal_record(struct root *root, const struct record_night *night,
		   const struct case_signal *signal);

/* After a submission changed that request's dossier or pieces, in the same transaction: one IBAN
 * under several SIRENs, one file under several dossiers or as two pieces of this one; and anew the
 * documents of the request that may run out (table echeances), which deadlines_apply tells. */
void signals_of_request(struct root *root, const struct record_night *night, int64_t demande,
			int64_t depot);

/* Another account wanted to enrol the referencing number of this live request: its drop, which was
 * refused. */
void signal_numero_dispute(struct root *root, const struct record_night *night, int64_t demande,
			   int64_t depot, const char *compte);

/* The next request of that status, after *apres, whose establishment or legal unit INSEE's newest
 * file says closed, is signalled; false when there is none. *apres begins at 0. */
bool signal_closure(struct root *root, const struct record_night *night, enum statut statut,
		    int64_t *after);

#endif
