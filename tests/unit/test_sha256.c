#include "lib/array.h"
#include "lib/sha256.h"

#include "lib/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define EMPTY	  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ABC	  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define MILLION_A "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"

static void assert_sum(const uint8_t sum[static SHA256_SIZE], const char *expected)
{
	char hex[SHA256_HEX_SIZE];

	sha256_hex(sum, hex);
	assert_string_equal(hex, expected);
}

/* The exit status of a child that runs this; its stderr is closed. */
static int status_of(void (*run)(void))
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		close(STDERR_FILENO);
		run();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void sum_without_setup(void)
{
	uint8_t out[SHA256_SIZE];

	sha256_of("abc", 3, out);
}

static void begin_without_setup(void)
{
	sha256_begin(sha256_new());
}

static void hmac_without_setup(void)
{
	uint8_t out[SHA256_SIZE];

	hmac_sha256("k", 1, "abc", 3, out);
}

static void setup_without_provider(void)
{
	const struct error *error;

	EVP_set_default_properties(NULL, "provider=aucun");
	error = sha256_setup();
	_exit(error == NULL ? 0 : (int)error->code);
}

static void without_digest(void **state)
{
	(void)state;
	assert_int_equal(status_of(sum_without_setup), ERR_FAULT);
	assert_int_equal(status_of(begin_without_setup), ERR_FAULT);
	assert_int_equal(status_of(hmac_without_setup), ERR_FAULT);
	assert_int_equal(status_of(setup_without_provider), ERR_FAULT);
}

static void sums(void **state)
{
	uint8_t out[SHA256_SIZE];

	(void)state;
	assert_null(sha256_setup());
	assert_null(sha256_setup());
	sha256_of("", 0, out);
	assert_sum(out, EMPTY);
	sha256_of("abc", 3, out);
	assert_sum(out, ABC);
}

/* In pieces of odd sizes, and twice with the same object. */
static void in_pieces(void **state)
{
	struct sha256 *sum = sha256_new();
	char block[997];
	uint8_t out[SHA256_SIZE];

	(void)state;
	memset(block, 'a', sizeof(block));
	for (int round = 0; round < 2; round++) {
		sha256_begin(sum);
		sha256_update(sum, block, 0);
		for (size_t left = 1000000; left > 0;) {
			size_t part = left < sizeof(block) ? left : sizeof(block);

			sha256_update(sum, block, part);
			left -= part;
		}
		sha256_end(sum, out);
		assert_sum(out, MILLION_A);
	}
	sha256_begin(sum);
	sha256_update(sum, "lost", 4);
	sha256_begin(sum);
	sha256_update(sum, "abc", 3);
	sha256_end(sum, out);
	assert_sum(out, ABC);
	sha256_free(sum);
	sha256_free(NULL);
}

/* RFC 4231, cases 2 and 6, and nothing at all. */
static void hmacs(void **state)
{
	uint8_t out[SHA256_SIZE], long_key[131];

	(void)state;
	hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, out);
	assert_sum(out, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(long_key, 0xaa, sizeof(long_key));
	hmac_sha256(long_key, sizeof(long_key),
		    "Test Using Larger Than Block-Size Key - Hash Key First", 54, out);
	assert_sum(out, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	hmac_sha256("", 0, "", 0, out);
	assert_sum(out, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static void hexadecimal(void **state)
{
	static const char *const bad[] = {
	    "",
	    "b",
	    "ba7816bf",
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a",
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad0",
	    "ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a/",
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a:",
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a`",
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a@",
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015aG"};
	uint8_t expected[SHA256_SIZE], out[32], untouched[32];
	char upper[SHA256_HEX_SIZE] = ABC;

	(void)state;
	sha256_of("abc", 3, expected);
	assert_true(sha256_from_hex(ABC, out));
	assert_memory_equal(out, expected, 32);
	for (char *at = upper; *at != '\0'; at++)
		if (*at >= 'a')
			*at = (char)(*at - 'a' + 'A');
	memset(out, 0, sizeof(out));
	assert_true(sha256_from_hex(upper, out));
	assert_memory_equal(out, expected, 32);
	memset(out, 7, sizeof(out));
	memset(untouched, 7, sizeof(untouched));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_false(sha256_from_hex(bad[i], out));
		assert_memory_equal(out, untouched, 32);
	}
}

int main(void)
{
	/* In this order: the first needs a process that has not fetched the digest. */
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_digest), cmocka_unit_test(sums),
	    cmocka_unit_test(in_pieces),      cmocka_unit_test(hmacs),
	    cmocka_unit_test(hexadecimal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
