/*
 * The ASP's reference files (INTERFACE, 4). Each replaces its predecessor whole or not at all.
 * INSEE's stock files are never imported: they are kept as files below var/references and scanned
 * as a stream for the SIRETs that tonight's drops name (register_insee.c).
 */
#ifndef SEGUR_REFERENCE_H
#define SEGUR_REFERENCE_H

#include "root.h"

#include <stddef.h>
#include <stdint.h>

enum fichier_nature {
	FICHIER_REFERENCEMENTS,
	FICHIER_COMPTES,
	FICHIER_ACCES,
	FICHIER_BANQUES,
	FICHIER_CALENDRIER,
	FICHIER_UNITES_LEGALES, /* StockUniteLegale*.csv */
	FICHIER_ETABLISSEMENTS, /* StockEtablissement*.csv */
	FICHIER_DECISIONS,	/* decisions*.csv */
	FICHIER_INCONNU,
};

/* By the file's name, case tolerated. */
enum fichier_nature fichier_nature_from(const char *name);
const char *
fichier_nature_name(enum fichier_nature nature); /* "referencements"… as in fichiers_asp.nature */

/* A file that the ASP dropped, opened and found whole. */
struct fichier_asp {
	const char *nom; /* as dropped */
	int fd;		 /* position 0, readable */
	uint64_t taille;
	const char *recu_le; /* see inbox.h */
	const char *source;  /* identity, see inbox.h */
	int64_t nuit;
};

/* Takes a reference file: checks it, replaces the old rows, records fichiers_asp and retours_asp
 * rows and keeps a copy var/references/<sha256>.csv, durable before the commit. A refused file is a
 * result (*pris is false), recorded and answered too. */
const struct error *reference_take(struct root *root, const struct fichier_asp *file,
				   enum fichier_nature nature, bool *pris);

/* Makes sure that etablissements and unites_legales have a row for each of these SIRETs (and its
 * SIREN) from the newest stock files, scanning only when one is missing; an absent SIRET gets a row
 * with etat ''. `sirets` are 14 digits as numbers, sorted ascending, without doubles. */
const struct error *register_scan(struct root *root, const uint64_t *sirets, size_t count);

#endif
