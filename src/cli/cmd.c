#include "cli/cmd.h"

#include "lib/date.h"
#include "lib/notice.h"
#include "lib/text.h"
#include "record/journal.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONS_MAX 12
#define OPTION_SIZE 48 /* of an option with its argument's name */

static void print_help(const struct cmd_usage *usage)
{
	printf("segur %s\n\n%s\n\nOptions :\n", usage->line, usage->summary);
	for (const struct cmd_option *option = usage->options; option->name != NULL; option++) {
		char left[OPTION_SIZE];

		snprintf(left, sizeof(left), "--%s%s%s", option->name,
			 option->argument != NULL ? " " : "",
			 option->argument != NULL ? option->argument : "");
		printf("  %s%*s %s\n", left, 24 - (int)text_width(left), "", option->help);
	}
	printf("  %-24s %s\n", "--help", "affiche cette aide");
}

static bool is_repeated(const struct cmd_option *option)
{
	size_t length = option->argument != NULL ? strlen(option->argument) : 0;

	return length > strlen("…") && strcmp(option->argument + length - strlen("…"), "…") == 0;
}

/* Takes a value; false when there are too many. */
static bool take_argument(const struct cmd_option *option, const char *value)
{
	size_t count = 0;

	if (is_repeated(option))
		while (count < CMD_VALUES_MAX && option->value[count] != NULL)
			count++;
	if (count == CMD_VALUES_MAX)
		return false;
	option->value[count] = value != NULL ? value : "";
	return true;
}

int cmd_parse(int argc, char **argv, const struct cmd_usage *usage, int operands_min,
	      int operands_max, int *code)
{
	struct option options[OPTIONS_MAX + 2] = {0};
	int count = 0, choice;

	*code = ERR_USAGE;
	for (; count < OPTIONS_MAX && usage->options[count].name != NULL; count++)
		options[count] = (struct option){
		    usage->options[count].name,
		    usage->options[count].argument != NULL ? required_argument : no_argument, NULL,
		    1 + count};
	options[count] = (struct option){"help", no_argument, NULL, 'h'};
	opterr = 0;
	optind = 1;
	while ((choice = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		if (choice == 'h') {
			print_help(usage);
			*code = 0;
			return -1;
		}
		if (choice < 1 || choice > count) {
			fprintf(stderr, "segur %s : %s : « %s »\nUsage : segur %s\n", argv[0],
				choice == ':' ? "il manque la valeur de l'option"
					      : "option inconnue",
				argv[optind - 1], usage->line);
			return -1;
		}
		if (!take_argument(&usage->options[choice - 1], optarg)) {
			fprintf(stderr, "segur %s : --%s : au plus %d fois\n", argv[0],
				usage->options[choice - 1].name, CMD_VALUES_MAX);
			return -1;
		}
	}
	if (argc - optind < operands_min || argc - optind > operands_max) {
		fprintf(stderr, "segur %s : %s\nUsage : segur %s\n", argv[0],
			argc - optind < operands_min ? "il manque un argument"
						     : "il y a trop d'arguments",
			usage->line);
		return -1;
	}
	return optind;
}

int cmd_fail(const struct error *err)
{
	notice(NOTICE_ERROR, "%s", err->message);
	return (int)err->code;
}

const char *cmd_root(const char *option)
{
	const char *environment = getenv("SEGUR_ROOT");

	if (option != NULL)
		return option;
	return environment != NULL && environment[0] != '\0' ? environment : ".";
}

bool cmd_check_date(const char *text)
{
	int32_t day;

	if (text == NULL || date_parse(text, &day))
		return true;
	fprintf(stderr, "segur : « %s » n'est pas une date ; écrivez-la AAAA-MM-JJ\n", text);
	return false;
}

const struct error *cmd_open_alone(const char *option, struct root *root)
{
	const struct error *err = root_open_alone(cmd_root(option), root);

	if (err == NULL && (err = journal_seal(root)) != NULL)
		root_close(root);
	return err;
}

void cmd_print_saved(const char *what, const char *path, size_t files, uint64_t bytes)
{
	printf("%s : %s\n%zu fichiers, %.1f Mo, empreintes vérifiées\n", what, path, files,
	       (double)bytes / 1e6);
}
