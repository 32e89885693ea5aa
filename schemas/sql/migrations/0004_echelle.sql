-- A million requests: what a night costs depends on what came, not on what is stored.

-- How many there are, so that no night has to count them: requests by status, accesses. Kept by the triggers.
CREATE TABLE compteurs (
    nom TEXT PRIMARY KEY,             -- a status; comptes
    valeur INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
WITH statuts(statut) AS (VALUES ('EN_COURS'), ('VALIDATION_PARTIELLE'), ('ATTENTE_PIECES'), ('CERTIFICATS_A_VALIDER'),
    ('REJETEE'), ('VALIDEE'))
INSERT INTO compteurs SELECT statut, (SELECT count(*) FROM demandes q WHERE q.statut = statuts.statut) FROM statuts
UNION ALL SELECT 'comptes', count(*) FROM comptes;
CREATE TRIGGER compteurs_demande AFTER INSERT ON demandes
    BEGIN UPDATE compteurs SET valeur = valeur + 1 WHERE nom = NEW.statut; END;
CREATE TRIGGER compteurs_statut AFTER UPDATE OF statut ON demandes WHEN NEW.statut <> OLD.statut
    BEGIN
        UPDATE compteurs SET valeur = valeur - 1 WHERE nom = OLD.statut;
        UPDATE compteurs SET valeur = valeur + 1 WHERE nom = NEW.statut;
    END;
CREATE TRIGGER compteurs_compte AFTER INSERT ON comptes
    BEGIN UPDATE compteurs SET valeur = valeur + 1 WHERE nom = 'comptes'; END;

-- 1: a reminder was due while the ANS register did not say that its referencing is validated. It is looked at again
-- when a register says so, not every night until then.
ALTER TABLE demandes ADD COLUMN referencement_attendu INTEGER NOT NULL DEFAULT 0;
DROP INDEX demandes_attente;
CREATE INDEX demandes_attente ON demandes(attente_depuis)
    WHERE attente_depuis IS NOT NULL AND referencement_attendu = 0;
CREATE INDEX demandes_suspendues ON demandes(numero_ans) WHERE referencement_attendu = 1;
CREATE TRIGGER referencements_attendus AFTER INSERT ON referencements WHEN NEW.etat = 'valide'
    BEGIN
        UPDATE demandes SET referencement_attendu = 0
        WHERE referencement_attendu = 1 AND numero_ans = NEW.numero_ans;
    END;

-- reperes, effacement: the first night of whose drops something was erased.
INSERT INTO reperes SELECT 'effacement', min(d.nuit) FROM effacements x JOIN depots d ON d.id = x.depot
    HAVING count(*) > 0;
CREATE TRIGGER reperes_effacement AFTER INSERT ON effacements WHEN NEW.depot IS NOT NULL
    BEGIN
        INSERT INTO reperes SELECT 'effacement', nuit FROM depots WHERE id = NEW.depot
        ON CONFLICT (nom) DO UPDATE SET valeur = min(valeur, excluded.valeur);
    END;

-- What a request opened, for the reports of a night.
CREATE INDEX comptes_demande ON comptes(demande);
