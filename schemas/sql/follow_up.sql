-- What time brings, and what several requests show together: reminders (deadlines.c) and signals (signals.c).

-- As long as the ANS register does not say that its referencing is validated, there is no certificate yet that an
-- anticipé could add. Such a request is suspended: set aside until a register says so, and reminded at longer intervals.
-- shape: relance (id, rang, statut, contact, contact_nom, attente_depuis, pieces, relances, suspended)

-- name: relance_next: the wait after the last one seen, of those that were over by that day
-- columns: relance
SELECT q.id, q.rang, q.statut, q.contact, q.contact_nom, q.attente_depuis,
    coalesce((SELECT group_concat(p.type, '|')
        FROM (SELECT type FROM pieces_demandees WHERE demande = q.id ORDER BY type) p), '') AS pieces,
    (SELECT count(*) FROM evenements e WHERE e.demande = q.id AND e.evenement = 'relance' AND e.id >
        coalesce((SELECT max(a.id) FROM evenements a
            WHERE a.demande = q.id AND a.evenement $is_step), 0)) AS relances,
    q.statut = 'VALIDATION_PARTIELLE' AND NOT EXISTS
        (SELECT 1 FROM referencements r WHERE r.numero_ans = q.numero_ans AND r.etat = 'valide') AS suspended
FROM demandes q
WHERE q.attente_depuis <= :until AND (q.attente_depuis, q.id) > (:attente_depuis, :id) AND q.referencement_attendu = 0
ORDER BY q.attente_depuis, q.id LIMIT 1

-- (A retired number gets no certificate any more: its request waits for a case manager.)
-- name: relance_suspended_next: likewise, of those that are suspended
-- columns: relance
SELECT q.id, q.rang, q.statut, q.contact, q.contact_nom, q.attente_depuis,
    coalesce((SELECT group_concat(p.type, '|')
        FROM (SELECT type FROM pieces_demandees WHERE demande = q.id ORDER BY type) p), '') AS pieces,
    (SELECT count(*) FROM evenements e WHERE e.demande = q.id AND e.evenement = 'relance' AND e.id >
        coalesce((SELECT max(a.id) FROM evenements a
            WHERE a.demande = q.id AND a.evenement $is_step), 0)) AS relances,
    1 AS suspended
FROM demandes q
WHERE q.attente_depuis <= :until AND (q.attente_depuis, q.id) > (:attente_depuis, :id) AND q.referencement_attendu = 1
    AND NOT EXISTS (SELECT 1 FROM referencements r WHERE r.numero_ans = q.numero_ans AND r.etat = 'retire')
ORDER BY q.attente_depuis, q.id LIMIT 1

-- name: night_rules: whether that night was played by these rules, or later ones
SELECT 1 FROM nuits WHERE id = :nuit AND regles >= :regles

-- name: demande_reminded
UPDATE demandes SET attente_depuis = :attente_depuis WHERE id = :id

-- name: relance_suspended
UPDATE demandes SET referencement_attendu = 1 WHERE id = :id

-- name: echeance_next: the document that ends first, by that date
SELECT h.demande, h.type, h.date, h.depot, q.rang, q.statut
FROM echeances h JOIN demandes q ON q.id = h.demande
WHERE h.date <= :until ORDER BY h.date, h.demande, h.type LIMIT 1

-- name: echeance_delete
DELETE FROM echeances WHERE demande = :demande AND type = :type

-- name: echeances_clear
DELETE FROM echeances WHERE demande = :demande

-- name: echeance_insert: the later document of one type stands
INSERT OR REPLACE INTO echeances (demande, type, date, depot) VALUES (:demande, :type, :date, :depot)

-- name: follow_up_pieces: documents in force that say how long they are valid
SELECT type, valide_jusqu_au, depot FROM pieces
WHERE demande = :demande AND remplacee = 0 AND valide_jusqu_au IS NOT NULL ORDER BY id

-- Each identity paper comes with its nature, its two dates, and the drop that first gave that end.
-- name: follow_up_demande
SELECT q.rang, q.siren, o.iban,
    o.representant_identite_nature, o.representant_identite_valide_jusqu_au,
    o.representant_identite_delivree_le,
    (SELECT min(x.depot) FROM dossiers x WHERE x.demande = q.id
        AND x.representant_identite_valide_jusqu_au = o.representant_identite_valide_jusqu_au)
        AS representant_identite_depot,
    o.depositaire_identite_nature, o.depositaire_identite_valide_jusqu_au,
    o.depositaire_identite_delivree_le,
    (SELECT min(x.depot) FROM dossiers x WHERE x.demande = q.id
        AND x.depositaire_identite_valide_jusqu_au = o.depositaire_identite_valide_jusqu_au)
        AS depositaire_identite_depot,
    o.declarant = 'depositaire' AS par_depositaire
FROM demandes q LEFT JOIN dossiers o ON o.demande = q.id AND o.rang = q.rang
WHERE q.id = :id

-- name: signal_insert
INSERT INTO signaux (nuit, date, demande, numero, depot, code, chemin, valeur, message, page_guide, cle, remede)
VALUES (:nuit, :date, :demande, :numero, :depot, :code, :chemin, :valeur, :message, :page_guide, :cle, :remede)
ON CONFLICT (demande, code, cle) DO NOTHING

-- name: signal_known
SELECT 1 FROM signaux WHERE demande = :demande AND code = :code AND cle = :cle

-- The next two look at the newest 200 and name at most ten: what thousands share costs no more than the rest.
-- name: signal_ibans: the newest request of each other SIREN, newest first
SELECT max(q.id) AS id, q.rang, q.siren
FROM (SELECT demande, rang FROM dossiers WHERE iban = :iban ORDER BY demande DESC LIMIT 200) o
CROSS JOIN demandes q ON q.id = o.demande AND q.rang = o.rang
WHERE q.siren <> :siren AND q.statut <> 'REJETEE'
GROUP BY q.siren ORDER BY max(q.id) DESC LIMIT 10

-- A rejected request of the same supplier is no news: what it held comes again with the next one.
-- name: signal_fichiers: the other requests that hold a file, or its other type in this one
SELECT p.demande, q.rang, p.type, max(p.id) AS newest
FROM (SELECT id, demande, type FROM pieces
    WHERE substr(sha256, 1, 16) = substr(:sha256, 1, 16) AND +sha256 = :sha256 AND depot <> :depot
    ORDER BY id DESC LIMIT 200) p
CROSS JOIN demandes q ON q.id = p.demande
WHERE iif(p.demande = :demande, p.type <> :type, q.statut <> 'REJETEE' OR q.siren <> :siren)
GROUP BY p.demande ORDER BY p.demande DESC LIMIT 10

-- name: follow_up_fichiers: the documents that came with that drop
SELECT type, fichier, sha256 FROM pieces WHERE demande = :demande AND depot = :depot ORDER BY id

-- name: follow_up_stock_new: 1 when INSEE's files are newer than those that the requests under way were held against
SELECT coalesce(max(id), 0) > coalesce((SELECT valeur FROM reperes WHERE nom = 'stock'), 0) FROM fichiers_asp
WHERE nature IN ('unites_legales', 'etablissements') AND etat = 'pris'

-- name: follow_up_stock_seen
INSERT OR REPLACE INTO reperes (nom, valeur) SELECT 'stock', coalesce(max(id), 0) FROM fichiers_asp
WHERE nature IN ('unites_legales', 'etablissements') AND etat = 'pris'

-- name: follow_up_sirets: of the requests under way
SELECT DISTINCT siret FROM demandes
WHERE statut IN ('EN_COURS', 'VALIDATION_PARTIELLE', 'ATTENTE_PIECES', 'CERTIFICATS_A_VALIDER')

-- The newest of INSEE's files that was asked decides. The row has the latest drop of the request.
-- name: closure_next: a closed establishment or legal unit that was not told yet, after the last id seen
SELECT q.id, q.rang, q.siret,
    (SELECT e.depot FROM evenements e WHERE e.demande = q.id AND e.depot IS NOT NULL ORDER BY e.id DESC LIMIT 1)
        AS depot
FROM demandes q
WHERE q.statut = :statut AND q.id > :after
    AND ('F' = (SELECT t.etat FROM etablissements t WHERE t.siret = q.siret ORDER BY t.fichier DESC LIMIT 1)
        OR 'C' = (SELECT u.etat FROM unites_legales u WHERE u.siren = q.siren ORDER BY u.fichier DESC LIMIT 1))
    AND NOT EXISTS (SELECT 1 FROM signaux s
        WHERE s.demande = q.id AND s.code = 'SIG-004' AND s.cle = q.siret)
ORDER BY q.id LIMIT 1
