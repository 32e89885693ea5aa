#include "lib/sha256.h"

#include "lib/error.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "lib/notice.h"
#include "lib/text.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_BLOCK (128 << 10)

struct sha256 {
	EVP_MD_CTX *context;
};

/* Fetched once: a fetch per sum costs more than the sum of a small input. */
static EVP_MD *digest;

static void must(bool done)
{
	if (done)
		return;
	notice(NOTICE_CRITICAL, "échec d'un calcul SHA-256");
	_Exit(ERR_FAULT);
}

const struct error *sha256_setup(void)
{
	if (digest == NULL)
		digest = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	if (digest == NULL)
		return error_set(ERR_FAULT, "OpenSSL ne fournit pas SHA-256");
	return NULL;
}

struct sha256 *sha256_new(void)
{
	struct sha256 *sum = mem_alloc(sizeof(*sum));

	sum->context = EVP_MD_CTX_new();
	must(sum->context != NULL);
	return sum;
}

void sha256_begin(struct sha256 *sum)
{
	must(digest != NULL && EVP_DigestInit_ex2(sum->context, digest, NULL) == 1);
}

void sha256_update(struct sha256 *sum, const void *bytes, size_t count)
{
	must(EVP_DigestUpdate(sum->context, bytes, count) == 1);
}

void sha256_end(struct sha256 *sum, uint8_t out[static SHA256_SIZE])
{
	must(EVP_DigestFinal_ex(sum->context, out, NULL) == 1);
}

void sha256_free(struct sha256 *sum)
{
	if (sum == NULL)
		return;
	EVP_MD_CTX_free(sum->context);
	free(sum);
}

void sha256_of(const void *bytes, size_t count, uint8_t out[static SHA256_SIZE])
{
	must(digest != NULL && EVP_Digest(bytes, count, out, NULL, digest, NULL) == 1);
}

void sha256_hex_of(const void *bytes, size_t count, char out[static SHA256_HEX_SIZE])
{
	uint8_t sum[SHA256_SIZE];

	sha256_of(bytes, count, sum);
	sha256_hex(sum, out);
}

bool sha256_of_file(int fd, uint8_t out[static SHA256_SIZE])
{
	struct sha256 *sum = sha256_new();
	uint8_t *block = mem_block(FILE_BLOCK);
	off_t offset = 0;
	ssize_t got;

	sha256_begin(sum);
	for (; (got = file_read_block(fd, block, FILE_BLOCK, offset)) > 0; offset += got)
		sha256_update(sum, block, (size_t)got);
	sha256_end(sum, out);
	sha256_free(sum);
	free(block);
	return got == 0;
}

bool sha256_hex_of_file(int fd, char out[static SHA256_HEX_SIZE])
{
	uint8_t sum[SHA256_SIZE];
	bool read = sha256_of_file(fd, sum);

	if (read)
		sha256_hex(sum, out);
	return read;
}

bool sha256_is_of_file(int fd, const char *hex)
{
	char found[SHA256_HEX_SIZE];

	return sha256_hex_of_file(fd, found) && strcmp(found, hex) == 0;
}

void hmac_sha256(const void *key, size_t key_length, const void *data, size_t count,
		 uint8_t out[static SHA256_SIZE])
{
	must(digest != NULL && key_length <= INT_MAX &&
	     HMAC(digest, key, (int)key_length, data, count, out, NULL) != NULL);
}

void sha256_hex(const uint8_t in[static SHA256_SIZE], char out[static SHA256_HEX_SIZE])
{
	static const char digits[] = TEXT_DIGITS "abcdef";

	for (size_t i = 0; i < 32; i++) {
		out[2 * i] = digits[in[i] >> 4];
		out[2 * i + 1] = digits[in[i] & 15];
	}
	out[64] = '\0';
}

/* 16 for what is no hexadecimal digit. */
static unsigned nibble(char digit)
{
	if (digit >= '0' && digit <= '9')
		return (unsigned)(digit - '0');
	if (digit >= 'a' && digit <= 'f')
		return (unsigned)(digit - 'a') + 10;
	if (digit >= 'A' && digit <= 'F')
		return (unsigned)(digit - 'A') + 10;
	return 16;
}

bool sha256_from_hex(const char *text, uint8_t out[static SHA256_SIZE])
{
	uint8_t bytes[SHA256_SIZE];

	for (size_t i = 0; i < 32; i++) {
		unsigned high = nibble(text[2 * i]);
		unsigned low = high < 16 ? nibble(text[2 * i + 1]) : 16;

		if (low == 16)
			return false;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	if (text[64] != '\0')
		return false;
	for (size_t i = 0; i < 32; i++)
		out[i] = bytes[i];
	return true;
}
