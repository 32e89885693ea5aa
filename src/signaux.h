/*
 * Signals for case managers (alertes.csv): what one dossier cannot show alone. They never block,
 * and suppliers are not told: some speak of other suppliers.
 */
#ifndef SEGUR_SIGNAUX_H
#define SEGUR_SIGNAUX_H

#include "record.h"

/* After a submission changed that request's dossier or pieces, in the same transaction: one IBAN
 * under several SIRENs, one file under several dossiers, a closed establishment; and anew the
 * documents of the request that may run out (table echeances). */
void signaux_demande(struct root *root, const struct record_night *night, int64_t demande,
		     int64_t depot);
/* Another account wanted to enrol the referencing number of this live request: its drop, which was
 * refused. */
void signal_numero_dispute(struct root *root, const struct record_night *night, int64_t demande,
			   int64_t depot, const char *compte);

#endif
