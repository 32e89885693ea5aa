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
	WORD_DATE_DEPOT,    /* 02/03/2026 */
	WORD_RECU,	    /* lundi 2 mars 2026 à 3 h 05 */
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
	WORD_COMPTE_ANOMALIES, /* "2 anomalies bloquantes" */
	WORD_ANOMALIES,	       /* each with its place and its remedy */
	WORD_IDENTIFIANT,
	WORD_JETON,
	WORD_SERVICE,
	WORD_ADRESSE,
	WORD_TELEPHONE,
	WORD_COURRIEL,
	WORD_ASSISTANCE,
	WORD_PORTAIL,
	WORD_DATE_ATTENTE, /* since when a reminder's request waits: 02/03/2026 */
	WORD_COUNT,
};

/* What a row or a paragraph may require. */
enum trait {
	IF_SONS_DPI = 1 << 0,
	IF_OTHER_DSR = 1 << 1,
	IF_ANTICIPE = 1 << 2,
	IF_NOT_ANTICIPE = 1 << 3,
	IF_INITIAL = 1 << 4,
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
	IF_MODEL = 1 << 21,	/* the file to correct is a model: the dossier could not be read */
	IF_ALERTS = 1 << 22,	/* something was noticed of the drop */
};

struct mail_facts {
	const char *type;	       /* X-Segur-Mail */
	unsigned traits;	       /* bits of enum trait */
	const char *words[WORD_COUNT]; /* on one line but the lists; NULL reads as "" */
};

/* Writes the subject and the body: LF, an empty line between paragraphs, no folding. A type that
 * the table lacks gets the general words. */
void mail_text_render(const struct mail_facts *facts, struct buf *subject, struct buf *body);

#endif
