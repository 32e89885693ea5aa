-- What goes out: outputs that are due, and what each of them says. Rows are marked only once their output is durable;
-- :after is the last id that was looked at, so that one that cannot be written is passed over.

-- define: mail_file printf('%s.M%09d.segur', replace(m.date, '-', ''), m.id)

-- name: output_retours_due
-- columns: output
SELECT id, 'outbox/fournisseurs/' || compte AS folder, retour_nom AS name
FROM depots WHERE retour_publie = 0 AND id > :after ORDER BY id LIMIT :limit;

-- name: output_retour_published
UPDATE depots SET retour_publie = 1, retour_sha256 = :sha256 WHERE id = :id;

-- name: correction_insert
INSERT INTO corrections (depot, nom, texte, modele, siret, denomination, numero_ans, logiciel, version)
VALUES (:depot, :nom, :texte, :modele, :siret, :denomination, :numero_ans, :logiciel, :version);

-- name: output_corrections_due
-- columns: output
SELECT c.depot AS id, 'outbox/fournisseurs/' || d.compte AS folder, c.nom AS name
FROM corrections c JOIN depots d ON d.id = c.depot
WHERE c.publie = 0 AND c.depot > :after ORDER BY c.depot LIMIT :limit;

-- name: output_correction_published
UPDATE corrections SET publie = 1, sha256 = :sha256 WHERE depot = :id;

-- name: modification_insert
INSERT INTO modifications (evenement, nom) VALUES (:evenement, :nom);

-- name: modifications_withdraw: what nobody awaits any more, or whose account may not act for the supplier now
UPDATE modifications SET retiree_le = :date WHERE retiree_le IS NULL AND NOT EXISTS (
    SELECT 1 FROM evenements e JOIN demandes q ON q.id = e.demande
    JOIN acces a ON a.compte = q.compte AND a.siren = q.siren
    WHERE e.id = modifications.evenement AND q.statut = 'ATTENTE_PIECES'
        AND modifications.nom = printf('ENR%04dM%d', q.id, q.rang) || '_modification.yaml');

-- name: output_modifications_due
-- columns: output
SELECT m.evenement AS id, 'outbox/fournisseurs/' || q.compte AS folder, m.nom AS name
FROM modifications m JOIN evenements e ON e.id = m.evenement JOIN demandes q ON q.id = e.demande
WHERE m.publie = 0 AND m.retiree_le IS NULL AND m.evenement > :after ORDER BY m.evenement LIMIT :limit;

-- name: output_modification_published
UPDATE modifications SET publie = 1, sha256 = :sha256 WHERE evenement = :id;

-- name: output_modifications_withdrawn
-- columns: output
SELECT m.evenement AS id, 'outbox/fournisseurs/' || q.compte AS folder, m.nom AS name
FROM modifications m JOIN evenements e ON e.id = m.evenement JOIN demandes q ON q.id = e.demande
WHERE m.publie = 1 AND m.retiree_le IS NOT NULL AND m.evenement > :after ORDER BY m.evenement LIMIT :limit;

-- name: output_modification_removed
UPDATE modifications SET publie = 2 WHERE evenement = :id;

-- name: output_retours_asp_due
-- columns: output
SELECT id, 'outbox/asp/retours' AS folder, retour_nom AS name
FROM fichiers_asp WHERE retour_publie = 0 AND id > :after ORDER BY id LIMIT :limit;

-- name: output_retour_asp_published
UPDATE fichiers_asp SET retour_publie = 1, retour_sha256 = :sha256 WHERE id = :id;

-- name: output_mails_due
-- columns: output
SELECT m.id, 'outbox/mails/new' AS folder, $mail_file AS name
FROM mails m WHERE m.publie = 0 AND m.id > :after ORDER BY m.id LIMIT :limit;

-- name: output_mail_published: its hash was written when its handover began
UPDATE mails SET publie = 1 WHERE id = :id;

-- name: output_mails_in_handover
-- columns: output
SELECT m.id, 'outbox/mails/new' AS folder, $mail_file AS name
FROM mails m WHERE m.publie = 2 AND m.id > :after ORDER BY m.id LIMIT :limit;

-- name: output_mail_handed_over
UPDATE mails SET publie = 2, sha256 = :sha256 WHERE id = :id;

-- name: output_mail_taken_back
UPDATE mails SET publie = 0, sha256 = NULL WHERE id = :id;

-- name: output_files_clear
DELETE FROM sorties WHERE dossier = :dossier;

-- name: output_file_insert: a file of a night that has no row of its own
INSERT INTO sorties (dossier, nom, nuit, sha256, taille) VALUES (:dossier, :nom, :nuit, :sha256, :taille);

-- What a row says of a file that lies in the outbox; no row: nobody knows it. sha256 '': it cannot be told.
-- shape: known (published, sha256)

-- name: known_retour
-- columns: known
SELECT retour_publie AS published, coalesce(retour_sha256, '') AS sha256 FROM depots
WHERE compte = substr(:folder, length('outbox/fournisseurs/') + 1) AND retour_nom = :name;

-- (Found by the name of its answer, which has an index: what stands before the last _a_corriger, and after it.)
-- name: known_correction
-- columns: known
WITH answer(nom) AS (SELECT substr(head, 1, length(head) - length('_a_corriger')) || '_retour'
    || substr(:name, length(head) + 1) FROM (SELECT rtrim(:name, '-0123456789.yaml') AS head))
SELECT c.publie AS published, coalesce(c.sha256, '') AS sha256
FROM answer CROSS JOIN depots d ON d.retour_nom = answer.nom
    AND d.compte = substr(:folder, length('outbox/fournisseurs/') + 1)
CROSS JOIN corrections c ON c.depot = d.id AND c.nom = :name;

-- name: known_modification
-- columns: known
SELECT m.publie AS published, coalesce(m.sha256, '') AS sha256
FROM modifications m JOIN evenements e ON e.id = m.evenement JOIN demandes q ON q.id = e.demande
WHERE m.nom = :name AND m.publie <> 2 AND q.compte = substr(:folder, length('outbox/fournisseurs/') + 1);

-- name: known_retour_asp
-- columns: known
SELECT retour_publie AS published, coalesce(retour_sha256, '') AS sha256 FROM fichiers_asp WHERE retour_nom = :name;

-- name: known_mail
-- columns: known
SELECT m.publie <> 0 AS published, coalesce(m.sha256, '') AS sha256 FROM mails m
WHERE m.id = CAST(substr(:name, instr(:name, '.M') + 2) AS INTEGER) AND $mail_file = :name;

-- A later night of that date that did not come to its end may have written the folder anew.
-- name: known_report: a folder that nothing is recorded of was published before there were hashes
-- columns: known
SELECT 1 AS published, iif(s.nuit = (SELECT max(n.id) FROM nuits n WHERE n.date = o.date), s.sha256, '') AS sha256
FROM sorties s JOIN nuits o ON o.id = s.nuit WHERE s.dossier = :folder AND s.nom = :name
UNION ALL SELECT 1, '' WHERE NOT EXISTS (SELECT 1 FROM sorties WHERE dossier = :folder);

-- The drop that an answer speaks of: the first one, when its answer is given again.
-- name: output_retour
SELECT d.id, d.archive, d.taille, d.sha256, d.recu_le, n.programme, n.regles, d.etat, d.essai, d.numero,
    d.statut, d.incident
FROM depots x
JOIN depots d ON d.id = coalesce(x.reponse_de, x.id)
JOIN nuits n ON n.id = d.nuit
WHERE x.id = :id;

-- name: output_anomalies
SELECT code, gravite, chemin, ligne, colonne, valeur, message, remede, page_guide
FROM anomalies WHERE depot = :depot ORDER BY ordre;

-- name: output_anomalies_count
SELECT count(*) FILTER (WHERE gravite = 'bloquant') AS bloquants,
    count(*) FILTER (WHERE gravite = 'alerte') AS alertes
FROM anomalies WHERE depot = :depot;

-- name: output_correction
SELECT texte FROM corrections WHERE depot = :depot;

-- name: output_correction_nom
SELECT nom, modele FROM corrections WHERE depot = :depot;

-- name: output_modification: the demand that the file goes with
SELECT e.demande, e.numero, e.date, e.motif FROM evenements e WHERE e.id = :evenement;

-- name: output_retour_asp
-- columns: in order
SELECT ligne AS ligne, numero AS numero, decision AS decision, etat AS etat, code AS code,
    message AS message, remede AS remede
FROM retours_asp WHERE fichier = :fichier ORDER BY ordre;

-- A mail with its request, its event and its drop. `a` is the event that it speaks of: its own, or, for a reminder,
-- the one that asked for what is awaited. compte_ouvert: an earlier event opened the account; new_access: this
-- very event opens an access.
-- name: output_mail
SELECT m.type, m.date, m.destinataire, m.destinataire_nom, m.demande, m.numero, m.identifiant, m.depot,
    q.date_depot, q.dsr, coalesce(q.logiciel, c.logiciel) AS logiciel, coalesce(q.version, c.version) AS version,
    coalesce(q.numero_ans, c.numero_ans) AS numero_ans, q.type AS type_demande, q.anticipe,
    coalesce(q.denomination, c.denomination) AS denomination, coalesce(q.siret, c.siret) AS siret,
    e.evenement, e.vers, a.motif, a.pieces,
    d.archive,
    -- of drops that wait, when the last one came
    coalesce(iif(m.type = 'depot_en_attente', (SELECT max(w.recu_le) FROM depots w
        WHERE w.nuit = d.nuit AND +w.compte = d.compte AND w.etat = 'INCIDENT'), NULL), d.recu_le, e.date, m.date) AS recu_le,
    d.retour_nom, coalesce(c.nom, f.nom) AS correction_nom,
    c.modele,
    EXISTS (SELECT 1 FROM evenements v WHERE v.demande = m.demande AND v.id < e.id
        AND v.vers = 'VALIDATION_PARTIELLE') AS compte_ouvert,
    EXISTS (SELECT 1 FROM mails i WHERE i.evenement = m.evenement AND i.identifiant IS NOT NULL) AS new_access,
    j.rang, j.maillon, a.evenement AS attente_evenement, a.date AS attente_date,
    e.evenement = 'relance' AND e.details LIKE '% en_cours' AS suspended,
    -- days from each demand to the drop that answered it
    (SELECT CAST(coalesce(sum(iif(s.evenement LIKE 'demander%', -1, 1)
            * julianday(coalesce(date(r.recu_le), s.date))), 0) AS INTEGER)
        FROM evenements s LEFT JOIN depots r ON r.id = s.depot
        WHERE s.demande = m.demande AND s.id <= e.id
            AND s.evenement IN ('demander_pieces', 'demander_modification', 'depot_pieces', 'depot_modification'))
        AS days_waited
FROM mails m
LEFT JOIN demandes q ON q.id = m.demande
LEFT JOIN evenements e ON e.id = m.evenement
LEFT JOIN evenements a ON a.id = iif(e.evenement <> 'relance', e.id,
    (SELECT max(p.id) FROM evenements p
        WHERE p.demande = e.demande AND p.id < e.id AND p.evenement $is_step))
LEFT JOIN journal j ON j.evenement = m.evenement
LEFT JOIN depots d ON d.id = m.depot
LEFT JOIN corrections c ON c.depot = m.depot
LEFT JOIN modifications f ON f.evenement = a.id AND (f.retiree_le IS NULL OR f.retiree_le > m.date)
WHERE m.id = :id;

-- name: output_mail_waiting: the drops of that one's account that wait since its night, and how many there are
SELECT d.archive, d.taille, d.recu_le, d.incident, count(*) OVER () AS count
FROM depots x JOIN depots d ON d.nuit = x.nuit AND +d.compte = x.compte AND d.etat = 'INCIDENT'
WHERE x.id = :depot AND NOT EXISTS (SELECT 1 FROM depots p
    WHERE substr(p.source, instr(p.source, '-')) = substr(d.source, instr(d.source, '-'))
        AND +p.source = d.source AND +p.compte = d.compte AND p.id < d.id AND p.etat = 'INCIDENT')
ORDER BY d.id LIMIT :limit;

-- The reports. The names of their columns are those of schemas/tables, in the same order; a column named
-- statut_libelle or vers_libelle holds a code that the program writes out as its label. State reports take no
-- parameter; the others take the id of the newest night whose own reports told everything (report_bound), and tell what
-- came since. So a second run of a date tells all of that date again, and what killed nights had recorded before it.
-- A line after `-- night:` belongs to a second statement, <name>_night: the state of what one night changed. Its
-- :touched is a JSON list of the requests of report_touched.
-- (x.id IN: the numbers alone are gathered and sorted, so that no row is held in memory.)

-- name: report_bound: the newest night that ended before it
SELECT id FROM nuits WHERE terminee = 1 AND interrompue = 0 AND date < :date ORDER BY date DESC, id DESC LIMIT 1;

-- A purge leaves no event. All erasures of the day of that night count, since they may have come after it.
-- name: report_touched: the requests of the events of evenements.csv, of new signals, and of which something was erased
SELECT coalesce(json_group_array(demande), '[]') AS demandes FROM (
    SELECT demande FROM evenements WHERE date IN (SELECT date FROM nuits WHERE id > :since) AND nuit > :since
    UNION SELECT e.demande FROM commandes c JOIN evenements e ON e.id = c.evenement WHERE c.apres >= :since
    UNION SELECT demande FROM effacements
        WHERE id > coalesce((SELECT a.id FROM effacements a
                WHERE a.date < (SELECT date FROM nuits WHERE id = :since) ORDER BY a.id DESC LIMIT 1), 0)
            AND demande IS NOT NULL
    UNION SELECT demande FROM signaux WHERE nuit > :since);

-- No event tells what an account of the ASP's file changes in droits.csv.
-- name: report_comptes_changed: 1 when a night since took a file of accounts
SELECT 1 FROM nuits n CROSS JOIN fichiers_asp f ON f.nuit = n.id AND f.nature = 'comptes' AND f.etat = 'pris'
WHERE n.id > :since LIMIT 1;

-- Whom a request waits for.
-- define: attend CASE WHEN q.statut IN ('EN_COURS', 'CERTIFICATS_A_VALIDER') THEN 'gestionnaire'
--      WHEN q.statut IN ('ATTENTE_PIECES', 'VALIDATION_PARTIELLE') THEN 'fournisseur' ELSE 'personne' END
-- Who took it, else who decided last; NULL once the name is erased.
-- define: gestionnaire coalesce((SELECT substr(e.acteur, length('gestionnaire:') + 1) FROM evenements e
--      WHERE e.demande = q.id AND e.evenement = 'prendre' AND e.acteur LIKE 'gestionnaire:%' ORDER BY e.id DESC LIMIT 1),
--      (SELECT substr(e.acteur, length('gestionnaire:') + 1) FROM evenements e
--      WHERE e.demande = q.id AND e.acteur LIKE 'gestionnaire:%' ORDER BY e.id DESC LIMIT 1))
-- The codes of the alerts that stand.
-- define: alertes (SELECT group_concat(code, '|') FROM (SELECT v.code FROM alertes_depots v WHERE v.demande = q.id
--      UNION SELECT v.code FROM alertes_signaux v WHERE v.demande = q.id))
-- The number without its rank: what all reports have in common.
-- define: demande printf('ENR%04d', q.id)

-- name: report_demandes
-- columns: in order
SELECT printf('ENR%04dM%d', q.id, q.rang) AS numero,
    q.date_depot AS date_depot,
    q.statut AS statut,
    q.statut AS statut_libelle,
    q.siret AS siret,
    q.profil AS profil,
    q.type AS type,
    iif(q.anticipe, 'oui', 'non') AS anticipe,
    CASE q.statut
        WHEN 'VALIDATION_PARTIELLE' THEN 'ajouter_certificat'
        WHEN 'ATTENTE_PIECES' THEN iif(q.modification_demandee, 'modifier', 'ajouter_pieces')
        ELSE 'consulter' END AS action,
    q.denomination AS denomination,
    q.numero_ans AS numero_ans,
    q.logiciel AS logiciel,
    q.version AS version,
    q.dsr AS dsr,
    q.siren AS siren,
    q.siren_editeur AS siren_editeur,
    q.compte AS compte,
    q.contact AS contact,
    q.contact_nom AS contact_nom,
    q.titulaire AS titulaire,
    (SELECT e.date FROM evenements e WHERE e.demande = q.id AND e.evenement NOT IN ('relance', 'echeance')
        ORDER BY e.id DESC LIMIT 1) AS date_dernier_evenement,
    (SELECT e.motif FROM evenements e WHERE e.demande = q.id AND e.evenement $is_step
        ORDER BY e.id DESC LIMIT 1) AS motif,
    (SELECT group_concat(p.type, '|')
        FROM (SELECT type FROM pieces_demandees WHERE demande = q.id ORDER BY type) p) AS pieces_demandees,
    iif(q.certificats, 'oui', 'non') AS certificats,
    o.hebergement_donnees_sante AS hebergement_donnees_sante,
    o.nom_commercial AS nom_commercial,
    o.denomination_sociale AS denomination_sociale,
    o.destinataire AS destinataire,
    o.batiment AS batiment,
    o.numero AS numero_voie,
    o.extension AS extension,
    o.type_voie AS type_voie,
    o.nom_voie AS nom_voie,
    o.complement AS complement,
    o.code_postal AS code_postal,
    o.commune AS commune,
    o.distributeur AS distributeur,
    o.tva_assujetti AS tva_assujetti,
    o.representant_nom AS representant_nom,
    o.representant_prenom AS representant_prenom,
    o.representant_email AS representant_email,
    o.representant_telephone AS representant_telephone,
    o.depositaire_qualite AS depositaire_qualite,
    o.depositaire_nom AS depositaire_nom,
    o.depositaire_prenom AS depositaire_prenom,
    o.depositaire_email AS depositaire_email,
    o.depositaire_telephone AS depositaire_telephone,
    q.statut_depuis AS statut_depuis,
    $attend AS attend,
    $gestionnaire AS gestionnaire,
    $alertes AS alertes,
    $demande AS demande
FROM demandes q
LEFT JOIN dossiers o ON o.demande = q.id AND o.rang = q.rang
-- night: WHERE q.id IN (SELECT value FROM json_each(:touched))
ORDER BY q.id;

-- Events of nights, and those of `segur decide` between them.
-- name: report_evenements
-- columns: in order
SELECT e.id AS id,
    e.date AS date,
    e.numero AS numero,
    e.evenement AS evenement,
    e.acteur AS acteur,
    e.de AS de,
    e.vers AS vers,
    e.vers AS vers_libelle,
    e.motif AS motif,
    e.pieces AS pieces,
    e.fichier AS fichier,
    e.details AS details,
    j.rang AS rang,
    j.maillon AS maillon,
    j.texte AS texte,
    printf('ENR%04d', e.demande) AS demande
FROM evenements e LEFT JOIN journal j ON j.evenement = e.id
WHERE e.id IN (SELECT s.id FROM evenements s
        WHERE s.date IN (SELECT date FROM nuits WHERE id > :since) AND s.nuit > :since
    UNION ALL SELECT c.evenement FROM commandes c WHERE c.apres >= :since)
ORDER BY e.id;

-- name: report_depots
-- columns: in order
SELECT d.archive AS archive,
    d.compte AS compte,
    d.date AS date,
    d.recu_le AS recu_le,
    d.taille AS taille,
    d.sha256 AS sha256,
    d.format AS format,
    d.type AS type,
    d.etat AS etat,
    iif(d.essai, 'oui', 'non') AS essai,
    d.numero AS numero,
    d.statut AS statut,
    (SELECT count(*) FROM anomalies a WHERE a.depot = d.id AND a.gravite = 'bloquant') AS bloquants,
    (SELECT count(*) FROM anomalies a WHERE a.depot = d.id AND a.gravite = 'alerte') AS alertes,
    iif(d.reponse_de IS NULL, 'non', 'oui') AS reponse_redonnee,
    d.incident AS incident,
    d.retour_nom AS retour,
    iif(d.numero IS NULL, NULL, substr(d.numero, 1, instr(d.numero, 'M') - 1)) AS demande
FROM depots d
WHERE d.id IN (SELECT r.id FROM depots r WHERE r.nuit > :since)
ORDER BY d.id;

-- name: report_anomalies
-- columns: in order
SELECT d.archive AS archive,
    d.compte AS compte,
    a.code AS code,
    a.gravite AS gravite,
    a.chemin AS chemin,
    a.ligne AS ligne,
    a.colonne AS colonne,
    a.valeur AS valeur,
    a.message AS message,
    a.remede AS remede,
    a.page_guide AS page_guide
FROM depots d JOIN anomalies a ON a.depot = d.id
WHERE d.id IN (SELECT r.id FROM depots r WHERE r.nuit > :since)
ORDER BY d.id, a.ordre;

-- (What an identity paper is stands in the dossier that was in force when it came.)
-- name: report_pieces
-- columns: in order
SELECT p.id AS id,
    printf('ENR%04dM%d', q.id, q.rang) AS numero,
    p.type AS type,
    p.fichier AS fichier,
    p.format AS format,
    p.taille AS taille,
    p.sha256 AS sha256,
    coalesce(p.valide_jusqu_au, CASE p.type
        WHEN 'piece_identite_representant' THEN o.representant_identite_valide_jusqu_au
        WHEN 'piece_identite_depositaire' THEN o.depositaire_identite_valide_jusqu_au END) AS valide_jusqu_au,
    d.date AS date_depot,
    d.archive AS archive,
    d.compte AS compte,
    iif(p.remplacee, 'non', 'oui') AS en_vigueur,
    $demande AS demande,
    CASE p.type WHEN 'piece_identite_representant' THEN o.representant_identite_nature
        WHEN 'piece_identite_depositaire' THEN o.depositaire_identite_nature END AS nature
FROM pieces p
JOIN demandes q ON q.id = p.demande
JOIN depots d ON d.id = p.depot
LEFT JOIN dossiers o ON p.type IN ('piece_identite_representant', 'piece_identite_depositaire')
    AND o.demande = p.demande
    AND o.rang = (SELECT max(x.rang) FROM dossiers x WHERE x.demande = p.demande AND x.depot <= p.depot)
-- night: WHERE p.id IN (SELECT x.id FROM pieces x WHERE x.demande IN (SELECT value FROM json_each(:touched)))
ORDER BY p.id;

-- name: report_comptes
-- columns: in order
SELECT c.identifiant AS identifiant,
    c.email AS email,
    c.siren AS siren,
    c.titulaire AS titulaire,
    c.ouvert_le AS ouvert_le,
    printf('ENR%04dM%d', q.id, q.rang) AS numero,
    c.jeton_sha256 AS jeton_sha256,
    $demande AS demande
FROM comptes c JOIN demandes q ON q.id = c.demande
-- night: WHERE c.identifiant IN (SELECT x.identifiant FROM comptes x
-- night:     WHERE x.demande IN (SELECT value FROM json_each(:touched)))
-- night:     AND +c.demande IN (SELECT value FROM json_each(:touched))
ORDER BY c.identifiant;

-- Requests that opened rights: once partially validated, these outlive the wait for pieces and a rejection, advances
-- apart. The account is its holder's for this supplier, else the one opened for this request, else the
-- supplier's, else its holder's elsewhere. (For one night: a new account changes the supplier's other requests too.)
-- name: report_droits
-- columns: in order
WITH ouvertes AS (
    SELECT q.id, q.rang, q.siren, lower(q.contact) AS email,
        iif(q.statut = 'VALIDEE', 'oui', 'non') AS complet
    FROM demandes q
    WHERE EXISTS (SELECT 1 FROM evenements e WHERE e.demande = q.id
        AND e.vers IN ('VALIDATION_PARTIELLE', 'VALIDEE'))
-- night: AND q.id IN (SELECT x.id FROM demandes x
-- night:     WHERE x.siren IN (SELECT t.siren FROM demandes t WHERE t.id IN (SELECT value FROM json_each(:touched))))
)
SELECT printf('ENR%04dM%d', o.id, o.rang) AS numero,
    coalesce(
        (SELECT min(identifiant) FROM comptes WHERE siren = o.siren AND lower(email) = o.email),
        (SELECT min(identifiant) FROM comptes_asp
            WHERE siren = o.siren AND email = o.email AND portail_segur = 'oui'),
        (SELECT min(c.identifiant) FROM comptes c JOIN comptes_asp a ON a.identifiant = c.identifiant
            WHERE c.siren = o.siren AND a.email = o.email),
        (SELECT min(identifiant) FROM comptes WHERE siren = o.siren AND demande = o.id),
        (SELECT min(identifiant) FROM comptes WHERE siren = o.siren),
        (SELECT min(identifiant) FROM comptes_asp WHERE siren = o.siren AND portail_segur = 'oui'),
        (SELECT min(identifiant) FROM comptes WHERE email = o.email),
        (SELECT min(identifiant) FROM comptes_asp WHERE email = o.email),
        '') AS identifiant,
    'oui' AS connexion,
    'oui' AS consultation,
    'oui' AS simulateur_json,
    'oui' AS verification_pieces,
    'oui' AS enrolement_complementaire,
    o.complet AS demandes_financement,
    printf('ENR%04d', o.id) AS demande
FROM ouvertes o ORDER BY o.id;

-- Bank details of live requests; a complémentaire has none of its own.
-- name: report_coordonnees_bancaires
-- columns: in order
SELECT printf('ENR%04dM%d', q.id, q.rang) AS numero,
    q.siret AS siret,
    q.denomination AS denomination,
    o.iban AS iban,
    o.bic AS bic,
    o.titulaire AS titulaire,
    o.domiciliation AS domiciliation,
    q.statut AS statut,
    $demande AS demande
FROM demandes q
JOIN dossiers o ON o.demande = q.id AND o.rang = q.rang
WHERE q.statut <> 'REJETEE' AND o.iban IS NOT NULL
-- night: AND q.id IN (SELECT value FROM json_each(:touched))
ORDER BY q.id;

-- The alerts that stand: what single drops show; then report_signaux, what several requests, time and registers show.
-- (demande IN: the index has the requests under way; the rows come in its order, and need not be sorted.)
-- name: report_alertes
-- columns: in order
SELECT v.numero AS numero,
    v.date AS date,
    v.archive AS archive,
    v.compte AS compte,
    v.code AS code,
    v.chemin AS chemin,
    v.ligne AS ligne,
    v.colonne AS colonne,
    v.valeur AS valeur,
    v.message AS message,
    v.page_guide AS page_guide,
    v.id AS id,
    v.date AS depuis,
    v.remede AS remede,
    printf('ENR%04d', v.demande) AS demande
FROM alertes_depots v
WHERE v.demande IN (SELECT x.id FROM demandes x
        WHERE x.statut IN ('EN_COURS', 'VALIDATION_PARTIELLE', 'ATTENTE_PIECES', 'CERTIFICATS_A_VALIDER'))
-- night: AND v.demande IN (SELECT value FROM json_each(:touched))
ORDER BY v.demande, v.depot, v.ordre;

-- name: report_signaux
-- columns: in order
SELECT v.numero, v.date, v.archive, v.compte, v.code, v.chemin, v.ligne, v.colonne, v.valeur, v.message, v.page_guide,
    v.id, v.date AS depuis, v.remede, printf('ENR%04d', v.demande) AS demande
FROM alertes_signaux v
WHERE v.demande IN (SELECT x.id FROM demandes x
        WHERE x.statut IN ('EN_COURS', 'VALIDATION_PARTIELLE', 'ATTENTE_PIECES', 'CERTIFICATS_A_VALIDER'))
-- night: AND v.demande IN (SELECT value FROM json_each(:touched))
ORDER BY v.demande, v.code, v.cle;

-- The same drops as depots.csv, the same events as evenements.csv, and their mails; the alerts that the night gave. Then what waits,
-- by age on that day, and the series of 24 months.
-- name: report_statistiques
-- columns: in order
WITH etats(etat) AS (VALUES ('OK'), ('ANO'), ('KO'), ('INCIDENT')),
statuts(rang, statut) AS (VALUES (1, 'EN_COURS'), (2, 'VALIDATION_PARTIELLE'), (3, 'ATTENTE_PIECES'),
    (4, 'CERTIFICATS_A_VALIDER'), (5, 'REJETEE'), (6, 'VALIDEE')),
recus AS MATERIALIZED (SELECT id, etat, essai, numero FROM depots WHERE nuit > :since),
survenus AS MATERIALIZED (SELECT id, evenement FROM evenements
        WHERE date IN (SELECT date FROM nuits WHERE id > :since) AND nuit > :since
    UNION ALL SELECT e.id, e.evenement FROM commandes c JOIN evenements e ON e.id = c.evenement WHERE c.apres >= :since),
sortes(evenement) AS (VALUES ('classer_alerte'), ('demander_modification'), ('demander_pieces'), ('depot'),
    ('depot_modification'), ('depot_pieces'), ('echeance'), ('finalisation'), ('prendre'), ('rejeter'), ('relance'),
    ('valider')),
ages(tranche, debut, fin) AS (VALUES ('0_7', 0, 7), ('8_30', 8, 30), ('31_90', 31, 90), ('91_plus', 91, 1000000)),
qui(attend) AS (VALUES ('gestionnaire'), ('fournisseur')),
stock AS MATERIALIZED (SELECT $attend AS attend, q.dsr,
        max(0, CAST(julianday(:date) - julianday(coalesce(q.statut_depuis, q.date_depot)) AS INTEGER)) AS jours,
        count(*) AS nombre
    FROM demandes q
    WHERE q.statut IN ('EN_COURS', 'VALIDATION_PARTIELLE', 'ATTENTE_PIECES', 'CERTIFICATS_A_VALIDER')
    GROUP BY 1, 2, 3),
stock_dsr AS MATERIALIZED (SELECT '' AS dsr UNION SELECT dsr FROM stock),
mois(mois) AS MATERIALIZED (WITH RECURSIVE recul(n) AS (SELECT 23 UNION ALL SELECT n - 1 FROM recul WHERE n > 0)
    SELECT strftime('%Y-%m', date(substr(:date, 1, 7) || '-01', '-' || n || ' months')) FROM recul),
series(indicateur, vide) AS (VALUES ('deposees', 0), ('validees', 0), ('validees_partiellement', 0), ('rejetees', 0),
    ('delai_median', NULL), ('delai_90', NULL)),
series_dsr AS MATERIALIZED (SELECT '' AS dsr UNION SELECT s.dsr FROM statistiques_mois s
    WHERE s.mois IN (SELECT mois FROM mois))
SELECT 'depots' AS indicateur, (SELECT count(*) FROM recus) AS valeur, '' AS dsr, '' AS mois
UNION ALL SELECT 'depots_' || lower(etat), (SELECT count(*) FROM recus WHERE +recus.etat = etats.etat), '', '' FROM etats
UNION ALL SELECT 'depots_essais', (SELECT count(*) FROM recus WHERE essai = 1), '', ''
UNION ALL SELECT 'evenements', (SELECT count(*) FROM survenus), '', ''
UNION ALL SELECT 'evenements_' || evenement,
    (SELECT count(*) FROM survenus WHERE +survenus.evenement = sortes.evenement), '', '' FROM sortes
UNION ALL SELECT 'mails', (SELECT count(*) FROM mails
    WHERE evenement IN (SELECT id FROM survenus) OR depot IN (SELECT id FROM recus)), '', ''
UNION ALL SELECT 'demandes', (SELECT sum(valeur) FROM compteurs WHERE nom <> 'comptes'), '', ''
UNION ALL SELECT 'demandes_' || lower(statut),
    (SELECT valeur FROM compteurs WHERE nom = statuts.statut), '', '' FROM statuts
UNION ALL SELECT 'comptes', (SELECT valeur FROM compteurs WHERE nom = 'comptes'), '', ''
UNION ALL SELECT 'alertes', (SELECT count(*) FROM recus CROSS JOIN anomalies a ON a.depot = recus.id
        WHERE a.gravite = 'alerte' AND recus.essai = 0 AND recus.numero IS NOT NULL
            AND recus.etat IN ('OK', 'ANO'))
    + (SELECT count(*) FROM signaux WHERE nuit > :since), '', ''
UNION ALL SELECT 'stock_' || attend || '_' || tranche, (SELECT coalesce(sum(nombre), 0) FROM stock
        WHERE +stock.attend = qui.attend AND jours BETWEEN debut AND fin
            AND (stock_dsr.dsr = '' OR +stock.dsr = stock_dsr.dsr)),
    stock_dsr.dsr, '' FROM stock_dsr CROSS JOIN qui CROSS JOIN ages
UNION ALL SELECT series.indicateur, coalesce((SELECT s.valeur FROM statistiques_mois s
        WHERE s.mois = mois.mois AND s.indicateur = series.indicateur AND s.dsr = series_dsr.dsr), series.vide),
    series_dsr.dsr, mois.mois FROM series_dsr CROSS JOIN series CROSS JOIN mois;

-- The series of months.

-- name: statistics_done: the newest month whose figures are final, counted from the year 0
SELECT valeur FROM reperes WHERE nom = 'statistiques';

-- name: statistics_set_done
INSERT OR REPLACE INTO reperes (nom, valeur) VALUES ('statistiques', :mois);

-- name: statistics_clear
DELETE FROM statistiques_mois WHERE mois = :mois;

-- (A delay goes from the deposit to the first decision that validates or rejects; both percentiles by nearest rank.)
-- name: statistics_compute: what happened in that month; what did not has no row
INSERT INTO statistiques_mois (mois, indicateur, dsr, valeur)
WITH survenus AS MATERIALIZED (
    SELECT e.id, e.demande, e.evenement, e.vers, e.date, q.dsr, q.date_depot
    FROM evenements e CROSS JOIN demandes q ON q.id = e.demande
    WHERE e.date BETWEEN :mois || '-01' AND :mois || '-31' AND e.evenement IN ('depot', 'valider', 'rejeter')),
nommes AS MATERIALIZED (
    SELECT CASE WHEN evenement = 'depot' THEN 'deposees' WHEN evenement = 'rejeter' THEN 'rejetees'
        WHEN vers = 'VALIDEE' THEN 'validees' ELSE 'validees_partiellement' END AS indicateur, dsr FROM survenus),
delais AS MATERIALIZED (
    SELECT dsr, max(0, CAST(julianday(date) - julianday(date_depot) AS INTEGER)) AS jours
    FROM survenus WHERE evenement <> 'depot' AND NOT EXISTS (SELECT 1 FROM evenements f
        WHERE f.demande = survenus.demande AND f.id < survenus.id AND f.evenement IN ('valider', 'rejeter'))),
ranges AS MATERIALIZED (
    SELECT dsr, jours, row_number() OVER (PARTITION BY dsr ORDER BY jours) AS rang,
        count(*) OVER (PARTITION BY dsr) AS nombre
    FROM (SELECT dsr, jours FROM delais WHERE dsr <> '' UNION ALL SELECT '', jours FROM delais))
SELECT :mois, indicateur, dsr, count(*) FROM nommes WHERE dsr <> '' GROUP BY indicateur, dsr
UNION ALL SELECT :mois, indicateur, '', count(*) FROM nommes GROUP BY indicateur
UNION ALL SELECT :mois, 'delai_median', dsr, jours FROM ranges WHERE rang = (nombre + 1) / 2
UNION ALL SELECT :mois, 'delai_90', dsr, jours FROM ranges WHERE rang = (nombre * 9 + 9) / 10;
