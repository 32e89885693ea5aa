/*
 * Anomalies: what is wrong with a submission, each with its place and its remedy. Bad input is a
 * result, so everything here is data. The catalogue (codes, severity, words, guide pages) is
 * generated from schemas/anomalies.yaml.
 */
#ifndef SEGUR_MODEL_ANOMALIE_H
#define SEGUR_MODEL_ANOMALIE_H

#include "anomalies_gen.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ANOMALIES_MAX 200   /* of one submission; the rest is dropped, the verdict stays KO */
#define ANOMALIE_TEXT 400   /* bytes kept of a cited value, path or detail */
#define FILES_BETWEEN " / " /* the names of the archive's files, in a detail */
#define DETAIL_SIZE   160   /* of a buffer for what a message adds, with its end */

enum gravite {
	GRAVITE_BLOQUANT, /* the submission is refused (KO) */
	GRAVITE_ALERTE,	  /* recorded, and shown to the case manager (ANO) */
};

struct catalogue_entry {
	const char *code; /* "SIR-003" */
	enum gravite gravite;
	int page; /* of the guide; 0 where it is silent */
	const char *message;
	const char *remede;
	/* The same where no value stands, as « manque » is no « est inconnu »; NULL: no other. */
	const char *absent_message, *absent_remede;
	const char *piece; /* type of a missing document; NULL: none, or `detail` says it */
	bool to_remove;	   /* the whole item of the list must go */
	bool is_final;	   /* nothing in the drop can be mended: dropping it again is no use */
};

extern const struct catalogue_entry catalogue[ANO_COUNT];

/* The anomaly of that code; ANO_COUNT for none, as in the rows of another version. */
enum anomalie_code anomalie_from(const char *code);

/* Those of drops come first in the catalogue; then signals, and answers to the ASP's files. */
#define ANO_DROP_COUNT ANO_SIG_NUMERO_DISPUTE

struct anomalie {
	enum anomalie_code code;
	uint32_t ligne, colonne; /* in dossier.yaml, from 1; 0 where there is none */
	char *chemin;		 /* key path "demandeur.siret", or "archive/<entry>"; never NULL */
	char *valeur;		 /* what stands there; NULL for nothing */
	char *detail, *detail2;	 /* what the rule adds; NULL for nothing */
	enum gravite gravite;
	/* In the words of another version, the remedy of anomalies_remedy() too; NULL: in the
	 * catalogue's. */
	char *message, *remede;
};

struct anomalies {
	struct anomalie *items;
	size_t count, capacity;
	bool blocking; /* one of them, or one that there was no room for, blocks */
};

/* One scalar of dossier.yaml. */
struct valeur {
	char *text; /* as it stands; normalised once `valid`; NULL when missing */
	/* Where the value stands, or its key when the value is missing; 0 when there is no such
	 * key. */
	uint32_t ligne, colonne;
	bool valid; /* passed the parser's checks */
};

/* Adds an anomaly. Its texts are copied, made valid UTF-8 and cut to ANOMALIE_TEXT. In a list of
 * ANOMALIES_MAX a blocking one takes the place of an alert and others are dropped: no verdict
 * depends on the room. `place` gives the position and the value cited; NULL: none. */
void anomalies_add(struct anomalies *list, enum anomalie_code code, const char *chemin,
		   const struct valeur *place, const char *detail, const char *detail2);
/* The same of a value that stands nowhere in dossier.yaml; then with position and value apart. */
void anomalies_cite(struct anomalies *list, enum anomalie_code code, const char *chemin,
		    const char *valeur, const char *detail, const char *detail2);
void anomalies_add_at(struct anomalies *list, enum anomalie_code code, const char *chemin,
		      uint32_t ligne, uint32_t colonne, const char *valeur, const char *detail,
		      const char *detail2);

/* Adds an anomaly as another version said it; false when the catalogue has no such code. */
struct said_anomalie {
	const char *code, *chemin, *valeur, *message, *remede; /* `valeur` may be NULL */
	uint32_t ligne, colonne;
	enum gravite gravite;
};
bool anomalies_repeat(struct anomalies *list, const struct said_anomalie *said);

/* Gives each of that code another remedy than the catalogue's. */
void anomalies_remedy(struct anomalies *list, enum anomalie_code code, const char *remede);

/* Takes one away that another tells better; the verdict stays. */
void anomalies_drop(struct anomalies *list, size_t index);

/* In reading order (line, column, code, key path): no answer depends on which check ran first. */
void anomalies_sort(struct anomalies *list);
bool anomalies_blocking(const struct anomalies *list);
void anomalies_free(struct anomalies *list);

/* The French sentence with its placeholders filled; the caller frees it. */
char *anomalie_message(const struct anomalie *anomalie);
char *anomalie_remede(const struct anomalie *anomalie);

#endif
