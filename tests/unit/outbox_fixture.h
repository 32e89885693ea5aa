/*
 * A root in a temporary folder with rows of every kind that goes out, some of them hostile. With
 * SEGUR_TEST_ROOT in the environment the root is made there and left for
 * tests/e2e/check_outputs.py.
 */
#ifndef SEGUR_OUTBOX_FIXTURE_H
#define SEGUR_OUTBOX_FIXTURE_H

#include "lib/mem.h"
#include "record/journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

#define FORMULA "=cmd|'' /C calc''!A0" /* as SQL writes it */

static const char fixture_rows[] =
    "INSERT INTO nuits (id, date, programme, regles, terminee) VALUES (1, '2026-03-01', '1.0', "
    "'vague2-2024-06', 1),"
    " (2, '2026-03-02', '1.1', 'vague2-2024-06', 0);"
    "INSERT INTO fichiers_asp VALUES (1, 2, 'decisions.csv', 'decisions', NULL, '2026-03-02', 3, "
    "'pris',"
    "  's', 'decisions.csv_retour.csv', 0, 0, NULL),"
    " (2, 2, 'banques.csv', 'banques', NULL, '2026-03-02', 9, 'refuse', 's', "
    "'banques.csv_retour.csv', 0, 0, NULL);"
    "INSERT INTO retours_asp VALUES (1, 1, 2, 'ENR0001', 'valider', 'appliquee', '',"
    "  'ENR0001M0 passe de « En cours » à « Validée »', ''),"
    " (1, 2, 3, '" FORMULA
    "', 'a;\"b\"', 'refusee', 'DEC-002', 'La demande n''existe pas.', 'Vérifiez.'),"
    " (2, 1, 0, '', '', 'refuse', 'REF-001', 'Colonne absente.', 'Ajoutez-la.');"
    "INSERT INTO comptes_asp VALUES ('ancien', 'ancien@exemple.fr', '552100554', 'oui', "
    "'depositaire');"
    /* requests: one a status, and rejected or waiting after a partial validation */
    "WITH q(id, rang, statut, type, anticipe, siren, dsr, contact, modif) AS (VALUES"
    " (1, 0, 'VALIDATION_PARTIELLE', 'initial', 1, '732829320', 'SONS DPI', "
    "'elise.durand@exemple.fr', 0),"
    " (2, 0, 'EN_COURS', 'complementaire', 0, '552100554', 'LGC', 'ancien@exemple.fr', 0),"
    " (3, 2, 'VALIDEE', 'initial', 0, '404833048', 'LGC', 'c@exemple.fr', 0),"
    " (4, 0, 'REJETEE', 'initial', 0, '404833048', 'LGC', 'd@exemple.fr', 0),"
    " (5, 0, 'REJETEE', 'initial', 1, '404833048', 'LGC', 'e@exemple.fr', 0),"
    " (6, 0, 'ATTENTE_PIECES', 'complementaire', 1, '552100554', 'LGC', 'ancien@exemple.fr', 0),"
    " (7, 1, 'ATTENTE_PIECES', 'initial', 0, '404833048', 'LGC', 'g@exemple.fr', 1),"
    " (12345, 0, 'CERTIFICATS_A_VALIDER', 'initial', 1, '404833048', 'SONS DPI', 'h@exemple.fr', "
    "0))"
    "INSERT INTO demandes "
    "(id, rang, statut, type, anticipe, certificats, compte, siret, siren, "
    "numero_ans, logiciel, version, dsr, profil, siren_editeur, denomination, "
    "date_depot, contact, contact_nom, titulaire, modification_demandee) "
    "SELECT id, rang, statut, type, anticipe, 0, 'logiciels-exemple', siren "
    "|| '00074',"
    "  siren, 'ans' || id, '" FORMULA "', '2.0', dsr, 'Éditeur; \"centre\"', '732829320',"
    "  char(9) || '+SOMME' || char(13, 10) || 'x', '2026-03-01', contact, 'Élise DURAND', "
    "'depositaire', modif"
    "  FROM q;"
    "INSERT INTO depots VALUES"
    " (1, 1, '2026-03-01', 'logiciels-exemple', 'dossier.zip', 1234, printf('%064d', 1), 'zip',"
    "  '2026-03-01T01:15:00Z', 'initial', 'OK', 0, 1, 'ENR0001M0', 'EN_COURS', NULL, NULL, 's',"
    "  'dossier.zip_retour.yaml', 0, 0, NULL),"
    " (2, 2, '2026-03-02', 'logiciels-exemple', 'été \"1\"\xF0\x9F\x98\x80.zip', 99, "
    "printf('%064d', 2), 'zip',"
    "  '2026-03-02T01:15:00Z', 'initial', 'KO', 0, NULL, NULL, NULL, NULL, NULL, 's',"
    "  'été \"1\"\xF0\x9F\x98\x80.zip_retour.yaml', 0, 0, NULL),"
    " (3, 2, '2026-03-02', 'autre', 'c.zip', 0, NULL, '', '2026-03-02', '', 'INCIDENT', 0, NULL, "
    "NULL, NULL,"
    "  'analyseur interrompu: signal 9', NULL, 's', 'c.zip_retour.yaml', 0, 0, NULL),"
    " (4, 2, '2026-03-02', 'logiciels-exemple', 'copie.zip', 1234, printf('%064d', 1), 'zip',"
    "  '2026-03-02T01:16:00Z', 'initial', 'OK', 0, 1, 'ENR0001M0', 'EN_COURS', NULL, 1, 's',"
    "  'copie.zip_retour.yaml', 0, 0, NULL),"
    " (5, 2, '2026-03-02', 'logiciels-exemple', 'e.tar.xz', 50, printf('%064d', 5), 'tar.xz',"
    "  '2026-03-02T01:17:00Z', 'complementaire', 'ANO', 0, 2, 'ENR0002M0', 'EN_COURS', NULL, NULL, "
    "'s',"
    "  'e.tar.xz_retour.yaml', 0, 0, NULL),"
    " (6, 2, '2026-03-02', 'autre', 'f.zip', 50, printf('%064d', 6), 'zip',"
    "  '2026-03-02T01:18:00Z', 'pieces', 'OK', 1, NULL, NULL, NULL, NULL, NULL, 's', "
    "'f.zip_retour.yaml', 0, 0, NULL);"
    "INSERT INTO anomalies VALUES"
    " (2, 1, 'SIR-003', 'bloquant', 'demandeur.siret', 12, 10, '2024-01-01', 'Le SIRET est faux.',"
    "  'Vérifiez-le.', 12),"
    " (2, 2, 'PJ-001', 'bloquant', 'archive/rib.pdf', NULL, NULL, '" FORMULA
    "', 'Pièce' || char(10) || 'vide.',"
    "  'Joignez-la.', NULL),"
    " (2, 3, 'BNK-011', 'alerte', 'banque.iban', 20, NULL, NULL, 'Banque inconnue.', 'Rien.', 18),"
    " (5, 1, 'BNK-011', 'alerte', 'banque.iban', 20, 3, 'oui', 'Banque inconnue.', 'Rien.', 18);"
    "INSERT INTO dossiers (demande, rang, depot, nom_commercial, iban, bic, titulaire, "
    "domiciliation,"
    "  tva_assujetti, distributeur, representant_telephone) VALUES"
    " (1, 0, 1, '@nom', 'FR1420041010050500013M02606', 'PSSTFRPPPAR', 'LOGICIELS EXEMPLE', "
    "'BANQUE', 'oui',"
    "  'non', '01 23 45 67 89'),"
    " (4, 0, 1, 'x', 'FR1420041010050500013M02606', 'PSSTFRPPPAR', 'X', NULL, 'oui', 'non', NULL);"
    "INSERT INTO pieces "
    "(id, demande, depot, type, fichier, ordinal, taille, sha256, format, "
    "valide_jusqu_au) "
    "VALUES (1, 1, 1, 'rib', 'r;ib.pdf', 1, 50, printf('%064d', 9), 'pdf', "
    "NULL);"
    "INSERT INTO pieces_demandees VALUES (6, 'rib'), (6, 'kbis');"
    "INSERT INTO corrections VALUES (2, 'été \"1\"\xF0\x9F\x98\x80.zip_a_corriger.yaml',"
    "  replace('#>> # DOSSIER À CORRIGER : 2.~#>> # À CORRIGER SIR-003, x~#>> # À CORRIGER PJ-001, "
    "x~#>> # Pour information BNK-011, x~format: 1~', '~', char(10)), 0, NULL, 0,"
    " '73282932000074', 'LOGICIELS EXEMPLE', '27f99871b4', 'Logiciel', '2.1');"
    "INSERT INTO evenements "
    "(id, nuit, date, demande, numero, evenement, acteur, de, vers, motif, pieces, "
    "fichier) "
    "VALUES"
    " (1, 1, '2026-03-01', 1, 'ENR0001M0', 'depot', 'compte:logiciels-exemple', NULL, 'EN_COURS', "
    "'', '', ''),"
    " (2, 1, '2026-03-01', 5, 'ENR0005M0', 'valider', 'gestionnaire:Zoé', 'EN_COURS', "
    "'VALIDATION_PARTIELLE',"
    "  '', '', 'd.csv'),"
    " (3, NULL, '2026-03-01', 6, 'ENR0006M0', 'valider', 'gestionnaire:Zoé', 'EN_COURS',"
    "  'VALIDATION_PARTIELLE', '', '', ''),"
    " (4, 2, '2026-03-02', 1, 'ENR0001M0', 'valider', 'gestionnaire:Zoé', 'EN_COURS', "
    "'VALIDATION_PARTIELLE',"
    "  '', '', 'd.csv'),"
    " (5, 2, '2026-03-02', 3, 'ENR0003M2', 'valider', 'gestionnaire:Zoé', 'EN_COURS', 'VALIDEE', "
    "'', '', 'd'),"
    " (6, 2, '2026-03-02', 4, 'ENR0004M0', 'rejeter', 'gestionnaire:Zoé', 'EN_COURS', 'REJETEE',"
    "  'Le RIB est illisible.' || char(13, 10) || 'Subject: faux', '', 'd'),"
    " (7, 2, '2026-03-02', 5, 'ENR0005M0', 'rejeter', 'gestionnaire:Zoé', 'EN_COURS', 'REJETEE', "
    "'Motif.', '',"
    "  'd'),"
    " (8, 2, '2026-03-02', 6, 'ENR0006M0', 'demander_pieces', 'gestionnaire:Zoé', 'EN_COURS',"
    "  'ATTENTE_PIECES', 'Le RIB est flou.', 'kbis|rib', 'd'),"
    " (9, 2, '2026-03-02', 7, 'ENR0007M1', 'demander_modification', 'gestionnaire:Zoé', 'EN_COURS',"
    "  'ATTENTE_PIECES', 'Corrigez {numero}.', '', 'd'),"
    " (10, 2, '2026-03-02', 12345, 'ENR12345M0', 'finalisation', 'compte:logiciels-exemple',"
    "  'VALIDATION_PARTIELLE', 'CERTIFICATS_A_VALIDER', '', '', 'f.zip'),"
    " (11, 2, '2026-03-02', 7, 'ENR0007M1', 'depot_modification', 'compte:logiciels-exemple',"
    "  'ATTENTE_PIECES', 'EN_COURS', '', '', 'm.zip'),"
    " (12, 2, '2026-03-02', 6, 'ENR0006M0', 'depot_pieces', 'compte:logiciels-exemple', "
    "'ATTENTE_PIECES',"
    "  'EN_COURS', '', 'kbis|rib', 'p.zip'),"
    " (13, 2, '2026-03-02', 12345, 'ENR12345M0', 'valider', 'gestionnaire:Zoé', "
    "'CERTIFICATS_A_VALIDER',"
    "  'VALIDEE', '', '', 'd'),"
    " (14, 2, '2026-03-02', 2, 'ENR0002M0', 'depot', 'compte:logiciels-exemple', NULL, 'EN_COURS', "
    "'', '', '');"
    "INSERT INTO commandes VALUES (3, 1);"
    "INSERT INTO comptes VALUES ('elise.durand', 'elise.durand@exemple.fr', '732829320', "
    "'representant_legal',"
    "  '2026-03-02', 1, printf('%064d', 3)), ('c', 'c@exemple.fr', '404833048', 'depositaire', "
    "'2026-03-02', 3,"
    "  NULL);"
    "WITH m(id, type, demande, numero, evenement, depot, identifiant) AS (VALUES"
    " (1, 'accuse_reception_anticipe', 1, 'ENR0001M0', 1, 1, NULL),"
    " (2, 'depot_refuse', NULL, '', NULL, 2, NULL),"
    " (3, 'validation_partielle', 1, 'ENR0001M0', 4, NULL, NULL),"
    " (4, 'validation', 3, 'ENR0003M2', 5, NULL, NULL),"
    " (5, 'refus', 4, 'ENR0004M0', 6, NULL, NULL),"
    " (6, 'refus', 5, 'ENR0005M0', 7, NULL, NULL),"
    " (7, 'demande_pieces', 6, 'ENR0006M0', 8, NULL, NULL),"
    " (8, 'demande_modification', 7, 'ENR0007M1', 9, NULL, NULL),"
    " (9, 'accuse_reception', 12345, 'ENR12345M0', 10, 1, NULL),"
    " (10, 'accuse_reception', 7, 'ENR0007M1', 11, 1, NULL),"
    " (11, 'accuse_reception', 6, 'ENR0006M0', 12, 1, NULL),"
    " (12, 'validation', 12345, 'ENR12345M0', 13, NULL, NULL),"
    " (13, 'accuse_reception', 2, 'ENR0002M0', 14, 5, NULL),"
    " (14, 'identifiant', 1, 'ENR0001M0', 4, NULL, 'elise.durand'),"
    " (15, 'mot_de_passe', 1, 'ENR0001M0', 4, NULL, 'elise.durand'),"
    " (16, 'ouverture_acces', 3, 'ENR0003M2', 5, NULL, 'c'),"
    " (17, 'validation_partielle', 6, 'ENR0006M0', 3, NULL, NULL),"
    " (18, 'type_futur', 2, 'ENR0002M0', 14, NULL, NULL))"
    "INSERT INTO mails SELECT id, '2026-03-02', type, 'elise.durand@exemple.fr', 'Élise DURAND', "
    "demande,"
    "  numero, evenement, depot, identifiant, 0, NULL FROM m;";

static inline sqlite3 *fixture_db(struct root *root)
{
	return sqlite3_db_handle(store_stmt(root->store, SQL_OUTPUT_RETOURS_DUE));
}

static inline void fixture_sql(struct root *root, const char *sql)
{
	char *message = NULL;

	if (sqlite3_exec(fixture_db(root), sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s", message);
}

static inline void fixture_open(struct root *root)
{
	const char *wanted = getenv("SEGUR_TEST_ROOT");
	char path[] = "/tmp/segur-test-XXXXXX";

	if (wanted == NULL)
		assert_non_null(mkdtemp(path));
	assert_null(root_init(wanted != NULL ? wanted : path));
	assert_null(root_open_alone(wanted != NULL ? wanted : path, root));
	memset(root->secret, 7, sizeof(root->secret));
	fixture_sql(root, fixture_rows);
	assert_null(journal_seal(root));
}

static inline int fixture_remove(const char *path, const struct stat *info, int flag,
				 struct FTW *ftw)
{
	(void)info, (void)flag, (void)ftw;
	return remove(path);
}

static inline void fixture_close(struct root *root)
{
	char *path = mem_strdup(root->path);

	root_close(root);
	if (getenv("SEGUR_TEST_ROOT") == NULL)
		nftw(path, fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
	free(path);
}

/* The whole file; the caller frees it. */
static inline char *fixture_read(struct root *root, const char *path)
{
	int fd = openat(root->fd, path, O_RDONLY | O_NOFOLLOW);
	struct buf text = {0};
	char bytes[4096];
	ssize_t count;

	if (fd < 0)
		fail_msg("%s manque", path);
	while ((count = read(fd, bytes, sizeof(bytes))) > 0)
		buf_add(&text, bytes, (size_t)count);
	close(fd);
	return buf_take(&text);
}

/* The root that the tests of a program share. */
static struct root root;

static inline int fixture_setup(void **state)
{
	(void)state;
	fixture_open(&root);
	return 0;
}

static inline int fixture_teardown(void **state)
{
	(void)state;
	fixture_close(&root);
	return 0;
}

#endif
