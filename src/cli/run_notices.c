/* What an operator must hear of after a night, also from cron: a line a fact, and what to do. */
#include "asp/asp_file.h"
#include "cli/cmd.h"
#include "lib/notice.h"
#include "lib/text.h"
#include "night/night.h"
#include "publish/law.h"

#include <string.h>

static void tell_refused_files(struct night *night)
{
	struct store *store = night->root->store;
	sqlite3_stmt *stmt = store_stmt(store, SQL_SUMMARY_FICHIERS_REFUSED);

	bind_int(stmt, SUMMARY_FICHIERS_REFUSED_P_NUIT, night->id);
	while (store_step(store, stmt))
		notice(NOTICE_WARNING,
		       "inbox/asp/%s est refusé, ligne %lld : %s %s Sa réponse est "
		       "outbox/asp/retours/%s",
		       column_text(stmt, SUMMARY_FICHIERS_REFUSED_NOM),
		       (long long)column_int(stmt, SUMMARY_FICHIERS_REFUSED_LIGNE),
		       column_text(stmt, SUMMARY_FICHIERS_REFUSED_CODE),
		       column_text(stmt, SUMMARY_FICHIERS_REFUSED_MESSAGE),
		       column_text(stmt, SUMMARY_FICHIERS_REFUSED_RETOUR_NOM));
}

/* Whether drops wait for something of ours. */
static bool tell_incidents(struct night *night)
{
	struct store *store = night->root->store;
	sqlite3_stmt *stmt = store_stmt(store, SQL_SUMMARY_INCIDENTS);
	bool ours = false;

	bind_int(stmt, SUMMARY_INCIDENTS_P_NUIT, night->id);
	while (store_step(store, stmt)) {
		long long count = (long long)column_int(stmt, SUMMARY_INCIDENTS_COUNT);

		notice(NOTICE_WARNING, "%lld %s (%s/%s%s) : %s", count,
		       text_plural((uint64_t)count, "dépôt attend la prochaine nuit",
				   "dépôts attendent la prochaine nuit"),
		       column_text(stmt, SUMMARY_INCIDENTS_COMPTE),
		       column_text(stmt, SUMMARY_INCIDENTS_ARCHIVE),
		       count > 1 ? ", entre autres" : "",
		       column_text(stmt, SUMMARY_INCIDENTS_INCIDENT));
		ours = ours ||
		       strcmp(column_text(stmt, SUMMARY_INCIDENTS_INCIDENT), INCIDENT_CLOSED) != 0;
	}
	return ours;
}

static void tell_missing_registers(struct night *night)
{
	if (night->missing != NULL)
		notice(NOTICE_WARNING, "%s : rien n'est jugé tant qu'il manque dans inbox/asp",
		       night->missing);
	if (store_get_int(night->root->store, SQL_FICHIER_TAKEN, asp_kind_name(ASP_COMPTES), 0) ==
	    0)
		notice(NOTICE_WARNING, "comptes.csv n'a jamais été reçu : aucun compte de la vague "
				       "1 n'est connu ; demandez-le à l'ASP");
}

static void tell_missing_law(const struct conf *conf)
{
	struct buf keys = {0};

	law_missing(conf, &keys);
	if (keys.length > 0)
		notice(
		    NOTICE_WARNING,
		    "segur.conf, [droit] : il manque %s ; les courriels ne citent pas les articles "
		    "de loi qui en dépendent. Demandez ces textes au service, puis écrivez-les",
		    keys.data);
	buf_free(&keys);
}

static void tell_unwritten(const struct night *night)
{
	if (night->unpublished.ours > 0)
		notice(NOTICE_ERROR,
		       "sorties qui n'ont pas pu être écrites, et restent dues : %zu ; la "
		       "prochaine nuit les écrira",
		       night->unpublished.ours);
	if (night->unreleased > 0)
		notice(NOTICE_WARNING,
		       "fichiers traités qui n'ont pas pu être retirés de l'inbox : %zu ; ils ne "
		       "seront pas traités deux fois",
		       night->unreleased);
}

int run_notices(struct night *night)
{
	bool waits;

	tell_missing_law(&night->root->conf);
	tell_missing_registers(night);
	tell_refused_files(night);
	waits = tell_incidents(night) || night->deferred > 0;
	tell_unwritten(night);
	if (night->unpublished.ours > 0 || night->unsaved)
		return ERR_CANT_WRITE;
	return waits ? ERR_WAITS : 0;
}
