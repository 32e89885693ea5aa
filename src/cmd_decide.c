#include "cmd.h"
#include "decisions.h"
#include "lib/date.h"
#include "outbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* What is wrong with the decision, in the words of a decisions file's return. */
static void print_refusal(const struct anomalies *anomalies)
{
	for (size_t i = 0; i < anomalies->count; i++) {
		char *message = anomalie_message(&anomalies->items[i]);
		char *remede = anomalie_remede(&anomalies->items[i]);

		fprintf(stderr, "segur decide : %s %s\n  %s\n",
			catalogue[anomalies->items[i].code].code, message, remede);
		free(message);
		free(remede);
	}
}

int cmd_decide(int argc, char **argv)
{
	const char *where = NULL, *motif = NULL, *pieces = NULL, *manager = NULL, *date = NULL;
	const struct cmd_option options[] = {
	    {"gestionnaire", "NOM", "qui décide (obligatoire)", &manager},
	    {"motif", "TEXTE", "motif, envoyé au fournisseur", &motif},
	    {"pieces", "A,B", "types des pièces demandées", &pieces},
	    {"date", "AAAA-MM-JJ", "date de la décision (par défaut : aujourd'hui)", &date},
	    {"root", "DIR", "racine", &where},
	    {0},
	};
	const struct cmd_usage usage = {
	    "decide NUMERO valider|rejeter|demander_pieces|demander_modification --gestionnaire "
	    "NOM "
	    "[--motif TEXTE] [--pieces A,B]",
	    "Enregistre la décision d'un gestionnaire et envoie les courriels.", options};
	struct anomalies anomalies = {0};
	const struct error *err;
	struct root root;
	char today[11], *resume = NULL;
	bool applied = false;
	int code, first = cmd_parse(argc, argv, &usage, 2, 2, &code);

	if (first < 0)
		return code;
	if (!cmd_check_date(date))
		return ERR_USAGE;
	err = root_open(cmd_root(where), true, &root);
	if (err == NULL) {
		date_format(date_from_time(time(NULL)), today);
		store_begin(root.store);
		applied = decision_apply(&root,
					 &(struct decision){.numero = argv[first],
							    .decision = argv[first + 1],
							    .motif = motif,
							    .pieces = pieces,
							    .gestionnaire = manager,
							    .fichier = "",
							    .date = date != NULL ? date : today},
					 &anomalies, &resume);
		err = store_commit(root.store);
	}
	if (err == NULL)
		err = outbox_publish(&root);
	if (err != NULL) {
		code = cmd_fail(err);
	} else if (applied) {
		puts(resume);
		code = 0;
	} else {
		print_refusal(&anomalies);
		code = ERR_DATA;
	}
	free(resume);
	anomalies_free(&anomalies);
	root_close(&root);
	return code;
}
