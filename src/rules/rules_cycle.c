/* The life cycle and the calendar (guide p. 2 and 4): what other requests and accounts permit. */
#include "lib/buf.h"
#include "lib/date.h"
#include "model/numero.h"
#include "rules/rules_private.h"

#include <string.h>

/* One referencing number, one enrolment (guide p. 2). The number of another supplier's request is
 * not told. True when there is a live request: what else is wrong of the cycle would mislead. */
static bool already_enrolled(struct root *root, struct findings *findings, struct facts *facts)
{
	const struct dossier *dossier = &facts->dossier;
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_DEMANDE_LIVE);
	char numero[NUMERO_SIZE];
	bool own;

	bind_text(stmt, DEMANDE_LIVE_P_NUMERO_ANS,
		  dossier_get(dossier, CHAMP_REFERENCEMENT_NUMERO_ANS));
	if (!store_step(root->store, stmt))
		return false;
	demande_numero(column_int(stmt, DEMANDE_LIVE_ID), column_int(stmt, DEMANDE_LIVE_RANG),
		       numero);
	own = strcmp(column_text(stmt, DEMANDE_LIVE_SIREN), facts->siren) == 0;
	/* Two accounts claim one number: case managers hear of it. */
	if (strcmp(column_text(stmt, DEMANDE_LIVE_COMPTE), facts->compte) != 0)
		facts->cycle.disputed = column_int(stmt, DEMANDE_LIVE_ID);
	dossier_anomalie(
	    dossier, &findings->anomalies, ANO_CYC_DEJA_ENROLE, CHAMP_REFERENCEMENT_NUMERO_ANS,
	    own ? numero : "elle est d'un autre fournisseur ; contactez l'assistance", NULL);
	return true;
}

static bool has_account(struct root *root, const char *siren)
{
	return store_get_int(root->store, SQL_COMPTE_OF_SIREN, siren, 0) != 0;
}

/* Whether the supplier's first wave-2 enrolment still waits, none being validated (guide p. 4). */
static bool first_is_pending(struct root *root, struct findings *findings,
			     const struct facts *facts)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_DEMANDE_FIRST_WAITING);
	char numero[NUMERO_SIZE];

	bind_text(stmt, DEMANDE_FIRST_WAITING_P_SIREN, facts->siren);
	if (!store_step(root->store, stmt))
		return false;
	demande_numero(column_int(stmt, DEMANDE_FIRST_WAITING_ID),
		       column_int(stmt, DEMANDE_FIRST_WAITING_RANG), numero);
	dossier_anomalie(&facts->dossier, &findings->anomalies, ANO_CYC_PREMIER_EN_ATTENTE,
			 CHAMP_DEMANDEUR_SIRET, numero, NULL);
	return true;
}

/* An initial enrolment is for a supplier without an account, a complémentaire for one with an
 * account (guide p. 2). While the first enrolment is pending, its account is still to come: a
 * complémentaire is not of the wrong kind then. */
static void right_kind(struct root *root, struct findings *findings, const struct facts *facts)
{
	const struct valeur *type = &facts->dossier.champs[CHAMP_TYPE];
	bool initial = facts->enrolement == DEPOT_INITIAL;
	bool account = has_account(root, facts->siren);
	bool pending = first_is_pending(root, findings, facts);

	if (initial && account)
		anomalies_add(&findings->anomalies, ANO_CYC_COMPTE_EXISTE, "type", type,
			      facts->siren, NULL);
	if (!initial && !account && !pending)
		anomalies_add(&findings->anomalies, ANO_CYC_COMPTE_ABSENT, "type", type,
			      facts->siren, NULL);
}

/* The day of deposit must lie in a window, bounds included; a DSR without a window is open. */
static void calendar(struct root *root, struct findings *findings, const struct facts *facts)
{
	const struct dossier *dossier = &facts->dossier;
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_CALENDRIER_LIST);
	struct buf windows = {0};
	bool open = false;
	char day[DATE_SIZE];

	date_format(facts->date_depot, day);
	bind_text(stmt, CALENDRIER_LIST_P_DSR, facts->referencing.dsr);
	while (store_step(root->store, stmt)) {
		const char *first = column_text(stmt, CALENDRIER_LIST_OUVERTURE),
			   *last = column_text(stmt, CALENDRIER_LIST_CLOTURE);

		open = open || (strcmp(first, day) <= 0 && strcmp(day, last) <= 0);
		buf_puts(&windows, windows.length > 0 ? ", " : "");
		if (strcmp(first, DATE_OPEN_START) == 0)
			buf_printf(&windows, "jusqu'au %s", last);
		else if (strcmp(last, DATE_OPEN_END) == 0)
			buf_printf(&windows, "à partir du %s", first);
		else
			buf_printf(&windows, "du %s au %s", first, last);
	}
	if (windows.length > 0 && !open)
		dossier_anomalie(dossier, &findings->anomalies, ANO_CYC_CALENDRIER,
				 CHAMP_REFERENCEMENT_NUMERO_ANS, facts->referencing.dsr,
				 windows.data);
	buf_free(&windows);
}

void rules_cycle(struct root *root, struct findings *findings, struct facts *facts)
{
	bool known = dossier_get(&facts->dossier, CHAMP_REFERENCEMENT_NUMERO_ANS) != NULL;

	if (known && already_enrolled(root, findings, facts))
		return;
	right_kind(root, findings, facts);
	if (facts->referencing.known)
		calendar(root, findings, facts);
}
