/* Step 3, banque (guide p. 18): the table names the domiciliation, that of the BIC where a code has
 * several, and may contradict the BIC. */
#include "lib/buf.h"
#include "lib/iban.h"
#include "lib/mem.h"
#include "rules/rules_private.h"

#include <stdio.h>
#include <string.h>

void rules_banque(struct root *root, struct findings *findings, struct facts *facts)
{
	const struct dossier *dossier = &facts->dossier;
	const char *iban = dossier_get(dossier, CHAMP_BANQUE_IBAN);
	const char *bic = dossier_get(dossier, CHAMP_BANQUE_BIC);
	/* A bank without a line is the request's own: an earlier answer has judged it. */
	bool told = dossier->champs[CHAMP_BANQUE_IBAN].ligne == 0;
	char code[BANK_CODE_SIZE] = "";
	struct buf bics = {0};
	sqlite3_stmt *stmt;
	bool known = false;

	/* The table knows French banks only, and is empty until the ASP gives it. */
	if (iban == NULL || strncmp(iban, "FR", 2) != 0 ||
	    store_get_int(root->store, SQL_BANQUES_COUNT, NULL, 0) == 0)
		return;
	snprintf(code, sizeof(code), "%.5s", strlen(iban) > 4 ? iban + 4 : "");
	stmt = store_stmt(root->store, SQL_BANQUE_GET);
	bind_text(stmt, BANQUE_GET_P_CODE_BANQUE, code);
	bind_text(stmt, BANQUE_GET_P_BIC, bic);
	while (store_step(root->store, stmt)) {
		known = known || column_int(stmt, BANQUE_GET_SAME) != 0;
		if (facts->bank.domiciliation == NULL)
			facts->bank.domiciliation = mem_strdup(column_text(stmt, BANQUE_GET_NOM));
		buf_printf(&bics, "%s%s", bics.length > 0 ? ", " : "",
			   column_text(stmt, BANQUE_GET_BIC));
	}
	if (facts->bank.domiciliation == NULL && !told)
		dossier_anomalie(dossier, &findings->anomalies, ANO_BNK_BANQUE_INCONNUE,
				 CHAMP_BANQUE_IBAN, code, NULL);
	else if (bics.length > 0 && bic != NULL && !known && !told)
		dossier_anomalie(dossier, &findings->anomalies, ANO_BNK_BIC_TABLE, CHAMP_BANQUE_BIC,
				 bics.data, NULL);
	buf_free(&bics);
}
