#include "lib/email.h"

#include "lib/mem.h"
#include "lib/text.h"

#include <idn2.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_MAX   63
#define ADDRESS_MAX 254
#define INPUT_MAX   1024 /* before conversion, which can shorten a domain */

/* HTML's rule for each label, and two labels at least; the last is no number (192.0.2.1). */
static bool ascii_domain_is_right(const char *domain)
{
	size_t labels = 0;

	for (;; labels++) {
		size_t length = strcspn(domain, ".");

		if (length < 1 || length > LABEL_MAX || domain[0] == '-' ||
		    domain[length - 1] == '-' ||
		    strspn(domain, TEXT_LOWER TEXT_DIGITS "-") != length)
			return false;
		if (domain[length] == '\0')
			return labels > 0 && strspn(domain, TEXT_DIGITS) != length;
		domain += length + 1;
	}
}

/* The domain in lower-case ASCII, for the caller to free; NULL when it is not a domain. */
static char *convert_domain(const char *domain)
{
	char *converted = NULL, *ascii;

	/* An ASCII domain stays out of libidn2, which refuses "ab--cd" where HTML takes it. */
	if (strspn(domain, TEXT_LOWER TEXT_UPPER TEXT_DIGITS "-.") == strlen(domain)) {
		ascii = mem_strdup(domain);
		for (char *at = ascii; *at != '\0'; at++)
			if (*at >= 'A' && *at <= 'Z')
				*at = (char)(*at - 'A' + 'a');
	} else {
		if (idn2_to_ascii_8z(domain, &converted, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) !=
		    IDN2_OK)
			return NULL;
		ascii = mem_strdup(converted);
		idn2_free(converted);
	}
	/* The conversion is not trusted: it lets "é..fr" and "é_.fr" pass. */
	if (ascii_domain_is_right(ascii))
		return ascii;
	free(ascii);
	return NULL;
}

/* The dots of a dot-atom stand between other characters. */
static bool is_dot_atom(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] == '.' && (i == 0 || i + 1 == length || text[i + 1] == '.'))
			return false;
	return true;
}

/* What is wrong with an address apart from its domain's form. */
static enum email_verdict check_around_at(const char *text)
{
	size_t local = strspn(text, TEXT_LOWER TEXT_UPPER TEXT_DIGITS ".!#$%&'*+/=?^_`{|}~-");
	const char *at = strchr(text, '@');

	if (*text == '\0')
		return EMAIL_EMPTY;
	if (at == NULL || at == text)
		return EMAIL_AT;
	if (strchr(at + 1, '@') != NULL)
		return EMAIL_SEVERAL;
	for (const char *c = text; *c != '\0'; c++)
		if (text_space(c) > 0)
			return EMAIL_SPACE;
	if (text[local] != '@')
		return EMAIL_LOCAL;
	if (!is_dot_atom(text, local))
		return EMAIL_DOT;
	return local > EMAIL_LOCAL_MAX || strlen(text) > INPUT_MAX ? EMAIL_LONG : EMAIL_OK;
}

enum email_verdict email_check(const char *text, char **normalised)
{
	enum email_verdict verdict = check_around_at(text);
	char *domain, *address;

	if (normalised != NULL)
		*normalised = NULL;
	if (verdict != EMAIL_OK)
		return verdict;
	domain = convert_domain(strchr(text, '@') + 1);
	if (domain == NULL)
		return strchr(strchr(text, '@'), '.') == NULL ? EMAIL_NO_POINT : EMAIL_DOMAIN;
	address = mem_printf("%.*s@%s", (int)(strchr(text, '@') - text), text, domain);
	if (strlen(address) > ADDRESS_MAX)
		verdict = EMAIL_LONG;
	if (verdict == EMAIL_OK && normalised != NULL) {
		*normalised = address;
		address = NULL;
	}
	free(address);
	free(domain);
	return verdict;
}
