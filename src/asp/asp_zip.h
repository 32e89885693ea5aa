/* INSEE's stock files in the zip that INSEE publishes: what is said of one that is not taken. */
#ifndef SEGUR_ASP_ASP_ZIP_H
#define SEGUR_ASP_ASP_ZIP_H

#include "model/anomalie.h"
#include "model/message.h"

/* Whether the file's name says that it is a zip. */
bool asp_zip_named(const char *name);
/* Whether the zip was whole; if not, says why in `faults`. `limit`: bytes of its CSV at most;
 * `lines`: those of its CSV that had come out. */
bool asp_zip_check(enum inflated_state state, uint64_t limit, uint64_t lines,
		   struct anomalies *faults);

#endif
