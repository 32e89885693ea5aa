/* Why a telephone number is refused, and in which forms it can be typed. */
#include "lib/array.h"
#include "lib/buf.h"
#include "lib/mem.h"
#include "lib/phone.h"
#include "model/reason_private.h"

#include <stdio.h>
#include <string.h>

#define PHONE_AGAIN                                                                                  \
	"Écrivez-le comme 01 23 45 67 89, ou avec l'indicatif du pays : +32…, +687…, +689…, " \
	"+508…, +681…, +377…"

static bool phone_is_right(const char *digits)
{
	char phone[PHONE_SIZE];

	return phone_check(digits, phone) == PHONE_OK;
}

static const struct number_form phone_form = {10, phone_is_right, PHONE_AGAIN};

/* The numbering plans beside France's whose numbers people write without a country code: how long
 * they are, and what they begin with. */
static const struct phone_plan {
	const char *code, *name;
	size_t digits;
	const char *first;
} phone_plans[] = {
    {"687", "Nouvelle-Calédonie", 6, "2345789"},
    {"681", "Wallis-et-Futuna", 6, "4789"},
    {"681", "Wallis-et-Futuna", 9, "8"},
    {"508", "Saint-Pierre-et-Miquelon", 6, "23456789"},
    {"508", "Saint-Pierre-et-Miquelon", 9, "78"},
    {"689", "Polynésie française", 8, "48"},
    {"689", "Polynésie française", 9, "8"},
    {"377", "Monaco", 8, "3489"},
    {"377", "Monaco", 9, "67"},
};

/* Adds " ou " and one more form to type. */
static void offer(struct buf *forms, const char *form, const char *name)
{
	if (forms->length > 0)
		buf_puts(forms, " ou ");
	buf_puts(forms, form);
	if (name != NULL)
		buf_printf(forms, " (%s)", name);
}

/* Adds the number in its international form for each plan that it may be of. */
static void offer_plans(struct buf *forms, const char *digits)
{
	size_t count = strlen(digits);

	for (size_t i = 0; i < ARRAY_SIZE(phone_plans); i++) {
		char international[PASTED_SIZE];

		if (count != phone_plans[i].digits ||
		    strchr(phone_plans[i].first, digits[0]) == NULL)
			continue;
		snprintf(international, sizeof(international), "+%s %s", phone_plans[i].code,
			 digits);
		offer(forms, international, phone_plans[i].name);
	}
}

/* Whether a spreadsheet has taken the "+", or the "00", of an international number; `whole` has
 * it again. */
static bool lacks_plus(const struct number *number, char whole[static PASTED_SIZE])
{
	char phone[PHONE_SIZE];

	snprintf(whole, PASTED_SIZE, "+%.*s", PASTED_SIZE - 2, number->digits);
	return number->count > phone_form.wanted && number->digits[0] != '0' &&
	       phone_check(whole, phone) == PHONE_OK;
}

static struct reason national_phone(const struct number *number)
{
	const char *digits = number->digits + strspn(number->digits, "0");
	char lost[PASTED_SIZE], phone[PHONE_SIZE];
	struct buf forms = {0};
	struct reason reason = {0};

	snprintf(lost, sizeof(lost), "0%.*s", (int)sizeof(lost) - 2, number->digits);
	if (number->digits[0] != '0' && phone_check(lost, phone) == PHONE_OK) {
		reason.why = mem_strdup("le zéro de tête manque");
		offer(&forms, phone, NULL);
	} else if (lacks_plus(number, lost)) {
		reason.why = mem_printf("il manque « + » devant l'indicatif %.*s",
					(int)phone_country_code(digits), digits);
		offer(&forms, lost, NULL);
	} else if (number->count == phone_form.wanted + 1) {
		return reason_long_number(&phone_form, number);
	} else {
		reason.why = mem_printf(
		    "sans indicatif de pays, un numéro a 10 chiffres et commence par 0 ; celui-ci "
		    "en a %zu",
		    number->count);
	}
	offer_plans(&forms, digits);
	reason.remedy =
	    forms.length > 0 ? mem_printf("Écrivez %s", forms.data) : mem_strdup(PHONE_AGAIN);
	buf_free(&forms);
	return reason;
}

struct reason reason_phone(const char *text)
{
	bool plus;
	struct number number = phone_digits(text, &plus);
	const char *digits = number.digits + (plus ? 0 : 2);
	char phone[PHONE_SIZE];

	switch (phone_check(text, phone)) {
	case PHONE_COUNTRY:
		return (struct reason){
		    mem_printf("aucun pays n'a l'indicatif +%.3s", digits),
		    mem_strdup("Vérifiez l'indicatif, par exemple +33 pour la France")};
	case PHONE_LENGTH:
		return (struct reason){
		    mem_printf("le nombre de chiffres ne convient pas à l'indicatif +%.*s",
			       (int)phone_country_code(digits), digits),
		    mem_strdup("Recopiez le numéro entier, sans le poste")};
	case PHONE_NATIONAL:
		return national_phone(&number);
	case PHONE_OK:
	case PHONE_FORM:
		break;
	}
	return number.fault == NUMBER_OK
		   ? reason_say("« (0) » ne se place qu'après l'indicatif du pays", PHONE_AGAIN)
	       : number.fault == NUMBER_FOREIGN ? reason_foreign_sign(number.foreign, PHONE_AGAIN)
						: reason_number(&phone_form, text);
}
