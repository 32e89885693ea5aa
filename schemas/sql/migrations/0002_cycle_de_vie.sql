-- The whole life cycle: what a request waits for, its history as a chain, signals for case managers.

-- Since when the supplier's next step is awaited, or when it was last reminded; NULL: nothing is awaited.
ALTER TABLE demandes ADD COLUMN attente_depuis TEXT;
-- The day of its first validation, full or partial: what opened the supplier's access and its next requests.
ALTER TABLE demandes ADD COLUMN validee_le TEXT;
UPDATE demandes SET
    attente_depuis = iif(statut IN ('ATTENTE_PIECES', 'VALIDATION_PARTIELLE'),
        (SELECT max(e.date) FROM evenements e WHERE e.demande = demandes.id), NULL),
    validee_le = (SELECT min(e.date) FROM evenements e
        WHERE e.demande = demandes.id AND e.vers IN ('VALIDATION_PARTIELLE', 'VALIDEE'));
CREATE INDEX demandes_attente ON demandes(attente_depuis) WHERE attente_depuis IS NOT NULL;

-- The drop that an event came with, and what it changed: key paths, or what runs out, separated by |; the decisions
-- file that it came from; the day on which what it says of people was erased (NULL: it is there).
ALTER TABLE evenements ADD COLUMN depot INTEGER REFERENCES depots(id);
ALTER TABLE evenements ADD COLUMN details TEXT NOT NULL DEFAULT '';
ALTER TABLE evenements ADD COLUMN fichier_asp INTEGER REFERENCES fichiers_asp(id);
ALTER TABLE evenements ADD COLUMN efface_le TEXT;
UPDATE evenements SET depot = (SELECT o.depot FROM dossiers o
    WHERE o.demande = evenements.demande AND o.rang = 0) WHERE evenement = 'depot';
UPDATE evenements SET fichier_asp = (SELECT f.id FROM fichiers_asp f
    WHERE f.nature = 'decisions' AND f.etat = 'pris' AND f.nuit = evenements.nuit AND f.nom = evenements.fichier)
    WHERE evenement <> 'depot' AND nuit IS NOT NULL;
CREATE INDEX evenements_depot ON evenements(depot) WHERE depot IS NOT NULL;

-- 1: a later document of that type stands for it, or the dossier no longer calls for it.
ALTER TABLE pieces ADD COLUMN remplacee INTEGER NOT NULL DEFAULT 0;
CREATE INDEX dossiers_iban ON dossiers(iban) WHERE iban IS NOT NULL;

-- The events again as a chain of SHA-256 (journal.h); rows are only ever added. `texte` holds no personal data, so
-- that what an event says of people may be erased and the chain stays whole.
CREATE TABLE journal (
    rang INTEGER PRIMARY KEY,         -- 1, 2, 3… without a gap
    evenement INTEGER NOT NULL UNIQUE REFERENCES evenements(id),
    texte TEXT NOT NULL,
    maillon TEXT NOT NULL             -- SHA-256 of the link before, a line end, and `texte`; hexadecimal
) STRICT;
CREATE TRIGGER journal_sans_retouche BEFORE UPDATE ON journal
    BEGIN SELECT raise(ABORT, 'le journal ne se modifie pas'); END;
CREATE TRIGGER journal_sans_retrait BEFORE DELETE ON journal
    BEGIN SELECT raise(ABORT, 'le journal ne se modifie pas'); END;
-- REPLACE takes a row away without a word to the trigger above.
CREATE TRIGGER journal_par_la_fin BEFORE INSERT ON journal
    WHEN NEW.rang <> coalesce((SELECT max(rang) FROM journal), 0) + 1
    BEGIN SELECT raise(ABORT, 'le journal ne s''écrit que par la fin'); END;
-- Events stay as they were written too. What they say of people may be erased, whole and once.
CREATE TRIGGER evenements_sans_retouche BEFORE UPDATE ON evenements
    WHEN NOT (OLD.efface_le IS NULL AND NEW.efface_le IS NOT NULL
        AND NEW.acteur = substr(OLD.acteur, 1, instr(OLD.acteur || ':', ':') - 1)
        AND NEW.motif = '' AND NEW.fichier = ''
        AND (NEW.id, NEW.nuit, NEW.date, NEW.demande, NEW.numero, NEW.evenement)
            IS (OLD.id, OLD.nuit, OLD.date, OLD.demande, OLD.numero, OLD.evenement)
        AND (NEW.de, NEW.vers, NEW.pieces, NEW.depot, NEW.details, NEW.fichier_asp)
            IS (OLD.de, OLD.vers, OLD.pieces, OLD.depot, OLD.details, OLD.fichier_asp))
    BEGIN SELECT raise(ABORT, 'un événement ne se modifie pas'); END;
CREATE TRIGGER evenements_sans_retrait BEFORE DELETE ON evenements
    BEGIN SELECT raise(ABORT, 'un événement ne se retire pas'); END;
CREATE TRIGGER evenements_sans_remplacement BEFORE INSERT ON evenements
    WHEN EXISTS (SELECT 1 FROM evenements WHERE id = NEW.id)
    BEGIN SELECT raise(ABORT, 'un événement ne se remplace pas'); END;

-- What case managers should look at, never told to suppliers, never blocking.
CREATE TABLE signaux (
    id INTEGER PRIMARY KEY,
    nuit INTEGER NOT NULL REFERENCES nuits(id),
    date TEXT NOT NULL,
    demande INTEGER NOT NULL REFERENCES demandes(id),
    numero TEXT NOT NULL,             -- with its rank at that time
    depot INTEGER NOT NULL REFERENCES depots(id), -- the drop that it concerns
    code TEXT NOT NULL,
    chemin TEXT NOT NULL,
    valeur TEXT,
    message TEXT NOT NULL,
    page_guide INTEGER,
    cle TEXT NOT NULL,                -- what makes it the same signal, which is told once
    UNIQUE (demande, code, cle)
) STRICT;
CREATE INDEX signaux_nuit ON signaux(nuit);
CREATE INDEX signaux_date ON signaux(date);

-- Documents of requests that may run out while the request is under way; a row leaves once it was told, or when
-- the request is final.
CREATE TABLE echeances (
    demande INTEGER NOT NULL REFERENCES demandes(id),
    type TEXT NOT NULL,               -- of the piece
    date TEXT NOT NULL,               -- its last day of validity
    depot INTEGER NOT NULL REFERENCES depots(id),
    PRIMARY KEY (demande, type)
) STRICT, WITHOUT ROWID;
CREATE INDEX echeances_date ON echeances(date);

-- How far recurring work has come. stock: the newest of INSEE's files that the requests under way were held against.
CREATE TABLE reperes (
    nom TEXT PRIMARY KEY,
    valeur INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The file to correct that goes with a refusal.
CREATE TABLE corrections (
    depot INTEGER PRIMARY KEY REFERENCES depots(id),
    nom TEXT NOT NULL,                -- its file name, beside the answer
    texte TEXT NOT NULL,
    publie INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX corrections_dues ON corrections(depot) WHERE publie = 0;

-- 1: it was killed or failed on the way; a later night's reports told what it had recorded.
ALTER TABLE nuits ADD COLUMN interrompue INTEGER NOT NULL DEFAULT 0;
CREATE INDEX nuits_date ON nuits(date);
CREATE INDEX fichiers_asp_sha256 ON fichiers_asp(sha256) WHERE sha256 IS NOT NULL;

-- The decisions of `segur decide`, between nights: which night each came after (0: before the first), so that the past
-- can be played again in its order.
CREATE TABLE commandes (
    evenement INTEGER PRIMARY KEY REFERENCES evenements(id),
    apres INTEGER NOT NULL
) STRICT;
CREATE INDEX commandes_apres ON commandes(apres, evenement);
INSERT INTO commandes SELECT e.id, coalesce((SELECT a.nuit FROM evenements a
    WHERE a.id < e.id AND a.nuit IS NOT NULL ORDER BY a.id DESC LIMIT 1), 0)
FROM evenements e WHERE e.nuit IS NULL;

-- mails.publie: 0 due; 2 being handed over to the relay, which its temporary disproves; 1 sent.
CREATE INDEX mails_en_remise ON mails(id) WHERE publie = 2;
