-- What was published can be told later: `segur verify` holds the files of the outbox against these hashes.

-- SHA-256 of the bytes that were published, in hexadecimal, written with the mark that they were. NULL: they are due,
-- or were published before there were hashes.
ALTER TABLE depots ADD COLUMN retour_sha256 TEXT;
ALTER TABLE corrections ADD COLUMN sha256 TEXT;
ALTER TABLE fichiers_asp ADD COLUMN retour_sha256 TEXT;
ALTER TABLE mails ADD COLUMN sha256 TEXT;

-- The files of a night that have no row of their own: reports. One row for each file, as it was last published.
CREATE TABLE sorties (
    dossier TEXT NOT NULL,            -- below the root
    nom TEXT NOT NULL,
    nuit INTEGER NOT NULL REFERENCES nuits(id),
    sha256 TEXT NOT NULL,
    taille INTEGER NOT NULL,
    PRIMARY KEY (dossier, nom)
) STRICT, WITHOUT ROWID;
