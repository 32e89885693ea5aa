#include "cli/cmd.h"
#include "keep/sauvegarde.h"
#include "lib/progress.h"
#include "store/root.h"

int cmd_backup(int argc, char **argv)
{
	const char *where = NULL, *without = NULL;
	const struct cmd_option options[] = {
	    {"root", "DIR", "racine", &where},
	    {"sans-insee", NULL, "sans les fichiers de stock de l'INSEE, qui sont publiés",
	     &without},
	    {0},
	};
	const struct cmd_usage usage = {
	    "backup FICHIER [--root DIR] [--sans-insee]",
	    "Écrit une sauvegarde en un fichier, même pendant une nuit. Elle contient des pièces "
	    "d'identité\net le secret de l'installation : gardez-la en conséquence.",
	    options};
	struct sauvegarde_bilan bilan;
	const struct error *err;
	struct root root;
	int code, first = cmd_parse(argc, argv, &usage, 1, 1, &code);

	if (first < 0)
		return code;
	progress_setup(false);
	err = root_open(cmd_root(where), &root);
	if (err == NULL)
		err = sauvegarde_ecrire(&root, argv[first], without == NULL, &bilan);
	code = err != NULL ? cmd_fail(err) : 0;
	if (err == NULL)
		cmd_print_saved("Sauvegarde écrite", argv[first], bilan.fichiers, bilan.octets);
	root_close(&root);
	return code;
}
