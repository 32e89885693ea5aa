-- A past night played again (rejeu.h). Those of the first part read the original; of the second part, what both
-- databases say of one night (its id, its date) is compared: two numbers that order the rows and name them, what people
-- call the row, then the columns that are compared. Columns that a later night may change are not among them.

-- name: replay_nuits: last, whether it did not come to its end
SELECT n.id, n.date, n.programme, n.regles, n.interrompue OR NOT n.terminee FROM nuits n ORDER BY n.id;

-- name: replay_traces (nuit, date): how much it told case managers
SELECT (SELECT count(*) FROM evenements WHERE date = ?2 AND nuit = ?1)
    + (SELECT count(*) FROM signaux WHERE nuit = ?1);

-- name: replay_archives (last night): kept archives without which it cannot be played
SELECT sha256, compte, archive, date FROM depots
WHERE nuit <= ?1 AND sha256 IS NOT NULL AND etat <> 'INCIDENT' ORDER BY nuit, id;

-- name: replay_references (last night): kept files of the ASP, likewise
SELECT f.sha256, f.nom, n.date FROM fichiers_asp f JOIN nuits n ON n.id = f.nuit
WHERE f.nuit <= ?1 AND f.etat = 'pris' AND f.nature NOT IN ('unites_legales', 'etablissements') ORDER BY f.id;

-- name: replay_purge (last night): the first purge that erased something of a drop until then
SELECT x.date, d.date FROM effacements x CROSS JOIN depots d ON d.id = x.depot WHERE d.nuit <= ?1 ORDER BY x.id LIMIT 1;

-- name: replay_erased (date): the first event until then of which something was erased
SELECT date, numero FROM evenements WHERE date <= ?1 AND efface_le IS NOT NULL ORDER BY date, id LIMIT 1;

-- name: replay_fichiers (nuit)
SELECT id, nom, nature, coalesce(sha256, ''), recu_le, lignes, etat, source FROM fichiers_asp
WHERE nuit = ?1 ORDER BY id;

-- name: replay_depots (nuit, code of the anomaly that says that it is no file)
SELECT d.compte, d.archive, d.taille, coalesce(d.sha256, ''), d.recu_le, d.incident, d.source,
    EXISTS (SELECT 1 FROM anomalies a WHERE a.depot = d.id AND a.code = ?2)
FROM depots d WHERE d.nuit = ?1 ORDER BY d.id;

-- name: replay_commandes (night that they came after)
SELECT e.numero, e.evenement, e.motif, e.pieces, e.acteur, e.date
FROM commandes c JOIN evenements e ON e.id = c.evenement WHERE c.apres = ?1 ORDER BY c.evenement;

-- name: replay_etablissement (siret, fichier): columns as etablissement_insert has them after these two
SELECT etat, numero, extension, type_voie, nom_voie, complement, code_postal, commune
FROM etablissements WHERE siret = ?1 AND fichier = ?2;

-- name: replay_unite_legale (siren, fichier): likewise
SELECT etat, denomination FROM unites_legales WHERE siren = ?1 AND fichier = ?2;

-- name: replay_correction (depot)
SELECT texte FROM corrections WHERE depot = ?1;

-- name: replay_version (nuit, programme, regles): of the replay's night
UPDATE nuits SET programme = ?2, regles = ?3 WHERE id = ?1;

-- name: replay_rows_fichiers
SELECT f.id, 0, f.nom, f.nature, f.sha256, f.recu_le, f.lignes, f.etat, f.retour_nom
FROM fichiers_asp f WHERE f.nuit = ?1 ORDER BY f.id;

-- name: replay_rows_retours_asp
SELECT r.fichier, r.ordre, f.nom, r.ligne, r.numero, r.decision, r.etat, r.code, r.message, r.remede
FROM fichiers_asp f JOIN retours_asp r ON r.fichier = f.id WHERE f.nuit = ?1 ORDER BY f.id, r.ordre;

-- name: replay_rows_depots
SELECT d.id, 0, d.compte || '/' || d.archive, d.date, d.taille, d.sha256, d.format, d.recu_le, d.type, d.etat,
    d.essai, d.demande, d.numero, d.statut, d.incident, d.reponse_de, d.retour_nom
FROM depots d WHERE d.nuit = ?1 ORDER BY d.id;

-- name: replay_rows_anomalies
SELECT a.depot, a.ordre, d.compte || '/' || d.archive, a.code, a.gravite, a.chemin, a.ligne, a.colonne, a.valeur,
    a.message, a.remede, a.page_guide
FROM depots d JOIN anomalies a ON a.depot = d.id WHERE d.nuit = ?1 ORDER BY d.id, a.ordre;

-- name: replay_rows_corrections
SELECT c.depot, 0, d.compte || '/' || d.archive, c.nom, c.texte
FROM depots d JOIN corrections c ON c.depot = d.id WHERE d.nuit = ?1 ORDER BY d.id;

-- name: replay_rows_demandes
SELECT q.id, e.id, e.numero, q.type, q.anticipe, q.compte, q.siret, q.siren, q.numero_ans, q.logiciel, q.version,
    q.dsr, q.profil, q.siren_editeur, q.date_depot
FROM evenements e JOIN demandes q ON q.id = e.demande
WHERE e.date = ?2 AND e.nuit = ?1 AND e.evenement = 'depot' ORDER BY +q.id, +e.id;

-- name: replay_rows_dossiers
SELECT o.demande, o.rang, d.numero, o.depot, o.nom_commercial, o.denomination_sociale, o.destinataire, o.batiment,
    o.numero, o.extension, o.type_voie, o.nom_voie, o.complement, o.code_postal, o.commune, o.distributeur,
    o.declarant, o.representant_nom, o.representant_prenom, o.representant_email, o.representant_telephone,
    o.representant_identite_nature, o.representant_identite_valide_jusqu_au, o.representant_identite_delivree_le,
    o.depositaire_qualite, o.depositaire_nom, o.depositaire_prenom, o.depositaire_email, o.depositaire_telephone,
    o.depositaire_identite_nature, o.depositaire_identite_valide_jusqu_au, o.depositaire_identite_delivree_le,
    o.iban, o.bic, o.titulaire, o.domiciliation, o.tva_assujetti
FROM depots d JOIN dossiers o ON o.demande = d.demande AND o.depot = d.id
WHERE d.nuit = ?1 ORDER BY o.demande, o.rang;

-- name: replay_rows_pieces
SELECT p.id, 0, d.numero || ' ' || p.type, p.demande, p.depot, p.type, p.fichier, p.ordinal, p.taille, p.sha256,
    p.format, p.valide_jusqu_au
FROM depots d JOIN pieces p ON p.demande = d.demande AND p.depot = d.id WHERE d.nuit = ?1 ORDER BY +p.id;

-- name: replay_rows_evenements
SELECT e.id, 0, e.numero || ' ' || e.evenement, e.demande, e.evenement, e.acteur, e.de, e.vers, e.motif, e.pieces,
    e.fichier, e.depot, e.details, e.fichier_asp
FROM evenements e WHERE e.date = ?2 AND e.nuit = ?1 ORDER BY +e.id;

-- name: replay_rows_journal
SELECT j.rang, 0, e.numero || ' ' || e.evenement, j.texte, j.maillon
FROM evenements e JOIN journal j ON j.evenement = e.id WHERE e.date = ?2 AND e.nuit = ?1 ORDER BY +j.rang;

-- name: replay_rows_signaux
SELECT s.id, 0, s.numero || ' ' || s.code, s.demande, s.depot, s.code, s.chemin, s.valeur, s.message, s.page_guide,
    s.cle
FROM signaux s WHERE s.nuit = ?1 ORDER BY s.id;

-- name: replay_rows_comptes: the accesses that its events opened
SELECT m.id, 0, m.numero || ' ' || c.identifiant, c.email, c.siren, c.titulaire, c.ouvert_le, c.demande,
    c.jeton_sha256
FROM mails m JOIN evenements e ON e.id = m.evenement
JOIN comptes c ON c.identifiant = m.identifiant AND c.demande = m.demande
WHERE m.date = ?2 AND e.nuit = ?1 ORDER BY +m.id;

-- name: replay_rows_mails
SELECT m.id, 0, m.type || ' ' || m.numero, m.destinataire, m.destinataire_nom, m.demande, m.numero, m.evenement,
    m.depot, m.identifiant
FROM mails m LEFT JOIN evenements e ON e.id = m.evenement LEFT JOIN depots d ON d.id = m.depot
WHERE m.date = ?2 AND (e.nuit = ?1 OR d.nuit = ?1) ORDER BY +m.id;

-- The outputs of a night: id of the row, directory, file name.

-- name: replay_outputs_answers
SELECT id, 'outbox/fournisseurs/' || compte, retour_nom FROM depots WHERE nuit = ?1 ORDER BY id;

-- name: replay_outputs_corrections
SELECT c.depot, 'outbox/fournisseurs/' || d.compte, c.nom
FROM depots d JOIN corrections c ON c.depot = d.id WHERE d.nuit = ?1 ORDER BY d.id;

-- name: replay_outputs_mails
SELECT m.id, 'outbox/mails/new', $mail_file
FROM mails m LEFT JOIN evenements e ON e.id = m.evenement LEFT JOIN depots d ON d.id = m.depot
WHERE m.date = ?2 AND (e.nuit = ?1 OR d.nuit = ?1) ORDER BY +m.id;

-- name: replay_outputs_retours_asp
SELECT id, 'outbox/asp/retours', retour_nom FROM fichiers_asp WHERE nuit = ?1 ORDER BY id;
