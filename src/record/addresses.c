#include "record/addresses.h"

#include "record/record_rows.h"
#include "rules/rules.h"

static void run(struct root *root, enum sql_id statement)
{
	store_run(root->store, store_stmt(root->store, statement));
}

/* Whether that night remembers which addresses were replaced. */
static bool remembers(struct root *root, int64_t night_id)
{
	return record_night_rules(root, night_id, RULES_OF_3);
}

/* Carries the changes that `adresses` has. */
static void carry_addresses(struct root *root, bool remember)
{
	if (store_get_int(root->store, SQL_ADDRESSES_ANY, NULL, 0) == 0)
		return;
	run(root, SQL_ADDRESSES_FOLLOW_COMPTES);
	run(root, SQL_ADDRESSES_FOLLOW_DEMANDES);
	if (remember)
		run(root, SQL_ADDRESSES_REMEMBER);
	run(root, SQL_ADDRESSES_CLEAR);
}

void addresses_keep(struct root *root, int64_t night_id)
{
	if (!record_night_rules(root, night_id, RULES_OF_2))
		return;
	run(root, SQL_ADDRESSES_KEEP);
	if (remembers(root, night_id))
		run(root, SQL_ADDRESSES_KEEP_GONE);
}

void addresses_compare(struct root *root, int64_t night_id)
{
	bool remember = remembers(root, night_id);

	if (!record_night_rules(root, night_id, RULES_OF_2))
		return;
	run(root, remember ? SQL_ADDRESSES_OF_COMPTES : SQL_ADDRESSES_OF_COMPTES_BY_SIREN);
	run(root, SQL_ADDRESSES_OF_OURS);
	carry_addresses(root, remember);
	if (remember) {
		run(root, SQL_ADDRESSES_GONE);
		run(root, SQL_ADDRESSES_GIVEN_BACK);
	}
	run(root, SQL_ADDRESSES_FORGET);
}

void addresses_correct(struct root *root, int64_t night_id, const char *siren, const char *before,
		       const char *after)
{
	bool remember = remembers(root, night_id);
	sqlite3_stmt *stmt;

	if (!record_night_rules(root, night_id, RULES_OF_2))
		return;
	stmt = store_stmt(root->store, SQL_ADDRESSES_OF_HOLDER);
	bind_text(stmt, ADDRESSES_OF_HOLDER_P_SIREN, siren);
	bind_text(stmt, ADDRESSES_OF_HOLDER_P_AVANT, before);
	bind_text(stmt, ADDRESSES_OF_HOLDER_P_APRES, after);
	store_run(root->store, stmt);
	carry_addresses(root, remember);
	if (remember)
		run(root, SQL_ADDRESSES_GIVEN_BACK);
}
