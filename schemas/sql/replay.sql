-- A past night played again (replay.h). The first statements read the original. The others give what each database says
-- of one night (its id, its date), to be compared: two numbers that order the rows and name them, what people call the
-- row, then the columns that are compared. Columns that a later night may change are not among them.

-- shape: replay_row (major, minor, title)
-- shape: output (id, folder, name)

-- name: replay_nuits: interrompue: it did not come to its end
SELECT n.id, n.date, n.programme, n.regles, n.interrompue OR NOT n.terminee AS interrompue FROM nuits n ORDER BY n.id;

-- name: replay_traces: how much that night told case managers
SELECT (SELECT count(*) FROM evenements WHERE date = :date AND nuit = :nuit)
    + (SELECT count(*) FROM signaux WHERE nuit = :nuit) AS traces;

-- name: replay_archives: kept archives, up to that night, without which it cannot be played
SELECT sha256, compte, archive, date FROM depots
WHERE nuit <= :nuit AND sha256 IS NOT NULL AND etat <> 'INCIDENT' ORDER BY nuit, id;

-- name: replay_references: kept files of the ASP, likewise
SELECT f.sha256, f.nom, n.date FROM fichiers_asp f JOIN nuits n ON n.id = f.nuit
WHERE f.nuit <= :nuit AND f.etat = 'pris' AND f.nature NOT IN ('unites_legales', 'etablissements') ORDER BY f.id;

-- name: replay_purge: the first purge that erased something of a drop until that night
SELECT x.date, d.date AS depot_date FROM effacements x CROSS JOIN depots d ON d.id = x.depot
WHERE d.nuit <= :nuit ORDER BY x.id LIMIT 1;

-- name: replay_erased: the first event until that date of which something was erased
SELECT date, numero FROM evenements WHERE date <= :date AND efface_le IS NOT NULL ORDER BY date, id LIMIT 1;

-- name: replay_fichiers
SELECT id, nom, nature, coalesce(sha256, '') AS sha256, recu_le, lignes, etat, source FROM fichiers_asp
WHERE nuit = :nuit ORDER BY id;

-- name: replay_depots: :code is that of the anomaly that says that a drop is no file
SELECT d.compte, d.archive, d.taille, coalesce(d.sha256, '') AS sha256, d.recu_le, d.incident, d.source,
    EXISTS (SELECT 1 FROM anomalies a WHERE a.depot = d.id AND a.code = :code) AS not_a_file
FROM depots d WHERE d.nuit = :nuit ORDER BY d.id;

-- name: replay_verdict: what that night said of a drop
SELECT id, type, numero, etat = 'KO' AS refused FROM depots
WHERE nuit = :nuit AND compte = :compte AND archive = :archive AND source = :source;

-- name: replay_anomalies
SELECT code, gravite = 'bloquant' AS blocks, chemin, ligne, colonne, valeur, message, remede
FROM anomalies WHERE depot = :depot ORDER BY ordre;

-- name: replay_decision: what it answered to a row of decisions
SELECT etat = 'refusee' AS refused, code, message, remede FROM retours_asp WHERE fichier = :fichier AND ordre = :ordre;

-- name: replay_signaux: what that night told case managers of requests
SELECT demande, code, cle, message, remede FROM signaux WHERE nuit = :nuit ORDER BY id;

-- name: replay_signal_words: of the replay's signal
UPDATE signaux SET message = :message, remede = :remede WHERE demande = :demande AND code = :code AND cle = :cle;

-- name: replay_commandes: decisions made after that night
SELECT e.numero, e.evenement, e.motif, e.pieces, e.details, e.acteur, e.date, e.id AS evenement_id
FROM commandes c JOIN evenements e ON e.id = c.evenement WHERE c.apres = :apres ORDER BY c.evenement;

-- name: replay_etablissement: columns as etablissement_insert names them
SELECT etat, numero, extension, type_voie, nom_voie, complement, code_postal, commune
FROM etablissements WHERE siret = :key AND fichier = :fichier;

-- name: replay_unite_legale: likewise
SELECT etat, denomination, entrepreneur FROM unites_legales WHERE siren = :key AND fichier = :fichier;

-- name: replay_version: of the replay's night
UPDATE nuits SET programme = :programme, regles = :regles WHERE id = :id;

-- name: replay_rows_fichiers
-- columns: replay_row, in order
SELECT f.id AS major, 0 AS minor, f.nom AS title, f.nature, f.sha256, f.recu_le, f.lignes, f.etat, f.retour_nom
FROM fichiers_asp f WHERE f.nuit = :nuit ORDER BY f.id;

-- name: replay_rows_retours_asp
-- columns: replay_row, in order
SELECT r.fichier AS major, r.ordre AS minor, f.nom AS title,
    r.ligne, r.numero, r.decision, r.etat, r.code, r.message, r.remede
FROM fichiers_asp f JOIN retours_asp r ON r.fichier = f.id WHERE f.nuit = :nuit ORDER BY f.id, r.ordre;

-- name: replay_rows_depots
-- columns: replay_row, in order
SELECT d.id AS major, 0 AS minor, d.compte || '/' || d.archive AS title,
    d.date, d.taille, d.sha256, d.format, d.recu_le, d.type, d.etat,
    d.essai, d.demande, d.numero, d.statut, d.incident, d.reponse_de, d.retour_nom
FROM depots d WHERE d.nuit = :nuit ORDER BY d.id;

-- name: replay_rows_anomalies
-- columns: replay_row, in order
SELECT a.depot AS major, a.ordre AS minor, d.compte || '/' || d.archive AS title,
    a.code, a.gravite, a.chemin, a.ligne, a.colonne, a.valeur,
    a.message, a.remede, a.page_guide
FROM depots d JOIN anomalies a ON a.depot = d.id WHERE d.nuit = :nuit ORDER BY d.id, a.ordre;

-- name: replay_rows_corrections
-- columns: replay_row, in order
SELECT c.depot AS major, 0 AS minor, d.compte || '/' || d.archive AS title, c.nom, c.texte
FROM depots d JOIN corrections c ON c.depot = d.id WHERE d.nuit = :nuit ORDER BY d.id;

-- name: replay_rows_demandes
-- columns: replay_row, in order
SELECT q.id AS major, e.id AS minor, e.numero AS title,
    q.type, q.anticipe, q.compte, q.siret, q.siren, q.numero_ans, q.logiciel, q.version,
    q.dsr, q.profil, q.siren_editeur, q.date_depot
FROM evenements e JOIN demandes q ON q.id = e.demande
WHERE e.date = :date AND e.nuit = :nuit AND e.evenement = 'depot' ORDER BY +q.id, +e.id;

-- name: replay_rows_dossiers
-- columns: replay_row, in order
SELECT o.demande AS major, o.rang AS minor, d.numero AS title,
    o.depot, o.nom_commercial, o.denomination_sociale, o.destinataire, o.batiment,
    o.numero, o.extension, o.type_voie, o.nom_voie, o.complement, o.code_postal, o.commune, o.distributeur,
    o.declarant, o.representant_nom, o.representant_prenom, o.representant_email, o.representant_telephone,
    o.representant_identite_nature, o.representant_identite_valide_jusqu_au, o.representant_identite_delivree_le,
    o.depositaire_qualite, o.depositaire_nom, o.depositaire_prenom, o.depositaire_email, o.depositaire_telephone,
    o.depositaire_identite_nature, o.depositaire_identite_valide_jusqu_au, o.depositaire_identite_delivree_le,
    o.iban, o.bic, o.titulaire, o.domiciliation, o.tva_assujetti
FROM depots d JOIN dossiers o ON o.demande = d.demande AND o.depot = d.id
WHERE d.nuit = :nuit ORDER BY o.demande, o.rang;

-- name: replay_rows_pieces
-- columns: replay_row, in order
SELECT p.id AS major, 0 AS minor, d.numero || ' ' || p.type AS title,
    p.demande, p.depot, p.type, p.fichier, p.ordinal, p.taille, p.sha256,
    p.format, p.valide_jusqu_au
FROM depots d JOIN pieces p ON p.demande = d.demande AND p.depot = d.id WHERE d.nuit = :nuit ORDER BY +p.id;

-- name: replay_rows_evenements
-- columns: replay_row, in order
SELECT e.id AS major, 0 AS minor, e.numero || ' ' || e.evenement AS title,
    e.demande, e.evenement, e.acteur, e.de, e.vers, e.motif, e.pieces,
    e.fichier, e.depot, e.details, e.fichier_asp
FROM evenements e WHERE e.date = :date AND e.nuit = :nuit ORDER BY +e.id;

-- name: replay_rows_journal
-- columns: replay_row, in order
SELECT j.rang AS major, 0 AS minor, e.numero || ' ' || e.evenement AS title, j.texte, j.maillon
FROM evenements e JOIN journal j ON j.evenement = e.id WHERE e.date = :date AND e.nuit = :nuit ORDER BY +j.rang;

-- name: replay_rows_signaux
-- columns: replay_row, in order
SELECT s.id AS major, 0 AS minor, s.numero || ' ' || s.code AS title,
    s.demande, s.depot, s.code, s.chemin, s.valeur, s.message, s.page_guide,
    s.cle
FROM signaux s WHERE s.nuit = :nuit ORDER BY s.id;

-- name: replay_rows_comptes: the accesses that the night's events opened
-- columns: replay_row, in order
SELECT m.id AS major, 0 AS minor, m.numero || ' ' || c.identifiant AS title,
    c.siren, c.titulaire, c.ouvert_le, c.demande,
    c.jeton_sha256
FROM mails m JOIN evenements e ON e.id = m.evenement
JOIN comptes c ON c.identifiant = m.identifiant AND c.demande = m.demande
WHERE m.date = :date AND e.nuit = :nuit ORDER BY +m.id;

-- name: replay_rows_mails
-- columns: replay_row, in order
SELECT m.id AS major, 0 AS minor, coalesce(d.compte || '/' || d.archive, m.numero) AS title,
    m.type, m.destinataire, m.destinataire_nom, m.demande, m.numero, m.evenement,
    m.depot, m.identifiant
FROM mails m LEFT JOIN evenements e ON e.id = m.evenement LEFT JOIN depots d ON d.id = m.depot
WHERE m.date = :date AND (e.nuit = :nuit OR d.nuit = :nuit) ORDER BY +m.id;

-- The outputs of a night: id of the row, folder, file name.

-- name: replay_outputs_answers
-- columns: output
SELECT id, 'outbox/fournisseurs/' || compte AS folder, retour_nom AS name FROM depots WHERE nuit = :nuit ORDER BY id;

-- name: replay_outputs_corrections
-- columns: output
SELECT c.depot AS id, 'outbox/fournisseurs/' || d.compte AS folder, c.nom AS name
FROM depots d JOIN corrections c ON c.depot = d.id WHERE d.nuit = :nuit ORDER BY d.id;

-- name: replay_outputs_modifications
-- columns: output
SELECT m.evenement AS id, 'outbox/fournisseurs/' || q.compte AS folder, m.nom AS name
FROM evenements e JOIN modifications m ON m.evenement = e.id JOIN demandes q ON q.id = e.demande
WHERE e.date = :date AND e.nuit = :nuit AND m.publie > 0 ORDER BY +e.id;

-- name: replay_outputs_mails
-- columns: output
SELECT m.id, 'outbox/mails/new' AS folder, $mail_file AS name
FROM mails m LEFT JOIN evenements e ON e.id = m.evenement LEFT JOIN depots d ON d.id = m.depot
WHERE m.date = :date AND (e.nuit = :nuit OR d.nuit = :nuit) ORDER BY +m.id;

-- name: replay_outputs_retours_asp
-- columns: output
SELECT id, 'outbox/asp/retours' AS folder, retour_nom AS name FROM fichiers_asp WHERE nuit = :nuit ORDER BY id;
