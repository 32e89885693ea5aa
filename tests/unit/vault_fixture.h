/* The room of kept archives in a root, with and without a certificate made for the test. */
#ifndef SEGUR_VAULT_FIXTURE_H
#define SEGUR_VAULT_FIXTURE_H

#include "keep/vault.h"

#include "core_fixture.h"
#include "keep/cms.h"
#include "lib/sha256.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/mman.h>

#define DATE "2026-03-02"

struct case_data {
	const char *key; /* "RSA", "EC", …; NULL: no certificate at all */
	int bits;
	long begins_in, ends_in; /* days from DATE to the end of its validity */
	const char *usage;
	bool accepted;
};

static inline EVP_PKEY *make_key(const struct case_data *one)
{
	if (strcmp(one->key, "RSA") == 0)
		return EVP_RSA_gen((unsigned)one->bits);
	if (strcmp(one->key, "EC") == 0)
		return EVP_EC_gen("P-256");
	return EVP_PKEY_Q_keygen(NULL, NULL, one->key);
}

static inline void write_pem(struct fixture *fixture, const char *name, EVP_PKEY *key, X509 *x509)
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
static inline void make_certificate(struct fixture *fixture, const struct case_data *one)
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

static inline void name_certificate(struct fixture *fixture, const char *name)
{
	free(fixture->root.conf.certificat);
	fixture->root.conf.certificat = mem_strdup(name);
}

static inline int room_setup(void **state)
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

static inline void hash_of(const char *text, char hex[static SHA256_HEX_SIZE])
{
	uint8_t digest[SHA256_SIZE];

	sha256_of(text, strlen(text), digest);
	sha256_hex(digest, hex);
}

static inline void prepare(struct vault *room, size_t n, const char *text)
{
	int fd;

	assert_null(vault_scratch(room, &fd));
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_null(vault_prepare(room, fd, n));
	close(fd);
}

static inline void keep(struct vault *room, size_t n, const char *text)
{
	char hex[SHA256_HEX_SIZE];

	hash_of(text, hex);
	prepare(room, n, text);
	assert_null(vault_keep(room, n, hex));
	vault_discard(room, n);
	assert_null(vault_sync(room));
}

static inline void assert_read(struct vault *room, const char *text)
{
	char hex[SHA256_HEX_SIZE], found[64] = "";
	int fd;

	hash_of(text, hex);
	assert_null(vault_read(room, hex, &fd));
	assert_int_equal(read(fd, found, sizeof(found)), (ssize_t)strlen(text));
	assert_memory_equal(found, text, strlen(text));
	close(fd);
}

static inline bool file_holds(struct fixture *fixture, const char *path, const char *text)
{
	char bytes[8192];
	int fd = openat(fixture->root.fd, path, O_RDONLY);
	ssize_t got = fd >= 0 ? read(fd, bytes, sizeof(bytes)) : -1;

	if (fd >= 0)
		close(fd);
	return got > 0 && memmem(bytes, (size_t)got, text, strlen(text)) != NULL;
}

static inline bool exists(struct fixture *fixture, const char *path)
{
	return faccessat(fixture->root.fd, path, F_OK, 0) == 0;
}

static inline char *kept(const char *text, const char *suffix)
{
	char hex[SHA256_HEX_SIZE];

	hash_of(text, hex);
	return mem_printf("var/archives/%.2s/%s%s", hex, hex, suffix);
}

#endif
