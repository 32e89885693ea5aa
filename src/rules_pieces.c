/*
 * Which documents this dossier calls for (guide p. 10, 11, 13, 15, 17, 18, 19), against those it
 * lists. A document whose condition could not be read (its key is wrong or missing) is neither
 * asked for nor refused: the key's own anomaly comes first.
 */
#include "lib/text.h"
#include "rules.h"

#include <stdio.h>
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

static void missing(struct constat *constat, enum anomalie_code code, const char *detail)
{
	/* A list that is missing or cannot be read was said once: naming each document would only
	 * repeat it. */
	if (constat->dossier.pieces_ligne == 0)
		return;
	const struct valeur list = {.ligne = constat->dossier.pieces_ligne,
				    .colonne = constat->dossier.pieces_colonne};

	anomalies_add(&constat->anomalies, code, "pieces", &list, detail, NULL);
}

/* Names the document that must not be there. */
static void unexpected(struct constat *constat, enum anomalie_code code, enum piece_type type,
		       const char *reason)
{
	for (size_t i = 0; i < constat->dossier.piece_count; i++) {
		const struct piece *piece = &constat->dossier.pieces[i];
		char path[40];

		if (piece->code != type)
			continue;
		snprintf(path, sizeof(path), "pieces[%zu].type", i);
		if (code == ANO_PJ_INATTENDUE)
			anomalies_add(&constat->anomalies, code, path, &piece->type, reason, NULL);
		else
			anomalies_add(&constat->anomalies, code, path, &piece->type,
				      piece_type_name(type), reason);
	}
}

static void expect(struct constat *constat, enum piece_type type, enum attente attente,
		   enum anomalie_code absent, const char *detail, const char *reason)
{
	if (attente == ATTENDUE && dossier_piece(&constat->dossier, type) == NULL)
		missing(constat, absent, detail);
	if (attente == REFUSEE)
		unexpected(constat, ANO_PJ_INATTENDUE, type, reason);
}

/* Certificate and HDS document: both wait for the finalisation of an anticipé (guide p. 10). */
static void expect_certificates(struct constat *constat, const struct faits *faits)
{
	const struct dossier *dossier = &constat->dossier;
	const enum champ key = CHAMP_REFERENCEMENT_HEBERGEMENT_DONNEES_SANTE;
	const char *reason = !faits->sons_dpi
				 ? "le logiciel n'est pas un SONS DPI"
				 : "le référencement n'est pas encore validé par l'ANS";

	if (!faits->reference_connue)
		return;
	if (faits->referencement_valide) {
		if (dossier_piece(dossier, PIECE_CERTIFICAT_REFERENCEMENT) == NULL)
			missing(constat, ANO_ANS_CERTIFICAT_ABSENT, NULL);
	} else {
		unexpected(constat, ANO_ANS_CERTIFICAT_PREMATURE, PIECE_CERTIFICAT_REFERENCEMENT,
			   NULL);
	}
	if (!faits->sons_dpi || !faits->referencement_valide) {
		if (dossier->champs[key].texte != NULL)
			dossier_anomalie(dossier, &constat->anomalies, ANO_HDS_REPONSE_INATTENDUE,
					 key, reason, NULL);
		unexpected(constat, ANO_HDS_DOCUMENT_INATTENDU, PIECE_CERTIFICAT_HDS, reason);
		unexpected(constat, ANO_HDS_DOCUMENT_INATTENDU, PIECE_ATTESTATION_NON_HDS, reason);
		return;
	}
	if (dossier->champs[key].texte == NULL) {
		dossier_anomalie(dossier, &constat->anomalies, ANO_HDS_REPONSE_ABSENTE, key, NULL,
				 NULL);
	} else if (dossier_is(dossier, key, "oui")) {
		if (dossier_piece(dossier, PIECE_CERTIFICAT_HDS) == NULL)
			missing(constat, ANO_HDS_CERTIFICAT_ABSENT, NULL);
		unexpected(constat, ANO_HDS_DOCUMENT_INATTENDU, PIECE_ATTESTATION_NON_HDS,
			   "vous déclarez héberger des données de santé");
	} else if (dossier_is(dossier, key, "non")) {
		if (dossier_piece(dossier, PIECE_ATTESTATION_NON_HDS) == NULL)
			missing(constat, ANO_HDS_ATTESTATION_ABSENTE, NULL);
		unexpected(constat, ANO_HDS_DOCUMENT_INATTENDU, PIECE_CERTIFICAT_HDS,
			   "vous déclarez ne pas héberger de données de santé");
	}
}

/* A dénomination other than the register's needs a Kbis (guide p. 13). "[ND]" is not published
 * data: there is nothing to compare with, so a Kbis is neither asked for nor refused. */
static void expect_kbis(struct constat *constat, const struct faits *faits)
{
	const struct dossier *dossier = &constat->dossier;
	const struct valeur *written = &dossier->champs[CHAMP_DEMANDEUR_DENOMINATION_SOCIALE];
	const char *given = dossier_get(dossier, CHAMP_DEMANDEUR_DENOMINATION_SOCIALE);
	const char *known = faits->denomination != NULL ? faits->denomination : "";
	enum attente attente = REFUSEE;

	if (written->texte != NULL && !written->valide)
		attente = INDIFFERENTE;
	else if (!faits->etablissement_connu || known[0] == '\0' || strstr(known, "[ND]") != NULL)
		attente = INDIFFERENTE;
	else if (given != NULL && !text_equal_folded(given, known))
		attente = ATTENDUE;
	expect(constat, PIECE_KBIS, attente, ANO_DEM_KBIS_ABSENT, known,
	       " : la dénomination sociale est celle du répertoire");
}

static void expect_distributor(struct constat *constat, const struct faits *faits)
{
	const struct dossier *dossier = &constat->dossier;

	expect(constat, PIECE_MANDAT_EDITEUR,
	       unless_unknown(dossier, CHAMP_DEMANDEUR_DISTRIBUTEUR, "oui"),
	       ANO_DEM_MANDAT_EDITEUR_ABSENT, NULL, " : le demandeur n'est pas distributeur");
	if (dossier_is(dossier, CHAMP_DEMANDEUR_DISTRIBUTEUR, "non") && faits->reference_connue &&
	    faits->siren[0] != '\0' && faits->siren_editeur[0] != '\0' &&
	    strcmp(faits->siren_editeur, faits->siren) != 0)
		dossier_anomalie(dossier, &constat->anomalies, ANO_DEM_DISTRIBUTEUR_DOUTEUX,
				 CHAMP_DEMANDEUR_DISTRIBUTEUR, faits->siren_editeur, NULL);
}

/* Identity papers, and the act by which a dépositaire may file (guide p. 15 and 17). */
static void expect_persons(struct constat *constat)
{
	const struct dossier *dossier = &constat->dossier;
	const char *no_depositaire = " : le déclarant est le représentant légal";
	enum attente depositaire = unless_unknown(dossier, CHAMP_DECLARANT, "depositaire");
	enum attente employe = depositaire, centre = depositaire;

	if (depositaire == ATTENDUE) {
		employe = unless_unknown(dossier, CHAMP_DEPOSITAIRE_QUALITE, "employe");
		centre = unless_unknown(dossier, CHAMP_DEPOSITAIRE_QUALITE, "centre_gestion");
	}
	expect(constat, PIECE_IDENTITE_REPRESENTANT, ATTENDUE, ANO_REP_PIECE_ABSENTE, NULL, NULL);
	expect(constat, PIECE_IDENTITE_DEPOSITAIRE, depositaire, ANO_DEP_PIECE_ABSENTE, NULL,
	       no_depositaire);
	expect(constat, PIECE_MANDAT_REPRESENTANT_LEGAL, employe, ANO_DEP_MANDAT_ABSENT, NULL,
	       depositaire == ATTENDUE ? " : le dépositaire est un centre de gestion"
				       : no_depositaire);
	expect(constat, PIECE_CONTRAT_PRESTATION, centre, ANO_DEP_CONTRAT_ABSENT, NULL,
	       depositaire == ATTENDUE ? " : le dépositaire est employé de la personne morale"
				       : no_depositaire);
}

void rules_pieces(struct constat *constat, const struct faits *faits)
{
	expect_certificates(constat, faits);
	expect_kbis(constat, faits);
	expect_distributor(constat, faits);
	expect_persons(constat);
	expect(constat, PIECE_RIB, ATTENDUE, ANO_BNK_RIB_ABSENT, NULL, NULL);
	expect(constat, PIECE_PREUVE_HORS_TVA,
	       unless_unknown(&constat->dossier, CHAMP_TVA_ASSUJETTI, "non"),
	       ANO_TVA_PREUVE_ABSENTE, NULL, " : le demandeur est assujetti à la TVA");
	expect(constat, PIECE_AUTRE, REFUSEE, ANO_PJ_TYPE_INCONNU, NULL,
	       " : elle ne se joint que sur demande d'un gestionnaire");
}
