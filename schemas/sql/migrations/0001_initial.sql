-- The state of the enrolment. Every table is STRICT; dates are AAAA-MM-JJ, instants AAAA-MM-JJTHH:MM:SSZ.
-- `publie`, `retour_publie`, `libere`: 0 = an output or a release that is still due; the partial indexes
-- keep what is due at hand however many rows are done.

CREATE TABLE nuits (
    id INTEGER PRIMARY KEY,
    date TEXT NOT NULL,
    programme TEXT NOT NULL,          -- version of the program
    regles TEXT NOT NULL,             -- version of the rules
    terminee INTEGER NOT NULL DEFAULT 0 -- its reports are out
) STRICT;
CREATE INDEX nuits_ouvertes ON nuits(id) WHERE terminee = 0;

-- One row for each file that the ASP dropped: references and decisions.
CREATE TABLE fichiers_asp (
    id INTEGER PRIMARY KEY,
    nuit INTEGER NOT NULL REFERENCES nuits(id),
    nom TEXT NOT NULL,                -- as dropped
    nature TEXT NOT NULL,             -- referencements, comptes, …, decisions; inconnu
    sha256 TEXT,
    recu_le TEXT NOT NULL,
    lignes INTEGER NOT NULL,          -- data rows
    etat TEXT NOT NULL CHECK (etat IN ('pris', 'refuse')),
    source TEXT NOT NULL,             -- identity of the inbox file: inode and change time
    retour_nom TEXT NOT NULL UNIQUE,
    retour_publie INTEGER NOT NULL DEFAULT 0,
    libere INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX fichiers_asp_retours_dus ON fichiers_asp(id) WHERE retour_publie = 0;
CREATE INDEX fichiers_asp_a_liberer ON fichiers_asp(id) WHERE libere = 0;
CREATE INDEX fichiers_asp_source ON fichiers_asp(source);
CREATE INDEX fichiers_asp_nature ON fichiers_asp(nature, etat, id);

-- The answer to each row of such a file.
CREATE TABLE retours_asp (
    fichier INTEGER NOT NULL REFERENCES fichiers_asp(id),
    ordre INTEGER NOT NULL,
    ligne INTEGER NOT NULL,           -- of the file, header = 1
    numero TEXT NOT NULL,
    decision TEXT NOT NULL,
    etat TEXT NOT NULL,               -- appliquee, refusee; pris, refuse
    code TEXT NOT NULL,
    message TEXT NOT NULL,
    remede TEXT NOT NULL,
    PRIMARY KEY (fichier, ordre)
) STRICT, WITHOUT ROWID;

CREATE TABLE referencements (
    numero_ans TEXT PRIMARY KEY,
    logiciel TEXT NOT NULL,
    version TEXT NOT NULL,
    dsr TEXT NOT NULL,
    profil TEXT NOT NULL,
    siren_editeur TEXT NOT NULL,
    etat TEXT NOT NULL CHECK (etat IN ('valide', 'en_cours', 'retire')),
    date_etat TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One person may hold accounts for several suppliers. Accounts of other portals may lack siren and titulaire: ''.
CREATE TABLE comptes_asp (
    identifiant TEXT NOT NULL,
    email TEXT NOT NULL,              -- lower case
    siren TEXT NOT NULL,
    portail_segur TEXT NOT NULL CHECK (portail_segur IN ('oui', 'non')),
    titulaire TEXT NOT NULL CHECK (titulaire IN ('', 'representant_legal', 'depositaire')),
    PRIMARY KEY (identifiant, siren)
) STRICT, WITHOUT ROWID;
CREATE INDEX comptes_asp_email ON comptes_asp(email);
CREATE INDEX comptes_asp_siren ON comptes_asp(siren);

CREATE TABLE acces (
    compte TEXT NOT NULL,
    siren TEXT NOT NULL,
    contact TEXT NOT NULL,
    PRIMARY KEY (compte, siren)
) STRICT, WITHOUT ROWID;

CREATE TABLE banques (
    code_banque TEXT PRIMARY KEY,
    bic TEXT NOT NULL,
    nom TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE calendrier (
    dsr TEXT NOT NULL COLLATE NOCASE,
    ouverture TEXT NOT NULL,
    cloture TEXT NOT NULL,
    PRIMARY KEY (dsr, ouverture, cloture)
) STRICT, WITHOUT ROWID;

-- Rows of INSEE's files that a night used, part of that night's record. `fichier` says from which file;
-- etat '' records that the file has no such row.
CREATE TABLE etablissements (
    siret TEXT NOT NULL,
    fichier INTEGER NOT NULL REFERENCES fichiers_asp(id),
    etat TEXT NOT NULL,               -- A open, F closed, '' absent
    numero TEXT NOT NULL,
    extension TEXT NOT NULL,
    type_voie TEXT NOT NULL,
    nom_voie TEXT NOT NULL,
    complement TEXT NOT NULL,
    code_postal TEXT NOT NULL,
    commune TEXT NOT NULL,
    PRIMARY KEY (siret, fichier)
) STRICT, WITHOUT ROWID;

CREATE TABLE unites_legales (
    siren TEXT NOT NULL,
    fichier INTEGER NOT NULL REFERENCES fichiers_asp(id),
    etat TEXT NOT NULL,               -- A active, C ceased, '' absent
    denomination TEXT NOT NULL,       -- of a sole trader: nom and prénom; [ND]: not published
    PRIMARY KEY (siren, fichier)
) STRICT, WITHOUT ROWID;

-- One row for each drop that was answered.
CREATE TABLE depots (
    id INTEGER PRIMARY KEY,
    nuit INTEGER NOT NULL REFERENCES nuits(id),
    date TEXT NOT NULL,               -- of the night
    compte TEXT NOT NULL,
    archive TEXT NOT NULL,            -- file name as dropped, controls percent-encoded
    taille INTEGER NOT NULL,
    sha256 TEXT,                      -- NULL when it was not read
    format TEXT NOT NULL,             -- zip, tar.gz…
    recu_le TEXT NOT NULL,
    type TEXT NOT NULL,               -- initial…; '' unknown
    etat TEXT NOT NULL CHECK (etat IN ('OK', 'ANO', 'KO', 'INCIDENT')),
    essai INTEGER NOT NULL,
    demande INTEGER REFERENCES demandes(id),
    numero TEXT,                      -- as given then, with its rank
    statut TEXT,                      -- as it was then
    incident TEXT,                    -- what failed on our side
    reponse_de INTEGER REFERENCES depots(id), -- the first answer, given again
    source TEXT NOT NULL,             -- identity of the inbox file: inode and change time
    retour_nom TEXT NOT NULL,
    retour_publie INTEGER NOT NULL DEFAULT 0,
    libere INTEGER NOT NULL DEFAULT 0,
    UNIQUE (compte, retour_nom)
) STRICT;
CREATE INDEX depots_empreinte ON depots(compte, sha256);
CREATE INDEX depots_date ON depots(date);
CREATE INDEX depots_nuit ON depots(nuit);
CREATE INDEX depots_source ON depots(compte, source);
CREATE INDEX depots_retours_dus ON depots(id) WHERE retour_publie = 0;
CREATE INDEX depots_a_liberer ON depots(id) WHERE libere = 0;

CREATE TABLE anomalies (
    depot INTEGER NOT NULL REFERENCES depots(id),
    ordre INTEGER NOT NULL,
    code TEXT NOT NULL,
    gravite TEXT NOT NULL CHECK (gravite IN ('bloquant', 'alerte')),
    chemin TEXT NOT NULL,
    ligne INTEGER,
    colonne INTEGER,
    valeur TEXT,
    message TEXT NOT NULL,            -- as it was said: the catalogue may change, an answer does not
    remede TEXT NOT NULL,
    page_guide INTEGER,
    PRIMARY KEY (depot, ordre)
) STRICT, WITHOUT ROWID;

-- AUTOINCREMENT: a request number is never reused.
CREATE TABLE demandes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    rang INTEGER NOT NULL DEFAULT 0,  -- modifications accepted: ENR0601M<rang>
    statut TEXT NOT NULL CHECK (statut IN ('EN_COURS', 'VALIDATION_PARTIELLE', 'ATTENTE_PIECES',
        'CERTIFICATS_A_VALIDER', 'REJETEE', 'VALIDEE')),
    type TEXT NOT NULL CHECK (type IN ('initial', 'complementaire')),
    anticipe INTEGER NOT NULL,
    certificats INTEGER NOT NULL,     -- 1: the certificates are held
    compte TEXT NOT NULL,
    siret TEXT NOT NULL,
    siren TEXT NOT NULL,
    numero_ans TEXT NOT NULL,
    logiciel TEXT NOT NULL,           -- these five as the register said at deposit
    version TEXT NOT NULL,
    dsr TEXT NOT NULL,
    profil TEXT NOT NULL,
    siren_editeur TEXT NOT NULL,
    denomination TEXT NOT NULL,
    date_depot TEXT NOT NULL,
    contact TEXT NOT NULL,            -- e-mail of the account holder: dépositaire, else représentant
    contact_nom TEXT NOT NULL,
    titulaire TEXT NOT NULL CHECK (titulaire IN ('representant_legal', 'depositaire')),
    modification_demandee INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX demandes_vivantes ON demandes(numero_ans) WHERE statut <> 'REJETEE';
CREATE INDEX demandes_siren ON demandes(siren, statut);
CREATE INDEX demandes_statut ON demandes(statut, id);
CREATE INDEX demandes_siret ON demandes(siret, id);

-- The values of an accepted dossier; one column a key (schemas/champs.yaml), as normalised.
CREATE TABLE dossiers (
    demande INTEGER NOT NULL REFERENCES demandes(id),
    rang INTEGER NOT NULL,
    depot INTEGER NOT NULL REFERENCES depots(id),
    hebergement_donnees_sante TEXT,
    nom_commercial TEXT,
    denomination_sociale TEXT,
    destinataire TEXT,
    batiment TEXT,
    numero TEXT,
    extension TEXT,
    type_voie TEXT,
    nom_voie TEXT,
    complement TEXT,
    code_postal TEXT,
    commune TEXT,
    distributeur TEXT,
    declarant TEXT,
    representant_nom TEXT,
    representant_prenom TEXT,
    representant_email TEXT,
    representant_telephone TEXT,
    representant_identite_nature TEXT,
    representant_identite_valide_jusqu_au TEXT,
    representant_identite_delivree_le TEXT,
    depositaire_qualite TEXT,
    depositaire_nom TEXT,
    depositaire_prenom TEXT,
    depositaire_email TEXT,
    depositaire_telephone TEXT,
    depositaire_identite_nature TEXT,
    depositaire_identite_valide_jusqu_au TEXT,
    depositaire_identite_delivree_le TEXT,
    iban TEXT,
    bic TEXT,
    titulaire TEXT,
    domiciliation TEXT,               -- from the bank table
    tva_assujetti TEXT,
    PRIMARY KEY (demande, rang)
) STRICT, WITHOUT ROWID;

CREATE TABLE pieces (
    id INTEGER PRIMARY KEY,
    demande INTEGER NOT NULL REFERENCES demandes(id),
    depot INTEGER NOT NULL REFERENCES depots(id),
    type TEXT NOT NULL,
    fichier TEXT NOT NULL,
    ordinal INTEGER NOT NULL,         -- entry of the kept archive
    taille INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    format TEXT NOT NULL,             -- pdf, jpeg, png
    valide_jusqu_au TEXT
) STRICT;
CREATE INDEX pieces_demande ON pieces(demande, id);
CREATE INDEX pieces_sha256 ON pieces(sha256);

CREATE TABLE pieces_demandees (
    demande INTEGER NOT NULL REFERENCES demandes(id),
    type TEXT NOT NULL,
    PRIMARY KEY (demande, type)
) STRICT, WITHOUT ROWID;

-- What happened to a request; rows are only ever added.
CREATE TABLE evenements (
    id INTEGER PRIMARY KEY,
    nuit INTEGER REFERENCES nuits(id), -- NULL: `segur decide`, between nights
    date TEXT NOT NULL,
    demande INTEGER NOT NULL REFERENCES demandes(id),
    numero TEXT NOT NULL,             -- with its rank at that time
    evenement TEXT NOT NULL,          -- depot, valider, rejeter, demander_pieces…
    acteur TEXT NOT NULL,             -- compte:<compte> or gestionnaire:<name>
    de TEXT,                          -- NULL for the first
    vers TEXT NOT NULL,
    motif TEXT NOT NULL,
    pieces TEXT NOT NULL,             -- types, separated by |
    fichier TEXT NOT NULL             -- archive or decisions file; '' for the command
) STRICT;
CREATE INDEX evenements_demande ON evenements(demande, id);
CREATE INDEX evenements_date ON evenements(date);

-- Accesses that the program opened; one person may hold accesses for several suppliers.
CREATE TABLE comptes (
    identifiant TEXT NOT NULL,
    email TEXT NOT NULL,
    siren TEXT NOT NULL,
    titulaire TEXT NOT NULL,
    ouvert_le TEXT NOT NULL,
    demande INTEGER NOT NULL REFERENCES demandes(id),
    jeton_sha256 TEXT,                -- hash of the one-time token; NULL when the e-mail was known
    PRIMARY KEY (identifiant, siren)
) STRICT, WITHOUT ROWID;
CREATE INDEX comptes_siren ON comptes(siren);
CREATE INDEX comptes_email ON comptes(email);

-- Mails that are due or sent. A mail's text is a function of this row, of its event and its request.
CREATE TABLE mails (
    id INTEGER PRIMARY KEY,
    date TEXT NOT NULL,               -- of the night
    type TEXT NOT NULL,               -- X-Segur-Mail
    destinataire TEXT NOT NULL,
    destinataire_nom TEXT NOT NULL,
    demande INTEGER REFERENCES demandes(id),
    numero TEXT NOT NULL,             -- '' when there is no request
    evenement INTEGER REFERENCES evenements(id),
    depot INTEGER REFERENCES depots(id),
    identifiant TEXT,                 -- of the account, for account mails
    publie INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX mails_dus ON mails(id) WHERE publie = 0;
CREATE INDEX mails_date ON mails(date);
CREATE INDEX mails_evenement ON mails(evenement);
CREATE INDEX mails_depot ON mails(depot);
CREATE INDEX mails_demande ON mails(demande, id);
