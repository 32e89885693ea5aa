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
#include "record/record_private.h"
#include "record/signaux.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is being recorded. */
struct suite {
	struct root *root;
	const struct record_night *night;
	const struct record_drop *received;
	int64_t depot, demande, rang;
	const struct dossier *dossier;
	const struct faits *faits;
};

/* As given, else the register's; of unpublished data the trade name, which a complémentaire lacks.
 */
static const char *denomination(const struct suite *suite)
{
	const char *given = dossier_get(suite->dossier, CHAMP_DEMANDEUR_DENOMINATION_SOCIALE);
	const char *known = suite->faits->denomination;
	const char *trade = dossier_get(suite->dossier, CHAMP_DEMANDEUR_NOM_COMMERCIAL);

	if (given != NULL)
		return given;
	if (known != NULL && insee_is_published(known))
		return known;
	return trade != NULL ? trade : suite->faits->siret;
}

static const char *or_empty(const char *text)
{
	return text != NULL ? text : "";
}

static void bind_contact(sqlite3_stmt *stmt, const struct suite *suite)
{
	bind_text(stmt, parameter(stmt, ":denomination"), denomination(suite));
	bind_text(stmt, parameter(stmt, ":contact"), or_empty(suite->faits->contact));
	bind_text(stmt, parameter(stmt, ":contact_nom"), or_empty(suite->faits->contact_nom));
	bind_text(stmt, parameter(stmt, ":titulaire"), suite->faits->titulaire);
}

static int64_t insert_demande(const struct suite *suite)
{
	const struct faits *faits = suite->faits;
	sqlite3_stmt *stmt = store_stmt(suite->root->store, SQL_DEMANDE_INSERT);
	char date[11];

	date_format(faits->date_depot, date);
	bind_text(stmt, DEMANDE_INSERT_P_STATUT, statut_code(faits->transition->vers));
	bind_text(stmt, DEMANDE_INSERT_P_TYPE, depot_type_name(faits->enrolement));
	bind_int(stmt, DEMANDE_INSERT_P_ANTICIPE, !faits->referencement_valide);
	bind_int(stmt, DEMANDE_INSERT_P_CERTIFICATS, faits->referencement_valide);
	bind_text(stmt, DEMANDE_INSERT_P_COMPTE, suite->received->drop->compte);
	bind_text(stmt, DEMANDE_INSERT_P_SIRET, faits->siret);
	bind_text(stmt, DEMANDE_INSERT_P_SIREN, faits->siren);
	bind_text(stmt, DEMANDE_INSERT_P_NUMERO_ANS,
		  dossier_get(suite->dossier, CHAMP_REFERENCEMENT_NUMERO_ANS));
	bind_text(stmt, DEMANDE_INSERT_P_LOGICIEL, faits->logiciel);
	bind_text(stmt, DEMANDE_INSERT_P_VERSION, faits->version);
	bind_text(stmt, DEMANDE_INSERT_P_DSR, faits->dsr);
	bind_text(stmt, DEMANDE_INSERT_P_PROFIL, faits->profil);
	bind_text(stmt, DEMANDE_INSERT_P_SIREN_EDITEUR, faits->siren_editeur);
	bind_text(stmt, DEMANDE_INSERT_P_DATE_DEPOT, date);
	bind_contact(stmt, suite);
	store_run(suite->root->store, stmt);
	return store_last_id(suite->root->store);
}

static void insert_dossier(const struct suite *suite)
{
	sqlite3_stmt *stmt = store_stmt(suite->root->store, SQL_DOSSIER_INSERT);

	bind_int(stmt, DOSSIER_INSERT_P_DEMANDE, suite->demande);
	bind_int(stmt, DOSSIER_INSERT_P_RANG, suite->rang);
	bind_int(stmt, DOSSIER_INSERT_P_DEPOT, suite->depot);
	bind_text(stmt, DOSSIER_INSERT_P_DOMICILIATION, suite->faits->domiciliation);
	for (size_t i = 0; i < DOSSIER_COLUMNS; i++)
		bind_text(stmt, dossier_columns[i].parameter,
			  dossier_get(suite->dossier, dossier_columns[i].champ));
	store_run(suite->root->store, stmt);
}

static void replace_pieces(const struct suite *suite, enum piece_type type)
{
	sqlite3_stmt *stmt = store_stmt(suite->root->store, SQL_PIECES_REPLACE);

	bind_int(stmt, PIECES_REPLACE_P_DEMANDE, suite->demande);
	bind_text(stmt, PIECES_REPLACE_P_TYPE, piece_type_name(type));
	store_run(suite->root->store, stmt);
}

static void insert_piece(const struct suite *suite, const struct piece *piece)
{
	sqlite3_stmt *stmt = store_stmt(suite->root->store, SQL_PIECE_INSERT);
	char hex[65];

	sha256_hex(piece->empreinte, hex);
	bind_int(stmt, PIECE_INSERT_P_DEMANDE, suite->demande);
	bind_int(stmt, PIECE_INSERT_P_DEPOT, suite->depot);
	bind_text(stmt, PIECE_INSERT_P_TYPE, piece_type_name(piece->code));
	bind_text(stmt, PIECE_INSERT_P_FICHIER, piece->fichier.texte);
	bind_int(stmt, PIECE_INSERT_P_ORDINAL, piece->ordinal);
	bind_int(stmt, PIECE_INSERT_P_TAILLE, (int64_t)piece->taille);
	bind_text(stmt, PIECE_INSERT_P_SHA256, hex);
	bind_text(stmt, PIECE_INSERT_P_FORMAT, piece_format_names[piece->format]);
	bind_text(stmt, PIECE_INSERT_P_VALIDE_JUSQU_AU,
		  piece->valide_jusqu_au.valide ? piece->valide_jusqu_au.texte : NULL);
	store_run(suite->root->store, stmt);
}

/* A document stands for the earlier one of its type; "autre" says nothing of what it is. */
static void insert_pieces(const struct suite *suite)
{
	for (unsigned type = 0; type < PIECE_TYPE_COUNT; type++)
		if (suite->faits->retiree[type] ||
		    (type != PIECE_AUTRE && suite->faits->demande.id != 0 &&
		     dossier_piece(suite->dossier, (enum piece_type)type) != NULL))
			replace_pieces(suite, (enum piece_type)type);
	for (size_t i = 0; i < suite->dossier->piece_count; i++)
		insert_piece(suite, &suite->dossier->pieces[i]);
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
static char *changes(const struct faits *faits)
{
	struct buf out = {0};

	for (size_t i = 0; i < CHAMP_COUNT; i++)
		if (faits->modifie[i])
			buf_printf(&out, "%s%s", out.length > 0 ? "|" : "", champ_table[i].chemin);
	return buf_take(&out);
}

/* The event, the acknowledgement, and what the answer says of the request. */
static void tell(const struct suite *suite)
{
	const struct faits *faits = suite->faits;
	const struct record_night *night = suite->night;
	char *actor = mem_printf("compte:%s", suite->received->drop->compte);
	bool first = faits->demande.id == 0;
	char *pieces = first ? mem_strdup("") : pieces_given(suite->dossier);
	char *details = changes(faits), numero[40];
	int64_t event;
	sqlite3_stmt *stmt;

	demande_numero(suite->demande, suite->rang, numero);
	event = record_event(suite->root,
			     &(struct record_event){.nuit = night->id,
						    .date = night->date,
						    .demande = suite->demande,
						    .rang = suite->rang,
						    .evenement = faits->evenement,
						    .acteur = actor,
						    .de = faits->demande.statut,
						    .vers = faits->transition->vers,
						    .pieces = pieces,
						    .fichier = suite->received->drop->archive,
						    .details = details,
						    .depot = suite->depot});
	record_mail(suite->root, &(struct record_mail){.date = night->date,
						       .type = faits->transition->mail,
						       .destinataire = or_empty(faits->contact),
						       .nom = faits->contact_nom,
						       .numero = numero,
						       .demande = suite->demande,
						       .evenement = event,
						       .depot = suite->depot});
	stmt = store_stmt(suite->root->store, SQL_DEPOT_SET_DEMANDE);
	bind_int(stmt, DEPOT_SET_DEMANDE_P_ID, suite->depot);
	bind_int(stmt, DEPOT_SET_DEMANDE_P_DEMANDE, suite->demande);
	bind_text(stmt, DEPOT_SET_DEMANDE_P_NUMERO, numero);
	bind_text(stmt, DEPOT_SET_DEMANDE_P_STATUT, statut_code(faits->transition->vers));
	store_run(suite->root->store, stmt);
	free(actor);
	free(pieces);
	free(details);
}

static void set_statut(const struct suite *suite)
{
	record_statut(suite->root, &(struct record_statut){
				       .demande = suite->demande,
				       .vers = suite->faits->transition->vers,
				       .date = suite->night->date,
				   });
}

/* Certificates may come as documents asked for, too: what is held then decides (DOMAIN, 4). */
static void note_certificates(const struct suite *suite)
{
	struct demande demande;
	const bool *tenues = demande.tenues;
	bool held;

	if (!demande_load(suite->root, suite->demande, &demande))
		return;
	held = tenues[PIECE_CERTIFICAT_REFERENCEMENT] &&
	       (!suite->faits->sons_dpi || tenues[PIECE_CERTIFICAT_HDS] ||
		tenues[PIECE_ATTESTATION_NON_HDS]);
	if (held && !demande.faits.certificats)
		store_run_int(suite->root->store, SQL_DEMANDE_SET_CERTIFICATS, suite->demande);
	demande_free(&demande);
}

/* The answer to the HDS question comes with the finalisation. */
static void note_hds(const struct suite *suite)
{
	const char *answer = dossier_get(suite->dossier, CHAMP_HEBERGEMENT_DONNEES_SANTE);
	sqlite3_stmt *stmt;

	if (answer == NULL)
		return;
	stmt = store_stmt(suite->root->store, SQL_DOSSIER_SET_HDS);
	bind_int(stmt, DOSSIER_SET_HDS_P_DEMANDE, suite->demande);
	bind_int(stmt, DOSSIER_SET_HDS_P_RANG, suite->rang);
	bind_text(stmt, DOSSIER_SET_HDS_P_HEBERGEMENT_DONNEES_SANTE, answer);
	store_run(suite->root->store, stmt);
}

static void raise_rank(const struct suite *suite)
{
	sqlite3_stmt *stmt = store_stmt(suite->root->store, SQL_DEMANDE_MODIFY);

	bind_int(stmt, DEMANDE_MODIFY_P_ID, suite->demande);
	bind_int(stmt, DEMANDE_MODIFY_P_RANG, suite->rang);
	bind_contact(stmt, suite);
	store_run(suite->root->store, stmt);
}

void record_demande(struct root *root, const struct record_night *night,
		    const struct record_drop *received, int64_t depot, const struct faits *faits)
{
	struct suite suite = {
	    root, night, received, depot, faits->demande.id, faits->demande.rang, &faits->dossier,
	    faits};

	switch (faits->dossier.type) {
	case DEPOT_MODIFICATION:
		suite.rang++;
		insert_dossier(&suite);
		raise_rank(&suite);
		break;
	case DEPOT_FINALISATION:
		note_hds(&suite);
		break;
	case DEPOT_PIECES:
		break;
	default:
		suite.demande = insert_demande(&suite);
		insert_dossier(&suite);
		break;
	}
	insert_pieces(&suite);
	if (faits->demande.id != 0) {
		note_certificates(&suite);
		set_statut(&suite);
	}
	tell(&suite);
	signaux_demande(root, night, suite.demande, depot);
}
