/*
 * SHA-256 (FIPS 180-4) and HMAC (RFC 2104) by OpenSSL. sha256_setup() fetches the digest: call it
 * before the sandbox closes and before any other function here but the two hexadecimal ones. A
 * later failure in OpenSSL can only be want of memory: it ends the process, as in mem.h.
 */
#ifndef SEGUR_LIB_SHA256_H
#define SEGUR_LIB_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE	32 /* bytes */
#define SHA256_HEX_SIZE 65 /* as lower-case text, with its end */

struct error;
struct sha256;

const struct error *sha256_setup(void); /* may be called again */

struct sha256 *sha256_new(void);
void sha256_begin(struct sha256 *sum); /* before the first update, and to start afresh */
void sha256_update(struct sha256 *sum, const void *bytes, size_t count);
void sha256_end(struct sha256 *sum, uint8_t out[static SHA256_SIZE]);
void sha256_free(struct sha256 *sum); /* NULL is fine */

void sha256_of(const void *bytes, size_t count, uint8_t out[static SHA256_SIZE]);
/* The same, as lower-case text. */
void sha256_hex_of(const void *bytes, size_t count, char out[static SHA256_HEX_SIZE]);
/* Sums a whole file, from its beginning; false with errno when it cannot be read. */
bool sha256_of_file(int fd, uint8_t out[static SHA256_SIZE]);
/* The same, as lower-case text. */
bool sha256_hex_of_file(int fd, char out[static SHA256_HEX_SIZE]);
/* Whether a file can be read whole and has that hash, given in lower case. */
bool sha256_is_of_file(int fd, const char *hex);
void hmac_sha256(const void *key, size_t key_length, const void *data, size_t count,
		 uint8_t out[static SHA256_SIZE]);

/* Writes lower-case digits. */
void sha256_hex(const uint8_t in[static SHA256_SIZE], char out[static SHA256_HEX_SIZE]);
/* Reads exactly 64 hexadecimal digits, in any case. */
bool sha256_from_hex(const char *text, uint8_t out[static SHA256_SIZE]);

#endif
