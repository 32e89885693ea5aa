-- A bank may have several BICs, one a region: the table of banks names its code once with each.

CREATE TABLE banques_par_bic (
    code_banque TEXT NOT NULL,
    bic TEXT NOT NULL,
    nom TEXT NOT NULL,
    PRIMARY KEY (code_banque, bic)
) STRICT, WITHOUT ROWID;
INSERT INTO banques_par_bic (code_banque, bic, nom) SELECT code_banque, bic, nom FROM banques;
DROP TABLE banques;
ALTER TABLE banques_par_bic RENAME TO banques;
