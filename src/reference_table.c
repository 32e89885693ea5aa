#include "reference_table.h"

#include "lib/date.h"
#include "lib/email.h"
#include "lib/iban.h"
#include "lib/mem.h"
#include "lib/siret.h"
#include "lib/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 200 /* characters */

#define LEADING_ZERO                                                                                  \
	" : il y manque des chiffres, sans doute un zéro de tête ôté par le tableur ; mettez la " \
	"colonne "                                                                                    \
	"au format Texte"

/* --- checks of one cell
 * ------------------------------------------------------------------------------- */

static const char *check_optional(const char *text, struct buf *out)
{
	if (text_has_forbidden(text))
		return " : elle contient des caractères invisibles ou un saut de ligne";
	if (text_length(text) > TEXT_MAX)
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
	size_t digits = strspn(text, "0123456789,.");

	return digits > 0 && (text[digits] == 'E' || text[digits] == 'e') &&
	       text[digits + 1] == '+' && text[digits + 2] != '\0' &&
	       strspn(text + digits + 2, "0123456789") == strlen(text + digits + 2);
}

static const char *check_numero_ans(const char *text, struct buf *out)
{
	if (is_scientific(text))
		return " : le tableur l'a changée en nombre ; mettez la colonne au format Texte";
	return check_text(text, out);
}

static const char *check_siren(const char *text, struct buf *out)
{
	char digits[15];
	size_t length = text_compact(text, digits, sizeof(digits));

	if (length == 0)
		return " : elle est vide";
	if (length == TEXT_NOT_COMPACT || strspn(digits, "0123456789") != length)
		return " : un SIREN est fait de 9 chiffres";
	if (length == 14)
		return " : c'est un SIRET ; gardez-en les 9 premiers chiffres, le SIREN";
	if (length < 9)
		return LEADING_ZERO;
	if (length > 9)
		return " : un SIREN est fait de 9 chiffres";
	if (!siren_is_valid(digits))
		return " : la clé de ce SIREN est fausse";
	buf_puts(out, digits);
	return NULL;
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

static const char *check_titulaire(const char *text, struct buf *out)
{
	static const char *const values[] = {"representant_legal", "depositaire", NULL};

	return put_enum(text, values, values, out) ? NULL
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

/* AAAA-MM-JJ, or JJ/MM/AAAA, which is what Excel in France makes of it. */
static const char *check_date(const char *text, struct buf *out)
{
	const char *t = text;
	char iso[11];
	int32_t days;

	if (strlen(t) == 10 && t[2] == '/' && t[5] == '/') {
		const char turned[11] = {t[6], t[7], t[8], t[9], '-', t[3],
					 t[4], '-',  t[0], t[1], '\0'};

		memcpy(iso, turned, sizeof(iso));
		t = iso;
	}
	if (!date_parse(t, &days))
		return text[0] == '\0' ? " : elle est vide" : " : écrivez une date AAAA-MM-JJ";
	buf_puts(out, t);
	return NULL;
}

/* A referencing that is under way may have no date yet. */
static const char *check_optional_date(const char *text, struct buf *out)
{
	return text[0] == '\0' ? NULL : check_date(text, out);
}

/* INTERFACE, 1: `[a-z][a-z0-9-]{1,31}`, and `asp` is reserved. */
static const char *check_compte(const char *text, struct buf *out)
{
	size_t length = strlen(text);

	if (length < 2 || length > 32 || text[0] < 'a' || text[0] > 'z' ||
	    strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") != length)
		return " : 2 à 32 minuscules sans accent, chiffres ou tirets, en commençant par "
		       "une lettre";
	if (strcmp(text, "asp") == 0)
		return " : ce nom est réservé";
	buf_puts(out, text);
	return NULL;
}

static const char *check_code_banque(const char *text, struct buf *out)
{
	char code[8];
	size_t length = text_compact(text, code, sizeof(code));

	if (length == 0)
		return " : elle est vide";
	if (length < 5 && strspn(code, "0123456789") == length)
		return LEADING_ZERO;
	if (length != 5)
		return " : un code banque est fait de 5 chiffres";
	buf_puts(out, code);
	return NULL;
}

static const char *check_bic(const char *text, struct buf *out)
{
	char bic[12];

	if (!bic_check(text, bic))
		return " : un BIC est fait de 8 ou 11 lettres et chiffres, dont le pays";
	buf_puts(out, bic);
	return NULL;
}

/* --- tables
 * ------------------------------------------------------------------------------------------- */

static const struct reference_table tables[] = {
    [FICHIER_REFERENCEMENTS] =
	{
	    .columns =
		{
		    {"numero_ans", check_numero_ans},
		    {"logiciel", check_text},
		    {"version", check_optional},
		    {"dsr", check_text},
		    {"profil", check_optional},
		    {"siren_editeur", check_siren},
		    {"etat", check_etat},
		    {"date_etat", check_optional_date},
		},
	    .count = 8,
	    .key = 1,
	    .clear = SQL_REFERENCEMENTS_CLEAR,
	    .insert = SQL_REFERENCEMENTS_INSERT,
	},
    [FICHIER_COMPTES] =
	{
	    .columns =
		{
		    {"identifiant", check_text},
		    {"email", check_email},
		    {"siren", check_siren},
		    {"portail_segur", check_oui_non},
		    {"titulaire", check_titulaire},
		},
	    .count = 5,
	    .key = 1,
	    .clear = SQL_COMPTES_ASP_CLEAR,
	    .insert = SQL_COMPTES_ASP_INSERT,
	},
    [FICHIER_ACCES] =
	{
	    .columns =
		{
		    {"compte", check_compte},
		    {"siren", check_siren},
		    {"contact", check_email},
		},
	    .count = 3,
	    .key = 2,
	    .clear = SQL_ACCES_CLEAR,
	    .insert = SQL_ACCES_INSERT,
	},
    [FICHIER_BANQUES] =
	{
	    .columns =
		{
		    {"code_banque", check_code_banque},
		    {"bic", check_bic},
		    {"nom", check_text},
		},
	    .count = 3,
	    .key = 1,
	    .clear = SQL_BANQUES_CLEAR,
	    .insert = SQL_BANQUES_INSERT,
	},
    [FICHIER_CALENDRIER] =
	{
	    .columns =
		{
		    {"dsr", check_text},
		    {"ouverture", check_date},
		    {"cloture", check_date},
		},
	    .count = 3,
	    .key = 3,
	    .first_date = 1,
	    .clear = SQL_CALENDRIER_CLEAR,
	    .insert = SQL_CALENDRIER_INSERT,
	},
};

const struct reference_table *reference_table(enum fichier_nature nature)
{
	return (size_t)nature < sizeof(tables) / sizeof(*tables) ? &tables[nature] : NULL;
}
