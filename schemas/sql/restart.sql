-- What was given so far, and what a restored root goes on behind (restart.h, given.h).

-- name: given: the newest day of a night, and the highest that was given of each kind
SELECT coalesce((SELECT max(date) FROM nuits), '') AS nuit,
    coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'demandes'), 0) AS demande,
    max(coalesce((SELECT max(id) FROM mails), 0), coalesce((SELECT max(mail) FROM reprises), 0)) AS mail,
    max(coalesce((SELECT max(id) FROM evenements), 0), coalesce((SELECT max(evenement) FROM reprises), 0)) AS evenement,
    max(coalesce((SELECT max(rang) FROM journal), 0), coalesce((SELECT max(rang) FROM reprises), 0)) AS rang,
    coalesce((SELECT max(id) FROM nuits), 0) AS derniere_nuit

-- name: given_nights: the days of the newest nights, oldest first
SELECT date FROM (SELECT DISTINCT date FROM nuits ORDER BY date DESC LIMIT :limit) ORDER BY date

-- name: restart_insert
INSERT INTO reprises (id, le, apres, sauvegarde, source, derniere, jouable, manquantes, perdues, demande, mail,
    evenement, precedent, rang, texte, maillon)
VALUES (:id, :le, :apres, :sauvegarde, :source, :derniere, :jouable, :manquantes, :perdues, :demande, :mail,
    :evenement, :precedent, :rang, :texte, :maillon)

-- name: restart_next_id
SELECT coalesce(max(id), 0) + 1 FROM reprises

-- name: restart_sequence_make
INSERT INTO sqlite_sequence (name, seq) SELECT 'demandes', 0
WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'demandes')

-- name: restart_sequence_set
UPDATE sqlite_sequence SET seq = max(seq, :demande) WHERE name = 'demandes'

-- name: restart_first_day: the first day on which a night may be played; '' when any may
SELECT coalesce(max(jouable), '') AS jouable FROM reprises

-- name: restart_drops: how many of a day's drops are recorded, or known to be lost
SELECT (SELECT count(*) FROM depots WHERE date = :date)
    + (SELECT coalesce(sum(perdues), 0) FROM reprises WHERE jouable = :date)

-- name: restart_all: the restorations after a night, up to an event, after one of them; columns as restart_insert has them
SELECT id, le, apres, sauvegarde, source, derniere, jouable, manquantes, perdues, demande, mail, evenement, precedent,
    rang, texte, maillon
FROM reprises WHERE apres = :nuit AND evenement < :before AND id > :after ORDER BY id LIMIT 1

-- name: restart_list: for people
SELECT r.id, r.le, r.source, r.derniere, r.manquantes, r.rang, r.precedent, r.texte, r.maillon,
    coalesce(n.date, '') AS nuit
FROM reprises r LEFT JOIN nuits n ON n.id = r.apres ORDER BY r.id

-- name: restart_due: a row when something is to go out; stopped: a night before this one did not come to its end
SELECT EXISTS (SELECT 1 FROM nuits WHERE terminee = 0 AND id < :nuit) AS stopped
WHERE EXISTS (SELECT 1 FROM depots WHERE retour_publie = 0) OR EXISTS (SELECT 1 FROM fichiers_asp WHERE retour_publie = 0)
    OR EXISTS (SELECT 1 FROM corrections WHERE publie = 0) OR EXISTS (SELECT 1 FROM mails WHERE publie = 0)
    OR EXISTS (SELECT 1 FROM modifications WHERE publie = 0 AND retiree_le IS NULL)
    OR EXISTS (SELECT 1 FROM mails WHERE publie = 2)

-- name: restart_insee: INSEE's files in force, which a backup may lack
SELECT sha256 FROM fichiers_asp WHERE id IN (
    SELECT max(id) FROM fichiers_asp WHERE nature = 'unites_legales' AND etat = 'pris'
    UNION ALL SELECT max(id) FROM fichiers_asp WHERE nature = 'etablissements' AND etat = 'pris')
