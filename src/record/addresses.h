/*
 * An access is its identifiant, held by one person (DOMAIN, 4). When its e-mail changes, in
 * comptes.csv or by an accepted modification, it stays the same access: it and the requests of its
 * holder get the new address, so that every mail from then on goes there. The old address is
 * remembered: a dossier that still names it means the access as it is today (rules_titulaire.c).
 * All in the caller's transaction; a past night that is played again by older rules does as they did.
 */
#ifndef SEGUR_RECORD_ADDRESSES_H
#define SEGUR_RECORD_ADDRESSES_H

#include "store/root.h"

/* Before comptes.csv is replaced, and after. */
void addresses_keep(struct root *root, int64_t night_id);
void addresses_compare(struct root *root, int64_t night_id);
/* After a modification has corrected the address of a supplier's holder. */
void addresses_correct(struct root *root, int64_t night_id, const char *siren, const char *before,
		       const char *after);

#endif
