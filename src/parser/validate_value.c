/* One value at a time. */
#include "lib/date.h"
#include "lib/email.h"
#include "lib/iban.h"
#include "lib/mem.h"
#include "lib/pasted.h"
#include "lib/phone.h"
#include "lib/siret.h"
#include "lib/text.h"
#include "model/numero.h"
#include "model/slip.h"
#include "parser/validate_private.h"

#include <ctype.h>
#include <string.h>

static char *copy_if(bool good, const char *text)
{
	return good ? mem_strdup(text) : NULL;
}

static char *normal_choice(const struct choice *choices, const char *text)
{
	const char *value = choice_read(choices, text);

	return copy_if(value != NULL, value);
}

static char *normal_enum(const struct champ_info *info, const char *text, struct refusal *refusal)
{
	char *value = normal_choice(info->choices, text);

	if (value == NULL)
		refusal->reason.why = slip_advice(choice_near(info->choices, text));
	return value;
}

static char *normal_engagement(const char *text)
{
	const char *value = choice_read(choice_boolean, text);

	return copy_if(value != NULL && strcmp(value, "oui") == 0, "oui");
}

/* A text says something when it has a letter or a digit of any script. */
static char *normal_text(const char *text)
{
	for (const char *c = text; *c != '\0'; c++)
		if (isalnum((unsigned char)*c) || (unsigned char)*c >= 0xC3)
			return text_fold_spaces(mem_strdup(text));
	return NULL;
}

static char *normal_date(const char *text, struct refusal *refusal)
{
	char date[DATE_SIZE];
	int32_t days;

	if (!date_read(text, &days)) {
		refusal->reason = reason_date(text);
		return NULL;
	}
	date_format(days, date);
	return mem_strdup(date);
}

static char *normal_siret(const char *text, struct refusal *refusal)
{
	char siret[SIRET_SIZE];
	enum siret_verdict verdict = siret_check(text, siret);

	if (verdict == SIRET_CHECKSUM)
		refusal->code = ANO_SIR_CLE;
	else if (verdict != SIRET_OK)
		refusal->reason = reason_siret(text);
	return copy_if(verdict == SIRET_OK, siret);
}

static char *normal_code_postal(const char *text, struct refusal *refusal)
{
	struct number number = number_read(text, CODE_POSTAL_DIGITS);

	if (number.fault != NUMBER_OK)
		refusal->reason = reason_code_postal(text);
	return copy_if(number.fault == NUMBER_OK, number.digits);
}

static char *normal_iban(const char *text, struct refusal *refusal)
{
	static const enum anomalie_code codes[] = {
	    [IBAN_CHARACTERS] = ANO_BNK_IBAN_FORME, [IBAN_COUNTRY] = ANO_BNK_IBAN_PAYS,
	    [IBAN_LENGTH] = ANO_BNK_IBAN_LONGUEUR,  [IBAN_STRUCTURE] = ANO_BNK_IBAN_FORME,
	    [IBAN_CHECKSUM] = ANO_BNK_IBAN_CLE,	    [IBAN_RIB_KEY] = ANO_BNK_CLE_RIB,
	};
	char iban[IBAN_SIZE];
	enum iban_verdict verdict = iban_check(text, iban);

	if (verdict != IBAN_OK) {
		refusal->code = codes[verdict];
		refusal->reason = reason_iban(text);
	}
	return copy_if(verdict == IBAN_OK, iban);
}

static char *normal_bic(const char *text, struct refusal *refusal)
{
	char bic[BIC_SIZE];
	bool right = bic_check(text, bic);

	if (!right)
		refusal->reason = reason_bic(text);
	return copy_if(right, bic);
}

static char *normal_phone(const char *text, struct refusal *refusal)
{
	char phone[PHONE_SIZE];
	bool right = phone_check(text, phone) == PHONE_OK;

	if (!right)
		refusal->reason = reason_phone(text);
	return copy_if(right, phone);
}

static char *normal_email(const char *text, struct refusal *refusal)
{
	char *email;

	if (email_check(text, &email) != EMAIL_OK)
		refusal->reason = reason_email(text);
	return email;
}

static char *normal_numero(const char *text, struct refusal *refusal)
{
	char numero[NUMERO_SIZE];
	bool right = demande_numero_read(text, numero);

	if (!right)
		refusal->reason = reason_demande(text);
	return copy_if(right, numero);
}

char *value_normal(const struct champ_info *info, const char *text, struct refusal *refusal)
{
	bool free_text = info->kind == KIND_TEXTE || info->kind == KIND_NUMERO_ANS ||
			 info->kind == KIND_EMAIL || info->kind == KIND_TITULAIRE;

	*refusal = (struct refusal){.code = info->invalid};
	/* The other kinds have a form that bounds them. */
	if (free_text && text_length(text) > info->max) {
		*refusal =
		    (struct refusal){ANO_YML_TROP_LONG, {.why = mem_strdup(DECIMAL(info->max))}};
		return NULL;
	}
	switch (info->kind) {
	case KIND_ENUM:
		return normal_enum(info, text, refusal);
	case KIND_BOOLEEN:
		return normal_choice(choice_boolean, text);
	case KIND_ENGAGEMENT:
		return normal_engagement(text);
	case KIND_DATE:
		return normal_date(text, refusal);
	case KIND_TEXTE:
	case KIND_NUMERO_ANS:
		return normal_text(text);
	case KIND_SIRET:
		return normal_siret(text, refusal);
	case KIND_EMAIL:
		return normal_email(text, refusal);
	case KIND_TELEPHONE:
		return normal_phone(text, refusal);
	case KIND_IBAN:
		return normal_iban(text, refusal);
	case KIND_BIC:
		return normal_bic(text, refusal);
	case KIND_TITULAIRE:
		return text_fold_spaces(mem_strdup(text));
	case KIND_CODE_POSTAL:
		return normal_code_postal(text, refusal);
	case KIND_DEMANDE:
		return normal_numero(text, refusal);
	}
	return NULL;
}
