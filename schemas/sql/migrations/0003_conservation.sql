-- What is kept is erased in time (RGPD), and the record of it.

-- One row for each thing erased; rows are only ever added. What is due is written first, then it is taken away, then
-- the row says so: a purge that was killed is finished by the next.
CREATE TABLE effacements (
    id INTEGER PRIMARY KEY,
    date TEXT NOT NULL,               -- of the purge
    nature TEXT NOT NULL CHECK (nature IN ('identite', 'dossier', 'refus', 'rapports')),
    objet TEXT NOT NULL,              -- archive, donnees, a type of piece; of rapports the day that they were of
    demande INTEGER REFERENCES demandes(id),
    depot INTEGER REFERENCES depots(id),
    piece INTEGER REFERENCES pieces(id),
    sha256 TEXT,                      -- of an archive or a piece
    partage INTEGER NOT NULL DEFAULT 0, -- 1: the same bytes are kept still, for another drop
    etat TEXT NOT NULL DEFAULT 'du' CHECK (etat IN ('du',
        'retire',                     -- gone, but for what the database file may hold of it
        'fait'))
) STRICT;
CREATE INDEX effacements_demande ON effacements(demande);
CREATE INDEX effacements_depot ON effacements(depot);
CREATE INDEX effacements_piece ON effacements(piece);
CREATE INDEX effacements_dus ON effacements(id) WHERE etat <> 'fait';
CREATE TRIGGER effacements_sans_retouche BEFORE UPDATE ON effacements
    WHEN OLD.etat = 'fait' OR NEW.id <> OLD.id OR NEW.date <> OLD.date OR NEW.nature <> OLD.nature
        OR NEW.objet <> OLD.objet OR NEW.demande IS NOT OLD.demande OR NEW.depot IS NOT OLD.depot
        OR NEW.piece IS NOT OLD.piece OR NEW.sha256 IS NOT OLD.sha256
    BEGIN SELECT raise(ABORT, 'un effacement ne se modifie pas'); END;
CREATE TRIGGER effacements_sans_retrait BEFORE DELETE ON effacements
    BEGIN SELECT raise(ABORT, 'un effacement ne se retire pas'); END;

-- Kept files that are encrypted, so that they can be verified without the key.
CREATE TABLE chiffres (
    sha256 TEXT PRIMARY KEY,          -- of the plain bytes
    empreinte TEXT NOT NULL           -- SHA-256 of the file
) STRICT, WITHOUT ROWID;

CREATE INDEX depots_demande ON depots(demande) WHERE demande IS NOT NULL;
CREATE INDEX depots_sha256 ON depots(sha256);

-- Drops whose bytes are kept: neither the first answer given again nor our own incident keeps anything.
CREATE VIEW depots_conserves AS
SELECT d.* FROM depots d
WHERE d.sha256 IS NOT NULL AND d.reponse_de IS NULL AND d.etat <> 'INCIDENT'
    AND NOT EXISTS (SELECT 1 FROM effacements x WHERE x.depot = d.id AND x.objet = 'archive');

-- Where a piece is: in the archive of its drop, alone under its own hash, or erased.
CREATE VIEW pieces_conservees AS
SELECT p.*, CASE
    WHEN EXISTS (SELECT 1 FROM effacements x WHERE x.piece = p.id) THEN 'effacee'
    WHEN EXISTS (SELECT 1 FROM effacements x WHERE x.depot = p.depot AND x.objet = 'archive') THEN 'seule'
    ELSE 'archive' END AS lieu
FROM pieces p;

-- Kept archives that hold data of identity: a paper, or the dossier that describes one.
CREATE VIEW depots_identite AS
SELECT d.id, d.demande, d.sha256 FROM depots_conserves d JOIN demandes q ON q.id = d.demande
WHERE (q.type = 'initial' AND d.type IN ('initial', 'modification'))
    OR EXISTS (SELECT 1 FROM pieces p WHERE p.demande = d.demande AND p.depot = d.id
        AND p.type LIKE 'piece_identite_%');
