/* The rows that every change writes, in the caller's transaction: event, status, mail due. */
#ifndef SEGUR_RECORD_RECORD_ROWS_H
#define SEGUR_RECORD_RECORD_ROWS_H

#include "request/status.h"
#include "store/root.h"

/* An event of a request. `night_id` 0: between nights. */
struct record_event {
	int64_t night_id;
	const char *date;
	int64_t demande, rang;
	enum evenement evenement;
	const char *acteur; /* "compte:…", "gestionnaire:…" or "service" */
	enum statut de, vers;
	const char *motif, *pieces, *fichier;
	const char *details; /* what it changed: key paths, separated by | */
	int64_t depot;	     /* the drop that it came with; 0: none */
	int64_t fichier_asp; /* the decisions file that it came from; 0: none */
};
/* Inserts the event, and appends its link to the journal; returns the event's id. */
int64_t record_event(struct root *root, const struct record_event *event);

/* The status that the table gave, and what the request waits for from then on. */
struct record_statut {
	int64_t demande;
	enum statut vers;
	const char *date;
	bool modification_demandee;
};
void record_statut(struct root *root, const struct record_statut *statut);

struct record_mail {
	const char *date, *type, *destinataire, *name, *numero, *identifiant;
	int64_t demande, evenement, depot; /* 0: none */
};
void record_mail(struct root *root, const struct record_mail *mail);

/* Whether that night is played by these rules (rules.h) or later ones: a past night that is played
 * again has its own. */
bool record_night_rules(struct root *root, int64_t night_id, const char *rules);

/* 0 stands for NULL. */
void bind_optional_int(sqlite3_stmt *stmt, int index, int64_t value);

#endif
