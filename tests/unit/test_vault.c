#include "keep/vault.h"

#include "core_fixture.h"
#include "keep/cms.h"
#include "lib/sha256.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/mman.h>

#define DATE "2026-03-02"

/* --- the room, with and without a certificate ------------------------------------------------- */

struct case_data {
	const char *key; /* "RSA", "EC", …; NULL: no certificate at all */
	int bits;
	long begins_in, ends_in; /* days from DATE to the end of its validity */
	const char *usage;
	bool accepted;
};

static EVP_PKEY *make_key(const struct case_data *one)
{
	if (strcmp(one->key, "RSA") == 0)
		return EVP_RSA_gen((unsigned)one->bits);
	if (strcmp(one->key, "EC") == 0)
		return EVP_EC_gen("P-256");
	return EVP_PKEY_Q_keygen(NULL, NULL, one->key);
}

static void write_pem(struct fixture *fixture, const char *name, EVP_PKEY *key, X509 *x509)
{
	char *path = mem_printf("%s/%s", fixture->path, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	if (x509 != NULL)
		assert_int_equal(PEM_write_X509(file, x509), 1);
	else
		assert_int_equal(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
	fclose(file);
	free(path);
}

/* A certificate of that key, and the key: certificat.pem and cle.pem of the root. */
static void make_certificate(struct fixture *fixture, const struct case_data *one)
{
	EVP_PKEY *key = make_key(one);
	X509 *x509 = X509_new();
	time_t base;
	int32_t day = 0;

	assert_true(date_parse(DATE, &day));
	base = (time_t)day * 86400;
	assert_non_null(key);
	X509_set_version(x509, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
	X509_time_adj_ex(X509_getm_notBefore(x509), (int)one->begins_in, 0, &base);
	X509_time_adj_ex(X509_getm_notAfter(x509), (int)one->ends_in, 0, &base);
	X509_set_pubkey(x509, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC,
				   (const unsigned char *)"test", -1, -1, 0);
	X509_set_issuer_name(x509, X509_get_subject_name(x509));
	if (one->usage != NULL) {
		X509_EXTENSION *usage = X509V3_EXT_conf_nid(NULL, NULL, NID_key_usage, one->usage);

		assert_int_equal(X509_add_ext(x509, usage, -1), 1);
		X509_EXTENSION_free(usage);
	}
	assert_true(X509_sign(x509, key, strcmp(one->key, "ED25519") == 0 ? NULL : EVP_sha256()) >
		    0);
	write_pem(fixture, "certificat.pem", NULL, x509);
	write_pem(fixture, "cle.pem", key, NULL);
	X509_free(x509);
	EVP_PKEY_free(key);
}

static void name_certificate(struct fixture *fixture, const char *name)
{
	free(fixture->root.conf.certificat);
	fixture->root.conf.certificat = mem_strdup(name);
}

static int room_setup(void **state)
{
	struct fixture *fixture;

	fixture_setup(state);
	fixture = *state;
	assert_null(sha256_setup());
	assert_int_equal(mkdirat(fixture->root.fd, "var", 0700), 0);
	assert_int_equal(mkdirat(fixture->root.fd, "var/archives", 0700), 0);
	assert_int_equal(mkdirat(fixture->root.fd, "var/tmp", 0700), 0);
	return 0;
}

static void hash_of(const char *text, char hex[static 65])
{
	uint8_t digest[32];

	sha256_of(text, strlen(text), digest);
	sha256_hex(digest, hex);
}

static void prepare(struct vault *room, size_t n, const char *text)
{
	int fd;

	assert_null(vault_scratch(room, &fd));
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_null(vault_prepare(room, fd, n));
	close(fd);
}

static void keep(struct vault *room, size_t n, const char *text)
{
	char hex[65];

	hash_of(text, hex);
	prepare(room, n, text);
	assert_null(vault_keep(room, n, hex));
	vault_discard(room, n);
	assert_null(vault_sync(room));
}

static void assert_read(struct vault *room, const char *text)
{
	char hex[65], found[64] = "";
	int fd;

	hash_of(text, hex);
	assert_null(vault_read(room, hex, &fd));
	assert_int_equal(read(fd, found, sizeof(found)), (ssize_t)strlen(text));
	assert_memory_equal(found, text, strlen(text));
	close(fd);
}

static bool file_holds(struct fixture *fixture, const char *path, const char *text)
{
	char bytes[8192];
	int fd = openat(fixture->root.fd, path, O_RDONLY);
	ssize_t got = fd >= 0 ? read(fd, bytes, sizeof(bytes)) : -1;

	if (fd >= 0)
		close(fd);
	return got > 0 && memmem(bytes, (size_t)got, text, strlen(text)) != NULL;
}

static bool exists(struct fixture *fixture, const char *path)
{
	return faccessat(fixture->root.fd, path, F_OK, 0) == 0;
}

static char *kept(const char *text, const char *suffix)
{
	char hex[65];

	hash_of(text, hex);
	return mem_printf("var/archives/%.2s/%s%s", hex, hex, suffix);
}

static void plain(void **state)
{
	struct fixture *fixture = *state;
	struct vault *room;
	struct stat before, after;
	char *path = kept("bonjour", ""), hex[65];

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
	char *key = mem_printf("%s/cle.pem", fixture->path), hex[65];

	hash_of("identité", hex);
	name_certificate(fixture, "certificat.pem");
	for (size_t i = 0; i < COUNT(cases); i++) {
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
	char hex[65];

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
	for (size_t i = 0; i < COUNT(cases); i++) {
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
	for (size_t i = 0; i < COUNT(names); i++) {
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
	for (size_t i = 0; i < COUNT(counts); i++) {
		int from = memfd_create("from", 0), made = memfd_create("made", 0);
		int to = memfd_create("to", 0);
		uint8_t digest[32], again[32];

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
	uint8_t digest[32];
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
