-- The journal (journal.h): its links, and what `segur verify` reads. The three statements that give events begin
-- with the same columns: what a link says of an event.

-- shape: event (id, demande, numero, date, evenement, acteur, de, vers, motif, pieces, fichier, details, efface_le,
--     sha256)

-- name: journal_last: the end of the chain
SELECT rang, maillon FROM journal WHERE rang = (SELECT max(rang) FROM journal)
UNION ALL SELECT rang, maillon FROM reprises WHERE rang = (SELECT max(rang) FROM reprises)
ORDER BY rang DESC LIMIT 1;

-- name: journal_insert
INSERT INTO journal (rang, evenement, texte, maillon) VALUES (:rang, :evenement, :texte, :maillon);

-- name: journal_unsealed: there are events and no link yet
SELECT 1 WHERE (SELECT max(id) FROM evenements) IS NOT NULL AND (SELECT max(rang) FROM journal) IS NULL;

-- name: journal_evenement
-- columns: event
SELECT e.id, e.demande, e.numero, e.date, e.evenement, e.acteur, e.de, e.vers, e.motif, e.pieces, e.fichier,
    e.details, e.efface_le, coalesce(d.sha256, f.sha256, '') AS sha256
FROM evenements e
LEFT JOIN depots d ON d.id = e.depot
LEFT JOIN fichiers_asp f ON f.id = e.fichier_asp
WHERE e.id = :id;

-- name: journal_evenements: in the order of the chain
-- columns: event
SELECT e.id, e.demande, e.numero, e.date, e.evenement, e.acteur, e.de, e.vers, e.motif, e.pieces, e.fichier,
    e.details, e.efface_le, coalesce(d.sha256, f.sha256, '') AS sha256
FROM evenements e
LEFT JOIN depots d ON d.id = e.depot
LEFT JOIN fichiers_asp f ON f.id = e.fichier_asp
ORDER BY e.id;

-- name: output_journal: the link of the event that came with a drop
SELECT j.rang, coalesce(p.maillon, r.maillon, '') AS precedent, j.texte, j.maillon
FROM evenements e
JOIN journal j ON j.evenement = e.id
LEFT JOIN journal p ON p.rang = j.rang - 1
LEFT JOIN reprises r ON r.rang = j.rang - 1
WHERE e.depot = :depot ORDER BY e.id LIMIT 1;

-- name: verify_integrity: the first twenty faults of the file, or ok
SELECT integrity_check FROM pragma_integrity_check(20);

-- name: verify_foreign_keys: rows that name a row that is not there
SELECT "table", rowid, parent FROM pragma_foreign_key_check;

-- name: verify_triggers: the triggers and views, with their text
SELECT name, sql FROM sqlite_schema WHERE type IN ('trigger', 'view') ORDER BY name;

-- name: verify_trigger
SELECT sql FROM sqlite_schema WHERE type IN ('trigger', 'view') AND name = :name;

-- name: verify_journal: the links in order, each with the event it stands for; those of restorations (reprise)
SELECT j.rang, j.evenement, j.texte, j.maillon, e.id AS found, NULL AS reprise
FROM journal j LEFT JOIN evenements e ON e.id = j.evenement
UNION ALL SELECT rang, evenement, texte, maillon, 0, id FROM reprises WHERE rang IS NOT NULL
ORDER BY rang;

-- name: verify_reprise: what a restoration's link tells
SELECT le, sauvegarde, source, derniere, precedent, demande, mail, evenement FROM reprises WHERE id = :id;

-- name: verify_link
SELECT maillon FROM journal WHERE rang = :rang UNION ALL SELECT maillon FROM reprises WHERE rang = :rang;

-- name: verify_evenements: each event with its link
-- columns: event
SELECT e.id, e.demande, e.numero, e.date, e.evenement, e.acteur, e.de, e.vers, e.motif, e.pieces, e.fichier,
    e.details, e.efface_le, coalesce(d.sha256, f.sha256, '') AS sha256,
    j.rang, j.texte
FROM evenements e
LEFT JOIN depots d ON d.id = e.depot
LEFT JOIN fichiers_asp f ON f.id = e.fichier_asp
LEFT JOIN journal j ON j.evenement = e.id
ORDER BY e.id;

-- name: verify_statuts: each request with its history
SELECT q.id AS demande, q.rang, q.statut, e.id AS evenement_id, e.numero, e.date, e.evenement, e.de, e.vers
FROM demandes q LEFT JOIN evenements e ON e.demande = q.id ORDER BY q.id, e.id;

-- name: verify_archives: what requests rest on: drops, and documents that a purge keeps alone
SELECT sha256, numero, compte, archive FROM depots_conserves
WHERE etat IN ('OK', 'ANO') AND essai = 0
UNION ALL SELECT p.sha256, d.numero, d.compte, p.type FROM pieces_conservees p JOIN depots d ON d.id = p.depot
WHERE p.lieu = 'seule';

-- name: verify_evenements_count: for the progress bar
SELECT count(*) FROM evenements;

-- name: verify_demandes_count
SELECT count(*) FROM demandes;

-- name: verify_depots_count
SELECT count(*) FROM depots;

-- name: verify_compteurs: each counter, ours or found: what it says (NULL: missing), what is true (NULL: not ours)
WITH noms(nom) AS (VALUES ('EN_COURS'), ('VALIDATION_PARTIELLE'), ('ATTENTE_PIECES'), ('CERTIFICATS_A_VALIDER'),
    ('REJETEE'), ('VALIDEE'), ('comptes'))
SELECT noms.nom, c.valeur, iif(noms.nom = 'comptes', (SELECT count(*) FROM comptes),
    (SELECT count(*) FROM demandes q WHERE q.statut = noms.nom)) AS compte
FROM noms LEFT JOIN compteurs c ON c.nom = noms.nom
UNION ALL SELECT nom, valeur, NULL FROM compteurs WHERE nom NOT IN (SELECT nom FROM noms)
UNION ALL SELECT 'effacement', coalesce((SELECT valeur FROM reperes WHERE nom = 'effacement'), 0),
    coalesce((SELECT min(d.nuit) FROM effacements x JOIN depots d ON d.id = x.depot), 0);

-- name: verify_stock: how far closed establishments were looked for, and INSEE's newest file
SELECT valeur, (SELECT coalesce(max(id), 0) FROM fichiers_asp
    WHERE nature IN ('unites_legales', 'etablissements') AND etat = 'pris') AS newest
FROM reperes WHERE nom = 'stock';

-- name: verify_suspended: requests whose reminders wait for the ANS register; valide: that says validated
SELECT q.id, q.rang, q.statut, q.referencement_attendu,
    EXISTS (SELECT 1 FROM referencements r WHERE r.numero_ans = q.numero_ans AND r.etat = 'valide') AS valide
FROM demandes q WHERE q.referencement_attendu <> 0;
