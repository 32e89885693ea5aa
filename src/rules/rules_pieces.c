/*
 * Which documents a dossier calls for (guide p. 10, 11, 13, 15, 17, 18, 19, 31, 36, 42), against
 * those it lists and, in a modification, those that the request holds. A document whose condition
 * could not be read (its key is wrong or missing) is neither asked for nor refused: the key's own
 * anomaly comes first.
 */
#include "lib/array.h"
#include "lib/mem.h"
#include "lib/siret.h"
#include "lib/text.h"
#include "rules/rules_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum expectation {
	EXPECTED,  /* required */
	FORBIDDEN, /* must not be there */
	FREE,	   /* may be there; or its condition is unknown */
};

static enum expectation unless_unknown(const struct dossier *dossier, enum champ champ,
				       const char *text)
{
	if (dossier_get(dossier, champ) == NULL)
		return FREE;
	return dossier_is(dossier, champ, text) ? EXPECTED : FORBIDDEN;
}

/* Whether the parser could not read the list of pieces, and said so. */
static bool list_told(const struct findings *findings)
{
	for (size_t i = 0; i < findings->anomalies.count; i++)
		if (strncmp(findings->anomalies.items[i].chemin, "pieces", strlen("pieces")) == 0 &&
		    strncmp(catalogue[findings->anomalies.items[i].code].code, "YML", 3) == 0)
			return true;
	return false;
}

static void missing(struct findings *findings, enum anomalie_code code, const char *detail,
		    const char *detail2)
{
	const struct valeur list = {.ligne = findings->dossier.pieces_ligne,
				    .colonne = findings->dossier.pieces_colonne};
	/* The parser has told once of a list that is missing or cannot be read: naming each
	 * document would only repeat it. */
	bool may_lack = depot_type_may_lack_pieces(findings->dossier.type) &&
			findings->dossier.piece_count == 0 && !list_told(findings);

	if (list.ligne != 0 || may_lack)
		anomalies_add(&findings->anomalies, code, "pieces", &list, detail, detail2);
}

/* Refuses each document of that type. */
static void unexpected(struct findings *findings, enum anomalie_code code, enum piece_type type,
		       const char *reason)
{
	bool names_type =
	    code == ANO_HDS_DOCUMENT_INATTENDU || code == ANO_ANS_CERTIFICAT_PREMATURE;

	for (size_t i = 0; i < findings->dossier.piece_count; i++) {
		const struct piece *piece = &findings->dossier.pieces[i];
		char path[PLACE_PATH_SIZE];

		if (piece->code != type)
			continue;
		snprintf(path, sizeof(path), "pieces[%zu].type", i);
		anomalies_add(&findings->anomalies, code, path, &piece->type,
			      names_type ? piece_type_name(type) : reason,
			      names_type ? reason : NULL);
	}
}

bool rules_piece_of_another(const struct facts *facts, enum piece_type type)
{
	return facts->other_depositaire &&
	       (type == PIECE_IDENTITE_DEPOSITAIRE || type == PIECE_MANDAT_REPRESENTANT_LEGAL ||
		type == PIECE_CONTRAT_PRESTATION);
}

/* Whether the drop gives the document, or the request that it modifies holds it: those of the
 * dépositaire before are not another one's. */
static bool has(const struct findings *findings, const struct facts *facts, enum piece_type type)
{
	return dossier_piece(&findings->dossier, type) != NULL ||
	       (findings->dossier.type == DEPOT_MODIFICATION && facts->demande.held[type] &&
		!rules_piece_of_another(facts, type));
}

/* Whether an item whose type is unknown was meant to be that document: its own anomaly says so. */
static bool is_meant(const struct findings *findings, enum piece_type type)
{
	const struct dossier *dossier = &findings->dossier;

	for (size_t i = 0; i < dossier->piece_count; i++) {
		const char *meant = piece_type_meant(dossier, &dossier->pieces[i]);

		if (meant != NULL && piece_type_from(meant) == type)
			return true;
	}
	return false;
}

static void require(struct findings *findings, struct facts *facts, enum piece_type type,
		    enum anomalie_code absent, const char *detail)
{
	facts->withdrawn[type] = false;
	if (!has(findings, facts, type) && !is_meant(findings, type))
		missing(findings, absent, detail, NULL);
}

static void expect(struct findings *findings, struct facts *facts, enum piece_type type,
		   enum expectation expectation, enum anomalie_code absent, const char *detail,
		   const char *reason)
{
	if (expectation == EXPECTED)
		require(findings, facts, type, absent, detail);
	else if (expectation == FORBIDDEN)
		unexpected(findings, ANO_PJ_INATTENDUE, type, reason);
	else
		facts->withdrawn[type] = false;
}

/* --- référencement: certificate and HDS document --- */

/* The HDS document depends on whether the software hosts health data (guide p. 11). */
static void expect_hds(struct findings *findings, struct facts *facts, enum champ key)
{
	const struct dossier *dossier = &facts->dossier;

	if (dossier->champs[key].text == NULL) {
		dossier_anomalie(dossier, &findings->anomalies, ANO_HDS_REPONSE_ABSENTE, key, NULL,
				 NULL);
	} else if (dossier_is(dossier, key, "oui")) {
		require(findings, facts, PIECE_CERTIFICAT_HDS, ANO_HDS_CERTIFICAT_ABSENT, NULL);
		unexpected(findings, ANO_HDS_DOCUMENT_INATTENDU, PIECE_ATTESTATION_NON_HDS,
			   "vous déclarez héberger des données de santé");
	} else if (dossier_is(dossier, key, "non")) {
		require(findings, facts, PIECE_ATTESTATION_NON_HDS, ANO_HDS_ATTESTATION_ABSENTE,
			NULL);
		unexpected(findings, ANO_HDS_DOCUMENT_INATTENDU, PIECE_CERTIFICAT_HDS,
			   "vous déclarez ne pas héberger de données de santé");
	}
}

/* How a line must read that has to go is not worth saying. */
static void forget_answer(struct anomalies *anomalies, enum champ key)
{
	for (size_t i = anomalies->count; i-- > 0;)
		if (anomalies->items[i].code == ANO_HDS_REPONSE_INVALIDE &&
		    strcmp(anomalies->items[i].chemin, champ_table[key].chemin) == 0)
			anomalies_drop(anomalies, i);
}

/* An anticipé gives its certificate and its HDS document with its finalisation (guide p. 10).
 * `key` is the HDS question's. */
static void expect_certificates(struct findings *findings, struct facts *facts, enum champ key)
{
	const struct dossier *dossier = &facts->dossier;
	const char *reason = !facts->referencing.sons_dpi
				 ? "le logiciel n'est pas un SONS DPI"
				 : "le référencement n'est pas encore validé par l'ANS";

	if (!facts->referencing.known)
		return;
	if (facts->referencing.valid)
		require(findings, facts, PIECE_CERTIFICAT_REFERENCEMENT, ANO_ANS_CERTIFICAT_ABSENT,
			dossier->type == DEPOT_FINALISATION ? "il est ce qui finalise l'enrôlement"
							    : "l'ANS a validé ce référencement");
	else
		unexpected(findings, ANO_ANS_CERTIFICAT_PREMATURE, PIECE_CERTIFICAT_REFERENCEMENT,
			   NULL);
	if (facts->referencing.sons_dpi && facts->referencing.valid) {
		expect_hds(findings, facts, key);
		return;
	}
	if (dossier->champs[key].text != NULL) {
		forget_answer(&findings->anomalies, key);
		dossier_anomalie(dossier, &findings->anomalies, ANO_HDS_REPONSE_INATTENDUE, key,
				 reason, NULL);
	}
	unexpected(findings, ANO_HDS_DOCUMENT_INATTENDU, PIECE_CERTIFICAT_HDS, reason);
	unexpected(findings, ANO_HDS_DOCUMENT_INATTENDU, PIECE_ATTESTATION_NON_HDS, reason);
}

/* --- demandeur, persons, bank --- */

/* How many times a word stands in a folded text; "EI", for entrepreneur individuel, never. */
static unsigned count_word(const char *text, const char *word, size_t length)
{
	unsigned count = 0;

	for (size_t size; *(text += strspn(text, " ")) != '\0'; text += size) {
		size = strcspn(text, " ");
		if (size == length && memcmp(text, word, length) == 0)
			count++;
	}
	return length == 2 && memcmp(word, "ei", 2) == 0 ? 0 : count;
}

/* Whether all words of `a` stand as often in `b`. */
static bool has_words(const char *a, const char *b)
{
	const char *at = a;

	for (size_t size; *(at += strspn(at, " ")) != '\0'; at += size) {
		size = strcspn(at, " ");
		if (count_word(a, at, size) > count_word(b, at, size))
			return false;
	}
	return true;
}

/* Whether two names are the same words in any order, "EI" apart. */
static bool same_words(const char *a, const char *b)
{
	char *folded_a = text_fold(a), *folded_b = text_fold(b);
	bool same = folded_a != NULL && folded_b != NULL && has_words(folded_a, folded_b) &&
		    has_words(folded_b, folded_a);

	free(folded_a);
	free(folded_b);
	return same;
}

/* Whether the register's name is the représentant's: a sole trader's, where the register was read
 * before it told them apart. */
static bool is_own_name(const struct dossier *dossier, const char *known)
{
	const char *nom = dossier_get(dossier, CHAMP_REPRESENTANT_NOM);
	const char *prenom = dossier_get(dossier, CHAMP_REPRESENTANT_PRENOM);
	char *name;
	bool own;

	if (nom == NULL || prenom == NULL)
		return false;
	name = mem_printf("%s %s", nom, prenom);
	own = same_words(name, known);
	free(name);
	return own;
}

/* A sole trader's nom, of birth or in use, and prénom are one name in any order, whoever represents
 * him (DOMAIN, 3). */
static bool same_denomination(const struct dossier *dossier, const char *given,
			      const struct establishment *place)
{
	const char *in_use = place->entrepreneur;

	if (text_equal_folded(given, place->denomination))
		return true;
	if (in_use[0] == '\0')
		return same_words(given, place->denomination) &&
		       is_own_name(dossier, place->denomination);
	return same_words(given, place->denomination) || same_words(given, in_use);
}

/* A dénomination other than the register's needs a Kbis (guide p. 13). When the register's is not
 * published, there is nothing to compare with: a Kbis is neither asked for nor refused. */
static void expect_kbis(struct findings *findings, struct facts *facts)
{
	const struct dossier *dossier = &facts->dossier;
	const struct valeur *written = &dossier->champs[CHAMP_DEMANDEUR_DENOMINATION_SOCIALE];
	const char *given = dossier_get(dossier, CHAMP_DEMANDEUR_DENOMINATION_SOCIALE);
	const char *known =
	    facts->establishment.denomination != NULL ? facts->establishment.denomination : "";
	enum expectation expectation = FORBIDDEN;

	if (written->text != NULL && !written->valid)
		expectation = FREE;
	else if (!facts->establishment.known || !insee_is_published(known))
		expectation = FREE;
	else if (given != NULL && !same_denomination(dossier, given, &facts->establishment))
		expectation = EXPECTED;
	expect(findings, facts, PIECE_KBIS, expectation, ANO_DEM_KBIS_ABSENT, known,
	       " : la dénomination sociale est celle du répertoire");
}

/* Groups merge and names change: another editor in the register is only an alert (guide p. 13). */
static void doubt_distributor(struct findings *findings, const struct facts *facts)
{
	const struct dossier *dossier = &facts->dossier;
	const enum champ key = CHAMP_DEMANDEUR_DISTRIBUTEUR;
	bool is_editor;

	if (!facts->referencing.known || facts->siren[0] == '\0' ||
	    facts->referencing.siren_editeur == NULL ||
	    facts->referencing.siren_editeur[0] == '\0' || dossier->champs[key].ligne == 0)
		return;
	is_editor = strcmp(facts->referencing.siren_editeur, facts->siren) == 0;
	if (dossier_is(dossier, key, "non") && !is_editor)
		dossier_anomalie(dossier, &findings->anomalies, ANO_DEM_DISTRIBUTEUR_DOUTEUX, key,
				 facts->referencing.siren_editeur, NULL);
	if (dossier_is(dossier, key, "oui") && is_editor)
		dossier_anomalie(dossier, &findings->anomalies, ANO_DEM_DISTRIBUTEUR_EDITEUR, key,
				 facts->referencing.siren_editeur, NULL);
}

static void expect_distributor(struct findings *findings, struct facts *facts)
{
	expect(findings, facts, PIECE_MANDAT_EDITEUR,
	       unless_unknown(&facts->dossier, CHAMP_DEMANDEUR_DISTRIBUTEUR, "oui"),
	       ANO_DEM_MANDAT_EDITEUR_ABSENT, NULL, " : le demandeur n'est pas distributeur");
	doubt_distributor(findings, facts);
}

/* Identity papers, and the act by which a dépositaire may file (guide p. 15 and 17). */
static void expect_persons(struct findings *findings, struct facts *facts)
{
	const struct dossier *dossier = &facts->dossier;
	const char *no_depositaire = " : le déclarant est le représentant légal";
	enum expectation depositaire = unless_unknown(dossier, CHAMP_DECLARANT, DEPOSITAIRE);
	enum expectation employe = depositaire, centre = depositaire;

	if (depositaire == EXPECTED) {
		employe = unless_unknown(dossier, CHAMP_DEPOSITAIRE_QUALITE, "employe");
		centre = unless_unknown(dossier, CHAMP_DEPOSITAIRE_QUALITE, "centre_gestion");
	}
	expect(findings, facts, PIECE_IDENTITE_REPRESENTANT, EXPECTED, ANO_REP_PIECE_ABSENTE, NULL,
	       NULL);
	expect(findings, facts, PIECE_IDENTITE_DEPOSITAIRE, depositaire, ANO_DEP_PIECE_ABSENTE,
	       NULL, no_depositaire);
	expect(findings, facts, PIECE_MANDAT_REPRESENTANT_LEGAL, employe, ANO_DEP_MANDAT_ABSENT,
	       NULL,
	       depositaire == EXPECTED ? " : le dépositaire est un centre de gestion"
				       : no_depositaire);
	expect(findings, facts, PIECE_CONTRAT_PRESTATION, centre, ANO_DEP_CONTRAT_ABSENT, NULL,
	       depositaire == EXPECTED ? " : le dépositaire est employé de la personne morale"
				       : no_depositaire);
}

/* The account has the persons and the bank already. A dépositaire's mandate is asked for once in
 * wave 2; a mandate of wave 1 does not count (guide p. 31). */
static void expect_complementaire(struct findings *findings, struct facts *facts)
{
	static const enum piece_type of_account[] = {PIECE_KBIS, PIECE_IDENTITE_REPRESENTANT,
						     PIECE_IDENTITE_DEPOSITAIRE,
						     PIECE_CONTRAT_PRESTATION, PIECE_RIB};
	enum expectation mandat = unless_unknown(&facts->dossier, CHAMP_DECLARANT, DEPOSITAIRE);
	const char *reason = " : le déclarant est le représentant légal";

	if (mandat == EXPECTED && dossier_get(&facts->dossier, CHAMP_DEPOSITAIRE_EMAIL) == NULL) {
		mandat = FREE;
	} else if (mandat == EXPECTED && facts->holder.mandat_accepted) {
		mandat = FORBIDDEN;
		reason = " : le mandat de ce dépositaire est déjà accepté pour la vague 2";
	}
	expect(findings, facts, PIECE_MANDAT_REPRESENTANT_LEGAL, mandat,
	       ANO_DEP_MANDAT_VAGUE_ABSENT, NULL, reason);
	for (size_t i = 0; i < ARRAY_SIZE(of_account); i++)
		unexpected(findings, ANO_PJ_INATTENDUE, of_account[i],
			   of_account[i] == PIECE_RIB
			       ? " : un enrôlement complémentaire garde les coordonnées "
				 "bancaires du compte. Pour en changer, contactez l'assistance"
			       : " : un enrôlement complémentaire reprend les documents du "
				 "compte");
}

/* --- one document under another one's name --- */

enum piece_kin { KIN_NONE, KIN_IDENTITY, KIN_MANDATE };

/* The documents that people take for one another. */
static enum piece_kin kin_of(enum piece_type type)
{
	switch (type) {
	case PIECE_IDENTITE_REPRESENTANT:
	case PIECE_IDENTITE_DEPOSITAIRE:
		return KIN_IDENTITY;
	case PIECE_MANDAT_EDITEUR:
	case PIECE_MANDAT_REPRESENTANT_LEGAL:
	case PIECE_CONTRAT_PRESTATION:
		return KIN_MANDATE;
	default:
		return KIN_NONE;
	}
}

static enum piece_type type_named(const char *name)
{
	return name != NULL ? piece_type_from(name) : PIECE_TYPE_UNKNOWN;
}

/* The anomaly that says a document of that kind is missing; `count` for none. */
static size_t find_missing_kin(const struct anomalies *anomalies, enum piece_kin kin)
{
	size_t i = 0;

	while (i < anomalies->count &&
	       kin_of(type_named(catalogue[anomalies->items[i].code].piece)) != kin)
		i++;
	return i;
}

/* Where one document is not expected and another of its kind is missing, the file may be the right
 * one under a wrong type: told once, so that nobody throws it away. */
static void join_mistaken(struct anomalies *anomalies)
{
	for (size_t i = anomalies->count; i-- > 0;) {
		struct anomalie *found = &anomalies->items[i];
		enum piece_kin kin =
		    found->code == ANO_PJ_INATTENDUE ? kin_of(type_named(found->valeur)) : KIN_NONE;
		size_t absent =
		    kin != KIN_NONE ? find_missing_kin(anomalies, kin) : anomalies->count;

		if (absent == anomalies->count)
			continue;
		anomalies_add_at(anomalies, ANO_PJ_AUTRE_TYPE, found->chemin, found->ligne,
				 found->colonne, found->valeur,
				 catalogue[anomalies->items[absent].code].piece, NULL);
		anomalies_drop(anomalies, i > absent ? i : absent);
		anomalies_drop(anomalies, i > absent ? absent : i);
		i = anomalies->count;
	}
}

void rules_pieces(struct findings *findings, struct facts *facts)
{
	expect_certificates(findings, facts, CHAMP_REFERENCEMENT_HEBERGEMENT_DONNEES_SANTE);
	if (facts->enrolement == DEPOT_INITIAL) {
		expect_kbis(findings, facts);
		expect_persons(findings, facts);
		expect(findings, facts, PIECE_RIB, EXPECTED, ANO_BNK_RIB_ABSENT, NULL, NULL);
	} else {
		expect_complementaire(findings, facts);
	}
	expect_distributor(findings, facts);
	expect(findings, facts, PIECE_PREUVE_HORS_TVA,
	       unless_unknown(&facts->dossier, CHAMP_TVA_ASSUJETTI, "non"), ANO_TVA_PREUVE_ABSENTE,
	       NULL, " : le demandeur est assujetti à la TVA");
	expect(findings, facts, PIECE_AUTRE, FORBIDDEN, ANO_PJ_TYPE_INCONNU, NULL,
	       " : elle ne se joint que sur demande d'un gestionnaire");
	join_mistaken(&findings->anomalies);
}

/* --- what follows a first deposit --- */

/* Refuses each document of a type that is not wanted; `list` names the wanted ones. */
static void refuse_others(struct findings *findings, const bool wanted[static PIECE_TYPE_COUNT],
			  enum anomalie_code code, const char *list)
{
	for (unsigned type = 0; type < PIECE_TYPE_COUNT; type++)
		if (!wanted[type])
			unexpected(findings, code, (enum piece_type)type, list);
}

void rules_asked_pieces(struct findings *findings, const struct facts *facts)
{
	const bool *wanted = facts->demande.asked;
	char *list = piece_types_list(wanted, ", ");

	for (unsigned type = 0; type < PIECE_TYPE_COUNT; type++)
		if (wanted[type] &&
		    dossier_piece(&findings->dossier, (enum piece_type)type) == NULL &&
		    !is_meant(findings, (enum piece_type)type))
			missing(findings, ANO_CYC_PIECE_DEMANDEE_ABSENTE,
				piece_type_name((enum piece_type)type), list);
	refuse_others(findings, wanted, ANO_CYC_PIECES_DEMANDEES_SEULES, list);
	free(list);
}

void rules_finalisation(struct findings *findings, struct facts *facts)
{
	/* expect_certificates refuses an HDS document that does not fit. */
	static const bool wanted[PIECE_TYPE_COUNT] = {
	    [PIECE_CERTIFICAT_REFERENCEMENT] = true,
	    [PIECE_CERTIFICAT_HDS] = true,
	    [PIECE_ATTESTATION_NON_HDS] = true,
	};

	expect_certificates(findings, facts, CHAMP_HEBERGEMENT_DONNEES_SANTE);
	refuse_others(findings, wanted, ANO_CYC_FINALISATION_SEULE,
		      facts->referencing.sons_dpi
			  ? "certificat_referencement, et certificat_hds ou attestation_non_hds"
			  : "certificat_referencement");
}
