/*
 * Our own copy of a drop, made and hashed before anything parses it: what is checked is what is
 * kept, whatever becomes of the drop and whatever a parser says of it.
 */
#ifndef SEGUR_KEEP_COPY_H
#define SEGUR_KEEP_COPY_H

#include "keep/vault.h"
#include "lib/sha256.h"

struct copy {
	int fd; /* a file without a name (vault_scratch); -1: there is none */
	uint64_t size;
	uint8_t digest[SHA256_SIZE];
};

/* Copies `drop`, from where it stands, up to the first block past `limit` bytes. copy->fd is -1
 * when the drop cannot be read: errno tells why. An error is our own: nothing can be written. */
const struct error *copy_take(struct vault *room, int drop, uint64_t limit, struct copy *copy);
void copy_close(struct copy *copy);

#endif
