/*
 * The French words of the mails (guide, chapters 3, 4 and 6): a table of templates, filled from
 * facts. Private to mail.c, and to its test.
 */
#ifndef SEGUR_MAIL_TEXT_H
#define SEGUR_MAIL_TEXT_H

#include "lib/buf.h"

/* What a template may name, as {numero}; the names are those below in lower case. */
enum mot {
	MOT_NUMERO,	   /* ENR0601M0 */
	MOT_QUALITE,	   /* "", " complémentaire", " anticipé", " complémentaire anticipé" */
	MOT_QUALITE_OBJET, /* the same with « anticipé » */
	MOT_DATE_DEPOT,	   /* 02/03/2026 */
	MOT_RECU,	   /* lundi 2 mars 2026 à 3 h 05 */
	MOT_LOGICIEL,
	MOT_VERSION,
	MOT_NUMERO_ANS,
	MOT_DSR,     /* "SONS DPI", "DSR LGC" */
	MOT_STATUT,  /* label after the event */
	MOT_MOTIF,   /* the case manager's words */
	MOT_PIECES,  /* the documents asked for, a line each */
	MOT_DOSSIER, /* dossier.yaml of the deposit that is awaited, indented */
	MOT_ARCHIVE,
	MOT_RETOUR,	      /* file name of the answer */
	MOT_CORRECTION,	      /* file name of the file to correct */
	MOT_COMPTE_ANOMALIES, /* "2 anomalies bloquantes" */
	MOT_ANOMALIES,	      /* each with its place and its remedy */
	MOT_IDENTIFIANT,
	MOT_JETON,
	MOT_SERVICE,
	MOT_ADRESSE,
	MOT_TELEPHONE,
	MOT_COURRIEL,
	MOT_ASSISTANCE,
	MOT_PORTAIL,
	MOT_DATE_ATTENTE, /* since when a reminder's request waits: 02/03/2026 */
	MOT_COUNT,
};

/* What a row or a paragraph may require. */
enum trait {
	SI_SONS_DPI = 1 << 0,
	SI_AUTRE_DSR = 1 << 1,
	SI_ANTICIPE = 1 << 2,
	SI_NON_ANTICIPE = 1 << 3,
	SI_INITIAL = 1 << 4,
	SI_COMPLEMENTAIRE = 1 << 5,
	SI_DEPOT_PIECES = 1 << 6, /* the event that the mail tells of */
	SI_DEPOT_MODIFICATION = 1 << 7,
	SI_FINALISATION = 1 << 8,
	SI_MOTIF = 1 << 9,
	SI_DEMANDE = 1 << 10,
	SI_SANS_DEMANDE = 1 << 11,
	SI_COMPTE_OUVERT = 1 << 12, /* by an earlier event of this request */
	SI_RETOUR = 1 << 13,	    /* an answer goes with it */
	SI_CORRECTION = 1 << 20,    /* and a file to correct */
	SI_ACCES_NOUVEAU = 1 << 14, /* this very event opens an access to the portal */
	SI_ACCES_ANCIEN = 1 << 15,  /* or it does not: the recipient has one */
	SI_ATTEND_PIECES = 1 << 16, /* what the event asked for that the mail speaks of */
	SI_ATTEND_MODIFICATION = 1 << 17,
	SI_ATTEND_CERTIFICATS = 1 << 18,
};

struct mail_faits {
	const char *type;	     /* X-Segur-Mail */
	unsigned traits;	     /* bits of enum trait */
	const char *mots[MOT_COUNT]; /* on one line but the lists; NULL reads as "" */
};

/* Writes the subject and the body (LF, paragraphs apart by an empty line, long lines). A type that
 * the table lacks gets its general words. */
void mail_text_render(const struct mail_faits *faits, struct buf *objet, struct buf *corps);

#endif
