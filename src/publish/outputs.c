#include "publish/outputs.h"

#include "lib/array.h"
#include "lib/tree.h"
#include "publish/answer.h"
#include "publish/asp_answer.h"
#include "publish/mail.h"
#include "publish/modification.h"
#include "record/correction.h"

#include <stdio.h>

static const struct handover mails = {SQL_OUTPUT_MAILS_IN_HANDOVER, SQL_OUTPUT_MAIL_HANDED_OVER,
				      SQL_OUTPUT_MAIL_TAKEN_BACK};

/* Answers go out before the mails that name them. */
const struct output_kind outputs[] = {
    {
	.as_rendered = "Réponses rendues",
	.as_published = "Réponses dans l'outbox",
	.folders = {"outbox/fournisseurs"},
	.layout = LAYOUT_BY_FOLDER,
	.due = SQL_OUTPUT_RETOURS_DUE,
	.published = SQL_OUTPUT_RETOUR_PUBLISHED,
	.withdrawn = NO_STATEMENT,
	.removed = NO_STATEMENT,
	.of_night = SQL_REPLAY_OUTPUTS_ANSWERS,
	.due_again = SQL_RESTORE_RETOURS_DUE,
	.known = SQL_KNOWN_RETOUR,
	.erased = SQL_PURGE_ANSWERS,
	.erased_file = NO_STATEMENT,
	.personal = true,
	.accounts = true,
	.render = answer_render,
	.temporaries = "outbox/.tmp",
	.open = dir_open_private,
	.compare = COMPARE_ROWS,
    },
    {
	.as_rendered = "Corrections rendues",
	.as_published = "Corrections dans l'outbox",
	.folders = {"outbox/fournisseurs"},
	.layout = LAYOUT_BY_FOLDER,
	.due = SQL_OUTPUT_CORRECTIONS_DUE,
	.published = SQL_OUTPUT_CORRECTION_PUBLISHED,
	.withdrawn = NO_STATEMENT,
	.removed = NO_STATEMENT,
	.of_night = SQL_REPLAY_OUTPUTS_CORRECTIONS,
	.due_again = SQL_RESTORE_CORRECTIONS_DUE,
	.known = SQL_KNOWN_CORRECTION,
	.erased = SQL_PURGE_CORRECTIONS,
	.erased_file = NO_STATEMENT,
	.personal = true,
	.accounts = true,
	.render = correction_render,
	.temporaries = "outbox/.tmp",
	.open = dir_open_private,
	.compare = COMPARE_ROWS,
    },
    {
	.as_rendered = "Modifications rendues",
	.as_published = "Modifications dans l'outbox",
	.folders = {"outbox/fournisseurs"},
	.layout = LAYOUT_BY_FOLDER,
	.due = SQL_OUTPUT_MODIFICATIONS_DUE,
	.published = SQL_OUTPUT_MODIFICATION_PUBLISHED,
	.withdrawn = SQL_OUTPUT_MODIFICATIONS_WITHDRAWN,
	.removed = SQL_OUTPUT_MODIFICATION_REMOVED,
	.of_night = SQL_REPLAY_OUTPUTS_MODIFICATIONS,
	.due_again = SQL_RESTORE_MODIFICATIONS_DUE,
	.known = SQL_KNOWN_MODIFICATION,
	.erased = SQL_PURGE_MODIFICATIONS,
	.erased_file = NO_STATEMENT,
	.personal = true,
	.render = modification_render,
	.temporaries = "outbox/.tmp",
	.open = dir_open_private,
	.compare = COMPARE_ROWS,
    },
    {
	.as_rendered = "Retours rendus",
	.as_published = "Retours dans l'outbox",
	.folders = {"outbox/asp/retours"},
	.layout = LAYOUT_FLAT,
	.due = SQL_OUTPUT_RETOURS_ASP_DUE,
	.published = SQL_OUTPUT_RETOUR_ASP_PUBLISHED,
	.withdrawn = NO_STATEMENT,
	.removed = NO_STATEMENT,
	.of_night = SQL_REPLAY_OUTPUTS_RETOURS_ASP,
	.due_again = SQL_RESTORE_RETOURS_ASP_DUE,
	.known = SQL_KNOWN_RETOUR_ASP,
	.erased = NO_STATEMENT,
	.erased_file = NO_STATEMENT,
	.render = asp_answer_render,
	.temporaries = "outbox/.tmp",
	.open = dir_open_private,
	.compare = COMPARE_ROWS,
    },
    {
	.as_rendered = "Courriels rendus",
	.as_published = "Courriels dans l'outbox",
	.folders = {"outbox/mails/new", "outbox/mails/cur"},
	.layout = LAYOUT_MAILS,
	.due = SQL_OUTPUT_MAILS_DUE,
	.published = SQL_OUTPUT_MAIL_PUBLISHED,
	.withdrawn = NO_STATEMENT,
	.removed = NO_STATEMENT,
	.of_night = SQL_REPLAY_OUTPUTS_MAILS,
	.due_again = NO_STATEMENT,
	.known = SQL_KNOWN_MAIL,
	.erased = NO_STATEMENT,
	.erased_file = SQL_PURGE_MAIL,
	.personal = true,
	.render = mail_render,
	.temporaries = "outbox/mails/tmp",
	.open = dir_open,
	.handover = &mails,
	.compare = COMPARE_ROWS,
    },
    {
	.as_published = "Rapports dans l'outbox",
	.folders = {"outbox/asp/rapports"},
	.layout = LAYOUT_BY_FOLDER,
	.due = NO_STATEMENT,
	.published = NO_STATEMENT,
	.withdrawn = NO_STATEMENT,
	.removed = NO_STATEMENT,
	.of_night = NO_STATEMENT,
	.due_again = NO_STATEMENT,
	.known = SQL_KNOWN_REPORT,
	.erased = NO_STATEMENT,
	.erased_file = NO_STATEMENT,
	.days = offsetof(struct conf, rapports_jours),
	.personal = true,
	.compare = COMPARE_FOLDER,
    },
};
const size_t output_count = ARRAY_SIZE(outputs);

bool output_recorded(struct store *store, const struct output_kind *kind, const char *folder,
		     const char *name, bool *published, char sha256[static SHA256_HEX_SIZE])
{
	sqlite3_stmt *stmt = store_stmt(store, kind->known);

	bind_text(stmt, parameter_if_any(stmt, ":folder"), folder);
	bind_text(stmt, parameter(stmt, ":name"), name);
	if (!store_step(store, stmt))
		return false;
	*published = column_int(stmt, KNOWN_PUBLISHED) != 0;
	snprintf(sha256, SHA256_HEX_SIZE, "%s", column_text(stmt, KNOWN_SHA256));
	sqlite3_reset(stmt);
	return true;
}
