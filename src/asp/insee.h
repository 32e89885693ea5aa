/* INSEE's stock files: kept as files and scanned, never imported (40 million rows). */
#ifndef SEGUR_ASP_INSEE_H
#define SEGUR_ASP_INSEE_H

#include "asp/asp_file.h"
#include "asp/insee_lines.h"
#include "model/anomalie.h"

/* Whether both stock files have been taken. */
bool register_available(struct store *store);

/* Opens a stock file of that kind behind its header (insee_lines.h). */
const struct error *register_open(struct insee_lines *lines, int descriptor, enum asp_kind kind,
				  struct anomalies *faults);
const char *register_key_name(enum asp_kind kind); /* "siret" or "siren" */

/* Makes sure that etablissements and unites_legales have a row for each of these SIRETs (and its
 * SIREN) from the newest stock files; scans only when one is missing. An absent SIRET gets a row
 * with etat ''; one whose record cannot be read gets none. `sirets` are 14 digits as numbers,
 * sorted ascending, without doubles. */
const struct error *register_scan(struct root *root, const uint64_t *sirets, size_t count);

#endif
