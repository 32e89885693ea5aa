#include "lib/array.h"
#include "lib/sha256.h"
#include "vault_fixture.h"

static void plain(void **state)
{
	struct fixture *fixture = *state;
	struct vault *room;
	struct stat before, after;
	char *path = kept("bonjour", ""), hex[SHA256_HEX_SIZE];

	hash_of("bonjour", hex);
	assert_null(vault_open(&fixture->root, DATE, &room));
	assert_int_equal(vault_form(room, hex), VAULT_ABSENT);
	assert_int_equal(vault_check(room, hex), VAULT_MISSING);
	assert_false(vault_readable(room, hex));
	prepare(room, 3, "bonjour");
	assert_true(file_holds(fixture, "var/tmp/depot-3", "bonjour"));
	vault_discard(room, 3);
	assert_false(exists(fixture, "var/tmp/depot-3"));
	vault_discard(room, 3);
	keep(room, 0, "bonjour");
	assert_true(file_holds(fixture, path, "bonjour"));
	assert_false(exists(fixture, "var/tmp/depot-0"));
	assert_int_equal(vault_form(room, hex), VAULT_PLAIN);
	assert_int_equal(vault_check(room, hex), VAULT_SOUND);
	assert_true(vault_readable(room, hex));
	assert_read(room, "bonjour");
	/* Once, and never written over. */
	assert_int_equal(fstatat(fixture->root.fd, path, &before, 0), 0);
	keep(room, 0, "bonjour");
	assert_int_equal(fstatat(fixture->root.fd, path, &after, 0), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	/* A name without its bytes, as a power cut may leave it, is no copy: the bytes given mend
	 * it. */
	assert_int_equal(unlinkat(fixture->root.fd, path, 0), 0);
	close(openat(fixture->root.fd, path, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(vault_check(room, hex), VAULT_ALTERED);
	keep(room, 0, "bonjour");
	assert_true(file_holds(fixture, path, "bonjour"));
	assert_int_equal(vault_check(room, hex), VAULT_SOUND);
	assert_null(vault_erase(room, hex));
	assert_null(vault_erase(room, hex));
	assert_false(exists(fixture, path));
	vault_close(room);
	vault_close(NULL);
	free(path);
}

static void encrypted(void **state)
{
	static const struct case_data cases[] = {{"RSA", 2048, -1, 1000, NULL, true},
						 {"EC", 0, -1, 1000, NULL, true}};
	struct fixture *fixture = *state;
	char *path = kept("identité", ".cms"), *clear = kept("identité", "");
	char *key = mem_printf("%s/cle.pem", fixture->path), hex[SHA256_HEX_SIZE];

	hash_of("identité", hex);
	name_certificate(fixture, "certificat.pem");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vault *room;
		const struct error *err;
		int fd;

		make_certificate(fixture, &cases[i]);
		assert_null(vault_open(&fixture->root, DATE, &room));
		prepare(room, 40, "identité");
		assert_true(exists(fixture, "var/tmp/depot-40"));
		assert_false(file_holds(fixture, "var/tmp/depot-40", "identité"));
		vault_discard(room, 40);
		keep(room, 2, "identité");
		assert_true(exists(fixture, path));
		assert_false(exists(fixture, clear));
		assert_false(file_holds(fixture, path, "identité"));
		assert_int_equal(vault_form(room, hex), VAULT_ENCRYPTED);
		assert_int_equal(vault_check(room, hex), VAULT_SOUND);
		assert_false(vault_readable(room, hex));
		err = vault_read(room, hex, &fd);
		assert_non_null(err);
		assert_int_equal(err->code, ERR_USAGE);
		assert_int_equal(fd, -1);
		assert_null(vault_set_key(room, key));
		assert_true(vault_readable(room, hex));
		assert_read(room, "identité");
		assert_null(vault_erase(room, hex));
		assert_string_equal(fixture_rows(fixture, "SELECT * FROM chiffres"), "");
		vault_close(room);
	}
	free(path);
	free(clear);
	free(key);
}

/* What a killed run left is replaced; what a row speaks of is not. */
static void encrypted_once(void **state)
{
	static const struct case_data rsa = {"RSA", 2048, -1, 1000, NULL, true};
	struct fixture *fixture = *state;
	char *path = kept("identité", ".cms"), *key = mem_printf("%s/cle.pem", fixture->path),
	     *first;
	struct vault *room;
	char hex[SHA256_HEX_SIZE];

	hash_of("identité", hex);
	make_certificate(fixture, &rsa);
	name_certificate(fixture, "certificat.pem");
	assert_null(vault_open(&fixture->root, DATE, &room));
	assert_null(vault_set_key(room, key));
	store_begin(fixture->root.store);
	keep(room, 0, "identité");
	store_rollback(fixture->root.store);
	assert_int_equal(vault_check(room, hex), VAULT_ALTERED);
	keep(room, 0, "identité");
	assert_int_equal(vault_check(room, hex), VAULT_SOUND);
	first = mem_strdup(fixture_rows(fixture, "SELECT * FROM chiffres"));
	keep(room, 1, "identité");
	assert_string_equal(fixture_rows(fixture, "SELECT * FROM chiffres"), first);
	assert_int_equal(vault_check(room, hex), VAULT_SOUND);
	assert_read(room, "identité");
	/* Bytes that are kept plain already stay so. */
	name_certificate(fixture, "aucun");
	vault_close(room);
	assert_null(vault_open(&fixture->root, DATE, &room));
	keep(room, 0, "identité");
	assert_int_equal(vault_form(room, hex), VAULT_ENCRYPTED);
	vault_close(room);
	free(first);
	free(path);
	free(key);
}

static void certificates(void **state)
{
	static const struct case_data cases[] = {
	    {"RSA", 2048, -1, 1, NULL, true},
	    {"RSA", 2048, 0, 0, NULL, true},	/* bounds included */
	    {"RSA", 2048, -9, -1, NULL, false}, /* ended at midnight of the day before */
	    {"RSA", 2048, 1, 9, NULL, false},
	    {"RSA", 1024, -1, 1, NULL, false},
	    {"RSA", 2048, -1, 1, "keyEncipherment", true},
	    {"RSA", 2048, -1, 1, "digitalSignature", false},
	    {"RSA", 2048, -1, 1, "keyAgreement", false},
	    {"EC", 0, -1, 1, "keyAgreement", true},
	    {"EC", 0, -1, 1, "keyEncipherment", false},
	    {"ED25519", 0, -1, 1, NULL, false},
	};
	struct fixture *fixture = *state;
	int32_t day = 0;

	assert_true(date_parse(DATE, &day));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct recipient *recipient = NULL;
		const struct error *err;

		make_certificate(fixture, &cases[i]);
		err = recipient_open(fixture->root.fd, "certificat.pem", day, &recipient);
		if ((err == NULL) != cases[i].accepted)
			fail_msg("case %zu: %s", i, err != NULL ? err->message : "accepted");
		if (err != NULL)
			assert_int_equal(err->code, ERR_CONFIG);
		else
			assert_int_equal(recipient_last_day(recipient), day + cases[i].ends_in);
		recipient_free(recipient);
	}
	recipient_free(NULL);
	key_free(NULL);
}

static void certificates_that_are_none(void **state)
{
	static const char *const names[] = {"absent.pem", "var", "segur.conf", "cle.pem"};
	static const struct case_data rsa = {"RSA", 2048, -1, 1, NULL, true};
	struct fixture *fixture = *state;

	make_certificate(fixture, &rsa);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct vault *room;
		const struct error *err;

		name_certificate(fixture, names[i]);
		err = vault_open(&fixture->root, DATE, &room);
		assert_non_null(err);
		assert_int_equal(err->code, ERR_CONFIG);
		assert_non_null(strstr(err->message, names[i]));
		vault_close(room);
	}
}

/* A megabyte, and sizes around a block: the same bytes come back. */
static void sizes(void **state)
{
	static const size_t counts[] = {1, 65535, 65536, 65537, 1 << 20};
	static const struct case_data rsa = {"RSA", 2048, -1, 1, NULL, true};
	struct fixture *fixture = *state;
	char *bytes = mem_alloc(1 << 20), *found = mem_alloc(1 << 20);
	char *path = mem_printf("%s/cle.pem", fixture->path);
	struct recipient *recipient;
	struct private_key *key;
	int32_t day = 0;

	make_certificate(fixture, &rsa);
	date_parse(DATE, &day);
	assert_null(recipient_open(fixture->root.fd, "certificat.pem", day, &recipient));
	assert_null(key_open(path, &key));
	for (size_t i = 0; i < 1 << 20; i++)
		bytes[i] = (char)(i * 7919 >> 3);
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		int from = memfd_create("from", 0), made = memfd_create("made", 0);
		int to = memfd_create("to", 0);
		uint8_t digest[SHA256_SIZE], again[32];

		assert_int_equal(write(from, bytes, counts[i]), (ssize_t)counts[i]);
		assert_null(cms_encrypt(recipient, from, made, digest));
		assert_true(sha256_of_file(made, again));
		assert_memory_equal(digest, again, sizeof(digest));
		assert_null(cms_decrypt(key, made, to));
		assert_int_equal(pread(to, found, 1 << 20, 0), (ssize_t)counts[i]);
		assert_memory_equal(found, bytes, counts[i]);
		/* A cut, then another bit: nothing to be used. */
		assert_int_equal(ftruncate(made, lseek(made, 0, SEEK_END) - 3), 0);
		assert_int_equal(cms_decrypt(key, made, to)->code, ERR_DATA);
		close(from);
		close(made);
		close(to);
	}
	recipient_free(recipient);
	key_free(key);
	free(bytes);
	free(found);
	free(path);
}

static void full_disk(void **state)
{
	static const struct case_data rsa = {"RSA", 2048, -1, 1, NULL, true};
	struct fixture *fixture = *state;
	struct recipient *recipient;
	int from = memfd_create("from", 0), full = open("/dev/full", O_WRONLY);
	const struct error *err;
	uint8_t digest[SHA256_SIZE];
	int32_t day = 0;

	make_certificate(fixture, &rsa);
	date_parse(DATE, &day);
	assert_null(recipient_open(fixture->root.fd, "certificat.pem", day, &recipient));
	assert_int_equal(write(from, "octets", 6), 6);
	err = cms_encrypt(recipient, from, full, digest);
	assert_non_null(err);
	assert_int_equal(err->code, ERR_CANT_WRITE);
	err = cms_encrypt(recipient, full, from, digest); /* not open for reading */
	assert_non_null(err);
	recipient_free(recipient);
	close(from);
	close(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(plain, room_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(encrypted, room_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(encrypted_once, room_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(certificates, room_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(certificates_that_are_none, room_setup,
					    fixture_teardown),
	    cmocka_unit_test_setup_teardown(sizes, room_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(full_disk, room_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
