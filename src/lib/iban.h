/* Bank details: IBAN (ISO 13616, formats of SWIFT's registry), RIB key, BIC (ISO 9362), SEPA. */
#ifndef SEGUR_LIB_IBAN_H
#define SEGUR_LIB_IBAN_H

#include <stdbool.h>
#include <stddef.h>

/* Of buffers, with the end: the longest of each kind (ISO 13616, ISO 9362). */
#define IBAN_SIZE      35
#define BIC_SIZE       12
#define BANK_CODE_SIZE 6 /* "code banque" of a French IBAN */

enum iban_verdict {
	IBAN_OK,
	IBAN_CHARACTERS, /* something that is neither a letter, a digit nor decoration */
	IBAN_COUNTRY,	 /* does not begin with a country of the registry */
	IBAN_LENGTH,	 /* not the length of its country, or over 34 characters */
	IBAN_STRUCTURE,	 /* a letter where the country has a digit, or the reverse */
	IBAN_CHECKSUM,	 /* ISO 7064 mod 97-10 */
	IBAN_RIB_KEY,	 /* FR and MC: the key of the RIB inside */
};

/*
 * Checks an IBAN as people paste it (pasted.h), case tolerated. `iban` receives it in upper case
 * without decoration; "" with IBAN_CHARACTERS and when it is too long.
 */
enum iban_verdict iban_check(const char *text, char iban[static IBAN_SIZE]);

/* How long the IBANs of a country are, by its code; 0 for a country that is not in the registry. */
size_t iban_length(const char *code);

/* Makes the IBAN of a French RIB: bank, branch, account and key, 23 characters as people paste
 * them. "" when it is none, or its key is wrong. */
bool iban_from_rib(const char *text, char iban[static IBAN_SIZE]);

/* Whether the country of a normalised IBAN is in the SEPA zone (EPC409-09, the EPC's list). */
bool iban_in_sepa(const char *iban);

/*
 * Checks a BIC: 4 letters or digits (ISO 9362:2014 allows both), a country of ISO 3166-1 (or XK), 2
 * and perhaps 3 more letters or digits, as people paste it (pasted.h), case tolerated. `bic` receives
 * the 8 or 11 characters in upper case; "" when false.
 */
bool bic_check(const char *text, char bic[static BIC_SIZE]);

enum bic_country {
	BIC_COUNTRY_OK,
	BIC_COUNTRY_ALERT, /* unusual, but such pairs exist: a person decides */
	BIC_COUNTRY_ERROR,
};

/*
 * Whether a BIC's country fits an IBAN's; both normalised. An IBAN of FR goes with a BIC of FR or
 * of an overseas part that shares its zone, one of GB with the Crown Dependencies, one of FI with
 * AX; the Pacific territories and Monaco beside France are an alert; anything else must be equal.
 */
enum bic_country bic_country_check(const char *iban, const char *bic);

/*
 * Whether a name can stand as an account holder in a SEPA payment: 1 to 70 characters (ISO 20022
 * Max70Text) of letters, digits, spaces and / - ? : ( ) . , ' + once accents, ligatures and
 * typographic signs are folded (text_fold), as banks do.
 */
bool titulaire_check(const char *text);

#endif
