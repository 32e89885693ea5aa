-- An access stays its person's at a new address (addresses.h): the addresses that it has no more, the newest last.
CREATE TABLE adresses_retirees (
    id INTEGER PRIMARY KEY,
    identifiant TEXT NOT NULL,
    email TEXT NOT NULL,              -- lower case
    UNIQUE (identifiant, email)
) STRICT;
CREATE INDEX adresses_retirees_email ON adresses_retirees(email);

-- Of a sole trader the name in use, with the forename; '' of a legal person, and where it was read before this column.
ALTER TABLE unites_legales ADD COLUMN entrepreneur TEXT NOT NULL DEFAULT '';
