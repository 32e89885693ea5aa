/* What a person reads after a run: the night in a few tables, then where to look. */
#include "asp/asp_file.h"
#include "cli/table.h"
#include "lib/date.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "night/night.h"
#include "request/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIDEST 60 /* columns of a cell */

static void print_files(struct night *night)
{
	struct table table = {.columns = 4};
	sqlite3_stmt *stmt = store_stmt(night->root->store, SQL_SUMMARY_FICHIERS);

	table_row(&table, (const char *[]){"Fichier de l'ASP", "Nature", "Lignes", "Sort"});
	bind_int(stmt, SUMMARY_FICHIERS_P_NUIT, night->id);
	while (store_step(night->root->store, stmt)) {
		char *rows =
		    mem_printf("%lld", (long long)column_int(stmt, SUMMARY_FICHIERS_LIGNES));

		table_row(&table,
			  (const char *[]){
			      column_text(stmt, SUMMARY_FICHIERS_NOM),
			      column_text(stmt, SUMMARY_FICHIERS_NATURE), rows,
			      asp_outcome_label(column_text(stmt, SUMMARY_FICHIERS_ETAT), 1)});
		free(rows);
	}
	if (table.count > table.columns) {
		table_print(&table, stdout, WIDEST);
		putchar('\n');
	} else {
		table_free(&table);
	}
}

/* One line a drop: what became of it, and the first reason. */
static void print_drops(struct night *night)
{
	struct table table = {.columns = 5};
	sqlite3_stmt *stmt = store_stmt(night->root->store, SQL_SUMMARY_REFUSED);

	table_row(&table,
		  (const char *[]){"Compte", "Archive", "Verdict", "Demande", "Premier motif"});
	bind_int(stmt, SUMMARY_REFUSED_P_NUIT, night->id);
	while (store_step(night->root->store, stmt)) {
		int64_t more = column_int(stmt, SUMMARY_REFUSED_ANOMALIES) - 1;
		char *reason,
		    *others = more > 0 ? mem_printf(" (+%lld)", (long long)more) : mem_strdup("");

		reason = mem_printf("%s%s%s%s", column_text(stmt, SUMMARY_REFUSED_CODE), others,
				    column_text(stmt, SUMMARY_REFUSED_CODE)[0] != '\0' ? " " : "",
				    column_text(stmt, SUMMARY_REFUSED_MESSAGE));
		table_row(&table,
			  (const char *[]){column_text(stmt, SUMMARY_REFUSED_COMPTE),
					   column_text(stmt, SUMMARY_REFUSED_ARCHIVE),
					   column_text(stmt, SUMMARY_REFUSED_ETAT),
					   column_int(stmt, SUMMARY_REFUSED_ESSAI)
					       ? "(essai)"
					       : column_text(stmt, SUMMARY_REFUSED_NUMERO),
					   column_int(stmt, SUMMARY_REFUSED_REPEATED)
					       ? "déjà enregistrée : première réponse redonnée"
					       : reason});
		free(reason);
		free(others);
	}
	if (table.count > table.columns) {
		table_print(&table, stdout, WIDEST);
		putchar('\n');
	} else {
		puts("Aucun dépôt à traiter.\n");
		table_free(&table);
	}
}

static const char *status_label(const char *code, uint64_t count)
{
	(void)count;
	return statut_libelle(statut_from(code));
}

static void print_counts(struct night *night, enum sql_id id, const char *title,
			 const char *(*label)(const char *code, uint64_t count))
{
	sqlite3_stmt *stmt = store_stmt(night->root->store, id);
	bool any = false;

	bind_int(stmt, parameter_if_any(stmt, ":nuit"), night->id);
	while (store_step(night->root->store, stmt)) {
		uint64_t count = (uint64_t)column_int(stmt, SUMMARY_COUNT);

		printf("%s %llu %s", any ? " ·" : title, (unsigned long long)count,
		       label(column_text(stmt, SUMMARY_NAME), count));
		any = true;
	}
	if (any)
		putchar('\n');
}

void summary_print(struct night *night)
{
	char date[DATE_FRENCH_SIZE];
	int32_t day = 0;

	date_parse(night->date, &day);
	date_format_french(day, date);
	printf("\nNuit du %s%s\n\n", date,
	       night->options->dry_run ? " (répétition : rien n'a été écrit)" : "");
	print_files(night);
	print_drops(night);
	print_counts(night, SQL_SUMMARY_DEPOTS, "Dépôts     :", asp_outcome_label);
	print_counts(night, SQL_SUMMARY_DECISIONS, "Décisions  :", asp_outcome_label);
	printf("Courriels  : %lld\n",
	       (long long)store_get_int(night->root->store, SQL_SUMMARY_MAILS, night->date, 0));
	print_counts(night, SQL_SUMMARY_STATUTS, "Demandes   :", status_label);
}
