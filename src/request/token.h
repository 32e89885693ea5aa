/*
 * One-time tokens. They are a function of the installation's secret, so that the same night gives
 * the same bytes and nothing secret needs to be stored; the database keeps only their SHA-256.
 */
#ifndef SEGUR_REQUEST_TOKEN_H
#define SEGUR_REQUEST_TOKEN_H

#include <stdint.h>

#define TOKEN_SIZE 25 /* with its end */

/* The token that lets `identifiant` choose a first password: base64url (RFC 4648, section 5) of the
 * first 18 bytes of HMAC-SHA256(secret, "mot_de_passe|<identifiant>|<demande>"), 24 characters.
 * `demande` is the id of the request that opened the account. */
void token_derive(const uint8_t secret[static 32], const char *identifiant, int64_t demande,
		  char out[static TOKEN_SIZE]);

#endif
