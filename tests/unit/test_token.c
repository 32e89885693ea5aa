#include "lib/array.h"
#include "lib/sha256.h"
#include "request/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Computed by Python's hmac and base64. */
static void known_tokens(void **state)
{
	static const struct {
		uint8_t fill;
		const char *identifiant;
		int64_t demande;
		const char *token;
	} cases[] = {
	    {7, "elise.durand", 1, "cvpcC7Bqll_fhdxjpktli_DH"},
	    {7, "elise.durand", 2, "VxnMYi84TTUmb3hHKcqu2cKv"},
	    {8, "elise.durand", 1, "WousSO7bHpJH6DcczEmDSKsE"},
	    {0, "", INT64_MAX, "ffGVSVuqtpHVqxez2Ezg5bF4"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t secret[32];
		char token[TOKEN_SIZE];

		memset(secret, cases[i].fill, sizeof(secret));
		token_derive(secret, cases[i].identifiant, cases[i].demande, token);
		assert_string_equal(token, cases[i].token);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(known_tokens),
	};

	if (sha256_setup() != NULL)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
