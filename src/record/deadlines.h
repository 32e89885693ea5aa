/*
 * Time passes: reminders to suppliers whose request waits for them, and what changes around
 * requests that are under way: documents that run out soon, establishments that close.
 */
#ifndef SEGUR_RECORD_DEADLINES_H
#define SEGUR_RECORD_DEADLINES_H

#include "record/record.h"

/*
 * Once the drops of the night are judged: one reminder a period (relance_jours) to each supplier
 * who is awaited, with its event; one signal for each document of a request under way that ends
 * within echeance_jours, with its event; one for each whose establishment is closed. However many
 * periods have passed, one reminder. Run twice for one date it does nothing the second time.
 *
 * A supplier whose certificates are awaited can act only once the ANS has validated the referencing
 * (guide p. 25: "dès que vous l'aurez en votre possession"): it is not reminded before the register
 * says so.
 */
const struct error *deadlines_apply(struct root *root, const struct record_night *night);

#endif
