/*
 * The room for kept files, the only code that knows var/archives: archives as they were received,
 * and documents that a purge keeps alone, each under the SHA-256 of its bytes. With a certificate
 * in segur.conf they are encrypted to it (cms.h), and no plain byte ever lies under a name;
 * what was kept before stays as it was. A file is kept once, whoever gave it, and never written
 * over.
 *
 *   var/archives/9f/9f86…       plain
 *   var/archives/9f/9f86….cms   encrypted
 *   var/tmp/depot-<n>           in the form in which it will be kept; emptied by each night
 */
#ifndef SEGUR_KEEP_VAULT_H
#define SEGUR_KEEP_VAULT_H

#include "store/root.h"

#include <stddef.h>

#define CONSERVATION_CLAIR "aucun" /* in segur.conf: no certificate */

struct vault;

/* For a command that keeps: reads and tries the certificate, if segur.conf names one, as of that
 * day (AAAA-MM-JJ): ERR_CONFIG when nothing may be kept. One that runs out soon is told on standard
 * error. */
const struct error *vault_open(struct root *root, const char *date, struct vault **out);
/* For a command that only reads. `key`: path of the private key, or NULL. */
const struct error *vault_open_reader(struct root *root, const char *key, struct vault **out);
/* Gives one that keeps the key too. */
const struct error *vault_set_key(struct vault *room, const char *key);
void vault_close(struct vault *room);

/* --- keeping --- */

/* A file without a name, to read and write: nothing of it is left when the process ends. */
const struct error *vault_scratch(struct vault *room, int *fd);
/* Gives such a file its temporary name, or encrypts it under that name; `fd` stays the caller's. */
const struct error *vault_prepare(struct vault *room, int fd, size_t n);
/* The prepared file n takes its lasting name, or goes when its bytes are kept already. Durable
 * after vault_sync; the hash of an encrypted one is recorded in the caller's transaction. */
const struct error *vault_keep(struct vault *room, size_t n, const char *sha256);
/* Removes the prepared file, if it is there still. */
void vault_discard(struct vault *room, size_t n);
/* All that was kept and erased is on the disk: once for many files. */
const struct error *vault_sync(struct vault *room);

/* Encrypts what was kept before there was a certificate; nothing without one. *count: how many, or
 * how many there would be to encrypt for `dry_run`. */
const struct error *vault_convert(struct vault *room, bool dry_run, size_t *count);

/* --- reading --- */

enum vault_form {
	VAULT_ABSENT,
	VAULT_PLAIN,
	VAULT_ENCRYPTED,
};

enum vault_form vault_form(const struct vault *room, const char *sha256);
/* Whether it can be read: it is there, and plain or with its key. */
bool vault_readable(const struct vault *room, const char *sha256);
enum vault_state {
	VAULT_SOUND,
	VAULT_MISSING, /* or cannot be read */
	VAULT_ALTERED,
};
/* Holds the kept file against its hash; needs no key. */
enum vault_state vault_check(const struct vault *room, const char *sha256);
/* Opens the kept bytes, decrypted into a file without a name when they are encrypted; their hash
 * was verified then. ERR_USAGE without the key, ERR_DATA when it does not open them, ERR_FAULT when
 * the file is not there or not what was kept. */
const struct error *vault_read(struct vault *room, const char *sha256, int *fd);

/* --- erasing --- */

/* Removes the file in whatever form; none is fine. */
const struct error *vault_erase(struct vault *room, const char *sha256);

#endif
