/* How long an identity paper is valid in fact, where that is not what it prints. */
#ifndef SEGUR_LIB_IDENTITY_H
#define SEGUR_LIB_IDENTITY_H

#include <stdint.h>

/*
 * The last day of validity of a paper of that nature ("cni", "passeport", "titre_sejour"; NULL: not
 * known) that prints `printed` and was issued on `issued`; days as date.h counts them. Identity
 * cards that France issued to adults from 2004-01-02 to 2013-12-31 print ten years of validity and
 * run for five more (decree 2013-1188). The cards of minors print less and do not run on. Any other
 * paper ends when it says.
 */
int32_t identity_last_day(const char *nature, int32_t printed, int32_t issued);

#endif
