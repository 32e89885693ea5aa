-- Statements of the night itself: drops, requests, decisions. Parameters are ?1, ?2… in the order that
-- the comment gives; columns in the order of the SELECT.

-- name: nuit_insert
INSERT INTO nuits (date, programme, regles) VALUES (?1, ?2, ?3)

-- name: nuit_end (nuit): its reports told of the killed nights before it too
UPDATE nuits SET terminee = 1, interrompue = id < ?1 WHERE id <= ?1 AND terminee = 0

-- name: nuit_latest
SELECT date FROM nuits ORDER BY id DESC LIMIT 1

-- name: depot_insert
INSERT INTO depots (nuit, date, compte, archive, taille, sha256, format, recu_le, type, etat, essai,
    demande, numero, statut, incident, reponse_de, source, retour_nom, libere)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)

-- name: depot_set_demande
UPDATE depots SET demande = ?2, numero = ?3, statut = ?4 WHERE id = ?1

-- name: depot_retour_taken (compte, name)
SELECT 1 FROM depots WHERE compte = ?1 AND retour_nom = ?2

-- (+sha256, +source: SQLite would put the value into the index's expression, and then not know it again.)
-- name: depot_recorded (compte, sha256): the first answer to these bytes
SELECT id, etat, type, demande, numero, statut FROM depots
WHERE substr(sha256, 1, 16) = substr(?2, 1, 16) AND +sha256 = ?2 AND +compte = ?1
    AND etat IN ('OK', 'ANO') AND essai = 0 AND reponse_de IS NULL
ORDER BY id LIMIT 1

-- name: depot_answered (compte, source): this very file was answered already
SELECT id FROM depots
WHERE substr(source, instr(source, '-')) = substr(?2, instr(?2, '-')) AND +source = ?2 AND +compte = ?1
    AND etat <> 'INCIDENT'

-- name: depot_history (compte, source): how often this very file was answered, and how often by an incident alone
SELECT count(*) FILTER (WHERE etat <> 'INCIDENT'), count(*) FILTER (WHERE etat = 'INCIDENT')
FROM depots WHERE substr(source, instr(source, '-')) = substr(?2, instr(?2, '-')) AND +source = ?2 AND +compte = ?1

-- name: depots_to_release (after, count)
SELECT id, compte, archive, source FROM depots WHERE libere = 0 AND id > ?1 ORDER BY id LIMIT ?2

-- name: depot_released
UPDATE depots SET libere = 1 WHERE id = ?1

-- name: fichiers_to_release (after, count)
SELECT id, 'asp', nom, source FROM fichiers_asp WHERE libere = 0 AND id > ?1 ORDER BY id LIMIT ?2

-- name: fichier_answered (source): this very file was taken or refused already
SELECT 1 FROM fichiers_asp WHERE source = ?1

-- name: fichier_released
UPDATE fichiers_asp SET libere = 1 WHERE id = ?1

-- name: anomalie_insert
INSERT INTO anomalies (depot, ordre, code, gravite, chemin, ligne, colonne, valeur, message, remede,
    page_guide)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)

-- name: demande_insert
INSERT INTO demandes (statut, type, anticipe, certificats, compte, siret, siren, numero_ans, logiciel,
    version, dsr, profil, siren_editeur, date_depot, denomination, contact, contact_nom, titulaire)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)

-- name: dossier_insert
INSERT INTO dossiers (demande, rang, depot, domiciliation, $dossier_columns)
VALUES (?1, ?2, ?3, ?4, $dossier_values)

-- name: dossier_set_hds (demande, rang, answer)
UPDATE dossiers SET hebergement_donnees_sante = ?3 WHERE demande = ?1 AND rang = ?2

-- name: pieces_replace (demande, type): what the request holds of that type is no longer in force
UPDATE pieces SET remplacee = 1 WHERE demande = ?1 AND type = ?2

-- name: piece_insert
INSERT INTO pieces (demande, depot, type, fichier, ordinal, taille, sha256, format, valide_jusqu_au)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)

-- name: evenement_insert
INSERT INTO evenements (nuit, date, demande, numero, evenement, acteur, de, vers, motif, pieces, fichier, depot,
    details, fichier_asp)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)

-- name: commande_insert (evenement): it came between nights, after the newest
INSERT INTO commandes (evenement, apres) VALUES (?1, (SELECT coalesce(max(id), 0) FROM nuits))

-- name: mail_insert
INSERT INTO mails (date, type, destinataire, destinataire_nom, demande, numero, evenement, depot,
    identifiant)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)

-- name: demande_live (numero_ans): at most one
SELECT id, rang, statut, siren, compte FROM demandes WHERE numero_ans = ?1 AND statut <> 'REJETEE'

-- name: demande_first_waiting (siren): the oldest that is not rejected, while none was ever validated, not even partially
SELECT q.id, q.rang, q.statut FROM demandes q WHERE q.siren = ?1 AND q.statut <> 'REJETEE'
    AND NOT EXISTS (SELECT 1 FROM demandes v WHERE v.siren = ?1 AND v.validee_le IS NOT NULL)
ORDER BY q.id LIMIT 1

-- name: demande_get
SELECT id, rang, statut, type, anticipe, certificats, siret, siren, numero_ans, contact, contact_nom,
    titulaire, modification_demandee, date_depot, dsr, denomination, compte, logiciel, version, profil
FROM demandes WHERE id = ?1

-- name: demande_set_statut (id, statut, modification_demandee, date): and since when the supplier is awaited
UPDATE demandes SET statut = ?2, modification_demandee = ?3, referencement_attendu = 0,
    attente_depuis = iif(?2 IN ('ATTENTE_PIECES', 'VALIDATION_PARTIELLE'), ?4, NULL),
    validee_le = iif(?2 IN ('VALIDATION_PARTIELLE', 'VALIDEE'), coalesce(validee_le, ?4), validee_le)
WHERE id = ?1

-- name: demande_set_certificats (id): they are held from now on
UPDATE demandes SET certificats = 1 WHERE id = ?1

-- name: demande_modify (id, rang, denomination, contact, contact_nom, titulaire)
UPDATE demandes SET rang = ?2, denomination = ?3, contact = ?4, contact_nom = ?5, titulaire = ?6 WHERE id = ?1

-- name: pieces_demandees_clear
DELETE FROM pieces_demandees WHERE demande = ?1

-- name: pieces_demandees_insert
INSERT OR IGNORE INTO pieces_demandees (demande, type) VALUES (?1, ?2)

-- name: compte_of_siren (siren): is there an account for this supplier, the ASP's or our own
SELECT 1 FROM comptes_asp WHERE siren = ?1 AND portail_segur = 'oui'
UNION ALL SELECT 1 FROM comptes WHERE siren = ?1
LIMIT 1

-- By any account of that e-mail: one whose e-mail the ASP has changed since is the same account.
-- name: acces_granted (siren, e-mail in lower case): this person has access for this supplier
WITH siens AS (SELECT identifiant FROM comptes_asp WHERE email = ?2
    UNION SELECT identifiant FROM comptes WHERE email = ?2)
SELECT 1 FROM siens JOIN comptes_asp a ON a.identifiant = siens.identifiant AND a.siren = ?1
    WHERE a.portail_segur = 'oui'
UNION ALL SELECT 1 FROM siens JOIN comptes c ON c.identifiant = siens.identifiant AND c.siren = ?1
LIMIT 1

-- Each is named as requests name that e-mail: the request that opened the access may have another holder now.
-- name: titulaire_of_siren (siren, titulaire): the account holder, one of that kind and our own accounts first
SELECT email, nom FROM (
    SELECT c.email AS email, coalesce(
            (SELECT q.contact_nom FROM demandes q
                WHERE q.siren = c.siren AND lower(q.contact) = c.email AND q.contact_nom <> '' ORDER BY q.id DESC LIMIT 1),
            (SELECT o.representant_prenom || ' ' || o.representant_nom FROM dossiers o
                WHERE o.demande = c.demande AND lower(o.representant_email) = c.email ORDER BY o.rang DESC LIMIT 1),
            '') AS nom,
        c.titulaire AS titulaire, 0 AS ordre, c.identifiant AS identifiant
    FROM comptes c WHERE c.siren = ?1
    UNION ALL
    SELECT email, '', titulaire, 1, identifiant FROM comptes_asp
    WHERE siren = ?1 AND portail_segur = 'oui' AND email <> '')
ORDER BY titulaire <> ?2, ordre, identifiant LIMIT 1

-- name: contact_nom_get (siren, e-mail): the name that a request of this supplier gave for it
SELECT contact_nom FROM demandes WHERE siren = ?1 AND lower(contact) = lower(?2) AND contact_nom <> ''
ORDER BY id DESC LIMIT 1

-- By the validation itself: the dossier of the rank that it validated, a mandate or contract that had come by then.
-- name: mandat_accepted (siren, e-mail): such an act of this dépositaire was once validated, fully or partially
SELECT 1 FROM demandes q
JOIN evenements e ON e.demande = q.id AND e.evenement = 'valider'
JOIN dossiers o ON o.demande = q.id AND o.rang = CAST(substr(e.numero, instr(e.numero, 'M') + 1) AS INTEGER)
WHERE q.siren = ?1 AND q.validee_le IS NOT NULL AND lower(o.depositaire_email) = lower(?2)
    AND EXISTS (SELECT 1 FROM pieces p JOIN evenements d ON d.demande = q.id AND d.depot = p.depot AND d.id < e.id
        WHERE p.demande = q.id AND p.type IN ('mandat_representant_legal', 'contrat_prestation'))
LIMIT 1

-- name: compte_of_email (e-mail in lower case): known to the ASP by any portal, or to us
SELECT identifiant FROM comptes_asp WHERE email = ?1
UNION ALL SELECT identifiant FROM comptes WHERE email = ?1
LIMIT 1

-- name: compte_identifiant_taken
SELECT 1 FROM comptes_asp WHERE identifiant = ?1 UNION ALL SELECT 1 FROM comptes WHERE identifiant = ?1

-- name: compte_insert
INSERT INTO comptes (identifiant, email, siren, titulaire, ouvert_le, demande, jeton_sha256)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)

-- The list: which requests, in their order, from after ?1, at most ?2 (-1: all); then what it says of each.

-- name: demandes_list (after, limit)
SELECT id FROM demandes WHERE id > ?1 ORDER BY id LIMIT ?2

-- name: demandes_statut_list (after, limit, statut)
SELECT id FROM demandes WHERE statut = ?3 AND id > ?1 ORDER BY id LIMIT ?2

-- (siren: its index has them in this order; +statut: one supplier has few requests.)
-- name: demandes_siret_list (after, limit, siret, statut or NULL)
SELECT id FROM demandes WHERE siren = substr(?3, 1, 9) AND siret = ?3 AND id > ?1 AND (?4 IS NULL OR +statut = ?4)
ORDER BY id LIMIT ?2

-- name: demande_list (id)
SELECT d.id, d.rang, d.date_depot, d.statut, d.siret, d.denomination, d.profil, d.type, d.anticipe,
    d.modification_demandee,
    json_object('numero', printf('ENR%04dM%d', d.id, d.rang), 'date_depot', d.date_depot,
        'statut', d.statut, 'siret', d.siret, 'denomination', d.denomination, 'profil', d.profil,
        'type', d.type, 'anticipe', json(iif(d.anticipe, 'true', 'false')))
FROM demandes d WHERE d.id = ?1

-- name: demande_pieces (demande)
SELECT p.type, p.fichier, p.format, p.taille, p.sha256, p.valide_jusqu_au, iif(p.remplacee, 'non', 'oui'),
    p.ordinal, d.sha256, p.lieu
FROM pieces_conservees p JOIN depots d ON d.id = p.depot WHERE p.demande = ?1 ORDER BY p.depot, p.ordinal

-- name: demande_pieces_demandees (demande): types asked for and not yet given
SELECT type FROM pieces_demandees WHERE demande = ?1 ORDER BY type

-- name: demande_pieces_held (demande): types in force
SELECT DISTINCT type FROM pieces WHERE demande = ?1 AND remplacee = 0

-- name: dossier_get (demande, rang)
SELECT $dossier_columns FROM dossiers WHERE demande = ?1 AND rang = ?2

-- name: demande_evenements (demande)
SELECT e.date, e.evenement, e.acteur, e.de, e.vers, e.motif, e.pieces, e.fichier, e.details,
    coalesce(j.rang || ' : ' || substr(j.maillon, 1, 12) || '…', ''), e.numero
FROM evenements e LEFT JOIN journal j ON j.evenement = e.id WHERE e.demande = ?1 ORDER BY e.id

-- name: demande_mails (demande)
SELECT date, type, destinataire, publie FROM mails WHERE demande = ?1 ORDER BY id

-- name: demande_json (demande, statut_libelle): everything that `show --format json` says
SELECT json_object(
    'numero', printf('ENR%04dM%d', d.id, d.rang),
    'statut', d.statut, 'statut_libelle', ?2, 'type', d.type,
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
            'publie', json(iif(publie, 'true', 'false')))) FROM
        (SELECT * FROM mails WHERE demande = d.id ORDER BY id)),
    'historique', (SELECT json_group_array(json_object('date', date, 'evenement', evenement,
            'acteur', acteur, 'de', de, 'vers', vers, 'motif', motif, 'pieces', pieces,
            'fichier', fichier, 'numero', numero, 'details', details, 'rang', rang, 'maillon', maillon)) FROM
        (SELECT e.*, j.rang, j.maillon FROM evenements e LEFT JOIN journal j ON j.evenement = e.id
            WHERE e.demande = d.id ORDER BY e.id)))
FROM demandes d WHERE d.id = ?1

-- name: summary_depots (nuit)
SELECT etat, count(*) FROM depots WHERE nuit = ?1 GROUP BY etat

-- name: summary_statuts
SELECT nom, valeur FROM compteurs WHERE nom <> 'comptes' AND valeur > 0 ORDER BY nom

-- name: summary_decisions (nuit)
SELECT r.etat, count(*) FROM retours_asp r JOIN fichiers_asp f ON f.id = r.fichier
WHERE f.nuit = ?1 AND f.nature = 'decisions' AND r.etat IN ('appliquee', 'refusee') GROUP BY r.etat

-- name: summary_fichiers (nuit)
SELECT nom, nature, lignes, etat FROM fichiers_asp WHERE nuit = ?1 ORDER BY id

-- name: summary_mails (date)
SELECT count(*) FROM mails WHERE date = ?1

-- name: summary_refused (nuit): what was refused, and the first reason
SELECT d.compte, d.archive, d.etat, coalesce(d.numero, ''), coalesce(a.code, ''),
    coalesce(a.message, d.incident, ''), (SELECT count(*) FROM anomalies WHERE depot = d.id), d.essai,
    d.reponse_de IS NOT NULL
FROM depots d LEFT JOIN anomalies a ON a.depot = d.id AND a.ordre = 0
WHERE d.nuit = ?1 ORDER BY d.id
