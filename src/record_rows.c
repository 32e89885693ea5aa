#include "record_rows.h"

#include "journal.h"
#include "numero.h"

void bind_optional_int(sqlite3_stmt *stmt, int index, int64_t value)
{
	if (value != 0)
		bind_int(stmt, index, value);
}

int64_t record_event(struct root *root, const struct record_event *event)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_EVENEMENT_INSERT);
	char numero[40];
	int64_t id;

	demande_numero(event->demande, event->rang, numero);
	bind_optional_int(stmt, 1, event->nuit);
	bind_text(stmt, 2, event->date);
	bind_int(stmt, 3, event->demande);
	bind_text(stmt, 4, numero);
	bind_text(stmt, 5, evenement_code(event->evenement));
	bind_text(stmt, 6, event->acteur);
	bind_text(stmt, 7, event->de != STATUT_AUCUN ? statut_code(event->de) : NULL);
	bind_text(stmt, 8, statut_code(event->vers));
	bind_text(stmt, 9, event->motif != NULL ? event->motif : "");
	bind_text(stmt, 10, event->pieces != NULL ? event->pieces : "");
	bind_text(stmt, 11, event->fichier != NULL ? event->fichier : "");
	bind_optional_int(stmt, 12, event->depot);
	bind_text(stmt, 13, event->details != NULL ? event->details : "");
	bind_optional_int(stmt, 14, event->fichier_asp);
	store_run(root->store, stmt);
	id = store_last_id(root->store);
	if (event->nuit == 0)
		store_run_int(root->store, SQL_COMMANDE_INSERT, id);
	journal_append(root, id);
	return id;
}

void record_statut(struct root *root, const struct record_statut *statut)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_DEMANDE_SET_STATUT);

	bind_int(stmt, 1, statut->demande);
	bind_text(stmt, 2, statut_code(statut->vers));
	bind_int(stmt, 3, statut->modification_demandee);
	bind_text(stmt, 4, statut->date);
	store_run(root->store, stmt);
	store_run_int(root->store, SQL_PIECES_DEMANDEES_CLEAR, statut->demande);
}

void record_mail(struct root *root, const struct record_mail *mail)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_MAIL_INSERT);

	bind_text(stmt, 1, mail->date);
	bind_text(stmt, 2, mail->type);
	bind_text(stmt, 3, mail->destinataire);
	bind_text(stmt, 4, mail->nom != NULL ? mail->nom : "");
	bind_optional_int(stmt, 5, mail->demande);
	bind_text(stmt, 6, mail->numero != NULL ? mail->numero : "");
	bind_optional_int(stmt, 7, mail->evenement);
	bind_optional_int(stmt, 8, mail->depot);
	bind_text(stmt, 9, mail->identifiant);
	store_run(root->store, stmt);
}
