#include "record/record_rows.h"

#include "model/numero.h"
#include "record/journal.h"

void bind_optional_int(sqlite3_stmt *stmt, int index, int64_t value)
{
	if (value != 0)
		bind_int(stmt, index, value);
}

int64_t record_event(struct root *root, const struct record_event *event)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_EVENEMENT_INSERT);
	char numero[NUMERO_SIZE];
	int64_t id;

	demande_numero(event->demande, event->rang, numero);
	bind_optional_int(stmt, EVENEMENT_INSERT_P_NUIT, event->night_id);
	bind_text(stmt, EVENEMENT_INSERT_P_DATE, event->date);
	bind_int(stmt, EVENEMENT_INSERT_P_DEMANDE, event->demande);
	bind_text(stmt, EVENEMENT_INSERT_P_NUMERO, numero);
	bind_text(stmt, EVENEMENT_INSERT_P_EVENEMENT, evenement_code(event->evenement));
	bind_text(stmt, EVENEMENT_INSERT_P_ACTEUR, event->acteur);
	bind_text(stmt, EVENEMENT_INSERT_P_DE,
		  event->de != STATUT_NONE ? statut_code(event->de) : NULL);
	bind_text(stmt, EVENEMENT_INSERT_P_VERS, statut_code(event->vers));
	bind_text(stmt, EVENEMENT_INSERT_P_MOTIF, event->motif != NULL ? event->motif : "");
	bind_text(stmt, EVENEMENT_INSERT_P_PIECES, event->pieces != NULL ? event->pieces : "");
	bind_text(stmt, EVENEMENT_INSERT_P_FICHIER, event->fichier != NULL ? event->fichier : "");
	bind_optional_int(stmt, EVENEMENT_INSERT_P_DEPOT, event->depot);
	bind_text(stmt, EVENEMENT_INSERT_P_DETAILS, event->details != NULL ? event->details : "");
	bind_optional_int(stmt, EVENEMENT_INSERT_P_FICHIER_ASP, event->fichier_asp);
	store_run(root->store, stmt);
	id = store_last_id(root->store);
	if (event->night_id == 0)
		store_run_int(root->store, SQL_COMMANDE_INSERT, id);
	journal_append(root, id);
	return id;
}

void record_statut(struct root *root, const struct record_statut *statut)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_DEMANDE_SET_STATUT);

	bind_int(stmt, DEMANDE_SET_STATUT_P_ID, statut->demande);
	bind_text(stmt, DEMANDE_SET_STATUT_P_STATUT, statut_code(statut->vers));
	bind_int(stmt, DEMANDE_SET_STATUT_P_MODIFICATION_DEMANDEE, statut->modification_demandee);
	bind_text(stmt, DEMANDE_SET_STATUT_P_DATE, statut->date);
	store_run(root->store, stmt);
	store_run_int(root->store, SQL_PIECES_DEMANDEES_CLEAR, statut->demande);
}

void record_mail(struct root *root, const struct record_mail *mail)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_MAIL_INSERT);

	bind_text(stmt, MAIL_INSERT_P_DATE, mail->date);
	bind_text(stmt, MAIL_INSERT_P_TYPE, mail->type);
	bind_text(stmt, MAIL_INSERT_P_DESTINATAIRE, mail->destinataire);
	bind_text(stmt, MAIL_INSERT_P_DESTINATAIRE_NOM, mail->name != NULL ? mail->name : "");
	bind_optional_int(stmt, MAIL_INSERT_P_DEMANDE, mail->demande);
	bind_text(stmt, MAIL_INSERT_P_NUMERO, mail->numero != NULL ? mail->numero : "");
	bind_optional_int(stmt, MAIL_INSERT_P_EVENEMENT, mail->evenement);
	bind_optional_int(stmt, MAIL_INSERT_P_DEPOT, mail->depot);
	bind_text(stmt, MAIL_INSERT_P_IDENTIFIANT, mail->identifiant);
	store_run(root->store, stmt);
}

bool record_night_rules(struct root *root, int64_t night_id, const char *rules)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_NIGHT_RULES);
	bool found;

	bind_int(stmt, NIGHT_RULES_P_NUIT, night_id);
	bind_text(stmt, NIGHT_RULES_P_REGLES, rules);
	found = store_step(root->store, stmt);
	sqlite3_reset(stmt);
	return found;
}
