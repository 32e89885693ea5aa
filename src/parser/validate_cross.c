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
		tell_champ(validation, person->expired, person->until);
}

void check_persons(struct validation *validation)
{
	for (size_t i = 0; i < ARRAY_SIZE(persons); i++) {
		check_confirmation(validation, &persons[i]);
		check_identity(validation, &persons[i]);
	}
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
