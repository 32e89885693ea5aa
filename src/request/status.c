#include "request/status.h"

#include "lib/text.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *code, *libelle;
} statuts[STATUT_COUNT] = {
    [STATUT_AUCUN] = {"", ""},
    [STATUT_EN_COURS] = {"EN_COURS", "En cours"},
    [STATUT_VALIDATION_PARTIELLE] = {"VALIDATION_PARTIELLE",
				     "Validation partielle : En attente de certificat(s)"},
    [STATUT_ATTENTE_PIECES] = {"ATTENTE_PIECES",
			       "En attente de pièce(s) jointe(s) complémentaire(s)"},
    [STATUT_CERTIFICATS_A_VALIDER] = {"CERTIFICATS_A_VALIDER", "Certificat(s) à valider"},
    [STATUT_REJETEE] = {"REJETEE", "Rejetée"},
    [STATUT_VALIDEE] = {"VALIDEE", "Validée"},
};

static const char *const evenements[EVENEMENT_COUNT] = {
    [EVENEMENT_DEPOT] = "depot",
    [EVENEMENT_VALIDER] = "valider",
    [EVENEMENT_REJETER] = "rejeter",
    [EVENEMENT_DEMANDER_PIECES] = "demander_pieces",
    [EVENEMENT_DEMANDER_MODIFICATION] = "demander_modification",
    [EVENEMENT_DEPOT_PIECES] = "depot_pieces",
    [EVENEMENT_DEPOT_MODIFICATION] = "depot_modification",
    [EVENEMENT_FINALISATION] = "finalisation",
    [EVENEMENT_RELANCE] = "relance",
    [EVENEMENT_ECHEANCE] = "echeance",
};

enum garde {
	SANS_GARDE,
	ANTICIPE,
	PAS_ANTICIPE,
	CERTIFICATS,
	PAS_CERTIFICATS,
	PIECES_DEMANDEES,
	MODIFICATION_DEMANDEE,
};

static bool guard_holds(enum garde garde, const struct statut_faits *faits)
{
	switch (garde) {
	case SANS_GARDE:
		return true;
	case ANTICIPE:
		return faits->anticipe;
	case PAS_ANTICIPE:
		return !faits->anticipe;
	case CERTIFICATS:
		return faits->certificats;
	case PAS_CERTIFICATS:
		return !faits->certificats;
	case PIECES_DEMANDEES:
		return faits->pieces_demandees;
	case MODIFICATION_DEMANDEE:
		return faits->modification_demandee;
	}
	return false;
}

static const struct {
	enum statut de;
	enum evenement evenement;
	enum garde garde;
	struct transition transition;
} table[] = {
    {STATUT_AUCUN, EVENEMENT_DEPOT, PAS_ANTICIPE, {STATUT_EN_COURS, "accuse_reception"}},
    {STATUT_AUCUN, EVENEMENT_DEPOT, ANTICIPE, {STATUT_EN_COURS, "accuse_reception_anticipe"}},

    {STATUT_EN_COURS, EVENEMENT_VALIDER, CERTIFICATS, {STATUT_VALIDEE, "validation"}},
    {STATUT_EN_COURS,
     EVENEMENT_VALIDER,
     PAS_CERTIFICATS,
     {STATUT_VALIDATION_PARTIELLE, "validation_partielle"}},
    {STATUT_CERTIFICATS_A_VALIDER, EVENEMENT_VALIDER, SANS_GARDE, {STATUT_VALIDEE, "validation"}},

    {STATUT_EN_COURS, EVENEMENT_REJETER, SANS_GARDE, {STATUT_REJETEE, "refus"}},
    {STATUT_CERTIFICATS_A_VALIDER, EVENEMENT_REJETER, SANS_GARDE, {STATUT_REJETEE, "refus"}},

    {STATUT_EN_COURS,
     EVENEMENT_DEMANDER_PIECES,
     SANS_GARDE,
     {STATUT_ATTENTE_PIECES, "demande_pieces"}},
    {STATUT_CERTIFICATS_A_VALIDER,
     EVENEMENT_DEMANDER_PIECES,
     SANS_GARDE,
     {STATUT_ATTENTE_PIECES, "demande_pieces"}},
    {STATUT_EN_COURS,
     EVENEMENT_DEMANDER_MODIFICATION,
     SANS_GARDE,
     {STATUT_ATTENTE_PIECES, "demande_modification"}},
    {STATUT_CERTIFICATS_A_VALIDER,
     EVENEMENT_DEMANDER_MODIFICATION,
     SANS_GARDE,
     {STATUT_ATTENTE_PIECES, "demande_modification"}},

    {STATUT_ATTENTE_PIECES,
     EVENEMENT_DEPOT_PIECES,
     PIECES_DEMANDEES,
     {STATUT_EN_COURS, "accuse_reception"}},
    {STATUT_ATTENTE_PIECES,
     EVENEMENT_DEPOT_MODIFICATION,
     MODIFICATION_DEMANDEE,
     {STATUT_EN_COURS, "accuse_reception"}},
    {STATUT_VALIDATION_PARTIELLE,
     EVENEMENT_FINALISATION,
     SANS_GARDE,
     {STATUT_CERTIFICATS_A_VALIDER, "accuse_reception"}},
};

const struct transition *statut_transition(enum statut de, enum evenement evenement,
					   const struct statut_faits *faits)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (table[i].de == de && table[i].evenement == evenement &&
		    guard_holds(table[i].garde, faits))
			return &table[i].transition;
	return NULL;
}

const char *statut_code(enum statut statut)
{
	return statuts[statut < STATUT_COUNT ? statut : STATUT_AUCUN].code;
}

const char *statut_libelle(enum statut statut)
{
	return statuts[statut < STATUT_COUNT ? statut : STATUT_AUCUN].libelle;
}

enum statut statut_from(const char *text)
{
	for (unsigned i = STATUT_AUCUN + 1; i < STATUT_COUNT; i++)
		if (strcasecmp(text, statuts[i].code) == 0 ||
		    text_equal_folded(text, statuts[i].libelle))
			return (enum statut)i;
	return STATUT_AUCUN;
}

const char *evenement_code(enum evenement evenement)
{
	return evenement < EVENEMENT_COUNT ? evenements[evenement] : "";
}

enum evenement decision_from(const char *text)
{
	for (unsigned i = EVENEMENT_VALIDER; i <= EVENEMENT_DEMANDER_MODIFICATION; i++)
		if (strcasecmp(text, evenements[i]) == 0)
			return (enum evenement)i;
	return EVENEMENT_COUNT;
}
