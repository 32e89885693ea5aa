#include "asp/reference_table.h"

#include "intake/inbox.h"
#include "lib/array.h"
#include "lib/date.h"
#include "lib/email.h"
#include "lib/iban.h"
#include "lib/siret.h"
#include "lib/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CELL_LENGTH_MAX 200 /* characters */

#define LEADING_ZERO                                                                                  \
	" : il y manque des chiffres, sans doute un zéro de tête ôté par le tableur ; mettez la " \
	"colonne au format Texte"

/* --- checks of one cell --- */

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

/* What Excel makes of a number like 27e99: "2,7E+100". */
static bool is_scientific(const char *text)
{
	size_t digits = strspn(text, TEXT_DIGITS ",.");

	return digits > 0 && (text[digits] == 'E' || text[digits] == 'e') &&
	       text[digits + 1] == '+' && text[digits + 2] != '\0' &&
	       strspn(text + digits + 2, TEXT_DIGITS) == strlen(text + digits + 2);
}

static const char *check_numero_ans(const char *text, struct buf *out)
{
	if (is_scientific(text))
		return " : le tableur l'a changée en nombre ; mettez la colonne au format Texte";
	return check_text(text, out);
}

/* The check digit is not looked at: this program does not mend the ASP's own registers. */
static const char *check_siren(const char *text, struct buf *out)
{
	char digits[SIRET_SIZE];
	size_t length = text_compact(text, digits, sizeof(digits));

	if (length == 0)
		return " : elle est vide";
	if (length == TEXT_NOT_COMPACT || strspn(digits, TEXT_DIGITS) != length)
		return " : un SIREN est fait de 9 chiffres";
	if (length == 14)
		return " : c'est un SIRET ; gardez-en les 9 premiers chiffres, le SIREN";
	if (length < 9)
		return LEADING_ZERO;
	if (length > 9)
		return " : un SIREN est fait de 9 chiffres";
	buf_puts(out, digits);
	return NULL;
}

static const char *check_optional_siren(const char *text, struct buf *out)
{
	return text[0] == '\0' ? NULL : check_siren(text, out);
}

static const char *check_email(const char *text, struct buf *out)
{
	char *address;

	if (!email_check(text, &address))
		return text[0] == '\0' ? " : elle est vide"
				       : " : ce n'est pas une adresse électronique";
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

/* Case, accents, and spaces or hyphens for "_" are tolerated: "En cours" is en_cours. The value
 * that stands at index i of `spellings` is written as that of index i of `values`. */
static bool put_enum(const char *text, const char *const *spellings, const char *const *values,
		     struct buf *out)
{
	char *name = text_fold(text);

	for (char *c = name; c != NULL && *c != '\0'; c++)
		if (*c == ' ' || *c == '-')
			*c = '_';
	for (size_t i = 0; name != NULL && spellings[i] != NULL; i++)
		if (strcmp(name, spellings[i]) == 0) {
			buf_puts(out, values[i]);
			free(name);
			return true;
		}
	free(name);
	return false;
}

static const char *check_etat(const char *text, struct buf *out)
{
	static const char *const values[] = {"valide", "en_cours", "retire", NULL};

	return put_enum(text, values, values, out) ? NULL : " : écrivez valide, en_cours ou retire";
}

static const char *check_optional_titulaire(const char *text, struct buf *out)
{
	static const char *const values[] = {"representant_legal", "depositaire", NULL};

	return text[0] == '\0' || put_enum(text, values, values, out)
		   ? NULL
		   : " : écrivez representant_legal ou depositaire";
}

/* Excel in French writes a boolean as VRAI or FAUX. */
static const char *check_oui_non(const char *text, struct buf *out)
{
	static const char *const spellings[] = {"oui",	"vrai",	 "true", "non",
						"faux", "false", NULL};
	static const char *const values[] = {"oui", "oui", "oui", "non", "non", "non"};

	return put_enum(text, spellings, values, out) ? NULL : " : écrivez oui ou non";
}

/* Writes J/M/AAAA or JJ/MM/AAAA, which is what Excel in France makes of a date, as AAAA-MM-JJ. */
static bool turn_date(const char *text, char iso[static DATE_SIZE])
{
	size_t day = strspn(text, TEXT_DIGITS), month;
	const char *year;

	if (day < 1 || day > 2 || text[day] != '/')
		return false;
	month = strspn(text + day + 1, TEXT_DIGITS);
	year = text + day + 1 + month;
	if (month < 1 || month > 2 || year[0] != '/' || strlen(year + 1) != 4)
		return false;
	snprintf(iso, DATE_SIZE, "%.4s-%s%.*s-%s%.*s", year + 1, month == 1 ? "0" : "", (int)month,
		 text + day + 1, day == 1 ? "0" : "", (int)day, text);
	return true;
}

static const char *check_date(const char *text, struct buf *out)
{
	char iso[DATE_SIZE];
	const char *date = turn_date(text, iso) ? iso : text;
	int32_t days;

	if (!date_parse(date, &days))
		return " : écrivez une date AAAA-MM-JJ";
	buf_puts(out, date);
	return NULL;
}

/* No rule uses this date: one that cannot be read is left out, and refuses no register. */
static const char *check_unused_date(const char *text, struct buf *out)
{
	check_date(text, out);
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
	char code[BANK_CODE_SIZE];
	size_t length = text_compact(text, code, sizeof(code));

	if (length == 0)
		return " : elle est vide";
	if (length < 5 && strspn(code, TEXT_DIGITS) == length)
		return LEADING_ZERO;
	if (length != 5)
		return " : un code banque est fait de 5 chiffres";
	buf_puts(out, code);
	return NULL;
}

static const char *check_bic(const char *text, struct buf *out)
{
	char bic[BIC_SIZE];

	if (!bic_check(text, bic))
		return " : un BIC est fait de 8 ou 11 lettres et chiffres, dont le pays";
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
