-- What `segur purge` erases (docs/conservation.md). A request is finished since its last event. Nothing of it is
-- erased while its outputs are due, since they are made of it.

-- shape: due (id, rang, compte, statut, fin, essai, waiting)

-- name: purge_dossiers_due: whole dossiers; waiting: their outputs are still due
-- columns: due
SELECT q.id, q.rang, '' AS compte, q.statut, (SELECT max(e.date) FROM evenements e WHERE e.demande = q.id) AS fin,
    0 AS essai,
    EXISTS (SELECT 1 FROM mails m WHERE m.demande = q.id AND m.publie = 0)
        OR EXISTS (SELECT 1 FROM depots d WHERE d.demande = q.id AND (d.retour_publie = 0 OR d.libere = 0)) AS waiting
FROM demandes q
WHERE q.id > :after AND q.statut IN ('REJETEE', 'VALIDEE') AND fin <= :until
    AND NOT EXISTS (SELECT 1 FROM effacements x WHERE x.demande = q.id AND x.nature = 'dossier')
ORDER BY q.id LIMIT :limit;

-- name: purge_identites_due: identity papers, unless the whole dossier, which holds them, is due
-- columns: due
SELECT q.id, q.rang, '' AS compte, q.statut, (SELECT max(e.date) FROM evenements e WHERE e.demande = q.id) AS fin,
    0 AS essai,
    EXISTS (SELECT 1 FROM mails m WHERE m.demande = q.id AND m.publie = 0)
        OR EXISTS (SELECT 1 FROM depots d WHERE d.demande = q.id AND (d.retour_publie = 0 OR d.libere = 0)) AS waiting
FROM demandes q
WHERE q.id > :after AND q.statut IN ('REJETEE', 'VALIDEE') AND fin <= :until AND fin > :whole_until
    AND NOT EXISTS (SELECT 1 FROM effacements x WHERE x.demande = q.id)
    AND EXISTS (SELECT 1 FROM pieces p WHERE p.demande = q.id AND p.type LIKE 'piece_identite_%')
ORDER BY q.id LIMIT :limit;

-- name: purge_refus_due: drops that made no request, and repeats that came after their request was erased
-- columns: due
SELECT d.id, 0 AS rang, d.compte, d.etat AS statut, d.date AS fin, d.essai,
    d.retour_publie = 0 OR (d.libere = 0 AND d.etat <> 'INCIDENT')
        OR EXISTS (SELECT 1 FROM mails m WHERE m.depot = d.id AND m.publie = 0)
        OR EXISTS (SELECT 1 FROM corrections c WHERE c.depot = d.id AND c.publie = 0) AS waiting
FROM depots d
WHERE d.id > :after AND d.date <= :until
    AND (d.demande IS NULL OR (d.archive <> ''
        AND EXISTS (SELECT 1 FROM effacements x WHERE x.demande = d.demande AND x.nature = 'dossier' AND x.etat <> 'du')))
    AND NOT EXISTS (SELECT 1 FROM effacements x WHERE x.depot = d.id AND x.nature = 'refus')
ORDER BY d.id LIMIT :limit;

-- name: purge_to_extract: documents to keep alone before their archives go
SELECT d.sha256 AS archive, p.ordinal, p.sha256
FROM depots_identite d JOIN pieces p ON p.depot = d.id
WHERE p.demande = :demande AND p.type NOT LIKE 'piece_identite_%'
ORDER BY d.id, p.ordinal;

-- These write the rows that say what is due. :id is a demande, or a depot that made none.

-- name: purge_identite_pieces
INSERT INTO effacements (date, nature, objet, demande, depot, piece, sha256)
SELECT :date, 'identite', p.type, p.demande, p.depot, p.id, p.sha256 FROM pieces p
WHERE p.demande = :id AND p.type LIKE 'piece_identite_%' ORDER BY p.id;

-- name: purge_identite_archives
INSERT INTO effacements (date, nature, objet, demande, depot, sha256)
SELECT :date, 'identite', 'archive', d.demande, d.id, d.sha256 FROM depots_identite d
WHERE d.demande = :id ORDER BY d.id;

-- name: purge_identite_data
INSERT INTO effacements (date, nature, objet, demande) VALUES (:date, 'identite', 'donnees', :id);

-- name: purge_dossier_pieces
INSERT INTO effacements (date, nature, objet, demande, depot, piece, sha256)
SELECT :date, 'dossier', p.type, p.demande, p.depot, p.id, p.sha256 FROM pieces_conservees p
WHERE p.demande = :id AND p.lieu <> 'effacee' ORDER BY p.id;

-- name: purge_dossier_archives
INSERT INTO effacements (date, nature, objet, demande, depot, sha256)
SELECT :date, 'dossier', 'archive', d.demande, d.id, d.sha256 FROM depots_conserves d
WHERE d.demande = :id ORDER BY d.id;

-- name: purge_dossier_data
INSERT INTO effacements (date, nature, objet, demande) VALUES (:date, 'dossier', 'donnees', :id);

-- name: purge_refus_archives
INSERT INTO effacements (date, nature, objet, depot, sha256)
SELECT :date, 'refus', 'archive', d.id, d.sha256 FROM depots_conserves d WHERE d.id = :id;

-- name: purge_refus_data
INSERT INTO effacements (date, nature, objet, depot) VALUES (:date, 'refus', 'donnees', :id);

-- name: purge_reports
INSERT INTO effacements (date, nature, objet) VALUES (:date, 'rapports', :objet);

-- name: purge_unfinished: what is written as due and not yet gone
SELECT id, nature, objet, coalesce(demande, 0) AS demande, coalesce(depot, 0) AS depot, sha256 FROM effacements
WHERE etat = 'du' AND etat <> 'fait' ORDER BY id;

-- name: purge_interrupted: how much a killed purge has left
SELECT count(*) FROM effacements WHERE etat <> 'fait';

-- name: purge_in_database: whether an unfinished erasure concerns the database
SELECT 1 FROM effacements WHERE etat <> 'fait' AND nature <> 'rapports' LIMIT 1;

-- name: purge_needed: whether other drops, or documents kept alone, need that file
SELECT 1 WHERE EXISTS (SELECT 1 FROM depots_conserves
        WHERE substr(sha256, 1, 16) = substr(:sha256, 1, 16) AND +sha256 = :sha256)
    OR EXISTS (SELECT 1 FROM pieces_conservees
        WHERE substr(sha256, 1, 16) = substr(:sha256, 1, 16) AND +sha256 = :sha256 AND lieu = 'seule');

-- What of a request, or of a drop (the other is NULL), may still lie in the outbox.

-- name: purge_answers
-- columns: output
SELECT id, 'outbox/fournisseurs/' || compte AS folder, retour_nom AS name FROM depots
WHERE demande = :demande OR id = :depot;

-- name: purge_corrections
-- columns: output
SELECT c.depot AS id, 'outbox/fournisseurs/' || d.compte AS folder, c.nom AS name
FROM corrections c JOIN depots d ON d.id = c.depot WHERE d.demande = :demande OR d.id = :depot;

-- name: purge_modifications
-- columns: output
SELECT m.evenement AS id, 'outbox/fournisseurs/' || q.compte AS folder, m.nom AS name
FROM modifications m JOIN evenements e ON e.id = m.evenement JOIN demandes q ON q.id = e.demande
WHERE e.demande = :demande AND :depot IS NULL;

-- :file names a mail, whatever a mail reader has added to the name.
-- name: purge_mail: whether the mail is of a request or of a drop whose data are being erased
SELECT 1 FROM mails m WHERE m.id = CAST(substr(:file, instr(:file, '.M') + 2) AS INTEGER)
    AND instr(:file, $mail_file) > 0 AND EXISTS (SELECT 1 FROM effacements x
    WHERE x.etat = 'du' AND x.etat <> 'fait' AND x.objet = 'donnees' AND x.nature <> 'identite'
        AND (x.demande = m.demande OR (x.depot = m.depot AND m.demande IS NULL)));

-- name: purge_removed
UPDATE effacements SET etat = 'retire', partage = :partage WHERE id = :id;

-- name: purge_done: once the database file holds nothing of it
UPDATE effacements SET etat = 'fait' WHERE etat = 'retire' AND etat <> 'fait';

-- These erase what the rows of the database said. :id is a demande, or a depot that made none.

-- name: erase_identite_dossiers
UPDATE dossiers SET representant_identite_nature = NULL, representant_identite_valide_jusqu_au = NULL,
    representant_identite_delivree_le = NULL, depositaire_identite_nature = NULL,
    depositaire_identite_valide_jusqu_au = NULL, depositaire_identite_delivree_le = NULL
WHERE demande = :id;

-- name: erase_identite_pieces
UPDATE pieces SET fichier = '', valide_jusqu_au = NULL WHERE demande = :id AND type LIKE 'piece_identite_%';

-- name: erase_identite_echeances
DELETE FROM echeances WHERE demande = :id AND type LIKE 'piece_identite_%';

-- name: erase_identite_anomalies
UPDATE anomalies SET valeur = NULL, message = 'texte effacé', remede = ''
WHERE depot IN (SELECT id FROM depots WHERE demande = :id) AND chemin LIKE '%identite%';

-- name: erase_identite_signaux
UPDATE signaux SET valeur = NULL, message = 'texte effacé', cle = 'effacee-' || id
WHERE demande = :id AND chemin LIKE '%identite%';

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
WHERE demande = :id;

-- name: erase_demande
UPDATE demandes SET denomination = '', contact = '', contact_nom = '' WHERE id = :id;

-- name: erase_pieces
UPDATE pieces SET fichier = '', valide_jusqu_au = NULL WHERE demande = :id;

-- name: erase_echeances
DELETE FROM echeances WHERE demande = :id;

-- name: erase_evenements: what events say of people; the journal needs the rest
UPDATE evenements SET acteur = substr(acteur, 1, instr(acteur || ':', ':') - 1), motif = '', fichier = '',
    efface_le = :date
WHERE demande = :id AND efface_le IS NULL;

-- name: erase_signaux
UPDATE signaux SET valeur = NULL, message = 'texte effacé', cle = 'effacee-' || id WHERE demande = :id;

-- name: erase_mails
UPDATE mails SET destinataire = '', destinataire_nom = '' WHERE demande = :id;

-- name: erase_anomalies
UPDATE anomalies SET valeur = NULL, message = 'texte effacé', remede = '',
    chemin = iif(chemin LIKE 'archive/%', 'archive', chemin)
WHERE depot IN (SELECT id FROM depots WHERE demande = :id);

-- name: erase_depots: names of answers must differ within an account
UPDATE depots SET archive = '', retour_nom = 'effacee-' || id WHERE demande = :id;

-- name: erase_refus_anomalies
UPDATE anomalies SET valeur = NULL, message = 'texte effacé', remede = '',
    chemin = iif(chemin LIKE 'archive/%', 'archive', chemin)
WHERE depot = :id;

-- name: erase_refus_corrections
UPDATE corrections SET nom = 'effacee-' || depot, texte = '', siret = NULL, denomination = NULL, numero_ans = NULL,
    logiciel = NULL, version = NULL
WHERE depot = :id;

-- name: erase_refus_mails
UPDATE mails SET destinataire = '', destinataire_nom = '' WHERE depot = :id AND demande IS NULL;

-- name: erase_refus_depots
UPDATE depots SET archive = '', retour_nom = 'effacee-' || id WHERE id = :id;

-- name: demande_effacements: for `segur show`
SELECT date, CASE nature WHEN 'identite' THEN 'pièces d''identité' ELSE 'dossier entier' END AS erased,
    sum(piece IS NOT NULL) AS documents, sum(objet = 'archive') AS archives,
    iif(min(etat = 'fait'), 'fait', 'en cours') AS state
FROM effacements WHERE demande = :demande GROUP BY date, nature ORDER BY min(id);
