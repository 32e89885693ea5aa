#include "model/reason.h"

#include "lib/date.h"
#include "lib/email.h"
#include "lib/mem.h"
#include "lib/pasted.h"
#include "lib/text.h"
#include "model/numero.h"
#include "model/reason_private.h"

#include <stdlib.h>
#include <string.h>

void reason_free(struct reason *reason)
{
	free(reason->why);
	free(reason->remedy);
	*reason = (struct reason){0};
}

struct reason reason_say(const char *why, const char *remedy)
{
	return (struct reason){mem_strdup(why), mem_strdup(remedy)};
}

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
		return reason_say("il y manque « @ »", reasons[verdict].remedy);
	if (verdict == EMAIL_LONG && at != NULL && at - text > EMAIL_LOCAL_MAX)
		return reason_say("ce qui précède « @ » dépasse 64 caractères",
				  reasons[verdict].remedy);
	return reason_say(reasons[verdict].why, reasons[verdict].remedy);
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
	return reason_say("", "Écrivez ENR et les chiffres qui suivent, comme sur votre accusé de "
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
		return reason_say(date_fault(text),
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
