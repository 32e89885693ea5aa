/* What a purge of the fixture's root does: which rows it changes, and into what; which files go. */
#ifndef SEGUR_PURGE_CHECKS_H
#define SEGUR_PURGE_CHECKS_H

#include "lib/array.h"
#include "purge_fixture.h"

static struct purge_report report;

static inline void play(struct fixture *fixture, bool dry_run)
{
	const struct purge_options options = {.date = DAY, .dry_run = dry_run};
	const struct error *err = purge_run(&fixture->root, &options, &report);

	if (err != NULL)
		fail_msg("%s", err->message);
}

/* Rows as they are after a purge, of those that it changes; NULL is "-". */
static const struct table {
	const char *name, *columns, *changed;
} tables[] = {
    {"depots", "id, compte, archive, etat, demande, retour_nom, retour_publie, libere",
     "1|c1||OK|1|effacee-1|1|1\n2|c2||OK|2|effacee-2|1|1\n"
     "17|c17||OK|17|effacee-17|1|1\n101|c101||KO|-|effacee-101|1|1\n"
     "105|c105||INCIDENT|-|effacee-105|1|0\n109|c109||OK|9|effacee-109|1|1\n"
     "113|c113||KO|-|effacee-113|1|1\n"},
    {"anomalies", "depot, ordre, code, chemin, ligne, colonne, valeur, message, remede",
     "1|1|X|representant.identite.nature|1|1|-|texte effacé|\n"
     "1|2|X|archive|1|1|-|texte effacé|\n1|3|X|banque.iban|1|1|-|texte effacé|\n"
     "2|1|X|representant.identite.nature|1|1|-|texte effacé|\n"
     "2|2|X|archive|1|1|-|texte effacé|\n2|3|X|banque.iban|1|1|-|texte effacé|\n"
     "3|1|X|representant.identite.nature|1|1|-|texte effacé|\n"
     "4|1|X|representant.identite.nature|1|1|-|texte effacé|\n"
     "17|1|X|representant.identite.nature|1|1|-|texte effacé|\n"
     "17|2|X|archive|1|1|-|texte effacé|\n17|3|X|banque.iban|1|1|-|texte effacé|\n"
     "101|1|X|archive|1|1|-|texte effacé|\n"
     "101|2|X|banque.iban|1|1|-|texte effacé|\n"
     "105|1|X|archive|1|1|-|texte effacé|\n"
     "105|2|X|banque.iban|1|1|-|texte effacé|\n"
     "109|1|X|archive|1|1|-|texte effacé|\n"
     "109|2|X|banque.iban|1|1|-|texte effacé|\n"
     "113|1|X|archive|1|1|-|texte effacé|\n"
     "113|2|X|banque.iban|1|1|-|texte effacé|\n"},
    {"demandes", "id, statut, compte, denomination, contact, contact_nom, titulaire",
     "1|VALIDEE|c1||||depositaire\n2|REJETEE|c2||||depositaire\n"
     "17|VALIDEE|c17||||depositaire\n"},
    {"dossiers", "*",
     "1|0|1|oui|-|-|-|-|-|-|-|-|-|-|-|oui|d|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|oui\n"
     "2|0|2|oui|-|-|-|-|-|-|-|-|-|-|-|oui|d|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|oui\n"
     "3|0|3|oui|n|n|n|n|n|n|n|n|n|n|n|oui|d|n|n|n|n|-|-|-|n|n|n|n|n|-|-|-|n|n|n|n|oui\n"
     "4|0|4|oui|n|n|n|n|n|n|n|n|n|n|n|oui|d|n|n|n|n|-|-|-|n|n|n|n|n|-|-|-|n|n|n|n|oui\n"
     "17|0|17|oui|-|-|-|-|-|-|-|-|-|-|-|oui|d|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|oui\n"},
    {"pieces", "id, type, fichier, valide_jusqu_au, remplacee",
     "1|piece_identite_representant||-|0\n2|piece_identite_representant||-|0\n"
     "3|piece_identite_representant||-|0\n4|piece_identite_representant||-|0\n"
     "17|piece_identite_representant||-|0\n101|rib||-|0\n102|rib||-|0\n117|rib||-|0\n"},
    {"evenements", "id, acteur, motif, fichier, depot, efface_le",
     "1|compte|||1|2026-06-01\n"
     "2|gestionnaire|||-|2026-06-01\n"
     "3|compte|||2|2026-06-01\n"
     "4|gestionnaire|||-|2026-06-01\n"
     "33|compte|||17|2026-06-01\n"
     "34|gestionnaire|||-|2026-06-01\n"},
    {"mails", "id, type, destinataire, destinataire_nom, publie",
     "1|t|||1\n2|t|||1\n17|t|||1\n101|depot_refuse|||1\n105|depot_refuse|||1\n"
     "109|depot_refuse|||1\n113|depot_refuse|||1\n"},
    {"signaux", "id, demande, chemin, valeur, message, cle",
     "1|1|representant.identite.nature|-|texte effacé|effacee-1\n"
     "2|2|representant.identite.nature|-|texte effacé|effacee-2\n"
     "3|3|representant.identite.nature|-|texte effacé|effacee-3\n"
     "4|4|representant.identite.nature|-|texte effacé|effacee-4\n"
     "17|17|representant.identite.nature|-|texte effacé|effacee-17\n"
     "18|1|banque.iban|-|texte effacé|effacee-18\n"
     "19|2|banque.iban|-|texte effacé|effacee-19\n"
     "34|17|banque.iban|-|texte effacé|effacee-34\n"},
    {"corrections", "depot, nom, texte, publie",
     "101|effacee-101||1\n105|effacee-105||1\n109|effacee-109||1\n"
     "113|effacee-113||1\n"},
    {"effacements", "nature, objet, demande, depot, piece, partage, etat, date",
     "dossier|archive|1|1|-|0|fait|2026-06-01\n"
     "dossier|archive|2|2|-|0|fait|2026-06-01\n"
     "dossier|donnees|1|-|-|0|fait|2026-06-01\n"
     "dossier|donnees|2|-|-|0|fait|2026-06-01\n"
     "dossier|donnees|17|-|-|0|fait|2026-06-01\n"
     "dossier|piece_identite_representant|1|1|1|0|fait|2026-06-01\n"
     "dossier|piece_identite_representant|2|2|2|0|fait|2026-06-01\n"
     "dossier|rib|1|1|101|0|fait|2026-06-01\n"
     "dossier|rib|2|2|102|1|fait|2026-06-01\n"
     "dossier|rib|17|17|117|0|fait|2026-06-01\n"
     "identite|archive|3|3|-|0|fait|2026-06-01\n"
     "identite|archive|4|4|-|0|fait|2026-06-01\n"
     "identite|donnees|3|-|-|0|fait|2026-06-01\n"
     "identite|donnees|4|-|-|0|fait|2026-06-01\n"
     "identite|piece_identite_representant|3|3|3|0|fait|2026-06-01\n"
     "identite|piece_identite_representant|4|4|4|0|fait|2026-06-01\n"
     "refus|archive|-|101|-|0|fait|2026-06-01\n"
     "refus|archive|-|113|-|1|fait|2026-06-01\n"
     "refus|donnees|-|101|-|0|fait|2026-06-01\n"
     "refus|donnees|-|105|-|0|fait|2026-06-01\n"
     "refus|donnees|-|109|-|0|fait|2026-06-01\n"
     "refus|donnees|-|113|-|0|fait|2026-06-01\n"},
};

static inline void remember(struct fixture *fixture)
{
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		char *sql = mem_printf("CREATE TEMP TABLE avant_%s AS SELECT * FROM %s",
				       tables[i].name, tables[i].name);

		fixture_sql(fixture, sql);
		free(sql);
	}
	fixture_sql(fixture, "CREATE TEMP TABLE avant_echeances AS SELECT * FROM echeances");
}

/* The rows of the tables that differ from what was remembered. */
static inline void assert_changed(struct fixture *fixture, const struct table *table,
				  const char *wanted)
{
	char *sql = mem_printf("SELECT %s FROM (SELECT * FROM main.%s EXCEPT SELECT * FROM "
			       "temp.avant_%s) ORDER BY 1, 2, 3",
			       table->columns, table->name, table->name);

	assert_string_equal(fixture_rows(fixture, sql), wanted);
	free(sql);
}

/* The numbers of the files that are gone. */
static inline const char *gone(struct fixture *fixture, const char *format, const char *other)
{
	static char text[200];
	size_t length = 0;

	text[0] = '\0';
	for (unsigned n = 1; n <= purge_last_drop; n++) {
		char *path = purge_path(n % 2 == 1 || other == NULL ? format : other, n);

		if ((n <= purge_requests || n >= purge_first_drop) && !purge_exists(fixture, path))
			length += (size_t)snprintf(text + length, sizeof(text) - length, "%u ", n);
		free(path);
	}
	return text;
}

static inline void assert_files_gone(struct fixture *fixture)
{
	static const unsigned erased[] = {1, 2, 3, 4, 101, 2017};

	for (size_t i = 0; i < ARRAY_SIZE(erased); i++)
		assert_false(purge_kept(fixture, erased[i]));
	assert_true(purge_kept(fixture, 2010)); /* shared */
	for (unsigned n = 5; n <= purge_last_drop; n++)
		if ((n <= purge_requests || n >= purge_first_drop) && n != 101)
			assert_true(purge_kept(fixture, n));
	assert_string_equal(gone(fixture, "outbox/fournisseurs/c#/r#", NULL),
			    "1 2 17 101 105 109 113 ");
	assert_string_equal(gone(fixture, "outbox/fournisseurs/c#/a_corriger#", NULL),
			    "101 105 109 113 ");
	assert_string_equal(gone(fixture, "outbox/mails/new/20260101.M@.segur",
				 "outbox/mails/cur/20260101.M@.segur:2,S"),
			    "1 2 17 101 105 109 113 ");
}

static inline void assert_rows_erased(struct fixture *fixture)
{
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		assert_changed(fixture, &tables[i], tables[i].changed);
	assert_string_equal(
	    fixture_rows(fixture, "SELECT demande, count(*) FROM (SELECT * FROM avant_echeances"
				  " EXCEPT SELECT * FROM echeances) GROUP BY demande"),
	    "1|2\n2|2\n3|1\n4|1\n17|2\n");
}

#endif
