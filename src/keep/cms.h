/*
 * Encryption of kept archives to a certificate: CMS AuthEnvelopedData (RFC 5083), AES-256-GCM (RFC
 * 5084), DER, as `openssl cms -decrypt -inform DER -binary -inkey KEY` opens it. RSA recipients by
 * OAEP with SHA-256, EC ones by ECDH with SHA-256.
 */
#ifndef SEGUR_KEEP_CMS_H
#define SEGUR_KEEP_CMS_H

#include "lib/error.h"
#include "lib/sha256.h"

#include <stdint.h>

struct recipient;
struct private_key;

/* Reads a certificate (PEM; the path is relative to that folder) and tries it: ERR_CONFIG when it
 * cannot be read, is not valid on that day or cannot encrypt. */
const struct error *recipient_open(int dir, const char *path, int32_t day, struct recipient **out);
/* The certificate's last day of validity. */
int32_t recipient_last_day(const struct recipient *recipient);
void recipient_free(struct recipient *recipient);

/* Encrypts the file, which is not empty, from its beginning, to another; memory does not depend on
 * its size. `digest`: SHA-256 of what was written, by which it is verified without the key. */
const struct error *cms_encrypt(const struct recipient *recipient, int from, int to,
				uint8_t digest[static SHA256_SIZE]);

/* Reads a private key (PEM; asks for a pass phrase on the terminal): ERR_DATA when it is none. */
const struct error *key_open(const char *path, struct private_key **out);
void key_free(struct private_key *key);

/* Decrypts the file, from its beginning, to another, which is worth nothing after an error.
 * ERR_DATA: this key does not open the file, or the file was changed. Takes about four times the
 * file's size of memory, since OpenSSL reads a CMS message whole. */
const struct error *cms_decrypt(const struct private_key *key, int from, int to);

#endif
