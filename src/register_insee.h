/* INSEE's stock files: kept as files and scanned, never imported (40 million rows). See also
 * reference.h. */
#ifndef SEGUR_REGISTER_INSEE_H
#define SEGUR_REGISTER_INSEE_H

#include "anomalie.h"
#include "reference.h"

/* Both stock files have been taken. */
bool register_available(struct store *store);

/* Checks the header of a stock file of that nature; what is wrong goes to `faults`. */
const struct error *register_check(int descriptor, enum fichier_nature nature,
				   struct anomalies *faults);

#endif
