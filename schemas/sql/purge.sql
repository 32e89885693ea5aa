-- What `segur purge` erases (docs/conservation.md). A request is finished since its last event. Of one whose outputs
-- are due still nothing is erased: they are made of it. ?1, ?2… in the order that the comment gives.

-- name: purge_dossiers_due (limit, after, count): a whole dossier; its last column: its outputs are due still
SELECT q.id, q.rang, q.statut, (SELECT max(e.date) FROM evenements e WHERE e.demande = q.id) AS fin,
    EXISTS (SELECT 1 FROM mails m WHERE m.demande = q.id AND m.publie = 0)
        OR EXISTS (SELECT 1 FROM depots d WHERE d.demande = q.id AND (d.retour_publie = 0 OR d.libere = 0))
FROM demandes q
WHERE q.id > ?2 AND q.statut IN ('REJETEE', 'VALIDEE') AND fin <= ?1
    AND NOT EXISTS (SELECT 1 FROM effacements x WHERE x.demande = q.id AND x.nature = 'dossier')
ORDER BY q.id LIMIT ?3;

-- name: purge_identites_due (limit, after, count, limit of the whole dossier, which holds these too)
SELECT q.id, q.rang, q.statut, (SELECT max(e.date) FROM evenements e WHERE e.demande = q.id) AS fin,
    EXISTS (SELECT 1 FROM mails m WHERE m.demande = q.id AND m.publie = 0)
        OR EXISTS (SELECT 1 FROM depots d WHERE d.demande = q.id AND (d.retour_publie = 0 OR d.libere = 0))
FROM demandes q
WHERE q.id > ?2 AND q.statut IN ('REJETEE', 'VALIDEE') AND fin <= ?1 AND fin > ?4
    AND NOT EXISTS (SELECT 1 FROM effacements x WHERE x.demande = q.id AND x.nature IN ('identite', 'dossier'))
    AND EXISTS (SELECT 1 FROM pieces p WHERE p.demande = q.id AND p.type LIKE 'piece_identite_%')
ORDER BY q.id LIMIT ?3;

-- name: purge_refus_due (limit, after, count): drops that made no request, and the first answer given again since its request
-- was erased; the last column as above
SELECT d.id, d.date, d.compte, d.etat, d.essai,
    d.retour_publie = 0 OR (d.libere = 0 AND d.etat <> 'INCIDENT')
        OR EXISTS (SELECT 1 FROM mails m WHERE m.depot = d.id AND m.publie = 0)
        OR EXISTS (SELECT 1 FROM corrections c WHERE c.depot = d.id AND c.publie = 0)
FROM depots d
WHERE d.id > ?2 AND d.date <= ?1
    AND (d.demande IS NULL OR (d.archive <> ''
        AND EXISTS (SELECT 1 FROM effacements x WHERE x.demande = d.demande AND x.nature = 'dossier' AND x.etat <> 'du')))
    AND NOT EXISTS (SELECT 1 FROM effacements x WHERE x.depot = d.id AND x.nature = 'refus')
ORDER BY d.id LIMIT ?3;

-- name: purge_to_extract (demande): documents to keep alone before their archives go
SELECT d.sha256, p.ordinal, p.sha256
FROM depots_identite d JOIN pieces_conservees p ON p.depot = d.id
WHERE d.demande = ?1 AND p.demande = ?1 AND p.lieu = 'archive' AND p.type NOT LIKE 'piece_identite_%'
ORDER BY d.id, p.ordinal;

-- The rows that say what is due. ?1: date, ?2: demande or depot.

-- name: purge_identite_pieces
INSERT INTO effacements (date, nature, objet, demande, depot, piece, sha256)
SELECT ?1, 'identite', p.type, p.demande, p.depot, p.id, p.sha256 FROM pieces_conservees p
WHERE p.demande = ?2 AND p.lieu <> 'effacee' AND p.type LIKE 'piece_identite_%' ORDER BY p.id;

-- name: purge_identite_archives
INSERT INTO effacements (date, nature, objet, demande, depot, sha256)
SELECT ?1, 'identite', 'archive', d.demande, d.id, d.sha256 FROM depots_identite d WHERE d.demande = ?2 ORDER BY d.id;

-- name: purge_identite_data
INSERT INTO effacements (date, nature, objet, demande) VALUES (?1, 'identite', 'donnees', ?2);

-- name: purge_dossier_pieces
INSERT INTO effacements (date, nature, objet, demande, depot, piece, sha256)
SELECT ?1, 'dossier', p.type, p.demande, p.depot, p.id, p.sha256 FROM pieces_conservees p
WHERE p.demande = ?2 AND p.lieu <> 'effacee' ORDER BY p.id;

-- name: purge_dossier_archives
INSERT INTO effacements (date, nature, objet, demande, depot, sha256)
SELECT ?1, 'dossier', 'archive', d.demande, d.id, d.sha256 FROM depots_conserves d WHERE d.demande = ?2 ORDER BY d.id;

-- name: purge_dossier_data
INSERT INTO effacements (date, nature, objet, demande) VALUES (?1, 'dossier', 'donnees', ?2);

-- name: purge_refus_archives
INSERT INTO effacements (date, nature, objet, depot, sha256)
SELECT ?1, 'refus', 'archive', d.id, d.sha256 FROM depots_conserves d WHERE d.id = ?2;

-- name: purge_refus_data
INSERT INTO effacements (date, nature, objet, depot) VALUES (?1, 'refus', 'donnees', ?2);

-- name: purge_reports
INSERT INTO effacements (date, nature, objet) VALUES (?1, 'rapports', ?2);

-- name: purge_unfinished: what is written as due and not yet gone
SELECT id, nature, objet, coalesce(demande, 0), coalesce(depot, 0), sha256 FROM effacements
WHERE etat = 'du' AND etat <> 'fait' ORDER BY id;

-- name: purge_interrupted: how much a killed purge has left
SELECT count(*) FROM effacements WHERE etat <> 'fait';

-- name: purge_in_database: what is not ended yet erased something in the database
SELECT 1 FROM effacements WHERE etat <> 'fait' AND nature <> 'rapports' LIMIT 1;

-- name: purge_needed (sha256): other drops, or documents kept alone, rest on that file
SELECT 1 WHERE EXISTS (SELECT 1 FROM depots_conserves
        WHERE substr(sha256, 1, 16) = substr(?1, 1, 16) AND +sha256 = ?1)
    OR EXISTS (SELECT 1 FROM pieces_conservees
        WHERE substr(sha256, 1, 16) = substr(?1, 1, 16) AND +sha256 = ?1 AND lieu = 'seule');

-- name: purge_answers (demande or NULL, depot or NULL): answers that may lie in the outbox still
SELECT 'outbox/fournisseurs/' || compte, retour_nom FROM depots WHERE demande = ?1 OR id = ?2
UNION ALL SELECT 'outbox/fournisseurs/' || d.compte, c.nom FROM corrections c JOIN depots d ON d.id = c.depot
    WHERE d.demande = ?1 OR d.id = ?2;

-- The file of a mail, whatever a mail reader has added to its name.
-- name: purge_mail (file name): it is of a request or of a drop whose data are being erased
SELECT 1 FROM mails m WHERE m.id = CAST(substr(?1, instr(?1, '.M') + 2) AS INTEGER) AND instr(?1, $mail_file) > 0
    AND EXISTS (SELECT 1 FROM effacements x
    WHERE x.etat = 'du' AND x.etat <> 'fait' AND x.objet = 'donnees' AND x.nature <> 'identite'
        AND (x.demande = m.demande OR (x.depot = m.depot AND m.demande IS NULL)));

-- name: purge_removed (id, partage)
UPDATE effacements SET etat = 'retire', partage = ?2 WHERE id = ?1;

-- name: purge_done: once the database file holds nothing of it
UPDATE effacements SET etat = 'fait' WHERE etat = 'retire' AND etat <> 'fait';

-- What the rows of the database said. ?1: demande, or depot for what made no request; ?2: date.

-- name: erase_identite_dossiers
UPDATE dossiers SET representant_identite_nature = NULL, representant_identite_valide_jusqu_au = NULL,
    representant_identite_delivree_le = NULL, depositaire_identite_nature = NULL,
    depositaire_identite_valide_jusqu_au = NULL, depositaire_identite_delivree_le = NULL
WHERE demande = ?1;

-- name: erase_identite_pieces
UPDATE pieces SET fichier = '', valide_jusqu_au = NULL WHERE demande = ?1 AND type LIKE 'piece_identite_%';

-- name: erase_identite_echeances
DELETE FROM echeances WHERE demande = ?1 AND type LIKE 'piece_identite_%';

-- name: erase_identite_anomalies
UPDATE anomalies SET valeur = NULL, message = 'texte effacé', remede = ''
WHERE depot IN (SELECT id FROM depots WHERE demande = ?1) AND chemin LIKE '%identite%';

-- name: erase_identite_signaux
UPDATE signaux SET valeur = NULL, message = 'texte effacé', cle = 'effacee-' || id
WHERE demande = ?1 AND chemin LIKE '%identite%';

-- name: erase_dossiers: its answers that are no personal data stay
UPDATE dossiers SET nom_commercial = NULL, denomination_sociale = NULL, destinataire = NULL, batiment = NULL,
    numero = NULL, extension = NULL, type_voie = NULL, nom_voie = NULL, complement = NULL, code_postal = NULL,
    commune = NULL, representant_nom = NULL, representant_prenom = NULL, representant_email = NULL,
    representant_telephone = NULL, representant_identite_nature = NULL,
    representant_identite_valide_jusqu_au = NULL, representant_identite_delivree_le = NULL,
    depositaire_qualite = NULL, depositaire_nom = NULL, depositaire_prenom = NULL, depositaire_email = NULL,
    depositaire_telephone = NULL, depositaire_identite_nature = NULL,
    depositaire_identite_valide_jusqu_au = NULL, depositaire_identite_delivree_le = NULL,
    iban = NULL, bic = NULL, titulaire = NULL, domiciliation = NULL
WHERE demande = ?1;

-- name: erase_demande
UPDATE demandes SET denomination = '', contact = '', contact_nom = '' WHERE id = ?1;

-- name: erase_pieces
UPDATE pieces SET fichier = '', valide_jusqu_au = NULL WHERE demande = ?1;

-- name: erase_echeances
DELETE FROM echeances WHERE demande = ?1;

-- name: erase_evenements: what they say of people; the journal rests on the rest
UPDATE evenements SET acteur = substr(acteur, 1, instr(acteur || ':', ':') - 1), motif = '', fichier = '', efface_le = ?2
WHERE demande = ?1 AND efface_le IS NULL;

-- name: erase_signaux
UPDATE signaux SET valeur = NULL, message = 'texte effacé', cle = 'effacee-' || id WHERE demande = ?1;

-- name: erase_mails
UPDATE mails SET destinataire = '', destinataire_nom = '' WHERE demande = ?1;

-- name: erase_anomalies
UPDATE anomalies SET valeur = NULL, message = 'texte effacé', remede = '',
    chemin = iif(chemin LIKE 'archive/%', 'archive', chemin)
WHERE depot IN (SELECT id FROM depots WHERE demande = ?1);

-- name: erase_depots: names of answers must differ within an account
UPDATE depots SET archive = '', retour_nom = 'effacee-' || id WHERE demande = ?1;

-- name: erase_refus_anomalies
UPDATE anomalies SET valeur = NULL, message = 'texte effacé', remede = '',
    chemin = iif(chemin LIKE 'archive/%', 'archive', chemin)
WHERE depot = ?1;

-- name: erase_refus_corrections
UPDATE corrections SET nom = 'effacee-' || depot, texte = '' WHERE depot = ?1;

-- name: erase_refus_mails
UPDATE mails SET destinataire = '', destinataire_nom = '' WHERE depot = ?1 AND demande IS NULL;

-- name: erase_refus_depots
UPDATE depots SET archive = '', retour_nom = 'effacee-' || id WHERE id = ?1;

-- name: demande_effacements (demande): for `segur show`
SELECT date, CASE nature WHEN 'identite' THEN 'pièces d''identité' ELSE 'dossier entier' END,
    sum(piece IS NOT NULL), sum(objet = 'archive'), iif(min(etat = 'fait'), 'fait', 'en cours')
FROM effacements WHERE demande = ?1 GROUP BY date, nature ORDER BY min(id);
