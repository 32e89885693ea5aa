#include "cli/cmd.h"
#include "keep/backup.h"
#include "lib/notice.h"
#include "lib/progress.h"
#include "lib/text.h"
#include "model/numero.h"

#include <stdio.h>
#include <string.h>

/* The lost machine may have sent mails after the backup: only the relay knows. */
static void print_mails(const struct backup_report *report)
{
	if (report->mails_gone > 0)
		printf("%zu %s.\n", report->mails_gone,
		       text_plural(report->mails_gone,
				   "courriel dû dans la sauvegarde : tenu pour parti, une nuit "
				   "d'après l'a envoyé",
				   "courriels dus dans la sauvegarde : tenus pour partis, une nuit "
				   "d'après les a envoyés"));
	if (report->mails_due > 0)
		printf("%zu %s après la sauvegarde, deux fois.\n", report->mails_due,
		       text_plural(
			   report->mails_due,
			   "courriel dû : la prochaine nuit l'enverra ; s'il est parti",
			   "courriels dus : la prochaine nuit les enverra ; s'ils sont partis"));
	if (report->mails_in_doubt > 0)
		printf(
		    "%zu %s. Vérifiez-le dans le journal du relais.\n", report->mails_in_doubt,
		    text_plural(report->mails_in_doubt,
				"courriel en cours de remise pendant la sauvegarde : tenu pour "
				"parti",
				"courriels en cours de remise pendant la sauvegarde : tenus pour "
				"partis"));
}

static const char *night_words(const struct backup_report *report)
{
	return report->night[0] != '\0' ? report->night : "(aucune)";
}

/* Without a word on the nights since, the next one begins where the backup ends. */
static void warn_blind(const struct backup_report *report)
{
	notice(NOTICE_WARNING,
	       "dernière nuit de la sauvegarde : %s. Si une nuit est partie depuis, la "
	       "prochaine redonnerait ses numéros de demandes, ses noms de courriels et ses rangs "
	       "du journal : ne la jouez pas, et refaites cette restauration dans un autre "
	       "répertoire avec --outbox DIR (l'outbox perdue, ou ce qu'il en reste) ou --apres "
	       "AAAA-MM-JJ (la date de la dernière nuit qui est partie)",
	       night_words(report));
}

/* What is missing, where the next numbers begin, and what the operator must do. */
static void print_restart(const struct backup_report *report)
{
	const struct restart *restart = &report->restart;
	char numero[NUMERO_SIZE];

	demande_numero(restart->behind.demande + 1, 0, numero);
	printf("Dernière nuit de la sauvegarde : %s ; dernière nuit partie : %s.\n",
	       night_words(report), restart->last);
	if (!restart->gap) {
		puts("Rien ne manque : tout ce qui est parti est dans la sauvegarde.");
		return;
	}
	fputs("Nuits manquantes : ", stdout);
	if (*restart->missing == '\0')
		printf("celles qui ont été jouées depuis, jusqu'au %s.\n", restart->last);
	for (const char *day = restart->missing; *day != '\0';
	     day += strcspn(day, "|"), day += *day == '|')
		printf("%.*s%s", (int)strcspn(day, "|"), day,
		       strchr(day, '|') != NULL ? ", " : ".\n");
	printf("Prochaine demande : %s ; prochain rang du journal : %lld ; première nuit qui peut "
	       "être jouée : %s.\n",
	       numero, (long long)restart->behind.rang + 1, restart->first);
	fputs(
	    "Les dépôts, les décisions et les fichiers de l'ASP de ces nuits sont perdus : ils ont "
	    "quitté l'inbox. Les réponses qui restent dans l'ancienne outbox disent lesquels : "
	    "demandez aux fournisseurs de redéposer les leurs, à l'ASP de redonner les siens. Une "
	    "demande que ces nuits ont enregistrée recevra un autre numéro.\n",
	    stdout);
}

int cmd_restore(int argc, char **argv)
{
	const char *after = NULL, *outbox = NULL;
	const struct cmd_option options[] = {
	    {"apres", "AAAA-MM-JJ", "date de la dernière nuit qui est partie", &after},
	    {"outbox", "DIR",
	     "outbox de la racine perdue, ou cette racine : dit ce qui est parti depuis", &outbox},
	    {0},
	};
	const struct cmd_usage usage = {
	    "restore FICHIER DIR [--outbox DIR] [--apres AAAA-MM-JJ]",
	    "Refait une racine dans DIR, qui n'existe pas ou est vide, depuis une sauvegarde. Les "
	    "réponses\naux fournisseurs seront republiées à la prochaine nuit ; les courriels, "
	    "non : ils sont partis.\nSi des nuits sont parties après la sauvegarde, --outbox ou "
	    "--apres font reprendre derrière\nelles : aucun numéro, courriel ou rang du journal "
	    "n'est donné deux fois (docs/sauvegarde.md).\nInterrompue, la même commande la reprend.",
	    options};
	struct backup_report report;
	const struct error *err;
	int code, first = cmd_parse(argc, argv, &usage, 2, 2, &code);

	if (first < 0)
		return code;
	if (!cmd_check_date(after))
		return ERR_USAGE;
	progress_enable();
	err = backup_restore(argv[first], argv[first + 1],
			     &(struct restore_options){.after = after, .outbox = outbox}, &report);
	code = err != NULL ? cmd_fail(err) : 0;
	if (err == NULL) {
		cmd_print_saved("Racine restaurée", argv[first + 1], report.files, report.bytes);
		print_mails(&report);
		if (report.insee_missing > 0)
			puts(
			    "La sauvegarde n'a pas les fichiers de stock de l'INSEE : redéposez-les "
			    "dans inbox/asp avant la prochaine nuit.");
		if (after == NULL && outbox == NULL)
			warn_blind(&report);
		else
			print_restart(&report);
	}
	backup_report_free(&report);
	return code;
}
