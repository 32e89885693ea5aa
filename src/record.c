#include "record.h"

#include "journal.h"
#include "lib/date.h"
#include "lib/mem.h"
#include "lib/sha256.h"
#include "lib/text.h"
#include "outbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETOUR_NAME_MAX                                                                            \
	200 /* bytes of an archive's name in its answers' names; longer ones get a hash */

static void bind_optional_int(sqlite3_stmt *stmt, int index, int64_t value)
{
	if (value != 0)
		bind_int(stmt, index, value);
}

/* <archive>_retour.yaml, then _retour-2…; a name that is too long keeps its beginning and a hash.
 */
static char *free_retour_name(struct root *root, const struct drop *drop)
{
	char *stem = mem_strdup(drop->archive);
	char *name = NULL;

	if (strlen(stem) > RETOUR_NAME_MAX) {
		uint8_t digest[32];
		char hex[65], *shortened;

		sha256_of(stem, strlen(stem), digest);
		sha256_hex(digest, hex);
		hex[16] = '\0';
		text_truncate_utf8(stem, RETOUR_NAME_MAX - 20);
		shortened = mem_printf("%s~%s", stem, hex);
		free(stem);
		stem = shortened;
	}
	for (unsigned n = 1; name == NULL; n++) {
		sqlite3_stmt *stmt = store_stmt(root->store, SQL_DEPOT_RETOUR_TAKEN);

		name = n == 1 ? mem_printf("%s_retour.yaml", stem)
			      : mem_printf("%s_retour-%u.yaml", stem, n);
		bind_text(stmt, 1, drop->compte);
		bind_text(stmt, 2, name);
		if (store_step(root->store, stmt)) {
			free(name);
			name = NULL;
		}
	}
	free(stem);
	return name;
}

struct answer {
	const char *sha256, *format, *type, *etat, *numero, *statut, *incident;
	uint64_t taille;
	bool essai, libere;
	int64_t demande, reponse_de;
};

static int64_t insert_depot(struct root *root, const struct record_night *night,
			    const struct record_drop *received, const struct answer *answer)
{
	sqlite3_stmt *stmt;
	char *retour = free_retour_name(root, received->drop);

	stmt = store_stmt(root->store, SQL_DEPOT_INSERT);
	bind_int(stmt, 1, night->id);
	bind_text(stmt, 2, night->date);
	bind_text(stmt, 3, received->drop->compte);
	bind_text(stmt, 4, received->drop->archive);
	bind_int(stmt, 5, (int64_t)answer->taille);
	bind_text(stmt, 6, answer->sha256);
	bind_text(stmt, 7, answer->format);
	bind_text(stmt, 8, received->recu_le);
	bind_text(stmt, 9, answer->type);
	bind_text(stmt, 10, answer->etat);
	bind_int(stmt, 11, answer->essai);
	bind_optional_int(stmt, 12, answer->demande);
	bind_text(stmt, 13, answer->numero);
	bind_text(stmt, 14, answer->statut);
	bind_text(stmt, 15, answer->incident);
	bind_optional_int(stmt, 16, answer->reponse_de);
	bind_text(stmt, 17, received->drop->source);
	bind_text(stmt, 18, retour);
	bind_int(stmt, 19, answer->libere);
	store_run(root->store, stmt);
	free(retour);
	return store_last_id(root->store);
}

static void insert_anomalies(struct root *root, int64_t depot, const struct anomalies *anomalies)
{
	for (size_t i = 0; i < anomalies->count; i++) {
		const struct anomalie *anomalie = &anomalies->items[i];
		const struct catalogue_entry *entry = &catalogue[anomalie->code];
		char *message = anomalie_message(anomalie), *remede = anomalie_remede(anomalie);
		sqlite3_stmt *stmt = store_stmt(root->store, SQL_ANOMALIE_INSERT);

		bind_int(stmt, 1, depot);
		bind_int(stmt, 2, (int64_t)i);
		bind_text(stmt, 3, entry->code);
		bind_text(stmt, 4, entry->gravite == GRAVITE_BLOQUANT ? "bloquant" : "alerte");
		bind_text(stmt, 5, anomalie->chemin);
		bind_optional_int(stmt, 6, anomalie->ligne);
		bind_optional_int(stmt, 7, anomalie->colonne);
		bind_text(stmt, 8, anomalie->valeur);
		bind_text(stmt, 9, message);
		bind_text(stmt, 10, remede);
		bind_optional_int(stmt, 11, entry->page);
		store_run(root->store, stmt);
		free(message);
		free(remede);
	}
}

/* The account holder (guide p. 15 and 17): the dépositaire when there is one, else the
 * représentant. */
struct holder {
	const char *titulaire, *email;
	char *name;
};

static struct holder account_holder(const struct dossier *dossier)
{
	bool other = dossier_is(dossier, CHAMP_DECLARANT, "depositaire");
	const char *first =
	    dossier_get(dossier, other ? CHAMP_DEPOSITAIRE_PRENOM : CHAMP_REPRESENTANT_PRENOM);
	const char *last =
	    dossier_get(dossier, other ? CHAMP_DEPOSITAIRE_NOM : CHAMP_REPRESENTANT_NOM);

	return (struct holder){
	    .titulaire = other ? "depositaire" : "representant_legal",
	    .email =
		dossier_get(dossier, other ? CHAMP_DEPOSITAIRE_EMAIL : CHAMP_REPRESENTANT_EMAIL),
	    .name = mem_printf("%s %s", first != NULL ? first : "", last != NULL ? last : ""),
	};
}

/* As given, else the register's; of unpublished data the trade name remains. */
static const char *demande_denomination(const struct dossier *dossier, const struct faits *faits)
{
	const char *given = dossier_get(dossier, CHAMP_DEMANDEUR_DENOMINATION_SOCIALE);

	if (given != NULL)
		return given;
	if (faits->denomination[0] != '\0' && strstr(faits->denomination, "[ND]") == NULL)
		return faits->denomination;
	return dossier_get(dossier, CHAMP_DEMANDEUR_NOM_COMMERCIAL);
}

static int64_t insert_demande(struct root *root, const struct record_drop *received,
			      const struct dossier *dossier, const struct faits *faits,
			      const struct holder *holder)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_DEMANDE_INSERT);
	char date[11];

	date_format(faits->date_depot, date);
	bind_text(stmt, 1, statut_code(STATUT_EN_COURS));
	bind_text(stmt, 2, depot_type_name(dossier->type));
	bind_int(stmt, 3, !faits->referencement_valide);
	bind_int(stmt, 4, faits->referencement_valide);
	bind_text(stmt, 5, received->drop->compte);
	bind_text(stmt, 6, dossier_get(dossier, CHAMP_DEMANDEUR_SIRET));
	bind_text(stmt, 7, faits->siren);
	bind_text(stmt, 8, dossier_get(dossier, CHAMP_REFERENCEMENT_NUMERO_ANS));
	bind_text(stmt, 9, faits->logiciel);
	bind_text(stmt, 10, faits->version);
	bind_text(stmt, 11, faits->dsr);
	bind_text(stmt, 12, faits->profil);
	bind_text(stmt, 13, faits->siren_editeur);
	bind_text(stmt, 14, demande_denomination(dossier, faits));
	bind_text(stmt, 15, date);
	bind_text(stmt, 16, holder->email);
	bind_text(stmt, 17, holder->name);
	bind_text(stmt, 18, holder->titulaire);
	store_run(root->store, stmt);
	return store_last_id(root->store);
}

/* In the order of dossier_insert's columns from the fourth on. */
static const enum champ dossier_columns[] = {
    CHAMP_REFERENCEMENT_HEBERGEMENT_DONNEES_SANTE,
    CHAMP_DEMANDEUR_NOM_COMMERCIAL,
    CHAMP_DEMANDEUR_DENOMINATION_SOCIALE,
    CHAMP_DEMANDEUR_ADRESSE_DESTINATAIRE,
    CHAMP_DEMANDEUR_ADRESSE_BATIMENT,
    CHAMP_DEMANDEUR_ADRESSE_NUMERO,
    CHAMP_DEMANDEUR_ADRESSE_EXTENSION,
    CHAMP_DEMANDEUR_ADRESSE_TYPE_VOIE,
    CHAMP_DEMANDEUR_ADRESSE_NOM_VOIE,
    CHAMP_DEMANDEUR_ADRESSE_COMPLEMENT,
    CHAMP_DEMANDEUR_ADRESSE_CODE_POSTAL,
    CHAMP_DEMANDEUR_ADRESSE_COMMUNE,
    CHAMP_DEMANDEUR_DISTRIBUTEUR,
    CHAMP_DECLARANT,
    CHAMP_REPRESENTANT_NOM,
    CHAMP_REPRESENTANT_PRENOM,
    CHAMP_REPRESENTANT_EMAIL,
    CHAMP_REPRESENTANT_TELEPHONE,
    CHAMP_REPRESENTANT_IDENTITE_NATURE,
    CHAMP_REPRESENTANT_IDENTITE_VALIDE_JUSQU_AU,
    CHAMP_REPRESENTANT_IDENTITE_DELIVREE_LE,
    CHAMP_DEPOSITAIRE_QUALITE,
    CHAMP_DEPOSITAIRE_NOM,
    CHAMP_DEPOSITAIRE_PRENOM,
    CHAMP_DEPOSITAIRE_EMAIL,
    CHAMP_DEPOSITAIRE_TELEPHONE,
    CHAMP_DEPOSITAIRE_IDENTITE_NATURE,
    CHAMP_DEPOSITAIRE_IDENTITE_VALIDE_JUSQU_AU,
    CHAMP_DEPOSITAIRE_IDENTITE_DELIVREE_LE,
    CHAMP_BANQUE_IBAN,
    CHAMP_BANQUE_BIC,
    CHAMP_BANQUE_TITULAIRE,
    CHAMP_TVA_ASSUJETTI,
};

/* What the supplier left out of the address is the register's (INTERFACE, 2). */
static const char *from_register(const struct faits *faits, enum champ champ)
{
	const char *text = champ == CHAMP_DEMANDEUR_ADRESSE_NUMERO	  ? faits->numero
			   : champ == CHAMP_DEMANDEUR_ADRESSE_NOM_VOIE	  ? faits->nom_voie
			   : champ == CHAMP_DEMANDEUR_ADRESSE_CODE_POSTAL ? faits->code_postal
									  : NULL;

	/* "[ND]": not published. */
	return text != NULL && strstr(text, "[ND]") == NULL ? text : NULL;
}

static void insert_dossier(struct root *root, int64_t demande, int64_t depot,
			   const struct dossier *dossier, const struct faits *faits)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_DOSSIER_INSERT);
	int column = 4;

	bind_int(stmt, 1, demande);
	bind_int(stmt, 2, 0);
	bind_int(stmt, 3, depot);
	for (size_t i = 0; i < sizeof(dossier_columns) / sizeof(*dossier_columns); i++) {
		const char *text = dossier_get(dossier, dossier_columns[i]);

		bind_text(stmt, column++,
			  text != NULL ? text : from_register(faits, dossier_columns[i]));
	}
	bind_text(stmt, column, faits->domiciliation);
	store_run(root->store, stmt);
}

static void insert_pieces(struct root *root, int64_t demande, int64_t depot,
			  const struct dossier *dossier)
{
	static const char *const formats[] = {"", "pdf", "jpeg", "png"};

	for (size_t i = 0; i < dossier->piece_count; i++) {
		const struct piece *piece = &dossier->pieces[i];
		sqlite3_stmt *stmt = store_stmt(root->store, SQL_PIECE_INSERT);
		char hex[65];

		sha256_hex(piece->empreinte, hex);
		bind_int(stmt, 1, demande);
		bind_int(stmt, 2, depot);
		bind_text(stmt, 3, piece_type_name(piece->code));
		bind_text(stmt, 4, piece->fichier.texte);
		bind_int(stmt, 5, piece->ordinal);
		bind_int(stmt, 6, (int64_t)piece->taille);
		bind_text(stmt, 7, hex);
		bind_text(stmt, 8, formats[piece->format]);
		bind_text(stmt, 9,
			  piece->valide_jusqu_au.valide ? piece->valide_jusqu_au.texte : NULL);
		store_run(root->store, stmt);
	}
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
	store_run(root->store, stmt);
	id = store_last_id(root->store);
	journal_append(root, id);
	return id;
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

/* Opens the request of an accepted initial submission. */
static void open_demande(struct root *root, const struct record_night *night,
			 const struct record_drop *received, int64_t depot,
			 const struct constat *constat, const struct faits *faits)
{
	const struct dossier *dossier = &constat->dossier;
	const struct statut_faits guards = {.anticipe = !faits->referencement_valide,
					    .certificats = faits->referencement_valide};
	const struct transition *transition =
	    statut_transition(STATUT_AUCUN, EVENEMENT_DEPOT, &guards);
	struct holder holder = account_holder(dossier);
	char *actor = mem_printf("compte:%s", received->drop->compte);
	char numero[40];
	int64_t demande = insert_demande(root, received, dossier, faits, &holder);
	int64_t event;
	sqlite3_stmt *stmt;

	demande_numero(demande, 0, numero);
	insert_dossier(root, demande, depot, dossier, faits);
	insert_pieces(root, demande, depot, dossier);
	event = record_event(root, &(struct record_event){.nuit = night->id,
							  .date = night->date,
							  .demande = demande,
							  .evenement = EVENEMENT_DEPOT,
							  .acteur = actor,
							  .vers = transition->vers,
							  .depot = depot,
							  .fichier = received->drop->archive});
	record_mail(root, &(struct record_mail){.date = night->date,
						.type = transition->mail,
						.destinataire = holder.email,
						.nom = holder.name,
						.numero = numero,
						.demande = demande,
						.evenement = event,
						.depot = depot});
	stmt = store_stmt(root->store, SQL_DEPOT_SET_DEMANDE);
	bind_int(stmt, 1, depot);
	bind_int(stmt, 2, demande);
	bind_text(stmt, 3, numero);
	bind_text(stmt, 4, statut_code(transition->vers));
	store_run(root->store, stmt);
	free(actor);
	free(holder.name);
}

/* A refusal is told to the contact that the access table gives: for that SIREN, else for the
 * account. */
static void mail_refusal(struct root *root, const struct record_night *night,
			 const struct record_drop *received, int64_t depot,
			 const struct faits *faits)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_ACCES_GET);
	char *contact = NULL;

	bind_text(stmt, 1, received->drop->compte);
	bind_text(stmt, 2, faits->siren);
	if (store_step(root->store, stmt)) {
		contact = mem_strdup(column_text(stmt, 0));
	} else {
		stmt = store_stmt(root->store, SQL_ACCES_CONTACT);
		bind_text(stmt, 1, received->drop->compte);
		if (store_step(root->store, stmt))
			contact = mem_strdup(column_text(stmt, 0));
	}
	/* The table may name nobody. */
	if (contact != NULL && contact[0] != '\0')
		record_mail(root, &(struct record_mail){.date = night->date,
							.type = "depot_refuse",
							.destinataire = contact,
							.depot = depot});
	free(contact);
}

int64_t record_constat(struct root *root, const struct record_night *night,
		       const struct record_drop *drop, const struct constat *constat,
		       const struct faits *faits)
{
	bool refused = anomalies_blocking(&constat->anomalies);
	char hex[65];
	struct answer answer = {
	    .format = constat->format_archive,
	    .taille = constat->taille,
	    .type = depot_type_name(constat->dossier.type),
	    .etat = refused ? "KO" : (constat->anomalies.count > 0 ? "ANO" : "OK"),
	    .essai = constat->dossier.essai,
	    .libere = !drop->drop->ordinaire,
	};
	int64_t depot;

	sha256_hex(constat->empreinte, hex);
	if (constat->taille > 0 && constat->taille <= root->conf.archive_octets)
		answer.sha256 = hex;
	else
		answer.taille = drop->drop->taille; /* read no further than the limit */
	depot = insert_depot(root, night, drop, &answer);
	insert_anomalies(root, depot, &constat->anomalies);
	if (refused)
		mail_refusal(root, night, drop, depot, faits);
	else if (!constat->dossier.essai)
		open_demande(root, night, drop, depot, constat, faits);
	return depot;
}

bool record_repeat(struct root *root, const struct record_night *night,
		   const struct record_drop *drop, const struct constat *constat)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_DEPOT_RECORDED);
	char hex[65], *texts[4];
	struct answer answer = {
	    .sha256 = hex, .format = constat->format_archive, .taille = constat->taille};

	sha256_hex(constat->empreinte, hex);
	bind_text(stmt, 1, drop->drop->compte);
	bind_text(stmt, 2, hex);
	if (!store_step(root->store, stmt))
		return false;
	answer.reponse_de = column_int(stmt, 0);
	answer.demande = column_int(stmt, 3);
	for (int i = 0; i < 4; i++)
		texts[i] = mem_strdup(column_text(stmt, (int[]){1, 2, 4, 5}[i]));
	answer.etat = texts[0];
	answer.type = texts[1];
	answer.numero = texts[2];
	answer.statut = texts[3];
	insert_depot(root, night, drop, &answer);
	for (int i = 0; i < 4; i++)
		free(texts[i]);
	return true;
}

void record_incident(struct root *root, const struct record_night *night,
		     const struct record_drop *drop, const char *incident)
{
	const struct answer answer = {.format = "",
				      .type = "",
				      .etat = "INCIDENT",
				      .incident = incident,
				      .taille = drop->drop->taille,
				      .libere = true};

	insert_depot(root, night, drop, &answer);
}
