/*
 * A request as the database has it, read by the rules on what follows a first deposit and by the
 * case managers' decisions.
 */
#ifndef SEGUR_REQUEST_DEMANDE_H
#define SEGUR_REQUEST_DEMANDE_H

#include "model/dossier.h"
#include "request/status.h"
#include "store/root.h"

struct demande {
	int64_t id, rang; /* id 0: none */
	enum statut statut;
	struct statut_facts facts;
	enum depot_type type; /* DEPOT_INITIAL or DEPOT_COMPLEMENTAIRE */
	char *siret, *siren, *numero_ans, *dsr, *compte;
	char *contact, *contact_nom, *titulaire; /* who holds the account and gets the mails */
	bool asked[PIECE_TYPE_COUNT];		 /* asked for and not yet given */
	bool held[PIECE_TYPE_COUNT];		 /* in force: held, and not replaced */
};

/* False when there is no such request; *demande is zeroed then, which demande_free takes. */
bool demande_load(struct root *root, int64_t id, struct demande *demande);
void demande_free(struct demande *demande);

/* What a number, as somebody wrote it, names (DOMAIN, 4). */
enum named {
	NAMED_NOTHING, /* no request; *demande is zeroed */
	NAMED_NOW,     /* a request, at today's rank or at none in particular */
	NAMED_BEFORE,  /* a request, at a rank that a modification has raised since */
	NAMED_NEVER,   /* a request, at a rank that it never had */
};
/* Loads the request that the number names, whatever its rank. */
enum named demande_named(struct root *root, const char *numero, struct demande *demande);

/* Fills those champs of `dossier` that `wanted` names and that have no value, from the request's
 * dossier at its present rank; the values are valid and have no position. */
void demande_load_dossier(struct root *root, const struct demande *demande,
			  const bool wanted[static CHAMP_COUNT], struct dossier *dossier);

#endif
