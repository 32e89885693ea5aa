/* Why a number of so many digits is refused: SIRET, SIREN, code postal, code banque. */
#include "lib/mem.h"
#include "lib/siret.h"
#include "lib/text.h"
#include "model/reason_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool siret_is_right(const char *digits)
{
	char siret[SIRET_SIZE];

	return siret_check(digits, siret) == SIRET_OK;
}

static bool any_is_right(const char *digits)
{
	(void)digits;
	return true;
}

static const struct number_form siret_form = {
    SIRET_SIZE - 1, siret_is_right, "Recopiez les 14 chiffres de l'avis de situation de l'INSEE"};
static const struct number_form siren_form = {SIREN_SIZE - 1, siren_is_valid,
					      "Écrivez les 9 chiffres du SIREN"};
static const struct number_form code_postal_form = {
    CODE_POSTAL_DIGITS, any_is_right,
    "Écrivez les cinq chiffres du code postal, par exemple 75001"};
static const struct number_form code_banque_form = {
    CODE_BANQUE_DIGITS, any_is_right, "Écrivez les cinq chiffres du code banque, comme sur un RIB"};

/* The digits with the zeros in front that a spreadsheet takes away; false when they do not make a
 * sound number. At most four: fewer digits are something else. */
static bool with_lost_zeros(const struct number_form *form, const char *digits,
			    char whole[static PASTED_SIZE])
{
	size_t count = strlen(digits), lost = form->wanted - count;

	if (count == 0 || count > form->wanted || lost > 4)
		return false;
	snprintf(whole, PASTED_SIZE, "%.*s%s", (int)lost, "0000", digits);
	return form->right(whole);
}

static struct reason short_number(const struct number_form *form, const struct number *number)
{
	char whole[PASTED_SIZE];

	if (form == &siret_form && number->count == 9)
		return (struct reason){
		    mem_strdup("c'est un SIREN, de 9 chiffres"),
		    mem_printf("Ajoutez à %s les 5 chiffres du NIC de l'établissement : l'avis de "
			       "situation de l'INSEE les donne",
			       number->digits)};
	if (with_lost_zeros(form, number->digits, whole))
		return (struct reason){
		    mem_printf("il n'y a que %zu chiffres au lieu de %zu : un tableur a sans doute "
			       "ôté le zéro de tête",
			       number->count, form->wanted),
		    mem_printf("Écrivez %s ; dans un tableur, mettez d'abord la colonne au format "
			       "Texte",
			       whole)};
	return (struct reason){
	    number->count == 1 ? mem_printf("il n'y a qu'un chiffre au lieu de %zu", form->wanted)
			       : mem_printf("il n'y a que %zu chiffres au lieu de %zu",
					    number->count, form->wanted),
	    mem_strdup(form->again)};
}

struct reason reason_long_number(const struct number_form *form, const struct number *number)
{
	char whole[PASTED_SIZE] = "";

	if (form == &siren_form && number->count == 14)
		return (struct reason){
		    mem_strdup("c'est un SIRET, de 14 chiffres"),
		    mem_printf("Écrivez-en les 9 premiers, le SIREN : %.9s", number->digits)};
	if (number->count == form->wanted + 1 && number->count < sizeof(number->digits) &&
	    number->digits[form->wanted] == '0') {
		memcpy(whole, number->digits, form->wanted);
		if (form->right(whole))
			return (struct reason){
			    mem_printf("il y a %zu chiffres au lieu de %zu : le zéro final vient "
				       "sans doute d'un « ,0 » de tableur qui a perdu sa virgule",
				       number->count, form->wanted),
			    mem_printf("Écrivez %s", whole)};
	}
	return (struct reason){
	    mem_printf("il y a %zu chiffres au lieu de %zu", number->count, form->wanted),
	    mem_strdup(form->again)};
}

static struct reason decimal_number(const struct number_form *form, const struct number *number)
{
	static const char why[] = "un tableur en a fait un nombre à décimales";
	char whole[PASTED_SIZE];

	if (!with_lost_zeros(form, number->digits, whole))
		return reason_say(why, form->again);
	return (struct reason){
	    mem_strdup(number->count < form->wanted
			   ? "un tableur en a fait un nombre à décimales et a ôté le zéro de tête"
			   : why),
	    mem_printf("Écrivez %s ; dans un tableur, mettez d'abord la colonne au format Texte",
		       whole)};
}

char *reason_shown_character(const char *at)
{
	size_t size = 1;
	uint32_t hidden;

	if (text_hidden(at, &hidden) > 0)
		return mem_printf("U+%04X", (unsigned)hidden);
	while (((unsigned char)at[size] & 0xC0) == 0x80)
		size++;
	return mem_printf("« %.*s »", (int)size, at);
}

struct reason reason_foreign_sign(const char *at, const char *again)
{
	char *shown = reason_shown_character(at);
	struct reason reason = {mem_printf(strchr("Oo", *at) != NULL
					       ? "%s est une lettre, et non un zéro"
					       : "%s n'est pas un chiffre",
					   shown),
				mem_strdup(again)};

	free(shown);
	return reason;
}

struct reason reason_number(const struct number_form *form, const char *text)
{
	struct number number = number_read(text, form->wanted);

	switch (number.fault) {
	case NUMBER_OK:
	case NUMBER_EMPTY:
		break;
	case NUMBER_FOREIGN:
		return reason_foreign_sign(number.foreign, form->again);
	case NUMBER_DECIMAL:
		return decimal_number(form, &number);
	case NUMBER_EXPONENT:
		return (struct reason){
		    mem_strdup("un tableur en a fait un nombre arrondi : des chiffres sont perdus"),
		    mem_printf("%s ; dans un tableur, mettez d'abord la colonne au format Texte",
			       form->again)};
	case NUMBER_SHORT:
		return short_number(form, &number);
	case NUMBER_LONG:
		return reason_long_number(form, &number);
	}
	return reason_say("aucun chiffre n'y figure", form->again);
}

struct reason reason_siret(const char *text)
{
	return reason_number(&siret_form, text);
}

struct reason reason_siren(const char *text)
{
	return reason_number(&siren_form, text);
}

struct reason reason_code_postal(const char *text)
{
	return reason_number(&code_postal_form, text);
}

struct reason reason_code_banque(const char *text)
{
	return reason_number(&code_banque_form, text);
}
