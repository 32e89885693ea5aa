#include "cli/cmd.h"
#include "keep/backup.h"
#include "lib/progress.h"

#include <stdio.h>

/* The lost machine may have sent mails after the backup: only the relay knows. */
static void print_mails(const struct backup_report *report)
{
	if (report->mails_due > 0)
		printf("%zu courriel(s) dus : la prochaine nuit les enverra. S'ils sont partis "
		       "après la sauvegarde, ils partiront deux fois.\n",
		       report->mails_due);
	if (report->mails_in_doubt > 0)
		printf("%zu courriel(s) en cours de remise pendant la sauvegarde : tenus pour "
		       "partis. Vérifiez-le dans le journal du relais.\n",
		       report->mails_in_doubt);
}

int cmd_restore(int argc, char **argv)
{
	const struct cmd_option options[] = {{0}};
	const struct cmd_usage usage = {
	    "restore FICHIER DIR",
	    "Refait une racine dans DIR, qui n'existe pas ou est vide, depuis une sauvegarde. Les "
	    "réponses\naux fournisseurs seront republiées à la prochaine nuit ; les courriels, "
	    "non : ils sont partis.",
	    options};
	struct backup_report report;
	const struct error *err;
	int code, first = cmd_parse(argc, argv, &usage, 2, 2, &code);

	if (first < 0)
		return code;
	progress_enable();
	err = backup_restore(argv[first], argv[first + 1], &report);
	code = err != NULL ? cmd_fail(err) : 0;
	if (err == NULL) {
		cmd_print_saved("Racine restaurée", argv[first + 1], report.files, report.bytes);
		print_mails(&report);
	}
	return code;
}
