/*
 * The status machine (DOMAIN, 4; guide p. 22 and 47): it alone says how a status changes.
 */
#ifndef SEGUR_REQUEST_STATUS_H
#define SEGUR_REQUEST_STATUS_H

#include <stdbool.h>

#define STATUT_SIZE 32 /* of a buffer for any status's code, with its end */

enum statut {
	STATUT_NONE, /* no request yet */
	STATUT_EN_COURS,
	STATUT_VALIDATION_PARTIELLE,
	STATUT_ATTENTE_PIECES,
	STATUT_CERTIFICATS_A_VALIDER,
	STATUT_REJETEE,
	STATUT_VALIDEE,
	STATUT_COUNT,
};

enum evenement {
	EVENEMENT_DEPOT,
	EVENEMENT_VALIDER,
	EVENEMENT_REJETER,
	EVENEMENT_DEMANDER_PIECES,
	EVENEMENT_DEMANDER_MODIFICATION,
	/* These two change no status. */
	EVENEMENT_PRENDRE,	  /* a case manager instructs it */
	EVENEMENT_CLASSER_ALERTE, /* an alert is set aside */
	EVENEMENT_DEPOT_PIECES,
	EVENEMENT_DEPOT_MODIFICATION,
	EVENEMENT_FINALISATION,
	/* In the history only: no row of the table, no change of status. */
	EVENEMENT_RELANCE,  /* the supplier was reminded */
	EVENEMENT_ECHEANCE, /* a document runs out soon */
	EVENEMENT_COUNT,
};

/* What the guards ask about a request; a row whose guard does not hold is closed. */
struct statut_facts {
	bool certificats;	    /* the certificates are held (not anticipé, or finalised) */
	bool pieces_demandees;	    /* pieces were asked for and not yet given */
	bool modification_demandee; /* a correction was asked for and not yet given */
	bool anticipe;		    /* filed anticipé: chooses the acknowledgement's words */
};

/* Where an event leads. `mail` is named as in X-Segur-Mail (INTERFACE, 5), NULL for none; the mails
 * about a new account, which follow `valider`, are not in the table. */
struct transition {
	enum statut vers;
	const char *mail;
};

/* The row for that pair whose guard holds; NULL: refused, nothing changes. */
const struct transition *statut_transition(enum statut de, enum evenement evenement,
					   const struct statut_facts *facts);

const char *statut_code(enum statut statut);	/* "EN_COURS"; "" for STATUT_NONE */
const char *statut_libelle(enum statut statut); /* "En cours" */
/* From a code or a label (choice.h); STATUT_NONE when it is neither. */
enum statut statut_from(const char *text);
/* The label, or the decision, that an unknown text was meant to be (slip.h); NULL for none. */
const char *statut_near(const char *text);
const char *decision_near(const char *text);
/* "valider, rejeter": the decisions that a request in that state may get, or "aucune"; the caller
 * frees it. */
char *statut_decisions(enum statut de, const struct statut_facts *facts);

const char *evenement_code(enum evenement evenement); /* "valider" */
/* A case manager's decision by its code (choice.h); EVENEMENT_COUNT when it is none. */
enum evenement decision_from(const char *text);

#endif
