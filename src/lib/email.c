#include "lib/email.h"

#include "lib/mem.h"
#include "lib/text.h"

#include <idn2.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define LOCAL_MAX   64
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

bool email_check(const char *text, char **normalised)
{
	size_t local = strspn(text, TEXT_LOWER TEXT_UPPER TEXT_DIGITS ".!#$%&'*+/=?^_`{|}~-");
	char *domain, *address;
	bool right;

	if (normalised != NULL)
		*normalised = NULL;
	if (local < 1 || local > LOCAL_MAX || text[local] != '@' || strlen(text) > INPUT_MAX)
		return false;
	domain = convert_domain(text + local + 1);
	if (domain == NULL)
		return false;
	address = mem_printf("%.*s@%s", (int)local, text, domain);
	right = strlen(address) <= ADDRESS_MAX;
	if (right && normalised != NULL) {
		*normalised = address;
		address = NULL;
	}
	free(address);
	free(domain);
	return right;
}
