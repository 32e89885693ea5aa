/*
 * The rules of DOMAIN, chapters 2 and 3, that need the registers or the requests: one file a step
 * of the guide. The parser has checked forms already; a value that it found wrong reads as missing
 * here (dossier_get), so that no rule repeats its complaint.
 */
#ifndef SEGUR_RULES_H
#define SEGUR_RULES_H

#include "dossier.h"
#include "root.h"

#define REGLES_VERSION "vague2-2024-06" /* named in every answer: the guide's edition */
#define DSR_SONS_DPI   "SONS DPI"

/* What the registers say about this submission; texts are copies. */
struct faits {
	int32_t date_depot; /* days */
	const char *compte; /* the account that dropped it */
	bool acces;	    /* it may act for the SIREN */
	char siren[10];	    /* "" when the SIRET is not valid */

	bool reference_connue;
	char *logiciel, *version, *dsr, *profil, *siren_editeur;
	bool referencement_valide; /* false: the request is anticipé */
	bool sons_dpi;

	/* A register should know and does not say: our fault, not the supplier's; NULL when all is
	 * well. */
	const char *incident;
	bool etablissement_connu;
	char *denomination; /* of the register; "[ND]" or "" when it is not published */
	char *numero, *extension, *type_voie, *nom_voie, *complement, *code_postal, *commune;
	char *domiciliation; /* name of the bank; NULL when the table does not know it */
};

/* Judges a submission: fills `faits` and adds to the constat's anomalies, which it sorts. */
void rules_apply(struct root *root, struct constat *constat, struct faits *faits);
void faits_free(struct faits *faits);

/* One step each; rules_apply calls them in this order. */
void rules_acces(struct root *root, struct constat *constat, struct faits *faits);
void rules_referencement(struct root *root, struct constat *constat, struct faits *faits);
void rules_demandeur(struct root *root, struct constat *constat, struct faits *faits);
void rules_banque(struct root *root, struct constat *constat, struct faits *faits);
void rules_cycle(struct root *root, struct constat *constat, struct faits *faits);
void rules_pieces(struct constat *constat, const struct faits *faits);

#endif
