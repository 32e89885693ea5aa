#include "record/record_private.h"

#include "lib/mem.h"
#include "lib/sha256.h"
#include "lib/text.h"
#include "model/numero.h"
#include "record/correction.h"
#include "record/journal.h"
#include "record/signals.h"

#include <stdlib.h>
#include <string.h>

#define ANSWERED_NAME_MAX 200 /* bytes of a file's name in its answers' names */

char *answer_file_name(const char *file, const char *extension, answer_taken *taken, void *context)
{
	char *stem = mem_strdup(file), *name = NULL;

	if (strlen(stem) > ANSWERED_NAME_MAX) {
		uint8_t digest[SHA256_SIZE];
		char hex[SHA256_HEX_SIZE], *shortened;

		sha256_of(file, strlen(file), digest);
		sha256_hex(digest, hex);
		text_truncate_utf8(stem, ANSWERED_NAME_MAX - 20);
		shortened = mem_printf("%s~%.16s", stem, hex);
		free(stem);
		stem = shortened;
	}
	for (unsigned n = 1; name == NULL; n++) {
		name = n == 1 ? mem_printf("%s_retour%s", stem, extension)
			      : mem_printf("%s_retour-%u%s", stem, n, extension);
		if (taken(context, name)) {
			free(name);
			name = NULL;
		}
	}
	free(stem);
	return name;
}

/* Where the answer to a drop goes. */
struct answer_place {
	struct root *root;
	const char *compte;
};

static bool is_drop_answer(void *context, const char *name)
{
	const struct answer_place *place = context;

	return store_has(place->root->store, SQL_DEPOT_RETOUR_TAKEN, DEPOT_RETOUR_TAKEN_P_COMPTE,
			 place->compte, DEPOT_RETOUR_TAKEN_P_RETOUR_NOM, name);
}

static char *answer_name(struct root *root, const struct drop *drop)
{
	struct answer_place place = {root, drop->compte};

	return answer_file_name(drop->archive, ".yaml", is_drop_answer, &place);
}

struct answer {
	const char *sha256, *format, *type, *etat, *numero, *statut, *incident;
	uint64_t size;
	bool essai, released;
	int64_t demande, reponse_de;
};

static int64_t insert_depot(struct root *root, const struct record_night *night,
			    const struct record_drop *received, const struct answer *answer,
			    const char *answer_file)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_DEPOT_INSERT);

	bind_int(stmt, DEPOT_INSERT_P_NUIT, night->id);
	bind_text(stmt, DEPOT_INSERT_P_DATE, night->date);
	bind_text(stmt, DEPOT_INSERT_P_COMPTE, received->drop->compte);
	bind_text(stmt, DEPOT_INSERT_P_ARCHIVE, received->drop->archive);
	bind_int(stmt, DEPOT_INSERT_P_TAILLE, (int64_t)answer->size);
	bind_text(stmt, DEPOT_INSERT_P_SHA256, answer->sha256);
	bind_text(stmt, DEPOT_INSERT_P_FORMAT, answer->format);
	bind_text(stmt, DEPOT_INSERT_P_RECU_LE, received->received_at);
	bind_text(stmt, DEPOT_INSERT_P_TYPE, answer->type);
	bind_text(stmt, DEPOT_INSERT_P_ETAT, answer->etat);
	bind_int(stmt, DEPOT_INSERT_P_ESSAI, answer->essai);
	bind_optional_int(stmt, DEPOT_INSERT_P_DEMANDE, answer->demande);
	bind_text(stmt, DEPOT_INSERT_P_NUMERO, answer->numero);
	bind_text(stmt, DEPOT_INSERT_P_STATUT, answer->statut);
	bind_text(stmt, DEPOT_INSERT_P_INCIDENT, answer->incident);
	bind_optional_int(stmt, DEPOT_INSERT_P_REPONSE_DE, answer->reponse_de);
	bind_text(stmt, DEPOT_INSERT_P_SOURCE, received->drop->source);
	bind_text(stmt, DEPOT_INSERT_P_RETOUR_NOM, answer_file);
	bind_int(stmt, DEPOT_INSERT_P_LIBERE, answer->released);
	store_run(root->store, stmt);
	return store_last_id(root->store);
}

static void insert_anomalies(struct root *root, int64_t depot, const struct anomalies *anomalies)
{
	for (size_t i = 0; i < anomalies->count; i++) {
		const struct anomalie *anomalie = &anomalies->items[i];
		const struct catalogue_entry *entry = &catalogue[anomalie->code];
		char *message = anomalie_message(anomalie), *remede = anomalie_remede(anomalie);
		sqlite3_stmt *stmt = store_stmt(root->store, SQL_ANOMALIE_INSERT);

		bind_int(stmt, ANOMALIE_INSERT_P_DEPOT, depot);
		bind_int(stmt, ANOMALIE_INSERT_P_ORDRE, (int64_t)i);
		bind_text(stmt, ANOMALIE_INSERT_P_CODE, entry->code);
		bind_text(stmt, ANOMALIE_INSERT_P_GRAVITE,
			  anomalie->gravite == GRAVITE_BLOQUANT ? "bloquant" : "alerte");
		bind_text(stmt, ANOMALIE_INSERT_P_CHEMIN, anomalie->chemin);
		bind_optional_int(stmt, ANOMALIE_INSERT_P_LIGNE, anomalie->ligne);
		bind_optional_int(stmt, ANOMALIE_INSERT_P_COLONNE, anomalie->colonne);
		bind_text(stmt, ANOMALIE_INSERT_P_VALEUR, anomalie->valeur);
		bind_text(stmt, ANOMALIE_INSERT_P_MESSAGE, message);
		bind_text(stmt, ANOMALIE_INSERT_P_REMEDE, remede);
		bind_optional_int(stmt, ANOMALIE_INSERT_P_PAGE_GUIDE, entry->page);
		store_run(root->store, stmt);
		free(message);
		free(remede);
	}
}

/* The contact that the access table gives for that SIREN, else for the account; NULL or "" when it
 * names nobody. The caller frees it. */
static char *contact_of(struct root *root, const char *compte, const char *siren)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_ACCES_GET);

	bind_text(stmt, ACCES_GET_P_COMPTE, compte);
	bind_text(stmt, ACCES_GET_P_SIREN, siren);
	if (store_step(root->store, stmt))
		return mem_strdup(column_text(stmt, ACCES_GET_CONTACT));
	stmt = store_stmt(root->store, SQL_ACCES_CONTACT);
	bind_text(stmt, ACCES_CONTACT_P_COMPTE, compte);
	return store_step(root->store, stmt) ? mem_strdup(column_text(stmt, ACCES_CONTACT_CONTACT))
					     : NULL;
}

/* A refusal is mailed to the contact. When the account may act for the request, the mail says that nothing has changed. */
static void mail_refusal(struct root *root, const struct record_night *night,
			 const struct record_drop *received, int64_t depot,
			 const struct facts *facts)
{
	char *contact = contact_of(root, received->drop->compte, facts->siren);
	char numero[NUMERO_SIZE] = "";

	if (facts->demande.id != 0)
		demande_numero(facts->demande.id, facts->demande.rang, numero);
	if (contact != NULL && contact[0] != '\0')
		record_mail(root, &(struct record_mail){.date = night->date,
							.type = "depot_refuse",
							.destinataire = contact,
							.numero = numero,
							.demande = facts->demande.id,
							.depot = depot});
	free(contact);
}

int64_t record_findings(struct root *root, const struct record_night *night,
			const struct record_drop *drop, const struct findings *findings,
			const struct facts *facts)
{
	bool refused = anomalies_blocking(&findings->anomalies);
	char hex[SHA256_HEX_SIZE];
	struct answer answer = {
	    .format = findings->format_archive,
	    .size = findings->size,
	    .type = depot_type_name(findings->dossier.type),
	    .etat = refused ? "KO" : (findings->anomalies.count > 0 ? "ANO" : "OK"),
	    .essai = findings->dossier.essai,
	    .released = !drop->drop->regular,
	};
	int64_t depot;
	char *answer_file;

	sha256_hex(findings->digest, hex);
	if (findings->size > 0 && findings->size <= root->conf.archive_octets)
		answer.sha256 = hex;
	else
		answer.size = drop->drop->size; /* the parser read no further than the limit */
	answer_file = answer_name(root, drop->drop);
	depot = insert_depot(root, night, drop, &answer, answer_file);
	insert_anomalies(root, depot, &findings->anomalies);
	if (refused) {
		correction_record(root, depot, findings, facts, answer_file);
		mail_refusal(root, night, drop, depot, facts);
		if (facts->cycle.disputed != 0 && !findings->dossier.essai)
			signal_numero_dispute(root, night, facts->cycle.disputed, depot,
					      facts->compte);
	}
	if (!refused && !findings->dossier.essai)
		record_demande(root, night, drop, depot, facts);
	free(answer_file);
	return depot;
}

bool record_repeat(struct root *root, const struct record_night *night,
		   const struct record_drop *drop, const struct findings *findings)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_DEPOT_RECORDED);
	static const int columns[4] = {DEPOT_RECORDED_ETAT, DEPOT_RECORDED_TYPE,
				       DEPOT_RECORDED_NUMERO, DEPOT_RECORDED_STATUT};
	char hex[SHA256_HEX_SIZE], *texts[4], *answer_file;
	struct answer answer = {
	    .sha256 = hex, .format = findings->format_archive, .size = findings->size};

	sha256_hex(findings->digest, hex);
	bind_text(stmt, DEPOT_RECORDED_P_COMPTE, drop->drop->compte);
	bind_text(stmt, DEPOT_RECORDED_P_SHA256, hex);
	if (!store_step(root->store, stmt))
		return false;
	answer.reponse_de = column_int(stmt, DEPOT_RECORDED_ID);
	answer.demande = column_int(stmt, DEPOT_RECORDED_DEMANDE);
	for (int i = 0; i < 4; i++)
		texts[i] = mem_strdup(column_text(stmt, columns[i]));
	answer.etat = texts[0];
	answer.type = texts[1];
	answer.numero = texts[2];
	answer.statut = texts[3];
	answer_file = answer_name(root, drop->drop);
	insert_depot(root, night, drop, &answer, answer_file);
	free(answer_file);
	for (int i = 0; i < 4; i++)
		free(texts[i]);
	return true;
}

/* Whether it waited already in an earlier night; `depot` is its newest row. */
static bool waited_before(struct root *root, const struct drop *drop)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_DEPOT_HISTORY);
	bool before;

	bind_text(stmt, DEPOT_HISTORY_P_COMPTE, drop->compte);
	bind_text(stmt, DEPOT_HISTORY_P_SOURCE, drop->source);
	before = store_step(root->store, stmt) && column_int(stmt, DEPOT_HISTORY_INCIDENTS) > 1;
	sqlite3_reset(stmt);
	return before;
}

/* Acknowledges the drops that wait since tonight: one mail an account, due with the first of them. */
static void mail_waiting(struct root *root, const struct record_night *night,
			 const struct drop *drop, int64_t depot)
{
	sqlite3_stmt *stmt;
	char *contact;
	bool told;

	if (!record_night_rules(root, night->id, RULES_OF_3) || waited_before(root, drop))
		return;
	stmt = store_stmt(root->store, SQL_ATTENTE_TOLD);
	bind_text(stmt, ATTENTE_TOLD_P_COMPTE, drop->compte);
	bind_int(stmt, ATTENTE_TOLD_P_NUIT, night->id);
	told = store_step(root->store, stmt);
	sqlite3_reset(stmt);
	contact = told ? NULL : contact_of(root, drop->compte, "");
	if (contact != NULL && contact[0] != '\0') {
		record_mail(root, &(struct record_mail){.date = night->date,
							.type = "depot_en_attente",
							.destinataire = contact,
							.depot = depot});
		stmt = store_stmt(root->store, SQL_ATTENTE_TELL);
		bind_text(stmt, ATTENTE_TELL_P_COMPTE, drop->compte);
		bind_int(stmt, ATTENTE_TELL_P_NUIT, night->id);
		store_run(root->store, stmt);
	}
	free(contact);
}

void record_incident(struct root *root, const struct record_night *night,
		     const struct record_drop *drop, const char *incident)
{
	const struct answer answer = {.format = "",
				      .type = "",
				      .etat = "INCIDENT",
				      .incident = incident,
				      .size = drop->drop->size,
				      .released = true};
	char *answer_file = answer_name(root, drop->drop);

	mail_waiting(root, night, drop->drop,
		     insert_depot(root, night, drop, &answer, answer_file));
	free(answer_file);
}
