/* One value at a time. */
#include "lib/date.h"
#include "lib/email.h"
#include "lib/iban.h"
#include "lib/mem.h"
#include "lib/phone.h"
#include "lib/siret.h"
#include "lib/text.h"
#include "model/numero.h"
#include "parser/validate_private.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static char *copy_if(bool good, const char *text)
{
	return good ? mem_strdup(text) : NULL;
}

static char *normal_enum(const struct champ_info *info, const char *text)
{
	for (const char *const *valeur = info->values; *valeur != NULL; valeur++)
		if (strcasecmp(text, *valeur) == 0)
			return mem_strdup(*valeur);
	return NULL;
}

static char *normal_boolean(const char *text)
{
	if (strcasecmp(text, "oui") == 0 || strcasecmp(text, "true") == 0)
		return mem_strdup("oui");
	return copy_if(strcasecmp(text, "non") == 0 || strcasecmp(text, "false") == 0, "non");
}

static char *normal_engagement(const char *text)
{
	return copy_if(strcasecmp(text, "oui") == 0 || strcasecmp(text, "true") == 0, "oui");
}

/* A text says something when it has a letter or a digit of any script. */
static char *normal_text(const char *text)
{
	for (const char *c = text; *c != '\0'; c++)
		if (isalnum((unsigned char)*c) || (unsigned char)*c >= 0xC3)
			return mem_strdup(text);
	return NULL;
}

static char *normal_siret(const char *text, enum anomalie_code *code)
{
	char siret[SIRET_SIZE];
	enum siret_verdict verdict = siret_check(text, siret);

	if (verdict == SIRET_CHECKSUM)
		*code = ANO_SIR_CLE;
	return copy_if(verdict == SIRET_OK, siret);
}

static char *normal_iban(const char *text, enum anomalie_code *code)
{
	static const enum anomalie_code codes[] = {
	    [IBAN_CHARACTERS] = ANO_BNK_IBAN_FORME, [IBAN_COUNTRY] = ANO_BNK_IBAN_PAYS,
	    [IBAN_LENGTH] = ANO_BNK_IBAN_LONGUEUR,  [IBAN_STRUCTURE] = ANO_BNK_IBAN_FORME,
	    [IBAN_CHECKSUM] = ANO_BNK_IBAN_CLE,	    [IBAN_RIB_KEY] = ANO_BNK_CLE_RIB,
	};
	char iban[IBAN_SIZE];
	enum iban_verdict verdict = iban_check(text, iban);

	if (verdict != IBAN_OK)
		*code = codes[verdict];
	return copy_if(verdict == IBAN_OK, iban);
}

static char *normal_bic(const char *text)
{
	char bic[BIC_SIZE];

	return copy_if(bic_check(text, bic), bic);
}

static char *normal_phone(const char *text)
{
	char phone[PHONE_SIZE];

	return copy_if(phone_check(text, phone), phone);
}

static char *normal_email(const char *text)
{
	char *email;

	return email_check(text, &email) ? email : NULL;
}

static char *normal_numero(const char *text)
{
	char *numero = copy_if(demande_numero_formed(text), text);

	for (char *c = numero; c != NULL && *c != '\0'; c++)
		*c = (char)toupper((unsigned char)*c);
	return numero;
}

char *value_normal(const struct champ_info *info, const char *text, enum anomalie_code *code)
{
	int32_t date;
	bool free_text = info->kind == KIND_TEXTE || info->kind == KIND_NUMERO_ANS ||
			 info->kind == KIND_EMAIL || info->kind == KIND_TITULAIRE;

	/* The other kinds have a form that bounds them. */
	if (free_text && text_length(text) > info->max) {
		*code = ANO_YML_TROP_LONG;
		return NULL;
	}
	*code = info->invalid;
	switch (info->kind) {
	case KIND_ENUM:
		return normal_enum(info, text);
	case KIND_BOOLEEN:
		return normal_boolean(text);
	case KIND_ENGAGEMENT:
		return normal_engagement(text);
	case KIND_DATE:
		return copy_if(date_parse(text, &date), text);
	case KIND_TEXTE:
	case KIND_NUMERO_ANS:
		return normal_text(text);
	case KIND_SIRET:
		return normal_siret(text, code);
	case KIND_EMAIL:
		return normal_email(text);
	case KIND_TELEPHONE:
		return normal_phone(text);
	case KIND_IBAN:
		return normal_iban(text, code);
	case KIND_BIC:
		return normal_bic(text);
	case KIND_TITULAIRE:
		return mem_strdup(text);
	case KIND_CODE_POSTAL:
		return copy_if(strlen(text) == 5 && strspn(text, TEXT_DIGITS) == 5, text);
	case KIND_DEMANDE:
		return normal_numero(text);
	}
	return NULL;
}
