/* segur: the enrolment of Ségur numérique, wave 2, as a nightly batch. See ARCHITECTURE.md. */
#include "cli/cmd.h"
#include "lib/array.h"
#include "lib/notice.h"
#include "model/version.h"

#include <errno.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	int (*function)(int argc, char **argv);
	const char *summary; /* NULL: another name of one that has it */
} commands[] = {
    {"init", cmd_init, "crée une racine"},
    {"run", cmd_run, "joue la nuit : fichiers de l'ASP, dépôts, réponses, rapports"},
    {"list", cmd_list, "liste les demandes"},
    {"show", cmd_show, "montre une demande : récapitulatif, pièces, courriels, historique"},
    {"decide", cmd_decide, "enregistre la décision d'un gestionnaire"},
    {"pieces", cmd_pieces, "extrait les documents d'une demande"},
    {"backup", cmd_backup, "écrit une sauvegarde en un fichier"},
    {"restore", cmd_restore, "refait une racine depuis une sauvegarde"},
    {"replay", cmd_replay, "rejoue une nuit passée et compare"},
    {"verify", cmd_verify, "contrôle la base, le journal des événements et les archives"},
    {"reports", cmd_reports, "écrit l'état entier des demandes en CSV"},
    {"rapports", cmd_reports, NULL},
    {"purge", cmd_purge, "efface ce qui a été conservé assez longtemps"},
};

static void print_commands(FILE *out)
{
	fputs("segur : enrôlement Ségur numérique, vague 2\n\nUsage : segur COMMANDE "
	      "[options]\n\nCommandes :\n",
	      out);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (commands[i].summary != NULL)
			fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].summary);
	fputs("\n« segur COMMANDE --help » détaille chaque commande.\n"
	      "Codes de sortie : 0 fait ; 64 usage ; 65 fichier ou demande introuvable, défaut "
	      "trouvé par verify ; 69 nuit jouée, des dépôts attendent quelque chose de nous ;\n"
	      "70 défaut interne ; "
	      "73 écriture impossible ; 75 une autre exécution est en cours ; 78 configuration.\n",
	      out);
}

/* Who reads half an answer must not take it for the whole. */
static int close_output(int code)
{
	bool failed = ferror(stdout) != 0;

	if (fclose(stdout) == 0 && !failed)
		return code;
	notice(NOTICE_ERROR, "sortie standard : tout n'a pas pu être écrit : %s",
	       error_words(errno));
	return code != 0 ? code : ERR_CANT_WRITE;
}

static int run_command(int argc, char **argv)
{
	if (argc >= 2) {
		for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
			if (strcmp(argv[1], commands[i].name) == 0)
				return commands[i].function(argc - 1, argv + 1);
		if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
		    strcmp(argv[1], "help") == 0) {
			print_commands(stdout);
			return 0;
		}
		if (strcmp(argv[1], "--version") == 0) {
			puts("segur " SEGUR_VERSION);
			return 0;
		}
		fprintf(stderr, "segur : commande inconnue : « %s »\n\n", argv[1]);
	}
	print_commands(stderr);
	return ERR_USAGE;
}

int main(int argc, char **argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	return close_output(run_command(argc, argv));
}
