#include "model/reason.h"

#include "lib/array.h"
#include "lib/buf.h"
#include "lib/date.h"
#include "lib/email.h"
#include "lib/iban.h"
#include "lib/mem.h"
#include "lib/pasted.h"
#include "lib/phone.h"
#include "lib/siret.h"
#include "lib/text.h"
#include "model/numero.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void reason_free(struct reason *reason)
{
	free(reason->why);
	free(reason->remedy);
	*reason = (struct reason){0};
}

/* A reason of two literals. */
static struct reason say(const char *why, const char *remedy)
{
	return (struct reason){mem_strdup(why), mem_strdup(remedy)};
}

/* --- numbers --- */

/* A number of so many digits; `right` tells the sound ones as far as the number itself can. */
struct number_form {
	size_t wanted;
	bool (*right)(const char *digits);
	const char *again; /* where people find it: the remedy when nothing exact can be told */
};

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

static struct reason long_number(const struct number_form *form, const struct number *number)
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
		return say(why, form->again);
	return (struct reason){
	    mem_strdup(number->count < form->wanted
			   ? "un tableur en a fait un nombre à décimales et a ôté le zéro de tête"
			   : why),
	    mem_printf("Écrivez %s ; dans un tableur, mettez d'abord la colonne au format Texte",
		       whole)};
}

/* The character that stands at `at`, or its number when it cannot be shown. */
static char *shown_character(const char *at)
{
	size_t size = 1;
	uint32_t hidden;

	if (text_hidden(at, &hidden) > 0)
		return mem_printf("U+%04X", (unsigned)hidden);
	while (((unsigned char)at[size] & 0xC0) == 0x80)
		size++;
	return mem_printf("« %.*s »", (int)size, at);
}

static struct reason foreign_sign(const char *at, const char *again)
{
	char *shown = shown_character(at);
	struct reason reason = {mem_printf(strchr("Oo", *at) != NULL
					       ? "%s est une lettre, et non un zéro"
					       : "%s n'est pas un chiffre",
					   shown),
				mem_strdup(again)};

	free(shown);
	return reason;
}

static struct reason number_reason(const struct number_form *form, const char *text)
{
	struct number number = number_read(text, form->wanted);

	switch (number.fault) {
	case NUMBER_OK:
	case NUMBER_EMPTY:
		break;
	case NUMBER_FOREIGN:
		return foreign_sign(number.foreign, form->again);
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
		return long_number(form, &number);
	}
	return say("aucun chiffre n'y figure", form->again);
}

struct reason reason_siret(const char *text)
{
	return number_reason(&siret_form, text);
}

struct reason reason_siren(const char *text)
{
	return number_reason(&siren_form, text);
}

struct reason reason_code_postal(const char *text)
{
	return number_reason(&code_postal_form, text);
}

struct reason reason_code_banque(const char *text)
{
	return number_reason(&code_banque_form, text);
}

/* --- telephone --- */

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
		return long_number(&phone_form, number);
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
		   ? say("« (0) » ne se place qu'après l'indicatif du pays", PHONE_AGAIN)
	       : number.fault == NUMBER_FOREIGN ? foreign_sign(number.foreign, PHONE_AGAIN)
						: number_reason(&phone_form, text);
}

/* --- bank --- */

#define RIB_LENGTH 23

static struct reason foreign_letter(const char *at)
{
	char *shown = shown_character(at);
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
		return say("aucun caractère n'y figure", "Recopiez l'IBAN de votre RIB");
	if (iban[0] >= '0' && iban[0] <= '9')
		return say("un IBAN commence par les deux lettres de son pays",
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
		return say("un BIC n'a que des lettres et des chiffres",
			   "Recopiez-le depuis un RIB");
	if (count != 8 && count != 11)
		return (struct reason){
		    mem_printf("il y a %zu caractères au lieu de 8 ou 11", count),
		    mem_strdup("Recopiez-le depuis un RIB")};
	return (struct reason){
	    mem_printf("ses caractères 5 et 6, « %.2s », ne sont pas un pays", code + 4),
	    mem_strdup("Recopiez-le depuis un RIB")};
}

/* --- other kinds --- */

/* The address of "Élise Durand <elise@exemple.fr>" or "mailto:elise@exemple.fr", as mail programs
 * copy it, for the caller to free; NULL for another text. */
static char *address_within(const char *text)
{
	const char *open = strrchr(text, '<'), *scheme = strstr(text, "mailto:");
	const char *start = open != NULL ? open + 1 : text;
	char *address;

	if (scheme != NULL)
		start = scheme + strlen("mailto:");
	if (start == text)
		return NULL;
	address = mem_strndup(start, strcspn(start, ">"));
	if (email_check(address, NULL) == EMAIL_OK)
		return address;
	free(address);
	return NULL;
}

struct reason reason_email(const char *text)
{
	static const struct {
		const char *why, *remedy;
	} reasons[] = {
	    [EMAIL_OK] = {"", ""},
	    [EMAIL_EMPTY] = {"elle est vide", "Écrivez une adresse comme nom@exemple.fr"},
	    [EMAIL_AT] = {"rien n'y précède « @ »", "Écrivez une adresse comme nom@exemple.fr"},
	    [EMAIL_SEVERAL] = {"elle contient deux « @ »", "N'écrivez qu'une seule adresse"},
	    [EMAIL_SPACE] = {"elle contient une espace", "Écrivez-la d'un seul tenant"},
	    [EMAIL_DOT] = {"avant « @ », un point est au début, à la fin, ou doublé",
			   "Retirez le point de trop"},
	    [EMAIL_LOCAL] = {"avant « @ », un caractère n'est pas admis : ni accent, ni virgule, "
			     "ni guillemet, ni parenthèse",
			     "Écrivez l'adresse seule, telle que votre messagerie la donne"},
	    [EMAIL_DOMAIN] = {"ce qui suit « @ » n'est pas un nom de domaine",
			      "Écrivez-le comme exemple.fr, sans point final ni espace"},
	    [EMAIL_NO_POINT] = {"ce qui suit « @ » n'a pas de point",
				"Écrivez le domaine entier, comme exemple.fr"},
	    [EMAIL_LONG] = {"elle dépasse 254 caractères", "Donnez une adresse plus courte"},
	};
	enum email_verdict verdict = email_check(text, NULL);
	const char *at = strchr(text, '@');
	char *address = address_within(text);
	struct reason reason;

	if (address != NULL) {
		reason =
		    (struct reason){mem_strdup("une messagerie y a ajouté un nom ou des signes"),
				    mem_printf("Écrivez seulement %s", address)};
		free(address);
		return reason;
	}
	if (verdict == EMAIL_AT && at == NULL)
		return say("il y manque « @ »", reasons[verdict].remedy);
	if (verdict == EMAIL_LONG && at != NULL && at - text > EMAIL_LOCAL_MAX)
		return say("ce qui précède « @ » dépasse 64 caractères", reasons[verdict].remedy);
	return say(reasons[verdict].why, reasons[verdict].remedy);
}

struct reason reason_demande(const char *text)
{
	char numero[NUMERO_SIZE], *digits = mem_strdup(text);
	bool right;

	/* "ENR" has no O: each is a zero. */
	for (char *at = digits; (at = strpbrk(at, "Oo")) != NULL;)
		*at = '0';
	right = strcmp(digits, text) != 0 && demande_numero_read(digits, numero);
	free(digits);
	if (right)
		return (struct reason){
		    mem_strdup(" : il contient la lettre O à la place du chiffre zéro"),
		    mem_printf("Écrivez « demande: %s », avec des zéros", numero)};
	return say("", "Écrivez ENR et les chiffres qui suivent, comme sur votre accusé de "
		       "réception, par exemple demande: ENR0601M0");
}

/* Why a text is no date at all. */
static const char *date_fault(const char *text)
{
	static const char none[] = "ce n'est pas un jour, un mois et une année";
	size_t groups = 0;

	for (const char *at = text; *(at += strcspn(at, TEXT_DIGITS)) != '\0'; groups++) {
		size_t digits = strspn(at, TEXT_DIGITS);
		unsigned long year = digits == 4 ? strtoul(at, NULL, 10) : 0;

		if (digits == 4 && (year < 1900 || year > 2200))
			return "son année n'est pas de 1900 à 2200";
		if (digits > 4)
			return none;
		at += digits;
	}
	return groups == 3 ? "ce jour n'est pas au calendrier" : none;
}

struct reason reason_date(const char *text)
{
	char day[DATE_SIZE];
	int32_t days;
	bool behind = date_read(text + strcspn(text, TEXT_DIGITS), &days);

	if (!date_guess(text, &days))
		return say(date_fault(text),
			   "Écrivez AAAA-MM-JJ ou JJ/MM/AAAA, par exemple 2030-01-31");
	date_format(days, day);
	return (struct reason){
	    mem_strdup(behind ? "autre chose la précède"
			      : "elle n'est pas écrite sous la forme attendue, AAAA-MM-JJ ou "
				"JJ/MM/AAAA"),
	    mem_printf("Écrivez %s si c'est bien ce jour", day)};
}

struct reason reason_sha256(const char *text)
{
	char code[2 * PASTED_SIZE];
	size_t count = pasted_code(text, code, sizeof(code));

	return (struct reason){
	    count == PASTED_FOREIGN || count == 64
		? mem_strdup("64 chiffres hexadécimaux (0 à 9, a à f) sont attendus")
		: mem_printf("il y a %zu caractères au lieu de 64", count),
	    mem_strdup("Recopiez les 64 premiers caractères que donne sha256sum, ou retirez la "
		       "clé")};
}
