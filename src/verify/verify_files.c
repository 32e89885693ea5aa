/* Holds kept files against what the database says of them. */
#include "keep/vault.h"
#include "verify/verify_private.h"

void verify_archives(struct verify *verify)
{
	static const char remedy[] = "restaurez-la de la dernière sauvegarde saine";
	struct store *store = verify->root->store;
	size_t total = (size_t)store_get_int(store, SQL_VERIFY_DEPOTS_COUNT, NULL, 0);
	sqlite3_stmt *stmt = store_stmt(store, SQL_VERIFY_ARCHIVES);
	struct vault *room;

	vault_open_reader(verify->root, NULL, &room);
	while (store_step(store, stmt)) {
		const char *sha256 = column_text(stmt, VERIFY_ARCHIVES_SHA256);
		enum vault_state state = vault_check(room, sha256);

		if (state != VAULT_SOUND)
			verify_fault(verify, remedy,
				     "%s : l'archive conservée de son dépôt « %s » (compte %s) %s "
				     ": var/archives/%.2s/%.64s",
				     column_text(stmt, VERIFY_ARCHIVES_NUMERO),
				     column_text(stmt, VERIFY_ARCHIVES_ARCHIVE),
				     column_text(stmt, VERIFY_ARCHIVES_COMPTE),
				     state == VAULT_MISSING ? "manque ou ne se lit pas"
							    : "n'est plus celle qui a été reçue",
				     sha256, sha256);
		verify_examined(verify, total);
	}
	vault_close(room);
}
