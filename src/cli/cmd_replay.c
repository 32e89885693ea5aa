#include "cli/cmd.h"
#include "cli/table.h"
#include "lib/progress.h"
#include "lib/text.h"
#include "model/version.h"
#include "replay/replay.h"
#include "rules/rules.h"

#include <stdio.h>
#include <string.h>

static void print_items(const struct replay_report *report, bool versions)
{
	struct table table = {.columns = versions ? 4 : 3};

	table_row(&table, (const char *[]){"Comparé", "Nombre", "Différences",
					   "Dit autrement aujourd'hui"});
	for (size_t i = 0; i < report->count; i++) {
		const struct replay_item *item = &report->items[i];

		table_row(&table, (const char *[]){item->name, DECIMAL(item->compared),
						   DECIMAL(item->differences[REPLAY_ALTERED]),
						   DECIMAL(item->differences[REPLAY_OTHERWISE])});
	}
	table_print(&table, stdout, 60);
}

static size_t total_of(const struct replay_report *report, enum replay_sort sort)
{
	size_t total = 0;

	for (size_t i = 0; i < report->count; i++)
		total += report->items[i].differences[sort];
	return total;
}

static void print_side(const char *name, const char *text)
{
	printf("    %s : %s\n", name, text != NULL ? text : "rien");
}

static void print_differences(const struct replay_report *report, enum replay_sort sort)
{
	size_t total = total_of(report, sort);

	for (size_t i = 0; i < report->shown_count[sort]; i++) {
		const struct replay_difference *difference = &report->shown[sort][i];

		printf("\n- %s : %s\n", difference->item, difference->where);
		print_side(sort == REPLAY_ALTERED ? "original" : "alors    ", difference->original);
		print_side(sort == REPLAY_ALTERED ? "rejeu   " : "à présent", difference->replayed);
	}
	if (total > report->shown_count[sort])
		printf("\n… et %zu autres.\n", total - report->shown_count[sort]);
}

/* The nights that another version played, and what it would say otherwise today. */
static void print_versions(const struct replay *replay, size_t versions)
{
	const struct replay_night *older = NULL;
	size_t total = total_of(&replay->report, REPLAY_OTHERWISE);

	for (size_t i = 0; i < replay->count; i++)
		if (replay->nights[i].other)
			older = &replay->nights[i];
	if (older == NULL)
		return;
	printf("\n%zu %s par une autre version que celle-ci (la dernière : %s, règles %s ;\n"
	       "ici : %s, règles %s). Leurs verdicts sont repris tels qu'ils ont été rendus.\n",
	       versions, text_plural(versions, "nuit jouée", "nuits jouées"), older->programme,
	       older->regles, SEGUR_VERSION, RULES_VERSION);
	if (total == 0)
		puts("Cette version dirait la même chose.");
	else
		printf("Cette version dirait autrement, sans que rien n'ait été altéré "
		       "(%zu) :\n",
		       total);
	print_differences(&replay->report, REPLAY_OTHERWISE);
}

/* Prints what a reader must know of a difference, or of its absence. */
static void print_notes(const struct replay *replay)
{
	const char *date = replay->nights[replay->count - 1].date;

	for (size_t i = 0; i < replay->count; i++) {
		const struct replay_night *past_night = &replay->nights[i];

		if (past_night->interrupted && strcmp(past_night->date, date) == 0)
			printf("\nNuit %lld du %s : interrompue ou inachevée, rejouée jusqu'où "
			       "elle est allée.\n",
			       (long long)past_night->id, date);
	}
	if (replay->report.reports_missing)
		printf("\nLes rapports du %s ne sont plus dans l'outbox, ou n'ont pas été écrits : "
		       "ils ne sont pas comparés.\n",
		       date);
	if (replay->decisions_refused > 0)
		printf("\n%zu %s.\n", replay->decisions_refused,
		       text_plural(
			   replay->decisions_refused,
			   "décision passée par « segur decide » n'a pas pu être rejouée",
			   "décisions passées par « segur decide » n'ont pas pu être rejouées"));
}

static int print_outcome(const struct replay *replay)
{
	const char *date = replay->nights[replay->count - 1].date;
	size_t altered = total_of(&replay->report, REPLAY_ALTERED) + replay->decisions_refused;
	size_t versions = 0;

	for (size_t i = 0; i < replay->count; i++)
		versions += replay->nights[i].other;
	printf("Nuit du %s rejouée dans %s, avec %zu %s en tout.\n\n", date, replay->root.path,
	       replay->count, text_plural(replay->count, "nuit", "nuits"));
	print_items(&replay->report, versions > 0);
	print_differences(&replay->report, REPLAY_ALTERED);
	print_versions(replay, versions);
	print_notes(replay);
	if (altered == 0)
		puts("\nLe rejeu redonne la même nuit.");
	else
		printf("\n%zu %s. Si rien n'a été altéré (« segur verify »), voyez si "
		       "segur.conf a changé\ndepuis cette nuit.\n",
		       altered, text_plural(altered, "différence", "différences"));
	return altered == 0 ? 0 : ERR_DATA;
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
	    "d'avant un changement de segur.conf ; ce que la machine seule explique (pièce\nécartée "
	    "pour temps de calcul dépassé). Un incident, un fichier refusé sans être lu et les "
	    "lignes\nde l'INSEE sont repris tels quels. Les verdicts d'une nuit d'une autre version "
	    "du programme ou des\nrègles sont repris aussi ; ce que cette version dirait autrement "
	    "est donné à part et n'est pas une\ndifférence.\n\nCode de sortie : 0 quand tout est "
	    "égal, 65 dès une différence ou quand la nuit ne peut être rejouée.",
	    options};
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
		err = replay_compare(&replay);
	if (err == NULL)
		err = root_finish(replay.target);
	code = err != NULL ? cmd_fail(err) : print_outcome(&replay);
	replay_close(&replay);
	root_close(&original);
	return code;
}
