/* A root with requests and drops on each side of every bound of `segur purge`, played on DAY: their
 * rows, the archives that they rest on, what lies in the outbox. */
#ifndef SEGUR_PURGE_FIXTURE_H
#define SEGUR_PURGE_FIXTURE_H

#include "core_fixture.h"
#include "keep/purge.h"
#include "lib/array.h"
#include "lib/sha256.h"

#include <errno.h>

#define DAY                                                                                        \
	"2026-06-01" /* identity papers until 2 May, whole dossiers 21 February, drops 2 April */

/* The bytes kept under a hash, "kept by N"; the hash stands in the rows as sha(N). */
static inline void purge_hash(unsigned n, char hex[static SHA256_HEX_SIZE])
{
	char text[32];
	uint8_t digest[SHA256_SIZE];

	snprintf(text, sizeof(text), "kept by %u", n);
	sha256_of(text, strlen(text), digest);
	sha256_hex(digest, hex);
}

static inline void purge_sha(sqlite3_context *context, int count, sqlite3_value **values)
{
	char hex[SHA256_HEX_SIZE];

	(void)count;
	purge_hash((unsigned)sqlite3_value_int(values[0]), hex);
	sqlite3_result_text(context, hex, -1, SQLITE_TRANSIENT);
}

/* Requests: (id, status, date of the last event); each has a drop of the same number, of the day
 * before. Drops from 101 on made no request. */
static const char purge_rows[] =
    "INSERT INTO nuits (date, programme, regles) VALUES ('2026-03-02', '1', 'r');"
    "CREATE TEMP TABLE q (id, statut, fin, papier);"
    "INSERT INTO q VALUES"
    " (1, 'VALIDEE', '2026-02-21', 1), (2, 'REJETEE', '2026-01-01', 1)," /* whole dossiers */
    " (3, 'VALIDEE', '2026-02-22', 1), (4, 'REJETEE', '2026-05-02', 1)," /* identity papers */
    " (5, 'VALIDEE', '2026-05-03', 1),"					 /* not yet */
    " (6, 'EN_COURS', '2026-01-01', 1), (7, 'ATTENTE_PIECES', '2026-03-01', 1)," /* not ended */
    " (8, 'VALIDEE', '2026-03-01', 0),"					  /* no identity paper */
    " (9, 'VALIDEE', '2026-01-01', 1), (10, 'VALIDEE', '2026-03-01', 1)," /* erased before */
    /* outputs are due: a mail, an answer, a release */
    " (11, 'REJETEE', '2026-01-01', 1), (12, 'VALIDEE', '2026-01-01', 1), (13, 'VALIDEE', "
    "'2026-01-01', 1),"
    " (14, 'REJETEE', '2026-03-01', 1), (15, 'VALIDEE', '2026-03-01', 1), (16, 'VALIDEE', "
    "'2026-03-01', 1),"
    /* identity papers erased before, then the whole dossier */
    " (17, 'VALIDEE', '2026-02-01', 1);"
    "INSERT INTO demandes (id, rang, statut, type, anticipe, certificats, compte, siret, siren,"
    "  numero_ans, logiciel, version, dsr, profil, siren_editeur, denomination, date_depot, "
    "contact,"
    "  contact_nom, titulaire) SELECT id, id % 3, statut, 'complementaire', 0, 0, 'c' || id, 's',"
    "  's', 'ans' || id, 'l', 'v', 'LGC', 'p', 's', 'denomination' || id, '2026-01-01',"
    "  'contact' || id, 'nom' || id, 'depositaire' FROM q;"
    "INSERT INTO depots (id, nuit, date, compte, archive, taille, sha256, format, recu_le, type,"
    "  etat, essai, demande, source, retour_nom, retour_publie, libere)"
    "  SELECT id, 1, '2026-01-01', 'c' || id, iif(id = 9, '', 'a' || id), 1, sha(id), 'zip', "
    "'2026-01-01',"
    "  'complementaire', 'OK', 0, id, 's', 'r' || id, id NOT IN (12, 15), id NOT IN (13, 16) "
    "FROM q;"
    "INSERT INTO evenements (nuit, date, demande, numero, evenement, acteur, vers, motif, pieces,"
    "  fichier, depot) SELECT 1, '2026-01-01', id, 'n', 'depot', 'compte:c' || id, 'EN_COURS', '',"
    "  '', 'a' || id, id FROM q"
    "  UNION ALL SELECT 1, fin, id, 'n', 'valider', 'gestionnaire:Zoé', statut, 'motif' || id, '',"
    "  'd.csv', NULL FROM q ORDER BY 3;"
    "INSERT INTO dossiers SELECT id, 0, id, 'oui', 'n', 'n', 'n', 'n', 'n', 'n', 'n', 'n', 'n',"
    "  'n', 'n', 'oui', 'd', 'n', 'n', 'n', 'n', 'cni', 'i', 'i', 'n', 'n', 'n', 'n', 'n', 'cni',"
    "  'i', 'i', 'n', 'n', 'n', 'n', 'oui' FROM q;"
    "INSERT INTO pieces (id, demande, depot, type, fichier, ordinal, taille, sha256, format,"
    "  valide_jusqu_au) SELECT id, id, id, iif(papier, 'piece_identite_representant', 'kbis'),"
    "  'f' || id, 1, 1, sha(1000 + id), 'pdf', '2030-01-01' FROM q;"
    /* Documents beside the papers: of 1 and 2 in their archives, of 10 and 17 alone since their
     * archives went; 2 and 10 gave the same. 3 gave one in another drop, which holds no paper. */
    "INSERT INTO pieces SELECT 100 + id, id, id, 'rib', 'rib' || id, 2, 1,"
    "  sha(iif(id IN (2, 10), 2010, 2000 + id)), 'pdf', NULL, 0 FROM q WHERE id IN (1, 2, 10, 17);"
    "INSERT INTO depots (id, nuit, date, compte, archive, taille, sha256, format, recu_le, type,"
    "  etat, essai, demande, source, retour_nom, retour_publie, libere)"
    "  SELECT 30, 1, date, compte, 'a30', 1, sha(30), 'zip', date, 'pieces', 'OK', 0, 3, 's', "
    "'r30', 1, 1"
    "  FROM depots WHERE id = 3;"
    "INSERT INTO pieces VALUES (130, 3, 30, 'rib', 'rib3', 1, 1, sha(2003), 'pdf', NULL, 0);"
    /* one whose hash begins like that of 17's */
    "INSERT INTO pieces VALUES (210, 10, 10, 'autre', 'autre10', 3, 1,"
    "  substr(sha(2017), 1, 16) || printf('%048d', 0), 'pdf', NULL, 0);"
    "INSERT INTO effacements (date, nature, objet, demande, depot, piece, sha256, etat) VALUES"
    " ('2026-05-01', 'dossier', 'archive', 9, 9, NULL, sha(9), 'fait'),"
    " ('2026-05-01', 'dossier', 'donnees', 9, NULL, NULL, NULL, 'fait'),"
    " ('2026-05-01', 'identite', 'archive', 10, 10, NULL, sha(10), 'fait'),"
    " ('2026-05-01', 'identite', 'donnees', 10, NULL, NULL, NULL, 'fait'),"
    " ('2026-05-01', 'identite', 'piece_identite_representant', 17, 17, 17, sha(1017), 'fait'),"
    " ('2026-05-01', 'identite', 'archive', 17, 17, NULL, sha(17), 'fait'),"
    " ('2026-05-01', 'identite', 'donnees', 17, NULL, NULL, NULL, 'fait');"
    "INSERT INTO echeances SELECT id, 'piece_identite_representant', '2030-01-01', id FROM q"
    "  WHERE papier UNION ALL SELECT id, 'kbis', '2030-01-01', id FROM q;"
    "INSERT INTO signaux (nuit, date, demande, numero, depot, code, chemin, valeur, message, cle)"
    "  SELECT 1, '2026-01-01', id, 'n', id, 'SIG-001', 'representant.identite.nature', 'v', 'm',"
    "  'i' || id FROM q UNION ALL SELECT 1, '2026-01-01', id, 'n', id, 'SIG-002', 'banque.iban',"
    "  'v', 'm', 'b' || id FROM q;"
    "INSERT INTO anomalies SELECT id, 1, 'X', 'alerte', 'representant.identite.nature', 1, 1, 'v',"
    "  'm', 'r', NULL FROM q UNION ALL SELECT id, 2, 'X', 'alerte', 'archive/nom.pdf', 1, 1, 'v',"
    "  'm', 'r', NULL FROM q UNION ALL SELECT id, 3, 'X', 'alerte', 'banque.iban', 1, 1, 'v', 'm',"
    "  'r', NULL FROM q;"
    "INSERT INTO mails SELECT id, '2026-01-01', 't', 'd' || id, 'n' || id, id, 'n', NULL, NULL,"
    "  NULL, id NOT IN (11, 14), NULL FROM q;"
    /* drops without a request: on the day, a day later; what is due of each kind; erased before */
    "CREATE TEMP TABLE d (id, date, etat, demande, archive, publie, libere);"
    "INSERT INTO d VALUES (101, '2026-04-02', 'KO', NULL, 'x', 1, 1), (102, '2026-04-03', 'KO', "
    "NULL, 'x', 1, 1),"
    " (103, '2026-01-01', 'KO', NULL, 'x', 0, 1), (104, '2026-01-01', 'KO', NULL, 'x', 1, 0),"
    " (105, '2026-01-01', 'INCIDENT', NULL, 'x', 1, 0), (106, '2026-01-01', 'KO', NULL, 'x', 1, "
    "1),"
    " (107, '2026-01-01', 'KO', NULL, 'x', 1, 1), (108, '2026-01-01', 'KO', NULL, 'x', 1, 1),"
    /* the first answer given again after its request was erased; and its rows without a name */
    " (109, '2026-01-01', 'OK', 9, 'x', 1, 1), (110, '2026-01-01', 'OK', 9, '', 1, 1),"
    " (111, '2026-01-01', 'OK', 6, 'x', 1, 1), (112, '2026-01-01', 'OK', 10, 'x', 1, 1),"
    " (113, '2026-01-01', 'KO', NULL, 'x', 1, 1);"
    "INSERT INTO depots (id, nuit, date, compte, archive, taille, sha256, format, recu_le, type,"
    "  etat, essai, demande, reponse_de, source, retour_nom, retour_publie, libere)"
    "  SELECT id, 1, date, 'c' || id, archive, 1, sha(id), 'zip', date, 'initial', etat, id = 101,"
    "  demande, CASE WHEN demande IS NOT NULL THEN demande END, 's', 'r' || id, publie, libere "
    "FROM d;"
    /* 113 gave the bytes of 7, which lives */
    "UPDATE depots SET sha256 = sha(7) WHERE id = 113;"
    /* one whose hash begins like that of 101 */
    "INSERT INTO depots (id, nuit, date, compte, archive, taille, sha256, format, recu_le, type,"
    "  etat, essai, demande, source, retour_nom, retour_publie, libere) VALUES (31, 1, "
    "'2026-01-01',"
    "  'c6', 'a31', 1, substr(sha(101), 1, 16) || printf('%048d', 0), 'zip', '2026-01-01', "
    "'pieces',"
    "  'OK', 0, 6, 's', 'r31', 1, 1);"
    "INSERT INTO effacements (date, nature, objet, depot, sha256, etat) VALUES"
    " ('2026-05-01', 'refus', 'archive', 108, sha(108), 'fait'),"
    " ('2026-05-01', 'refus', 'donnees', 108, NULL, 'fait');"
    "INSERT INTO anomalies SELECT id, 1, 'X', 'bloquant', 'archive/nom.pdf', 1, 1, 'v', 'm', 'r',"
    "  NULL FROM d UNION ALL SELECT id, 2, 'X', 'bloquant', 'banque.iban', 1, 1, 'v', 'm', 'r',"
    "  NULL FROM d;"
    "INSERT INTO mails SELECT id, '2026-01-01', 'depot_refuse', 'd' || id, 'n' || id, NULL, '',"
    "  NULL, id, NULL, id <> 106, NULL FROM d;"
    /* of a drop that is due, but of a request that lives */
    "INSERT INTO mails VALUES (200, '2026-01-01', 't', 'd200', 'n200', 6, 'n', NULL, 113, NULL, 1, NULL);"
    "INSERT INTO corrections SELECT id, 'a_corriger' || id, 't', id <> 107, NULL, 0, 's', 'n',"
    " 'a', 'l', 'v' FROM d;"
    "DROP TABLE q; DROP TABLE d;";

static inline void purge_file(struct fixture *fixture, const char *path, const char *text)
{
	int fd = openat(fixture->root.fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		fail_msg("%s", path);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static inline void purge_folder(struct fixture *fixture, const char *path)
{
	if (mkdirat(fixture->root.fd, path, 0700) != 0 && errno != EEXIST)
		fail_msg("%s", path);
}

static inline bool purge_exists(struct fixture *fixture, const char *path)
{
	return faccessat(fixture->root.fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* "#" becomes the number, "@" the number as a mail's name has it; the caller frees it. */
static inline char *purge_path(const char *format, unsigned n)
{
	struct buf path = {0};

	for (; *format != '\0'; format++)
		if (*format == '#' || *format == '@')
			buf_printf(&path, "%0*u", *format == '#' ? 0 : 9, n);
		else
			buf_putc(&path, *format);
	return buf_take(&path);
}

static inline void purge_kept_path(unsigned n, char path[static 128])
{
	char hex[SHA256_HEX_SIZE];

	purge_hash(n, hex);
	snprintf(path, 128, "var/archives/%.2s/%s", hex, hex);
}

static inline void purge_keep(struct fixture *fixture, unsigned n)
{
	char path[128], text[32], folder[32];

	purge_kept_path(n, path);
	snprintf(folder, sizeof(folder), "%.15s", path);
	purge_folder(fixture, folder);
	snprintf(text, sizeof(text), "kept by %u", n);
	purge_file(fixture, path, text);
}

/* Whether a file is kept under the hash of that number. */
static inline bool purge_kept(struct fixture *fixture, unsigned n)
{
	char path[128];

	purge_kept_path(n, path);
	return purge_exists(fixture, path);
}

static const unsigned purge_requests = 17, purge_first_drop = 101, purge_last_drop = 113;

static inline void purge_fill(struct fixture *fixture)
{
	static const char *const folders[] = {
	    "var",
	    "var/archives",
	    "var/tmp",
	    "var/references",
	    "outbox",
	    "outbox/asp",
	    "outbox/asp/rapports",
	    "outbox/mails",
	    "outbox/mails/new",
	    "outbox/mails/cur",
	    "outbox/fournisseurs",
	};
	static const char *const files[] = {"outbox/fournisseurs/c#/r#",
					    "outbox/fournisseurs/c#/a_corriger#"};

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		purge_folder(fixture, folders[i]);
	assert_int_equal(sqlite3_create_function(fixture->db, "sha", 1, SQLITE_UTF8, NULL,
						 purge_sha, NULL, NULL),
			 SQLITE_OK);
	fixture_sql(fixture, purge_rows);
	for (unsigned n = 1; n <= purge_last_drop; n++) {
		char *path;

		if (n > purge_requests && n < purge_first_drop)
			continue;
		purge_keep(fixture, n);
		path = purge_path("outbox/fournisseurs/c#", n);
		purge_folder(fixture, path);
		free(path);
		for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
			path = purge_path(files[i], n);
			purge_file(fixture, path, "x");
			free(path);
		}
		path = purge_path(n % 2 == 1 ? "outbox/mails/new/20260101.M@.segur"
					     : "outbox/mails/cur/20260101.M@.segur:2,S",
				  n);
		purge_file(fixture, path, "mail");
		free(path);
	}
	purge_file(fixture, "outbox/mails/new/20260101.M000000200.segur", "mail");
	purge_keep(fixture, 2010);
	purge_keep(fixture, 2017);
}

static inline int purge_setup(void **state)
{
	struct fixture *fixture;

	fixture_setup(state);
	fixture = *state;
	fixture->root.conf.identite_jours = 30;
	fixture->root.conf.dossier_jours = 100;
	fixture->root.conf.refus_jours = 60;
	fixture->root.conf.rapports_jours = 90;
	free(fixture->root.conf.certificat);
	fixture->root.conf.certificat = mem_strdup("aucun");
	assert_int_equal(sqlite3_exec(store_database(fixture->root.store),
				      "PRAGMA synchronous = OFF", NULL, NULL, NULL),
			 SQLITE_OK);
	fixture_sql(fixture, "PRAGMA synchronous = OFF");
	purge_fill(fixture);
	return 0;
}

#endif
