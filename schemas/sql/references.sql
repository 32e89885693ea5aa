-- The ASP's files: what was received, what the registers say.

-- name: fichier_insert
INSERT INTO fichiers_asp (nuit, nom, nature, sha256, recu_le, lignes, etat, source, retour_nom)
VALUES (:nuit, :nom, :nature, :sha256, :recu_le, :lignes, :etat, :source, :retour_nom)

-- name: fichier_retour_taken
SELECT 1 FROM fichiers_asp WHERE retour_nom = :retour_nom

-- name: fichier_newest: the file in force
SELECT id, sha256, lignes FROM fichiers_asp WHERE nature = :nature AND etat = 'pris' ORDER BY id DESC LIMIT 1

-- name: fichier_taken: whether there is one in force
SELECT 1 FROM fichiers_asp WHERE nature = :nature AND etat = 'pris' LIMIT 1

-- name: fichier_needed: the kept copy of a register in force, or one of INSEE's newest two; all others serve replays
-- alone, and there is no replay of nights since the first that a purge has erased a drop of
SELECT 1 FROM fichiers_asp f WHERE sha256 = :sha256 AND CASE
    WHEN nature IN ('unites_legales', 'etablissements') THEN etat = 'pris' AND 2 >
        (SELECT count(*) FROM fichiers_asp n WHERE n.nature = f.nature AND n.etat = 'pris' AND n.id > f.id)
    ELSE (nature <> 'decisions' AND etat = 'pris' AND NOT EXISTS
            (SELECT 1 FROM fichiers_asp n WHERE n.nature = f.nature AND n.etat = 'pris' AND n.id > f.id))
        OR NOT EXISTS (SELECT 1 FROM reperes x WHERE x.nom = 'effacement' AND x.valeur <= f.nuit)
    END

-- name: fichier_is_stock: one of INSEE's
SELECT 1 FROM fichiers_asp WHERE sha256 = :sha256 AND nature IN ('unites_legales', 'etablissements') LIMIT 1

-- name: retour_insert
INSERT INTO retours_asp (fichier, ordre, ligne, numero, decision, etat, code, message, remede)
VALUES (:fichier, :ordre, :ligne, :numero, :decision, :etat, :code, :message, :remede)

-- name: referencements_clear
DELETE FROM referencements

-- name: referencements_insert
INSERT INTO referencements (numero_ans, logiciel, version, dsr, profil, siren_editeur, etat, date_etat)
VALUES (:numero_ans, :logiciel, :version, :dsr, :profil, :siren_editeur, :etat, :date_etat)

-- name: referencement_get
SELECT logiciel, version, dsr, profil, siren_editeur, etat, date_etat FROM referencements WHERE numero_ans = :numero_ans

-- name: referencement_near: the number that differs by case alone, when the register lacks this one
SELECT numero_ans FROM referencements WHERE numero_ans = :numero_ans COLLATE NOCASE LIMIT 1

-- name: comptes_asp_clear
DELETE FROM comptes_asp

-- name: comptes_asp_insert
INSERT INTO comptes_asp (identifiant, email, siren, portail_segur, titulaire)
VALUES (:identifiant, :email, :siren, :portail_segur, :titulaire)

-- name: acces_clear
DELETE FROM acces

-- name: acces_insert
INSERT INTO acces (compte, siren, contact) VALUES (:compte, :siren, :contact)

-- name: acces_compte: whether the account is in the table at all
SELECT 1 FROM acces WHERE compte = :compte LIMIT 1

-- name: acces_get: '' when there is no contact
SELECT contact FROM acces WHERE compte = :compte AND siren = :siren

-- name: acces_contact: of the account as such
SELECT contact FROM acces WHERE compte = :compte AND contact <> '' ORDER BY siren LIMIT 1

-- name: banques_clear
DELETE FROM banques

-- name: banques_insert
INSERT INTO banques (code_banque, bic, nom) VALUES (:code_banque, :bic, :nom)

-- name: banque_get
SELECT bic, nom FROM banques WHERE code_banque = :code_banque

-- name: banques_count
SELECT count(*) FROM banques

-- name: calendrier_clear
DELETE FROM calendrier

-- name: calendrier_insert: a window that is given twice is one
INSERT OR IGNORE INTO calendrier (dsr, ouverture, cloture) VALUES (:dsr, :ouverture, :cloture)

-- name: calendrier_list
SELECT ouverture, cloture FROM calendrier WHERE dsr = :dsr ORDER BY ouverture, cloture

-- name: etablissement_known
SELECT 1 FROM etablissements WHERE siret = :key AND fichier = :fichier

-- name: etablissement_insert: key, file, and the columns of etablissement_get
INSERT INTO etablissements (siret, fichier, etat, numero, extension, type_voie, nom_voie,
    complement, code_postal, commune)
VALUES (:key, :fichier, :etat, :numero, :extension, :type_voie, :nom_voie, :complement, :code_postal, :commune)

-- name: etablissement_get: from the newest file that was asked
SELECT etat, numero, extension, type_voie, nom_voie, complement, code_postal, commune
FROM etablissements WHERE siret = :siret ORDER BY fichier DESC LIMIT 1

-- name: unite_legale_known
SELECT 1 FROM unites_legales WHERE siren = :key AND fichier = :fichier

-- name: unite_legale_insert: likewise
INSERT INTO unites_legales (siren, fichier, etat, denomination) VALUES (:key, :fichier, :etat, :denomination)

-- name: unite_legale_get: from the newest file that was asked
SELECT etat, denomination FROM unites_legales WHERE siren = :siren ORDER BY fichier DESC LIMIT 1
