#include "record/addresses.h"

#include "lib/array.h"
#include "record/record_rows.h"
#include "rules/rules.h"

/* Carries the changes that `adresses` has. */
static void carry_addresses(struct root *root)
{
	static const enum sql_id steps[] = {SQL_ADDRESSES_FOLLOW_COMPTES,
					    SQL_ADDRESSES_FOLLOW_DEMANDES, SQL_ADDRESSES_CLEAR};

	if (store_get_int(root->store, SQL_ADDRESSES_ANY, NULL, 0) == 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		store_run(root->store, store_stmt(root->store, steps[i]));
}

void addresses_keep(struct root *root, int64_t night_id)
{
	if (record_night_rules(root, night_id, RULES_OF_2))
		store_run(root->store, store_stmt(root->store, SQL_ADDRESSES_KEEP));
}

void addresses_compare(struct root *root, int64_t night_id)
{
	if (!record_night_rules(root, night_id, RULES_OF_2))
		return;
	store_run(root->store, store_stmt(root->store, SQL_ADDRESSES_OF_COMPTES));
	carry_addresses(root);
	store_run(root->store, store_stmt(root->store, SQL_ADDRESSES_FORGET));
}

void addresses_correct(struct root *root, int64_t night_id, const char *siren, const char *before,
		       const char *after)
{
	sqlite3_stmt *stmt;

	if (!record_night_rules(root, night_id, RULES_OF_2))
		return;
	stmt = store_stmt(root->store, SQL_ADDRESSES_OF_HOLDER);
	bind_text(stmt, ADDRESSES_OF_HOLDER_P_SIREN, siren);
	bind_text(stmt, ADDRESSES_OF_HOLDER_P_AVANT, before);
	bind_text(stmt, ADDRESSES_OF_HOLDER_P_APRES, after);
	store_run(root->store, stmt);
	carry_addresses(root);
}
