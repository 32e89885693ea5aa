#include "request/token.h"

#include "lib/mem.h"
#include "lib/sha256.h"
#include "lib/text.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN_BYTES 18 /* 144 bits, a multiple of three: no padding */

void token_derive(const uint8_t secret[static 32], const char *identifiant, int64_t demande,
		  char out[static TOKEN_SIZE])
{
	static const char alphabet[] = TEXT_ALPHANUMERIC "-_";
	char *message = mem_printf("mot_de_passe|%s|%lld", identifiant, (long long)demande);
	uint8_t mac[SHA256_SIZE];

	hmac_sha256(secret, 32, message, strlen(message), mac);
	free(message);
	for (size_t i = 0; i < TOKEN_BYTES; i += 3) {
		unsigned bits = (unsigned)mac[i] << 16 | (unsigned)mac[i + 1] << 8 | mac[i + 2];

		for (unsigned shift = 24; shift > 0; shift -= 6)
			*out++ = alphabet[(bits >> (shift - 6)) & 63];
	}
	*out = '\0';
	explicit_bzero(mac, sizeof(mac));
}
