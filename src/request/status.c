#include "request/status.h"

#include "lib/array.h"
#include "lib/buf.h"
#include "lib/mem.h"
#include "model/choice.h"
#include "model/slip.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *code, *libelle;
} statuses[STATUT_COUNT] = {
    [STATUT_NONE] = {"", ""},
    [STATUT_EN_COURS] = {"EN_COURS", "En cours"},
    [STATUT_VALIDATION_PARTIELLE] = {"VALIDATION_PARTIELLE",
				     "Validation partielle : En attente de certificat(s)"},
    [STATUT_ATTENTE_PIECES] = {"ATTENTE_PIECES",
			       "En attente de pièce(s) jointe(s) complémentaire(s)"},
    [STATUT_CERTIFICATS_A_VALIDER] = {"CERTIFICATS_A_VALIDER", "Certificat(s) à valider"},
    [STATUT_REJETEE] = {"REJETEE", "Rejetée"},
    [STATUT_VALIDEE] = {"VALIDEE", "Validée"},
};

static const char *const events[EVENEMENT_COUNT] = {
    [EVENEMENT_DEPOT] = "depot",
    [EVENEMENT_VALIDER] = "valider",
    [EVENEMENT_REJETER] = "rejeter",
    [EVENEMENT_DEMANDER_PIECES] = "demander_pieces",
    [EVENEMENT_DEMANDER_MODIFICATION] = "demander_modification",
    [EVENEMENT_PRENDRE] = "prendre",
    [EVENEMENT_CLASSER_ALERTE] = "classer_alerte",
    [EVENEMENT_DEPOT_PIECES] = "depot_pieces",
    [EVENEMENT_DEPOT_MODIFICATION] = "depot_modification",
    [EVENEMENT_FINALISATION] = "finalisation",
    [EVENEMENT_RELANCE] = "relance",
    [EVENEMENT_ECHEANCE] = "echeance",
};

enum guard {
	GUARD_NONE,
	GUARD_ANTICIPE,
	GUARD_NOT_ANTICIPE,
	GUARD_CERTIFICATS,
	GUARD_NOT_CERTIFICATS,
	GUARD_PIECES,
	GUARD_MODIFICATION,
};

static bool guard_holds(enum guard guard, const struct statut_facts *facts)
{
	switch (guard) {
	case GUARD_NONE:
		return true;
	case GUARD_ANTICIPE:
		return facts->anticipe;
	case GUARD_NOT_ANTICIPE:
		return !facts->anticipe;
	case GUARD_CERTIFICATS:
		return facts->certificats;
	case GUARD_NOT_CERTIFICATS:
		return !facts->certificats;
	case GUARD_PIECES:
		return facts->pieces_demandees;
	case GUARD_MODIFICATION:
		return facts->modification_demandee;
	}
	return false;
}

static const struct {
	enum statut de;
	enum evenement evenement;
	enum guard guard;
	struct transition transition;
} table[] = {
    {STATUT_NONE, EVENEMENT_DEPOT, GUARD_NOT_ANTICIPE, {STATUT_EN_COURS, "accuse_reception"}},
    {STATUT_NONE, EVENEMENT_DEPOT, GUARD_ANTICIPE, {STATUT_EN_COURS, "accuse_reception_anticipe"}},

    {STATUT_EN_COURS, EVENEMENT_VALIDER, GUARD_CERTIFICATS, {STATUT_VALIDEE, "validation"}},
    {STATUT_EN_COURS,
     EVENEMENT_VALIDER,
     GUARD_NOT_CERTIFICATS,
     {STATUT_VALIDATION_PARTIELLE, "validation_partielle"}},
    {STATUT_CERTIFICATS_A_VALIDER, EVENEMENT_VALIDER, GUARD_NONE, {STATUT_VALIDEE, "validation"}},

    {STATUT_EN_COURS, EVENEMENT_REJETER, GUARD_NONE, {STATUT_REJETEE, "refus"}},
    {STATUT_CERTIFICATS_A_VALIDER, EVENEMENT_REJETER, GUARD_NONE, {STATUT_REJETEE, "refus"}},
    /* Beyond the guide: a supplier may stay silent, a referencing be retired. */
    {STATUT_VALIDATION_PARTIELLE, EVENEMENT_REJETER, GUARD_NONE, {STATUT_REJETEE, "refus"}},
    {STATUT_ATTENTE_PIECES, EVENEMENT_REJETER, GUARD_NONE, {STATUT_REJETEE, "refus"}},

    {STATUT_EN_COURS,
     EVENEMENT_DEMANDER_PIECES,
     GUARD_NONE,
     {STATUT_ATTENTE_PIECES, "demande_pieces"}},
    {STATUT_CERTIFICATS_A_VALIDER,
     EVENEMENT_DEMANDER_PIECES,
     GUARD_NONE,
     {STATUT_ATTENTE_PIECES, "demande_pieces"}},
    {STATUT_EN_COURS,
     EVENEMENT_DEMANDER_MODIFICATION,
     GUARD_NONE,
     {STATUT_ATTENTE_PIECES, "demande_modification"}},
    {STATUT_CERTIFICATS_A_VALIDER,
     EVENEMENT_DEMANDER_MODIFICATION,
     GUARD_NONE,
     {STATUT_ATTENTE_PIECES, "demande_modification"}},

    {STATUT_ATTENTE_PIECES,
     EVENEMENT_DEPOT_PIECES,
     GUARD_PIECES,
     {STATUT_EN_COURS, "accuse_reception"}},
    {STATUT_ATTENTE_PIECES,
     EVENEMENT_DEPOT_MODIFICATION,
     GUARD_MODIFICATION,
     {STATUT_EN_COURS, "accuse_reception"}},
    {STATUT_VALIDATION_PARTIELLE,
     EVENEMENT_FINALISATION,
     GUARD_NONE,
     {STATUT_CERTIFICATS_A_VALIDER, "accuse_reception"}},

    /* What the work of case managers says of a request that is under way. */
    {STATUT_EN_COURS, EVENEMENT_PRENDRE, GUARD_NONE, {STATUT_EN_COURS, NULL}},
    {STATUT_VALIDATION_PARTIELLE,
     EVENEMENT_PRENDRE,
     GUARD_NONE,
     {STATUT_VALIDATION_PARTIELLE, NULL}},
    {STATUT_ATTENTE_PIECES, EVENEMENT_PRENDRE, GUARD_NONE, {STATUT_ATTENTE_PIECES, NULL}},
    {STATUT_CERTIFICATS_A_VALIDER,
     EVENEMENT_PRENDRE,
     GUARD_NONE,
     {STATUT_CERTIFICATS_A_VALIDER, NULL}},
    {STATUT_EN_COURS, EVENEMENT_CLASSER_ALERTE, GUARD_NONE, {STATUT_EN_COURS, NULL}},
    {STATUT_VALIDATION_PARTIELLE,
     EVENEMENT_CLASSER_ALERTE,
     GUARD_NONE,
     {STATUT_VALIDATION_PARTIELLE, NULL}},
    {STATUT_ATTENTE_PIECES, EVENEMENT_CLASSER_ALERTE, GUARD_NONE, {STATUT_ATTENTE_PIECES, NULL}},
    {STATUT_CERTIFICATS_A_VALIDER,
     EVENEMENT_CLASSER_ALERTE,
     GUARD_NONE,
     {STATUT_CERTIFICATS_A_VALIDER, NULL}},
};

const struct transition *statut_transition(enum statut de, enum evenement evenement,
					   const struct statut_facts *facts)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i].de == de && table[i].evenement == evenement &&
		    guard_holds(table[i].guard, facts))
			return &table[i].transition;
	return NULL;
}

const char *statut_code(enum statut statut)
{
	return statuses[statut < STATUT_COUNT ? statut : STATUT_NONE].code;
}

const char *statut_libelle(enum statut statut)
{
	return statuses[statut < STATUT_COUNT ? statut : STATUT_NONE].libelle;
}

enum statut statut_from(const char *text)
{
	/* As the database has them, without folding. */
	for (unsigned i = STATUT_NONE + 1; i < STATUT_COUNT; i++)
		if (strcmp(text, statuses[i].code) == 0)
			return (enum statut)i;
	for (unsigned i = STATUT_NONE + 1; i < STATUT_COUNT; i++)
		if (choice_is(text, statuses[i].code) || choice_is(text, statuses[i].libelle))
			return (enum statut)i;
	return STATUT_NONE;
}

const char *evenement_code(enum evenement evenement)
{
	return evenement < EVENEMENT_COUNT ? events[evenement] : "";
}

enum evenement decision_from(const char *text)
{
	for (unsigned i = EVENEMENT_VALIDER; i <= EVENEMENT_CLASSER_ALERTE; i++)
		if (choice_is(text, events[i]))
			return (enum evenement)i;
	return EVENEMENT_COUNT;
}

const char *statut_near(const char *text)
{
	struct slip_search search;
	const char *near = NULL;

	slip_begin(&search, text);
	for (unsigned i = STATUT_NONE + 1; i < STATUT_COUNT; i++)
		if (slip_consider(&search, statuses[i].code, SLIP_NONE - 1) ||
		    slip_consider(&search, statuses[i].libelle, SLIP_NONE - 1))
			near = statuses[i].libelle;
	slip_end(&search);
	return near;
}

const char *decision_near(const char *text)
{
	struct slip_search search;

	slip_begin(&search, text);
	for (unsigned i = EVENEMENT_VALIDER; i <= EVENEMENT_CLASSER_ALERTE; i++)
		slip_consider(&search, events[i], SLIP_NONE - 1);
	return slip_end(&search);
}

char *statut_decisions(enum statut de, const struct statut_facts *facts)
{
	struct buf out = {0};

	for (unsigned i = EVENEMENT_VALIDER; i <= EVENEMENT_CLASSER_ALERTE; i++)
		if (statut_transition(de, (enum evenement)i, facts) != NULL)
			buf_printf(&out, "%s%s", out.length > 0 ? ", " : "", events[i]);
	return out.length > 0 ? buf_take(&out) : mem_strdup("aucune");
}
