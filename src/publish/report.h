/* The CSV reports of a night, with their schemas and datapackage.json. */
#ifndef SEGUR_PUBLISH_REPORT_H
#define SEGUR_PUBLISH_REPORT_H

#include "publish/output_files.h"

/* Writes the ten CSV reports of that date with their schemas and datapackage.json into
 * outbox/asp/rapports/<date>, switched whole, then points "courant" to it. With [rapports] etat =
 * nuit its state reports hold what that night changed. `files` is empty, and gets all of them; the
 * caller frees it, after a failure too. */
const struct error *reports_publish(struct root *root, const char *date,
				    struct output_files *files);

/* Writes the state reports with their schemas and datapackage.json, dated so, into that empty
 * folder: all that is stored, whatever segur.conf says. Takes bounded memory. The caller syncs
 * before it says that they are there. */
const struct error *reports_write(struct root *root, int dir, const char *date);

/* Whether reports_write makes a file of that name. */
bool reports_have(const char *name);

#endif
