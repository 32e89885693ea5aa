-- What a root that was restored from an older backup goes on behind, so that no request number, mail, event or rank of
-- the journal is given twice (restart.h). One row for each restoration; rows are only ever added.

CREATE TABLE reprises (
    id INTEGER PRIMARY KEY,
    le TEXT NOT NULL,                 -- the day of the restoration
    apres INTEGER NOT NULL,           -- the last night of the backup; 0: none
    sauvegarde TEXT NOT NULL,         -- SHA-256 of the backup
    source TEXT NOT NULL CHECK (source IN (
        'aucune',                     -- nothing was told of later nights
        'date',                       -- the day of the last that went out
        'outbox')),                   -- that day, and what was given until then
    derniere TEXT NOT NULL,           -- the day of the last night that went out; '' when nothing was told
    jouable TEXT NOT NULL,            -- the first day on which a night may be played; '' when any may
    manquantes TEXT NOT NULL,         -- days of nights that are known to be missing, separated by |
    perdues INTEGER NOT NULL,         -- request numbers that are known to be lost
    demande INTEGER NOT NULL,         -- what comes next is numbered behind these four
    mail INTEGER NOT NULL,
    evenement INTEGER NOT NULL,
    precedent INTEGER NOT NULL,       -- the rank of the link before; 0: none
    -- A link of the chain, when it leaves a gap behind `precedent`: the next event's rank is the next.
    rang INTEGER UNIQUE,
    texte TEXT,
    maillon TEXT
) STRICT;
CREATE TRIGGER reprises_sans_retouche BEFORE UPDATE ON reprises
    BEGIN SELECT raise(ABORT, 'une reprise ne se modifie pas'); END;
CREATE TRIGGER reprises_sans_retrait BEFORE DELETE ON reprises
    BEGIN SELECT raise(ABORT, 'une reprise ne se retire pas'); END;
CREATE TRIGGER reprises_par_la_fin BEFORE INSERT ON reprises
    WHEN NEW.id <> coalesce((SELECT max(id) FROM reprises), 0) + 1
        OR NEW.rang <= max(coalesce((SELECT max(rang) FROM journal), 0), coalesce((SELECT max(rang) FROM reprises), 0))
    BEGIN SELECT raise(ABORT, 'une reprise ne s''écrit que par la fin'); END;

DROP TRIGGER journal_par_la_fin;
CREATE TRIGGER journal_par_la_fin BEFORE INSERT ON journal
    WHEN NEW.rang
        <> max(coalesce((SELECT max(rang) FROM journal), 0), coalesce((SELECT max(rang) FROM reprises), 0)) + 1
    BEGIN SELECT raise(ABORT, 'le journal ne s''écrit que par la fin'); END;
