#include "cli/cmd.h"
#include "keep/backup.h"
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
	struct backup_report report;
	const struct error *err;
	struct root root;
	int code, first = cmd_parse(argc, argv, &usage, 1, 1, &code);

	if (first < 0)
		return code;
	progress_enable();
	err = root_open(cmd_root(where), &root);
	if (err == NULL)
		err = backup_write(&root, argv[first], without == NULL, &report);
	code = err != NULL ? cmd_fail(err) : 0;
	if (err == NULL)
		cmd_print_saved("Sauvegarde écrite", argv[first], report.files, report.bytes);
	root_close(&root);
	return code;
}
