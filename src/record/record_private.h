/* Shared by the files of the recording room. */
#ifndef SEGUR_RECORD_RECORD_PRIVATE_H
#define SEGUR_RECORD_RECORD_PRIVATE_H

#include "record/record.h"

/* What an accepted submission changes in its request; `facts` as rules_apply filled it. */
void record_demande(struct root *root, const struct record_night *night,
		    const struct record_drop *received, int64_t depot, const struct facts *facts);

#endif
