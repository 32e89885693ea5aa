/* A backup's seal. SQLite knows from its header where the database ends, and passes over it. */
#include "keep/keep_private.h"

#include "lib/file.h"
#include "lib/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEAL_MARK  "\nsegur-sauvegarde sha256 "
#define SEAL_SIZE  (sizeof(SEAL_MARK) - 1 + SHA256_HEX_SIZE) /* with its line end */
#define SEAL_BLOCK (256u << 10)

static void seal_text(const char *hex, char out[static SEAL_SIZE + 1])
{
	snprintf(out, SEAL_SIZE + 1, SEAL_MARK "%s\n", hex);
}

/* Adds up to `count` of the file's next bytes to the sum; false with errno, or when it is shorter
 * than that. */
static bool sum_bytes(int fd, struct sha256 *sum, uint64_t count)
{
	uint8_t *block = mem_alloc(SEAL_BLOCK);
	ssize_t got = 1;

	errno = EIO;
	for (; count > 0 && got > 0; count -= (uint64_t)got) {
		got = file_read_all(fd, block, count < SEAL_BLOCK ? (size_t)count : SEAL_BLOCK);
		if (got > 0)
			sha256_update(sum, block, (size_t)got);
		else
			break;
	}
	free(block);
	return count == 0;
}

static void finish(struct sha256 *sum, char hex[static SHA256_HEX_SIZE])
{
	uint8_t digest[SHA256_SIZE];

	sha256_end(sum, digest);
	sha256_hex(digest, hex);
}

const struct error *seal_write(const char *path)
{
	int fd = file_open(AT_FDCWD, path, O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0);
	char hex[SHA256_HEX_SIZE], seal[SEAL_SIZE + 1];
	struct sha256 *sum = sha256_new();
	const struct error *err = NULL;
	struct stat info;

	sha256_begin(sum);
	if (fd < 0 || fstat(fd, &info) != 0 || !sum_bytes(fd, sum, (uint64_t)info.st_size))
		err = error_errno(ERR_CANT_WRITE, "%s", path);
	finish(sum, hex);
	seal_text(hex, seal);
	if (err == NULL && (file_write_all(fd, seal, SEAL_SIZE) != 0 || file_sync(fd) != 0))
		err = error_errno(ERR_CANT_WRITE, "%s", path);
	sha256_free(sum);
	file_let_go(fd);
	return err;
}

/* Holds the bytes against the seal at their end; without one, all of them are the backup. */
static const struct error *check_bytes(int fd, const char *path, uint64_t size,
				       char hex[static SHA256_HEX_SIZE], bool *sealed)
{
	uint64_t length = size > SEAL_SIZE ? size - SEAL_SIZE : 0;
	char found[SEAL_SIZE + 1] = "", wanted[SEAL_SIZE + 1];
	struct sha256 *sum = sha256_new();
	bool read;

	sha256_begin(sum);
	read = sum_bytes(fd, sum, length) &&
	       file_read_all(fd, found, SEAL_SIZE) == (ssize_t)(size - length);
	*sealed = length > 0 && strncmp(found, SEAL_MARK, strlen(SEAL_MARK)) == 0;
	if (!*sealed)
		sha256_update(sum, found, (size_t)(size - length));
	finish(sum, hex);
	sha256_free(sum);
	seal_text(hex, wanted);
	if (!read)
		return error_errno(ERR_DATA, "%s", path);
	if (*sealed && memcmp(found, wanted, SEAL_SIZE) != 0)
		return error_set(ERR_DATA,
				 "%s est endommagée : elle ne porte pas son empreinte ; prenez une "
				 "autre sauvegarde",
				 path);
	return NULL;
}

const struct error *seal_check(const char *path, char hex[static SHA256_HEX_SIZE], bool *sealed)
{
	int fd = file_open(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);
	const struct error *err;
	struct stat info;

	*sealed = false;
	hex[0] = '\0';
	if (fd < 0 || fstat(fd, &info) != 0)
		err = error_errno(ERR_DATA, "%s", path);
	else if (!S_ISREG(info.st_mode))
		err = error_set(ERR_DATA, "%s n'est pas un fichier", path);
	else
		err = check_bytes(fd, path, (uint64_t)info.st_size, hex, sealed);
	file_let_go(fd);
	return err;
}
