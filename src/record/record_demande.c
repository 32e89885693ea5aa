/*
 * What an accepted submission changes in its request: the dossier, the documents, the status, the
 * event, the acknowledgement; in the caller's transaction.
 */
#include "lib/buf.h"
#include "lib/date.h"
#include "lib/mem.h"
#include "lib/sha256.h"
#include "lib/siret.h"
#include "model/numero.h"
#include "record/addresses.h"
#include "record/record_private.h"
#include "record/signals.h"

#include <stdlib.h>
#include <string.h>

/* What is being recorded. */
struct recording {
	struct root *root;
	const struct record_night *night;
	const struct record_drop *received;
	int64_t depot, demande, rang;
	const struct dossier *dossier;
	const struct facts *facts;
};

/* The name as given, else the register's. When that is not published, the trade name; a
 * complémentaire, which has none, gets its SIRET. */
static const char *denomination(const struct recording *recording)
{
	const char *given = dossier_get(recording->dossier, CHAMP_DEMANDEUR_DENOMINATION_SOCIALE);
	const char *known = recording->facts->establishment.denomination;
	const char *trade = dossier_get(recording->dossier, CHAMP_DEMANDEUR_NOM_COMMERCIAL);

	if (given != NULL)
		return given;
	if (known != NULL && insee_is_published(known))
		return known;
	return trade != NULL ? trade : recording->facts->siret;
}

static const char *or_empty(const char *text)
{
	return text != NULL ? text : "";
}

static void bind_contact(sqlite3_stmt *stmt, const struct recording *recording)
{
	bind_text(stmt, parameter(stmt, ":denomination"), denomination(recording));
	bind_text(stmt, parameter(stmt, ":contact"), or_empty(recording->facts->holder.contact));
	bind_text(stmt, parameter(stmt, ":contact_nom"),
		  or_empty(recording->facts->holder.contact_nom));
	bind_text(stmt, parameter(stmt, ":titulaire"), recording->facts->holder.titulaire);
}

static int64_t insert_demande(const struct recording *recording)
{
	const struct facts *facts = recording->facts;
	sqlite3_stmt *stmt = store_stmt(recording->root->store, SQL_DEMANDE_INSERT);
	char date[DATE_SIZE];

	date_format(facts->date_depot, date);
	bind_text(stmt, DEMANDE_INSERT_P_STATUT, statut_code(facts->transition->vers));
	bind_text(stmt, DEMANDE_INSERT_P_TYPE, depot_type_name(facts->enrolement));
	bind_int(stmt, DEMANDE_INSERT_P_ANTICIPE, !facts->referencing.valid);
	bind_int(stmt, DEMANDE_INSERT_P_CERTIFICATS, facts->referencing.valid);
	bind_text(stmt, DEMANDE_INSERT_P_COMPTE, recording->received->drop->compte);
	bind_text(stmt, DEMANDE_INSERT_P_SIRET, facts->siret);
	bind_text(stmt, DEMANDE_INSERT_P_SIREN, facts->siren);
	bind_text(stmt, DEMANDE_INSERT_P_NUMERO_ANS,
		  dossier_get(recording->dossier, CHAMP_REFERENCEMENT_NUMERO_ANS));
	bind_text(stmt, DEMANDE_INSERT_P_LOGICIEL, facts->referencing.logiciel);
	bind_text(stmt, DEMANDE_INSERT_P_VERSION, facts->referencing.version);
	bind_text(stmt, DEMANDE_INSERT_P_DSR, facts->referencing.dsr);
	bind_text(stmt, DEMANDE_INSERT_P_PROFIL, facts->referencing.profil);
	bind_text(stmt, DEMANDE_INSERT_P_SIREN_EDITEUR, facts->referencing.siren_editeur);
	bind_text(stmt, DEMANDE_INSERT_P_DATE_DEPOT, date);
	bind_contact(stmt, recording);
	store_run(recording->root->store, stmt);
	return store_last_id(recording->root->store);
}

static void insert_dossier(const struct recording *recording)
{
	sqlite3_stmt *stmt = store_stmt(recording->root->store, SQL_DOSSIER_INSERT);

	bind_int(stmt, DOSSIER_INSERT_P_DEMANDE, recording->demande);
	bind_int(stmt, DOSSIER_INSERT_P_RANG, recording->rang);
	bind_int(stmt, DOSSIER_INSERT_P_DEPOT, recording->depot);
	bind_text(stmt, DOSSIER_INSERT_P_DOMICILIATION, recording->facts->bank.domiciliation);
	for (size_t i = 0; i < DOSSIER_COLUMNS; i++)
		bind_text(stmt, dossier_columns[i].parameter,
			  dossier_get(recording->dossier, dossier_columns[i].champ));
	store_run(recording->root->store, stmt);
}

static void replace_pieces(const struct recording *recording, enum piece_type type)
{
	sqlite3_stmt *stmt = store_stmt(recording->root->store, SQL_PIECES_REPLACE);

	bind_int(stmt, PIECES_REPLACE_P_DEMANDE, recording->demande);
	bind_text(stmt, PIECES_REPLACE_P_TYPE, piece_type_name(type));
	store_run(recording->root->store, stmt);
}

static void insert_piece(const struct recording *recording, const struct piece *piece)
{
	sqlite3_stmt *stmt = store_stmt(recording->root->store, SQL_PIECE_INSERT);
	char hex[SHA256_HEX_SIZE];

	sha256_hex(piece->digest, hex);
	bind_int(stmt, PIECE_INSERT_P_DEMANDE, recording->demande);
	bind_int(stmt, PIECE_INSERT_P_DEPOT, recording->depot);
	bind_text(stmt, PIECE_INSERT_P_TYPE, piece_type_name(piece->code));
	bind_text(stmt, PIECE_INSERT_P_FICHIER, piece->fichier.text);
	bind_int(stmt, PIECE_INSERT_P_ORDINAL, piece->ordinal);
	bind_int(stmt, PIECE_INSERT_P_TAILLE, (int64_t)piece->size);
	bind_text(stmt, PIECE_INSERT_P_SHA256, hex);
	bind_text(stmt, PIECE_INSERT_P_FORMAT, piece_format_names[piece->format]);
	bind_text(stmt, PIECE_INSERT_P_VALIDE_JUSQU_AU,
		  piece->valide_jusqu_au.valid ? piece->valide_jusqu_au.text : NULL);
	store_run(recording->root->store, stmt);
}

/* A document replaces the earlier one of its type, unless it is "autre", which may be anything. */
static void insert_pieces(const struct recording *recording)
{
	for (unsigned type = 0; type < PIECE_TYPE_COUNT; type++)
		if (recording->facts->withdrawn[type] ||
		    (type != PIECE_AUTRE && recording->facts->demande.id != 0 &&
		     dossier_piece(recording->dossier, (enum piece_type)type) != NULL))
			replace_pieces(recording, (enum piece_type)type);
	for (size_t i = 0; i < recording->dossier->piece_count; i++)
		insert_piece(recording, &recording->dossier->pieces[i]);
}

/* The types that the drop brought, "kbis|rib"; the caller frees it. */
static char *pieces_given(const struct dossier *dossier)
{
	bool given[PIECE_TYPE_COUNT] = {false};

	for (size_t i = 0; i < dossier->piece_count; i++)
		given[dossier->pieces[i].code] = true;
	return piece_types_list(given, "|");
}

/* The key paths that a modification changed, "banque.iban|banque.bic"; the caller frees it. */
static char *changes(const struct facts *facts)
{
	struct buf out = {0};

	for (size_t i = 0; i < CHAMP_COUNT; i++)
		if (facts->changed[i])
			buf_printf(&out, "%s%s", out.length > 0 ? "|" : "", champ_table[i].chemin);
	return buf_take(&out);
}

/* The event, the acknowledgement, and what the answer says of the request. */
static void tell_contact(const struct recording *recording)
{
	const struct facts *facts = recording->facts;
	const struct record_night *night = recording->night;
	char *actor = mem_printf("compte:%s", recording->received->drop->compte);
	bool first = facts->demande.id == 0;
	char *pieces = first ? mem_strdup("") : pieces_given(recording->dossier);
	char *details = changes(facts), numero[NUMERO_SIZE];
	int64_t event;
	sqlite3_stmt *stmt;

	demande_numero(recording->demande, recording->rang, numero);
	event = record_event(recording->root,
			     &(struct record_event){.night_id = night->id,
						    .date = night->date,
						    .demande = recording->demande,
						    .rang = recording->rang,
						    .evenement = facts->evenement,
						    .acteur = actor,
						    .de = facts->demande.statut,
						    .vers = facts->transition->vers,
						    .pieces = pieces,
						    .fichier = recording->received->drop->archive,
						    .details = details,
						    .depot = recording->depot});
	record_mail(recording->root,
		    &(struct record_mail){.date = night->date,
					  .type = facts->transition->mail,
					  .destinataire = or_empty(facts->holder.contact),
					  .name = facts->holder.contact_nom,
					  .numero = numero,
					  .demande = recording->demande,
					  .evenement = event,
					  .depot = recording->depot});
	stmt = store_stmt(recording->root->store, SQL_DEPOT_SET_DEMANDE);
	bind_int(stmt, DEPOT_SET_DEMANDE_P_ID, recording->depot);
	bind_int(stmt, DEPOT_SET_DEMANDE_P_DEMANDE, recording->demande);
	bind_text(stmt, DEPOT_SET_DEMANDE_P_NUMERO, numero);
	bind_text(stmt, DEPOT_SET_DEMANDE_P_STATUT, statut_code(facts->transition->vers));
	store_run(recording->root->store, stmt);
	free(actor);
	free(pieces);
	free(details);
}

static void set_status(const struct recording *recording)
{
	record_statut(recording->root, &(struct record_statut){
					   .demande = recording->demande,
					   .vers = recording->facts->transition->vers,
					   .date = recording->night->date,
				       });
}

/* Certificates may also come as documents asked for: what is held then decides (DOMAIN, 4). */
static void note_certificates(const struct recording *recording)
{
	struct demande demande;
	const bool *held = demande.held;
	bool complete;

	if (!demande_load(recording->root, recording->demande, &demande))
		return;
	complete = held[PIECE_CERTIFICAT_REFERENCEMENT] &&
		   (!recording->facts->referencing.sons_dpi || held[PIECE_CERTIFICAT_HDS] ||
		    held[PIECE_ATTESTATION_NON_HDS]);
	if (complete && !demande.facts.certificats)
		store_run_int(recording->root->store, SQL_DEMANDE_SET_CERTIFICATS,
			      recording->demande);
	demande_free(&demande);
}

/* The answer to the HDS question comes with the finalisation. */
static void note_hds(const struct recording *recording)
{
	const char *answer = dossier_get(recording->dossier, CHAMP_HEBERGEMENT_DONNEES_SANTE);
	sqlite3_stmt *stmt;

	if (answer == NULL)
		return;
	stmt = store_stmt(recording->root->store, SQL_DOSSIER_SET_HDS);
	bind_int(stmt, DOSSIER_SET_HDS_P_DEMANDE, recording->demande);
	bind_int(stmt, DOSSIER_SET_HDS_P_RANG, recording->rang);
	bind_text(stmt, DOSSIER_SET_HDS_P_HEBERGEMENT_DONNEES_SANTE, answer);
	store_run(recording->root->store, stmt);
}

static void raise_rank(const struct recording *recording)
{
	sqlite3_stmt *stmt = store_stmt(recording->root->store, SQL_DEMANDE_MODIFY);

	bind_int(stmt, DEMANDE_MODIFY_P_ID, recording->demande);
	bind_int(stmt, DEMANDE_MODIFY_P_RANG, recording->rang);
	bind_contact(stmt, recording);
	store_run(recording->root->store, stmt);
	if (recording->facts->same_holder)
		addresses_correct(recording->root, recording->night->id, recording->facts->siren,
				  recording->facts->demande.contact,
				  or_empty(recording->facts->holder.contact));
}

void record_demande(struct root *root, const struct record_night *night,
		    const struct record_drop *received, int64_t depot, const struct facts *facts)
{
	struct recording recording = {
	    root, night, received, depot, facts->demande.id, facts->demande.rang, &facts->dossier,
	    facts};

	switch (facts->dossier.type) {
	case DEPOT_MODIFICATION:
		recording.rang++;
		insert_dossier(&recording);
		raise_rank(&recording);
		break;
	case DEPOT_FINALISATION:
		note_hds(&recording);
		break;
	case DEPOT_PIECES:
		break;
	default:
		recording.demande = insert_demande(&recording);
		insert_dossier(&recording);
		break;
	}
	insert_pieces(&recording);
	if (facts->demande.id != 0) {
		note_certificates(&recording);
		set_status(&recording);
	}
	tell_contact(&recording);
	signals_of_request(root, night, recording.demande, depot);
}
