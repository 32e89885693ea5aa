-- Kept files that are encrypted (conservation.h).

-- name: chiffre_get (sha256)
SELECT empreinte FROM chiffres WHERE sha256 = ?1;

-- name: chiffre_set (sha256, empreinte)
INSERT INTO chiffres (sha256, empreinte) VALUES (?1, ?2) ON CONFLICT (sha256) DO UPDATE SET empreinte = ?2;

-- name: chiffre_delete (sha256)
DELETE FROM chiffres WHERE sha256 = ?1;
