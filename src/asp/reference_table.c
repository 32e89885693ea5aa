#include "asp/reference_table.h"

#include "intake/inbox.h"
#include "lib/array.h"
#include "lib/date.h"
#include "lib/email.h"
#include "lib/iban.h"
#include "lib/pasted.h"
#include "lib/siret.h"
#include "lib/text.h"
#include "model/dossier.h"
#include "model/reason.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CELL_LENGTH_MAX 200 /* characters */

/* --- checks of one cell --- */

/* Leaves the reason in `out`, as REF_VALEUR goes on with it; takes it over. */
static const char *refuse(struct reason reason, struct buf *out)
{
	buf_clear(out);
	buf_printf(out, " : %s. %s", reason.why, reason.remedy);
	reason_free(&reason);
	return out->data;
}

static const char *check_optional(const char *text, struct buf *out)
{
	if (text_has_forbidden(text))
		return " : elle contient des caractères invisibles ou un saut de ligne";
	if (text_length(text) > CELL_LENGTH_MAX)
		return " : elle dépasse 200 caractères";
	buf_puts(out, text);
	return NULL;
}

static const char *check_text(const char *text, struct buf *out)
{
	return text[0] == '\0' ? " : elle est vide" : check_optional(text, out);
}

static const char *check_numero_ans(const char *text, struct buf *out)
{
	if (number_read(text, 0).fault == NUMBER_EXPONENT && strpbrk(text, "+") != NULL)
		return " : le tableur l'a changée en nombre ; mettez la colonne au format Texte";
	return check_text(text, out);
}

/* The check digit is not looked at: this program does not mend the ASP's own registers. */
static const char *check_siren(const char *text, struct buf *out)
{
	struct number number = number_read(text, SIREN_SIZE - 1);

	if (number.fault != NUMBER_OK)
		return refuse(reason_siren(text), out);
	buf_puts(out, number.digits);
	return NULL;
}

static const char *check_optional_siren(const char *text, struct buf *out)
{
	return text[0] == '\0' ? NULL : check_siren(text, out);
}

static const char *check_email(const char *text, struct buf *out)
{
	char *address;

	if (email_check(text, &address) != EMAIL_OK)
		return refuse(reason_email(text), out);
	for (char *c = address; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	buf_puts(out, address);
	free(address);
	return NULL;
}

static const char *check_optional_email(const char *text, struct buf *out)
{
	return text[0] == '\0' ? NULL : check_email(text, out);
}

/* Writes the value that a text names; false when it names none. */
static bool put_choice(const struct choice *choices, const char *text, struct buf *out)
{
	const char *value = choice_read(choices, text);

	if (value != NULL)
		buf_puts(out, value);
	return value != NULL;
}

static const char *check_etat(const char *text, struct buf *out)
{
	static const struct choice etats[] = {
	    {"valide", "valide"}, {"en_cours", "en_cours"}, {"retire", "retire"}, {NULL, NULL}};

	return put_choice(etats, text, out) ? NULL : " : écrivez valide, en_cours ou retire";
}

static const char *check_optional_titulaire(const char *text, struct buf *out)
{
	return text[0] == '\0' || put_choice(champ_table[CHAMP_DECLARANT].choices, text, out)
		   ? NULL
		   : " : écrivez representant_legal ou depositaire";
}

static const char *check_oui_non(const char *text, struct buf *out)
{
	return put_choice(choice_boolean, text, out) ? NULL : " : écrivez oui ou non";
}

static const char *check_date(const char *text, struct buf *out)
{
	char date[DATE_SIZE];
	int32_t days;

	if (!date_read(text, &days))
		return refuse(reason_date(text), out);
	date_format(days, date);
	buf_puts(out, date);
	return NULL;
}

/* No rule uses this date: one that cannot be read is left out, and refuses no register. */
static const char *check_unused_date(const char *text, struct buf *out)
{
	if (check_date(text, out) != NULL)
		buf_clear(out);
	return NULL;
}

static const char *check_opening(const char *text, struct buf *out)
{
	if (text[0] != '\0' && strcmp(text, DATE_OPEN_START) != 0)
		return check_date(text, out);
	buf_puts(out, DATE_OPEN_START);
	return NULL;
}

static const char *check_closing(const char *text, struct buf *out)
{
	if (text[0] != '\0' && strcmp(text, DATE_OPEN_END) != 0 && strcmp(text, "31/12/9999") != 0)
		return check_date(text, out);
	buf_puts(out, DATE_OPEN_END);
	return NULL;
}

static const char *check_compte(const char *text, struct buf *out)
{
	const char *fault = account_name_fault(text);

	if (fault == NULL)
		buf_puts(out, text);
	return fault;
}

static const char *check_code_banque(const char *text, struct buf *out)
{
	struct number number = number_read(text, CODE_BANQUE_DIGITS);

	if (number.fault != NUMBER_OK)
		return refuse(reason_code_banque(text), out);
	buf_puts(out, number.digits);
	return NULL;
}

static const char *check_bic(const char *text, struct buf *out)
{
	char bic[BIC_SIZE];

	if (!bic_check(text, bic))
		return refuse(reason_bic(text), out);
	buf_puts(out, bic);
	return NULL;
}

/* --- tables --- */

#define PORTAIL_SEGUR 3 /* the column of that name in comptes.csv */

static const struct reference_table reference_tables[] = {
    [ASP_REFERENCEMENTS] =
	{
	    .columns =
		{
		    {"numero_ans", check_numero_ans, REFERENCEMENTS_INSERT_P_NUMERO_ANS,
		     .key = true},
		    {"logiciel", check_optional, REFERENCEMENTS_INSERT_P_LOGICIEL},
		    {"version", check_optional, REFERENCEMENTS_INSERT_P_VERSION},
		    {"dsr", check_text, REFERENCEMENTS_INSERT_P_DSR},
		    {"profil", check_optional, REFERENCEMENTS_INSERT_P_PROFIL},
		    {"siren_editeur", check_optional_siren, REFERENCEMENTS_INSERT_P_SIREN_EDITEUR},
		    {"etat", check_etat, REFERENCEMENTS_INSERT_P_ETAT},
		    {"date_etat", check_unused_date, REFERENCEMENTS_INSERT_P_DATE_ETAT},
		},
	    .count = 8,
	    .clear = SQL_REFERENCEMENTS_CLEAR,
	    .insert = SQL_REFERENCEMENTS_INSERT,
	},
    [ASP_COMPTES] =
	{
	    .columns =
		{
		    {"identifiant", check_text, COMPTES_ASP_INSERT_P_IDENTIFIANT, .key = true},
		    {"email", check_email, COMPTES_ASP_INSERT_P_EMAIL},
		    {"siren", check_optional_siren, COMPTES_ASP_INSERT_P_SIREN, .key = true,
		     .required_by = PORTAIL_SEGUR},
		    [PORTAIL_SEGUR] = {"portail_segur", check_oui_non,
				       COMPTES_ASP_INSERT_P_PORTAIL_SEGUR},
		    {"titulaire", check_optional_titulaire, COMPTES_ASP_INSERT_P_TITULAIRE,
		     .required_by = PORTAIL_SEGUR},
		},
	    .count = 5,
	    .may_be_empty = true,
	    .clear = SQL_COMPTES_ASP_CLEAR,
	    .insert = SQL_COMPTES_ASP_INSERT,
	},
    [ASP_ACCES] =
	{
	    .columns =
		{
		    {"compte", check_compte, ACCES_INSERT_P_COMPTE, .key = true},
		    {"siren", check_siren, ACCES_INSERT_P_SIREN, .key = true},
		    {"contact", check_optional_email, ACCES_INSERT_P_CONTACT},
		},
	    .count = 3,
	    .clear = SQL_ACCES_CLEAR,
	    .insert = SQL_ACCES_INSERT,
	},
    [ASP_BANQUES] =
	{
	    .columns =
		{
		    {"code_banque", check_code_banque, BANQUES_INSERT_P_CODE_BANQUE, .key = true},
		    {"bic", check_bic, BANQUES_INSERT_P_BIC, .key = true},
		    {"nom", check_text, BANQUES_INSERT_P_NOM},
		},
	    .count = 3,
	    .clear = SQL_BANQUES_CLEAR,
	    .insert = SQL_BANQUES_INSERT,
	},
    [ASP_CALENDRIER] =
	{
	    .columns =
		{
		    {"dsr", check_text, CALENDRIER_INSERT_P_DSR, .key = true},
		    {"ouverture", check_opening, CALENDRIER_INSERT_P_OUVERTURE, .key = true},
		    {"cloture", check_closing, CALENDRIER_INSERT_P_CLOTURE, .key = true},
		},
	    .count = 3,
	    .first_date = 1,
	    .nocase = true,
	    .may_be_empty = true,
	    .clear = SQL_CALENDRIER_CLEAR,
	    .insert = SQL_CALENDRIER_INSERT,
	},
};

const struct reference_table *reference_table(enum asp_kind kind)
{
	return (size_t)kind < ARRAY_SIZE(reference_tables) ? &reference_tables[kind] : NULL;
}
