#include "record/decisions.h"

#include "lib/mem.h"
#include "lib/pasted.h"
#include "lib/sha256.h"
#include "lib/text.h"
#include "model/numero.h"
#include "model/slip.h"
#include "record/record.h"
#include "request/demande.h"
#include "request/token.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MOTIF_MAX	 2000 /* characters */
#define GESTIONNAIRE_MAX 100

static bool given(const char *text)
{
	return text != NULL && text[strspn(text, " \t\r\n\u00a0")] != '\0';
}

/* Reads "kbis|autre, rib" into a set of types. */
static bool parse_pieces(const char *text, struct anomalies *anomalies,
			 bool wanted[static PIECE_TYPE_COUNT])
{
	char *unknown = piece_types_parse(text, wanted), *known, *advice;
	bool all[PIECE_TYPE_COUNT];

	if (unknown == NULL)
		return true;
	memset(all, true, sizeof(all));
	known = piece_types_list(all, ", ");
	advice = slip_advice(piece_type_near(unknown));
	anomalies_cite(anomalies, ANO_DEC_PIECE_INCONNUE, "pieces", unknown, known, advice);
	free(advice);
	free(known);
	free(unknown);
	return false;
}

static void check_length(const char *text, const char *name, unsigned max,
			 struct anomalies *anomalies)
{
	if (text != NULL && text_length(text) > max)
		anomalies_add(anomalies, ANO_DEC_TROP_LONG, name, NULL, name, DECIMAL(max));
}

/* Adds an anomaly of a word that is not known, with the one that it was meant to be. */
static void cite_near(struct anomalies *anomalies, enum anomalie_code code, const char *column,
		      const char *word, const char *meant)
{
	char *advice = slip_advice(meant);

	anomalies_cite(anomalies, code, column, word, advice, NULL);
	free(advice);
}

/* Checks the row alone; the request comes after. */
static void check_row(const struct decision *row, enum evenement event,
		      const bool wanted[static PIECE_TYPE_COUNT], struct anomalies *anomalies)
{
	if (event == EVENEMENT_COUNT)
		cite_near(anomalies, ANO_DEC_INCONNUE, "decision", row->decision,
			  given(row->decision) ? decision_near(row->decision) : NULL);
	if (!given(row->gestionnaire))
		anomalies_add(anomalies, ANO_DEC_GESTIONNAIRE_ABSENT, "gestionnaire", NULL, NULL,
			      NULL);
	if ((event == EVENEMENT_REJETER || event == EVENEMENT_DEMANDER_MODIFICATION) &&
	    !given(row->motif))
		anomalies_add(anomalies, ANO_DEC_MOTIF_ABSENT, "motif", NULL, NULL, NULL);
	if (event == EVENEMENT_DEMANDER_PIECES && !piece_types_any(wanted) && anomalies->count == 0)
		anomalies_add(anomalies, ANO_DEC_PIECES_ABSENTES, "pieces", NULL, NULL, NULL);
	if (event == EVENEMENT_CLASSER_ALERTE && !given(row->alerte))
		anomalies_add(anomalies, ANO_DEC_ALERTE_ABSENTE, "alerte", NULL, NULL, NULL);
	check_length(row->motif, "motif", MOTIF_MAX, anomalies);
	check_length(row->gestionnaire, "gestionnaire", GESTIONNAIRE_MAX, anomalies);
}

/* Whether that statement (:demande, :alerte) finds the alert. */
static bool alert_in(struct root *root, enum sql_id sql, int64_t demande, const char *alert)
{
	sqlite3_stmt *stmt = store_stmt(root->store, sql);
	bool found;

	bind_int(stmt, parameter(stmt, ":demande"), demande);
	bind_text(stmt, parameter(stmt, ":alerte"), alert);
	found = store_step(root->store, stmt);
	sqlite3_reset(stmt);
	return found;
}

/* Checks the status that the case manager saw, when the row names one. */
static void check_seen(const struct decision *row, const struct demande *demande,
		       struct anomalies *anomalies)
{
	enum statut seen;

	if (!given(row->statut))
		return;
	seen = statut_from(row->statut);
	if (seen == STATUT_NONE)
		cite_near(anomalies, ANO_DEC_STATUT_INCONNU, "statut", row->statut,
			  statut_near(row->statut));
	else if (seen != demande->statut)
		anomalies_cite(anomalies, ANO_DEC_STATUT_PERIME, "statut", statut_libelle(seen),
			       statut_libelle(demande->statut), NULL);
}

/* Loads the request, and checks that the case manager has read it as it is now. */
static void check_number(struct root *root, const struct decision *row, struct demande *demande,
			 struct anomalies *anomalies)
{
	enum named named = demande_named(root, row->numero, demande);
	char today[NUMERO_SIZE];

	if (named == NAMED_NOTHING || (named == NAMED_NEVER && !row->replayed)) {
		anomalies_cite(anomalies, ANO_DEC_NUMERO_INCONNU, "numero", row->numero, NULL,
			       NULL);
	} else if (named == NAMED_BEFORE && !row->replayed) {
		demande_numero(demande->id, demande->rang, today);
		anomalies_cite(anomalies, ANO_DEC_RANG_PERIME, "numero", row->numero, today, NULL);
	}
}

/* Checks that the alert stands, and gives its name as alertes.csv has it, "" for none. */
static void check_alert(struct root *root, const struct decision *row,
			const struct demande *demande, struct anomalies *anomalies,
			char alert[static PASTED_SIZE])
{
	char numero[NUMERO_SIZE];

	demande_numero(demande->id, demande->rang, numero);
	if (pasted_code(row->alerte, alert, PASTED_SIZE) == PASTED_FOREIGN ||
	    !alert_in(root, SQL_ALERTE_STANDS, demande->id, alert))
		anomalies_cite(anomalies,
			       alert_in(root, SQL_ALERTE_SET_ASIDE, demande->id, alert)
				   ? ANO_DEC_ALERTE_CLASSEE
				   : ANO_DEC_ALERTE_INCONNUE,
			       "alerte", row->alerte, numero, NULL);
}

static void refuse_decision(const struct decision *row, const struct demande *demande,
			    struct anomalies *anomalies)
{
	char *possible = statut_decisions(demande->statut, &demande->facts);

	anomalies_cite(anomalies, ANO_DEC_STATUT, "decision", row->decision,
		       statut_libelle(demande->statut), possible);
	free(possible);
}

/* What was done, in French; the caller frees it. */
static char *say_done(const struct decision *row, const struct demande *demande,
		      enum evenement event, enum statut vers, const char *alert)
{
	char numero[NUMERO_SIZE];

	demande_numero(demande->id, demande->rang, numero);
	if (event == EVENEMENT_PRENDRE)
		return mem_printf("%s est instruite par %s", numero, row->gestionnaire);
	if (event == EVENEMENT_CLASSER_ALERTE)
		return mem_printf("l'alerte %s de %s est classée", alert, numero);
	return mem_printf("%s passe de « %s » à « %s »", numero, statut_libelle(demande->statut),
			  statut_libelle(vers));
}

/* The account that somebody has at any portal, or at ours; NULL for none. */
static char *account_of(struct root *root, const char *email)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_COMPTE_OF_EMAIL);
	char *identifiant;

	bind_text(stmt, COMPTE_OF_EMAIL_P_EMAIL, email);
	if (!store_step(root->store, stmt))
		return NULL;
	identifiant = mem_strdup(column_text(stmt, COMPTE_OF_EMAIL_IDENTIFIANT));
	sqlite3_reset(stmt);
	return identifiant;
}

/* A new identifiant for a person whom no portal knows. */
static char *new_identifiant(struct root *root, const char *siren)
{
	char *identifiant = mem_printf("segur-%s", siren);

	for (unsigned n = 2;
	     store_get_int(root->store, SQL_COMPTE_IDENTIFIANT_TAKEN, identifiant, 0) != 0; n++) {
		free(identifiant);
		identifiant = mem_printf("segur-%s-%u", siren, n);
	}
	return identifiant;
}

/* Opens the access that a validation gives, with its mails, if this person has none for this
 * supplier yet (guide p. 22). A complémentaire whose account has left the ASP's table has nobody to
 * open an access for: its other mails go to the service. */
static void open_account(struct root *root, const struct decision *row,
			 const struct demande *demande, int64_t event, const char *numero)
{
	struct record_mail mail = {.date = row->date,
				   .destinataire = demande->contact,
				   .name = demande->contact_nom,
				   .numero = numero,
				   .demande = demande->id,
				   .evenement = event};
	char *email = mem_strdup(demande->contact), *identifiant;
	char token[TOKEN_SIZE], hex[SHA256_HEX_SIZE];
	uint8_t digest[SHA256_SIZE];
	sqlite3_stmt *stmt;
	bool known;

	for (char *c = email; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	if (email[0] == '\0' || store_has(root->store, SQL_ACCES_GRANTED, ACCES_GRANTED_P_SIREN,
					  demande->siren, ACCES_GRANTED_P_EMAIL, email)) {
		free(email);
		return;
	}
	identifiant = account_of(root, email);
	known = identifiant != NULL;
	if (!known) {
		identifiant = new_identifiant(root, demande->siren);
		token_derive(root->secret, identifiant, demande->id, token);
		sha256_of(token, strlen(token), digest);
		sha256_hex(digest, hex);
		explicit_bzero(token, sizeof(token));
	}
	stmt = store_stmt(root->store, SQL_COMPTE_INSERT);
	bind_text(stmt, COMPTE_INSERT_P_IDENTIFIANT, identifiant);
	bind_text(stmt, COMPTE_INSERT_P_EMAIL, email);
	bind_text(stmt, COMPTE_INSERT_P_SIREN, demande->siren);
	bind_text(stmt, COMPTE_INSERT_P_TITULAIRE, demande->titulaire);
	bind_text(stmt, COMPTE_INSERT_P_OUVERT_LE, row->date);
	bind_int(stmt, COMPTE_INSERT_P_DEMANDE, demande->id);
	bind_text(stmt, COMPTE_INSERT_P_JETON_SHA256, known ? NULL : hex);
	store_run(root->store, stmt);

	mail.identifiant = identifiant;
	mail.type = known ? "ouverture_acces" : "identifiant";
	record_mail(root, &mail);
	if (!known) {
		mail.type = "mot_de_passe";
		record_mail(root, &mail);
	}
	free(identifiant);
	free(email);
}

static void ask_for_pieces(struct root *root, int64_t demande,
			   const bool wanted[static PIECE_TYPE_COUNT])
{
	for (unsigned type = 0; type < PIECE_TYPE_COUNT; type++) {
		sqlite3_stmt *stmt = store_stmt(root->store, SQL_PIECES_DEMANDEES_INSERT);

		if (!wanted[type])
			continue;
		bind_int(stmt, PIECES_DEMANDEES_INSERT_P_DEMANDE, demande);
		bind_text(stmt, PIECES_DEMANDEES_INSERT_P_TYPE,
			  piece_type_name((enum piece_type)type));
		store_run(root->store, stmt);
	}
}

/* The file to correct that goes with a demand; what it says is rendered when it goes out. */
static void give_modification(struct root *root, int64_t event, const char *numero)
{
	char *name = mem_printf("%s_modification.yaml", numero);
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_MODIFICATION_INSERT);

	bind_int(stmt, MODIFICATION_INSERT_P_EVENEMENT, event);
	bind_text(stmt, MODIFICATION_INSERT_P_NOM, name);
	store_run(root->store, stmt);
	free(name);
}

/* Records the event; of one that changes the status also that, what was asked for and the mails. */
static void apply_decision(struct root *root, const struct decision *row,
			   const struct demande *demande, enum evenement event,
			   const struct transition *transition,
			   const bool wanted[static PIECE_TYPE_COUNT], const char *alert)
{
	char *pieces = piece_types_list(wanted, "|");
	char *actor = mem_printf("gestionnaire:%s", row->gestionnaire);
	char numero[NUMERO_SIZE];
	int64_t id;

	demande_numero(demande->id, demande->rang, numero);
	id = record_event(root, &(struct record_event){.night_id = row->night_id,
						       .date = row->date,
						       .demande = demande->id,
						       .rang = demande->rang,
						       .evenement = event,
						       .acteur = actor,
						       .de = demande->statut,
						       .vers = transition->vers,
						       .motif = row->motif,
						       .pieces = pieces,
						       .fichier = row->fichier,
						       .details = alert,
						       .fichier_asp = row->fichier_asp});
	if (transition->vers != demande->statut)
		record_statut(
		    root, &(struct record_statut){.demande = demande->id,
						  .vers = transition->vers,
						  .date = row->date,
						  .modification_demandee =
						      event == EVENEMENT_DEMANDER_MODIFICATION});
	if (event == EVENEMENT_DEMANDER_PIECES)
		ask_for_pieces(root, demande->id, wanted);
	if (event == EVENEMENT_DEMANDER_MODIFICATION)
		give_modification(root, id, numero);
	if (transition->mail != NULL)
		record_mail(root, &(struct record_mail){.date = row->date,
							.type = transition->mail,
							.destinataire = demande->contact,
							.name = demande->contact_nom,
							.numero = numero,
							.demande = demande->id,
							.evenement = id});
	if (event == EVENEMENT_VALIDER)
		open_account(root, row, demande, id, numero);
	free(pieces);
	free(actor);
}

bool decision_apply(struct root *root, const struct decision *row, struct anomalies *anomalies,
		    char **resume)
{
	struct demande demande = {0};
	enum evenement event =
	    given(row->decision) ? decision_from(row->decision) : EVENEMENT_COUNT;
	const struct transition *transition = NULL;
	bool wanted[PIECE_TYPE_COUNT] = {false}, applied;
	char alert[PASTED_SIZE] = "";

	if (!given(row->numero) || demande_numero_parse(row->numero) == 0)
		anomalies_cite(anomalies, ANO_DEC_NUMERO_INVALIDE, "numero", row->numero, NULL,
			       NULL);
	if (event != EVENEMENT_DEMANDER_PIECES ||
	    parse_pieces(given(row->pieces) ? row->pieces : "", anomalies, wanted))
		check_row(row, event, wanted, anomalies);
	if (anomalies->count == 0)
		check_number(root, row, &demande, anomalies);
	if (demande.id != 0)
		check_seen(row, &demande, anomalies);
	if (anomalies->count == 0) {
		transition = statut_transition(demande.statut, event, &demande.facts);
		if (transition == NULL)
			refuse_decision(row, &demande, anomalies);
		else if (event == EVENEMENT_CLASSER_ALERTE)
			check_alert(root, row, &demande, anomalies, alert);
	}
	applied = transition != NULL && anomalies->count == 0;
	if (applied) {
		apply_decision(root, row, &demande, event, transition, wanted, alert);
		if (resume != NULL)
			*resume = say_done(row, &demande, event, transition->vers, alert);
	}
	demande_free(&demande);
	return applied;
}
