#include "keep/cms.h"

#include "lib/date.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "lib/sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define KEY_MAX	      (1u << 16) /* bytes of a private key's file */
#define CMS_BLOCK     (64 << 10) /* bytes encrypted at once */
#define SECURITY_BITS 112	 /* RSA 2048, EC P-224 (NIST SP 800-57) */
#define CMS_FLAGS     (CMS_STREAM | CMS_PARTIAL | CMS_BINARY | CMS_KEY_PARAM)

struct recipient {
	X509 *x509;
};

struct private_key {
	EVP_PKEY *key;
};

/* OpenSSL's own reason; its older ones are cleared, so that the next failure does not get them. */
static const char *reason(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	return text != NULL ? text : "raison inconnue";
}

/* --- the certificate --- */

static bool may_encrypt(X509 *x509)
{
	EVP_PKEY *key = X509_get0_pubkey(x509);
	uint32_t usage = X509_get_key_usage(x509); /* all bits when the certificate does not say */

	if (key == NULL || EVP_PKEY_get_security_bits(key) < SECURITY_BITS)
		return false;
	if (EVP_PKEY_is_a(key, "RSA"))
		return (usage & KU_KEY_ENCIPHERMENT) != 0;
	return EVP_PKEY_is_a(key, "EC") && (usage & KU_KEY_AGREEMENT) != 0;
}

/* Encrypts a little, since OpenSSL itself has the last word. */
static bool does_encrypt(const struct recipient *recipient)
{
	int fd = memfd_create("essai", MFD_CLOEXEC),
	    nothing = file_open(AT_FDCWD, "/dev/null", O_WRONLY | O_CLOEXEC, 0);
	uint8_t unused[SHA256_SIZE];
	bool ok = fd >= 0 && nothing >= 0 && file_write_all(fd, "essai", 5) == 0 &&
		  cms_encrypt(recipient, fd, nothing, unused) == NULL;

	file_let_go(fd);
	file_let_go(nothing);
	return ok;
}

static const struct error *check_dates(X509 *x509, const char *path, int32_t day)
{
	time_t begin = (time_t)day * DAY_S, end = begin + DAY_S - 1;
	char text[DATE_SIZE];

	date_format(day, text);
	if (ASN1_TIME_cmp_time_t(X509_get0_notBefore(x509), end) > 0)
		return error_set(ERR_CONFIG,
				 "certificat de conservation %s : pas encore valide le %s", path,
				 text);
	if (ASN1_TIME_cmp_time_t(X509_get0_notAfter(x509), begin) < 0)
		return error_set(ERR_CONFIG,
				 "certificat de conservation %s : expiré le %s ; sans lui rien "
				 "n'est reçu, car rien ne doit être conservé en clair",
				 path, text);
	return NULL;
}

const struct error *recipient_open(int dir, const char *path, int32_t day, struct recipient **out)
{
	struct recipient *recipient;
	const struct error *err;
	int fd = file_open(dir, path, O_RDONLY | O_CLOEXEC, 0);
	BIO *bio = fd >= 0 ? BIO_new_fd(fd, BIO_CLOSE) : NULL;

	*out = NULL;
	if (fd < 0)
		return error_errno(ERR_CONFIG, "certificat de conservation %s", path);
	recipient = mem_alloc(sizeof(*recipient));
	recipient->x509 = bio != NULL ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	BIO_free(bio);
	if (recipient->x509 == NULL)
		err = error_set(ERR_CONFIG,
				"certificat de conservation %s : ce n'est pas un certificat au "
				"format PEM (%s)",
				path, reason());
	else
		err = check_dates(recipient->x509, path, day);
	if (err == NULL && (!may_encrypt(recipient->x509) || !does_encrypt(recipient)))
		err = error_set(ERR_CONFIG,
				"certificat de conservation %s : il ne permet pas de chiffrer ; "
				"il faut une clé RSA d'au moins 2048 bits ou EC, dont l'usage le "
				"permet",
				path);
	if (err != NULL)
		recipient_free(recipient);
	else
		*out = recipient;
	return err;
}

int32_t recipient_last_day(const struct recipient *recipient)
{
	struct tm end = {0};

	if (ASN1_TIME_to_tm(X509_get0_notAfter(recipient->x509), &end) != 1)
		return DATE_MIN;
	return (int32_t)(timegm(&end) / DAY_S);
}

void recipient_free(struct recipient *recipient)
{
	if (recipient == NULL)
		return;
	X509_free(recipient->x509);
	free(recipient);
}

/* --- encryption --- */

static bool set_recipient(CMS_RecipientInfo *recipient)
{
	EVP_PKEY_CTX *context =
	    recipient != NULL ? CMS_RecipientInfo_get0_pkey_ctx(recipient) : NULL;

	if (context == NULL)
		return false;
	if (CMS_RecipientInfo_type(recipient) == CMS_RECIPINFO_AGREE)
		return EVP_PKEY_CTX_set_ecdh_kdf_md(context, EVP_sha256()) > 0;
	return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) > 0 &&
	       EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()) > 0;
}

/* Writes what the chain has made so far. OpenSSL's own writer gives up on short writes. */
static bool drain_made(BIO *made, int to, struct sha256 *sum)
{
	char *bytes = NULL;
	long count = BIO_get_mem_data(made, &bytes);

	if (count > 0 && file_write_all(to, bytes, (size_t)count) != 0)
		return false;
	if (count > 0)
		sha256_update(sum, bytes, (size_t)count);
	errno = 0;
	return BIO_reset(made) == 1;
}

/* Sends the whole file through the encrypting chain; false with errno, or 0 when OpenSSL failed. */
static bool pump(int from, BIO *chain, BIO *made, int to, struct sha256 *sum)
{
	char *block = mem_alloc(CMS_BLOCK);
	off_t offset = 0;
	bool ok = true;
	ssize_t got;

	while (ok && (got = file_read_block(from, block, CMS_BLOCK, offset)) > 0) {
		errno = 0;
		ok = BIO_write(chain, block, (int)got) == (int)got && drain_made(made, to, sum);
		offset += got;
	}
	free(block);
	if (!ok || got < 0)
		return false;
	errno = 0;
	return BIO_flush(chain) == 1 && drain_made(made, to, sum);
}

/* The chain that encrypts what is written to it into `made`; NULL when OpenSSL refuses. */
static BIO *open_chain(const struct recipient *recipient, CMS_ContentInfo *cms, BIO *made)
{
	if (cms == NULL || made == NULL ||
	    !set_recipient(CMS_add1_recipient_cert(cms, recipient->x509, CMS_FLAGS)))
		return NULL;
	return BIO_new_CMS(made, cms);
}

static void free_chain(BIO *chain, BIO *made)
{
	while (chain != NULL && chain != made) {
		BIO *next = BIO_pop(chain);

		BIO_free(chain);
		chain = next;
	}
	BIO_free(made);
}

const struct error *cms_encrypt(const struct recipient *recipient, int from, int to,
				uint8_t digest[static SHA256_SIZE])
{
	CMS_ContentInfo *cms = CMS_encrypt(NULL, NULL, EVP_aes_256_gcm(), CMS_FLAGS);
	BIO *made = BIO_new(BIO_s_mem()), *chain = open_chain(recipient, cms, made);
	struct sha256 *sum = sha256_new();
	const struct error *err = NULL;

	sha256_begin(sum);
	errno = 0;
	if (chain == NULL || !pump(from, chain, made, to, sum))
		err = errno != 0
			  ? error_errno(ERR_CANT_WRITE, "chiffrement d'une archive conservée")
			  : error_set(ERR_FAULT, "chiffrement d'une archive conservée : %s",
				      reason());
	sha256_end(sum, digest);
	sha256_free(sum);
	free_chain(chain, made);
	CMS_ContentInfo_free(cms);
	ERR_clear_error();
	return err;
}

/* --- decryption --- */

static EVP_PKEY *read_key(const char *text, ssize_t length)
{
	BIO *bio = BIO_new_mem_buf(text, (int)length);
	EVP_PKEY *key = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;

	BIO_free(bio);
	return key;
}

const struct error *key_open(const char *path, struct private_key **out)
{
	int fd = file_open(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	char *text = mem_alloc(KEY_MAX);
	ssize_t length = fd >= 0 ? file_read_all(fd, text, KEY_MAX) : -1;
	const struct error *err = NULL;
	EVP_PKEY *key = NULL;

	*out = NULL;
	if (length < 0)
		err = error_errno(errno == EIO || file_wants(errno) ? ERR_FAULT : ERR_DATA,
				  "clé %s", path);
	file_let_go(fd);
	if (err == NULL && (key = read_key(text, length)) == NULL)
		err = error_set(ERR_DATA, "clé %s : pas de clé privée lisible au format PEM (%s)",
				path, reason());
	explicit_bzero(text, KEY_MAX);
	free(text);
	if (err != NULL)
		return err;
	*out = mem_alloc(sizeof(**out));
	(*out)->key = key;
	return NULL;
}

void key_free(struct private_key *key)
{
	if (key == NULL)
		return;
	EVP_PKEY_free(key->key);
	free(key);
}

const struct error *cms_decrypt(const struct private_key *key, int from, int to)
{
	BIO *in = BIO_new_fd(from, BIO_NOCLOSE), *plain = BIO_new_fd(to, BIO_NOCLOSE);
	CMS_ContentInfo *cms = NULL;
	const struct error *err = NULL;

	if (in != NULL && plain != NULL && lseek(from, 0, SEEK_SET) == 0)
		cms = d2i_CMS_bio(in, NULL);
	if (cms == NULL)
		err = error_set(ERR_DATA, "l'archive conservée n'est pas un message CMS entier");
	/* The tag is verified at the end: what was written before is not to be used. */
	else if (CMS_decrypt(cms, key->key, NULL, NULL, plain, CMS_BINARY) != 1)
		err = error_set(ERR_DATA, "l'archive conservée ne se déchiffre pas : la clé n'est "
					  "pas la bonne, ou l'archive est altérée");
	ERR_clear_error();
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	BIO_free(plain);
	return err;
}
