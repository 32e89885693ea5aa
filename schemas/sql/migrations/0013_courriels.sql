-- What a mail says of a drop or of a demand, as facts.

-- 1: nothing of the dossier could be read, and the file to correct is a model. The others: what was read of the company
-- and its software; NULL: not told, or erased.
ALTER TABLE corrections ADD COLUMN modele INTEGER NOT NULL DEFAULT 0;
UPDATE corrections SET modele = 1 WHERE instr(texte, 'Votre dossier.yaml n''a pas pu être lu') > 0;
ALTER TABLE corrections ADD COLUMN siret TEXT;
ALTER TABLE corrections ADD COLUMN denomination TEXT;
ALTER TABLE corrections ADD COLUMN numero_ans TEXT;
ALTER TABLE corrections ADD COLUMN logiciel TEXT;
ALTER TABLE corrections ADD COLUMN version TEXT;

-- The file that goes with a demand for a modification: the request's sections as they were, to be corrected.
CREATE TABLE modifications (
    evenement INTEGER PRIMARY KEY REFERENCES evenements(id),
    nom TEXT NOT NULL UNIQUE,         -- its file name, in the folder of the request's account
    retiree_le TEXT,                  -- the night that withdrew it: the demand is over, or the account may not act any more
    publie INTEGER NOT NULL DEFAULT 0, -- 2: taken out of the folder again
    sha256 TEXT
) STRICT;
CREATE INDEX modifications_dues ON modifications(evenement) WHERE publie = 0;
CREATE INDEX modifications_en_place ON modifications(evenement) WHERE retiree_le IS NULL;
CREATE INDEX modifications_retirees ON modifications(evenement) WHERE publie = 1 AND retiree_le IS NOT NULL;

-- The last night in which an account was told that drops of its own wait for us.
CREATE TABLE attentes (
    compte TEXT PRIMARY KEY,
    nuit INTEGER NOT NULL REFERENCES nuits(id)
) STRICT, WITHOUT ROWID;
