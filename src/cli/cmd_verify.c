#include "cli/cmd.h"
#include "cli/table.h"
#include "lib/mem.h"
#include "lib/progress.h"
#include "lib/sha256.h"
#include "lib/text.h"
#include "lib/text_shown.h"
#include "record/journal.h"
#include "verify/verify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Reads "12:9f86d0…", or with the space that the header of a mail has. */
static bool parse_held_link(const char *text, struct held_link *held)
{
	uint8_t digest[SHA256_SIZE];
	char *end;

	errno = 0;
	held->rang = strtoll(text, &end, 10);
	if (errno != 0 || end == text || held->rang < 1 || (*end != ':' && *end != ' ') ||
	    !sha256_from_hex(end + 1, digest)) {
		fprintf(stderr,
			"segur verify : « %s » n'est pas un maillon ; écrivez RANG:SHA256, comme "
			"dans la réponse à un dépôt\n",
			text);
		return false;
	}
	sha256_hex(digest, held->maillon);
	return true;
}

#define RESULT_SIZE 80 /* of two counts and their words */
static void print_checks(const struct verify_result *results)
{
	struct table table = {.columns = 3};

	table_row(&table, (const char *[]){"Contrôle", "Examinés", "Résultat"});
	for (size_t i = 0; i < check_count; i++) {
		char result[RESULT_SIZE] = "ok";
		int length = 2;

		if (results[i].faults > 0)
			length = snprintf(result, sizeof(result), "%zu %s", results[i].faults,
					  text_plural(results[i].faults, "défaut", "défauts"));
		if (results[i].unverifiable > 0)
			snprintf(result + length, sizeof(result) - (size_t)length, ", %zu %s",
				 results[i].unverifiable,
				 text_plural(results[i].unverifiable, "non vérifiable",
					     "non vérifiables"));
		table_row(&table,
			  (const char *[]){checks[i].name, DECIMAL(results[i].examined), result});
	}
	table_print(&table, stdout, 60);
}

/* Prints each fault with what to do; returns how many there are in all. */
static size_t print_faults(const struct verify_result *results)
{
	size_t total = 0;

	for (size_t i = 0; i < check_count; i++) {
		const struct verify_result *result = &results[i];
		const char *remedy = "";

		total += result->faults;
		if (result->faults > 0)
			printf("\n%s\n", checks[i].name);
		for (size_t n = 0; n < result->faults && n < VERIFY_SHOWN; n++) {
			/* What to do is said once for a run of faults. */
			if (n > 0 && strcmp(remedy, result->shown[n].remedy) != 0)
				printf("  Que faire : %s.\n", remedy);
			remedy = result->shown[n].remedy;
			printf("- %s\n", result->shown[n].what);
		}
		if (result->faults > VERIFY_SHOWN)
			printf("- … et %zu autres\n", result->faults - VERIFY_SHOWN);
		if (result->faults > 0)
			printf("  Que faire : %s.\n", remedy);
	}
	return total;
}

/* Prints what is no fault. */
static void print_remarks(const struct verify_result *results)
{
	size_t unverifiable = 0;

	for (size_t i = 0; i < check_count; i++) {
		const struct verify_result *result = &results[i];

		unverifiable += result->unverifiable;
		if (result->remarks > 0)
			printf("\n%s, à savoir (ce ne sont pas des défauts)\n", checks[i].name);
		for (size_t n = 0; n < result->remarks && n < VERIFY_SHOWN; n++)
			printf("- %s\n", result->remarked[n]);
		if (result->remarks > VERIFY_SHOWN)
			printf("- … et %zu autres\n", result->remarks - VERIFY_SHOWN);
	}
	if (unverifiable > 0)
		puts("\nNon vérifiables : publiées avant que la base n'enregistre l'empreinte de "
		     "ce qui est\npublié, ou par une nuit qui n'est pas arrivée à son terme.");
}

/* Tells the restorations, and the links of those that left a gap in the journal. */
static void print_restarts(struct root *root)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_RESTART_LIST);

	while (store_step(root->store, stmt)) {
		char *missing = text_shown(column_text(stmt, RESTART_LIST_MANQUANTES));

		printf("\nRestaurée le %s d'une sauvegarde de la nuit du %s",
		       column_text(stmt, RESTART_LIST_LE), column_text(stmt, RESTART_LIST_NUIT));
		if (*column_text(stmt, RESTART_LIST_DERNIERE) == '\0')
			fputs(", sans que rien soit dit des nuits d'après.\n", stdout);
		else
			printf(" ; dernière nuit partie : %s ; nuits manquantes connues : %s.\n",
			       column_text(stmt, RESTART_LIST_DERNIERE),
			       *missing != '\0' ? missing : "aucune");
		if (!column_null(stmt, RESTART_LIST_RANG))
			printf("Maillon %s, à la suite du maillon %s :\n  %s\n  %s\n",
			       column_text(stmt, RESTART_LIST_RANG),
			       column_text(stmt, RESTART_LIST_PRECEDENT),
			       column_text(stmt, RESTART_LIST_TEXTE),
			       column_text(stmt, RESTART_LIST_MAILLON));
		free(missing);
	}
}

/* Events of before there was a journal have no links yet; only a run that is alone may add them. */
static const struct error *open_sealed(const char *where, struct root *root)
{
	const struct error *err = root_open(where, root);

	if (err == NULL && journal_unsealed(root)) {
		root_close(root);
		err = cmd_open_alone(where, root);
	}
	return err;
}

static int report(const struct verify_result *results)
{
	size_t total;

	print_checks(results);
	total = print_faults(results);
	print_remarks(results);
	if (total == 0)
		puts("\nTout concorde.");
	else
		printf("\n%zu %s en tout.\n", total, text_plural(total, "défaut", "défauts"));
	return total == 0 ? 0 : ERR_DATA;
}

static int examine_cage(const char *where, bool asked, const char *format,
			const struct cmd_usage *usage)
{
	bool json = strcmp(format, "json") == 0;

	if (asked && (json || strcmp(format, "text") == 0))
		return cmd_verify_cage(where, json);
	fprintf(stderr, "segur verify : --format text ou json, avec --cage\nUsage : segur %s\n",
		usage->line);
	return ERR_USAGE;
}

int cmd_verify(int argc, char **argv)
{
	const char *where = NULL, *cage = NULL, *format = "text";
	const char *values[CMD_VALUES_MAX + 1] = {NULL};
	const struct cmd_option options[] = {
	    {"root", "DIR", "racine", &where},
	    {"maillon", "RANG:SHA256…",
	     "un maillon que détient un tiers (réponse, courriel, rapport) ; à répéter au besoin",
	     values},
	    {"cage", NULL, "essaie les murs autour des analyseurs, et rien d'autre", &cage},
	    {"format", "FORMAT", "avec --cage : text (par défaut) ou json", &format},
	    {0},
	};
	const struct cmd_usage usage = {
	    "verify [--root DIR] [--maillon RANG:SHA256 …] | verify --cage [--format text|json]",
	    "Contrôle la base, le journal des événements, les archives conservées, et ce qui "
	    "reste\nde sorties dans l'outbox et de dépôts dans l'inbox. Une sortie (réponse, "
	    "dossier à corriger,\nretour, courriel, rapport) doit porter l'empreinte de ce qui a "
	    "été publié ; celles d'avant\nl'enregistrement des empreintes sont dites non "
	    "vérifiables, ce qui n'est pas un défaut. Un\nfichier de l'outbox que la base ne "
	    "connaît pas est signalé, sans être un défaut.\n"
	    "Code de sortie : 0 quand tout concorde, 65 dès qu'un défaut est trouvé ; avec --cage, "
	    "0\nquand les murs obligatoires tiennent, 70 sinon.",
	    options};
	struct held_link held_links[2 * CMD_VALUES_MAX];
	struct verify verify = {.held_links = held_links};
	struct verify_result *results;
	const struct error *err;
	struct root root;
	int code, first = cmd_parse(argc, argv, &usage, 0, CMD_VALUES_MAX, &code);

	if (first < 0)
		return code;
	if (cage != NULL || strcmp(format, "text") != 0)
		return examine_cage(where, cage != NULL, format, &usage);
	/* First the option's own values, then the operands. */
	for (const char **value = values; *value != NULL; value++)
		if (!parse_held_link(*value, &held_links[verify.held_count++]))
			return ERR_USAGE;
	for (; first < argc; first++)
		if (!parse_held_link(argv[first], &held_links[verify.held_count++]))
			return ERR_USAGE;
	progress_enable();
	results = mem_alloc(check_count * sizeof(*results));
	err = open_sealed(cmd_root(where), &root);
	verify.root = &root;
	if (err == NULL)
		err = verify_all(&verify, results);
	code = err != NULL ? cmd_fail(err) : report(results);
	if (err == NULL)
		print_restarts(&root);
	for (size_t i = 0; i < check_count; i++)
		verify_result_free(&results[i]);
	free(results);
	root_close(&root);
	return code;
}
