/*
 * A modification (guide p. 45) gives corrected sections, each whole, which replace the request's.
 * The parser has judged their forms without knowing the request; this file makes the dossier whole,
 * so that it is judged as one.
 */
#include "lib/array.h"
#include "rules/rules_private.h"

#include <stdio.h>
#include <string.h>

/* Length of the outermost section's name in a key path; a key at the top is a section by itself. */
static int section_length(enum champ champ)
{
	return (int)strcspn(champ_table[champ].chemin, ".");
}

static bool same_section(enum champ a, enum champ b)
{
	int length = section_length(a);

	return length == section_length(b) &&
	       strncmp(champ_table[a].chemin, champ_table[b].chemin, (size_t)length) == 0;
}

static bool in_section(enum champ champ, const char *section)
{
	return section_length(champ) == (int)strlen(section) &&
	       strncmp(champ_table[champ].chemin, section, strlen(section)) == 0;
}

/* The first given key of that key's section; NULL when the drop gives none of it. */
static const struct valeur *first_given(const struct dossier *dossier, enum champ champ)
{
	for (size_t i = 0; i < CHAMP_COUNT; i++)
		if (same_section((enum champ)i, champ) && dossier->champs[i].text != NULL)
			return &dossier->champs[i];
	return NULL;
}

static bool of_any_dossier(enum champ champ)
{
	return champ == CHAMP_FORMAT || champ == CHAMP_TYPE || champ == CHAMP_DEMANDE ||
	       champ == CHAMP_ESSAI;
}

/* Whether an anomaly names that key path or a section around it. */
static bool told(const struct findings *findings, const char *chemin)
{
	for (size_t i = 0; i < findings->anomalies.count; i++) {
		const char *said = findings->anomalies.items[i].chemin;
		size_t length = strlen(said);

		if (strncmp(said, chemin, length) == 0 &&
		    (chemin[length] == '\0' || chemin[length] == '.'))
			return true;
	}
	return false;
}

/* --- what cannot be changed, or is not this request's --- */

static void refuse_other_number(struct findings *findings, enum champ champ, const char *own,
				enum anomalie_code code)
{
	const char *given = dossier_get(&findings->dossier, champ);

	if (given != NULL && strcmp(given, own) != 0)
		dossier_anomalie(&findings->dossier, &findings->anomalies, code, champ, own, NULL);
}

/* Refuses a section once, by its own name, at its first key. */
static void tell_section(struct findings *findings, enum champ champ, const char *detail)
{
	const struct valeur *first = first_given(&findings->dossier, champ);
	char section[PLACE_PATH_SIZE];

	snprintf(section, sizeof(section), "%.*s", section_length(champ),
		 champ_table[champ].chemin);
	if (!told(findings, section))
		anomalies_add_at(&findings->anomalies, ANO_YML_HORS_SUJET, section, first->ligne,
				 first->colonne, NULL, detail, NULL);
}

/* Refuses keys that only the other kind of enrolment has. */
static void refuse_foreign(struct findings *findings, const struct facts *facts)
{
	static const char detail[] = " : la demande est un enrôlement complémentaire";
	const struct dossier *dossier = &findings->dossier;
	unsigned kind = TYPE_BIT(facts->enrolement);

	for (size_t i = 0; i < CHAMP_COUNT; i++) {
		bool shared = false;

		if (of_any_dossier((enum champ)i) || (champ_table[i].types & kind) != 0 ||
		    dossier->champs[i].text == NULL)
			continue;
		for (size_t j = 0; j < CHAMP_COUNT; j++)
			shared = shared || (same_section((enum champ)i, (enum champ)j) &&
					    (champ_table[j].types & kind) != 0);
		if (!shared)
			tell_section(findings, (enum champ)i, detail);
		else if (!told(findings, champ_table[i].chemin))
			dossier_anomalie(dossier, &findings->anomalies, ANO_YML_HORS_SUJET,
					 (enum champ)i, detail, NULL);
	}
}

/* --- the whole dossier --- */

/* Takes the request's values for each section that the drop does not give. The section of a
 * dépositaire who no longer files is not taken. */
static void fill_sections(struct root *root, const struct dossier *given, struct facts *facts)
{
	bool wanted[CHAMP_COUNT];

	for (size_t i = 0; i < CHAMP_COUNT; i++)
		wanted[i] = first_given(given, (enum champ)i) == NULL &&
			    !in_section((enum champ)i, DEPOSITAIRE);
	demande_load_dossier(root, &facts->demande, wanted, &facts->dossier);
	if (!dossier_is(&facts->dossier, CHAMP_DECLARANT, DEPOSITAIRE))
		return;
	for (size_t i = 0; i < CHAMP_COUNT; i++)
		wanted[i] = in_section((enum champ)i, DEPOSITAIRE) &&
			    first_given(given, (enum champ)i) == NULL;
	demande_load_dossier(root, &facts->demande, wanted, &facts->dossier);
}

static void refuse_new_depositaire(struct findings *findings, const struct facts *facts)
{
	if (dossier_is(&facts->dossier, CHAMP_DECLARANT, "representant_legal") &&
	    first_given(&findings->dossier, CHAMP_DEPOSITAIRE_EMAIL) != NULL)
		tell_section(findings, CHAMP_DEPOSITAIRE_EMAIL,
			     " : le déclarant est le représentant légal");
}

/* A section must be given whole: finds what this kind of enrolment requires of a given one. */
static void find_missing(struct findings *findings, const struct facts *facts)
{
	const struct dossier *dossier = &findings->dossier;
	unsigned kind = TYPE_BIT(facts->enrolement);

	for (size_t i = 0; i < CHAMP_COUNT; i++) {
		const struct champ_info *info = &champ_table[i];
		const struct valeur *first = first_given(dossier, (enum champ)i);

		if (of_any_dossier((enum champ)i) || (info->required & kind) == 0 ||
		    dossier->champs[i].text != NULL || first == NULL ||
		    told(findings, info->chemin))
			continue;
		anomalies_add_at(&findings->anomalies, info->absent, info->chemin, first->ligne,
				 first->colonne, NULL, NULL, NULL);
	}
}

static bool is_empty(const struct dossier *dossier)
{
	for (size_t i = 0; i < CHAMP_COUNT; i++)
		if (!of_any_dossier((enum champ)i) && dossier->champs[i].text != NULL)
			return false;
	return dossier->piece_count == 0;
}

bool rules_modification(struct root *root, struct findings *findings, struct facts *facts)
{
	if (is_empty(&findings->dossier)) {
		dossier_anomalie(&findings->dossier, &findings->anomalies,
				 ANO_CYC_MODIFICATION_VIDE, CHAMP_TYPE, NULL, NULL);
		return false;
	}
	refuse_other_number(findings, CHAMP_DEMANDEUR_SIRET, facts->demande.siret,
			    ANO_CYC_SIRET_CHANGE);
	refuse_other_number(findings, CHAMP_REFERENCEMENT_NUMERO_ANS, facts->demande.numero_ans,
			    ANO_CYC_NUMERO_ANS_CHANGE);
	refuse_foreign(findings, facts);
	fill_sections(root, &findings->dossier, facts);
	refuse_new_depositaire(findings, facts);
	find_missing(findings, facts);
	return true;
}

/* --- what it changes --- */

/* The document that proves a value. When the value changes and the document does
 * not, a case manager looks whether the document still fits. A document that has
 * lost its object goes with it. */
static const struct {
	const char *chemin; /* key or section */
	enum piece_type piece;
} proofs[] = {
    {"banque", PIECE_RIB},
    {"demandeur.denomination_sociale", PIECE_KBIS},
    {"demandeur.distributeur", PIECE_MANDAT_EDITEUR},
    {"representant.nom", PIECE_IDENTITE_REPRESENTANT},
    {"representant.prenom", PIECE_IDENTITE_REPRESENTANT},
    {"representant.identite", PIECE_IDENTITE_REPRESENTANT},
    {"depositaire.nom", PIECE_IDENTITE_DEPOSITAIRE},
    {"depositaire.prenom", PIECE_IDENTITE_DEPOSITAIRE},
    {"depositaire.identite", PIECE_IDENTITE_DEPOSITAIRE},
    {"depositaire", PIECE_MANDAT_REPRESENTANT_LEGAL},
    {"depositaire", PIECE_CONTRAT_PRESTATION},
    {"declarant", PIECE_IDENTITE_DEPOSITAIRE},
    {"declarant", PIECE_MANDAT_REPRESENTANT_LEGAL},
    {"declarant", PIECE_CONTRAT_PRESTATION},
    {"tva.assujetti", PIECE_PREUVE_HORS_TVA},
    {"referencement.hebergement_donnees_sante", PIECE_CERTIFICAT_HDS},
    {"referencement.hebergement_donnees_sante", PIECE_ATTESTATION_NON_HDS},
};

static bool below(const char *chemin, const char *section)
{
	size_t length = strlen(section);

	return strncmp(chemin, section, length) == 0 &&
	       (chemin[length] == '\0' || chemin[length] == '.');
}

static bool any_changed(const struct facts *facts, const char *section)
{
	for (size_t i = 0; i < CHAMP_COUNT; i++)
		if (facts->changed[i] && below(champ_table[i].chemin, section))
			return true;
	return false;
}

static void compare_dossiers(struct root *root, const struct dossier *dossier, struct facts *facts)
{
	struct dossier before = {0};
	bool all[CHAMP_COUNT];

	memset(all, true, sizeof(all));
	demande_load_dossier(root, &facts->demande, all, &before);
	for (size_t i = 0; i < DOSSIER_COLUMNS; i++) {
		enum champ champ = dossier_columns[i].champ;
		const char *old = dossier_get(&before, champ), *new = dossier_get(dossier, champ);

		facts->changed[champ] = strcmp(old != NULL ? old : "", new != NULL ? new : "") != 0;
	}
	rules_titulaire_changes(&before, facts);
	dossier_free(&before);
}

void rules_changes(struct root *root, struct findings *findings, struct facts *facts)
{
	const struct dossier *dossier = &facts->dossier;
	bool changed = dossier->piece_count > 0;

	compare_dossiers(root, dossier, facts);
	for (size_t i = 0; i < CHAMP_COUNT; i++)
		changed = changed || facts->changed[i];
	if (!changed && !anomalies_blocking(&findings->anomalies))
		dossier_anomalie(dossier, &findings->anomalies, ANO_CYC_MODIFICATION_SANS_EFFET,
				 CHAMP_TYPE, NULL, NULL);
	/* rules_pieces takes back the documents that the dossier still calls for. */
	for (size_t i = 0; i < ARRAY_SIZE(proofs); i++)
		if (any_changed(facts, proofs[i].chemin))
			facts->withdrawn[proofs[i].piece] = true;
}

void rules_earlier_pieces(struct findings *findings, const struct facts *facts)
{
	bool alerted[PIECE_TYPE_COUNT] = {false};

	for (size_t i = 0; i < ARRAY_SIZE(proofs); i++) {
		enum piece_type piece = proofs[i].piece;

		if (!any_changed(facts, proofs[i].chemin) || alerted[piece] ||
		    !facts->demande.held[piece] || facts->withdrawn[piece] ||
		    dossier_piece(&findings->dossier, piece) != NULL ||
		    rules_piece_of_another(facts, piece))
			continue;
		alerted[piece] = true;
		anomalies_add(&findings->anomalies, ANO_CYC_PIECE_ANTERIEURE, proofs[i].chemin,
			      NULL, piece_type_name(piece), NULL);
	}
}
