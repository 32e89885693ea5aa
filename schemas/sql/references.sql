-- The ASP's files: what was received, what the registers say. Parameters are ?1, ?2… in the order that the
-- comment gives; columns in the order of the SELECT.

-- name: fichier_insert
INSERT INTO fichiers_asp (nuit, nom, nature, sha256, recu_le, lignes, etat, source, retour_nom)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)

-- name: fichier_retour_taken (name)
SELECT 1 FROM fichiers_asp WHERE retour_nom = ?1

-- name: fichier_newest (nature): the file in force
SELECT id, sha256, lignes FROM fichiers_asp WHERE nature = ?1 AND etat = 'pris' ORDER BY id DESC LIMIT 1

-- name: fichier_needed (sha256): the kept copy of a register in force; of INSEE's files the newest two; all else serves
-- a replay alone, and of a night with a drop, or after one, that a purge has erased there is none
SELECT 1 FROM fichiers_asp f WHERE sha256 = ?1 AND CASE
    WHEN nature IN ('unites_legales', 'etablissements') THEN etat = 'pris' AND 2 >
        (SELECT count(*) FROM fichiers_asp n WHERE n.nature = f.nature AND n.etat = 'pris' AND n.id > f.id)
    ELSE (nature <> 'decisions' AND etat = 'pris' AND NOT EXISTS
            (SELECT 1 FROM fichiers_asp n WHERE n.nature = f.nature AND n.etat = 'pris' AND n.id > f.id))
        OR NOT EXISTS (SELECT 1 FROM reperes x WHERE x.nom = 'effacement' AND x.valeur <= f.nuit)
    END

-- name: fichier_is_stock (sha256): one of INSEE's
SELECT 1 FROM fichiers_asp WHERE sha256 = ?1 AND nature IN ('unites_legales', 'etablissements') LIMIT 1

-- name: retour_insert
INSERT INTO retours_asp (fichier, ordre, ligne, numero, decision, etat, code, message, remede)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)

-- name: referencements_clear
DELETE FROM referencements

-- name: referencements_insert
INSERT INTO referencements (numero_ans, logiciel, version, dsr, profil, siren_editeur, etat, date_etat)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)

-- name: referencement_get (numero_ans)
SELECT logiciel, version, dsr, profil, siren_editeur, etat, date_etat FROM referencements WHERE numero_ans = ?1

-- name: comptes_asp_clear
DELETE FROM comptes_asp

-- name: comptes_asp_insert
INSERT INTO comptes_asp (identifiant, email, siren, portail_segur, titulaire) VALUES (?1, ?2, ?3, ?4, ?5)

-- name: acces_clear
DELETE FROM acces

-- name: acces_insert
INSERT INTO acces (compte, siren, contact) VALUES (?1, ?2, ?3)

-- name: acces_compte (compte): is it in the table at all
SELECT 1 FROM acces WHERE compte = ?1 LIMIT 1

-- name: acces_get (compte, siren): '' when there is no contact
SELECT contact FROM acces WHERE compte = ?1 AND siren = ?2

-- name: acces_contact (compte): of the account as such
SELECT contact FROM acces WHERE compte = ?1 AND contact <> '' ORDER BY siren LIMIT 1

-- name: banques_clear
DELETE FROM banques

-- name: banques_insert
INSERT INTO banques (code_banque, bic, nom) VALUES (?1, ?2, ?3)

-- name: banque_get (code_banque)
SELECT bic, nom FROM banques WHERE code_banque = ?1

-- name: banques_count
SELECT count(*) FROM banques

-- name: calendrier_clear
DELETE FROM calendrier

-- name: calendrier_insert (dsr, ouverture, cloture): a window that is given twice is one
INSERT OR IGNORE INTO calendrier (dsr, ouverture, cloture) VALUES (?1, ?2, ?3)

-- name: calendrier_list (dsr)
SELECT ouverture, cloture FROM calendrier WHERE dsr = ?1 ORDER BY ouverture, cloture

-- name: etablissement_known (siret, fichier)
SELECT 1 FROM etablissements WHERE siret = ?1 AND fichier = ?2

-- name: etablissement_insert (siret, fichier, and the columns of etablissement_get)
INSERT INTO etablissements (siret, fichier, etat, numero, extension, type_voie, nom_voie,
    complement, code_postal, commune)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)

-- name: etablissement_get (siret): from the newest file that was asked
SELECT etat, numero, extension, type_voie, nom_voie, complement, code_postal, commune
FROM etablissements WHERE siret = ?1 ORDER BY fichier DESC LIMIT 1

-- name: unite_legale_known (siren, fichier)
SELECT 1 FROM unites_legales WHERE siren = ?1 AND fichier = ?2

-- name: unite_legale_insert (siren, fichier, and the columns of unite_legale_get)
INSERT INTO unites_legales (siren, fichier, etat, denomination) VALUES (?1, ?2, ?3, ?4)

-- name: unite_legale_get (siren): from the newest file that was asked
SELECT etat, denomination FROM unites_legales WHERE siren = ?1 ORDER BY fichier DESC LIMIT 1
