/*
 * segur.conf: INI, one file a root. conf_template has every key with its default. A value out of
 * its bounds, an unknown section or key is an error that names the line (exit 78).
 */
#ifndef SEGUR_STORE_CONF_H
#define SEGUR_STORE_CONF_H

#include "lib/error.h"

#include <stdbool.h>
#include <stdint.h>

enum dialect {
	DIALECT_EXCEL,	  /* `;`, UTF-8 with BOM, CRLF */
	DIALECT_OPENDATA, /* `,`, UTF-8 without BOM, CRLF */
	DIALECT_COUNT,
};

/* What the state reports of a night hold: requests, documents, accesses, rights, bank details. */
enum state_reports {
	REPORTS_WHOLE, /* all that is stored */
	REPORTS_NIGHT, /* what changed that night; `segur reports` writes the rest when asked */
};

/* What the service's silence comes to. */
enum silence {
	SILENCE_UNTOLD,
	SILENCE_REJECTS,
	SILENCE_ACCEPTS,
};

#define CONF_NONE "aucun" /* the value of a key that may have none */

struct conf {
	/* [service]: who answers, and what mails say of it */
	char *nom;     /* name of the service */
	char *adresse; /* postal address */
	char *telephone;
	char *courriel;	  /* contact for suppliers */
	char *assistance; /* URL of the assistance */
	char *portail;	  /* URL of the portal */
	char *expediteur; /* From: of mails, an address */
	char *domaine;	  /* right side of Message-IDs */
	char *fuseau;	  /* TZ that civil dates are counted in: Europe/Paris */
	/* [depot] */
	int stabilite_s;	  /* seconds a file must have been quiet */
	unsigned formats_archive; /* bit set of enum archive_kind */
	unsigned formats_piece;	  /* bit set of enum piece_format */
	/* [limites] */
	uint64_t archive_octets;      /* size of an archive */
	uint64_t contenu_octets;      /* of all that it holds, decompressed */
	uint32_t entrees;	      /* files in it */
	uint64_t piece_octets;	      /* guide p. 15: 4 Mo */
	uint64_t pixels;	      /* of an image */
	uint32_t dossier_octets;      /* of dossier.yaml */
	uint32_t dictionnaire_octets; /* of a compressor */
	uint32_t piece_cpu_s;	      /* processor time to check one drop */
	uint32_t delai_s;	      /* wall time after which a silent parser is killed */
	uint64_t reference_octets;    /* size of an ASP file other than INSEE's */
	/* [registres] */
	uint32_t perte_insee;  /* percent of its rows that a stock file may lose */
	uint64_t insee_octets; /* size of a stock file, inflated */
	/* [nuit] */
	uint32_t analyseurs;  /* parsers at work at once; 0: as many as processors */
	uint32_t saut_jours;  /* a clock that goes further since the last night is not believed */
	uint32_t duree_max_s; /* after which the rest is left to the next night; 0: no end */
	/* [droit]: what the CRPA asks of mails (publish/law.h); texts may be CONF_NONE */
	enum silence silence;
	uint32_t silence_mois;
	char *attestation; /* whom to ask for that of L. 232-3 */
	char *recours_gracieux;
	char *recours_contentieux;
	uint32_t recours_mois;
	char *auteur; /* of decisions (L. 212-1): first name and name */
	char *auteur_qualite;
	/* [delais] */
	uint32_t reponse_jours; /* days to answer what is asked for */
	uint32_t relance_jours; /* days between two reminders to a supplier who has to act */
	uint32_t relance_anticipe_jours; /* while its referencing is not validated */
	uint32_t echeance_jours; /* days before its end that a document is told to case managers */
	/* [conservation] */
	/* The PEM file that kept archives are encrypted to, relative to the root; or "aucun". */
	char *certificat;
	uint32_t identite_jours; /* days after its end that a request's identity papers are kept */
	uint32_t dossier_jours;	 /* and its whole dossier */
	uint32_t refus_jours;	 /* drops that made no request: refused ones, trials */
	uint32_t rapports_jours; /* dated reports, which hold personal data too */
	/* [sauvegarde] */
	char *repertoire;      /* of each night's own backup; or CONF_NONE */
	uint32_t garder_jours; /* days until a later backup removes one: below identite_jours */
	/* [rapports] */
	enum dialect dialecte;
	enum state_reports etat;
};

/* The text that `segur init` writes: every key with its default, commented in French. */
extern const char conf_template[];

/* Reads the segur.conf of a root (its folder). conf_free also takes what a failure leaves. */
const struct error *conf_load(int root_fd, struct conf *conf);
void conf_free(struct conf *conf);

#endif
