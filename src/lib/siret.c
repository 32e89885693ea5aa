#include "lib/siret.h"

#include "lib/pasted.h"
#include "lib/text.h"

#include <stddef.h>
#include <string.h>

#define LA_POSTE "356000000"

static bool luhn(const char *digits, size_t count)
{
	unsigned sum = 0;

	for (size_t i = 0; i < count; i++) {
		unsigned digit = (unsigned)(digits[count - 1 - i] - '0');

		if (i % 2 == 1)
			digit = digit < 5 ? 2 * digit : 2 * digit - 9;
		sum += digit;
	}
	return sum % 10 == 0;
}

/* La Poste has more establishments than Luhn leaves numbers for. */
static bool la_poste(const char *siret)
{
	unsigned sum = 0;

	if (strncmp(siret, LA_POSTE, strlen(LA_POSTE)) != 0)
		return false;
	for (const char *digit = siret; *digit != '\0'; digit++)
		sum += (unsigned)(*digit - '0');
	return sum % 5 == 0;
}

enum siret_verdict siret_check(const char *text, char siret[static SIRET_SIZE])
{
	struct number number = number_read(text, SIRET_SIZE - 1);

	siret[0] = '\0';
	if (number.fault != NUMBER_OK)
		return SIRET_FORM;
	memcpy(siret, number.digits, SIRET_SIZE);
	return luhn(siret, 14) || la_poste(siret) ? SIRET_OK : SIRET_CHECKSUM;
}

bool siren_is_valid(const char *nine_digits)
{
	return strspn(nine_digits, TEXT_DIGITS) >= 9 && luhn(nine_digits, 9);
}

bool insee_is_published(const char *text)
{
	return text[0] != '\0' && strstr(text, INSEE_UNPUBLISHED) == NULL;
}
