#include "cli/cmd.h"
#include "cli/table.h"
#include "lib/progress.h"
#include "lib/text.h"
#include "model/version.h"
#include "replay/replay.h"
#include "rules/rules.h"

#include <stdio.h>
#include <string.h>

static size_t print_items(const struct replay_report *report)
{
	struct table table = {.columns = 3};
	size_t total = 0;

	table_row(&table, (const char *[]){"Comparé", "Nombre", "Différences"});
	for (size_t i = 0; i < report->count; i++) {
		const struct replay_item *item = &report->items[i];

		table_row(&table, (const char *[]){item->name, DECIMAL(item->compared),
						   DECIMAL(item->differences)});
		total += item->differences;
	}
	table_print(&table, stdout, 60);
	return total;
}

static void print_side(const char *name, const char *text)
{
	printf("    %s : %s\n", name, text != NULL ? text : "rien");
}

static void print_differences(const struct replay_report *report, size_t total)
{
	for (size_t i = 0; i < report->shown_count; i++) {
		const struct replay_difference *difference = &report->shown[i];

		printf("\n- %s : %s\n", difference->item, difference->where);
		print_side("original", difference->original);
		print_side("rejeu   ", difference->replayed);
	}
	if (total > report->shown_count)
		printf("\n… et %zu autres.\n", total - report->shown_count);
}

/* Prints what a reader must know of a difference, or of its absence. */
static void print_notes(const struct replay *replay, const struct replay_report *report)
{
	const char *date = replay->nights[replay->count - 1].date;
	const struct replay_night *older = NULL;
	size_t versions = 0;

	for (size_t i = 0; i < replay->count; i++) {
		const struct replay_night *past_night = &replay->nights[i];

		if (strcmp(past_night->programme, SEGUR_VERSION) != 0 ||
		    strcmp(past_night->regles, RULES_VERSION) != 0) {
			older = past_night;
			versions++;
		}
		if (past_night->interrupted && strcmp(past_night->date, date) == 0)
			printf("\nNuit %lld du %s : interrompue ou inachevée, rejouée jusqu'où "
			       "elle est allée.\n",
			       (long long)past_night->id, date);
	}
	if (versions > 0)
		printf("\n%zu nuit(s) jouée(s) par une autre version que celle-ci (la dernière : "
		       "%s, règles %s ;\nici : %s, règles %s). Les réponses rejouées portent la "
		       "version d'origine ; ce que les\nversions font autrement reste une "
		       "différence.\n",
		       versions, older->programme, older->regles, SEGUR_VERSION, RULES_VERSION);
	if (report->reports_missing)
		printf("\nLes rapports du %s ne sont plus dans l'outbox, ou n'ont pas été écrits : "
		       "ils ne sont pas comparés.\n",
		       date);
}

static int print_outcome(const struct replay *replay, const struct replay_report *report)
{
	const char *date = replay->nights[replay->count - 1].date;
	size_t total;

	printf("Nuit du %s rejouée dans %s, avec %zu nuit(s) en tout.\n\n", date, replay->root.path,
	       replay->count);
	total = print_items(report) + replay->decisions_refused;
	print_differences(report, total - replay->decisions_refused);
	print_notes(replay, report);
	if (replay->decisions_refused > 0)
		printf("\n%zu décision(s) passée(s) par « segur decide » n'ont pas pu être "
		       "rejouées.\n",
		       replay->decisions_refused);
	if (total == 0)
		puts("\nLe rejeu redonne la même nuit.");
	else
		printf("\n%zu différence(s). Si rien n'a été altéré (« segur verify »), voyez si "
		       "segur.conf ou le programme\na changé depuis cette nuit.\n",
		       total);
	return total == 0 ? 0 : ERR_DATA;
}

int cmd_replay(int argc, char **argv)
{
	const char *where = NULL, *date = NULL, *key = NULL;
	const struct cmd_option options[] = {
	    {"date", "AAAA-MM-JJ", "la nuit à rejouer (obligatoire)", &date},
	    {"cle", "CLE.pem", "clé privée du certificat, pour des archives chiffrées", &key},
	    {"root", "DIR", "racine d'origine ; elle est seulement lue", &where},
	    {0},
	};
	const struct cmd_usage usage = {
	    "replay --date AAAA-MM-JJ DIR [--cle CLE.pem] [--root DIR]",
	    "Rejoue une nuit passée dans DIR, qui n'existe pas ou est vide, et compare ses sorties "
	    "à celles\nd'origine. Toutes les nuits jusqu'à elle sont rejouées dans l'ordre, depuis "
	    "les archives et les\nfichiers conservés : les registres sont ceux de chaque nuit, et "
	    "les décisions sont reprises. DIR\ndevient une racine sans archives, mais avec des "
	    "données personnelles, des jetons et le secret de\nl'installation : gardez-le en "
	    "conséquence, et ne relayez pas ses courriels.\n\nNe se rejouent pas : une nuit dont "
	    "une purge a effacé des dépôts, ou ceux d'une nuit d'avant ; à\nl'identique, une nuit "
	    "d'avant un changement de segur.conf ou du programme ; ce que la machine\nseule "
	    "explique (pièce écartée pour temps de calcul dépassé). Un incident, un fichier refusé "
	    "sans\nêtre lu et les lignes de l'INSEE sont repris tels quels.\n\nCode de sortie : 0 "
	    "quand tout est égal, 65 dès une différence ou quand la nuit ne peut être rejouée.",
	    options};
	struct replay_report report = {0};
	struct replay replay = {.target = -1};
	const struct error *err;
	struct root original;
	int code, first = cmd_parse(argc, argv, &usage, 1, 1, &code);

	if (first < 0)
		return code;
	if (date == NULL) {
		fprintf(stderr, "segur replay : dites quelle nuit : --date AAAA-MM-JJ\n");
		return ERR_USAGE;
	}
	if (!cmd_check_date(date))
		return ERR_USAGE;
	progress_enable();
	err = root_open_snapshot(cmd_root(where), &original);
	if (err == NULL)
		err = replay_open(&replay, &original, key, date, argv[first]);
	if (err == NULL)
		err = replay_play(&replay);
	if (err == NULL)
		err = replay_compare(&replay, &report);
	if (err == NULL)
		err = root_finish(argv[first], replay.target);
	code = err != NULL ? cmd_fail(err) : print_outcome(&replay, &report);
	replay_report_free(&report);
	replay_close(&replay);
	root_close(&original);
	return code;
}
