#include "cli/cmd.h"
#include "lib/date.h"
#include "lib/notice.h"
#include "model/numero.h"
#include "publish/given.h"
#include "publish/outbox.h"
#include "record/decisions.h"
#include "request/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Prints what is wrong with the decision, in the words of the answer to a decisions file. */
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

/* Tells, before the root is touched, faults that no request could make right. */
static bool check_words(const char *numero, const char *decision, const char *manager)
{
	if (manager == NULL || manager[strspn(manager, " \t\r\n")] == '\0')
		fprintf(stderr, "segur decide : dites qui décide : --gestionnaire NOM\n");
	else if (demande_numero_parse(numero) == 0)
		fprintf(stderr,
			"segur decide : « %s » n'est pas un numéro de demande ; écrivez-le comme "
			"ENR0001M0\n",
			numero);
	else if (decision_from(decision) == EVENEMENT_COUNT)
		fprintf(stderr,
			"segur decide : « %s » n'est pas une décision ; écrivez valider, rejeter, "
			"demander_pieces, demander_modification, prendre ou classer_alerte\n",
			decision);
	else
		return true;
	return false;
}

/* Publishes what is due. The decision stands whatever happens here, and the person must know. */
static int publish(struct root *root)
{
	struct unpublished left = {0};
	const struct error *err = given_write(root);

	if (err == NULL)
		err = outbox_publish(root, &left);
	if (err == NULL && left.ours == 0)
		return 0;
	if (err != NULL)
		cmd_fail(err);
	notice(NOTICE_WARNING, "la décision est enregistrée ; ceux de ses courriels qui n'ont "
			       "pas pu partir partiront avec la prochaine nuit");
	return ERR_CANT_WRITE;
}

int cmd_decide(int argc, char **argv)
{
	const char *where = NULL, *motif = NULL, *pieces = NULL, *manager = NULL, *date = NULL,
		   *alert = NULL;
	const struct cmd_option options[] = {
	    {"gestionnaire", "NOM", "qui décide (obligatoire)", &manager},
	    {"motif", "TEXTE", "motif, envoyé au fournisseur", &motif},
	    {"pieces", "A,B", "types des pièces demandées", &pieces},
	    {"alerte", "ID", "alerte à classer, par son id dans alertes.csv", &alert},
	    {"date", "AAAA-MM-JJ", "date de la décision (par défaut : aujourd'hui)", &date},
	    {"root", "DIR", "racine", &where},
	    {0},
	};
	const struct cmd_usage usage = {
	    "decide NUMERO valider|rejeter|demander_pieces|demander_modification|prendre|"
	    "classer_alerte --gestionnaire NOM [--motif TEXTE] [--pieces A,B] [--alerte ID]",
	    "Enregistre la décision d'un gestionnaire et envoie les courriels.", options};
	struct anomalies anomalies = {0};
	const struct error *err;
	struct root root;
	char today[DATE_SIZE], *resume = NULL;
	bool applied = false;
	int code, first = cmd_parse(argc, argv, &usage, 2, 2, &code);

	if (first < 0)
		return code;
	if (!cmd_check_date(date) || !check_words(argv[first], argv[first + 1], manager))
		return ERR_USAGE;
	err = cmd_open_alone(where, &root);
	if (err == NULL) {
		date_format(date_from_time(time(NULL)), today);
		store_begin(root.store);
		applied = decision_apply(&root,
					 &(struct decision){.numero = argv[first],
							    .decision = argv[first + 1],
							    .motif = motif,
							    .pieces = pieces,
							    .alerte = alert,
							    .gestionnaire = manager,
							    .fichier = "",
							    .date = date != NULL ? date : today},
					 &anomalies, &resume);
		err = store_commit(root.store);
	}
	if (err != NULL) {
		code = cmd_fail(err);
	} else if (applied) {
		puts(resume);
		fflush(stdout);
		code = publish(&root);
	} else {
		print_refusal(&anomalies);
		code = ERR_DATA;
	}
	free(resume);
	anomalies_free(&anomalies);
	root_close(&root);
	return code;
}
