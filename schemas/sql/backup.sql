-- A backup is a database of its own: the installation's, and its files in these two tables. These statements run on
-- that database, not on the installation's; restoring takes the two tables out again.

-- name: backup_open
CREATE TABLE sauvegarde_fichiers (
    id INTEGER PRIMARY KEY,
    chemin TEXT NOT NULL UNIQUE,      -- below the root
    mode INTEGER NOT NULL,            -- permission bits
    taille INTEGER NOT NULL,
    sha256 TEXT NOT NULL
) STRICT;
CREATE TABLE sauvegarde_morceaux (
    fichier INTEGER NOT NULL REFERENCES sauvegarde_fichiers(id),
    rang INTEGER NOT NULL,
    octets BLOB NOT NULL,
    PRIMARY KEY (fichier, rang)
) STRICT, WITHOUT ROWID;

-- name: backup_present
SELECT count(*) AS count FROM sqlite_master WHERE name IN ('sauvegarde_fichiers', 'sauvegarde_morceaux')

-- name: backup_integrity: the first fault of the file, or ok
SELECT integrity_check FROM pragma_integrity_check(1)

-- name: backup_version
SELECT user_version FROM pragma_user_version

-- (An index without a text comes with its table; ANALYZE makes statistics.)
-- name: backup_schema: the parts of the schema
SELECT type, name, sql FROM sqlite_schema
WHERE sql IS NOT NULL AND name NOT IN ('sqlite_stat1', 'sqlite_stat4') ORDER BY rowid

-- name: backup_schema_has
SELECT 1 FROM sqlite_schema WHERE type = :type AND name = :name AND sql = :sql

-- name: backup_fichier_insert
INSERT INTO sauvegarde_fichiers (chemin, mode, taille, sha256) VALUES (:chemin, :mode, :taille, :sha256)

-- name: backup_fichier_set
UPDATE sauvegarde_fichiers SET taille = :taille, sha256 = :sha256 WHERE id = :id

-- name: backup_morceau_insert
INSERT INTO sauvegarde_morceaux (fichier, rang, octets) VALUES (:fichier, :rang, :octets)

-- name: backup_fichiers_list
SELECT id, chemin, mode, taille, sha256 FROM sauvegarde_fichiers ORDER BY id

-- name: backup_morceaux_list
SELECT octets FROM sauvegarde_morceaux WHERE fichier = :fichier ORDER BY rang

-- name: backup_close
DROP TABLE sauvegarde_morceaux;
DROP TABLE sauvegarde_fichiers

-- These run in the restored root, once it is migrated. Its outbox is empty: what was published is due again, the same
-- bytes under the same names. Mails are not, since they went out, nor is what a purge has erased.

-- name: restore_retours_due
UPDATE depots SET retour_publie = 0, retour_sha256 = NULL WHERE archive <> ''

-- name: restore_retours_asp_due
UPDATE fichiers_asp SET retour_publie = 0, retour_sha256 = NULL

-- name: restore_mails: due, and being handed over when the backup was written
SELECT (SELECT count(*) FROM mails WHERE publie = 0) AS due,
    (SELECT count(*) FROM mails WHERE publie = 2) AS in_handover

-- name: restore_mails_gone: those that a later night has handed over
UPDATE mails SET publie = 1 WHERE publie = 0

-- name: restore_corrections_due
UPDATE corrections SET publie = 0, sha256 = NULL WHERE texte <> ''

-- name: restore_modifications_due
UPDATE modifications SET publie = 0, sha256 = NULL WHERE retiree_le IS NULL
