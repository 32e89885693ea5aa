/*
 * The room for kept files: archives as they were received, and documents that a purge keeps alone,
 * each under the SHA-256 of its bytes. With a certificate in segur.conf they are encrypted to it
 * (cms.h), and no plain byte ever lies under a name; what was kept before stays plain until
 * vault_convert. A file is kept once, whoever gave it, and never written over.
 *
 *   var/archives/9f/9f86…       plain
 *   var/archives/9f/9f86….cms   encrypted
 *   var/tmp/depot-<n>           in the form in which it will be kept; emptied by each night
 */
#ifndef SEGUR_KEEP_VAULT_H
#define SEGUR_KEEP_VAULT_H

#include "store/root.h"

#include <stddef.h>

#define NO_CERTIFICATE "aucun" /* in segur.conf */

struct vault;

/* For a command that keeps: reads the certificate, if segur.conf names one, and tries it for
 * that day (AAAA-MM-JJ). ERR_CONFIG: nothing may be kept. A certificate that runs out soon
 * is told on standard error. */
const struct error *vault_open(struct root *root, const char *date, struct vault **out);
/* For a command that only reads. `key`: path of the private key, or NULL. */
const struct error *vault_open_reader(struct root *root, const char *key, struct vault **out);
/* Gives the key to a vault that keeps, so that it can read encrypted files too. */
const struct error *vault_set_key(struct vault *room, const char *key);
void vault_close(struct vault *room);

/* --- keeping --- */

/* A file without a name, to read and write: nothing of it is left when the process ends. */
const struct error *vault_scratch(struct vault *room, int *fd);
/* Gives such a file its temporary name, or encrypts it under that name; `fd` stays the caller's. */
const struct error *vault_prepare(struct vault *room, int fd, size_t n);
/* Gives the prepared file n its lasting name, or removes it when its bytes are kept
 * already. It is durable after vault_sync; the hash of an encrypted file is recorded
 * in the caller's transaction. */
const struct error *vault_keep(struct vault *room, size_t n, const char *sha256);
/* Removes the prepared file, if it is there still. */
void vault_discard(struct vault *room, size_t n);
/* Brings to the disk all that was kept and erased; once for many files. */
const struct error *vault_sync(struct vault *room);

/* Encrypts what was kept before there was a certificate; does nothing without one. *count: how many
 * files were encrypted, or, for `dry_run`, would be. */
const struct error *vault_convert(struct vault *room, bool dry_run, size_t *count);

/* --- reading --- */

enum vault_form {
	VAULT_ABSENT,
	VAULT_PLAIN,
	VAULT_ENCRYPTED,
};

enum vault_form vault_form(const struct vault *room, const char *sha256);
/* Whether the file can be read: it is there, and plain or with its key. */
bool vault_readable(const struct vault *room, const char *sha256);
enum vault_state {
	VAULT_SOUND,
	VAULT_MISSING, /* or cannot be read */
	VAULT_ALTERED,
};
/* Holds the kept file against its hash; needs no key. */
enum vault_state vault_check(const struct vault *room, const char *sha256);
/* Opens the kept bytes to be read alone; encrypted ones are decrypted into a file without a name, and their hash is
 * verified. ERR_USAGE without the key, ERR_DATA when it does not open them, ERR_FAULT when the file
 * is not there or not what was kept. */
const struct error *vault_read(struct vault *room, const char *sha256, int *fd);

/* --- erasing --- */

/* Removes the file in either form, if it is there. */
const struct error *vault_erase(struct vault *room, const char *sha256);

#endif
