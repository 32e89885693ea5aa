#include "publish/asp_answer.h"

#include "publish/csv_write.h"

void asp_answer_render(struct root *root, int64_t fichier, struct buf *out)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_OUTPUT_RETOUR_ASP);

	if (stmt == NULL)
		return;
	bind_int(stmt, OUTPUT_RETOUR_ASP_P_FICHIER, fichier);
	csv_header(out, root->conf.dialecte, stmt);
	while (store_step(root->store, stmt))
		csv_row_of(out, root->conf.dialecte, stmt);
}
