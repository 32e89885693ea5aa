/*
 * Which documents a dossier calls for (guide p. 10, 11, 13, 15, 17, 18, 19, 31, 36, 42), against
 * those it lists and, in a modification, those that the request holds. A document whose condition
 * could not be read (its key is wrong or missing) is neither asked for nor refused: the key's own
 * anomaly comes first.
 */
#include "lib/siret.h"
#include "lib/text.h"
#include "rules/rules_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum attente {
	ATTENDUE,     /* required */
	REFUSEE,      /* must not be there */
	INDIFFERENTE, /* may be there; or its condition is unknown */
};

static enum attente unless_unknown(const struct dossier *dossier, enum champ champ,
				   const char *texte)
{
	if (dossier_get(dossier, champ) == NULL)
		return INDIFFERENTE;
	return dossier_is(dossier, champ, texte) ? ATTENDUE : REFUSEE;
}

/* Whether the parser could not read the list of pieces, and said so. */
static bool list_told(const struct constat *constat)
{
	for (size_t i = 0; i < constat->anomalies.count; i++)
		if (strncmp(constat->anomalies.items[i].chemin, "pieces", strlen("pieces")) == 0 &&
		    strncmp(catalogue[constat->anomalies.items[i].code].code, "YML", 3) == 0)
			return true;
	return false;
}

static void missing(struct constat *constat, enum anomalie_code code, const char *detail,
		    const char *detail2)
{
	const struct valeur list = {.ligne = constat->dossier.pieces_ligne,
				    .colonne = constat->dossier.pieces_colonne};
	/* Of a list that must be there and is missing, or cannot be read, the parser spoke once:
	 * naming each document would only repeat it. */
	bool may_lack = depot_type_may_lack_pieces(constat->dossier.type) &&
			constat->dossier.piece_count == 0 && !list_told(constat);

	if (list.ligne != 0 || may_lack)
		anomalies_add(&constat->anomalies, code, "pieces", &list, detail, detail2);
}

/* Names each document of that type, which must not be there. */
static void unexpected(struct constat *constat, enum anomalie_code code, enum piece_type type,
		       const char *reason)
{
	bool names_type =
	    code == ANO_HDS_DOCUMENT_INATTENDU || code == ANO_ANS_CERTIFICAT_PREMATURE;

	for (size_t i = 0; i < constat->dossier.piece_count; i++) {
		const struct piece *piece = &constat->dossier.pieces[i];
		char path[40];

		if (piece->code != type)
			continue;
		snprintf(path, sizeof(path), "pieces[%zu].type", i);
		anomalies_add(&constat->anomalies, code, path, &piece->type,
			      names_type ? piece_type_name(type) : reason,
			      names_type ? reason : NULL);
	}
}

/* Given, or held by the request that is modified. */
static bool has(const struct constat *constat, const struct faits *faits, enum piece_type type)
{
	return dossier_piece(&constat->dossier, type) != NULL ||
	       (constat->dossier.type == DEPOT_MODIFICATION && faits->demande.tenues[type]);
}

static void require(struct constat *constat, struct faits *faits, enum piece_type type,
		    enum anomalie_code absent, const char *detail)
{
	faits->retiree[type] = false;
	if (!has(constat, faits, type))
		missing(constat, absent, detail, NULL);
}

static void expect(struct constat *constat, struct faits *faits, enum piece_type type,
		   enum attente attente, enum anomalie_code absent, const char *detail,
		   const char *reason)
{
	if (attente == ATTENDUE)
		require(constat, faits, type, absent, detail);
	else if (attente == REFUSEE)
		unexpected(constat, ANO_PJ_INATTENDUE, type, reason);
	else
		faits->retiree[type] = false;
}

/* --- référencement: certificate and HDS document ---------------------------------------------- */

/* The HDS document by the answer to the question whether health data is hosted (guide p. 11). */
static void expect_hds(struct constat *constat, struct faits *faits, enum champ key)
{
	const struct dossier *dossier = &faits->dossier;

	if (dossier->champs[key].texte == NULL) {
		dossier_anomalie(dossier, &constat->anomalies, ANO_HDS_REPONSE_ABSENTE, key, NULL,
				 NULL);
	} else if (dossier_is(dossier, key, "oui")) {
		require(constat, faits, PIECE_CERTIFICAT_HDS, ANO_HDS_CERTIFICAT_ABSENT, NULL);
		unexpected(constat, ANO_HDS_DOCUMENT_INATTENDU, PIECE_ATTESTATION_NON_HDS,
			   "vous déclarez héberger des données de santé");
	} else if (dossier_is(dossier, key, "non")) {
		require(constat, faits, PIECE_ATTESTATION_NON_HDS, ANO_HDS_ATTESTATION_ABSENTE,
			NULL);
		unexpected(constat, ANO_HDS_DOCUMENT_INATTENDU, PIECE_CERTIFICAT_HDS,
			   "vous déclarez ne pas héberger de données de santé");
	}
}

/* Both wait for the finalisation of an anticipé (guide p. 10). `key` is the HDS question's. */
static void expect_certificates(struct constat *constat, struct faits *faits, enum champ key)
{
	const struct dossier *dossier = &faits->dossier;
	const char *reason = !faits->sons_dpi
				 ? "le logiciel n'est pas un SONS DPI"
				 : "le référencement n'est pas encore validé par l'ANS";

	if (!faits->reference_connue)
		return;
	if (faits->referencement_valide)
		require(constat, faits, PIECE_CERTIFICAT_REFERENCEMENT, ANO_ANS_CERTIFICAT_ABSENT,
			NULL);
	else
		unexpected(constat, ANO_ANS_CERTIFICAT_PREMATURE, PIECE_CERTIFICAT_REFERENCEMENT,
			   NULL);
	if (faits->sons_dpi && faits->referencement_valide) {
		expect_hds(constat, faits, key);
		return;
	}
	if (dossier->champs[key].texte != NULL)
		dossier_anomalie(dossier, &constat->anomalies, ANO_HDS_REPONSE_INATTENDUE, key,
				 reason, NULL);
	unexpected(constat, ANO_HDS_DOCUMENT_INATTENDU, PIECE_CERTIFICAT_HDS, reason);
	unexpected(constat, ANO_HDS_DOCUMENT_INATTENDU, PIECE_ATTESTATION_NON_HDS, reason);
}

/* --- demandeur, persons, bank ----------------------------------------------------------------- */

/* A dénomination other than the register's needs a Kbis (guide p. 13). Where it is not published
 * there is nothing to compare with: a Kbis is neither asked for nor refused. */
static void expect_kbis(struct constat *constat, struct faits *faits)
{
	const struct dossier *dossier = &faits->dossier;
	const struct valeur *written = &dossier->champs[CHAMP_DEMANDEUR_DENOMINATION_SOCIALE];
	const char *given = dossier_get(dossier, CHAMP_DEMANDEUR_DENOMINATION_SOCIALE);
	const char *known = faits->denomination != NULL ? faits->denomination : "";
	enum attente attente = REFUSEE;

	if (written->texte != NULL && !written->valide)
		attente = INDIFFERENTE;
	else if (!faits->etablissement_connu || !insee_is_published(known))
		attente = INDIFFERENTE;
	else if (given != NULL && !text_equal_folded(given, known))
		attente = ATTENDUE;
	expect(constat, faits, PIECE_KBIS, attente, ANO_DEM_KBIS_ABSENT, known,
	       " : la dénomination sociale est celle du répertoire");
}

/* Groups merge and names change: what the register's editor contradicts is an alert (guide p. 13).
 */
static void doubt_distributor(struct constat *constat, const struct faits *faits)
{
	const struct dossier *dossier = &faits->dossier;
	const enum champ key = CHAMP_DEMANDEUR_DISTRIBUTEUR;
	bool is_editor;

	if (!faits->reference_connue || faits->siren[0] == '\0' || faits->siren_editeur == NULL ||
	    faits->siren_editeur[0] == '\0' || dossier->champs[key].ligne == 0)
		return;
	is_editor = strcmp(faits->siren_editeur, faits->siren) == 0;
	if (dossier_is(dossier, key, "non") && !is_editor)
		dossier_anomalie(dossier, &constat->anomalies, ANO_DEM_DISTRIBUTEUR_DOUTEUX, key,
				 faits->siren_editeur, NULL);
	if (dossier_is(dossier, key, "oui") && is_editor)
		dossier_anomalie(dossier, &constat->anomalies, ANO_DEM_DISTRIBUTEUR_EDITEUR, key,
				 faits->siren_editeur, NULL);
}

static void expect_distributor(struct constat *constat, struct faits *faits)
{
	expect(constat, faits, PIECE_MANDAT_EDITEUR,
	       unless_unknown(&faits->dossier, CHAMP_DEMANDEUR_DISTRIBUTEUR, "oui"),
	       ANO_DEM_MANDAT_EDITEUR_ABSENT, NULL, " : le demandeur n'est pas distributeur");
	doubt_distributor(constat, faits);
}

/* Identity papers, and the act by which a dépositaire may file (guide p. 15 and 17). */
static void expect_persons(struct constat *constat, struct faits *faits)
{
	const struct dossier *dossier = &faits->dossier;
	const char *no_depositaire = " : le déclarant est le représentant légal";
	enum attente depositaire = unless_unknown(dossier, CHAMP_DECLARANT, "depositaire");
	enum attente employe = depositaire, centre = depositaire;

	if (depositaire == ATTENDUE) {
		employe = unless_unknown(dossier, CHAMP_DEPOSITAIRE_QUALITE, "employe");
		centre = unless_unknown(dossier, CHAMP_DEPOSITAIRE_QUALITE, "centre_gestion");
	}
	expect(constat, faits, PIECE_IDENTITE_REPRESENTANT, ATTENDUE, ANO_REP_PIECE_ABSENTE, NULL,
	       NULL);
	expect(constat, faits, PIECE_IDENTITE_DEPOSITAIRE, depositaire, ANO_DEP_PIECE_ABSENTE, NULL,
	       no_depositaire);
	expect(constat, faits, PIECE_MANDAT_REPRESENTANT_LEGAL, employe, ANO_DEP_MANDAT_ABSENT,
	       NULL,
	       depositaire == ATTENDUE ? " : le dépositaire est un centre de gestion"
				       : no_depositaire);
	expect(constat, faits, PIECE_CONTRAT_PRESTATION, centre, ANO_DEP_CONTRAT_ABSENT, NULL,
	       depositaire == ATTENDUE ? " : le dépositaire est employé de la personne morale"
				       : no_depositaire);
}

/* The account has the persons and the bank. A dépositaire's mandate is asked for once in the wave,
 * being known since wave 1 does not count (guide p. 31). */
static void expect_complementaire(struct constat *constat, struct faits *faits)
{
	static const enum piece_type of_account[] = {PIECE_KBIS, PIECE_IDENTITE_REPRESENTANT,
						     PIECE_IDENTITE_DEPOSITAIRE,
						     PIECE_CONTRAT_PRESTATION, PIECE_RIB};
	enum attente mandat = unless_unknown(&faits->dossier, CHAMP_DECLARANT, "depositaire");
	const char *reason = " : le déclarant est le représentant légal";

	if (mandat == ATTENDUE && dossier_get(&faits->dossier, CHAMP_DEPOSITAIRE_EMAIL) == NULL) {
		mandat = INDIFFERENTE;
	} else if (mandat == ATTENDUE && faits->mandat_accepte) {
		mandat = REFUSEE;
		reason = " : le mandat de ce dépositaire est déjà accepté pour la vague 2";
	}
	expect(constat, faits, PIECE_MANDAT_REPRESENTANT_LEGAL, mandat, ANO_DEP_MANDAT_VAGUE_ABSENT,
	       NULL, reason);
	for (size_t i = 0; i < sizeof(of_account) / sizeof(*of_account); i++)
		unexpected(constat, ANO_PJ_INATTENDUE, of_account[i],
			   " : un enrôlement complémentaire reprend celle du compte");
}

void rules_pieces(struct constat *constat, struct faits *faits)
{
	expect_certificates(constat, faits, CHAMP_REFERENCEMENT_HEBERGEMENT_DONNEES_SANTE);
	if (faits->enrolement == DEPOT_INITIAL) {
		expect_kbis(constat, faits);
		expect_persons(constat, faits);
		expect(constat, faits, PIECE_RIB, ATTENDUE, ANO_BNK_RIB_ABSENT, NULL, NULL);
	} else {
		expect_complementaire(constat, faits);
	}
	expect_distributor(constat, faits);
	expect(constat, faits, PIECE_PREUVE_HORS_TVA,
	       unless_unknown(&faits->dossier, CHAMP_TVA_ASSUJETTI, "non"), ANO_TVA_PREUVE_ABSENTE,
	       NULL, " : le demandeur est assujetti à la TVA");
	expect(constat, faits, PIECE_AUTRE, REFUSEE, ANO_PJ_TYPE_INCONNU, NULL,
	       " : elle ne se joint que sur demande d'un gestionnaire");
}

/* --- what follows a first deposit ------------------------------------------------------------- */

/* Each document of another type than those, with a list as advice. */
static void refuse_others(struct constat *constat, const bool wanted[static PIECE_TYPE_COUNT],
			  enum anomalie_code code, const char *list)
{
	for (unsigned type = 0; type < PIECE_TYPE_COUNT; type++)
		if (!wanted[type])
			unexpected(constat, code, (enum piece_type)type, list);
}

void rules_pieces_demandees(struct constat *constat, const struct faits *faits)
{
	const bool *wanted = faits->demande.demandees;
	char *list = piece_types_list(wanted, ", ");

	for (unsigned type = 0; type < PIECE_TYPE_COUNT; type++)
		if (wanted[type] && dossier_piece(&constat->dossier, (enum piece_type)type) == NULL)
			missing(constat, ANO_CYC_PIECE_DEMANDEE_ABSENTE,
				piece_type_name((enum piece_type)type), list);
	refuse_others(constat, wanted, ANO_CYC_PIECES_DEMANDEES_SEULES, list);
	free(list);
}

void rules_finalisation(struct constat *constat, struct faits *faits)
{
	/* Of an HDS document that does not fit, expect_certificates speaks. */
	static const bool wanted[PIECE_TYPE_COUNT] = {
	    [PIECE_CERTIFICAT_REFERENCEMENT] = true,
	    [PIECE_CERTIFICAT_HDS] = true,
	    [PIECE_ATTESTATION_NON_HDS] = true,
	};

	expect_certificates(constat, faits, CHAMP_HEBERGEMENT_DONNEES_SANTE);
	refuse_others(constat, wanted, ANO_CYC_FINALISATION_SEULE,
		      faits->sons_dpi ? "certificat_referencement, et certificat_hds ou "
					"attestation_non_hds"
				      : "certificat_referencement");
}
