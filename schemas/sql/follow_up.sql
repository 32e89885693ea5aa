-- What time brings, and what several requests show together: reminders (delais.c) and signals (signaux.c).
-- Parameters are ?1, ?2… in the order that the comment gives; columns in the order of the SELECT.

-- An anticipé is not reminded as long as the ANS register does not say that its referencing is validated: there is no
-- certificate yet that the supplier could add. Its last column then is 1, and it is set aside until a register says so.
-- name: relance_next (last day of a wait that is over; attente_depuis and id of the last one seen)
SELECT q.id, q.rang, q.statut, q.contact, q.contact_nom, q.attente_depuis,
    coalesce((SELECT group_concat(p.type, '|')
        FROM (SELECT type FROM pieces_demandees WHERE demande = q.id ORDER BY type) p), ''),
    (SELECT count(*) FROM evenements e WHERE e.demande = q.id AND e.evenement = 'relance' AND e.id >
        coalesce((SELECT max(a.id) FROM evenements a
            WHERE a.demande = q.id AND a.evenement NOT IN ('relance', 'echeance')), 0)),
    q.statut = 'VALIDATION_PARTIELLE' AND NOT EXISTS
        (SELECT 1 FROM referencements r WHERE r.numero_ans = q.numero_ans AND r.etat = 'valide')
FROM demandes q
WHERE q.attente_depuis <= ?1 AND (q.attente_depuis, q.id) > (?2, ?3) AND q.referencement_attendu = 0
ORDER BY q.attente_depuis, q.id LIMIT 1

-- name: demande_reminded (demande, date of the night)
UPDATE demandes SET attente_depuis = ?2 WHERE id = ?1

-- name: relance_suspended (demande)
UPDATE demandes SET referencement_attendu = 1 WHERE id = ?1

-- name: echeance_next (last date to be told)
SELECT h.demande, h.type, h.date, h.depot, q.rang, q.statut
FROM echeances h JOIN demandes q ON q.id = h.demande
WHERE h.date <= ?1 ORDER BY h.date, h.demande, h.type LIMIT 1

-- name: echeance_delete (demande, type)
DELETE FROM echeances WHERE demande = ?1 AND type = ?2

-- name: echeances_clear (demande)
DELETE FROM echeances WHERE demande = ?1

-- name: echeance_insert (demande, type, date, drop): the later document of one type stands
INSERT OR REPLACE INTO echeances (demande, type, date, depot) VALUES (?1, ?2, ?3, ?4)

-- name: follow_up_pieces (demande): documents in force that say how long they are valid
SELECT type, valide_jusqu_au, depot FROM pieces
WHERE demande = ?1 AND remplacee = 0 AND valide_jusqu_au IS NOT NULL ORDER BY id

-- Of each identity paper its nature, its two dates, and the drop since which that end is given.
-- name: follow_up_demande (demande)
SELECT q.rang, q.siren, o.iban,
    o.representant_identite_nature, o.representant_identite_valide_jusqu_au,
    o.representant_identite_delivree_le,
    (SELECT min(x.depot) FROM dossiers x WHERE x.demande = q.id
        AND x.representant_identite_valide_jusqu_au = o.representant_identite_valide_jusqu_au),
    o.depositaire_identite_nature, o.depositaire_identite_valide_jusqu_au,
    o.depositaire_identite_delivree_le,
    (SELECT min(x.depot) FROM dossiers x WHERE x.demande = q.id
        AND x.depositaire_identite_valide_jusqu_au = o.depositaire_identite_valide_jusqu_au),
    o.declarant = 'depositaire'
FROM demandes q LEFT JOIN dossiers o ON o.demande = q.id AND o.rang = q.rang
WHERE q.id = ?1

-- name: signal_insert
INSERT INTO signaux (nuit, date, demande, numero, depot, code, chemin, valeur, message, page_guide, cle)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
ON CONFLICT (demande, code, cle) DO NOTHING

-- name: signal_known (demande, code, cle)
SELECT 1 FROM signaux WHERE demande = ?1 AND code = ?2 AND cle = ?3

-- Both look at the newest 200 and name at most ten, so that what thousands share costs no more than the rest.
-- name: signal_ibans (iban, siren): the newest request of each other SIREN, newest first
SELECT max(q.id), q.rang, q.siren
FROM (SELECT demande, rang FROM dossiers WHERE iban = ?1 ORDER BY demande DESC LIMIT 200) o
CROSS JOIN demandes q ON q.id = o.demande AND q.rang = o.rang
WHERE q.siren <> ?2 AND q.statut <> 'REJETEE'
GROUP BY q.siren ORDER BY max(q.id) DESC LIMIT 10

-- A rejected request of the same supplier is no news: what it held comes again with the next one.
-- name: signal_fichiers (sha256, drop, demande, type, siren): the other requests of a file, or its other type in this
SELECT p.demande, q.rang, p.type, max(p.id)
FROM (SELECT id, demande, type FROM pieces
    WHERE substr(sha256, 1, 16) = substr(?1, 1, 16) AND +sha256 = ?1 AND depot <> ?2 ORDER BY id DESC LIMIT 200) p
CROSS JOIN demandes q ON q.id = p.demande
WHERE iif(p.demande = ?3, p.type <> ?4, q.statut <> 'REJETEE' OR q.siren <> ?5)
GROUP BY p.demande ORDER BY p.demande DESC LIMIT 10

-- name: follow_up_fichiers (demande, drop): the documents that came with it
SELECT type, fichier, sha256 FROM pieces WHERE demande = ?1 AND depot = ?2 ORDER BY id

-- name: follow_up_stock_new: 1 when INSEE's files are newer than those that the requests under way were held against
SELECT coalesce(max(id), 0) > coalesce((SELECT valeur FROM reperes WHERE nom = 'stock'), 0) FROM fichiers_asp
WHERE nature IN ('unites_legales', 'etablissements') AND etat = 'pris'

-- name: follow_up_stock_seen
INSERT OR REPLACE INTO reperes (nom, valeur) SELECT 'stock', coalesce(max(id), 0) FROM fichiers_asp
WHERE nature IN ('unites_legales', 'etablissements') AND etat = 'pris'

-- name: follow_up_sirets: of the requests under way
SELECT DISTINCT siret FROM demandes
WHERE statut IN ('EN_COURS', 'VALIDATION_PARTIELLE', 'ATTENTE_PIECES', 'CERTIFICATS_A_VALIDER')

-- By the newest of INSEE's files that was asked; with the latest drop of the request.
-- name: closure_next (statut, last id seen): a closed establishment or legal unit that was not told yet
SELECT q.id, q.rang, q.siret,
    (SELECT e.depot FROM evenements e WHERE e.demande = q.id AND e.depot IS NOT NULL ORDER BY e.id DESC LIMIT 1)
FROM demandes q
WHERE q.statut = ?1 AND q.id > ?2
    AND ('F' = (SELECT t.etat FROM etablissements t WHERE t.siret = q.siret ORDER BY t.fichier DESC LIMIT 1)
        OR 'C' = (SELECT u.etat FROM unites_legales u WHERE u.siren = q.siren ORDER BY u.fichier DESC LIMIT 1))
    AND NOT EXISTS (SELECT 1 FROM signaux s
        WHERE s.demande = q.id AND s.code = 'SIG-004' AND s.cle = q.siret)
ORDER BY q.id LIMIT 1
