/*
 * Encryption of kept archives to a certificate: CMS AuthEnvelopedData (RFC 5083), AES-256-GCM (RFC
 * 5084), DER, as `openssl cms -decrypt -inform DER -binary -inkey KEY` opens it. RSA recipients by
 * OAEP with SHA-256, EC ones by ECDH with SHA-256.
 */
#ifndef SEGUR_CHIFFREMENT_H
#define SEGUR_CHIFFREMENT_H

#include "lib/error.h"

#include <stdint.h>

struct certificat;
struct cle;

/* Reads a certificate (PEM; the path is relative to that directory) and tries it: ERR_CONFIG when
 * it cannot be read, is not valid on that day or cannot encrypt. */
const struct error *certificat_open(int dir, const char *path, int32_t day,
				    struct certificat **out);
/* Its last day of validity. */
int32_t certificat_fin(const struct certificat *certificat);
void certificat_free(struct certificat *certificat);

/* Encrypts the file, which is not empty, from its beginning, to another; memory does not depend on
 * its size. `empreinte`: SHA-256 of what was written, by which it is verified without the key. */
const struct error *chiffrer(const struct certificat *certificat, int from, int to,
			     uint8_t empreinte[static 32]);

/* Reads a private key (PEM; a pass phrase is asked for on the terminal): ERR_DATA when it is none.
 */
const struct error *cle_open(const char *path, struct cle **out);
void cle_free(struct cle *cle);

/* Decrypts the file, from its beginning, to another, which is worth nothing after an error:
 * ERR_DATA when this key does not open it, or it was changed. Takes about four times its size of
 * memory: OpenSSL reads a CMS message whole. */
const struct error *dechiffrer(const struct cle *cle, int from, int to);

#endif
