-- What case managers work by: since when a request waits, which alerts stand, what a month that is over came to.

-- The day on which it came to its status. The trigger keeps it.
ALTER TABLE demandes ADD COLUMN statut_depuis TEXT;
UPDATE demandes SET statut_depuis = coalesce((SELECT e.date FROM evenements e
    WHERE e.demande = demandes.id AND e.evenement NOT IN ('relance', 'echeance') ORDER BY e.id DESC LIMIT 1), date_depot);
CREATE TRIGGER demandes_statut_depuis AFTER INSERT ON evenements
    WHEN NEW.evenement NOT IN ('relance', 'echeance', 'prendre', 'classer_alerte')
    BEGIN UPDATE demandes SET statut_depuis = NEW.date WHERE id = NEW.demande; END;

-- As it was said; '' where it was told before there was this column.
ALTER TABLE signaux ADD COLUMN remede TEXT NOT NULL DEFAULT '';

-- An alert stands while its request is under way, until a case manager sets it aside. `id` is its name for people:
-- D12A3 is the anomaly of rank 3 of drop 12, S4 the fourth signal.
CREATE VIEW alertes_depots AS
SELECT 'D' || d.id || 'A' || a.ordre AS id, q.id AS demande, d.id AS depot, a.ordre, d.numero, d.date, d.archive,
    d.compte, a.code, a.chemin, a.ligne, a.colonne, a.valeur, a.message, a.page_guide, a.remede
FROM demandes q CROSS JOIN depots d ON d.demande = q.id CROSS JOIN anomalies a ON a.depot = d.id
WHERE q.statut NOT IN ('REJETEE', 'VALIDEE')
    AND a.gravite = 'alerte' AND d.essai = 0 AND d.numero IS NOT NULL AND d.etat IN ('OK', 'ANO')
    AND NOT EXISTS (SELECT 1 FROM evenements e WHERE e.demande = q.id AND e.evenement = 'classer_alerte'
        AND e.details = 'D' || d.id || 'A' || a.ordre);
CREATE VIEW alertes_signaux AS
SELECT 'S' || s.id AS id, q.id AS demande, s.cle, s.numero, s.date, d.archive, d.compte, s.code, s.chemin,
    NULL AS ligne, NULL AS colonne, s.valeur, s.message, s.page_guide, s.remede
FROM demandes q CROSS JOIN signaux s ON s.demande = q.id CROSS JOIN depots d ON d.id = s.depot
WHERE q.statut NOT IN ('REJETEE', 'VALIDEE')
    AND NOT EXISTS (SELECT 1 FROM evenements e WHERE e.demande = q.id AND e.evenement = 'classer_alerte'
        AND e.details = 'S' || s.id);

-- The statistics of months that are over, each computed once.
CREATE TABLE statistiques_mois (
    mois TEXT NOT NULL,               -- AAAA-MM
    indicateur TEXT NOT NULL,
    dsr TEXT NOT NULL,                -- '': all of them
    valeur INTEGER,                   -- NULL: there is nothing to measure
    PRIMARY KEY (mois, indicateur, dsr)
) STRICT, WITHOUT ROWID;
