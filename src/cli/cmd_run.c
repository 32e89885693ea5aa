#include "cli/cmd.h"
#include "lib/progress.h"
#include "night/night.h"

int cmd_run(int argc, char **argv)
{
	const char *where = NULL, *date = NULL, *dry_run = NULL, *quiet = NULL, *force = NULL;
	const struct cmd_option options[] = {
	    {"root", "DIR", "racine (par défaut : $SEGUR_ROOT, ou le répertoire courant)", &where},
	    {"date", "AAAA-MM-JJ",
	     "date de la nuit et des dépôts, pris dans l'ordre des noms (essais, rejeux)", &date},
	    {"dry-run", NULL, "tout calculer, ne rien écrire", &dry_run},
	    {"quiet", NULL, "pas de résumé ni de barre d'avancement", &quiet},
	    {"force", NULL, "jouer aussi une nuit hors de l'ordre (horloge corrigée)", &force},
	    {0},
	};
	const struct cmd_usage usage = {
	    "run [--root DIR] [--date AAAA-MM-JJ] [--dry-run] [--quiet] [--force]",
	    "Joue la nuit : prend les fichiers de l'ASP, instruit les dépôts, publie les réponses.",
	    options};
	struct night_options night_options;
	struct night night = {0};
	struct root root;
	const struct error *err;
	int code;

	if (cmd_parse(argc, argv, &usage, 0, 0, &code) < 0)
		return code;
	if (!cmd_check_date(date))
		return ERR_USAGE;
	night_options = (struct night_options){
	    .date = date, .dry_run = dry_run != NULL, .force = force != NULL};
	if (quiet == NULL)
		progress_enable();
	err = cmd_open_alone(where, &root);
	if (err == NULL)
		err = night_begin(&root, &night_options, &night);
	if (err == NULL)
		err = night_play(&night);
	code = err != NULL ? cmd_fail(err) : run_notices(&night);
	if (err == NULL && quiet == NULL)
		summary_print(&night);
	night_close(&night);
	root_close(&root);
	return code;
}
