#include "keep/copy.h"

#include "lib/file.h"
#include "lib/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define DROP_BLOCK (128 << 10)

/* 0, or the errno with which the drop cannot be read. */
static int copy_and_hash(int drop, uint64_t limit, struct copy *copy, const struct error **err)
{
	struct sha256 *sha256 = sha256_new();
	uint8_t *block = mem_block(DROP_BLOCK);
	ssize_t got = DROP_BLOCK;
	int number = 0;

	sha256_begin(sha256);
	while (got == DROP_BLOCK && copy->size <= limit && *err == NULL) {
		got = file_read_all(drop, block, DROP_BLOCK);
		if (got < 0) {
			number = errno;
			break;
		}
		sha256_update(sha256, block, (size_t)got);
		copy->size += (uint64_t)got;
		if (file_write_all(copy->fd, block, (size_t)got) != 0)
			*err = error_errno(ERR_CANT_WRITE, "copie d'un dépôt");
	}
	sha256_end(sha256, copy->digest);
	sha256_free(sha256);
	free(block);
	return number;
}

const struct error *copy_take(struct vault *room, int drop, uint64_t limit, struct copy *copy)
{
	const struct error *err;
	int number = 0;

	*copy = (struct copy){.fd = -1};
	err = vault_scratch(room, &copy->fd);
	if (err == NULL)
		number = copy_and_hash(drop, limit, copy, &err);
	if (err != NULL || number != 0)
		copy_close(copy);
	errno = number;
	return err;
}

void copy_close(struct copy *copy)
{
	file_let_go(copy->fd);
	copy->fd = -1;
}
