/*
 * What time brings: reminders to suppliers whose request waits for them, and signals about requests
 * under way: documents that run out soon, establishments that close.
 */
#ifndef SEGUR_RECORD_DEADLINES_H
#define SEGUR_RECORD_DEADLINES_H

#include "record/record.h"

/* What ends the details of a reminder that went out while the register did not say valide. */
#define DEADLINES_SUSPENDED " en_cours"

/*
 * Called once the drops of the night are judged. Each supplier who is awaited gets one
 * reminder a period (relance_jours), however many periods have passed. Each document of a
 * request under way that ends within echeance_jours gives one signal. Reminders and these
 * signals have events. Each request whose establishment is closed gives one signal. A second
 * run for the same date does nothing.
 *
 * A supplier whose certificates are awaited can act only once the ANS has validated the
 * referencing (guide p. 25: "dès que vous l'aurez en votre possession"): before the register says
 * so the period is relance_anticipe_jours; none is sent for a retired number.
 */
const struct error *deadlines_apply(struct root *root, const struct record_night *night);

#endif
