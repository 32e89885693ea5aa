/* Why an IBAN or a BIC is refused. */
#include "lib/array.h"
#include "lib/iban.h"
#include "lib/mem.h"
#include "lib/pasted.h"
#include "lib/text.h"
#include "model/reason_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RIB_LENGTH 23

static struct reason foreign_letter(const char *at)
{
	char *shown = reason_shown_character(at);
	struct reason reason = {
	    mem_printf("%s n'est ni un chiffre ni une lettre sans accent", shown),
	    mem_strdup("Recopiez-le depuis votre RIB")};

	free(shown);
	return reason;
}

static struct reason wrong_country(const char *text, const char *iban)
{
	char made[IBAN_SIZE];

	if (iban_from_rib(text, made))
		return (struct reason){mem_strdup("c'est un RIB, de 23 caractères, et non un IBAN"),
				       mem_printf("Écrivez l'IBAN de ce RIB : %s", made)};
	if (iban[0] == '\0')
		return reason_say("aucun caractère n'y figure", "Recopiez l'IBAN de votre RIB");
	if (text_is_digit(iban[0]))
		return reason_say(
		    "un IBAN commence par les deux lettres de son pays",
		    strlen(iban) == RIB_LENGTH
			? "Recopiez l'IBAN, et non le RIB : FR, deux chiffres, puis le RIB"
			: "Recopiez l'IBAN de votre RIB : il commence par FR en France");
	return (struct reason){mem_printf("« %.2s » n'est pas un pays qui emploie l'IBAN", iban),
			       mem_strdup("Recopiez l'IBAN de votre RIB")};
}

/* Letters that a reader, or a scan, takes for digits, and the other way round. */
static const struct lookalike {
	char read, meant;
} lookalikes[] = {{'O', '0'}, {'0', 'O'}, {'I', '1'}, {'1', 'I'}};

/* Whether one sign, read otherwise, makes the key right, and no other does; then the remedy says so. */
static bool is_one_sign_off(const char *iban, struct reason *reason)
{
	char guess[IBAN_SIZE], normal[IBAN_SIZE];
	size_t place = 0, found = 0, which = 0;

	for (size_t i = 4; iban[i] != '\0'; i++)
		for (size_t j = 0; j < ARRAY_SIZE(lookalikes); j++) {
			snprintf(guess, sizeof(guess), "%s", iban);
			if (guess[i] != lookalikes[j].read)
				continue;
			guess[i] = lookalikes[j].meant;
			if (iban_check(guess, normal) != IBAN_OK)
				continue;
			found++;
			place = i;
			which = j;
		}
	if (found == 1)
		reason->remedy =
		    mem_printf("Son %zue signe est « %c » : avec « %c » la clé convient. "
			       "Vérifiez-le sur votre RIB",
			       place + 1, lookalikes[which].read, lookalikes[which].meant);
	return found == 1;
}

/* An IBAN of the right length whose key, or structure, is wrong. */
static struct reason wrong_sign(const char *iban, const char *why, const char *remedy)
{
	struct reason reason = {mem_strdup(why), NULL};

	if (!is_one_sign_off(iban, &reason))
		reason.remedy = mem_strdup(remedy);
	return reason;
}

struct reason reason_iban(const char *text)
{
	char iban[IBAN_SIZE];
	const char *start = pasted_start(text);

	switch (iban_check(text, iban)) {
	case IBAN_CHARACTERS:
		while (*start != '\0' &&
		       (pasted_decoration(start) > 0 || strchr(TEXT_ALPHANUMERIC, *start) != NULL))
			start += pasted_decoration(start) > 0 ? pasted_decoration(start) : 1;
		return foreign_letter(start);
	case IBAN_COUNTRY:
		return wrong_country(text, iban);
	case IBAN_LENGTH:
		return (struct reason){
		    iban[0] != '\0'
			? mem_printf("il compte %zu caractères ; en %.2s, un IBAN en a %zu",
				     strlen(iban), iban, iban_length(iban))
			: mem_strdup("il compte plus de 34 caractères"),
		    mem_strdup("Recopiez-le en entier depuis votre RIB")};
	case IBAN_STRUCTURE:
		return wrong_sign(iban, "une lettre y tient la place d'un chiffre, ou l'inverse",
				  "Vérifiez O et 0, I et 1, puis recopiez-le depuis votre RIB");
	default:
		return wrong_sign(iban, "sa clé de contrôle ne convient pas",
				  "Comparez-le signe à signe à votre RIB : un signe y est faux, ou "
				  "deux sont intervertis");
	}
}

struct reason reason_bic(const char *text)
{
	char code[PASTED_SIZE];
	size_t count = pasted_code(text, code, sizeof(code));

	if (count == PASTED_FOREIGN)
		return reason_say("un BIC n'a que des lettres et des chiffres",
				  "Recopiez-le depuis un RIB");
	if (count != 8 && count != 11)
		return (struct reason){
		    mem_printf("il y a %zu caractères au lieu de 8 ou 11", count),
		    mem_strdup("Recopiez-le depuis un RIB")};
	return (struct reason){
	    mem_printf("ses caractères 5 et 6, « %.2s », ne sont pas un pays", code + 4),
	    mem_strdup("Recopiez-le depuis un RIB")};
}
