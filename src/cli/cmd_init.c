#include "cli/cmd.h"
#include "store/root.h"

#include <stdio.h>

int cmd_init(int argc, char **argv)
{
	const struct cmd_option options[] = {{0}};
	const struct cmd_usage usage = {
	    "init DIR", "Crée une racine : inbox, outbox, schemas, cron, var et segur.conf.",
	    options};
	const struct error *err;
	int code, first = cmd_parse(argc, argv, &usage, 1, 1, &code);

	if (first < 0)
		return code;
	err = root_init(argv[first]);
	if (err != NULL)
		return cmd_fail(err);
	printf("Racine créée : %s\n"
	       "  1. relisez %s/segur.conf (service, contacts, limites) ;\n"
	       "  2. déposez les fichiers de référence dans %s/inbox/asp/ ;\n"
	       "  3. jouez une nuit : segur run --root %s\n",
	       argv[first], argv[first], argv[first], argv[first]);
	return 0;
}
