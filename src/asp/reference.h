/*
 * The ASP's reference files (INTERFACE, 4). Each replaces its predecessor whole or not at all.
 * INSEE's stock files are never imported: they are kept as files below var/references and scanned
 * as a stream for the SIRETs that tonight's drops name (insee.c).
 */
#ifndef SEGUR_ASP_REFERENCE_H
#define SEGUR_ASP_REFERENCE_H

#include "asp/asp_file.h"

/* Takes a reference file: checks it, replaces the old rows, records it in fichiers_asp and
 * retours_asp, and keeps a copy var/references/<sha256>.csv, durable before the commit. A refused
 * file is a result (*taken is false); it is recorded and answered too. */
const struct error *reference_take(struct root *root, const struct asp_file *file,
				   enum asp_kind kind, bool *taken);

#endif
