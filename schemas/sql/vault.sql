-- Kept files that are encrypted (vault.h).

-- name: chiffre_get
SELECT empreinte FROM chiffres WHERE sha256 = :sha256;

-- name: chiffre_set
INSERT INTO chiffres (sha256, empreinte) VALUES (:sha256, :empreinte)
ON CONFLICT (sha256) DO UPDATE SET empreinte = :empreinte;

-- name: chiffre_delete
DELETE FROM chiffres WHERE sha256 = :sha256;
