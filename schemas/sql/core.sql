-- Statements of the night itself: drops, requests, decisions. C knows parameters and columns by their names, which
-- tools/generate.py makes constants of: of depot_history DEPOT_HISTORY_P_COMPTE and DEPOT_HISTORY_ANSWERED. Statements
-- that one piece of code reads have `-- columns:`, after a shape that tells which columns they all begin with.

-- (What is only told of a request moves nothing: reminders, documents that run out, what case managers note.)
-- define: is_step NOT IN ('relance', 'echeance', 'prendre', 'classer_alerte')

-- name: nuit_insert
INSERT INTO nuits (date, programme, regles, forcee) VALUES (:date, :programme, :regles, :forcee)

-- name: nuit_end: also ends the killed nights before it, since its reports told of them
UPDATE nuits SET terminee = 1, interrompue = id < :nuit WHERE id <= :nuit AND terminee = 0

-- name: nuit_latest
SELECT date FROM nuits ORDER BY id DESC LIMIT 1

-- name: depot_insert
INSERT INTO depots (nuit, date, compte, archive, taille, sha256, format, recu_le, type, etat, essai,
    demande, numero, statut, incident, reponse_de, source, retour_nom, libere)
VALUES (:nuit, :date, :compte, :archive, :taille, :sha256, :format, :recu_le, :type, :etat, :essai,
    :demande, :numero, :statut, :incident, :reponse_de, :source, :retour_nom, :libere)

-- name: depot_set_demande
UPDATE depots SET demande = :demande, numero = :numero, statut = :statut WHERE id = :id

-- name: depot_retour_taken
SELECT 1 FROM depots WHERE compte = :compte AND retour_nom = :retour_nom

-- (+sha256, +source: without the + SQLite puts the value into the index's expression, and no longer finds the index.)
-- name: depot_recorded: the first answer to these bytes
SELECT id, etat, type, demande, numero, statut FROM depots
WHERE substr(sha256, 1, 16) = substr(:sha256, 1, 16) AND +sha256 = :sha256 AND +compte = :compte
    AND etat IN ('OK', 'ANO') AND essai = 0 AND reponse_de IS NULL
ORDER BY id LIMIT 1

-- name: depot_answered: this very file was answered already
SELECT id FROM depots
WHERE substr(source, instr(source, '-')) = substr(:source, instr(:source, '-')) AND +source = :source
    AND +compte = :compte AND etat <> 'INCIDENT'

-- name: depot_history: how often this very file was answered, and how often by an incident alone
SELECT count(*) FILTER (WHERE etat <> 'INCIDENT') AS answered,
    count(*) FILTER (WHERE etat = 'INCIDENT') AS incidents
FROM depots WHERE substr(source, instr(source, '-')) = substr(:source, instr(:source, '-')) AND +source = :source
    AND +compte = :compte

-- name: attente_told: that night told the account already that drops wait
SELECT 1 FROM attentes WHERE compte = :compte AND nuit = :nuit

-- name: attente_tell
INSERT OR REPLACE INTO attentes (compte, nuit) VALUES (:compte, :nuit)

-- shape: release (id, compte, archive, source)

-- name: depot_found_again: an answered file that was out of sight when it should have left leaves after all
UPDATE depots SET libere = 0 WHERE substr(source, instr(source, '-')) = substr(:source, instr(:source, '-'))
    AND +source = :source AND +compte = :compte AND etat <> 'INCIDENT' AND libere = 1

-- name: depots_to_release
-- columns: release
SELECT id, compte, archive, source FROM depots WHERE libere = 0 AND id > :after ORDER BY id LIMIT :limit

-- name: depot_released
UPDATE depots SET libere = 1 WHERE id = :id

-- name: fichiers_to_release
-- columns: release
SELECT id, 'asp' AS compte, nom AS archive, source
FROM fichiers_asp WHERE libere = 0 AND id > :after ORDER BY id LIMIT :limit

-- name: fichier_answered: this very file was taken or refused already
SELECT 1 FROM fichiers_asp WHERE source = :source

-- name: fichier_released
UPDATE fichiers_asp SET libere = 1 WHERE id = :id

-- name: anomalie_insert
INSERT INTO anomalies (depot, ordre, code, gravite, chemin, ligne, colonne, valeur, message, remede,
    page_guide)
VALUES (:depot, :ordre, :code, :gravite, :chemin, :ligne, :colonne, :valeur, :message, :remede, :page_guide)

-- name: demande_insert
INSERT INTO demandes (statut, type, anticipe, certificats, compte, siret, siren, numero_ans, logiciel,
    version, dsr, profil, siren_editeur, date_depot, denomination, contact, contact_nom, titulaire)
VALUES (:statut, :type, :anticipe, :certificats, :compte, :siret, :siren, :numero_ans, :logiciel, :version,
    :dsr, :profil, :siren_editeur, :date_depot, :denomination, :contact, :contact_nom, :titulaire)

-- name: dossier_insert
INSERT INTO dossiers (demande, rang, depot, domiciliation, $dossier_columns)
VALUES (:demande, :rang, :depot, :domiciliation, $dossier_values)

-- name: dossier_set_hds
UPDATE dossiers SET hebergement_donnees_sante = :hebergement_donnees_sante WHERE demande = :demande AND rang = :rang

-- name: pieces_replace: what the request holds of that type is no longer in force
UPDATE pieces SET remplacee = 1 WHERE demande = :demande AND type = :type

-- name: piece_insert
INSERT INTO pieces (demande, depot, type, fichier, ordinal, taille, sha256, format, valide_jusqu_au)
VALUES (:demande, :depot, :type, :fichier, :ordinal, :taille, :sha256, :format, :valide_jusqu_au)

-- (An id that a restored root goes on behind is that of an event or a mail that was lost: restart.h.)
-- name: evenement_insert
INSERT INTO evenements (id, nuit, date, demande, numero, evenement, acteur, de, vers, motif, pieces, fichier, depot,
    details, fichier_asp)
VALUES (1 + max(coalesce((SELECT max(id) FROM evenements), 0), coalesce((SELECT max(evenement) FROM reprises), 0)),
    :nuit, :date, :demande, :numero, :evenement, :acteur, :de, :vers, :motif, :pieces, :fichier, :depot,
    :details, :fichier_asp)

-- name: commande_insert: it came between nights, after the newest
INSERT INTO commandes (evenement, apres) VALUES (:evenement, (SELECT coalesce(max(id), 0) FROM nuits))

-- name: mail_insert
INSERT INTO mails (id, date, type, destinataire, destinataire_nom, demande, numero, evenement, depot,
    identifiant)
VALUES (1 + max(coalesce((SELECT max(id) FROM mails), 0), coalesce((SELECT max(mail) FROM reprises), 0)),
    :date, :type, :destinataire, :destinataire_nom, :demande, :numero, :evenement, :depot, :identifiant)

-- name: demande_live: at most one
SELECT id, rang, statut, siren, compte FROM demandes WHERE numero_ans = :numero_ans AND statut <> 'REJETEE'

-- name: demande_first_waiting: the oldest that is not rejected, while none was ever validated, not even partially
SELECT q.id, q.rang, q.statut FROM demandes q WHERE q.siren = :siren AND q.statut <> 'REJETEE'
    AND NOT EXISTS (SELECT 1 FROM demandes v WHERE v.siren = :siren AND v.validee_le IS NOT NULL)
ORDER BY q.id LIMIT 1

-- name: demande_get
SELECT id, rang, statut, type, anticipe, certificats, siret, siren, numero_ans, contact, contact_nom,
    titulaire, modification_demandee, date_depot, dsr, denomination, compte, logiciel, version, profil
FROM demandes WHERE id = :id

-- name: demande_set_statut: also sets since when the supplier is awaited
UPDATE demandes SET statut = :statut, modification_demandee = :modification_demandee, referencement_attendu = 0,
    attente_depuis = iif(:statut IN ('ATTENTE_PIECES', 'VALIDATION_PARTIELLE'), :date, NULL),
    validee_le = iif(:statut IN ('VALIDATION_PARTIELLE', 'VALIDEE'), coalesce(validee_le, :date), validee_le)
WHERE id = :id

-- name: demande_set_certificats: the request holds its certificates from now on
UPDATE demandes SET certificats = 1 WHERE id = :id

-- name: demande_modify
UPDATE demandes SET rang = :rang, denomination = :denomination, contact = :contact, contact_nom = :contact_nom,
    titulaire = :titulaire
WHERE id = :id

-- name: alerte_stands: an alert of that request that stands
SELECT 1 FROM alertes_depots WHERE demande = :demande AND id = :alerte
UNION ALL SELECT 1 FROM alertes_signaux WHERE demande = :demande AND id = :alerte

-- name: alerte_set_aside: the event that set it aside
SELECT date FROM evenements WHERE demande = :demande AND evenement = 'classer_alerte' AND details = :alerte

-- name: pieces_demandees_clear
DELETE FROM pieces_demandees WHERE demande = :demande

-- name: pieces_demandees_insert
INSERT OR IGNORE INTO pieces_demandees (demande, type) VALUES (:demande, :type)

-- name: compte_of_siren: whether this supplier has an account, the ASP's or our own
SELECT 1 FROM comptes_asp WHERE siren = :siren AND portail_segur = 'oui'
UNION ALL SELECT 1 FROM comptes WHERE siren = :siren
LIMIT 1

-- Any account of that e-mail counts: one whose e-mail the ASP has changed since is the same account.
-- name: acces_granted: whether this person, by an e-mail in lower case, has access for this supplier
WITH siens AS (SELECT identifiant FROM comptes_asp WHERE email = :email
    UNION SELECT identifiant FROM comptes WHERE email = :email)
SELECT 1 FROM siens JOIN comptes_asp a ON a.identifiant = siens.identifiant AND a.siren = :siren
    WHERE a.portail_segur = 'oui'
UNION ALL SELECT 1 FROM siens JOIN comptes c ON c.identifiant = siens.identifiant AND c.siren = :siren
LIMIT 1

-- The name is one that requests give for the e-mail: the request that opened the access may have another holder now.
-- name: titulaire_of_siren: the account holder, one of that kind and our own accounts first
SELECT email, nom FROM (
    SELECT c.email AS email, coalesce(
            (SELECT q.contact_nom FROM demandes q
                WHERE q.siren = c.siren AND lower(q.contact) = c.email AND q.contact_nom <> '' ORDER BY q.id DESC LIMIT 1),
            (SELECT o.representant_prenom || ' ' || o.representant_nom FROM dossiers o
                WHERE o.demande = c.demande AND lower(o.representant_email) = c.email ORDER BY o.rang DESC LIMIT 1),
            '') AS nom,
        c.titulaire AS titulaire, 0 AS ordre, c.identifiant AS identifiant
    FROM comptes c WHERE c.siren = :siren
    UNION ALL
    SELECT coalesce((SELECT c.email FROM comptes c WHERE c.identifiant = comptes_asp.identifiant LIMIT 1), email), '',
        titulaire, 1, identifiant FROM comptes_asp
    WHERE siren = :siren AND portail_segur = 'oui' AND email <> '')
ORDER BY titulaire <> :titulaire, ordre, identifiant LIMIT 1

-- name: contact_nom_get: the name that a request of this supplier gave for that e-mail
SELECT contact_nom FROM demandes WHERE siren = :siren AND lower(contact) = lower(:email) AND contact_nom <> ''
ORDER BY id DESC LIMIT 1

-- The validation decides: the dossier `o` has the rank that it validated, and the mandate or contract had come by then,
-- no earlier than the dossier that first named this dépositaire. It follows him to the address of a later dossier `n` of
-- the request, and to the one that his access has now.
-- name: mandat_accepted: whether such an act of this dépositaire was once validated, fully or partially
SELECT 1 FROM demandes q
JOIN evenements e ON e.demande = q.id AND e.evenement = 'valider'
JOIN dossiers o ON o.demande = q.id AND o.rang = CAST(substr(e.numero, instr(e.numero, 'M') + 1) AS INTEGER)
JOIN dossiers n ON n.demande = q.id AND n.rang >= o.rang
    AND (lower(n.depositaire_email) = lower(o.depositaire_email)
        OR (n.depositaire_nom = o.depositaire_nom AND n.depositaire_prenom = o.depositaire_prenom))
WHERE q.siren = :siren AND q.validee_le IS NOT NULL
    AND (lower(n.depositaire_email) = lower(:email)
        OR (n.rang = q.rang AND q.titulaire = 'depositaire' AND lower(q.contact) = lower(:email)))
    AND EXISTS (SELECT 1 FROM pieces p JOIN evenements d ON d.demande = q.id AND d.depot = p.depot AND d.id < e.id
        WHERE p.demande = q.id AND p.type IN ('mandat_representant_legal', 'contrat_prestation')
            AND p.depot >= (SELECT min(f.depot) FROM dossiers f WHERE f.demande = q.id
                AND (lower(f.depositaire_email) = lower(o.depositaire_email)
                    OR (f.depositaire_nom = o.depositaire_nom AND f.depositaire_prenom = o.depositaire_prenom))))
LIMIT 1

-- name: compte_of_email: the account of a person at any portal of the ASP, or at ours; the e-mail is in lower case
SELECT identifiant FROM comptes_asp WHERE email = :email
UNION ALL SELECT identifiant FROM comptes WHERE email = :email
LIMIT 1

-- name: compte_identifiant_taken
SELECT 1 FROM comptes_asp WHERE identifiant = :identifiant
UNION ALL SELECT 1 FROM comptes WHERE identifiant = :identifiant

-- name: compte_insert
INSERT INTO comptes (identifiant, email, siren, titulaire, ouvert_le, demande, jeton_sha256)
VALUES (:identifiant, :email, :siren, :titulaire, :ouvert_le, :demande, :jeton_sha256)

-- `segur list`: the ids of its requests, in order, after one of them; then what it says of each.

-- shape: listed (id)

-- name: demandes_list
-- columns: listed
SELECT id FROM demandes WHERE id > :after ORDER BY id

-- name: demandes_statut_list
-- columns: listed
SELECT id FROM demandes WHERE statut = :statut AND id > :after ORDER BY id

-- (The index of siren has them in this order; +statut keeps SQLite at it: one supplier has few requests.)
-- name: demandes_siret_list: of one status, or of any (NULL)
-- columns: listed
SELECT id FROM demandes WHERE siren = substr(:siret, 1, 9) AND siret = :siret AND id > :after
    AND (:statut IS NULL OR +statut = :statut) ORDER BY id

-- (A filter that is NULL lets all pass. What is sorted is numbers, of requests of those statuses.)
-- name: demandes_work_list: of some statuses (a JSON list), the one that waits longest first
-- columns: listed
SELECT q.id FROM demandes q
WHERE q.statut IN (SELECT value FROM json_each(:statuts))
    AND (:siret IS NULL OR q.siret = :siret) AND (:dsr IS NULL OR q.dsr = :dsr COLLATE NOCASE)
    AND (:gestionnaire IS NULL OR $gestionnaire = :gestionnaire COLLATE NOCASE)
    AND (:alerte IS NULL OR EXISTS (SELECT 1 FROM alertes_depots v WHERE v.demande = q.id AND v.code = :alerte)
        OR EXISTS (SELECT 1 FROM alertes_signaux v WHERE v.demande = q.id AND v.code = :alerte))
    AND (:after = 0 OR (q.statut_depuis, q.id) > (SELECT x.statut_depuis, x.id FROM demandes x WHERE x.id = :after))
ORDER BY q.statut_depuis, q.id

-- name: demande_list
SELECT q.id, q.rang, q.date_depot, q.statut, q.siret, q.denomination, q.profil, q.type, q.anticipe,
    q.modification_demandee, q.dsr, q.statut_depuis, $attend AS attend, $gestionnaire AS gestionnaire,
    $alertes AS alertes,
    json_object('numero', printf('ENR%04dM%d', q.id, q.rang), 'date_depot', q.date_depot,
        'statut', q.statut, 'siret', q.siret, 'denomination', q.denomination, 'profil', q.profil,
        'type', q.type, 'anticipe', json(iif(q.anticipe, 'true', 'false')), 'dsr', q.dsr,
        'statut_depuis', q.statut_depuis, 'attend', $attend, 'gestionnaire', $gestionnaire, 'alertes', $alertes) AS json
FROM demandes q WHERE q.id = :id

-- name: demande_pieces
SELECT p.type, p.fichier, p.format, p.taille, p.sha256, p.valide_jusqu_au,
    iif(p.remplacee, 'non', 'oui') AS en_vigueur, p.ordinal, d.sha256 AS archive_sha256, p.lieu
FROM pieces_conservees p JOIN depots d ON d.id = p.depot WHERE p.demande = :demande ORDER BY p.depot, p.ordinal

-- shape: piece (type)

-- name: demande_pieces_demandees: types asked for and not yet given
-- columns: piece
SELECT type FROM pieces_demandees WHERE demande = :demande ORDER BY type

-- name: demande_pieces_held: types in force
-- columns: piece
SELECT DISTINCT type FROM pieces WHERE demande = :demande AND remplacee = 0

-- name: dossier_get
SELECT $dossier_columns FROM dossiers WHERE demande = :demande AND rang = :rang

-- name: demande_alertes: those that stand
SELECT id, code, date, message, remede FROM alertes_depots WHERE demande = :demande
UNION ALL SELECT id, code, date, message, remede FROM alertes_signaux WHERE demande = :demande

-- name: demande_evenements
SELECT e.date, e.evenement, e.acteur, e.de, e.vers, e.motif, e.pieces, e.fichier, e.details,
    coalesce(j.rang || ' : ' || substr(j.maillon, 1, 12) || '…', '') AS journal, e.numero
FROM evenements e LEFT JOIN journal j ON j.evenement = e.id WHERE e.demande = :demande ORDER BY e.id

-- name: demande_mails
SELECT date, type, destinataire, publie FROM mails WHERE demande = :demande ORDER BY id

-- name: demande_json: everything that `show --format json` says
SELECT json_object(
    'numero', printf('ENR%04dM%d', d.id, d.rang),
    'statut', d.statut, 'statut_libelle', :statut_libelle, 'type', d.type,
    'anticipe', json(iif(d.anticipe, 'true', 'false')),
    'siret', d.siret, 'denomination', d.denomination, 'numero_ans', d.numero_ans,
    'logiciel', d.logiciel, 'version', d.version, 'dsr', d.dsr, 'profil', d.profil,
    'date_depot', d.date_depot, 'compte', d.compte, 'contact', d.contact, 'titulaire', d.titulaire,
    'pieces_demandees', (SELECT json_group_array(type) FROM
        (SELECT type FROM pieces_demandees WHERE demande = d.id ORDER BY type)),
    'pieces', (SELECT json_group_array(json_object('type', type, 'fichier', fichier, 'format', format,
            'taille', taille, 'sha256', sha256, 'valide_jusqu_au', valide_jusqu_au,
            'en_vigueur', json(iif(remplacee, 'false', 'true')))) FROM
        (SELECT * FROM pieces WHERE demande = d.id ORDER BY depot, ordinal)),
    'effacements', (SELECT json_group_array(json_object('date', date, 'nature', nature, 'objet', objet,
            'sha256', sha256, 'partage', json(iif(partage, 'true', 'false')), 'etat', etat)) FROM
        (SELECT * FROM effacements WHERE demande = d.id ORDER BY id)),
    'mails', (SELECT json_group_array(json_object('date', date, 'type', type, 'destinataire', destinataire,
            'publie', json(iif(publie, 'true', 'false')), 'sha256', sha256)) FROM
        (SELECT * FROM mails WHERE demande = d.id ORDER BY id)),
    'historique', (SELECT json_group_array(json_object('date', date, 'evenement', evenement,
            'acteur', acteur, 'de', de, 'vers', vers, 'motif', motif, 'pieces', pieces,
            'fichier', fichier, 'numero', numero, 'details', details, 'rang', rang, 'maillon', maillon)) FROM
        (SELECT e.*, j.rang, j.maillon FROM evenements e LEFT JOIN journal j ON j.evenement = e.id
            WHERE e.demande = d.id ORDER BY e.id))) AS json
FROM demandes d WHERE d.id = :id

-- shape: summary (name, count)

-- name: summary_depots
-- columns: summary
SELECT etat AS name, count(*) AS count FROM depots WHERE nuit = :nuit GROUP BY etat

-- name: summary_statuts
-- columns: summary
SELECT nom AS name, valeur AS count FROM compteurs WHERE nom <> 'comptes' AND valeur > 0 ORDER BY nom

-- name: summary_decisions
-- columns: summary
SELECT r.etat AS name, count(*) AS count FROM retours_asp r JOIN fichiers_asp f ON f.id = r.fichier
WHERE f.nuit = :nuit AND f.nature = 'decisions' AND f.etat = 'pris' AND r.etat IN ('appliquee', 'refusee')
GROUP BY r.etat

-- name: summary_fichiers
SELECT nom, nature, lignes, etat FROM fichiers_asp WHERE nuit = :nuit ORDER BY id

-- name: summary_fichiers_refused: with the first reason
SELECT f.nom, r.ligne, r.code, r.message, f.retour_nom FROM fichiers_asp f
JOIN retours_asp r ON r.fichier = f.id AND r.ordre = (SELECT min(ordre) FROM retours_asp WHERE fichier = f.id)
WHERE f.nuit = :nuit AND f.etat <> 'pris' ORDER BY f.id

-- name: summary_incidents: how many drops wait for the same reason, and the first of them
SELECT incident, count(*) AS count, compte, archive, min(id) AS first FROM depots
WHERE nuit = :nuit AND etat = 'INCIDENT' GROUP BY incident ORDER BY first

-- name: summary_mails
SELECT count(*) FROM mails WHERE date = :date

-- name: summary_refused: what was refused, and the first reason
SELECT d.compte, d.archive, d.etat, coalesce(d.numero, '') AS numero, coalesce(a.code, '') AS code,
    coalesce(a.message, d.incident, '') AS message,
    (SELECT count(*) FROM anomalies WHERE depot = d.id) AS anomalies, d.essai, d.reponse_de IS NOT NULL AS repeated
FROM depots d LEFT JOIN anomalies a ON a.depot = d.id AND a.ordre = 0
WHERE d.nuit = :nuit ORDER BY d.id
