/*
 * The French words of the mails (guide, chapters 3, 4 and 6): a table of templates, filled from
 * facts. Private to mail.c, and to its test.
 */
#ifndef SEGUR_PUBLISH_MAIL_TEXT_H
#define SEGUR_PUBLISH_MAIL_TEXT_H

#include "lib/buf.h"

/* What a template may name, as {numero}; the names are those below in lower case. */
enum word {
	WORD_NUMERO,	    /* ENR0601M0 */
	WORD_QUALITE,	    /* "", " complémentaire", " anticipé", " complémentaire anticipé" */
	WORD_QUALITE_OBJET, /* the same with « anticipé » */
	WORD_DENOMINATION,  /* LOGICIELS EXEMPLE (SIRET 73282932000074) */
	WORD_DATE_DEPOT,    /* 2 mars 2026 */
	WORD_RECU,	    /* 2 mars 2026 à 3 h 05 */
	WORD_LOGICIEL,
	WORD_VERSION,
	WORD_NUMERO_ANS,
	WORD_DSR,     /* "SONS DPI", "DSR LGC" */
	WORD_STATUT,  /* label after the event */
	WORD_MOTIF,   /* the case manager's words */
	WORD_PIECES,  /* the documents asked for, a line each */
	WORD_DOSSIER, /* dossier.yaml of the deposit that is awaited, indented */
	WORD_ARCHIVE,
	WORD_RETOUR,	       /* file name of the answer */
	WORD_CORRECTION,       /* file name of the file to correct */
	WORD_COMPTE_ANOMALIES, /* "deux anomalies bloquantes" */
	WORD_COMPTE_ALERTES,   /* "une alerte" */
	WORD_ET_ALERTES,       /* " et une alerte"; "" of a refusal without */
	WORD_ANOMALIES,	       /* each with its place and its remedy */
	WORD_OBJET,	       /* " pour l'entreprise … et la solution …": of a refused drop */
	WORD_DEPOTS,	       /* that wait, a line each */
	WORD_COMPTE_DEPOTS,    /* "deux dépôts" */
	WORD_IDENTIFIANT,
	WORD_JETON,
	WORD_SERVICE,
	WORD_ADRESSE,
	WORD_TELEPHONE,
	WORD_COURRIEL,
	WORD_ASSISTANCE,
	WORD_PORTAIL,
	WORD_DATE_ATTENTE, /* when that was asked for which a request waits: 2 mars 2026 */
	WORD_DATE_REPONSE, /* the day to answer by */
	/* law.h */
	WORD_DATE_SILENCE,  /* when the silence comes to a decision */
	WORD_DELAI_RECOURS, /* deux mois */
	WORD_RECOURS,	    /* the means of appeal */
	WORD_ATTESTATION,
	WORD_AUTEUR,
	WORD_AUTEUR_QUALITE,
	WORD_COUNT,
};

/* What a row or a paragraph may require. */
enum trait {
	IF_SONS_DPI = 1 << 0,
	IF_OTHER_DSR = 1 << 1,
	IF_ANTICIPE = 1 << 2,
	IF_NOT_ANTICIPE = 1 << 3,
	IF_MODEL = 1 << 4, /* what is to be filled in repeats nothing that was given */
	IF_COMPLEMENTAIRE = 1 << 5,
	IF_DEPOT_PIECES = 1 << 6, /* the event that the mail tells of */
	IF_DEPOT_MODIFICATION = 1 << 7,
	IF_FINALISATION = 1 << 8,
	IF_MOTIF = 1 << 9,
	IF_DEMANDE = 1 << 10,
	IF_NO_DEMANDE = 1 << 11,
	IF_COMPTE_OPENED = 1 << 12, /* by an earlier event of this request */
	IF_ANSWER = 1 << 13,	    /* an answer goes with it */
	IF_CORRECTION = 1 << 20,    /* a file to correct goes with it */
	IF_ACCESS_NEW = 1 << 14,    /* this very event opens an access to the portal */
	IF_ACCESS_OLD = 1 << 15,    /* it does not: the recipient has one */
	IF_AWAITS_PIECES = 1 << 16, /* what the mail's event asked for */
	IF_AWAITS_MODIFICATION = 1 << 17,
	IF_AWAITS_CERTIFICATS = 1 << 18,
	IF_SUSPENDED = 1 << 19, /* a reminder, while the register does not say valide */
	IF_ALERTS = 1 << 21,	/* the drop is recorded, with alerts */
	IF_NO_ALERT = 1 << 22,
	IF_ONE = 1 << 23, /* blocking anomaly, document asked for, drop that waits */
	IF_SEVERAL = 1 << 24,
	IF_REPLY_OPEN = 1 << 25, /* the day to answer by is to come, or has passed */
	IF_REPLY_PAST = 1 << 26,
	/* what segur.conf lets a mail say of the law (law.h) */
	IF_SILENCE_REJECTS = 1 << 27,
	IF_SILENCE_ACCEPTS = 1 << 28,
	IF_APPEAL = 1 << 29,
	IF_AUTHOR = 1 << 30,
};

struct mail_facts {
	const char *type;	       /* X-Segur-Mail */
	unsigned traits;	       /* bits of enum trait */
	const char *words[WORD_COUNT]; /* on one line but the lists; NULL reads as "" */
};

/* Writes the subject and the body, set in French typography but for the words, which come as they
 * are to be read: LF, an empty line between paragraphs, no folding. A type that
 * the table lacks gets the general words. */
void mail_text_render(const struct mail_facts *facts, struct buf *subject, struct buf *body);

#endif
