-- What a request becomes while it waits.

-- A supplier whose referencing the register does not validate is reminded too, at longer intervals.
CREATE INDEX demandes_suspendues_attente ON demandes(attente_depuis) WHERE referencement_attendu = 1;

-- Empty but while addresses change (addresses.h): what comptes.csv said before, and the accesses with a new address.
CREATE TABLE comptes_avant (
    identifiant TEXT NOT NULL,
    siren TEXT NOT NULL,
    email TEXT NOT NULL,
    PRIMARY KEY (identifiant, siren)
) STRICT, WITHOUT ROWID;
CREATE TABLE adresses (
    identifiant TEXT PRIMARY KEY,
    avant TEXT NOT NULL,
    apres TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX adresses_avant ON adresses(avant);
