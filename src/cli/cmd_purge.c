/* Erases what has been kept long enough. */
#include "cli/cmd.h"
#include "keep/purge.h"
#include "lib/date.h"

#include <stdio.h>
#include <time.h>

static void print_report(const struct purge_report *report, bool dry_run)
{
	printf("Demandes, pièces d'identité : %zu\nDemandes, dossier entier : %zu\n"
	       "Dépôts sans demande : %zu\nRapports datés : %zu\n",
	       report->identites, report->dossiers, report->refus, report->rapports);
	printf(dry_run ? "Documents à effacer : %zu\nArchives à effacer : %zu\n"
		       : "Documents effacés : %zu\nArchives effacées : %zu\n",
	       report->documents, report->archives);
	if (report->encrypted > 0)
		printf(dry_run ? "Fichiers gardés en clair, effacements compris, à chiffrer : %zu\n"
			       : "Fichiers gardés en clair, désormais chiffrés : %zu\n",
		       report->encrypted);
	if (report->resumed > 0)
		printf(dry_run ? "Effacements d'une purge interrompue à achever : %zu\n"
			       : "Effacements d'une purge interrompue achevés : %zu\n",
		       report->resumed);
	if (report->waiting_for_key > 0)
		printf("En attente de la clé (--cle) : %zu\n", report->waiting_for_key);
	if (report->waiting_for_outputs > 0)
		printf("En attente de leurs sorties : %zu\n", report->waiting_for_outputs);
	if (report->failures > 0)
		printf("En échec (archive conservée à vérifier) : %zu\n", report->failures);
}

int cmd_purge(int argc, char **argv)
{
	const char *where = NULL, *date = NULL, *dry_run = NULL, *key = NULL;
	const struct cmd_option options[] = {
	    {"root", "DIR", "racine", &where},
	    {"date", "AAAA-MM-JJ", "jour où les durées s'achèvent (par défaut : aujourd'hui)",
	     &date},
	    {"dry-run", NULL, "dire la même chose, ne rien effacer", &dry_run},
	    {"cle", "CLE.pem", "clé privée du certificat, pour des archives chiffrées", &key},
	    {0},
	};
	const struct cmd_usage usage = {
	    "purge [--root DIR] [--date AAAA-MM-JJ] [--dry-run] [--cle CLE.pem]",
	    "Efface ce qui a été conservé assez longtemps (segur.conf, [conservation]) : pièces\n"
	    "d'identité des demandes terminées, puis dossiers entiers ; dépôts sans demande ;\n"
	    "rapports datés. Numéros, statuts, dates, SIRET, empreintes et journal restent. "
	    "Chiffre ce qui\nétait gardé en clair avant que segur.conf nomme un certificat.",
	    options};
	struct purge_report report;
	struct root root;
	const struct error *err;
	char today[DATE_SIZE];
	int code;

	if (cmd_parse(argc, argv, &usage, 0, 0, &code) < 0)
		return code;
	if (!cmd_check_date(date))
		return ERR_USAGE;
	date_format(date_from_time(time(NULL)), today);
	err = cmd_open_alone(where, &root);
	if (err == NULL) {
		const struct purge_options purge = {date != NULL ? date : today, key,
						    dry_run != NULL};

		printf(purge.dry_run ? "Purge du %s (à blanc)\n" : "Purge du %s\n", purge.date);
		err = purge_run(&root, &purge, &report);
		if (err == NULL)
			print_report(&report, purge.dry_run);
		if (err == NULL && report.failures > 0)
			err = error_set(ERR_FAULT, "des archives conservées ne rendent pas leurs "
						   "documents : voyez ci-dessus");
	}
	code = err != NULL ? cmd_fail(err) : 0;
	root_close(&root);
	return code;
}
