/*
 * A root in a temporary folder, filled by hand: default segur.conf, an empty migrated database,
 * and a second connection by which a test writes rows and reads back what the program wrote. Then a
 * whole initial dossier, as the parser would hand it over, that a test spoils one value at a time.
 */
#ifndef SEGUR_CORE_FIXTURE_H
#define SEGUR_CORE_FIXTURE_H

#include "lib/array.h"
#include "lib/buf.h"
#include "lib/date.h"
#include "lib/mem.h"
#include "lib/sha256.h"
#include "model/dossier.h"
#include "rules/rules.h"
#include "store/root.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIRET	   "73282932000074"
#define SIREN	   "732829320"
#define NUMERO_ANS "27f99871b4"
#define COMPTE	   "logiciels-exemple"

/* The history forgotten, which the schema forbids. */
#define FORGET_EVENTS                                                                              \
	"DROP TRIGGER IF EXISTS journal_sans_retrait; DROP TRIGGER IF EXISTS "                     \
	"evenements_sans_retrait; DELETE FROM journal; DELETE FROM commandes; "                    \
	"DELETE FROM modifications; DELETE FROM evenements;"

struct fixture {
	struct root root;
	sqlite3 *db;   /* the second connection: no foreign keys, no sticky failure */
	char path[40]; /* of the root */
	char *rows;    /* the last answer of fixture_rows */
};

static inline void fixture_sql(struct fixture *fixture, const char *sql)
{
	char *message = NULL;

	if (sqlite3_exec(fixture->db, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s: %s", message, sql);
}

/* The rows of a query, columns joined by "|", each row ended by a newline, NULL as "-". */
static inline const char *fixture_rows(struct fixture *fixture, const char *sql)
{
	struct buf out = {0};
	sqlite3_stmt *stmt;

	if (sqlite3_prepare_v2(fixture->db, sql, -1, &stmt, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sqlite3_errmsg(fixture->db), sql);
	while (sqlite3_step(stmt) == SQLITE_ROW)
		for (int i = 0; i < sqlite3_column_count(stmt); i++) {
			const char *text = (const char *)sqlite3_column_text(stmt, i);

			buf_puts(&out, text != NULL ? text : "-");
			buf_putc(&out, i + 1 < sqlite3_column_count(stmt) ? '|' : '\n');
		}
	sqlite3_finalize(stmt);
	free(fixture->rows);
	return fixture->rows = buf_take(&out);
}

/* SQLite's plan of one of the program's statements. */
static inline const char *fixture_plan(struct fixture *fixture, unsigned statement)
{
	char *sql = mem_printf("EXPLAIN QUERY PLAN %s", sql_statements[statement]);
	const char *plan = fixture_rows(fixture, sql);

	free(sql);
	return plan;
}

static inline int fixture_setup(void **state)
{
	struct fixture *fixture = mem_alloc(sizeof(*fixture));
	char database[64];
	int fd;

	snprintf(fixture->path, sizeof(fixture->path), "/tmp/segur-unit-XXXXXX");
	assert_non_null(mkdtemp(fixture->path));
	fixture->root = (struct root){.path = mem_strdup(fixture->path), .lock = -1};
	fixture->root.fd = open(fixture->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fixture->root.fd >= 0);
	fd = openat(fixture->root.fd, "segur.conf", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_null(conf_load(fixture->root.fd, &fixture->root.conf));
	fixture->root.conf.stabilite_s = 0;
	memset(fixture->root.secret, 7, sizeof(fixture->root.secret));
	assert_null(sha256_setup());
	snprintf(database, sizeof(database), "%s/segur.db", fixture->path);
	assert_null(store_open(database, &fixture->root.store));
	assert_int_equal(sqlite3_open(database, &fixture->db), SQLITE_OK);
	*state = fixture;
	return 0;
}

static inline int fixture_remove(const char *path, const struct stat *info, int flag,
				 struct FTW *ftw)
{
	(void)info, (void)flag, (void)ftw;
	return remove(path);
}

static inline int fixture_teardown(void **state)
{
	struct fixture *fixture = *state;

	sqlite3_close(fixture->db);
	root_close(&fixture->root);
	nftw(fixture->path, fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
	free(fixture->rows);
	free(fixture);
	return 0;
}

/* Commits what the test's calls wrote, so that the second connection sees it. */
static inline void fixture_commit(struct fixture *fixture)
{
	const struct error *err = store_commit(fixture->root.store);

	if (err != NULL)
		fail_msg("%s", err->message);
}

/* A value as the parser leaves it: valid when `valid`; NULL removes the key. */
static inline void set_value(struct findings *findings, enum champ champ, const char *text,
			     bool valid)
{
	struct valeur *valeur = &findings->dossier.champs[champ];

	free(valeur->text);
	*valeur = (struct valeur){0};
	if (text != NULL)
		*valeur = (struct valeur){
		    .text = mem_strdup(text), .ligne = champ + 1, .colonne = 5, .valid = valid};
}

static inline void add_piece(struct findings *findings, enum piece_type type)
{
	struct dossier *dossier = &findings->dossier;
	size_t index = dossier->piece_count;
	uint32_t line = 100 + (uint32_t)index;
	const char *name = piece_type_name(type);
	struct piece *piece;

	dossier->pieces = mem_grow(dossier->pieces, dossier->piece_count, &dossier->piece_capacity,
				   sizeof(*dossier->pieces));
	piece = &dossier->pieces[dossier->piece_count++];
	*piece = (struct piece){
	    .type = {mem_strdup(name), line, 11, true},
	    .fichier = {mem_printf("%s.pdf", name), line, 30, true},
	    .code = type,
	    .ligne = line,
	    .colonne = 3,
	    .present = true,
	    .ordinal = (uint32_t)index + 1,
	    .size = 1000 + index,
	    .format = 1,
	};
	memset(piece->digest, (int)index + 1, sizeof(piece->digest));
}

static inline void remove_piece(struct findings *findings, enum piece_type type)
{
	struct dossier *dossier = &findings->dossier;

	for (size_t i = 0; i < dossier->piece_count; i++) {
		struct piece *piece = &dossier->pieces[i];

		if (piece->code != type)
			continue;
		free(piece->type.text);
		free(piece->fichier.text);
		memmove(piece, piece + 1, (dossier->piece_count - i - 1) * sizeof(*piece));
		dossier->piece_count--;
		return;
	}
	fail_msg("no %s to remove", piece_type_name(type));
}

/* The initial dossier of the contract's example: a représentant légal, a validated LGC. */
static inline void make_findings(struct findings *findings)
{
	static const struct {
		enum champ champ;
		const char *text;
	} values[] = {
	    {CHAMP_FORMAT, "1"},
	    {CHAMP_TYPE, "initial"},
	    {CHAMP_REFERENCEMENT_NUMERO_ANS, NUMERO_ANS},
	    {CHAMP_DEMANDEUR_SIRET, SIRET},
	    {CHAMP_DEMANDEUR_NOM_COMMERCIAL, "Logiciels Exemple"},
	    {CHAMP_DEMANDEUR_ADRESSE_TYPE_VOIE, "RUE"},
	    {CHAMP_DEMANDEUR_ADRESSE_COMMUNE, "PARIS"},
	    {CHAMP_DEMANDEUR_DISTRIBUTEUR, "non"},
	    {CHAMP_DECLARANT, "representant_legal"},
	    {CHAMP_REPRESENTANT_NOM, "DURAND"},
	    {CHAMP_REPRESENTANT_PRENOM, "Élise"},
	    {CHAMP_REPRESENTANT_EMAIL, "elise.durand@exemple.fr"},
	    {CHAMP_REPRESENTANT_CONFIRMATION_EMAIL, "elise.durand@exemple.fr"},
	    {CHAMP_REPRESENTANT_TELEPHONE, "+33123456789"},
	    {CHAMP_REPRESENTANT_IDENTITE_NATURE, "cni"},
	    {CHAMP_REPRESENTANT_IDENTITE_VALIDE_JUSQU_AU, "2030-01-31"},
	    {CHAMP_BANQUE_IBAN, "FR1420041010050500013M02606"},
	    {CHAMP_BANQUE_BIC, "PSSTFRPPPAR"},
	    {CHAMP_BANQUE_TITULAIRE, "LOGICIELS EXEMPLE"},
	    {CHAMP_TVA_ASSUJETTI, "oui"},
	    {CHAMP_ENGAGEMENTS_CGU, "oui"},
	    {CHAMP_ENGAGEMENTS_ARTICLE_441_7, "oui"},
	    {CHAMP_ENGAGEMENTS_AUTHENTICITE, "oui"},
	};

	*findings =
	    (struct findings){.format_archive = mem_strdup("zip"), .size = 4321, .readable = true};
	memset(findings->digest, 0xab, sizeof(findings->digest));
	findings->dossier.type = DEPOT_INITIAL;
	findings->dossier.pieces_ligne = 99;
	findings->dossier.pieces_colonne = 1;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		set_value(findings, values[i].champ, values[i].text, true);
	add_piece(findings, PIECE_CERTIFICAT_REFERENCEMENT);
	add_piece(findings, PIECE_IDENTITE_REPRESENTANT);
	add_piece(findings, PIECE_RIB);
}

/* Turns it into a dossier that a third party files. */
static inline void set_depositaire(struct findings *findings, const char *qualite)
{
	set_value(findings, CHAMP_DECLARANT, "depositaire", true);
	set_value(findings, CHAMP_DEPOSITAIRE_QUALITE, qualite, true);
	set_value(findings, CHAMP_DEPOSITAIRE_NOM, "MARTIN", true);
	set_value(findings, CHAMP_DEPOSITAIRE_PRENOM, "Zoé", true);
	set_value(findings, CHAMP_DEPOSITAIRE_EMAIL, "zoe.martin@cabinet.example", true);
	add_piece(findings, PIECE_IDENTITE_DEPOSITAIRE);
}

/* The registers in which that dossier is right. */
static const char fixture_registers[] =
    "INSERT INTO nuits (date, programme, regles) VALUES ('2026-03-02', '1', 'r');"
    "INSERT INTO fichiers_asp VALUES (1, 1, 'ul.csv', 'unites_legales', NULL, '2026-03-01', 1,"
    "  'pris', 's', 'ul', 1, 1, NULL), (2, 1, 'et.csv', 'etablissements', NULL, '2026-03-01', 1, 'pris',"
    "  's', 'et', 1, 1, NULL);"
    "INSERT INTO acces VALUES ('" COMPTE "', '" SIREN "', 'contact@exemple.fr'),"
    "  ('" COMPTE "', '404833048', 'filiale@exemple.fr'),"
    "  ('voisin', '404833048', 'voisin@exemple.fr');"
    "INSERT INTO referencements VALUES ('" NUMERO_ANS "', 'Cabinet+', '2.1', 'LGC', 'Profil LGC',"
    "  '" SIREN "', 'valide', '2026-01-01');"
    "INSERT INTO etablissements VALUES ('" SIRET
    "', 2, 'A', '12', 'BIS', 'RUE', 'DES LILAS', 'ETAGE 2',"
    "  '75002', 'PARIS');"
    "INSERT INTO unites_legales (siren, fichier, etat, denomination) VALUES ('" SIREN
    "', 1, 'A', 'LOGICIELS EXEMPLE');"
    "INSERT INTO banques VALUES ('20041', 'PSSTFRPPPAR', 'BANQUE DES LILAS');";

/* The rules on it, in a transaction of their own, as on 2026-03-02. */
static inline void judge(struct fixture *fixture, struct findings *findings, struct facts *facts)
{
	*facts = (struct facts){.compte = COMPTE};
	assert_true(date_parse("2026-03-02", &facts->date_depot));
	store_begin(fixture->root.store);
	rules_apply(&fixture->root, findings, facts);
	fixture_commit(fixture);
}

#endif
