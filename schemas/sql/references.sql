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

-- name: addresses_keep: what comptes.csv said before
INSERT INTO comptes_avant SELECT identifiant, siren, email FROM comptes_asp WHERE email <> ''

-- name: addresses_keep_gone: what the accesses had last that it lost before
INSERT OR IGNORE INTO comptes_avant
SELECT r.identifiant, '', r.email FROM adresses_retirees r
WHERE r.id = (SELECT max(x.id) FROM adresses_retirees x WHERE x.identifiant = r.identifiant)
    AND NOT EXISTS (SELECT 1 FROM comptes_asp a WHERE a.identifiant = r.identifiant)
    AND NOT EXISTS (SELECT 1 FROM comptes c WHERE c.identifiant = r.identifiant)

-- name: addresses_of_comptes: the accesses whose address comptes.csv has changed, whichever suppliers they are for
INSERT OR IGNORE INTO adresses
SELECT n.identifiant, coalesce((SELECT c.email FROM comptes c WHERE c.identifiant = n.identifiant LIMIT 1), o.email),
    n.email
FROM comptes_avant o CROSS JOIN comptes_asp n ON n.identifiant = o.identifiant
WHERE n.email <> ''
    AND NOT EXISTS (SELECT 1 FROM comptes_avant x WHERE x.identifiant = n.identifiant AND x.email = n.email)
    AND NOT EXISTS (SELECT 1 FROM comptes_asp x WHERE x.identifiant = o.identifiant AND x.email = o.email)

-- name: addresses_of_comptes_by_siren: the same by the rules before vague2-2024-06.3
INSERT OR IGNORE INTO adresses
SELECT n.identifiant, coalesce((SELECT c.email FROM comptes c WHERE c.identifiant = n.identifiant LIMIT 1), o.email),
    n.email
FROM comptes_avant o CROSS JOIN comptes_asp n ON n.identifiant = o.identifiant AND n.siren = o.siren
WHERE n.email NOT IN ('', o.email)

-- (A file may lag behind an accepted modification: an address that the request gave before is no news.)
-- name: addresses_of_ours: the accesses that we opened, and that comptes.csv lists for the first time
INSERT OR IGNORE INTO adresses
SELECT c.identifiant, c.email, n.email FROM comptes_asp n CROSS JOIN comptes c ON c.identifiant = n.identifiant
WHERE n.email NOT IN ('', c.email)
    AND NOT EXISTS (SELECT 1 FROM comptes_avant o WHERE o.identifiant = n.identifiant)
    AND NOT EXISTS (SELECT 1 FROM dossiers d
        WHERE d.demande = c.demande AND n.email IN (lower(d.representant_email), lower(d.depositaire_email)))

-- name: addresses_of_holder: the accesses that we opened to a supplier's person of that address
INSERT OR IGNORE INTO adresses
SELECT identifiant, email, lower(:apres) FROM comptes
WHERE siren = :siren AND email = lower(:avant) AND lower(:apres) NOT IN ('', email)

-- name: addresses_any
SELECT 1 FROM adresses LIMIT 1

-- name: addresses_follow_comptes
UPDATE comptes SET email = (SELECT apres FROM adresses a WHERE a.identifiant = comptes.identifiant)
WHERE identifiant IN (SELECT identifiant FROM adresses)

-- (When somebody else has the old address too, nobody knows whose requests these are: they stay.)
-- name: addresses_follow_demandes: requests under way, and all of the suppliers whose access it is
UPDATE demandes SET contact = (SELECT apres FROM adresses a WHERE a.avant = lower(demandes.contact) LIMIT 1)
WHERE lower(contact) IN (SELECT avant FROM adresses a WHERE NOT EXISTS (SELECT 1 FROM comptes_asp x
        WHERE x.email = a.avant AND x.identifiant NOT IN (SELECT identifiant FROM adresses))
    AND NOT EXISTS (SELECT 1 FROM comptes c WHERE c.email = a.avant))
    AND (statut IN ('EN_COURS', 'VALIDATION_PARTIELLE', 'ATTENTE_PIECES', 'CERTIFICATS_A_VALIDER')
        OR siren IN (SELECT siren FROM comptes_asp WHERE identifiant IN (SELECT identifiant FROM adresses)
            UNION SELECT siren FROM comptes WHERE identifiant IN (SELECT identifiant FROM adresses)))

-- name: addresses_remember: that these accesses had these addresses
INSERT OR REPLACE INTO adresses_retirees (identifiant, email) SELECT identifiant, avant FROM adresses

-- name: addresses_gone: and those that comptes.csv gives an access no more, which may be gone itself
INSERT OR REPLACE INTO adresses_retirees (identifiant, email)
SELECT o.identifiant, o.email FROM comptes_avant o
WHERE NOT EXISTS (SELECT 1 FROM comptes_asp n WHERE n.identifiant = o.identifiant AND n.email = o.email)
    AND NOT EXISTS (SELECT 1 FROM comptes c WHERE c.identifiant = o.identifiant)

-- name: addresses_given_back: what an access has again is no former address; ours goes before a file that lags behind
DELETE FROM adresses_retirees WHERE email = coalesce(
    (SELECT c.email FROM comptes c WHERE c.identifiant = adresses_retirees.identifiant LIMIT 1),
    (SELECT a.email FROM comptes_asp a WHERE a.identifiant = adresses_retirees.identifiant LIMIT 1))

-- (An address that an access has today is nobody's former one. An access that is gone had its newest former one last.)
-- name: address_now: the address of the access that had this one before, of one for this supplier first
SELECT coalesce((SELECT c.email FROM comptes c WHERE c.identifiant = r.identifiant LIMIT 1),
    (SELECT a.email FROM comptes_asp a WHERE a.identifiant = r.identifiant AND a.email <> '' LIMIT 1),
    (SELECT x.email FROM adresses_retirees x WHERE x.identifiant = r.identifiant ORDER BY x.id DESC LIMIT 1)) AS email
FROM adresses_retirees r
WHERE r.email = lower(:email)
    AND NOT EXISTS (SELECT 1 FROM comptes c WHERE c.email = r.email)
    AND NOT EXISTS (SELECT 1 FROM comptes_asp a WHERE a.email = r.email
        AND NOT EXISTS (SELECT 1 FROM comptes c WHERE c.identifiant = a.identifiant))
ORDER BY EXISTS (SELECT 1 FROM comptes c WHERE c.identifiant = r.identifiant AND c.siren = :siren)
        OR EXISTS (SELECT 1 FROM comptes_asp a WHERE a.identifiant = r.identifiant AND a.siren = :siren) DESC,
    r.id DESC
LIMIT 1

-- name: addresses_clear
DELETE FROM adresses

-- name: addresses_forget
DELETE FROM comptes_avant

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

-- name: banque_get: one row a BIC; first those of the same bank as :bic, which its first eight characters name
SELECT bic, nom, substr(bic, 1, 8) = substr(:bic, 1, 8) AS same FROM banques WHERE code_banque = :code_banque
ORDER BY same DESC, bic

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
INSERT INTO unites_legales (siren, fichier, etat, denomination, entrepreneur)
VALUES (:key, :fichier, :etat, :denomination, :entrepreneur)

-- name: unite_legale_get: from the newest file that was asked
SELECT etat, denomination, entrepreneur FROM unites_legales WHERE siren = :siren ORDER BY fichier DESC LIMIT 1
