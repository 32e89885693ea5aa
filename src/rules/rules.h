/*
 * The rules of DOMAIN, chapters 2 to 4, that need the registers or the requests: one file a step of
 * the guide, then the life cycle. The parser has checked forms already; a value that it found wrong
 * reads as missing here (dossier_get), so that no rule repeats its complaint.
 */
#ifndef SEGUR_RULES_RULES_H
#define SEGUR_RULES_RULES_H

#include "lib/siret.h"
#include "request/demande.h"

/* Named in every answer: the guide's edition, then how often our reading of it has changed. */
#define RULES_VERSION "vague2-2024-06.3"
#define RULES_OF_2    "vague2-2024-06.2" /* since when an anticipé is reminded, an address follows */
/* Since when an address that was replaced is known, and a drop that waits is acknowledged. */
#define RULES_OF_3   "vague2-2024-06.3"
#define DSR_SONS_DPI "SONS DPI"

/* What the registers and the requests say about this submission; texts are copies. */
struct facts {
	/* The dossier that is judged and recorded: the given one, completed by the registers and,
	 * when it is a modification, by what the request holds already. */
	struct dossier dossier;
	int32_t date_depot; /* days */
	const char *compte; /* the account that dropped it */
	bool acces;	    /* the account may act for the SIREN */
	/* Of the dossier, else of the request that it names; "" when unknown. */
	char siret[SIRET_SIZE];
	char siren[SIREN_SIZE];

	enum evenement evenement;
	const struct transition *transition; /* NULL: the status refuses the event */
	struct demande demande;		     /* the request that is named; id 0: a first deposit */
	enum depot_type enrolement;	     /* DEPOT_INITIAL or DEPOT_COMPLEMENTAIRE */
	bool changed[CHAMP_COUNT];	     /* keys that a modification changed */
	bool withdrawn[PIECE_TYPE_COUNT];    /* documents that it left without an object */
	bool same_holder;		     /* it left the account with the person who held it */
	bool other_depositaire;		     /* it names another one than the request has */

	/* Each is filled by the rule of its name. */
	struct referencing {
		bool known;
		bool valid; /* false: the request is anticipé */
		bool sons_dpi;
		char *logiciel, *version, *dsr, *profil, *siren_editeur;
	} referencing;
	struct establishment {
		/* Why a register could not answer: our fault, not the supplier's; NULL: it could. */
		const char *incident;
		bool known;
		char *denomination; /* of the register; "[ND]" or "" when it is not published */
		char *entrepreneur; /* a sole trader's name in use; "" for a legal person */
		char *numero, *extension, *type_voie, *nom_voie, *complement, *code_postal;
		char *commune;
	} establishment;
	/* Who holds the account and gets the mails (guide p. 15, 17); NULL when nobody is known. */
	struct holder {
		const char *titulaire; /* "depositaire" or "representant_legal" */
		char *contact, *contact_nom;
		bool mandat_accepted; /* this dépositaire's mandate, in wave 2 (guide p. 31) */
	} holder;
	struct bank {
		char *domiciliation; /* name of the bank; NULL when the table does not know it */
	} bank;
	struct cycle {
		int64_t disputed; /* another account's live request with that ANS number; 0: none */
	} cycle;
};

/* Judges a submission: fills `facts` and adds to the findings' anomalies, which it sorts. The
 * findings' dossier stays as it was given. */
void rules_apply(struct root *root, struct findings *findings, struct facts *facts);
void facts_free(struct facts *facts);

#endif
