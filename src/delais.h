/*
 * Time passes: reminders to suppliers whose request waits for them, and documents that run out
 * soon.
 */
#ifndef SEGUR_DELAIS_H
#define SEGUR_DELAIS_H

#include "record.h"

/* Once the drops of the night are judged: one reminder a period (relance_jours) to each supplier
 * who is awaited, and one signal for each document of a request under way that runs out within
 * echeance_jours; each with its event. Run twice for one date it does nothing the second time. */
const struct error *delais_appliquer(struct root *root, const struct record_night *night);

#endif
