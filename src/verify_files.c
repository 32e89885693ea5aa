/* Kept files against what the database says of them. */
#include "lib/sha256.h"
#include "verify.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The SHA-256 of a file below the root; false when it cannot be read. */
static bool file_sha256(const struct root *root, const char *path, char hex[static 65])
{
	int fd = openat(root->fd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct sha256 *sum;
	uint8_t block[1 << 16], digest[32];
	ssize_t got;

	if (fd < 0)
		return false;
	sum = sha256_new();
	sha256_begin(sum);
	while ((got = read(fd, block, sizeof(block))) > 0)
		sha256_update(sum, block, (size_t)got);
	sha256_end(sum, digest);
	sha256_hex(digest, hex);
	sha256_free(sum);
	close(fd);
	return got == 0;
}

void verify_archives(struct verify *verify)
{
	static const char remedy[] = "restaurez-la de la dernière sauvegarde saine";
	struct store *store = verify->root->store;
	size_t total = (size_t)store_get_int(store, SQL_VERIFY_DEPOTS_COUNT, NULL, 0);
	sqlite3_stmt *stmt = store_stmt(store, SQL_VERIFY_ARCHIVES);

	while (store_step(store, stmt)) {
		const char *sha256 = column_text(stmt, 0);
		char path[96], found[65];

		snprintf(path, sizeof(path), "var/archives/%.2s/%.64s", sha256, sha256);
		if (!file_sha256(verify->root, path, found))
			verify_fault(verify, remedy,
				     "%s : l'archive conservée de son dépôt « %s » (compte %s) "
				     "manque ou ne se lit pas : %s",
				     column_text(stmt, 1), column_text(stmt, 3),
				     column_text(stmt, 2), path);
		else if (strcmp(found, sha256) != 0)
			verify_fault(verify, remedy,
				     "%s : l'archive conservée de son dépôt « %s » (compte %s) "
				     "n'est plus celle qui a été reçue : %s",
				     column_text(stmt, 1), column_text(stmt, 3),
				     column_text(stmt, 2), path);
		verify_examined(verify, total);
	}
}
