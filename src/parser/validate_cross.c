/* What values say together: identity papers, addresses, bank details. */
#include "lib/array.h"
#include "lib/date.h"
#include "lib/email.h"
#include "lib/iban.h"
#include "lib/identity.h"
#include "parser/validate_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct person {
	enum champ email, confirmation, nature, until, issued;
	enum anomalie_code confirmation_differs, date_wrong, expired;
};

static const struct person persons[] = {
    {CHAMP_REPRESENTANT_EMAIL, CHAMP_REPRESENTANT_CONFIRMATION_EMAIL,
     CHAMP_REPRESENTANT_IDENTITE_NATURE, CHAMP_REPRESENTANT_IDENTITE_VALIDE_JUSQU_AU,
     CHAMP_REPRESENTANT_IDENTITE_DELIVREE_LE, ANO_REP_CONFIRMATION, ANO_REP_IDENTITE_DATE,
     ANO_REP_IDENTITE_PERIMEE},
    {CHAMP_DEPOSITAIRE_EMAIL, CHAMP_DEPOSITAIRE_CONFIRMATION_EMAIL,
     CHAMP_DEPOSITAIRE_IDENTITE_NATURE, CHAMP_DEPOSITAIRE_IDENTITE_VALIDE_JUSQU_AU,
     CHAMP_DEPOSITAIRE_IDENTITE_DELIVREE_LE, ANO_DEP_CONFIRMATION, ANO_DEP_IDENTITE_DATE,
     ANO_DEP_IDENTITE_PERIMEE},
};

#define ISSUED_AGAIN "Recopiez la date de délivrance et la date de fin imprimées sur la pièce"

#define EXPIRED_PAPER                                                                                   \
	"Si c'est la date de délivrance, écrivez ici la date de fin imprimée sur la pièce. Sinon, " \
	"joignez une pièce d'identité en cours de validité, et indiquez sa date"
#define LONGER_CARD                                                                                    \
	EXPIRED_PAPER                                                                                  \
	". Carte délivrée de 2004 à 2013 à un majeur : indiquez delivree_le, elle court cinq ans " \
	"de plus que la date imprimée"

static void tell_champ(const struct validation *validation, enum anomalie_code code,
		       enum champ champ)
{
	dossier_anomalie(validation->dossier, validation->anomalies, code, champ, NULL, NULL);
}

static void refuse_champ(struct validation *validation, enum anomalie_code code, enum champ champ,
			 const char *detail, const char *detail2)
{
	dossier_anomalie(validation->dossier, validation->anomalies, code, champ, detail, detail2);
	free(validation->normal[champ]);
	validation->normal[champ] = NULL;
}

/* Whether both are one address, but for case; one may have a domain with accents, one in ASCII. */
static bool same_address(const char *a, const char *b)
{
	char *normal_a = NULL, *normal_b = NULL;
	bool same = strcasecmp(a, b) == 0;

	if (email_check(a, &normal_a) == EMAIL_OK && email_check(b, &normal_b) == EMAIL_OK)
		same = strcasecmp(normal_a, normal_b) == 0;
	free(normal_a);
	free(normal_b);
	return same;
}

static void check_confirmation(struct validation *validation, const struct person *person)
{
	const struct valeur *email = &validation->dossier->champs[person->email];
	const char *confirmation = validation->normal[person->confirmation];

	if (confirmation == NULL || email->text == NULL ||
	    validation->positions->told[person->email])
		return;
	if (!same_address(email->text, confirmation))
		refuse_champ(validation, person->confirmation_differs, person->confirmation, NULL,
			     NULL);
}

static bool date_of(const struct validation *validation, enum champ champ, int32_t *date)
{
	return validation->normal[champ] != NULL && date_parse(validation->normal[champ], date);
}

/* Whether the day of issue, which is not given, may still make a card run longer than it says: the
 * card would have been issued ten years before. */
static bool may_run_longer(const struct validation *validation, const struct person *person,
			   int32_t until)
{
	int32_t issued = date_add_years(until, -10);

	return validation->normal[person->issued] == NULL &&
	       identity_last_day(validation->normal[person->nature], until, issued) >=
		   validation->date_depot;
}

/* A paper must be in date on the day of the deposit, that day included (guide p. 15). */
static void check_identity(struct validation *validation, const struct person *person)
{
	int32_t issued = 0, until = 0; /* what is not given lies long ago */
	bool has_until = date_of(validation, person->until, &until);
	bool has_issued = date_of(validation, person->issued, &issued);

	if (issued > validation->date_depot)
		refuse_champ(validation, person->date_wrong, person->issued,
			     "elle est postérieure au dépôt", ISSUED_AGAIN);
	else if (has_until && issued > until)
		refuse_champ(validation, person->date_wrong, person->issued,
			     "elle suit la date de fin de validité", ISSUED_AGAIN);
	if (has_until && has_issued)
		until = identity_last_day(validation->normal[person->nature], until, issued);
	if (has_until && until < validation->date_depot)
		dossier_anomalie(
		    validation->dossier, validation->anomalies, person->expired, person->until,
		    may_run_longer(validation, person, until) ? LONGER_CARD : EXPIRED_PAPER, NULL);
}

void check_persons(struct validation *validation)
{
	for (size_t i = 0; i < ARRAY_SIZE(persons); i++) {
		check_confirmation(validation, &persons[i]);
		check_identity(validation, &persons[i]);
	}
}

static const char *unjudged(const struct validation *validation, enum champ champ)
{
	return validation->off_subject[champ] || validation->positions->told[champ]
		   ? NULL
		   : validation->dossier->champs[champ].text;
}

/* An IBAN and a BIC in each other's place are one slip, not two wrong values. */
void check_swapped_bank(struct validation *validation)
{
	const char *iban = unjudged(validation, CHAMP_BANQUE_IBAN);
	const char *bic = unjudged(validation, CHAMP_BANQUE_BIC);
	char normal_iban[IBAN_SIZE], normal_bic[BIC_SIZE];

	if (iban == NULL || bic == NULL || !bic_check(iban, normal_bic) ||
	    iban_check(bic, normal_iban) != IBAN_OK)
		return;
	tell_champ(validation, ANO_BNK_INTERVERTIS, CHAMP_BANQUE_IBAN);
	validation->off_subject[CHAMP_BANQUE_IBAN] = true;
	validation->off_subject[CHAMP_BANQUE_BIC] = true;
}

void check_bank(struct validation *validation)
{
	const char *iban = validation->normal[CHAMP_BANQUE_IBAN];
	const char *bic = validation->normal[CHAMP_BANQUE_BIC];

	if (iban == NULL)
		return;
	if (!iban_in_sepa(iban))
		tell_champ(validation, ANO_BNK_HORS_SEPA, CHAMP_BANQUE_IBAN);
	if (bic == NULL)
		return;
	switch (bic_country_check(iban, bic)) {
	case BIC_COUNTRY_OK:
		break;
	case BIC_COUNTRY_ALERT:
		tell_champ(validation, ANO_BNK_BIC_TERRITOIRE, CHAMP_BANQUE_BIC);
		break;
	case BIC_COUNTRY_ERROR:
		refuse_champ(validation, ANO_BNK_BIC_PAYS, CHAMP_BANQUE_BIC, NULL, NULL);
		break;
	}
}
